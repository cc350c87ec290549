// SPDX-License-Identifier: Apache-2.0
/* Compares, searches, cuts and reads borrowed text. */
#include "base/str.h"

#include <string.h>

struct str str_from(const char *text) {
    return text ? (struct str){text, strlen(text)} : STR_NONE;
}

bool str_equal(struct str a, struct str b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_equal_ignoring_case(struct str a, struct str b) {
    if (a.size != b.size) return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.at[i]) != lower(b.at[i])) return false;
    return true;
}

bool str_starts(struct str s, struct str prefix) {
    return s.size >= prefix.size && str_equal((struct str){s.at, prefix.size}, prefix);
}

bool str_ends(struct str s, struct str suffix) {
    return s.size >= suffix.size && str_equal((struct str){s.at + (s.size - suffix.size), suffix.size}, suffix);
}

size_t str_find(struct str s, struct str needle, size_t from) {
    if (from > s.size || needle.size > s.size - from) return s.size;
    if (needle.size == 0) return from;
    const char *hit = memmem(s.at + from, s.size - from, needle.at, needle.size);
    return hit ? (size_t)(hit - s.at) : s.size;
}

size_t str_find_char(struct str s, char c, size_t from) {
    if (from >= s.size) return s.size;
    const char *hit = memchr(s.at + from, c, s.size - from);
    return hit ? (size_t)(hit - s.at) : s.size;
}

struct str str_slice(struct str s, size_t from, size_t to) {
    if (to > s.size) to = s.size;
    if (from >= to) return STR_NONE;
    return (struct str){s.at + from, to - from};
}

struct str str_clip(struct str s, size_t size_max) {
    if (s.size <= size_max) return s;
    while (size_max > 0 && ((unsigned char)s.at[size_max] & 0xC0U) == 0x80U) size_max--;
    return str_slice(s, 0, size_max);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s) {
    size_t from = 0, to = s.size;
    while (from < to && is_blank(s.at[from])) from++;
    while (to > from && is_blank(s.at[to - 1])) to--;
    return str_slice(s, from, to);
}

struct str str_cut(struct str s, char separator, struct str *rest) {
    size_t at = str_find_char(s, separator, 0);
    *rest = str_slice(s, at + 1, s.size);
    return str_slice(s, 0, at);
}

bool str_to_u64(struct str s, uint64_t *out) {
    if (s.size == 0) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < s.size; i++) {
        unsigned digit = (unsigned char)s.at[i] - (unsigned)'0';
        if (digit > 9) return false;
        if (value > (UINT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool str_to_i64(struct str s, int64_t *out) {
    bool negative = s.size > 0 && s.at[0] == '-';
    uint64_t magnitude;
    if (!str_to_u64(negative ? str_slice(s, 1, s.size) : s, &magnitude)) return false;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0)) return false;
    *out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

/* Bytes of the character that starts with `lead` and whose second byte is `second`; 0 where no such character exists. */
static size_t utf8_size(unsigned char lead, unsigned char second) {
    if (lead < 0x80) return lead ? 1 : 0;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead == 0xE0) return second >= 0xA0 ? 3 : 0;
    if (lead == 0xED) return second <= 0x9F ? 3 : 0;
    if (lead >= 0xE1 && lead <= 0xEF) return 3;
    if (lead == 0xF0) return second >= 0x90 ? 4 : 0;
    if (lead == 0xF4) return second <= 0x8F ? 4 : 0;
    if (lead >= 0xF1 && lead <= 0xF3) return 4;
    return 0;
}

/* Eight bytes of ASCII, none of them NUL: a zero byte borrows from its high bit. */
static bool is_plain(const char *eight) {
    uint64_t w;
    memcpy(&w, eight, sizeof w);
    return (((w - UINT64_C(0x0101010101010101)) | w) & UINT64_C(0x8080808080808080)) == 0;
}

bool str_is_utf8(struct str s) {
    size_t i = 0;
    while (i < s.size) {
        if (s.size - i >= 8 && is_plain(s.at + i)) {
            i += 8;
            continue;
        }
        unsigned char lead = (unsigned char)s.at[i];
        unsigned char second = i + 1 < s.size ? (unsigned char)s.at[i + 1] : 0;
        size_t size = utf8_size(lead, second);
        if (size == 0 || size > s.size - i) return false;
        for (size_t k = 1; k < size; k++)
            if (((unsigned char)s.at[i + k] & 0xC0U) != 0x80U) return false;
        i += size;
    }
    return true;
}

/* May one of eight bytes be a control character or begin one? True as well for any byte beyond ASCII, which the caller then looks at. */
static bool is_suspect(const char *at) {
    uint64_t w;
    memcpy(&w, at, sizeof w);
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    uint64_t below_blank = w - ones * 0x20, del = (w ^ ones * 0x7F) - ones;
    return ((below_blank | del | w) & highs) != 0;
}

static bool is_control_at(struct str s, size_t i) {
    unsigned char c = (unsigned char)s.at[i];
    if (c < 0x20 || c == 0x7F) return true;
    return c == 0xC2 && i + 1 < s.size && (unsigned char)s.at[i + 1] < 0xA0;
}

bool str_has_control(struct str s) {
    size_t i = 0;
    while (i < s.size) {
        if (s.size - i >= 8 && !is_suspect(s.at + i)) {
            i += 8;
            continue;
        }
        bool last = s.size - i < 8;
        if (last && s.size >= 8 && !is_suspect(s.at + s.size - 8)) return false;
        for (size_t end = last ? s.size : i + 8; i < end; i++)
            if (is_control_at(s, i)) return true;
    }
    return false;
}

struct str str_head(struct str s, size_t size_max) {
    if (s.size <= size_max) return s;
    size_t end = size_max;
    while (end > 0 && ((unsigned char)s.at[end] & 0xC0U) == 0x80U) end--;
    return str_slice(s, 0, end);
}
