// SPDX-License-Identifier: Apache-2.0
/* Proves that each fault of a domain's mail records is found and named, that a sound domain has none, and that silence is not absence. */
#include "cli/checkup_mail.h"

#include <stdlib.h>
#include <yyjson/yyjson.h>

#include "base/test.h"

#define RSA_2048                                                                                                                           \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAw3WYFjF35W8VBsJQzpZkn1ZS0jwLUMIujpTm2Bt2x/gLbc5hPlp48R8bqSSKTrSS1C"                       \
    "NhWx2pBxD12+wIUD5CitWsW3HjaAh8QKx1TRDwTO8PXd7Qs8mEcmSDxTKIWJlrCCrIqz+/Sj6Lym1a+mBsTSdxiA0T8z7fADknvopZcYfXgX32"                       \
    "ps5boPUcmHNJ4EKEEYvlapnQVNYY5A2fIjaiRJWOl2D703Gj5yf5z7jjEOCzTHpj9+b1QN2HI9VrGaxrndB4seSt2y+L1Kaj7qjnmqrrOqiZtP"                       \
    "4pMU5qbVjgo5W/Nz5uNIWBrChhFsmFpZsA+d3ISX23YbsthyYyxtnMswIDAQAB"
#define RSA_1024                                                                                                                           \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDLp4I9hC15KvpLjaW5A8DLdtXfiAdn7vJg9KUz1i4qb/h8O79GBhgHI7dO4W1bjwCGFAPYkD"                       \
    "ELulJJ81uunTzfkz8ZChaLxgCtkQnMD/klTFlibMJGMuAsKQvcXruD0TkZ1651JevQ98eEEJoCMNnlrfl0PsMvtyap/NkEUwn0rQIDAQAB"
#define ED25519 "+4rqSqjPeLmV5p290KXdrD2lBu2rFaiJ0WolB+bLwhk="

/* ---- a zone of one's own ------------------------------------------------------------------------------------------------------------ */

struct row {
    const char *name;
    enum resolver_type type;
    const char *text; /* an address for A and AAAA; NULL: whoever asks gets no answer */
};

static const struct row sound[] = {
    {"shop.example", RESOLVER_MX, "mx1.shop.example"},
    {"mx1.shop.example", RESOLVER_A, "192.0.2.10"},
    {"bounce.shop.example", RESOLVER_MX, "mx1.shop.example"},
    {"bounce.shop.example", RESOLVER_TXT, "v=spf1 ip4:192.0.2.10 ip6:2001:db8::/32 -all"},
    {"s1._domainkey.shop.example", RESOLVER_TXT, "v=DKIM1; k=rsa; p=" RSA_2048},
    {"e1._domainkey.shop.example", RESOLVER_TXT, "v=DKIM1; k=ed25519; p=" ED25519},
    {"_dmarc.shop.example", RESOLVER_TXT, "v=DMARC1; p=reject; rua=mailto:dmarc@shop.example"},
};
#define SOUND_COUNT (sizeof sound / sizeof sound[0])

/* The sound zone, and rows that stand in place of all rows of the same name and type. A text of "" takes them away. */
struct zone {
    const struct row *changes;
    size_t change_count;
    unsigned questions;
};

static bool is_row(const struct row *row, struct str name, enum resolver_type type) {
    return row->type == type && str_equal(str_from(row->name), name);
}

static void give(const struct row *row, struct resolver_answer *out) {
    struct resolver_record *record = &out->records[out->count++];
    *record = (struct resolver_record){.text = str_from(row->text), .preference = 10};
    out->fate = RESOLVER_FOUND;
    if (row->type == RESOLVER_A || row->type == RESOLVER_AAAA) EXPECT(address_parse(record->text, &record->address));
    if (str_equal(record->text, STR("."))) record->text = STR_NONE; /* the root */
}

