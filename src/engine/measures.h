// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_MEASURES_H
#define ENGINE_MEASURES_H

#include "base/buf.h"
#include "enrich/features.h"
#include "score/score.h"

/* What the detectors measure on these features, and the features themselves: as a table for people, or as one JSON object. */
void measures_write_text(const struct calibration *c, const struct model *m, const struct features *f, struct buf *b);
void measures_write_json(const struct calibration *c, const struct model *m, const struct features *f, struct buf *b);

#endif
