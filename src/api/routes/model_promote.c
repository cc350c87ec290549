// SPDX-License-Identifier: Apache-2.0
/*
 * POST /v1/model: puts the model in the body in force. A model is larger than other bodies and comes in pieces, which are collected in one
 * place for all connections: who begins later takes it over.
 */
#include <string.h>

#include "api/model_answer.h"

static void begin(struct exchange *x) {
    x->api->upload.by = x;
    x->api->upload.size = 0;
}

static enum exchange_result give_up(struct exchange *x, const struct problem *p) {
    x->close = x->aborted = true;
    return exchange_refuse_err(x, p);
}

static bool is_mine(const struct exchange *x, struct problem *p) {
    if (x->api->upload.by == x) return true;
    (void)problem_set(p, ERR_CONFLICT, "", "send it again, one at a time", "another model began to come meanwhile");
    return false;
}

static enum exchange_result take(struct exchange *x, struct str *piece) {
    struct upload *u = &x->api->upload;
    struct problem p = {0};
    if (!is_mine(x, &p)) return give_up(x, &p);
    if (piece->size > MODEL_TEXT_SIZE_MAX - u->size) {
        (void)problem_set(&p, ERR_TOO_LARGE, "", "train it with fewer or smaller trees", "a model has at most %u bytes",
                          MODEL_TEXT_SIZE_MAX);
        return give_up(x, &p);
    }
    memcpy(u->bytes + u->size, piece->at, piece->size);
    u->size += piece->size;
    *piece = STR_NONE;
    return EXCHANGE_DONE;
}

static enum exchange_result answer(struct exchange *x) {
    struct upload *u = &x->api->upload;
    struct problem p = {0};
    if (!is_mine(x, &p)) return exchange_refuse_err(x, &p);
    enum err err = u->size ? engine_set_model(x->api->engine, (struct str){u->bytes, u->size}, x->who, &p)
                           : problem_set(&p, ERR_INVALID, "", "send the file's content", "there is no model in the body");
    return model_answer_change(x, err, &p);
}

extern const struct route route_model_promote;
const struct route route_model_promote = {
    .name = "promote",
    .method = "POST",
    .path = "/v1/model",
    .scope = SCOPE_ADMIN,
    .sentence = "Put another learned model in force: a file of `hikeshi train`. It is journaled with the name of the key. On any error the "
                "model before stays in force",
    .takes = {"application/octet-stream", "text/plain"},
    .takes_schema = "{\"type\":\"string\"}",
    .answers = (const struct route_answer[]){{200, "application/json", MODEL_ANSWER_SCHEMA, "the model now in force"}, {0}},
    .answer = answer,
    .begin = begin,
    .take = take,
};
