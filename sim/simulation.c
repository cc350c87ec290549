// SPDX-License-Identifier: Apache-2.0
/* Runs engine, courier and world in one thread and in virtual time, and crashes them where it is told to. */
#include "sim/simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/moment.h"
#include "courier/courier.h"
#include "ingest/ingest.h"
#include "respond/respond.h"
#include "sim/inside.h"
#include "sim/wire_world.h"
#include "store/cells_memory.h"
#include "store/disk_memory.h"
#include "store/incident_sqlite.h"
#include "store/journal.h"
#include "sys/token.h"

#define NEWS_SIZE    (4U * 1024 * 1024)
#define LOOK_SIZE    (64U * 1024 * 1024)
#define STILL_MAX    10000 /* turns without time passing: somebody is caught in a circle */
#define INGEST_SIZE  ((size_t)INGEST_MEMORY_MAX)
#define SEGMENT_SIZE (256U * 1024) /* small, so that its end is met often; a disk in memory has to clear it, too */
#define JOURNAL_PATH "/j"

static const struct cells_bounds bounds = {.profiles_max = 4096, .narrow_max = 65536, .wide_max = 4096, .origins_max = 4096};

struct simulation {
    struct simulation_options options;
    int64_t now_ms, skew_ms;
    uint64_t random;
    /* What survives a crash. */
    struct world *world;
    struct disk_memory *disk;
    struct incident_store store;
    uint64_t acknowledged; /* position of the last answer that left */
    /* What does not. */
    struct cells_memory *cells;
    struct journal_files *journal;
    struct engine *engine;
    struct wire_world *wire;
    struct courier *courier;
    void *courier_memory;
    bool dead; /* the power is off: nothing is durable any more until revived */
    /* Ports that count the commit points. */
    struct journal_ops journal_ops;
    struct incident_store_ops store_ops;
    struct journal real_journal;
    uint64_t blows;
    unsigned crashes;

    struct counterparts counterparts;
    struct receipt receipt;
    int64_t people_ms; /* when people look next; 0 = there is nothing for them */
    void *ingest_memory, *look_memory, *news_memory, *hostile_memory;
    struct buf news, hostile; /* what the hijacker did: people know the truth when they are asked */
    uint64_t lost, stuck;
    char first[320];
};

/* ---- chance and time ---------------------------------------------------------------------------------------------------------------- */

static uint64_t draw(struct simulation *s, uint64_t below) {
    s->random = hash_mix(s->random, 11);
    return s->random % below;
}

static void fill_random(void *self, void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) ((unsigned char *)bytes)[i] = (unsigned char)draw(self, 256);
}

static int64_t wall_ms(void *self) {
    const struct simulation *s = self;
    return s->now_ms + s->skew_ms;
}
static int64_t monotonic_us(void *self) {
    return ((const struct simulation *)self)->now_ms * 1000;
}
static int64_t true_ms(void *self) {
    return ((const struct simulation *)self)->now_ms;
}

void simulation_find(struct simulation *s, const char *what) {
    if (s->first[0]) return;
    char at[32];
    struct buf b = buf_over(at, sizeof at);
    moment_format(&b, s->now_ms);
    (void)snprintf(s->first, sizeof s->first, "%.19s seed %llu: %s", at, (unsigned long long)s->options.seed, what);
}

/* ---- commit points ------------------------------------------------------------------------------------------------------------------ */

/* One side of a commit point: does the power fail now? */
static bool strikes(struct simulation *s) {
    s->blows++;
    bool struck = s->blows == s->options.crash_blow || (s->options.crashes && draw(s, 20000) < s->options.crashes);
    s->dead |= struck;
    return s->dead;
}

static enum err power_failed(struct problem *p) {
    return problem_set(p, ERR_IO, "", "", "the power failed");
}

/* Right before: it does not happen. Right after: it has happened, and nobody hears of it. */
#define AT_COMMIT_POINT(s, call)                                                                                                           \
    do {                                                                                                                                   \
        if ((s)->dead || strikes(s)) return power_failed(p);                                                                               \
        enum err err_ = (call);                                                                                                            \
        return strikes(s) ? power_failed(p) : err_;                                                                                        \
    } while (0)

