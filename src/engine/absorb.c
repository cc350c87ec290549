// SPDX-License-Identifier: Apache-2.0
/* Takes what became durable into the incident store: the incident room's rows, and the response that follows from them. */
#include "engine/absorb.h"

#include <string.h>

#include "base/check.h"

/* An object belongs to one incident, or to a few where one account was taken over again and again. */
#define OBJECT_INCIDENTS_MAX 16

/* One record on its way into the store. */
struct absorbing {
    struct absorber *absorber;
    struct event event;
    struct respond_event about;
    struct problem *problem;
};

static enum err cannot_load(const struct absorbing *a, enum err err, const char *what) {
    return problem_set(a->problem, err, "incidents", "see whether the disk is well; the journal has everything",
                       "cannot read the %s that record %llu is about", what, (unsigned long long)a->about.position);
}

/* ERR_NOT_FOUND is no error while loading: there is none. */
static bool failed(enum err err) {
    return err != ERR_OK && err != ERR_NOT_FOUND;
}

/* ---- loading ------------------------------------------------------------------------------------------------------------------------ */

/* The incident's row as it will be stored: what this record writes of it is not settled yet. */
static enum err load_incident_row(struct absorbing *a, struct str id, struct respond_loaded *l) {
    struct absorber *ab = a->absorber;
    struct incident_row *row = arena_take(&ab->step, sizeof *row);
    if (!row) return ERR_FULL;
    enum err err = ab->store.ops->find_within(ab->store.self, id, &ab->step, row);
    if (err == ERR_OK) l->incident = row;
    return err;
}

static enum err load_response(struct absorbing *a, struct str id, struct respond_loaded *l) {
    struct absorber *ab = a->absorber;
    struct response_row *row = arena_take(&ab->step, sizeof *row);
    if (!row) return ERR_FULL;
    enum err err = ab->store.ops->find_response(ab->store.self, SIGHT_WITHIN, id, &ab->step, row);
    if (err == ERR_OK) l->response = row;
    return err;
}

static enum err load_steps(struct absorbing *a, struct str id, struct respond_loaded *l) {
    struct absorber *ab = a->absorber;
    struct step_row *rows;
    size_t count, kept = 0;
    enum err err = ab->store.ops->steps_unsettled(ab->store.self, id, &ab->step, &rows, &count);
    if (err) return err;
    struct step_row *tells = arena_take(&ab->step, (count + 1) * sizeof *tells); /* those are the notify room's, and each moves alone */
    if (!tells) return ERR_FULL;
    for (size_t i = 0; i < count; i++)
        if (str_equal(rows[i].verb, STR("tell"))) tells[l->tell_count++] = rows[i];
        else rows[kept++] = rows[i];
    l->steps = rows, l->step_count = kept;
    l->tells = tells;
    return ERR_OK;
}

static enum err load_tasks(struct absorbing *a, struct str id, struct respond_loaded *l) {
    struct absorber *ab = a->absorber;
    struct task_row *rows;
    size_t count, kept = 0;
    enum err err = ab->store.ops->tasks(ab->store.self, SIGHT_WITHIN, id, &ab->step, &rows, &count);
    if (err) return err;
    for (size_t i = 0; i < count; i++)
        if (rows[i].state != TASK_CLOSED) rows[kept++] = rows[i];
    l->tasks = rows, l->task_count = kept;
    return ERR_OK;
}

static enum err load_lists(struct absorbing *a, struct str id, struct respond_loaded *l) {
    struct absorber *ab = a->absorber;
    struct effect_query query = {.incident = id, .count_max = EFFECT_COUNT_MAX};
    struct effect_row *effects;
    struct ledger_row *ledger;
    enum err err = ab->store.ops->effects(ab->store.self, SIGHT_WITHIN, &query, &ab->step, &effects, &l->effect_count);
    if (err) return err;
    l->effects = effects;
    err = ab->store.ops->ledger(ab->store.self, SIGHT_WITHIN, id, &ab->step, &ledger, &l->ledger_count);
    if (err) return err;
    l->ledger = ledger;
    err = load_steps(a, id, l);
    return err ? err : load_tasks(a, id, l);
}

