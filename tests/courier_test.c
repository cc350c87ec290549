// SPDX-License-Identifier: Apache-2.0
/* A step is done once although its answer is lost, read before it is sent again, and given to people where nobody can do it. */
#include "courier/courier.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/test.h"
#include "courier/adapter.h"
#include "store/incident_sqlite.h"

#define START_MS INT64_C(1767225600000)

/* ---- a wire whose answers are written beforehand ------------------------------------------------------------------------------------- */

struct script {
    enum wire_fate fate;
    unsigned status;
    const char *body;
};

static struct {
    struct script script[16];
    size_t count, next;
    struct wire_request_seen {
        char path[64], id[160], body[1024];
    } seen[16];
    size_t seen_count;
    uint64_t waiting[16];
    size_t waiting_count;
} wire;

static void copy(char *to, size_t size, struct str s) {
    (void)snprintf(to, size, "%.*s", STR_ARGS(s));
}

static enum err wire_start(void *self, const struct wire_request *r, struct problem *p) {
    (void)self, (void)p;
    struct wire_request_seen *seen = &wire.seen[wire.seen_count++];
    size_t slash = r->url.size;
    while (slash && r->url.at[slash - 1] != '/') slash--;
    copy(seen->path, sizeof seen->path, str_slice(r->url, slash, r->url.size));
    copy(seen->id, sizeof seen->id, str_slice(r->headers[1], strlen("webhook-id: "), r->headers[1].size));
    copy(seen->body, sizeof seen->body, r->body);
    wire.waiting[wire.waiting_count++] = r->id;
    return ERR_OK;
}

static size_t wire_poll(void *self, struct wire_answer *out, size_t count_max, int wait_ms) {
    (void)self, (void)count_max, (void)wait_ms;
    if (!wire.waiting_count || wire.next == wire.count) return 0;
    const struct script *s = &wire.script[wire.next++];
    *out = (struct wire_answer){.id = wire.waiting[0], .fate = s->fate, .status = s->status, .body = str_from(s->body)};
    memmove(wire.waiting, wire.waiting + 1, --wire.waiting_count * sizeof wire.waiting[0]);
    return 1;
}

static size_t wire_under_way(void *self) {
    (void)self;
    return wire.waiting_count;
}

static void wire_wake(void *self) {
    (void)self;
}

static const struct wire_ops wire_operations = {wire_start, wire_poll, wire_under_way, wire_wake};

/* ---- a house ------------------------------------------------------------------------------------------------------------------------ */

static struct {
    struct incident_store store;
    struct courier *courier;
    void *memory;
    struct counterparts counterparts;
    int64_t now_ms;
    uint64_t random;
    enum err submit_err;
    struct {
        char id[160], result[16], extra[512];
        enum kind kind;
    } handed[16];
    size_t handed_count;
} house;

static int64_t house_now(void *self) {
    (void)self;
    return house.now_ms;
}

static void house_fill(void *self, void *bytes, size_t size) {
    (void)self;
    for (size_t i = 0; i < size; i++) ((unsigned char *)bytes)[i] = (unsigned char)test_random(&house.random);
}

static enum err house_submit(void *context, const struct event *e) {
    (void)context;
    if (house.submit_err) return house.submit_err;
    size_t at = house.handed_count++;
    copy(house.handed[at].id, sizeof house.handed[at].id, e->id);
    copy(house.handed[at].result, sizeof house.handed[at].result, e->result);
    copy(house.handed[at].extra, sizeof house.handed[at].extra, e->extra);
    house.handed[at].kind = e->kind;
    return ERR_OK;
}

static void put_step(const char *system, uint64_t position) {
    struct problem p;
    struct incident_write w = {.kind = WRITE_STEP, .position = position};
    w.as.step = (struct step_row){
        .id = STR("inc_1/e1/undo.refund/3"),
        .effect = STR("inc_1/e1"),
        .incident = STR("inc_1"),
        .account = STR("a1"),
        .system = str_from(system),
        .verb = STR("undo"),
        .how = STR("refund"),
        .request = STR("{\"system\":\"payment\",\"verb\":\"undo\",\"how\":\"refund\"}"),
        .generation = 1,
        .created_ms = START_MS,
        .position = position,
    };
    uint64_t absorbed;
    EXPECT_EQ(house.store.ops->begin(house.store.self, &absorbed, &p), ERR_OK);
    EXPECT_EQ(house.store.ops->put(house.store.self, &w, 1, &p), ERR_OK);
    EXPECT_EQ(house.store.ops->finish(house.store.self, position, &p), ERR_OK);
}

static void open_courier(void) {
    struct problem p;
    struct courier_options o = {.store = house.store,
                                .wire = {&wire_operations, NULL},
                                .clock = {house_now, house_now, NULL},
                                .entropy = {house_fill, NULL},
                                .counterparts = &house.counterparts,
                                .submit = house_submit};
    EXPECT_EQ(courier_open(&o, house.memory, &house.courier, &p), ERR_OK);
}

