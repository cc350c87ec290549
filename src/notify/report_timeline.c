// SPDX-License-Identifier: Apache-2.0
/* Tells in the order of time what the hijacker did, what the owner did about it, and what we did. */
#include "base/moment.h"
#include "base/sort.h"
#include "event/event.h"
#include "notify/report_writing.h"

/* What happened within one second is told in this order. */
enum what { ACT, NOTICED, STOPPED, UNDID, CAME, MADE_GOOD, GAVE_BACK, PROVED, CLOSED };

struct entry {
    int64_t at_ms;
    enum what what;
    size_t index; /* of its row */
};

struct timeline {
    struct writing *w;
    struct entry *entries;
    size_t count, capacity;
    size_t acts, untold;
};

static void add(struct timeline *t, int64_t at_ms, enum what what, size_t index) {
    if (at_ms && t->count < t->capacity) t->entries[t->count++] = (struct entry){at_ms, what, index};
}

static int compare(const void *a, const void *b) {
    const struct entry *left = a, *right = b;
    int64_t left_s = left->at_ms / SECOND_MS, right_s = right->at_ms / SECOND_MS;
    if (left_s != right_s) return left_s < right_s ? -1 : 1;
    if (left->what != right->what) return left->what < right->what ? -1 : 1;
    if (left->at_ms != right->at_ms) return left->at_ms < right->at_ms ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

static bool same_second(int64_t a_ms, int64_t b_ms) {
    return a_ms / SECOND_MS == b_ms / SECOND_MS;
}

/* ---- acts --------------------------------------------------------------------------------------------------------------------------- */

static int64_t closed_ms(const struct writing *w) {
    return w->source->rows.response->closed_ms ? w->source->rows.response->closed_ms : INT64_MAX;
}

/* The owner's daily life is his; what he did about the attack belongs here. */
static bool is_told(const struct writing *w, const struct incident_event_row *r) {
    enum kind kind = kind_from(r->kind);
    enum kind_group group = kind_group(kind);
    if (kind == KIND_SESSION_SEEN || kind == KIND_LOGOUT) return false;
    if (kind == KIND_OWNER_STATEMENT) return true;
    if (kind == KIND_ORDER_STATE) return r->whose == WHOSE_HIJACKER && words_find("report_parcel_", r->detail, "") >= 0;
    bool act = group == GROUP_ACCESS || group == GROUP_CREDENTIAL || group == GROUP_VALUE || kind == KIND_UNKNOWN;
    if (r->whose == WHOSE_HIJACKER) return act;
    if (r->time_ms < w->source->rows.incident->window_from_ms) return false;
    bool after_all = writing_doing(w) == DOING_YOURS && r->time_ms <= closed_ms(w);
    return r->whose == WHOSE_OWNER && !after_all ? group == GROUP_CREDENTIAL : act;
}

static enum phrase act_of(const struct incident_event_row *r) {
    if (str_equal(r->kind, STR("owner_statement")))
        return str_equal(r->detail, STR("mine")) ? PHRASE_report_act_said_mine : PHRASE_report_act_said_not_mine;
    if (str_equal(r->kind, STR("order_state"))) return (enum phrase)words_find("report_parcel_", r->detail, "");
    int p = words_find("report_act_", r->kind, str_equal(r->detail, STR("failure")) ? "_failed" : "");
    return p < 0 ? PHRASE_report_act_other : (enum phrase)p;
}

static void write_act(struct writing *w, const struct incident_event_row *r) {
    struct str id, type = str_cut(r->object, ':', &id);
    bool paid = str_equal(type, STR("charge")); /* that is how it was paid, not what it is about */
    int change = words_find("report_change_", r->detail, "");
    writing_named(w, &(struct named){
                         .what = writing_phrase(w, act_of(r)),
                         .object = paid ? STR_NONE : r->object,
                         .also = change < 0 ? STR_NONE : writing_phrase(w, (enum phrase)change),
                         .amount_minor = r->amount_minor,
                         .currency = r->currency,
                     });
}

static enum phrase doer_of(const struct incident_event_row *r) {
    if (str_equal(r->kind, STR("order_state"))) return PHRASE_report_system_carrier;
    switch (r->whose) {
    case WHOSE_HIJACKER: return PHRASE_report_he;
    case WHOSE_OWNER: return PHRASE_report_you;
    case WHOSE_UNKNOWN: break;
    }
    return PHRASE_report_nobody_knows;
}

static void write_act_row(struct writing *w, const struct incident_event_row *r) {
    writing_time_cell(w, r->time_ms);
    writing_cell(w, writing_phrase(w, doer_of(r)), false);
    size_t mark = w->text.size;
    write_act(w, r);
    writing_cell(w, writing_since(w, mark), false);
    writing_row(w);
}

/* ---- what we did -------------------------------------------------------------------------------------------------------------------- */

static enum phrase sentence_of(enum what what) {
    switch (what) {
    case ACT:
    case NOTICED: return PHRASE_report_noticed;
    case STOPPED: return PHRASE_report_stopped;
    case UNDID: return PHRASE_report_undid;
    case CAME: return PHRASE_report_money_came;
    case MADE_GOOD: return PHRASE_report_money_made_good;
    case GAVE_BACK: return PHRASE_report_gave_back;
    case PROVED: return PHRASE_report_proved;
    case CLOSED: return PHRASE_report_closed;
    }
    return PHRASE_report_noticed;
}

/* What is done to many at once is one line: those from entries[i] on, of the same second; how many. */
static size_t write_list(struct timeline *t, size_t i) {
    struct writing *w = t->w;
    size_t mark = w->text.size, n = i;
    for (; n < t->count && t->entries[n].what == t->entries[i].what && same_second(t->entries[n].at_ms, t->entries[i].at_ms); n++) {
        writing_separator(w, mark, &w->text);
        writing_effect(w, &w->source->rows.effects[t->entries[n].index]);
    }
    return n - i;
}

static void write_money_line(struct writing *w, const struct ledger_row *r, struct filling fillings[2]) {
    const struct effect_row *e = writing_find_effect(w, r->effect);
    size_t mark = w->text.size;
    words_amount(w->phrases, r->amount_minor, r->currency, &w->text);
    fillings[0] = (struct filling){"amount", writing_since(w, mark)};
    mark = w->text.size;
    int what = e ? words_what(e->kind) : -1;
    if (what >= 0) writing_named(w, &(struct named){.what = writing_phrase(w, (enum phrase)what), .object = e->object});
    else writing_strange(r->effect, &w->text);
    fillings[1] = (struct filling){"what", writing_since(w, mark)};
}

/* One line of ours from entries[i] on; how many entries it tells. */
static size_t write_our_row(struct timeline *t, size_t i) {
    struct writing *w = t->w;
    const struct entry *e = &t->entries[i];
    struct filling fillings[2] = {{"list", STR_NONE}, {"", STR_NONE}};
    size_t told = 1;
    writing_time_cell(w, e->at_ms);
    writing_cell(w, writing_phrase(w, PHRASE_report_we), false);
    size_t mark = w->text.size;
    if (e->what == CAME || e->what == MADE_GOOD) write_money_line(w, &w->source->rows.ledger[e->index], fillings);
    else if (e->what != NOTICED && e->what != CLOSED) told = write_list(t, i), fillings[0].value = writing_since(w, mark);
    mark = w->text.size;
    phrase_fill(writing_phrase(w, sentence_of(e->what)), fillings, 2, &w->text);
    writing_cell(w, writing_since(w, mark), false);
    writing_row(w);
    return told;
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------------------- */

/* That it came back says that it was undone. */
static bool money_came(const struct notice_source *s, const struct effect_row *e, int64_t at_ms) {
    for (size_t i = 0; i < s->ledger_count; i++) {
        const struct ledger_row *r = &s->ledger[i];
        bool back = r->amount_minor > 0 && (r->kind == LEDGER_RETURNED || r->kind == LEDGER_COMPENSATED);
        if (back && same_second(r->at_ms, at_ms) && str_equal(r->effect, e->id)) return true;
    }
    return false;
}

static void add_effect(struct timeline *t, size_t i) {
    const struct notice_source *s = &t->w->source->rows;
    const struct effect_row *e = &s->effects[i];
    if (!writing_is_told(e) || e->phase == PHASE_KEPT) return;
    int64_t undone_ms = writing_undone_ms(t->w, i);
    if (phase_is_contained(e->phase)) add(t, e->contained_ms, STOPPED, i);
    if (e->phase == PHASE_RESTORED) add(t, undone_ms, GAVE_BACK, i);
    else if (undone_ms != e->contained_ms && !money_came(s, e, undone_ms)) add(t, undone_ms, UNDID, i);
    if (e->phase == PHASE_VERIFIED && !same_second(e->since_ms, undone_ms)) add(t, e->since_ms, PROVED, i);
}

static void gather(struct timeline *t) {
    const struct report_source *s = t->w->source;
    add(t, s->rows.response->decided_ms ? s->rows.response->decided_ms : s->rows.incident->opened_ms, NOTICED, 0);
    add(t, s->rows.response->closed_ms, CLOSED, 0);
    for (size_t i = 0; i < s->rows.effect_count; i++) add_effect(t, i);
    for (size_t i = 0, left = REPORT_MONEY_MAX; i < s->rows.ledger_count && left; i++) {
        const struct ledger_row *r = &s->rows.ledger[i];
        if (r->amount_minor > 0 && (r->kind == LEDGER_RETURNED || r->kind == LEDGER_COMPENSATED)) left--;
        if (r->amount_minor > 0 && r->kind == LEDGER_RETURNED) add(t, r->at_ms, CAME, i);
        if (r->amount_minor > 0 && r->kind == LEDGER_COMPENSATED) add(t, r->at_ms, MADE_GOOD, i);
    }
    for (size_t i = 0; i < s->event_count; i++) {
        if (!is_told(t->w, &s->events[i])) continue;
        if (t->acts == REPORT_EVENTS_MAX) t->untold++;
        else add(t, s->events[i].time_ms, ACT, i), t->acts++;
    }
}

static void begin_table(struct writing *w) {
    size_t mark = w->text.size;
    writing_zone_phrase(w, PHRASE_report_timeline_caption);
    struct cell head[] = {{writing_phrase(w, PHRASE_report_when), false},
                          {writing_phrase(w, PHRASE_report_who), false},
                          {writing_phrase(w, PHRASE_report_what), false}};
    document_table(w->document, writing_since(w, mark), head, 3);
    buf_reset(&w->text);
}

static void tell_untold(struct timeline *t) {
    char memory[24];
    struct buf count = buf_over(memory, sizeof memory);
    if (!t->untold) return;
    buf_u64(&count, t->untold);
    writing_paragraph(t->w, PHRASE_report_more, (struct filling[]){{"count", buf_str(&count)}}, 1);
}

void report_timeline(struct writing *w) {
    const struct notice_source *rows = &w->source->rows;
    struct timeline t = {.w = w, .capacity = 2 + 3 * rows->effect_count + REPORT_MONEY_MAX + REPORT_EVENTS_MAX};
    t.entries = arena_take(w->arena, t.capacity * sizeof *t.entries);
    if (!t.entries) {
        w->document->overflow = true;
        return;
    }
    gather(&t);
    sort_items(t.entries, t.count, sizeof *t.entries, compare);
    writing_heading(w, PHRASE_report_timeline);
    begin_table(w);
    for (size_t i = 0; i < t.count;) {
        if (t.entries[i].what == ACT) write_act_row(w, &w->source->events[t.entries[i++].index]);
        else i += write_our_row(&t, i);
    }
    tell_untold(&t);
}
