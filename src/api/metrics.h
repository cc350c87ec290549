// SPDX-License-Identifier: Apache-2.0
#ifndef API_METRICS_H
#define API_METRICS_H

#include "base/buf.h"
#include "engine/engine.h"
#include "port/press.h"

/* The server's figures for GET /metrics (Prometheus text format 0.0.4). Counters since the process started; nothing here is a person's. */

#define HISTOGRAM_BUCKETS_MAX 20

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS_MAX + 1]; /* the last one is beyond all bounds */
    uint64_t sum;
};

struct metrics {
    uint64_t connections_open, connections;
    uint64_t answers[6];     /* by first digit of the status, [0] unused */
    uint64_t refused_events; /* lines of a batch that were no event */
    uint64_t gate_held, gate_allowed, gate_degraded, webhooks, webhooks_refused;
    struct histogram decision_us;   /* first byte of the request read -> last byte of the answer handed to the system */
    struct histogram commit_us;     /* journal sync and incident store */
    struct histogram batch_records; /* records of one commit */
    int64_t started_us;
};

/* Of the courier, who lives elsewhere: whoever runs it tells. */
struct courier_figures {
    uint64_t sent, answered, ambiguous, not_sent, exhausted, fenced, timers;
    uint32_t breakers_open;
};

void metrics_decision(struct metrics *m, int64_t took_us);
void metrics_commit(struct metrics *m, int64_t took_us, uint64_t records);
struct metrics_source {
    const struct engine *engine;
    const struct courier_figures *courier; /* NULL: there is none */
    const struct press_figures *press;     /* NULL: nobody prints */
    int64_t now_us, now_ms;                /* monotonic; wall clock */
};
void metrics_write(const struct metrics *m, const struct metrics_source *s, struct buf *out);

#endif
