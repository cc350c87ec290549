// SPDX-License-Identifier: Apache-2.0
/* How a directory is asked whom to tell, what its answers are taken for, and what a gateway is asked to tell. The rest of this adapter is
 * tested against counterparts, in tests/courier_test.c and tests/conformance_test.c. */
#include "base/json.h"
#include "base/test.h"
#include "courier/adapter.h"

#define NOW_MS INT64_C(1772341200000)
#define REQUEST                                                                                                                            \
    "{\"system\":\"sms\",\"verb\":\"tell\",\"how\":\"sms\",\"incident\":\"inc_1\",\"account\":\"a1\",\"notice\":\"inc_1/"                  \
    "n1\",\"audience\":\"owner\","                                                                                                         \
    "\"contact\":\"sealed-1\",\"as_of\":\"2026-03-01T04:00:00.000Z\",\"language\":\"ja\",\"title\":\"secret title\",\"text\":\"secret "    \
    "text\"}"

static _Alignas(16) char memory[4U << 20];
static struct arena step;
static const struct adapter *http;
static struct counterpart directory = {.name = {"people", 6}, .adapter = "http", .timeout_ms = 5000, .secret_sizes = {32}};
static const struct step_row tell = {.id = {"inc_1/n1/tell.sms/1", 19},
                                     .effect = {"inc_1/n1", 8},
                                     .account = {"a1", 2},
                                     .system = {"sms", 3},
                                     .verb = {"tell", 4},
                                     .how = {"sms", 3}};

static void begin(void) {
    step = arena_over(memory, sizeof memory);
    http = adapter_find(STR("http"));
    directory.url = STR("https://people.example/hikeshi");
    directory.systems[0] = STR("directory");
    directory.system_count = 1;
}

static struct str member(struct str body, const char *name) {
    struct json root;
    EXPECT_EQ(json_parse(body, STEP_REQUEST_SIZE_MAX * 2, &step, &root, NULL), ERR_OK);
    return json_text(json_get(root, str_from(name)));
}

static bool has(struct str s, const char *what) {
    return str_find(s, str_from(what), 0) < s.size;
}

static struct str header_of(const struct wire_request *r, const char *name) {
    for (size_t i = 0; i < r->header_count; i++) {
        struct str value, head = str_cut(r->headers[i], ':', &value);
        if (str_equal(head, str_from(name))) return str_trim(value);
    }
    return STR_NONE;
}

/* It needs to know of whom, when and by what; not what he is told. */
TEST(a_directory_is_asked_for_the_contact_and_told_nothing) {
    struct wire_request r, again;
    struct step_row s = tell;
    begin();
    s.request = STR(REQUEST);
    EXPECT_EQ(http->contact_request(&directory, &s, NOW_MS, &step, &r), ERR_OK);
    EXPECT_STR(r.url, STR("https://people.example/hikeshi/find_contact"));
    EXPECT_STR(member(r.body, "system"), STR("directory"));
    EXPECT_STR(member(r.body, "verb"), STR("find_contact"));
    EXPECT_STR(member(r.body, "channel"), STR("sms"));
    EXPECT_STR(member(r.body, "account"), STR("a1"));
    EXPECT_STR(member(r.body, "contact"), STR("sealed-1"));
    EXPECT_STR(member(r.body, "as_of"), STR("2026-03-01T04:00:00.000Z"));
    EXPECT_STR(member(r.body, "audience"), STR("owner"));
    EXPECT(!has(r.body, "secret"));
    EXPECT(header_of(&r, "webhook-signature").size && header_of(&r, "webhook-timestamp").size);
    EXPECT_EQ(http->contact_request(&directory, &s, NOW_MS + 1, &step, &again), ERR_OK);
    EXPECT(!str_equal(header_of(&r, "webhook-id"), header_of(&again, "webhook-id"))); /* a look is no act: each is a new one */
}

