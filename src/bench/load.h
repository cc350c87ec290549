// SPDX-License-Identifier: Apache-2.0
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/*
 * An open-loop load generator over HTTP/1.1 on loopback. Requests have their send times fixed beforehand (Poisson arrivals from a seed); a
 * request that finds no free connection waits, and its latency counts from the time at which it was meant to leave. So a server that
 * stalls is charged for every request that would have come meanwhile (no "coordinated omission": Tene, "How not to measure latency").
 *
 * It runs in a process of its own, pinned to a core that is not the server's, and hands its figures back by shared memory.
 */
struct load {
    uint16_t port;
    pid_t server;    /* whose processor time is counted meanwhile; 0 = nobody's */
    struct str key;  /* bearer token */
    struct str path; /* "/v1/decisions" */
    struct str media_type;
    struct str must_hold;     /* text that a good answer's body has, e.g. "\"position\":" */
    unsigned must_hold_count; /* how often: once for each event of the request */
    unsigned connections;     /* <= LOAD_CONNECTIONS_MAX */
    unsigned pipeline;        /* requests of one connection that may be under way; 1 = none but one */
    double rate;              /* requests per second; 0 = as many as the connections carry (closed loop: a ceiling, not a latency) */
    double seconds;           /* of sending; answers are awaited for at most `drain_seconds` more */
    double drain_seconds;
    uint64_t seed;        /* of the arrivals */
    uint64_t first_index; /* number of the first request: a later run goes on where the one before ended */
    /* Writes the body of request number `index` into memory of LOAD_BODY_MAX bytes and returns its size. Called in order, in the child. */
    size_t (*body)(void *context, uint64_t index, char *memory);
    void *context;
};

#define LOAD_CONNECTIONS_MAX 1024
#define LOAD_PIPELINE_MAX    64
#define LOAD_BODY_MAX        (2U * 1024 * 1024)

struct load_figures {
    uint64_t sent, answered;
    uint64_t refused;    /* status other than 200, or the text is missing */
    uint64_t unanswered; /* at the end of the drain, or their connection broke */
    unsigned first_bad_status;
    char first_bad[160];                                               /* the beginning of that answer */
    double seconds;                                                    /* from the first intended send to the last answer */
    double rate;                                                       /* answered per second of that */
    double mean_us, p50_us, p90_us, p99_us, p999_us, p9999_us, max_us; /* from the intended time */
    uint64_t late;       /* sent more than 1 ms after their time because the generator itself was busy: a limit of the measurement */
    double cpu_share;    /* of the generator's core: near 1 it may be what limits */
    double server_cores; /* processor time of the server / time */
};

enum err load_run(const struct load *l, struct load_figures *out, struct problem *p) MUST_USE;

/*
 * The highest rate at which p99.9 stays within `p999_ms_max`, nothing is refused and nothing is left unanswered: doubles from `from`, then
 * halves the interval `steps` times; each trial takes l->seconds. *out is of the best trial that held; ERR_NOT_FOUND where none did (*out
 * is then of the first trial). l->first_index is moved behind all that was sent.
 */
enum err load_find_rate(struct load *l, double from, double p999_ms_max, unsigned steps, struct load_figures *out,
                        struct problem *p) MUST_USE;
bool load_holds(const struct load_figures *f, double p999_ms_max);

/*
 * One answer cut off the front of `bytes`: its status, its size with the head, and its body. LOAD_MORE where it is not complete yet.
 * Understands what our server sends: Content-Length or a chunked body (RFC 9112 sections 6 and 7), whose frames are taken out in place.
 */
enum load_answer { LOAD_ANSWER, LOAD_MORE, LOAD_BROKEN };
struct answer {
    unsigned status;
    size_t size;
    struct str body;
};
enum load_answer load_cut_answer(char *bytes, size_t size, struct answer *out);

#endif
