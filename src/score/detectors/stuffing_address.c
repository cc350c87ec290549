// SPDX-License-Identifier: Apache-2.0
/* Detector: many accounts fail at one address, far more than its owners explain. */
#include "score/detectors.h"

#define CODE "stuffing_address"

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    const struct attribute_reading *ip = &f->of[ATTR_IP];
    if (!f->attempt || !ip->present) return MEASURE_NONE;
    /* One account that fails a hundred times is guessing or forgetting, and not this. */
    uint32_t bad = ip->fleet_failures_24h < ip->fleet_accounts ? ip->fleet_failures_24h : ip->fleet_accounts;
    return less_support(burst_milli(bad, (uint64_t)ip->fleet_trained * 1000 / 90), support_of_client(&s->path));
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    const struct attribute_reading *ip = &f->of[ATTR_IP];
    reason_add(out, CODE, measure, "address %s: %u accounts tried within a day, %u attempts failed; usual: %u owners' logins in 90 days",
               phrase_address(f).text, ip->fleet_accounts, ip->fleet_failures_24h, ip->fleet_trained);
}

static const struct detector_example examples[] = {
    {"a household",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .attempt = true,
                              .of = {[ATTR_IP] = {.present = true, .fleet_trained = 12, .fleet_accounts = 2, .fleet_failures_24h = 1}}},
     0, 0},
    {"two hundred accounts, one try each",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_FAILURE},
                              .attempt = true,
                              .of = {[ATTR_IP] = {.present = true, .fleet_accounts = 200, .fleet_failures_24h = 199}}},
     5000, 6000},
    {"an office of fifty people on a Monday",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .attempt = true,
                              .of = {[ATTR_IP] = {.present = true, .fleet_trained = 1800, .fleet_accounts = 30, .fleet_failures_24h = 5}}},
     0, 300},
};

const struct detector detector_stuffing_address = {
    .code = CODE,
    .sentence = "many accounts were tried from this address within a day, most in vain",
    .needs = "an attempt with an address",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
