// SPDX-License-Identifier: Apache-2.0
/* Asks for reports in each form, with a printer that pretends: what is ordered, who waits, who does not, and what is sent. */
#include "api/printed.h"

#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/engine_fake_test.h"
#include "base/bounds.h"
#include "base/test.h"
#include "base/version.h"

/* ---- a printer ----------------------------------------------------------------------------------------------------------------------- */

#define PDF_SIZE_MAX (3U << 20)
static char pdf_memory[PDF_SIZE_MAX];
static struct {
    unsigned orders, out; /* tickets that are not given back */
    uint32_t who;
    bool told;
    int64_t made_ms;
    char document[256];
    enum press_state state;
    size_t size; /* of the file */
    enum err refuses, fails;
} play;

static enum err order(void *self, const struct press_order *o, uint32_t who, uint32_t *ticket, struct problem *p) {
    (void)self;
    if (play.refuses) return problem_set(p, play.refuses, "", "", "refused");
    play.orders++, play.out++;
    play.who = who, play.made_ms = o->made_ms, play.told = false;
    (void)snprintf(play.document, sizeof play.document, "%.*s", STR_ARGS(o->document));
    *ticket = 5;
    return ERR_OK;
}

static enum press_state look(void *self, uint32_t ticket, struct str *pdf, struct problem *p) {
    (void)self;
    EXPECT(ticket == 5 && play.out);
    if (play.state == PRESS_PRINTED) *pdf = (struct str){pdf_memory, play.size};
    if (play.state == PRESS_FAILED) (void)problem_set(p, p->err = play.fails, "", "", "there is no font");
    return play.state;
}

static void give_back(void *self, uint32_t ticket) {
    (void)self;
    EXPECT(ticket == 5 && play.out);
    play.out--;
}

static bool next_done(void *self, uint32_t *who) {
    (void)self;
    if (!play.out || play.state == PRESS_WAITING || play.told) return false;
    *who = play.who;
    return play.told = true;
}

static struct press_figures figures(void *self) {
    (void)self;
    return (struct press_figures){.printed = 3, .waiting = 1};
}

static const struct press_ops ops = {order, look, give_back, next_done, figures};

/* ---- callers --------------------------------------------------------------------------------------------------------------------------
 */

static struct keyring ring;
static struct service service;
static void *memory;
static char said_memory[2][PDF_SIZE_MAX + 4096];
static struct buf said[2];

static int64_t no_time(void *self) {
    (void)self;
    return 1772326923000;
}

static void begin_with(struct press press) {
    char keys[] =
        "full-access-key\nshop events:write sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\n"; /* "foo" */
    struct problem p;
    fake_begin(100);
    fake_reports = 2;
    memset(&play, 0, sizeof play);
    for (size_t i = 0; i < PDF_SIZE_MAX; i++) pdf_memory[i] = (char)(i * 7 + i / 251);
    EXPECT_EQ(keyring_read(&ring, "keys", keys, sizeof keys - 1, &p), ERR_OK);
    free(memory);
    memory = calloc(1, api_memory_size(2));
    struct api_options o = {.clock = {no_time, no_time, NULL}, .connections_max = 2, .keyring = &ring, .press = press};
    service = api_service(api_open(&o, memory));
    for (uint32_t slot = 0; slot < 2; slot++) {
        service.ops->open(service.self, slot, &(struct address){0}, 0);
        said[slot] = buf_over(said_memory[slot], sizeof said_memory[slot]);
    }
}

static void begin(void) {
    begin_with((struct press){&ops, NULL});
}

static void hear(uint32_t slot) {
    bool sealed;
    struct problem p;
    if (!service.ops->seal(service.self, &sealed, &p) && sealed) EXPECT_EQ(service.ops->commit(service.self, &p), ERR_OK);
    for (struct str ready; (ready = service.ops->ready(service.self, slot)).size;) {
        buf_text(&said[slot], ready);
        service.ops->left(service.self, slot, ready.size, 0);
        (void)service.ops->resume(service.self, slot, 0); /* as the server does when bytes have left */
    }
}

static enum service_state say(uint32_t slot, const char *text) {
    struct service_room room = service.ops->room(service.self, slot);
    size_t size = strlen(text);
    EXPECT(size <= room.size);
    memcpy(room.at, text, size);
    said[slot].size = 0;
    (void)service.ops->take(service.self, slot, size, 0);
    hear(slot);
    return service.ops->status(service.self, slot).state;
}

