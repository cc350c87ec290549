// SPDX-License-Identifier: Apache-2.0
/* Reads what owners are told, in every language that ships: whole, the same facts in each, and nothing that a thief's message could have.
 */
#include <ctype.h>

#include "base/bundle.h"
#include "base/moment.h"
#include "base/test.h"
#include "notify/notify.h"
#include "respond/respond.h"

#define NIGHT_MS INT64_C(1772293260000) /* 2026-02-28 15:41 UTC: 00:41 in Tokyo */

static struct incident_row incident = {.id = {"inc_912834", 10}, .account = {"a7351", 5}, .window_from_ms = NIGHT_MS};
static struct response_row response;
static struct effect_row effects[] = {
    {.kind = {"sessions", 8}, .object = {"sessions", 8}, .phase = PHASE_VERIFIED},
    {.kind = {"password", 8}, .object = {"password", 8}, .phase = PHASE_CONTAINED},
    {.kind = {"sweep_shop", 10}, .object = {"shop", 4}, .phase = PHASE_PENDING},
    {.kind = {"balance_top_up", 14}, .object = {"topup:t1", 8}, .phase = PHASE_CONTAINED, .amount_minor = 50000, .currency = "JPY"},
    {.kind = {"captured_charge", 15}, .object = {"charge:c1", 9}, .phase = PHASE_PENDING, .amount_minor = 50000, .currency = "JPY"},
    {.kind = {"order", 5}, .object = {"order:o1", 8}, .phase = PHASE_UNDOING, .amount_minor = 500, .currency = "JPY"},
    {.kind = {"membership", 10}, .object = {"membership:m1", 13}, .phase = PHASE_HUMAN, .amount_minor = 1234, .currency = "EUR"},
};
#define EFFECT_COUNT (sizeof effects / sizeof effects[0])
static struct ledger_row ledger[] = {
    {.kind = LEDGER_LOSS, .amount_minor = 51100, .currency = "JPY"},
    {.kind = LEDGER_RETURNED, .amount_minor = 1100, .currency = "JPY"},
};
static const struct notice_source night = {&incident, &response, effects, EFFECT_COUNT, ledger, 2};

static char title_memory[1024], text_memory[32 * 1024];
static struct buf title, text;

static enum err write(const struct phrases *p, const char *subject) {
    title = buf_over(title_memory, sizeof title_memory);
    text = buf_over(text_memory, sizeof text_memory);
    struct notice_wish w = {str_from(subject), STR("4F8K-2M7Q"), NIGHT_MS + 2 * HOUR_MS, 9 * HOUR_MS};
    return notice_write(p, &night, &w, &title, &text);
}

static struct phrases language(const char *tag) {
    struct phrases p;
    struct problem problem = {0};
    EXPECT_EQ(phrases_choose(phrases_built_in(), str_from(tag), &p, &problem), ERR_OK);
    if (problem.what[0]) printf("%s: %s\n", problem.where, problem.what);
    return p;
}

static bool has(struct buf *b, const char *what) {
    return str_find(buf_str(b), str_from(what), 0) < b->size;
}
#define EXPECT_SAYS(what)                                                                                                                  \
    do {                                                                                                                                   \
        if (!has(&text, what)) printf("missing: %s\n", what);                                                                              \
        EXPECT(has(&text, what));                                                                                                          \
    } while (0)

static const char *const subjects[] = {
#define NOTICE(audience, subject, sentence) #audience[1] == 'w' ? #subject : "",
#include "notify/notices.def"
#include "respond/notices.def"
#undef NOTICE
};
#define SUBJECT_COUNT (sizeof subjects / sizeof subjects[0])

TEST(every_language_that_ships_is_whole) {
    struct str rest = phrases_built_in();
    struct source file;
    enum err err = ERR_OK;
    size_t count = 0;
    for (; bundle_next(&rest, &file, &err); count++) {
        struct phrases p;
        struct problem problem = {0};
        EXPECT_EQ(phrases_read(&file, &p, &problem), ERR_OK);
        EXPECT(str_starts(file.name, p.language));
    }
    EXPECT_EQ(err, ERR_OK);
    EXPECT(count >= 2);
}

