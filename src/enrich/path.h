// SPDX-License-Identifier: Apache-2.0
#ifndef ENRICH_PATH_H
#define ENRICH_PATH_H

#include "enrich/client.h"
#include "enrich/features.h"

/*
 * The access path of one event: over which network and with which client the person came. Values are hashed once, here, with the data
 * directory's seed; the hashes name the fleet's counter cells, and their upper bits are what a profile remembers.
 *
 * The levels of a chain are nested (an address lies in a prefix, a browser runs on a system), so that p(value | its parent) can be counted:
 *   IP: the address, or the /64 of IPv6.   PREFIX: /24 of IPv4, /48 of IPv6.
 *   UA: the header's skeleton.   BROWSER: family on this system.   OS: system on this type of device.
 */
struct access_path {
    bool present;              /* the event carries an address or a client */
    uint64_t hash[ATTR_COUNT]; /* 0 = the event does not carry this attribute */
    struct client client;
    uint8_t language, zone; /* enrich/region.h */
    uint32_t asn;           /* 0 = not known */
    char country[2];        /* zeros = not known */
    uint8_t net;            /* enum net */
    uint32_t mark;          /* network and client in one number: how a path is told from another; 0 = none */
};

void path_of(const struct event *e, uint64_t seed, struct access_path *out);

/* The upper bits of a hash, never 0 unless the hash is. */
static inline uint16_t mark16(uint64_t hash) {
    return (uint16_t)(hash >> 48 ? hash >> 48 : hash != 0);
}
static inline uint32_t mark32(uint64_t hash) {
    return (uint32_t)(hash >> 32 ? hash >> 32 : hash != 0);
}
/*
 * A network and a client as sessions remember them: two bytes each, computed alike from an event and from a remembered path. The prefix
 * stands for the network where neither number nor country is known. 0 = nothing is known.
 */
uint16_t network_mark(uint32_t asn, const char country[2], uint16_t prefix);
uint16_t client_mark(unsigned browser, unsigned os, unsigned type, uint32_t device);
uint16_t path_network_mark(const struct access_path *p);
uint16_t path_client_mark(const struct access_path *p);

#endif
