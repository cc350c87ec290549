// SPDX-License-Identifier: Apache-2.0
/* Judges a simulation: what may never be, whatever failed on the way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "respond/respond.h"
#include "sim/inside.h"
#include "store/incident_sqlite.h"

#define DUMP_SIZE      (64U * 1024 * 1024)
#define LOOK_SIZE      (64U * 1024 * 1024)
#define CURRENCIES_MAX 8

struct judge {
    struct simulation *s;
    struct simulation_verdict *out;
    struct arena look;
};

static void find(struct judge *j, uint64_t *count, const char *what, struct str about) {
    char text[256];
    (void)snprintf(text, sizeof text, "%s: %.*s", what, STR_ARGS(about));
    simulation_find(j->s, text);
    if (count) ++*count;
    j->out->failed++;
}

/* ---- each effect is terminal, or something leads it on ---------------------------------------------------------------------------- */

static bool has_step(const struct effect_row *e, const struct step_row *steps, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_equal(steps[i].effect, e->id) && steps[i].state <= STEP_ANSWERED) return true;
    return false;
}

static bool has_task(const struct effect_row *e, const struct task_row *tasks, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_equal(tasks[i].effect, e->id) && tasks[i].state != TASK_CLOSED) return true;
    return false;
}

/* Held until somebody is sure, or until its sibling is through: what it waits for has its own clock. */
static bool waits_for_others(const struct effect_row *e, const struct response_row *r) {
    const struct effect_def *d = effect_def_find(e->kind);
    return e->phase == PHASE_CONTAINED && (!e->go || !r->confident || (d && d->waits_for));
}

static void judge_effects(struct judge *j, const struct response_row *r) {
    struct incident_store store = simulation_store(j->s);
    const struct effect_query q = {.incident = r->incident, .count_max = EFFECT_COUNT_MAX};
    struct effect_row *effects;
    struct step_row *steps;
    struct task_row *tasks;
    size_t effect_count, step_count, task_count;
    enum err err = store.ops->effects(store.self, SIGHT_SETTLED, &q, &j->look, &effects, &effect_count);
    if (!err) err = store.ops->steps(store.self, SIGHT_SETTLED, r->incident, &j->look, &steps, &step_count);
    if (!err) err = store.ops->tasks(store.self, SIGHT_SETTLED, r->incident, &j->look, &tasks, &task_count);
    CHECK(!err);
    bool closed = r->state == RESPONSE_CLOSED || r->state == RESPONSE_FALSE_ALARM;
    for (size_t i = 0; i < effect_count; i++) {
        const struct effect_row *e = &effects[i];
        j->out->effects++;
        if (phase_is_terminal(e->phase)) continue;
        j->out->open_effects++;
        if (closed) find(j, &j->out->lost, "an effect is open in a closed response", e->id);
        else if (e->due_ms <= 0 && !has_step(e, steps, step_count) && !has_task(e, tasks, task_count) && !waits_for_others(e, r))
            find(j, &j->out->lost, "nothing leads this effect on", e->id);
    }
}

/* ---- money -------------------------------------------------------------------------------------------------------------------------- */

static void judge_money(struct judge *j, const struct response_row *r) {
    struct incident_store store = simulation_store(j->s);
    struct ledger_row *rows;
    struct money money[CURRENCIES_MAX];
    size_t count;
    CHECK(store.ops->ledger(store.self, SIGHT_SETTLED, r->incident, &j->look, &rows, &count) == ERR_OK);
    if (r->state != RESPONSE_CLOSED) return;
    count = respond_money(rows, count, money, CURRENCIES_MAX);
    for (size_t i = 0; i < count; i++)
        if (money_open(&money[i])) find(j, &j->out->unbalanced, "closed although money is missing", r->incident);
}

/* ---- the world ---------------------------------------------------------------------------------------------------------------------- */