/* As the server does when the printer has woken it. */
static enum service_state wake(uint32_t wanted) {
    uint32_t slot = UINT32_MAX;
    EXPECT(service.ops->next_woken(service.self, &slot) && slot == wanted);
    EXPECT(!service.ops->next_woken(service.self, &slot));
    (void)service.ops->resume(service.self, wanted, 0);
    hear(wanted);
    return service.ops->status(service.self, wanted).state;
}

static bool heard(uint32_t slot, const char *text) {
    return str_find(buf_str(&said[slot]), str_from(text), 0) < said[slot].size;
}

/* What follows the first empty line. */
static struct str body(uint32_t slot) {
    size_t at = str_find(buf_str(&said[slot]), STR("\r\n\r\n"), 0);
    return str_slice(buf_str(&said[slot]), at + 4, said[slot].size);
}

#define GET(path)            "GET " path " HTTP/1.1\r\nhost: a\r\nx-api-key: full-access-key\r\n\r\n"
#define GET_WITH(path, line) "GET " path " HTTP/1.1\r\nhost: a\r\nx-api-key: full-access-key\r\n" line "\r\n\r\n"
#define PDF                  "/v1/reports/inc_9?format=pdf"

#define LOGOUT                                                                                                                             \
    "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"shop\",\"type\":\"logout\",\"subject\":\"a1\",\"time\":\"2026-03-01T01:02:03Z\"}"
#define POSTED                                                                                                                             \
    "POST /v1/decisions HTTP/1.1\r\nhost: a\r\nx-api-key: foo\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"     \
    "6c\r\n" LOGOUT "\r\n0\r\n\r\n"
_Static_assert(sizeof LOGOUT - 1 == 0x6c, "the chunk says how long it is");

/* ---- reports --------------------------------------------------------------------------------------------------------------------------
 */

TEST(the_latest_version_is_found_or_the_one_that_is_named) {
    begin();
    for (fake_reports = 0; fake_reports < 40; fake_reports++) {
        char wanted[64];
        (void)snprintf(wanted, sizeof wanted, "{\"version\":%llu,\"report\":{", (unsigned long long)fake_reports);
        EXPECT_EQ(say(0, GET("/v1/reports/inc_9")), SERVICE_IDLE);
        EXPECT(fake_reports ? heard(0, wanted) : heard(0, "404 Not Found") && heard(0, "it is written within two days"));
    }
    (void)say(0, GET("/v1/reports/inc_9?version=7"));
    EXPECT(heard(0, "{\"version\":7,\"report\":{\"language\":\"en\",\"title\":\"report <7>\""));
    static const char *const wrong[] = {GET("/v1/reports/inc_9?version=0"), GET("/v1/reports/inc_9?version=x"),
                                        GET("/v1/reports/inc_9?version=4097"), GET("/v1/reports/inc_9?format=doc")};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        (void)say(0, wrong[i]);
        EXPECT(heard(0, "400 Bad Request"));
    }
    static const char *const none[] = {GET("/v1/reports/inc_9?version=41"), GET("/v1/reports/inc_9?version=4096"),
                                       GET("/v1/reports/inc_8")};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        (void)say(0, none[i]);
        EXPECT(heard(0, "404 Not Found"));
    }
}

TEST(each_form_has_its_own_tag) {
    begin();
    (void)say(0, GET("/v1/reports/inc_9?format=html"));
    EXPECT(heard(0, "content-type: text/html; charset=utf-8\r\n") && heard(0, "content-security-policy: default-src 'none'"));
    EXPECT(heard(0, "report &lt;2&gt;") && heard(0, "etag: \"2-html-2000-"));
    (void)say(0, GET("/v1/reports/inc_9?format=text"));
    EXPECT(heard(0, "content-type: text/plain; charset=utf-8\r\n") && heard(0, "etag: \"2-text-2000-"));
    (void)say(0, GET_WITH("/v1/reports/inc_9?format=text",
                          "if-none-match: \"2-html-2000-" HIKESHI_VERSION "\", W/\"2-text-2000-" HIKESHI_VERSION "\""));
    EXPECT(heard(0, "HTTP/1.1 304 Not Modified\r\n") && heard(0, "etag: \"2-text-2000-") && !heard(0, "content-length"));
    EXPECT_EQ(body(0).size, 0);
    (void)say(0, GET_WITH("/v1/reports/inc_9?format=text", "if-none-match: \"2-html-2000-" HIKESHI_VERSION "\""));
    EXPECT(heard(0, "200 OK"));
}

