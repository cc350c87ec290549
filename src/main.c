// SPDX-License-Identifier: Apache-2.0
/* Chooses the subcommand; nothing else. */
#include "cli/cli.h"

int main(int argc, char **argv) {
    return cli_main(argc, argv);
}
