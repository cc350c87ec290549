// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_COURIER_THREAD_H
#define CLI_COURIER_THREAD_H

#include "courier/courier.h"
#include "engine/engine.h"

/*
 * A courier in a thread of its own beside a server:
 *
 *     courier's thread:  turns; what it hands in is written into a queue -> wake
 *     engine's thread:   courier_thread_intake submits it; full: the rest waits for the next batch
 *
 * What is in the queue when the process ends is not lost: its steps are ANSWERED in the store and its timers due, and both are handed in
 * again.
 */
struct courier_thread;

/* Events that wait for the engine's thread: at ~1 kB some thousand steps, far more than one commit takes. Full: the courier waits. */
#define COURIER_QUEUE_SIZE (4U * 1024 * 1024)

/* `o->submit` and its context are filled in here. */
enum err courier_thread_open(const struct courier_options *o, struct courier_thread **out, struct problem *p) MUST_USE;
/* `wake` is called in the courier's thread when there is something to take in, or when the courier failed. */
enum err courier_thread_start(struct courier_thread *t, void (*wake)(void *context), void *context, struct problem *p) MUST_USE;
/* The engine's thread. Returns the courier's own error too: its store failed, and with it the server's. */
enum err courier_thread_intake(struct courier_thread *t, struct engine *e, struct problem *p) MUST_USE;
/* There may be new steps or timers; any thread. */
void courier_thread_wake(struct courier_thread *t);
/* Ends the thread. What is under way is left to its lease: whoever comes next reads before he sends again. May be called when it is not
 * started or has ended. */
void courier_thread_stop(struct courier_thread *t);
void courier_thread_close(struct courier_thread *t); /* NULL: nothing */
/* As of its last turn; any thread. */
struct courier_totals courier_thread_totals(struct courier_thread *t);

#endif
