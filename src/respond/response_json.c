// SPDX-License-Identifier: Apache-2.0
/*
 * Writes the stored rows of a response as JSON, one form for the API and the command line (docs/reference/response.md); and the definitions
 * of effects.
 */
#include "base/moment.h"
#include "respond/advance.h"

/* ---- members ------------------------------------------------------------------------------------------------------------------------ */

static void write_name(struct buf *b, const char *name) {
    if (b->size && b->at[b->size - 1] != '{') buf_char(b, ',');
    buf_fmt(b, "\"%s\":", name);
}

static void write_text(struct buf *b, const char *name, struct str text) {
    write_name(b, name);
    buf_json(b, text);
}

/* Left out where it is empty. */
static void write_word(struct buf *b, const char *name, struct str text) {
    if (text.size) write_text(b, name, text);
}

/* null where it has not come yet */
static void write_moment(struct buf *b, const char *name, int64_t at_ms) {
    write_name(b, name);
    if (at_ms <= 0) {
        buf_text(b, STR("null"));
        return;
    }
    buf_char(b, '"');
    moment_format(b, at_ms);
    buf_char(b, '"');
}

static void write_bool(struct buf *b, const char *name, bool value) {
    write_name(b, name);
    buf_text(b, value ? STR("true") : STR("false"));
}

static void write_count(struct buf *b, const char *name, uint64_t value) {
    write_name(b, name);
    buf_u64(b, value);
}

/* Is JSON already. */
static void write_raw(struct buf *b, const char *name, struct str json) {
    write_name(b, name);
    buf_text(b, json.size ? json : STR("null"));
}

static void write_amount(struct buf *b, int64_t amount_minor, const char *currency) {
    if (!currency[0]) return;
    write_name(b, "amount_minor");
    buf_i64(b, amount_minor);
    write_text(b, "currency", str_from(currency));
}

/* ---- rows --------------------------------------------------------------------------------------------------------------------------- */

void respond_write_response_json(const struct response_row *r, struct buf *b) {
    buf_char(b, '{');
    write_text(b, "incident", r->incident);
    write_text(b, "account", r->account);
    write_text(b, "state", response_state_word(r->state));
    write_bool(b, "confident", r->confident);
    write_word(b, "confident_why", r->confident_why);
    write_moment(b, "window_from", r->window_from_ms);
    write_moment(b, "decided", r->decided_ms);
    write_moment(b, "contained", r->contained_ms);
    write_moment(b, "closed", r->closed_ms);
    write_moment(b, "due", r->due_ms);
    write_count(b, "version", r->version);
    write_count(b, "effects", r->effect_count);
    write_count(b, "uncontained", r->uncontained_count);
    write_count(b, "open", r->open_count);
    buf_char(b, '}');
}

static void write_state_says(const struct effect_row *r, struct buf *b) {
    const struct effect_def *d = effect_def_find(r->kind);
    int at = d ? effect_state_find(d, r->resume.size ? r->resume : r->state) : -1;
    if (!d) return;
    write_text(b, "code", str_from(d->code));
    write_text(b, "what", str_from(d->sentence));
    if (at >= 0) write_text(b, "says", str_from(d->states[at].says));
}

void respond_write_effect_json(const struct effect_row *r, struct buf *b) {
    buf_char(b, '{');
    write_text(b, "id", r->id);
    write_text(b, "incident", r->incident);
    write_text(b, "kind", r->kind);
    write_state_says(r, b);
    write_text(b, "object", r->object);
    write_text(b, "state", r->state);
    write_text(b, "phase", phase_word(r->phase));
    write_word(b, "resume", r->resume);
    write_text(b, "whose", whose_word((enum whose)r->whose));
    write_bool(b, "go", r->go);
    write_bool(b, "from_owner", r->from_owner);
    write_word(b, "seen", fate_word((enum fate)r->fate));
    write_word(b, "fulfilment", r->fulfilment);
    write_word(b, "reference", r->reference);
    write_amount(b, r->amount_minor, r->currency);
    write_count(b, "version", r->version);
    write_count(b, "generation", r->generation);
    write_moment(b, "found", r->found_ms);
    write_moment(b, "since", r->since_ms);
    write_moment(b, "contained", r->contained_ms);
    write_moment(b, "due", r->due_ms);
    write_count(b, "position", r->position);
    buf_char(b, '}');
}

