// SPDX-License-Identifier: Apache-2.0
/*
 * The pretended world keeps every promise of docs/reference/adapter.md that a shop is asked to keep; so what is proven against it holds for
 * whoever passes the same suite. And a world that keeps no keys, or takes another secret, does not pass.
 */
#include "courier/conformance.h"

#include <stdlib.h>

#include "base/test.h"
#include "respond/effect.h"
#include "sim/wire_world.h"

#define SECRET     "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* 24 zero bytes */
#define NIGHT_MS   INT64_C(1772379660000)
#define BODY_MAX   (64U * 1024)
#define SANDBOX_AT "\"webhooks\":true}}}" /* how the world's description ends */

static struct {
    struct world *world;
    struct wire_world *wire_world;
    struct wire wire;
    int64_t now_ms;
    uint64_t random;
    unsigned sandboxes;
    bool wants_sandbox;
    char body[BODY_MAX], event[BODY_MAX];
    bool says_failures;
    unsigned failed;
} house;

static int64_t house_now(void *self) {
    (void)self;
    return house.now_ms;
}

static void house_fill(void *self, void *bytes, size_t size) {
    (void)self;
    for (size_t i = 0; i < size; i++) ((unsigned char *)bytes)[i] = (unsigned char)test_random(&house.random);
}

static bool knows_kind(struct str kind) {
    return effect_def_find(kind) != NULL;
}

static void told(void *context, const char *group, const char *promise, enum conformance_verdict verdict, const char *why) {
    (void)context;
    house.failed += verdict == CONFORMANCE_FAILED;
    if (house.says_failures && verdict != CONFORMANCE_PASSED) printf("%s: %s (%s)\n", group, promise, why);
}

/* ---- its sandbox: an account on which somebody did a little of everything --------------------------------------------------------------
 */

static void act(const char *type, const char *data) {
    char text[1024];
    struct buf event = buf_over(house.event, sizeof house.event);
    (void)snprintf(text, sizeof text, "{\"type\":\"%s\",\"subject\":\"sandbox-%u\",\"data\":{\"session\":\"s\",%s}}", type, house.sandboxes,
                   data);
    EXPECT(world_act(house.world, house.now_ms, str_from(text), true, &event));
}

/* Each time under new names, for nothing of the world is ever forgotten. */
static void make_sandbox(struct buf *b) {
    char order[128], charge[128];
    unsigned n = ++house.sandboxes;
    (void)snprintf(order, sizeof order,
                   "\"order\":{\"id\":\"o-%u\",\"amount_minor\":500,\"currency\":\"JPY\",\"charge\":\"c-%u-o\",\"kind\":\"physical\"}", n,
                   n);
    (void)snprintf(charge, sizeof charge, "\"amount_minor\":50000,\"currency\":\"JPY\",\"charge\":\"c-%u\"", n);
    act("login", "\"outcome\":\"success\"");
    act("balance_topped_up", charge);
    (void)snprintf(charge, sizeof charge, "\"charge\":\"c-%u\",\"state\":\"captured\"", n);
    act("payment_state", charge);
    act("order_placed", order);
    (void)snprintf(order, sizeof order, "o-%u", n);
    world_set_order(house.world, order, "allocated");
    act("membership_started", "\"membership\":{\"id\":\"m-1\",\"amount_minor\":600,\"currency\":\"JPY\",\"charge\":\"c-m\"}");
    act("address_changed", "\"change\":\"added\",\"address\":\"ad-1\"");
    act("token_created", "\"token\":\"tok-1\"");
    act("email_changed", "\"before\":\"owner\",\"after\":\"thief\"");
    buf_fmt(b, ",\"sandbox\":{\"account\":\"sandbox-%u\",\"objects\":[", n);
    buf_fmt(
        b,
        "{\"system\":\"shop\",\"kind\":\"order\",\"object\":\"order:o-%u\",\"operations\":[\"contain.hold_order\",\"undo.cancel_order\"]},",
        n);
    buf_fmt(b, "{\"system\":\"payment\",\"kind\":\"captured_charge\",\"object\":\"charge:c-%u\",\"operations\":[\"undo.refund\"]},", n);
    buf_fmt(
        b,
        "{\"system\":\"payment\",\"kind\":\"card_authorisation\",\"object\":\"charge:c-%u-o\",\"operations\":[\"contain.block_capture\"]},",
        n);
    buf_text(b, STR("{\"system\":\"shop\",\"kind\":\"membership\",\"object\":\"membership:m-1\","
                    "\"operations\":[\"contain.stop_membership\",\"undo.cancel_membership\"]},"
                    "{\"system\":\"shop\",\"kind\":\"address\",\"object\":\"address:ad-1\",\"operations\":[\"contain.block_address\","
                    "\"undo.restore_address\"]},"
                    "{\"system\":\"identity\",\"kind\":\"token\",\"object\":\"token:tok-1\",\"operations\":[\"contain.revoke_token\"]},"
                    "{\"system\":\"identity\",\"kind\":\"email\",\"object\":\"contact_email\",\"before\":\"owner\",\"after\":\"thief\","
                    "\"operations\":[\"contain.pin_contact\",\"undo.restore_contact\"]}]}}"));
}

