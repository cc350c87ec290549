// SPDX-License-Identifier: Apache-2.0
/*
 * The whole door over real sockets (server, api, printer's thread) with an engine and a printer that pretend: while the printer stands
 * still, decisions are answered; slow readers, readers that leave, and the end of the server do no harm. The order of events decides, no
 * clock: the printer goes on when the test lets it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api.h"
#include "api/engine_fake_test.h"
#include "base/test.h"
#include "cli/press_thread.h"
#include "print/print.h"
#include "sys/clock.h"
#include "sys/memory.h"
#include "sys/server.h"

#define CONNECTIONS 32
#define FILE_SIZE   (3U << 20)

/* ---- the printer ----------------------------------------------------------------------------------------------------------------------
 */

static struct {
    sem_t begun, may_go;
    size_t size;
} play;

static char letter(size_t i) {
    return (char)(i * 7 + i / 251);
}

enum err print_pdf(const struct document *d, const struct print_settings *s, struct buf *out, struct print_result *result,
                   struct problem *p) {
    (void)d, (void)s, (void)result, (void)p;
    sem_post(&play.begun);
    while (sem_wait(&play.may_go)) {
    }
    buf_reset(out);
    for (size_t i = 0; i < play.size; i++) buf_char(out, letter(i));
    return ERR_OK;
}

void print_release(void) {
}

static void wait_for_printer(void) {
    while (sem_wait(&play.begun)) {
    }
}

static void let_go(unsigned count) {
    for (unsigned i = 0; i < count; i++) sem_post(&play.may_go);
}

/* ---- the server -----------------------------------------------------------------------------------------------------------------------
 */

static struct {
    pthread_t thread;
    sem_t listening;
    struct server *server;
    struct press_thread *press;
    uint16_t port;
    enum err ended;
    struct problem problem;
} house;

static void on_listening(void *context, const char *url) {
    (void)context;
    house.port = (uint16_t)strtoul(strrchr(url, ':') + 1, NULL, 10);
    sem_post(&house.listening);
}

static void wake(void *context) {
    (void)context;
    server_wake(house.server);
}

static enum err on_running(void *context, struct server *s, struct problem *p) {
    (void)context;
    house.server = s;
    return press_thread_start(house.press, wake, NULL, p);
}

static void on_stopping(void *context) {
    (void)context;
    press_thread_hush(house.press);
}

static void *serve(void *context) {
    (void)context;
    void *memory;
    EXPECT_EQ(memory_reserve(api_memory_size(CONNECTIONS), &memory, &house.problem), ERR_OK);
    struct api_options api = {.clock = clock_real(), .connections_max = CONNECTIONS, .press = press_thread_press(house.press)};
    struct server_options o = {.listen = "127.0.0.1:0",
                               .connections_max = CONNECTIONS,
                               .service = api_service(api_open(&api, memory)),
                               .listening = on_listening,
                               .running = on_running,
                               .stopping = on_stopping};
    house.ended = server_run(&o, &house.problem);
    memory_release(memory, api_memory_size(CONNECTIONS));
    return NULL;
}

static void begin(size_t size) {
    EXPECT(sem_init(&play.begun, 0, 0) == 0 && sem_init(&play.may_go, 0, 0) == 0 && sem_init(&house.listening, 0, 0) == 0);
    play.size = size;
    fake_begin(100);
    fake_reports = 20;
    EXPECT_EQ(press_thread_open(&house.press, &house.problem), ERR_OK);
    EXPECT(pthread_create(&house.thread, NULL, serve, NULL) == 0);
    while (sem_wait(&house.listening)) {
    }
}

/* After the server's thread has ended, or will. */
static enum err end(void) {
    EXPECT(pthread_join(house.thread, NULL) == 0);
    let_go(PRESS_SHEETS_MAX);
    press_thread_close(house.press);
    return house.ended;
}

