// SPDX-License-Identifier: Apache-2.0
/* Tells an incident as a timeline of who did what, and why it was attributed so. */
#include "cli/incident_text.h"

#include <string.h>

#include "base/amount.h"
#include "base/json.h"
#include "base/moment.h"
#include "cli/plain_text.h"
#include "cli/progress.h"
#include "incident/incident.h"

/* "2026-03-01 00:41:07" */
void incident_text_time(struct buf *b, int64_t at_ms) {
    char memory[32];
    struct buf time = buf_over(memory, sizeof memory);
    moment_format(&time, at_ms);
    memory[10] = ' ';
    buf_bytes(b, memory, 19);
}

/* Columns of a terminal: kana, kanji, hangul and what lies beyond the first plane take two, continuation bytes none. */
static size_t width_of(struct str s) {
    size_t width = 0;
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.at[i];
        bool wide = (c >= 0xE3 && c <= 0xED) || c >= 0xF0;
        if ((c & 0xC0U) != 0x80U) width += wide ? 2 : 1;
    }
    return width;
}

void incident_text_column(struct buf *b, struct str s, size_t width) {
    size_t from = b->size;
    plain_text_write(b, s);
    for (size_t i = width_of(str_slice(buf_str(b), from, b->size)); i < width; i++) buf_char(b, ' ');
    buf_text(b, STR("  "));
}

void incident_text_span(struct buf *b, int64_t span_ms) {
    static const struct {
        int64_t unit_ms;
        const char *word;
    } units[] = {{DAY_MS, "d"}, {HOUR_MS, "h"}, {MINUTE_MS, "min"}, {1000, "s"}};
    size_t i = 0;
    while (i + 1 < sizeof units / sizeof units[0] && span_ms % units[i].unit_ms) i++;
    buf_i64(b, span_ms / units[i].unit_ms);
    buf_fmt(b, " %s", units[i].word);
}

/* ---- money ------------------------------------------------------------------------------------------------------------------------ */

void incident_text_amount(int64_t amount_minor, struct str currency, struct buf *out) {
    amount_write(out, amount_minor, currency);
    buf_char(out, ' ');
    buf_text(out, currency);
}

/* ---- list ------------------------------------------------------------------------------------------------------------------------- */

#define WIDTH_ID      12
#define WIDTH_ACCOUNT 16

void incident_text_head(struct buf *out) {
    incident_text_column(out, STR("INCIDENT"), WIDTH_ID);
    incident_text_column(out, STR("OPENED (UTC)"), 19);
    incident_text_column(out, STR("ACCOUNT"), WIDTH_ACCOUNT);
    incident_text_column(out, STR("STATUS"), 6);
    incident_text_column(out, STR("SCORE"), 5);
    buf_text(out, STR("SUMMARY\n"));
}

void incident_text_line(const struct incident_row *r, struct buf *out) {
    incident_text_column(out, r->id, WIDTH_ID);
    incident_text_time(out, r->opened_ms);
    buf_text(out, STR("  "));
    incident_text_column(out, r->account, WIDTH_ACCOUNT);
    incident_text_column(out, incident_status_word(r->status), 6);
    buf_fmt(out, "%5u  ", r->score);
    plain_text_write(out, r->summary);
    if (r->closed_why.size) buf_text(out, STR("; closed: ")), plain_text_write(out, r->closed_why);
    buf_char(out, '\n');
}

/* ---- one incident ----------------------------------------------------------------------------------------------------------------- */

/* "payment_method" as words; a kind that we do not know is a stranger's text. */
static void write_words(struct buf *b, struct str s) {
    size_t from = b->size;
    plain_text_write(b, s);
    for (size_t i = from; i < b->size; i++)
        if (b->at[i] == '_') b->at[i] = ' ';
}

/* "order placed: order o1, 500 JPY": what the event touched. */
static void write_what(const struct incident_event_row *r, struct buf *b) {
    write_words(b, r->kind);
    if (r->detail.size) buf_char(b, ' '), write_words(b, r->detail);
    struct str id, word = str_cut(r->object, ':', &id);
    if (r->object.size) {
        buf_text(b, STR(": "));
        write_words(b, word);
        buf_char(b, ' ');
        plain_text_write(b, id);
    }
    if (!r->currency[0]) return;
    buf_text(b, STR(", "));
    incident_text_amount(r->amount_minor, str_from(r->currency), b);
}

