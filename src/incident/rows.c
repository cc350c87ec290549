// SPDX-License-Identifier: Apache-2.0
/* Writes the stored rows of an incident as JSON, one form for the API and the command line. */
#include "base/moment.h"
#include "incident/incident.h"

static void write_name(struct buf *b, const char *name) {
    buf_fmt(b, ",\"%s\":", name);
}

static void write_text(struct buf *b, const char *name, struct str text) {
    write_name(b, name);
    buf_json(b, text);
}

/* null where it has not come yet */
static void write_moment(struct buf *b, int64_t at_ms) {
    if (!at_ms) {
        buf_text(b, STR("null"));
        return;
    }
    buf_char(b, '"');
    moment_format(b, at_ms);
    buf_char(b, '"');
}

void incident_write_members(const struct incident_row *r, struct buf *b) {
    buf_text(b, STR("\"id\":"));
    buf_json(b, r->id);
    write_text(b, "account", r->account);
    write_text(b, "status", incident_status_word(r->status));
    write_name(b, "opened");
    write_moment(b, r->opened_ms);
    write_name(b, "closed");
    write_moment(b, r->closed_ms);
    write_name(b, "window_from");
    write_moment(b, r->window_from_ms);
    write_name(b, "window_to");
    write_moment(b, r->window_to_ms);
    buf_fmt(b, ",\"opened_position\":%llu,\"trigger_position\":%llu,\"score\":%u", (unsigned long long)r->opened_position,
            (unsigned long long)r->trigger_position, r->score);
    write_text(b, "summary", r->summary);
    write_name(b, "path");
    buf_text(b, r->path.size ? r->path : STR("null")); /* is JSON already */
    write_name(b, "closed_why");
    if (r->closed_why.size) buf_json(b, r->closed_why);
    else buf_text(b, STR("null"));
}

void incident_write_json(const struct incident_row *r, struct buf *b) {
    buf_char(b, '{');
    incident_write_members(r, b);
    buf_char(b, '}');
}

void incident_write_event_json(const struct incident_event_row *r, struct buf *b) {
    buf_text(b, STR("{\"event\":"));
    buf_json(b, r->event);
    buf_fmt(b, ",\"position\":%llu,\"time\":", (unsigned long long)r->position);
    write_moment(b, r->time_ms);
    write_text(b, "kind", r->kind);
    write_text(b, "whose", whose_word(r->whose));
    write_text(b, "why", r->why);
    if (r->detail.size) write_text(b, "detail", r->detail);
    if (r->object.size) write_text(b, "object", r->object);
    if (r->currency[0]) {
        buf_fmt(b, ",\"amount_minor\":%lld", (long long)r->amount_minor);
        write_text(b, "currency", str_from(r->currency));
    }
    buf_char(b, '}');
}
