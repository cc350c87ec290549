// SPDX-License-Identifier: Apache-2.0
/* Baseline freeman: the published likelihood ratio, as its authors' code computes it. */
#include <math.h>

#include "base/hash.h"
#include "baseline/agent.h"
#include "baseline/baseline.h"

/*
 * Equation 7 of Freeman et al., "Who Are You?" (NDSS 2016), without attack data, as in the code that Wiefling et al. published with "Pump
 * Up Password Security!" (TOPS 2022): rba-algorithm.ipynb of das-group/rba-algorithm, commit 28fec46.
 *
 *     S = PROD_k [ p(x_k) / p(x_k | u, L) ] * (1 / |U|) / (n / N)          k in { address, user agent }; the score is ln S
 *     p(x_k)        = w_1 * q * r + sum over the coarser levels of w_h * c_h / N
 *         r = max(c_1, 1) / (N + M), M = distinct values of each coarser level, added up, + 1
 *         q = c_1 / (c_1 + M_1), M_1 = the same among the logins that have this very value; 1 where c_1 = 0
 *     p(x_k | u, L) = sum over all levels of w_h * c_uh / n; where that is 0 it is p(x_k) / 4
 *
 * Counts are of successful logins strictly before the event. The authors' notebook counts c_1 of q over the whole file, later logins
 * included, which cannot be done when deciding; everything else is theirs. They score from an account's second login on; what has no
 * history gets ln 1 = 0 here, for every event must be ranked. A part of the path that was not sent is a value like any other.
 */
#define LEVELS   7 /* address, asn, country; user agent, browser, system, type of device */
#define FEATURES 2

static const struct { unsigned from, to; /* levels, the finest first */ } features[FEATURES] = {{0, 3}, {3, 7}};

static const double weights[LEVELS] = {0.6, 0.3, 0.1, 0.5386653840551359, 0.2680451498625666, 0.18818295100109536, 0.0051065150812021525};

struct count {
    uint64_t key, count;
    uint32_t below; /* of a finest value: distinct values of each coarser level seen with it */
};

struct history {
    struct table counts;        /* by level and value: logins of all */
    struct table own;           /* by account, level and value */
    struct table users;         /* by account: logins */
    uint64_t sum;               /* N */
    uint64_t distinct[LEVELS];  /* values seen of each level */
    struct table seen_together; /* a finest value and one of a coarser level */
};

static uint64_t pair_key(struct str name, struct str version) {
    return hash_mix(hash_str(name, 1), hash_str(version, 2));
}

static void levels_of(const struct baseline_sight *s, uint64_t out[LEVELS]) {
    struct agent a = agent_from(s->event->user_agent);
    const uint64_t values[LEVELS] = {
        s->key->values[ATTRIBUTE_address],
        s->key->values[ATTRIBUTE_asn],
        s->key->values[ATTRIBUTE_country],
        s->key->values[ATTRIBUTE_agent],
        pair_key(a.browser, a.browser_version),
        pair_key(a.os, a.os_version),
        (uint64_t)a.type,
    };
    for (unsigned i = 0; i < LEVELS; i++) out[i] = hash_mix(values[i], i);
}

static double count_of(const struct table *t, uint64_t key, uint32_t *below) {
    const struct count *c = table_find(t, key);
    if (below) *below = c ? c->below : 0;
    return c ? (double)c->count : 0;
}

static double of_all(const struct history *h, const uint64_t *levels, unsigned feature) {
    unsigned first = features[feature].from;
    uint32_t below;
    double n = (double)h->sum, unseen = 1, c = count_of(&h->counts, levels[first], &below);
    for (unsigned i = first + 1; i < features[feature].to; i++) unseen += (double)h->distinct[i];
    double within = c > 0 ? c / (c + below + 1) : 1;
    double sum = weights[first] * within * (c > 0 ? c : 1) / (n + unseen);
    for (unsigned i = first + 1; i < features[feature].to; i++) sum += weights[i] * count_of(&h->counts, levels[i], NULL) / n;
    return sum;
}

static double of_account(const struct history *h, const uint64_t *levels, unsigned feature, uint64_t user, double logins) {
    double sum = 0;
    for (unsigned i = features[feature].from; i < features[feature].to; i++)
        sum += weights[i] * count_of(&h->own, hash_mix(user, levels[i]), NULL) / logins;
    return sum;
}

static double score(void *self, const struct baseline_sight *s) {
    const struct history *h = self;
    const struct count *user = s->key->account ? table_find(&h->users, s->key->subject) : NULL;
    if (!user) return 0;
    uint64_t levels[LEVELS];
    levels_of(s, levels);
    double logins = (double)user->count, sum = log((double)h->sum / ((double)h->users.count * logins));
    for (unsigned k = 0; k < FEATURES; k++) {
        double own = of_account(h, levels, k, s->key->subject, logins);
        sum += own > 0 ? log(of_all(h, levels, k) / own) : log(4);
    }
    return sum;
}

static bool count_levels(struct history *h, const uint64_t *levels, uint64_t user) {
    for (unsigned i = 0; i < LEVELS; i++) {
        struct count *all = table_add(&h->counts, levels[i]), *own = table_add(&h->own, hash_mix(user, levels[i]));
        if (!all || !own) return false;
        if (!all->count++) h->distinct[i]++;
        own->count++;
    }
    return true;
}

/* How many values of the coarser levels each finest value has been seen with. */
static bool count_together(struct history *h, const uint64_t *levels) {
    for (unsigned k = 0; k < FEATURES; k++) {
        struct count *finest = table_find(&h->counts, levels[features[k].from]);
        for (unsigned i = features[k].from + 1; i < features[k].to; i++) {
            struct count *both = table_add(&h->seen_together, hash_mix(finest->key, levels[i]));
            if (!both) return false;
            if (!both->count++) finest->below++;
        }
    }
    return true;
}

static enum err learn(void *self, const struct baseline_sight *s, struct problem *p) {
    struct history *h = self;
    if (!event_is_login_success(s->event) || !s->key->account) return ERR_OK;
    uint64_t levels[LEVELS];
    levels_of(s, levels);
    struct count *user = table_add(&h->users, s->key->subject);
    if (user) user->count++;
    h->sum++;
    if (user && count_levels(h, levels, s->key->subject) && count_together(h, levels)) return ERR_OK;
    return problem_set(p, ERR_FULL, "", "", "no memory to count logins");
}

static enum err begin(void *self, const struct baseline_options *o, struct problem *p) {
    (void)o, (void)p;
    struct history *h = self;
    h->counts = h->own = h->users = h->seen_together = TABLE_OF(struct count);
    return ERR_OK;
}

static void end(void *self) {
    struct history *h = self;
    table_release(&h->counts);
    table_release(&h->own);
    table_release(&h->users);
    table_release(&h->seen_together);
}

const struct baseline baseline_freeman = {
    .name = "freeman",
    .sentence = "ln of the likelihood ratio of Freeman et al. (2016), as Wiefling et al. (2022) compute it",
    .floor = -100,
    .carries = true,
    .state_size = sizeof(struct history),
    .open = begin,
    .score = score,
    .learn = learn,
    .close = end,
};
