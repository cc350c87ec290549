// SPDX-License-Identifier: Apache-2.0
/* hikeshi incident: lists the incidents of a data directory, tells one, its plan or its audit chain; works while a server runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/incident_source.h"
#include "cli/incident_text.h"
#include "cli/response_text.h"
#include "incident/incident.h"
#include "store/audit_chain.h"

/* An incident's events are at most those of its account's threads, 1 kB a row; beyond, the store says that it is too large. */
#define STEP_SIZE_MAX (128U * 1024 * 1024)
#define TEXT_SIZE_MAX (128U * 1024 * 1024)
#define PAGE_COUNT    100
#define EVENTS_MAX    100000

static const struct cli_option options[] = {
    {"--data", "DIR", "data directory (default: data)"},
    {"--store", "URL", "the PostgreSQL database, where the server keeps its incidents in one"},
    {"--account", "A", "list: only those of this account"},
    {"--all", NULL, "list: closed ones too; show: the owner's fortnight before the attack too"},
    {"--json", NULL, "print JSON, one object a line"},
    {0},
};

/* What one run has at hand. */
struct look {
    const struct arguments *arguments;
    struct incident_store store;
    struct arena step;
    struct buf text;
    bool json, all;
};

static void flush(struct look *l) {
    (void)fwrite(l->text.at, 1, l->text.size, stdout);
    buf_reset(&l->text);
}

static int fail(enum err err, const char *what) {
    struct problem p = {0};
    (void)problem_set(&p, err, "", "", "cannot read %s: %s", what, err_word(err));
    return cli_fail(&p);
}

/* Page after page, newest first; each page is printed before the next is read, so that any number can be listed. */
static int list(struct look *l) {
    struct incident_query q = {
        .account = str_from(argument(l->arguments, "--account", "")), .status = l->all ? -1 : INCIDENT_OPEN, .count_max = PAGE_COUNT};
    uint64_t total = 0;
    for (size_t count = PAGE_COUNT; count == PAGE_COUNT; total += count) {
        arena_reset(&l->step);
        struct incident_row *rows;
        enum err err = l->store.ops->list(l->store.self, &q, &l->step, &rows, &count);
        if (err) return fail(err, "the list of incidents");
        if (!l->json && count && !total) incident_text_head(&l->text);
        for (size_t i = 0; i < count; i++) {
            if (l->json) incident_write_json(&rows[i], &l->text), buf_char(&l->text, '\n');
            else incident_text_line(&rows[i], &l->text);
            q.before = rows[i].opened_position;
        }
        flush(l);
    }
    if (!total && !l->json) (void)printf("no %sincident\n", l->all ? "" : "open ");
    return 0;
}

static int fail_unknown(struct str id) {
    struct problem p = {0};
    (void)problem_set(&p, ERR_NOT_FOUND, "", "see `hikeshi incident list --all`", "there is no incident '%.*s'", STR_ARGS(id));
    return cli_fail(&p);
}

/* What is done about it goes into the same object. */
static void write_json(struct look *l, const struct incident_row *row, const struct incident_event_row *events, size_t count,
                       const struct response_view *view) {
    incident_text_json(row, events, count, &l->text);
    if (!view || l->text.overflow) return;
    l->text.size -= sizeof "}\n" - 1;
    response_text_json(view, &l->text);
    buf_text(&l->text, STR("}\n"));
}

static int show(struct look *l, struct str id) {
    struct incident_row row;
    struct incident_event_row *events;
    struct response_view view = {0};
    size_t count;
    enum err err = l->store.ops->find(l->store.self, id, &l->step, &row), responded = ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND) return fail_unknown(id);
    if (!err)
        err = l->store.ops->events(l->store.self, SIGHT_SETTLED, &(struct incident_event_query){.incident = id, .count_max = EVENTS_MAX},
                                   &l->step, &events, &count);
    if (!err && count == EVENTS_MAX) (void)fprintf(stderr, "hikeshi: only the first %d events are shown\n", EVENTS_MAX);
    if (!err) responded = incident_source_response(l->store, id, &l->step, &view);
    if (!err && responded && responded != ERR_NOT_FOUND) err = responded;
    if (err) return fail(err, "the incident");
    if (l->json) write_json(l, &row, events, count, responded ? NULL : &view);
    else incident_text_story(&row, events, count, l->all, &l->text);
    if (!l->json && !responded) buf_char(&l->text, '\n'), response_text_story(&view, &l->text);
    flush(l);
    return 0;
}

