// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_OUTBOX_H
#define ENGINE_OUTBOX_H

#include "base/arena.h"
#include "base/bounds.h"
#include "incident/incident.h"
#include "port/incident_store.h"
#include "respond/respond.h"

/*
 * What the incident store still has to absorb, gathered per batch: of every journaled record that matters, what the incident room made of
 * it, and what the respond room needs to go on from there (engine/absorb.h). Everything is copied, for the step it was made in is over when
 * it is absorbed. Two of these take turns: one is filled while the other is being committed.
 */
#define OUTBOX_COUNT_MAX 16384 /* writes */
#define OUTBOX_ITEMS_MAX 16384
#define OUTBOX_BYTES_MAX (32U * 1024 * 1024)
/* Room that one event may need: every event of a thread attributed anew, and its decision; and the event itself. */
#define OUTBOX_STEP_COUNT_MAX 1024
#define OUTBOX_STEP_BYTES_MAX ((size_t)INCIDENT_STEP_SIZE_MAX + EVENT_BINARY_SIZE_MAX)

struct absorbable {
    uint64_t position;
    int64_t received_ms;
    struct str event; /* as journaled; empty where there is nothing in it for a response */
    size_t first_write, write_count;
    struct str incident; /* open after it, or closed by it; empty = none */
    bool opened, closed, false_alarm;
    struct respond_settings settings; /* of the policy in force then */
};

struct outbox {
    struct absorbable *items;
    size_t count;
    struct incident_write *writes;
    size_t write_count;
    struct arena texts;
};

/* `memory` holds the items, then the writes, then OUTBOX_BYTES_MAX of texts. */
#define OUTBOX_MEMORY_SIZE                                                                                                                 \
    (OUTBOX_ITEMS_MAX * sizeof(struct absorbable) + OUTBOX_COUNT_MAX * sizeof(struct incident_write) + OUTBOX_BYTES_MAX)
void outbox_init(struct outbox *o, void *memory);
void outbox_reset(struct outbox *o);
bool outbox_has_room(const struct outbox *o); /* for one more step */
/* Keeps a record where the store has anything to absorb of it. `bytes`: the event as journaled. */
void outbox_add(struct outbox *o, const struct absorbable *facts, const struct event *event, struct str bytes,
                const struct incident_change *change);

#endif
