// SPDX-License-Identifier: Apache-2.0
/* Reads boosted trees out of XGBoost's JSON and walks them. */
#include "baseline/trees.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* Log odds that one tree adds: some tenths. TREES_COUNT_MAX of them stay far from where a float ends, so every sum is finite. */
#define LEAF_MAX 1e6

static enum err bad(struct problem *p, const char *what) {
    return problem_set(p, ERR_INVALID, "", "train it anew", "the model is damaged: %s", what);
}

/* A number of the model, which JSON may give as a text: "num_feature":"68". */
static bool read_float(struct json v, double *out) {
    char text[64];
    if ((v.type != JSON_NUMBER && v.type != JSON_TEXT) || !v.text.size || v.text.size >= sizeof text) return false;
    memcpy(text, v.text.at, v.text.size);
    text[v.text.size] = 0;
    char *end;
    *out = strtod(text, &end);
    return !*end && isfinite(*out);
}

static bool read_whole(struct json v, uint64_t max, uint64_t *out) {
    double x;
    if (v.type == JSON_TRUE || v.type == JSON_FALSE) return *out = v.type == JSON_TRUE, true;
    if (!read_float(v, &x) || x < 0 || x > (double)max || x != floor(x)) return false;
    *out = (uint64_t)x;
    return true;
}

/* The arrays of one tree, walked side by side. */
enum { LEFT, RIGHT, COLUMN, VALUE, ABSENT_LEFT, KIND, ARRAYS };
static const char *const arrays[ARRAYS] = {"left_children",    "right_children", "split_indices",
                                           "split_conditions", "default_left",   "split_type"};

static enum err read_node(struct json_member *m, uint64_t index, uint64_t count, const struct trees *t, size_t first,
                          struct trees_node *out, struct problem *p) {
    double value, left, right;
    uint64_t column, absent_left, kind;
    if (!read_float(m[VALUE].value, &value) || !read_float(m[LEFT].value, &left) || !read_float(m[RIGHT].value, &right) ||
        !read_whole(m[COLUMN].value, UINT16_MAX, &column) || !read_whole(m[ABSENT_LEFT].value, 1, &absent_left) ||
        !read_whole(m[KIND].value, 1, &kind))
        return bad(p, "a node that is none");
    if (kind) return problem_set(p, ERR_UNSUPPORTED, "", "train it on numbers only", "the model splits by categories");
    bool is_leaf = left == -1 && right == -1;
    if (fabs(value) > (is_leaf ? LEAF_MAX : FLT_MAX)) return bad(p, "a number beyond all bounds");
    *out = (struct trees_node){.value = (float)value};
    if (is_leaf) return ERR_OK;
    /* Children come after their parent, so that every walk ends. */
    double from = (double)index, to = (double)count;
    if (left != floor(left) || right != floor(right) || left <= from || right <= from || left >= to || right >= to)
        return bad(p, "a node with children that are none");
    if (column >= t->column_count) return bad(p, "a column beyond the last");
    out->left = (uint32_t)(first + (size_t)left);
    out->right = (uint32_t)(first + (size_t)right);
    out->column = (uint16_t)column;
    out->absent_left = (uint16_t)absent_left;
    return ERR_OK;
}

static enum err read_tree(struct json tree, struct trees *t, struct problem *p) {
    uint64_t count;
    if (!read_whole(json_get(json_get(tree, STR("tree_param")), STR("num_nodes")), TREES_NODES_MAX, &count) || !count)
        return bad(p, "a tree without nodes");
    if (t->node_count + count > TREES_NODES_MAX) return bad(p, "more nodes than the bound");
    struct trees_node *grown = realloc(t->nodes, (t->node_count + count) * sizeof *grown);
    if (!grown) return problem_set(p, ERR_FULL, "", "", "no memory for the model");
    t->nodes = grown;
    struct json_walk walks[ARRAYS];
    for (unsigned i = 0; i < ARRAYS; i++) walks[i] = json_walk(json_get(tree, str_from(arrays[i])));
    for (uint64_t index = 0; index < count; index++) {
        struct json_member m[ARRAYS];
        for (unsigned i = 0; i < ARRAYS; i++)
            if (!json_next(&walks[i], &m[i])) return bad(p, "arrays of different size");
        enum err err = read_node(m, index, count, t, t->node_count, &t->nodes[t->node_count + index], p);
        if (err) return err;
    }
    t->roots[t->count++] = (uint32_t)t->node_count;
    t->node_count += count;
    return ERR_OK;
}

static enum err read_head(struct json learner, struct trees *t, struct problem *p) {
    struct json head = json_get(learner, STR("learner_model_param"));
    double share;
    uint64_t columns;
    if (!read_float(json_get(head, STR("base_score")), &share) || !read_whole(json_get(head, STR("num_feature")), UINT16_MAX, &columns))
        return bad(p, "no parameters of the learner");
    struct str booster = json_text(json_get(json_get(learner, STR("gradient_booster")), STR("name")));
    struct str objective = json_text(json_get(json_get(learner, STR("objective")), STR("name")));
    if (!str_equal(booster, STR("gbtree")) || !str_equal(objective, STR("binary:logistic")))
        return problem_set(p, ERR_UNSUPPORTED, "", "it must be gbtree with binary:logistic", "the model is of another kind");
    if (!(share > 0) || !(share < 1)) return bad(p, "a base score that is no share");
    t->base = -logf(1.0F / (float)share - 1.0F);
    t->column_count = (unsigned)columns;
    return ERR_OK;
}

static enum err read_model(struct json root, struct trees *t, struct problem *p) {
    struct json learner = json_get(root, STR("learner"));
    enum err err = read_head(learner, t, p);
    if (err) return err;
    struct json model = json_get(json_get(learner, STR("gradient_booster")), STR("model")), trees = json_get(model, STR("trees"));
    uint64_t count;
    if (!read_whole(json_get(json_get(model, STR("gbtree_model_param")), STR("num_trees")), TREES_COUNT_MAX, &count))
        return bad(p, "no number of trees");
    t->roots = calloc(count + 1, sizeof *t->roots);
    if (!t->roots) return problem_set(p, ERR_FULL, "", "", "no memory for the model");
    struct json_walk walk = json_walk(trees);
    struct json_member m;
    while (!err && t->count < count && json_next(&walk, &m)) err = read_tree(m.value, t, p);
    return err ? err : t->count != count || json_next(&walk, &m) ? bad(p, "not as many trees as it says") : ERR_OK;
}

enum err trees_read(struct str json, struct arena *step, struct trees *out, struct problem *p) {
    *out = (struct trees){0};
    struct json root;
    enum err err = json_parse(json, TREES_JSON_SIZE_MAX, step, &root, p);
    if (!err) err = read_model(root, out, p);
    if (err) trees_release(out);
    return err;
}

void trees_release(struct trees *t) {
    free(t->nodes);
    free(t->roots);
    *t = (struct trees){0};
}

float trees_margin(const struct trees *t, const float *row) {
    float sum = t->base;
    for (size_t i = 0; i < t->count; i++) {
        const struct trees_node *n = &t->nodes[t->roots[i]];
        while (n->left) {
            float x = row[n->column];
            n = &t->nodes[(isnan(x) ? n->absent_left != 0 : x < n->value) ? n->left : n->right];
        }
        sum += n->value;
    }
    return sum;
}

float trees_probability(float margin) {
    return 1.0F / (expf(-margin) + 1.0F);
}
