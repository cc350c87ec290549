// SPDX-License-Identifier: Apache-2.0
/* Turns a condition into a program, and runs it. */
#include "decide/code.h"

#include <string.h>

#include "base/bounds.h"
#include "base/check.h"

/* ---- compiling ---------------------------------------------------------------------------------------------------------------------- */

struct emitter {
    struct code_pool *pool;
    uint64_t kinds;                /* for which it will be run */
    size_t first;                  /* of this program */
    unsigned depth, depth_reached; /* of the stack, after the last instruction; at most */
    bool full;
};

static void emit(struct emitter *e, struct instruction i, int pushes) {
    if (e->pool->size == e->pool->capacity || e->pool->size - e->first == RULE_NODES_MAX * 2) {
        e->full = true;
        return;
    }
    e->pool->code[e->pool->size++] = i;
    e->depth += (unsigned)pushes;
    if (e->depth > e->depth_reached) e->depth_reached = e->depth;
}

static uint16_t index_of(const struct operand *o) {
    return (uint16_t)(o - operands);
}

static void emit_operand(struct emitter *e, const struct operand *o) {
    bool yes = o->type == TYPE_BOOL;
    if (yes && o->place == PLACE_FEATURE) emit(e, (struct instruction){.op = OP_FEATURE_YES, .operand = o->at}, 1);
    else emit(e, (struct instruction){.op = yes ? OP_YES : OP_NUMBER, .operand = index_of(o)}, 1);
}

static void emit_node(struct emitter *e, const struct node *n);

static void emit_both(struct emitter *e, const struct node *n, enum op op) {
    emit_node(e, n->left);
    emit_node(e, n->right);
    emit(e, (struct instruction){.op = (uint8_t)op, .relation = (uint8_t)n->relation}, -1);
}

static void emit_compare(struct emitter *e, const struct node *n) {
    bool simple = n->left->kind == NODE_OPERAND && n->left->operand->place == PLACE_FEATURE && n->right->kind == NODE_NUMBER;
    if (!simple) {
        emit_both(e, n, OP_COMPARE);
        return;
    }
    struct instruction i = {.op = OP_FEATURE_COMPARE, .relation = (uint8_t)n->relation, .operand = n->left->operand->at};
    i.number = n->right->number;
    emit(e, i, 1);
}

static void emit_match(struct emitter *e, const struct node *n) {
    struct instruction i = {.op = OP_MATCH, .relation = (uint8_t)n->relation, .operand = index_of(n->left->operand)};
    if (n->right->kind == NODE_OPERAND) i.op = OP_MATCH_OPERANDS, i.other = index_of(n->right->operand);
    else if (n->left->operand->place == PLACE_FEATURE) i.op = OP_FEATURE_MATCH, i.operand = n->left->operand->at;
    if (n->right->kind == NODE_TEXT) i.text = n->right->text.at, i.other = (uint16_t)n->right->text.size;
    emit(e, i, 1);
}

static void emit_in_list(struct emitter *e, const struct node *n) {
    enum op op = n->operand->type == TYPE_ADDRESS ? OP_IN_NETWORKS : n->operand->type == TYPE_TEXT ? OP_IN_TEXTS : OP_IN_NUMBERS;
    struct instruction i = {.op = (uint8_t)op, .operand = index_of(n->operand)};
    i.list = n->list;
    emit(e, i, 1);
}

/* Is a truth the same for every kind that the program will be run for? */
static bool always(const struct emitter *e, uint64_t kinds) {
    return (kinds & e->kinds) == e->kinds;
}

/* Where the left side settles the matter, the right one is not run: its value and the joining instruction are skipped. */
static void emit_joined(struct emitter *e, const struct node *n) {
    bool is_and = n->kind == NODE_AND;
    if (always(e, is_and ? n->left->yes_kinds : n->left->no_kinds)) {
        emit_node(e, n->right);
        return;
    }
    if (always(e, is_and ? n->right->yes_kinds : n->right->no_kinds)) {
        emit_node(e, n->left);
        return;
    }
    emit_node(e, n->left);
    size_t at = e->pool->size;
    emit(e, (struct instruction){.op = is_and ? OP_SKIP_IF_NO : OP_SKIP_IF_YES}, 0);
    emit_node(e, n->right);
    emit(e, (struct instruction){.op = is_and ? OP_AND : OP_OR}, -1);
    if (!e->full) e->pool->code[at].skip = (uint16_t)(e->pool->size - at - 1);
}

