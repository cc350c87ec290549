// SPDX-License-Identifier: Apache-2.0
/* Tests that a message says what it was given, to the byte, and that nothing in it can become a header. */
#include "courier/mail.h"

#include "base/test.h"
#include "courier/mail_read_test.h"

static char memory[256 * 1024], read_memory[128 * 1024];
static struct problem problem;

static struct mail example(void) {
    return (struct mail){
        .from_name = STR("Kagami Shop"),
        .from_address = STR("service@shop.example"),
        .to_address = STR("haruka@customer.example"),
        .subject = STR("Three orders are stopped"),
        .text = STR("Good evening\n\nThree orders are stopped.\n"),
        .message_id = STR("n1.inc_912834@shop.example"),
        .date_ms = INT64_C(1798761599999),
    };
}

static enum err write(const struct mail *m, struct str *out) {
    struct buf b = buf_over(memory, sizeof memory);
    enum err err = mail_write(m, &b, &problem);
    *out = buf_str(&b);
    return err;
}

TEST(writes_the_headers_and_nothing_else) {
    struct mail m = example();
    struct str out;
    EXPECT_EQ(write(&m, &out), ERR_OK);
    EXPECT_STR(out, STR("Date: Thu, 31 Dec 2026 23:59:59 +0000\r\n"
                        "From: \"Kagami Shop\" <service@shop.example>\r\n"
                        "To: haruka@customer.example\r\n"
                        "Subject: Three orders are stopped\r\n"
                        "Message-ID: <n1.inc_912834@shop.example>\r\n"
                        "Auto-Submitted: auto-generated\r\n"
                        "MIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: base64\r\n"
                        "\r\n"
                        "R29vZCBldmVuaW5nDQoNClRocmVlIG9yZGVycyBhcmUgc3RvcHBlZC4NCg==\r\n"));
}

TEST(threads_under_the_first_notice) {
    struct mail m = example();
    struct str out;
    m.in_reply_to = STR("n0.inc_912834@shop.example");
    EXPECT_EQ(write(&m, &out), ERR_OK);
    EXPECT(str_find(out, STR("\r\nIn-Reply-To: <n0.inc_912834@shop.example>\r\nReferences: <n0.inc_912834@shop.example>\r\nAuto-"), 0) <
           out.size);
}

TEST(encodes_what_is_not_ascii) {
    struct mail m = example();
    struct str out;
    m.from_name = STR("かがみ商店");
    m.subject = STR("【重要】第三者の利用を検知し、注文3件を止めました（受付番号 K7Q2-9F4T）");
    EXPECT_EQ(write(&m, &out), ERR_OK);
    EXPECT(str_find(out, STR("From: =?UTF-8?B?44GL44GM44G/5ZWG5bqX?=\r\n <service@shop.example>\r\n"), 0) < out.size);
    struct buf text = buf_over(read_memory, sizeof read_memory);
    EXPECT(read_text(mail_header(mail_take_apart(out).headers, STR("Subject"), 0), &text));
    EXPECT_STR(buf_str(&text), m.subject);
}

