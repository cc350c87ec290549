// SPDX-License-Identifier: Apache-2.0
/*
 * Measures the second half of an event's life: steps through store, courier, journal and absorbing; a campaign of takeovers while scoring
 * goes on; the gate's answer. Counterparts answer at once and without a network, so that what is measured is ours.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "bench/bench.h"
#include "cli/wiring.h"
#include "courier/courier.h"
#include "respond/effect.h"
#include "respond/respond.h"

#define CAMPAIGN_ACCOUNTS   500
#define CAMPAIGN_RATE       2000 /* scored events a second meanwhile */
#define STEPS_ACCOUNTS(b)   ((b)->quick ? 50U : 400U)
#define GATE_ASKED          20000
#define CONTAIN_SECONDS_MAX 60

/* ---- counterparts that answer at once ----------------------------------------------------------------------------------------------- */

#define WAITING_MAX 1024
struct instant {
    uint64_t ids[WAITING_MAX];
    bool describes[WAITING_MAX];
    size_t count;
    char description[32 * 1024];
    uint64_t answered;
};

/* Everything in operations.def, of all systems. */
static void write_description(struct instant *w) {
    static const char *const systems[] = {"identity", "shop", "payment", "warehouse", "carrier"};
    struct buf b = buf_over(w->description, sizeof w->description - 1);
    buf_text(&b, STR("{\"protocol\":1,\"name\":\"bench\",\"systems\":{"));
    for (size_t s = 0; s < sizeof systems / sizeof *systems; s++) {
        buf_fmt(&b, "%s\"%s\":{\"idempotency\":\"stored_2xx\",\"ttl_s\":86400,\"webhooks\":false,\"operations\":[", s ? "," : "",
                systems[s]);
        bool first = true;
        for (size_t i = 0; i < operation_count(); i++) {
            const struct operation *o = operation_at(i);
            if (strcmp(o->system, systems[s]) != 0) continue;
            buf_fmt(&b, "%s\"%s.%s\"", first ? "" : ",", o->verb, o->how);
            first = false;
        }
        buf_text(&b, STR("]}"));
    }
    buf_text(&b, STR("}}"));
    w->description[b.size] = 0;
}

static enum err instant_start(void *self, const struct wire_request *r, struct problem *p) {
    struct instant *w = self;
    if (w->count == WAITING_MAX) return problem_set(p, ERR_FULL, "", "", "too many are under way");
    w->ids[w->count] = r->id;
    w->describes[w->count++] = str_ends(r->url, STR("/describe"));
    return ERR_OK;
}

static size_t instant_poll(void *self, struct wire_answer *out, size_t count_max, int wait_ms) {
    struct instant *w = self;
    (void)wait_ms;
    size_t count = w->count < count_max ? w->count : count_max;
    for (size_t i = 0; i < count; i++) {
        struct str body = w->describes[i] ? str_from(w->description) : STR("{\"outcome\":\"done\",\"reference\":\"bench\"}");
        out[i] = (struct wire_answer){.id = w->ids[i], .fate = WIRE_ANSWERED, .status = 200, .body = body};
    }
    w->count -= count;
    w->answered += count;
    memmove(w->ids, w->ids + count, w->count * sizeof *w->ids);
    memmove(w->describes, w->describes + count, w->count * sizeof *w->describes);
    return count;
}

static size_t instant_under_way(void *self) {
    return ((struct instant *)self)->count;
}

static void instant_wake(void *self) {
    (void)self;
}

static const struct wire_ops instant_ops = {instant_start, instant_poll, instant_under_way, instant_wake};

static void seeded_fill(void *self, void *bytes, size_t size) {
    uint64_t *state = self;
    for (size_t i = 0; i < size; i++) ((unsigned char *)bytes)[i] = (unsigned char)(*state = hash_mix(*state, i + 1));
}

/* ---- a house with a courier, in one thread --------------------------------------------------------------------------------------------
 */

struct house {
    struct wiring w;
    struct instant wire;
    struct counterparts counterparts;
    struct courier *courier;
    void *courier_memory;
    uint64_t seed;
    uint64_t incidents[CAMPAIGN_ACCOUNTS];
    size_t incident_count;
    unsigned number;
    struct problem *problem;
};

static enum err submit_own(void *context, const struct event *e) {
    struct house *h = context;
    struct receipt r;
    enum err err = engine_submit_own(h->w.engine, e, &r, h->problem);
    return err == ERR_CONFLICT ? ERR_OK : err;
}

