// SPDX-License-Identifier: Apache-2.0
/*
 * Reads learned models and walks their trees (docs/formats/model.md).
 *
 * Reading: the first line says which format, the last one the checksum of all before it; both are looked at before anything else, so that
 * what is told of a damaged file is that it is damaged. Trees are written in preorder, a leaf wherever it stands; they are read into
 * complete ones, in which such a leaf is repeated at the bottom.
 */
#include "score/model.h"

#include <string.h>

#include "base/bounds.h"
#include "base/bundle.h"
#include "base/check.h"
#include "base/crc32c.h"

#define LANES    8U
#define FIX      "train it anew with this version, or go on with the one before"
#define FIX_COPY "copy it anew from where it was made"

/* ---- walking ------------------------------------------------------------------------------------------------------------------------ */

/* In both copies of the row: what is absent is below all cuts in the first, above all in the second. */
static void set_value(int32_t values[2 * ROW_COUNT], unsigned column, int32_t value) {
    _Static_assert(ROW_ABSENT == INT32_MIN, "it is below all cuts as it is");
    values[column] = value;
    values[ROW_COUNT + column] = value == ROW_ABSENT ? INT32_MAX : value;
}

static void double_row(const struct row *row, int32_t values[2 * ROW_COUNT]) {
    for (unsigned i = 0; i < ROW_COUNT; i++) set_value(values, i, row->of[i]);
}

/* One step down in lane k, where at = i * LANES + k: to 2i + 1, or to 2i + 2. */
#define STEP(k) at##k = 2 * at##k + (LANES - k) + LANES * (uint32_t)(values[nodes[at##k].column] >= nodes[at##k].cut)
#define LEAF(k) leaves[at##k - bottom]

static int64_t sum_of(const struct model_trees *t, const int32_t values[2 * ROW_COUNT]) {
    uint32_t inner = (1U << t->depth) - 1, bottom = inner * LANES;
    const struct model_node *nodes = t->nodes;
    const int32_t *leaves = t->leaves;
    int64_t sum = 0;
    for (unsigned first = 0; first < t->count; first += LANES) {
        uint32_t at0 = 0, at1 = 1, at2 = 2, at3 = 3, at4 = 4, at5 = 5, at6 = 6, at7 = 7;
        for (unsigned level = 0; level < t->depth; level++) STEP(0), STEP(1), STEP(2), STEP(3), STEP(4), STEP(5), STEP(6), STEP(7);
        sum += (int64_t)LEAF(0) + LEAF(1) + LEAF(2) + LEAF(3) + LEAF(4) + LEAF(5) + LEAF(6) + LEAF(7);
        nodes += bottom;
        leaves += bottom + LANES;
    }
    return sum;
}

int64_t model_log_odds_nano(const struct model *m, const struct row *row) {
    CHECK(m->boosted.count);
    int32_t values[2 * ROW_COUNT];
    double_row(row, values);
    return m->base_nano + sum_of(&m->boosted, values);
}

static const struct model_trees *trees_of(const struct model *m, enum model_kind kind) {
    return kind == MODEL_BOOSTED ? &m->boosted : &m->isolation;
}

/* What a sum of leaves says. */
static int32_t milli_of(const struct model *m, enum model_kind kind, int64_t sum) {
    if (kind == MODEL_BOOSTED) return (int32_t)((m->base_nano + sum) / 1000000);
    return (int32_t)((m->mean_path_micro - sum / m->isolation.count) * 2 / 1000);
}

static int32_t ask(const struct model *m, enum model_kind kind, const struct row *row) {
    CHECK(trees_of(m, kind)->count);
    int32_t values[2 * ROW_COUNT];
    double_row(row, values);
    return milli_of(m, kind, sum_of(trees_of(m, kind), values));
}

int32_t model_log_odds_milli(const struct model *m, const struct row *row) {
    return ask(m, MODEL_BOOSTED, row);
}

int32_t model_isolation_milli(const struct model *m, const struct row *row) {
    return ask(m, MODEL_ISOLATION, row);
}

/* The leaf at which one tree ends; a bit is set in met[] for each column on the way, where met is wanted. */
static inline int32_t leaf_of(const struct model_trees *t, unsigned tree, const int32_t values[2 * ROW_COUNT],
                              uint64_t met[ROW_COUNT][MODEL_TREES_MAX / 64]) {
    size_t inner = (1U << t->depth) - 1, at = 0;
    const struct model_node *nodes = &t->nodes[tree / LANES * inner * LANES + tree % LANES];
    for (unsigned level = 0; level < t->depth; level++) {
        const struct model_node *n = &nodes[at * LANES];
        if (met) met[n->column < ROW_COUNT ? n->column : n->column - ROW_COUNT][tree / 64] |= UINT64_C(1) << tree % 64;
        at = 2 * at + 1 + (values[n->column] >= n->cut);
    }
    return t->leaves[(tree / LANES * (inner + 1) + at - inner) * LANES + tree % LANES];
}

