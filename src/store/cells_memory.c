// SPDX-License-Identifier: Apache-2.0
/* Keeps all cells in memory: the embedded backend of port/cells.h, and the hot path that the project exists for. */
#include "store/cells_memory.h"

#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "store/region.h"

/*
 * A cell's bytes lie at (slot - 1) * size in its class's slab: profiles and wide cells are six cache lines, origins three, narrow cells
 * two. Versions of profiles lie apart, so that cells stay aligned to lines. Slot numbers are handed out in order and reused only by
 * eviction.
 *
 * submit works in three sweeps (index lines, slots, the work itself), so that the cache misses of an event's cells overlap.
 */
struct slab {
    char *at;
    uint32_t count, max; /* slots handed out; the bound */
    uint32_t hand;
    struct slot_index index;
};

struct seen_ring {
    uint64_t *keys, *positions;
    uint32_t *contents;
    uint64_t added; /* event n lies at n % SEEN_COUNT_MAX */
    struct slot_index index;
};

struct cells_memory {
    struct slab slabs[CELL_CLASS_COUNT];
    uint32_t *versions; /* of profiles */
    char *globals;
    struct seen_ring seen;
};

static const size_t cell_size[CELL_CLASS_COUNT] = {PROFILE_SIZE, COUNTER_NARROW_SIZE, COUNTER_WIDE_SIZE, ORIGIN_SIZE};
static const char zeros[PROFILE_SIZE] __attribute__((aligned(64)));

/* Goal of port/cells.h, in tenths of a byte: a profile with its version, 1.4 narrow cells, 2.4 index entries of 12.5 bytes at most. */
_Static_assert(10 * (PROFILE_SIZE + 4) + 14 * COUNTER_NARROW_SIZE + 24 * 25 / 2 <= 6000, "an account costs at most 600 bytes");

/* ---- memory ---- */

static bool slab_open(struct slab *s, enum cell_class class, uint32_t max) {
    s->max = max;
    s->at = region_reserve(max * cell_size[class]);
    return s->at && slot_index_init(&s->index) == ERR_OK;
}

static bool seen_open(struct seen_ring *s) {
    s->keys = region_reserve(SEEN_COUNT_MAX * sizeof *s->keys);
    s->positions = region_reserve(SEEN_COUNT_MAX * sizeof *s->positions);
    s->contents = region_reserve(SEEN_COUNT_MAX * sizeof *s->contents);
    return s->keys && s->positions && s->contents && slot_index_init(&s->index) == ERR_OK;
}

enum err cells_memory_open(const struct cells_bounds *bounds, struct cells_memory **out, struct problem *p) {
    const uint32_t max[CELL_CLASS_COUNT] = {bounds->profiles_max, bounds->narrow_max, bounds->wide_max, bounds->origins_max};
    struct cells_memory *m = calloc(1, sizeof *m);
    bool open = m != NULL;
    for (enum cell_class class = 0; open && class < CELL_CLASS_COUNT; class ++) {
        CHECK(max[class] > 0 && max[class] <= SLOT_INDEX_SLOT_MAX);
        open = slab_open(&m->slabs[class], class, max[class]);
    }
    if (open) open = (m->versions = region_reserve(max[CELL_PROFILE] * sizeof *m->versions)) != NULL;
    if (open) open = (m->globals = region_reserve(GLOBALS_SIZE)) != NULL;
    if (open && seen_open(&m->seen)) {
        *out = m;
        return ERR_OK;
    }
    if (m) cells_memory_close(m);
    return problem_set(p, ERR_FULL, "cells", "allow more address space (ulimit -v, vm.overcommit_memory): `hikeshi doctor` says how much",
                       "no memory for the table of cells");
}

