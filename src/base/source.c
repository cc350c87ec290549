// SPDX-License-Identifier: Apache-2.0
/* Says where in a person's text something is wrong. */
#include "base/source.h"

#include <stdio.h>

#include "base/check.h"

static void find_place(struct str text, size_t at, unsigned *line, unsigned *column) {
    *line = *column = 1;
    for (size_t i = 0; i < at && i < text.size; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c == '\n') ++*line, *column = 1;
        else if ((c & 0xC0U) != 0x80U) ++*column;
    }
}

enum err source_problem_list(struct problem *p, enum err err, const struct source *s, size_t at, const char *fix, const char *what_format,
                             va_list args) {
    if (!p) return err;
    CHECK(at <= s->text.size);
    unsigned line, column;
    find_place(s->text, at, &line, &column);
    char where[sizeof p->where], what[sizeof p->what];
    struct str name = str_clip(s->name, 96);
    (void)snprintf(where, sizeof where, "%.*s:%u:%u", STR_ARGS(name), line, column);
    (void)vsnprintf(what, sizeof what, what_format, args);
    return problem_set(p, err, where, fix, "%s", what);
}

enum err source_problem(struct problem *p, enum err err, const struct source *s, size_t at, const char *fix, const char *what_format, ...) {
    va_list args;
    va_start(args, what_format);
    err = source_problem_list(p, err, s, at, fix, what_format, args);
    va_end(args);
    return err;
}
