// SPDX-License-Identifier: Apache-2.0
/* Detector: an account that was quiet for far longer than it ever was wakes up on another path. */
#include "base/logmath.h"
#include "score/detectors.h"

#define CODE "dormancy"

/*
 * If uses of the account are as frequent as they were (n logins in T days, a Gamma prior of one login in 90 days), a gap of g days or more
 * has the probability (1 + g / (T + 90))^-(n + 1).
 */
#define PRIOR_DAYS 90
#define MILLI_MAX  6000

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!f->judges_path || f->span_days == FEATURE_NONE || f->dormant_days == FEATURE_NONE) return MEASURE_NONE;
    bool network = f->new_asn || f->new_country, client = f->new_device || f->new_browser || f->new_os;
    if (!network && !client) return 0;
    uint64_t span = (uint64_t)f->span_days + PRIOR_DAYS, logins = (uint64_t)f->depth + 1;
    int64_t milli = (int64_t)(logins > 50 ? 50 : logins) * ln_ratio_milli(span + (uint64_t)f->dormant_days, span);
    if (milli > MILLI_MAX) milli = MILLI_MAX;
    return less_support((int32_t)(network && client ? milli : milli / 2), support_of_client(&s->path));
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    reason_add(out, CODE, measure, "account not used for %lld days, and now over a new path; usual: %lld logins in %lld days",
               (long long)f->dormant_days, (long long)f->depth, (long long)f->span_days);
}

static const struct detector_example examples[] = {
    {"a monthly customer after five weeks",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .judges_path = true,
                              .depth = 12,
                              .span_days = 360,
                              .dormant_days = 35,
                              .new_asn = true,
                              .new_device = true},
     800, 1300},
    {"a monthly customer after eight months, all new",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .judges_path = true,
                              .depth = 12,
                              .span_days = 360,
                              .dormant_days = 240,
                              .new_asn = true,
                              .new_device = true},
     5000, 6000},
    {"the same, at home",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .judges_path = true,
                              .depth = 12,
                              .span_days = 360,
                              .dormant_days = 240},
     0, 0},
};

const struct detector detector_dormancy = {
    .code = CODE,
    .sentence = "the account was quiet for longer than it ever was, and wakes on a path that is new to it",
    .needs = "an earlier use of the account, and a network or client that is new to it",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1500,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
