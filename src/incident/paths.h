// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_PATHS_H
#define INCIDENT_PATHS_H

#include "incident/finding.h"
#include "incident/origins.h"

/*
 * Which ways into the account are the owner's, given when the attack began and what was called hostile: those used calmly CAMPAIGN_MS or
 * longer before it, and those that he or an analyst vouched for. What was used for less long is told too, in degrees.
 */

/* What is known of each name. */
struct path_fact {
    int64_t first_ms, last_ms; /* calm uses before the attack; first > last = none */
    bool vouched;
    int64_t tainted_ms; /* the first event that carries it and was called hostile before this incident; INT64_MAX = none */
    bool birth;         /* seen in the first calm event of the thread */
    bool home;          /* a network, no shared one: the owner's own device was there before the attack */
    bool anchored;      /* a device or session: used calmly, before the attack, where the owner has long been */
    int64_t accused_from_ms, accused_to_ms; /* a network: when the owner disowned what came from it; from > to = never */
    uint16_t let_in_days; /* on which it was let in before the attack, 20 hours apart at least, since something was done against it */
    int64_t let_in_ms;    /* on the latest of them */
};

struct paths {
    const struct origins *origins;
    const struct trace *traces; /* as in `origins` */
    size_t count;
    const enum ground *seed; /* per trace, of struct seeds: what was called hostile shows no path of the owner's */
    int64_t attack_ms;       /* first seed */
    struct path_fact *facts; /* of each name */
    size_t name_count;
    enum ground *own; /* per trace: GROUND_NONE, or why its access is the owner's */
    bool *usual;      /* per trace: its access looks like the owner's, though not for a fortnight yet */
    bool owner_has_devices;
    bool has_past; /* a path of the owner's is established: whatever is new since, is new to him */
};

/* Everything lives in `step`; `seed` may change before the calls that say whose a path is. */
void paths_init(struct paths *p, const struct origins *origins, const enum ground *seed, size_t name_count, struct arena *step);
/* This trace was called hostile before the incident at hand. */
void paths_taint(struct paths *p, const struct trace *t);
/* Learns the owner's paths of the time before `attack_ms`, and whose each trace's is. `open_position`: words about it do not count. */
void paths_settle(struct paths *p, int64_t attack_ms, uint64_t open_position);
/* The owner disowned this trace; whose each trace's path is, is found anew by paths_assign. */
void paths_accuse(struct paths *p, const struct trace *t);
void paths_assign(struct paths *p);

/* ---- of a name ---- */

bool paths_seen_calm(const struct paths *p, uint16_t name);
/* What came up on the day of the attack only, may have come with it. */
bool paths_seen_days_before(const struct paths *p, uint16_t name);
/* For a fortnight or longer. */
bool paths_established(const struct paths *p, uint16_t name);
/* On two days, or by the first event of the account. */
bool paths_used_before(const struct paths *p, uint16_t name);

/* ---- of a trace ---- */

/* A device id can be stolen with the cookies: then the client that carries it is another one. */
bool paths_client_contradicts(const struct paths *p, const struct trace *t);
/* What the owner disowned by name came from a network that he was never seen on: whatever comes from there is not his by its device. */
bool paths_is_accused(const struct paths *p, const struct trace *t);
/* Where the owner's own device was before the attack. */
bool paths_is_at_home(const struct paths *p, const struct trace *t);
/* On a network that the owner was seen on before the attack, with whatever device. */
bool paths_is_at_owners(const struct paths *p, const struct trace *t);
/* Used calmly before the attack, be it for a day: a score on it since then may tell of the attack on the account, not of who is there. */
bool paths_is_familiar(const struct paths *p, const struct trace *t);
/* A path that the account has long been used on: who is there is told by lineage or by the owner, not by likeness or by a score. */
bool paths_is_customary(const struct paths *p, const struct trace *t);
/* On a path that was used on two days before the attack, or by the account's first event. */
bool paths_is_used_before(const struct paths *p, const struct trace *t);
/* The session was the owner's, and nothing speaks for another client since: its score may tell of whoever stole it in between. */
bool paths_in_usual_session(const struct paths *p, const struct trace *t);
/* May these words lower our guard? Not where they were said over a path that the owner is not known to use. */
bool paths_speak_for_owner(const struct paths *p, uint16_t statement);

#endif
