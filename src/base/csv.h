// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/*
 * Comma-separated values (RFC 4180): fields in double quotes may hold commas, line ends and doubled quotes; rows end with LF or CRLF, and
 * the last one needs neither. Stricter than most readers on purpose: a quote inside a plain field, or text after a closing quote, is
 * refused, because guessing would shift every later column of the row without a word.
 *
 * The reader keeps nothing: it looks at the window of bytes that the caller holds and cuts the first row off it. A bad row costs its first
 * line and no more, so that one stray quote cannot swallow the rest of a file; reading goes on after that line.
 */
#define CSV_FIELDS_MAX 64
/* A row held whole. The widest known import row is 2 kB; a row beyond this is a lost quote. */
#define CSV_ROW_SIZE_MAX (64U * 1024)

struct csv_row {
    unsigned count;
    struct str fields[CSV_FIELDS_MAX]; /* borrowed from the window, or from `scratch` where a doubled quote was undone */
    size_t size;                       /* bytes to take off the window, the line end included; for CSV_BAD those of the first line */
    unsigned lines;                    /* line ends within those bytes */
    bool blank;                        /* a line without any byte; no fields */
};

enum csv_result {
    CSV_ROW,
    CSV_MORE, /* the window ends within the row, and more bytes may come */
    CSV_BAD,  /* p->where names the column by number and the byte within the line */
    CSV_END,  /* the window is empty and nothing more comes */
};

/*
 * `last`: no bytes follow those of the window. `scratch` has CSV_ROW_SIZE_MAX bytes. A window of more than CSV_ROW_SIZE_MAX bytes never
 * answers CSV_MORE.
 */
enum csv_result csv_read_row(struct str window, bool last, char *scratch, struct csv_row *out, struct problem *p) MUST_USE;

/* Appends a field, quoted where it must be. The caller writes the commas and line ends. */
struct buf;
void csv_write_field(struct buf *b, struct str field);

#endif
