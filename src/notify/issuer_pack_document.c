// SPDX-License-Identifier: Apache-2.0
/* Writes the pack of one charge as a document. */
#include "base/moment.h"
#include "base/sort.h"
#include "event/event.h"
#include "notify/issuer_pack_facts.h"
#include "notify/report_writing.h"

/* ---- the charge --------------------------------------------------------------------------------------------------------------------- */

static enum phrase request_phrase(enum pack_request r) {
    switch (r) {
    case PACK_VOID: return PHRASE_pack_request_void;
    case PACK_RELEASE: return PHRASE_pack_request_release;
    case PACK_REVERSAL: return PHRASE_pack_request_reversal;
    case PACK_REFUNDING: return PHRASE_pack_request_refunding;
    case PACK_REFUNDED: return PHRASE_pack_request_refunded;
    case PACK_DISPUTE: return PHRASE_pack_request_dispute;
    case PACK_PAID: return PHRASE_pack_request_paid;
    }
    return PHRASE_pack_request_reversal;
}

static void write_statement(struct writing *w, const struct pack_facts *f, const struct issuer_pack_known *k) {
    struct str merchant = k->merchant.size ? k->merchant : writing_phrase(w, PHRASE_pack_merchant_unnamed);
    writing_paragraph(w, PHRASE_pack_statement, (struct filling[]){{"merchant", merchant}}, 1);
    writing_paragraph(w, request_phrase(f->request), NULL, 0);
}

/* What is not known has no line. */
static void write_fact(struct writing *w, enum phrase name, struct str value) {
    if (!value.size) return;
    size_t mark = w->text.size;
    writing_strange(value, &w->text);
    writing_cell(w, writing_phrase(w, name), false);
    writing_cell(w, writing_since(w, mark), false);
    writing_row(w);
}

static void write_charge(struct writing *w, const struct pack_facts *f, const struct issuer_pack_known *k) {
    char amount_memory[64], time_memory[32];
    struct buf amount = buf_over(amount_memory, sizeof amount_memory), time = buf_over(time_memory, sizeof time_memory);
    if (f->effect->currency[0]) words_amount(w->phrases, f->effect->amount_minor, f->effect->currency, &amount);
    if (f->made) writing_time(w, f->made->time_ms, &time);
    writing_heading(w, PHRASE_pack_facts);
    document_table(w->document, STR_NONE, NULL, 0);
    write_fact(w, PHRASE_pack_merchant, k->merchant);
    write_fact(w, PHRASE_pack_merchant_id, k->merchant_id);
    write_fact(w, PHRASE_pack_descriptor, k->descriptor);
    write_fact(w, PHRASE_pack_card, k->card_last4);
    write_fact(w, PHRASE_pack_token, k->token);
    write_fact(w, PHRASE_pack_charge, f->charge);
    write_fact(w, PHRASE_pack_amount, buf_str(&amount));
    write_fact(w, PHRASE_pack_charged, buf_str(&time));
    write_fact(w, PHRASE_pack_authorisation_code, k->authorisation_code);
    if (f->refund) write_fact(w, PHRASE_pack_refund, respond_key(f->refund, w->arena));
    write_fact(w, PHRASE_pack_reference, f->reference);
    write_fact(w, PHRASE_pack_state, writing_phrase(w, words_state(f->effect)));
    write_fact(w, PHRASE_pack_case, f->source->rows.rows.incident->id);
    write_fact(w, PHRASE_pack_check_code, k->check_code);
}

/* ---- what it paid for --------------------------------------------------------------------------------------------------------------- */

static void write_act(struct writing *w, const struct pack_facts *f, const struct incident_event_row *r) {
    const struct effect_row *e = pack_effect_of(f, r);
    int act = words_find("report_act_", r->kind, "");
    struct str id, type = str_cut(r->object, ':', &id);
    writing_time_cell(w, r->time_ms);
    size_t mark = w->text.size;
    writing_named(w, &(struct named){
                         .what = writing_phrase(w, act < 0 ? PHRASE_report_act_other : (enum phrase)act),
                         .object = str_equal(type, STR("charge")) ? STR_NONE : r->object,
                         .amount_minor = r->amount_minor,
                         .currency = r->currency,
                     });
    writing_cell(w, writing_since(w, mark), false);
    writing_cell(w, e ? writing_phrase(w, words_state(e)) : STR_NONE, false);
    writing_row(w);
}

static void write_acts(struct writing *w, const struct pack_facts *f) {
    static const enum phrase columns[] = {PHRASE_report_when, PHRASE_report_what, PHRASE_pack_now};
    if (!f->made) return;
    writing_heading(w, PHRASE_pack_acts);
    writing_table(w, PHRASE_pack_acts_caption, columns, 3, 0);
    for (size_t i = 0; i < f->source->rows.event_count; i++)
        if (pack_is_act(f, &f->source->rows.events[i])) write_act(w, f, &f->source->rows.events[i]);
}

/* ---- how it went -------------------------------------------------------------------------------------------------------------------- */

struct turn {
    int64_t at_ms;
    bool request;
    size_t index;
};

