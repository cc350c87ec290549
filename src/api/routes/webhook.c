// SPDX-License-Identifier: Apache-2.0
/*
 * POST /v1/webhooks/{counterpart}: what a counterpart says by itself. Its signature is its key (docs/reference/adapter.md); the body is one
 * event, whose source becomes the counterpart's name and whose id the webhook's, so that it counts once however often it comes.
 */
#include "api/exchange.h"
#include "courier/adapter.h"

static enum exchange_result refuse(struct exchange *x, unsigned status, struct problem *p, enum err err) {
    x->api->metrics.webhooks_refused++;
    p->err = err;
    exchange_refuse(x, status, p, STR_NONE);
    return EXCHANGE_DONE;
}

static size_t headers_of(const struct http_reader *r, struct arena *step, struct str *out) {
    size_t count = 0;
    for (unsigned i = 0; i < r->header_count; i++) {
        struct str name = http_reader_header_name(r, i), value = http_reader_header_value(r, i);
        char *memory = arena_take(step, name.size + value.size + 3);
        if (!memory) break;
        struct buf b = buf_over(memory, name.size + value.size + 3);
        buf_fmt(&b, "%.*s: %.*s", STR_ARGS(name), STR_ARGS(value));
        out[count++] = buf_str(&b);
    }
    return count;
}

static bool answers_for(const struct counterpart *c, struct str system) {
    for (size_t i = 0; i < c->system_count; i++)
        if (str_equal(c->systems[i], system)) return true;
    return false;
}

/*
 * What became of things, and what the bank says, any counterpart may say; what was done on an account, only one that sees it done: a
 * carrier's secret must not be good for a challenge that was passed. None speaks for people or for ourselves. An unknown kind moves
 * nothing.
 */
static bool may_say(const struct counterpart *c, enum kind kind) {
    switch (kind_group(kind)) {
    case GROUP_NONE:
    case GROUP_FATE:
    case GROUP_LABEL: return true;
    case GROUP_ACCESS:
    case GROUP_CREDENTIAL:
    case GROUP_VALUE: return answers_for(c, STR("shop")) || answers_for(c, STR("identity"));
    case GROUP_PEOPLE:
    case GROUP_OWN: return false;
    }
    return false;
}

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    struct str headers[HTTP_HEADER_COUNT_MAX], id, body;
    arena_reset(&x->api->step);
    const struct counterpart *c = counterparts_find(x->api->counterparts, x->parameter);
    const struct adapter *adapter = c ? adapter_find(str_from(c->adapter)) : NULL;
    if (!adapter) {
        (void)problem_set(&p, ERR_NOT_FOUND, "counterpart", "name it as in counterparts.toml", "there is no such counterpart");
        return refuse(x, 404, &p, ERR_NOT_FOUND);
    }
    size_t count = headers_of(x->request, &x->api->step, headers);
    struct str bytes = http_reader_body(x->request);
    enum err err = adapter->parse_webhook(c, headers, count, bytes, x->api->now_ms, &x->api->step, &id, &body, &p);
    if (err) return refuse(x, err == ERR_DENIED ? 401 : 400, &p, err);
    struct event event;
    err = ingest_event(body, x->api->now_ms, &x->api->step, &event, &p);
    if (err) return refuse(x, EXCHANGE_STATUS_NO_EVENT, &p, err);
    event.source = c->name;
    event.id = id;
    if (!may_say(c, event.kind)) {
        (void)problem_set(&p, ERR_DENIED, "type", "", "'%.*s' does not speak of %.*s", STR_ARGS(c->name), STR_ARGS(event.type));
        return refuse(x, 403, &p, ERR_DENIED);
    }
    struct receipt receipt;
    if (exchange_submit(x, &event, &receipt, &err, &p) == EXCHANGE_LATER) return EXCHANGE_LATER;
    if (err) return exchange_refuse_err(x, &p);
    x->api->metrics.webhooks++;
    exchange_begin(x, 200, STR("application/json"));
    buf_fmt(x->out, "{\"position\":%llu,\"repeated\":%s}", (unsigned long long)receipt.position, receipt.repeated ? "true" : "false");
    x->position = receipt.position;
    return EXCHANGE_DONE;
}

extern const struct route route_webhook;
const struct route route_webhook = {
    .name = "webhook",
    .method = "POST",
    .path = "/v1/webhooks/{counterpart}",
    .scope = SCOPE_NONE,
    .sentence = "What a counterpart says by itself, signed with its own secret: one event. No API key is asked for.",
    .takes = {"application/json", "application/cloudevents+json"},
    .takes_schema = "{\"$ref\":\"#/components/schemas/event\"}",
    .path_parameter = "the counterpart's name in counterparts.toml",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "taken, and durable"},
                                             {401, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "the signature is not this counterpart's, or too old"},
                                             {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "there is no such counterpart"},
                                             {0}},
    .answer = answer,
};
