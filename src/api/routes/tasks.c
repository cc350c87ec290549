// SPDX-License-Identifier: Apache-2.0
/* GET /v1/tasks: what only people can do or decide, soonest first. */
#include "api/exchange.h"
#include "respond/respond.h"

/* A page ends where another task, each byte of whose texts may need an escape, might not fit. */
#define TASK_SIZE_MAX (8U * 1024)

static enum exchange_result answer(struct exchange *x) {
    struct incident_store store = engine_incidents(x->api->engine);
    struct problem p = {0};
    struct task_row *rows;
    size_t count, written = 0;
    arena_reset(&x->api->step);
    enum err err = store.ops->tasks(store.self, SIGHT_SETTLED, STR_NONE, &x->api->step, &rows, &count);
    if (err) {
        p.err = problem_set(&p, err, "tasks", "try again", "cannot read the tasks: %s", err_word(err));
        return exchange_refuse_err(x, &p);
    }
    exchange_begin(x, 200, STR("application/json"));
    buf_text(x->out, STR("{\"tasks\":["));
    for (; written < count && x->out->capacity - x->out->size > TASK_SIZE_MAX; written++) {
        if (written) buf_char(x->out, ',');
        respond_write_task_json(&rows[written], x->out);
    }
    buf_fmt(x->out, "],\"open\":%zu}", count);
    return EXCHANGE_DONE;
}

extern const struct route route_tasks;
const struct route route_tasks = {
    .name = "tasks",
    .method = "GET",
    .path = "/v1/tasks",
    .scope = SCOPE_READ,
    .sentence = "What only people can do or decide, by due time: as many as fit, and how many are open.",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "tasks"}, {0}},
    .answer = answer,
};
