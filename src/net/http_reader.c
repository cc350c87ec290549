// SPDX-License-Identifier: Apache-2.0
/*
 * Cuts a connection's bytes into requests with llhttp, and refuses what is too much or can be read in two ways.
 *
 * Stages of a request, with the caller's memory:
 *
 *     STAGE_HEAD     [begin ... parsed=end)                      everything is kept, for headers are offsets into it
 *     STAGE_CHOICE   [begin head parsed) [bytes not seen end)    the head is known, the caller has not said what body he takes
 *     STAGE_BODY     [begin head body_begin) [decoded body_end) [not seen ... end)
 *                    decoded pieces are moved together, over the chunk heads that stood between them
 *     STAGE_COMPLETE like STAGE_BODY; what is not seen is the next request
 *     STAGE_REFUSED  for ever
 *
 * The parser is fed no more than HTTP_HEAD_SIZE_MAX bytes of a head, however many are there, so that a refusal does not depend on how the
 * bytes were cut.
 */
#include "net/http_reader.h"

#include <string.h>

#include "base/check.h"

enum stage { STAGE_HEAD, STAGE_CHOICE, STAGE_BODY, STAGE_COMPLETE, STAGE_REFUSED };

static enum http_step refuse(struct http_reader *r, unsigned status, enum err err, const char *where, const char *fix, const char *what) {
    if (r->stage != STAGE_REFUSED) {
        r->stage = STAGE_REFUSED;
        r->keep_alive = false;
        r->refusal.status = status;
        (void)problem_set(&r->refusal.problem, err, where, fix, "%s", what);
    }
    return HTTP_REFUSED;
}

static struct http_reader *reader_of(llhttp_t *parser) {
    return parser->data;
}

/* Lengthens a span by the bytes at `at`. A piece that does not follow on is a folded line: head_is_plain refuses it by itself. */
static void grow(const struct http_reader *r, struct http_span *span, const char *at, size_t size) {
    if (!span->size) span->at = (uint16_t)((size_t)(at - r->memory) - r->begin);
    span->size = (uint16_t)(span->size + size);
}

static int on_url(llhttp_t *parser, const char *at, size_t size) {
    struct http_reader *r = reader_of(parser);
    grow(r, &r->target, at, size);
    return 0;
}

/* Bytes of a body's framing that carry nothing for us. */
static int count_surplus(llhttp_t *parser, const char *at, size_t size) {
    (void)at;
    struct http_reader *r = reader_of(parser);
    r->surplus_size += size;
    if (r->surplus_size <= HTTP_HEAD_SIZE_MAX) return 0;
    (void)refuse(r, 400, ERR_TOO_LARGE, "body", "send neither", "chunk extensions and trailers are longer than a head may be");
    return HPE_USER;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t size) {
    struct http_reader *r = reader_of(parser);
    if (r->stage != STAGE_HEAD) return count_surplus(parser, at, size);
    if (r->header_count < HTTP_HEADER_COUNT_MAX) grow(r, &r->headers[r->header_count].name, at, size);
    return 0;
}

/* Counted when the name is whole, for a broken name must be refused as such however it was cut. */
static int on_header_field_complete(llhttp_t *parser) {
    struct http_reader *r = reader_of(parser);
    if (r->stage != STAGE_HEAD || r->header_count < HTTP_HEADER_COUNT_MAX) return 0;
    (void)refuse(r, 431, ERR_TOO_LARGE, "", "send fewer", "more than 64 header lines");
    return HPE_USER;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t size) {
    struct http_reader *r = reader_of(parser);
    if (r->stage != STAGE_HEAD) return count_surplus(parser, at, size);
    grow(r, &r->headers[r->header_count].value, at, size);
    return 0;
}

static int on_header_value_complete(llhttp_t *parser) {
    struct http_reader *r = reader_of(parser);
    if (r->stage == STAGE_HEAD) r->header_count++;
    return 0;
}

static int on_headers_complete(llhttp_t *parser) {
    struct http_reader *r = reader_of(parser);
    r->keep_alive = llhttp_should_keep_alive(parser) != 0;
    parser->upgrade = 0; /* an upgrade is an offer that we do not take (RFC 9110 section 7.8); CONNECT finds no route */
    r->paused_head = true;
    return HPE_PAUSED;
}

