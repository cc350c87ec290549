// SPDX-License-Identifier: Apache-2.0
/* Writes packs of charges: what is asked follows what is known, what is not known is left out, and what was not the hijacker's is refused.
 */
#include "notify/issuer_pack.h"

#include "base/json.h"
#include "base/moment.h"
#include "base/test.h"
#include "event/event.h"

#define NIGHT_MS INT64_C(1772293267000) /* 2026-02-28 15:41:07 UTC */
#define S(text)                                                                                                                            \
    { "" text, sizeof(text) - 1 }

static struct incident_row incident = {
    .id = S("inc_7"),
    .window_from_ms = NIGHT_MS,
    .path = S("{\"networks\":[{\"prefix\":\"203.0.113.0/24\",\"asn\":64500,\"country\":\"NL\",\"net\":\"hosting\"}],"
              "\"sessions\":[\"s-secret\"],\"devices\":[\"d-secret\"]}")};
static struct response_row response = {.confident = true, .state = RESPONSE_UNDOING};
static struct effect_row effects[3];
static struct ledger_row ledger[2];
static struct incident_event_row events[4];
static struct step_row steps[3];
static struct issuer_pack_source source;
static struct issuer_pack_known known;

static void dawn(void) {
    effects[0] = (struct effect_row){.id = S("inc_7/e1"),
                                     .kind = S("captured_charge"),
                                     .object = S("charge:c1"),
                                     .state = S("refunding"),
                                     .phase = PHASE_UNDOING,
                                     .whose = WHOSE_HIJACKER,
                                     .go = true,
                                     .amount_minor = 50000,
                                     .currency = "JPY"};
    effects[1] = (struct effect_row){.id = S("inc_7/e2"),
                                     .kind = S("order"),
                                     .object = S("order:o1"),
                                     .phase = PHASE_VERIFIED,
                                     .whose = WHOSE_HIJACKER,
                                     .go = true,
                                     .amount_minor = 50000,
                                     .currency = "JPY"};
    effects[2] = (struct effect_row){.id = S("inc_7/e3"),
                                     .kind = S("card_authorisation"),
                                     .object = S("charge:c2"),
                                     .state = S("blocked"),
                                     .phase = PHASE_CONTAINED,
                                     .whose = WHOSE_HIJACKER,
                                     .go = true,
                                     .amount_minor = 500,
                                     .currency = "JPY"};
    ledger[0] = (struct ledger_row){.effect = S("inc_7/e1"), .kind = LEDGER_LOSS, .amount_minor = 50000, .currency = "JPY"};
    ledger[1] = (struct ledger_row){.effect = S("inc_7/e1"),
                                    .kind = LEDGER_RETURNED,
                                    .amount_minor = 50000,
                                    .currency = "JPY",
                                    .evidence = S("74537600000000034084000")};
    events[0] = (struct incident_event_row){.time_ms = NIGHT_MS,
                                            .kind = S("order_placed"),
                                            .whose = WHOSE_HIJACKER,
                                            .object = S("order:o1"),
                                            .facts = S("{\"order\":\"o1\",\"charge\":\"c1\"}"),
                                            .amount_minor = 50000,
                                            .currency = "JPY"};
    events[1] = (struct incident_event_row){.time_ms = NIGHT_MS + 2000,
                                            .kind = S("payment_state"),
                                            .whose = WHOSE_HIJACKER,
                                            .detail = S("captured"),
                                            .object = S("charge:c1"),
                                            .facts = S("{\"charge\":\"c1\",\"fate\":\"captured\"}")};
    events[2] = (struct incident_event_row){.time_ms = NIGHT_MS - 1000,
                                            .kind = S("order_placed"),
                                            .whose = WHOSE_OWNER,
                                            .object = S("order:mine"),
                                            .facts = S("{\"order\":\"mine\",\"charge\":\"c1\"}")};
    events[3] = (struct incident_event_row){.time_ms = NIGHT_MS + 3000,
                                            .kind = S("payment_state"),
                                            .whose = WHOSE_HIJACKER,
                                            .detail = S("captured"),
                                            .facts = S("{\"charge\":\"c11\"}")};
    steps[0] = (struct step_row){.id = S("inc_7/e1/undo.refund/3"),
                                 .effect = S("inc_7/e1"),
                                 .system = S("payment"),
                                 .verb = S("undo"),
                                 .how = S("refund"),
                                 .generation = 1,
                                 .first_sent_ms = NIGHT_MS + 5000};
    steps[1] = (struct step_row){.effect = S("inc_7/e1"),
                                 .system = S("payment"),
                                 .verb = S("read_state"),
                                 .how = S("refund"),
                                 .generation = 1,
                                 .first_sent_ms = NIGHT_MS + 6000};
    steps[2] = (struct step_row){.effect = S("inc_7/e3"),
                                 .system = S("payment"),
                                 .verb = S("undo"),
                                 .how = S("cancel_authorisation"),
                                 .generation = 1}; /* not sent yet */
    source =
        (struct issuer_pack_source){.rows = {.rows = {&incident, &response, effects, 3, ledger, 1}, .events = events, .event_count = 4},
                                    .steps = steps,
                                    .step_count = 3};
    known = (struct issuer_pack_known){0};
}

