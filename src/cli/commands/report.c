// SPDX-License-Identifier: Apache-2.0
/* hikeshi report: writes the detailed report of an incident for its owner, or what the issuer of a card needs of a charge, in each form. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/moment.h"
#include "cli/cli.h"
#include "cli/incident_source.h"
#include "cli/plain_text.h"
#include "cli/report_files.h"
#include "print/print.h"
#include "sys/clock.h"

#define ROWS_SIZE_MAX  (64U * 1024 * 1024) /* 4096 events and the audits of the largest response, some kB each */
#define TEXT_SIZE_MAX  (8U * 1024 * 1024)
#define KNOWN_SIZE_MAX 4096

static const struct cli_option options[] = {
    {"--data", "DIR", "data directory (default: data)"},
    {"--store", "URL", "the PostgreSQL database, where the server keeps its incidents in one"},
    {"--language", "TAG", "en, ja, ... (default: the owner's, else en)"},
    {"--offset", "+HH:MM", "of the owner's time zone, where it is not known (default: +00:00)"},
    {"--version", "N", "the report as it was told in this version (default: as things stand now)"},
    {"--pdf", "FILE", "print it into this file, and say how many pages it has"},
    {"--json", NULL, "write it for programs, with a digest that changes when what it says does"},
    {"--html", NULL, "write it as a page, without scripts"},
    {"--issuer-pack", "CHARGE", "write what the issuer of the card needs of this charge, in place of the report"},
    {"--known", "FILE", "what only the merchant knows of the charge (docs/reference/issuer-pack.md)"},
    {0},
};

struct printing {
    const struct arguments *arguments;
    struct report_rows rows;
    struct phrases phrases;
    struct report_wish wish;
    struct str charge; /* of the issuer pack; empty: the report */
    struct issuer_pack_known known;
    struct str digest;  /* of a version that was told */
    struct arena arena; /* rows, then the document */
    struct buf text;
};

static enum err print_text(struct printing *r, const struct document *d) {
    document_write_text(d, &r->text);
    plain_text_print(stdout, buf_str(&r->text));
    return r->text.overflow ? ERR_FULL : ERR_OK;
}

static enum err print_html(struct printing *r, const struct document *d) {
    document_write_html(d, &r->text);
    (void)fwrite(r->text.at, 1, r->text.size, stdout);
    return r->text.overflow ? ERR_FULL : ERR_OK;
}

static enum err print_json(struct printing *r, const struct document *d) {
    char digest[REPORT_DIGEST_SIZE] = "";
    enum err err;
    if (r->charge.size) {
        err = issuer_pack_write_json(&r->rows.source, &r->known, &r->wish, r->charge, &r->arena, &r->text);
        buf_char(&r->text, '\n');
    } else {
        err = r->digest.size ? ERR_OK : report_files_digest(&r->phrases, &r->rows, &r->arena, digest);
        report_files_json(&r->rows, r->wish.version, r->digest.size ? r->digest : str_from(digest), d, &r->text);
        if (r->text.overflow) err = ERR_FULL;
    }
    if (!err) (void)fwrite(r->text.at, 1, r->text.size, stdout);
    return err;
}

static enum err print_paper(struct printing *r, const struct document *d, const char *path, struct problem *p) {
    size_t pages = 0;
    static char author[256];
    struct buf b = buf_over(author, sizeof author - 1);
    buf_text(&b, str_head(r->known.merchant, sizeof author - 1));
    enum err err = report_files_pdf(d, author, r->wish.made_ms, path, &pages, p);
    print_release();
    if (!err) (void)printf("%s: %zu pages\n", path, pages);
    return err;
}

/* As it was told: what has happened since, and the words of today, change nothing of it. */
static enum err find_kept(struct printing *r, const char *version, struct document *d, struct problem *p) {
    uint64_t number;
    if (!str_to_u64(str_from(version), &number) || number == 0 || number > UINT32_MAX)
        return problem_set(p, ERR_INVALID, "--version", "write 1, 2, ...", "'%s' is no version", version);
    r->wish.version = (uint32_t)number;
    struct report_told told;
    if (report_files_kept(&r->rows, r->wish.version, &r->arena, d, &told)) {
        r->digest = told.digest;
        r->wish.made_ms = told.written_ms; /* so that each printing of it is the same file (routes/report.c) */
        return ERR_OK;
    }
    return problem_set(p, ERR_NOT_FOUND, "--version", "without it, the report says how things stand now", "no version %s was told",
                       version);
}

