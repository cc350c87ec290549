// SPDX-License-Identifier: Apache-2.0
/* Nobody who orders waits for the printer, each gets his own document, and full is said; with a printer that stands still when told to. */
#include "cli/press_thread.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include "base/test.h"
#include "print/print.h"

/* ---- a printer that begins when told to ------------------------------------------------------------------------------------------------
 */

static struct {
    sem_t begun, may_go;
    bool stands; /* waits for may_go with each */
    enum err err;
    _Atomic unsigned printed, released, woken;
    char last[64];
} play;

enum err print_pdf(const struct document *d, const struct print_settings *s, struct buf *out, struct print_result *result,
                   struct problem *p) {
    (void)result;
    if (play.stands) {
        sem_post(&play.begun);
        while (sem_wait(&play.may_go)) {
        }
    }
    buf_reset(out);
    buf_fmt(out, "%%PDF %.*s %lld", STR_ARGS(d->title), (long long)s->made_ms);
    (void)snprintf(play.last, sizeof play.last, "%.*s", STR_ARGS(d->title));
    atomic_fetch_add(&play.printed, 1);
    return play.err ? problem_set(p, play.err, "", "", "out of paper") : ERR_OK;
}

void print_release(void) {
    atomic_fetch_add(&play.released, 1);
}

/* ---- somebody who orders ---------------------------------------------------------------------------------------------------------------
 */

static struct press_thread *thread;
static struct press press;
static struct problem problem;

static void wake(void *context) {
    (void)context;
    atomic_fetch_add(&play.woken, 1);
}

static void begin(bool stands) {
    EXPECT(sem_init(&play.begun, 0, 0) == 0 && sem_init(&play.may_go, 0, 0) == 0);
    play.stands = stands;
    play.err = ERR_OK;
    play.printed = play.released = play.woken = 0;
    EXPECT_EQ(press_thread_open(&thread, &problem), ERR_OK);
    EXPECT_EQ(press_thread_start(thread, wake, NULL, &problem), ERR_OK);
    press = press_thread_press(thread);
}

static void end(void) {
    press_thread_close(thread);
    EXPECT_EQ(play.released, 1); /* in the printer's own thread: fonts are kept by thread */
    (void)sem_destroy(&play.begun);
    (void)sem_destroy(&play.may_go);
}

static enum err order(unsigned number, uint32_t who, uint32_t *ticket) {
    char memory[128];
    struct buf b = buf_over(memory, sizeof memory);
    buf_fmt(&b, "{\"language\":\"en\",\"title\":\"title %u\",\"foot\":\"\",\"blocks\":[]}", number);
    return press.ops->order(press.self, &(struct press_order){buf_str(&b), 7}, who, ticket, &problem);
}

static uint32_t next_done(void) {
    uint32_t who;
    for (;;)
        if (press.ops->next_done(press.self, &who)) return who;
}

static bool has(uint32_t ticket, const char *text) {
    struct str pdf = STR_NONE;
    return press.ops->look(press.self, ticket, &pdf, &problem) == PRESS_PRINTED && str_equal(pdf, str_from(text));
}

static bool waits(uint32_t ticket) {
    struct str pdf = STR_NONE;
    return press.ops->look(press.self, ticket, &pdf, &problem) == PRESS_WAITING && !pdf.size;
}

static void wait_for_printer(void) {
    while (sem_wait(&play.begun)) {
    }
}

static void let_go(unsigned count) {
    for (unsigned i = 0; i < count; i++) sem_post(&play.may_go);
}

/* ---- the promises -----------------------------------------------------------------------------------------------------------------------
 */

