// SPDX-License-Identifier: Apache-2.0
/* The door against an engine that pretends: what is asked, what is answered, in which order, and when. */
#include "api/api.h"

#include <stdlib.h>

#include "api/engine_fake_test.h"
#include "api/openapi.h"
#include "api/route.h"
#include "base/bounds.h"
#include "base/test.h"
#include "incident/incident.h"

/* -- a caller ---------------------------------------------------------------------------------------------------------------------- */

static struct keyring ring;
static struct api *api;
static struct service service;
static void *memory;
static int64_t wall_ms;
static char said_memory[4 << 20];
static struct buf said;

static int64_t now_ms(void *self) {
    (void)self;
    return wall_ms;
}

static int64_t monotonic_us(void *self) {
    (void)self;
    return wall_ms * 1000;
}

static int reloads;
static enum err reload(void *context, struct problem *p) {
    (void)context;
    reloads++;
    return problem_set(p, ERR_INVALID, "rules/night.rule:3:7", "see docs", "unknown feature");
}

static void begin(uint64_t batch_max) {
    char keys[] = "# keys\nfull-access-key\nshop events:write sha256:"
                  "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\n"; /* "foo" */
    struct problem p;
    fake_begin(batch_max);
    EXPECT_EQ(keyring_read(&ring, "keys", keys, sizeof keys - 1, &p), ERR_OK);
    EXPECT_EQ(keys[10], 0); /* wiped */
    wall_ms = 1772326923000;
    free(memory);
    memory = calloc(1, api_memory_size(2));
    struct api_options o = {.clock = {now_ms, monotonic_us, NULL}, .connections_max = 2, .keyring = &ring, .reload = reload};
    api = api_open(&o, memory);
    service = api_service(api);
    service.ops->open(service.self, 0, &(struct address){0}, 0);
    said = buf_over(said_memory, sizeof said_memory);
}

static void hear(void) {
    for (;;) {
        struct str ready = service.ops->ready(service.self, 0);
        if (!ready.size) return;
        buf_text(&said, ready);
        service.ops->left(service.self, 0, ready.size, wall_ms * 1000);
    }
}

static void commit(void) {
    bool sealed;
    struct problem p;
    if (service.ops->seal(service.self, &sealed, &p) || !sealed) return;
    EXPECT_EQ(service.ops->commit(service.self, &p), ERR_OK);
    service.ops->committed(service.self, wall_ms * 1000);
}

/* Says bytes as fast as they are taken, committing whenever the service waits; everything that may leave has left in the end. */
static enum service_state say(struct str bytes) {
    struct service_status status = service.ops->status(service.self, 0);
    for (int idle = 0; idle < 3;) {
        size_t before = bytes.size + said.size;
        if (status.state == SERVICE_IDLE || status.state == SERVICE_READING) {
            struct service_room room = service.ops->room(service.self, 0);
            size_t size = bytes.size < room.size ? bytes.size : room.size;
            memcpy(room.at, bytes.at, size);
            bytes = str_slice(bytes, size, bytes.size);
            if (size) status = service.ops->take(service.self, 0, size, wall_ms * 1000);
        }
        commit();
        hear();
        status = service.ops->resume(service.self, 0, wall_ms * 1000);
        idle = bytes.size + said.size == before ? idle + 1 : 0;
    }
    return status.state;
}

static bool heard(const char *text) {
    return str_find(buf_str(&said), str_from(text), 0) < said.size;
}

static size_t count_of(const char *text) {
    size_t count = 0, size = strlen(text);
    for (size_t at = 0; (at = str_find(buf_str(&said), str_from(text), at)) < said.size; at += size) count++;
    return count;
}

#define KEY "host: a\r\nx-api-key: full-access-key\r\n"
#define EVENT(id, subject)                                                                                                                 \
    "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"shop\",\"type\":\"login\",\"subject\":\"" subject                             \
    "\",\"time\":\"2026-03-01T01:02:03Z\",\"data\":{\"ip\":\"203.0.113.7\",\"outcome\":\"success\"}}"