/* There is one house at a time; ports carry their own store's self, not ours. */
static struct simulation *running;

static enum err commit_journal(void *self, struct problem *p) {
    AT_COMMIT_POINT(running, running->real_journal.ops->commit(self, p));
}
static enum err finish(void *self, uint64_t absorbed, struct problem *p) {
    AT_COMMIT_POINT(running, running->store.ops->finish(self, absorbed, p));
}
static enum err claim(void *self, const struct claim *c, struct arena *step, struct step_row **rows, size_t *count, struct problem *p) {
    AT_COMMIT_POINT(running, running->store.ops->claim(self, c, step, rows, count, p));
}
static enum err report(void *self, struct step_report *reports, size_t count, struct problem *p) {
    AT_COMMIT_POINT(running, running->store.ops->report(self, reports, count, p));
}

static struct incident_store counted_store(struct simulation *s) {
    s->store_ops = *s->store.ops;
    s->store_ops.finish = finish;
    s->store_ops.claim = claim;
    s->store_ops.report = report;
    return (struct incident_store){&s->store_ops, s->store.self};
}

static struct journal counted_journal(struct simulation *s) {
    s->real_journal = journal_files_port(s->journal);
    s->journal_ops = *s->real_journal.ops;
    s->journal_ops.commit = commit_journal;
    return (struct journal){&s->journal_ops, s->real_journal.self};
}

/* ---- starting and crashing ---------------------------------------------------------------------------------------------------------- */

static enum err submit_own(void *context, const struct event *e) {
    struct simulation *s = context;
    struct receipt receipt;
    struct problem p = {0};
    enum err err = engine_submit_own(s->engine, e, &receipt, &p);
    return err == ERR_CONFLICT ? ERR_OK : err; /* handed in before: the first one counts */
}

static enum err start_engine(struct simulation *s, struct problem *p) {
    struct journal_report report;
    uint64_t recovered;
    enum err err = cells_memory_open(&bounds, &s->cells, p);
    if (!err)
        err = journal_files_open(disk_memory_disk(s->disk), JOURNAL_PATH,
                                 &(struct journal_options){.seed = s->options.seed, .segment_size = SEGMENT_SIZE}, &s->journal, &report, p);
    if (err) return err;
    struct engine_ports ports = {.journal = counted_journal(s),
                                 .cells = cells_memory_cells(s->cells),
                                 .seen = cells_memory_seen(s->cells),
                                 .incidents = counted_store(s),
                                 .clock = {wall_ms, monotonic_us, s},
                                 .token = token_known(),
                                 .seed = s->options.seed};
    err = engine_open(&ports, &s->engine, p);
    return err ? err : engine_recover(s->engine, 0, &recovered, p);
}

enum err simulation_replay(struct simulation *s, struct incident_store into, struct problem *p) {
    struct cells_memory *cells;
    struct engine *engine = NULL;
    uint64_t recovered;
    enum err err = cells_memory_open(&bounds, &cells, p);
    if (err) return err;
    struct engine_ports ports = {.journal = s->real_journal,
                                 .cells = cells_memory_cells(cells),
                                 .seen = cells_memory_seen(cells),
                                 .incidents = into,
                                 .clock = {wall_ms, monotonic_us, s},
                                 .token = token_known(),
                                 .seed = s->options.seed};
    err = engine_open(&ports, &engine, p);
    if (!err) err = engine_recover(engine, 0, &recovered, p);
    if (engine) engine_close(engine);
    cells_memory_close(cells);
    return err;
}

static enum err start_courier(struct simulation *s, struct problem *p) {
    s->wire = wire_world_open(s->world, true_ms, s);
    struct courier_options o = {.store = counted_store(s),
                                .wire = wire_world_wire(s->wire),
                                .clock = {wall_ms, monotonic_us, s},
                                .entropy = {fill_random, s},
                                .counterparts = &s->counterparts,
                                .key_per_attempt = s->options.key_per_attempt,
                                .submit = submit_own,
                                .context = s};
    s->courier_memory = calloc(1, courier_memory_size());
    CHECK(s->courier_memory);
    return courier_open(&o, s->courier_memory, &s->courier, p);
}

