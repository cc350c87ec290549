// SPDX-License-Identifier: Apache-2.0
#ifndef RESPOND_CASE_TEST_H
#define RESPOND_CASE_TEST_H

#include <stdarg.h>

#include "base/check.h"
#include "base/moment.h"
#include "base/test.h"
#include "respond/advance.h"

/*
 * One incident and what the store would keep of its response, with the rules by which it keeps it. After every event what must always hold
 * is looked at (case_check): so each test tests that, too.
 */
#define CASE_ROWS_MAX 8192

struct test_case {
    struct catalogue catalogue;
    struct arena kept, step;
    struct respond_settings settings;
    struct incident_row incident;
    struct response_row response;
    bool opened;
    uint64_t position;
    int64_t now_ms;
    struct effect_row effects[EFFECT_COUNT_MAX];
    struct effect_row elsewhere[4]; /* of the account's other incidents */
    size_t elsewhere_count;
    struct step_row steps[CASE_ROWS_MAX];
    struct task_row tasks[CASE_ROWS_MAX];
    struct ledger_row ledger[CASE_ROWS_MAX];
    struct notice_row notices[CASE_ROWS_MAX];
    struct hold_row holds[EFFECT_COUNT_MAX];
    struct proof_row proofs[CASE_ROWS_MAX];
    size_t effect_count, step_count, task_count, ledger_count, notice_count, hold_count, proof_count, audit_count;
    struct incident_write pending[64]; /* of the incident room, for the next event */
    size_t pending_count;
    struct response_change last;
    uint32_t fired[EFFECT_COUNT_MAX]; /* version of the effect whose timer was handed in last: the front door lets it in once */
    bool broken;                      /* something that must always hold did not */
};

