// SPDX-License-Identifier: Apache-2.0
/* Reads a rule's file: what it says, when it fires, what follows, and the examples that prove it. */
#include "decide/rule.h"

#include <string.h>

#include "base/bounds.h"
#include "base/check.h"

struct reader {
    struct rule_compiler *compiler;
    struct lexer lexer;
    struct rule *rule;
};

struct str effect_word(enum effect effect) {
    switch (effect) {
    case EFFECT_ALLOW: return STR("allow");
    case EFFECT_CHALLENGE: return STR("challenge");
    case EFFECT_HOLD: return STR("hold");
    case EFFECT_DENY: return STR("deny");
    case EFFECT_TAKEOVER: return STR("takeover");
    }
    return STR_NONE;
}

static enum err full(struct reader *r) {
    return source_problem(r->lexer.p, ERR_FULL, &r->lexer.source, r->lexer.token.at, "shorten the policy", "no memory left for this rule");
}

/* ---- head --------------------------------------------------------------------------------------------------------------------------- */

static enum err read_name(struct reader *r) {
    struct lexer *l = &r->lexer;
    enum err err = lexer_expect(l, "rule");
    if (err) return err;
    if (l->token.kind != TOKEN_NAME) return lexer_expected(l, "the rule's name");
    struct str name = l->token.text, file = l->source.name;
    if (name.size > POLICY_NAME_SIZE_MAX) return lexer_problem(l, "", "the name has more than %d bytes", POLICY_NAME_SIZE_MAX);
    if (str_find_char(name, '.', 0) < name.size) return lexer_problem(l, "use '_'", "a rule's name has no '.'");
    if (!str_equal(str_slice(file, 0, file.size - STR(".rule").size), name))
        return lexer_problem(l, "name the file NAME.rule", "the rule '%.*s' is in the file '%.*s'", STR_ARGS(name), STR_ARGS(file));
    r->rule->name = name;
    return lexer_next(l);
}

static enum err read_head(struct reader *r) {
    struct lexer *l = &r->lexer;
    enum err err = read_name(r);
    if (!err) err = lexer_expect(l, "version");
    if (!err && l->token.kind != TOKEN_NUMBER) return lexer_expected(l, "the version, a number");
    r->rule->version = l->token.number;
    if (!err) err = lexer_next(l);
    if (!err) err = lexer_accept(l, "live", &r->rule->live);
    if (err || r->rule->live) return err;
    return lexer_at(l, "shadow") ? lexer_next(l) : lexer_expected(l, "'live' or 'shadow'");
}

/* ---- sentence ----------------------------------------------------------------------------------------------------------------------- */

/* The operand between the braces at `open` of the sentence; *close is where they end. */
static enum err read_placeholder(struct reader *r, struct str sentence, size_t open, size_t *close, const struct operand **out) {
    *close = str_find_char(sentence, '}', open);
    struct str name = str_slice(sentence, open + 1, *close);
    if (*close == sentence.size) return lexer_problem(&r->lexer, "write {name}", "'{' without '}' in the sentence");
    *out = operand_find(name);
    if (*out) return ERR_OK;
    struct nearest n;
    nearest_init(&n, name);
    operand_offer_all(&n);
    return lexer_problem(&r->lexer, nearest_hint(&n, "docs/reference/rules.md lists the names"), "unknown name '%.*s' in the sentence",
                         STR_ARGS(str_slice(name, 0, 64)));
}

static enum err split_sentence(struct reader *r, struct str sentence, struct part *parts, size_t *count) {
    for (size_t at = 0; at < sentence.size;) {
        if (*count + 2 > RULE_PARTS_MAX)
            return lexer_problem(&r->lexer, "leave some out", "more than %d values in the sentence", RULE_PARTS_MAX / 2);
        size_t open = str_find_char(sentence, '{', at), close;
        if (open > at) parts[(*count)++] = (struct part){.text = str_slice(sentence, at, open)};
        if (open == sentence.size) break;
        const struct operand *o;
        enum err err = read_placeholder(r, sentence, open, &close, &o);
        if (err) return err;
        parts[(*count)++] = (struct part){.operand = o};
        at = close + 1;
    }
    return ERR_OK;
}

