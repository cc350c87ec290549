// SPDX-License-Identifier: Apache-2.0
/*
 * GET /v1/reports/{incident}: the detailed report as its owner was told it, the latest version or the one that is named. As paper: `hikeshi
 * report --version N --pdf FILE`, for printing would hold up decisions here.
 */
#include "notify/report.h"
#include "api/told.h"
#include "base/json.h"

struct wanted {
    struct str format;
    uint64_t version; /* 0 = the latest */
};

static enum err read_wanted(struct exchange *x, struct buf *memory, struct wanted *w, struct problem *p) {
    struct str number = STR_NONE;
    bool broken = false;
    *w = (struct wanted){.format = STR("json")};
    (void)exchange_query(x, "format", memory, &w->format, &broken);
    bool named = exchange_query(x, "version", memory, &number, &broken);
    if (broken || (named && !str_to_u64(number, &w->version)))
        return problem_set(p, ERR_INVALID, "version", "1, 2, ...", "this is no version");
    if (str_equal(w->format, STR("json")) || str_equal(w->format, STR("html")) || str_equal(w->format, STR("text"))) return ERR_OK;
    return problem_set(p, ERR_INVALID, "format", "json, html or text", "this is no format");
}

/* Versions rise with the rows: the last that fits is the latest. */
static const struct notice_row *find(const struct notice_row *rows, size_t count, uint64_t version) {
    const struct notice_row *found = NULL;
    uint64_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        if (!str_equal(rows[i].subject, STR("report")) || !rows[i].written_ms) continue;
        if (!version || ++seen == version) found = &rows[i];
    }
    return found;
}

static void write_report(struct exchange *x, const struct wanted *w, const struct document *d, uint32_t version) {
    if (str_equal(w->format, STR("html"))) {
        exchange_begin_page(x, 200);
        document_write_html(d, x->out);
    } else if (str_equal(w->format, STR("text"))) {
        exchange_begin(x, 200, STR("text/plain; charset=utf-8"));
        document_write_text(d, x->out);
    } else {
        exchange_begin(x, 200, STR("application/json"));
        buf_fmt(x->out, "{\"version\":%u,\"report\":", version);
        document_write_json(d, x->out);
        buf_char(x->out, '}');
    }
}

static enum exchange_result answer(struct exchange *x) {
    struct incident_store s = engine_incidents(x->api->engine);
    struct problem p = {0};
    struct wanted wanted;
    struct document document;
    struct notice_row *rows;
    size_t count = 0;
    uint32_t version = 0;
    char decoded[32];
    struct buf memory = buf_over(decoded, sizeof decoded);
    arena_reset(&x->api->step);
    enum err err = read_wanted(x, &memory, &wanted, &p);
    if (!err) {
        err = s.ops->notices(s.self, SIGHT_SETTLED, x->parameter, &x->api->step, &rows, &count);
        if (err) (void)problem_set(&p, err, "report", "hikeshi report prints it", "cannot read the report: %s", err_word(err));
    }
    if (!err) {
        const struct notice_row *n = find(rows, count, wanted.version);
        if (!n) err = problem_set(&p, ERR_NOT_FOUND, "id", "it is written within two days", "there is no such report yet");
        else if (!report_kept(n, &x->api->step, &document, &version))
            err = problem_set(&p, ERR_TOO_LARGE, "id", "hikeshi report prints it", "the report is too long for one answer");
    }
    if (err) {
        p.err = err;
        return exchange_refuse_err(x, &p);
    }
    write_report(x, &wanted, &document, version);
    return EXCHANGE_DONE;
}

extern const struct route route_report;
const struct route route_report = {
    .name = "report",
    .method = "GET",
    .path = "/v1/reports/{incident}",
    .scope = SCOPE_READ,
    .sentence = "The detailed report as the owner was told it. As PDF: `hikeshi report INCIDENT --version N --pdf FILE`.",
    .path_parameter = "the incident's id",
    .parameters =
        (const struct route_parameter[]){{"version", "which one; the latest where it is left out", "{\"type\":\"integer\"}"},
                                         {"format", "json, html or text", "{\"type\":\"string\",\"enum\":[\"json\",\"html\",\"text\"]}"},
                                         {0}},
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "the report"},
                                             {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "there is no such report yet"},
                                             {0}},
    .answer = answer,
};
