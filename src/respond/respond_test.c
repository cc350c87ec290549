// SPDX-License-Identifier: Apache-2.0
/* Tests the life of a response over small machines: how it opens, acts, is answered, is taken back, and ends. */
#include "respond/respond.h"

#include "respond/case_test.h"
#include "respond/machines_test.h"

extern const struct effect_def effect_order, effect_password;

static struct test_case the_case;
static struct test_case *const c = &the_case;

static void begin(const struct effect_def *const *defs, size_t count) {
    case_init(c, &(struct catalogue){.defs = defs, .count = count});
}
#define BEGIN(...)                                                                                                                         \
    do {                                                                                                                                   \
        static const struct effect_def *const defs_[] = {__VA_ARGS__};                                                                     \
        begin(defs_, sizeof defs_ / sizeof defs_[0]);                                                                                      \
    } while (0)
#define EXPECT_STATE(kind_name, state_name) EXPECT_STR(case_of_kind(c, kind_name)->state, STR(state_name))

static void done(const char *kind) {
    case_answer(c, case_asked(c, kind), "done", NULL);
}

static void order_placed(enum whose whose) {
    case_row(c, 0, KIND_ORDER_PLACED, whose, STR("{\"order\":\"o1\",\"amount_minor\":500,\"currency\":\"JPY\",\"charge\":\"c1\"}"));
    case_login(c);
}

static void topped_up(int64_t amount_minor) {
    struct str facts = case_format(c, "{\"amount_minor\":%lld,\"currency\":\"JPY\",\"charge\":\"c7\"}", (long long)amount_minor);
    case_row(c, 0, KIND_BALANCE_TOPPED_UP, WHOSE_HIJACKER, facts);
    case_login(c);
}

static void verdict(const char *word) {
    struct event e = {
        .source = STR("api"), .kind = KIND_ANALYST_VERDICT, .incident = c->incident.id, .verdict = str_from(word), .by = STR("mei")};
    case_feed(c, &e, strcmp(word, "false_alarm") == 0);
}

static void order_state(enum fate fate) {
    struct event e = {.source = STR("warehouse"), .id = STR("w"), .kind = KIND_ORDER_STATE, .order = STR("o1"), .fate = fate};
    case_feed(c, &e, false);
}

static void payment_state(const char *charge, enum fate fate) {
    struct event e = {.source = STR("psp"), .id = STR("w"), .kind = KIND_PAYMENT_STATE, .charge = str_from(charge), .fate = fate};
    case_feed(c, &e, false);
}

static int64_t sum(const char *kind, enum ledger_kind line) {
    return case_sum(c, case_of_kind(c, kind)->id, line);
}

static bool gate_is_closed(void) {
    return c->hold_count && !c->holds[0].released_ms;
}

/* ---- opening ------------------------------------------------------------------------------------------------------------------------ */

TEST(an_incident_opens_with_notice_and_containment_at_once) {
    BEGIN(&test_sessions, &test_order);
    order_placed(WHOSE_HIJACKER);
    EXPECT_EQ(c->response.state, RESPONSE_OPEN);
    EXPECT(c->response.confident);
    EXPECT_EQ(case_told(c, "first"), 1);
    EXPECT(gate_is_closed());
    EXPECT_STATE("sessions", "containing");
    EXPECT_STR(case_asked(c, "sessions"), STR("inc_101/e1/contain.end_sessions/1"));
    EXPECT_STR(case_asked(c, "order"), STR("inc_101/e2/contain.hold_order/1"));
    EXPECT_EQ(case_step(c, case_asked(c, "order"))->lane, LANE_GOODS);
}

TEST(a_request_says_all_that_a_counterpart_needs) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    struct str r = case_step(c, case_asked(c, "order"))->request;
    EXPECT(str_starts(r, STR("{\"system\":\"shop\",\"verb\":\"contain\",\"how\":\"hold_order\",\"incident\":\"inc_101\",\"account\":\"a1\","
                             "\"effect\":{\"id\":\"inc_101/e1\",\"kind\":\"order\",\"object\":\"order:o1\"")));
    EXPECT(str_ends(r, STR("\"path\":{\"sessions\":[\"s1\"],\"clients\":[]}}")));
}

