// SPDX-License-Identifier: Apache-2.0
/* Proves what a policy decides: thresholds by kind and depth, the strictest rule, shadow, allow, reasons; and the default policy's
 * promises. */
#include "decide/decide.h"

#include "base/bundle.h"
#include "base/test.h"
#include "decide/operand.h"

static _Alignas(16) char policy_memory[4U << 20];
static char step_memory[65536], bundle_memory[POLICY_BUNDLE_SIZE_MAX];
static struct arena boot, step;

static const struct policy *compile(struct str bundle) {
    boot = arena_over(policy_memory, sizeof policy_memory);
    const struct policy *p = NULL;
    struct problem problem = {0};
    enum err err = policy_compile(bundle, &boot, &p, &problem);
    if (err) printf("%s: %s (%s)\n", problem.where, problem.what, problem.fix);
    EXPECT_EQ(err, ERR_OK);
    return p;
}

/* A policy of these thresholds and these rules, given as NAME, EFFECT, CONDITION, "live" or "shadow". */
struct short_rule {
    const char *name, *effect, *condition, *state;
};

static const struct policy *policy_of(const char *thresholds, const struct short_rule *rules) {
    struct buf bundle = buf_over(bundle_memory, sizeof bundle_memory);
    char text[2048];
    (void)snprintf(text, sizeof text, "name = \"t\"\nversion = 3\n%s", thresholds);
    bundle_add(&bundle, STR("policy.toml"), str_from(text));
    for (; rules && rules->name; rules++) {
        char file[64];
        (void)snprintf(file, sizeof file, "%s.rule", rules->name);
        (void)snprintf(text, sizeof text, "rule %s version 1 %s because \"%s at {score}\" when %s then %s", rules->name, rules->state,
                       rules->name, rules->condition, rules->effect);
        bundle_add(&bundle, str_from(file), str_from(text));
    }
    return compile(buf_str(&bundle));
}

static struct decision decide(const struct policy *p, enum kind kind, unsigned depth_class, uint16_t score) {
    static struct example_facts facts; /* nothing is known but this: */
    example_facts_init(&facts);
    facts.event = (struct event){.kind = kind, .outcome = OUTCOME_SUCCESS};
    facts.features.kind = kind_name(kind), facts.features.outcome = STR("success"), facts.features.depth_class = depth_class;
    struct assessment *a = &facts.assessment;
    *a = (struct assessment){.score = score, .challenge_rate_ppm = 1234, .reason_count = 2};
    a->reasons[0] = (struct reason){STR("first"), 5000, STR("the first of the score")};
    a->reasons[1] = (struct reason){STR("second"), 400, STR("the second of the score")};
    struct decision d;
    step = arena_over(step_memory, sizeof step_memory);
    decide_assessment(p, &facts.features, a, &step, &d);
    return d;
}

static enum verdict verdict(const struct policy *p, enum kind kind, unsigned depth_class, uint16_t score) {
    return decide(p, kind, depth_class, score).verdict;
}

TEST(the_nearest_threshold_counts) {
    const struct policy *p = policy_of("[thresholds.access]\nchallenge = 700\nhold = 800\ndeny = 900\n"
                                       "[thresholds.access.new]\nchallenge = 600\n"
                                       "[thresholds.session_seen]\nhold = \"never\"\n"
                                       "[thresholds.session_seen.known]\nchallenge = 650\n",
                                       NULL);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 2, 699), VERDICT_ALLOW);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 2, 700), VERDICT_CHALLENGE);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 2, 800), VERDICT_HOLD);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 2, 900), VERDICT_DENY);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 0, 600), VERDICT_CHALLENGE);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 1, 600), VERDICT_ALLOW);
    EXPECT_EQ(verdict(p, KIND_SESSION_SEEN, 2, 650), VERDICT_CHALLENGE);
    EXPECT_EQ(verdict(p, KIND_SESSION_SEEN, 1, 650), VERDICT_ALLOW);
    EXPECT_EQ(verdict(p, KIND_SESSION_SEEN, 1, 850), VERDICT_CHALLENGE);
    EXPECT_EQ(verdict(p, KIND_SESSION_SEEN, 1, 900), VERDICT_DENY);
    EXPECT_EQ(verdict(p, KIND_ORDER_PLACED, 2, 1000), VERDICT_ALLOW);
    EXPECT_EQ(verdict(p, KIND_UNKNOWN, 2, 1000), VERDICT_ALLOW);
}

