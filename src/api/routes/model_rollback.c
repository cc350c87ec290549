// SPDX-License-Identifier: Apache-2.0
/* POST /v1/model/rollback: puts the model in force that was before the one in force. */
#include "api/model_answer.h"

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    enum err err = engine_roll_back_model(x->api->engine, x->who, &p);
    return model_answer_change(x, err, &p);
}

extern const struct route route_model_rollback;
const struct route route_model_rollback = {
    .name = "rollback",
    .method = "POST",
    .path = "/v1/model/rollback",
    .scope = SCOPE_ADMIN,
    .sentence =
        "Put the model in force again that was before the one in force; once more goes back one more. Journaled with the name of the "
        "key. 409 where there is none before it",
    .answers = (const struct route_answer[]){{200, "application/json", MODEL_ANSWER_SCHEMA, "the model now in force"}, {0}},
    .answer = answer,
};
