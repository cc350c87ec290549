// SPDX-License-Identifier: Apache-2.0
/* Proves the index against a plain list of keys, through growth and removal. */
#include "store/slot_index.h"

#include "base/hash.h"
#include "base/test.h"

#define KEYS 20000

static uint64_t key_of(uint64_t n) {
    return hash_mix(n, 99);
}

TEST(finds_what_was_added_and_nothing_else) {
    struct slot_index x;
    EXPECT(slot_index_init(&x) == ERR_OK);
    for (uint32_t n = 1; n <= KEYS; n++) {
        EXPECT(slot_index_add(&x, key_of(n), n) == ERR_OK);
        if (n % 97 == 0)
            for (uint32_t k = 1; k <= n; k += 13) EXPECT_EQ(slot_index_find(&x, key_of(k)), k);
    }
    for (uint32_t n = 1; n <= KEYS; n++) {
        EXPECT_EQ(slot_index_find(&x, key_of(n)), n);
        EXPECT_EQ(slot_index_find(&x, key_of(n + KEYS)), 0);
    }
    EXPECT_EQ(x.count, KEYS);
    EXPECT(x.mapped_size <= KEYS * 13); /* 12.5 bytes a cell at most */
    slot_index_release(&x);
}

TEST(any_sequence_equals_a_plain_map) {
    static uint32_t slots[KEYS];
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct slot_index x;
        EXPECT(slot_index_init(&x) == ERR_OK);
        memset(slots, 0, sizeof slots);
        uint64_t state = seed, count = 0, keys = seed % 2 ? KEYS : 600;
        for (int step = 0; step < 60000; step++) {
            uint64_t n = test_random(&state) % keys;
            uint64_t key = seed > 4 ? key_of(n) >> 3 : key_of(n); /* crowded into the first buckets: long ways */
            if (slots[n]) {
                EXPECT_EQ(slot_index_remove(&x, key), slots[n]);
                slots[n] = 0, count--;
            } else {
                slots[n] = 1 + (uint32_t)(test_random(&state) % 5000);
                EXPECT(slot_index_add(&x, key, slots[n]) == ERR_OK);
                count++;
            }
            EXPECT_EQ(x.count, count);
            if (step % 5000 == 0)
                for (uint64_t k = 0; k < keys; k++) EXPECT_EQ(slot_index_find(&x, seed > 4 ? key_of(k) >> 3 : key_of(k)), slots[k]);
        }
        slot_index_release(&x);
    }
}

TEST(an_entry_gives_back_its_key) {
    struct slot_index x;
    EXPECT(slot_index_init(&x) == ERR_OK);
    for (uint32_t n = 1; n <= KEYS; n++) EXPECT(slot_index_add(&x, key_of(n), n) == ERR_OK);
    uint64_t seen = 0;
    for (uint32_t b = 0; b < slot_index_buckets(&x); b++)
        for (unsigned i = 0; i < SLOT_INDEX_WIDTH; i++) {
            uint32_t slot = slot_index_at(&x, b, i);
            if (!slot) continue;
            seen++;
            EXPECT(slot_index_key_at(&x, b, i) == key_of(slot) >> 7 << 7);
        }
    EXPECT_EQ(seen, KEYS);
    slot_index_release(&x);
}

TEST(an_adopted_image_of_the_entries_is_the_same_index) {
    struct slot_index x, y;
    EXPECT(slot_index_init(&x) == ERR_OK && slot_index_init(&y) == ERR_OK);
    for (uint32_t n = 1; n <= 1000; n++) EXPECT(slot_index_add(&x, key_of(n), n) == ERR_OK);
    EXPECT(!slot_index_adopt(&y, y.entries, 3, 0));
    EXPECT(!slot_index_adopt(&y, y.entries, x.bucket_count, UINT64_MAX));
    slot_index_release(&y);
    EXPECT(slot_index_adopt(&y, x.entries, x.bucket_count, x.count));
    for (uint32_t n = 1; n <= 1000; n++) EXPECT_EQ(slot_index_find(&y, key_of(n)), n);
    slot_index_release(&y);
}

int main(void) {
    RUN(finds_what_was_added_and_nothing_else);
    RUN(any_sequence_equals_a_plain_map);
    RUN(an_entry_gives_back_its_key);
    RUN(an_adopted_image_of_the_entries_is_the_same_index);
    return test_end();
}
