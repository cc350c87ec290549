// SPDX-License-Identifier: Apache-2.0
/* Proves the number of edits between words, and that a hint is given only where one is near. */
#include "base/nearest.h"

#include <limits.h>

#include "base/test.h"

TEST(edits_are_counted) {
    EXPECT_EQ(edit_distance(STR(""), STR("abc")), 3);
    EXPECT_EQ(edit_distance(STR("score"), STR("score")), 0);
    EXPECT_EQ(edit_distance(STR("scoer"), STR("score")), 1); /* two neighbours swapped */
    EXPECT_EQ(edit_distance(STR("kitten"), STR("sitting")), 3);
    EXPECT_EQ(edit_distance(STR("new_device"), STR("new_divice")), 1);
    static const char long_word[64] = "x";
    EXPECT_EQ(edit_distance((struct str){long_word, 49}, STR("x")), UINT_MAX);
}

/* Symmetric, zero only for equals, at least the difference in length, and one more edit is at most one further away. */
TEST(edits_are_a_distance) {
    uint64_t state = 4;
    for (int i = 0; i < 5000; i++) {
        char a[12], b[12];
        size_t m = test_random(&state) % 12, n = test_random(&state) % 12;
        for (size_t k = 0; k < 12; k++) a[k] = (char)('a' + test_random(&state) % 3), b[k] = (char)('a' + test_random(&state) % 3);
        struct str s = {a, m}, t = {b, n};
        unsigned d = edit_distance(s, t);
        EXPECT_EQ(d, edit_distance(t, s));
        EXPECT_EQ(d == 0, str_equal(s, t));
        EXPECT(d >= (m > n ? m - n : n - m) && d <= (m > n ? m : n));
        if (n == 0) continue;
        b[test_random(&state) % n] = 'z';
        unsigned after = edit_distance(s, t);
        EXPECT(after <= d + 1 && after + 1 >= d);
    }
}

TEST(only_what_is_near_is_meant) {
    struct nearest n;
    nearest_init(&n, STR("new_divice"));
    nearest_offer(&n, STR("new_country"));
    nearest_offer(&n, STR("new_device"));
    nearest_offer(&n, STR("new_devices"));
    EXPECT_STR(str_from(nearest_hint(&n, "no")), STR("did you mean 'new_device'?"));
    nearest_init(&n, STR("abc"));
    nearest_offer(&n, STR("xyz"));
    EXPECT_STR(str_from(nearest_hint(&n, "no")), STR("no"));
    nearest_init(&n, STR("abc"));
    EXPECT_STR(str_from(nearest_hint(&n, "no")), STR("no"));
}

int main(void) {
    RUN(edits_are_counted);
    RUN(edits_are_a_distance);
    RUN(only_what_is_near_is_meant);
    return test_end();
}