void respond_write_step_json(const struct step_row *r, struct buf *b) {
    buf_char(b, '{');
    write_text(b, "id", r->id);
    write_text(b, "effect", r->effect);
    write_text(b, "system", r->system);
    write_text(b, "verb", r->verb);
    write_text(b, "how", r->how);
    write_text(b, "state", step_state_word(r->state));
    write_count(b, "generation", r->generation);
    write_count(b, "attempts", r->attempts);
    write_moment(b, "created", r->created_ms);
    write_moment(b, "run", r->run_ms);
    write_moment(b, "first_sent", r->first_sent_ms);
    write_moment(b, "deadline", r->deadline_ms);
    write_word(b, "outcome", step_outcome_word(r->outcome));
    write_raw(b, "request", r->request);
    write_raw(b, "answer", r->answer);
    write_word(b, "last_error", r->last_error);
    buf_char(b, '}');
}

static void write_words(struct buf *b, const char *name, struct str words) {
    write_name(b, name);
    buf_char(b, '[');
    for (bool first = true; words.size; first = false) {
        if (!first) buf_char(b, ',');
        buf_json(b, str_cut(words, ' ', &words));
    }
    buf_char(b, ']');
}

void respond_write_task_json(const struct task_row *r, struct buf *b) {
    buf_char(b, '{');
    write_text(b, "id", r->id);
    write_text(b, "incident", r->incident);
    write_word(b, "effect", r->effect);
    write_text(b, "kind", r->kind);
    write_text(b, "asks", r->asks);
    write_words(b, "options", r->options);
    write_text(b, "state", task_state_word(r->state));
    write_count(b, "people", (uint64_t)r->people);
    write_moment(b, "opened", r->opened_ms);
    write_moment(b, "due", r->due_ms);
    write_moment(b, "closed", r->closed_ms);
    write_bool(b, "escalated", r->escalated);
    write_word(b, "proposed_by", r->proposed_by);
    write_word(b, "proposed", r->proposed);
    write_word(b, "approved_by", r->approved_by);
    write_word(b, "outcome", r->outcome);
    buf_char(b, '}');
}

void respond_write_ledger_json(const struct ledger_row *r, struct buf *b) {
    buf_char(b, '{');
    write_text(b, "effect", r->effect);
    write_count(b, "number", r->number);
    write_text(b, "kind", ledger_kind_word(r->kind));
    write_amount(b, r->amount_minor, r->currency);
    write_moment(b, "at", r->at_ms);
    write_word(b, "evidence", r->evidence);
    buf_char(b, '}');
}

void respond_write_money_json(const struct money *m, size_t count, struct buf *b) {
    buf_char(b, '{');
    for (size_t i = 0; i < count; i++) {
        if (i) buf_char(b, ',');
        buf_json(b, str_from(m[i].currency));
        buf_fmt(b, ":{\"loss\":%lld,\"returned\":%lld,\"compensated\":%lld,\"writeoff\":%lld,\"open\":%lld}", (long long)m[i].loss_minor,
                (long long)m[i].returned_minor, (long long)m[i].compensated_minor, (long long)m[i].writeoff_minor,
                (long long)money_open(&m[i]));
    }
    buf_char(b, '}');
}

/* A report's are the report: GET /v1/reports has it. */
#define NOTICE_FACTS_SIZE_MAX 8192

void respond_write_notice_json(const struct notice_row *r, struct buf *b) {
    buf_char(b, '{');
    write_text(b, "id", r->id);
    write_text(b, "incident", r->incident);
    write_text(b, "audience", r->audience);
    write_text(b, "subject", r->subject);
    write_text(b, "state", notice_state_word(r->state));
    write_raw(b, "facts", r->facts.size > NOTICE_FACTS_SIZE_MAX ? STR_NONE : r->facts);
    write_moment(b, "created", r->created_ms);
    if (r->due_ms) write_moment(b, "due", r->due_ms);
    write_word(b, "into", r->into);
    if (!r->written_ms) {
        buf_char(b, '}');
        return;
    }
    write_moment(b, "written", r->written_ms);
    write_text(b, "language", r->language);
    write_text(b, "title", r->title);
    write_text(b, "text", r->text);
    write_word(b, "channels", r->channels);
    write_moment(b, "accepted", r->accepted_ms);
    write_word(b, "accepted_by", r->accepted_by);
    write_moment(b, "read", r->read_ms);
    write_word(b, "read_by", r->read_by);
    buf_char(b, '}');
}

void respond_write_proof_json(const struct proof_row *r, struct buf *b) {
    buf_char(b, '{');
    write_text(b, "effect", r->effect);
    write_count(b, "number", r->number);
    write_moment(b, "at", r->at_ms);
    write_text(b, "observer", r->observer);
    write_text(b, "observed", r->observed);
    write_bool(b, "ok", r->ok);
    buf_char(b, '}');
}

void respond_write_audit_json(const struct audit_row *r, struct buf *b) {
    buf_char(b, '{');
    write_count(b, "number", r->number);
    write_moment(b, "at", r->at_ms);
    write_text(b, "actor", r->actor);
    write_text(b, "what", r->what);
    write_raw(b, "body", r->body);
    write_text(b, "prev_hash", r->prev_hash);
    write_text(b, "hash", r->hash);
    write_count(b, "position", r->position);
    buf_char(b, '}');
}

