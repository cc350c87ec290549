// SPDX-License-Identifier: Apache-2.0
/*
 * Leads one event through the response of an incident: opens it, says what the event means for its effects, lets them settle, and counts
 * what is left. Its states follow from those of its effects, but for these: PLANNED until a person says takeover, RESTORING after a false
 * alarm, and CLOSED by its own timer.
 */
#include "respond/advance.h"

#include <string.h>

#include "base/moment.h"

/* Between "everything is proven" and the end: one more turn for what is on its way in. */
#define CLOSING_MS MINUTE_MS

#define OUR_SOURCE STR("hikeshi")

/* ---- beginning ---------------------------------------------------------------------------------------------------------------------- */

static struct str actor_of(const struct advance *a) {
    const struct event *e = a->e->event;
    if (e->kind == KIND_ACTION_RESULT && a->l->step) return a->l->step->system;
    if (kind_group(e->kind) == GROUP_OWN) return OUR_SOURCE;
    if (e->kind == KIND_OWNER_STATEMENT) return STR("owner");
    if (e->by.size) return e->by;
    return e->source.size ? e->source : OUR_SOURCE;
}

static void load_effects(struct advance *a) {
    a->effects = advance_take(a, EFFECT_COUNT_MAX * sizeof *a->effects);
    a->effect_count = a->l->effect_count < EFFECT_COUNT_MAX ? a->l->effect_count : EFFECT_COUNT_MAX;
    for (size_t i = 0; i < a->effect_count; i++) {
        const struct effect_row *r = &a->l->effects[i];
        a->effects[i] = (struct effect_work){.row = *r, .def = catalogue_find(a->catalogue, r->kind)};
    }
}

/* As many again as one event can add: a step or two of every effect, a task or a line of the ledger for every state entered and the end. */
static void load_lists(struct advance *a) {
    const struct respond_loaded *l = a->l;
    a->step_capacity = l->step_count + 2 * EFFECT_COUNT_MAX;
    a->task_capacity = l->task_count + (ENTRIES_MAX + 4) * EFFECT_COUNT_MAX;
    a->ledger_capacity = l->ledger_count + (2 * ENTRIES_MAX + 4) * EFFECT_COUNT_MAX;
    a->steps = advance_take(a, a->step_capacity * sizeof *a->steps);
    a->tasks = advance_take(a, a->task_capacity * sizeof *a->tasks);
    a->ledger = advance_take(a, a->ledger_capacity * sizeof *a->ledger);
    for (size_t i = 0; i < l->step_count; i++) a->steps[a->step_count++] = (struct step_work){.row = l->steps[i]};
    for (size_t i = 0; i < l->task_count; i++) a->tasks[a->task_count++] = (struct task_work){.row = l->tasks[i]};
    if (l->ledger_count) memcpy(a->ledger, l->ledger, l->ledger_count * sizeof *a->ledger);
    a->ledger_count = l->ledger_count;
}

static void start(struct advance *a) {
    size_t scratch = JSON_MEMORY_MAX(EVENT_JSON_SIZE_MAX);
    *a->out = (struct response_change){.writes = advance_take(a, RESPONSE_WRITES_MAX * sizeof *a->out->writes)};
    a->scratch = arena_over(advance_take(a, scratch), scratch);
    a->actor = actor_of(a);
    load_effects(a);
    load_lists(a);
    if (a->l->response) a->response = *a->l->response;
    machine_load(a);
}

/* ---- confidence --------------------------------------------------------------------------------------------------------------------- */

static void become_confident(struct advance *a, struct str why) {
    if (a->response.confident) return;
    a->response.confident = a->response_changed = true;
    a->response.confident_why = why;
    record_audit(a, &(struct audit_note){.what = "confident", .about = a->response.incident, .why = why});
    for (size_t i = 0; i < a->effect_count; i++)
        if (a->effects[i].row.whose == WHOSE_HIJACKER) machine_go(a, &a->effects[i], why);
}

/* Whose the event at hand was, as the incident room says; what it says nothing of is nobody's. */
static enum whose whose_now(const struct advance *a) {
    for (size_t i = 0; i < a->e->write_count; i++) {
        const struct incident_write *w = &a->e->writes[i];
        if (w->kind == WRITE_INCIDENT_EVENT && w->as.event.position == a->e->position) return w->as.event.whose;
    }
    return WHOSE_UNKNOWN;
}

