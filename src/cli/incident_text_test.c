// SPDX-License-Identifier: Apache-2.0
/* Proves what a person reads of incidents at a terminal. */
#include "cli/incident_text.h"

#include "base/moment.h"
#include "base/test.h"

#define AT_MS (INT64_C(20514) * DAY_MS) /* 2026-03-02 */

static char memory[65536];

static struct str amount(int64_t minor, struct str currency) {
    struct buf b = buf_over(memory, sizeof memory);
    incident_text_amount(minor, currency, &b);
    return buf_str(&b);
}

TEST(amounts_know_their_currency) {
    EXPECT_STR(amount(50000, STR("JPY")), STR("50,000 JPY"));
    EXPECT_STR(amount(1234, STR("USD")), STR("12.34 USD"));
    EXPECT_STR(amount(5, STR("EUR")), STR("0.05 EUR"));
    EXPECT_STR(amount(-1234567, STR("KWD")), STR("-1,234.567 KWD"));
    EXPECT_STR(amount(INT64_MIN, STR("JPY")), STR("-9,223,372,036,854,775,808 JPY"));
}

static struct incident_row incident(void) {
    return (struct incident_row){
        .id = STR("inc_5"),
        .account = STR("会員\x1b[31m\xC2\x9B"),
        .opened_ms = AT_MS,
        .window_from_ms = AT_MS - MINUTE_MS,
        .score = 990,
        .path =
            STR("{\"networks\":[{\"prefix\":\"203.0.113.0/24\",\"asn\":64500,\"country\":\"NL\"}],\"devices\":[\"X\",\"Y\"],\"ja4\":[]}"),
        .summary = STR("entered by login from AS64500 (NL)"),
    };
}

TEST(list_is_a_table) {
    struct buf b = buf_over(memory, sizeof memory);
    struct incident_row row = incident();
    incident_text_line(&row, &b);
    EXPECT_STR(buf_str(&b),
               STR("inc_5         2026-03-02 00:00:00  会員?[31m?        open      990  entered by login from AS64500 (NL)\n"));
}

static struct incident_event_row event(uint64_t position, int64_t at_ms, enum whose whose) {
    return (struct incident_event_row){.position = position,
                                       .time_ms = at_ms,
                                       .event = STR("e"),
                                       .kind = STR("order_placed"),
                                       .whose = whose,
                                       .why = STR("because"),
                                       .object = STR("order:o1"),
                                       .amount_minor = 500,
                                       .currency = "JPY"};
}

static bool contains(struct buf *b, const char *part) {
    return str_find(buf_str(b), str_from(part), 0) < b->size;
}

TEST(story_is_told_by_time) {
    struct incident_row row = incident();
    struct incident_event_row rows[] = {event(3, AT_MS - DAY_MS, WHOSE_OWNER), event(4, AT_MS + MINUTE_MS, WHOSE_HIJACKER),
                                        event(9, AT_MS - MINUTE_MS, WHOSE_HIJACKER)}; /* came late */
    struct buf b = buf_over(memory, sizeof memory);
    incident_text_story(&row, rows, 3, false, &b);
    EXPECT(contains(&b, "devices    X, Y\n"));
    EXPECT(contains(&b, "networks   203.0.113.0/24 AS64500 NL\n"));
    EXPECT(!contains(&b, "ja4"));
    EXPECT(contains(&b, "attack     2026-03-01 23:59:00 to now\n"));
    EXPECT(contains(&b, "  2026-03-01 23:59:00  hijacker  order placed: order o1, 500 JPY               because\n"
                        "  2026-03-02 00:01:00  hijacker"));
    EXPECT(contains(&b, "(owner's acts before the attack: 1 more with --all)"));
    EXPECT(!contains(&b, "owner     order"));
    buf_reset(&b);
    incident_text_story(&row, rows, 3, true, &b);
    EXPECT(contains(&b, "2026-03-01 00:00:00  owner     order placed"));
}

TEST(closed_says_why) {
    struct incident_row row = incident();
    row.status = INCIDENT_CLOSED, row.closed_ms = AT_MS + DAY_MS, row.window_to_ms = AT_MS, row.closed_why = STR("false alarm");
    struct buf b = buf_over(memory, sizeof memory);
    incident_text_story(&row, NULL, 0, false, &b);
    EXPECT(contains(&b, "closed     2026-03-03 00:00:00: false alarm\n"));
    EXPECT(contains(&b, "to 2026-03-02 00:00:00\n"));
}

TEST(json_holds_the_events) {
    struct incident_row row = incident();
    struct incident_event_row rows[] = {event(3, AT_MS, WHOSE_OWNER), event(4, AT_MS, WHOSE_HIJACKER)};
    struct buf b = buf_over(memory, sizeof memory);
    incident_text_json(&row, rows, 2, &b);
    EXPECT(contains(&b, "\"closed_why\":null,\"events\":[{\"event\":\"e\",\"position\":3,"));
    EXPECT(str_ends(buf_str(&b), STR("}]}\n")));
}

int main(void) {
    RUN(amounts_know_their_currency);
    RUN(list_is_a_table);
    RUN(story_is_told_by_time);
    RUN(closed_says_why);
    RUN(json_holds_the_events);
    return test_end();
}
