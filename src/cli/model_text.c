// SPDX-License-Identifier: Apache-2.0
/* Writes trained trees as the text of a model. */
#include "cli/model_text.h"

#include <math.h>

#include "base/bounds.h"
#include "base/check.h"
#include "base/crc32c.h"

/* One node of either kind of tree, in whole numbers. */
struct node {
    bool is_leaf, absent_left;
    unsigned column;
    int64_t number; /* the cut, or what the leaf holds */
    uint32_t left, right;
};

/* Trees to be written, whichever they are. */
struct source {
    const struct model_parts *parts;
    bool is_isolation;
    unsigned tree;
};

/* x < t is x < ceil(t) where x is whole; a cut beyond all rows stays beyond them. */
static int64_t whole_cut(double cut) {
    double whole = ceil(cut), most = (double)MODEL_CUT_MAX;
    return (int64_t)(whole < -most ? -most : whole > most ? most : whole);
}

static struct node boosted_node(const struct trees *t, uint32_t at) {
    const struct trees_node *n = &t->nodes[at];
    if (!n->left) return (struct node){.is_leaf = true, .number = llround((double)n->value * 1e9)};
    return (struct node){false, n->absent_left != 0, n->column, whole_cut((double)n->value), n->left, n->right};
}

static struct node isolation_node(const struct forest_node *nodes, uint32_t at, unsigned depth) {
    const struct forest_node *n = &nodes[at];
    if (!n->left) return (struct node){.is_leaf = true, .number = llround((depth + forest_mean_path(n->size)) * 1e6)};
    return (struct node){false, false, n->column, whole_cut((double)n->cut), n->left, n->left + 1U};
}

static struct node node_of(const struct source *s, uint32_t at, unsigned depth) {
    if (s->is_isolation) return isolation_node(s->parts->isolation->nodes[s->tree], at, depth);
    return boosted_node(s->parts->boosted, at);
}

static uint32_t root_of(const struct source *s) {
    return s->is_isolation ? 0 : s->parts->boosted->roots[s->tree];
}

/* Called with each node of a tree in preorder; false stops the walk. */
typedef bool visit_node(const struct node *n, unsigned depth, void *context);

static bool walk_tree(const struct source *s, visit_node *visit, void *context) {
    struct {
        uint32_t at;
        unsigned depth;
    } open[64];
    unsigned open_count = 0;
    open[open_count].at = root_of(s);
    open[open_count++].depth = 0;
    while (open_count) {
        uint32_t at = open[--open_count].at;
        unsigned depth = open[open_count].depth;
        struct node n = node_of(s, at, depth);
        if (depth > MODEL_DEPTH_MAX || !visit(&n, depth, context)) return false;
        if (n.is_leaf) continue;
        open[open_count].at = n.right;
        open[open_count++].depth = depth + 1;
        open[open_count].at = n.left;
        open[open_count++].depth = depth + 1;
    }
    return true;
}

static unsigned count_of(const struct source *s) {
    if (s->is_isolation) return s->parts->isolation ? s->parts->isolation->tree_count : 0;
    return s->parts->boosted ? (unsigned)s->parts->boosted->count : 0;
}

/* What must be known of all trees before the first is written. */
struct census {
    bool used[ROW_COUNT];
    unsigned depth[2]; /* by is_isolation */
    unsigned kind;
    unsigned number[ROW_COUNT]; /* in the file */
};

static bool count_node(const struct node *n, unsigned depth, void *context) {
    struct census *c = context;
    if (depth > c->depth[c->kind]) c->depth[c->kind] = depth;
    if (n->is_leaf) return c->kind ? n->number <= MODEL_PATH_MAX : n->number >= INT32_MIN && n->number <= INT32_MAX;
    CHECK(n->column < ROW_COUNT);
    c->used[n->column] = true;
    return true;
}

struct writing {
    const struct census *census;
    struct buf *out;
};

static bool write_node(const struct node *n, unsigned depth, void *context) {
    const struct writing *w = context;
    (void)depth;
    if (n->is_leaf) buf_fmt(w->out, " =%lld", (long long)n->number);
    else buf_fmt(w->out, " %u<%lld%c", w->census->number[n->column], (long long)n->number, n->absent_left ? 'l' : 'r');
    return true;
}

static bool for_all(struct source *s, visit_node *visit, void *context) {
    for (s->tree = 0; s->tree < count_of(s); s->tree++)
        if (!walk_tree(s, visit, context)) return false;
    return true;
}

static void write_trees(struct source *s, const struct census *c, struct buf *out) {
    struct writing w = {c, out};
    unsigned depth = c->depth[s->is_isolation] ? c->depth[s->is_isolation] : 1;
    if (!count_of(s)) return;
    double number = s->is_isolation ? forest_mean_path(s->parts->isolation->sample) * 1e6 : (double)s->parts->boosted->base * 1e9;
    buf_fmt(out, "%s %u %u %lld\n", s->is_isolation ? "isolation" : "boosted", count_of(s), depth, (long long)llround(number));
    for (s->tree = 0; s->tree < count_of(s); s->tree++) {
        buf_text(out, STR("tree"));
        (void)walk_tree(s, write_node, &w);
        buf_char(out, '\n');
    }
}

enum err model_text_write(const struct model_parts *parts, struct buf *out, struct problem *p) {
    struct census census = {.kind = 0};
    struct source sources[2] = {{.parts = parts}, {.parts = parts, .is_isolation = true}};
    size_t begin = out->size;
    for (census.kind = 0; census.kind < 2; census.kind++)
        if (count_of(&sources[census.kind]) > MODEL_TREES_MAX || !for_all(&sources[census.kind], count_node, &census))
            return problem_set(p, ERR_TOO_LARGE, "", "take fewer trees, less depth, or a lower rate",
                               "the trees are beyond what a model holds");
    buf_fmt(out, "hikeshi model 1\nname %.*s\nabout %.*s\n", STR_ARGS(parts->name), STR_ARGS(parts->about));
    for (unsigned i = 0, number = 0; i < ROW_COUNT; i++) {
        if (!census.used[i]) continue;
        census.number[i] = number++;
        buf_fmt(out, "column %s\n", row_name(i));
    }
    write_trees(&sources[0], &census, out);
    write_trees(&sources[1], &census, out);
    if (!out->overflow) buf_fmt(out, "crc32c %08x\n", crc32c(0, out->at + begin, out->size - begin));
    if (!out->overflow && out->size - begin <= MODEL_TEXT_SIZE_MAX) return ERR_OK;
    return problem_set(p, ERR_TOO_LARGE, "", "take fewer trees or less depth", "the model is longer than %u bytes", MODEL_TEXT_SIZE_MAX);
}
