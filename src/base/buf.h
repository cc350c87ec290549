// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/*
 * Text under construction in memory that the caller owns. Appending past the capacity writes nothing more and sets `overflow`, once and
 * for all: check it once at the end, not after each append.
 */
struct buf {
    char *at;
    size_t size;
    size_t capacity;
    bool overflow;
};

struct buf buf_over(void *memory, size_t capacity);
void buf_reset(struct buf *b);
struct str buf_str(const struct buf *b);
void buf_char(struct buf *b, char c);
void buf_text(struct buf *b, struct str s);
void buf_bytes(struct buf *b, const void *bytes, size_t size);
void buf_u64(struct buf *b, uint64_t value);
void buf_i64(struct buf *b, int64_t value);
void buf_fmt(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
/* A JSON string with its quotes (RFC 8259 section 7); `s` must be UTF-8. */
void buf_json(struct buf *b, struct str s);
/* value / 10^digits as a JSON number without trailing zeros, e.g. (1400, 6) -> 0.0014. digits <= 9. */
void buf_scaled(struct buf *b, int64_t value, unsigned digits);

#endif
