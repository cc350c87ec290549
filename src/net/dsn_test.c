// SPDX-License-Identifier: Apache-2.0
/* Proves that bounces are read as MTAs write them, whatever is missing, and that what is no bounce is told. Samples: made after real ones.
 */
#include "net/dsn.h"

#include "base/bounds.h"
#include "base/buf.h"
#include "base/test.h"

static char memory[DSN_MEMORY_SIZE];
static struct problem problem;

static enum err parse_for(struct str message, struct str recipient, struct dsn *out) {
    struct arena step = arena_over(memory, sizeof memory);
    problem = (struct problem){0};
    return dsn_parse(message, recipient, &step, out, &problem);
}

static enum err parse(struct str message, struct dsn *out) {
    return parse_for(message, STR_NONE, out);
}

#define EXPECT_SAID(text) EXPECT(strstr(problem.what, text) != NULL)

/* Postfix bounce(8): LF as its pipe delivers, the "From " line of local(8) before the head. */
static const char postfix[] = "From MAILER-DAEMON Sun Mar  1 10:00:02 2026\n"
                              "Return-Path: <>\n"
                              "X-Original-To: bounce+k7q29f4t@notice.shop.example\n"
                              "Delivered-To: bounce@notice.shop.example\n"
                              "Received: by mail.shop.example (Postfix)\n\tid 4C1B22A0; Sun,  1 Mar 2026 10:00:02 +0900 (JST)\n"
                              "Date: Sun,  1 Mar 2026 10:00:02 +0900 (JST)\n"
                              "From: MAILER-DAEMON@mail.shop.example (Mail Delivery System)\n"
                              "Subject: Undelivered Mail Returned to Sender\n"
                              "To: bounce+k7q29f4t@notice.shop.example\n"
                              "Auto-Submitted: auto-replied\n"
                              "MIME-Version: 1.0\n"
                              "Content-Type: multipart/report; report-type=delivery-status;\n"
                              "\tboundary=\"4C1B22A1.1772326802/mail.shop.example\"\n"
                              "Content-Transfer-Encoding: 8bit\n"
                              "Message-Id: <20260301010002.4C1B22A0@mail.shop.example>\n"
                              "\n"
                              "This is a MIME-encapsulated message.\n"
                              "\n"
                              "--4C1B22A1.1772326802/mail.shop.example\n"
                              "Content-Description: Notification\n"
                              "Content-Type: text/plain; charset=us-ascii\n"
                              "\n"
                              "This is the mail system at host mail.shop.example.\n"
                              "\n"
                              "<owner@dest.example>: host mx.dest.example[192.0.2.25] said: 550 5.1.1\n"
                              "    <owner@dest.example>: Recipient address rejected: User unknown in local\n"
                              "    recipient table (in reply to RCPT TO command)\n"
                              "\n"
                              "--4C1B22A1.1772326802/mail.shop.example\n"
                              "Content-Description: Delivery report\n"
                              "Content-Type: message/delivery-status\n"
                              "\n"
                              "Reporting-MTA: dns; mail.shop.example\n"
                              "X-Postfix-Queue-ID: 4C1B22A1\n"
                              "X-Postfix-Sender: rfc822; bounce+k7q29f4t@notice.shop.example\n"
                              "Arrival-Date: Sun,  1 Mar 2026 10:00:01 +0900 (JST)\n"
                              "\n"
                              "Final-Recipient: rfc822; owner@dest.example\n"
                              "Original-Recipient: rfc822;owner@dest.example\n"
                              "Action: failed\n"
                              "Status: 5.1.1\n"
                              "Remote-MTA: dns; mx.dest.example\n"
                              "Diagnostic-Code: smtp; 550 5.1.1 <owner@dest.example>: Recipient address\n"
                              "    rejected: User unknown in local recipient table\n"
                              "\n"
                              "--4C1B22A1.1772326802/mail.shop.example\n"
                              "Content-Description: Undelivered Message\n"
                              "Content-Type: message/rfc822\n"
                              "Content-Transfer-Encoding: 8bit\n"
                              "\n"
                              "Return-Path: <bounce+k7q29f4t@notice.shop.example>\n"
                              "From: Shop <notice@shop.example>\n"
                              "To: owner@dest.example\n"
                              "Message-ID: <n1.k7q29f4t@shop.example>\n"
                              "Content-Type: text/plain; charset=utf-8\n"
                              "\n"
                              "Somebody used your account.\n"
                              "--4C1B22A1.1772326802/mail.shop.example--\n";

