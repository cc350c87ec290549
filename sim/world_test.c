// SPDX-License-Identifier: Apache-2.0
/* The pretended world: the same seed gives the same world, each fault does what its name says, and the judges see what was done wrong. */
#include "sim/world.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/json.h"
#include "base/moment.h"
#include "base/test.h"
#include "respond/effect.h"
#include "sim/wire_world.h"

#define NIGHT_MS (INT64_C(1772379660000) - INT64_C(1772379660000) % DAY_MS + 15 * HOUR_MS)

static char step_memory[4U * 1024 * 1024], event_memory[64 * 1024];

struct case_ {
    struct world *world;
    struct arena step;
    struct world_reply reply;
    struct json answer;
    int64_t now_ms;
    unsigned key;
};

static struct case_ begin(const struct world_options *o) {
    return (struct case_){.world = world_open(o), .step = arena_over(step_memory, sizeof step_memory), .now_ms = NIGHT_MS};
}

static struct case_ begin_kind(uint64_t seed) {
    return begin(&(struct world_options){.seed = seed, .now_ms = NIGHT_MS});
}

static bool act(struct case_ *c, const char *type, const char *data, bool hostile) {
    char text[1024];
    struct buf event = buf_over(event_memory, sizeof event_memory);
    (void)snprintf(text, sizeof text, "{\"type\":\"%s\",\"subject\":\"a1\",\"data\":{%s}}", type, data);
    c->now_ms += MINUTE_MS;
    return world_act(c->world, c->now_ms, str_from(text), hostile, &event);
}

static void ask_with(struct case_ *c, const char *key, const char *system, const char *verb, const char *how, const char *object) {
    char body[1024], path[64], header[160];
    struct problem p;
    (void)snprintf(body, sizeof body,
                   "{\"system\":\"%s\",\"verb\":\"%s\",\"how\":\"%s\",\"account\":\"a1\",\"effect\":{\"object\":\"%s\"},"
                   "\"path\":{\"sessions\":[\"s-bad\"]}}",
                   system, verb, how, object);
    (void)snprintf(path, sizeof path, "/%s", verb);
    (void)snprintf(header, sizeof header, "webhook-id: %s", key);
    struct str headers[] = {str_from(header)};
    arena_reset(&c->step);
    world_answer(c->world, c->now_ms, str_from(path), headers, 1, str_from(body), &c->step, &c->reply);
    c->answer = (struct json){0};
    if (c->reply.body.size && json_parse(c->reply.body, 1 << 20, &c->step, &c->answer, &p)) c->answer = (struct json){0};
}

static void ask(struct case_ *c, const char *system, const char *verb, const char *how, const char *object) {
    char key[32];
    (void)snprintf(key, sizeof key, "key-%u", ++c->key);
    ask_with(c, key, system, verb, how, object);
}

static struct str member(const struct case_ *c, const char *name) {
    return json_text(json_get(c->answer, str_from(name)));
}

static void night(struct case_ *c) {
    EXPECT(act(c, "login", "\"session\":\"s-bad\",\"outcome\":\"success\"", true));
    EXPECT(act(c, "balance_topped_up", "\"session\":\"s-bad\",\"amount_minor\":50000,\"currency\":\"JPY\",\"charge\":\"c-topup\"", true));
    EXPECT(act(c, "membership_started",
               "\"session\":\"s-bad\",\"membership\":{\"id\":\"m-1\",\"amount_minor\":600,\"currency\":\"JPY\",\"charge\":\"c-member\"}",
               true));
    EXPECT(act(c, "address_changed", "\"session\":\"s-bad\",\"change\":\"added\",\"address\":\"ad-drop\"", true));
    EXPECT(act(c, "payment_method_changed", "\"session\":\"s-bad\",\"change\":\"added\",\"payment_method\":\"pm-foreign\"", true));
    EXPECT(act(c, "token_created", "\"session\":\"s-bad\",\"token\":\"tok-1\"", true));
    EXPECT(act(c, "order_placed",
               "\"session\":\"s-bad\",\"order\":{\"id\":\"o-parcel\",\"amount_minor\":500,\"currency\":\"JPY\",\"charge\":\"c-parcel\","
               "\"kind\":\"physical\"}",
               true));
    EXPECT(act(c, "profile_changed", "\"session\":\"s-bad\",\"field\":\"orders_hidden\",\"before\":\"false\",\"after\":\"true\"", true));
    EXPECT(act(c, "email_changed", "\"session\":\"s-bad\",\"before\":\"owner\",\"after\":\"thief\"", true));
}

