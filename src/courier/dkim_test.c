// SPDX-License-Identifier: Apache-2.0
/*
 * Tests that what is signed verifies, and that nothing else does. The verifier is the test's own (mail_read_test.h); that it is right is
 * shown first, by the message, keys and signatures of RFC 8463 appendix A.
 */
#include "courier/dkim.h"

#include <openssl/pem.h>

#include "base/test.h"
#include "courier/mail.h"
#include "courier/mail_read_test.h"

#define RFC_MESSAGE                                                                                                                        \
    "From: Joe SixPack <joe@football.example.com>\r\n"                                                                                     \
    "To: Suzie Q <suzie@shopping.example.net>\r\n"                                                                                         \
    "Subject: Is dinner ready?\r\n"                                                                                                        \
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                                                                                      \
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"                                                                     \
    "\r\n"                                                                                                                                 \
    "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
#define RFC_BODY_HASH "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
#define RFC_SIGNATURES                                                                                                                     \
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"                                                                        \
    " d=football.example.com; i=@football.example.com;\r\n"                                                                                \
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"                                                                              \
    " subject : date : message-id : from : subject : date;\r\n"                                                                            \
    " bh=" RFC_BODY_HASH ";\r\n"                                                                                                           \
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"                                                                      \
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"                                                                                                \
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"                                                                            \
    " d=football.example.com; i=@football.example.com;\r\n"                                                                                \
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"                                                                        \
    " date : message-id : from : subject : date;\r\n"                                                                                      \
    " bh=" RFC_BODY_HASH ";\r\n"                                                                                                           \
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"                                                                      \
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"                                                                      \
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
#define RFC_ED25519 "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RFC_RSA                                                                                                                            \
    "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/b"             \
    "yYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
/* The private key of RFC 8463 appendix A.2, as PKCS#8. */
#define RFC_PEM                                                                                                                            \
    "-----BEGIN PRIVATE KEY-----\n"                                                                                                        \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"                                                                   \
    "-----END PRIVATE KEY-----\n"
#define AT_S INT64_C(1798761600)

static char memory[64 * 1024], message_memory[64 * 1024], rsa_pem[DKIM_PEM_SIZE_MAX], rsa_record[DKIM_RECORD_SIZE_MAX];
static struct str rsa_text, rsa_txt;
static struct problem problem;

static struct dkim_texts texts(void) {
    return (struct dkim_texts){.domain = STR("shop.example"),
                               .keys = {{STR("hikeshi-rsa"), rsa_text}, {STR("hikeshi-ed25519"), STR(RFC_PEM)}}};
}

static struct dkim_keys keys(void) {
    struct dkim_texts t = texts();
    struct dkim_keys k;
    EXPECT_EQ(dkim_keys_read(&t, &k, &problem), ERR_OK);
    return k;
}

static void draw_rsa(void) {
    struct buf pem = buf_over(rsa_pem, sizeof rsa_pem), record = buf_over(rsa_record, sizeof rsa_record);
    EXPECT_EQ(dkim_key_generate(DKIM_RSA, &pem, &problem), ERR_OK);
    rsa_text = buf_str(&pem);
    struct dkim_keys k = keys();
    EXPECT_EQ(dkim_public_record(&k, DKIM_RSA, &record, &problem), ERR_OK);
    rsa_txt = buf_str(&record);
    dkim_keys_release(&k);
}

/* The signatures of a message and the message, in `memory`. */
static struct str signed_by(const struct dkim_keys *k, struct str message) {
    struct buf b = buf_over(memory, sizeof memory);
    EXPECT_EQ(dkim_sign(k, message, AT_S, &b, &problem), ERR_OK);
    EXPECT(b.size <= DKIM_SIGNATURES_SIZE_MAX);
    buf_text(&b, message);
    return buf_str(&b);
}

static bool both_hold(struct str message) {
    return dkim_verifies(message, 1, rsa_txt) && dkim_verifies(message, 0, STR(RFC_ED25519));
}

static bool none_holds(struct str message) {
    return !dkim_verifies(message, 1, rsa_txt) && !dkim_verifies(message, 0, STR(RFC_ED25519));
}