static struct str post_as(const char *key, const char *path, const char *headers, struct str body) {
    static char bytes[2 << 20];
    struct buf b = buf_over(bytes, sizeof bytes);
    buf_fmt(&b, "POST %s HTTP/1.1\r\nhost: a\r\nx-api-key: %s\r\n%scontent-length: %zu\r\n\r\n", path, key, headers, body.size);
    buf_text(&b, body);
    EXPECT(!b.overflow);
    return buf_str(&b);
}

static struct str post(const char *path, const char *headers, struct str body) {
    return post_as("full-access-key", path, headers, body);
}

#define JSON "content-type: application/json\r\n"

static void ask(const char *line) {
    char bytes[4096];
    struct buf b = buf_over(bytes, sizeof bytes);
    buf_fmt(&b, "%s HTTP/1.1\r\n" KEY "\r\n", line);
    said.size = 0;
    EXPECT_EQ(say(buf_str(&b)), SERVICE_IDLE);
}

/* -- what is promised -------------------------------------------------------------------------------------------------------------- */

TEST(a_decision_leaves_when_it_is_durable) {
    begin(100);
    struct str bytes = post("/v1/decisions", JSON, STR(EVENT("e1", "a1")));
    memcpy(service.ops->room(service.self, 0).at, bytes.at, bytes.size);
    EXPECT_EQ(service.ops->take(service.self, 0, bytes.size, 5).state, SERVICE_IDLE);
    hear();
    EXPECT_EQ(said.size, 0);
    EXPECT(!service.ops->is_empty(service.self, 0));
    commit();
    hear();
    EXPECT(heard("HTTP/1.1 200 OK\r\n"));
    EXPECT(heard("date: Sun, 01 Mar 2026 01:02:03 GMT\r\n"));
    EXPECT(heard("{\"event\":\"e1\",\"decision\":\"allow\",\"score\":12"));
    EXPECT(heard("\"position\":1}"));
    EXPECT(service.ops->is_empty(service.self, 0));
}

TEST(the_same_event_is_answered_the_same) {
    begin(100);
    (void)say(post("/v1/decisions", JSON, STR(EVENT("e1", "a1"))));
    (void)say(post("/v1/decisions", "content-type: application/cloudevents+json; charset=utf-8\r\n", STR(EVENT("e1", "a1"))));
    EXPECT_EQ(count_of("\"position\":1}"), 2);
    EXPECT_EQ(fake.applied, 1);
    (void)say(post("/v1/decisions", JSON, STR(EVENT("e1", "other"))));
    EXPECT(heard("HTTP/1.1 409 Conflict\r\n"));
    EXPECT(heard("\"type\":\"urn:hikeshi:problem:conflict\""));
    EXPECT(heard("\"hint\":\"give every event its own\""));
}

TEST(binary_mode_has_the_envelope_in_headers) {
    begin(100);
    (void)say(post("/v1/decisions",
                   JSON "ce-specversion: 1.0\r\nCe-Id: e7\r\nce-source: shop\r\nce-type: login\r\nce-subject: hijacked\r\n"
                        "ce-time: 2026-03-01T01:02:03Z\r\n",
                   STR("{\"ip\":\"203.0.113.7\"}")));
    EXPECT(heard("{\"event\":\"e7\",\"decision\":\"deny\""));
}

TEST(pipelined_answers_come_in_order) {
    begin(2); /* the third must wait for a commit */
    static char bytes[65536];
    struct buf b = buf_over(bytes, sizeof bytes);
    for (int i = 0; i < 100; i++) {
        char event[512];
        struct buf e = buf_over(event, sizeof event);
        buf_fmt(&e,
                "{\"specversion\":\"1.0\",\"id\":\"p%d\",\"source\":\"s\",\"type\":\"logout\",\"subject\":\"a\",\"time\":\"2026-03-01T01:"
                "02:03Z\"}",
                i);
        buf_text(&b, post("/v1/decisions", JSON, buf_str(&e)));
    }
    EXPECT_EQ(say(buf_str(&b)), SERVICE_IDLE);
    EXPECT_EQ(fake.applied, 100);
    size_t at = 0;
    for (int i = 0; i < 100; i++) {
        char wanted[32];
        (void)snprintf(wanted, sizeof wanted, "{\"event\":\"p%d\"", i);
        at = str_find(buf_str(&said), str_from(wanted), at);
        EXPECT(at < said.size);
    }
    EXPECT_EQ(count_of("HTTP/1.1 200 OK"), 100);
}