static void drop(struct simulation *s) {
    wire_world_close(s->wire);
    free(s->courier_memory);
    s->store.ops->abandon(s->store.self);
    if (s->engine) engine_close(s->engine);
    if (s->cells) cells_memory_close(s->cells);
    struct problem p = {0};
    if (s->journal && journal_files_close(s->journal, &p) != ERR_OK && !s->dead) simulation_find(s, "the journal could not be closed");
    s->wire = NULL, s->courier_memory = NULL, s->courier = NULL, s->engine = NULL, s->cells = NULL, s->journal = NULL;
}

/* Of an answer that left, nothing may be gone. */
static void expect_acknowledged(struct simulation *s) {
    if (journal_last(s->real_journal) >= s->acknowledged) return;
    s->lost++;
    simulation_find(s, "an acknowledged event is not in the journal after a crash");
}

static void revive(struct simulation *s) {
    struct problem p = {0};
    s->crashes++;
    s->dead = true;
    disk_memory_fault(s->disk, DISK_FAULT_POWER, disk_memory_steps(s->disk) + 1);
    drop(s);
    disk_memory_crash(s->disk);
    unsigned chance = s->options.crashes;
    s->options.crashes = 0; /* not while it starts: crash_blow tries that too */
    do {
        s->dead = false;
        if (s->engine || s->journal || s->cells) drop(s);
    } while ((start_engine(s, &p) != ERR_OK || start_courier(s, &p) != ERR_OK) && s->dead);
    s->options.crashes = chance;
    if (!s->courier) simulation_find(s, p.what);
    CHECK(s->courier);
    expect_acknowledged(s);
}

void simulation_crash(struct simulation *s) {
    revive(s);
}

void simulation_crash_at(struct simulation *s, uint64_t blow) {
    s->options.crash_blow = blow;
}

static void answer_for_all_systems(struct counterparts *c) {
    static const char *const systems[] = {"identity", "shop", "payment", "warehouse", "carrier", "directory"};
    c->list[c->count++] = (struct counterpart){.name = STR("mail"),
                                               .url = STR("smtp://mail.example"),
                                               .adapter = "smtp",
                                               .systems = {STR("email")},
                                               .system_count = 1,
                                               .concurrency = 16,
                                               .timeout_ms = 5000,
                                               .mail = {.from_name = STR("Kagami Shop"),
                                                        .from_address = STR("service@shop.example"),
                                                        .bounce_domain = STR("bounces.shop.example")}};
    struct counterpart *one = &c->list[c->count++];
    *one = (struct counterpart){.name = STR("world"),
                                .url = STR("http://world.example/hikeshi"),
                                .adapter = "http",
                                .concurrency = 16,
                                .timeout_ms = 5000,
                                .secret_sizes = {24}};
    for (; one->system_count < sizeof systems / sizeof systems[0]; one->system_count++)
        one->systems[one->system_count] = str_from(systems[one->system_count]);
}

static enum err make_disk(struct simulation *s, struct problem *p) {
    s->disk = disk_memory_open(s->options.seed);
    if (!s->disk) return problem_set(p, ERR_FULL, "", "", "no memory for a disk");
    struct disk d = disk_memory_disk(s->disk);
    enum err err = d.ops->make_directory(d.self, JOURNAL_PATH, p);
    return err ? err : d.ops->sync_directory(d.self, "", p);
}

