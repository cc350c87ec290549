// SPDX-License-Identifier: Apache-2.0
/* Writes reports of a night's rows, in both languages: whole, balanced, true to the rows, and another version only when something changed.
 */
#include "notify/report.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/moment.h"
#include "base/test.h"
#include "event/event.h"
#include "respond/respond.h"

#define NIGHT_MS INT64_C(1772293267000) /* 2026-02-28 15:41:07 UTC: 00:41 in Tokyo */
#define S(text)                                                                                                                            \
    { "" text, sizeof(text) - 1 }

/* ---- the night ---------------------------------------------------------------------------------------------------------------------- */

static const struct incident_row incident_then = {
    .id = S("inc_7"),
    .account = S("a7351"),
    .opened_ms = NIGHT_MS + 180000,
    .window_from_ms = NIGHT_MS,
    .path =
        S("{\"networks\":[{\"prefix\":\"203.0.113.0/24\",\"asn\":64500,\"country\":\"NL\",\"net\":\"hosting\"}],\"clients\":[\"Mozilla/5.0 "
          "(Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0\"]}"),
};
static const struct response_row response_then = {
    .incident = S("inc_7"), .state = RESPONSE_WAITING, .confident = true, .decided_ms = NIGHT_MS + 180000};
static const struct effect_row effects_then[] = {
    {.id = S("inc_7/e1"),
     .kind = S("sessions"),
     .object = S("sessions"),
     .state = S("verified"),
     .phase = PHASE_VERIFIED,
     .found_ms = NIGHT_MS + 180000,
     .contained_ms = NIGHT_MS + 181000,
     .since_ms = NIGHT_MS + DAY_MS},
    {.id = S("inc_7/e2"),
     .kind = S("password"),
     .object = S("password"),
     .state = S("waiting"),
     .phase = PHASE_PENDING,
     .found_ms = NIGHT_MS + 180000,
     .contained_ms = NIGHT_MS + 181000,
     .due_ms = NIGHT_MS + 2 * DAY_MS},
    {.id = S("inc_7/e3"),
     .kind = S("sweep_shop"),
     .object = S("system:shop"),
     .state = S("quiet"),
     .phase = PHASE_CONFIRMED,
     .due_ms = NIGHT_MS + DAY_MS},
    {.id = S("inc_7/e4"),
     .kind = S("captured_charge"),
     .object = S("charge:c-topup"),
     .state = S("refunded"),
     .phase = PHASE_PENDING,
     .amount_minor = 50000,
     .currency = "JPY",
     .reference = S("refund-1"),
     .found_ms = NIGHT_MS + 180000,
     .contained_ms = NIGHT_MS + 181000,
     .due_ms = NIGHT_MS + HOUR_MS},
    {.id = S("inc_7/e5"),
     .kind = S("card_authorisation"),
     .object = S("charge:c-parcel"),
     .state = S("verified"),
     .phase = PHASE_VERIFIED,
     .amount_minor = 1234,
     .currency = "EUR",
     .found_ms = NIGHT_MS + 180000,
     .contained_ms = NIGHT_MS + 181000,
     .since_ms = NIGHT_MS + DAY_MS},
    {.id = S("inc_7/e6"),
     .kind = S("order"),
     .object = S("order:o-parcel"),
     .state = S("human"),
     .phase = PHASE_HUMAN,
     .amount_minor = 1234,
     .currency = "EUR",
     .found_ms = NIGHT_MS + 180000,
     .contained_ms = NIGHT_MS + 181000},
};
#define EFFECTS (sizeof effects_then / sizeof effects_then[0])
static const struct ledger_row ledger_then[] = {
    {.effect = S("inc_7/e4"), .kind = LEDGER_LOSS, .amount_minor = 50000, .currency = "JPY", .at_ms = NIGHT_MS + 180000},
    {.effect = S("inc_7/e5"), .kind = LEDGER_LOSS, .amount_minor = 1234, .currency = "EUR", .at_ms = NIGHT_MS + 180000},
    {.effect = S("inc_7/e5"),
     .kind = LEDGER_RETURNED,
     .amount_minor = 1234,
     .currency = "EUR",
     .at_ms = NIGHT_MS + 190000,
     .evidence = S("74537600000000021566991")},
    {.effect = S("inc_7/e4"), .kind = LEDGER_WRITEOFF, .amount_minor = 77, .currency = "JPY", .at_ms = NIGHT_MS + 190000},
};
#define LEDGER (sizeof ledger_then / sizeof ledger_then[0])
static const struct incident_event_row events_then[] = {
    {.time_ms = NIGHT_MS - 9 * DAY_MS, .kind = S("login"), .whose = WHOSE_OWNER, .facts = S("{\"method\":\"passkey\"}")},
    {.time_ms = NIGHT_MS, .kind = S("login"), .whose = WHOSE_HIJACKER, .facts = S("{\"method\":\"password\"}")},
    {.time_ms = NIGHT_MS + 175000,
     .kind = S("balance_topped_up"),
     .whose = WHOSE_HIJACKER,
     .object = S("charge:c-topup"),
     .facts = S("{}"),
     .amount_minor = 50000,
     .currency = "JPY"},
    {.time_ms = NIGHT_MS + 176000,
     .kind = S("address_changed"),
     .whose = WHOSE_HIJACKER,
     .detail = S("added"),
     .object = S("address:ad-drop"),
     .facts = S("{}")},
    {.time_ms = NIGHT_MS + 177000,
     .kind = S("payment_state"),
     .whose = WHOSE_HIJACKER,
     .detail = S("captured"),
     .object = S("charge:c-topup"),
     .facts = S("{}")},
    {.time_ms = NIGHT_MS + 690000, .kind = S("password_reset_requested"), .whose = WHOSE_OWNER, .facts = S("{}")},
};
#define EVENTS (sizeof events_then / sizeof events_then[0])
static const struct proof_row proofs_then[] = {
    {.effect = S("inc_7/e1"), .at_ms = NIGHT_MS + DAY_MS, .observer = S("identity"), .ok = true},
    {.effect = S("inc_7/e5"), .at_ms = NIGHT_MS + DAY_MS, .observer = S("payment"), .ok = true},
    {.effect = S("inc_7/e4"), .at_ms = NIGHT_MS + HOUR_MS, .observer = S("payment"), .ok = true},
};
#define PROOFS (sizeof proofs_then / sizeof proofs_then[0])
static const struct notice_row notices_then[] = {
    {.id = S("inc_7/n1"),
     .audience = S("owner"),
     .subject = S("first"),
     .state = NOTICE_READ,
     .title = S("It is stopped"),
     .written_ms = NIGHT_MS + 181000,
     .accepted_ms = NIGHT_MS + 183000,
     .read_ms = NIGHT_MS + 700000},
    {.id = S("inc_7/n2"), .audience = S("operator"), .subject = S("exhausted"), .state = NOTICE_OUT, .title = S("for people of ours")},
    {.id = S("inc_7/n3"), .audience = S("owner"), .subject = S("update"), .state = NOTICE_HELD, .title = S("not told yet")},
};
#define NOTICES (sizeof notices_then / sizeof notices_then[0])
static const struct task_row tasks_then[] = {
    {.id = S("inc_7/t1"),
     .effect = S("inc_7/e6"),
     .kind = S("follow"),
     .asks = S("where is it?"),
     .state = TASK_OPEN,
     .due_ms = NIGHT_MS + 3 * DAY_MS},
};
static const struct audit_row audits_then[] = {
    {.at_ms = NIGHT_MS + 181000, .what = S("effect_state"), .body = S("{\"about\":\"inc_7/e1\",\"from\":\"probing\",\"to\":\"dead\"}")},
    {.at_ms = NIGHT_MS + DAY_MS, .what = S("effect_state"), .body = S("{\"about\":\"inc_7/e1\",\"from\":\"proving\",\"to\":\"verified\"}")},
    {.at_ms = NIGHT_MS + 190000,
     .what = S("effect_state"),
     .body = S("{\"about\":\"inc_7/e5\",\"from\":\"cancelling\",\"to\":\"confirming\"}")},
    {.at_ms = NIGHT_MS + 182000, .what = S("step_answered"), .body = S("{\"about\":\"inc_7/e3/find_effects.all/1\",\"to\":\"done\"}")},
    {.at_ms = NIGHT_MS + 182000,
     .what = S("looked_found_nothing"),
     .body = S("{\"about\":\"inc_7/e3/find_effects.all/1\",\"to\":\"points\"}")},
    {.at_ms = NIGHT_MS + 182000,
     .what = S("looked_found_nothing"),
     .body = S("{\"about\":\"inc_7/e3/find_effects.all/1\",\"to\":\"order\"}")},
    {.at_ms = NIGHT_MS + 182000,
     .what = S("looked_found_nothing"),
     .body = S("{\"about\":\"inc_7/e3/find_effects.all/1\",\"to\":\"<b>\"}")},
};
#define AUDITS (sizeof audits_then / sizeof audits_then[0])

