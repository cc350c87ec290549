// SPDX-License-Identifier: Apache-2.0
/* Proves the door: incidents open, follow and close as they should, and what is written tells all of it. */
#include "incident/incident.h"

#include "base/check.h"
#include "base/json.h"
#include "incident/accounts_test.h"
#include "incident/lineage.h"
#include "incident/record.h"
#include "incident/wording.h"

/* A server in small: feeds one event after another, keeps the rows that are written, as the store would. */
struct shop {
    struct scenario thread;
    uint64_t open;
    struct incident_change last;
    struct {
        bool written;
        enum whose whose;
        char why[512], facts[64];
    } rows[SCENARIO_EVENTS_MAX + 1]; /* by position, of the incident that was open last */
    struct incident_row incident;    /* as last written; texts of the last step */
    struct decision_row decision;
    unsigned opened, closed, incident_writes, event_writes, decision_writes;
};

static struct shop shop;

static void open_shop(void) {
    memset(&shop, 0, sizeof shop);
}

static void keep_event(const struct incident_event_row *r) {
    shop.event_writes++;
    shop.rows[r->position].written = true;
    shop.rows[r->position].whose = r->whose;
    (void)snprintf(shop.rows[r->position].why, sizeof shop.rows[0].why, "%.*s", STR_ARGS(r->why));
    (void)snprintf(shop.rows[r->position].facts, sizeof shop.rows[0].facts, "%.*s", STR_ARGS(r->facts));
}

static void keep(const struct incident_write *w, uint64_t position) {
    EXPECT_EQ(w->position, position);
    switch (w->kind) {
    case WRITE_INCIDENT: shop.incident = w->as.incident, shop.incident_writes++; break;
    case WRITE_INCIDENT_EVENT: keep_event(&w->as.event); break;
    case WRITE_DECISION: shop.decision = w->as.decision, shop.decision_writes++; break;
    case WRITE_RESPONSE:
    case WRITE_EFFECT:
    case WRITE_STEP:
    case WRITE_TASK:
    case WRITE_LEDGER:
    case WRITE_NOTICE:
    case WRITE_HOLD:
    case WRITE_PROOF:
    case WRITE_AUDIT: CHECK(false); /* not this room's */
    }
}

/* Takes the event that was added to the thread last through the door. */
static void advance(void) {
    static char memory[INCIDENT_STEP_SIZE_MAX];
    struct arena step = arena_over(memory, sizeof memory);
    struct scenario *s = &shop.thread;
    const struct account_event *at = &s->events[s->count - 1];
    bool whole = incident_wants_thread(&at->event, &at->decision, shop.open);
    struct incident_input in = {.thread = whole ? s->events : at,
                                .thread_count = whole ? s->count : 1,
                                .open_position = shop.open,
                                .position = at->position,
                                .now_ms = at->event.time_ms};
    incident_advance(&in, &step, &shop.last);
    EXPECT(shop.last.write_count <= in.thread_count + 2);
    EXPECT(!(shop.last.opened && shop.open)); /* never a second one */
    EXPECT(!(shop.last.closed && !shop.open));
    if (shop.last.opened) memset(shop.rows, 0, sizeof shop.rows);
    for (size_t i = 0; i < shop.last.write_count; i++) keep(&shop.last.writes[i], at->position);
    shop.opened += shop.last.opened;
    shop.closed += shop.last.closed;
    shop.open = shop.last.open_position;
}

static void feed(const char *line) {
    (void)scenario_add(&shop.thread, str_from(line));
    advance();
}

static void feed_owner(void) {
    feed("-200d login s=S1 d=A n=1 c=ios j=t1");
    feed("-100d login s=S2 d=A n=2 c=ios j=t1");
    feed("-3d login s=S4 d=A n=1 c=ios j=t1");
}

static bool is_json(struct str text) {
    static char memory[JSON_MEMORY_MAX(256 * 1024)];
    struct arena step = arena_over(memory, sizeof memory);
    struct json root;
    struct problem p = {0};
    bool well = json_parse(text, 256 * 1024, &step, &root, &p) == ERR_OK;
    if (!well) printf("%s: %s\n", p.where, p.what);
    return well;
}

