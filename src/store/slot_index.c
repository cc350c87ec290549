// SPDX-License-Identifier: Apache-2.0
/* Finds a cell's slot by its key in one or two cache lines, without storing the key. */
#include "store/slot_index.h"

#include "base/check.h"
#include "store/region.h"

/*
 * identity  the leading 57 bits of a key
 * home      (identity's leading 32 bits) * bucket_count / 2^32: monotone, so the identities of one bucket are consecutive, and a bigger
 *           table has its entries in the same order
 * entry     (distance from home:3, rest: the identity's low rest_bits, slot: the remaining bits)
 *
 * Invariant: every bucket between an entry's home and its own is full. So a search ends at the first bucket with an empty place.
 */
#define IDENTITY_BITS   57
#define LEAD_BITS       32
#define LOW_BITS        (IDENTITY_BITS - LEAD_BITS)
#define DISTANCE_BITS   3
#define BUCKETS_AT_BOOT 64
#define BUCKETS_MAX     (UINT32_C(1) << 28)

struct place {
    uint32_t home;
    uint64_t rest;
};

static unsigned slot_bits(const struct slot_index *x) {
    return 64 - DISTANCE_BITS - x->rest_bits;
}

/* A bucket covers at most 2^(32 - log2) consecutive leads, so that many low bits tell them apart, aligned or not. */
static unsigned rest_bits_of(uint32_t bucket_count) {
    return IDENTITY_BITS - (31 - (unsigned)__builtin_clz(bucket_count));
}

static struct place place_of(const struct slot_index *x, uint64_t key) {
    uint64_t identity = key >> (64 - IDENTITY_BITS);
    uint64_t lead = identity >> LOW_BITS;
    return (struct place){.home = (uint32_t)(lead * x->bucket_count >> LEAD_BITS), .rest = identity & ((UINT64_C(1) << x->rest_bits) - 1)};
}

static uint64_t *bucket_at(const struct slot_index *x, uint32_t bucket) {
    return x->entries + (size_t)bucket * SLOT_INDEX_WIDTH;
}

static unsigned distance_of(uint64_t entry) {
    return (unsigned)(entry >> (64 - DISTANCE_BITS));
}

static uint32_t slot_of(const struct slot_index *x, uint64_t entry) {
    return (uint32_t)(entry & ((UINT64_C(1) << slot_bits(x)) - 1));
}

static uint64_t entry_of(const struct slot_index *x, unsigned distance, uint64_t rest, uint32_t slot) {
    return (uint64_t)distance << (64 - DISTANCE_BITS) | rest << slot_bits(x) | slot;
}

static unsigned empty_place(const uint64_t *bucket) {
    unsigned i = 0;
    while (i < SLOT_INDEX_WIDTH && bucket[i]) i++;
    return i;
}

/* ---- memory ---- */

size_t slot_index_size(uint32_t bucket_count) {
    return ((size_t)bucket_count + SLOT_INDEX_REACH) * SLOT_INDEX_WIDTH * sizeof(uint64_t);
}

static bool open_at(struct slot_index *x, uint32_t bucket_count) {
    uint64_t *entries = region_reserve(slot_index_size(bucket_count));
    if (!entries) return false;
    *x = (struct slot_index){.entries = entries,
                             .mapped_size = slot_index_size(bucket_count),
                             .bucket_count = bucket_count,
                             .rest_bits = rest_bits_of(bucket_count)};
    return true;
}

enum err slot_index_init(struct slot_index *x) {
    return open_at(x, BUCKETS_AT_BOOT) ? ERR_OK : ERR_FULL;
}

void slot_index_release(struct slot_index *x) {
    region_release(x->entries, x->mapped_size);
    *x = (struct slot_index){0};
}

bool slot_index_adopt(struct slot_index *x, void *entries, uint32_t bucket_count, uint64_t count) {
    if (bucket_count < BUCKETS_AT_BOOT || bucket_count > BUCKETS_MAX) return false;
    if (count > (uint64_t)bucket_count * SLOT_INDEX_WIDTH) return false;
    *x = (struct slot_index){.entries = entries,
                             .mapped_size = slot_index_size(bucket_count),
                             .bucket_count = bucket_count,
                             .rest_bits = rest_bits_of(bucket_count),
                             .count = count};
    return true;
}

