// SPDX-License-Identifier: Apache-2.0
/* Proves that JSON is read strictly and within its bounds, and that no digit or character is lost on the way through. */
#include "base/json.h"

#include "base/bounds.h"
#include "base/test.h"

static _Alignas(16) char memory[1 << 20];
static char written[1 << 17];
static struct problem problem;

/* The value of a text; JSON_MISSING where it is refused, and why in `problem`. */
static struct json parse(struct str text) {
    static struct arena a;
    struct json value;
    problem = (struct problem){0};
    a = arena_over(memory, sizeof memory);
    if (json_parse(text, EVENT_JSON_SIZE_MAX, &a, &value, &problem)) {
        EXPECT_EQ(a.used, 0);
        EXPECT(problem.what[0] != 0);
        return (struct json){0};
    }
    return value;
}

static struct str rewrite(struct json value) {
    struct buf b = buf_over(written, sizeof written);
    json_write(&b, value);
    return buf_str(&b);
}

/* --- a random text, with blanks, escapes and long numbers ---------------------------------------------------------------------------- */

struct maker {
    uint64_t state;
    struct buf plain, loose; /* as json_write writes it, and as a stranger might */
};

static void both(struct maker *m, const char *text) {
    buf_text(&m->plain, str_from(text));
    buf_text(&m->loose, str_from(text));
    static const char *blanks[] = {"", "", " ", "\n", "\t ", "\r\n"};
    buf_text(&m->loose, str_from(blanks[test_random(&m->state) % 6]));
}

static void make_text(struct maker *m, int serial) {
    static const char *plain[] = {"a", "\\n", "\\\"", "\\\\", "/", "\xC3\xA9", "\xF0\x9F\x94\xA5", "\\u0001", "{", "]", ",", "\x7F"};
    static const char *loose[] = {"\\u0061",        "\\u000A", "\\u0022", "\\\\", "\\/",     "\\u00e9",
                                  "\\uD83D\\uDD25", "\\u0001", "{",       "]",    "\\u002c", "\x7F"};
    buf_char(&m->plain, '"'), buf_char(&m->loose, '"');
    if (serial >= 0) buf_fmt(&m->plain, "%d", serial), buf_fmt(&m->loose, "%d", serial); /* names differ */
    for (uint64_t n = test_random(&m->state) % 6; n > 0; n--) {
        uint64_t i = test_random(&m->state) % 12;
        buf_text(&m->plain, str_from(plain[i]));
        buf_text(&m->loose, str_from(test_random(&m->state) % 2 ? loose[i] : plain[i]));
    }
    both(m, "\"");
}

static void make_value(struct maker *m, int depth) {
    static const char *simple[] = {"null", "true", "false", "0", "-0.0", "1e400", "123456789012345678901234567890", "-1.5E-3", "50000.0"};
    uint64_t pick = test_random(&m->state) % (depth > 6 ? 2 : 4);
    if (pick == 0) both(m, simple[test_random(&m->state) % 9]);
    if (pick == 1) make_text(m, -1);
    if (pick < 2) return;
    both(m, pick == 2 ? "{" : "[");
    int count = (int)(test_random(&m->state) % 5);
    for (int i = 0; i < count; i++) {
        if (i) both(m, ",");
        if (pick == 2) make_text(m, i), both(m, ":");
        make_value(m, depth + 1);
    }
    both(m, pick == 2 ? "}" : "]");
}

TEST(what_is_read_is_written_again) {
    static char a[1 << 16], b[1 << 16];
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct maker m = {.state = seed, .plain = buf_over(a, sizeof a), .loose = buf_over(b, sizeof b)};
        make_value(&m, 0);
        EXPECT(!m.loose.overflow);
        struct json value = parse(buf_str(&m.loose));
        EXPECT(value.type != JSON_MISSING);
        EXPECT_STR(rewrite(value), buf_str(&m.plain));
        EXPECT(m.plain.size <= m.loose.size);
    }
}

