// SPDX-License-Identifier: Apache-2.0
/* POST /v1/gate: may this order go on to its next step? Asked by whoever picks, labels, hands over or captures, each time. */
#include "api/exchange.h"
#include "base/json.h"
#include "base/moment.h"

#define BODY_SIZE_MAX 4096

struct question {
    struct str order, step;
    int64_t placed_ms; /* 0 = not told */
};

static enum err read_question(struct exchange *x, struct question *q, struct problem *p) {
    struct json root;
    arena_reset(&x->api->step);
    enum err err = json_parse(http_reader_body(x->request), BODY_SIZE_MAX, &x->api->step, &root, p);
    if (err) return err;
    q->order = json_text(json_get(root, STR("order")));
    q->step = json_text(json_get(root, STR("step")));
    if (!moment_parse(json_text(json_get(root, STR("placed"))), &q->placed_ms)) q->placed_ms = 0;
    return q->order.size ? ERR_OK : problem_set(p, ERR_INVALID, "order", "name the order", "which order is asked about?");
}

static void write_answer(struct exchange *x, const struct question *q, bool held, const char *why, uint64_t epoch) {
    exchange_begin(x, 200, STR("application/json"));
    buf_text(x->out, STR("{\"order\":"));
    buf_json(x->out, q->order);
    buf_text(x->out, STR(",\"step\":"));
    buf_json(x->out, q->step);
    buf_fmt(x->out, ",\"answer\":\"%s\",\"why\":\"%s\",\"epoch\":%llu}", held ? "hold" : "allow", why, (unsigned long long)epoch);
}

/* Where we cannot look: an order that was placed long enough ago goes on, a younger one and one of unknown age wait. */
static void answer_blind(struct exchange *x, const struct question *q) {
    int64_t open_ms = policy_response(engine_policy(x->api->engine))->gate_fail_open_ms;
    bool old = q->placed_ms && x->api->now_ms - q->placed_ms >= open_ms;
    write_answer(x, q, !old, "the store cannot be read", 0);
}

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    struct question q;
    struct hold_row hold;
    enum err err = read_question(x, &q, &p);
    if (err) {
        p.err = err;
        exchange_refuse(x, EXCHANGE_STATUS_NO_EVENT, &p, STR_NONE);
        return EXCHANGE_DONE;
    }
    struct incident_store store = engine_incidents(x->api->engine);
    err = store.ops->hold(store.self, q.order, &x->api->step, &hold);
    bool held = err == ERR_OK && !hold.released_ms;
    if (err && err != ERR_NOT_FOUND) answer_blind(x, &q);
    else write_answer(x, &q, held, held ? "a takeover is being undone" : "nothing holds it", err ? 0 : hold.epoch);
    return EXCHANGE_DONE;
}

extern const struct route route_gate;
const struct route route_gate = {
    .name = "gate",
    .method = "POST",
    .path = "/v1/gate",
    .scope = SCOPE_EVENTS_WRITE,
    .sentence = "May this order go on to its next step (pick, pack, label, handover, capture)? To be asked before each of them.",
    .takes = {"application/json"},
    .takes_schema = "{\"type\":\"object\",\"required\":[\"order\"],\"properties\":{\"order\":{\"type\":\"string\"},\"step\":{\"type\":"
                    "\"string\"},\"placed\":{\"type\":\"string\",\"format\":\"date-time\"}}}",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}",
                                              "`answer` is allow or hold; `epoch` grows with each change of the order's hold"},
                                             {0}},
    .answer = answer,
};