/* ---- finding ---- */

/* Entry's address, or NULL. */
static uint64_t *find(const struct slot_index *x, uint64_t key) {
    struct place p = place_of(x, key);
    unsigned bits = slot_bits(x);
    for (unsigned distance = 0; distance <= SLOT_INDEX_REACH; distance++) {
        uint64_t *bucket = bucket_at(x, p.home + distance);
        uint64_t wanted = entry_of(x, distance, p.rest, 0) >> bits;
        bool full = true;
        for (unsigned i = 0; i < SLOT_INDEX_WIDTH; i++) {
            if (bucket[i] >> bits == wanted && bucket[i]) return &bucket[i];
            full &= bucket[i] != 0;
        }
        if (!full) return NULL;
    }
    return NULL;
}

uint32_t slot_index_find(const struct slot_index *x, uint64_t key) {
    const uint64_t *entry = find(x, key);
    return entry ? slot_of(x, *entry) : 0;
}

void slot_index_prefetch(const struct slot_index *x, uint64_t key) {
    __builtin_prefetch(bucket_at(x, place_of(x, key).home));
    __asm__ volatile(""); /* a link-time optimiser takes a function that only prefetches for one without effect, and strikes the calls */
}

uint32_t slot_index_buckets(const struct slot_index *x) {
    return x->bucket_count + SLOT_INDEX_REACH;
}

uint32_t slot_index_at(const struct slot_index *x, uint32_t bucket, unsigned place) {
    return slot_of(x, bucket_at(x, bucket)[place]);
}

/* Smallest lead of a bucket. */
static uint64_t first_lead(const struct slot_index *x, uint32_t bucket) {
    return (((uint64_t)bucket << LEAD_BITS) + x->bucket_count - 1) / x->bucket_count;
}

static uint64_t key_of(const struct slot_index *x, uint32_t home, uint64_t entry) {
    uint64_t rest = entry << DISTANCE_BITS >> DISTANCE_BITS >> slot_bits(x);
    uint64_t lead_mask = (UINT64_C(1) << (x->rest_bits - LOW_BITS)) - 1, first = first_lead(x, home);
    uint64_t lead = first + (((rest >> LOW_BITS) - first) & lead_mask);
    return (lead << LOW_BITS | (rest & ((UINT64_C(1) << LOW_BITS) - 1))) << (64 - IDENTITY_BITS);
}

uint64_t slot_index_key_at(const struct slot_index *x, uint32_t bucket, unsigned place) {
    uint64_t entry = bucket_at(x, bucket)[place];
    return key_of(x, bucket - distance_of(entry), entry);
}

/* ---- changing ---- */

/* Place of the entry nearest to its home. */
static unsigned nearest_place(const uint64_t *bucket) {
    unsigned nearest = 0;
    for (unsigned i = 1; i < SLOT_INDEX_WIDTH; i++)
        if (distance_of(bucket[i]) < distance_of(bucket[nearest])) nearest = i;
    return nearest;
}

/* Whether an entry put at home would drive any entry beyond its reach: the way that put() takes, without taking it. */
static bool fits(const struct slot_index *x, uint32_t home) {
    uint32_t bucket = home;
    for (unsigned distance = 0; distance <= SLOT_INDEX_REACH; distance++, bucket++) {
        const uint64_t *at = bucket_at(x, bucket);
        if (empty_place(at) < SLOT_INDEX_WIDTH) return true;
        unsigned nearest = distance_of(at[nearest_place(at)]);
        if (nearest < distance) distance = nearest;
    }
    return false;
}

/* Robin Hood hashing (Celis 1986): whoever is farther from home takes the place, the other one moves on. Without it, the ways of late
 * comers are as long as whole clusters and the table would have to grow at a load of 0.6. */
