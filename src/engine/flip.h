// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_FLIP_H
#define ENGINE_FLIP_H

#include "decide/decide.h"
#include "enrich/factor.h"
#include "score/score.h"

/*
 * What would have had to be otherwise? The event is judged again with some factors (enrich/factor.h) set to the account's usual, on the
 * same features, calibration and policy; the smallest set that makes the answer milder is what the decision hung on. And the proof that
 * the reasons are the true ones: without everything that they name, the answer must be gone.
 */
#define FLIP_FACTORS_MAX 3

struct flip {
    unsigned factors; /* what is removed, as a set; 0 = there is no such set of at most FLIP_FACTORS_MAX */
    enum verdict verdict;
    bool takeover;
    uint16_t score; /* what is answered then */
};

/* What is usual for the account beside what the event has, for people. */
#define USUAL_ROWS_MAX  12
#define USUAL_TEXT_SIZE 96
struct usual_row {
    const char *what;
    char now[USUAL_TEXT_SIZE], usual[USUAL_TEXT_SIZE]; /* end with a NUL; usual is "not known yet" where it is not */
    bool unusual;
};

struct flips {
    struct flip now;            /* as it is; no factors */
    unsigned named;             /* what the reasons of that answer name, as a set */
    struct flip without_named;  /* the answer without all of that */
    struct flip without_others; /* and without everything else, for comparison */
    struct flip milder;         /* the smallest set that gives another, milder verdict */
    struct flip allowed;        /* the smallest set with which it is let through */
    bool has_history;           /* of the account */
    unsigned row_count;
    struct usual_row rows[USUAL_ROWS_MAX];
};

struct flip_judge {
    const struct policy *policy;
    const struct calibration *calibration;
    const struct model *model; /* NULL: none */
    const struct features *features;
    struct arena *step; /* what is used of it is given back */
};
void flips_find(const struct flip_judge *judge, struct flips *out);

/* For people: the table, then what would flip the decision; or two JSON members, "usual" and "flip", without braces around. */
void flips_write_text(const struct flips *f, struct buf *b);
void flips_write_json(const struct flips *f, struct buf *b);

#endif