static int on_body(llhttp_t *parser, const char *at, size_t size) {
    struct http_reader *r = reader_of(parser);
    r->body_size += size;
    if (r->body_size > r->body_size_max) {
        (void)refuse(r, 413, ERR_TOO_LARGE, "body", "send less at once", "body is longer than this route takes");
        return HPE_USER;
    }
    memmove(r->memory + r->body_end, at, size);
    r->body_end += size;
    return 0;
}

static int on_message_complete(llhttp_t *parser) {
    reader_of(parser)->paused_message = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
    .on_chunk_extension_name = count_surplus,
    .on_chunk_extension_value = count_surplus,
};

static void forget_request(struct http_reader *r) {
    r->body_begin = r->body_end = r->begin;
    r->body_size = 0;
    r->surplus_size = 0;
    r->header_count = 0;
    r->target = (struct http_span){0, 0};
    memset(r->headers, 0, sizeof r->headers);
    r->stage = STAGE_HEAD;
}

void http_reader_init(struct http_reader *r, void *memory) {
    memset(r, 0, sizeof *r);
    r->memory = memory;
    r->capacity = HTTP_INPUT_SIZE;
    llhttp_init(&r->parser, HTTP_REQUEST, &settings);
    r->parser.data = r;
    forget_request(r);
}

/* Moves everything from `begin` on to the front. */
static void close_gap_before(struct http_reader *r) {
    size_t by = r->begin;
    memmove(r->memory, r->memory + by, r->end - by);
    r->begin -= by;
    r->body_begin -= by;
    r->body_end -= by;
    r->parsed -= by;
    r->end -= by;
}

struct http_room http_reader_room(struct http_reader *r) {
    if (r->begin && (r->begin == r->end || r->capacity - r->end < HTTP_HEAD_SIZE_MAX)) close_gap_before(r);
    size_t size = r->capacity - r->end;
    /* Whoever has not shown a head that we like touches no more memory than a head needs. */
    if (r->stage == STAGE_HEAD && size > HTTP_HEAD_SIZE_MAX) size = HTTP_HEAD_SIZE_MAX;
    return (struct http_room){r->memory + r->end, size};
}

void http_reader_filled(struct http_reader *r, size_t size) {
    CHECK(size <= r->capacity - r->end);
    r->end += size;
}

static struct str text(const struct http_reader *r, struct http_span span) {
    return (struct str){r->memory + r->begin + span.at, span.size};
}

/* llhttp forgives what others read differently: lines that end in a bare LF, and folded ones. */
static bool head_is_plain(struct str head) {
    for (size_t i = str_find_char(head, '\n', 0); i < head.size; i = str_find_char(head, '\n', i + 1)) {
        if (i == 0 || head.at[i - 1] != '\r') return false;
        if (i + 1 < head.size && (head.at[i + 1] == ' ' || head.at[i + 1] == '\t')) return false;
    }
    return true;
}

/* Which of the headers that we look for is it? -1 = none. */
static int known_from(struct str name) {
    static const struct str names[HTTP_KNOWN_COUNT] = {
        [HTTP_KNOWN_HOST] = {"host", 4},
        [HTTP_KNOWN_CONTENT_TYPE] = {"content-type", 12},
        [HTTP_KNOWN_CONTENT_ENCODING] = {"content-encoding", 16},
        [HTTP_KNOWN_AUTHORIZATION] = {"authorization", 13},
        [HTTP_KNOWN_API_KEY] = {"x-api-key", 9},
        [HTTP_KNOWN_EXPECT] = {"expect", 6},
        [HTTP_KNOWN_TRANSFER_ENCODING] = {"transfer-encoding", 17},
    };
    for (int i = 0; i < HTTP_KNOWN_COUNT; i++)
        if (names[i].size == name.size && str_equal_ignoring_case(names[i], name)) return i;
    return -1;
}

/* false where one is there twice. */
static bool find_known(struct http_reader *r) {
    memset(r->known, -1, sizeof r->known);
    for (unsigned i = 0; i < r->header_count; i++) {
        int which = known_from(text(r, r->headers[i].name));
        if (which < 0) continue;
        if (r->known[which] >= 0) return false;
        r->known[which] = (int8_t)i;
    }
    return true;
}

