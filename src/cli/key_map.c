// SPDX-License-Identifier: Apache-2.0
/* Keeps numbers by key in an open table that doubles at three quarters full. */
#include "cli/key_map.h"

#include <stdlib.h>

/* 0 marks a free slot, so the key 0 stands as 1: as good a hash as any. */
static uint64_t stored(uint64_t key) {
    return key ? key : 1;
}

static struct key_slot *find(const struct key_map *m, uint64_t key) {
    for (size_t i = (size_t)key & (m->capacity - 1);; i = (i + 1) & (m->capacity - 1))
        if (m->slots[i].key == key || !m->slots[i].key) return &m->slots[i];
}

uint64_t *key_map_get(const struct key_map *m, uint64_t key) {
    if (!m->count) return NULL;
    struct key_slot *s = find(m, stored(key));
    return s->key ? &s->value : NULL;
}

static enum err grow(struct key_map *m, struct problem *p) {
    struct key_map larger = {.capacity = m->capacity ? m->capacity * 2 : 1024, .count = m->count};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots) return problem_set(p, ERR_FULL, "memory", "take fewer events", "no memory to remember %zu keys", larger.capacity);
    for (size_t i = 0; i < m->capacity; i++)
        if (m->slots[i].key) *find(&larger, m->slots[i].key) = m->slots[i];
    free(m->slots);
    *m = larger;
    return ERR_OK;
}

enum err key_map_put(struct key_map *m, uint64_t key, uint64_t **value, struct problem *p) {
    if (m->count >= m->capacity / 4 * 3) {
        enum err err = grow(m, p);
        if (err) return err;
    }
    struct key_slot *s = find(m, stored(key));
    if (!s->key) *s = (struct key_slot){.key = stored(key)}, m->count++;
    *value = &s->value;
    return ERR_OK;
}

void key_map_release(struct key_map *m) {
    free(m->slots);
    *m = (struct key_map){0};
}
