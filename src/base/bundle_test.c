// SPDX-License-Identifier: Apache-2.0
/* Proves that the files of a bundle come out as they went in. */
#include "base/bundle.h"

#include "base/test.h"

TEST(files_come_back) {
    char memory[256];
    struct buf b = buf_over(memory, sizeof memory);
    bundle_add(&b, STR("a.rule"), STR("one\ntwo"));
    bundle_add(&b, STR("empty"), STR_NONE);
    bundle_add(&b, STR("lists/b.txt"), STR("a === b\n ===\n\n"));
    EXPECT_STR(buf_str(&b), STR("=== a.rule\none\ntwo\n=== empty\n=== lists/b.txt\na === b\n ===\n\n"));
    struct str rest = buf_str(&b);
    struct source file;
    enum err err;
    EXPECT(bundle_next(&rest, &file, &err));
    EXPECT_STR(file.name, STR("a.rule"));
    EXPECT_STR(file.text, STR("one\ntwo\n"));
    EXPECT(bundle_next(&rest, &file, &err));
    EXPECT_EQ(file.text.size, 0);
    EXPECT(bundle_next(&rest, &file, &err));
    EXPECT_STR(file.text, STR("a === b\n ===\n\n"));
    EXPECT(!bundle_next(&rest, &file, &err));
    EXPECT_EQ(err, ERR_OK);
    EXPECT(bundle_find(buf_str(&b), STR("empty"), &file));
    EXPECT(!bundle_find(buf_str(&b), STR("a"), &file));
}

TEST(what_is_no_bundle_is_refused) {
    static const char *const texts[] = {"x", "\n=== a\n", "=== a", "==="};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct str rest = str_from(texts[i]);
        struct source file;
        enum err err;
        EXPECT(!bundle_next(&rest, &file, &err));
        EXPECT_EQ(err, ERR_INVALID);
    }
    EXPECT(!bundle_may_hold(STR("a\n=== b\n")));
    EXPECT(!bundle_may_hold(STR("=== b")));
    EXPECT(bundle_may_hold(STR("a=== b\n===")));
}

int main(void) {
    RUN(files_come_back);
    RUN(what_is_no_bundle_is_refused);
    return test_end();
}
