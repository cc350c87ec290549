// SPDX-License-Identifier: Apache-2.0
/* hikeshi rules: tests a policy, tells two apart, and prices a change of it by what happened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/moment.h"
#include "cli/backtest.h"
#include "cli/cli.h"
#include "cli/plain_text.h"
#include "cli/policy_file.h"
#include "cli/rules_diff.h"

static const struct cli_option options[] = {
    {"--policy", "DIR", "backtest: the proposed policy (default: the one in force, for the counts of its shadow rules)"},
    {"--base", "DIR", "backtest: compare with this one instead of the one in force"},
    {"--data", "DIR", "backtest: the data directory (default: data); it may be in use"},
    {"--events", "FILE", "backtest: a file of events instead of a journal"},
    {"--days", "N", "backtest: count the last N days (default: 30, or what there is; of a file: all)"},
    {"--labels", "FILE", "backtest: whose acts the events were, one JSON object a line (default: what is known by now)"},
    {"--json", NULL, "backtest, diff: print one JSON object"},
    {0},
};

static int test(const struct arguments *a) {
    struct problem p = {0};
    if (a->operand_count != 2) return (void)problem_set(&p, ERR_INVALID, "", "hikeshi rules test DIR", "say which policy"), cli_fail(&p);
    struct policy_file f;
    enum err err = policy_file_open(a->operands[1], &f, &p);
    if (!err) err = policy_file_prove(&f, &p);
    policy_file_close(&f);
    return err ? cli_fail(&p) : 0;
}

static enum err print_diff(const struct policy_file of[2], bool json, struct problem *p) {
    char *memory = malloc(RULES_DIFF_SIZE_MAX);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory");
    struct buf b = buf_over(memory, RULES_DIFF_SIZE_MAX);
    if (json) (void)rules_diff_write_json(&of[0], &of[1], &b);
    else (void)rules_diff_write_text(&of[0], &of[1], &b);
    if (json && !b.overflow) (void)fwrite(b.at, 1, b.size, stdout);
    else if (!b.overflow) plain_text_print(stdout, buf_str(&b));
    free(memory);
    return b.overflow ? problem_set(p, ERR_TOO_LARGE, "", "", "the differences do not fit their buffer") : ERR_OK;
}

static int diff(const struct arguments *a) {
    struct problem p = {0};
    if (a->operand_count != 3)
        return (void)problem_set(&p, ERR_INVALID, "", "hikeshi rules diff DIR1 DIR2", "say which two policies"), cli_fail(&p);
    struct policy_file of[2] = {0};
    enum err err = policy_file_open(a->operands[1], &of[0], &p);
    if (!err) err = policy_file_open(a->operands[2], &of[1], &p);
    if (!err) err = print_diff(of, argument_given(a, "--json"), &p);
    policy_file_close(&of[0]), policy_file_close(&of[1]);
    return err ? cli_fail(&p) : 0;
}

/* ---- backtest -----------------------------------------------------------------------------------------------------------------------
 */

#define DAYS_DEFAULT 30
#define DAYS_MAX     36500
#define REPORT_SIZE  (2U << 20)

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

/* The one in force, or the one that --base names. */
static enum err open_base(const struct arguments *a, const struct backtest_source *s, struct policy_file *out, struct problem *p) {
    const char *base = argument(a, "--base", NULL);
    if (base || !s->policy) return policy_file_open(base, out, p);
    return policy_file_compile((struct str){s->policy, s->policy_size}, out, p);
}

static enum err print_backtest(const struct backtest *b, bool json, struct problem *p) {
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

struct backtest_parts {
    struct policy_file policy[2];
    struct backtest_source source;
    struct backtest_truth truth;
    struct backtest b;
};

/* What can be wrong with the question is looked at before the long part begins. */
static enum err prepare(const struct arguments *a, struct backtest_parts *t, struct problem *p) {
    const char *events = argument(a, "--events", NULL), *labels = argument(a, "--labels", NULL);
    if (a->operand_count != 1) return problem_set(p, ERR_INVALID, "", "name policies with --policy and --base", "too many operands");
    if (events && argument_given(a, "--data"))
        return problem_set(p, ERR_INVALID, "--events", "leave one of them out", "a journal or a file, not both");
    enum err err = argument_given(a, "--policy") ? policy_file_open(argument(a, "--policy", NULL), &t->policy[1], p) : ERR_OK;
    if (!err && labels) err = backtest_truth_read(labels, &t->truth, p);
    if (!err) err = backtest_source_open(argument(a, "--data", "data"), events, &t->source, p);
    if (!err) err = choose_window(a, &t->source, &t->b.from_ms, p);
    if (!err) err = open_base(a, &t->source, &t->policy[0], p);
    if (!err && !t->policy[1].memory) err = policy_file_compile(t->policy[0].bundle, &t->policy[1], p);
    if (!err) err = labels ? backtest_truth_match(&t->source, &t->truth, p) : backtest_truth_gather(&t->source, &t->truth, p);
    return err;
}

static int backtest(const struct arguments *a) {
    static struct backtest_parts t;
    struct problem p = {0};
    enum err err = prepare(a, &t, &p);
    t.b.source = &t.source, t.b.truth = &t.truth, t.b.policy[0] = &t.policy[0], t.b.policy[1] = &t.policy[1];
    if (!err) err = backtest_run(&t.b, &p);
    if (!err) err = print_backtest(&t.b, argument_given(a, "--json"), &p);
    backtest_release(&t.b), backtest_truth_release(&t.truth), backtest_source_close(&t.source);
    policy_file_close(&t.policy[0]), policy_file_close(&t.policy[1]);
    return err ? cli_fail(&p) : 0;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    const char *what = a->operand_count ? a->operands[0] : "";
    if (strcmp(what, "test") == 0) return test(a);
    if (strcmp(what, "diff") == 0) return diff(a);
    if (strcmp(what, "backtest") == 0) return backtest(a);
    (void)problem_set(&p, ERR_INVALID, "", "hikeshi rules backtest, test DIR, or diff DIR1 DIR2", "say what to do with the rules");
    return cli_fail(&p);
}

extern const struct command command_rules;
const struct command command_rules = {
    .name = "rules",
    .sentence = "price a change of policy by what happened, test one, or tell two apart",
    .operands = "backtest | test DIR | diff DIR1 DIR2",
    .options = options,
    .run = run,
    .example = "hikeshi rules backtest --data data --policy policy-new --days 30",
};
