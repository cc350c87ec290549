// SPDX-License-Identifier: Apache-2.0
/* Detector: many accounts fail within one prefix or network, far more than its owners explain. */
#include "score/detectors.h"

#define CODE "stuffing_network"

static int32_t of_prefix(const struct features *f) {
    const struct attribute_reading *r = &f->of[ATTR_PREFIX];
    uint32_t bad = r->fleet_failures_24h < r->fleet_accounts ? r->fleet_failures_24h : r->fleet_accounts;
    return r->present ? burst_milli(bad, (uint64_t)r->fleet_trained * 1000 / 90) : 0;
}

/* A big carrier always has failures: of an hour's only those count that are more than its own 90 days would have it. */
static int32_t of_asn(const struct features *f) {
    const struct attribute_reading *r = &f->of[ATTR_ASN];
    if (!r->present) return 0;
    uint64_t before = r->fleet_failures_90d > r->fleet_failures_24h ? r->fleet_failures_90d - r->fleet_failures_24h : 0;
    uint64_t usual = before / (90 * 24 / 3); /* three times the mean hour: evenings are busier than nights */
    uint32_t bad = r->fleet_failures_1h > usual ? r->fleet_failures_1h - (uint32_t)usual : 0;
    return burst_milli(bad, (uint64_t)r->fleet_trained * 1000 / (90 * 24));
}

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!f->attempt || (!f->of[ATTR_PREFIX].present && !f->of[ATTR_ASN].present)) return MEASURE_NONE;
    int32_t prefix = of_prefix(f), asn = of_asn(f);
    return less_support(prefix > asn ? prefix : asn, support_of_client(&s->path));
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    const struct attribute_reading *prefix = &f->of[ATTR_PREFIX], *asn = &f->of[ATTR_ASN];
    if (of_prefix(f) >= of_asn(f))
        reason_add(out, CODE, measure,
                   "prefix of %s: %u accounts tried within a day, %u attempts failed; usual: %u owners' logins in 90 days",
                   phrase_address(f).text, prefix->fleet_accounts, prefix->fleet_failures_24h, prefix->fleet_trained);
    else
        reason_add(out, CODE, measure, "network %s: %u attempts failed within an hour; usual: %u owners' logins in 90 days",
                   phrase_network(f).text, asn->fleet_failures_1h, asn->fleet_trained);
}

static const struct detector_example examples[] = {
    {"a botnet in one hosting network",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
         .attempt = true,
         .of = {[ATTR_ASN] = {.present = true, .fleet_failures_1h = 300, .fleet_failures_24h = 300, .fleet_failures_90d = 300}}},
     5000, 6500},
    {"a big carrier in the evening",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .attempt = true,
                              .of = {[ATTR_ASN] = {.present = true,
                                                   .fleet_trained = 200000,
                                                   .fleet_failures_1h = 40,
                                                   .fleet_failures_24h = 400,
                                                   .fleet_failures_90d = 30000}}},
     0, 100},
};

const struct detector detector_stuffing_network = {
    .code = CODE,
    .sentence = "attempts on many accounts fail over this prefix or network",
    .needs = "an attempt whose prefix or network is known",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
