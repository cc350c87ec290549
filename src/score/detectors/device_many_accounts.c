// SPDX-License-Identifier: Apache-2.0
/* Detector: one device is used for many accounts. */
#include "score/detectors.h"

#define CODE "device_many_accounts"

/* A household has a second person. */
#define HOUSEHOLD_MILLI 1500

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!f->attempt || f->device_accounts_24h == FEATURE_NONE) return MEASURE_NONE;
    return surprise_milli((uint32_t)f->device_accounts_24h, HOUSEHOLD_MILLI + (uint64_t)f->of[ATTR_DEVICE].fleet_trained * 1000 / 45);
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    reason_add(out, CODE, measure, "device used for %lld accounts within a day; usual: one or two of a household",
               (long long)f->device_accounts_24h);
}

static const struct detector_example examples[] = {
    {"two of a household",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS}, .attempt = true, .device_accounts_24h = 2},
     0, 100},
    {"twenty accounts on one device",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS}, .attempt = true, .device_accounts_24h = 20},
     20000, 40000},
};

const struct detector detector_device_many_accounts = {
    .code = CODE,
    .sentence = "many accounts were used on this device within a day",
    .needs = "an attempt with a device id",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
