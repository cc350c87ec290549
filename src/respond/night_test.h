// SPDX-License-Identifier: Apache-2.0
#ifndef RESPOND_NIGHT_TEST_H
#define RESPOND_NIGHT_TEST_H

#include "respond/case_test.h"
#include "respond/machines_test.h"

/* One incident over small machines, told in few words: what the tests of a response's life have in common. */
extern const struct effect_def effect_order, effect_password;

static struct test_case the_case;
static struct test_case *const c = &the_case;

static inline void begin(const struct effect_def *const *defs, size_t count) {
    case_init(c, &(struct catalogue){.defs = defs, .count = count});
}
#define BEGIN(...)                                                                                                                         \
    do {                                                                                                                                   \
        static const struct effect_def *const defs_[] = {__VA_ARGS__};                                                                     \
        begin(defs_, sizeof defs_ / sizeof defs_[0]);                                                                                      \
    } while (0)
#define EXPECT_STATE(kind_name, state_name) EXPECT_STR(case_of_kind(c, kind_name)->state, STR(state_name))

static inline void done(const char *kind) {
    case_answer(c, case_asked(c, kind), "done", NULL);
}

static inline void order_placed(enum whose whose) {
    case_row(c, 0, KIND_ORDER_PLACED, whose, STR("{\"order\":\"o1\",\"amount_minor\":500,\"currency\":\"JPY\",\"charge\":\"c1\"}"));
    case_login(c);
}

static inline void topped_up(int64_t amount_minor) {
    struct str facts = case_format(c, "{\"amount_minor\":%lld,\"currency\":\"JPY\",\"charge\":\"c7\"}", (long long)amount_minor);
    case_row(c, 0, KIND_BALANCE_TOPPED_UP, WHOSE_HIJACKER, facts);
    case_login(c);
}

static inline void verdict(const char *word) {
    struct event e = {
        .source = STR("api"), .kind = KIND_ANALYST_VERDICT, .incident = c->incident.id, .verdict = str_from(word), .by = STR("mei")};
    case_feed(c, &e, strcmp(word, "false_alarm") == 0);
}

static inline void order_state(enum fate fate) {
    struct event e = {.source = STR("warehouse"), .id = STR("w"), .kind = KIND_ORDER_STATE, .order = STR("o1"), .fate = fate};
    case_feed(c, &e, false);
}

static inline void payment_state(const char *charge, enum fate fate) {
    struct event e = {.source = STR("psp"), .id = STR("w"), .kind = KIND_PAYMENT_STATE, .charge = str_from(charge), .fate = fate};
    case_feed(c, &e, false);
}

static inline int64_t sum(const char *kind, enum ledger_kind line) {
    return case_sum(c, case_of_kind(c, kind)->id, line);
}

static inline bool gate_is_closed(void) {
    return c->hold_count && !c->holds[0].released_ms;
}

#endif
