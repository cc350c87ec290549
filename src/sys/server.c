// SPDX-License-Identifier: Apache-2.0
/*
 * The event loop: sockets, time limits, the committing thread, and an end in good order.
 *
 * Two lists hold slots. `fresh`: something happened to the connection in this turn of the loop; at the turn's end what is ready is written.
 * `held`: it has answers that wait for a commit, and is looked at when one ended. So no turn looks at connections to which nothing
 * happened, and each is written to once a turn. A slot may stay on a list when its connection is over; looking at it then does nothing.
 *
 *     free -> open -> (ENDING and all written, or its time is over, or it broke) -> lingering -> closing -> free
 *
 * Lingering: our side is closed, theirs is read and thrown away for a moment; otherwise the reset for bytes that nobody reads could
 * overtake our last answer (RFC 9112 section 9.6).
 */
#include "sys/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/bounds.h"
#include "base/buf.h"
#include "base/check.h"
#include "sys/memory.h"
#include "sys/tls.h"

#define BACKLOG       1024
#define SCRATCH_SIZE  (64U * 1024)
#define CIPHER_SIZE   (64U * 1024) /* of one TLS connection: what goes to the network next */
#define TLS_SEND_MAX  (32U * 1024) /* plain bytes that surely fit there with their records' frames */
#define SWEEP_MS      200
#define LINGER_US     INT64_C(2000000)
#define STOP_US       INT64_C(10000000)
#define REQUEST_US    (INT64_C(1000) * HTTP_REQUEST_MS_MAX)
#define IDLE_US       (INT64_C(1000) * HTTP_IDLE_MS_MAX)
#define IDLE_CROWD_US INT64_C(1000000) /* an idle connection that keeps others out may go after this */

enum life { LIFE_FREE, LIFE_OPEN, LIFE_LINGERING, LIFE_CLOSING };

struct connection {
    uv_tcp_t socket;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct server *server;
    struct tls_session *tls; /* NULL = plain */
    char *cipher;            /* CIPHER_SIZE bytes, where there is TLS */
    size_t cipher_at, cipher_size;
    uint32_t slot;
    enum life life;
    bool reading, writing, in_fresh, in_held, peer_ended;
    bool woken;       /* what it waits for may have come, though no commit ended */
    size_t in_flight; /* plain bytes of the write under way */
    uint64_t resumed; /* commits when it was last resumed */
    int64_t opened_us;
    int64_t write_until_us; /* the write under way must end by then; LINGERING: the end */
};

struct list {
    uint32_t *slots, count;
};

struct server {
    const struct server_options *o;
    struct service service;
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_check_t check;
    uv_timer_t sweep;
    uv_async_t commit_ended, woken;
    uv_signal_t signals[3];
    uv_thread_t committer;
    uv_sem_t commit_wanted;
    bool committing, quitting; /* quitting: tells the committer to return */
    bool stopping, starved, ended;
    int64_t now_us, stop_us;
    uint64_t commits;
    enum err commit_err, err;
    struct problem commit_problem, *problem;
    struct connection *connections;
    uint32_t *free_slots, free_count, open_count;
    struct list fresh, held;
    struct tls_context *tls;
    char *ciphers; /* CIPHER_SIZE for each connection, reserved */
    char scratch[SCRATCH_SIZE];
};

static void start_commit(struct server *s);
static void end_loop(struct server *s);

static int64_t read_clock_us(void) {
    return (int64_t)(uv_hrtime() / 1000);
}

static void say(const struct server *s, const char *line) {
    if (s->o->say) s->o->say(s->o->context, line);
}

static void begin_to_stop(struct server *s) {
    if (!s->stopping && s->o->stopping) s->o->stopping(s->o->context);
    s->stopping = true;
}

/* Ends the server by an error: nothing is answered any more. */
static void fail(struct server *s, enum err err) {
    if (!s->err) s->err = err;
    end_loop(s);
}

/* -- one connection ---------------------------------------------------------------------------------------------------------------- */

static void list_fresh(struct connection *c) {
    if (c->in_fresh) return;
    c->in_fresh = true;
    c->server->fresh.slots[c->server->fresh.count++] = c->slot;
}

static void accept_waiting(struct server *s);

