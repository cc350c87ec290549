// SPDX-License-Identifier: Apache-2.0
/* POST /v1/decisions: one event, answered with the decision. */
#include "api/exchange.h"
#include "net/http_text.h"

/* CloudEvents' binary mode has the envelope in ce-* headers; there are nine attributes, the rest are extensions. */
#define CE_HEADERS_MAX 24

static size_t collect_ce_headers(const struct http_reader *r, struct ce_header *out) {
    size_t count = 0;
    for (unsigned i = 0; i < r->header_count && count < CE_HEADERS_MAX; i++) {
        struct str name = http_reader_header_name(r, i);
        if (name.size < 3 || !str_equal_ignoring_case(str_slice(name, 0, 3), STR("ce-"))) continue;
        out[count++] = (struct ce_header){name, http_reader_header_value(r, i)};
    }
    return count;
}

static enum err read_event(struct exchange *x, struct event *out, struct problem *p) {
    struct api_state *api = x->api;
    struct str body = http_reader_body(x->request);
    struct ce_header headers[CE_HEADERS_MAX];
    arena_reset(&api->step);
    struct str media_type = http_media_type(http_reader_known(x->request, HTTP_KNOWN_CONTENT_TYPE));
    if (str_equal_ignoring_case(media_type, STR("application/json"))) {
        size_t count = collect_ce_headers(x->request, headers);
        if (count) return ingest_binary(headers, count, body, api->now_ms, &api->step, out, p);
    }
    return ingest_event(body, api->now_ms, &api->step, out, p);
}

static enum exchange_result answer(struct exchange *x) {
    struct event event;
    struct problem p = {0};
    enum err err = read_event(x, &event, &p);
    if (err) {
        p.err = err;
        exchange_refuse(x, EXCHANGE_STATUS_NO_EVENT, &p, STR_NONE);
        return EXCHANGE_DONE;
    }
    struct receipt receipt;
    if (exchange_submit(x, &event, &receipt, &err, &p) == EXCHANGE_LATER) return EXCHANGE_LATER;
    if (err) return exchange_refuse_err(x, &p);
    exchange_begin(x, 200, STR("application/json"));
    decision_write_json(&receipt.decision, event.id, receipt.position, x->out);
    x->position = receipt.position;
    x->measured = true;
    return EXCHANGE_DONE;
}

extern const struct route route_decisions;
const struct route route_decisions = {
    .name = "decide",
    .method = "POST",
    .path = "/v1/decisions",
    .scope = SCOPE_EVENTS_WRITE,
    .sentence =
        "Tell one event and be told what to do. The answer leaves when the event is durable; the same event again is answered the same.",
    .takes = {"application/cloudevents+json", "application/json"},
    .takes_schema = "{\"$ref\":\"#/components/schemas/event\"}",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"$ref\":\"#/components/schemas/answer\"}", "the decision"},
                                             {409, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "source and id were used before with other content"},
                                             {0}},
    .answer = answer,
};
