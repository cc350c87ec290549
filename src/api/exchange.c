// SPDX-License-Identifier: Apache-2.0
/* What all routes need: to begin, refuse and end an answer, to read parameters, to hand in an event. */
#include "api/exchange.h"

#include "api/keys.h"
#include "base/check.h"
#include "net/http_text.h"

static struct http_head head_of(const struct exchange *x, unsigned status, struct str media_type) {
    return (struct http_head){
        .status = status,
        .media_type = media_type,
        .date = x->api->date,
        .close = x->close || !x->request->keep_alive,
        .says_keep_alive = http_reader_is_1_0(x->request),
    };
}

static void begin(struct exchange *x, const struct http_head *head) {
    x->out->size = 0;
    x->out->overflow = false;
    x->status = head->status;
    x->answer = http_answer_begin(x->out, head);
}

void exchange_begin(struct exchange *x, unsigned status, struct str media_type) {
    exchange_begin_with(x, status, media_type, STR_NONE);
}

void exchange_begin_with(struct exchange *x, unsigned status, struct str media_type, struct str extra) {
    struct http_head head = head_of(x, status, media_type);
    head.extra = extra;
    begin(x, &head);
}

void exchange_begin_page(struct exchange *x, unsigned status, struct str extra) {
    char memory[512];
    struct buf lines = buf_over(memory, sizeof memory);
    buf_text(&lines,
             STR("content-security-policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
                 "base-uri 'none'\r\nreferrer-policy: no-referrer\r\n"));
    buf_text(&lines, extra);
    CHECK(!lines.overflow);
    exchange_begin_with(x, status, STR("text/html; charset=utf-8"), buf_str(&lines));
}

void exchange_refuse(struct exchange *x, unsigned status, const struct problem *p, struct str extra) {
    struct http_head head = head_of(x, status, HTTP_PROBLEM_TYPE);
    head.extra = extra;
    begin(x, &head);
    http_write_problem(x->out, status, p);
}

unsigned exchange_status_of(enum err err) {
    switch (err) {
    case ERR_OK: return 200;
    case ERR_INVALID:
    case ERR_UNSUPPORTED: return 400;
    case ERR_DENIED: return 403;
    case ERR_NOT_FOUND: return 404;
    case ERR_CONFLICT: return 409;
    case ERR_TOO_LARGE: return 413;
    case ERR_FULL:
    case ERR_BUSY:
    case ERR_TIMEOUT:
    case ERR_IO:
    case ERR_CORRUPT:
    case ERR_CANCELED: return 503;
    }
    return 500;
}

enum exchange_result exchange_refuse_err(struct exchange *x, const struct problem *p) {
    exchange_refuse(x, exchange_status_of(p->err), p, STR_NONE);
    return EXCHANGE_DONE;
}

void exchange_begin_stream(struct exchange *x, struct str media_type) {
    struct http_head head = head_of(x, 200, media_type);
    head.close |= http_reader_is_1_0(x->request);
    x->close = head.close;
    x->status = 200;
    x->streaming = true;
    http_answer_stream(x->out, &head, !http_reader_is_1_0(x->request));
}

void exchange_begin_sized(struct exchange *x, unsigned status, struct str media_type, struct str extra, size_t size) {
    struct http_head head = head_of(x, status, media_type);
    head.extra = extra;
    x->status = status;
    x->streaming = true;
    http_answer_sized(x->out, &head, size);
}

void exchange_end(struct exchange *x) {
    if (!x->streaming && x->out->overflow) {
        struct problem p;
        (void)problem_set(&p, ERR_TOO_LARGE, "", "ask for less at once", "answer is longer than %u bytes", HTTP_ANSWER_SIZE_MAX);
        exchange_refuse(x, 500, &p, STR_NONE);
    }
    if (!x->streaming) http_answer_end(&x->answer, x->out, str_equal(http_reader_method(x->request), STR("HEAD")));
    CHECK(!x->out->overflow); /* the conversation saw to the room */
    x->api->metrics.answers[x->status / 100]++;
}

struct str exchange_header(const struct exchange *x, struct str name) {
    struct str value = STR_NONE;
    for (unsigned i = 0; i < x->request->header_count; i++)
        if (str_equal_ignoring_case(http_reader_header_name(x->request, i), name)) value = http_reader_header_value(x->request, i);
    return value;
}

