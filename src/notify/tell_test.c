// SPDX-License-Identifier: Apache-2.0
/* Tests how what is to be told is led from held to read: when, by which channels, and what follows when one fails. */
#include "notify/telling_case_test.h"

/* ---- the first ---------------------------------------------------------------------------------------------------------------------- */

/* In the seconds before it is written, what else is found and done is found for it: it tells of all together. */
TEST(the_first_tells_what_came_of_the_same_seconds) {
    tale_begin("email");
    struct str first = wish("first");
    happens();
    EXPECT_STATE(first, "held");
    EXPECT_EQ(t->step_count, 0);
    struct str contained = wish("contained");
    happens();
    t->effects[0].phase = PHASE_CONTAINED;
    pass(FIRST_MS - 1);
    EXPECT_STATE(first, "held");
    pass(1);
    EXPECT_STATE(first, "out");
    EXPECT_STATE(contained, "merged");
    EXPECT_STR(the(contained)->into, first);
    EXPECT(holds(the(first)->text, "stopped") || holds(the(first)->text, "止めました"));
    EXPECT_EQ(t->step_count, 1);
}

/* What cannot wait does not: he is told first of what happened, then what he must do, or how it ended. */
TEST(what_is_urgent_takes_the_first_with_it) {
    static const char *const urgent[] = {"ask", "parcel_coming", "undone"};
    for (size_t i = 0; i < 3; i++) {
        tale_begin("email");
        struct str first = wish("first"), now = wish(urgent[i]);
        happens();
        EXPECT_STATE(first, "out");
        EXPECT_STATE(now, "out");
        EXPECT_EQ(t->step_count, 2);
        pass(MINUTE_MS);
        EXPECT_EQ(steps_of(the(first), false), 1);
    }
}

TEST(the_first_goes_out_at_once_by_all_channels) {
    tale_begin("email sms push");
    struct str first = told("first");
    EXPECT_STATE(first, "out");
    EXPECT_EQ(t->step_count, 3);
    const char *const channels[] = {"email", "sms", "push"};
    for (size_t i = 0; i < 3; i++) {
        const struct step_row *s = sent(first, channels[i]);
        EXPECT(s && s->state == STEP_READY && s->run_ms == t->now_ms && s->lane == LANE_CONTACT && s->deadline_ms == t->now_ms + DAY_MS);
        EXPECT(s && str_equal(s->system, str_from(channels[i])) && str_equal(s->verb, STR("tell")));
    }
    EXPECT_STR(the(first)->channels, STR("email sms push"));
    EXPECT_STR(the(STR("inc_101/nprogress"))->subject, STR("progress"));
    EXPECT_EQ(the(STR("inc_101/nprogress"))->due_ms, NOON_MS - FIRST_MS + 2 * HOUR_MS);
    EXPECT_EQ(the(STR("inc_101/nreport1"))->due_ms, t->response.decided_ms + DAY_MS);
    pass(30 * HOUR_MS);
    EXPECT_EQ(steps_of(the(first), false), 3); /* never a second time */
}

TEST(the_policy_says_on_how_many_the_first_goes_out_together) {
    tale_begin("email sms push");
    t->settings.notify.at_once = 2;
    struct str first = told("first");
    EXPECT_STR(the(first)->channels, STR("email sms"));
    pass(61 * SECOND_MS);
    EXPECT_STR(the(first)->channels, STR("email sms push"));
}

TEST(without_channels_it_lies_in_the_message_centre_and_a_person_tells_him) {
    tale_begin("");
    struct str first = told("first");
    EXPECT_EQ(tasks_of(the(first), true), 1);
    EXPECT_STR(t->tasks[0].kind, STR("tell"));
    (void)told("ask");
    EXPECT_EQ(t->task_count, 1); /* whoever calls him tells how everything stands */
    EXPECT_STATE(first, "out");
    EXPECT(the(first)->text.size && the(first)->code.size == NOTICE_CODE_SIZE && !the(first)->due_ms);
    heard(first, "message_centre", "read");
    EXPECT_STATE(first, "read");
    EXPECT_STR(the(first)->read_by, STR("message_centre"));
    EXPECT_STR(t->tasks[0].outcome, STR("overtaken"));
    (void)told("undone");
    EXPECT_EQ(t->task_count, 1); /* he looks for himself */
}

/* Whoever was called hears how it ended; of a false alarm nobody hears who never heard of it. */
TEST(without_channels_the_end_is_told_by_whom_told_the_beginning) {
    tale_begin("");
    (void)told("first");
    close_task(0, "done");
    struct str end = told("undone");
    EXPECT_EQ(tasks_of(the(end), true), 1);
    tale_begin("");
    (void)told("first");
    change_response(RESPONSE_FALSE_ALARM);
    (void)told("restored");
    EXPECT(t->task_count == 1 && t->tasks[0].state == TASK_CLOSED);
}

TEST(people_of_the_shop_look_for_themselves) {
    tale_begin("email");
    struct str operator= wish_for("operator", "exhausted"), analyst = wish_for("analyst", "decide");
    happens();
    EXPECT_STATE(operator, "held");
    EXPECT_STATE(analyst, "held");
    pass(50 * HOUR_MS);
    EXPECT_EQ(t->step_count, 0);
}

TEST(people_of_the_shop_are_told_where_the_policy_says_so) {
    tale_begin("email");
    t->settings.notify.staff = true;
    struct str id = wish_for("operator", "exhausted");
    happens();
    EXPECT_STATE(id, "out");
    struct step_row *s = sent(id, "staff");
    EXPECT(s != NULL);
    EXPECT(s && holds(s->request, "a step could not be done by machine") && holds(s->request, "inc_101"));
    EXPECT_EQ(the(id)->code.size, 0);
    answers(id, "staff", "refused");
    EXPECT_STATE(id, "failed"); /* it is in their tasks all the same */
    EXPECT_EQ(t->task_count, 0);
    EXPECT_EQ(t->step_count, 1);
}

/* A verdict on a large plan gives people hundreds of tasks at once: their pager rings once of each kind. */
TEST(people_of_the_shop_are_not_flooded) {
    tale_begin("email");
    t->settings.notify.staff = true;
    struct str ids[EFFECT_COUNT_MAX];
    for (size_t i = 0; i < EFFECT_COUNT_MAX; i++) {
        ids[i] = wish_for("operator", "exhausted");
        (void)wish_for("operator", "overdue");
        (void)wish_for("analyst", "decide");
    }
    happens();
    EXPECT_EQ(t->step_count, 3);
    EXPECT_STATE(ids[0], "out");
    EXPECT_STATE(ids[1], "merged");
    EXPECT_STR(the(ids[EFFECT_COUNT_MAX - 1])->into, ids[0]);
    struct str later = wish_for("operator", "exhausted");
    happens();
    EXPECT_STATE(later, "out");
}

/* More charges than one report tells of leave none out, and the next report comes all the same. */
TEST(the_issuer_is_told_of_every_charge) {
    tale_begin("email");
    t->settings.notify.issuer = true;
    struct effect_row charge = t->effects[0];
    charge.kind = STR("captured_charge"), charge.phase = PHASE_PENDING, charge.go = true;
    for (size_t i = 1; i <= 100; i++) {
        char memory[64];
        struct buf b = buf_over(memory, sizeof memory);
        buf_fmt(&b, "inc_101/e%zu", i + 1);
        charge.id = keep(buf_str(&b));
        buf_reset(&b);
        buf_fmt(&b, "charge:c%zu", i);
        charge.object = keep(buf_str(&b));
        t->effects[t->effect_count++] = charge;
    }
    (void)told("first");
    size_t told_count = 0;
    for (size_t day = 0; day < 3; day++) {
        pass(DAY_MS);
        t->effects[0].amount_minor++; /* something new of another thing */
    }
    for (size_t i = 0; i < t->notice_count; i++) told_count += str_equal(t->notices[i].subject, STR("pack"));
    EXPECT_EQ(told_count, 100);
    EXPECT_STATE(STR("inc_101/nreport3"), "out");
    EXPECT(notice_of(STR("inc_101/nreport4")) != NULL);
}

