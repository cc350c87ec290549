// SPDX-License-Identifier: Apache-2.0
/* Takes large memory from the operating system, page by page as it is used. */
#include "sys/memory.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_SIZE ((uintptr_t)4096)

enum err memory_reserve(size_t size, void **out, struct problem *p) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return problem_set(p, ERR_FULL, "memory", "allow more address space (ulimit -v, vm.overcommit_memory)",
                           "cannot reserve %zu MiB of address space: %s", size >> 20, strerror(errno));
    *out = at;
    return ERR_OK;
}

void memory_release(void *at, size_t size) {
    if (at) (void)munmap(at, size);
}

void memory_forget(void *at, size_t size) {
    uintptr_t from = ((uintptr_t)at + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1), to = ((uintptr_t)at + size) & ~(PAGE_SIZE - 1);
    if (to > from) (void)madvise((void *)from, to - from, MADV_DONTNEED); /* advice: nothing depends on it */
}
