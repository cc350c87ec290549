// SPDX-License-Identifier: Apache-2.0
/* Proves that places are counted as an editor counts them. */
#include "base/source.h"

#include "base/test.h"

TEST(places_are_lines_and_characters) {
    static const struct {
        size_t at;
        const char *where;
    } cases[] = {{0, "f.rule:1:1"}, {1, "f.rule:1:2"}, {3, "f.rule:1:3"}, {4, "f.rule:2:1"}, {6, "f.rule:2:3"}, {7, "f.rule:3:1"}};
    struct source s = {STR("f.rule"), STR("a\xC3\xA9\nbc\n")};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct problem p;
        EXPECT_EQ(source_problem(&p, ERR_INVALID, &s, cases[i].at, "mend it", "%d is wrong", 5), ERR_INVALID);
        EXPECT_STR(str_from(p.where), str_from(cases[i].where));
        EXPECT_STR(str_from(p.what), STR("5 is wrong"));
        EXPECT_STR(str_from(p.fix), STR("mend it"));
    }
    EXPECT_EQ(source_problem(NULL, ERR_FULL, &s, 0, "", "x"), ERR_FULL);
}

int main(void) {
    RUN(places_are_lines_and_characters);
    return test_end();
}
