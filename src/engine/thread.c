// SPDX-License-Identifier: Apache-2.0
/* Follows an account's records backwards through the journal and hands them to the incident room. */
#include "engine/thread.h"

#include "base/bounds.h"
#include "base/check.h"

/* One record as the incident room wants it. */
static enum err read_one(struct journal j, uint64_t position, struct arena *step, struct account_event *out, uint64_t *previous) {
    struct journal_record r;
    enum err err = journal_read(j, position, step, &r);
    if (err) return err;
    *previous = r.previous;
    *out = (struct account_event){.position = position, .previous = r.previous};
    err = event_decode(r.event, &out->event);
    return err ? err : decision_decode(r.decision, &out->decision);
}

/* A thread being gathered: filled from the back of a fixed array, so that it ends up oldest first. */
struct gathering {
    struct account_event *at;
    size_t first, count_max; /* at[first .. count_max) is filled */
};

/* What must stay free of the step arena: the incident room's share, and one more record, which may be as large as they come. */
#define STEP_RESERVE ((size_t)INCIDENT_STEP_SIZE_MAX + 2 * JOURNAL_RECORD_SIZE_MAX)

/*
 * A thread of very large records is cut short rather than refused: whoever can write events must not be able to make an account
 * unanswerable.
 */
static bool has_room(const struct arena *step) {
    return step->capacity - step->used > STEP_RESERVE;
}

/* So many records in a row that tell of long ago, and the thread has come to its past. Fewer are events that came late: behind them it goes
 * on. */
#define STALE_MAX 16

/* Follows the thread backwards from the record at `position`, at most `room` records, none older than `span_ms` before the first. */
static enum err follow(struct journal j, uint64_t position, int64_t span_ms, size_t room, struct arena *step, struct gathering *g) {
    int64_t not_before_ms = INT64_MIN;
    unsigned stale = 0;
    for (; room > 0 && position != 0 && position >= journal_first(j) && has_room(step); room--) {
        uint64_t previous;
        struct account_event *one = &g->at[g->first - 1];
        enum err err = read_one(j, position, step, one, &previous);
        if (err == ERR_CORRUPT) return ERR_OK; /* damage in an old record must not make the account unanswerable; verify finds it */
        if (err) return err;
        CHECK(previous < position); /* the thread runs backwards, so it ends */
        if (not_before_ms == INT64_MIN) not_before_ms = one->event.time_ms - span_ms;
        position = previous;
        if (one->event.time_ms >= not_before_ms) g->first--, stale = 0;
        else if (++stale == STALE_MAX) return ERR_OK;
    }
    return ERR_OK;
}

/*
 * The account's records before the one at hand. The one that opened its incident is always among them: where it lies further back than the
 * latest half of what may be read, the middle is left out.
 */
static enum err read_before(struct journal j, const struct thread_place *at, struct arena *step, struct gathering *g) {
    size_t latest_max = at->open_position ? g->count_max / 2 : g->count_max;
    enum err err = follow(j, at->previous, THREAD_MS_MAX, latest_max, step, g);
    if (err || !at->open_position) return err;
    uint64_t oldest = g->first < g->count_max ? g->at[g->first].position : UINT64_MAX;
    if (oldest > at->open_position) return follow(j, at->open_position, THREAD_MS_MAX, g->first, step, g);
    /* It is among the latest: go on from there, the oldest one once more. */
    if (g->first < g->count_max) g->first++;
    return follow(j, oldest, THREAD_MS_MAX, g->first, step, g);
}

/* The thread with the event at hand as its last; alone where the incident room does not need the others. */
static enum err gather(struct journal j, const struct thread_place *at, const struct event *event, const struct decision *decision,
                       struct arena *step, struct incident_input *in) {
    bool whole = incident_wants_thread(event, decision, at->open_position);
    struct gathering g = {.count_max = whole ? THREAD_COUNT_MAX - 1 : 0};
    g.first = g.count_max;
    g.at = arena_take(step, (g.count_max + 1) * sizeof *g.at);
    if (!g.at) return ERR_FULL;
    enum err err = whole ? read_before(j, at, step, &g) : ERR_OK;
    if (err) return err;
    g.at[g.count_max] = (struct account_event){.position = at->position, .previous = at->previous, .event = *event, .decision = *decision};
    *in = (struct incident_input){
        .thread = g.at + g.first,
        .thread_count = g.count_max + 1 - g.first,
        .open_position = at->open_position,
        .position = at->position,
        .now_ms = at->now_ms,
    };
    return ERR_OK;
}

enum err thread_advance_incident(struct journal j, const struct thread_place *at, const struct event *event, struct decision *decision,
                                 struct arena *step, struct incident_change *out) {
    if (decision->verdict == VERDICT_ALLOW && !incident_wants_thread(event, decision, at->open_position)) {
        *out = (struct incident_change){.open_position = at->open_position, .whose = incident_whose_alone(event, decision)};
        return ERR_OK;
    }
    struct incident_input in;
    enum err err = gather(j, at, event, decision, step, &in);
    if (err) return err;
    incident_advance(&in, step, out);
    if (out->open_position) decision->incident = incident_id(out->open_position, step);
    return ERR_OK;
}
