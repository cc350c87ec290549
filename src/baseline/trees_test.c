// SPDX-License-Identifier: Apache-2.0
/* A model of one tree, written by hand: walked, and refused in every way in which it can be damaged. */
#include "baseline/trees.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/test.h"

static const char model_text[] =
    "{\"learner\":{\"gradient_booster\":{\"model\":{\"gbtree_model_param\":{\"num_trees\":\"1\"},\"tree_info\":[0],\"trees\":[{"
    "\"default_left\":[1,0,0],\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],\"split_conditions\":[5E-1,-2.5E0,1.5E0],"
    "\"split_indices\":[3,0,0],\"split_type\":[0,0,0],\"tree_param\":{\"num_nodes\":\"3\"}}]},\"name\":\"gbtree\"},"
    "\"learner_model_param\":{\"base_score\":\"5E-1\",\"num_class\":\"0\",\"num_feature\":\"4\"},\"objective\":{\"name\":\"binary:"
    "logistic\"}},"
    "\"version\":[1,6,0]}";

static enum err read_text(struct str text, struct trees *out, struct problem *p) {
    static char memory[JSON_MEMORY_MAX(4096)];
    struct arena step = arena_over(memory, sizeof memory);
    return trees_read(text, &step, out, p);
}

TEST(walks_left_right_and_where_nothing_is_known) {
    struct trees t;
    struct problem p = {0};
    EXPECT_EQ(read_text(str_from(model_text), &t, &p), ERR_OK);
    float row[4] = {9, 9, 9, 0.25F};
    EXPECT(trees_margin(&t, row) == -2.5F);
    row[3] = 0.5F; /* not below the cut */
    EXPECT(trees_margin(&t, row) == 1.5F);
    row[3] = NAN;
    EXPECT(trees_margin(&t, row) == -2.5F);
    EXPECT(fabsf(trees_probability(1.5F) - 0.81757448F) < 1e-7F && trees_probability(0) == 0.5F);
    trees_release(&t);
}

/* The model with `from` replaced by `to`. */
static bool is_refused(const char *from, const char *to, enum err expected) {
    char memory[4096];
    struct buf b = buf_over(memory, sizeof memory);
    struct str text = str_from(model_text), needle = str_from(from);
    size_t at = str_find(text, needle, 0);
    EXPECT(at < text.size);
    buf_text(&b, str_slice(text, 0, at));
    buf_text(&b, str_from(to));
    buf_text(&b, str_slice(text, at + needle.size, text.size));
    struct trees t;
    struct problem p = {0};
    enum err err = read_text(buf_str(&b), &t, &p);
    if (err != expected || !p.what[0]) printf("'%s' for '%s' gives %s: %s\n", to, from, err_word(err), p.what);
    bool right = err == expected && p.what[0] && !t.nodes && !t.roots;
    trees_release(&t);
    return right;
}

TEST(what_is_damaged_is_refused) {
    EXPECT(is_refused("[1,-1,-1]", "[0,-1,-1]", ERR_INVALID)); /* a circle */
    EXPECT(is_refused("[1,-1,-1]", "[3,-1,-1]", ERR_INVALID));
    EXPECT(is_refused("[2,-1,-1]", "[-1,-1,-1]", ERR_INVALID));
    EXPECT(is_refused("[3,0,0]", "[4,0,0]", ERR_INVALID));
    EXPECT(is_refused("[5E-1,-2.5E0,1.5E0]", "[5E-1,-2.5E0]", ERR_INVALID));
    EXPECT(is_refused("-2.5E0", "\"x\"", ERR_INVALID));
    EXPECT(is_refused("-2.5E0", "1e999", ERR_INVALID));
    EXPECT(is_refused("-2.5E0", "1e30", ERR_INVALID));
    EXPECT(is_refused("5E-1,", "1e39,", ERR_INVALID));
    EXPECT(is_refused("\"num_nodes\":\"3\"", "\"num_nodes\":\"0\"", ERR_INVALID));
    EXPECT(is_refused("\"num_nodes\":\"3\"", "\"num_nodes\":\"99999999\"", ERR_INVALID));
    EXPECT(is_refused("\"num_trees\":\"1\"", "\"num_trees\":\"2\"", ERR_INVALID));
    EXPECT(is_refused("\"num_trees\":\"1\"", "\"num_trees\":\"0\"", ERR_INVALID));
    EXPECT(is_refused("\"base_score\":\"5E-1\"", "\"base_score\":\"1\"", ERR_INVALID));
    EXPECT(is_refused("\"split_type\":[0,0,0]", "\"split_type\":[1,0,0]", ERR_UNSUPPORTED));
    EXPECT(is_refused("binary:logistic", "multi:softmax", ERR_UNSUPPORTED));
    EXPECT(is_refused("gbtree\"}", "dart\"}", ERR_UNSUPPORTED));
    EXPECT(is_refused("]}", "]", ERR_INVALID));
}

int main(void) {
    RUN(walks_left_right_and_where_nothing_is_known);
    RUN(what_is_damaged_is_refused);
    return test_end();
}