static void expect_postfix(const struct dsn *d) {
    struct str token = STR_NONE;
    EXPECT_STR(d->recipient_address, STR("bounce+k7q29f4t@notice.shop.example"));
    EXPECT(dsn_verp_token(d->recipient_address, &token));
    EXPECT_STR(token, STR("k7q29f4t"));
    EXPECT_STR(d->final_recipient, STR("owner@dest.example"));
    EXPECT_EQ(d->action, DSN_FAILED);
    EXPECT_STR(d->status, STR("5.1.1"));
    EXPECT_STR(d->diagnostic, STR("550 5.1.1 <...>: Recipient address rejected: User unknown in local recipient table"));
    EXPECT_STR(d->original_message_id, STR("<n1.k7q29f4t@shop.example>"));
    EXPECT_EQ(dsn_class(d), DSN_CLASS_HARD);
}

TEST(postfix_is_read) {
    struct dsn d;
    EXPECT_EQ(parse(str_from(postfix), &d), ERR_OK);
    expect_postfix(&d);
}

/* The same with CRLF at every line's end, as it is on the wire. */
TEST(lines_may_end_in_crlf) {
    static char text[2 * sizeof postfix];
    struct buf b = buf_over(text, sizeof text);
    struct dsn d;
    for (const char *at = postfix; *at; at++) {
        if (*at == '\n') buf_char(&b, '\r');
        buf_char(&b, *at);
    }
    EXPECT_EQ(parse(buf_str(&b), &d), ERR_OK);
    expect_postfix(&d);
}

/* Postfix after four hours; the mail itself does not come back, its head does. */
TEST(a_delay_is_no_failure) {
    struct dsn d;
    EXPECT_EQ(parse(STR("To: bounce+t1@notice.shop.example\n"
                        "Subject: Delayed Mail (still being retried)\n"
                        "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n"
                        "\n"
                        "--b\n\nStill trying.\n--b\nContent-Type: message/delivery-status\n\n"
                        "Reporting-MTA: dns; mail.shop.example\n\n"
                        "Final-Recipient: rfc822; owner@dest.example\n"
                        "Action: delayed\nStatus: 4.4.1\n"
                        "Diagnostic-Code: X-Postfix; connect to mx.dest.example[192.0.2.25]:25: Connection timed out\n"
                        "Will-Retry-Until: Fri,  6 Mar 2026 10:00:02 +0900 (JST)\n"
                        "\n--b\nContent-Type: text/rfc822-headers\n\n"
                        "Message-ID: <n1.t1@shop.example>\nSubject: x\n\n--b--\n"),
                    &d),
              ERR_OK);
    EXPECT_EQ(d.action, DSN_DELAYED);
    EXPECT_EQ(dsn_class(&d), DSN_CLASS_DELAYED);
    EXPECT_STR(d.status, STR("4.4.1"));
    EXPECT_STR(d.diagnostic, STR("connect to mx.dest.example[192.0.2.25]:25: Connection timed out"));
    EXPECT_STR(d.original_message_id, STR("<n1.t1@shop.example>"));
}

/* Exim: "auto-replied" although it is a bounce, Action before the recipient, and 5.0.0 whatever the other side said. */
#define EXIM(diagnostic)                                                                                                                   \
    STR("Return-path: <>\r\n"                                                                                                              \
        "Envelope-to: bounce+e1@notice.shop.example\r\n"                                                                                   \
        "Delivery-date: Sun, 01 Mar 2026 10:00:03 +0000\r\n"                                                                               \
        "X-Failed-Recipients: owner@dest.example\r\n"                                                                                      \
        "Auto-Submitted: auto-replied\r\n"                                                                                                 \
        "From: Mail Delivery System <Mailer-Daemon@mx.shop.example>\r\n"                                                                   \
        "To: bounce+e1@notice.shop.example\r\n"                                                                                            \
        "References: <n1.e1@shop.example>\r\n"                                                                                             \
        "Content-Type: multipart/report; report-type=delivery-status; boundary=1772326803-eximdsn-1804289383\r\n"                          \
        "MIME-Version: 1.0\r\n"                                                                                                            \
        "Subject: Mail delivery failed: returning message to sender\r\n"                                                                   \
        "\r\n"                                                                                                                             \
        "--1772326803-eximdsn-1804289383\r\n"                                                                                              \
        "Content-type: text/plain; charset=us-ascii\r\n"                                                                                   \
        "\r\n"                                                                                                                             \
        "This message was created automatically by mail delivery software.\r\n"                                                            \
        "\r\n"                                                                                                                             \
        "--1772326803-eximdsn-1804289383\r\n"                                                                                              \
        "Content-type: message/delivery-status\r\n"                                                                                        \
        "\r\n"                                                                                                                             \
        "Reporting-MTA: dns; mx.shop.example\r\n"                                                                                          \
        "\r\n"                                                                                                                             \
        "Action: failed\r\n"                                                                                                               \
        "Final-Recipient: rfc822;owner@dest.example\r\n"                                                                                   \
        "Status: 5.0.0\r\n"                                                                                                                \
        "Remote-MTA: dns; mx.dest.example\r\n"                                                                                             \
        "Diagnostic-Code: smtp; " diagnostic "\r\n"                                                                                        \
        "\r\n"                                                                                                                             \
        "--1772326803-eximdsn-1804289383--\r\n")