static enum err stop(void) {
    EXPECT(kill(getpid(), SIGTERM) == 0);
    return end();
}

/* ---- clients --------------------------------------------------------------------------------------------------------------------------
 */

static int dial(int receive_size) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(house.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {60, 0}; /* so that what hangs fails */
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (receive_size) EXPECT(setsockopt(s, SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof receive_size) == 0);
    EXPECT(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    EXPECT(connect(s, (struct sockaddr *)&to, sizeof to) == 0);
    return s;
}

static void say(int s, const char *text) {
    EXPECT_EQ(send(s, text, strlen(text), 0), (ssize_t)strlen(text));
}

static int ask(unsigned version) {
    char line[128];
    int s = dial(0);
    (void)snprintf(line, sizeof line, "GET /v1/reports/inc_9?format=pdf&version=%u HTTP/1.1\r\nhost: a\r\n\r\n", version);
    say(s, line);
    return s;
}

static char heard[FILE_SIZE + 4096];

/* Reads a whole answer; its status. *body: where it begins. */
static unsigned hear(int s, size_t *body, size_t *size) {
    size_t have = 0, head = 0, wanted = SIZE_MAX;
    while (have < wanted) {
        ssize_t got = recv(s, heard + have, sizeof heard - 1 - have, 0);
        if (got <= 0) return 0;
        have += (size_t)got;
        struct str all = {heard, have};
        head = str_find(all, STR("\r\n\r\n"), 0) + 4;
        if (wanted != SIZE_MAX || head > have) continue;
        heard[have] = 0;
        const char *length = strstr(heard, "content-length:");
        if (length) wanted = head + strtoul(length + 15, NULL, 10);
    }
    *body = head;
    *size = wanted - head;
    return (unsigned)strtoul(heard + 9, NULL, 10);
}

static unsigned status_of(int s) {
    size_t body, size;
    unsigned status = hear(s, &body, &size);
    (void)close(s);
    return status;
}

static bool is_file(int s) {
    size_t body, size;
    if (hear(s, &body, &size) != 200 || size != play.size) return false;
    for (size_t i = 0; i < size; i++)
        if (heard[body + i] != letter(i)) return false;
    return true;
}

static bool has_nothing(int s) {
    struct pollfd p = {.fd = s, .events = POLLIN};
    return poll(&p, 1, 0) == 0;
}

#define EVENT                                                                                                                              \
    "{\"specversion\":\"1.0\",\"id\":\"e%u\",\"source\":\"shop\",\"type\":\"logout\",\"subject\":\"a1\",\"time\":\"2026-03-01T01:02:"      \
    "03Z\"}"

static unsigned decide(unsigned number) {
    char event[256], request[512];
    int s = dial(0);
    int size = snprintf(event, sizeof event, EVENT, number);
    (void)snprintf(request, sizeof request,
                   "POST /v1/decisions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s", size, event);
    say(s, request);
    return status_of(s);
}

/* Until the server has closed its door. */
static bool door_is_open(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(house.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    bool open = connect(s, (struct sockaddr *)&to, sizeof to) == 0;
    (void)close(s);
    return open;
}

/* ---- the promises ---------------------------------------------------------------------------------------------------------------------
 */

TEST(decisions_are_answered_while_a_report_is_printed) {
    begin(100000);
    int reader = ask(1);
    wait_for_printer();
    for (unsigned i = 0; i < 50; i++) EXPECT_EQ(decide(i), 200);
    EXPECT(has_nothing(reader));
    let_go(1);
    EXPECT(is_file(reader)); /* nothing else happens on the server: the printer has woken it */
    (void)close(reader);
    EXPECT_EQ(stop(), ERR_OK);
}

/* Its window is small, so the server writes bit by bit, and nothing but the leaving of bytes leads on: no commit, no other connection. */
TEST(a_slow_reader_gets_a_long_file_to_its_end) {
    begin(FILE_SIZE);
    int reader = dial(4096);
    say(reader, "GET /v1/reports/inc_9?format=pdf HTTP/1.1\r\nhost: a\r\n\r\n");
    wait_for_printer();
    let_go(1);
    EXPECT(is_file(reader));
    say(reader, "GET /v1/reports/inc_9?format=pdf HTTP/1.1\r\nhost: a\r\n\r\n");
    EXPECT(is_file(reader)); /* kept, on the same connection */
    (void)close(reader);
    EXPECT_EQ(stop(), ERR_OK);
}

/* Eight ask and leave; the server learns of it when it writes to them. Then eight others find all places free. */
TEST(who_leaves_makes_room) {
    int readers[PRESS_SHEETS_MAX];
    begin(2000000);
    for (unsigned i = 0; i < PRESS_SHEETS_MAX; i++) {
        readers[i] = ask(1 + i);
        if (!i) wait_for_printer();
        EXPECT_EQ(decide(i), 200); /* so that it was read */
        (void)close(readers[i]);
    }
    let_go(2 * PRESS_SHEETS_MAX);
    for (unsigned i = 1; i < PRESS_SHEETS_MAX; i++) wait_for_printer();
    for (unsigned i = 0; i < PRESS_SHEETS_MAX; i++) {
        int reader = ask(PRESS_SHEETS_MAX + 1 + i);
        EXPECT(is_file(reader));
        (void)close(reader);
    }
    EXPECT_EQ(stop(), ERR_OK);
}

TEST(when_too_many_wait_one_is_told_to_come_again) {
    int readers[PRESS_SHEETS_MAX];
    begin(1000);
    for (unsigned i = 0; i < PRESS_SHEETS_MAX; i++) {
        readers[i] = ask(1 + i);
        if (!i) wait_for_printer();
        EXPECT_EQ(decide(i), 200); /* so that they were read one after the other */
    }
    int reader = ask(20);
    size_t body, size;
    EXPECT_EQ(hear(reader, &body, &size), 503);
    EXPECT(strstr(heard, "\r\nretry-after: 2\r\n") && strstr(heard, "too many documents wait to be printed"));
    let_go(PRESS_SHEETS_MAX + 1);
    for (unsigned i = 0; i < PRESS_SHEETS_MAX; i++) {
        EXPECT(is_file(readers[i]));
        (void)close(readers[i]);
    }
    say(reader, "GET /v1/reports/inc_9?format=pdf&version=20 HTTP/1.1\r\nhost: a\r\n\r\n");
    EXPECT(is_file(reader));
    (void)close(reader);
    EXPECT_EQ(stop(), ERR_OK);
}

TEST(a_stop_sends_what_was_asked_for) {
    begin(FILE_SIZE);
    int reader = ask(1);
    wait_for_printer();
    EXPECT(kill(getpid(), SIGTERM) == 0);
    while (door_is_open()) {
    }
    let_go(1);
    EXPECT(is_file(reader));
    (void)close(reader);
    EXPECT_EQ(end(), ERR_OK);
}

TEST(an_end_by_error_waits_for_nobody) {
    begin(1000);
    int reader = ask(1);
    wait_for_printer();
    fake.breaks = true;
    (void)decide(1);
    EXPECT(pthread_join(house.thread, NULL) == 0); /* though the printer stands */
    EXPECT_EQ(house.ended, ERR_IO);
    EXPECT_EQ(status_of(reader), 0);
    let_go(1);
    press_thread_close(house.press);
}

int main(void) {
    (void)alarm(300); /* what hangs fails: SIGTERM only stops the server */
    RUN(decisions_are_answered_while_a_report_is_printed);
    RUN(a_slow_reader_gets_a_long_file_to_its_end);
    RUN(who_leaves_makes_room);
    RUN(when_too_many_wait_one_is_told_to_come_again);
    RUN(a_stop_sends_what_was_asked_for);
    RUN(an_end_by_error_waits_for_nobody);
    return test_end();
}
