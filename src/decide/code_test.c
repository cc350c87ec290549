// SPDX-License-Identifier: Apache-2.0
/* Proves by random conditions that what is read, compiled and run means what a naive reading of it means. */
#include "decide/code.h"

#include "base/bundle.h"
#include "base/test.h"

/* ---- a naive language of trees ------------------------------------------------------------------------------------------------------ */

enum form {
    CONSTANT,
    NUMBER,
    YES,
    KNOWN,
    SUM,
    COMPARISON,
    BETWEEN,
    NUMBER_SET,
    KIND_TEST,
    TEXT_TEST,
    TEXT_SET,
    TWO_TEXTS,
    LISTED,
    NEGATION,
    JUNCTION
};

struct tree {
    enum form form;
    const char *sign; /* + - *, = != < ..., starts ..., and or */
    const struct operand *operand, *other;
    int64_t number[3];
    const char *word[3];
    const struct tree *side[3];
};

#define TREES_MAX 4096
static struct tree trees[TREES_MAX];
static size_t tree_count;
static uint64_t seed;

static unsigned roll(unsigned n) {
    return (unsigned)(test_random(&seed) % n);
}

static const char *const words[] = {"a", "ab", "abc", "b", "bab", "c d"};

static const struct operand *any_operand(enum type type) {
    for (;;) {
        const struct operand *o = &operands[roll((unsigned)operand_count)];
        if (o->type == type && (type != TYPE_TEXT || operand_can_be(o, STR("no word of any vocabulary")))) return o;
    }
}

static int64_t any_number(void) {
    static const int64_t extremes[] = {INT64_MAX, -INT64_MAX, INT64_MAX - 1, INT64_C(1) << 62, -(INT64_C(1) << 62), INT64_C(4000000000)};
    return roll(6) ? (int64_t)roll(9) - 4 : extremes[roll(6)];
}

static const struct tree *number_tree(unsigned depth) {
    struct tree *t = &trees[tree_count++];
    *t = (struct tree){.form = depth == 0 || roll(3) == 0 ? (roll(2) ? CONSTANT : NUMBER) : SUM};
    if (t->form == CONSTANT) t->number[0] = any_number();
    if (t->form == NUMBER) t->operand = any_operand(TYPE_NUMBER);
    if (t->form == SUM) {
        t->sign = (const char *const[]){"+", "-", "*"}[roll(3)];
        t->side[0] = number_tree(depth - 1);
        t->side[1] = number_tree(depth - 1);
    }
    return t;
}

static const struct tree *truth_tree(unsigned depth) {
    static const char *const compare[] = {"=", "!=", "<", "<=", ">", ">="}, *const match[] = {"=", "!=", "starts", "ends", "contains"};
    struct tree *t = &trees[tree_count++];
    static const enum form leaves[] = {KIND_TEST,  KIND_TEST, YES,      KNOWN,     COMPARISON, BETWEEN,
                                       NUMBER_SET, TEXT_TEST, TEXT_SET, TWO_TEXTS, LISTED};
    *t = (struct tree){.form = depth == 0 || roll(4) == 0 ? leaves[roll(11)] : roll(4) ? JUNCTION : NEGATION};
    for (int i = 0; i < 3; i++) t->number[i] = any_number(), t->word[i] = words[roll(6)];
    switch (t->form) {
    case YES: t->operand = any_operand(TYPE_BOOL); break;
    case KNOWN: t->operand = any_operand(roll(2) ? TYPE_NUMBER : TYPE_TEXT); break;
    case COMPARISON: t->sign = compare[roll(6)]; goto sides;
    case BETWEEN:
        t->side[2] = number_tree(1);
    sides:
        t->side[0] = number_tree(2), t->side[1] = number_tree(2);
        break;
    case NUMBER_SET: t->side[0] = number_tree(1); break;
    case KIND_TEST:
        t->operand = operand_find(roll(2) ? STR("kind") : STR("group"));
        t->sign = match[roll(5)];
        t->word[0] = (const char *const[]){"login", "value", "order_placed", "unknown", "other", "access"}[roll(6)];
        if (t->sign[0] == '=' || t->sign[0] == '!') t->word[0] = t->operand->place == PLACE_GROUP ? "value" : "login";
        break;
    case TEXT_TEST: t->sign = match[roll(5)]; /* fall through */
    case TEXT_SET: t->operand = any_operand(TYPE_TEXT); break;
    case TWO_TEXTS:
        t->sign = match[roll(2)];
        t->operand = any_operand(TYPE_TEXT), t->other = any_operand(TYPE_TEXT);
        break;
    case LISTED: t->operand = any_operand(roll(2) ? TYPE_TEXT : TYPE_NUMBER); break;
    case NEGATION: t->side[0] = truth_tree(depth - 1); break;
    case JUNCTION:
        t->sign = roll(2) ? "and" : "or";
        t->side[0] = truth_tree(depth - 1), t->side[1] = truth_tree(depth - 1);
        break;
    case CONSTANT:
    case NUMBER:
    case SUM: break;
    }
    return t;
}

