// SPDX-License-Identifier: Apache-2.0
/* Does the operations of the incident store, once for all SQL databases. */
#include "store/incident_sql.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "store/audit_chain.h"

#define LIST_COUNT_MAX  1000
#define VERIFY_SIZE     (8U << 20)
#define VERIFY_ROWS_MAX 64
#define PARAMETERS_MAX  64

void session_init(struct session *s) {
    pthread_mutexattr_t recursive;
    (void)pthread_mutexattr_init(&recursive);
    (void)pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    (void)pthread_mutex_init(&s->lock, &recursive);
    (void)pthread_mutexattr_destroy(&recursive);
}

void session_release(struct session *s) {
    (void)pthread_mutex_destroy(&s->lock);
}

static enum err tell(struct session *s, enum query q, struct problem *p) {
    return s->run(s, q, NULL, NULL, p);
}

/* ---- reading ---------------------------------------------------------------------------------------------------------------------- */

struct question {
    enum query query;
    int table;
    const struct value *parameters;
};

static enum err collect(struct session *s, const struct question *q, struct rows *out) {
    (void)pthread_mutex_lock(&s->lock);
    struct problem unsaid;
    enum err err = s->run(s, q->query, q->parameters, out, &unsaid);
    (void)pthread_mutex_unlock(&s->lock);
    if (err) return err;
    return out->full ? ERR_FULL : out->bad ? ERR_CORRUPT : ERR_OK;
}

static struct session *seen_by(struct incident_sql *s, enum sight sight) {
    CHECK(sight == SIGHT_SETTLED || s->begun);
    return sight == SIGHT_WITHIN ? s->absorbing : s->looking;
}

static enum err read_rows(void *self, enum sight sight, struct question q, struct arena *step, void **at, size_t *count) {
    struct rows rows = rows_of(q.table, step);
    enum err err = collect(seen_by(self, sight), &q, &rows);
    *at = rows.at;
    *count = err ? 0 : rows.count;
    return err;
}

static enum err read_row(void *self, enum sight sight, struct question q, struct arena *step, void *out) {
    struct rows rows = rows_of(q.table, step);
    enum err err = collect(seen_by(self, sight), &q, &rows);
    if (err) return err;
    if (!rows.count) return ERR_NOT_FOUND;
    memcpy(out, rows.at, rows.table->row_size);
    return ERR_OK;
}

#define VALUES(...)               ((const struct value[]){__VA_ARGS__})
#define ASK(query, table, ...)    ((struct question){query, table, VALUES(__VA_ARGS__)})
#define ASK_FOR(query, table, id) ASK(query, table, value_text(id))

/* The one row of a statement without parameters, which has numbers only. */
static enum err read_number(struct session *s, enum query q, int table, void *out) {
    char memory[64];
    struct arena step = arena_over(memory, sizeof memory);
    struct rows rows = rows_of(table, &step);
    enum err err = collect(s, &(struct question){.query = q, .table = table}, &rows);
    if (err) return err;
    if (!rows.count) return ERR_CORRUPT;
    memcpy(out, rows.at, rows.table->row_size);
    return ERR_OK;
}

static enum err absorbed(void *self, uint64_t *position) {
    struct incident_sql *s = self;
    return read_number(s->looking, QUERY_ABSORBED, TABLE_ABSORBED, position);
}

static enum err find(void *self, struct str id, struct arena *step, struct incident_row *out) {
    return read_row(self, SIGHT_SETTLED, ASK_FOR(QUERY_INCIDENT, WRITE_INCIDENT, id), step, out);
}

static enum err find_within(void *self, struct str id, struct arena *step, struct incident_row *out) {
    return read_row(self, SIGHT_WITHIN, ASK_FOR(QUERY_INCIDENT, WRITE_INCIDENT, id), step, out);
}

static uint32_t at_most(uint32_t count_max) {
    return count_max < LIST_COUNT_MAX ? count_max : LIST_COUNT_MAX;
}

