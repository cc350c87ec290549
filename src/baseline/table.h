// SPDX-License-Identifier: Apache-2.0
#ifndef BASELINE_TABLE_H
#define BASELINE_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A table that grows: items of one size, found by a 64-bit hash of what they stand for. Two values with one hash are taken for one, which
 * at 10^8 values happens with a chance of 3 in 10,000: good enough for a yardstick. Each item begins with its key, a uint64_t.
 */
struct table {
    size_t item_size;
    char *items;
    size_t count, capacity;
    uint32_t *slots; /* index + 1 of an item; 0 = free */
    size_t slot_count;
};

#define TABLE_OF(type)                                                                                                                     \
    (struct table) {                                                                                                                       \
        .item_size = sizeof(type)                                                                                                          \
    }

void table_release(struct table *t);
/* NULL where there is none. Pointers hold until the next table_add. */
void *table_find(const struct table *t, uint64_t key);
/* The item of that key; a new one is zeroed but for its key. NULL: no memory. */
void *table_add(struct table *t, uint64_t key);

#endif
