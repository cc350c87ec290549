// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_RECORD_H
#define INCIDENT_RECORD_H

#include "base/arena.h"
#include "decide/decision.h"
#include "event/event.h"

/* One record of the account's thread through the journal: what happened, and how it was judged. */
struct account_event {
    uint64_t position;
    uint64_t previous; /* of the account's record before this one, 0 = none */
    struct event event;
    struct decision decision;
};

/* "inc_912834" for the position that opened it. */
struct str incident_id(uint64_t open_position, struct arena *step);
/* 0 where it is no such id. */
uint64_t incident_position(struct str id);

#endif