TEST(the_first_notice_tells_all_that_the_customer_of_the_story_missed) {
    struct phrases p = language("ja-JP");
    EXPECT_EQ(write(&p, "first"), ERR_OK);
    EXPECT(has(&title, "inc_912834"));
    EXPECT_SAYS("2026年03月01日 00:41");                   /* what was seen, and when, by his own clock */
    EXPECT_SAYS("アカウントへのログイン：保護し");         /* what was done */
    EXPECT_SAYS("残高のチャージ（50,000円）：止めました"); /* what he has had confirmations of */
    EXPECT_SAYS("商品の注文（500円）：取り消しているところ");
    EXPECT_SAYS("有料会員の登録（12.34 EUR）：担当者が対応");
    EXPECT_SAYS("確認メールが届いている場合、そのメールは本物");
    EXPECT_SAYS("51,100円が引き落とし"); /* the money */
    EXPECT_SAYS("50,000円は当社が取り戻して");
    EXPECT_SAYS("お断りください");                 /* what may still happen */
    EXPECT_SAYS("お急ぎいただくことはありません"); /* what to do */
    EXPECT_SAYS("4F8K-2M7Q");                      /* how to check, and when more comes */
    EXPECT_SAYS("2026年03月01日 02:41");
    EXPECT(!has(&text, "{") && !has(&text, "sweep"));
}

TEST(a_language_that_there_is_not_is_english) {
    struct phrases p = language("pt-BR");
    EXPECT_STR(p.language, STR("en"));
    EXPECT_EQ(write(&p, "first"), ERR_OK);
    EXPECT_SAYS("- An order of goods, 500 yen: being undone");
    EXPECT_EQ(write(&p, "exhausted"), ERR_NOT_FOUND); /* that is for operators */
    EXPECT_EQ(write(&p, "nothing"), ERR_NOT_FOUND);
}

/* Digits in a row, with what people put between those of a telephone number. */
static unsigned longest_number(struct str s) {
    unsigned longest = 0, now = 0;
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (isdigit(c)) now++;
        else if (c != '-' && c != '(' && c != ')' && c != '+') now = 0;
        if (now > longest) longest = now;
    }
    return longest;
}

TEST(no_link_and_no_telephone_number_in_any_language) {
    static const char *const tags[] = {"en", "ja"};
    static const char *const links[] = {"://", "www.", "http", "@", ".com", ".jp", ".example", "tel:", "mailto"};
    for (size_t l = 0; l < 2; l++) {
        struct phrases p = language(tags[l]);
        for (size_t i = 0; i < SUBJECT_COUNT; i++) {
            if (!subjects[i][0]) continue;
            EXPECT_EQ(write(&p, subjects[i]), ERR_OK);
            for (size_t k = 0; k < sizeof links / sizeof links[0]; k++) EXPECT(!has(&text, links[k]) && !has(&title, links[k]));
            EXPECT(longest_number(buf_str(&text)) <= 8); /* a date */
            EXPECT(title.size > 10 && title.size < 200 && text.size > 100);
            EXPECT_SAYS("4F8K-2M7Q");
            EXPECT_SAYS("inc_912834");
        }
    }
}

/* Each figure and each list is in both: a fact that one language forgets is found here. */
TEST(all_languages_have_the_same_facts) {
    struct phrases en = language("en"), ja = language("ja");
    static const char *const facts[] = {"{saw}",  "{effects}", "{money}", "{parcel}", "{check}", "{next}",
                                        "{last}", "{case}",    "{code}",  "{open}",   "{loss}",  "{returned}"};
    for (int i = 0; i < PHRASE_COUNT; i++)
        for (size_t k = 0; k < sizeof facts / sizeof facts[0]; k++) {
            bool in_en = str_find(en.texts[i], str_from(facts[k]), 0) < en.texts[i].size,
                 in_ja = str_find(ja.texts[i], str_from(facts[k]), 0) < ja.texts[i].size;
            if (in_en != in_ja) printf("phrase %d: %s\n", i, facts[k]);
            EXPECT(in_en == in_ja || str_equal(str_from(facts[k]), STR("{returned}")));
        }
}

TEST(every_effect_has_a_name_and_every_phase_a_word) {
    struct phrases p = language("en");
    struct effect_row kept = effects[0];
    for (size_t i = 0; i < effect_def_count(); i++)
        for (int phase = PHASE_FOUND; phase < PHASE_COUNT; phase++) {
            effects[0] = (struct effect_row){.kind = str_from(effect_def_at(i)->name), .phase = (enum phase)phase};
            EXPECT_EQ(write(&p, "contained"), ERR_OK);
            EXPECT(!has(&text, "- :") && !has(&text, ": \n"));
        }
    effects[0] = kept;
}

/* Within the minute the sessions are dead and still watched: the owner reads that they are secured, and not that we wait. */
TEST(what_is_watched_is_told_as_secured) {
    struct phrases p = language("en");
    effects[0].phase = PHASE_CONFIRMED;
    EXPECT_EQ(write(&p, "first"), ERR_OK);
    EXPECT_SAYS("- Sign-ins to your account: secured\n");
    effects[0].phase = PHASE_VERIFIED;
}

