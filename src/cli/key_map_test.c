// SPDX-License-Identifier: Apache-2.0
/* Tests the table of numbers by key: what was put is found, among keys that fall together too. */
#include "cli/key_map.h"

#include "base/test.h"

TEST(keeps_what_was_put) {
    struct key_map m = {0};
    struct problem p = {0};
    uint64_t *value, random = 3;
    EXPECT(!key_map_get(&m, 5));
    for (uint64_t i = 0; i < 5000; i++) {
        EXPECT_EQ(key_map_put(&m, i * 4096, &value, &p), ERR_OK); /* keys that fall together */
        EXPECT_EQ(*value, 0);
        *value = i + 1;
    }
    EXPECT_EQ(m.count, 5000);
    for (uint64_t i = 0; i < 5000; i++) EXPECT_EQ(*key_map_get(&m, i * 4096), i + 1);
    for (unsigned i = 0; i < 1000; i++) EXPECT(!key_map_get(&m, test_random(&random) | 1));
    EXPECT_EQ(key_map_put(&m, 4096, &value, &p), ERR_OK);
    EXPECT_EQ(*value, 2);
    EXPECT_EQ(m.count, 5000);
    key_map_release(&m);
    EXPECT(!key_map_get(&m, 4096));
}

int main(void) {
    RUN(keeps_what_was_put);
    return test_end();
}