#define CASE_NEVER(c, condition)                                                                                                           \
    do {                                                                                                                                   \
        if (condition) {                                                                                                                   \
            printf("%s:%d: position %llu: must never hold: %s\n", __FILE__, __LINE__, (unsigned long long)(c)->position, #condition);      \
            test_failures_here++;                                                                                                          \
            (c)->broken = true;                                                                                                            \
        }                                                                                                                                  \
    } while (0)

static inline struct str case_keep(struct test_case *c, struct str s) {
    bool full = false;
    struct str copy = arena_copy(&c->kept, s, &full);
    CHECK(!full);
    return copy;
}

static inline void case_init(struct test_case *c, const struct catalogue *catalogue) {
    static char kept[64U << 20], step[128U << 20];
    memset(c, 0, sizeof *c);
    c->catalogue = *catalogue;
    c->kept = arena_over(kept, sizeof kept);
    c->step = arena_over(step, sizeof step);
    c->settings =
        (struct respond_settings){.act = true, .cancel_score = 900, .ask_ms = HOUR_MS, .pay_max_minor = {10000}, .currencies = {"JPY"}};
    c->now_ms = INT64_C(1772352000000);
    c->position = 100;
    c->incident = (struct incident_row){.id = STR("inc_101"),
                                        .account = STR("a1"),
                                        .score = 950,
                                        .opened_position = 101,
                                        .window_from_ms = c->now_ms - HOUR_MS,
                                        .path = STR("{\"sessions\":[\"s1\"],\"clients\":[]}")};
}

/* ---- the store ---------------------------------------------------------------------------------------------------------------------- */

static inline struct effect_row *case_effect(struct test_case *c, struct str id) {
    for (size_t i = 0; i < c->effect_count; i++)
        if (str_equal(c->effects[i].id, id)) return &c->effects[i];
    return NULL;
}

static inline struct step_row *case_step(struct test_case *c, struct str id) {
    for (size_t i = 0; i < c->step_count; i++)
        if (str_equal(c->steps[i].id, id)) return &c->steps[i];
    return NULL;
}

static inline struct task_row *case_task(struct test_case *c, struct str id) {
    for (size_t i = 0; i < c->task_count; i++)
        if (str_equal(c->tasks[i].id, id)) return &c->tasks[i];
    return NULL;
}

static inline bool case_step_over(const struct step_row *s) {
    return s->state == STEP_DONE || s->state == STEP_HUMAN || s->state == STEP_CANCELED;
}

static inline void case_put_effect(struct test_case *c, const struct effect_row *r) {
    struct effect_row *known = case_effect(c, r->id);
    CASE_NEVER(c, known && r->version < known->version);
    CASE_NEVER(c, known && r->version == known->version && !str_equal(r->state, known->state));
    CASE_NEVER(c, known && r->generation < known->generation);
    CASE_NEVER(c, r->due_ms && phase_is_terminal(r->phase));
    CHECK(known || c->effect_count < EFFECT_COUNT_MAX);
    struct effect_row *to = known ? known : &c->effects[c->effect_count++];
    CASE_NEVER(c, r->due_ms && c->fired[to - c->effects] == r->version);
    *to = *r;
    to->id = case_keep(c, r->id), to->incident = case_keep(c, r->incident), to->account = case_keep(c, r->account);
    to->kind = case_keep(c, r->kind), to->object = case_keep(c, r->object), to->state = case_keep(c, r->state);
    to->resume = case_keep(c, r->resume), to->fulfilment = case_keep(c, r->fulfilment), to->before = case_keep(c, r->before);
    to->after = case_keep(c, r->after), to->reference = case_keep(c, r->reference);
}

static inline void case_put_step(struct test_case *c, const struct step_row *r) {
    struct step_row *known = case_step(c, r->id);
    if (known) {
        CASE_NEVER(c, r->state == STEP_READY);
        CASE_NEVER(c, r->state == STEP_CANCELED && (known->state == STEP_CLAIMED || known->state == STEP_DONE));
        known->state = r->state;
        known->outcome = r->outcome;
        return;
    }
    if (r->state == STEP_CANCELED) return;
    const struct effect_row *e = case_effect(c, r->effect);
    CASE_NEVER(c, !e);
    CASE_NEVER(c, e && str_equal(r->verb, STR("undo")) && !e->go);
    CASE_NEVER(c, r->request.size > STEP_REQUEST_SIZE_MAX);
    struct step_row *to = &c->steps[c->step_count++];
    *to = *r;
    to->id = case_keep(c, r->id), to->effect = case_keep(c, r->effect), to->incident = case_keep(c, r->incident);
    to->account = case_keep(c, r->account), to->system = case_keep(c, r->system), to->verb = case_keep(c, r->verb);
    to->how = case_keep(c, r->how), to->request = case_keep(c, r->request);
}

static inline void case_put_task(struct test_case *c, const struct task_row *r) {
    struct task_row *known = case_task(c, r->id);
    struct task_row *to = known ? known : &c->tasks[c->task_count++];
    CASE_NEVER(c, known && known->state == TASK_CLOSED);
    CASE_NEVER(c, r->people == 2 && r->approved_by.size && (!r->proposed_by.size || str_equal(r->approved_by, r->proposed_by)));
    *to = *r;
    to->id = case_keep(c, r->id), to->incident = case_keep(c, r->incident), to->effect = case_keep(c, r->effect);
    to->kind = case_keep(c, r->kind), to->asks = case_keep(c, r->asks), to->options = case_keep(c, r->options);
    to->proposed_by = case_keep(c, r->proposed_by), to->proposed = case_keep(c, r->proposed);
    to->approved_by = case_keep(c, r->approved_by), to->outcome = case_keep(c, r->outcome);
}

static inline void case_put_hold(struct test_case *c, const struct hold_row *r) {
    size_t i = 0;
    while (i < c->hold_count && !str_equal(c->holds[i].order, r->order)) i++;
    CHECK(i < EFFECT_COUNT_MAX);
    if (i == c->hold_count) c->hold_count++;
    c->holds[i] = *r;
    c->holds[i].order = case_keep(c, r->order);
}

static inline void case_put(struct test_case *c, const struct incident_write *w) {
    switch (w->kind) {
    case WRITE_RESPONSE:
        CASE_NEVER(c, w->as.response.version < c->response.version);
        c->response = w->as.response;
        c->response.incident = case_keep(c, c->response.incident), c->response.account = case_keep(c, c->response.account);
        c->response.confident_why = case_keep(c, c->response.confident_why);
        c->opened = true;
        return;
    case WRITE_EFFECT: case_put_effect(c, &w->as.effect); return;
    case WRITE_STEP: case_put_step(c, &w->as.step); return;
    case WRITE_TASK: case_put_task(c, &w->as.task); return;
    case WRITE_LEDGER:
        c->ledger[c->ledger_count] = w->as.ledger;
        c->ledger[c->ledger_count++].effect = case_keep(c, w->as.ledger.effect);
        return;
    case WRITE_NOTICE:
        c->notices[c->notice_count] = w->as.notice;
        c->notices[c->notice_count].facts = case_keep(c, w->as.notice.facts);
        c->notices[c->notice_count++].subject = case_keep(c, w->as.notice.subject);
        return;
    case WRITE_HOLD: case_put_hold(c, &w->as.hold); return;
    case WRITE_PROOF:
        c->proofs[c->proof_count] = w->as.proof;
        c->proofs[c->proof_count].observer = case_keep(c, w->as.proof.observer);
        c->proofs[c->proof_count++].effect = case_keep(c, w->as.proof.effect);
        return;
    case WRITE_AUDIT: c->audit_count++; return;
    case WRITE_INCIDENT:
    case WRITE_INCIDENT_EVENT:
    case WRITE_DECISION: CHECK(w->kind == WRITE_AUDIT); return;
    }
}

/* ---- what must always hold ---------------------------------------------------------------------------------------------------------- */

static inline int64_t case_sum(const struct test_case *c, struct str effect, enum ledger_kind kind) {
    int64_t sum = 0;
    for (size_t i = 0; i < c->ledger_count; i++)
        if (c->ledger[i].kind == kind && str_equal(c->ledger[i].effect, effect)) sum += c->ledger[i].amount_minor;
    return sum;
}

static inline bool case_has_task(const struct test_case *c, struct str effect) {
    for (size_t i = 0; i < c->task_count; i++)
        if (c->tasks[i].state != TASK_CLOSED && str_equal(c->tasks[i].effect, effect)) return true;
    return false;
}

static inline bool case_has_step(const struct test_case *c, struct str effect) {
    for (size_t i = 0; i < c->step_count; i++)
        if (!case_step_over(&c->steps[i]) && str_equal(c->steps[i].effect, effect)) return true;
    return false;
}

/* A sibling that it waits for: its kind, and the same event or object. */
static inline bool case_waits(const struct test_case *c, const struct effect_row *e) {
    const struct effect_def *d = catalogue_find(&c->catalogue, e->kind);
    for (size_t i = 0; d && d->waits_for && i < c->effect_count; i++) {
        const struct effect_row *o = &c->effects[i];
        if (str_equal(o->kind, str_from(d->waits_for)) && o->phase != PHASE_CONFIRMED && !phase_is_terminal(o->phase)) return true;
    }
    return false;
}

static inline void case_check_effect(struct test_case *c, const struct effect_row *e) {
    for (const struct effect_row *o = c->effects; o < e; o++) CASE_NEVER(c, str_equal(o->kind, e->kind) && str_equal(o->object, e->object));
    bool goes_on = phase_is_terminal(e->phase) || e->due_ms || case_has_step(c, e->id) || case_has_task(c, e->id) || case_waits(c, e);
    CASE_NEVER(c, !goes_on && c->response.state != RESPONSE_PLANNED);
    int64_t good = case_sum(c, e->id, LEDGER_RETURNED) + case_sum(c, e->id, LEDGER_COMPENSATED);
    CASE_NEVER(c, good < 0 || good > case_sum(c, e->id, LEDGER_LOSS));
    CASE_NEVER(c, phase_is_terminal(e->phase) && good != case_sum(c, e->id, LEDGER_LOSS) && c->response.state != RESPONSE_PLANNED);
    CASE_NEVER(c, phase_is_terminal(e->phase) && case_has_task(c, e->id));
}

static inline void case_check(struct test_case *c) {
    uint32_t open = 0;
    for (size_t i = 0; i < c->effect_count; i++) {
        case_check_effect(c, &c->effects[i]);
        open += !phase_is_terminal(c->effects[i].phase);
    }
    CASE_NEVER(c, c->opened && open != c->response.open_count);
    bool ended =
        c->response.state == RESPONSE_VERIFIED || c->response.state == RESPONSE_CLOSED || c->response.state == RESPONSE_FALSE_ALARM;
    CASE_NEVER(c, c->opened && ended != (open == 0) && c->response.state != RESPONSE_PLANNED);
}

/* ---- events ------------------------------------------------------------------------------------------------------------------------- */

static inline struct respond_loaded case_load(struct test_case *c, const struct event *e) {
    static struct step_row steps[CASE_ROWS_MAX];
    static struct task_row tasks[CASE_ROWS_MAX];
    size_t step_count = 0, task_count = 0;
    for (size_t i = 0; i < c->step_count; i++)
        if (!case_step_over(&c->steps[i]) || c->steps[i].state == STEP_HUMAN) steps[step_count++] = c->steps[i];
    for (size_t i = 0; i < c->task_count; i++)
        if (c->tasks[i].state != TASK_CLOSED) tasks[task_count++] = c->tasks[i];
    return (struct respond_loaded){
        .incident = &c->incident,
        .response = c->opened ? &c->response : NULL,
        .effects = c->effects,
        .effect_count = c->effect_count,
        .elsewhere = c->elsewhere,
        .elsewhere_count = c->elsewhere_count,
        .steps = steps,
        .step_count = step_count,
        .step = e->step.size ? case_step(c, e->step) : NULL,
        .tasks = tasks,
        .task_count = task_count,
        .task = e->task.size ? case_task(c, e->task) : NULL,
        .ledger = c->ledger,
        .ledger_count = c->ledger_count,
    };
}

/* One event through the door, with the rows that case_row gave it. */
static inline void case_feed(struct test_case *c, const struct event *e, bool closes) {
    struct respond_event r = {
        .event = e,
        .position = ++c->position,
        .now_ms = c->now_ms,
        .writes = c->pending,
        .write_count = c->pending_count,
        .incident = c->incident.id,
        .opened = !c->opened,
        .closed = closes,
        .false_alarm = closes,
        .settings = c->settings,
    };
    arena_reset(&c->step);
    struct respond_loaded l = case_load(c, e);
    advance_with(&c->catalogue, &r, &l, &c->step, &c->last);
    for (size_t i = 0; i < c->last.write_count; i++) /* effects before what is theirs */
        if (c->last.writes[i].kind == WRITE_EFFECT) case_put(c, &c->last.writes[i]);
    for (size_t i = 0; i < c->last.write_count; i++)
        if (c->last.writes[i].kind != WRITE_EFFECT) case_put(c, &c->last.writes[i]);
    c->pending_count = 0;
    case_check(c);
}

/* An event of the incident, as its room attributes it, for the next case_feed. `back` = positions before the event at hand. */
static inline void case_row(struct test_case *c, uint64_t back, enum kind kind, enum whose whose, struct str facts) {
    CHECK(c->pending_count < 64);
    c->pending[c->pending_count++] = (struct incident_write){
        .kind = WRITE_INCIDENT_EVENT,
        .position = c->position + 1,
        .as.event = {.incident = c->incident.id,
                     .position = c->position + 1 - back,
                     .time_ms = c->now_ms,
                     .event = STR("ev"),
                     .kind = kind_name(kind),
                     .whose = whose,
                     .why = STR("by lineage"),
                     .facts = facts},
    };
}

static inline struct str case_format(struct test_case *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline struct str case_format(struct test_case *c, const char *format, ...) {
    char text[4096];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return case_keep(c, str_from(text));
}

static inline void case_login(struct test_case *c) {
    struct event e = {.source = STR("shop"), .id = STR("x"), .subject = STR("a1"), .kind = KIND_LOGIN};
    case_feed(c, &e, false);
}

static inline void case_answer(struct test_case *c, struct str step, const char *result, const char *answer) {
    struct event e = {.source = STR("hikeshi"), .kind = KIND_ACTION_RESULT, .step = step, .result = str_from(result)};
    e.extra = case_format(c, "{\"answer\":%s,\"attempts\":1,\"error\":\"\"}", answer ? answer : "{}");
    struct step_row *s = case_step(c, step);
    if (s && !case_step_over(s)) s->state = STEP_ANSWERED;
    case_feed(c, &e, false);
}

static inline void case_timer(struct test_case *c, struct str about, uint32_t version) {
    struct event e = {.source = STR("hikeshi"), .kind = KIND_TIMER_FIRED, .about = about, .version = version, .version_present = true};
    struct effect_row *of = case_effect(c, about);
    if (of && of->version == version && of->due_ms) c->fired[of - c->effects] = version;
    case_feed(c, &e, false);
}

static inline void case_decide(struct test_case *c, struct str task, const char *word, const char *by) {
    struct event e = {.source = STR("api"), .kind = KIND_APPROVAL, .task = task, .approval = str_from(word), .by = str_from(by)};
    case_feed(c, &e, false);
}

/* ---- looking ------------------------------------------------------------------------------------------------------------------------ */

static inline struct effect_row *case_of_kind(struct test_case *c, const char *kind) {
    for (size_t i = 0; i < c->effect_count; i++)
        if (str_equal(c->effects[i].kind, str_from(kind))) return &c->effects[i];
    static struct effect_row none;
    none = (struct effect_row){.state = STR("(there is none)")};
    return &none;
}

/* The newest step of an effect that is not over; "" = none. */
static inline struct str case_asked(struct test_case *c, const char *kind) {
    const struct effect_row *e = case_of_kind(c, kind);
    for (size_t i = c->step_count; i-- > 0;)
        if (!case_step_over(&c->steps[i]) && str_equal(c->steps[i].effect, e->id)) return c->steps[i].id;
    return STR_NONE;
}

static inline struct task_row *case_open_task(struct test_case *c, const char *kind) {
    const struct effect_row *e = case_of_kind(c, kind);
    for (size_t i = 0; i < c->task_count; i++)
        if (c->tasks[i].state != TASK_CLOSED && str_equal(c->tasks[i].effect, e->id)) return &c->tasks[i];
    static struct task_row none;
    none = (struct task_row){.kind = STR("(there is none)")};
    return &none;
}

static inline size_t case_told(const struct test_case *c, const char *subject) {
    size_t count = 0;
    for (size_t i = 0; i < c->notice_count; i++) count += str_equal(c->notices[i].subject, str_from(subject));
    return count;
}

#endif
