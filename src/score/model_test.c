// SPDX-License-Identifier: Apache-2.0
/* Models as text, walked against a plain walk through the trees that they were written from; and every damage is refused. */
#include "score/model.h"

#include <stdlib.h>

#include "base/bounds.h"
#include "base/crc32c.h"
#include "base/test.h"

static char memory[MODEL_MEMORY_SIZE], text[MODEL_TEXT_SIZE_MAX + 1];

/* ---- trees as plain nodes, and their text -------------------------------------------------------------------------------------------- */

#define NODES_MAX 511
struct plain {
    int column; /* -1: a leaf */
    int32_t cut, leaf;
    bool absent_right;
    unsigned left, right;
};

struct plan {
    unsigned trees, depth;
    int32_t leaf_max;
};

/* A tree in preorder, with its text. */
static unsigned grow(struct plain *nodes, unsigned *count, struct plan plan, unsigned depth, uint64_t *seed, struct buf *b) {
    unsigned at = (*count)++;
    struct plain *n = &nodes[at];
    buf_char(b, ' ');
    if (depth == plan.depth || test_random(seed) % 8 == 0) {
        *n = (struct plain){.column = -1, .leaf = (int32_t)(test_random(seed) % (unsigned)plan.leaf_max)};
        buf_fmt(b, "=%d", n->leaf);
        return at;
    }
    *n = (struct plain){.column = (int)(test_random(seed) % 3), .cut = (int32_t)(test_random(seed) % 41) - 20};
    n->absent_right = test_random(seed) % 2;
    buf_fmt(b, "%d<%d%c", n->column, n->cut, n->absent_right ? 'r' : 'l');
    n->left = grow(nodes, count, plan, depth + 1, seed, b);
    n->right = grow(nodes, count, plan, depth + 1, seed, b);
    return at;
}

static int64_t plain_sum(struct plain (*trees)[NODES_MAX], unsigned count, const int32_t *x) {
    int64_t sum = 0;
    for (unsigned t = 0; t < count; t++) {
        const struct plain *n = trees[t];
        while (n->column >= 0) {
            int32_t v = x[n->column];
            bool right = v == ROW_ABSENT ? n->absent_right : v >= n->cut;
            n = &trees[t][right ? n->right : n->left];
        }
        sum += n->leaf;
    }
    return sum;
}

static struct buf begin(void) {
    struct buf b = buf_over(text, sizeof text);
    buf_text(&b, STR("hikeshi model 1\nname plain-1\nabout made by a test\ncolumn share_asn\ncolumn speed\ncolumn history\n"));
    return b;
}

static struct str end(struct buf *b) {
    buf_fmt(b, "crc32c %08x\n", crc32c(0, b->at, b->size));
    EXPECT(!b->overflow);
    return buf_str(b);
}

static enum err read(struct str s, const struct model **m, struct problem *p) {
    struct arena a = arena_over(memory, sizeof memory);
    *p = (struct problem){0};
    return model_read(s, &a, m, p);
}

static const char *const columns_of_text[] = {"share_asn", "speed", "history"};

static unsigned place_of(const char *name) {
    for (unsigned i = 0; i < ROW_COUNT; i++)
        if (strcmp(row_name(i), name) == 0) return i;
    EXPECT(false);
    return 0;
}

static bool is_of_text(unsigned column) {
    for (unsigned k = 0; k < 3; k++)
        if (place_of(columns_of_text[k]) == column) return true;
    return false;
}

/* Property: our walk ends where a plain one does, for trees of any shape, depth and number, and rows with absent values; and so it is where
 * the row before is known. */
