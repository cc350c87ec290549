// SPDX-License-Identifier: Apache-2.0
/* Evidence of paths and bursts: worked examples, and what must hold for any counts. */
#include "score/evidence.h"

#include "base/test.h"

static const struct event login = {.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS};

/* An account of `logins` logins, all with the same of every attribute, in a shop where one login in ten has each of them. */
static struct features same_as_always(uint32_t logins) {
    struct features f = {.event = &login, .judges_path = true, .account_total = logins * 16, .fleet_total = 10000};
    for (unsigned i = 0; i < ATTR_COUNT; i++)
        f.of[i] =
            (struct attribute_reading){.present = true, .account_count = logins * 16, .account_sent = logins * 16, .fleet_trained = 1000};
    return f;
}

/* Logarithms are good to 2 millinats, and a chain has eight. */
#define ROUNDING 16

static struct path_evidence evidence(const struct features *f) {
    struct path_evidence e;
    path_evidence(f, &e);
    return e;
}

TEST(no_history_says_nothing) {
    struct features f = same_as_always(0);
    struct path_evidence e = evidence(&f);
    EXPECT(e.network == 0 && e.client == 0 && e.device == 0 && e.language == 0 && e.timezone == 0 && e.ja4 == 0 && e.sum == 0);
}

/* A new device after 20 logins: a = 0.3 + 20 * 5/256 = 0.70 logins, ln((20 + 0.70) / 0.70) = 3.38. */
TEST(new_device_worked_out) {
    struct features f = same_as_always(20);
    f.of[ATTR_DEVICE].account_count = 0;
    struct path_evidence e = evidence(&f);
    EXPECT(e.device > 3330 && e.device < 3430);
}

/* What was always so speaks for the owner, more with every login, and within bounds. */
TEST(the_usual_speaks_for_the_owner) {
    int32_t before = 0;
    for (uint32_t logins = 1; logins < 200; logins++) {
        struct features f = same_as_always(logins);
        struct path_evidence e = evidence(&f);
        EXPECT(e.device < 0 && e.network < 0 && e.client < 0 && e.language < 0);
        EXPECT(e.network >= -EVIDENCE_FOR_OWNER_MAX && e.client >= -EVIDENCE_FOR_OWNER_MAX && e.device >= -EVIDENCE_FOR_OWNER_MAX);
        EXPECT(e.device <= before + ROUNDING);
        before = e.device;
    }
}

/* The longer the owner never changed it, the more a change says; below a new level nothing more is said. */
TEST(novelty_grows_with_history) {
    int32_t before = 0;
    for (uint32_t logins = 1; logins < 100; logins++) {
        struct features f = same_as_always(logins);
        f.of[ATTR_COUNTRY].account_count = f.of[ATTR_ASN].account_count = f.of[ATTR_PREFIX].account_count = f.of[ATTR_IP].account_count = 0;
        int32_t network = evidence(&f).network;
        EXPECT(network >= before - ROUNDING);
        f.of[ATTR_IP].account_count = logins * 16; /* cannot be: its country is new */
        EXPECT_EQ(evidence(&f).network, network);
        before = network;
    }
}

/* An account that brings something new all the time is not held to a stay-at-home's standard. */
TEST(singletons_excuse_novelty) {
    struct features f = same_as_always(10);
    f.of[ATTR_DEVICE].account_count = 0;
    int32_t steady = evidence(&f).device;
    f.of[ATTR_DEVICE].account_once = 9 * 16;
    EXPECT(evidence(&f).device < steady / 3);
}

/* With a new device comes a new fingerprint: that is said once. With the old device it is news. */
TEST(fingerprint_follows_device) {
    struct features f = same_as_always(10);
    f.of[ATTR_JA4].account_count = 0;
    EXPECT(evidence(&f).ja4 > 500);
    f.of[ATTR_DEVICE].account_count = 0;
    f.new_device = true;
    EXPECT_EQ(evidence(&f).ja4, 0);
}