static bool gate_refuses(void *context, struct str order, const char *step) {
    (void)context, (void)order, (void)step;
    return false;
}
static const struct world_gate shut = {gate_refuses, NULL};

static void count_news(void *context, const struct world_news *n) {
    struct buf *b = context;
    buf_text(b, n->body);
    buf_text(b, n->signature);
}

static void pass(struct case_ *c, int64_t ms, const struct world_gate *gate) {
    struct buf b = buf_over(event_memory, sizeof event_memory);
    world_advance(c->world, c->now_ms += ms, gate, count_news, &b);
}

static struct world_verdict judge(const struct case_ *c) {
    struct world_verdict v;
    world_judge(c->world, "a1", &v);
    return v;
}

/* A caller who makes no mistake, over a network that makes none. */
static void undo_all(struct case_ *c) {
    static const struct {
        const char *system, *verb, *how, *object;
    } acts[] = {
        {"identity", "contain", "end_sessions", "sessions"},
        {"identity", "contain", "revoke_token", "token:tok-1"},
        {"shop", "contain", "hold_order", "order:o-parcel"},
        {"shop", "contain", "freeze_balance", "balance"},
        {"payment", "contain", "block_capture", "charge:c-parcel"},
        {"identity", "contain", "freeze_login", "password"},
        {"identity", "undo", "require_new_password", "password"},
        {"identity", "undo", "restore_contact", "contact_email"},
        {"shop", "undo", "cancel_order", "order:o-parcel"},
        {"payment", "undo", "cancel_authorisation", "charge:c-parcel"},
        {"shop", "undo", "reverse_credit", "topup:c-topup"},
        {"payment", "undo", "refund", "charge:c-topup"},
        {"shop", "undo", "cancel_membership", "membership:m-1"},
        {"payment", "undo", "refund", "charge:c-member"},
        {"shop", "undo", "restore_address", "address:ad-drop"},
        {"shop", "undo", "restore_payment_method", "card:pm-foreign"},
        {"shop", "undo", "restore_settings", "setting:orders_hidden"},
    };
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        ask(c, acts[i].system, acts[i].verb, acts[i].how, acts[i].object);
        if (str_equal(member(c, "outcome"), STR("done")) || str_equal(member(c, "outcome"), STR("pending"))) continue;
        printf("%s.%s of %s: %.*s\n", acts[i].verb, acts[i].how, acts[i].object, STR_ARGS(c->reply.body));
        EXPECT(false);
    }
}

TEST(a_correct_caller_contents_the_judges) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct case_ c = begin_kind(seed);
        night(&c);
        pass(&c, SECOND_MS * 5, &shut);
        EXPECT_EQ(judge(&c).owner_out_of_pocket_minor, 50600);
        EXPECT(judge(&c).left_alive > 0);
        undo_all(&c);
        pass(&c, 10 * DAY_MS, &shut);
        struct world_verdict v = judge(&c);
        EXPECT_EQ(v.double_actions, 0);
        EXPECT_EQ(v.owner_touched, 0);
        EXPECT_EQ(v.left_alive, 0);
        EXPECT_EQ(v.owner_out_of_pocket_minor, 0);
        EXPECT_STR(str_from(v.first), STR_NONE);
        ask(&c, "payment", "read_state", "refund", "charge:c-topup");
        EXPECT_STR(member(&c, "state"), STR("settled"));
        EXPECT(member(&c, "reference").size > 0);
        world_close(c.world);
    }
}

