// SPDX-License-Identifier: Apache-2.0
/* Proves that nothing a terminal would obey gets through, and that people's letters do. */
#include "cli/plain_text.h"

#include "base/test.h"

static bool shows(const char *text, const char *want) {
    char memory[128];
    struct buf b = buf_over(memory, sizeof memory);
    plain_text_write(&b, str_from(text));
    return str_equal(buf_str(&b), str_from(want));
}

TEST(what_a_terminal_obeys_is_replaced) {
    EXPECT(shows("a\033[31mb", "a?[31mb"));
    EXPECT(shows("one\r\ntwo\tthree\177", "one??two?three?"));
    EXPECT(shows("\302\20031m\302\237", "?31m?"));
    EXPECT(shows("\342\200\256evil\342\200\254 \342\201\246x\342\201\251", "?evil? ?x?"));
}

TEST(letters_stay) {
    EXPECT(shows("", ""));
    EXPECT(shows("Grüße, 火消し 🔥 ½", "Grüße, 火消し 🔥 ½"));
    EXPECT(shows("\342\200\223\342\200\251\342\201\245", "\342\200\223\342\200\251\342\201\245"));
    EXPECT(shows("\302", "\302")); /* cut in two: no terminal obeys half a character */
}

TEST(line_ends_of_our_own_are_printed) {
    char got[64] = {0};
    FILE *f = fmemopen(got, sizeof got, "w");
    EXPECT(f != NULL);
    plain_text_print(f, STR("a\nb\033c\n"));
    EXPECT(f && fclose(f) == 0);
    EXPECT(str_equal(str_from(got), STR("a\nb?c\n")));
}

int main(void) {
    RUN(what_a_terminal_obeys_is_replaced);
    RUN(letters_stay);
    RUN(line_ends_of_our_own_are_printed);
    return test_end();
}
