// SPDX-License-Identifier: Apache-2.0
/* Grows isolation trees from samples of rows, and scores rows by how soon they stand alone. */
#include "baseline/forest.h"

#include <math.h>

#include "base/check.h"
#include "base/hash.h"

struct chance {
    uint64_t seed, count;
};

static uint64_t draw(struct chance *c) {
    return hash_mix(c->seed, ++c->count);
}

/* Of [0, 1). */
static double draw_share(struct chance *c) {
    return (double)(draw(c) >> 11) * 0x1p-53;
}

double forest_mean_path(double n) {
    if (n < 2) return 0;
    if (n <= 2) return 1;
    double harmonic = log(n - 1) + 0.57721566490153286; /* Euler's constant; as the paper has it */
    return 2 * harmonic - 2 * (n - 1) / n;
}

/* A node that is to be split: rows [from, to) of the tree's sample. */
struct span {
    uint16_t node;
    unsigned from, to, depth;
};

struct growing {
    const float *rows;
    unsigned column_count;
    uint32_t index[FOREST_SAMPLE]; /* rows of this tree's sample */
    struct chance chance;
};

static float value_of(const struct growing *g, unsigned i, unsigned column) {
    return g->rows[(size_t)g->index[i] * g->column_count + column];
}

static void range_of(const struct growing *g, const struct span *s, unsigned column, float *low, float *high) {
    *low = *high = value_of(g, s->from, column);
    for (unsigned i = s->from + 1; i < s->to; i++) {
        float v = value_of(g, i, column);
        if (v < *low) *low = v;
        if (v > *high) *high = v;
    }
}

/* A random column in which the rows differ, and a random cut within its range; 0: they are all alike. */
static int choose_cut(struct growing *g, const struct span *s, struct forest_node *node) {
    unsigned start = (unsigned)(draw(&g->chance) % g->column_count);
    for (unsigned k = 0; k < g->column_count; k++) {
        unsigned column = (start + k) % g->column_count;
        float low, high;
        range_of(g, s, column, &low, &high);
        if (!(low < high)) {
            start = (unsigned)(draw(&g->chance) % g->column_count); /* not its neighbour: that would be drawn more often than others */
            continue;
        }
        node->column = (uint16_t)column;
        node->cut = (float)(low + (high - low) * draw_share(&g->chance));
        if (!(node->cut > low)) node->cut = high;
        return 1;
    }
    return 0;
}

static unsigned divide(struct growing *g, const struct span *s, const struct forest_node *node) {
    unsigned middle = s->from;
    for (unsigned i = s->from; i < s->to; i++) {
        if (!(value_of(g, i, node->column) < node->cut)) continue;
        uint32_t row = g->index[i];
        g->index[i] = g->index[middle];
        g->index[middle++] = row;
    }
    return middle;
}

static void grow_tree(struct growing *g, struct forest_node *nodes, unsigned sample) {
    struct span open[FOREST_DEPTH + 2];
    unsigned open_count = 0;
    uint16_t node_count = 1;
    open[open_count++] = (struct span){0, 0, sample, 0};
    while (open_count) {
        struct span s = open[--open_count];
        struct forest_node *node = &nodes[s.node];
        *node = (struct forest_node){.size = (uint16_t)(s.to - s.from)};
        if (s.depth == FOREST_DEPTH || s.to - s.from < 2 || !choose_cut(g, &s, node)) continue;
        unsigned middle = divide(g, &s, node);
        node->left = node_count;
        node_count = (uint16_t)(node_count + 2);
        open[open_count++] = (struct span){(uint16_t)(node->left + 1), middle, s.to, s.depth + 1};
        open[open_count++] = (struct span){node->left, s.from, middle, s.depth + 1};
    }
}

/* The first `sample` of a shuffle (Fisher and Yates) that is not made whole: Floyd's way to draw without replacement. */
static void draw_sample(struct growing *g, size_t row_count, unsigned sample) {
    unsigned count = 0;
    for (size_t top = row_count - sample; top < row_count; top++) {
        uint32_t row = (uint32_t)(draw(&g->chance) % (top + 1));
        for (unsigned i = 0; i < count; i++)
            if (g->index[i] == row) {
                row = (uint32_t)top;
                break;
            }
        g->index[count++] = row;
    }
}

void forest_grow(struct forest *f, const float *rows, size_t row_count, unsigned column_count, uint64_t seed) {
    forest_grow_trees(f, FOREST_TREES, rows, row_count, column_count, seed);
}

void forest_grow_trees(struct forest *f, unsigned tree_count, const float *rows, size_t row_count, unsigned column_count, uint64_t seed) {
    CHECK(tree_count && tree_count <= FOREST_TREES);
    f->column_count = column_count;
    f->tree_count = tree_count;
    f->sample = row_count < FOREST_SAMPLE ? (unsigned)row_count : FOREST_SAMPLE;
    if (!column_count || f->sample < 2) f->sample = 0;
    for (unsigned t = 0; f->sample && t < tree_count; t++) {
        struct growing g = {.rows = rows, .column_count = column_count, .chance = {hash_mix(seed, t), 0}};
        draw_sample(&g, row_count, f->sample);
        grow_tree(&g, f->nodes[t], f->sample);
    }
}

static double path_of(const struct forest_node *nodes, const float *row) {
    unsigned at = 0;
    double depth = 0;
    for (; nodes[at].left; depth++) at = nodes[at].left + (row[nodes[at].column] < nodes[at].cut ? 0U : 1U);
    return depth + forest_mean_path(nodes[at].size);
}

double forest_score(const struct forest *f, const float *row) {
    if (!f->sample) return 0.5;
    double sum = 0;
    for (unsigned t = 0; t < f->tree_count; t++) sum += path_of(f->nodes[t], row);
    return exp2(-sum / f->tree_count / forest_mean_path(f->sample));
}
