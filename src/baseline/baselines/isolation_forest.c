// SPDX-License-Identifier: Apache-2.0
/* Baseline isolation_forest: outliers among the relation features, learned without labels. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "baseline/baseline.h"
#include "baseline/forest.h"

/*
 * Causal: rows of what was seen go into a reservoir, a uniform sample of the past (Vitter 1985, algorithm R). After 256 rows, and then
 * after each 1,024, the forest is grown anew from it; an event is judged by the forest that was grown last. Failed attempts are judged too,
 * but do not go into the reservoir: under attack they are most of what comes, and nothing common is an outlier.
 */
#define KEPT_MAX  8192
#define FIRST_FIT 256
#define FIT_EVERY 1024

struct watch {
    uint64_t seed, seen;
    struct forest *forest;
    float *rows; /* KEPT_MAX of them */
};

static enum err begin(void *self, const struct baseline_options *o, struct problem *p) {
    struct watch *w = self;
    w->seed = o->seed;
    w->forest = calloc(1, sizeof *w->forest);
    w->rows = calloc(KEPT_MAX, sizeof(float) * RELATION_COUNT);
    return w->forest && w->rows ? ERR_OK : problem_set(p, ERR_FULL, "", "", "no memory for a forest");
}

static double score(void *self, const struct baseline_sight *s) {
    const struct watch *w = self;
    return forest_score(w->forest, s->relation);
}

static enum err learn(void *self, const struct baseline_sight *s, struct problem *p) {
    (void)p;
    struct watch *w = self;
    if (s->key->failed) return ERR_OK;
    uint64_t place = w->seen < KEPT_MAX ? w->seen : hash_mix(w->seed, w->seen) % (w->seen + 1);
    w->seen++;
    if (place < KEPT_MAX) memcpy(w->rows + place * RELATION_COUNT, s->relation, sizeof(float) * RELATION_COUNT);
    if (w->seen == FIRST_FIT || w->seen % FIT_EVERY == 0)
        forest_grow(w->forest, w->rows, w->seen < KEPT_MAX ? w->seen : KEPT_MAX, RELATION_COUNT, hash_mix(w->seed, w->seen));
    return ERR_OK;
}

static void end(void *self) {
    struct watch *w = self;
    free(w->forest);
    free(w->rows);
}

const struct baseline baseline_isolation_forest = {
    .name = "isolation_forest",
    .sentence = "how soon random cuts of the relation features set the event apart from earlier ones",
    .carries = true,
    .state_size = sizeof(struct watch),
    .open = begin,
    .score = score,
    .learn = learn,
    .close = end,
};
