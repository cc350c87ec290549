// SPDX-License-Identifier: Apache-2.0
/* Finds and names what a model's word on one event hung on, by asking it again with parts of the event as usual. */
#include "score/contribution.h"

#include <string.h>

#include "base/buf.h"

/* The row that the event would have, were this factor as usual for the account; false, and no row, where it is so already. */
static bool row_without(const struct features *f, unsigned factor, struct row *out) {
    struct features without = *f;
    struct event event;
    struct path_evidence path;
    factors_remove(&without, &event, 1U << factor);
    if (memcmp(&event, f->event, sizeof event) == 0) without.event = f->event;
    if (memcmp(&without, f, sizeof without) == 0) return false;
    path_evidence(&without, &path);
    row_of(&without, &path, out);
    return true;
}

/* Of the columns that differ, the one that by itself says most. */
static unsigned loudest_column(const struct scene *s, const struct model_trace *trace, const struct row *usual, int32_t now) {
    unsigned loudest = s->model->columns[0];
    int32_t most = INT32_MIN;
    struct row changed = s->row;
    for (unsigned i = 0; i < s->model->column_count; i++) {
        unsigned column = s->model->columns[i];
        if (usual->of[column] == s->row.of[column]) continue;
        changed.of[column] = usual->of[column];
        int32_t less = now - model_trace_milli(trace, &changed);
        if (less > most) most = less, loudest = column;
        changed.of[column] = s->row.of[column];
    }
    return loudest;
}

unsigned contributions_of(const struct scene *s, enum model_kind kind, struct contribution out[CONTRIBUTIONS_MAX]) {
    unsigned count = 0;
    struct model_trace trace;
    model_trace(s->model, kind, &s->row, &trace);
    struct row usual[FACTOR_COUNT];
    int32_t now = model_trace_milli(&trace, &s->row);
    for (unsigned factor = 0; factor < FACTOR_COUNT; factor++) {
        if (!row_without(s->f, factor, &usual[factor])) continue;
        struct contribution c = {(enum factor)factor, 0, now - model_trace_milli(&trace, &usual[factor])};
        if (c.milli <= 0) continue;
        for (unsigned k = 0; k < CONTRIBUTIONS_MAX; k++) {
            if (k < count && out[k].milli >= c.milli) continue;
            struct contribution next = k < count ? out[k] : (struct contribution){0};
            bool was_last = k >= count;
            out[k] = c;
            if (was_last) {
                count++;
                break;
            }
            c = next;
        }
    }
    for (unsigned i = 0; i < count; i++) out[i].column = loudest_column(s, &trace, &usual[out[i].factor], now);
    return count;
}

#define BEGIN "least usual here: "

/* The same column may be the loudest of two factors. */
static bool named_before(const struct contribution *c, unsigned i) {
    for (unsigned k = 0; k < i; k++)
        if (c[k].column == c[i].column) return true;
    return false;
}

void contributions_tell(const struct scene *s, enum model_kind kind, const char *code, int32_t measure, struct reason_list *out) {
    struct contribution c[CONTRIBUTIONS_MAX];
    char text[REASON_TEXT_SIZE_MAX - sizeof BEGIN];
    struct buf b = buf_over(text, sizeof text);
    unsigned count = contributions_of(s, kind, c);
    for (unsigned i = 0; i < count; i++) {
        struct str sentence = str_from(row_sentence(c[i].column));
        bool fits = b.size + sentence.size + 2 <= b.capacity; /* a sentence that is cut could not be found again */
        if (fits && !named_before(c, i)) buf_fmt(&b, "%s%.*s", b.size ? "; " : "", STR_ARGS(sentence));
    }
    if (b.size) reason_add(out, code, measure, BEGIN "%.*s", STR_ARGS(buf_str(&b)));
    else reason_add(out, code, measure, "in no single thing unlike what is usual, but in many together");
}

unsigned contributions_named(struct str text, const struct features *f) {
    struct row now, usual;
    struct path_evidence path;
    bool named[ROW_COUNT];
    unsigned factors = 0;
    for (unsigned i = 0; i < ROW_COUNT; i++) named[i] = str_find(text, str_from(row_sentence(i)), 0) < text.size;
    path_evidence(f, &path);
    row_of(f, &path, &now);
    for (unsigned factor = 0; factor < FACTOR_COUNT; factor++) {
        if (!row_without(f, factor, &usual)) continue;
        for (unsigned i = 0; i < ROW_COUNT; i++)
            if (named[i] && now.of[i] != usual.of[i]) factors |= 1U << factor;
    }
    return factors;
}
