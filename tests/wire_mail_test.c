// SPDX-License-Identifier: Apache-2.0
/*
 * What is told of a mail is true: taken, refused, or nobody knows. Against a mail server on loopback that does what the recipient's name
 * says, and that keeps the last message and counts those that it has read to the final dot.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/test.h"
#include "sys/wire_curl.h"

/* ---- the server --------------------------------------------------------------------------------------------------------------------- */

static struct {
    int listener;
    uint16_t port;
    atomic_uint messages, connections;
    char hello[128], from[128], to[128], data[8192]; /* of the last one */
    size_t data_size;
    const char *greeting;
} server;

static void say(int peer, const char *line) {
    (void)!write(peer, line, strlen(line));
    (void)!write(peer, "\r\n", 2);
}

/* One line with its end; false: the other side is gone. */
static bool read_line(int peer, char *line, size_t size) {
    size_t at = 0;
    while (at < size - 1) {
        if (read(peer, line + at, 1) != 1) return false;
        if (line[at++] == '\n') break;
    }
    line[at] = 0;
    return true;
}

static bool is_to(const char *name) {
    return strstr(server.to, name) != NULL;
}

/* The message to the final dot, as it was before its lines were stuffed. */
static bool read_data(int peer) {
    char line[2048];
    server.data_size = 0;
    while (read_line(peer, line, sizeof line)) {
        if (!strcmp(line, ".\r\n")) return true;
        const char *text = line[0] == '.' ? line + 1 : line;
        size_t size = strlen(text);
        if (server.data_size + size >= sizeof server.data) return false;
        memcpy(server.data + server.data_size, text, size);
        server.data_size += size;
        if (is_to("cut-in-data")) return false;
    }
    return false;
}

/* false: it hangs up. */
static bool answer_data(int peer) {
    if (is_to("no-data")) return say(peer, "554 5.7.1 no data, please"), true;
    say(peer, "354 end with a dot");
    if (!read_data(peer)) return false;
    atomic_fetch_add(&server.messages, 1);
    if (is_to("cut-after-dot")) return false;
    if (is_to("silent-after-dot")) return (void)usleep(600000), false;
    if (is_to("defer-after-dot")) return say(peer, "451 4.3.0 out of paper"), true;
    if (is_to("refuse-after-dot")) return say(peer, "554 5.7.1 not welcome"), true;
    if (is_to("closes-after-dot")) return say(peer, "421 4.3.2 shutting down"), false;
    return say(peer, "250 2.0.0 taken"), true;
}

static bool answer(int peer, const char *line) {
    if (!strncmp(line, "EHLO", 4)) {
        (void)snprintf(server.hello, sizeof server.hello, "%.*s", (int)strcspn(line, "\r"), line);
        say(peer, "250-mail.test");
        return say(peer, "250 8BITMIME"), true;
    }
    if (!strncmp(line, "MAIL", 4)) return (void)snprintf(server.from, sizeof server.from, "%.100s", line), say(peer, "250 ok"), true;
    if (!strncmp(line, "RCPT", 4)) {
        (void)snprintf(server.to, sizeof server.to, "%.100s", line);
        if (is_to("greylist")) return say(peer, "451 4.7.1 come again later"), true;
        if (is_to("unknown")) return say(peer, "550 5.1.1 no such mailbox"), true;
        return say(peer, "250 ok"), true;
    }
    if (!strncmp(line, "DATA", 4)) return answer_data(peer);
    if (!strncmp(line, "QUIT", 4)) return say(peer, "221 bye"), false;
    return say(peer, "502 no such command"), true;
}

