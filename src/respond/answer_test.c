// SPDX-License-Identifier: Apache-2.0
/* Tests what becomes of an answer: in time, late, twice, before its request, and of another state. */
#include "respond/advance.h"

#include "respond/night_test.h"

/* ---- answers ------------------------------------------------------------------------------------------------------------------------ */

TEST(a_late_answer_moves_nothing_but_what_it_saw_counts) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    done("order");
    struct str cancel = case_asked(c, "order");
    case_step(c, cancel)->state = STEP_CLAIMED;
    order_state(FATE_HANDED_OVER);
    EXPECT_STATE("order", "recalling");
    EXPECT_EQ(case_step(c, cancel)->state, STEP_CLAIMED); /* it is under way: never cancelled in silence */
    case_answer(c, cancel, "done", "{\"state\":\"returned\",\"reference\":\"r9\"}");
    EXPECT_STATE("order", "recalling");
    EXPECT_EQ(case_of_kind(c, "order")->fate, FATE_RETURNED);
    EXPECT_STR(case_of_kind(c, "order")->reference, STR("r9"));
    EXPECT_EQ(case_step(c, cancel)->state, STEP_DONE);
}

TEST(a_step_that_was_not_sent_is_overtaken) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    struct str hold = case_asked(c, "order");
    order_state(FATE_HANDED_OVER);
    EXPECT_EQ(case_step(c, hold)->state, STEP_CANCELED);
    EXPECT_EQ(case_told(c, "parcel_coming"), 1);
}

TEST(an_answer_that_comes_twice_counts_once) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    struct str hold = case_asked(c, "order");
    case_answer(c, hold, "done", NULL);
    uint32_t version = case_of_kind(c, "order")->version;
    case_answer(c, hold, "done", NULL);
    EXPECT_EQ(case_of_kind(c, "order")->version, version);
    case_answer(c, STR("inc_101/e1/undo.nothing/9"), "done", NULL);
    EXPECT_EQ(case_of_kind(c, "order")->version, version);
}

TEST(an_answer_turns_on_the_state_that_it_names) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    case_answer(c, case_asked(c, "order"), "done", "{\"state\":\"handed_over\",\"fulfilment\":\"p1\"}");
    EXPECT_STATE("order", "recalling");
    EXPECT_STR(case_of_kind(c, "order")->fulfilment, STR("p1"));
}

TEST(a_webhook_before_its_answer_counts) {
    BEGIN(&test_charge);
    topped_up(50000);
    EXPECT_STATE("charge", "refunding");
    payment_state("c7", FATE_REFUNDED);
    EXPECT_STATE("charge", "refunding");
    case_answer(c, case_asked(c, "charge"), "pending", NULL);
    EXPECT_STATE("charge", "refunded");
    EXPECT_EQ(sum("charge", LEDGER_RETURNED), 50000);
}

/* picking -> pulled -> cancelling, which leads back to pulling where picking is seen: seen anew, not remembered. */
TEST(what_has_led_somewhere_does_not_lead_there_again) {
    BEGIN(&effect_order);
    order_placed(WHOSE_HIJACKER);
    case_answer(c, case_asked(c, "order"), "done", "{\"state\":\"picking\"}");
    EXPECT_STATE("order", "pulling");
    done("order");
    EXPECT_STATE("order", "cancelling");
    order_state(FATE_PACKED);
    EXPECT_STATE("order", "pulling");
    done("order");
    EXPECT_STATE("order", "cancelling");
}

TEST(webhooks_in_any_order_do_not_turn_back_time) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    order_state(FATE_HANDED_OVER);
    order_state(FATE_PACKED);
    EXPECT_EQ(case_of_kind(c, "order")->fate, FATE_HANDED_OVER);
    uint32_t version = case_of_kind(c, "order")->version;
    order_state(FATE_HANDED_OVER);
    EXPECT_EQ(case_of_kind(c, "order")->version, version);
}

TEST(a_probe_that_sees_it_alive_begins_the_next_generation) {
    BEGIN(&test_sessions);
    case_login(c);
    done("sessions");
    case_timer(c, case_of_kind(c, "sessions")->id, case_of_kind(c, "sessions")->version);
    EXPECT_STATE("sessions", "probing");
    case_answer(c, case_asked(c, "sessions"), "refused", "{\"outcome\":\"not_done\"}");
    EXPECT_STATE("sessions", "containing");
    EXPECT_EQ(case_of_kind(c, "sessions")->generation, 2);
    EXPECT_EQ(c->response.uncontained_count, 1);
    EXPECT_STR(respond_key(case_step(c, case_asked(c, "sessions")), &c->kept), STR("inc_101/e1/contain.end_sessions/2"));
    EXPECT(c->proof_count == 2 && !c->proofs[1].ok);
}

TEST(what_is_done_again_is_undone_again_with_its_newest_image) {
    BEGIN(&test_address);
    case_row(c, 0, KIND_ADDRESS_CHANGED, WHOSE_HIJACKER, STR("{\"address\":\"a7\",\"before\":\"b\",\"after\":\"x\"}"));
    case_login(c);
    done("address");
    EXPECT_STATE("address", "putting_back");
    case_row(c, 0, KIND_ADDRESS_CHANGED, WHOSE_HIJACKER, STR("{\"address\":\"a7\",\"before\":\"x\",\"after\":\"y\"}"));
    case_login(c);
    EXPECT_STATE("address", "blocking");
    EXPECT_STR(case_of_kind(c, "address")->before, STR("b"));
    EXPECT_STR(case_of_kind(c, "address")->after, STR("y"));
    EXPECT_EQ(c->effect_count, 1);
}

TEST(while_an_act_may_come_to_pass_its_key_stays) {
    BEGIN(&test_address);
    case_row(c, 0, KIND_ADDRESS_CHANGED, WHOSE_HIJACKER, STR("{\"address\":\"a7\",\"after\":\"x\"}"));
    case_login(c);
    done("address");
    case_step(c, case_asked(c, "address"))->state = STEP_UNKNOWN;
    case_row(c, 0, KIND_ADDRESS_CHANGED, WHOSE_HIJACKER, STR("{\"address\":\"a7\",\"after\":\"y\"}"));
    case_login(c);
    EXPECT_STATE("address", "blocking");
    EXPECT_EQ(case_of_kind(c, "address")->generation, 1);
}

int main(void) {
    RUN(a_late_answer_moves_nothing_but_what_it_saw_counts);
    RUN(a_step_that_was_not_sent_is_overtaken);
    RUN(an_answer_that_comes_twice_counts_once);
    RUN(an_answer_turns_on_the_state_that_it_names);
    RUN(a_webhook_before_its_answer_counts);
    RUN(what_has_led_somewhere_does_not_lead_there_again);
    RUN(webhooks_in_any_order_do_not_turn_back_time);
    RUN(a_probe_that_sees_it_alive_begins_the_next_generation);
    RUN(what_is_done_again_is_undone_again_with_its_newest_image);
    RUN(while_an_act_may_come_to_pass_its_key_stays);
    return test_end();
}