static bool says_not_mine(const struct advance *a) {
    const struct event *e = a->e->event;
    bool here = str_equal(a->e->incident, a->response.incident) || str_equal(respond_incident_of(e->about), a->response.incident);
    return here && e->kind == KIND_OWNER_STATEMENT && e->says == SAYS_NOT_MINE && whose_now(a) != WHOSE_HIJACKER;
}

static bool says_takeover(const struct advance *a) {
    const struct event *e = a->e->event;
    return e->kind == KIND_ANALYST_VERDICT && str_equal(e->verdict, STR("takeover")) && str_equal(e->incident, a->response.incident);
}

static void set_state(struct advance *a, enum response_state s) {
    struct response_row *r = &a->response;
    if (r->state == s) return;
    record_audit(a,
                 &(struct audit_note){
                     .what = "response_state", .about = r->incident, .from = response_state_word(r->state), .to = response_state_word(s)});
    r->state = s;
    r->version++;
    r->due_ms = s == RESPONSE_VERIFIED ? a->now_ms + CLOSING_MS : 0;
    r->closed_ms = s == RESPONSE_CLOSED || s == RESPONSE_FALSE_ALARM ? a->now_ms : 0;
    a->response_changed = true;
}

/* From a plan to doing it. */
static void act(struct advance *a) {
    if (a->response.state != RESPONSE_PLANNED) return;
    set_state(a, RESPONSE_OPEN);
    record_notice(a, "first", NULL);
    for (size_t i = 0; i < a->effect_count; i++) a->effects[i].fresh = true;
}

static void weigh(struct advance *a) {
    if (says_not_mine(a)) become_confident(a, STR("the owner said that it was not him"));
    if (!says_takeover(a)) return;
    become_confident(a, STR("an analyst found a takeover"));
    act(a);
}

/* ---- opening ------------------------------------------------------------------------------------------------------------------------ */

static bool may_open(const struct advance *a) {
    const struct incident_row *i = a->l->incident;
    return !a->l->response && i && i->status == INCIDENT_OPEN && str_equal(i->id, a->e->incident) && !a->e->closed;
}

static void open_response(struct advance *a) {
    const struct incident_row *i = a->l->incident;
    const struct respond_settings *s = &a->e->settings;
    a->response = (struct response_row){
        .incident = i->id,
        .account = i->account,
        .state = s->act ? RESPONSE_OPEN : RESPONSE_PLANNED,
        .window_from_ms = i->window_from_ms,
        .decided_ms = a->now_ms,
        .version = 1,
    };
    a->response_changed = true;
    record_audit(a, &(struct audit_note){.what = "response_opened", .about = i->id, .to = response_state_word(a->response.state)});
    if (i->score >= s->cancel_score) become_confident(a, STR("its score reached the policy's cancel_score"));
    record_notice(a, s->act ? "first" : "decide", NULL);
    find_always(a);
}

/* ---- what an event means ------------------------------------------------------------------------------------------------------------ */

static void follow_window(struct advance *a) {
    const struct incident_row *i = a->l->incident;
    if (!i || !i->window_from_ms || i->window_from_ms == a->response.window_from_ms) return;
    a->response.window_from_ms = i->window_from_ms;
    a->response_changed = true;
}

static void take_back_all(struct advance *a) {
    a->untold = a->response.state == RESPONSE_PLANNED;
    set_state(a, RESPONSE_RESTORING);
    for (size_t i = 0; i < a->effect_count; i++) {
        if (a->effects[i].row.whose != WHOSE_OWNER) a->effects[i].changed = true;
        a->effects[i].row.whose = WHOSE_OWNER;
        machine_restore(a, &a->effects[i], STR("a false alarm"));
    }
}

/* "order:o1" */
static bool is_about(const struct effect_work *w, const char *type, struct str id) {
    struct str rest, head = str_cut(w->row.object, ':', &rest);
    return id.size && str_equal(head, str_from(type)) && str_equal(rest, id);
}

static bool is_spoken_of(const struct effect_work *w, const struct event *e) {
    bool of_charge = e->kind == KIND_PAYMENT_STATE || kind_group(e->kind) == GROUP_LABEL;
    if (of_charge) return is_about(w, "charge", e->charge);
    return is_about(w, "order", e->order) || (e->parcel.size && str_equal(e->parcel, w->row.fulfilment));
}

