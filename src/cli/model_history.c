// SPDX-License-Identifier: Apache-2.0
/* Lists the learned models that a journal put in force. */
#include "cli/model_history.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/moment.h"
#include "cli/journal_look.h"
#include "cli/model_file.h"
#include "engine/model_event.h"

#define STEP_SIZE JSON_MEMORY_MAX(POLICY_EVENT_SIZE_MAX)

struct listing {
    struct model_history *history;
    size_t capacity;
    struct arena step;
    struct problem *problem;
};

static const char *cut(struct str s, char *memory, size_t size) {
    (void)snprintf(memory, size, "%.*s", STR_ARGS(str_clip(s, size - 1)));
    return memory;
}

struct model_facts model_facts_of(const struct model *m, size_t bytes) {
    struct model_facts f = {.crc32c = m->crc32c,
                            .boosted = m->boosted.count,
                            .boosted_depth = m->boosted.depth,
                            .isolation = m->isolation.count,
                            .isolation_depth = m->isolation.depth,
                            .columns = m->column_count,
                            .bytes = bytes};
    (void)cut(m->name, f.name, sizeof f.name);
    (void)cut(m->about, f.about, sizeof f.about);
    return f;
}

/* ---- reading --------------------------------------------------------------------------------------------------------------------------
 */

static enum err add(struct listing *l, const struct model_change *change, uint64_t position, int64_t at_ms) {
    struct model_history *h = l->history;
    if (h->count == l->capacity) {
        size_t capacity = l->capacity * 2 + 8;
        struct model_entry *grown = realloc(h->entries, capacity * sizeof *grown);
        if (!grown) return problem_set(l->problem, ERR_FULL, "", "", "no memory for %zu models", capacity);
        h->entries = grown, l->capacity = capacity;
    }
    struct model_entry *e = &h->entries[h->count];
    struct model_file file;
    *e = (struct model_entry){.position = position, .at_ms = at_ms, .before = change->before, .back_from = change->back_from};
    (void)cut(change->by, e->by, sizeof e->by);
    (void)cut(change->name, e->facts.name, sizeof e->facts.name);
    e->refused = model_file_read(change->text, &file, &e->why) != ERR_OK;
    if (!e->refused) e->facts = model_facts_of(file.model, file.text.size), h->in_force = h->count;
    model_file_close(&file);
    h->count++;
    return ERR_OK;
}

static bool is_change(const struct event *e) {
    return e->kind == KIND_MODEL_CHANGED && str_equal(e->source, MODEL_EVENT_SOURCE);
}

static enum err look_at(void *context, const struct journal_record *r) {
    struct listing *l = context;
    struct event e;
    struct model_change change;
    if (event_decode(r->event, &e))
        return problem_set(l->problem, ERR_CORRUPT, "journal", "run `hikeshi journal verify`", "cannot decode record %llu",
                           (unsigned long long)r->position);
    if (!is_change(&e)) return ERR_OK;
    arena_reset(&l->step);
    if (model_event_read(&e, &l->step, &change)) change = (struct model_change){0}; /* refused: it carries none */
    return add(l, &change, r->position, r->received_ms);
}

enum err model_history_read(const char *data, struct model_history *out, struct problem *p) {
    struct journal_look look;
    void *memory = malloc(STEP_SIZE);
    *out = (struct model_history){0};
    struct listing l = {.history = out, .step = arena_over(memory, memory ? STEP_SIZE : 0), .problem = p};
    struct model_change built_in = {.text = model_built_in()};
    enum err err = memory ? journal_look_open(data, &look, p) : problem_set(p, ERR_FULL, "", "", "no memory");
    if (!err) {
        err = add(&l, &built_in, 0, 0);
        if (!err) err = look.journal.ops->scan(look.journal.self, journal_first(look.journal), look_at, &l, p);
        journal_look_close(&look);
    }
    free(memory);
    return err;
}

void model_history_release(struct model_history *h) {
    free(h->entries);
    *h = (struct model_history){0};
}

static enum err read_text(const struct journal_look *look, uint64_t position, struct arena *step, struct buf *out, struct problem *p) {
    struct journal_record r;
    struct event e;
    struct model_change change = {.text = model_built_in()};
    enum err err = position ? journal_read(look->journal, position, step, &r) : ERR_OK;
    if (position && !err) err = event_decode(r.event, &e);
    if (position && !err) err = is_change(&e) ? model_event_read(&e, step, &change) : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        return problem_set(p, err, "", "see `hikeshi model list`", "no model was put in force at position %llu",
                           (unsigned long long)position);
    if (err) return problem_set(p, err, "journal", "run `hikeshi journal verify`", "cannot read record %llu", (unsigned long long)position);
    buf_text(out, change.text);
    return out->overflow ? problem_set(p, ERR_TOO_LARGE, "", "", "the model is too long") : ERR_OK;
}

