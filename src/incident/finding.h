// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_FINDING_H
#define INCIDENT_FINDING_H

#include "base/moment.h"
#include "port/incident_store.h"

/* Whose one event is called, and on what ground; and the measures by which more than one module of this room judges. */

/* A campaign lasts so long; who uses a path calmly for as long before it, made it his own. */
#define CAMPAIGN_MS (14 * DAY_MS)
/* What was seen so shortly before the first act that is known to be hostile may be the same visit. */
#define VISIT_MS (2 * HOUR_MS)
/* Who comes again to a place or session within this time is taken for the same person, where nothing else tells. */
#define APART_MS (12 * HOUR_MS)
/* A score that 0.1 % of owners' own logins reach. */
#define SUSPECT_SCORE_MIN 900

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
    GROUND_KNOWN_PASSWORD, /* a stranger, hardly like the owner, with the password that the hijacker had */
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

struct finding {
    enum whose whose;
    enum ground ground;
    uint16_t by; /* the trace that it was concluded from, or NOBODY */
};

#endif