static void ask_zone(void *self, struct str name, enum resolver_type type, struct arena *step, struct resolver_answer *out) {
    struct zone *z = self;
    bool changed = false;
    z->questions++;
    *out = (struct resolver_answer){.fate = RESOLVER_NO_NAME, .error = ""};
    out->records = arena_take(step, RESOLVER_RECORDS_MAX * sizeof *out->records);
    for (size_t i = 0; i < z->change_count; i++) {
        if (!is_row(&z->changes[i], name, type)) continue;
        changed = true;
        if (!z->changes[i].text) *out = (struct resolver_answer){.fate = RESOLVER_NO_ANSWER, .error = "the server failed"};
        else if (z->changes[i].text[0]) give(&z->changes[i], out);
    }
    for (size_t i = 0; i < SOUND_COUNT && !changed; i++)
        if (is_row(&sound[i], name, type)) give(&sound[i], out);
}

static const struct resolver_ops zone_ops = {.ask = ask_zone};
static char memory[8 << 20];
static struct mail_checkup checkup;

static struct mail_setup usual(void) {
    struct mail_setup s = {STR("shop.example"), STR("bounce.shop.example"), STR("s1"), STR("e1"), {{0}}, 2};
    EXPECT(address_parse(STR("192.0.2.10"), &s.senders[0]) && address_parse(STR("2001:db8::1"), &s.senders[1]));
    return s;
}

static void look(const struct mail_setup *s, const struct row *changes, size_t count) {
    struct zone z = {.changes = changes, .change_count = count};
    struct resolver r = {&zone_ops, &z};
    struct arena step = arena_over(memory, sizeof memory);
    checkup_mail(s, &r, &step, &checkup);
    EXPECT(z.questions < 300);
}

static const struct mail_check *check(const char *name) {
    static const struct mail_check none = {.name = "none"};
    for (unsigned i = 0; i < checkup.count; i++)
        if (strcmp(checkup.checks[i].name, name) == 0) return &checkup.checks[i];
    return &none;
}

static bool has(const char *text, const char *part) {
    return strstr(text, part) != NULL;
}

/* A fault is found, named, and nothing else is: `name` has the verdict, and all others stay good. */
static void expect_fault(const struct mail_setup *s, const struct row *changes, size_t count, const char *name, enum mail_verdict verdict,
                         const char *found) {
    look(s, changes, count);
    const struct mail_check *c = check(name);
    if (c->verdict != verdict || !has(c->found, found)) {
        printf("%s: expected %s with '%s', got %s: %s\n", name, mail_verdict_word(verdict), found, mail_verdict_word(c->verdict), c->found);
        test_failures_here++;
    }
    for (unsigned i = 0; i < checkup.count; i++) {
        const struct mail_check *other = &checkup.checks[i];
        if (other == c || other->verdict == MAIL_GOOD) continue;
        printf("%s: a fault of %s only, and this is %s: %s\n", other->name, name, mail_verdict_word(other->verdict), other->found);
        test_failures_here++;
    }
    EXPECT_EQ(checkup_mail_is_good(&checkup), verdict == MAIL_GOOD);
    EXPECT(c->why && c->why[0]);
}

#define FAULT(name, verdict, found, ...)                                                                                                   \
    do {                                                                                                                                   \
        static const struct row changes_[] = {__VA_ARGS__};                                                                                \
        struct mail_setup setup_ = usual();                                                                                                \
        expect_fault(&setup_, changes_, sizeof changes_ / sizeof changes_[0], name, verdict, found);                                       \
    } while (0)
#define SPF(text)                                                                                                                          \
    { "bounce.shop.example", RESOLVER_TXT, text }
#define DKIM(text)                                                                                                                         \
    { "s1._domainkey.shop.example", RESOLVER_TXT, text }
#define EDKIM(text)                                                                                                                        \
    { "e1._domainkey.shop.example", RESOLVER_TXT, text }
#define DMARC(text)                                                                                                                        \
    { "_dmarc.shop.example", RESOLVER_TXT, text }

/* ---- tests -------------------------------------------------------------------------------------------------------------------------- */

TEST(a_sound_domain_is_good) {
    struct mail_setup s = usual();
    look(&s, NULL, 0);
    EXPECT(checkup_mail_is_good(&checkup));
    EXPECT_EQ(checkup.count, 8);
    for (unsigned i = 0; i < checkup.count; i++) EXPECT(!checkup.checks[i].advice[0] && !checkup.checks[i].publish[0]);
    EXPECT(has(check("mx")->found, "10 mx1.shop.example"));
    EXPECT(has(check("spf")->found, "0 of 10 look-ups, permits all senders named"));
}

