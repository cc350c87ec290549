// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_NETFACTS_H
#define PORT_NETFACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* What is known of an address from outside: an answer is looked up once, at the door, and journaled with the event, so a replay with other
 * files answers the same. */
struct netfacts {
    bool country_known, asn_known, place_known;
    char country[2];
    uint32_t asn;
    int32_t lat_micro, lon_micro;
    uint16_t accuracy_km; /* 0 = not said */
    uint8_t net;          /* enum net of event/event.h, 0 = not known */
};

struct netfacts_source {
    /* Nothing known (no file, address not covered, private) is an answer with all *_known false, never an error. */
    void (*look_up)(void *self, const struct address *a, struct netfacts *out);
    /* The kind of network that an AS number is, as in `net`: asked where the event has a number, sent or looked up, and no kind. */
    uint8_t (*kind_of)(void *self, uint32_t asn);
    void *self;
};

#endif