static void write_event(const struct incident_event_row *r, struct buf *out) {
    char memory[1024];
    struct buf what = buf_over(memory, sizeof memory);
    write_what(r, &what);
    buf_text(out, STR("  "));
    incident_text_time(out, r->time_ms);
    buf_text(out, STR("  "));
    incident_text_column(out, whose_word(r->whose), 8);
    incident_text_column(out, buf_str(&what), 44);
    plain_text_write(out, r->why);
    buf_char(out, '\n');
}

static bool is_shown(const struct incident_row *r, const struct incident_event_row *e, bool all) {
    return all || e->whose != WHOSE_OWNER || e->time_ms >= r->window_from_ms;
}

/* Rows come by position; people read by time. */
static int by_time(const void *left, const void *right) {
    const struct incident_event_row *a = left, *b = right;
    if (a->time_ms != b->time_ms) return a->time_ms < b->time_ms ? -1 : 1;
    return (a->position > b->position) - (a->position < b->position);
}

static void write_timeline(const struct incident_row *r, struct incident_event_row *events, size_t count, bool all, struct buf *out) {
    size_t hidden = 0;
    if (count) qsort(events, count, sizeof *events, by_time);
    for (size_t i = 0; i < count; i++) {
        if (is_shown(r, &events[i], all)) write_event(&events[i], out);
        else hidden++;
    }
    if (hidden) buf_fmt(out, "  (owner's acts before the attack: %zu more with --all)\n", hidden);
}

/* "devices    d1, d2" for an array of the path; networks are objects, of which the parts that are there are told. */
static void write_path_value(struct json value, struct buf *out) {
    if (value.type == JSON_TEXT) {
        plain_text_write(out, value.text);
        return;
    }
    struct json asn = json_get(value, STR("asn"));
    plain_text_write(out, json_get(value, STR("prefix")).text);
    if (asn.type == JSON_NUMBER) buf_fmt(out, " AS%.*s", STR_ARGS(asn.text));
    static const char *const members[] = {"country", "net"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        struct json part = json_get(value, str_from(members[i]));
        if (part.type == JSON_TEXT) buf_char(out, ' '), plain_text_write(out, part.text);
    }
}

static void write_path(struct str path, struct buf *out) {
    static char memory[JSON_MEMORY_MAX(256 * 1024)];
    struct arena step = arena_over(memory, sizeof memory);
    struct json root;
    if (json_parse(path, 256 * 1024, &step, &root, NULL) != ERR_OK) return;
    struct json_walk members = json_walk(root);
    for (struct json_member m; json_next(&members, &m);) {
        struct json_walk values = json_walk(m.value);
        size_t count = 0;
        for (struct json_member v; json_next(&values, &v); count++) {
            if (count) buf_text(out, STR(", "));
            else incident_text_column(out, m.name, 9);
            write_path_value(v.value, out);
        }
        if (count) buf_char(out, '\n');
    }
}

void incident_text_story(const struct incident_row *r, struct incident_event_row *events, size_t count, bool all, struct buf *out) {
    plain_text_write(out, r->id);
    buf_text(out, STR(", account "));
    plain_text_write(out, r->account);
    buf_fmt(out, ", %.*s, score %u\n", STR_ARGS(incident_status_word(r->status)), r->score);
    plain_text_write(out, r->summary);
    buf_text(out, STR("\n\n"));
    incident_text_column(out, STR("opened"), 9);
    incident_text_time(out, r->opened_ms);
    buf_char(out, '\n');
    incident_text_column(out, STR("attack"), 9);
    incident_text_time(out, r->window_from_ms);
    buf_text(out, STR(" to "));
    if (r->window_to_ms) incident_text_time(out, r->window_to_ms);
    else buf_text(out, STR("now"));
    buf_char(out, '\n');
    if (r->status == INCIDENT_CLOSED) {
        incident_text_column(out, STR("closed"), 9);
        incident_text_time(out, r->closed_ms);
        buf_text(out, STR(": "));
        plain_text_write(out, r->closed_why);
        buf_char(out, '\n');
    }
    write_path(r->path, out);
    buf_char(out, '\n');
    write_timeline(r, events, count, all, out);
}

void incident_text_json(const struct incident_row *r, const struct incident_event_row *events, size_t count, struct buf *out) {
    incident_write_json(r, out);
    out->size--; /* the closing brace comes after the events */
    buf_text(out, STR(",\"events\":["));
    for (size_t i = 0; i < count; i++) {
        if (i) buf_char(out, ',');
        incident_write_event_json(&events[i], out);
    }
    buf_text(out, STR("]}\n"));
}