TEST(mx_must_lead_somewhere) {
    FAULT("mx", MAIL_WRONG, "null MX", {"shop.example", RESOLVER_MX, "."});
    EXPECT_STR(str_from(check("mx")->publish), STR("shop.example. IN MX 10 mail.shop.example."));
    FAULT("bounce_mx", MAIL_WRONG, "null MX", {"bounce.shop.example", RESOLVER_MX, "."});
    FAULT("bounce_mx", MAIL_MISSING, "no MX and no address", {"bounce.shop.example", RESOLVER_MX, ""});
    FAULT("mx", MAIL_GOOD, "an address, which is taken", {"shop.example", RESOLVER_MX, ""}, {"shop.example", RESOLVER_AAAA, "2001:db8::2"});
    FAULT("mx", MAIL_WRONG, "none of them has an address", {"shop.example", RESOLVER_MX, "gone.shop.example"});
    FAULT("mx", MAIL_GOOD, "gone.shop.example", {"shop.example", RESOLVER_MX, "gone.shop.example"},
          {"shop.example", RESOLVER_MX, "mx1.shop.example"});
    EXPECT(has(check("mx")->advice, "1 of these hosts"));
}

TEST(spf_must_be_one_and_closed) {
    FAULT("spf", MAIL_MISSING, "no SPF record", SPF(""));
    EXPECT_STR(str_from(check("spf")->publish), STR("bounce.shop.example. IN TXT \"v=spf1 ip4:192.0.2.10 ip6:2001:db8::1 -all\""));
    FAULT("spf", MAIL_MISSING, "no SPF record", SPF("v=spf10 -all"), SPF("google-site-verification=x"));
    FAULT("spf", MAIL_WRONG, "2 SPF records", SPF("v=spf1 ip4:192.0.2.10 -all"), SPF("v=spf1 ip6:2001:db8::/32 -all"));
    FAULT("spf", MAIL_WRONG, "+all", SPF("v=spf1 +all"));
    FAULT("spf", MAIL_WRONG, "+all", SPF("v=spf1 ip4:192.0.2.10 all"));
    FAULT("spf", MAIL_WRONG, "must end in -all", SPF("v=spf1 ip4:192.0.2.10 ip6:2001:db8::/32"));
    FAULT("spf", MAIL_WRONG, "must end in -all", SPF("v=spf1 ip4:192.0.2.10 ip6:2001:db8::/32 ?all"));
    FAULT("spf", MAIL_GOOD, "~ALL", SPF("V=SPF1  IP4:192.0.2.0/24  ip6:2001:db8::1 ~ALL"));
    FAULT("spf", MAIL_WRONG, "'ipv4:192.0.2.10' is no mechanism", SPF("v=spf1 ipv4:192.0.2.10 -all"));
    FAULT("spf", MAIL_WRONG, "'ip4:192.0.2' is no address", SPF("v=spf1 ip4:192.0.2 -all"));
    FAULT("spf", MAIL_WRONG, "no address", SPF("v=spf1 ip4:192.0.2.0/33 -all"));
    FAULT("spf", MAIL_WRONG, "cannot be read", SPF("v=spf1 include -all"));
    FAULT("spf", MAIL_WRONG, "cannot be read", SPF("v=spf1 a/99 -all"));
}

