// SPDX-License-Identifier: Apache-2.0
#ifndef API_ENGINE_FAKE_TEST_H
#define API_ENGINE_FAKE_TEST_H

#include "base/check.h"
#include "base/str.h"
#include "engine/engine.h"
#include "incident/incident.h"

/*
 * An engine that pretends, for tests of the door: include it once in a program, and the real one is not linked. Every event is allowed,
 * but the subject "hijacked" is denied, and "other" is in conflict with an event of the same id. `batch_max` events fill a batch; `breaks`
 * is a journal that failed.
 */
#define EVENTS_MAX 20000

static struct fake {
    uint64_t applied, sealed, settled;
    uint64_t batch_max; /* then ERR_FULL */
    bool committing, breaks;
    const struct policy *policy;
    struct engine_totals totals;
    struct {
        char id[32];
    } events[EVENTS_MAX + 1];
} fake;

/* An engine to which nothing happened yet. */
static void fake_begin(uint64_t batch_max) {
    static const struct policy *policy; /* compiled once */
    if (!policy) {
        static char memory[4 << 20];
        struct arena arena = arena_over(memory, sizeof memory);
        CHECK(policy_compile(policy_default_bundle(), &arena, &policy, NULL) == ERR_OK);
    }
    fake = (struct fake){.batch_max = batch_max, .policy = policy};
}

enum err engine_submit(struct engine *e, const struct event *event, struct receipt *out, struct problem *p) {
    (void)e;
    if (fake.breaks) return problem_set(p, ERR_IO, "journal", "", "journal refuses records");
    *out = (struct receipt){.decision = {.policy = STR("fake@1"), .verdict = VERDICT_ALLOW, .score = 12}};
    if (str_equal(event->subject, STR("hijacked"))) out->decision.verdict = VERDICT_DENY;
    for (uint64_t i = 1; i <= fake.applied; i++) {
        if (!str_equal(str_from(fake.events[i].id), event->id)) continue;
        if (str_equal(event->subject, STR("other"))) return problem_set(p, ERR_CONFLICT, "id", "give every event its own", "seen before");
        out->position = i;
        out->repeated = true;
        return ERR_OK;
    }
    if (fake.applied - fake.sealed >= fake.batch_max || fake.applied == EVENTS_MAX) return ERR_FULL;
    out->position = ++fake.applied;
    (void)snprintf(fake.events[fake.applied].id, sizeof fake.events[0].id, "%.*s", STR_ARGS(event->id));
    fake.totals.events++;
    return ERR_OK;
}

bool engine_seal(struct engine *e) {
    (void)e;
    if (fake.committing || fake.applied == fake.sealed) return false;
    fake.sealed = fake.applied;
    return fake.committing = true;
}

enum err engine_commit(struct engine *e, struct problem *p) {
    (void)e, (void)p;
    fake.settled = fake.sealed;
    fake.committing = false;
    return ERR_OK;
}

uint64_t engine_settled(const struct engine *e) {
    (void)e;
    return fake.settled;
}

uint64_t engine_position(const struct engine *e) {
    (void)e;
    return fake.applied;
}

const struct policy *engine_policy(const struct engine *e) {
    (void)e;
    return fake.policy;
}

static struct {
    char text[1 << 20];
    size_t size;
    unsigned changes;
    struct model_in_force in_force;
} fake_model = {.in_force = {.name = {"shipped", 7}}};

/* "model ..." is one, whatever follows; "damaged" is not. */
enum err engine_set_model(struct engine *e, struct str text, struct str by, struct problem *p) {
    (void)e, (void)by;
    if (str_starts(text, STR("damaged"))) return problem_set(p, ERR_CORRUPT, "line 3", "copy it again", "the check sum is wrong");
    if (!str_starts(text, STR("model"))) return problem_set(p, ERR_INVALID, "line 1", "", "this is no model");
    if (fake.applied - fake.sealed >= fake.batch_max) return ERR_FULL;
    memcpy(fake_model.text, text.at, fake_model.size = text.size);
    fake_model.in_force.name = STR("sent");
    fake_model.in_force.position = ++fake.applied;
    fake_model.changes++;
    return ERR_OK;
}

