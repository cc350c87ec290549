// SPDX-License-Identifier: Apache-2.0
/* Tests whose word counts: the stronger source, the very act before its incident, the last word of equals, and nothing that came later. */
#include "cli/label_book.h"

#include "base/moment.h"
#include "base/test.h"

static struct label_book book;
static uint64_t position;

static void hear(struct event e) {
    struct problem p = {0};
    e.source = STR("shop");
    e.subject = STR("u1");
    EXPECT_EQ(label_book_hear(&book, ++position, &e, NULL, &p), ERR_OK);
}

static void begin(void) {
    label_book_release(&book);
    book = (struct label_book){.challenges = true};
    position = 0;
    hear((struct event){.kind = KIND_LOGIN, .id = STR("in"), .outcome = OUTCOME_SUCCESS, .session = STR("s"), .time_ms = HOUR_MS});
    hear((struct event){.kind = KIND_ORDER_PLACED, .id = STR("buy"), .charge = STR("c"), .session = STR("s"), .time_ms = HOUR_MS + 1});
}

static void take(struct str id, enum whose whose, enum incident_status status) {
    struct problem p = {0};
    struct incident_row row = {.id = STR("inc_9"), .account = STR("u1"), .status = status, .opened_position = 9};
    if (status == INCIDENT_CLOSED) row.closed_why = STR("everything is undone and proven");
    struct incident_event_row event = {.incident = row.id, .event = id, .whose = whose, .time_ms = HOUR_MS};
    EXPECT_EQ(label_book_take(&book, &row, &event, &p), ERR_OK);
}

static const struct label_note *of(struct str id) {
    static const struct label_note nothing;
    const struct label_entry *e = label_book_entry(&book, label_key(id));
    return e ? label_strongest(e) : &nothing;
}

static void challenge(enum outcome outcome, struct str factor) {
    hear((struct event){
        .kind = KIND_CHALLENGE, .id = STR("q"), .outcome = outcome, .factor = factor, .session = STR("s"), .time_ms = 2 * HOUR_MS});
}

static void state(struct str about, enum says says, int64_t at_ms) {
    hear((struct event){.kind = KIND_OWNER_STATEMENT, .id = STR("o"), .about = about, .says = says, .time_ms = at_ms});
}

static void judge(struct str verdict) {
    hear(
        (struct event){.kind = KIND_ANALYST_VERDICT, .id = STR("v"), .incident = STR("inc_9"), .verdict = verdict, .time_ms = 9 * HOUR_MS});
}

TEST(a_stronger_source_wins) {
    begin();
    EXPECT_EQ(of(STR("in"))->source, LABEL_SOURCE_NONE);
    challenge(OUTCOME_SUCCESS, STR("sms"));
    EXPECT_EQ(of(STR("in"))->label, LABEL_OWNER);
    EXPECT_EQ(of(STR("in"))->weight, 76);
    state(STR("in"), SAYS_NOT_MINE, 3 * HOUR_MS);
    EXPECT_EQ(of(STR("in"))->label, LABEL_HIJACKER);
    EXPECT(of(STR("in"))->contradicted);
    challenge(OUTCOME_SUCCESS, STR("passkey"));
    EXPECT_EQ(of(STR("in"))->label, LABEL_HIJACKER);
    EXPECT_EQ(book.contradictions, 2);
    judge(STR("false_alarm"));
    take(STR("in"), WHOSE_HIJACKER, INCIDENT_CLOSED);
    EXPECT_EQ(of(STR("in"))->label, LABEL_OWNER);
    EXPECT_EQ(of(STR("in"))->source, LABEL_SOURCE_ANALYST_VERDICT);
}

TEST(a_failed_challenge_says_little_and_a_passed_one_stays) {
    begin();
    challenge(OUTCOME_FAILURE, STR("question"));
    EXPECT_EQ(of(STR("in"))->label, LABEL_HIJACKER);
    EXPECT_EQ(of(STR("in"))->weight, 20);
    challenge(OUTCOME_SUCCESS, STR("question"));
    challenge(OUTCOME_FAILURE, STR("question"));
    EXPECT_EQ(of(STR("in"))->label, LABEL_OWNER);
    EXPECT_EQ(of(STR("in"))->weight, 10);
    EXPECT(!of(STR("in"))->contradicted);
    begin();
    challenge(OUTCOME_SUCCESS, STR("captcha"));
    EXPECT_EQ(of(STR("in"))->source, LABEL_SOURCE_NONE);
}

