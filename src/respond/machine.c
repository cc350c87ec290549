// SPDX-License-Identifier: Apache-2.0
/*
 * Moves effects through their machines. A trigger leads to another state at once; what that state wants (its step, timer, task) is drawn
 * only at the end of the event, when every effect stands where it stays (machine_settle). So nothing is sent that the same event overtakes.
 *
 *     trigger -> enter (books, notice, becomes) -> ...
 *     settle: go where it is known -> draw (step, timer, task) -> nobody stranded -> holds
 *
 * An effect that would stand without step, timer, task or sibling to wait for is given to a person: nothing is ever simply forgotten.
 */
#include <string.h>

#include "base/check.h"
#include "base/moment.h"
#include "respond/advance.h"

/* A person has half an hour for what is still open to the hijacker, four hours for all else. */
#define TASK_SOON_MS  (30 * MINUTE_MS)
#define TASK_LATER_MS (4 * HOUR_MS)
/* What was to be contained or undone and is not by then is late: the owner is told before he has to ask. It goes on being tried. */
#define LATE_MS HOUR_MS

/* ---- where it stands ---------------------------------------------------------------------------------------------------------------- */

bool machine_in(const struct effect_work *w, const char *generic) {
    return str_equal(w->row.state, str_from(generic));
}

/* Of its own machine; -1 = none. A person who has it stands for the state that it came from. */
static int own_state(const struct effect_work *w) {
    if (!w->def) return -1;
    return effect_state_find(w->def, machine_in(w, STATE_HUMAN) ? w->row.resume : w->row.state);
}

const struct effect_state *machine_state(const struct effect_work *w) {
    int at = own_state(w);
    return at < 0 ? NULL : &w->def->states[at];
}

static bool is_over(const struct effect_work *w) {
    return machine_in(w, STATE_RESTORED) || machine_in(w, STATE_KEPT) || machine_in(w, STATE_MERGED) || machine_in(w, STATE_ENDED);
}

static bool is_being_restored(const struct effect_work *w) {
    return machine_in(w, STATE_RESTORING) || (machine_in(w, STATE_HUMAN) && str_equal(w->row.resume, STR(STATE_RESTORING)));
}

/* The phase that counts: that somebody has it does not contain it. */
static enum phase true_phase(const struct effect_work *w) {
    if (w->row.phase != PHASE_HUMAN) return w->row.phase;
    const struct effect_state *s = machine_state(w);
    return s ? s->phase : PHASE_HUMAN;
}

bool machine_contained(const struct effect_work *w) {
    return phase_is_contained(true_phase(w));
}

static bool can_undo(const struct effect_def *d) {
    for (size_t i = 0; i < d->state_count; i++)
        if (d->states[i].op && strcmp(d->states[i].op->verb, "undo") == 0) return true;
    return false;
}

bool machine_undone(const struct effect_work *w) {
    if (!w->def || !can_undo(w->def) || is_over(w) || is_being_restored(w)) return false;
    enum phase p = true_phase(w);
    return p > PHASE_ASKING && p != PHASE_HUMAN;
}

static bool is_acting(const struct advance *a) {
    return a->response.state != RESPONSE_PLANNED;
}

/* ---- entering ----------------------------------------------------------------------------------------------------------------------- */

static void stand(struct advance *a, struct effect_work *w, struct str state, enum phase phase, struct str why) {
    bool again = str_equal(w->row.state, state);
    record_audit(a, &(struct audit_note){.what = "effect_state", .about = w->row.id, .from = w->row.state, .to = state, .why = why});
    request_overtake(a, w);
    task_overtake(a, w);
    w->row.repeats = again ? w->row.repeats + 1 : 0;
    w->row.state = state;
    w->row.phase = phase;
    w->row.resume = STR_NONE;
    w->row.version++;
    w->row.since_ms = a->now_ms;
    w->row.due_ms = 0;
    w->changed = w->fresh = true;
    w->entries++;
}

