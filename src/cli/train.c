// SPDX-License-Identifier: Apache-2.0
/* Takes rows of labelled events from the engine's own replay of them, and has a model grown from these. */
#include "cli/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/check.h"
#include "base/hash.h"
#include "baseline/trainer.h"
#include "cli/event_reading.h"
#include "cli/model_text.h"
#include "cli/wiring.h"

/* Rows of owners that are kept: 300,000 of some 90 floats are 100 MB; trees of this depth learn no more from ten times as many. */
#define OWNERS_MAX 300000U
/* Of these the isolation forest sees at most so many: its trees draw 256 each. */
#define ISOLATION_ROWS_MAX 30000U

struct rows {
    float *values, *labels, *weights;
    uint16_t *families;
    size_t count, capacity;
    size_t *owner_at; /* where the owners' rows are */
};

struct training {
    const struct train_settings *settings;
    struct train_summary *summary;
    struct label_names networks;
    struct rows rows;
    struct problem *problem;
    int64_t now_ms;                /* of the world that is replayed */
    const struct label_of *wanted; /* of the event that is being submitted; NULL: no row of it */
    enum err failed;               /* to keep a row */
};

/* ---- rows --------------------------------------------------------------------------------------------------------------------------- */

static bool grow(struct rows *r) {
    if (r->count < r->capacity) return true;
    size_t capacity = r->capacity ? r->capacity * 2 : 4096;
    float *values = realloc(r->values, capacity * ROW_COUNT * sizeof *values);
    if (values) r->values = values;
    float *labels = realloc(r->labels, capacity * sizeof *labels);
    if (labels) r->labels = labels;
    uint16_t *families = realloc(r->families, capacity * sizeof *families);
    if (families) r->families = families;
    if (!values || !labels || !families) return false;
    r->capacity = capacity;
    return true;
}

/* Where the next owner's row goes: the end, or the place of one that it replaces by chance (algorithm R); SIZE_MAX: nowhere. */
static size_t place_of_owner(struct training *t) {
    struct train_summary *s = t->summary;
    size_t place = s->owners < OWNERS_MAX ? s->owners : hash_mix(t->settings->seed, s->owners_seen) % (s->owners_seen + 1);
    s->owners_seen++;
    if (place >= OWNERS_MAX) return SIZE_MAX;
    if (place < s->owners) return t->rows.owner_at[place];
    t->rows.owner_at[s->owners++] = t->rows.count;
    return t->rows.count;
}

static enum err keep_row(struct training *t, const struct row *row, const struct label_of *l) {
    if (!grow(&t->rows)) return problem_set(t->problem, ERR_FULL, "", "", "no memory for more rows to train on");
    bool is_owner = l->label == LABEL_OWNER;
    size_t at = is_owner ? place_of_owner(t) : t->rows.count;
    if (at == SIZE_MAX) return ERR_OK;
    float *values = t->rows.values + at * ROW_COUNT;
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        int32_t x = row->of[i], within = x < -ROW_VALUE_MAX ? -ROW_VALUE_MAX : x > ROW_VALUE_MAX ? ROW_VALUE_MAX : x;
        values[i] = x == ROW_ABSENT ? NAN : (float)within;
    }
    t->rows.labels[at] = is_owner ? 0 : 1;
    t->rows.families[at] = l->family;
    if (!is_owner) t->summary->rows_of[l->family]++, t->summary->hijackers++;
    if (at == t->rows.count) t->rows.count++;
    return ERR_OK;
}

/* ---- worlds ------------------------------------------------------------------------------------------------------------------------- */

static int64_t virtual_now_ms(void *self) {
    return ((const struct training *)self)->now_ms;
}

static int64_t virtual_monotonic_us(void *self) {
    return virtual_now_ms(self) * 1000;
}

/* The row of the event that is being admitted, where it is wanted. */
static void take_row(void *self, const struct features *f, const struct row *row) {
    struct training *t = self;
    const struct label_of *l = t->wanted;
    if (!l || !row_is_judged(f) || t->failed) return;
    if (l->held) t->summary->held_out++;
    else t->failed = keep_row(t, row, l);
}

