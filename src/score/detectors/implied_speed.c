// SPDX-License-Identifier: Apache-2.0
/* Detector: the distance from the last place is more than anybody travels in the time between. */
#include "base/logmath.h"
#include "score/detectors.h"

#define CODE "implied_speed"

/* An airliner and its taxis; Okta's default is 805 km/h, Curity's 250. Places and clocks are rough, so it starts high. */
#define SPEED_KMH 900
/* Just above it is still a wrong place more often than a hijacker. */
#define BASE_MILLI 2000

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!f->judges_path || f->speed_kmh == FEATURE_NONE) return MEASURE_NONE;
    if (f->speed_kmh <= SPEED_KMH || f->path_trained) return 0;
    int32_t milli = BASE_MILLI + ln_ratio_milli((uint64_t)f->speed_kmh, SPEED_KMH);
    return less_support(milli, support_of_client(&s->path)); /* the owner's own device: rather a VPN that is not known as one */
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    reason_add(out, CODE, measure, "%lld km from the place of the last use, at %lld km/h; usual: below %d km/h", (long long)f->distance_km,
               (long long)f->speed_kmh, SPEED_KMH);
}

static const struct detector_example examples[] = {
    {"by train",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .judges_path = true,
                              .speed_kmh = 250,
                              .distance_km = 400},
     0, 0},
    {"Tokyo to Amsterdam within the hour",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .judges_path = true,
                              .new_device = true,
                              .speed_kmh = 9300,
                              .distance_km = 9300},
     4000, 4600},
    {"through a VPN",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS}, .judges_path = true, .speed_kmh = FEATURE_NONE},
     MEASURE_NONE, MEASURE_NONE},
};

const struct detector detector_implied_speed = {
    .code = CODE,
    .sentence = "nobody travels so fast from where the account was used last",
    .needs = "two places, neither of them the exit of a VPN, relay, Tor, hosting or mobile network",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
