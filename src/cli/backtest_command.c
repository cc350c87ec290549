// SPDX-License-Identifier: Apache-2.0
/* Asks what a change would have cost, as the command line says, and prints the answer. */
#include "cli/backtest_command.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/moment.h"
#include "cli/backtest.h"
#include "cli/model_file.h"
#include "cli/plain_text.h"
#include "cli/policy_file.h"

#define DAYS_DEFAULT 30
#define DAYS_MAX     36500
#define REPORT_SIZE  (2U << 20)

struct parts {
    struct policy_file policy[2];
    struct model_file model[2];
    struct backtest_source source;
    struct backtest_truth truth;
    struct backtest b;
};

/* Days that were asked for by name must be there; the default takes what there is. */
static enum err choose_window(const struct arguments *a, const struct backtest_source *s, int64_t *from_ms, struct problem *p) {
    const char *text = argument(a, "--days", NULL);
    uint64_t days = DAYS_DEFAULT, there = (uint64_t)((s->last_ms - s->first_ms) / DAY_MS) + 1;
    *from_ms = s->first_ms;
    if (text && (!str_to_u64(str_from(text), &days) || !days || days > DAYS_MAX))
        return problem_set(p, ERR_INVALID, "--days", "give a whole number from 1", "'%s' is no number of days", text);
    if (text && days > there) {
        char fix[64];
        (void)snprintf(fix, sizeof fix, "take --days %llu, or leave it out", (unsigned long long)there);
        return problem_set(p, ERR_INVALID, "--days", fix, "there are events of %llu days only", (unsigned long long)there);
    }
    if (days <= there && (text || !s->file)) *from_ms = s->last_ms - (int64_t)days * DAY_MS;
    return ERR_OK;
}

/* The one in force, or the one that is to be compared with. */
static enum err open_base_policy(const char *base, const struct backtest_source *s, struct policy_file *out, struct problem *p) {
    if (base || !s->policy) return policy_file_open(base, out, p);
    return policy_file_compile((struct str){s->policy, s->policy_size}, out, p);
}

static enum err open_base_model(const char *base, const struct backtest_source *s, struct model_file *out, struct problem *p) {
    if (base || !s->model_size) return model_file_open(base, out, p);
    return model_file_read((struct str){s->model, s->model_size}, out, p);
}

/* What can be wrong with the question is looked at before the long part begins. */
static enum err prepare(const struct arguments *a, const struct backtest_proposal *q, struct parts *t, struct problem *p) {
    const char *events = argument(a, "--events", NULL), *labels = argument(a, "--labels", NULL);
    if (events && argument_given(a, "--data"))
        return problem_set(p, ERR_INVALID, "--events", "leave one of them out", "a journal or a file, not both");
    enum err err = q->policy ? policy_file_open(q->policy, &t->policy[1], p) : ERR_OK;
    if (!err && q->model) err = model_file_open(q->model, &t->model[1], p);
    if (!err && labels) err = backtest_truth_read(labels, &t->truth, p);
    if (!err) err = backtest_source_open(argument(a, "--data", "data"), events, &t->source, p);
    if (!err) err = choose_window(a, &t->source, &t->b.from_ms, p);
    if (!err) err = open_base_policy(q->base_policy, &t->source, &t->policy[0], p);
    if (!err) err = open_base_model(q->base_model, &t->source, &t->model[0], p);
    if (!err && !q->policy) err = policy_file_compile(t->policy[0].bundle, &t->policy[1], p);
    if (!err && !q->model) err = model_file_read(t->model[0].text, &t->model[1], p);
    if (!err) err = labels ? backtest_truth_match(&t->source, &t->truth, p) : backtest_truth_gather(&t->source, &t->truth, p);
    return err;
}

static enum err print(const struct backtest *b, bool json, struct problem *p) {
    char *memory = malloc(REPORT_SIZE);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory");
    struct buf out = buf_over(memory, REPORT_SIZE);
    if (json) backtest_write_json(b, &out);
    else backtest_write_text(b, &out);
    if (json && !out.overflow) (void)fwrite(out.at, 1, out.size, stdout);
    else if (!out.overflow) plain_text_print(stdout, buf_str(&out));
    free(memory);
    return out.overflow ? problem_set(p, ERR_TOO_LARGE, "", "", "the report does not fit its buffer") : ERR_OK;
}

static void release(struct parts *t) {
    backtest_release(&t->b), backtest_truth_release(&t->truth), backtest_source_close(&t->source);
    for (unsigned side = 0; side < 2; side++) policy_file_close(&t->policy[side]), model_file_close(&t->model[side]);
}

int backtest_command(const struct arguments *a, const struct backtest_proposal *proposal) {
    static struct parts t;
    struct problem p = {0};
    enum err err = prepare(a, proposal, &t, &p);
    t.b.source = &t.source, t.b.truth = &t.truth;
    for (unsigned side = 0; side < 2; side++) t.b.policy[side] = &t.policy[side], t.b.model[side] = &t.model[side];
    if (!err) err = backtest_run(&t.b, &p);
    if (!err) err = print(&t.b, argument_given(a, "--json"), &p);
    release(&t);
    return err ? cli_fail(&p) : 0;
}
