// SPDX-License-Identifier: Apache-2.0
/*
 * GET /v1/reports/{incident}: the detailed report as its owner was told it, the latest version or the one that is named. Its row is read
 * here in each form; as PDF it is printed elsewhere (api/printed.h).
 */
#include "notify/report.h"
#include "api/printed.h"
#include "api/told.h"
#include "base/json.h"
#include "base/version.h"

#define VERSION_MAX 4096 /* at one a day, eleven years */

struct wanted {
    struct str format;
    uint64_t version; /* 0 = the latest */
    uint32_t found;   /* which it is */
    struct notice_row row;
};

static bool is_format(struct str s) {
    static const struct str formats[] = {{"json", 4}, {"html", 4}, {"text", 4}, {"pdf", 3}};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (str_equal(s, formats[i])) return true;
    return false;
}

static enum err read_wanted(struct exchange *x, struct buf *memory, struct wanted *w, struct problem *p) {
    struct str number = STR_NONE;
    bool broken = false;
    *w = (struct wanted){.format = STR("json")};
    (void)exchange_query(x, "format", memory, &w->format, &broken);
    bool named = exchange_query(x, "version", memory, &number, &broken);
    if (broken || (named && (!str_to_u64(number, &w->version) || !w->version || w->version > VERSION_MAX)))
        return problem_set(p, ERR_INVALID, "version", "1, 2, ...", "this is no version");
    return is_format(w->format) ? ERR_OK : problem_set(p, ERR_INVALID, "format", "json, html, text or pdf", "this is no format");
}

/* ---- the row ------------------------------------------------------------------------------------------------------------------------ */

/* ERR_NOT_FOUND where it is not written yet, too. */
static enum err find_version(struct exchange *x, uint32_t version, struct notice_row *out) {
    struct incident_store s = engine_incidents(x->api->engine);
    char memory[HTTP_TARGET_SIZE_MAX];
    struct buf id = buf_over(memory, sizeof memory);
    buf_fmt(&id, "%.*s/nreport%u", STR_ARGS(x->parameter), version);
    arena_reset(&x->api->step);
    enum err err = id.overflow ? ERR_NOT_FOUND : s.ops->find_notice(s.self, SIGHT_SETTLED, buf_str(&id), &x->api->step, out);
    return !err && (!out->written_ms || !str_equal(out->subject, STR("report"))) ? ERR_NOT_FOUND : err;
}

/* Versions are written one after the other: doubles until there is none, then halves the gap. *last = 0: none is written. */
static enum err find_last(struct exchange *x, uint32_t *last) {
    struct notice_row row;
    uint32_t there = 0, not_there = VERSION_MAX + 1;
    enum err err = ERR_OK;
    while (there + 1 < not_there && (!err || err == ERR_NOT_FOUND)) {
        uint32_t ask = not_there > VERSION_MAX ? there * 2 + 1 : there + (not_there - there) / 2;
        if (ask > VERSION_MAX) ask = VERSION_MAX;
        err = find_version(x, ask, &row);
        if (!err) there = ask;
        else not_there = ask;
    }
    *last = there;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err find(struct exchange *x, struct wanted *w, struct problem *p) {
    w->found = (uint32_t)w->version;
    enum err err = w->version ? ERR_OK : find_last(x, &w->found);
    if (!err) err = w->found ? find_version(x, w->found, &w->row) : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND) return problem_set(p, err, "id", "it is written within two days", "there is no such report yet");
    if (err == ERR_FULL) return problem_set(p, ERR_TOO_LARGE, "id", "hikeshi report prints it", "the report is too long for one answer");
    return err ? problem_set(p, err, "report", "hikeshi report prints it", "cannot read the report: %s", err_word(err)) : ERR_OK;
}

/* ---- the forms ---------------------------------------------------------------------------------------------------------------------- */

/* What was told in a version never changes; how it looks may, with the next release. */
static void write_etag(const struct wanted *w, struct buf *out) {
    buf_fmt(out, "\"%u-%.*s-%lld-" HIKESHI_VERSION "\"", w->found, STR_ARGS(w->format), (long long)w->row.written_ms);
}

