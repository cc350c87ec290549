// SPDX-License-Identifier: Apache-2.0
/*
 * Plays the world in real time, with two kinds of threads and one lock around the world:
 *
 *     answering   one thread for each connection of Hikeshi's courier: reads a request, asks the world, plays the fault, answers
 *     telling     lets time pass in the world some fifty times a second, and sends what comes out of it to Hikeshi
 *
 * What comes out is queued under the lock and sent outside of it, so that Hikeshi may ask the world something meanwhile. The gate alone is
 * asked within: it is answered by Hikeshi's door, which asks the world nothing.
 */
#include "sim/world_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bounds.h"
#include "net/http_answer.h"
#include "net/http_client.h"
#include "net/http_reader.h"

#define CONNECTIONS_MAX 128
#define ANSWER_SIZE     (128U * 1024)
#define STEP_SIZE       (2U * 1024 * 1024)
#define TURN_MS         20
#define NEWS_TEXTS      4

/* Of something that came out: id, timestamp and signature (a webhook's), body. One allocation. */
struct news {
    struct news *next;
    bool webhook;
    struct str texts[NEWS_TEXTS];
};

struct connection {
    struct world_server *server;
    int socket;
    _Atomic bool busy;
};

struct world_server {
    struct world_server_options options;
    char key[64];
    pthread_mutex_t lock; /* of the world, the queue, the port and the key */
    struct news *first, **last;
    _Atomic size_t waiting; /* news that were not taken yet */
    int listener;
    pthread_t accepting, telling;
    _Atomic bool stopping;
    struct connection connections[CONNECTIONS_MAX];
    struct http_client client;
    bool connected;
    char trouble[256];
};

static int64_t now_of(const struct world_server *s) {
    return s->options.clock.now_ms(s->options.clock.self);
}

static void pause_ms(int64_t ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* ---- answering ---------------------------------------------------------------------------------------------------------------------- */

static bool send_all(int socket, struct str text) {
    while (text.size) {
        ssize_t sent = send(socket, text.at, text.size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        text = str_slice(text, (size_t)sent, text.size);
    }
    return true;
}

static size_t headers_of(const struct http_reader *r, struct arena *step, struct str *headers) {
    for (unsigned i = 0; i < r->header_count; i++) {
        struct str name = http_reader_header_name(r, i), value = http_reader_header_value(r, i);
        char *memory = arena_take(step, name.size + value.size + 2);
        struct buf b = buf_over(memory, name.size + value.size + 2);
        buf_fmt(&b, "%.*s: %.*s", STR_ARGS(name), STR_ARGS(value));
        headers[i] = buf_str(&b);
    }
    return r->header_count;
}

static void ask_world(struct world_server *s, const struct http_reader *r, struct arena *step, struct world_reply *reply) {
    struct str headers[HTTP_HEADER_COUNT_MAX];
    size_t count = headers_of(r, step, headers);
    (void)pthread_mutex_lock(&s->lock);
    world_answer(s->options.world, now_of(s), http_reader_path(r), headers, count, http_reader_body(r), step, reply);
    if (reply->fault == FAULT_TWICE)
        world_answer(s->options.world, now_of(s), http_reader_path(r), headers, count, http_reader_body(r), step, reply);
    (void)pthread_mutex_unlock(&s->lock);
}

/* false: the connection ends here. */
static bool answer(struct world_server *s, int socket, const struct http_reader *r, void *memory) {
    struct arena step = arena_over(memory, STEP_SIZE);
    struct world_reply reply = {0};
    ask_world(s, r, &step, &reply);
    if (reply.fault == FAULT_DROP || reply.fault == FAULT_DO_AND_DROP) return false;
    if (reply.delay_ms) pause_ms(reply.delay_ms);
    if (reply.fault == FAULT_DOWN) reply.status = 503, reply.body = STR_NONE;
    char extra[64] = "";
    if (reply.retry_after_s) (void)snprintf(extra, sizeof extra, "retry-after: %lld\r\n", (long long)reply.retry_after_s);
    char *text = arena_take(&step, ANSWER_SIZE);
    if (!text) return false;
    struct buf out = buf_over(text, ANSWER_SIZE);
    struct http_head head = {.status = reply.status, .media_type = STR("application/json"), .extra = str_from(extra)};
    struct http_answer a = http_answer_begin(&out, &head);
    buf_text(&out, reply.body);
    http_answer_end(&a, &out, false);
    return !out.overflow && send_all(socket, buf_str(&out));
}

static bool receive(int socket, struct http_reader *r) {
    struct http_room room = http_reader_room(r);
    ssize_t size = recv(socket, room.at, room.size, 0);
    if (size > 0) http_reader_filled(r, (size_t)size);
    return size > 0;
}

static void converse(struct connection *c, struct http_reader *r, void *step) {
    for (;;) {
        switch (http_reader_step(r)) {
        case HTTP_MORE:
            if (!receive(c->socket, r)) return;
            break;
        case HTTP_HEAD_READY: http_reader_take_body(r, HTTP_BODY_SIZE_MAX, false); break;
        case HTTP_PIECE: break;
        case HTTP_COMPLETE:
            if (!answer(c->server, c->socket, r, step)) return;
            http_reader_next(r);
            break;
        case HTTP_REFUSED: return;
        }
    }
}

static void *serve_connection(void *context) {
    struct connection *c = context;
    struct http_reader *r = malloc(sizeof *r);
    void *input = malloc(HTTP_INPUT_SIZE), *step = malloc(STEP_SIZE);
    if (r && input && step) {
        http_reader_init(r, input);
        converse(c, r, step);
    }
    free(r);
    free(input);
    free(step);
    (void)shutdown(c->socket, SHUT_RDWR);
    (void)close(c->socket);
    c->busy = false;
    return NULL;
}

static void take_connection(struct world_server *s, int socket) {
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *c = &s->connections[i];
        if (c->busy) continue;
        c->server = s, c->socket = socket, c->busy = true;
        (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve_connection, c) == 0) {
            (void)pthread_detach(thread);
            return;
        }
        c->busy = false;
        break;
    }
    (void)close(socket);
}