TEST(a_key_is_the_same_for_as_long_as_it_is_the_same_act) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    done("order");
    struct step_row *s = case_step(c, case_asked(c, "order"));
    EXPECT_STR(respond_key(s, &c->kept), STR("inc_101/e1/undo.cancel_order/1"));
    struct step_row looks = {
        .effect = STR("inc_1/e1"), .system = STR("payment"), .verb = STR("read_state"), .how = STR("refund"), .generation = 2};
    EXPECT_STR(respond_key(&looks, &c->kept), STR("inc_1/e1/undo.refund/2"));
    looks.how = STR("block_capture");
    EXPECT_STR(respond_key(&looks, &c->kept), STR("inc_1/e1/contain.block_capture/2"));
}

TEST(all_goes_well_until_it_closes_by_its_own_timer) {
    BEGIN(&test_sessions, &test_order);
    order_placed(WHOSE_HIJACKER);
    done("sessions");
    EXPECT_EQ(c->response.uncontained_count, 1);
    done("order");
    EXPECT(c->last.all_contained);
    EXPECT_EQ(case_told(c, "contained"), 1);
    EXPECT_STATE("order", "cancelling");
    EXPECT_EQ(c->response.state, RESPONSE_UNDOING);
    done("order");
    done("order");
    EXPECT_STATE("order", "gone");
    EXPECT(!gate_is_closed());
    EXPECT_EQ(c->response.state, RESPONSE_WAITING);
    case_timer(c, case_of_kind(c, "sessions")->id, case_of_kind(c, "sessions")->version);
    done("sessions");
    EXPECT_EQ(c->response.state, RESPONSE_VERIFIED);
    EXPECT_EQ(case_told(c, "undone"), 1);
    case_timer(c, c->incident.id, c->response.version - 1);
    EXPECT_EQ(c->response.state, RESPONSE_VERIFIED);
    case_timer(c, c->incident.id, c->response.version);
    EXPECT_EQ(c->response.state, RESPONSE_CLOSED);
}

TEST(below_the_cancel_score_it_is_only_held_until_somebody_speaks) {
    BEGIN(&test_order);
    c->incident.score = 880;
    order_placed(WHOSE_HIJACKER);
    done("order");
    EXPECT_STATE("order", "held");
    EXPECT_EQ(c->response.state, RESPONSE_CONTAINED);
    EXPECT_EQ(case_told(c, "ask"), 1);
    case_timer(c, case_of_kind(c, "order")->id, case_of_kind(c, "order")->version);
    EXPECT_STR(case_open_task(c, "order")->kind, STR("decide"));
    verdict("takeover");
    EXPECT_STATE("order", "cancelling");
    EXPECT_STR(case_open_task(c, "order")->kind, STR("(there is none)"));
}

TEST(what_is_of_unknown_hand_is_only_held) {
    BEGIN(&test_order);
    order_placed(WHOSE_UNKNOWN);
    done("order");
    EXPECT_STATE("order", "held");
    EXPECT(gate_is_closed());
    case_row(c, 2, KIND_ORDER_PLACED, WHOSE_HIJACKER, STR("{\"order\":\"o1\"}"));
    case_login(c);
    EXPECT_STATE("order", "cancelling");
    EXPECT_EQ(c->effect_count, 1);
}

TEST(what_was_unknown_before_the_window_is_left_alone) {
    BEGIN(&test_order);
    c->incident.window_from_ms = c->now_ms + 1;
    order_placed(WHOSE_UNKNOWN);
    EXPECT_EQ(c->effect_count, 0);
}

TEST(a_plan_sends_nothing_until_somebody_says_takeover) {
    BEGIN(&test_sessions, &test_order);
    c->settings.act = false;
    order_placed(WHOSE_HIJACKER);
    EXPECT_EQ(c->response.state, RESPONSE_PLANNED);
    EXPECT_EQ(c->effect_count, 2);
    EXPECT_EQ(c->step_count + c->hold_count + case_told(c, "first"), 0);
    verdict("takeover");
    EXPECT_EQ(c->response.state, RESPONSE_OPEN);
    EXPECT_EQ(case_told(c, "first"), 1);
    EXPECT_EQ(c->step_count, 2);
    EXPECT(gate_is_closed());
}

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

/* ---- people ------------------------------------------------------------------------------------------------------------------------- */

TEST(what_is_exhausted_becomes_a_persons_task) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    struct str hold = case_asked(c, "order");
    case_answer(c, hold, "exhausted", NULL);
    EXPECT_EQ(case_step(c, hold)->state, STEP_HUMAN);
    EXPECT_STATE("order", "human");
    EXPECT_EQ(c->response.uncontained_count, 1); /* that somebody has it does not contain it */
    EXPECT_EQ(case_told(c, "exhausted"), 1);
    EXPECT_EQ(case_told(c, "delayed"), 1);
    struct task_row *t = case_open_task(c, "order");
    EXPECT_STR(t->options, STR("done retry unable"));
    case_decide(c, t->id, "approve", "mei");
    EXPECT_STATE("order", "human");
    case_decide(c, t->id, "retry", "mei");
    EXPECT_STATE("order", "holding");
    case_answer(c, case_asked(c, "order"), "exhausted", NULL);
    case_decide(c, case_open_task(c, "order")->id, "done", "mei");
    EXPECT_STATE("order", "cancelling");
}