/* What the issuer needs goes out with each report that says something new of the charge, and to nobody where the policy does not say so. */
TEST(the_issuer_of_a_card_is_told_of_its_charge) {
    for (int told_too = 0; told_too < 2; told_too++) {
        tale_begin("email");
        t->settings.notify.issuer = told_too;
        struct effect_row charge = {.id = STR("inc_101/e8"),
                                    .incident = t->incident.id,
                                    .kind = STR("captured_charge"),
                                    .object = STR("charge:c8"),
                                    .state = STR("pending"),
                                    .phase = PHASE_PENDING,
                                    .whose = WHOSE_HIJACKER,
                                    .go = true,
                                    .amount_minor = 50000,
                                    .currency = "JPY",
                                    .found_ms = t->now_ms};
        t->effects[t->effect_count++] = charge;
        (void)told("first");
        pass(DAY_MS);
        struct step_row *s = sent(STR("inc_101/npack1-e8"), "issuer");
        EXPECT_EQ(s != NULL, told_too);
        if (!told_too) continue;
        EXPECT(holds(s->request, "\"pack\":{\"incident\":\"inc_101\"") && holds(s->request, "\"id\":\"c8\""));
        char code[NOTICE_CODE_SIZE + 1] = "";
        (void)snprintf(code, sizeof code, "%.*s", STR_ARGS(the(STR("inc_101/npack1-e8"))->code));
        EXPECT(code[0] && holds(s->request, code));
        answers(STR("inc_101/npack1-e8"), "issuer", "done");
        EXPECT_STATE(STR("inc_101/npack1-e8"), "accepted");
        t->effects[0].phase = PHASE_KEPT; /* the report says something new, of another thing */
        pass(DAY_MS);
        EXPECT_STATE(STR("inc_101/nreport2"), "out");
        EXPECT(!notice_of(STR("inc_101/npack2-e8")));
        t->effects[t->effect_count - 1].phase = PHASE_VERIFIED;
        pass(DAY_MS);
        EXPECT_STATE(STR("inc_101/npack3-e8"), "out");
    }
}

static struct effect_row *charge_stands(void) {
    struct effect_row *e = &t->effects[t->effect_count++];
    *e = t->effects[0];
    e->id = STR("inc_101/e8"), e->kind = STR("captured_charge"), e->object = STR("charge:c8");
    e->phase = PHASE_PENDING, e->go = true;
    return e;
}

/* By the policy in force when the pack is written; a shop that says it later has said something new of each charge. */
TEST(the_issuer_is_told_who_the_merchant_is) {
    tale_begin("email");
    t->settings.notify.issuer = true;
    charge_stands();
    (void)told("first");
    pass(DAY_MS);
    EXPECT(holds(sent(STR("inc_101/npack1-e8"), "issuer")->request, "\"merchant\":{}"));
    t->settings.notify.pack =
        (struct merchant_facts){.merchant = "Example \"Store\"", .merchant_id = "000123456789012", .descriptor = "EXAMPLE*STORE"};
    t->effects[0].phase = PHASE_KEPT; /* there is a report to be told */
    pass(DAY_MS);
    struct step_row *s = sent(STR("inc_101/npack2-e8"), "issuer");
    EXPECT(s && holds(s->request,
                      "\"merchant\":{\"name\":\"Example \\\"Store\\\"\",\"id\":\"000123456789012\",\"descriptor\":\"EXAMPLE*STORE\"}"));
    t->effects[0].phase = PHASE_CONTAINED;
    pass(DAY_MS);
    EXPECT_STATE(STR("inc_101/nreport3"), "out");
    EXPECT(!notice_of(STR("inc_101/npack3-e8")));
}

/* ---- channels ----------------------------------------------------------------------------------------------------------------------- */

TEST(one_channel_after_the_other_until_one_takes_it) {
    tale_begin("email sms push");
    (void)told("first");
    struct str ask = told("ask");
    EXPECT_STR(the(ask)->channels, STR("email"));
    pass(59 * SECOND_MS);
    EXPECT_STR(the(ask)->channels, STR("email"));
    pass(SECOND_MS);
    EXPECT_STR(the(ask)->channels, STR("email sms"));
    answers(ask, "email", "refused");
    EXPECT_STR(the(ask)->channels, STR("email=failed sms push"));
    answers(ask, "sms", "done");
    EXPECT_STATE(ask, "accepted");
    EXPECT_STR(the(ask)->accepted_by, STR("sms"));
    EXPECT_EQ(step_of(step_id(ask, "sms"))->state, STEP_DONE);
    EXPECT_EQ(step_of(step_id(ask, "email"))->state, STEP_DONE);
    answers(ask, "push", "exhausted");
    EXPECT_EQ(step_of(step_id(ask, "push"))->state, STEP_HUMAN);
    EXPECT_STATE(ask, "accepted");
    EXPECT_EQ(tasks_of(the(ask), false), 0);
}

TEST(where_none_takes_it_one_person_does) {
    tale_begin("email sms");
    struct str first = told("first");
    answers(first, "email", "refused");
    EXPECT_STATE(first, "out");
    answers(first, "sms", "absent");
    EXPECT_STATE(first, "failed");
    EXPECT_EQ(t->task_count, 1);
    EXPECT(str_starts(t->tasks[0].id, STR("inc_101/t-tell-n1-")));
    EXPECT_STR(t->tasks[0].effect, first);
    EXPECT_EQ(t->tasks[0].due_ms, t->now_ms + 4 * HOUR_MS);
    answers(first, "sms", "absent"); /* handed in again */
    heard(first, "email", "refused");
    EXPECT_EQ(t->task_count, 1);
    close_task(0, "done");
    EXPECT_STATE(first, "read");
    EXPECT_STR(the(first)->read_by, STR("mei"));
}

TEST(a_person_who_could_not_has_told_nothing) {
    tale_begin("email");
    struct str first = told("first");
    answers(first, "email", "exhausted");
    close_task(0, "unable");
    EXPECT_STATE(first, "failed");
    EXPECT(!the(first)->read_ms);
}

TEST(a_bounce_after_it_was_accepted_leads_to_the_next_channel) {
    tale_begin("email sms");
    t->settings.notify.at_once = 1;
    struct str first = told("first");
    answers(first, "email", "done");
    EXPECT_STATE(first, "accepted");
    pass(HOUR_MS);
    EXPECT_EQ(steps_of(the(first), false), 1);
    heard(first, "email", "delayed"); /* it is still being tried */
    EXPECT_STATE(first, "accepted");
    heard(first, "email", "refused");
    EXPECT_STATE(first, "out");
    EXPECT_STR(the(first)->channels, STR("email=failed sms"));
    EXPECT(sent(first, "sms") && sent(first, "sms")->run_ms == t->now_ms);
    EXPECT(!the(first)->accepted_ms);
    heard(first, "email", "refused");
    EXPECT_EQ(steps_of(the(first), false), 2);
    answers(first, "sms", "done");
    EXPECT_STATE(first, "accepted");
    heard(first, "sms", "refused");
    EXPECT_STATE(first, "failed");
    EXPECT_EQ(t->task_count, 1);
}

