// SPDX-License-Identifier: Apache-2.0
/* Proves that a slip in policy.toml is found with its place and a hint. What thresholds mean, decide_test.c proves. */
#include "decide/settings.h"

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
    RUN(slips_are_named);
    return test_end();
}
