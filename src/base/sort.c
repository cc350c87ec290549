// SPDX-License-Identifier: Apache-2.0
/* Sorts arrays in place. */
#include "base/sort.h"

#include <string.h>

#include "base/check.h"

#define ITEM_SIZE_MAX 64

static void swap_items(char *a, char *b, size_t size) {
    char spare[ITEM_SIZE_MAX];
    memcpy(spare, a, size);
    memcpy(a, b, size);
    memcpy(b, spare, size);
}

/* Lets the item at `at` sink until no child is greater, in the heap of `count` items. */
static void sink(char *items, size_t at, size_t count, size_t size, compare_items *compare) {
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count) return;
        if (child + 1 < count && compare(items + child * size, items + (child + 1) * size) < 0) child++;
        if (compare(items + at * size, items + child * size) >= 0) return;
        swap_items(items + at * size, items + child * size, size);
        at = child;
    }
}

void sort_items(void *items, size_t count, size_t size, compare_items *compare) {
    CHECK(size <= ITEM_SIZE_MAX);
    if (count < 2) return;
    for (size_t i = count / 2; i-- > 0;) sink(items, i, count, size, compare);
    for (size_t end = count - 1; end > 0; end--) {
        swap_items(items, (char *)items + end * size, size);
        sink(items, 0, end, size, compare);
    }
}