enum err engine_roll_back_model(struct engine *e, struct str by, struct problem *p) {
    (void)e, (void)by;
    if (!fake_model.in_force.position) return problem_set(p, ERR_CONFLICT, "model", "", "there is no model before the one in force");
    fake_model.in_force.name = STR("shipped");
    fake_model.in_force.position = 0;
    ++fake.applied;
    return ERR_OK;
}

struct model_in_force engine_model_in_force(const struct engine *e) {
    (void)e;
    return fake_model.in_force;
}

const struct problem *engine_model_refused(const struct engine *e) {
    (void)e;
    return NULL;
}

const struct engine_totals *engine_totals(const struct engine *e) {
    (void)e;
    return &fake.totals;
}

enum err engine_write_account(struct engine *e, struct str account, struct buf *out, struct problem *p) {
    (void)e;
    if (str_equal(account, STR("nobody"))) return problem_set(p, ERR_NOT_FOUND, "id", "", "nothing is known of this account");
    buf_text(out, STR("{\"account\":"));
    buf_json(out, account);
    buf_char(out, '}');
    return ERR_OK;
}

enum err engine_write_decision(struct engine *e, uint64_t position, struct buf *out, struct problem *p) {
    (void)e, (void)p;
    if (position > fake.applied) return ERR_NOT_FOUND;
    buf_fmt(out, "{\"position\":%llu}", (unsigned long long)position);
    return ERR_OK;
}

static uint64_t count_cells(void *self, enum cell_class class) {
    (void)self;
    return 100 + (uint64_t) class;
}

struct cells engine_cells(const struct engine *e) {
    (void)e;
    static const struct cells_ops ops = {.count = count_cells};
    return (struct cells){&ops, NULL};
}

static uint64_t last_position(void *self) {
    (void)self;
    return fake.applied;
}

struct journal engine_journal(const struct engine *e) {
    (void)e;
    static const struct journal_ops ops = {.first = last_position, .last = last_position, .durable = last_position};
    return (struct journal){&ops, NULL};
}

static struct incident_query asked;
static struct incident_row incident_rows[2] = {
    {.id = {"inc_9", 5}, .account = {"a\"1", 3}, .opened_position = 9, .opened_ms = 1000, .summary = {"taken over", 10}, .path = {"{}", 2}},
    {.id = {"inc_7", 5}, .account = {"a2", 2}, .status = INCIDENT_CLOSED, .opened_ms = 900, .closed_ms = 950, .opened_position = 7},
};

static enum err list_incidents(void *self, const struct incident_query *q, struct arena *step, struct incident_row **rows, size_t *count) {
    (void)self, (void)step;
    asked = *q;
    *rows = incident_rows;
    *count = q->count_max < 2 ? q->count_max : 2;
    return ERR_OK;
}

static enum err find_incident(void *self, struct str id, struct arena *step, struct incident_row *out) {
    (void)self, (void)step;
    if (!str_equal(id, STR("inc_9"))) return ERR_NOT_FOUND;
    *out = incident_rows[0];
    return ERR_OK;
}

static enum err incident_events(void *self, enum sight s, const struct incident_event_query *q, struct arena *step,
                                struct incident_event_row **rows, size_t *count) {
    (void)self, (void)s, (void)step;
    static struct incident_event_row events[] = {
        {.position = 9, .time_ms = 1000, .event = {"e9", 2}, .kind = {"login", 5}, .whose = WHOSE_HIJACKER, .why = {"the trigger", 11}}};
    *rows = events;
    *count = q->after < 9;
    return ERR_OK;
}

static enum err nothing_is_due(void *self, int64_t *at_ms) {
    (void)self;
    *at_ms = 0;
    return ERR_OK;
}

const struct absorb_totals *engine_absorbed(const struct engine *e) {
    (void)e;
    static const struct absorb_totals none;
    return &none;
}

