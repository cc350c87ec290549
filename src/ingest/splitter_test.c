// SPDX-License-Identifier: Apache-2.0
/* Proves that a stream is cut the same however its bytes arrive, that a piece too large costs only itself, and where an array is broken. */
#include "base/test.h"
#include "ingest/ingest.h"

#define HELD_SIZE 32
static char held[HELD_SIZE + 1]; /* the last byte shows an overrun */

/* What happened to a stream, as text: pieces in <>, refusals as !, a break as #, the end as $. */
static struct str story_of(enum splitter_form form, struct str stream, uint64_t chunk_seed, size_t chunk_max, char *memory,
                           size_t capacity) {
    struct splitter s;
    struct problem p = {0};
    struct str piece;
    struct buf b = buf_over(memory, capacity);
    enum split_result r = SPLIT_MORE;
    splitter_init(&s, form, held, HELD_SIZE);
    held[HELD_SIZE] = '#';
    uint64_t lines = 0;
    while (stream.size && r != SPLIT_BROKEN) {
        size_t size = 1 + test_random(&chunk_seed) % chunk_max;
        struct str chunk = str_slice(stream, 0, size);
        stream = str_slice(stream, size, stream.size);
        while ((r = splitter_next(&s, &chunk, &piece, &p)) != SPLIT_MORE && r != SPLIT_BROKEN) {
            if (r == SPLIT_PIECE) buf_char(&b, '<'), buf_text(&b, piece), buf_char(&b, '>');
            else buf_char(&b, '!');
            EXPECT(r == SPLIT_PIECE || p.err == ERR_TOO_LARGE);
            EXPECT(s.line >= lines);
            lines = s.line;
        }
    }
    if (r != SPLIT_BROKEN) r = splitter_end(&s, &piece, &p);
    if (r == SPLIT_PIECE) {
        buf_char(&b, '<'), buf_text(&b, piece), buf_char(&b, '>');
        r = splitter_end(&s, &piece, &p);
    }
    buf_char(&b, r == SPLIT_BROKEN ? '#' : '$');
    EXPECT(r == SPLIT_BROKEN || r == SPLIT_END);
    EXPECT(r != SPLIT_BROKEN || (p.err == ERR_INVALID && p.what[0]));
    EXPECT_EQ(held[HELD_SIZE], '#');
    EXPECT(!b.overflow);
    return buf_str(&b);
}

static bool tells(enum splitter_form form, const char *stream, const char *want) {
    char whole[512], single[512];
    struct str s = str_from(stream), a = story_of(form, s, 1, 1000, whole, sizeof whole),
               b = story_of(form, s, 1, 1, single, sizeof single);
    if (str_equal(a, b) && str_equal(a, str_from(want))) return true;
    printf("whole %.*s, byte by byte %.*s, wanted %s\n", STR_ARGS(a), STR_ARGS(b), want);
    return false;
}

TEST(lines_are_cut) {
    EXPECT(tells(SPLIT_NDJSON, "", "$"));
    EXPECT(tells(SPLIT_NDJSON, "\n \r\n\t\n", "$"));
    EXPECT(tells(SPLIT_NDJSON, "{}\n{}", "<{}><{}>$"));
    EXPECT(tells(SPLIT_NDJSON, "\n {\"a\":1} \r\n\n{}\n", "<{\"a\":1}><{}>$"));
    EXPECT(tells(SPLIT_NDJSON, "{\n}\n[", "<{><}><[>$")); /* what a line holds is for ingest to say */
    EXPECT(tells(SPLIT_NDJSON, "01234567890123456789012345678901\n{}\n", "<01234567890123456789012345678901><{}>$"));
    EXPECT(tells(SPLIT_NDJSON, "012345678901234567890123456789012\n{}\n", "!<{}>$"));
    EXPECT(tells(SPLIT_NDJSON, "{}\n012345678901234567890123456789012345678901234567890123456789", "<{}>!$"));
    EXPECT(tells(SPLIT_NDJSON, "                                                 {}", "<{}>$"));
}

TEST(a_byte_order_mark_is_passed_over_once) {
    EXPECT(tells(SPLIT_NDJSON, "\xEF\xBB\xBF{}\n{}\n", "<{}><{}>$"));
    EXPECT(tells(SPLIT_NDJSON, "\xEF\xBB\xBF\xEF\xBB\xBF{}", "<\xEF\xBB\xBF{}>$"));
    EXPECT(tells(SPLIT_NDJSON, "{}\n\xEF\xBB\xBF{}", "<{}><\xEF\xBB\xBF{}>$"));
    EXPECT(tells(SPLIT_NDJSON, "\xEF\xBB{}\n", "<\xEF\xBB{}>$"));
    EXPECT(tells(SPLIT_NDJSON, "\xEF\xBB\xBF", "$"));
    EXPECT(tells(SPLIT_NDJSON, "\xEF", "<\xEF>$"));
}

TEST(arrays_are_cut) {
    EXPECT(tells(SPLIT_ARRAY, "[]", "$"));
    EXPECT(tells(SPLIT_ARRAY, " [ \n] \n", "$"));
    EXPECT(tells(SPLIT_ARRAY, "[{}]", "<{}>$"));
    EXPECT(
        tells(SPLIT_ARRAY, "[{\"a\":[1,{}]} , {\"b\":\"]},{\\\"\"}\n,1,\"x,]\"]", "<{\"a\":[1,{}]}><{\"b\":\"]},{\\\"\"}><1><\"x,]\">$"));
    EXPECT(tells(SPLIT_ARRAY, "[{\"0123456789012345678901234567890123456789\":\"\\\"],\"},{}]", "!<{}>$"));
    EXPECT(tells(SPLIT_ARRAY, "[[[]],\"\\\\\"]", "<[[]]><\"\\\\\">$"));
}