/* Nobody knows what became of it: it is the same act, with its key, and read before it is sent. One that was refused was not done. */
TEST(what_was_given_up_is_taken_up_where_it_was_left) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    struct str hold = case_asked(c, "order");
    case_answer(c, hold, "exhausted", NULL);
    case_decide(c, case_open_task(c, "order")->id, "retry", "mei");
    EXPECT_EQ(case_step(c, hold)->state, STEP_CANCELED);
    struct step_row *again = case_step(c, case_asked(c, "order"));
    EXPECT_EQ(again->state, STEP_UNKNOWN);
    EXPECT_EQ(again->generation, 1);
    case_answer(c, again->id, "changed", NULL);
    case_decide(c, case_open_task(c, "order")->id, "retry", "mei");
    struct step_row *anew = case_step(c, case_asked(c, "order"));
    EXPECT_EQ(anew->state, STEP_READY);
    EXPECT_EQ(anew->generation, 2);
}

/* A look that is repeated asks about the act that was done, under its key. */
TEST(a_look_that_is_tried_again_is_no_new_act) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    case_answer(c, case_asked(c, "order"), "done", NULL);
    case_answer(c, case_asked(c, "order"), "done", NULL);
    EXPECT_STR(case_step(c, case_asked(c, "order"))->verb, STR("probe"));
    case_answer(c, case_asked(c, "order"), "exhausted", NULL);
    case_decide(c, case_open_task(c, "order")->id, "retry", "mei");
    EXPECT_EQ(case_step(c, case_asked(c, "order"))->state, STEP_READY);
    EXPECT_EQ(case_of_kind(c, "order")->generation, 1);
}

/* Nobody answers for an hour: the owner is told, once, and it goes on being tried. What a person has then was told of already. */
TEST(what_is_late_is_told_once) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    struct str hold = case_asked(c, "order");
    struct effect_row *e = case_of_kind(c, "order");
    EXPECT_EQ(e->due_ms, c->now_ms + HOUR_MS);
    c->now_ms = e->due_ms;
    case_timer(c, e->id, e->version);
    EXPECT_STATE("order", "holding");
    EXPECT_EQ(case_step(c, hold)->state, STEP_READY);
    EXPECT_EQ(case_told(c, "delayed"), 1);
    EXPECT_EQ(case_of_kind(c, "order")->due_ms, 0);
    case_answer(c, hold, "exhausted", NULL);
    EXPECT_STATE("order", "human");
    EXPECT_EQ(case_told(c, "delayed"), 1);
}

TEST(a_person_who_cannot_is_taken_as_a_refusal) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    done("order");
    case_answer(c, case_asked(c, "order"), "exhausted", NULL);
    case_decide(c, case_open_task(c, "order")->id, "unable", "mei");
    EXPECT_STATE("order", "recalling");
    case_answer(c, case_asked(c, "order"), "exhausted", NULL);
    case_decide(c, case_open_task(c, "order")->id, "unable", "mei");
    EXPECT_STATE("order", "lost");
    EXPECT_EQ(sum("order", LEDGER_WRITEOFF), 500);
}

TEST(who_looks_in_place_of_a_probe_is_one_of_two) {
    BEGIN(&test_sessions);
    case_login(c);
    done("sessions");
    case_timer(c, case_of_kind(c, "sessions")->id, case_of_kind(c, "sessions")->version);
    case_answer(c, case_asked(c, "sessions"), "exhausted", NULL);
    struct task_row *t = case_open_task(c, "sessions");
    EXPECT_EQ(t->people, 2);
    case_decide(c, t->id, "done", "mei");
    EXPECT_STATE("sessions", "human");
    case_decide(c, t->id, "done", "ken");
    EXPECT_STATE("sessions", "verified");
}

TEST(a_task_that_is_overdue_is_told_once) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    case_answer(c, case_asked(c, "order"), "exhausted", NULL);
    struct task_row *t = case_open_task(c, "order");
    case_timer(c, t->id, 0);
    case_timer(c, t->id, 0);
    EXPECT(t->escalated);
    EXPECT_EQ(case_told(c, "overdue"), 1);
}

