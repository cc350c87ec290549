// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_DECIDE_H
#define DECIDE_DECIDE_H

#include "base/arena.h"
#include "decide/decision.h"
#include "enrich/features.h"

/*
 * The door: an assessment becomes a decision, by a policy: thresholds per kind of event and history depth, rules, lists.
 *
 * A policy is compiled from a bundle: one text that holds policy.toml, the rules and the lists, so that the journal can keep it whole and a
 * replay decides as it was decided (base/bundle.h): policy.toml, NAME.rule, lists/NAME.txt. sys/policy_dir.h reads one from a directory.
 */
struct policy; /* compiled; lives in the memory it was compiled into; immutable */

/* Errors name file:line:column and a hint. `memory` must outlive the policy; 4 MiB are enough for POLICY_RULES_MAX rules. */
enum err policy_compile(struct str bundle, struct arena *memory, const struct policy **out, struct problem *p) MUST_USE;
struct str policy_default_bundle(void);            /* the one that ships with the binary: rules/ and policy.toml of this tree */
struct str policy_version(const struct policy *p); /* "name@version" */
/* Runs the examples of every rule; ERR_INVALID with the first that fails. *count = examples run. */
enum err policy_check_examples(const struct policy *p, struct arena *step, size_t *count, struct problem *problem) MUST_USE;

/* A rule by its place, for metrics and the console: decision.fired names rules so. */
struct rule_facts {
    struct str name, effect;
    struct str text; /* its file, whole */
    int64_t version;
    bool live; /* or shadow: it is counted and never followed */
};
size_t policy_rule_count(const struct policy *p);
struct rule_facts policy_rule(const struct policy *p, size_t index);
/* The factors (enrich/factor.h) that its condition speaks of, as a set. */
unsigned policy_rule_factors(const struct policy *p, size_t index);

/* [thresholds.*] of policy.toml, resolved: from which score on something follows; above 1000: never. */
#define POLICY_DEPTHS     3
#define POLICY_THRESHOLDS 4
unsigned policy_threshold(const struct policy *p, enum kind kind, unsigned depth, unsigned threshold);
struct str policy_depth_word(unsigned depth);         /* "new", "young", "known" */
struct str policy_threshold_word(unsigned threshold); /* "challenge", "hold", "deny", "takeover" */

/* [notify] of policy.toml: how an owner is told. Texts end with a NUL. */
#define NOTIFY_CHANNELS_SIZE 48
#define NOTIFY_CLOCKS_SIZE   256
/* [notify.issuer_pack]: what issuers know the merchant by (notify/issuer_pack.h), the same for every charge; "" = not said. */
struct merchant_facts {
    char merchant[96], merchant_id[32], descriptor[32], desk[96];
};
struct notify_settings {
    char channels[NOTIFY_CHANNELS_SIZE]; /* "email push sms": the next is tried where one fails; "" = the message centre, and a person */
    uint32_t at_once;                    /* on how many of them the first notice goes out together */
    char language[24], timezone[48];     /* of owners whose clients have not told */
    int quiet_from_h, quiet_to_h;        /* by the owner's clock: what is not urgent waits until then; both the same = never */
    int64_t report_ms;                   /* after the decision: the detailed report */
    int64_t ack_ms;                      /* a first notice that nobody has acknowledged by then becomes a person's, where money is open */
    bool staff, issuer;                  /* the shop's people are told by their channel; issuers of cards get a pack for each charge */
    struct merchant_facts pack;          /* of each */
    char clocks[NOTIFY_CLOCKS_SIZE];     /* legal clocks that run, by name: "gdpr_33 gdpr_34" */
};

/* [response] and [gate] of policy.toml (docs/reference/policy.md). Currencies that are not listed have the limit 0. */
#define RESPOND_LIMITS_MAX 8
struct respond_settings {
    bool act;              /* false: plan; nothing is sent before somebody says takeover */
    uint16_t cancel_score; /* an incident that opened at this score or above may be undone without a person's word */
    int64_t ask_ms;        /* how long the owner is waited for before an analyst is asked */
    int64_t keep_goods_max_minor[RESPOND_LIMITS_MAX]; /* goods up to this value may be left with the owner, per currency below */
    int64_t pay_max_minor[RESPOND_LIMITS_MAX];        /* another rail up to this needs one person, above it two */
    char currencies[RESPOND_LIMITS_MAX][4];           /* ISO 4217 and its NUL; "" = no more */
    struct notify_settings notify;
    int64_t gate_fail_open_ms; /* where the gate cannot look, an order that is at least so old goes on, a younger one waits */
};
const struct respond_settings *policy_response(const struct policy *p);

/* Thresholds and rules become the answer; the strictest wins. Pure; texts in `step` or borrowed from the policy and the assessment. */
void decide_assessment(const struct policy *p, const struct features *f, const struct assessment *a, struct arena *step,
                       struct decision *out);

#endif