static void house_open(bool counterpart) {
    struct problem p;
    memset(&wire, 0, sizeof wire);
    void *memory = house.memory ? house.memory : malloc(courier_memory_size());
    memset(&house, 0, sizeof house);
    house.memory = memory;
    house.now_ms = START_MS;
    if (counterpart)
        house.counterparts = (struct counterparts){.count = 1,
                                                   .list = {{.name = STR("bank"),
                                                             .url = STR("http://bank"),
                                                             .adapter = "http",
                                                             .systems = {STR("payment")},
                                                             .system_count = 1,
                                                             .concurrency = 4,
                                                             .timeout_ms = 1000,
                                                             .secret_sizes = {24}}}};
    EXPECT_EQ(incident_sqlite_open(":memory:", &house.store, &p), ERR_OK);
    open_courier();
}

static void expect_answer(enum wire_fate fate, unsigned status, const char *body) {
    wire.script[wire.count++] = (struct script){fate, status, body};
}

#define STORED_2XX                                                                                                                         \
    "{\"protocol\":1,\"name\":\"b\",\"systems\":{\"payment\":{\"idempotency\":\"stored_2xx\",\"ttl_s\":86400,\"operations\":[]}}}"
#define STORED_ALL                                                                                                                         \
    "{\"protocol\":1,\"name\":\"b\",\"systems\":{\"payment\":{\"idempotency\":\"stored_all\",\"ttl_s\":86400,\"operations\":[]}}}"

/* Turns, a minute apart, until everything that was written has been answered. */
static void run(void) {
    struct problem p;
    bool busy;
    for (unsigned i = 0; i < 24; i++) {
        EXPECT_EQ(courier_turn(house.courier, 0, &busy, &p), ERR_OK);
        if (!busy) house.now_ms += 90000;
    }
}

static void house_end(void) {
    incident_sqlite_close(&house.store);
}

/* ---- the promises ------------------------------------------------------------------------------------------------------------------- */

TEST(an_answer_is_handed_in) {
    house_open(true);
    put_step("payment", 1);
    expect_answer(WIRE_ANSWERED, 200, STORED_2XX);
    expect_answer(WIRE_ANSWERED, 200, "{\"outcome\":\"done\",\"reference\":\"r7\"}");
    run();
    EXPECT_EQ(house.handed_count, 1);
    EXPECT(!strcmp(house.handed[0].id, "inc_1/e1/undo.refund/3/1"));
    EXPECT(!strcmp(house.handed[0].result, "done"));
    EXPECT(strstr(house.handed[0].extra, "\"answer\":{\"outcome\":\"done\",\"reference\":\"r7\"},\"attempts\":1"));
    EXPECT(!strcmp(wire.seen[1].path, "undo"));
    EXPECT(!strcmp(wire.seen[1].id, "inc_1/e1/undo.refund/1"));
    EXPECT(strstr(wire.seen[1].body, "\"key\":\"inc_1/e1/undo.refund/1\"}"));
    house_end();
}

TEST(what_nobody_knows_is_read_and_then_sent_with_the_same_key) {
    house_open(true);
    put_step("payment", 1);
    expect_answer(WIRE_ANSWERED, 200, STORED_2XX);
    expect_answer(WIRE_UNKNOWN, 0, "");
    expect_answer(WIRE_ANSWERED, 200, "{\"outcome\":\"not_done\"}");
    expect_answer(WIRE_ANSWERED, 200, "{\"outcome\":\"done\"}");
    run();
    EXPECT_EQ(wire.seen_count, 4);
    EXPECT(!strcmp(wire.seen[2].path, "read_state"));
    EXPECT(strstr(wire.seen[2].body, "\"verb\":\"read_state\"") && strstr(wire.seen[2].body, "\"key\":\"inc_1/e1/undo.refund/1\""));
    EXPECT(strcmp(wire.seen[2].id, wire.seen[1].id)); /* a look is no act */
    EXPECT(!strcmp(wire.seen[3].path, "undo"));
    EXPECT(!strcmp(wire.seen[3].id, wire.seen[1].id));
    EXPECT_EQ(house.handed_count, 1);
    house_end();
}

TEST(what_was_done_after_all_is_not_sent_again) {
    house_open(true);
    put_step("payment", 1);
    expect_answer(WIRE_ANSWERED, 200, STORED_2XX);
    expect_answer(WIRE_ANSWERED, 500, "");
    expect_answer(WIRE_ANSWERED, 200, "{\"outcome\":\"done\"}");
    run();
    EXPECT_EQ(wire.seen_count, 3);
    EXPECT(!strcmp(wire.seen[2].path, "read_state"));
    EXPECT_EQ(house.handed_count, 1);
    house_end();
}

