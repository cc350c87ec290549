// SPDX-License-Identifier: Apache-2.0
/* Detector: the network is one that hardly any owner of the shop uses, and this account never did. */
#include "score/detectors.h"

#define CODE "rare_network"

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    bool known = f->of[ATTR_ASN].present || f->of[ATTR_COUNTRY].present;
    if (!f->judges_path || !known || f->fleet_total < FLEET_COUNT_MIN) return MEASURE_NONE;
    if (f->of[ATTR_ASN].account_count) return 0;
    /* A foreign network counts twice, as a rare network and as a rare country. */
    int32_t milli = rarity_milli(f, ATTR_ASN) + rarity_milli(f, ATTR_COUNTRY) + network_kind_milli(f);
    return less_support(milli, support_of_client(&s->path));
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    uint32_t logins = f->of[ATTR_ASN].present ? f->of[ATTR_ASN].fleet_trained : f->of[ATTR_COUNTRY].fleet_trained;
    reason_add(out, CODE, measure, "network %s carried %u of the shop's last %u owners' logins; usual for this account: %s",
               phrase_network(f).text, logins, f->fleet_total,
               f->usual_asn || f->usual_country[0] ? phrase_usual_network(f).text : "not known yet");
}

static const struct detector_example examples[] = {
    {"one login in ten thousand comes over this network",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .judges_path = true,
                              .fleet_total = 10000,
                              .of = {[ATTR_ASN] = {.present = true}, [ATTR_COUNTRY] = {.present = true, .fleet_trained = 9000}}},
     9000, 9500},
    {"rare, but this account's own",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .judges_path = true,
                              .fleet_total = 10000,
                              .of = {[ATTR_ASN] = {.present = true, .account_count = 32}}},
     0, 0},
    {"a shop that has just begun",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .judges_path = true,
                              .of = {[ATTR_ASN] = {.present = true}}},
     MEASURE_NONE, MEASURE_NONE},
};

const struct detector detector_rare_network = {
    .code = CODE,
    .sentence = "the network, or its country, is rare among all owners and new for this account",
    .needs = "a path, fifty learned logins in the shop, and a network that the account has not used",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 2000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
