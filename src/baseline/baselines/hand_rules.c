// SPDX-License-Identifier: Apache-2.0
/* Baseline hand_rules: what a sensible shop writes by hand after a bad week, twelve rules with points. */
#include <math.h>

#include "base/moment.h"
#include "base/zone.h"
#include "baseline/baseline.h"

/*
 * The rules are those that products and presets name (detection.md 1.5 and 5.1: tirreno's preset "Account takeover", Okta's 805 km/h,
 * dormant accounts of DataVisor), the points are one person's sense. "New" needs an account that did something before. Nothing is fitted.
 */
struct rule {
    const char *name;
    double points;
    bool (*holds)(const struct baseline_sight *s);
};

static float value(const struct baseline_sight *s, enum relation_name name) {
    return s->relation[name];
}

static bool is_new(const struct baseline_sight *s, enum attribute a) {
    return s->relation[4 * (unsigned)a] == 0; /* same_: the account has a past, and this was not in it */
}

static bool country(const struct baseline_sight *s) {
    return is_new(s, ATTRIBUTE_country);
}

static bool network(const struct baseline_sight *s) {
    return is_new(s, ATTRIBUTE_asn);
}

static bool device(const struct baseline_sight *s) {
    return is_new(s, ATTRIBUTE_device);
}

static bool client(const struct baseline_sight *s) {
    return is_new(s, ATTRIBUTE_client);
}

static bool place_of_client(const struct baseline_sight *s) {
    return is_new(s, ATTRIBUTE_language) || is_new(s, ATTRIBUTE_timezone);
}

/* Between one and five on the client's clock; without a zone nobody can say. */
static bool night(const struct baseline_sight *s) {
    int64_t offset_ms;
    if (!zone_offset(s->event->timezone, s->event->time_ms, &offset_ms)) return false;
    unsigned hour = moment_hour(s->event->time_ms + offset_ms);
    return hour >= 1 && hour < 5;
}

static bool after_failures(const struct baseline_sight *s) {
    return value(s, RELATION_failures_1h) >= 3;
}

static bool address_fails(const struct baseline_sight *s) {
    return value(s, RELATION_address_failures_1h) >= (float)log1p(10);
}

static bool too_fast(const struct baseline_sight *s) {
    return value(s, RELATION_speed) >= (float)log1p(805);
}

static bool woken(const struct baseline_sight *s) {
    return value(s, RELATION_since_last) >= (float)log1p(90.0 * 24 * 60) && (device(s) || network(s));
}

/* First seen within the hour, on an account that is older than a day. */
static bool is_fresh(const struct baseline_sight *s, enum attribute a) {
    float age = s->relation[4 * (unsigned)a + 2];
    return is_new(s, a) || (age >= 0 && age < (float)log1p(1) && value(s, RELATION_account_age) > (float)log1p(24));
}

static bool change_on_fresh_path(const struct baseline_sight *s) {
    enum kind_group group = kind_group(s->event->kind);
    return (group == GROUP_CREDENTIAL || group == GROUP_VALUE) && (is_fresh(s, ATTRIBUTE_device) || is_fresh(s, ATTRIBUTE_asn));
}

static bool session_moved(const struct baseline_sight *s) {
    return value(s, RELATION_session_client) > 0 && value(s, RELATION_session_network) > 0;
}

static const struct rule rules[] = {
    {"new_country", 3, country},
    {"new_network", 1, network},
    {"new_device", 2, device},
    {"new_client", 1, client},
    {"new_language_or_time_zone", 1, place_of_client},
    {"night", 1, night},
    {"three_failures_within_the_hour", 2, after_failures},
    {"ten_failures_from_the_address", 2, address_fails},
    {"faster_than_an_airliner", 3, too_fast},
    {"woken_after_90_days_elsewhere", 2, woken},
    {"change_within_an_hour_of_a_new_path", 3, change_on_fresh_path},
    {"session_on_another_client_and_network", 3, session_moved},
};

static double score(void *self, const struct baseline_sight *s) {
    (void)self;
    double points = 0;
    for (unsigned i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].holds(s)) points += rules[i].points;
    return points;
}

const struct baseline baseline_hand_rules = {
    .name = "hand_rules",
    .sentence = "points of twelve rules that a sensible shop would write by hand",
    .carries = true,
    .score = score,
};
