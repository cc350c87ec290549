// SPDX-License-Identifier: Apache-2.0
/* Writes incidents and their events as JSON. */
#include "api/incident_json.h"

#include "base/moment.h"
#include "incident/incident.h"

static void text_member(struct buf *out, const char *name, struct str value) {
    buf_fmt(out, ",\"%s\":", name);
    buf_json(out, value);
}

static void time_member(struct buf *out, const char *name, int64_t at_ms) {
    buf_fmt(out, ",\"%s\":", name);
    if (!at_ms) {
        buf_text(out, STR("null"));
        return;
    }
    buf_char(out, '"');
    moment_format(out, at_ms);
    buf_char(out, '"');
}

static void number_member(struct buf *out, const char *name, uint64_t value) {
    buf_fmt(out, ",\"%s\":%llu", name, (unsigned long long)value);
}

void incident_write_members(const struct incident_row *r, struct buf *out) {
    buf_text(out, STR("\"id\":"));
    buf_json(out, r->id);
    text_member(out, "account", r->account);
    text_member(out, "status", r->status == INCIDENT_OPEN ? STR("open") : STR("closed"));
    time_member(out, "opened", r->opened_ms);
    time_member(out, "closed", r->status == INCIDENT_OPEN ? 0 : r->closed_ms);
    time_member(out, "window_from", r->window_from_ms);
    time_member(out, "window_to", r->window_to_ms);
    number_member(out, "opened_position", r->opened_position);
    number_member(out, "trigger_position", r->trigger_position);
    number_member(out, "score", r->score);
    text_member(out, "summary", r->summary);
    if (r->closed_why.size) text_member(out, "closed_why", r->closed_why);
    buf_text(out, STR(",\"path\":"));
    buf_text(out, r->path.size ? r->path : STR("null")); /* JSON already */
}

void incident_event_write_json(const struct incident_event_row *r, struct buf *out) {
    buf_text(out, STR("{\"event\":"));
    buf_json(out, r->event);
    number_member(out, "position", r->position);
    time_member(out, "time", r->time_ms);
    text_member(out, "kind", r->kind);
    text_member(out, "whose", whose_word(r->whose));
    text_member(out, "why", r->why);
    if (r->object.size) text_member(out, "object", r->object);
    buf_char(out, '}');
}
