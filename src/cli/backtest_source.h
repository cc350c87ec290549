// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_BACKTEST_SOURCE_H
#define CLI_BACKTEST_SOURCE_H

#include <stdio.h>

#include "base/arena.h"
#include "cli/journal_look.h"
#include "event/event.h"

/*
 * The events that a backtest goes through, more than once: a data directory's journal up to the position at which it stood when it was
 * opened (a server may go on writing), or a file of events.
 */
struct backtest_source {
    const char *data, *events; /* one of them */
    struct journal_look look;
    FILE *file;
    uint64_t last;             /* position, or number of the last line that is an event */
    uint64_t bad_lines;        /* of the file: lines that are no events */
    int64_t first_ms, last_ms; /* times of the earliest and the latest event that the shop sent */
    uint64_t shop_events;
    char *policy; /* the bundle that the journal put in force last, or NULL */
    size_t policy_size;
    char *model; /* the learned model that it put in force last, as text, or NULL */
    size_t model_size;
    void *memory;                        /* for one event */
    const struct journal_record *record; /* while an event is given: as the journal holds it; NULL of a file */
};

/* Goes through it once for times and policy. ERR_NOT_FOUND, ERR_INVALID where there is nothing in it. */
enum err backtest_source_open(const char *data, const char *events, struct backtest_source *out, struct problem *p) MUST_USE;
/* Calls `each` with every event in order, and its position or number; texts are borrowed for the call. */
enum err backtest_source_scan(struct backtest_source *s,
                              enum err (*each)(void *context, uint64_t position, const struct event *e, struct problem *p), void *context,
                              struct problem *p) MUST_USE;
void backtest_source_close(struct backtest_source *s);

#endif
