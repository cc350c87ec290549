// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_CROWD_H
#define SIM_CROWD_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/*
 * A shop's whole stream of events with labels: customers by the thousand, their households, networks and devices, bots, and hijackers of
 * many families (docs/reference/sim.md). Made for measuring detection; what the response does is judged in simulation.h.
 *
 * The same options give the same bytes on every machine: integers only, one key per account and day. Memory grows with accounts and
 * campaigns, not with days. Addresses are from 240.0.0.0/4 (reserved, RFC 1112) and 3fff::/20 (documentation, RFC 9637), networks from the
 * private AS numbers (RFC 6996), so that nothing points at anybody; where an address is, the events say themselves.
 */
struct crowd_options {
    uint64_t seed;
    const char *world; /* a kind of shop by name; NULL = "random": drawn from the seed */
    unsigned accounts, days;
    unsigned campaigns; /* of each family, 1..64 */
    unsigned hijacks;   /* of one campaign, on average, 1..10000 */
};

#define CROWD_ACCOUNTS_MIN 100
#define CROWD_ACCOUNTS_MAX 10000000U
#define CROWD_DAYS_MIN     14
#define CROWD_DAYS_MAX     3650

struct crowd_counts {
    uint64_t events, owner, hijacker, noise, effects, incidents, campaigns;
};

/* The worlds with a name; NULL beyond the last. */
const char *crowd_world(unsigned index);
/* What the shop of these options does otherwise than others, as one line of JSON: the drawn habits of sim/crowd_shop.def. */
void crowd_describe(const struct crowd_options *o, FILE *f);

/* ERR_INVALID for options out of bounds; asked before a file is opened. */
enum err crowd_check(const struct crowd_options *o, struct problem *p);
/* Writes every event to `events` and one label of each to `labels`, both in order of time, one JSON object a line. Own errors: ERR_INVALID
 * for options out of bounds, ERR_FULL without memory, ERR_IO when a file cannot be written. */
enum err crowd_export(const struct crowd_options *o, FILE *events, FILE *labels, struct crowd_counts *counts, struct problem *p);

/* The families, in a fixed order; NULL beyond the last. */
const char *crowd_family(unsigned index);

#endif
