// SPDX-License-Identifier: Apache-2.0
/* What is read, and every mistake that is refused. */
#include "evaluate/sample.h"

#include <math.h>

#include "base/test.h"

static char memory[8U << 20];
static struct arena arena;
static struct sample s;
static struct problem p;

#define EVENT(id, rest) "{\"id\":\"" id "\",\"type\":\"login\",\"time\":\"2026-01-01T00:00:0" id "Z\"" rest "}"

static void begin(uint32_t events_max) {
    memset(memory, 0, sizeof memory);
    arena = arena_over(memory, sizeof memory);
    p = (struct problem){0};
    EXPECT_EQ(sample_init(&s, &arena, events_max, &p), ERR_OK);
}

static void begin_with_events(void) {
    begin(64);
    EXPECT_EQ(sample_event(&s, STR(EVENT("1", ",\"subject\":\"a\",\"data\":{\"outcome\":\"success\",\"geo\":{\"asn\":64500}}")), &p),
              ERR_OK);
    EXPECT_EQ(sample_event(&s, STR(EVENT("2", ",\"subject\":\"a\",\"data\":{\"outcome\":\"failure\"}")), &p), ERR_OK);
    EXPECT_EQ(sample_event(&s, STR(EVENT("3", "")), &p), ERR_OK);
}

TEST(events_are_read) {
    begin_with_events();
    EXPECT_EQ(s.count, 3);
    EXPECT(s.rows[0].login && !s.rows[1].login);
    EXPECT_EQ(s.rows[0].account, s.rows[1].account);
    EXPECT(s.rows[2].account != s.rows[1].account); /* without a subject it stands alone */
    EXPECT_STR(s.networks.texts[s.rows[0].network - 1], STR("AS64500"));
    EXPECT_EQ(
        sample_event(
            &s, STR("{\"id\":\"4\",\"type\":\"io.hikeshi.login.v1\",\"time\":\"2026-01-01T00:00:00Z\",\"data\":{\"outcome\":\"success\"}}"),
            &p),
        ERR_OK);
    EXPECT(s.rows[3].login);
    EXPECT_EQ(s.late, 1);
    EXPECT_EQ(sample_event(&s, STR(EVENT("3", "")), &p), ERR_OK); /* the same event again */
    EXPECT_EQ(s.repeated, 1);
    EXPECT_EQ(s.count, 4);
}

struct refusal {
    const char *line;
    enum err err;
    const char *what, *where;
};

static void refuse_all(const struct refusal *refusals, size_t count, enum err (*take)(struct sample *, struct str, struct problem *)) {
    for (size_t i = 0; i < count; i++) {
        p = (struct problem){0};
        EXPECT_EQ(take(&s, str_from(refusals[i].line), &p), refusals[i].err);
        if (refusals[i].what) EXPECT_STR(str_from(p.what), str_from(refusals[i].what));
        if (refusals[i].where) EXPECT_STR(str_from(p.where), str_from(refusals[i].where));
    }
}

TEST(wrong_events_are_refused) {
    static const struct refusal refusals[] = {
        {"{\"id\":", ERR_INVALID, NULL, NULL},
        {"", ERR_INVALID, NULL, NULL},
        {"[1]", ERR_INVALID, "an array instead of an object", NULL},
        {"{\"type\":\"login\"}", ERR_INVALID, "no id", "id"},
        {"{\"id\":7}", ERR_INVALID, "no id", "id"},
        {"{\"id\":null}", ERR_INVALID, "no id", "id"},
        {"{\"id\":\"9\",\"type\":\"login\"}", ERR_INVALID, "no time", "time"},
        {"{\"id\":\"9\",\"type\":\"login\",\"time\":\"yesterday\"}", ERR_INVALID, "no time", "time"},
        {"{\"id\":\"9\",\"time\":\"2026-01-01T00:00:00Z\"}", ERR_INVALID, "no type", "type"},
        {"{\"id\":\"1\",\"type\":\"login\",\"time\":\"2026-01-01T00:00:01Z\",\"subject\":\"b\"}", ERR_CONFLICT,
         "another event has the id '1'", "id"},
    };
    begin_with_events();
    refuse_all(refusals, sizeof refusals / sizeof refusals[0], sample_event);
    EXPECT_EQ(s.count, 3);
}

TEST(labels_are_read_and_wrong_ones_refused) {
    static const struct refusal refusals[] = {
        {"{\"id\":\"1\",\"label\":\"hijacker\",\"family\":\"f\",\"incident\":\"i\",\"effect\":true}", ERR_OK, NULL, NULL},
        {"{\"id\":\"1\",\"label\":\"hijacker\",\"family\":\"f\",\"incident\":\"i\",\"effect\":true}", ERR_OK, NULL, NULL},
        {"{\"id\":\"1\",\"label\":\"owner\"}", ERR_CONFLICT, "a line above says something else of '1'", "id"},
        {"{\"id\":\"1\",\"label\":\"hijacker\",\"family\":\"g\",\"incident\":\"i\",\"effect\":true}", ERR_CONFLICT, NULL, NULL},
        {"{\"id\":\"1\",\"label\":\"hijacker\",\"family\":\"f\",\"incident\":\"k\",\"effect\":true}", ERR_CONFLICT, NULL, NULL},
        {"{\"id\":\"1\",\"label\":\"hijacker\",\"family\":\"f\",\"incident\":\"i\"}", ERR_CONFLICT, NULL, NULL},
        {"{\"id\":\"77\",\"label\":\"owner\"}", ERR_NOT_FOUND, "no event has the id '77'", "id"},
        {"{\"id\":\"2\"}", ERR_INVALID, "no label", "label"},
        {"{\"id\":\"2\",\"label\":\"thief\"}", ERR_INVALID, "unknown label 'thief'", "label"},
        {"{\"id\":\"2\",\"label\":\"owner\",\"effect\":1}", ERR_INVALID, "a number instead of true or false", "effect"},
        {"{\"id\":\"2\",\"label\":\"hijacker\",\"family\":3}", ERR_INVALID, "a number instead of a text or null", "family"},
        {"{\"id\":\"2\",\"label\":\"owner\",\"label\":\"hijacker\"}", ERR_INVALID, NULL, NULL},
        {"label,owner", ERR_INVALID, NULL, NULL},
    };
    begin_with_events();
    refuse_all(refusals, sizeof refusals / sizeof refusals[0], sample_label);
    EXPECT_EQ(s.rows[0].label, SAMPLE_HIJACKER);
    EXPECT(s.rows[0].effect);
    EXPECT_EQ(s.rows[1].label, SAMPLE_UNLABELLED);
}

