// SPDX-License-Identifier: Apache-2.0
/* Tells what is done about an incident: where every effect stands, the money, what people have to do, and when something happens next. */
#include "cli/response_text.h"

#include "base/json.h"
#include "base/moment.h"
#include "cli/incident_text.h"
#include "cli/plain_text.h"
#include "respond/respond.h"

#define CURRENCIES_MAX 16
#define CLOCKS_MAX     5

/* ---- one effect --------------------------------------------------------------------------------------------------------------------- */

/* The state's sentence; its bare name where the machine is not known any more, or every machine has it. */
static struct str says_of(const struct effect_row *e, const struct effect_def *d) {
    int at = d ? effect_state_find(d, e->state) : -1;
    if (at >= 0) return str_from(d->states[at].says);
    return e->state;
}

static void write_effect(const struct effect_row *e, struct buf *out) {
    const struct effect_def *d = effect_def_find(e->kind);
    buf_text(out, STR("  "));
    incident_text_column(out, d ? str_from(d->code) : STR("?"), 4);
    incident_text_column(out, e->kind, 20);
    incident_text_column(out, e->object, 26);
    incident_text_column(out, phase_word(e->phase), 12);
    incident_text_time(out, e->since_ms);
    buf_text(out, STR("  "));
    if (e->currency[0]) incident_text_amount(e->amount_minor, str_from(e->currency), out), buf_text(out, STR("  "));
    plain_text_write(out, says_of(e, d));
    buf_char(out, '\n');
}

static void write_effects(const struct response_view *v, struct buf *out) {
    buf_text(out, STR("  "));
    incident_text_column(out, STR("CODE"), 4);
    incident_text_column(out, STR("WHAT"), 20);
    incident_text_column(out, STR("OBJECT"), 26);
    incident_text_column(out, STR("PHASE"), 12);
    incident_text_column(out, STR("SINCE (UTC)"), 19);
    buf_text(out, STR("AMOUNT AND STATE\n"));
    for (size_t i = 0; i < v->effect_count; i++) write_effect(&v->effects[i], out);
}

/* ---- how it came so ----------------------------------------------------------------------------------------------------------------- */

/* What its definition was when it stood in that state: it may have become another since. */
static const struct effect_def *def_with(struct str kind, struct str state) {
    const struct effect_def *d = effect_def_find(kind);
    if (d && effect_state_find(d, state) >= 0) return d;
    for (size_t i = 0; i < effect_def_count(); i++) {
        const struct effect_def *before = effect_def_at(i);
        for (size_t s = 0; s < before->state_count; s++)
            if (before->states[s].becomes && str_equal(str_from(before->states[s].becomes), kind) && effect_state_find(before, state) >= 0)
                return before;
    }
    return NULL;
}

/* The text of a member, as the store wrote it; the words of an audit need no escapes. */
static struct str member_of(struct str body, const char *wanted) {
    struct str name, value;
    while (json_cut_member(&body, &name, &value))
        if (str_equal(name, str_from(wanted)) && value.size >= 2) return str_slice(value, 1, value.size - 1);
    return STR_NONE;
}

static void write_elapsed(int64_t ms, struct buf *out) {
    if (ms < MINUTE_MS) buf_fmt(out, "  +%7.3f s   ", (double)ms / 1000);
    else
        buf_fmt(out, "  +%3lldd %02lld:%02lld  ", (long long)(ms / DAY_MS), (long long)(ms / HOUR_MS % 24),
                (long long)(ms / MINUTE_MS % 60));
}

static bool only_asks(enum phase p) {
    return p == PHASE_FOUND || p == PHASE_CONTAINING || p == PHASE_UNDOING;
}

static size_t index_of(const struct response_view *v, struct str effect) {
    size_t i = 0;
    while (i < v->effect_count && !str_equal(v->effects[i].id, effect)) i++;
    return i;
}

void response_text_timeline(const struct response_view *v, const struct audit_row *rows, size_t count, uint32_t after, struct buf *out) {
    enum phase phases[EFFECT_COUNT_MAX] = {0};
    for (size_t i = 0; i < count; i++) {
        size_t at = index_of(v, member_of(rows[i].body, "about"));
        if (!str_equal(rows[i].what, STR("effect_state")) || at >= v->effect_count || at >= EFFECT_COUNT_MAX) continue;
        const struct effect_row *e = &v->effects[at];
        struct str state = member_of(rows[i].body, "to");
        const struct effect_def *d = def_with(e->kind, state);
        int s = d ? effect_state_find(d, state) : -1;
        if (s < 0 || only_asks(d->states[s].phase) || d->states[s].phase == phases[at] || d->lane == LANE_SWEEP) continue;
        phases[at] = d->states[s].phase;
        if (rows[i].number <= after) continue;
        write_elapsed(rows[i].at_ms - v->response.decided_ms, out);
        incident_text_column(out, str_from(d->code), 4);
        incident_text_column(out, e->object, 26);
        buf_text(out, str_from(d->states[s].says));
        buf_char(out, '\n');
    }
}