TEST(spf_must_permit_each_sender) {
    FAULT("spf", MAIL_WRONG, "does not permit 2001:db8::1", SPF("v=spf1 ip4:192.0.2.10 ~all"));
    EXPECT(has(check("spf")->publish, "\"v=spf1 ip6:2001:db8::1 ip4:192.0.2.10 -all\""));
    FAULT("spf", MAIL_WRONG, "does not permit 192.0.2.10", SPF("v=spf1 -ip4:192.0.2.10 ip4:192.0.2.0/24 ip6:2001:db8::1 -all"));
    FAULT("spf", MAIL_GOOD, "2 of 10", SPF("v=spf1 a:host.example/24 mx//32 -all"), {"host.example", RESOLVER_A, "192.0.2.99"},
          {"host.example", RESOLVER_AAAA, "2001:db8:ffff::9"}, {"mx1.shop.example", RESOLVER_AAAA, "2001:db8:1::9"});
    FAULT("spf", MAIL_WRONG, "does not permit 192.0.2.10", SPF("v=spf1 a:host.example mx//32 -all"),
          {"host.example", RESOLVER_A, "192.0.2.99"}, {"host.example", RESOLVER_AAAA, "2001:db8:ffff::9"},
          {"mx1.shop.example", RESOLVER_A, "192.0.2.11"}, {"mx1.shop.example", RESOLVER_AAAA, "2001:db8:1::9"});
    FAULT("spf", MAIL_GOOD, "2 of 10", SPF("v=spf1 include:a.example include:b.example -all"),
          {"a.example", RESOLVER_TXT, "v=spf1 ip4:192.0.2.10 -all"}, {"b.example", RESOLVER_TXT, "v=spf1 ip6:2001:db8::1 ~all"});
    FAULT("spf", MAIL_WRONG, "does not permit 192.0.2.10", SPF("v=spf1 include:a.example ip6:2001:db8::/32 -all"),
          {"a.example", RESOLVER_TXT, "v=spf1 ?all"}); /* neutral is no match */
    FAULT("spf", MAIL_WRONG, "does not permit 192.0.2.10", SPF("v=spf1 -include:a.example ip4:192.0.2.10 ip6:2001:db8::/32 -all"),
          {"a.example", RESOLVER_TXT, "v=spf1 ip4:192.0.2.10 -all"});
    FAULT("spf", MAIL_GOOD, "1 of 10", SPF("v=spf1 redirect=a.example"),
          {"a.example", RESOLVER_TXT, "v=spf1 ip4:192.0.2.10 ip6:2001:db8::/32 -all"});
    FAULT("spf", MAIL_GOOD, "0 of 10", SPF("v=spf1 ip4:192.0.2.10 ip6:2001:db8::/32 exp=why.example unknown=x redirect=a.example -all"));
    FAULT("spf", MAIL_WRONG, "does not permit", SPF("v=spf1 exists:%{i}._spf.example -all"));
    EXPECT(has(check("spf")->advice, "macros"));
    FAULT("spf", MAIL_GOOD, "1 of 10", SPF("v=spf1 exists:any.example -all"), {"any.example", RESOLVER_A, "127.0.0.2"});
    FAULT("spf", MAIL_GOOD, "1 of 10", SPF("v=spf1 ip4:192.0.2.10 ip6:2001:db8::/32 ptr -all"));
    EXPECT(has(check("spf")->advice, "strike ptr"));
}

TEST(spf_must_not_ask_too_much) {
    FAULT("spf", MAIL_GOOD, "10 of 10", SPF("v=spf1 ip4:192.0.2.10 ip6:2001:db8::/32 include:a.example a:h.example mx:shop.example -all"),
          {"h.example", RESOLVER_A, "192.0.2.77"}, {"h.example", RESOLVER_AAAA, "2001:db8::77"},
          {"a.example", RESOLVER_TXT, "v=spf1 a:h.example a:h.example a:h.example a:h.example a:h.example a:h.example redirect=b.example"},
          {"b.example", RESOLVER_TXT, "v=spf1 -all"});
    FAULT("spf", MAIL_WRONG, "takes 11 look-ups",
          SPF("v=spf1 ip4:192.0.2.10 ip6:2001:db8::/32 include:a.example a:h.example mx:shop.example -all"),
          {"h.example", RESOLVER_A, "192.0.2.77"}, {"h.example", RESOLVER_AAAA, "2001:db8::77"},
          {"a.example", RESOLVER_TXT, "v=spf1 a:h.example a:h.example a:h.example a:h.example a:h.example a:h.example redirect=b.example"},
          {"b.example", RESOLVER_TXT, "v=spf1 mx:shop.example -all"});
    EXPECT(has(check("spf")->publish, "\"v=spf1 ip4:192.0.2.10 ip6:2001:db8::1 -all\""));
    FAULT("spf", MAIL_WRONG, "takes", SPF("v=spf1 include:bounce.shop.example -all")); /* in a circle */
    FAULT("spf", MAIL_WRONG, "takes", SPF("v=spf1 redirect=bounce.shop.example"));
    FAULT("spf", MAIL_WRONG, "3 of its names", SPF("v=spf1 ip4:192.0.2.10 ip6:2001:db8::/32 a:x.example a:y.example mx:z.example -all"));
    FAULT("spf", MAIL_GOOD, "2 of 10", SPF("v=spf1 ip4:192.0.2.10 ip6:2001:db8::/32 a:x.example a:y.example -all"));
    FAULT("spf", MAIL_WRONG, "a.example has no SPF record", SPF("v=spf1 include:a.example -all"));
    FAULT("spf", MAIL_WRONG, "a.example has 2 SPF records", SPF("v=spf1 include:a.example -all"),
          {"a.example", RESOLVER_TXT, "v=spf1 -all"}, {"a.example", RESOLVER_TXT, "v=spf1 ~all"});
}