static void on_closed(uv_handle_t *handle) {
    struct connection *c = handle->data;
    struct server *s = c->server;
    s->service.ops->close(s->service.self, c->slot);
    tls_session_close(c->tls);
    c->tls = NULL;
    if (c->cipher) memory_forget(c->cipher, CIPHER_SIZE);
    c->life = LIFE_FREE;
    s->free_slots[s->free_count++] = c->slot;
    s->open_count--;
    if (s->starved) accept_waiting(s);
}

static void close_now(struct connection *c) {
    if (c->life == LIFE_CLOSING) return;
    c->life = LIFE_CLOSING;
    uv_close((uv_handle_t *)&c->socket, on_closed);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out) {
    (void)suggested;
    struct connection *c = handle->data;
    struct server *s = c->server;
    if (c->tls || c->life != LIFE_OPEN) {
        *out = uv_buf_init(s->scratch, sizeof s->scratch);
        return;
    }
    struct service_room room = s->service.ops->room(s->service.self, c->slot);
    *out = uv_buf_init(room.at, (unsigned)room.size);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *bytes);

static void stop_reading(struct connection *c) {
    if (!c->reading) return;
    (void)uv_read_stop((uv_stream_t *)&c->socket);
    c->reading = false;
}

static void start_reading(struct connection *c) {
    if (c->reading || c->peer_ended) return;
    if (uv_read_start((uv_stream_t *)&c->socket, on_room, on_read) == 0) c->reading = true;
    else close_now(c);
}

static bool takes_bytes(enum service_state state) {
    return state == SERVICE_IDLE || state == SERVICE_READING;
}

/* Reads or not, as the service's state wants it. */
static void follow(struct connection *c, enum service_state state) {
    if (c->life != LIFE_OPEN) return;
    if (takes_bytes(state) && !c->server->stopping) start_reading(c);
    else stop_reading(c);
}

/* Plain bytes that TLS has, as far as the service takes them. false where the connection is over. */
static bool decrypt(struct connection *c, enum service_state *state) {
    struct server *s = c->server;
    while (takes_bytes(*state)) {
        struct service_room room = s->service.ops->room(s->service.self, c->slot);
        size_t got;
        switch (tls_get(c->tls, room.at, room.size, &got)) {
        case TLS_OK: *state = s->service.ops->take(s->service.self, c->slot, got, s->now_us).state; break;
        case TLS_WANTS_BYTES: return true;
        case TLS_ENDED: c->peer_ended = true; return true;
        case TLS_BROKEN: return false;
        }
    }
    return true;
}

static void on_bytes(struct connection *c, const uv_buf_t *bytes, size_t size) {
    struct server *s = c->server;
    enum service_state state;
    if (c->tls) {
        state = s->service.ops->status(s->service.self, c->slot).state;
        bool whole = tls_put(c->tls, (struct str){bytes->base, size}) && decrypt(c, &state);
        if (!whole) {
            c->cipher_at = 0;
            if (!c->writing && (c->cipher_size = tls_take(c->tls, c->cipher, CIPHER_SIZE))) { /* the alert that says why */
                uv_buf_t alert = uv_buf_init(c->cipher, (unsigned)c->cipher_size);
                (void)uv_try_write((uv_stream_t *)&c->socket, &alert, 1);
            }
            close_now(c);
            return;
        }
    } else {
        state = s->service.ops->take(s->service.self, c->slot, size, s->now_us).state;
    }
    follow(c, state);
    list_fresh(c);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *bytes) {
    struct connection *c = stream->data;
    c->server->now_us = read_clock_us();
    if (size == 0 || c->life == LIFE_CLOSING) return;
    if (c->life == LIFE_LINGERING) {
        if (size < 0) close_now(c);
        return;
    }
    if (size > 0) {
        on_bytes(c, bytes, (size_t)size);
    } else if (size == UV_EOF) { /* what was asked is still answered */
        c->peer_ended = true;
        stop_reading(c);
        list_fresh(c);
    } else {
        close_now(c);
    }
}

/* -- writing ----------------------------------------------------------------------------------------------------------------------- */

static void on_written(uv_write_t *write, int status) {
    struct connection *c = write->data;
    c->writing = false;
    if (c->life != LIFE_OPEN) return;
    if (status < 0) {
        close_now(c);
        return;
    }
    c->server->now_us = read_clock_us();
    if (c->tls) c->cipher_size = 0;
    else c->server->service.ops->left(c->server->service.self, c->slot, c->in_flight, c->server->now_us);
    c->woken = true; /* it may have waited for room, and have nothing else to write now */
    list_fresh(c);
}