void cells_memory_close(struct cells_memory *m) {
    for (enum cell_class class = 0; class < CELL_CLASS_COUNT; class ++) {
        region_release(m->slabs[class].at, m->slabs[class].max * cell_size[class]);
        slot_index_release(&m->slabs[class].index);
    }
    region_release(m->versions, m->slabs[CELL_PROFILE].max * sizeof *m->versions);
    region_release(m->globals, GLOBALS_SIZE);
    region_release(m->seen.keys, SEEN_COUNT_MAX * sizeof *m->seen.keys);
    region_release(m->seen.positions, SEEN_COUNT_MAX * sizeof *m->seen.positions);
    region_release(m->seen.contents, SEEN_COUNT_MAX * sizeof *m->seen.contents);
    slot_index_release(&m->seen.index);
    free(m);
}

/* ---- slots ---- */

static char *cell_at(const struct cells_memory *m, enum cell_class class, uint32_t slot) {
    return m->slabs[class].at + (size_t)(slot - 1) * cell_size[class];
}

/* Inlined always: gcc takes a function that does nothing but prefetch for one that does nothing, and strikes the calls. */
__attribute__((always_inline)) static inline void cell_prefetch(const struct cells_memory *m, enum cell_class class, uint32_t slot) {
    const char *at = cell_at(m, class, slot);
    for (size_t line = 0; line < cell_size[class]; line += 64) __builtin_prefetch(at + line, 1);
    if (class == CELL_PROFILE) __builtin_prefetch(&m->versions[slot - 1], 1);
}

/* The cells of one submit so far; none of them may be evicted by a later one. */
struct resolved {
    uint32_t slots[CELLS_SUBMIT_MAX]; /* 0 = no such cell */
    enum err errs[CELLS_SUBMIT_MAX];
};

static bool is_held(const struct cell_op *ops, size_t count, const struct resolved *r, enum cell_class class, uint32_t slot) {
    for (size_t i = 0; i < count; i++)
        if (r->slots[i] == slot && ops[i].name.class == class) return true;
    return false;
}

/* The stalest cell of a sample. */
struct candidate {
    uint32_t bucket;
    unsigned place, sampled;
    int64_t last_ms;
};

static void sample_bucket(const struct cells_memory *m, enum cell_class class, uint32_t bucket, const struct cell_op *ops, size_t count,
                          const struct resolved *r, struct candidate *stalest) {
    for (unsigned i = 0; i < SLOT_INDEX_WIDTH; i++) {
        uint32_t slot = slot_index_at(&m->slabs[class].index, bucket, i);
        if (!slot || is_held(ops, count, r, class, slot)) continue;
        int64_t last_ms = counter_last_ms((struct counter_view){cell_at(m, class, slot), class == CELL_WIDE});
        stalest->sampled++;
        if (last_ms >= stalest->last_ms) continue;
        *stalest = (struct candidate){.bucket = bucket, .place = i, .sampled = stalest->sampled, .last_ms = last_ms};
    }
}

/* Lets the stalest of the next eight or more cells go, in the order of hashed keys, which is random; its slot, or 0 where all are held. */
#define SAMPLE_COUNT_MIN 8
static uint32_t evict(struct cells_memory *m, enum cell_class class, const struct cell_op *ops, size_t count, const struct resolved *r) {
    struct slab *s = &m->slabs[class];
    struct candidate stalest = {.last_ms = INT64_MAX};
    for (uint32_t tries = slot_index_buckets(&s->index); tries-- > 0 && stalest.sampled < SAMPLE_COUNT_MIN;) {
        uint32_t bucket = s->hand % slot_index_buckets(&s->index);
        s->hand = bucket + 1;
        sample_bucket(m, class, bucket, ops, count, r, &stalest);
    }
    if (stalest.sampled == 0) return 0;
    uint32_t slot = slot_index_at(&s->index, stalest.bucket, stalest.place);
    slot_index_remove_at(&s->index, stalest.bucket, stalest.place);
    memset(cell_at(m, class, slot), 0, cell_size[class]);
    return slot;
}

