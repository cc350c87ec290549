// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_TELLING_CASE_TEST_H
#define NOTIFY_TELLING_CASE_TEST_H

#include <stdlib.h>

#include "base/check.h"
#include "base/json.h"
#include "base/moment.h"
#include "base/test.h"
#include "notify/notify.h"

/*
 * One incident, and what the store would keep of its notices, with the rules by which it keeps it. After every event what must always hold
 * is looked at (tale_check), and every event is handed in twice from the same rows: a replay must write the same bytes.
 */
#define TALE_ROWS_MAX    4096
#define TALE_CHANGES_MAX 4096
#define FIRST_MS         (5 * SECOND_MS)        /* from the wish for the first notice until it is written */
#define NOON_MS          INT64_C(1772341200000) /* 2026-03-01 05:00 UTC: 14:00 in Tokyo */

struct tale {
    struct respond_settings settings;
    struct incident_row incident;
    struct response_row response;
    struct effect_row effects[EFFECT_COUNT_MAX];
    struct ledger_row ledger[8];
    struct notice_row notices[TALE_ROWS_MAX];
    struct step_row steps[TALE_ROWS_MAX];
    struct task_row tasks[64];
    size_t effect_count, ledger_count, notice_count, step_count, task_count, audit_count;
    struct incident_write changes[TALE_CHANGES_MAX]; /* of the respond room, for the next event */
    size_t change_count;
    struct arena kept, step;
    uint64_t position;
    int64_t now_ms;
    bool was_over;        /* once; then not everything that failed was a person's */
    uint32_t asked_count; /* numbers that the respond room has given to notices */
};

static struct tale the_tale;
static struct tale *const t = &the_tale;

#define NEVER(condition)                                                                                                                   \
    do {                                                                                                                                   \
        if (condition) {                                                                                                                   \
            printf("%s:%d: position %llu: must never hold: %s\n", __FILE__, __LINE__, (unsigned long long)t->position, #condition);        \
            test_failures_here++;                                                                                                          \
        }                                                                                                                                  \
    } while (0)

static inline struct str keep(struct str s) {
    bool full = false;
    struct str copy = arena_copy(&t->kept, s, &full);
    CHECK(!full);
    return copy;
}

/* ---- the store ---------------------------------------------------------------------------------------------------------------------- */

static inline struct notice_row *notice_of(struct str id) {
    for (size_t i = 0; i < t->notice_count; i++)
        if (str_equal(t->notices[i].id, id)) return &t->notices[i];
    return NULL;
}

static inline struct step_row *step_of(struct str id) {
    for (size_t i = 0; i < t->step_count; i++)
        if (str_equal(t->steps[i].id, id)) return &t->steps[i];
    return NULL;
}

static inline bool is_over(const struct step_row *s) {
    return s->state == STEP_DONE || s->state == STEP_HUMAN || s->state == STEP_CANCELED;
}

static inline void put_notice(const struct notice_row *r) {
    struct notice_row *known = notice_of(r->id);
    if (known) {
        NEVER(r->version < known->version);
        NEVER(r->version == known->version && (r->state != known->state || r->due_ms != known->due_ms));
        NEVER(known->state == NOTICE_READ && r->state != NOTICE_READ);
        NEVER(known->state == NOTICE_MERGED && r->state != NOTICE_MERGED);
        NEVER(known->state != NOTICE_HELD && r->state == NOTICE_HELD);
        NEVER(known->written_ms && r->written_ms != known->written_ms);
        NEVER(known->written_ms && (!str_equal(r->title, known->title) || !str_equal(r->text, known->text)));
        NEVER(known->written_ms && (!str_equal(r->code, known->code) || !str_equal(r->language, known->language)));
        NEVER(known->read_ms && r->read_ms != known->read_ms);
    }
    CHECK(known || t->notice_count < TALE_ROWS_MAX);
    struct notice_row *to = known ? known : &t->notices[t->notice_count++];
    *to = *r;
    struct str *texts[] = {&to->id,   &to->incident, &to->account, &to->audience, &to->subject,     &to->facts,   &to->into,
                           &to->code, &to->language, &to->title,   &to->text,     &to->accepted_by, &to->read_by, &to->channels};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) *texts[i] = keep(*texts[i]);
}

