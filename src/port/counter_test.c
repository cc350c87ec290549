// SPDX-License-Identifier: Apache-2.0
/* Proves that deltas commute, that windows slide as documented, and how far distinct counts may be off. */
#include "port/counter.h"

#include <math.h>
#include <stddef.h>

#include "base/hash.h"
#include "base/moment.h"
#include "base/test.h"

#define START_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

/* Where the op ring lies, the only part that may depend on order. */
#define OPS_AT          8
#define OPS_SIZE_NARROW 12
#define OPS_SIZE_WIDE   48

static const int64_t window_ms[WINDOW_COUNT] = {MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, DAY_MS, 7 * DAY_MS, 90 * DAY_MS};

static struct bump one(uint64_t op, int64_t at_ms, uint64_t account) {
    return (struct bump){.op_id = op, .at_ms = at_ms, .add = {1, 0, 0, 0}, .account = account};
}

static void random_bumps(struct bump *bumps, size_t count, uint64_t *state, uint64_t accounts) {
    for (size_t i = 0; i < count; i++) {
        uint64_t reach = UINT64_C(1) << test_random(state) % 36; /* from the same millisecond to two years */
        bumps[i] = (struct bump){.op_id = i + 1,
                                 .at_ms = START_MS + (int64_t)(test_random(state) % reach),
                                 .account = hash_mix(test_random(state) % accounts, 1),
                                 .device = hash_mix(test_random(state) % accounts, 2)};
        for (unsigned t = 0; t < TALLY_COUNT; t++) bumps[i].add[t] = (uint8_t)(test_random(state) % 3);
        if (test_random(state) % 16 == 0) bumps[i].add[0] = 255;
    }
}

static void shuffle(struct bump *bumps, size_t count, uint64_t *state) {
    for (size_t i = count; i > 1; i--) {
        size_t k = test_random(state) % i;
        struct bump swap = bumps[i - 1];
        bumps[i - 1] = bumps[k];
        bumps[k] = swap;
    }
}

TEST(any_order_gives_the_same_bytes) {
    static struct bump bumps[400];
    uint64_t state = 20261125;
    for (int round = 0; round < 200; round++) {
        size_t count = 1 + test_random(&state) % 400;
        random_bumps(bumps, count, &state, 1 + test_random(&state) % 60);
        uint8_t narrow[2][COUNTER_NARROW_SIZE] = {{0}}, wide[2][COUNTER_WIDE_SIZE] = {{0}};
        for (int order = 0; order < 2; order++) {
            for (size_t i = 0; i < count; i++) {
                EXPECT(counter_bump_narrow(narrow[order], &bumps[i]));
                EXPECT(counter_bump_wide(wide[order], &bumps[i]));
            }
            shuffle(bumps, count, &state);
            memset(narrow[order] + OPS_AT, 0, OPS_SIZE_NARROW);
            memset(wide[order] + OPS_AT, 0, OPS_SIZE_WIDE);
        }
        EXPECT(memcmp(narrow[0], narrow[1], sizeof narrow[0]) == 0);
        EXPECT(memcmp(wide[0], wide[1], sizeof wide[0]) == 0);
    }
}

TEST(retried_operation_does_not_count) {
    uint8_t narrow[COUNTER_NARROW_SIZE] = {0}, wide[COUNTER_WIDE_SIZE] = {0};
    for (uint64_t op = 1; op <= 20; op++) {
        struct bump b = one(op << 32, START_MS, op); /* low half zero: still an operation */
        b.op_id += op == 7 ? 0 : op;
        EXPECT(counter_bump_narrow(narrow, &b));
        EXPECT(counter_bump_wide(wide, &b));
        uint8_t before[COUNTER_WIDE_SIZE];
        memcpy(before, wide, sizeof wide);
        EXPECT(!counter_bump_narrow(narrow, &b));
        EXPECT(!counter_bump_wide(wide, &b));
        EXPECT(memcmp(before, wide, sizeof wide) == 0);
    }
    EXPECT_EQ(counter_tally((struct counter_view){narrow, false}, TALLY_ATTEMPT, WINDOW_1M, START_MS), 20);
    struct bump old = one((UINT64_C(18) << 32) + 18, START_MS, 1); /* third to last: within both rings */
    EXPECT(!counter_bump_narrow(narrow, &old));
    EXPECT(!counter_bump_wide(wide, &old));
}

