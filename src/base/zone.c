// SPDX-License-Identifier: Apache-2.0
/*
 * Reads POSIX rules of time zones and says which offset they give at a moment. The grammar (RFC 9636, 3.3.1, over POSIX.1-2017, 8.3):
 *
 *     rule   = name offset [ name [offset] "," day ["/" time] "," day ["/" time] ]
 *     name   = 3 or more letters, or "<" 3 or more letters, digits, "+", "-" ">"
 *     offset = ["+" / "-"] h[h] [":" mm [":" ss]]      what is added to local time to have UTC: west is positive
 *     day    = "M" m "." w "." d                        day d (0 = Sunday) of week w (5 = last) of month m
 *            / "J" n                                    1..365, 29 February is never counted
 *            / n                                        0..365, 29 February is counted
 *     time   = ["+" / "-"] h[h[h]] [":" mm [":" ss]]    02:00 where it is not said; by the clock that runs until then
 */
#include "base/zone.h"

#include "base/moment.h"

/* The Gregorian calendar repeats after this, days of the week included (146097 = 7 * 20871): no moment is too far off. */
#define CALENDAR_MS (146097 * DAY_MS)

enum day_form { DAY_OF_MONTH_WEEK, DAY_WITHOUT_LEAP, DAY_WITH_LEAP };

struct change {
    enum day_form form;
    unsigned month, week, weekday; /* DAY_OF_MONTH_WEEK */
    unsigned day;                  /* of the year, as the form counts */
    int64_t time_ms;               /* after the day's midnight; may be before it, or days later */
};

struct rule {
    int64_t standard_ms, summer_ms; /* east is positive */
    bool has_summer;
    struct change begin, end; /* of the summer time */
};

struct zone {
    struct str name, rule;
};

/* A time at which a zone does not follow its rule. */
struct spell {
    struct str name;
    int64_t from_s, until_s, offset_s;
};

static const struct zone zones[] = {
#define ZONE(name, rule) {{"" name, sizeof(name) - 1}, {"" rule, sizeof(rule) - 1}},
#define SPELL(name, from_s, until_s, offset_s)
#include "base/zones.def"
#undef ZONE
#undef SPELL
};

static const struct spell spells[] = {
#define ZONE(name, rule)
#define SPELL(name, from_s, until_s, offset_s) {{"" name, sizeof(name) - 1}, from_s, until_s, offset_s},
#include "base/zones.def"
#undef ZONE
#undef SPELL
};

/* -- reading a rule: each function takes what it reads from the front of *s ---------------------------------------------------------- */

