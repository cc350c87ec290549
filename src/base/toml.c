// SPDX-License-Identifier: Apache-2.0
/* Reads a strict part of TOML 1.0 and refuses the rest by name. */
#include "base/toml.h"

#include <string.h>

#include "base/bounds.h"
#include "base/buf.h"

struct reader {
    struct toml *out;
    struct arena *memory;
    struct problem *p;
    struct str text;
    size_t at;
    struct str table; /* header in force */
};

enum err toml_problem(struct problem *p, const struct toml *t, size_t at, const char *fix, const char *what_format, ...) {
    va_list args;
    va_start(args, what_format);
    enum err err = source_problem_list(p, ERR_INVALID, &t->source, at, fix, what_format, args);
    va_end(args);
    return err;
}

const char *toml_type_word(enum toml_type type) {
    switch (type) {
    case TOML_TEXT: return "a string";
    case TOML_NUMBER: return "a whole number";
    case TOML_BOOL: return "true or false";
    case TOML_ARRAY: return "an array";
    }
    return "";
}

static enum err refuse(struct reader *r, const char *fix, const char *what) {
    return source_problem(r->p, ERR_INVALID, &r->out->source, r->at, fix, "%s", what);
}

static enum err full(struct reader *r) {
    return source_problem(r->p, ERR_FULL, &r->out->source, r->at, "shorten the file", "no memory left for this file");
}

static char peek(const struct reader *r) {
    return r->at < r->text.size ? r->text.at[r->at] : 0; /* the text holds no NUL */
}

static bool starts(const struct reader *r, const char *word) {
    return str_starts(str_slice(r->text, r->at, r->text.size), str_from(word));
}

static void skip_blanks(struct reader *r) {
    while (peek(r) == ' ' || peek(r) == '\t') r->at++;
}

static bool is_key_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool is_control(char c) {
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7F;
}

static enum err skip_comment(struct reader *r) {
    if (peek(r) != '#') return ERR_OK;
    for (; r->at < r->text.size && peek(r) != '\n' && !starts(r, "\r\n"); r->at++)
        if (is_control(peek(r))) return refuse(r, "", "control character in a comment");
    return ERR_OK;
}

/* The end of a line, or of the file, after blanks and a comment. */
static enum err end_line(struct reader *r) {
    skip_blanks(r);
    enum err err = skip_comment(r);
    if (err || r->at == r->text.size) return err;
    if (starts(r, "\r\n")) r->at++;
    if (peek(r) != '\n') return refuse(r, "begin a new line", "unexpected text after the value");
    r->at++;
    return ERR_OK;
}

/* Blanks, line ends and comments, as allowed inside of an array. */
static enum err skip_lines(struct reader *r) {
    for (;;) {
        skip_blanks(r);
        enum err err = skip_comment(r);
        if (err) return err;
        if (starts(r, "\r\n")) r->at++;
        if (peek(r) != '\n') return ERR_OK;
        r->at++;
    }
}

/* ---- keys and tables ---------------------------------------------------------------------------------------------------------------- */

/* Is `a` the path `b`, or a table above it? */
static bool holds(struct str a, struct str b) {
    return str_starts(b, a) && (a.size == b.size || b.at[a.size] == '.');
}

/* A dotted key, appended with a dot to what `path` holds already. */
static enum err read_key(struct reader *r, struct buf *path) {
    for (;;) {
        skip_blanks(r);
        size_t from = r->at;
        while (is_key_char(peek(r))) r->at++;
        if (r->at == from) {
            bool quoted = peek(r) == '"' || peek(r) == '\'';
            return refuse(r, "keys are letters, digits, '_' and '-'", quoted ? "quoted keys are not supported" : "a key is missing");
        }
        if (path->size) buf_char(path, '.');
        buf_text(path, str_slice(r->text, from, r->at));
        skip_blanks(r);
        if (peek(r) != '.') break;
        r->at++;
    }
    return path->overflow ? source_problem(r->p, ERR_TOO_LARGE, &r->out->source, r->at, "", "key of more than %u bytes", TOML_PATH_SIZE_MAX)
                          : ERR_OK;
}

static enum err keep_path(struct reader *r, const struct buf *path, struct str *out) {
    bool no_room = false;
    *out = arena_copy(r->memory, buf_str(path), &no_room);
    return no_room ? full(r) : ERR_OK;
}

/* A header may name what was not defined before, neither as a header, nor as a value, nor by the dotted keys of a table above. */
static bool table_is_new(const struct toml *t, struct str path) {
    for (size_t i = 0; i < t->table_count; i++)
        if (str_equal(t->tables[i], path)) return false;
    for (size_t i = 0; i < t->count; i++) {
        const struct toml_entry *e = &t->entries[i];
        if (holds(e->path, path) || (holds(path, e->path) && e->table_size < path.size)) return false;
    }
    return true;
}