static bool says(struct str text, const char *part) {
    return str_find(text, str_from(part), 0) < text.size;
}

TEST(ids_go_both_ways) {
    struct arena step = scenario_step();
    EXPECT_STR(incident_id(912834, &step), STR("inc_912834"));
    EXPECT_STR(incident_id(UINT64_MAX, &step), STR("inc_18446744073709551615"));
    EXPECT_EQ(incident_position(STR("inc_912834")), 912834);
    EXPECT_EQ(incident_position(STR("inc_")), 0);
    EXPECT_EQ(incident_position(STR("inc_9x")), 0);
    EXPECT_EQ(incident_position(STR("e9")), 0);
    EXPECT_EQ(incident_position(STR_NONE), 0);
}

TEST(ordinary_life_writes_nothing) {
    open_shop();
    feed_owner();
    feed("-1h order_placed s=S4 d=A n=1 o=O1");
    EXPECT_EQ(shop.event_writes + shop.incident_writes + shop.decision_writes, 0);
    EXPECT_EQ(shop.last.whose, WHOSE_OWNER);
    EXPECT_EQ(shop.open, 0);
}

TEST(challenge_writes_its_decision_alone) {
    open_shop();
    feed_owner();
    scenario_add(&shop.thread, STR("0m login s=H1 d=X n=9 score=873"))->decision.verdict = VERDICT_CHALLENGE;
    advance();
    EXPECT_EQ(shop.decision_writes, 1);
    EXPECT_EQ(shop.event_writes + shop.incident_writes, 0);
    EXPECT_STR(shop.decision.verdict, STR("challenge"));
    EXPECT_STR(shop.decision.incident, STR_NONE);
    EXPECT(is_json(shop.decision.answer));
    EXPECT_EQ(shop.last.whose, WHOSE_UNKNOWN);
}

TEST(takeover_opens_and_is_followed) {
    open_shop();
    feed_owner();
    feed("-1m login s=H1 d=X n=9 c=bot");
    feed("0m balance_topped_up s=H1 d=X n=9 c=bot ch=C1 net=hosting takeover");
    EXPECT(shop.last.opened);
    EXPECT_EQ(shop.open, 5);
    EXPECT_STR(shop.incident.id, STR("inc_5"));
    EXPECT_STR(shop.incident.account, STR("a1"));
    EXPECT_EQ(shop.incident.status, INCIDENT_OPEN);
    EXPECT_EQ(shop.incident.window_from_ms, ATTACK_MS - MINUTE_MS);
    EXPECT_EQ(shop.incident.window_to_ms, 0);
    EXPECT_EQ(shop.incident.trigger_position, 5);
    EXPECT_EQ(shop.incident.score, 990);
    EXPECT_STR(shop.incident.summary, STR("entered by login from AS65009 (JP); did: balance topped up"));
    EXPECT(is_json(shop.incident.path));
    EXPECT(says(shop.incident.path, "\"devices\":[\"X\"]"));
    EXPECT(says(shop.incident.path, "\"prefix\":\"203.0.9.0/24\",\"asn\":65009"));
    EXPECT(says(shop.incident.path, "\"made\":[\"charge:C1\"]"));
    EXPECT_EQ(shop.rows[4].whose, WHOSE_HIJACKER);
    EXPECT_STR(str_from(shop.rows[4].why), STR("same session as the login from AS65009 (JP)"));
    EXPECT_STR(shop.decision.incident, STR("inc_5"));
    EXPECT(says(shop.decision.answer, "inc_5"));
    EXPECT(shop.rows[3].written && shop.rows[3].whose == WHOSE_OWNER);
    EXPECT_STR(str_from(shop.rows[4].facts), STR("{\"method\":\"password\"}"));
    EXPECT_STR(str_from(shop.rows[5].facts), STR("{\"charge\":\"C1\"}"));
    EXPECT(!shop.rows[1].written); /* half a year ago is no business of this incident */

    unsigned events = shop.event_writes, incidents = shop.incident_writes;
    feed("1m order_placed s=H1 o=O1 ch=C2");
    EXPECT_EQ(shop.last.whose, WHOSE_HIJACKER);
    EXPECT_EQ(shop.event_writes, events + 1); /* only what is new */
    EXPECT_EQ(shop.incident_writes, incidents + 1);
    EXPECT(says(shop.incident.summary, "did: balance topped up, order placed"));
    feed("2m payment_state ch=C2");
    EXPECT_EQ(shop.last.whose, WHOSE_HIJACKER);
    EXPECT_STR(str_from(shop.rows[7].why), STR("charge C2 is the hijacker's doing: order placed"));
    EXPECT_EQ(shop.incident_writes, incidents + 1); /* says nothing new of the incident */
    feed("3m session_seen s=S4 d=A n=1 c=ios j=t1");
    EXPECT_EQ(shop.last.whose, WHOSE_OWNER);
    EXPECT_EQ(shop.opened, 1);
}

