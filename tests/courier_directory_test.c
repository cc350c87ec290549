// SPDX-License-Identifier: Apache-2.0
/* Tells many at once through a directory that answers few at once: each is told with one attempt, and no more mails leave at once than may.
 */
#include "courier/courier.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/test.h"
#include "store/incident_sqlite.h"

#define TELL_COUNT       60
#define TURNS_MAX        400
#define UNKNOWN_EVERY    3 /* owners of whom the directory knows no contact */
#define DIRECTORY_TURNS  4 /* until it answers; a mail is taken in the next */
#define WAITING_MAX      128
#define MAIL_CONCURRENCY 16

static struct {
    int64_t now_ms;
    uint64_t random;
    struct waiting {
        uint64_t id;
        bool looks_up, mails;
        const char *body;
    } waiting[WAITING_MAX];
    size_t count, looked_up, mailed;
    size_t looks_at_once, looks_at_once_max, mails_at_once, mails_at_once_max;
} world;

/* ---- whoever answers, a turn later -----------------------------------------------------------------------------------------------------
 */

static enum err wire_start(void *self, const struct wire_request *r, struct problem *p) {
    (void)self, (void)p;
    bool looks_up = str_ends(r->url, STR("/find_contact")), describes = str_ends(r->url, STR("/describe"));
    CHECK(world.count < WAITING_MAX);
    world.waiting[world.count].id = r->id;
    world.waiting[world.count].looks_up = looks_up;
    world.waiting[world.count].mails = r->mail;
    world.waiting[world.count++].body =
        describes ? "{\"protocol\":1,\"name\":\"d\",\"systems\":{\"directory\":{\"idempotency\":\"stored_2xx\",\"ttl_s\":86400}}}"
        : looks_up && ++world.looked_up % UNKNOWN_EVERY == 0 ? "{\"outcome\":\"absent\"}"
                                                             : "{\"outcome\":\"done\",\"contact\":\"owner@mailbox.example\"}";
    world.mailed += r->mail != NULL;
    world.looks_at_once += looks_up;
    world.mails_at_once += r->mail != NULL;
    if (world.mails_at_once > world.mails_at_once_max) world.mails_at_once_max = world.mails_at_once;
    if (world.looks_at_once > world.looks_at_once_max) world.looks_at_once_max = world.looks_at_once;
    return ERR_OK;
}

static size_t wire_poll(void *self, struct wire_answer *out, size_t count_max, int wait_ms) {
    (void)self, (void)wait_ms;
    size_t count = 0;
    for (size_t i = 0; i < world.count && count < count_max;) {
        struct waiting *at = &world.waiting[i];
        if (at->looks_up && world.now_ms % DIRECTORY_TURNS) {
            i++;
            continue;
        }
        world.looks_at_once -= at->looks_up;
        world.mails_at_once -= at->mails;
        out[count++] = (struct wire_answer){
            .id = at->id, .fate = WIRE_ANSWERED, .status = at->mails ? 250 : 200, .body = at->mails ? STR_NONE : str_from(at->body)};
        *at = world.waiting[--world.count];
    }
    return count;
}

static size_t wire_under_way(void *self) {
    (void)self;
    return world.count;
}

static void wire_wake(void *self) {
    (void)self;
}

static int64_t now_ms(void *self) {
    (void)self;
    return world.now_ms;
}

static void fill(void *self, void *bytes, size_t size) {
    (void)self;
    for (size_t i = 0; i < size; i++) ((unsigned char *)bytes)[i] = (unsigned char)test_random(&world.random);
}

static enum err take(void *context, const struct event *e) {
    (void)context, (void)e;
    return ERR_OK;
}

/* ---- what is to be told ----------------------------------------------------------------------------------------------------------------
 */

static struct counterparts mail_and_directory(uint32_t directory_concurrency) {
    struct counterparts c = {.count = 2};
    c.list[0] = (struct counterpart){.name = STR("shop"),
                                     .url = STR("http://shop.example"),
                                     .adapter = "http",
                                     .systems = {STR("directory")},
                                     .system_count = 1,
                                     .concurrency = directory_concurrency,
                                     .timeout_ms = 5000,
                                     .secret_sizes = {32}};
    c.list[1] = (struct counterpart){.name = STR("mail"),
                                     .url = STR("smtp://mail.example"),
                                     .adapter = "smtp",
                                     .systems = {STR("email")},
                                     .system_count = 1,
                                     .concurrency = MAIL_CONCURRENCY,
                                     .timeout_ms = 5000,
                                     .mail = {.from_address = STR("service@shop.example"), .bounce_domain = STR("bounces.shop.example")}};
    return c;
}

