// SPDX-License-Identifier: Apache-2.0
/* Reserves address space for what grows without moving: slabs, indexes, buffers of the journal. */
#include "store/region.h"

#include <sys/mman.h>

/* From here on large pages pay: a table is read at random, and with small pages each read would also miss the translation of its address.
 */
#define LARGE (4UL * 1024 * 1024)

void *region_reserve(size_t size) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return NULL;
    if (size >= LARGE) (void)madvise(at, size, MADV_HUGEPAGE); /* a hint: refused, it is only slower */
    return at;
}

void region_release(void *at, size_t size) {
    if (at) (void)munmap(at, size);
}
