// SPDX-License-Identifier: Apache-2.0
/* Counts how often an address has tried something lately. */
#include "api/limiter.h"

#include "base/hash.h"

#define HOUSEHOLD_BITS 64

static size_t place_of(const struct address *who, uint64_t seed) {
    struct address one = who->family == ADDRESS_V6 ? address_prefix(who, HOUSEHOLD_BITS) : *who;
    return hash_str((struct str){(const char *)one.bytes, sizeof one.bytes}, seed) % LIMIT_PLACES;
}

bool limiter_take(struct limiter *l, const struct address *who, uint64_t seed, int64_t now_ms, int64_t *wait_ms) {
    size_t at = place_of(who, seed);
    int64_t age_ms = now_ms - l->places[at].from_ms;
    bool over = !l->places[at].tries || age_ms >= LIMIT_WINDOW_MS || age_ms < 0; /* or the clock stepped back */
    if (over) l->places[at].from_ms = now_ms, l->places[at].tries = 0;
    *wait_ms = l->places[at].from_ms + LIMIT_WINDOW_MS - now_ms;
    if (l->places[at].tries >= LIMIT_TRIES) return false;
    l->places[at].tries++;
    return true;
}

void limiter_give_back(struct limiter *l, const struct address *who, uint64_t seed) {
    size_t at = place_of(who, seed);
    if (l->places[at].tries) l->places[at].tries--;
}