bool exchange_has(const struct exchange *x, struct str etag) {
    struct str rest = exchange_header(x, STR("if-none-match"));
    while (rest.size) {
        struct str one = str_trim(str_cut(rest, ',', &rest));
        if (str_equal(one, STR("*"))) return true;
        if (str_starts(one, STR("W/"))) one = str_slice(one, 2, one.size);
        if (str_equal(one, etag)) return true;
    }
    return false;
}

bool exchange_query(const struct exchange *x, const char *name, struct buf *memory, struct str *out, bool *broken) {
    struct str encoded;
    if (!http_query_find(http_reader_query(x->request), str_from(name), &encoded)) return false;
    size_t before = memory->size;
    if (!http_decode_percent(encoded, memory) || memory->overflow) *broken = true;
    *out = (struct str){memory->at + before, memory->size - before};
    return true;
}

/* ERR_FULL is cured by a commit, unless there is nothing to commit. */
static bool commit_would_help(const struct engine *e) {
    return engine_settled(e) < engine_position(e);
}

/*
 * A shop's front end tells what it saw happen. It does not speak for the people who judge an incident, whose word closes it, nor for
 * ourselves; so that whoever takes its key cannot either. The owner speaks through the shop, and is believed by his path (incident.c).
 */
static enum scope scope_to_speak_of(enum kind kind) {
    switch (kind_group(kind)) {
    case GROUP_PEOPLE: return kind == KIND_OWNER_STATEMENT ? SCOPE_EVENTS_WRITE : SCOPE_VERDICTS_WRITE;
    case GROUP_OWN: return SCOPE_ADMIN;
    case GROUP_NONE:
    case GROUP_ACCESS:
    case GROUP_CREDENTIAL:
    case GROUP_VALUE:
    case GROUP_FATE:
    case GROUP_LABEL: return SCOPE_EVENTS_WRITE;
    }
    return SCOPE_ADMIN;
}

static bool is_proxy(const struct api_state *a, const struct address *who) {
    for (size_t i = 0; i < a->proxy_count; i++)
        if (address_equal(&a->proxies[i], who)) return true;
    return false;
}

/* Each proxy adds whom it heard it from at the end: the last that is no proxy of ours is as far as our own word goes. */
struct address exchange_client(const struct exchange *x) {
    struct address who = x->peer;
    struct str chain = exchange_header(x, STR("x-forwarded-for"));
    while (is_proxy(x->api, &who) && chain.size) {
        size_t at = chain.size;
        while (at && chain.at[at - 1] != ',') at--;
        struct address next;
        if (!address_parse(str_trim(str_slice(chain, at, chain.size)), &next)) break;
        who = next;
        chain = str_slice(chain, 0, at ? at - 1 : 0);
    }
    return who;
}

/* ERR_FULL is cured by a commit; what the journal refuses ends the server. */
enum exchange_result exchange_settle(struct exchange *x, enum err *err, struct problem *p) {
    if (*err == ERR_FULL && commit_would_help(x->api->engine)) return EXCHANGE_LATER;
    if (*err && !p->what[0]) (void)problem_set(p, *err, "", "try again later", "the event cannot be taken: %s", err_word(*err));
    p->err = *err;
    if (*err == ERR_IO) {
        x->api->broken = true;
        x->api->broken_why = *p;
    }
    return EXCHANGE_DONE;
}

enum exchange_result exchange_submit_own(struct exchange *x, struct event *event, struct receipt *out, enum err *err, struct problem *p) {
    event->source = STR("hikeshi");
    event->type = kind_name(event->kind);
    event->time_ms = x->api->now_ms;
    *p = (struct problem){0};
    *out = (struct receipt){0};
    *err = engine_submit_own(x->api->engine, event, out, p);
    if (*err == ERR_CONFLICT) *err = ERR_OK;
    return exchange_settle(x, err, p);
}

enum exchange_result exchange_submit(struct exchange *x, const struct event *event, struct receipt *out, enum err *err, struct problem *p) {
    *p = (struct problem){0};
    enum scope scope = scope_to_speak_of(event->kind);
    if (!(x->scopes & scope)) {
        *err = problem_set(p, ERR_DENIED, "type", "use a key that has it", "'%.*s' is sent with a key that has the scope '%.*s'",
                           STR_ARGS(event->type), STR_ARGS(scope_word(scope)));
        return EXCHANGE_DONE;
    }
    struct event named = *event;
    /* Who judges or decides is whoever has the key, whatever he calls himself. */
    if (scope == SCOPE_VERDICTS_WRITE && x->who.size) named.by = x->who;
    *err = engine_submit(x->api->engine, &named, out, p);
    return exchange_settle(x, err, p);
}