static void put_steps(struct incident_store s, int lane) {
    static struct incident_write writes[TELL_COUNT];
    static char texts[TELL_COUNT][2][48];
    struct problem p;
    uint64_t absorbed;
    for (size_t i = 0; i < TELL_COUNT; i++) {
        (void)snprintf(texts[i][0], sizeof texts[i][0], "inc_%zu/n1/tell.email/1", i + 1);
        (void)snprintf(texts[i][1], sizeof texts[i][1], "inc_%zu/n1", i + 1);
        writes[i] = (struct incident_write){.kind = WRITE_STEP, .position = 1};
        writes[i].as.step = (struct step_row){.id = str_from(texts[i][0]),
                                              .effect = str_from(texts[i][1]),
                                              .incident = STR("inc_1"),
                                              .account = STR("a1"),
                                              .system = STR("email"),
                                              .verb = STR("tell"),
                                              .how = STR("email"),
                                              .lane = lane,
                                              .request = STR("{\"account\":\"a1\",\"contact\":\"\",\"as_of\":\"2026-03-01T05:00:00.000Z\","
                                                             "\"audience\":\"owner\",\"incident\":\"inc_1\",\"notice\":\"inc_1/n1\","
                                                             "\"message_id\":\"n1.inc_1\",\"bounce\":\"inc_1.n1.4F8K2M7Q\",\"title\":\"t\","
                                                             "\"text\":\"it is stopped\"}"),
                                              .generation = 1,
                                              .created_ms = world.now_ms,
                                              .position = 1};
    }
    EXPECT_EQ(s.ops->begin(s.self, &absorbed, &p), ERR_OK);
    EXPECT_EQ(s.ops->put(s.self, writes, TELL_COUNT, &p), ERR_OK);
    EXPECT_EQ(s.ops->finish(s.self, 1, &p), ERR_OK);
}

/* A second of turns at most, a millisecond each. */
static void tell_all(uint32_t directory_concurrency, int lane) {
    static const struct wire_ops operations = {wire_start, wire_poll, wire_under_way, wire_wake};
    struct counterparts counterparts = mail_and_directory(directory_concurrency);
    struct incident_store store;
    struct problem p = {0};
    struct courier *courier;
    void *memory = malloc(courier_memory_size());
    memset(&world, 0, sizeof world);
    world.now_ms = INT64_C(1772341200000), world.random = 7;
    EXPECT_EQ(incident_sqlite_open(":memory:", &store, &p), ERR_OK);
    put_steps(store, lane);
    struct courier_options o = {.store = store,
                                .wire = {&operations, NULL},
                                .clock = {now_ms, now_ms, NULL},
                                .entropy = {fill, NULL},
                                .counterparts = &counterparts,
                                .submit = take};
    EXPECT_EQ(courier_open(&o, memory, &courier, &p), ERR_OK);
    for (unsigned turn = 0; turn < TURNS_MAX && courier_totals(courier)->answered < TELL_COUNT; turn++, world.now_ms++) {
        bool busy;
        EXPECT_EQ(courier_turn(courier, 0, &busy, &p), ERR_OK);
    }
    EXPECT_EQ(courier_totals(courier)->answered, TELL_COUNT);
    EXPECT_EQ(courier_totals(courier)->not_sent, 0);
    EXPECT_EQ(world.looked_up, TELL_COUNT);
    EXPECT_EQ(world.mailed, TELL_COUNT - TELL_COUNT / UNKNOWN_EVERY);
    EXPECT(world.looks_at_once_max <= directory_concurrency);
    EXPECT(world.mails_at_once_max <= MAIL_CONCURRENCY);
    incident_sqlite_close(&store);
    free(memory);
}

TEST(a_small_directory_costs_no_attempts) {
    tell_all(2, LANE_CONTACT);
    tell_all(1, LANE_CONTACT);
    tell_all(64, LANE_CONTACT);
}

/* A quarter of each counterpart's room is kept for containment, of the directory's too, and of a small one none. */
TEST(what_is_not_urgent_is_told_as_well) {
    tell_all(2, LANE_VERIFY);
    tell_all(16, LANE_VERIFY);
}

int main(void) {
    RUN(a_small_directory_costs_no_attempts);
    RUN(what_is_not_urgent_is_told_as_well);
    return test_end();
}