static enum http_step judge_head(struct http_reader *r) {
    struct str head = {r->memory + r->begin, r->parsed - r->begin};
    bool is_1_1 = r->parser.http_major == 1 && r->parser.http_minor == 1;
    if (!is_1_1 && !http_reader_is_1_0(r)) return refuse(r, 505, ERR_UNSUPPORTED, "", "speak HTTP/1.1", "HTTP version is not supported");
    if (!head_is_plain(head)) return refuse(r, 400, ERR_INVALID, "", "end lines with CRLF", "head has a bare LF or a folded line");
    if (r->target.size > HTTP_TARGET_SIZE_MAX) return refuse(r, 414, ERR_TOO_LARGE, "", "", "path and query are longer than 2048 bytes");
    if (!find_known(r)) return refuse(r, 400, ERR_INVALID, "", "send it once", "a header that must be one is there twice");
    if (is_1_1 && r->known[HTTP_KNOWN_HOST] < 0) return refuse(r, 400, ERR_INVALID, "host", "send it", "HTTP/1.1 request without host");
    if (r->known[HTTP_KNOWN_TRANSFER_ENCODING] >= 0 &&
        (!is_1_1 || !str_equal_ignoring_case(http_reader_known(r, HTTP_KNOWN_TRANSFER_ENCODING), STR("chunked"))))
        return refuse(r, 400, ERR_UNSUPPORTED, "transfer-encoding", "send chunked, or a content-length",
                      "transfer coding is not supported");
    if (r->known[HTTP_KNOWN_EXPECT] >= 0 && !str_equal_ignoring_case(http_reader_known(r, HTTP_KNOWN_EXPECT), STR("100-continue")))
        return refuse(r, 417, ERR_UNSUPPORTED, "expect", "expect 100-continue or nothing", "expectation is not supported");
    r->stage = STAGE_CHOICE;
    r->body_begin = r->body_end = r->parsed;
    return HTTP_HEAD_READY;
}

static enum http_step refuse_bytes(struct http_reader *r, llhttp_errno_t why) {
    const char *reason = llhttp_get_error_reason(&r->parser);
    if (why == HPE_INVALID_VERSION || why == HPE_PAUSED_H2_UPGRADE)
        return refuse(r, 505, ERR_UNSUPPORTED, "", "speak HTTP/1.1", "HTTP version is not supported");
    return refuse(r, 400, ERR_INVALID, r->stage == STAGE_HEAD ? "" : "body", "", reason && reason[0] ? reason : "request is no HTTP/1.1");
}

/* Feeds the parser what it may see. false where it refused. */
static bool feed(struct http_reader *r) {
    size_t to = r->end;
    if (r->stage == STAGE_HEAD && to - r->begin > HTTP_HEAD_SIZE_MAX) to = r->begin + HTTP_HEAD_SIZE_MAX;
    llhttp_errno_t got = llhttp_execute(&r->parser, r->memory + r->parsed, to - r->parsed);
    if (r->stage == STAGE_REFUSED) return false; /* by a callback */
    if (got != HPE_OK && got != HPE_PAUSED) return refuse_bytes(r, got), false;
    r->parsed = got == HPE_OK ? to : (size_t)(llhttp_get_error_pos(&r->parser) - r->memory);
    if (got == HPE_PAUSED) llhttp_resume(&r->parser);
    return true;
}

static enum http_step step_head(struct http_reader *r) {
    if (r->parsed == r->begin) { /* some clients end a body with a line of its own (RFC 9112 section 2.2) */
        while (r->begin < r->end && (r->memory[r->begin] == '\r' || r->memory[r->begin] == '\n')) r->begin++;
        r->parsed = r->body_begin = r->body_end = r->begin;
    }
    if (r->parsed == r->end && r->parsed - r->begin < HTTP_HEAD_SIZE_MAX) return HTTP_MORE;
    if (!feed(r)) return HTTP_REFUSED;
    if (r->paused_head) {
        r->paused_head = false;
        return judge_head(r);
    }
    if (r->parsed - r->begin < HTTP_HEAD_SIZE_MAX) return HTTP_MORE;
    if (r->header_count == 0 && r->headers[0].name.size == 0)
        return refuse(r, 414, ERR_TOO_LARGE, "", "", "path and query are longer than 2048 bytes");
    return refuse(r, 431, ERR_TOO_LARGE, "", "send fewer or shorter headers", "head is longer than 16384 bytes");
}

