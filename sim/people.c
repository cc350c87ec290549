// SPDX-License-Identifier: Apache-2.0
/* Plays the people: two who answer tasks after hours, and owners who say whose something was and set a new password. */
#include <stdio.h>

#include "base/hash.h"
#include "base/moment.h"
#include "sim/inside.h"
#include "sim/life.h"

#define INCIDENTS_MAX 4096
#define LOOKS_MS      (30 * MINUTE_MS)

/* People take from one to six hours, each matter its own. */
static bool has_waited(struct simulation *s, struct str id, int64_t since_ms) {
    return simulation_now_ms(s) >= since_ms + HOUR_MS + (int64_t)(hash_str(id, simulation_seed(s)) % 300) * MINUTE_MS;
}

/* The truth about "order:o1": the hijacker's where he did something with it; what has no name of its own goes with its account. */
static bool is_hijackers(struct simulation *s, struct str account, struct str object) {
    char words[160];
    struct str id, word = str_cut(object, ':', &id);
    (void)word;
    if (id.size) (void)snprintf(words, sizeof words, "\"%.*s\"", STR_ARGS(id));
    else (void)snprintf(words, sizeof words, "\"subject\":\"%.*s\"", STR_ARGS(account));
    return simulation_was_hostile(s, str_from(words));
}

void simulation_answer_task(struct simulation *s, struct str task, const char *decision, const char *by) {
    char data[512];
    (void)snprintf(data, sizeof data, "\"task\":\"%.*s\",\"decision\":\"%s\",\"by\":\"%s\"", STR_ARGS(task), decision, by);
    char text[1024];
    struct buf b = buf_over(text, sizeof text);
    buf_fmt(&b, "{\"specversion\":\"1.0\",\"source\":\"desk\",\"id\":\"%.*s/%s/%lld\",\"type\":\"approval\",\"time\":\"", STR_ARGS(task),
            by, (long long)simulation_now_ms(s));
    moment_format(&b, simulation_now_ms(s));
    buf_fmt(&b, "\",\"data\":{%s}}", data);
    simulation_tell(s, buf_str(&b));
}

/* What can be done by machine is tried again; what cannot, somebody has done by hand and another has looked. */
static const char *answer_of(struct simulation *s, const struct task_row *t, const struct effect_row *e) {
    if (str_equal(t->kind, STR("approve"))) return "approve";
    if (str_equal(t->kind, STR("decide"))) return is_hijackers(s, e->account, e->object) ? "hijacker" : "owner";
    if (str_equal(t->kind, STR("do"))) return e->generation < 6 ? "retry" : "unable";
    return str_equal(t->kind, STR("call")) ? "unable" : "done";
}

static void look_at_task(struct simulation *s, struct arena *look, const struct task_row *t, bool *busy) {
    struct incident_store store = simulation_store(s);
    struct effect_row e = {0};
    if (t->state == TASK_CLOSED || !has_waited(s, t->id, t->opened_ms)) return;
    if (t->effect.size && store.ops->find_effect(store.self, SIGHT_SETTLED, t->effect, look, &e) != ERR_OK) return;
    simulation_answer_task(s, t->id, answer_of(s, t, &e), t->state == TASK_PROPOSED ? "sato" : "kimura");
    *busy = true;
}

/* The owner is asked, or told, or has to come himself. */
static void look_at_effect(struct simulation *s, const struct effect_row *e, bool *busy) {
    bool asked = e->phase == PHASE_ASKING, told = e->phase == PHASE_DISCLOSED;
    bool comes = str_equal(e->kind, STR("password")) && e->phase == PHASE_PENDING;
    char data[256];
    if ((!asked && !told && !comes) || !has_waited(s, e->id, e->since_ms)) return;
    unsigned account = life_account(e->account);
    *busy = true;
    if (comes) {
        (void)life_act(s, account, LIFE_OWNER, "password_changed", "\"outcome\":\"success\"");
        return;
    }
    const char *says = is_hijackers(s, e->account, e->object) ? "\"says\":\"not_mine\"," : "\"says\":\"mine\",";
    (void)snprintf(data, sizeof data, "\"about\":\"%.*s\",%s\"via\":\"page\"", STR_ARGS(e->id), asked ? says : "");
    life_tell(s, account, LIFE_OWNER, "owner_statement", data);
}