/* The holder of the card, or its network, says that it was not he: as good as the owner's word. */
static void take_label(struct advance *a, struct effect_work *w) {
    if (w->row.phase == PHASE_RESTORED || w->row.phase == PHASE_KEPT || w->row.phase == PHASE_RESTORING) return;
    if (w->row.whose != WHOSE_HIJACKER) {
        w->row.whose = WHOSE_HIJACKER;
        w->changed = true;
        record_audit(
            a, &(struct audit_note){
                   .what = "effect_whose", .about = w->row.id, .to = whose_word(WHOSE_HIJACKER), .why = kind_name(a->e->event->kind)});
    }
    machine_go(a, w, kind_name(a->e->event->kind));
}

static bool went_well(enum phase p) {
    return p != PHASE_TOO_LATE && p != PHASE_REOPENED && p != PHASE_HUMAN && p != PHASE_COMPENSATING;
}

static void observe(struct advance *a) {
    const struct event *e = a->e->event;
    enum fate fate = e->kind == KIND_CHARGEBACK ? FATE_DISPUTED : e->fate;
    for (size_t i = 0; i < a->effect_count; i++) {
        struct effect_work *w = &a->effects[i];
        if (!is_spoken_of(w, e)) continue;
        if (kind_group(e->kind) == GROUP_LABEL) take_label(a, w);
        if (machine_observe(a, w, fate)) record_proof(a, w, e->source, fate_word(fate), went_well(w->row.phase));
    }
}

static void hear_not_mine(struct advance *a, struct effect_work *w) {
    bool restored = w->row.phase == PHASE_RESTORING || w->row.phase == PHASE_RESTORED || w->row.phase == PHASE_KEPT;
    w->row.whose = WHOSE_HIJACKER;
    w->row.from_owner = w->changed = true;
    record_audit(a, &(struct audit_note){
                        .what = "effect_whose", .about = w->row.id, .to = whose_word(WHOSE_HIJACKER), .why = STR("the owner said so")});
    if (restored) machine_again(a, w, STR("the hijacker's after all"));
    machine_go(a, w, STR("the owner said so"));
    machine_trigger(a, w, TRIGGER_OWNER_NOT_MINE, true);
}

/* Speech may tighten at any time; it loosens only where it came over a path that is known to be the owner's. */
static void hear_mine(struct advance *a, struct effect_work *w) {
    if (whose_now(a) == WHOSE_OWNER) {
        w->row.whose = WHOSE_OWNER;
        machine_restore(a, w, STR("the owner said that it was him"));
    } else if (!task_is_open(a, w) && !phase_is_terminal(w->row.phase)) {
        task_open(a, w,
                  &(struct task_wish){TASK_DECIDE, STR("somebody says that it was the owner, over a path that is not known to be his"),
                                      a->e->settings.ask_ms > 0 ? a->e->settings.ask_ms : HOUR_MS, 1});
    }
}

static void hear_owner(struct advance *a) {
    const struct event *e = a->e->event;
    struct effect_work *w = find_effect(a, e->about);
    if (!w || whose_now(a) == WHOSE_HIJACKER) return;
    switch (e->says) {
    case SAYS_NOT_MINE: hear_not_mine(a, w); return;
    case SAYS_MINE: hear_mine(a, w); return;
    case SAYS_NONE:
    case SAYS_OTHER: machine_trigger(a, w, TRIGGER_OWNER_DONE, true); return;
    }
}

/* A timer of an earlier state is void. */
static void take_timer(struct advance *a) {
    const struct event *e = a->e->event;
    struct effect_work *w = find_effect(a, e->about);
    if (w) {
        if (e->version == w->row.version && w->row.due_ms && !phase_is_terminal(w->row.phase)) machine_timer(a, w);
    } else if (str_equal(e->about, a->response.incident)) {
        if (e->version == a->response.version && a->response.state == RESPONSE_VERIFIED) set_state(a, RESPONSE_CLOSED);
    } else {
        task_timer(a, e->about);
    }
}

static void take_event(struct advance *a) {
    const struct event *e = a->e->event;
    enum kind_group group = kind_group(e->kind);
    if (group == GROUP_FATE || group == GROUP_LABEL) observe(a);
    find_in_events(a);
    if (e->kind == KIND_ACTION_RESULT) answer_step(a);
    if (e->kind == KIND_TIMER_FIRED) take_timer(a);
    if (e->kind == KIND_APPROVAL) task_answer(a);
    if (e->kind == KIND_OWNER_STATEMENT) hear_owner(a);
    bool here = str_equal(a->e->incident, a->response.incident);
    if (here && a->e->closed && a->e->false_alarm) take_back_all(a);
}