TEST(that_it_was_the_owners_takes_two_people_and_the_hijackers_one) {
    BEGIN(&test_order);
    order_placed(WHOSE_UNKNOWN);
    done("order");
    case_timer(c, case_of_kind(c, "order")->id, case_of_kind(c, "order")->version);
    struct task_row *t = case_open_task(c, "order");
    case_decide(c, t->id, "owner", "mei");
    case_decide(c, t->id, "owner", "mei");
    EXPECT_STATE("order", "held");
    case_decide(c, t->id, "owner", "ken");
    EXPECT_STATE("order", "restoring");

    BEGIN(&test_order);
    order_placed(WHOSE_UNKNOWN);
    done("order");
    case_timer(c, case_of_kind(c, "order")->id, case_of_kind(c, "order")->version);
    case_decide(c, case_open_task(c, "order")->id, "hijacker", "mei");
    EXPECT_STATE("order", "cancelling");
}

/* Which binary knew this kind, nobody knows any more: a person looks at it, and may end it. */
TEST(what_no_machine_knows_any_more_is_ended_by_a_person) {
    BEGIN(&test_order, &test_sessions);
    order_placed(WHOSE_HIJACKER);
    case_of_kind(c, "order")->state = STR("struck");
    case_answer(c, case_asked(c, "order"), "done", NULL);
    EXPECT_STATE("order", "human");
    case_decide(c, case_open_task(c, "order")->id, "done", "mei");
    EXPECT_STATE("order", "ended");
    case_of_kind(c, "sessions")->kind = STR("struck");
    case_answer(c, case_asked(c, "struck"), "done", NULL);
    EXPECT_STATE("struck", "human");
    case_decide(c, case_open_task(c, "struck")->id, "retry", "mei");
    EXPECT_STATE("struck", "human");
    case_decide(c, case_open_task(c, "struck")->id, "done", "mei");
    EXPECT_EQ(c->response.state, RESPONSE_VERIFIED);
}

enum { GOODS_DELIVERED, GOODS_FETCHING, GOODS_KEPT };
static const struct effect_state goods_states[] = {
    {.name = "delivered", .phase = PHASE_TOO_LATE, .says = "s", .task = TASK_APPROVE, .task_asks = "may it stay?"},
    {.name = "fetching", .phase = PHASE_UNDOING, .says = "s", .op = &carrier_undo_book_pickup},
    {.name = "left", .phase = PHASE_ACKNOWLEDGED, .says = "s", .written_off = true},
};
static const struct effect_move goods_moves[] = {
    {GOODS_DELIVERED, TRIGGER_APPROVED, ANY_FATE, GOODS_KEPT},
    {GOODS_DELIVERED, TRIGGER_DECLINED, ANY_FATE, GOODS_FETCHING},
};
static const struct effect_def test_goods = {.name = "goods",
                                             TEXTS,
                                             .kinds = {KIND_ORDER_PLACED},
                                             .object_type = "order",
                                             .object_id = test_order_id,
                                             STATES(goods_states),
                                             MOVES(goods_moves)};

TEST(goods_of_little_value_are_left_without_asking) {
    BEGIN(&test_goods);
    c->settings.keep_goods_max_minor[0] = 500;
    order_placed(WHOSE_HIJACKER);
    EXPECT_STATE("goods", "left");
    EXPECT_EQ(c->task_count, 0);
    BEGIN(&test_goods);
    c->settings.keep_goods_max_minor[0] = 499;
    order_placed(WHOSE_HIJACKER);
    EXPECT_STR(case_open_task(c, "goods")->kind, STR("approve"));
    case_decide(c, case_open_task(c, "goods")->id, "refused", "mei");
    EXPECT_STATE("goods", "fetching");
}

static const struct effect_state word_states[] = {
    {.name = "by_hand", .phase = PHASE_UNDOING, .says = "s", .task = TASK_DO, .task_asks = "do it"},
    {.name = "waiting", .phase = PHASE_PENDING, .says = "s", .waits_ms = {HOUR_MS}},
    {.name = "verified", .phase = PHASE_VERIFIED, .says = "s"},
};
static const struct effect_move word_moves[] = {
    {0, TRIGGER_DONE, ANY_FATE, 2},
    {0, TRIGGER_REFUSED, ANY_FATE, 1},
    {1, TRIGGER_TIMER, ANY_FATE, 2},
};
static const struct effect_def test_word = {
    .name = "word", TEXTS, .object_type = "word", .always = true, STATES(word_states), MOVES(word_moves)};

