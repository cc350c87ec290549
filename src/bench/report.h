// SPDX-License-Identifier: Apache-2.0
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "bench/calibration.h"

/* What a bench found: figures beside their goals, with what limits them, and the machine they were found on. */
enum unit { UNIT_PER_SECOND, UNIT_MICROSECONDS, UNIT_MILLISECONDS, UNIT_SECONDS, UNIT_BYTES, UNIT_NANOSECONDS, UNIT_SHARE, UNIT_COUNT };

/* `goal` is what was promised, by issue or paper; RULE_NONE: a figure that explains others and has no goal of its own. */
enum goal_rule { RULE_NONE, RULE_AT_LEAST, RULE_AT_MOST };

struct bench_row {
    const char *key;  /* of the JSON: "decisions_per_second" */
    const char *what; /* "synchronous durable decisions over HTTP, one server core" */
    enum unit unit;
    enum goal_rule rule;
    double goal, reached;
    char limit[240]; /* what limits it, how it was taken; "" = nothing to say */
};

#define BENCH_ROWS_MAX 64
struct bench_report {
    struct machine machine;
    struct calibration_figures before, after;
    bool calibrated_after;
    bool quick;
    uint64_t accounts;
    double seconds; /* of the whole run */
    char when[32];  /* the day, UTC */
    unsigned count;
    struct bench_row rows[BENCH_ROWS_MAX];
};

/* Adds a row and returns it, so that a limit can be written into it. A row of the same key is written over. */
struct bench_row *report_add(struct bench_report *r, const char *key, const char *what, enum unit unit, double reached);
struct bench_row *report_goal(struct bench_row *row, enum goal_rule rule, double goal);
bool report_holds(const struct bench_row *row); /* true where there is no goal */

void report_write_table(const struct bench_report *r, struct buf *out);    /* for a terminal */
void report_write_json(const struct bench_report *r, struct buf *out);     /* one object, no line end */
void report_write_markdown(const struct bench_report *r, struct buf *out); /* docs/benchmarks.md */
/* "81.3 k/s", "0.35 ms", "598 B". */
void report_write_figure(struct buf *out, enum unit unit, double value);

#endif
