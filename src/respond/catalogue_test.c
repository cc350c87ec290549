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

/* ---- is a definition sound? --------------------------------------------------------------------------------------------------------- */

static bool is_notice(const char *subject) {
#define NOTICE(audience, word, sentence)                                                                                                   \
    if (strcmp(subject, #word) == 0) return true;
#include "respond/notices.def"
#undef NOTICE
    return false;
}

/* Asked of a system that somebody may offer: one of operations.def, or a look at what that does. */
static bool is_known(const struct operation *op) {
    bool looks = strcmp(op->verb, "probe") == 0 || strcmp(op->verb, "read_state") == 0;
    struct str system = str_from(op->system), how = str_from(op->how);
    if (!looks) return operation_find(system, str_from(op->verb), how) >= 0;
    return operation_find(system, STR("undo"), how) >= 0 || operation_find(system, STR("contain"), how) >= 0;
}

static bool leads_on(const struct effect_def *d, int from, enum trigger on) {
    for (size_t i = 0; i < d->move_count; i++)
        if (d->moves[i].on == on && effect_move_find(d, from, on, d->moves[i].fate) >= 0) return true;
    return false;
}

static const char *fault_of_state(const struct effect_def *d, int at) {
    const struct effect_state *s = &d->states[at];
    if (effect_state_find(d, str_from(s->name)) != at) return "two states of one name";
    if (!s->says || !*s->says) return "a state that says nothing";
    if (s->notice && !is_notice(s->notice)) return "a notice that is not in notices.def";
    if (s->op && !is_known(s->op)) return "an operation that nobody can offer";
    if (s->task != TASK_NONE && !s->task_asks) return "a task that asks nothing";
    if (s->becomes) {
        const struct effect_def *next = effect_def_find(str_from(s->becomes));
        return next && effect_state_find(next, str_from(s->becomes_state)) >= 0 ? NULL : "it becomes what there is not";
    }
    if (phase_is_terminal(s->phase)) return s->op || s->waits_ms[0] || s->task != TASK_NONE ? "an end that wants something" : NULL;
    if (s->op && !leads_on(d, at, TRIGGER_DONE)) return "a step whose success leads nowhere";
    if (s->waits_ms[0] && !leads_on(d, at, TRIGGER_TIMER) && !leads_on(d, at, TRIGGER_GO)) return "a timer that leads nowhere";
    if (s->repeats_max && !leads_on(d, at, TRIGGER_OVERDUE)) return "repeats that end nowhere";
    bool stays = s->op || s->waits_ms[0] || s->task != TASK_NONE || leads_on(d, at, TRIGGER_GO);
    return stays ? NULL : "a state in which nothing happens";
}

/* Verified only by a probe, or when a quiet period after one is over; or by what was seen. */
static const char *fault_of_move(const struct effect_def *d, const struct effect_move *m) {
    int count = (int)d->state_count;
    if (m->from < AFTER_GO || m->from >= count || m->to < 0 || m->to >= count || m->on >= TRIGGER_COUNT) return "a move out of the machine";
    if (d->states[m->to].phase != PHASE_VERIFIED || m->from < 0 || m->on == TRIGGER_OBSERVED) return NULL;
    const struct effect_state *from = &d->states[m->from];
    bool quiet = m->on == TRIGGER_TIMER && from->phase == PHASE_CONFIRMED;
    bool probe = from->op && strcmp(from->op->verb, "probe") == 0 && (m->on == TRIGGER_DONE || m->on == TRIGGER_ABSENT);
    return quiet || probe ? NULL : "verified without a probe";
}

static const char *fault_of(const struct effect_def *d) {
    if (!d->state_count || !d->states[0].name) return "no first state";
    if (!d->object_type || (d->kinds[0] != KIND_UNKNOWN && !d->object_id && !d->always && !d->object_type[0])) return "no object";
    if (!d->code || !d->sentence || !d->found || !d->undone || !d->too_late || !d->confirmers) return "it does not say what it is";
    if (d->holds_order && strcmp(d->object_type, "order") != 0) return "it holds what is no order";
    if (d->release && (!is_known(d->release) || strcmp(d->release->verb, "release") != 0)) return "its release releases nothing";
    if (d->waits_for && (!effect_def_find(str_from(d->waits_for)) || strcmp(d->waits_for, d->name) == 0)) return "it waits for nobody";
    for (int i = 0; i < (int)d->state_count; i++)
        if (fault_of_state(d, i)) return fault_of_state(d, i);
    for (size_t i = 0; i < d->move_count; i++)
        if (fault_of_move(d, &d->moves[i])) return fault_of_move(d, &d->moves[i]);
    return NULL;
}

TEST(definitions_are_sound) {
    for (size_t i = 0; i < effect_def_count(); i++) {
        const char *fault = fault_of(effect_def_at(i));
        if (fault) printf("%s: %s\n", effect_def_at(i)->name, fault);
        EXPECT(!fault);
    }
    struct catalogue c = catalogue_of_all();
    for (size_t i = 0; i < c.sweep_count; i++) EXPECT(c.sweeps[i]->state_count == 6 && c.sweeps[i]->always);
}

TEST(a_definition_that_is_not_sound_is_told) {
    EXPECT_STR(str_from(fault_of(&machine)), STR("no object"));
    struct effect_def d = machine;
    d.object_type = d.code = d.sentence = d.found = d.undone = d.too_late = d.confirmers = "x";
    EXPECT_STR(str_from(fault_of(&d)), STR("a state that says nothing"));
    static const struct effect_state bad[] = {{.name = "a", .says = "s", .phase = PHASE_UNDOING, .op = &payment_undo_refund},
                                              {.name = "b", .says = "s", .phase = PHASE_VERIFIED}};
    static const struct effect_move unproven[] = {{0, TRIGGER_DONE, ANY_FATE, 1}};
    d.states = bad, d.state_count = 2, d.moves = unproven, d.move_count = 0;
    EXPECT_STR(str_from(fault_of(&d)), STR("a step whose success leads nowhere"));
    d.move_count = 1;
    EXPECT_STR(str_from(fault_of(&d)), STR("verified without a probe"));
    d.holds_order = true;
    EXPECT_STR(str_from(fault_of(&d)), STR("it holds what is no order"));
}

int main(void) {
    RUN(definitions_are_sound);
    RUN(a_definition_that_is_not_sound_is_told);
    RUN(operations_are_found_by_name);
    RUN(whatever_is_released_was_contained);
    RUN(definitions_are_found_by_name);
    RUN(triggers_have_words);
    RUN(a_move_fits_by_state_trigger_and_fate);
    RUN(moves_of_the_state_itself_come_first);
    RUN(any_state_is_neither_terminal_nor_where_one_is);
    return test_end();
}
