// SPDX-License-Identifier: Apache-2.0
/* Whatever the network and a counterpart do, a step is done once, and read before it is sent again; a webhook is believed with its
 * signature only. */
#include "tests/courier_house_test.h"

/* ---- one step ----------------------------------------------------------------------------------------------------------------------- */

TEST(an_answer_is_handed_in) {
    house_open("stored_2xx");
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    EXPECT_EQ(house.handed_count, 1);
    EXPECT_STR(str_from(house.handed[0].id), STR("inc_1/e1/undo.refund/3/1"));
    EXPECT_STR(str_from(house.handed[0].result), STR("done"));
    EXPECT_STR(str_from(house.handed[0].extra),
               STR("{\"answer\":{\"outcome\":\"done\",\"reference\":\"r7\"},\"attempts\":1,\"error\":\"\"}"));
    expect_asked(0, "undo", KEY_1);
    EXPECT_STR(str_from(asked(0).id), STR(KEY_1));
    house_end();
}

TEST(a_system_that_nobody_answers_for_is_given_to_people_at_once) {
    house_open("stored_2xx");
    put_steps(&(struct order){"warehouse", "undo", "pull_order", LANE_UNDO, 24 * HOUR, STEP_READY}, 1, 1);
    pass(0);
    EXPECT_EQ(asked_count(NULL), 0);
    EXPECT_EQ(house.handed_count, 1);
    EXPECT_STR(str_from(house.handed[0].result), STR("exhausted"));
    house_end();
}

TEST(executed_then_timed_out_is_done_once) {
    const char *all[] = {"none", "stored_2xx", "stored_all"};
    for (size_t i = 0; i < 3; i++) {
        house_open(all[i]);
        breaks("undo", BREAK_DONE_LOST, 1);
        put_steps(&refund, 1, 1);
        pass(MINUTE);
        EXPECT_EQ(asked_count(NULL), 2);
        expect_asked(1, "read_state", KEY_1);
        EXPECT(strcmp(asked(1).id, asked(0).id)); /* a look is no act */
        EXPECT_EQ(bank.done[1], 1);
        EXPECT_STR(str_from(house.handed[0].result), STR("done"));
        house_end();
    }
}

TEST(lost_on_the_way_is_read_and_sent_with_the_same_key) {
    for (size_t i = 0; i < 2; i++) {
        house_open(keepers[i]);
        breaks("undo", BREAK_LOST, 1);
        put_steps(&refund, 1, 1);
        pass(MINUTE);
        EXPECT_EQ(asked_count(NULL), 3);
        expect_asked(1, "read_state", KEY_1);
        expect_asked(2, "undo", KEY_1);
        EXPECT_EQ(bank.done[1], 1);
        house_end();
    }
}

/* Whether it was done before it was given up, or not: a person says only that it is to be tried again. */
TEST(what_is_taken_up_again_is_read_before_it_is_sent) {
    for (unsigned done = 0; done <= 1; done++) {
        house_open("none");
        bank.done[1] = done;
        put_steps(&refund_taken_up, 1, 1);
        pass(MINUTE);
        EXPECT_EQ(asked_count(NULL), done ? 1 : 2);
        expect_asked(0, "read_state", KEY_1);
        EXPECT_EQ(bank.done[1], 1);
        EXPECT_STR(str_from(house.handed[0].result), STR("done"));
        house_end();
    }
}

/* The worst of all: the read says no, and the first sending is carried out afterwards. Only the same key saves the money. */
TEST(executed_after_the_read_is_done_once) {
    for (size_t i = 0; i < 2; i++) {
        house_open(keepers[i]);
        breaks("undo", BREAK_LATE, 1);
        put_steps(&refund, 1, 1);
        pass(MINUTE);
        expect_asked(1, "read_state", KEY_1);
        expect_asked(2, "undo", KEY_1);
        EXPECT(asked(2).at_ms < START_MS + 10 * SECOND); /* before it is carried out late */
        EXPECT_EQ(bank.late_count, 0);
        EXPECT_EQ(bank.done[1], 1);
        house_end();
    }
}