static void *accept_connections(void *context) {
    struct world_server *s = context;
    while (!s->stopping) {
        struct pollfd wait_for = {.fd = s->listener, .events = POLLIN};
        if (poll(&wait_for, 1, 100) <= 0) continue;
        int socket = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        if (socket >= 0) take_connection(s, socket);
    }
    return NULL;
}

/* ---- telling ------------------------------------------------------------------------------------------------------------------------ */

static void keep_news(void *context, const struct world_news *n) {
    struct world_server *s = context;
    const struct str texts[NEWS_TEXTS] = {n->id, n->timestamp, n->signature, n->body};
    size_t size = 0;
    for (size_t i = 0; i < NEWS_TEXTS; i++) size += texts[i].size;
    struct news *kept = malloc(sizeof *kept + size);
    if (!kept) return;
    *kept = (struct news){.webhook = n->webhook};
    char *at = (char *)(kept + 1);
    for (size_t i = 0; i < NEWS_TEXTS; i++) {
        if (texts[i].size) memcpy(at, texts[i].at, texts[i].size);
        kept->texts[i] = (struct str){at, texts[i].size};
        at += texts[i].size;
    }
    *s->last = kept;
    s->last = &kept->next;
    s->waiting++;
}

/* One request to Hikeshi; a connection that broke is opened anew, once. 0 = it could not be reached. */
static unsigned tell(struct world_server *s, const char *path, const char *media_type, struct str content, struct str headers,
                     struct str *body) {
    struct problem p = {0};
    for (int attempt = 0; attempt < 2; attempt++) {
        unsigned status = 0;
        if (!s->connected && http_client_open(&s->client, s->options.hikeshi_port, str_from(s->key), &p)) break;
        s->connected = true;
        s->client.headers = headers;
        if (!http_client_request(&s->client, STR("POST"), str_from(path), str_from(media_type), content, &status, body, &p)) return status;
        http_client_close(&s->client);
        s->connected = false;
    }
    return 0;
}

static bool ask_gate(void *context, struct str order, const char *step) {
    struct world_server *s = context;
    char text[256];
    struct buf b = buf_over(text, sizeof text);
    buf_fmt(&b, "{\"order\":\"%.*s\",\"step\":\"%s\"}", STR_ARGS(order), step);
    struct str body = STR_NONE;
    unsigned status = tell(s, "/v1/gate", "application/json", buf_str(&b), STR_NONE, &body);
    /* A gate that cannot be asked: do not ship (docs/reference/http.md). */
    return status == 200 && str_find(body, STR("\"allow\""), 0) < body.size;
}

