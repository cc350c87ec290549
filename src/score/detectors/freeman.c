// SPDX-License-Identifier: Apache-2.0
/* Detector, for reference only: the published score of Freeman and Wiefling, to compare ours with. */
#include "score/freeman.h"
#include "score/detectors.h"

#define CODE "freeman"
/*
 * The fleet's cells do not count distinct networks, so the mass of unseen values is a fixed one (it matters for addresses never seen), and
 * users are taken as a quarter of the logins (a constant that moves every score alike).
 */
#define UNSEEN_ADDRESSES 1000
#define UNSEEN_CLIENTS   100
#define LOGINS_PER_USER  4

static void fill(const struct features *f, struct freeman_feature *x, const enum attribute *levels) {
    for (unsigned i = 0; i < x->level_count; i++) {
        x->fleet[i] = (uint64_t)f->of[levels[i]].fleet_trained * 16;
        x->account[i] = f->of[levels[i]].present ? f->of[levels[i]].account_count : 0;
    }
}

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!f->judges_path || !f->account_total || !f->fleet_total) return MEASURE_NONE;
    static const enum attribute address[] = {ATTR_IP, ATTR_ASN, ATTR_COUNTRY},
                                client[] = {ATTR_UA, ATTR_BROWSER, ATTR_OS, ATTR_DEVICE_TYPE};
    struct freeman_feature x[2] = {
        {.level_count = 3, .weight_ppm = {600000, 300000, 100000}, .unseen = UNSEEN_ADDRESSES},
        {.level_count = 4, .weight_ppm = {538670, 268050, 188180, 5110}, .unseen = UNSEEN_CLIENTS},
    };
    fill(f, &x[0], address);
    fill(f, &x[1], client);
    struct freeman_history h = {(uint64_t)f->fleet_total * 16, f->account_total, (uint64_t)f->fleet_total / LOGINS_PER_USER + 1};
    return freeman_milli(&h, x, 2);
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    reason_add(out, CODE, measure, "published baseline over %s; usual: %s", phrase_network(f).text, phrase_usual_network(f).text);
}

static const struct detector_example examples[] = {
    {"no history, no score",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN}, .judges_path = true, .fleet_total = 100}, MEASURE_NONE,
     MEASURE_NONE},
    {"nothing as before: both factors are four",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN}, .judges_path = true, .fleet_total = 400, .account_total = 64},
     2770 - 20, 2770 + 20},
};

const struct detector detector_freeman = {
    .code = CODE,
    .sentence = "the published baseline of Freeman and Wiefling, measured for comparison",
    .needs = "an earlier login of the account, and learned logins in the shop",
    .use = DETECTOR_REFERENCE,
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
