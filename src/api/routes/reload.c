// SPDX-License-Identifier: Apache-2.0
/* POST /v1/policy/reload: reads the policy directory again, as SIGHUP does. */
#include "api/exchange.h"

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    struct api_state *api = x->api;
    enum err err = api->reload ? api->reload(api->reload_context, &p)
                               : problem_set(&p, ERR_CONFLICT, "", "start with --policy DIR", "the server runs without a policy directory");
    if (err) {
        p.err = err;
        return exchange_refuse_err(x, &p);
    }
    exchange_begin(x, 200, STR("application/json"));
    buf_text(x->out, STR("{\"policy\":"));
    buf_json(x->out, policy_version(engine_policy(api->engine)));
    buf_fmt(x->out, ",\"position\":%llu}", (unsigned long long)engine_position(api->engine));
    x->position = engine_position(api->engine);
    return EXCHANGE_DONE;
}

extern const struct route route_reload;
const struct route route_reload = {
    .name = "reload",
    .method = "POST",
    .path = "/v1/policy/reload",
    .scope = SCOPE_ADMIN,
    .sentence = "Read the policy directory again. On any error the policy before stays in force.",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "the policy now in force"}, {0}},
    .answer = answer,
};