TEST(late_event_changes_what_was_said) {
    open_shop();
    feed_owner();
    feed("-10m order_placed s=H1 o=O1");
    feed("-9m order_state o=O1");
    feed("0m login s=H7 d=X n=9 c=bot takeover");
    EXPECT_EQ(shop.rows[4].whose, WHOSE_UNKNOWN);
    EXPECT_EQ(shop.rows[5].whose, WHOSE_UNKNOWN);
    feed("-11m login s=H1 d=X n=12 c=bot"); /* comes late, and ties the session to the hijacker's device */
    EXPECT_EQ(shop.last.whose, WHOSE_HIJACKER);
    EXPECT_EQ(shop.rows[4].whose, WHOSE_HIJACKER);
    EXPECT_EQ(shop.rows[5].whose, WHOSE_HIJACKER);
    EXPECT_EQ(shop.incident.window_from_ms, ATTACK_MS - 11 * MINUTE_MS);
}

static void feed_attack(void) {
    open_shop();
    feed_owner();
    feed("0m login s=H1 d=X n=9 c=bot takeover"); /* inc_4, e4 */
    feed("1m order_placed s=H1 o=O1");
}

TEST(analyst_closes) {
    feed_attack();
    feed("1h analyst_verdict verdict=false_alarm incident=inc_99");
    EXPECT_EQ(shop.open, 4); /* another's incident */
    feed("1h analyst_verdict verdict=takeover incident=inc_4");
    EXPECT_EQ(shop.open, 4); /* there is work to be done */
    feed("2h analyst_verdict verdict=resolved incident=inc_4");
    EXPECT_EQ(shop.open, 4); /* it is not his word that proves it */
    feed("3h analyst_verdict verdict=false_alarm incident=inc_4");
    EXPECT(shop.last.closed && shop.last.false_alarm);
    EXPECT_EQ(shop.open, 0);
}

TEST(the_responses_timer_closes) {
    static const char *const others[] = {"1h timer_fired about=inc_4 source=shop", "1h timer_fired about=inc_9 source=hikeshi",
                                         "1h timer_fired about=inc_4/e1 source=hikeshi", "1h action_result about=inc_4 source=hikeshi"};
    feed_attack();
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) feed(others[i]);
    EXPECT_EQ(shop.open, 4);
    feed("2h timer_fired about=inc_4 source=hikeshi");
    EXPECT(shop.last.closed && !shop.last.false_alarm);
    EXPECT_EQ(shop.open, 0);
    EXPECT_EQ(shop.incident.status, INCIDENT_CLOSED);
    EXPECT_EQ(shop.incident.closed_position, 10);
    EXPECT_EQ(shop.incident.window_to_ms, ATTACK_MS + MINUTE_MS);
    EXPECT(shop.incident.closed_why.size > 0);
    EXPECT_EQ(shop.rows[5].whose, WHOSE_HIJACKER);
}

TEST(false_alarm_acquits) {
    feed_attack();
    feed("2h analyst_verdict verdict=false_alarm incident=inc_4");
    EXPECT(shop.last.closed && shop.last.false_alarm);
    EXPECT_EQ(shop.rows[4].whose, WHOSE_OWNER);
    EXPECT_EQ(shop.rows[5].whose, WHOSE_OWNER);
    unsigned events = shop.event_writes;
    feed("3h login s=H2 d=X n=9 c=bot");
    EXPECT_EQ(shop.event_writes, events); /* closed is closed */
}