static struct str evidence_of(const struct effect_work *w) {
    return w->row.reference.size ? w->row.reference : w->row.fulfilment.size ? w->row.fulfilment : w->row.state;
}

static void keep_books(struct advance *a, struct effect_work *w, const struct effect_state *s) {
    if (s->returned) money_make_good(a, w, LEDGER_RETURNED, evidence_of(w));
    if (s->compensated) money_make_good(a, w, LEDGER_COMPENSATED, evidence_of(w));
    if (s->written_off) money_write_off(a, w, evidence_of(w));
}

static void enter(struct advance *a, struct effect_work *w, int to, struct str why);

static void become(struct advance *a, struct effect_work *w, const struct effect_state *s) {
    const struct effect_def *d = catalogue_find(a->catalogue, str_from(s->becomes));
    int to = d ? effect_state_find(d, str_from(s->becomes_state)) : -1;
    CHECK(to >= 0);
    if (find_same(a, str_from(d->name), w->row.object)) {
        machine_finish(a, w, STATE_MERGED);
        return;
    }
    w->def = d;
    w->row.kind = str_from(d->name);
    enter(a, w, to, STR("it turned out to be more"));
    money_count_loss(a, w);
}

/* `to` is a state of its own machine. */
static void enter(struct advance *a, struct effect_work *w, int to, struct str why) {
    const struct effect_state *s = &w->def->states[to];
    if (w->entries >= ENTRIES_MAX) {
        machine_human(a, w, STR("it runs in a circle"));
        return;
    }
    bool again = str_equal(w->row.state, str_from(s->name));
    stand(a, w, str_from(s->name), s->phase, why);
    keep_books(a, w, s);
    if (s->notice && !again && is_acting(a)) record_notice(a, s->notice, w);
    if (s->becomes) become(a, w, s);
}

void machine_begin(struct advance *a, struct effect_work *w) {
    enter(a, w, 0, STR_NONE);
}

void machine_finish(struct advance *a, struct effect_work *w, const char *name) {
    bool restored = strcmp(name, STATE_RESTORED) == 0, kept = strcmp(name, STATE_KEPT) == 0;
    stand(a, w, str_from(name), restored ? PHASE_RESTORED : kept ? PHASE_KEPT : PHASE_ACKNOWLEDGED, STR_NONE);
    struct str why = str_from(name);
    money_take_back(a, w, LEDGER_RETURNED, why);
    money_take_back(a, w, LEDGER_COMPENSATED, why);
    money_take_back(a, w, LEDGER_WRITEOFF, why);
    money_count_loss(a, w);
}

void machine_end(struct advance *a, struct effect_work *w) {
    money_make_good(a, w, LEDGER_COMPENSATED, STR("by hand"));
    stand(a, w, STR(STATE_ENDED), PHASE_ACKNOWLEDGED, STR("a person answered"));
}

/* ---- triggers ----------------------------------------------------------------------------------------------------------------------- */

/* Verified is what was seen, not what somebody says or what a clock brings; unless it was seen before, or is seen by people's eyes now. */
static bool proves_nothing(const struct effect_state *from, const struct effect_state *to, enum trigger on, bool by_person) {
    if (to->phase != PHASE_VERIFIED || from->phase == PHASE_VERIFIED) return false;
    if (on == TRIGGER_TIMER || on == TRIGGER_OVERDUE) return from->phase != PHASE_CONFIRMED;
    bool looks = from->op && strcmp(from->op->verb, "probe") == 0;
    return by_person && !looks;
}

/* Was what this state waits for seen before it was entered, and passed over then: a webhook that came before the answer of its request?
 * What has led somewhere once does not lead there again. */
static void catch_up(struct advance *a, struct effect_work *w) {
    int at = own_state(w);
    if (at < 0 || machine_in(w, STATE_HUMAN) || !w->row.unheeded) return;
    for (size_t i = 0; i < w->def->move_count; i++) {
        const struct effect_move *m = &w->def->moves[i];
        if (m->from != at || m->on != TRIGGER_OBSERVED || m->fate != w->row.fate || m->to == at) continue;
        w->row.unheeded = false;
        enter(a, w, m->to, STR("was seen before"));
        return;
    }
}

