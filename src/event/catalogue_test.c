// SPDX-License-Identifier: Apache-2.0
/* Proves that the tables are sound: tags ascend, every name leads to its field and no other, every word to its number. */
#include "event/catalogue.h"

#include "base/test.h"

TEST(tags_ascend_and_leave_room_for_the_envelope) {
    for (enum field f = 0; f < FIELD_COUNT; f++) {
        EXPECT(fields[f].tag >= 10 && fields[f].tag < 255);
        if (f > 0) EXPECT(fields[f].tag > fields[f - 1].tag);
    }
}

TEST(every_name_leads_to_its_field_in_its_object) {
    char name[64];
    for (enum field f = 0; f < FIELD_COUNT; f++) {
        bool found = false;
        for (enum nest n = NEST_FLAT; n < NEST_COUNT; n++) {
            struct str s = field_name(f, n);
            if (s.size == 0) continue;
            found = true;
            EXPECT_EQ(field_from(n, s), f);
            memcpy(name, s.at, s.size);
            name[s.size - 1] ^= 1;
            EXPECT_EQ(field_from(n, (struct str){name, s.size}), FIELD_COUNT);
            memcpy(name, s.at, s.size);
            name[s.size] = '_';
            EXPECT_EQ(field_from(n, (struct str){name, s.size + 1}), FIELD_COUNT);
        }
        EXPECT(found);
        EXPECT(fields[f].sentence.size > 2);
    }
    EXPECT_EQ(field_from(NEST_FLAT, STR("geo.country")), FIELD_COUNT);
    EXPECT_EQ(field_from(NEST_FLAT, STR("country")), FIELD_COUNT);
    EXPECT_EQ(field_from(NEST_GEO, STR("session")), FIELD_COUNT);
    EXPECT_EQ(field_from(NEST_ORDER, STR("id")), FIELD_order);
    EXPECT_EQ(field_from(NEST_MEMBERSHIP, STR("id")), FIELD_membership);
    EXPECT_EQ(field_from(NEST_ORDER, STR("amount_minor")), FIELD_amount_minor);
    EXPECT_EQ(field_from(NEST_FLAT, STR_NONE), FIELD_COUNT);
    EXPECT_STR(field_name(FIELD_order, NEST_GEO), STR_NONE);
}

TEST(every_word_leads_to_its_number) {
    for (enum field f = 0; f < FIELD_COUNT; f++) {
        const struct vocabulary *set = fields[f].set;
        EXPECT_EQ(set != NULL, fields[f].form == FORM_CHOICE);
        for (unsigned i = 0; set && i < set->count; i++) {
            EXPECT_EQ(choice_from(set, set->words[i]), i);
            EXPECT_STR(choice_word(set, i), set->words[i]);
        }
    }
    EXPECT_EQ(outcome_from(STR("success")), OUTCOME_SUCCESS);
    EXPECT_EQ(outcome_from(STR("sucess")), OUTCOME_OTHER);
    EXPECT_EQ(outcome_from(STR_NONE), OUTCOME_NONE);
    EXPECT_STR(fate_word(FATE_HANDED_OVER), STR("handed_over"));
    EXPECT_STR(net_word(NET_OTHER), STR("other"));
    EXPECT_STR(net_word(NET_NONE), STR_NONE);
}

/* What is set by table is read by table, and is nothing else's: all other fields stay as they were. */
TEST(fields_do_not_overlap) {
    for (enum field f = 0; f < FIELD_COUNT; f++) {
        struct event e = {0};
        if (fields[f].form == FORM_TEXT) field_set_text(&e, f, STR("x"));
        else field_set_number(&e, f, 1);
        for (enum field g = 0; g < FIELD_COUNT; g++) EXPECT_EQ(field_is_set(&e, g), f == g);
        if (fields[f].form == FORM_TEXT) EXPECT_STR(field_text(&e, f), STR("x"));
        else EXPECT_EQ(field_number(&e, f), 1);
    }
    struct event e = {0};
    field_set_number(&e, FIELD_lat, -35680000);
    field_set_number(&e, FIELD_net, NET_TOR);
    field_set_text(&e, FIELD_order, STR("o1"));
    EXPECT(e.lat_present && e.lat_micro == -35680000 && e.net == NET_TOR);
    EXPECT_STR(e.order, STR("o1"));
}

int main(void) {
    RUN(tags_ascend_and_leave_room_for_the_envelope);
    RUN(every_name_leads_to_its_field_in_its_object);
    RUN(every_word_leads_to_its_number);
    RUN(fields_do_not_overlap);
    return test_end();
}
