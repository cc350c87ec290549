// SPDX-License-Identifier: Apache-2.0
/* Detector: the act is one that hijackers do next: change who is told, who gets in, where it goes, and take the value. */
#include "score/detectors.h"

#define CODE "sequence"

/*
 * ln p(act | hijacker's session) - ln p(act | owner's session), in millinats. Hijackers: Ravelin 2022 and a food delivery service 2020 (71
 * % order, about half change the phone, one in ten the e-mail, half send it elsewhere), Sift Q3 2021 (stored value 26-45 %); owners: a few
 * in a hundred sessions change anything, a third order. Rounded to halves of a nat: the sources are rough.
 */
static const int32_t act_milli[ACT_COUNT] = {
    [ACT_CONTACT] = 3500,      [ACT_CREDENTIAL] = 2000,   [ACT_ADDRESS] = 2500, [ACT_PAYMENT] = 1500,
    [ACT_NOTIFICATION] = 3000, [ACT_STORED_VALUE] = 2500, [ACT_ORDER] = 500,    [ACT_OTHER] = 1500,
};

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!f->act) return MEASURE_NONE;
    /* The same again says nothing new; its suspicion is inherited. */
    return f->acts_before & 1U << (f->act - 1) ? 0 : act_milli[f->act];
}

static const char *const act_words[ACT_COUNT] = {
    [ACT_CONTACT] = "contact changed",
    [ACT_CREDENTIAL] = "credential changed",
    [ACT_ADDRESS] = "address changed",
    [ACT_PAYMENT] = "payment method changed",
    [ACT_NOTIFICATION] = "notifications changed",
    [ACT_STORED_VALUE] = "stored value used",
    [ACT_ORDER] = "order placed",
    [ACT_OTHER] = "account used up",
};

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    if (f->minutes_since_risky_login != FEATURE_NONE)
        reason_add(out, CODE, measure, "%s %s after a risky login (score %u)%s; usual: no such act after a login like that",
                   act_words[f->act], phrase_span(f->minutes_since_risky_login).text, f->risky_score,
                   f->risky_same_path ? " over the same path" : "");
    else
        reason_add(out, CODE, measure, "%s over a path unlike the owner's; usual: such acts over %s", act_words[f->act],
                   phrase_usual_network(f).text);
}

static const struct detector_example examples[] = {
    {"a page is looked at", &(const struct features){.event = &(const struct event){.kind = KIND_SESSION_SEEN}}, MEASURE_NONE,
     MEASURE_NONE},
    {"the e-mail is changed", &(const struct features){.event = &(const struct event){.kind = KIND_EMAIL_CHANGED}, .act = ACT_CONTACT},
     3500, 3500},
    {"a second order",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_ORDER_PLACED}, .act = ACT_ORDER, .acts_before = 1U << (ACT_ORDER - 1)},
     0, 0},
};

const struct detector detector_sequence = {
    .code = CODE,
    .sentence = "what a hijacker does after getting in: contacts, credentials, addresses, then value",
    .needs = "an act on an account, where its session or path is under suspicion for another reason",
    .use = DETECTOR_ADDS,
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
