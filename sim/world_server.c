// SPDX-License-Identifier: Apache-2.0
/* Serves the pretended world over HTTP on loopback, and brings its news to Hikeshi. */
#include "sim/world_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/json.h"
#include "base/moment.h"
#include "net/http_answer.h"
#include "net/http_client.h"
#include "net/http_reader.h"

#define CONNECTION_MAX 64
#define OUTPUT_SIZE    (48U * 1024)
#define STEP_MEMORY    (4U * 1024 * 1024)
#define TURN_MS        20
#define WEBHOOK_PATH   "/v1/webhooks/world"

/* socket -1 = free. An answer that is slept on waits in `output` until `answers_us`. */
struct connection {
    int socket;
    struct http_reader reader;
    char *input, *output;
    size_t output_size, output_sent;
    int64_t answers_us; /* 0 = it reads */
};

struct world_server {
    pthread_t thread;
    pthread_mutex_t lock; /* of world, counts, client and where to */
    struct world *world;
    struct clock clock;
    int listener, stop[2];
    struct connection connections[CONNECTION_MAX];
    struct arena step;
    struct http_client client;
    uint16_t hikeshi_port;
    const char *key;
    struct world_server_counts counts;
};

static int64_t now_ms(const struct world_server *s) {
    return s->clock.now_ms(s->clock.self);
}

static int64_t monotonic_us(const struct world_server *s) {
    return s->clock.monotonic_us(s->clock.self);
}

/* ---- answering ---------------------------------------------------------------------------------------------------------------------- */

static void hang_up(struct connection *c) {
    (void)close(c->socket);
    c->socket = -1;
}

static struct str header_line(struct str name, struct str value, struct arena *step) {
    size_t size = name.size + value.size + 3;
    char *memory = arena_take(step, size);
    CHECK(memory);
    struct buf b = buf_over(memory, size);
    buf_text(&b, name);
    buf_text(&b, STR(": "));
    buf_text(&b, value);
    return buf_str(&b);
}

static size_t collect_headers(const struct http_reader *r, struct arena *step, struct str *out) {
    for (unsigned i = 0; i < r->header_count; i++)
        out[i] = header_line(http_reader_header_name(r, i), http_reader_header_value(r, i), step);
    return r->header_count;
}

static void write_reply(struct connection *c, const struct world_reply *reply) {
    char extra[64] = "";
    struct buf b = buf_over(c->output, OUTPUT_SIZE);
    if (reply->retry_after_s) (void)snprintf(extra, sizeof extra, "retry-after: %lld\r\n", (long long)reply->retry_after_s);
    struct http_head head = {.status = reply->fault == FAULT_DOWN ? 503 : reply->status,
                             .media_type = STR("application/json"),
                             .extra = str_from(extra),
                             .date = STR_NONE};
    struct http_answer a = http_answer_begin(&b, &head);
    buf_text(&b, reply->body);
    http_answer_end(&a, &b, false);
    CHECK(!b.overflow);
    c->output_size = b.size;
    c->output_sent = 0;
}

static void answer(struct world_server *s, struct connection *c) {
    struct str headers[HTTP_HEADER_COUNT_MAX];
    struct world_reply reply;
    arena_reset(&s->step);
    size_t count = collect_headers(&c->reader, &s->step, headers);
    (void)pthread_mutex_lock(&s->lock);
    s->counts.requests++;
    world_answer(s->world, now_ms(s), http_reader_path(&c->reader), headers, count, http_reader_body(&c->reader), &s->step, &reply);
    (void)pthread_mutex_unlock(&s->lock);
    if (reply.fault == FAULT_DROP || reply.fault == FAULT_DO_AND_DROP) {
        hang_up(c);
        return;
    }
    write_reply(c, &reply);
    c->answers_us = monotonic_us(s) + reply.delay_ms * 1000;
    http_reader_next(&c->reader);
}

/* All requests that are whole, until one is to be slept on. */
static void take_steps(struct world_server *s, struct connection *c) {
    while (c->socket >= 0 && !c->answers_us) {
        switch (http_reader_step(&c->reader)) {
        case HTTP_MORE: return;
        case HTTP_HEAD_READY: http_reader_take_body(&c->reader, HTTP_BODY_SIZE_MAX, false); break;
        case HTTP_PIECE: break;
        case HTTP_COMPLETE: answer(s, c); break;
        case HTTP_REFUSED: hang_up(c); return;
        }
    }
}