/* Whether the rows of this event teach. */
static const struct label_of *teacher(const struct training *t, const struct event *e, struct label_of *l) {
    if (!l) return NULL;
    bool first = !l->met; /* the same event again is answered as before, and teaches nothing more */
    l->met = true;
    return first && l->label != LABEL_NOISE && e->time_ms <= t->settings->until_ms ? l : NULL;
}

/* What repeats or contradicts an id, and what speaks as ourselves, was refused to the shop too: it is left out. */
static enum err submit(struct training *t, struct wiring *w, const struct event *e) {
    struct receipt receipt;
    struct problem bad = {0};
    enum err err = engine_submit(w->engine, e, &receipt, &bad);
    if (err == ERR_FULL) {
        err = wiring_settle(w, t->problem);
        if (!err) err = engine_submit(w->engine, e, &receipt, &bad);
    }
    if (err == ERR_CONFLICT || err == ERR_DENIED) return ERR_OK;
    if (err && bad.err) *t->problem = bad;
    return err;
}

static enum err replay(struct training *t, struct wiring *w, struct event_reading *r, struct label_table *labels) {
    for (;;) {
        struct event e;
        bool end;
        enum err err = event_reading_next(r, &e, &end, t->problem);
        if (err || end) return err;
        if (e.time_ms > t->now_ms) t->now_ms = e.time_ms;
        t->summary->events++;
        t->wanted = teacher(t, &e, label_table_find(labels, e.id));
        err = submit(t, w, &e);
        if (!err) err = t->failed;
        if (err) return err;
    }
}

static enum err replay_file(struct training *t, const char *events, struct label_table *labels) {
    struct clock clock = {virtual_now_ms, virtual_monotonic_us, t};
    struct wiring_options o = {.clock = &clock,
                               .rows = {take_row, t},
                               .policy = t->settings->policy,
                               .model = t->settings->in_force,
                               .without_model = !t->settings->in_force};
    struct wiring w;
    struct event_reading reading;
    t->now_ms = 0;
    enum err err = wiring_open(&o, &w, t->problem), closed;
    if (err) return err;
    err = event_reading_open(&reading, events, t->problem);
    if (!err) err = replay(t, &w, &reading, labels);
    event_reading_close(&reading);
    closed = wiring_close(&w, err ? NULL : t->problem);
    return err ? err : closed;
}

static enum err take_world(struct training *t, const struct train_world *w) {
    struct label_table labels = {.families = &t->summary->families, .networks = &t->networks};
    enum err err = label_table_read(&labels, w->labels, t->problem);
    if (!err) err = replay_file(t, w->events, &labels);
    if (!err) err = label_table_check_met(&labels, w->labels, w->events, t->problem);
    label_table_release(&labels);
    return err;
}

static enum err take_worlds(struct training *t, void (*say)(const char *line)) {
    const struct train_settings *s = t->settings;
    enum err err = label_names_hold(&t->summary->families, s->hold_out_families, "--hold-out-families", t->problem);
    if (!err) err = label_names_hold(&t->networks, s->hold_out_networks, "--hold-out-networks", t->problem);
    for (unsigned i = 0; i < s->world_count && !err; i++) {
        char line[256];
        (void)snprintf(line, sizeof line, "replaying %.200s", s->worlds[i].events);
        say(line);
        err = take_world(t, &s->worlds[i]);
    }
    if (!err) err = label_names_check(&t->summary->families, "--hold-out-families", t->problem);
    return err ? err : label_names_check(&t->networks, "--hold-out-networks", t->problem);
}

static enum err check_rows(const struct training *t) {
    const struct train_summary *s = t->summary;
    if (s->owners >= TRAIN_OWNERS_MIN && (s->hijackers >= TRAIN_HIJACKERS_MIN || !t->settings->trees)) return ERR_OK;
    return problem_set(t->problem, ERR_INVALID, "--labels", "train on worlds that have enough of both",
                       "%zu owners' and %zu hijackers' events whose path is judged are too few to learn from (%d and %d)", s->owners,
                       s->hijackers, TRAIN_OWNERS_MIN, TRAIN_HIJACKERS_MIN);
}

