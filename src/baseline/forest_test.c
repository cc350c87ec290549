// SPDX-License-Identifier: Apache-2.0
/* The isolation forest against what is known of it: c(n), its bounds, and outliers that were planted. */
#include "baseline/forest.h"

#include <math.h>
#include <stdlib.h>

#include "base/test.h"

#define COLUMNS 6
#define ROWS    2000

static double share(uint64_t *chance) {
    return (double)(test_random(chance) >> 11) * 0x1p-53;
}

/* Sum of twelve: close enough to a normal distribution. */
static float normal(uint64_t *chance) {
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += share(chance);
    return (float)sum;
}

/* c(n) by the recursion of binary search trees, against the closed form with Euler's constant: 10.24 at the paper's 256. */
TEST(mean_path_is_that_of_the_paper) {
    EXPECT(forest_mean_path(0) == 0 && forest_mean_path(1) == 0 && forest_mean_path(2) == 1);
    double harmonic = 0;
    for (int n = 3; n <= 4096; n++) {
        harmonic = 0;
        for (int i = 1; i < n; i++) harmonic += 1.0 / i;
        if (n != 3 && n != 64 && n != 256 && n != 4096) continue;
        double exact = 2 * harmonic - 2.0 * (n - 1) / n;
        EXPECT(fabs(forest_mean_path(n) - exact) < 1.0 / (n - 1)); /* ln differs from H by less than 1 / 2(n - 1), twice */
    }
    EXPECT(fabs(forest_mean_path(256) - 10.2448) < 1e-3);
}

static float *ordinary_rows(uint64_t *chance) {
    float *rows = malloc(sizeof(float) * COLUMNS * ROWS);
    for (size_t i = 0; rows && i < (size_t)COLUMNS * ROWS; i++) rows[i] = normal(chance);
    return rows;
}

/* Outliers lie at distance 4 in two of six columns; hidden among ordinary rows they must come first nearly always. */
TEST(planted_outliers_stand_out) {
    static struct forest f;
    uint64_t chance = 42;
    float *rows = ordinary_rows(&chance);
    for (size_t i = 0; i < ROWS; i += 100) rows[i * COLUMNS] = 4, rows[i * COLUMNS + 3] = -4;
    forest_grow(&f, rows, ROWS, COLUMNS, 1);
    double wins = 0, pairs = 0;
    for (size_t i = 0; i < ROWS; i += 100)
        for (size_t j = 0; j < ROWS; j++) {
            if (j % 100 == 0) continue;
            wins += forest_score(&f, rows + i * COLUMNS) > forest_score(&f, rows + j * COLUMNS);
            pairs++;
        }
    if (wins / pairs < 0.97) printf("AUC %f\n", wins / pairs);
    EXPECT(wins / pairs >= 0.97);
    free(rows);
}

TEST(scores_are_bounded_and_repeatable) {
    static struct forest a, b, other;
    uint64_t chance = 5;
    float *rows = ordinary_rows(&chance);
    EXPECT(forest_score(&a, rows) == 0.5);
    forest_grow(&a, rows, ROWS, COLUMNS, 9);
    forest_grow(&b, rows, ROWS, COLUMNS, 9);
    forest_grow(&other, rows, ROWS, COLUMNS, 10);
    double sum = 0;
    bool differs = false;
    for (size_t i = 0; i < ROWS; i++) {
        double score = forest_score(&a, rows + i * COLUMNS);
        EXPECT(score > 0 && score < 1 && score == forest_score(&b, rows + i * COLUMNS));
        differs |= score != forest_score(&other, rows + i * COLUMNS);
        sum += score;
    }
    EXPECT(differs);
    EXPECT(sum / ROWS > 0.4 && sum / ROWS < 0.5); /* the ordinary lie below one half (section 2.2 of the paper) */
    free(rows);
}

/* Rows that are all alike cannot be told apart: every path ends at once, and the score is 2^-1. */
TEST(equal_rows_are_ordinary) {
    static struct forest f;
    static float rows[300 * COLUMNS];
    forest_grow(&f, rows, 300, COLUMNS, 3);
    EXPECT(fabs(forest_score(&f, rows) - 0.5) < 1e-9);
    forest_grow(&f, rows, 1, COLUMNS, 3);
    EXPECT(forest_score(&f, rows) == 0.5);
}

int main(void) {
    RUN(mean_path_is_that_of_the_paper);
    RUN(planted_outliers_stand_out);
    RUN(scores_are_bounded_and_repeatable);
    RUN(equal_rows_are_ordinary);
    return test_end();
}