TEST(keys_open_what_their_scopes_say) {
    begin(100);
    EXPECT_EQ(say(STR("GET /v1/accounts/a HTTP/1.1\r\nhost: a\r\n\r\n")), SERVICE_IDLE);
    EXPECT(heard("HTTP/1.1 401 Unauthorized\r\n"));
    EXPECT(heard("www-authenticate: Bearer"));
    EXPECT_EQ(say(STR("GET /v1/accounts/a HTTP/1.1\r\nhost: a\r\nauthorization: Bearer wrong\r\n\r\n")), SERVICE_IDLE);
    EXPECT(heard("nobody has this key"));
    EXPECT_EQ(say(STR("GET /v1/accounts/a HTTP/1.1\r\nhost: a\r\nauthorization: Bearer foo\r\n\r\n")), SERVICE_IDLE);
    EXPECT(heard("HTTP/1.1 403 Forbidden\r\n"));
    EXPECT(heard("key 'shop' lacks the scope 'read'"));
    said.size = 0;
    EXPECT_EQ(say(STR("GET /v1/accounts/a HTTP/1.1\r\nhost: a\r\nauthorization: bearer  full-access-key\r\n\r\n")), SERVICE_IDLE);
    EXPECT(heard("HTTP/1.1 200 OK\r\n"));
    said.size = 0;
    EXPECT_EQ(say(STR("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\nGET /readyz HTTP/1.1\r\nhost: a\r\n\r\n")), SERVICE_IDLE);
    EXPECT_EQ(count_of("HTTP/1.1 200 OK\r\n"), 2);
    EXPECT(heard("\"status\":\"ready\""));
}

TEST(kinds_need_the_scopes_of_their_speakers) {
#define SPOKEN(type)                                                                                                                       \
    "{\"specversion\":\"1.0\",\"id\":\"" type "\",\"source\":\"shop\",\"type\":\"" type                                                    \
    "\",\"subject\":\"a\",\"time\":\"2026-01-01T00:00:00Z\"}"
    begin(100);
    struct str words[] = {STR(SPOKEN("owner_statement")), STR(SPOKEN("chargeback")), STR(SPOKEN("of_no_kind"))};
    struct str others[] = {STR(SPOKEN("analyst_verdict")), STR(SPOKEN("approval")), STR(SPOKEN("action_result")),
                           STR(SPOKEN("policy_changed"))};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) (void)say(post_as("foo", "/v1/decisions", JSON, words[i]));
    EXPECT_EQ(count_of("200 OK"), 3);
    said.size = 0;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) (void)say(post_as("foo", "/v1/decisions", JSON, others[i]));
    EXPECT_EQ(count_of("403 Forbidden"), 4);
    EXPECT(heard("'analyst_verdict' is sent with a key that has the scope 'verdicts:write'"));
    said.size = 0;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) (void)say(post("/v1/decisions", JSON, others[i]));
    EXPECT_EQ(count_of("200 OK"), 4);
}

TEST(refusals_say_what_and_where) {
    begin(100);
    ask("GET /nowhere");
    EXPECT(heard("404 Not Found") && heard("\"hint\":\"GET /openapi.json lists all routes\""));
    ask("GET /v1/decisions");
    EXPECT(heard("405 Method Not Allowed") && heard("allow: POST\r\n"));
    ask("DELETE /v1/accounts/a");
    EXPECT(heard("allow: GET, HEAD\r\n"));
    (void)say(post("/v1/decisions", "content-type: text/xml\r\n", STR("<event/>")));
    EXPECT(heard("415 Unsupported Media Type") && heard("send application/cloudevents+json, application/json"));
    (void)say(post("/v1/decisions", JSON, STR("{\"specversion\":\"1.0\"")));
    EXPECT(heard("400 Bad Request"));
    said.size = 0;
    (void)say(post("/v1/decisions", JSON, STR(EVENT("e1", "a1")))); /* the connection has survived all of that */
    EXPECT(heard("200 OK"));
    static char large[HTTP_BODY_SIZE_MAX + 1];
    memset(large, ' ', sizeof large);
    EXPECT_EQ(say(post("/v1/decisions", JSON, (struct str){large, sizeof large})), SERVICE_ENDING);
    EXPECT(heard("413 Content Too Large") && heard("connection: close"));
}

