// SPDX-License-Identifier: Apache-2.0
/* Writes amounts of money as people read them. */
#include "base/amount.h"

void amount_grouped(struct buf *b, uint64_t value) {
    if (value < 1000) {
        buf_u64(b, value);
        return;
    }
    amount_grouped(b, value / 1000);
    buf_fmt(b, ",%03u", (unsigned)(value % 1000));
}

static unsigned minor_digits(struct str currency) {
    struct str none = STR("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF");
    struct str three = STR("BHD IQD JOD KWD LYD OMR TND");
    if (str_find(none, currency, 0) < none.size) return 0;
    return str_find(three, currency, 0) < three.size ? 3 : 2;
}

void amount_write(struct buf *b, int64_t amount_minor, struct str currency) {
    uint64_t magnitude = amount_minor < 0 ? 0 - (uint64_t)amount_minor : (uint64_t)amount_minor, unit = 1;
    unsigned digits = minor_digits(currency);
    for (unsigned i = 0; i < digits; i++) unit *= 10;
    if (amount_minor < 0) buf_char(b, '-');
    amount_grouped(b, magnitude / unit);
    if (digits) buf_fmt(b, ".%0*llu", (int)digits, (unsigned long long)(magnitude % unit));
}
