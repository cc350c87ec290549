// SPDX-License-Identifier: Apache-2.0
/* Decides how many requests a counterpart that fails may be sent. */
#include "courier/breaker.h"

uint32_t breaker_room(const struct breaker *b, uint32_t all, int64_t now_ms) {
    if (breaker_is_closed(b)) return all;
    /* Further away than it can have been set: the clock stepped back. */
    bool waits = b->open_until_ms > now_ms && b->open_until_ms <= now_ms + BREAKER_WAIT_MS_MAX;
    return waits ? 0 : 1;
}

bool breaker_fail(struct breaker *b, int64_t now_ms, uint64_t drawn) {
    b->failures++;
    if (breaker_is_closed(b)) return false;
    b->open_until_ms = now_ms + BREAKER_WAIT_MS + (int64_t)(drawn % (BREAKER_WAIT_MS_MAX - BREAKER_WAIT_MS));
    return b->failures == BREAKER_FAILURES;
}

bool breaker_succeed(struct breaker *b) {
    bool was_closed = breaker_is_closed(b);
    *b = (struct breaker){0};
    return !was_closed;
}