TEST(of_two_that_took_it_one_may_bounce) {
    tale_begin("email sms");
    struct str first = told("first");
    answers(first, "email", "done");
    answers(first, "sms", "pending");
    EXPECT_STR(the(first)->accepted_by, STR("email"));
    heard(first, "email", "refused");
    EXPECT_STATE(first, "accepted");
    EXPECT_STR(the(first)->accepted_by, STR("sms"));
    EXPECT_EQ(t->task_count, 0);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------------ */

TEST(accepted_is_not_read) {
    tale_begin("email");
    struct str first = told("first");
    answers(first, "email", "done");
    EXPECT_STATE(first, "accepted");
    EXPECT(!the(first)->read_ms && the(first)->accepted_ms == t->now_ms);
    EXPECT_EQ(the(first)->due_ms, t->now_ms + DAY_MS);
    pass(DAY_MS);
    EXPECT_STATE(first, "accepted");
    EXPECT_EQ(tasks_of(the(first), true), 1);
    EXPECT_STR(t->tasks[0].kind, STR("reach"));
    pass(10 * DAY_MS);
    EXPECT_EQ(tasks_of(the(first), true), 1);
    close_task(0, "done");
    EXPECT_STATE(first, "read");
}

TEST(nobody_need_be_reached_where_no_money_is_open) {
    tale_begin("email");
    t->ledger[t->ledger_count] = t->ledger[0];
    t->ledger[t->ledger_count].number = 2;
    t->ledger[t->ledger_count++].kind = LEDGER_RETURNED;
    struct str first = told("first");
    answers(first, "email", "done");
    pass(3 * DAY_MS);
    EXPECT_EQ(t->task_count, 0);
    EXPECT_STATE(first, "accepted");
}

TEST(reaching_him_is_one_task_at_a_time) {
    tale_begin("email sms");
    t->settings.notify.at_once = 1;
    struct str first = told("first");
    answers(first, "email", "done");
    pass(DAY_MS);
    EXPECT_EQ(t->task_count, 1);
    heard(first, "email", "refused"); /* a bounce that took more than a day */
    answers(first, "sms", "done");
    pass(DAY_MS);
    EXPECT_EQ(t->task_count, 1);
    close_task(0, "unable");
    pass(10 * DAY_MS);
    EXPECT_EQ(tasks_of(the(first), true), 0);
}

TEST(what_was_read_is_over) {
    tale_begin("email sms push");
    t->settings.notify.at_once = 1;
    struct str first = told("first");
    heard(first, "code", "read");
    EXPECT_STATE(first, "read");
    EXPECT_EQ(the(first)->due_ms, 0);
    pass(10 * MINUTE_MS);
    answers(first, "email", "refused");
    heard(first, "code", "read");
    EXPECT_STATE(first, "read");
    EXPECT_EQ(steps_of(the(first), false), 1);
    EXPECT_EQ(t->task_count, 0);
    struct str again = told("ask");
    answers(again, "email", "done");
    heard(again, "message_centre", "read");
    EXPECT_STATE(again, "read");
    EXPECT_STR(the(again)->accepted_by, STR("email"));
}

TEST(who_has_read_it_is_not_called_any_more) {
    tale_begin("email");
    struct str first = told("first");
    answers(first, "email", "refused");
    EXPECT_EQ(tasks_of(the(first), true), 1);
    heard(first, "code", "read");
    EXPECT_STATE(first, "read");
    EXPECT_EQ(tasks_of(the(first), true), 0);
    EXPECT_STR(t->tasks[0].outcome, STR("overtaken"));
    tale_begin("email");
    first = told("first");
    answers(first, "email", "done");
    pass(2 * DAY_MS);
    EXPECT_EQ(tasks_of(the(first), true), 1);
    heard(first, "message_centre", "read");
    EXPECT_EQ(tasks_of(the(first), true), 0);
}

/* Each says how everything stands: what he has read later tells what was before it, too. */
TEST(who_has_read_what_came_later_is_not_called_any_more) {
    tale_begin("email");
    struct str first = told("first");
    answers(first, "email", "done");
    pass(DAY_MS);
    EXPECT_EQ(tasks_of(the(first), true), 1);
    pass(2 * HOUR_MS);
    struct str later = told("ask");
    answers(later, "email", "refused");
    EXPECT_EQ(tasks_of(the(later), true), 1);
    pass(MINUTE_MS);
    struct str latest = told("parcel_coming");
    heard(latest, "message_centre", "read");
    EXPECT_EQ(tasks_of(the(first), true) + tasks_of(the(later), true), 0);
    EXPECT_STR(t->tasks[0].outcome, STR("overtaken"));
    EXPECT_STATE(later, "failed");
    tale_begin("email"); /* read before anybody would have been asked */
    first = told("first");
    answers(first, "email", "done");
    pass(MINUTE_MS);
    later = told("ask");
    heard(later, "code", "read");
    heard(first, "email", "refused");
    pass(3 * DAY_MS);
    EXPECT_EQ(t->task_count, 0);
    later = told("delayed"); /* what he has read earlier does not tell what came since */
    pass(HOUR_MS);
    answers(later, "email", "refused");
    EXPECT_EQ(tasks_of(the(later), true), 1);
}

/* Of what is over a person tells the end, where no channel has taken it, and nothing else. */
TEST(when_it_is_over_nobody_is_reached_for_what_was) {
    static const enum response_state ends[] = {RESPONSE_CLOSED, RESPONSE_RESTORING, RESPONSE_FALSE_ALARM};
    for (size_t i = 0; i < 3; i++) {
        tale_begin("email");
        struct str first = told("first");
        answers(first, "email", "done");
        pass(DAY_MS);
        struct str later = told("ask");
        answers(later, "email", "refused");
        EXPECT_EQ(tasks_of(the(first), true) + tasks_of(the(later), true), 2);
        struct str end = told(i ? "restored" : "undone");
        answers(end, "email", "refused");
        change_response(ends[i]);
        happens();
        EXPECT_EQ(tasks_of(the(first), true) + tasks_of(the(later), true), 0);
        EXPECT_EQ(tasks_of(the(end), true), 1);
        EXPECT_STR(t->tasks[0].outcome, STR("withdrawn"));
        size_t count = t->task_count;
        heard(first, "email", "refused"); /* a bounce that took long */
        pass(3 * DAY_MS);
        EXPECT_EQ(t->task_count, count);
        EXPECT_STATE(first, "failed");
    }
}

/* A person asked to reach him, then, for the mail came back after all, another to tell him: one of them has. */
TEST(one_person_is_enough) {
    tale_begin("email");
    struct str first = told("first");
    answers(first, "email", "done");
    pass(2 * DAY_MS);
    heard(first, "email", "refused");
    EXPECT_EQ(tasks_of(the(first), true), 2);
    close_task(1, "done");
    EXPECT_STATE(first, "read");
    EXPECT_STR(t->tasks[1].outcome, STR("done"));
    EXPECT_STR(t->tasks[0].outcome, STR("overtaken"));
}

TEST(what_is_not_written_cannot_be_read) {
    tale_begin("email");
    (void)told("first");
    struct str later = told("contained");
    heard(later, "message_centre", "read");
    EXPECT_STATE(later, "held");
    heard(STR("inc_101/n99"), "message_centre", "read");
    answers(STR("inc_101/n99"), "email", "done");
    EXPECT(!notice_of(STR("inc_101/n99")));
}

TEST(nobody_else_says_what_became_of_it) {
    tale_begin("email");
    struct str first = told("first");
    struct event e = {.source = STR("shop"), .kind = KIND_NOTICE_RESULT, .about = first, .via = STR("email"), .result = STR("read")};
    feed(&e);
    e.result = STR("done");
    feed(&e);
    EXPECT_STATE(first, "out");
}

/* ---- updates ------------------------------------------------------------------------------------------------------------------------ */

TEST(updates_come_once_an_hour_and_several_as_one) {
    tale_begin("email");
    (void)told("first");
    pass(5 * MINUTE_MS);
    struct str one = told("contained"), other = told("delayed"), third = told("data_seen");
    EXPECT_EQ(the(one)->due_ms, NOON_MS + HOUR_MS);
    pass(54 * MINUTE_MS);
    EXPECT_STATE(one, "held");
    pass(2 * MINUTE_MS);
    EXPECT_STATE(one, "out");
    EXPECT_STATE(other, "merged");
    EXPECT_STATE(third, "merged");
    EXPECT_STR(the(other)->into, one);
    EXPECT_EQ(steps_of(the(one), false), 1);
    EXPECT(holds(the(one)->text, "いくつかのこと") || holds(the(one)->title, "現在"));
    struct str alone = told("contained");
    EXPECT_EQ(the(alone)->due_ms, the(one)->written_ms + HOUR_MS);
    pass(HOUR_MS);
    EXPECT_STATE(alone, "out");
}

TEST(what_he_must_do_is_said_at_once) {
    tale_begin("email");
    (void)told("first");
    struct str coming = told("parcel_coming"), ask = told("ask"), held = told("contained");
    EXPECT_STATE(coming, "out");
    EXPECT_STATE(ask, "out");
    EXPECT_STATE(held, "held");
}

/* A hijacker who orders a hundred things must not have us bomb the owner's mailbox with a hundred mails of the same words. */
TEST(of_one_kind_he_is_asked_once_an_hour) {
    tale_begin("email");
    (void)told("first");
    struct str ids[40];
    for (size_t i = 0; i < 20; i++) ids[i] = wish("ask");
    happens();
    for (size_t i = 20; i < 40; i++) ids[i] = told("ask");
    EXPECT_STATE(ids[0], "out");
    for (size_t i = 1; i < 20; i++) {
        EXPECT_STATE(ids[i], "merged"); /* it says all of them */
        EXPECT_STR(the(ids[i])->into, ids[0]);
    }
    EXPECT_EQ(t->step_count, 2);
    pass(HOUR_MS);
    EXPECT_EQ(t->step_count, 3);
    EXPECT_STATE(ids[20], "out");
    EXPECT_STATE(ids[39], "merged");
}

TEST(the_end_is_always_told) {
    tale_begin("email");
    (void)told("first");
    struct str held = told("contained"), end = told("undone");
    EXPECT_STATE(end, "out");
    EXPECT_STATE(held, "merged");
    EXPECT_STR(the(held)->into, end);
    EXPECT_STATE(STR("inc_101/nprogress"), "merged");
    EXPECT_EQ(steps_of(the(end), false), 1);
    change_response(RESPONSE_CLOSED);
    struct str late = told("undone"); /* it was opened again, and ended again */
    EXPECT_STATE(late, "out");
    size_t told_count = t->step_count;
    pass(10 * DAY_MS);
    EXPECT(t->step_count <= told_count + 1); /* the last report */
    for (size_t i = 0; i < t->notice_count; i++) EXPECT(t->notices[i].state != NOTICE_HELD);
}

TEST(a_false_alarm_is_told_at_once) {
    tale_begin("email");
    (void)told("first");
    (void)told("contained");
    change_response(RESPONSE_FALSE_ALARM);
    struct str restored = told("restored");
    EXPECT_STATE(restored, "out");
    for (size_t i = 0; i < t->notice_count; i++)
        EXPECT(t->notices[i].state != NOTICE_HELD || str_equal(t->notices[i].subject, STR("report")));
}

/* Somebody said so in the seconds before he is told: he is not told first that somebody else used his account. */
TEST(a_false_alarm_of_seconds_frightens_nobody) {
    tale_begin("email sms");
    change_effect(email_changed());
    struct str first = wish("first");
    happens();
    change_response(RESPONSE_FALSE_ALARM);
    struct str restored = wish("restored");
    happens();
    EXPECT_STATE(first, "merged");
    EXPECT_STR(the(first)->into, restored);
    EXPECT_STATE(restored, "out");
    pass(9 * DAY_MS);
    EXPECT_EQ(steps_of(the(first), false), 0);
    EXPECT(!notice_of(STR("inc_101/nblocked-e2")));
}

TEST(after_two_hours_he_hears_how_it_stands) {
    tale_begin("email");
    (void)told("first");
    pass(2 * HOUR_MS);
    struct notice_row *progress = the(STR("inc_101/nprogress"));
    EXPECT_EQ(progress->state, NOTICE_OUT);
    EXPECT_EQ(progress->written_ms, NOON_MS - FIRST_MS + 2 * HOUR_MS);
    EXPECT_EQ(steps_of(progress, false), 1);
}

TEST(who_has_heard_since_is_told_no_progress) {
    tale_begin("email");
    (void)told("first");
    pass(MINUTE_MS);
    (void)told("contained");
    pass(HOUR_MS);
    struct str soon = told("delayed"); /* due when the next update may come: two hours and a little after the first */
    pass(2 * HOUR_MS - (t->now_ms - NOON_MS));
    EXPECT_STATE(STR("inc_101/nprogress"), "merged");
    pass(MINUTE_MS);
    EXPECT_STATE(soon, "out");
}

TEST(the_report_comes_by_itself_and_in_versions) {
    tale_begin("email");
    (void)told("first");
    pass(DAY_MS);
    EXPECT_STATE(STR("inc_101/nreport1"), "out");
    EXPECT_STATE(STR("inc_101/nreport2"), "held");
    EXPECT_EQ(the(STR("inc_101/nreport2"))->due_ms, t->now_ms - FIRST_MS + DAY_MS);
    change_response(RESPONSE_VERIFIED);
    (void)told("undone");
    t->response.state = RESPONSE_CLOSED;
    pass(5 * MINUTE_MS);
    EXPECT(the(STR("inc_101/nreport2"))->state != NOTICE_HELD);
    pass(5 * DAY_MS);
    EXPECT(!notice_of(STR("inc_101/nreport3")));
}

/* What is promised with a date is kept: the next message by then is sure to come. */
TEST(only_what_is_sure_is_promised) {
    tale_begin("email");
    t->incident.language = STR("en");
    struct str first = told("first"), update = told("contained");
    EXPECT(holds(the(first)->text, "2026-03-01 16:00 at the latest"));
    pass(HOUR_MS);
    EXPECT(holds(the(update)->text, "2026-03-02 13:59 at the latest")); /* the first report always comes */
    pass(DAY_MS);
    EXPECT_STATE(STR("inc_101/nreport1"), "out");
    EXPECT(!holds(the(STR("inc_101/nreport1"))->text, "at the latest"));
    struct str later = told("delayed");
    pass(HOUR_MS);
    EXPECT_STATE(later, "out");
    EXPECT(holds(the(later)->text, "as soon as anything changes")); /* the second only where a line has changed */
}

TEST(a_report_that_would_say_the_same_is_not_told) {
    tale_begin("email");
    answers(told("first"), "email", "done");
    pass(DAY_MS);
    EXPECT_STATE(STR("inc_101/nreport1"), "out");
    answers(STR("inc_101/nreport1"), "email", "done");
    pass(DAY_MS);
    struct notice_row *second = the(STR("inc_101/nreport2"));
    EXPECT_EQ(second->state, NOTICE_HELD);
    EXPECT_EQ(second->due_ms, t->now_ms - FIRST_MS + DAY_MS);
    t->effects[0].phase = PHASE_VERIFIED;
    pass(DAY_MS);
    EXPECT_EQ(second->state, NOTICE_OUT);
    EXPECT(holds(second->facts, "\"version\":2"));
    EXPECT(!str_equal(second->facts, the(STR("inc_101/nreport1"))->facts));
    t->response.state = RESPONSE_CLOSED;
    pass(DAY_MS);
    EXPECT(the(STR("inc_101/nreport3"))->state != NOTICE_HELD);
    pass(9 * DAY_MS);
    EXPECT(!notice_of(STR("inc_101/nreport4")));
}

TEST(a_timer_of_an_earlier_state_is_void) {
    tale_begin("email sms");
    t->settings.notify.at_once = 1;
    struct str first = told("first"), held = told("contained");
    uint32_t version = the(first)->version, held_version = the(held)->version;
    timer(first, version - 1);
    timer(first, version + 1);
    EXPECT_EQ(steps_of(the(first), false), 1);
    answers(first, "email", "done");
    timer(first, version);
    EXPECT_EQ(steps_of(the(first), false), 1);
    EXPECT_EQ(t->task_count, 0);
    (void)told("undone");
    timer(held, held_version);
    EXPECT_STATE(held, "merged");
    timer(STR("inc_101/n99"), 1);
}

TEST(the_same_wish_twice_is_one) {
    tale_begin("email");
    struct str first = told("first");
    t->asked_count--;
    (void)told("first");
    EXPECT_EQ(t->step_count, 1);
    EXPECT_STATE(first, "out");
}

/* ---- when and in which words -------------------------------------------------------------------------------------------------------- */

/* 23:30 in Tokyo. */
static void begin_at_night(const char *channels) {
    tale_begin(channels);
    t->now_ms += 9 * HOUR_MS + 30 * MINUTE_MS;
    t->response.decided_ms = t->now_ms;
}
#define EIGHT_MS (NOON_MS + 18 * HOUR_MS)

TEST(at_night_only_what_is_urgent_rings) {
    begin_at_night("sms email push");
    struct str first = told("first");
    EXPECT_EQ(sent(first, "sms")->run_ms, t->now_ms);
    EXPECT_EQ(sent(first, "push")->run_ms, t->now_ms);
    struct str ask = told("ask");
    EXPECT_EQ(sent(ask, "sms")->run_ms, t->now_ms);
    struct str held = told("contained");
    pass(HOUR_MS);
    EXPECT_STATE(held, "out");
    EXPECT_EQ(sent(held, "sms")->run_ms, EIGHT_MS);
    EXPECT_EQ(sent(held, "sms")->deadline_ms, EIGHT_MS + DAY_MS);
    pass(MINUTE_MS);
    EXPECT_EQ(sent(held, "email")->run_ms, t->now_ms);
}

/* What waits for the morning does not wake who has read it in the evening; what rings nobody, or is under way, is left alone. */
TEST(what_was_read_elsewhere_does_not_ring_in_the_morning) {
    tale_begin("push email sms");
    (void)told("first");
    pass(9 * HOUR_MS); /* 23:00 in Tokyo */
    struct str update = wish("delayed");
    happens();
    pass(SECOND_MS);
    EXPECT_STATE(update, "out");
    pass(3 * MINUTE_MS);
    EXPECT(sent(update, "push")->run_ms > t->now_ms && sent(update, "sms")->run_ms > t->now_ms &&
           sent(update, "email")->run_ms < t->now_ms);
    sent(update, "sms")->attempts = 1; /* one that was tried already */
    heard(update, "message_centre", "read");
    EXPECT(sent(update, "push")->state == STEP_CANCELED);
    EXPECT(sent(update, "sms")->state == STEP_READY && sent(update, "email")->state == STEP_READY);
    EXPECT_STR(the(update)->channels, STR("push=withdrawn email sms"));
    answers(update, "push", "done"); /* a courier had it after all */
    EXPECT_STR(the(update)->channels, STR("push=accepted email sms"));
    EXPECT(sent(update, "push")->state == STEP_CANCELED);
}

TEST(quiet_hours_are_the_owners_and_the_policys) {
    begin_at_night("sms");
    t->settings.notify.quiet_from_h = t->settings.notify.quiet_to_h = 0; /* never */
    (void)told("first");
    struct str held = told("contained");
    pass(HOUR_MS);
    EXPECT(sent(held, "sms") && sent(held, "sms")->run_ms == t->now_ms);

    begin_at_night("sms");
    t->now_ms -= 2 * HOUR_MS; /* 21:30, so that the hour is over before midnight */
    (void)told("first");
    held = told("contained");
    pass(HOUR_MS);
    EXPECT(sent(held, "sms") && sent(held, "sms")->run_ms == EIGHT_MS);

    begin_at_night("sms");
    t->incident.timezone = STR_NONE; /* as far as we know it is 14:30 where he is */
    (void)told("first");
    held = told("contained");
    pass(HOUR_MS);
    EXPECT(sent(held, "sms") && sent(held, "sms")->run_ms == t->now_ms);

    begin_at_night("sms");
    t->settings.notify.quiet_from_h = 0, t->settings.notify.quiet_to_h = 6;
    (void)told("first");
    held = told("contained");
    pass(HOUR_MS); /* 0:30 */
    EXPECT(sent(held, "sms") && sent(held, "sms")->run_ms == EIGHT_MS - 2 * HOUR_MS);

    tale_begin("sms");
    t->settings.notify.quiet_from_h = 12, t->settings.notify.quiet_to_h = 15;
    t->incident.timezone = STR("no/where");
    (void)snprintf(t->settings.notify.timezone, sizeof t->settings.notify.timezone, "Asia/Tokyo");
    t->now_ms -= HOUR_MS; /* 13:00 */
    (void)told("first");
    held = told("contained");
    pass(HOUR_MS);
    EXPECT(sent(held, "sms") && sent(held, "sms")->run_ms == NOON_MS + HOUR_MS);
}

TEST(the_language_is_his_from_before) {
    tale_begin("email");
    struct str first = told("first");
    EXPECT_STR(the(first)->language, STR("ja"));
    EXPECT(holds(the(first)->title, "重要"));
    EXPECT(holds(the(first)->text, "16:00")); /* two hours after 14:00 */
    EXPECT_STR(member_of(sent(first, "email"), "language"), STR("ja"));

    tale_begin("email");
    t->incident.language = t->incident.timezone = STR_NONE;
    (void)snprintf(t->settings.notify.language, sizeof t->settings.notify.language, "ja");
    (void)snprintf(t->settings.notify.timezone, sizeof t->settings.notify.timezone, "America/New_York");
    first = told("first");
    EXPECT_STR(the(first)->language, STR("ja"));
    EXPECT(holds(the(first)->text, "02:00") || holds(the(first)->text, "2:00"));

    tale_begin("email");
    t->incident.language = STR("pt-BR");
    first = told("first");
    EXPECT_STR(the(first)->language, STR("en"));
    EXPECT(holds(the(first)->text, "500 yen"));
}

TEST(what_a_channel_carries_is_what_was_written) {
    tale_begin("email sms");
    struct str first = told("first"), ask = told("ask");
    const struct step_row *mail = sent(first, "email"), *sms = sent(first, "sms"), *next = sent(ask, "email");
    EXPECT_STR(member_of(mail, "text"), the(first)->text);
    EXPECT_STR(member_of(mail, "title"), the(first)->title);
    EXPECT_STR(member_of(mail, "message_id"), STR("n1.inc_101"));
    EXPECT_STR(member_of(mail, "in_reply_to"), STR_NONE);
    EXPECT_STR(member_of(mail, "date"), STR("2026-03-01T05:00:00.000Z"));
    EXPECT(str_starts(member_of(mail, "bounce"), STR("inc_101.n1.")));
    EXPECT_STR(member_of(next, "in_reply_to"), STR("n1.inc_101"));
    EXPECT(!str_equal(member_of(next, "bounce"), member_of(mail, "bounce")));
    EXPECT(holds(member_of(sms, "text"), "受付番号") || member_of(sms, "text").size < 400);
    EXPECT(str_find(member_of(sms, "text"), the(first)->code, 0) < member_of(sms, "text").size);
    EXPECT(!str_equal(the(first)->code, the(ask)->code));
}

/* ---- to whom ------------------------------------------------------------------------------------------------------------------------ */

TEST(the_owner_is_told_at_the_contact_from_before) {
    tale_begin("email sms");
    const struct effect_row *e = email_changed();
    change_effect(e);
    struct str first = told("first");
    EXPECT_STR(member_of(sent(first, "email"), "contact"), STR("sealed-owner"));
    EXPECT_STR(member_of(sent(first, "sms"), "contact"), STR_NONE);
    EXPECT_STR(member_of(sent(first, "email"), "as_of"), STR("2026-03-01T04:00:00.000Z"));
    t->effects[1].kind = STR("phone"), t->effects[1].before = STR("sealed-phone");
    struct str ask = told("ask");
    pass(MINUTE_MS);
    EXPECT_STR(member_of(sent(ask, "email"), "contact"), STR_NONE);
    EXPECT_STR(member_of(sent(ask, "sms"), "contact"), STR("sealed-phone"));
    t->effects[1].whose = WHOSE_OWNER; /* it was his own */
    struct str coming = told("parcel_coming");
    pass(MINUTE_MS);
    EXPECT_STR(member_of(sent(coming, "sms"), "contact"), STR_NONE);
}

TEST(a_stranger_learns_nothing_of_the_account) {
    tale_begin("email sms");
    const struct effect_row *e = email_changed();
    change_effect(e);
    (void)told("first");
    struct str id = STR("inc_101/nblocked-e2");
    EXPECT_STATE(id, "out");
    EXPECT_STR(the(id)->channels, STR("email"));
    const struct step_row *s = sent(id, "email");
    EXPECT_STR(member_of(s, "contact"), STR("sealed-thief"));
    EXPECT_STR(the(id)->language, STR("en")); /* not the owner's */
    const char *const read_by_him[] = {"title", "text", "message_id", "in_reply_to", "bounce"};
    const char *const secrets[] = {"inc_101", "a1", "500", "sealed", "o1", "Tokyo"};
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < 6; k++) EXPECT(!holds(member_of(s, read_by_him[i]), secrets[k]));
    EXPECT_STR(member_of(s, "in_reply_to"), STR_NONE);
    EXPECT_EQ(the(id)->code.size, 0); /* he has nothing to check */
    change_effect(e);
    happens();
    EXPECT_EQ(steps_of(the(id), false), 1);
    answers(id, "email", "done");
    heard(id, "email", "refused");
    EXPECT_STATE(id, "failed");
    EXPECT_EQ(t->task_count, 0);
    pass(5 * DAY_MS);
    EXPECT_EQ(steps_of(the(id), false), 1);
}

