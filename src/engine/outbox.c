// SPDX-License-Identifier: Apache-2.0
/* Gathers what the incident store has to absorb with the next commit. */
#include "engine/outbox.h"

#include "base/check.h"

#define ITEMS_SIZE  (OUTBOX_ITEMS_MAX * sizeof(struct absorbable))
#define WRITES_SIZE (OUTBOX_COUNT_MAX * sizeof(struct incident_write))

void outbox_init(struct outbox *o, void *memory) {
    char *at = memory;
    *o = (struct outbox){
        .items = memory,
        .writes = (void *)(at + ITEMS_SIZE),
        .texts = arena_over(at + ITEMS_SIZE + WRITES_SIZE, OUTBOX_BYTES_MAX),
    };
}

void outbox_reset(struct outbox *o) {
    o->count = o->write_count = 0;
    arena_reset(&o->texts);
}

bool outbox_has_room(const struct outbox *o) {
    return o->count < OUTBOX_ITEMS_MAX && o->write_count + OUTBOX_STEP_COUNT_MAX <= OUTBOX_COUNT_MAX &&
           o->texts.used + OUTBOX_STEP_BYTES_MAX <= o->texts.capacity;
}

/* Replaces every text of a row by a copy that lives as long as the batch. */
static void own_texts(struct incident_write *w, struct arena *a, bool *full) {
    struct str *texts[8];
    size_t count = 0;
    switch (w->kind) {
    case WRITE_INCIDENT: {
        struct incident_row *r = &w->as.incident;
        struct str *all[] = {&r->id, &r->account, &r->path, &r->summary, &r->closed_why, &r->language, &r->timezone};
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

static void add_writes(struct outbox *o, const struct incident_change *change, bool *full) {
    CHECK(change->write_count <= OUTBOX_STEP_COUNT_MAX && o->write_count + change->write_count <= OUTBOX_COUNT_MAX);
    for (size_t i = 0; i < change->write_count; i++) {
        o->writes[o->write_count] = change->writes[i];
        own_texts(&o->writes[o->write_count++], &o->texts, full);
    }
}

/*
 * Could this event mean anything to a response? Where an incident is open, everything may. Otherwise what people, card networks and we say,
 * and what became of orders and charges: their incident may be closed, or another account's. Absorbing asks again, and closely
 * (respond_wants).
 */
static bool may_concern_response(const struct event *event, const struct incident_change *change) {
    if (change->open_position || change->closed) return true;
    switch (kind_group(event->kind)) {
    case GROUP_OWN: return event->kind != KIND_POLICY_CHANGED && event->kind != KIND_MODEL_CHANGED;
    case GROUP_FATE:
    case GROUP_PEOPLE:
    case GROUP_LABEL: return true;
    case GROUP_NONE:
    case GROUP_ACCESS:
    case GROUP_CREDENTIAL:
    case GROUP_VALUE: break;
    }
    return false;
}

/* The incident that is spoken of: the open one, or the one that these writes close. */
static struct str incident_of(const struct outbox *o, const struct absorbable *item, const struct incident_change *change,
                              struct arena *texts) {
    if (change->open_position) return incident_id(change->open_position, texts);
    const struct incident_write *first = item->write_count ? &o->writes[item->first_write] : NULL;
    return first && first->kind == WRITE_INCIDENT ? first->as.incident.id : STR_NONE;
}

void outbox_add(struct outbox *o, const struct absorbable *facts, const struct event *event, struct str bytes,
                const struct incident_change *change) {
    bool concerns = may_concern_response(event, change), full = false;
    if (!concerns && !change->write_count) return;
    CHECK(o->count < OUTBOX_ITEMS_MAX);
    struct absorbable *item = &o->items[o->count++];
    *item = *facts;
    item->opened = change->opened, item->closed = change->closed, item->false_alarm = change->false_alarm;
    item->first_write = o->write_count, item->write_count = change->write_count;
    add_writes(o, change, &full);
    item->incident = incident_of(o, item, change, &o->texts);
    if (concerns) item->event = arena_copy(&o->texts, bytes, &full);
    CHECK(!full); /* outbox_has_room was asked before the step; a step's texts are bounded by its arena and its thread */
}
