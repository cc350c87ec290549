// SPDX-License-Identifier: Apache-2.0
/* A notice's step becomes one message, the same in every sending; what the mail server says becomes what is known of it. */
#include "base/moment.h"
#include "base/test.h"
#include "courier/adapter.h"

#define NOW_MS INT64_C(1772341200000)

static _Alignas(16) char memory[1U << 20];
static struct arena step;

static struct counterpart mail_server(void) {
    return (struct counterpart){.name = STR("mail"),
                                .url = STR("smtp://mail.example:587"),
                                .adapter = "smtp",
                                .timeout_ms = 30000,
                                .ca_file = STR("/ca"),
                                .mail = {.from_name = STR("はなや"),
                                         .from_address = STR("service@shop.example"),
                                         .bounce_domain = STR("bounces.shop.example"),
                                         .login = STR("user:word")}};
}

static struct step_row step_of(struct str request) {
    return (struct step_row){.id = STR("inc_1/n1/tell.email/1"), .system = STR("email"), .verb = STR("tell"), .request = request};
}

#define REQUEST                                                                                                                            \
    "{\"system\":\"email\",\"verb\":\"tell\",\"incident\":\"inc_1\",\"account\":\"a1\",\"message_id\":\"n2.inc_1\",\"in_reply_to\":\"n1."  \
    "inc_1\","                                                                                                                             \
    "\"bounce\":\"inc_1.n2.4F8K2M7Q\",\"date\":\"2026-03-01T05:00:00.000Z\",\"title\":\"重要\",\"text\":\"本文\\n\"}"

static enum err ask(const char *request, const char *contact, int64_t now_ms, struct wire_request *out) {
    static struct counterpart c;
    static struct step_row s;
    c = mail_server();
    s = step_of(str_from(request));
    struct asking a = {.key = STR("inc_1/n2/tell.email/1"), .contact = str_from(contact), .now_ms = now_ms};
    step = arena_over(memory, sizeof memory);
    *out = (struct wire_request){0};
    return adapter_find(STR("smtp"))->request(&c, &s, &a, &step, out);
}

static bool has(struct str s, const char *what) {
    return str_find(s, str_from(what), 0) < s.size;
}

TEST(a_step_becomes_a_message) {
    struct wire_request r;
    EXPECT_EQ(ask(REQUEST, "owner@mailbox.example", NOW_MS, &r), ERR_OK);
    EXPECT_STR(r.url, STR("smtp://mail.example:587/shop.example"));
    EXPECT_STR(r.ca_file, STR("/ca"));
    EXPECT_EQ(r.timeout_ms, 30000);
    EXPECT(r.mail && r.mail->tls == WIRE_TLS_REQUIRED);
    EXPECT_STR(r.mail->to, STR("owner@mailbox.example"));
    EXPECT_STR(r.mail->from, STR("bounce+inc_1.n2.4F8K2M7Q@bounces.shop.example"));
    EXPECT_STR(r.mail->login, STR("user:word"));
    EXPECT(has(r.body, "Message-ID: <n2.inc_1@shop.example>\r\n") && has(r.body, "In-Reply-To: <n1.inc_1@shop.example>\r\n"));
    EXPECT(has(r.body, "Date: Sun, 01 Mar 2026 05:00:00 +0000\r\n") && has(r.body, "\r\nTo: owner@mailbox.example\r\n"));
    EXPECT(!has(r.body, "DKIM-Signature")); /* there are no keys here */
    EXPECT(!has(r.body, "a1\r\n"));
}

TEST(it_is_the_same_whenever_it_is_sent) {
    static char first[8192];
    struct wire_request r;
    EXPECT_EQ(ask(REQUEST, "owner@mailbox.example", NOW_MS, &r), ERR_OK);
    size_t size = r.body.size;
    EXPECT(size < sizeof first);
    memcpy(first, r.body.at, size);
    EXPECT_EQ(ask(REQUEST, "owner@mailbox.example", NOW_MS + DAY_MS, &r), ERR_OK);
    EXPECT_STR(r.body, ((struct str){first, size}));
}