bool machine_trigger(struct advance *a, struct effect_work *w, enum trigger on, bool by_person) {
    int from = own_state(w);
    if (from < 0) return false;
    int move = effect_move_find(w->def, from, on, w->row.fate);
    if (move < 0) return false;
    int to = w->def->moves[move].to;
    bool heeds = on == TRIGGER_OBSERVED || w->def->moves[move].fate != ANY_FATE;
    if (proves_nothing(&w->def->states[from], &w->def->states[to], on, by_person)) {
        record_audit(a, &(struct audit_note){.what = "not_proven",
                                             .about = w->row.id,
                                             .from = w->row.state,
                                             .to = str_from(w->def->states[to].name),
                                             .why = trigger_word(on)});
        return false;
    }
    if (heeds) w->row.unheeded = false;
    enter(a, w, to, trigger_word(on));
    catch_up(a, w);
    return true;
}

/* It stands where it would be undone, and must not be yet. */
static bool is_withheld(const struct effect_work *w) {
    const struct effect_state *s = machine_in(w, STATE_HUMAN) ? NULL : machine_state(w);
    return s && !w->row.go && s->op && strcmp(s->op->verb, "undo") == 0;
}

bool machine_done_by_hand(struct advance *a, struct effect_work *w) {
    if (machine_trigger(a, w, TRIGGER_DONE, true)) return true;
    int at = own_state(w);
    for (size_t i = 0; at >= 0 && i < w->def->move_count; i++) {
        const struct effect_move *m = &w->def->moves[i];
        if (m->from != at || m->on != TRIGGER_DONE || m->fate == ANY_FATE) continue;
        machine_note(a, w, (enum fate)m->fate);
        return machine_trigger(a, w, TRIGGER_DONE, true);
    }
    return false;
}

void machine_go(struct advance *a, struct effect_work *w, struct str why) {
    if (w->row.go || is_over(w) || is_being_restored(w)) return;
    /* Entered anew, for a timer of this version may have fired already. */
    if (is_withheld(w)) stand(a, w, w->row.state, w->row.phase, why);
    w->row.go = w->changed = true;
    record_audit(a, &(struct audit_note){.what = "effect_go", .about = w->row.id, .why = why});
    money_count_loss(a, w);
}

void machine_again(struct advance *a, struct effect_work *w, struct str why) {
    if (!w->def) return;
    /* While an act of this generation may still come to pass, it is the same act that is asked for again. */
    if (!request_may_act(a, w)) w->row.generation++;
    request_settle(a, w);
    w->row.fate = FATE_NONE;
    w->row.unheeded = false;
    w->changed = true;
    money_take_back(a, w, LEDGER_RETURNED, why);
    int from = own_state(w), move = from < 0 ? -1 : effect_move_find(w->def, from, TRIGGER_FOUND_AGAIN, ANY_FATE);
    enter(a, w, move < 0 ? 0 : w->def->moves[move].to, why);
    money_count_loss(a, w);
}

/* ---- what was seen ------------------------------------------------------------------------------------------------------------------ */

static bool between(enum fate f, enum fate first, enum fate last) {
    return f >= first && f <= last;
}

/* Webhooks come in any order: what a parcel or a charge has left behind is no news. */
static bool is_stale(enum fate known, enum fate f) {
    if (between(f, FATE_ALLOCATED, FATE_DELIVERED)) {
        if (between(known, FATE_ALLOCATED, FATE_DELIVERED)) return f < known;
        return known == FATE_RETURNED || known == FATE_REFUSED;
    }
    if (f == FATE_REFUSED) return known == FATE_RETURNED;
    if (f == FATE_AUTHORISED) return between(known, FATE_CAPTURED, FATE_SETTLED);
    if (f == FATE_CAPTURED) return between(known, FATE_VOIDED, FATE_SETTLED);
    if (f == FATE_REFUND_PENDING) return known == FATE_REFUNDED || known == FATE_SETTLED;
    return f == FATE_REFUNDED && known == FATE_SETTLED;
}