static enum err write(struct printing *r, struct document *d, struct problem *p) {
    const char *version = argument(r->arguments, "--version", NULL);
    if (!r->charge.size && version) return find_kept(r, version, d, p);
    if (!r->charge.size) {
        enum err err = report_write(&r->phrases, &r->rows.source.rows, &r->wish, &r->arena, d);
        return err ? problem_set(p, err, "", "", "the report is too long") : ERR_OK;
    }
    enum err err = issuer_pack_write(&r->phrases, &r->rows.source, &r->known, &r->wish, r->charge, &r->arena, d);
    if (err == ERR_NOT_FOUND) return problem_set(p, err, "--issuer-pack", "", "the incident has no charge '%.*s'", STR_ARGS(r->charge));
    if (err == ERR_CONFLICT)
        return problem_set(p, err, "--issuer-pack", "an issuer is told of what is known", "nobody knows that '%.*s' was not the owner's",
                           STR_ARGS(r->charge));
    return err ? problem_set(p, err, "", "", "the pack is too long") : ERR_OK;
}

static enum err print(struct printing *r, struct problem *p) {
    const char *path = argument(r->arguments, "--pdf", NULL);
    struct document d;
    enum err err = write(r, &d, p);
    if (err) return err;
    if (path) return print_paper(r, &d, path, p);
    if (argument_given(r->arguments, "--json")) err = print_json(r, &d);
    else if (argument_given(r->arguments, "--html")) err = print_html(r, &d);
    else err = print_text(r, &d);
    return err ? problem_set(p, err, "", "", "the report is too long") : ERR_OK;
}

static enum err read_known(struct printing *r, struct problem *p) {
    static char memory[KNOWN_SIZE_MAX];
    const char *path = argument(r->arguments, "--known", NULL);
    if (!path) return ERR_OK;
    FILE *f = fopen(path, "rb");
    size_t size = f ? fread(memory, 1, sizeof memory, f) : 0;
    bool failed = !f || ferror(f);
    if (f) (void)fclose(f);
    if (failed) return problem_set(p, ERR_NOT_FOUND, path, "see docs/reference/issuer-pack.md", "cannot read what is known of the charge");
    if (size == sizeof memory) return problem_set(p, ERR_TOO_LARGE, path, "", "the file is too large");
    struct source source = {str_from(path), {memory, size}};
    return report_files_known(source, &r->arena, &r->known, p);
}

static enum err load(struct printing *r, struct incident_store s, struct problem *p) {
    struct str id = str_from(r->arguments->operands[0]);
    enum err err = report_files_load(s, id, &r->arena, &r->rows);
    if (err == ERR_NOT_FOUND)
        return problem_set(p, err, "", "see `hikeshi incident list --all`", "there is no response to '%.*s'", STR_ARGS(id));
    return err ? problem_set(p, err, "", "", "cannot read the response: %s", err_word(err)) : ERR_OK;
}

static enum err choose(struct printing *r, struct problem *p) {
    const char *language = argument(r->arguments, "--language", NULL);
    struct str own = r->rows.incident.language;
    struct clock clock = clock_real();
    int64_t offset_ms = 0;
    if (!moment_parse_offset(str_from(argument(r->arguments, "--offset", "+00:00")), &offset_ms))
        return problem_set(p, ERR_INVALID, "--offset", "write +09:00 or -03:30", "'%s' is no offset",
                           argument(r->arguments, "--offset", ""));
    r->charge = str_from(argument(r->arguments, "--issuer-pack", NULL));
    r->wish = report_files_wish(&r->rows, report_files_version(&r->rows, &r->arena), clock.now_ms(clock.self), offset_ms);
    if (argument_given(r->arguments, "--offset")) r->wish.zone = STR_NONE;
    return phrases_choose(phrases_built_in(), language ? str_from(language) : own.size ? own : STR("en"), &r->phrases, p);
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    struct incident_source source;
    static struct printing r;
    char *rows = malloc(ROWS_SIZE_MAX), *text = malloc(TEXT_SIZE_MAX);
    CHECK(rows && text);
    r = (struct printing){.arguments = a, .arena = arena_over(rows, ROWS_SIZE_MAX), .text = buf_over(text, TEXT_SIZE_MAX)};
    enum err err = ERR_OK;
    if (a->operand_count != 1) err = problem_set(&p, ERR_INVALID, "", "see `hikeshi report --help`", "say `report INCIDENT`");
    if (!err) err = incident_source_open(argument(a, "--data", "data"), argument(a, "--store", NULL), &source, &p);
    if (!err) {
        err = load(&r, source.store, &p);
        if (!err) err = choose(&r, &p);
        if (!err) err = read_known(&r, &p);
        if (!err) err = print(&r, &p);
        incident_source_close(&source);
    }
    free(rows);
    free(text);
    return err ? cli_fail(&p) : 0;
}

extern const struct command command_report;
const struct command command_report = {
    .name = "report",
    .operands = "INCIDENT",
    .sentence = "write the detailed report of an incident, or what a card issuer needs of a charge: text, JSON, HTML, PDF",
    .example = "hikeshi report inc_912834 --language ja --pdf report.pdf",
    .options = options,
    .run = run,
};
