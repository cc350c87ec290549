// SPDX-License-Identifier: Apache-2.0
/* Proves what the progress line says, and that nothing but a terminal ever sees it. */
#include "cli/progress.h"

#include "base/test.h"

static char memory[256];

static struct str line_at(uint64_t total, uint64_t done, uint64_t part, int64_t elapsed_us) {
    static struct buf out;
    out = buf_over(memory, sizeof memory);
    struct progress p = {.verb = "importing", .past = "imported", .unit = "events", .total = total, .started_us = 1000};
    progress_line(&p, done, part, 1000 + elapsed_us, &out);
    return buf_str(&out);
}

TEST(line_tells_share_rate_and_rest) {
    EXPECT_STR(line_at(1000, 50000, 250, 2000000), STR("importing [=====>              ]  25 %  50,000 events  25.0 k/s  ETA 6.0 s"));
    EXPECT_STR(line_at(1000, 7, 1000, 2000000), STR("importing [====================] 100 %  7 events  3.50/s"));
    EXPECT_STR(line_at(1000, 7, 2000, 1), STR("importing [====================] 100 %  7 events")); /* the file grew meanwhile */
    EXPECT_STR(line_at(0, 1234567, 99, 1000000), STR("importing 1,234,567 events  1.23 M/s"));
    EXPECT_STR(line_at(1000, 0, 0, 1000000), STR("importing [>                   ]   0 %  0 events  0.00/s"));
}

TEST(summary_is_one_sentence) {
    struct buf out = buf_over(memory, sizeof memory);
    struct progress p = {.verb = "importing", .past = "imported", .unit = "events"};
    progress_summary(&p, 6685, 1200000, &out);
    EXPECT_STR(buf_str(&out), STR("imported 6,685 events in 1.2 s (5.57 k/s)"));
}

static struct str duration(int64_t us) {
    static struct buf out;
    out = buf_over(memory, sizeof memory);
    figure_duration(&out, us);
    return buf_str(&out);
}

static struct str rate(double value) {
    static struct buf out;
    out = buf_over(memory, sizeof memory);
    figure_short(&out, value);
    return buf_str(&out);
}

TEST(figures_keep_three_digits) {
    EXPECT_STR(duration(-5), STR("0.0 s"));
    EXPECT_STR(duration(99900000), STR("99.9 s"));
    EXPECT_STR(duration(INT64_C(125000000)), STR("2:05"));
    EXPECT_STR(duration(INT64_C(3723000000)), STR("1:02:03"));
    EXPECT_STR(rate(999.4), STR("999"));
    EXPECT_STR(rate(999.6), STR("1.00 k"));
    EXPECT_STR(rate(12345), STR("12.3 k"));
    EXPECT_STR(rate(999600), STR("1.00 M"));
    EXPECT_STR(rate(2.5e9), STR("2.50 G"));
    EXPECT_STR(rate(12.3), STR("12"));
}

TEST(a_pipe_sees_nothing) {
    char seen[64] = "";
    FILE *to = tmpfile();
    struct progress p;
    progress_init(&p, to, "importing", "imported", "events", 10, 0);
    progress_show(&p, 5, 5, 1000000);
    progress_end(&p, 10, 2000000);
    rewind(to);
    EXPECT_EQ(fread(seen, 1, sizeof seen, to), 0);
    (void)fclose(to);
    to = tmpfile();
    p = (struct progress){.to = to, .live = true, .verb = "v", .past = "p", .unit = "u"};
    progress_show(&p, 5, 5, 1000000);
    progress_show(&p, 6, 6, 1000001); /* too soon after the last */
    progress_end(&p, 10, 2000000);
    rewind(to);
    size_t size = fread(seen, 1, sizeof seen, to);
    EXPECT_STR(((struct str){seen, size}), STR("\rv 5 u  5.00/s\033[K\rp 10 u in 2.0 s (5.00/s)\033[K\n"));
    (void)fclose(to);
}

int main(void) {
    RUN(line_tells_share_rate_and_rest);
    RUN(summary_is_one_sentence);
    RUN(figures_keep_three_digits);
    RUN(a_pipe_sees_nothing);
    return test_end();
}