/* It is this refund that has given the money back, and not a dispute besides. */
static bool stands_on_refund(const struct effect_work *w) {
    int at = own_state(w);
    return is_over(w) || (at >= 0 && effect_move_find(w->def, at, TRIGGER_OBSERVED, FATE_REFUND_FAILED) >= 0);
}

bool machine_note(struct advance *a, struct effect_work *w, enum fate fate) {
    if (fate == FATE_NONE || fate == FATE_OTHER || (int)fate == w->row.fate || is_stale((enum fate)w->row.fate, fate)) return false;
    record_audit(
        a, &(struct audit_note){.what = "observed", .about = w->row.id, .from = fate_word((enum fate)w->row.fate), .to = fate_word(fate)});
    w->row.fate = (int)fate;
    w->row.unheeded = true;
    w->changed = true;
    if (fate == FATE_REFUND_FAILED && stands_on_refund(w)) money_take_back(a, w, LEDGER_RETURNED, STR("the refund failed"));
    return true;
}

void machine_seen(struct advance *a, struct effect_work *w) {
    if (!is_being_restored(w) && !is_over(w) && w->row.unheeded) machine_trigger(a, w, TRIGGER_OBSERVED, false);
}

bool machine_observe(struct advance *a, struct effect_work *w, enum fate fate) {
    if (!machine_note(a, w, fate)) return false;
    machine_seen(a, w);
    return true;
}

/* ---- people ------------------------------------------------------------------------------------------------------------------------- */

static struct str what_to_do(struct advance *a, const struct effect_work *w, struct str why) {
    const struct effect_state *s = machine_state(w);
    const struct operation *op = s ? s->op : is_being_restored(w) && w->def ? w->def->release : NULL;
    int known = op ? operation_find(str_from(op->system), str_from(op->verb), str_from(op->how)) : -1;
    struct str act = known >= 0 ? operation_sentence((size_t)known) : s ? str_from(s->says) : STR("put it back as it was");
    bool looks = op && known < 0;
    struct buf b = advance_buf(a, why.size + act.size + w->row.object.size + 64);
    buf_fmt(&b, "%.*s: %s%.*s (%.*s)", STR_ARGS(why), looks ? "look for yourself whether it is so: " : "", STR_ARGS(act),
            STR_ARGS(w->row.object));
    return advance_text(a, &b);
}

static bool is_verb(const struct operation *op, const char *verb) {
    return op && strcmp(op->verb, verb) == 0;
}

/* Opens the task of an effect that a person has. Who looks in place of a probe is one of two; so is who pays much. */
static void ask_person(struct advance *a, struct effect_work *w, struct str why) {
    const struct effect_state *s = machine_state(w);
    bool pays = s && phase_is_terminal(s->phase) && !money_within(&a->e->settings, a->e->settings.pay_max_minor, &w->row);
    struct task_wish wish = {
        .kind = TASK_DO,
        .asks = what_to_do(a, w, why),
        .due_ms = machine_contained(w) ? TASK_LATER_MS : TASK_SOON_MS,
        .people = pays || (s && is_verb(s->op, "probe")) ? 2 : 1,
    };
    task_open(a, w, &wish);
}

static bool acts(const struct effect_state *s) {
    return s && (is_verb(s->op, "contain") || is_verb(s->op, "undo"));
}

/* It is tried for so long already, and nobody has answered. */
static bool is_late(const struct advance *a, const struct effect_work *w) {
    return !machine_in(w, STATE_HUMAN) && acts(machine_state(w)) && !is_withheld(w) && a->now_ms >= w->row.since_ms + LATE_MS;
}

/* What should have been contained or undone is late, or a person has it. */
static bool is_delayed(const struct advance *a, const struct effect_work *w) {
    return is_late(a, w) || (machine_in(w, STATE_HUMAN) && acts(machine_state(w)));
}

