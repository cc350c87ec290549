// SPDX-License-Identifier: Apache-2.0
/* Adds the rows of a response that are never changed again: audits, notices, holds, proofs. */
#include <string.h>

#include "base/check.h"
#include "base/moment.h"
#include "respond/advance.h"

/* Facts and audits name an id (128), an object (640) or a word of a counterpart (128), each byte up to six in JSON, and numbers. */
#define NOTE_SIZE_MAX (16U * 1024)

void *advance_take(struct advance *a, size_t size) {
    void *memory = arena_take(a->step, size);
    CHECK(memory);
    return memory;
}

struct buf advance_buf(struct advance *a, size_t size) {
    return buf_over(advance_take(a, size), size);
}

struct str advance_text(struct advance *a, struct buf *b) {
    CHECK(!b->overflow);
    arena_keep(a->step, b->at, b->size);
    return buf_str(b);
}

struct str advance_copy(struct advance *a, struct str s) {
    bool full = false;
    struct str copy = arena_copy(a->step, s, &full);
    CHECK(!full);
    return copy;
}

struct incident_write *advance_write(struct advance *a, enum incident_write_kind kind) {
    CHECK(a->out->write_count < RESPONSE_WRITES_MAX);
    struct incident_write *w = &a->out->writes[a->out->write_count++];
    memset(w, 0, sizeof *w);
    w->kind = kind;
    w->position = a->e->position;
    return w;
}

static void write_member(struct buf *b, const char *name, struct str text) {
    if (!text.size) return;
    if (b->size > 1) buf_char(b, ',');
    buf_fmt(b, "\"%s\":", name);
    buf_json(b, text);
}

/* One event may change hundreds of effects: before the rows themselves run out of room, the chain does, and says so. */
#define AUDIT_COUNT_MAX (RESPONSE_WRITES_MAX / 2)

void record_audit(struct advance *a, const struct audit_note *n) {
    if (a->out->write_count >= AUDIT_COUNT_MAX) {
        a->out->overflow = true;
        return;
    }
    struct buf b = advance_buf(a, NOTE_SIZE_MAX);
    buf_char(&b, '{');
    write_member(&b, "about", n->about);
    write_member(&b, "from", n->from);
    write_member(&b, "to", n->to);
    write_member(&b, "why", n->why);
    buf_char(&b, '}');
    struct audit_row *row = &advance_write(a, WRITE_AUDIT)->as.audit;
    row->incident = a->response.incident;
    row->at_ms = a->now_ms;
    row->actor = a->actor;
    row->what = str_from(n->what);
    row->body = advance_text(a, &b);
    row->position = a->e->position;
    a->response.audit_count++;
    a->response_changed = true;
}

static const struct {
    const char *audience, *subject;
} subjects[] = {
#define NOTICE(audience, subject, sentence) {#audience, #subject},
#include "respond/notices.def"
#undef NOTICE
};

static struct str audience_of(const char *subject) {
    size_t i = 0;
    while (i < sizeof subjects / sizeof subjects[0] && strcmp(subjects[i].subject, subject) != 0) i++;
    CHECK(i < sizeof subjects / sizeof subjects[0]); /* a subject of notices.def */
    return str_from(subjects[i].audience);
}

static void write_moment(struct buf *b, const char *name, int64_t at_ms) {
    if (at_ms <= 0) return;
    if (b->size > 1) buf_char(b, ',');
    buf_fmt(b, "\"%s\":\"", name);
    moment_format(b, at_ms);
    buf_char(b, '"');
}

static void write_facts(const struct advance *a, const struct effect_work *w, struct buf *b) {
    buf_char(b, '{');
    write_member(b, "account", a->response.account);
    write_moment(b, "window_from", a->response.window_from_ms);
    if (w) {
        write_member(b, "effect", w->row.id);
        write_member(b, "kind", w->row.kind);
        write_member(b, "object", w->row.object);
        write_member(b, "fulfilment", w->row.fulfilment);
        write_moment(b, "found", w->row.found_ms);
        write_member(b, "state", fate_word((enum fate)w->row.fate));
        if (w->row.currency[0]) buf_fmt(b, ",\"amount_minor\":%lld", (long long)w->row.amount_minor);
        write_member(b, "currency", str_from(w->row.currency));
    }
    buf_char(b, '}');
}

void record_notice(struct advance *a, const char *subject, const struct effect_work *w) {
    struct buf id = advance_buf(a, 64 + a->response.incident.size);
    buf_fmt(&id, "%.*s/n%u", STR_ARGS(a->response.incident), ++a->response.notice_count);
    struct str name = advance_text(a, &id);
    struct buf facts = advance_buf(a, NOTE_SIZE_MAX);
    write_facts(a, w, &facts);
    advance_write(a, WRITE_NOTICE)->as.notice = (struct notice_row){
        .id = name,
        .incident = a->response.incident,
        .account = a->response.account,
        .audience = audience_of(subject),
        .subject = str_from(subject),
        .facts = advance_text(a, &facts),
        .created_ms = a->now_ms,
        .position = a->e->position,
    };
    a->response_changed = true;
}

void record_proof(struct advance *a, struct effect_work *w, struct str observer, struct str observed, bool ok) {
    advance_write(a, WRITE_PROOF)->as.proof = (struct proof_row){
        .incident = a->response.incident,
        .effect = w->row.id,
        .number = ++w->row.proof_count,
        .at_ms = a->now_ms,
        .observer = advance_copy(a, observer),
        .observed = advance_copy(a, observed),
        .ok = ok,
        .position = a->e->position,
    };
    w->changed = true;
}

/* The object of an effect that holds is an order: "order:o1". */
void record_hold(struct advance *a, const struct effect_work *w, bool held) {
    struct str order;
    (void)str_cut(w->row.object, ':', &order);
    advance_write(a, WRITE_HOLD)->as.hold = (struct hold_row){
        .order = order,
        .account = a->response.account,
        .incident = a->response.incident,
        .epoch = a->e->position,
        .held_ms = held ? a->now_ms : w->row.found_ms,
        .released_ms = held ? 0 : a->now_ms,
    };
    record_audit(a, &(struct audit_note){.what = held ? "order_held" : "order_released", .about = w->row.id, .to = order});
}
