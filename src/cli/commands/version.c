// SPDX-License-Identifier: Apache-2.0
/* hikeshi version: which build this is. */
#include <stdio.h>

#include "base/version.h"
#include "cli/cli.h"

static int run(const struct arguments *a) {
    (void)a;
    (void)printf("hikeshi %s\n", HIKESHI_VERSION);
    return 0;
}

extern const struct command command_version;
const struct command command_version = {
    .name = "version",
    .sentence = "print the version",
    .operands = "",
    .options = (const struct cli_option[]){{0}},
    .run = run,
    .example = "hikeshi version",
};
