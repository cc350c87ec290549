// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_POLICY_FILE_H
#define CLI_POLICY_FILE_H

#include "decide/decide.h"

/* A policy that is compiled beside a server, to be looked at: a directory's, the one that ships with the program, or a text's. */
struct policy_file {
    struct str bundle;
    const struct policy *policy;
    char *memory;
};

/* `directory` NULL: the one that ships. Errors name file, line and column. Closed or not, `out` can be closed. */
enum err policy_file_open(const char *directory, struct policy_file *out, struct problem *p) MUST_USE;
/* The same of a bundle, which is copied. */
enum err policy_file_compile(struct str bundle, struct policy_file *out, struct problem *p) MUST_USE;
void policy_file_close(struct policy_file *f);

/* Runs its examples, and asks whether the legal clocks that it names are there. Prints how many rules and examples hold. */
enum err policy_file_prove(const struct policy_file *f, struct problem *p) MUST_USE;

#endif
