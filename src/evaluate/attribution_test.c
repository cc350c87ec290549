// SPDX-License-Identifier: Apache-2.0
/* A small attribution, counted by hand, and every line that is refused. */
#include "evaluate/attribution.h"

#include <math.h>

#include "base/test.h"

static char memory[32U << 20];
static struct arena arena;
static struct sample s;
static struct attribution a;
static struct problem p;

static void read_all(const char *const *lines, enum err (*take)(struct sample *, struct str, struct problem *)) {
    for (; *lines; lines++) EXPECT_EQ(take(&s, str_from(*lines), &p), ERR_OK);
}

/* Account a: the hijacker's e1, e2 (an order), the owner's e3 (an order), e4, e5. Account b: only the owner's e6. */
static void begin(void) {
    static const char *const events[] = {
        "{\"id\":\"e1\",\"type\":\"login\",\"time\":\"2026-01-01T00:00:01Z\",\"subject\":\"a\",\"data\":{\"outcome\":\"success\"}}",
        "{\"id\":\"e2\",\"type\":\"order_placed\",\"time\":\"2026-01-01T00:00:02Z\",\"subject\":\"a\"}",
        "{\"id\":\"e3\",\"type\":\"order_placed\",\"time\":\"2026-01-01T00:00:03Z\",\"subject\":\"a\"}",
        "{\"id\":\"e4\",\"type\":\"session_seen\",\"time\":\"2026-01-01T00:00:04Z\",\"subject\":\"a\"}",
        "{\"id\":\"e5\",\"type\":\"session_seen\",\"time\":\"2026-01-01T00:00:05Z\",\"subject\":\"a\"}",
        "{\"id\":\"e6\",\"type\":\"session_seen\",\"time\":\"2026-01-01T00:00:06Z\",\"subject\":\"b\"}",
        "{\"id\":\"e7\",\"type\":\"login\",\"time\":\"2026-01-01T00:00:07Z\",\"subject\":\"a\",\"data\":{\"outcome\":\"failure\"}}",
        NULL,
    };
    static const char *const labels[] = {
        "{\"id\":\"e1\",\"label\":\"hijacker\",\"family\":\"f\",\"incident\":\"i1\",\"effect\":false}",
        "{\"id\":\"e2\",\"label\":\"hijacker\",\"family\":\"f\",\"incident\":\"i1\",\"effect\":true}",
        "{\"id\":\"e3\",\"label\":\"owner\"}",
        "{\"id\":\"e4\",\"label\":\"owner\"}",
        "{\"id\":\"e5\",\"label\":\"owner\"}",
        "{\"id\":\"e6\",\"label\":\"owner\"}",
        "{\"id\":\"e7\",\"label\":\"noise\"}",
        NULL,
    };
    memset(memory, 0, sizeof memory);
    arena = arena_over(memory, sizeof memory);
    p = (struct problem){0};
    EXPECT_EQ(sample_init(&s, &arena, 64, &p), ERR_OK);
    read_all(events, sample_event);
    read_all(labels, sample_label);
    EXPECT_EQ(attribution_init(&a, &s, &p), ERR_OK);
}

static void read_lines(const char *const *lines) {
    for (; *lines; lines++) EXPECT_EQ(attribution_line(&a, str_from(*lines), &p), ERR_OK);
}

static void expect_share(enum attribution_share share, uint64_t count, uint64_t of) {
    EXPECT_EQ(a.groups[0].count[share], count);
    EXPECT_EQ(a.groups[0].of[share], of);
}

#define ALARM "{\"incident\":\"inc_2\",\"account\":\"a\",\"opened\":\"2026-01-01T00:00:02Z\",\"closed\":null}"

TEST(shares_are_counted) {
    static const char *const lines[] = {
        ALARM,
        "{\"id\":\"e1\",\"incident\":\"inc_2\",\"whose\":\"unknown\",\"first\":\"hijacker\"}",
        "{\"id\":\"e2\",\"incident\":\"inc_2\",\"whose\":\"hijacker\",\"first\":\"hijacker\",\"named\":true}",
        "{\"id\":\"e3\",\"incident\":\"inc_2\",\"whose\":\"hijacker\",\"first\":null}",
        "{\"id\":\"e4\",\"incident\":\"inc_2\",\"whose\":\"unknown\",\"first\":null}",
        "{\"id\":\"e5\",\"incident\":\"inc_2\",\"whose\":\"owner\",\"first\":null}",
        "{\"id\":\"e7\",\"incident\":\"inc_2\",\"whose\":\"hijacker\",\"first\":null}",
        "{\"incident\":\"inc_6\",\"account\":\"b\",\"opened\":\"2026-01-01T00:00:06Z\",\"closed\":\"2026-01-02T00:00:06Z\"}",
        "{\"id\":\"e6\",\"incident\":\"inc_6\",\"whose\":\"hijacker\",\"first\":\"hijacker\"}",
        NULL,
    };
    begin();
    read_lines(lines);
    struct plan plan = plan_default();
    EXPECT_EQ(attribution_measure(&a, &plan, &p), ERR_OK);
    expect_share(ATTRIBUTION_RECALL, 1, 2);
    expect_share(ATTRIBUTION_PRECISION, 1, 2);
    expect_share(ATTRIBUTION_VALUE_RECALL, 1, 1);
    expect_share(ATTRIBUTION_VALUE_PRECISION, 1, 2);
    expect_share(ATTRIBUTION_UNNAMED_RECALL, 0, 1);
    expect_share(ATTRIBUTION_BACKWARDS, 1, 1);
    expect_share(ATTRIBUTION_HIJACKERS_ASKED, 1, 2);
    expect_share(ATTRIBUTION_OWNERS_ASKED, 1, 3);
    expect_share(ATTRIBUTION_ALL_RIGHT, 0, 1);
    EXPECT_EQ(a.groups[0].opened, 1);
    EXPECT_EQ(a.false_alarms, 1);
    EXPECT_EQ(a.cleared, 1);
    EXPECT_EQ(a.false_alarm_acts, 1);
    EXPECT_EQ(a.failed_tries, 1);
    EXPECT(a.groups[1].share[ATTRIBUTION_RECALL].value > 0.49 && a.groups[1].share[ATTRIBUTION_RECALL].value < 0.51);
    EXPECT(isnan(a.groups[0].share[ATTRIBUTION_RECALL].low)); /* one account has no interval */
}

