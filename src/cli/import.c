// SPDX-License-Identifier: Apache-2.0
/* Reads files of events in the formats that import_*.c describe, piece by piece. */
#include "cli/import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"

static const struct import_format *const formats[] = {&import_ndjson, &import_rba, &import_afd};

const struct import_format *import_format_from(struct str name) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (str_equal(name, str_from(formats[i]->name))) return formats[i];
    return NULL;
}

bool import_flag(struct str word, bool *out) {
    static const char *const yes[] = {"true", "t", "1", "yes", "1.0"}, *const no[] = {"false", "f", "0", "no", "0.0"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        *out = str_equal_ignoring_case(word, str_from(yes[i]));
        if (*out || str_equal_ignoring_case(word, str_from(no[i]))) return true;
    }
    return false;
}

void import_write_text(struct buf *json, const char *name, struct str value, bool *first) {
    if (value.size == 0) return;
    if (!*first) buf_char(json, ',');
    *first = false;
    buf_json(json, str_from(name));
    buf_char(json, ':');
    buf_json(json, value);
}

void import_write_envelope(struct buf *json, struct str id, const char *source, struct str subject, struct str time) {
    bool first = true;
    buf_char(json, '{');
    import_write_text(json, "specversion", STR("1.0"), &first);
    import_write_text(json, "id", id, &first);
    import_write_text(json, "source", str_from(source), &first);
    import_write_text(json, "type", STR("login"), &first);
    import_write_text(json, "subject", subject, &first);
    import_write_text(json, "time", time, &first);
}

/* -- the window ---------------------------------------------------------------------------------------------------------------------- */

static struct str held(const struct import_source *s) {
    return (struct str){s->window + s->from, s->to - s->from};
}

static void take(struct import_source *s, size_t size) {
    CHECK(size <= s->to - s->from);
    s->from += size;
    s->bytes += size;
}

/* Reads more bytes behind those held. */
static enum err fill(struct import_source *s, struct problem *p) {
    memmove(s->window, s->window + s->from, s->to - s->from);
    s->to -= s->from;
    s->from = 0;
    CHECK(s->to < IMPORT_WINDOW_SIZE);
    ssize_t got;
    do got = read(s->fd, s->window + s->to, IMPORT_WINDOW_SIZE - s->to);
    while (got < 0 && errno == EINTR);
    if (got < 0) return problem_set(p, ERR_IO, "", "", "cannot read the file: %s", strerror(errno));
    s->ended = got == 0;
    s->to += (size_t)got;
    return ERR_OK;
}

/* -- NDJSON -------------------------------------------------------------------------------------------------------------------------- */

static enum import_result next_line(struct import_source *s, struct import_piece *out, struct problem *p) {
    for (;;) {
        struct str in = held(s), piece = STR_NONE;
        enum split_result r =
            s->ended && in.size == 0 ? splitter_end(&s->splitter, &piece, p) : splitter_next(&s->splitter, &in, &piece, p);
        take(s, held(s).size - in.size);
        s->line = s->splitter.line;
        *out = (struct import_piece){.line = s->line, .raw = piece, .json = piece};
        switch (r) {
        case SPLIT_PIECE: return IMPORT_PIECE;
        case SPLIT_REFUSED: return IMPORT_REFUSED;
        case SPLIT_BROKEN: return IMPORT_FAILED;
        case SPLIT_END: return IMPORT_END;
        case SPLIT_MORE:
            if (fill(s, p) != ERR_OK) return IMPORT_FAILED;
        }
    }
}

/* -- CSV ----------------------------------------------------------------------------------------------------------------------------- */

/* The next row that is not blank, with its line number. */
static enum csv_result next_row(struct import_source *s, struct csv_row *row, struct import_piece *out, struct problem *p) {
    for (;;) {
        struct str window = held(s);
        enum csv_result r = csv_read_row(window, s->ended, s->scratch, row, p);
        if (r == CSV_MORE) {
            if (fill(s, p) != ERR_OK) return CSV_MORE;
            continue;
        }
        if (r == CSV_END) return r;
        *out = (struct import_piece){.line = s->line + 1, .raw = str_trim(str_slice(window, 0, row->size))};
        take(s, row->size);
        s->line += row->lines;
        if (!row->blank) return r;
    }
}

static int find_column(const struct import_column *columns, struct str header) {
    for (int i = 0; columns[i].header; i++)
        if (str_equal_ignoring_case(header, str_from(columns[i].header))) return i;
    return -1;
}

