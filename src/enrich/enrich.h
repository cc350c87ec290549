// SPDX-License-Identifier: Apache-2.0
#ifndef ENRICH_ENRICH_H
#define ENRICH_ENRICH_H

#include "base/arena.h"
#include "enrich/features.h"
#include "enrich/path.h"
#include "port/cells.h"

/*
 * The door: an event becomes features. Three pure steps around two rounds of cells (HOUSE.md, State):
 *   enrich_plan   names every cell that the event touches, with the deltas that count it as an attempt   -> round 1: GET + BUMPs
 *   enrich_event  reads the returned bytes                                                                -> features
 *   enrich_learn  after the decision: the account's new profile, and the deltas that teach the fleet      -> round 2: CAS + BUMPs
 */
#define EVENT_CELLS_MAX 32

/* What an operation of a plan counts: an enum attribute, or one of these. Also its place within the event, so at most 16 bump. */
enum plan_role {
    PLAN_TOTAL = ATTR_COUNT, /* all attempts of the shop */
    PLAN_TAG,                /* the tried password */
    PLAN_BUMP_COUNT,
    PLAN_ORIGIN = PLAN_BUMP_COUNT, /* and an enum shared: what is remembered of it; counts nothing, so it needs no id */
    PLAN_PROFILE = PLAN_ORIGIN + SHARED_COUNT
};

struct cell_plan {
    size_t count;
    struct cell_op ops[EVENT_CELLS_MAX]; /* ops[0] is the account's GET (or CAS), where the event has an account */
    uint8_t role[EVENT_CELLS_MAX];       /* what ops[i] counts: an enum attribute or an enum plan_role */
    struct bump bumps[EVENT_CELLS_MAX];  /* ops[i].bump points here */
    bool has_profile;                    /* the event belongs to an account: not a name that does not exist, not a missing subject */
    uint64_t account;                    /* its hash */
    uint64_t seed;
    struct access_path path; /* of the event, hashed once for all steps */
};

/* `seed` is the data directory's; `op_base` makes the operations' ids unique (position * 32). The plan points into itself: do not copy it.
 */
void enrich_plan(const struct event *e, uint64_t seed, uint64_t op_base, struct cell_plan *plan);
/* Gives the operations of a plan that was made ahead of its turn the ids of its turn. */
void enrich_plan_renumber(struct cell_plan *plan, uint64_t op_base);
void enrich_event(const struct event *e, const struct cell_plan *read, struct arena *step, struct features *out);

/* What an origin's cell says at `now_ms`, without the account `own` (origin_account; 0 = of all). `trained` is not in it. */
void enrich_read_origin(const void *cell, uint32_t own, int64_t now_ms, struct origin_reading *out);

/* What the decision says about learning from this event. */
struct lesson {
    uint64_t position; /* of this event */
    uint16_t score;    /* of this event */
    uint16_t alone;    /* the same without what other accounts did from its origins: what it tells of them, so that none feeds itself */
    bool trains;       /* an owner's act: it may teach the profile and the fleet. Never what was doubted */
    bool risky;        /* a login that looked risky: opens the sequence that later acts are judged by (so does a score of RISKY_SCORE) */
    bool taken_over;   /* the event is the hijacker's: marks its session and path hostile */
    bool named;        /* somebody's word of a takeover was about this entry, which is judged again for it */
    bool cleared;      /* a false alarm was proven: forgets suspicion, trusts the paths of the account's open sessions */
    uint64_t incident; /* position that opened the account's open incident, 0 = none */
};
#define RISKY_SCORE 500
/* From this score (alone) on an entry is remembered at its origins: one owner's in twenty is. */
#define ENTRY_SCORE 500
/* `after` is PROFILE_SIZE bytes, 8-aligned. `second` becomes round 2. `read` must still be valid (no submit in between). */
void enrich_learn(const struct event *e, const struct features *f, const struct cell_plan *read, const struct lesson *lesson, void *after,
                  struct cell_plan *second);

/* Version of what this room keeps in profiles. */
uint32_t enrich_layout(void);
/* What the engine needs of a profile's bytes (zeros = an account never seen). */
uint64_t profile_last_position(const void *profile); /* the account's thread through the journal */
uint64_t profile_incident(const void *profile);      /* position that opened its open incident, 0 = none */

#endif
