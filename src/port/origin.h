// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_ORIGIN_H
#define PORT_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "port/counter.h"

/*
 * An origin cell: what is remembered of one value that the entries of a campaign may share (a device, an address, a drop), from the first
 * risky entry on. Laid out here and not in a room, because every backend of port/cells.h must merge in the same way.
 *
 * A delta says one of five things. Each is kept as a set or a maximum, so deltas commute and a retried one changes nothing:
 *
 *   ENTRY      this account was entered from here, at this score; the ORIGIN_ENTRIES accounts with the latest entries are kept
 *   CALM       this account was used from here, and nothing was suspicious: a distinct count by the least hashes of 30 days, and of the
 *              30 before (k minimum values, Bar-Yossef et al. 2002); exact to 8, then within some 40 %
 *   CONFIRMED  this account's entry from here is known to be a hijacker's; the two latest
 *   REVIEWED   this entry (with its time, position and score) was judged again, for what others did from here
 *   RECALLED   ... and for what is known of others
 */
enum origin_word { ORIGIN_NOTHING, ORIGIN_ENTRY, ORIGIN_CALM, ORIGIN_CONFIRMED, ORIGIN_REVIEWED, ORIGIN_RECALLED };

struct origin; /* 192 bytes, port/origin.c */
#define ORIGIN_SIZE    192
#define ORIGIN_ENTRIES 8
/* Entries and confirmations are read for so long; the stay of somebody who buys accounts and waits is shorter (detection.md 6). */
#define ORIGIN_MS_MAX (INT64_C(30) * 24 * 60 * 60 * 1000)

struct origin_entry {
    uint64_t position; /* journal position of the entry, 0 = there is none */
    int64_t at_ms;     /* whole seconds */
    uint32_t account;  /* origin_account of its hash */
    uint16_t score;
    bool reviewed, recalled; /* it was judged again, for the first reason, for the second */
};

/* Merges a delta: bump.says, at_ms, account; of an entry, new or judged again, position and score too. */
void origin_merge(void *cell, const struct bump *b);

/* An account as a cell names it; never 0. */
uint32_t origin_account(uint64_t hash);

/* Readings of a cell's bytes (NULL or zeros = no such cell) at `now_ms`. */
bool origin_exists(const void *cell);
/* The latest entries within ORIGIN_MS_MAX, one an account, by account. Returns how many. */
unsigned origin_entries(const void *cell, int64_t now_ms, struct origin_entry out[ORIGIN_ENTRIES]);
uint32_t origin_calm_accounts(const void *cell, int64_t now_ms); /* distinct in the last 30 to 60 days */
/* Accounts other than this one whose entry within ORIGIN_MS_MAX is known to be a hijacker's: 0, 1, 2. */
unsigned origin_confirmed(const void *cell, uint32_t but, int64_t now_ms);

#endif