/* ---- the response of inc_9: one row of each, with texts that need escapes -------------------------------------------------------------
 */

#define FAKE_ID STR("inc_9")

static struct response_row fake_response = {
    .incident = {"inc_9", 5}, .account = {"a\"1", 3}, .state = RESPONSE_UNDOING, .decided_ms = 1000, .due_ms = 2000};
static struct task_row fake_task = {.id = {"inc_9/t1", 8},
                                    .incident = {"inc_9", 5},
                                    .effect = {"inc_9/e1", 8},
                                    .kind = {"do", 2},
                                    .asks = {"a\nb", 3},
                                    .options = {"done retry unable", 17},
                                    .people = 1};

static enum err find_response(void *self, enum sight sight, struct str id, struct arena *step, struct response_row *out) {
    (void)self, (void)sight, (void)step;
    if (!str_equal(id, FAKE_ID)) return ERR_NOT_FOUND;
    *out = fake_response;
    return ERR_OK;
}

static enum err open_response(void *self, enum sight sight, struct str account, struct arena *step, struct response_row *out) {
    (void)account;
    return find_response(self, sight, FAKE_ID, step, out);
}

static enum err find_task(void *self, enum sight sight, struct str id, struct arena *step, struct task_row *out) {
    (void)self, (void)sight, (void)step;
    if (!str_equal(id, fake_task.id)) return ERR_NOT_FOUND;
    *out = fake_task;
    return ERR_OK;
}

static enum err find_hold(void *self, struct str order, struct arena *step, struct hold_row *out) {
    (void)self, (void)step;
    if (!str_equal(order, STR("o1"))) return ERR_NOT_FOUND;
    *out = (struct hold_row){.order = STR("o1"), .incident = FAKE_ID, .epoch = 1, .held_ms = 1000};
    return ERR_OK;
}

static enum err list_effects(void *self, enum sight sight, const struct effect_query *q, struct arena *step, struct effect_row **rows,
                             size_t *count) {
    (void)self, (void)sight, (void)q, (void)step;
    static struct effect_row row = {.id = {"inc_9/e1", 8},
                                    .incident = {"inc_9", 5},
                                    .kind = {"order", 5},
                                    .object = {"order:\x01", 7},
                                    .state = {"holding", 7},
                                    .phase = PHASE_CONTAINING,
                                    .currency = "JPY",
                                    .amount_minor = 500};
    *rows = &row;
    *count = 1;
    return ERR_OK;
}

#define FAKE_LIST(name, row_type, sight, ...)                                                                                              \
    static enum err name(void *self, sight struct str id, struct arena *step, struct row_type **rows, size_t *count) {                     \
        static struct row_type row = __VA_ARGS__;                                                                                          \
        (void)self, (void)id, (void)step;                                                                                                  \
        *rows = &row;                                                                                                                      \
        *count = 1;                                                                                                                        \
        return ERR_OK;                                                                                                                     \
    }
#define FAKE_SIGHT enum sight fake_sight __attribute__((unused)),

FAKE_LIST(list_steps, step_row, FAKE_SIGHT, {.id = {"inc_9/e1/contain.hold_order/1", 29}, .request = {"{}", 2}})
FAKE_LIST(list_tasks, task_row, FAKE_SIGHT, {.id = {"inc_9/t1", 8}, .asks = {"\"", 1}})
FAKE_LIST(list_ledger, ledger_row, FAKE_SIGHT, {.effect = {"inc_9/e1", 8}, .number = 1, .amount_minor = 500, .currency = "JPY"})
FAKE_LIST(list_notices, notice_row, FAKE_SIGHT, {.id = {"inc_9/n1", 8}})

/* One message, with text that would be markup; its code is 4F8K-2M7Q. */
static const struct notice_row fake_message = {.id = {"inc_9/n1", 8},
                                               .incident = {"inc_9", 5},
                                               .account = {"a1", 2},
                                               .audience = {"owner", 5},
                                               .language = {"en", 2},
                                               .title = {"<b>A \"title\"", 12},
                                               .text = {"a & b\n<script>", 14},
                                               .code = {"4F8K-2M7Q", 9},
                                               .written_ms = 1772293260000};
