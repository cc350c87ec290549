// SPDX-License-Identifier: Apache-2.0
/* Walks a stream of events with one baseline: measure, judge, learn. */
#include "baseline/baseline.h"

#include <math.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"

static const struct baseline *const baselines[] = {
#define BASELINE(name) &baseline_##name,
#include "baseline/baselines.def"
#undef BASELINE
};

struct carrier { /* a session, an order or a charge */
    uint64_t key;
    bool scored;
    double score; /* the highest so far */
};

const struct baseline *baseline_at(unsigned index) {
    return index < sizeof baselines / sizeof baselines[0] ? baselines[index] : NULL;
}

const struct baseline *baseline_from(struct str name) {
    for (unsigned i = 0; baseline_at(i); i++)
        if (str_equal(name, str_from(baseline_at(i)->name))) return baseline_at(i);
    return NULL;
}

enum err baseline_open(struct baseline_run *r, const struct baseline *b, const struct baseline_options *o, struct problem *p) {
    *r = (struct baseline_run){.baseline = b};
    relation_init(&r->relation);
    r->carriers = TABLE_OF(struct carrier);
    r->self = calloc(1, b->state_size ? b->state_size : 1);
    if (!r->self) return problem_set(p, ERR_FULL, "", "", "no memory");
    return b->open ? b->open(r->self, o, p) : ERR_OK;
}

static uint64_t carrier_key(struct str name, uint64_t kind) {
    return name.size ? hash_str(name, kind) | 1 : 0;
}

/* What a doubtful session ordered is as doubtful, and so is what becomes of the order and its charge. */
static enum err carry(struct baseline_run *r, const struct event *e, double *score, struct problem *p) {
    const uint64_t keys[] = {carrier_key(e->session, 1), carrier_key(e->order, 2), carrier_key(e->charge, 3)};
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct carrier *c = keys[i] ? table_find(&r->carriers, keys[i]) : NULL;
        if (c && c->scored && c->score > *score) *score = c->score;
    }
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct carrier *c = keys[i] ? table_add(&r->carriers, keys[i]) : NULL;
        if (keys[i] && !c) return problem_set(p, ERR_FULL, "", "", "no memory to remember sessions");
        if (c) *c = (struct carrier){keys[i], true, *score};
    }
    return ERR_OK;
}

enum err baseline_step(struct baseline_run *r, const struct event *e, double *score, struct problem *p) {
    const struct baseline *b = r->baseline;
    float relation[RELATION_COUNT];
    struct relation_key key = relation_key_of(e);
    relation_measure(&r->relation, e, &key, relation);
    struct baseline_sight sight = {e, &key, relation, r->position++};
    *score = key.has_path || b->all ? b->score(r->self, &sight) : b->floor;
    CHECK(isfinite(*score));
    enum err err = b->carries ? carry(r, e, score, p) : ERR_OK;
    if (!err && b->learn && key.has_path) err = b->learn(r->self, &sight, p);
    return err ? err : relation_learn(&r->relation, e, &key, p);
}

void baseline_close(struct baseline_run *r) {
    if (r->self && r->baseline->close) r->baseline->close(r->self);
    free(r->self);
    r->self = NULL;
    relation_release(&r->relation);
    table_release(&r->carriers);
}
