// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_OUTBOX_H
#define ENGINE_OUTBOX_H

#include "base/arena.h"
#include "incident/incident.h"
#include "port/incident_store.h"

/*
 * What the incident store still has to absorb, gathered per batch. Rows are copied, for the step they were made in is over when they are
 * written. Two of these take turns: one is filled while the other is being committed.
 */
#define OUTBOX_COUNT_MAX 16384
#define OUTBOX_BYTES_MAX (32U * 1024 * 1024)
/* Room that one event may need: every event of a thread attributed anew, and its decision. */
#define OUTBOX_STEP_COUNT_MAX 1024
#define OUTBOX_STEP_BYTES_MAX INCIDENT_STEP_SIZE_MAX

struct outbox {
    struct incident_write *writes;
    size_t count;
    struct arena texts;
    uint64_t position; /* of the last record gathered */
};

/* `memory` holds OUTBOX_COUNT_MAX writes, then OUTBOX_BYTES_MAX of texts. */
#define OUTBOX_MEMORY_SIZE (OUTBOX_COUNT_MAX * sizeof(struct incident_write) + OUTBOX_BYTES_MAX)
void outbox_init(struct outbox *o, void *memory);
void outbox_reset(struct outbox *o);
bool outbox_has_room(const struct outbox *o); /* for one more step */
void outbox_add(struct outbox *o, const struct incident_write *writes, size_t count, uint64_t position);

#endif
