// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_DOCUMENT_H
#define BASE_DOCUMENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"

/*
 * A document: what is said, in which order, and what each piece is (heading, paragraph, item of a list, row of a table), and nothing of how
 * it looks. So the same one is read aloud, shown on a page, printed (print/print.h) and handed to programs, and all say the same.
 *
 * Every text is copied into the arena that it is built in. What does not fit there, or is beyond a bound, sets `overflow`, once and for
 * all, and nothing more is added: check it once at the end. Texts must be UTF-8; they may come from strangers: each writer escapes for its
 * form.
 */
#define DOCUMENT_BLOCKS_MAX 8192 /* the largest report has 5400 (notify/report.h) */
#define DOCUMENT_CELLS_MAX  8    /* of a row: more columns cannot be read on A4 */

struct cell {
    struct str text;
    bool figure; /* a number: aligned to the right, and never broken over lines */
};

enum block_kind {
    BLOCK_HEADING,
    BLOCK_PARAGRAPH,
    BLOCK_LIST_ITEM,  /* neighbours are one list */
    BLOCK_TABLE_HEAD, /* begins a table: what its columns are; without cells where each row's first cell says what the row is */
    BLOCK_TABLE_ROW,
    BLOCK_TABLE_TOTAL, /* a row that sums up those above */
};

struct block {
    const struct block *next;
    enum block_kind kind;
    unsigned level;  /* of a heading: 2 to 4; 1 is the title */
    struct str text; /* of a table's head: what the table is, or empty */
    const struct cell *cells;
    size_t cell_count;
};

struct document {
    struct str language; /* BCP 47: "ja" */
    struct str title;
    struct str foot; /* one line, at the foot of every page; may be empty */
    const struct block *first;
    size_t block_count;
    bool overflow;
    struct arena *arena;
    struct block *last;
};

void document_begin(struct document *d, struct arena *a, struct str language, struct str title, struct str foot);
void document_heading(struct document *d, unsigned level, struct str text);
void document_paragraph(struct document *d, struct str text);
void document_list_item(struct document *d, struct str text);
void document_table(struct document *d, struct str what, const struct cell *head, size_t count);
void document_row(struct document *d, const struct cell *cells, size_t count);
void document_total(struct document *d, const struct cell *cells, size_t count);

/* Of what it says in its blocks, but not of title, foot and language: two that say the same have the same. Not for proof (base/hash.h). */
struct hash128 document_hash(const struct document *d);

/* For a terminal or a mail: lines end with LF; a table that is too wide for one line a row is written cell by cell. */
void document_write_text(const struct document *d, struct buf *out);
/* {"language","title","foot","blocks":[{"heading","level"} | {"paragraph"} | {"list":[..]} |
 * {"table","head":[..],"figures":[..],"rows":[[..]],"totals":[[..]]}]} */
void document_write_json(const struct document *d, struct buf *out);
/* The same document, from what document_write_json wrote of one, in `a`. false: it is no document; `overflow` as when it is built. */
bool document_read_json(struct json root, struct arena *a, struct document *out);
/* A whole page, with nothing in it that runs or is fetched: headings in order, lists, tables with caption and scopes, the language named.
 */
void document_write_html(const struct document *d, struct buf *out);
/* The same as a piece of another page: one <article>, its title a heading of that level, 1 to 3. The page has the style of its tables. */
void document_write_html_article(const struct document *d, unsigned level, struct buf *out);
struct str document_html_style(void);

#endif
