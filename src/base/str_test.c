// SPDX-License-Identifier: Apache-2.0
/* Proves searching, cutting and reading of text against plain loops, and UTF-8 against its definition. */
#include "base/str.h"

#include "base/test.h"

/* A text over few letters, so that searches hit. */
static struct str random_text(uint64_t *state, char *memory, size_t size_max, const char *letters) {
    size_t size = test_random(state) % (size_max + 1), count = strlen(letters);
    for (size_t i = 0; i < size; i++) memory[i] = letters[test_random(state) % count];
    return (struct str){memory, size};
}

TEST(find_agrees_with_a_plain_loop) {
    uint64_t state = 1;
    char a[40], b[4];
    for (int i = 0; i < 20000; i++) {
        struct str s = random_text(&state, a, sizeof a, "ab"), needle = random_text(&state, b, sizeof b, "ab");
        size_t from = test_random(&state) % 45, want = s.size;
        for (size_t at = from; at <= s.size && want == s.size; at++)
            if (str_starts(str_slice(s, at, s.size), needle) && at + needle.size <= s.size) want = at;
        EXPECT_EQ(str_find(s, needle, from), want);
    }
}

TEST(cut_pieces_join_again) {
    uint64_t state = 2;
    char a[40], joined[48];
    for (int i = 0; i < 5000; i++) {
        struct str s = random_text(&state, a, sizeof a, "xy,"), rest = s;
        size_t size = 0;
        for (size_t left = s.size + 1; left > 0;) {
            struct str piece = str_cut(rest, ',', &rest);
            EXPECT_EQ(str_find_char(piece, ',', 0), piece.size);
            memcpy(joined + size, piece.at, piece.size);
            size += piece.size;
            left -= piece.size + 1;
            if (left > 0) joined[size++] = ',';
        }
        EXPECT_STR(((struct str){joined, size}), s);
    }
}

TEST(slice_and_trim_stay_inside) {
    struct str s = STR(" \t ab c\r\n");
    EXPECT_STR(str_trim(s), STR("ab c"));
    EXPECT_STR(str_trim(STR(" \n")), STR_NONE);
    EXPECT_STR(str_slice(s, 3, 5), STR("ab"));
    EXPECT_STR(str_slice(s, 7, 99), STR("\r\n"));
    EXPECT_STR(str_slice(s, 5, 2), STR_NONE);
    EXPECT_STR(str_from(NULL), STR_NONE);
    EXPECT(str_equal_ignoring_case(STR("Content-TYPE"), STR("content-type")));
    EXPECT(!str_equal_ignoring_case(STR("a"), STR("ab")));
    EXPECT(!str_equal_ignoring_case(STR("["), STR("{")));
    EXPECT(str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
}

TEST(decimals_are_read_whole_or_not_at_all) {
    uint64_t state = 3, u;
    int64_t v;
    char text[32];
    for (int i = 0; i < 20000; i++) {
        int64_t value = (int64_t)test_random(&state) >> (test_random(&state) % 63);
        EXPECT(str_to_i64((struct str){text, (size_t)snprintf(text, sizeof text, "%lld", (long long)value)}, &v) && v == value);
    }
    EXPECT(str_to_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
    EXPECT(str_to_i64(STR("-9223372036854775808"), &v) && v == INT64_MIN);
    const char *bad[] = {"", "-", "+1", " 1", "1 ", "1x", "0x1", "18446744073709551616", "99999999999999999999", "1.0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) EXPECT(!str_to_u64(str_from(bad[i]), &u));
    EXPECT(!str_to_u64(STR("-1"), &u));
    EXPECT(!str_to_i64(STR("9223372036854775808"), &v) && !str_to_i64(STR("-9223372036854775809"), &v) && !str_to_i64(STR("--1"), &v));
}

/* The bytes of a code point, by the plain formula; also for those that are none. */
static size_t encode(uint32_t c, size_t size, char *out) {
    if (size == 1) return out[0] = (char)c, 1;
    for (size_t i = size; i-- > 1; c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(c | (uint32_t)(0xF00 >> size));
    return size;
}

TEST(utf8_takes_each_code_point_in_its_shortest_form_only) {
    char bytes[4];
    for (uint32_t c = 0; c < 0x120000; c += c < 0x900 ? 1 : 7) {
        for (size_t size = 1; size <= 4; size++) {
            uint32_t first = size == 1 ? 1 : size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
            uint32_t last = size == 1 ? 0x7F : size == 2 ? 0x7FF : size == 3 ? 0xFFFF : 0x1FFFFF;
            if (c > last) continue;
            bool good = c >= first && c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF);
            size_t n = encode(c, size, bytes);
            EXPECT_EQ(str_is_utf8((struct str){bytes, n}), good);
            for (size_t cut = 1; cut < n; cut++) EXPECT(!str_is_utf8((struct str){bytes, cut}));
        }
    }
    EXPECT(!str_is_utf8(STR("a\x80")) && !str_is_utf8(STR("\xFF")) && !str_is_utf8(STR("a\0b")) && str_is_utf8(STR_NONE));
}

TEST(a_byte_that_is_no_utf8_is_found_wherever_it_stands) {
    char bytes[40];
    for (size_t size = 1; size <= sizeof bytes; size++) {
        for (size_t at = 0; at < size; at++) {
            memset(bytes, 1, sizeof bytes); /* the least that is allowed */
            bytes[size - 1] = 0x7F;         /* and the most of one byte */
            EXPECT(str_is_utf8((struct str){bytes, size}));
            for (unsigned bad = 0; bad < 0x100; bad += bad ? 1 : 0x80) {
                bytes[at] = (char)bad;
                EXPECT(!str_is_utf8((struct str){bytes, size}));
            }
        }
    }
}

TEST(control_characters_are_found_wherever_they_stand) {
    char bytes[40];
    for (uint32_t c = 1; c < 0x250; c++) {
        for (size_t at = 0; at < 20; at++) {
            memset(bytes, 'a', sizeof bytes);
            size_t n = encode(c, c < 0x80 ? 1 : 2, bytes + at);
            bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
            EXPECT_EQ(str_has_control((struct str){bytes, at + n + 9}), control);
            EXPECT_EQ(str_has_control((struct str){bytes, at + n}), control);
            EXPECT(!str_has_control((struct str){bytes, at}));
        }
    }
}

TEST(head_never_cuts_a_character) {
    struct str s = STR("a\xC3\xA9\xE6\x9D\xB1\xF0\x9F\x94\xA5z"); /* a, e acute, east, fire, z */
    size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) EXPECT_EQ(str_head(s, i).size, want[i]);
}

int main(void) {
    RUN(find_agrees_with_a_plain_loop);
    RUN(cut_pieces_join_again);
    RUN(slice_and_trim_stay_inside);
    RUN(decimals_are_read_whole_or_not_at_all);
    RUN(utf8_takes_each_code_point_in_its_shortest_form_only);
    RUN(a_byte_that_is_no_utf8_is_found_wherever_it_stands);
    RUN(control_characters_are_found_wherever_they_stand);
    RUN(head_never_cuts_a_character);
    return test_end();
}