/* Writes a tree with as few parentheses as its place allows, and now and then one too many. */
enum place { IN_OR, IN_AND, IN_NOT, IN_COMPARISON, IN_SUM, IN_PRODUCT, IN_PRIMARY };

static enum place binds(const struct tree *t) {
    switch (t->form) {
    case JUNCTION: return t->sign[0] == 'o' ? IN_OR : IN_AND;
    case NEGATION: return IN_NOT;
    case SUM: return t->sign[0] == '*' ? IN_PRODUCT : IN_SUM;
    case YES:
    case KNOWN:
    case NUMBER:
    case CONSTANT: return IN_PRIMARY;
    case COMPARISON:
    case BETWEEN:
    case NUMBER_SET:
    case KIND_TEST:
    case TEXT_TEST:
    case TEXT_SET:
    case TWO_TEXTS:
    case LISTED: return IN_COMPARISON;
    }
    return IN_PRIMARY;
}

static void print(struct buf *b, const struct tree *t, enum place place);

static void print_bare(struct buf *b, const struct tree *t) {
    const char *name = t->operand ? t->operand->name.at : "", *n = name;
    int size = t->operand ? (int)t->operand->name.size : 0;
    switch (t->form) {
    case CONSTANT: buf_i64(b, t->number[0]); break;
    case NUMBER:
    case YES: buf_fmt(b, "%.*s", size, n); break;
    case KNOWN: buf_fmt(b, "known(%.*s)", size, n); break;
    case SUM:
    case JUNCTION: {
        enum place here = binds(t);
        print(b, t->side[0], here);
        buf_fmt(b, " %s ", t->sign);
        print(b, t->side[1], here + 1); /* all join to the left */
        break;
    }
    case COMPARISON:
        print(b, t->side[0], IN_SUM);
        buf_fmt(b, " %s ", t->sign);
        print(b, t->side[1], IN_SUM);
        break;
    case BETWEEN:
        print(b, t->side[0], IN_SUM);
        buf_fmt(b, " between ");
        print(b, t->side[1], IN_SUM);
        buf_fmt(b, " and ");
        print(b, t->side[2], IN_SUM);
        break;
    case NUMBER_SET:
        print(b, t->side[0], IN_SUM);
        buf_fmt(b, " not in {%lld,%lld, %lld}", (long long)t->number[0], (long long)t->number[1], (long long)t->number[2]);
        break;
    case KIND_TEST:
    case TEXT_TEST: buf_fmt(b, "%.*s %s \"%s\"", size, n, t->sign, t->word[0]); break;
    case TEXT_SET: buf_fmt(b, "%.*s in {\"%s\", \"%s\", \"%s\"}", size, n, t->word[0], t->word[1], t->word[2]); break;
    case TWO_TEXTS: buf_fmt(b, "%.*s %s %.*s", size, n, t->sign, (int)t->other->name.size, t->other->name.at); break;
    case LISTED: buf_fmt(b, "%.*s in list.%s", size, n, t->operand->type == TYPE_TEXT ? "texts" : "numbers"); break;
    case NEGATION:
        buf_fmt(b, "not ");
        print(b, t->side[0], IN_NOT);
        break;
    }
}

