// SPDX-License-Identifier: Apache-2.0
/* POST /check: what was typed on the page "Is this message from us?": date, subject and case of the message, or that we do not know it. */
#include "api/told.h"
#include "base/moment.h"
#include "net/http_text.h"

#define CODE_SIZE_MAX 64

/* The code as a browser sends it: "code=4F8K-2M7Q", a blank as '+'. Anything longer is none. */
static struct str code_of(struct exchange *x, struct buf *memory) {
    struct str encoded;
    if (!http_query_find(http_reader_body(x->request), STR("code"), &encoded) || encoded.size > CODE_SIZE_MAX) return STR_NONE;
    if (!http_decode_percent(encoded, memory) || memory->overflow) return STR_NONE;
    for (size_t i = 0; i < memory->size; i++)
        if (memory->at[i] == '+') memory->at[i] = ' ';
    return buf_str(memory);
}

static void write_line(struct exchange *x, struct str phrase, const char *name, struct str value) {
    char memory[2048];
    struct buf text = buf_over(memory, sizeof memory);
    phrase_fill(phrase, (struct filling[]){{name, value}}, 1, &text);
    told_write_text(x->out, buf_str(&text));
    buf_text(x->out, STR("<br>\n"));
}

static void write_ours(struct exchange *x, const struct phrases *p, const struct told_check *c) {
    char memory[64];
    struct buf date = buf_over(memory, sizeof memory);
    notice_write_date(p, c->notice.written_ms, c->offset_ms, &date);
    buf_text(x->out, STR("<div class=\"yes\" role=\"status\"><p><strong>"));
    told_write_text(x->out, p->texts[PHRASE_page_check_yes]);
    buf_text(x->out, STR("</strong></p>\n<p>"));
    write_line(x, p->texts[PHRASE_page_check_date], "date", buf_str(&date));
    write_line(x, p->texts[PHRASE_page_check_subject], "title", c->notice.title);
    write_line(x, p->texts[PHRASE_page_check_case], "case", c->notice.incident);
    buf_text(x->out, STR("</p></div>\n"));
}

static void write_other(struct exchange *x, struct str phrase, int64_t wait_ms) {
    char memory[24];
    struct buf minutes = buf_over(memory, sizeof memory);
    buf_i64(&minutes, (wait_ms + MINUTE_MS - 1) / MINUTE_MS);
    buf_text(x->out, STR("<div class=\"no\" role=\"status\"><p>"));
    write_line(x, phrase, "minutes", buf_str(&minutes));
    buf_text(x->out, STR("</p></div>\n"));
}

static unsigned status_of(enum told_verdict v) {
    return v == TOLD_TOO_OFTEN ? 429 : 200;
}

static enum exchange_result answer(struct exchange *x) {
    struct problem problem = {0};
    struct told_check check;
    struct address who = exchange_client(x);
    char memory[CODE_SIZE_MAX];
    struct buf code = buf_over(memory, sizeof memory);
    enum err err;
    arena_reset(&x->api->step);
    if (told_check(x, code_of(x, &code), &who, &check, &err, &problem) == EXCHANGE_LATER) return EXCHANGE_LATER;
    if (err) return exchange_refuse_err(x, &problem);
    struct phrases p = told_phrases(x);
    char line[48];
    struct buf wait = buf_over(line, sizeof line);
    if (check.verdict == TOLD_TOO_OFTEN) buf_fmt(&wait, "retry-after: %lld\r\n", (long long)((check.wait_ms + SECOND_MS - 1) / SECOND_MS));
    told_begin_page(x, status_of(check.verdict), &p, p.texts[PHRASE_page_check_title], buf_str(&wait));
    switch (check.verdict) {
    case TOLD_OURS: write_ours(x, &p, &check); break;
    case TOLD_UNKNOWN: write_other(x, p.texts[PHRASE_page_check_no], 0); break;
    case TOLD_TOO_OFTEN: write_other(x, p.texts[PHRASE_page_check_wait], check.wait_ms); break;
    }
    if (check.verdict != TOLD_TOO_OFTEN) told_write_form(x, &p);
    told_end_page(x);
    return EXCHANGE_DONE;
}

extern const struct route route_check_form;
const struct route route_check_form = {
    .name = "check_form",
    .method = "POST",
    .path = "/check",
    .scope = SCOPE_NONE,
    .sentence = "What was typed on that page: date, subject and case of the message, or that we do not know the code. Five tries in ten "
                "minutes for each address.",
    .takes = {"application/x-www-form-urlencoded"},
    .takes_schema = "{\"type\":\"object\",\"properties\":{\"code\":{\"type\":\"string\"}}}",
    .answers = (const struct route_answer[]){{200, "text/html", NULL, "ours or not"}, {429, "text/html", NULL, "tried too often"}, {0}},
    .answer = answer,
};