TEST(the_strictest_rule_wins_and_comes_first) {
    const struct short_rule rules[] = {{"a_challenge", "challenge", "score >= 100", "live"},
                                       {"b_hold", "hold", "score >= 200", "live"},
                                       {"c_deny", "deny", "score >= 300", "live"},
                                       {"d_takeover", "takeover", "score >= 400", "live"},
                                       {0}};
    const struct policy *p = policy_of("", rules);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 2, 99), VERDICT_ALLOW);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 2, 100), VERDICT_CHALLENGE);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 2, 200), VERDICT_HOLD);
    struct decision d = decide(p, KIND_LOGIN, 2, 350);
    EXPECT_EQ(d.verdict, VERDICT_DENY);
    EXPECT(!d.takeover);
    EXPECT_EQ(d.reason_count, 5);
    EXPECT_STR(d.reasons[0].code, STR("c_deny"));
    EXPECT_STR(d.reasons[0].text, STR("c_deny at 350"));
    EXPECT_STR(d.reasons[1].code, STR("b_hold"));
    EXPECT_STR(d.reasons[3].code, STR("first"));
    d = decide(p, KIND_LOGIN, 2, 450);
    EXPECT(d.takeover);
    EXPECT_EQ(d.verdict, VERDICT_DENY);
    EXPECT_STR(d.reasons[0].code, STR("d_takeover"));
    EXPECT_STR(d.reasons[2].code, STR("b_hold"));
    EXPECT_STR(d.reasons[3].code, STR("first")); /* half of the places are the score's */
}

TEST(it_is_known_whether_a_rule_would_have_answered_so) {
    const struct short_rule rules[] = {{"a_challenge", "challenge", "score >= 500", "live"},
                                       {"a_shadow", "hold", "score >= 300", "shadow"},
                                       {"a_lift", "allow", "score < 200", "live"},
                                       {0}};
    const struct policy *p = policy_of("[thresholds.access]\nchallenge = 100\nhold = 600\n", rules);
    EXPECT(!decide(p, KIND_LOGIN, 2, 50).by_rule && !decide(p, KIND_LOGIN, 2, 150).by_rule); /* let through, and lifted */
    EXPECT(!decide(p, KIND_LOGIN, 2, 499).by_rule);                                          /* the score asked, and a shadow is nobody */
    EXPECT(decide(p, KIND_LOGIN, 2, 500).by_rule);                                           /* both ask */
    EXPECT(!decide(p, KIND_LOGIN, 2, 600).by_rule);                                          /* the score holds; the rule would ask */
}

TEST(a_takeover_holds_what_can_be_held) {
    const struct short_rule rules[] = {{"t", "takeover", "score >= 400", "live"}, {0}};
    const struct policy *p = policy_of("[thresholds.value]\ntakeover = 300\n", rules);
    struct decision d = decide(p, KIND_ORDER_PLACED, 2, 350);
    EXPECT(d.takeover);
    EXPECT_EQ(d.verdict, VERDICT_HOLD);
    d = decide(p, KIND_EMAIL_CHANGED, 2, 400);
    EXPECT(d.takeover);
    EXPECT_EQ(d.verdict, VERDICT_HOLD);
    d = decide(p, KIND_OWNER_STATEMENT, 2, 400);
    EXPECT(d.takeover);
    EXPECT_EQ(d.verdict, VERDICT_ALLOW); /* what a person says is not held */
}

TEST(a_shadow_rule_changes_nothing_but_is_counted) {
    const struct short_rule none[] = {{0}},
                            shadow[] = {{"s", "deny", "score >= 100", "shadow"}, {"u", "takeover", "score >= 100", "shadow"}, {0}};
    for (uint16_t score = 0; score <= 1000; score += 50) {
        struct decision without = decide(policy_of("[thresholds.access]\nchallenge = 500\n", none), KIND_LOGIN, 2, score);
        const struct policy *p = policy_of("[thresholds.access]\nchallenge = 500\n", shadow);
        struct decision with = decide(p, KIND_LOGIN, 2, score);
        EXPECT_EQ(with.verdict, without.verdict);
        EXPECT_EQ(with.takeover, without.takeover);
        EXPECT_EQ(with.reason_count, without.reason_count);
        EXPECT_EQ(rule_set_has(&with.fired, 0), score >= 100);
        EXPECT_EQ(rule_set_has(&with.fired, 1), score >= 100);
        EXPECT_EQ(policy_rule_count(p), 2);
        EXPECT_STR(policy_rule(p, 1).name, STR("u"));
        EXPECT(!policy_rule(p, 1).live);
        EXPECT_STR(policy_rule(p, 1).effect, STR("takeover"));
    }
}

