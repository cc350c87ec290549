// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_TRAIN_H
#define CLI_TRAIN_H

#include "base/buf.h"
#include "cli/label_table.h"
#include "score/row.h"

/*
 * Trains a model (score/model.h) from worlds: files of events with labels. Each world goes through the real engine from nothing, with no
 * model in force, so that no model teaches the next; of the events that are labelled and whose path is judged, rows are taken, as they were
 * at that moment. Events without a label, and noise, are history only, as is what is held out.
 *
 * Every family counts alike, and all families together as much as all owners. The same files and settings give the same bytes.
 */
#define TRAIN_WORLDS_MAX 30

struct train_world {
    const char *events, *labels; /* files */
};

struct train_settings {
    struct train_world worlds[TRAIN_WORLDS_MAX];
    unsigned world_count;
    const char *hold_out_families, *hold_out_networks; /* "A,B" or NULL */
    int64_t until_ms;                                  /* rows of events up to then; INT64_MAX: all */
    struct str name;
    const char *in_force;            /* the model by which the worlds are judged while they are replayed; NULL: none */
    const char *policy;              /* by which it is decided meanwhile: what is doubted does not teach; NULL: the one that ships */
    unsigned trees, isolation_trees; /* 0: none of this kind */
    unsigned depth, rate_permille, leaf_weight_min, leaf_l2;
    uint64_t seed;
};

struct train_summary {
    uint64_t events, owners_seen; /* of owners' rows seen, `owners` were kept, drawn by chance */
    size_t owners, hijackers, held_out;
    struct label_names families;
    size_t rows_of[LABEL_NAMES_MAX]; /* by place in families */
    double worst_share;              /* how far our own sum is from the library's, as a probability; of all rows trained on */
    double worst_log_odds;
};

/* Fewer of either teach nothing that holds. */
#define TRAIN_OWNERS_MIN    100
#define TRAIN_HIJACKERS_MIN 20

/*
 * Appends the text of the model. Refused, with file and line where there is one: what label_table_read refuses, labels of events that are
 * not there, names held out that no label has, too few of either class, settings beyond what a model holds. `say` is called before each
 * longer step.
 */
enum err train_model(const struct train_settings *s, void (*say)(const char *line), struct train_summary *summary, struct buf *out,
                     struct problem *p) MUST_USE;

#endif
