// SPDX-License-Identifier: Apache-2.0
/*
 * Takes in what became of a step. An answer moves its effect only while the effect still stands in the state that sent it; what it tells
 * (a parcel's state, a bank's reference, a look with other eyes) is kept in any case.
 */
#include "base/moment.h"
#include "respond/advance.h"

#define WORD_SIZE_MAX   128
#define RELEASE_WAIT_MS (2 * MINUTE_MS)

static bool is(struct str word, const char *other) {
    return str_equal(word, str_from(other));
}

static struct json answer_of(struct advance *a) {
    struct json root = {0};
    struct str extra = a->e->event->extra;
    arena_reset(&a->scratch);
    if (extra.size && json_parse(extra, EVENT_JSON_SIZE_MAX, &a->scratch, &root, NULL) != ERR_OK) return (struct json){0};
    return json_get(root, STR("answer"));
}

static void keep_word(struct advance *a, struct effect_work *w, struct str *member, struct json answer, const char *name) {
    struct str word = str_clip(json_text(json_get(answer, str_from(name))), WORD_SIZE_MAX);
    if (!word.size || str_equal(*member, word)) return;
    *member = advance_copy(a, word);
    w->changed = true;
}

/* One look at the effect: an act that was read back by who did it, or a look of its own. */
static void prove(struct advance *a, struct effect_work *w, const struct step_row *s, enum outcome_word outcome, struct json answer) {
    bool looks = is(s->verb, "probe") || is(s->verb, "read_state");
    bool not_done = is(json_text(json_get(answer, STR("outcome"))), "not_done");
    bool ok = !not_done && (outcome == STEP_OUTCOME_DONE || (looks && outcome == STEP_OUTCOME_ABSENT));
    if (is(s->verb, "find_effects") || outcome == STEP_OUTCOME_EXHAUSTED || (!looks && !ok)) return;
    struct str observed = json_text(json_get(answer, STR("observed")));
    if (!observed.size) observed = json_text(json_get(answer, STR("state")));
    if (!observed.size) observed = not_done ? STR("not_done") : step_outcome_word(outcome);
    record_proof(a, w, s->system, str_clip(observed, WORD_SIZE_MAX), ok);
}

static void answer_release(struct advance *a, struct effect_work *w, enum outcome_word outcome) {
    switch (outcome) {
    case STEP_OUTCOME_DONE:
    case STEP_OUTCOME_ABSENT: machine_finish(a, w, STATE_RESTORED); return;
    case STEP_OUTCOME_PENDING:
        w->row.due_ms = a->now_ms + RELEASE_WAIT_MS;
        w->changed = true;
        return;
    case STEP_OUTCOME_REFUSED:
    case STEP_OUTCOME_CHANGED: machine_human(a, w, STR("it cannot be taken back by machine")); return;
    case STEP_OUTCOME_NONE:
    case STEP_OUTCOME_EXHAUSTED: machine_human(a, w, STR("nobody could be reached")); return;
    }
}

static enum trigger trigger_of(enum outcome_word outcome) {
    switch (outcome) {
    case STEP_OUTCOME_DONE: return TRIGGER_DONE;
    case STEP_OUTCOME_PENDING: return TRIGGER_PENDING;
    case STEP_OUTCOME_REFUSED: return TRIGGER_REFUSED;
    case STEP_OUTCOME_CHANGED: return TRIGGER_CHANGED;
    case STEP_OUTCOME_ABSENT: return TRIGGER_ABSENT;
    case STEP_OUTCOME_NONE:
    case STEP_OUTCOME_EXHAUSTED: break;
    }
    return TRIGGER_COUNT;
}

static void move_on(struct advance *a, struct effect_work *w, const struct step_row *s, enum outcome_word outcome, bool alive) {
    enum trigger on = trigger_of(outcome);
    if (machine_in(w, STATE_RESTORING)) answer_release(a, w, outcome);
    else if (alive) machine_again(a, w, STR("seen alive again"));
    else if (on == TRIGGER_COUNT) machine_human(a, w, STR("nobody could be reached"));
    else if (!machine_trigger(a, w, on, false) && is(s->verb, "find_effects")) machine_human(a, w, STR("the sweep was not answered"));
}

static void take_sweep(struct advance *a, const struct step_row *s, struct json answer) {
    struct json nothing = json_get(answer, STR("nothing_in"));
    struct json_walk walk = json_walk(nothing);
    for (struct json_member m; json_next(&walk, &m);)
        record_audit(
            a, &(struct audit_note){.what = "looked_found_nothing", .about = s->id, .to = str_clip(json_text(m.value), WORD_SIZE_MAX)});
    find_in_answer(a, json_get(answer, STR("found")));
}

/* The working copy of a step that is still under way; NULL: it is over, or was never asked. */
static struct step_work *under_way(struct advance *a, struct str id) {
    for (size_t i = 0; i < a->step_count; i++) {
        enum step_state s = a->steps[i].row.state;
        if (str_equal(a->steps[i].row.id, id) && s != STEP_DONE && s != STEP_HUMAN && s != STEP_CANCELED) return &a->steps[i];
    }
    return NULL;
}

static void end_step(struct advance *a, struct step_work *s, enum outcome_word outcome) {
    s->row.state = outcome == STEP_OUTCOME_EXHAUSTED ? STEP_HUMAN : STEP_DONE;
    s->row.outcome = outcome;
    s->changed = true;
    record_audit(a, &(struct audit_note){.what = "step_answered", .about = s->row.id, .to = step_outcome_word(outcome)});
}

void answer_step(struct advance *a) {
    const struct step_row *s = a->l->step;
    struct effect_work *w = s ? find_effect(a, s->effect) : NULL;
    if (!w) {
        record_audit(a, &(struct audit_note){.what = "answer_of_nothing", .to = a->e->event->step});
        return;
    }
    int word = step_outcome_from(a->e->event->result);
    enum outcome_word outcome = word > 0 ? (enum outcome_word)word : STEP_OUTCOME_EXHAUSTED;
    struct json answer = answer_of(a);
    struct step_work *live = under_way(a, s->id);
    bool current = live && request_is_of_state(s, w) && !machine_in(w, STATE_HUMAN);
    if (live) end_step(a, live, outcome);
    else record_audit(a, &(struct audit_note){.what = "step_answered_late", .about = s->id, .to = step_outcome_word(outcome)});
    keep_word(a, w, &w->row.reference, answer, "reference");
    keep_word(a, w, &w->row.fulfilment, answer, "fulfilment");
    if (live) prove(a, w, s, outcome, answer);
    bool looks = is(s->verb, "probe") || is(s->verb, "read_state");
    bool alive = looks && is(json_text(json_get(answer, STR("outcome"))), "not_done");
    enum fate fate = fate_from(json_text(json_get(answer, STR("state"))));
    bool news = machine_note(a, w, fate);
    if (is(s->verb, "find_effects")) take_sweep(a, s, answer);
    if (current) move_on(a, w, s, outcome, alive);
    if (news) machine_seen(a, w);
}
