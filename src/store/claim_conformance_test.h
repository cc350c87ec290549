// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_CLAIM_CONFORMANCE_TEST_H
#define STORE_CLAIM_CONFORMANCE_TEST_H

#include <pthread.h>

#include "store/response_conformance_test.h"

/*
 * What every incident store must keep for couriers: whose a step is, what is known of one that was under way, and that a crash between any
 * two calls leaves nothing half. The third part of incident_conformance_test.h.
 */

/* ---- asking ----------------------------------------------------------------------------------------------------------------------- */

/* Steps of "payment" below `lane_end` that are due at `now_ms`. */
static size_t claim_at(struct incident_store s, int64_t now_ms, int lane_end, struct arena *step, struct step_row **rows) {
    struct claim c = {
        .owner = STR("w1"), .now_ms = now_ms, .lease_ms = 100, .lane_end = lane_end, .system = STR("payment"), .count_max = 64};
    size_t count = SIZE_MAX;
    struct problem p = {0};
    bool any;
    EXPECT_EQ(s.ops->claimable(s.self, &c, &any), ERR_OK);
    EXPECT_EQ(s.ops->claim(s.self, &c, step, rows, &count, &p), ERR_OK);
    EXPECT_EQ(any, count > 0);
    return count;
}

static bool report_as(struct incident_store s, struct str id, uint64_t fence, enum step_state state, int64_t run_ms) {
    struct problem p = {0};
    struct step_report r = {.step = id,
                            .fence = fence,
                            .state = state,
                            .generation = 1,
                            .run_ms = run_ms,
                            .outcome = state == STEP_ANSWERED ? STEP_OUTCOME_DONE : STEP_OUTCOME_NONE,
                            .answer = state == STEP_ANSWERED ? STR("{\"ok\":true}") : STR_NONE,
                            .last_error = STR_NONE};
    EXPECT_EQ(s.ops->report(s.self, &r, 1, &p), ERR_OK);
    return r.accepted;
}

static struct step_row step_of(struct incident_store s, struct str id, struct arena *step) {
    struct step_row row = {0};
    EXPECT_EQ(s.ops->find_step(s.self, SIGHT_SETTLED, id, step, &row), ERR_OK);
    return row;
}

/* ---- claims ----------------------------------------------------------------------------------------------------------------------- */

TEST(claims_come_by_lane_then_time) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write writes[] = {write_of_step(1, STR("s4"), LANE_UNDO, 10), write_of_step(1, STR("s3"), LANE_GOODS, 30),
                                      write_of_step(1, STR("s2"), LANE_GOODS, 20), write_of_step(1, STR("s1"), LANE_ACCESS, 40),
                                      write_of_step(1, STR("late"), LANE_ACCESS, 1001)};
    EXPECT_EQ(commit_rows(s, writes, 5, 1), ERR_OK);
    struct arena step = conformance_step();
    struct step_row *rows;
    EXPECT_EQ(claim_at(s, 1000, LANE_CONTAIN_END, &step, &rows), 3);
    EXPECT_STR(rows[0].id, STR("s1"));
    EXPECT_STR(rows[1].id, STR("s2"));
    EXPECT_STR(rows[2].id, STR("s3"));
    EXPECT(rows[0].state == STEP_READY && rows[0].fence == 1 && rows[0].attempts == 1 && rows[0].first_sent_ms == 1000);
    EXPECT_EQ(claim_at(s, 1000, 100, &step, &rows), 1); /* the rest */
    EXPECT_STR(rows[0].id, STR("s4"));
    EXPECT(report_as(s, STR("s1"), 1, STEP_ANSWERED, 0));
    size_t count;
    EXPECT_EQ(s.ops->unreported(s.self, 10, &step, &rows, &count), ERR_OK);
    EXPECT(count == 1 && rows[0].outcome == STEP_OUTCOME_DONE);
    EXPECT_STR(rows[0].answer, STR("{\"ok\":true}"));
    conformance_backend->close(&s);
}