static struct {
    struct incident_row incident;
    struct response_row response;
    struct effect_row effects[EFFECT_COUNT_MAX];
    struct ledger_row ledger[EFFECT_COUNT_MAX];
    struct incident_event_row events[2000];
    struct proof_row proofs[8];
    struct notice_row notices[8];
    struct task_row tasks[8];
    struct audit_row audits[16];
} night;
static struct report_source source;
static struct report_wish wish;

static void dawn(void) {
    night.incident = incident_then, night.response = response_then;
    memcpy(night.effects, effects_then, sizeof effects_then);
    memcpy(night.ledger, ledger_then, sizeof ledger_then);
    memcpy(night.events, events_then, sizeof events_then);
    memcpy(night.proofs, proofs_then, sizeof proofs_then);
    memcpy(night.notices, notices_then, sizeof notices_then);
    memcpy(night.tasks, tasks_then, sizeof tasks_then);
    memcpy(night.audits, audits_then, sizeof audits_then);
    source = (struct report_source){
        .rows = {&night.incident, &night.response, night.effects, EFFECTS, night.ledger, LEDGER},
        .events = night.events,
        .event_count = EVENTS,
        .proofs = night.proofs,
        .proof_count = PROOFS,
        .notices = night.notices,
        .notice_count = NOTICES,
        .tasks = night.tasks,
        .task_count = 1,
        .audits = night.audits,
        .audit_count = AUDITS,
    };
    wish = (struct report_wish){.version = 3, .made_ms = NIGHT_MS + 2 * DAY_MS, .zone = STR("Asia/Tokyo")};
}