TEST(the_same_seed_is_the_same_world) {
    static char first[64 * 1024];
    size_t size = 0;
    for (int turn = 0; turn < 2; turn++) {
        struct case_ c = begin(
            &(struct world_options){.seed = 7, .now_ms = NIGHT_MS, .webhooks_late = 2000, .webhooks_twice = 2000, .secret = "whsec_AAAA"});
        night(&c);
        struct buf b = buf_over(event_memory, sizeof event_memory);
        world_advance(c.world, c.now_ms + 5 * DAY_MS, NULL, count_news, &b);
        EXPECT(b.size > 500);
        if (turn == 0) memcpy(first, b.at, size = b.size);
        EXPECT(b.size == size && memcmp(first, b.at, size) == 0);
        world_close(c.world);
    }
}

TEST(no_operation_is_unknown) {
    struct case_ c = begin_kind(1);
    EXPECT(act(&c, "login", "\"session\":\"s-bad\",\"outcome\":\"success\"", true));
    for (size_t i = 0; i < operation_count(); i++) {
        const struct operation *o = operation_at(i);
        static const char *const looks[] = {"read_state", "probe"};
        ask(&c, o->system, o->verb, o->how, "none:none");
        EXPECT(member(&c, "outcome").size && !str_equal(member(&c, "reason"), STR("this is not offered")));
        for (size_t k = 0; k < 2; k++) {
            ask(&c, o->system, looks[k], o->how, "none:none");
            EXPECT(member(&c, "outcome").size && !str_equal(member(&c, "reason"), STR("this is not offered")));
        }
    }
    ask(&c, "shop", "undo", "no_such_thing", "none:none");
    EXPECT_STR(member(&c, "reason"), STR("this is not offered"));
    world_close(c.world);
}

TEST(a_wrong_caller_is_seen) {
    struct case_ c = begin_kind(3);
    night(&c);
    pass(&c, SECOND_MS * 5, &shut);
    ask_with(&c, "k1", "payment", "undo", "refund", "charge:c-topup");
    ask_with(&c, "k1", "payment", "undo", "refund", "charge:c-topup"); /* the same key is the same act */
    EXPECT_EQ(judge(&c).double_actions, 0);
    ask_with(&c, "k2", "payment", "undo", "refund", "charge:c-topup");
    EXPECT_EQ(judge(&c).double_actions, 1);
    EXPECT(act(&c, "address_changed", "\"change\":\"added\",\"address\":\"ad-own\"", false));
    ask(&c, "shop", "undo", "restore_address", "address:ad-own");
    EXPECT_EQ(judge(&c).owner_touched, 1);
    world_close(c.world);
}

/* Twenty-five hours later the key is forgotten. */
TEST(keys_end) {
    struct case_ c = begin_kind(3);
    night(&c);
    pass(&c, SECOND_MS * 5, &shut);
    ask_with(&c, "k1", "payment", "undo", "refund", "charge:c-topup");
    pass(&c, 25 * HOUR_MS, &shut);
    ask_with(&c, "k1", "payment", "undo", "refund", "charge:c-topup");
    EXPECT_EQ(judge(&c).double_actions, 1);
    world_close(c.world);
}

static bool refunded_after(enum fault fault, struct case_ *c) {
    world_script(c->world, "payment.undo.refund", fault, 1);
    ask_with(c, "k1", "payment", "undo", "refund", "charge:c-topup");
    struct world_reply kept = c->reply;
    ask(c, "payment", "read_state", "refund", "charge:c-topup");
    bool refunded = !str_equal(member(c, "outcome"), STR("not_done"));
    c->reply = kept;
    return refunded;
}

