// SPDX-License-Identifier: Apache-2.0
/* Tests the books of a response: a loss is counted once and made good once, and there is no end while money is missing. */
#include "respond/advance.h"

#include "respond/night_test.h"

/* ---- money -------------------------------------------------------------------------------------------------------------------------- */

TEST(a_loss_is_counted_once_and_returned_once) {
    BEGIN(&test_charge);
    topped_up(50000);
    EXPECT_EQ(sum("charge", LEDGER_LOSS), 50000);
    case_answer(c, case_asked(c, "charge"), "done", "{\"state\":\"refunded\",\"reference\":\"arn1\"}");
    EXPECT_EQ(sum("charge", LEDGER_RETURNED), 50000);
    done("charge");
    EXPECT_STATE("charge", "verified");
    struct money m[2];
    EXPECT_EQ(respond_money(c->ledger, c->ledger_count, m, 2), 1);
    EXPECT_EQ(money_open(&m[0]), 0);
    EXPECT_EQ(m[0].loss_minor, 50000);
}

TEST(a_refund_that_fails_is_taken_back_and_paid_another_way_by_two) {
    BEGIN(&test_charge);
    topped_up(50000);
    done("charge");
    payment_state("c7", FATE_REFUND_FAILED);
    EXPECT_EQ(sum("charge", LEDGER_RETURNED), 0);
    struct task_row *t = case_open_task(c, "charge");
    EXPECT_STR(t->kind, STR("approve"));
    EXPECT_EQ(t->people, 2);
    case_decide(c, t->id, "approved", "mei");
    EXPECT_STATE("charge", "asking");
    case_decide(c, t->id, "approve", "mei");
    EXPECT_EQ(t->state, TASK_PROPOSED);
    case_decide(c, t->id, "approve", "");
    EXPECT_EQ(t->state, TASK_PROPOSED);
    case_decide(c, t->id, "approve", "ken");
    EXPECT_STATE("charge", "paying");
    EXPECT_STR(t->proposed_by, STR("mei"));
    EXPECT_STR(t->approved_by, STR("ken"));
    done("charge");
    EXPECT_EQ(sum("charge", LEDGER_COMPENSATED), 50000);
}

TEST(a_small_payment_needs_one_person) {
    BEGIN(&test_charge);
    topped_up(10000);
    case_answer(c, case_asked(c, "charge"), "refused", NULL);
    EXPECT_EQ(case_open_task(c, "charge")->people, 1);
    case_decide(c, case_open_task(c, "charge")->id, "approve", "mei");
    EXPECT_STATE("charge", "paying");
}

TEST(a_timer_repeats_slower_and_is_overdue_in_the_end) {
    BEGIN(&test_charge);
    topped_up(500);
    case_answer(c, case_asked(c, "charge"), "pending", NULL);
    struct effect_row *e = case_of_kind(c, "charge");
    EXPECT_EQ(e->due_ms - c->now_ms, MINUTE_MS);
    case_timer(c, e->id, e->version - 1);
    EXPECT_EQ(e->repeats, 0);
    case_timer(c, e->id, e->version);
    EXPECT_EQ(e->due_ms - c->now_ms, 10 * MINUTE_MS);
    case_timer(c, e->id, e->version);
    EXPECT_EQ(e->repeats, 2);
    case_timer(c, e->id, e->version);
    EXPECT_STATE("charge", "asking");
}

TEST(a_charge_waits_until_the_topup_is_off_the_balance) {
    BEGIN(&test_charge, &test_topup);
    topped_up(500);
    EXPECT_STATE("charge", "seen");
    done("topup");
    EXPECT_STATE("topup", "reversing");
    EXPECT_STATE("charge", "seen");
    done("topup");
    EXPECT_STATE("topup", "probing");
    EXPECT_STATE("charge", "refunding");
}

/* It was asked about, got its go, and still waits for its sibling when the time for asking is over. */
TEST(a_charge_that_waits_for_its_sibling_is_nobodys_task) {
    BEGIN(&test_charge, &test_topup);
    c->incident.score = 880;
    topped_up(500);
    struct effect_row *charge = case_of_kind(c, "charge");
    EXPECT(charge->due_ms);
    verdict("takeover");
    case_timer(c, charge->id, charge->version);
    EXPECT_STATE("charge", "seen");
    EXPECT_STR(case_open_task(c, "charge")->kind, STR("(there is none)"));
    done("topup");
    done("topup");
    EXPECT_STATE("charge", "refunding");
}

TEST(an_authorisation_that_was_captured_becomes_a_charge) {
    BEGIN(&test_auth, &test_charge);
    order_placed(WHOSE_HIJACKER);
    EXPECT_EQ(c->ledger_count, 0);
    case_answer(c, case_asked(c, "authorisation"), "done", "{\"state\":\"captured\"}");
    EXPECT_EQ(c->effect_count, 1);
    EXPECT_STATE("charge", "refunding");
    EXPECT_EQ(sum("charge", LEDGER_LOSS), 500);
    case_row(c, 2, KIND_ORDER_PLACED, WHOSE_HIJACKER, STR("{\"order\":\"o1\",\"charge\":\"c1\"}"));
    case_login(c);
    EXPECT_EQ(c->effect_count, 1); /* told of once more, it is still the same one */
}

TEST(a_charge_that_a_sweep_finds_is_the_authorisation_that_is_known) {
    struct catalogue all = catalogue_of_all();
    static const struct effect_def *const defs[] = {&test_auth, &test_charge};
    case_init(c, &(struct catalogue){defs, 2, all.sweeps, all.sweep_count});
    order_placed(WHOSE_HIJACKER);
    case_answer(
        c, case_asked(c, "sweep_payment"), "done",
        "{\"found\":[{\"kind\":\"charge\",\"object\":\"charge:c1\",\"state\":\"captured\",\"amount_minor\":500,\"currency\":\"JPY\"}]}");
    EXPECT_EQ(c->effect_count, 6);
    EXPECT_STATE("charge", "refunding");
    EXPECT_EQ(sum("charge", LEDGER_LOSS), 500);
}

int main(void) {
    RUN(a_loss_is_counted_once_and_returned_once);
    RUN(a_refund_that_fails_is_taken_back_and_paid_another_way_by_two);
    RUN(a_small_payment_needs_one_person);
    RUN(a_timer_repeats_slower_and_is_overdue_in_the_end);
    RUN(a_charge_waits_until_the_topup_is_off_the_balance);
    RUN(a_charge_that_waits_for_its_sibling_is_nobodys_task);
    RUN(an_authorisation_that_was_captured_becomes_a_charge);
    RUN(a_charge_that_a_sweep_finds_is_the_authorisation_that_is_known);
    return test_end();
}