/* Hands bytes to the system; what it does not take at once is written when it can, until then nothing else is. -1 where it broke. */
static ssize_t write_some(struct connection *c, struct str bytes) {
    uv_buf_t all = uv_buf_init((char *)(uintptr_t)bytes.at, (unsigned)bytes.size);
    int written = uv_try_write((uv_stream_t *)&c->socket, &all, 1);
    if (written < 0 && written != UV_EAGAIN) return -1;
    if (written < 0) written = 0;
    size_t left = bytes.size - (size_t)written;
    if (!left) return written;
    uv_buf_t rest = uv_buf_init((char *)(uintptr_t)bytes.at + written, (unsigned)left);
    c->write.data = c;
    if (uv_write(&c->write, (uv_stream_t *)&c->socket, &rest, 1, on_written) != 0) return -1;
    c->writing = true;
    c->in_flight = left;
    c->write_until_us = c->server->now_us + REQUEST_US * (1 + (int64_t)(left / HTTP_PACE_SIZE_MIN)); /* a slow reader must keep a pace */
    return written;
}

/* What TLS has for the network. false where it broke. */
static bool write_cipher(struct connection *c) {
    while (!c->writing) {
        c->cipher_size = tls_take(c->tls, c->cipher, CIPHER_SIZE);
        if (!c->cipher_size) return true;
        if (write_some(c, (struct str){c->cipher, c->cipher_size}) < 0) return false;
    }
    return true;
}

/* Writes what is ready until nothing is or the system takes no more. false where it broke. */
static bool write_ready(struct connection *c) {
    const struct service *service = &c->server->service;
    if (c->tls && !write_cipher(c)) return false;
    while (!c->writing) {
        struct str ready = service->ops->ready(service->self, c->slot);
        if (!ready.size) return true;
        if (c->tls) {
            ready = str_slice(ready, 0, TLS_SEND_MAX);
            if (tls_send(c->tls, ready) != TLS_OK || !write_cipher(c)) return false;
            service->ops->left(service->self, c->slot, ready.size, c->server->now_us);
            continue;
        }
        ssize_t written = write_some(c, ready);
        if (written < 0) return false;
        service->ops->left(service->self, c->slot, (size_t)written, c->server->now_us);
    }
    return true;
}

static void on_shutdown(uv_shutdown_t *shutdown, int status) {
    (void)shutdown, (void)status;
}

/* Everything is written: closes our side and waits a moment for theirs. */
static void linger(struct connection *c) {
    if (c->tls) {
        tls_say_goodbye(c->tls);
        if (!write_cipher(c)) {
            close_now(c);
            return;
        }
    }
    if (c->peer_ended || c->server->stopping || uv_shutdown(&c->shutdown, (uv_stream_t *)&c->socket, on_shutdown) != 0) {
        close_now(c);
        return;
    }
    c->life = LIFE_LINGERING;
    c->write_until_us = c->server->now_us + LINGER_US;
    start_reading(c);
}

/* Offers a waiting connection what it waits for, where a commit ended, bytes left or it was woken since. true where it went on. */
static bool resume(struct connection *c, bool wrote, struct service_status *status) {
    struct server *s = c->server;
    if (status->state != SERVICE_WAITING || (!wrote && !c->woken && c->resumed == s->commits)) return false;
    c->resumed = s->commits;
    c->woken = false;
    *status = s->service.ops->resume(s->service.self, c->slot, s->now_us);
    if (c->tls && !decrypt(c, &status->state)) close_now(c);
    return c->life == LIFE_OPEN;
}

static void hold(struct connection *c) {
    if (c->in_held) return;
    c->in_held = true;
    c->server->held.slots[c->server->held.count++] = c->slot;
}