TEST(a_refused_body_is_read_over) {
    begin(100);
    EXPECT_EQ(say(STR("POST /nowhere HTTP/1.1\r\nhost: a\r\ncontent-length: 30\r\n\r\nGET /healthz HTTP/1.1\r\nhost: a\r"
                      "GET / HTTP/1.1\r\nhost: a\r\n\r\n")),
              SERVICE_IDLE);
    EXPECT_EQ(count_of("HTTP/1.1 404"), 1);
    EXPECT_EQ(count_of("HTTP/1.1 200"), 1);
    EXPECT(heard("Hikeshi"));
    EXPECT_EQ(say(STR("POST /nowhere HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 30\r\n\r\n")), SERVICE_ENDING);
    EXPECT(!heard("100 Continue"));
}

TEST(broken_requests_end_the_connection) {
    begin(100);
    EXPECT_EQ(say(STR("GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n")),
              SERVICE_ENDING);
    EXPECT_EQ(count_of("HTTP/1.1 "), 1);
    EXPECT(heard("HTTP/1.1 400 Bad Request\r\n"));
}

TEST(a_slow_request_is_told_so) {
    begin(100);
    (void)say(STR("POST /v1/decisions HTTP/1.1\r\nhost:"));
    struct service_status status = service.ops->status(service.self, 0);
    EXPECT_EQ(status.state, SERVICE_READING);
    int64_t since_us = status.since_us;
    wall_ms += 5000;
    (void)say(STR(" a\r\n")); /* a trickle does not begin its time anew */
    EXPECT_EQ(service.ops->status(service.self, 0).since_us, since_us);
    EXPECT_EQ(service.ops->expire(service.self, 0, 0).state, SERVICE_ENDING);
    hear();
    EXPECT(heard("HTTP/1.1 408 Request Timeout\r\n"));
}

static struct str lines_of(size_t count, char *bytes, size_t capacity) {
    struct buf b = buf_over(bytes, capacity);
    for (size_t i = 0; i < count; i++)
        buf_fmt(&b,
                "{\"specversion\":\"1.0\",\"id\":\"n%zu\",\"source\":\"s\",\"type\":\"logout\",\"subject\":\"%s\",\"time\":\"2026-03-01T01:"
                "02:03Z\"}\n",
                i, i % 7 == 3 ? "hijacked" : "a");
    EXPECT(!b.overflow);
    return buf_str(&b);
}

TEST(a_batch_is_answered_line_by_line) {
    begin(50);
    static char bytes[2 << 20];
    struct str lines = lines_of(3000, bytes, sizeof bytes);
    EXPECT_EQ(say(post("/v1/events", "content-type: application/x-ndjson\r\n", lines)), SERVICE_IDLE);
    EXPECT(heard("transfer-encoding: chunked\r\n"));
    EXPECT_EQ(count_of("{\"event\":\"n"), 3000);
    EXPECT_EQ(count_of("\"decision\":\"deny\""), 3000 / 7 + 1);
    EXPECT_EQ(count_of("\"policy\":\"fake@1\""), 3000 / 7 + 1); /* whole answers for those only */
    EXPECT(str_ends(buf_str(&said), STR("\n\r\n0\r\n\r\n")));
    EXPECT_EQ(fake.applied, 3000);
    said.size = 0;
    EXPECT_EQ(say(post("/v1/events?answers=full", "content-type: application/ndjson\r\n", lines_of(10, bytes, sizeof bytes))),
              SERVICE_IDLE);
    EXPECT_EQ(count_of("\"policy\":\"fake@1\""), 10);
}