/* Whoever was told beforehand refuses the parcel at his door. */
static bool was_told_of_parcel(struct simulation *s, struct str incident, struct arena *look) {
    struct incident_store store = simulation_store(s);
    struct notice_row *rows;
    size_t count;
    if (store.ops->notices(store.self, SIGHT_SETTLED, incident, look, &rows, &count) != ERR_OK) return false;
    for (size_t i = 0; i < count; i++)
        if (str_equal(rows[i].subject, STR("parcel_coming"))) return true;
    return false;
}

static bool is_open(const struct response_row *r) {
    return r->state != RESPONSE_CLOSED && r->state != RESPONSE_FALSE_ALARM;
}

/* Rows live in `look`, which nothing called here takes again but simulation_gate_opens: texts that are told are copied first. */
static void look_at_incident(struct simulation *s, const struct incident_row *row, struct arena *look, bool *busy) {
    struct incident_store store = simulation_store(s);
    struct response_row r;
    struct effect_row *effects;
    struct task_row *tasks;
    size_t effect_count, task_count;
    const struct effect_query q = {.incident = row->id, .open = true, .count_max = EFFECT_COUNT_MAX};
    if (store.ops->find_response(store.self, SIGHT_SETTLED, row->id, look, &r) != ERR_OK || !is_open(&r)) return;
    if (row->status == INCIDENT_OPEN && has_waited(s, row->id, row->opened_ms) && !is_hijackers(s, row->account, STR_NONE)) {
        char data[256];
        (void)snprintf(data, sizeof data, "\"incident\":\"%.*s\",\"verdict\":\"false_alarm\",\"reason\":\"asked\",\"by\":\"kimura\"",
                       STR_ARGS(row->id));
        life_tell(s, life_account(row->account), LIFE_OWNER, "analyst_verdict", data);
        *busy = true;
        return;
    }
    if (was_told_of_parcel(s, row->id, look)) {
        char account[64];
        (void)snprintf(account, sizeof account, "%.*s", STR_ARGS(row->account));
        world_tell_owner(simulation_world(s), account);
    }
    if (store.ops->effects(store.self, SIGHT_SETTLED, &q, look, &effects, &effect_count) != ERR_OK) return;
    if (store.ops->tasks(store.self, SIGHT_SETTLED, row->id, look, &tasks, &task_count) != ERR_OK) return;
    for (size_t i = 0; i < effect_count; i++) look_at_effect(s, &effects[i], busy);
    for (size_t i = 0; i < task_count; i++) look_at_task(s, look, &tasks[i], busy);
}

struct incident_row *simulation_incidents(struct simulation *s, struct arena *look, size_t *count) {
    struct incident_store store = simulation_store(s);
    struct incident_row *rows = NULL;
    *count = 0;
    const struct incident_query q = {.status = -1, .count_max = INCIDENTS_MAX};
    if (store.ops->list(store.self, &q, look, &rows, count) != ERR_OK) simulation_find(s, "the incidents cannot be read");
    return rows;
}

bool responses_are_open(struct simulation *s) {
    struct arena look = simulation_look(s);
    struct incident_store store = simulation_store(s);
    size_t count;
    struct incident_row *rows = simulation_incidents(s, &look, &count);
    for (size_t i = 0; i < count; i++) {
        struct response_row r;
        if (store.ops->find_response(store.self, SIGHT_SETTLED, rows[i].id, &look, &r) == ERR_OK && is_open(&r)) return true;
    }
    return false;
}

int64_t people_look(struct simulation *s, bool *busy) {
    static char memory[32U * 1024 * 1024]; /* their own: what they say may make the simulation look meanwhile */
    struct arena look = arena_over(memory, sizeof memory);
    size_t count;
    struct incident_row *rows = simulation_incidents(s, &look, &count);
    for (size_t i = 0; i < count; i++) look_at_incident(s, &rows[i], &look, busy);
    return responses_are_open(s) ? simulation_now_ms(s) + LOOKS_MS : 0;
}
