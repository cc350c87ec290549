// SPDX-License-Identifier: Apache-2.0
/*
 * The drill: one customer's night in its variants, in virtual time, with the very engine and courier and a pretended world. Each point is
 * asserted by name: what the world's things are then, how often each was acted on, what was told and when.
 */
#include <stdio.h>

#include "base/bundle.h"
#include "base/moment.h"
#include "base/test.h"
#include "courier/mail_read_test.h"
#include "sim/life.h"

#define START_MS INT64_C(1772323200000) /* 2026-03-01 */
#define ACCOUNT  "a3"
#define NUMBER   3

/* What the hijacker does at once, before anybody could have stopped him. */
#define LOGIN   "\"outcome\":\"success\",\"method\":\"password\""
#define TOPS_UP "balance_topped_up", "\"amount_minor\":50000,\"currency\":\"JPY\",\"charge\":\"c-topup-n\",\"payment_method\":\"pm-own\""
#define ORDERS                                                                                                                             \
    "order_placed", "\"order\":{\"id\":\"o-parcel-n\",\"amount_minor\":500,\"currency\":\"JPY\",\"ship_to\":\"ad-own\","                   \
                    "\"payment_method\":\"pm-own\",\"charge\":\"c-parcel-n\",\"kind\":\"physical\"}"
#define TAKES_TOKEN "token_created", "\"token\":\"tok-n\",\"client\":\"app\",\"scope\":\"offline\""
#define ENROLS      "mfa_changed", "\"change\":\"added\",\"authenticator\":\"totp-n\",\"factor\":\"totp\""
#define TAKES_EMAIL "email_changed", "\"before\":\"sealed-own\",\"after\":\"sealed-thief-n\""

/* ---- a house, and time in it -------------------------------------------------------------------------------------------------------- */

static struct simulation *begin_with(struct str policy, bool people) {
    struct simulation_options o = {.seed = 5, .now_ms = START_MS, .people = people, .policy = policy};
    struct simulation *s;
    struct problem p = {0};
    EXPECT_EQ(simulation_open(&o, &s, &p), ERR_OK);
    life_history(s, 6, 40);
    simulation_run_until(s, simulation_now_ms(s) + HOUR_MS);
    return s;
}

static struct simulation *begin(void) {
    return begin_with(STR_NONE, true);
}

/* As the policy that ships, but that a path as strange as a journey's is asked and opens an incident, and that nothing is undone before
 * somebody has said whose it was. */
static const char patient[] = "name = \"patient\"\nversion = 1\n[thresholds.access.known]\nchallenge = 300\n[thresholds.challenge]\n"
                              "challenge = \"never\"\n[thresholds.value.known]\ntakeover = 600\n[response]\ncancel_score = \"never\"\n";

static struct simulation *begin_patient(bool people) {
    char memory[1024];
    struct buf policy = buf_over(memory, sizeof memory);
    bundle_add(&policy, STR("policy.toml"), str_from(patient));
    return begin_with(buf_str(&policy), people);
}

static void pass(struct simulation *s, int64_t ms) {
    simulation_run_until(s, simulation_now_ms(s) + ms);
}

static bool hijacker(struct simulation *s, const char *type, const char *data) {
    return life_act(s, NUMBER, LIFE_HIJACKER, type, data);
}

/* He is in, and the money is taken at once. */
static void top_up_captured(struct simulation *s) {
    EXPECT(hijacker(s, "login", LOGIN));
    EXPECT(hijacker(s, TOPS_UP));
    world_capture(simulation_world(s), "c-topup-n");
}

/* He is in, and the parcel of his order has come so far before anybody asks. */
static void order_parcel(struct simulation *s, const char *state) {
    EXPECT(hijacker(s, "login", LOGIN));
    EXPECT(hijacker(s, ORDERS));
    world_set_order(simulation_world(s), "o-parcel-n", state);
}

/* ---- looking ------------------------------------------------------------------------------------------------------------------------ */

/* Rows live until the next look. */
static struct arena look(void) {
    static char memory[4U << 20];
    return arena_over(memory, sizeof memory);
}