static enum err list(void *self, const struct incident_query *q, struct arena *step, struct incident_row **rows, size_t *count) {
    struct str status = q->status < 0 ? STR_NONE : incident_status_word((enum incident_status)q->status);
    return read_rows(self, SIGHT_SETTLED,
                     ASK(QUERY_INCIDENTS, WRITE_INCIDENT, value_text(q->account), value_text(status), value_position(q->before),
                         value_number(at_most(q->count_max))),
                     step, (void **)rows, count);
}

static enum err events(void *self, enum sight s, const struct incident_event_query *q, struct arena *step, struct incident_event_row **rows,
                       size_t *count) {
    return read_rows(self, s,
                     ASK(QUERY_EVENTS, WRITE_INCIDENT_EVENT, value_text(q->incident), value_position(q->after), value_number(q->count_max)),
                     step, (void **)rows, count);
}

static enum err decision(void *self, struct str event, struct arena *step, struct decision_row *out) {
    return read_row(self, SIGHT_SETTLED, ASK_FOR(QUERY_DECISION, WRITE_DECISION, event), step, out);
}

static enum err find_response(void *self, enum sight s, struct str incident, struct arena *step, struct response_row *out) {
    return read_row(self, s, ASK_FOR(QUERY_RESPONSE, WRITE_RESPONSE, incident), step, out);
}

static enum err find_effect(void *self, enum sight s, struct str id, struct arena *step, struct effect_row *out) {
    return read_row(self, s, ASK_FOR(QUERY_EFFECT, WRITE_EFFECT, id), step, out);
}

static enum err find_step(void *self, enum sight s, struct str id, struct arena *step, struct step_row *out) {
    return read_row(self, s, ASK_FOR(QUERY_STEP, WRITE_STEP, id), step, out);
}

static enum err find_task(void *self, enum sight s, struct str id, struct arena *step, struct task_row *out) {
    return read_row(self, s, ASK_FOR(QUERY_TASK, WRITE_TASK, id), step, out);
}

static enum err effects(void *self, enum sight s, const struct effect_query *q, struct arena *step, struct effect_row **rows,
                        size_t *count) {
    struct value open = value_number(q->open), most = value_number(q->count_max);
    struct value incident = value_text(q->incident), object = value_text(q->object), account = value_text(q->account);
    struct question everywhere = ASK(QUERY_EFFECTS, WRITE_EFFECT, open, most);
    struct question inside = ASK(QUERY_EFFECTS_OF_INCIDENT, WRITE_EFFECT, incident, object, open, most);
    struct question about = ASK(QUERY_EFFECTS_OF_OBJECT, WRITE_EFFECT, object, open, most);
    struct question of_account = ASK(QUERY_EFFECTS_OF_ACCOUNT, WRITE_EFFECT, account, open, most);
    struct question wide = q->object.size ? about : q->account.size ? of_account : everywhere;
    return read_rows(self, s, q->incident.size ? inside : wide, step, (void **)rows, count);
}

static enum err steps(void *self, enum sight s, struct str id, struct arena *step, struct step_row **rows, size_t *count) {
    bool of_effect = str_find_char(id, '/', 0) < id.size;
    return read_rows(self, s, ASK_FOR(of_effect ? QUERY_STEPS_OF_EFFECT : QUERY_STEPS_OF_INCIDENT, WRITE_STEP, id), step, (void **)rows,
                     count);
}

static enum err steps_unsettled(void *self, struct str incident, struct arena *step, struct step_row **rows, size_t *count) {
    return read_rows(self, SIGHT_WITHIN, ASK_FOR(QUERY_STEPS_UNSETTLED, WRITE_STEP, incident), step, (void **)rows, count);
}

static enum err tasks(void *self, enum sight s, struct str incident, struct arena *step, struct task_row **rows, size_t *count) {
    struct question all = {.query = QUERY_TASKS, .table = WRITE_TASK};
    return read_rows(self, s, incident.size ? ASK_FOR(QUERY_TASKS_OF_INCIDENT, WRITE_TASK, incident) : all, step, (void **)rows, count);
}