TEST(a_text_without_room_is_said_to_be_full) {
    struct phrases p = language("en");
    struct notice_wish w = {STR("first"), STR("4F8K-2M7Q"), NIGHT_MS, 0};
    title = buf_over(title_memory, sizeof title_memory);
    text = buf_over(text_memory, 100);
    EXPECT_EQ(notice_write(&p, &night, &w, &title, &text), ERR_FULL);
}

TEST(a_parcel_that_left_is_told_of) {
    struct phrases p = language("en");
    effects[5].fate = FATE_HANDED_OVER;
    EXPECT_EQ(write(&p, "first"), ERR_OK);
    EXPECT_SAYS("A parcel may still come.");
    effects[5].fate = FATE_NONE;
    EXPECT_EQ(write(&p, "first"), ERR_OK);
    EXPECT_SAYS("Should a parcel come");
}

/* ---- files that are wrong -------------------------------------------------------------------------------------------------------------
 */

static void expect_refused(const char *name, const char *from, const char *to, const char *what) {
    static char memory[64 * 1024];
    struct source file;
    EXPECT(bundle_find(phrases_built_in(), str_from(name), &file));
    struct buf b = buf_over(memory, sizeof memory);
    size_t at = str_find(file.text, str_from(from), 0);
    EXPECT(at < file.text.size);
    buf_text(&b, str_slice(file.text, 0, at));
    buf_text(&b, str_from(to));
    buf_text(&b, str_slice(file.text, at + str_from(from).size, file.text.size));
    struct phrases p;
    struct problem problem = {0};
    struct source wrong = {file.name, buf_str(&b)};
    EXPECT_EQ(phrases_read(&wrong, &p, &problem), ERR_INVALID);
    if (!strstr(problem.what, what)) printf("%s: %s\n", problem.where, problem.what);
    EXPECT(strstr(problem.what, what) != NULL);
    EXPECT(strstr(problem.where, name) != NULL);
}

TEST(a_file_that_is_not_whole_is_refused_with_its_place) {
    expect_refused("en.txt", "language = en", "", "the language is not named");
    expect_refused("en.txt", "[what.order]\nAn order of goods\n", "", "[what.order] is missing");
    expect_refused("en.txt", "[held]\nstopped\n", "[held]\n", "[held] is missing");
    expect_refused("en.txt", "[held]", "[hold]", "there is no such phrase");
    expect_refused("en.txt", "[held]", "[holding]", "it is there twice");
    expect_refused("en.txt", "being stopped", "being stopped {code}", "it can't stand in this phrase");
    expect_refused("en.txt", "being stopped", "being stopped {}", "it can't stand in this phrase");
}

TEST(codes_are_read_as_people_type_them) {
    char code[NOTICE_CODE_SIZE + 1], read[NOTICE_CODE_SIZE + 1];
    uint64_t seed = 7;
    for (unsigned i = 0; i < 1000; i++) {
        unsigned char random[5];
        for (size_t k = 0; k < 5; k++) random[k] = (unsigned char)test_random(&seed);
        notice_code(random, code);
        EXPECT_EQ(strlen(code), NOTICE_CODE_SIZE);
        EXPECT(notice_code_read(str_from(code), read) && strcmp(code, read) == 0);
    }
    EXPECT(notice_code_read(STR(" 4f8k 2m7q"), read) && strcmp(read, "4F8K-2M7Q") == 0);
    EXPECT(notice_code_read(STR("OIL0-0000"), read) && strcmp(read, "0110-0000") == 0);
    EXPECT(!notice_code_read(STR("4F8K-2M7"), read) && !notice_code_read(STR("4F8K-2M7QQ"), read) &&
           !notice_code_read(STR("4F8K_2M7Q"), read));
    EXPECT(!notice_code_read(STR("4F8K-2M7U"), read) && !notice_code_read(STR_NONE, read));
}

int main(void) {
    RUN(every_language_that_ships_is_whole);
    RUN(the_first_notice_tells_all_that_the_customer_of_the_story_missed);
    RUN(a_language_that_there_is_not_is_english);
    RUN(no_link_and_no_telephone_number_in_any_language);
    RUN(all_languages_have_the_same_facts);
    RUN(every_effect_has_a_name_and_every_phase_a_word);
    RUN(what_is_watched_is_told_as_secured);
    RUN(a_text_without_room_is_said_to_be_full);
    RUN(a_parcel_that_left_is_told_of);
    RUN(a_file_that_is_not_whole_is_refused_with_its_place);
    RUN(codes_are_read_as_people_type_them);
    return test_end();
}
