// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_MODEL_EVENT_H
#define ENGINE_MODEL_EVENT_H

#include "base/arena.h"
#include "base/bounds.h"
#include "event/event.h"

/*
 * Another model enters as a policy does (engine/policy_event.h): as an event of ours that carries all of it in `extra`
 * ({"name": "...", "model": "..."}), so that the journal alone tells by what was judged, and a recovery measures as was measured.
 */
#define MODEL_EVENT_SOURCE STR("hikeshi")

struct model_event {
    struct event event; /* its texts lie below */
    char id[48];
    char extra[POLICY_EVENT_SIZE_MAX - 1024]; /* what is left of a record beside the other fields */
};

/* ERR_TOO_LARGE where the text does not fit an event. */
enum err model_event_make(struct model_event *out, struct str text, struct str name, uint64_t position, int64_t now_ms,
                          struct problem *p) MUST_USE;
/* The text, in `step`. ERR_CORRUPT where the event carries none. */
enum err model_event_read(const struct event *event, struct arena *step, struct str *text) MUST_USE;

#endif
