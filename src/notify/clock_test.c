// SPDX-License-Identifier: Apache-2.0
/* Reads every legal clock that ships: each is whole, fills without a gap, tells facts only from the rows, and is marked as a draft. */
#include "notify/clock.h"

#include <stdlib.h>

#include "base/bundle.h"
#include "base/moment.h"
#include "base/test.h"

#define NIGHT_MS INT64_C(1772293260000) /* 2026-02-28 15:41 UTC: 00:41 in Tokyo */
#define TEXT(literal)                                                                                                                      \
    { literal, sizeof(literal) - 1 }

static char memory[CLOCKS_MEMORY_SIZE];
static struct clock_rules clocks;

static struct incident_row incident = {
    .id = TEXT("inc_912834"), .account = TEXT("a7351"), .opened_ms = NIGHT_MS - HOUR_MS, .window_from_ms = NIGHT_MS - 600000};
static struct response_row response = {.decided_ms = NIGHT_MS, .contained_ms = NIGHT_MS + MINUTE_MS};
static struct effect_row effects[] = {
    {.kind = TEXT("sessions"),
     .object = TEXT("sessions"),
     .phase = PHASE_VERIFIED,
     .whose = WHOSE_HIJACKER,
     .found_ms = NIGHT_MS,
     .since_ms = NIGHT_MS + DAY_MS,
     .contained_ms = NIGHT_MS + 2000},
    {.kind = TEXT("sweep_shop"), .object = TEXT("shop"), .phase = PHASE_PENDING, .whose = WHOSE_HIJACKER},
    {.kind = TEXT("captured_charge"),
     .object = TEXT("charge:c1"),
     .phase = PHASE_PENDING,
     .whose = WHOSE_HIJACKER,
     .amount_minor = 50000,
     .currency = "JPY",
     .reference = TEXT("arn-77"),
     .found_ms = NIGHT_MS,
     .since_ms = NIGHT_MS},
    {.kind = TEXT("order"),
     .object = TEXT("order:o1"),
     .phase = PHASE_UNDOING,
     .whose = WHOSE_HIJACKER,
     .amount_minor = 500,
     .currency = "JPY",
     .found_ms = NIGHT_MS,
     .since_ms = NIGHT_MS,
     .contained_ms = NIGHT_MS + 1000},
    {.kind = TEXT("disclosure"),
     .object = TEXT("export:orders"),
     .phase = PHASE_DISCLOSED,
     .whose = WHOSE_HIJACKER,
     .found_ms = NIGHT_MS,
     .since_ms = NIGHT_MS,
     .contained_ms = NIGHT_MS},
};
static struct ledger_row ledger[] = {
    {.kind = LEDGER_LOSS, .amount_minor = 50500, .currency = "JPY"},
    {.kind = LEDGER_RETURNED, .amount_minor = 500, .currency = "JPY"},
};
static struct incident_event_row events[] = {
    {.time_ms = NIGHT_MS - 900000, .kind = TEXT("login"), .whose = WHOSE_OWNER, .detail = TEXT("success"), .object = TEXT("owners-own")},
    {.time_ms = NIGHT_MS - 700000, .kind = TEXT("login"), .whose = WHOSE_HIJACKER, .detail = TEXT("failure")},
    {.time_ms = NIGHT_MS - 600000, .kind = TEXT("login"), .whose = WHOSE_HIJACKER, .detail = TEXT("success")},
    {.time_ms = NIGHT_MS - 300000,
     .kind = TEXT("order_placed"),
     .whose = WHOSE_UNKNOWN,
     .object = TEXT("order:o1"),
     .amount_minor = 500,
     .currency = "JPY"},
    {.time_ms = NIGHT_MS - 200000, .kind = TEXT("timer_fired"), .whose = WHOSE_HIJACKER, .object = TEXT("ours")},
};
static struct clock_source night(void) {
    return (struct clock_source){
        {&incident, &response, effects, sizeof effects / sizeof *effects, ledger, 2}, events, sizeof events / sizeof *events};
}
/* Nothing is known but that an incident is open. */
static struct clock_source bare(void) {
    return (struct clock_source){{&incident, &response, effects, 2, NULL, 0}, NULL, 0};
}

static char draft_memory[256 * 1024];
static struct buf draft;

static enum err write(const struct clock_rule *r, const char *language, struct clock_source s, int64_t told_ms) {
    draft = buf_over(draft_memory, sizeof draft_memory);
    return clock_draft_write(&clocks, r, &s, &(struct clock_wish){str_from(language), told_ms}, &draft);
}

