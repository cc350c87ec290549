// SPDX-License-Identifier: Apache-2.0
/* GET /readyz: events can be taken; for whoever sends them here or elsewhere. */
#include "api/exchange.h"

static enum exchange_result answer(struct exchange *x) {
    const struct engine *e = x->api->engine;
    if (x->api->broken) {
        exchange_refuse(x, 503, &x->api->broken_why, STR_NONE);
        return EXCHANGE_DONE;
    }
    exchange_begin(x, 200, STR("application/json"));
    buf_fmt(x->out, "{\"status\":\"ready\",\"position\":%llu,\"settled\":%llu,\"policy\":", (unsigned long long)engine_position(e),
            (unsigned long long)engine_settled(e));
    buf_json(x->out, policy_version(engine_policy(e)));
    buf_char(x->out, '}');
    return EXCHANGE_DONE;
}

extern const struct route route_readyz;
const struct route route_readyz = {
    .name = "readyz",
    .method = "GET",
    .path = "/readyz",
    .scope = SCOPE_NONE,
    .sentence = "Can events be taken? The journal is recovered and accepts records.",
    .answers =
        (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "they can"},
                                      {503, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}", "they cannot"},
                                      {0}},
    .answer = answer,
};