/* Its lease ran out and another has it: whatever the first one comes back with, it is not taken. */
TEST(a_late_report_is_not_accepted) {
    struct incident_store s = conformance_backend->open(true);
    EXPECT_EQ(commit_one(s, write_of_step(1, STR("s1"), LANE_ACCESS, 0)), ERR_OK);
    struct arena step = conformance_step();
    struct step_row *rows, row;
    EXPECT_EQ(claim_at(s, 1000, 100, &step, &rows), 1);
    EXPECT_EQ(claim_at(s, 1100, 100, &step, &rows), 1);
    EXPECT(!report_as(s, STR("s1"), 1, STEP_ANSWERED, 0));
    EXPECT(!report_as(s, STR("s1"), 1, STEP_READY, 0));
    row = step_of(s, STR("s1"), &step);
    EXPECT(row.state == STEP_CLAIMED && row.fence == 2 && !row.answer.size && row.outcome == STEP_OUTCOME_NONE);
    EXPECT(report_as(s, STR("s1"), 2, STEP_ANSWERED, 0));
    EXPECT(!report_as(s, STR("s1"), 2, STEP_READY, 0)); /* and only once */
    EXPECT_EQ(step_of(s, STR("s1"), &step).state, STEP_ANSWERED);
    EXPECT(!report_as(s, STR("none"), 1, STEP_READY, 0));
    conformance_backend->close(&s);
}

/* Whoever had it may have sent it: it is read before it is sent again. */
TEST(an_overrun_lease_is_handed_out_as_unknown) {
    struct incident_store s = conformance_backend->open(true);
    EXPECT_EQ(commit_one(s, write_of_step(1, STR("s1"), LANE_ACCESS, 0)), ERR_OK);
    struct arena step = conformance_step();
    struct step_row *rows;
    int64_t next = 0;
    EXPECT_EQ(claim_at(s, 1000, 100, &step, &rows), 1);
    EXPECT_EQ(rows[0].state, STEP_READY);
    EXPECT_EQ(claim_at(s, 1099, 100, &step, &rows), 0); /* still his */
    EXPECT_EQ(s.ops->next_due_ms(s.self, &next), ERR_OK);
    EXPECT_EQ(next, 1100);
    EXPECT_EQ(claim_at(s, 1100, 100, &step, &rows), 1);
    EXPECT_EQ(rows[0].state, STEP_UNKNOWN);
    EXPECT(rows[0].fence == 2 && rows[0].attempts == 2 && rows[0].first_sent_ms == 1000 && rows[0].lease_until_ms == 1200);
    conformance_backend->close(&s);
}

TEST(an_unknown_step_stays_unknown_and_a_ready_one_ready) {
    struct incident_store s = conformance_backend->open(true);
    EXPECT_EQ(commit_one(s, write_of_step(1, STR("s1"), LANE_ACCESS, 0)), ERR_OK);
    struct arena step = conformance_step();
    struct step_row *rows;
    int64_t next = 0;
    EXPECT_EQ(claim_at(s, 1000, 100, &step, &rows), 1);
    EXPECT(report_as(s, STR("s1"), 1, STEP_UNKNOWN, 2000));
    EXPECT_EQ(s.ops->next_due_ms(s.self, &next), ERR_OK);
    EXPECT_EQ(next, 2000);
    EXPECT_EQ(claim_at(s, 1999, 100, &step, &rows), 0);
    EXPECT_EQ(claim_at(s, 2000, 100, &step, &rows), 1);
    EXPECT_EQ(rows[0].state, STEP_UNKNOWN);
    EXPECT(report_as(s, STR("s1"), 2, STEP_READY, 2000)); /* it was read, and was not done */
    EXPECT_EQ(claim_at(s, 2000, 100, &step, &rows), 1);
    EXPECT_EQ(rows[0].state, STEP_READY);
    EXPECT_EQ(rows[0].first_sent_ms, 1000);
    conformance_backend->close(&s);
}