/* Brings a connection as far as it goes now, and puts it where it is looked at again. */
static void look_at(struct connection *c) {
    struct server *s = c->server;
    const struct service *service = &s->service;
    if (c->life != LIFE_OPEN) return;
    struct service_status status = service->ops->status(service->self, c->slot);
    bool went_on = true;
    while (went_on) {
        bool had_ready = !c->writing && service->ops->ready(service->self, c->slot).size > 0;
        if (!write_ready(c)) {
            close_now(c);
            return;
        }
        went_on = resume(c, had_ready, &status);
    }
    if (c->life != LIFE_OPEN) return;
    follow(c, status.state);
    bool empty = service->ops->is_empty(service->self, c->slot) && !c->writing;
    bool no_more = status.state == SERVICE_ENDING || ((c->peer_ended || s->stopping) && status.state != SERVICE_WAITING);
    if (empty && no_more) {
        linger(c);
    } else if (!empty || status.state == SERVICE_WAITING) {
        hold(c);
    }
}

static void look_at_fresh(struct server *s) {
    uint32_t count = s->fresh.count;
    s->fresh.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct connection *c = &s->connections[s->fresh.slots[i]];
        c->in_fresh = false;
        look_at(c);
    }
}

static void look_at_held(struct server *s) {
    uint32_t count = s->held.count;
    s->held.count = 0; /* filled again from the front while it is read, and never past what was read */
    for (uint32_t i = 0; i < count; i++) {
        struct connection *c = &s->connections[s->held.slots[i]];
        c->in_held = false;
        look_at(c);
    }
}

/* -- accepting --------------------------------------------------------------------------------------------------------------------- */

/* ADDRESS_NONE where it is gone already. */
static struct address peer_of(const struct connection *c) {
    struct sockaddr_storage at;
    int size = sizeof at;
    char name[64] = "";
    struct address peer = {0};
    if (uv_tcp_getpeername(&c->socket, (struct sockaddr *)&at, &size) != 0) return peer;
    if (at.ss_family == AF_INET6) (void)uv_ip6_name((struct sockaddr_in6 *)&at, name, sizeof name);
    else (void)uv_ip4_name((struct sockaddr_in *)&at, name, sizeof name);
    (void)address_parse(str_from(name), &peer);
    return peer;
}

static void open_connection(struct server *s, uint32_t slot) {
    struct connection *c = &s->connections[slot];
    bool in_fresh = c->in_fresh, in_held = c->in_held; /* the slot may still be on a list */
    *c =
        (struct connection){.server = s, .slot = slot, .life = LIFE_OPEN, .opened_us = s->now_us, .in_fresh = in_fresh, .in_held = in_held};
    CHECK(uv_tcp_init(&s->loop, &c->socket) == 0);
    c->socket.data = c;
    s->open_count++;
    bool usable = uv_accept((uv_stream_t *)&s->listener, (uv_stream_t *)&c->socket) == 0;
    struct address peer = usable ? peer_of(c) : (struct address){0};
    s->service.ops->open(s->service.self, slot, &peer, s->now_us);
    if (usable && s->tls) {
        c->cipher = s->ciphers + (size_t)slot * CIPHER_SIZE;
        c->tls = tls_session_open(s->tls);
        usable = c->tls != NULL;
    }
    if (!usable) {
        close_now(c);
        return;
    }
    (void)uv_tcp_nodelay(&c->socket, 1);
    start_reading(c);
}

/* Takes the connection that libuv holds; it takes no further one off the system's queue until then. */
static void accept_waiting(struct server *s) {
    s->starved = s->free_count == 0;
    if (s->starved || s->stopping) return;
    open_connection(s, s->free_slots[--s->free_count]);
}

static void on_connection(uv_stream_t *listener, int status) {
    struct server *s = listener->data;
    if (status < 0) return; /* out of file descriptors, or gone before we came */
    s->now_us = read_clock_us();
    accept_waiting(s);
}

/* -- committing -------------------------------------------------------------------------------------------------------------------- */

static void committer_main(void *argument) {
    struct server *s = argument;
    for (;;) {
        uv_sem_wait(&s->commit_wanted);
        if (s->quitting) return;
        s->commit_err = s->service.ops->commit(s->service.self, &s->commit_problem);
        (void)uv_async_send(&s->commit_ended);
    }
}

static void start_commit(struct server *s) {
    bool sealed;
    if (s->committing || s->err) return;
    enum err err = s->service.ops->seal(s->service.self, &sealed, s->problem);
    if (err) {
        fail(s, err);
    } else if (sealed) {
        s->committing = true;
        uv_sem_post(&s->commit_wanted);
    }
}

