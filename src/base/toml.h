// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_TOML_H
#define BASE_TOML_H

#include "base/arena.h"
#include "base/source.h"

/*
 * Reads the part of TOML 1.0 that our files need (docs/adr/0008-toml.md): tables, bare and dotted keys, basic and literal strings of one
 * line, decimal integers, booleans, arrays of these, comments. Whatever else TOML has is refused by its name, never misread: a file that is
 * accepted here means the same to any TOML 1.0 reader.
 *
 * A document is the flat list of its values, in the order of the file, each under its full dotted path.
 */
enum toml_type { TOML_TEXT, TOML_NUMBER, TOML_BOOL, TOML_ARRAY };

struct toml_value {
    enum toml_type type;
    size_t at;                      /* byte of the source where it stands */
    struct str text;                /* TOML_TEXT */
    int64_t number;                 /* TOML_NUMBER */
    bool yes;                       /* TOML_BOOL */
    const struct toml_value *items; /* TOML_ARRAY, not nested */
    size_t item_count;
};

struct toml_entry {
    struct str path;   /* "thresholds.access.challenge" */
    size_t table_size; /* how much of the path is the table's header; 0 = none */
    size_t at;         /* byte of the source where the key stands */
    struct toml_value value;
};

struct toml {
    struct source source;
    struct toml_entry *entries;
    size_t count;
    struct str *tables; /* headers, as dotted paths */
    size_t table_count;
};

/* Everything in *out lives in `memory` or borrows from the source. ERR_INVALID, ERR_TOO_LARGE, ERR_FULL. */
enum err toml_read(struct source source, struct arena *memory, struct toml *out, struct problem *p) MUST_USE;
/* The entry of this path, or NULL. */
const struct toml_entry *toml_find(const struct toml *t, struct str path);
/* ERR_INVALID at a place of the document. */
enum err toml_problem(struct problem *p, const struct toml *t, size_t at, const char *fix, const char *what_format, ...) PRINTF_LIKE(5, 6);
const char *toml_type_word(enum toml_type type); /* "a string", ... */

#endif
