// SPDX-License-Identifier: Apache-2.0
/*
 * Opens what people have to do, and takes in what they answer.
 *
 *     OPEN --first of two--> PROPOSED --another person, the same answer--> CLOSED
 *     OPEN --one is enough------------------------------------------------> CLOSED
 *
 * Four eyes: two are needed for what moves money, proves, or loosens ("approve", "done", "owner"); never for what tightens or says no. The
 * same person twice is one person. Whatever the answer, it goes back into the machine: a person's word alone proves nothing.
 */
#include "base/moment.h"
#include "respond/advance.h"

#define ANSWER_SIZE_MAX 64

/* ---- words -------------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *word, *options;
} kinds[] = {
    [TASK_NONE] = {"", ""},
    [TASK_DO] = {"do", "done retry unable"},
    [TASK_DECIDE] = {"decide", "hijacker owner"},
    [TASK_APPROVE] = {"approve", "approve decline"},
    [TASK_FOLLOW] = {"follow", "done unable"},
    [TASK_CALL] = {"call", "done unable"},
};

struct str task_kind_word(enum task_kind k) {
    return str_from(kinds[k].word);
}

enum task_kind task_kind_from(struct str word) {
    for (int k = TASK_DO; k <= TASK_CALL; k++)
        if (str_equal(str_from(kinds[k].word), word)) return (enum task_kind)k;
    return TASK_NONE;
}

static bool is(struct str word, const char *other) {
    return str_equal(word, str_from(other));
}

/* People say it in other words, too (event/fields.def, decision). */
static struct str option_of(struct str word) {
    if (is(word, "approved")) return STR("approve");
    if (is(word, "refused") || is(word, "declined")) return STR("decline");
    return word;
}

static bool is_option(struct str options, struct str word) {
    for (struct str rest = options; rest.size;)
        if (str_equal(str_cut(rest, ' ', &rest), word)) return word.size > 0;
    return false;
}

/* ---- opening ------------------------------------------------------------------------------------------------------------------------ */

static bool is_of(const struct task_row *t, const struct effect_work *w) {
    return str_equal(t->effect, w ? w->row.id : STR_NONE);
}

void task_open(struct advance *a, struct effect_work *w, const struct task_wish *wish) {
    if (a->task_count == a->task_capacity) return; /* never: one per entry of a state was reckoned */
    struct buf id = advance_buf(a, a->response.incident.size + 16);
    buf_fmt(&id, "%.*s/t%u", STR_ARGS(a->response.incident), ++a->response.task_count);
    a->response_changed = true;
    struct task_work *t = &a->tasks[a->task_count++];
    *t = (struct task_work){.added = true};
    t->row = (struct task_row){
        .id = advance_text(a, &id),
        .incident = a->response.incident,
        .effect = w ? w->row.id : STR_NONE,
        .kind = task_kind_word(wish->kind),
        .asks = wish->asks,
        .options = str_from(kinds[wish->kind].options),
        .state = TASK_OPEN,
        .people = wish->people,
        .opened_ms = a->now_ms,
        .due_ms = a->now_ms + wish->due_ms,
        .position = a->e->position,
    };
    record_audit(a, &(struct audit_note){.what = "task_opened", .about = t->row.id, .to = t->row.kind, .why = t->row.asks});
}

bool task_is_open(const struct advance *a, const struct effect_work *w) {
    for (size_t i = 0; i < a->task_count; i++)
        if (a->tasks[i].row.state != TASK_CLOSED && is_of(&a->tasks[i].row, w)) return true;
    return false;
}

static void close_task(struct advance *a, struct task_work *t, struct str by, struct str outcome) {
    t->row.state = TASK_CLOSED;
    t->row.closed_ms = a->now_ms;
    t->row.approved_by = by;
    t->row.outcome = outcome;
    t->changed = true;
    record_audit(a, &(struct audit_note){.what = "task_closed", .about = t->row.id, .to = outcome, .why = t->row.proposed_by});
}

void task_overtake(struct advance *a, const struct effect_work *w) {
    for (size_t i = 0; i < a->task_count; i++)
        if (a->tasks[i].row.state != TASK_CLOSED && is_of(&a->tasks[i].row, w)) close_task(a, &a->tasks[i], STR_NONE, STR("overtaken"));
}

/* ---- what the answer does ----------------------------------------------------------------------------------------------------------- */

static void trigger_or_stay(struct advance *a, struct effect_work *w, enum trigger on) {
    if (!machine_trigger(a, w, on, true)) machine_human(a, w, STR("nothing leads on from here"));
}

/* The money that was still missing has been paid by hand. */
static bool was_paid(struct advance *a, struct effect_work *w) {
    const struct effect_state *s = machine_state(w);
    if (!s || !phase_is_terminal(s->phase) || money_missing(a, w) <= 0) return false;
    money_make_good(a, w, LEDGER_COMPENSATED, STR("paid by hand"));
    machine_resume(a, w);
    return true;
}

