// SPDX-License-Identifier: Apache-2.0
/* Detector: a password was reset from a path that the owner never used, and is used from there at once. */
#include "score/detectors.h"

#define CODE "reset_path"

/* A forgotten password on a new phone is daily life: this much, and the rest is what the path says. */
#define BASE_MILLI 1000
#define MINUTES    (24 * 60)

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    bool uses_it = event_is_login_success(f->event) || f->event->kind == KIND_PASSWORD_CHANGED;
    if (!uses_it || f->minutes_since_reset_request == FEATURE_NONE || f->minutes_since_reset_request > MINUTES) return MEASURE_NONE;
    if (!f->reset_same_path || f->path_trained || !f->account_total) return 0;
    return s->path.sum > 0 ? BASE_MILLI + s->path.sum : 0;
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    reason_add(out, CODE, measure, "password reset asked for %s ago over network %s with %s; usual for this account: %s with %s",
               phrase_span(f->minutes_since_reset_request).text, phrase_network(f).text, phrase_client(f).text,
               phrase_usual_network(f).text, phrase_usual_client(f).text);
}

static const struct detector_example examples[] = {
    {"the owner forgot it",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .minutes_since_reset_request = 5,
                              .reset_same_path = true,
                              .path_trained = true,
                              .account_total = 160},
     0, 0},
    {"from another country",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .minutes_since_reset_request = 5,
                              .reset_same_path = true,
                              .account_total = 160,
                              .of = {[ATTR_COUNTRY] = {.present = true}}},
     4500, 5500},
};

const struct detector detector_reset_path = {
    .code = CODE,
    .sentence = "the reset of the password was asked for on a path that the account never used",
    .needs = "a request to reset within a day, on the same path",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1500,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
