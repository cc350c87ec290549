// SPDX-License-Identifier: Apache-2.0
#ifndef EVALUATE_MEASURE_H
#define EVALUATE_MEASURE_H

#include "evaluate/figures.h"
#include "evaluate/sample.h"

/*
 * The protocol: what is measured of a sample, and how sure it is (docs/reference/evaluation.md: formulas and pitfalls).
 * The events of each shop are cut by time into training, validation and test. Thresholds come from the owners' events of the validation
 * part alone and are applied to the test part. An incident belongs to the part in which it begins; what remains of it in a later part is
 * left out. Unknown figures are NAN; measure_why says why.
 */
#define PLAN_LEVELS_MAX 7 /* columns of a table, less its first */

struct plan {
    unsigned train_percent, validate_percent; /* of the labelled events; the rest is for the test */
    int64_t validate_from_ms, test_from_ms;   /* instead of the shares, where test_from_ms is not 0 */
    double prevalence;                        /* of a hijacker's events among owners' and hijackers' */
    unsigned rounds;                          /* of the bootstrap; 0 = no intervals */
    uint64_t seed;
    double levels[PLAN_LEVELS_MAX]; /* scores of which somebody promises which share of owners reaches them */
    unsigned level_count;
    bool holds_out; /* is anything held out? */
    bool family_held[SAMPLE_FAMILIES_MAX];
    bool network_held[SAMPLE_NETWORKS_MAX + 1]; /* as in struct sample_row */
};
struct plan plan_default(void);
/* "a,b": ERR_NOT_FOUND where no labelled event is of that family or network. */
enum err plan_hold_out_families(struct plan *plan, const struct sample *s, struct str list, struct problem *p) MUST_USE;
enum err plan_hold_out_networks(struct plan *plan, const struct sample *s, struct str list, struct problem *p) MUST_USE;

/* 95 % interval; NAN = not known. */
struct estimate {
    double value, low, high;
};

struct group_counts { /* in the test part */
    uint64_t owners, hijackers, incidents, with_effect;
    uint64_t accounts;             /* that have an incident */
    uint64_t accounts_with_events; /* whose incident has events in the view */
    uint64_t accounts_with_effect;
    uint64_t owner_accounts; /* that have owners' events in the view */
};

struct figures {
    struct estimate of[METRIC_COUNT];
    struct estimate less_first[METRIC_COUNT];                       /* this file's less the first file's, paired */
    double events_median[SHARE_COUNT], minutes_median[SHARE_COUNT]; /* over all incidents; INFINITY: half of them are never detected */
};

/* Shares of what is in the test part that score at least a level; NAN = there is none. */
struct reached {
    double owners, hijackers, incidents;
};

struct view_file {
    double cuts[SAMPLE_SHOPS_MAX][SHARE_COUNT]; /* an alarm is a score above its shop's; NAN = not known */
    uint64_t owners_unscored, hijackers_unscored;
    struct reached reached[PLAN_LEVELS_MAX];
    struct figures *figures;                          /* by group */
    double roc[CURVE_POINTS], detected[CURVE_POINTS]; /* of the view's main group; detected: at 1 % */
};

/* What counts as one: a successful login, an event, or a visit: an account's owner's or hijacker's events over an access path without half
 * an hour between them, which score what the greatest of them scores. */
enum { VIEW_LOGINS, VIEW_EVENTS, VIEW_VISITS, VIEW_COUNT };

struct view {
    struct str name;
    unsigned number;
    enum group main; /* what headlines speak of: what was held out, where anything was */
    uint64_t validation_owners;
    unsigned group_count;
    struct group_counts *counts; /* by group */
    struct view_file files[SAMPLE_FILES_MAX];
};

struct cuts {
    int64_t from_ms, validate_from_ms, test_from_ms, to_ms;
};

struct measurement {
    struct cuts cuts[SAMPLE_SHOPS_MAX];
    uint64_t straddling; /* incidents that began before a cut and went on after it: what is after it is left out */
    struct view views[VIEW_COUNT];
};

/* Results and work in the sample's arena. ERR_FULL; ERR_INVALID where the cuts are out of order. */
enum err measure(struct sample *s, const struct plan *plan, struct measurement *out, struct problem *p) MUST_USE;
/* Has every shop a threshold? */
bool measure_has_cuts(const struct sample *s, const struct view_file *f, enum share k);
/* Why a figure is not known, as a sentence without full stop; STR_NONE where it is known. Borrowed from constants. */
struct str measure_why(const struct sample *s, const struct view *v, enum group g, unsigned file, enum metric m);

#endif