/* ---- the wire: the world's own, but that a description gets a sandbox ------------------------------------------------------------------
 */

static enum err start(void *self, const struct wire_request *r, struct problem *p) {
    (void)self;
    house.wants_sandbox = str_equal(r->body, STR("{\"sandbox\":true}"));
    return house.wire.ops->start(house.wire.self, r, p);
}

static void add_sandbox(struct wire_answer *a) {
    struct buf b = buf_over(house.body, sizeof house.body);
    buf_text(&b, str_slice(a->body, 0, a->body.size - 1)); /* all but the last brace */
    make_sandbox(&b);
    EXPECT(!b.overflow);
    a->body = buf_str(&b);
    house.wants_sandbox = false;
}

static size_t poll(void *self, struct wire_answer *out, size_t count_max, int wait_ms) {
    (void)self, (void)wait_ms;
    int64_t next_ms = wire_world_next_ms(house.wire_world);
    if (next_ms > house.now_ms) house.now_ms = next_ms;
    size_t count = house.wire.ops->poll(house.wire.self, out, count_max, 0);
    for (size_t i = 0; i < count; i++)
        if (house.wants_sandbox && out[i].status == 200 && str_ends(out[i].body, STR(SANDBOX_AT))) add_sandbox(&out[i]);
    return count;
}

static size_t under_way(void *self) {
    (void)self;
    return house.wire.ops->under_way(house.wire.self);
}

static void wake(void *self) {
    (void)self;
}

static const struct wire_ops operations = {start, poll, under_way, wake};

static struct conformance_totals run(const struct world_options *o, unsigned char first_of_secret) {
    struct problem p;
    struct conformance_totals totals = {0};
    struct counterpart c = {.name = STR("world"), .url = STR("http://world.example/hikeshi"), .timeout_ms = 5000, .secret_sizes = {24}};
    c.secrets[0][0] = first_of_secret;
    house.world = world_open(o);
    house.now_ms = NIGHT_MS;
    house.failed = 0;
    house.wire_world = wire_world_open(house.world, house_now, NULL);
    house.wire = wire_world_wire(house.wire_world);
    struct conformance_options options = {.wire = {&operations, NULL},
                                          .clock = {house_now, house_now, NULL},
                                          .entropy = {house_fill, NULL},
                                          .counterpart = &c,
                                          .knows_kind = knows_kind,
                                          .told = told};
    void *memory = malloc(conformance_memory_size());
    EXPECT_EQ(conformance_run(&options, memory, &totals, &p), ERR_OK);
    EXPECT_EQ(house.failed, totals.failed);
    EXPECT_EQ(totals.passed + totals.failed + totals.skipped, conformance_case_count());
    free(memory);
    wire_world_close(house.wire_world);
    world_close(house.world);
    return totals;
}

TEST(the_world_keeps_every_promise) {
    house.says_failures = true;
    struct conformance_totals totals = run(&(struct world_options){.seed = 1, .now_ms = NIGHT_MS, .secret = SECRET}, 0);
    EXPECT_EQ(totals.failed, 0);
    EXPECT_EQ(totals.skipped, 0);
    EXPECT(totals.passed >= 60);
    house.says_failures = false;
}

TEST(a_world_without_a_secret_fails) {
    EXPECT(run(&(struct world_options){.seed = 1, .now_ms = NIGHT_MS}, 0).failed >= 15);
}

TEST(a_world_with_another_secret_fails) {
    EXPECT(run(&(struct world_options){.seed = 1, .now_ms = NIGHT_MS, .secret = SECRET}, 1).failed >= 15);
}

TEST(a_world_that_breaks_off_fails) {
    struct world_options o = {.seed = 1, .now_ms = NIGHT_MS, .secret = SECRET};
    o.faults[FAULT_GARBAGE] = 10000;
    EXPECT(run(&o, 0).failed >= 10);
}

int main(void) {
    RUN(the_world_keeps_every_promise);
    RUN(a_world_without_a_secret_fails);
    RUN(a_world_with_another_secret_fails);
    RUN(a_world_that_breaks_off_fails);
    return test_end();
}
