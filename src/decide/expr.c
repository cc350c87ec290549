// SPDX-License-Identifier: Apache-2.0
/* Reads a rule's condition into a typed tree. */
#include "decide/expr.h"

#include <string.h>

#include "base/bounds.h"
#include "base/bundle.h"

static enum err read_condition(struct expr_reader *r, const struct node **out);

/* The kinds for which a test of `kind` or `group` against a text comes out so. Of any other test, and of the unknown, nothing is sure. */
static uint64_t kinds_where(const struct node *n, enum truth wanted) {
    bool is_kind = str_equal(n->left->operand->name, STR("kind")), is_group = n->left->operand->place == PLACE_GROUP;
    if ((!is_kind && !is_group) || n->right->kind != NODE_TEXT) return 0;
    uint64_t kinds = 0;
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        struct str word = is_kind ? kind_name((enum kind)k) : group_word(kind_group((enum kind)k));
        if (compare_texts(word, n->relation, n->right->text) == wanted) kinds |= UINT64_C(1) << k;
    }
    return kinds;
}

static void find_kinds(struct node *n) {
    if (n->kind == NODE_MATCH) n->yes_kinds = kinds_where(n, TRUTH_YES), n->no_kinds = kinds_where(n, TRUTH_NO);
    if (n->kind == NODE_NOT) n->yes_kinds = n->left->no_kinds, n->no_kinds = n->left->yes_kinds;
    if (n->kind == NODE_AND) n->yes_kinds = n->left->yes_kinds & n->right->yes_kinds, n->no_kinds = n->left->no_kinds | n->right->no_kinds;
    if (n->kind == NODE_OR) n->yes_kinds = n->left->yes_kinds | n->right->yes_kinds, n->no_kinds = n->left->no_kinds & n->right->no_kinds;
}

static enum err new_node(struct expr_reader *r, struct node n, const struct node **out) {
    const struct lexer *l = r->lexer;
    if (++r->node_count > RULE_NODES_MAX)
        return source_problem(l->p, ERR_TOO_LARGE, &l->source, n.at, "split the rule, or use a list",
                              "the condition has more than %d parts", RULE_NODES_MAX);
    struct node *node = arena_take(r->memory, sizeof *node);
    if (!node) return source_problem(l->p, ERR_FULL, &l->source, n.at, "shorten the policy", "no memory left for this condition");
    *node = n;
    find_kinds(node);
    *out = node;
    return ERR_OK;
}

static enum err type_problem(const struct expr_reader *r, size_t at, const char *fix, const char *what, enum type found) {
    return source_problem(r->lexer->p, ERR_INVALID, &r->lexer->source, at, fix, "%s, and this is %.*s", what, STR_ARGS(type_words(found)));
}

static enum err want(const struct expr_reader *r, const struct node *n, enum type type, const char *what) {
    if (n->type == type) return ERR_OK;
    const char *fix = type == TYPE_BOOL ? "compare it with something" : n->type == TYPE_BOOL ? "write it alone, or with 'not'" : "";
    return type_problem(r, n->at, fix, what, n->type);
}

/* ---- primaries ---------------------------------------------------------------------------------------------------------------------- */

enum err expr_read_operand(struct lexer *l, const struct operand **out) {
    if (l->token.kind != TOKEN_NAME) return lexer_expected(l, "a name");
    *out = operand_find(l->token.text);
    if (*out) return lexer_next(l);
    struct nearest n;
    nearest_init(&n, l->token.text);
    operand_offer_all(&n);
    return lexer_problem(l, nearest_hint(&n, "docs/reference/rules.md lists the names; texts need quotes"), "unknown name '%.*s'",
                         STR_ARGS(str_slice(l->token.text, 0, 64)));
}

enum err expr_read_number(struct lexer *l, int64_t *out) {
    bool negative;
    enum err err = lexer_accept(l, "-", &negative);
    if (err) return err;
    if (l->token.kind != TOKEN_NUMBER) return lexer_expected(l, "a number");
    *out = negative ? -l->token.number : l->token.number;
    return lexer_next(l);
}

static enum err read_known(struct expr_reader *r, size_t at, const struct node **out) {
    struct lexer *l = r->lexer;
    struct node n = {.kind = NODE_KNOWN, .type = TYPE_BOOL, .at = at};
    enum err err = lexer_expect(l, "(");
    size_t name_at = l->token.at;
    if (!err) err = expr_read_operand(l, &n.operand);
    if (!err && n.operand->type == TYPE_BOOL)
        return source_problem(l->p, ERR_INVALID, &l->source, name_at, "write it alone", "'%.*s' is always known",
                              STR_ARGS(n.operand->name));
    if (!err) err = lexer_expect(l, ")");
    return err ? err : new_node(r, n, out);
}

