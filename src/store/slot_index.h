// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_SLOT_INDEX_H
#define STORE_SLOT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Where a key's cell lies: key -> slot number, eight bytes an entry, load 0.64 to 0.8 once grown, so 10.0 to 12.5 bytes a cell.
 *
 * The key itself is not stored: an entry's bucket gives its leading bits and the entry holds the rest (Cleary, "Compact Hash Tables Using
 * Bidirectional Linear Probing", 1984). 57 bits of a key count; among 10^6 keys two agree in them with probability 3.5e-6, among 10^8 with
 * 3.4 %, and those two would share a cell. Keys must be well mixed (base/hash.h).
 *
 * Slot numbers start at 1. Growing moves every entry once, in order of memory: some 5 ms per million, every fourth or fifth of the way.
 */
struct slot_index {
    uint64_t *entries;     /* (bucket_count + 7) * 8 of them, a bucket = one cache line; zero = empty */
    size_t mapped_size;    /* bytes behind `entries` */
    uint32_t bucket_count; /* (4 to 7) * 2^k */
    unsigned rest_bits;    /* of the key in an entry */
    uint64_t count;
};

/* Longest way from an entry's home bucket. With load 0.8 one entry of 10^12 would need more; then the table grows early. */
#define SLOT_INDEX_REACH    7
#define SLOT_INDEX_SLOT_MAX (UINT32_C(1) << 30)

enum err slot_index_init(struct slot_index *x) MUST_USE; /* ERR_FULL: no memory */
void slot_index_release(struct slot_index *x);

/* 0 = not there. */
uint32_t slot_index_find(const struct slot_index *x, uint64_t key);
/* The key must not be there. ERR_FULL: no memory to grow; nothing is changed. */
enum err slot_index_add(struct slot_index *x, uint64_t key, uint32_t slot) MUST_USE;
/* What was there, or 0. */
uint32_t slot_index_remove(struct slot_index *x, uint64_t key);
void slot_index_prefetch(const struct slot_index *x, uint64_t key);

/* A bucket's entries by place, for choosing one to evict: the slots there (0 = empty), and removal of one of them. */
#define SLOT_INDEX_WIDTH 8
uint32_t slot_index_at(const struct slot_index *x, uint32_t bucket, unsigned place);
void slot_index_remove_at(struct slot_index *x, uint32_t bucket, unsigned place);

/* The part of an entry's key that is known, in its leading 57 bits: for digests and checks. */
uint64_t slot_index_key_at(const struct slot_index *x, uint32_t bucket, unsigned place);
/* Buckets that slot_index_at may be asked for. */
uint32_t slot_index_buckets(const struct slot_index *x);

/* For snapshot images: bytes of the entries, and an index over entries that were mapped from an image (released by munmap). */
size_t slot_index_size(uint32_t bucket_count);
bool slot_index_adopt(struct slot_index *x, void *entries, uint32_t bucket_count, uint64_t count);

#endif
