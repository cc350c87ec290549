// SPDX-License-Identifier: Apache-2.0
/* Cuts rows of comma-separated values off a window of bytes, and writes fields. */
#include "base/csv.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"

/* Where the reader stands within one row. */
struct walk {
    struct str in;
    size_t at;
    bool last;
    char *scratch;
    size_t scratch_used;
    struct csv_row *row;
};

enum step { STEP_FIELD, STEP_ROW, STEP_MORE, STEP_STRAY_QUOTE, STEP_AFTER_QUOTE, STEP_OPEN_QUOTE, STEP_MANY, STEP_LONG };

static bool at_end(const struct walk *w) {
    return w->at == w->in.size;
}

/* The bytes of the line end at `at`: 2 for CRLF, 1 for LF, 0 where there is none. A CR alone is text. */
static size_t line_end(const struct walk *w) {
    if (at_end(w)) return 0;
    if (w->in.at[w->at] == '\n') return 1;
    bool crlf = w->in.at[w->at] == '\r' && w->at + 1 < w->in.size && w->in.at[w->at + 1] == '\n';
    return crlf ? 2 : 0;
}

/* A CR at the very end of a window that is not the last one may be half a line end. */
static bool half_line_end(const struct walk *w) {
    return !w->last && w->at + 1 == w->in.size && w->in.at[w->at] == '\r';
}

static enum step keep(struct walk *w, struct str field) {
    if (w->row->count == CSV_FIELDS_MAX) return STEP_MANY;
    w->row->fields[w->row->count++] = field;
    return STEP_FIELD;
}

/* What follows a field: a comma (another field comes), a line end or the last byte (the row is complete). */
static enum step after_field(struct walk *w) {
    if (at_end(w)) return w->last ? STEP_ROW : STEP_MORE;
    if (half_line_end(w)) return STEP_MORE;
    size_t end = line_end(w);
    if (end) {
        w->at += end;
        w->row->lines++;
        return STEP_ROW;
    }
    if (w->in.at[w->at] != ',') return STEP_AFTER_QUOTE;
    w->at++;
    return STEP_FIELD;
}

static enum step plain_field(struct walk *w) {
    size_t from = w->at;
    for (; !at_end(w); w->at++) {
        char c = w->in.at[w->at];
        if (c == '"') return STEP_STRAY_QUOTE;
        if (c == ',' || line_end(w)) break;
        if (half_line_end(w)) return STEP_MORE;
    }
    if (at_end(w) && !w->last) return STEP_MORE;
    enum step kept = keep(w, str_slice(w->in, from, w->at));
    return kept == STEP_FIELD ? after_field(w) : kept;
}

/* A field with doubled quotes, undone into the scratch memory. It cannot overflow: what is undone is shorter than the row. */
static struct str undouble(struct walk *w, struct str field) {
    char *to = w->scratch + w->scratch_used;
    size_t size = 0;
    for (size_t i = 0; i < field.size; i++) {
        to[size++] = field.at[i];
        if (field.at[i] == '"') i++;
    }
    w->scratch_used += size;
    CHECK(w->scratch_used <= CSV_ROW_SIZE_MAX);
    return (struct str){to, size};
}

static enum step quoted_field(struct walk *w) {
    size_t from = ++w->at;
    bool doubled = false;
    for (; !at_end(w); w->at++) {
        if (w->at >= CSV_ROW_SIZE_MAX) return STEP_LONG;
        char c = w->in.at[w->at];
        if (c == '\n') w->row->lines++;
        if (c != '"') continue;
        if (w->at + 1 == w->in.size && !w->last) return STEP_MORE;
        if (w->at + 1 == w->in.size || w->in.at[w->at + 1] != '"') break;
        doubled = true;
        w->at++;
    }
    if (at_end(w)) return w->last ? STEP_OPEN_QUOTE : STEP_MORE;
    struct str field = str_slice(w->in, from, w->at);
    w->at++;
    enum step kept = keep(w, doubled ? undouble(w, field) : field);
    return kept == STEP_FIELD ? after_field(w) : kept;
}

static const char *complaint(enum step step) {
    switch (step) {
    case STEP_STRAY_QUOTE: return "a quote inside a field that does not start with one";
    case STEP_AFTER_QUOTE: return "text after the closing quote of a field";
    case STEP_OPEN_QUOTE: return "the quoted field never ends";
    case STEP_MANY: return "too many fields in one row";
    case STEP_LONG: return "the row is too long; a quote may be missing";
    case STEP_FIELD:
    case STEP_ROW:
    case STEP_MORE: break;
    }
    return "";
}

/* Gives up on the row: its first line is taken off the window. */
static enum csv_result refuse(struct walk *w, enum step step, struct problem *p) {
    char where[sizeof p->where];
    (void)snprintf(where, sizeof where, "field %u, byte %zu", w->row->count + 1, w->at + 1);
    enum err err = step == STEP_MANY || step == STEP_LONG ? ERR_TOO_LARGE : ERR_INVALID;
    (void)problem_set(p, err, where, "write the field in quotes and double every quote within it (RFC 4180)", "%s", complaint(step));
    size_t end = str_find_char(w->in, '\n', 0);
    w->row->size = end < w->in.size ? end + 1 : end;
    w->row->lines = end < w->in.size ? 1 : 0;
    w->row->count = 0;
    return CSV_BAD;
}

enum csv_result csv_read_row(struct str window, bool last, char *scratch, struct csv_row *out, struct problem *p) {
    *out = (struct csv_row){0};
    struct walk w = {.in = window, .last = last, .scratch = scratch, .row = out};
    if (at_end(&w)) return last ? CSV_END : CSV_MORE;
    size_t blank = line_end(&w);
    if (blank) {
        *out = (struct csv_row){.size = blank, .lines = 1, .blank = true};
        return CSV_ROW;
    }
    enum step step = STEP_FIELD;
    while (step == STEP_FIELD) {
        if (w.at > CSV_ROW_SIZE_MAX) step = STEP_LONG;
        else step = !at_end(&w) && window.at[w.at] == '"' ? quoted_field(&w) : plain_field(&w);
    }
    if (step == STEP_MORE && window.size > CSV_ROW_SIZE_MAX) step = STEP_LONG;
    if (step == STEP_MORE) return CSV_MORE;
    if (step == STEP_ROW && w.at > CSV_ROW_SIZE_MAX) step = STEP_LONG;
    if (step != STEP_ROW) return refuse(&w, step, p);
    out->size = w.at;
    return CSV_ROW;
}

void csv_write_field(struct buf *b, struct str field) {
    bool quote = false;
    for (size_t i = 0; i < field.size && !quote; i++)
        quote = field.at[i] == '"' || field.at[i] == ',' || field.at[i] == '\n' || field.at[i] == '\r';
    if (!quote) {
        buf_text(b, field);
        return;
    }
    buf_char(b, '"');
    for (size_t i = 0; i < field.size; i++) {
        if (field.at[i] == '"') buf_char(b, '"');
        buf_char(b, field.at[i]);
    }
    buf_char(b, '"');
}