TEST(owner_takes_it_back) {
    static const char *const words[] = {"1h owner_statement says=mine about=inc_4", "1h owner_statement says=mine about=e4",
                                        "1h owner_statement says=mine about=e4 s=S4 d=A n=1 c=ios j=t1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        feed_attack();
        feed(words[i]);
        EXPECT(shop.last.closed && shop.last.false_alarm);
    }
}

TEST(not_every_word_closes) {
    static const char *const words[] = {"1h owner_statement says=mine",                                  /* about nothing */
                                        "1h owner_statement says=mine about=e1",                         /* another matter */
                                        "1h owner_statement says=mine about=e4 s=H1 d=X n=9 c=bot",      /* over the hostile path */
                                        "1h owner_statement says=mine about=inc_4 s=Q d=Q n=88 c=other", /* over no path of his */
                                        "1h owner_statement says=not_mine about=inc_4"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        feed_attack();
        feed(words[i]);
        EXPECT(!shop.last.closed);
        EXPECT_EQ(shop.open, 4);
    }
}

/* ---- the owner, travelling -------------------------------------------------------------------------------------------------------- */

#define AFAR " s=H1 d=X n=9 c=bot"

/* Lines between the attack and his words; then, whether he is believed. */
static bool believed(const char *const *lines, size_t count) {
    feed_attack();
    for (size_t i = 0; i < count; i++) feed(lines[i]);
    return shop.last.closed && shop.last.false_alarm;
}
#define BELIEVED(...) believed((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

TEST(a_factor_from_before_proves_the_owner_on_a_hostile_path) {
    EXPECT(BELIEVED("9m challenge f=totp" AFAR, "10m owner_statement says=mine about=inc_4 via=totp" AFAR));
    EXPECT_EQ(shop.last.whose, WHOSE_OWNER);
    EXPECT_EQ(shop.rows[4].whose, WHOSE_OWNER);
    EXPECT(BELIEVED("9m challenge f=sms" AFAR, "10m owner_statement says=mine about=e4 via=sms" AFAR));
    EXPECT(BELIEVED("9m login method=passkey s=H2 d=X n=9 c=bot", "10m owner_statement says=mine about=inc_4 via=passkey" AFAR));
    EXPECT(BELIEVED("3m phone_changed" AFAR, "9m challenge f=totp" AFAR, "10m owner_statement says=mine about=inc_4 via=totp" AFAR));
    EXPECT(BELIEVED("3m mfa_changed change=added au=A2" AFAR, "9m challenge f=totp au=A1" AFAR,
                    "10m owner_statement says=mine about=inc_4 via=totp" AFAR));
}

TEST(nothing_less_proves_him) {
    static const char words[] = "10m owner_statement says=mine about=inc_4 via=totp" AFAR;
    EXPECT(!BELIEVED(words));
    EXPECT(!BELIEVED("9m challenge f=sms" AFAR, words));                /* another factor */
    EXPECT(!BELIEVED("9m challenge f=totp fail" AFAR, words));          /* not passed */
    EXPECT(!BELIEVED("9m challenge f=totp s=S4 d=A n=1 c=ios", words)); /* by the owner at home, not by him who speaks */
    EXPECT(!BELIEVED("9m challenge f=totp s=H1 d=A n=1 c=ios", words)); /* in a session that he stole then */
    EXPECT(!BELIEVED("-5m challenge f=totp" AFAR, words));              /* an old one */
    EXPECT(!BELIEVED("5m challenge f=totp" AFAR, "10h owner_statement says=mine about=inc_4 via=totp" AFAR));
    EXPECT(!BELIEVED("9m challenge f=totp" AFAR, "10m owner_statement says=mine about=inc_4" AFAR)); /* he names none */
    EXPECT(!BELIEVED("9m challenge f=totp" AFAR, "10m owner_statement says=not_mine about=inc_4 via=totp" AFAR));
    EXPECT(!BELIEVED("9m challenge f=totp" AFAR, "10m owner_statement says=mine about=e1 via=totp" AFAR)); /* of another matter */
}