TEST(no_stranger_is_told_before_something_was_stopped) {
    tale_begin("email");
    struct effect_row *e = email_changed();
    t->response.state = RESPONSE_PLANNED;
    change_effect(e);
    happens();
    EXPECT_EQ(t->step_count, 0);
    change_response(RESPONSE_FALSE_ALARM); /* a plan that was none */
    e->phase = PHASE_RESTORED;
    change_effect(e);
    happens();
    EXPECT_EQ(t->step_count, 0);
    t->response.state = RESPONSE_OPEN;
    e->phase = PHASE_CONTAINING, e->whose = WHOSE_OWNER;
    change_effect(e);
    (void)told("first");
    EXPECT_EQ(t->step_count, 1);
    e->whose = WHOSE_HIJACKER, e->after = STR_NONE; /* removed, not changed */
    change_effect(e);
    happens();
    EXPECT_EQ(t->step_count, 1);
}

/* ---- as large as it comes ----------------------------------------------------------------------------------------------------------- */

static struct str text_of_size(size_t size, char c) {
    char *memory = arena_take(&t->kept, size);
    CHECK(memory);
    memset(memory, c, size);
    return (struct str){memory, size};
}

static void fill_effects(void) {
    static const char *const kinds[] = {"order", "captured_charge", "balance_top_up", "membership", "disclosure"};
    email_changed();
    t->effects[1].before = text_of_size(512, '\x01'), t->effects[1].after = text_of_size(512, '\x02');
    t->incident.account = t->response.account = text_of_size(128, '\x03');
    while (t->effect_count < EFFECT_COUNT_MAX) {
        char memory[64];
        struct buf id = buf_over(memory, sizeof memory);
        buf_fmt(&id, "inc_101/e%zu", t->effect_count + 1);
        struct effect_row *e = &t->effects[t->effect_count];
        *e = t->effects[0];
        e->id = keep(buf_str(&id));
        e->kind = str_from(kinds[t->effect_count++ % 5]);
        e->phase = PHASE_UNDOING;
        e->amount_minor = INT64_C(900000000000000);
        memcpy(e->currency, "KWD", 4);
    }
    for (size_t i = 0; i < t->effect_count; i++) t->effects[i].account = t->incident.account;
}

