// SPDX-License-Identifier: Apache-2.0
/*
 * What is told of a request that fails is true, and nothing is sent twice: against a server on loopback that answers, breaks off, mumbles
 * and keeps silent, as the path says, and that counts the requests it has read.
 */
#include "sys/wire_curl.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/test.h"

/* ---- the server --------------------------------------------------------------------------------------------------------------------- */

static struct {
    int listener;
    uint16_t port;
    atomic_uint requests, connections;
    char first_line[128], body[256]; /* of the last request */
} server;

static void say(int peer, const char *text) {
    (void)!write(peer, text, strlen(text));
}

static void say_long(int peer) {
    static char body[80 * 1024];
    memset(body, 'x', sizeof body);
    say(peer, "HTTP/1.1 200 OK\r\ncontent-length: 81920\r\n\r\n");
    for (size_t sent = 0; sent < sizeof body;) {
        ssize_t got = send(peer, body + sent, sizeof body - sent, MSG_NOSIGNAL);
        if (got <= 0) return;
        sent += (size_t)got;
    }
}

/* false: it hangs up. */
static bool answer(int peer, const char *path) {
    if (!strcmp(path, "/ok")) return say(peer, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"), true;
    if (!strcmp(path, "/later")) return say(peer, "HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n"), true;
    if (!strcmp(path, "/much-later")) return say(peer, "HTTP/1.1 503 No\r\nretry-after: 999999\r\ncontent-length: 0\r\n\r\n"), true;
    if (!strcmp(path, "/elsewhere")) return say(peer, "HTTP/1.1 307 Go\r\nlocation: /ok\r\ncontent-length: 0\r\n\r\n"), true;
    if (!strcmp(path, "/half")) return say(peer, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"outcome\""), false;
    if (!strcmp(path, "/mumble")) return say(peer, "it works\r\n\r\n"), false;
    if (!strcmp(path, "/long")) return say_long(peer), false;
    if (!strcmp(path, "/silence")) return (void)usleep(600000), false;
    return false; /* "/drop" */
}

/* One whole request: its head to the blank line, then its body. 0: there is none. */
static size_t read_request(int peer, char *bytes, size_t size, size_t *head) {
    size_t got = 0, want = 0;
    while (got < size - 1) {
        ssize_t more = read(peer, bytes + got, want ? want - got : size - 1 - got);
        if (more <= 0) return 0;
        got += (size_t)more;
        bytes[got] = 0;
        const char *end = strstr(bytes, "\r\n\r\n"), *length = strstr(bytes, "Content-Length: ");
        if (!end) continue;
        *head = (size_t)(end + 4 - bytes);
        want = *head + (length ? strtoul(length + 16, NULL, 10) : 0);
        if (got >= want) return want;
    }
    return 0;
}

static void *converse(void *context) {
    int peer = (int)(intptr_t)context;
    char bytes[4096], path[64];
    for (size_t head, size; (size = read_request(peer, bytes, sizeof bytes, &head)) > 0;) {
        (void)snprintf(server.first_line, sizeof server.first_line, "%.*s", (int)strcspn(bytes, "\r"), bytes);
        (void)snprintf(server.body, sizeof server.body, "%.*s", (int)(size - head), bytes + head);
        atomic_fetch_add(&server.requests, 1);
        if (sscanf(bytes, "POST %63s", path) != 1 || !answer(peer, path)) break;
    }
    (void)close(peer);
    return NULL;
}

static void *serve(void *context) {
    (void)context;
    for (int peer; (peer = accept(server.listener, NULL, NULL)) >= 0;) {
        pthread_t thread;
        atomic_fetch_add(&server.connections, 1);
        if (pthread_create(&thread, NULL, converse, (void *)(intptr_t)peer) == 0) (void)pthread_detach(thread);
    }
    return NULL;
}

static void server_start(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    pthread_t thread;
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(bind(server.listener, (struct sockaddr *)&at, sizeof at), 0);
    EXPECT_EQ(listen(server.listener, 2 * WIRE_UNDER_WAY_MAX), 0);
    EXPECT_EQ(getsockname(server.listener, (struct sockaddr *)&at, &size), 0);
    server.port = ntohs(at.sin_port);
    EXPECT_EQ(pthread_create(&thread, NULL, serve, NULL), 0);
    (void)pthread_detach(thread);
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------------- */

static struct wire wire;
static struct wire_answer last;

static struct wire_request request_to(const char *scheme, const char *path, char url[96]) {
    static struct str headers[2];
    headers[0] = STR("content-type: application/json");
    headers[1] = STR("webhook-id: k1");
    (void)snprintf(url, 96, "%s://127.0.0.1:%u%s", scheme, server.port, path);
    return (struct wire_request){.id = 7,
                                 .method = STR("POST"),
                                 .url = str_from(url),
                                 .headers = headers,
                                 .header_count = 2,
                                 .body = STR("{\"a\":1}"),
                                 .timeout_ms = 300};
}

static enum wire_fate ask_at(const char *scheme, const char *path) {
    char url[96];
    struct problem p;
    struct wire_request r = request_to(scheme, path, url);
    last = (struct wire_answer){.fate = WIRE_NOT_SENT};
    EXPECT_EQ(wire.ops->start(wire.self, &r, &p), ERR_OK);
    size_t count = 0;
    for (int i = 0; i < 100 && !count; i++) count = wire.ops->poll(wire.self, &last, 1, 100);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(last.id, 7);
    EXPECT_EQ(wire.ops->under_way(wire.self), 0);
    return last.fate;
}

static enum wire_fate ask(const char *path) {
    return ask_at("http", path);
}

static void begin(void) {
    struct problem p;
    EXPECT_EQ(wire_curl_open(&wire, &p), ERR_OK);
    atomic_store(&server.requests, 0);
    atomic_store(&server.connections, 0);
}

static void end(void) {
    wire_curl_close(&wire);
}

TEST(an_answer_comes_whole) {
    begin();
    EXPECT_EQ(ask("/ok"), WIRE_ANSWERED);
    EXPECT_EQ(last.status, 200);
    EXPECT_STR(last.body, STR("{}"));
    EXPECT_STR(str_from(server.first_line), STR("POST /ok HTTP/1.1"));
    EXPECT_STR(str_from(server.body), STR("{\"a\":1}"));
    EXPECT_EQ(ask("/ok"), WIRE_ANSWERED);
    EXPECT_EQ(server.connections, 1); /* it is kept */
    end();
}

TEST(when_to_come_again_is_told_and_is_within_the_hour) {
    begin();
    EXPECT_EQ(ask("/later"), WIRE_ANSWERED);
    EXPECT_EQ(last.status, 429);
    EXPECT_EQ(last.retry_after_ms, 7000);
    EXPECT_EQ(ask("/much-later"), WIRE_ANSWERED);
    EXPECT_EQ(last.retry_after_ms, 3600000);
    end();
}

TEST(a_signed_request_is_not_sent_elsewhere) {
    begin();
    EXPECT_EQ(ask("/elsewhere"), WIRE_ANSWERED);
    EXPECT_EQ(last.status, 307);
    EXPECT_EQ(server.requests, 1);
    end();
}

/* The request was read: whatever came back, or did not, it may have been carried out. */
TEST(what_arrived_may_have_been_done) {
    const char *paths[] = {"/drop", "/half", "/mumble", "/long", "/silence"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        begin();
        EXPECT_EQ(ask(paths[i]), WIRE_UNKNOWN);
        EXPECT(last.error[0]);
        EXPECT_EQ(server.requests, 1);
        end();
    }
}

/* A kept connection that breaks off before the answer: libcurl would send the request again, and a refund would be made twice. */
TEST(nothing_is_sent_again_on_a_new_connection) {
    begin();
    EXPECT_EQ(ask("/ok"), WIRE_ANSWERED);
    EXPECT_EQ(ask("/drop"), WIRE_UNKNOWN);
    EXPECT_EQ(server.requests, 2);
    EXPECT_EQ(ask("/ok"), WIRE_ANSWERED); /* and the wire still works */
    end();
}

TEST(without_a_connection_nothing_was_sent) {
    struct problem p;
    char url[96];
    begin();
    EXPECT_EQ(ask_at("https", "/ok"), WIRE_NOT_SENT); /* no TLS there */
    EXPECT_EQ(server.requests, 0);
    uint16_t port = server.port;
    int closed = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    EXPECT_EQ(bind(closed, (struct sockaddr *)&at, sizeof at), 0); /* bound, but nobody listens */
    EXPECT_EQ(getsockname(closed, (struct sockaddr *)&at, &size), 0);
    server.port = ntohs(at.sin_port);
    EXPECT_EQ(ask("/ok"), WIRE_NOT_SENT);
    server.port = port;
    (void)close(closed);
    struct wire_request r = request_to("file", "/etc/hostname", url);
    if (wire.ops->start(wire.self, &r, &p) == ERR_OK) {
        while (!wire.ops->poll(wire.self, &last, 1, 100)) {
        }
        EXPECT_EQ(last.fate, WIRE_NOT_SENT);
    }
    end();
}

static void *wake_soon(void *context) {
    (void)usleep(50000);
    wire.ops->wake(wire.self);
    return context;
}

TEST(a_poll_can_be_woken) {
    struct timespec from, to;
    pthread_t thread;
    begin();
    EXPECT_EQ(pthread_create(&thread, NULL, wake_soon, NULL), 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    EXPECT_EQ(wire.ops->poll(wire.self, &last, 1, 60000), 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    EXPECT(to.tv_sec - from.tv_sec < 30);
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    end();
}

TEST(many_are_under_way_at_once_and_no_more_than_fit) {
    static struct wire_answer answers[WIRE_UNDER_WAY_MAX];
    struct problem p;
    char url[96];
    begin();
    struct wire_request r = request_to("http", "/ok", url);
    r.timeout_ms = 20000;
    for (unsigned i = 0; i < WIRE_UNDER_WAY_MAX; i++) {
        r.id = i;
        EXPECT_EQ(wire.ops->start(wire.self, &r, &p), ERR_OK);
    }
    EXPECT_EQ(wire.ops->start(wire.self, &r, &p), ERR_FULL);
    size_t answered = 0;
    bool seen[WIRE_UNDER_WAY_MAX] = {0};
    while (wire.ops->under_way(wire.self)) {
        size_t count = wire.ops->poll(wire.self, answers, WIRE_UNDER_WAY_MAX, 100);
        for (size_t i = 0; i < count; i++) {
            answered += answers[i].fate == WIRE_ANSWERED && !seen[answers[i].id];
            seen[answers[i].id] = true;
        }
    }
    EXPECT_EQ(answered, WIRE_UNDER_WAY_MAX);
    end();
}

int main(void) {
    server_start();
    RUN(an_answer_comes_whole);
    RUN(when_to_come_again_is_told_and_is_within_the_hour);
    RUN(a_signed_request_is_not_sent_elsewhere);
    RUN(what_arrived_may_have_been_done);
    RUN(nothing_is_sent_again_on_a_new_connection);
    RUN(without_a_connection_nothing_was_sent);
    RUN(a_poll_can_be_woken);
    RUN(many_are_under_way_at_once_and_no_more_than_fit);
    return test_end();
}