/* A zero cell for the key of ops[i], which has none. */
static enum err create(struct cells_memory *m, const struct cell_op *ops, size_t i, struct resolved *r) {
    enum cell_class class = ops[i].name.class;
    struct slab *s = &m->slabs[class];
    uint32_t slot = s->count + 1;
    if (s->count == s->max) {
        slot = class == CELL_PROFILE ? 0 : evict(m, class, ops, i, r);
        if (!slot) return ERR_FULL;
    }
    enum err err = slot_index_add(&s->index, ops[i].name.key, slot);
    if (err) return err; /* an evicted slot is lost then, and with it 128 bytes of a machine without memory */
    if (slot > s->count) s->count = slot;
    r->slots[i] = slot;
    return ERR_OK;
}

/* ---- port/cells.h ---- */

static void expect(void *self, const struct cell_op *ops, size_t count) {
    const struct cells_memory *m = self;
    for (size_t i = 0; i < count; i++) slot_index_prefetch(&m->slabs[ops[i].name.class].index, ops[i].name.key);
}

static void prefetch(void *self, const struct cell_op *ops, size_t count) {
    const struct cells_memory *m = self;
    for (size_t i = 0; i < count; i++) {
        uint32_t slot = slot_index_find(&m->slabs[ops[i].name.class].index, ops[i].name.key);
        if (slot) cell_prefetch(m, ops[i].name.class, slot);
    }
}

static void resolve(struct cells_memory *m, const struct cell_op *ops, size_t i, struct resolved *r) {
    const struct cell_op *op = &ops[i];
    enum cell_class class = op->name.class;
    r->errs[i] = ERR_OK;
    r->slots[i] = slot_index_find(&m->slabs[class].index, op->name.key);
    bool creates = op->kind == CELL_BUMP || (op->kind == CELL_CAS && op->version == 0);
    if (!r->slots[i] && creates) r->errs[i] = create(m, ops, i, r);
    if (r->slots[i]) cell_prefetch(m, class, r->slots[i]);
}

static enum err compare_and_swap(struct cells_memory *m, const struct cell_op *op, uint32_t slot) {
    if (!slot || m->versions[slot - 1] != op->version) return ERR_CONFLICT;
    memmove(cell_at(m, CELL_PROFILE, slot), op->bytes, PROFILE_SIZE); /* bytes may be those that GET lent */
    uint32_t *version = &m->versions[slot - 1];
    *version = *version == UINT32_MAX ? 1 : *version + 1; /* 0 means not there; no account lives to see it come round */
    return ERR_OK;
}

static enum err execute(struct cells_memory *m, struct cell_op *op, uint32_t slot, enum err resolved) {
    enum cell_class class = op->name.class;
    if (resolved) return resolved;
    switch (op->kind) {
    case CELL_GET:
        op->bytes = slot ? cell_at(m, class, slot) : zeros;
        op->version = slot && class == CELL_PROFILE ? m->versions[slot - 1] : 0;
        return ERR_OK;
    case CELL_CAS: CHECK(class == CELL_PROFILE); return compare_and_swap(m, op, slot);
    case CELL_BUMP:
        CHECK(class != CELL_PROFILE);
        op->bytes = cell_at(m, class, slot);
        if (class == CELL_NARROW) (void)counter_bump_narrow(cell_at(m, class, slot), op->bump);
        else if (class == CELL_WIDE) (void)counter_bump_wide(cell_at(m, class, slot), op->bump);
        else origin_merge(cell_at(m, class, slot), op->bump);
        return ERR_OK;
    }
    CHECK(op->kind == CELL_GET || op->kind == CELL_CAS || op->kind == CELL_BUMP);
    return ERR_INVALID;
}

static enum err submit(void *self, struct cell_op *ops, size_t count) {
    struct cells_memory *m = self;
    struct resolved r;
    enum err first = ERR_OK;
    CHECK(count <= CELLS_SUBMIT_MAX);
    expect(m, ops, count);
    for (size_t i = 0; i < count; i++) resolve(m, ops, i, &r);
    for (size_t i = 0; i < count; i++) {
        ops[i].err = execute(m, &ops[i], r.slots[i], r.errs[i]);
        if (!first) first = ops[i].err;
    }
    return first;
}

static void *globals(void *self) {
    return ((struct cells_memory *)self)->globals;
}