static enum err read_parenthesis(struct expr_reader *r, const struct node **out) {
    if (++r->nesting > RULE_NESTING_MAX)
        return source_problem(r->lexer->p, ERR_TOO_LARGE, &r->lexer->source, r->lexer->token.at, "split the rule",
                              "more than %d levels of nesting", RULE_NESTING_MAX);
    enum err err = read_condition(r, out);
    if (!err) err = lexer_expect(r->lexer, ")");
    r->nesting--;
    return err;
}

static enum err read_literal(struct expr_reader *r, const struct node **out) {
    struct lexer *l = r->lexer;
    struct node n = {.kind = NODE_TEXT, .type = TYPE_TEXT, .at = l->token.at, .text = l->token.text};
    enum err err;
    if (l->token.kind == TOKEN_TEXT) {
        if (n.text.size > RULE_LITERAL_SIZE_MAX) return lexer_problem(l, "", "text of more than %d bytes", RULE_LITERAL_SIZE_MAX);
        if (n.text.size == 0)
            return lexer_problem(l, "write 'not known(name)'", "nothing equals the empty text: what was not sent is unknown");
        err = lexer_next(l);
    } else {
        n.kind = NODE_NUMBER, n.type = TYPE_NUMBER;
        err = expr_read_number(l, &n.number);
    }
    return err ? err : new_node(r, n, out);
}

static enum err read_primary(struct expr_reader *r, const struct node **out) {
    struct lexer *l = r->lexer;
    size_t at = l->token.at;
    bool found;
    enum err err = lexer_accept(l, "(", &found);
    if (err) return err;
    if (found) return read_parenthesis(r, out);
    if (l->token.kind == TOKEN_NUMBER || l->token.kind == TOKEN_TEXT || lexer_at(l, "-")) return read_literal(r, out);
    err = lexer_accept(l, "known", &found);
    if (err) return err;
    if (found) return read_known(r, at, out);
    if (l->token.kind != TOKEN_NAME) return lexer_expected(l, "a name, a number, a text or '('");
    struct node n = {.kind = NODE_OPERAND, .at = at};
    err = expr_read_operand(l, &n.operand);
    if (err) return err;
    n.type = n.operand->type;
    return new_node(r, n, out);
}

/* ---- sums --------------------------------------------------------------------------------------------------------------------------- */

static enum err join_numbers(struct expr_reader *r, enum node_kind kind, const struct node *left, const struct node *right,
                             const struct node **out) {
    enum err err = want(r, left, TYPE_NUMBER, "only numbers can be added or multiplied");
    if (!err) err = want(r, right, TYPE_NUMBER, "only numbers can be added or multiplied");
    if (err) return err;
    return new_node(r, (struct node){.kind = kind, .type = TYPE_NUMBER, .at = left->at, .left = left, .right = right}, out);
}

static enum err read_product(struct expr_reader *r, const struct node **out) {
    enum err err = read_primary(r, out);
    bool more = !err;
    while (!err && more) {
        err = lexer_accept(r->lexer, "*", &more);
        const struct node *right;
        if (err || !more) break;
        err = read_primary(r, &right);
        if (!err) err = join_numbers(r, NODE_MULTIPLY, *out, right, out);
    }
    return err;
}

static enum err read_sum(struct expr_reader *r, const struct node **out) {
    enum err err = read_product(r, out);
    while (!err && (lexer_at(r->lexer, "+") || lexer_at(r->lexer, "-"))) {
        enum node_kind kind = lexer_at(r->lexer, "+") ? NODE_ADD : NODE_SUBTRACT;
        const struct node *right;
        err = lexer_next(r->lexer);
        if (!err) err = read_product(r, &right);
        if (!err) err = join_numbers(r, kind, *out, right, out);
    }
    return err;
}

/* ---- comparisons -------------------------------------------------------------------------------------------------------------------- */

static enum err join_compared(struct expr_reader *r, enum relation relation, const struct node *left, const struct node *right,
                              const struct node **out) {
    enum err err = want(r, left, TYPE_NUMBER, "a number is compared with numbers only");
    if (!err) err = want(r, right, TYPE_NUMBER, "a number is compared with numbers only");
    if (err) return err;
    struct node n = {.kind = NODE_COMPARE, .type = TYPE_BOOL, .relation = relation, .at = left->at, .left = left, .right = right};
    return new_node(r, n, out);
}