TEST(the_walk_is_that_of_plain_trees) {
    static struct plain trees[2][40][NODES_MAX];
    uint64_t seed = 7;
    for (unsigned round = 0; round < 200; round++) {
        struct plan plans[2] = {{1 + (unsigned)(test_random(&seed) % 40), 1 + (unsigned)(test_random(&seed) % 8), 2000000000},
                                {1 + (unsigned)(test_random(&seed) % 40), 1 + (unsigned)(test_random(&seed) % 8), 20000000}};
        struct buf b = begin();
        for (unsigned kind = 0; kind < 2; kind++) {
            if (kind) buf_fmt(&b, "isolation %u %u 10244770\n", plans[1].trees, plans[1].depth);
            else buf_fmt(&b, "boosted %u %u -250000000\n", plans[0].trees, plans[0].depth);
            for (unsigned t = 0; t < plans[kind].trees; t++) {
                unsigned count = 0;
                buf_text(&b, STR("tree"));
                (void)grow(trees[kind][t], &count, plans[kind], 0, &seed, &b);
                buf_char(&b, '\n');
            }
        }
        const struct model *m;
        struct problem p;
        EXPECT_EQ(read(end(&b), &m, &p), ERR_OK);
        if (p.err) {
            printf("%s: %s\n", p.where, p.what);
            return;
        }
        struct row row = {{0}};
        for (unsigned i = 0; i < 50; i++) {
            static struct model_trace traces[2];
            for (unsigned kind = 0; kind < 2; kind++) model_trace(m, (enum model_kind)kind, &row, &traces[kind]); /* of the row before */
            int32_t x[3];
            for (unsigned k = 0; k < ROW_COUNT; k++)
                if (!is_of_text(k)) row.of[k] = (int32_t)test_random(&seed);
            for (unsigned k = 0; k < 3; k++) {
                x[k] = row.of[place_of(columns_of_text[k])];
                if (test_random(&seed) % 3 == 0) continue; /* as in the row before */
                x[k] = test_random(&seed) % 5 ? (int32_t)(test_random(&seed) % 61) - 30 : ROW_ABSENT;
                row.of[place_of(columns_of_text[k])] = x[k];
            }
            int64_t sum = plain_sum(trees[0], plans[0].trees, x) - 250000000;
            EXPECT_EQ(model_log_odds_nano(m, &row), sum);
            EXPECT_EQ(model_log_odds_milli(m, &row), sum / 1000000);
            EXPECT_EQ(model_trace_milli(&traces[MODEL_BOOSTED], &row), model_log_odds_milli(m, &row));
            EXPECT_EQ(model_trace_milli(&traces[MODEL_ISOLATION], &row), model_isolation_milli(m, &row));
            EXPECT_EQ(model_isolation_milli(m, &row), (10244770 - plain_sum(trees[1], plans[1].trees, x) / plans[1].trees) * 2 / 1000);
        }
    }
}

static struct str small(void) {
    struct buf b = begin();
    buf_text(&b, STR("boosted 2 2 0\ntree 0<500l =-300 1<900r =100 =2000000000\ntree =7\n"));
    buf_text(&b, STR("isolation 1 1 10244770\ntree 2<3l =1000000 =9000000\n"));
    return end(&b);
}

TEST(what_it_holds_can_be_told) {
    const struct model *m;
    struct problem p;
    EXPECT_EQ(read(small(), &m, &p), ERR_OK);
    EXPECT_STR(m->name, STR("plain-1"));
    EXPECT_STR(m->about, STR("made by a test"));
    EXPECT_EQ(m->column_count, 3);
    EXPECT_EQ(m->columns[1], place_of("speed"));
    EXPECT(m->boosted.count == 2 && m->isolation.count == 1);
    struct row row = {{0}};
    row.of[place_of("share_asn")] = 500;
    row.of[place_of("speed")] = ROW_ABSENT;
    EXPECT_EQ(model_log_odds_nano(m, &row), 2000000007);
    row.of[place_of("share_asn")] = 499;
    EXPECT_EQ(model_log_odds_nano(m, &row), -293);
    EXPECT_EQ(model_isolation_milli(m, &row), (10244770 - 1000000) * 2 / 1000); /* few steps: far from all others */
}

/* A model is read whole or not at all: no byte of it can be another, be missing or be added. */
TEST(no_damage_goes_unseen) {
    static char copy[4096];
    struct str whole = small();
    for (size_t i = 0; i < whole.size; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(copy, whole.at, whole.size);
            copy[i] = (char)(copy[i] ^ (1 << bit));
            const struct model *m = NULL;
            struct problem p;
            enum err err = read((struct str){copy, whole.size}, &m, &p);
            EXPECT(err && err == p.err && m == NULL && p.what[0] && p.fix[0] && p.where[0]);
        }
    memcpy(copy, whole.at, whole.size);
    copy[whole.size] = '\n';
    for (size_t size = 0; size <= whole.size + 1; size++) {
        const struct model *m = NULL;
        struct problem p;
        if (size == whole.size) continue;
        EXPECT(read((struct str){copy, size}, &m, &p) != ERR_OK && m == NULL && p.what[0]);
    }
}

