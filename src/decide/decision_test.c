// SPDX-License-Identifier: Apache-2.0
/* Proves that decisions come back from their stored form, that broken forms are refused, and the shape of the answer. */
#include "decide/decision.h"

#include "base/test.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyz\xC3\xA9\xE6\x97\xA5 \"\\\n";

static struct str any_text(uint64_t *state, size_t size_max) {
    size_t size = test_random(state) % (size_max + 1);
    return str_slice((struct str){letters, sizeof letters - 1}, 0, size % 26);
}

static struct decision any_decision(uint64_t *state) {
    struct decision d = {.verdict = test_random(state) % VERDICT_COUNT,
                         .score = (uint16_t)(test_random(state) % 1001),
                         .challenge_rate_ppm = (uint32_t)(test_random(state) % 1000001),
                         .takeover = test_random(state) % 2,
                         .by_rule = test_random(state) % 2,
                         .reason_count = (unsigned)(test_random(state) % (REASON_COUNT_MAX + 1))};
    d.policy = any_text(state, 25);
    d.incident = any_text(state, 25);
    for (unsigned i = 0; i < d.reason_count; i++)
        d.reasons[i] = (struct reason){any_text(state, 25), (int32_t)test_random(state), any_text(state, 25)};
    return d;
}

static void expect_same(const struct decision *a, const struct decision *b) {
    EXPECT_EQ(a->verdict, b->verdict);
    EXPECT_EQ(a->score, b->score);
    EXPECT_EQ(a->challenge_rate_ppm, b->challenge_rate_ppm);
    EXPECT_EQ(a->takeover, b->takeover);
    EXPECT_EQ(a->by_rule, b->by_rule);
    EXPECT_STR(a->policy, b->policy);
    EXPECT_STR(a->incident, b->incident);
    EXPECT_EQ(a->reason_count, b->reason_count);
    for (unsigned i = 0; i < a->reason_count && i < b->reason_count; i++) {
        EXPECT_STR(a->reasons[i].code, b->reasons[i].code);
        EXPECT_EQ(a->reasons[i].weight_milli, b->reasons[i].weight_milli);
        EXPECT_STR(a->reasons[i].text, b->reasons[i].text);
    }
}

TEST(a_decision_comes_back) {
    uint64_t state = 3;
    for (int i = 0; i < 2000; i++) {
        struct decision d = any_decision(&state), back;
        char memory[4096];
        struct buf b = buf_over(memory, sizeof memory);
        decision_encode(&d, &b);
        EXPECT(!b.overflow);
        EXPECT_EQ(decision_decode(buf_str(&b), &back), ERR_OK);
        expect_same(&d, &back);
    }
}

TEST(an_allow_without_reasons_is_tiny) {
    struct decision d = {.score = 120, .policy = STR("default@1")};
    char memory[64];
    struct buf b = buf_over(memory, sizeof memory);
    decision_encode(&d, &b);
    EXPECT_EQ(b.size, 21);
}

/* Cut short, lengthened, or with any byte changed: refused or read, never more than that; what is read encodes to the same bytes. */
TEST(broken_forms_are_refused) {
    uint64_t state = 11;
    for (int i = 0; i < 300; i++) {
        struct decision d = any_decision(&state), back;
        char memory[4096], again_memory[4096];
        struct buf b = buf_over(memory, sizeof memory - 1);
        decision_encode(&d, &b);
        for (size_t size = 0; size < b.size; size++) EXPECT_EQ(decision_decode((struct str){memory, size}, &back), ERR_CORRUPT);
        memory[b.size] = 0;
        EXPECT_EQ(decision_decode((struct str){memory, b.size + 1}, &back), ERR_CORRUPT);
        memory[test_random(&state) % b.size] ^= (char)(1 + test_random(&state) % 255);
        if (decision_decode(buf_str(&b), &back)) continue;
        struct buf again = buf_over(again_memory, sizeof again_memory);
        decision_encode(&back, &again);
        EXPECT_STR(buf_str(&again), buf_str(&b));
    }
}

TEST(a_text_that_does_not_fit_overflows) {
    static char long_text[300];
    memset(long_text, 'x', sizeof long_text);
    struct decision d = {.policy = {long_text, 256}};
    char memory[1024];
    struct buf b = buf_over(memory, sizeof memory);
    decision_encode(&d, &b);
    EXPECT(b.overflow);
}

TEST(the_answer_is_as_the_contract_shows_it) {
    struct decision d = {
        .verdict = VERDICT_CHALLENGE, .score = 873, .challenge_rate_ppm = 1400, .policy = STR("default@17"), .reason_count = 2};
    d.reasons[0] = (struct reason){STR("access_path_unlike_owner"), 5100, STR("network AS64500 (hosting, NL) never used by this account")};
    d.reasons[1] = (struct reason){STR("known_device"), -900, STR("a \"quoted\" device")};
    char memory[1024];
    struct buf b = buf_over(memory, sizeof memory);
    decision_write_json(&d, STR("e000000001"), 912834, &b);
    EXPECT_STR(
        buf_str(&b),
        STR("{\"event\":\"e000000001\",\"decision\":\"challenge\",\"score\":873,\"challenge_rate\":0.0014,\"incident\":null,\"reasons\":["
            "{\"code\":\"access_path_unlike_owner\",\"weight\":5.1,\"text\":\"network AS64500 (hosting, NL) never used by this account\"},"
            "{\"code\":\"known_device\",\"weight\":-0.9,\"text\":\"a \\\"quoted\\\" device\"}],"
            "\"policy\":\"default@17\",\"position\":912834}"));
    buf_reset(&b);
    d.reason_count = 0;
    d.incident = STR("inc_17");
    decision_write_json(&d, STR("e"), 1, &b);
    EXPECT(str_find(buf_str(&b), STR("\"incident\":\"inc_17\",\"reasons\":[],"), 0) < b.size);
}

int main(void) {
    RUN(a_decision_comes_back);
    RUN(an_allow_without_reasons_is_tiny);
    RUN(broken_forms_are_refused);
    RUN(a_text_that_does_not_fit_overflows);
    RUN(the_answer_is_as_the_contract_shows_it);
    return test_end();
}