TEST(a_cut_text_is_refused_and_harms_nothing) {
    struct str whole = STR("{\"a\":[1,-2.5e3,\"\\u00e9\\n\"],\"b\":{\"c\":null,\"d\":true}}");
    for (size_t size = 0; size < whole.size; size++) {
        char *exact = arena_take(&(struct arena){written, 0, sizeof written}, size);
        memcpy(exact, whole.at, size);
        EXPECT_EQ(parse((struct str){exact, size}).type, JSON_MISSING);
        EXPECT_EQ(problem.err, ERR_INVALID);
    }
    EXPECT_EQ(parse(whole).type, JSON_OBJECT);
}

TEST(what_is_not_json_is_refused) {
    static const char *bad[] = {
        "{}x",
        "{} {}",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "[01]",
        "[+1]",
        "[1.]",
        "[.5]",
        "[0x1]",
        "[NaN]",
        "[Infinity]",
        "[tru]",
        "// c\n1",
        "[1 2]",
        "{\"a\"}",
        "\"\\x\"",
        "\"a\nb\"",
        "\"\\u12\"",
        "\"\xFF\"",
        "\"\xC0\x80\"",
        "\"\xED\xA0\x80\"",
        "\"\\ud800\"",
        "\xEF\xBB\xBF{}",
        "[\"a]",
        "[1]]",
        "\"\xE6\x9D",
        "[-]",
        "[1e]",
        "{\"a\":}",
        "{,}",
        "[,]",
        "nul",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EXPECT_EQ(parse(str_from(bad[i])).type, JSON_MISSING);
        EXPECT_EQ(problem.err, ERR_INVALID);
        EXPECT(problem.fix[0] != 0);
    }
    EXPECT_EQ(parse(STR("[1]\0")).type, JSON_MISSING);
    EXPECT_EQ(parse(STR("[\0 1]")).type, JSON_MISSING);
    EXPECT_EQ(parse(STR("\"a\0b\"")).type, JSON_MISSING);
    EXPECT_EQ(parse(STR(" \n ")).type, JSON_MISSING);
}

TEST(a_refusal_says_where) {
    (void)parse(STR("{\"a\":1,\n \"b\":tru}"));
    EXPECT_STR(str_from(problem.where), STR("2:6"));
    EXPECT(str_find(str_from(problem.what), STR("byte 13"), 0) < strlen(problem.what));
}

TEST(depth_is_bounded_outside_of_texts_only) {
    char text[80];
    for (size_t depth = 1; depth <= 34; depth++) {
        struct buf b = buf_over(text, sizeof text);
        for (size_t i = 0; i < depth; i++) buf_char(&b, '[');
        for (size_t i = 0; i < depth; i++) buf_char(&b, ']');
        EXPECT_EQ(parse(buf_str(&b)).type != JSON_MISSING, depth <= JSON_DEPTH_MAX);
        EXPECT_EQ(problem.err, depth <= JSON_DEPTH_MAX ? ERR_OK : ERR_TOO_LARGE);
    }
    EXPECT_EQ(parse(STR("[\"[[[[[[[[[[[[[[[[[[[[\\\"[[[[\",[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]")).type, JSON_ARRAY);
    EXPECT_EQ(parse(STR("[{\"a\":[]},{\"a\":[]},{\"a\":[]},{\"a\":[]},{\"a\":[]},{\"a\":[]},{\"a\":[]},{\"a\":[]},{\"a\":[]}]")).type,
              JSON_ARRAY);
}

TEST(size_and_memory_are_bounded) {
    struct json value;
    struct arena a = arena_over(memory, sizeof memory);
    EXPECT_EQ(json_parse(STR("[1,2]"), 4, &a, &value, &problem), ERR_TOO_LARGE);
    a = arena_over(memory, 64);
    EXPECT_EQ(json_parse(STR("[1,2]"), 5, &a, &value, &problem), ERR_FULL);
    EXPECT_EQ(a.used, 0);
    static char many[EVENT_JSON_SIZE_MAX]; /* the most values that so many bytes can hold */
    struct buf b = buf_over(many, sizeof many);
    buf_text(&b, STR("[1"));
    while (b.capacity - b.size > 2) buf_text(&b, STR(",1"));
    buf_text(&b, b.capacity - b.size == 2 ? STR(" ]") : STR("]"));
    a = arena_over(memory, JSON_MEMORY_MAX(sizeof many));
    EXPECT_EQ(json_parse((struct str){many, sizeof many}, sizeof many, &a, &value, &problem), ERR_OK);
}

