// SPDX-License-Identifier: Apache-2.0
/* Detector: more attempts than owners explain come over this network, country or client at present. */
#include "base/logmath.h"
#include "score/detectors.h"

#define CODE "fleet_odds"

/*
 * Herley and Schechter, "Distinguishing attacks from legitimate authentication traffic at scale" (NDSS 2019): among attempts with value x
 *
 *     bad : good = (1 + rho) * p_now(x) / p_good(x) - 1,      rho = s_good / s_now - 1
 *
 * where p_now is the share of x among all attempts (of the day, for bursts, or of 90, for the patient), p_good its share among owners'
 * logins, s the rate of success. Both shares are drawn to the same prior by 20 attempts, so that a value hardly seen is no evidence.
 */
#define SUCCESS_GOOD_PERCENT 85
#define PRIOR_ATTEMPTS       20
#define ATTEMPTS_MIN         100

/* Attempts of a horizon (the last day, or 90), and ln(1 + rho) of it. */
struct horizon {
    uint64_t all;
    int32_t rho_milli;
};

static struct horizon horizon(uint64_t all, uint64_t failed) {
    uint64_t let_in = failed < all ? all - failed : 0;
    int32_t rho = ln_ratio_milli(all * SUCCESS_GOOD_PERCENT, (let_in + 1) * 100);
    return (struct horizon){all, rho < 0 ? 0 : rho};
}

static int32_t odds_within(struct horizon h, uint64_t here, uint64_t good_ppm) {
    if (h.all < ATTEMPTS_MIN) return 0;
    uint64_t now_ppm = (here * 1000000 + PRIOR_ATTEMPTS * good_ppm) / (h.all + PRIOR_ATTEMPTS);
    return ln_ratio_milli(now_ppm, good_ppm) + h.rho_milli;
}

static int32_t odds(const struct features *f, enum attribute a, struct horizon day, struct horizon season) {
    const struct attribute_reading *r = &f->of[a];
    if (!r->present || r->account_count) return 0; /* the owner's own is no news of him */
    uint64_t good = ((uint64_t)r->fleet_trained + 1) * 1000000 / ((uint64_t)f->fleet_total + FLEET_COUNT_MIN);
    uint64_t week = (uint64_t)r->fleet_trained_7d * 1000000 / ((uint64_t)f->fleet_total_7d + FLEET_COUNT_MIN);
    if (week > good) good = week; /* a browser's new build is being rolled out */
    int32_t of_day = odds_within(day, r->fleet_attempts_24h, good + 1), of_season = odds_within(season, r->fleet_attempts_90d, good + 1);
    return of_day > of_season ? of_day : of_season;
}

static enum attribute strongest(const struct features *f, int32_t *milli) {
    static const enum attribute asked[] = {ATTR_ASN, ATTR_COUNTRY, ATTR_UA, ATTR_JA4};
    struct horizon day = horizon(f->fleet_attempts_24h, f->fleet_failures_24h),
                   season = horizon(f->fleet_attempts_90d, f->fleet_failures_90d);
    enum attribute most = asked[0];
    *milli = 0;
    for (unsigned i = 0; i < sizeof asked / sizeof *asked; i++) {
        int32_t here = odds(f, asked[i], day, season);
        if (here > *milli) *milli = here, most = asked[i];
    }
    return most;
}

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!f->attempt || f->fleet_total < FLEET_COUNT_MIN) return MEASURE_NONE;
    int32_t milli;
    strongest(f, &milli);
    return less_support(milli, support_of_client(&s->path));
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    int32_t milli;
    enum attribute a = strongest(f, &milli);
    const struct attribute_reading *r = &f->of[a];
    bool client = a == ATTR_UA || a == ATTR_JA4;
    reason_add(out, CODE, measure, "%s %s makes %u of the day's %u attempts, %u of 90 days' %u; usual: %u of %u owners' logins",
               client ? "client" : "network", client ? phrase_client(f).text : phrase_network(f).text, r->fleet_attempts_24h,
               f->fleet_attempts_24h, r->fleet_attempts_90d, f->fleet_attempts_90d, r->fleet_trained, f->fleet_total);
}

static const struct detector_example examples[] = {
    {"a day like any other",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .attempt = true,
                              .fleet_attempts_24h = 1000,
                              .fleet_failures_24h = 150,
                              .fleet_total = 90000,
                              .of = {[ATTR_ASN] = {.present = true, .fleet_trained = 9000, .fleet_attempts_24h = 100}}},
     0, 100},
    {"a hosting network makes half of the day's attempts",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_FAILURE},
                              .attempt = true,
                              .fleet_attempts_24h = 2000,
                              .fleet_failures_24h = 1100,
                              .fleet_total = 90000,
                              .of = {[ATTR_ASN] = {.present = true, .fleet_trained = 90, .fleet_attempts_24h = 1000}}},
     6000, 8000},
};

const struct detector detector_fleet_odds = {
    .code = CODE,
    .sentence = "this network, country or client makes far more attempts now than owners ever did",
    .needs = "an attempt, and a hundred attempts and fifty learned logins in the shop",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
