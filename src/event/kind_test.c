// SPDX-License-Identifier: Apache-2.0
/* Proves that each kind is found by its name and by no other, and that the numbers in journals stay what they are. */
#include "base/test.h"
#include "event/event.h"

TEST(each_kind_is_found_by_its_name_only) {
    for (enum kind k = KIND_UNKNOWN + 1; k < KIND_COUNT; k++) {
        struct str name = kind_name(k);
        char other[64];
        EXPECT_EQ(kind_from(name), k);
        EXPECT(kind_sentence(k).size > 10);
        EXPECT(kind_group(k) != GROUP_NONE);
        for (size_t i = 0; i < name.size; i++) { /* each name with one letter changed, dropped or added */
            memcpy(other, name.at, name.size);
            other[i] ^= 1;
            EXPECT_EQ(kind_from((struct str){other, name.size}), KIND_UNKNOWN);
            EXPECT_EQ(kind_from(str_slice(name, i + 1, name.size)), KIND_UNKNOWN);
        }
        memcpy(other, name.at, name.size);
        other[name.size] = 's';
        EXPECT_EQ(kind_from((struct str){other, name.size + 1}), KIND_UNKNOWN);
    }
    EXPECT_EQ(kind_from(STR_NONE), KIND_UNKNOWN);
    EXPECT_EQ(kind_from(STR("unknown")), KIND_UNKNOWN);
    EXPECT_EQ(kind_from(STR("LOGIN")), KIND_UNKNOWN);
    EXPECT_EQ(kind_from(STR("a_name_that_is_longer_than_any_kind_of_event")), KIND_UNKNOWN);
    EXPECT_STR(kind_name((enum kind)1000), STR("unknown"));
}

TEST(numbers_in_journals_do_not_move) {
    EXPECT_EQ(KIND_LOGIN, 1);
    EXPECT_EQ(KIND_ORDER_PLACED, 17);
    EXPECT_EQ(KIND_MODEL_CHANGED, 42);
    EXPECT_EQ(OUTCOME_FAILURE, 2);
    EXPECT_EQ(FATE_SETTLED, 19);
    EXPECT_EQ(METHOD_OTHER, 255);
}

TEST(a_login_lets_somebody_in_when_it_succeeds) {
    EXPECT(event_is_login_success(&(struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS}));
    EXPECT(!event_is_login_success(&(struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_FAILURE}));
    EXPECT(!event_is_login_success(&(struct event){.kind = KIND_LOGIN}));
    EXPECT(!event_is_login_success(&(struct event){.kind = KIND_CHALLENGE, .outcome = OUTCOME_SUCCESS}));
}

int main(void) {
    RUN(each_kind_is_found_by_its_name_only);
    RUN(numbers_in_journals_do_not_move);
    RUN(a_login_lets_somebody_in_when_it_succeeds);
    return test_end();
}
