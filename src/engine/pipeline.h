// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_PIPELINE_H
#define ENGINE_PIPELINE_H

#include "decide/decide.h"
#include "engine/review.h"
#include "enrich/enrich.h"
#include "incident/incident.h"
#include "port/journal.h"
#include "score/score.h"

/* What the rooms work on: borrowed from the engine, which owns it. */
struct pipeline {
    struct cells cells;
    struct journal journal; /* read only: the account's thread */
    const struct policy *policy;
    struct calibration *calibration;
    const struct model *model; /* NULL: none is in force */
    struct arena *step;        /* reset before each event */
    uint64_t seed;
    struct row_tap rows;
    uint32_t left_out;     /* detectors that measure nothing (enrich/features.h) */
    uint64_t failed_steps; /* so that an event refused half-way does not lend its operations' ids to the next at its position */
};

/* One event's way through the rooms: each noun, in order. */
struct step {
    uint64_t position;
    int64_t received_ms;
    struct cell_plan *plan; /* of enrich_plan, for this event; perhaps made ahead */
    uint64_t previous;      /* the same account's record before */
    struct features features;
    struct assessment assessment;
    struct decision decision;
    struct incident_change incident;
    struct reviews reviews; /* earlier entries that have to be judged again for it */
};

/*
 * Takes the event through the rooms, from the position, time and plan of *s, and leaves its traces in the cells. With `answered` (a record
 * that was decided before: recovery) the stored decision stands and nothing is judged anew. Errors are the backend's: ERR_FULL (no room for
 * another account), ERR_BUSY, ERR_IO.
 */
enum err pipeline_step(const struct pipeline *p, const struct event *event, const struct decision *answered, struct step *s) MUST_USE;

#endif