TEST(a_factor_that_is_new_proves_little) {
    begin();
    hear((struct event){.kind = KIND_MFA_CHANGED, .id = STR("m"), .change = CHANGE_ADDED, .time_ms = HOUR_MS + 2});
    challenge(OUTCOME_SUCCESS, STR("passkey"));
    EXPECT_EQ(of(STR("in"))->weight, 10);
    EXPECT_EQ(of(STR("m"))->source, LABEL_SOURCE_NONE);
}

TEST(the_last_word_of_equals_counts) {
    begin();
    state(STR("buy"), SAYS_NOT_MINE, 3 * HOUR_MS);
    state(STR("buy"), SAYS_MINE, 4 * HOUR_MS);
    EXPECT_EQ(of(STR("buy"))->label, LABEL_OWNER);
    EXPECT(of(STR("buy"))->contradicted);
    take(STR("buy"), WHOSE_HIJACKER, INCIDENT_OPEN); /* "not mine" was said of what is going on, too; of this act he thought again */
    EXPECT_EQ(of(STR("buy"))->label, LABEL_OWNER);
    take(STR("in"), WHOSE_HIJACKER, INCIDENT_OPEN);
    EXPECT_EQ(of(STR("in"))->label, LABEL_HIJACKER);
    EXPECT_EQ(of(STR("in"))->incident, 9);
}

TEST(what_nobody_judged_is_unknown) {
    begin();
    take(STR("in"), WHOSE_HIJACKER, INCIDENT_OPEN);
    EXPECT_EQ(of(STR("in"))->label, LABEL_UNKNOWN);
    take(STR("buy"), WHOSE_HIJACKER, INCIDENT_CLOSED);
    EXPECT_EQ(of(STR("buy"))->label, LABEL_HIJACKER);
    EXPECT_EQ(of(STR("buy"))->source, LABEL_SOURCE_INCIDENT);
    EXPECT_EQ(of(STR("buy"))->weight, 50);
}

TEST(the_two_kinds_stay_apart) {
    begin();
    state(STR("buy"), SAYS_MINE, 3 * HOUR_MS);
    hear((struct event){.kind = KIND_CHARGEBACK, .id = STR("x"), .charge = STR("c"), .time_ms = 50 * DAY_MS});
    hear((struct event){.kind = KIND_CHARGEBACK, .id = STR("y"), .charge = STR("another"), .time_ms = 50 * DAY_MS});
    const struct label_entry *e = label_book_entry(&book, label_key(STR("buy")));
    EXPECT_EQ(e->of[LABEL_KIND_FEEDBACK].label, LABEL_OWNER);
    EXPECT_EQ(e->of[LABEL_KIND_DELAYED].label, LABEL_HIJACKER);
    EXPECT_EQ(of(STR("buy"))->source, LABEL_SOURCE_OWNER_STATEMENT);
    EXPECT(e->of[LABEL_KIND_FEEDBACK].contradicted && e->of[LABEL_KIND_DELAYED].contradicted);
}

TEST(nothing_later_is_known) {
    begin();
    book.known_at_ms = 10 * DAY_MS;
    state(STR("buy"), SAYS_NOT_MINE, 3 * DAY_MS);
    uint64_t then = position;
    state(STR("buy"), SAYS_MINE, 11 * DAY_MS);
    EXPECT_EQ(of(STR("buy"))->label, LABEL_HIJACKER);
    EXPECT_EQ(book.known_to, then);
}

int main(void) {
    RUN(a_stronger_source_wins);
    RUN(a_failed_challenge_says_little_and_a_passed_one_stays);
    RUN(a_factor_that_is_new_proves_little);
    RUN(the_last_word_of_equals_counts);
    RUN(what_nobody_judged_is_unknown);
    RUN(the_two_kinds_stay_apart);
    RUN(nothing_later_is_known);
    label_book_release(&book);
    return test_end();
}