TEST(what_is_ordered_is_printed_and_told_once) {
    uint32_t ticket, who;
    begin(true);
    EXPECT(!press.ops->next_done(press.self, &who));
    EXPECT_EQ(order(1, 17, &ticket), ERR_OK);
    wait_for_printer();
    EXPECT(waits(ticket)); /* nobody was held up while it is being printed */
    EXPECT(!press.ops->next_done(press.self, &who));
    EXPECT_EQ(press.ops->figures(press.self).waiting, 1);
    let_go(1);
    EXPECT_EQ(next_done(), 17);
    EXPECT(!press.ops->next_done(press.self, &who));
    EXPECT(has(ticket, "%PDF title 1 7"));
    EXPECT_EQ(play.woken, 1);
    press.ops->give_back(press.self, ticket);
    struct press_figures f = press.ops->figures(press.self);
    EXPECT(f.printed == 1 && f.kept == 0 && f.waiting == 0 && f.refused == 0 && f.failed == 0);
    end();
}

TEST(the_same_is_printed_once) {
    uint32_t first, second, third;
    begin(true);
    EXPECT_EQ(order(1, 1, &first), ERR_OK);
    wait_for_printer();
    EXPECT_EQ(order(1, 2, &second), ERR_OK);
    let_go(1);
    uint32_t one = next_done(), two = next_done();
    EXPECT((one == 1 && two == 2) || (one == 2 && two == 1));
    press.ops->give_back(press.self, first);
    press.ops->give_back(press.self, second);
    EXPECT_EQ(order(1, 3, &third), ERR_OK);
    EXPECT(has(third, "%PDF title 1 7")); /* at once, and nobody is told what he knows */
    uint32_t who;
    EXPECT(!press.ops->next_done(press.self, &who));
    press.ops->give_back(press.self, third);
    EXPECT_EQ(play.printed, 1);
    EXPECT_EQ(press.ops->figures(press.self).kept, 2);
    end();
}

TEST(full_is_said_and_harms_nobody) {
    uint32_t tickets[PRESS_SHEETS_MAX], other;
    begin(true);
    for (unsigned i = 0; i < PRESS_SHEETS_MAX; i++) EXPECT_EQ(order(i, i, &tickets[i]), ERR_OK);
    EXPECT_EQ(order(99, 99, &other), ERR_FULL);
    EXPECT(strcmp(problem.fix, "ask again in some seconds") == 0);
    EXPECT_EQ(press.ops->figures(press.self).refused, 1);
    let_go(PRESS_SHEETS_MAX);
    for (unsigned i = 0; i < PRESS_SHEETS_MAX; i++) {
        char text[64];
        EXPECT_EQ(next_done(), i); /* as they came */
        (void)snprintf(text, sizeof text, "%%PDF title %u 7", i);
        EXPECT(has(tickets[i], text));
    }
    EXPECT_EQ(order(99, 99, &other), ERR_FULL); /* all are being read */
    press.ops->give_back(press.self, tickets[3]);
    let_go(1);
    EXPECT_EQ(order(99, 99, &other), ERR_OK); /* into the place of one that was kept */
    EXPECT_EQ(next_done(), 99);
    EXPECT(has(other, "%PDF title 99 7") && has(tickets[4], "%PDF title 4 7"));
    end();
}

TEST(tickets_are_bounded_too) {
    uint32_t tickets[PRESS_TICKETS_MAX], other;
    begin(true);
    for (unsigned i = 0; i < PRESS_TICKETS_MAX; i++) EXPECT_EQ(order(1, i, &tickets[i]), ERR_OK);
    EXPECT_EQ(order(1, 99, &other), ERR_FULL);
    let_go(1);
    for (unsigned i = 0; i < PRESS_TICKETS_MAX; i++) EXPECT_EQ(next_done(), i);
    end();
}