static void emit_node(struct emitter *e, const struct node *n) {
    if (always(e, n->yes_kinds) || always(e, n->no_kinds)) {
        emit(e, (struct instruction){.op = OP_CONSTANT, .number = always(e, n->yes_kinds) ? TRUTH_YES : TRUTH_NO}, 1);
        return;
    }
    switch (n->kind) {
    case NODE_NUMBER: emit(e, (struct instruction){.op = OP_CONSTANT, .number = n->number}, 1); break;
    case NODE_TEXT: CHECK(false); break; /* only ever the right side of NODE_MATCH */
    case NODE_OPERAND: emit_operand(e, n->operand); break;
    case NODE_KNOWN: emit(e, (struct instruction){.op = OP_KNOWN, .operand = index_of(n->operand)}, 1); break;
    case NODE_ADD: emit_both(e, n, OP_ADD); break;
    case NODE_SUBTRACT: emit_both(e, n, OP_SUBTRACT); break;
    case NODE_MULTIPLY: emit_both(e, n, OP_MULTIPLY); break;
    case NODE_COMPARE: emit_compare(e, n); break;
    case NODE_MATCH: emit_match(e, n); break;
    case NODE_IN_LIST: emit_in_list(e, n); break;
    case NODE_NOT:
        emit_node(e, n->left);
        emit(e, (struct instruction){.op = OP_NOT}, 0);
        break;
    case NODE_AND:
    case NODE_OR: emit_joined(e, n); break;
    }
}

/* A jump that lands on a jump goes on to where that one would: a long `and` is left with one jump. */
static void thread_jumps(struct instruction *code, size_t size) {
    for (size_t i = size; i-- > 0;) {
        if (code[i].op != OP_SKIP_IF_NO && code[i].op != OP_SKIP_IF_YES) continue;
        for (size_t to = i + 1 + code[i].skip; to < size; to = i + 1 + code[i].skip) {
            if (code[to].op != OP_SKIP_IF_NO && code[to].op != OP_SKIP_IF_YES) break;
            code[i].skip = (uint16_t)(code[i].skip + 1 + (code[to].op == code[i].op ? code[to].skip : 0));
        }
    }
}

enum err code_compile(const struct node *n, const struct source *source, struct code_pool *pool, struct program *out, struct problem *p) {
    struct emitter e = {.pool = pool, .kinds = ALL_KINDS & ~n->no_kinds, .first = pool->size};
    emit_node(&e, n);
    if (e.full || e.depth_reached > RULE_STACK_MAX) {
        pool->size = e.first;
        return source_problem(p, ERR_TOO_LARGE, source, n->at, "split the rule", "%s",
                              e.full ? "the rules of this policy are too long" : "the condition is nested too deeply");
    }
    CHECK(e.depth == 1);
    thread_jumps(pool->code + e.first, pool->size - e.first);
    *out = (struct program){pool->code + e.first, pool->size - e.first, e.kinds};
    return ERR_OK;
}

/* ---- running ------------------------------------------------------------------------------------------------------------------------ */

/* Sums that do not fit become the nearest number that does, so that "x * 100 > 5" stays true; unknown stays unknown. */
static int64_t calculate(enum op op, int64_t a, int64_t b) {
    if (a == FEATURE_NONE || b == FEATURE_NONE) return FEATURE_NONE;
    int64_t result;
    bool negative = op == OP_MULTIPLY ? (a < 0) != (b < 0) : a < 0; /* the sign of what does not fit */
    bool overflow = op == OP_ADD        ? __builtin_add_overflow(a, b, &result)
                    : op == OP_SUBTRACT ? __builtin_sub_overflow(a, b, &result)
                                        : __builtin_mul_overflow(a, b, &result);
    if (overflow) return negative ? FEATURE_NONE + 1 : INT64_MAX;
    return result == FEATURE_NONE ? FEATURE_NONE + 1 : result;
}