/* The owner is told of the first thing that takes longer, not of each. */
static bool is_first_delay(const struct advance *a, const struct effect_work *w) {
    for (size_t i = 0; i < a->effect_count; i++)
        if (&a->effects[i] != w && is_delayed(a, &a->effects[i])) return false;
    return is_delayed(a, w);
}

void machine_human(struct advance *a, struct effect_work *w, struct str why) {
    if (machine_in(w, STATE_HUMAN)) {
        if (!task_is_open(a, w)) ask_person(a, w, why);
        return;
    }
    struct str from = w->row.state;
    bool told = is_late(a, w);
    stand(a, w, STR(STATE_HUMAN), PHASE_HUMAN, why);
    w->row.resume = from;
    w->fresh = false;
    ask_person(a, w, why);
    record_notice(a, "exhausted", w);
    if (!told && is_first_delay(a, w)) record_notice(a, "delayed", w);
}

void machine_resume(struct advance *a, struct effect_work *w) {
    if (!machine_in(w, STATE_HUMAN)) return;
    const struct effect_state *s = machine_state(w);
    struct str back = w->row.resume;
    stand(a, w, back, s ? s->phase : PHASE_RESTORING, STR("a person answered"));
    w->fresh = false;
}

/* Another act, under another key? Not where a look is repeated, nor while the act may still come to pass, or may have: then it is the same.
 */
static bool is_new_act(struct advance *a, const struct effect_work *w) {
    const struct effect_state *s = machine_state(w);
    const struct operation *op = s ? s->op : w->def ? w->def->release : NULL;
    bool looks = s && !acts(s);
    return !looks && op && !request_may_act(a, w) && !request_was_given_up(a, w, op);
}

void machine_retry(struct advance *a, struct effect_work *w) {
    machine_resume(a, w);
    int at = own_state(w);
    if (is_new_act(a, w)) w->row.generation++;
    if (at >= 0) enter(a, w, at, STR("to be tried anew"));
    else stand(a, w, w->row.state, w->row.phase, STR("to be tried anew"));
}

/* ---- the owner's own ---------------------------------------------------------------------------------------------------------------- */

void machine_restore(struct advance *a, struct effect_work *w, struct str why) {
    if (is_over(w) || is_being_restored(w)) return;
    bool undone = machine_undone(w) && !w->def->release_undoes, touched = w->row.step_count > 0;
    if (w->row.go) record_audit(a, &(struct audit_note){.what = "effect_not_go", .about = w->row.id, .why = why});
    w->row.go = false;
    w->changed = true;
    if (!touched) {
        machine_finish(a, w, STATE_KEPT);
        return;
    }
    stand(a, w, STR(STATE_RESTORING), PHASE_RESTORING, why);
    money_count_loss(a, w);
    if (undone) machine_human(a, w, STR("this was the owner's own and was undone already"));
}

/* Not before what may still be on its way to the counterpart is known: else the containment could come after its release. */
static void draw_restoring(struct advance *a, struct effect_work *w) {
    if (request_under_way(a, w) || request_in_doubt(a, w) || w->row.due_ms) return;
    if (w->def && w->def->release) request_send(a, w, w->def->release);
    else machine_finish(a, w, STATE_RESTORED);
}

/* ---- timers ------------------------------------------------------------------------------------------------------------------------- */

static int64_t wait_of(const struct effect_state *s, uint32_t repeats) {
    int64_t wait_ms = 0;
    for (uint32_t i = 0; i < EFFECT_WAITS_MAX && i <= repeats; i++)
        if (s->waits_ms[i]) wait_ms = s->waits_ms[i];
    return wait_ms;
}

/* Nothing is waited for here but the answer of a step that acts: its timer only says that it is late. */
static bool waits_for_answer(const struct effect_work *w) {
    const struct effect_state *s = machine_in(w, STATE_HUMAN) ? NULL : machine_state(w);
    return acts(s) && !is_withheld(w) && !wait_of(s, w->row.repeats);
}

