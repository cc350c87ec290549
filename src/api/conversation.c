// SPDX-License-Identifier: Apache-2.0
/*
 * Leads one connection through its requests.
 *
 *     head -> refused by it: answered at once, a short body is thrown away, a long one ends the connection
 *          -> whole body    -> route.answer
 *          -> streamed body -> route.begin, route.take for each piece, route.answer
 *
 * Each round of the loop may write into the output and adds what it wrote as one answer, or piece of one, held until its position is
 * settled. A route that cannot go on (EXCHANGE_LATER) leaves everything as it is: the same request or piece is offered again on resume.
 */
#include "api/conversation.h"

#include "api/printed.h"
#include "net/http_text.h"

/* What a step of the loop calls for. */
enum round { ROUND_AGAIN, ROUND_MORE_BYTES, ROUND_LATER };

void conversation_init(struct conversation *c, void *memory, uint32_t slot, const struct address *peer, int64_t now_us) {
    char *at = memory;
    http_reader_init(&c->reader, at);
    splitter_init(&c->splitter, SPLIT_NDJSON, at + HTTP_INPUT_SIZE, EVENT_JSON_SIZE_MAX);
    http_output_init(&c->output, at + HTTP_INPUT_SIZE + EVENT_JSON_SIZE_MAX, CONVERSATION_OUTPUT_SIZE);
    c->exchange = (struct exchange){.request = &c->reader, .peer = *peer, .slot = slot};
    c->piece = STR_NONE;
    c->again = c->refused = c->waiting = c->ending = c->large = false;
    c->read_us = c->since_us = now_us;
    c->paced_size = 0;
}

struct service_status conversation_status(const struct conversation *c) {
    struct service_status s = {.since_us = c->since_us};
    s.state = c->ending                           ? SERVICE_ENDING
              : c->waiting                        ? SERVICE_WAITING
              : http_reader_is_within(&c->reader) ? SERVICE_READING
                                                  : SERVICE_IDLE;
    return s;
}

struct service_room conversation_room(struct conversation *c) {
    struct http_room room = http_reader_room(&c->reader);
    return (struct service_room){room.at, room.size};
}

/* -- the head ---------------------------------------------------------------------------------------------------------------------- */

/* The key that was sent: "Bearer KEY" or x-api-key. Empty where there is none. */
static struct str key_of(const struct http_reader *r) {
    struct str rest, value = http_reader_known(r, HTTP_KNOWN_AUTHORIZATION);
    if (!value.size) return http_reader_known(r, HTTP_KNOWN_API_KEY);
    return str_equal_ignoring_case(str_cut(value, ' ', &rest), STR("bearer")) ? str_trim(rest) : STR_NONE;
}

static bool check_key(struct exchange *x) {
    struct problem p;
    x->scopes = SCOPE_ALL;
    x->who = STR_NONE;
    if (x->route->scope == SCOPE_NONE || !x->api->keyring) return true;
    struct str sent = key_of(x->request);
    const struct key *key = sent.size ? keyring_find(x->api->keyring, sent) : NULL;
    if (!key) {
        (void)problem_set(&p, ERR_DENIED, "authorization", "send 'authorization: Bearer KEY' or 'x-api-key: KEY'",
                          sent.size ? "nobody has this key" : "no API key was sent");
        exchange_refuse(x, 401, &p, STR("www-authenticate: Bearer realm=\"hikeshi\"\r\n"));
        return false;
    }
    x->scopes = key->scopes;
    x->who = str_from(key->name);
    if (key->scopes & x->route->scope) return true;
    struct str scope = scope_word(x->route->scope);
    (void)problem_set(&p, ERR_DENIED, "authorization", "use a key that has it", "key '%s' lacks the scope '%.*s'", key->name,
                      STR_ARGS(scope));
    exchange_refuse(x, 403, &p, STR_NONE);
    return false;
}

static bool check_media_type(struct exchange *x) {
    const char *const *takes = x->route->takes;
    struct problem p;
    if (!takes[0]) return true;
    struct str coding = http_reader_known(x->request, HTTP_KNOWN_CONTENT_ENCODING);
    if (coding.size && !str_equal_ignoring_case(coding, STR("identity"))) { /* a small body must not become a large one here */
        (void)problem_set(&p, ERR_UNSUPPORTED, "content-encoding", "send it as it is", "compressed bodies are not taken");
        exchange_refuse(x, 415, &p, STR_NONE);
        return false;
    }
    struct str sent = http_media_type(http_reader_known(x->request, HTTP_KNOWN_CONTENT_TYPE));
    char list[160];
    struct buf b = buf_over(list, sizeof list - 1);
    for (; *takes; takes++) {
        if (str_equal_ignoring_case(sent, str_from(*takes))) return true;
        buf_fmt(&b, "%s%s", b.size ? ", " : "send ", *takes);
    }
    list[b.size] = 0;
    (void)problem_set(&p, ERR_UNSUPPORTED, "content-type", list, "media type '%.*s' is not taken here",
                      (int)(sent.size < 80 ? sent.size : 80), sent.at);
    exchange_refuse(x, 415, &p, STR_NONE);
    return false;
}