TEST(allow_lifts_the_score_and_nothing_else) {
    const struct short_rule rules[] = {{"office", "allow", "score >= 0", "live"}, {"strict", "challenge", "score = 777", "live"}, {0}};
    const struct policy *p =
        policy_of("[thresholds.access]\nchallenge = 500\nhold = 700\ndeny = 900\n[thresholds.value]\nhold = 500\ntakeover = 600\n", rules);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 2, 600), VERDICT_ALLOW);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 2, 800), VERDICT_ALLOW);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 2, 777), VERDICT_CHALLENGE);
    EXPECT_EQ(verdict(p, KIND_LOGIN, 2, 900), VERDICT_DENY);
    EXPECT_EQ(verdict(p, KIND_ORDER_PLACED, 2, 550), VERDICT_ALLOW);
    EXPECT_EQ(verdict(p, KIND_ORDER_PLACED, 2, 650), VERDICT_HOLD);
    EXPECT(decide(p, KIND_LOGIN, 2, 600).reasons[0].weight_milli < 0);
}

TEST(a_failed_attempt_is_not_judged_by_its_score) {
    const struct policy *p = policy_of("[thresholds.access]\ndeny = 500\n", NULL);
    struct event e = {.kind = KIND_LOGIN, .outcome = OUTCOME_FAILURE};
    struct features f = {.event = &e, .kind = STR("login"), .outcome = STR("failure")};
    struct assessment a = {.score = 990};
    struct decision d;
    step = arena_over(step_memory, sizeof step_memory);
    decide_assessment(p, &f, &a, &step, &d);
    EXPECT_EQ(d.verdict, VERDICT_ALLOW);
}

TEST(a_calm_allow_gives_no_reasons) {
    const struct policy *p = policy_of("[thresholds.access]\nchallenge = 700\n", NULL);
    EXPECT_EQ(decide(p, KIND_LOGIN, 2, 499).reason_count, 0);
    EXPECT_EQ(decide(p, KIND_LOGIN, 2, 500).reason_count, 2);
    struct decision d = decide(p, KIND_LOGIN, 2, 700);
    EXPECT_STR(d.reasons[0].code, STR("first"));
    EXPECT_STR(d.policy, STR("t@3"));
    EXPECT_EQ(d.challenge_rate_ppm, 1234);
}

TEST(the_default_policy_keeps_its_examples) {
    const struct policy *p = compile(policy_default_bundle());
    size_t count, live = 0;
    struct problem problem = {0};
    enum err err = policy_check_examples(p, &boot, &count, &problem);
    if (err) printf("%s: %s (%s)\n", problem.where, problem.what, problem.fix);
    EXPECT_EQ(err, ERR_OK);
    EXPECT(count >= 3 * policy_rule_count(p));
    for (size_t i = 0; i < policy_rule_count(p); i++) live += policy_rule(p, i).live;
    EXPECT(live >= 8 && live < policy_rule_count(p));
    EXPECT_STR(policy_version(p), STR("default@1"));
    EXPECT(policy_response(p)->act && policy_response(p)->cancel_score == 920);
    EXPECT_STR(str_from(policy_response(p)->currencies[0]), STR("JPY"));
}

/* What the default policy promises: a question is cheap, nobody is shut out by a score, history decides what a score may do. */
TEST(the_default_policy_is_careful_with_owners) {
    const struct policy *p = compile(policy_default_bundle());
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        for (unsigned depth = 0; depth < 3; depth++) {
            struct decision d = decide(p, (enum kind)kind, depth, 1000);
            EXPECT(d.verdict != VERDICT_DENY);
            EXPECT(!(depth == 0 && d.takeover));
            EXPECT_EQ(verdict(p, (enum kind)kind, depth, 599), VERDICT_ALLOW);
        }
    }
    EXPECT_EQ(verdict(p, KIND_LOGIN, 2, 600), VERDICT_CHALLENGE);
    EXPECT_EQ(verdict(p, KIND_CHALLENGE, 2, 1000), VERDICT_ALLOW);
    EXPECT_EQ(verdict(p, KIND_ORDER_PLACED, 2, 900), VERDICT_HOLD);
    EXPECT(!decide(p, KIND_ORDER_PLACED, 2, 919).takeover);
    EXPECT(decide(p, KIND_ORDER_PLACED, 2, 920).takeover);
    EXPECT(!decide(p, KIND_LOGIN, 2, 1000).takeover); /* a login is asked; it is what follows that judges */
    EXPECT_EQ(verdict(p, KIND_ORDER_STATE, 2, 1000), VERDICT_ALLOW);
}