TEST(every_request_fits_however_much_was_done) {
    static const char *const languages[] = {"ja", "en"};
    static const char *const subjects[] = {"first", "ask", "parcel_coming", "contained", "data_seen", "undone", "restored"};
    for (size_t i = 0; i < 2; i++) {
        tale_begin("email sms push letter");
        t->incident.language = str_from(languages[i]);
        fill_effects();
        for (size_t k = 0; k < t->effect_count; k++) change_effect(&t->effects[k]);
        for (size_t k = 0; k < sizeof subjects / sizeof subjects[0]; k++) {
            (void)told(subjects[k]);
            pass(2 * HOUR_MS);
        }
        pass(3 * DAY_MS);
        EXPECT(t->step_count > 4 * 7);
    }
}

/* A verdict on a large plan may want as many things told at once as there are effects, twice over; and an incident may live long. */
TEST(as_many_wishes_as_effects_are_taken) {
    tale_begin("email sms push letter");
    fill_effects();
    (void)told("first");
    size_t before = t->step_count;
    for (size_t i = 0; i < EFFECT_COUNT_MAX; i++) {
        (void)wish("ask");
        (void)wish("delayed");
        (void)wish_for("operator", "exhausted");
    }
    happens();
    EXPECT(t->step_count <= before + 2);
    pass(2 * HOUR_MS);
    EXPECT(t->step_count <= before + 12);
    for (size_t i = 0; i < t->notice_count; i++)
        EXPECT(t->notices[i].state != NOTICE_HELD || t->notices[i].due_ms > t->now_ms || !is_owners(&t->notices[i]));
}