static struct str example(void) {
    struct mail m = {.from_name = STR("かがみ商店"),
                     .from_address = STR("service@shop.example"),
                     .to_address = STR("haruka@customer.example"),
                     .subject = STR("【重要】第三者の利用を検知し、注文3件を止めました（受付番号 K7Q2-9F4T）"),
                     .text = STR("○○様\n\n本日 0:41、いつもと異なる経路からお客様のアカウントが使われたことを検知しました。\n"),
                     .message_id = STR("n1.inc_912834@shop.example"),
                     .date_ms = AT_S * 1000};
    struct buf b = buf_over(message_memory, sizeof message_memory);
    EXPECT_EQ(mail_write(&m, &b, &problem), ERR_OK);
    return buf_str(&b);
}

/* `s` with its first `from` written as `to`. */
static struct str changed(struct str s, const char *from, const char *to) {
    static char changed_memory[64 * 1024];
    size_t at = str_find(s, str_from(from), 0);
    struct buf b = buf_over(changed_memory, sizeof changed_memory);
    EXPECT(at < s.size);
    buf_text(&b, str_slice(s, 0, at));
    buf_text(&b, str_from(to));
    buf_text(&b, str_slice(s, at + strlen(from), s.size));
    return buf_str(&b);
}

TEST(the_verifier_agrees_with_rfc_8463) {
    struct str m = STR(RFC_SIGNATURES RFC_MESSAGE);
    EXPECT(dkim_verifies(m, 0, STR(RFC_RSA)));
    EXPECT(dkim_verifies(m, 1, STR(RFC_ED25519)));
    EXPECT(!dkim_verifies(m, 1, STR(RFC_RSA)));
    EXPECT(!dkim_verifies(changed(m, "dinner", "Dinner"), 0, STR(RFC_RSA)));
    EXPECT(!dkim_verifies(changed(m, "dinner", "Dinner"), 1, STR(RFC_ED25519)));
    EXPECT(!dkim_verifies(changed(m, "hungry", "angry"), 1, STR(RFC_ED25519)));
    EXPECT(!dkim_verifies(changed(m, "From:", "From: a@evil.example\r\nFrom:"), 1, STR(RFC_ED25519)));
}

TEST(hashes_and_publishes_what_rfc_8463_has) {
    struct dkim_keys k = keys();
    char record_memory[DKIM_RECORD_SIZE_MAX];
    struct buf record = buf_over(record_memory, sizeof record_memory);
    struct str m = signed_by(&k, STR(RFC_MESSAGE));
    EXPECT(str_find(m, STR("bh=" RFC_BODY_HASH ";"), 0) < m.size);
    EXPECT(both_hold(m));
    EXPECT_EQ(dkim_public_record(&k, DKIM_ED25519, &record, &problem), ERR_OK);
    EXPECT_STR(buf_str(&record), STR(RFC_ED25519));
    dkim_keys_release(&k);
}

TEST(both_signatures_of_a_mail_hold) {
    struct dkim_keys k = keys();
    struct str m = signed_by(&k, example());
    EXPECT(both_hold(m));
    EXPECT(none_holds(changed(m, "haruka@", "Haruka@")));
    EXPECT(none_holds(changed(m, "auto-generated", "no")));
    EXPECT(none_holds(changed(m, "MIME-Version: 1.0", "MIME-Version: 1.1")));
    EXPECT(none_holds(changed(m, "charset=utf-8", "charset=utf-7")));
    EXPECT(none_holds(changed(m, "\r\n\r\n", "\r\n\r\nQQ==\r\n")));
    EXPECT(none_holds(changed(m, "Date: Fri", "Date: Sat")));
    dkim_keys_release(&k);
}