static uint64_t count_of(void *self, enum cell_class class) {
    return ((struct cells_memory *)self)->slabs[class].index.count;
}

struct cells cells_memory_cells(struct cells_memory *m) {
    static const struct cells_ops ops = {.expect = expect, .prefetch = prefetch, .submit = submit, .globals = globals, .count = count_of};
    return (struct cells){.ops = &ops, .self = m};
}

/* ---- seen events ---- */

static void seen_expect(void *self, uint64_t key) {
    slot_index_prefetch(&((struct cells_memory *)self)->seen.index, key);
}

static uint64_t seen_find(void *self, uint64_t key, uint32_t *content) {
    const struct seen_ring *s = &((struct cells_memory *)self)->seen;
    uint32_t slot = slot_index_find(&s->index, key);
    if (!slot || s->keys[slot - 1] != key) return 0;
    *content = s->contents[slot - 1];
    return s->positions[slot - 1];
}

static void seen_add(void *self, uint64_t key, uint32_t content, uint64_t position) {
    struct seen_ring *s = &((struct cells_memory *)self)->seen;
    uint32_t slot = (uint32_t)(s->added % SEEN_COUNT_MAX) + 1;
    if (s->added >= SEEN_COUNT_MAX && slot_index_find(&s->index, s->keys[slot - 1]) == slot)
        (void)slot_index_remove(&s->index, s->keys[slot - 1]);
    (void)slot_index_remove(&s->index, key); /* said again: the newer place counts */
    s->keys[slot - 1] = key;
    s->contents[slot - 1] = content;
    s->positions[slot - 1] = position;
    s->added++;
    CHECK(slot_index_add(&s->index, key, slot) == ERR_OK); /* no memory: stopping is the only answer that forgets nothing */
    if (s->added >= SEEN_COUNT_MAX) slot_index_prefetch(&s->index, s->keys[s->added % SEEN_COUNT_MAX]);
}

struct seen cells_memory_seen(struct cells_memory *m) {
    static const struct seen_ops ops = {.expect = seen_expect, .find = seen_find, .add = seen_add};
    return (struct seen){.ops = &ops, .self = m};
}

/* ---- digest ---- */

static uint64_t digest_of_class(const struct cells_memory *m, enum cell_class class) {
    const struct slot_index *x = &m->slabs[class].index;
    uint64_t sum = 0;
    for (uint32_t b = 0; b < slot_index_buckets(x); b++) {
        for (unsigned i = 0; i < SLOT_INDEX_WIDTH; i++) {
            uint32_t slot = slot_index_at(x, b, i);
            if (!slot) continue;
            uint64_t version = class == CELL_PROFILE ? m->versions[slot - 1] : 0;
            uint64_t name = hash_mix(slot_index_key_at(x, b, i), hash_mix(version, class));
            sum += hash_bytes(cell_at(m, class, slot), cell_size[class], name); /* a sum: places in the index do not matter */
        }
    }
    return sum;
}

static uint64_t digest_of_seen(const struct seen_ring *s) {
    uint64_t sum = 0;
    uint64_t from = s->added > SEEN_COUNT_MAX ? s->added - SEEN_COUNT_MAX : 0;
    for (uint64_t n = from; n < s->added; n++) {
        uint64_t at = n % SEEN_COUNT_MAX;
        sum = hash_mix(sum, hash_mix(s->keys[at], hash_mix(s->positions[at], s->contents[at])));
    }
    return sum;
}

uint64_t cells_memory_digest(struct cells_memory *m) {
    uint64_t digest = hash_bytes(m->globals, GLOBALS_SIZE, 0);
    for (enum cell_class class = 0; class < CELL_CLASS_COUNT; class ++) digest = hash_mix(digest, digest_of_class(m, class));
    return hash_mix(digest, digest_of_seen(&m->seen));
}

/* ---- snapshot images ---- */

static const struct slot_index *index_of(const struct cells_memory *m, unsigned i) {
    return i < CELL_CLASS_COUNT ? &m->slabs[i].index : &m->seen.index;
}