/* Finds the route and whether the caller may; refuses otherwise. */
static bool check_head(struct exchange *x) {
    char methods[64], line[96];
    struct buf allow = buf_over(methods, sizeof methods);
    struct problem p;
    switch (route_find(http_reader_method(x->request), http_reader_path(x->request), &x->route, &x->parameter, &allow)) {
    case ROUTE_FOUND: return check_key(x) && check_media_type(x);
    case ROUTE_NO_PATH:
        (void)problem_set(&p, ERR_NOT_FOUND, "", "GET /openapi.json lists all routes", "there is no such route");
        exchange_refuse(x, 404, &p, STR_NONE);
        return false;
    case ROUTE_NO_METHOD: break;
    }
    struct buf b = buf_over(line, sizeof line);
    buf_fmt(&b, "allow: %.*s\r\n", STR_ARGS(buf_str(&allow)));
    (void)problem_set(&p, ERR_UNSUPPORTED, "", "use one that the allow header lists", "method is not allowed here");
    exchange_refuse(x, 405, &p, buf_str(&b));
    return false;
}

/* After a refusal by the head: a short body is read over, so that the connection can be used again. */
static void pass_over_body(struct conversation *c) {
    c->ending = c->exchange.close || !c->reader.keep_alive;
    c->refused = true;
    if (!c->ending) http_reader_take_body(&c->reader, HTTP_BODY_SIZE_MAX, true);
}

static bool must_close_after_refusal(const struct http_reader *r) {
    uint64_t announced = http_reader_body_announced(r);
    return announced && (announced > HTTP_BODY_SIZE_MAX || http_reader_expects_continue(r));
}

static enum round on_head(struct conversation *c, struct api_state *api) {
    struct exchange *x = &c->exchange;
    struct buf *out = x->out;
    *x = (struct exchange){.api = api, .peer = x->peer, .slot = x->slot, .request = &c->reader, .out = out, .splitter = &c->splitter};
    x->close = must_close_after_refusal(&c->reader);
    if (!check_head(x)) {
        exchange_end(x);
        pass_over_body(c);
        return ROUND_AGAIN;
    }
    x->close = false;
    bool streamed = x->route->take != NULL;
    http_reader_take_body(&c->reader, !x->route->takes[0] ? 0 : streamed ? HTTP_BATCH_SIZE_MAX : HTTP_BODY_SIZE_MAX, streamed);
    if (http_reader_expects_continue(&c->reader) && !http_reader_is_refused(&c->reader)) http_answer_continue(x->out);
    c->large |= streamed;
    return ROUND_AGAIN;
}

/* -- the body and the answer ------------------------------------------------------------------------------------------------------- */

static enum round begin_next(struct conversation *c) {
    if (c->exchange.close || !c->reader.keep_alive) {
        c->ending = true;
        return ROUND_AGAIN;
    }
    http_reader_next(&c->reader);
    c->refused = false;
    c->paced_size = 0;
    c->since_us = http_reader_is_within(&c->reader) ? c->read_us : c->exchange.api->now_us;
    return ROUND_AGAIN;
}

/* A batch may take long, but not stand still: what comes at its pace begins its time anew. */
static void keep_pace(struct conversation *c, size_t size) {
    c->paced_size += size;
    if (c->paced_size < HTTP_PACE_SIZE_MIN) return;
    c->paced_size = 0;
    c->since_us = c->exchange.api->now_us;
}

static void begin_body(struct exchange *x) {
    if (x->route->begin && !x->begun) x->route->begin(x);
    x->begun = true;
}

static enum round take_piece(struct conversation *c) {
    struct exchange *x = &c->exchange;
    if (c->refused) {
        c->piece = STR_NONE;
        return ROUND_AGAIN;
    }
    begin_body(x);
    c->again = x->route->take(x, &c->piece) == EXCHANGE_LATER;
    if (!x->aborted) return c->again ? ROUND_LATER : ROUND_AGAIN;
    exchange_end(x);
    c->ending = true;
    return ROUND_AGAIN;
}

