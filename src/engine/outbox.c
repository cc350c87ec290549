// SPDX-License-Identifier: Apache-2.0
/* Gathers what the incident store has to absorb with the next commit. */
#include "engine/outbox.h"

#include "base/check.h"

void outbox_init(struct outbox *o, void *memory) {
    size_t rows = OUTBOX_COUNT_MAX * sizeof *o->writes;
    *o = (struct outbox){.writes = memory, .texts = arena_over((char *)memory + rows, OUTBOX_BYTES_MAX)};
}

void outbox_reset(struct outbox *o) {
    o->count = 0;
    arena_reset(&o->texts);
}

bool outbox_has_room(const struct outbox *o) {
    return o->count + OUTBOX_STEP_COUNT_MAX <= OUTBOX_COUNT_MAX && o->texts.used + OUTBOX_STEP_BYTES_MAX <= o->texts.capacity;
}

/* Replaces every text of a row by a copy that lives as long as the batch. */
static void own_texts(struct incident_write *w, struct arena *a, bool *full) {
    struct str *texts[8];
    size_t count = 0;
    switch (w->kind) {
    case WRITE_INCIDENT: {
        struct incident_row *r = &w->as.incident;
        struct str *all[] = {&r->id, &r->account, &r->path, &r->summary, &r->closed_why};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) texts[count++] = all[i];
        break;
    }
    case WRITE_INCIDENT_EVENT: {
        struct incident_event_row *r = &w->as.event;
        struct str *all[] = {&r->incident, &r->event, &r->kind, &r->why, &r->detail, &r->object, &r->facts};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) texts[count++] = all[i];
        break;
    }
    case WRITE_DECISION: {
        struct decision_row *r = &w->as.decision;
        struct str *all[] = {&r->event, &r->account, &r->kind, &r->verdict, &r->incident, &r->policy, &r->answer};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) texts[count++] = all[i];
        break;
    }
    case WRITE_RESPONSE:
    case WRITE_EFFECT:
    case WRITE_STEP:
    case WRITE_TASK:
    case WRITE_LEDGER:
    case WRITE_NOTICE:
    case WRITE_HOLD:
    case WRITE_PROOF:
    case WRITE_AUDIT: CHECK(false); /* made while absorbing, never gathered here */
    }
    for (size_t i = 0; i < count; i++) *texts[i] = arena_copy(a, *texts[i], full);
}

void outbox_add(struct outbox *o, const struct incident_write *writes, size_t count, uint64_t position) {
    CHECK(count <= OUTBOX_STEP_COUNT_MAX && o->count + count <= OUTBOX_COUNT_MAX);
    bool full = false;
    for (size_t i = 0; i < count; i++) {
        o->writes[o->count] = writes[i];
        own_texts(&o->writes[o->count++], &o->texts, &full);
    }
    CHECK(!full); /* outbox_has_room was asked before the step; a step's texts are bounded by its arena and its thread */
    o->position = position;
}
