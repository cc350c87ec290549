// SPDX-License-Identifier: Apache-2.0
/* Loads what reports and issuer packs are made of, and writes them into files. */
#include "cli/report_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/json.h"
#include "base/toml.h"
#include "print/print.h"

#define EVENTS_MAX    4096 /* of one incident: more are not attributed in one go (incident/incident.h), and a report tells 500 */
#define PATH_SIZE_MAX 1024
#define ROWS_SIZE_MAX (64U * 1024 * 1024)
#define TEXT_SIZE_MAX (8U * 1024 * 1024)

/* ---- rows --------------------------------------------------------------------------------------------------------------------------- */

static enum err load_rows(const struct incident_store_ops *ops, void *self, struct str id, struct arena *step,
                          struct issuer_pack_source *out) {
    struct report_source *s = &out->rows;
    struct effect_row *effects;
    struct ledger_row *ledger;
    struct incident_event_row *events;
    struct proof_row *proofs;
    struct notice_row *notices;
    struct task_row *tasks;
    struct audit_row *audits;
    struct step_row *steps;
    const struct effect_query of_effects = {.incident = id, .count_max = EFFECT_COUNT_MAX};
    const struct incident_event_query of_events = {.incident = id, .count_max = EVENTS_MAX};
    enum err err = ops->effects(self, SIGHT_SETTLED, &of_effects, step, &effects, &s->rows.effect_count);
    if (!err) err = ops->ledger(self, SIGHT_SETTLED, id, step, &ledger, &s->rows.ledger_count);
    if (!err) err = ops->events(self, SIGHT_SETTLED, &of_events, step, &events, &s->event_count);
    if (!err) err = ops->proofs(self, SIGHT_SETTLED, id, step, &proofs, &s->proof_count);
    if (!err) err = ops->notices(self, SIGHT_SETTLED, id, step, &notices, &s->notice_count);
    if (!err) err = ops->tasks(self, SIGHT_SETTLED, id, step, &tasks, &s->task_count);
    if (!err) err = ops->audit(self, SIGHT_SETTLED, id, step, &audits, &s->audit_count);
    if (!err) err = ops->steps(self, SIGHT_SETTLED, id, step, &steps, &out->step_count);
    if (err) return err;
    s->rows.effects = effects, s->rows.ledger = ledger, s->events = events, s->proofs = proofs;
    s->notices = notices, s->tasks = tasks, s->audits = audits, out->steps = steps;
    return ERR_OK;
}

enum err report_files_load(struct incident_store s, struct str id, struct arena *step, struct report_rows *out) {
    *out = (struct report_rows){0};
    out->source.rows.rows.incident = &out->incident;
    out->source.rows.rows.response = &out->response;
    enum err err = s.ops->find(s.self, id, step, &out->incident);
    if (!err) err = s.ops->find_response(s.self, SIGHT_SETTLED, id, step, &out->response);
    return err ? err : load_rows(s.ops, s.self, id, step, &out->source);
}

struct report_wish report_files_wish(const struct report_rows *r, uint32_t version, int64_t made_ms, int64_t offset_ms) {
    return (struct report_wish){.version = version, .made_ms = made_ms, .zone = r->incident.timezone, .offset_ms = offset_ms};
}

/* ---- versions ----------------------------------------------------------------------------------------------------------------------- */

static struct str kept_digest(const struct notice_row *n) {
    struct str rest = n->facts, name, value;
    while (json_cut_member(&rest, &name, &value))
        if (str_equal(name, STR("digest")) && value.size > 2) return str_slice(value, 1, value.size - 1);
    return STR_NONE;
}

bool report_files_kept(const struct report_rows *r, uint32_t version, struct arena *arena, struct document *out, struct report_told *told) {
    for (size_t i = 0; i < r->source.rows.notice_count; i++) {
        const struct notice_row *n = &r->source.rows.notices[i];
        uint32_t found = 0;
        if (!str_equal(n->subject, STR("report")) || !report_kept(n, arena, out, &found) || found != version) continue;
        *told = (struct report_told){kept_digest(n), n->written_ms};
        return true;
    }
    return false;
}

