// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_POLICY_EVENT_H
#define ENGINE_POLICY_EVENT_H

#include "base/arena.h"
#include "base/bounds.h"
#include "event/event.h"

/*
 * A new policy enters by the front door like everything else: as an event of ours that carries the whole bundle in `extra`
 * ({"bundle": "..."}), so that the journal alone tells what was in force, and a replay decides as it was decided.
 */
#define POLICY_EVENT_SOURCE STR("hikeshi")

struct policy_event {
    struct event event; /* its texts lie below */
    char id[48];
    char extra[POLICY_EVENT_SIZE_MAX - 1024]; /* what is left of a record beside the other fields */
};

/* ERR_TOO_LARGE where the bundle does not fit an event. `version` is borrowed. */
enum err policy_event_make(struct policy_event *out, struct str bundle, struct str version, uint64_t position, int64_t now_ms,
                           struct problem *p) MUST_USE;
/* The bundle, in `step`. ERR_CORRUPT where the event carries none. */
enum err policy_event_read(const struct event *event, struct arena *step, struct str *bundle) MUST_USE;

#endif