void model_trace(const struct model *m, enum model_kind kind, const struct row *row, struct model_trace *out) {
    const struct model_trees *t = trees_of(m, kind);
    CHECK(t->count && t->count <= MODEL_TREES_MAX);
    out->model = m;
    out->kind = kind;
    out->sum = 0;
    double_row(row, out->values);
    memset(out->met, 0, sizeof out->met);
    for (unsigned tree = 0; tree < t->count; tree++) out->sum += out->leaves[tree] = leaf_of(t, tree, out->values, out->met);
}

int32_t model_trace_milli(const struct model_trace *trace, const struct row *row) {
    const struct model_trees *t = trees_of(trace->model, trace->kind);
    unsigned words = (t->count + 63) / 64;
    uint64_t touched[MODEL_TREES_MAX / 64] = {0};
    int32_t values[2 * ROW_COUNT];
    memcpy(values, trace->values, sizeof values);
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        if (row->of[i] == values[i]) continue;
        set_value(values, i, row->of[i]);
        for (unsigned w = 0; w < words; w++) touched[w] |= trace->met[i][w];
    }
    int64_t sum = trace->sum;
    for (unsigned w = 0; w < words; w++)
        for (uint64_t rest = touched[w]; rest; rest &= rest - 1) {
            unsigned tree = w * 64 + (unsigned)__builtin_ctzll(rest);
            sum += (int64_t)leaf_of(t, tree, values, NULL) - trace->leaves[tree];
        }
    return milli_of(trace->model, trace->kind, sum);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------------ */

struct reader {
    struct str rest; /* lines not read yet */
    unsigned line;   /* number of the last one read */
    struct arena *arena;
    struct problem *problem;
};

static enum err refuse(const struct reader *r, enum err err, const char *fix, const char *what, struct str shown) {
    char where[32];
    struct buf b = buf_over(where, sizeof where - 1);
    buf_fmt(&b, "line %u", r->line);
    where[b.size] = 0;
    struct str cut = str_clip(shown, 60);
    if (!cut.size) return problem_set(r->problem, err, where, fix, "%s", what);
    return problem_set(r->problem, err, where, fix, "%s: '%.*s'", what, STR_ARGS(cut));
}

/* What is wrong although the checksum is right was never written by us. */
static enum err malformed(const struct reader *r, const char *what, struct str shown) {
    return refuse(r, ERR_CORRUPT, FIX, what, shown);
}

static struct str next_line(struct reader *r) {
    r->line++;
    return str_cut(r->rest, '\n', &r->rest);
}

/* What follows "WORD " on the next line; false, and nothing read, where it is another line. */
static bool take(struct reader *r, struct str word, struct str *out) {
    struct str rest, line = str_cut(r->rest, '\n', &rest);
    if (!str_starts(line, word) || line.size <= word.size || line.at[word.size] != ' ') return false;
    *out = str_slice(line, word.size + 1, line.size);
    (void)next_line(r);
    return true;
}

static bool about_is_good(struct str about) {
    return about.size && about.size <= MODEL_ABOUT_SIZE_MAX && str_is_utf8(about) && !str_has_control(about);
}

/* The line that should come next is another. */
static enum err missing(struct reader *r, const char *what) {
    r->line++;
    return malformed(r, what, STR_NONE);
}

static enum err read_head(struct reader *r, struct model *m) {
    bool full = false;
    struct str name, about;
    if (!take(r, STR("name"), &name)) return missing(r, "no line that names the model");
    if (!model_name_is_good(name)) return malformed(r, "a name that is none", name);
    if (!take(r, STR("about"), &about)) return missing(r, "no line that says what it was made of");
    if (!about_is_good(about)) return malformed(r, "a line about it that is too long or no text", STR_NONE);
    m->name = arena_copy(r->arena, name, &full);
    m->about = arena_copy(r->arena, about, &full);
    return full ? refuse(r, ERR_FULL, "", "no memory for the model", STR_NONE) : ERR_OK;
}