static void list_parts(const struct cells_memory *m, struct cells_region parts[PART_COUNT]) {
    const struct slab *s = m->slabs;
    uint64_t seen_count = m->seen.added < SEEN_COUNT_MAX ? m->seen.added : SEEN_COUNT_MAX;
    parts[PART_PROFILES] = (struct cells_region){s[CELL_PROFILE].at, s[CELL_PROFILE].count * cell_size[CELL_PROFILE]};
    parts[PART_VERSIONS] = (struct cells_region){m->versions, s[CELL_PROFILE].count * sizeof *m->versions};
    parts[PART_NARROW] = (struct cells_region){s[CELL_NARROW].at, s[CELL_NARROW].count * cell_size[CELL_NARROW]};
    parts[PART_WIDE] = (struct cells_region){s[CELL_WIDE].at, s[CELL_WIDE].count * cell_size[CELL_WIDE]};
    parts[PART_ORIGINS] = (struct cells_region){s[CELL_ORIGIN].at, s[CELL_ORIGIN].count * cell_size[CELL_ORIGIN]};
    parts[PART_GLOBALS] = (struct cells_region){m->globals, GLOBALS_SIZE};
    parts[PART_SEEN_KEYS] = (struct cells_region){m->seen.keys, seen_count * sizeof *m->seen.keys};
    parts[PART_SEEN_POSITIONS] = (struct cells_region){m->seen.positions, seen_count * sizeof *m->seen.positions};
    parts[PART_SEEN_CONTENTS] = (struct cells_region){m->seen.contents, seen_count * sizeof *m->seen.contents};
    static const enum cells_part index_parts[] = {PART_PROFILE_INDEX, PART_NARROW_INDEX, PART_WIDE_INDEX, PART_ORIGIN_INDEX,
                                                  PART_SEEN_INDEX};
    for (unsigned i = 0; i <= CELL_CLASS_COUNT; i++)
        parts[index_parts[i]] = (struct cells_region){index_of(m, i)->entries, index_of(m, i)->mapped_size};
}

void cells_memory_save(const struct cells_memory *m, struct cells_state *state, struct cells_region parts[PART_COUNT]) {
    *state = (struct cells_state){.seen_added = m->seen.added};
    for (unsigned i = 0; i <= CELL_CLASS_COUNT; i++) {
        state->bucket_count[i] = index_of(m, i)->bucket_count;
        state->entry_count[i] = index_of(m, i)->count;
        if (i == CELL_CLASS_COUNT) break;
        state->cell_count[i] = m->slabs[i].count;
        state->hand[i] = m->slabs[i].hand;
    }
    list_parts(m, parts);
}

static enum err index_restore(struct slot_index *x, uint32_t bucket_count, uint64_t count) {
    void *entries = region_reserve(slot_index_size(bucket_count));
    if (!entries) return ERR_FULL;
    struct slot_index restored;
    if (!slot_index_adopt(&restored, entries, bucket_count, count)) {
        region_release(entries, slot_index_size(bucket_count));
        return ERR_CORRUPT;
    }
    slot_index_release(x);
    *x = restored;
    return ERR_OK;
}

enum err cells_memory_restore(struct cells_memory *m, const struct cells_state *state, struct cells_region parts[PART_COUNT]) {
    for (unsigned i = 0; i < CELL_CLASS_COUNT; i++) {
        if (state->cell_count[i] > m->slabs[i].max) return ERR_FULL;
        if (state->entry_count[i] > state->cell_count[i]) return ERR_CORRUPT;
    }
    for (unsigned i = 0; i <= CELL_CLASS_COUNT; i++) {
        struct slot_index *x = i < CELL_CLASS_COUNT ? &m->slabs[i].index : &m->seen.index;
        enum err err = index_restore(x, state->bucket_count[i], state->entry_count[i]);
        if (err) return err;
        if (i == CELL_CLASS_COUNT) break;
        m->slabs[i].count = state->cell_count[i];
        m->slabs[i].hand = state->hand[i];
    }
    m->seen.added = state->seen_added;
    list_parts(m, parts);
    return ERR_OK;
}
