// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* An IP address by value; IPv4 in the first four bytes, the rest zero. An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2) reads as
 * IPv4. */
enum address_family { ADDRESS_NONE, ADDRESS_V4, ADDRESS_V6 };

struct address {
    enum address_family family;
    uint8_t bytes[16];
};

/* Textual IPv4 or IPv6 (RFC 4291 section 2.2) without zone, port or blanks; false = not one, *out is left alone. */
bool address_parse(struct str s, struct address *out);
/* Canonical text (RFC 5952); nothing for ADDRESS_NONE. */
void address_format(struct buf *b, const struct address *a);
bool address_equal(const struct address *a, const struct address *b);
/* The network of `bits` leading bits, the rest zeroed. bits <= 32 for IPv4, <= 128 for IPv6. */
struct address address_prefix(const struct address *a, unsigned bits);
unsigned address_size(const struct address *a); /* 0, 4 or 16 */

#endif