/* What the account's other incidents have answered for. This one's own come with them, and are left out. */
static enum err load_elsewhere(struct absorbing *a, struct str incident, struct respond_loaded *l) {
    struct absorber *ab = a->absorber;
    struct effect_query query = {.account = l->incident ? l->incident->account : STR_NONE,
                                 .count_max = EFFECTS_ELSEWHERE_MAX + EFFECT_COUNT_MAX};
    struct effect_row *rows;
    size_t count, kept = 0;
    if (!query.account.size) return ERR_OK;
    enum err err = ab->store.ops->effects(ab->store.self, SIGHT_WITHIN, &query, &ab->step, &rows, &count);
    if (err) return err;
    for (size_t i = 0; i < count && kept < EFFECTS_ELSEWHERE_MAX; i++)
        if (!str_equal(rows[i].incident, incident)) rows[kept++] = rows[i];
    l->elsewhere = rows, l->elsewhere_count = kept;
    return ERR_OK;
}

/* New effects come from attributed events and from what a sweep has found. */
static bool may_find(const struct absorbing *a, const struct respond_loaded *l) {
    if (l->step) return str_equal(l->step->verb, STR("find_effects"));
    for (size_t i = 0; i < a->about.write_count; i++)
        if (a->about.writes[i].kind == WRITE_INCIDENT_EVENT) return true;
    return false;
}

/* All that is stored of an incident and its response. Nothing but the incident where there is no response yet. */
static enum err load(struct absorbing *a, struct str incident, struct respond_loaded *l) {
    enum err err = load_incident_row(a, incident, l);
    if (failed(err)) return cannot_load(a, err, "incident");
    err = may_find(a, l) ? load_elsewhere(a, incident, l) : ERR_OK;
    if (err) return cannot_load(a, err, "account's other effects");
    err = load_response(a, incident, l);
    if (failed(err)) return cannot_load(a, err, "response");
    if (err == ERR_NOT_FOUND) return ERR_OK;
    err = load_lists(a, incident, l);
    return err ? cannot_load(a, err, "effects") : ERR_OK;
}

static enum err load_step_spoken_of(struct absorbing *a, struct str id, struct respond_loaded *l) {
    struct absorber *ab = a->absorber;
    struct step_row *row = arena_take(&ab->step, sizeof *row);
    if (!row) return cannot_load(a, ERR_FULL, "step");
    enum err err = ab->store.ops->find_step(ab->store.self, SIGHT_WITHIN, id, &ab->step, row);
    if (failed(err)) return cannot_load(a, err, "step");
    if (err == ERR_OK) l->step = row;
    return ERR_OK;
}

static enum err load_task_spoken_of(struct absorbing *a, struct str id, struct respond_loaded *l) {
    struct absorber *ab = a->absorber;
    struct task_row *row = arena_take(&ab->step, sizeof *row);
    if (!row) return cannot_load(a, ERR_FULL, "task");
    enum err err = ab->store.ops->find_task(ab->store.self, SIGHT_WITHIN, id, &ab->step, row);
    if (failed(err)) return cannot_load(a, err, "task");
    if (err == ERR_OK) l->task = row;
    return ERR_OK;
}

/* ---- going on ----------------------------------------------------------------------------------------------------------------------- */

static void add(_Atomic uint64_t *total, uint64_t value) {
    if (value) atomic_fetch_add_explicit(total, value, memory_order_relaxed);
}

static bool is_over(enum response_state s) {
    return s == RESPONSE_CLOSED || s == RESPONSE_FALSE_ALARM;
}

static void count_response(struct absorbing *a, const struct response_row *before, const struct response_row *after, bool contained) {
    struct absorb_totals *t = &a->absorber->totals;
    int64_t took_ms = a->about.now_ms - after->decided_ms;
    add(&t->opened, !before);
    add(&t->closed, is_over(after->state) && !(before && is_over(before->state)));
    if (!contained) return;
    add(&t->contained, 1);
    add(&t->contained_ms, took_ms > 0 ? (uint64_t)took_ms : 0);
    add(&t->contained_late, took_ms > CONTAIN_MS_MAX);
}

static void count(struct absorbing *a, const struct respond_loaded *l, const struct response_change *change) {
    add(&a->absorber->totals.contained_effects, change->contained);
    add(&a->absorber->totals.overflows, change->overflow);
    for (size_t i = 0; i < change->write_count; i++)
        if (change->writes[i].kind == WRITE_RESPONSE) count_response(a, l->response, &change->writes[i].as.response, change->all_contained);
}

