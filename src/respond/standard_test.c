// SPDX-License-Identifier: Apache-2.0
/* Looks over every definition of an effect: does it lead somewhere, is nothing forgotten, is nothing undone without leave? */
#include "base/test.h"
#include "respond/effect.h"
#include "respond/standard.h"

#define STATES_MAX 32

static const struct effect_def *now; /* the one that is looked at, for messages */

static void fail(const char *what, const char *state) {
    printf("%s (%s), state \"%s\": %s\n", now->name, now->code, state, what);
    test_failures_here++;
}

/* Does this move lead on from this state? (respond/effect.h: those of the state itself before the others) */
static bool leads_from(const struct effect_def *d, const struct effect_move *m, int from) {
    return m->from == from || (m->from < 0 && effect_move_find(d, from, m->on, m->fate) == (int)(m - d->moves));
}

/* Whether `to` can be reached from `from`, without moves on `not_on`. */
static bool reaches(const struct effect_def *d, int from, int to, enum trigger not_on) {
    bool seen[STATES_MAX] = {false};
    seen[from] = true;
    for (bool grew = true; grew;) {
        grew = false;
        for (size_t i = 0; i < d->move_count; i++)
            for (int s = 0; s < (int)d->state_count; s++) {
                const struct effect_move *m = &d->moves[i];
                if (!seen[s] || seen[m->to] || m->on == not_on || !leads_from(d, m, s)) continue;
                seen[m->to] = grew = true;
            }
    }
    return seen[to];
}

static bool ends(const struct effect_def *d, int s) {
    return phase_is_terminal(d->states[s].phase) || d->states[s].becomes;
}

TEST(every_state_is_reached_and_leads_to_an_end) {
    for (size_t n = 0; n < effect_def_count(); n++) {
        now = effect_def_at(n);
        EXPECT(now->state_count <= STATES_MAX);
        for (int s = 0; s < (int)now->state_count; s++) {
            bool end = false;
            bool entered = reaches(now, 0, s, TRIGGER_COUNT) || strcmp(now->name, "captured_charge") == 0;
            if (!entered) fail("is never reached", now->states[s].name);
            for (int t = 0; t < (int)now->state_count && !end; t++) end = ends(now, t) && reaches(now, s, t, TRIGGER_COUNT);
            if (!end) fail("leads to no end", now->states[s].name);
        }
    }
}

TEST(no_state_is_forgotten) {
    for (size_t n = 0; n < effect_def_count(); n++) {
        now = effect_def_at(n);
        for (size_t s = 0; s < now->state_count; s++) {
            const struct effect_state *state = &now->states[s];
            if (!state->name || !state->says || !state->says[0]) fail("has no name or sentence", state->name ? state->name : "?");
            bool waits_for_go = effect_move_find(now, (int)s, TRIGGER_GO, ANY_FATE) >= 0;
            bool held = phase_is_terminal(state->phase) || state->becomes || waits_for_go;
            if (!held && !state->op && !state->waits_ms[0] && state->task == TASK_NONE) fail("nothing leads on", state->name);
            if (state->task != TASK_NONE && (!state->task_asks || !state->task_due_ms))
                fail("its task has no sentence or no time", state->name);
            if (state->waits_ms[0] && effect_move_find(now, (int)s, TRIGGER_TIMER, ANY_FATE) < 0)
                fail("its timer leads nowhere", state->name);
            if (state->repeats_max && effect_move_find(now, (int)s, TRIGGER_OVERDUE, ANY_FATE) < 0)
                fail("repeats without end", state->name);
        }
    }
}

static bool is_undoing(const struct effect_state *s) {
    return s->op && strcmp(s->op->verb, "undo") == 0;
}