/* ---- reminders of legal clocks ------------------------------------------------------------------------------------------------------ */

/* A card was charged: of the clocks that ship, one with reminders at 7, 30 and 50 days of 60. */
static void clock_begins(bool staff) {
    tale_begin("email");
    (void)snprintf(t->settings.notify.clocks, sizeof t->settings.notify.clocks, "issuer_60_days");
    t->settings.notify.staff = staff;
    t->effects[0].kind = STR("captured_charge"), t->effects[0].object = STR("charge:c1");
    (void)told("first");
}

static const struct task_row *task_called(const char *id) {
    static const struct task_row none;
    for (size_t i = 0; i < t->task_count; i++)
        if (str_equal(t->tasks[i].id, str_from(id))) return &t->tasks[i];
    return &none;
}

static size_t index_of_task(const char *id) {
    return (size_t)(task_called(id) - t->tasks);
}

#define FILING "inc_101/t-file-issuer_60_days"

TEST(a_clock_reminds_until_it_is_answered) {
    clock_begins(false);
    int64_t from_ms = t->response.decided_ms;
    EXPECT_EQ(task_called(FILING)->due_ms, from_ms + 60 * DAY_MS);
    t->now_ms = from_ms;
    static const struct {
        int days;
        const char *id;
    } reminders[] = {
        {7, "inc_101/t-remind1-issuer_60_days"}, {30, "inc_101/t-remind2-issuer_60_days"}, {50, "inc_101/t-remind3-issuer_60_days"}};
    for (size_t i = 0; i < 3; i++) {
        int64_t at_ms = from_ms + reminders[i].days * DAY_MS;
        pass(at_ms - t->now_ms - 1);
        EXPECT_EQ(t->task_count, 1 + i);
        pass(1);
        const struct task_row *r = task_called(reminders[i].id);
        EXPECT_EQ(t->task_count, 2 + i);
        EXPECT_STR(r->kind, STR("remind"));
        EXPECT_EQ(r->opened_ms, at_ms);
        EXPECT(r->state == TASK_OPEN && holds(r->asks, FILING) && holds(r->asks, "2026-04-30"));
    }
    EXPECT(task_called(reminders[0].id)->state == TASK_CLOSED && task_called(reminders[1].id)->state == TASK_CLOSED); /* one at a time */
    size_t audits = t->audit_count;
    pass(100 * DAY_MS);
    EXPECT_EQ(t->task_count, 4);
    EXPECT(t->audit_count >= audits);
    close_task(index_of_task(FILING), "filed");
    EXPECT(task_called(reminders[2].id)->state == TASK_CLOSED);
}