static size_t times_said(struct str what) {
    size_t count = 0;
    for (size_t at = 0; (at = str_find(buf_str(&draft), what, at)) < draft.size; at++) count++;
    return count;
}
#define EXPECT_SAYS(what)                                                                                                                  \
    do {                                                                                                                                   \
        if (!times_said(STR(what))) printf("missing: %s\n", what);                                                                         \
        EXPECT(times_said(STR(what)) > 0);                                                                                                 \
    } while (0)
#define EXPECT_SAYS_NOT(what) EXPECT_EQ(times_said(STR(what)), 0)

static const struct clock_rule *rule(const char *name) {
    const struct clock_rule *r = clock_find(&clocks, str_from(name));
    EXPECT(r);
    return r ? r : &clocks.list[0];
}

TEST(those_that_ship_are_whole) {
    struct arena arena = arena_over(memory, sizeof memory);
    struct problem p = {0};
    EXPECT_EQ(clocks_read(clocks_built_in(), &arena, &clocks, &p), ERR_OK);
    if (p.what[0]) printf("%s: %s\n", p.where, p.what);
    EXPECT(arena.used < sizeof memory / 2);
    EXPECT(clocks.count >= 14);
    EXPECT_EQ(clocks.language_count, 2);
    for (const char *const *n = (const char *const[]){"gdpr_33", "gdpr_34", "appi_preliminary", "appi_final", "appi_person",
                                                      "ca_sb446_residents", "ca_sb446_ag", "pci", "issuer_60_days", NULL};
         *n; n++)
        EXPECT(clock_find(&clocks, str_from(*n)));
}

/* In each of its languages: every placeholder is filled, with rows of a whole night and with none. */
TEST(every_draft_fills_without_a_gap) {
    for (size_t i = 0; i < clocks.count; i++)
        for (size_t k = 0; k < clocks.list[i].face_count; k++)
            for (int empty = 0; empty < 2; empty++) {
                char language[16];
                const struct clock_rule *r = &clocks.list[i];
                (void)snprintf(language, sizeof language, "%.*s", STR_ARGS(r->faces[k].language));
                EXPECT_EQ(write(r, language, empty ? bare() : night(), 0), ERR_OK);
                struct str mark = str_equal(r->faces[k].language, STR("ja")) ? STR("*** 弁護士確認用の案") : STR("*** DRAFT FOR COUNSEL");
                EXPECT(str_starts(buf_str(&draft), mark));
                EXPECT_EQ(times_said(mark), 2);
                EXPECT(str_find(buf_str(&draft), mark, draft.size - 120) < draft.size);
                EXPECT_SAYS_NOT("{");
                EXPECT_SAYS_NOT("\n\n\n"); /* a paragraph that came to nothing */
                EXPECT_SAYS_NOT(": ;");
                EXPECT_SAYS_NOT("  ;");
                EXPECT_SAYS_NOT("1970-");
                EXPECT(times_said(STR("inc_912834")) >= 1);
                EXPECT(times_said(STR("[to be filled in:")) + times_said(STR("［要記入：")) >= 3);
                EXPECT(str_is_utf8(buf_str(&draft)));
            }
}

TEST(a_draft_tells_the_night_by_the_rows) {
    EXPECT_EQ(write(rule("appi_preliminary"), "ja-JP", night(), 0), ERR_OK);
    EXPECT_SAYS("期限：2026-03-04 00:41 +09:00（知った時点 2026-03-01 00:41 +09:00 から3日）"); /* by the door, not by the event */
    EXPECT_SAYS("最初の確認：2026-03-01 00:31 +09:00");
    EXPECT_SAYS("カードから引き落とされた金額：発見 2026-03-01 00:41 +09:00、取り消し済み、確認待ち");
    EXPECT_SAYS("商品の注文：発見 2026-03-01 00:41 +09:00、停止 2026-03-01 00:41 +09:00");
    EXPECT_SAYS("引き落としまたは確保 50,500 JPY、返金 500 JPY、別の方法による補償 0 JPY、未回復 50,000 JPY");
    EXPECT_SAYS("出力または閲覧されたもの：export:orders");
    EXPECT_SAYS("2026-03-01 00:36 +09:00  注文 order:o1, 500 JPY: 行為者は確かでない");
    EXPECT_SAYS("第三者による最初の操作として記録されているもの：2026-03-01 00:31 +09:00  ログイン (success)");
    EXPECT_SAYS("1名");
    EXPECT_SAYS_NOT("owners-own"); /* the owner's own acts are nobody's business */
    EXPECT_SAYS_NOT("ours");
    EXPECT_SAYS_NOT("sweep");
    EXPECT_EQ(write(rule("gdpr_33"), "en", night(), 0), ERR_OK);
    EXPECT_SAYS("Still open:\n- an amount taken from a card: undone, confirmation awaited\n- an order of goods: being undone\n- data of");
    EXPECT_EQ(write(rule("issuer_60_days"), "ja", night(), 0), ERR_OK); /* English where it has no Japanese */
    EXPECT_SAYS("an amount taken from a card: 50,000 JPY, charge:c1: undone, confirmation awaited; reference arn-77");
    EXPECT_SAYS("Case inc_912834, account a7351");
    EXPECT_SAYS("Due: 2026-04-30 00:41 +09:00");
}