TEST(a_bad_event_takes_nobody_down) {
    begin(100);
    EXPECT_EQ(say(post("/v1/events", "content-type: application/x-ndjson\r\n", STR(EVENT("b1", "a") "\nnonsense\n\n" EVENT("b2", "a")))),
              SERVICE_IDLE);
    EXPECT(heard("{\"line\":2,\"problem\":{"));
    EXPECT(heard("\"event\":\"b1\"") && heard("\"event\":\"b2\""));
    said.size = 0;
    EXPECT_EQ(say(post("/v1/events", "content-type: application/cloudevents-batch+json\r\n",
                       STR("[" EVENT("b3", "a") ",{\"id\":1}," EVENT("b4", "a") "]"))),
              SERVICE_IDLE);
    EXPECT(heard("{\"index\":1,\"problem\":{"));
    EXPECT(heard("\"event\":\"b3\"") && heard("\"event\":\"b4\""));
    said.size = 0;
    EXPECT_EQ(say(post("/v1/events", "content-type: application/cloudevents-batch+json\r\n", STR("[" EVENT("b5", "a") " what]"))),
              SERVICE_ENDING);
    EXPECT(heard("\"event\":\"b5\"") && heard("{\"index\":") && str_ends(buf_str(&said), STR("0\r\n\r\n")));
}

TEST(old_clients_get_a_batch_until_the_end) {
    begin(100);
    EXPECT_EQ(
        say(STR(
            "POST /v1/events HTTP/1.0\r\n" KEY "content-type: application/x-ndjson\r\ncontent-length: 120\r\n"
            "connection: keep-alive\r\n\r\n"
            "{\"specversion\":\"1.0\",\"id\":\"o1\",\"source\":\"s\",\"type\":\"logout\",\"subject\":\"abcdefghijkl\",\"time\":\"2026-03-"
            "01T01:02:03Z\"}\n     ")),
        SERVICE_ENDING);
    EXPECT(heard("connection: close\r\n") && !heard("chunked") && heard("{\"event\":\"o1\""));
}

TEST(a_client_that_does_not_read_stops_being_read) {
    begin(EVENTS_MAX);
    static char bytes[2 << 20];
    struct str batch = post("/v1/events?answers=full", "content-type: application/x-ndjson\r\n", lines_of(9000, bytes, sizeof bytes));
    struct service_status status = {SERVICE_IDLE, 0};
    size_t taken = 0;
    while (taken < batch.size && status.state != SERVICE_WAITING) {
        struct service_room room = service.ops->room(service.self, 0);
        size_t size = batch.size - taken < room.size ? batch.size - taken : room.size;
        memcpy(room.at, batch.at + taken, size);
        taken += size;
        status = service.ops->take(service.self, 0, size, 0);
        commit();
        status = service.ops->resume(service.self, 0, 0);
    }
    EXPECT_EQ(status.state, SERVICE_WAITING);
    EXPECT(taken < batch.size / 2);
    EXPECT_EQ(say(str_slice(batch, taken, batch.size)), SERVICE_IDLE); /* it reads after all */
    EXPECT_EQ(count_of("{\"event\":\"n"), 9000);
}

TEST(clients_that_wait_for_continue_are_told) {
    begin(100);
    EXPECT_EQ(say(STR("POST /v1/decisions HTTP/1.1\r\n" KEY JSON "expect: 100-continue\r\ncontent-length: 10\r\n\r\n")), SERVICE_READING);
    EXPECT_STR(buf_str(&said), STR("HTTP/1.1 100 Continue\r\n\r\n"));
    EXPECT_EQ(say(STR("0123456789")), SERVICE_IDLE);
    EXPECT(heard("HTTP/1.1 400"));
}

TEST(accounts_and_events_are_shown) {
    begin(100);
    ask("GET /v1/accounts/a%20b%2Fc");
    EXPECT(heard("{\"account\":\"a b/c\"}"));
    ask("HEAD /v1/accounts/a");
    EXPECT(heard("content-length:     15\r\n") && str_ends(buf_str(&said), STR("\r\n\r\n")));
    ask("GET /v1/accounts/nobody");
    EXPECT(heard("404 Not Found") && heard("nothing is known"));
    ask("GET /v1/accounts/%zz");
    EXPECT(heard("400 Bad Request"));
    ask("GET /v1/accounts/a/b");
    EXPECT(heard("404 Not Found"));
    ask("GET /v1/events/1");
    EXPECT(heard("404 Not Found"));
    ask("GET /v1/events/x");
    EXPECT(heard("400 Bad Request"));
    (void)say(post("/v1/decisions", JSON, STR(EVENT("e1", "a1"))));
    ask("GET /v1/events/1");
    EXPECT(heard("{\"position\":1}"));
}

