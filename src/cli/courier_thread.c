// SPDX-License-Identifier: Apache-2.0
/* Runs the courier beside the server and carries what it hands in over to the engine's thread. */
#include "cli/courier_thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/check.h"

/* Nothing to do: it looks again after this at the latest; a wake, an answer or a timer comes sooner. */
#define IDLE_MS_MAX 1000
/* Something is due and cannot be done, for as many as may be are under way: their answers end the wait. */
#define BLOCKED_MS 20

/*
 * Encoded events, each behind its size. Two buffers: the courier fills one; the engine's thread empties the other and swaps them when it
 * has.
 */
struct queue {
    struct buf buffers[2];
    unsigned filling; /* under the lock */
    size_t read;      /* of the other one; the engine's thread only */
};

struct courier_thread {
    struct courier *courier;
    void *courier_memory;
    char *queue_memory, *event_memory; /* event_memory: where an event is encoded, in the courier's thread */
    struct queue queue;
    pthread_mutex_t lock;
    pthread_t thread;
    bool started;
    _Atomic bool quitting;
    _Atomic bool waiting; /* something is in the queue, or the courier failed */
    enum err err;         /* under the lock */
    struct problem problem;
    struct courier_totals totals; /* under the lock */
    struct clock clock;
    void (*wake)(void *context);
    void *context;
};

/* ---- the courier's side ------------------------------------------------------------------------------------------------------------- */

static bool queue_add(struct queue *q, struct str bytes) {
    struct buf *b = &q->buffers[q->filling];
    uint32_t size = (uint32_t)bytes.size;
    if (b->size + sizeof size + bytes.size > b->capacity) return false;
    buf_bytes(b, &size, sizeof size);
    buf_text(b, bytes);
    return true;
}

static void tell(struct courier_thread *t) {
    atomic_store_explicit(&t->waiting, true, memory_order_release);
    t->wake(t->context);
}

static enum err submit(void *context, const struct event *event) {
    struct courier_thread *t = context;
    struct buf b = buf_over(t->event_memory, EVENT_BINARY_SIZE_MAX);
    event_encode(event, &b);
    if (b.overflow) return ERR_TOO_LARGE;
    pthread_mutex_lock(&t->lock);
    bool added = queue_add(&t->queue, buf_str(&b));
    pthread_mutex_unlock(&t->lock);
    if (added) tell(t);
    return added ? ERR_OK : ERR_FULL;
}

/* How long it may wait for an answer where there is nothing else to do. */
static int wait_ms(const struct courier_thread *t) {
    int64_t next_ms = courier_next_ms(t->courier);
    if (!next_ms) return IDLE_MS_MAX;
    int64_t left_ms = next_ms - t->clock.now_ms(t->clock.self);
    return left_ms < BLOCKED_MS ? BLOCKED_MS : left_ms < IDLE_MS_MAX ? (int)left_ms : IDLE_MS_MAX;
}

static void end_turn(struct courier_thread *t, enum err err, const struct problem *p) {
    pthread_mutex_lock(&t->lock);
    t->totals = *courier_totals(t->courier);
    if (err) t->err = err, t->problem = *p;
    pthread_mutex_unlock(&t->lock);
    if (err) tell(t);
}

static void *run(void *context) {
    struct courier_thread *t = context;
    struct problem p = {0};
    enum err err = ERR_OK;
    bool busy = true;
    while (!err && !atomic_load_explicit(&t->quitting, memory_order_acquire)) {
        err = courier_turn(t->courier, busy ? 0 : wait_ms(t), &busy, &p);
        end_turn(t, err, &p);
    }
    return NULL;
}

/* ---- the engine's side -------------------------------------------------------------------------------------------------------------- */

/* The next event of the buffer being emptied; false where it is empty. */
static bool next_event(const struct queue *q, struct str *bytes) {
    const struct buf *b = &q->buffers[1 - q->filling];
    uint32_t size;
    if (q->read == b->size) return false;
    memcpy(&size, b->at + q->read, sizeof size);
    *bytes = (struct str){b->at + q->read + sizeof size, size};
    return true;
}

