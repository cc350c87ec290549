// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_COUNTER_H
#define PORT_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A counter cell: what happened over one value (an address, a network, a user agent) in sliding windows. Laid out here and not in a room,
 * because every backend of port/cells.h must merge in the same way.
 *
 * Windows (1 min, 10 min, 1 h, 24 h, 7 d, 90 d) are two buckets each, the running one and the one before; the estimate at `now` is
 * running + before * (share of the before-bucket that still lies within the window). A delta for the bucket before lands there, an older
 * one is dropped from that window. So deltas commute: any order of the same deltas gives the same bytes. Additions saturate.
 *
 * Distinct counts (accounts; devices) are an exact set of small hashes while few, then a HyperLogLog of the same bytes
 * (Flajolet et al. 2007); generations of 24 h, running and before. The union is commutative too.
 *
 * op_ring: low 32 bits of the last operations' ids, so that a retried bump within the last few is not counted twice.
 */
enum window { WINDOW_1M, WINDOW_10M, WINDOW_1H, WINDOW_24H, WINDOW_7D, WINDOW_90D, WINDOW_COUNT };

enum tally {
    TALLY_ATTEMPT, /* logins tried, resets asked for */
    TALLY_FAILURE, /* of those: did not get in */
    TALLY_UNKNOWN, /* of the failures: no such account */
    TALLY_TRAINED, /* owners' own acts that may teach: the good baseline (90 d only in a narrow cell) */
    TALLY_COUNT
};

struct bump {
    uint64_t op_id; /* unique per operation: journal position * 32 + place within the event; never 0 */
    int64_t at_ms;  /* event time */
    uint8_t add[TALLY_COUNT];
    uint64_t account; /* hash for the distinct counts, 0 = none */
    uint64_t device;
    /* Of origins alone (port/origin.h), which count nothing: */
    uint64_t position; /* the journal's, of the entry */
    uint16_t score;    /* of the entry, 0 to 1000 */
    uint8_t says;      /* enum origin_word */
};

struct counter_narrow; /* 128 bytes, port/counter.c */
struct counter_wide;   /* 384 bytes */
#define COUNTER_NARROW_SIZE 128
#define COUNTER_WIDE_SIZE   384

/* Merges a delta. false where its op_id was already counted. */
bool counter_bump_narrow(void *cell, const struct bump *b);
bool counter_bump_wide(void *cell, const struct bump *b);

/* Readings of a cell's bytes at `now_ms`, all >= 0; a zero cell reads 0. */
struct counter_view {
    const void *bytes; /* NULL = no such cell: everything reads 0 */
    bool wide;
};
uint32_t counter_tally(struct counter_view c, enum tally tally, enum window window, int64_t now_ms);
uint32_t counter_accounts(struct counter_view c, int64_t now_ms); /* distinct in the last 24 to 48 h */
uint32_t counter_devices(struct counter_view c, int64_t now_ms);  /* wide cells only; 0 for narrow ones */
int64_t counter_first_ms(struct counter_view c);                  /* 0 = never */
int64_t counter_last_ms(struct counter_view c);

#endif