static enum err read_sentence(struct reader *r) {
    struct lexer *l = &r->lexer;
    enum err err = lexer_expect(l, "because");
    if (err) return err;
    if (l->token.kind != TOKEN_TEXT || l->token.text.size == 0) return lexer_expected(l, "a sentence in quotes");
    if (l->token.text.size > RULE_SENTENCE_SIZE_MAX)
        return lexer_problem(l, "", "the sentence has more than %d bytes", RULE_SENTENCE_SIZE_MAX);
    struct part parts[RULE_PARTS_MAX];
    size_t count = 0;
    err = split_sentence(r, l->token.text, parts, &count);
    if (err) return err;
    struct part *kept = arena_take(r->compiler->memory, count * sizeof *kept);
    if (!kept) return full(r);
    memcpy(kept, parts, count * sizeof *kept);
    r->rule->parts = kept;
    r->rule->part_count = count;
    return lexer_next(l);
}

struct str rule_sentence(const struct rule *r, const struct facts *facts, struct arena *step) {
    char text[RULE_SENTENCE_SIZE_MAX + (RULE_PARTS_MAX / 2) * 512];
    struct buf b = buf_over(text, sizeof text); /* every field of an event fits */
    for (size_t i = 0; i < r->part_count; i++) {
        if (r->parts[i].operand) operand_write(r->parts[i].operand, facts, &b);
        else buf_text(&b, r->parts[i].text);
    }
    bool no_room = false;
    return arena_copy(step, str_clip(buf_str(&b), REASON_TEXT_SIZE_MAX), &no_room);
}

/* ---- condition and effect ----------------------------------------------------------------------------------------------------------- */

static enum err read_condition(struct reader *r) {
    struct rule_compiler *c = r->compiler;
    enum err err = lexer_expect(&r->lexer, "when");
    if (err) return err;
    arena_reset(&c->scratch);
    struct expr_reader expr = {.lexer = &r->lexer, .lists = &c->lists, .memory = &c->scratch};
    const struct node *condition;
    err = expr_read(&expr, &condition);
    if (err) return err;
    return code_compile(condition, &r->lexer.source, &c->code, &r->rule->program, c->p);
}

static enum err read_effect(struct reader *r) {
    struct lexer *l = &r->lexer;
    enum err err = lexer_expect(l, "then");
    if (err) return err;
    struct nearest n;
    nearest_init(&n, l->token.text);
    for (enum effect e = EFFECT_ALLOW; e <= EFFECT_TAKEOVER; e++) {
        r->rule->effect = e;
        if (l->token.kind == TOKEN_NAME && str_equal(l->token.text, effect_word(e))) return lexer_next(l);
        nearest_offer(&n, effect_word(e));
    }
    return lexer_problem(l, nearest_hint(&n, "one of: allow challenge hold deny takeover"), "'%.*s' is no effect",
                         STR_ARGS(str_slice(l->token.text, 0, 40)));
}

/* ---- examples ----------------------------------------------------------------------------------------------------------------------- */

static enum err read_value(struct reader *r, struct assignment *a) {
    struct lexer *l = &r->lexer;
    switch (a->operand->type) {
    case TYPE_BOOL:
        a->number = lexer_at(l, "yes");
        return lexer_at(l, "yes") || lexer_at(l, "no") ? lexer_next(l) : lexer_expected(l, "'yes' or 'no'");
    case TYPE_NUMBER: return expr_read_number(l, &a->number);
    case TYPE_TEXT:
    case TYPE_ADDRESS: a->text = l->token.text; return l->token.kind == TOKEN_TEXT ? lexer_next(l) : lexer_expected(l, "a text in quotes");
    }
    return ERR_OK;
}

static bool assign(const struct assignment *a, struct example_facts *facts) {
    switch (a->operand->type) {
    case TYPE_BOOL: return example_set_yes(facts, a->operand, a->number);
    case TYPE_NUMBER: return example_set_number(facts, a->operand, a->number);
    case TYPE_TEXT:
    case TYPE_ADDRESS: return example_set_text(facts, a->operand, a->text);
    }
    return false;
}