static enum err word_problem(struct expr_reader *r, const struct operand *o, const struct node *word) {
    struct nearest n;
    nearest_init(&n, word->text);
    operand_offer_words(o, &n);
    return source_problem(r->lexer->p, ERR_INVALID, &r->lexer->source, word->at,
                          nearest_hint(&n, "docs/reference/events.md lists the words"), "'%.*s' is never '%.*s'", STR_ARGS(o->name),
                          STR_ARGS(str_clip(word->text, 64)));
}

static enum err join_matched(struct expr_reader *r, enum relation relation, const struct node *left, const struct node *right,
                             const struct node **out) {
    enum err err = want(r, left, TYPE_TEXT, "a text is compared with texts only");
    if (!err) err = want(r, right, TYPE_TEXT, "a text is compared with texts only");
    if (err) return err;
    if (left->kind != NODE_OPERAND)
        return source_problem(r->lexer->p, ERR_INVALID, &r->lexer->source, left->at, "write the name first",
                              "two fixed texts are compared");
    bool equals = relation == IS_EQUAL || relation == IS_OTHER;
    if (equals && right->kind == NODE_TEXT && !operand_can_be(left->operand, right->text)) return word_problem(r, left->operand, right);
    struct node n = {.kind = NODE_MATCH, .type = TYPE_BOOL, .relation = relation, .at = left->at, .left = left, .right = right};
    return new_node(r, n, out);
}

static enum err compare(struct expr_reader *r, enum relation relation, const struct node *left, const struct node *right,
                        const struct node **out) {
    if (left->type == TYPE_ADDRESS || right->type == TYPE_ADDRESS)
        return type_problem(r, left->at, "put the address into a list", "addresses are looked up with 'in list.NAME' only", TYPE_ADDRESS);
    bool texts = left->type == TYPE_TEXT || (left->type == TYPE_BOOL && right->type == TYPE_TEXT);
    if (!texts) return join_compared(r, relation, left, right, out);
    if (relation != IS_EQUAL && relation != IS_OTHER)
        return type_problem(r, left->at, "use =, !=, starts, ends, contains or in", "only numbers have an order", TYPE_TEXT);
    return join_matched(r, relation, left, right, out);
}

static enum err join_truths(struct expr_reader *r, enum node_kind kind, const struct node *left, const struct node *right,
                            const struct node **out) {
    enum err err = want(r, left, TYPE_BOOL, "'and', 'or' and 'not' join what is yes or no");
    if (!err && right) err = want(r, right, TYPE_BOOL, "'and', 'or' and 'not' join what is yes or no");
    if (err) return err;
    return new_node(r, (struct node){.kind = kind, .type = TYPE_BOOL, .at = left->at, .left = left, .right = right}, out);
}

static enum err read_between(struct expr_reader *r, const struct node *left, const struct node **out) {
    const struct node *low, *high, *from, *to;
    enum err err = read_sum(r, &low);
    if (!err) err = lexer_expect(r->lexer, "and");
    if (!err) err = read_sum(r, &high);
    if (!err) err = join_compared(r, IS_MORE_OR_EQUAL, left, low, &from);
    if (!err) err = join_compared(r, IS_LESS_OR_EQUAL, left, high, &to);
    return err ? err : join_truths(r, NODE_AND, from, to, out);
}

static enum err read_set(struct expr_reader *r, const struct node *left, const struct node **out) {
    *out = NULL;
    for (bool more = true; more;) {
        const struct node *literal, *before = *out;
        enum err err = read_literal(r, &literal);
        if (!err) err = compare(r, IS_EQUAL, left, literal, out);
        if (!err && before) err = join_truths(r, NODE_OR, before, *out, out);
        if (!err) err = lexer_accept(r->lexer, ",", &more);
        if (err) return err;
    }
    return lexer_expect(r->lexer, "}");
}

static enum list_type list_type_for(enum type type) {
    return type == TYPE_ADDRESS ? LIST_NETWORKS : type == TYPE_TEXT ? LIST_TEXTS : LIST_NUMBERS;
}

static void offer_lists(struct str bundle, struct nearest *n) {
    struct source file;
    enum err err;
    while (bundle_next(&bundle, &file, &err)) {
        struct str name = list_name_of(file.name);
        if (name.size) nearest_offer(n, name);
    }
}

