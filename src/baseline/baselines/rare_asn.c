// SPDX-License-Identifier: Apache-2.0
/* Baseline rare_asn: one rule, how rare is the network among all logins so far? It needs no history of the account. */
#include <math.h>

#include "baseline/baseline.h"

/*
 * score = -ln((c + 1/2) / (N + 1)), c of N successful logins so far came from this autonomous system. Whose they were nobody tells; nearly
 * all are owners'. In the study that detection.md 1.4 sums up this rule alone was the best of all on real takeovers, chosen after the fact.
 */
struct networks {
    struct table counts;
    uint64_t sum;
};

struct network {
    uint64_t key, count;
};

static enum err begin(void *self, const struct baseline_options *o, struct problem *p) {
    (void)o, (void)p;
    struct networks *n = self;
    n->counts = TABLE_OF(struct network);
    return ERR_OK;
}

static double score(void *self, const struct baseline_sight *s) {
    const struct networks *n = self;
    uint64_t key = s->key->values[ATTRIBUTE_asn];
    if (!key) return 0;
    const struct network *found = table_find(&n->counts, key);
    return -log(((found ? (double)found->count : 0) + 0.5) / ((double)n->sum + 1));
}

static enum err learn(void *self, const struct baseline_sight *s, struct problem *p) {
    struct networks *n = self;
    uint64_t key = s->key->values[ATTRIBUTE_asn];
    if (!key || !event_is_login_success(s->event)) return ERR_OK;
    struct network *found = table_add(&n->counts, key);
    if (!found) return problem_set(p, ERR_FULL, "", "", "no memory to count networks");
    found->count++;
    n->sum++;
    return ERR_OK;
}

static void end(void *self) {
    struct networks *n = self;
    table_release(&n->counts);
}

const struct baseline baseline_rare_asn = {
    .name = "rare_asn",
    .sentence = "how rare the network is among all successful logins so far",
    .carries = true,
    .state_size = sizeof(struct networks),
    .open = begin,
    .score = score,
    .learn = learn,
    .close = end,
};
