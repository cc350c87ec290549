// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_ROW_H
#define SCORE_ROW_H

#include "score/evidence.h"

/*
 * One event as a row of whole numbers, for models that were learned from many such rows (row.def says what each is). Made of the features
 * and of what the path says; the same in training and in operation, for both take it from here.
 */
enum row_column {
#define ROW(name, direction, sentence) ROW_##name,
#include "score/row.def"
#undef ROW
    ROW_COUNT
};
#define ROW_ABSENT INT32_MIN /* cannot be said */
/* All other values are within: a model's trainer holds them as floats, which are exact up to 2^24. */
#define ROW_VALUE_MAX 16000000

struct row {
    int32_t of[ROW_COUNT];
};

/* Whether models judge the event: a login let in, or an act of who is in, that came over a path. Training and operation ask here. */
bool row_is_judged(const struct features *f);
void row_of(const struct features *f, const struct path_evidence *path, struct row *out);
const char *row_name(unsigned column);
const char *row_sentence(unsigned column);
/* 1: the more, the likelier a takeover, all else the same; -1: the less; 0: either. */
int row_direction(unsigned column);

/* Whoever wants the rows of events while they are judged: training, and people who study them. `take` may be NULL. */
struct row_tap {
    void (*take)(void *self, const struct features *f, const struct row *row);
    void *self;
};

#endif