/* Does `go` lead on from where it stands? */
static bool go_leads_on(const struct effect_work *w) {
    int at = machine_in(w, STATE_HUMAN) ? -1 : own_state(w);
    return at >= 0 && effect_move_find(w->def, at, TRIGGER_GO, w->row.fate) >= 0;
}

bool machine_waits_for_go(const struct effect_work *w) {
    return !w->row.go && (is_withheld(w) || go_leads_on(w));
}

static void ask_analyst(struct advance *a, struct effect_work *w) {
    struct buf asks = advance_buf(a, w->row.object.size + 64);
    buf_fmt(&asks, "whose was this: the hijacker's or the owner's? (%.*s)", STR_ARGS(w->row.object));
    task_open(a, w, &(struct task_wish){TASK_DECIDE, advance_text(a, &asks), TASK_LATER_MS, 1});
    record_notice(a, "decide", w);
}

void machine_timer(struct advance *a, struct effect_work *w) {
    w->row.due_ms = 0;
    w->changed = true;
    if (machine_in(w, STATE_RESTORING)) stand(a, w, w->row.state, PHASE_RESTORING, trigger_word(TRIGGER_TIMER)); /* and asks again */
    if (waits_for_answer(w)) {
        if (is_first_delay(a, w)) record_notice(a, "delayed", w);
        return;
    }
    const struct effect_state *s = machine_in(w, STATE_HUMAN) ? NULL : machine_state(w);
    if (!s) return;
    bool overdue = s->repeats_max && w->row.repeats >= s->repeats_max;
    if (machine_trigger(a, w, overdue ? TRIGGER_OVERDUE : TRIGGER_TIMER, false)) return;
    if (machine_waits_for_go(w)) ask_analyst(a, w);
    else if (!go_leads_on(w)) machine_human(a, w, STR("nothing came in time"));
}

/* ---- settling ----------------------------------------------------------------------------------------------------------------------- */

static bool are_siblings(const struct effect_row *a, const struct effect_row *b) {
    return (a->position && a->position == b->position) || str_equal(a->object, b->object);
}

static bool waits_for_sibling(const struct advance *a, const struct effect_work *w) {
    if (!w->def || !w->def->waits_for) return false;
    for (size_t i = 0; i < a->effect_count; i++) {
        const struct effect_row *other = &a->effects[i].row;
        if (other->phase == PHASE_CONFIRMED || phase_is_terminal(other->phase)) continue;
        if (str_equal(other->kind, str_from(w->def->waits_for)) && are_siblings(other, &w->row)) return true;
    }
    return false;
}

static bool go_on(struct advance *a, struct effect_work *w) {
    if (!w->row.go || !go_leads_on(w) || waits_for_sibling(a, w)) return false;
    return machine_trigger(a, w, TRIGGER_GO, false);
}

static bool wants_two_people(const struct advance *a, const struct effect_work *w) {
    struct str confirmers = str_from(w->def->confirmers), two = STR("two people");
    if (str_find(confirmers, two, 0) < confirmers.size) return true;
    return w->row.amount_minor > 0 && !money_within(&a->e->settings, a->e->settings.pay_max_minor, &w->row);
}

static void draw_task(struct advance *a, struct effect_work *w, const struct effect_state *s) {
    struct task_wish wish = {s->task, str_from(s->task_asks), s->task_due_ms ? s->task_due_ms : TASK_LATER_MS, 1};
    if (s->task == TASK_APPROVE && wants_two_people(a, w)) wish.people = 2;
    task_open(a, w, &wish);
    if (s->task == TASK_DECIDE) record_notice(a, "decide", w);
}

/* Goods of little value are left with the owner, and nobody is asked. */
static bool policy_approves(const struct advance *a, const struct effect_work *w, const struct effect_state *s) {
    int move = s->task == TASK_APPROVE ? effect_move_find(w->def, own_state(w), TRIGGER_APPROVED, w->row.fate) : -1;
    if (move < 0 || !w->def->states[w->def->moves[move].to].written_off) return false;
    return money_within(&a->e->settings, a->e->settings.keep_goods_max_minor, &w->row);
}