/* ---- paper ----------------------------------------------------------------------------------------------------------------------------
 */

TEST(a_decision_is_answered_while_a_report_is_printed) {
    begin();
    EXPECT_EQ(say(0, GET(PDF) GET("/healthz")), SERVICE_WAITING);
    EXPECT_EQ(play.orders, 1);
    EXPECT(play.made_ms == 2000 &&
           strcmp(play.document, "{\"language\":\"en\",\"title\":\"report <2>\",\"foot\":\"\",\"blocks\":[]}") == 0);
    EXPECT_EQ(said[0].size, 0);
    EXPECT_EQ(say(1, POSTED), SERVICE_IDLE);
    EXPECT(heard(1, "200 OK") && heard(1, "\"decision\":\"allow\""));
    (void)service.ops->resume(service.self, 0, 0); /* a commit ended: he is asked again, and waits */
    hear(0);
    EXPECT_EQ(said[0].size, 0);
    EXPECT_EQ(play.orders, 1);
    play.state = PRESS_PRINTED;
    play.size = 1000;
    EXPECT_EQ(wake(0), SERVICE_IDLE);
    EXPECT(heard(0, "content-type: application/pdf\r\n") && heard(0, "content-length: 1000\r\n") &&
           heard(0, "cache-control: no-store\r\n"));
    EXPECT(heard(0, "etag: \"2-pdf-2000-") && heard(0, "content-disposition: attachment; filename=\"report-inc_9-2.pdf\"\r\n"));
    EXPECT(str_equal(str_slice(body(0), 0, 1000), (struct str){pdf_memory, 1000}));
    EXPECT(heard(0, "{\"status\":\"alive\"")); /* and what he asked next is answered next */
    EXPECT_EQ(play.out, 0);
}

TEST(a_long_file_leaves_in_pieces) {
    begin();
    play.state = PRESS_PRINTED;
    play.size = PDF_SIZE_MAX;
    EXPECT_EQ(say(0, GET(PDF)), SERVICE_IDLE);
    EXPECT(heard(0, "content-length: 3145728\r\n"));
    EXPECT(str_equal(body(0), (struct str){pdf_memory, PDF_SIZE_MAX}));
    EXPECT_EQ(play.out, 0);
    EXPECT_EQ(say(0, GET(PDF)), SERVICE_IDLE); /* the connection goes on */
    EXPECT_EQ(body(0).size, PDF_SIZE_MAX);
    EXPECT_EQ(say(0, "HEAD " PDF " HTTP/1.1\r\nhost: a\r\nx-api-key: full-access-key\r\n\r\n"), SERVICE_IDLE);
    EXPECT(heard(0, "content-length: 3145728\r\n") && !body(0).size);
    EXPECT_EQ(play.out, 0);
}

TEST(who_goes_away_leaves_nothing_behind) {
    begin();
    EXPECT_EQ(say(0, GET(PDF)), SERVICE_WAITING);
    EXPECT_EQ(play.out, 1);
    service.ops->close(service.self, 0);
    EXPECT_EQ(play.out, 0);
    service.ops->open(service.self, 0, &(struct address){0}, 0);
    EXPECT_EQ(say(0, GET("/healthz")), SERVICE_IDLE);
    play.state = PRESS_PRINTED;
    play.size = PDF_SIZE_MAX;
    struct service_room room = service.ops->room(service.self, 0);
    memcpy(room.at, GET(PDF), sizeof GET(PDF) - 1);
    EXPECT_EQ(service.ops->take(service.self, 0, sizeof GET(PDF) - 1, 0).state, SERVICE_WAITING); /* for room: nothing has left yet */
    EXPECT_EQ(play.out, 1);
    service.ops->close(service.self, 0);
    EXPECT_EQ(play.out, 0);
    service.ops->open(service.self, 0, &(struct address){0}, 0);
}

