// SPDX-License-Identifier: Apache-2.0
/* Counts owners, hijackers' events and incidents in descending order of scores, weighted by account. */
#include "evaluate/tally.h"

#include <math.h>

#include "base/hash.h"
#include "base/sort.h"

/* Owners are counted by what groups see of them: all, by depth, and all with history. */
enum owners { OWNERS_ALL, OWNERS_DEPTH, OWNERS_WITH_HISTORY = OWNERS_DEPTH + DEPTH_COUNT, OWNERS_COUNT };

struct owner_counts {
    uint64_t passed[OWNERS_COUNT]; /* of greater scores than the present */
    uint64_t tied[OWNERS_COUNT];   /* of the present score */
    uint64_t above[SHARE_COUNT][OWNERS_COUNT];
};

static const unsigned caught_percent[3] = {50, 90, 95};

static enum owners owners_of(unsigned g) {
    if (g == GROUP_WITH_HISTORY) return OWNERS_WITH_HISTORY;
    if (g >= GROUP_DEPTH_0 && g <= GROUP_DEPTH_MANY) return (enum owners)(OWNERS_DEPTH + (g - GROUP_DEPTH_0));
    return OWNERS_ALL;
}

bool group_sees_owner(enum group g, unsigned depth) {
    enum owners o = owners_of(g);
    return o == OWNERS_ALL || (o == OWNERS_WITH_HISTORY ? depth > DEPTH_NONE : o == OWNERS_DEPTH + depth);
}

#define GROUPS_OF_ITEM_MAX 5
static unsigned groups_of(const struct item *it, unsigned out[GROUPS_OF_ITEM_MAX]) {
    unsigned count = 0;
    out[count++] = GROUP_ALL;
    out[count++] = it->bits & ITEM_HELD ? GROUP_HELD_OUT : GROUP_SEEN;
    out[count++] = GROUP_DEPTH_0 + it->depth;
    out[count++] = GROUP_FAMILIES + it->family;
    if (it->depth != DEPTH_NONE) out[count++] = GROUP_WITH_HISTORY;
    return count;
}

bool item_is_in(const struct item *it, enum group g) {
    unsigned groups[GROUPS_OF_ITEM_MAX], count = groups_of(it, groups);
    for (unsigned i = 0; i < count; i++)
        if (groups[i] == (unsigned)g) return true;
    return false;
}

static int compare_items_down(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    if (x->score > y->score) return -1;
    if (x->score < y->score) return 1;
    return (int)x->kind - (int)y->kind;
}

void tally_sort(struct tally *t) {
    sort_items(t->items, t->count, sizeof *t->items, compare_items_down);
}

/* ---- one pass ----------------------------------------------------------------------------------------------------------------------- */

static void count_owner(struct owner_counts *o, const struct item *it, uint64_t weight) {
    unsigned classes[3] = {OWNERS_ALL, OWNERS_DEPTH + it->depth, OWNERS_WITH_HISTORY};
    for (unsigned i = 0; i < (it->depth == DEPTH_NONE ? 2U : 3U); i++) {
        o->tied[classes[i]] += weight;
        for (unsigned k = 0; k < SHARE_COUNT; k++)
            if (it->bits & ITEM_ABOVE(k)) o->above[k][classes[i]] += weight;
    }
}

static void next_score(struct owner_counts *o) {
    for (unsigned i = 0; i < OWNERS_COUNT; i++) {
        o->passed[i] += o->tied[i];
        o->tied[i] = 0;
    }
}

static void count_hijacker(struct tally *t, const struct owner_counts *o, const struct item *it, uint64_t weight) {
    unsigned groups[GROUPS_OF_ITEM_MAX], count = groups_of(it, groups);
    for (unsigned i = 0; i < count; i++) {
        struct tally_group *g = &t->groups[groups[i]];
        enum owners of = owners_of(groups[i]);
        g->hijackers += weight;
        g->lost += (double)weight * ((double)o->passed[of] + (double)o->tied[of] / 2);
        for (unsigned k = 0; k < SHARE_COUNT; k++)
            if (it->bits & ITEM_ABOVE(k)) g->above[k] += weight;
    }
}

static void count_incident(struct tally *t, const struct owner_counts *o, const struct item *it, uint64_t weight) {
    unsigned groups[GROUPS_OF_ITEM_MAX], count = groups_of(it, groups);
    for (unsigned i = 0; i < count; i++) {
        struct tally_group *g = &t->groups[groups[i]];
        enum owners of = owners_of(groups[i]);
        uint64_t before = g->passed, owners = o->passed[of] + o->tied[of];
        g->passed += weight;
        for (unsigned q = 0; q < 3; q++)
            if (before * 100 < g->incidents * caught_percent[q] && g->passed * 100 >= g->incidents * caught_percent[q])
                g->challenged[q] = owners;
        for (unsigned k = 0; k < SHARE_COUNT; k++) {
            if (it->bits & ITEM_ABOVE(k)) g->incidents_above[k] += weight;
            if (it->bits & ITEM_EFFECT && it->bits & ITEM_BEFORE(k)) g->before[k] += weight;
            if (it->bits & ITEM_EFFECT && it->bits & ITEM_NOT_AFTER(k)) g->not_after[k] += weight;
        }
        if (it->bits & ITEM_EFFECT) g->with_effect += weight;
    }
}

/* How many incidents there are must be known before half of them have passed. */
static void begin(struct tally *t, const uint16_t *weights) {
    memset(t->groups, 0, t->group_count * sizeof *t->groups);
    for (size_t i = 0; i < t->count; i++) {
        const struct item *it = &t->items[i];
        if (it->kind != ITEM_INCIDENT) continue;
        unsigned groups[GROUPS_OF_ITEM_MAX], count = groups_of(it, groups);
        for (unsigned k = 0; k < count; k++) t->groups[groups[k]].incidents += weights[it->account];
    }
}

