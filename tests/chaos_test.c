// SPDX-License-Identifier: Apache-2.0
/*
 * Workers that are killed before they send, after they have sent, in a commit, or that sleep past their lease: every refund is made, and
 * none twice. The control sends each attempt under a key of its own, as one must not, and does pay twice: so the test can fail.
 *
 * Several processes with a courier each share one SQLite file; the payment provider is memory that they share, where a key is a refund. The
 * test's own process kills one of them every few milliseconds and starts another in its place.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/test.h"
#include "courier/courier.h"
#include "store/incident_sqlite.h"

#define REFUND_COUNT 200
#define WORKER_COUNT 4
#define KEYS_MAX     64
#define LEASE_MS     150
#define PATIENCE_S   60

/* ---- the payment provider ----------------------------------------------------------------------------------------------------------- */

/* One store of `key_counts` is the moment of a refund: whoever is killed has made it or has not. */
static struct provider {
    pthread_mutex_t lock;
    uint64_t keys[REFUND_COUNT + 1][KEYS_MAX];
    volatile uint32_t key_counts[REFUND_COUNT + 1];
    volatile uint64_t calls, killed_before, killed_after, overslept;
} * provider;

static void provider_open(void) {
    pthread_mutexattr_t attributes;
    provider = mmap(NULL, sizeof *provider, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    (void)pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    (void)pthread_mutex_init(&provider->lock, &attributes);
}

static void provider_lock(void) {
    if (pthread_mutex_lock(&provider->lock) == EOWNERDEAD) (void)pthread_mutex_consistent(&provider->lock);
}

static bool provider_knows(uint64_t charge, uint64_t key) {
    for (uint32_t i = 0; i < provider->key_counts[charge]; i++)
        if (provider->keys[charge][i] == key) return true;
    return false;
}

static void provider_refund(uint64_t charge, uint64_t key) {
    provider_lock();
    provider->calls++;
    if (!provider_knows(charge, key) && provider->key_counts[charge] < KEYS_MAX) {
        provider->keys[charge][provider->key_counts[charge]] = key;
        provider->key_counts[charge]++;
    }
    (void)pthread_mutex_unlock(&provider->lock);
}

/* ---- a worker's wire ---------------------------------------------------------------------------------------------------------------- */

static struct {
    uint64_t random;
    struct {
        uint64_t id;
        const char *body;
    } waiting[512];
    size_t count;
} wire;

static void sleep_ms(long ms) {
    (void)nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Text between two marks; empty where they are not there. */
static struct str between(struct str text, const char *before, char after) {
    struct str mark = str_from(before), rest;
    size_t at = str_find(text, mark, 0);
    return at < text.size ? str_cut(str_slice(text, at + mark.size, text.size), after, &rest) : STR_NONE;
}

static const char *refund(struct str key) {
    uint64_t charge = 0;
    if (!str_to_u64(between(key, "/e", '/'), &charge) || charge > REFUND_COUNT) return "{}";
    uint64_t fate = test_random(&wire.random) % 100;
    if (fate < 8) {
        provider->killed_before++;
        (void)raise(SIGKILL);
    }
    provider_refund(charge, hash_str(key, 1));
    if (fate < 16) {
        provider->killed_after++;
        (void)raise(SIGKILL);
    }
    if (fate < 22) {
        provider->overslept++;
        sleep_ms(2 * LEASE_MS);
    }
    return "{\"outcome\":\"done\",\"state\":\"refunded\"}";
}

static const char *read_state(struct str key) {
    uint64_t charge = 0;
    if (!str_to_u64(between(key, "/e", '/'), &charge) || charge > REFUND_COUNT) return "{}";
    provider_lock();
    bool done = provider_knows(charge, hash_str(key, 1));
    (void)pthread_mutex_unlock(&provider->lock);
    return done ? "{\"outcome\":\"done\",\"state\":\"refunded\"}" : "{\"outcome\":\"not_done\"}";
}

static const char *answer_to(const struct wire_request *r) {
    if (str_find(r->url, STR("/describe"), 0) < r->url.size)
        return "{\"protocol\":1,\"name\":\"chaos\",\"systems\":{\"payment\":{\"idempotency\":\"stored_2xx\",\"ttl_s\":86400}}}";
    struct str key = between(r->body, "\"key\":\"", '"');
    return str_find(r->url, STR("/read_state"), 0) < r->url.size ? read_state(key) : refund(key);
}

static enum err wire_start(void *self, const struct wire_request *r, struct problem *p) {
    (void)self, (void)p;
    wire.waiting[wire.count].id = r->id;
    wire.waiting[wire.count++].body = answer_to(r);
    return ERR_OK;
}

static size_t wire_poll(void *self, struct wire_answer *out, size_t count_max, int wait_ms) {
    (void)self;
    size_t count = wire.count < count_max ? wire.count : count_max;
    if (!count) sleep_ms(wait_ms > 5 ? 5 : wait_ms);
    for (size_t i = 0; i < count; i++) {
        wire.count--;
        out[i] = (struct wire_answer){
            .id = wire.waiting[wire.count].id, .fate = WIRE_ANSWERED, .status = 200, .body = str_from(wire.waiting[wire.count].body)};
    }
    return count;
}

static size_t wire_under_way(void *self) {
    (void)self;
    return wire.count;
}

static void wire_wake(void *self) {
    (void)self;
}

/* ---- workers ------------------------------------------------------------------------------------------------------------------------ */

static int64_t wall_ms(void *self) {
    struct timespec t;
    (void)self;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void fill(void *self, void *bytes, size_t size) {
    (void)self;
    for (size_t i = 0; i < size; i++) ((unsigned char *)bytes)[i] = (unsigned char)test_random(&wire.random);
}

/* Nobody absorbs here: what is ANSWERED in the store is what counts. */
static enum err take(void *context, const struct event *e) {
    (void)context, (void)e;
    return ERR_OK;
}

static struct counterparts provider_alone(void) {
    struct counterparts c = {.count = 1};
    c.list[0] = (struct counterpart){.name = STR("psp"),
                                     .url = STR("http://psp"),
                                     .adapter = "http",
                                     .systems = {STR("payment")},
                                     .system_count = 1,
                                     .concurrency = 8,
                                     .timeout_ms = 50,
                                     .secret_sizes = {32}};
    return c;
}

__attribute__((noreturn)) static void work(const char *path, bool key_per_attempt, uint64_t seed) {
    static const struct wire_ops operations = {wire_start, wire_poll, wire_under_way, wire_wake};
    struct counterparts counterparts = provider_alone();
    struct incident_store store;
    struct problem p = {0};
    struct courier *courier;
    wire.random = seed;
    enum err err = incident_sqlite_open(path, &store, &p);
    struct courier_options o = {.store = store,
                                .wire = {&operations, NULL},
                                .clock = {wall_ms, wall_ms, NULL},
                                .entropy = {fill, NULL},
                                .counterparts = &counterparts,
                                .lease_ms = LEASE_MS,
                                .key_per_attempt = key_per_attempt,
                                .submit = take};
    if (!err) err = courier_open(&o, malloc(courier_memory_size()), &courier, &p);
    for (bool busy; !err;) err = courier_turn(courier, 5, &busy, &p);
    _exit(err == ERR_BUSY ? 0 : 1);
}

static pid_t start(const char *path, bool key_per_attempt, uint64_t seed) {
    pid_t pid = fork();
    if (pid == 0) work(path, key_per_attempt, seed);
    return pid;
}

/* ---- the run ------------------------------------------------------------------------------------------------------------------------ */

static void put_steps(struct incident_store s) {
    static struct incident_write writes[REFUND_COUNT];
    static char texts[REFUND_COUNT][2][48];
    struct problem p;
    uint64_t absorbed;
    for (size_t i = 0; i < REFUND_COUNT; i++) {
        (void)snprintf(texts[i][0], sizeof texts[i][0], "inc_1/e%zu/undo.refund/1", i + 1);
        (void)snprintf(texts[i][1], sizeof texts[i][1], "inc_1/e%zu", i + 1);
        writes[i] = (struct incident_write){.kind = WRITE_STEP, .position = 1};
        writes[i].as.step = (struct step_row){.id = str_from(texts[i][0]),
                                              .effect = str_from(texts[i][1]),
                                              .incident = STR("inc_1"),
                                              .account = STR("a1"),
                                              .system = STR("payment"),
                                              .verb = STR("undo"),
                                              .how = STR("refund"),
                                              .lane = LANE_UNDO,
                                              .request = STR("{\"system\":\"payment\",\"verb\":\"undo\",\"how\":\"refund\"}"),
                                              .generation = 1,
                                              .created_ms = wall_ms(NULL),
                                              .position = 1};
    }
    EXPECT_EQ(s.ops->begin(s.self, &absorbed, &p), ERR_OK);
    EXPECT_EQ(s.ops->put(s.self, writes, REFUND_COUNT, &p), ERR_OK);
    EXPECT_EQ(s.ops->finish(s.self, 1, &p), ERR_OK);
}

static size_t answered(struct incident_store s, struct arena *step, size_t *done) {
    struct step_row *rows;
    size_t count = 0;
    arena_reset(step);
    if (s.ops->unreported(s.self, REFUND_COUNT, step, &rows, &count)) return 0;
    *done = 0;
    for (size_t i = 0; i < count; i++) *done += rows[i].outcome == STEP_OUTCOME_DONE;
    return count;
}

struct toll {
    size_t answered, done, refunded, doubled, killed;
};

static struct toll run(bool key_per_attempt, uint64_t seed) {
    char directory[] = "/tmp/hikeshi-chaos-XXXXXX", path[64];
    struct toll out = {0};
    struct incident_store store;
    struct problem p;
    pid_t workers[WORKER_COUNT] = {0};
    size_t size = 8U * 1024 * 1024;
    struct arena step = arena_over(malloc(size), size);
    EXPECT(mkdtemp(directory) != NULL);
    (void)snprintf(path, sizeof path, "%s/incidents.db", directory);
    EXPECT_EQ(incident_sqlite_open(path, &store, &p), ERR_OK);
    provider_open();
    put_steps(store);
    uint64_t random = seed;
    int64_t end_ms = wall_ms(NULL) + PATIENCE_S * 1000;
    while ((out.answered = answered(store, &step, &out.done)) < REFUND_COUNT && wall_ms(NULL) < end_ms) {
        for (size_t i = 0; i < WORKER_COUNT; i++) {
            if (workers[i] && waitpid(workers[i], NULL, WNOHANG) == workers[i]) workers[i] = 0, out.killed++;
            if (!workers[i]) workers[i] = start(path, key_per_attempt, test_random(&random));
        }
        sleep_ms(10);
        /* At any moment, so also in a commit. */
        if (test_random(&random) % 4 == 0) (void)kill(workers[test_random(&random) % WORKER_COUNT], SIGKILL);
    }
    for (size_t i = 0; i < WORKER_COUNT; i++) (void)kill(workers[i], SIGKILL), (void)waitpid(workers[i], NULL, 0);
    for (size_t i = 1; i <= REFUND_COUNT; i++) {
        out.refunded += provider->key_counts[i] > 0;
        out.doubled += provider->key_counts[i] > 1;
    }
    printf("%s: %zu of %d refunds made, %zu more than once; %llu calls; %zu workers died, %llu before and %llu after sending; %llu "
           "overslept\n",
           key_per_attempt ? "control, a key per attempt" : "one key", out.refunded, REFUND_COUNT, out.doubled,
           (unsigned long long)provider->calls, out.killed, (unsigned long long)provider->killed_before,
           (unsigned long long)provider->killed_after, (unsigned long long)provider->overslept);
    incident_sqlite_close(&store);
    char command[96];
    (void)snprintf(command, sizeof command, "rm -rf %s", directory);
    EXPECT_EQ(system(command), 0);
    (void)munmap(provider, sizeof *provider);
    free(step.at);
    return out;
}

TEST(no_refund_is_made_twice_or_forgotten) {
    struct toll o = run(false, 20261125);
    EXPECT_EQ(o.done, REFUND_COUNT);
    EXPECT_EQ(o.refunded, REFUND_COUNT);
    EXPECT_EQ(o.doubled, 0);
    EXPECT(o.killed > 10);
}

TEST(the_control_pays_twice) {
    size_t doubled = 0;
    for (uint64_t seed = 1; seed <= 3 && !doubled; seed++) doubled = run(true, seed).doubled;
    EXPECT(doubled > 0);
}

int main(void) {
    RUN(no_refund_is_made_twice_or_forgotten);
    RUN(the_control_pays_twice);
    return test_end();
}
