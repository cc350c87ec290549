// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/*
 * The whole test harness (docs/adr/0002-test-harness.md). A test file is a program:
 *
 *     TEST(parses_offset) { EXPECT(moment_parse(...)); EXPECT_EQ(ms, 0); }
 *     int main(void) { return RUN(parses_offset), test_end(); }
 *
 * A failed expectation is printed with file and line and the test goes on, so that one run shows all. The program ends with the plain line
 * "N passed, N failed" that continuous integration reads.
 */
static int test_failures_here, test_passed, test_failed;

#define TEST(name) static void name(void)
#define EXPECT(condition)                                                                                                                  \
    do {                                                                                                                                   \
        if (!(condition)) {                                                                                                                \
            printf("%s:%d: expected %s\n", __FILE__, __LINE__, #condition);                                                                \
            test_failures_here++;                                                                                                          \
        }                                                                                                                                  \
    } while (0)
#define EXPECT_EQ(a, b)                                                                                                                    \
    do {                                                                                                                                   \
        long long left_ = (long long)(a), right_ = (long long)(b);                                                                         \
        if (left_ != right_) {                                                                                                             \
            printf("%s:%d: expected %s == %s, got %lld and %lld\n", __FILE__, __LINE__, #a, #b, left_, right_);                            \
            test_failures_here++;                                                                                                          \
        }                                                                                                                                  \
    } while (0)
#define EXPECT_STR(a, b)                                                                                                                   \
    do {                                                                                                                                   \
        struct str left_ = (a), right_ = (b);                                                                                              \
        if (!str_equal(left_, right_)) {                                                                                                   \
            printf("%s:%d: expected %s == %s, got \"%.*s\" and \"%.*s\"\n", __FILE__, __LINE__, #a, #b, STR_ARGS(left_),                   \
                   STR_ARGS(right_));                                                                                                      \
            test_failures_here++;                                                                                                          \
        }                                                                                                                                  \
    } while (0)
#define RUN(name) (test_failures_here = 0, name(), test_failures_here ? (printf("FAIL %s\n", #name), test_failed++) : test_passed++)

static inline int test_end(void) {
    printf("%d passed, %d failed\n", test_passed, test_failed);
    return test_failed ? 1 : 0;
}

/* Deterministic numbers for property tests (splitmix64): a seed is a bug report. */
static inline uint64_t test_random(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

#endif