static double ratio(double part, uint64_t whole) {
    return whole ? part / (double)whole : (double)NAN;
}

static double precision(double recall, double share, double prevalence) {
    return share > 0 ? prevalence * recall / (prevalence * recall + (1 - prevalence) * share) : (double)NAN;
}

static void conclude(const struct tally *t, const struct owner_counts *o, unsigned number, double *v) {
    const struct tally_group *g = &t->groups[number];
    enum owners of = owners_of(number);
    uint64_t owners = o->passed[of];
    v[METRIC_AUC] = g->hijackers && owners ? 1 - g->lost / (double)g->hijackers / (double)owners : (double)NAN;
    for (unsigned k = 0; k < SHARE_COUNT; k++) {
        v[METRIC_RECALL_1 + k] = ratio((double)g->above[k], g->hijackers);
        v[METRIC_FPR_1 + k] = ratio((double)o->above[k][of], owners);
        v[METRIC_INCIDENTS_1 + k] = ratio((double)g->incidents_above[k], g->incidents);
        v[METRIC_PRECISION_1 + k] = precision(v[METRIC_RECALL_1 + k], v[METRIC_FPR_1 + k], t->prevalence);
        v[METRIC_BEFORE_1 + k] = ratio((double)g->before[k], g->with_effect);
        v[METRIC_NOT_AFTER_1 + k] = ratio((double)g->not_after[k], g->with_effect);
    }
    for (unsigned q = 0; q < 3; q++) v[METRIC_CHALLENGED_50 + q] = g->incidents ? ratio((double)g->challenged[q], owners) : (double)NAN;
}

void tally_run(struct tally *t, const uint16_t *weights, double *values) {
    struct owner_counts o = {0};
    begin(t, weights);
    for (size_t i = 0; i < t->count; i++) {
        const struct item *it = &t->items[i];
        if (i && t->items[i - 1].score > it->score) next_score(&o);
        uint64_t weight = weights[it->account];
        if (!weight) continue;
        if (it->kind == ITEM_OWNER) count_owner(&o, it, weight);
        else if (it->kind == ITEM_HIJACKER) count_hijacker(t, &o, it, weight);
        else count_incident(t, &o, it, weight);
    }
    next_score(&o);
    for (unsigned g = 0; g < t->group_count; g++) conclude(t, &o, g, values + (size_t)g * METRIC_COUNT);
}

void tally_curve(const struct tally *t, enum group g, double *out) {
    uint64_t owners = 0, hijackers = 0, owners_above = 0, hijackers_above = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (t->items[i].kind == ITEM_OWNER) owners += group_sees_owner(g, t->items[i].depth);
        if (t->items[i].kind == ITEM_HIJACKER) hijackers += item_is_in(&t->items[i], g);
    }
    for (unsigned x = 0; x < CURVE_POINTS; x++) out[x] = owners && hijackers ? 0 : (double)NAN;
    if (!owners || !hijackers) return;
    unsigned x = 0; /* the first point that is not passed yet */
    for (size_t i = 0; i < t->count; i++) {
        const struct item *it = &t->items[i];
        if (it->kind == ITEM_OWNER) owners_above += group_sees_owner(g, it->depth);
        if (it->kind == ITEM_HIJACKER) hijackers_above += item_is_in(it, g);
        if (i + 1 < t->count && !(it->score > t->items[i + 1].score)) continue;
        while (x < CURVE_POINTS && (double)owners_above / (double)owners > curve_share(x) * (1 + 1e-12)) x++;
        for (unsigned k = x; k < CURVE_POINTS; k++) out[k] = (double)hijackers_above / (double)hijackers;
        if (x == CURVE_POINTS) return;
    }
}

/* ---- the bootstrap ------------------------------------------------------------------------------------------------------------------ */

enum err strata_init(struct strata *s, struct arena *a, uint32_t account_count, struct problem *p) {
    *s = (struct strata){.account_count = account_count};
    s->weights = arena_take(a, account_count * sizeof *s->weights);
    s->seen = arena_take(a, account_count);
    s->members = arena_take(a, account_count * sizeof *s->members);
    if (!s->weights || !s->seen || !s->members) return problem_set(p, ERR_FULL, "", "", "no memory for %u accounts", account_count);
    memset(s->weights, 0, account_count * sizeof *s->weights);
    memset(s->seen, 0, account_count);
    return ERR_OK;
}

void strata_note(struct strata *s, uint32_t account, bool hijacked) {
    s->seen[account] |= hijacked ? 3 : 1;
}

void strata_list(struct strata *s) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->account_count; i++)
        if (s->seen[i] == 3) s->members[count++] = i;
    s->hijacked = count;
    for (uint32_t i = 0; i < s->account_count; i++)
        if (s->seen[i] == 1) s->members[count++] = i;
    s->others = count - s->hijacked;
}

void strata_once(struct strata *s) {
    for (uint32_t i = 0; i < s->hijacked + s->others; i++) s->weights[s->members[i]] = 1;
}

static void draw_from(struct strata *s, const uint32_t *members, uint32_t count, uint64_t *state) {
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bits = hash_mix(++*state, 0) >> 32;
        uint16_t *weight = &s->weights[members[bits * count >> 32]];
        if (*weight < UINT16_MAX) ++*weight;
    }
}

void strata_draw(struct strata *s, uint64_t seed, unsigned round) {
    uint64_t state = hash_mix(seed, round);
    memset(s->weights, 0, s->account_count * sizeof *s->weights);
    draw_from(s, s->members, s->hijacked, &state);
    draw_from(s, s->members + s->hijacked, s->others, &state);
}