TEST(scores_are_read_and_wrong_ones_refused) {
    static const struct refusal refusals[] = {
        {"{\"id\":\"1\",\"score\":-1.5e3,\"decision\":\"allow\"}", ERR_OK, NULL, NULL},
        {"{\"id\":\"1\",\"score\":-1500}", ERR_OK, NULL, NULL},
        {"{\"id\":\"1\",\"attributed\":\"hijacker\",\"incident\":\"i\"}", ERR_OK, NULL, NULL},
        {"{\"id\":null,\"line\":4,\"refused\":\"no\"}", ERR_OK, NULL, NULL},
        {"{\"id\":\"1\",\"score\":3}", ERR_CONFLICT, "a line above scores '1' otherwise", "id"},
        {"{\"id\":\"8\",\"score\":3}", ERR_NOT_FOUND, "no event has the id '8'", "id"},
        {"{\"id\":\"2\",\"score\":NaN}", ERR_INVALID, NULL, NULL},
        {"{\"id\":\"2\",\"score\":null}", ERR_INVALID, "null instead of a number", "score"},
        {"{\"id\":\"2\",\"score\":\"3\"}", ERR_INVALID, "a text instead of a number", "score"},
        {"{\"id\":\"2\",\"score\":1e999}", ERR_INVALID, "a number that is too large", "score"},
        {"{\"score\":1}", ERR_INVALID, "no id", "id"},
    };
    begin_with_events();
    EXPECT_EQ(sample_begin_scores(&s, STR("a"), &p), ERR_OK);
    refuse_all(refusals, sizeof refusals / sizeof refusals[0], sample_score);
    EXPECT(s.files[0].scores[0] > -1500.5 && s.files[0].scores[0] < -1499.5);
    EXPECT(isnan(s.files[0].scores[1]));
    EXPECT_EQ(s.files[0].scored, 1);
    EXPECT_EQ(s.files[0].without_score, 2);
    EXPECT_EQ(sample_begin_scores(&s, STR("a"), &p), ERR_INVALID);
}

TEST(one_class_is_not_enough) {
    begin_with_events();
    EXPECT_EQ(sample_label(&s, STR("{\"id\":\"1\",\"label\":\"owner\"}"), &p), ERR_OK);
    EXPECT_EQ(sample_check(&s, &p), ERR_INVALID);
    EXPECT_STR(str_from(p.what), STR("the labels have 1 owner's and 0 hijacker's events"));
    EXPECT_EQ(sample_label(&s, STR("{\"id\":\"2\",\"label\":\"hijacker\"}"), &p), ERR_OK);
    EXPECT_EQ(sample_check(&s, &p), ERR_OK);
    EXPECT_EQ(sample_begin_scores(&s, STR("a"), &p), ERR_OK);
    EXPECT_EQ(sample_check(&s, &p), ERR_INVALID);
    EXPECT_STR(str_from(p.what), STR("'a' scores no event"));
}

TEST(full_is_said) {
    begin(2);
    EXPECT_EQ(sample_event(&s, STR(EVENT("1", "")), &p), ERR_OK);
    EXPECT_EQ(sample_event(&s, STR(EVENT("2", "")), &p), ERR_OK);
    EXPECT_EQ(sample_event(&s, STR(EVENT("3", "")), &p), ERR_FULL);
    char small[4096] = {0};
    struct arena little = arena_over(small, sizeof small);
    EXPECT_EQ(sample_init(&s, &little, 1000, &p), ERR_FULL);
}

TEST(names_get_numbers_in_order) {
    begin(64);
    struct numbering n;
    EXPECT_EQ(numbering_init(&n, &arena, 1000, true), ERR_OK);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 1000; i++) {
            char text[16];
            bool fresh;
            (void)snprintf(text, sizeof text, "n%u", i);
            EXPECT_EQ(numbering_add(&n, str_from(text), &fresh), i);
            EXPECT(fresh == (round == 0));
        }
    bool fresh;
    EXPECT_EQ(numbering_add(&n, STR("one more"), &fresh), NUMBERING_NONE);
    EXPECT_EQ(numbering_find(&n, STR("one more")), NUMBERING_NONE);
    EXPECT_EQ(numbering_find(&n, STR("n999")), 999);
    EXPECT_STR(n.texts[7], STR("n7"));
}

int main(void) {
    RUN(events_are_read);
    RUN(wrong_events_are_refused);
    RUN(labels_are_read_and_wrong_ones_refused);
    RUN(scores_are_read_and_wrong_ones_refused);
    RUN(one_class_is_not_enough);
    RUN(full_is_said);
    RUN(names_get_numbers_in_order);
    return test_end();
}
