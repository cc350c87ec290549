// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_MODEL_EVENT_H
#define ENGINE_MODEL_EVENT_H

#include "base/arena.h"
#include "base/bounds.h"
#include "event/event.h"

/*
 * Another model enters as a policy does (engine/policy_event.h): as an event of ours that carries all of it in `extra`
 * ({"name": "...", "by": "...", "before": 17, "back_from": 0, "model": "..."}), so that the journal alone tells by what was judged, and a
 * recovery measures as was measured.
 */
#define MODEL_EVENT_SOURCE STR("hikeshi")

struct model_change {
    struct str text;    /* the whole model */
    struct str name;    /* that of the model; what it says in its text */
    struct str by;      /* who put it in force: the name of a key, or empty */
    uint64_t before;    /* record that brought the model before it, to which a rollback goes; 0 = the built-in one */
    uint64_t back_from; /* this is a rollback: the record whose model was taken out of force; 0 = it is not */
};

struct model_event {
    struct event event; /* its texts lie below */
    char id[48];
    char extra[POLICY_EVENT_SIZE_MAX - 1024]; /* what is left of a record beside the other fields */
};

/* ERR_TOO_LARGE where the text does not fit an event. */
enum err model_event_make(struct model_event *out, const struct model_change *change, uint64_t position, int64_t now_ms,
                          struct problem *p) MUST_USE;
/* Texts in `step`. ERR_CORRUPT where the event carries no model. */
enum err model_event_read(const struct event *event, struct arena *step, struct model_change *out) MUST_USE;

#endif