TEST(what_is_in_no_incident_is_missed) {
    static const char *const lines[] = {ALARM, "{\"id\":\"e2\",\"incident\":\"inc_2\",\"whose\":\"hijacker\",\"first\":\"hijacker\"}",
                                        NULL};
    begin();
    read_lines(lines);
    struct plan plan = plan_default();
    EXPECT_EQ(attribution_measure(&a, &plan, &p), ERR_OK);
    expect_share(ATTRIBUTION_RECALL, 1, 2);
    expect_share(ATTRIBUTION_PRECISION, 1, 1);
    expect_share(ATTRIBUTION_BACKWARDS, 0, 1);
    expect_share(ATTRIBUTION_OWNERS_ASKED, 0, 0);
}

/* An alarm that was closed before the hijacker came, or came two months after he had gone, is about something else. */
TEST(an_alarm_is_about_what_it_is_near) {
    static const char *const early[] = {
        "{\"incident\":\"inc_2\",\"account\":\"a\",\"opened\":\"2025-12-01T00:00:02Z\",\"closed\":\"2025-12-02T00:00:02Z\"}", NULL};
    static const char *const late[] = {"{\"incident\":\"inc_2\",\"account\":\"a\",\"opened\":\"2026-03-01T00:00:02Z\",\"closed\":null}",
                                       NULL};
    struct plan plan = plan_default();
    begin();
    read_lines(early);
    EXPECT_EQ(attribution_measure(&a, &plan, &p), ERR_INVALID);
    EXPECT_STR(str_from(p.what), STR("none of the labels' incidents was opened"));
    begin();
    read_lines(late);
    EXPECT_EQ(attribution_measure(&a, &plan, &p), ERR_INVALID);
    begin();
    EXPECT_EQ(attribution_measure(&a, &plan, &p), ERR_INVALID);
    EXPECT_STR(str_from(p.what), STR("the attribution speaks of no incident"));
}

TEST(wrong_lines_are_refused) {
    static const struct {
        const char *line;
        enum err err;
        const char *where;
    } refusals[] = {
        {"[1]", ERR_INVALID, ""},
        {"{\"account\":\"a\"}", ERR_INVALID, "incident"},
        {ALARM, ERR_CONFLICT, "incident"},
        {"{\"incident\":\"inc_3\",\"opened\":\"2026-01-01T00:00:02Z\"}", ERR_INVALID, "account"},
        {"{\"incident\":\"inc_4\",\"account\":\"a\",\"opened\":\"soon\"}", ERR_INVALID, "opened"},
        {"{\"incident\":\"inc_5\",\"account\":\"a\",\"opened\":\"2026-01-01T00:00:02Z\",\"closed\":\"soon\"}", ERR_INVALID, "closed"},
        {"{\"id\":\"e99\",\"incident\":\"inc_2\",\"whose\":\"owner\"}", ERR_NOT_FOUND, "id"},
        {"{\"id\":\"e1\",\"incident\":\"inc_9\",\"whose\":\"owner\"}", ERR_NOT_FOUND, "incident"},
        {"{\"id\":\"e1\",\"incident\":\"inc_2\",\"whose\":\"mine\"}", ERR_INVALID, "whose"},
        {"{\"id\":\"e1\",\"incident\":\"inc_2\",\"whose\":\"owner\",\"first\":\"mine\"}", ERR_INVALID, "first"},
    };
    begin();
    EXPECT_EQ(attribution_line(&a, STR(ALARM), &p), ERR_OK);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        p = (struct problem){0};
        EXPECT_EQ(attribution_line(&a, str_from(refusals[i].line), &p), refusals[i].err);
        EXPECT_STR(str_from(p.where), str_from(refusals[i].where));
    }
    EXPECT_EQ(attribution_line(&a, STR("{\"id\":\"e1\",\"incident\":\"inc_2\",\"whose\":\"owner\"}"), &p), ERR_OK);
    EXPECT_EQ(attribution_line(&a, STR("{\"id\":\"e1\",\"incident\":\"inc_2\",\"whose\":\"unknown\"}"), &p), ERR_CONFLICT);
}

int main(void) {
    RUN(shares_are_counted);
    RUN(what_is_in_no_incident_is_missed);
    RUN(an_alarm_is_about_what_it_is_near);
    RUN(wrong_lines_are_refused);
    return test_end();
}
