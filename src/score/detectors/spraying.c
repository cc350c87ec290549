// SPDX-License-Identifier: Apache-2.0
/* Detector: one and the same password is tried on many accounts. */
#include "score/detectors.h"

#define CODE "spraying"

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!f->attempt || f->tag_accounts_24h == FEATURE_NONE) return MEASURE_NONE;
    uint32_t accounts = (uint32_t)f->tag_accounts_24h;
    /* Popular passwords are used by many owners: their own logins are the measure. One account of it is this one. */
    return accounts < 2 ? 0 : burst_milli(accounts - 1, (uint64_t)f->tag_trained * 1000 / 90);
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    reason_add(out, CODE, measure,
               "the password tried here was tried on %lld accounts within a day; usual: %u owners' logins with it in 90 days",
               (long long)f->tag_accounts_24h, f->tag_trained);
}

static const struct detector_example examples[] = {
    {"a password of this account alone",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS}, .attempt = true, .tag_accounts_24h = 1},
     0, 0},
    {"one password on three hundred accounts",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_FAILURE}, .attempt = true, .tag_accounts_24h = 300},
     5000, 6000},
    {"no tag is sent",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS}, .attempt = true, .tag_accounts_24h = FEATURE_NONE},
     MEASURE_NONE, MEASURE_NONE},
};

const struct detector detector_spraying = {
    .code = CODE,
    .sentence = "this very password was tried on many accounts within a day",
    .needs = "an attempt with a tag of the tried password",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