TEST(a_stored_failure_gets_a_new_key_once_absence_is_proven) {
    house_open("stored_all");
    pass(SECOND);
    breaks("undo", BREAK_500, 1);
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    EXPECT_EQ(asked_count(NULL), 3);
    expect_asked(1, "read_state", KEY_1);
    expect_asked(2, "undo", KEY_2);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

/* The read does not get through at first: what is known of the key is lost, and found out again. */
TEST(a_stored_failure_is_found_again_after_a_lost_read) {
    house_open("stored_all");
    pass(SECOND);
    breaks("undo", BREAK_500, 1);
    breaks("read_state", BREAK_LOST, 2);
    put_steps(&refund, 1, 1);
    pass(5 * MINUTE);
    EXPECT_EQ(bank.done[1], 1);
    EXPECT_STR(str_from(house.handed[0].result), STR("done"));
    expect_asked(asked_count(NULL) - 1, "undo", KEY_2);
    house_end();
}

TEST(a_gateways_failure_keeps_the_key) {
    house_open("stored_all");
    breaks("undo", BREAK_502, 1);
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    expect_asked(1, "read_state", KEY_1);
    expect_asked(2, "undo", KEY_1);
    house_end();
}

TEST(garbage_is_read) {
    house_open("stored_2xx");
    breaks("undo", BREAK_GARBAGE, 1);
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    EXPECT_EQ(asked_count(NULL), 2);
    expect_asked(1, "read_state", KEY_1);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

TEST(what_was_never_connected_is_not_read) {
    house_open("stored_2xx");
    pass(SECOND);
    breaks("undo", BREAK_NO_ANSWERER, 3);
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    EXPECT_EQ(asked_count("read_state"), 0);
    EXPECT_EQ(asked_count("undo"), 4);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

TEST(who_keeps_no_keys_is_read_before_each_sending_but_the_first) {
    house_open("none");
    breaks("undo", BREAK_503, 2);
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    EXPECT_EQ(asked_count(NULL), 5);
    for (size_t i = 0; i < 5; i++) expect_asked(i, i % 2 ? "read_state" : "undo", KEY_1);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

TEST(a_key_that_was_forgotten_is_read_first) {
    house_open("stored_2xx");
    bank.ttl_ms = HOUR;
    pass(SECOND);
    breaks("undo", BREAK_503, 1);
    put_steps(&refund, 1, 1);
    pass(50); /* sent once */
    bank.always = BREAK_NO_ANSWERER;
    pass(2 * HOUR);
    bank.always = BREAK_NOTHING;
    size_t before = asked_count(NULL);
    pass(HOUR);
    expect_asked(before, "read_state", KEY_1);
    expect_asked(before + 1, "undo", KEY_1);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

TEST(retry_after_is_honoured_and_is_no_failure) {
    house_open("stored_2xx");
    breaks("undo", BREAK_429, 8);
    put_steps(&refund, 1, 1);
    pass(30 * MINUTE);
    EXPECT_EQ(asked_count("undo"), 9);
    for (size_t i = 1; i < 9; i++) EXPECT(asked(i).at_ms - asked(i - 1).at_ms >= 7 * SECOND);
    EXPECT_EQ(house.said_count, 0);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

TEST(a_refused_signature_is_said_once) {
    house_open("stored_2xx");
    pass(SECOND);
    breaks("undo", BREAK_401, 3);
    put_steps(&refund, 1, 1);
    pass(9 * MINUTE);
    EXPECT_EQ(house.said_count, 1);
    EXPECT(strstr(house.said[0], "refuses our signature"));
    EXPECT_EQ(asked_count("read_state"), 0);
    EXPECT_EQ(bank.done[1], 1);
    breaks("undo", BREAK_401, 1); /* a clock was set: that rights itself */
    put_steps(&refund, 2, 1);
    pass(9 * MINUTE);
    EXPECT_EQ(house.said_count, 1);
    EXPECT_EQ(bank.done[2], 1);
    house_end();
}

TEST(a_description_is_asked_for_again) {
    house_open("stored_2xx");
    breaks("describe", BREAK_GARBAGE, 1);
    pass(MINUTE);
    EXPECT_EQ(asked_count("describe"), 2);
    pass(25 * MINUTE);
    EXPECT_EQ(asked_count("describe"), 4);
    bank.idempotency = "none"; /* it says so from now on */
    pass(10 * MINUTE);
    breaks("undo", BREAK_503, 1);
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    EXPECT_STR(str_from(asked(1).verb), STR("read_state"));
    house_end();
}

/* One address answers for several systems, and what one of them promises binds no other. */
TEST(each_system_promises_for_itself) {
    house_open("stored_2xx");
    pass(SECOND);
    breaks("undo", BREAK_503, 2);
    put_steps(&refund, 1, 1);
    put_steps(&(struct order){"shop", "undo", "cancel_order", LANE_UNDO, 24 * HOUR, STEP_READY}, 2, 1);
    pass(MINUTE);
    EXPECT_EQ(asked_count("read_state"), 1);
    EXPECT_EQ(asked_count("undo"), 4);
    for (size_t i = 0; i < 5; i++)
        if (!strcmp(asked(i).verb, "read_state")) EXPECT_STR(str_from(asked(i).system), STR("shop"));
    house_end();
}

/* ---- webhooks ------------------------------------------------------------------------------------------------------------------------ */

static enum err webhook(const struct counterpart *c, const char *signature, const char *bytes, int64_t at_ms) {
    static char memory[65536];
    struct arena step = arena_over(memory, sizeof memory);
    struct problem p;
    struct str id, body, headers[] = {STR("Webhook-Id: m1"), STR("webhook-timestamp: 1767225600"), str_from(signature)};
    enum err err = adapter_find(STR("http"))->parse_webhook(c, headers, 3, str_from(bytes), at_ms, &step, &id, &body, &p);
    if (!err) EXPECT_STR(id, STR("m1"));
    if (!err) EXPECT_STR(body, str_from(bytes));
    return err;
}

/* The secret is 24 zero bytes; base64 of HMAC-SHA256 over "m1.1767225600.{}". */
#define BY_ZEROES "v1,lHmizPIW2JsfseuQs6KJAxv42k0hK2+eG3PqwI9Lxu8="
#define SIGNED    "webhook-signature: " BY_ZEROES

TEST(a_webhook_is_believed_only_with_its_signature) {
    struct counterpart c = {.secret_sizes = {24}};
    EXPECT_EQ(webhook(&c, SIGNED, "{}", START_MS), ERR_OK);
    EXPECT_EQ(webhook(&c, "webhook-signature: v1a,x " BY_ZEROES, "{}", START_MS), ERR_OK); /* one of several */
    EXPECT_EQ(webhook(&c, "webhook-signature: v1,AAAA", "{}", START_MS), ERR_DENIED);
    EXPECT_EQ(webhook(&c, "webhook-signature: ", "{}", START_MS), ERR_DENIED);
    EXPECT_EQ(webhook(&c, SIGNED, "{ }", START_MS), ERR_DENIED);
    EXPECT_EQ(webhook(&c, SIGNED, "{}", START_MS + 300 * SECOND), ERR_OK);
    EXPECT_EQ(webhook(&c, SIGNED, "{}", START_MS + 301 * SECOND), ERR_DENIED);
    EXPECT_EQ(webhook(&c, SIGNED, "{}", START_MS - 301 * SECOND), ERR_DENIED);
}

TEST(while_a_secret_is_changed_both_are_believed) {
    struct counterpart c = {.secret_sizes = {24, 24}};
    memset(c.secrets[0], 1, 24);
    EXPECT_EQ(webhook(&c, SIGNED, "{}", START_MS), ERR_OK);
    c.secret_sizes[1] = 0;
    EXPECT_EQ(webhook(&c, SIGNED, "{}", START_MS), ERR_DENIED);
}

int main(void) {
    RUN(an_answer_is_handed_in);
    RUN(a_system_that_nobody_answers_for_is_given_to_people_at_once);
    RUN(executed_then_timed_out_is_done_once);
    RUN(lost_on_the_way_is_read_and_sent_with_the_same_key);
    RUN(what_is_taken_up_again_is_read_before_it_is_sent);
    RUN(executed_after_the_read_is_done_once);
    RUN(a_stored_failure_gets_a_new_key_once_absence_is_proven);
    RUN(a_stored_failure_is_found_again_after_a_lost_read);
    RUN(a_gateways_failure_keeps_the_key);
    RUN(garbage_is_read);
    RUN(what_was_never_connected_is_not_read);
    RUN(who_keeps_no_keys_is_read_before_each_sending_but_the_first);
    RUN(a_key_that_was_forgotten_is_read_first);
    RUN(retry_after_is_honoured_and_is_no_failure);
    RUN(a_refused_signature_is_said_once);
    RUN(a_description_is_asked_for_again);
    RUN(each_system_promises_for_itself);
    RUN(a_webhook_is_believed_only_with_its_signature);
    RUN(while_a_secret_is_changed_both_are_believed);
    return test_end();
}