static void judge_world(struct judge *j, bool all_closed) {
    struct world_verdict v;
    world_judge(simulation_world(j->s), NULL, &v);
    j->out->doubled += v.double_actions;
    if (v.double_actions) find(j, NULL, "something was done twice", str_from(v.first));
    if (v.owner_touched) find(j, NULL, "something of the owner's was touched", str_from(v.first));
    if (all_closed && v.left_alive) find(j, &j->out->lost, "something of the hijacker's is left", str_from(v.first));
    if (all_closed && v.owner_out_of_pocket_minor > 0) find(j, &j->out->unbalanced, "the owner is out of pocket", str_from(v.first));
}

/* ---- the journal makes it again ------------------------------------------------------------------------------------------------------ */

/* Of a step, what the rooms say; the courier's columns are his own (port/response.h). Whether one that was overtaken had been sent by then,
 * and so ended DONE in place of CANCELED, is his too. */
static void write_step(const struct step_row *r, struct buf *b) {
    bool over = r->state == STEP_DONE || r->state == STEP_HUMAN || r->state == STEP_CANCELED;
    buf_fmt(b, "%.*s %s", STR_ARGS(r->id), over ? "over" : "under way");
}

static void write_effect(const struct effect_row *r, struct buf *b) {
    buf_fmt(b, "%.*s %.*s %.*s %lld", STR_ARGS(r->id), STR_ARGS(r->object), STR_ARGS(r->state), (long long)r->amount_minor);
}

#define WRITE_ALL(type, list, write)                                                                                                       \
    do {                                                                                                                                   \
        struct type *rows;                                                                                                                 \
        size_t count;                                                                                                                      \
        CHECK((list) == ERR_OK);                                                                                                           \
        for (size_t i = 0; i < count; i++) write(&rows[i], b), buf_char(b, '\n');                                                          \
    } while (0)

/*
 * Not compared: proofs and the audit chain. Whether a step that was overtaken was READY then, or the courier's already, is not in the
 * journal: a replay writes it down as canceled, and its late answer not at all (docs/reference/sim.md).
 */
static void write_response(struct incident_store s, struct str id, struct arena *look, struct buf *b) {
    const struct effect_query q = {.incident = id, .count_max = EFFECT_COUNT_MAX};
    struct response_row response;
    if (s.ops->find_response(s.self, SIGHT_SETTLED, id, look, &response) == ERR_OK) respond_write_response_json(&response, b);
    buf_char(b, '\n');
    WRITE_ALL(effect_row, s.ops->effects(s.self, SIGHT_SETTLED, &q, look, &rows, &count), write_effect);
    WRITE_ALL(step_row, s.ops->steps(s.self, SIGHT_SETTLED, id, look, &rows, &count), write_step);
    WRITE_ALL(task_row, s.ops->tasks(s.self, SIGHT_SETTLED, id, look, &rows, &count), respond_write_task_json);
    WRITE_ALL(ledger_row, s.ops->ledger(s.self, SIGHT_SETTLED, id, look, &rows, &count), respond_write_ledger_json);
    WRITE_ALL(notice_row, s.ops->notices(s.self, SIGHT_SETTLED, id, look, &rows, &count), respond_write_notice_json);
}

/* The first line that differs, for whoever looks for the reason. */
static void tell_difference(struct str lived, struct str told) {
    struct str a, b;
    do {
        a = str_cut(lived, '\n', &lived);
        b = str_cut(told, '\n', &told);
    } while (str_equal(a, b) && lived.size && told.size);
    (void)fprintf(stderr, "lived: %.*s\ntold:  %.*s\n", STR_ARGS(a), STR_ARGS(b));
}

static void compare(struct judge *j, struct incident_store again, const struct incident_row *rows, size_t count) {
    char *lived_memory = malloc(DUMP_SIZE), *told_memory = malloc(DUMP_SIZE), *look_memory = malloc(LOOK_SIZE);
    CHECK(lived_memory && told_memory && look_memory);
    for (size_t i = 0; i < count; i++) {
        struct buf lived = buf_over(lived_memory, DUMP_SIZE), told = buf_over(told_memory, DUMP_SIZE);
        struct arena look = arena_over(look_memory, LOOK_SIZE);
        write_response(simulation_store(j->s), rows[i].id, &look, &lived);
        arena_reset(&look);
        write_response(again, rows[i].id, &look, &told);
        if (str_equal(buf_str(&lived), buf_str(&told))) continue;
        find(j, &j->out->lost, "the journal tells another response", rows[i].id);
        if (!simulation_is_quiet(j->s)) tell_difference(buf_str(&lived), buf_str(&told));
    }
    free(lived_memory);
    free(told_memory);
    free(look_memory);
}