static enum err read_assignment(struct reader *r, struct assignment *a) {
    struct lexer *l = &r->lexer;
    *a = (struct assignment){0};
    enum err err = expr_read_operand(l, &a->operand);
    if (!err) err = lexer_expect(l, "=");
    size_t at = l->token.at;
    if (!err) err = read_value(r, a);
    if (err) return err;
    struct example_facts facts;
    example_facts_init(&facts);
    if (assign(a, &facts)) return ERR_OK;
    bool derived = a->operand->place == PLACE_GROUP;
    return source_problem(l->p, ERR_INVALID, &l->source, at, derived ? "set 'kind': the group follows from it" : "",
                          "'%.*s' cannot have this value", STR_ARGS(a->operand->name));
}

static enum err keep_assignments(struct reader *r, const struct assignment *from, size_t count, struct example *out) {
    struct rule_compiler *c = r->compiler;
    c->assignment_count += count;
    if (c->assignment_count > POLICY_ASSIGNMENTS_MAX)
        return lexer_problem(&r->lexer, "shorten them", "the examples of this policy are too many");
    struct assignment *kept = arena_take(c->memory, count * sizeof *kept);
    if (!kept) return full(r);
    memcpy(kept, from, count * sizeof *kept);
    out->assignments = kept;
    out->assignment_count = count;
    return ERR_OK;
}

/* Behind "example". */
static enum err read_example(struct reader *r, struct example *out) {
    struct lexer *l = &r->lexer;
    struct assignment assignments[RULE_ASSIGNMENTS_MAX];
    size_t count = 0;
    *out = (struct example){.at = l->token.at};
    enum err err = lexer_accept(l, "fires", &out->fires);
    if (!err && !out->fires) err = lexer_at(l, "quiet") ? lexer_next(l) : lexer_expected(l, "'fires' or 'quiet'");
    if (!err) err = lexer_expect(l, "{");
    for (bool more = true; !err && more;) {
        if (count == RULE_ASSIGNMENTS_MAX) return lexer_problem(l, "", "more than %d values in one example", RULE_ASSIGNMENTS_MAX);
        err = read_assignment(r, &assignments[count++]);
        if (!err) err = lexer_accept(l, ",", &more);
    }
    if (!err) err = lexer_expect(l, "}");
    return err ? err : keep_assignments(r, assignments, count, out);
}

static enum err read_examples(struct reader *r) {
    struct example examples[RULE_EXAMPLES_MAX];
    size_t count = 0;
    for (;;) {
        bool more;
        enum err err = lexer_accept(&r->lexer, "example", &more);
        if (err) return err;
        if (!more) break;
        if (count == RULE_EXAMPLES_MAX) return lexer_problem(&r->lexer, "", "more than %d examples", RULE_EXAMPLES_MAX);
        err = read_example(r, &examples[count++]);
        if (err) return err;
    }
    struct example *kept = arena_take(r->compiler->memory, count * sizeof *kept);
    if (!kept) return full(r);
    memcpy(kept, examples, count * sizeof *kept);
    r->rule->examples = kept;
    r->rule->example_count = count;
    return ERR_OK;
}

void example_apply(const struct example *e, struct example_facts *facts) {
    example_facts_init(facts);
    for (size_t i = 0; i < e->assignment_count; i++) CHECK(assign(&e->assignments[i], facts)); /* it was tried when it was read */
}

/* ------------------------------------------------------------------------------------------------------------------------------------- */

enum err rule_compile(struct rule_compiler *c, struct source source, struct rule *out) {
    *out = (struct rule){.source = source};
    struct reader r = {.compiler = c, .rule = out};
    enum err err = lexer_init(&r.lexer, source, c->memory, c->p);
    if (!err) err = read_head(&r);
    if (!err) err = read_sentence(&r);
    if (!err) err = read_condition(&r);
    if (!err) err = read_effect(&r);
    if (!err) err = read_examples(&r);
    if (err) return err;
    return r.lexer.token.kind == TOKEN_END ? ERR_OK : lexer_expected(&r.lexer, "'example' or the end of the file");
}
