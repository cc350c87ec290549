// SPDX-License-Identifier: Apache-2.0
/* Checks codes, hears acknowledgements, and frames the pages that owners see. */
#include "api/told.h"

#include "base/check.h"
#include "base/document.h"
#include "base/moment.h"
#include "net/http_text.h"

struct phrases told_phrases(const struct exchange *x) {
    struct phrases p;
    struct problem problem = {0};
    struct str rest, first = str_cut(exchange_header(x, STR("accept-language")), ',', &rest);
    enum err err = phrases_choose(phrases_built_in(), str_trim(str_cut(first, ';', &rest)), &p, &problem);
    CHECK(!err); /* what ships is whole: tested */
    return p;
}

/* ---- pages ----------------------------------------------------------------------------------------------------------------------------
 */

void told_write_text(struct buf *out, struct str text) {
    for (size_t i = 0; i < text.size; i++) {
        switch (text.at[i]) {
        case '<': buf_text(out, STR("&lt;")); break;
        case '>': buf_text(out, STR("&gt;")); break;
        case '&': buf_text(out, STR("&amp;")); break;
        case '"': buf_text(out, STR("&quot;")); break;
        default: buf_char(out, text.at[i]);
        }
    }
}

#define STYLE                                                                                                                              \
    "body{font:1.05rem/1.65 system-ui,sans-serif;max-width:38rem;margin:3rem auto;padding:0 1.2rem;color:#1b1f24;background:#fff}"         \
    "h1{font-size:1.5rem;line-height:1.3}h2{font-size:1.1rem;margin:2.4rem 0 "                                                             \
    ".2rem}time{color:#57606a}.text{white-space:pre-wrap;overflow-wrap:anywhere}"                                                          \
    "label{display:block;margin:1.4rem 0 .4rem}input{font:1.3rem ui-monospace,monospace;letter-spacing:.08em;padding:.45rem .6rem;"        \
    "width:13rem;max-width:100%;box-sizing:border-box;margin:0 .6rem .6rem 0;border:1px solid "                                            \
    "#57606a;border-radius:4px}button{font:inherit;padding:.55rem 1.2rem;border:0;"                                                        \
    "border-radius:4px;background:#1b1f24;color:#fff}:focus-visible{outline:3px solid #0969da;outline-offset:2px}"                         \
    ".yes,.no{border-left:4px solid;padding:.1rem 0 .1rem 1rem;margin:1.6rem 0}.yes{border-color:#1a7f37}.no{border-color:#bc4c00}"        \
    "article{border-top:1px solid #d0d7de}h3{font-size:1.05rem;margin-top:1.6rem}h4{font-size:1rem;margin-top:1.8rem}h5{font-size:.95rem}"

void told_begin_page(struct exchange *x, unsigned status, const struct phrases *p, struct str title, struct str extra) {
    exchange_begin_page(x, status, extra);
    buf_fmt(x->out, "<!doctype html>\n<html lang=\"%.*s\">\n<head><meta charset=\"utf-8\">", STR_ARGS(p->language));
    buf_text(
        x->out,
        STR("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\"><title>"));
    told_write_text(x->out, title);
    buf_text(x->out, STR("</title><style>"));
    buf_text(x->out, document_html_style());
    buf_text(x->out, STR(STYLE "</style></head>\n<body>\n<main>\n<h1>"));
    told_write_text(x->out, title);
    buf_text(x->out, STR("</h1>\n"));
}

void told_write_form(struct exchange *x, const struct phrases *p) {
    buf_text(x->out, STR("<p>"));
    told_write_text(x->out, p->texts[PHRASE_page_check_intro]);
    buf_text(x->out, STR("</p>\n<form method=\"post\" action=\"check\">\n<label for=\"code\">"));
    told_write_text(x->out, p->texts[PHRASE_page_check_label]);
    buf_text(x->out, STR("</label>\n<input id=\"code\" name=\"code\" maxlength=\"20\" autocomplete=\"off\" autocapitalize=\"characters\" "
                         "spellcheck=\"false\" required><button>"));
    told_write_text(x->out, p->texts[PHRASE_page_check_button]);
    buf_text(x->out, STR("</button>\n</form>\n"));
}

void told_end_page(struct exchange *x) {
    buf_text(x->out, STR("</main>\n</body>\n</html>\n"));
}

/* ---- being heard ------------------------------------------------------------------------------------------------------------------------
 */

enum exchange_result told_acknowledge(struct exchange *x, const struct notice_row *n, const char *via, enum err *err, struct problem *p) {
    char id[EVENT_ID_SIZE_MAX];
    struct buf b = buf_over(id, sizeof id);
    struct receipt receipt;
    *err = ERR_OK;
    if (n->read_ms) return EXCHANGE_DONE;
    buf_fmt(&b, "%.*s/read/%s", STR_ARGS(n->id), via);
    CHECK(!b.overflow);
    struct event event = {.kind = KIND_NOTICE_RESULT,
                          .id = buf_str(&b),
                          .subject = n->account,
                          .about = n->id,
                          .incident = n->incident,
                          .via = str_from(via),
                          .result = STR("read")};
    if (exchange_submit_own(x, &event, &receipt, err, p) == EXCHANGE_LATER) return EXCHANGE_LATER;
    x->position = receipt.position;
    return EXCHANGE_DONE;
}

int64_t told_offset_ms(struct exchange *x, const struct notice_row *n) {
    struct incident_store s = engine_incidents(x->api->engine);
    struct incident_row incident;
    if (s.ops->find(s.self, n->incident, &x->api->step, &incident) != ERR_OK) return 0;
    const struct respond_settings *settings = policy_response(engine_policy(x->api->engine));
    return notice_offset_ms(&incident, str_from(settings->notify.timezone), n->written_ms);
}

/* So that nobody can choose whose tries he shares. */
static uint64_t seed_of(const struct exchange *x) {
    uint64_t seed;
    struct token token = engine_token(x->api->engine);
    token.make(token.self, STR("tries"), (unsigned char *)&seed, sizeof seed);
    return seed;
}

enum exchange_result told_check(struct exchange *x, struct str typed, const struct address *who, struct told_check *out, enum err *err,
                                struct problem *p) {
    struct incident_store s = engine_incidents(x->api->engine);
    char code[NOTICE_CODE_SIZE + 1];
    *out = (struct told_check){.verdict = TOLD_TOO_OFTEN};
    *err = ERR_OK;
    if (!limiter_take(&x->api->limiter, who, seed_of(x), x->api->now_ms, &out->wait_ms)) return EXCHANGE_DONE;
    out->verdict = TOLD_UNKNOWN;
    if (!notice_code_read(typed, code)) return EXCHANGE_DONE;
    *err = s.ops->find_code(s.self, str_from(code), &x->api->step, &out->notice);
    if (*err == ERR_NOT_FOUND) return *err = ERR_OK, EXCHANGE_DONE;
    if (*err) return (void)problem_set(p, *err, "notices", "try again", "cannot read the notices: %s", err_word(*err)), EXCHANGE_DONE;
    out->verdict = TOLD_OURS;
    out->offset_ms = told_offset_ms(x, &out->notice);
    if (told_acknowledge(x, &out->notice, "code", err, p) != EXCHANGE_LATER) return EXCHANGE_DONE;
    limiter_give_back(&x->api->limiter, who, seed_of(x)); /* the same request comes again */
    return EXCHANGE_LATER;
}
