// SPDX-License-Identifier: Apache-2.0
/* Proves that sorting orders, loses nothing, and takes n log n comparisons on the inputs that are worst for others. */
#include "base/sort.h"

#include "base/test.h"

struct item {
    int key, other;
};
static size_t comparisons;

static int by_key(const void *a, const void *b) {
    comparisons++;
    return ((const struct item *)a)->key - ((const struct item *)b)->key;
}

static struct item items[4096];

/* Sorts `count` items made by `shape` and checks them: ascending, and the sum over both members unchanged. */
static void check(size_t count, int (*shape)(size_t i, size_t count)) {
    long long sum = 0, sum_after = 0;
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct item){shape(i, count), (int)i};
        sum += (long long)items[i].key * (items[i].other + 1);
    }
    comparisons = 0;
    sort_items(items, count, sizeof items[0], by_key);
    for (size_t i = 0; i < count; i++) {
        EXPECT(i == 0 || items[i - 1].key <= items[i].key);
        sum_after += (long long)items[i].key * (items[i].other + 1);
    }
    EXPECT_EQ(sum, sum_after);
    size_t log = 1;
    while ((size_t)1 << log < count) log++;
    EXPECT(comparisons <= 2 * count * log + 8);
}

static int rising(size_t i, size_t count) {
    (void)count;
    return (int)i;
}
static int falling(size_t i, size_t count) {
    return (int)(count - i);
}
static int same(size_t i, size_t count) {
    (void)i, (void)count;
    return 7;
}
static int organ_pipe(size_t i, size_t count) {
    return (int)(i < count / 2 ? i : count - i);
}
static int scattered(size_t i, size_t count) {
    uint64_t state = i * 31 + count;
    return (int)(test_random(&state) % 1000);
}

TEST(every_shape_is_sorted) {
    static const size_t counts[] = {0, 1, 2, 3, 4, 7, 64, 1000, 4096};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        check(counts[i], rising);
        check(counts[i], falling);
        check(counts[i], same);
        check(counts[i], organ_pipe);
        check(counts[i], scattered);
    }
}

int main(void) {
    RUN(every_shape_is_sorted);
    return test_end();
}
