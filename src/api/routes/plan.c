// SPDX-License-Identifier: Apache-2.0
/* GET /v1/plans/{id}: everything that would still be done about an incident, in order, if all goes well: the dry run. */
#include "api/exchange.h"
#include "respond/respond.h"

#define ROW_SIZE_MAX (16U * 1024)

static void write_line(const struct plan_line *line, struct buf *out) {
    buf_text(out, STR("{\"state\":"));
    buf_json(out, str_from(line->state->name));
    buf_text(out, STR(",\"says\":"));
    buf_json(out, str_from(line->state->says));
    if (line->state->op) buf_fmt(out, ",\"operation\":\"%s.%s.%s\"", line->state->op->system, line->state->op->verb, line->state->op->how);
    buf_fmt(out, ",\"wait_ms\":%lld}", (long long)line->wait_ms);
}

static void write_effect(const struct effect_row *e, struct buf *out) {
    struct plan_line lines[PLAN_LINES_MAX];
    size_t count = respond_plan(e, lines);
    buf_text(out, STR("{\"effect\":"));
    buf_json(out, e->id);
    buf_text(out, STR(",\"kind\":"));
    buf_json(out, e->kind);
    buf_text(out, STR(",\"object\":"));
    buf_json(out, e->object);
    buf_text(out, STR(",\"plan\":["));
    for (size_t i = 0; i < count; i++) {
        if (i) buf_char(out, ',');
        write_line(&lines[i], out);
    }
    buf_text(out, STR("]}"));
}

static enum exchange_result answer(struct exchange *x) {
    struct incident_store s = engine_incidents(x->api->engine);
    struct effect_query q = {.incident = x->parameter, .count_max = EFFECT_COUNT_MAX};
    struct effect_row *rows;
    struct problem p = {0};
    size_t count, written = 0;
    arena_reset(&x->api->step);
    enum err err = s.ops->effects(s.self, SIGHT_SETTLED, &q, &x->api->step, &rows, &count);
    if (!err && !count) err = problem_set(&p, ERR_NOT_FOUND, "id", "GET /v1/incidents lists incidents", "nothing is to be done about that");
    if (err) {
        p.err = err;
        if (!p.what[0]) (void)problem_set(&p, err, "plan", "try again", "cannot read the effects: %s", err_word(err));
        return exchange_refuse_err(x, &p);
    }
    exchange_begin(x, 200, STR("application/json"));
    buf_text(x->out, STR("{\"effects\":["));
    for (; written < count && x->out->capacity - x->out->size > ROW_SIZE_MAX; written++) {
        if (written) buf_char(x->out, ',');
        write_effect(&rows[written], x->out);
    }
    buf_fmt(x->out, "],\"count\":%zu}", count);
    return EXCHANGE_DONE;
}

extern const struct route route_plan;
const struct route route_plan = {
    .name = "plan",
    .method = "GET",
    .path = "/v1/plans/{id}",
    .scope = SCOPE_READ,
    .sentence =
        "Everything that would still be done about an incident, effect by effect, in order, if all goes well. Nothing is done by asking.",
    .path_parameter = "the incident's id",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "the plan"},
                                             {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "nothing is to be done about that"},
                                             {0}},
    .answer = answer,
};