TEST(dkim_keys_must_be_usable) {
    FAULT("dkim_rsa", MAIL_MISSING, "s1._domainkey.shop.example has no record", DKIM(""));
    EXPECT_STR(str_from(check("dkim_rsa")->publish), STR("s1._domainkey.shop.example. IN TXT \"v=DKIM1; k=rsa; p=PUBLIC_KEY\""));
    FAULT("dkim_rsa", MAIL_WRONG, "2 records", DKIM("v=DKIM1; p=" RSA_2048), DKIM("v=DKIM1; p="));
    FAULT("dkim_rsa", MAIL_WRONG, "v must be DKIM1", DKIM("v=DKIM2; p=" RSA_2048));
    FAULT("dkim_rsa", MAIL_WRONG, "its key is of type 'ed25519'", DKIM("v=DKIM1; k=ed25519; p=" ED25519));
    FAULT("dkim_rsa", MAIL_WRONG, "no key (p)", DKIM("v=DKIM1; k=rsa"));
    FAULT("dkim_rsa", MAIL_WRONG, "revoked", DKIM("v=DKIM1; k=rsa; p="));
    FAULT("dkim_rsa", MAIL_WRONG, "1024 bits, and needs 2048", DKIM("v=DKIM1; k=rsa; p=" RSA_1024));
    FAULT("dkim_rsa", MAIL_WRONG, "p is no RSA key", DKIM("v=DKIM1; k=rsa; p=" ED25519));
    FAULT("dkim_rsa", MAIL_WRONG, "p is no RSA key", DKIM("v=DKIM1; k=rsa; p=????"));
    FAULT("dkim_rsa", MAIL_WRONG, "in test", DKIM("v=DKIM1; t=s:y; p=" RSA_2048));
    FAULT("dkim_rsa", MAIL_WRONG, "sha256", DKIM("v=DKIM1; h=sha1; p=" RSA_2048));
    FAULT("dkim_rsa", MAIL_WRONG, "not for mail", DKIM("v=DKIM1; s=tlsrpt; p=" RSA_2048));
    FAULT("dkim_rsa", MAIL_GOOD, "", DKIM(" v = DKIM1 ;h=sha1:sha256;t=s; s=email ; p= " RSA_2048 " ;"));
    FAULT("dkim_ed25519", MAIL_MISSING, "e1._domainkey", EDKIM(""));
    FAULT("dkim_ed25519", MAIL_WRONG, "its key is of type 'rsa'", EDKIM("v=DKIM1; p=" ED25519));
    FAULT("dkim_ed25519", MAIL_WRONG, "an Ed25519 key has 32", EDKIM("v=DKIM1; k=ed25519; p=" RSA_1024));
    FAULT("dkim_ed25519", MAIL_WRONG, "p has 0 bytes", EDKIM("v=DKIM1; k=ed25519; p=AAA"));
    struct mail_setup s = usual();
    s.rsa_selector = s.ed25519_selector = STR_NONE;
    expect_fault(&s, NULL, 0, "dkim", MAIL_UNASKED, "no selector");
}

