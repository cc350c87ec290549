// SPDX-License-Identifier: Apache-2.0
/* Detector: the owner is never active in this part of the week. */
#include "base/logmath.h"
#include "base/moment.h"
#include "score/detectors.h"

#define CODE "unusual_time"

/* Shares of the week of one of eight parts of all weekdays, and of both weekend days, out of 56. */
#define WEEKDAY_SHARE 5
#define WEEKEND_SHARE 2
#define PARTS         56
/* As many acts as the even distribution is taken for. */
#define PRIOR_ACTS 8

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!f->judges_path || !f->week_total || f->local_ms == FEATURE_NONE) return MEASURE_NONE;
    if (f->path_trained) return 0; /* whoever cannot sleep at home is still at home */
    uint64_t share = moment_weekday(f->local_ms) >= 5 ? WEEKEND_SHARE : WEEKDAY_SHARE;
    /* even share over (count + prior * even share) / (total + prior) */
    int32_t milli = ln_ratio_milli(share * (f->week_total + PRIOR_ACTS), (uint64_t)f->week_count * PARTS + PRIOR_ACTS * share);
    return milli > 0 ? less_support(milli, support_of_client(&s->path)) : 0;
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    const char *zone = f->usual_timezone.size ? f->usual_timezone.at : "";
    size_t city = f->usual_timezone.size;
    while (city && zone[city - 1] != '/') city--;
    struct str place = str_slice(f->usual_timezone, city, f->usual_timezone.size);
    struct str where = place.size ? place : STR("the owner's place");
    if (f->usual_hour_from == f->usual_hour_to)
        reason_add(out, CODE, measure, "%s in %.*s; usual: %u of %u acts of this account fall into these hours",
                   phrase_clock(f->local_ms).text, STR_ARGS(where), f->week_count, f->week_total);
    else
        reason_add(out, CODE, measure, "%s in %.*s; this account is used %02u-%02u h", phrase_clock(f->local_ms).text, STR_ARGS(where),
                   f->usual_hour_from, f->usual_hour_to ? f->usual_hour_to : 24U);
}

static const struct detector_example examples[] = {
    {"a night owl's night",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .judges_path = true,
                              .week_total = 40,
                              .week_count = 12},
     0, 0},
    {"never at this hour in forty acts",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS},
                              .judges_path = true,
                              .week_total = 40,
                              .week_count = 0},
     1500, 2000},
};

const struct detector detector_unusual_time = {
    .code = CODE,
    .sentence = "the owner is hardly ever active in this part of the week",
    .needs = "a history of the hours, the owner's clock, and a path that was not learned from him",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 700,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