/* ---- what is written ---------------------------------------------------------------------------------------------------------------- */

static char arena_memory[REPORT_MEMORY_SIZE], text_memory[4 << 20];
static struct document document;
static struct buf text;

static struct phrases language(const char *tag) {
    struct phrases p;
    struct problem problem = {0};
    EXPECT_EQ(phrases_choose(phrases_built_in(), str_from(tag), &p, &problem), ERR_OK);
    if (problem.what[0]) printf("%s: %s\n", problem.where, problem.what);
    return p;
}

static void write(const char *tag) {
    struct phrases p = language(tag);
    struct arena arena = arena_over(arena_memory, sizeof arena_memory);
    EXPECT_EQ(report_write(&p, &source, &wish, &arena, &document), ERR_OK);
    text = buf_over(text_memory, sizeof text_memory);
    document_write_text(&document, &text);
    EXPECT(!text.overflow);
}

static bool says(const char *what) {
    return str_find(buf_str(&text), str_from(what), 0) < text.size;
}
#define EXPECT_SAYS(what)                                                                                                                  \
    do {                                                                                                                                   \
        if (!says(what)) printf("missing: %s\n", what);                                                                                    \
        EXPECT(says(what));                                                                                                                \
    } while (0)

static struct hash128 digest(void) {
    struct phrases p = language("ja");
    struct arena arena = arena_over(arena_memory, sizeof arena_memory);
    struct hash128 h = {0};
    EXPECT_EQ(report_digest(&p, &source, &wish, &arena, &h), ERR_OK);
    return h;
}

/* The n-th row of the table whose first head cell is followed by `second`. */
static const struct block *row_of(struct str head, size_t column, size_t n) {
    for (const struct block *b = document.first; b; b = b->next) {
        if (b->kind != BLOCK_TABLE_HEAD || b->cell_count <= column || !str_equal(b->cells[column].text, head)) continue;
        for (b = b->next; b && b->kind > BLOCK_TABLE_HEAD; b = b->next)
            if (n-- == 0) return b;
        return NULL;
    }
    return NULL;
}

