// SPDX-License-Identifier: Apache-2.0
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "event/event.h"

/*
 * A made-up shop that never runs dry: plausible events of N accounts, the same ones for the same seed, cheap enough (a few hundred
 * nanoseconds) not to be what is measured. It is a load, not a likeness: nothing may be tuned or judged by it.
 *
 * Of 100 events 66 are logins of owners over one of their own paths (8 in 100 of them with a wrong password), 12 activity on a session, 10
 * orders, 4 logouts, 3 changes of address, contact or password, and 5 are of credential stuffing: from few networks, most on names that
 * no account has. An account has a home network, a mobile network, one or two devices; one login in 40 comes from somewhere new.
 *
 * The first `accounts` events are one login of each account, in a mixed order, so that "a million accounts" means a million; after that an
 * account's turn comes by a power law (a tenth of the accounts make about a third of the events).
 */
#define WORLD_TEXTS 4
struct world {
    uint64_t seed, accounts;
    uint64_t made;    /* events so far */
    int64_t time_ms;  /* of the next event */
    uint32_t step_us; /* time between two events */
    uint32_t fraction_us;
    uint16_t *logins; /* per account: how many so far; names its session */
    bool owner_only;  /* no stuffing: for measuring what an account costs */
    char *text;       /* of the event being made */
    char texts[WORLD_TEXTS][256];
};

/* Memory of 2 bytes an account is the caller's. The first event happens at `from_ms`. */
#define WORLD_MEMORY_SIZE(accounts) ((accounts) * sizeof(uint16_t))
void world_init(struct world *w, uint64_t seed, uint64_t accounts, int64_t from_ms, uint32_t step_us, void *memory);
/* The next event; its texts are borrowed until WORLD_TEXTS more were made. */
void world_next(struct world *w, struct event *out);

#endif