TEST(exim_is_read_by_what_the_other_side_said) {
    struct dsn d;
    EXPECT_EQ(parse(EXIM("550 5.1.1 <owner@dest.example>: no such user"), &d), ERR_OK);
    EXPECT_STR(d.recipient_address, STR("bounce+e1@notice.shop.example"));
    EXPECT_STR(d.status, STR("5.1.1"));
    EXPECT_STR(d.original_message_id, STR("<n1.e1@shop.example>"));
    EXPECT_EQ(dsn_class(&d), DSN_CLASS_HARD);
    EXPECT_EQ(parse(EXIM("552 5.2.2 mailbox full"), &d), ERR_OK);
    EXPECT_STR(d.status, STR("5.2.2"));
    EXPECT_EQ(dsn_class(&d), DSN_CLASS_SOFT);
    EXPECT_EQ(parse(EXIM("452 4.2.2 mailbox full"), &d), ERR_OK); /* given up after days of this */
    EXPECT_STR(d.status, STR("4.2.2"));
    EXPECT_EQ(dsn_class(&d), DSN_CLASS_SOFT);
    EXPECT_EQ(parse(EXIM("550 no such user"), &d), ERR_OK);
    EXPECT_STR(d.status, STR("5.0.0"));
    EXPECT_EQ(dsn_class(&d), DSN_CLASS_HARD);
    EXPECT_EQ(parse(EXIM("550 5.1.1.9 no such user"), &d), ERR_OK); /* not a code */
    EXPECT_STR(d.status, STR("5.0.0"));
    EXPECT_EQ(parse(EXIM("550 4.1.1 which is it?"), &d), ERR_OK);
    EXPECT_STR(d.status, STR("5.0.0"));
}

/* Exchange Online: text in two forms, long random boundaries, details below 10, no angle brackets; In-Reply-To names our mail. */
TEST(exchange_is_read) {
    struct dsn d;
    EXPECT_EQ(parse(STR("From: <postmaster@dest.example>\r\n"
                        "To: <bounce+x1@notice.shop.example>\r\n"
                        "Content-Type: multipart/report; report-type=delivery-status;\r\n"
                        " boundary=\"_5ad5d4d4-7c38-4ad6-8e4e-6d1d8c4f5d39_\"\r\n"
                        "X-MS-Exchange-Message-Is-Ndr:\r\n"
                        "Content-Language: en-US\r\n"
                        "In-Reply-To: <n1.x1@shop.example>\r\n"
                        "References: <n1.x1@shop.example>\r\n"
                        "Subject: Undeliverable: Your account\r\n"
                        "Auto-Submitted: auto-replied\r\n"
                        "MIME-Version: 1.0\r\n"
                        "\r\n"
                        "--_5ad5d4d4-7c38-4ad6-8e4e-6d1d8c4f5d39_\r\n"
                        "Content-Type: multipart/alternative; differences=Content-Type;\r\n"
                        " boundary=\"_2c0d0a4e-7c38-4ad6-8e4e-6d1d8c4f5d39_\"\r\n"
                        "\r\n"
                        "--_2c0d0a4e-7c38-4ad6-8e4e-6d1d8c4f5d39_\r\n"
                        "Content-Type: text/plain; charset=\"us-ascii\"\r\n"
                        "Content-Transfer-Encoding: quoted-printable\r\n"
                        "\r\n"
                        "Your message to owner@dest.example couldn't be delivered.\r\n"
                        "--_2c0d0a4e-7c38-4ad6-8e4e-6d1d8c4f5d39_\r\n"
                        "Content-Type: text/html; charset=\"us-ascii\"\r\n"
                        "\r\n"
                        "<html><body>owner wasn't found at dest.example</body></html>\r\n"
                        "--_2c0d0a4e-7c38-4ad6-8e4e-6d1d8c4f5d39_--\r\n"
                        "\r\n"
                        "--_5ad5d4d4-7c38-4ad6-8e4e-6d1d8c4f5d39_\r\n"
                        "Content-Type: message/delivery-status\r\n"
                        "\r\n"
                        "Reporting-MTA: dns;MX01.dest.example\r\n"
                        "Received-From-MTA: dns;mail.shop.example\r\n"
                        "Arrival-Date: Sun, 1 Mar 2026 01:00:02 +0000\r\n"
                        "\r\n"
                        "Final-Recipient: rfc822;owner@dest.example\r\n"
                        "Action: failed\r\n"
                        "Status: 5.1.10\r\n"
                        "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient owner@dest.example not found by SMTP "
                        "address lookup\r\n"
                        "X-Display-Name: owner\r\n"
                        "\r\n"
                        "\r\n"
                        "--_5ad5d4d4-7c38-4ad6-8e4e-6d1d8c4f5d39_\r\n"
                        "Content-Type: message/rfc822\r\n"
                        "\r\n"
                        "Subject: Your account\r\n"
                        "\r\n"
                        "...\r\n"
                        "--_5ad5d4d4-7c38-4ad6-8e4e-6d1d8c4f5d39_--\r\n"),
                    &d),
              ERR_OK);
    EXPECT_STR(d.status, STR("5.1.10"));
    EXPECT_STR(d.final_recipient, STR("owner@dest.example"));
    EXPECT_STR(d.diagnostic, STR("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ... not found by SMTP address lookup"));
    EXPECT_STR(d.original_message_id, STR("<n1.x1@shop.example>"));
    EXPECT_EQ(dsn_class(&d), DSN_CLASS_HARD);
}

