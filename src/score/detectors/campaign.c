// SPDX-License-Identifier: Apache-2.0
/* Detector: other accounts had risky logins of the same origin a short time ago. */
#include "score/detectors.h"

#define CODE "campaign"

/* One of these origins' logins is known to be a hijacker's. */
#define CONFIRMED_MILLI 2500

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!event_is_login_success(f->event)) return MEASURE_NONE;
    if (f->path_trained) return 0;
    /* A risky login is one of a hundred of the owners' own: that many are to be expected within two days. */
    int32_t prefix = burst_milli(f->risk_prefix_accounts, (uint64_t)f->of[ATTR_PREFIX].fleet_trained * 1000 / 45 / 100);
    uint64_t asn = f->of[ATTR_ASN].fleet_trained, client = f->of[ATTR_UA].fleet_trained; /* the origin is both: at most the rarer of them */
    int32_t origin = burst_milli(f->risk_client_accounts, (asn < client ? asn : client) * 1000 / 45 / 100);
    int32_t milli = (prefix > origin ? prefix : origin) + (f->risk_confirmed ? CONFIRMED_MILLI : 0);
    return less_support(milli, support_of_client(&s->path));
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    uint32_t accounts = f->risk_prefix_accounts > f->risk_client_accounts ? f->risk_prefix_accounts : f->risk_client_accounts;
    reason_add(out, CODE, measure, "%u other accounts had risky logins of this origin (%s, %s) within two days%s; usual: none", accounts,
               phrase_network(f).text, phrase_client(f).text, f->risk_confirmed ? ", some of them known to be a hijacker's" : "");
}

static const struct detector_example examples[] = {
    {"nobody else", &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS}}, 0, 0},
    {"six other accounts",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS}, .risk_prefix_accounts = 6},
     1800, 2100},
    {"one other, and it is known to be a hijacker's",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS}, .risk_prefix_accounts = 1, .risk_confirmed = 1},
     2500, 3200},
};

const struct detector detector_campaign = {
    .code = CODE,
    .sentence = "several other accounts had risky logins from this prefix, or with this client over this network",
    .needs = "a login let in, with a prefix or a client",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
