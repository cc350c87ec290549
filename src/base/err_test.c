// SPDX-License-Identifier: Apache-2.0
/* Proves that a problem always reads well: cut on a character's edge, free of control characters, each error with a word of its own. */
#include "base/err.h"

#include "base/test.h"

TEST(each_error_has_its_word) {
    for (enum err a = ERR_OK; a <= ERR_CANCELED; a++) {
        EXPECT(strcmp(err_word(a), "unknown") != 0);
        for (enum err b = ERR_OK; b < a; b++) EXPECT(strcmp(err_word(a), err_word(b)) != 0);
    }
}

TEST(a_problem_is_filled_and_its_error_returned) {
    struct problem p;
    EXPECT_EQ(problem_set(&p, ERR_FULL, "here", "do that", "%d of %d", 3, 3), ERR_FULL);
    EXPECT_EQ(p.err, ERR_FULL);
    EXPECT_STR(str_from(p.where), STR("here"));
    EXPECT_STR(str_from(p.what), STR("3 of 3"));
    EXPECT_STR(str_from(p.fix), STR("do that"));
    EXPECT_EQ(problem_set(NULL, ERR_IO, "", "", "x"), ERR_IO);
    EXPECT_EQ(problem_set(&p, ERR_IO, NULL, NULL, "x"), ERR_IO);
    EXPECT_STR(str_from(p.where), STR_NONE);
}

TEST(long_texts_end_with_a_whole_character) {
    struct problem p;
    char text[600];
    for (size_t shift = 0; shift < 4; shift++) {
        for (size_t i = 0; i < sizeof text - 1; i++) text[i] = "\xF0\x9F\x94\xA5"[(i + shift) % 4];
        text[sizeof text - 1] = 0;
        (void)problem_set(&p, ERR_IO, "", "", "%s", text + (4 - shift) % 4);
        EXPECT(str_is_utf8(str_from(p.what)));
        EXPECT(strlen(p.what) > sizeof p.what - 5);
    }
}

TEST(a_strangers_text_cannot_write_lines_of_its_own) {
    struct problem p;
    (void)problem_set(&p, ERR_INVALID, "a\nb", "c\x1B[2J", "%s", "d\r\nforged line\x7F");
    EXPECT_STR(str_from(p.where), STR("a?b"));
    EXPECT_STR(str_from(p.fix), STR("c?[2J"));
    EXPECT_STR(str_from(p.what), STR("d??forged line?"));
}

int main(void) {
    RUN(each_error_has_its_word);
    RUN(a_problem_is_filled_and_its_error_returned);
    RUN(long_texts_end_with_a_whole_character);
    RUN(a_strangers_text_cannot_write_lines_of_its_own);
    return test_end();
}