TEST(the_report_tells_the_night_in_english) {
    dawn();
    night.events[4].kind = STR("order_state"), night.events[4].detail = STR("delivered"), night.events[4].object = STR("order:o-parcel");
    write("en");
    EXPECT_SAYS("Who: Carrier\n  What: Delivered the parcel (o-parcel)");
    night.events[4].detail = STR("packed"); /* is no news to an owner */
    write("en");
    EXPECT(!says("Who: Carrier"));
    dawn();
    write("en");
    EXPECT_SAYS("Case     inc_7\nVersion  3\n");
    EXPECT_SAYS("On 2026-03-01 00:41 somebody else used your account.");
    EXPECT_SAYS("- When: 2026-03-01 00:41:07\n  Who: The other person\n  What: Signed in\n");
    EXPECT_SAYS("Topped up the balance (50,000 yen)");
    EXPECT_SAYS("Changed the postal addresses (ad-drop, added)");
    EXPECT_SAYS("Who: You\n  What: Asked for a reset of the password");
    EXPECT_SAYS("somebody signed in with the right password");
    EXPECT_SAYS("203.0.113.0/24, AS64500");
    EXPECT_SAYS("data centre");
    EXPECT_SAYS("Firefox on Windows");
    EXPECT_SAYS("- Your points: nothing; last looked for 2026-03-01 00:44");
    EXPECT_SAYS("- Shop: looked through 1 times");
    EXPECT_SAYS("74537600000000021566991");
    EXPECT_SAYS("What is left");
    EXPECT_SAYS("12.34 EUR came back: An amount reserved on your card (c-parcel)");
    EXPECT(!says("An order of goods: nothing")); /* there is one */
    EXPECT(!says("captured") && !says("<b>") && !says("for people of ours") && !says("not told yet") && !says("where is it?"));
    EXPECT(!says("{") && !says("sweep") && !says("77 yen")); /* what the shop writes off is the shop's */
    EXPECT(!says("2026-02-20"));                             /* the owner's own life */
}

/* Of a report in Japanese: the digits that it has, in order. */
static void write_figures(struct buf *out) {
    for (size_t i = 0; i < text.size; i++)
        if (isdigit((unsigned char)text.at[i])) buf_char(out, text.at[i]);
}

static int compare_digits(const void *a, const void *b) {
    return *(const char *)a - *(const char *)b;
}

TEST(both_languages_have_the_same_figures) {
    static char en_memory[64 << 10], ja_memory[64 << 10];
    struct buf en = buf_over(en_memory, sizeof en_memory), ja = buf_over(ja_memory, sizeof ja_memory);
    dawn();
    write("en");
    size_t blocks = document.block_count;
    write_figures(&en);
    write("ja-JP");
    EXPECT_EQ(document.block_count, blocks);
    EXPECT_STR(document.language, STR("ja"));
    write_figures(&ja);
    qsort(en.at, en.size, 1, compare_digits); /* the order within a sentence is the language's */
    qsort(ja.at, ja.size, 1, compare_digits);
    EXPECT_STR(buf_str(&en), buf_str(&ja));
    EXPECT_SAYS("誰が: 第三者\n  内容: 残高をチャージしました（50,000円）");
    EXPECT_SAYS("正しいパスワードでログインされました");
    EXPECT_SAYS("Windows の Firefox");
    EXPECT_SAYS("受付番号 inc_7　第3版");
}