/* A lower generation would send under a key that was spent. */
TEST(a_generation_is_never_lowered) {
    struct incident_store s = conformance_backend->open(true);
    EXPECT_EQ(commit_one(s, write_of_step(1, STR("s1"), LANE_ACCESS, 0)), ERR_OK);
    static const uint32_t told[] = {3, 2}, kept[] = {3, 3};
    for (uint64_t i = 0; i < 2; i++) {
        struct arena step = conformance_step();
        struct step_row *rows;
        struct problem p = {0};
        EXPECT_EQ(claim_at(s, 1000, 100, &step, &rows), 1);
        struct step_report r = {.step = STR("s1"), .fence = i + 1, .state = STEP_READY, .generation = told[i]};
        EXPECT_EQ(s.ops->report(s.self, &r, 1, &p), ERR_OK);
        EXPECT(r.accepted);
        EXPECT_EQ(step_of(s, STR("s1"), &step).generation, kept[i]);
    }
    conformance_backend->close(&s);
}

/* The absorbing thread's row of a step may be old: it knows of no claim and no answer. */
TEST(absorbing_does_not_overwrite_the_courier) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write w = write_of_step(1, STR("s1"), LANE_ACCESS, 0);
    struct arena step = conformance_step();
    struct step_row *rows, row;
    size_t count = 9;
    EXPECT_EQ(commit_one(s, w), ERR_OK);
    EXPECT_EQ(claim_at(s, 1000, 100, &step, &rows), 1);
    w.position = 2;
    EXPECT_EQ(commit_one(s, w), ERR_OK); /* READY once more */
    row = step_of(s, STR("s1"), &step);
    EXPECT(row.state == STEP_CLAIMED && row.fence == 1);
    EXPECT(report_as(s, STR("s1"), 1, STEP_ANSWERED, 0));
    w.position = 3;
    w.as.step.state = STEP_DONE;
    w.as.step.outcome = STEP_OUTCOME_DONE;
    EXPECT_EQ(commit_one(s, w), ERR_OK);
    row = step_of(s, STR("s1"), &step);
    EXPECT(row.state == STEP_DONE && row.fence == 1 && row.first_sent_ms == 1000 && row.attempts == 1);
    EXPECT_STR(row.answer, STR("{\"ok\":true}"));
    EXPECT_EQ(s.ops->unreported(s.self, 9, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 0);
    conformance_backend->close(&s);
}

TEST(a_canceled_step_is_not_handed_out) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write writes[] = {write_of_step(1, STR("s1"), LANE_ACCESS, 0), write_of_step(1, STR("s2"), LANE_UNDO, 0)};
    struct arena step = conformance_step();
    struct step_row *rows;
    EXPECT_EQ(commit_rows(s, writes, 2, 1), ERR_OK);
    EXPECT_EQ(claim_at(s, 1000, LANE_CONTAIN_END, &step, &rows), 1); /* s1 is on its way */
    for (size_t i = 0; i < 2; i++) writes[i].position = 2, writes[i].as.step.state = STEP_CANCELED;
    EXPECT_EQ(commit_rows(s, writes, 2, 2), ERR_OK);
    EXPECT_EQ(claim_at(s, 9000, 100, &step, &rows), 0);
    EXPECT(!report_as(s, STR("s1"), 1, STEP_ANSWERED, 0));
    EXPECT_EQ(step_of(s, STR("s1"), &step).state, STEP_CANCELED);
    conformance_backend->close(&s);
}

#define RACE_STEPS 400

struct racer {
    struct incident_store store;
    char memory[1U << 20];
    uint32_t claimed[RACE_STEPS]; /* by created_ms, which tells them apart */
    size_t count;
    bool failed;
};

static void *race(void *context) {
    struct racer *r = context;
    for (;;) {
        struct arena step = arena_over(r->memory, sizeof r->memory);
        struct claim c = {
            .owner = STR("racer"), .now_ms = 1000, .lease_ms = 100, .lane_end = 100, .system = STR("payment"), .count_max = 7};
        struct step_row *rows;
        size_t count;
        struct problem p = {0};
        enum err err = r->store.ops->claim(r->store.self, &c, &step, &rows, &count, &p);
        if (err == ERR_BUSY) continue; /* the other was faster, and nothing was taken */
        r->failed |= err != ERR_OK || r->count + count > RACE_STEPS;
        if (r->failed || !count) return NULL;
        for (size_t i = 0; i < count; i++) r->claimed[r->count++] = (uint32_t)rows[i].created_ms;
    }
}

