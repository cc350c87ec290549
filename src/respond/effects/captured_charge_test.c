// SPDX-License-Identifier: Apache-2.0
/* Drives the real definitions of charges through answers in awkward orders: one way pays, never two. */
#include "respond/case_test.h"

static struct test_case kase, *const c = &kase;

static void begin(const char *first) {
    struct catalogue all = catalogue_of_all();
    static const struct effect_def *defs[2];
    defs[0] = catalogue_find(&all, STR("card_authorisation"));
    defs[1] = catalogue_find(&all, STR("captured_charge"));
    case_init(c, &(struct catalogue){defs, 2, all.sweeps, 0});
    case_row(c, 1, KIND_ORDER_PLACED, WHOSE_HIJACKER,
             STR("{\"order\":\"o1\",\"charge\":\"c1\",\"amount_minor\":500,\"currency\":\"JPY\"}"));
    case_login(c);
    case_answer(c, case_asked(c, "card_authorisation"), "done", first);
}

static void answer(const char *result, const char *body) {
    case_answer(c, case_asked(c, "captured_charge"), result, body);
}

static void observe(enum fate fate) {
    struct event e = {.source = STR("psp"), .id = STR("w"), .kind = KIND_PAYMENT_STATE, .charge = STR("c1"), .fate = fate};
    case_feed(c, &e, false);
}

static size_t sent(const char *how) {
    size_t count = 0;
    for (size_t i = 0; i < c->step_count; i++)
        count += str_equal(c->steps[i].how, str_from(how)) && str_equal(c->steps[i].verb, STR("undo"));
    return count;
}

static struct str state(void) {
    return case_of_kind(c, "captured_charge")->state;
}

TEST(a_dispute_after_a_failed_refund_is_not_paid_twice) {
    begin("{\"state\":\"captured\"}");
    answer("pending", "{\"state\":\"refund_pending\"}");
    observe(FATE_REFUND_FAILED);
    EXPECT_STR(state(), STR("doubted"));
    answer("refused", "{\"state\":\"refund_failed\"}");
    EXPECT_STR(state(), STR("failed"));
    observe(FATE_DISPUTED);
    EXPECT_STR(state(), STR("accepting"));
    EXPECT_EQ(sent("pay_other_rail"), 0);
    EXPECT_STR(case_open_task(c, "captured_charge")->kind, STR("(there is none)"));
}

/* The news may be of an earlier refund, and is only a reason to look. */
TEST(nobody_pays_another_way_for_a_piece_of_news) {
    begin("{\"state\":\"captured\"}");
    answer("pending", "{\"state\":\"refund_pending\"}");
    observe(FATE_REFUND_FAILED);
    EXPECT_STR(case_open_task(c, "captured_charge")->kind, STR("(there is none)"));
    answer("done", "{\"state\":\"refunded\"}");
    EXPECT_STR(state(), STR("refunded"));
    answer("absent", "{\"outcome\":\"not_done\"}"); /* nor is it asked for again because it is not seen */
    EXPECT_STR(state(), STR("followed"));
    EXPECT_EQ(sent("refund"), 1);
}

TEST(a_payment_on_its_way_is_not_paid_anew) {
    begin("{\"state\":\"captured\"}");
    answer("refused", "{}");
    EXPECT_STR(state(), STR("failed"));
    case_decide(c, case_open_task(c, "captured_charge")->id, "approve", "mei");
    case_decide(c, case_open_task(c, "captured_charge")->id, "approve", "jun");
    EXPECT_EQ(sent("pay_other_rail"), 1);
    answer("pending", "{}");
    EXPECT_STR(state(), STR("on_its_way"));
    answer("absent", "{\"outcome\":\"not_done\"}");
    EXPECT_STR(state(), STR("rail_followed"));
    EXPECT_EQ(sent("pay_other_rail"), 1);
    EXPECT_EQ(sent("refund"), 1);
}

TEST(a_dispute_while_the_refund_is_pending_is_seen_by_somebody) {
    begin("{\"state\":\"captured\"}");
    answer("pending", "{\"state\":\"refund_pending\"}");
    observe(FATE_DISPUTED);
    EXPECT_EQ(sent("accept_dispute"), 0);
    EXPECT_STR(case_open_task(c, "captured_charge")->kind, STR("follow"));
    observe(FATE_REFUNDED); /* the dispute is still there: who is on it stays on it */
    EXPECT_STR(state(), STR("contested"));
    case_decide(c, case_open_task(c, "captured_charge")->id, "done", "mei");
    EXPECT_STR(state(), STR("refunded"));
    EXPECT_EQ(sent("refund"), 1);
}

TEST(an_authorisation_that_settled_is_a_charge) {
    begin("{\"state\":\"settled\"}");
    EXPECT_STR(state(), STR("refunding"));
}

int main(void) {
    RUN(a_dispute_after_a_failed_refund_is_not_paid_twice);
    RUN(nobody_pays_another_way_for_a_piece_of_news);
    RUN(a_payment_on_its_way_is_not_paid_anew);
    RUN(a_dispute_while_the_refund_is_pending_is_seen_by_somebody);
    RUN(an_authorisation_that_settled_is_a_charge);
    return test_end();
}
