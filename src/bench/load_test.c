// SPDX-License-Identifier: Apache-2.0
/* Proves that the load generator reads answers at any cut, counts good and bad ones, and charges a stalled server for the whole stall. */
#include "bench/load.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/test.h"

static struct answer answer;

static enum load_answer cut(const char *text, size_t size) {
    static char memory[1024];
    memcpy(memory, text, size);
    return load_cut_answer(memory, size, &answer);
}

static void expect_answer(const char *text, unsigned status, struct str body, size_t size) {
    for (size_t i = 0; i < size; i++) EXPECT_EQ(cut(text, i), LOAD_MORE);
    EXPECT_EQ(cut(text, strlen(text)), LOAD_ANSWER);
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.size, size);
    EXPECT_STR(answer.body, body);
}

TEST(answers_are_cut_at_their_end) {
    expect_answer("HTTP/1.1 200 OK\r\nContent-Type: a/b\r\ncontent-length: 5\r\n\r\nhelloHTTP/1.1", 200, STR("hello"), 62);
    expect_answer("HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", 204, STR(""), 38);
    expect_answer("HTTP/1.1 409 C\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n", 409,
                  STR("abc0123456789"), 78);
}

TEST(what_is_no_answer_is_refused) {
    const char *bad[] = {"SMTP/1.1 200 OK\r\n\r\n",
                         "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
                         "HTTP/1.1 200 OK\r\n\r\n",
                         "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcde\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) EXPECT_EQ(cut(bad[i], strlen(bad[i])), LOAD_BROKEN);
}

/* A server that answers each request of `request_size` bytes; every `bad_every`-th with another text; stalls once, at the first. */
struct canned {
    uint16_t port;
    pid_t pid;
};

__attribute__((noreturn)) static void be_server(int listener, unsigned bad_every, int stall_ms) {
    static const char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"position\":1}",
                      bad[] = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy";
    struct pollfd fds[32] = {{.fd = listener, .events = POLLIN}};
    nfds_t count = 1;
    unsigned served = 0;
    char text[65536];
    for (;;) {
        (void)poll(fds, count, -1);
        if (fds[0].revents & POLLIN && count < 32) fds[count++] = (struct pollfd){.fd = accept(listener, NULL, NULL), .events = POLLIN};
        for (nfds_t i = 1; i < count; i++) {
            if (!(fds[i].revents & (POLLIN | POLLHUP))) continue;
            ssize_t got = recv(fds[i].fd, text, sizeof text, 0);
            if (got <= 0) _exit(0); /* the generator is done */
            if (stall_ms) (void)nanosleep(&(struct timespec){.tv_nsec = stall_ms * 1000000L}, NULL);
            stall_ms = 0;
            struct str rest = {text, (size_t)got};
            for (size_t at = 0; (at = str_find(rest, STR("POST /x HTTP/1.1\r\n"), at)) < rest.size; at++) {
                bool spoil = bad_every && ++served % bad_every == 0;
                (void)!write(fds[i].fd, spoil ? bad : good, spoil ? sizeof bad - 1 : sizeof good - 1);
            }
        }
    }
}

static struct canned start(unsigned bad_every, int stall_ms) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(bind(listener, (struct sockaddr *)&a, size) == 0 && listen(listener, 32) == 0);
    EXPECT(getsockname(listener, (struct sockaddr *)&a, &size) == 0);
    struct canned c = {.port = ntohs(a.sin_port), .pid = fork()};
    if (c.pid == 0) be_server(listener, bad_every, stall_ms);
    (void)close(listener);
    return c;
}

static size_t small_body(void *context, uint64_t index, char *memory) {
    (void)context;
    struct buf b = buf_over(memory, 64);
    buf_u64(&b, index);
    return b.size;
}

static struct load_figures run_load(unsigned bad_every, int stall_ms, unsigned connections, unsigned pipeline) {
    struct canned c = start(bad_every, stall_ms);
    struct load l = {.port = c.port,
                     .key = STR("k"),
                     .path = STR("/x"),
                     .media_type = STR("application/json"),
                     .must_hold = STR("\"position\":"),
                     .must_hold_count = 1,
                     .connections = connections,
                     .pipeline = pipeline,
                     .rate = 1000,
                     .seconds = 0.3,
                     .drain_seconds = 30,
                     .seed = 1,
                     .body = small_body};
    struct load_figures f;
    struct problem p;
    EXPECT_EQ(load_run(&l, &f, &p), ERR_OK);
    (void)waitpid(c.pid, NULL, 0);
    return f;
}

TEST(every_request_is_sent_and_answered) {
    struct load_figures f = run_load(0, 0, 8, 4);
    EXPECT(f.sent > 200 && f.sent < 400); /* 300 expected, by the seed: not a matter of time */
    EXPECT_EQ(f.answered, f.sent);
    EXPECT_EQ(f.refused, 0);
    EXPECT_EQ(f.unanswered, 0);
}

TEST(bad_answers_are_counted_and_the_first_is_shown) {
    struct load_figures f = run_load(10, 0, 2, 1);
    EXPECT_EQ(f.refused, f.sent / 10);
    EXPECT_EQ(f.first_bad_status, 503);
    EXPECT_STR(str_from(f.first_bad), STR("busy"));
    EXPECT(!load_holds(&f, 1e9));
}

/* With one connection and no pipelining a closed loop would see one slow request; all that were due during the stall must show it. */
TEST(a_stall_is_charged_to_every_request_that_was_due) {
    struct load_figures f = run_load(0, 250, 1, 1);
    EXPECT_EQ(f.answered, f.sent);
    EXPECT(f.p50_us > 50000); /* of 300 ms of arrivals, 250 ms came during the stall: the median waited at least 100 ms of them */
}

int main(void) {
    RUN(answers_are_cut_at_their_end);
    RUN(what_is_no_answer_is_refused);
    RUN(every_request_is_sent_and_answered);
    RUN(bad_answers_are_counted_and_the_first_is_shown);
    RUN(a_stall_is_charged_to_every_request_that_was_due);
    return test_end();
}
