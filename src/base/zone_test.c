// SPDX-License-Identifier: Apache-2.0
/* Proves the offsets of time zones against the C library's, which reads this machine's tzdata, and the refusal of what is no rule. */
#include "base/zone.h"

#include <stdlib.h>
#include <time.h>

#include "base/moment.h"
#include "base/test.h"

static const char *const names[] = {
#define ZONE(name, rule) name,
#define SPELL(name, from_s, until_s, offset_s)
#include "base/zones.def"
#undef ZONE
#undef SPELL
};
#define NAME_COUNT (sizeof names / sizeof *names)

static int64_t at(const char *text) {
    int64_t ms = -1;
    EXPECT(moment_parse(str_from(text), &ms));
    return ms;
}

/* Minutes east of UTC; -9999: there is no such zone or rule. */
static int64_t minutes(const char *name, const char *when) {
    int64_t ms;
    return zone_offset(str_from(name), at(when), &ms) ? ms / MINUTE_MS : -9999;
}

static int64_t of_rule(const char *rule, const char *when) {
    int64_t ms;
    return zone_rule_offset(str_from(rule), at(when), &ms) ? ms / MINUTE_MS : -9999;
}

/* How many of `names` the C library tells otherwise at some of `count` moments; a zone that this machine lacks is UTC to it, and left out.
 */
