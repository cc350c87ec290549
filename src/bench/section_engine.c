// SPDX-License-Identifier: Apache-2.0
/* Measures the engine without a network: replay in memory, what an account costs, opening and recovery. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/bench.h"
#include "cli/wiring.h"
#include "engine/lookahead.h"

/* After each account's first login as many events again, so that profiles are not all of one event. */
#define FILL_EVENTS(b)   (2 * (b)->accounts)
#define REPLAY_EVENTS(b) ((b)->quick ? UINT64_C(100000) : UINT64_C(1500000))

static enum err make_world(const struct bench *b, uint64_t events, struct world *w, struct problem *p) {
    void *memory = malloc(WORLD_MEMORY_SIZE(b->accounts));
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory for the bench's accounts");
    world_init(w, WORLD_SEED, b->accounts, bench_world_from_ms(b), bench_world_step_us(b, events), memory);
    return ERR_OK;
}

static enum err admit_first(struct wiring *w, struct lookahead *l, struct problem *p) {
    struct receipt receipt;
    enum err err = engine_admit(w->engine, lookahead_first(l), &receipt, p);
    if (err == ERR_FULL) {
        err = wiring_settle(w, p);
        if (!err) err = engine_admit(w->engine, lookahead_first(l), &receipt, p);
    }
    lookahead_next(l);
    return err;
}

static enum err submit_many(struct wiring *w, struct world *world, uint64_t count, struct problem *p) {
    static struct lookahead l;
    struct event events[LOOKAHEAD_MAX];
    _Static_assert(WORLD_TEXTS >= LOOKAHEAD_MAX, "the texts of all events that wait");
    enum err err = ERR_OK;
    l = (struct lookahead){0};
    for (uint64_t i = 0; i < count && !err; i++) {
        struct event *e = &events[lookahead_seat(&l)];
        world_next(world, e);
        lookahead_add(&l, w->engine, e);
        if (lookahead_is_full(&l)) err = admit_first(w, &l, p);
    }
    while (!err && lookahead_first(&l)) err = admit_first(w, &l, p);
    return err ? err : wiring_settle(w, p);
}

/* -- replay -------------------------------------------------------------------------------------------------------------------------- */

/* One thread that never waits: what counts is processor time, which a busy neighbour does not change as much as the wall clock. */
struct replay_found {
    double first_ns, ns, wall_rate, world_ns;
};

static double world_cost_ns(const struct bench *b) {
    struct world w;
    struct problem p;
    if (make_world(b, FILL_EVENTS(b), &w, &p) != ERR_OK) return 0;
    uint64_t sum = 0;
    int64_t from = bench_own_cpu_ns();
    for (unsigned i = 0; i < 200000; i++) {
        struct event e;
        world_next(&w, &e);
        sum += (unsigned char)e.subject.at[1];
    }
    double ns = (double)(bench_own_cpu_ns() - from) / 200000;
    free(w.logins);
    return sum ? ns : 0;
}

static enum err replay(const struct bench *b, void *found, struct problem *p) {
    struct replay_found *f = found;
    struct world world;
    struct wiring w;
    struct wiring_options o = {0};
    f->world_ns = world_cost_ns(b);
    enum err err = make_world(b, b->accounts + REPLAY_EVENTS(b), &world, p);
    if (!err) err = wiring_open(&o, &w, p);
    if (err) return err;
    int64_t from = bench_own_cpu_ns();
    err = submit_many(&w, &world, b->accounts, p);
    f->first_ns = (double)(bench_own_cpu_ns() - from) / (double)b->accounts;
    int64_t wall = bench_now_ns();
    from = bench_own_cpu_ns();
    if (!err) err = submit_many(&w, &world, REPLAY_EVENTS(b), p);
    f->ns = (double)(bench_own_cpu_ns() - from) / (double)REPLAY_EVENTS(b);
    f->wall_rate = (double)REPLAY_EVENTS(b) / bench_seconds_since(wall);
    return err;
}

enum err section_replay(struct bench *b, struct problem *p) {
    struct replay_found f;
    enum err err = bench_in_child(replay, b, &f, sizeof f, p);
    if (err) return err;
    struct bench_row *row =
        report_add(&b->report, "replay_per_second", "replay: events judged anew, per core-second, in memory", UNIT_PER_SECOND, 1e9 / f.ns);
    (void)report_goal(row, RULE_AT_LEAST, 700e3);
    (void)snprintf(
        row->limit, sizeof row->limit,
        "%.0f ns of processor an event, of which %.0f make the event; see the rooms; by the wall clock %.0f/s (others used the machine "
        "where that is less)",
        f.ns, f.world_ns, f.wall_rate);
    (void)report_add(&b->report, "replay_first_logins_per_second", "the same while every event is a new account", UNIT_PER_SECOND,
                     1e9 / f.first_ns);
    return ERR_OK;
}

/* -- accounts ------------------------------------------------------------------------------------------------------------------------ */

struct fill_found {
    double rate, resident_before, resident_first, resident;
    uint64_t cells[CELL_CLASS_COUNT];
};

