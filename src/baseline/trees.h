// SPDX-License-Identifier: Apache-2.0
#ifndef BASELINE_TREES_H
#define BASELINE_TREES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Boosted trees for scoring: all nodes of all trees in one array of 16 bytes each, walked without the library that grew them. The sum is
 * made in the library's order and in its width (float), so that both say the same.
 */
struct trees_node {
    float value;    /* inner: a row goes left where its column is below it; leaf: what it adds */
    uint32_t left;  /* index of a node, more than this one's; 0: a leaf */
    uint32_t right; /* likewise */
    uint16_t column;
    uint16_t absent_left; /* a NaN goes left */
};

struct trees {
    struct trees_node *nodes;
    uint32_t *roots;
    size_t node_count, count;
    unsigned column_count;
    float base; /* log odds before the first tree */
};

#define TREES_COUNT_MAX 10000
#define TREES_NODES_MAX 10000000
/* JSON of a model: a node takes some 100 bytes. Arena bytes to read it with: JSON_MEMORY_MAX(json.size). */
#define TREES_JSON_SIZE_MAX (256U * 1024 * 1024)

/*
 * Reads the JSON in which XGBoost 1.x saves a model (gbtree, binary:logistic, no categories). Refused, with what is wrong in *p, where it
 * is damaged or another kind of model: ERR_INVALID, ERR_UNSUPPORTED; ERR_FULL without memory. `step` is used up; *out owns its memory.
 */
enum err trees_read(struct str json, struct arena *step, struct trees *out, struct problem *p) MUST_USE;
void trees_release(struct trees *t);
/* Log odds of a row of column_count floats. */
float trees_margin(const struct trees *t, const float *row);
/* 1 / (1 + e^-margin), as the library computes it. */
float trees_probability(float margin);

#endif
