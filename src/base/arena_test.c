// SPDX-License-Identifier: Apache-2.0
/* Proves that pieces of an arena are aligned, never overlap, never leave it, and that full is a state and not a crash. */
#include "base/arena.h"

#include "base/test.h"

TEST(pieces_are_aligned_and_apart) {
    static _Alignas(16) char memory[4096];
    uint64_t state = 1;
    for (int round = 0; round < 200; round++) {
        struct arena a = arena_over(memory, 1 + test_random(&state) % sizeof memory);
        char *last_end = memory;
        for (;;) {
            size_t size = test_random(&state) % 200;
            char *piece = arena_take(&a, size);
            if (!piece) {
                EXPECT(a.used + size + 15 > a.capacity);
                break;
            }
            EXPECT_EQ((uintptr_t)piece % 16, 0);
            EXPECT(piece >= last_end && piece + size <= memory + a.capacity);
            memset(piece, round, size); /* the sanitizer sees what leaves the memory */
            last_end = piece + size;
            if (size == 0) break;
        }
    }
}

TEST(full_is_told_and_harms_nothing) {
    static _Alignas(16) char memory[32];
    struct arena a = arena_over(memory, sizeof memory);
    bool full = false;
    struct str kept = arena_copy(&a, STR("0123456789abcdef"), &full);
    EXPECT(!full);
    EXPECT_STR(arena_copy(&a, STR("0123456789abcdefg"), &full), STR_NONE);
    EXPECT(full);
    EXPECT_STR(kept, STR("0123456789abcdef"));
    EXPECT(arena_take(&a, SIZE_MAX) == NULL);
    full = false;
    EXPECT_STR(arena_copy(&a, STR_NONE, &full), STR_NONE);
    EXPECT(!full);
    arena_reset(&a);
    EXPECT(arena_take(&a, 32) == memory);
}

TEST(keep_gives_back_the_end) {
    static _Alignas(16) char memory[64];
    struct arena a = arena_over(memory, sizeof memory);
    char *piece = arena_take(&a, 64);
    EXPECT(arena_take(&a, 1) == NULL);
    arena_keep(&a, piece, 20);
    EXPECT(arena_take(&a, 32) == memory + 32);
}

int main(void) {
    RUN(pieces_are_aligned_and_apart);
    RUN(full_is_told_and_harms_nothing);
    RUN(keep_gives_back_the_end);
    return test_end();
}