TEST(what_the_rows_do_not_tell_is_to_be_filled_in) {
    EXPECT_EQ(write(rule("gdpr_33"), "en", bare(), 0), ERR_OK);
    EXPECT_SAYS("[to be filled in: how somebody else came into the account]");
    EXPECT_SAYS("[to be filled in: what happened; no act of anybody else is in the records]");
    EXPECT_SAYS("no money was taken");
    EXPECT_SAYS("Whether this clock runs, counsel decides: it is not certain that somebody else was inside");
    EXPECT_SAYS("it is not certain that somebody other than its owner used it");
    response.contained_ms = 0;
    EXPECT_EQ(write(rule("appi_person"), "ja", bare(), 0), ERR_OK);
    EXPECT_SAYS("停止：［要記入：時刻］");
    response.contained_ms = NIGHT_MS + MINUTE_MS;
    response.state = RESPONSE_FALSE_ALARM;
    EXPECT_EQ(write(rule("gdpr_34"), "en", night(), 0), ERR_OK);
    EXPECT_SAYS("then you proved that it was you yourself");
    EXPECT_SAYS_NOT("Somebody other than you");
    response.state = RESPONSE_PLANNED;
    struct buf tight = buf_over(draft_memory, 200);
    struct clock_source s = night();
    EXPECT_EQ(clock_draft_write(&clocks, rule("gdpr_33"), &s, &(struct clock_wish){STR("en"), 0}, &tight), ERR_FULL);
}

TEST(due_times) {
    EXPECT_EQ(clock_due_ms(rule("gdpr_33"), NIGHT_MS), NIGHT_MS + 72 * HOUR_MS);
    EXPECT_EQ(clock_due_ms(rule("ca_sb446_residents"), NIGHT_MS), NIGHT_MS + 30 * DAY_MS);
    struct clock_source s = night();
    EXPECT_EQ(clock_known_ms(&s), NIGHT_MS);
    const struct clock_rule *issuer = rule("issuer_60_days");
    EXPECT_EQ(clock_remind_ms(issuer, NIGHT_MS, NIGHT_MS), NIGHT_MS + 7 * DAY_MS);
    EXPECT_EQ(clock_remind_ms(issuer, NIGHT_MS, NIGHT_MS + 7 * DAY_MS), NIGHT_MS + 30 * DAY_MS);
    EXPECT_EQ(clock_remind_ms(issuer, NIGHT_MS, NIGHT_MS + 50 * DAY_MS), 0);
    EXPECT_EQ(rule("ca_sb446_ag")->from, CLOCK_FROM_TOLD);
    EXPECT_EQ(write(rule("ca_sb446_ag"), "en", night(), NIGHT_MS + DAY_MS), ERR_OK);
    EXPECT_SAYS("Due: 2026-03-16 08:41 -07:00, that is 15 days after 2026-03-01 07:41 -08:00"); /* over the change to summer time */
}

static struct clock_finding found(const char *name, struct clock_source s) {
    return clock_applies(rule(name), &s);
}

