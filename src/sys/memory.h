// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_MEMORY_H
#define SYS_MEMORY_H

#include <stddef.h>

#include "base/err.h"

/*
 * Address space that costs nothing until it is touched: a fixed place for each of many connections at its largest, of which most stay
 * small. Zeroed, page-aligned.
 */
enum err memory_reserve(size_t size, void **out, struct problem *p) MUST_USE;
void memory_release(void *at, size_t size);
/* Gives the pages wholly inside [at, at + size) back; they read as zero afterwards. */
void memory_forget(void *at, size_t size);

#endif