/* Without `go`, and without a person's word, nothing of `undo` is reached; the owner's own new password is his word. */
TEST(nothing_is_undone_without_go) {
    for (size_t n = 0; n < effect_def_count(); n++) {
        now = effect_def_at(n);
        for (int s = 0; s < (int)now->state_count; s++)
            if (is_undoing(&now->states[s]) && reaches(now, 0, s, TRIGGER_GO)) fail("is reached without go", now->states[s].name);
    }
}

TEST(verified_comes_after_a_probe_only) {
    for (size_t n = 0; n < effect_def_count(); n++) {
        now = effect_def_at(n);
        for (size_t i = 0; i < now->move_count; i++) {
            const struct effect_move *m = &now->moves[i];
            if (now->states[m->to].phase != PHASE_VERIFIED) continue;
            const struct effect_state *from = m->from < 0 ? NULL : &now->states[m->from];
            if (!from || !from->op || strcmp(from->op->verb, "probe") != 0) fail("verified without a probe", from ? from->name : "any");
        }
    }
}

/* A loss is made good once on every way to an end. */
static void follow_money(const struct effect_def *d, int at, int times, int depth, bool *wrong) {
    times += (d->states[at].returned ? 1 : 0) + (d->states[at].compensated ? 1 : 0);
    if (phase_is_terminal(d->states[at].phase) && times != 1) *wrong = true;
    if (*wrong || depth == 0 || ends(d, at)) return;
    for (size_t i = 0; i < d->move_count; i++) {
        const struct effect_move *m = &d->moves[i];
        bool failed = m->fate == FATE_REFUND_FAILED || m->on == TRIGGER_FOUND_AGAIN; /* the books take it back there (respond/machine.c) */
        if (m->to != at && leads_from(d, m, at) && !failed) follow_money(d, m->to, times, depth - 1, wrong);
    }
}

TEST(every_loss_is_made_good_once) {
    for (size_t n = 0; n < effect_def_count(); n++) {
        now = effect_def_at(n);
        bool wrong = false;
        if (now->loses) follow_money(now, 0, 0, 7, &wrong);
        if (wrong) fail("money is made good twice or never on the way to an end", now->states[0].name);
    }
}

static bool is_used(const struct operation *o) {
    for (size_t n = 0; n < effect_def_count(); n++) {
        const struct effect_def *d = effect_def_at(n);
        if (d->release == o) return true;
        for (size_t s = 0; s < d->state_count; s++)
            if (d->states[s].op == o) return true;
    }
    return false;
}

TEST(every_operation_is_used) {
    for (size_t i = 0; i < operation_count(); i++) {
        const struct operation *o = operation_at(i);
        if (is_used(o)) continue;
        printf("nothing asks for %s.%s.%s\n", o->system, o->verb, o->how);
        test_failures_here++;
    }
}

/* Whatever a parcel does next, its order's effect goes on: from every state that is not an end. */
TEST(no_parcel_is_without_an_effect) {
    static const enum fate moves_on[] = {FATE_LABELLED, FATE_HANDED_OVER, FATE_OUT_FOR_DELIVERY, FATE_DELIVERED};
    now = effect_def_find(STR("order"));
    static const char *const early[] = {"pulling", "cancelling", "confirming", "quiet", "proving"};
    for (size_t i = 0; i < sizeof early / sizeof early[0]; i++) {
        int s = effect_state_find(now, str_from(early[i]));
        for (size_t f = 0; f < sizeof moves_on / sizeof moves_on[0]; f++)
            if (s < 0 || effect_move_find(now, s, TRIGGER_OBSERVED, (int)moves_on[f]) < 0) fail("a parcel escapes", early[i]);
    }
}

int main(void) {
    RUN(every_state_is_reached_and_leads_to_an_end);
    RUN(no_state_is_forgotten);
    RUN(nothing_is_undone_without_go);
    RUN(verified_comes_after_a_probe_only);
    RUN(every_loss_is_made_good_once);
    RUN(every_operation_is_used);
    RUN(no_parcel_is_without_an_effect);
    return test_end();
}