/* With a right checksum, but with a line that is another. */
static void expect_refused(const char *body, enum err err, const char *where, const char *what) {
    struct buf b = buf_over(text, sizeof text);
    buf_text(&b, str_from(body));
    const struct model *m;
    struct problem p;
    EXPECT_EQ(read(end(&b), &m, &p), err);
    if (!strstr(p.what, what) || strcmp(p.where, where) != 0) printf("expected %s: %s; got %s: %s\n", where, what, p.where, p.what);
    EXPECT(strstr(p.what, what) != NULL && strcmp(p.where, where) == 0 && p.fix[0]);
}

#define HEAD "hikeshi model 1\nname a\nabout b\ncolumn speed\n"

TEST(what_is_refused) {
    expect_refused("hikeshi model 2\nname a\n", ERR_UNSUPPORTED, "line 1", "another version of the format: '2'");
    expect_refused("hikeshi policy 1\n", ERR_INVALID, "line 1", "no model of hikeshi");
    expect_refused("hikeshi model 1\nname A b\n", ERR_CORRUPT, "line 2", "a name that is none: 'A b'");
    expect_refused("hikeshi model 1\nname a\ncolumn speed\n", ERR_CORRUPT, "line 3", "what it was made of");
    expect_refused("hikeshi model 1\nname a\nabout b\nboosted 1 1 0\ntree =1\n", ERR_CORRUPT, "line 4", "no columns");
    expect_refused("hikeshi model 1\nname a\nabout b\ncolumn phase_of_moon\n", ERR_UNSUPPORTED, "line 4", "does not have: 'phase_of_moon'");
    expect_refused(HEAD "column speed\n", ERR_CORRUPT, "line 5", "named twice");
    expect_refused(HEAD, ERR_CORRUPT, "line 4", "without trees");
    expect_refused(HEAD "boosted 513 1 0\n", ERR_CORRUPT, "line 5", "beyond all bounds");
    expect_refused(HEAD "boosted 1 9 0\n", ERR_CORRUPT, "line 5", "beyond all bounds");
    expect_refused(HEAD "boosted 1 1\n", ERR_CORRUPT, "line 5", "beyond all bounds");
    expect_refused(HEAD "boosted 2 1 0\ntree =1\n", ERR_CORRUPT, "line 7", "fewer trees");
    expect_refused(HEAD "boosted 1 1 0\ntree =1\ntree =1\n", ERR_CORRUPT, "line 7", "does not belong here: 'tree =1'");
    expect_refused(HEAD "boosted 1 1 0\ntree =2147483648\n", ERR_CORRUPT, "line 6", "a leaf beyond all bounds");
    expect_refused(HEAD "boosted 1 1 0\ntree 0<1l =1\n", ERR_CORRUPT, "line 6", "ends before its last leaf");
    expect_refused(HEAD "boosted 1 1 0\ntree =1 =2\n", ERR_CORRUPT, "line 6", "goes on after its end");
    expect_refused(HEAD "boosted 1 1 0\ntree 0<1l 0<2l =1 =2 =3\n", ERR_CORRUPT, "line 6", "deeper than it says");
    expect_refused(HEAD "boosted 1 1 0\ntree 1<1l =1 =2\n", ERR_CORRUPT, "line 6", "neither a split nor a leaf: '1<1l'");
    expect_refused(HEAD "boosted 1 1 0\ntree 0<16777217l =1 =2\n", ERR_CORRUPT, "line 6", "neither a split nor a leaf");
    expect_refused(HEAD "boosted 1 1 0\ntree 0<1 =1 =2\n", ERR_CORRUPT, "line 6", "neither a split nor a leaf");
    expect_refused(HEAD "isolation 1 1 0\ntree =1\n", ERR_CORRUPT, "line 6", "no mean length");
    expect_refused(HEAD "isolation 1 1 5\ntree =-1\n", ERR_CORRUPT, "line 6", "a leaf beyond all bounds");
}

TEST(memory_and_size_are_bounded) {
    struct str s = small();
    const struct model *m = NULL;
    for (size_t size = 0; size < 2048; size += 16) {
        struct arena a = arena_over(memory, size);
        enum err err = model_read(s, &a, &m, NULL);
        EXPECT(err == ERR_FULL || (err == ERR_OK && size > 512));
    }
    memset(text, '\n', sizeof text);
    struct problem p;
    EXPECT_EQ(read((struct str){text, sizeof text}, &m, &p), ERR_TOO_LARGE);
    EXPECT(p.fix[0] != 0);
}

int main(void) {
    RUN(the_walk_is_that_of_plain_trees);
    RUN(what_it_holds_can_be_told);
    RUN(no_damage_goes_unseen);
    RUN(what_is_refused);
    RUN(memory_and_size_are_bounded);
    return test_end();
}
