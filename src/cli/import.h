// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include <stdint.h>

#include "base/bounds.h"
#include "base/buf.h"
#include "base/csv.h"
#include "base/err.h"
#include "ingest/ingest.h"

/*
 * Files of other people's events, as a stream of our own: each piece is one event's JSON, to be given to the same door as anything that
 * comes over HTTP, so the same rules and messages apply. One file per format (import_*.c), each a table of columns and one function.
 */
struct import_column {
    const char *header; /* as the format's authors write it; any case, any place in the file */
    const char *path;   /* the field of the contract that it becomes, to name the column when the door refuses the field; or NULL */
    bool required;
};

#define IMPORT_COLUMNS_MAX 24

struct import_format {
    const char *name, *sentence;
    const struct import_column *columns; /* ends with a NULL header; NULL = not CSV but NDJSON of the contract */
    /*
     * One row becomes an event's JSON and, where the data set has labels, a label line: {"id":...,"label":...} without line end. `values`
     * follow the order of `columns`, empty where the file has no such column. ERR_INVALID with p->where = the column's header.
     */
    enum err (*write)(const struct str *values, struct buf *json, struct buf *label, struct problem *p);
};

extern const struct import_format import_ndjson, import_rba, import_afd;
const struct import_format *import_format_from(struct str name); /* NULL where there is none of that name */

/* A file being read. Memory of IMPORT_MEMORY_SIZE bytes is the caller's. */
struct import_source {
    const struct import_format *format;
    int fd;
    bool ended; /* the file gave its last byte */
    char *window;
    size_t from, to; /* the bytes of the window not yet taken */
    char *scratch, *json_memory, *label_memory;
    struct splitter splitter;      /* NDJSON */
    int place[IMPORT_COLUMNS_MAX]; /* CSV: field of the file that holds the column; -1 = the file has none */
    unsigned width;                /* CSV: fields of the header */
    uint64_t line, bytes;          /* lines and bytes taken */
    char ignored[256];             /* CSV: headers that nothing is made of, for the summary */
};

struct import_piece {
    uint64_t line;    /* where it starts, from 1 */
    struct str raw;   /* as it stands in the file, without line end */
    struct str json;  /* the event */
    struct str label; /* or empty */
};

enum import_result {
    IMPORT_PIECE,
    IMPORT_REFUSED, /* this piece is bad: raw, line and *p say which and why; go on */
    IMPORT_END,
    IMPORT_FAILED, /* the file cannot be read, or is not of this format: *p */
};

#define IMPORT_WINDOW_SIZE (256U * 1024)
#define IMPORT_MEMORY_SIZE (IMPORT_WINDOW_SIZE + EVENT_JSON_SIZE_MAX + CSV_ROW_SIZE_MAX + 2 * EVENT_JSON_SIZE_MAX + 4096U)

/* Reads the header of a CSV; ERR_INVALID names the columns that are missing. */
enum err import_open(struct import_source *s, const struct import_format *format, int fd, void *memory, struct problem *p) MUST_USE;
/* The piece is borrowed until the next call. */
enum import_result import_next(struct import_source *s, struct import_piece *out, struct problem *p) MUST_USE;
/* Turns a field that the door refused ("data.ip") into the column it came from ("IP Address"). */
void import_name_column(const struct import_source *s, struct problem *p);

/* For the formats: "true", "True", "t", "1", "yes" and their opposites; false = neither. */
bool import_flag(struct str word, bool *out);
/* {"specversion":"1.0","id":ID,"source":SOURCE,"type":"login" ... up to and without `data`. */
void import_write_envelope(struct buf *json, struct str id, const char *source, struct str subject, struct str time);
/* ,"name":"value"  where there is a value; `first` says whether the comma is due and is cleared. */
void import_write_text(struct buf *json, const char *name, struct str value, bool *first);

#endif
