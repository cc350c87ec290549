// SPDX-License-Identifier: Apache-2.0
/* hikeshi model: tells which learned models a journal put in force, prices another one, and changes the one in force. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/backtest_command.h"
#include "cli/cli.h"
#include "cli/local_server.h"
#include "cli/model_file.h"
#include "cli/model_history.h"
#include "cli/plain_text.h"
#include "cli/wiring.h"

static const struct cli_option options[] = {
    {"--data", "DIR",
     "list, show, shadow: the data directory (default: data), which may be in use; promote, rollback: one that no server uses"},
    {"--store", "URL", "promote, rollback with --data: the PostgreSQL database, where the server keeps its incidents in one"},
    {"--by", "NAME", "promote, rollback with --data: who does it; a server takes down its key's name"},
    {"--url", "URL", "promote, rollback: the server on this machine (default: " LOCAL_SERVER_URL ")"},
    {"--api-key-file", "FILE", "promote, rollback: a file that holds the key itself, of scope admin"},
    {"--text", NULL, "show: print the model's file"},
    {"--base", "FILE", "shadow: compare with this one instead of the one in force"},
    {"--events", "FILE", "shadow: a file of events instead of a journal"},
    {"--days", "N", "shadow: count the last N days (default: 30, or what there is; of a file: all)"},
    {"--labels", "FILE", "shadow: whose acts the events were, one JSON object a line (default: what is known by now)"},
    {"--json", NULL, "list, show, shadow: print JSON, one object a line"},
    {0},
};

#define TEXT_SIZE   (16U * 1024 * 1024)
#define ANSWER_SIZE (16U * 1024)

static int usage(const char *what, const char *fix) {
    struct problem p;
    return (void)problem_set(&p, ERR_INVALID, "", fix, "%s", what), cli_fail(&p);
}

static enum err print(const struct buf *b, bool exact, struct problem *p) {
    if (b->overflow) return problem_set(p, ERR_TOO_LARGE, "", "", "it does not fit the buffer");
    if (exact) (void)fwrite(b->at, 1, b->size, stdout);
    else plain_text_print(stdout, buf_str(b));
    return ERR_OK;
}

/* ---- list and show --------------------------------------------------------------------------------------------------------------------
 */

static int list(const struct arguments *a) {
    struct problem p = {0};
    struct model_history h;
    char *memory = malloc(TEXT_SIZE);
    struct buf out = buf_over(memory, memory ? TEXT_SIZE : 0);
    bool json = argument_given(a, "--json");
    enum err err = model_history_read(argument(a, "--data", "data"), &h, &p);
    if (!err && json) model_history_write_json(&h, &out);
    if (!err && !json) model_history_write_text(&h, &out);
    if (!err) err = print(&out, json, &p);
    model_history_release(&h);
    free(memory);
    return err ? cli_fail(&p) : 0;
}

struct shown {
    struct model_file file;
    struct model_history history;    /* of a model that a journal brought */
    const struct model_entry *entry; /* its place in it; NULL of a file */
};

/* The one that the record at `position` brought, or the one in force. */
static enum err open_journaled(const char *data, const uint64_t *position, struct shown *s, struct problem *p) {
    enum err err = model_history_read(data, &s->history, p);
    if (err) return err;
    s->entry = position ? model_history_at(&s->history, *position) : &s->history.entries[s->history.in_force];
    if (!s->entry)
        return problem_set(p, ERR_NOT_FOUND, "", "see `hikeshi model list`", "no model was put in force at position %llu",
                           (unsigned long long)*position);
    char *memory = malloc(MODEL_TEXT_SIZE_MAX);
    struct buf text = buf_over(memory, memory ? MODEL_TEXT_SIZE_MAX : 0);
    err = model_history_text(data, s->entry->position, &text, p);
    if (!err) err = model_file_read(buf_str(&text), &s->file, p);
    free(memory);
    return err;
}

static enum err open_shown(const struct arguments *a, struct shown *s, struct problem *p) {
    const char *data = argument(a, "--data", "data"), *name = a->operand_count == 2 ? a->operands[1] : NULL;
    uint64_t position;
    if (!name) return open_journaled(data, NULL, s, p);
    return str_to_u64(str_from(name), &position) ? open_journaled(data, &position, s, p) : model_file_open(name, &s->file, p);
}

static enum err tell(const struct shown *s, bool json, struct problem *p) {
    char memory[8 * MODEL_ABOUT_SIZE_MAX];
    struct buf out = buf_over(memory, sizeof memory);
    struct model_facts facts = model_facts_of(s->file.model, s->file.text.size);
    if (json && s->entry) model_entry_write_json(&s->history, s->entry, &out);
    else if (json) buf_char(&out, '{'), model_facts_write_json(&facts, &out), buf_text(&out, STR("}\n"));
    else if (s->entry) model_entry_write_text(s->entry, &out);
    if (!json) model_facts_write_text(&facts, &out);
    return print(&out, json, p);
}

