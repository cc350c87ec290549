// SPDX-License-Identifier: Apache-2.0
/* Follows an account's records backwards through the journal and hands them to the incident room. */
#include "engine/thread.h"

#include <string.h>

#include "base/check.h"

/* One record as the incident room wants it. */
static enum err read_one(struct journal j, uint64_t position, struct arena *step, struct account_event *out, uint64_t *previous) {
    struct journal_record r;
    enum err err = journal_read(j, position, step, &r);
    if (err) return err;
    *previous = r.previous;
    *out = (struct account_event){.position = position};
    err = event_decode(r.event, &out->event);
    return err ? err : decision_decode(r.decision, &out->decision);
}

enum err thread_read(struct journal j, uint64_t last, int64_t not_before_ms, size_t count_max, struct arena *step,
                     struct account_event **events, size_t *count) {
    CHECK(count_max <= THREAD_COUNT_MAX);
    /* Filled from the back, then moved to the front. */
    struct account_event *at = arena_take(step, (count_max + 1) * sizeof *at);
    if (!at) return ERR_FULL;
    size_t first = count_max;
    uint64_t position = last;
    while (first > 0 && position >= journal_first(j) && position != 0) {
        uint64_t previous;
        enum err err = read_one(j, position, step, &at[first - 1], &previous);
        if (err) return err;
        CHECK(previous < position); /* the thread runs backwards, so it ends */
        if (at[first - 1].event.time_ms < not_before_ms) break;
        first--;
        position = previous;
    }
    *count = count_max - first;
    memmove(at, at + first, *count * sizeof *at);
    *events = at;
    return ERR_OK;
}

/* The thread with the event at hand as its last; alone where the incident room does not need the others. */
static enum err gather(struct journal j, const struct thread_place *at, const struct event *event, const struct decision *decision,
                       struct arena *step, struct incident_input *in) {
    struct account_event *thread = NULL;
    size_t count = 0;
    if (incident_wants_thread(event, decision, at->open_position)) {
        enum err err = thread_read(j, at->previous, event->time_ms - THREAD_MS_MAX, THREAD_COUNT_MAX - 1, step, &thread, &count);
        if (err) return err;
    } else {
        thread = arena_take(step, sizeof *thread);
        if (!thread) return ERR_FULL;
    }
    thread[count] = (struct account_event){.position = at->position, .event = *event, .decision = *decision};
    *in = (struct incident_input){
        .thread = thread,
        .thread_count = count + 1,
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
