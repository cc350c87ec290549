// SPDX-License-Identifier: Apache-2.0
/* Builds text in bounded memory. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

struct buf buf_over(void *memory, size_t capacity) {
    return (struct buf){.at = memory, .size = 0, .capacity = capacity, .overflow = false};
}

void buf_reset(struct buf *b) {
    b->size = 0;
    b->overflow = false;
}

struct str buf_str(const struct buf *b) {
    return (struct str){b->at, b->size};
}

void buf_bytes(struct buf *b, const void *bytes, size_t size) {
    if (b->overflow || size > b->capacity - b->size) {
        b->overflow = true;
        return;
    }
    if (size) memcpy(b->at + b->size, bytes, size);
    b->size += size;
}

void buf_char(struct buf *b, char c) {
    buf_bytes(b, &c, 1);
}

void buf_text(struct buf *b, struct str s) {
    buf_bytes(b, s.at, s.size);
}

void buf_u64(struct buf *b, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_bytes(b, digits + at, sizeof digits - at);
}

void buf_i64(struct buf *b, int64_t value) {
    if (value < 0) buf_char(b, '-');
    buf_u64(b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_fmt(struct buf *b, const char *format, ...) {
    if (b->overflow) return;
    va_list args;
    va_start(args, format);
    size_t room = b->capacity - b->size;
    int size = vsnprintf(room ? b->at + b->size : NULL, room, format, args);
    va_end(args);
    if (size < 0 || (size_t)size >= room) b->overflow = true; /* vsnprintf needs one byte for its NUL */
    else b->size += (size_t)size;
}

/* The two-character escape of c, or 0 where it has none. */
static char short_escape(unsigned char c) {
    switch (c) {
    case '"': return '"';
    case '\\': return '\\';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\b': return 'b';
    case '\f': return 'f';
    default: return 0;
    }
}

void buf_json(struct buf *b, struct str s) {
    static const char hex[] = "0123456789abcdef";
    buf_char(b, '"');
    size_t plain = 0;
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        buf_bytes(b, s.at + plain, i - plain);
        plain = i + 1;
        char escape = short_escape(c);
        if (escape) buf_bytes(b, (char[]){'\\', escape}, 2);
        else buf_bytes(b, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
    }
    if (s.size) buf_bytes(b, s.at + plain, s.size - plain);
    buf_char(b, '"');
}

void buf_scaled(struct buf *b, int64_t value, unsigned digits) {
    CHECK(digits <= 9);
    uint64_t unit = 1;
    for (unsigned i = 0; i < digits; i++) unit *= 10;
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (value < 0) buf_char(b, '-');
    buf_u64(b, magnitude / unit);
    uint64_t fraction = magnitude % unit;
    if (!fraction) return;
    buf_char(b, '.');
    while (fraction) {
        unit /= 10;
        buf_char(b, (char)('0' + fraction / unit));
        fraction %= unit;
    }
}
