// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_DECISION_H
#define DECIDE_DECISION_H

#include "base/buf.h"
#include "base/err.h"
#include "score/assessment.h"

/* The noun of this room: what the shop is told to do, and why. */
enum verdict {
    VERDICT_ALLOW,
    VERDICT_CHALLENGE, /* ask for a fresh factor */
    VERDICT_HOLD,      /* let it through in appearance, but nothing irreversible: no capture, no label, no code */
    VERDICT_DENY,
    VERDICT_COUNT
};

/* Which rules of a policy fired, by their place in it (decide.h names them). */
#define RULE_SET_WORDS (POLICY_RULES_MAX / 64)
struct rule_set {
    uint64_t bits[RULE_SET_WORDS];
};

struct decision {
    enum verdict verdict;
    uint16_t score;
    uint32_t challenge_rate_ppm;
    bool takeover; /* judged taken over: an incident opens */
    bool by_rule;  /* a live rule alone would have answered as strictly, and not `allow`: it is more than the score's question */
    unsigned reason_count;
    struct reason reasons[REASON_COUNT_MAX]; /* strongest first; a live rule that decided comes first of all */
    struct str policy;                       /* "name@version", <= 128 bytes */
    struct str incident;   /* id of the account's open incident after this event, or empty; set by the engine; <= 64 bytes */
    struct rule_set fired; /* rules that fired, shadow ones too, for metrics; not journaled */
};

struct str verdict_word(enum verdict v); /* "allow", ... */

void rule_set_add(struct rule_set *s, size_t index);
bool rule_set_has(const struct rule_set *s, size_t index);
bool rule_set_empty(const struct rule_set *s);

/* Binary form for the journal (docs/formats/decision.md). Sets b->overflow. */
void decision_encode(const struct decision *d, struct buf *b);
/* Texts borrow from `bytes`; codes too. ERR_CORRUPT. */
enum err decision_decode(struct str bytes, struct decision *out) MUST_USE;
/* What is said of a decision wherever it is told: the members decision, score, challenge_rate, incident and reasons, without braces. */
void decision_write_members(const struct decision *d, struct buf *b);
/* The answer of EVENTS.md as one JSON object, no newline. */
void decision_write_json(const struct decision *d, struct str event_id, uint64_t position, struct buf *b);

#endif
