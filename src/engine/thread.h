// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_THREAD_H
#define ENGINE_THREAD_H

#include "incident/incident.h"
#include "port/journal.h"

/*
 * An account's thread: its records, linked backwards through the journal by `previous`. Only the engine can follow it, for rooms do not
 * read.
 */

/* The account's events before the one at hand, oldest first, with room for one more at the end; from the record at `last` backwards. */
enum err thread_read(struct journal j, uint64_t last, int64_t not_before_ms, size_t count_max, struct arena *step,
                     struct account_event **events, size_t *count) MUST_USE;

/* Where the event at hand stands in its account's thread. */
struct thread_place {
    uint64_t position, previous;
    uint64_t open_position; /* that opened the account's open incident, 0 = none */
    int64_t now_ms;
};

/* Hands the event at hand, with its thread where that is needed, to the incident room; sets the incident that the decision names. */
enum err thread_advance_incident(struct journal j, const struct thread_place *at, const struct event *event, struct decision *decision,
                                 struct arena *step, struct incident_change *out) MUST_USE;

#endif
