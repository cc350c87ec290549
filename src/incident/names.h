// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_NAMES_H
#define INCIDENT_NAMES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * Small numbers for the texts of one thread (session, device, order ids, ...), so that lineage compares numbers. 0 is "not sent"; the same
 * text of another kind is another name. Texts are borrowed and compared in full: a forged hash gains nothing.
 */
enum name_kind {
    NAME_SESSION,
    NAME_DEVICE,
    NAME_CLIENT, /* user agent without its version numbers */
    NAME_JA4,
    NAME_PREFIX,    /* IPv4 /24, IPv6 /48 */
    NAME_OPERATOR,  /* autonomous system */
    NAME_LINE,      /* one line of a household: IPv4 /32, IPv6 /64 */
    NAME_PLACE,     /* prefix and client */
    NAME_PLACE_JA4, /* prefix and JA4 */
    NAME_OBJECT,    /* + enum object */
    NAME_OBJECT_END = NAME_OBJECT + 16,
};

struct names {
    struct arena *step;
    struct str *texts;
    uint8_t *kinds;
    uint16_t *slots;
    uint16_t count; /* of names, the unused 0 included */
    uint16_t capacity;
    uint16_t mask;
};

/* Room for `count_max` names, at most 16383. */
void names_init(struct names *n, uint16_t count_max, struct arena *step);
uint16_t names_number(struct names *n, unsigned kind, struct str text);
/* A name made of two others; 0 where one of them is. */
uint16_t names_pair(struct names *n, unsigned kind, uint16_t a, uint16_t b);

#endif
