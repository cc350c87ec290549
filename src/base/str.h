// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A borrowed piece of text: pointer and length, by value, not terminated by NUL. Whoever made the bytes owns them; a str never frees.
 * The empty str has size 0 and a pointer that must not be read.
 */
struct str {
    const char *at;
    size_t size;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE     ((struct str){"", 0})
/* For printf: ("%.*s", STR_ARGS(s)). */
#define STR_ARGS(s) (int)(s).size, (s).at

struct str str_from(const char *text); /* NULL gives STR_NONE */
bool str_equal(struct str a, struct str b);
bool str_equal_ignoring_case(struct str a, struct str b); /* ASCII case only */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Offset of the first `needle` at or after `from`, or s.size where there is none. */
size_t str_find(struct str s, struct str needle, size_t from);
size_t str_find_char(struct str s, char c, size_t from);
/* Bytes [from, to), clipped to s. */
struct str str_slice(struct str s, size_t from, size_t to);
/* The first `size_max` bytes of UTF-8 text, less the character that would be cut in two. */
struct str str_clip(struct str s, size_t size_max);
struct str str_trim(struct str s); /* ASCII blanks, tabs, CR, LF at both ends */
/* Everything before the first `separator`; *rest is what follows it (STR_NONE where there is none). */
struct str str_cut(struct str s, char separator, struct str *rest);
/* Decimal, the whole of s, no sign for u64; false on anything else, overflow included. */
bool str_to_u64(struct str s, uint64_t *out);
bool str_to_i64(struct str s, int64_t *out);
/* Well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms) without NUL. */
bool str_is_utf8(struct str s);
/* Has UTF-8 text `s` a control character (Unicode category Cc: U+0000-1F, U+007F-9F)? */
bool str_has_control(struct str s);
/* The longest beginning of UTF-8 text `s` that has at most size_max bytes and ends with a whole character. */
struct str str_head(struct str s, size_t size_max);

#endif