static inline void put_step(const struct step_row *r) {
    struct step_row *known = step_of(r->id);
    if (known) {
        NEVER(r->state == STEP_READY); /* told twice by one channel */
        known->state = r->state, known->outcome = r->outcome;
        return;
    }
    struct json root;
    struct problem p = {0};
    char *memory = malloc(4U << 20);
    struct arena arena = arena_over(memory, 4U << 20);
    NEVER(r->state != STEP_READY || r->request.size > STEP_REQUEST_SIZE_MAX);
    NEVER(json_parse(r->request, STEP_REQUEST_SIZE_MAX, &arena, &root, &p) != ERR_OK);
    free(memory);
    CHECK(t->step_count < TALE_ROWS_MAX);
    struct step_row *to = &t->steps[t->step_count++];
    *to = *r;
    struct str *texts[] = {&to->id, &to->effect, &to->incident, &to->account, &to->system, &to->verb, &to->how, &to->request};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) *texts[i] = keep(*texts[i]);
}

static inline void put_task(const struct task_row *r) {
    size_t i = 0;
    while (i < t->task_count && !str_equal(t->tasks[i].id, r->id)) i++;
    NEVER(i < t->task_count && (t->tasks[i].state == TASK_CLOSED || r->state != TASK_CLOSED)); /* the respond room leads it on */
    CHECK(i < sizeof t->tasks / sizeof t->tasks[0]);
    t->task_count += i == t->task_count;
    t->tasks[i] = *r;
    t->tasks[i].id = keep(r->id), t->tasks[i].effect = keep(r->effect), t->tasks[i].kind = keep(r->kind);
}

static inline void put(const struct incident_write *w) {
    switch (w->kind) {
    case WRITE_NOTICE: put_notice(&w->as.notice); return;
    case WRITE_STEP: put_step(&w->as.step); return;
    case WRITE_TASK: put_task(&w->as.task); return;
    case WRITE_AUDIT: t->audit_count++; return;
    case WRITE_INCIDENT:
    case WRITE_INCIDENT_EVENT:
    case WRITE_DECISION:
    case WRITE_RESPONSE:
    case WRITE_EFFECT:
    case WRITE_LEDGER:
    case WRITE_HOLD:
    case WRITE_PROOF: NEVER(w->kind != WRITE_AUDIT); return;
    }
}

/* ---- what must always hold ---------------------------------------------------------------------------------------------------------- */

static inline bool is_owners(const struct notice_row *n) {
    return str_equal(n->audience, STR("owner"));
}

static inline size_t steps_of(const struct notice_row *n, bool alive) {
    size_t count = 0;
    for (size_t i = 0; i < t->step_count; i++) count += str_equal(t->steps[i].effect, n->id) && !(alive && is_over(&t->steps[i]));
    return count;
}

static inline size_t tasks_of(const struct notice_row *n, bool open) {
    size_t count = 0;
    for (size_t i = 0; i < t->task_count; i++) count += str_equal(t->tasks[i].effect, n->id) && !(open && t->tasks[i].state == TASK_CLOSED);
    return count;
}

/* He has acknowledged it, or what was written later. */
static inline bool has_heard(const struct notice_row *n) {
    for (size_t i = 0; i < t->notice_count; i++)
        if (is_owners(&t->notices[i]) && t->notices[i].read_ms && (&t->notices[i] == n || t->notices[i].written_ms > n->written_ms))
            return true;
    return false;
}

static inline bool is_end_of_all(const struct notice_row *n) {
    return str_equal(n->subject, STR("undone")) || str_equal(n->subject, STR("restored"));
}

static inline bool response_is_over(void) {
    return t->response.state == RESPONSE_CLOSED || t->response.state == RESPONSE_RESTORING || t->response.state == RESPONSE_FALSE_ALARM;
}

