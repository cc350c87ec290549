// SPDX-License-Identifier: Apache-2.0
/* Starts the command line. */
#include <signal.h>

#include "cli/cli.h"

int main(int argc, char **argv) {
    (void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of write(), as a full disk is */
    return cli_main(argc, argv);
}