/* What port/counter.h promises, from the list of deltas and in plain arithmetic. */
static double expected(const struct bump *bumps, size_t count, enum tally tally, int64_t window, int64_t newest_ms, int64_t now_ms) {
    int64_t now_s = now_ms / 1000, window_s = window / 1000, newest = newest_ms / 1000 / window_s, index = now_s / window_s;
    double running = 0, before = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t at = bumps[i].at_ms / 1000 / window_s;
        if (at < newest - 1) continue;
        if (at == index) running += bumps[i].add[tally];
        if (at == index - 1) before += bumps[i].add[tally];
    }
    return running + before * (double)(window_s - (now_s - index * window_s)) / (double)window_s;
}

TEST(windows_slide_as_promised) {
    static struct bump bumps[300];
    uint64_t state = 7;
    for (int round = 0; round < 300; round++) {
        size_t count = 1 + test_random(&state) % 300;
        random_bumps(bumps, count, &state, 10);
        uint8_t narrow[COUNTER_NARROW_SIZE] = {0}, wide[COUNTER_WIDE_SIZE] = {0};
        int64_t newest_ms = 0, oldest_ms = INT64_MAX;
        for (size_t i = 0; i < count; i++) {
            (void)counter_bump_narrow(narrow, &bumps[i]);
            (void)counter_bump_wide(wide, &bumps[i]);
            if (bumps[i].at_ms > newest_ms) newest_ms = bumps[i].at_ms;
            if (bumps[i].at_ms < oldest_ms) oldest_ms = bumps[i].at_ms;
        }
        int64_t now_ms = newest_ms + (int64_t)(test_random(&state) % (UINT64_C(1) << test_random(&state) % 36));
        struct counter_view of_narrow = {narrow, false}, of_wide = {wide, true};
        EXPECT_EQ(counter_last_ms(of_narrow), newest_ms / 1000 * 1000);
        EXPECT_EQ(counter_first_ms(of_wide), oldest_ms / 1000 * 1000);
        for (enum window w = 0; w < WINDOW_COUNT; w++) {
            for (enum tally t = 0; t < TALLY_COUNT; t++) {
                double want = expected(bumps, count, t, window_ms[w], newest_ms, now_ms);
                EXPECT(fabs(counter_tally(of_wide, t, w, now_ms) - want) <= 0.51 + want / 65536);
                if (t == TALLY_TRAINED && w != WINDOW_90D) want = 0;
                EXPECT(fabs(counter_tally(of_narrow, t, w, now_ms) - want) <= 0.51 + want / 65536);
            }
        }
    }
}

TEST(additions_saturate) {
    uint8_t narrow[COUNTER_NARROW_SIZE] = {0}, wide[COUNTER_WIDE_SIZE] = {0};
    for (uint64_t op = 1; op <= 300; op++) {
        struct bump b = {.op_id = op, .at_ms = START_MS, .add = {255, 255, 255, 255}};
        (void)counter_bump_narrow(narrow, &b);
        (void)counter_bump_wide(wide, &b);
    }
    for (enum tally t = 0; t < TALLY_COUNT; t++) {
        EXPECT_EQ(counter_tally((struct counter_view){narrow, false}, t, WINDOW_90D, START_MS), 65535);
        EXPECT_EQ(counter_tally((struct counter_view){wide, true}, t, WINDOW_90D, START_MS), 300 * 255);
    }
}

TEST(zero_and_absent_cells_read_zero) {
    static const uint8_t zero[COUNTER_WIDE_SIZE];
    const struct counter_view views[] = {{NULL, false}, {NULL, true}, {zero, false}, {zero, true}};
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        EXPECT_EQ(counter_tally(views[i], TALLY_ATTEMPT, WINDOW_90D, START_MS), 0);
        EXPECT_EQ(counter_accounts(views[i], START_MS), 0);
        EXPECT_EQ(counter_devices(views[i], START_MS), 0);
        EXPECT_EQ(counter_first_ms(views[i]), 0);
        EXPECT_EQ(counter_last_ms(views[i]), 0);
    }
}