/* Gmail: the reply in three lines, each with its code; the text is multipart/related; the last two parts. */
TEST(gmail_is_read) {
    struct dsn d;
    EXPECT_EQ(parse(STR("Return-Path: <>\r\n"
                        "Content-Type: multipart/report; boundary=\"000000000000a1b2c305e1d2f3a4\"; report-type=delivery-status\r\n"
                        "To: bounce+g1@notice.shop.example\r\n"
                        "Received: by 2002:a05:1234:: with SMTP id x1; Sun, 01 Mar 2026 01:00:03 -0800 (PST)\r\n"
                        "From: Mail Delivery Subsystem <mailer-daemon@dest.example>\r\n"
                        "Auto-Submitted: auto-replied\r\n"
                        "Subject: Delivery Status Notification (Failure)\r\n"
                        "References: <n1.g1@shop.example>\r\n"
                        "In-Reply-To: <n1.g1@shop.example>\r\n"
                        "X-Failed-Recipients: owner@dest.example\r\n"
                        "\r\n"
                        "--000000000000a1b2c305e1d2f3a4\r\n"
                        "Content-Type: multipart/related; boundary=\"000000000000a1b2e105e1d2f3ac\"\r\n"
                        "\r\n"
                        "--000000000000a1b2e105e1d2f3ac\r\n"
                        "Content-Type: multipart/alternative; boundary=\"000000000000a1b2f005e1d2f3ad\"\r\n"
                        "\r\n"
                        "--000000000000a1b2f005e1d2f3ad\r\n"
                        "Content-Type: text/plain; charset=\"UTF-8\"\r\n"
                        "\r\n"
                        "** Message not delivered **\r\n"
                        "--000000000000a1b2f005e1d2f3ad--\r\n"
                        "--000000000000a1b2e105e1d2f3ac\r\n"
                        "Content-Type: image/png; name=\"icon.png\"\r\n"
                        "Content-Transfer-Encoding: base64\r\n"
                        "\r\n"
                        "iVBORw0KGgo=\r\n"
                        "--000000000000a1b2e105e1d2f3ac--\r\n"
                        "--000000000000a1b2c305e1d2f3a4\r\n"
                        "Content-Type: message/delivery-status\r\n"
                        "\r\n"
                        "Reporting-MTA: dns; dest.example\r\n"
                        "Received-From-MTA: dns; bounce+g1@notice.shop.example\r\n"
                        "Arrival-Date: Sun, 01 Mar 2026 01:00:02 -0800 (PST)\r\n"
                        "X-Original-Message-ID: <n1.g1@shop.example>\r\n"
                        "\r\n"
                        "Final-Recipient: rfc822; owner@dest.example\r\n"
                        "Action: failed\r\n"
                        "Status: 5.2.2\r\n"
                        "Remote-MTA: dns; mx.dest.example. (192.0.2.26, the server for the domain dest.example.)\r\n"
                        "Diagnostic-Code: smtp; 552-5.2.2 The email account that you tried to reach is over quota.\r\n"
                        " 552-5.2.2 Please direct the recipient to\r\n"
                        " 552 5.2.2  its help page. d2si1234567pjg.1 - gsmtp\r\n"
                        "Last-Attempt-Date: Sun, 01 Mar 2026 01:00:03 -0800 (PST)\r\n"
                        "\r\n"
                        "--000000000000a1b2c305e1d2f3a4\r\n"
                        "Content-Type: message/rfc822\r\n"
                        "\r\n"
                        "Return-Path: <bounce+g1@notice.shop.example>\r\n"
                        "Message-ID: <n1.g1@shop.example>\r\n"
                        "\r\n"
                        "--000000000000a1b2c305e1d2f3a4--\r\n"),
                    &d),
              ERR_OK);
    EXPECT_STR(d.status, STR("5.2.2"));
    EXPECT_EQ(dsn_class(&d), DSN_CLASS_SOFT);
    EXPECT_STR(d.diagnostic,
               STR("552-5.2.2 The email account that you tried to reach is over quota. 552-5.2.2 Please direct the recipient to "
                   "552 5.2.2 its help page. d2si1234567pjg.1 - gsmtp"));
}

