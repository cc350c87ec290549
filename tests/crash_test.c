// SPDX-License-Identifier: Apache-2.0
/*
 * Proves that a crash at any commit point changes nothing: one night of the story is lived once for each of them, with the power failing
 * right before it and right after it, and must end as the night without a crash did. And that the judges can see: a
 * store that was tampered with does not get past them.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/moment.h"
#include "base/test.h"
#include "sim/life.h"

#define START_MS  INT64_C(1772323200000) /* 2026-03-01 */
#define END_SIZE  (256U * 1024)
#define TURNS_MAX (1U << 17)
#define AT_ONCE   2

/* ---- one life ----------------------------------------------------------------------------------------------------------------------- */

struct life {
    char *end;
    uint64_t blows, history_blows;
    unsigned crashes;
    struct simulation_verdict verdict;
};

/* The year before, as a shop sends it. */
static struct simulation *begin(const struct simulation_options *o, struct life *life) {
    struct simulation *s;
    struct problem p = {0};
    *life = (struct life){.end = malloc(END_SIZE)};
    EXPECT_EQ(simulation_open(o, &s, &p), ERR_OK);
    life_history(s, 6, 40);
    life->history_blows = simulation_blows(s);
    return s;
}

static void live(struct simulation *s, struct life *life) {
    simulation_run_until(s, simulation_now_ms(s) + HOUR_MS);
    life_night(s, 3, "-n", LIFE_ALL);
    EXPECT(simulation_run_out(s, simulation_now_ms(s) + 60 * DAY_MS));
    simulation_judge(s, &life->verdict);
    struct buf end = buf_over(life->end, END_SIZE - 1);
    simulation_write_end(s, &end);
    life->end[end.size] = 0;
    life->blows = simulation_blows(s);
    life->crashes = simulation_crashes(s);
}

static const struct simulation_options night = {.seed = 11, .now_ms = START_MS, .people = true};

/* ---- all that might have been ------------------------------------------------------------------------------------------------------- */

/*
 * The calm life is lived twice. The first time the turns' commit points are counted. The second time the process divides before each turn,
 * once for each blow that falls into it: in the copy the power fails there, and that life goes on to its end and leaves what became of it.
 */
/* Sanitizers make dividing slow: with them every second. tests/regress/ has all of them struck without. */
#ifdef __SANITIZE_ADDRESS__
#define EVERY 2
#else
#define EVERY 1
#endif

struct end_of_copy {
    uint64_t hash;
    unsigned crashes;
    uint64_t failed;
    char first[160];
};
static struct {
    uint64_t before[TURNS_MAX]; /* blows before each turn */
    size_t turn_count, turn;
    bool divides;
    uint64_t begin, end;
    uint64_t blow; /* of this copy; 0 = the process that divides */
    unsigned under_way;
    struct end_of_copy *ends; /* by blow; shared by all processes */
} copies;

static void note_turn(struct simulation *s) {
    CHECK(copies.turn_count < TURNS_MAX);
    copies.before[copies.turn_count++] = simulation_blows(s);
}

static void wait_for_one(void) {
    int status;
    CHECK(wait(&status) > 0);
    copies.under_way--;
}

/* true: in the copy. */
static bool divide(void) {
    while (copies.under_way == AT_ONCE) wait_for_one();
    (void)fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    copies.under_way += pid > 0;
    return pid == 0;
}

static void strike_turn(struct simulation *s) {
    if (copies.blow) return;
    size_t turn = copies.turn++;
    uint64_t last = turn + 1 < copies.turn_count ? copies.before[turn + 1] : copies.end;
    for (uint64_t blow = copies.before[turn] + 1; blow <= last; blow++) {
        if (blow <= copies.begin || blow % EVERY || !divide()) continue;
        copies.blow = blow;
        simulation_crash_at(s, blow);
        return;
    }
}

static uint64_t hash_of(const struct life *life) {
    return hash_bytes(life->end, strlen(life->end), 1);
}

_Noreturn static void leave(const struct life *life) {
    struct end_of_copy *e = &copies.ends[copies.blow];
    *e = (struct end_of_copy){hash_of(life), life->crashes, life->verdict.failed + (uint64_t)test_failures_here, ""};
    (void)snprintf(e->first, sizeof e->first, "%.159s", life->verdict.first);
    (void)fflush(NULL);
    _exit(0);
}

static void live_again(const struct simulation_options *o, struct life *life) {
    size_t size = (copies.end + 1) * sizeof *copies.ends;
    copies.ends = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(copies.ends != MAP_FAILED);
    struct simulation *s = begin(o, life);
    live(s, life);
    if (copies.blow) leave(life);
    while (copies.under_way) wait_for_one();
    simulation_close(s);
}

static unsigned compare_ends(const struct life *calm) {
    unsigned struck = 0;
    for (uint64_t blow = copies.begin + 1; blow <= copies.end; blow++) {
        const struct end_of_copy *e = &copies.ends[blow];
        if (blow % EVERY) continue;
        struck++;
        bool well = e->crashes == 1 && !e->failed && e->hash == hash_of(calm);
        EXPECT(well);
        if (!well) printf("  at blow %llu: crashed %u times; %s\n", (unsigned long long)blow, e->crashes, e->first);
    }
    return struck;
}

TEST(a_crash_at_any_commit_point_ends_the_same) {
    struct simulation_options o = night;
    struct life calm, again;
    o.between = note_turn;
    struct simulation *s = begin(&o, &calm);
    live(s, &calm);
    simulation_close(s);
    EXPECT_EQ(calm.verdict.failed, 0);
    EXPECT(calm.verdict.effects >= 8);
    EXPECT(calm.blows > calm.history_blows + 100);
    copies.begin = calm.history_blows, copies.end = calm.blows;
    o.between = strike_turn;
    live_again(&o, &again);
    EXPECT_EQ(again.blows, calm.blows);
    unsigned struck = compare_ends(&calm);
    printf("  %llu commit points, struck right before and after: %u times\n", (unsigned long long)((calm.blows - calm.history_blows) / 2),
           struck);
    free(calm.end);
    free(again.end);
}

/* ---- and the network, and the judges ---------------------------------------------------------------------------------------------------
 */

/* Answers that are lost after the act, requests that come twice: done once all the same. */
TEST(what_the_network_does_twice_is_done_once) {
    const unsigned faults[FAULT_COUNT] = {[FAULT_DO_AND_DROP] = 2500, [FAULT_TWICE] = 1500, [FAULT_GARBAGE] = 500};
    struct simulation_options o = night;
    struct life unkind;
    memcpy(o.faults, faults, sizeof o.faults);
    struct simulation *s = begin(&o, &unkind);
    live(s, &unkind);
    EXPECT_EQ(unkind.verdict.doubled, 0);
    EXPECT_EQ(unkind.verdict.open_effects, 0);
    EXPECT_EQ(unkind.verdict.unbalanced, 0);
    free(unkind.end);
    simulation_close(s);
}

TEST(the_judges_see_a_closed_response_that_lacks_money) {
    struct simulation_verdict v;
    struct problem p = {0};
    struct life life;
    struct simulation *s = begin(&night, &life);
    live(s, &life);
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
    free(life.end);
}

int main(void) {
    RUN(a_crash_at_any_commit_point_ends_the_same);
    RUN(what_the_network_does_twice_is_done_once);
    RUN(the_judges_see_a_closed_response_that_lacks_money);
    return test_end();
}
