// SPDX-License-Identifier: Apache-2.0
/*
 * Makes the steps of a response: what a counterpart is asked (docs/reference/adapter.md), under which key.
 *
 *     id   inc_912834/e3/undo.refund/7      7 = the version of the effect's state that sent it: so an answer knows whether it comes late
 *     key  inc_912834/e3/undo.refund/1      1 = the generation: the same for as long as it is the same act
 *
 * A request is complete but for its key, and never changes once it is written.
 */
#include <string.h>

#include "base/check.h"
#include "base/moment.h"
#include "respond/advance.h"

/* How long it is tried before a person has it: containment is late long before an hour is over; a bank may be down for a night. */
#define CONTAIN_MS (1 * HOUR_MS)
#define RELEASE_MS (4 * HOUR_MS)
#define UNDO_MS    (1 * DAY_MS)

/* ---- keys --------------------------------------------------------------------------------------------------------------------------- */

static bool is_verb(struct str verb, const char *word) {
    return str_equal(verb, str_from(word));
}

static bool only_looks(struct str verb) {
    return is_verb(verb, "read_state") || is_verb(verb, "probe") || is_verb(verb, "find_effects");
}

/* The verb of the act that a read_state asks about: nothing is both contained and undone by the same name. */
static struct str verb_asked_about(const struct step_row *s) {
    if (!is_verb(s->verb, "read_state")) return s->verb;
    return operation_find(s->system, STR("undo"), s->how) >= 0 ? STR("undo") : STR("contain");
}

struct str respond_key(const struct step_row *s, struct arena *step) {
    size_t size = s->effect.size + s->verb.size + s->how.size + 32;
    char *memory = arena_take(step, size);
    CHECK(memory);
    struct buf b = buf_over(memory, size);
    struct str verb = verb_asked_about(s);
    buf_fmt(&b, "%.*s/%.*s.%.*s/%u", STR_ARGS(s->effect), STR_ARGS(verb), STR_ARGS(s->how), s->generation);
    CHECK(!b.overflow);
    arena_keep(step, memory, b.size);
    return buf_str(&b);
}

struct str respond_incident_of(struct str id) {
    struct str rest, incident = str_cut(id, '/', &rest);
    return incident_position(incident) ? incident : STR_NONE;
}

/* ---- the body ----------------------------------------------------------------------------------------------------------------------- */

static void write_text(struct buf *b, const char *name, struct str text) {
    buf_fmt(b, ",\"%s\":", name);
    buf_json(b, text);
}

static void write_effect(const struct effect_row *r, struct buf *b) {
    buf_text(b, STR(",\"effect\":{\"id\":"));
    buf_json(b, r->id);
    write_text(b, "kind", r->kind);
    write_text(b, "object", r->object);
    write_text(b, "before", r->before);
    write_text(b, "after", r->after);
    write_text(b, "state", fate_word((enum fate)r->fate));
    write_text(b, "fulfilment", r->fulfilment);
    write_text(b, "reference", r->reference);
    if (r->currency[0]) {
        buf_fmt(b, ",\"amount_minor\":%lld", (long long)r->amount_minor);
        write_text(b, "currency", str_from(r->currency));
    }
    buf_char(b, '}');
}

static void write_window(const struct advance *a, struct buf *b) {
    int64_t to_ms = a->l->incident ? a->l->incident->window_to_ms : 0;
    buf_text(b, STR(",\"window\":{\"from\":\""));
    if (a->response.window_from_ms > 0) moment_format(b, a->response.window_from_ms);
    buf_text(b, STR("\",\"to\":\""));
    if (to_ms > 0) moment_format(b, to_ms);
    buf_text(b, STR("\"}"));
}

/* The members of the path that there is room for: it names sessions and clients first, and what was made over it last. */
static void write_path(const struct advance *a, struct buf *b) {
    struct str rest = a->l->incident ? a->l->incident->path : STR_NONE, name, value;
    buf_text(b, STR(",\"path\":{"));
    for (bool first = true; rest.size && json_cut_member(&rest, &name, &value);) {
        if (b->size + name.size + value.size + 8 > STEP_REQUEST_SIZE_MAX) continue;
        if (!first) buf_char(b, ',');
        buf_fmt(b, "\"%.*s\":", STR_ARGS(name));
        buf_text(b, value);
        first = false;
    }
    buf_char(b, '}');
}

static struct str write_request(struct advance *a, const struct effect_work *w, const struct operation *op) {
    struct buf b = advance_buf(a, STEP_REQUEST_SIZE_MAX);
    buf_fmt(&b, "{\"system\":\"%s\",\"verb\":\"%s\",\"how\":\"%s\"", op->system, op->verb, op->how);
    write_text(&b, "incident", a->response.incident);
    write_text(&b, "account", a->response.account);
    write_effect(&w->row, &b);
    write_window(a, &b);
    write_path(a, &b);
    buf_char(&b, '}');
    return advance_text(a, &b);
}

/* ---- sending ------------------------------------------------------------------------------------------------------------------------ */