TEST(a_broken_array_ends_there) {
    EXPECT(tells(SPLIT_ARRAY, "", "#"));
    EXPECT(tells(SPLIT_ARRAY, "[", "#"));
    EXPECT(tells(SPLIT_ARRAY, "{}", "#"));
    EXPECT(tells(SPLIT_ARRAY, "[,]", "#"));
    EXPECT(tells(SPLIT_ARRAY, "[{},]", "<{}>#"));
    EXPECT(tells(SPLIT_ARRAY, "[{},,{}]", "<{}>#"));
    EXPECT(tells(SPLIT_ARRAY, "[{} {}]", "<{}>#"));
    EXPECT(tells(SPLIT_ARRAY, "[{}]x", "<{}>#"));
    EXPECT(tells(SPLIT_ARRAY, "[{}][{}]", "<{}>#"));
    EXPECT(tells(SPLIT_ARRAY, "[{},{\"a\":1", "<{}>#"));
    EXPECT(tells(SPLIT_ARRAY, "[{\"a\":\"]", "#"));
}

TEST(any_stream_is_cut_the_same_in_any_chunks) {
    static const char *bits[] = {"{", "}",    "[",  "]",     ",",         "\"", "\\",         "\n",
                                 " ", "\r\n", "{}", "\"a\"", "{\"a\":1}", "[",  "0123456789", "\n\n"};
    static const char *starts[] = {"", "[", "[", "[", "\xEF\xBB\xBF", "\xEF\xBB", "\xEF\n"};
    char stream[300], whole[1000], cut[1000];
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        uint64_t state = seed;
        struct buf b = buf_over(stream, sizeof stream);
        enum splitter_form form = seed % 2 ? SPLIT_ARRAY : SPLIT_NDJSON;
        buf_text(&b, str_from(starts[test_random(&state) % 7]));
        for (uint64_t n = test_random(&state) % 40; n > 0 && b.size < 280; n--) buf_text(&b, str_from(bits[test_random(&state) % 16]));
        struct str a = story_of(form, buf_str(&b), seed, 1000, whole, sizeof whole);
        EXPECT_STR(story_of(form, buf_str(&b), seed, 1 + seed % 9, cut, sizeof cut), a);
    }
}

TEST(a_whole_piece_is_not_copied_and_lines_are_counted) {
    struct splitter s;
    struct str in = STR("\n{}\n{\"a\":1}\n"), all = in, piece;
    splitter_init(&s, SPLIT_NDJSON, held, HELD_SIZE);
    EXPECT_EQ(splitter_next(&s, &in, &piece, NULL), SPLIT_PIECE);
    EXPECT(piece.at == all.at + 1 && s.line == 2 && s.index == 1);
    EXPECT_EQ(splitter_next(&s, &in, &piece, NULL), SPLIT_PIECE);
    EXPECT(piece.at == all.at + 4 && s.line == 3 && s.index == 2);
    EXPECT_EQ(splitter_next(&s, &in, &piece, NULL), SPLIT_MORE);
    EXPECT_EQ(in.size, 0);
}

TEST(a_refusal_says_which) {
    struct splitter s;
    struct problem p;
    struct str in = STR("{}\n\n0123456789012345678901234567890123\n"), piece;
    splitter_init(&s, SPLIT_NDJSON, held, HELD_SIZE);
    EXPECT_EQ(splitter_next(&s, &in, &piece, &p), SPLIT_PIECE);
    EXPECT_EQ(splitter_next(&s, &in, &piece, &p), SPLIT_REFUSED);
    EXPECT_STR(str_from(p.where), STR("line 3"));
    in = STR("[{},\n0123456789012345678901234567890123 x");
    splitter_init(&s, SPLIT_ARRAY, held, HELD_SIZE);
    EXPECT_EQ(splitter_next(&s, &in, &piece, &p), SPLIT_PIECE);
    EXPECT_EQ(splitter_next(&s, &in, &piece, &p), SPLIT_REFUSED);
    EXPECT_STR(str_from(p.where), STR("[1]"));
    EXPECT_EQ(splitter_next(&s, &in, &piece, &p), SPLIT_BROKEN);
    EXPECT_STR(str_from(p.where), STR("[2]"));
    EXPECT(str_find(str_from(p.what), STR("line 2"), 0) < strlen(p.what));
    in = STR("]");
    EXPECT_EQ(splitter_next(&s, &in, &piece, &p), SPLIT_BROKEN);
    EXPECT_EQ(splitter_end(&s, &piece, &p), SPLIT_BROKEN);
}

int main(void) {
    RUN(lines_are_cut);
    RUN(a_byte_order_mark_is_passed_over_once);
    RUN(arrays_are_cut);
    RUN(a_broken_array_ends_there);
    RUN(any_stream_is_cut_the_same_in_any_chunks);
    RUN(a_whole_piece_is_not_copied_and_lines_are_counted);
    RUN(a_refusal_says_which);
    return test_end();
}