TEST(few_distinct_are_counted_exactly) {
    uint64_t exact = 0, rounds = 2000;
    for (uint64_t round = 0; round < rounds; round++) {
        uint8_t narrow[COUNTER_NARROW_SIZE] = {0}, wide[COUNTER_WIDE_SIZE] = {0};
        for (uint64_t op = 1; op <= 48; op++) {
            struct bump b = one(op, START_MS + (int64_t)op, hash_mix(round, op % 7));
            b.device = hash_mix(round, op % 16);
            (void)counter_bump_narrow(narrow, &b);
            (void)counter_bump_wide(wide, &b);
        }
        struct counter_view of_narrow = {narrow, false}, of_wide = {wide, true};
        exact += counter_accounts(of_narrow, START_MS) == 7 && counter_devices(of_wide, START_MS) == 16;
        EXPECT_EQ(counter_devices(of_narrow, START_MS), 0);
    }
    EXPECT(exact * 100 >= rounds * 97); /* 0.4 % + 1 % of code collisions are documented */
}

TEST(distinct_error_is_as_documented) {
    static const unsigned sizes[] = {8, 12, 20, 40, 80, 200, 1000, 20000, 300000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        double square[2] = {0}, sum[2] = {0};
        int rounds = sizes[s] > 1000 ? 12 : 300;
        for (int round = 0; round < rounds; round++) {
            uint8_t narrow[COUNTER_NARROW_SIZE] = {0}, wide[COUNTER_WIDE_SIZE] = {0};
            for (unsigned i = 0; i < sizes[s]; i++) {
                struct bump b = one(i + 1, START_MS, hash_mix((uint64_t)round + 77, i));
                (void)counter_bump_narrow(narrow, &b);
                (void)counter_bump_wide(wide, &b);
            }
            double got[2] = {counter_accounts((struct counter_view){narrow, false}, START_MS),
                             counter_accounts((struct counter_view){wide, true}, START_MS)};
            for (int k = 0; k < 2; k++) {
                double error = got[k] / sizes[s] - 1;
                square[k] += error * error, sum[k] += fabs(error);
            }
        }
        for (int k = 0; k < 2; k++) {
            double standard = 1.04 / sqrt(k ? 64 : 30), slack = rounds < 100 ? 1.8 : 1.25;
            EXPECT(sqrt(square[k] / rounds) <= standard * slack);
            if (k == 1) EXPECT(sum[k] / rounds <= 0.15);
        }
    }
}

TEST(generations_unite_and_expire) {
    uint8_t wide[COUNTER_WIDE_SIZE] = {0};
    for (uint64_t op = 1; op <= 10; op++) {
        struct bump b = one(op, START_MS + (op > 5 ? DAY_MS : 0), hash_mix(0, op > 8 ? op - 5 : op)); /* 9, 10 are 4, 5 again */
        (void)counter_bump_wide(wide, &b);
    }
    struct counter_view v = {wide, true};
    EXPECT_EQ(counter_accounts(v, START_MS + DAY_MS), 8);
    EXPECT_EQ(counter_accounts(v, START_MS + 2 * DAY_MS), 5);
    EXPECT_EQ(counter_accounts(v, START_MS + 3 * DAY_MS), 0);
    EXPECT_EQ(counter_accounts(v, START_MS), 8); /* a look back is a look at the newest */
}

int main(void) {
    RUN(any_order_gives_the_same_bytes);
    RUN(retried_operation_does_not_count);
    RUN(windows_slide_as_promised);
    RUN(additions_saturate);
    RUN(zero_and_absent_cells_read_zero);
    RUN(few_distinct_are_counted_exactly);
    RUN(distinct_error_is_as_documented);
    RUN(generations_unite_and_expire);
    return test_end();
}