TEST(a_clock_that_was_answered_reminds_nobody) {
    clock_begins(false);
    pass(8 * DAY_MS);
    EXPECT_EQ(t->task_count, 2);
    close_task(index_of_task(FILING), "not_required");
    EXPECT(task_called("inc_101/t-remind1-issuer_60_days")->state == TASK_CLOSED);
    EXPECT_STATE(STR("inc_101/nremind2-issuer_60_days"), "merged");
    pass(100 * DAY_MS);
    EXPECT_EQ(t->task_count, 2);
}

TEST(who_has_seen_a_reminder_is_reminded_of_the_next) {
    clock_begins(false);
    pass(8 * DAY_MS);
    close_task(index_of_task("inc_101/t-remind1-issuer_60_days"), "seen");
    EXPECT(task_called(FILING)->state == TASK_OPEN);
    pass(23 * DAY_MS);
    EXPECT(task_called("inc_101/t-remind2-issuer_60_days")->state == TASK_OPEN && t->task_count == 3);
}

/* With something to put back, and without. */
TEST(a_false_alarm_reminds_nobody) {
    static const enum response_state ends[] = {RESPONSE_RESTORING, RESPONSE_FALSE_ALARM};
    for (size_t i = 0; i < 2; i++) {
        clock_begins(false);
        pass(8 * DAY_MS);
        change_response(ends[i]);
        happens();
        EXPECT(task_called(FILING)->state == TASK_CLOSED);
        EXPECT(task_called("inc_101/t-remind1-issuer_60_days")->state == TASK_CLOSED);
        pass(100 * DAY_MS);
        EXPECT_EQ(t->task_count, 2);
    }
}

/* The same timer twice, as a courier hands it in after a crash; and one that comes weeks late: the next is of those that are still to come.
 */
TEST(a_reminder_comes_once_and_those_that_were_missed_as_one) {
    clock_begins(false);
    struct str first = STR("inc_101/nremind1-issuer_60_days");
    uint32_t version = the(first)->version;
    t->now_ms = t->response.decided_ms + 35 * DAY_MS;
    timer(first, version);
    EXPECT_EQ(t->task_count, 2);
    EXPECT_EQ(the(STR("inc_101/nremind3-issuer_60_days"))->due_ms, t->response.decided_ms + 50 * DAY_MS);
    timer(first, version);
    timer(first, the(first)->version);
    EXPECT_EQ(t->task_count, 2);
}

TEST(staff_is_reminded_by_its_channel) {
    clock_begins(true);
    pass(8 * DAY_MS);
    struct str first = STR("inc_101/nremind1-issuer_60_days");
    EXPECT_STATE(first, "out");
    struct step_row *s = sent(first, "staff");
    EXPECT(s && holds(s->request, "a legal clock runs") && holds(s->request, "2026-04-30"));
    heard(first, "staff", "read");
    EXPECT_STATE(first, "read");
    EXPECT(task_called("inc_101/t-remind1-issuer_60_days")->state == TASK_CLOSED);
    EXPECT(task_called(FILING)->state == TASK_OPEN);
    answers(first, "staff", "done");
    pass(23 * DAY_MS);
    struct str second = STR("inc_101/nremind2-issuer_60_days");
    EXPECT(sent(second, "staff")->state == STEP_READY);
    close_task(index_of_task(FILING), "filed"); /* before the pager was reached */
    EXPECT(sent(second, "staff")->state == STEP_CANCELED && sent(first, "staff")->state == STEP_DONE);
    EXPECT_STR(the(second)->channels, STR("staff=withdrawn"));
}

/* ---- any order ---------------------------------------------------------------------------------------------------------------------- */

static uint64_t seed;
static size_t pick(size_t count) {
    return (size_t)(test_random(&seed) % count);
}

static void wish_anything(void) {
    static const char *const subjects[] = {"contained", "ask",     "parcel_coming", "parcel_pickup", "delayed",
                                           "data_seen", "mailbox", "way_back",      "undone",        "restored"};
    if (t->asked_count && !pick(8)) { /* the same once more */
        uint32_t count = t->asked_count;
        t->asked_count = (uint32_t)pick(count);
        (void)wish(subjects[pick(10)]);
        t->asked_count = count;
        return;
    }
    if (!t->asked_count) (void)wish("first");
    else if (!pick(4)) (void)wish_for("operator", "exhausted");
    else (void)wish(subjects[pick(10)]);
}