/* What servers on the way do to a message, and may do: section 3.4.2 and 3.4.4 of RFC 6376. */
TEST(what_servers_do_on_the_way_does_not_matter) {
    struct dkim_keys k = keys();
    struct str m = signed_by(&k, example());
    EXPECT(both_hold(
        changed(m, "DKIM-Signature", "Received: from a by b;\r\n Fri, 1 Jan 2027 00:00:00 +0000\r\nX-Spam: no\r\nDKIM-Signature")));
    EXPECT(both_hold(changed(m, "Auto-Submitted: auto-generated", "AUTO-SUBMITTED:\tauto-generated  ")));
    EXPECT(both_hold(changed(m, "text/plain; charset", "text/plain;\r\n\t charset")));
    struct str longer = changed(m, "\r\n\r\n", "\r\n\r\n");
    struct buf b = {(char *)longer.at, longer.size, sizeof memory, false};
    buf_text(&b, STR(" \r\n\r\n\t\r\n"));
    EXPECT(both_hold(buf_str(&b)));
    dkim_keys_release(&k);
}

/* An attacker who has a genuine notice adds to it: no header of a name that matters can be there once more. */
TEST(no_header_can_be_added) {
    static const char *const names[] = {"From",
                                        "To",
                                        "Cc",
                                        "Reply-To",
                                        "Subject",
                                        "Date",
                                        "Message-ID",
                                        "In-Reply-To",
                                        "References",
                                        "Content-Type",
                                        "Content-Transfer-Encoding"};
    struct dkim_keys k = keys();
    struct str m = signed_by(&k, example());
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char above[128], below[128];
        struct buf a = buf_over(above, sizeof above), b = buf_over(below, sizeof below);
        buf_fmt(&a, "%s: thief@evil.example\r\nDKIM-Signature", names[i]);
        buf_char(&a, 0);
        buf_fmt(&b, "\r\n%s: thief@evil.example\r\n\r\n", names[i]);
        buf_char(&b, 0);
        EXPECT(none_holds(changed(m, "DKIM-Signature", above)));
        EXPECT(none_holds(changed(m, "\r\n\r\n", below)));
    }
    dkim_keys_release(&k);
}

/* Headers and bodies of all the shapes that canonicalisation is about. */
static struct str random_message(uint64_t *seed) {
    static const char *const starts[] = {
        "X-Other:", "FROM\t:\t", "To:", "Fromage:", "subject : ", "Date:", "X-Other:", "References :", "mime-VERSION:"};
    static const char *const pieces[] = {"a", "b", " ", "  ", "\t", "\r\n ", "\r\n\t", ":", "=", ";", "\xe3\x81\xae"};
    static const char *const lines[] = {"a", "b", " ", "\t", "\r\n", "\r\n", "\r\n\r\n", " \r\n", "=3D", "."};
    struct buf b = buf_over(message_memory, sizeof message_memory);
    for (size_t n = 0; n < sizeof starts / sizeof starts[0]; n++) {
        if (n != 1 && test_random(seed) % 2) continue;
        buf_text(&b, str_from(starts[n]));
        for (uint64_t i = test_random(seed) % 9; i; i--)
            buf_text(&b, str_from(pieces[test_random(seed) % (sizeof pieces / sizeof pieces[0])]));
        buf_text(&b, STR("x\r\n"));
    }
    buf_text(&b, STR("\r\n"));
    for (uint64_t i = test_random(seed) % 20; i; i--) buf_text(&b, str_from(lines[test_random(seed) % (sizeof lines / sizeof lines[0])]));
    if (test_random(seed) % 4) buf_text(&b, STR("\r\n"));
    return buf_str(&b);
}

TEST(any_message_is_signed_so_that_it_verifies) {
    struct dkim_texts t = texts();
    struct dkim_keys k;
    t.keys[DKIM_RSA].pem = STR_NONE;
    EXPECT_EQ(dkim_keys_read(&t, &k, &problem), ERR_OK);
    for (uint64_t seed = 3, run = 0; run < 3000; run++) {
        struct str message = random_message(&seed), m = signed_by(&k, message);
        EXPECT(dkim_verifies(m, 0, STR(RFC_ED25519)));
        if (test_failures_here) {
            printf("run %llu:\n%.*s\n", (unsigned long long)run, STR_ARGS(m));
            break;
        }
    }
    dkim_keys_release(&k);
}