/* ---- what is left ------------------------------------------------------------------------------------------------------------------- */

static bool is_moving(enum phase p) {
    return p == PHASE_UNDOING || p == PHASE_TOO_LATE || p == PHASE_COMPENSATING;
}

static enum response_state state_of(const struct advance *a) {
    const struct response_row *r = &a->response;
    if (r->state == RESPONSE_PLANNED) return RESPONSE_PLANNED;
    bool alarm = r->state == RESPONSE_RESTORING || r->state == RESPONSE_FALSE_ALARM;
    if (alarm) return r->open_count ? RESPONSE_RESTORING : RESPONSE_FALSE_ALARM;
    if (!r->open_count) return r->state == RESPONSE_CLOSED ? RESPONSE_CLOSED : RESPONSE_VERIFIED;
    if (r->uncontained_count) return RESPONSE_OPEN;
    bool moving = false, go = r->confident;
    for (size_t i = 0; i < a->effect_count; i++) {
        moving |= is_moving(a->effects[i].row.phase);
        go |= a->effects[i].row.go;
    }
    return moving ? RESPONSE_UNDOING : go ? RESPONSE_WAITING : RESPONSE_CONTAINED;
}

static void note_contained(struct advance *a) {
    struct response_row *r = &a->response;
    a->out->all_contained = a->out->contained && !r->uncontained_count;
    if (r->uncontained_count || r->contained_ms || r->state == RESPONSE_PLANNED || r->state == RESPONSE_RESTORING) return;
    r->contained_ms = a->now_ms;
    a->response_changed = true;
    record_notice(a, "contained", NULL);
}

static void roll_up(struct advance *a) {
    struct response_row *r = &a->response;
    uint32_t uncontained = 0, open = 0;
    for (size_t i = 0; i < a->effect_count; i++) {
        uncontained += !machine_contained(&a->effects[i]);
        open += !phase_is_terminal(a->effects[i].row.phase);
    }
    a->response_changed |= uncontained != r->uncontained_count || open != r->open_count;
    r->uncontained_count = uncontained;
    r->open_count = open;
    note_contained(a);
    enum response_state was = r->state, now = state_of(a);
    set_state(a, now);
    if (now == was) return;
    if (now == RESPONSE_VERIFIED) record_notice(a, "undone", NULL);
    if (now == RESPONSE_FALSE_ALARM && !a->untold) record_notice(a, "restored", NULL);
}

/* ---- what is written ---------------------------------------------------------------------------------------------------------------- */

static void write_effects(struct advance *a) {
    for (size_t i = 0; i < a->effect_count; i++)
        if (a->effects[i].changed) advance_write(a, WRITE_EFFECT)->as.effect = a->effects[i].row;
}

/* What was asked for and overtaken by the same event was never asked. */
static void write_lists(struct advance *a) {
    for (size_t i = 0; i < a->step_count; i++) {
        const struct step_work *s = &a->steps[i];
        if (s->changed || s->added) advance_write(a, WRITE_STEP)->as.step = s->row;
    }
    for (size_t i = 0; i < a->task_count; i++)
        if (a->tasks[i].changed || a->tasks[i].added) advance_write(a, WRITE_TASK)->as.task = a->tasks[i].row;
    for (size_t i = a->l->ledger_count; i < a->ledger_count; i++) advance_write(a, WRITE_LEDGER)->as.ledger = a->ledger[i];
}

void advance_with(const struct catalogue *c, const struct respond_event *e, const struct respond_loaded *l, struct arena *step,
                  struct response_change *out) {
    struct advance a = {.catalogue = c, .e = e, .l = l, .step = step, .out = out, .now_ms = e->now_ms};
    *out = (struct response_change){0};
    bool opens = may_open(&a);
    if (!l->response && !opens) return;
    start(&a);
    if (opens) open_response(&a);
    follow_window(&a);
    weigh(&a);
    take_event(&a);
    machine_settle(&a);
    roll_up(&a);
    write_effects(&a);
    write_lists(&a);
    if (!a.response_changed && !out->write_count) return;
    a.response.position = e->position;
    advance_write(&a, WRITE_RESPONSE)->as.response = a.response;
}

void respond_advance(const struct respond_event *e, const struct respond_loaded *l, struct arena *step, struct response_change *out) {
    struct catalogue all = catalogue_of_all();
    advance_with(&all, e, l, step, out);
}