/* ERR_FULL: the batch is, and the rest waits. */
static enum err submit_all(struct queue *q, struct engine *e, struct problem *p) {
    struct str bytes;
    while (next_event(q, &bytes)) {
        struct event event;
        struct receipt receipt;
        enum err err = event_decode(bytes, &event);
        CHECK(!err); /* we encoded it ourselves */
        err = engine_submit_own(e, &event, &receipt, p);
        if (err && err != ERR_CONFLICT) return err; /* a conflict: handed in before, and told at another time */
        q->read += sizeof(uint32_t) + bytes.size;
    }
    return ERR_OK;
}

static bool swap(struct courier_thread *t) {
    struct queue *q = &t->queue;
    pthread_mutex_lock(&t->lock);
    bool filled = q->buffers[q->filling].size > 0;
    if (filled) {
        buf_reset(&q->buffers[1 - q->filling]);
        q->read = 0;
        q->filling = 1 - q->filling;
    } else {
        atomic_store_explicit(&t->waiting, false, memory_order_relaxed);
    }
    pthread_mutex_unlock(&t->lock);
    return filled;
}

static enum err failure_of(struct courier_thread *t, struct problem *p) {
    pthread_mutex_lock(&t->lock);
    enum err err = t->err;
    if (err && p) *p = t->problem;
    pthread_mutex_unlock(&t->lock);
    return err;
}

enum err courier_thread_intake(struct courier_thread *t, struct engine *e, struct problem *p) {
    if (!atomic_load_explicit(&t->waiting, memory_order_acquire)) return ERR_OK;
    enum err err = failure_of(t, p);
    do {
        if (!err) err = submit_all(&t->queue, e, p);
    } while (!err && swap(t));
    return err == ERR_FULL || err == ERR_BUSY ? ERR_OK : err;
}

/* ---- both --------------------------------------------------------------------------------------------------------------------------- */

static enum err take_memory(struct courier_thread *t, struct problem *p) {
    t->courier_memory = malloc(courier_memory_size());
    t->queue_memory = malloc((size_t)COURIER_QUEUE_SIZE * 2);
    t->event_memory = malloc(EVENT_BINARY_SIZE_MAX);
    if (!t->courier_memory || !t->queue_memory || !t->event_memory)
        return problem_set(p, ERR_FULL, "memory", "free memory", "cannot take the courier's memory");
    for (unsigned i = 0; i < 2; i++) t->queue.buffers[i] = buf_over(t->queue_memory + (size_t)i * COURIER_QUEUE_SIZE, COURIER_QUEUE_SIZE);
    return ERR_OK;
}

enum err courier_thread_open(const struct courier_options *o, struct courier_thread **out, struct problem *p) {
    struct courier_thread *t = calloc(1, sizeof *t);
    if (!t) return problem_set(p, ERR_FULL, "memory", "free memory", "cannot take the courier's memory");
    CHECK(pthread_mutex_init(&t->lock, NULL) == 0);
    struct courier_options options = *o;
    options.submit = submit;
    options.context = t;
    t->clock = o->clock;
    enum err err = take_memory(t, p);
    if (!err) err = courier_open(&options, t->courier_memory, &t->courier, p);
    if (err) courier_thread_close(t);
    else *out = t;
    return err;
}

enum err courier_thread_start(struct courier_thread *t, void (*wake)(void *context), void *context, struct problem *p) {
    t->wake = wake;
    t->context = context;
    if (pthread_create(&t->thread, NULL, run, t) != 0)
        return problem_set(p, ERR_IO, "", "allow this user more threads", "cannot start the courier's thread");
    t->started = true;
    return ERR_OK;
}

void courier_thread_wake(struct courier_thread *t) {
    courier_wake(t->courier);
}

void courier_thread_stop(struct courier_thread *t) {
    if (!t->started) return;
    atomic_store_explicit(&t->quitting, true, memory_order_release);
    courier_wake(t->courier);
    CHECK(pthread_join(t->thread, NULL) == 0);
    t->started = false;
}

void courier_thread_close(struct courier_thread *t) {
    if (!t) return;
    courier_thread_stop(t);
    (void)pthread_mutex_destroy(&t->lock);
    free(t->courier_memory);
    free(t->queue_memory);
    free(t->event_memory);
    free(t);
}

struct courier_totals courier_thread_totals(struct courier_thread *t) {
    pthread_mutex_lock(&t->lock);
    struct courier_totals totals = t->totals;
    pthread_mutex_unlock(&t->lock);
    return totals;
}