TEST(what_a_hijacker_holds_proves_nothing) {
    static const char *const held[] = {"password", "reset_link", "email", "cookie", "social", "otp", "push"};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) {
        char challenge[128], login[128], words[128];
        (void)snprintf(challenge, sizeof challenge, "8m challenge f=%s" AFAR, held[i]);
        (void)snprintf(login, sizeof login, "9m login method=%s" AFAR, held[i]);
        (void)snprintf(words, sizeof words, "10m owner_statement says=mine about=inc_4 via=%s" AFAR, held[i]);
        EXPECT(!BELIEVED(challenge, login, words));
    }
}

/* Whatever else happens: who put the factor there since a fortnight before the attack, or may have, is not believed. */
TEST(a_factor_of_the_attack_never_proves) {
    static const struct {
        const char *via, *change;
    } touched[] = {{"totp", "mfa_changed change=added"},
                   {"totp", "mfa_changed change=added f=totp au=A1"},
                   {"passkey", "mfa_changed change=edited"},
                   {"passkey", "mfa_changed change=added f=passkey"},
                   {"totp", "mfa_changed change=added f=app"},
                   {"sms", "mfa_changed change=added f=text_message"},
                   {"sms", "phone_changed"},
                   {"call", "phone_changed"},
                   {"security_key", "mfa_changed change=removed"}};
    static const char *const noise[] = {"order_placed o=O7", "session_seen", "address_changed ad=A9 change=added", "email_changed",
                                        "mfa_changed change=added f=security_key au=A7"};
    uint64_t random = 4;
    for (unsigned round = 0; round < 400; round++) {
        open_shop();
        feed_owner();
        size_t which = test_random(&random) % (sizeof touched / sizeof touched[0]);
        bool before = test_random(&random) % 3 == 0;
        static char lines[12][160];
        size_t count = 0;
        int minute = before ? -1 - (int)(test_random(&random) % (14 * 24 * 60 - 2)) : 1 + (int)(test_random(&random) % 20);
        if (before) (void)snprintf(lines[count++], sizeof lines[0], "%dm %s" AFAR, minute, touched[which].change), feed(lines[0]);
        feed("0m login s=H1 d=X n=9 c=bot takeover");
        unsigned opened = (unsigned)shop.open;
        for (unsigned i = 0; i < test_random(&random) % 6; i++)
            (void)snprintf(lines[count], sizeof lines[0], "%um %s" AFAR, 1 + i, noise[test_random(&random) % 5]), feed(lines[count++]);
        if (!before) (void)snprintf(lines[count], sizeof lines[0], "%dm %s" AFAR, minute, touched[which].change), feed(lines[count++]);
        const char *au = strstr(touched[which].change, "au=A1") ? " au=A1" : "";
        (void)snprintf(lines[count], sizeof lines[0], "21m challenge f=%s%s" AFAR, touched[which].via, au), feed(lines[count++]);
        (void)snprintf(lines[count], sizeof lines[0], "22m owner_statement says=mine about=inc_%u via=%s" AFAR, opened, touched[which].via);
        feed(lines[count++]);
        EXPECT(!shop.last.closed);
    }
}

/* He enrols a factor, and then does so much that the thread is handed in with a gap where that was. */
TEST(a_gap_in_the_thread_proves_nothing) {
    for (int gap = 0; gap <= 1; gap++) {
        feed_attack();
        struct account_event *last = scenario_add(&shop.thread, STR("9m challenge f=totp" AFAR));
        last->position += 100, last->previous = gap ? 105 - 1 : 5;
        last = scenario_add(&shop.thread, STR("10m owner_statement says=mine about=inc_4 via=totp" AFAR));
        last->position += 100, last->previous = last->position - 1;
        advance();
        EXPECT_EQ(shop.last.closed, !gap);
    }
}

