// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_INCIDENT_H
#define INCIDENT_INCIDENT_H

#include "incident/record.h"
#include "port/incident_store.h"

/*
 * The door: a decision becomes an incident_change. An incident opens when an account is judged taken over, or when its owner says that
 * something was not his doing. It knows the attack window, the hostile access path, and of every event in and around the window whether it
 * was the hijacker's, the owner's, or unknown, by lineage: session -> tokens -> acts -> what became of them
 * (docs/explanation/attribution.md). At most one is open per account. It closes when the response has undone everything (its timer_fired),
 * by an analyst's verdict that it was a false alarm, or by an owner's word that it was him after all.
 */

/*
 * How far back the engine reads the thread, and how many records at most. The record that opened the incident must be among them: where the
 * thread is longer, the engine leaves out the middle and hands in those up to the opening and the latest. Where the journal does not keep
 * that record any more, nothing new is attributed.
 */
#define THREAD_MS_MAX    (INT64_C(90) * 24 * 60 * 60 * 1000)
#define THREAD_COUNT_MAX 512

/* What incident_advance may take of the step arena for a full thread of the largest texts: 2 kB a record before the event at hand, and
 * again after it, is 1.9 MB, twice that; and the facts of every record, EVENT_FACTS_SIZE_MAX, are 12 MB (incident_test.c). */
#define INCIDENT_STEP_SIZE_MAX (16U * 1024 * 1024)

struct incident_input {
    const struct account_event *thread; /* by position, oldest first; the last one is the event at hand; never empty */
    size_t thread_count;                /* 1 .. THREAD_COUNT_MAX; 1 is enough where incident_wants_thread says no */
    uint64_t open_position;             /* that opened the account's open incident, 0 = none */
    uint64_t position;                  /* of the event at hand */
    int64_t now_ms;                     /* when it came through the door */
};

/* The noun of this room. */
struct incident_change {
    bool opened, closed;
    bool false_alarm;       /* closed because it was the owner after all */
    uint64_t open_position; /* after this event, 0 = none */
    enum whose whose;       /* the event at hand */
    struct incident_write
        *writes;        /* step arena: incident first, then the events whose attribution is new or has changed, then the decision */
    size_t write_count; /* <= THREAD_COUNT_MAX + 2 */
};

/*
 * Does this event need the account's thread? True where an incident is open, opens, is closed by its response, or where a person speaks
 * about it. Otherwise the event at hand alone is enough: incident_whose_alone for a plain allow, incident_advance with a thread of one for
 * any other decision, which has to be stored.
 */
bool incident_wants_thread(const struct event *e, const struct decision *d, uint64_t open_position);
enum whose incident_whose_alone(const struct event *e, const struct decision *d);
void incident_advance(const struct incident_input *in, struct arena *step, struct incident_change *out);

/* Stored rows as JSON objects (docs/formats/incidents.md), no newline; set b->overflow. */
void incident_write_json(const struct incident_row *r, struct buf *b);
void incident_write_members(const struct incident_row *r, struct buf *b); /* without the braces, for who adds his own */
void incident_write_event_json(const struct incident_event_row *r, struct buf *b);

#endif
