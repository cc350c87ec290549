// SPDX-License-Identifier: Apache-2.0
/* Reasons: their order, their bounds, and the phrases they are made of. */
#include "score/reason.h"

#include "base/test.h"

static char memory[16 * 1024];

TEST(order) {
    struct arena step = arena_over(memory, sizeof memory);
    struct reason_list list = {.step = &step};
    static const int32_t weights[] = {100, -5000, 3000, -200, 900, 4000, 50, 70};
    for (unsigned i = 0; i < 8; i++) reason_add(&list, "code", weights[i], "weight %d", weights[i]);
    struct assessment a;
    reason_pick(&list, &a);
    static const int32_t expected[] = {4000, 3000, 900, 100, 70, 50};
    EXPECT_EQ(a.reason_count, REASON_COUNT_MAX);
    for (unsigned i = 0; i < REASON_COUNT_MAX; i++) EXPECT_EQ(a.reasons[i].weight_milli, expected[i]);
    EXPECT_STR(a.reasons[0].text, STR("weight 4000"));
}

/* Few reasons: those for the owner follow, the strongest first. */
TEST(those_for_the_owner_follow) {
    struct arena step = arena_over(memory, sizeof memory);
    struct reason_list list = {.step = &step};
    static const int32_t weights[] = {-100, -5000, 300};
    for (unsigned i = 0; i < 3; i++) reason_add(&list, "code", weights[i], "x");
    struct assessment a;
    reason_pick(&list, &a);
    EXPECT_EQ(a.reason_count, 3);
    EXPECT(a.reasons[0].weight_milli == 300 && a.reasons[1].weight_milli == -5000 && a.reasons[2].weight_milli == -100);
}

/* A sentence is cut at a character, a full list or arena adds nothing. */
TEST(bounds) {
    struct arena step = arena_over(memory, sizeof memory);
    struct reason_list list = {.step = &step};
    char longer[400];
    for (size_t i = 0; i + 3 < sizeof longer; i += 3) memcpy(longer + i, "\xE7\x81\xAB", 4); /* a character of three bytes */
    reason_add(&list, "code", 1, "x%s", longer);
    EXPECT(list.at[0].text.size <= REASON_TEXT_SIZE_MAX && str_is_utf8(list.at[0].text));
    for (unsigned i = 0; i < 100; i++) reason_add(&list, "code", 1, "x");
    EXPECT(list.count <= REASON_GATHERED_MAX);
    struct arena full = arena_over(memory, 8);
    struct reason_list none = {.step = &full};
    reason_add(&none, "code", 1, "x");
    EXPECT_EQ(none.count, 0);
}

TEST(phrases) {
    struct event e = {.kind = KIND_LOGIN};
    struct features f = {
        .event = &e, .asn = 64500, .net = STR("hosting"), .country = STR("NL"), .browser = STR("Edge"), .os = STR("Windows")};
    f.usual_asn = 2516;
    memcpy(f.usual_country, "JP", 2);
    EXPECT_STR(str_from(phrase_network(&f).text), STR("AS64500 (hosting, NL)"));
    EXPECT_STR(str_from(phrase_usual_network(&f).text), STR("AS2516 (JP)"));
    EXPECT_STR(str_from(phrase_client(&f).text), STR("Edge on Windows"));
    EXPECT_STR(str_from(phrase_clock(INT64_C(1700000000000)).text), STR("22:13"));
    EXPECT_STR(str_from(phrase_span(3).text), STR("3 min"));
    EXPECT_STR(str_from(phrase_span(180).text), STR("3 h"));
    EXPECT_STR(str_from(phrase_span(5 * 24 * 60).text), STR("5 days"));
    f.asn = FEATURE_NONE;
    f.net = f.country = STR_NONE;
    EXPECT_STR(str_from(phrase_network(&f).text), STR("unknown"));
    f.country = STR("NL");
    EXPECT_STR(str_from(phrase_network(&f).text), STR("of NL"));
}

int main(void) {
    RUN(order);
    RUN(those_for_the_owner_follow);
    RUN(bounds);
    RUN(phrases);
    return test_end();
}
