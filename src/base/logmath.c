// SPDX-License-Identifier: Apache-2.0
/* Computes logarithms and exponentials in integers, the same on every machine. */
#include "base/logmath.h"

/* 1000 * ln(1 + i/64), rounded, i = 0..64. */
static const uint16_t ln_steps[65] = {0,   16,  31,  46,  61,  75,  90,  104, 118, 132, 145, 159, 172, 185, 198, 211, 223,
                                      236, 248, 260, 272, 284, 295, 307, 318, 330, 341, 352, 363, 374, 384, 395, 405, 416,
                                      426, 436, 446, 456, 466, 476, 486, 495, 505, 514, 523, 532, 542, 551, 560, 569, 577,
                                      586, 595, 603, 612, 620, 629, 637, 645, 653, 661, 669, 677, 685, 693};

int32_t ln_milli(uint64_t value) {
    if (value <= 1) return 0;
    unsigned exponent = 63 - (unsigned)__builtin_clzll(value);
    /* The mantissa in [1, 2) as 16 fraction bits. */
    uint64_t mantissa = exponent >= 16 ? value >> (exponent - 16) : value << (16 - exponent);
    uint32_t fraction = (uint32_t)mantissa & 0xFFFFU;
    uint32_t step = fraction >> 10, within = fraction & 0x3FFU;
    uint32_t low = ln_steps[step], high = ln_steps[step + 1];
    int32_t of_mantissa = (int32_t)(low + ((high - low) * within + 512) / 1024);
    return (int32_t)((exponent * 693147U + 500) / 1000) + of_mantissa;
}

int32_t ln_ratio_milli(uint64_t numerator, uint64_t denominator) {
    return ln_milli(numerator) - ln_milli(denominator);
}

uint32_t exp_neg_ppm(int32_t x_milli) {
    if (x_milli <= 0) return 1000000;
    /* exp(-x) = product of exp(-2^k millinats) over the set bits of x, each with 30 fraction bits. */
    static const uint32_t factors[14] = {1072668619, 1071596486, 1069455435, 1065186158, 1056698664, 1039926024, 1007175199,
                                         944735372,  831228610,  643488952,  385640219,  138504783,  17866096,   297276};
    if (x_milli >= 1 << 14) return 0;
    uint64_t product = UINT64_C(1) << 30;
    for (unsigned k = 0; k < 14; k++)
        if ((unsigned)x_milli >> k & 1U) product = product * factors[k] >> 30;
    return (uint32_t)((product * 1000000 + (UINT64_C(1) << 29)) >> 30);
}