static enum err read_list(struct expr_reader *r, const struct node *left, const struct node **out) {
    struct lexer *l = r->lexer;
    if (left->kind != NODE_OPERAND || left->type == TYPE_BOOL)
        return type_problem(r, left->at, "", "only a number, text or address by name is looked up in a list", left->type);
    struct str name = str_slice(l->token.text, STR("list.").size, l->token.text.size);
    struct node n = {.kind = NODE_IN_LIST, .type = TYPE_BOOL, .at = left->at, .operand = left->operand};
    enum err err = lists_take(r->lists, name, list_type_for(left->type), &n.list, l->p);
    if (err == ERR_NOT_FOUND) {
        struct nearest near;
        nearest_init(&near, name);
        offer_lists(r->lists->bundle, &near);
        return lexer_problem(l, nearest_hint(&near, "write lists/NAME.txt, one entry a line"), "there is no list '%.*s'",
                             STR_ARGS(str_slice(name, 0, POLICY_NAME_SIZE_MAX)));
    }
    if (!err) err = lexer_next(l);
    return err ? err : new_node(r, n, out);
}

/* Behind "in". */
static enum err read_in(struct expr_reader *r, const struct node *left, const struct node **out) {
    bool set;
    enum err err = lexer_accept(r->lexer, "{", &set);
    if (err) return err;
    if (set) return read_set(r, left, out);
    if (r->lexer->token.kind == TOKEN_NAME && str_starts(r->lexer->token.text, STR("list."))) return read_list(r, left, out);
    return lexer_expected(r->lexer, "'{' or 'list.NAME'");
}

/* starts, ends, contains: the text on the right is fixed, so that the work is bounded by the field's size. */
static enum err read_part(struct expr_reader *r, enum relation relation, const struct node *left, const struct node **out) {
    if (r->lexer->token.kind != TOKEN_TEXT) return lexer_expected(r->lexer, "a text in quotes");
    const struct node *right;
    enum err err = read_literal(r, &right);
    return err ? err : join_matched(r, relation, left, right, out);
}

static enum err read_not_in(struct expr_reader *r, const struct node *left, const struct node **out) {
    const struct node *in;
    enum err err = lexer_expect(r->lexer, "in");
    if (!err) err = read_in(r, left, &in);
    return err ? err : join_truths(r, NODE_NOT, in, NULL, out);
}

static enum err read_comparison(struct expr_reader *r, const struct node **out) {
    static const char *const words[] = {"=", "!=", "<", "<=", ">", ">=", "starts", "ends", "contains"}; /* as enum relation */
    struct lexer *l = r->lexer;
    enum err err = read_sum(r, out);
    if (err) return err;
    const struct node *left = *out, *right;
    bool found;
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        err = lexer_accept(l, words[i], &found);
        if (err) return err;
        if (!found) continue;
        if (i >= STARTS) return read_part(r, (enum relation)i, left, out);
        err = read_sum(r, &right);
        return err ? err : compare(r, (enum relation)i, left, right, out);
    }
    err = lexer_accept(l, "between", &found);
    if (!err && found) return read_between(r, left, out);
    if (!err) err = lexer_accept(l, "in", &found);
    if (!err && found) return read_in(r, left, out);
    if (!err) err = lexer_accept(l, "not", &found);
    return err || !found ? err : read_not_in(r, left, out);
}

/* ---- and, or, not ------------------------------------------------------------------------------------------------------------------- */

static enum err read_negation(struct expr_reader *r, const struct node **out) {
    unsigned count = 0;
    for (bool found = true; found; count += found) {
        enum err err = lexer_accept(r->lexer, "not", &found);
        if (err) return err;
    }
    enum err err = read_comparison(r, out);
    for (; !err && count; count--) err = join_truths(r, NODE_NOT, *out, NULL, out);
    return err;
}

static enum err read_conjunction(struct expr_reader *r, const struct node **out) {
    enum err err = read_negation(r, out);
    while (!err && lexer_at(r->lexer, "and")) {
        const struct node *right;
        err = lexer_next(r->lexer);
        if (!err) err = read_negation(r, &right);
        if (!err) err = join_truths(r, NODE_AND, *out, right, out);
    }
    return err;
}

static enum err read_condition(struct expr_reader *r, const struct node **out) {
    enum err err = read_conjunction(r, out);
    while (!err && lexer_at(r->lexer, "or")) {
        const struct node *right;
        err = lexer_next(r->lexer);
        if (!err) err = read_conjunction(r, &right);
        if (!err) err = join_truths(r, NODE_OR, *out, right, out);
    }
    return err;
}

enum err expr_read(struct expr_reader *r, const struct node **out) {
    enum err err = read_condition(r, out);
    if (!err) err = want(r, *out, TYPE_BOOL, "a condition must be yes or no");
    if (err || (*out)->no_kinds != ALL_KINDS) return err;
    return source_problem(r->lexer->p, ERR_INVALID, &r->lexer->source, (*out)->at, "an event has one kind, and a kind one group",
                          "no kind of event can fulfil this condition");
}
