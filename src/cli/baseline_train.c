// SPDX-License-Identifier: Apache-2.0
/* Makes training rows of labelled events, and has boosted trees grown from them. */
#include "cli/baseline_train.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "baseline/relation.h"
#include "baseline/trainer.h"
#include "cli/event_reading.h"

#define LABEL_SIZE_MAX 4096 /* one line */
/* Rows of owners that are kept: 300,000 of some 70 floats are 80 MB, and trees of depth 6 learn no more from ten times as many. */
#define OWNERS_MAX 300000U

enum label { LABEL_OWNER, LABEL_HIJACKER, LABEL_NOISE };

struct label_of {
    uint64_t key;
    enum label label;
    uint32_t line;
    bool given, met;
};

struct rows {
    float *values, *labels;
    size_t count, capacity;
    size_t owners, owners_seen; /* rows; events, of which those were drawn */
    size_t *owner_at;           /* where their rows are */
};

struct training {
    struct table labels;
    struct rows rows;
    struct relation relation;
    uint64_t seed;
};

/* -- labels -------------------------------------------------------------------------------------------------------------------------- */

static bool label_from(struct str word, enum label *out) {
    static const char *const words[] = {"owner", "hijacker", "noise"};
    for (unsigned i = 0; i < 3; i++)
        if (str_equal(word, str_from(words[i]))) return *out = (enum label)i, true;
    return false;
}

static enum err take_label(struct table *labels, struct str text, uint32_t line, const char *where, struct problem *p) {
    char memory[JSON_MEMORY_MAX(LABEL_SIZE_MAX)];
    struct arena step = arena_over(memory, sizeof memory);
    struct json root;
    struct problem bad = {0};
    if (json_parse(text, LABEL_SIZE_MAX, &step, &root, &bad)) return problem_set(p, ERR_INVALID, where, bad.fix, "no label: %s", bad.what);
    struct str id = json_text(json_get(root, STR("id"))), word = json_text(json_get(root, STR("label")));
    enum label label;
    if (!id.size) return problem_set(p, ERR_INVALID, where, "give the event's id", "a label without \"id\"");
    if (!label_from(word, &label))
        return problem_set(p, ERR_INVALID, where, "it is owner, hijacker or noise", "the label of '%.*s' is '%.*s'", STR_ARGS(id),
                           STR_ARGS(str_clip(word, 40)));
    struct label_of *l = table_add(labels, hash_str(id, 0));
    if (!l) return problem_set(p, ERR_FULL, where, "", "no memory for the labels");
    if (l->given && l->label != label)
        return problem_set(p, ERR_CONFLICT, where, "strike one of them", "'%.*s' was labelled otherwise on line %u", STR_ARGS(id), l->line);
    *l = (struct label_of){l->key, label, line, true, false};
    return ERR_OK;
}

static enum err read_labels(const char *name, struct table *labels, struct problem *p) {
    FILE *in = fopen(name, "rb");
    if (!in) return problem_set(p, ERR_IO, name, "", "cannot open '%s': %s", name, strerror(errno));
    char text[LABEL_SIZE_MAX + 2], where[128];
    enum err err = ERR_OK;
    for (uint32_t line = 1; !err && fgets(text, sizeof text, in); line++) {
        struct str s = str_trim(str_from(text));
        (void)snprintf(where, sizeof where, "%.100s:%u", name, line);
        if (strlen(text) > LABEL_SIZE_MAX) err = problem_set(p, ERR_TOO_LARGE, where, "", "a line of more than %d bytes", LABEL_SIZE_MAX);
        else if (s.size) err = take_label(labels, s, line, where, p);
    }
    if (!err && ferror(in)) err = problem_set(p, ERR_IO, name, "", "cannot read '%s': %s", name, strerror(errno));
    (void)fclose(in);
    return err;
}

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
    struct label_of *l = table_find(&t->labels, hash_str(e->id, 0));
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

static enum err check_met(const struct training *t, const char *name, const char *events, struct problem *p) {
    const struct label_of *labels = (const void *)t->labels.items;
    for (size_t i = 0; i < t->labels.count; i++)
        if (!labels[i].met)
            return problem_set(p, ERR_NOT_FOUND, name, "give the labels of this file of events",
                               "line %u labels an event that '%s' does not have", labels[i].line, events);
    return ERR_OK;
}

static enum err train(const struct training *t, struct trees *out, struct problem *p) {
    struct trainer trainer;
    enum err err = trainer_open(&trainer, p);
    if (err) return err;
    struct trainer_settings settings = TRAINER_DEFAULTS;
    settings.seed = t->seed;
    struct trainer_rows rows = {t->rows.values, t->rows.labels, t->rows.count, RELATION_COUNT};
    err = trainer_train(&trainer, &rows, &settings, out, p);
    trainer_close(&trainer);
    return err;
}

enum err baseline_train(const struct baseline_training *b, struct trees *out, struct problem *p) {
    struct training t = {.labels = TABLE_OF(struct label_of), .seed = b->seed};
    *out = (struct trees){0};
    relation_init(&t.relation);
    t.rows.owner_at = malloc(OWNERS_MAX * sizeof *t.rows.owner_at);
    enum err err = t.rows.owner_at ? read_labels(b->labels, &t.labels, p) : problem_set(p, ERR_FULL, "", "", "no memory");
    if (!err) err = take_events(&t, b->events, p);
    if (!err) err = check_met(&t, b->labels, b->events, p);
    if (!err) err = train(&t, out, p);
    relation_release(&t.relation);
    table_release(&t.labels);
    free(t.rows.values);
    free(t.rows.labels);
    free(t.rows.owner_at);
    return err;
}