TEST(dmarc_must_refuse) {
    FAULT("dmarc", MAIL_MISSING, "no DMARC policy", DMARC(""));
    EXPECT(has(check("dmarc")->publish, "_dmarc.shop.example. IN TXT \"v=DMARC1; p=reject; rua=mailto:"));
    FAULT("dmarc", MAIL_MISSING, "no DMARC policy", DMARC("v=spf1 -all"));
    FAULT("dmarc", MAIL_WRONG, "2 policies", DMARC("v=DMARC1; p=reject; rua=mailto:d@shop.example"), DMARC("v=DMARC1; p=none"));
    FAULT("dmarc", MAIL_WRONG, "policy is none", DMARC("v=DMARC1; p=none; rua=mailto:d@shop.example"));
    FAULT("dmarc", MAIL_WRONG, "no policy that can be read", DMARC("v=DMARC1; rua=mailto:d@shop.example"));
    FAULT("dmarc", MAIL_WRONG, "for a part", DMARC("v=DMARC1; p=reject; pct=99; rua=mailto:d@shop.example"));
    FAULT("dmarc", MAIL_WRONG, "no address for reports", DMARC("v=DMARC1; p=reject"));
    FAULT("dmarc", MAIL_GOOD, "p=quarantine", DMARC("v=DMARC1; p=quarantine; rua=mailto:d@shop.example"));
    EXPECT(has(check("dmarc")->advice, "publish p=reject") && has(check("dmarc")->publish, "p=reject"));
    FAULT("dmarc", MAIL_GOOD, "", DMARC("v=DMARC1; p=reject; sp=none; rua=mailto:d@shop.example"));
    EXPECT(has(check("dmarc")->advice, "sp=none"));
    FAULT("dmarc", MAIL_GOOD, "", DMARC("v=DMARC1; p=reject; rua=mailto:d@shop.example!10m, mailto:x@reports.example"));
    EXPECT(has(check("dmarc")->advice, "shop.example._report._dmarc.reports.example."));
    FAULT("dmarc", MAIL_GOOD, "", DMARC("v=DMARC1; p=reject; rua=mailto:x@reports.example"),
          {"shop.example._report._dmarc.reports.example", RESOLVER_TXT, "v=DMARC1"});
    EXPECT(!check("dmarc")->advice[0]);
    FAULT("dmarc", MAIL_GOOD, "", DMARC("v=DMARC1; p=reject; rua=mailto:x@reports.example"),
          {"shop.example._report._dmarc.reports.example", RESOLVER_TXT, NULL});
    EXPECT(!check("dmarc")->advice[0]); /* nothing is known */
}

TEST(a_policy_above_counts) {
    static const struct row zone[] = {
        {"mail.shop.example", RESOLVER_MX, "mx1.shop.example"},
        {"mail.shop.example", RESOLVER_TXT, "v=spf1 mx -all"},
        {"_dmarc.shop.example", RESOLVER_TXT, "v=DMARC1; p=reject; sp=quarantine; rua=mailto:d@shop.example"}};
    static const struct row open_zone[] = {{"mail.shop.example", RESOLVER_MX, "mx1.shop.example"},
                                           {"mail.shop.example", RESOLVER_TXT, "v=spf1 mx -all"},
                                           {"_dmarc.shop.example", RESOLVER_TXT, "v=DMARC1; p=reject; sp=none; rua=mailto:d@shop.example"}};
    struct mail_setup s = {.domain = STR("mail.shop.example")};
    look(&s, zone, 3);
    EXPECT_EQ(check("dmarc")->verdict, MAIL_GOOD);
    EXPECT(has(check("dmarc")->advice, "p=quarantine"));
    look(&s, open_zone, 3);
    EXPECT_EQ(check("dmarc")->verdict, MAIL_WRONG);
    EXPECT_EQ(check("spf")->verdict, MAIL_GOOD);
    EXPECT(has(check("spf")->advice, "--sender-ip"));
}

static const struct mail_check *align(const char *from, const char *path, const char *dmarc) {
    static char name[128];
    (void)snprintf(name, sizeof name, "_dmarc.%s", from);
    struct row row = {name, RESOLVER_TXT, dmarc};
    struct mail_setup s = {.domain = str_from(from), .return_path_domain = str_from(path)};
    look(&s, &row, 1);
    return check("alignment");
}

