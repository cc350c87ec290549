// SPDX-License-Identifier: Apache-2.0
#ifndef EVALUATE_DRIFT_H
#define EVALUATE_DRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * How far what comes now differs from what came before, attribute by attribute: the population stability index, and what chance alone would
 * make of it.
 */
struct drift_value {
    struct str name;
    uint64_t reference, present; /* logins */
};

/* Samples that the index is computed on. Logins of one account resemble each other, so chance is reckoned by accounts. */
struct drift_size {
    uint64_t accounts[2]; /* reference, present */
};

enum drift_state {
    DRIFT_TOO_FEW, /* accounts or values: nothing can be said */
    DRIFT_STABLE,  /* below 0.1, or not above what chance makes */
    DRIFT_LOOK,    /* 0.1 to 0.25 */
    DRIFT_DRIFTED  /* above 0.25 */
};

struct drift_figure {
    double psi;      /* sum over groups of (now - before) * ln(now / before) */
    double chance;   /* what one of twenty equal populations would exceed */
    unsigned groups; /* values that are compared; rare ones are one group */
    enum drift_state state;
};

#define DRIFT_ACCOUNTS_MIN 50
#define DRIFT_LOOK_MIN     0.1
#define DRIFT_DRIFTED_MIN  0.25
/* A value of less than this share in both windows goes into the group of rare ones. */
#define DRIFT_RARE 0.01

void drift_measure(const struct drift_value *values, size_t count, const struct drift_size *size, struct drift_figure *out);
/* What one value adds to the index, with its direction; to find those that moved. */
double drift_moved(const struct drift_value *v, uint64_t reference_sum, uint64_t present_sum);
struct str drift_word(enum drift_state s);

/* A share with its 95 % interval (Wilson 1927). count > 0. */
struct drift_share {
    double value, low, high;
};
struct drift_share drift_share(uint64_t part, uint64_t count);

#endif