/* What a state of its own machine wants, once it is sure that the effect stays there. */
static void draw(struct advance *a, struct effect_work *w) {
    const struct effect_state *s = machine_in(w, STATE_HUMAN) ? NULL : machine_state(w);
    w->fresh = false;
    w->changed = true;
    if (!s) return;
    if (policy_approves(a, w, s) && machine_trigger(a, w, TRIGGER_APPROVED, false)) return;
    bool asks = s->op && !is_withheld(w);
    if (asks) request_send(a, w, s->op);
    int64_t wait_ms = wait_of(s, w->row.repeats);
    if (wait_ms) w->row.due_ms = a->now_ms + wait_ms;
    else if (waits_for_answer(w)) w->row.due_ms = a->now_ms + LATE_MS;
    if (s->task != TASK_NONE) draw_task(a, w, s);
    bool idle = !asks && !wait_ms && s->task == TASK_NONE && !phase_is_terminal(s->phase);
    if (!idle || !machine_waits_for_go(w)) return;
    record_notice(a, "ask", w);
    w->row.due_ms = a->now_ms + (a->e->settings.ask_ms > 0 ? a->e->settings.ask_ms : MINUTE_MS);
}

/* Its timer leads on: it is not only there to say that it is late, and there is a machine that knows what it is for. */
static bool is_timed(const struct effect_work *w) {
    return w->row.due_ms && !waits_for_answer(w) && (machine_state(w) || machine_in(w, STATE_RESTORING));
}

static bool is_stranded(const struct advance *a, const struct effect_work *w) {
    if (phase_is_terminal(w->row.phase) || is_timed(w)) return false;
    if (request_under_way(a, w) || task_is_open(a, w)) return false;
    if (machine_in(w, STATE_RESTORING) && request_in_doubt(a, w)) return false;
    return !waits_for_sibling(a, w) || !w->row.go;
}

/* Is the order held at the gate because of this effect? */
static bool holds(const struct advance *a, const struct effect_work *w) {
    if (!is_acting(a) || !w->def || !w->def->holds_order || is_over(w)) return false;
    const struct effect_state *s = machine_state(w);
    return !s || !s->freed;
}

void machine_load(struct advance *a) {
    for (size_t i = 0; i < a->effect_count; i++) a->effects[i].held = holds(a, &a->effects[i]);
}

static bool held_by_another(const struct advance *a, const struct effect_work *w) {
    for (size_t i = 0; i < a->effect_count; i++) {
        const struct effect_work *other = &a->effects[i];
        if (other != w && str_equal(other->row.object, w->row.object) && holds(a, other)) return true;
    }
    return false;
}

static void settle_hold(struct advance *a, struct effect_work *w) {
    bool held = holds(a, w);
    if (held != w->held && (held || !held_by_another(a, w))) record_hold(a, w, held);
    w->held = held;
}

/* It would be over, and the owner's money is not back. */
static bool is_unpaid(const struct advance *a, const struct effect_work *w) {
    return phase_is_terminal(w->row.phase) && w->row.currency[0] && money_missing(a, w) > 0;
}

static void settle_one(struct advance *a, struct effect_work *w) {
    if (is_unpaid(a, w)) machine_human(a, w, STR("the owner's money is not back: pay it another way"));
    while (w->fresh) draw(a, w);
    if (machine_in(w, STATE_RESTORING)) draw_restoring(a, w);
    if (is_stranded(a, w)) machine_human(a, w, STR("nothing leads on from here"));
    settle_hold(a, w);
    if (machine_contained(w) && !w->row.contained_ms) {
        w->row.contained_ms = a->now_ms;
        w->changed = true;
        a->out->contained++;
    }
}

void machine_settle(struct advance *a) {
    if (!is_acting(a)) return;
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < a->effect_count; i++)
            if (go_on(a, &a->effects[i])) moved = true;
    }
    for (size_t i = 0; i < a->effect_count; i++) settle_one(a, &a->effects[i]);
}
