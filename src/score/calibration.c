// SPDX-License-Identifier: Apache-2.0
/* Learns how often owners' own logins measure what, so that a measure becomes a share and a score means friction. */
#include "score/calibration.h"

#include "base/check.h"
#include "base/logmath.h"
#include "base/moment.h"
#include "port/cells.h"

_Static_assert(sizeof(struct calibration) <= GLOBALS_SIZE / 2, "the engine keeps it in the cells' globals");

#define PRIOR_LOGINS     200U
#define LOGIN_16         16U
#define DOUBTFUL_PPB     (PPB / 1000)
#define SCALED_MILLI_MAX 40000

/* What a score of 700 promises, and from which measure on it is looked whether it is reached: no scale promises it below 2.8 nats. */
#define PROMISE_PPB      7070000
#define PROMISE_STEP_MIN 8
/* 14 of them reach it where the promise is kept; six or fewer by chance once in seventy times. */
#define WATCHED_MIN  2000U
#define KEPT_LOGINS  10000U
#define FORGET_WEEKS 8
/* ln 2 / 8 weeks, in millinats. */
#define FADE_MILLI     87
#define FADE_WEEKS_MAX 100

static void histogram_fade(struct histogram *h, uint32_t kept_ppm) {
    for (unsigned i = 0; i < HISTOGRAM_STEPS; i++) h->at_least[i] = (uint32_t)((uint64_t)h->at_least[i] * kept_ppm / 1000000);
}

/* Asked of what all detectors say together; the counters begin anew where there were enough to answer. */
static bool is_too_mild(struct histogram *h) {
    if (h->watched < WATCHED_MIN) return false;
    bool mild = (uint64_t)h->reached * 2 * PPB < (uint64_t)h->watched * PROMISE_PPB;
    h->watched = h->reached = 0;
    return mild && h->at_least[0] / LOGIN_16 > 2 * KEPT_LOGINS;
}

void calibration_fade(struct calibration *c, int64_t now_ms) {
    uint32_t week = (uint32_t)(now_ms / (7 * DAY_MS));
    if (!c->faded_week) c->faded_week = week;
    if (week <= c->faded_week) return;
    uint32_t weeks = week - c->faded_week < FADE_WEEKS_MAX ? week - c->faded_week : FADE_WEEKS_MAX;
    for (unsigned depth = 0; depth < DEPTH_CLASSES; depth++) {
        uint32_t forgotten = weeks + (is_too_mild(&c->unusual[depth]) ? FORGET_WEEKS : 0);
        uint32_t kept_ppm = exp_neg_ppm((int32_t)forgotten * FADE_MILLI);
        histogram_fade(&c->unusual[depth], kept_ppm);
        for (unsigned i = 0; i < DETECTOR_COUNT; i++) histogram_fade(&c->of[i][depth], kept_ppm);
    }
    c->faded_week = week;
}

/* 1e9 * exp(-x): exp(-x / 2) squared, because the table of base/logmath.h ends at 1e-6. */
static uint64_t exp_neg_ppb(int64_t x_milli) {
    if (x_milli <= 0) return PPB;
    if (x_milli > SCALED_MILLI_MAX) x_milli = SCALED_MILLI_MAX;
    uint64_t half = exp_neg_ppm((int32_t)(x_milli / 2)), other = x_milli % 2 ? exp_neg_ppm((int32_t)(x_milli / 2 + 1)) : half;
    return half * other / 1000;
}

/*
 * How many measured at least this. Step i > 0 counts what measured in [(i - 1), i) steps of 0.4 nats; within a step they are taken as
 * evenly spread. What measures nothing at all (step 0) does not reach any positive measure.
 */
static uint64_t counted_ppb(const struct histogram *h, int32_t milli) {
    if (milli <= 0) return h->at_least[0] * PPB;
    unsigned step = (unsigned)milli / HISTOGRAM_STEP_MILLI + 1, within = (unsigned)milli % HISTOGRAM_STEP_MILLI;
    if (step >= HISTOGRAM_STEPS - 1) return h->at_least[HISTOGRAM_STEPS - 1] * PPB;
    uint64_t here = h->at_least[step], next = h->at_least[step + 1];
    return here * PPB - (here - next) * (PPB / HISTOGRAM_STEP_MILLI) * within;
}

uint64_t histogram_tail_ppb(const struct histogram *h, int32_t milli, struct prior prior) {
    CHECK(prior.scale_milli > 0);
    uint64_t expected = milli <= 0 ? PPB : prior.factor * exp_neg_ppb((int64_t)milli * 1000 / prior.scale_milli);
    if (expected > PPB) expected = PPB;
    uint64_t tail = (PRIOR_LOGINS * LOGIN_16 * expected + counted_ppb(h, milli)) / (PRIOR_LOGINS * LOGIN_16 + h->at_least[0]);
    return tail ? tail : 1;
}

static unsigned step_of(int32_t milli) {
    if (milli <= 0) return 0;
    unsigned step = (unsigned)milli / HISTOGRAM_STEP_MILLI + 1;
    return step < HISTOGRAM_STEPS ? step : HISTOGRAM_STEPS - 1;
}

/* The highest step up to `step` that one owner's login in a thousand reaches. */
static unsigned known_step(const struct histogram *h, unsigned step, struct prior prior) {
    while (step && histogram_tail_ppb(h, (int32_t)(step - 1) * HISTOGRAM_STEP_MILLI, prior) < DOUBTFUL_PPB) step--;
    return step;
}

void histogram_add(struct histogram *h, int32_t milli, struct prior prior) {
    unsigned step = step_of(milli), known = known_step(h, step, prior);
    h->watched++;
    if (step >= PROMISE_STEP_MIN && histogram_tail_ppb(h, milli, prior) <= PROMISE_PPB) h->reached++;
    for (unsigned i = 0; i <= known; i++) h->at_least[i] += LOGIN_16;
    for (unsigned i = known + 1; i <= step; i++) {
        int64_t beyond = (int64_t)(i - known) * HISTOGRAM_STEP_MILLI * 1000 / prior.scale_milli;
        h->at_least[i] += (uint32_t)((LOGIN_16 * exp_neg_ppb(beyond) + PPB / 2) / PPB);
    }
}

/* Knots of the scale: -ln(1), -ln(0.05), -ln(0.001), -ln(0.00001) in millinats. */
static const struct { int32_t milli, score; } knots[] = {{0, 0}, {2996, 500}, {6908, 900}, {11513, 1000}};

uint16_t score_from_milli(int32_t milli) {
    if (milli <= 0) return 0;
    for (unsigned i = 1; i < sizeof knots / sizeof *knots; i++)
        if (milli <= knots[i].milli)
            return (uint16_t)(knots[i - 1].score +
                              (milli - knots[i - 1].milli) * (knots[i].score - knots[i - 1].score) / (knots[i].milli - knots[i - 1].milli));
    return 1000;
}

int32_t score_to_milli(uint16_t score) {
    for (unsigned i = 1; i < sizeof knots / sizeof *knots; i++) {
        int32_t span = knots[i].score - knots[i - 1].score, rise = knots[i].milli - knots[i - 1].milli;
        if (score <= knots[i].score) return knots[i - 1].milli + ((score - knots[i - 1].score) * rise + span - 1) / span;
    }
    return knots[3].milli;
}
