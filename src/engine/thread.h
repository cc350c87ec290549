// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_THREAD_H
#define ENGINE_THREAD_H

#include "incident/incident.h"
#include "port/journal.h"

/*
 * An account's thread: its records, linked backwards through the journal by `previous`. Only the engine can follow it, for rooms do not
 * read.
 */

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
