// SPDX-License-Identifier: Apache-2.0
/*
 * Proves through the engine what a false alarm teaches: the owner travels, is judged a hijacker, proves himself with a factor from before,
 * and is not asked again on that path. The twin who proves nothing stays suspected.
 */
#include "base/bundle.h"
#include "base/moment.h"
#include "tests/engine_house_test.h"

#define HOME_DAYS 40

/* Strict enough that a strange path alone is asked and an order on it opens an incident, whatever a young fleet's scale says. */
static const char strict[] = "name = \"strict\"\nversion = 1\n[thresholds.access]\nchallenge = 300\n[thresholds.challenge]\n"
                             "challenge = \"never\"\n[thresholds.value]\ntakeover = 300\n";

static struct house house;
static unsigned number; /* of events */

static void open_house(void) {
    struct problem p = {0};
    number = 0;
    house_open(&house, NULL);
    char memory[1024];
    struct buf bundle = buf_over(memory, sizeof memory);
    bundle_add(&bundle, STR("policy.toml"), str_from(strict));
    EXPECT_EQ(engine_set_policy(house.engine, buf_str(&bundle), &p), ERR_OK);
}

/* Hands it in; what was promised is durable before the next one. */
static struct receipt happens(struct event e) {
    struct problem p = {0};
    struct receipt r = {0};
    char id[16];
    (void)snprintf(id, sizeof id, "e%u", ++number);
    e.id = str_from(id), e.source = STR("shop"), e.subject = STR("a1"), e.type = kind_name(e.kind), e.time_ms = house.now_ms - 1000;
    EXPECT_EQ(engine_submit(house.engine, &e, &r, &p), ERR_OK);
    house_settle(&house);
    return r;
}

static struct event over(enum kind kind, bool abroad, const char *session) {
    struct event e = {.kind = kind, .session = str_from(session), .geo_source = GEO_SOURCE_CALLER, .asn_present = true};
    e.device = abroad ? STR("d-travel") : STR("d-home");
    e.ip = (struct address){ADDRESS_V4, {abroad ? 203 : 198, 51, 100, 7}};
    e.asn = abroad ? 64500 : 2516;
    e.country = abroad ? STR("NL") : STR("JP");
    e.net = abroad ? NET_MOBILE : NET_RESIDENTIAL;
    e.user_agent = abroad ? STR("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile")
                          : STR("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0");
    if (kind == KIND_LOGIN || kind == KIND_CHALLENGE) e.outcome = OUTCOME_SUCCESS;
    if (kind == KIND_LOGIN) e.method = METHOD_PASSWORD;
    return e;
}

/* Forty days at home, then abroad: a login that is asked, and an order that opens an incident. Its position. */
static uint64_t travel(void) {
    for (unsigned day = 0; day < HOME_DAYS; day++, house.now_ms += DAY_MS) (void)happens(over(KIND_LOGIN, false, "s-home"));
    EXPECT_EQ(happens(over(KIND_LOGIN, true, "s1")).decision.verdict, VERDICT_CHALLENGE);
    house.now_ms += MINUTE_MS;
    struct event order = over(KIND_ORDER_PLACED, true, "s1");
    order.order = STR("o1"), order.amount_minor = 500, order.amount_minor_present = true, order.currency = STR("JPY");
    struct receipt r = happens(order);
    EXPECT(r.decision.takeover && r.decision.incident.size);
    EXPECT_EQ(r.whose, WHOSE_HIJACKER);
    return r.position;
}

/* `factor`: what is asked for and given; `via`: what he says that he gave. */
static struct receipt says_mine(uint64_t opened, const char *factor, const char *via) {
    char about[32];
    (void)snprintf(about, sizeof about, "inc_%llu", (unsigned long long)opened);
    struct event challenge = over(KIND_CHALLENGE, true, "s1"), words = over(KIND_OWNER_STATEMENT, true, "s1");
    challenge.factor = str_from(factor);
    words.says = SAYS_MINE, words.about = str_from(about), words.via = str_from(via);
    house.now_ms += MINUTE_MS;
    (void)happens(challenge);
    house.now_ms += MINUTE_MS;
    return happens(words);
}

static enum verdict next_login(void) {
    house.now_ms += DAY_MS;
    return happens(over(KIND_LOGIN, true, "s2")).decision.verdict;
}

TEST(after_a_false_alarm_the_next_such_login_is_not_challenged) {
    open_house();
    struct receipt r = says_mine(travel(), "totp", "totp");
    EXPECT_EQ(r.whose, WHOSE_OWNER);
    EXPECT_EQ(engine_totals(house.engine)->incidents_closed, 1);
    EXPECT_EQ(next_login(), VERDICT_ALLOW);
    EXPECT_EQ(engine_totals(house.engine)->incidents_opened, 1);
    house_close(&house, false);
}

/* The test would say nothing if the path were forgiven anyway. */
TEST(without_a_proof_it_is) {
    static const char *const proofs[][2] = {{"email", "email"}, {"totp", "sms"}, {"push", "push"}};
    for (size_t i = 0; i < sizeof proofs / sizeof proofs[0]; i++) {
        open_house();
        (void)says_mine(travel(), proofs[i][0], proofs[i][1]);
        EXPECT_EQ(engine_totals(house.engine)->incidents_closed, 0);
        EXPECT(next_login() != VERDICT_ALLOW);
        house_close(&house, false);
    }
}

/* A hijacker enrols his own, and passes with it. */
TEST(a_factor_enrolled_meanwhile_teaches_nothing) {
    open_house();
    uint64_t opened = travel();
    struct event enrolled = over(KIND_MFA_CHANGED, true, "s1");
    enrolled.change = CHANGE_ADDED, enrolled.factor = STR("totp");
    house.now_ms += MINUTE_MS;
    (void)happens(enrolled);
    (void)says_mine(opened, "totp", "totp");
    EXPECT_EQ(engine_totals(house.engine)->incidents_closed, 0);
    EXPECT(next_login() != VERDICT_ALLOW);
    house_close(&house, false);
}

int main(void) {
    RUN(after_a_false_alarm_the_next_such_login_is_not_challenged);
    RUN(without_a_proof_it_is);
    RUN(a_factor_enrolled_meanwhile_teaches_nothing);
    return test_end();
}
