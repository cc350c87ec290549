// SPDX-License-Identifier: Apache-2.0
#ifndef API_LIMITER_H
#define API_LIMITER_H

#include <stdbool.h>

#include "base/address.h"

/*
 * How often somebody may try: LIMIT_TRIES in LIMIT_WINDOW_MS, counted by address (IPv6: by /64, which is one household's). Fixed memory:
 * where more addresses come than there are places, two of them share one, so that a guesser is never let off, and at worst somebody waits.
 */
#define LIMIT_TRIES     5
#define LIMIT_WINDOW_MS (10 * 60 * 1000)
#define LIMIT_PLACES    4096

struct limiter {
    struct {
        int64_t from_ms;
        uint32_t tries;
    } places[LIMIT_PLACES];
};

/* Counts a try. false: one too many; *wait_ms until it may be tried again. `seed`: so that nobody can choose his place. */
bool limiter_take(struct limiter *l, const struct address *who, uint64_t seed, int64_t now_ms, int64_t *wait_ms);
/* That try was none. */
void limiter_give_back(struct limiter *l, const struct address *who, uint64_t seed);

#endif
