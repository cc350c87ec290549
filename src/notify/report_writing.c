// SPDX-License-Identifier: Apache-2.0
/* Holds what the sections of a report have in common: cells, times, names of things. */
#include "notify/report_writing.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/zone.h"

struct str writing_phrase(const struct writing *w, enum phrase p) {
    return w->phrases->texts[p];
}

struct str writing_since(const struct writing *w, size_t mark) {
    return str_slice(buf_str(&w->text), mark, w->text.size);
}

/* ---- blocks ------------------------------------------------------------------------------------------------------------------------- */

void writing_heading(struct writing *w, enum phrase p) {
    document_heading(w->document, 2, writing_phrase(w, p));
}

/* A text that did not fit must not pass for one that is shorter. */
static struct str filled(struct writing *w, enum phrase p, const struct filling *fillings, size_t count) {
    size_t mark = w->text.size;
    phrase_fill(writing_phrase(w, p), fillings, count, &w->text);
    w->document->overflow |= w->text.overflow;
    struct str text = writing_since(w, mark);
    return text;
}

void writing_paragraph(struct writing *w, enum phrase p, const struct filling *fillings, size_t count) {
    document_paragraph(w->document, filled(w, p, fillings, count));
    buf_reset(&w->text);
}

void writing_item(struct writing *w, enum phrase p, const struct filling *fillings, size_t count) {
    document_list_item(w->document, filled(w, p, fillings, count));
    buf_reset(&w->text);
}

void writing_table(struct writing *w, enum phrase what, const enum phrase *columns, size_t count, unsigned figures) {
    struct cell head[DOCUMENT_CELLS_MAX];
    for (size_t i = 0; i < count; i++) head[i] = (struct cell){writing_phrase(w, columns[i]), figures >> i & 1};
    document_table(w->document, writing_phrase(w, what), head, count);
}

void writing_cell(struct writing *w, struct str text, bool figure) {
    if (w->cell_count < DOCUMENT_CELLS_MAX) w->cells[w->cell_count++] = (struct cell){text, figure};
}

static void end_row(struct writing *w) {
    w->document->overflow |= w->text.overflow;
    w->cell_count = 0;
    buf_reset(&w->text);
}

void writing_row(struct writing *w) {
    document_row(w->document, w->cells, w->cell_count);
    end_row(w);
}

void writing_total(struct writing *w) {
    document_total(w->document, w->cells, w->cell_count);
    end_row(w);
}

/* ---- times -------------------------------------------------------------------------------------------------------------------------- */

static int64_t local_ms(const struct writing *w, int64_t at_ms) {
    int64_t offset_ms;
    if (w->wish->zone.size && zone_offset(w->wish->zone, at_ms, &offset_ms)) return at_ms + offset_ms;
    return at_ms + w->wish->offset_ms;
}

void writing_time(struct writing *w, int64_t at_ms, struct buf *out) {
    char memory[32];
    struct buf b = buf_over(memory, sizeof memory);
    if (!at_ms) return;
    moment_format(&b, local_ms(w, at_ms));
    buf_text(out, str_slice(buf_str(&b), 0, 10));
    buf_char(out, ' ');
    buf_text(out, str_slice(buf_str(&b), 11, 19));
}

void writing_time_cell(struct writing *w, int64_t at_ms) {
    size_t mark = w->text.size;
    writing_time(w, at_ms, &w->text);
    writing_cell(w, writing_since(w, mark), false);
}

void writing_zone_phrase(struct writing *w, enum phrase p) {
    char memory[24];
    struct buf zone = buf_over(memory, sizeof memory);
    int64_t minutes = w->wish->offset_ms / MINUTE_MS, size = minutes < 0 ? -minutes : minutes;
    buf_fmt(&zone, "UTC%c%02d:%02d", minutes < 0 ? '-' : '+', (int)(size / 60 % 100), (int)(size % 60));
    struct filling f = {"zone", w->wish->zone.size ? w->wish->zone : buf_str(&zone)};
    phrase_fill(writing_phrase(w, p), &f, 1, &w->text);
}

void writing_date(struct writing *w, int64_t at_ms, struct buf *out) {
    words_date(w->phrases, local_ms(w, at_ms), out);
}

/* ---- things ------------------------------------------------------------------------------------------------------------------------- */