static void print(struct buf *b, const struct tree *t, enum place place) {
    bool enclosed = binds(t) < place || roll(8) == 0;
    if (enclosed) buf_char(b, '(');
    print_bare(b, t);
    if (enclosed) buf_char(b, ')');
}

/* ---- its naive meaning -------------------------------------------------------------------------------------------------------------- */

struct value {
    bool known;
    int64_t number;
};

static struct value value_of(const struct operand *o, const struct facts *facts) {
    return (struct value){operand_known(o, facts), operand_number(o, facts)};
}

static struct value number_of(const struct tree *t, const struct facts *facts) {
    if (t->form == CONSTANT) return (struct value){true, t->number[0]};
    if (t->form == NUMBER) return value_of(t->operand, facts);
    struct value a = number_of(t->side[0], facts), b = number_of(t->side[1], facts);
    if (!a.known || !b.known) return (struct value){false, 0};
    __extension__ __int128 x = a.number, y = b.number, z = t->sign[0] == '+' ? x + y : t->sign[0] == '-' ? x - y : x * y;
    if (z > INT64_MAX) z = INT64_MAX;
    if (z < -INT64_MAX) z = -INT64_MAX;
    return (struct value){true, (int64_t)z};
}

static enum truth truth(bool known, bool yes) {
    return !known ? TRUTH_UNKNOWN : yes ? TRUTH_YES : TRUTH_NO;
}

static bool numbers_relate(int64_t a, const char *sign, int64_t b) {
    if (!strcmp(sign, "=")) return a == b;
    if (!strcmp(sign, "!=")) return a != b;
    if (!strcmp(sign, "<")) return a < b;
    if (!strcmp(sign, "<=")) return a <= b;
    return !strcmp(sign, ">") ? a > b : a >= b;
}

static bool texts_relate(const char *a, const char *sign, const char *b) {
    size_t m = strlen(a), n = strlen(b);
    if (!strcmp(sign, "=")) return !strcmp(a, b);
    if (!strcmp(sign, "!=")) return strcmp(a, b) != 0;
    if (!strcmp(sign, "contains")) return strstr(a, b) != NULL;
    return m >= n && !strncmp(!strcmp(sign, "starts") ? a : a + m - n, b, n);
}

static const char *text_of(const struct operand *o, const struct facts *facts, char out[64]) {
    (void)snprintf(out, 64, "%.*s", STR_ARGS(operand_text(o, facts)));
    return out;
}

static const enum truth and_table[3][3] = {
    {TRUTH_NO, TRUTH_NO, TRUTH_NO}, {TRUTH_NO, TRUTH_UNKNOWN, TRUTH_UNKNOWN}, {TRUTH_NO, TRUTH_UNKNOWN, TRUTH_YES}};
static const enum truth or_table[3][3] = {
    {TRUTH_NO, TRUTH_UNKNOWN, TRUTH_YES}, {TRUTH_UNKNOWN, TRUTH_UNKNOWN, TRUTH_YES}, {TRUTH_YES, TRUTH_YES, TRUTH_YES}};
static const enum truth not_table[3] = {TRUTH_YES, TRUTH_UNKNOWN, TRUTH_NO};

