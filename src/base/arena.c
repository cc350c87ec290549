// SPDX-License-Identifier: Apache-2.0
/* Hands out memory of one lifetime, front to back. */
#include "base/arena.h"

#include <string.h>

#include "base/check.h"

struct arena arena_over(void *memory, size_t capacity) {
    return (struct arena){.at = memory, .used = 0, .capacity = capacity};
}

void arena_reset(struct arena *a) {
    a->used = 0;
}

void *arena_take(struct arena *a, size_t size) {
    size_t from = (a->used + 15) & ~(size_t)15;
    if (from > a->capacity || size > a->capacity - from) return NULL;
    a->used = from + size;
    return a->at + from;
}

void arena_keep(struct arena *a, const void *last, size_t size) {
    size_t from = (size_t)((const char *)last - a->at);
    CHECK(from <= a->used && size <= a->used - from);
    a->used = from + size;
}

struct str arena_copy(struct arena *a, struct str s, bool *full) {
    if (s.size == 0) return STR_NONE;
    char *copy = arena_take(a, s.size);
    if (!copy) {
        *full = true;
        return STR_NONE;
    }
    memcpy(copy, s.at, s.size);
    return (struct str){copy, s.size};
}
