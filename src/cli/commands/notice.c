// SPDX-License-Identifier: Apache-2.0
/* hikeshi notice: shows what the owner would be told of an incident now, in his language; lists the phrases that a language must have. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/moment.h"
#include "cli/cli.h"
#include "cli/incident_source.h"
#include "notify/notify.h"
#include "sys/clock.h"

#define STEP_SIZE_MAX    (16U * 1024 * 1024)
#define TEXT_SIZE_MAX    (64U * 1024)
#define PHRASES_SIZE_MAX (256U * 1024)
#define NEXT_MS          (2 * HOUR_MS + 19 * MINUTE_MS)

static const struct cli_option options[] = {
    {"--data", "DIR", "data directory (default: data)"},
    {"--store", "URL", "the PostgreSQL database, where the server keeps its incidents in one"},
    {"--subject", "WORD", "what is told: first, contained, delayed, parcel_coming, undone, ... (default: first)"},
    {"--language", "TAG", "en, ja, ... (default: en)"},
    {"--phrases", "FILE", "phrases of another language, or other words (docs/formats/phrases.md)"},
    {"--offset", "+HH:MM", "of the owner's time zone (default: +00:00)"},
    {0},
};

static struct str read_phrases_file(const char *path, char *memory, struct problem *p) {
    FILE *f = fopen(path, "rb");
    size_t size = f ? fread(memory, 1, PHRASES_SIZE_MAX, f) : 0;
    bool failed = !f || ferror(f);
    if (f) (void)fclose(f);
    if (failed) (void)problem_set(p, ERR_NOT_FOUND, path, "see docs/formats/phrases.md", "cannot read the phrases");
    else if (size == PHRASES_SIZE_MAX) (void)problem_set(p, ERR_TOO_LARGE, path, "", "the file is too large");
    return (struct str){memory, size};
}

static enum err choose_phrases(const struct arguments *a, struct phrases *out, struct problem *p) {
    static char memory[PHRASES_SIZE_MAX];
    const char *path = argument(a, "--phrases", NULL);
    if (!path) return phrases_choose(phrases_built_in(), str_from(argument(a, "--language", "en")), out, p);
    struct source file = {str_from(path), read_phrases_file(path, memory, p)};
    return p->err ? p->err : phrases_read(&file, out, p);
}

/* ---- one notice --------------------------------------------------------------------------------------------------------------------- */

static enum err load(struct incident_store s, struct str id, struct arena *step, struct incident_row *incident, struct response_view *v,
                     struct problem *p) {
    enum err err = s.ops->find(s.self, id, step, incident);
    if (!err) err = incident_source_response(s, id, step, v);
    if (err == ERR_NOT_FOUND)
        return problem_set(p, err, "", "see `hikeshi incident list --all`", "there is no response to '%.*s'", STR_ARGS(id));
    return err ? problem_set(p, err, "", "", "cannot read the response: %s", err_word(err)) : ERR_OK;
}

/* A code that nobody was sent: so a preview looks like one, and opens nothing. */
static struct str sample_code(void) {
    static char code[NOTICE_CODE_SIZE + 1];
    notice_code((const unsigned char[5]){0}, code);
    return str_from(code);
}

static enum err print(const struct arguments *a, const struct phrases *phrases, const struct incident_row *incident,
                      const struct response_view *v, struct problem *p) {
    static char title_memory[1024], text_memory[TEXT_SIZE_MAX];
    struct buf title = buf_over(title_memory, sizeof title_memory), text = buf_over(text_memory, sizeof text_memory);
    struct clock clock = clock_real();
    struct notice_source source = {incident, &v->response, v->effects, v->effect_count, v->ledger, v->ledger_count};
    struct notice_wish wish = {
        .subject = str_from(argument(a, "--subject", "first")), .code = sample_code(), .next_ms = clock.now_ms(clock.self) + NEXT_MS};
    if (!moment_parse_offset(str_from(argument(a, "--offset", "+00:00")), &wish.offset_ms))
        return problem_set(p, ERR_INVALID, "--offset", "write +09:00 or -03:30", "'%s' is no offset", argument(a, "--offset", ""));
    enum err err = notice_write(phrases, &source, &wish, &title, &text);
    if (err == ERR_NOT_FOUND)
        return problem_set(p, err, "--subject", "`hikeshi notice phrases` lists them", "the owner is told nothing by that name");
    if (err) return problem_set(p, err, "", "", "the notice is too long");
    (void)printf("%.*s\n\n%.*s\n", STR_ARGS(buf_str(&title)), STR_ARGS(buf_str(&text)));
    return ERR_OK;
}

static int preview(const struct arguments *a) {
    struct problem p = {0};
    struct phrases phrases;
    struct incident_source source;
    struct incident_row incident;
    struct response_view view = {0};
    char *memory = malloc(STEP_SIZE_MAX);
    CHECK(memory);
    struct arena step = arena_over(memory, STEP_SIZE_MAX);
    enum err err = choose_phrases(a, &phrases, &p);
    if (!err) err = incident_source_open(argument(a, "--data", "data"), argument(a, "--store", NULL), &source, &p);
    if (!err) {
        err = load(source.store, str_from(a->operands[1]), &step, &incident, &view, &p);
        if (!err) err = print(a, &phrases, &incident, &view, &p);
        incident_source_close(&source);
    }
    free(memory);
    return err ? cli_fail(&p) : 0;
}

/* ---- all phrases -------------------------------------------------------------------------------------------------------------------- */

static int list_phrases(void) {
    for (int i = 0; i < PHRASE_COUNT; i++) {
        char memory[64];
        struct buf name = buf_over(memory, sizeof memory);
        if (!phrase_is_asked_for((enum phrase)i)) continue;
        phrase_name((enum phrase)i, &name);
        (void)printf("%-24.*s %s\n", STR_ARGS(buf_str(&name)), phrase_placeholders((enum phrase)i));
    }
    return 0;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    if (a->operand_count == 2 && strcmp(a->operands[0], "preview") == 0) return preview(a);
    if (a->operand_count == 1 && strcmp(a->operands[0], "phrases") == 0) return list_phrases();
    (void)problem_set(&p, ERR_INVALID, "", "see `hikeshi notice --help`", "say `notice preview INCIDENT` or `notice phrases`");
    return cli_fail(&p);
}

extern const struct command command_notice;
const struct command command_notice = {
    .name = "notice",
    .operands = "preview INCIDENT | phrases",
    .sentence = "show what an owner is told of an incident, in his language; list the phrases of a language",
    .example = "hikeshi notice preview inc_912834 --language ja --offset +09:00",
    .options = options,
    .run = run,
};