TEST(neither_a_word_nor_a_clock_proves_anything) {
    BEGIN(&test_word);
    case_login(c);
    case_decide(c, case_open_task(c, "word")->id, "done", "mei");
    EXPECT_STATE("word", "human");
    case_decide(c, case_open_task(c, "word")->id, "unable", "mei");
    EXPECT_STATE("word", "waiting");
    case_timer(c, case_of_kind(c, "word")->id, case_of_kind(c, "word")->version);
    EXPECT_STATE("word", "human");
}

/* A row of another incident is none of this one's. */
TEST(what_belongs_to_another_incident_is_left_to_it) {
    BEGIN(&test_order);
    case_login(c);
    case_row(c, 0, KIND_ORDER_PLACED, WHOSE_HIJACKER, STR("{\"order\":\"o1\"}"));
    c->pending[0].as.event.incident = STR("inc_7");
    case_login(c);
    EXPECT_EQ(c->effect_count, 0);
}

/* ---- the owner ---------------------------------------------------------------------------------------------------------------------- */

static void owner_says(struct str about, enum says says, enum whose path) {
    struct event e = {.source = STR("shop"), .subject = STR("a1"), .kind = KIND_OWNER_STATEMENT, .about = about, .says = says};
    case_row(c, 0, KIND_OWNER_STATEMENT, path, STR("{}"));
    case_feed(c, &e, false);
}

TEST(the_owners_no_lets_it_be_undone_and_his_yes_lets_it_go) {
    BEGIN(&test_order);
    c->incident.score = 880;
    order_placed(WHOSE_UNKNOWN);
    done("order");
    struct str id = case_of_kind(c, "order")->id;
    owner_says(id, SAYS_NOT_MINE, WHOSE_HIJACKER);
    EXPECT_STATE("order", "held");
    owner_says(id, SAYS_NOT_MINE, WHOSE_UNKNOWN);
    EXPECT_STATE("order", "cancelling");
    EXPECT(c->response.confident);

    BEGIN(&test_order);
    order_placed(WHOSE_UNKNOWN);
    done("order");
    id = case_of_kind(c, "order")->id;
    owner_says(id, SAYS_MINE, WHOSE_UNKNOWN); /* loosening: not on a word alone */
    EXPECT_STATE("order", "held");
    EXPECT_STR(case_open_task(c, "order")->kind, STR("decide"));
    owner_says(id, SAYS_MINE, WHOSE_OWNER);
    EXPECT_STATE("order", "restoring");
    EXPECT_STR(case_asked(c, "order"), case_format(c, "inc_101/e1/release.hold_order/%u", case_of_kind(c, "order")->version));
    done("order");
    EXPECT_STATE("order", "restored");
    EXPECT(!gate_is_closed());
}

TEST(what_turns_out_to_be_the_owners_is_restored) {
    BEGIN(&test_order, &test_charge);
    topped_up(500);
    EXPECT_EQ(sum("charge", LEDGER_LOSS), 500);
    order_placed(WHOSE_HIJACKER);
    done("order");
    case_step(c, case_asked(c, "order"))->state = STEP_UNKNOWN; /* the cancelling may be under way */
    struct str cancel = case_asked(c, "order");
    case_row(c, 2, KIND_ORDER_PLACED, WHOSE_OWNER, STR("{\"order\":\"o1\"}"));
    case_login(c);
    EXPECT_STATE("order", "human"); /* something may have been undone: a person puts it back */
    EXPECT_EQ(case_step(c, cancel)->state, STEP_UNKNOWN);
    case_decide(c, case_open_task(c, "order")->id, "done", "mei");
    EXPECT_STATE("order", "restored");
}

TEST(a_release_waits_until_the_containment_is_known) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    struct str hold = case_asked(c, "order");
    case_step(c, hold)->state = STEP_CLAIMED;
    verdict("false_alarm");
    EXPECT_STATE("order", "restoring");
    EXPECT_STR(case_asked(c, "order"), hold);
    case_answer(c, hold, "done", NULL);
    EXPECT(str_starts(case_asked(c, "order"), STR("inc_101/e1/release.hold_order/")));
    done("order");
    EXPECT_EQ(c->response.state, RESPONSE_FALSE_ALARM);
}

/* ---- a false alarm ------------------------------------------------------------------------------------------------------------------ */

