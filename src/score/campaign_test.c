// SPDX-License-Identifier: Apache-2.0
/* Proves what makes an origin suspicious, and that a household, an office, a carrier's gateway and a relay do not. */
#include "score/campaign.h"

#include "base/test.h"

static struct origin_reading entries(unsigned count, uint16_t score) {
    struct origin_reading r = {.entries = (uint8_t)count};
    for (unsigned i = 0; i < count; i++) r.scores[i] = score;
    return r;
}

TEST(more_entries_worse_entries_and_a_confirmed_one_weigh_more) {
    for (unsigned what = 0; what < SHARED_COUNT; what++) {
        for (unsigned n = 0; n < ORIGIN_ENTRIES; n++) {
            struct origin_reading fewer = entries(n, 600), more = entries(n + 1, 600), worse = entries(n + 1, 800), known = more,
                                  owned = more;
            known.confirmed = 1;
            owned.trained = 500;
            EXPECT(campaign_milli(&more, what) >= campaign_milli(&fewer, what));
            EXPECT(campaign_milli(&worse, what) >= campaign_milli(&more, what));
            EXPECT(campaign_milli(&known, what) >= campaign_milli(&more, what));
            EXPECT(campaign_milli(&owned, what) <= campaign_milli(&more, what));
        }
    }
    EXPECT_EQ(campaign_milli(&(struct origin_reading){.calm = 9, .trained = 9}, SHARED_DEVICE), 0);
}

TEST(the_third_account_shows_a_campaign_where_few_share) {
    static const enum shared few[] = {SHARED_DEVICE, SHARED_DROP, SHARED_CONTACT};
    static const enum shared more[] = {SHARED_ADDRESS, SHARED_PREFIX, SHARED_CLIENT};
    struct origin_reading two = entries(2, 550), three = entries(3, 550), seven = entries(7, 550);
    for (size_t i = 0; i < sizeof few / sizeof *few; i++) {
        EXPECT(!campaign_is_on(&two, few[i]));
        EXPECT(campaign_is_on(&three, few[i]));
    }
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        EXPECT(!campaign_is_on(&three, more[i]));
        EXPECT(campaign_is_on(&seven, more[i]));
    }
    struct origin_reading known = entries(1, 550);
    known.confirmed = 1;
    EXPECT(campaign_is_on(&known, SHARED_DEVICE));
}

/* Where many come, many come at a risk. */
TEST(what_many_share_is_not_suspicious) {
    struct origin_reading family = entries(2, 550), office = entries(5, 550), carrier = entries(8, 650), relay = entries(8, 700);
    family.calm = 2, family.trained = 40;
    office.calm = 40, office.trained = 400;
    carrier.calm = 200, carrier.trained = 3000;
    relay.calm = 90, relay.trained = 900;
    EXPECT(!campaign_is_on(&family, SHARED_DEVICE) && !campaign_is_on(&family, SHARED_ADDRESS));
    EXPECT(!campaign_is_on(&office, SHARED_ADDRESS) && !campaign_is_on(&office, SHARED_PREFIX));
    EXPECT(!campaign_is_on(&carrier, SHARED_PREFIX) && !campaign_is_on(&carrier, SHARED_CLIENT));
    EXPECT(!campaign_is_on(&relay, SHARED_PREFIX));
    relay.confirmed = 1; /* one thief among thousands does not make an exit his */
    EXPECT(!campaign_is_on(&relay, SHARED_PREFIX));
}

/* On a path of the account's own only what is left in it speaks. */
TEST(the_owners_path_is_not_asked) {
    struct features f = {.path_trained = true};
    f.origin[SHARED_DEVICE] = entries(6, 700);
    int32_t milli;
    EXPECT_EQ(campaign_origin(&f, &milli), SHARED_COUNT);
    f.origin[SHARED_DROP] = entries(3, 600);
    EXPECT_EQ(campaign_origin(&f, &milli), SHARED_DROP);
    f.path_trained = false;
    EXPECT_EQ(campaign_origin(&f, &milli), SHARED_DEVICE);
    EXPECT(milli > 2000);
}

int main(void) {
    RUN(more_entries_worse_entries_and_a_confirmed_one_weigh_more);
    RUN(the_third_account_shows_a_campaign_where_few_share);
    RUN(what_many_share_is_not_suspicious);
    RUN(the_owners_path_is_not_asked);
    return test_end();
}
