// SPDX-License-Identifier: Apache-2.0
/* Cuts a stream into the JSON texts of single events, in bounded memory, however the bytes arrive. */
#include "base/bounds.h"
#include "ingest/ingest.h"

/*
 * NDJSON:  MARK --byte--> BEFORE --byte--> INSIDE --newline--> BEFORE
 * array:   START --'['--> FIRST --byte--> INSIDE --end of value--> AFTER --','--> BEFORE --byte--> INSIDE
 *                           \--']'--> DONE                          \--']'--> DONE
 * A byte order mark before the first line, as some editors write it, is passed over (RFC 8259 section 8.1). Blanks between pieces are
 * skipped in every state but MARK and INSIDE; any other byte that is not drawn here leads to BROKEN.
 *
 * Of an array only texts and brackets are looked at, not what they hold: whether a piece is JSON is for ingest_event to say. A piece that
 * arrives whole is handed out where it lies; only one that is cut by the end of the bytes is copied to `held`.
 */
enum { MARK, BEFORE, INSIDE, START, FIRST, AFTER, DONE, BROKEN };

static const char byte_order_mark[] = "\xEF\xBB\xBF";

void splitter_init(struct splitter *s, enum splitter_form form, void *memory, size_t capacity) {
    *s = (struct splitter){.form = form, .state = form == SPLIT_ARRAY ? START : MARK, .line = 1, .held = buf_over(memory, capacity)};
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip(struct str *in, size_t size) {
    *in = (struct str){in->at + size, in->size - size};
}

static void skip_blanks(struct splitter *s, struct str *in) {
    size_t i = 0;
    for (; i < in->size && is_blank(in->at[i]); i++) s->line += in->at[i] == '\n';
    skip(in, i);
}

/* Goes through a text to behind its closing quote, or to the end of the bytes. */
static size_t skip_text(struct splitter *s, struct str in, size_t i) {
    for (; i < in.size; i++) {
        char c = in.at[i];
        if (s->escaped) s->escaped = false;
        else if (c == '\\') s->escaped = true;
        else if (c == '"') {
            s->in_text = false;
            return i + 1;
        }
    }
    return i;
}

/* Bytes of `in` that belong to the value; in.size where its end is not among them. */
static size_t find_value_end(struct splitter *s, struct str in) {
    size_t i = 0;
    while (i < in.size) {
        if (s->in_text) {
            i = skip_text(s, in, i);
            continue;
        }
        char c = in.at[i];
        if (s->depth == 0 && (c == ',' || c == ']' || is_blank(c))) return i;
        if (c == '"') s->in_text = true;
        else if (c == '{' || c == '[') s->depth++;
        else if ((c == '}' || c == ']') && s->depth > 0) s->depth--;
        else if (c == '\n') s->line++;
        i++;
    }
    return i;
}

static enum split_result too_large(struct splitter *s, struct problem *p) {
    char where[48];
    if (s->form == SPLIT_ARRAY) (void)snprintf(where, sizeof where, "[%llu]", (unsigned long long)s->index);
    else (void)snprintf(where, sizeof where, "line %llu", (unsigned long long)s->line);
    (void)problem_set(p, ERR_TOO_LARGE, where, "send a smaller event", "an event is larger than %zu bytes", s->held.capacity);
    s->index++;
    return SPLIT_REFUSED;
}

static enum split_result broken(struct splitter *s, struct problem *p, const char *wanted) {
    char where[48];
    s->state = BROKEN;
    (void)snprintf(where, sizeof where, "[%llu]", (unsigned long long)s->index);
    (void)problem_set(p, ERR_INVALID, where, "send the events from there on again, as one JSON array",
                      "broken array: %s was expected in line %llu", wanted, (unsigned long long)s->line);
    return SPLIT_BROKEN;
}

/* To the end of the piece, or of the bytes. SPLIT_MORE: nothing to report yet. */
static enum split_result read_inside(struct splitter *s, struct str *in, struct str *piece, struct problem *p) {
    size_t size = s->form == SPLIT_ARRAY ? find_value_end(s, *in) : str_find_char(*in, '\n', 0);
    bool ended = size < in->size, skipped = s->skipping;
    bool refused = !skipped && size > s->held.capacity - s->held.size;
    if (refused) buf_reset(&s->held);
    else if (!skipped && (!ended || s->held.size)) buf_bytes(&s->held, in->at, size);
    *piece = str_trim(s->held.size ? buf_str(&s->held) : str_slice(*in, 0, size));
    skip(in, size);
    s->skipping = !ended && (skipped || refused);
    if (ended) {
        s->state = s->form == SPLIT_ARRAY ? AFTER : BEFORE;
        s->in_use = s->held.size > 0;
    }
    if (refused) return too_large(s, p);
    if (skipped || !ended) return SPLIT_MORE;
    s->index++;
    return SPLIT_PIECE;
}

/* One byte between pieces. Bytes that begin a piece are left where they are. */
static enum split_result read_between(struct splitter *s, struct str *in, struct problem *p) {
    char c = in->at[0];
    bool ends = c == ']', separates = c == ',';
    if (s->form == SPLIT_NDJSON) {
        s->state = INSIDE;
        return SPLIT_MORE;
    }
    if (s->state == START && c != '[') return broken(s, p, "[");
    if (s->state == BEFORE && (ends || separates)) return broken(s, p, "an event");
    if (s->state == FIRST && separates) return broken(s, p, "an event or ]");
    if (s->state == AFTER && !ends && !separates) return broken(s, p, ", or ]");
    if (s->state == DONE) return broken(s, p, "nothing more");
    bool begins = s->state == BEFORE || (s->state == FIRST && !ends);
    s->state = begins ? INSIDE : s->state == START ? FIRST : ends ? DONE : BEFORE;
    if (!begins) skip(in, 1);
    return SPLIT_MORE;
}

/* The bytes of a mark may arrive one by one; those of something else that begins like it are the first line's. */
static void read_mark(struct splitter *s, struct str *in) {
    for (; in->size && s->mark < 3; s->mark++, skip(in, 1)) {
        if (in->at[0] == byte_order_mark[s->mark]) continue;
        buf_bytes(&s->held, byte_order_mark, s->mark);
        s->state = s->mark ? INSIDE : BEFORE;
        return;
    }
    if (s->mark == 3) s->state = BEFORE;
}

static void forget_used(struct splitter *s) {
    if (s->in_use) buf_reset(&s->held);
    s->in_use = false;
}

enum split_result splitter_next(struct splitter *s, struct str *in, struct str *piece, struct problem *p) {
    forget_used(s);
    for (;;) {
        if (s->state == BROKEN) return SPLIT_BROKEN;
        if (s->state == MARK) read_mark(s, in);
        if (s->state != MARK && s->state != INSIDE) skip_blanks(s, in);
        if (in->size == 0) return SPLIT_MORE;
        enum split_result result = s->state == INSIDE ? read_inside(s, in, piece, p) : read_between(s, in, p);
        if (result != SPLIT_MORE) return result;
    }
}

enum split_result splitter_end(struct splitter *s, struct str *piece, struct problem *p) {
    forget_used(s);
    if (s->state == BROKEN) return SPLIT_BROKEN;
    if (s->form == SPLIT_ARRAY) return s->state == DONE ? SPLIT_END : broken(s, p, "]");
    if (s->state == MARK && s->mark) buf_bytes(&s->held, byte_order_mark, s->mark), s->state = INSIDE;
    bool has_piece = s->state == INSIDE && !s->skipping;
    s->state = BEFORE;
    if (!has_piece) return SPLIT_END;
    *piece = str_trim(buf_str(&s->held));
    s->in_use = true;
    s->index++;
    return SPLIT_PIECE;
}