TEST(a_key_that_fails_for_ever_is_replaced_once_absence_is_proven) {
    house_open(true);
    put_step("payment", 1);
    expect_answer(WIRE_ANSWERED, 200, STORED_ALL);
    expect_answer(WIRE_ANSWERED, 500, "");
    expect_answer(WIRE_ANSWERED, 200, "{\"outcome\":\"not_done\"}");
    expect_answer(WIRE_ANSWERED, 200, "{\"outcome\":\"done\"}");
    run();
    EXPECT(!strcmp(wire.seen[3].id, "inc_1/e1/undo.refund/2"));
    house_end();
}

TEST(a_system_that_nobody_answers_for_is_given_to_people_at_once) {
    house_open(false);
    put_step("warehouse", 1);
    run();
    EXPECT_EQ(wire.seen_count, 0);
    EXPECT_EQ(house.handed_count, 1);
    EXPECT(!strcmp(house.handed[0].result, "exhausted"));
    house_end();
}

TEST(what_was_answered_before_a_crash_is_handed_in_after_it) {
    house_open(true);
    put_step("payment", 1);
    expect_answer(WIRE_ANSWERED, 200, STORED_2XX);
    expect_answer(WIRE_ANSWERED, 200, "{\"outcome\":\"refused\"}");
    house.submit_err = ERR_FULL; /* it never got so far */
    run();
    EXPECT_EQ(house.handed_count, 0);
    house.submit_err = ERR_OK;
    open_courier();
    wire.waiting_count = 0;
    run();
    EXPECT(house.handed_count >= 1);
    EXPECT(!strcmp(house.handed[0].id, "inc_1/e1/undo.refund/3/1"));
    EXPECT(!strcmp(house.handed[0].result, "refused"));
    house_end();
}

/* Killed with a request under way: the next one waits for the lease, and reads first. */
TEST(a_lost_lease_is_read_first) {
    house_open(true);
    put_step("payment", 1);
    expect_answer(WIRE_ANSWERED, 200, STORED_2XX);
    struct problem p;
    bool busy;
    for (unsigned i = 0; i < 3; i++) EXPECT_EQ(courier_turn(house.courier, 0, &busy, &p), ERR_OK);
    EXPECT_EQ(wire.seen_count, 2);
    wire.waiting_count = 0;
    open_courier();
    expect_answer(WIRE_ANSWERED, 200, STORED_2XX);
    expect_answer(WIRE_ANSWERED, 200, "{\"outcome\":\"done\"}");
    run();
    EXPECT(!strcmp(wire.seen[3].path, "read_state"));
    EXPECT_EQ(wire.seen_count, 4);
    EXPECT_EQ(house.handed_count, 1);
    EXPECT(!strcmp(house.handed[0].id, "inc_1/e1/undo.refund/3/2")); /* its second claim */
    house_end();
}

TEST(a_webhook_is_believed_only_with_its_signature) {
    house_open(true);
    static char memory[65536];
    struct arena step = arena_over(memory, sizeof memory);
    struct problem p;
    struct str id, body, bytes = STR("{}");
    /* The secret is 24 zero bytes; base64 of HMAC-SHA256 over "m1.1767225600.{}". */
    struct str headers[] = {STR("Webhook-Id: m1"), STR("webhook-timestamp: 1767225600"), STR("webhook-signature: v1,AAAA")};
    const struct adapter *http = adapter_find(STR("http"));
    const struct counterpart *c = &house.counterparts.list[0];
    EXPECT_EQ(http->parse_webhook(c, headers, 3, bytes, START_MS, &step, &id, &body, &p), ERR_DENIED);
    headers[2] = STR("webhook-signature: v1,lHmizPIW2JsfseuQs6KJAxv42k0hK2+eG3PqwI9Lxu8=");
    EXPECT_EQ(http->parse_webhook(c, headers, 3, bytes, START_MS, &step, &id, &body, &p), ERR_OK);
    EXPECT_STR(id, STR("m1"));
    EXPECT_EQ(http->parse_webhook(c, headers, 3, bytes, START_MS + 301000, &step, &id, &body, &p), ERR_DENIED);
    EXPECT_EQ(http->parse_webhook(c, headers, 3, STR("{ }"), START_MS, &step, &id, &body, &p), ERR_DENIED);
    house_end();
}

int main(void) {
    RUN(an_answer_is_handed_in);
    RUN(what_nobody_knows_is_read_and_then_sent_with_the_same_key);
    RUN(what_was_done_after_all_is_not_sent_again);
    RUN(a_key_that_fails_for_ever_is_replaced_once_absence_is_proven);
    RUN(a_system_that_nobody_answers_for_is_given_to_people_at_once);
    RUN(what_was_answered_before_a_crash_is_handed_in_after_it);
    RUN(a_lost_lease_is_read_first);
    RUN(a_webhook_is_believed_only_with_its_signature);
    free(house.memory);
    return test_end();
}