static void *converse(void *context) {
    int peer = (int)(intptr_t)context;
    char line[2048];
    if (server.greeting) say(peer, server.greeting);
    while (server.greeting && read_line(peer, line, sizeof line) && answer(peer, line)) {
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
    server.greeting = "220 mail.test ESMTP";
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(server.listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(server.listener, 16) == 0);
    CHECK(getsockname(server.listener, (struct sockaddr *)&at, &size) == 0);
    server.port = ntohs(at.sin_port);
    CHECK(pthread_create(&thread, NULL, serve, NULL) == 0);
    (void)pthread_detach(thread);
}

/* ---- sending ------------------------------------------------------------------------------------------------------------------------ */

#define MESSAGE "Subject: x\r\n\r\n.a line that begins with a dot\r\n..and one with two\r\nend\r\n"

static struct wire wire;
static struct wire_answer last;
static int64_t timeout_ms; /* generous, except where the server keeps silent */

static enum wire_fate send_to(const char *name, enum wire_tls tls) {
    char url[96], to[64];
    struct problem p;
    (void)snprintf(url, sizeof url, "smtp://127.0.0.1:%u/shop.example", server.port);
    (void)snprintf(to, sizeof to, "%s@mailbox.example", name);
    struct wire_mail mail = {.from = STR("bounce+n1@bounces.shop.example"), .to = str_from(to), .tls = tls};
    struct wire_request r = {.id = 7, .url = str_from(url), .body = STR(MESSAGE), .timeout_ms = timeout_ms, .mail = &mail};
    last = (struct wire_answer){.fate = WIRE_NOT_SENT};
    EXPECT_EQ(wire.ops->start(wire.self, &r, &p), ERR_OK);
    size_t count = 0;
    for (int i = 0; i < 100 && !count; i++) count = wire.ops->poll(wire.self, &last, 1, 100);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(last.id, 7);
    return last.fate;
}

static void begin(void) {
    struct problem p;
    CHECK(wire_curl_open(&wire, &p) == ERR_OK);
    server.greeting = "220 mail.test ESMTP";
    timeout_ms = 8000;
    atomic_store(&server.messages, 0);
    atomic_store(&server.connections, 0);
}

TEST(a_mail_arrives_as_it_was_given) {
    begin();
    EXPECT_EQ(send_to("ok", WIRE_TLS_NEVER), WIRE_ANSWERED);
    EXPECT(last.status >= 200 && last.status < 400);
    EXPECT_STR(((struct str){server.data, server.data_size}), STR(MESSAGE));
    EXPECT_STR(str_from(server.hello), STR("EHLO shop.example"));
    EXPECT(strstr(server.from, "FROM:<bounce+n1@bounces.shop.example>") && strstr(server.to, "TO:<ok@mailbox.example>"));
    EXPECT_EQ(send_to("ok", WIRE_TLS_OFFERED), WIRE_ANSWERED); /* nobody offers any */
    EXPECT_EQ(server.messages, 2);
    wire_curl_close(&wire);
}

/* A no is an answer, whenever it comes; the server has not taken the mail then. */
TEST(what_was_refused_is_told_with_its_number) {
    static const struct {
        const char *name;
        unsigned status;
        const char *words;
    } cases[] = {{"greylist", 451, "451 4.7.1 come again later"},
                 {"unknown", 550, "550 5.1.1 no such mailbox"},
                 {"no-data", 554, "554 5.7.1 no data"},
                 {"defer-after-dot", 451, "451 4.3.0 out of paper"},
                 {"refuse-after-dot", 554, "554 5.7.1 not welcome"},
                 {"closes-after-dot", 421, "421 4.3.2 shutting down"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin();
        EXPECT_EQ(send_to(cases[i].name, WIRE_TLS_NEVER), WIRE_ANSWERED);
        EXPECT_EQ(last.status, cases[i].status);
        EXPECT_STR(str_slice(str_from(last.error), 0, strlen(cases[i].words)), str_from(cases[i].words));
        wire_curl_close(&wire);
    }
}

TEST(what_was_handed_over_whole_may_have_been_taken) {
    const char *names[] = {"cut-after-dot", "silent-after-dot"};
    for (size_t i = 0; i < 2; i++) {
        begin();
        timeout_ms = i ? 400 : timeout_ms;
        EXPECT_EQ(send_to(names[i], WIRE_TLS_NEVER), WIRE_UNKNOWN);
        EXPECT_EQ(server.messages, 1); /* and it is not sent again behind our back */
        EXPECT(last.error[0]);
        wire_curl_close(&wire);
    }
}

TEST(what_did_not_get_so_far_was_not_sent) {
    begin();
    EXPECT_EQ(send_to("ok", WIRE_TLS_REQUIRED), WIRE_NOT_SENT); /* nothing in clear */
    server.greeting = NULL;
    EXPECT_EQ(send_to("ok", WIRE_TLS_NEVER), WIRE_NOT_SENT);
    server.greeting = "SSH-2.0-not-a-mail-server";
    timeout_ms = 400; /* libcurl waits for a better one */
    EXPECT_EQ(send_to("ok", WIRE_TLS_NEVER), WIRE_NOT_SENT);
    timeout_ms = 8000;
    EXPECT_EQ(server.messages, 0);
    server.greeting = "421 4.3.2 busy";
    EXPECT_EQ(send_to("ok", WIRE_TLS_NEVER), WIRE_ANSWERED);
    EXPECT_EQ(last.status, 421);
    EXPECT_EQ(server.messages, 0);
    wire_curl_close(&wire);
}

/* Whether it counts as sent or as unknown: it is not told as taken. */
TEST(a_mail_that_breaks_off_was_not_taken) {
    begin();
    EXPECT(send_to("cut-in-data", WIRE_TLS_NEVER) != WIRE_ANSWERED);
    EXPECT_EQ(server.messages, 0);
    wire_curl_close(&wire);
}

/* A kept connection that has died meanwhile, or that the server ends with the next mail. */
TEST(one_mail_after_another) {
    begin();
    for (unsigned i = 0; i < 5; i++) EXPECT_EQ(send_to("ok", WIRE_TLS_NEVER), WIRE_ANSWERED);
    EXPECT_EQ(send_to("unknown", WIRE_TLS_NEVER), WIRE_ANSWERED);
    EXPECT_EQ(last.status, 550);
    EXPECT_EQ(send_to("ok", WIRE_TLS_NEVER), WIRE_ANSWERED);
    EXPECT(last.status < 400);
    EXPECT_EQ(send_to("cut-after-dot", WIRE_TLS_NEVER), WIRE_UNKNOWN);
    EXPECT_EQ(send_to("ok", WIRE_TLS_NEVER), WIRE_ANSWERED);
    EXPECT_EQ(server.messages, 8);
    wire_curl_close(&wire);
}

int main(void) {
    server_start();
    RUN(a_mail_arrives_as_it_was_given);
    RUN(what_was_refused_is_told_with_its_number);
    RUN(what_was_handed_over_whole_may_have_been_taken);
    RUN(what_did_not_get_so_far_was_not_sent);
    RUN(a_mail_that_breaks_off_was_not_taken);
    RUN(one_mail_after_another);
    return test_end();
}