static enum truth truth_of(const struct tree *t, const struct facts *facts) {
    char left[64], right[64];
    struct value a, b, c;
    switch (t->form) {
    case YES: return truth(true, operand_yes(t->operand, facts));
    case KNOWN: return truth(true, operand_known(t->operand, facts));
    case COMPARISON:
        a = number_of(t->side[0], facts), b = number_of(t->side[1], facts);
        return truth(a.known && b.known, numbers_relate(a.number, t->sign, b.number));
    case BETWEEN:
        a = number_of(t->side[0], facts), b = number_of(t->side[1], facts), c = number_of(t->side[2], facts);
        return and_table[truth(a.known && b.known, a.number >= b.number)][truth(a.known && c.known, a.number <= c.number)];
    case NUMBER_SET:
        a = number_of(t->side[0], facts);
        return truth(a.known, a.number != t->number[0] && a.number != t->number[1] && a.number != t->number[2]);
    case KIND_TEST: return truth(true, texts_relate(text_of(t->operand, facts, left), t->sign, t->word[0]));
    case TEXT_TEST: return truth(operand_known(t->operand, facts), texts_relate(text_of(t->operand, facts, left), t->sign, t->word[0]));
    case TEXT_SET:
        text_of(t->operand, facts, left);
        return truth(operand_known(t->operand, facts), !strcmp(left, t->word[0]) || !strcmp(left, t->word[1]) || !strcmp(left, t->word[2]));
    case TWO_TEXTS:
        return truth(operand_known(t->operand, facts) && operand_known(t->other, facts),
                     texts_relate(text_of(t->operand, facts, left), t->sign, text_of(t->other, facts, right)));
    case LISTED: /* the lists below */
        if (!operand_known(t->operand, facts)) return TRUTH_UNKNOWN;
        if (t->operand->type == TYPE_NUMBER)
            return truth(true, operand_number(t->operand, facts) >= 0 && operand_number(t->operand, facts) <= 2);
        text_of(t->operand, facts, left);
        return truth(true, !strcmp(left, "ab") || !strcmp(left, "c d"));
    case NEGATION: return not_table[truth_of(t->side[0], facts)];
    case JUNCTION: return (t->sign[0] == 'a' ? and_table : or_table)[truth_of(t->side[0], facts)][truth_of(t->side[1], facts)];
    case CONSTANT:
    case NUMBER:
    case SUM: break;
    }
    return TRUTH_UNKNOWN;
}

/* ---- the proof ---------------------------------------------------------------------------------------------------------------------- */

static const char bundle[] = "=== lists/texts.txt\n# two\nc d\n  ab # here\n=== lists/numbers.txt\n2\n0\n1\n0\n";

static void any_facts(struct example_facts *f) {
    example_facts_init(f);
    (void)example_set_text(f, operand_find(STR("kind")), kind_name((enum kind)roll(KIND_COUNT)));
    for (size_t i = 0; i < operand_count; i++) {
        if (roll(4) == 0) continue;
        if (operands[i].type == TYPE_BOOL) (void)example_set_yes(f, &operands[i], roll(2));
        if (operands[i].type == TYPE_NUMBER) (void)example_set_number(f, &operands[i], any_number());
        if (operands[i].type == TYPE_TEXT) (void)example_set_text(f, &operands[i], str_from(words[roll(6)]));
    }
}

static _Alignas(16) char memory[1 << 20];
static struct instruction room[RULE_NODES_MAX * 2];

/* Compiles the text of a condition as a rule's would be. */
static enum err compile(struct str text, struct program *out, const struct node **tree, struct problem *p) {
    struct arena arena = arena_over(memory, sizeof memory);
    struct lexer lexer;
    struct lists lists = {.bundle = {bundle, sizeof bundle - 1}, .memory = &arena};
    struct expr_reader reader = {.lexer = &lexer, .lists = &lists, .memory = &arena};
    struct code_pool pool = {room, 0, sizeof room / sizeof room[0]};
    struct source source = {STR("x.rule"), text};
    enum err err = lexer_init(&lexer, source, &arena, p);
    if (!err) err = expr_read(&reader, tree);
    if (!err && lexer.token.kind != TOKEN_END) err = lexer_expected(&lexer, "the end");
    return err ? err : code_compile(*tree, &source, &pool, out, p);
}

