// SPDX-License-Identifier: Apache-2.0
/* A counterpart that fails is left alone, tried now and then, and trusted again. */
#include "courier/breaker.h"

#include "base/test.h"

#define NOW_MS INT64_C(1767225600000)

static struct breaker opened(uint64_t drawn) {
    struct breaker b = {0};
    for (int i = 1; i < BREAKER_FAILURES; i++) EXPECT(!breaker_fail(&b, NOW_MS, drawn));
    EXPECT(breaker_fail(&b, NOW_MS, drawn));
    return b;
}

TEST(four_failures_change_nothing) {
    struct breaker b = {0};
    for (int i = 1; i < BREAKER_FAILURES; i++) (void)breaker_fail(&b, NOW_MS, 0);
    EXPECT_EQ(breaker_room(&b, 16, NOW_MS), 16);
    EXPECT(!breaker_succeed(&b));
    for (int i = 1; i < BREAKER_FAILURES; i++) (void)breaker_fail(&b, NOW_MS, 0);
    EXPECT_EQ(breaker_room(&b, 16, NOW_MS), 16); /* not in a row */
}

TEST(it_waits_five_to_thirty_seconds_and_then_tries_one) {
    uint64_t random = 7;
    for (int i = 0; i < 1000; i++) {
        struct breaker b = opened(test_random(&random));
        EXPECT_EQ(breaker_room(&b, 16, NOW_MS + BREAKER_WAIT_MS - 1), 0);
        EXPECT_EQ(breaker_room(&b, 16, NOW_MS + BREAKER_WAIT_MS_MAX), 1);
    }
}

TEST(one_answer_closes_it_and_one_more_failure_waits_again) {
    struct breaker b = opened(0);
    EXPECT(!breaker_fail(&b, NOW_MS + BREAKER_WAIT_MS, 0)); /* said once */
    EXPECT_EQ(breaker_room(&b, 16, NOW_MS + BREAKER_WAIT_MS), 0);
    EXPECT(breaker_succeed(&b));
    EXPECT_EQ(breaker_room(&b, 16, NOW_MS), 16);
}

TEST(a_clock_that_steps_back_shuts_nobody_out) {
    struct breaker b = opened(0);
    EXPECT_EQ(breaker_room(&b, 16, NOW_MS - 86400000), 1);
}

int main(void) {
    RUN(four_failures_change_nothing);
    RUN(it_waits_five_to_thirty_seconds_and_then_tries_one);
    RUN(one_answer_closes_it_and_one_more_failure_waits_again);
    RUN(a_clock_that_steps_back_shuts_nobody_out);
    return test_end();
}