/* The time between two commits belongs to whoever needs a still moment (snapshots). */
static void between_commits(struct server *s) {
    if (s->committing || s->err || !s->o->between) return;
    enum err err = s->o->between(s->o->context, s->problem);
    if (err) fail(s, err);
}

static void take_in(struct server *s) {
    if (s->err || !s->o->intake) return;
    enum err err = s->o->intake(s->o->context, s->problem);
    if (err) fail(s, err);
}

static void on_commit_ended(uv_async_t *async) {
    struct server *s = async->data;
    if (!s->committing) return;
    s->committing = false;
    s->commits++;
    s->now_us = read_clock_us();
    if (s->commit_err) {
        if (s->problem) *s->problem = s->commit_problem;
        fail(s, s->commit_err);
        return;
    }
    s->service.ops->committed(s->service.self, s->now_us);
    between_commits(s);
    take_in(s);
    start_commit(s); /* the disk works while we write */
    if (!s->err) look_at_held(s);
}

/* -- turns, time, the end ---------------------------------------------------------------------------------------------------------- */

/* Those for whom somebody else has done something. */
static void list_woken(struct server *s) {
    for (uint32_t slot; s->service.ops->next_woken(s->service.self, &slot);) {
        s->connections[slot].woken = true;
        list_fresh(&s->connections[slot]);
    }
}

static void end_when_done(struct server *s) {
    if (s->stopping && s->open_count == 0 && !s->committing) end_loop(s);
}

static void on_turn_end(uv_check_t *check) {
    struct server *s = check->data;
    s->now_us = read_clock_us();
    take_in(s);
    start_commit(s);
    list_woken(s);
    if (!s->err) look_at_fresh(s);
    end_when_done(s);
}

/* That the loop takes a turn is all that is wanted: intake and next_woken are asked in it. */
static void on_woken(uv_async_t *async) {
    (void)async;
}

void server_wake(struct server *s) {
    (void)uv_async_send(&s->woken);
}

static void sweep_open(struct connection *c) {
    struct server *s = c->server;
    struct service_status status = s->service.ops->status(s->service.self, c->slot);
    if (c->writing) {
        if (s->now_us > c->write_until_us) close_now(c);
        return;
    }
    if (!s->service.ops->is_empty(s->service.self, c->slot)) return;
    int64_t age_us = s->now_us - status.since_us;
    if (c->tls && !tls_is_established(c->tls) && s->now_us - c->opened_us > REQUEST_US) {
        close_now(c);
    } else if (status.state == SERVICE_IDLE && age_us > (s->starved ? IDLE_CROWD_US : IDLE_US)) {
        close_now(c);
    } else if (status.state == SERVICE_READING && age_us > REQUEST_US) {
        follow(c, s->service.ops->expire(s->service.self, c->slot, s->now_us).state);
        list_fresh(c);
    }
}

static void on_sweep(uv_timer_t *timer) {
    struct server *s = timer->data;
    s->now_us = read_clock_us();
    between_commits(s);
    for (uint32_t slot = 0; slot < s->o->connections_max; slot++) {
        struct connection *c = &s->connections[slot];
        if (c->life == LIFE_OPEN) sweep_open(c);
        else if (c->life == LIFE_LINGERING && s->now_us > c->write_until_us) close_now(c);
    }
    start_commit(s);
    if (!s->err) look_at_fresh(s);
    if (!s->stopping || s->now_us - s->stop_us < STOP_US) return;
    if (s->open_count) say(s, "some connections did not take their answers in time and are cut; what they sent is durable");
    for (uint32_t slot = 0; slot < s->o->connections_max; slot++)
        if (s->connections[slot].life == LIFE_OPEN || s->connections[slot].life == LIFE_LINGERING) close_now(&s->connections[slot]);
}

static void stop(struct server *s) {
    if (s->stopping) return;
    begin_to_stop(s);
    s->stop_us = s->now_us = read_clock_us();
    uv_close((uv_handle_t *)&s->listener, NULL);
    for (uint32_t slot = 0; slot < s->o->connections_max; slot++) {
        struct connection *c = &s->connections[slot];
        if (c->life == LIFE_LINGERING) close_now(c);
        if (c->life != LIFE_OPEN) continue;
        stop_reading(c);
        list_fresh(c);
    }
}