TEST(every_effect_is_told_with_its_times) {
    dawn();
    write("en");
    const struct block *b;
    size_t told = 0;
    for (; (b = row_of(STR("Found"), 1, told)); told++) EXPECT_EQ(b->cell_count, 6);
    EXPECT_EQ(told, EFFECTS - 1); /* a sweep is none */
    b = row_of(STR("Found"), 1, 0);
    EXPECT_STR(b->cells[0].text, STR("Sign-ins to your account"));
    EXPECT_STR(b->cells[1].text, STR("2026-03-01 00:44:07"));
    EXPECT_STR(b->cells[2].text, STR("2026-03-01 00:44:08"));
    EXPECT_STR(b->cells[3].text, STR("2026-03-01 00:44:08"));
    EXPECT_STR(b->cells[4].text, STR("Sign-in system, 2026-03-02 00:41:07"));
    EXPECT_STR(b->cells[5].text, STR("secured, and looked at again"));
    b = row_of(STR("Found"), 1, 2); /* is on its way back: neither undone nor proven yet */
    EXPECT_STR(b->cells[0].text, STR("An amount taken from your card (c-topup, 50,000 yen)"));
    EXPECT_STR(b->cells[3].text, STR_NONE);
    EXPECT_STR(b->cells[4].text, STR_NONE);
    night.effects[0].state = STR("dead"), night.effects[0].phase = PHASE_REOPENED, night.effects[0].state = STR("ending");
    write("en");
    EXPECT_STR(row_of(STR("Found"), 1, 0)->cells[2].text, STR_NONE); /* it is not stopped any more */
    EXPECT_STR(row_of(STR("Found"), 1, 0)->cells[3].text, STR_NONE);
}

static int64_t minor(struct str amount) {
    int64_t value = 0;
    for (size_t i = 0; i < amount.size; i++)
        if (isdigit((unsigned char)amount.at[i])) value = value * 10 + amount.at[i] - '0';
    return value;
}

/* As the owner would add it up: of each line and each total, and down each column of one currency. */
static void expect_balance(void) {
    int64_t sums[2][3] = {{0}}, totals[2][3] = {{0}};
    size_t n = 0;
    for (const struct block *b; (b = row_of(STR("Amount"), 1, n)); n++) {
        int euro = str_find(b->cells[1].text, STR("EUR"), 0) < b->cells[1].text.size;
        EXPECT(b->cells[1].figure && b->cells[2].figure && b->cells[3].figure);
        EXPECT_EQ(minor(b->cells[1].text) - minor(b->cells[2].text), minor(b->cells[3].text));
        for (size_t i = 0; i < 3; i++) (b->kind == BLOCK_TABLE_TOTAL ? totals : sums)[euro][i] += minor(b->cells[i + 1].text);
    }
    EXPECT(n > 0);
    for (size_t i = 0; i < 6; i++) EXPECT_EQ(sums[i / 3][i % 3], totals[i / 3][i % 3]);
}

TEST(the_money_balances) {
    dawn();
    write("en");
    expect_balance();
    EXPECT_STR(row_of(STR("Amount"), 1, 0)->cells[3].text, STR("50,000 yen"));
    EXPECT_STR(row_of(STR("Amount"), 1, 0)->cells[5].text, STR("refund-1"));
    EXPECT_STR(row_of(STR("Amount"), 1, 1)->cells[5].text, STR("74537600000000021566991"));
    uint64_t seed = 4;
    for (int round = 0; round < 50; round++) {
        dawn();
        source.rows.ledger_count = 40;
        for (size_t i = 0; i < 40; i += 4) {
            int64_t loss = 1 + (int64_t)(test_random(&seed) % 100000), back = (int64_t)(test_random(&seed) % (uint64_t)(loss + 1));
            struct ledger_row row = {.effect = night.effects[test_random(&seed) % EFFECTS].id, .amount_minor = loss, .at_ms = NIGHT_MS};
            memcpy(row.currency, test_random(&seed) % 2 ? "JPY" : "EUR", 4);
            night.ledger[i] = row;
            row.kind = LEDGER_RETURNED, row.amount_minor = back, night.ledger[i + 1] = row;
            row.amount_minor = -back, night.ledger[i + 2] = row; /* it was wrong, and is made good in another way */
            row.kind = LEDGER_COMPENSATED, row.amount_minor = back, night.ledger[i + 3] = row;
        }
        write("en");
        expect_balance();
    }
}

TEST(what_he_was_told_is_listed_by_time) {
    dawn();
    night.notices[1] = night.notices[0], night.notices[1].title = STR("Earlier"), night.notices[1].written_ms -= 1000;
    night.notices[2] = night.notices[0], night.notices[2].state = NOTICE_FAILED, night.notices[2].written_ms += 1000;
    night.notices[2].read_ms = 0;
    write("en");
    EXPECT_STR(row_of(STR("Handed over"), 2, 0)->cells[1].text, STR("Earlier"));
    EXPECT_STR(row_of(STR("Handed over"), 2, 1)->cells[3].text, STR("2026-03-01 00:52:47"));
    EXPECT_STR(row_of(STR("Handed over"), 2, 2)->cells[2].text, STR("not delivered; one of us reaches you"));
    EXPECT(!row_of(STR("Handed over"), 2, 3));
}

