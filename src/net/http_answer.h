// SPDX-License-Identifier: Apache-2.0
#ifndef NET_HTTP_ANSWER_H
#define NET_HTTP_ANSWER_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Writes answers (RFC 9112) straight into the connection's output: the head first, with room left for a length that is filled in when the
 * body is there. Every answer says that it is not to be stored or guessed at, for it may tell of a person.
 */
struct http_head {
    unsigned status;
    struct str media_type;
    struct str extra;     /* further lines, each with its CRLF; or empty */
    struct str date;      /* RFC 9110 section 5.6.7, or empty */
    bool close;           /* the connection ends after this answer */
    bool says_keep_alive; /* to a client of HTTP/1.0, which takes silence for close */
};

struct http_answer {
    size_t length_at; /* where the digits go; 0 = nowhere */
    size_t body_at;
};

/* "Not Found" for 404, ... */
struct str http_status_title(unsigned status);

/* Appends the head; the body is appended by the caller, then finished. Of a HEAD request the body is counted and not sent. */
struct http_answer http_answer_begin(struct buf *out, const struct http_head *head);
void http_answer_end(struct http_answer *a, struct buf *out, bool head_only);

/* The head of an answer whose `size` is known; the caller sends so many bytes behind it, or none to a HEAD request. */
void http_answer_sized(struct buf *out, const struct http_head *head, size_t size);

/* An answer that is sent while it is made: in chunks, or, to HTTP/1.0, until the connection closes. */
void http_answer_stream(struct buf *out, const struct http_head *head, bool chunked);
/* A chunk of what the caller appends in between; an empty one leaves no trace. */
size_t http_chunk_begin(struct buf *out);
void http_chunk_end(struct buf *out, size_t begun);
void http_chunk_last(struct buf *out);

void http_answer_continue(struct buf *out); /* 100 Continue */

/* The body of a refusal: problem details (RFC 9457), with "field" and "hint" where there are any. */
#define HTTP_PROBLEM_TYPE STR("application/problem+json")
void http_write_problem(struct buf *out, unsigned status, const struct problem *p);

#endif