static char arena_memory[4 << 20], text_memory[1 << 20];
static struct buf text;

static enum err write(const char *tag, const char *charge) {
    struct arena arena = arena_over(arena_memory, sizeof arena_memory);
    struct phrases p;
    struct problem problem = {0};
    struct document d;
    struct report_wish wish = {.version = 1, .made_ms = NIGHT_MS + DAY_MS, .zone = STR("Asia/Tokyo")};
    text = buf_over(text_memory, sizeof text_memory);
    EXPECT_EQ(phrases_choose(phrases_built_in(), str_from(tag), &p, &problem), ERR_OK);
    enum err err = issuer_pack_write(&p, &source, &known, &wish, str_from(charge), &arena, &d);
    if (!err) document_write_text(&d, &text);
    return err;
}

static struct json write_json(const char *charge) {
    static char json_memory[1 << 20];
    struct arena arena = arena_over(arena_memory, sizeof arena_memory), parsed = arena_over(json_memory, sizeof json_memory);
    struct report_wish wish = {.made_ms = NIGHT_MS + DAY_MS};
    struct json root = {0};
    struct problem p = {0};
    text = buf_over(text_memory, sizeof text_memory);
    EXPECT_EQ(issuer_pack_write_json(&source, &known, &wish, str_from(charge), &arena, &text), ERR_OK);
    EXPECT_EQ(json_parse(buf_str(&text), text.size, &parsed, &root, &p), ERR_OK);
    if (p.err) printf("%s: %s\n%.*s\n", p.where, p.what, STR_ARGS(buf_str(&text)));
    return root;
}

static bool says(const char *what) {
    return str_find(buf_str(&text), str_from(what), 0) < text.size;
}
#define EXPECT_SAYS(what)                                                                                                                  \
    do {                                                                                                                                   \
        if (!says(what)) printf("missing: %s\n", what);                                                                                    \
        EXPECT(says(what));                                                                                                                \
    } while (0)

static void know_all(void) {
    known = (struct issuer_pack_known){.merchant = STR("Example Shop"),
                                       .merchant_id = STR("M-1"),
                                       .descriptor = STR("EXAMPLE"),
                                       .desk = STR("desk@shop.example"),
                                       .card_last4 = STR("4242"),
                                       .token = STR("tok-9"),
                                       .authorisation_code = STR("A12345"),
                                       .check_code = STR("4F8K-2M7Q")};
}

TEST(a_pack_tells_one_charge) {
    dawn();
    know_all();
    EXPECT_EQ(write("en", "c1"), ERR_OK);
    EXPECT_SAYS("Charge c1: not made by the account's holder");
    EXPECT_SAYS("Example Shop states: the charge below was not authorised");
    EXPECT_SAYS("has asked for a refund in full, which is under way");
    static const char *const members[] = {"M-1", "EXAMPLE", "4242", "tok-9", "A12345", "4F8K-2M7Q"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) EXPECT_SAYS(members[i]);
    EXPECT_SAYS("50,000 yen");
    EXPECT_SAYS("2026-03-01 00:41:07  Placed an order (o1, 50,000 yen)  undone, and proven");
    EXPECT_SAYS("2026-03-01 00:41:09  Captured");
    EXPECT_SAYS("2026-03-01 00:41:12  Merchant asked for a refund in full: no definite answer yet  inc_7/e1/undo.refund/1");
    EXPECT_SAYS("203.0.113.0/24, AS64500");
    EXPECT_SAYS("answers them: desk@shop.example");
    EXPECT(!says("mine") && !says("secret") && !says("c2") && !says("00:41:10") && !says("{"));
    EXPECT_EQ(write("ja", "c1"), ERR_OK);
    EXPECT_SAYS("第三者による請求について（c1）");
    EXPECT_SAYS("Example Shopは次のとおり申し述べます");
    EXPECT_SAYS("4F8K-2M7Q");
    EXPECT_SAYS("加盟店から全額の返金を依頼");
}