static int otherwise_by_system(int count, int *compared) {
    int otherwise = 0;
    uint64_t state = 20250101;
    for (size_t i = 0; i < NAME_COUNT; i++) {
        char tz[128], path[128];
        (void)snprintf(tz, sizeof tz, ":%s", names[i]);
        (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", names[i]);
        FILE *f = fopen(path, "rb");
        if (!f) continue;
        (void)fclose(f);
        (void)setenv("TZ", tz, 1), tzset();
        bool same = true;
        for (int n = 0; n < count; n++) {
            time_t s = (time_t)(1735689600 + test_random(&state) % (UINT64_C(13) * 365 * 86400)); /* 2025 to 2037 */
            int64_t ms = -1;
            struct tm tm;
            EXPECT(zone_offset(str_from(names[i]), (int64_t)s * SECOND_MS, &ms));
            EXPECT(localtime_r(&s, &tm));
            if (ms != tm.tm_gmtoff * SECOND_MS) {
                if (same) printf("%s at %lld: %lld s, the system says %ld\n", names[i], (long long)s, (long long)(ms / 1000), tm.tm_gmtoff);
                same = false;
            }
        }
        otherwise += !same;
        ++*compared;
    }
    return otherwise;
}

/* Is this machine's tzdata the one that zones.def was made from? */
static bool same_release(void) {
    char ours[256] = "", theirs[64] = "";
    FILE *f = fopen("src/base/zones.def", "r"), *g = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
    bool read = f && g && fgets(theirs, sizeof theirs, g);
    while (read && fgets(ours, sizeof ours, f) && !strstr(ours, "tzdata")) continue;
    if (f) (void)fclose(f);
    if (g) (void)fclose(g);
    theirs[strcspn(theirs, "\n")] = 0;
    return read && strlen(theirs) > 10 && strstr(ours, theirs + strlen("# version "));
}

TEST(every_zone_agrees_with_this_machines_tzdata) {
    int compared = 0, otherwise = otherwise_by_system(400, &compared);
    if (same_release()) EXPECT_EQ(otherwise, 0);
    else EXPECT(otherwise <= 12); /* another release changes the law of a handful of zones; 600 wrong are not its doing */
    printf("%d zones compared with this machine's, which are %s release\n", compared, same_release() ? "the same" : "another");
}

TEST(a_change_comes_at_its_second) {
    int64_t change = at("2026-03-29T01:00:00Z"), ms;
    EXPECT(zone_offset(STR("Europe/Berlin"), change - 1, &ms) && ms == HOUR_MS);
    EXPECT(zone_offset(STR("Europe/Berlin"), change, &ms) && ms == 2 * HOUR_MS);
    change = at("2026-10-25T01:00:00Z");
    EXPECT(zone_offset(STR("Europe/Berlin"), change - 1, &ms) && ms == 2 * HOUR_MS);
    EXPECT(zone_offset(STR("Europe/Berlin"), change, &ms) && ms == HOUR_MS);
}

TEST(places_that_are_easily_got_wrong) {
    EXPECT_EQ(minutes("Asia/Tokyo", "2026-07-01T00:00:00Z"), 540);
    EXPECT_EQ(minutes("Australia/Sydney", "2026-01-15T00:00:00Z"), 660); /* summer lies over the turn of the year */
    EXPECT_EQ(minutes("Australia/Sydney", "2026-07-15T00:00:00Z"), 600);
    EXPECT_EQ(minutes("Europe/Dublin", "2026-01-15T00:00:00Z"), 0); /* its law: standard time in summer, an hour less in winter */
    EXPECT_EQ(minutes("Europe/Dublin", "2026-07-15T00:00:00Z"), 60);
    EXPECT_EQ(minutes("Asia/Kolkata", "2026-07-15T00:00:00Z"), 330);
    EXPECT_EQ(minutes("Asia/Kathmandu", "2026-07-15T00:00:00Z"), 345);
    EXPECT_EQ(minutes("America/St_Johns", "2026-01-15T00:00:00Z"), -210);
    EXPECT_EQ(minutes("Australia/Lord_Howe", "2026-01-15T00:00:00Z"), 660); /* summer is half an hour */
    EXPECT_EQ(minutes("Australia/Lord_Howe", "2026-07-15T00:00:00Z"), 630);
    EXPECT_EQ(minutes("Pacific/Kiritimati", "2026-07-15T00:00:00Z"), 840);
    EXPECT_EQ(minutes("America/Nuuk", "2026-07-15T00:00:00Z"), -60);     /* changes on the day before, at -1 o'clock */
    EXPECT_EQ(minutes("Africa/Casablanca", "2026-01-15T00:00:00Z"), 60); /* all year but in Ramadan, */
    EXPECT_EQ(minutes("Africa/Casablanca", "2026-03-01T00:00:00Z"), 0);  /* which no rule can say */
    EXPECT_EQ(minutes("Asia/Gaza", "2026-07-15T00:00:00Z"), 180);
    EXPECT_EQ(minutes("Etc/GMT+5", "2026-07-15T00:00:00Z"), -300); /* their sign is POSIX's */
}

TEST(names_in_any_case_and_no_others) {
    EXPECT_EQ(minutes("asia/TOKYO", "2026-07-01T00:00:00Z"), 540);
    EXPECT_EQ(minutes("africa/casablanca", "2026-03-01T00:00:00Z"), 0);
    EXPECT_EQ(minutes("Japan", "2026-07-01T00:00:00Z"), 540);
    const char *const none[] = {"",      "Asia",   "Asia/", "Asia/Toky", "Asia/Tokyo ", "Asia/Tokyoo", "../Asia/Tokyo",
                                "JST-9", "+09:00", "~",     "Factory"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) EXPECT_EQ(minutes(none[i], "2026-07-01T00:00:00Z"), -9999);
    for (size_t i = 0; i < NAME_COUNT; i++) EXPECT(minutes(names[i], "2026-07-01T00:00:00Z") != -9999); /* so they are sorted */
}

TEST(rules_in_all_their_forms) {
    EXPECT_EQ(of_rule("<+0330>-3:30", "2026-07-01T00:00:00Z"), 210);
    EXPECT_EQ(of_rule("JST-9", "2026-07-01T00:00:00Z"), 540);
    EXPECT_EQ(of_rule("EST+05EDT4,M3.2.0/2,M11.1.0/2:00:00", "2026-07-01T00:00:00Z"), -240);
    EXPECT_EQ(of_rule("AAA0BBB,J60/0,J61/0", "2028-03-01T00:00:00Z"), 60); /* J60 is 1 March, */
    EXPECT_EQ(of_rule("AAA0BBB,J60/0,J61/0", "2027-03-01T00:00:00Z"), 60); /* leap year or not */
    EXPECT_EQ(of_rule("AAA0BBB,J60/0,J61/0", "2028-02-29T23:59:59Z"), 0);
    EXPECT_EQ(of_rule("AAA0BBB,59/0,60/1", "2028-02-29T00:00:00Z"), 60);               /* 59 is 29 February in one */
    EXPECT_EQ(of_rule("AAA0BBB,59/0,60/1", "2027-03-01T00:00:00Z"), 60);               /* and 1 March in another */
    EXPECT_EQ(of_rule("AAA0BBB,M1.1.0/-167,M1.1.0/-165", "2027-12-26T01:30:00Z"), 60); /* 2 January 2028, less a week, and an hour */
    EXPECT_EQ(of_rule("AAA0BBB,M1.1.0/-167,M1.1.0/-165", "2027-12-26T02:00:00Z"), 0);
    EXPECT_EQ(of_rule("AAA0BBB,M1.1.0/-167,M6.1.0", "2027-12-26T00:59:59Z"), 0);
    EXPECT_EQ(of_rule("AAA0BBB,M1.1.0/-167,M6.1.0", "2027-12-26T01:00:00Z"), 60);
    EXPECT_EQ(of_rule("AAA0BBB,M3.1.0,M11.5.0/0", "2027-11-27T22:59:59Z"), 60); /* no fifth Sunday: the last */
    EXPECT_EQ(of_rule("AAA0BBB,M3.1.0,M11.5.0/0", "2027-11-27T23:00:00Z"), 0);
    EXPECT_EQ(of_rule("AAA0BBB,M3.1.0,M12.5.0/0", "2026-12-26T22:59:59Z"), 60);
    EXPECT_EQ(of_rule("AAA0BBB,M3.1.0,M12.5.0/0", "2026-12-26T23:00:00Z"), 0);
    EXPECT_EQ(of_rule("XXX3EDT4,0/0,J365/23", "2026-12-31T23:30:00Z"), -240); /* RFC 9636: summer time all year */
    EXPECT_EQ(of_rule("XXX3EDT4,0/0,J365/23", "2027-01-01T03:00:00Z"), -240);
    EXPECT_EQ(of_rule("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-15T00:00:00Z"), 60);  /* negative summer time, in winter */
    EXPECT_EQ(of_rule("IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-27T00:00:00Z"), 180); /* the Friday after the fourth Thursday */
    EXPECT_EQ(of_rule("IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-26T23:59:59Z"), 120);
}

TEST(what_is_no_rule_is_refused) {
    const char *const bad[] = {
        "",
        "9",
        "J",
        "JS-9",
        "JST",
        "JST-",
        "JST--9",
        "JST-25",
        "JST-9:",
        "JST-9:60",
        "JST-9:00:60",
        "JST-9:00:00:00",
        "JST-099",
        "JST-9 ",
        " JST-9",
        "<JST-9",
        "<>0",
        "<+0>0",
        "<+09>",
        "<+0 9>-9",
        "J5T-9",
        "EST5EDT",
        "EST5EDT,",
        "EST5EDT,M3.2.0",
        "EST5EDT,M3.2.0,",
        "EST5EDT,M3.2.0,M11.1.0,",
        "EST5ED,M3.2.0,M11.1.0",
        "EST5EDT25,M3.2.0,M11.1.0",
        "EST5EDT,M0.2.0,M11.1.0",
        "EST5EDT,M13.2.0,M11.1.0",
        "EST5EDT,M3.0.0,M11.1.0",
        "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.2.7,M11.1.0",
        "EST5EDT,M3.2,M11.1.0",
        "EST5EDT,J0,J300",
        "EST5EDT,J366,J300",
        "EST5EDT,366,300",
        "EST5EDT,M3.2.0/168,M11.1.0",
        "EST5EDT,M3.2.0/-168,M11.1.0",
        "EST5EDT,M3.2.0/,M11.1.0",
        "EST5EDT,M3.2.0/2:,M11.1.0",
        "EST5EDT,M3.2.0/0002,M11.1.0",
        "EST5EDT,99999999999,0",
        ":Asia/Tokyo",
        "\xff\xff\xff"
        "0",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms = 1;
        if (zone_rule_offset(str_from(bad[i]), 0, &ms)) printf("accepted: %s\n", bad[i]);
        EXPECT(!zone_rule_offset(str_from(bad[i]), 0, &ms) && ms == 0);
    }
}

/* Half of a rule is none of the whole; and whatever is changed in one, what comes out is an offset a rule can have. */
TEST(hostile_rules) {
    const char *const whole[] = {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "AAA-24:59:59BBB24:59:59,J1/-167:59:59,365/167:59:59"};
    uint64_t state = 7;
    for (int n = 0; n < 200000; n++) {
        char text[64];
        struct str s = str_from(whole[n % 2]);
        memcpy(text, s.at, s.size);
        s = str_slice((struct str){text, s.size}, 0, test_random(&state) % 4 ? s.size : test_random(&state) % s.size);
        for (uint64_t i = test_random(&state) % 4; i && s.size; i--) text[test_random(&state) % s.size] = (char)test_random(&state);
        char *exact = malloc(s.size + !s.size); /* so that a byte read too far is seen */
        memcpy(exact, s.at, s.size);
        int64_t ms, when = (int64_t)test_random(&state);
        if (zone_rule_offset((struct str){exact, s.size}, when, &ms)) EXPECT(ms > -25 * HOUR_MS && ms < 26 * HOUR_MS);
        free(exact);
    }
    int64_t ms;
    EXPECT(zone_rule_offset(str_from(whole[0]), INT64_MAX, &ms));
    EXPECT(zone_rule_offset(str_from(whole[0]), INT64_MIN, &ms));
}

int main(void) {
    RUN(every_zone_agrees_with_this_machines_tzdata);
    RUN(a_change_comes_at_its_second);
    RUN(places_that_are_easily_got_wrong);
    RUN(names_in_any_case_and_no_others);
    RUN(rules_in_all_their_forms);
    RUN(what_is_no_rule_is_refused);
    RUN(hostile_rules);
    return test_end();
}
