// SPDX-License-Identifier: Apache-2.0
/* Tests the life of a response over small machines: how it opens, acts, is taken back, and ends. */
#include "respond/respond.h"

#include "respond/night_test.h"

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

/* The account was taken over before, and that incident has undone its order. */
static void undone_elsewhere(int64_t since_ms) {
    c->elsewhere[c->elsewhere_count++] = (struct effect_row){.id = STR("inc_7/e1"),
                                                             .incident = STR("inc_7"),
                                                             .kind = STR("order"),
                                                             .object = STR("order:o1"),
                                                             .phase = PHASE_VERIFIED,
                                                             .position = 3,
                                                             .since_ms = since_ms};
}

/* It is not undone a second time. */
TEST(what_another_incident_has_answered_for_is_left_to_it) {
    BEGIN(&test_order);
    undone_elsewhere(c->now_ms + HOUR_MS);
    case_row(c, 1, KIND_ORDER_PLACED, WHOSE_HIJACKER, STR("{\"order\":\"o1\"}"));
    case_row(c, 2, KIND_ORDER_PLACED, WHOSE_HIJACKER, STR("{\"order\":\"o2\"}"));
    case_login(c);
    EXPECT_EQ(c->effect_count, 1);
    EXPECT_STR(case_of_kind(c, "order")->object, STR("order:o2"));
}

TEST(what_was_done_after_another_incidents_end_is_new) {
    BEGIN(&test_order);
    undone_elsewhere(1);
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