static void write_lines(struct exchange *x, const struct wanted *w, struct str etag, struct buf *out) {
    buf_fmt(out, "etag: %.*s\r\n", STR_ARGS(etag));
    if (!str_equal(w->format, STR("pdf"))) return;
    buf_text(out, STR("content-disposition: attachment; filename=\"report-"));
    for (size_t i = 0; i < x->parameter.size && i < 64; i++) { /* of our own ids all; nobody's quotes or line ends */
        char c = x->parameter.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        buf_char(out, plain ? c : '_');
    }
    buf_fmt(out, "-%u.pdf\"\r\n", w->found);
}

static void write_report(struct exchange *x, const struct wanted *w, struct str lines, const struct document *d) {
    if (str_equal(w->format, STR("html"))) {
        exchange_begin_page(x, 200, lines);
        document_write_html(d, x->out);
    } else if (str_equal(w->format, STR("text"))) {
        exchange_begin_with(x, 200, STR("text/plain; charset=utf-8"), lines);
        document_write_text(d, x->out);
    } else {
        exchange_begin_with(x, 200, STR("application/json"), lines);
        buf_fmt(x->out, "{\"version\":%u,\"report\":", w->found);
        document_write_json(d, x->out);
        buf_char(x->out, '}');
    }
}

/* {"version":..,"digest":..,"report":{document}} */
static struct str kept_document(const struct notice_row *n) {
    struct str rest = n->facts, name, value;
    while (json_cut_member(&rest, &name, &value))
        if (str_equal(name, STR("report"))) return value;
    return STR_NONE;
}

static enum exchange_result answer_with(struct exchange *x, struct wanted *w) {
    char etag_memory[96], lines_memory[256];
    struct buf etag = buf_over(etag_memory, sizeof etag_memory), lines = buf_over(lines_memory, sizeof lines_memory);
    struct document document;
    uint32_t version = 0;
    struct problem p = {0};
    write_etag(w, &etag);
    write_lines(x, w, buf_str(&etag), &lines);
    if (exchange_has(x, buf_str(&etag))) {
        exchange_begin_with(x, 304, STR_NONE, buf_str(&lines));
        return EXCHANGE_DONE;
    }
    if (str_equal(w->format, STR("pdf")))
        return printed_order(x, &(struct press_order){kept_document(&w->row), w->row.written_ms}, buf_str(&lines));
    if (report_kept(&w->row, &x->api->step, &document, &version)) return write_report(x, w, buf_str(&lines), &document), EXCHANGE_DONE;
    (void)problem_set(&p, ERR_TOO_LARGE, "id", "take format=pdf", "the report is too long for one answer");
    return exchange_refuse_err(x, &p);
}

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    struct wanted wanted;
    char decoded[32];
    struct buf memory = buf_over(decoded, sizeof decoded);
    if (printed_is_ordered(x)) return printed_go_on(x);
    enum err err = read_wanted(x, &memory, &wanted, &p);
    if (!err) err = find(x, &wanted, &p);
    if (!err) return answer_with(x, &wanted);
    p.err = err;
    return exchange_refuse_err(x, &p);
}

extern const struct route route_report;
const struct route route_report = {
    .name = "report",
    .method = "GET",
    .path = "/v1/reports/{incident}",
    .scope = SCOPE_READ,
    .sentence = "The detailed report as the owner was told it. Its etag stays as long as the version is the same. A PDF is printed aside, "
                "so it takes a moment, and 503 says that too many wait",
    .path_parameter = "the incident's id",
    .parameters =
        (const struct route_parameter[]){
            {"version", "which one; the latest where it is left out", "{\"type\":\"integer\",\"minimum\":1}"},
            {"format", "json, html, text or pdf", "{\"type\":\"string\",\"enum\":[\"json\",\"html\",\"text\",\"pdf\"]}"},
            {0}},
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "the report"},
                                             {200, "text/html", NULL, "the report"},
                                             {200, "text/plain", NULL, "the report"},
                                             {200, "application/pdf", "{}", "the report"},
                                             {304, NULL, NULL, "if-none-match names this version in this form"},
                                             {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "there is no such report yet"},
                                             {503, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "too many wait for the printer: again after the seconds of retry-after"},
                                             {0}},
    .answer = answer,
};
