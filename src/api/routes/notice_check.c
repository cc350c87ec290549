// SPDX-License-Identifier: Apache-2.0
/* POST /v1/notices/check: for a shop that shows the page "Is this message from us?" itself: the code that was typed, and by whom. */
#include "api/told.h"
#include "base/json.h"
#include "base/moment.h"

static void write_answer(struct exchange *x, const struct told_check *c) {
    exchange_begin(x, 200, STR("application/json"));
    if (c->verdict != TOLD_OURS) {
        buf_text(x->out, STR("{\"ours\":false}"));
        return;
    }
    buf_text(x->out, STR("{\"ours\":true,\"date\":\""));
    moment_format(x->out, c->notice.written_ms);
    buf_text(x->out, STR("\",\"subject\":"));
    buf_json(x->out, c->notice.title);
    buf_text(x->out, STR(",\"case\":"));
    buf_json(x->out, c->notice.incident);
    buf_char(x->out, '}');
}

static enum exchange_result refuse_for_now(struct exchange *x, int64_t wait_ms) {
    char line[48];
    struct buf b = buf_over(line, sizeof line);
    struct problem p;
    buf_fmt(&b, "retry-after: %lld\r\n", (long long)((wait_ms + SECOND_MS - 1) / SECOND_MS));
    (void)problem_set(&p, ERR_BUSY, "client", "wait", "this client has tried too often");
    exchange_refuse(x, 429, &p, buf_str(&b));
    return EXCHANGE_DONE;
}

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    struct json root;
    struct told_check check;
    struct address who;
    arena_reset(&x->api->step);
    enum err err = json_parse(http_reader_body(x->request), HTTP_BODY_SIZE_MAX, &x->api->step, &root, &p);
    if (err && err != ERR_FULL) err = ERR_INVALID;
    if (!err && !address_parse(json_text(json_get(root, STR("client"))), &who))
        err = problem_set(&p, ERR_INVALID, "client", "the IP address of whoever typed the code: his tries are counted", "no address");
    if (!err && told_check(x, json_text(json_get(root, STR("code"))), &who, &check, &err, &p) == EXCHANGE_LATER) return EXCHANGE_LATER;
    if (err) {
        p.err = err;
        return exchange_refuse_err(x, &p);
    }
    if (check.verdict == TOLD_TOO_OFTEN) return refuse_for_now(x, check.wait_ms);
    write_answer(x, &check);
    return EXCHANGE_DONE;
}

extern const struct route route_notice_check;
const struct route route_notice_check = {
    .name = "check_notice",
    .method = "POST",
    .path = "/v1/notices/check",
    .scope = SCOPE_READ,
    .sentence =
        "Is this the code of a message of ours? Tells date, subject and case of the message, and nothing of any account. Five tries "
        "a client in ten minutes.",
    .takes = {"application/json"},
    .takes_schema = "{\"type\":\"object\",\"required\":[\"code\",\"client\"],\"properties\":{\"code\":{\"type\":\"string\"},\"client\":{"
                    "\"type\":\"string\",\"description\":\"IP address of whoever typed it\"}}}",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "ours or not"},
                                             {429, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "this client has tried too often"},
                                             {0}},
    .answer = answer,
};
