// SPDX-License-Identifier: Apache-2.0
/* Proves that a slip in policy.toml is found with its place and a hint. What thresholds mean, decide_test.c proves. */
#include "decide/settings.h"

#include "base/moment.h"
#include "base/test.h"

static _Alignas(16) char memory[1U << 20];

static enum err read_text(const char *text, struct settings *out, struct problem *p) {
    static struct arena arena;
    arena = arena_over(memory, sizeof memory);
    *p = (struct problem){0};
    return settings_read((struct source){STR("policy.toml"), str_from(text)}, &arena, out, p);
}

TEST(a_policy_has_a_name_and_a_version) {
    struct settings s;
    struct problem p;
    EXPECT_EQ(read_text("name = \"night-shift_2\"\nversion = 12\n", &s, &p), ERR_OK);
    EXPECT_STR(s.version, STR("night-shift_2@12"));
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) EXPECT_EQ(s.thresholds[kind][0][THRESHOLD_CHALLENGE], SCORE_NEVER);
}

TEST(a_response_has_defaults) {
    struct settings s;
    struct problem p;
    EXPECT_EQ(read_text("name = \"a\"\nversion = 1\n", &s, &p), ERR_OK);
    EXPECT(s.response.act);
    EXPECT_EQ(s.response.cancel_score, 950);
    EXPECT_EQ(s.response.ask_ms, 48 * HOUR_MS);
    EXPECT_EQ(s.response.gate_fail_open_ms, 24 * HOUR_MS);
    EXPECT_EQ(s.response.currencies[0][0], 0);
}

TEST(a_response_is_as_the_file_says) {
    struct settings s;
    struct problem p;
    EXPECT_EQ(
        read_text("name = \"a\"\nversion = 1\n[response]\nmode = \"plan\"\ncancel_score = \"never\"\nask_hours = 2\n"
                  "[response.keep_goods_max]\nJPY = 3000\n[response.pay_max]\nEUR = 500\nJPY = 7\n[gate]\nfail_open_after_hours = 0\n",
                  &s, &p),
        ERR_OK);
    EXPECT(!s.response.act);
    EXPECT(s.response.cancel_score > 1000);
    EXPECT_EQ(s.response.ask_ms, 2 * HOUR_MS);
    EXPECT_EQ(s.response.gate_fail_open_ms, 0);
    EXPECT_STR(str_from(s.response.currencies[0]), STR("JPY"));
    EXPECT_STR(str_from(s.response.currencies[1]), STR("EUR"));
    EXPECT_EQ(s.response.keep_goods_max_minor[0], 3000);
    EXPECT_EQ(s.response.keep_goods_max_minor[1], 0);
    EXPECT_EQ(s.response.pay_max_minor[0], 7);
    EXPECT_EQ(s.response.pay_max_minor[1], 500);
}

TEST(owners_are_told_by_mail_where_nothing_is_said) {
    struct settings s;
    struct problem p;
    EXPECT_EQ(read_text("name = \"a\"\nversion = 1\n", &s, &p), ERR_OK);
    const struct notify_settings *n = &s.response.notify;
    EXPECT_STR(str_from(n->channels), STR("email"));
    EXPECT_STR(str_from(n->language), STR("en"));
    EXPECT_STR(str_from(n->timezone), STR("Etc/UTC"));
    EXPECT_STR(str_from(n->clocks), STR_NONE);
    EXPECT(n->at_once == 6 && n->quiet_from_h == 22 && n->quiet_to_h == 8);
    EXPECT(n->report_ms == 24 * HOUR_MS && n->ack_ms == 24 * HOUR_MS);
}

