// SPDX-License-Identifier: Apache-2.0
#ifndef BASELINE_FOREST_H
#define BASELINE_FOREST_H

#include <stddef.h>
#include <stdint.h>

/*
 * Isolation forest (Liu, Ting and Zhou, ICDM 2008): what is few and different is cut off by few random cuts. 100 trees, each grown from a
 * sample of 256 rows without replacement, to a depth of log2(256) = 8.
 */
#define FOREST_TREES  100
#define FOREST_SAMPLE 256
#define FOREST_DEPTH  8
#define FOREST_NODES  (2 * FOREST_SAMPLE)

struct forest_node {
    float cut;       /* a row goes left where its value is below it */
    uint16_t column; /* of an inner node */
    uint16_t left;   /* its children are left and left + 1; 0: a leaf */
    uint16_t size;   /* rows of the sample that ended in this leaf */
};

struct forest {
    unsigned column_count, tree_count;
    unsigned sample; /* rows that each tree was grown from; 0: not grown yet */
    struct forest_node nodes[FOREST_TREES][FOREST_NODES];
};

/* Mean length of an unsuccessful search in a binary search tree of n items: c(n) = 2 H(n - 1) - 2 (n - 1) / n, 0 below 2. */
double forest_mean_path(double n);
/* Grows it anew from `row_count` rows of `column_count` floats. The same seed and rows give the same forest. */
void forest_grow(struct forest *f, const float *rows, size_t row_count, unsigned column_count, uint64_t seed);
/* The same with fewer trees: 1 to FOREST_TREES. */
void forest_grow_trees(struct forest *f, unsigned tree_count, const float *rows, size_t row_count, unsigned column_count, uint64_t seed);
/* 2^(-E(h) / c(sample)), within 0 and 1: about 0.5 is ordinary, near 1 is an outlier. 0.5 where it is not grown. */
double forest_score(const struct forest *f, const float *row);

#endif