static enum err ledger(void *self, enum sight s, struct str incident, struct arena *step, struct ledger_row **rows, size_t *count) {
    return read_rows(self, s, ASK_FOR(QUERY_LEDGER, WRITE_LEDGER, incident), step, (void **)rows, count);
}

static enum err notices(void *self, enum sight s, struct str incident, struct arena *step, struct notice_row **rows, size_t *count) {
    return read_rows(self, s, ASK_FOR(QUERY_NOTICES, WRITE_NOTICE, incident), step, (void **)rows, count);
}

static enum err messages(void *self, struct str account, uint32_t count_max, struct arena *step, struct notice_row **rows, size_t *count) {
    return read_rows(self, SIGHT_SETTLED, ASK(QUERY_MESSAGES, WRITE_NOTICE, value_text(account), value_number(count_max)), step,
                     (void **)rows, count);
}

static enum err find_notice(void *self, enum sight s, struct str id, struct arena *step, struct notice_row *out) {
    return read_row(self, s, ASK_FOR(QUERY_NOTICE, WRITE_NOTICE, id), step, out);
}

static enum err find_code(void *self, struct str code, struct arena *step, struct notice_row *out) {
    return read_row(self, SIGHT_SETTLED, ASK_FOR(QUERY_CODE, WRITE_NOTICE, code), step, out);
}

static enum err proofs(void *self, enum sight s, struct str incident, struct arena *step, struct proof_row **rows, size_t *count) {
    return read_rows(self, s, ASK_FOR(QUERY_PROOFS, WRITE_PROOF, incident), step, (void **)rows, count);
}

static enum err audit(void *self, enum sight s, struct str incident, struct arena *step, struct audit_row **rows, size_t *count) {
    return read_rows(self, s, ASK_FOR(QUERY_AUDIT, WRITE_AUDIT, incident), step, (void **)rows, count);
}

static enum err holds(void *self, enum sight s, struct str incident, struct arena *step, struct hold_row **rows, size_t *count) {
    return read_rows(self, s, ASK_FOR(QUERY_HOLDS, WRITE_HOLD, incident), step, (void **)rows, count);
}

static enum err hold(void *self, struct str order, struct arena *step, struct hold_row *out) {
    return read_row(self, SIGHT_SETTLED, ASK_FOR(QUERY_HOLD, WRITE_HOLD, order), step, out);
}

static enum err open_response(void *self, enum sight s, struct str account, struct arena *step, struct response_row *out) {
    return read_row(self, s, ASK_FOR(QUERY_OPEN_RESPONSE, WRITE_RESPONSE, account), step, out);
}

/* ---- absorbing -------------------------------------------------------------------------------------------------------------------- */

static enum err may_write(const struct incident_sql *s, struct problem *p) {
    return s->read_only ? problem_set(p, ERR_DENIED, s->where, "", "this incident store was opened for reading only") : ERR_OK;
}

static void leave(struct incident_sql *s) {
    s->begun = false;
    (void)pthread_mutex_unlock(&s->absorbing->lock);
}

static void abandon(void *self) {
    struct incident_sql *s = self;
    if (!s->begun) return;
    struct problem unsaid; /* fails where there is no transaction any more, which is as good */
    (void)!tell(s->absorbing, QUERY_ROLLBACK, &unsaid);
    leave(s);
}

static enum err begin(void *self, uint64_t *position, struct problem *p) {
    struct incident_sql *s = self;
    enum err err = may_write(s, p);
    if (err) return err;
    (void)pthread_mutex_lock(&s->absorbing->lock);
    CHECK(!s->begun);
    err = tell(s->absorbing, QUERY_BEGIN, p);
    if (err) {
        (void)pthread_mutex_unlock(&s->absorbing->lock);
        return err;
    }
    s->begun = true;
    s->failed = ERR_OK;
    err = read_number(s->absorbing, QUERY_ABSORBED_TO_WRITE, TABLE_ABSORBED, &s->absorbed);
    if (err) {
        abandon(s);
        return problem_set(p, err, s->where, "", "cannot read the position of the incident store");
    }
    *position = s->absorbed;
    return ERR_OK;
}

