// SPDX-License-Identifier: Apache-2.0
/* Reads and writes small pieces of HTTP's grammar. */
#include "net/http_text.h"

#include "base/moment.h"

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The byte at `at`, decoded; *size is how many it took. -1 where it is broken. */
static int decode_one(struct str s, size_t at, size_t *size) {
    *size = 1;
    if (s.at[at] != '%') return (unsigned char)s.at[at];
    if (s.size - at < 3) return -1;
    int high = hex_digit(s.at[at + 1]), low = hex_digit(s.at[at + 2]);
    *size = 3;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool http_decode_percent(struct str s, struct buf *out) {
    size_t before = out->size, size;
    for (size_t at = 0; at < s.size; at += size) {
        int byte = decode_one(s, at, &size);
        if (byte < 0) return out->size = before, false;
        buf_char(out, (char)byte);
    }
    if (str_is_utf8((struct str){out->at + before, out->size - before})) return true;
    out->size = before;
    return false;
}

bool http_query_find(struct str query, struct str name, struct str *out) {
    while (query.size) {
        struct str value, pair = str_cut(query, '&', &query);
        if (!str_equal(str_cut(pair, '=', &value), name)) continue;
        *out = value;
        return true;
    }
    return false;
}

struct str http_media_type(struct str content_type) {
    return str_trim(str_slice(content_type, 0, str_find_char(content_type, ';', 0)));
}

void http_write_date(struct buf *out, int64_t at_ms) {
    static const char days[] = "MonTueWedThuFriSatSun", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char text[24];
    struct buf b = buf_over(text, sizeof text);
    moment_format(&b, at_ms); /* 2026-03-01T01:02:03.456Z */
    unsigned month = (unsigned)((text[5] - '0') * 10 + text[6] - '0');
    buf_bytes(out, days + (size_t)moment_weekday(at_ms) * 3, 3);
    buf_text(out, STR(", "));
    buf_bytes(out, text + 8, 2);
    buf_char(out, ' ');
    buf_bytes(out, months + (size_t)(month - 1) * 3, 3);
    buf_char(out, ' ');
    buf_bytes(out, text, 4);
    buf_char(out, ' ');
    buf_bytes(out, text + 11, 8);
    buf_text(out, STR(" GMT"));
}
