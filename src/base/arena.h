// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

/*
 * Bump memory of one lifetime: `boot` (until the process ends) or `step` (until the next event). Nothing is freed one by one; arena_reset
 * forgets everything at once. The memory belongs to whoever called arena_over.
 */
struct arena {
    char *at;
    size_t used;
    size_t capacity;
};

struct arena arena_over(void *memory, size_t capacity);
void arena_reset(struct arena *a);
/* `size` bytes aligned to 16, not cleared; NULL where the arena is full (the caller answers ERR_FULL). */
void *arena_take(struct arena *a, size_t size);
/* Of the memory taken last, keeps the first `size` bytes: for those who cannot know beforehand how much they will write. */
void arena_keep(struct arena *a, const void *last, size_t size);
/* A copy of `s` in the arena; STR_NONE and *full = true where it does not fit. `full` is never set to false. */
struct str arena_copy(struct arena *a, struct str s, bool *full);

#endif
