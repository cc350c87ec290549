// SPDX-License-Identifier: Apache-2.0
/* Tells what would be done about an effect if everything went well: a walk through its machine, which changes nothing. */
#include "respond/respond.h"

/* What leads on when all goes well, the likeliest first. */
static const enum trigger good[] = {TRIGGER_DONE,     TRIGGER_APPROVED, TRIGGER_OWNER_DONE, TRIGGER_TIMER,
                                    TRIGGER_OBSERVED, TRIGGER_ABSENT,   TRIGGER_PENDING,    TRIGGER_OWNER_NOT_MINE};

static bool was_there(const struct plan_line *lines, size_t count, const struct effect_state *s) {
    for (size_t i = 0; i < count; i++)
        if (lines[i].state == s) return true;
    return false;
}

/* The first move from here that leads to where the walk has not been. */
static int next_of(const struct effect_def *d, int at, enum trigger on, int fate, const struct plan_line *lines, size_t count) {
    for (size_t i = 0; i < d->move_count; i++) {
        const struct effect_move *m = &d->moves[i];
        bool seen = on == TRIGGER_OBSERVED; /* what will be seen is not known: any will do */
        if (m->from != at || m->on != on || (!seen && m->fate != ANY_FATE && m->fate != fate)) continue;
        if (!was_there(lines, count, &d->states[m->to])) return m->to;
    }
    return -1;
}

static int step_on(const struct effect_def *d, int at, int fate, const struct plan_line *lines, size_t count) {
    int to = next_of(d, at, TRIGGER_GO, fate, lines, count);
    for (size_t i = 0; to < 0 && i < sizeof good / sizeof good[0]; i++) to = next_of(d, at, good[i], fate, lines, count);
    return to;
}

size_t respond_plan(const struct effect_row *e, struct plan_line lines[PLAN_LINES_MAX]) {
    const struct effect_def *d = effect_def_find(e->kind);
    int at = d ? effect_state_find(d, e->resume.size ? e->resume : e->state) : -1;
    size_t count = 0;
    while (at >= 0 && count < PLAN_LINES_MAX) {
        const struct effect_state *s = &d->states[at];
        lines[count++] = (struct plan_line){s, s->waits_ms[0]};
        if (phase_is_terminal(s->phase)) break;
        const struct effect_def *next = s->becomes ? effect_def_find(str_from(s->becomes)) : d;
        at = !next ? -1 : s->becomes ? effect_state_find(next, str_from(s->becomes_state)) : step_on(d, at, e->fate, lines, count);
        d = next;
    }
    return count;
}
