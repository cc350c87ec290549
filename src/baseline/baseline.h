// SPDX-License-Identifier: Apache-2.0
#ifndef BASELINE_BASELINE_H
#define BASELINE_BASELINE_H

#include "base/err.h"
#include "baseline/relation.h"
#include "baseline/trees.h"
#include "event/event.h"

/*
 * Baselines: other ways of telling hijackers from owners, to be put beside our own in the same table. One file in baselines/ and one line
 * in baselines.def each. All see the same events, in order, and judge each from what came before it.
 */
struct baseline_options {
    uint64_t seed;
    const struct trees *model; /* of a baseline that is trained; or NULL */
};

struct baseline_sight {
    const struct event *event;
    const struct relation_key *key;
    const float *relation; /* RELATION_COUNT */
    uint64_t position;     /* of the event in the stream, from 0 */
};

struct baseline {
    const char *name;
    const char *sentence;
    double floor; /* the own score of what came over no access path: an order moved on, a charge was settled */
    bool all;     /* scores those too */
    bool trained; /* needs a model */
    bool carries; /* an event scores at least what its session, order or charge has scored so far: who doubts a login doubts what it did */
    size_t state_size;
    enum err (*open)(void *self, const struct baseline_options *o, struct problem *p); /* self is zeroed; or NULL */
    double (*score)(void *self, const struct baseline_sight *s);                       /* finite; more = more suspicious */
    enum err (*learn)(void *self, const struct baseline_sight *s, struct problem *p);  /* or NULL */
    void (*close)(void *self);                                                         /* or NULL */
};

#define BASELINE(name) extern const struct baseline baseline_##name;
#include "baseline/baselines.def"
#undef BASELINE

/* By name; NULL where there is none. */
const struct baseline *baseline_from(struct str name);
/* In the order of baselines.def; NULL past the end. */
const struct baseline *baseline_at(unsigned index);

struct baseline_run {
    const struct baseline *baseline;
    void *self;
    struct relation relation;
    struct table carriers; /* sessions, orders and charges with their highest score so far */
    uint64_t position;
};

enum err baseline_open(struct baseline_run *r, const struct baseline *b, const struct baseline_options *o, struct problem *p) MUST_USE;
/* Judges the next event, then learns it. */
enum err baseline_step(struct baseline_run *r, const struct event *e, double *score, struct problem *p) MUST_USE;
void baseline_close(struct baseline_run *r);

#endif