static enum err read_columns(struct reader *r, struct model *m) {
    bool named[ROW_COUNT] = {false};
    struct str name;
    while (take(r, STR("column"), &name)) {
        unsigned column = 0;
        while (column < ROW_COUNT && !str_equal(name, str_from(row_name(column)))) column++;
        if (column == ROW_COUNT) return refuse(r, ERR_UNSUPPORTED, FIX, "it reads a column that this version does not have", name);
        if (named[column]) return malformed(r, "a column named twice", name);
        named[column] = true;
        m->columns[m->column_count++] = (uint16_t)column;
    }
    return m->column_count ? ERR_OK : missing(r, "no columns");
}

/* The whole number up to `separator`, or to the end where it is 0; *rest is what follows. */
static bool take_number(struct str *rest, char separator, int64_t min, int64_t max, int64_t *out) {
    size_t end = separator ? str_find_char(*rest, separator, 0) : rest->size;
    if (separator && end == rest->size) return false;
    bool ok = str_to_i64(str_slice(*rest, 0, end), out) && *out >= min && *out <= max;
    *rest = str_slice(*rest, end + (separator != 0), rest->size);
    return ok;
}

/* Trees that are being read. */
struct growth {
    const struct model *model; /* its columns */
    struct model_trees trees;
    struct model_node *nodes;
    int32_t *leaves;
    int64_t leaf_min, leaf_max;
};

static size_t place_of(unsigned tree, size_t nodes_each, size_t i) {
    return (tree / LANES * nodes_each + i) * LANES + tree % LANES;
}

/* A leaf at node i fills the bottom below it. */
static void set_leaf(struct growth *g, unsigned tree, size_t i, int32_t value) {
    size_t inner = (1U << g->trees.depth) - 1, first = i, last = i;
    while (first < inner) first = 2 * first + 1, last = 2 * last + 2;
    for (; first <= last; first++) g->leaves[place_of(tree, inner + 1, first - inner)] = value;
}

/* "COLUMN<CUTl" or "COLUMN<CUTr": where what is absent goes. */
static bool read_split(const struct growth *g, struct str token, struct model_node *out) {
    int64_t column, cut;
    char absent = token.size ? token.at[token.size - 1] : 0;
    struct str rest = str_slice(token, 0, token.size ? token.size - 1 : 0);
    if ((absent != 'l' && absent != 'r') || !take_number(&rest, '<', 0, g->model->column_count - 1, &column) ||
        !take_number(&rest, 0, -MODEL_CUT_MAX, MODEL_CUT_MAX, &cut))
        return false;
    *out = (struct model_node){(int32_t)cut, g->model->columns[column] + (absent == 'r' ? (uint32_t)ROW_COUNT : 0)};
    return true;
}

static enum err read_tree(const struct reader *r, struct growth *g, unsigned tree, struct str text) {
    size_t open[MODEL_DEPTH_MAX + 2], open_count = 0, inner = (1U << g->trees.depth) - 1;
    open[open_count++] = 0;
    while (text.size) {
        struct str token = str_cut(text, ' ', &text), value = str_slice(token, 1, token.size);
        int64_t leaf;
        if (!open_count) return malformed(r, "a tree goes on after its end", token);
        size_t i = open[--open_count];
        if (token.size && token.at[0] == '=') {
            if (!take_number(&value, 0, g->leaf_min, g->leaf_max, &leaf)) return malformed(r, "a leaf beyond all bounds", token);
            set_leaf(g, tree, i, (int32_t)leaf);
            continue;
        }
        if (i >= inner) return malformed(r, "a tree deeper than it says", token);
        if (!read_split(g, token, &g->nodes[place_of(tree, inner, i)])) return malformed(r, "neither a split nor a leaf", token);
        open[open_count++] = 2 * i + 2;
        open[open_count++] = 2 * i + 1;
    }
    return open_count ? malformed(r, "a tree ends before its last leaf", STR_NONE) : ERR_OK;
}

static enum err take_memory(const struct reader *r, struct growth *g) {
    size_t groups = (g->trees.count + LANES - 1) / LANES, inner = (1U << g->trees.depth) - 1;
    size_t node_bytes = groups * LANES * inner * sizeof *g->nodes, leaf_bytes = groups * LANES * (inner + 1) * sizeof *g->leaves;
    g->nodes = arena_take(r->arena, node_bytes);
    g->leaves = arena_take(r->arena, leaf_bytes);
    if (!g->nodes || !g->leaves) return refuse(r, ERR_FULL, "", "no memory for the model", STR_NONE);
    memset(g->nodes, 0, node_bytes);
    memset(g->leaves, 0, leaf_bytes);
    g->trees.nodes = g->nodes;
    g->trees.leaves = g->leaves;
    return ERR_OK;
}

