// SPDX-License-Identifier: Apache-2.0
/* hikeshi effects: lists what a hijacker can have done, and shows how it is undone: the machine of one effect, or all as JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "cli/cli.h"
#include "cli/incident_text.h"
#include "respond/respond.h"

#define TEXT_SIZE_MAX (1024U * 1024)
#define TRIGGER_WIDTH 28

static const struct cli_option options[] = {
    {"--json", NULL, "print JSON, one definition with its machine a line"},
    {0},
};

/* ---- one machine -------------------------------------------------------------------------------------------------------------------- */

static void write_line(const char *name, const char *text, struct buf *out) {
    if (!text[0]) return;
    incident_text_column(out, str_from(name), 12);
    buf_fmt(out, "%s\n", text);
}

static void write_move(const struct effect_def *d, const struct effect_move *m, struct buf *out) {
    char memory[64];
    struct buf on = buf_over(memory, sizeof memory);
    buf_text(&on, trigger_word(m->on));
    if (m->fate != ANY_FATE) {
        buf_char(&on, ' ');
        buf_text(&on, fate_word((enum fate)m->fate));
    }
    buf_text(out, STR("      "));
    incident_text_column(out, buf_str(&on), TRIGGER_WIDTH);
    buf_fmt(out, "-> %s\n", d->states[m->to].name);
}

static void write_moves(const struct effect_def *d, int from, struct buf *out) {
    for (size_t i = 0; i < d->move_count; i++)
        if (d->moves[i].from == from) write_move(d, &d->moves[i], out);
}

static void write_shared_moves(const struct effect_def *d, int from, struct str states, struct buf *out) {
    size_t before = out->size;
    buf_fmt(out, "\n  %.*s:\n", STR_ARGS(states));
    size_t after = out->size;
    write_moves(d, from, out);
    if (out->size == after) out->size = before;
}

static void write_state(const struct effect_state *s, struct buf *out) {
    buf_fmt(out, "\n  %s: %s\n", s->name, s->says);
    if (s->op) buf_fmt(out, "      asks %s: %s %s\n", s->op->system, s->op->verb, s->op->how);
    for (size_t i = 0; i < EFFECT_WAITS_MAX && s->waits_ms[i] > 0; i++) {
        buf_text(out, i ? STR(", then ") : STR("      waits "));
        incident_text_span(out, s->waits_ms[i]);
    }
    if (s->waits_ms[0] > 0) buf_char(out, '\n');
    if (s->task != TASK_NONE) buf_fmt(out, "      a person: %s\n", s->task_asks);
    if (s->notice) buf_fmt(out, "      the owner is told: %s\n", s->notice);
    if (s->becomes) buf_fmt(out, "      becomes %s (%s)\n", s->becomes, s->becomes_state);
}

static void write_machine(const struct effect_def *d, struct buf *out) {
    buf_fmt(out, "%s %s: %s\n\n", d->code, d->name, d->sentence);
    write_line("found", d->found, out);
    write_line("undone", d->undone, out);
    write_line("too late", d->too_late, out);
    write_line("confirmed by", d->confirmers, out);
    for (size_t i = 0; i < d->state_count; i++) {
        write_state(&d->states[i], out);
        write_moves(d, (int)i, out);
    }
    write_shared_moves(d, AFTER_GO, STR("any state that says nothing else of it, from undoing on"), out);
    write_shared_moves(d, ANY_STATE, STR("any state that says nothing else of it, until it is over"), out);
}

/* ---- all of them -------------------------------------------------------------------------------------------------------------------- */

static void write_one(const struct effect_def *d, bool json, struct buf *out) {
    if (json) {
        respond_write_definition_json(d, out);
        buf_char(out, '\n');
        return;
    }
    incident_text_column(out, str_from(d->code), 4);
    incident_text_column(out, str_from(d->name), 18);
    buf_fmt(out, "%s\n", d->sentence);
}

static void write_all(bool json, struct buf *out) {
    for (size_t i = 0; i < effect_def_count(); i++) write_one(effect_def_at(i), json, out);
    for (size_t i = 0; i < sweep_def_count(); i++) write_one(sweep_def_at(i), json, out);
}

static enum err write_wanted(const struct arguments *a, struct buf *out, struct problem *p) {
    bool json = argument_given(a, "--json");
    if (!a->operand_count) {
        write_all(json, out);
        return ERR_OK;
    }
    const struct effect_def *d = effect_def_find(str_from(a->operands[0]));
    if (!d || a->operand_count > 1)
        return problem_set(p, ERR_INVALID, "EFFECT", "`hikeshi effects` lists them", "'%s' is no effect",
                           a->operands[a->operand_count - 1]);
    if (json) write_one(d, true, out);
    else write_machine(d, out);
    return ERR_OK;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    char *memory = malloc(TEXT_SIZE_MAX);
    CHECK(memory);
    struct buf text = buf_over(memory, TEXT_SIZE_MAX);
    enum err err = write_wanted(a, &text, &p);
    CHECK(!text.overflow);
    bool written = fwrite(text.at, 1, text.size, stdout) == text.size;
    free(memory);
    if (err) return cli_fail(&p);
    return written ? 0 : 1;
}

extern const struct command command_effects;
const struct command command_effects = {
    .name = "effects",
    .sentence = "list what a hijacker can have done, and how each is contained, undone and proven",
    .operands = "[EFFECT]",
    .options = options,
    .run = run,
    .example = "hikeshi effects order",
};