static enum http_step step_body(struct http_reader *r) {
    if (r->streamed) r->body_end = r->body_begin; /* the piece before was taken */
    if (!r->paused_message && !feed(r)) return HTTP_REFUSED;
    if (r->streamed && r->body_end > r->body_begin) return HTTP_PIECE;
    if (r->paused_message) {
        r->paused_message = false;
        r->stage = STAGE_COMPLETE;
        return HTTP_COMPLETE;
    }
    r->end = r->parsed = r->body_end; /* all was seen; what is not body is forgotten */
    return HTTP_MORE;
}

enum http_step http_reader_step(struct http_reader *r) {
    switch ((enum stage)r->stage) {
    case STAGE_HEAD: return step_head(r);
    case STAGE_CHOICE: return HTTP_HEAD_READY;
    case STAGE_BODY: return step_body(r);
    case STAGE_COMPLETE: return HTTP_COMPLETE;
    case STAGE_REFUSED: return HTTP_REFUSED;
    }
    return HTTP_REFUSED;
}

void http_reader_take_body(struct http_reader *r, uint64_t size_max, bool streamed) {
    CHECK(r->stage == STAGE_CHOICE);
    CHECK(streamed || size_max <= HTTP_BODY_SIZE_MAX);
    r->stage = STAGE_BODY;
    r->body_size_max = size_max;
    r->streamed = streamed;
    if (r->known[HTTP_KNOWN_TRANSFER_ENCODING] < 0 && r->parser.content_length > size_max)
        (void)refuse(r, 413, ERR_TOO_LARGE, "content-length", size_max ? "send less at once" : "send no body",
                     "body is longer than this route takes");
}

void http_reader_next(struct http_reader *r) {
    CHECK(r->stage == STAGE_COMPLETE);
    r->begin = r->parsed;
    forget_request(r);
}

bool http_reader_is_within(const struct http_reader *r) {
    return r->stage == STAGE_HEAD ? r->end > r->begin : r->stage != STAGE_COMPLETE;
}

bool http_reader_is_refused(const struct http_reader *r) {
    return r->stage == STAGE_REFUSED;
}

struct str http_reader_method(const struct http_reader *r) {
    return str_from(llhttp_method_name((llhttp_method_t)r->parser.method));
}

/* The target without scheme and authority, where a proxy sent them (RFC 9112 section 3.2.2). */
static struct str origin_form(struct str target) {
    if (target.size == 0 || target.at[0] == '/') return target;
    size_t authority = str_find(target, STR("://"), 0);
    if (authority == target.size) return target;
    return str_slice(target, str_find_char(target, '/', authority + 3), target.size);
}

struct str http_reader_path(const struct http_reader *r) {
    struct str target = origin_form(text(r, r->target));
    return str_slice(target, 0, str_find_char(target, '?', 0));
}

struct str http_reader_query(const struct http_reader *r) {
    struct str target = origin_form(text(r, r->target));
    return str_slice(target, str_find_char(target, '?', 0) + 1, target.size);
}

struct str http_reader_known(const struct http_reader *r, enum http_known which) {
    int index = r->known[which];
    return index < 0 ? STR_NONE : http_reader_header_value(r, (unsigned)index);
}

struct str http_reader_header_name(const struct http_reader *r, unsigned index) {
    CHECK(index < r->header_count);
    return text(r, r->headers[index].name);
}

struct str http_reader_header_value(const struct http_reader *r, unsigned index) {
    CHECK(index < r->header_count);
    return str_trim(text(r, r->headers[index].value));
}

struct str http_reader_body(const struct http_reader *r) {
    return (struct str){r->memory + r->body_begin, r->body_end - r->body_begin};
}

bool http_reader_is_1_0(const struct http_reader *r) {
    return r->parser.http_major == 1 && r->parser.http_minor == 0;
}

uint64_t http_reader_body_announced(const struct http_reader *r) {
    return r->known[HTTP_KNOWN_TRANSFER_ENCODING] >= 0 ? UINT64_MAX : r->parser.content_length;
}

bool http_reader_expects_continue(const struct http_reader *r) {
    return r->known[HTTP_KNOWN_EXPECT] >= 0 && !http_reader_is_1_0(r);
}
