// SPDX-License-Identifier: Apache-2.0
/*
 * GET /v1/messages/{account}: the account's message centre: everything that its owner was told, in the words that went out by mail. The
 * shop asks for it and shows it to him where he has signed in, as a page of ours (format=html) or in its own.
 */
#include "api/told.h"
#include "base/moment.h"
#include "notify/report.h"

#define MESSAGES_MAX 100
/* For what follows a report on the page: another message, and the end. */
#define REST_SIZE (16U * 1024)

static void write_moment(struct buf *out, const char *name, int64_t at_ms) {
    buf_fmt(out, ",\"%s\":", name);
    if (at_ms <= 0) {
        buf_text(out, STR("null"));
        return;
    }
    buf_char(out, '"');
    moment_format(out, at_ms);
    buf_char(out, '"');
}

static void write_text(struct buf *out, const char *name, struct str text) {
    buf_fmt(out, ",\"%s\":", name);
    buf_json(out, text);
}

static void write_message(struct buf *out, const struct notice_row *n) {
    buf_text(out, STR("{\"id\":"));
    buf_json(out, n->id);
    write_text(out, "case", n->incident);
    write_text(out, "subject", n->subject);
    write_text(out, "language", n->language);
    write_text(out, "title", n->title);
    write_text(out, "text", n->text);
    write_text(out, "code", n->code);
    write_moment(out, "written", n->written_ms);
    write_moment(out, "read", n->read_ms);
    buf_char(out, '}');
}

/* A list ends earlier where another might not fit. */
static bool has_room(const struct buf *out, const struct notice_row *n) {
    return out->capacity - out->size > 2 * (n->text.size + n->title.size) + 4096;
}

static void write_json(struct exchange *x, const struct notice_row *rows, size_t count) {
    exchange_begin(x, 200, STR("application/json"));
    buf_text(x->out, STR("{\"messages\":["));
    for (size_t i = 0; i < count && has_room(x->out, &rows[i]); i++) {
        if (i) buf_char(x->out, ',');
        write_message(x->out, &rows[i]);
    }
    buf_text(x->out, STR("]}"));
}

/* The report itself under the message that tells of it; of several versions the latest. One that is too long for this page is left out: the
 * shop has it as a page of its own (routes/report.c). */
static void write_report(struct exchange *x, const struct notice_row *n, bool *shown) {
    struct document d;
    uint32_t version;
    size_t before = x->out->size;
    if (*shown || !report_kept(n, &x->api->step, &d, &version)) return;
    *shown = true;
    document_write_html_article(&d, 3, x->out);
    if (!x->out->overflow && x->out->capacity - x->out->size >= REST_SIZE) return;
    x->out->size = before;
    x->out->overflow = false;
}

static void write_page(struct exchange *x, const struct notice_row *rows, size_t count) {
    struct phrases p = told_phrases(x);
    bool report_shown = false;
    told_begin_page(x, 200, &p, p.texts[PHRASE_page_messages_title], STR_NONE);
    for (size_t i = 0; i < count && has_room(x->out, &rows[i]); i++) {
        buf_fmt(x->out, "<article lang=\"%.*s\">\n<h2>", STR_ARGS(rows[i].language));
        told_write_text(x->out, rows[i].title);
        buf_text(x->out, STR("</h2>\n<time datetime=\""));
        moment_format(x->out, rows[i].written_ms);
        buf_text(x->out, STR("\">"));
        notice_write_date(&p, rows[i].written_ms, told_offset_ms(x, &rows[i]), x->out);
        buf_text(x->out, STR("</time>\n<p class=\"text\">"));
        told_write_text(x->out, rows[i].text);
        buf_text(x->out, STR("</p>\n"));
        write_report(x, &rows[i], &report_shown);
        buf_text(x->out, STR("</article>\n"));
    }
    if (!count) {
        buf_text(x->out, STR("<p>"));
        told_write_text(x->out, p.texts[PHRASE_page_messages_none]);
        buf_text(x->out, STR("</p>\n"));
    }
    told_end_page(x);
}

static enum exchange_result answer(struct exchange *x) {
    struct incident_store s = engine_incidents(x->api->engine);
    struct notice_row *rows;
    size_t count;
    char decoded[16];
    struct problem p = {0};
    struct buf memory = buf_over(decoded, sizeof decoded);
    struct str format = STR_NONE;
    bool broken = false;
    (void)exchange_query(x, "format", &memory, &format, &broken);
    enum err err = ERR_FULL;
    for (uint32_t most = MESSAGES_MAX; err == ERR_FULL && most; most /= 4) { /* long reports come with their messages: then the latest */
        arena_reset(&x->api->step);
        err = s.ops->messages(s.self, x->parameter, most, &x->api->step, &rows, &count);
    }
    if (err) {
        (void)problem_set(&p, err, "messages", "try again", "cannot read the messages: %s", err_word(err));
        return exchange_refuse_err(x, &p);
    }
    if (!broken && str_equal(format, STR("html"))) write_page(x, rows, count);
    else write_json(x, rows, count);
    return EXCHANGE_DONE;
}

extern const struct route route_messages;
const struct route route_messages = {
    .name = "messages",
    .method = "GET",
    .path = "/v1/messages/{account}",
    .scope = SCOPE_READ,
    .sentence = "The account's message centre, the latest first: what its owner was told, word for word as in his mails. For the shop to "
                "show where he has signed in, as JSON or, with format=html, as a page.",
    .path_parameter = "the account's id",
    .parameters = (const struct route_parameter[]){{"format", "html: a page, in the language that the browser prefers",
                                                    "{\"type\":\"string\",\"enum\":[\"json\",\"html\"]}"},
                                                   {0}},
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "the messages"}, {0}},
    .answer = answer,
};