/* Any bytes: an error with words, or a policy that decides; never more. */
TEST(mangled_bundles_are_refused_with_words) {
    struct str whole = policy_default_bundle();
    uint64_t state = 77;
    unsigned refused = 0;
    for (int i = 0; i < 400; i++) {
        memcpy(bundle_memory, whole.at, whole.size);
        for (uint64_t n = 1 + test_random(&state) % 3; n-- > 0;)
            bundle_memory[test_random(&state) % whole.size] =
                (char)(test_random(&state) % 4 ? 32 + test_random(&state) % 95 : test_random(&state));
        boot = arena_over(policy_memory, sizeof policy_memory);
        const struct policy *p;
        struct problem problem = {0};
        enum err err = policy_compile((struct str){bundle_memory, whole.size - test_random(&state) % 9}, &boot, &p, &problem);
        refused += err != ERR_OK;
        if (err) EXPECT(problem.what[0] != 0);
        else (void)decide(p, KIND_LOGIN, 1, 700);
    }
    EXPECT(refused > 50);
}

/* However large the parts of a policy are, it fits the memory that was promised to be enough, or is refused by a bound. */
TEST(full_policies_are_refused_by_their_bounds) {
    struct problem problem;
    const struct policy *p;
    boot = arena_over(policy_memory, sizeof policy_memory);
    memset(bundle_memory, ' ', sizeof bundle_memory);
    EXPECT_EQ(policy_compile((struct str){bundle_memory, POLICY_BUNDLE_SIZE_MAX + 1}, &boot, &p, &problem), ERR_TOO_LARGE);
    for (int count = POLICY_RULES_MAX; count <= POLICY_RULES_MAX + 1; count++) {
        struct buf bundle = buf_over(bundle_memory, sizeof bundle_memory);
        bundle_add(&bundle, STR("policy.toml"), STR("name = \"t\"\nversion = 1"));
        for (int i = 0; i < count; i++)
            buf_fmt(&bundle, "=== r%d.rule\nrule r%d version 1 live because \"b\" when score > %d and new_ip then hold\n", i, i, i);
        boot = arena_over(policy_memory, sizeof policy_memory);
        EXPECT_EQ(policy_compile(buf_str(&bundle), &boot, &p, &problem), count > POLICY_RULES_MAX ? ERR_TOO_LARGE : ERR_OK);
    }
    for (unsigned count = POLICY_ENTRIES_MAX; count <= POLICY_ENTRIES_MAX + 1; count++) {
        struct buf bundle = buf_over(bundle_memory, sizeof bundle_memory);
        bundle_add(&bundle, STR("policy.toml"), STR("name = \"t\"\nversion = 1"));
        bundle_add(&bundle, STR("r.rule"), STR("rule r version 1 live because \"b\" when ip in list.n then hold"));
        buf_text(&bundle, STR("=== lists/n.txt\n"));
        for (unsigned i = 0; i < count; i++) buf_fmt(&bundle, "%x::\n", i % 4096 + 1);
        EXPECT(!bundle.overflow);
        boot = arena_over(policy_memory, sizeof policy_memory);
        EXPECT_EQ(policy_compile(buf_str(&bundle), &boot, &p, &problem), count > POLICY_ENTRIES_MAX ? ERR_TOO_LARGE : ERR_OK);
    }
}

int main(void) {
    RUN(the_nearest_threshold_counts);
    RUN(the_strictest_rule_wins_and_comes_first);
    RUN(it_is_known_whether_a_rule_would_have_answered_so);
    RUN(a_takeover_holds_what_can_be_held);
    RUN(a_shadow_rule_changes_nothing_but_is_counted);
    RUN(allow_lifts_the_score_and_nothing_else);
    RUN(a_failed_attempt_is_not_judged_by_its_score);
    RUN(a_calm_allow_gives_no_reasons);
    RUN(the_default_policy_keeps_its_examples);
    RUN(the_default_policy_is_careful_with_owners);
    RUN(mangled_bundles_are_refused_with_words);
    RUN(full_policies_are_refused_by_their_bounds);
    return test_end();
}
