// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_LOGMATH_H
#define BASE_LOGMATH_H

#include <stdint.h>

/*
 * Logarithms in whole millinats (1/1000 of a natural-log unit), from integers only, so that every build and machine gets the same score.
 * Error below 2 millinats. ln(0) is defined as ln(1) = 0: callers add their pseudo-count before.
 */
int32_t ln_milli(uint64_t value);
/* ln(numerator / denominator). */
int32_t ln_ratio_milli(uint64_t numerator, uint64_t denominator);
/* 10^6 * exp(-x / 1000) for x >= 0 millinats, rounded; 10^6 for x <= 0. */
uint32_t exp_neg_ppm(int32_t x_milli);

#endif