TEST(alignment_is_told) {
    const char *relaxed = "v=DMARC1; p=reject; rua=mailto:d@shop.example",
               *strict = "v=DMARC1; p=reject; aspf=s; rua=mailto:d@shop.example";
    EXPECT_EQ(align("shop.example", "", strict)->verdict, MAIL_GOOD);
    EXPECT_EQ(align("shop.example", "Shop.Example", strict)->verdict, MAIL_GOOD);
    EXPECT_EQ(align("shop.example", "bounce.shop.example", relaxed)->verdict, MAIL_GOOD);
    EXPECT(has(check("alignment")->found, "without the list of public suffixes"));
    EXPECT(has(check("alignment")->why, "organisational domain"));
    EXPECT_EQ(align("mail.shop.example", "shop.example", relaxed)->verdict, MAIL_GOOD);
    EXPECT_EQ(align("shop.example", "bounce.shop.example", strict)->verdict, MAIL_WRONG);
    EXPECT_EQ(align("shop.example", "myshop.example", relaxed)->verdict, MAIL_WRONG); /* an end, but no part */
    EXPECT_EQ(align("shop.example", "sender.other.example", relaxed)->verdict, MAIL_WRONG);
    EXPECT_EQ(align("a.shop.example", "b.shop.example", relaxed)->verdict, MAIL_UNASKED);
    EXPECT_EQ(align("a.shop.example", "b.shop.example", strict)->verdict, MAIL_WRONG);
}

TEST(wildcards_are_found) {
    FAULT("wildcard", MAIL_WRONG, "which nobody set up", {"hikeshi-nobody-has-this._domainkey.shop.example", RESOLVER_TXT, "v=spf1 -all"});
    FAULT("wildcard", MAIL_GOOD, "any name below", {"hikeshi-nobody-has-this.shop.example", RESOLVER_TXT, "v=spf1 +all"});
    EXPECT(check("wildcard")->advice[0]);
    FAULT("wildcard", MAIL_GOOD, "", {"hikeshi-nobody-has-this.shop.example", RESOLVER_TXT, "v=spf1 -all"});
    EXPECT(!check("wildcard")->advice[0]);
}

TEST(silence_is_not_absence) {
    FAULT("mx", MAIL_UNASKED, "could not be asked", {"shop.example", RESOLVER_MX, NULL});
    FAULT("mx", MAIL_UNASKED, "could not be asked", {"shop.example", RESOLVER_MX, ""}, {"shop.example", RESOLVER_A, NULL});
    FAULT("mx", MAIL_UNASKED, "could not be asked", {"shop.example", RESOLVER_MX, "mx2.example"}, {"mx2.example", RESOLVER_AAAA, NULL});
    FAULT("spf", MAIL_UNASKED, "the server failed", SPF(NULL));
    FAULT("spf", MAIL_UNASKED, "a.example: the server failed", SPF("v=spf1 include:a.example -all"), {"a.example", RESOLVER_TXT, NULL});
    FAULT("spf", MAIL_UNASKED, "h.example: the server failed", SPF("v=spf1 a:h.example -all"), {"h.example", RESOLVER_AAAA, NULL});
    FAULT("dkim_rsa", MAIL_UNASKED, "could not be asked", DKIM(NULL));
    FAULT("dmarc", MAIL_UNASKED, "could not be asked", DMARC(NULL));
    FAULT("wildcard", MAIL_UNASKED, "could not be asked", {"hikeshi-nobody-has-this._domainkey.shop.example", RESOLVER_TXT, NULL});
    for (unsigned i = 0; i < checkup.count; i++) EXPECT(!checkup.checks[i].publish[0]);
}

TEST(names_are_checked_before_they_are_asked_for) {
    static const char *const bad[] = {"",
                                      "shop",
                                      ".shop.example",
                                      "shop..example",
                                      "shop.example.",
                                      "sh op.example",
                                      "sh\xc3\xb6p.example",
                                      "a123456789012345678901234567890123456789012345678901234567890123.example"};
    struct problem p;
    EXPECT_EQ(mail_name_check(STR("shop.example"), "--domain", true, &p), ERR_OK);
    EXPECT_EQ(mail_name_check(STR("s1"), "--rsa-selector", false, &p), ERR_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) EXPECT_EQ(mail_name_check(str_from(bad[i]), "--domain", true, &p), ERR_INVALID);
}

