// SPDX-License-Identifier: Apache-2.0
/* GET /: says to whoever looks in with a browser what this is. */
#include "api/exchange.h"
#include "base/version.h"

static enum exchange_result answer(struct exchange *x) {
    exchange_begin(x, 200, STR("text/plain; charset=utf-8"));
    buf_text(x->out, STR("Hikeshi " HIKESHI_VERSION ": account-takeover detection and response.\n\n"
                         "Routes: /openapi.json. State: /readyz. Figures: /metrics.\n"));
    return EXCHANGE_DONE;
}

extern const struct route route_front;
const struct route route_front = {
    .name = "front",
    .method = "GET",
    .path = "/",
    .scope = SCOPE_NONE,
    .sentence = "What this is, in three lines of text.",
    .answers = (const struct route_answer[]){{200, "text/plain", NULL, "the text"}, {0}},
    .answer = answer,
};
