// SPDX-License-Identifier: Apache-2.0
/* Tests that operations and definitions are found by name, and which move of a machine fits. */
#include "respond/catalogue.h"

#include "base/test.h"

TEST(operations_are_found_by_name) {
    for (size_t i = 0; i < operation_count(); i++) {
        const struct operation *o = operation_at(i);
        EXPECT_EQ(operation_find(str_from(o->system), str_from(o->verb), str_from(o->how)), (long long)i);
        EXPECT(operation_sentence(i).size > 0);
    }
    EXPECT_EQ(operation_find(STR("payment"), STR("undo"), STR("nothing")), -1);
    EXPECT_STR(str_from(payment_undo_refund.how), STR("refund"));
    EXPECT_STR(str_from(payment_probe_refund.verb), STR("probe"));
    EXPECT_STR(str_from(identity_read_state_pin_contact.verb), STR("read_state"));
}

/* What releases has to take back what contains: there is none without the other's name. */
TEST(whatever_is_released_was_contained) {
    for (size_t i = 0; i < operation_count(); i++) {
        const struct operation *o = operation_at(i);
        if (!str_equal(str_from(o->verb), STR("release"))) continue;
        EXPECT(operation_find(str_from(o->system), STR("contain"), str_from(o->how)) >= 0);
    }
}

TEST(definitions_are_found_by_name) {
    for (size_t i = 0; i < effect_def_count(); i++) EXPECT(effect_def_find(str_from(effect_def_at(i)->name)) == effect_def_at(i));
    EXPECT(!effect_def_find(STR("no_such_effect")));
}

TEST(triggers_have_words) {
    for (int t = 0; t < TRIGGER_COUNT; t++) {
        EXPECT(trigger_word((enum trigger)t).size > 0);
        for (int other = 0; other < t; other++) EXPECT(!str_equal(trigger_word((enum trigger)t), trigger_word((enum trigger)other)));
    }
}

static const struct effect_state states[] = {
    {.name = "held", .phase = PHASE_CONTAINED},
    {.name = "late", .phase = PHASE_TOO_LATE},
    {.name = "gone", .phase = PHASE_VERIFIED},
};
static const struct effect_move moves[] = {
    {0, TRIGGER_OBSERVED, FATE_CANCELLED, 2},  {ANY_STATE, TRIGGER_OBSERVED, FATE_HANDED_OVER, 1},
    {ANY_STATE, TRIGGER_REFUSED, ANY_FATE, 1}, {0, TRIGGER_REFUSED, FATE_PACKED, 0},
    {2, TRIGGER_FOUND_AGAIN, ANY_FATE, 0},
};
static const struct effect_def machine = {.states = states, .state_count = 3, .moves = moves, .move_count = 5};

TEST(a_move_fits_by_state_trigger_and_fate) {
    EXPECT_EQ(effect_state_find(&machine, STR("late")), 1);
    EXPECT_EQ(effect_state_find(&machine, STR("human")), -1);
    EXPECT_EQ(effect_move_find(&machine, 0, TRIGGER_OBSERVED, FATE_CANCELLED), 0);
    EXPECT_EQ(effect_move_find(&machine, 1, TRIGGER_OBSERVED, FATE_CANCELLED), -1);
    EXPECT_EQ(effect_move_find(&machine, 0, TRIGGER_OBSERVED, FATE_HANDED_OVER), 1);
    EXPECT_EQ(effect_move_find(&machine, 0, TRIGGER_REFUSED, FATE_NONE), 2);
}

TEST(moves_of_the_state_itself_come_first) {
    EXPECT_EQ(effect_move_find(&machine, 0, TRIGGER_REFUSED, FATE_PACKED), 3);
}

TEST(any_state_is_neither_terminal_nor_where_one_is) {
    EXPECT_EQ(effect_move_find(&machine, 1, TRIGGER_REFUSED, FATE_NONE), -1);
    EXPECT_EQ(effect_move_find(&machine, 2, TRIGGER_REFUSED, FATE_NONE), -1);
    EXPECT_EQ(effect_move_find(&machine, 2, TRIGGER_FOUND_AGAIN, FATE_NONE), 4);
    EXPECT_EQ(effect_move_find(&machine, -1, TRIGGER_REFUSED, FATE_NONE), -1);
}

int main(void) {
    RUN(operations_are_found_by_name);
    RUN(whatever_is_released_was_contained);
    RUN(definitions_are_found_by_name);
    RUN(triggers_have_words);
    RUN(a_move_fits_by_state_trigger_and_fate);
    RUN(moves_of_the_state_itself_come_first);
    RUN(any_state_is_neither_terminal_nor_where_one_is);
    return test_end();
}
