// SPDX-License-Identifier: Apache-2.0
/* Baseline boosted: gradient boosting over the relation features, trained on labelled events of another stream. */
#include "baseline/baseline.h"

/* The score is the log odds of the model. What trains it: src/cli/baseline_train.c; what scores: baseline/trees.h. */
struct boosted {
    const struct trees *model;
};

static enum err begin(void *self, const struct baseline_options *o, struct problem *p) {
    struct boosted *b = self;
    b->model = o->model;
    if (!b->model)
        return problem_set(p, ERR_INVALID, "boosted", "add --train-events FILE and --train-labels FILE", "there is no model to score with");
    if (b->model->column_count == RELATION_COUNT) return ERR_OK;
    return problem_set(p, ERR_UNSUPPORTED, "boosted", "train it anew", "the model has %u columns, and %d are measured",
                       b->model->column_count, RELATION_COUNT);
}

static double score(void *self, const struct baseline_sight *s) {
    const struct boosted *b = self;
    return (double)trees_margin(b->model, s->relation);
}

const struct baseline baseline_boosted = {
    .name = "boosted",
    .sentence = "log odds of gradient boosted trees over the relation features, trained on labelled events",
    .floor = -100,
    .carries = true,
    .trained = true,
    .state_size = sizeof(struct boosted),
    .open = begin,
    .score = score,
};