static void anything_happens(void) {
    static const char *const results[] = {"done", "pending", "refused", "absent", "exhausted", "delayed", "changed", "nonsense", "read"};
    static const char *const channels[] = {"email", "sms", "push", "letter"};
    static const int64_t waits[] = {SECOND_MS, MINUTE_MS, 20 * MINUTE_MS, HOUR_MS, 7 * HOUR_MS, DAY_MS};
    const struct notice_row *n = t->notice_count ? &t->notices[pick(t->notice_count)] : NULL;
    switch (pick(9)) {
    case 0:
        for (size_t i = 0, count = 1 + pick(3); i < count; i++) wish_anything();
        if (!pick(3)) change_response((enum response_state)(RESPONSE_OPEN + pick(8)));
        if (t->asked_count && !pick(3)) change_effect(&t->effects[1]);
        if (!pick(3)) t->effects[0].phase = (enum phase)pick(PHASE_COUNT);
        happens();
        return;
    case 1:
    case 2:
    case 3:
        if (t->step_count) {
            const struct step_row *s = &t->steps[pick(t->step_count)];
            struct event e = {.source = STR("hikeshi"), .kind = KIND_NOTICE_RESULT, .about = s->effect, .via = s->system, .step = s->id};
            e.result = str_from(results[pick(8)]);
            feed(&e);
        }
        return;
    case 4:
        if (n) heard(n->id, channels[pick(4)], results[pick(9)]);
        return;
    case 5:
        if (n) timer(n->id, n->version - 1 + 2 * (uint32_t)pick(2)); /* pass fires those that are due */
        return;
    case 6:
        for (size_t i = 0; i < t->task_count; i++)
            if (t->tasks[i].state != TASK_CLOSED && !pick(2)) {
                close_task(i, pick(2) ? "done" : "unable");
                return;
            }
        return;
    case 7:
    case 8: pass(waits[pick(6)]); return;
    }
}

static bool is_urgent(const struct notice_row *n) {
    return str_equal(n->subject, STR("first")) || str_equal(n->subject, STR("ask")) || str_equal(n->subject, STR("parcel_coming"));
}

static bool is_by_itself(const struct notice_row *n) {
    return str_equal(n->subject, STR("undone")) || str_equal(n->subject, STR("restored")) || str_equal(n->subject, STR("report"));
}

/* Of one subject at most one an hour, and of all that is not urgent at most one update an hour; no code twice. */
static void expect_calm(void) {
    for (size_t i = 0; i < t->notice_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct notice_row *a = &t->notices[i], *b = &t->notices[k];
            if (!is_owners(a) || !is_owners(b) || !a->written_ms || !b->written_ms) continue;
            NEVER(str_equal(a->code, b->code));
            bool same = str_equal(a->subject, b->subject), late = !is_urgent(a) && !is_urgent(b);
            if (is_by_itself(a) || is_by_itself(b) || !(same || late)) continue;
            NEVER(llabs((long long)(a->written_ms - b->written_ms)) < HOUR_MS);
        }
}

TEST(whatever_happens_nobody_is_lost_and_nobody_is_told_twice) {
    static const char *const lists[] = {"email", "email sms", "push email sms letter", "sms push", ""};
    for (unsigned walk = 0; walk < 150 && !test_failures_here; walk++) {
        seed = 20260301 + walk;
        tale_begin(lists[pick(5)]);
        t->settings.notify.at_once = 1 + (uint32_t)pick(4);
        t->now_ms += (int64_t)pick(24) * HOUR_MS;
        t->incident.language = pick(2) ? STR("ja") : STR_NONE;
        t->settings.notify.staff = pick(2), t->settings.notify.issuer = pick(2);
        if (pick(2)) (void)snprintf(t->settings.notify.clocks, sizeof t->settings.notify.clocks, "issuer_60_days gdpr_33");
        if (pick(2)) t->effects[0].kind = STR("captured_charge"), t->effects[0].object = STR("charge:c1");
        email_changed();
        for (unsigned step = 0; step < 60 && !test_failures_here; step++) anything_happens();
        expect_calm();
        pass(9 * DAY_MS); /* whatever was promised is kept */
        if (test_failures_here) printf("walk %u: seed %llu\n", walk, 20260301ULL + walk);
    }
}

int main(void) {
    RUN(the_first_tells_what_came_of_the_same_seconds);
    RUN(what_is_urgent_takes_the_first_with_it);
    RUN(the_first_goes_out_at_once_by_all_channels);
    RUN(the_policy_says_on_how_many_the_first_goes_out_together);
    RUN(without_channels_it_lies_in_the_message_centre_and_a_person_tells_him);
    RUN(without_channels_the_end_is_told_by_whom_told_the_beginning);
    RUN(people_of_the_shop_look_for_themselves);
    RUN(people_of_the_shop_are_told_where_the_policy_says_so);
    RUN(people_of_the_shop_are_not_flooded);
    RUN(the_issuer_is_told_of_every_charge);
    RUN(the_issuer_of_a_card_is_told_of_its_charge);
    RUN(the_issuer_is_told_who_the_merchant_is);
    RUN(one_channel_after_the_other_until_one_takes_it);
    RUN(where_none_takes_it_one_person_does);
    RUN(a_person_who_could_not_has_told_nothing);
    RUN(a_bounce_after_it_was_accepted_leads_to_the_next_channel);
    RUN(of_two_that_took_it_one_may_bounce);
    RUN(accepted_is_not_read);
    RUN(nobody_need_be_reached_where_no_money_is_open);
    RUN(reaching_him_is_one_task_at_a_time);
    RUN(what_was_read_is_over);
    RUN(who_has_read_it_is_not_called_any_more);
    RUN(who_has_read_what_came_later_is_not_called_any_more);
    RUN(when_it_is_over_nobody_is_reached_for_what_was);
    RUN(one_person_is_enough);
    RUN(what_is_not_written_cannot_be_read);
    RUN(nobody_else_says_what_became_of_it);
    RUN(updates_come_once_an_hour_and_several_as_one);
    RUN(what_he_must_do_is_said_at_once);
    RUN(of_one_kind_he_is_asked_once_an_hour);
    RUN(the_end_is_always_told);
    RUN(a_false_alarm_is_told_at_once);
    RUN(a_false_alarm_of_seconds_frightens_nobody);
    RUN(after_two_hours_he_hears_how_it_stands);
    RUN(who_has_heard_since_is_told_no_progress);
    RUN(the_report_comes_by_itself_and_in_versions);
    RUN(only_what_is_sure_is_promised);
    RUN(a_report_that_would_say_the_same_is_not_told);
    RUN(a_timer_of_an_earlier_state_is_void);
    RUN(the_same_wish_twice_is_one);
    RUN(at_night_only_what_is_urgent_rings);
    RUN(what_was_read_elsewhere_does_not_ring_in_the_morning);
    RUN(quiet_hours_are_the_owners_and_the_policys);
    RUN(the_language_is_his_from_before);
    RUN(what_a_channel_carries_is_what_was_written);
    RUN(the_owner_is_told_at_the_contact_from_before);
    RUN(a_stranger_learns_nothing_of_the_account);
    RUN(no_stranger_is_told_before_something_was_stopped);
    RUN(every_request_fits_however_much_was_done);
    RUN(as_many_wishes_as_effects_are_taken);
    RUN(a_clock_reminds_until_it_is_answered);
    RUN(a_clock_that_was_answered_reminds_nobody);
    RUN(who_has_seen_a_reminder_is_reminded_of_the_next);
    RUN(a_false_alarm_reminds_nobody);
    RUN(a_reminder_comes_once_and_those_that_were_missed_as_one);
    RUN(staff_is_reminded_by_its_channel);
    RUN(whatever_happens_nobody_is_lost_and_nobody_is_told_twice);
    return test_end();
}