static void reload(struct server *s) {
    if (s->tls) {
        struct tls_context *fresh;
        struct problem p;
        if (tls_context_open(s->o->tls_certificate, s->o->tls_key, &fresh, &p) == ERR_OK) {
            tls_context_close(s->tls);
            s->tls = fresh;
        } else {
            char line[512];
            (void)snprintf(line, sizeof line, "%s (%s); the certificate before stays in use", p.what, p.where);
            say(s, line);
        }
    }
    if (s->o->reload) s->o->reload(s->o->context);
}

static void on_signal(uv_signal_t *handle, int number) {
    struct server *s = handle->data;
    if (number == SIGHUP) reload(s);
    else stop(s);
}

static void close_handle(uv_handle_t *handle, void *argument) {
    struct server *s = argument;
    if (uv_is_closing(handle)) return;
    if (handle->type == UV_TCP && handle != (uv_handle_t *)&s->listener) close_now(handle->data);
    else uv_close(handle, NULL);
}

/* Lets the loop run out of work. */
static void end_loop(struct server *s) {
    if (s->ended) return;
    begin_to_stop(s);
    s->ended = true;
    uv_walk(&s->loop, close_handle, s);
}

/* -- starting ---------------------------------------------------------------------------------------------------------------------- */

static bool parse_listen(const char *listen, struct sockaddr_storage *out) {
    struct str text = str_from(listen), host, port_text;
    size_t colon = text.size;
    while (colon > 0 && text.at[colon - 1] != ':') colon--;
    if (colon == 0) return false;
    host = str_slice(text, 0, colon - 1);
    port_text = str_slice(text, colon, text.size);
    if (str_starts(host, STR("[")) && str_ends(host, STR("]"))) host = str_slice(host, 1, host.size - 1);
    if (str_equal(host, STR("localhost"))) host = STR("127.0.0.1");
    uint64_t port;
    char name[64];
    if (!host.size || host.size >= sizeof name || !str_to_u64(port_text, &port) || port > 65535) return false;
    memcpy(name, host.at, host.size);
    name[host.size] = 0;
    return uv_ip4_addr(name, (int)port, (struct sockaddr_in *)out) == 0 || uv_ip6_addr(name, (int)port, (struct sockaddr_in6 *)out) == 0;
}

bool server_is_loopback(const char *listen) {
    struct sockaddr_storage address = {0};
    if (!parse_listen(listen, &address)) return false;
    if (address.ss_family == AF_INET) return ntohl(((struct sockaddr_in *)&address)->sin_addr.s_addr) >> 24 == 127;
    return memcmp(&((struct sockaddr_in6 *)&address)->sin6_addr, &in6addr_loopback, sizeof in6addr_loopback) == 0;
}

static void tell_address(struct server *s) {
    struct sockaddr_storage address;
    int size = sizeof address, port;
    char name[64], url[128];
    if (uv_tcp_getsockname(&s->listener, (struct sockaddr *)&address, &size) != 0) return;
    bool v6 = address.ss_family == AF_INET6;
    if (v6) (void)uv_ip6_name((struct sockaddr_in6 *)&address, name, sizeof name);
    else (void)uv_ip4_name((struct sockaddr_in *)&address, name, sizeof name);
    port = ntohs(v6 ? ((struct sockaddr_in6 *)&address)->sin6_port : ((struct sockaddr_in *)&address)->sin_port);
    (void)snprintf(url, sizeof url, "%s://%s%s%s:%d", s->tls ? "https" : "http", v6 ? "[" : "", name, v6 ? "]" : "", port);
    if (s->o->listening) s->o->listening(s->o->context, url);
}

static enum err listen_at(struct server *s, struct problem *p) {
    struct sockaddr_storage address = {0};
    if (!parse_listen(s->o->listen, &address))
        return problem_set(p, ERR_INVALID, "--listen", "write ADDRESS:PORT, e.g. 127.0.0.1:8737 or [::1]:8737",
                           "cannot read the address '%s'", s->o->listen);
    int failed = uv_tcp_bind(&s->listener, (struct sockaddr *)&address, 0);
    if (!failed) failed = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
    if (!failed) return ERR_OK;
    const char *fix = failed == UV_EADDRINUSE      ? "another process listens there: stop it, or choose another port with --listen"
                      : failed == UV_EACCES        ? "ports below 1024 need a privilege: choose another with --listen"
                      : failed == UV_EADDRNOTAVAIL ? "this machine does not have that address: see `ip address`"
                                                   : "";
    return problem_set(p, ERR_IO, "--listen", fix, "cannot listen on %s: %s", s->o->listen, uv_strerror(failed));
}

