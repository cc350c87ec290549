// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_KEY_MAP_H
#define CLI_KEY_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Numbers by key, where a key is a hash of a text: for commands that go through a file once. Grows; zeroed = empty. */
struct key_map {
    struct key_slot {
        uint64_t key; /* 0 = free */
        uint64_t value;
    } * slots;
    size_t capacity, count; /* capacity: a power of two */
};

/* The value of this key; NULL where it is not there. Valid until the next key_map_put. */
uint64_t *key_map_get(const struct key_map *m, uint64_t key);
/* The same, put there with the value 0 where it was not. ERR_FULL. */
enum err key_map_put(struct key_map *m, uint64_t key, uint64_t **value, struct problem *p) MUST_USE;
void key_map_release(struct key_map *m);

#endif