TEST(programs_get_the_same) {
    dawn();
    know_all();
    struct json root = write_json("c1"), charge = json_get(root, STR("charge"));
    int64_t amount = 0;
    EXPECT_STR(json_text(json_get(root, STR("statement"))), STR("unauthorised_by_account_holder"));
    EXPECT_STR(json_text(json_get(root, STR("request"))), STR("none_refund_under_way"));
    EXPECT_STR(json_text(json_get(charge, STR("id"))), STR("c1"));
    EXPECT(json_whole(json_get(charge, STR("amount_minor")), &amount) && amount == 50000);
    EXPECT_STR(json_text(json_get(charge, STR("charged"))), STR("2026-02-28T15:41:07.000Z"));
    EXPECT_STR(json_text(json_get(charge, STR("refund_request"))), STR("inc_7/e1/undo.refund/1"));
    EXPECT_STR(json_text(json_get(json_get(root, STR("card")), STR("last4"))), STR("4242"));
    EXPECT_SAYS("\"acts\":[{\"kind\":\"order_placed\",\"time\":\"2026-02-28T15:41:07.000Z\",\"object\":\"order:o1\",\"amount_minor\":50000,"
                "\"currency\":\"JPY\",\"phase\":\"verified\"}]");
    EXPECT_SAYS("\"requests\":[{\"how\":\"refund\",\"key\":\"inc_7/e1/undo.refund/1\",\"time\":\"2026-02-28T15:41:12.000Z\"}]");
    EXPECT_SAYS("\"states\":[{\"state\":\"captured\",\"time\":\"2026-02-28T15:41:09.000Z\"}]");
    EXPECT_SAYS("\"networks\":[{\"prefix\":\"203.0.113.0/24\"");
    EXPECT(!says("secret") && !says("mine"));
}

TEST(what_is_not_known_is_left_out) {
    dawn();
    incident.path.size = 0;
    source.rows.event_count = source.step_count = 0;
    EXPECT_EQ(write("en", "c1"), ERR_OK);
    EXPECT_SAYS("The merchant states: the charge below");
    EXPECT(!says("Merchant ID") && !says("Card,") && !says("Authorisation code") && !says("Charged") && !says("Reference") &&
           !says("Check code") && !says("answers them") && !says("What was charged for") && !says("The course") && !says("Network"));
    (void)write_json("c1");
    EXPECT_SAYS("\"merchant\":{},\"card\":{}");
    EXPECT(!says("charged") && !says("reference") && !says("null") && !says("\"\""));
    incident.path.size = strlen(incident.path.at);
}

static struct str asked(const char *charge) {
    return json_text(json_get(write_json(charge), STR("request")));
}

TEST(what_is_asked_follows_what_is_known) {
    dawn();
    EXPECT_STR(asked("c2"), STR("release"));
    effects[2].fate = FATE_VOIDED;
    EXPECT_STR(asked("c2"), STR("none_cancelled"));
    effects[2].fate = FATE_CAPTURED;
    EXPECT_STR(asked("c2"), STR("reversal")); /* it was taken all the same */
    EXPECT_STR(asked("c1"), STR("none_refund_under_way"));
    steps[0].outcome = STEP_OUTCOME_REFUSED;
    EXPECT_STR(asked("c1"), STR("reversal"));
    steps[0].first_sent_ms = 0, steps[0].outcome = STEP_OUTCOME_NONE;
    EXPECT_STR(asked("c1"), STR("reversal")); /* meant is not done */
    dawn();
    effects[0].fate = FATE_SETTLED, effects[0].phase = PHASE_CONFIRMED, source.rows.rows.ledger_count = 2;
    EXPECT_STR(asked("c1"), STR("none_refunded"));
    EXPECT_SAYS("\"refund_reference\":\"74537600000000034084000\"");
    dawn();
    steps[0].how = STR("accept_dispute");
    EXPECT_STR(asked("c1"), STR("none_dispute_accepted"));
    dawn();
    effects[0].phase = PHASE_COMPENSATED;
    EXPECT_STR(asked("c1"), STR("none_paid_otherwise"));
    for (int phase = 0; phase < PHASE_COUNT; phase++) { /* in every language there is a sentence for each */
        effects[0].phase = (enum phase)phase;
        if (phase != PHASE_KEPT && phase != PHASE_RESTORED && phase != PHASE_RESTORING) EXPECT_EQ(write("ja", "c1"), ERR_OK);
    }
}