static enum err house_open(const struct bench *b, const char *name, struct house *h, struct problem *p) {
    static char data[160];
    (void)snprintf(data, sizeof data, "%s/%s", b->place.directory, name);
    struct wiring_options o = {.data = data, .create = true};
    h->problem = p;
    h->courier_memory = malloc(courier_memory_size());
    if (!h->courier_memory) return problem_set(p, ERR_FULL, "", "", "no memory for a courier");
    enum err err = wiring_open(&o, &h->w, p);
    if (err) return err;
    write_description(&h->wire);
    h->counterparts.count = 1;
    h->counterparts.list[0] = (struct counterpart){
        .name = STR("bench"),
        .url = STR("http://127.0.0.1:9"),
        .adapter = "http",
        .systems = {STR("identity"), STR("shop"), STR("payment"), STR("warehouse"), STR("carrier")},
        .system_count = 5,
        .concurrency = 256,
        .timeout_ms = 5000,
        .secret_sizes = {24},
    };
    struct courier_options options = {
        .store = engine_incidents(h->w.engine),
        .wire = {&instant_ops, &h->wire},
        .clock = h->w.clock,
        .entropy = {seeded_fill, &h->seed},
        .counterparts = &h->counterparts,
        .submit = submit_own,
        .context = h,
    };
    return courier_open(&options, h->courier_memory, &h->courier, p);
}

static enum err house_close(struct house *h, enum err err, struct problem *p) {
    struct problem second;
    enum err closing = wiring_close(&h->w, err ? &second : p);
    free(h->courier_memory);
    free(h);
    return err ? err : closing;
}

static enum err submit(struct house *h, const struct event *e, struct receipt *r) {
    enum err err = engine_submit(h->w.engine, e, r, h->problem);
    if (err != ERR_FULL) return err;
    err = wiring_settle(&h->w, h->problem);
    return err ? err : engine_submit(h->w.engine, e, r, h->problem);
}

/* What a hijacker does in the night, in short; the last line is the owner's. */
static const struct {
    enum kind kind;
    bool hijacker;
    int64_t amount_minor;
} acts[] = {
    {KIND_LOGIN, false, 0},
    {KIND_LOGIN, true, 0},
    {KIND_BALANCE_TOPPED_UP, true, 50000},
    {KIND_MEMBERSHIP_STARTED, true, 980},
    {KIND_ORDER_PLACED, true, 500},
    {KIND_ADDRESS_CHANGED, true, 0},
    {KIND_OWNER_STATEMENT, false, 0},
};
#define ACT_COUNT (sizeof acts / sizeof acts[0])

static enum err act(struct house *h, unsigned account, size_t at, struct receipt *r) {
    char id[32], subject[24], object[24], charge[24], about[32];
    unsigned number = ++h->number;
    (void)snprintf(id, sizeof id, "campaign-%u", number);
    (void)snprintf(subject, sizeof subject, "victim-%u", account);
    (void)snprintf(object, sizeof object, "o%u", number);
    (void)snprintf(charge, sizeof charge, "c%u", number);
    (void)snprintf(about, sizeof about, "campaign-%u", number - (unsigned)(ACT_COUNT - 2));
    struct event e = {.source = STR("bench"), .id = str_from(id), .kind = acts[at].kind, .type = kind_name(acts[at].kind)};
    e.subject = str_from(subject);
    e.time_ms = h->w.clock.now_ms(h->w.clock.self) - (int64_t)(ACT_COUNT - at) * 1000;
    e.session = acts[at].hijacker ? STR("night") : STR("day");
    e.device = acts[at].hijacker ? STR("d-night") : str_from(subject);
    e.ip = (struct address){ADDRESS_V4, {acts[at].hijacker ? 203 : 198, 51, (uint8_t)(account / 256), (uint8_t)account}};
    e.outcome = OUTCOME_SUCCESS;
    e.method = METHOD_PASSWORD;
    e.amount_minor = acts[at].amount_minor;
    e.amount_minor_present = e.amount_minor > 0;
    if (e.amount_minor_present) e.currency = STR("JPY"), e.charge = str_from(charge);
    if (e.kind == KIND_ORDER_PLACED) e.order = str_from(object);
    if (e.kind == KIND_MEMBERSHIP_STARTED) e.membership = str_from(object);
    if (e.kind == KIND_ADDRESS_CHANGED) e.address = str_from(object), e.change = CHANGE_ADDED;
    if (e.kind == KIND_OWNER_STATEMENT) e.about = str_from(about), e.says = SAYS_NOT_MINE, e.via = STR("phone");
    return submit(h, &e, r);
}

