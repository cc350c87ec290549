// SPDX-License-Identifier: Apache-2.0
/* Tells people what the engine knows: of an account, and of one decision. */
#include "engine/page.h"

#include "base/moment.h"
#include "decide/decision.h"
#include "enrich/enrich.h"
#include "enrich/portrait.h"
#include "incident/record.h"

/* An account's own events shown on its page, newest first. */
#define RECENT_COUNT_MAX 20

static enum err get_profile(const struct page_source *s, struct str account, const void **profile) {
    struct event asked = {.subject = account};
    struct cell_plan plan;
    enrich_plan(&asked, s->seed, 0, &plan);
    if (!plan.has_profile) return ERR_NOT_FOUND;
    enum err err = s->cells.ops->submit(s->cells.self, plan.ops, 1); /* the first is the account's GET; nothing else is touched */
    *profile = plan.ops[0].bytes;
    return err;
}

static enum err read_record(const struct page_source *s, uint64_t position, struct journal_record *r, struct event *event,
                            struct decision *d) {
    enum err err = journal_read(s->journal, position, s->step, r);
    if (!err) err = event_decode(r->event, event);
    return err ? err : decision_decode(r->decision, d);
}

static void write_time(struct buf *b, const char *name, int64_t at_ms) {
    buf_fmt(b, ",\"%s\":\"", name);
    moment_format(b, at_ms);
    buf_char(b, '"');
}

static void write_recent(const struct page_source *s, uint64_t position, struct buf *b) {
    for (unsigned i = 0; i < RECENT_COUNT_MAX && position; i++) {
        struct journal_record r;
        struct event event;
        struct decision d;
        if (read_record(s, position, &r, &event, &d)) return; /* before what the journal keeps */
        buf_fmt(b, "%s{\"position\":%llu,\"event\":", i ? "," : "", (unsigned long long)position);
        buf_json(b, event.id);
        buf_text(b, STR(",\"type\":"));
        buf_json(b, event.type);
        write_time(b, "time", event.time_ms);
        buf_fmt(b, ",\"decision\":\"%.*s\",\"score\":%u}", STR_ARGS(verdict_word(d.verdict)), d.score);
        position = r.previous;
    }
}

enum err page_write_account(const struct page_source *s, struct str account, struct buf *b, struct problem *p) {
    const void *profile = NULL;
    enum err err = get_profile(s, account, &profile);
    buf_text(b, STR("{\"account\":"));
    buf_json(b, account);
    buf_char(b, ',');
    if (err || !profile || !enrich_write_portrait(profile, s->now_ms, b))
        return problem_set(p, ERR_NOT_FOUND, "id", "accounts are known from their first event on", "this account was never seen");
    uint64_t incident = profile_incident(profile);
    buf_text(b, STR(",\"incident\":"));
    if (incident) buf_json(b, incident_id(incident, s->step));
    else buf_text(b, STR("null"));
    buf_text(b, STR(",\"recent\":["));
    write_recent(s, profile_last_position(profile), b);
    buf_text(b, STR("]}"));
    return b->overflow ? problem_set(p, ERR_TOO_LARGE, "", "", "page is longer than its buffer") : ERR_OK;
}

enum err page_write_record(const struct journal_record *r, struct buf *b) {
    struct event event;
    struct decision d;
    enum err err = event_decode(r->event, &event);
    if (!err) err = decision_decode(r->decision, &d);
    if (err) return err;
    buf_fmt(b, "{\"position\":%llu", (unsigned long long)r->position);
    write_time(b, "received", r->received_ms);
    buf_text(b, STR(",\"event\":"));
    event_write_json(&event, b);
    buf_text(b, STR(",\"answer\":"));
    decision_write_json(&d, event.id, r->position, b);
    buf_char(b, '}');
    return ERR_OK;
}

enum err page_write_decision(const struct page_source *s, uint64_t position, struct buf *b, struct problem *p) {
    struct journal_record r;
    enum err err = journal_read(s->journal, position, s->step, &r);
    if (err) return problem_set(p, err, "position", "positions count from 1 to that of the newest answer", "journal has no such record");
    err = page_write_record(&r, b);
    if (err)
        return problem_set(p, err, "journal", "run `hikeshi journal verify`", "cannot decode record %llu", (unsigned long long)position);
    return b->overflow ? problem_set(p, ERR_TOO_LARGE, "", "", "page is longer than its buffer") : ERR_OK;
}
