// SPDX-License-Identifier: Apache-2.0
/* Decides: the score against the thresholds, the rules over the facts, the strictest answer, and why. */
#include "base/check.h"
#include "decide/decide.h"
#include "decide/policy.h"

/*
 * What a rule weighs among the reasons, in millinats: how rare among owners' own acts a cause must be to justify its effect. 1 in 1,000 for
 * a challenge, 1 in 10,000 for a hold, 1 in 100,000 for what shuts an owner out.
 */
static int32_t weight_milli(enum effect effect) {
    switch (effect) {
    case EFFECT_ALLOW: return -6908;
    case EFFECT_CHALLENGE: return 6908;
    case EFFECT_HOLD: return 9210;
    case EFFECT_DENY:
    case EFFECT_TAKEOVER: return 11513;
    }
    return 0;
}

/* Something that a person does with the account, so that it can be let through or not; the rest are reports of what happened elsewhere. */
static bool is_attempt(const struct event *e) {
    enum kind_group group = kind_group(e->kind);
    return group == GROUP_ACCESS || group == GROUP_CREDENTIAL || group == GROUP_VALUE;
}

/* The answer under construction. */
struct ruling {
    enum verdict by_score, by_rule;
    bool takeover, allowed;
};

/* A failed attempt was refused already, and the score of such is not calibrated: thresholds are for those that got in. */
static void judge_score(const struct policy *p, const struct facts *facts, struct ruling *out) {
    const struct event *e = facts->features->event;
    if (!is_attempt(e) || e->outcome == OUTCOME_FAILURE) return;
    CHECK(facts->features->depth_class < DEPTH_COUNT);
    const uint16_t *at = p->settings.thresholds[e->kind][facts->features->depth_class];
    uint16_t score = facts->assessment->score;
    out->takeover = score >= at[THRESHOLD_TAKEOVER];
    out->by_score = score >= at[THRESHOLD_DENY]                    ? VERDICT_DENY
                    : score >= at[THRESHOLD_HOLD] || out->takeover ? VERDICT_HOLD
                    : score >= at[THRESHOLD_CHALLENGE]             ? VERDICT_CHALLENGE
                                                                   : VERDICT_ALLOW;
}

static void be_at_least(enum verdict *v, enum verdict least) {
    if (*v < least) *v = least;
}

static void follow_rule(const struct rule *r, const struct facts *facts, struct ruling *out) {
    bool attempt = is_attempt(facts->features->event);
    switch (r->effect) {
    case EFFECT_ALLOW: out->allowed = true; break;
    case EFFECT_CHALLENGE: be_at_least(&out->by_rule, VERDICT_CHALLENGE); break;
    case EFFECT_HOLD: be_at_least(&out->by_rule, VERDICT_HOLD); break;
    case EFFECT_DENY: be_at_least(&out->by_rule, VERDICT_DENY); break;
    case EFFECT_TAKEOVER:
        out->takeover = true;
        if (attempt) be_at_least(&out->by_rule, VERDICT_HOLD);
        break;
    }
}

/* Runs the rules that may fire for this kind. Shadow rules are noted and not followed. */
static void judge_rules(const struct policy *p, const struct facts *facts, struct rule_set *fired, struct ruling *out) {
    const struct rule_set *candidates = &p->for_kind[facts->features->event->kind];
    for (size_t word = 0; word < RULE_SET_WORDS; word++) {
        for (uint64_t left = candidates->bits[word]; left; left &= left - 1) {
            size_t index = word * 64 + (size_t)__builtin_ctzll(left);
            const struct rule *r = &p->rules[index];
            if (!rule_fires(r, facts)) continue;
            rule_set_add(fired, index);
            if (r->live) follow_rule(r, facts, out);
        }
    }
}

/* ---- reasons ------------------------------------------------------------------------------------------------------------------------ */

static void add_reason(struct decision *d, struct str code, int32_t weight, struct str text) {
    if (d->reason_count < REASON_COUNT_MAX) d->reasons[d->reason_count++] = (struct reason){code, weight, text};
}

/* Half of the places are for the score's reasons. */
#define RULE_REASONS_MAX (REASON_COUNT_MAX / 2)

static void give_rules(const struct policy *p, const struct facts *facts, struct arena *step, struct decision *d) {
    for (enum effect effect = EFFECT_TAKEOVER + 1; effect-- > EFFECT_ALLOW;) { /* the strictest decided */
        for (size_t i = 0; i < p->rule_count && d->reason_count < RULE_REASONS_MAX; i++) {
            const struct rule *r = &p->rules[i];
            if (r->effect == effect && r->live && rule_set_has(&d->fired, i))
                add_reason(d, r->name, weight_milli(effect), rule_sentence(r, facts, step));
        }
    }
}

/* Below this score an act that is let through needs no excuse, and the journal is spared 200 bytes for 95 % of all acts. */
#define REASONS_SCORE_MIN 500

static void give_reasons(const struct policy *p, const struct facts *facts, struct arena *step, struct decision *d) {
    if (!rule_set_empty(&d->fired)) give_rules(p, facts, step, d);
    const struct assessment *a = facts->assessment;
    if (d->verdict == VERDICT_ALLOW && a->score < REASONS_SCORE_MIN) return;
    CHECK(a->reason_count <= REASON_COUNT_MAX);
    for (unsigned i = 0; i < a->reason_count; i++)
        add_reason(d, a->reasons[i].code, a->reasons[i].weight_milli, str_clip(a->reasons[i].text, REASON_TEXT_SIZE_MAX));
}

void decide_assessment(const struct policy *p, const struct features *f, const struct assessment *a, struct arena *step,
                       struct decision *out) {
    const struct facts facts = {f, a};
    struct ruling ruling = {VERDICT_ALLOW, VERDICT_ALLOW, false, false};
    *out = (struct decision){.score = a->score, .challenge_rate_ppm = a->challenge_rate_ppm, .policy = p->settings.version};
    judge_score(p, &facts, &ruling);
    judge_rules(p, &facts, &out->fired, &ruling);
    /* An `allow` rule lifts what the score alone would ask for, but nothing that a rule says, no deny and no takeover. */
    if (ruling.allowed && ruling.by_score < VERDICT_DENY && !ruling.takeover) ruling.by_score = VERDICT_ALLOW;
    out->verdict = ruling.by_score > ruling.by_rule ? ruling.by_score : ruling.by_rule;
    out->takeover = ruling.takeover;
    out->by_rule = out->verdict != VERDICT_ALLOW && ruling.by_rule == out->verdict;
    give_reasons(p, &facts, step, out);
}
