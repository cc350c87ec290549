// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_DETECTORS_H
#define SCORE_DETECTORS_H

#include "enrich/factor.h"
#include "enrich/features.h"
#include "score/evidence.h"
#include "score/model.h"
#include "score/reason.h"

/* A measure that says nothing: what the detector needs was not there. Unlike 0, which says that nothing is unusual. */
#define MEASURE_NONE INT32_MIN

/* What a detector sees: the features, and what the path says, worked out once for all. */
struct scene {
    const struct features *f;
    struct path_evidence path;
    const struct model *model; /* NULL: none is in force */
    struct row row;            /* written where there is a model and the row is judged (row_is_judged) */
};
void scene_make(const struct features *f, const struct model *m, struct scene *out);

enum detector_use {
    DETECTOR_CALIBRATED, /* its measure becomes a tail of owners' logins; the strongest tail decides */
    DETECTOR_CARRIES,    /* its measure is already on the scale of the score: -ln of the challenge rate of an earlier event */
    DETECTOR_ADDS,       /* what it measures is added to a suspicion that stands for another reason, and to no other */
    DETECTOR_REFERENCE   /* measured for evaluation only */
};

struct detector_example {
    const char *when; /* one sentence */
    const struct features *features;
    int32_t at_least, at_most; /* the measure must lie within; both MEASURE_NONE where it must not be evaluable */
};

/* One detector: detectors/NAME.c defines `const struct detector detector_NAME`, and one line in detectors.def lists it. */
struct detector {
    const char *code;     /* NAME */
    const char *sentence; /* what it means when it fires */
    const char *needs;    /* what must be there for it to be evaluable */
    enum detector_use use;
    int32_t (*measure)(const struct scene *s); /* millinats; MEASURE_NONE; <= 0: nothing unusual, or like the owner */
    /* Adds one reason or several: sentences that name the usual and the present value. Called with an evaluable measure only. */
    void (*explain)(const struct scene *s, int32_t measure, struct reason_list *out);
    int32_t prior_scale_milli;         /* before logins are learned, the share that measures m or more is exp(-m / scale) */
    const struct model *example_model; /* in force in all examples; NULL: none */
    const struct detector_example *examples;
    unsigned example_count;
};

enum detector_id {
#define DETECTOR(name) DETECTOR_##name,
#include "score/detectors.def"
#undef DETECTOR
    DETECTOR_COUNT
};

#define DETECTOR(name) extern const struct detector detector_##name;
#include "score/detectors.def"
#undef DETECTOR

_Static_assert(DETECTOR_COUNT <= DETECTOR_COUNT_MAX, "see score/assessment.h");

extern const struct detector *const detectors[DETECTOR_COUNT];

#endif
