// SPDX-License-Identifier: Apache-2.0
/* hikeshi clock: lists legal clocks with their due and their notes, and prints the draft of what one asks for of an incident, for counsel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/moment.h"
#include "cli/cli.h"
#include "cli/incident_source.h"
#include "cli/incident_text.h"
#include "cli/plain_text.h"
#include "notify/clock.h"
#include "sys/clock.h"

#define STEP_SIZE_MAX (16U * 1024 * 1024)
#define TEXT_SIZE_MAX (1024U * 1024)
#define EVENTS_MAX    2000 /* a draft tells 200 of them */
#define NAME_WIDTH    20
#define DUE_WIDTH     24

static const struct cli_option options[] = {
    {"--data", "DIR", "data directory (default: data)"},
    {"--store", "URL", "the PostgreSQL database, where the server keeps its incidents in one"},
    {"--language", "TAG", "en, ja; English where a clock has no other (default: en)"},
    {"--told", "TIME", "when the persons were told, for a clock that is counted from then: 2026-03-01T09:00:00Z"},
    {0},
};

struct look {
    const struct arguments *arguments;
    struct str language;
    struct clock_rules clocks;
    struct arena step;
    struct buf text;
    struct incident_row incident;
    struct response_view view;
    struct clock_source source; /* of the incident; no response: none was named */
};

/* ---- reading --------------------------------------------------------------------------------------------------------------------------
 */

static enum err find(struct look *l, struct incident_store s, struct str id, struct problem *p) {
    struct incident_event_row *events = NULL;
    size_t event_count = 0;
    const struct incident_event_query q = {.incident = id, .count_max = EVENTS_MAX};
    enum err err = s.ops->find(s.self, id, &l->step, &l->incident);
    if (!err) err = incident_source_response(s, id, &l->step, &l->view);
    if (!err) err = s.ops->events(s.self, SIGHT_SETTLED, &q, &l->step, &events, &event_count);
    if (err == ERR_NOT_FOUND)
        return problem_set(p, err, "", "see `hikeshi incident list --all`", "there is no response to '%.*s'", STR_ARGS(id));
    if (err) return problem_set(p, err, "", "", "cannot read the incident: %s", err_word(err));
    const struct response_view *v = &l->view;
    l->source =
        (struct clock_source){{&l->incident, &v->response, v->effects, v->effect_count, v->ledger, v->ledger_count}, events, event_count};
    return ERR_OK;
}

static enum err load(struct look *l, const char *id, struct problem *p) {
    struct incident_source source;
    enum err err = incident_source_open(argument(l->arguments, "--data", "data"), argument(l->arguments, "--store", NULL), &source, p);
    if (err) return err;
    err = find(l, source.store, str_from(id), p);
    incident_source_close(&source);
    return err;
}

/* ---- the list --------------------------------------------------------------------------------------------------------------------------
 */

static void write_conditions(const struct clock_rule *r, struct buf *out) {
    for (size_t i = 0; i < r->condition_count; i++) {
        buf_text(out, i ? STR(", ") : STR("    runs where: "));
        clock_condition_write(&r->conditions[i], out);
    }
    buf_char(out, '\n');
}

static void write_finding(const struct look *l, const struct clock_rule *r, struct buf *out) {
    static const char *const words[] = {"runs", "counsel decides", "does not run"};
    const struct clock_words *w = clock_words_find(&l->clocks, clock_face(r, l->language)->language);
    struct clock_finding f = clock_applies(r, &l->source);
    buf_fmt(out, "    %s: %.*s\n", words[f.verdict], STR_ARGS(w->texts[f.why]));
}

static void write_rule(const struct look *l, const struct clock_rule *r, int64_t known_ms, struct buf *out) {
    char memory[64];
    struct buf due = buf_over(memory, sizeof memory);
    const struct clock_face *face = clock_face(r, l->language);
    clock_time_write(r, clock_due_ms(r, known_ms), &due);
    incident_text_column(out, r->name, NAME_WIDTH);
    incident_text_column(out, buf_str(&due), DUE_WIDTH);
    buf_fmt(out, "%.*s to %.*s: %.*s\n", STR_ARGS(r->after), STR_ARGS(clock_to_word(r->to)), STR_ARGS(face->title));
    buf_fmt(out, "    %.*s, %.*s: %.*s\n", STR_ARGS(r->regime), STR_ARGS(r->jurisdiction), STR_ARGS(r->law));
    write_conditions(r, out);
    if (l->source.rows.response) write_finding(l, r, out);
    if (r->from == CLOCK_FROM_TOLD)
        buf_text(out, STR("    counted from when the persons were told; here, as long as that is not known, from when it was known\n"));
    for (size_t i = 0; i < face->note_count; i++) buf_fmt(out, "    note: %.*s\n", STR_ARGS(face->notes[i].text));
    buf_char(out, '\n');
}

