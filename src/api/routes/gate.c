// SPDX-License-Identifier: Apache-2.0
/*
 * POST /v1/gate: may this order go on to this step?
 *
 *     held, and not released                                        hold
 *     never heard of; its account has a live response, and it was   hold, unless the incident calls the order the owner's
 *     placed in the attack window, or nobody says when
 *     the store cannot be read                                      by the order's age (policy, [gate]); "degraded", counted
 *     otherwise                                                     allow
 *
 * A hold is written in the transaction that finds the order's effect, so every question after it is answered `hold`; what was let through
 * before is found by reading the order after the hold, and is asked for again at the next step (docs/explanation/response.md).
 */
#include "api/exchange.h"
#include "base/json.h"
#include "base/moment.h"

#define EVENTS_MAX 512

static const char *const steps[] = {"capture", "pick", "pack", "label", "manifest", "hand_over", "deliver_code"};

struct question {
    struct str order, account;
    int64_t placed_ms; /* 0 = nobody says */
};

struct gate_answer {
    bool hold, degraded;
    uint64_t epoch;
    struct str incident;
};

static enum err bad(struct problem *p, const char *where, const char *fix, const char *what) {
    return problem_set(p, ERR_INVALID, where, fix, "%s", what);
}

static enum err read_question(struct exchange *x, struct question *q, struct problem *p) {
    struct json root;
    arena_reset(&x->api->step);
    enum err err = json_parse(http_reader_body(x->request), HTTP_BODY_SIZE_MAX, &x->api->step, &root, p);
    if (err) return err == ERR_FULL ? err : ERR_INVALID;
    *q = (struct question){json_text(json_get(root, STR("order"))), json_text(json_get(root, STR("account"))), 0};
    struct str step = json_text(json_get(root, STR("step"))), placed = json_text(json_get(root, STR("placed")));
    if (!q->order.size || q->order.size > 128) return bad(p, "order", "send the order's id, at most 128 bytes", "no order was named");
    if (placed.size && !moment_parse(placed, &q->placed_ms)) return bad(p, "placed", "write it as RFC 3339", "placed is no time");
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (str_equal(step, str_from(steps[i]))) return ERR_OK;
    return bad(p, "step", "one of capture, pick, pack, label, manifest, hand_over, deliver_code", "unknown step");
}

/* Does the incident call this order the owner's? */
static enum err is_owners(struct exchange *x, struct str incident, struct str order, bool *yes) {
    struct incident_store store = engine_incidents(x->api->engine);
    struct incident_event_query query = {.incident = incident, .count_max = EVENTS_MAX};
    struct incident_event_row *rows;
    size_t count;
    enum err err = store.ops->events(store.self, SIGHT_SETTLED, &query, &x->api->step, &rows, &count);
    for (size_t i = 0; !err && i < count; i++) {
        struct str id, type = str_cut(rows[i].object, ':', &id);
        if (rows[i].whose == WHOSE_OWNER && str_equal(type, STR("order")) && str_equal(id, order)) *yes = true;
    }
    return err;
}

/* An order that no event has told of yet, of an account that is under attack. */
static enum err judge_unknown(struct exchange *x, const struct question *q, struct gate_answer *v) {
    struct incident_store store = engine_incidents(x->api->engine);
    struct response_row r;
    bool owners = false;
    if (!q->account.size) return ERR_OK;
    enum err err = store.ops->open_response(store.self, SIGHT_SETTLED, q->account, &x->api->step, &r);
    if (err) return err == ERR_NOT_FOUND ? ERR_OK : err;
    if (q->placed_ms && q->placed_ms < r.window_from_ms) return ERR_OK;
    if (r.state == RESPONSE_PLANNED || r.state == RESPONSE_RESTORING) return ERR_OK;
    err = is_owners(x, r.incident, q->order, &owners);
    v->hold = !owners;
    v->incident = r.incident;
    return err;
}

static enum err judge(struct exchange *x, const struct question *q, struct gate_answer *v) {
    struct incident_store store = engine_incidents(x->api->engine);
    struct hold_row hold;
    enum err err = store.ops->hold(store.self, q->order, &x->api->step, &hold);
    if (err == ERR_NOT_FOUND) return judge_unknown(x, q, v);
    if (err) return err;
    *v = (struct gate_answer){.hold = !hold.released_ms, .epoch = hold.epoch, .incident = hold.incident};
    return ERR_OK;
}

static struct gate_answer judge_by_age(const struct exchange *x, const struct question *q) {
    int64_t open_ms = policy_response(engine_policy(x->api->engine))->gate_fail_open_ms;
    bool old = q->placed_ms && x->api->now_ms - q->placed_ms >= open_ms;
    return (struct gate_answer){.hold = !old, .degraded = true};
}

static enum exchange_result answer(struct exchange *x) {
    struct question q;
    struct problem p = {0};
    struct gate_answer v = {0};
    enum err err = read_question(x, &q, &p);
    if (err) {
        p.err = err;
        return exchange_refuse_err(x, &p);
    }
    if (judge(x, &q, &v)) v = judge_by_age(x, &q);
    struct metrics *m = &x->api->metrics;
    if (v.hold) m->gate_held++;
    else m->gate_allowed++;
    if (v.degraded) m->gate_degraded++;
    exchange_begin(x, 200, STR("application/json"));
    buf_fmt(x->out, "{\"answer\":\"%s\",\"epoch\":%llu,\"incident\":", v.hold ? "hold" : "allow", (unsigned long long)v.epoch);
    if (v.incident.size) buf_json(x->out, v.incident);
    else buf_text(x->out, STR("null"));
    buf_text(x->out, v.degraded ? STR(",\"degraded\":true}") : STR(",\"degraded\":false}"));
    return EXCHANGE_DONE;
}

extern const struct route route_gate;
const struct route route_gate = {
    .name = "gate",
    .method = "POST",
    .path = "/v1/gate",
    .scope = SCOPE_GATE,
    .sentence =
        "May this order be captured, picked, packed, labelled, manifested, handed over, or its code delivered? Ask right before each of "
        "them; where nobody answers, let only old orders go on.",
    .takes = {"application/json"},
    .takes_schema =
        "{\"type\":\"object\",\"required\":[\"order\",\"step\"],\"properties\":{\"order\":{\"type\":\"string\"},\"step\":{\"enum\":["
        "\"capture\",\"pick\",\"pack\",\"label\",\"manifest\",\"hand_over\",\"deliver_code\"]},\"account\":{\"type\":\"string\"},"
        "\"placed\":{\"type\":\"string\",\"format\":\"date-time\"},\"epoch\":{\"type\":\"integer\"}}}",
    .answers = (const struct route_answer[]){{200, "application/json",
                                              "{\"type\":\"object\",\"properties\":{\"answer\":{\"enum\":[\"allow\",\"hold\"]},\"epoch\":{"
                                              "\"type\":\"integer\"},\"incident\":{\"type\":[\"string\",\"null\"]},\"degraded\":{\"type\":"
                                              "\"boolean\"}}}",
                                              "allow or hold"},
                                             {0}},
    .answer = answer,
};