TEST(which_clocks_run) {
    EXPECT_EQ(found("gdpr_33", night()).verdict, CLOCK_RUNS);
    EXPECT_EQ(found("gdpr_33", night()).why, WORD_WHY_DATA_EXPORTED);
    EXPECT_EQ(found("gdpr_33", bare()).verdict, CLOCK_COUNSEL); /* sessions are looked after always: that says nothing */
    struct clock_source inside = bare();
    inside.events = events, inside.event_count = 2; /* the owner, and a failure */
    EXPECT_EQ(found("gdpr_33", inside).verdict, CLOCK_COUNSEL);
    inside.event_count = 3;
    EXPECT_EQ(found("gdpr_33", inside).verdict, CLOCK_RUNS);
    EXPECT_EQ(found("gdpr_33", inside).why, WORD_WHY_DATA_OPEN);
    EXPECT_EQ(found("gdpr_34", night()).verdict, CLOCK_COUNSEL);
    EXPECT_EQ(found("ca_sb446_residents", night()).verdict, CLOCK_COUNSEL);
    EXPECT_EQ(found("ca_sb446_ag", night()).verdict, CLOCK_RUNS_NOT);
    EXPECT_EQ(found("issuer_60_days", night()).verdict, CLOCK_RUNS);
    EXPECT_EQ(found("issuer_60_days", bare()).verdict, CLOCK_RUNS_NOT);
    EXPECT_EQ(found("pci", bare()).verdict, CLOCK_RUNS_NOT);
    EXPECT_EQ(found("pci", night()).verdict, CLOCK_COUNSEL);
    response.state = RESPONSE_FALSE_ALARM;
    EXPECT_EQ(found("gdpr_33", night()).verdict, CLOCK_RUNS_NOT);
    EXPECT_EQ(found("gdpr_33", night()).why, WORD_WHY_FALSE_ALARM);
    response.state = RESPONSE_PLANNED;
}

TEST(those_that_a_policy_names) {
    struct clock_source s = night();
    struct clock_run runs[4];
    struct problem p = {0};
    EXPECT_EQ(clocks_running(&clocks, STR("appi_final nothing ca_sb446_ag gdpr_34"), &s, runs, 4), 2);
    EXPECT_STR(runs[0].rule->name, STR("appi_final"));
    EXPECT_EQ(runs[0].due_ms, NIGHT_MS + 29 * DAY_MS);
    EXPECT_EQ(runs[1].finding.verdict, CLOCK_COUNSEL);
    EXPECT_EQ(clocks_running(&clocks, STR("gdpr_33 gdpr_34"), &s, runs, 1), 1);
    EXPECT_EQ(clocks_running(&clocks, STR(""), &s, runs, 4), 0);
    EXPECT_EQ(clocks_check_names(&clocks, STR("gdpr_33 pci"), &p), ERR_OK);
    EXPECT_EQ(clocks_check_names(&clocks, STR("gdpr_33 gpdr_34"), &p), ERR_NOT_FOUND);
    EXPECT(strstr(p.what, "gpdr_34"));
}

/* ---- files that are not as they must be ---------------------------------------------------------------------------------------------- */

#define FACE    "[en]\ntitle = \"T\"\nnote = [\"N\"]\n"
#define SECTION "[en.a]\ntitle = \"A\"\ntext = [\"{case}\"]\n"
#define KEYS                                                                                                                               \
    "name = \"x\"\nregime = \"R\"\njurisdiction = \"J\"\nsource = \"S\"\ntimezone = \"Etc/UTC\"\nto = \"person\"\ncounted_from = "         \
    "\"known\"\n"                                                                                                                          \
    "after = \"72h\"\napplies = [\"always\"]\n"

/* The whole bundle with `file` as x.toml; `from` in it becomes `to`. */
static enum err read_with(const char *from, const char *to, struct problem *p) {
    static char arena_memory[CLOCKS_MEMORY_SIZE], bundle_memory[512 * 1024], file_memory[4096];
    struct arena arena = arena_over(arena_memory, sizeof arena_memory);
    struct buf bundle = buf_over(bundle_memory, sizeof bundle_memory), file = buf_over(file_memory, sizeof file_memory);
    struct str whole = STR(KEYS FACE SECTION);
    size_t at = str_find(whole, str_from(from), 0);
    EXPECT(at < whole.size);
    buf_text(&file, str_slice(whole, 0, at));
    buf_text(&file, str_from(to));
    buf_text(&file, str_slice(whole, at + strlen(from), whole.size));
    buf_text(&bundle, clocks_built_in());
    bundle_add(&bundle, STR("x.toml"), buf_str(&file));
    struct clock_rules c;
    *p = (struct problem){0};
    enum err err = clocks_read(buf_str(&bundle), &arena, &c, p);
    if (!err) EXPECT(clock_find(&c, STR("x")));
    return err;
}

