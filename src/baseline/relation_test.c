// SPDX-License-Identifier: Apache-2.0
/* Relation features of small stories, number by number. */
#include "baseline/relation.h"

#include <math.h>

#include "base/moment.h"
#include "base/test.h"

static struct relation r;
static float got[RELATION_COUNT];

static void measure(const struct event *e) {
    struct relation_key key = relation_key_of(e);
    relation_measure(&r, e, &key, got);
}

static void learn(const struct event *e) {
    struct relation_key key = relation_key_of(e);
    EXPECT_EQ(relation_learn(&r, e, &key, NULL), ERR_OK);
}

static struct event login(int64_t at_ms, struct str who, struct str device, int64_t asn, uint8_t host) {
    return (struct event){.kind = KIND_LOGIN,
                          .outcome = OUTCOME_SUCCESS,
                          .subject = who,
                          .time_ms = at_ms,
                          .device = device,
                          .asn = asn,
                          .asn_present = true,
                          .ip = {ADDRESS_V4, {192, 0, 2, host}}};
}

static bool is(enum relation_name name, double expected) {
    bool right = fabs((double)got[name] - expected) < 1e-4;
    if (!right) printf("%s: expected %g, got %g\n", relation_name(name), expected, (double)got[name]);
    return right;
}

TEST(what_is_new_and_what_is_known) {
    relation_init(&r);
    struct event first = login(10 * HOUR_MS, STR("a"), STR("phone"), 64500, 1);
    measure(&first);
    EXPECT(is(RELATION_same_device, -1) && is(RELATION_history, -1) && is(RELATION_same_language, -1));
    learn(&first);
    struct event second = login(12 * HOUR_MS, STR("a"), STR("laptop"), 64500, 2);
    measure(&second);
    EXPECT(is(RELATION_same_device, 0) && is(RELATION_share_device, 0) && is(RELATION_age_device, -1));
    EXPECT(is(RELATION_same_asn, 1) && is(RELATION_share_asn, 1) && is(RELATION_age_asn, log(3)));
    EXPECT(is(RELATION_same_address, 0) && is(RELATION_same_prefix, 1) && is(RELATION_same_language, -1));
    EXPECT(is(RELATION_since_last, log1p(120)) && is(RELATION_hour_distance, 2) && is(RELATION_history, log(2)));
    EXPECT(is(RELATION_rarity_asn, -log(1.5 / 2)) && is(RELATION_rarity_device, -log(0.5 / 2)));
    struct event other = login(13 * HOUR_MS, STR("b"), STR("phone"), 64501, 9);
    measure(&other);
    EXPECT(is(RELATION_device_accounts, log(2)) && is(RELATION_same_device, -1));
    relation_release(&r);
}

TEST(failures_count_and_fade) {
    relation_init(&r);
    struct event good = login(0, STR("a"), STR("phone"), 64500, 1), bad = good;
    learn(&good);
    bad.outcome = OUTCOME_FAILURE;
    for (int i = 0; i < 4; i++) learn(&bad);
    good.time_ms = HOUR_MS;
    measure(&good);
    EXPECT(is(RELATION_failures, 4) && is(RELATION_failures_1h, 2) && is(RELATION_address_failures_1h, log(3)));
    learn(&good);
    measure(&good);
    EXPECT(is(RELATION_failures, 0) && is(RELATION_failures_1h, 2));
    /* Guesses teach nothing of the path, and make no account. */
    struct event guess = login(2 * HOUR_MS, STR("nobody"), STR("bot"), 64999, 77);
    guess.outcome = OUTCOME_FAILURE;
    guess.failure = FAILURE_NO_SUCH_ACCOUNT;
    learn(&guess);
    measure(&guess);
    EXPECT(is(RELATION_failures, -1) && is(RELATION_history, -1) && is(RELATION_rarity_device, -log(0.5 / 2)));
    relation_release(&r);
}

TEST(places_and_sessions) {
    relation_init(&r);
    struct event tokyo = login(0, STR("a"), STR("phone"), 64500, 1), paris = tokyo;
    tokyo.lat_present = tokyo.lon_present = paris.lat_present = paris.lon_present = true;
    tokyo.lat_micro = 35680000, tokyo.lon_micro = 139690000, paris.lat_micro = 48860000, paris.lon_micro = 2350000;
    tokyo.session = paris.session = STR("s1");
    tokyo.user_agent = STR("Mozilla/5.0 (Windows NT 10.0) Chrome/131.0.0.0");
    learn(&tokyo);
    paris.time_ms = 2 * HOUR_MS;
    paris.kind = KIND_SESSION_SEEN;
    paris.asn = 64511;
    paris.user_agent = STR("Mozilla/5.0 (Windows NT 10.0) Chrome/132.0.0.0");
    measure(&paris);
    EXPECT(fabs(expm1((double)got[RELATION_distance]) - 9710) < 15); /* km, by any atlas */
    EXPECT(fabs(expm1((double)got[RELATION_speed]) - 4855) < 8);
    EXPECT(is(RELATION_session_network, 1) && is(RELATION_session_client, 0)); /* a newer version is the same client */
    EXPECT(is(RELATION_same_client, 1) && is(RELATION_same_agent, 0) && is(RELATION_session_age, log1p(120)));
    relation_release(&r);
}

TEST(what_moves_on_by_itself_has_no_path) {
    struct event e = {.kind = KIND_ORDER_STATE, .subject = STR("a")};
    EXPECT(!relation_key_of(&e).has_path);
    EXPECT(strcmp(relation_name(RELATION_age_device), "age_device") == 0 && relation_name(RELATION_COUNT)[0] == 0);
}

int main(void) {
    RUN(what_is_new_and_what_is_known);
    RUN(failures_count_and_fade);
    RUN(places_and_sessions);
    RUN(what_moves_on_by_itself_has_no_path);
    return test_end();
}
