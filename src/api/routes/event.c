// SPDX-License-Identifier: Apache-2.0
/* GET /v1/events/{position}: an event and the answer that was given on it. */
#include "api/exchange.h"

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    uint64_t position;
    if (!str_to_u64(x->parameter, &position) || position == 0) {
        (void)problem_set(&p, ERR_INVALID, "position", "it is in every answer", "position is no whole number above 0");
        return exchange_refuse_err(x, &p);
    }
    exchange_begin(x, 200, STR("application/json"));
    enum err err = engine_write_decision(x->api->engine, position, x->out, &p);
    if (err) {
        if (!p.what[0]) (void)problem_set(&p, err, "position", "", "there is no record at this position");
        p.err = err;
        return exchange_refuse_err(x, &p);
    }
    x->position = engine_position(x->api->engine);
    return EXCHANGE_DONE;
}

extern const struct route route_event;
const struct route route_event = {
    .name = "event",
    .method = "GET",
    .path = "/v1/events/{position}",
    .scope = SCOPE_READ,
    .sentence = "An event with the answer that was given on it.",
    .path_parameter = "the event's position in the journal, from its answer",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "event and answer"},
                                             {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "the journal has no record there"},
                                             {0}},
    .answer = answer,
};