/* Every account's night, account by account; their owners speak at the end, all at once. */
static enum err open_campaign(struct house *h, unsigned accounts) {
    struct receipt r = {0};
    enum err err = ERR_OK;
    for (unsigned a = 0; a < accounts && !err; a++) {
        for (size_t i = 0; i < ACT_COUNT && !err; i++) err = act(h, a, i, &r);
        h->incidents[h->incident_count++] = r.incident;
    }
    return err;
}

/* One round of everything: what was handed in becomes durable and absorbed, and the courier goes on. */
static enum err go_round(struct house *h, bool *busy) {
    enum err err = courier_turn(h->courier, 0, busy, h->problem);
    return err ? err : wiring_settle(&h->w, h->problem);
}

/* ---- steps -------------------------------------------------------------------------------------------------------------------------- */

struct steps_found {
    double steps, cpu_seconds, seconds;
};

static enum err measure_steps(const struct bench *b, void *found, struct problem *p) {
    struct steps_found *f = found;
    struct house *h = calloc(1, sizeof *h);
    if (!h) return problem_set(p, ERR_FULL, "", "", "no memory for a house");
    enum err err = house_open(b, "steps", h, p);
    if (!err) err = open_campaign(h, STEPS_ACCOUNTS(b));
    if (!err) err = wiring_settle(&h->w, p);
    int64_t wall = bench_now_ns(), cpu = bench_own_cpu_ns();
    for (unsigned idle = 0; !err && idle < 3 && bench_seconds_since(wall) < 4 * b->seconds;) {
        bool busy;
        err = go_round(h, &busy);
        idle = busy ? 0 : idle + 1;
    }
    f->cpu_seconds = (double)(bench_own_cpu_ns() - cpu) / 1e9;
    f->seconds = bench_seconds_since(wall);
    f->steps = (double)courier_totals(h->courier)->answered;
    return house_close(h, err, p);
}

/* ---- the campaign ------------------------------------------------------------------------------------------------------------------- */

struct campaign_found {
    double p50_ms, p99_ms, uncontained, scored_rate, gate_p50_us, gate_p99_us;
};