static enum err list(struct look *l, struct problem *p) {
    bool of_incident = l->arguments->operand_count == 2;
    struct clock now = clock_real();
    enum err err = of_incident ? load(l, l->arguments->operands[1], p) : ERR_OK;
    if (err) return err;
    int64_t known_ms = of_incident ? clock_known_ms(&l->source) : now.now_ms(now.self);
    buf_text(&l->text, STR("Not legal advice. Due as if it became known "));
    if (of_incident) incident_text_time(&l->text, known_ms), buf_text(&l->text, STR(" UTC, as this incident did.\n\n"));
    else buf_text(&l->text, STR("now.\n\n"));
    for (size_t i = 0; i < l->clocks.count; i++) write_rule(l, &l->clocks.list[i], known_ms, &l->text);
    return l->text.overflow ? problem_set(p, ERR_FULL, "", "", "the list is too long") : ERR_OK;
}

/* ---- a draft ---------------------------------------------------------------------------------------------------------------------------
 */

static enum err write_draft(struct look *l, struct problem *p) {
    struct clock_wish wish = {.language = l->language};
    const char *name = l->arguments->operands[2], *told = argument(l->arguments, "--told", NULL);
    if (told && !moment_parse(str_from(told), &wish.told_ms))
        return problem_set(p, ERR_INVALID, "--told", "write 2026-03-01T09:00:00Z", "'%s' is no time", told);
    const struct clock_rule *r = clock_find(&l->clocks, str_from(name));
    if (!r) return problem_set(p, ERR_NOT_FOUND, "", "`hikeshi clock list` lists them", "there is no clock '%s'", name);
    enum err err = load(l, l->arguments->operands[1], p);
    if (!err && clock_draft_write(&l->clocks, r, &l->source, &wish, &l->text))
        err = problem_set(p, ERR_FULL, "", "", "the draft is too long");
    return err;
}

/* ---- the command -----------------------------------------------------------------------------------------------------------------------
 */

static int look(const struct arguments *a, enum err (*at)(struct look *l, struct problem *p)) {
    struct problem p = {0};
    char *memory = malloc((size_t)CLOCKS_MEMORY_SIZE + STEP_SIZE_MAX + TEXT_SIZE_MAX);
    CHECK(memory);
    struct arena boot = arena_over(memory, CLOCKS_MEMORY_SIZE);
    struct look l = {.arguments = a,
                     .language = str_from(argument(a, "--language", "en")),
                     .step = arena_over(memory + CLOCKS_MEMORY_SIZE, STEP_SIZE_MAX),
                     .text = buf_over(memory + CLOCKS_MEMORY_SIZE + STEP_SIZE_MAX, TEXT_SIZE_MAX)};
    enum err err = clocks_read(clocks_built_in(), &boot, &l.clocks, &p);
    if (!err) err = at(&l, &p);
    if (!err) plain_text_print(stdout, buf_str(&l.text));
    free(memory);
    return err ? cli_fail(&p) : 0;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    if (a->operand_count >= 1 && a->operand_count <= 2 && strcmp(a->operands[0], "list") == 0) return look(a, list);
    if (a->operand_count == 3 && strcmp(a->operands[0], "draft") == 0) return look(a, write_draft);
    (void)problem_set(&p, ERR_INVALID, "", "see `hikeshi clock --help`", "say `clock list` or `clock draft INCIDENT NAME`");
    return cli_fail(&p);
}

extern const struct command command_clock;
const struct command command_clock = {
    .name = "clock",
    .operands = "list [INCIDENT] | draft INCIDENT NAME",
    .sentence = "list legal clocks, and draft for counsel what one asks for of an incident; not legal advice",
    .example = "hikeshi clock draft inc_912834 gdpr_33",
    .options = options,
    .run = run,
};
