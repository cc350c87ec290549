// SPDX-License-Identifier: Apache-2.0
/* Wraps xxHash so that only this file sees it. */
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, size, seed);
}

uint64_t hash_str(struct str s, uint64_t seed) {
    return XXH3_64bits_withSeed(s.at, s.size, seed);
}

struct hash128 hash128_str(struct str s, uint64_t seed) {
    XXH128_hash_t h = XXH3_128bits_withSeed(s.at, s.size, seed);
    return (struct hash128){.low = h.low64, .high = h.high64};
}