TEST(what_nobody_waits_for_any_more_is_dropped) {
    uint32_t first, second, third, who;
    begin(true);
    EXPECT_EQ(order(1, 1, &first), ERR_OK);
    wait_for_printer();
    EXPECT_EQ(order(2, 2, &second), ERR_OK);
    EXPECT_EQ(order(3, 3, &third), ERR_OK);
    press.ops->give_back(press.self, first);  /* it is being printed: that goes on */
    press.ops->give_back(press.self, second); /* it is never begun */
    let_go(2);
    EXPECT_EQ(next_done(), 3);
    EXPECT_EQ(play.printed, 2);
    EXPECT(strcmp(play.last, "title 3") == 0);
    EXPECT(!press.ops->next_done(press.self, &who));
    EXPECT_EQ(order(1, 4, &first), ERR_OK);
    EXPECT(has(first, "%PDF title 1 7")); /* kept, for the work was done */
    end();
}

TEST(a_failure_is_told_and_not_kept) {
    uint32_t ticket;
    struct str pdf;
    begin(false);
    play.err = ERR_UNSUPPORTED;
    EXPECT_EQ(order(1, 1, &ticket), ERR_OK);
    EXPECT_EQ(next_done(), 1);
    EXPECT_EQ(press.ops->look(press.self, ticket, &pdf, &problem), PRESS_FAILED);
    EXPECT(problem.err == ERR_UNSUPPORTED && strcmp(problem.what, "out of paper") == 0);
    play.err = ERR_OK;
    uint32_t again;
    EXPECT_EQ(order(1, 2, &again), ERR_OK); /* beside the one that still reads of the failure */
    EXPECT_EQ(next_done(), 2);
    EXPECT(has(again, "%PDF title 1 7"));
    press.ops->give_back(press.self, ticket);
    EXPECT_EQ(press.ops->figures(press.self).failed, 1);
    end();
}

TEST(what_is_no_document_is_refused) {
    static char large[PRESS_DOCUMENT_SIZE_MAX + 1];
    uint32_t ticket;
    struct str pdf, broken[] = {STR_NONE, STR("{"), STR("[]"), STR("{\"title\":\"t\",\"blocks\":[{\"odd\":1}]}")};
    begin(false);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        EXPECT_EQ(press.ops->order(press.self, &(struct press_order){broken[i], 7}, 1, &ticket, &problem), ERR_OK);
        EXPECT_EQ(next_done(), 1);
        EXPECT_EQ(press.ops->look(press.self, ticket, &pdf, &problem), PRESS_FAILED);
        press.ops->give_back(press.self, ticket);
    }
    EXPECT_EQ(play.printed, 0);
    EXPECT_EQ(press.ops->order(press.self, &(struct press_order){{large, sizeof large}, 7}, 1, &ticket, &problem), ERR_TOO_LARGE);
    end();
}

static void *let_go_later(void *context) {
    (void)context;
    let_go(2); /* one is surely waited for; the other may be begun before the end is */
    return NULL;
}

TEST(the_end_waits_for_one_and_wakes_nobody) {
    uint32_t first, second;
    pthread_t other;
    begin(true);
    EXPECT_EQ(order(1, 1, &first), ERR_OK);
    wait_for_printer();
    EXPECT_EQ(order(2, 2, &second), ERR_OK);
    press_thread_hush(thread);
    EXPECT(pthread_create(&other, NULL, let_go_later, NULL) == 0);
    press_thread_close(thread);
    EXPECT(pthread_join(other, NULL) == 0);
    EXPECT(play.printed >= 1);
    EXPECT_EQ(play.woken, 0);
}

TEST(one_that_never_started_can_be_closed) {
    EXPECT_EQ(press_thread_open(&thread, &problem), ERR_OK);
    press_thread_close(thread);
    press_thread_close(NULL);
}

int main(void) {
    RUN(what_is_ordered_is_printed_and_told_once);
    RUN(the_same_is_printed_once);
    RUN(full_is_said_and_harms_nobody);
    RUN(tickets_are_bounded_too);
    RUN(what_nobody_waits_for_any_more_is_dropped);
    RUN(a_failure_is_told_and_not_kept);
    RUN(what_is_no_document_is_refused);
    RUN(the_end_waits_for_one_and_wakes_nobody);
    RUN(one_that_never_started_can_be_closed);
    return test_end();
}
