// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_BACKTEST_COMMAND_H
#define CLI_BACKTEST_COMMAND_H

#include "cli/cli.h"

/*
 * What `hikeshi rules backtest` and `hikeshi model shadow` have in common: the options --data, --events, --days, --labels and --json, and
 * the report (backtest.h).
 */
struct backtest_proposal {
    const char *policy, *base_policy; /* directories; NULL: the one in force */
    const char *model, *base_model;   /* files; NULL: the one in force */
};

/* Returns the exit status. */
int backtest_command(const struct arguments *a, const struct backtest_proposal *proposal);

#endif