/* What else the message centre has: a report's facts, or more than `most` messages can be read at once. */
static struct {
    struct str report;
    uint32_t most;
} fake_centre;
static enum err list_messages(void *self, struct str account, uint32_t count_max, struct arena *step, struct notice_row **rows,
                              size_t *count) {
    static struct notice_row row;
    (void)self, (void)step;
    if (fake_centre.most && count_max > fake_centre.most) return ERR_FULL;
    row = fake_message;
    if (fake_centre.report.size) row.subject = STR("report"), row.facts = fake_centre.report;
    *rows = &row;
    *count = str_equal(account, fake_message.account);
    return ERR_OK;
}

/* Of inc_9 so many reports are written, and the next is to be. */
static uint64_t fake_reports = 2;
static enum err find_fake_report(struct str number_text, struct arena *step, struct notice_row *out) {
    uint64_t number;
    if (!str_to_u64(number_text, &number) || !number || number > fake_reports + 1) return ERR_NOT_FOUND;
    struct buf facts = buf_over(arena_take(step, 256), 256);
    if (number <= fake_reports)
        buf_fmt(
            &facts,
            "{\"version\":%llu,\"digest\":\"d\",\"report\":{\"language\":\"en\",\"title\":\"report <%llu>\",\"foot\":\"\",\"blocks\":[]}}",
            (unsigned long long)number, (unsigned long long)number);
    *out = (struct notice_row){
        .subject = STR("report"), .facts = buf_str(&facts), .written_ms = number <= fake_reports ? 1000 * (int64_t)number : 0};
    return ERR_OK;
}

static enum err find_fake_notice(void *self, enum sight s, struct str id, struct arena *step, struct notice_row *out) {
    (void)self, (void)s;
    if (str_starts(id, STR("inc_9/nreport"))) return find_fake_report(str_slice(id, 13, id.size), step, out);
    if (!str_equal(id, fake_message.id)) return ERR_NOT_FOUND;
    *out = fake_message;
    return ERR_OK;
}
static enum err find_fake_code(void *self, struct str code, struct arena *step, struct notice_row *out) {
    (void)self, (void)step;
    if (!str_equal(code, fake_message.code)) return ERR_NOT_FOUND;
    *out = fake_message;
    return ERR_OK;
}
static void make_fake_token(void *self, struct str text, unsigned char *out, size_t size) {
    (void)self;
    for (size_t i = 0; i < size; i++) out[i] = i < text.size ? (unsigned char)text.at[text.size - 1 - i] : 0;
}
struct token engine_token(const struct engine *e) {
    (void)e;
    return (struct token){make_fake_token, NULL};
}
enum err engine_submit_own(struct engine *e, const struct event *event, struct receipt *out, struct problem *p) {
    return engine_submit(e, event, out, p);
}

FAKE_LIST(list_proofs, proof_row, FAKE_SIGHT, {.effect = {"inc_9/e1", 8}, .number = 1})
FAKE_LIST(list_audit, audit_row, FAKE_SIGHT, {.incident = {"inc_9", 5}, .number = 1, .body = {"{}", 2}})

struct incident_store engine_incidents(const struct engine *e) {
    (void)e;
    static const struct incident_store_ops ops = {.list = list_incidents,
                                                  .find = find_incident,
                                                  .events = incident_events,
                                                  .next_due_ms = nothing_is_due,
                                                  .find_response = find_response,
                                                  .open_response = open_response,
                                                  .find_task = find_task,
                                                  .hold = find_hold,
                                                  .effects = list_effects,
                                                  .steps = list_steps,
                                                  .tasks = list_tasks,
                                                  .ledger = list_ledger,
                                                  .notices = list_notices,
                                                  .messages = list_messages,
                                                  .find_notice = find_fake_notice,
                                                  .find_code = find_fake_code,
                                                  .proofs = list_proofs,
                                                  .audit = list_audit};
    return (struct incident_store){&ops, NULL};
}

#endif
