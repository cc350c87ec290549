// SPDX-License-Identifier: Apache-2.0
/* GET /v1/model: which learned model is in force. */
#include "api/model_answer.h"

extern const struct route route_model;
const struct route route_model = {
    .name = "model",
    .method = "GET",
    .path = "/v1/model",
    .scope = SCOPE_READ,
    .sentence =
        "The learned model in force: its name, what it was made of, its check sum, and the journal position that brought it (0: the "
        "one that ships). `refused`: why the last one that the journal brought is not in force",
    .answers = (const struct route_answer[]){{200, "application/json", MODEL_ANSWER_SCHEMA, "the model in force"}, {0}},
    .answer = model_answer,
};