TEST(a_false_alarm_takes_everything_back) {
    BEGIN(&test_sessions, &test_order, &test_topup, &test_charge);
    c->incident.score = 880;
    order_placed(WHOSE_HIJACKER);
    topped_up(500);
    done("sessions");
    done("order");
    verdict("false_alarm");
    EXPECT_EQ(c->response.state, RESPONSE_RESTORING);
    EXPECT_STATE("sessions", "restored"); /* there is nothing to take back */
    EXPECT_STATE("charge", "kept");
    done("order");
    done("topup");
    EXPECT_EQ(c->response.state, RESPONSE_FALSE_ALARM);
    EXPECT_EQ(case_told(c, "restored"), 1);
    struct money m[1];
    if (respond_money(c->ledger, c->ledger_count, m, 1)) EXPECT_EQ(m[0].loss_minor, 0);
}

/* A traveller is let in again by machine, although a new password had been asked of him already. */
TEST(an_owner_is_not_shut_out_until_a_person_comes) {
    BEGIN(&effect_password);
    case_login(c);
    done("password");
    done("password");
    EXPECT_STATE("password", "waiting");
    verdict("false_alarm");
    EXPECT_STATE("password", "restoring");
    done("password");
    EXPECT_EQ(c->response.state, RESPONSE_FALSE_ALARM);
}

TEST(money_that_was_returned_before_a_false_alarm_is_a_persons_task) {
    BEGIN(&test_charge);
    topped_up(500);
    done("charge");
    done("charge");
    EXPECT_STATE("charge", "verified");
    verdict("false_alarm");
    EXPECT_STATE("charge", "human");
    EXPECT_EQ(sum("charge", LEDGER_LOSS), 500);
    case_decide(c, case_open_task(c, "charge")->id, "done", "mei");
    EXPECT_STATE("charge", "restored");
    EXPECT_EQ(sum("charge", LEDGER_LOSS), 0);
    EXPECT_EQ(sum("charge", LEDGER_RETURNED), 0);
    EXPECT_EQ(c->response.state, RESPONSE_FALSE_ALARM);
}

TEST(a_plan_that_was_a_false_alarm_is_forgotten_in_silence) {
    BEGIN(&test_sessions, &test_order);
    c->settings.act = false;
    order_placed(WHOSE_HIJACKER);
    verdict("false_alarm");
    EXPECT_EQ(c->response.state, RESPONSE_FALSE_ALARM);
    EXPECT_EQ(c->step_count + case_told(c, "restored"), 0);
}

/* ---- late, and too much ------------------------------------------------------------------------------------------------------------- */

TEST(a_late_effect_opens_it_again) {
    BEGIN(&test_charge, &test_order);
    topped_up(500);
    done("charge");
    done("charge");
    EXPECT_EQ(c->response.state, RESPONSE_VERIFIED);
    order_placed(WHOSE_HIJACKER);
    EXPECT_EQ(c->response.state, RESPONSE_OPEN);
    EXPECT_EQ(c->response.due_ms, 0);
}

TEST(sweeps_find_what_no_event_told) {
    struct catalogue all = catalogue_of_all();
    static const struct effect_def *const defs[] = {&test_order};
    case_init(c, &(struct catalogue){defs, 1, all.sweeps, all.sweep_count});
    case_login(c);
    EXPECT_EQ(c->effect_count, 5);
    EXPECT_EQ(c->response.uncontained_count, 0);
    EXPECT_STR(case_asked(c, "sweep_shop"), STR("inc_101/e2/find_effects.all/1"));
    case_answer(
        c, case_asked(c, "sweep_shop"), "done",
        "{\"found\":[{\"kind\":\"order\",\"object\":\"order:o9\",\"amount_minor\":500,\"currency\":\"JPY\",\"whose\":\"hijacker\"},"
        "{\"kind\":\"order\",\"object\":\"order:\"},{\"kind\":\"nonsense\",\"object\":\"order:o8\"},5],\"nothing_in\":[\"points\"]}");
    EXPECT_EQ(c->effect_count, 6);
    EXPECT_STATE("order", "holding");
    EXPECT_STATE("sweep_shop", "quiet");
    EXPECT(case_of_kind(c, "order")->position == 0 && gate_is_closed());
    case_answer(c, case_asked(c, "sweep_carrier"), "exhausted", NULL);
    EXPECT_STR(case_open_task(c, "sweep_carrier")->kind, STR("do"));
}

TEST(more_than_can_be_kept_is_one_task) {
    BEGIN(&test_order);
    for (int i = 0; i < EFFECT_COUNT_MAX + 40; i++) {
        case_row(c, 0, KIND_ORDER_PLACED, WHOSE_HIJACKER, case_format(c, "{\"order\":\"n%d\"}", i));
        if (c->pending_count == 64) case_login(c);
    }
    case_login(c);
    EXPECT_EQ(c->effect_count, EFFECT_COUNT_MAX);
    EXPECT(c->last.overflow);
    size_t open = 0;
    for (size_t i = 0; i < c->task_count; i++) open += c->tasks[i].effect.size == 0;
    EXPECT_EQ(open, 1);
}

