// SPDX-License-Identifier: Apache-2.0
/* Proves the integer logarithms against the C library's, within their stated error. */
#include "base/logmath.h"

#include <math.h>

#include "base/test.h"

TEST(ln_is_within_two_millinats) {
    uint64_t state = 1;
    for (int i = 0; i < 100000; i++) {
        uint64_t value = test_random(&state) >> (test_random(&state) % 63);
        if (value == 0) continue;
        double off = ln_milli(value) - 1000 * log((double)value);
        EXPECT(off < 2 && off > -2);
    }
    EXPECT_EQ(ln_milli(0), 0);
    EXPECT_EQ(ln_milli(1), 0);
}

TEST(ln_never_falls) {
    int32_t last = 0;
    for (uint64_t v = 1; v < 300000; v++) {
        int32_t now = ln_milli(v);
        EXPECT(now >= last);
        last = now;
    }
}

TEST(exp_undoes_ln) {
    for (int32_t x = -5; x < 20000; x++) {
        double want = x <= 0 ? 1e6 : 1e6 * exp(-x / 1000.0);
        double off = exp_neg_ppm(x) - want;
        EXPECT(off < 1.5 && off > -1.5);
    }
}

int main(void) {
    RUN(ln_is_within_two_millinats);
    RUN(ln_never_falls);
    RUN(exp_undoes_ln);
    return test_end();
}
