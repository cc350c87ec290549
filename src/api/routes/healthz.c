// SPDX-License-Identifier: Apache-2.0
/* GET /healthz: the process is alive; for whoever would start it again otherwise. */
#include "api/exchange.h"

static enum exchange_result answer(struct exchange *x) {
    exchange_begin(x, 200, STR("application/json"));
    buf_text(x->out, STR("{\"status\":\"alive\"}"));
    return EXCHANGE_DONE;
}

extern const struct route route_healthz;
const struct route route_healthz = {
    .name = "healthz",
    .method = "GET",
    .path = "/healthz",
    .scope = SCOPE_NONE,
    .sentence = "Is the process alive?",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "it is"}, {0}},
    .answer = answer,
};
