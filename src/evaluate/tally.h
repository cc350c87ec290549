// SPDX-License-Identifier: Apache-2.0
#ifndef EVALUATE_TALLY_H
#define EVALUATE_TALLY_H

#include "evaluate/figures.h"
#include "evaluate/sample.h"

/*
 * One pass over scores in descending order gives every figure of every group, each account counted as often as its weight says. So a round
 * of the bootstrap costs one pass, however many groups there are.
 */
enum item_kind {
    ITEM_OWNER,
    ITEM_HIJACKER,
    ITEM_INCIDENT,
    ITEM_KINDS
}; /* in this order among equal scores: ties are known before they are used */

#define ITEM_HELD         0x1U
#define ITEM_EFFECT       0x2U
#define ITEM_ABOVE(k)     (uint16_t)(0x4U << (k)) /* by enum share; of an incident: any of its events */
#define ITEM_BEFORE(k)    (uint16_t)(0x10U << (k))
#define ITEM_NOT_AFTER(k) (uint16_t)(0x40U << (k))

struct item {
    double score; /* of an incident: the greatest of its events'; -INFINITY = not scored */
    uint32_t account;
    uint16_t bits;
    uint8_t family;
    uint8_t depth : 2, kind : 2;
};

/* Is a hijacker's event, or an incident, of the group? */
bool item_is_in(const struct item *it, enum group g);
/* Is an owner's event among those that the group's hijackers are told from? */
bool group_sees_owner(enum group g, unsigned depth);

struct tally_group { /* weights */
    uint64_t hijackers, above[SHARE_COUNT];
    double lost; /* owners above a hijacker's event and half of those at it, summed over the hijacker's events */
    uint64_t incidents, passed, incidents_above[SHARE_COUNT], with_effect, before[SHARE_COUNT], not_after[SHARE_COUNT];
    uint64_t challenged[3]; /* owners at or above the score that catches 50, 90, 95 % */
};

struct tally {
    struct item *items;
    uint8_t *shops; /* of the items as they were listed, before they are sorted */
    size_t count;
    unsigned group_count;
    double prevalence;
    struct tally_group *groups;
};

void tally_sort(struct tally *t);
/* values: group_count x METRIC_COUNT, NAN where not known. `weights` by account. */
void tally_run(struct tally *t, const uint16_t *weights, double *values);
/* Recall of the group's events by share of owners, unweighted: CURVE_POINTS values. */
void tally_curve(const struct tally *t, enum group g, double *out);

/*
 * Which accounts a round counts how often: drawn with replacement, the hijacked ones and the others apart, so that each round has as many
 * of both as there are. The same seed and round give the same weights, so that files are compared on the same draws.
 */
struct strata {
    uint16_t *weights; /* by account */
    uint8_t *seen;     /* 1 = has events in the test part, 2 = is hijacked in it */
    uint32_t *members; /* the hijacked first */
    uint32_t account_count, hijacked, others;
};

enum err strata_init(struct strata *s, struct arena *a, uint32_t account_count, struct problem *p) MUST_USE;
void strata_note(struct strata *s, uint32_t account, bool hijacked);
void strata_list(struct strata *s);
void strata_once(struct strata *s); /* each account once */
void strata_draw(struct strata *s, uint64_t seed, unsigned round);

#endif
