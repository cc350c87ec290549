// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_ASSESSMENT_H
#define SCORE_ASSESSMENT_H

#include "base/bounds.h"
#include "base/str.h"

/*
 * The noun of this room. The score is defined by friction (docs/explanation/score.md): a score of at least s is reached by a known share of
 * owners' own logins, calibrated apart per history depth: 500 = 5 %, 900 = 0.1 %.
 */
struct reason {
    struct str code;      /* the detector's, or a rule's name; static text */
    int32_t weight_milli; /* signed, 1/1000 of a nat: how far it speaks for (+) or against (-) a takeover */
    struct str text;      /* a sentence that names the usual and the present value; step arena */
};

/* Room for detectors to come: one bit each in `fired`, and a place in a stored calibration. */
#define DETECTOR_COUNT_MAX 32

struct assessment {
    uint16_t score;              /* 0 .. 1000 */
    uint32_t challenge_rate_ppm; /* share of owners' own logins that score at least this, 1/1000000 */
    unsigned reason_count;
    struct reason reasons[REASON_COUNT_MAX]; /* strongest first */
    unsigned fired;                          /* bit per detector of detectors.def whose calibrated tail is below 5 % */
    int32_t measured[DETECTOR_COUNT_MAX];    /* by place in detectors.def; for score_learn */
    int32_t unusual;                         /* what all but the trees say together, before its own scale; for score_learn */
};

#endif