/* Marks of direction, U+202A-2E and U+2066-69, in UTF-8. */
static bool turns(struct str s, size_t i) {
    if (i + 2 >= s.size || (unsigned char)s.at[i] != 0xE2) return false;
    unsigned char second = (unsigned char)s.at[i + 1], third = (unsigned char)s.at[i + 2];
    return (second == 0x80 && third >= 0xAA && third <= 0xAE) || (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

void writing_strange(struct str text, struct buf *out) {
    struct str s = str_head(text, WRITING_STRANGE_SIZE_MAX);
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (turns(s, i)) {
            buf_char(out, '?');
            i += 2;
        } else {
            buf_char(out, c < ' ' || c == 0x7F ? '?' : s.at[i]);
        }
    }
    if (s.size < text.size) buf_text(out, STR("..."));
}

/* What stands between the two in "{list}, {what}". */
void writing_separator(struct writing *w, size_t mark, struct buf *out) {
    struct str joined = writing_phrase(w, PHRASE_report_joined);
    size_t from = str_find_char(joined, '}', 0) + 1;
    if (out->size > mark) buf_text(out, str_slice(joined, from, str_find_char(joined, '{', from)));
}

void writing_named(struct writing *w, const struct named *n) {
    char memory[1024];
    struct buf details = buf_over(memory, sizeof memory);
    struct str id, type = str_cut(n->object, ':', &id);
    if (type.size) writing_strange(id, &details);
    if (n->also.size) {
        writing_separator(w, 0, &details);
        buf_text(&details, n->also);
    }
    if (n->currency && n->currency[0]) {
        writing_separator(w, 0, &details);
        words_amount(w->phrases, n->amount_minor, n->currency, &details);
    }
    w->text.overflow |= details.overflow;
    struct filling parts[] = {{"what", n->what}, {"details", buf_str(&details)}};
    if (details.size) phrase_fill(writing_phrase(w, PHRASE_report_item), parts, 2, &w->text);
    else buf_text(&w->text, n->what);
}

void writing_effect(struct writing *w, const struct effect_row *e) {
    int what = words_what(e->kind);
    struct str name = what < 0 ? e->kind : writing_phrase(w, (enum phrase)what);
    writing_named(w, &(struct named){.what = name, .object = e->object, .amount_minor = e->amount_minor, .currency = e->currency});
}

struct str writing_system(const struct writing *w, struct str name) {
    int p = words_find("report_system_", name, "");
    return writing_phrase(w, p < 0 ? PHRASE_report_system_other : (enum phrase)p);
}

/* ---- rows --------------------------------------------------------------------------------------------------------------------------- */

enum doing writing_doing(const struct writing *w) {
    const struct response_row *r = w->source->rows.response;
    switch (r->state) {
    case RESPONSE_PLANNED:
    case RESPONSE_OPEN:
    case RESPONSE_CONTAINED:
    case RESPONSE_UNDOING:
    case RESPONSE_WAITING: return r->confident ? DOING_HIS : DOING_UNSURE;
    case RESPONSE_VERIFIED:
    case RESPONSE_CLOSED: return DOING_HIS;
    case RESPONSE_RESTORING:
    case RESPONSE_FALSE_ALARM: break;
    }
    return DOING_YOURS;
}

bool writing_is_told(const struct effect_row *e) {
    return !str_starts(e->kind, STR("sweep_"));
}

struct str writing_audit(const struct audit_row *r, struct str member) {
    struct str rest = r->body, name, value;
    while (json_cut_member(&rest, &name, &value))
        if (str_equal(name, member) && value.size >= 2 && value.at[0] == '"') return str_slice(value, 1, value.size - 1);
    return STR_NONE;
}

struct str writing_fact(const struct incident_event_row *r, struct str member) {
    struct str rest = r->facts, name, value;
    while (json_cut_member(&rest, &name, &value))
        if (str_equal(name, member) && value.size >= 2 && value.at[0] == '"') return str_slice(value, 1, value.size - 1);
    return STR_NONE;
}

static bool is_undone(struct str kind, struct str state) {
    const struct effect_def *d = effect_def_find(kind);
    int at = d ? effect_state_find(d, state) : -1;
    if (at < 0) return str_equal(state, STR("restored"));
    enum phase phase = d->states[at].phase;
    return phase == PHASE_CONFIRMED || phase == PHASE_VERIFIED || phase == PHASE_COMPENSATED || phase == PHASE_RESTORED;
}

/* Effects are numbered in the order in which they were found, "inc_7/e3", so the guess is right but where rows are missing. */
static size_t index_of(const struct writing *w, struct str id) {
    const struct notice_source *rows = &w->source->rows;
    size_t at = str_find(id, STR("/e"), 0);
    uint64_t number;
    if (str_to_u64(str_slice(id, at + 2, id.size), &number) && number - 1 < rows->effect_count)
        if (str_equal(rows->effects[number - 1].id, id)) return (size_t)(number - 1);
    size_t i = 0;
    while (i < rows->effect_count && !str_equal(rows->effects[i].id, id)) i++;
    return i;
}

const struct effect_row *writing_find_effect(const struct writing *w, struct str id) {
    size_t i = index_of(w, id);
    return i < w->source->rows.effect_count ? &w->source->rows.effects[i] : NULL;
}

static void find_undone(struct writing *w) {
    const struct notice_source *rows = &w->source->rows;
    for (size_t i = 0; i < rows->effect_count; i++) w->undone_ms[i] = 0;
    for (size_t k = 0; k < w->source->audit_count; k++) {
        const struct audit_row *r = &w->source->audits[k];
        if (!str_equal(r->what, STR("effect_state"))) continue;
        size_t i = index_of(w, writing_audit(r, STR("about")));
        if (i == rows->effect_count) continue;
        if (!is_undone(rows->effects[i].kind, writing_audit(r, STR("to")))) w->undone_ms[i] = 0;
        else if (!w->undone_ms[i]) w->undone_ms[i] = r->at_ms;
    }
    for (size_t i = 0; i < rows->effect_count; i++) {
        const struct effect_row *e = &rows->effects[i];
        if (!is_undone(e->kind, e->state)) w->undone_ms[i] = 0;
        else if (!w->undone_ms[i] || e->phase == PHASE_RESTORED) w->undone_ms[i] = e->since_ms;
    }
}

int64_t writing_undone_ms(const struct writing *w, size_t i) {
    return w->undone_ms[i];
}

bool writing_begin(struct writing *w, struct arena *arena) {
    char *memory = arena_take(arena, WRITING_TEXT_SIZE_MAX);
    w->undone_ms = arena_take(arena, (w->source->rows.effect_count + 1) * sizeof *w->undone_ms);
    w->arena = arena;
    w->text = buf_over(memory, memory ? WRITING_TEXT_SIZE_MAX : 0);
    w->cell_count = 0;
    if (!memory || !w->undone_ms) return false;
    find_undone(w);
    return true;
}
