// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_DRIFT_H
#define CLI_DRIFT_H

#include "base/arena.h"
#include "cli/backtest_source.h"
#include "cli/key_map.h"
#include "evaluate/drift.h"
#include "evaluate/numbering.h"

/*
 * Has the world moved since the detector learned it? Successful logins of a window before and of the present one are counted by what came
 * with them and by their scores, and compared (evaluate/drift.h). It reads a journal and changes nothing.
 */
enum drift_attribute {
    DRIFT_COUNTRY,
    DRIFT_ASN,
    DRIFT_BROWSER,
    DRIFT_OS,
    DRIFT_LANGUAGE,
    DRIFT_TIMEZONE,
    DRIFT_NET,
    DRIFT_METHOD,
    DRIFT_HOUR,
    DRIFT_DEVICE, /* whether one came */
    DRIFT_JA4,    /* whether one came */
    DRIFT_SCORE_0,
    DRIFT_SCORE_1_TO_4,
    DRIFT_SCORE_5_AND_MORE,
    DRIFT_ATTRIBUTES
};

#define DRIFT_DEPTHS 3
#define DRIFT_LEVELS 3 /* 500, 700, 900 */
#define DRIFT_MOVED  3

struct drift_tally {
    struct numbering names;
    struct drift_value *values;
    size_t capacity;
    struct drift_size size; /* accounts that were counted here */
    uint64_t sum[2];
    struct drift_figure figure;
    size_t moved[DRIFT_MOVED]; /* places of the values that moved most */
    unsigned moved_count;
};

struct drift_report {
    /* the question */
    struct backtest_source *source;
    int64_t against_ms, from_ms, to_ms; /* before: from the first to the second; now: from the second until before the third */

    /* the answer */
    struct drift_tally of[DRIFT_ATTRIBUTES];
    uint64_t logins[2], accounts[2];                                                /* before, now */
    uint64_t depth_logins[2][DRIFT_DEPTHS], reached[2][DRIFT_DEPTHS][DRIFT_LEVELS]; /* of an account's risky logins the first in a day */
    uint64_t unscored;

    /* while it is counted */
    void *memory;
    struct arena arena;
    struct key_map seen;     /* successful logins before, by account */
    struct key_map risky_ms; /* the last login of score 500 or more that was counted, by account */
    struct key_map counted;  /* account and tally, by window */
};

extern const uint16_t drift_levels[DRIFT_LEVELS];
double drift_promise(unsigned level); /* the share of owners' logins that the scale promises at it */
struct str drift_attribute_word(enum drift_attribute a);
/* Is what is reached at a level, of all depths or of one (-1 = all), further from the promise than half of it, and not by chance? */
bool drift_scale_is_off(const struct drift_report *r, int depth, unsigned level, double *times);

/* Goes through the source once. ERR_INVALID where one of the windows holds no login. */
enum err drift_run(struct drift_report *r, struct problem *p) MUST_USE;
void drift_write_text(const struct drift_report *r, struct buf *out);
void drift_write_json(const struct drift_report *r, struct buf *out);
enum drift_state drift_worst(const struct drift_report *r);
void drift_release(struct drift_report *r);

#endif