enum err simulation_open(const struct simulation_options *o, struct simulation **out, struct problem *p) {
    struct simulation *s = calloc(1, sizeof *s);
    CHECK(s);
    running = s;
    *out = s;
    s->options = *o;
    s->now_ms = o->now_ms;
    s->random = hash_mix(o->seed, 3);
    s->ingest_memory = malloc(INGEST_SIZE);
    s->look_memory = malloc(LOOK_SIZE);
    s->news_memory = malloc(NEWS_SIZE);
    s->hostile_memory = malloc(NEWS_SIZE);
    CHECK(s->ingest_memory && s->look_memory && s->news_memory && s->hostile_memory);
    s->hostile = buf_over(s->hostile_memory, NEWS_SIZE);
    s->news = buf_over(s->news_memory, NEWS_SIZE);
    answer_for_all_systems(&s->counterparts);
    struct world_options w = {.seed = o->seed,
                              .now_ms = o->now_ms,
                              .webhooks_reordered = o->webhooks_reordered,
                              .webhooks_twice = o->webhooks_twice,
                              .webhooks_late = o->webhooks_late};
    memcpy(w.faults, o->faults, sizeof w.faults);
    s->world = world_open(&w);
    enum err err = make_disk(s, p);
    if (!err) err = incident_sqlite_open(":memory:", &s->store, p);
    if (!err) err = start_engine(s, p);
    if (!err && o->policy.size) err = engine_set_policy(s->engine, o->policy, p); /* journaled: later starts find it there */
    return err ? err : start_courier(s, p);
}

void simulation_close(struct simulation *s) {
    if (s->store.ops) drop(s), incident_sqlite_close(&s->store);
    if (s->disk) disk_memory_close(s->disk);
    world_close(s->world);
    free(s->ingest_memory);
    free(s->look_memory);
    free(s->news_memory);
    free(s->hostile_memory);
    free(s);
}

/* ---- looking ------------------------------------------------------------------------------------------------------------------------ */

struct world *simulation_world(struct simulation *s) {
    return s->world;
}
struct incident_store simulation_store(struct simulation *s) {
    return s->store;
}
int64_t simulation_now_ms(const struct simulation *s) {
    return s->now_ms;
}
uint64_t simulation_seed(const struct simulation *s) {
    return s->options.seed;
}
uint64_t simulation_blows(const struct simulation *s) {
    return s->blows;
}
unsigned simulation_crashes(const struct simulation *s) {
    return s->crashes;
}
struct receipt simulation_receipt(const struct simulation *s) {
    return s->receipt;
}
struct arena simulation_look(struct simulation *s) {
    return arena_over(s->look_memory, LOOK_SIZE);
}
struct journal simulation_journal(const struct simulation *s) {
    return s->real_journal;
}
uint64_t simulation_lost(const struct simulation *s) {
    return s->lost + s->stuck;
}
bool simulation_is_quiet(const struct simulation *s) {
    return s->options.quiet;
}
const char *simulation_first(const struct simulation *s) {
    return s->first;
}

bool simulation_gate_opens(struct simulation *s, struct str order) {
    struct arena look = simulation_look(s);
    struct hold_row hold;
    return s->store.ops->hold(s->store.self, order, &look, &hold) != ERR_OK || hold.released_ms != 0;
}

bool simulation_was_hostile(const struct simulation *s, struct str words) {
    return str_find(buf_str(&s->hostile), words, 0) < s->hostile.size;
}

/* ---- events in ---------------------------------------------------------------------------------------------------------------------- */

/* Everything submitted becomes durable and absorbed. false: the power failed meanwhile. */
static bool settle(struct simulation *s) {
    struct problem p = {0};
    while (!s->dead && engine_seal(s->engine)) {
        if (engine_commit(s->engine, &p) == ERR_OK || s->dead) continue;
        simulation_find(s, p.what);
        s->dead = true;
    }
    return !s->dead;
}

static bool try_to_tell(struct simulation *s, struct str json) {
    struct arena step = arena_over(s->ingest_memory, INGEST_SIZE);
    struct event event;
    struct problem p = {0};
    enum err err = ingest_event(json, wall_ms(s), &step, &event, &p);
    if (!err) err = engine_submit(s->engine, &event, &s->receipt, &p);
    if (err) {
        char what[320];
        (void)snprintf(what, sizeof what, "an event was refused: %.200s (%.80s)", p.what, p.where);
        simulation_find(s, what);
        return true;
    }
    if (!settle(s)) return false;
    if (s->receipt.position > s->acknowledged) s->acknowledged = s->receipt.position;
    return true;
}