TEST(what_is_left_has_a_holder_and_a_date) {
    dawn();
    write("en");
    const struct block *b = row_of(STR("Next step by"), 3, 0);
    EXPECT_STR(b->cells[0].text, STR("Your password"));
    EXPECT_STR(b->cells[2].text, STR("You"));
    b = row_of(STR("Next step by"), 3, 1);
    EXPECT_STR(b->cells[2].text, STR("We"));
    EXPECT_STR(b->cells[3].text, STR("2026-03-01 01:41:07"));
    b = row_of(STR("Next step by"), 3, 2);
    EXPECT_STR(b->cells[2].text, STR("One of us"));
    EXPECT_STR(b->cells[3].text, STR("2026-03-04 00:41:07"));
    b = row_of(STR("Next step by"), 3, 3);
    EXPECT_STR(b->cells[0].text, STR("A further look through the systems"));
    for (size_t i = 0; i < EFFECTS; i++) night.effects[i].phase = PHASE_VERIFIED;
    night.response.state = RESPONSE_CLOSED;
    write("en");
    EXPECT_SAYS("Nothing is left: for you, or for us.");
    EXPECT(!row_of(STR("Next step by"), 3, 0));
}

static const char *way_in(void) {
    static const char *const ways[] = {"with the right password", "by resetting or changing the password",
                                       "with a code, a passkey or the login", "We saw no sign-in of his.", "How he got in, we cannot say"};
    const char *found = NULL;
    write("en");
    for (size_t i = 0; i < 5; i++)
        if (says(ways[i])) found = found ? "two ways" : ways[i];
    return found ? found : "";
}

TEST(how_he_got_in_is_said_as_it_is_known) {
    dawn();
    EXPECT(strstr(way_in(), "right password"));
    night.events[1].facts = STR("{\"method\":\"otp\"}");
    EXPECT(strstr(way_in(), "a code"));
    night.events[1].facts = STR("{}");
    EXPECT(strstr(way_in(), "cannot say"));
    night.events[1].kind = STR("session_seen");
    EXPECT(strstr(way_in(), "no sign-in"));
    night.events[1].kind = STR("login"), night.events[1].detail = STR("failure");
    EXPECT(strstr(way_in(), "no sign-in")); /* a try that failed opened nothing */
    dawn();
    night.events[5].whose = WHOSE_HIJACKER, night.events[5].time_ms = NIGHT_MS - 60000;
    EXPECT(strstr(way_in(), "resetting"));
    dawn();
    source.event_count = 0;
    EXPECT(strstr(way_in(), "cannot say"));
}

TEST(nothing_is_said_that_is_in_no_row) {
    dawn();
    source.event_count = source.proof_count = source.notice_count = source.task_count = source.audit_count = 0;
    source.rows.effect_count = source.rows.ledger_count = 0;
    night.incident.path = STR_NONE;
    write("en");
    EXPECT(!says("looked through") && !says("What we told you") && !says("AS64500") && !says("yen") && !says("EUR") &&
           !says("What we changed"));
    EXPECT_SAYS("No money of yours was taken.");
    EXPECT(!row_of(STR("Found"), 1, 0));
}

static void expect_doing(enum response_state state, bool confident, const char *what, bool his) {
    dawn();
    night.response.state = state, night.response.confident = confident;
    write("en");
    EXPECT_SAYS(what);
    EXPECT_EQ(says("If you use the same password"), his);
    EXPECT_EQ(says("How he got in"), his);
    EXPECT_EQ(says("What could be seen"), his);
    EXPECT_EQ(says("Tell us whether it was you"), !his && !confident);
    EXPECT_SAYS("AS64500");
}