/* "WORD TREES DEPTH NUMBER" and its trees; nothing where there is no such line. */
static enum err read_trees(struct reader *r, struct str word, int64_t number_max, struct growth *g, int64_t *number) {
    struct str head, text;
    if (!take(r, word, &head)) return ERR_OK;
    int64_t count, depth;
    if (!take_number(&head, ' ', 1, MODEL_TREES_MAX, &count) || !take_number(&head, ' ', 1, MODEL_DEPTH_MAX, &depth) ||
        !take_number(&head, 0, -number_max, number_max, number))
        return malformed(r, "trees, depth or number beyond all bounds", STR_NONE);
    g->trees.count = (unsigned)count;
    g->trees.depth = (unsigned)depth;
    enum err err = take_memory(r, g);
    for (unsigned tree = 0; tree < g->trees.count && !err; tree++) {
        if (!take(r, STR("tree"), &text)) return missing(r, "fewer trees than it says");
        err = read_tree(r, g, tree, text);
    }
    return err;
}

static enum err read_body(struct reader *r, struct model *m) {
    enum err err = read_head(r, m);
    if (!err) err = read_columns(r, m);
    if (err) return err;
    struct growth boosted = {.model = m, .leaf_min = INT32_MIN, .leaf_max = INT32_MAX};
    struct growth isolation = {.model = m, .leaf_min = 0, .leaf_max = MODEL_PATH_MAX};
    int64_t mean_path = 0;
    err = read_trees(r, STR("boosted"), MODEL_BASE_MAX, &boosted, &m->base_nano);
    if (!err) err = read_trees(r, STR("isolation"), MODEL_PATH_MAX, &isolation, &mean_path);
    if (err) return err;
    m->boosted = boosted.trees;
    m->isolation = isolation.trees;
    m->mean_path_micro = (int32_t)mean_path;
    if (isolation.trees.count && mean_path < 1) return malformed(r, "no mean length of a path", STR_NONE);
    if (r->rest.size) {
        struct str line = next_line(r);
        return malformed(r, "a line that does not belong here", line);
    }
    return m->boosted.count || m->isolation.count ? ERR_OK : malformed(r, "a model without trees", STR_NONE);
}

/* ---- the frame ---------------------------------------------------------------------------------------------------------------------- */

/* "crc32c XXXXXXXX\n" at the very end. */
#define CHECKSUM_SIZE 16U

static enum err read_checksum(struct reader *r, struct str *text, struct model *m) {
    char written[CHECKSUM_SIZE + 1];
    struct buf b = buf_over(written, sizeof written);
    struct str body = str_slice(*text, 0, text->size < CHECKSUM_SIZE ? 0 : text->size - CHECKSUM_SIZE);
    m->crc32c = crc32c(0, body.at, body.size);
    buf_fmt(&b, "crc32c %08x\n", m->crc32c);
    if (!str_equal(str_slice(*text, body.size, text->size), buf_str(&b)))
        return problem_set(r->problem, ERR_CORRUPT, "last line", FIX_COPY, "the model is damaged or cut off: its checksum is another");
    *text = body;
    return ERR_OK;
}

bool model_name_is_good(struct str name) {
    if (!name.size || name.size > MODEL_NAME_SIZE_MAX) return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.at[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
        if (!good) return false;
    }
    return true;
}

enum err model_read(struct str text, struct arena *a, const struct model **out, struct problem *p) {
    struct reader r = {.rest = text, .arena = a, .problem = p};
    struct str version = STR_NONE;
    if (text.size > MODEL_TEXT_SIZE_MAX)
        return problem_set(p, ERR_TOO_LARGE, "", "train it with fewer or smaller trees", "a model of more than %u bytes",
                           MODEL_TEXT_SIZE_MAX);
    if (!take(&r, STR("hikeshi model"), &version))
        return problem_set(p, ERR_INVALID, "line 1", "give a file that hikeshi train wrote", "it is no model of hikeshi");
    if (!str_equal(version, STR("1"))) return refuse(&r, ERR_UNSUPPORTED, FIX, "a model of another version of the format", version);
    struct model *m = arena_take(a, sizeof *m);
    if (!m) return refuse(&r, ERR_FULL, "", "no memory for the model", STR_NONE);
    *m = (struct model){0};
    enum err err = read_checksum(&r, &text, m);
    if (err) return err;
    r.rest = str_slice(text, (size_t)(r.rest.at - text.at), text.size);
    err = read_body(&r, m);
    if (!err) *out = m;
    return err;
}

struct str model_built_in(void) {
    struct source file;
    return bundle_find(model_bundle_built_in(), STR("default.model"), &file) ? file.text : STR_NONE;
}