static void receive(struct world_server *s, struct connection *c) {
    struct http_room room = http_reader_room(&c->reader);
    ssize_t size = recv(c->socket, room.at, room.size, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
        hang_up(c);
        return;
    }
    http_reader_filled(&c->reader, (size_t)size);
    take_steps(s, c);
}

/* Sends what is due; then goes on with what came meanwhile. */
static void send_due(struct world_server *s, struct connection *c) {
    if (c->socket < 0 || !c->answers_us || c->answers_us > monotonic_us(s)) return;
    ssize_t sent = send(c->socket, c->output + c->output_sent, c->output_size - c->output_sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (sent < 0) {
        hang_up(c);
        return;
    }
    c->output_sent += (size_t)sent;
    if (c->output_sent < c->output_size) return;
    c->answers_us = 0;
    take_steps(s, c);
}

static void accept_one(struct world_server *s) {
    int taken = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    if (taken < 0) return;
    for (size_t i = 0; i < CONNECTION_MAX; i++) {
        struct connection *c = &s->connections[i];
        if (c->socket >= 0) continue;
        if (!c->input) c->input = malloc(HTTP_INPUT_SIZE);
        if (!c->output) c->output = malloc(OUTPUT_SIZE);
        CHECK(c->input && c->output);
        c->socket = taken;
        c->answers_us = 0;
        http_reader_init(&c->reader, c->input);
        return;
    }
    (void)close(taken);
}

/* ---- bringing news ------------------------------------------------------------------------------------------------------------------ */

/* One request to Hikeshi; a connection that broke meanwhile is opened anew, once. */
static bool post(struct world_server *s, struct str path, struct str headers, struct str content, unsigned *status, struct str *body) {
    struct problem p;
    for (int attempt = 0; attempt < 2; attempt++) {
        if (s->client.socket < 0 && http_client_open(&s->client, s->hikeshi_port, str_from(s->key), &p)) return false;
        s->client.headers = headers;
        if (!http_client_request(&s->client, STR("POST"), path, STR("application/json"), content, status, body, &p)) return true;
        http_client_close(&s->client);
    }
    return false;
}

static void bring(void *context, const struct world_news *n) {
    struct world_server *s = context;
    char memory[512];
    struct buf headers = buf_over(memory, sizeof memory);
    struct str body;
    unsigned status = 0;
    if (n->webhook)
        buf_fmt(&headers, "webhook-id: %.*s\r\nwebhook-timestamp: %.*s\r\nwebhook-signature: %.*s\r\n", STR_ARGS(n->id),
                STR_ARGS(n->timestamp), STR_ARGS(n->signature));
    struct str path = n->webhook ? STR(WEBHOOK_PATH) : STR("/v1/events");
    if (!post(s, path, buf_str(&headers), n->body, &status, &body) || status >= 300) {
        s->counts.failed++;
    } else if (n->webhook) {
        s->counts.webhooks++;
    } else {
        s->counts.events++;
    }
}

/* A gate that does not answer is shut: what is young and unasked does not leave. */
static bool ask_gate(void *context, struct str order, const char *step) {
    struct world_server *s = context;
    char memory[512];
    struct buf b = buf_over(memory, sizeof memory);
    struct str body;
    unsigned status = 0;
    buf_text(&b, STR("{\"order\":"));
    buf_json(&b, order);
    buf_fmt(&b, ",\"step\":\"%s\"}", step);
    bool answered = post(s, STR("/v1/gate"), STR_NONE, buf_str(&b), &status, &body) && status == 200;
    bool allowed = answered && str_find(body, STR("\"allow\""), 0) < body.size;
    s->counts.gate_allowed += allowed;
    s->counts.gate_held += !allowed;
    return allowed;
}

static void let_time_pass(struct world_server *s) {
    struct world_gate gate = {ask_gate, s};
    (void)pthread_mutex_lock(&s->lock);
    if (s->hikeshi_port) world_advance(s->world, now_ms(s), &gate, bring, s);
    (void)pthread_mutex_unlock(&s->lock);
}

/* ---- the thread --------------------------------------------------------------------------------------------------------------------- */

static bool take_turn(struct world_server *s) {
    struct pollfd wait_for[CONNECTION_MAX + 2] = {{.fd = s->listener, .events = POLLIN}, {.fd = s->stop[0], .events = POLLIN}};
    for (size_t i = 0; i < CONNECTION_MAX; i++) {
        const struct connection *c = &s->connections[i];
        wait_for[i + 2] = (struct pollfd){.fd = c->answers_us ? -1 : c->socket, .events = POLLIN};
    }
    (void)poll(wait_for, CONNECTION_MAX + 2, TURN_MS);
    if (wait_for[1].revents) return false;
    for (size_t i = 0; i < CONNECTION_MAX; i++)
        if (wait_for[i + 2].revents) receive(s, &s->connections[i]);
    for (size_t i = 0; i < CONNECTION_MAX; i++) send_due(s, &s->connections[i]);
    if (wait_for[0].revents) accept_one(s);
    let_time_pass(s);
    return true;
}

static void *serve(void *self) {
    while (take_turn(self)) continue;
    return NULL;
}

enum err world_listen(int *listener, uint16_t *port, struct problem *p) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    *listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool listens = *listener >= 0 && bind(*listener, (struct sockaddr *)&at, size) == 0 && listen(*listener, CONNECTION_MAX) == 0 &&
                   getsockname(*listener, (struct sockaddr *)&at, &size) == 0;
    if (!listens) return problem_set(p, ERR_IO, "", "", "the pretended world cannot listen: %s", strerror(errno));
    *port = ntohs(at.sin_port);
    return ERR_OK;
}

