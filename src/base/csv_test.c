// SPDX-License-Identifier: Apache-2.0
/* Proves that rows are read as RFC 4180 says, whatever the cuts of the stream, and that a bad line costs itself only. */
#include "base/csv.h"

#include "base/buf.h"
#include "base/test.h"

static char scratch[CSV_ROW_SIZE_MAX];
static struct csv_row row;
static struct problem problem;

static enum csv_result read_all(struct str text) {
    return csv_read_row(text, true, scratch, &row, &problem);
}

TEST(reads_plain_and_quoted_fields) {
    EXPECT_EQ(read_all(STR("a,\"b,\"\"c\"\"\n d\",,e\r\nnext")), CSV_ROW);
    EXPECT_EQ(row.count, 4);
    EXPECT_STR(row.fields[0], STR("a"));
    EXPECT_STR(row.fields[1], STR("b,\"c\"\n d"));
    EXPECT_STR(row.fields[2], STR(""));
    EXPECT_STR(row.fields[3], STR("e"));
    EXPECT_EQ(row.lines, 2);
    EXPECT_EQ(row.size, 19);
}

TEST(last_row_needs_no_line_end) {
    EXPECT_EQ(read_all(STR("a,\"b\"")), CSV_ROW);
    EXPECT_EQ(row.count, 2);
    EXPECT_EQ(read_all(STR("a,")), CSV_ROW);
    EXPECT_EQ(row.count, 2);
    EXPECT_STR(row.fields[1], STR(""));
    EXPECT_EQ(read_all(STR_NONE), CSV_END);
}

TEST(a_blank_line_is_no_row_of_one_field) {
    EXPECT_EQ(read_all(STR("\r\na")), CSV_ROW);
    EXPECT(row.blank);
    EXPECT_EQ(row.size, 2);
    EXPECT_EQ(row.count, 0);
}

TEST(a_stray_quote_costs_its_own_line) {
    EXPECT_EQ(read_all(STR("a,b\"c\nnext,row\n")), CSV_BAD);
    EXPECT_EQ(row.size, 6);
    EXPECT_STR(str_from(problem.where), STR("field 2, byte 4"));
    EXPECT_EQ(read_all(STR("\"a\"b\nnext\n")), CSV_BAD);
    EXPECT_EQ(row.size, 5);
    EXPECT_EQ(read_all(STR("\"a\nb,c\n")), CSV_BAD); /* never closed */
    EXPECT_EQ(row.size, 3);
    EXPECT_EQ(row.lines, 1);
}

TEST(waits_for_the_rest_of_a_row) {
    struct str cuts[] = {STR("a"), STR("a,"), STR("a\r"), STR("\"a\""), STR("\"a"), STR("\"a\"\r"), STR_NONE};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) EXPECT_EQ(csv_read_row(cuts[i], false, scratch, &row, &problem), CSV_MORE);
}

TEST(bounds_are_refused_not_grown) {
    static char text[3 * CSV_ROW_SIZE_MAX];
    memset(text, 'x', sizeof text);
    EXPECT_EQ(csv_read_row((struct str){text, sizeof text}, false, scratch, &row, &problem), CSV_BAD);
    EXPECT_EQ(problem.err, ERR_TOO_LARGE);
    text[0] = '"';
    text[100] = '\n';
    EXPECT_EQ(csv_read_row((struct str){text, sizeof text}, false, scratch, &row, &problem), CSV_BAD);
    EXPECT_EQ(row.size, 101); /* an open quote costs its first line */
    memset(text, ',', CSV_FIELDS_MAX);
    text[CSV_FIELDS_MAX] = '\n';
    EXPECT_EQ(csv_read_row((struct str){text, CSV_FIELDS_MAX + 1}, true, scratch, &row, &problem), CSV_BAD);
    EXPECT_EQ(problem.err, ERR_TOO_LARGE);
}

/* A random field made of the bytes that matter. */
static struct str random_field(uint64_t *seed, char *memory, size_t size_max) {
    static const char alphabet[] = "a,\"\n\r b\xC3";
    size_t size = test_random(seed) % size_max;
    for (size_t i = 0; i < size; i++) memory[i] = alphabet[test_random(seed) % (sizeof alphabet - 1)];
    return (struct str){memory, size};
}

/* Whatever is written is read back, and reading it with any cut gives the same row or asks for more. */
TEST(what_is_written_is_read_back_at_every_cut) {
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        uint64_t state = seed;
        char memory[8][24], text[1024];
        struct str fields[8];
        unsigned count = 2 + (unsigned)(test_random(&state) % 6);
        struct buf b = buf_over(text, sizeof text);
        for (unsigned i = 0; i < count; i++) {
            fields[i] = random_field(&state, memory[i], sizeof memory[i]);
            if (i) buf_char(&b, ',');
            csv_write_field(&b, fields[i]);
        }
        buf_text(&b, seed % 2 ? STR("\n") : STR("\r\n"));
        struct str whole = buf_str(&b);
        for (size_t cut = 0; cut < whole.size; cut++)
            EXPECT_EQ(csv_read_row(str_slice(whole, 0, cut), false, scratch, &row, &problem), CSV_MORE);
        EXPECT_EQ(csv_read_row(whole, false, scratch, &row, &problem), CSV_ROW);
        EXPECT_EQ(row.size, whole.size);
        EXPECT_EQ(row.count, count);
        for (unsigned i = 0; i < count && i < row.count; i++) EXPECT_STR(row.fields[i], fields[i]);
        if (test_failures_here) {
            printf("seed %llu\n", (unsigned long long)seed);
            return;
        }
    }
}

int main(void) {
    RUN(reads_plain_and_quoted_fields);
    RUN(last_row_needs_no_line_end);
    RUN(a_blank_line_is_no_row_of_one_field);
    RUN(a_stray_quote_costs_its_own_line);
    RUN(waits_for_the_rest_of_a_row);
    RUN(bounds_are_refused_not_grown);
    RUN(what_is_written_is_read_back_at_every_cut);
    return test_end();
}