TEST(a_name_stands_once_in_an_object) {
    EXPECT_EQ(parse(STR("{\"a\":1,\"b\":2,\"a\":3}")).type, JSON_MISSING);
    EXPECT(str_find(str_from(problem.what), STR("'a'"), 0) < strlen(problem.what));
    EXPECT_EQ(parse(STR("[{\"x\":{\"\":1,\"\\u0061\":1,\"a\":2}}]")).type, JSON_MISSING);
    EXPECT_EQ(parse(STR("{\"\":1,\"\":2}")).type, JSON_MISSING);
    EXPECT_EQ(parse(STR("{\"a\":{\"a\":1},\"b\":{\"a\":1}}")).type, JSON_OBJECT);
    for (int count = 1; count <= JSON_MEMBER_COUNT_MAX + 1; count += count < 250 ? 31 : 1) {
        for (int twin = -1; twin < count - 1; twin += 1 + count / 7) {
            struct buf b = buf_over(written, sizeof written);
            for (int i = 0; i < count; i++) buf_fmt(&b, "%c\"n%d\":0", i ? ',' : '{', i == count - 1 && twin >= 0 ? twin : i);
            buf_char(&b, '}');
            bool good = twin < 0 && count <= JSON_MEMBER_COUNT_MAX;
            EXPECT_EQ(parse(buf_str(&b)).type, good ? JSON_OBJECT : JSON_MISSING);
        }
    }
}

TEST(values_are_reached_by_name_and_in_order) {
    struct json root = parse(STR("{\"a\":[1,{\"b\":\"x\"},\"y\"],\"c\":\"\",\"d\":null}"));
    EXPECT_STR(json_text(json_get(root, STR("c"))), STR_NONE);
    EXPECT_EQ(json_get(root, STR("c")).type, JSON_TEXT);
    EXPECT_EQ(json_get(root, STR("d")).type, JSON_NULL);
    EXPECT_EQ(json_get(root, STR("e")).type, JSON_MISSING);
    EXPECT_EQ(json_get(json_get(root, STR("a")), STR("b")).type, JSON_MISSING);
    struct json_walk walk = json_walk(json_get(root, STR("a")));
    struct json_member m;
    EXPECT(json_next(&walk, &m) && m.value.type == JSON_NUMBER);
    EXPECT(json_next(&walk, &m));
    EXPECT_STR(json_text(json_get(m.value, STR("b"))), STR("x"));
    EXPECT(json_next(&walk, &m) && str_equal(json_text(m.value), STR("y")));
    EXPECT(!json_next(&walk, &m));
    walk = json_walk(json_get(root, STR("c")));
    EXPECT(!json_next(&walk, &m));
}

/* --- numbers ------------------------------------------------------------------------------------------------------------------------- */

static bool scaled(const char *text, unsigned digits, int64_t *out, bool *exact) {
    return json_scaled(parse(str_from(text)), digits, out, exact);
}

TEST(numbers_are_scaled_exactly) {
    static const struct {
        const char *text;
        unsigned digits;
        int64_t want;
        bool exact;
    } cases[] = {
        {"35.68", 6, 35680000, true},
        {"-0.0000005", 6, -1, false},
        {"0.00000049", 6, 0, false},
        {"1e3", 0, 1000, true},
        {"50000.0", 0, 50000, true},
        {"50000.5", 0, 50001, false},
        {"5e-1", 0, 1, false},
        {"-5E-1", 0, -1, false},
        {"0e999999999999", 9, 0, true},
        {"1e-999999999999", 9, 0, false},
        {"-0", 0, 0, true},
        {"-0.0", 6, 0, true},
        {"123.4560000", 3, 123456, true},
        {"9223372036854775807", 0, INT64_MAX, true},
        {"-9223372036854775808", 0, INT64_MIN, true},
        {"9223372036854775807.0", 0, INT64_MAX, true},
        {"922337203685477580.7e1", 0, INT64_MAX, true},
        {"0.1e1", 0, 1, true},
        {"10000000000000000000000000e-25", 0, 1, true},
        {"0.00000000000000000000000001e26", 0, 1, true},
        {"1.000000000000000000000000000001", 0, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = -77;
        bool exact = !cases[i].exact;
        EXPECT(scaled(cases[i].text, cases[i].digits, &value, &exact));
        EXPECT_EQ(value, cases[i].want);
        EXPECT_EQ(exact, cases[i].exact);
    }
}

TEST(numbers_beyond_int64_are_no_numbers_to_us) {
    static const char *beyond[] = {"9223372036854775808", "-9223372036854775809", "1e19", "1e400", "123456789012345678901234567890",
                                   "1e999999999999"};
    int64_t value;
    bool exact;
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) EXPECT(!scaled(beyond[i], 0, &value, &exact));
    EXPECT(!scaled("9223372036854775", 6, &value, &exact));
    EXPECT(!scaled("\"1\"", 0, &value, &exact) && !scaled("true", 0, &value, &exact) && !scaled("[1]", 0, &value, &exact));
    EXPECT(!json_whole(parse(STR("1.5")), &value));
    EXPECT(json_whole(parse(STR("1.5e1")), &value) && value == 15);
}

