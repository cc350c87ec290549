// SPDX-License-Identifier: Apache-2.0
/* Computes population stability indexes, and how large chance alone would make them. */
#include "evaluate/drift.h"

#include <math.h>

struct str drift_word(enum drift_state s) {
    switch (s) {
    case DRIFT_TOO_FEW: return STR("too few");
    case DRIFT_STABLE: return STR("stable");
    case DRIFT_LOOK: return STR("look");
    case DRIFT_DRIFTED: return STR("drifted");
    }
    return STR_NONE;
}

/* Half a login more in each group: a value that one window lacks is rare there, not impossible. */
static double part(uint64_t before, uint64_t now, uint64_t before_sum, uint64_t now_sum) {
    double p = ((double)before + 0.5) / ((double)before_sum + 0.5), q = ((double)now + 0.5) / ((double)now_sum + 0.5);
    return (q - p) * log(q / p);
}

double drift_moved(const struct drift_value *v, uint64_t reference_sum, uint64_t present_sum) {
    double moved = part(v->reference, v->present, reference_sum, present_sum);
    bool fell = (double)v->present * (double)reference_sum < (double)v->reference * (double)present_sum;
    return fell ? -moved : moved;
}

/*
 * Of two samples of one population, of n and m, PSI * n m / (n + m) is distributed nearly as chi-squared with groups - 1 degrees of freedom
 * (Yurdakul 2018); its 95 % quantile by Wilson and Hilferty.
 */
static double chance_of(unsigned groups, const struct drift_size *size) {
    double k = groups - 1.0, a = 2 / (9 * k), cube = 1 - a + 1.6449 * sqrt(a);
    return k * cube * cube * cube * (1 / (double)size->accounts[0] + 1 / (double)size->accounts[1]);
}

static enum drift_state state_of(const struct drift_figure *f, const struct drift_size *size) {
    if (f->groups < 1 || size->accounts[0] < DRIFT_ACCOUNTS_MIN || size->accounts[1] < DRIFT_ACCOUNTS_MIN) return DRIFT_TOO_FEW;
    if (f->psi < DRIFT_LOOK_MIN || f->psi <= f->chance) return DRIFT_STABLE;
    return f->psi < DRIFT_DRIFTED_MIN ? DRIFT_LOOK : DRIFT_DRIFTED;
}

void drift_measure(const struct drift_value *values, size_t count, const struct drift_size *size, struct drift_figure *out) {
    *out = (struct drift_figure){0};
    uint64_t before = 0, now = 0, rare_before = 0, rare_now = 0;
    for (size_t i = 0; i < count; i++) before += values[i].reference, now += values[i].present;
    if (!before || !now) return;
    for (size_t i = 0; i < count; i++) {
        const struct drift_value *v = &values[i];
        bool rare = (double)v->reference < DRIFT_RARE * (double)before && (double)v->present < DRIFT_RARE * (double)now;
        if (rare) rare_before += v->reference, rare_now += v->present;
        else out->psi += part(v->reference, v->present, before, now), out->groups++;
    }
    if (rare_before + rare_now) out->psi += part(rare_before, rare_now, before, now), out->groups++;
    if (out->groups > 1 && size->accounts[0] && size->accounts[1]) out->chance = chance_of(out->groups, size);
    out->state = state_of(out, size);
}

struct drift_share drift_share(uint64_t of, uint64_t count) {
    double n = (double)count, p = (double)of / n, z = 1.96, z2 = z * z / n;
    double middle = (p + z2 / 2) / (1 + z2), half = z * sqrt(p * (1 - p) / n + z2 / (4 * n)) / (1 + z2);
    return (struct drift_share){p, of ? middle - half : 0, of < count ? middle + half : 1};
}
