// SPDX-License-Identifier: Apache-2.0
/* Proves the calendar against the C library's, day by day, and the refusal of what is no RFC 3339 time. */
#include "base/moment.h"

#include "base/test.h"

static bool reads_as(const char *text, int64_t want_ms) {
    int64_t ms = -1;
    return moment_parse(str_from(text), &ms) && ms == want_ms;
}

static bool refused(const char *text) {
    int64_t ms = -1;
    return !moment_parse(str_from(text), &ms);
}

static struct str written(int64_t at_ms, char memory[32]) {
    struct buf b = buf_over(memory, 32);
    moment_format(&b, at_ms);
    return buf_str(&b);
}

TEST(every_day_agrees_with_the_c_library) {
    char text[32], want[32];
    for (int64_t day = 0; day < 366 * 300; day++) {
        int64_t ms = day * DAY_MS + day % 24 * HOUR_MS;
        time_t seconds = (time_t)(ms / 1000);
        struct tm tm;
        EXPECT(gmtime_r(&seconds, &tm));
        (void)strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
        EXPECT_STR(written(ms, text), str_from(want));
        EXPECT(reads_as(want, ms));
        EXPECT_EQ(moment_weekday(ms), (tm.tm_wday + 6) % 7);
        EXPECT_EQ(moment_hour(ms), tm.tm_hour);
    }
}

TEST(reading_undoes_writing) {
    uint64_t state = 1;
    char text[32];
    for (int i = 0; i < 100000; i++) {
        int64_t ms = (int64_t)(test_random(&state) % (UINT64_C(253402300800000))); /* up to the year 9999 */
        int64_t again;
        EXPECT(moment_parse(written(ms, text), &again));
        EXPECT_EQ(again, ms);
    }
}

TEST(offsets_and_fractions) {
    EXPECT(reads_as("1970-01-01T00:00:00Z", 0));
    EXPECT(reads_as("1970-01-01T09:00:00+09:00", 0));
    EXPECT(refused("1969-12-31T16:00:00-08:00")); /* that is 1970 in UTC, but the year as written is not ours */
    EXPECT(reads_as("2026-03-01T01:02:03.456Z", 1772326923456));
    EXPECT(reads_as("2026-03-01t01:02:03.4567891z", 1772326923456)); /* cut, not rounded */
    EXPECT(reads_as("2026-03-01 01:02:03.4Z", 1772326923400));
    EXPECT(reads_as("2026-03-01T05:47:03.456+04:45", 1772326923456));
    EXPECT(reads_as("2016-12-31T23:59:60Z", 1483228799000)); /* the leap second reads as the one before */
    EXPECT(reads_as("2024-02-29T00:00:00Z", 1709164800000));
    EXPECT(reads_as("2000-02-29T00:00:00Z", 951782400000));
}

TEST(what_is_no_time_is_refused) {
    const char *const bad[] = {
        "",
        "2026",
        "2026-03-01",
        "2026-03-01T01:02:03",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-03-00T00:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T00:60:00Z",
        "2026-03-01T00:00:61Z",
        "2026-03-01T00:00:00.Z",
        "2026-03-01T00:00:00+9:00",
        "2026-03-01T00:00:00+0900",
        "2026-03-01T00:00:00+24:00",
        "2026-03-01T00:00:00ZZ",
        "2026-03-01T00:00:00 Z",
        "2O26-03-01T00:00:00Z",
        "+026-03-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "2026-03-01T00:00:00.000000000000000000000000000000000000000000000000000000Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (!refused(bad[i])) printf("accepted: %s\n", bad[i]);
        EXPECT(refused(bad[i]));
    }
}

TEST(weeks_and_hours_before_1970) {
    EXPECT_EQ(moment_weekday(0), 3); /* a Thursday */
    EXPECT_EQ(moment_weekday(-1), 2);
    EXPECT_EQ(moment_hour(-1), 23);
    EXPECT_EQ(moment_weekday(-7 * DAY_MS), 3);
}

TEST(dates_and_years) {
    for (int64_t day = -800000; day < 800000; day += 97) {
        int64_t year = moment_year(day * DAY_MS);
        EXPECT(moment_of_date(year, 1, 1) <= day * DAY_MS && day * DAY_MS < moment_of_date(year + 1, 1, 1));
    }
    EXPECT_EQ(moment_of_date(1970, 1, 1), 0);
    EXPECT_EQ(moment_of_date(2024, 2, 29), 1709164800000);
    EXPECT_EQ(moment_year(-1), 1969);
}

int main(void) {
    RUN(every_day_agrees_with_the_c_library);
    RUN(reading_undoes_writing);
    RUN(offsets_and_fractions);
    RUN(what_is_no_time_is_refused);
    RUN(weeks_and_hours_before_1970);
    RUN(dates_and_years);
    return test_end();
}
