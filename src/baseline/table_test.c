// SPDX-License-Identifier: Apache-2.0
/* The growing table against an array that knows the truth. */
#include "baseline/table.h"

#include "base/test.h"

struct item {
    uint64_t key, count;
};

TEST(finds_what_was_added) {
    struct table t = TABLE_OF(struct item);
    uint64_t truth[1000] = {0}, chance = 7;
    EXPECT(!table_find(&t, 3));
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t key = test_random(&chance) % 1000;
        struct item *item = table_add(&t, key);
        EXPECT(item && item->key == key && item->count == truth[key]);
        item->count = ++truth[key];
    }
    for (uint64_t key = 0; key < 1000; key++) {
        const struct item *item = table_find(&t, key);
        EXPECT_EQ(item ? item->count : 0, truth[key]);
    }
    EXPECT(!table_find(&t, 1000));
    table_release(&t);
    EXPECT(!table_find(&t, 3));
}

int main(void) {
    RUN(finds_what_was_added);
    return test_end();
}