/* Finds each column's place, and notes what nothing is made of. */
static enum err read_header(struct import_source *s, const struct csv_row *row, struct problem *p) {
    const struct import_column *columns = s->format->columns;
    struct buf ignored = buf_over(s->ignored, sizeof s->ignored - 1);
    for (unsigned i = 0; i < row->count; i++) {
        struct str header = str_trim(row->fields[i]);
        int column = find_column(columns, header);
        if (column < 0) {
            buf_fmt(&ignored, "%s%.*s", ignored.size ? ", " : "", STR_ARGS(header));
            continue;
        }
        if (s->place[column] >= 0)
            return problem_set(p, ERR_INVALID, "line 1", "", "the column '%s' is there twice", columns[column].header);
        s->place[column] = (int)i;
    }
    s->ignored[ignored.size] = 0;
    s->width = row->count;
    for (int i = 0; columns[i].header; i++)
        if (columns[i].required && s->place[i] < 0)
            return problem_set(p, ERR_INVALID, "line 1", "the first line of the file must name the columns",
                               "no column '%s', which format %s needs", columns[i].header, s->format->name);
    return ERR_OK;
}

static enum err open_csv(struct import_source *s, struct problem *p) {
    for (unsigned i = 0; i < IMPORT_COLUMNS_MAX; i++) s->place[i] = -1;
    if (fill(s, p) != ERR_OK) return p->err;
    if (str_starts(held(s), STR("\xEF\xBB\xBF"))) take(s, 3); /* a byte order mark, as spreadsheets write it */
    struct csv_row row;
    struct import_piece piece;
    switch (next_row(s, &row, &piece, p)) {
    case CSV_ROW: return read_header(s, &row, p);
    case CSV_BAD:
    case CSV_MORE: return p->err;
    case CSV_END: break;
    }
    return problem_set(p, ERR_INVALID, "line 1", "the first line of the file must name the columns", "the file is empty");
}

static enum err check_row(const struct import_source *s, const struct csv_row *row, struct str *values, struct problem *p) {
    if (row->count != s->width) return problem_set(p, ERR_INVALID, "", "", "%u fields where the header has %u", row->count, s->width);
    const struct import_column *columns = s->format->columns;
    for (int i = 0; columns[i].header; i++) {
        values[i] = s->place[i] < 0 ? STR_NONE : str_trim(row->fields[s->place[i]]);
        if (columns[i].required && values[i].size == 0) return problem_set(p, ERR_INVALID, columns[i].header, "", "the field is empty");
        if (!str_is_utf8(values[i])) return problem_set(p, ERR_INVALID, columns[i].header, "", "the field is not UTF-8 text");
    }
    return ERR_OK;
}

static enum import_result next_csv(struct import_source *s, struct import_piece *out, struct problem *p) {
    struct csv_row row;
    struct str values[IMPORT_COLUMNS_MAX];
    switch (next_row(s, &row, out, p)) {
    case CSV_END: return IMPORT_END;
    case CSV_MORE: return IMPORT_FAILED;
    case CSV_BAD: return IMPORT_REFUSED;
    case CSV_ROW: break;
    }
    struct buf json = buf_over(s->json_memory, EVENT_JSON_SIZE_MAX), label = buf_over(s->label_memory, EVENT_JSON_SIZE_MAX);
    enum err err = check_row(s, &row, values, p);
    if (err == ERR_OK) err = s->format->write(values, &json, &label, p);
    if (err == ERR_OK && (json.overflow || label.overflow)) err = problem_set(p, ERR_TOO_LARGE, "", "", "the row is too long for an event");
    if (err != ERR_OK) return IMPORT_REFUSED;
    out->json = buf_str(&json);
    out->label = buf_str(&label);
    return IMPORT_PIECE;
}

/* -- the door of this file ----------------------------------------------------------------------------------------------------------- */

enum err import_open(struct import_source *s, const struct import_format *format, int fd, void *memory, struct problem *p) {
    char *at = memory;
    *s = (struct import_source){.format = format, .fd = fd, .window = at};
    s->scratch = at += IMPORT_WINDOW_SIZE;
    s->json_memory = at += CSV_ROW_SIZE_MAX;
    s->label_memory = at += EVENT_JSON_SIZE_MAX;
    if (format->columns) return open_csv(s, p);
    splitter_init(&s->splitter, SPLIT_NDJSON, at + EVENT_JSON_SIZE_MAX, EVENT_JSON_SIZE_MAX);
    return ERR_OK;
}

enum import_result import_next(struct import_source *s, struct import_piece *out, struct problem *p) {
    return s->format->columns ? next_csv(s, out, p) : next_line(s, out, p);
}

void import_name_column(const struct import_source *s, struct problem *p) {
    const struct import_column *c = s->format->columns;
    for (; c && c->header; c++)
        if (c->path && strcmp(c->path, p->where) == 0) {
            (void)snprintf(p->where, sizeof p->where, "%s", c->header);
            return;
        }
}
