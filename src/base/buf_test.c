// SPDX-License-Identifier: Apache-2.0
/* Proves that text under construction fails whole at its bound, and that numbers and JSON strings are written exactly. */
#include "base/buf.h"

#include <inttypes.h>

#include "base/test.h"

TEST(what_does_not_fit_is_not_begun) {
    char memory[8];
    struct buf b = buf_over(memory, 4);
    memory[4] = '#';
    buf_text(&b, STR("abc"));
    buf_text(&b, STR("de"));
    EXPECT(b.overflow);
    EXPECT_STR(buf_str(&b), STR("abc"));
    buf_char(&b, 'd'); /* would fit, but what comes after a gap is not appended */
    EXPECT_STR(buf_str(&b), STR("abc"));
    EXPECT_EQ(memory[4], '#');
    buf_reset(&b);
    buf_text(&b, STR("wxyz"));
    EXPECT(!b.overflow);
    EXPECT_STR(buf_str(&b), STR("wxyz"));
    buf_fmt(&b, "%d", 1);
    EXPECT(b.overflow);
}

TEST(numbers_are_written_as_printf_writes_them) {
    uint64_t state = 1;
    char memory[64], want[64];
    for (int i = 0; i < 20000; i++) {
        uint64_t value = test_random(&state) >> (test_random(&state) % 64);
        struct buf b = buf_over(memory, sizeof memory);
        buf_u64(&b, value);
        buf_char(&b, ' ');
        buf_i64(&b, (int64_t)(0 - value));
        buf_fmt(&b, " %" PRIx64, value);
        (void)snprintf(want, sizeof want, "%" PRIu64 " %" PRId64 " %" PRIx64, value, (int64_t)(0 - value), value);
        EXPECT_STR(buf_str(&b), str_from(want));
    }
    struct buf b = buf_over(memory, sizeof memory);
    buf_i64(&b, INT64_MIN);
    EXPECT_STR(buf_str(&b), STR("-9223372036854775808"));
}

static bool scaled_is(int64_t value, unsigned digits, const char *want) {
    char memory[64];
    struct buf b = buf_over(memory, sizeof memory);
    buf_scaled(&b, value, digits);
    return !b.overflow && str_equal(buf_str(&b), str_from(want));
}

TEST(fractions_are_exact_and_short) {
    EXPECT(scaled_is(1400, 6, "0.0014"));
    EXPECT(scaled_is(-1400, 6, "-0.0014"));
    EXPECT(scaled_is(0, 6, "0"));
    EXPECT(scaled_is(5000000, 6, "5"));
    EXPECT(scaled_is(-35680001, 6, "-35.680001"));
    EXPECT(scaled_is(7, 0, "7"));
    EXPECT(scaled_is(INT64_MIN, 3, "-9223372036854775.808"));
}

TEST(json_strings_are_escaped_and_nothing_else) {
    char memory[128];
    struct buf b = buf_over(memory, sizeof memory);
    buf_json(&b, STR("a\"b\\c\n\r\t\b\f\x01\x1f/\x7f 火消し"));
    EXPECT_STR(buf_str(&b), STR("\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u001f/\x7f 火消し\""));
    buf_reset(&b);
    buf_json(&b, STR_NONE);
    EXPECT_STR(buf_str(&b), STR("\"\""));
}

TEST(a_json_string_at_every_capacity) {
    struct str text = STR("ab\"\x02 c");
    char memory[32];
    for (size_t capacity = 0; capacity < sizeof memory; capacity++) {
        struct buf b = buf_over(memory, capacity);
        buf_json(&b, text);
        EXPECT_EQ(b.overflow, capacity < sizeof "\"ab\\\"\\u0002 c\"" - 1);
    }
}

int main(void) {
    RUN(what_does_not_fit_is_not_begun);
    RUN(numbers_are_written_as_printf_writes_them);
    RUN(fractions_are_exact_and_short);
    RUN(json_strings_are_escaped_and_nothing_else);
    RUN(a_json_string_at_every_capacity);
    return test_end();
}
