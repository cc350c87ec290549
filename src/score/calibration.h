// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_CALIBRATION_H
#define SCORE_CALIBRATION_H

#include "score/detectors.h"

/*
 * What owners' own logins measure: one histogram per detector and history depth, and one per depth of what they say together. Zero memory
 * is a calibration that has learned nothing and speaks by the priors. Part of the snapshot.
 *
 * A histogram counts, for each quarter of a nat from 0 to 16, how many logins measured at least that; so a tail is read in one step.
 * Counts fade week by week with a half-life of eight weeks of event time, so that the scale follows the shop and not its history.
 */
#define HISTOGRAM_STEPS      64
#define HISTOGRAM_STEP_MILLI 250
#define DEPTH_CLASSES        3
#define PPB                  UINT64_C(1000000000)

struct histogram {
    uint32_t at_least[HISTOGRAM_STEPS]; /* [0] = all logins */
};

#define CALIBRATION_VERSION 1
struct calibration {
    uint32_t version;    /* 0 = nothing learned */
    uint32_t faded_week; /* weeks since 1970 up to which counts are faded */
    struct histogram unusual[DEPTH_CLASSES];
    struct histogram of[DETECTOR_COUNT_MAX][DEPTH_CLASSES]; /* by place in detectors.def: a new detector begins with nothing learned */
};

/* Fades all counts up to this moment; nothing happens within the same week, or for a late one. */
void calibration_fade(struct calibration *c, int64_t now_ms);
void histogram_add(struct histogram *h, int32_t milli);
/*
 * Share of owners' logins that measure at least this, in 1e-9, 1 .. PPB: what was counted, on top of 200 logins of the prior
 * min(1, factor * exp(-milli / scale)). Never rises with `milli`.
 */
uint64_t histogram_tail_ppb(const struct histogram *h, int32_t milli, int32_t scale_milli, uint64_t factor);

/* The scale of the score (docs/explanation/score.md), where x = -ln(challenge rate): 1 -> 0, 5 % -> 500, 0.1 % -> 900, 1e-5 -> 1000. */
uint16_t score_from_milli(int32_t milli);
int32_t score_to_milli(uint16_t score); /* the least x that scores this */

#endif