/* What a directory says is data of somebody else: nothing of it becomes a second recipient, a command or a header. */
TEST(a_contact_that_is_no_address_is_sent_nothing) {
    static const char *const contacts[] = {"",
                                           "owner",
                                           "owner@",
                                           "@mailbox.example",
                                           "a@b.example,c@d.example",
                                           "a@b.example>\r\nRCPT TO:<c@d.example",
                                           "a b@c.example",
                                           "<a@b.example>",
                                           "a@b.example\r\nBcc: c@d.example",
                                           "a@b.example\n",
                                           "ä@b.example",
                                           "a@b..example"};
    for (size_t i = 0; i < sizeof contacts / sizeof contacts[0]; i++) {
        struct wire_request r;
        EXPECT_EQ(ask(REQUEST, contacts[i], NOW_MS, &r), ERR_INVALID);
    }
}

TEST(a_request_that_is_none_is_refused) {
    struct wire_request r;
    EXPECT(ask("", "owner@mailbox.example", NOW_MS, &r));
    EXPECT(ask("{\"title\":", "owner@mailbox.example", NOW_MS, &r));
    EXPECT_EQ(ask("{\"title\":\"x\",\"text\":\"y\"}", "owner@mailbox.example", NOW_MS, &r),
              ERR_INVALID); /* a mail without an id is another one each time */
}

TEST(what_the_server_says_is_what_is_known) {
    static const struct {
        enum wire_fate fate;
        unsigned status;
        enum answer_class class;
        enum outcome_word outcome;
        bool failure;
    } cases[] = {
        {WIRE_ANSWERED, 250, ANSWER_DEFINITE, STEP_OUTCOME_DONE, false},
        {WIRE_ANSWERED, 221, ANSWER_DEFINITE, STEP_OUTCOME_DONE, false},
        {WIRE_ANSWERED, 450, ANSWER_TRANSIENT, STEP_OUTCOME_NONE, false},
        {WIRE_ANSWERED, 451, ANSWER_TRANSIENT, STEP_OUTCOME_NONE, false},
        {WIRE_ANSWERED, 421, ANSWER_TRANSIENT, STEP_OUTCOME_NONE, true},
        {WIRE_ANSWERED, 550, ANSWER_DEFINITE, STEP_OUTCOME_REFUSED, false},
        {WIRE_ANSWERED, 554, ANSWER_DEFINITE, STEP_OUTCOME_REFUSED, false},
        {WIRE_ANSWERED, 530, ANSWER_TRANSIENT, STEP_OUTCOME_NONE, true},
        {WIRE_ANSWERED, 535, ANSWER_TRANSIENT, STEP_OUTCOME_NONE, true},
        {WIRE_NOT_SENT, 0, ANSWER_TRANSIENT, STEP_OUTCOME_NONE, true},
        {WIRE_NOT_SENT, 250, ANSWER_TRANSIENT, STEP_OUTCOME_NONE, true},
        {WIRE_UNKNOWN, 354, ANSWER_AMBIGUOUS, STEP_OUTCOME_NONE, true},
    };
    const struct adapter *a = adapter_find(STR("smtp"));
    struct counterpart c = mail_server();
    struct step_row s = step_of(STR(REQUEST));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wire_answer w = {
            .fate = cases[i].fate, .status = cases[i].status, .error = "550 5.1.1 <owner@mailbox.example>: no such mailbox"};
        struct adapter_answer out;
        step = arena_over(memory, sizeof memory);
        a->answer(&c, &s, false, &w, &step, &out);
        EXPECT_EQ(out.class, cases[i].class);
        EXPECT_EQ(out.outcome, cases[i].outcome);
        EXPECT_EQ(a->is_failure(&w), cases[i].failure);
        EXPECT_STR(out.error, cases[i].fate == WIRE_ANSWERED ? STR("550 5.1.1") : str_from(w.error)); /* nothing of whose mailbox it is */
    }
}

int main(void) {
    RUN(a_step_becomes_a_message);
    RUN(it_is_the_same_whenever_it_is_sent);
    RUN(a_contact_that_is_no_address_is_sent_nothing);
    RUN(a_request_that_is_none_is_refused);
    RUN(what_the_server_says_is_what_is_known);
    return test_end();
}
