// SPDX-License-Identifier: Apache-2.0
#ifndef COURIER_BREAKER_H
#define COURIER_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A counterpart that fails is left alone for a while, so that a thousand steps do not each wait for their time-out and do not fall upon it
 * together when it comes back.
 *
 *     closed --5 failures in a row--> open (5 .. 30 s, drawn) --> half open: one request at a time --> closed, or open again
 *
 * Zeroed it is closed. It has no clock and draws nothing: the caller does.
 */
#define BREAKER_FAILURES    5
#define BREAKER_WAIT_MS     5000  /* at least so long: a restart takes seconds */
#define BREAKER_WAIT_MS_MAX 30000 /* at most: containment has an hour, and what comes back must be noticed in time */

struct breaker {
    uint32_t failures;     /* in a row */
    int64_t open_until_ms; /* while failures >= BREAKER_FAILURES */
};

static inline bool breaker_is_closed(const struct breaker *b) {
    return b->failures < BREAKER_FAILURES;
}
/* How many requests may be under way at once: `all`, or one, or none. */
uint32_t breaker_room(const struct breaker *b, uint32_t all, int64_t now_ms);
/* `drawn`: any number; it makes the wait. true: it opened with this failure. */
bool breaker_fail(struct breaker *b, int64_t now_ms, uint64_t drawn);
/* true: it was not closed before. */
bool breaker_succeed(struct breaker *b);

#endif