enum err model_history_text(const char *data, uint64_t position, struct buf *out, struct problem *p) {
    struct journal_look look;
    void *memory = malloc(STEP_SIZE);
    struct arena step = arena_over(memory, memory ? STEP_SIZE : 0);
    enum err err = memory ? journal_look_open(data, &look, p) : problem_set(p, ERR_FULL, "", "", "no memory");
    if (!err) {
        err = read_text(&look, position, &step, out, p);
        journal_look_close(&look);
    }
    free(memory);
    return err;
}

const struct model_entry *model_history_at(const struct model_history *h, uint64_t position) {
    for (size_t i = 0; i < h->count; i++)
        if (h->entries[i].position == position) return &h->entries[i];
    return NULL;
}

/* ---- for people -----------------------------------------------------------------------------------------------------------------------
 */

static void write_entry(const struct model_history *h, size_t at, struct buf *out) {
    const struct model_entry *e = &h->entries[at];
    char when[32] = "-";
    struct buf b = buf_over(when, sizeof when - 1);
    if (e->position) moment_format(&b, e->at_ms), when[b.size] = 0;
    buf_fmt(out, "%12llu  %-24s  %-16s  %-24s", (unsigned long long)e->position, when, e->by[0] ? e->by : "-", e->facts.name);
    if (e->refused) buf_fmt(out, "  cannot be read: %s", e->why.what);
    else buf_fmt(out, "  %08x  %7u  %9u", e->facts.crc32c, e->facts.boosted, e->facts.isolation);
    if (!e->position) buf_text(out, STR("  built in"));
    if (e->back_from) buf_fmt(out, "  back from %llu", (unsigned long long)e->back_from);
    if (at == h->in_force) buf_text(out, STR("  in force"));
    buf_char(out, '\n');
}

void model_history_write_text(const struct model_history *h, struct buf *out) {
    buf_fmt(out, "%12s  %-24s  %-16s  %-24s  %-8s  %7s  %9s\n", "position", "when", "by", "name", "crc32c", "boosted", "isolation");
    for (size_t i = 0; i < h->count; i++) write_entry(h, i, out);
}

void model_entry_write_text(const struct model_entry *e, struct buf *out) {
    buf_fmt(out, "position   %llu", (unsigned long long)e->position);
    if (e->position) {
        buf_text(out, STR(", "));
        moment_format(out, e->at_ms);
        if (e->by[0]) buf_fmt(out, ", by %s", e->by);
    } else buf_text(out, STR(", built in"));
    if (e->back_from) buf_fmt(out, ", back from %llu", (unsigned long long)e->back_from);
    buf_char(out, '\n');
}

void model_facts_write_text(const struct model_facts *f, struct buf *out) {
    buf_fmt(out, "name       %s\nabout      %s\ncrc32c     %08x\nbytes      %zu\ncolumns    %u\n", f->name, f->about, f->crc32c, f->bytes,
            f->columns);
    buf_fmt(out, "boosted    %u trees of depth %u\nisolation  %u trees of depth %u\n", f->boosted, f->boosted_depth, f->isolation,
            f->isolation_depth);
}

/* ---- JSON -----------------------------------------------------------------------------------------------------------------------------
 */

void model_facts_write_json(const struct model_facts *f, struct buf *out) {
    buf_text(out, STR("\"name\":"));
    buf_json(out, str_from(f->name));
    buf_text(out, STR(",\"about\":"));
    buf_json(out, str_from(f->about));
    buf_fmt(out, ",\"crc32c\":\"%08x\",\"bytes\":%zu,\"columns\":%u,\"boosted_trees\":%u,\"isolation_trees\":%u", f->crc32c, f->bytes,
            f->columns, f->boosted, f->isolation);
}

void model_entry_write_json(const struct model_history *h, const struct model_entry *e, struct buf *out) {
    buf_fmt(out, "{\"position\":%llu,\"when\":", (unsigned long long)e->position);
    if (e->position) {
        buf_char(out, '"');
        moment_format(out, e->at_ms);
        buf_char(out, '"');
    } else buf_text(out, STR("null"));
    buf_text(out, STR(",\"by\":"));
    buf_json(out, str_from(e->by));
    buf_fmt(out, ",\"before\":%llu,\"back_from\":%llu,\"in_force\":%s,\"refused\":", (unsigned long long)e->before,
            (unsigned long long)e->back_from, e == &h->entries[h->in_force] ? "true" : "false");
    if (e->refused) buf_json(out, str_from(e->why.what));
    else buf_text(out, STR("null"));
    buf_char(out, ',');
    model_facts_write_json(&e->facts, out);
    buf_text(out, STR("}\n"));
}

void model_history_write_json(const struct model_history *h, struct buf *out) {
    for (size_t i = 0; i < h->count; i++) model_entry_write_json(h, &h->entries[i], out);
}
