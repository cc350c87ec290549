// SPDX-License-Identifier: Apache-2.0
/* Proves what a report says of a figure and its goal, in each of its three forms. */
#include "bench/report.h"

#include <yyjson/yyjson.h>

#include "base/test.h"

static char memory[16384];

static struct str figure(enum unit unit, double value) {
    static struct buf out;
    out = buf_over(memory, sizeof memory);
    report_write_figure(&out, unit, value);
    return buf_str(&out);
}

TEST(figures_have_three_digits_and_a_unit) {
    EXPECT_STR(figure(UNIT_PER_SECOND, 81321), STR("81.3 k/s"));
    EXPECT_STR(figure(UNIT_PER_SECOND, 999600), STR("1.00 M/s"));
    EXPECT_STR(figure(UNIT_PER_SECOND, 12), STR("12.0/s"));
    EXPECT_STR(figure(UNIT_MICROSECONDS, 345.6), STR("346 us"));
    EXPECT_STR(figure(UNIT_MICROSECONDS, 9876), STR("9.88 ms"));
    EXPECT_STR(figure(UNIT_BYTES, 598), STR("598 B"));
    EXPECT_STR(figure(UNIT_BYTES, 598e6), STR("598 MB"));
    EXPECT_STR(figure(UNIT_SECONDS, 0.0123), STR("0.012 s"));
    EXPECT_STR(figure(UNIT_COUNT, 7), STR("7"));
}

static struct bench_report report;

static void make_report(void) {
    report = (struct bench_report){.accounts = 1000, .when = "2026-03-01", .machine = {.processor = "a \"fast\" one", .cores = 2}};
    struct bench_row *row = report_goal(report_add(&report, "rate", "decisions", UNIT_PER_SECOND, 90000), RULE_AT_LEAST, 80000);
    (void)snprintf(row->limit, sizeof row->limit, "the server's core");
    (void)report_goal(report_add(&report, "bytes", "memory", UNIT_BYTES, 700), RULE_AT_MOST, 600);
    (void)report_add(&report, "p50", "median", UNIT_MICROSECONDS, 250);
}

TEST(goals_hold_or_not) {
    make_report();
    EXPECT(report_holds(&report.rows[0]));
    EXPECT(!report_holds(&report.rows[1]));
    EXPECT(report_holds(&report.rows[2]));
    EXPECT_EQ(report.count, 3);
    (void)report_add(&report, "p50", "median", UNIT_MICROSECONDS, 260); /* measured again */
    EXPECT_EQ(report.count, 3);
    EXPECT_EQ(report.rows[2].reached, 260);
}

TEST(json_is_one_object_with_all_figures) {
    make_report();
    struct buf out = buf_over(memory, sizeof memory);
    report_write_json(&report, &out);
    yyjson_doc *doc = yyjson_read(out.at, out.size, 0);
    EXPECT(doc != NULL);
    yyjson_val *root = yyjson_doc_get_root(doc), *figures = yyjson_obj_get(root, "figures");
    EXPECT_EQ(yyjson_obj_size(figures), 3);
    EXPECT(yyjson_get_bool(yyjson_obj_get(yyjson_obj_get(figures, "rate"), "holds")));
    EXPECT(!yyjson_get_bool(yyjson_obj_get(yyjson_obj_get(figures, "bytes"), "holds")));
    EXPECT(yyjson_obj_get(yyjson_obj_get(figures, "p50"), "goal") == NULL);
    EXPECT_STR(str_from(yyjson_get_str(yyjson_obj_get(yyjson_obj_get(root, "machine"), "processor"))), STR("a \"fast\" one"));
    EXPECT(yyjson_obj_get(yyjson_obj_get(root, "calibration"), "after") == NULL);
    yyjson_doc_free(doc);
}

static bool says(struct buf *out, struct str text) {
    return str_find(buf_str(out), text, 0) < out->size;
}

TEST(page_and_table_say_what_was_missed) {
    make_report();
    struct buf out = buf_over(memory, sizeof memory);
    report_write_markdown(&report, &out);
    EXPECT(!out.overflow);
    EXPECT(says(&out, STR("| decisions | >= 80.0 k/s | 90.0 k/s | reached | the server's core |\n")));
    EXPECT(says(&out, STR("| memory | <= 600 B | 700 B | missed |  |\n")));
    EXPECT(says(&out, STR("| median | 250 us |  |\n")));
    out = buf_over(memory, sizeof memory);
    report_write_table(&report, &out);
    EXPECT(says(&out, STR("<= 600 B")) && says(&out, STR("missed")));
}

int main(void) {
    RUN(figures_have_three_digits_and_a_unit);
    RUN(goals_hold_or_not);
    RUN(json_is_one_object_with_all_figures);
    RUN(page_and_table_say_what_was_missed);
    return test_end();
}
