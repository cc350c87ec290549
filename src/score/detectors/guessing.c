// SPDX-License-Identifier: Apache-2.0
/* Detector: one account is tried from many addresses, or many times in vain. */
#include "score/detectors.h"

#define CODE "guessing"

/* Owners forget: this many failures before a success are daily life. */
#define FORGETFUL_MILLI 2000

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!f->attempt || f->account_addresses_24h == FEATURE_NONE) return MEASURE_NONE;
    if (f->path_trained) return 0;
    int32_t addresses = surprise_milli((uint32_t)f->account_addresses_24h, 1000);
    int32_t failures = surprise_milli((uint32_t)f->failures_streak, FORGETFUL_MILLI) / 2; /* a stale password store fails all day */
    return less_support(addresses > failures ? addresses : failures, support_of_client(&s->path));
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    reason_add(out, CODE, measure,
               "attempts on this account failed from %lld addresses within a day, %lld in a row; usual: one address, two failures",
               (long long)f->account_addresses_24h, (long long)f->failures_streak);
}

static const struct detector_example examples[] = {
    {"forgot it once",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .attempt = true,
                              .failures_streak = 1,
                              .account_addresses_24h = 1},
     0, 0},
    {"six addresses within a day",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_FAILURE},
                              .attempt = true,
                              .failures_streak = 6,
                              .account_addresses_24h = 6},
     5000, 6500},
    {"the owner at home, while others guess",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .attempt = true,
                              .path_trained = true,
                              .account_addresses_24h = 6},
     0, 0},
};

const struct detector detector_guessing = {
    .code = CODE,
    .sentence = "this account was tried from several addresses, or many times in vain",
    .needs = "an attempt on an account, over a path that was not learned from its owner",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
