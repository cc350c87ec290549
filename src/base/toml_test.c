// SPDX-License-Identifier: Apache-2.0
/* Proves what the reader takes for TOML, that it refuses the rest by name, and that no bytes harm it. */
#include "base/toml.h"

#include "base/buf.h"
#include "base/test.h"

static _Alignas(16) char memory[1 << 20];

static enum err read_text(struct str text, struct toml *t, struct problem *p) {
    struct arena arena = arena_over(memory, sizeof memory);
    *p = (struct problem){0};
    return toml_read((struct source){STR("f.toml"), text}, &arena, t, p);
}

TEST(values_stand_under_their_full_path) {
    struct toml t;
    struct problem p;
    EXPECT_EQ(read_text(STR("# head\r\nname = \"a\\tb \\u00e9\\U0001F600\" # tail\r\nlit = 'C:\\x'\n\n[a . b]\nx-1 = -1_000\ny.z = true\n"
                            "list = [ 1, # one\n  'two', [\n] ]\n"),
                        &t, &p),
              ERR_INVALID); /* nested array */
    EXPECT_EQ(read_text(STR("# head\r\nname = \"a\\tb \\u00e9\\U0001F600\" # tail\r\nlit = 'C:\\x'\n\n[a . b]\nx-1 = -1_000\ny.z = true\n"
                            "list = [ 1, # one\n  'two',\n ]\nempty = []\n[a]\nlast=+0"),
                        &t, &p),
              ERR_OK);
    EXPECT_EQ(t.count, 7);
    EXPECT_STR(toml_find(&t, STR("name"))->value.text, STR("a\tb \xC3\xA9\xF0\x9F\x98\x80"));
    EXPECT_STR(toml_find(&t, STR("lit"))->value.text, STR("C:\\x"));
    EXPECT_EQ(toml_find(&t, STR("a.b.x-1"))->value.number, -1000);
    EXPECT(toml_find(&t, STR("a.b.y.z"))->value.yes);
    EXPECT_EQ(toml_find(&t, STR("a.b.list"))->value.item_count, 2);
    EXPECT_STR(toml_find(&t, STR("a.b.list"))->value.items[1].text, STR("two"));
    EXPECT_EQ(toml_find(&t, STR("a.b.empty"))->value.item_count, 0);
    EXPECT_EQ(toml_find(&t, STR("a.last"))->value.number, 0);
    EXPECT(!toml_find(&t, STR("a.b")));
}

TEST(the_rest_is_refused_by_name_and_place) {
    static const struct {
        const char *text, *where, *what;
    } cases[] = {
        {"a = 1\na = 2", "f.toml:2:1", "'a' is defined twice"},
        {"a = 1\na.b = 2", "f.toml:2:1", "'a.b' is defined twice"},
        {"a.b = 1\na = 2", "f.toml:2:1", "'a' is defined twice"},
        {"[a]\n[a]", "f.toml:2:1", "'a' is defined twice"},
        {"a.b = 1\n[a]", "f.toml:2:1", "'a' is defined twice"},
        {"[a.b]\n[a]\nb.c = 1", "f.toml:3:1", "'a.b.c' is defined twice"},
        {"[a.b]\n[a]\nb = 1", "f.toml:3:1", "'a.b' is defined twice"},
        {"[[a]]", "f.toml:1:2", "arrays of tables are not supported"},
        {"a = {}", "f.toml:1:5", "inline tables are not supported"},
        {"a = [[1]]", "f.toml:1:6", "arrays of arrays are not supported"},
        {"\"a\" = 1", "f.toml:1:1", "quoted keys are not supported"},
        {"a = \"\"\"x\"\"\"", "f.toml:1:5", "strings of several lines are not supported"},
        {"a = 1.5", "f.toml:1:5", "this is no whole decimal number"},
        {"a = 0x1F", "f.toml:1:5", "this is no whole decimal number"},
        {"a = 012", "f.toml:1:5", "this is no whole decimal number"},
        {"a = 1__0", "f.toml:1:5", "this is no whole decimal number"},
        {"a = 2026-01-01", "f.toml:1:5", "this is no whole decimal number"},
        {"a = 9223372036854775808", "f.toml:1:5", "this is no whole decimal number"},
        {"a = yes", "f.toml:1:5", "this is no whole decimal number"},
        {"a = truest", "f.toml:1:5", "this is no whole decimal number"},
        {"a =", "f.toml:1:4", "a value is missing"},
        {"a", "f.toml:1:2", "'=' is missing"},
        {"= 1", "f.toml:1:1", "a key is missing"},
        {"a. = 1", "f.toml:1:4", "a key is missing"},
        {"a = 1 b = 2", "f.toml:1:7", "unexpected text after the value"},
        {"[a", "f.toml:1:3", "']' is missing"},
        {"a = \"x", "f.toml:1:7", "string without end"},
        {"a = 'x\n'", "f.toml:1:7", "string without end"},
        {"a = \"\\q\"", "f.toml:1:7", "no such escape"},
        {"a = \"\\ud800\"", "f.toml:1:12", "no such character"},
        {"a = \"\\u12\"", "f.toml:1:10", "a hexadecimal digit is missing"},
        {"a = [1 2]", "f.toml:1:8", "',' or ']' is missing"},
        {"\xC3\xA9 = 1", "f.toml:1:1", "a key is missing"},
        {"# \x01", "f.toml:1:3", "control character in a comment"},
        {"a = 1 \xFF", "f.toml:1:1", "the file is not UTF-8, or holds a NUL byte"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct toml t;
        struct problem p;
        EXPECT_EQ(read_text(str_from(cases[i].text), &t, &p), ERR_INVALID);
        EXPECT_STR(str_from(p.where), str_from(cases[i].where));
        EXPECT_STR(str_from(p.what), str_from(cases[i].what));
    }
}

TEST(full_is_an_error) {
    static char text[64 * 1024];
    struct buf b = buf_over(text, sizeof text);
    for (int i = 0; i < 2000; i++) buf_fmt(&b, "k%d = %d\n", i, i);
    struct toml t;
    struct problem p;
    EXPECT_EQ(read_text(buf_str(&b), &t, &p), ERR_INVALID);
    EXPECT_STR(str_from(p.what), STR("too many values"));
    buf_reset(&b);
    for (int i = 0; i < 200; i++) buf_char(&b, 'k');
    buf_text(&b, STR(" = 1"));
    EXPECT_EQ(read_text(buf_str(&b), &t, &p), ERR_TOO_LARGE);
    struct arena tiny = arena_over(memory, 100);
    EXPECT_EQ(toml_read((struct source){STR("f"), STR("a = 1")}, &tiny, &t, &p), ERR_FULL);
}

TEST(no_bytes_harm_it) {
    static const char alphabet[] = "ab.=[]{}\"'\\u0D8#\n\r\t ,-+_1e:tru";
    uint64_t state = 9;
    unsigned good = 0;
    for (int i = 0; i < 60000; i++) {
        char text[40];
        size_t size = test_random(&state) % sizeof text;
        for (size_t k = 0; k < size; k++) text[k] = alphabet[test_random(&state) % (sizeof alphabet - 1)];
        struct toml t;
        struct problem p;
        if (read_text((struct str){text, size}, &t, &p) == ERR_OK) good++;
        else EXPECT(p.what[0] != 0);
    }
    EXPECT(good > 100);
}

int main(void) {
    RUN(values_stand_under_their_full_path);
    RUN(the_rest_is_refused_by_name_and_place);
    RUN(full_is_an_error);
    RUN(no_bytes_harm_it);
    return test_end();
}
