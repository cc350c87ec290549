// SPDX-License-Identifier: Apache-2.0
/* The baseline against values worked out by hand from the formula in the header. */
#include "score/freeman.h"

#include "base/test.h"

static const uint32_t address_ppm[4] = {600000, 300000, 100000}, client_ppm[4] = {538670, 268050, 188180, 5110};

static struct freeman_feature feature(unsigned levels, const uint32_t *weights, uint64_t unseen) {
    struct freeman_feature x = {.level_count = levels, .unseen = unseen};
    memcpy(x.weight_ppm, weights, sizeof x.weight_ppm);
    return x;
}

static bool near_milli(int32_t got, int32_t expected) {
    if (got < expected - 5 || got > expected + 5) printf("expected about %d, got %d\n", expected, got);
    return got >= expected - 5 && got <= expected + 5;
}

/*
 * N = 1000, n = 10, |U| = 100; address seen 10 times, all by him; asn 100, country 900; M = 21.
 * p(x) = 0.6 * 10/1021 + 0.3 * 0.1 + 0.1 * 0.9 = 0.12588; p(x|u) = 1; 1000/100/10 = 1 -> ln 0.12588 = -2.0725
 */
TEST(everything_known) {
    struct freeman_history h = {1000, 10, 100};
    struct freeman_feature x = feature(3, address_ppm, 21);
    memcpy(x.fleet, (uint64_t[]){10, 100, 900}, 24);
    memcpy(x.account, (uint64_t[]){10, 10, 10}, 24);
    EXPECT(near_milli(freeman_milli(&h, &x, 1), -2072));
}

/*
 * The same user from a new address and asn of his country, with a browser of which he used only the system (4 of 10 logins):
 * address: p = 0.6/1021 + 0.3 * 0.005 + 0.1 * 0.9 = 0.092088; p_u = 0.1 -> ratio 0.92088
 * client: p = 0.53867 * 50/1011 + 0.26805 * 0.2 + 0.18818 * 0.4 + 0.00511 * 0.6 = 0.158589; p_u = 0.18818 * 0.4 = 0.075272 -> 2.10688
 * ln(0.92088 * 2.10688) = 0.6628
 */
TEST(partly_known) {
    struct freeman_history h = {1000, 10, 100};
    struct freeman_feature x[2] = {feature(3, address_ppm, 21), feature(4, client_ppm, 11)};
    memcpy(x[0].fleet, (uint64_t[]){0, 5, 900}, 24);
    memcpy(x[0].account, (uint64_t[]){0, 0, 10}, 24);
    memcpy(x[1].fleet, (uint64_t[]){50, 200, 400, 600}, 32);
    memcpy(x[1].account, (uint64_t[]){0, 0, 4, 0}, 32);
    EXPECT(near_milli(freeman_milli(&h, x, 2), 663));
}

/* Nothing of it ever seen of this user: the factor is 4, whatever the fleet says. ln 4 + ln(1000 / 100 / 2) = 1.3863 + 1.6094 */
TEST(unseen_is_capped) {
    struct freeman_history h = {1000, 2, 100};
    struct freeman_feature x = feature(3, address_ppm, 21);
    EXPECT(near_milli(freeman_milli(&h, &x, 1), 2996));
    memcpy(x.fleet, (uint64_t[]){500, 500, 500}, 24);
    EXPECT(near_milli(freeman_milli(&h, &x, 1), 2996));
}

int main(void) {
    RUN(everything_known);
    RUN(partly_known);
    RUN(unseen_is_capped);
    return test_end();
}
