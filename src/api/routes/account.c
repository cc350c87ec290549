// SPDX-License-Identifier: Apache-2.0
/* GET /v1/accounts/{id}: what is known of an account. */
#include "api/exchange.h"

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    exchange_begin(x, 200, STR("application/json"));
    enum err err = engine_write_account(x->api->engine, x->parameter, x->out, &p);
    if (err) {
        if (!p.what[0]) (void)problem_set(&p, err, "id", "", "nothing is known of this account");
        p.err = err;
        return exchange_refuse_err(x, &p);
    }
    x->position = engine_position(x->api->engine); /* what it tells must not be undone by a crash */
    return EXCHANGE_DONE;
}

extern const struct route route_account;
const struct route route_account = {
    .name = "account",
    .method = "GET",
    .path = "/v1/accounts/{id}",
    .scope = SCOPE_READ,
    .sentence = "What is known of an account: its usual paths, its open incident, its last events.",
    .path_parameter = "the account's id, as `subject` of its events",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "the account"},
                                             {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "no event of this account was ever seen"},
                                             {0}},
    .answer = answer,
};
