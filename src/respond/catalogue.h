// SPDX-License-Identifier: Apache-2.0
#ifndef RESPOND_CATALOGUE_H
#define RESPOND_CATALOGUE_H

#include "respond/effect.h"

/* The definitions that a response works with: those of effects.def, or the small ones of a test. */
struct catalogue {
    const struct effect_def *const *defs;
    size_t count;
    const struct effect_def *const *sweeps; /* one per system: not effects of the hijacker's, but kept and driven like them */
    size_t sweep_count;
};

struct catalogue catalogue_of_all(void);
/* Of both lists; NULL for any other name. */
const struct effect_def *catalogue_find(const struct catalogue *c, struct str name);

/* Index of an operation in operations.def; -1 = none, for one that only looks too. */
int operation_find(struct str system, struct str verb, struct str how);

#endif
