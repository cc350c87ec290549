// SPDX-License-Identifier: Apache-2.0
/* Reads and writes RFC 3339 times without the C library's locale, zones or globals. */
#include "base/moment.h"

/* Days since 1970-01-01 of a civil date (Hinnant, "chrono-compatible low-level date algorithms", days_from_civil). */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    unsigned of_era = (unsigned)(year - era * 400);
    unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return era * 146097 + (int64_t)days - 719468;
}

static void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * of_year + 2) / 153;
    *day = of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

static unsigned days_in_month(int64_t year, unsigned month) {
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* `count` digits at `at` as a number; -1 where one of them is none. */
static int digits(const char *at, int count) {
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9') return -1;
        value = value * 10 + (at[i] - '0');
    }
    return value;
}

/* The zone at the end of a date-time: "Z" or "+hh:mm". */
bool moment_parse_offset(struct str s, int64_t *offset_ms) {
    *offset_ms = 0;
    if (s.size == 1) return s.at[0] == 'Z' || s.at[0] == 'z';
    if (s.size != 6 || (s.at[0] != '+' && s.at[0] != '-') || s.at[3] != ':') return false;
    int hours = digits(s.at + 1, 2), minutes = digits(s.at + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
    *offset_ms = (hours * HOUR_MS + minutes * MINUTE_MS) * (s.at[0] == '-' ? -1 : 1);
    return true;
}

bool moment_parse(struct str s, int64_t *out_ms) {
    if (s.size < 20 || s.size > 64) return false;
    const char *t = s.at;
    if (t[4] != '-' || t[7] != '-' || (t[10] != 'T' && t[10] != 't' && t[10] != ' ') || t[13] != ':' || t[16] != ':') return false;
    int year = digits(t, 4), month = digits(t + 5, 2), day = digits(t + 8, 2);
    int hour = digits(t + 11, 2), minute = digits(t + 14, 2), second = digits(t + 17, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || (unsigned)day > days_in_month(year, (unsigned)month)) return false;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false;
    size_t at = 19;
    int64_t fraction_ms = 0;
    if (t[at] == '.') {
        int64_t unit = 100;
        size_t first = ++at;
        for (; at < s.size && t[at] >= '0' && t[at] <= '9'; at++, unit /= 10) fraction_ms += (t[at] - '0') * unit;
        if (at == first) return false;
    }
    int64_t offset_ms;
    if (!moment_parse_offset(str_slice(s, at, s.size), &offset_ms)) return false;
    *out_ms = days_from_civil(year, (unsigned)month, (unsigned)day) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS +
              (second == 60 ? 59 : second) * SECOND_MS + fraction_ms - offset_ms;
    return *out_ms >= 0;
}

/* Floor division, so that moments before 1970 fall into the day they belong to. */
static int64_t floor_div(int64_t a, int64_t b) {
    int64_t q = a / b;
    return a % b < 0 ? q - 1 : q;
}

static void two_digits(char *at, unsigned value) {
    at[0] = (char)('0' + value / 10 % 10);
    at[1] = (char)('0' + value % 10);
}

void moment_format(struct buf *b, int64_t at_ms) {
    int64_t day_count = floor_div(at_ms, DAY_MS), year;
    unsigned of_day = (unsigned)(at_ms - day_count * DAY_MS), month, day;
    civil_from_days(day_count, &year, &month, &day);
    char text[] = "0000-00-00T00:00:00.000Z";
    two_digits(text, (unsigned)(year / 100));
    two_digits(text + 2, (unsigned)(year % 100));
    two_digits(text + 5, month);
    two_digits(text + 8, day);
    two_digits(text + 11, of_day / 3600000);
    two_digits(text + 14, of_day / 60000 % 60);
    two_digits(text + 17, of_day / 1000 % 60);
    text[20] = (char)('0' + of_day % 1000 / 100);
    two_digits(text + 21, of_day % 100);
    buf_bytes(b, text, sizeof text - 1);
}

unsigned moment_weekday(int64_t at_ms) {
    int64_t days = floor_div(at_ms, DAY_MS) + 3; /* 1970-01-01 was a Thursday */
    int64_t of_week = days % 7;
    return (unsigned)(of_week < 0 ? of_week + 7 : of_week);
}

unsigned moment_hour(int64_t at_ms) {
    return (unsigned)((at_ms - floor_div(at_ms, DAY_MS) * DAY_MS) / HOUR_MS);
}

int64_t moment_of_date(int64_t year, unsigned month, unsigned day) {
    return days_from_civil(year, month, day) * DAY_MS;
}

int64_t moment_year(int64_t at_ms) {
    int64_t year;
    unsigned month, day;
    civil_from_days(floor_div(at_ms, DAY_MS), &year, &month, &day);
    return year;
}
