// SPDX-License-Identifier: Apache-2.0
#ifndef BASELINE_TRAINER_H
#define BASELINE_TRAINER_H

#include "baseline/trees.h"

/*
 * Grows boosted trees with libxgboost (docs/adr/0022-xgboost.md), which is loaded when training is asked for, and nowhere else: a server
 * has none of it in its memory. One thread, so that the same rows and seed give the same trees.
 */
struct trainer_rows {
    const float *values;  /* row_count x column_count; NaN = missing */
    const float *labels;  /* 0 or 1 */
    const float *weights; /* NULL: every row counts alike */
    size_t row_count;
    unsigned column_count;
};

struct trainer_settings {
    uint64_t seed;
    unsigned rounds; /* trees */
    unsigned depth;
    unsigned rate_permille;   /* of learning, 1 to 1000 */
    unsigned leaf_weight_min; /* a leaf has at least so much of the rows' weight, each times p (1 - p) */
    unsigned leaf_l2;         /* leaves are drawn to 0 by so much weight */
    /* Of each column: 1 where trees may only rise with it, -1 only fall, 0 either; NULL: all either ("monotone constraints"). */
    int (*direction)(unsigned column);
};

#define TRAINER_DEFAULTS                                                                                                                   \
    ((struct trainer_settings){.seed = 1, .rounds = 200, .depth = 6, .rate_permille = 100, .leaf_weight_min = 1, .leaf_l2 = 1})

/* The library, while it is in use. */
struct trainer {
    void *library;
    void *booster, *matrix;
};

/* ERR_UNSUPPORTED where the library is not installed. */
enum err trainer_open(struct trainer *t, struct problem *p) MUST_USE;
void trainer_close(struct trainer *t);
/* ERR_INVALID: fewer than two rows of either label. *out owns its memory. */
enum err trainer_train(struct trainer *t, const struct trainer_rows *rows, const struct trainer_settings *s, struct trees *out,
                       struct problem *p) MUST_USE;
/* What the library itself says of the rows that it was trained on, borrowed until the next call: probabilities, or log odds. */
enum trainer_answer { TRAINER_PROBABILITY = 0, TRAINER_LOG_ODDS = 1 };
enum err trainer_predict(struct trainer *t, enum trainer_answer answer, const float **out, size_t *count, struct problem *p) MUST_USE;

#endif
