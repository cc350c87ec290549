// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_EXPR_H
#define DECIDE_EXPR_H

#include "decide/lexer.h"
#include "decide/list.h"
#include "decide/relation.h"

/*
 * A condition as a tree, typed. The grammar (docs/reference/rules.md):
 *
 *     condition  = conjunction { "or" conjunction }
 *     conjunction = negation { "and" negation }
 *     negation   = "not" negation | comparison
 *     comparison = sum [ ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) sum
 *                      | "between" sum "and" sum
 *                      | [ "not" ] "in" ( "{" literal { "," literal } "}" | "list." NAME )
 *                      | ( "starts" | "ends" | "contains" ) TEXT ]
 *     sum        = product { ( "+" | "-" ) product }
 *     product    = primary { "*" primary }
 *     primary    = [ "-" ] NUMBER | TEXT | NAME | "known" "(" NAME ")" | "(" condition ")"
 *
 * `between` and `in {..}` are written out as comparisons joined by and/or, so what runs knows less than what is written.
 */
enum node_kind {
    NODE_NUMBER,
    NODE_TEXT,
    NODE_OPERAND,
    NODE_KNOWN, /* of `operand` */
    NODE_ADD,
    NODE_SUBTRACT,
    NODE_MULTIPLY,
    NODE_COMPARE, /* numbers: by `relation` */
    NODE_MATCH,   /* texts: by `relation`; left is an operand, right an operand or a text */
    NODE_IN_LIST, /* `operand` in `list` */
    NODE_NOT,
    NODE_AND,
    NODE_OR,
};

struct node {
    enum node_kind kind;
    enum type type;
    enum relation relation;
    size_t at; /* byte of the source */
    const struct operand *operand;
    const struct list *list;
    int64_t number;
    struct str text;
    const struct node *left, *right;
    /* Of what is yes or no: bit per kind of event for which it surely is, or surely is not, whatever else the facts are. */
    uint64_t yes_kinds, no_kinds;
};

struct expr_reader {
    struct lexer *lexer;
    struct lists *lists;
    struct arena *memory; /* for the tree */
    unsigned node_count, nesting;
};

/* Reads a condition; every type is checked. ERR_INVALID, ERR_TOO_LARGE, ERR_FULL. */
enum err expr_read(struct expr_reader *r, const struct node **out) MUST_USE;
/* A name as an operand, with a hint where there is none. Steps over it. */
enum err expr_read_operand(struct lexer *l, const struct operand **out) MUST_USE;
/* [ "-" ] NUMBER; steps over it. */
enum err expr_read_number(struct lexer *l, int64_t *out) MUST_USE;
/* Every kind of event has its bit. */
#define ALL_KINDS ((UINT64_C(1) << KIND_COUNT) - 1)
_Static_assert(KIND_COUNT < 64, "a bit per kind");

#endif