static void put_race_steps(struct incident_store s) {
    static struct incident_write writes[RACE_STEPS];
    static char ids[RACE_STEPS][16];
    for (uint32_t i = 0; i < RACE_STEPS; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "s%u", i);
        writes[i] = write_of_step(1, str_from(ids[i]), LANE_ACCESS, 0);
        writes[i].as.step.created_ms = i;
    }
    EXPECT_EQ(commit_rows(s, writes, RACE_STEPS, 1), ERR_OK);
}

/* As two processes over one store, each with connections of its own; in memory as two threads. */
TEST(two_who_claim_at_once_get_disjoint_sets) {
    static struct racer racers[2];
    memset(racers, 0, sizeof racers);
    racers[0].store = conformance_backend->open(true);
    racers[1].store = conformance_backend->durable ? conformance_backend->open(false) : racers[0].store;
    put_race_steps(racers[0].store);
    pthread_t threads[2];
    unsigned times[RACE_STEPS] = {0}, wrong = 0;
    for (int i = 0; i < 2; i++) EXPECT_EQ(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (int i = 0; i < 2; i++) EXPECT_EQ(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 2; i++)
        for (size_t at = 0; at < racers[i].count; at++) times[racers[i].claimed[at]]++;
    for (size_t i = 0; i < RACE_STEPS; i++) wrong += times[i] != 1;
    EXPECT_EQ(wrong, 0);
    EXPECT(!racers[0].failed && !racers[1].failed);
    if (conformance_backend->durable) conformance_backend->close(&racers[1].store);
    conformance_backend->close(&racers[0].store);
}

TEST(timers_come_soonest_first) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write writes[] = {write_of_response(1, INC, RESPONSE_OPEN), write_of_effect(1, STR("inc_9/e1"), STR("o"), PHASE_FOUND),
                                      write_of_task(1, STR("inc_9/t1"), 70), write_of_task(1, STR("inc_9/t2"), 75)};
    writes[0].as.response.due_ms = 80;
    writes[1].as.effect.due_ms = 60;
    writes[3].as.task.escalated = true;
    EXPECT_EQ(commit_rows(s, writes, 4, 1), ERR_OK);
    int64_t next = 0;
    EXPECT_EQ(s.ops->next_due_ms(s.self, &next), ERR_OK);
    EXPECT_EQ(next, 60);
    struct arena step = conformance_step();
    struct due_row *rows;
    size_t count;
    EXPECT_EQ(s.ops->due(s.self, 79, 10, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(s.ops->due(s.self, 80, 10, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 3);
    EXPECT_STR(rows[0].about, STR("inc_9/e1"));
    EXPECT_STR(rows[1].about, STR("inc_9/t1"));
    EXPECT_STR(rows[1].account, STR("a1"));
    EXPECT_STR(rows[2].about, INC);
    EXPECT_EQ(rows[2].version, 3);
    EXPECT_EQ(s.ops->due(s.self, 80, 1, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    conformance_backend->close(&s);
}

/* ---- crashes ---------------------------------------------------------------------------------------------------------------------- */

/* One step's life, call by call. */
enum life { LIFE_BEGIN, LIFE_EFFECT, LIFE_AUDIT, LIFE_STEP, LIFE_ABSORBED, LIFE_CLAIM, LIFE_REPORT, LIFE_BEGIN_2, LIFE_DONE, LIFE_END };

static enum err live_one(struct incident_store s, enum life call) {
    struct problem p = {0};
    uint64_t absorbed;
    struct arena step = conformance_step();
    struct step_row *rows;
    struct incident_write w;
    switch (call) {
    case LIFE_BEGIN:
    case LIFE_BEGIN_2: return s.ops->begin(s.self, &absorbed, &p);
    case LIFE_EFFECT: return w = write_of_effect(1, STR("inc_9/e1"), STR("o1"), PHASE_CONTAINING), s.ops->put(s.self, &w, 1, &p);
    case LIFE_AUDIT: return w = write_of_audit(1, INC, STR("{}")), s.ops->put(s.self, &w, 1, &p);
    case LIFE_STEP: return w = write_of_step(1, STR("s1"), LANE_ACCESS, 0), s.ops->put(s.self, &w, 1, &p);
    case LIFE_ABSORBED: return s.ops->finish(s.self, 1, &p);
    case LIFE_CLAIM: return claim_at(s, 1000, 100, &step, &rows) == 1 ? ERR_OK : ERR_NOT_FOUND;
    case LIFE_REPORT: return report_as(s, STR("s1"), 1, STEP_ANSWERED, 0) ? ERR_OK : ERR_DENIED;
    case LIFE_DONE:
        w = write_of_step(2, STR("s1"), LANE_ACCESS, 0);
        w.as.step.state = STEP_DONE;
        return s.ops->put(s.self, &w, 1, &p);
    case LIFE_END: return s.ops->finish(s.self, 2, &p);
    }
    return ERR_INVALID;
}

static bool live(struct incident_store s, int call_count) {
    enum err err = ERR_OK;
    for (int call = 0; !err && call < call_count; call++) err = live_one(s, (enum life)call);
    return !err;
}

/* What must be there after so many calls: all of each transaction that ended, nothing of one that did not. */
static void expect_whole(struct incident_store s, int call_count) {
    struct arena step = conformance_step();
    struct audit_row *chain;
    struct effect_row effect;
    struct step_row row = {0}, *rows;
    size_t count = 9;
    bool absorbed = call_count > LIFE_ABSORBED;
    enum step_state state = call_count > LIFE_END      ? STEP_DONE
                            : call_count > LIFE_REPORT ? STEP_ANSWERED
                            : call_count > LIFE_CLAIM  ? STEP_CLAIMED
                                                       : STEP_READY;
    EXPECT_EQ(absorbed_of(s), call_count > LIFE_END ? 2 : absorbed ? 1 : 0);
    EXPECT_EQ(s.ops->find_effect(s.self, SIGHT_SETTLED, STR("inc_9/e1"), &step, &effect), absorbed ? ERR_OK : ERR_NOT_FOUND);
    EXPECT_EQ(chain_of(s, INC, &step, &chain), absorbed ? 1 : 0);
    EXPECT_EQ(s.ops->find_step(s.self, SIGHT_SETTLED, STR("s1"), &step, &row), absorbed ? ERR_OK : ERR_NOT_FOUND);
    EXPECT_EQ(row.state, state);
    EXPECT_EQ(row.fence, call_count > LIFE_CLAIM ? 1 : 0);
    EXPECT_EQ(s.ops->unreported(s.self, 9, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, state == STEP_ANSWERED ? 1 : 0); /* handed in again at a start */
}

static void live_and_close(int call_count) {
    struct incident_store s = conformance_backend->open(false);
    EXPECT(live(s, call_count));
    conformance_backend->close(&s);
}

/* kill -9 where it stands. */
static void live_and_die(int call_count) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        if (!live(conformance_backend->open(false), call_count)) _exit(1);
        (void)raise(SIGKILL);
    }
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(WIFSIGNALED(status)); /* it came so far */
}

TEST(a_crash_between_two_calls_leaves_nothing_half) {
    static void (*const ends[])(int) = {live_and_close, live_and_die};
    if (!conformance_backend->durable) return; /* it ends with the process */
    for (size_t how = 0; how < 2; how++) {
        for (int call_count = 0; call_count <= LIFE_END + 1; call_count++) {
            struct incident_store s = conformance_backend->open(true);
            conformance_backend->close(&s);
            ends[how](call_count);
            s = conformance_backend->open(false);
            expect_whole(s, call_count);
            if (call_count <= LIFE_ABSORBED) EXPECT(live(s, LIFE_END + 1)); /* and all of it can be done anew */
            conformance_backend->close(&s);
        }
    }
}

static void claim_conformance(const struct incident_backend *backend) {
    conformance_backend = backend;
    RUN(claims_come_by_lane_then_time);
    RUN(a_late_report_is_not_accepted);
    RUN(an_overrun_lease_is_handed_out_as_unknown);
    RUN(an_unknown_step_stays_unknown_and_a_ready_one_ready);
    RUN(a_generation_is_never_lowered);
    RUN(absorbing_does_not_overwrite_the_courier);
    RUN(a_canceled_step_is_not_handed_out);
    RUN(two_who_claim_at_once_get_disjoint_sets);
    RUN(timers_come_soonest_first);
    RUN(a_crash_between_two_calls_leaves_nothing_half);
}

#endif
