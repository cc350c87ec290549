// SPDX-License-Identifier: Apache-2.0
/* What models read: names, bounds, and what is said of an event of which nothing is known. */
#include "score/row.h"

#include <string.h>

#include "base/test.h"

TEST(every_column_has_a_name_of_its_own) {
    for (unsigned i = 0; i < ROW_COUNT; i++)
        for (unsigned k = 0; k < i; k++) EXPECT(strcmp(row_name(i), row_name(k)) != 0);
}

static void row_of_features(const struct features *f, struct row *out) {
    struct path_evidence path;
    path_evidence(f, &path);
    row_of(f, &path, out);
}

TEST(nothing_is_said_where_nothing_is_known) {
    struct event event = {.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS};
    struct features f = {.event = &event,
                         .speed_kmh = FEATURE_NONE,
                         .dormant_days = FEATURE_NONE,
                         .zone_apart_min = FEATURE_NONE,
                         .path_score = FEATURE_NONE,
                         .tag_accounts_24h = FEATURE_NONE};
    struct row row;
    row_of_features(&f, &row);
    static const unsigned absent[] = {ROW_share_asn,  ROW_rarity_asn, ROW_once_device, ROW_speed,      ROW_dormant,
                                      ROW_zone_apart, ROW_path_score, ROW_hosting,     ROW_ip_failures};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) EXPECT_EQ(row.of[absent[i]], ROW_ABSENT);
}

/* The trainer holds values as floats: whatever the features are, they must be exact there. */
TEST(no_value_is_beyond_what_a_float_holds_exactly) {
    struct event event = {.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS, .net = NET_TOR};
    struct features f;
    memset(&f, 0x7f, sizeof f);
    f.event = &event;
    f.acts_before = 0xff;
    f.act = ACT_OTHER;
    f.session_state = SESSION_MOVED_CLIENT;
    f.path_score = f.session_score = 1000;
    f.risky_score = 1000;
    f.account_addresses_24h = 6;
    f.zone_apart_min = 720;
    f.week_total = 240;
    f.week_count = 0;
    f.local_hour = 3;
    for (unsigned i = 0; i < ATTR_COUNT; i++) f.of[i].present = true;
    f.attempt = f.judges_path = true;
    f.reset_same_path = f.risky_same_path = f.path_trained = f.timezone_travels = f.new_country = f.new_asn = f.new_device = true;
    struct row row;
    row_of_features(&f, &row);
    for (unsigned i = 0; i < ROW_COUNT; i++)
        if (row.of[i] != ROW_ABSENT) EXPECT(row.of[i] <= ROW_VALUE_MAX && row.of[i] >= -ROW_VALUE_MAX);
}

int main(void) {
    RUN(every_column_has_a_name_of_its_own);
    RUN(nothing_is_said_where_nothing_is_known);
    RUN(no_value_is_beyond_what_a_float_holds_exactly);
    return test_end();
}
