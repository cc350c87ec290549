// SPDX-License-Identifier: Apache-2.0
/* Asks the operating system what time it is. */
#include "sys/clock.h"

#include <time.h>

#include "base/check.h"

static int64_t read_us(clockid_t which) {
    struct timespec t;
    CHECK(clock_gettime(which, &t) == 0); /* fails for clocks that do not exist, and these do */
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t now_ms(void *self) {
    (void)self;
    return read_us(CLOCK_REALTIME) / 1000;
}

static int64_t monotonic_us(void *self) {
    (void)self;
    return read_us(CLOCK_MONOTONIC);
}

struct clock clock_real(void) {
    return (struct clock){.now_ms = now_ms, .monotonic_us = monotonic_us, .self = NULL};
}
