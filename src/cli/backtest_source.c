// SPDX-License-Identifier: Apache-2.0
/* Reads the events of a backtest from a journal that may be in use, or from a file. */
#include "cli/backtest_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "cli/model_file.h"
#include "engine/model_event.h"
#include "engine/policy_event.h"
#include "ingest/ingest.h"

#define READ_SIZE   (1U << 20)
#define MEMORY_SIZE ((size_t)EVENT_JSON_SIZE_MAX * 20)

struct scanning {
    struct backtest_source *source;
    enum err (*each)(void *context, uint64_t position, const struct event *e, struct problem *p);
    void *context;
    struct problem *problem;
    uint64_t number;
    bool counting; /* the first time: bad lines are counted */
};

/* ---- journal ------------------------------------------------------------------------------------------------------------------------
 */

static enum err give_record(void *context, const struct journal_record *r) {
    struct scanning *s = context;
    if (s->source->last && r->position > s->source->last) return ERR_CANCELED;
    struct event e;
    enum err err = event_decode(r->event, &e);
    if (err)
        return problem_set(s->problem, err, "journal", "run `hikeshi journal verify`", "cannot decode record %llu",
                           (unsigned long long)r->position);
    s->number = r->position;
    s->source->record = r;
    err = s->each(s->context, r->position, &e, s->problem);
    s->source->record = NULL;
    return err;
}

static enum err scan_journal(struct scanning *s) {
    struct journal j = s->source->look.journal;
    enum err err = j.ops->scan(j.self, journal_first(j), give_record, s, s->problem);
    return err == ERR_CANCELED ? ERR_OK : err;
}

/* ---- file ---------------------------------------------------------------------------------------------------------------------------
 */

static enum err give_piece(struct scanning *s, struct str piece) {
    struct arena step = arena_over(s->source->memory, MEMORY_SIZE);
    struct event e;
    struct problem bad = {0};
    if (ingest_event(piece, INT64_MAX - EVENT_FUTURE_MS_MAX, &step, &e, &bad)) {
        s->source->bad_lines += s->counting;
        return ERR_OK;
    }
    return s->each(s->context, ++s->number, &e, s->problem);
}

static enum err give_pieces(struct scanning *s, struct splitter *splitter, struct str bytes) {
    for (;;) {
        struct str piece;
        struct problem bad = {0};
        enum split_result result = bytes.size ? splitter_next(splitter, &bytes, &piece, &bad) : SPLIT_MORE;
        if (result == SPLIT_MORE) return ERR_OK;
        if (result != SPLIT_PIECE) {
            s->source->bad_lines += s->counting;
            continue;
        }
        enum err err = give_piece(s, piece);
        if (err) return err;
    }
}

static enum err scan_file(struct scanning *s) {
    struct backtest_source *source = s->source;
    if (fseek(source->file, 0, SEEK_SET) != 0)
        return problem_set(s->problem, ERR_INVALID, source->events, "write the events into a file", "it is read more than once");
    char *memory = malloc(READ_SIZE + EVENT_JSON_SIZE_MAX);
    if (!memory) return problem_set(s->problem, ERR_FULL, "", "", "no memory to read with");
    struct splitter splitter;
    splitter_init(&splitter, SPLIT_NDJSON, memory + READ_SIZE, EVENT_JSON_SIZE_MAX);
    enum err err = ERR_OK;
    for (size_t size; !err && (size = fread(memory, 1, READ_SIZE, source->file)) > 0;)
        err = give_pieces(s, &splitter, (struct str){memory, size});
    struct str piece;
    struct problem bad = {0};
    if (!err && ferror(source->file))
        err = problem_set(s->problem, ERR_IO, source->events, "", "cannot read the file of events: %s", strerror(errno));
    if (!err && splitter_end(&splitter, &piece, &bad) == SPLIT_PIECE) err = give_piece(s, piece);
    free(memory);
    return err;
}

/* ---- the whole ----------------------------------------------------------------------------------------------------------------------
 */

static enum err scan(struct scanning *s) {
    return s->source->file ? scan_file(s) : scan_journal(s);
}

