// SPDX-License-Identifier: Apache-2.0
#ifndef COURIER_COURIER_H
#define COURIER_COURIER_H

#include "courier/counterpart.h"
#include "event/event.h"
#include "port/clock.h"
#include "port/entropy.h"
#include "port/incident_store.h"
#include "port/wire.h"

/*
 * Takes steps out of the store, has them done by counterparts, and hands what became of them in at the front door. It decides nothing about
 * effects; it knows how to do a thing once although every part of the way may fail:
 *
 *     claim (lease, fence) -> sign -> send -> definite answer  -> report ANSWERED -> action_result at the front door -> absorbed: DONE
 *                                          -> surely not done  -> report READY, later (full jitter, 0.5 s .. 60 s; what is no containment
 *                                                                 up to 15 min after 12 attempts)
 *                                          -> nobody knows     -> report UNKNOWN -> read_state -> done: as answered; not_done: send again
 *                                                                 with the same key, under the same lease
 *                                          -> fails for ever   -> read_state at once -> not_done: report READY with the next generation,
 * and with it a new key A first sending is never read before; any other is where the counterpart keeps no keys or has forgotten this one
 * (ttl). A lease is longer than its counterpart may take, and an answer whose fence is not the step's any more is dropped
 * (port/incident_store.h). Per counterpart: at most `concurrency` under way, of which containment may use all and the rest only three
 * quarters, all containment before anything else; a circuit breaker (breaker.h). Time used up, or attempts where a step has no deadline:
 * outcome EXHAUSTED, which the respond room turns into a person's task. Being down uses up time and no attempts. A system that nobody
 * answers for: EXHAUSTED at once. What is ANSWERED and not absorbed is handed in again at a start, and after 30 s by whichever courier is
 * alive.
 *
 * A step that tells (verb "tell", of a channel) is sent to whom the directory names: it is asked first, each time, and what it says stays
 * in the flight. Telling is not read before it is told again: its key, or a mail's Message-ID, makes two of it one. What became of it is
 * handed in as notice_result.
 *
 * Timers that are due become timer_fired events here too. One thread calls everything; wake may be called by any.
 */
struct courier;

struct courier_options {
    struct incident_store store;
    struct wire wire;
    struct clock clock;
    struct entropy entropy;
    const struct counterparts *counterparts; /* borrowed */
    int64_t lease_ms;                        /* 0 = twice the time-out of who answers for the system */
    uint32_t attempts_max;                   /* 0 = 12, after which time decides */
    /* For the chaos test's control only: a new key for every attempt, as one must not. */
    bool key_per_attempt;
    /*
     * The front door. ERR_OK: taken over, it will be journaled and absorbed, or come again after a restart. ERR_FULL, ERR_BUSY: not now.
     * The event's texts are borrowed for the call.
     */
    enum err (*submit)(void *context, const struct event *e);
    void *context;
    void (*say)(void *context, const char *line); /* a breaker opened or closed, a forged answer; may be NULL */
};

size_t courier_memory_size(void);
enum err courier_open(const struct courier_options *o, void *memory, struct courier **out, struct problem *p) MUST_USE;
/* One turn: answers that came, timers, claims, sendings; waits up to wait_ms for an answer where there is nothing else to do. *busy: there
 * was something to do. ERR_BUSY of the store is waited out; any other error of it is returned. */
enum err courier_turn(struct courier *c, int wait_ms, bool *busy, struct problem *p) MUST_USE;
/* When it has something to do next if nothing happens, wall clock; 0 = never. */
int64_t courier_next_ms(const struct courier *c);
void courier_wake(struct courier *c);

struct courier_totals { /* for /metrics and the bench */
    uint64_t sent, answered, ambiguous, not_sent, exhausted, fenced, timers;
    uint32_t breakers_open;
};
const struct courier_totals *courier_totals(const struct courier *c);

#endif