/* sendmail: Auto-Submitted auto-generated, comments, and the mail went through an alias that tells of two. */
#define SENDMAIL(first, second)                                                                                                            \
    STR("From: MAILER-DAEMON (Mail Delivery Subsystem)\n"                                                                                  \
        "Delivered-To: bounces@shop.example\n"                                                                                             \
        "To: \"Bounces, all\" <other@shop.example>, <bounce+s1@notice.shop.example>\n"                                                     \
        "MIME-Version: 1.0\n"                                                                                                              \
        "Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"2210A0Bb012345.1772326804/relay.example\"\n"           \
        "Subject: Returned mail: see transcript for details\n"                                                                             \
        "Auto-Submitted: auto-generated (failure)\n"                                                                                       \
        "\n"                                                                                                                               \
        "This is a MIME-encapsulated message\n"                                                                                            \
        "\n"                                                                                                                               \
        "--2210A0Bb012345.1772326804/relay.example\n"                                                                                      \
        "\n"                                                                                                                               \
        "   ----- The following addresses had permanent fatal errors -----\n"                                                              \
        "<owner@dest.example>\n"                                                                                                           \
        "--2210A0Bb012345.1772326804/relay.example\n"                                                                                      \
        "Content-Type: message/delivery-status\n"                                                                                          \
        "\n"                                                                                                                               \
        "Reporting-MTA: dns; relay.example\n"                                                                                              \
        "Arrival-Date: Sun, 1 Mar 2026 10:00:01 +0900\n"                                                                                   \
        "\n" first "\n" second "\n"                                                                                                        \
        "--2210A0Bb012345.1772326804/relay.example\n"                                                                                      \
        "Content-Type: text/rfc822-headers\n"                                                                                              \
        "\n"                                                                                                                               \
        "Message-ID: <n1.s1@shop.example>\n"                                                                                               \
        "\n"                                                                                                                               \
        "--2210A0Bb012345.1772326804/relay.example--\n")

TEST(of_several_recipients_the_worst_is_told) {
    const struct str both[] = {
        SENDMAIL("Final-Recipient: RFC822; one@dest.example\nAction: expanded (to multi-recipient alias)\nStatus: 2.0.0\n",
                 "Original-Recipient: rfc822;owner@dest.example\nFinal-Recipient: RFC822; <two@far.example>\nAction: FAILED\nStatus: 5.7.1 "
                 "(refused)\nDiagnostic-Code: SMTP; 550 refused\n"),
        SENDMAIL("Final-Recipient: RFC822; <two@far.example>\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: SMTP; 550 refused\n",
                 "Final-Recipient: RFC822; one@dest.example\nAction: delivered\nStatus: 2.0.0\n"),
    };
    struct dsn d;
    for (size_t i = 0; i < 2; i++) {
        EXPECT_EQ(parse(both[i], &d), ERR_OK);
        EXPECT_STR(d.recipient_address, STR("bounce+s1@notice.shop.example"));
        EXPECT_STR(d.final_recipient, STR("two@far.example"));
        EXPECT_STR(d.status, STR("5.7.1"));
        EXPECT_STR(d.diagnostic, STR("550 refused"));
        EXPECT_EQ(dsn_class(&d), DSN_CLASS_HARD);
    }
}

