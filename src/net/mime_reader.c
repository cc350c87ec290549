// SPDX-License-Identifier: Apache-2.0
/* Reads mail as it comes from others: fields, addresses, parts, transfer encodings. */
#include "net/mime_reader.h"

#include <string.h>

#include "base/buf.h"

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* Offset behind the line that begins at `at`. */
static size_t line_end(struct str s, size_t at) {
    size_t end = str_find_char(s, '\n', at);
    return end < s.size ? end + 1 : s.size;
}

static bool is_empty_line(struct str line) {
    return str_equal(line, STR("\n")) || str_equal(line, STR("\r\n"));
}

struct mime_part mime_split(struct str text) {
    for (size_t at = 0, end; at < text.size; at = end) {
        end = line_end(text, at);
        if (is_empty_line(str_slice(text, at, end))) return (struct mime_part){str_slice(text, 0, at), str_slice(text, end, text.size)};
    }
    return (struct mime_part){text, STR_NONE};
}

/* RFC 5322 section 2.2: printable ASCII without a colon; blanks before the colon are of old (section 4.5). */
static bool is_field_name(struct str name) {
    for (size_t i = 0; i < name.size; i++)
        if (name.at[i] <= ' ' || name.at[i] > '~') return false;
    return name.size > 0;
}

bool mime_next_field(struct str *rest, struct mime_field *out) {
    while (rest->size) {
        size_t end = line_end(*rest, 0);
        while (end < rest->size && is_blank(rest->at[end])) end = line_end(*rest, end);
        struct str line = str_slice(*rest, 0, end);
        *rest = str_slice(*rest, end, rest->size);
        size_t colon = str_find_char(line, ':', 0);
        out->name = str_trim(str_slice(line, 0, colon));
        out->value = str_slice(line, colon + 1, line.size);
        if (colon < line.size && is_field_name(out->name)) return true;
    }
    return false;
}

struct str mime_find(struct str head, struct str name) {
    struct mime_field f;
    while (mime_next_field(&head, &f))
        if (str_equal_ignoring_case(f.name, name)) return str_trim(f.value);
    return STR_NONE;
}

/* Offset behind a quoted string or comment that begins at `at`, or behind one character. */
static size_t skip_one(struct str s, size_t at) {
    char close = s.at[at] == '"' ? '"' : s.at[at] == '(' ? ')' : 0;
    if (!close) return at + 1;
    for (at++; at < s.size && s.at[at] != close; at++)
        if (s.at[at] == '\\') at++;
    return at < s.size ? at + 1 : s.size;
}

/* One mailbox of a list: what is in brackets, or all but a comment at its end. */
static struct str bare_address(struct str mailbox) {
    size_t open = mailbox.size, comment = mailbox.size;
    for (size_t at = 0; at < mailbox.size; at = skip_one(mailbox, at)) {
        if (mailbox.at[at] == '<' && open == mailbox.size) open = at;
        if (mailbox.at[at] == '(' && comment == mailbox.size) comment = at;
    }
    if (open < mailbox.size) return str_trim(str_slice(mailbox, open + 1, str_find_char(mailbox, '>', open)));
    return str_trim(str_slice(mailbox, 0, comment));
}

bool mime_next_address(struct str *rest, struct str *out) {
    while (rest->size) {
        size_t at = 0;
        while (at < rest->size && !strchr(",;:", rest->at[at])) at = skip_one(*rest, at);
        struct str mailbox = str_slice(*rest, 0, at);
        *rest = str_slice(*rest, at + 1, rest->size);
        *out = bare_address(mailbox);
        if (out->size) return true;
    }
    return false;
}

struct str mime_type(struct str head) {
    struct str value = mime_find(head, STR("Content-Type"));
    struct str type = str_trim(str_slice(value, 0, str_find_char(value, ';', 0)));
    return type.size ? type : STR("text/plain");
}

struct str mime_parameter(struct str head, struct str name) {
    struct str value = mime_find(head, STR("Content-Type"));
    size_t at = str_find_char(value, ';', 0);
    while (at < value.size) {
        size_t from = at + 1;
        for (at = from; at < value.size && value.at[at] != ';';) at = skip_one(value, at);
        struct str given, pair = str_slice(value, from, at);
        if (!str_equal_ignoring_case(str_trim(str_cut(pair, '=', &given)), name)) continue;
        given = str_trim(given);
        if (given.size && given.at[0] == '"') return str_slice(given, 1, str_find_char(given, '"', 1));
        return str_slice(given, 0, str_find_char(given, ' ', 0)); /* a comment may follow */
    }
    return STR_NONE;
}

struct delimiter {
    size_t at, end; /* the line, with its end */
    bool is_last;
};

