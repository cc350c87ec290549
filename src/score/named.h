// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_NAMED_H
#define SCORE_NAMED_H

#include "enrich/factor.h"
#include "score/assessment.h"

/*
 * Which factors a reason speaks of, as a set: what a person would look at after having read it. 0 where it speaks for the owner, or is not
 * a detector's. `f` are the features that it was given for: one detector has sentences for several parts of the path.
 */
unsigned reason_names(const struct reason *r, const struct features *f);
/* The same of a detector by its place in detectors.def: everything that it may speak of. */
unsigned detector_names(unsigned detector);

#endif