/* And later, after the false alarm, the path that he proved himself on is no stain. */
TEST(a_proven_path_is_vouched_for) {
    EXPECT(BELIEVED("9m challenge f=totp" AFAR, "10m owner_statement says=mine about=inc_4 via=totp" AFAR));
    feed("20d order_placed s=H1 d=X n=9 c=bot o=O2");
    feed("30d login s=H9 d=Y n=19 c=lin takeover");
    EXPECT_EQ(shop.rows[8].whose, WHOSE_OWNER);
    EXPECT_STR(str_from(shop.rows[8].why), STR("on a path that was proven to be the owner's"));
}

TEST(owner_opens) {
    open_shop();
    feed_owner();
    feed("-2d login s=H1 d=X n=9 c=bot score=600");
    feed("-47h order_placed s=H1 o=O1");
    feed("0m owner_statement says=not_mine about=O1");
    EXPECT(shop.last.opened);
    EXPECT_STR(shop.incident.id, STR("inc_6"));
    EXPECT_EQ(shop.incident.trigger_position, 5);
    EXPECT_EQ(shop.rows[4].whose, WHOSE_HIJACKER);
    EXPECT_EQ(shop.rows[5].whose, WHOSE_HIJACKER);
    EXPECT_EQ(shop.last.whose, WHOSE_OWNER);
    EXPECT_EQ(shop.decision_writes, 1); /* an allow, but it opened an incident */
}

TEST(owner_opens_on_nothing) {
    open_shop();
    feed_owner();
    feed("0m owner_statement says=not_mine");
    EXPECT(shop.last.opened);
    EXPECT_STR(shop.incident.summary, STR("said to be taken over, but no access unlike the owner's was found"));
}

TEST(next_attack_opens_another) {
    feed_attack();
    feed("2h timer_fired about=inc_4 source=hikeshi");
    feed("40d login s=H9 d=Y n=19 c=lin takeover");
    EXPECT(shop.last.opened);
    EXPECT_EQ(shop.open, 7);
    EXPECT_EQ(shop.opened, 2);
    feed("40d login s=H9 d=Y n=19 c=lin takeover");
    EXPECT_EQ(shop.opened, 2);
}

TEST(own_doings_and_strangers_need_no_thread) {
    struct decision allow = {0}, taken = {.takeover = true};
    struct event own = {.kind = KIND_ACTION_RESULT, .subject = STR("a1")}, nobody = {.kind = KIND_LOGIN};
    struct event login = {.kind = KIND_LOGIN, .subject = STR("a1")};
    struct event word = {.kind = KIND_OWNER_STATEMENT, .subject = STR("a1"), .says = SAYS_NOT_MINE};
    EXPECT(!incident_wants_thread(&own, &allow, 4));
    EXPECT(!incident_wants_thread(&nobody, &taken, 0));
    EXPECT(!incident_wants_thread(&login, &allow, 0));
    EXPECT(incident_wants_thread(&login, &allow, 4));
    EXPECT(incident_wants_thread(&login, &taken, 0));
    EXPECT(incident_wants_thread(&word, &allow, 0));
    struct event timer = {.kind = KIND_TIMER_FIRED, .source = STR("hikeshi"), .subject = STR("a1"), .about = STR("inc_4")};
    EXPECT(incident_wants_thread(&timer, &allow, 4));
    EXPECT(!incident_wants_thread(&timer, &allow, 5) && !incident_wants_thread(&timer, &allow, 0));
    word.says = SAYS_MINE;
    EXPECT(!incident_wants_thread(&word, &allow, 0));
}