/* Ends without closing, as by a power cut after the last sync: the next opening must recover everything from the journal. */
static enum err fill(const struct bench *b, void *found, struct problem *p) {
    struct fill_found *f = found;
    struct world world;
    struct wiring w;
    char data[160];
    (void)snprintf(data, sizeof data, "%s/data", b->place.directory);
    struct wiring_options o = {.data = data, .create = true};
    enum err err = make_world(b, FILL_EVENTS(b), &world, p);
    if (!err) err = wiring_open(&o, &w, p);
    if (err) return err;
    f->resident_before = bench_resident_bytes();
    int64_t from = bench_now_ns();
    err = submit_many(&w, &world, b->accounts, p);
    f->resident_first = bench_resident_bytes();
    if (!err) err = submit_many(&w, &world, FILL_EVENTS(b) - b->accounts, p);
    f->rate = (double)FILL_EVENTS(b) / bench_seconds_since(from);
    f->resident = bench_resident_bytes();
    struct cells cells = engine_cells(w.engine);
    for (int class = 0; class < CELL_CLASS_COUNT; class ++) f->cells[class] = cells.ops->count(cells.self, (enum cell_class) class);
    return err;
}

struct open_found {
    double seconds, close_seconds, resident;
    uint64_t recovered;
};

static enum err open_and_close(const struct bench *b, void *found, struct problem *p) {
    struct open_found *f = found;
    char data[160];
    (void)snprintf(data, sizeof data, "%s/data", b->place.directory);
    struct wiring_options o = {.data = data};
    struct wiring w;
    int64_t from = bench_now_ns();
    enum err err = wiring_open(&o, &w, p);
    f->seconds = bench_seconds_since(from);
    if (err) return err;
    f->recovered = w.recovered;
    f->resident = bench_resident_bytes();
    from = bench_now_ns();
    err = wiring_close(&w, p);
    f->close_seconds = bench_seconds_since(from);
    return err;
}

static void report_memory(struct bench *b, const struct fill_found *f) {
    double accounts = (double)f->cells[CELL_PROFILE];
    struct bench_row *row = report_add(&b->report, "bytes_per_account", "memory per account, all in: resident growth / accounts",
                                       UNIT_BYTES, (f->resident - f->resident_before) / accounts);
    (void)report_goal(row, RULE_AT_MOST, 600);
    (void)snprintf(
        row->limit, sizeof row->limit,
        "after two events an account; cells alone: profile %d B + %.2f narrow of %d B + %.2f wide of %d B; the rest is indexes, the "
        "ring of seen events, the journal's batches",
        PROFILE_SIZE, (double)f->cells[CELL_NARROW] / accounts, COUNTER_NARROW_SIZE, (double)f->cells[CELL_WIDE] / accounts,
        COUNTER_WIDE_SIZE);
    (void)report_add(&b->report, "bytes_per_account_first", "the same after one login an account", UNIT_BYTES,
                     (f->resident_first - f->resident_before) / accounts);
}

/* Fills the directory, lets it be recovered from the journal alone, and leaves a snapshot behind. */
static enum err fill_and_recover(struct bench *b, struct fill_found *filled, struct open_found *recovered, struct problem *p) {
    enum err err = bench_in_child(fill, b, filled, sizeof *filled, p);
    if (!err) err = bench_in_child(open_and_close, b, recovered, sizeof *recovered, p);
    b->filled = !err;
    return err;
}

enum err bench_fill(struct bench *b, struct problem *p) {
    struct fill_found filled;
    struct open_found recovered;
    return b->filled ? ERR_OK : fill_and_recover(b, &filled, &recovered, p);
}

enum err section_accounts(struct bench *b, struct problem *p) {
    struct fill_found filled;
    struct open_found recovered, opened;
    enum err err = fill_and_recover(b, &filled, &recovered, p);
    if (!err) err = bench_in_child(open_and_close, b, &opened, sizeof opened, p);
    if (err) return err;
    report_memory(b, &filled);
    struct bench_row *row =
        report_add(&b->report, "open_seconds", "opening a data directory from its snapshot", UNIT_SECONDS, opened.seconds);
    (void)report_goal(row, RULE_AT_MOST, 0.2);
    (void)snprintf(row->limit, sizeof row->limit, "%llu records were applied after the snapshot; the image was in the page cache",
                   (unsigned long long)opened.recovered);
    (void)report_add(&b->report, "fill_per_second", "events through engine and journal on disk, one thread, synced by batches",
                     UNIT_PER_SECOND, filled.rate);
    row = report_add(&b->report, "recover_per_second", "recovery of records from the journal alone, no snapshot", UNIT_PER_SECOND,
                     (double)recovered.recovered / recovered.seconds);
    (void)snprintf(row->limit, sizeof row->limit, "%llu records in %.2f s", (unsigned long long)recovered.recovered, recovered.seconds);
    (void)report_add(&b->report, "snapshot_seconds", "closing with a snapshot of all accounts", UNIT_SECONDS, recovered.close_seconds);
    return ERR_OK;
}