TEST(a_rule_that_is_not_whole_is_refused_with_its_place) {
    static const struct {
        const char *from, *to, *what;
    } wrong[] = {
        {"regime = \"R\"\n", "", "regime is missing"},
        {"applies = [\"always\"]", "applies = []", "a condition"},
        {"\"always\"", "\"allways\"", "no such condition"},
        {"\"always\"", "\"always 3\"", "no such condition"},
        {"\"always\"", "\"residents_over\"", "no such condition"},
        {"\"always\"", "\"residents_over -1\"", "no such condition"},
        {"\"always\"", "\"always\",\"always\",\"always\",\"always\",\"always\"", "too many conditions"},
        {"\"72h\"", "\"72\"", "hours or days"},
        {"\"72h\"", "\"0d\"", "hours or days"},
        {"\"72h\"", "\"99999999999999999999d\"", "hours or days"},
        {"\"72h\"", "\"h\"", "hours or days"},
        {"\"72h\"", "72", "a text"},
        {"\"person\"", "\"everybody\"", "authority, person or issuer"},
        {"\"known\"", "\"felt\"", "known or told"},
        {"Etc/UTC", "Mars/Base", "no such time zone"},
        {"name = \"x\"", "name = \"y\"", "not called as its rule"},
        {"regime = ", "regimen = ", "no such key"},
        {"regime = \"R\"", "regime = \"R\"\nremind = [\"soon\"]", "a reminder is"},
        {"{case}", "{iban}", "'{iban}'"},
        {"\"{case}\"", "", "list of texts"},
        {"\"{case}\"", "\"\"", "not empty"},
        {"text = [", "txt = [", "title and text"},
        {"title = \"A\"\n", "", "title or text of a section"},
        {"[\"N\"]", "[\"{case}\"]", "'{case}'"},
        {"note = [\"N\"]\n", "", "title or note"},
        {"[en]", "[fr]", "[en]"},
        {"[en.a]", "[fr.a]", "a section of a language"},
        {"[en.a]", "[fr]\ntitle = \"T\"\nnote = [\"N\"]\n[fr.a]\ntitle = \"A\"\ntext = [\"a\"]\n[en.a]", "no words"},
        {"[en]", "[[en]]", "not supported"},
    };
    struct problem p;
    EXPECT_EQ(read_with("x", "x", &p), ERR_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        enum err err = read_with(wrong[i].from, wrong[i].to, &p);
        if (!err || !strstr(p.what, wrong[i].what)) printf("%s -> %s: %s: %s\n", wrong[i].from, wrong[i].to, p.where, p.what);
        EXPECT(err && strstr(p.what, wrong[i].what));
        EXPECT(strstr(p.where, "x.toml:") || strstr(p.what, "no words"));
    }
}

TEST(words_that_are_not_whole_are_refused) {
    static char arena_memory[CLOCKS_MEMORY_SIZE], text[64 * 1024];
    static const struct {
        const char *from, *to, *what;
    } wrong[] = {
        {"order_placed = ", "order_plaited = ", "no such word"},
        {"{loss} ", "{gain} ", "can't stand here"},
        {"login = \"login\"\n", "", "kind.login is missing"},
        {"language = \"en\"", "", "language is not named"},
        {"\"points\"", "\"\"", "not empty"},
    };
    struct source words;
    EXPECT(bundle_find(clocks_built_in(), STR("words/en.toml"), &words));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct arena arena = arena_over(arena_memory, sizeof arena_memory);
        struct buf b = buf_over(text, sizeof text);
        size_t at = str_find(words.text, str_from(wrong[i].from), 0);
        struct clock_words out;
        struct problem p = {0};
        buf_text(&b, str_slice(words.text, 0, at));
        buf_text(&b, str_from(wrong[i].to));
        buf_text(&b, str_slice(words.text, at + strlen(wrong[i].from), words.text.size));
        EXPECT_EQ(clock_words_read((struct source){STR("en.toml"), buf_str(&b)}, &arena, &out, &p), ERR_INVALID);
        EXPECT(strstr(p.what, wrong[i].what));
        EXPECT(strstr(p.where, "en.toml:"));
    }
}

int main(void) {
    RUN(those_that_ship_are_whole);
    RUN(every_draft_fills_without_a_gap);
    RUN(a_draft_tells_the_night_by_the_rows);
    RUN(what_the_rows_do_not_tell_is_to_be_filled_in);
    RUN(due_times);
    RUN(which_clocks_run);
    RUN(those_that_a_policy_names);
    RUN(a_rule_that_is_not_whole_is_refused_with_its_place);
    RUN(words_that_are_not_whole_are_refused);
    return test_end();
}
