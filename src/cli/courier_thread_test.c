// SPDX-License-Identifier: Apache-2.0
/* What a courier hands in reaches the engine once and in order, however full either side is; with a courier and an engine that pretend. */
#include "cli/courier_thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/test.h"

/* ---- a courier that hands in numbered timers ---------------------------------------------------------------------------------------- */

struct courier {
    struct courier_options options;
    struct courier_totals totals;
    unsigned handed_in;
};

static struct {
    unsigned events, text_size; /* to hand in; size of each one's text */
    unsigned fails_after;       /* turns; 0 = never */
    _Atomic unsigned refused, woken, turns;
} play;

size_t courier_memory_size(void) {
    return sizeof(struct courier);
}

enum err courier_open(const struct courier_options *o, void *memory, struct courier **out, struct problem *p) {
    (void)p;
    *out = memory;
    **out = (struct courier){.options = *o};
    return ERR_OK;
}

enum err courier_turn(struct courier *c, int wait_ms, bool *busy, struct problem *p) {
    static char text[512];
    char id[32];
    (void)wait_ms;
    unsigned turn = atomic_fetch_add(&play.turns, 1) + 1;
    if (play.fails_after && turn > play.fails_after) return problem_set(p, ERR_IO, "incidents", "", "the store is gone");
    *busy = c->handed_in < play.events;
    if (!*busy) return ERR_OK;
    memset(text, 'x', sizeof text);
    (void)snprintf(id, sizeof id, "%u", c->handed_in);
    struct event e = {.source = STR("hikeshi"), .id = str_from(id), .kind = KIND_TIMER_FIRED, .type = STR("timer_fired")};
    e.reason = (struct str){text, play.text_size};
    enum err err = c->options.submit(c->options.context, &e);
    if (err == ERR_OK) c->handed_in++, c->totals.timers++;
    else atomic_fetch_add(&play.refused, 1);
    return err == ERR_OK || err == ERR_FULL ? ERR_OK : err;
}

int64_t courier_next_ms(const struct courier *c) {
    (void)c;
    return 0;
}

void courier_wake(struct courier *c) {
    (void)c;
    atomic_fetch_add(&play.woken, 1);
}

const struct courier_totals *courier_totals(const struct courier *c) {
    return &c->totals;
}

/* ---- an engine whose batches are small ---------------------------------------------------------------------------------------------- */

static struct { unsigned taken, in_batch, batch_max, out_of_order; } taker;

enum err engine_submit_own(struct engine *e, const struct event *event, struct receipt *out, struct problem *p) {
    (void)e, (void)out;
    uint64_t number;
    if (taker.in_batch == taker.batch_max) return ERR_FULL;
    if (!str_to_u64(event->id, &number) || number != taker.taken || event->reason.size != play.text_size) taker.out_of_order++;
    taker.taken++, taker.in_batch++;
    return taker.taken % 7 ? ERR_OK : problem_set(p, ERR_CONFLICT, "id", "", "handed in before");
}

/* ---- the promises ------------------------------------------------------------------------------------------------------------------- */

static int64_t now_ms(void *self) {
    (void)self;
    return 0;
}

static void wake(void *context) {
    atomic_fetch_add((_Atomic unsigned *)context, 1);
}

static struct courier_thread *open_thread(void) {
    struct courier_options o = {.clock = {now_ms, now_ms, NULL}};
    struct courier_thread *t = NULL;
    struct problem p;
    taker.taken = taker.in_batch = taker.out_of_order = 0;
    play.turns = play.refused = 0;
    EXPECT_EQ(courier_thread_open(&o, &t, &p), ERR_OK);
    return t;
}

static void play_all(unsigned events, unsigned text_size, unsigned batch_max) {
    _Atomic unsigned wakes = 0;
    struct problem p;
    play.events = events, play.text_size = text_size, play.fails_after = 0;
    taker.batch_max = batch_max;
    struct courier_thread *t = open_thread();
    EXPECT_EQ(courier_thread_start(t, wake, &wakes, &p), ERR_OK);
    while (taker.taken < events) {
        EXPECT_EQ(courier_thread_intake(t, NULL, &p), ERR_OK);
        taker.in_batch = 0; /* it was committed */
    }
    courier_thread_stop(t);
    EXPECT_EQ(taker.taken, events);
    EXPECT_EQ(taker.out_of_order, 0);
    EXPECT_EQ(courier_thread_totals(t).timers, events);
    EXPECT(wakes >= 1);
    courier_thread_close(t);
}

TEST(everything_arrives_once_and_in_order) {
    play_all(20000, 10, 64);
    play_all(20000, 500, 100000);
}

/* Nobody takes anything in: the queue fills, and the courier is told so and tries again. */
TEST(a_full_queue_refuses_and_loses_nothing) {
    _Atomic unsigned wakes = 0;
    struct problem p;
    play.events = 3 * COURIER_QUEUE_SIZE / 512, play.text_size = 512, play.fails_after = 0;
    taker.batch_max = UINT32_MAX;
    struct courier_thread *t = open_thread();
    EXPECT_EQ(courier_thread_start(t, wake, &wakes, &p), ERR_OK);
    while (!atomic_load(&play.refused)) {
    }
    while (taker.taken < play.events) EXPECT_EQ(courier_thread_intake(t, NULL, &p), ERR_OK);
    EXPECT_EQ(taker.out_of_order, 0);
    courier_thread_close(t); /* stops it too */
}

TEST(what_fails_the_courier_is_told) {
    _Atomic unsigned wakes = 0;
    struct problem p = {0};
    play.events = 0, play.fails_after = 3;
    struct courier_thread *t = open_thread();
    EXPECT_EQ(courier_thread_start(t, wake, &wakes, &p), ERR_OK);
    while (!atomic_load(&wakes)) {
    }
    EXPECT_EQ(courier_thread_intake(t, NULL, &p), ERR_IO);
    EXPECT(strcmp(p.where, "incidents") == 0);
    courier_thread_stop(t);
    courier_thread_close(t);
    courier_thread_close(NULL);
}

TEST(one_that_never_started_can_be_stopped) {
    struct courier_thread *t = open_thread();
    struct problem p;
    EXPECT_EQ(courier_thread_intake(t, NULL, &p), ERR_OK);
    courier_thread_stop(t);
    courier_thread_close(t);
}

int main(void) {
    RUN(everything_arrives_once_and_in_order);
    RUN(a_full_queue_refuses_and_loses_nothing);
    RUN(what_fails_the_courier_is_told);
    RUN(one_that_never_started_can_be_stopped);
    return test_end();
}