static inline void check_notice(const struct notice_row *n) {
    bool accepted = str_find(n->channels, STR("=accepted"), 0) < n->channels.size, goes_on = n->due_ms || steps_of(n, true) || accepted;
    switch (n->state) {
    case NOTICE_HELD: NEVER(is_owners(n) && !n->due_ms); break;
    case NOTICE_OUT: NEVER(is_owners(n) && !goes_on && t->settings.notify.channels[0]); break;
    case NOTICE_ACCEPTED: NEVER(!accepted || !n->accepted_ms); break;
    case NOTICE_READ: NEVER(!n->read_ms || n->due_ms || tasks_of(n, true)); break;
    case NOTICE_FAILED: NEVER(n->due_ms || (tasks_of(n, false) < is_owners(n) && !has_heard(n) && !t->was_over)); break;
    case NOTICE_MERGED: NEVER(n->due_ms || n->text.size || (n->into.size && !notice_of(n->into)->written_ms)); break;
    }
    bool written = n->state != NOTICE_HELD && n->state != NOTICE_MERGED;
    NEVER(written != (n->written_ms && n->text.size && n->title.size && (n->code.size || !is_owners(n))));
    NEVER(!written && steps_of(n, false));
    NEVER(str_equal(n->accepted_by, STR_NONE) != !n->accepted_ms);
    bool of_shop = str_equal(n->audience, STR("operator")) || str_equal(n->audience, STR("analyst"));
    NEVER(written && of_shop && !t->settings.notify.staff);
    NEVER(str_equal(n->audience, STR("issuer")) && !t->settings.notify.issuer);
}

static inline void tale_check(void) {
    size_t first = 0;
    t->was_over |= response_is_over();
    for (size_t i = 0; i < t->notice_count; i++) {
        const struct notice_row *n = &t->notices[i];
        check_notice(n);
        NEVER(is_owners(n) && tasks_of(n, true) && (has_heard(n) || (response_is_over() && !is_end_of_all(n))));
        first += str_equal(t->notices[i].subject, STR("first")) && t->notices[i].written_ms;
    }
    NEVER(first > 1);
}

/* ---- events ------------------------------------------------------------------------------------------------------------------------- */

static inline void make_token(void *self, struct str text, unsigned char *out, size_t size) {
    (void)self;
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < text.size; i++) hash = (hash ^ (unsigned char)text.at[i]) * 1099511628211U;
    for (size_t i = 0; i < size; i++) out[i] = (unsigned char)(hash >> 8 * (i % 8));
}

static inline void expect_same(const struct notice_change *one, const struct notice_change *other) {
    NEVER(one->write_count != other->write_count);
    for (size_t i = 0; i < one->write_count && i < other->write_count; i++) {
        const struct incident_write *a = &one->writes[i], *b = &other->writes[i];
        NEVER(a->kind != b->kind);
        if (a->kind == WRITE_STEP) NEVER(!str_equal(a->as.step.id, b->as.step.id) || !str_equal(a->as.step.request, b->as.step.request));
        if (a->kind == WRITE_NOTICE) NEVER(!str_equal(a->as.notice.text, b->as.notice.text) || a->as.notice.state != b->as.notice.state);
    }
}

/* One event through the door, with what the respond room made of it (tale_wish and the others). */
static inline void feed(const struct event *e) {
    struct respond_event r = {
        .event = e, .position = ++t->position, .now_ms = t->now_ms, .incident = t->incident.id, .settings = t->settings};
    struct task_row open[sizeof t->tasks / sizeof t->tasks[0]];
    size_t open_count = 0;
    for (size_t i = 0; i < t->task_count; i++)
        if (t->tasks[i].state != TASK_CLOSED) open[open_count++] = t->tasks[i];
    static struct step_row tells[TALE_ROWS_MAX];
    size_t tell_count = 0;
    for (size_t i = 0; i < t->step_count; i++)
        if (!is_over(&t->steps[i])) tells[tell_count++] = t->steps[i];
    struct respond_loaded l = {.incident = &t->incident,
                               .response = &t->response,
                               .effects = t->effects,
                               .effect_count = t->effect_count,
                               .tells = tells,
                               .tell_count = tell_count,
                               .tasks = open,
                               .task_count = open_count,
                               .ledger = t->ledger,
                               .ledger_count = t->ledger_count};
    struct response_change change = {.writes = t->changes, .write_count = t->change_count};
    struct notify_input in = {.e = &r, .loaded = &l, .change = &change, .notices = t->notices, .notice_count = t->notice_count};
    in.step = e->step.size ? step_of(e->step) : NULL;
    if (notify_wants_report(&r)) in.tasks = t->tasks, in.task_count = t->task_count;
    in.token = (struct token){make_token, NULL};
    struct notice_change out = {0}, again = {0};
    arena_reset(&t->step);
    if (notify_follows(&change) || notify_wants(&r).size) {
        notify_advance(&in, &t->step, &out);
        notify_advance(&in, &t->step, &again);
    }
    expect_same(&out, &again);
    for (size_t i = 0; i < t->change_count; i++) {
        const struct incident_write *w = &t->changes[i];
        if (w->kind == WRITE_NOTICE && !notice_of(w->as.notice.id)) put_notice(&w->as.notice);
        if (w->kind == WRITE_RESPONSE) t->response = w->as.response;
        for (size_t k = 0; k < t->task_count && w->kind == WRITE_TASK; k++)
            if (str_equal(t->tasks[k].id, w->as.task.id)) t->tasks[k] = w->as.task;
    }
    for (size_t i = 0; i < out.write_count; i++) put(&out.writes[i]);
    t->change_count = 0;
    tale_check();
}

