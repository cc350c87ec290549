// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * The command line: one file per subcommand, one line each in commands.def. A command describes itself; `--help`, the list of commands and
 * the reference page read the same struct.
 */
struct cli_option {
    const char *name;    /* "--data" */
    const char *operand; /* "DIR", or NULL for a switch */
    const char *text;    /* what it does, and its default */
};

struct arguments;

struct command {
    const char *name;
    const char *sentence;             /* what it is for */
    const char *operands;             /* "FILE...", or "" */
    const struct cli_option *options; /* ends with a NULL name; --help is added */
    int (*run)(const struct arguments *a);
    const char *example; /* a line to copy */
};

#define ARGUMENT_COUNT_MAX 256
struct arguments {
    const struct command *command;
    unsigned option_count, operand_count;
    struct {
        const char *name;
        const char *value; /* NULL for a switch */
    } options[ARGUMENT_COUNT_MAX];
    const char *operands[ARGUMENT_COUNT_MAX];
};

/* Value of an option, or `otherwise`. The last one wins. */
const char *argument(const struct arguments *a, const char *name, const char *otherwise);
bool argument_given(const struct arguments *a, const char *name);
/* All values of an option that may be given several times, in their order. Returns how many there are. */
unsigned argument_all(const struct arguments *a, const char *name, const char *out[ARGUMENT_COUNT_MAX]);
/* Prints "hikeshi: WHAT (WHERE)" and the advice to standard error; returns the exit status: 2 for usage and bad input, 1 for the rest. */
struct problem;
int cli_fail(const struct problem *p);

/* Exit status of the process. */
int cli_main(int argc, char **argv);

#endif
