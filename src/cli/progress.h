// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"

/*
 * How far a long command is: one line on standard error that is written over itself, only where that is a terminal; a log file or a pipe
 * sees nothing of it. The caller says what time it is, so that the line can be tested.
 */
struct progress {
    FILE *to;
    bool live;
    const char *verb, *past, *unit; /* "importing", "imported", "events" */
    uint64_t total;                 /* of `part`; 0 = not known: no percent, no ETA */
    int64_t started_us, shown_us;
};

void progress_init(struct progress *p, FILE *to, const char *verb, const char *past, const char *unit, uint64_t total, int64_t now_us);
/* `done` units are ready, which is `part` of `total` (bytes read of bytes there are, say). Rewrites the line at most ten times a second. */
void progress_show(struct progress *p, uint64_t done, uint64_t part, int64_t now_us);
/* Replaces the line by one that stays: "imported 6,685 events in 1.2 s (5.57 k/s)". */
void progress_end(struct progress *p, uint64_t done, int64_t now_us);

/* The two lines, without line end: pure. */
void progress_line(const struct progress *p, uint64_t done, uint64_t part, int64_t now_us, struct buf *out);
void progress_summary(const struct progress *p, uint64_t done, int64_t now_us, struct buf *out);

/* Figures as people read them: "1.23 M", "45.6 k", "789"; "1:02:03" or "4.2 s". */
void figure_short(struct buf *b, double value);
void figure_duration(struct buf *b, int64_t us);

#endif