static inline struct incident_write *add_change(enum incident_write_kind kind) {
    CHECK(t->change_count < TALE_CHANGES_MAX);
    struct incident_write *w = &t->changes[t->change_count++];
    *w = (struct incident_write){.kind = kind, .position = t->position + 1};
    return w;
}

/* With the next event the respond room wants this told; its id. */
static inline struct str wish_for(const char *audience, const char *subject) {
    char memory[64];
    struct buf id = buf_over(memory, sizeof memory);
    buf_fmt(&id, "inc_101/n%u", ++t->asked_count);
    struct str name = keep(buf_str(&id));
    add_change(WRITE_NOTICE)->as.notice = (struct notice_row){.id = name,
                                                              .incident = t->incident.id,
                                                              .account = t->incident.account,
                                                              .audience = str_from(audience),
                                                              .subject = str_from(subject),
                                                              .facts = STR("{}"),
                                                              .created_ms = t->now_ms,
                                                              .position = t->position + 1};
    return name;
}

static inline struct str wish(const char *subject) {
    return wish_for("owner", subject);
}

static inline void change_response(enum response_state s) {
    struct response_row *r = &add_change(WRITE_RESPONSE)->as.response;
    *r = t->response;
    r->state = s, r->version++;
}

static inline void change_effect(const struct effect_row *e) {
    add_change(WRITE_EFFECT)->as.effect = *e;
}

static inline void happens(void) {
    struct event e = {.source = STR("shop"), .kind = KIND_LOGIN, .subject = STR("a1")};
    feed(&e);
}

/* Said at once; its id. */
static inline void pass(int64_t ms);
static inline struct str told(const char *subject) {
    struct str id = wish(subject);
    happens();
    if (str_equal(str_from(subject), STR("first"))) pass(FIRST_MS); /* what comes in the same seconds is told with it */
    return id;
}

static inline struct str step_id(struct str notice, const char *channel) {
    char memory[128];
    struct buf id = buf_over(memory, sizeof memory);
    buf_fmt(&id, "%.*s/tell.%s/1", STR_ARGS(notice), channel);
    return keep(buf_str(&id));
}

static inline struct step_row *sent(struct str notice, const char *channel) {
    return step_of(step_id(notice, channel));
}

/* What a channel's counterpart answered to the notice's step. */
static inline void answers(struct str notice, const char *channel, const char *result) {
    struct event e = {
        .source = STR("hikeshi"), .kind = KIND_NOTICE_RESULT, .about = notice, .via = str_from(channel), .result = str_from(result)};
    e.step = step_id(notice, channel);
    feed(&e);
}

/* What was heard of it later: of a bounce, or of him. */
static inline void heard(struct str notice, const char *via, const char *result) {
    struct event e = {
        .source = STR("hikeshi"), .kind = KIND_NOTICE_RESULT, .about = notice, .via = str_from(via), .result = str_from(result)};
    feed(&e);
}

static inline void timer(struct str about, uint32_t version) {
    struct event e = {.source = STR("hikeshi"), .kind = KIND_TIMER_FIRED, .about = about, .version = version, .version_present = true};
    feed(&e);
}

/* Time passes, and every timer fires when it is due. */
static inline void pass(int64_t ms) {
    int64_t until = t->now_ms + ms;
    for (unsigned round = 0; round < 10000; round++) {
        const struct notice_row *next = NULL;
        for (size_t i = 0; i < t->notice_count; i++) {
            const struct notice_row *n = &t->notices[i];
            if (n->due_ms && n->due_ms <= until && (!next || n->due_ms < next->due_ms)) next = n;
        }
        if (!next) break;
        if (next->due_ms > t->now_ms) t->now_ms = next->due_ms;
        uint32_t version = next->version;
        timer(next->id, version);
        NEVER(next->due_ms && next->version == version); /* it would fire for ever */
    }
    t->now_ms = until;
}

