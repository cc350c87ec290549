// SPDX-License-Identifier: Apache-2.0
/* Detector: language or time zone are ones that hardly any owner of the shop has, and this account never had. */
#include "score/detectors.h"

#define CODE "rare_locale"

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    bool sent = f->of[ATTR_LANGUAGE].present || f->of[ATTR_TIMEZONE].present;
    if (!f->judges_path || !sent || f->fleet_total < FLEET_COUNT_MIN) return MEASURE_NONE;
    int32_t zone = f->timezone_travels ? 0 : rarity_milli(f, ATTR_TIMEZONE); /* the network's country has said it already */
    return less_support(rarity_milli(f, ATTR_LANGUAGE) + zone, support_of_client(&s->path));
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    reason_add(out, CODE, measure,
               "language %.*s, time zone %.*s: %u and %u of the shop's last %u owners' logins; usual for this account: %.*s, %.*s",
               STR_ARGS(f->language.size ? f->language : STR("not sent")), STR_ARGS(f->timezone.size ? f->timezone : STR("not sent")),
               f->of[ATTR_LANGUAGE].fleet_trained, f->of[ATTR_TIMEZONE].fleet_trained, f->fleet_total,
               STR_ARGS(f->usual_language.size ? f->usual_language : STR("not known yet")),
               STR_ARGS(f->usual_timezone.size ? f->usual_timezone : STR("not known yet")));
}

static const struct detector_example examples[] = {
    {"the language that everybody speaks",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN},
                              .judges_path = true,
                              .fleet_total = 10000,
                              .of = {[ATTR_LANGUAGE] = {.present = true, .fleet_trained = 9800}}},
     0, 100},
    {"a language and a time zone that nobody has",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN},
                              .judges_path = true,
                              .fleet_total = 10000,
                              .of = {[ATTR_LANGUAGE] = {.present = true, .fleet_trained = 20}, [ATTR_TIMEZONE] = {.present = true}}},
     14000, 16500},
};

const struct detector detector_rare_locale = {
    .code = CODE,
    .sentence = "language or time zone are rare among all owners and new for this account",
    .needs = "a path with a language or a time zone, and fifty learned logins in the shop",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 2000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