static int show(const struct arguments *a) {
    struct problem p = {0};
    struct shown s = {0};
    if (a->operand_count > 2) return usage("too many operands", "hikeshi model show [POSITION | FILE]");
    enum err err = open_shown(a, &s, &p);
    if (!err && argument_given(a, "--text")) (void)fwrite(s.file.text.at, 1, s.file.text.size, stdout);
    else if (!err) err = tell(&s, argument_given(a, "--json"), &p);
    model_file_close(&s.file);
    model_history_release(&s.history);
    return err ? cli_fail(&p) : 0;
}

/* ---- promote and rollback -------------------------------------------------------------------------------------------------------------
 */

static void tell_in_force(struct str name, uint64_t position) {
    char memory[256];
    struct buf out = buf_over(memory, sizeof memory);
    buf_fmt(&out, "in force: %.*s, by the record at position %llu\n", STR_ARGS(name), (unsigned long long)position);
    plain_text_print(stdout, buf_str(&out));
}

/* In a data directory that no server uses; of `text` NONE: rolls back. */
static enum err change_directory(const struct arguments *a, struct str text, struct problem *p) {
    struct wiring w;
    struct wiring_options o = {.data = argument(a, "--data", NULL), .store = argument(a, "--store", NULL)};
    struct str by = str_from(argument(a, "--by", NULL));
    if (by.size > MODEL_BY_SIZE_MAX) return problem_set(p, ERR_INVALID, "--by", "", "at most %d bytes", MODEL_BY_SIZE_MAX);
    enum err err = wiring_open(&o, &w, p);
    if (err) return err;
    err = text.size ? engine_set_model(w.engine, text, by, p) : engine_roll_back_model(w.engine, by, p);
    if (!err) tell_in_force(engine_model_in_force(w.engine).name, engine_model_in_force(w.engine).position);
    struct problem closing = {0};
    enum err closed = wiring_close(&w, &closing);
    if (!err && closed) *p = closing;
    return err ? err : closed;
}

static enum err change_server(const struct arguments *a, const struct local_request *r, struct problem *p) {
    char memory[ANSWER_SIZE], step_memory[JSON_MEMORY_MAX(ANSWER_SIZE)];
    struct buf answer = buf_over(memory, sizeof memory);
    struct arena step = arena_over(step_memory, sizeof step_memory);
    struct json root;
    int64_t position = 0;
    enum err err = local_server_ask(a, r, &answer, p);
    if (!err) err = json_parse(buf_str(&answer), ANSWER_SIZE, &step, &root, p);
    if (err) return err;
    (void)json_whole(json_get(root, STR("position")), &position);
    tell_in_force(json_text(json_get(root, STR("name"))), (uint64_t)position);
    return ERR_OK;
}

static int promote(const struct arguments *a) {
    struct problem p = {0};
    struct model_file f = {0};
    if (a->operand_count != 2) return usage("say which model", "hikeshi model promote FILE");
    enum err err = model_file_open(a->operands[1], &f, &p);
    struct local_request r = {STR("POST"), STR("/v1/model"), STR("application/octet-stream"), f.text};
    if (!err) err = argument_given(a, "--data") ? change_directory(a, f.text, &p) : change_server(a, &r, &p);
    model_file_close(&f);
    return err ? cli_fail(&p) : 0;
}

static int rollback(const struct arguments *a) {
    struct problem p = {0};
    if (a->operand_count != 1)
        return usage("a rollback goes to the model before", "to any other: hikeshi model show POSITION --text >FILE, and promote it");
    struct local_request r = {STR("POST"), STR("/v1/model/rollback"), STR_NONE, STR_NONE};
    enum err err = argument_given(a, "--data") ? change_directory(a, STR_NONE, &p) : change_server(a, &r, &p);
    return err ? cli_fail(&p) : 0;
}

/* ---- shadow ---------------------------------------------------------------------------------------------------------------------------
 */

static int shadow(const struct arguments *a) {
    if (a->operand_count != 2) return usage("say which model", "hikeshi model shadow FILE");
    struct backtest_proposal proposal = {.model = a->operands[1], .base_model = argument(a, "--base", NULL)};
    return backtest_command(a, &proposal);
}

static int run(const struct arguments *a) {
    static const struct {
        const char *word;
        int (*run)(const struct arguments *a);
    } acts[] = {{"list", list}, {"show", show}, {"promote", promote}, {"shadow", shadow}, {"rollback", rollback}};
    for (size_t i = 0; a->operand_count && i < sizeof acts / sizeof acts[0]; i++)
        if (strcmp(acts[i].word, a->operands[0]) == 0) return acts[i].run(a);
    return usage("say what to do with the learned model", "hikeshi model list, show, promote FILE, shadow FILE, or rollback");
}

extern const struct command command_model;
const struct command command_model = {
    .name = "model",
    .sentence = "list the learned models, price another one, put it in force, or go back",
    .operands = "list | show [POSITION | FILE] | promote FILE | shadow FILE | rollback",
    .options = options,
    .run = run,
    .example = "hikeshi model shadow mine-2.model --data data --days 30",
};