static void close_all(struct world_server *s) {
    for (size_t i = 0; i < CONNECTION_MAX; i++) {
        if (s->connections[i].socket >= 0) hang_up(&s->connections[i]);
        free(s->connections[i].input);
        free(s->connections[i].output);
    }
    if (s->listener >= 0) (void)close(s->listener);
    for (int i = 0; i < 2; i++)
        if (s->stop[i] >= 0) (void)close(s->stop[i]);
    http_client_close(&s->client);
    (void)pthread_mutex_destroy(&s->lock);
    free(s->step.at);
    free(s);
}

enum err world_server_start(struct world *w, struct clock clock, struct world_server **out, uint16_t *port, struct problem *p) {
    struct world_server *s = calloc(1, sizeof *s);
    char *memory = malloc(STEP_MEMORY);
    CHECK(s && memory);
    *s = (struct world_server){.world = w, .clock = clock, .listener = -1, .stop = {-1, -1}, .step = arena_over(memory, STEP_MEMORY)};
    s->client.socket = -1;
    for (size_t i = 0; i < CONNECTION_MAX; i++) s->connections[i].socket = -1;
    (void)pthread_mutex_init(&s->lock, NULL);
    enum err err = pipe(s->stop) ? problem_set(p, ERR_IO, "", "", "no pipe for the world: %s", strerror(errno)) : ERR_OK;
    if (!err) err = world_listen(&s->listener, port, p);
    if (!err && pthread_create(&s->thread, NULL, serve, s)) err = problem_set(p, ERR_FULL, "", "", "no thread for the pretended world");
    if (err) close_all(s);
    else *out = s;
    return err;
}

void world_server_stop(struct world_server *s) {
    if (!s) return;
    (void)!write(s->stop[1], "", 1);
    (void)pthread_join(s->thread, NULL);
    close_all(s);
}

void world_server_meet(struct world_server *s, uint16_t hikeshi_port, const char *key) {
    (void)pthread_mutex_lock(&s->lock);
    http_client_close(&s->client);
    s->hikeshi_port = hikeshi_port;
    s->key = key;
    (void)pthread_mutex_unlock(&s->lock);
}

struct world *world_server_lock(struct world_server *s) {
    (void)pthread_mutex_lock(&s->lock);
    return s->world;
}

void world_server_unlock(struct world_server *s) {
    (void)pthread_mutex_unlock(&s->lock);
}

struct world_server_counts world_server_counts(struct world_server *s) {
    (void)pthread_mutex_lock(&s->lock);
    struct world_server_counts counts = s->counts;
    (void)pthread_mutex_unlock(&s->lock);
    return counts;
}