TEST(random_conditions_mean_what_they_say) {
    static struct example_facts facts;
    unsigned fired[3] = {0}, compiled = 0;
    for (uint64_t start = 1; start <= 3000; start++) {
        seed = start * 7919, tree_count = 0;
        const struct tree *t = truth_tree(1 + roll(5));
        char text[65536];
        struct buf b = buf_over(text, sizeof text);
        print(&b, t, IN_OR);
        struct program program;
        const struct node *tree;
        struct problem p = {0};
        enum err err = compile(buf_str(&b), &program, &tree, &p);
        if (err == ERR_TOO_LARGE || strcmp(p.what, "no kind of event can fulfil this condition") == 0) continue;
        EXPECT_EQ(err, ERR_OK);
        if (err) {
            printf("seed %llu: %.*s\n%s: %s\n", (unsigned long long)start, STR_ARGS(buf_str(&b)), p.where, p.what);
            return;
        }
        compiled++;
        for (int i = 0; i < 8; i++) {
            any_facts(&facts);
            enum truth want = truth_of(t, &facts.facts), got = code_run(&program, &facts.facts);
            fired[want]++;
            EXPECT_EQ(got, want);
            if (got == want) continue;
            printf("seed %llu: %.*s\n", (unsigned long long)start, STR_ARGS(buf_str(&b)));
            return;
        }
    }
    EXPECT(compiled > 2500);
    EXPECT(fired[TRUTH_NO] > 3000 && fired[TRUTH_UNKNOWN] > 1000 && fired[TRUTH_YES] > 3000); /* the proof looked at all three */
}

/* Tests of the kind are settled when the rule is compiled: for which kinds it can fire, and what is left to test for those. */
TEST(the_kind_is_settled_beforehand) {
    static const struct {
        const char *condition;
        unsigned kinds, instructions;
    } cases[] = {
        {"kind = \"login\" and score > 3", 1, 3},
        {"kind in {\"login\", \"logout\"} and new_asn", 2, 1},
        {"new_asn and (kind = \"login\" or kind = \"logout\")", 2, 1},
        {"group = \"value\"", 11, 1},
        {"not (group = \"value\" or kind = \"login\") and new_asn", KIND_COUNT - 12, 1},
        {"kind = \"login\" and score > 3 or new_asn", KIND_COUNT, 9},
        {"known(kind) and kind starts \"order\"", 2, 1},
        {"kind = outcome", KIND_COUNT, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct program program;
        const struct node *tree;
        struct problem p;
        EXPECT_EQ(compile(str_from(cases[i].condition), &program, &tree, &p), ERR_OK);
        EXPECT_EQ(__builtin_popcountll(program.kinds), cases[i].kinds);
        EXPECT_EQ(program.size, cases[i].instructions);
    }
    struct program program;
    const struct node *tree;
    struct problem p;
    EXPECT_EQ(compile(STR("kind = \"login\" and new_ip and group = \"value\""), &program, &tree, &p), ERR_INVALID);
    EXPECT_STR(str_from(p.what), STR("no kind of event can fulfil this condition"));
}

TEST(bounds_are_refused_not_crossed) {
    struct program program;
    const struct node *tree;
    struct problem p;
    static char text[40000];
    struct buf b = buf_over(text, sizeof text);
    for (int i = 0; i < 30; i++) buf_char(&b, '(');
    EXPECT_EQ(compile(buf_str(&b), &program, &tree, &p), ERR_TOO_LARGE);
    buf_reset(&b);
    for (int i = 0; i < 600; i++) buf_text(&b, STR("new_ip or "));
    buf_text(&b, STR("new_ip"));
    EXPECT_EQ(compile(buf_str(&b), &program, &tree, &p), ERR_TOO_LARGE);
    /* each level leaves two numbers waiting: 20 levels are read, but need a stack of 41 */
    buf_reset(&b);
    buf_text(&b, STR("score = "));
    for (int i = 0; i < 20; i++) buf_text(&b, STR("1 + 1 * ("));
    buf_char(&b, '1');
    for (int i = 0; i < 20; i++) buf_char(&b, ')');
    EXPECT_EQ(compile(buf_str(&b), &program, &tree, &p), ERR_TOO_LARGE);
    EXPECT(strcmp(p.what, "the condition is nested too deeply") == 0);
    buf_reset(&b);
    for (int i = 0; i < 200; i++) buf_text(&b, STR("not "));
    buf_text(&b, STR("new_ip"));
    EXPECT_EQ(compile(buf_str(&b), &program, &tree, &p), ERR_OK);
}

int main(void) {
    RUN(random_conditions_mean_what_they_say);
    RUN(the_kind_is_settled_beforehand);
    RUN(bounds_are_refused_not_crossed);
    return test_end();
}
