// SPDX-License-Identifier: Apache-2.0
/* Trees as the library grows them, against our own walk through them; and what cannot be trained or read. */
#include "baseline/trainer.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/test.h"

#define ROWS    4000
#define COLUMNS 12

static float values[ROWS * COLUMNS], labels[ROWS];
static const struct trainer_rows rows = {.values = values, .labels = labels, .row_count = ROWS, .column_count = COLUMNS};

/* A label that depends on two columns and chance; a tenth of all values is missing. */
static void make_rows(void) {
    uint64_t chance = 11;
    for (size_t i = 0; i < ROWS; i++) {
        float *row = values + i * COLUMNS;
        for (size_t k = 0; k < COLUMNS; k++) row[k] = (float)(test_random(&chance) % 2000) / 100.0F - 10.0F;
        labels[i] = row[1] * row[2] > 20.0F || test_random(&chance) % 50 == 0 ? 1 : 0;
        for (size_t k = 0; k < COLUMNS; k++)
            if (test_random(&chance) % 10 == 0) row[k] = NAN;
    }
}

TEST(our_walk_says_what_the_library_says) {
    struct trainer t;
    struct trees model;
    struct problem p = {0};
    struct trainer_settings s = TRAINER_DEFAULTS;
    EXPECT_EQ(trainer_open(&t, &p), ERR_OK);
    EXPECT_EQ(trainer_train(&t, &rows, &s, &model, &p), ERR_OK);
    EXPECT(p.what[0] == 0 && model.count == 200 && model.column_count == COLUMNS && model.node_count > 400);
    const float *theirs;
    size_t count;
    EXPECT_EQ(trainer_predict(&t, TRAINER_PROBABILITY, &theirs, &count, &p), ERR_OK);
    EXPECT_EQ(count, ROWS);
    double worst = 0, right = 0, positives = 0;
    for (size_t i = 0; i < count; i++) {
        float ours = trees_probability(trees_margin(&model, values + i * COLUMNS));
        if (fabs((double)ours - (double)theirs[i]) > worst) worst = fabs((double)ours - (double)theirs[i]);
        right += (ours > 0.5F) == (labels[i] > 0.5F);
        positives += labels[i] > 0.5F;
    }
    if (worst > 1e-6) printf("they differ by %g\n", worst);
    EXPECT(worst <= 1e-6);
    EXPECT(right / ROWS > 0.95 && positives > 200); /* it did learn something */
    trees_release(&model);
    trainer_close(&t);
}

TEST(the_same_rows_and_seed_give_the_same_trees) {
    struct trees models[3];
    for (unsigned i = 0; i < 3; i++) {
        struct trainer t;
        struct trainer_settings s = TRAINER_DEFAULTS;
        s.rounds = 20;
        s.seed = i < 2 ? 5 : 6;
        EXPECT_EQ(trainer_open(&t, NULL), ERR_OK);
        EXPECT_EQ(trainer_train(&t, &rows, &s, &models[i], NULL), ERR_OK);
        trainer_close(&t);
    }
    EXPECT_EQ(models[0].node_count, models[1].node_count);
    EXPECT(memcmp(models[0].nodes, models[1].nodes, models[0].node_count * sizeof models[0].nodes[0]) == 0);
    EXPECT(models[2].node_count != models[0].node_count ||
           memcmp(models[0].nodes, models[2].nodes, models[0].node_count * sizeof models[0].nodes[0]) != 0);
    for (unsigned i = 0; i < 3; i++) trees_release(&models[i]);
}

static int rises_with_the_second(unsigned column) {
    return column == 1;
}

/* How often the margin falls while the second column rises and all others stay: here it should, for the label asks for a product. */
static unsigned falls(int (*direction)(unsigned column)) {
    struct trainer t;
    struct trees model;
    struct trainer_settings s = TRAINER_DEFAULTS;
    s.rounds = 40;
    s.direction = direction;
    EXPECT_EQ(trainer_open(&t, NULL), ERR_OK);
    EXPECT_EQ(trainer_train(&t, &rows, &s, &model, NULL), ERR_OK);
    unsigned count = 0;
    for (size_t i = 0; i < 200; i++) {
        float row[COLUMNS], before = -INFINITY;
        memcpy(row, values + i * COLUMNS, sizeof row);
        for (int at = -10; at <= 10; at++) {
            row[1] = (float)at;
            float now = trees_margin(&model, row);
            count += now < before;
            before = now;
        }
    }
    trees_release(&model);
    trainer_close(&t);
    return count;
}

TEST(trees_keep_to_the_direction_of_a_column) {
    EXPECT(falls(NULL) > 100);
    EXPECT_EQ(falls(rises_with_the_second), 0);
}

TEST(one_class_teaches_nothing) {
    struct trainer t;
    struct trees model;
    struct problem p = {0};
    struct trainer_settings s = TRAINER_DEFAULTS;
    struct trainer_rows few = rows;
    static float nobody[ROWS];
    few.labels = nobody;
    EXPECT_EQ(trainer_open(&t, &p), ERR_OK);
    EXPECT_EQ(trainer_train(&t, &few, &s, &model, &p), ERR_INVALID);
    EXPECT(strstr(p.what, "0 hijackers' and 4000 owners' events are too few") != NULL);
    trees_release(&model);
    trainer_close(&t);
}

int main(void) {
    make_rows();
    RUN(our_walk_says_what_the_library_says);
    RUN(the_same_rows_and_seed_give_the_same_trees);
    RUN(trees_keep_to_the_direction_of_a_column);
    RUN(one_class_teaches_nothing);
    return test_end();
}