TEST(a_clock_that_steps_back_breaks_nothing) {
    BEGIN(&test_sessions, &test_order, &test_charge);
    order_placed(WHOSE_HIJACKER);
    c->now_ms -= 40 * DAY_MS;
    topped_up(500);
    done("order");
    done("sessions");
    EXPECT_STATE("order", "cancelling");
    EXPECT_EQ(c->response.uncontained_count, 0);
}

/* ---- what is loaded ----------------------------------------------------------------------------------------------------------------- */

static enum respond_load wanted(const struct event *e, struct str incident, struct str key) {
    struct respond_event r = {.event = e, .incident = incident};
    struct respond_wish w = respond_wants(&r, &c->kept);
    if (w.load != LOAD_NOTHING) EXPECT_STR(w.key, key);
    return w.load;
}

TEST(ordinary_events_load_nothing) {
    begin(NULL, 0);
    for (enum kind k = KIND_UNKNOWN; k < KIND_COUNT; k++) {
        struct event e = {.source = STR("shop"),
                          .subject = STR("a1"),
                          .kind = k,
                          .charge = STR("c1"),
                          .order = STR("o1"),
                          .step = STR("inc_1/e1/x/1"),
                          .about = STR("order"),
                          .fate = FATE_CAPTURED};
        bool late = k == KIND_CHARGEBACK || k == KIND_EARLY_FRAUD_WARNING;
        EXPECT_EQ(wanted(&e, STR_NONE, STR("charge:c1")), late ? LOAD_OBJECT : LOAD_NOTHING);
    }
}

TEST(events_load_what_they_speak_of) {
    begin(NULL, 0);
    struct event e = {.source = STR("hikeshi"), .kind = KIND_ACTION_RESULT, .step = STR("inc_1/e1/undo.refund/3")};
    EXPECT_EQ(wanted(&e, STR_NONE, e.step), LOAD_STEP);
    e = (struct event){.source = STR("hikeshi"), .kind = KIND_TIMER_FIRED, .about = STR("inc_1/e1")};
    EXPECT_EQ(wanted(&e, STR_NONE, e.about), LOAD_EFFECT);
    e.about = STR("inc_1");
    EXPECT_EQ(wanted(&e, STR_NONE, e.about), LOAD_INCIDENT);
    e.about = STR("inc_1/t4");
    EXPECT_EQ(wanted(&e, STR_NONE, e.about), LOAD_TASK);
    e.source = STR("somebody");
    EXPECT_EQ(wanted(&e, STR_NONE, e.about), LOAD_NOTHING);
    e = (struct event){.kind = KIND_APPROVAL, .task = STR("inc_1/t4")};
    EXPECT_EQ(wanted(&e, STR_NONE, e.task), LOAD_TASK);
    e = (struct event){.kind = KIND_PAYMENT_STATE, .charge = STR("c1"), .fate = FATE_SETTLED};
    EXPECT_EQ(wanted(&e, STR_NONE, STR("charge:c1")), LOAD_OBJECT);
    e.subject = STR("a1");
    EXPECT_EQ(wanted(&e, STR_NONE, STR_NONE), LOAD_NOTHING);
    e.fate = FATE_DISPUTED;
    EXPECT_EQ(wanted(&e, STR_NONE, STR("charge:c1")), LOAD_OBJECT);
    EXPECT_EQ(wanted(&e, STR("inc_1"), STR("inc_1")), LOAD_INCIDENT);
}

/* The account was taken over before: what that incident has answered for is not undone a second time. */
TEST(what_another_incident_has_answered_for_is_left_to_it) {
    BEGIN(&test_order);
    struct effect_row other = {.id = STR("inc_7/e1"),
                               .incident = STR("inc_7"),
                               .kind = STR("order"),
                               .object = STR("order:o1"),
                               .phase = PHASE_VERIFIED,
                               .position = 3,
                               .since_ms = c->now_ms + HOUR_MS};
    c->elsewhere[c->elsewhere_count++] = other;
    case_row(c, 1, KIND_ORDER_PLACED, WHOSE_HIJACKER, STR("{\"order\":\"o1\"}"));
    case_row(c, 2, KIND_ORDER_PLACED, WHOSE_HIJACKER, STR("{\"order\":\"o2\"}"));
    case_login(c);
    EXPECT_EQ(c->effect_count, 1);
    EXPECT_STR(case_of_kind(c, "order")->object, STR("order:o2"));
}