TEST(each_action_has_its_class) {
    const struct {
        struct str mail;
        enum dsn_action action;
        enum dsn_class class;
    } cases[] = {
        {SENDMAIL("Final-Recipient: rfc822; a@dest.example\nAction: failed\n", ""), DSN_FAILED, DSN_CLASS_HARD}, /* without a status */
        {SENDMAIL("Final-Recipient: rfc822; a@dest.example\nAction: failed\nDiagnostic-Code: smtp; 421 later\n", ""), DSN_FAILED,
         DSN_CLASS_SOFT},
        {SENDMAIL("Final-Recipient: rfc822; a@dest.example\nAction: failed\nStatus: 4.4.7\n", ""), DSN_FAILED, DSN_CLASS_SOFT},
        {SENDMAIL("Final-Recipient: rfc822; a@dest.example\nAction: failed\nStatus: 5.2.2\n", ""), DSN_FAILED, DSN_CLASS_SOFT},
        {SENDMAIL("Final-Recipient: rfc822; a@dest.example\nAction: failed\nStatus: 5.3.1\n", ""), DSN_FAILED, DSN_CLASS_SOFT},
        {SENDMAIL("Final-Recipient: rfc822; a@dest.example\nAction: failed\nStatus: 5.2.1\n", ""), DSN_FAILED, DSN_CLASS_HARD},
        {SENDMAIL("Final-Recipient: rfc822; a@dest.example\nAction: delayed\n", ""), DSN_DELAYED, DSN_CLASS_DELAYED},
        {SENDMAIL("Final-Recipient: rfc822; a@dest.example\nAction: delivered\n", ""), DSN_DELIVERED, DSN_CLASS_DELIVERED},
        {SENDMAIL("Final-Recipient: rfc822; a@dest.example\nAction: relayed\n", ""), DSN_RELAYED, DSN_CLASS_DELIVERED},
        {SENDMAIL("Final-Recipient: rfc822; a@dest.example\nAction: expanded\n", ""), DSN_EXPANDED, DSN_CLASS_DELIVERED},
    };
    struct dsn d;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        EXPECT_EQ(parse(cases[i].mail, &d), ERR_OK);
        EXPECT_EQ(d.action, cases[i].action);
        EXPECT_EQ(dsn_class(&d), cases[i].class);
        EXPECT(d.status.size >= 5);
    }
}

#define REPORT(head, part)                                                                                                                 \
    STR("To: bounce+r1@notice.shop.example\nContent-Type: multipart/report; boundary=b\n" head "\n--b\n\ntext\n--b\n" part)

TEST(transfer_encodings_are_undone) {
    const struct str mails[] = {
        REPORT("", "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
                   "UmVwb3J0aW5nLU1UQTogZG5zOyBteC5leGFtcGxlDQoNCkZpbmFsLVJlY2lwaWVudDogcmZjODIy\n"
                   "OyBvd25lckBkZXN0LmV4YW1wbGUNCkFjdGlvbjogZmFpbGVkDQpTdGF0dXM6IDUuMS4xDQo=\n--b--\n"),
        REPORT("", "Content-Type: message/delivery-status\nContent-Transfer-Encoding: Quoted-Printable\n\n"
                   "Reporting-MTA: dns; mx.ex=\n ample\n\nFinal-Recipient: rfc822; own=  \ner=40dest.example\nAction: fai=6Ced\nStatus: "
                   "5=2E1.1\n--b--\n"),
        REPORT(
            "",
            "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; owner@dest.example\nAction: failed\nStatus: 5.1.1"), /* cut
                                                                                                                                     */
        REPORT("MIME-Version: 1.0\n", "Content-Type: Message/Global-Delivery-Status\n\n\n\nOriginal-Recipient: utf-8; owner@dest.example\n"
                                      "Action: failed\nStatus: 5.1.1\n--b\nContent-Type: message/global-headers\n\n--b--"),
    };
    struct dsn d;
    for (size_t i = 0; i < sizeof mails / sizeof mails[0]; i++) {
        EXPECT_EQ(parse(mails[i], &d), ERR_OK);
        EXPECT_STR(d.final_recipient, STR("owner@dest.example"));
        EXPECT_STR(d.status, STR("5.1.1"));
        EXPECT_STR(d.original_message_id, STR_NONE);
    }
}

TEST(a_report_within_a_wrapping_is_found) {
    struct dsn d;
    EXPECT_EQ(
        parse(STR("Delivered-To: bounce+w1@notice.shop.example\nContent-Type: multipart/mixed; boundary=o\n\n--o\n"
                  "Content-Type: multipart/report; report-type=delivery-status; boundary=oo\n\n--oo\n\ntext\n--oo\n"
                  "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; owner@dest.example\nAction: failed\nStatus: 5.1.1\n"
                  "\n--oo--\n--o\n\nScanned by a gateway\n--o--\n"),
              &d),
        ERR_OK);
    EXPECT_STR(d.recipient_address, STR("bounce+w1@notice.shop.example"));
}

TEST(the_caller_knows_best_whom_it_was_sent_to) {
    struct dsn d;
    EXPECT_EQ(parse_for(str_from(postfix), STR("bounce+other@notice.shop.example"), &d), ERR_OK);
    EXPECT_STR(d.recipient_address, STR("bounce+other@notice.shop.example"));
    EXPECT_EQ(parse_for(str_from(postfix), STR("bounces@shop.example"), &d), ERR_OK); /* an alias took the token away */
    EXPECT_STR(d.recipient_address, STR("bounce+k7q29f4t@notice.shop.example"));
    EXPECT_EQ(
        parse(STR("To: bounces@shop.example\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
                  "Final-Recipient: rfc822; a@dest.example\nAction: failed\n\n--b\nContent-Type: message/rfc822\n\n"
                  "Return-Path: <bounce+back@notice.shop.example>\n\n--b--\n"),
              &d),
        ERR_OK);
    EXPECT_STR(d.recipient_address, STR("bounce+back@notice.shop.example"));
}