TEST(owners_are_told_as_the_file_says) {
    struct settings s;
    struct problem p;
    EXPECT_EQ(
        read_text("name = \"a\"\nversion = 1\n[notify]\nchannels = [\"push\", \"email\", \"sms\"]\nat_once = 2\nlanguage = \"ja\"\n"
                  "timezone = \"Asia/Tokyo\"\nquiet_hours = [21, 7]\nreport_hours = 48\nack_hours = 1\nclocks = [\"gdpr_33\", \"pci\"]\n",
                  &s, &p),
        ERR_OK);
    const struct notify_settings *n = &s.response.notify;
    EXPECT_STR(str_from(n->channels), STR("push email sms"));
    EXPECT_STR(str_from(n->language), STR("ja"));
    EXPECT_STR(str_from(n->timezone), STR("Asia/Tokyo"));
    EXPECT_STR(str_from(n->clocks), STR("gdpr_33 pci"));
    EXPECT(n->at_once == 2 && n->quiet_from_h == 21 && n->quiet_to_h == 7);
    EXPECT(n->report_ms == 48 * HOUR_MS && n->ack_ms == HOUR_MS);
    EXPECT(!n->issuer && !n->pack.merchant[0]);
    EXPECT_EQ(read_text("name = \"a\"\nversion = 1\n[notify]\nissuer = true\n[notify.issuer_pack]\nmerchant = \"例 Store\"\n"
                        "merchant_id = \"000123456789012\"\ndescriptor = \"EXAMPLE*STORE\"\ndesk = \"fraud desk, Example Store\"\n",
                        &s, &p),
              ERR_OK);
    EXPECT_STR(str_from(n->pack.merchant), STR("例 Store"));
    EXPECT_STR(str_from(n->pack.merchant_id), STR("000123456789012"));
    EXPECT_STR(str_from(n->pack.descriptor), STR("EXAMPLE*STORE"));
    EXPECT_STR(str_from(n->pack.desk), STR("fraud desk, Example Store"));
    EXPECT_EQ(read_text("name = \"a\"\nversion = 1\n[notify]\nchannels = []\nquiet_hours = []\n", &s, &p), ERR_OK);
    EXPECT_STR(str_from(n->channels), STR_NONE);
    EXPECT(n->quiet_from_h == n->quiet_to_h);
}