static enum err put(struct absorbing *a, const struct incident_write *writes, size_t write_count) {
    struct incident_store s = a->absorber->store;
    return write_count ? s.ops->put(s.self, writes, write_count, a->problem) : ERR_OK;
}

/* The notices as they were before this event, and the step whose answer it is. */
static enum err load_notices(struct absorbing *a, struct str incident, struct notify_input *in) {
    struct absorber *ab = a->absorber;
    struct notice_row *rows;
    enum err err = ab->store.ops->notices(ab->store.self, SIGHT_WITHIN, incident, &ab->step, &rows, &in->notice_count);
    if (err) return cannot_load(a, err, "notices");
    in->notices = rows;
    struct str id = a->event.kind == KIND_NOTICE_RESULT ? a->event.step : STR_NONE;
    struct step_row *step = id.size ? arena_take(&ab->step, sizeof *step) : NULL;
    if (!step) return ERR_OK;
    err = ab->store.ops->find_step(ab->store.self, SIGHT_WITHIN, id, &ab->step, step);
    if (err == ERR_OK) in->step = step;
    return failed(err) ? cannot_load(a, err, "step") : ERR_OK;
}

static const struct notice_row *notice_before(const struct notify_input *in, struct str id) {
    for (size_t i = 0; i < in->notice_count; i++)
        if (str_equal(in->notices[i].id, id)) return &in->notices[i];
    return NULL;
}

static void count_notice(struct absorbing *a, const struct notify_input *in, const struct notice_row *n) {
    static const struct notice_row none;
    struct absorb_totals *t = &a->absorber->totals;
    const struct notice_row *found = notice_before(in, n->id), *was = found ? found : &none;
    add(&t->notices_out, n->written_ms && !was->written_ms);
    add(&t->notices_read, n->read_ms && !was->read_ms);
    add(&t->notices_failed, n->state == NOTICE_FAILED && was->state != NOTICE_FAILED);
    bool accepted = n->accepted_ms && !was->accepted_ms && str_equal(n->subject, STR("first"));
    if (!accepted || !in->loaded->response) return;
    int64_t took_ms = n->accepted_ms - in->loaded->response->decided_ms;
    add(&t->first_accepted, 1);
    add(&t->first_accepted_ms, took_ms > 0 ? (uint64_t)took_ms : 0);
    add(&t->first_late, took_ms > FIRST_NOTICE_MS_MAX);
}

#define REPORT_ROWS_MAX 4096

/* All that a report tells beyond the response. */
static enum err load_report(struct absorbing *a, struct str incident, struct notify_input *in) {
    struct absorber *ab = a->absorber;
    const struct incident_store_ops *ops = ab->store.ops;
    void *self = ab->store.self;
    struct incident_event_query q = {.incident = incident, .count_max = REPORT_ROWS_MAX};
    struct incident_event_row *events;
    struct proof_row *proofs;
    struct task_row *tasks;
    struct audit_row *audits;
    struct step_row *steps;
    enum err err = ops->events(self, SIGHT_WITHIN, &q, &ab->step, &events, &in->event_count);
    if (!err) err = ops->proofs(self, SIGHT_WITHIN, incident, &ab->step, &proofs, &in->proof_count);
    if (!err) err = ops->tasks(self, SIGHT_WITHIN, incident, &ab->step, &tasks, &in->task_count);
    if (!err) err = ops->audit(self, SIGHT_WITHIN, incident, &ab->step, &audits, &in->audit_count);
    if (!err) err = ops->steps(self, SIGHT_WITHIN, incident, &ab->step, &steps, &in->step_count);
    if (err) return cannot_load(a, err, "report");
    in->steps = steps, in->events = events, in->proofs = proofs, in->tasks = tasks, in->audits = audits;
    return ERR_OK;
}