__extension__ typedef __int128 wide;

TEST(scaling_agrees_with_long_arithmetic) {
    uint64_t state = 9;
    char text[64];
    for (int i = 0; i < 50000; i++) {
        int64_t micro = (int64_t)(test_random(&state) >> (4 + test_random(&state) % 58)) * (test_random(&state) % 2 ? 1 : -1), got;
        int shift = (int)(test_random(&state) % 25) - 12;
        bool exact;
        /* micro = digits * 10^-6, written with the point moved and undone by an exponent */
        (void)snprintf(text, sizeof text, "%llde%d", (long long)micro, -6);
        EXPECT(scaled(text, 6, &got, &exact) && exact && got == micro);
        (void)snprintf(text, sizeof text, "%s%lld.%06llde%d", micro < 0 ? "-" : "", llabs(micro) / 1000000, llabs(micro) % 1000000, shift);
        bool fits = scaled(text, 6, &got, &exact);
        wide want = micro;
        for (int k = 0; k < shift; k++) want *= 10;
        wide unit = 1;
        for (int k = 0; k < -shift; k++) unit *= 10;
        wide half = want < 0 ? -unit / 2 : unit / 2;
        bool whole = want % unit == 0;
        want = unit > 1 ? (want + half) / unit : want;
        EXPECT_EQ(fits, want <= INT64_MAX && want >= -INT64_MAX);
        if (fits) EXPECT(got == (int64_t)want && exact == whole);
    }
}

/* --- cutting ------------------------------------------------------------------------------------------------------------------------- */

TEST(members_are_cut_as_they_were_written) {
    static char a[1 << 16], b[1 << 16];
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct maker m = {.state = seed, .plain = buf_over(a, sizeof a), .loose = buf_over(b, sizeof b)};
        make_value(&m, 0);
        struct str rest = buf_str(&m.plain), name, value;
        struct json root = parse(rest);
        struct json_walk walk = json_walk(root);
        struct json_member member;
        while (walk.named && json_next(&walk, &member)) {
            EXPECT(json_cut_member(&rest, &name, &value));
            EXPECT_STR(rewrite(member.value), value);
            struct buf quoted = buf_over(written, sizeof written);
            buf_json(&quoted, member.name);
            EXPECT_STR(str_slice(buf_str(&quoted), 1, quoted.size - 1), name);
        }
        EXPECT(!json_cut_member(&rest, &name, &value));
    }
}

int main(void) {
    RUN(what_is_read_is_written_again);
    RUN(a_cut_text_is_refused_and_harms_nothing);
    RUN(what_is_not_json_is_refused);
    RUN(a_refusal_says_where);
    RUN(depth_is_bounded_outside_of_texts_only);
    RUN(size_and_memory_are_bounded);
    RUN(a_name_stands_once_in_an_object);
    RUN(values_are_reached_by_name_and_in_order);
    RUN(numbers_are_scaled_exactly);
    RUN(numbers_beyond_int64_are_no_numbers_to_us);
    RUN(scaling_agrees_with_long_arithmetic);
    RUN(members_are_cut_as_they_were_written);
    return test_end();
}