/* ---- money -------------------------------------------------------------------------------------------------------------------------- */

static void write_money_part(const char *what, int64_t amount_minor, const char *currency, struct buf *out) {
    buf_text(out, str_from(what));
    incident_text_amount(amount_minor, str_from(currency), out);
}

static void write_money(const struct response_view *v, struct buf *out) {
    struct money money[CURRENCIES_MAX];
    size_t count = respond_money(v->ledger, v->ledger_count, money, CURRENCIES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct money *m = &money[i];
        incident_text_column(out, i ? STR_NONE : STR("money"), 9);
        write_money_part("still missing ", money_open(m), m->currency, out);
        write_money_part(" (lost ", m->loss_minor, m->currency, out);
        write_money_part(", returned ", m->returned_minor, m->currency, out);
        write_money_part(", made good ", m->compensated_minor, m->currency, out);
        if (m->writeoff_minor) write_money_part(", borne by the shop ", m->writeoff_minor, m->currency, out);
        buf_text(out, STR(")\n"));
    }
}

/* ---- tasks and clocks --------------------------------------------------------------------------------------------------------------- */

void response_text_task(const struct task_row *r, struct buf *out) {
    buf_text(out, STR("  "));
    incident_text_column(out, r->id, 16);
    buf_text(out, STR("due "));
    incident_text_time(out, r->due_ms);
    if (r->escalated) buf_text(out, STR(", overdue"));
    buf_text(out, STR("  "));
    plain_text_write(out, r->asks);
    buf_text(out, STR(" ["));
    plain_text_write(out, r->options);
    buf_text(out, r->people > 1 ? STR("; two people]") : STR("]"));
    if (r->state == TASK_PROPOSED) {
        buf_char(out, ' ');
        plain_text_write(out, r->proposed_by);
        buf_text(out, STR(" answered "));
        plain_text_write(out, r->proposed);
    }
    buf_char(out, '\n');
}

static void write_tasks(const struct response_view *v, struct buf *out) {
    size_t open = 0;
    for (size_t i = 0; i < v->task_count; i++) {
        if (v->tasks[i].state == TASK_CLOSED) continue;
        if (!open++) buf_text(out, STR("\nFor people to do (`hikeshi task answer ID`):\n"));
        response_text_task(&v->tasks[i], out);
    }
}

/* "11-29 15:44:12  first           accepted  email=accepted": what left, and what became of it. Its words: GET /v1/messages. */
static void write_told(const struct response_view *v, struct buf *out) {
    size_t told = 0;
    for (size_t i = 0; i < v->notice_count; i++) {
        const struct notice_row *n = &v->notices[i];
        if (!n->written_ms) continue;
        if (!told++) buf_text(out, STR("\nWhat was told (`hikeshi notice preview` shows how it reads):\n"));
        buf_text(out, STR("  "));
        incident_text_time(out, n->written_ms);
        buf_fmt(out, "  %-9.*s %-14.*s %-9.*s", STR_ARGS(n->audience), STR_ARGS(n->subject), STR_ARGS(notice_state_word(n->state)));
        if (n->channels.size) buf_fmt(out, " %.*s", STR_ARGS(n->channels));
        if (n->read_ms) buf_text(out, STR(", acknowledged by ")), plain_text_write(out, n->read_by);
        buf_char(out, '\n');
    }
}

/* When something happens by itself next: `after` is the last one told, so that each is told once. */
static const struct effect_row *next_clock(const struct response_view *v, const struct effect_row *after) {
    const struct effect_row *next = NULL;
    for (const struct effect_row *e = v->effects; e < v->effects + v->effect_count; e++) {
        bool later = !after || e->due_ms > after->due_ms || (e->due_ms == after->due_ms && e > after);
        if (e->due_ms > 0 && later && (!next || e->due_ms < next->due_ms)) next = e;
    }
    return next;
}