static void judge_replay(struct judge *j, const struct incident_row *rows, size_t count) {
    struct incident_store again;
    struct problem p = {0};
    CHECK(incident_sqlite_open(":memory:", &again, &p) == ERR_OK);
    if (simulation_replay(j->s, again, &p) != ERR_OK) find(j, &j->out->lost, "the journal cannot be replayed", str_from(p.what));
    else compare(j, again, rows, count);
    incident_sqlite_close(&again);
}

static void judge_chains(struct judge *j) {
    struct incident_store store = simulation_store(j->s);
    struct problem p = {0};
    if (incident_sqlite_verify(&store, &p) != ERR_OK) find(j, NULL, "the store is not whole", str_from(p.what));
}

/* ---- all of them -------------------------------------------------------------------------------------------------------------------- */

void simulation_judge(struct simulation *s, struct simulation_verdict *out) {
    void *memory = malloc(LOOK_SIZE);
    CHECK(memory);
    *out = (struct simulation_verdict){.lost = simulation_lost(s), .failed = simulation_first(s)[0] != 0};
    struct judge j = {.s = s, .out = out, .look = arena_over(memory, LOOK_SIZE)};
    struct incident_store store = simulation_store(s);
    size_t count;
    struct incident_row *rows = simulation_incidents(s, &j.look, &count);
    out->incidents = count;
    for (size_t i = 0; i < count; i++) {
        struct response_row r;
        if (store.ops->find_response(store.self, SIGHT_SETTLED, rows[i].id, &j.look, &r) != ERR_OK) {
            find(&j, &out->lost, "an incident has no response", rows[i].id);
            continue;
        }
        judge_effects(&j, &r);
        judge_money(&j, &r);
    }
    judge_world(&j, count && !responses_are_open(s));
    judge_replay(&j, rows, count);
    judge_chains(&j);
    (void)snprintf(out->first, sizeof out->first, "%s", simulation_first(s));
    free(memory);
}

/* Object and phase of every effect by their text, and the money: what must be the same whatever crashed. In which order they were found,
 * and whether a charge was known as authorised or captured when it was, are the moment's. */
static int by_text(const void *left, const void *right) {
    return strcmp(left, right);
}

void simulation_write_end(struct simulation *s, struct buf *out) {
    static char lines[EFFECT_COUNT_MAX][160];
    void *memory = malloc(LOOK_SIZE);
    CHECK(memory);
    struct arena look = arena_over(memory, LOOK_SIZE);
    struct incident_store store = simulation_store(s);
    size_t count;
    struct incident_row *rows = simulation_incidents(s, &look, &count);
    for (size_t i = 0; i < count; i++) {
        const struct effect_query q = {.incident = rows[i].id, .count_max = EFFECT_COUNT_MAX};
        struct effect_row *effects;
        struct ledger_row *ledger;
        struct money money[CURRENCIES_MAX];
        size_t effect_count, ledger_count;
        CHECK(store.ops->effects(store.self, SIGHT_SETTLED, &q, &look, &effects, &effect_count) == ERR_OK);
        CHECK(store.ops->ledger(store.self, SIGHT_SETTLED, rows[i].id, &look, &ledger, &ledger_count) == ERR_OK);
        for (size_t k = 0; k < effect_count; k++)
            (void)snprintf(lines[k], sizeof lines[k], "%.*s %.*s", STR_ARGS(effects[k].object), STR_ARGS(phase_word(effects[k].phase)));
        if (effect_count) qsort(lines, effect_count, sizeof lines[0], by_text);
        buf_fmt(out, "%.*s\n", STR_ARGS(rows[i].account));
        for (size_t k = 0; k < effect_count; k++) buf_fmt(out, "  %s\n", lines[k]);
        respond_write_money_json(money, respond_money(ledger, ledger_count, money, CURRENCIES_MAX), out);
        buf_char(out, '\n');
    }
    free(memory);
}
