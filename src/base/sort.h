// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <stddef.h>

typedef int compare_items(const void *a, const void *b); /* below, at or above 0, as for the C library's qsort */

/*
 * Sorts `count` items of `size` bytes (<= 64) in place: no memory, no recursion, and n log n whatever the input is, since lists come from
 * outside (heapsort, Williams 1964). Not stable. `compare` as for the C library's qsort, which may take memory and is therefore not for
 * rooms.
 */
void sort_items(void *items, size_t count, size_t size, compare_items *compare);

#endif
