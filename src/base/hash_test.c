// SPDX-License-Identifier: Apache-2.0
/* Proves that keys made by hashing are what stored data expects, depend on the seed, and spread. */
#include "base/hash.h"

#include "base/test.h"

TEST(values_are_those_of_xxh3) {
    /* From the reference implementation; stored cells and journals depend on them. */
    EXPECT(hash_str(STR_NONE, 0) == UINT64_C(0x2D06800538D394C2));
    EXPECT(hash128_str(STR_NONE, 0).low == UINT64_C(0x6001C324468D497F));
    EXPECT(hash128_str(STR_NONE, 0).high == UINT64_C(0x99AA06D3014798D8));
    EXPECT(hash_str(STR("a"), 0) == UINT64_C(0xE6C632B61E964E1F));
    EXPECT(hash_bytes("a", 1, 0) == hash_str(STR("a"), 0));
}

TEST(another_seed_is_another_function) {
    char text[8];
    int same = 0;
    for (int i = 0; i < 1000; i++) {
        struct str s = {text, (size_t)snprintf(text, sizeof text, "k%d", i)};
        same += hash_str(s, 1) == hash_str(s, 2);
        same += hash128_str(s, 1).high == hash128_str(s, 2).high;
    }
    EXPECT_EQ(same, 0);
}

/* 2^16 keys into 2^8 buckets by the low and by the high bits: chi-squared of 255 degrees stays below 350 but once in 10^4. */
static double chi_squared(unsigned shift, bool mixed) {
    static unsigned count[256];
    double sum = 0;
    memset(count, 0, sizeof count);
    for (uint64_t i = 0; i < 65536; i++) {
        uint64_t h = mixed ? hash_mix(i, 7) : hash_bytes(&i, sizeof i, 42);
        count[h >> shift & 255]++;
    }
    for (int i = 0; i < 256; i++) sum += ((double)count[i] - 256) * ((double)count[i] - 256) / 256;
    return sum;
}

TEST(keys_spread) {
    EXPECT(chi_squared(0, false) < 350);
    EXPECT(chi_squared(56, false) < 350);
    EXPECT(chi_squared(0, true) < 350);
    EXPECT(chi_squared(56, true) < 350);
    EXPECT(hash_mix(1, 2) != hash_mix(2, 1));
}

int main(void) {
    RUN(values_are_those_of_xxh3);
    RUN(another_seed_is_another_function);
    RUN(keys_spread);
    return test_end();
}