/* ---- definitions -------------------------------------------------------------------------------------------------------------------- */

/* Left out where it is false. */
static void write_yes(struct buf *b, const char *name, bool value) {
    if (value) write_bool(b, name, true);
}

/* "shop.contain.hold_order" */
static void write_operation(struct buf *b, const char *name, const struct operation *o) {
    if (!o) return;
    write_name(b, name);
    buf_fmt(b, "\"%s.%s.%s\"", o->system, o->verb, o->how);
}

/* The moves from one state, or from all of them (AFTER_GO, ANY_STATE), in the order in which they are tried. */
static void write_moves(const struct effect_def *d, const char *name, int from, struct buf *b) {
    write_name(b, name);
    char before = '[';
    for (size_t i = 0; i < d->move_count; i++) {
        const struct effect_move *m = &d->moves[i];
        if (m->from != from) continue;
        buf_char(b, before), buf_char(b, '{');
        write_text(b, "on", trigger_word(m->on));
        if (m->fate != ANY_FATE) write_text(b, "seen", fate_word((enum fate)m->fate));
        write_text(b, "to", str_from(d->states[m->to].name));
        buf_char(b, '}');
        before = ',';
    }
    buf_text(b, before == '[' ? STR("[]") : STR("]"));
}

static void write_timer(const struct effect_state *s, struct buf *b) {
    if (s->waits_ms[0] <= 0) return;
    write_name(b, "waits_ms");
    for (size_t i = 0; i < EFFECT_WAITS_MAX && s->waits_ms[i] > 0; i++) {
        buf_char(b, i ? ',' : '[');
        buf_i64(b, s->waits_ms[i]);
    }
    buf_char(b, ']');
    if (s->repeats_max) write_count(b, "repeats_max", s->repeats_max);
}

static void write_state(const struct effect_def *d, size_t index, struct buf *b) {
    const struct effect_state *s = &d->states[index];
    buf_char(b, '{');
    write_text(b, "name", str_from(s->name));
    write_text(b, "phase", phase_word(s->phase));
    write_yes(b, "terminal", phase_is_terminal(s->phase));
    write_text(b, "says", str_from(s->says));
    write_operation(b, "step", s->op);
    write_timer(s, b);
    if (s->task != TASK_NONE) {
        write_text(b, "task", task_kind_word(s->task));
        write_text(b, "asks", str_from(s->task_asks));
        write_count(b, "task_due_ms", (uint64_t)s->task_due_ms);
    }
    write_yes(b, "returned", s->returned);
    write_yes(b, "compensated", s->compensated);
    write_yes(b, "written_off", s->written_off);
    write_yes(b, "freed", s->freed);
    if (s->notice) write_text(b, "notice", str_from(s->notice));
    if (s->becomes) {
        write_text(b, "becomes", str_from(s->becomes));
        write_text(b, "becomes_state", str_from(s->becomes_state));
    }
    write_moves(d, "moves", (int)index, b);
    buf_char(b, '}');
}

static void write_kinds(const struct effect_def *d, struct buf *b) {
    write_name(b, "events");
    buf_char(b, '[');
    for (size_t i = 0; i < EFFECT_KINDS_MAX && d->kinds[i] != KIND_UNKNOWN; i++) {
        if (i) buf_char(b, ',');
        buf_json(b, kind_name(d->kinds[i]));
    }
    buf_char(b, ']');
}

void respond_write_definition_json(const struct effect_def *d, struct buf *b) {
    buf_char(b, '{');
    write_text(b, "kind", str_from(d->name));
    write_text(b, "code", str_from(d->code));
    write_text(b, "what", str_from(d->sentence));
    write_text(b, "found", str_from(d->found));
    write_text(b, "undone", str_from(d->undone));
    write_text(b, "too_late", str_from(d->too_late));
    write_text(b, "confirmers", str_from(d->confirmers));
    write_kinds(d, b);
    write_text(b, "object", str_from(d->object_type));
    write_yes(b, "always", d->always);
    write_yes(b, "loses", d->loses);
    write_yes(b, "holds_order", d->holds_order);
    if (d->waits_for) write_text(b, "waits_for", str_from(d->waits_for));
    write_operation(b, "release", d->release);
    write_yes(b, "release_undoes", d->release_undoes);
    write_name(b, "states");
    for (size_t i = 0; i < d->state_count; i++) {
        buf_char(b, i ? ',' : '[');
        write_state(d, i, b);
    }
    buf_char(b, ']');
    write_moves(d, "moves_while_undoing", AFTER_GO, b);
    write_moves(d, "moves", ANY_STATE, b);
    buf_char(b, '}');
}
