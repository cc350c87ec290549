// SPDX-License-Identifier: Apache-2.0
/* hikeshi task: lists what people have to do, from a data directory; and answers one, through the front door of a running server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/moment.h"
#include "cli/cli.h"
#include "cli/incident_source.h"
#include "cli/local_server.h"
#include "cli/plain_text.h"
#include "cli/response_text.h"
#include "respond/respond.h"

#define STEP_SIZE_MAX (64U * 1024 * 1024)
#define TEXT_SIZE_MAX (64U * 1024 * 1024)

static const struct cli_option options[] = {
    {"--data", "DIR", "list: data directory (default: data)"},
    {"--store", "URL", "list: the PostgreSQL database, where the server keeps its incidents in one"},
    {"--json", NULL, "list: print JSON, one object a line"},
    {"--decision", "WORD", "answer: one of the words that the task names"},
    {"--by", "NAME", "answer: who says so; the server puts its key's name in its place"},
    {"--url", "URL", "answer: the server on this machine (default: http://127.0.0.1:8737)"},
    {"--api-key-file", "FILE", "answer: a file that holds the key itself, of scope verdicts:write"},
    {0},
};

/* ---- list --------------------------------------------------------------------------------------------------------------------------- */

static void write_tasks(const struct task_row *rows, size_t count, bool json, struct buf *text) {
    for (size_t i = 0; i < count; i++) {
        if (json) respond_write_task_json(&rows[i], text), buf_char(text, '\n');
        else response_text_task(&rows[i], text);
    }
    if (!count && !json) buf_text(text, STR("nothing to do\n"));
}

static int list_of(const struct incident_store *store, bool json, struct arena *step, struct buf *text) {
    struct task_row *rows;
    size_t count;
    struct problem p = {0};
    enum err err = store->ops->tasks(store->self, SIGHT_SETTLED, STR_NONE, step, &rows, &count);
    if (err) {
        (void)problem_set(&p, err, "", "", "cannot read the tasks: %s", err_word(err));
        return cli_fail(&p);
    }
    write_tasks(rows, count, json, text);
    (void)fwrite(text->at, 1, text->size, stdout);
    return 0;
}

static int list(const struct arguments *a) {
    char *step_memory = malloc(STEP_SIZE_MAX), *text_memory = malloc(TEXT_SIZE_MAX);
    const char *data = argument(a, "--data", "data"), *url = argument(a, "--store", NULL);
    struct incident_source source;
    struct problem p = {0};
    int status = 1;
    if (step_memory && text_memory && incident_source_open(data, url, &source, &p) == ERR_OK) {
        struct arena step = arena_over(step_memory, STEP_SIZE_MAX);
        struct buf text = buf_over(text_memory, TEXT_SIZE_MAX);
        status = list_of(&source.store, argument_given(a, "--json"), &step, &text);
        incident_source_close(&source);
    } else {
        status = p.err ? cli_fail(&p) : 1;
    }
    free(step_memory);
    free(text_memory);
    return status;
}

/* ---- answer ------------------------------------------------------------------------------------------------------------------------- */

static void write_member(struct buf *b, const char *name, const char *text) {
    buf_fmt(b, "\"%s\":", name);
    buf_json(b, str_from(text));
}

/* The id has the moment in it: whoever answers again has said so again. */
static void write_approval(const struct arguments *a, struct buf *b) {
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    int64_t now_ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    const char *task = a->operands[1], *decision = argument(a, "--decision", ""), *by = argument(a, "--by", "");
    char id[256];
    (void)snprintf(id, sizeof id, "%.120s/%.64s/%lld", task, by, (long long)now_ms);
    buf_text(b, STR("{\"specversion\":\"1.0\",\"source\":\"hikeshi-task\",\"type\":\"approval\",\"time\":\""));
    moment_format(b, now_ms);
    buf_text(b, STR("\","));
    write_member(b, "id", id);
    buf_text(b, STR(",\"data\":{"));
    write_member(b, "task", task), buf_char(b, ',');
    write_member(b, "decision", decision), buf_char(b, ',');
    write_member(b, "by", by);
    buf_text(b, STR("}}"));
}

static enum err send_answer(const struct arguments *a, struct problem *p) {
    char text[4096], taken[16 * 1024];
    struct buf body = buf_over(text, sizeof text), receipt = buf_over(taken, sizeof taken);
    write_approval(a, &body);
    struct local_request r = {STR("POST"), STR("/v1/decisions"), STR("application/cloudevents+json"), buf_str(&body)};
    return local_server_ask(a, &r, &receipt, p);
}

static int answer(const struct arguments *a) {
    struct problem p = {0};
    if (!argument_given(a, "--decision") || !argument_given(a, "--by")) {
        (void)fputs("hikeshi: say --decision WORD and --by NAME\nhint: see `hikeshi task list` for the words\n", stderr);
        return 2;
    }
    if (send_answer(a, &p) != ERR_OK) return cli_fail(&p);
    (void)printf("taken down; `hikeshi task list` shows what is still open\n");
    return 0;
}

static int run(const struct arguments *a) {
    if (a->operand_count == 1 && strcmp(a->operands[0], "list") == 0) return list(a);
    if (a->operand_count == 2 && strcmp(a->operands[0], "answer") == 0) return answer(a);
    (void)fputs("hikeshi: say `task list` or `task answer ID`\nhint: see `hikeshi task --help`\n", stderr);
    return 2;
}

extern const struct command command_task;
const struct command command_task = {
    .name = "task",
    .sentence = "list what people have to do, or answer one",
    .operands = "list | answer ID",
    .options = options,
    .run = run,
    .example = "hikeshi task answer inc_912834/t1 --decision approve --by kimura --api-key-file key",
};
