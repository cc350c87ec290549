// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_ASN_TABLE_H
#define SYS_ASN_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/*
 * Which kind of network an AS number is (enum net of event/event.h, 0 = not known): what asn_table.def says, or what an operator's file
 * says instead. A line of such a file is "AS64500 hosting"; the words are those of `geo.net`, "none" takes an AS out, and "built-in none"
 * forgets the whole table. The last line on an AS counts.
 */
struct asn_line {
    uint32_t asn;
    uint32_t at; /* its place among the lines */
    uint8_t net;
};

struct asn_table {
    struct asn_line *lines; /* of files; owned; ascending once settled */
    size_t count, capacity;
    bool built_in_off;
};

/* ERR_INVALID: not such a line. ERR_FULL: no memory. */
enum err asn_table_add(struct asn_table *t, struct str line) MUST_USE;
void asn_table_settle(struct asn_table *t); /* after the last line, before the first question */
uint8_t asn_table_find(const struct asn_table *t, uint32_t asn);
void asn_table_release(struct asn_table *t);

#endif
