// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_CONTRIBUTION_H
#define SCORE_CONTRIBUTION_H

#include "score/detectors.h"

/*
 * Why does a model say what it says? It is asked again with one factor (enrich/factor.h) after the other set to the account's usual; the
 * factors with which it says most less are what it hung on. Of each, the column is named that makes the most of it alone.
 */
#define CONTRIBUTIONS_MAX 3

struct contribution {
    enum factor factor;
    unsigned column; /* of the row */
    int32_t milli;   /* how much less the model says without the factor */
};

/* At most CONTRIBUTIONS_MAX, the largest first. `s` has a row, and a model with trees of this kind. */
unsigned contributions_of(const struct scene *s, enum model_kind kind, struct contribution out[CONTRIBUTIONS_MAX]);
/* One reason that names these columns by their sentences (row.def). */
void contributions_tell(const struct scene *s, enum model_kind kind, const char *code, int32_t measure, struct reason_list *out);
/* The factors that columns named in this text hang on, as a set. */
unsigned contributions_named(struct str text, const struct features *f);

#endif