TEST(what_is_no_bounce_is_told) {
    struct dsn d;
    EXPECT_EQ(
        parse(
            STR("To: bounce+o1@notice.shop.example\nAuto-Submitted: auto-replied (vacation)\nSubject: Out of office\n\nBack on Monday.\n"),
            &d),
        ERR_UNSUPPORTED);
    EXPECT_SAID("automatic reply");
    EXPECT_EQ(parse(STR("To: bounce+o1@notice.shop.example\nX-Autoreply: yes\nContent-Type: multipart/alternative; "
                        "boundary=b\n\n--b\n\nAway\n--b--\n"),
                    &d),
              ERR_UNSUPPORTED);
    EXPECT_SAID("automatic reply");
    EXPECT_EQ(parse(STR("Auto-Submitted: no\nContent-Type: TEXT/html; x=y\n\nBuy this\n"), &d), ERR_UNSUPPORTED);
    EXPECT_SAID("no delivery status in a mail of type 'TEXT/html'");
    EXPECT_EQ(parse(STR("Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nread\n--b--\n"), &d),
              ERR_UNSUPPORTED);
    EXPECT_SAID("a report of type 'disposition-notification'");
    EXPECT_EQ(parse(STR("Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\n"), &d), ERR_UNSUPPORTED);
    EXPECT_SAID("feedback-report");
    EXPECT_EQ(parse(STR_NONE, &d), ERR_UNSUPPORTED);
    EXPECT_EQ(parse(STR("Content-Type: multipart/report; report-type=delivery-status\n\n--\n--\n"), &d), ERR_UNSUPPORTED); /* no boundary */
    /* A person who asks about a bounce that he forwards: the mail within the mail is not told. */
    EXPECT_EQ(parse(STR("Content-Type: multipart/mixed; boundary=f\n\n--f\n\nWhat is this?\n--f\nContent-Type: message/rfc822\n\n"
                        "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
                        "Final-Recipient: rfc822; a@dest.example\nAction: failed\n--b--\n--f--\n"),
                    &d),
              ERR_UNSUPPORTED);
}

TEST(a_bounce_that_says_nothing_is_invalid) {
    struct dsn d;
    EXPECT_EQ(parse(REPORT("", "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n--b--\n"), &d), ERR_INVALID);
    EXPECT_SAID("no recipient");
    EXPECT_EQ(
        parse(REPORT("", "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@dest.example\nAction: failedest\n--b--\n"),
              &d),
        ERR_INVALID);
    EXPECT_EQ(parse(REPORT("", "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n????\n--b--\n"), &d),
              ERR_INVALID);
}

