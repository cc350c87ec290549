// SPDX-License-Identifier: Apache-2.0
/* Makes training rows of labelled events, and has boosted trees grown from them. */
#include "cli/baseline_train.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "baseline/relation.h"
#include "baseline/trainer.h"
#include "cli/event_reading.h"
#include "cli/label_table.h"

/* Rows of owners that are kept: 300,000 of some 70 floats are 80 MB, and trees of depth 6 learn no more from ten times as many. */
#define OWNERS_MAX 300000U

struct rows {
    float *values, *labels;
    size_t count, capacity;
    size_t owners, owners_seen; /* rows; events, of which those were drawn */
    size_t *owner_at;           /* where their rows are */
};

struct training {
    struct label_table labels;
    struct rows rows;
    struct relation relation;
    uint64_t seed;
};

/* -- rows ---------------------------------------------------------------------------------------------------------------------------- */

static bool grow(struct rows *r) {
    if (r->count < r->capacity) return true;
    size_t capacity = r->capacity ? r->capacity * 2 : 1024;
    float *values = realloc(r->values, capacity * RELATION_COUNT * sizeof *values);
    if (values) r->values = values;
    float *labels = values ? realloc(r->labels, capacity * sizeof *labels) : NULL;
    if (labels) r->labels = labels;
    if (!labels) return false;
    r->capacity = capacity;
    return true;
}

/* Where the next owner's row goes: the end, or the place of one that it replaces by chance (algorithm R); SIZE_MAX: nowhere. */
static size_t place_of_owner(struct rows *r, uint64_t seed) {
    size_t place = r->owners < OWNERS_MAX ? r->owners : hash_mix(seed, r->owners_seen) % (r->owners_seen + 1);
    r->owners_seen++;
    if (place >= OWNERS_MAX) return SIZE_MAX;
    if (place < r->owners) return r->owner_at[place];
    r->owner_at[r->owners++] = r->count;
    return r->count;
}

static enum err take_row(struct training *t, const struct event *e, const struct relation_key *key, enum label label, struct problem *p) {
    if (!key->has_path || label == LABEL_NOISE) return ERR_OK;
    if (!grow(&t->rows)) return problem_set(p, ERR_FULL, "", "", "no memory for more rows to train on");
    size_t at = label == LABEL_OWNER ? place_of_owner(&t->rows, t->seed) : t->rows.count;
    if (at == SIZE_MAX) return ERR_OK;
    relation_measure(&t->relation, e, key, t->rows.values + at * RELATION_COUNT);
    t->rows.labels[at] = label == LABEL_HIJACKER ? 1 : 0;
    if (at == t->rows.count) t->rows.count++;
    return ERR_OK;
}

static enum err take_event(struct training *t, const struct event *e, struct problem *p) {
    struct relation_key key = relation_key_of(e);
    struct label_of *l = label_table_find(&t->labels, e->id);
    if (l) l->met = true;
    enum err err = l ? take_row(t, e, &key, l->label, p) : ERR_OK;
    return err ? err : relation_learn(&t->relation, e, &key, p);
}

static enum err take_events(struct training *t, const char *name, struct problem *p) {
    struct event_reading reading;
    enum err err = event_reading_open(&reading, name, p);
    for (bool end = false; !err && !end;) {
        struct event e;
        err = event_reading_next(&reading, &e, &end, p);
        if (!err && !end) err = take_event(t, &e, p);
    }
    event_reading_close(&reading);
    return err;
}

static enum err train(const struct training *t, struct trees *out, struct problem *p) {
    struct trainer trainer;
    enum err err = trainer_open(&trainer, p);
    if (err) return err;
    struct trainer_settings settings = TRAINER_DEFAULTS;
    settings.seed = t->seed;
    struct trainer_rows rows = {
        .values = t->rows.values, .labels = t->rows.labels, .row_count = t->rows.count, .column_count = RELATION_COUNT};
    err = trainer_train(&trainer, &rows, &settings, out, p);
    trainer_close(&trainer);
    return err;
}

/* Rows of one world: history and labels are its own. */
static enum err take_world(struct training *t, const struct baseline_world *w, struct problem *p) {
    t->labels = (struct label_table){0};
    relation_init(&t->relation);
    enum err err = label_table_read(&t->labels, w->labels, p);
    if (!err) err = take_events(t, w->events, p);
    if (!err) err = label_table_check_met(&t->labels, w->labels, w->events, p);
    relation_release(&t->relation);
    label_table_release(&t->labels);
    return err;
}

enum err baseline_train(const struct baseline_training *b, struct trees *out, struct problem *p) {
    struct training t = {.seed = b->seed};
    *out = (struct trees){0};
    t.rows.owner_at = malloc(OWNERS_MAX * sizeof *t.rows.owner_at);
    enum err err = t.rows.owner_at ? ERR_OK : problem_set(p, ERR_FULL, "", "", "no memory");
    for (unsigned i = 0; i < b->world_count && !err; i++) err = take_world(&t, &b->worlds[i], p);
    if (!err) err = train(&t, out, p);
    free(t.rows.values);
    free(t.rows.labels);
    free(t.rows.owner_at);
    return err;
}
