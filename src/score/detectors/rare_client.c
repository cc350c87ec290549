// SPDX-License-Identifier: Apache-2.0
/* Detector: the browser, app or TLS client is one that hardly any owner of the shop uses, and this account never did. */
#include "score/detectors.h"

#define CODE "rare_client"

/* A script that logs in as a customer is no customer's browser, however many there are. */
#define SCRIPT_MILLI 3000

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!f->judges_path || !f->of[ATTR_UA].present || f->fleet_total < FLEET_COUNT_MIN) return MEASURE_NONE;
    /* Not the skeleton: phones put their model into it, and rare models are common. New builds of a browser bring new fingerprints. */
    int32_t client = rarity_milli(f, ATTR_BROWSER), ja4 = rarity_milli(f, ATTR_JA4) / 2;
    if (client && str_equal(f->device_type, STR("bot"))) client += SCRIPT_MILLI;
    return less_support(client > ja4 ? client : ja4, support_of_network(&s->path));
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    reason_add(out, CODE, measure, "%s made %u of the shop's last %u owners' logins; usual for this account: %s", phrase_client(f).text,
               f->of[ATTR_BROWSER].fleet_trained, f->fleet_total, f->usual_browser.size ? phrase_usual_client(f).text : "not known yet");
}

static const struct detector_example examples[] = {
    {"a browser that everybody has",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .judges_path = true,
                              .fleet_total = 10000,
                              .of = {[ATTR_UA] = {.present = true}, [ATTR_BROWSER] = {.present = true, .fleet_trained = 3000}}},
     1000, 1400},
    {"a script that nobody has used yet",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .judges_path = true,
                              .fleet_total = 10000,
                              .device_type = {"bot", 3},
                              .of = {[ATTR_UA] = {.present = true}, [ATTR_BROWSER] = {.present = true}}},
     12000, 12500},
};

const struct detector detector_rare_client = {
    .code = CODE,
    .sentence = "the client, or its TLS fingerprint, is rare among all owners and new for this account",
    .needs = "a path with a client, and fifty learned logins in the shop",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1500,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