static bool find_delimiter(struct str s, struct str boundary, size_t from, struct delimiter *out) {
    for (size_t at = from, end; at < s.size; at = end) {
        end = line_end(s, at);
        struct str line = str_trim(str_slice(s, at, end)), name = str_slice(line, 2, line.size);
        if (s.at[at] != '-' || !str_starts(line, STR("--")) || !str_starts(name, boundary)) continue;
        struct str tail = str_slice(name, boundary.size, name.size);
        *out = (struct delimiter){at, end, str_equal(tail, STR("--"))};
        if (!tail.size || out->is_last) return true;
    }
    return false;
}

bool mime_next_part(struct str *rest, struct str boundary, struct mime_part *out) {
    struct delimiter before, after;
    if (!boundary.size || !find_delimiter(*rest, boundary, 0, &before) || before.is_last) return false;
    bool ends = find_delimiter(*rest, boundary, before.end, &after);
    struct str part = str_slice(*rest, before.end, ends ? after.at : rest->size);
    *rest = ends ? str_slice(*rest, after.at, rest->size) : STR_NONE;
    if (ends && str_ends(part, STR("\n"))) part.size--; /* the line end before a delimiter belongs to it */
    if (ends && str_ends(part, STR("\r"))) part.size--;
    *out = mime_split(part);
    return true;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/* The line end that a '=' at `at` takes away with it, blanks before it included; 0 where none follows. */
static size_t soft_line_end(struct str s, size_t at) {
    size_t end = at + 1;
    while (end < s.size && (is_blank(s.at[end]) || s.at[end] == '\r')) end++;
    return end < s.size && s.at[end] == '\n' ? end : 0;
}

/* RFC 2045 section 6.7; what is no code stays as it stands. */
static void decode_quoted(struct str s, struct buf *out) {
    for (size_t at = 0, end; at < s.size; at++) {
        if (s.at[at] != '=') {
            buf_char(out, s.at[at]);
            continue;
        }
        int high = at + 2 < s.size ? hex_digit(s.at[at + 1]) : -1, low = at + 2 < s.size ? hex_digit(s.at[at + 2]) : -1;
        if (high >= 0 && low >= 0) buf_char(out, (char)(high * 16 + low)), at += 2;
        else if ((end = soft_line_end(s, at)) != 0) at = end;
        else buf_char(out, '=');
    }
}

static int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 2045 section 6.8: what is not of the alphabet is skipped; '=' ends it. */
static void decode_base64(struct str s, struct buf *out) {
    unsigned bits = 0, count = 0;
    for (size_t at = 0; at < s.size && s.at[at] != '='; at++) {
        int digit = base64_digit(s.at[at]);
        if (digit < 0) continue;
        bits = (bits << 6 | (unsigned)digit) & 0xFFFFU;
        count += 6;
        if (count >= 8) count -= 8, buf_char(out, (char)(bits >> count & 0xFFU));
    }
}

struct str mime_decode(const struct mime_part *part, size_t size_max, struct arena *step, bool *full) {
    struct str body = str_slice(part->body, 0, size_max), encoding = mime_find(part->head, STR("Content-Transfer-Encoding"));
    bool quoted = str_equal_ignoring_case(encoding, STR("quoted-printable")), base64 = str_equal_ignoring_case(encoding, STR("base64"));
    if (!body.size || (!quoted && !base64)) return body;
    char *memory = arena_take(step, body.size); /* neither makes it longer */
    if (!memory) return *full = true, STR_NONE;
    struct buf out = buf_over(memory, body.size);
    if (quoted) decode_quoted(body, &out);
    else decode_base64(body, &out);
    arena_keep(step, memory, out.size);
    return buf_str(&out);
}

struct str mime_plain(struct str value, size_t size_max, struct arena *step, bool *full) {
    value = str_clip(str_trim(value), size_max);
    char *memory = value.size ? arena_take(step, value.size) : NULL;
    if (!memory) return *full = *full || value.size, STR_NONE;
    bool is_utf8 = str_is_utf8(value);
    struct buf out = buf_over(memory, value.size);
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.at[i], next = i + 1 < value.size ? (unsigned char)value.at[i + 1] : 0;
        bool is_c1 = is_utf8 && c == 0xC2 && next < 0xA0; /* U+0080 to U+009F: controls, too */
        if (is_blank((char)c) || c == '\r' || c == '\n') {
            if (out.size && memory[out.size - 1] != ' ') buf_char(&out, ' ');
        } else {
            buf_char(&out, c < ' ' || c == 127 || is_c1 || (c > 127 && !is_utf8) ? '?' : (char)c);
        }
        if (is_c1) i++;
    }
    arena_keep(step, memory, out.size);
    return str_trim(buf_str(&out));
}
