// SPDX-License-Identifier: Apache-2.0
/*
 * POST /v1/tasks/{incident}/{task}: a person answers a task. The answer is journaled as an `approval` event in the name of the key that was
 * sent; what it does is the respond room's business, and so is whether it takes another person.
 */
#include "api/exchange.h"
#include "base/json.h"

static enum err find_task(struct exchange *x, struct task_row *t, struct problem *p) {
    struct incident_store store = engine_incidents(x->api->engine);
    enum err err = store.ops->find_task(store.self, SIGHT_SETTLED, x->parameter, &x->api->step, t);
    if (err == ERR_NOT_FOUND) return problem_set(p, err, "id", "GET /v1/tasks lists them", "there is no such task");
    if (err) return problem_set(p, err, "tasks", "try again", "cannot read the task: %s", err_word(err));
    if (t->state == TASK_CLOSED) return problem_set(p, ERR_CONFLICT, "id", "GET /v1/tasks lists those that are open", "task is closed");
    return ERR_OK;
}

static bool is_option(struct str options, struct str word) {
    for (struct str rest = options; rest.size;)
        if (str_equal(str_cut(rest, ' ', &rest), word)) return word.size > 0;
    return false;
}

static enum err read_answer(struct exchange *x, const struct task_row *t, struct str *decision, struct str *reason, struct problem *p) {
    struct json root;
    enum err err = json_parse(http_reader_body(x->request), HTTP_BODY_SIZE_MAX, &x->api->step, &root, p);
    if (err) return err == ERR_FULL ? err : ERR_INVALID;
    *decision = json_text(json_get(root, STR("decision")));
    *reason = json_text(json_get(root, STR("reason")));
    if (reason->size > 512) return problem_set(p, ERR_INVALID, "reason", "at most 512 bytes", "reason is too long");
    if (is_option(t->options, *decision)) return ERR_OK;
    return problem_set(p, ERR_INVALID, "decision", "", "one of: %.*s", STR_ARGS(t->options));
}

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    struct task_row t;
    struct str decision, reason;
    arena_reset(&x->api->step);
    enum err err = find_task(x, &t, &p);
    if (!err) err = read_answer(x, &t, &decision, &reason, &p);
    if (!err && !x->who.size)
        err = problem_set(&p, ERR_DENIED, "authorization", "serve with --api-key-file", "nobody's name: tasks need a key");
    if (err) {
        p.err = err;
        return exchange_refuse_err(x, &p);
    }
    char id[192];
    struct buf b = buf_over(id, sizeof id);
    buf_fmt(&b, "%.*s/%.*s/%.*s", STR_ARGS(t.id), STR_ARGS(x->who), STR_ARGS(decision));
    struct event event = {
        .source = STR("people"),
        .id = str_slice(buf_str(&b), 0, b.size < EVENT_ID_SIZE_MAX ? b.size : EVENT_ID_SIZE_MAX),
        .type = kind_name(KIND_APPROVAL),
        .kind = KIND_APPROVAL,
        .time_ms = t.opened_ms, /* the same answer again is the same event */
        .task = t.id,
        .incident = t.incident,
        .approval = decision,
        .reason = reason,
    };
    struct receipt receipt;
    if (exchange_submit(x, &event, &receipt, &err, &p) == EXCHANGE_LATER) return EXCHANGE_LATER;
    if (err) return exchange_refuse_err(x, &p);
    exchange_begin(x, 200, STR("application/json"));
    buf_text(x->out, STR("{\"task\":"));
    buf_json(x->out, t.id);
    buf_fmt(x->out, ",\"position\":%llu}", (unsigned long long)receipt.position);
    x->position = receipt.position;
    return EXCHANGE_DONE;
}

extern const struct route route_task;
const struct route route_task = {
    .name = "answer_task",
    .method = "POST",
    .path = "/v1/tasks/{id}",
    .scope = SCOPE_VERDICTS_WRITE,
    .sentence = "Answer a task, in the name of the key. Where it takes two people, the second must have another key.",
    .takes = {"application/json"},
    .takes_schema =
        "{\"type\":\"object\",\"required\":[\"decision\"],\"properties\":{\"decision\":{\"type\":\"string\"},\"reason\":{\"type\":"
        "\"string\"}}}",
    .path_parameter = "the task's id, its slash as %2F",
    .answers =
        (const struct route_answer[]){
            {200, "application/json", "{\"type\":\"object\"}", "taken, and durable"},
            {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}", "there is no such task"},
            {409, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}", "the task is closed"},
            {0}},
    .answer = answer,
};