TEST(a_signature_is_folded_as_headers_are) {
    struct dkim_keys k = keys();
    struct str m = signed_by(&k, example()), line;
    m = str_slice(m, 0, str_find(m, STR("Date:"), 0));
    EXPECT(
        str_starts(m, STR("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n\td=shop.example;\r\n\ts=hikeshi-rsa; t=1798761600;\r\n"
                          "\th=from:from:to:to:cc:reply-to:subject:subject:date:date:message-id:\r\n"
                          "\tmessage-id:in-reply-to:references:content-type:content-type:\r\n"
                          "\tcontent-transfer-encoding:content-transfer-encoding:mime-version:\r\n"
                          "\tauto-submitted;\r\n\tbh=")));
    while ((line = str_cut(m, '\n', &m)).size) EXPECT(line.size <= 78 && line.at[line.size - 1] == '\r');
    dkim_keys_release(&k);
}

TEST(the_same_message_gives_the_same_bytes) {
    static char first_memory[8192];
    struct dkim_keys k = keys();
    struct buf first = buf_over(first_memory, sizeof first_memory);
    buf_text(&first, signed_by(&k, example()));
    EXPECT_STR(signed_by(&k, example()), buf_str(&first));
    dkim_keys_release(&k);
}

static enum err read_keys(struct dkim_texts t) {
    struct dkim_keys k;
    enum err err = dkim_keys_read(&t, &k, &problem);
    for (size_t a = 0; err && a < DKIM_ALGORITHM_COUNT; a++) EXPECT(!k.keys[a]);
    if (!err) dkim_keys_release(&k);
    return err;
}

static struct str pem_of(EVP_PKEY *key, const char *passphrase) {
    static char pem_memory[8192];
    BIO *b = BIO_new(BIO_s_mem());
    EXPECT_EQ(PEM_write_bio_PrivateKey(b, key, passphrase ? EVP_aes_128_cbc() : NULL, NULL, 0, NULL, (void *)passphrase), 1);
    int size = BIO_read(b, pem_memory, sizeof pem_memory);
    (void)BIO_free(b);
    return (struct str){pem_memory, size > 0 ? (size_t)size : 0};
}

TEST(refuses_what_is_no_key) {
    struct dkim_texts t = texts();
    t.keys[DKIM_RSA].pem = STR("-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----\n");
    EXPECT_EQ(read_keys(t), ERR_INVALID);
    EXPECT_STR(str_from(problem.where), STR("rsa"));
    t = texts(), t.keys[DKIM_ED25519].pem = STR("secret");
    EXPECT_EQ(read_keys(t), ERR_INVALID);
    EXPECT_STR(str_from(problem.where), STR("ed25519"));
    t = texts(), t.keys[DKIM_RSA].pem = STR(RFC_PEM);
    EXPECT_EQ(read_keys(t), ERR_INVALID);
    EXPECT_STR(str_from(problem.what), STR("the key is of another kind: rsa is asked for"));
    t = texts(), t.keys[DKIM_ED25519].pem = rsa_text;
    EXPECT_EQ(read_keys(t), ERR_INVALID);
    t = texts(), t.keys[DKIM_RSA].pem = t.keys[DKIM_ED25519].pem = STR_NONE;
    EXPECT_EQ(read_keys(t), ERR_INVALID);
    EXPECT_STR(str_from(problem.what), STR("there is no key to sign with"));
}

TEST(refuses_weak_and_encrypted_keys) {
    struct dkim_texts t = texts();
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    t.keys[DKIM_RSA].pem = pem_of(key, NULL);
    EXPECT_EQ(read_keys(t), ERR_INVALID);
    EXPECT_STR(str_from(problem.what), STR("the key has 1024 bits, not 2048 to 4096"));
    EVP_PKEY_free(key);
    key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    t = texts(), t.keys[DKIM_ED25519].pem = pem_of(key, "open sesame");
    EXPECT_EQ(read_keys(t), ERR_INVALID);
    EVP_PKEY_free(key);
}

TEST(refuses_names_that_are_none) {
    static const char *const bad[] = {"",   "shop.example; x=1", "shop.example\r\nBcc: a", ".shop", "shop.", "a b", "a..b",
                                      "_a", "お店.example"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct dkim_texts t = texts();
        t.domain = str_from(bad[i]);
        EXPECT_EQ(read_keys(t), ERR_INVALID);
        EXPECT_STR(str_from(problem.where), STR("domain"));
        t = texts(), t.keys[DKIM_RSA].selector = str_from(bad[i]);
        EXPECT_EQ(read_keys(t), ERR_INVALID);
        EXPECT_STR(str_from(problem.where), STR("rsa_selector"));
        t = texts(), t.keys[DKIM_ED25519].selector = str_from(bad[i]);
        EXPECT_EQ(read_keys(t), ERR_INVALID);
        EXPECT_STR(str_from(problem.where), STR("ed25519_selector"));
    }
}