/* A record is a stranger's: no byte of it reaches a terminal as it is; no record breaks the judgement. */
TEST(hostile_records_are_survived) {
    FAULT("dmarc", MAIL_WRONG, "\"v=DMARC1; ?[31mp=x??\"", DMARC("v=DMARC1; \x1b[31mp=x\xc2\x9b"));
    static const char letters[] = "v=spf1:+-~? /%{}.;ampxincludeall0123456789\x80\n\"\\";
    static char text[600], start[16];
    uint64_t seed = 7;
    for (unsigned round = 0; round < 3000; round++) {
        static const char *const starts[] = {"v=spf1 ", "v=DKIM1; p=", "v=DMARC1;p="};
        struct row rows[3];
        size_t size = test_random(&seed) % (sizeof text - 20);
        (void)snprintf(start, sizeof start, "%s", starts[round % 3]);
        memcpy(text, start, strlen(start));
        for (size_t i = strlen(start); i < size + strlen(start); i++) text[i] = letters[test_random(&seed) % (sizeof letters - 1)];
        text[size + strlen(start)] = 0;
        rows[0] = (struct row)SPF(text);
        rows[1] = (struct row)DKIM(text);
        rows[2] = (struct row)DMARC(text);
        struct mail_setup s = usual();
        look(&s, rows, 3);
        for (unsigned i = 0; i < checkup.count; i++) EXPECT(!str_has_control(str_from(checkup.checks[i].found)));
    }
}

TEST(programs_read_the_same_as_people) {
    static char out_memory[65536];
    static const struct row changes[] = {SPF("v=spf1 \"+all"), DMARC("")};
    struct mail_setup s = usual();
    look(&s, changes, 2);
    struct buf out = buf_over(out_memory, sizeof out_memory);
    checkup_mail_write_json(&checkup, &out);
    yyjson_doc *doc = yyjson_read(out.at, out.size, 0);
    yyjson_val *root = yyjson_doc_get_root(doc), *checks = yyjson_obj_get(root, "checks"), *spf = yyjson_arr_get(checks, 2);
    EXPECT(yyjson_is_false(yyjson_obj_get(root, "good")));
    EXPECT_EQ(yyjson_arr_size(checks), 8);
    EXPECT_STR(str_from(yyjson_get_str(yyjson_obj_get(spf, "name"))), STR("spf"));
    EXPECT_STR(str_from(yyjson_get_str(yyjson_obj_get(spf, "verdict"))), STR("wrong"));
    EXPECT_STR(str_from(yyjson_get_str(yyjson_obj_get(spf, "found"))), str_from(check("spf")->found));
    yyjson_doc_free(doc);
    out = buf_over(out_memory, sizeof out_memory);
    checkup_mail_write_table(&checkup, &out);
    EXPECT(str_find(buf_str(&out), STR("missing  dmarc         _dmarc.shop.example has no DMARC policy"), 0) < out.size);
    EXPECT(str_find(buf_str(&out), STR("publish: _dmarc.shop.example. IN TXT \"v=DMARC1; p=reject;"), 0) < out.size);
    EXPECT(str_find(buf_str(&out), STR("6 good, 1 wrong, 1 missing, 0 could not be asked\n"), 0) < out.size);
}

int main(void) {
    RUN(a_sound_domain_is_good);
    RUN(mx_must_lead_somewhere);
    RUN(spf_must_be_one_and_closed);
    RUN(spf_must_permit_each_sender);
    RUN(spf_must_not_ask_too_much);
    RUN(dkim_keys_must_be_usable);
    RUN(dmarc_must_refuse);
    RUN(a_policy_above_counts);
    RUN(alignment_is_told);
    RUN(wildcards_are_found);
    RUN(silence_is_not_absence);
    RUN(names_are_checked_before_they_are_asked_for);
    RUN(hostile_records_are_survived);
    RUN(programs_read_the_same_as_people);
    return test_end();
}