static enum err put_row(struct incident_sql *s, int table, const void *row, struct problem *p) {
    struct value values[PARAMETERS_MAX];
    const struct table *t = &incident_tables[table];
    CHECK(t->column_count <= PARAMETERS_MAX);
    for (size_t i = 0; i < t->column_count; i++) values[i] = column_get(&t->columns[i], row);
    return s->absorbing->run(s->absorbing, QUERY_PUT_INCIDENT + (unsigned)table, values, NULL, p);
}

static enum err put_audit(struct incident_sql *s, struct audit_row row, struct problem *p) {
    char memory[512];
    struct arena step = arena_over(memory, sizeof memory);
    struct rows end = rows_of(TABLE_CHAIN_END, &step);
    enum err err = s->absorbing->run(s->absorbing, QUERY_CHAIN_END, VALUES(value_text(row.incident)), &end, p);
    if (err) return err;
    struct audit_hash start = audit_chain_start();
    const struct chain_end_row *last = (const struct chain_end_row *)end.at;
    row.number = end.count ? last->number + 1 : 1;
    row.prev_hash = end.count ? last->hash : audit_hash_str(&start);
    struct audit_hash hash = audit_chain_hash(&row);
    row.hash = audit_hash_str(&hash);
    return put_row(s, WRITE_AUDIT, &row, p);
}

static enum err put(void *self, const struct incident_write *writes, size_t count, struct problem *p) {
    struct incident_sql *s = self;
    CHECK(s->begun);
    for (size_t i = 0; i < count && !s->failed; i++) {
        const struct incident_write *w = &writes[i];
        CHECK(w->position > 0);
        if (w->position <= s->absorbed) continue;
        s->failed = w->kind == WRITE_AUDIT ? put_audit(s, w->as.audit, p) : put_row(s, (int)w->kind, &w->as, p);
    }
    return s->failed;
}

static enum err finish(void *self, uint64_t position, struct problem *p) {
    struct incident_sql *s = self;
    CHECK(s->begun);
    enum err err = s->failed;
    if (err) (void)problem_set(p, err, s->where, "", "a write before failed: nothing of it was kept");
    if (!err && position > s->absorbed) {
        err = s->absorbing->run(s->absorbing, QUERY_SET_ABSORBED, VALUES(value_position(position)), NULL, p);
        if (!err) err = tell(s->absorbing, QUERY_COMMIT, p);
        if (!err) {
            leave(s);
            return ERR_OK;
        }
    }
    abandon(s);
    return err;
}

static enum err commit(void *self, const struct incident_write *writes, size_t count, uint64_t position, struct problem *p) {
    for (size_t i = 0; i < count; i++) CHECK(writes[i].position > 0 && writes[i].position <= position);
    uint64_t before;
    enum err err = begin(self, &before, p);
    if (err) return err;
    if (position > before) err = put(self, writes, count, p);
    if (!err) return finish(self, position, p);
    abandon(self);
    return err;
}

/* ---- the courier ------------------------------------------------------------------------------------------------------------------ */

/* One transaction of the courier: its lock is held in between. */
static enum err courier_begin(struct incident_sql *s, struct problem *p) {
    enum err err = may_write(s, p);
    if (err) return err;
    (void)pthread_mutex_lock(&s->courier->lock);
    CHECK(s->courier != s->absorbing || !s->begun);
    err = tell(s->courier, QUERY_BEGIN, p);
    if (err) (void)pthread_mutex_unlock(&s->courier->lock);
    return err;
}

static enum err courier_end(struct incident_sql *s, enum err err, struct problem *p) {
    struct problem unsaid;
    if (!err) err = tell(s->courier, QUERY_COMMIT, p);
    if (err) (void)!tell(s->courier, QUERY_ROLLBACK, &unsaid);
    (void)pthread_mutex_unlock(&s->courier->lock);
    return err;
}