/* A device id that is always sent and now missing is unlike; one that never was sent is not missed. */
TEST(absence) {
    struct features f = same_as_always(10);
    f.of[ATTR_DEVICE] = (struct attribute_reading){.account_sent = 160};
    EXPECT(evidence(&f).device > 2000);
    f.of[ATTR_DEVICE] = (struct attribute_reading){.account_count = 160};
    EXPECT_EQ(evidence(&f).device, 0);
}

/* A rare network that is new weighs more than a common one; hosting weighs by itself. */
TEST(rarity_and_kind) {
    struct features f = same_as_always(10);
    f.of[ATTR_ASN].account_count = 0;
    f.new_asn = true;
    f.of[ATTR_ASN].fleet_trained = 2000;
    int32_t common = evidence(&f).network;
    f.of[ATTR_ASN].fleet_trained = 2;
    int32_t rare = evidence(&f).network;
    EXPECT(rare > common + 2000);
    struct event hosted = login;
    hosted.net = NET_HOSTING;
    f.event = &hosted;
    EXPECT_EQ(evidence(&f).network, rare + 3500);
    /* Rare in 90 days, but rolled out this week. */
    f.of[ATTR_ASN].fleet_trained_7d = 500;
    f.fleet_total_7d = 1000;
    EXPECT(rarity_milli(&f, ATTR_ASN) < 800);
    f.of[ATTR_ASN].account_count = 16;
    EXPECT_EQ(rarity_milli(&f, ATTR_ASN), 0);
}

/* Chernoff: 10 ln(10 / 2) - 8 = 8.094; nothing below the mean; more is never less. */
TEST(surprise) {
    EXPECT(surprise_milli(10, 2000) > 8050 && surprise_milli(10, 2000) < 8140);
    EXPECT_EQ(surprise_milli(2, 2000), 0);
    EXPECT_EQ(surprise_milli(0, 0), 0);
    EXPECT_EQ(surprise_milli(UINT32_MAX, 1000), 1000000);
    for (uint64_t mean = 100; mean < 20000; mean += 333)
        for (uint32_t x = 0; x < 300; x++) EXPECT(surprise_milli(x + 1, mean) + (int32_t)x * 2 >= surprise_milli(x, mean));
}

/* A burst weighs by how much it outnumbers the owners, and only where it is no chance. */
TEST(burst) {
    EXPECT_EQ(burst_milli(1, 0), 0);
    EXPECT(burst_milli(100, 0) > 4500 && burst_milli(100, 0) < 4700); /* ln(101 / 1) */
    EXPECT(burst_milli(100, 100000) < 1000);                          /* as many owners as strangers */
    for (uint32_t bad = 0; bad < 500; bad++) {
        EXPECT(burst_milli(bad + 1, 3000) + 4 >= burst_milli(bad, 3000));
        EXPECT(burst_milli(bad, 9000) <= burst_milli(bad, 3000) + 4);
    }
}

TEST(support) {
    EXPECT_EQ(less_support(3000, -1000), 2000);
    EXPECT_EQ(less_support(3000, -9000), 0);
    EXPECT_EQ(less_support(-500, -1000), -500);
    EXPECT_EQ(support_of_client(&(struct path_evidence){.client = 2000, .device = 1000}), 0);
    EXPECT_EQ(support_of_client(&(struct path_evidence){.client = 2000, .device = -3000}), -1000);
}

int main(void) {
    RUN(no_history_says_nothing);
    RUN(new_device_worked_out);
    RUN(the_usual_speaks_for_the_owner);
    RUN(novelty_grows_with_history);
    RUN(singletons_excuse_novelty);
    RUN(fingerprint_follows_device);
    RUN(absence);
    RUN(rarity_and_kind);
    RUN(surprise);
    RUN(burst);
    RUN(support);
    return test_end();
}