static inline void close_task(size_t index, const char *outcome) {
    struct task_row *r = &add_change(WRITE_TASK)->as.task;
    t->tasks[index].state = TASK_CLOSED, t->tasks[index].outcome = str_from(outcome), t->tasks[index].approved_by = STR("mei");
    *r = t->tasks[index];
    t->tasks[index].state = TASK_OPEN; /* as it was loaded */
    struct event e = {.source = STR("api"), .kind = KIND_APPROVAL, .task = r->id, .approval = r->outcome, .by = STR("mei")};
    feed(&e);
}

/* ---- looking ------------------------------------------------------------------------------------------------------------------------ */

static inline struct notice_row *the(struct str id) {
    static struct notice_row none;
    struct notice_row *n = notice_of(id);
    none = (struct notice_row){.id = STR("(there is none)"), .state = NOTICE_MERGED};
    return n ? n : &none;
}

static inline struct str member_of(const struct step_row *s, const char *name) {
    static char memory[1U << 20];
    struct arena arena = arena_over(memory, sizeof memory);
    struct json root;
    struct problem p;
    if (!s || json_parse(s->request, STEP_REQUEST_SIZE_MAX, &arena, &root, &p)) return STR("(there is none)");
    return keep(json_text(json_get(root, str_from(name))));
}

static inline bool holds(struct str text, const char *what) {
    return str_find(text, str_from(what), 0) < text.size;
}

#define EXPECT_STATE(id, word) EXPECT_STR(notice_state_word(the(id)->state), STR(word))

static inline void tale_begin(const char *channels) {
    static char kept[256U << 20], step[256U << 20];
    memset(t, 0, sizeof *t);
    t->kept = arena_over(kept, sizeof kept), t->step = arena_over(step, sizeof step);
    t->now_ms = NOON_MS - FIRST_MS; /* so that the first is written at noon */
    t->position = 100;
    t->settings.notify = (struct notify_settings){
        .at_once = 6, .language = "en", .timezone = "Etc/UTC", .quiet_from_h = 22, .quiet_to_h = 8, .report_ms = DAY_MS, .ack_ms = DAY_MS};
    (void)snprintf(t->settings.notify.channels, sizeof t->settings.notify.channels, "%s", channels);
    t->incident = (struct incident_row){.id = STR("inc_101"),
                                        .account = STR("a1"),
                                        .window_from_ms = NOON_MS - HOUR_MS,
                                        .language = STR("ja-JP"),
                                        .timezone = STR("Asia/Tokyo")};
    t->response = (struct response_row){.incident = STR("inc_101"),
                                        .account = STR("a1"),
                                        .state = RESPONSE_OPEN,
                                        .window_from_ms = NOON_MS - HOUR_MS,
                                        .decided_ms = NOON_MS - FIRST_MS};
    t->effects[t->effect_count++] = (struct effect_row){.id = STR("inc_101/e1"),
                                                        .incident = STR("inc_101"),
                                                        .account = STR("a1"),
                                                        .kind = STR("order"),
                                                        .object = STR("order:o1"),
                                                        .phase = PHASE_CONTAINING,
                                                        .whose = WHOSE_HIJACKER,
                                                        .amount_minor = 500,
                                                        .currency = "JPY"};
    t->ledger[t->ledger_count++] = (struct ledger_row){
        .incident = STR("inc_101"), .effect = STR("inc_101/e1"), .number = 1, .kind = LEDGER_LOSS, .amount_minor = 500, .currency = "JPY"};
}

/* The thief's new address, as the shop sealed it. */
static inline struct effect_row *email_changed(void) {
    struct effect_row *e = &t->effects[t->effect_count++];
    *e = (struct effect_row){.id = STR("inc_101/e2"),
                             .incident = STR("inc_101"),
                             .account = STR("a1"),
                             .kind = STR("email"),
                             .object = STR("contact_email"),
                             .phase = PHASE_CONTAINING,
                             .whose = WHOSE_HIJACKER,
                             .before = STR("sealed-owner"),
                             .after = STR("sealed-thief")};
    return e;
}

#endif