TEST(incidents_are_listed_and_shown) {
    begin(100);
    ask("GET /v1/incidents?account=a%201&status=open&limit=1&before=inc_9");
    EXPECT(heard("{\"incidents\":[{\"id\":\"inc_9\",\"account\":\"a\\\"1\",\"status\":\"open\",\"opened\":\"1970-01-01T00:00:01.000Z\","
                 "\"closed\":null"));
    EXPECT(heard("],\"next\":\"inc_9\"}"));
    EXPECT(asked.status == INCIDENT_OPEN && asked.count_max == 1 && asked.before == 9);
    ask("GET /v1/incidents");
    EXPECT(heard("\"status\":\"closed\"") && heard("\"next\":null"));
    EXPECT(asked.status == -1 && asked.before == 0);
    const char *bad[] = {"status=half", "limit=0", "limit=201", "limit=x", "before=x", "account=%zz"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "GET /v1/incidents?%s", bad[i]);
        ask(line);
        EXPECT(heard("400 Bad Request"));
    }
    ask("GET /v1/incidents/inc_9");
    EXPECT(heard("\"path\":{},\"closed_why\":null,\"events\":[{\"event\":\"e9\",\"position\":9,") &&
           heard("\"whose\":\"hijacker\",\"why\":\"the trigger\"}],\"next\":null}"));
    ask("GET /v1/incidents/inc_8");
    EXPECT(heard("404 Not Found"));
}

TEST(figures_are_counted) {
    begin(100);
    (void)say(post("/v1/decisions", JSON, STR(EVENT("e1", "a1"))));
    ask("GET /metrics");
    EXPECT(heard("hikeshi_decision_seconds_count 1\n"));
    EXPECT(heard("hikeshi_decision_seconds_bucket{le=\"0.00005\"} 1\n"));
    EXPECT(heard("hikeshi_commit_records_count 1\n"));
    EXPECT(heard("hikeshi_http_answers_total{status=\"2xx\"} 1\n"));
    EXPECT(heard("hikeshi_connections 1\n"));
    EXPECT(heard("hikeshi_cells{class=\"profile\"} 100\n"));
}

TEST(a_failed_reload_tells_where) {
    begin(100);
    ask("POST /v1/policy/reload");
    EXPECT_EQ(reloads, 1);
    EXPECT(heard("400 Bad Request") && heard("\"field\":\"rules/night.rule:3:7\""));
}

#define MODEL_TYPE "content-type: text/plain\r\n"

TEST(a_model_is_collected_and_put_in_force) {
    static char text[MODEL_TEXT_SIZE_MAX];
    memset(text, 'x', sizeof text);
    memcpy(text, "model", 5);
    begin(100);
    ask("GET /v1/model");
    EXPECT(heard("200 OK") && heard("\"name\":\"shipped\",") && heard("\"position\":0,\"refused\":null"));
    (void)say(post("/v1/model", "content-type: application/octet-stream\r\n", (struct str){text, sizeof text}));
    EXPECT(heard("\"name\":\"sent\"") && heard("\"position\":1"));
    EXPECT_EQ(fake_model.size, sizeof text);
    EXPECT(memcmp(fake_model.text, text, sizeof text) == 0);
    EXPECT_EQ(fake_model.changes, 1);
    ask("POST /v1/model/rollback");
    EXPECT(heard("\"name\":\"shipped\""));
    ask("POST /v1/model/rollback");
    EXPECT(heard("409 Conflict") && heard("no model before"));
}

TEST(a_model_that_is_none_changes_nothing) {
    static char text[MODEL_TEXT_SIZE_MAX + 1] = "model";
    begin(100);
    unsigned before = fake_model.changes;
    (void)say(post("/v1/model", MODEL_TYPE, STR("damaged")));
    EXPECT(heard("400 Bad Request") && heard("the check sum is wrong") && heard("\"field\":\"line 3\""));
    (void)say(post("/v1/model", MODEL_TYPE, STR_NONE));
    EXPECT(heard("there is no model in the body"));
    (void)say(post_as("foo", "/v1/model", MODEL_TYPE, STR("model")));
    EXPECT(heard("403 Forbidden") && heard("lacks the scope 'admin'"));
    EXPECT_EQ(say(post("/v1/model", MODEL_TYPE, (struct str){text, sizeof text})), SERVICE_ENDING);
    EXPECT(heard("413 "));
    EXPECT_EQ(fake_model.changes, before);
}

