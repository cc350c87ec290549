// SPDX-License-Identifier: Apache-2.0
/* The three forms of a report say the same, hold together, and let nothing through that a stranger wrote. */
#include "evaluate/report.h"

#include "base/json.h"
#include "base/test.h"

static char memory[64U << 20];
static struct arena arena;
static struct sample s;
static struct plan plan;
static struct measurement m;
static struct problem p;

#define EVIL "<script>alert('1')</script>&\\\""

static void feed(unsigned i, const char *label, const char *family, double score, double other) {
    char text[512];
    struct buf b = buf_over(text, sizeof text);
    buf_fmt(
        &b,
        "{\"id\":\"e%u\",\"type\":\"login\",\"subject\":\"%c%u\",\"time\":\"2026-01-01T00:%02u:%02uZ\",\"data\":{\"outcome\":\"success\"}}",
        i, label[0], i % 7, i / 60, i % 60);
    EXPECT_EQ(sample_event(&s, buf_str(&b), &p), ERR_OK);
    buf_reset(&b);
    buf_fmt(&b, "{\"id\":\"e%u\",\"label\":\"%s\",\"family\":", i, label);
    buf_json(&b, str_from(family));
    buf_fmt(&b, ",\"incident\":\"i\",\"effect\":%s}", i % 2 ? "true" : "false");
    EXPECT_EQ(sample_label(&s, buf_str(&b), &p), ERR_OK);
    for (unsigned k = 0; k < 2; k++) {
        s.files[k].scores[i] = k ? other : score;
        s.files[k].scored++;
    }
}

static struct report load(void) {
    memset(memory, 0, sizeof memory);
    arena = arena_over(memory, sizeof memory);
    EXPECT_EQ(sample_init(&s, &arena, 1024, &p), ERR_OK);
    for (unsigned k = 0; k < 2; k++) { /* scores are put into place by hand: files begin after the events */
        s.files[k].name = k ? STR("<other>") : STR("ours");
        s.files[k].scores = arena_take(&arena, 1024 * sizeof(double));
    }
    s.file_count = 2;
    for (unsigned i = 0; i < 600; i++) {
        bool hijacker = i >= 400 && i % 10 == 3;
        feed(i, hijacker ? "hijacker" : "owner", i % 20 == 3 ? EVIL : "plain", i % 97 + (hijacker ? 60 : 0), i % 31);
    }
    plan = plan_default();
    plan.rounds = 100;
    EXPECT_EQ(measure(&s, &plan, &m, &p), ERR_OK);
    return (struct report){&s, &plan, &m};
}

TEST(json_is_json_and_has_every_figure) {
    struct report r = load();
    struct buf out = buf_over(arena_take(&arena, 4U << 20), 4U << 20);
    report_json(&r, &out);
    EXPECT(!out.overflow);
    struct json root;
    size_t size = JSON_MEMORY_MAX(out.size);
    struct arena parsing = arena_over(arena_take(&arena, size), size);
    EXPECT_EQ(json_parse(buf_str(&out), out.size, &parsing, &root, &p), ERR_OK);
    unsigned views = 0, groups = 0;
    struct json_walk walk = json_walk(json_get(root, STR("views")));
    for (struct json_member view; json_next(&walk, &view); views++) {
        struct json_walk inner = json_walk(json_get(view.value, STR("groups")));
        for (struct json_member group; json_next(&inner, &group); groups++) {
            struct json_walk files = json_walk(json_get(group.value, STR("files")));
            for (struct json_member file; json_next(&files, &file);)
                for (unsigned k = 0; k < METRIC_COUNT; k++) {
                    struct json e = json_get(file.value, metric_name((enum metric)k));
                    struct json value = json_get(e, STR("value"));
                    EXPECT(value.type == JSON_NUMBER || (value.type == JSON_NULL && json_get(e, STR("why")).type == JSON_TEXT));
                }
        }
    }
    EXPECT_EQ(views, VIEW_COUNT);
    EXPECT_EQ(groups, VIEW_COUNT * (GROUP_FAMILIES + 2));
}

/* Each tag that is opened is closed, in order. */
static bool is_balanced(struct str page) {
    struct str open[64];
    size_t depth = 0;
    for (size_t at = str_find_char(page, '<', 0); at < page.size; at = str_find_char(page, '<', at + 1)) {
        size_t end = str_find_char(page, '>', at), name_end = at + 1;
        bool closes = page.at[at + 1] == '/';
        if (page.at[at + 1] == '!' || page.at[end - 1] == '/') continue;
        name_end += closes;
        while (name_end < end && page.at[name_end] != ' ') name_end++;
        struct str name = str_slice(page, at + 1 + closes, name_end);
        if (str_equal(name, STR("meta"))) continue;
        if (closes && (depth == 0 || !str_equal(open[--depth], name))) return false;
        if (!closes && depth == 64) return false;
        if (!closes) open[depth++] = name;
    }
    return depth == 0;
}

TEST(the_page_is_whole_and_nothing_in_it_runs) {
    struct report r = load();
    struct buf out = buf_over(arena_take(&arena, 4U << 20), 4U << 20);
    report_html(&r, &arena, &out);
    EXPECT(!out.overflow);
    struct str page = buf_str(&out);
    EXPECT(is_balanced(page));
    static const char *const never[] = {"<script", "http:", "https:", "<other>", " onload", "nan", "inf,", "<img", "<link"};
    for (unsigned i = 0; i < sizeof never / sizeof never[0]; i++) {
        if (str_find(page, str_from(never[i]), 0) < page.size) printf("the page has '%s'\n", never[i]);
        EXPECT_EQ(str_find(page, str_from(never[i]), 0), page.size);
    }
    unsigned plots = 0, titles = 0, tables = 0;
    for (size_t at = 0; (at = str_find(page, STR("<svg role=\"img\""), at)) < page.size; at++) plots++;
    for (size_t at = 0; (at = str_find(page, STR("<title id="), at)) < page.size; at++) titles++;
    for (size_t at = str_find(page, STR("Plots: "), 0); (at = str_find(page, STR("<table>"), at)) < page.size; at++) tables++;
    EXPECT_EQ(plots, 8); /* three a view, and of visits, which have no threshold here, one less */
    EXPECT_EQ(titles, 8);
    EXPECT_EQ(tables, 8);
}

TEST(the_text_has_tables_and_reasons) {
    struct report r = load();
    struct buf out = buf_over(arena_take(&arena, 1U << 20), 1U << 20);
    struct document d;
    document_begin(&d, &arena, STR("en"), STR("t"), STR_NONE);
    report_document(&r, &d);
    document_write_text(&d, &out);
    EXPECT(!d.overflow && !out.overflow);
    struct str text = buf_str(&out);
    EXPECT(str_find(
               text,
               STR("not computed, because a threshold of 0.1 % needs 1000 owners' events in the validation part: recall at 0.1 %; owners"),
               0) < text.size);
    EXPECT(str_find(text, STR("Differences from the first file"), 0) < text.size);
    EXPECT_STR(report_group_name(&r, GROUP_DEPTH_MANY), STR("5 and more before"));
}

int main(void) {
    RUN(json_is_json_and_has_every_figure);
    RUN(the_page_is_whole_and_nothing_in_it_runs);
    RUN(the_text_has_tables_and_reasons);
    return test_end();
}
