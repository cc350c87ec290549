// SPDX-License-Identifier: Apache-2.0
/* Finds growing numbers of counted things by their hash: open addressing, linear probing, half full at most. */
#include "baseline/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static uint64_t key_of(const struct table *t, size_t index) {
    uint64_t key;
    memcpy(&key, t->items + index * t->item_size, sizeof key);
    return key;
}

/* The slot that holds the key, or the free one where it belongs. */
static size_t slot_of(const struct table *t, uint64_t key) {
    size_t at = (size_t)hash_mix(key, 0) & (t->slot_count - 1);
    while (t->slots[at] && key_of(t, t->slots[at] - 1) != key) at = (at + 1) & (t->slot_count - 1);
    return at;
}

static int grow(struct table *t) {
    size_t capacity = t->capacity ? t->capacity * 2 : 64;
    if (capacity > UINT32_MAX / 2) return 0;
    char *items = realloc(t->items, capacity * t->item_size);
    if (!items) return 0;
    t->items = items;
    uint32_t *slots = calloc(capacity * 2, sizeof *slots);
    if (!slots) return 0;
    free(t->slots);
    t->slots = slots;
    t->slot_count = capacity * 2;
    t->capacity = capacity;
    for (size_t i = 0; i < t->count; i++) t->slots[slot_of(t, key_of(t, i))] = (uint32_t)i + 1;
    return 1;
}

void table_release(struct table *t) {
    free(t->items);
    free(t->slots);
    *t = (struct table){.item_size = t->item_size};
}

void *table_find(const struct table *t, uint64_t key) {
    if (!t->count) return NULL;
    uint32_t index = t->slots[slot_of(t, key)];
    return index ? t->items + (index - 1) * t->item_size : NULL;
}

void *table_add(struct table *t, uint64_t key) {
    void *found = table_find(t, key);
    if (found) return found;
    if (t->count == t->capacity && !grow(t)) return NULL;
    char *item = t->items + t->count * t->item_size;
    memset(item, 0, t->item_size);
    memcpy(item, &key, sizeof key);
    t->slots[slot_of(t, key)] = (uint32_t)++t->count;
    return item;
}
