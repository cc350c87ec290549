// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_FREEMAN_H
#define SCORE_FREEMAN_H

#include <stdint.h>

/*
 * The published baseline: equation 7 of Freeman et al., "Who Are You? A Statistical Approach to Measuring User Authenticity" (NDSS 2016),
 * with the weights and the smoothing of Wiefling et al., "Pump Up Password Security!" (TOPS 2022), as in their code (rba-algorithm, MIT):
 *
 *     S = PROD_k [ p(x_k) / p(x_k | u, L) ] * p(u | A) / p(u | L)        k in { address, user agent }
 *     p(x_k)        = sum_h w_h * c_h / N, the finest level smoothed: max(c, 1) / (N + M)
 *     p(x_k | u, L) = sum_h w_h * c_uh / n, not smoothed; where that is 0 it is p(x_k) / 4
 *     p(u | A) = 1 / |U|,  p(u | L) = n / N
 *
 *     address: 0.6 address, 0.3 asn, 0.1 country;  user agent: 0.53867 whole, 0.26805 browser, 0.18818 system, 0.00511 type of device
 */
#define FREEMAN_LEVELS_MAX 4

struct freeman_feature {
    unsigned level_count;
    uint32_t weight_ppm[FREEMAN_LEVELS_MAX]; /* sum 10^6 */
    uint64_t fleet[FREEMAN_LEVELS_MAX];      /* c: logins of all users with the value, finest level first */
    uint64_t account[FREEMAN_LEVELS_MAX];    /* c_u: of this user */
    uint64_t unseen;                         /* M: mass of values not seen yet */
};

struct freeman_history {
    uint64_t fleet;   /* N: logins of all users, same unit as the counts */
    uint64_t account; /* n: of this user, > 0 */
    uint64_t users;   /* |U| > 0 */
};

/* 1000 * ln S. */
int32_t freeman_milli(const struct freeman_history *h, const struct freeman_feature *features, unsigned feature_count);

#endif