static enum err tell(struct absorbing *a, struct str incident, const struct respond_loaded *l, const struct response_change *change) {
    struct absorber *ab = a->absorber;
    struct notify_input in = {.e = &a->about, .loaded = l, .change = change, .token = ab->token};
    struct notice_change out;
    enum err err = load_notices(a, incident, &in);
    if (!err && notify_wants_report(&a->about)) err = load_report(a, incident, &in);
    if (!err) err = put(a, change->writes, change->write_count);
    if (err) return err;
    notify_advance(&in, &ab->step, &out);
    for (size_t i = 0; i < out.write_count; i++)
        if (out.writes[i].kind == WRITE_NOTICE) count_notice(a, &in, &out.writes[i].as.notice);
    return put(a, out.writes, out.write_count);
}

static enum err advance(struct absorbing *a, struct str incident, struct respond_loaded *l) {
    enum err err = load(a, incident, l);
    if (err) return err;
    struct response_change change;
    respond_advance(&a->about, l, &a->absorber->step, &change);
    CHECK(change.write_count <= RESPONSE_WRITES_MAX);
    count(a, l, &change);
    if (notify_follows(&change) || notify_wants(&a->about).size) return tell(a, incident, l, &change);
    return put(a, change.writes, change.write_count);
}

/* An event of an order or a charge, by nobody's account: every incident that knows the object goes on. */
static enum err advance_by_object(struct absorbing *a, struct str object) {
    struct absorber *ab = a->absorber;
    struct effect_query query = {.object = object, .count_max = OBJECT_INCIDENTS_MAX * 4};
    struct effect_row *rows;
    size_t row_count;
    enum err err = ab->store.ops->effects(ab->store.self, SIGHT_WITHIN, &query, &ab->step, &rows, &row_count);
    if (err) return cannot_load(a, err, "effects");
    for (size_t i = 0; i < row_count && !err; i++) {
        if (i > 0 && str_equal(rows[i].incident, rows[i - 1].incident)) continue; /* they come by incident */
        size_t mark = ab->step.used;
        struct respond_loaded l = {0};
        err = advance(a, rows[i].incident, &l);
        ab->step.used = mark;
    }
    return err;
}

static enum err respond(struct absorbing *a) {
    struct respond_loaded l = {0};
    struct respond_wish wish = respond_wants(&a->about, &a->absorber->step);
    enum err err = ERR_OK;
    switch (wish.load) {
    case LOAD_NOTHING: {
        struct str incident = notify_wants(&a->about);
        return incident.size ? advance(a, incident, &l) : ERR_OK;
    }
    case LOAD_INCIDENT: return advance(a, wish.key, &l);
    case LOAD_OBJECT: return advance_by_object(a, wish.key);
    case LOAD_EFFECT: break;
    case LOAD_STEP: err = load_step_spoken_of(a, wish.key, &l); break;
    case LOAD_TASK: err = load_task_spoken_of(a, wish.key, &l); break;
    }
    return err ? err : advance(a, respond_incident_of(wish.key), &l);
}

static enum err absorb_item(struct absorber *ab, const struct outbox *o, const struct absorbable *item, struct problem *p) {
    const struct incident_write *writes = &o->writes[item->first_write];
    enum err err = item->write_count ? ab->store.ops->put(ab->store.self, writes, item->write_count, p) : ERR_OK;
    if (err || !item->event.size) return err;
    struct absorbing a = {.absorber = ab, .problem = p};
    arena_reset(&ab->step);
    err = event_decode(item->event, &a.event);
    CHECK(!err); /* it was encoded by us, or decoded before when it was replayed */
    a.about = (struct respond_event){
        .event = &a.event,
        .position = item->position,
        .now_ms = item->received_ms,
        .writes = writes,
        .write_count = item->write_count,
        .incident = item->incident,
        .opened = item->opened,
        .closed = item->closed,
        .false_alarm = item->false_alarm,
        .settings = item->settings,
    };
    return respond(&a);
}

enum err absorb_outbox(struct absorber *ab, const struct outbox *o, struct problem *p) {
    if (!o->count) return ERR_OK;
    uint64_t absorbed, last = o->items[o->count - 1].position;
    enum err err = ab->store.ops->begin(ab->store.self, &absorbed, p);
    if (err) return err;
    for (size_t i = 0; i < o->count && !err; i++)
        if (o->items[i].position > absorbed) err = absorb_item(ab, o, &o->items[i], p);
    if (!err && last > absorbed) return ab->store.ops->finish(ab->store.self, last, p);
    ab->store.ops->abandon(ab->store.self);
    return err;
}
