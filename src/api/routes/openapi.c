// SPDX-License-Identifier: Apache-2.0
/* GET /openapi.json: every route, described from the table that serves it. */
#include "api/exchange.h"

static enum exchange_result answer(struct exchange *x) {
    exchange_begin(x, 200, STR("application/json"));
    buf_text(x->out, x->api->openapi);
    return EXCHANGE_DONE;
}

extern const struct route route_openapi;
const struct route route_openapi = {
    .name = "openapi",
    .method = "GET",
    .path = "/openapi.json",
    .scope = SCOPE_NONE,
    .sentence = "This description (OpenAPI 3.1).",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "the description"}, {0}},
    .answer = answer,
};