TEST(who_it_was_is_said_as_it_is_known) {
    expect_doing(RESPONSE_CONTAINED, false, "unusual for you. We are holding", false);
    expect_doing(RESPONSE_UNDOING, true, "We are still at work on it", true);
    expect_doing(RESPONSE_CLOSED, true, "is undone or made good", true);
    expect_doing(RESPONSE_FALSE_ALARM, true, "It was you, as we know now", false);
    night.events[2].whose = WHOSE_OWNER; /* then it was he who did it */
    write("en");
    EXPECT_SAYS("Who: You\n  What: Topped up the balance (50,000 yen)");
}

/* ---- versions ----------------------------------------------------------------------------------------------------------------------- */

#define EXPECT_NEW(change)                                                                                                                 \
    do {                                                                                                                                   \
        dawn();                                                                                                                            \
        change;                                                                                                                            \
        struct hash128 now = digest();                                                                                                     \
        EXPECT(now.low != then.low && now.high != then.high);                                                                              \
    } while (0)
#define EXPECT_SAME(change)                                                                                                                \
    do {                                                                                                                                   \
        dawn();                                                                                                                            \
        change;                                                                                                                            \
        struct hash128 now = digest();                                                                                                     \
        EXPECT(now.low == then.low && now.high == then.high);                                                                              \
    } while (0)

TEST(there_is_a_new_version_when_a_line_changes_and_only_then) {
    dawn();
    struct hash128 then = digest();
    EXPECT_NEW(night.effects[3].phase = PHASE_CONFIRMED);
    EXPECT_NEW(night.effects[3].amount_minor = 50001);
    EXPECT_NEW(night.effects[5].contained_ms += 1000);
    EXPECT_NEW(source.rows.effect_count--);
    EXPECT_NEW(source.rows.ledger_count -= 2);
    EXPECT_NEW(night.ledger[2].evidence = STR("another"));
    EXPECT_NEW(night.ledger[1].amount_minor++);
    EXPECT_NEW(source.event_count = 3);
    EXPECT_NEW(night.events[1].time_ms -= 1000);
    EXPECT_NEW(night.events[1].whose = WHOSE_UNKNOWN);
    EXPECT_NEW(source.audit_count = 3);
    EXPECT_NEW(night.proofs[0].observer = STR("owner"));
    EXPECT_NEW(night.tasks[0].effect = STR("inc_7/e4"));
    EXPECT_NEW(night.response.state = RESPONSE_CLOSED);
    EXPECT_NEW(night.incident.path = STR("{}"));
    EXPECT_SAME(wish.version = 9);
    EXPECT_SAME(wish.made_ms += DAY_MS);
    EXPECT_SAME(night.effects[3].due_ms += DAY_MS); /* it is looked at again and again */
    EXPECT_SAME(night.proofs[2].at_ms += DAY_MS);   /* and each time there is a proof that it is under way */
    EXPECT_SAME(night.tasks[0].due_ms += DAY_MS);
    EXPECT_SAME(night.effects[3].version++);
    EXPECT_SAME(night.effects[2].due_ms += DAY_MS);
    EXPECT_SAME(source.notice_count = 0);           /* the report is told too */
    EXPECT_SAME(night.ledger[3].amount_minor = 99); /* the shop's own */
    EXPECT_SAME(night.events[0].time_ms -= 1000);   /* the owner's own life */
}

/* ---- strangers and bounds ----------------------------------------------------------------------------------------------------------- */

TEST(what_strangers_wrote_stays_where_it_is) {
    dawn();
    night.effects[5].object = STR("order:x\ny\xE2\x80\xAEz\x1B[2J");
    night.events[3].object = STR("address:<script>");
    night.incident.path = STR("{\"networks\":[{\"country\":\"\\u202e\",\"net\":\"zoo\"}],\"clients\":[\"evil\\nagent\"]}");
    write("en");
    EXPECT_SAYS("An order of goods (x?y?z?[2J, 12.34 EUR)");
    EXPECT_SAYS("evil?agent");
    EXPECT(!says("zoo") && !says("\x1B") && !says("\xE2\x80\xAE"));
    static char html_memory[1 << 20];
    struct buf html = buf_over(html_memory, sizeof html_memory);
    document_write_html(&document, &html);
    EXPECT(!html.overflow && str_find(buf_str(&html), STR("<script"), 0) == html.size);
    EXPECT(str_find(buf_str(&html), STR("&lt;script&gt;"), 0) < html.size);
    night.incident.path = STR("[[[");
    night.audits[0].body = STR("{");
    night.events[1].facts = STR("\"");
    write("en");
}