/* ---- growing ------------------------------------------------------------------------------------------------------------------------ */

/* A hijacker's event weighs 1 on average, so that the smallest weight of a leaf is a number of them. */
static enum err weigh(struct training *t) {
    const struct train_summary *s = t->summary;
    size_t families = 0;
    t->rows.weights = malloc(t->rows.count * sizeof *t->rows.weights);
    if (!t->rows.weights) return problem_set(t->problem, ERR_FULL, "", "", "no memory for weights");
    for (unsigned i = 0; i < s->families.count; i++) families += s->rows_of[i] > 0;
    double all = (double)s->hijackers, owner = all / (double)s->owners;
    for (size_t i = 0; i < t->rows.count; i++)
        t->rows.weights[i] = (float)(t->rows.labels[i] < 0.5F ? owner : all / (double)families / (double)s->rows_of[t->rows.families[i]]);
    return ERR_OK;
}

/* The library's word on each row that it was trained on beside ours. */
static enum err compare(struct training *t, struct trainer *trainer, const struct model *m) {
    const float *theirs;
    size_t count;
    enum err err = trainer_predict(trainer, TRAINER_LOG_ODDS, &theirs, &count, t->problem);
    if (err) return err;
    struct train_summary *s = t->summary;
    for (size_t i = 0; i < count; i++) {
        struct row row;
        for (unsigned k = 0; k < ROW_COUNT; k++) {
            float x = t->rows.values[i * ROW_COUNT + k];
            row.of[k] = isnan(x) ? ROW_ABSENT : (int32_t)x;
        }
        double ours = (double)model_log_odds_nano(m, &row) / 1e9, his = (double)theirs[i];
        s->worst_log_odds = fmax(s->worst_log_odds, fabs(ours - his));
        s->worst_share = fmax(s->worst_share, fabs(1 / (1 + exp(-ours)) - 1 / (1 + exp(-his))));
    }
    if (s->worst_share <= 1e-6) return ERR_OK;
    return problem_set(t->problem, ERR_INVALID, "", "", "the model as written says otherwise than the library: by %g", s->worst_share);
}

/* Owners' rows for the forest, evenly from all; what is absent lies just above the largest value that there is, as a path that it takes. */
static float *owners_filled(const struct training *t, size_t *count) {
    size_t owners = t->summary->owners, step = (owners + ISOLATION_ROWS_MAX - 1) / ISOLATION_ROWS_MAX;
    *count = (owners + step - 1) / step;
    float *rows = malloc(*count * ROW_COUNT * sizeof *rows);
    for (size_t i = 0; rows && i < *count; i++)
        memcpy(rows + i * ROW_COUNT, t->rows.values + t->rows.owner_at[i * step] * ROW_COUNT, ROW_COUNT * sizeof *rows);
    for (unsigned k = 0; rows && k < ROW_COUNT; k++) {
        float most = -ROW_VALUE_MAX;
        for (size_t i = 0; i < *count; i++) most = fmaxf(most, rows[i * ROW_COUNT + k]); /* of a NaN and a number it is the number */
        for (size_t i = 0; i < *count; i++)
            if (isnan(rows[i * ROW_COUNT + k])) rows[i * ROW_COUNT + k] = most + 1;
    }
    return rows;
}

static enum err grow_isolation(const struct training *t, struct forest *f) {
    size_t count;
    float *rows = owners_filled(t, &count);
    if (!rows) return problem_set(t->problem, ERR_FULL, "", "", "no memory for the isolation trees' rows");
    forest_grow_trees(f, t->settings->isolation_trees, rows, count, ROW_COUNT, t->settings->seed);
    free(rows);
    return ERR_OK;
}

