// SPDX-License-Identifier: Apache-2.0
#ifndef NET_HTTP_READER_H
#define NET_HTTP_READER_H

#include <llhttp.h>

#include "base/bounds.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Bytes of one connection become requests (HTTP/1.1, RFC 9112; 1.0 is understood): a state machine without sockets, time or memory of its
 * own. The caller puts bytes where http_reader_room says, tells how many, and asks for steps until HTTP_MORE:
 *
 *     HTTP_MORE       nothing until more bytes come
 *     HTTP_HEAD       method, path, query and headers are there. The caller says what body he takes: http_reader_take_body
 *     HTTP_PIECE      of a streamed body: http_reader_body is the next piece, valid until the next step
 *     HTTP_COMPLETE   the request is whole; of one that is not streamed http_reader_body is the body. http_reader_next goes on
 *     HTTP_REFUSED    `refusal` says why; nothing that follows on this connection can be trusted
 *
 * However the bytes were cut on their way, the steps and what they carry are the same. Whatever two parsers could read differently is
 * refused (RFC 9112 sections 5.1, 5.2, 6.1, 6.3 and 11.2): two lengths, length and chunks, another coding than `chunked`, folded lines, a
 * bare LF, a blank before the colon, two of a header that must be one.
 *
 * Texts are borrowed from the caller's memory until http_reader_next or http_reader_room.
 */

/* What one connection needs: a head, a body, and the start of the next request. */
#define HTTP_INPUT_SIZE (HTTP_HEAD_SIZE_MAX + HTTP_BODY_SIZE_MAX + 16U * 1024)

enum http_step { HTTP_MORE, HTTP_HEAD_READY, HTTP_PIECE, HTTP_COMPLETE, HTTP_REFUSED };

/* The headers that are looked for in each request; more than one of a kind is refused. */
enum http_known {
    HTTP_KNOWN_HOST,
    HTTP_KNOWN_CONTENT_TYPE,
    HTTP_KNOWN_CONTENT_ENCODING,
    HTTP_KNOWN_AUTHORIZATION,
    HTTP_KNOWN_API_KEY,
    HTTP_KNOWN_EXPECT,
    HTTP_KNOWN_TRANSFER_ENCODING,
    HTTP_KNOWN_COUNT
};

struct http_refusal {
    unsigned status;
    struct problem problem;
};

/* Offsets from the request's first byte. */
struct http_span {
    uint16_t at, size;
};

struct http_header_spans {
    struct http_span name, value;
};

struct http_reader {
    llhttp_t parser;
    char *memory; /* the caller's */
    size_t capacity;
    /* begin <= body_begin <= body_end <= parsed <= end: the request's first byte, its decoded body, what the parser has seen, what is
     * there. */
    size_t begin, body_begin, body_end, parsed, end;
    uint64_t body_size, body_size_max; /* decoded so far; taken at most */
    size_t surplus_size;               /* chunk extensions and trailers so far: read and thrown away */
    int stage;
    bool streamed, keep_alive, paused_head, paused_message;
    unsigned header_count;
    struct http_span target;
    struct http_header_spans headers[HTTP_HEADER_COUNT_MAX];
    int8_t known[HTTP_KNOWN_COUNT]; /* index into headers, -1 = not sent */
    struct http_refusal refusal;
};

/* `memory` has HTTP_INPUT_SIZE bytes. */
void http_reader_init(struct http_reader *r, void *memory);

/* Where the next bytes go, and how many; none where the caller must take steps first. */
struct http_room {
    char *at;
    size_t size;
};
struct http_room http_reader_room(struct http_reader *r);
void http_reader_filled(struct http_reader *r, size_t size);

enum http_step http_reader_step(struct http_reader *r);
/* After HTTP_HEAD_READY. A body that says or turns out to be longer is refused (413). */
void http_reader_take_body(struct http_reader *r, uint64_t size_max, bool streamed);
/* After HTTP_COMPLETE: forgets the request. Bytes of the next one may be there already. */
void http_reader_next(struct http_reader *r);

/* Has a request begun that is not whole yet? */
bool http_reader_is_within(const struct http_reader *r);
bool http_reader_is_refused(const struct http_reader *r);

/* Of the request, from HTTP_HEAD_READY to http_reader_next. */
struct str http_reader_method(const struct http_reader *r);
struct str http_reader_path(const struct http_reader *r); /* as sent, %XX included */
struct str http_reader_query(const struct http_reader *r);
struct str http_reader_known(const struct http_reader *r, enum http_known which); /* STR_NONE where it was not sent */
struct str http_reader_header_name(const struct http_reader *r, unsigned index);
struct str http_reader_header_value(const struct http_reader *r, unsigned index);
struct str http_reader_body(const struct http_reader *r);
bool http_reader_is_1_0(const struct http_reader *r);
uint64_t http_reader_body_announced(const struct http_reader *r); /* bytes; UINT64_MAX for chunks, whose sum nobody knows yet */
/* Does the client wait for "100 Continue" before it sends the body (RFC 9110 section 10.1.1)? */
bool http_reader_expects_continue(const struct http_reader *r);

#endif