static int lane_of(const struct effect_work *w, struct str verb) {
    if (is_verb(verb, "contain")) return w->def->lane;
    if (is_verb(verb, "find_effects")) return LANE_SWEEP;
    return only_looks(verb) ? LANE_VERIFY : LANE_UNDO;
}

static int64_t patience_of(struct str verb) {
    if (is_verb(verb, "contain")) return CONTAIN_MS;
    return is_verb(verb, "release") ? RELEASE_MS : UNDO_MS;
}

static struct str step_id(struct advance *a, const struct effect_work *w, const struct operation *op) {
    struct buf b = advance_buf(a, w->row.id.size + strlen(op->verb) + strlen(op->how) + 32);
    buf_fmt(&b, "%.*s/%s.%s/%u", STR_ARGS(w->row.id), op->verb, op->how, w->row.version);
    return advance_text(a, &b);
}

/* The same act, given up: nobody knows what became of it. */
static struct step_work *given_up(struct advance *a, const struct effect_work *w, const struct operation *op) {
    for (size_t i = 0; i < a->step_count; i++) {
        struct step_row *s = &a->steps[i].row;
        bool same = str_equal(s->effect, w->row.id) && is_verb(s->verb, op->verb) && is_verb(s->how, op->how);
        if (same && s->state == STEP_HUMAN && !only_looks(s->verb)) return &a->steps[i];
    }
    return NULL;
}

bool request_was_given_up(struct advance *a, const struct effect_work *w, const struct operation *op) {
    return given_up(a, w, op) != NULL;
}

static void cancel(struct step_work *s) {
    s->row.state = STEP_CANCELED;
    s->changed = true;
}

void request_settle(struct advance *a, const struct effect_work *w) {
    for (size_t i = 0; i < a->step_count; i++)
        if (a->steps[i].row.state == STEP_HUMAN && str_equal(a->steps[i].row.effect, w->row.id)) cancel(&a->steps[i]);
}

/* It is taken up again by a request that is read before it is sent. */
static enum step_state take_up(struct advance *a, const struct effect_work *w, const struct operation *op) {
    struct step_work *before = given_up(a, w, op);
    if (!before) return STEP_READY;
    cancel(before);
    return STEP_UNKNOWN;
}

void request_send(struct advance *a, struct effect_work *w, const struct operation *op) {
    CHECK(a->step_count < a->step_capacity);
    enum step_state state = take_up(a, w, op);
    struct str verb = str_from(op->verb);
    struct step_work *s = &a->steps[a->step_count++];
    *s = (struct step_work){.added = true};
    s->row = (struct step_row){
        .id = step_id(a, w, op),
        .effect = w->row.id,
        .incident = a->response.incident,
        .account = a->response.account,
        .system = str_from(op->system),
        .verb = verb,
        .how = str_from(op->how),
        .request = write_request(a, w, op),
        .state = state,
        .lane = lane_of(w, verb),
        .generation = w->row.generation,
        .run_ms = a->now_ms,
        .deadline_ms = a->now_ms + patience_of(verb),
        .created_ms = a->now_ms,
        .position = a->e->position,
    };
    w->row.step_count++;
    w->changed = true;
    record_audit(a, &(struct audit_note){.what = "step_asked", .about = s->row.id});
}

static bool is_over(enum step_state s) {
    return s == STEP_DONE || s == STEP_HUMAN || s == STEP_CANCELED;
}

void request_overtake(struct advance *a, const struct effect_work *w) {
    for (size_t i = 0; i < a->step_count; i++) {
        struct step_work *s = &a->steps[i];
        if (s->row.state != STEP_READY || !str_equal(s->row.effect, w->row.id)) continue;
        cancel(s);
        record_audit(a, &(struct audit_note){.what = "step_canceled", .about = s->row.id});
    }
}

bool request_is_of_state(const struct step_row *s, const struct effect_work *w) {
    size_t at = s->id.size;
    while (at > 0 && s->id.at[at - 1] != '/') at--;
    uint64_t version;
    return str_to_u64(str_slice(s->id, at, s->id.size), &version) && version == w->row.version;
}

bool request_under_way(const struct advance *a, const struct effect_work *w) {
    for (size_t i = 0; i < a->step_count; i++) {
        const struct step_row *s = &a->steps[i].row;
        if (!is_over(s->state) && str_equal(s->effect, w->row.id) && request_is_of_state(s, w)) return true;
    }
    return false;
}

bool request_in_doubt(const struct advance *a, const struct effect_work *w) {
    for (size_t i = 0; i < a->step_count; i++) {
        const struct step_row *s = &a->steps[i].row;
        if (is_over(s->state) || only_looks(s->verb) || !str_equal(s->effect, w->row.id)) continue;
        if (!request_is_of_state(s, w)) return true;
    }
    return false;
}

/* READY counts, too: whether a worker has it is not journaled, and the generation must come out the same when the journal is read again. */
bool request_may_act(const struct advance *a, const struct effect_work *w) {
    for (size_t i = 0; i < a->step_count; i++) {
        const struct step_row *s = &a->steps[i].row;
        if (!is_over(s->state) && !only_looks(s->verb) && str_equal(s->effect, w->row.id)) return true;
    }
    return false;
}
