// SPDX-License-Identifier: Apache-2.0
/* Proves that addresses are read, written and masked as the RFCs say, and that nothing else is taken for one. */
#include "base/address.h"

#include "base/test.h"

static struct address from(const char *text) {
    struct address a = {0};
    EXPECT(address_parse(str_from(text), &a));
    return a;
}

static bool writes_as(const struct address *a, const char *want) {
    char memory[64];
    struct buf b = buf_over(memory, sizeof memory);
    address_format(&b, a);
    return str_equal(buf_str(&b), str_from(want));
}

static bool canonical(const char *text, const char *want) {
    struct address a = from(text);
    return writes_as(&a, want);
}

TEST(reading_undoes_writing) {
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        struct address a = {.family = i % 2 ? ADDRESS_V4 : ADDRESS_V6}, again;
        for (unsigned k = 0; k < address_size(&a); k++) a.bytes[k] = test_random(&state) % 3 ? (uint8_t)test_random(&state) : 0;
        char memory[64];
        struct buf b = buf_over(memory, sizeof memory);
        address_format(&b, &a);
        if (a.family == ADDRESS_V6 && a.bytes[0] == 0 && a.bytes[1] == 0) continue; /* may be a mapped IPv4 address: see below */
        EXPECT(address_parse(buf_str(&b), &again));
        EXPECT(address_equal(&a, &again));
    }
}

TEST(text_is_canonical) {
    EXPECT(canonical("203.0.113.7", "203.0.113.7"));
    EXPECT(canonical("2001:DB8:0:0:0:0:0:1", "2001:db8::1"));
    EXPECT(canonical("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1")); /* RFC 5952: the first of two equal runs */
    EXPECT(canonical("::ffff:203.0.113.7", "203.0.113.7"));
    EXPECT(canonical("::FFFF:cb00:7107", "203.0.113.7"));
    EXPECT(canonical("::", "::"));
    struct address none = {0};
    EXPECT(writes_as(&none, ""));
    EXPECT_EQ(address_size(&none), 0);
}

TEST(a_mapped_address_is_the_same_address) {
    struct address mapped = from("::ffff:203.0.113.7"), plain = from("203.0.113.7"), other = from("203.0.113.8");
    EXPECT(address_equal(&mapped, &plain));
    EXPECT(!address_equal(&plain, &other));
}

TEST(what_is_no_address_is_refused_and_leaves_nothing) {
    const char *const bad[] = {"",           " 1.2.3.4",   "1.2.3.4 ",   "1.2.3",     "1.2.3.256",        "01.2.3.4", "1.2.3.4:80",
                               "[::1]",      "fe80::1%lo", ":::",        "1::2::3",   "12345::",          "::g",      "localhost",
                               "0x7f.0.0.1", "127.1",      "2130706433", "1.2.3.4/8", "1:2:3:4:5:6:7:8:9"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct address a = {.family = ADDRESS_V4, .bytes = {9, 9, 9, 9}}, before = a;
        EXPECT(!address_parse(str_from(bad[i]), &a));
        EXPECT(address_equal(&a, &before));
    }
    struct address a;
    EXPECT(!address_parse((struct str){"1.2.3.4\0x", 9}, &a));
}

TEST(a_prefix_keeps_the_leading_bits_only) {
    struct address v4 = from("203.0.113.255"), v6 = from("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), p;
    p = address_prefix(&v4, 24);
    EXPECT(writes_as(&p, "203.0.113.0"));
    p = address_prefix(&v4, 25);
    EXPECT(writes_as(&p, "203.0.113.128"));
    p = address_prefix(&v4, 0);
    EXPECT(writes_as(&p, "0.0.0.0"));
    p = address_prefix(&v4, 32);
    EXPECT(address_equal(&p, &v4));
    p = address_prefix(&v6, 48);
    EXPECT(writes_as(&p, "2001:db8:ffff::"));
    p = address_prefix(&v6, 33);
    EXPECT(writes_as(&p, "2001:db8:8000::"));
    p = address_prefix(&v6, 128);
    EXPECT(address_equal(&p, &v6));
}

int main(void) {
    RUN(reading_undoes_writing);
    RUN(text_is_canonical);
    RUN(a_mapped_address_is_the_same_address);
    RUN(what_is_no_address_is_refused_and_leaves_nothing);
    RUN(a_prefix_keeps_the_leading_bits_only);
    return test_end();
}