TEST(slips_are_named) {
#define HEAD "name = \"a\"\nversion = 1\n"
    static const struct {
        const char *text, *where, *what, *fix;
    } cases[] = {
        {"version = 1", "policy.toml:1:1", "a policy needs a name", "letters"},
        {"name = \"a b\"\nversion = 1", "policy.toml:1:8", "a policy needs a name", "letters"},
        {"name = \"a\"", "policy.toml:1:1", "a policy needs a version", "count it up"},
        {"name = \"a\"\nversion = \"1\"", "policy.toml:2:11", "a policy needs a version", "count it up"},
        {HEAD "versoin = 2", "policy.toml:3:1", "unknown key 'versoin'", "did you mean 'version'?"},
        {HEAD "[thresholds.acess]\nchallenge = 1", "policy.toml:4:1", "unknown key 'acess'", "did you mean 'access'?"},
        {HEAD "[thresholds.lgoin]\nchallenge = 1", "policy.toml:4:1", "unknown key 'lgoin'", "did you mean 'login'?"},
        {HEAD "[thresholds.access]\nchalenge = 1", "policy.toml:4:1", "unknown key 'chalenge'", "did you mean 'challenge'?"},
        {HEAD "[thresholds.access.knwon]\nchallenge = 1", "policy.toml:4:1", "unknown key 'knwon'", "did you mean 'known'?"},
        {HEAD "[thresholds.access.new.x]\nchallenge = 1", "policy.toml:4:1", "unknown key 'x'", "one of: challenge"},
        {HEAD "[thresholds.access]\nchallenge = 1001", "policy.toml:4:13", "a threshold is a score", "900 is"},
        {HEAD "[thresholds.access]\nchallenge = \"nver\"", "policy.toml:4:13", "a threshold is a score", "900 is"},
        {HEAD "[thresholds.access]\nchallenge = 800\ndeny = 700\n", "policy.toml:6:1", "for 'login' (new), deny stands at 700",
         "thresholds rise"},
        {HEAD "[thresholds.access]\nchallenge.x = 5", "policy.toml:4:1", "'thresholds.access.challenge.x' is nested too deeply", ""},
        {HEAD "[response]\nmode = \"on\"", "policy.toml:4:8", "mode is \"act\" or \"plan\"", "plan:"},
        {HEAD "[response]\ncancel_score = 0", "policy.toml:4:16", "cancel_score is 1 to 1000", "950 is"},
        {HEAD "[response]\nask_hours = -1", "policy.toml:4:13", "hours are a number", "90 days"},
        {HEAD "[response]\nask_hour = 1", "policy.toml:4:1", "unknown key 'response.ask_hour'", "did you mean 'response.ask_hours'?"},
        {HEAD "[response.pay_max]\nyen = 1", "policy.toml:4:1", "'yen' is no ISO 4217 code", "e.g. JPY"},
        {HEAD "[response.pay_max]\nJPY = \"1\"", "policy.toml:4:7", "a limit is a whole number", "in the currency's"},
        {HEAD "[response.pay_max]\nAAA = 1\nBBB = 1\nCCC = 1\nDDD = 1\n[response.keep_goods_max]\nEEE = 1\nFFF = 1\nGGG = 1\nHHH = "
              "1\nIII = 1",
         "policy.toml:13:1", "limits are for 8 currencies at most", "other currencies"},
        {HEAD "[gate]\nfail_open = 1", "policy.toml:4:1", "unknown key 'gate.fail_open'", ""},
        {HEAD "[notify]\nchannels = \"email\"", "policy.toml:4:12", "write a list of at most 6 names", "e.g. [\"email\""},
        {HEAD "[notify]\nchannels = [\"E-mail\"]", "policy.toml:4:13", "this is no name", "small letters"},
        {HEAD "[notify]\nchannels = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\"]", "policy.toml:4:12", "write a list of at most 6",
         "e.g."},
        {HEAD "[notify]\nchannels = [\"aaaaaaaaaaaaaaaaaaaaaaaaa\", \"bbbbbbbbbbbbbbbbbbbbbbbbb\"]", "policy.toml:4:12",
         "the list is longer than 47", ""},
        {HEAD "[notify]\nchannels = [\"email\", \"smss\"]", "policy.toml:4:22", "no owner is told by 'smss'", "did you mean 'sms'?"},
        {HEAD "[notify]\nchannels = [\"staff\"]", "policy.toml:4:13", "no owner is told by 'staff'", ""},
        {HEAD "[notify]\ntimezone = \"Asia/Tokio\"", "policy.toml:4:12", "there is no time zone 'Asia/Tokio'", "an IANA name"},
        {HEAD "[notify]\nat_once = 0", "policy.toml:4:11", "write a number of 1 to 6", ""},
        {HEAD "[notify]\nlanguage = \"\"", "policy.toml:4:12", "write a text of 1 to 23", ""},
        {HEAD "[notify]\nquiet_hours = [22]", "policy.toml:4:15", "write two hours", "[22, 8]"},
        {HEAD "[notify]\nquiet_hours = [22, 24]", "policy.toml:4:20", "write a number of 0 to 23", ""},
        {HEAD "[notify]\nreport_hours = 49", "policy.toml:4:16", "write a number of 1 to 48", ""},
        {HEAD "[notify]\nack_hours = 0", "policy.toml:4:13", "write a number of 1 to 720", ""},
        {HEAD "[notify.issuer_pack]\nmerchant = 5", "policy.toml:4:12", "write a text of 1 to 95", ""},
        {HEAD "[notify.issuer_pack]\nmerchant_id = \"\"", "policy.toml:4:15", "write a text of 1 to 31", ""},
        {HEAD "[notify.issuer_pack]\nmerchant_id = \"12345678901234567890123456789012\"", "policy.toml:4:15", "write a text of 1 to 31",
         ""},
        {HEAD "[notify.issuer_pack]\ndescriptor = \"A\\nB\"", "policy.toml:4:14", "write a text of one line", ""},
        {HEAD "[notify.issuer_pack]\ncard_last4 = \"4242\"", "policy.toml:4:1", "'card_last4' is of one charge", "one of: merchant,"},
        {HEAD "[notify.issuer_pack]\nmerchant_ip = \"1\"", "policy.toml:4:1", "no pack says 'merchant_ip'", "did you mean 'merchant_id'?"},
        {HEAD "[notify.issuer_pack]\npan = \"1\"", "policy.toml:4:1", "no pack says 'pan'", "one of: merchant,"},
        {HEAD "[notify]\nissuer_pack = \"a\"", "policy.toml:4:1", "unknown key 'notify.issuer_pack'", ""},
        {HEAD "[notify]\nchanels = []", "policy.toml:4:1", "unknown key 'notify.chanels'", "did you mean 'notify.channels'?"},
        {HEAD "[thresholds]\naccess = 5", "policy.toml:4:1", "unknown key ''", "one of: challenge"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct settings s;
        struct problem p;
        EXPECT_EQ(read_text(cases[i].text, &s, &p), ERR_INVALID);
        EXPECT_STR(str_from(p.where), str_from(cases[i].where));
        EXPECT_STR(str_slice(str_from(p.what), 0, strlen(cases[i].what)), str_from(cases[i].what));
        EXPECT_STR(str_slice(str_from(p.fix), 0, strlen(cases[i].fix)), str_from(cases[i].fix));
    }
}

int main(void) {
    RUN(a_policy_has_a_name_and_a_version);
    RUN(a_response_has_defaults);
    RUN(a_response_is_as_the_file_says);
    RUN(owners_are_told_by_mail_where_nothing_is_said);
    RUN(owners_are_told_as_the_file_says);
    RUN(slips_are_named);
    return test_end();
}
