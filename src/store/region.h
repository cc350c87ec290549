// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_REGION_H
#define STORE_REGION_H

#include <stddef.h>

/* Address space that costs memory only as its pages are touched: zeros, page-aligned, never moved. NULL: no address space. */
void *region_reserve(size_t size);
void region_release(void *at, size_t size); /* NULL: nothing to do */

#endif
