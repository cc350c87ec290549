// SPDX-License-Identifier: Apache-2.0
/* Talks HTTP/1.1 to our own server on loopback: sends one request, reads one answer. */
#include "net/http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <llhttp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum err http_client_open(struct http_client *c, uint16_t port, struct str key, struct problem *p) {
    *c = (struct http_client){.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .port = port, .key = key};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    /* Head and content are sent apart: without this the second would wait 40 ms for the first one's acknowledgement. */
    (void)setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (c->socket >= 0 && connect(c->socket, (const struct sockaddr *)&to, sizeof to) == 0) return ERR_OK;
    enum err err = problem_set(p, ERR_IO, "", "is the server still running?", "cannot connect to 127.0.0.1:%u: %s", port, strerror(errno));
    http_client_close(c);
    return err;
}

void http_client_close(struct http_client *c) {
    if (c->socket >= 0) (void)close(c->socket);
    free(c->answer);
    *c = (struct http_client){.socket = -1};
}

/* The answer under way; data of the parser. */
struct reading {
    struct http_client *client;
    bool complete, full;
};

static int on_body(llhttp_t *parser, const char *at, size_t size) {
    struct reading *r = parser->data;
    struct http_client *c = r->client;
    if (size > c->answer_capacity - c->answer_size) {
        size_t capacity = (c->answer_size + size) * 2;
        char *grown = realloc(c->answer, capacity);
        if (!grown) return r->full = true, -1;
        c->answer = grown;
        c->answer_capacity = capacity;
    }
    memcpy(c->answer + c->answer_size, at, size);
    c->answer_size += size;
    return 0;
}

static int on_complete(llhttp_t *parser) {
    struct reading *r = parser->data;
    r->complete = true;
    return 0;
}

static enum err send_some(struct http_client *c, struct str *left, struct problem *p) {
    ssize_t sent = send(c->socket, left->at, left->size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) *left = str_slice(*left, (size_t)sent, left->size);
    else if (errno != EINTR && errno != EAGAIN) return problem_set(p, ERR_IO, "", "", "cannot send to the server: %s", strerror(errno));
    return ERR_OK;
}

static enum err receive_some(struct http_client *c, llhttp_t *parser, struct problem *p) {
    const struct reading *reading = parser->data;
    char bytes[16384];
    ssize_t size = recv(c->socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) return ERR_OK;
    if (size <= 0) return problem_set(p, ERR_IO, "", "", "server closed the connection before its answer ended");
    llhttp_errno_t bad = llhttp_execute(parser, bytes, (size_t)size);
    if (reading->full) return problem_set(p, ERR_FULL, "", "", "no memory for the server's answer");
    if (bad != HPE_OK) return problem_set(p, ERR_CORRUPT, "", "", "server's answer is no HTTP: %s", llhttp_errno_name(bad));
    return ERR_OK;
}

/* Sends and receives at once, for a batch is answered while it is still being sent. */
static enum err exchange(struct http_client *c, struct str head, struct str content, unsigned *status, struct problem *p) {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_body = on_body;
    settings.on_message_complete = on_complete;
    llhttp_t parser;
    llhttp_init(&parser, HTTP_RESPONSE, &settings);
    struct reading reading = {.client = c};
    parser.data = &reading;
    c->answer_size = 0;
    while (!reading.complete) {
        struct str *left = head.size ? &head : &content;
        struct pollfd poll_for = {.fd = c->socket, .events = (short)(POLLIN | (left->size ? POLLOUT : 0))};
        if (poll(&poll_for, 1, -1) < 0 && errno != EINTR) return problem_set(p, ERR_IO, "", "", "cannot wait: %s", strerror(errno));
        enum err err = ERR_OK;
        if (poll_for.revents & POLLOUT) err = send_some(c, left, p);
        if (!err && poll_for.revents & (POLLIN | POLLHUP | POLLERR)) err = receive_some(c, &parser, p);
        if (err) return err;
    }
    *status = (unsigned)parser.status_code;
    return ERR_OK;
}

enum err http_client_request(struct http_client *c, struct str method, struct str path, struct str media_type, struct str content,
                             unsigned *status, struct str *body, struct problem *p) {
    char head[1024];
    struct buf b = buf_over(head, sizeof head);
    buf_fmt(&b, "%.*s %.*s HTTP/1.1\r\nhost: 127.0.0.1:%u\r\nauthorization: Bearer %.*s\r\n", STR_ARGS(method), STR_ARGS(path), c->port,
            STR_ARGS(c->key));
    if (media_type.size) buf_fmt(&b, "content-type: %.*s\r\ncontent-length: %zu\r\n", STR_ARGS(media_type), content.size);
    buf_text(&b, c->headers);
    buf_text(&b, STR("\r\n"));
    if (b.overflow) return problem_set(p, ERR_TOO_LARGE, "", "", "request head is too long");
    enum err err = exchange(c, buf_str(&b), content, status, p);
    if (!err) *body = (struct str){c->answer, c->answer_size};
    return err;
}