uint32_t report_files_version(const struct report_rows *r, struct arena *arena) {
    struct phrases own;
    struct document d;
    char now[REPORT_DIGEST_SIZE] = "";
    struct report_told told;
    struct str last = STR_NONE;
    uint32_t version = 0;
    struct arena before = *arena;
    while (report_files_kept(r, version + 1, arena, &d, &told)) version++, last = told.digest, *arena = before;
    struct str language = r->incident.language.size ? r->incident.language : STR("en");
    struct problem unsaid;
    bool known = !phrases_choose(phrases_built_in(), language, &own, &unsaid) && !report_files_digest(&own, r, arena, now);
    return version && known && str_equal(last, str_from(now)) ? version : version + 1;
}

/* ---- what the merchant knows -------------------------------------------------------------------------------------------------------- */

enum err report_files_known(struct source source, struct arena *memory, struct issuer_pack_known *out, struct problem *p) {
    static const char fix[] = "see docs/reference/issuer-pack.md";
    struct toml toml;
    *out = (struct issuer_pack_known){0};
    enum err err = toml_read(source, memory, &toml, p);
    if (err) return err;
    for (size_t i = 0; i < toml.count; i++) {
        const struct toml_entry *e = &toml.entries[i];
        struct str *at = issuer_pack_known_member(out, e->path);
        if (!at) return toml_problem(p, &toml, e->at, fix, "nothing of a charge is called '%.*s'", STR_ARGS(e->path));
        if (e->value.type != TOML_TEXT) return toml_problem(p, &toml, e->value.at, fix, "%.*s must be a string", STR_ARGS(e->path));
        *at = e->value.text;
    }
    return issuer_pack_check_known(out, p);
}

/* ---- bytes -------------------------------------------------------------------------------------------------------------------------- */

enum err report_files_digest(const struct phrases *p, const struct report_rows *r, struct arena *arena, char out[REPORT_DIGEST_SIZE]) {
    struct report_wish w = report_files_wish(r, 1, 0, 0);
    struct hash128 h;
    struct arena before = *arena;
    enum err err = report_digest(p, &r->source.rows, &w, arena, &h);
    *arena = before;
    if (!err) (void)snprintf(out, REPORT_DIGEST_SIZE, "%016llx%016llx", (unsigned long long)h.high, (unsigned long long)h.low);
    return err;
}

void report_files_json(const struct report_rows *r, uint32_t version, struct str digest, const struct document *d, struct buf *out) {
    buf_text(out, STR("{\"incident\":"));
    buf_json(out, r->incident.id);
    buf_fmt(out, ",\"version\":%u,\"digest\":", version);
    buf_json(out, digest);
    buf_text(out, STR(",\"document\":"));
    document_write_json(d, out);
    buf_text(out, STR("}\n"));
}

static enum err write_file(const char *path, struct str bytes, struct problem *p) {
    FILE *f = fopen(path, "wb");
    bool failed = !f || fwrite(bytes.at, 1, bytes.size, f) != bytes.size;
    if (f && fclose(f)) failed = true;
    return failed ? problem_set(p, ERR_IO, path, "is the folder there, and may it be written to?", "cannot write the file") : ERR_OK;
}

enum err report_files_pdf(const struct document *d, const char *author, int64_t made_ms, const char *path, size_t *pages,
                          struct problem *p) {
    char *memory = malloc(PRINT_SIZE_MAX);
    CHECK(memory);
    struct buf out = buf_over(memory, PRINT_SIZE_MAX);
    struct print_settings settings = {str_from(author), made_ms};
    struct print_result result;
    enum err err = print_pdf(d, &settings, &out, &result, p);
    *pages = result.page_count;
    if (!err && path) err = write_file(path, buf_str(&out), p);
    free(memory);
    return err;
}

/* ---- all of an incident ------------------------------------------------------------------------------------------------------------- */

struct handing_over {
    const char *directory;
    struct report_rows rows;
    struct report_wish wish;
    struct arena arena; /* rows, then what is written */
    struct buf text;
    struct phrases phrases;
    size_t pages;
    struct problem *problem;
};

/* "DIR/pack-c1.ja.pdf"; of a stranger's id whatever could lead elsewhere becomes '_'. */
static const char *path_of(const struct handing_over *h, const char *what, struct str id, struct str language, const char *ending,
                           char *memory) {
    struct buf b = buf_over(memory, PATH_SIZE_MAX - 1);
    buf_fmt(&b, "%s/%s-", h->directory, what);
    for (size_t i = 0; i < id.size && i < 128; i++) {
        char c = id.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || (c == '.' && i);
        buf_char(&b, plain ? c : '_');
    }
    if (language.size) buf_fmt(&b, ".%.*s", STR_ARGS(language));
    buf_fmt(&b, ".%s", ending);
    memory[b.size] = 0;
    return memory;
}

