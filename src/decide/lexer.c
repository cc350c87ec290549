// SPDX-License-Identifier: Apache-2.0
/* Cuts a rule file into words. */
#include "decide/lexer.h"

#include <stdarg.h>

#include "base/buf.h"

static struct str rest(const struct lexer *l, size_t at) {
    return str_slice(l->source.text, at, l->source.text.size);
}

static char char_at(const struct lexer *l, size_t at) {
    return at < l->source.text.size ? l->source.text.at[at] : 0; /* UTF-8 here never holds NUL */
}

static bool is_name_char(char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && ((c >= '0' && c <= '9') || c == '.'));
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The next word, or the end: never beyond it, also where a comment ends the file without a newline. */
static size_t skip_blanks(const struct lexer *l, size_t at) {
    while (at < l->source.text.size) {
        char c = char_at(l, at);
        if (c == '#') at = str_find_char(l->source.text, '\n', at);
        else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') at++;
        else break;
    }
    return at;
}

/* A text whose closing quote is at `end`, with its escapes undone. */
static enum err unescape(struct lexer *l, size_t from, size_t end) {
    char *to = arena_take(l->memory, end - from);
    if (!to) return source_problem(l->p, ERR_FULL, &l->source, from, "shorten the policy", "no memory left for this text");
    size_t size = 0;
    for (size_t i = from; i < end; i++) {
        char c = char_at(l, i);
        if (c == '\\') {
            c = char_at(l, ++i);
            if (c != '"' && c != '\\')
                return source_problem(l->p, ERR_INVALID, &l->source, i - 1, "only \\\" and \\\\ are escaped", "no such escape");
        }
        to[size++] = c;
    }
    l->token.text = (struct str){to, size};
    return ERR_OK;
}

static enum err read_text(struct lexer *l) {
    size_t from = l->at + 1, end = from;
    bool escaped = false;
    for (; char_at(l, end) != '"'; end++) {
        if (end >= l->source.text.size || char_at(l, end) == '\n')
            return source_problem(l->p, ERR_INVALID, &l->source, l->at, "close it with \" on the same line", "text without end");
        if (char_at(l, end) == '\\' && end + 1 < l->source.text.size) escaped = true, end++;
    }
    l->at = end + 1;
    l->token.kind = TOKEN_TEXT;
    l->token.text = str_slice(l->source.text, from, end);
    return escaped ? unescape(l, from, end) : ERR_OK;
}

static enum err read_number(struct lexer *l) {
    size_t from = l->at;
    while (is_digit(char_at(l, l->at))) l->at++;
    l->token.kind = TOKEN_NUMBER;
    l->token.text = str_slice(l->source.text, from, l->at);
    if (is_name_char(char_at(l, l->at), false))
        return source_problem(l->p, ERR_INVALID, &l->source, from, "numbers are whole; texts need quotes",
                              "this is neither a number nor a name");
    if (!str_to_i64(l->token.text, &l->token.number))
        return source_problem(l->p, ERR_INVALID, &l->source, from, "the largest is 9223372036854775807", "the number is too large");
    return ERR_OK;
}

static enum err read_sign(struct lexer *l) {
    static const char *const signs[] = {"<=", ">=", "!=", "<", ">", "=", "+", "-", "*", "(", ")", "{", "}", ","};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (!str_starts(rest(l, l->at), str_from(signs[i]))) continue;
        l->token.kind = TOKEN_SIGN;
        l->token.text = str_from(signs[i]);
        l->at += l->token.text.size;
        return ERR_OK;
    }
    return source_problem(l->p, ERR_INVALID, &l->source, l->at, "equal is '=', not equal '!=', 'and', 'or' and 'not' are words",
                          "unexpected character");
}

enum err lexer_next(struct lexer *l) {
    l->at = skip_blanks(l, l->at);
    l->token = (struct token){.kind = TOKEN_END, .at = l->at, .text = STR_NONE};
    char c = char_at(l, l->at);
    if (c == 0) return ERR_OK;
    if (c == '"') return read_text(l);
    if (is_digit(c)) return read_number(l);
    if (!is_name_char(c, true)) return read_sign(l);
    size_t from = l->at;
    while (is_name_char(char_at(l, l->at), false)) l->at++;
    l->token.kind = TOKEN_NAME;
    l->token.text = str_slice(l->source.text, from, l->at);
    return ERR_OK;
}

enum err lexer_init(struct lexer *l, struct source source, struct arena *memory, struct problem *p) {
    *l = (struct lexer){.source = source, .memory = memory, .p = p};
    return lexer_next(l);
}

bool lexer_at(const struct lexer *l, const char *word) {
    return (l->token.kind == TOKEN_NAME || l->token.kind == TOKEN_SIGN) && str_equal(l->token.text, str_from(word));
}

enum err lexer_accept(struct lexer *l, const char *word, bool *accepted) {
    *accepted = lexer_at(l, word);
    return *accepted ? lexer_next(l) : ERR_OK;
}

enum err lexer_expected(const struct lexer *l, const char *wanted) {
    if (l->token.kind == TOKEN_END) return lexer_problem(l, "", "expected %s, found the end of the file", wanted);
    struct str shown = str_slice(l->token.text, 0, 40);
    return lexer_problem(l, "", "expected %s, found '%.*s'", wanted, STR_ARGS(shown));
}

enum err lexer_expect(struct lexer *l, const char *word) {
    if (lexer_at(l, word)) return lexer_next(l);
    char wanted[32] = "";
    struct buf b = buf_over(wanted, sizeof wanted);
    buf_fmt(&b, "'%s'", word);
    return lexer_expected(l, wanted);
}

enum err lexer_problem(const struct lexer *l, const char *fix, const char *what_format, ...) {
    va_list args;
    va_start(args, what_format);
    enum err err = source_problem_list(l->p, ERR_INVALID, &l->source, l->token.at, fix, what_format, args);
    va_end(args);
    return err;
}