static int compare_numbers(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

static int compare_claims(const struct step_row *a, const struct step_row *b) {
    int order = compare_numbers(a->lane, b->lane);
    if (!order) order = compare_numbers(a->run_ms, b->run_ms);
    if (!order) order = compare_numbers(a->created_ms, b->created_ms);
    if (!order) order = compare_numbers((int64_t)a->position, (int64_t)b->position);
    if (!order) order = compare_numbers((int64_t)a->id.size, (int64_t)b->id.size);
    return order ? order : memcmp(a->id.at, b->id.at, a->id.size);
}

/* PostgreSQL sorts before it waits for a row and reads it again, so what comes may be a little out of order: insertion suffices. */
static void sort_claims(struct step_row *rows, size_t count) {
    for (size_t i = 1; i < count; i++) {
        struct step_row row = rows[i];
        size_t at = i;
        for (; at && compare_claims(&rows[at - 1], &row) > 0; at--) rows[at] = rows[at - 1];
        rows[at] = row;
    }
}

/* The row as it stands once it is claimed; its state tells what it was before. */
static enum err claim_row(struct incident_sql *s, const struct claim *c, struct step_row *r, struct problem *p) {
    r->state = r->state == STEP_READY ? STEP_READY : STEP_UNKNOWN;
    r->fence++;
    r->attempts++;
    r->lease_owner = c->owner;
    r->lease_until_ms = c->now_ms + c->lease_ms;
    if (!r->first_sent_ms) r->first_sent_ms = c->now_ms;
    const struct value *values = VALUES(value_text(r->id), value_text(c->owner), value_number(r->lease_until_ms), value_number(c->now_ms));
    return s->courier->run(s->courier, QUERY_CLAIM, values, NULL, p);
}

static enum err claim_rows(struct incident_sql *s, const struct claim *c, struct rows *rows, struct problem *p) {
    const struct value *values =
        VALUES(value_text(c->system), value_number(c->lane_end), value_number(c->now_ms), value_number(c->count_max));
    enum err err = s->courier->run(s->courier, QUERY_CLAIMABLE, values, rows, p);
    if (!err && (rows->full || rows->bad))
        err = problem_set(p, rows->full ? ERR_FULL : ERR_CORRUPT, s->where, "", "cannot read the steps that are due");
    struct step_row *at = (struct step_row *)rows->at;
    if (!err) sort_claims(at, rows->count);
    for (size_t i = 0; !err && i < rows->count; i++) err = claim_row(s, c, &at[i], p);
    return err;
}

static enum err claimable(void *self, const struct claim *c, bool *any) {
    struct incident_sql *s = self;
    char memory[64];
    struct arena step = arena_over(memory, sizeof memory);
    struct rows rows = rows_of(TABLE_MOMENT, &step);
    const struct value *values = VALUES(value_text(c->system), value_number(c->lane_end), value_number(c->now_ms));
    enum err err = collect(s->looking, &(struct question){QUERY_ANY_CLAIMABLE, TABLE_MOMENT, values}, &rows);
    *any = !err && rows.count;
    return err;
}

static enum err claim(void *self, const struct claim *c, struct arena *step, struct step_row **rows, size_t *count, struct problem *p) {
    struct incident_sql *s = self;
    struct rows taken = rows_of(WRITE_STEP, step);
    enum err err = courier_begin(s, p);
    if (err) return err;
    err = courier_end(s, claim_rows(s, c, &taken, p), p);
    *rows = (struct step_row *)taken.at;
    *count = err ? 0 : taken.count;
    return err;
}

static enum err report_one(struct incident_sql *s, struct step_report *r, struct problem *p) {
    CHECK(r->state == STEP_ANSWERED || r->state == STEP_READY || r->state == STEP_UNKNOWN);
    char memory[256];
    struct arena step = arena_over(memory, sizeof memory);
    struct rows rows = rows_of(TABLE_MOMENT, &step);
    const struct value *values =
        VALUES(value_text(r->step), value_position(r->fence), value_text(step_state_word(r->state)), value_number(r->generation),
               value_number(r->run_ms), value_text(step_outcome_word(r->outcome)), value_text(r->answer), value_text(r->last_error));
    enum err err = s->courier->run(s->courier, QUERY_REPORT, values, &rows, p);
    r->accepted = !err && rows.count;
    return err;
}

static enum err report(void *self, struct step_report *reports, size_t count, struct problem *p) {
    struct incident_sql *s = self;
    enum err err = courier_begin(s, p);
    if (err) return err;
    for (size_t i = 0; !err && i < count; i++) err = report_one(s, &reports[i], p);
    err = courier_end(s, err, p);
    for (size_t i = 0; err && i < count; i++) reports[i].accepted = false;
    return err;
}

static enum err unreported(void *self, uint32_t count_max, struct arena *step, struct step_row **rows, size_t *count) {
    return read_rows(self, SIGHT_SETTLED, ASK(QUERY_UNREPORTED, WRITE_STEP, value_number(count_max)), step, (void **)rows, count);
}

static enum err due(void *self, int64_t now_ms, uint32_t count_max, struct arena *step, struct due_row **rows, size_t *count) {
    return read_rows(self, SIGHT_SETTLED, ASK(QUERY_DUE, TABLE_DUE, value_number(now_ms), value_number(count_max)), step, (void **)rows,
                     count);
}

static enum err next_due_ms(void *self, int64_t *at_ms) {
    struct incident_sql *s = self;
    return read_number(s->looking, QUERY_NEXT_DUE, TABLE_MOMENT, at_ms);
}

const struct incident_store_ops incident_sql_ops = {
    .commit = commit,
    .absorbed = absorbed,
    .find = find,
    .list = list,
    .events = events,
    .decision = decision,
    .begin = begin,
    .put = put,
    .finish = finish,
    .abandon = abandon,
    .find_within = find_within,
    .find_response = find_response,
    .find_effect = find_effect,
    .find_step = find_step,
    .find_task = find_task,
    .effects = effects,
    .steps = steps,
    .steps_unsettled = steps_unsettled,
    .tasks = tasks,
    .ledger = ledger,
    .notices = notices,
    .messages = messages,
    .find_notice = find_notice,
    .find_code = find_code,
    .proofs = proofs,
    .audit = audit,
    .holds = holds,
    .hold = hold,
    .open_response = open_response,
    .claimable = claimable,
    .claim = claim,
    .report = report,
    .unreported = unreported,
    .due = due,
    .next_due_ms = next_due_ms,
};

/* ---- verifying -------------------------------------------------------------------------------------------------------------------- */

static enum err verify_audit_in(struct incident_sql *s, void *memory, struct problem *p) {
    struct audit_walk walk = {0};
    for (;;) {
        struct arena step = arena_over(memory, VERIFY_SIZE);
        struct rows rows = rows_of(WRITE_AUDIT, &step);
        const struct value *after = VALUES(value_text(str_from(walk.incident)), value_number(walk.number), value_number(VERIFY_ROWS_MAX));
        enum err err = collect(s->looking, &(struct question){QUERY_AUDIT_PAGE, WRITE_AUDIT, after}, &rows);
        if (err) return problem_set(p, err, s->where, "", "cannot read the audit chains");
        const struct audit_row *at = (const struct audit_row *)rows.at;
        for (size_t i = 0; i < rows.count; i++)
            if ((err = audit_walk_on(&walk, &at[i], p)) != ERR_OK) return err;
        if (rows.count < VERIFY_ROWS_MAX) return ERR_OK;
    }
}

enum err incident_sql_verify_audit(struct incident_sql *s, struct problem *p) {
    void *memory = malloc(VERIFY_SIZE);
    if (!memory) return problem_set(p, ERR_FULL, s->where, "", "no memory to read the audit chains");
    enum err err = verify_audit_in(s, memory, p);
    free(memory);
    return err;
}
