// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_CELLS_MEMORY_H
#define STORE_CELLS_MEMORY_H

#include "port/cells.h"
#include "store/slot_index.h"

/*
 * The cells of one process, in memory: a slab of fixed-size slots and an index per class, and the ring of seen events. Address space for
 * the bounds is reserved at once; memory is taken as slots are touched, so that nothing is ever moved and a borrowed pointer stays good.
 *
 * All in, an account costs at most 598 bytes (the sum is asserted in cells_memory.c). At its bound a class of counters lets the stalest of
 * a handful go for each new one; profiles are never let go: ERR_FULL.
 *
 * One thread. Eviction depends on the bounds, so a replay that shall decide the same needs the same bounds.
 */
struct cells_bounds {
    uint32_t profiles_max, narrow_max, wide_max, origins_max;
};

/* 64 million accounts (27 GB when full), 32 million narrow cells (4.5 GB), 1 million wide ones (0.4 GB), 2 million origins (0.4 GB). */
#define CELLS_BOUNDS_DEFAULT                                                                                                               \
    ((struct cells_bounds){.profiles_max = UINT32_C(1) << 26,                                                                              \
                           .narrow_max = UINT32_C(1) << 25,                                                                                \
                           .wide_max = UINT32_C(1) << 20,                                                                                  \
                           .origins_max = UINT32_C(1) << 21})

struct cells_memory;

enum err cells_memory_open(const struct cells_bounds *bounds, struct cells_memory **out, struct problem *p) MUST_USE;
void cells_memory_close(struct cells_memory *m);
struct cells cells_memory_cells(struct cells_memory *m);
struct seen cells_memory_seen(struct cells_memory *m);

/* The same for the same content, however it came about: every cell with its key, version and bytes, the globals, the seen events. */
uint64_t cells_memory_digest(struct cells_memory *m);

/*
 * For snapshot images (store/snapshot.h). A table is its state plus parts of memory that are written and mapped as they are. Its layout
 * version covers port/counter.c, port/origin.c, PROFILE_SIZE, the index and this struct; what enrich lays out within a profile has its own.
 */
#define CELLS_LAYOUT_VERSION 3
enum cells_part {
    PART_PROFILES,
    PART_VERSIONS,
    PART_NARROW,
    PART_WIDE,
    PART_ORIGINS,
    PART_PROFILE_INDEX,
    PART_NARROW_INDEX,
    PART_WIDE_INDEX,
    PART_ORIGIN_INDEX,
    PART_GLOBALS,
    PART_SEEN_KEYS,
    PART_SEEN_POSITIONS,
    PART_SEEN_CONTENTS,
    PART_SEEN_INDEX,
    PART_COUNT
};

struct cells_state {
    uint32_t cell_count[CELL_CLASS_COUNT];
    uint32_t hand[CELL_CLASS_COUNT];             /* bucket at which the next eviction looks */
    uint32_t bucket_count[CELL_CLASS_COUNT + 1]; /* of the indexes; the last is that of the seen events */
    uint32_t reserved;
    uint64_t entry_count[CELL_CLASS_COUNT + 1];
    uint64_t seen_added;
};

struct cells_region {
    void *at; /* page-aligned */
    size_t size;
};

void cells_memory_save(const struct cells_memory *m, struct cells_state *state, struct cells_region parts[PART_COUNT]);
/* Makes an empty table ready to have `parts` mapped in. ERR_CORRUPT: the state contradicts itself; ERR_FULL: more than the bounds. */
enum err cells_memory_restore(struct cells_memory *m, const struct cells_state *state, struct cells_region parts[PART_COUNT]) MUST_USE;

#endif