static struct incident_row incident(struct simulation *s, struct arena *a) {
    struct incident_store store = simulation_store(s);
    struct incident_row *rows;
    size_t count = 0;
    EXPECT_EQ(store.ops->list(store.self, &(struct incident_query){.status = -1, .count_max = 2}, a, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    return count ? rows[0] : (struct incident_row){0};
}

static struct response_row response(struct simulation *s) {
    struct arena a = look();
    struct incident_store store = simulation_store(s);
    struct response_row r = {0};
    EXPECT_EQ(store.ops->find_response(store.self, SIGHT_SETTLED, incident(s, &a).id, &a, &r), ERR_OK);
    return r;
}

/* The effect on this object; its kind where there is none of that name in an incident but one. */
static struct effect_row effect(struct simulation *s, const char *object) {
    struct arena a = look();
    struct incident_store store = simulation_store(s);
    struct effect_query q = {.incident = incident(s, &a).id, .object = str_from(object), .count_max = 2};
    struct effect_row *rows;
    size_t count = 0;
    EXPECT_EQ(store.ops->effects(store.self, SIGHT_SETTLED, &q, &a, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    return count ? rows[0] : (struct effect_row){0};
}
#define EXPECT_STATE(object, word) EXPECT_STR(effect(s, object).state, STR(word))

static struct world_look thing(struct simulation *s, const char *kind, const char *id) {
    struct world_look l;
    EXPECT(world_look_at(simulation_world(s), ACCOUNT, kind, id, &l));
    return l;
}
#define EXPECT_THING(kind, id, word) EXPECT_STR(str_from(thing(s, kind, id).state), STR(word))

static unsigned acts(struct simulation *s, const char *kind, const char *id, const char *how) {
    return world_count_acts(simulation_world(s), ACCOUNT, kind, id, how);
}

/* When the owner was told so first; 0 = never. */
static int64_t told_ms(struct simulation *s, const char *subject) {
    struct arena a = look();
    struct incident_store store = simulation_store(s);
    struct notice_row *rows;
    size_t count;
    EXPECT_EQ(store.ops->notices(store.self, SIGHT_SETTLED, incident(s, &a).id, &a, &rows, &count), ERR_OK);
    for (size_t i = 0; i < count; i++)
        if (str_equal(rows[i].subject, str_from(subject)) && str_equal(rows[i].audience, STR("owner"))) return rows[i].created_ms;
    return 0;
}

/* Everything is undone and proven, nothing was done twice, and the owner has his money. */
static void end_well(struct simulation *s) {
    struct simulation_verdict v;
    EXPECT(simulation_run_out(s, simulation_now_ms(s) + 60 * DAY_MS));
    simulation_judge(s, &v);
    EXPECT_EQ(v.failed, 0);
    if (v.failed) printf("  %s\n", v.first);
    EXPECT_EQ(v.open_effects, 0);
    EXPECT_EQ(response(s).state, RESPONSE_CLOSED);
    simulation_close(s);
}

/* ---- 1: containment ----------------------------------------------------------------------------------------------------------------- */

static const char *night_session(struct simulation *s) {
    static char id[48];
    (void)snprintf(id, sizeof id, "s-night%d-%lld", NUMBER, (long long)(simulation_now_ms(s) / DAY_MS));
    return id;
}

TEST(contained_within_five_seconds) {
    struct simulation *s = begin();
    EXPECT(hijacker(s, "login", LOGIN));
    EXPECT(hijacker(s, TAKES_TOKEN));
    EXPECT(hijacker(s, ORDERS));
    EXPECT(thing(s, "session", night_session(s)).in_force && thing(s, "token", "tok-n").in_force);
    EXPECT(!thing(s, "account", ACCOUNT).held && !thing(s, "account", ACCOUNT).balance_frozen);
    EXPECT(!simulation_gate_opens(s, STR("o-parcel-n"))); /* in the transaction in which the order was found */
    pass(s, 5 * SECOND_MS);
    EXPECT(!thing(s, "session", night_session(s)).in_force);
    EXPECT(!thing(s, "token", "tok-n").in_force);
    EXPECT(thing(s, "account", ACCOUNT).held);
    EXPECT(thing(s, "account", ACCOUNT).balance_frozen);
    EXPECT(!simulation_gate_opens(s, STR("o-parcel-n")));
    EXPECT(acts(s, "account", ACCOUNT, "end_sessions") == 1 && acts(s, "charge", "c-parcel-n", "block_capture") == 1);
    EXPECT_STATE("sessions", "dead"); /* probed: refused wherever it is tried */
    EXPECT_STATE("token:tok-n", "dead");
    struct response_row r = response(s);
    EXPECT(r.contained_ms > r.decided_ms && r.contained_ms - r.decided_ms <= 5 * SECOND_MS);
    EXPECT(!hijacker(s, TOPS_UP) && !hijacker(s, "login", LOGIN));
    end_well(s);
}

/* ---- 2: the first notice ------------------------------------------------------------------------------------------------------------ */

/* The mails to one mailbox: how many, and the first of them. */
static const struct world_mail *mail_to(struct simulation *s, const char *mailbox, size_t *count) {
    const struct world *w = simulation_world(s);
    const struct world_mail *first = NULL;
    *count = 0;
    for (size_t i = 0; i < world_mail_count(w); i++) {
        const struct world_mail *m = world_mail_at(w, i);
        if (!str_equal(str_from(m->to), str_from(mailbox))) continue;
        if (!(*count)++) first = m;
    }
    return first;
}

/* The text of a mail, with the line ends of the message centre. */
static struct str text_of(const struct world_mail *m, struct buf *out) {
    EXPECT(read_base64(mail_take_apart(m->message).body, out));
    size_t size = 0;
    for (size_t i = 0; i < out->size; i++)
        if (out->at[i] != '\r') out->at[size++] = out->at[i];
    return (struct str){out->at, size};
}

/* What a thief's message would have. Digits in a row are no telephone number where they are a date, an amount or a case. */
static bool has_link_or_number(struct str text) {
    static const char *const links[] = {"http", "www.", "://", "tel:"};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        if (str_find(text, str_from(links[i]), 0) < text.size) return true;
    for (size_t i = 0, digits = 0; i < text.size; i++) {
        bool digit = text.at[i] >= '0' && text.at[i] <= '9';
        digits = digit ? digits + 1 : text.at[i] == '-' || text.at[i] == ' ' ? digits : 0;
        if (digits > 8 && !(i >= 4 && text.at[i - 2] == '-')) return true;
    }
    return false;
}

static struct notice_row first_notice(struct simulation *s, struct arena *a) {
    struct incident_store store = simulation_store(s);
    struct notice_row *rows, first = {0};
    size_t count;
    EXPECT_EQ(store.ops->messages(store.self, STR(ACCOUNT), 100, a, &rows, &count), ERR_OK);
    for (size_t i = 0; i < count; i++)
        if (str_equal(rows[i].subject, STR("first"))) first = rows[i];
    return first;
}

TEST(the_owner_is_told_within_a_minute_at_the_address_from_before) {
    static char memory[64 * 1024];
    struct simulation *s = begin();
    struct buf text = buf_over(memory, sizeof memory);
    size_t to_owner, to_thief, to_account;
    EXPECT(hijacker(s, "login", LOGIN));
    EXPECT(hijacker(s, TAKES_EMAIL));
    EXPECT(hijacker(s, ORDERS));
    pass(s, MINUTE_MS);
    const struct world_mail *mail = mail_to(s, "sealed-own@mailbox.example", &to_owner);
    const struct world_mail *neutral = mail_to(s, "sealed-thief-n@mailbox.example", &to_thief);
    EXPECT(!mail_to(s, ACCOUNT "@mailbox.example", &to_account));
    EXPECT_EQ(to_owner, 1);
    EXPECT_EQ(to_thief, 1);
    if (!mail || !neutral) return;
    EXPECT(mail->at_ms - response(s).decided_ms <= MINUTE_MS);
    struct arena a = look();
    struct notice_row first = first_notice(s, &a);
    EXPECT_STR(text_of(mail, &text), first.text); /* the message centre has the very same */
    EXPECT(!has_link_or_number(first.text));
    EXPECT_STR(first.language, STR("ja"));
    EXPECT(str_find(first.text, STR("500"), 0) < first.text.size && str_find(first.text, first.code, 0) < first.text.size);
    EXPECT_EQ(first.state, NOTICE_ACCEPTED);
    /* Who reads at the address that the hijacker put in learns nothing of the account. */
    EXPECT(str_find(neutral->message, first.incident, 0) == neutral->message.size);
    EXPECT(str_find(neutral->message, STR(ACCOUNT), 0) == neutral->message.size);
    simulation_close(s);
}

/* ---- 3: the parcel ------------------------------------------------------------------------------------------------------------------ */

/* Held only: the warehouse goes on with its own copy of the order as far as the gate lets it, until somebody has said whose it was. */
TEST(a_label_asked_for_after_the_hold_is_refused) {
    struct simulation *s = begin_patient(true);
    order_parcel(s, "packed");
    EXPECT(!simulation_gate_opens(s, STR("o-parcel-n")));
    EXPECT(simulation_gate_opens(s, STR("o-of-somebody-else")));
    EXPECT_STR(str_from(thing(s, "order", "o-parcel-n").refused), STR_NONE);
    pass(s, 2 * HOUR_MS);
    EXPECT_STR(str_from(thing(s, "order", "o-parcel-n").refused), STR("label"));
    EXPECT_THING("order", "o-parcel-n", "packed");
    EXPECT_STATE("order:o-parcel-n", "held");
    pass(s, 3 * DAY_MS);
    EXPECT_THING("order", "o-parcel-n", "cancelled");
    EXPECT_EQ(acts(s, "order", "o-parcel-n", "void_label"), 0);
    end_well(s);
}

TEST(a_label_made_just_before_is_voided) {
    struct simulation *s = begin();
    order_parcel(s, "labelled");
    pass(s, MINUTE_MS);
    EXPECT_EQ(acts(s, "order", "o-parcel-n", "void_label"), 1);
    EXPECT_EQ(acts(s, "order", "o-parcel-n", "recall"), 0);
    EXPECT_THING("order", "o-parcel-n", "cancelled");
    EXPECT_STATE("order:o-parcel-n", "quiet");
    EXPECT(told_ms(s, "parcel_coming") == 0);
    end_well(s);
}

TEST(a_parcel_handed_over_comes_back) {
    struct simulation *s = begin();
    order_parcel(s, "handed_over");
    pass(s, MINUTE_MS);
    EXPECT_EQ(acts(s, "order", "o-parcel-n", "recall"), 1);
    EXPECT_STATE("order:o-parcel-n", "recalled");
    pass(s, 5 * DAY_MS);
    EXPECT_THING("order", "o-parcel-n", "returned");
    EXPECT_STATE("order:o-parcel-n", "verified");
    EXPECT_EQ(acts(s, "order", "o-parcel-n", "recall"), 1);
    end_well(s);
}

/* Nobody is told too late, and the money does not wait for the parcel: it is on its way while the parcel is. */
TEST(a_refused_recall_is_told_before_the_parcel_comes) {
    struct simulation *s = begin();
    order_parcel(s, "handed_over");
    world_capture(simulation_world(s), "c-parcel-n");
    world_refuse_recall(simulation_world(s), "o-parcel-n");
    pass(s, MINUTE_MS);
    EXPECT_THING("order", "o-parcel-n", "handed_over");
    EXPECT_STATE("order:o-parcel-n", "coming");
    EXPECT(told_ms(s, "parcel_coming") > 0);
    EXPECT_EQ(acts(s, "order", "o-parcel-n", "recall"), 0);
    EXPECT_EQ(acts(s, "charge", "c-parcel-n", "refund"), 1);
    EXPECT_EQ(thing(s, "charge", "c-parcel-n").returned_minor, 500);
    int64_t came_ms = 0;
    for (unsigned hours = 0; !came_ms && hours < 10 * 24; hours++) {
        pass(s, HOUR_MS);
        struct str state = str_from(thing(s, "order", "o-parcel-n").state);
        if (str_equal(state, STR("refused")) || str_equal(state, STR("delivered"))) came_ms = simulation_now_ms(s);
    }
    EXPECT(came_ms - told_ms(s, "parcel_coming") > HOUR_MS);
    end_well(s);
}

/* ---- 4: the money ------------------------------------------------------------------------------------------------------------------- */

TEST(a_refund_that_timed_out_is_one_refund) {
    struct simulation *s = begin();
    world_script(simulation_world(s), "payment.undo.refund", FAULT_DO_AND_DROP, 1);
    top_up_captured(s);
    pass(s, HOUR_MS);
    EXPECT_EQ(acts(s, "charge", "c-topup-n", "refund"), 1);
    EXPECT(effect(s, "charge:c-topup-n").phase >= PHASE_PENDING);
    pass(s, 30 * DAY_MS);
    EXPECT_EQ(acts(s, "charge", "c-topup-n", "refund"), 1);
    EXPECT_EQ(thing(s, "charge", "c-topup-n").returned_minor, 50000);
    EXPECT_THING("charge", "c-topup-n", "settled");
    end_well(s);
}

TEST(payment_down_for_two_hours_is_done_all_the_same) {
    struct simulation *s = begin();
    int64_t from_ms = simulation_now_ms(s);
    world_down(simulation_world(s), "payment", from_ms, from_ms + 2 * HOUR_MS);
    top_up_captured(s);
    pass(s, 2 * HOUR_MS - MINUTE_MS);
    EXPECT_EQ(acts(s, "charge", "c-topup-n", "refund"), 0);
    EXPECT(told_ms(s, "delayed") > 0 && told_ms(s, "delayed") < from_ms + 2 * HOUR_MS);
    pass(s, HOUR_MS);
    EXPECT_EQ(acts(s, "charge", "c-topup-n", "refund"), 1);
    EXPECT_EQ(thing(s, "charge", "c-topup-n").returned_minor, 50000);
    end_well(s);
}

/* Two different people must have agreed before money goes where it did not come from. */
static void expect_two_people(struct simulation *s, struct str about) {
    struct arena a = look();
    struct incident_store store = simulation_store(s);
    struct task_row *rows;
    size_t count, found = 0;
    EXPECT_EQ(store.ops->tasks(store.self, SIGHT_SETTLED, incident(s, &a).id, &a, &rows, &count), ERR_OK);
    for (size_t i = 0; i < count; i++) {
        const struct task_row *t = &rows[i];
        if (!str_equal(t->kind, STR("approve")) || !str_ends(t->effect, about)) continue;
        found++;
        EXPECT_EQ(t->people, 2);
        EXPECT_STR(t->outcome, STR("approve"));
        EXPECT(t->proposed_by.size && t->approved_by.size && !str_equal(t->proposed_by, t->approved_by));
    }
    EXPECT_EQ(found, 1);
}

TEST(a_refund_that_fails_goes_another_way) {
    struct simulation *s = begin();
    char about[32];
    top_up_captured(s);
    world_fail_refund(simulation_world(s), "c-topup-n");
    for (unsigned i = 0; i < 24 * 60 && !str_equal(effect(s, "charge:c-topup-n").state, STR("failed")); i++) pass(s, MINUTE_MS);
    EXPECT_STATE("charge:c-topup-n", "failed");
    EXPECT_EQ(acts(s, "charge", "c-topup-n", "pay_other_rail"), 0);
    EXPECT_EQ(thing(s, "charge", "c-topup-n").returned_minor, 0);
    pass(s, 3 * DAY_MS);
    struct str id = effect(s, "charge:c-topup-n").id;
    (void)snprintf(about, sizeof about, "%.*s", STR_ARGS(id));
    expect_two_people(s, str_from(about));
    EXPECT_EQ(acts(s, "charge", "c-topup-n", "pay_other_rail"), 1);
    EXPECT_EQ(acts(s, "charge", "c-topup-n", "refund"), 1); /* the one that failed */
    EXPECT_EQ(thing(s, "charge", "c-topup-n").returned_minor, 50000);
    end_well(s);
}

TEST(a_dispute_filed_already_means_no_refund) {
    struct simulation *s = begin();
    top_up_captured(s);
    world_dispute(simulation_world(s), "c-topup-n");
    pass(s, 30 * DAY_MS);
    EXPECT_EQ(acts(s, "charge", "c-topup-n", "refund"), 0);
    EXPECT_EQ(acts(s, "charge", "c-topup-n", "pay_other_rail"), 0);
    EXPECT_EQ(acts(s, "charge", "c-topup-n", "accept_dispute"), 1);
    EXPECT_EQ(thing(s, "charge", "c-topup-n").returned_minor, 50000);
    end_well(s);
}

/* ---- 6: what he added --------------------------------------------------------------------------------------------------------------- */

/* With the token that he took, past all sessions. */
static bool token_opens(struct simulation *s) {
    return simulation_act(s, STR("{\"type\":\"session_seen\",\"subject\":\"" ACCOUNT "\",\"data\":{\"session\":\"tok-n\"}}"), true);
}

static void expect_gone(struct simulation *s) {
    EXPECT(!thing(s, "contact", "contact_email").in_force);
    EXPECT(!thing(s, "authenticator", "totp-n").in_force);
    EXPECT(!thing(s, "token", "tok-n").in_force);
    EXPECT(!token_opens(s));
}

/* A new password opens the account again, and nothing of the hijacker's with it. */
TEST(what_he_took_is_gone_and_stays_gone) {
    struct simulation *s = begin();
    EXPECT(hijacker(s, "login", LOGIN));
    EXPECT(hijacker(s, TAKES_EMAIL));
    EXPECT(hijacker(s, ENROLS));
    EXPECT(hijacker(s, TAKES_TOKEN));
    EXPECT(hijacker(s, ORDERS));
    EXPECT(thing(s, "contact", "contact_email").in_force && thing(s, "authenticator", "totp-n").in_force && token_opens(s));
    pass(s, 10 * MINUTE_MS);
    expect_gone(s);
    EXPECT(!life_act(s, NUMBER, LIFE_OWNER, "login", LOGIN));
    pass(s, 2 * DAY_MS);
    EXPECT(life_act(s, NUMBER, LIFE_OWNER, "login", LOGIN));
    expect_gone(s);
    pass(s, 30 * DAY_MS);
    expect_gone(s);
    static const char *const kinds[] = {"contact_email", "authenticator:totp-n", "token:tok-n"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) EXPECT_EQ(effect(s, kinds[i]).phase, PHASE_VERIFIED);
    end_well(s);
}

/* ---- 8: it was the owner ------------------------------------------------------------------------------------------------------------ */

/* His sessions are ended: he proves himself, with the passkey that he has had all along, on the page that he is sent to. */
static void say_mine(struct simulation *s) {
    char data[160];
    struct response_row r = response(s);
    (void)snprintf(data, sizeof data, "\"about\":\"%.*s\",\"says\":\"mine\",\"via\":\"passkey\"", STR_ARGS(r.incident));
    life_tell(s, NUMBER, LIFE_TRAVELLING, "challenge", "\"factor\":\"passkey\",\"outcome\":\"success\"");
    life_tell(s, NUMBER, LIFE_TRAVELLING, "owner_statement", data);
}

static void expect_untouched(struct simulation *s) {
    static const char *const charges[] = {"c-parcel-n", "c-topup-n"};
    for (size_t i = 0; i < 2; i++)
        EXPECT_EQ(acts(s, "charge", charges[i], "cancel_authorisation") + acts(s, "charge", charges[i], "refund"), 0);
    EXPECT_EQ(acts(s, "order", "o-parcel-n", "cancel_order") + acts(s, "order", "o-parcel-n", "pull_order"), 0);
    EXPECT_EQ(acts(s, "account", ACCOUNT, "require_new_password"), 0);
}

static void expect_all_released(struct simulation *s) {
    struct arena a = look();
    struct incident_store store = simulation_store(s);
    struct effect_query q = {.incident = incident(s, &a).id, .count_max = EFFECT_COUNT_MAX};
    struct effect_row *rows;
    size_t count = 0;
    EXPECT_EQ(store.ops->effects(store.self, SIGHT_SETTLED, &q, &a, &rows, &count), ERR_OK);
    EXPECT(count > 0);
    for (size_t i = 0; i < count; i++) EXPECT(rows[i].phase == PHASE_RESTORED || rows[i].phase == PHASE_KEPT);
    EXPECT(!thing(s, "account", ACCOUNT).held && !thing(s, "account", ACCOUNT).balance_frozen);
    EXPECT(!thing(s, "order", "o-parcel-n").held && !thing(s, "charge", "c-parcel-n").held);
    EXPECT(simulation_gate_opens(s, STR("o-parcel-n")));
}

TEST(the_owner_who_travels_has_it_all_back_in_five_minutes) {
    struct simulation *s = begin_patient(false);
    EXPECT(life_act(s, NUMBER, LIFE_TRAVELLING, "login", LOGIN));
    EXPECT_EQ(simulation_receipt(s).decision.verdict, VERDICT_CHALLENGE);
    pass(s, 2 * MINUTE_MS);
    EXPECT(life_act(s, NUMBER, LIFE_TRAVELLING, TOPS_UP));
    EXPECT(life_act(s, NUMBER, LIFE_TRAVELLING, ORDERS));
    EXPECT(simulation_receipt(s).decision.takeover);
    pass(s, 2 * HOUR_MS);
    EXPECT_EQ(response(s).state, RESPONSE_CONTAINED);
    EXPECT(thing(s, "account", ACCOUNT).held && thing(s, "account", ACCOUNT).balance_frozen && thing(s, "order", "o-parcel-n").held);
    EXPECT(!simulation_gate_opens(s, STR("o-parcel-n")));
    expect_untouched(s);

    int64_t said_ms = simulation_now_ms(s);
    say_mine(s);
    pass(s, 5 * MINUTE_MS);
    EXPECT_EQ(response(s).state, RESPONSE_FALSE_ALARM);
    EXPECT(told_ms(s, "restored") > said_ms && told_ms(s, "restored") <= said_ms + 5 * MINUTE_MS);
    expect_all_released(s);

    pass(s, DAY_MS);
    EXPECT(life_act(s, NUMBER, LIFE_TRAVELLING, "login", LOGIN));
    EXPECT_EQ(simulation_receipt(s).decision.verdict, VERDICT_ALLOW);
    pass(s, 6 * DAY_MS);
    EXPECT_THING("order", "o-parcel-n", "delivered");
    EXPECT_THING("charge", "c-parcel-n", "captured");
    EXPECT_THING("charge", "c-topup-n", "captured");
    expect_untouched(s);
    struct world_verdict v;
    world_judge(simulation_world(s), ACCOUNT, &v);
    EXPECT_EQ(v.owner_touched, 0);
    simulation_close(s);
}

int main(void) {
    RUN(contained_within_five_seconds);
    RUN(the_owner_is_told_within_a_minute_at_the_address_from_before);
    RUN(a_label_asked_for_after_the_hold_is_refused);
    RUN(a_label_made_just_before_is_voided);
    RUN(a_parcel_handed_over_comes_back);
    RUN(a_refused_recall_is_told_before_the_parcel_comes);
    RUN(a_refund_that_timed_out_is_one_refund);
    RUN(payment_down_for_two_hours_is_done_all_the_same);
    RUN(a_refund_that_fails_goes_another_way);
    RUN(a_dispute_filed_already_means_no_refund);
    RUN(what_he_took_is_gone_and_stays_gone);
    RUN(the_owner_who_travels_has_it_all_back_in_five_minutes);
    return test_end();
}
