// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_WIRING_H
#define CLI_WIRING_H

#include "engine/engine.h"

/*
 * The composition root: names the concrete stores and puts them behind the engine's ports. A command opens a wiring, works with its engine,
 * closes it.
 */
struct wiring_options {
    const char *data;       /* the data directory; NULL = everything in memory, gone at close (replay, tests) */
    const char *learn_from; /* with data == NULL: begin with what the journal of this directory tells; it is only read, and may be in use */
    uint64_t learn_to;      /* up to this position; 0 = all of it */
    const char *store;      /* connection string of a PostgreSQL database for the incidents; NULL = the directory's own SQLite file */
    bool create;            /* make the directory where it is not there */
    bool relaxed;           /* acknowledge after write, sync later: for imports that can be repeated */
    const char *policy;     /* a policy directory to put in force, or NULL: as the journal says */
    const char *const *geo; /* files with facts of networks (sys/netfacts_mmdb.h) */
    size_t geo_count;
    bool facts_journaled;                         /* the events come from a journal: what was known of their networks is in them */
    const struct clock *clock;                    /* NULL = the real one */
    uint64_t accounts_max;                        /* 0 = the default */
    void (*say)(void *context, const char *line); /* what was repaired, recovered or ignored; NULL = nobody listens */
    void *say_context;
    const char *model;   /* a model file to put in force, or NULL: as the journal says */
    bool without_model;  /* none is in force */
    uint32_t left_out;   /* detectors that measure nothing, 1 << place in score/detectors.def */
    struct row_tap rows; /* who watches what models read of each event; take may be NULL */
};

struct wiring {
    struct engine *engine;
    struct clock clock;
    struct wiring_parts *parts; /* the concrete stores; wiring.c only */
    uint64_t recovered;         /* records applied on opening */
    uint64_t snapshot_position; /* of the newest image */
};

enum err wiring_open(const struct wiring_options *o, struct wiring *w, struct problem *p) MUST_USE;
/* Seals and commits until everything submitted is settled; for commands with one thread. */
enum err wiring_settle(struct wiring *w, struct problem *p) MUST_USE;
/* With `relaxed`: makes what was committed survive a power cut; by a timer, in the thread that commits. Otherwise nothing. */
enum err wiring_sync(struct wiring *w, struct problem *p) MUST_USE;
/* Starts a snapshot in a child process where none is running. Everything submitted must be settled. */
enum err wiring_snapshot_begin(struct wiring *w, struct problem *p) MUST_USE;
/* Has the child ended? *done, and its outcome. With `wait` it waits. */
enum err wiring_snapshot_poll(struct wiring *w, bool wait, bool *done, struct problem *p) MUST_USE;
/* Reads the policy directory and the geo files again; a new policy is durable with the next commit. The old ones stay in force on an error.
 */
enum err wiring_reload(struct wiring *w, struct problem *p) MUST_USE;
/* Settles, takes a last snapshot where records came since the last, and gives everything back. */
enum err wiring_close(struct wiring *w, struct problem *p) MUST_USE;

#endif