static bool put(struct slot_index *x, uint64_t key, uint32_t slot) {
    struct place p = place_of(x, key);
    if (!fits(x, p.home)) return false;
    uint64_t carried = entry_of(x, 0, p.rest, slot);
    for (uint32_t bucket = p.home;; bucket++) {
        uint64_t *at = bucket_at(x, bucket);
        unsigned i = empty_place(at);
        if (i < SLOT_INDEX_WIDTH) {
            at[i] = carried;
            x->count++;
            return true;
        }
        i = nearest_place(at);
        if (distance_of(at[i]) < distance_of(carried)) {
            uint64_t moved = at[i];
            at[i] = carried;
            carried = moved;
        }
        carried += UINT64_C(1) << (64 - DISTANCE_BITS);
    }
}

/* Copies everything into a table of this many buckets; false where an entry finds no room there. */
static bool move_all(const struct slot_index *from, struct slot_index *to) {
    for (uint32_t b = 0; b < slot_index_buckets(from); b++) {
        for (unsigned i = 0; i < SLOT_INDEX_WIDTH; i++) {
            uint64_t entry = bucket_at(from, b)[i];
            if (entry && !put(to, key_of(from, b - distance_of(entry), entry), slot_of(from, entry))) return false;
        }
    }
    return true;
}

/* 4, 5, 6, 7, 8, 10, 12, 14, 16, ... times 2^k. */
static uint32_t next_count(uint32_t bucket_count) {
    unsigned log2 = 31 - (unsigned)__builtin_clz(bucket_count);
    return bucket_count + (UINT32_C(1) << (log2 - 2));
}

static enum err grow(struct slot_index *x) {
    uint32_t bucket_count = x->bucket_count;
    for (;;) {
        bucket_count = next_count(bucket_count);
        struct slot_index bigger;
        if (bucket_count > BUCKETS_MAX || !open_at(&bigger, bucket_count)) return ERR_FULL;
        bool moved = move_all(x, &bigger);
        slot_index_release(moved ? x : &bigger);
        if (!moved) continue;
        *x = bigger;
        return ERR_OK;
    }
}

static bool over_load(const struct slot_index *x) {
    return x->count * 5 >= (uint64_t)x->bucket_count * SLOT_INDEX_WIDTH * 4;
}

enum err slot_index_add(struct slot_index *x, uint64_t key, uint32_t slot) {
    CHECK(slot > 0 && slot <= SLOT_INDEX_SLOT_MAX);
    while (over_load(x) || slot >> slot_bits(x) || !put(x, key, slot)) {
        enum err err = grow(x);
        if (err) return err;
    }
    return ERR_OK;
}

/* Fills the hole with an entry that had to pass by it, and the hole that leaves, and so on, so that full buckets stay full. */
static void close_hole(struct slot_index *x, uint32_t bucket, unsigned place) {
    for (;;) {
        uint64_t *moved = NULL;
        uint32_t from = bucket;
        for (unsigned distance = 1; distance <= SLOT_INDEX_REACH && !moved; distance++) {
            from = bucket + distance;
            if (from >= slot_index_buckets(x)) break;
            uint64_t *candidates = bucket_at(x, from);
            for (unsigned i = 0; i < SLOT_INDEX_WIDTH && !moved; i++)
                if (candidates[i] && distance_of(candidates[i]) >= distance) moved = &candidates[i];
            if (!moved && empty_place(candidates) < SLOT_INDEX_WIDTH) break;
        }
        if (!moved) return;
        bucket_at(x, bucket)[place] = *moved - ((uint64_t)(from - bucket) << (64 - DISTANCE_BITS));
        *moved = 0;
        place = (unsigned)(moved - bucket_at(x, from));
        bucket = from;
    }
}

void slot_index_remove_at(struct slot_index *x, uint32_t bucket, unsigned place) {
    CHECK(bucket_at(x, bucket)[place]);
    bucket_at(x, bucket)[place] = 0;
    x->count--;
    close_hole(x, bucket, place);
}

uint32_t slot_index_remove(struct slot_index *x, uint64_t key) {
    uint64_t *entry = find(x, key);
    if (!entry) return 0;
    uint32_t slot = slot_of(x, *entry);
    size_t at = (size_t)(entry - x->entries);
    slot_index_remove_at(x, (uint32_t)(at / SLOT_INDEX_WIDTH), (unsigned)(at % SLOT_INDEX_WIDTH));
    return slot;
}
