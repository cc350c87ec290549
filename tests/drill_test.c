// SPDX-License-Identifier: Apache-2.0
/* The drill: one customer's night in its variants, in virtual time, with the very engine and courier and a pretended world. */
#include <stdio.h>

#include "base/moment.h"
#include "base/test.h"
#include "sim/life.h"

#define START_MS INT64_C(1772323200000) /* 2026-03-01 */
#define TOP_UP   (1U << 0)
#define ORDER    (1U << 4)
#define TAKES    (1U << 6 | 1U << 7 | 1U << 8) /* an authenticator, a token, another e-mail address */

static struct simulation *begin(void) {
    struct simulation_options o = {.seed = 5, .now_ms = START_MS, .people = true};
    struct simulation *s;
    struct problem p = {0};
    EXPECT_EQ(simulation_open(&o, &s, &p), ERR_OK);
    life_history(s, 6, 40);
    simulation_run_until(s, simulation_now_ms(s) + HOUR_MS);
    return s;
}

static struct response_row response(struct simulation *s) {
    static char memory[1U << 20];
    struct arena look = arena_over(memory, sizeof memory);
    struct incident_store store = simulation_store(s);
    struct incident_row *rows;
    size_t count;
    struct response_row r = {0};
    EXPECT_EQ(store.ops->list(store.self, &(struct incident_query){.status = -1, .count_max = 1}, &look, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    if (count) EXPECT_EQ(store.ops->find_response(store.self, SIGHT_SETTLED, rows[0].id, &look, &r), ERR_OK);
    return r;
}

/* Everything is undone and proven, nothing was done twice, and the owner has his money. */
static void end_well(struct simulation *s) {
    struct simulation_verdict v;
    EXPECT(simulation_run_out(s, simulation_now_ms(s) + 60 * DAY_MS));
    simulation_judge(s, &v);
    EXPECT_EQ(v.failed, 0);
    if (v.failed) printf("  %s\n", v.first);
    EXPECT_EQ(v.open_effects, 0);
    EXPECT_EQ(response(s).state, RESPONSE_CLOSED);
    simulation_close(s);
}

TEST(contained_within_five_seconds) {
    struct simulation *s = begin();
    life_night(s, 3, "-n", TOP_UP);
    struct response_row r = response(s);
    EXPECT(r.contained_ms > 0 && r.contained_ms - r.decided_ms <= 5 * SECOND_MS);
    end_well(s);
}

TEST(a_label_asked_for_after_the_hold_is_refused) {
    struct simulation *s = begin();
    life_night(s, 3, "-n", ORDER);
    EXPECT(!simulation_gate_opens(s, STR("o-parcel-n")));
    EXPECT(simulation_gate_opens(s, STR("o-of-somebody-else")));
    end_well(s);
}

static void parcel_at(const char *state) {
    struct simulation *s = begin();
    life_night(s, 3, "-n", ORDER);
    world_set_order(simulation_world(s), "o-parcel-n", state);
    end_well(s);
}
TEST(a_label_made_just_before_is_voided) {
    parcel_at("labelled");
}
TEST(a_parcel_handed_over_comes_back) {
    parcel_at("handed_over");
}

TEST(a_refund_that_timed_out_is_one_refund) {
    struct simulation *s = begin();
    world_script(simulation_world(s), "payment.undo", FAULT_DO_AND_DROP, 2);
    life_night(s, 3, "-n", TOP_UP);
    end_well(s);
}

TEST(payment_down_for_two_hours_is_done_all_the_same) {
    struct simulation *s = begin();
    world_down(simulation_world(s), "payment", simulation_now_ms(s), simulation_now_ms(s) + 2 * HOUR_MS);
    life_night(s, 3, "-n", TOP_UP);
    end_well(s);
}

static bool was_told(struct simulation *s, const char *subject) {
    static char memory[1U << 20];
    struct arena look = arena_over(memory, sizeof memory);
    struct incident_store store = simulation_store(s);
    struct notice_row *rows;
    size_t count;
    EXPECT_EQ(store.ops->notices(store.self, response(s).incident, &look, &rows, &count), ERR_OK);
    for (size_t i = 0; i < count; i++)
        if (str_equal(rows[i].subject, str_from(subject))) return true;
    return false;
}

TEST(a_refused_recall_is_told_before_the_parcel_comes) {
    struct simulation *s = begin();
    life_night(s, 3, "-n", ORDER);
    world_set_order(simulation_world(s), "o-parcel-n", "handed_over");
    world_refuse_recall(simulation_world(s), "o-parcel-n");
    simulation_run_until(s, simulation_now_ms(s) + DAY_MS);
    EXPECT(was_told(s, "parcel_coming"));
    end_well(s);
}

TEST(a_refund_that_fails_goes_another_way) {
    struct simulation *s = begin();
    life_night(s, 3, "-n", TOP_UP);
    world_fail_refund(simulation_world(s), "c-topup-n");
    end_well(s);
}

TEST(a_dispute_means_no_second_refund) {
    struct simulation *s = begin();
    life_night(s, 3, "-n", TOP_UP);
    world_dispute(simulation_world(s), "c-topup-n");
    end_well(s);
}

TEST(what_he_took_is_gone_and_stays_gone) {
    struct simulation *s = begin();
    life_night(s, 3, "-n", TAKES | ORDER);
    end_well(s);
}

int main(void) {
    RUN(contained_within_five_seconds);
    RUN(a_label_asked_for_after_the_hold_is_refused);
    RUN(a_label_made_just_before_is_voided);
    RUN(a_parcel_handed_over_comes_back);
    RUN(a_refund_that_timed_out_is_one_refund);
    RUN(payment_down_for_two_hours_is_done_all_the_same);
    RUN(a_refused_recall_is_told_before_the_parcel_comes);
    RUN(a_refund_that_fails_goes_another_way);
    RUN(a_dispute_means_no_second_refund);
    RUN(what_he_took_is_gone_and_stays_gone);
    return test_end();
}
