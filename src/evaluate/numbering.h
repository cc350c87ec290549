// SPDX-License-Identifier: Apache-2.0
#ifndef EVALUATE_NUMBERING_H
#define EVALUATE_NUMBERING_H

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"

/*
 * Numbers for names, in the order in which they come: 0, 1, 2, ... Names are kept as 128-bit hashes, so that ten million ids cost 30 bytes
 * each; two of ten million fall together with a chance of 10^-25. Texts are kept only where they are to be shown.
 */
#define NUMBERING_NONE UINT32_MAX

struct numbering {
    struct hash128 *keys;
    uint32_t *slots;   /* number + 1; 0 = free */
    struct str *texts; /* or NULL: not kept */
    struct arena *arena;
    uint32_t count, count_max, mask;
};

/* All memory is taken here; it must read as zero. ERR_FULL. */
enum err numbering_init(struct numbering *n, struct arena *zeroed, uint32_t count_max, bool texts) MUST_USE;
/* The number of the name, a new one where it is not known yet (*fresh); NUMBERING_NONE where there is no room. */
uint32_t numbering_add(struct numbering *n, struct str name, bool *fresh);
/* NUMBERING_NONE: not known. */
uint32_t numbering_find(const struct numbering *n, struct str name);

#endif