enum err backtest_source_scan(struct backtest_source *source,
                              enum err (*each)(void *context, uint64_t position, const struct event *e, struct problem *p), void *context,
                              struct problem *p) {
    struct scanning s = {.source = source, .each = each, .context = context, .problem = p};
    return scan(&s);
}

static enum err keep_policy(struct backtest_source *s, const struct event *e, struct problem *p) {
    char *kept = s->policy ? s->policy : malloc(POLICY_BUNDLE_SIZE_MAX);
    s->policy = kept;
    struct str bundle;
    size_t size = JSON_MEMORY_MAX(POLICY_EVENT_SIZE_MAX);
    void *step_memory = malloc(size);
    struct arena step = arena_over(step_memory, step_memory ? size : 0);
    enum err err = kept && step_memory ? policy_event_read(e, &step, &bundle) : ERR_FULL;
    if (!err && bundle.size > POLICY_BUNDLE_SIZE_MAX) err = ERR_TOO_LARGE;
    if (!err) memcpy(kept, bundle.at, s->policy_size = bundle.size);
    free(step_memory);
    return err ? problem_set(p, err, "journal", "", "cannot read the policy in force from its record") : ERR_OK;
}

/* One that this build cannot read never came into force here. */
static enum err keep_model(struct backtest_source *s, const struct event *e, struct problem *p) {
    size_t size = JSON_MEMORY_MAX(POLICY_EVENT_SIZE_MAX);
    void *step_memory = malloc(size);
    char *kept = s->model ? s->model : malloc(MODEL_TEXT_SIZE_MAX);
    struct arena step = arena_over(step_memory, step_memory ? size : 0);
    struct model_change change;
    struct model_file file = {0};
    struct problem refused;
    s->model = kept;
    if (!kept || !step_memory) {
        free(step_memory);
        return problem_set(p, ERR_FULL, "", "", "no memory for the model in force");
    }
    if (!model_event_read(e, &step, &change) && !model_file_read(change.text, &file, &refused))
        memcpy(kept, change.text.at, s->model_size = change.text.size);
    model_file_close(&file);
    free(step_memory);
    return ERR_OK;
}

/* What we said ourselves: which policy and which model are in force. */
static enum err look_at_own(struct backtest_source *s, const struct event *e, struct problem *p) {
    if (s->file) return ERR_OK;
    if (e->kind == KIND_POLICY_CHANGED) return keep_policy(s, e, p);
    return e->kind == KIND_MODEL_CHANGED ? keep_model(s, e, p) : ERR_OK;
}

static enum err look_over(void *context, uint64_t position, const struct event *e, struct problem *p) {
    (void)position;
    struct backtest_source *s = context;
    if (str_equal(e->source, POLICY_EVENT_SOURCE)) return look_at_own(s, e, p);
    if (!s->shop_events++) s->first_ms = s->last_ms = e->time_ms;
    if (e->time_ms < s->first_ms) s->first_ms = e->time_ms;
    if (e->time_ms > s->last_ms) s->last_ms = e->time_ms;
    return ERR_OK;
}

static enum err open_one(struct backtest_source *s, struct problem *p) {
    if (!s->events) return journal_look_open(s->data, &s->look, p);
    s->file = fopen(s->events, "rb");
    if (s->file) return ERR_OK;
    return problem_set(p, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "--events", "", "cannot open '%s': %s", s->events, strerror(errno));
}

enum err backtest_source_open(const char *data, const char *events, struct backtest_source *out, struct problem *p) {
    *out = (struct backtest_source){.data = data, .events = events, .memory = malloc(MEMORY_SIZE)};
    enum err err = out->memory ? open_one(out, p) : problem_set(p, ERR_FULL, "", "", "no memory");
    if (err) return err;
    struct scanning s = {.source = out, .each = look_over, .context = out, .problem = p, .counting = true};
    err = scan(&s);
    out->last = s.number;
    if (!err && !out->shop_events)
        err = problem_set(p, ERR_INVALID, events ? events : data, "", "there is no event of a shop in it%s",
                          out->bad_lines ? ", only lines that are none" : "");
    return err;
}

void backtest_source_close(struct backtest_source *s) {
    if (s->file) (void)fclose(s->file);
    journal_look_close(&s->look);
    free(s->policy), free(s->model), free(s->memory);
    *s = (struct backtest_source){0};
}
