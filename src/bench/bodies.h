// SPDX-License-Identifier: Apache-2.0
#ifndef BENCH_BODIES_H
#define BENCH_BODIES_H

#include "bench/world.h"

/*
 * Events of a world as request bodies, written once before the clock runs: sending one again costs a copy and a new id and time (about 50
 * ns against 3 us of writing JSON), so that the generator's core carries more than the server's. Each sending has a new id and a later
 * time; the rest of the pool comes round again after `count` events.
 */
struct bodies {
    char *text;        /* all events, one after the other, without line ends */
    uint32_t *start;   /* [count + 1] offsets into text */
    uint16_t *time_at; /* offset of the 24 bytes of `time` within the event; those of `id` stand at BODY_ID_AT */
    uint64_t count;
    int64_t from_ms; /* time of event 0 */
    uint32_t step_us;
    unsigned per_request; /* 1: the event alone; more: NDJSON lines */
};

enum err bodies_init(struct bodies *b, struct world *w, uint64_t count, unsigned per_request, struct problem *p) MUST_USE;
void bodies_release(struct bodies *b);
/* Body of request `index`, for struct load. */
size_t bodies_write(void *bodies, uint64_t index, char *memory);

#endif