TEST(writes_dates_of_all_kinds) {
    static const struct {
        int64_t at_ms;
        const char *text;
    } cases[] = {
        {0, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"},
        {INT64_C(1709164800000), "Date: Thu, 29 Feb 2024 00:00:00 +0000\r\n"},
        {INT64_C(1798329601000), "Date: Sun, 27 Dec 2026 00:00:01 +0000\r\n"},
        {INT64_C(253402300799999), "Date: Fri, 31 Dec 9999 23:59:59 +0000\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mail m = example();
        struct str out;
        m.date_ms = cases[i].at_ms;
        EXPECT_EQ(write(&m, &out), ERR_OK);
        EXPECT_STR(str_slice(out, 0, strlen(cases[i].text)), str_from(cases[i].text));
    }
}

/* Text of `size` bytes at most, of characters of every length, none of them a control character. */
static struct str random_text(uint64_t *seed, char *to, size_t size, bool ascii) {
    static const char *const pieces[] = {"a", "Z", "0",  " ",    "  ", "=?", "?=", "=?UTF-8?B?", "\"", "\\",
                                         "é", "ß", "の", "注文", "円", "😀",  "<",  "@",          ","};
    struct buf b = buf_over(to, size);
    for (;;) {
        struct str piece = str_from(pieces[test_random(seed) % (ascii ? 10 : sizeof pieces / sizeof pieces[0])]);
        if (b.size + piece.size > size) return buf_str(&b);
        buf_text(&b, piece);
    }
}

/* Every line ends with CRLF and has at most 998 characters of ASCII (RFC 5322 section 2.1.1). */
static bool has_mail_lines(struct str s) {
    size_t column = 0;
    for (size_t i = 0; i < s.size; i++) {
        if (s.at[i] & 0x80 || !s.at[i] || column > 998) return false;
        if ((s.at[i] == '\n') != (i > 0 && s.at[i - 1] == '\r')) return false;
        column = s.at[i] == '\n' ? 0 : column + 1;
    }
    return str_ends(s, STR("\r\n"));
}

/* The name before an address: quoted, or encoded-words. */
static bool read_name(struct str header, struct buf *out) {
    struct str value;
    (void)str_cut(header, ':', &value);
    size_t end = value.size;
    while (end && value.at[end - 1] != '<') end--;
    value = str_trim(str_slice(value, 0, end - 1));
    if (!value.size || value.at[0] != '"')
        return read_text(str_trim(str_slice(header, 0, (size_t)(value.at + value.size - header.at))), out);
    for (size_t i = 1; i + 1 < value.size; i++) buf_char(out, value.at[i] == '\\' ? value.at[++i] : value.at[i]);
    return true;
}

TEST(any_subject_and_name_read_back) {
    for (uint64_t seed = 1, run = 0; run < 4000; run++) {
        char subject[MAIL_SUBJECT_SIZE_MAX], name[MAIL_NAME_SIZE_MAX];
        struct mail m = example();
        struct str out;
        m.subject = random_text(&seed, subject, 1 + test_random(&seed) % sizeof subject, run % 3 == 0);
        m.from_name = random_text(&seed, name, 1 + test_random(&seed) % sizeof name, run % 3 == 1);
        if (!m.subject.size || !m.from_name.size) continue;
        EXPECT_EQ(write(&m, &out), ERR_OK);
        EXPECT(has_mail_lines(out));
        struct read_mail r = mail_take_apart(out);
        struct buf text = buf_over(read_memory, sizeof read_memory);
        EXPECT(read_text(mail_header(r.headers, STR("Subject"), 0), &text));
        EXPECT_STR(buf_str(&text), m.subject);
        buf_reset(&text);
        EXPECT(read_name(mail_header(r.headers, STR("From"), 0), &text));
        EXPECT_STR(buf_str(&text), m.from_name);
        if (test_failures_here) return;
    }
}

TEST(any_text_reads_back) {
    static char text_memory[9000], expected_memory[20000];
    for (uint64_t seed = 2, run = 0; run < 2000; run++) {
        struct mail m = example();
        struct str out;
        m.text = random_text(&seed, text_memory, test_random(&seed) % (run % 10 ? 200 : sizeof text_memory), run % 2);
        for (size_t i = 0; i < m.text.size; i++)
            if (text_memory[i] == ' ' || text_memory[i] == '0') text_memory[i] = test_random(&seed) % 4 ? ' ' : '\n';
        struct buf expected = buf_over(expected_memory, sizeof expected_memory), text = buf_over(read_memory, sizeof read_memory);
        for (size_t i = 0; i < m.text.size; i++) {
            if (m.text.at[i] == '\n') buf_char(&expected, '\r');
            buf_char(&expected, m.text.at[i]);
        }
        EXPECT_EQ(write(&m, &out), ERR_OK);
        EXPECT(out.size <= MAIL_SIZE(m.text.size));
        EXPECT(has_mail_lines(out));
        EXPECT(read_base64(mail_take_apart(out).body, &text));
        EXPECT_STR(buf_str(&text), buf_str(&expected));
        if (test_failures_here) return;
    }
}

TEST(controls_in_a_text_are_made_harmless) {
    struct mail m = example();
    struct str out;
    struct buf text = buf_over(read_memory, sizeof read_memory);
    m.text = STR("a\rb\r\nc\n\td\x1b[31me\x7f"
                 "f\xc2\x9b"
                 "1mg\xc2\xa0h");
    EXPECT_EQ(write(&m, &out), ERR_OK);
    EXPECT(read_base64(mail_take_apart(out).body, &text));
    EXPECT_STR(buf_str(&text), STR("a\r\nb\r\nc\r\n\td?[31me?f?1mg\xc2\xa0h"));
}

TEST(no_field_can_add_a_header) {
    const struct str evil[] = {
        STR("a@shop.example\r\nBcc: thief@evil.example"),
        STR("a@shop.example\nBcc: thief@evil.example"),
        STR("a@shop.example\rBcc: thief@evil.example"),
        STR("a\0b@shop.example"),
        STR("a\x1b@shop.example"),
        STR("a\x7f@shop.example"),
        STR("a\xc2\x85@shop.example"),
        STR("a\xff@shop.example"),
    };
    for (size_t i = 0; i < sizeof evil / sizeof evil[0]; i++)
        for (size_t field = 0; field < 6; field++) {
            static const char *const names[] = {"from_name", "from_address", "to_address", "subject", "message_id", "in_reply_to"};
            struct mail m = example();
            struct str *fields[] = {&m.from_name, &m.from_address, &m.to_address, &m.subject, &m.message_id, &m.in_reply_to}, out;
            *fields[field] = evil[i];
            EXPECT_EQ(write(&m, &out), ERR_INVALID);
            EXPECT_STR(str_from(problem.where), str_from(names[field]));
            EXPECT_EQ(out.size, 0);
        }
}

TEST(takes_plain_addresses_only) {
    static const char *const good[] = {"a@b", "a.b+c_d=e@shop.example", "!#$%&'*+-/=?^_`{|}~@shop.example", "1@2.3", "a@x--y.example"};
    static const char *const bad[] = {"",
                                      "a",
                                      "@",
                                      "a@",
                                      "@shop.example",
                                      "a@b@c",
                                      "a b@shop.example",
                                      "a@shop example",
                                      " a@shop.example",
                                      "a@shop.example ",
                                      "<a@shop.example>",
                                      "A <a@shop.example>",
                                      "a@shop.example,b@shop.example",
                                      "a@shop.example;b",
                                      "\"a\"@shop.example",
                                      "a@[192.0.2.1]",
                                      "a(b)@shop.example",
                                      "a\\@shop.example",
                                      "a:b@shop.example",
                                      "a@.shop.example",
                                      "a@shop..example",
                                      "a@shop.example.",
                                      "a@-shop.example",
                                      "a@shop-.example",
                                      "a@shop.-example",
                                      "a@shop.example-",
                                      "a@shop_.example"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) EXPECT_EQ(mail_address_check(str_from(good[i]), "to", &problem), ERR_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (mail_address_check(str_from(bad[i]), "to", &problem) != ERR_INVALID) printf("taken: %s\n", bad[i]), test_failures_here++;
    EXPECT_EQ(mail_address_check(STR("はるか@customer.example"), "to", &problem), ERR_INVALID);
    EXPECT_STR(str_from(problem.what), STR("the address is not ASCII, and SMTPUTF8 is not spoken"));
    char longest[MAIL_ADDR_SPEC_SIZE_MAX + 1];
    memset(longest, 'a', sizeof longest);
    longest[64] = '@';
    EXPECT_EQ(mail_address_check((struct str){longest, MAIL_ADDR_SPEC_SIZE_MAX}, "to", &problem), ERR_OK);
    EXPECT_EQ(mail_address_check((struct str){longest, MAIL_ADDR_SPEC_SIZE_MAX + 1}, "to", &problem), ERR_INVALID);
}

/* Japanese carriers gave such addresses away; the header has them as RFC 5322 wants. */
TEST(quotes_dots_that_a_header_cannot_have) {
    struct mail m = example();
    struct str out;
    m.to_address = STR("haruka..ai.@carrier.example");
    EXPECT_EQ(write(&m, &out), ERR_OK);
    EXPECT(str_find(out, STR("\r\nTo: \"haruka..ai.\"@carrier.example\r\n"), 0) < out.size);
}

TEST(refuses_what_is_no_message) {
    struct mail m = example();
    struct str out;
    m.subject = STR_NONE;
    EXPECT_EQ(write(&m, &out), ERR_INVALID);
    m = example(), m.date_ms = -1;
    EXPECT_EQ(write(&m, &out), ERR_INVALID);
    m = example(), m.date_ms = INT64_C(253402300800000);
    EXPECT_EQ(write(&m, &out), ERR_INVALID);
    m = example(), m.text = STR("\xff");
    EXPECT_EQ(write(&m, &out), ERR_INVALID);
    EXPECT_STR(str_from(problem.where), STR("text"));
    m = example(), m.message_id = STR("a..b@shop.example");
    EXPECT_EQ(write(&m, &out), ERR_INVALID);
    m = example(), m.message_id = STR("<a@shop.example>");
    EXPECT_EQ(write(&m, &out), ERR_INVALID);
    m = example(), m.subject = (struct str){memory + 1024, MAIL_SUBJECT_SIZE_MAX + 1};
    EXPECT_EQ(write(&m, &out), ERR_TOO_LARGE);
    m = example();
    struct buf small = buf_over(memory, 200);
    EXPECT_EQ(mail_write(&m, &small, &problem), ERR_FULL);
}

TEST(the_largest_fits_what_is_promised) {
    static char text[3000], name[MAIL_NAME_SIZE_MAX], subject[MAIL_SUBJECT_SIZE_MAX], address[MAIL_ADDR_SPEC_SIZE_MAX];
    struct mail m = example();
    memset(text, '\n', sizeof text);
    for (size_t i = 0; i < sizeof name; i++) name[i] = "\xc3\xa9"[i % 2];
    for (size_t i = 0; i < sizeof subject; i++) subject[i] = "\xc3\xa9"[i % 2];
    memset(address, 'a', sizeof address);
    address[100] = '@';
    m.text = (struct str){text, sizeof text};
    m.from_name = (struct str){name, sizeof name};
    m.subject = (struct str){subject, sizeof subject};
    m.from_address = m.to_address = m.message_id = m.in_reply_to = (struct str){address, sizeof address};
    struct buf b = buf_over(memory, MAIL_SIZE(sizeof text));
    EXPECT_EQ(mail_write(&m, &b, &problem), ERR_OK);
}

int main(void) {
    return RUN(writes_the_headers_and_nothing_else), RUN(threads_under_the_first_notice), RUN(encodes_what_is_not_ascii),
           RUN(writes_dates_of_all_kinds), RUN(any_subject_and_name_read_back), RUN(any_text_reads_back),
           RUN(controls_in_a_text_are_made_harmless), RUN(no_field_can_add_a_header), RUN(takes_plain_addresses_only),
           RUN(quotes_dots_that_a_header_cannot_have), RUN(refuses_what_is_no_message), RUN(the_largest_fits_what_is_promised), test_end();
}