static void write_clocks(const struct response_view *v, struct buf *out) {
    const struct effect_row *e = next_clock(v, NULL);
    if (e || v->response.due_ms > 0) buf_text(out, STR("\nNext by itself:\n"));
    for (size_t i = 0; e && i < CLOCKS_MAX; i++, e = next_clock(v, e)) {
        buf_text(out, STR("  "));
        incident_text_time(out, e->due_ms);
        buf_text(out, STR("  "));
        incident_text_column(out, e->kind, 20);
        plain_text_write(out, e->object);
        buf_char(out, '\n');
    }
    if (v->response.due_ms <= 0) return;
    buf_text(out, STR("  "));
    incident_text_time(out, v->response.due_ms);
    buf_text(out, STR("  the response itself\n"));
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

static void write_state(const struct response_view *v, struct buf *out) {
    const struct response_row *r = &v->response;
    incident_text_column(out, STR("response"), 9);
    buf_text(out, response_state_word(r->state));
    buf_fmt(out, "; %u effects, %u not yet contained, %u open", r->effect_count, r->uncontained_count, r->open_count);
    if (r->contained_ms > 0 && r->decided_ms > 0)
        buf_fmt(out, "; contained %.3f s after the decision", (double)(r->contained_ms - r->decided_ms) / 1e3);
    buf_char(out, '\n');
}

void response_text_story(const struct response_view *v, struct buf *out) {
    write_state(v, out);
    write_money(v, out);
    buf_char(out, '\n');
    if (v->effect_count) write_effects(v, out);
    write_told(v, out);
    write_tasks(v, out);
    write_clocks(v, out);
}

/* "  3. [payment: undo refund] the refund is asked for (waits up to 2 h)" */
static void write_plan_line(size_t number, const struct plan_line *line, struct buf *out) {
    const struct effect_state *s = line->state;
    buf_fmt(out, "  %2zu. ", number);
    if (s->op && s->op->verb) buf_fmt(out, "[%s: %s %s] ", s->op->system, s->op->verb, s->op->how);
    else if (s->task != TASK_NONE) buf_text(out, STR("[a person] "));
    plain_text_write(out, str_from(s->says));
    if (line->wait_ms > 0) {
        buf_text(out, STR(" (waits "));
        incident_text_span(out, line->wait_ms);
        buf_char(out, ')');
    }
    buf_char(out, '\n');
}

static void write_plan(const struct effect_row *e, struct buf *out) {
    const struct effect_def *d = effect_def_find(e->kind);
    struct plan_line lines[PLAN_LINES_MAX];
    size_t count = respond_plan(e, lines);
    incident_text_column(out, d ? str_from(d->code) : STR("?"), 4);
    plain_text_write(out, e->kind);
    buf_char(out, ' ');
    plain_text_write(out, e->object);
    if (phase_is_terminal(e->phase)) buf_text(out, STR(": nothing is left to do"));
    else if (!count) buf_text(out, STR(": a person has it"));
    buf_char(out, '\n');
    for (size_t i = 0; i < count && !phase_is_terminal(e->phase); i++) write_plan_line(i + 1, &lines[i], out);
}

/* Containment goes by lanes: what stops the hijacker soonest is done first. Insertion by picking keeps the rows as they are. */
void response_text_plan(const struct response_view *v, struct buf *out) {
    for (int lane = LANE_ACCESS; lane <= LANE_SWEEP; lane++) {
        for (size_t i = 0; i < v->effect_count; i++) {
            const struct effect_def *d = effect_def_find(v->effects[i].kind);
            if ((d ? d->lane : LANE_SWEEP) == lane) write_plan(&v->effects[i], out);
        }
    }
    if (!v->effect_count) buf_text(out, STR("nothing to do\n"));
}

void response_text_json(const struct response_view *v, struct buf *out) {
    struct money money[CURRENCIES_MAX];
    buf_text(out, STR(",\"response\":"));
    respond_write_response_json(&v->response, out);
    buf_text(out, STR(",\"effects\":["));
    for (size_t i = 0; i < v->effect_count; i++) {
        if (i) buf_char(out, ',');
        respond_write_effect_json(&v->effects[i], out);
    }
    buf_text(out, STR("],\"money\":"));
    respond_write_money_json(money, respond_money(v->ledger, v->ledger_count, money, CURRENCIES_MAX), out);
    buf_text(out, STR(",\"tasks\":["));
    for (size_t i = 0; i < v->task_count; i++) {
        if (i) buf_char(out, ',');
        respond_write_task_json(&v->tasks[i], out);
    }
    buf_char(out, ']');
}

void response_text_audit(const struct audit_row *r, bool json, struct buf *out) {
    if (json) {
        respond_write_audit_json(r, out);
        buf_char(out, '\n');
        return;
    }
    buf_fmt(out, "%5u  ", r->number);
    incident_text_time(out, r->at_ms);
    buf_text(out, STR("  "));
    plain_text_write(out, str_slice(r->hash, 0, r->hash.size < 12 ? r->hash.size : 12));
    buf_text(out, STR("  "));
    incident_text_column(out, r->actor, 12);
    incident_text_column(out, r->what, 16);
    plain_text_write(out, r->body);
    buf_char(out, '\n');
}
