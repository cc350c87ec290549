// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_INCIDENT_H
#define INCIDENT_INCIDENT_H

#include "base/arena.h"
#include "decide/decision.h"
#include "event/event.h"
#include "port/incident_store.h"

/*
 * The door: a decision becomes an incident_change. An incident opens when an account is judged taken over; it knows the attack window, the
 * hostile access path, and of every event in and around the window whether it was the hijacker's, the owner's, or unknown, by lineage:
 * session -> tokens -> acts -> what became of them. At most one is open per account. It closes by an analyst's verdict or an owner's proof.
 */

/* One record of the account's thread through the journal. */
struct account_event {
    uint64_t position;
    struct event event;
    struct decision decision;
    enum whose whose; /* out of incident_attribute */
    struct str why;   /* out, one sentence, static or in step */
};

/* How far back the engine reads the thread when an incident opens, and how many records at most. */
#define THREAD_MS_MAX    (INT64_C(90) * 24 * 60 * 60 * 1000)
#define THREAD_COUNT_MAX 512

struct incident_input {
    const struct account_event *thread; /* oldest first; the last one is the event at hand; never empty */
    size_t thread_count;
    uint64_t open_position; /* that opened the account's open incident, 0 = none */
    uint64_t position;      /* of the event at hand */
    int64_t now_ms;
};

/* The noun of this room. */
struct incident_change {
    bool opened, closed;
    bool false_alarm;              /* closed because it was the owner after all */
    uint64_t open_position;        /* after this event, 0 = none */
    enum whose whose;              /* the event at hand */
    struct incident_write *writes; /* step arena */
    size_t write_count;
};

/*
 * Does this event need the account's thread? True where an incident is open, opens, or where a person speaks about it. Otherwise the event
 * at hand alone is enough (`incident_whose_alone`).
 */
bool incident_wants_thread(const struct event *e, const struct decision *d, uint64_t open_position);
enum whose incident_whose_alone(const struct event *e, const struct decision *d);
void incident_advance(const struct incident_input *in, struct arena *step, struct incident_change *out);

/* "inc_912834" for the position that opened it. */
struct str incident_id(uint64_t open_position, struct arena *step);
/* 0 where it is no such id. */
uint64_t incident_position(struct str id);
struct str whose_word(enum whose w); /* "owner", "hijacker", "unknown" */

#endif