TEST(refusals_say_when_to_come_again) {
    begin();
    play.refuses = ERR_FULL;
    EXPECT_EQ(say(0, GET(PDF)), SERVICE_IDLE);
    EXPECT(heard(0, "HTTP/1.1 503 Service Unavailable\r\n") && heard(0, "retry-after: 2\r\n") && heard(0, "application/problem+json"));
    play.refuses = ERR_TOO_LARGE;
    EXPECT_EQ(say(0, GET(PDF)), SERVICE_IDLE);
    EXPECT(heard(0, "413 ") && !heard(0, "retry-after"));
    play.refuses = ERR_OK;
    EXPECT_EQ(say(0, GET(PDF)), SERVICE_WAITING);
    play.state = PRESS_FAILED;
    play.fails = ERR_UNSUPPORTED;
    EXPECT_EQ(wake(0), SERVICE_IDLE);
    EXPECT(heard(0, "500 ") && heard(0, "there is no font"));
    play.fails = ERR_FULL;
    EXPECT_EQ(say(0, GET(PDF)), SERVICE_IDLE);
    EXPECT(heard(0, "413 ") && !heard(0, "retry-after"));
    EXPECT_EQ(play.out, 0);
    begin_with((struct press){0});
    EXPECT_EQ(say(0, GET(PDF)), SERVICE_IDLE);
    EXPECT(heard(0, "500 ") && heard(0, "nobody prints here"));
    EXPECT(!service.ops->next_woken(service.self, &(uint32_t){0}));
}

TEST(nothing_is_printed_for_who_may_not_read_or_has_it) {
    begin();
    (void)say(0, "GET " PDF " HTTP/1.1\r\nhost: a\r\n\r\n");
    EXPECT(heard(0, "401 "));
    (void)say(0, "GET " PDF " HTTP/1.1\r\nhost: a\r\nx-api-key: foo\r\n\r\n");
    EXPECT(heard(0, "403 ") && heard(0, "lacks the scope 'read'"));
    (void)say(0, GET("/v1/reports/inc_8?format=pdf"));
    EXPECT(heard(0, "404 "));
    (void)say(0, GET_WITH(PDF, "if-none-match: \"2-pdf-2000-" HIKESHI_VERSION "\""));
    EXPECT(heard(0, "304 "));
    EXPECT_EQ(play.orders, 0);
    (void)say(0, GET("/metrics"));
    EXPECT(heard(0, "hikeshi_printed_total 3\n") && heard(0, "hikeshi_printing 1\n"));
}

#define ASK(body, size)                                                                                                                    \
    "POST /v1/issuer-packs/inc_9 HTTP/1.1\r\nhost: a\r\nx-api-key: full-access-key\r\ncontent-type: "                                      \
    "application/json\r\ncontent-length: " size "\r\n\r\n" body

/* The rest is in tests/regress, where there are charges. */
TEST(a_pack_is_asked_for_with_words_that_are_known) {
    begin();
    static const struct {
        const char *request, *heard[2];
    } cases[] = {
        {ASK("{\"charge\":\"c1\"}", "15"), {"404 ", "the incident has no charge 'c1'"}},
        {ASK("{\"charge\":7}", "12"), {"400 ", "charge must be a text"}},
        {ASK("{\"pan\":\"42424242\"}", "18"), {"400 ", "nothing of a pack is called 'pan'"}},
        {ASK("[]", "2"), {"400 ", "this is no object"}},
        {ASK("{", "1"), {"400 ", "\"hint\""}},
        {ASK("{}", "2"), {"400 ", "no charge was named"}},
        {ASK("{\"charge\":\"c1\",\"format\":\"doc\"}", "30"), {"400 ", "this is no format"}},
        {ASK("[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]", "36"), {"400 ", "urn:hikeshi:problem:invalid"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        EXPECT_EQ(say(0, cases[i].request), SERVICE_IDLE);
        EXPECT(heard(0, cases[i].heard[0]) && heard(0, cases[i].heard[1]));
    }
    EXPECT_EQ(play.orders, 0);
}

int main(void) {
    RUN(a_pack_is_asked_for_with_words_that_are_known);
    RUN(the_latest_version_is_found_or_the_one_that_is_named);
    RUN(each_form_has_its_own_tag);
    RUN(a_decision_is_answered_while_a_report_is_printed);
    RUN(a_long_file_leaves_in_pieces);
    RUN(who_goes_away_leaves_nothing_behind);
    RUN(refusals_say_when_to_come_again);
    RUN(nothing_is_printed_for_who_may_not_read_or_has_it);
    free(memory);
    return test_end();
}
