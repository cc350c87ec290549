// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include <stdarg.h>

#include "base/err.h"
#include "base/str.h"

/* A text that a person wrote, with the name by which he knows it. Readers keep byte offsets; only an error pays for line and column. */
struct source {
    struct str name; /* "tor_login.rule" */
    struct str text;
};

/*
 * Fills `p` with "name:line:column" of byte `at` (which may be the end of the text) and returns `err`. Lines and columns count from 1, a
 * column is one UTF-8 character.
 */
enum err source_problem(struct problem *p, enum err err, const struct source *s, size_t at, const char *fix, const char *what_format, ...)
    PRINTF_LIKE(6, 7);
enum err source_problem_list(struct problem *p, enum err err, const struct source *s, size_t at, const char *fix, const char *what_format,
                             va_list args) PRINTF_LIKE(6, 0);

#endif