static bool deliver(struct world_server *s, const struct news *n) {
    char path[96] = "/v1/events", headers[512];
    struct buf h = buf_over(headers, sizeof headers);
    if (n->webhook) {
        (void)snprintf(path, sizeof path, "/v1/webhooks/%s", s->options.name);
        buf_fmt(&h, "webhook-id: %.*s\r\nwebhook-timestamp: %.*s\r\nwebhook-signature: %.*s\r\n", STR_ARGS(n->texts[0]),
                STR_ARGS(n->texts[1]), STR_ARGS(n->texts[2]));
    }
    struct str body = STR_NONE;
    unsigned status = tell(s, path, n->webhook ? "application/json" : "application/cloudevents+json", n->texts[3], buf_str(&h), &body);
    if (status >= 200 && status < 300) return true;
    (void)snprintf(s->trouble, sizeof s->trouble, "%s answered %u: %.*s", path, status, (int)(body.size > 160 ? 160 : body.size),
                   body.at ? body.at : "");
    return status >= 400 && status < 500; /* it will not be taken later either */
}

static struct news *take_first(struct world_server *s) {
    (void)pthread_mutex_lock(&s->lock);
    struct news *n = s->first;
    (void)pthread_mutex_unlock(&s->lock);
    return n;
}

static void drop_first(struct world_server *s, struct news *n) {
    (void)pthread_mutex_lock(&s->lock);
    s->first = n->next;
    if (!s->first) s->last = &s->first;
    (void)pthread_mutex_unlock(&s->lock);
    free(n);
    s->waiting--;
}

static void *tell_news(void *context) {
    struct world_server *s = context;
    const struct world_gate gate = {.ask = ask_gate, .context = s};
    while (!s->stopping) {
        (void)pthread_mutex_lock(&s->lock);
        bool may = s->options.hikeshi_port != 0;
        if (may) world_advance(s->options.world, now_of(s), &gate, keep_news, s);
        (void)pthread_mutex_unlock(&s->lock);
        for (struct news *n; may && !s->stopping && (n = take_first(s)) && deliver(s, n);) drop_first(s, n);
        pause_ms(TURN_MS);
    }
    return NULL;
}

/* ---- beginning and ending ----------------------------------------------------------------------------------------------------------- */

static enum err listen_somewhere(struct world_server *s, uint16_t *port, struct problem *p) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(s->listener, CONNECTIONS_MAX) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&at, &size) != 0)
        return problem_set(p, ERR_IO, "", "", "cannot listen on loopback: %s", strerror(errno));
    *port = ntohs(at.sin_port);
    return ERR_OK;
}

enum err world_server_start(const struct world_server_options *o, struct world_server **out, uint16_t *port, struct problem *p) {
    struct world_server *s = calloc(1, sizeof *s);
    if (!s) return problem_set(p, ERR_FULL, "", "", "no memory for the world's server");
    s->options = *o;
    s->last = &s->first;
    s->listener = -1;
    (void)pthread_mutex_init(&s->lock, NULL);
    if (o->key) (void)snprintf(s->key, sizeof s->key, "%s", o->key);
    enum err err = listen_somewhere(s, port, p);
    if (!err && pthread_create(&s->accepting, NULL, accept_connections, s) != 0)
        err = problem_set(p, ERR_IO, "", "", "cannot start a thread");
    if (!err && pthread_create(&s->telling, NULL, tell_news, s) != 0) {
        s->stopping = true;
        (void)pthread_join(s->accepting, NULL);
        err = problem_set(p, ERR_IO, "", "", "cannot start a thread");
    }
    if (err) {
        if (s->listener >= 0) (void)close(s->listener);
        free(s);
        return err;
    }
    *out = s;
    return ERR_OK;
}

void world_server_connect(struct world_server *s, uint16_t hikeshi_port, const char *key) {
    (void)pthread_mutex_lock(&s->lock);
    (void)snprintf(s->key, sizeof s->key, "%s", key);
    s->options.hikeshi_port = hikeshi_port;
    (void)pthread_mutex_unlock(&s->lock);
}

struct world *world_server_enter(struct world_server *s) {
    (void)pthread_mutex_lock(&s->lock);
    return s->options.world;
}

void world_server_leave(struct world_server *s) {
    (void)pthread_mutex_unlock(&s->lock);
}

bool world_server_is_idle(struct world_server *s) {
    return s->waiting == 0;
}

const char *world_server_trouble(struct world_server *s) {
    return s->trouble;
}

void world_server_stop(struct world_server *s) {
    if (!s) return;
    s->stopping = true;
    (void)pthread_join(s->accepting, NULL);
    (void)pthread_join(s->telling, NULL);
    (void)close(s->listener);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (s->connections[i].busy) (void)shutdown(s->connections[i].socket, SHUT_RDWR);
        for (int turn = 0; s->connections[i].busy && turn < 200; turn++) pause_ms(5);
    }
    for (struct news *n = s->first, *next; n; n = next) {
        next = n->next;
        free(n);
    }
    if (s->connected) http_client_close(&s->client);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}
