// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_RULE_H
#define DECIDE_RULE_H

#include "decide/code.h"
#include "decide/decision.h"

/*
 * One rule, one file (docs/reference/rules.md):
 *
 *     rule NAME version NUMBER ( "live" | "shadow" )
 *     because "sentence with {values}"
 *     when CONDITION
 *     then EFFECT
 *     example ( "fires" | "quiet" ) "{" NAME "=" value { "," NAME "=" value } "}"     (any number)
 */
enum effect { EFFECT_ALLOW, EFFECT_CHALLENGE, EFFECT_HOLD, EFFECT_DENY, EFFECT_TAKEOVER }; /* mildest first */

/* A piece of a sentence: a text, or the value of an operand. */
struct part {
    struct str text;
    const struct operand *operand; /* NULL for a text */
};

struct assignment {
    const struct operand *operand;
    struct str text;
    int64_t number; /* of a number; 1 = yes of a bool */
};

struct example {
    size_t at; /* byte of the source */
    bool fires;
    const struct assignment *assignments;
    size_t assignment_count;
};

struct rule {
    struct source source;
    struct str name;
    int64_t version;
    bool live;
    enum effect effect;
    const struct part *parts;
    size_t part_count;
    struct program program;
    const struct example *examples;
    size_t example_count;
};

/* What rules are compiled into. */
struct rule_compiler {
    struct lists lists;
    struct code_pool code;
    struct arena *memory; /* of the policy */
    struct arena scratch; /* for one tree */
    size_t assignment_count;
    struct problem *p;
};

/* `source` is named NAME.rule and must be UTF-8. ERR_INVALID, ERR_TOO_LARGE, ERR_FULL. */
enum err rule_compile(struct rule_compiler *c, struct source source, struct rule *out) MUST_USE;
static inline bool rule_fires(const struct rule *r, const struct facts *facts) {
    return code_run(&r->program, facts) == TRUTH_YES;
}
/* Its sentence with the values of these facts, cut to REASON_TEXT_SIZE_MAX; empty where `step` is full. */
struct str rule_sentence(const struct rule *r, const struct facts *facts, struct arena *step);
/* Sets up the example's facts. */
void example_apply(const struct example *e, struct example_facts *facts);
struct str effect_word(enum effect effect);

#endif
