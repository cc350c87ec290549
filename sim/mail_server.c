// SPDX-License-Identifier: Apache-2.0
/* Takes mails by SMTP on loopback, and gives them to the pretended world. */
#include "sim/mail_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"

#define CLIENT_MAX   32
#define INPUT_SIZE   (128U * 1024) /* a message is some 20 kB */
#define ADDRESS_SIZE 320

struct client {
    int socket; /* -1 = free */
    bool in_data, ending;
    char *input;
    size_t size;
    char from[ADDRESS_SIZE], to[ADDRESS_SIZE];
};

struct mail_server {
    pthread_t thread;
    struct world_server *world;
    struct clock clock;
    int listener, stop[2];
    struct client clients[CLIENT_MAX];
    _Atomic uint64_t connections, turned_away, mails;
};

static void hang_up(struct client *c) {
    (void)close(c->socket);
    c->socket = -1;
}

/* Short lines, into a fresh socket buffer: they fit, or the client is gone. */
static void reply(struct client *c, const char *line) {
    if (send(c->socket, line, strlen(line), MSG_NOSIGNAL) < 0) c->ending = true;
}

/* What stands between < and >. */
static void take_address(char out[ADDRESS_SIZE], struct str line) {
    size_t from = str_find_char(line, '<', 0), to = str_find_char(line, '>', from);
    struct str address = to < line.size ? str_slice(line, from + 1, to) : STR_NONE;
    (void)snprintf(out, ADDRESS_SIZE, "%.*s", STR_ARGS(str_clip(address, ADDRESS_SIZE - 1)));
}

static bool begins(struct str line, const char *verb) {
    return str_equal_ignoring_case(str_clip(line, strlen(verb)), str_from(verb));
}

static void take_line(struct client *c, struct str line) {
    if (begins(line, "MAIL FROM:")) {
        take_address(c->from, line);
        reply(c, "250 2.1.0 ok\r\n");
    } else if (begins(line, "RCPT TO:")) {
        take_address(c->to, line);
        reply(c, c->to[0] ? "250 2.1.5 ok\r\n" : "501 5.1.3 no address\r\n");
    } else if (begins(line, "DATA")) {
        c->in_data = c->to[0] != 0;
        reply(c, c->in_data ? "354 end with a dot\r\n" : "503 5.5.1 no recipient\r\n");
    } else if (begins(line, "QUIT")) {
        reply(c, "221 2.0.0 bye\r\n");
        c->ending = true;
    } else if (begins(line, "EHLO") || begins(line, "HELO") || begins(line, "NOOP") || begins(line, "RSET")) {
        c->from[0] = c->to[0] = 0;
        reply(c, "250 mail.example\r\n");
    } else {
        reply(c, "502 5.5.2 not known\r\n");
    }
}

/* Undoes dot-stuffing (RFC 5321 section 4.5.2), in place. */
static size_t unstuff(char *at, size_t size) {
    size_t out = 0;
    for (size_t i = 0; i < size; i++) {
        bool begins_line = i == 0 || (i >= 2 && at[i - 1] == '\n');
        if (begins_line && at[i] == '.') continue;
        at[out++] = at[i];
    }
    return out;
}

static void take_message(struct mail_server *s, struct client *c, char *at, size_t size) {
    struct world_reply answer;
    s->mails++;
    struct str message = {at, unstuff(at, size)};
    struct world *w = world_server_lock(s->world);
    world_take_mail(w, s->clock.now_ms(s->clock.self), str_from(c->from), str_from(c->to), message, &answer);
    world_server_unlock(s->world);
    c->in_data = false;
    c->from[0] = c->to[0] = 0;
    if (answer.fault == FAULT_DROP || answer.fault == FAULT_DO_AND_DROP || answer.fault == FAULT_DOWN) c->ending = true;
    else
        reply(c, answer.status == 250   ? "250 2.0.0 taken\r\n"
                 : answer.status >= 500 ? "550 5.1.1 no such mailbox\r\n"
                                        : "451 4.3.0 later\r\n");
}

