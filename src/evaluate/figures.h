// SPDX-License-Identifier: Apache-2.0
#ifndef EVALUATE_FIGURES_H
#define EVALUATE_FIGURES_H

#include "base/str.h"

/* What is measured, of whom, and where curves have their points: the words that tally, measure and reports share. */
enum metric {
#define METRIC(NAME, name, heading, bounded) METRIC_##NAME,
#include "evaluate/metrics.def"
#undef METRIC
    METRIC_COUNT
};
struct str metric_name(enum metric m);
struct str metric_heading(enum metric m);
bool metric_bounded(enum metric m);

enum share { SHARE_1, SHARE_01, SHARE_COUNT }; /* of owners' events that may be challenged: 1 %, 0.1 % */

/* Groups of each view, in this order, and then the families by number. */
enum group { GROUP_ALL, GROUP_SEEN, GROUP_HELD_OUT, GROUP_WITH_HISTORY, GROUP_DEPTH_0, GROUP_DEPTH_FEW, GROUP_DEPTH_MANY, GROUP_FAMILIES };

#define CURVE_POINTS 61
/* Recall where at most a share of 10^(-4 + 4 i / 60) of the owners is challenged; of incidents, those alarmed within minutes_at(i). */
double curve_share(unsigned i);
double curve_minutes(unsigned i); /* 10^(-2 + 6 i / 60) */

#endif