TEST(what_was_done_after_another_incidents_end_is_new) {
    BEGIN(&test_order);
    struct effect_row other = {.id = STR("inc_7/e1"),
                               .incident = STR("inc_7"),
                               .kind = STR("order"),
                               .object = STR("order:o1"),
                               .phase = PHASE_VERIFIED,
                               .position = 3,
                               .since_ms = 1};
    c->elsewhere[c->elsewhere_count++] = other;
    case_row(c, 1, KIND_ORDER_PLACED, WHOSE_HIJACKER, STR("{\"order\":\"o1\"}"));
    case_login(c);
    EXPECT_EQ(c->effect_count, 1);
}

int main(void) {
    RUN(what_another_incident_has_answered_for_is_left_to_it);
    RUN(what_was_done_after_another_incidents_end_is_new);
    RUN(an_incident_opens_with_notice_and_containment_at_once);
    RUN(a_request_says_all_that_a_counterpart_needs);
    RUN(a_key_is_the_same_for_as_long_as_it_is_the_same_act);
    RUN(all_goes_well_until_it_closes_by_its_own_timer);
    RUN(below_the_cancel_score_it_is_only_held_until_somebody_speaks);
    RUN(what_is_of_unknown_hand_is_only_held);
    RUN(what_was_unknown_before_the_window_is_left_alone);
    RUN(a_plan_sends_nothing_until_somebody_says_takeover);
    RUN(a_late_answer_moves_nothing_but_what_it_saw_counts);
    RUN(a_step_that_was_not_sent_is_overtaken);
    RUN(an_answer_that_comes_twice_counts_once);
    RUN(an_answer_turns_on_the_state_that_it_names);
    RUN(a_webhook_before_its_answer_counts);
    RUN(what_has_led_somewhere_does_not_lead_there_again);
    RUN(webhooks_in_any_order_do_not_turn_back_time);
    RUN(a_probe_that_sees_it_alive_begins_the_next_generation);
    RUN(what_is_done_again_is_undone_again_with_its_newest_image);
    RUN(a_loss_is_counted_once_and_returned_once);
    RUN(a_refund_that_fails_is_taken_back_and_paid_another_way_by_two);
    RUN(a_small_payment_needs_one_person);
    RUN(a_timer_repeats_slower_and_is_overdue_in_the_end);
    RUN(a_charge_waits_until_the_topup_is_off_the_balance);
    RUN(a_charge_that_waits_for_its_sibling_is_nobodys_task);
    RUN(an_authorisation_that_was_captured_becomes_a_charge);
    RUN(a_charge_that_a_sweep_finds_is_the_authorisation_that_is_known);
    RUN(what_is_exhausted_becomes_a_persons_task);
    RUN(what_was_given_up_is_taken_up_where_it_was_left);
    RUN(a_look_that_is_tried_again_is_no_new_act);
    RUN(what_is_late_is_told_once);
    RUN(a_person_who_cannot_is_taken_as_a_refusal);
    RUN(who_looks_in_place_of_a_probe_is_one_of_two);
    RUN(a_task_that_is_overdue_is_told_once);
    RUN(that_it_was_the_owners_takes_two_people_and_the_hijackers_one);
    RUN(what_no_machine_knows_any_more_is_ended_by_a_person);
    RUN(goods_of_little_value_are_left_without_asking);
    RUN(what_belongs_to_another_incident_is_left_to_it);
    RUN(while_an_act_may_come_to_pass_its_key_stays);
    RUN(neither_a_word_nor_a_clock_proves_anything);
    RUN(the_owners_no_lets_it_be_undone_and_his_yes_lets_it_go);
    RUN(what_turns_out_to_be_the_owners_is_restored);
    RUN(a_release_waits_until_the_containment_is_known);
    RUN(a_false_alarm_takes_everything_back);
    RUN(a_plan_that_was_a_false_alarm_is_forgotten_in_silence);
    RUN(an_owner_is_not_shut_out_until_a_person_comes);
    RUN(money_that_was_returned_before_a_false_alarm_is_a_persons_task);
    RUN(a_late_effect_opens_it_again);
    RUN(sweeps_find_what_no_event_told);
    RUN(more_than_can_be_kept_is_one_task);
    RUN(a_clock_that_steps_back_breaks_nothing);
    RUN(ordinary_events_load_nothing);
    RUN(events_load_what_they_speak_of);
    return test_end();
}
