// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/str.h"

/*
 * Hashes of hostile text for use as keys (XXH3, 64 and 128 bits). The seed is drawn once per data directory and journaled, so an outsider
 * cannot choose colliding keys, and replay computes the same ones. Not for secrets and not for proof: those use OpenSSL.
 */
struct hash128 {
    uint64_t low, high;
};

uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed);
uint64_t hash_str(struct str s, uint64_t seed);
struct hash128 hash128_str(struct str s, uint64_t seed);
/* A well-mixed 64-bit value of two (the finalizer of splitmix64, Steele et al. 2014). */
static inline uint64_t hash_mix(uint64_t a, uint64_t b) {
    uint64_t z = a + 0x9E3779B97F4A7C15U * (b + 1);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

#endif
