// SPDX-License-Identifier: Apache-2.0
/* POST /v1/notices/bounce: a mail came back (`hikeshi bounce` reads it and says so here): the owner is told by another channel. */
#include "api/told.h"
#include "base/json.h"

struct bounce {
    struct str token, action, status, diagnostic;
};

static bool is_word(struct str action) {
    static const char *const words[] = {"failed", "delayed", "delivered", "relayed", "expanded"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equal(action, str_from(words[i]))) return true;
    return false;
}

/* "smtp; 550 5.1.1 <owner@mailbox.example>: unknown": to the word that names the mailbox. Whose that is stands in no journal. */
static struct str before_address(struct str diagnostic) {
    size_t at = str_find_char(diagnostic, '@', 0);
    if (at == diagnostic.size) return diagnostic;
    while (at && diagnostic.at[at - 1] != ' ') at--;
    return str_trim(str_slice(diagnostic, 0, at));
}

static enum err read_bounce(struct exchange *x, struct bounce *out, struct problem *p) {
    struct json root;
    enum err err = json_parse(http_reader_body(x->request), HTTP_BODY_SIZE_MAX, &x->api->step, &root, p);
    if (err) return err == ERR_FULL ? err : ERR_INVALID;
    *out = (struct bounce){.token = json_text(json_get(root, STR("token"))),
                           .action = json_text(json_get(root, STR("action"))),
                           .status = str_clip(json_text(json_get(root, STR("status"))), 16),
                           .diagnostic = before_address(str_clip(json_text(json_get(root, STR("diagnostic"))), 400))};
    if (is_word(out->action)) return ERR_OK;
    return problem_set(p, ERR_INVALID, "action", "failed, delayed, delivered, relayed or expanded (RFC 3464)", "no such action");
}

/* Only who has a mail of ours can name one. */
static enum err find(struct exchange *x, const struct bounce *b, struct buf *memory, struct notice_row *n, struct problem *p) {
    struct incident_store s = engine_incidents(x->api->engine);
    struct str id;
    enum err err = ERR_NOT_FOUND;
    if (notice_bounce_read(engine_token(x->api->engine), b->token, memory, &id))
        err = s.ops->find_notice(s.self, SIGHT_SETTLED, id, &x->api->step, n);
    if (err == ERR_NOT_FOUND) return problem_set(p, err, "token", "", "no mail of ours has this token");
    return err ? problem_set(p, err, "notices", "try again", "cannot read the notice: %s", err_word(err)) : ERR_OK;
}

/* What is only late is on its way still. */
static enum exchange_result say(struct exchange *x, const struct bounce *b, const struct notice_row *n, enum err *err, struct problem *p) {
    char id[EVENT_ID_SIZE_MAX];
    struct buf name = buf_over(id, sizeof id);
    struct receipt receipt;
    bool failed = str_equal(b->action, STR("failed"));
    if (!failed && !str_equal(b->action, STR("delayed"))) return EXCHANGE_DONE;
    buf_fmt(&name, "%.*s/email/%.*s", STR_ARGS(n->id), STR_ARGS(b->action));
    struct event event = {.kind = KIND_NOTICE_RESULT,
                          .id = buf_str(&name),
                          .subject = n->account,
                          .about = n->id,
                          .incident = n->incident,
                          .via = STR("email"),
                          .result = failed ? STR("refused") : STR("delayed"),
                          .reason = b->status,
                          .evidence = b->diagnostic};
    if (exchange_submit_own(x, &event, &receipt, err, p) == EXCHANGE_LATER) return EXCHANGE_LATER;
    x->position = receipt.position;
    return EXCHANGE_DONE;
}

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    struct bounce bounce;
    struct notice_row n;
    char memory[512];
    struct buf id = buf_over(memory, sizeof memory);
    arena_reset(&x->api->step);
    enum err err = read_bounce(x, &bounce, &p);
    if (!err) err = find(x, &bounce, &id, &n, &p);
    if (!err && say(x, &bounce, &n, &err, &p) == EXCHANGE_LATER) return EXCHANGE_LATER;
    if (err) {
        p.err = err;
        return exchange_refuse_err(x, &p);
    }
    exchange_begin(x, 200, STR("application/json"));
    buf_text(x->out, STR("{\"notice\":"));
    buf_json(x->out, n.id);
    buf_char(x->out, '}');
    return EXCHANGE_DONE;
}

extern const struct route route_notice_bounce;
const struct route route_notice_bounce = {
    .name = "bounce",
    .method = "POST",
    .path = "/v1/notices/bounce",
    .scope = SCOPE_EVENTS_WRITE,
    .sentence = "A mail of ours came back, or is late: which, by the token of its envelope. What failed leads to the next channel.",
    .takes = {"application/json"},
    .takes_schema = "{\"type\":\"object\",\"required\":[\"token\",\"action\"],\"properties\":{\"token\":{\"type\":\"string\"},\"action\":{"
                    "\"type\":\"string\"},\"status\":{\"type\":\"string\"},\"diagnostic\":{\"type\":\"string\"}}}",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "taken, and durable"},
                                             {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "no mail of ours has this token"},
                                             {0}},
    .answer = answer,
};
