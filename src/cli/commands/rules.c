// SPDX-License-Identifier: Apache-2.0
/* hikeshi rules: tests a policy, tells two apart, and prices a change of it by what happened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/backtest_command.h"
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

static int backtest(const struct arguments *a) {
    if (a->operand_count != 1) {
        struct problem p;
        return (void)problem_set(&p, ERR_INVALID, "", "name policies with --policy and --base", "too many operands"), cli_fail(&p);
    }
    struct backtest_proposal proposal = {.policy = argument(a, "--policy", NULL), .base_policy = argument(a, "--base", NULL)};
    return backtest_command(a, &proposal);
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
