// SPDX-License-Identifier: Apache-2.0
/* Proves the checksum by the vectors of RFC 3720 appendix B.4, and both ways of computing it against the definition bit by bit. */
#include "base/crc32c.c" /* to reach the table where the processor has the instruction */

#include "base/test.h"

/* The definition: division by the polynomial, one bit at a time. */
static uint32_t by_definition(const unsigned char *at, size_t size) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int k = 0; k < 8; k++) crc = crc & 1 ? (crc >> 1) ^ 0x82F63B78U : crc >> 1;
    }
    return ~crc;
}

TEST(vectors_of_the_rfc) {
    unsigned char bytes[32] = {0};
    EXPECT_EQ(crc32c(0, bytes, 32), 0x8A9136AAU);
    memset(bytes, 0xFF, 32);
    EXPECT_EQ(crc32c(0, bytes, 32), 0x62A8AB43U);
    for (unsigned i = 0; i < 32; i++) bytes[i] = (unsigned char)i;
    EXPECT_EQ(crc32c(0, bytes, 32), 0x46DD794EU);
    for (unsigned i = 0; i < 32; i++) bytes[i] = (unsigned char)(31 - i);
    EXPECT_EQ(crc32c(0, bytes, 32), 0x113FDB5CU);
    EXPECT_EQ(crc32c(0, "123456789", 9), 0xE3069283U);
    EXPECT_EQ(crc32c(0, "", 0), 0);
}

TEST(every_size_start_and_cut_agrees_with_the_definition) {
    unsigned char bytes[600];
    uint64_t state = 1;
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)test_random(&state);
    for (size_t size = 0; size < 500; size++) {
        size_t from = test_random(&state) % 90, cut = size ? test_random(&state) % size : 0;
        uint32_t whole = crc32c(0, bytes + from, size);
        EXPECT_EQ(whole, by_definition(bytes + from, size));
        EXPECT_EQ(~by_table(UINT32_MAX, bytes + from, size), whole);
        EXPECT_EQ(crc32c(crc32c(0, bytes + from, cut), bytes + from + cut, size - cut), whole);
    }
}

int main(void) {
    RUN(vectors_of_the_rfc);
    RUN(every_size_start_and_cut_agrees_with_the_definition);
    return test_end();
}