/* Everything that the sender may choose has a bound, and beyond it an error. */
TEST(bounds_are_kept) {
    static char text[MAIL_SIZE_MAX + 1];
    struct buf b = buf_over(text, sizeof text);
    struct dsn d;
    memset(text, '\n', sizeof text);
    EXPECT_EQ(parse((struct str){text, sizeof text}, &d), ERR_TOO_LARGE);
    EXPECT_EQ(parse((struct str){text, sizeof text - 1}, &d), ERR_UNSUPPORTED);
    for (int i = 0; i <= MAIL_NESTING_MAX; i++) buf_fmt(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    EXPECT_EQ(parse(buf_str(&b), &d), ERR_TOO_LARGE);
    EXPECT_SAID("nested");
    buf_reset(&b);
    buf_text(&b, STR("Content-Type: multipart/report; boundary=b\n\n"));
    for (int i = 0; i <= MAIL_PARTS_MAX; i++) buf_text(&b, STR("--b\n"));
    EXPECT_EQ(parse(buf_str(&b), &d), ERR_TOO_LARGE);
    EXPECT_SAID("parts");
    buf_reset(&b);
    buf_text(&b, STR("Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"));
    size_t begin = b.size;
    for (int i = 0; i <= DSN_RECIPIENTS_MAX; i++) buf_text(&b, STR("Final-Recipient: rfc822; a@dest.example\nAction: failed\n\n"));
    EXPECT_EQ(parse(buf_str(&b), &d), ERR_TOO_LARGE);
    EXPECT_SAID("recipients");
    b.size = begin;
    buf_text(&b, STR("Final-Recipient: rfc822; a@dest.example\nAction: failed\nDiagnostic-Code: smtp; 550 "));
    while (b.size < begin + DSN_STATUS_SIZE_MAX - 100) buf_char(&b, 'x');
    EXPECT_EQ(parse(buf_str(&b), &d), ERR_OK);
    EXPECT_EQ(d.diagnostic.size, DSN_DIAGNOSTIC_SIZE_MAX);
    while (b.size < begin + DSN_STATUS_SIZE_MAX + 100) buf_char(&b, 'x');
    EXPECT_EQ(parse(buf_str(&b), &d), ERR_TOO_LARGE);
    struct arena none = arena_over(memory, 8);
    EXPECT_EQ(dsn_parse(str_from(postfix), STR_NONE, &none, &d, &problem), ERR_FULL);
}

TEST(what_is_shown_is_text) {
    struct dsn d;
    EXPECT_EQ(parse(REPORT("", "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@dest.example\nAction: failed\n"
                               "Diagnostic-Code: smtp; 550 \x1b[31m\xff\xfe \"@\" caf\xe9 a@b,<c@d>\n--b--\n"),
                    &d),
              ERR_OK);
    EXPECT_STR(d.diagnostic, STR("550 ?[31m?? \"...\" caf? ...,<...>"));
    EXPECT_EQ(parse(REPORT("", "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@dest.example\nAction: failed\n"
                               "Diagnostic-Code: smtp; 550 \xe5\xae\x9b\xe5\x85\x88\xc2\x9b\xe4\xb8\x8d\xe6\x98\x8e\n--b--\n"),
                    &d),
              ERR_OK);
    EXPECT_STR(d.diagnostic, STR("550 \xe5\xae\x9b\xe5\x85\x88?\xe4\xb8\x8d\xe6\x98\x8e"));
}

TEST(a_token_is_of_our_address_only) {
    static const char *const ours[] = {"bounce+k7q29f4t@shop.example", "<Bounce+k7q29f4t@shop.example>",
                                       " BOUNCE+k7q29f4t@shop.example\r\n"};
    static const char *const others[] = {"",
                                         "bounce@shop.example",
                                         "bounce+@shop.example",
                                         "bounce+a",
                                         "bounce+a@",
                                         "xbounce+a@shop.example",
                                         "bounce-a@shop.example",
                                         "bounce+a b@shop.example",
                                         "bounce+a@b@shop.example",
                                         "bounce+.a@shop.example",
                                         "bounce+a.@shop.example",
                                         "bounce+a..b@shop.example",
                                         "bounce+a@shop..example",
                                         "bounce+a\"@shop.example",
                                         "bounce+a@shop.example, b@shop.example",
                                         "bounce+123456789012345678901234567890123456789012345678901234567890@shop.example"};
    struct str token = STR_NONE;
    EXPECT(dsn_verp_token(STR("bounce+inc_1.n1.4F8K2M7Q@bounces.shop.example"), &token)); /* as notify/ makes them */
    EXPECT_STR(token, STR("inc_1.n1.4F8K2M7Q"));
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        token = STR_NONE;
        EXPECT(dsn_verp_token(str_from(ours[i]), &token));
        EXPECT_STR(token, STR("k7q29f4t"));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) EXPECT(!dsn_verp_token(str_from(others[i]), &token));
}

/* Any damage to a bounce is an answer or an error with words, and never a read beyond an end (the sanitizers look). */
TEST(damage_is_survived) {
    static char text[sizeof postfix];
    uint64_t seed = 20260301;
    for (unsigned round = 0; round < 4000; round++) {
        memcpy(text, postfix, sizeof postfix);
        size_t size = test_random(&seed) % sizeof postfix;
        if (round % 2) size = sizeof postfix - 1;
        for (unsigned i = 0; i < 8; i++) text[test_random(&seed) % sizeof postfix] = "\n\r\t ;:=\"<>(\\-,@."[test_random(&seed) % 16];
        struct dsn d;
        enum err err = parse((struct str){text, size}, &d);
        if (err) EXPECT(problem.what[0]);
        else EXPECT(d.status.size && str_is_utf8(d.diagnostic) && !str_has_control(d.diagnostic));
    }
}

int main(void) {
    RUN(postfix_is_read);
    RUN(lines_may_end_in_crlf);
    RUN(a_delay_is_no_failure);
    RUN(exim_is_read_by_what_the_other_side_said);
    RUN(exchange_is_read);
    RUN(gmail_is_read);
    RUN(of_several_recipients_the_worst_is_told);
    RUN(each_action_has_its_class);
    RUN(transfer_encodings_are_undone);
    RUN(a_report_within_a_wrapping_is_found);
    RUN(the_caller_knows_best_whom_it_was_sent_to);
    RUN(what_is_no_bounce_is_told);
    RUN(a_bounce_that_says_nothing_is_invalid);
    RUN(bounds_are_kept);
    RUN(what_is_shown_is_text);
    RUN(a_token_is_of_our_address_only);
    RUN(damage_is_survived);
    return test_end();
}
