// SPDX-License-Identifier: Apache-2.0
/*
 * Proves that a crash at any commit point changes nothing: one night of the story is lived once for each of them, with the power failing
 * right before it and right after it, and must end as the night without a crash did. And that the judges can see: a
 * store that was tampered with does not get past them.
 */
#include <stdlib.h>

#include "base/moment.h"
#include "base/test.h"
#include "sim/life.h"

#define START_MS INT64_C(1772323200000) /* 2026-03-01 */
#define END_SIZE (256U * 1024)

struct life {
    char *end;
    uint64_t blows, history_blows;
    unsigned crashes;
    struct simulation_verdict verdict;
};

/* The year before is not struck: its commit points are all alike. */
static struct life live(uint64_t blow, const unsigned *faults) {
    struct simulation_options o = {.seed = 11, .now_ms = START_MS, .people = true, .crash_blow = blow};
    struct simulation *s;
    struct problem p = {0};
    struct life life = {.end = malloc(END_SIZE)};
    for (int f = 0; faults && f < FAULT_COUNT; f++) o.faults[f] = faults[f];
    EXPECT_EQ(simulation_open(&o, &s, &p), ERR_OK);
    life_history(s, 6, 40);
    life.history_blows = simulation_blows(s);
    simulation_run_until(s, simulation_now_ms(s) + HOUR_MS);
    life_night(s, 3, "-n", LIFE_ALL);
    EXPECT(simulation_run_out(s, simulation_now_ms(s) + 60 * DAY_MS));
    simulation_judge(s, &life.verdict);
    struct buf end = buf_over(life.end, END_SIZE - 1);
    simulation_write_end(s, &end);
    life.end[end.size] = 0;
    life.blows = simulation_blows(s);
    life.crashes = simulation_crashes(s);
    simulation_close(s);
    return life;
}

/* Odd, so that both sides of commit points are struck. CRASH_EVERY=1 strikes all of them and takes minutes. */
static uint64_t stride(void) {
    const char *every = getenv("CRASH_EVERY");
    uint64_t n = 0;
    return every && str_to_u64(str_from(every), &n) && n ? n : 23;
}

TEST(a_crash_at_any_commit_point_ends_the_same) {
    struct life calm = live(0, NULL);
    EXPECT_EQ(calm.verdict.failed, 0);
    EXPECT(calm.verdict.effects >= 8);
    EXPECT(calm.blows > calm.history_blows + 100);
    for (uint64_t blow = calm.history_blows + 1; blow <= calm.blows && !test_failures_here; blow += stride()) {
        struct life struck = live(blow, NULL);
        EXPECT_EQ(struck.crashes, 1);
        EXPECT_EQ(struck.verdict.failed, 0);
        EXPECT_STR(str_from(struck.end), str_from(calm.end));
        if (test_failures_here) printf("  at blow %llu: %s\n", (unsigned long long)blow, struck.verdict.first);
        free(struck.end);
    }
    printf("  %llu commit points, every blow in %llu struck\n", (unsigned long long)((calm.blows - calm.history_blows) / 2),
           (unsigned long long)stride());
    free(calm.end);
}

/* Answers that are lost after the act, requests that come twice: done once all the same. */
TEST(what_the_network_does_twice_is_done_once) {
    const unsigned faults[FAULT_COUNT] = {[FAULT_DO_AND_DROP] = 2500, [FAULT_TWICE] = 1500, [FAULT_GARBAGE] = 500};
    struct life unkind = live(0, faults);
    EXPECT_EQ(unkind.verdict.doubled, 0);
    EXPECT_EQ(unkind.verdict.open_effects, 0);
    EXPECT_EQ(unkind.verdict.unbalanced, 0);
    free(unkind.end);
}

TEST(the_judges_see_a_closed_response_that_lacks_money) {
    struct simulation_options o = {.seed = 11, .now_ms = START_MS, .people = true};
    struct simulation *s;
    struct simulation_verdict v;
    struct problem p = {0};
    EXPECT_EQ(simulation_open(&o, &s, &p), ERR_OK);
    life_history(s, 6, 40);
    simulation_run_until(s, simulation_now_ms(s) + HOUR_MS);
    life_night(s, 3, "-n", LIFE_ALL);
    EXPECT(simulation_run_out(s, simulation_now_ms(s) + 60 * DAY_MS));
    struct arena look = arena_over(malloc(1U << 20), 1U << 20);
    struct incident_store store = simulation_store(s);
    struct incident_row *rows;
    size_t count;
    EXPECT_EQ(store.ops->list(store.self, &(struct incident_query){.status = -1, .count_max = 1}, &look, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    uint64_t absorbed;
    EXPECT_EQ(store.ops->absorbed(store.self, &absorbed), ERR_OK);
    char effect[64];
    (void)snprintf(effect, sizeof effect, "%.*s/e1", STR_ARGS(rows[0].id));
    struct incident_write w = {
        .kind = WRITE_LEDGER,
        .position = absorbed + 1,
        .as.ledger = {
            .incident = rows[0].id, .effect = str_from(effect), .number = 99, .kind = LEDGER_LOSS, .amount_minor = 1, .currency = "JPY"}};
    EXPECT_EQ(store.ops->commit(store.self, &w, 1, absorbed + 1, &p), ERR_OK);
    simulation_judge(s, &v);
    EXPECT(v.unbalanced > 0); /* one yen */
    EXPECT(v.lost > 0);       /* and the journal knows nothing of it */
    simulation_close(s);
    free(look.at);
}

int main(void) {
    RUN(a_crash_at_any_commit_point_ends_the_same);
    RUN(what_the_network_does_twice_is_done_once);
    RUN(the_judges_see_a_closed_response_that_lacks_money);
    return test_end();
}