TEST(only_what_was_the_hijackers_for_sure_is_told_of) {
    struct str charges[4];
    dawn();
    EXPECT_EQ(issuer_pack_charges(&source.rows, charges, 4), 2);
    EXPECT_STR(charges[0], STR("c1"));
    EXPECT_EQ(write("en", "c3"), ERR_NOT_FOUND);
    EXPECT_EQ(write("en", ""), ERR_NOT_FOUND);
    EXPECT_EQ(write("en", "o1"), ERR_NOT_FOUND);
    effects[0].go = false;
    EXPECT_EQ(write("en", "c1"), ERR_CONFLICT);
    effects[0].go = true, effects[0].whose = WHOSE_OWNER;
    EXPECT_EQ(write("en", "c1"), ERR_CONFLICT);
    effects[0].whose = WHOSE_HIJACKER, effects[0].phase = PHASE_KEPT;
    EXPECT_EQ(write("en", "c1"), ERR_CONFLICT);
    EXPECT_EQ(issuer_pack_charges(&source.rows, charges, 4), 1);
}

TEST(strangers_and_bounds) {
    dawn();
    effects[0].object = STR("charge:c\"\n1"), events[0].facts = STR("{\"charge\":\"c\\\"\\n1\"}");
    (void)write_json("c\"\n1");
    EXPECT_SAYS("\"kind\":\"order_placed\"");
    EXPECT_EQ(write("en", "c\"\n1"), ERR_OK);
    EXPECT_SAYS("Charge c\"?1: not made");
    struct arena small = arena_over(arena_memory, 1000);
    struct phrases p;
    struct problem problem = {0};
    struct document d;
    struct report_wish wish = {.version = 1};
    EXPECT_EQ(phrases_choose(phrases_built_in(), STR("en"), &p, &problem), ERR_OK);
    EXPECT_EQ(issuer_pack_write(&p, &source, &known, &wish, STR("c2"), &small, &d), ERR_FULL);
    text = buf_over(text_memory, 100);
    struct arena arena = arena_over(arena_memory, sizeof arena_memory);
    EXPECT_EQ(issuer_pack_write_json(&source, &known, &wish, STR("c2"), &arena, &text), ERR_FULL);
}

/* What only the merchant knows comes by these names, from a file and over HTTP. */
TEST(of_a_card_no_more_than_its_end_is_taken) {
    struct issuer_pack_known own = {0};
    struct problem p = {0};
    EXPECT(issuer_pack_known_member(&own, STR("pan")) == NULL && issuer_pack_known_member(&own, STR_NONE) == NULL);
    struct str *last4 = issuer_pack_known_member(&own, STR("card_last4"));
    EXPECT(last4 == &own.card_last4 && issuer_pack_known_member(&own, STR("token")) == &own.token);
    *last4 = STR("4242");
    EXPECT_EQ(issuer_pack_check_known(&own, &p), ERR_OK);
    *last4 = STR("4242424242424242");
    EXPECT_EQ(issuer_pack_check_known(&own, &p), ERR_INVALID);
    EXPECT(str_find(str_from(p.what), STR("4242"), 0) == strlen(p.what)); /* and it is not said again */
}

int main(void) {
    RUN(of_a_card_no_more_than_its_end_is_taken);
    RUN(a_pack_tells_one_charge);
    RUN(programs_get_the_same);
    RUN(what_is_not_known_is_left_out);
    RUN(what_is_asked_follows_what_is_known);
    RUN(only_what_was_the_hijackers_for_sure_is_told_of);
    RUN(strangers_and_bounds);
    return test_end();
}