static int plan(struct look *l, struct str id) {
    struct response_view view = {0};
    enum err err = incident_source_response(l->store, id, &l->step, &view);
    if (err == ERR_NOT_FOUND) return fail_unknown(id);
    if (err) return fail(err, "the response");
    response_text_plan(&view, &l->text);
    flush(l);
    return 0;
}

/* Prints the chain link by link, and says at the end whether each follows from the one before. */
static int audit(struct look *l, struct str id) {
    struct incident_row row;
    struct audit_row *rows;
    struct audit_walk walk = {0};
    struct problem p = {0};
    size_t count;
    enum err err = l->store.ops->find(l->store.self, id, &l->step, &row);
    if (err == ERR_NOT_FOUND) return fail_unknown(id);
    if (!err) err = l->store.ops->audit(l->store.self, SIGHT_SETTLED, id, &l->step, &rows, &count);
    if (err) return fail(err, "the audit chain");
    for (size_t i = 0; i < count; i++) {
        response_text_audit(&rows[i], l->json, &l->text);
        flush(l);
        if (audit_walk_on(&walk, &rows[i], &p) != ERR_OK) return cli_fail(&p);
    }
    if (!l->json && !count) (void)printf("nothing was done yet\n");
    if (!l->json && count) (void)printf("%zu links, unbroken; the last is %.*s\n", count, STR_ARGS(rows[count - 1].hash));
    return 0;
}

static const struct {
    const char *word;
    int (*run)(struct look *l, struct str id);
} views[] = {{"show", show}, {"plan", plan}, {"audit", audit}};

static int look_at(struct look *l) {
    const struct arguments *a = l->arguments;
    const char *word = a->operand_count ? a->operands[0] : "";
    bool wants_list = a->operand_count == 1 && strcmp(word, "list") == 0;
    size_t view = 0, view_count = a->operand_count == 2 ? sizeof views / sizeof views[0] : 0;
    while (view < view_count && strcmp(word, views[view].word) != 0) view++;
    if (!wants_list && view == view_count) {
        (void)fputs("hikeshi: say `incident list`, or `incident show ID`, `plan ID` or `audit ID`\nhint: see `hikeshi incident --help`\n",
                    stderr);
        return 2;
    }
    struct incident_source source;
    struct problem p = {0};
    if (incident_source_open(argument(a, "--data", "data"), argument(a, "--store", NULL), &source, &p) != ERR_OK) return cli_fail(&p);
    l->store = source.store;
    int status = wants_list ? list(l) : views[view].run(l, str_from(a->operands[1]));
    incident_source_close(&source);
    return status;
}

static int run(const struct arguments *a) {
    char *step = malloc(STEP_SIZE_MAX), *text = malloc(TEXT_SIZE_MAX);
    int status = 1;
    if (step && text) {
        struct look l = {.arguments = a,
                         .step = arena_over(step, STEP_SIZE_MAX),
                         .text = buf_over(text, TEXT_SIZE_MAX),
                         .json = argument_given(a, "--json"),
                         .all = argument_given(a, "--all")};
        status = look_at(&l);
    }
    free(step);
    free(text);
    return status;
}

extern const struct command command_incident;
const struct command command_incident = {
    .name = "incident",
    .sentence = "list the incidents; show one, its plan, or its audit chain",
    .operands = "list | show ID | plan ID | audit ID",
    .options = options,
    .run = run,
    .example = "hikeshi incident list --data data",
};