/* At least once: the shop sends again what was not answered. */
void simulation_tell(struct simulation *s, struct str json) {
    while (!try_to_tell(s, json)) revive(s);
    s->people_ms = s->now_ms;
}

bool simulation_act(struct simulation *s, struct str act, bool hostile) {
    static char memory[64 * 1024];
    struct buf event = buf_over(memory, sizeof memory);
    bool done = world_act(s->world, s->now_ms, act, hostile, &event);
    /* With its id, by which a top-up is known. */
    if (hostile && done) buf_text(&s->hostile, buf_str(&event)), buf_char(&s->hostile, '\n');
    if (event.size) simulation_tell(s, buf_str(&event));
    return done;
}

/* ---- time --------------------------------------------------------------------------------------------------------------------------- */

static bool gate(void *context, struct str order, const char *step) {
    (void)step;
    return simulation_gate_opens(context, order);
}

static void keep_news(void *context, const struct world_news *n) {
    struct simulation *s = context;
    buf_text(&s->news, n->body);
    if (!n->body.size || n->body.at[n->body.size - 1] != '\n') buf_char(&s->news, '\n');
    CHECK(!s->news.overflow);
}

/* What came out of the world by itself. */
static bool take_news(struct simulation *s) {
    buf_reset(&s->news);
    world_advance(s->world, s->now_ms, &(struct world_gate){gate, s}, keep_news, s);
    for (struct str rest = buf_str(&s->news); rest.size;) simulation_tell(s, str_cut(rest, '\n', &rest));
    return s->news.size > 0;
}

static bool let_courier_work(struct simulation *s) {
    struct problem p = {0};
    bool busy = false;
    enum err err = courier_turn(s->courier, 0, &busy, &p);
    if (err && !s->dead) simulation_find(s, p.what), s->dead = true;
    if (!settle(s)) revive(s), busy = true;
    return busy;
}

static void sooner(const struct simulation *s, int64_t at_ms, int64_t *next_ms) {
    if (at_ms <= 0) return;
    if (at_ms <= s->now_ms) at_ms = s->now_ms + 1;
    if (at_ms < *next_ms) *next_ms = at_ms;
}

static void jump(struct simulation *s, int64_t until_ms) {
    int64_t next_ms = until_ms, courier_ms = courier_next_ms(s->courier);
    sooner(s, world_next_ms(s->world), &next_ms);
    sooner(s, wire_world_next_ms(s->wire), &next_ms);
    sooner(s, courier_ms ? courier_ms - s->skew_ms : 0, &next_ms);
    if (s->options.people) sooner(s, s->people_ms, &next_ms);
    s->now_ms = next_ms;
}

void simulation_run_until(struct simulation *s, int64_t at_ms) {
    unsigned still = 0;
    while (s->now_ms <= at_ms) {
        if (s->options.between) s->options.between(s);
        bool busy = take_news(s);
        busy |= let_courier_work(s);
        if (s->options.people && s->people_ms && s->people_ms <= s->now_ms) s->people_ms = people_look(s, &busy);
        still = busy ? still + 1 : 0;
        if (still > STILL_MAX) {
            s->stuck++;
            simulation_find(s, "courier and world are busy for ever while no time passes");
            return;
        }
        if (busy) continue;
        if (s->now_ms == at_ms) return;
        jump(s, at_ms);
    }
}

bool simulation_run_out(struct simulation *s, int64_t until_ms) {
    while (responses_are_open(s) && s->now_ms < until_ms && !s->stuck)
        simulation_run_until(s, s->now_ms + DAY_MS < until_ms ? s->now_ms + DAY_MS : until_ms);
    return !responses_are_open(s);
}

void simulation_step_clock(struct simulation *s, int64_t skew_ms) {
    s->skew_ms = skew_ms;
}