static enum err take_memory(struct server *s, struct problem *p) {
    uint32_t count = s->o->connections_max;
    s->connections = calloc(count, sizeof *s->connections);
    s->free_slots = calloc(count, sizeof *s->free_slots);
    s->fresh.slots = calloc(count, sizeof *s->fresh.slots);
    s->held.slots = calloc(count, sizeof *s->held.slots);
    if (!s->connections || !s->free_slots || !s->fresh.slots || !s->held.slots)
        return problem_set(p, ERR_FULL, "memory", "allow fewer connections", "cannot take the memory of %u connections", count);
    for (uint32_t i = count; i > 0; i--) s->free_slots[s->free_count++] = i - 1; /* low slots first: few pages are touched */
    if (!s->o->tls_certificate) return ERR_OK;
    void *ciphers;
    enum err err = memory_reserve((size_t)count * CIPHER_SIZE, &ciphers, p);
    if (!err) s->ciphers = ciphers;
    return err ? err : tls_context_open(s->o->tls_certificate, s->o->tls_key, &s->tls, p);
}

static void release_memory(struct server *s) {
    free(s->connections);
    free(s->free_slots);
    free(s->fresh.slots);
    free(s->held.slots);
    if (s->ciphers) memory_release(s->ciphers, (size_t)s->o->connections_max * CIPHER_SIZE);
    if (s->tls) tls_context_close(s->tls);
}

static void start_handles(struct server *s) {
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    CHECK(uv_tcp_init(&s->loop, &s->listener) == 0);
    CHECK(uv_check_init(&s->loop, &s->check) == 0 && uv_check_start(&s->check, on_turn_end) == 0);
    CHECK(uv_timer_init(&s->loop, &s->sweep) == 0 && uv_timer_start(&s->sweep, on_sweep, SWEEP_MS, SWEEP_MS) == 0);
    CHECK(uv_async_init(&s->loop, &s->commit_ended, on_commit_ended) == 0);
    CHECK(uv_async_init(&s->loop, &s->woken, on_woken) == 0);
    s->listener.data = s->check.data = s->sweep.data = s->commit_ended.data = s;
    for (size_t i = 0; i < 3; i++) {
        CHECK(uv_signal_init(&s->loop, &s->signals[i]) == 0);
        s->signals[i].data = s;
        CHECK(uv_signal_start(&s->signals[i], on_signal, numbers[i]) == 0);
    }
}

static enum err serve(struct server *s, struct problem *p) {
    start_handles(s);
    enum err err = listen_at(s, p);
    if (!err && uv_thread_create(&s->committer, committer_main, s) != 0)
        err = problem_set(p, ERR_IO, "", "", "cannot start the committing thread");
    if (err) {
        end_loop(s);
        (void)uv_run(&s->loop, UV_RUN_DEFAULT);
        return err;
    }
    if (s->o->running) err = s->o->running(s->o->context, s, p);
    if (err) fail(s, err);
    else tell_address(s);
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    s->quitting = true;
    uv_sem_post(&s->commit_wanted);
    (void)uv_thread_join(&s->committer);
    return s->err;
}

enum err server_run(const struct server_options *o, struct problem *p) {
    struct problem ignored;
    struct server *s = calloc(1, sizeof *s);
    if (!s) return problem_set(p, ERR_FULL, "memory", "", "cannot take the server's memory");
    *s = (struct server){.o = o, .service = o->service, .problem = p ? p : &ignored};
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that is gone is an error of write */
    enum err err = take_memory(s, p);
    if (!err) {
        CHECK(uv_loop_init(&s->loop) == 0 && uv_sem_init(&s->commit_wanted, 0) == 0);
        err = serve(s, p);
        CHECK(uv_loop_close(&s->loop) == 0);
        uv_sem_destroy(&s->commit_wanted);
    }
    release_memory(s);
    free(s);
    return err;
}