static bool take_char(struct str *s, char c) {
    if (!s->size || s->at[0] != c) return false;
    *s = str_slice(*s, 1, s->size);
    return true;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A number of at most `digits_max` digits from `min` to `max`. */
static bool take_number(struct str *s, size_t digits_max, unsigned min, unsigned max, unsigned *out) {
    size_t count = 0;
    *out = 0;
    for (; count < s->size && count < digits_max && is_digit(s->at[count]); count++) *out = *out * 10 + (unsigned)(s->at[count] - '0');
    *s = str_slice(*s, count, s->size);
    return count && *out >= min && *out <= max;
}

static bool take_name(struct str *s) {
    bool quoted = take_char(s, '<');
    size_t count = 0;
    for (; count < s->size; count++) {
        char c = s->at[count];
        if (!is_letter(c) && !(quoted && (is_digit(c) || c == '+' || c == '-'))) break;
    }
    *s = str_slice(*s, count, s->size);
    return count >= 3 && (!quoted || take_char(s, '>'));
}

/* [+-]h[:mm[:ss]] */
static bool take_time(struct str *s, size_t digits_max, unsigned hours_max, int64_t *out_ms) {
    unsigned hours, minutes = 0, seconds = 0;
    bool negative = take_char(s, '-');
    if (!negative) (void)take_char(s, '+');
    if (!take_number(s, digits_max, 0, hours_max, &hours)) return false;
    if (take_char(s, ':')) {
        if (!take_number(s, 2, 0, 59, &minutes)) return false;
        if (take_char(s, ':') && !take_number(s, 2, 0, 59, &seconds)) return false;
    }
    *out_ms = (hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS) * (negative ? -1 : 1);
    return true;
}

static bool take_day(struct str *s, struct change *c) {
    if (take_char(s, 'M')) {
        c->form = DAY_OF_MONTH_WEEK;
        return take_number(s, 2, 1, 12, &c->month) && take_char(s, '.') && take_number(s, 1, 1, 5, &c->week) && take_char(s, '.') &&
               take_number(s, 1, 0, 6, &c->weekday);
    }
    c->form = take_char(s, 'J') ? DAY_WITHOUT_LEAP : DAY_WITH_LEAP;
    return take_number(s, 3, c->form == DAY_WITHOUT_LEAP, 365, &c->day);
}

static bool take_change(struct str *s, struct change *c) {
    c->time_ms = 2 * HOUR_MS;
    return take_char(s, ',') && take_day(s, c) && (!take_char(s, '/') || take_time(s, 3, 167, &c->time_ms));
}

static bool read_rule(struct str s, struct rule *r) {
    *r = (struct rule){0};
    int64_t west_ms;
    if (!take_name(&s) || !take_time(&s, 2, 24, &west_ms)) return false;
    r->standard_ms = -west_ms;
    if (!s.size) return true;
    r->has_summer = true;
    if (!take_name(&s)) return false;
    west_ms -= HOUR_MS;
    if (s.size && s.at[0] != ',' && !take_time(&s, 2, 24, &west_ms)) return false;
    r->summer_ms = -west_ms;
    return take_change(&s, &r->begin) && take_change(&s, &r->end) && !s.size;
}

/* -- what a rule says ----------------------------------------------------------------------------------------------------------------- */

/* Midnight of the day of change in `year`, as if local time were UTC. */
static int64_t change_day(const struct change *c, int64_t year) {
    int64_t first = moment_of_date(year, 1, 1);
    bool leap = moment_of_date(year, 3, 1) - moment_of_date(year, 2, 1) == 29 * DAY_MS;
    if (c->form == DAY_WITH_LEAP) return first + c->day * DAY_MS;
    if (c->form == DAY_WITHOUT_LEAP) return first + (c->day - 1 + (leap && c->day > 59)) * DAY_MS; /* J60 is always 1 March */
    int64_t month = moment_of_date(year, c->month, 1);
    int64_t next = c->month == 12 ? moment_of_date(year + 1, 1, 1) : moment_of_date(year, c->month + 1, 1);
    unsigned first_weekday = (moment_weekday(month) + 1) % 7; /* 0 = Sunday, as the rule counts */
    int64_t day = month + ((c->weekday + 7 - first_weekday) % 7 + (c->week - 1) * 7) * DAY_MS;
    return day < next ? day : day - 7 * DAY_MS; /* there is no fifth: the last is meant */
}

/*
 * Summer time holds where its last beginning is not before its last end. A change may lie in the year beside its own (times of a week and
 * more), so three years are looked at. Begin and end at one moment is how summer time for all of the year is written: it goes on.
 */
static int64_t rule_offset(const struct rule *r, int64_t at_ms) {
    if (!r->has_summer) return r->standard_ms;
    int64_t of_calendar = at_ms % CALENDAR_MS;
    if (of_calendar < 0) of_calendar += CALENDAR_MS;
    int64_t year = moment_year(of_calendar), begun = INT64_MIN, ended = INT64_MIN;
    for (int64_t y = year - 1; y <= year + 1; y++) {
        int64_t begin = change_day(&r->begin, y) + r->begin.time_ms - r->standard_ms;
        int64_t end = change_day(&r->end, y) + r->end.time_ms - r->summer_ms;
        if (begin <= of_calendar) begun = begin;
        if (end <= of_calendar) ended = end;
    }
    return begun >= ended ? r->summer_ms : r->standard_ms;
}

bool zone_rule_offset(struct str rule, int64_t at_ms, int64_t *offset_ms) {
    struct rule r;
    bool read = read_rule(rule, &r);
    *offset_ms = read ? rule_offset(&r, at_ms) : 0;
    return read;
}

/* -- names ---------------------------------------------------------------------------------------------------------------------------- */

static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : (unsigned char)c;
}

/* Less, equal or more than 0, as ASCII without case. */
static int compare(struct str a, struct str b) {
    for (size_t i = 0; i < a.size && i < b.size; i++)
        if (lower(a.at[i]) != lower(b.at[i])) return lower(a.at[i]) - lower(b.at[i]);
    return (a.size > b.size) - (a.size < b.size);
}

static const struct zone *find(struct str name) {
    size_t low = 0, high = sizeof zones / sizeof *zones;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(name, zones[middle].name);
        if (order == 0) return &zones[middle];
        if (order < 0) high = middle;
        else low = middle + 1;
    }
    return NULL;
}

bool zone_offset(struct str iana_name, int64_t at_ms, int64_t *offset_ms) {
    *offset_ms = 0;
    const struct zone *zone = find(iana_name);
    if (!zone) return false;
    for (size_t i = 0; i < sizeof spells / sizeof *spells; i++) {
        const struct spell *s = &spells[i];
        if (at_ms >= s->from_s * SECOND_MS && at_ms < s->until_s * SECOND_MS && str_equal(s->name, zone->name)) {
            *offset_ms = s->offset_s * SECOND_MS;
            return true;
        }
    }
    return zone_rule_offset(zone->rule, at_ms, offset_ms);
}