static int compare_numbers(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double quantile(double *sorted, size_t count, double q) {
    return count ? sorted[(size_t)(q * (double)(count - 1))] : 0;
}

static size_t uncontained(struct house *h, double *took_ms, size_t *contained) {
    static char memory[64 * 1024];
    struct incident_store store = engine_incidents(h->w.engine);
    size_t open = 0;
    *contained = 0;
    for (size_t i = 0; i < h->incident_count; i++) {
        struct arena step = arena_over(memory, sizeof memory);
        struct response_row row;
        enum err err = store.ops->find_response(store.self, SIGHT_SETTLED, incident_id(h->incidents[i], &step), &step, &row);
        if (err || !row.contained_ms) open++;
        else took_ms[(*contained)++] = (double)(row.contained_ms - row.decided_ms);
    }
    return open;
}

/* A while's worth of ordinary events. */
static enum err score_meanwhile(struct house *h, struct world *world, uint64_t count) {
    enum err err = ERR_OK;
    for (uint64_t i = 0; i < count && !err; i++) {
        struct event e;
        struct receipt r;
        world_next(world, &e);
        err = submit(h, &e, &r);
    }
    return err;
}

static enum err contain_all(struct house *h, struct world *world, struct campaign_found *f) {
    static double took_ms[CAMPAIGN_ACCOUNTS];
    size_t contained = 0, open = h->incident_count;
    uint64_t scored = 0;
    int64_t from = bench_now_ns();
    enum err err = ERR_OK;
    for (unsigned round = 0; !err && open && bench_seconds_since(from) < CONTAIN_SECONDS_MAX; round++) {
        bool busy;
        uint64_t wanted = (uint64_t)(bench_seconds_since(from) * CAMPAIGN_RATE);
        err = score_meanwhile(h, world, wanted - scored);
        scored = wanted;
        if (!err) err = go_round(h, &busy);
        if (round % 16 == 0 || !busy) open = uncontained(h, took_ms, &contained);
    }
    f->scored_rate = (double)scored / bench_seconds_since(from);
    f->uncontained = (double)open;
    qsort(took_ms, contained, sizeof *took_ms, compare_numbers);
    f->p50_ms = quantile(took_ms, contained, 0.5);
    f->p99_ms = quantile(took_ms, contained, 0.99);
    return err;
}

static void ask_gate(struct house *h, struct campaign_found *f) {
    static double took_us[GATE_ASKED];
    static char memory[16 * 1024];
    struct incident_store store = engine_incidents(h->w.engine);
    for (unsigned i = 0; i < GATE_ASKED; i++) {
        char order[24];
        struct arena step = arena_over(memory, sizeof memory);
        struct hold_row hold;
        (void)snprintf(order, sizeof order, "o%llu", (unsigned long long)(hash_mix(i, 7) % h->number));
        int64_t from = bench_now_ns();
        (void)!store.ops->hold(store.self, str_from(order), &step, &hold);
        took_us[i] = (double)(bench_now_ns() - from) / 1e3;
    }
    qsort(took_us, GATE_ASKED, sizeof *took_us, compare_numbers);
    f->gate_p50_us = quantile(took_us, GATE_ASKED, 0.5);
    f->gate_p99_us = quantile(took_us, GATE_ASKED, 0.99);
}

static enum err measure_campaign(const struct bench *b, void *found, struct problem *p) {
    struct campaign_found *f = found;
    struct world world;
    uint64_t accounts = 100000;
    void *memory = malloc(WORLD_MEMORY_SIZE(accounts));
    struct house *h = calloc(1, sizeof *h);
    if (!h || !memory) return problem_set(p, ERR_FULL, "", "", "no memory for a house");
    world_init(&world, WORLD_SEED, accounts, bench_world_from_ms(b), 1000, memory);
    enum err err = house_open(b, "campaign", h, p);
    if (!err) err = open_campaign(h, b->quick ? 50 : CAMPAIGN_ACCOUNTS);
    if (!err) err = contain_all(h, &world, f);
    if (!err) ask_gate(h, f);
    free(memory);
    return house_close(h, err, p);
}

/* ---- the report --------------------------------------------------------------------------------------------------------------------- */

static void report_campaign(struct bench *b, const struct campaign_found *f) {
    struct bench_row *row = report_add(&b->report, "campaign_contained_p99",
                                       "takeovers of many accounts at once: decision to contained, p99", UNIT_MILLISECONDS, f->p99_ms);
    (void)report_goal(row, RULE_AT_MOST, 5000);
    (void)snprintf(
        row->limit, sizeof row->limit,
        "%d incidents opened together, %.0f events/s scored meanwhile, one thread for all of it, counterparts that answer at once; "
        "%.0f were not contained",
        b->quick ? 50 : CAMPAIGN_ACCOUNTS, f->scored_rate, f->uncontained);
    (void)report_add(&b->report, "campaign_contained_p50", "the same, p50", UNIT_MILLISECONDS, f->p50_ms);
    row = report_add(&b->report, "gate_p99", "the gate: is this order held? p99", UNIT_MILLISECONDS, f->gate_p99_us / 1e3);
    (void)report_goal(row, RULE_AT_MOST, 1);
    (void)snprintf(row->limit, sizeof row->limit, "the store's answer, without HTTP; p50 %.1f us", f->gate_p50_us);
}

enum err section_response(struct bench *b, struct problem *p) {
    struct steps_found steps;
    struct campaign_found campaign;
    enum err err = bench_in_child(measure_steps, b, &steps, sizeof steps, p);
    if (!err) err = bench_in_child(measure_campaign, b, &campaign, sizeof campaign, p);
    if (err) return err;
    struct bench_row *row = report_add(&b->report, "steps_per_second", "durable steps of responses, per core-second", UNIT_PER_SECOND,
                                       steps.steps / steps.cpu_seconds);
    (void)report_goal(row, RULE_AT_LEAST, 10e3);
    (void)snprintf(row->limit, sizeof row->limit,
                   "%.0f steps of %u incidents: claimed, sent to counterparts that answer at once, reported, journaled, absorbed; "
                   "%.0f/s by the wall clock of one thread, which waits for the disk",
                   steps.steps, STEPS_ACCOUNTS(b), steps.steps / steps.seconds);
    report_campaign(b, &campaign);
    return ERR_OK;
}
