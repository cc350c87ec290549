// SPDX-License-Identifier: Apache-2.0
/* Proves that what is said of an origin commutes, is kept in bounds, and is forgotten in time. */
#include "port/origin.h"

#include "base/hash.h"
#include "base/moment.h"
#include "base/test.h"

#define START_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

static struct bump entry(uint64_t account, int64_t at_ms, uint64_t position, uint16_t score) {
    return (struct bump){.says = ORIGIN_ENTRY, .account = hash_mix(account, 1), .at_ms = at_ms, .position = position, .score = score};
}

static struct bump word(enum origin_word says, uint64_t account, int64_t at_ms) {
    return (struct bump){.says = (uint8_t)says, .account = hash_mix(account, 1), .at_ms = at_ms};
}

TEST(any_order_and_any_retry_give_the_same_bytes) {
    uint64_t state = 20261129;
    for (int round = 0; round < 2000; round++) {
        enum { COUNT = 40 };
        struct bump bumps[COUNT];
        uint64_t accounts = 1 + test_random(&state) % 30, span_ms = (uint64_t)DAY_MS << test_random(&state) % 8;
        for (unsigned i = 0; i < COUNT; i++) {
            bumps[i] = entry(test_random(&state) % accounts, START_MS + (int64_t)(test_random(&state) % span_ms) / 60000 * 60000,
                             1 + test_random(&state) % 50, (uint16_t)(test_random(&state) % 1001));
            bumps[i].says = (uint8_t)(test_random(&state) % 6);
            bumps[i].score = (uint16_t)(bumps[i].position * 7 % 1001); /* an entry has one score */
        }
        uint64_t cells[2][ORIGIN_SIZE / 8] = {{0}};
        for (unsigned i = 0; i < COUNT; i++) origin_merge(cells[0], &bumps[i]);
        for (unsigned i = COUNT; i > 1; i--) {
            unsigned k = (unsigned)(test_random(&state) % i);
            struct bump swap = bumps[i - 1];
            bumps[i - 1] = bumps[k], bumps[k] = swap;
        }
        for (unsigned i = 0; i < COUNT; i++) {
            origin_merge(cells[1], &bumps[i]);
            origin_merge(cells[1], &bumps[test_random(&state) % (i + 1)]);
        }
        EXPECT(memcmp(cells[0], cells[1], sizeof cells[0]) == 0);
    }
}

TEST(the_latest_entry_of_the_latest_accounts_is_kept) {
    uint64_t cell[ORIGIN_SIZE / 8] = {0};
    EXPECT(!origin_exists(cell));
    for (uint64_t n = 1; n <= 12; n++) {
        struct bump b = entry(n, START_MS + (int64_t)n * HOUR_MS, n, (uint16_t)(500 + n));
        origin_merge(cell, &b);
    }
    struct bump again = entry(9, START_MS + DAY_MS, 40, 800), late = entry(10, START_MS, 41, 900);
    origin_merge(cell, &again);
    origin_merge(cell, &late); /* told late, happened earlier than what is known of the account */
    struct origin_entry found[ORIGIN_ENTRIES];
    EXPECT(origin_exists(cell));
    EXPECT_EQ(origin_entries(cell, START_MS + DAY_MS, found), ORIGIN_ENTRIES);
    EXPECT_EQ(found[0].position, 40);
    EXPECT_EQ(found[0].score, 800);
    EXPECT_EQ(found[0].account, origin_account(hash_mix(9, 1)));
    EXPECT_EQ(found[1].position, 12);
    EXPECT_EQ(found[3].position, 10);
    EXPECT_EQ(found[7].position, 5);
    EXPECT_EQ(origin_entries(cell, START_MS + ORIGIN_MS_MAX + 11 * HOUR_MS, found), 3);
    EXPECT_EQ(origin_entries(cell, START_MS + ORIGIN_MS_MAX + 2 * DAY_MS, found), 0);
}

TEST(calm_accounts_are_counted_once_and_fade) {
    uint64_t cell[ORIGIN_SIZE / 8] = {0};
    for (uint64_t n = 0; n < 50; n++) {
        struct bump b = word(ORIGIN_CALM, n % 5, START_MS + (int64_t)n * HOUR_MS);
        origin_merge(cell, &b);
    }
    EXPECT_EQ(origin_calm_accounts(cell, START_MS + DAY_MS), 5);
    EXPECT_EQ(origin_calm_accounts(cell, START_MS + 70 * DAY_MS), 0);
    for (uint64_t n = 0; n < 400; n++) {
        struct bump b = word(ORIGIN_CALM, n, START_MS + 3 * DAY_MS);
        origin_merge(cell, &b);
    }
    uint32_t count = origin_calm_accounts(cell, START_MS + 3 * DAY_MS);
    EXPECT(count > 150 && count < 1000);
}

TEST(another_accounts_confirmation_counts) {
    uint64_t cell[ORIGIN_SIZE / 8] = {0};
    uint32_t one = origin_account(hash_mix(1, 1));
    struct bump b = word(ORIGIN_CONFIRMED, 1, START_MS), c = word(ORIGIN_CONFIRMED, 2, START_MS + HOUR_MS);
    origin_merge(cell, &b);
    EXPECT_EQ(origin_confirmed(cell, one, START_MS), 0);
    EXPECT_EQ(origin_confirmed(cell, 7, START_MS), 1);
    origin_merge(cell, &c);
    EXPECT_EQ(origin_confirmed(cell, one, START_MS + DAY_MS), 1);
    EXPECT_EQ(origin_confirmed(cell, 7, START_MS + DAY_MS), 2);
    EXPECT_EQ(origin_confirmed(cell, 7, START_MS + ORIGIN_MS_MAX + DAY_MS), 0);
}

/* Word of it may come before the entry itself, and is not undone by it. */
TEST(a_review_is_remembered_with_its_entry) {
    for (int order = 0; order < 2; order++) {
        uint64_t cell[ORIGIN_SIZE / 8] = {0};
        struct bump b = entry(1, START_MS, 7, 600), reviewed = b, later = entry(1, START_MS + HOUR_MS, 9, 620);
        reviewed.says = ORIGIN_REVIEWED;
        origin_merge(cell, order ? &reviewed : &b);
        origin_merge(cell, order ? &b : &reviewed);
        struct origin_entry found[ORIGIN_ENTRIES];
        EXPECT_EQ(origin_entries(cell, START_MS, found), 1);
        EXPECT(found[0].reviewed && !found[0].recalled && found[0].position == 7 && found[0].score == 600);
        reviewed.says = ORIGIN_RECALLED;
        origin_merge(cell, &reviewed);
        EXPECT_EQ(origin_entries(cell, START_MS, found), 1);
        EXPECT(found[0].reviewed && found[0].recalled);
        origin_merge(cell, &later); /* another entry of the account is another entry */
        origin_merge(cell, &reviewed);
        EXPECT_EQ(origin_entries(cell, START_MS, found), 1);
        EXPECT(!found[0].reviewed && !found[0].recalled && found[0].position == 9);
    }
}

int main(void) {
    RUN(any_order_and_any_retry_give_the_same_bytes);
    RUN(the_latest_entry_of_the_latest_accounts_is_kept);
    RUN(calm_accounts_are_counted_once_and_fade);
    RUN(another_accounts_confirmation_counts);
    RUN(a_review_is_remembered_with_its_entry);
    return test_end();
}