TEST(each_fault_does_what_it_says) {
    static const struct {
        enum fault fault;
        bool done;
        unsigned status; /* 0 = no answer */
    } faults[] = {
        {FAULT_NONE, true, 202},        {FAULT_REFUSE, false, 422}, {FAULT_DELAY, true, 202},     {FAULT_DROP, false, 200},
        {FAULT_DO_AND_DROP, true, 202}, {FAULT_TWICE, true, 202},   {FAULT_TOO_MANY, false, 429}, {FAULT_STORED_500, false, 500},
        {FAULT_GARBAGE, true, 200},     {FAULT_DOWN, false, 200},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct case_ c = begin_kind(3);
        night(&c);
        pass(&c, SECOND_MS * 5, &shut);
        EXPECT_EQ(refunded_after(faults[i].fault, &c), faults[i].done);
        EXPECT_EQ(c.reply.status, faults[i].status);
        EXPECT_EQ(judge(&c).double_actions, 0);
        /* The same key again: done now, but after a stored 500, which stays. */
        ask_with(&c, "k1", "payment", "undo", "refund", "charge:c-topup");
        EXPECT_EQ(c.reply.status, faults[i].fault == FAULT_STORED_500 ? 500 : 202);
        EXPECT_EQ(judge(&c).double_actions, 0);
        world_close(c.world);
    }
}

TEST(a_forgetful_provider_refunds_twice) {
    struct case_ c = begin(&(struct world_options){.seed = 3, .now_ms = NIGHT_MS, .forgetful = true});
    night(&c);
    pass(&c, SECOND_MS * 5, &shut);
    EXPECT(refunded_after(FAULT_TWICE, &c));
    EXPECT_EQ(judge(&c).double_actions, 1);
    world_close(c.world);
}

TEST(an_outage_ends) {
    struct case_ c = begin_kind(3);
    night(&c);
    pass(&c, SECOND_MS * 5, &shut);
    world_down(c.world, "payment", c.now_ms, c.now_ms + HOUR_MS);
    ask(&c, "payment", "undo", "refund", "charge:c-topup");
    EXPECT_EQ(c.reply.fault, FAULT_DOWN);
    pass(&c, HOUR_MS, &shut);
    ask(&c, "payment", "undo", "refund", "charge:c-topup");
    EXPECT_STR(member(&c, "outcome"), STR("pending"));
    world_close(c.world);
}

TEST(dead_sessions_and_frozen_logins_are_refused) {
    struct case_ c = begin_kind(3);
    night(&c);
    ask(&c, "identity", "contain", "end_sessions", "sessions");
    EXPECT(!act(&c, "address_changed", "\"session\":\"s-bad\",\"change\":\"added\",\"address\":\"ad-2\"", true));
    EXPECT(act(&c, "address_changed", "\"session\":\"tok-1\",\"change\":\"added\",\"address\":\"ad-3\"", true)); /* it outlives them */
    ask(&c, "identity", "contain", "revoke_token", "token:tok-1");
    EXPECT(!act(&c, "address_changed", "\"session\":\"tok-1\",\"change\":\"added\",\"address\":\"ad-4\"", true));
    ask(&c, "identity", "contain", "freeze_login", "password");
    EXPECT(!act(&c, "login", "\"session\":\"s-2\",\"outcome\":\"success\"", true));
    EXPECT(str_find(str_from(event_memory), STR("\"failure\":\"locked\""), 0) < sizeof event_memory);
    ask(&c, "identity", "undo", "require_new_password", "password");
    EXPECT(!act(&c, "password_changed", "", true));
    EXPECT(act(&c, "password_changed", "", false));
    EXPECT(act(&c, "login", "\"session\":\"s-3\",\"outcome\":\"success\"", false));
    world_close(c.world);
}

/* With the gate shut no parcel leaves; with it open each goes all the way. */
TEST(the_gate_decides_what_leaves) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct case_ c = begin_kind(seed);
        night(&c);
        pass(&c, 3 * DAY_MS, seed % 2 ? &shut : NULL);
        ask(&c, "shop", "contain", "hold_order", "order:o-parcel");
        if (seed % 2) {
            EXPECT_STR(member(&c, "state"), STR("allocated"));
        } else {
            EXPECT(str_equal(member(&c, "state"), STR("delivered")) || str_equal(member(&c, "state"), STR("returned")));
            EXPECT(judge(&c).owner_out_of_pocket_minor == 51100);
        }
        world_close(c.world);
    }
}