TEST(alone) {
    struct decision allow = {0}, risky = {.score = 800}, challenge = {.verdict = VERDICT_CHALLENGE, .score = 800};
    struct event let_in = {.kind = KIND_LOGIN, .subject = STR("a1"), .outcome = OUTCOME_SUCCESS};
    struct event failed = {.kind = KIND_LOGIN, .subject = STR("a1"), .outcome = OUTCOME_FAILURE};
    struct event state = {.kind = KIND_ORDER_STATE, .subject = STR("a1")}, own = {.kind = KIND_TIMER_FIRED, .subject = STR("a1")};
    EXPECT_EQ(incident_whose_alone(&let_in, &allow), WHOSE_OWNER);
    EXPECT_EQ(incident_whose_alone(&let_in, &challenge), WHOSE_UNKNOWN);
    EXPECT_EQ(incident_whose_alone(&failed, &allow), WHOSE_OWNER); /* a slip of his finger */
    EXPECT_EQ(incident_whose_alone(&failed, &risky), WHOSE_UNKNOWN);
    failed.failure = FAILURE_NO_SUCH_ACCOUNT;
    EXPECT_EQ(incident_whose_alone(&failed, &allow), WHOSE_UNKNOWN);
    EXPECT_EQ(incident_whose_alone(&state, &allow), WHOSE_OWNER);
    EXPECT_EQ(incident_whose_alone(&own, &allow), WHOSE_UNKNOWN);
    allow.takeover = true;
    EXPECT_EQ(incident_whose_alone(&let_in, &allow), WHOSE_HIJACKER);
}

/* The journal was cut behind the opening: nothing new is claimed, what is stored is kept, and people can still close it. */
TEST(opening_out_of_reach) {
    open_shop();
    feed("0m login s=S1 d=A n=1");
    shop.open = 777;
    feed("1m order_placed s=S1 d=A n=1 o=O1");
    EXPECT_EQ(shop.open, 777);
    EXPECT_EQ(shop.event_writes + shop.incident_writes, 0);
    feed("2m timer_fired about=inc_777 source=hikeshi");
    EXPECT(shop.last.closed);
    EXPECT_STR(shop.incident.id, STR("inc_777"));
    EXPECT_EQ(shop.incident.opened_position, 777);
    EXPECT_STR(shop.incident.path, STR_NONE);
}

/* Rows written one event at a time are the rows of a look at the whole, however the attack is interleaved. */
TEST(step_by_step_is_the_same_as_at_once) {
    static struct scenario whole;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        make_account(&whole, seed);
        open_shop();
        for (size_t i = 0; i < whole.count; i++) {
            shop.thread.events[shop.thread.count++] = whole.events[i];
            advance();
        }
        EXPECT_EQ(shop.opened, 1);
        for (size_t i = 0; i < whole.count; i++) {
            if (!shop.rows[i + 1].written) continue;
            EXPECT_EQ(shop.rows[i + 1].whose, whole.expected[i]);
        }
        struct arena step = scenario_step();
        struct lineage l;
        lineage_find(&l, whole.events, whole.count, whole.open_position, &step);
        for (uint16_t i = 0; i < l.count; i++) {
            uint64_t position = l.traces[i].of->position;
            bool must = l.findings[i].whose == WHOSE_HIJACKER || l.traces[i].time_ms >= l.from_ms - CAMPAIGN_MS;
            EXPECT_EQ(shop.rows[position].written, must);
            if (must) EXPECT_STR(str_from(shop.rows[position].why), wording_why(&l, i, &step));
        }
    }
}

/* A full thread of the largest texts, each its own and all control characters, fits into the memory that was promised. */
static struct str large_text(size_t size, size_t n) {
    static char memory[24U << 20];
    static size_t used;
    if (used + size > sizeof memory) used = 0;
    char *at = memory + used;
    used += size;
    memset(at, 1, size);
    for (size_t i = 0; i < 4; i++, n /= 26) at[i] = (char)('a' + n % 26);
    return (struct str){at, size};
}