static const void *feature(const struct instruction *i, const struct facts *facts) {
    return (const char *)facts->features + i->operand;
}

static enum truth look_up(const struct instruction *i, const struct operand *o, const struct facts *facts) {
    if (!operand_known(o, facts)) return TRUTH_UNKNOWN;
    bool found = i->op == OP_IN_NETWORKS ? list_has_address(i->list, operand_address(facts))
                 : i->op == OP_IN_TEXTS  ? list_has_text(i->list, operand_text(o, facts))
                                         : list_has_number(i->list, operand_number(o, facts));
    return found ? TRUTH_YES : TRUTH_NO;
}

/* Texts are mostly compared for being equal, and mostly differ in size. */
static enum truth match_feature(const struct instruction *i, const struct facts *facts) {
    struct str text = *(const struct str *)feature(i, facts), wanted = {i->text, i->other};
    if (i->relation > IS_OTHER || text.size == 0) return compare_texts(text, (enum relation)i->relation, wanted);
    bool equal = text.size == wanted.size && memcmp(text.at, wanted.at, wanted.size) == 0;
    return equal == (i->relation == IS_EQUAL) ? TRUTH_YES : TRUTH_NO;
}

enum truth code_run(const struct program *program, const struct facts *facts) {
    if (!(program->kinds >> facts->features->event->kind & 1)) return TRUTH_NO;
    int64_t stack[RULE_STACK_MAX + 1]; /* the first is never used: `top` points there while the stack is empty */
    int64_t *top = stack;
    const struct instruction *end = program->code + program->size;
    for (const struct instruction *i = program->code; i < end; i++) {
        switch ((enum op)i->op) {
        case OP_CONSTANT: *++top = i->number; break;
        case OP_NUMBER: *++top = operand_number(&operands[i->operand], facts); break;
        case OP_YES: *++top = operand_yes(&operands[i->operand], facts) ? TRUTH_YES : TRUTH_NO; break;
        case OP_FEATURE_YES: *++top = *(const bool *)feature(i, facts) ? TRUTH_YES : TRUTH_NO; break;
        case OP_KNOWN: *++top = operand_known(&operands[i->operand], facts) ? TRUTH_YES : TRUTH_NO; break;
        case OP_ADD:
        case OP_SUBTRACT:
        case OP_MULTIPLY:
            top--;
            *top = calculate((enum op)i->op, top[0], top[1]);
            break;
        case OP_COMPARE:
            top--;
            *top = compare_numbers(top[0], (enum relation)i->relation, top[1]);
            break;
        case OP_FEATURE_COMPARE:
            *++top = compare_numbers(*(const int64_t *)feature(i, facts), (enum relation)i->relation, i->number);
            break;
        case OP_MATCH:
            *++top = compare_texts(operand_text(&operands[i->operand], facts), (enum relation)i->relation, (struct str){i->text, i->other});
            break;
        case OP_FEATURE_MATCH: *++top = match_feature(i, facts); break;
        case OP_MATCH_OPERANDS:
            *++top = compare_texts(operand_text(&operands[i->operand], facts), (enum relation)i->relation,
                                   operand_text(&operands[i->other], facts));
            break;
        case OP_IN_NETWORKS:
        case OP_IN_TEXTS:
        case OP_IN_NUMBERS: *++top = look_up(i, &operands[i->operand], facts); break;
        case OP_NOT: *top = TRUTH_YES - *top; break;
        case OP_AND:
            top--;
            if (top[1] < *top) *top = top[1];
            break;
        case OP_OR:
            top--;
            if (top[1] > *top) *top = top[1];
            break;
        case OP_SKIP_IF_NO:
            if (*top == TRUTH_NO) i += i->skip;
            break;
        case OP_SKIP_IF_YES:
            if (*top == TRUTH_YES) i += i->skip;
            break;
        }
    }
    return (enum truth) * top;
}
