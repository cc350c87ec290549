// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_MODEL_H
#define SCORE_MODEL_H

#include "base/arena.h"
#include "base/bounds.h"
#include "base/buf.h"
#include "base/err.h"
#include "score/row.h"

/*
 * What was learned from many rows (score/row.h), read once and never changed: boosted trees, which say how much a row is like takeovers
 * that are known, and isolation trees, which say how soon random cuts set it apart from owners' rows. One of the two may be missing. The
 * text form is docs/formats/model.md; `hikeshi train` writes it.
 *
 * All trees of a kind have the same depth and every leaf is at the bottom, so that a walk is a fixed number of steps without a branch;
 * eight trees lie interleaved and are walked side by side. A value that is absent goes where the node says: each node names a column of one
 * of two copies of the row, in which absent values are below, or above, every cut.
 */
struct model_node {
    int32_t cut;     /* a row goes left where its value is below it */
    uint32_t column; /* + ROW_COUNT where what is absent goes right */
};

struct model_trees {
    unsigned count; /* 0: there are none */
    unsigned depth;
    const struct model_node *nodes; /* of tree t: at(t, i) = (t / 8 * (2^depth - 1) + i) * 8 + t % 8; children of i are 2i + 1 and 2i + 2 */
    const int32_t *leaves;          /* likewise, 2^depth of each */
};

struct model {
    struct str name;            /* [a-z0-9._-]+ */
    struct str about;           /* what it was made of, one line for people */
    uint32_t crc32c;            /* of its text: what a person compares */
    struct model_trees boosted; /* leaves in nano-nats */
    struct model_trees
        isolation;           /* leaves in millionths of a step: depth, and what is to be expected below a leaf that holds several rows */
    int64_t base_nano;       /* log odds before the first tree */
    int32_t mean_path_micro; /* c(sample): the mean length of a path, against which isolation is measured */
    unsigned column_count;
    uint16_t columns[ROW_COUNT]; /* of the row: those that it was trained on, in its own order */
};

/* Everything that one model needs of an arena. */
#define MODEL_MEMORY_SIZE ((size_t)4 * 1024 * 1024)

/*
 * `text` may go when this returns. ERR_INVALID: no model; ERR_UNSUPPORTED: of another version, of the format or of the rows; ERR_CORRUPT:
 * damaged; ERR_TOO_LARGE: beyond a bound; ERR_FULL: no room in the arena. *p says where, and what to do; *out is not touched then.
 */
enum err model_read(struct str text, struct arena *a, const struct model **out, struct problem *p) MUST_USE;

bool model_name_is_good(struct str name); /* [a-z0-9._-]+, bounded */

/* Log odds of a takeover: the sum of the trees and the base, in nano-nats; CHECKs that there are trees. */
int64_t model_log_odds_nano(const struct model *m, const struct row *row);
int32_t model_log_odds_milli(const struct model *m, const struct row *row);
/*
 * How far a row stands apart: 2000 * (c - E(h)) with E(h) the mean length of its path through the trees. With s = 2^(-E(h) / c), the
 * score of the paper (Liu, Ting and Zhou 2008), it is 2000 * c * (1 + log2 s): 0 where s is 0.5, which is ordinary, and it rises with s.
 * CHECKs that there are trees.
 */
int32_t model_isolation_milli(const struct model *m, const struct row *row);

/*
 * The way of one row through all trees of a kind, kept so that it can be asked what rows like it would have come to: only the trees that
 * met a column in which the other differs are walked again. It is what explanations ask, dozens of times for one event.
 */
enum model_kind { MODEL_BOOSTED, MODEL_ISOLATION };

struct model_trace {
    const struct model *model;
    enum model_kind kind;
    int32_t values[2 * ROW_COUNT];                 /* the two copies of the row */
    int64_t sum;                                   /* of all leaves */
    int32_t leaves[MODEL_TREES_MAX];               /* where it came out of each tree */
    uint64_t met[ROW_COUNT][MODEL_TREES_MAX / 64]; /* by column: the trees on whose way it lay, a bit each */
};

/* CHECKs that there are trees of this kind. */
void model_trace(const struct model *m, enum model_kind kind, const struct row *row, struct model_trace *out);
/* What the trees say of another row, as model_log_odds_milli or model_isolation_milli. */
int32_t model_trace_milli(const struct model_trace *t, const struct row *row);

/* The model that ships with the binary, as text (models/default.model). */
struct str model_built_in(void);
/* All of models/, as a bundle (base/bundle.h); made by tools/embed. */
struct str model_bundle_built_in(void);

#endif