TEST(largest_thread_fits) {
    open_shop();
    for (size_t i = 0; i < THREAD_COUNT_MAX; i++) {
        struct account_event *a = scenario_add(&shop.thread, STR("0m order_placed n=1"));
        struct event *e = &a->event;
        e->time_ms += (int64_t)i;
        e->session = STR("one");
        e->ip.bytes[3] = (uint8_t)i, e->ip.bytes[1] = (uint8_t)(i >> 8);
        struct str *ids[] = {&e->device, &e->token, &e->order, &e->charge, &e->parcel, &e->membership, &e->code_ref, &e->address};
        for (size_t k = 0; k < sizeof ids / sizeof ids[0]; k++) *ids[k] = large_text(128, i * 16 + k);
        e->user_agent = large_text(512, i);
        e->content = large_text(512, i), e->before = large_text(512, i), e->after = large_text(512, i);
        struct str *rest[] = {&e->authenticator, &e->client,  &e->payment_method, &e->scope,
                              &e->field,         &e->ship_to, &e->plan,           &e->reference};
        for (size_t k = 0; k < sizeof rest / sizeof rest[0]; k++) *rest[k] = large_text(128, i * 16 + k);
        e->ja4 = large_text(64, i);
        if (i + 2 >= THREAD_COUNT_MAX) a->decision.takeover = true, a->decision.verdict = VERDICT_DENY;
        if (i + 2 == THREAD_COUNT_MAX) advance();
    }
    advance();
    EXPECT_EQ(shop.opened, 1);
    EXPECT(is_json(shop.incident.path));
    EXPECT_EQ(shop.rows[THREAD_COUNT_MAX].whose, WHOSE_HIJACKER);
}

TEST(rows_are_json) {
    char memory[2048];
    struct buf b = buf_over(memory, sizeof memory);
    struct incident_row row = {.id = STR("inc_5"),
                               .account = STR("a\"1"),
                               .opened_position = 5,
                               .opened_ms = ATTACK_MS,
                               .window_from_ms = ATTACK_MS,
                               .trigger_position = 4,
                               .score = 990,
                               .path = STR("{\"devices\":[\"X\"]}"),
                               .summary = STR("entered by login")};
    incident_write_json(&row, &b);
    EXPECT_STR(buf_str(&b),
               STR("{\"id\":\"inc_5\",\"account\":\"a\\\"1\",\"status\":\"open\",\"opened\":\"2026-03-02T00:00:00.000Z\",\"closed\":null,"
                   "\"window_from\":\"2026-03-02T00:00:00.000Z\",\"window_to\":null,\"opened_position\":5,\"trigger_position\":4,"
                   "\"score\":990,\"summary\":\"entered by login\",\"path\":{\"devices\":[\"X\"]},\"closed_why\":null}"));
    EXPECT(is_json(buf_str(&b)));
    buf_reset(&b);
    struct incident_event_row event = {.position = 7,
                                       .time_ms = ATTACK_MS,
                                       .event = STR("e7"),
                                       .kind = STR("order_placed"),
                                       .whose = WHOSE_HIJACKER,
                                       .why = STR("same"),
                                       .detail = STR("delivered"),
                                       .object = STR("order:o1"),
                                       .amount_minor = 500,
                                       .currency = "JPY"};
    incident_write_event_json(&event, &b);
    EXPECT_STR(buf_str(&b),
               STR("{\"event\":\"e7\",\"position\":7,\"time\":\"2026-03-02T00:00:00.000Z\",\"kind\":\"order_placed\","
                   "\"whose\":\"hijacker\",\"why\":\"same\",\"detail\":\"delivered\",\"object\":\"order:o1\",\"amount_minor\":500,"
                   "\"currency\":\"JPY\"}"));
}

int main(void) {
    RUN(ids_go_both_ways);
    RUN(ordinary_life_writes_nothing);
    RUN(challenge_writes_its_decision_alone);
    RUN(takeover_opens_and_is_followed);
    RUN(late_event_changes_what_was_said);
    RUN(analyst_closes);
    RUN(the_responses_timer_closes);
    RUN(false_alarm_acquits);
    RUN(owner_takes_it_back);
    RUN(not_every_word_closes);
    RUN(a_factor_from_before_proves_the_owner_on_a_hostile_path);
    RUN(nothing_less_proves_him);
    RUN(what_a_hijacker_holds_proves_nothing);
    RUN(a_factor_of_the_attack_never_proves);
    RUN(a_gap_in_the_thread_proves_nothing);
    RUN(a_proven_path_is_vouched_for);
    RUN(owner_opens);
    RUN(owner_opens_on_nothing);
    RUN(next_attack_opens_another);
    RUN(own_doings_and_strangers_need_no_thread);
    RUN(alone);
    RUN(opening_out_of_reach);
    RUN(step_by_step_is_the_same_as_at_once);
    RUN(largest_thread_fits);
    RUN(rows_are_json);
    return test_end();
}
