// SPDX-License-Identifier: Apache-2.0
/* Knows every definition of an effect, every operation, and which move of a machine fits. */
#include "respond/catalogue.h"

#include "respond/sweep.h"

/* --- operations --------------------------------------------------------------------------------------------------------------------- */

#define LOOKS_contain(system, how)                                                                                                         \
    const struct operation system##_read_state_##how = {#system, "read_state", #how};                                                      \
    const struct operation system##_probe_##how = {#system, "probe", #how};
#define LOOKS_undo(system, how) LOOKS_contain(system, how)
#define LOOKS_release(system, how)
#define OPERATION(system, verb, how, sentence)                                                                                             \
    const struct operation system##_##verb##_##how = {#system, #verb, #how};                                                               \
    LOOKS_##verb(system, how)
#include "respond/operations.def"
#undef OPERATION

static const struct {
    const struct operation *operation;
    const char *sentence;
} operations[] = {
#define OPERATION(system, verb, how, sentence) {&system##_##verb##_##how, sentence},
#include "respond/operations.def"
#undef OPERATION
};

size_t operation_count(void) {
    return sizeof operations / sizeof operations[0];
}

const struct operation *operation_at(size_t index) {
    return operations[index].operation;
}

struct str operation_sentence(size_t index) {
    return str_from(operations[index].sentence);
}

int operation_find(struct str system, struct str verb, struct str how) {
    for (size_t i = 0; i < operation_count(); i++) {
        const struct operation *o = operations[i].operation;
        if (str_equal(str_from(o->how), how) && str_equal(str_from(o->verb), verb) && str_equal(str_from(o->system), system)) return (int)i;
    }
    return -1;
}

/* --- definitions -------------------------------------------------------------------------------------------------------------------- */

#define EFFECT(name) extern const struct effect_def effect_##name;
#include "respond/effects.def"
#undef EFFECT

static const struct effect_def *const all[] = {
#define EFFECT(name) &effect_##name,
#include "respond/effects.def"
#undef EFFECT
    NULL,
};

struct catalogue catalogue_of_all(void) {
    return (struct catalogue){all, effect_def_count(), sweep_defs, SWEEP_COUNT};
}

const struct effect_def *catalogue_find(const struct catalogue *c, struct str name) {
    for (size_t i = 0; i < c->count; i++)
        if (str_equal(str_from(c->defs[i]->name), name)) return c->defs[i];
    for (size_t i = 0; i < c->sweep_count; i++)
        if (str_equal(str_from(c->sweeps[i]->name), name)) return c->sweeps[i];
    return NULL;
}

size_t effect_def_count(void) {
    return sizeof all / sizeof all[0] - 1;
}

const struct effect_def *effect_def_at(size_t index) {
    return all[index];
}

size_t sweep_def_count(void) {
    return SWEEP_COUNT;
}

const struct effect_def *sweep_def_at(size_t index) {
    return sweep_defs[index];
}

const struct effect_def *effect_def_find(struct str name) {
    struct catalogue c = catalogue_of_all();
    return catalogue_find(&c, name);
}

/* --- machines ----------------------------------------------------------------------------------------------------------------------- */

int effect_state_find(const struct effect_def *d, struct str name) {
    for (size_t i = 0; i < d->state_count; i++)
        if (str_equal(str_from(d->states[i].name), name)) return (int)i;
    return -1;
}

static int find_move(const struct effect_def *d, int from, enum trigger on, int fate) {
    for (size_t i = 0; i < d->move_count; i++) {
        const struct effect_move *m = &d->moves[i];
        if (m->from == from && m->on == on && (m->fate == ANY_FATE || m->fate == fate)) return (int)i;
    }
    return -1;
}

int effect_move_find(const struct effect_def *d, int from, enum trigger on, int fate) {
    if (from < 0) return -1;
    enum phase phase = d->states[from].phase;
    int move = find_move(d, from, on, fate);
    if (move >= 0 || phase_is_terminal(phase)) return move;
    if (phase >= PHASE_UNDOING) move = find_move(d, AFTER_GO, on, fate);
    if (move < 0) move = find_move(d, ANY_STATE, on, fate);
    return move >= 0 && d->moves[move].to == from ? -1 : move;
}

struct str trigger_word(enum trigger t) {
    switch (t) {
    case TRIGGER_GO: return STR("go");
    case TRIGGER_DONE: return STR("done");
    case TRIGGER_PENDING: return STR("pending");
    case TRIGGER_REFUSED: return STR("refused");
    case TRIGGER_CHANGED: return STR("changed");
    case TRIGGER_ABSENT: return STR("absent");
    case TRIGGER_OBSERVED: return STR("observed");
    case TRIGGER_TIMER: return STR("timer");
    case TRIGGER_OVERDUE: return STR("overdue");
    case TRIGGER_OWNER_NOT_MINE: return STR("owner_not_mine");
    case TRIGGER_OWNER_DONE: return STR("owner_done");
    case TRIGGER_APPROVED: return STR("approved");
    case TRIGGER_DECLINED: return STR("declined");
    case TRIGGER_FOUND_AGAIN: return STR("found_again");
    case TRIGGER_COUNT: break;
    }
    return STR_NONE;
}
