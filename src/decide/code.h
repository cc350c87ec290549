// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_CODE_H
#define DECIDE_CODE_H

#include "decide/expr.h"

/*
 * A condition as a program for a stack of numbers (truths are numbers too). Jumps go forward only, so that a program of n instructions ends
 * after at most n steps; the compiler proves that the stack stays within RULE_STACK_MAX. The commonest tests, a feature against a constant,
 * are one instruction. 16 bytes each.
 */
enum op {
    OP_CONSTANT,    /* push number */
    OP_NUMBER,      /* push the operand's value or FEATURE_NONE */
    OP_YES,         /* push the operand's truth */
    OP_FEATURE_YES, /* push the truth of the bool at `offset` of the features */
    OP_KNOWN,       /* push whether the operand is known */
    OP_ADD,         /* pop b, a; push a + b: what does not fit becomes the nearest number that does; unknown stays unknown */
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_COMPARE,         /* pop b, a; push the truth of a `relation` b */
    OP_FEATURE_COMPARE, /* push the truth of (feature at `offset`) `relation` number */
    OP_MATCH,           /* push the truth of operand `relation` text */
    OP_FEATURE_MATCH,   /* push the truth of (text at `offset` of the features) `relation` text */
    OP_MATCH_OPERANDS,  /* push the truth of operand `relation` other operand */
    OP_IN_NETWORKS,     /* push the truth of operand in list */
    OP_IN_TEXTS,
    OP_IN_NUMBERS,
    OP_NOT,        /* replace the top */
    OP_AND,        /* pop b, a; push the lesser truth */
    OP_OR,         /* pop b, a; push the greater truth */
    OP_SKIP_IF_NO, /* where the top is TRUTH_NO, go on `skip` instructions further */
    OP_SKIP_IF_YES,
};

struct instruction {
    uint8_t op;
    uint8_t relation;
    uint16_t operand; /* index into operands; or `offset` into struct features for OP_FEATURE_* */
    uint16_t other;   /* second operand, or the size of `text` */
    uint16_t skip;
    union {
        int64_t number;
        const char *text;
        const struct list *list;
    };
};

struct program {
    const struct instruction *code;
    size_t size;
    uint64_t kinds; /* bit per kind of event for which it may come out yes; for the others it is known to be no, and is not run */
};

/* Room for the programs of a policy. */
struct code_pool {
    struct instruction *code;
    size_t size, capacity;
};

/* Appends the program of a condition. Tests that the kind of the event settles are left out.  ERR_TOO_LARGE, named at a place of `source`.
 * What the texts of `n` borrow must outlive the program; `n` need not. */
enum err code_compile(const struct node *n, const struct source *source, struct code_pool *pool, struct program *out,
                      struct problem *p) MUST_USE;
enum truth code_run(const struct program *program, const struct facts *facts);

#endif
