// SPDX-License-Identifier: Apache-2.0
/* The pretended world over real sockets: it answers, breaks off as its faults say, and brings its news. */
#include "sim/world_server.h"

#include <time.h>

#include "base/moment.h"
#include "base/test.h"
#include "net/http_client.h"
#include "sys/clock.h"

static char event_memory[8192];

static int64_t moved_ms; /* the clock of these tests runs ahead by it */
static int64_t moved_now_ms(void *self) {
    (void)self;
    struct clock c = clock_real();
    return c.now_ms(c.self) + moved_ms;
}
static int64_t moved_monotonic_us(void *self) {
    (void)self;
    struct clock c = clock_real();
    return c.monotonic_us(c.self);
}
static struct clock moved_clock(void) {
    return (struct clock){moved_now_ms, moved_monotonic_us, NULL};
}

static void act(struct world *w, const char *text) {
    struct buf event = buf_over(event_memory, sizeof event_memory);
    EXPECT(world_act(w, moved_now_ms(NULL), str_from(text), true, &event));
}

#define TOP_UP                                                                                                                             \
    "{\"type\":\"balance_topped_up\",\"subject\":\"a1\",\"data\":{\"amount_minor\":50000,\"currency\":\"JPY\",\"charge\":\"c-topup\"}}"
#define ORDER                                                                                                                              \
    "{\"type\":\"order_placed\",\"subject\":\"a1\",\"data\":{\"order\":{\"id\":\"o-1\",\"amount_minor\":500,\"currency\":\"JPY\","         \
    "\"charge\":\"c-1\",\"kind\":\"physical\"}}}"
#define BLOCK                                                                                                                              \
    STR("{\"system\":\"payment\",\"verb\":\"contain\",\"how\":\"block_capture\",\"account\":\"a1\",\"effect\":{\"object\":\"charge:c-"     \
        "topup\"}}")

static enum err block(uint16_t port, unsigned *status) {
    struct http_client client;
    struct problem p;
    struct str body;
    enum err err = http_client_open(&client, port, STR("none"), &p);
    client.headers = STR("webhook-id: k1\r\n");
    if (!err) err = http_client_request(&client, STR("POST"), STR("/contain"), STR("application/json"), BLOCK, status, &body, &p);
    if (!err && *status == 200) EXPECT(str_find(body, STR("\"done\""), 0) < body.size);
    http_client_close(&client);
    return err;
}

TEST(it_answers_and_breaks_off) {
    struct world *w = world_open(&(struct world_options){.seed = 1});
    struct world_server *s = NULL;
    struct problem p;
    uint16_t port;
    unsigned status = 0;
    act(w, TOP_UP);
    EXPECT(!world_server_start(w, moved_clock(), &s, &port, &p));
    world_script(world_server_lock(s), "payment.contain", FAULT_DO_AND_DROP, 1);
    world_server_unlock(s);
    EXPECT_EQ(block(port, &status), ERR_IO);
    EXPECT_EQ(block(port, &status), ERR_OK);
    EXPECT_EQ(status, 200);
    world_down(world_server_lock(s), "payment", moved_now_ms(NULL), moved_now_ms(NULL) + HOUR_MS);
    world_server_unlock(s);
    EXPECT_EQ(block(port, &status), ERR_OK);
    EXPECT_EQ(status, 503);
    EXPECT_EQ(world_server_counts(s).requests, 3);
    world_server_stop(s);
    world_close(w);
}

/* A second world stands where Hikeshi would: it takes no events, and opens no gate; so nothing leaves. */
TEST(it_brings_news_and_asks_at_the_gate) {
    struct world *w = world_open(&(struct world_options){.seed = 1}), *other = world_open(&(struct world_options){.seed = 2});
    struct world_server *s = NULL, *hikeshi = NULL;
    struct problem p;
    uint16_t port, hikeshi_port;
    act(w, TOP_UP);
    act(w, ORDER);
    EXPECT(!world_server_start(other, moved_clock(), &hikeshi, &hikeshi_port, &p));
    EXPECT(!world_server_start(w, moved_clock(), &s, &port, &p));
    world_server_meet(s, hikeshi_port, "none");
    moved_ms += 3 * HOUR_MS;
    for (int i = 0; i < 500 && !world_server_counts(s).gate_held; i++) (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    EXPECT(world_server_counts(s).gate_held > 0);
    EXPECT_EQ(world_server_counts(s).gate_allowed, 0);
    EXPECT(world_server_counts(s).failed > 0);
    EXPECT(world_server_counts(hikeshi).requests > 0);
    world_server_stop(s);
    world_server_stop(hikeshi);
    world_close(w);
    world_close(other);
}

int main(void) {
    RUN(it_answers_and_breaks_off);
    RUN(it_brings_news_and_asks_at_the_gate);
    return test_end();
}
