// SPDX-License-Identifier: Apache-2.0
/* Drives the real definition of an order through what a warehouse and a carrier may answer. */
#include "respond/case_test.h"

static struct test_case kase, *const c = &kase;

static void begin_with(const char *held_in, int64_t keep_max_minor) {
    struct catalogue all = catalogue_of_all();
    static const struct effect_def *defs[1];
    defs[0] = catalogue_find(&all, STR("order"));
    case_init(c, &(struct catalogue){defs, 1, all.sweeps, 0});
    c->settings.keep_goods_max_minor[0] = keep_max_minor;
    case_row(c, 1, KIND_ORDER_PLACED, WHOSE_HIJACKER,
             STR("{\"order\":\"o1\",\"order_kind\":\"physical\",\"amount_minor\":500,\"currency\":\"JPY\"}"));
    case_login(c);
    case_answer(c, case_asked(c, "order"), "done", held_in);
}

static void begin(const char *held_in) {
    begin_with(held_in, 0);
}

static void answer(const char *result, const char *body) {
    case_answer(c, case_asked(c, "order"), result, body);
}

static void observe(enum fate fate) {
    struct event e = {.source = STR("wms"), .id = STR("w"), .kind = KIND_ORDER_STATE, .order = STR("o1"), .fate = fate};
    case_feed(c, &e, false);
}

static struct str state(void) {
    return case_of_kind(c, "order")->state;
}

TEST(a_late_label_is_voided_also_where_a_person_has_it) {
    begin("{\"state\":\"allocated\"}");
    EXPECT_STR(state(), STR("cancelling"));
    answer("refused", "{}");
    EXPECT_STR(state(), STR("by_hand"));
    observe(FATE_LABELLED);
    EXPECT_STR(state(), STR("voiding"));
}

TEST(what_will_be_done_is_not_done) {
    begin("{\"state\":\"labelled\"}");
    answer("pending", "{}");
    EXPECT_STR(state(), STR("void_pending"));
    answer("done", "{}");
    EXPECT_STR(state(), STR("cancelling"));
    answer("pending", "{}");
    EXPECT_STR(state(), STR("cancel_pending"));
    begin("{\"state\":\"packed\"}");
    answer("pending", "{}");
    EXPECT_STR(state(), STR("pull_pending"));
}

/* The parcel never left: nobody is told that one may come. */
TEST(a_label_that_cannot_be_voided_here_is_a_persons) {
    begin("{\"state\":\"labelled\"}");
    answer("refused", "{}");
    EXPECT_STR(state(), STR("by_hand"));
    begin("{\"state\":\"labelled\"}");
    answer("refused", "{\"state\":\"handed_over\"}");
    EXPECT_STR(state(), STR("recalling"));
}

TEST(goods_of_little_value_stay_with_the_owner) {
    begin("{\"state\":\"delivered\"}");
    EXPECT_STR(state(), STR("delivered"));
    EXPECT_STR(case_open_task(c, "order")->kind, STR("approve"));
    case_decide(c, case_open_task(c, "order")->id, "decline", "mei");
    EXPECT_STR(state(), STR("fetching"));
    begin_with("{\"state\":\"delivered\"}", 500);
    EXPECT_STR(state(), STR("leaving"));
    EXPECT_EQ(case_sum(c, case_of_kind(c, "order")->id, LEDGER_WRITEOFF), 500);
}

int main(void) {
    RUN(a_late_label_is_voided_also_where_a_person_has_it);
    RUN(what_will_be_done_is_not_done);
    RUN(a_label_that_cannot_be_voided_here_is_a_persons);
    RUN(goods_of_little_value_stay_with_the_owner);
    return test_end();
}
