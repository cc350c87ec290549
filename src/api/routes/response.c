// SPDX-License-Identifier: Apache-2.0
/* GET /v1/responses/{id}: what is done about an incident: effects, money, tasks, next clocks; with ?full=1 how it came so. */
#include "respond/respond.h"

#include "api/exchange.h"

#define CURRENCIES_MAX 16
/* One row, each byte of whose texts may need an escape; a list ends earlier where another might not fit. */
#define ROW_SIZE_MAX (48U * 1024)

/* One list under construction. */
struct listing {
    struct buf *out;
    size_t written;
    bool cut;
};

static struct listing begin(struct buf *out, const char *name) {
    buf_fmt(out, ",\"%s\":[", name);
    return (struct listing){.out = out};
}

static bool next(struct listing *l) {
    l->cut = l->cut || l->out->capacity - l->out->size < ROW_SIZE_MAX;
    if (!l->cut && l->written++) buf_char(l->out, ',');
    return !l->cut;
}

static void end(struct listing *l) {
    buf_char(l->out, ']');
}

/* LIST(effects, effect): a list of the store that is looked at as it is settled. */
#define LIST(name, row_type, call)                                                                                                         \
    do {                                                                                                                                   \
        struct row_type##_row *rows;                                                                                                       \
        size_t count;                                                                                                                      \
        enum err list_err = call;                                                                                                          \
        if (list_err) return list_err;                                                                                                     \
        struct listing l = begin(out, #name);                                                                                              \
        for (size_t i = 0; i < count && next(&l); i++) respond_write_##row_type##_json(&rows[i], out);                                     \
        end(&l);                                                                                                                           \
    } while (0)

static enum err write_money(struct incident_store s, struct str id, struct arena *step, struct buf *out) {
    struct ledger_row *rows;
    size_t count;
    struct money money[CURRENCIES_MAX];
    enum err err = s.ops->ledger(s.self, SIGHT_SETTLED, id, step, &rows, &count);
    if (err) return err;
    buf_text(out, STR(",\"money\":"));
    respond_write_money_json(money, respond_money(rows, count, money, CURRENCIES_MAX), out);
    return ERR_OK;
}

static enum err write_full(struct incident_store s, struct str id, struct arena *step, struct buf *out) {
    LIST(steps, step, s.ops->steps(s.self, SIGHT_SETTLED, id, step, &rows, &count));
    LIST(ledger, ledger, s.ops->ledger(s.self, SIGHT_SETTLED, id, step, &rows, &count));
    LIST(notices, notice, s.ops->notices(s.self, SIGHT_SETTLED, id, step, &rows, &count));
    LIST(proofs, proof, s.ops->proofs(s.self, SIGHT_SETTLED, id, step, &rows, &count));
    LIST(audit, audit, s.ops->audit(s.self, SIGHT_SETTLED, id, step, &rows, &count));
    return ERR_OK;
}

static enum err write_parts(struct incident_store s, struct str id, bool full, struct arena *step, struct buf *out) {
    struct effect_query q = {.incident = id, .count_max = EFFECT_COUNT_MAX};
    LIST(effects, effect, s.ops->effects(s.self, SIGHT_SETTLED, &q, step, &rows, &count));
    LIST(tasks, task, s.ops->tasks(s.self, SIGHT_SETTLED, id, step, &rows, &count));
    enum err err = write_money(s, id, step, out);
    return err || !full ? err : write_full(s, id, step, out);
}

static enum err write_response(struct exchange *x, struct problem *p) {
    struct incident_store s = engine_incidents(x->api->engine);
    struct arena *step = &x->api->step;
    struct response_row r;
    char decoded[16];
    struct buf memory = buf_over(decoded, sizeof decoded);
    struct str word;
    bool broken = false, full = exchange_query(x, "full", &memory, &word, &broken) && !broken;
    arena_reset(step);
    enum err err = s.ops->find_response(s.self, SIGHT_SETTLED, x->parameter, step, &r);
    if (err == ERR_NOT_FOUND)
        return problem_set(p, err, "id", "GET /v1/incidents lists incidents", "there is no response to such an incident");
    if (!err) {
        buf_text(x->out, STR("{\"response\":"));
        respond_write_response_json(&r, x->out);
        err = write_parts(s, r.incident, full, step, x->out);
        buf_char(x->out, '}');
    }
    return err ? problem_set(p, err, "response", "try again", "cannot read the response: %s", err_word(err)) : ERR_OK;
}

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    exchange_begin(x, 200, STR("application/json"));
    return write_response(x, &p) ? exchange_refuse_err(x, &p) : EXCHANGE_DONE;
}

extern const struct route route_response;
const struct route route_response = {
    .name = "response",
    .method = "GET",
    .path = "/v1/responses/{id}",
    .scope = SCOPE_READ,
    .sentence =
        "What is done about an incident: every effect with its state and clock, open tasks, the money; with full=1 its steps, ledger, "
        "notices, proofs and audit chain too. A list ends early where it would be too long for one answer.",
    .path_parameter = "the incident's id",
    .parameters = (const struct route_parameter[]){{"full", "1: how it came so, too", "{\"type\":\"integer\"}"}, {0}},
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "the response"},
                                             {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "there is no such response"},
                                             {0}},
    .answer = answer,
};