TEST(one_key_is_enough) {
    for (size_t missing = 0; missing < DKIM_ALGORITHM_COUNT; missing++) {
        struct dkim_texts t = texts();
        struct dkim_keys k;
        char record_memory[DKIM_RECORD_SIZE_MAX];
        struct buf record = buf_over(record_memory, sizeof record_memory);
        t.keys[missing].pem = t.keys[missing].selector = STR_NONE;
        EXPECT_EQ(dkim_keys_read(&t, &k, &problem), ERR_OK);
        struct str m = signed_by(&k, example());
        EXPECT(dkim_verifies(m, 0, missing == DKIM_RSA ? STR(RFC_ED25519) : rsa_txt));
        EXPECT(!mail_header(mail_take_apart(m).headers, STR("DKIM-Signature"), 1).size);
        EXPECT_EQ(dkim_public_record(&k, (enum dkim_algorithm)missing, &record, &problem), ERR_NOT_FOUND);
        dkim_keys_release(&k);
    }
}

TEST(refuses_what_cannot_be_signed) {
    static const char *const bad[] = {"",
                                      "From: a@b\r\n",
                                      "From: a@b\r\nTo: a",
                                      "To: a@b\r\n\r\ntext\r\n",
                                      "From: a@b\n\ntext\n",
                                      "From: a@b\r\n\r\ntext\n",
                                      "From: a@b\r\n\r\ntext\r",
                                      "From: a@b\r\rTo: b\r\n\r\n",
                                      "\r\nFrom: a@b\r\n\r\n",
                                      " x\r\nFrom: a@b\r\n\r\n",
                                      "\tx\r\nFrom: a@b\r\n\r\n",
                                      "Fro\r\n m: a@b\r\n\r\n",
                                      "From: a@b\r\nTo\r\n\r\n",
                                      "From: a@b\r\nTo b: c\r\n\r\n",
                                      "From: a@b\r\n: c\r\n\r\n",
                                      "From: a@b\r\nX: c\r\nFROM : d\r\n\r\n",
                                      "From: a@b\r\nTo:\r\nto:\r\n\r\n",
                                      "From: a@b\r\nTo\r\n : b\r\n\r\n"};
    struct dkim_keys k = keys();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buf b = buf_over(memory, sizeof memory);
        EXPECT_EQ(dkim_sign(&k, str_from(bad[i]), AT_S, &b, &problem), ERR_INVALID);
        EXPECT_STR(str_from(problem.where), STR("message"));
        EXPECT_EQ(b.size, 0);
    }
    struct str message = STR("From: a@b\r\n\r\n");
    size_t needed = signed_by(&k, message).size - message.size;
    for (size_t size = 0; size < needed + 100; size += size < needed - 10 ? 37 : 1) {
        struct buf b = buf_over(memory, size);
        EXPECT_EQ(dkim_sign(&k, message, AT_S, &b, &problem), size < needed ? ERR_FULL : ERR_OK);
    }
    dkim_keys_release(&k);
}

int main(void) {
    draw_rsa();
    return RUN(the_verifier_agrees_with_rfc_8463), RUN(hashes_and_publishes_what_rfc_8463_has), RUN(both_signatures_of_a_mail_hold),
           RUN(what_servers_do_on_the_way_does_not_matter), RUN(no_header_can_be_added), RUN(any_message_is_signed_so_that_it_verifies),
           RUN(a_signature_is_folded_as_headers_are), RUN(the_same_message_gives_the_same_bytes), RUN(refuses_what_is_no_key),
           RUN(refuses_weak_and_encrypted_keys), RUN(refuses_names_that_are_none), RUN(one_key_is_enough),
           RUN(refuses_what_cannot_be_signed), test_end();
}
