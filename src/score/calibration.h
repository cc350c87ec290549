// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_CALIBRATION_H
#define SCORE_CALIBRATION_H

#include "score/detectors.h"

/*
 * What owners' own logins measure: one histogram per detector and history depth, and one per depth of what they say together. Zero memory
 * is a calibration that has learned nothing and speaks by the priors. Part of the snapshot.
 *
 * A histogram counts, for each 0.4 nats from 0 to 25, how many logins measured at least that; so a tail is read in one step.
 * Counts fade week by week with a half-life of eight weeks of event time, so that the scale follows the shop and not its history.
 */
/*
 * Whose login was it? Nobody knows yet when it is learned, and hijackers come in waves: what the first of a wave taught would be held for
 * an owner's habit when the second comes. So a login that measures more than one owner's login in a thousand does counts in full up to that
 * level only, and beyond it as the prior goes on from there.
 */
#define HISTOGRAM_STEPS      64
#define HISTOGRAM_STEP_MILLI 400
#define DEPTH_CLASSES        3
#define PPB                  UINT64_C(1000000000)

struct histogram {
    uint32_t at_least[HISTOGRAM_STEPS]; /* in 1/16 logins; [0] = all */
    uint32_t watched, reached;          /* logins since it was last asked whether it keeps its promise; those of a tail of 0.7 % or less */
};

#define CALIBRATION_VERSION 6
struct calibration {
    uint32_t version;    /* 0 = nothing learned */
    uint32_t faded_week; /* weeks since 1970 up to which counts are faded */
    struct histogram unusual[DEPTH_CLASSES];
    struct histogram of[DETECTOR_COUNT_MAX][DEPTH_CLASSES]; /* by place in detectors.def: a new one begins with nothing learned; of
                                                               `learned` [0] is for all depths */
};

/*
 * Fades all counts up to this moment; nothing happens within the same week, or for a late one.
 *
 * Recalibrates, too: where of the last weeks' logins (2,000 at least) less than half as many reached 0.7 % as should, the scale of this
 * depth was learned in other times and is too mild now: it forgets as in eight weeks, down to 10,000 logins. Not the other way round:
 * a scale that is too strict learns by every login that it surprises, and whoever comes in a wave must not make it forget.
 */
void calibration_fade(struct calibration *c, int64_t now_ms);
/* The prior of a histogram: before anything is counted, the share of logins that measure m or more is min(1, factor * exp(-m / scale)). */
struct prior {
    int32_t scale_milli; /* > 0 */
    uint32_t factor;
};
void histogram_add(struct histogram *h, int32_t milli, struct prior prior);
/* Share of owners' logins that measure at least this, in 1e-9, 1 .. PPB: what was counted, on top of 200 logins of the prior. Never rises
 * with `milli`. */
uint64_t histogram_tail_ppb(const struct histogram *h, int32_t milli, struct prior prior);

/* The scale of the score (docs/explanation/score.md), where x = -ln(challenge rate): 1 -> 0, 5 % -> 500, 0.1 % -> 900, 1e-5 -> 1000. */
uint16_t score_from_milli(int32_t milli);
int32_t score_to_milli(uint16_t score); /* the least x that scores this */

#endif