/* false: there is no whole line or message yet. */
static bool take_one(struct mail_server *s, struct client *c, struct str in, size_t *used) {
    if (c->in_data) {
        size_t end = str_find(in, STR("\r\n.\r\n"), 0);
        if (end >= in.size) return false;
        take_message(s, c, c->input + (in.at - c->input), end + 2);
        *used = end + 5;
        return true;
    }
    size_t end = str_find(in, STR("\r\n"), 0);
    if (end >= in.size) return false;
    take_line(c, str_slice(in, 0, end));
    *used = end + 2;
    return true;
}

static void receive(struct mail_server *s, struct client *c) {
    ssize_t got = recv(c->socket, c->input + c->size, INPUT_SIZE - c->size, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        hang_up(c);
        return;
    }
    c->size += (size_t)got;
    size_t at = 0, used;
    while (!c->ending && take_one(s, c, (struct str){c->input + at, c->size - at}, &used)) at += used;
    memmove(c->input, c->input + at, c->size - at);
    c->size -= at;
    if (c->ending || c->size == INPUT_SIZE) hang_up(c);
}

static void accept_one(struct mail_server *s) {
    int taken = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    if (taken < 0) return;
    s->connections++;
    for (size_t i = 0; i < CLIENT_MAX; i++) {
        struct client *c = &s->clients[i];
        if (c->socket >= 0) continue;
        char *input = c->input ? c->input : malloc(INPUT_SIZE);
        CHECK(input);
        *c = (struct client){.socket = taken, .input = input};
        reply(c, "220 mail.example ESMTP\r\n");
        return;
    }
    s->turned_away++;
    (void)close(taken);
}

static bool take_turn(struct mail_server *s) {
    struct pollfd wait_for[CLIENT_MAX + 2] = {{.fd = s->listener, .events = POLLIN}, {.fd = s->stop[0], .events = POLLIN}};
    for (size_t i = 0; i < CLIENT_MAX; i++) wait_for[i + 2] = (struct pollfd){.fd = s->clients[i].socket, .events = POLLIN};
    (void)poll(wait_for, CLIENT_MAX + 2, -1);
    if (wait_for[1].revents) return false;
    for (size_t i = 0; i < CLIENT_MAX; i++)
        if (wait_for[i + 2].revents) receive(s, &s->clients[i]);
    if (wait_for[0].revents) accept_one(s);
    return true;
}

static void *serve(void *self) {
    while (take_turn(self)) continue;
    return NULL;
}

static void close_all(struct mail_server *s) {
    for (size_t i = 0; i < CLIENT_MAX; i++) {
        if (s->clients[i].socket >= 0) hang_up(&s->clients[i]);
        free(s->clients[i].input);
    }
    if (s->listener >= 0) (void)close(s->listener);
    for (int i = 0; i < 2; i++)
        if (s->stop[i] >= 0) (void)close(s->stop[i]);
    free(s);
}

enum err mail_server_start(struct world_server *world, struct clock clock, struct mail_server **out, uint16_t *port, struct problem *p) {
    struct mail_server *s = calloc(1, sizeof *s);
    CHECK(s);
    *s = (struct mail_server){.world = world, .clock = clock, .listener = -1, .stop = {-1, -1}};
    for (size_t i = 0; i < CLIENT_MAX; i++) s->clients[i].socket = -1;
    enum err err = pipe(s->stop) ? problem_set(p, ERR_IO, "", "", "no pipe for the mail server: %s", strerror(errno)) : ERR_OK;
    if (!err) err = world_listen(&s->listener, port, p);
    if (!err && pthread_create(&s->thread, NULL, serve, s)) err = problem_set(p, ERR_FULL, "", "", "no thread for the mail server");
    if (err) close_all(s);
    else *out = s;
    return err;
}

void mail_server_stop(struct mail_server *s) {
    if (!s) return;
    (void)!write(s->stop[1], "", 1);
    (void)pthread_join(s->thread, NULL);
    close_all(s);
}

struct mail_server_counts mail_server_counts(struct mail_server *s) {
    return (struct mail_server_counts){s->connections, s->turned_away, s->mails};
}
