// SPDX-License-Identifier: Apache-2.0
/* Names of what is measured, and the points of curves. */
#include "evaluate/figures.h"

#include <math.h>

struct str metric_name(enum metric m) {
    static const char *const names[] = {
#define METRIC(NAME, name, heading, bounded) #name,
#include "evaluate/metrics.def"
#undef METRIC
    };
    return str_from(names[m]);
}

struct str metric_heading(enum metric m) {
    static const char *const headings[] = {
#define METRIC(NAME, name, heading, bounded) heading,
#include "evaluate/metrics.def"
#undef METRIC
    };
    return str_from(headings[m]);
}

bool metric_bounded(enum metric m) {
    static const bool values[] = {
#define METRIC(NAME, name, heading, bounded) bounded,
#include "evaluate/metrics.def"
#undef METRIC
    };
    return values[m];
}

double curve_share(unsigned i) {
    return pow(10, -4 + 4.0 * i / (CURVE_POINTS - 1));
}

double curve_minutes(unsigned i) {
    return pow(10, -2 + 6.0 * i / (CURVE_POINTS - 1));
}