#define MANY 4000
static struct ledger_row many_ledger[MANY];
static struct notice_row many_notices[MANY];

/* Rows without end, with texts without end: it must be written all the same, for who tells an owner waits for it. `apart_ms`: between what
 * was done to one effect and to the next. */
static void swell(int64_t apart_ms) {
    static char ids[EFFECT_COUNT_MAX][24], object[2048], evidence[512], path[150 * 1024];
    dawn();
    memset(object, 'w', sizeof object), memset(evidence, '7', sizeof evidence), memset(path, ' ', sizeof path);
    memcpy(object, "order:", 6);
    memcpy(path, "{\"clients\":[\"x\"]", 17);
    path[sizeof path - 1] = '}';
    source.rows.effect_count = EFFECT_COUNT_MAX;
    source.event_count = sizeof night.events / sizeof night.events[0];
    for (size_t i = 0; i < EFFECT_COUNT_MAX; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "inc_7/e%zu", i + 1);
        night.effects[i] = night.effects[5];
        night.effects[i].id = str_from(ids[i]);
        night.effects[i].object = night.effects[i].reference = (struct str){object, sizeof object};
        night.effects[i].contained_ms += (int64_t)i * apart_ms;
    }
    for (size_t i = 0; i < source.event_count; i++) {
        night.events[i] = night.events[3], night.events[i].time_ms += (int64_t)i * apart_ms;
        night.events[i].object = (struct str){object, sizeof object};
    }
    for (size_t i = 0; i < MANY; i++) {
        many_ledger[i] = night.ledger[2], many_notices[i] = night.notices[0];
        many_ledger[i].effect = night.effects[i % EFFECT_COUNT_MAX].id;
        many_ledger[i].evidence = (struct str){evidence, sizeof evidence};
        memcpy(many_ledger[i].currency, i % 3 ? "JPY" : "EUR", 4);
        many_notices[i].title = (struct str){object, 1000};
    }
    source.rows.ledger = many_ledger, source.rows.ledger_count = MANY, source.notices = many_notices, source.notice_count = MANY;
    night.incident.path = (struct str){path, sizeof path};
}

TEST(the_largest_report_fits) {
    swell(1000);
    write("ja");
    EXPECT_SAYS("ほかに同様のものが1500件ありますが");
    EXPECT(document.block_count < 5400);
    swell(0);
    write("en");
    struct phrases p = language("ja");
    struct arena arena = arena_over(arena_memory, 700 * 1024);
    EXPECT_EQ(report_write(&p, &source, &wish, &arena, &document), ERR_FULL);
    arena = arena_over(arena_memory, 1024);
    EXPECT_EQ(report_write(&p, &source, &wish, &arena, &document), ERR_FULL);
}

TEST(every_act_has_a_name) {
    for (int kind = 1; kind < KIND_COUNT; kind++) {
        enum kind_group group = kind_group((enum kind)kind);
        if (group != GROUP_ACCESS && group != GROUP_CREDENTIAL && group != GROUP_VALUE) continue;
        if (kind == KIND_SESSION_SEEN || kind == KIND_LOGOUT) continue;
        dawn();
        source.event_count = 2;
        night.events[1].kind = kind_name((enum kind)kind);
        write("en");
        if (says("Did something else")) printf("no name: %.*s\n", STR_ARGS(night.events[1].kind));
        EXPECT(!says("Did something else"));
    }
}

int main(void) {
    RUN(the_report_tells_the_night_in_english);
    RUN(both_languages_have_the_same_figures);
    RUN(every_effect_is_told_with_its_times);
    RUN(the_money_balances);
    RUN(what_he_was_told_is_listed_by_time);
    RUN(what_is_left_has_a_holder_and_a_date);
    RUN(how_he_got_in_is_said_as_it_is_known);
    RUN(nothing_is_said_that_is_in_no_row);
    RUN(who_it_was_is_said_as_it_is_known);
    RUN(there_is_a_new_version_when_a_line_changes_and_only_then);
    RUN(what_strangers_wrote_stays_where_it_is);
    RUN(the_largest_report_fits);
    RUN(every_act_has_a_name);
    return test_end();
}