static enum err read_header(struct reader *r) {
    size_t at = r->at++;
    if (peek(r) == '[') return refuse(r, "give each table its own name", "arrays of tables are not supported");
    char memory[TOML_PATH_SIZE_MAX];
    struct buf path = buf_over(memory, sizeof memory);
    enum err err = read_key(r, &path);
    if (err) return err;
    if (peek(r) != ']') return refuse(r, "", "']' is missing");
    r->at++;
    struct toml *t = r->out;
    if (!table_is_new(t, buf_str(&path)))
        return source_problem(r->p, ERR_INVALID, &t->source, at, "put its keys together", "'%.*s' is defined twice",
                              STR_ARGS(buf_str(&path)));
    if (t->table_count == TOML_TABLES_MAX) return refuse(r, "", "too many tables");
    err = keep_path(r, &path, &r->table);
    if (!err) t->tables[t->table_count++] = r->table;
    return err;
}

/* May this value be added? Not where it exists, lies below a value, stands above something, or reaches into a table that has a header. */
static bool key_is_new(const struct toml *t, struct str path, size_t table_size) {
    for (size_t i = 0; i < t->count; i++)
        if (holds(t->entries[i].path, path) || holds(path, t->entries[i].path)) return false;
    for (size_t i = 0; i < t->table_count; i++)
        if (holds(path, t->tables[i]) || (holds(t->tables[i], path) && t->tables[i].size > table_size)) return false;
    return true;
}

/* ---- values ------------------------------------------------------------------------------------------------------------------------- */

static enum err read_literal(struct reader *r, struct toml_value *v) {
    size_t from = ++r->at;
    for (; peek(r) != '\''; r->at++)
        if (r->at == r->text.size || is_control(peek(r))) return refuse(r, "close it with ' on the same line", "string without end");
    v->text = str_slice(r->text, from, r->at++);
    return ERR_OK;
}

static size_t utf8_put(char *at, uint32_t c) {
    if (c < 0x80) return at[0] = (char)c, 1;
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, c >>= 6) at[i] = (char)(0x80 | (c & 0x3F));
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    at[0] = (char)(lead[size] | c);
    return size;
}

/* \uXXXX and \UXXXXXXXX: a Unicode scalar value, and not NUL, which no text of ours holds. */
static enum err read_code_point(struct reader *r, size_t digit_count, char *at, size_t *size) {
    uint32_t c = 0;
    for (size_t i = 0; i < digit_count; i++) {
        static const char hex[] = "0123456789abcdef";
        char digit = peek(r);
        const char *hit = memchr(hex, digit >= 'A' && digit <= 'F' ? digit + 32 : digit, 16);
        if (!hit) return refuse(r, "", "a hexadecimal digit is missing");
        c = c << 4 | (uint32_t)(hit - hex);
        r->at++;
    }
    if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return refuse(r, "", "no such character");
    *size += utf8_put(at, c);
    return ERR_OK;
}

static enum err read_escape(struct reader *r, char *at, size_t *size) {
    static const char from[] = "\"\\bfnrt", to[] = "\"\\\b\f\n\r\t";
    char c = peek(r);
    if (c == 'u' || c == 'U') {
        r->at++;
        return read_code_point(r, c == 'u' ? 4 : 8, at, size);
    }
    const char *hit = c ? memchr(from, c, sizeof from - 1) : NULL;
    if (!hit) return refuse(r, "write \\\\ for a backslash", "no such escape");
    r->at++;
    *at = to[hit - from];
    ++*size;
    return ERR_OK;
}

static enum err read_basic(struct reader *r, struct toml_value *v) {
    size_t from = ++r->at;
    while (peek(r) != '"') {
        if (r->at == r->text.size || is_control(peek(r))) return refuse(r, "close it with \" on the same line", "string without end");
        r->at += peek(r) == '\\' && r->at + 1 < r->text.size ? 2 : 1;
    }
    size_t end = r->at, size = 0;
    char *to = arena_take(r->memory, end - from); /* an escape is never shorter than what it stands for */
    if (!to) return full(r);
    for (r->at = from; r->at < end;) {
        if (peek(r) != '\\') {
            to[size++] = peek(r);
            r->at++;
            continue;
        }
        r->at++;
        enum err err = read_escape(r, to + size, &size);
        if (err) return err;
    }
    r->at++;
    v->text = (struct str){to, size};
    return ERR_OK;
}

static enum err read_string(struct reader *r, struct toml_value *v) {
    v->type = TOML_TEXT;
    if (starts(r, "\"\"\"") || starts(r, "'''")) return refuse(r, "write it on one line", "strings of several lines are not supported");
    return peek(r) == '"' ? read_basic(r, v) : read_literal(r, v);
}

