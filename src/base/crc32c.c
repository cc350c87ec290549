// SPDX-License-Identifier: Apache-2.0
/* Checksums journal records and snapshot blocks. */
#include "base/crc32c.h"

#include <string.h>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

static uint32_t table[256];

/* Fills the table before main; reflected polynomial 0x1EDC6F41. */
__attribute__((constructor)) static void table_init(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = c & 1 ? (c >> 1) ^ 0x82F63B78U : c >> 1;
        table[i] = c;
    }
}

static uint32_t by_table(uint32_t crc, const unsigned char *at, size_t size) {
    while (size--) crc = table[(crc ^ *at++) & 0xFF] ^ (crc >> 8);
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const unsigned char *at, size_t size) {
    uint64_t c = crc;
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        c = _mm_crc32_u64(c, word);
    }
    while (size--) c = _mm_crc32_u8((uint32_t)c, *at++);
    return (uint32_t)c;
}
#endif

uint32_t crc32c(uint32_t crc, const void *bytes, size_t size) {
    crc = ~crc;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~by_instruction(crc, bytes, size);
#endif
    return ~by_table(crc, bytes, size);
}
