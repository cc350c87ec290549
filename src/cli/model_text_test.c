// SPDX-License-Identifier: Apache-2.0
/* Trees that the library grew, written as a model and read by our own evaluator: both say the same of every row. */
#include "cli/model_text.h"

#include <math.h>
#include <stdlib.h>

#include "base/bounds.h"
#include "base/test.h"
#include "baseline/trainer.h"

#define ROWS 6000

static float values[ROWS * ROW_COUNT], labels[ROWS], weights[ROWS];
static struct row rows[ROWS];
static char memory[MODEL_MEMORY_SIZE], text[MODEL_TEXT_SIZE_MAX];

/* Whole numbers as rows hold them, of small and of large columns, a sixth absent; the label hangs on three of them. */
static void make_rows(void) {
    uint64_t chance = 3;
    for (size_t i = 0; i < ROWS; i++) {
        for (unsigned k = 0; k < ROW_COUNT; k++) {
            static const int32_t ranges[] = {2, 1000, 14000, ROW_VALUE_MAX};
            int32_t x = (int32_t)(test_random(&chance) % (unsigned)ranges[k % 4]) - (k % 8 == 3 ? ROW_VALUE_MAX / 2 : 0);
            rows[i].of[k] = test_random(&chance) % 6 ? x : ROW_ABSENT;
            values[i * ROW_COUNT + k] = rows[i].of[k] == ROW_ABSENT ? NAN : (float)rows[i].of[k];
        }
        const int32_t *x = rows[i].of;
        labels[i] = (x[1] > 600 && x[2] > 5000) || x[0] == ROW_ABSENT || test_random(&chance) % 40 == 0 ? 1 : 0;
        weights[i] = labels[i] > 0 ? 3 : 1;
    }
}

static const struct model *read_back(const struct model_parts *parts) {
    struct buf b = buf_over(text, sizeof text);
    struct problem p = {0};
    const struct model *m = NULL;
    EXPECT_EQ(model_text_write(parts, &b, &p), ERR_OK);
    struct arena a = arena_over(memory, sizeof memory);
    EXPECT_EQ(model_read(buf_str(&b), &a, &m, &p), ERR_OK);
    if (p.what[0]) printf("%s: %s\n", p.where, p.what);
    return m;
}

/* The library sums in floats, so its own log odds are off by some millionths; the sum of its leaves is not. */
TEST(our_sum_is_the_librarys) {
    struct trainer t;
    struct trees trees;
    struct problem p = {0};
    struct trainer_settings s = {.seed = 4, .rounds = 150, .depth = 5, .rate_permille = 100, .leaf_weight_min = 5, .leaf_l2 = 1};
    struct trainer_rows all = {values, labels, weights, ROWS, ROW_COUNT};
    EXPECT_EQ(trainer_open(&t, &p), ERR_OK);
    EXPECT_EQ(trainer_train(&t, &all, &s, &trees, &p), ERR_OK);
    const struct model *m = read_back(&(struct model_parts){.name = STR("a"), .about = STR("b"), .boosted = &trees});
    EXPECT(m && m->boosted.count == 150 && m->boosted.depth == 5);
    const float *theirs;
    size_t count;
    EXPECT_EQ(trainer_predict(&t, TRAINER_LOG_ODDS, &theirs, &count, &p), ERR_OK);
    EXPECT_EQ(count, ROWS);
    double worst = 0, worst_share = 0, worst_leaves = 0;
    for (size_t i = 0; m && i < count; i++) {
        double ours = (double)model_log_odds_nano(m, &rows[i]) / 1e9, his = (double)theirs[i], leaves = 0;
        for (size_t k = 0; k < trees.count; k++) { /* one tree alone is exact */
            struct trees one = trees;
            one.roots = trees.roots + k, one.count = 1, one.base = 0;
            leaves += (double)trees_margin(&one, values + i * ROW_COUNT);
        }
        worst = fmax(worst, fabs(ours - his));
        worst_share = fmax(worst_share, fabs(1 / (1 + exp(-ours)) - 1 / (1 + exp(-his))));
        worst_leaves = fmax(worst_leaves, fabs(ours - leaves - (double)trees.base));
    }
    if (worst_leaves > 1e-6 || worst_share > 1e-6 || worst > 1e-5) printf("off by %g, %g, %g\n", worst_leaves, worst_share, worst);
    EXPECT(worst_leaves <= 1e-6 && worst_share <= 1e-6 && worst <= 1e-5);
    trees_release(&trees);
    trainer_close(&t);
}

TEST(isolation_is_that_of_the_paper) {
    static struct forest f;
    static float filled[ROWS * ROW_COUNT];
    for (size_t i = 0; i < (size_t)ROWS * ROW_COUNT; i++) filled[i] = isnan(values[i]) ? ROW_VALUE_MAX : values[i];
    forest_grow_trees(&f, 64, filled, ROWS, ROW_COUNT, 5);
    const struct model *m = read_back(&(struct model_parts){.name = STR("a"), .about = STR("b"), .isolation = &f});
    EXPECT(m && m->isolation.count == 64 && m->boosted.count == 0);
    for (size_t i = 0; m && i < ROWS; i++) {
        double c = forest_mean_path(256), s = forest_score(&f, filled + i * ROW_COUNT);
        double expected = 2000 * c * (1 + log2(s));
        EXPECT(fabs((double)model_isolation_milli(m, &rows[i]) - expected) <= 1.5);
    }
}

TEST(what_does_not_fit_is_refused) {
    struct trees_node leaf = {.value = 3};
    uint32_t root = 0;
    struct trees one = {.nodes = &leaf, .roots = &root, .node_count = 1, .count = 1, .column_count = 1};
    struct buf b = buf_over(text, sizeof text);
    struct problem p = {0};
    EXPECT_EQ(model_text_write(&(struct model_parts){.name = STR("a"), .about = STR("b"), .boosted = &one}, &b, &p), ERR_TOO_LARGE);
    EXPECT(p.fix[0] != 0);
}

int main(void) {
    make_rows();
    RUN(our_sum_is_the_librarys);
    RUN(isolation_is_that_of_the_paper);
    RUN(what_does_not_fit_is_refused);
    return test_end();
}