TEST(what_a_directory_answers) {
    static const struct {
        enum wire_fate fate;
        unsigned status;
        const char *body;
        enum answer_class class;
        enum outcome_word outcome;
        const char *contact;
    } cases[] = {
        {WIRE_ANSWERED, 200, "{\"outcome\":\"done\",\"contact\":\"owner@mailbox.example\"}", ANSWER_DEFINITE, STEP_OUTCOME_DONE,
         "owner@mailbox.example"},
        {WIRE_ANSWERED, 200, "{\"outcome\":\"absent\"}", ANSWER_DEFINITE, STEP_OUTCOME_ABSENT, ""},
        {WIRE_ANSWERED, 404, "", ANSWER_DEFINITE, STEP_OUTCOME_ABSENT, ""},
        {WIRE_ANSWERED, 200, "{\"outcome\":\"absent\",\"contact\":\"owner@mailbox.example\"}", ANSWER_DEFINITE, STEP_OUTCOME_ABSENT, ""},
        {WIRE_ANSWERED, 200, "{\"outcome\":\"done\"}", ANSWER_TRANSIENT, STEP_OUTCOME_NONE, ""},
        {WIRE_ANSWERED, 200, "{\"outcome\":\"done\",\"contact\":\"\"}", ANSWER_TRANSIENT, STEP_OUTCOME_NONE, ""},
        {WIRE_ANSWERED, 200, "{\"outcome\":\"done\",\"contact\":7}", ANSWER_TRANSIENT, STEP_OUTCOME_NONE, ""},
        {WIRE_ANSWERED, 429, "", ANSWER_TRANSIENT, STEP_OUTCOME_NONE, ""},
        {WIRE_ANSWERED, 401, "", ANSWER_TRANSIENT, STEP_OUTCOME_NONE, ""},
        {WIRE_ANSWERED, 500, "", ANSWER_AMBIGUOUS, STEP_OUTCOME_NONE, ""},
        {WIRE_ANSWERED, 200, "it works", ANSWER_AMBIGUOUS, STEP_OUTCOME_NONE, ""},
        {WIRE_NOT_SENT, 0, "", ANSWER_TRANSIENT, STEP_OUTCOME_NONE, ""},
        {WIRE_UNKNOWN, 0, "", ANSWER_AMBIGUOUS, STEP_OUTCOME_NONE, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wire_answer w = {.fate = cases[i].fate, .status = cases[i].status, .body = str_from(cases[i].body)};
        struct adapter_answer a;
        struct str contact;
        struct step_row s = tell;
        begin();
        s.request = STR(REQUEST);
        http->contact_answer(&directory, &s, &w, &step, &contact, &a);
        if (a.class != cases[i].class) printf("case %zu\n", i);
        EXPECT_EQ(a.class, cases[i].class);
        if (a.class == ANSWER_DEFINITE) EXPECT_EQ(a.outcome, cases[i].outcome);
        EXPECT_STR(contact, str_from(cases[i].contact));
        EXPECT(!a.body.size && !has(a.error, "@")); /* what is kept of it has no contact */
    }
}

TEST(a_gateway_is_told_whom_and_what_under_one_key) {
    struct wire_request r, again;
    struct step_row s = tell;
    struct asking a = {.key = STR("inc_1/n1/tell.sms/1"), .contact = STR("+99 \"1\""), .now_ms = NOW_MS};
    begin();
    s.request = STR(REQUEST);
    EXPECT_EQ(http->request(&directory, &s, &a, &step, &r), ERR_OK);
    EXPECT_STR(r.url, STR("https://people.example/hikeshi/tell"));
    EXPECT_STR(member(r.body, "to"), STR("+99 \"1\""));
    EXPECT_STR(member(r.body, "text"), STR("secret text"));
    EXPECT_STR(member(r.body, "key"), a.key);
    EXPECT_STR(header_of(&r, "webhook-id"), a.key);
    a.now_ms += 1000;
    EXPECT_EQ(http->request(&directory, &s, &a, &step, &again), ERR_OK);
    EXPECT_STR(again.body, r.body);
    EXPECT_STR(header_of(&again, "webhook-id"), a.key); /* sent again it is the same act */
    a.contact = STR_NONE;
    EXPECT_EQ(http->request(&directory, &s, &a, &step, &r), ERR_OK);
    EXPECT(!has(r.body, "\"to\":")); /* it finds the contact itself */
}

int main(void) {
    RUN(a_directory_is_asked_for_the_contact_and_told_nothing);
    RUN(what_a_directory_answers);
    RUN(a_gateway_is_told_whom_and_what_under_one_key);
    return test_end();
}
