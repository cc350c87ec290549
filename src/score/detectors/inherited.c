// SPDX-License-Identifier: Apache-2.0
/* Detector: the act belongs to a session, path or object that was risky before. */
#include "score/calibration.h"
#include "score/detectors.h"

#define CODE "inherited"

/* Where a hijacker came from, whatever comes next is his too: a nat more than the path scored by itself. */
#define HOSTILE_MILLI 1000

/* What becomes of an order, a charge: the shop's doing, on no path; it is as risky as the act that made it. */
static bool is_fate(const struct features *f) {
    return kind_group(f->event->kind) == GROUP_FATE || kind_group(f->event->kind) == GROUP_LABEL;
}

static int64_t score_before(const struct features *f) {
    if (is_fate(f)) return f->object_score;
    if (kind_group(f->event->kind) > GROUP_VALUE) return FEATURE_NONE; /* what people and the system say is no act on the account */
    if (f->path_hostile) return f->path_score > f->session_score ? f->path_score : f->session_score;
    if (event_is_login_success(f->event)) return 0; /* speaks for itself */
    if (f->attempt) return 0;
    int64_t score = f->session_score != FEATURE_NONE ? f->session_score : f->path_trained ? 0 : f->path_score;
    return score > f->object_score ? score : f->object_score;
}

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    int64_t score = score_before(f);
    if (score == FEATURE_NONE) return MEASURE_NONE;
    return score_to_milli((uint16_t)score) + (f->path_hostile ? HOSTILE_MILLI : 0);
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    int score = (int)score_before(f);
    if (is_fate(f)) reason_add(out, CODE, measure, "what it is about was made by an act that scored %d; usual: below 250", score);
    else if (f->path_hostile)
        reason_add(out, CODE, measure, "a hijacker came to this account over this very path; usual: %s", phrase_usual_network(f).text);
    else if (f->session_score == score && f->login_age_s != FEATURE_NONE)
        reason_add(out, CODE, measure, "session opened %s ago reached a score of %d; usual: below 250",
                   phrase_span(f->login_age_s / 60).text, score);
    else reason_add(out, CODE, measure, "path or object of this act reached a score of %d before; usual: below 250", score);
}

static const struct detector_example examples[] = {
    {"a parcel of a risky order",
     &(const struct features){.event = &(const struct event){.kind = KIND_ORDER_STATE},
                              .object_score = 900,
                              .session_score = FEATURE_NONE,
                              .path_score = FEATURE_NONE},
     6908, 6908},
    {"an act in a quiet session",
     &(const struct features){.event = &(const struct event){.kind = KIND_ORDER_PLACED}, .session_score = 0, .path_score = 0}, 0, 0},
    {"an analyst's word is no act", &(const struct features){.event = &(const struct event){.kind = KIND_ANALYST_VERDICT}}, MEASURE_NONE,
     MEASURE_NONE},
};

const struct detector detector_inherited = {
    .code = CODE,
    .sentence = "session, path or order was risky before, and so is what follows from it",
    .needs = "an event in a session, on a path or about an object with a past",
    .use = DETECTOR_CARRIES,
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