static void done_by_hand(struct advance *a, struct effect_work *w) {
    if (machine_in(w, STATE_HUMAN) && str_equal(w->row.resume, STR(STATE_RESTORING))) {
        record_proof(a, w, a->actor, STR("put back by hand"), true);
        machine_finish(a, w, STATE_RESTORED);
        return;
    }
    if (was_paid(a, w)) return;
    if (!machine_state(w)) {
        machine_end(a, w);
        return;
    }
    record_proof(a, w, a->actor, STR("done by hand"), true);
    machine_resume(a, w);
    if (!machine_state(w)->op && machine_state(w)->task == TASK_NONE) machine_retry(a, w); /* what stood in its way is gone */
    else if (!machine_done_by_hand(a, w)) machine_human(a, w, STR("nothing leads on from here"));
}

static void answer_do(struct advance *a, struct effect_work *w, struct str word) {
    if (is(word, "done")) {
        done_by_hand(a, w);
    } else if (is(word, "retry")) {
        machine_retry(a, w);
    } else {
        machine_resume(a, w);
        if (machine_in(w, STATE_RESTORING)) machine_human(a, w, STR("it cannot be taken back by machine"));
        else trigger_or_stay(a, w, TRIGGER_REFUSED);
    }
}

static void answer_decide(struct advance *a, struct effect_work *w, struct str word) {
    bool his = is(word, "hijacker");
    w->row.whose = his ? WHOSE_HIJACKER : WHOSE_OWNER;
    w->changed = true;
    record_audit(a, &(struct audit_note){.what = "effect_whose", .about = w->row.id, .to = word, .why = STR("a person said so")});
    if (!his) {
        machine_restore(a, w, STR("a person said so"));
        return;
    }
    machine_go(a, w, STR("a person said so"));
    machine_trigger(a, w, TRIGGER_OWNER_NOT_MINE, true);
}

static void answer_call(struct advance *a, struct effect_work *w, struct str word) {
    if (!is(word, "done")) trigger_or_stay(a, w, TRIGGER_REFUSED);
    else if (!machine_trigger(a, w, TRIGGER_OWNER_DONE, true)) trigger_or_stay(a, w, TRIGGER_DONE);
}

static void apply(struct advance *a, struct effect_work *w, enum task_kind kind, struct str word) {
    switch (kind) {
    case TASK_NONE: return;
    case TASK_DO: answer_do(a, w, word); return;
    case TASK_DECIDE: answer_decide(a, w, word); return;
    case TASK_APPROVE: trigger_or_stay(a, w, is(word, "approve") ? TRIGGER_APPROVED : TRIGGER_DECLINED); return;
    case TASK_FOLLOW: trigger_or_stay(a, w, is(word, "done") ? TRIGGER_DONE : TRIGGER_REFUSED); return;
    case TASK_CALL: answer_call(a, w, word); return;
    }
}

/* ---- answering ---------------------------------------------------------------------------------------------------------------------- */

static struct task_work *open_task(struct advance *a, struct str id) {
    for (size_t i = 0; i < a->task_count; i++)
        if (str_equal(a->tasks[i].row.id, id) && a->tasks[i].row.state != TASK_CLOSED) return &a->tasks[i];
    return NULL;
}

/* That it was the owner's takes a protection away: two people say so, whatever else one would be enough for. */
static bool takes_two(const struct task_row *t, struct str word) {
    if (is(word, "owner")) return true;
    return t->people >= 2 && (is(word, "approve") || is(word, "done"));
}

static void refuse_answer(struct advance *a, struct str word, struct str why) {
    record_audit(a, &(struct audit_note){.what = "task_answer_refused", .about = a->e->event->task, .to = word, .why = why});
}

static void propose(struct advance *a, struct task_work *t, struct str by, struct str word) {
    t->row.state = TASK_PROPOSED;
    t->row.people = 2;
    t->row.proposed_by = by;
    t->row.proposed = word;
    t->changed = true;
    record_audit(a, &(struct audit_note){.what = "task_proposed", .about = t->row.id, .to = word});
}

void task_answer(struct advance *a) {
    struct task_work *t = open_task(a, a->e->event->task);
    struct str by = a->e->event->by, word = option_of(str_clip(a->e->event->approval, ANSWER_SIZE_MAX));
    if (!t) refuse_answer(a, word, STR("it is not open"));
    else if (!by.size) refuse_answer(a, word, STR("nobody's name"));
    else if (!is_option(t->row.options, word)) refuse_answer(a, word, STR("not one of its answers"));
    else if (takes_two(&t->row, word) && (t->row.state == TASK_OPEN || !str_equal(t->row.proposed, word))) propose(a, t, by, word);
    else if (takes_two(&t->row, word) && str_equal(t->row.proposed_by, by)) refuse_answer(a, word, STR("the same person twice"));
    else {
        struct effect_work *w = find_effect(a, t->row.effect);
        if (!takes_two(&t->row, word)) t->row.people = 1; /* this answer needs no second, and the store lets nobody be his own */
        close_task(a, t, by, word);
        if (w) apply(a, w, task_kind_from(t->row.kind), word);
    }
}

void task_timer(struct advance *a, struct str id) {
    struct task_work *t = open_task(a, id);
    if (!t || t->row.escalated) return;
    t->row.escalated = t->changed = true;
    record_audit(a, &(struct audit_note){.what = "task_overdue", .about = t->row.id});
    record_notice(a, "overdue", find_effect(a, t->row.effect));
}