static bool decode_parameter(struct exchange *x, struct buf *memory) {
    if (http_decode_percent(x->parameter, memory) && !memory->overflow) {
        x->parameter = buf_str(memory);
        return true;
    }
    struct problem p;
    (void)problem_set(&p, ERR_INVALID, "path", "write it as UTF-8, percent-encoded", "the last part of the path cannot be decoded");
    exchange_refuse(x, 400, &p, STR_NONE);
    return false;
}

static enum round on_complete(struct conversation *c) {
    struct exchange *x = &c->exchange;
    if (c->refused) return begin_next(c);
    char memory[HTTP_TARGET_SIZE_MAX];
    struct buf parameter = buf_over(memory, sizeof memory);
    struct str as_sent = x->parameter;
    begin_body(x);
    if (!as_sent.size || decode_parameter(x, &parameter)) {
        if (x->route->answer(x) == EXCHANGE_LATER) {
            x->parameter = as_sent;
            return ROUND_LATER;
        }
    }
    exchange_end(x);
    return begin_next(c);
}

/* Answers a request that will never be whole, unless it has an answer already, and ends. */
static void give_up(struct conversation *c, struct api_state *api, const struct http_refusal *why) {
    struct exchange *x = &c->exchange;
    c->ending = true;
    if (c->refused || x->streaming) return; /* a stream that breaks off shows by itself */
    printed_drop(x);
    *x = (struct exchange){.api = api, .peer = x->peer, .slot = x->slot, .request = &c->reader, .out = x->out, .close = true};
    exchange_refuse(x, why->status, &why->problem, STR_NONE);
    exchange_end(x);
}

/* One step; what it wrote is in c->exchange.out. */
static enum round step(struct conversation *c, struct api_state *api) {
    if (c->piece.size || c->again) return take_piece(c);
    switch (http_reader_step(&c->reader)) {
    case HTTP_MORE: return ROUND_MORE_BYTES;
    case HTTP_HEAD_READY: return on_head(c, api);
    case HTTP_PIECE:
        c->piece = http_reader_body(&c->reader);
        keep_pace(c, c->piece.size);
        return take_piece(c);
    case HTTP_COMPLETE: return on_complete(c);
    case HTTP_REFUSED: give_up(c, api, &c->reader.refusal); return ROUND_AGAIN;
    }
    return ROUND_AGAIN;
}

static void add_written(struct conversation *c, const struct buf *out) {
    if (!out->size) return;
    const struct exchange *x = &c->exchange;
    http_output_add(&c->output, out->size, x->position, x->measured ? c->asked_us : -1);
    c->large |= out->size > HTTP_PACE_SIZE_MIN;
}

static void advance(struct conversation *c, struct api_state *api) {
    for (enum round round = ROUND_AGAIN; round == ROUND_AGAIN && !c->ending;) {
        c->waiting = !http_output_has_room(&c->output, HTTP_ANSWER_SIZE_MAX);
        if (c->waiting) return;
        struct buf out = http_output_room(&c->output);
        c->exchange.out = &out;
        c->asked_us = c->since_us; /* before the next request begins */
        round = step(c, api);
        add_written(c, &out);
        c->waiting = round == ROUND_LATER;
    }
}

void conversation_take(struct conversation *c, struct api_state *api, size_t size) {
    if (!http_reader_is_within(&c->reader)) c->since_us = api->now_us;
    c->read_us = api->now_us;
    http_reader_filled(&c->reader, size);
    advance(c, api);
}

void conversation_resume(struct conversation *c, struct api_state *api) {
    if (!c->waiting) return;
    c->since_us = c->exchange.route && c->exchange.route->take ? api->now_us : c->since_us; /* we kept the batch waiting */
    advance(c, api);
}

void conversation_expire(struct conversation *c, struct api_state *api) {
    struct http_refusal why = {.status = 408};
    (void)problem_set(&why.problem, ERR_TIMEOUT, "", "send the request at once", "the request was not whole within %d s",
                      HTTP_REQUEST_MS_MAX / 1000);
    struct buf out = http_output_room(&c->output);
    c->exchange.out = &out;
    if (out.capacity >= HTTP_ANSWER_SIZE_MAX) give_up(c, api, &why);
    c->ending = true;
    add_written(c, &out);
}

void conversation_over(struct conversation *c) {
    printed_drop(&c->exchange);
}
