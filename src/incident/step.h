// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_STEP_H
#define INCIDENT_STEP_H

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"

/* Takes what this room needs for one event. Who calls it promised INCIDENT_STEP_SIZE_MAX, so it never fails. */

static inline void *step_take(struct arena *step, size_t size) {
    void *at = arena_take(step, size);
    CHECK(at);
    return at;
}

static inline void *step_zeroes(struct arena *step, size_t size) {
    return memset(step_take(step, size), 0, size);
}

/* `count` traces or names that are nobody's yet: NOBODY. */
static inline uint16_t *step_nobodies(struct arena *step, size_t count) {
    return memset(step_take(step, count * sizeof(uint16_t)), 0xFF, count * sizeof(uint16_t));
}

#endif