static int compare(const void *a, const void *b) {
    const struct turn *left = a, *right = b;
    if (left->at_ms != right->at_ms) return left->at_ms < right->at_ms ? -1 : 1;
    if (left->request != right->request) return left->request ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

static enum phrase outcome_of(const struct step_row *r) {
    int p = words_find("pack_outcome_", step_outcome_word(r->outcome), "");
    return p < 0 ? PHRASE_pack_outcome_none : (enum phrase)p;
}

static void write_request(struct writing *w, const struct step_row *r) {
    int step = words_find("pack_step_", r->how, "");
    struct filling parts[] = {{"step", step < 0 ? r->how : writing_phrase(w, (enum phrase)step)},
                              {"outcome", writing_phrase(w, outcome_of(r))}};
    size_t mark = w->text.size;
    writing_time_cell(w, r->first_sent_ms);
    mark = w->text.size;
    phrase_fill(writing_phrase(w, PHRASE_pack_step), parts, 2, &w->text);
    writing_cell(w, writing_since(w, mark), false);
    writing_cell(w, respond_key(r, w->arena), false);
    writing_row(w);
}

static void write_fate(struct writing *w, const struct incident_event_row *r) {
    bool chargeback = str_equal(r->kind, STR("chargeback"));
    int fate = words_find("pack_fate_", chargeback ? STR("disputed") : r->detail, "");
    if (fate < 0) return;
    writing_time_cell(w, r->time_ms);
    writing_cell(w, writing_phrase(w, (enum phrase)fate), false);
    size_t mark = w->text.size;
    writing_strange(writing_fact(r, STR("reference")), &w->text);
    writing_cell(w, writing_since(w, mark), false);
    writing_row(w);
}

static size_t gather(const struct pack_facts *f, struct turn *turns, size_t count_max) {
    size_t count = 0;
    for (size_t i = 0; i < f->source->step_count && count < ISSUER_PACK_STEPS_MAX; i++)
        if (pack_is_request(f, &f->source->steps[i])) turns[count++] = (struct turn){f->source->steps[i].first_sent_ms, true, i};
    for (size_t i = 0; i < f->source->rows.event_count && count < count_max; i++)
        if (pack_is_fate(f, &f->source->rows.events[i])) turns[count++] = (struct turn){f->source->rows.events[i].time_ms, false, i};
    sort_items(turns, count, sizeof *turns, compare);
    return count;
}

static void write_course(struct writing *w, const struct pack_facts *f) {
    struct turn turns[4 * ISSUER_PACK_STEPS_MAX];
    size_t count = gather(f, turns, sizeof turns / sizeof turns[0]);
    if (!count) return;
    writing_heading(w, PHRASE_pack_course);
    size_t mark = w->text.size;
    writing_zone_phrase(w, PHRASE_pack_course_caption);
    struct cell head[] = {{writing_phrase(w, PHRASE_report_when), false},
                          {writing_phrase(w, PHRASE_report_what), false},
                          {writing_phrase(w, PHRASE_pack_course_reference), false}};
    document_table(w->document, writing_since(w, mark), head, 3);
    buf_reset(&w->text);
    for (size_t i = 0; i < count; i++) {
        if (turns[i].request) write_request(w, &f->source->steps[turns[i].index]);
        else write_fate(w, &f->source->rows.events[turns[i].index]);
    }
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

static void write_access(struct writing *w, const struct pack_facts *f) {
    char memory[64];
    struct buf when = buf_over(memory, sizeof memory);
    writing_date(w, f->source->rows.rows.incident->window_from_ms, &when);
    writing_heading(w, PHRASE_pack_access);
    writing_paragraph(w, PHRASE_pack_access_text, (struct filling[]){{"when", buf_str(&when)}}, 1);
    report_ways(w, PHRASE_pack_access_caption);
}

static void write_contact(struct writing *w, const struct issuer_pack_known *k) {
    writing_heading(w, PHRASE_pack_contact);
    if (k->desk.size) writing_paragraph(w, PHRASE_pack_contact_desk, (struct filling[]){{"desk", k->desk}}, 1);
    writing_paragraph(w, PHRASE_pack_contact_holder, NULL, 0);
}

static enum err begin(struct writing *w, const struct pack_facts *f, struct arena *arena, struct document *out) {
    char title_memory[512], foot_memory[512], date_memory[64], charge_memory[256];
    struct buf title = buf_over(title_memory, sizeof title_memory), foot = buf_over(foot_memory, sizeof foot_memory),
               date = buf_over(date_memory, sizeof date_memory), charge = buf_over(charge_memory, sizeof charge_memory);
    w->document = out;
    writing_strange(f->charge, &charge);
    writing_date(w, w->wish->made_ms, &date);
    struct filling parts[] = {{"charge", buf_str(&charge)}, {"case", f->source->rows.rows.incident->id}, {"date", buf_str(&date)}};
    phrase_fill(writing_phrase(w, PHRASE_pack_title), parts, 3, &title);
    phrase_fill(writing_phrase(w, PHRASE_pack_foot), parts, 3, &foot);
    document_begin(out, arena, w->phrases->language, buf_str(&title), buf_str(&foot));
    return writing_begin(w, arena) && !title.overflow && !foot.overflow && !charge.overflow ? ERR_OK : ERR_FULL;
}

enum err issuer_pack_write(const struct phrases *p, const struct issuer_pack_source *s, const struct issuer_pack_known *k,
                           const struct report_wish *w, struct str charge, struct arena *arena, struct document *out) {
    struct writing writing = {.phrases = p, .source = &s->rows, .wish = w};
    struct pack_facts facts;
    enum err err = pack_facts_find(s, charge, &facts);
    if (!err && arena->capacity - arena->used < ISSUER_PACK_MEMORY_SIZE) err = ERR_FULL;
    if (!err) err = begin(&writing, &facts, arena, out);
    if (err) return err;
    write_statement(&writing, &facts, k);
    write_charge(&writing, &facts, k);
    write_acts(&writing, &facts);
    write_course(&writing, &facts);
    write_access(&writing, &facts);
    write_contact(&writing, k);
    return out->overflow ? ERR_FULL : ERR_OK;
}
