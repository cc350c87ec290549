// SPDX-License-Identifier: Apache-2.0
/* Computes logarithms and exponentials in integers, the same on every machine. */
#include "base/logmath.h"

/* 1000 * ln(1 + i/64), rounded, i = 0..64. */
static const uint16_t ln_steps[65] = {0,   16,  31,  46,  61,  75,  90,  104, 118, 132, 145, 159, 172, 185, 198, 211, 223,
                                      236, 248, 260, 272, 284, 295, 307, 318, 330, 341, 352, 363, 374, 384, 395, 405, 416,
                                      426, 436, 446, 456, 466, 476, 486, 495, 505, 514, 523, 532, 542, 551, 560, 569, 577,
                                      586, 595, 603, 612, 620, 629, 637, 645, 653, 661, 669, 677, 685, 693};

/* 1000 * ln(2^i), rounded. */
static const uint16_t ln_powers[64] = {0,     693,   1386,  2079,  2773,  3466,  4159,  4852,  5545,  6238,  6931,  7625,  8318,
                                       9011,  9704,  10397, 11090, 11783, 12477, 13170, 13863, 14556, 15249, 15942, 16636, 17329,
                                       18022, 18715, 19408, 20101, 20794, 21488, 22181, 22874, 23567, 24260, 24953, 25646, 26340,
                                       27033, 27726, 28419, 29112, 29805, 30498, 31192, 31885, 32578, 33271, 33964, 34657, 35350,
                                       36044, 36737, 37430, 38123, 38816, 39509, 40203, 40896, 41589, 42282, 42975, 43668};

int32_t ln_milli(uint64_t value) {
    if (value <= 1) return 0;
    unsigned zeros = (unsigned)__builtin_clzll(value);
    /* The mantissa in [1, 2) as 16 fraction bits: 6 choose the step, 10 lie within it. */
    uint32_t fraction = (uint32_t)(value << zeros >> 47) & 0xFFFFU;
    uint32_t step = fraction >> 10, within = fraction & 0x3FFU;
    uint32_t low = ln_steps[step], high = ln_steps[step + 1];
    return (int32_t)(ln_powers[63 - zeros] + low + ((high - low) * within + 512) / 1024);
}

int32_t ln_ratio_milli(uint64_t numerator, uint64_t denominator) {
    return ln_milli(numerator) - ln_milli(denominator);
}

#define ONE (UINT32_C(1) << 30)

uint32_t exp_neg_ppm(int32_t x_milli) {
    if (x_milli <= 0) return 1000000;
    /* exp(-x) = product of exp(-2^k millinats) over the set bits of x, each with 30 fraction bits; of the others, of 1. */
    static const uint32_t factors[14][2] = {{ONE, 1072668619}, {ONE, 1071596486}, {ONE, 1069455435}, {ONE, 1065186158}, {ONE, 1056698664},
                                            {ONE, 1039926024}, {ONE, 1007175199}, {ONE, 944735372},  {ONE, 831228610},  {ONE, 643488952},
                                            {ONE, 385640219},  {ONE, 138504783},  {ONE, 17866096},   {ONE, 297276}};
    if (x_milli >= 1 << 14) return 0;
    uint64_t product = ONE;
    for (unsigned k = 0; k < 14; k++) product = product * factors[k][(unsigned)x_milli >> k & 1U] >> 30;
    return (uint32_t)((product * 1000000 + (UINT64_C(1) << 29)) >> 30);
}
