// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_CLOCK_H
#define PORT_CLOCK_H

#include <stdint.h>

/* What time is it: the one thing that a replay must not ask twice. Implemented by sys/ for real and by tests and sim/ in virtual time. */
struct clock {
    int64_t (*now_ms)(void *self);       /* wall clock, milliseconds since 1970 UTC */
    int64_t (*monotonic_us)(void *self); /* never steps back; for latencies and time-outs only */
    void *self;
};

#endif