TEST(of_two_models_that_come_at_once_the_later_wins) {
    begin(100);
    service.ops->open(service.self, 1, &(struct address){0}, 0);
    struct str first = post("/v1/model", MODEL_TYPE, STR("model one"));
    first.size -= 3;
    memcpy(service.ops->room(service.self, 1).at, first.at, first.size);
    (void)service.ops->take(service.self, 1, first.size, 0);
    (void)say(post("/v1/model", MODEL_TYPE, STR("model two")));
    EXPECT(heard("200 OK"));
    memcpy(service.ops->room(service.self, 1).at, "one", 3);
    (void)service.ops->take(service.self, 1, 3, 0);
    struct str told = service.ops->ready(service.self, 1);
    EXPECT(str_find(told, STR("409 Conflict"), 0) < told.size);
    EXPECT(memcmp(fake_model.text, "model two", 9) == 0);
}

TEST(a_model_waits_for_a_full_batch) {
    begin(1);
    struct str bytes = post("/v1/decisions", JSON, STR(EVENT("e1", "a1")));
    memcpy(service.ops->room(service.self, 0).at, bytes.at, bytes.size);
    (void)service.ops->take(service.self, 0, bytes.size, 0);
    (void)say(post("/v1/model", MODEL_TYPE, STR("model late")));
    EXPECT(memcmp(fake_model.text, "model late", 10) == 0);
}

TEST(a_broken_journal_ends_the_service) {
    begin(100);
    fake.breaks = true;
    struct str bytes = post("/v1/decisions", JSON, STR(EVENT("e1", "a1")));
    memcpy(service.ops->room(service.self, 0).at, bytes.at, bytes.size);
    (void)service.ops->take(service.self, 0, bytes.size, 0);
    bool sealed;
    struct problem p;
    EXPECT_EQ(service.ops->seal(service.self, &sealed, &p), ERR_IO);
    EXPECT_STR(str_from(p.what), STR("journal refuses records"));
}

TEST(the_description_lists_every_route) {
    static char text[HTTP_ANSWER_SIZE_MAX];
    struct buf b = buf_over(text, sizeof text);
    openapi_write(&b);
    EXPECT(!b.overflow);
    for (const struct route *const *r = routes; *r; r++) {
        char wanted[128];
        (void)snprintf(wanted, sizeof wanted, "\"%s\":{\"", (*r)->path);
        EXPECT(str_find(buf_str(&b), str_from(wanted), 0) < b.size);
        EXPECT((*r)->sentence[0] && (*r)->answers[0].status);
    }
    if (getenv("SHOW")) printf("%.*s", STR_ARGS(buf_str(&b)));
}

int main(void) {
    RUN(a_decision_leaves_when_it_is_durable);
    RUN(the_same_event_is_answered_the_same);
    RUN(binary_mode_has_the_envelope_in_headers);
    RUN(pipelined_answers_come_in_order);
    RUN(keys_open_what_their_scopes_say);
    RUN(kinds_need_the_scopes_of_their_speakers);
    RUN(refusals_say_what_and_where);
    RUN(a_refused_body_is_read_over);
    RUN(broken_requests_end_the_connection);
    RUN(a_slow_request_is_told_so);
    RUN(a_batch_is_answered_line_by_line);
    RUN(a_bad_event_takes_nobody_down);
    RUN(old_clients_get_a_batch_until_the_end);
    RUN(a_client_that_does_not_read_stops_being_read);
    RUN(clients_that_wait_for_continue_are_told);
    RUN(accounts_and_events_are_shown);
    RUN(incidents_are_listed_and_shown);
    RUN(figures_are_counted);
    RUN(a_failed_reload_tells_where);
    RUN(a_model_is_collected_and_put_in_force);
    RUN(a_model_that_is_none_changes_nothing);
    RUN(of_two_models_that_come_at_once_the_later_wins);
    RUN(a_model_waits_for_a_full_batch);
    RUN(a_broken_journal_ends_the_service);
    RUN(the_description_lists_every_route);
    free(memory);
    return test_end();
}