/* Decimal, with "_" between digits (TOML 1.0, Integer). */
static enum err read_number(struct reader *r, struct toml_value *v) {
    size_t from = r->at;
    char digits[24];
    struct buf b = buf_over(digits, sizeof digits);
    if (peek(r) == '-') buf_char(&b, '-');
    if (peek(r) == '-' || peek(r) == '+') r->at++;
    size_t first = r->at;
    bool well_formed = true;
    for (char last = '_'; is_key_char(peek(r)) || peek(r) == '.' || peek(r) == ':' || peek(r) == '+'; last = peek(r), r->at++) {
        char c = peek(r);
        if (c == '_') well_formed &= last != '_';
        else if (c >= '0' && c <= '9') buf_char(&b, c);
        else well_formed = false;
    }
    struct str word = str_slice(r->text, first, r->at);
    bool padded = word.size > 1 && word.at[0] == '0';
    well_formed &= word.size > 0 && word.at[word.size - 1] != '_' && !padded;
    v->type = TOML_NUMBER;
    if (well_formed && !b.overflow && str_to_i64(buf_str(&b), &v->number)) return ERR_OK;
    r->at = from;
    return refuse(r, "strings need quotes; fractions, dates and other bases are not supported", "this is no whole decimal number");
}

static enum err read_scalar(struct reader *r, struct toml_value *v) {
    v->at = r->at;
    char c = peek(r);
    if (c == '"' || c == '\'') return read_string(r, v);
    if (c == '{') return refuse(r, "write a [table]", "inline tables are not supported");
    if (c == '[') return refuse(r, "", "arrays of arrays are not supported");
    for (int yes = 0; yes < 2; yes++) {
        const char *word = yes ? "true" : "false";
        size_t size = strlen(word);
        if (!starts(r, word) || (r->at + size < r->text.size && is_key_char(r->text.at[r->at + size]))) continue;
        v->type = TOML_BOOL;
        v->yes = yes;
        r->at += size;
        return ERR_OK;
    }
    if (c == 0 || c == '\n' || c == '\r' || c == '#' || c == ',' || c == ']') return refuse(r, "", "a value is missing");
    return read_number(r, v);
}

static enum err read_array(struct reader *r, struct toml_value *v) {
    struct toml_value items[TOML_ITEMS_MAX];
    size_t count = 0;
    v->type = TOML_ARRAY;
    v->at = r->at++;
    for (;;) {
        enum err err = skip_lines(r);
        if (err) return err;
        if (peek(r) == ']') break;
        if (count == TOML_ITEMS_MAX) return refuse(r, "", "too many values in one array");
        items[count] = (struct toml_value){0};
        err = read_scalar(r, &items[count++]);
        if (!err) err = skip_lines(r);
        if (err) return err;
        if (peek(r) == ',') r->at++;
        else if (peek(r) != ']') return refuse(r, "values are parted by ',' and the array ends with ']'", "',' or ']' is missing");
    }
    r->at++;
    struct toml_value *kept = arena_take(r->memory, count * sizeof *kept);
    if (!kept) return full(r);
    memcpy(kept, items, count * sizeof *kept);
    v->items = kept;
    v->item_count = count;
    return ERR_OK;
}

static enum err read_entry(struct reader *r) {
    struct toml *t = r->out;
    char memory[TOML_PATH_SIZE_MAX];
    struct buf path = buf_over(memory, sizeof memory);
    buf_text(&path, r->table);
    size_t at = r->at;
    enum err err = read_key(r, &path);
    if (err) return err;
    if (peek(r) != '=') return refuse(r, "write key = value", "'=' is missing");
    r->at++;
    skip_blanks(r);
    if (!key_is_new(t, buf_str(&path), r->table.size))
        return source_problem(r->p, ERR_INVALID, &t->source, at, "strike one", "'%.*s' is defined twice", STR_ARGS(buf_str(&path)));
    if (t->count == TOML_ENTRIES_MAX) return refuse(r, "", "too many values");
    struct toml_entry e = {.at = at, .table_size = r->table.size};
    err = peek(r) == '[' ? read_array(r, &e.value) : read_scalar(r, &e.value);
    if (!err) err = keep_path(r, &path, &e.path);
    if (!err) t->entries[t->count++] = e;
    return err;
}

enum err toml_read(struct source source, struct arena *memory, struct toml *out, struct problem *p) {
    *out = (struct toml){.source = source};
    struct reader r = {.out = out, .memory = memory, .p = p, .text = source.text};
    out->entries = arena_take(memory, TOML_ENTRIES_MAX * sizeof *out->entries);
    out->tables = arena_take(memory, TOML_TABLES_MAX * sizeof *out->tables);
    if (!out->entries || !out->tables) return full(&r);
    if (!str_is_utf8(source.text)) return refuse(&r, "save the file as UTF-8", "the file is not UTF-8, or holds a NUL byte");
    while (r.at < r.text.size) {
        enum err err = skip_lines(&r);
        if (err) return err;
        if (r.at == r.text.size) break;
        err = peek(&r) == '[' ? read_header(&r) : read_entry(&r);
        if (!err) err = end_line(&r);
        if (err) return err;
    }
    return ERR_OK;
}

const struct toml_entry *toml_find(const struct toml *t, struct str path) {
    for (size_t i = 0; i < t->count; i++)
        if (str_equal(t->entries[i].path, path)) return &t->entries[i];
    return NULL;
}