static void write_about(const struct training *t, struct buf *b) {
    const struct train_settings *s = t->settings;
    const struct train_summary *m = t->summary;
    unsigned families = 0;
    for (unsigned i = 0; i < m->families.count; i++) families += m->rows_of[i] > 0;
    buf_fmt(b,
            "%u trees of depth %u, rate %u, and %u isolation trees; %u worlds, %llu events; %zu owners' rows of %llu, %zu of hijackers in "
            "%u families",
            s->trees, s->depth, s->rate_permille, s->isolation_trees, s->world_count, (unsigned long long)m->events, m->owners,
            (unsigned long long)m->owners_seen, m->hijackers, families);
    if (s->hold_out_families) buf_fmt(b, "; without families %.300s", s->hold_out_families);
    if (s->hold_out_networks) buf_fmt(b, "; without networks %.200s", s->hold_out_networks);
    buf_fmt(b, "; leaf weight %u, l2 %u, seed %llu", s->leaf_weight_min, s->leaf_l2, (unsigned long long)s->seed);
}

/* Writes the model, reads it back, and compares where the library is at hand. */
static enum err write_model(struct training *t, struct model_parts *parts, struct trainer *trainer, struct buf *out) {
    char about[MODEL_ABOUT_SIZE_MAX];
    struct buf b = buf_over(about, sizeof about);
    write_about(t, &b);
    if (b.overflow) return problem_set(t->problem, ERR_TOO_LARGE, "", "hold out less", "what the model was made of is too long to tell");
    parts->name = t->settings->name;
    parts->about = buf_str(&b);
    size_t begin = out->size;
    enum err err = model_text_write(parts, out, t->problem);
    void *memory = malloc(MODEL_MEMORY_SIZE);
    if (!err && !memory) err = problem_set(t->problem, ERR_FULL, "", "", "no memory to read the model with");
    struct arena a = arena_over(memory, MODEL_MEMORY_SIZE);
    const struct model *m;
    if (!err) err = model_read((struct str){out->at + begin, out->size - begin}, &a, &m, t->problem);
    if (!err && parts->boosted) err = compare(t, trainer, m);
    free(memory);
    return err;
}

static enum err grow_boosted(struct training *t, struct trainer *trainer, struct trees *trees) {
    const struct train_settings *s = t->settings;
    struct trainer_settings settings = {.seed = s->seed,
                                        .rounds = s->trees,
                                        .depth = s->depth,
                                        .rate_permille = s->rate_permille,
                                        .leaf_weight_min = s->leaf_weight_min,
                                        .leaf_l2 = s->leaf_l2,
                                        .direction = row_direction};
    enum err err = trainer_open(trainer, t->problem);
    if (!err) err = weigh(t);
    struct trainer_rows rows = {t->rows.values, t->rows.labels, t->rows.weights, t->rows.count, ROW_COUNT};
    return err ? err : trainer_train(trainer, &rows, &settings, trees, t->problem);
}

static enum err grow_model(struct training *t, struct buf *out) {
    const struct train_settings *s = t->settings;
    struct trainer trainer = {0};
    struct trees trees = {0};
    struct forest *forest = calloc(1, sizeof *forest);
    enum err err = forest ? ERR_OK : problem_set(t->problem, ERR_FULL, "", "", "no memory for isolation trees");
    if (!err && s->trees) err = grow_boosted(t, &trainer, &trees);
    if (!err && s->isolation_trees) err = grow_isolation(t, forest);
    struct model_parts parts = {.boosted = s->trees ? &trees : NULL, .isolation = s->isolation_trees ? forest : NULL};
    if (!err) err = write_model(t, &parts, &trainer, out);
    trees_release(&trees);
    trainer_close(&trainer);
    free(forest);
    return err;
}

enum err train_model(const struct train_settings *s, void (*say)(const char *line), struct train_summary *summary, struct buf *out,
                     struct problem *p) {
    static struct training t;
    t = (struct training){.settings = s, .summary = summary, .problem = p};
    *summary = (struct train_summary){0};
    t.rows.owner_at = malloc(OWNERS_MAX * sizeof *t.rows.owner_at);
    enum err err = t.rows.owner_at ? take_worlds(&t, say) : problem_set(p, ERR_FULL, "", "", "no memory");
    if (!err) err = check_rows(&t);
    if (!err) say("growing trees");
    if (!err) err = grow_model(&t, out);
    free(t.rows.values);
    free(t.rows.labels);
    free(t.rows.weights);
    free(t.rows.families);
    free(t.rows.owner_at);
    return err;
}
