// SPDX-License-Identifier: Apache-2.0
/* Tests that the scale forgets times that are over, that it forgets nothing in quiet ones, and that a wave does not make it forget. */
#include "score/calibration.h"

#include "base/moment.h"
#include "base/test.h"

static const struct prior prior = {.scale_milli = 857, .factor = 3};
static struct calibration c;
static uint64_t chance;
static uint32_t week;

/* A measure of an owner's login, exponential of a mean: the quantile of a random number, by bits. */
static int32_t draw(int32_t mean_milli) {
    uint32_t bits = 0;
    uint64_t r = test_random(&chance);
    while (bits < 40 && !(r & 1)) bits++, r >>= 1; /* geometric: each bit is ln 2 */
    uint32_t within = (uint32_t)(test_random(&chance) % 693);
    return (int32_t)((int64_t)(bits * 693 + within) * mean_milli / 1000);
}

static double share_of(uint32_t part, uint32_t of) {
    return (double)part / (double)of;
}

/* One week of logins; the share of them that reached 0.7 % as it was then, as a score of 700 does. */
static double live(unsigned logins, int32_t mean_milli) {
    uint32_t reached = 0;
    week++;
    for (unsigned i = 0; i < logins; i++) {
        calibration_fade(&c, (int64_t)week * 7 * DAY_MS);
        int32_t milli = draw(mean_milli);
        reached += histogram_tail_ppb(&c.unusual[2], milli, prior) <= 7070000;
        histogram_add(&c.unusual[2], milli, prior);
    }
    return share_of(reached, logins);
}

static void begin(unsigned weeks, unsigned logins, int32_t mean_milli) {
    c = (struct calibration){0};
    chance = 5, week = 2900;
    for (unsigned i = 0; i < weeks; i++) (void)live(logins, mean_milli);
}

static uint32_t counted(void) {
    return c.unusual[2].at_least[0] / 16;
}

TEST(keeps_its_promise_in_quiet_times) {
    begin(60, 4000, 900);
    EXPECT(counted() > 40000); /* a half-life of eight weeks: 11.5 weeks of logins */
    double sum = 0;
    for (unsigned i = 0; i < 10; i++) sum += live(4000, 900);
    EXPECT(sum / 10 > 0.0045 && sum / 10 < 0.0105);
    EXPECT(counted() > 40000);
}

TEST(forgets_times_that_are_over) {
    begin(40, 4000, 900);
    for (unsigned i = 0; i < 4; i++) (void)live(4000, 2500); /* a month in which much was unusual */
    double first = live(4000, 900);
    EXPECT(first < 0.003);
    for (unsigned i = 0; i < 11; i++) (void)live(4000, 900);
    double mean = 0;
    for (unsigned i = 0; i < 4; i++) mean += live(4000, 900) / 4;
    EXPECT(mean > 0.0045);
    EXPECT(counted() >= 10000);
}

TEST(a_small_shop_waits_until_it_can_know) {
    begin(40, 100, 900);
    (void)live(100, 2500);
    uint32_t before = counted();
    for (unsigned i = 0; i < 4; i++) (void)live(100, 900);
    EXPECT(counted() > before * 7 / 10); /* faded, and not forgotten */
}

TEST(a_wave_makes_it_forget_nothing) {
    begin(40, 4000, 900);
    uint32_t before = counted();
    double most = live(4000, 3000);
    EXPECT(most > 0.05);
    (void)live(1, 900);
    EXPECT(counted() > before * 9 / 10);
}

int main(void) {
    RUN(keeps_its_promise_in_quiet_times);
    RUN(forgets_times_that_are_over);
    RUN(a_small_shop_waits_until_it_can_know);
    RUN(a_wave_makes_it_forget_nothing);
    return test_end();
}
