// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_SCORE_H
#define SCORE_SCORE_H

#include "base/arena.h"
#include "enrich/features.h"
#include "score/assessment.h"
#include "score/row.h"

/*
 * The door: features become an assessment. Each detector (detectors.def, one file each) measures one thing in millinats; its measure is
 * turned into a tail: the share of owners' own logins that measure at least as much, learned online per history depth on top of a prior.
 * The strongest tail decides (max of calibrated detectors), and the result is calibrated once more, so that the score means friction.
 */
struct model;                  /* score/model.h; NULL: none is in force, and the detectors that need one are not evaluable */
struct calibration;            /* lives in the engine's globals; zero = nothing learned yet */
size_t calibration_size(void); /* <= GLOBALS_SIZE / 2 */

/* Version of what the calibration keeps: another list of detectors is another layout. */
uint32_t score_layout(void);

void score_features(const struct calibration *c, const struct model *m, const struct features *f, struct arena *step,
                    struct assessment *out);
/*
 * Learns the friction from an owner's login (every successful login that is not known to be a hijacker's). `a` is what score_features made
 * of the same features and calibration; NULL where it was not asked, as in recovery: then it is measured anew, with the same result.
 */
void score_learn(struct calibration *c, const struct model *m, const struct features *f, const struct assessment *a);
/* Forgets how owners' logins measured by the model before: another one is in force from now on. */
void score_forget_model(struct calibration *c);

/* What one detector measures, for people: millinats, MEASURE_NONE where not evaluable, and what that weighs in the score. */
struct detector_reading {
    const char *code, *sentence;
    int32_t measure_milli, weight_milli;
};
/* Returns how many detectors there are. */
unsigned score_readings(const struct calibration *c, const struct model *m, const struct features *f,
                        struct detector_reading out[DETECTOR_COUNT_MAX]);

#endif
