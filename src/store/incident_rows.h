// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_INCIDENT_ROWS_H
#define STORE_INCIDENT_ROWS_H

#include "base/arena.h"
#include "port/incident_store.h"

/*
 * Which column of which table is which member of which struct. The statements, what is bound to them and what is read from their rows all
 * come from these lists, for every database: they cannot disagree. The types are those of the members (incident_rows.c), so a list cannot
 * disagree with its struct either; that it agrees with the DDL (incident_schema.c) shows the first statement of a test.
 */
enum column_form {
    COLUMN_TEXT,
    COLUMN_CURRENCY, /* char[4] */
    COLUMN_WORD,     /* an enum, stored as its word */
    COLUMN_BOOL,     /* 0 or 1: neither database has a boolean that the other understands */
    COLUMN_INT,
    COLUMN_U16,
    COLUMN_U32,
    COLUMN_I64,
    COLUMN_U64,
};

/* What a row that is written again does to the stored one. */
enum column_change {
    CHANGE_KEY,    /* by this it is the same row */
    CHANGE_NEVER,  /* the stored one stays */
    CHANGE_ALWAYS, /* the new one */
    CHANGE_TOLD,   /* the new one, but an empty text or 0 keeps what is stored */
};

struct words {
    struct str (*word)(int value);
    int (*from)(struct str word); /* -1 for any other */
};

struct column {
    const char *name;
    size_t offset;
    enum column_form form;
    enum column_change change;
    const struct words *words; /* of COLUMN_WORD */
};

struct table {
    const char *name;
    const struct column *columns;
    size_t column_count;
    size_t row_size;
    const char *change_if; /* SQL: only then is a stored row changed; NULL = always */
};

/* Tables that are written come first, in the order of enum incident_write_kind; then what only comes out of a statement. */
enum { TABLE_ABSORBED = WRITE_AUDIT + 1, TABLE_CHAIN_END, TABLE_DUE, TABLE_MOMENT, TABLE_COUNT };
extern const struct table incident_tables[TABLE_COUNT];

struct absorbed_row {
    uint64_t position;
};
struct chain_end_row { /* of an audit chain */
    uint32_t number;
    struct str hash;
};
struct moment_row {
    int64_t at_ms;
};

/* What a statement takes, and a row has: a number or a text. */
struct value {
    bool is_text;
    int64_t number;
    struct str text;
};
struct value value_text(struct str s);
struct value value_number(int64_t number);
struct value value_position(uint64_t position); /* below 2^63 */

bool column_is_text(const struct column *c);
struct value column_get(const struct column *c, const void *row);

/* Rows of one table under collection in `step`, one after the other in memory. */
struct rows {
    const struct table *table;
    struct arena *step;
    char *at;
    size_t count, capacity;
    bool full; /* the arena is: nothing more is taken */
    bool bad;  /* a word that we do not know was stored */
};
struct rows rows_of(int table, struct arena *step);
/* A new row, cleared; NULL where the arena is full. The rows before it may have moved. */
void *rows_add(struct rows *r);
/* Texts are copied. */
void rows_set(struct rows *r, void *row, const struct column *c, struct value v);

#endif
