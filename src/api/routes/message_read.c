// SPDX-License-Identifier: Apache-2.0
/* POST /v1/messages/{account}: the owner has opened a message in his message centre. Accepted by a channel is not read: this is. */
#include "api/told.h"
#include "base/json.h"

static enum err find(struct exchange *x, struct notice_row *n, struct problem *p) {
    struct incident_store s = engine_incidents(x->api->engine);
    struct json root;
    enum err err = json_parse(http_reader_body(x->request), HTTP_BODY_SIZE_MAX, &x->api->step, &root, p);
    if (err) return err == ERR_FULL ? err : ERR_INVALID;
    err = s.ops->find_notice(s.self, SIGHT_SETTLED, json_text(json_get(root, STR("message"))), &x->api->step, n);
    bool his = err == ERR_OK && str_equal(n->account, x->parameter) && str_equal(n->audience, STR("owner")) && n->written_ms;
    if (err && err != ERR_NOT_FOUND) return problem_set(p, err, "messages", "try again", "cannot read the message: %s", err_word(err));
    return his ? ERR_OK : problem_set(p, ERR_NOT_FOUND, "message", "GET lists them", "the account has no such message");
}

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    struct notice_row n;
    arena_reset(&x->api->step);
    enum err err = find(x, &n, &p);
    if (!err && told_acknowledge(x, &n, "message_centre", &err, &p) == EXCHANGE_LATER) return EXCHANGE_LATER;
    if (err) {
        p.err = err;
        return exchange_refuse_err(x, &p);
    }
    exchange_begin(x, 200, STR("application/json"));
    buf_text(x->out, STR("{\"message\":"));
    buf_json(x->out, n.id);
    buf_char(x->out, '}');
    return EXCHANGE_DONE;
}

extern const struct route route_message_read;
const struct route route_message_read = {
    .name = "read_message",
    .method = "POST",
    .path = "/v1/messages/{account}",
    .scope = SCOPE_EVENTS_WRITE,
    .sentence = "The owner has opened this message: it is acknowledged, and nobody need reach him by other ways.",
    .takes = {"application/json"},
    .takes_schema = "{\"type\":\"object\",\"required\":[\"message\"],\"properties\":{\"message\":{\"type\":\"string\"}}}",
    .path_parameter = "the account's id",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "taken, and durable"},
                                             {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "the account has no such message"},
                                             {0}},
    .answer = answer,
};
