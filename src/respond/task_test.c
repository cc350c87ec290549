// SPDX-License-Identifier: Apache-2.0
/* Tests what people are asked, and what their answers do: one, or two of them, and never one for two. */
#include "respond/advance.h"

#include "respond/night_test.h"

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

/* Seen alive, it was not done: what is asked for then is another act, and nothing of the one that was given up is left to be read. */
TEST(what_is_known_not_to_be_so_is_asked_for_anew) {
    BEGIN(&test_order);
    order_placed(WHOSE_HIJACKER);
    struct str hold = case_asked(c, "order");
    case_answer(c, hold, "exhausted", NULL);
    case_decide(c, case_open_task(c, "order")->id, "done", "mei");
    done("order");
    case_answer(c, case_asked(c, "order"), "absent", "{\"outcome\":\"not_done\"}");
    EXPECT_STATE("order", "holding");
    EXPECT_EQ(case_step(c, hold)->state, STEP_CANCELED);
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

int main(void) {
    RUN(what_is_exhausted_becomes_a_persons_task);
    RUN(what_was_given_up_is_taken_up_where_it_was_left);
    RUN(what_is_known_not_to_be_so_is_asked_for_anew);
    RUN(a_look_that_is_tried_again_is_no_new_act);
    RUN(what_is_late_is_told_once);
    RUN(a_person_who_cannot_is_taken_as_a_refusal);
    RUN(who_looks_in_place_of_a_probe_is_one_of_two);
    RUN(a_task_that_is_overdue_is_told_once);
    RUN(that_it_was_the_owners_takes_two_people_and_the_hijackers_one);
    RUN(what_no_machine_knows_any_more_is_ended_by_a_person);
    RUN(goods_of_little_value_are_left_without_asking);
    RUN(what_belongs_to_another_incident_is_left_to_it);
    RUN(neither_a_word_nor_a_clock_proves_anything);
    return test_end();
}
