// SPDX-License-Identifier: Apache-2.0
/* Baseline random: chance itself, which every other line of a table has to beat. */
#include "base/hash.h"
#include "baseline/baseline.h"

struct chance {
    uint64_t seed;
};

static enum err begin(void *self, const struct baseline_options *o, struct problem *p) {
    (void)p;
    struct chance *c = self;
    c->seed = o->seed;
    return ERR_OK;
}

static double score(void *self, const struct baseline_sight *s) {
    const struct chance *c = self;
    return (double)(hash_mix(c->seed, s->position) >> 11) * 0x1p-53;
}

const struct baseline baseline_random = {
    .name = "random",
    .sentence = "a number drawn from the seed and the event's place in the stream",
    .all = true,
    .state_size = sizeof(struct chance),
    .open = begin,
    .score = score,
};
