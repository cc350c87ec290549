// SPDX-License-Identifier: Apache-2.0
/* Says what of a response an event concerns, before anything of it is read: almost always nothing. */
#include <string.h>

#include "base/check.h"
#include "respond/respond.h"

#define OUR_SOURCE STR("hikeshi")

static struct respond_wish wish(enum respond_load load, struct str key) {
    return key.size ? (struct respond_wish){load, key} : (struct respond_wish){LOAD_NOTHING, STR_NONE};
}

/* "inc_1", "inc_1/e3" or "inc_1/t2". */
static struct respond_wish wish_by_id(struct str id) {
    struct str rest, incident = str_cut(id, '/', &rest);
    if (!incident_position(incident)) return wish(LOAD_NOTHING, STR_NONE);
    if (!rest.size) return wish(LOAD_INCIDENT, incident);
    if (rest.at[0] == 't') return wish(LOAD_TASK, id);
    return wish(rest.at[0] == 'e' ? LOAD_EFFECT : LOAD_NOTHING, id);
}

static struct respond_wish wish_by_object(const char *type, struct str id, struct arena *step) {
    if (!id.size) return wish(LOAD_NOTHING, STR_NONE);
    size_t size = strlen(type) + id.size + 1;
    char *memory = arena_take(step, size);
    CHECK(memory);
    struct buf b = buf_over(memory, size);
    buf_fmt(&b, "%s:", type);
    buf_text(&b, id);
    return wish(LOAD_OBJECT, buf_str(&b));
}

/* What still matters when the incident is over: money that moves back, or that somebody else wants back. */
static bool matters_late(enum fate f) {
    return f == FATE_DISPUTED || f == FATE_REFUNDED || f == FATE_REFUND_PENDING || f == FATE_REFUND_FAILED;
}

static struct respond_wish wish_by_fate(const struct event *e, struct arena *step) {
    bool of_nobody = !e->subject.size; /* a counterpart's webhook */
    if (e->kind == KIND_CHARGEBACK || e->kind == KIND_EARLY_FRAUD_WARNING) return wish_by_object("charge", e->charge, step);
    if (!of_nobody && !matters_late(e->fate)) return wish(LOAD_NOTHING, STR_NONE);
    if (e->kind == KIND_PAYMENT_STATE) return wish_by_object("charge", e->charge, step);
    return e->kind == KIND_ORDER_STATE ? wish_by_object("order", e->order, step) : wish(LOAD_NOTHING, STR_NONE);
}

static bool tells_of_incident(const struct respond_event *e) {
    if (!e->incident.size) return false;
    enum kind_group group = kind_group(e->event->kind);
    if (e->opened || e->closed || group == GROUP_FATE || group == GROUP_LABEL || group == GROUP_PEOPLE) return true;
    for (size_t i = 0; i < e->write_count; i++)
        if (e->writes[i].kind == WRITE_INCIDENT || e->writes[i].kind == WRITE_INCIDENT_EVENT) return true;
    return false;
}

struct respond_wish respond_wants(const struct respond_event *e, struct arena *step) {
    const struct event *event = e->event;
    bool ours = str_equal(event->source, OUR_SOURCE);
    if (event->kind == KIND_ACTION_RESULT) return wish(ours ? LOAD_STEP : LOAD_NOTHING, event->step);
    if (event->kind == KIND_TIMER_FIRED) return ours ? wish_by_id(event->about) : wish(LOAD_NOTHING, STR_NONE);
    if (event->kind == KIND_APPROVAL) return wish(LOAD_TASK, respond_incident_of(event->task).size ? event->task : STR_NONE);
    if (tells_of_incident(e)) return wish(LOAD_INCIDENT, e->incident); /* what is spoken of is almost always in it */
    if (event->kind == KIND_OWNER_STATEMENT) return wish_by_id(event->about);
    if (event->kind == KIND_ANALYST_VERDICT) return wish_by_id(event->incident);
    enum kind_group group = kind_group(event->kind);
    return group == GROUP_FATE || group == GROUP_LABEL ? wish_by_fate(event, step) : wish(LOAD_NOTHING, STR_NONE);
}