TEST(compare_and_set_spares_what_the_owner_changed) {
    struct case_ c = begin_kind(3);
    night(&c);
    EXPECT(act(&c, "email_changed", "\"before\":\"thief\",\"after\":\"new\"", false));
    static const char body[] = "{\"system\":\"identity\",\"verb\":\"undo\",\"how\":\"restore_contact\",\"account\":\"a1\","
                               "\"effect\":{\"object\":\"contact_email\",\"before\":\"owner\",\"after\":\"thief\"}}";
    struct str header = STR("webhook-id: k");
    arena_reset(&c.step);
    world_answer(c.world, c.now_ms, STR("/undo"), &header, 1, str_from(body), &c.step, &c.reply);
    EXPECT(str_find(c.reply.body, STR("\"changed\""), 0) < c.reply.body.size);
    EXPECT_EQ(judge(&c).owner_touched, 0);
    world_close(c.world);
}

TEST(strangers_are_not_answered) {
    struct case_ c = begin(&(struct world_options){.seed = 1, .now_ms = NIGHT_MS, .secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"});
    ask(&c, "payment", "undo", "refund", "charge:c-topup");
    EXPECT_EQ(c.reply.status, 401);
    world_close(c.world);
}

static int64_t clock_of_case(void *context) {
    return ((struct case_ *)context)->now_ms;
}

/* In virtual time the caller learns of a lost answer when its time-out is over, and not before. */
TEST(what_is_lost_is_unknown_after_the_time_out) {
    struct case_ c = begin_kind(3);
    night(&c);
    pass(&c, SECOND_MS * 5, &shut);
    struct wire_world *x = wire_world_open(c.world, clock_of_case, &c);
    struct wire wire = wire_world_wire(x);
    world_script(c.world, "payment.undo.refund", FAULT_DO_AND_DROP, 1);
    struct str header = STR("webhook-id: k1");
    struct wire_request r = {.id = 5,
                             .url = STR("http://world.example/hikeshi/undo"),
                             .headers = &header,
                             .header_count = 1,
                             .timeout_ms = 5000,
                             .body = STR("{\"system\":\"payment\",\"verb\":\"undo\",\"how\":\"refund\",\"account\":\"a1\","
                                         "\"effect\":{\"object\":\"charge:c-topup\"}}")};
    struct wire_answer answer;
    struct problem p;
    EXPECT(!wire.ops->start(wire.self, &r, &p));
    c.now_ms += 4999;
    EXPECT_EQ(wire.ops->poll(wire.self, &answer, 1, 0), 0);
    c.now_ms += 1;
    EXPECT_EQ(wire.ops->poll(wire.self, &answer, 1, 0), 1);
    EXPECT_EQ(answer.fate, WIRE_UNKNOWN);
    EXPECT(!wire.ops->start(wire.self, &r, &p));
    c.now_ms += 100;
    EXPECT_EQ(wire.ops->poll(wire.self, &answer, 1, 0), 1);
    EXPECT_EQ(answer.status, 202);
    EXPECT_EQ(judge(&c).double_actions, 0);
    EXPECT_EQ(wire.ops->under_way(wire.self), 0);
    wire_world_close(x);
    world_close(c.world);
}

int main(void) {
    RUN(a_correct_caller_contents_the_judges);
    RUN(the_same_seed_is_the_same_world);
    RUN(no_operation_is_unknown);
    RUN(a_wrong_caller_is_seen);
    RUN(keys_end);
    RUN(each_fault_does_what_it_says);
    RUN(a_forgetful_provider_refunds_twice);
    RUN(an_outage_ends);
    RUN(dead_sessions_and_frozen_logins_are_refused);
    RUN(the_gate_decides_what_leaves);
    RUN(compare_and_set_spares_what_the_owner_changed);
    RUN(strangers_are_not_answered);
    RUN(what_is_lost_is_unknown_after_the_time_out);
    return test_end();
}