static enum err too_long(struct handing_over *h, enum err err) {
    return err ? problem_set(h->problem, err, "", "", "cannot write the report: %s", err_word(err)) : ERR_OK;
}

static enum err write_report(struct handing_over *h) {
    char path[PATH_SIZE_MAX], digest[REPORT_DIGEST_SIZE] = "";
    struct document d;
    struct str id = h->rows.incident.id;
    enum err err = too_long(h, report_write(&h->phrases, &h->rows.source.rows, &h->wish, &h->arena, &d));
    const char *at = h->directory ? path_of(h, "report", id, h->phrases.language, "pdf", path) : NULL;
    if (!err) err = report_files_pdf(&d, "", h->wish.made_ms, at, &h->pages, h->problem);
    if (err || !h->directory) return err;
    err = too_long(h, report_files_digest(&h->phrases, &h->rows, &h->arena, digest));
    buf_reset(&h->text);
    report_files_json(&h->rows, h->wish.version, str_from(digest), &d, &h->text);
    return err ? err : write_file(path_of(h, "report", id, h->phrases.language, "json", path), buf_str(&h->text), h->problem);
}

static enum err write_pack(struct handing_over *h, struct str charge) {
    char path[PATH_SIZE_MAX];
    struct issuer_pack_known known = {0};
    struct document d;
    size_t pages;
    enum err err = too_long(h, issuer_pack_write(&h->phrases, &h->rows.source, &known, &h->wish, charge, &h->arena, &d));
    const char *at = path_of(h, "pack", charge, h->phrases.language, "pdf", path);
    if (!err) err = report_files_pdf(&d, "", h->wish.made_ms, at, &pages, h->problem);
    buf_reset(&h->text);
    if (!err) err = too_long(h, issuer_pack_write_json(&h->rows.source, &known, &h->wish, charge, &h->arena, &h->text));
    buf_char(&h->text, '\n');
    return err ? err : write_file(path_of(h, "pack", charge, STR_NONE, "json", path), buf_str(&h->text), h->problem);
}

static enum err write_language(struct handing_over *h, struct str language) {
    struct str charges[EFFECT_COUNT_MAX];
    struct arena before = h->arena;
    enum err err = phrases_choose(phrases_built_in(), language, &h->phrases, h->problem);
    if (!err) err = write_report(h);
    h->arena = before;
    size_t count = h->directory ? issuer_pack_charges(&h->rows.source.rows, charges, EFFECT_COUNT_MAX) : 0;
    for (size_t i = 0; i < count && !err; i++) {
        err = write_pack(h, charges[i]);
        h->arena = before;
    }
    return err;
}

static enum err write_languages(struct handing_over *h, struct incident_store s, struct str incident, size_t *pages) {
    enum err err = report_files_load(s, incident, &h->arena, &h->rows);
    if (err) return problem_set(h->problem, err, "", "", "cannot read the response to '%.*s'", STR_ARGS(incident));
    h->wish = report_files_wish(&h->rows, report_files_version(&h->rows, &h->arena), h->wish.made_ms, 0);
    struct str own = h->rows.incident.language.size ? h->rows.incident.language : STR("en");
    if (h->directory && !str_starts(own, STR("en"))) err = write_language(h, STR("en"));
    if (!err) err = write_language(h, own);
    *pages = h->pages;
    return err;
}

enum err report_files_all(struct incident_store s, struct str incident, const char *directory, int64_t made_ms, size_t *pages,
                          struct problem *p) {
    if (directory && mkdir(directory, 0700) && errno != EEXIST)
        return problem_set(p, ERR_IO, directory, "", "cannot make the folder: %s", strerror(errno));
    char *rows = malloc(ROWS_SIZE_MAX), *text = malloc(TEXT_SIZE_MAX);
    struct handing_over *h = calloc(1, sizeof *h);
    CHECK(rows && text && h);
    *h = (struct handing_over){.directory = directory,
                               .wish = {.made_ms = made_ms},
                               .arena = arena_over(rows, ROWS_SIZE_MAX),
                               .text = buf_over(text, TEXT_SIZE_MAX),
                               .problem = p};
    enum err err = write_languages(h, s, incident, pages);
    print_release();
    free(h);
    free(text);
    free(rows);
    return err;
}
