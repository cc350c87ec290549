// SPDX-License-Identifier: Apache-2.0
/* Proves that a walk along an audit chain goes by its numbers, too; what else breaks a chain is in response_conformance_test.h. */
#include "store/audit_chain.h"

#include "base/test.h"

/* A chain of `count` links, each sealed on the one before, whose numbers are those given. */
static enum err walk_along(const uint32_t *numbers, size_t count, struct problem *p) {
    struct audit_walk walk = {0};
    struct audit_hash last = audit_chain_start();
    enum err err = ERR_OK;
    for (size_t i = 0; !err && i < count; i++) {
        struct audit_row row = {
            .incident = STR("inc_9"), .number = numbers[i], .actor = STR("hikeshi"), .body = STR("{}"), .prev_hash = audit_hash_str(&last)};
        struct audit_hash hash = audit_chain_hash(&row);
        row.hash = audit_hash_str(&hash);
        err = audit_walk_on(&walk, &row, p);
        last = hash;
    }
    return err;
}

TEST(numbers_run_from_1_without_a_gap) {
    struct problem p = {0};
    EXPECT_EQ(walk_along((const uint32_t[]){1, 2, 3}, 3, &p), ERR_OK);
    EXPECT_EQ(walk_along((const uint32_t[]){1, 2, 4}, 3, &p), ERR_CORRUPT);
    EXPECT(strstr(p.what, "inc_9 is broken at row 4") != NULL);
    EXPECT_EQ(walk_along((const uint32_t[]){0, 1}, 2, &p), ERR_CORRUPT);
    EXPECT_EQ(walk_along((const uint32_t[]){1, 1}, 2, &p), ERR_CORRUPT);
}

/* Netstrings: the same bytes cut elsewhere are another row. */
TEST(texts_do_not_run_into_each_other) {
    struct audit_hash zeros = audit_chain_start();
    struct audit_row one = {.actor = STR("ab"), .what = STR("c"), .prev_hash = audit_hash_str(&zeros)}, other = one;
    other.actor = STR("a");
    other.what = STR("bc");
    struct audit_hash of_one = audit_chain_hash(&one), of_other = audit_chain_hash(&other);
    EXPECT(!str_equal(audit_hash_str(&of_one), audit_hash_str(&of_other)));
}

int main(void) {
    RUN(numbers_run_from_1_without_a_gap);
    RUN(texts_do_not_run_into_each_other);
    return test_end();
}
