// SPDX-License-Identifier: Apache-2.0
/* Writes whose acts events were called in the incidents of a replay, when these opened and in the end. */
#include "cli/replay_attribution.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/moment.h"
#include "cli/label_book.h"
#include "incident/record.h"

/* Of `kept`: bits 0-1 one more than enum whose, or 0; the rest as it says. */
#define FIRST_MASK  3U
#define OF_FILE_BIT 4U
#define WRITTEN_BIT 8U
#define PAGE_COUNT  64
#define LINE_SIZE   4096
#define STEP_SIZE   (8U << 20)

enum err replay_attribution_open(struct replay_attribution *r, const char *path, struct problem *p) {
    *r = (struct replay_attribution){0};
    if (!path) return ERR_OK;
    void *memory = malloc(STEP_SIZE);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory");
    r->step = arena_over(memory, STEP_SIZE);
    r->out = fopen(path, "wb");
    if (r->out) return ERR_OK;
    return problem_set(p, ERR_IO, "--attribution", "", "cannot open '%s': %s", path, strerror(errno));
}

static enum err make_room(struct replay_attribution *r, uint64_t position, struct problem *p) {
    if (position < r->capacity) return ERR_OK;
    uint64_t capacity = position * 2 + 1024;
    uint8_t *grown = realloc(r->kept, capacity);
    if (!grown) return problem_set(p, ERR_FULL, "", "", "no memory to remember %llu events", (unsigned long long)capacity);
    memset(grown + r->capacity, 0, capacity - r->capacity);
    r->kept = grown;
    r->capacity = capacity;
    return ERR_OK;
}

enum err replay_attribution_see(struct replay_attribution *r, const struct event *e, const struct receipt *receipt, bool of_file,
                                struct problem *p) {
    if (!r->out) return ERR_OK;
    enum err err = make_room(r, receipt->position, p);
    if (err) return err;
    if (of_file) r->kept[receipt->position] |= OF_FILE_BIT;
    if (e->kind != KIND_OWNER_STATEMENT || e->says != SAYS_NOT_MINE || !e->about.size) return ERR_OK;
    uint64_t *named;
    err = key_map_put(&r->named, label_key(e->about), &named, p);
    if (!err) *named = 1;
    return err;
}

/* ---- through the store ------------------------------------------------------------------------------------------------------------ */

typedef void each_event(struct replay_attribution *r, const struct incident_event_row *row);

static enum err go_through(struct replay_attribution *r, struct incident_store store, struct str incident, each_event *each,
                           struct problem *p) {
    struct incident_event_query q = {.incident = incident, .count_max = PAGE_COUNT};
    struct arena before = r->step;
    for (size_t count = PAGE_COUNT; count == PAGE_COUNT; r->step.used = before.used) {
        struct incident_event_row *rows;
        if (store.ops->events(store.self, SIGHT_SETTLED, &q, &r->step, &rows, &count))
            return problem_set(p, ERR_IO, "", "", "cannot read the events of an incident");
        for (size_t i = 0; i < count; i++)
            if (rows[i].position < r->capacity) each(r, &rows[i]);
        if (count) q.after = rows[count - 1].position;
    }
    return ERR_OK;
}

static void keep_first(struct replay_attribution *r, const struct incident_event_row *row) {
    uint8_t *kept = &r->kept[row->position];
    *kept = (uint8_t)((*kept & ~FIRST_MASK) | ((unsigned)row->whose + 1));
}

enum err replay_attribution_opened(struct replay_attribution *r, struct incident_store store, uint64_t opened, struct problem *p) {
    arena_reset(&r->step);
    return go_through(r, store, incident_id(opened, &r->step), keep_first, p);
}

static void write_event(struct replay_attribution *r, const struct incident_event_row *row) {
    uint8_t *kept = &r->kept[row->position];
    if (!(*kept & OF_FILE_BIT) || *kept & WRITTEN_BIT) return;
    *kept |= WRITTEN_BIT;
    char memory[LINE_SIZE];
    struct buf b = buf_over(memory, sizeof memory);
    buf_text(&b, STR("{\"id\":"));
    buf_json(&b, row->event);
    buf_text(&b, STR(",\"incident\":"));
    buf_json(&b, row->incident);
    buf_fmt(&b, ",\"whose\":\"%.*s\",\"first\":", STR_ARGS(whose_word(row->whose)));
    if (*kept & FIRST_MASK) buf_json(&b, whose_word((enum whose)((*kept & FIRST_MASK) - 1)));
    else buf_text(&b, STR("null"));
    if (key_map_get(&r->named, label_key(row->event))) buf_text(&b, STR(",\"named\":true"));
    buf_text(&b, STR(",\"why\":"));
    buf_json(&b, str_clip(row->why, 256));
    buf_text(&b, STR("}\n"));
    CHECK(!b.overflow); /* an id of 128 bytes and a sentence of 256, escaped at worst six-fold */
    (void)fwrite(b.at, 1, b.size, r->out);
}

static void write_incident(struct replay_attribution *r, const struct incident_row *row) {
    char memory[LINE_SIZE];
    struct buf b = buf_over(memory, sizeof memory);
    buf_text(&b, STR("{\"incident\":"));
    buf_json(&b, row->id);
    buf_text(&b, STR(",\"account\":"));
    buf_json(&b, row->account);
    buf_text(&b, STR(",\"opened\":\""));
    moment_format(&b, row->opened_ms);
    buf_text(&b, STR("\",\"closed\":"));
    if (row->closed_ms) buf_char(&b, '"'), moment_format(&b, row->closed_ms), buf_char(&b, '"');
    else buf_text(&b, STR("null"));
    buf_text(&b, STR("}\n"));
    CHECK(!b.overflow);
    (void)fwrite(b.at, 1, b.size, r->out);
}

/* Newest first, so that the newest word on an event is written and older ones do not contradict it. */
enum err replay_attribution_write(struct replay_attribution *r, struct incident_store store, struct problem *p) {
    struct incident_query q = {.status = -1, .count_max = PAGE_COUNT};
    if (!r->out) return ERR_OK;
    for (;;) {
        struct incident_row *rows;
        size_t count;
        arena_reset(&r->step);
        if (store.ops->list(store.self, &q, &r->step, &rows, &count)) return problem_set(p, ERR_IO, "", "", "cannot list the incidents");
        if (!count) return ERR_OK;
        for (size_t i = 0; i < count; i++) {
            write_incident(r, &rows[i]);
            enum err err = go_through(r, store, rows[i].id, write_event, p);
            if (err) return err;
        }
        q.before = rows[count - 1].opened_position;
    }
}

enum err replay_attribution_close(struct replay_attribution *r, struct problem *p) {
    bool failed = r->out && ferror(r->out);
    if (r->out && fclose(r->out) != 0) failed = true;
    free(r->kept), free(r->step.at);
    key_map_release(&r->named);
    r->out = NULL;
    return failed ? problem_set(p, ERR_IO, "--attribution", "is the disk full?", "cannot write the attribution") : ERR_OK;
}
