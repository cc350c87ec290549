// SPDX-License-Identifier: Apache-2.0
/* Gives names numbers: open addressing over 128-bit hashes, linear probes, never more than two thirds full. */
#include "evaluate/numbering.h"

enum err numbering_init(struct numbering *n, struct arena *zeroed, uint32_t count_max, bool texts) {
    *n = (struct numbering){.arena = zeroed, .count_max = count_max, .mask = 15};
    while ((uint64_t)n->mask * 2 / 3 < count_max) n->mask = n->mask * 2 + 1;
    n->keys = arena_take(zeroed, (size_t)count_max * sizeof *n->keys);
    n->slots = arena_take(zeroed, ((size_t)n->mask + 1) * sizeof *n->slots);
    if (texts) n->texts = arena_take(zeroed, (size_t)count_max * sizeof *n->texts);
    return n->keys && n->slots && (!texts || n->texts) ? ERR_OK : ERR_FULL;
}

/* The slot of the name, or the free one where it belongs. */
static uint32_t *slot_of(const struct numbering *n, struct hash128 key) {
    for (uint32_t at = (uint32_t)key.low & n->mask;; at = (at + 1) & n->mask) {
        uint32_t number = n->slots[at];
        if (number == 0 || (n->keys[number - 1].low == key.low && n->keys[number - 1].high == key.high)) return &n->slots[at];
    }
}

uint32_t numbering_add(struct numbering *n, struct str name, bool *fresh) {
    struct hash128 key = hash128_str(name, 0);
    uint32_t *slot = slot_of(n, key);
    *fresh = *slot == 0;
    if (*slot) return *slot - 1;
    if (n->count == n->count_max) return NUMBERING_NONE;
    bool full = false;
    if (n->texts) n->texts[n->count] = arena_copy(n->arena, name, &full);
    if (full) return NUMBERING_NONE;
    n->keys[n->count] = key;
    *slot = ++n->count;
    return n->count - 1;
}

uint32_t numbering_find(const struct numbering *n, struct str name) {
    uint32_t *slot = slot_of(n, hash128_str(name, 0));
    return *slot ? *slot - 1 : NUMBERING_NONE;
}
