// SPDX-License-Identifier: Apache-2.0
/* Writes the heads, chunks and problem details of HTTP answers. */
#include "net/http_answer.h"

#include "base/check.h"

/* Blanks after the colon are allowed (RFC 9112 section 5), so the length can be written later without moving the body. */
#define LENGTH_WIDTH 7
#define CHUNK_WIDTH  7

struct str http_status_title(unsigned status) {
    switch (status) {
    case 200: return STR("OK");
    case 202: return STR("Accepted");
    case 304: return STR("Not Modified");
    case 400: return STR("Bad Request");
    case 401: return STR("Unauthorized");
    case 403: return STR("Forbidden");
    case 404: return STR("Not Found");
    case 405: return STR("Method Not Allowed");
    case 408: return STR("Request Timeout");
    case 409: return STR("Conflict");
    case 413: return STR("Content Too Large");
    case 414: return STR("URI Too Long");
    case 415: return STR("Unsupported Media Type");
    case 417: return STR("Expectation Failed");
    case 429: return STR("Too Many Requests");
    case 431: return STR("Request Header Fields Too Large");
    case 500: return STR("Internal Server Error");
    case 503: return STR("Service Unavailable");
    case 505: return STR("HTTP Version Not Supported");
    default: return STR("Status");
    }
}

static void write_lines(struct buf *out, const struct http_head *head) {
    CHECK(head->status >= 100 && head->status <= 999);
    buf_text(out, STR("HTTP/1.1 "));
    buf_u64(out, head->status);
    buf_char(out, ' ');
    buf_text(out, http_status_title(head->status));
    buf_text(out, STR("\r\ncontent-type: "));
    buf_text(out, head->media_type);
    if (head->date.size) {
        buf_text(out, STR("\r\ndate: "));
        buf_text(out, head->date);
    }
    buf_text(out, STR("\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n"));
    buf_text(out, head->extra);
    if (head->close) buf_text(out, STR("connection: close\r\n"));
    else if (head->says_keep_alive) buf_text(out, STR("connection: keep-alive\r\n"));
}

struct http_answer http_answer_begin(struct buf *out, const struct http_head *head) {
    struct http_answer a;
    write_lines(out, head);
    if (head->status == 304) { /* it has no body, and its length would be that of the whole (RFC 9110 section 8.6) */
        buf_text(out, STR("\r\n"));
        return (struct http_answer){.body_at = out->size};
    }
    buf_text(out, STR("content-length:"));
    a.length_at = out->size;
    for (int i = 0; i < LENGTH_WIDTH; i++) buf_char(out, ' ');
    buf_text(out, STR("\r\n\r\n"));
    a.body_at = out->size;
    return a;
}

/* `value` into `width` places that end at `end`, from the right. */
static void write_number(char *end, size_t value, unsigned base) {
    do {
        *--end = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
}

void http_answer_end(struct http_answer *a, struct buf *out, bool head_only) {
    if (out->overflow) return;
    if (!a->length_at) return;
    size_t size = out->size - a->body_at;
    CHECK(size < 1000000); /* one digit less than the width: a blank stays */
    write_number(out->at + a->length_at + LENGTH_WIDTH, size, 10);
    if (head_only) out->size = a->body_at;
}

void http_answer_sized(struct buf *out, const struct http_head *head, size_t size) {
    write_lines(out, head);
    buf_fmt(out, "content-length: %zu\r\n\r\n", size);
}

void http_answer_stream(struct buf *out, const struct http_head *head, bool chunked) {
    write_lines(out, head);
    buf_text(out, chunked ? STR("transfer-encoding: chunked\r\n\r\n") : STR("\r\n"));
}

size_t http_chunk_begin(struct buf *out) {
    size_t begun = out->size;
    for (int i = 0; i < CHUNK_WIDTH; i++) buf_char(out, '0');
    buf_text(out, STR("\r\n"));
    return begun;
}

void http_chunk_end(struct buf *out, size_t begun) {
    if (out->overflow) return;
    size_t size = out->size - begun - CHUNK_WIDTH - 2;
    if (!size) {
        out->size = begun; /* an empty chunk would end the body */
        return;
    }
    CHECK(size < (size_t)1 << (4 * CHUNK_WIDTH));
    write_number(out->at + begun + CHUNK_WIDTH, size, 16);
    buf_text(out, STR("\r\n"));
}

void http_chunk_last(struct buf *out) {
    buf_text(out, STR("0\r\n\r\n"));
}

void http_answer_continue(struct buf *out) {
    buf_text(out, STR("HTTP/1.1 100 Continue\r\n\r\n"));
}

void http_write_problem(struct buf *out, unsigned status, const struct problem *p) {
    buf_text(out, STR("{\"type\":\"urn:hikeshi:problem:"));
    buf_text(out, str_from(err_word(p->err)));
    buf_text(out, STR("\",\"title\":"));
    buf_json(out, http_status_title(status));
    buf_text(out, STR(",\"status\":"));
    buf_u64(out, status);
    buf_text(out, STR(",\"detail\":"));
    buf_json(out, str_from(p->what));
    if (p->where[0]) {
        buf_text(out, STR(",\"field\":"));
        buf_json(out, str_from(p->where));
    }
    if (p->fix[0]) {
        buf_text(out, STR(",\"hint\":"));
        buf_json(out, str_from(p->fix));
    }
    buf_char(out, '}');
}
