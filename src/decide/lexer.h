// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_LEXER_H
#define DECIDE_LEXER_H

#include "base/arena.h"
#include "base/source.h"

/* The words of a rule file: names (with dots), whole numbers, texts in double quotes (\" and \\ escaped), signs; '#' begins a comment. */
enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_SIGN };

struct token {
    enum token_kind kind;
    size_t at;
    struct str text; /* as written; of TOKEN_TEXT what it stands for */
    int64_t number;
};

struct lexer {
    struct source source;
    size_t at; /* behind `token` */
    struct token token;
    struct arena *memory; /* for texts with escapes */
    struct problem *p;
};

/* Reads the first token. The source must be UTF-8. */
enum err lexer_init(struct lexer *l, struct source source, struct arena *memory, struct problem *p) MUST_USE;
enum err lexer_next(struct lexer *l) MUST_USE;
/* Is the token this word or sign? A text never is. */
bool lexer_at(const struct lexer *l, const char *word);
/* If so, steps over it. */
enum err lexer_accept(struct lexer *l, const char *word, bool *accepted) MUST_USE;
enum err lexer_expect(struct lexer *l, const char *word) MUST_USE;
/* ERR_INVALID at the token. */
enum err lexer_problem(const struct lexer *l, const char *fix, const char *what_format, ...) PRINTF_LIKE(3, 4);
/* ERR_INVALID: "expected WANTED, found ...". */
enum err lexer_expected(const struct lexer *l, const char *wanted);

#endif
