// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_LINEAGE_H
#define INCIDENT_LINEAGE_H

#include "incident/traces.h"
#include "port/incident_store.h"

/*
 * Whose was it? Answers for every event of an account's thread, given the record that opened the incident. The answer depends on the set of
 * events and their times, not on the order in which they came in.
 *
 * 1. Seeds are the events that somebody called hostile: the takeover judgements since the opening, and what the owner said was not his.
 *    Where he named nothing: the most suspicious access of the last CAMPAIGN_MS that he never used before. Beside them, strangers who were
 *    let in within CAMPAIGN_MS with a score that one owner's login in a thousand reaches, and who passed no challenge. Whose path was let
 * in on several days before is no stranger.
 * 2. The owner's paths are those used calmly CAMPAIGN_MS or longer before the first seed, and those that he or an analyst vouched for.
 * 3. Hostile is whatever can be reached from a seed by links (enum ground), never passing over an owner's path.
 * 4. A seed that lies on an owner's path itself is doubted: it and its session are unknown, until the owner or an analyst says it plainly.
 * 5. What happened to objects (an order's state, a charge) goes to whoever brought the object into being.
 */
#define CAMPAIGN_MS (14 * DAY_MS)

enum ground {
    GROUND_NONE,
    /* the hijacker's */
    GROUND_JUDGED,
    GROUND_SAID,
    GROUND_SUSPECTED, /* the owner named nothing; this is the access that he never used before */
    GROUND_UNLIKE,    /* a stranger beside the attack whom hardly any owner's login resembles */
    GROUND_CONFIRMED, /* an analyst said so although it lies on an owner's path */
    GROUND_SESSION,
    GROUND_STOLEN_SESSION, /* of one that the owner had opened */
    GROUND_TOKEN,
    GROUND_DEVICE,
    GROUND_PLACE,
    GROUND_RESET,
    GROUND_PASSWORD,
    /* the owner's */
    GROUND_VOUCHED,
    GROUND_OWN_DEVICE,
    GROUND_OWN_PLACE,
    GROUND_OWN_SESSION,
    GROUND_OWN_TOKEN,
    GROUND_BEFORE, /* on a path used before the attack, but not for long enough to be sure of it against evidence */
    GROUND_OWN_LINE,
    GROUND_QUIET, /* an ordinary act a fortnight or more after the hijacker was last seen */
    GROUND_SPOKEN,
    /* by the object's maker, whoever it was */
    GROUND_OBJECT,
    /* unknown */
    GROUND_DOUBTED,
    GROUND_NEW_PATH,
    GROUND_NO_MAKER,
    GROUND_STAFF,
    GROUND_OURS,
};

#define NOBODY UINT16_MAX /* no such trace */

struct finding {
    enum whose whose;
    enum ground ground;
    uint16_t by; /* the trace that it was concluded from, or NOBODY */
};

struct lineage {
    const struct trace *traces; /* by time */
    size_t count;
    struct finding *findings; /* of traces[i] */
    int64_t first_seed_ms;
    uint16_t trigger;       /* the seed that opened it, or NOBODY: nothing could be named */
    int64_t from_ms, to_ms; /* first and last of the hijacker's; 0 = none */
    const struct names *names;
};

/* `open_position` is that of a record in the thread. Everything lives in `step`. */
void lineage_find(struct lineage *l, const struct account_event *thread, size_t count, uint64_t open_position, struct arena *step);
/* The trace of the record at this position, or NOBODY. */
uint16_t lineage_at(const struct lineage *l, uint64_t position);
/* Whom the words of a statement are about: an event id, an incident id, an object id. NOBODY where it names nothing known. */
uint16_t lineage_about(const struct lineage *l, struct str about);
/* Did whoever made this statement prove to be the owner although he is on a hostile path (incident/proof.h)? */
bool lineage_proven(const struct lineage *l, uint16_t statement, uint64_t opened, int64_t attack_ms);

#endif
