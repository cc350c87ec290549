// SPDX-License-Identifier: Apache-2.0
/* Measures the server as a shop meets it: decisions and batches over HTTP, and its return after kill -9. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/load.h"
#include "net/http_client.h"

#define GOAL_P999_MS      10
#define CONNECTIONS       256
#define BATCH_EVENTS      500
#define BATCH_CONNECTIONS 8
#define POOL_EVENTS(b)    ((b)->quick ? UINT64_C(20000) : UINT64_C(100000))

/* Starts the server on its core; the directory is filled first. */
static enum err launch(struct bench *b, struct problem *p) {
    cpu_set_t before;
    bool known = sched_getaffinity(0, sizeof before, &before) == 0;
    bench_pin(BENCH_SERVER_CORE);
    enum err err = child_server_launch(&b->place, NULL, p);
    if (known) (void)sched_setaffinity(0, sizeof before, &before);
    return err;
}

/* Ends the server in an orderly way and leaves its directory. */
static void end_server(struct bench *b) {
    if (b->place.pid > 0) (void)kill(b->place.pid, SIGTERM);
    if (b->place.pid > 0) (void)waitpid(b->place.pid, NULL, 0);
    b->place.pid = -1;
}

/* Bodies of events that happen from an hour ago on, at accounts of the filled directory. */
static enum err make_bodies(struct bench *b, unsigned per_request, struct bodies *out, struct problem *p) {
    struct world w;
    void *memory = malloc(WORLD_MEMORY_SIZE(b->accounts));
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory for the bench's accounts");
    world_init(&w, WORLD_SEED, b->accounts, b->now_ms - 3600000, 10, memory);
    w.made = b->accounts; /* every account has logged in once already */
    enum err err = bodies_init(out, &w, POOL_EVENTS(b), per_request, p);
    free(memory);
    return err;
}

static struct load make_load(const struct bench *b, struct bodies *bodies, const char *path, unsigned connections, unsigned pipeline) {
    bool batch = bodies->per_request > 1;
    return (struct load){.port = b->place.port,
                         .server = b->place.pid,
                         .key = str_from(b->place.key),
                         .path = str_from(path),
                         .media_type = batch ? STR("application/x-ndjson") : STR("application/cloudevents+json"),
                         .must_hold = STR("\"position\":"),
                         .must_hold_count = bodies->per_request,
                         .connections = connections,
                         .pipeline = pipeline,
                         .seconds = b->seconds,
                         .drain_seconds = 5,
                         .seed = WORLD_SEED,
                         .first_index = b->next_request,
                         .body = bodies_write,
                         .context = bodies};
}

static enum err check_answers(const struct load_figures *f, struct problem *p) {
    if (f->refused)
        return problem_set(p, ERR_CORRUPT, "", "", "the server answered %u to a good event: %.100s", f->first_bad_status, f->first_bad);
    if (f->answered == 0) return problem_set(p, ERR_TIMEOUT, "", "", "the server answered nothing");
    return ERR_OK;
}

/* What ended the climb, from what is known: the generator's core, the server's core, or waiting. */
static void explain(char *out, size_t size, const struct bench *b, const struct load_figures *f, double events) {
    const char *limit = f->cpu_share > 0.95     ? "the load generator's core is full: the server may carry more"
                        : f->server_cores > 0.9 ? "the server's core is full"
                                                : "neither core is full: waiting for the disk or for the scheduler";
    (void)snprintf(out, size,
                   "%s; server %.2f cores, %.2f us an event (loopback echo p50 %.0f us, fdatasync p99 %.0f us); generator %.2f cores%s",
                   limit, f->server_cores, f->server_cores * 1e6 / (f->rate * events), b->report.before.echo_p50_us,
                   b->report.before.sync_p99_us, f->cpu_share, f->late ? ", and late at times" : "");
}

/* -- decisions ----------------------------------------------------------------------------------------------------------------------- */

static void report_latencies(struct bench *b, const struct load_figures *half) {
    (void)report_add(&b->report, "decision_p50_us", "a decision at half that rate, p50 from the intended time", UNIT_MICROSECONDS,
                     half->p50_us);
    (void)report_add(&b->report, "decision_p99_us", "the same, p99", UNIT_MICROSECONDS, half->p99_us);
    (void)report_add(&b->report, "decision_p999_us", "the same, p99.9", UNIT_MICROSECONDS, half->p999_us);
    (void)report_add(&b->report, "decision_max_us", "the same, worst", UNIT_MICROSECONDS, half->max_us);
}

static enum err measure_decisions(struct bench *b, struct bodies *bodies, struct problem *p) {
    struct load l = make_load(b, bodies, "/v1/decisions", CONNECTIONS, 1);
    struct load_figures ceiling, best, half;
    l.seconds = b->seconds / 2;
    enum err err = load_run(&l, &ceiling, p); /* as many as go: warms up, and tells where to search */
    if (!err) err = check_answers(&ceiling, p);
    if (err) return err;
    l.first_index += ceiling.sent;
    l.seconds = b->seconds;
    err = load_find_rate(&l, ceiling.rate / 2, GOAL_P999_MS, b->quick ? 2 : 5, &best, p);
    if (err && err != ERR_NOT_FOUND) return err;
    bool held = err == ERR_OK;
    l.rate = best.rate / 2;
    err = load_run(&l, &half, p);
    b->next_request = l.first_index + half.sent;
    if (err) return err;
    struct bench_row *row = report_add(&b->report, "decisions_per_second", "durable decisions over HTTP at p99.9 <= 10 ms, one server core",
                                       UNIT_PER_SECOND, held ? best.rate : 0);
    (void)report_goal(row, RULE_AT_LEAST, 80e3);
    explain(row->limit, sizeof row->limit, b, &best, 1);
    (void)report_add(&b->report, "decisions_per_core_second", "the same, per core-second that the server used", UNIT_PER_SECOND,
                     best.server_cores > 0 ? best.rate / best.server_cores : 0);
    row = report_add(&b->report, "decisions_ceiling_per_second", "the same, closed loop (a ceiling without a latency)", UNIT_PER_SECOND,
                     ceiling.rate);
    (void)snprintf(row->limit, sizeof row->limit, "%u connections, one request each at a time", CONNECTIONS);
    report_latencies(b, &half);
    return ERR_OK;
}

enum err section_decisions(struct bench *b, struct problem *p) {
    struct bodies bodies = {0};
    enum err err = bench_fill(b, p);
    if (!err) err = make_bodies(b, 1, &bodies, p);
    if (!err) err = launch(b, p);
    if (!err) err = measure_decisions(b, &bodies, p);
    end_server(b);
    bodies_release(&bodies);
    return err;
}

/* -- batches ------------------------------------------------------------------------------------------------------------------------- */

static enum err measure_ingest(struct bench *b, struct bodies *bodies, struct problem *p) {
    struct load l = make_load(b, bodies, "/v1/events", BATCH_CONNECTIONS, 1);
    struct load_figures f;
    l.first_index = b->next_request = b->next_request / BATCH_EVENTS + 1; /* bodies count in requests here: beyond all ids given so far */
    enum err err = load_run(&l, &f, p);
    if (!err) err = check_answers(&f, p);
    if (err) return err;
    b->next_request = (l.first_index + f.sent) * BATCH_EVENTS;
    struct bench_row *row = report_add(&b->report, "ingest_per_second", "events in NDJSON batches over HTTP, durable, one server core",
                                       UNIT_PER_SECOND, f.rate * BATCH_EVENTS);
    (void)report_goal(row, RULE_AT_LEAST, 500e3);
    explain(row->limit, sizeof row->limit, b, &f, BATCH_EVENTS);
    (void)report_add(&b->report, "ingest_per_core_second", "the same, per core-second that the server used", UNIT_PER_SECOND,
                     f.server_cores > 0 ? f.rate * BATCH_EVENTS / f.server_cores : 0);
    row = report_add(&b->report, "ingest_batch_p99_us", "a batch of 500 events, p99", UNIT_MICROSECONDS, f.p99_us);
    (void)snprintf(row->limit, sizeof row->limit, "closed loop, %u connections", BATCH_CONNECTIONS);
    return ERR_OK;
}

enum err section_ingest(struct bench *b, struct problem *p) {
    struct bodies bodies = {0};
    enum err err = bench_fill(b, p);
    if (!err) err = make_bodies(b, BATCH_EVENTS, &bodies, p);
    if (!err) err = launch(b, p);
    if (!err) err = measure_ingest(b, &bodies, p);
    end_server(b);
    bodies_release(&bodies);
    return err;
}

/* -- recovery ------------------------------------------------------------------------------------------------------------------------ */

/* Kills the server after a while, from a process of its own, so that it dies under load. */
static pid_t kill_later(pid_t server, double seconds) {
    pid_t child = fork();
    if (child != 0) return child;
    struct timespec wait = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    (void)nanosleep(&wait, NULL);
    (void)kill(server, SIGKILL);
    _exit(0);
}

/* The answer to one event, and the position it names; 0 where there is none. */
static enum err decide_once(struct bench *b, struct bodies *bodies, uint64_t index, uint64_t *position, struct problem *p) {
    static char body[LOAD_BODY_MAX];
    struct http_client c;
    struct str answer, rest;
    unsigned status;
    *position = 0;
    enum err err = http_client_open(&c, b->place.port, str_from(b->place.key), p);
    if (err) return err;
    struct str content = {body, bodies_write(bodies, index, body)};
    err = http_client_request(&c, STR("POST"), STR("/v1/decisions"), STR("application/cloudevents+json"), content, &status, &answer, p);
    if (!err) {
        struct str tail = str_slice(answer, str_find(answer, STR("\"position\":"), 0) + 11, answer.size);
        (void)str_to_u64(str_trim(str_cut(tail, '}', &rest)), position);
        if (status != 200) err = problem_set(p, ERR_CORRUPT, "", "", "the server answered %u", status);
    }
    http_client_close(&c);
    return err;
}

static enum err measure_recovery(struct bench *b, struct bodies *bodies, struct problem *p) {
    struct load l = make_load(b, bodies, "/v1/decisions", CONNECTIONS, 1);
    struct load_figures f;
    uint64_t first = l.first_index++, before = 0, after = 0, next = 0;
    enum err err = decide_once(b, bodies, first, &before, p);
    if (err) return err;
    pid_t killer = kill_later(b->place.pid, b->seconds);
    l.seconds = b->seconds + 1;
    l.drain_seconds = 0.5;
    err = load_run(&l, &f, p);
    (void)waitpid(killer, NULL, 0);
    child_server_kill(&b->place);
    if (err) return err;
    int64_t from = bench_now_ns();
    err = launch(b, p);
    if (!err) err = decide_once(b, bodies, first, &after, p);
    double seconds = bench_seconds_since(from);
    b->next_request = l.first_index + f.sent + 1;
    if (!err) err = decide_once(b, bodies, b->next_request++, &next, p);
    if (err) return err;
    struct bench_row *row =
        report_add(&b->report, "recovery_seconds", "kill -9 under load: start to the first right answer", UNIT_SECONDS, seconds);
    (void)report_goal(row, RULE_AT_MOST, 2);
    (void)snprintf(row->limit, sizeof row->limit, "%llu decisions were acknowledged before; the journal goes on at %llu",
                   (unsigned long long)f.answered, (unsigned long long)next);
    uint64_t known = before + f.answered, lost = (after != before) + (next > known ? 0 : known + 1 - next);
    row = report_add(&b->report, "recovery_lost", "acknowledged decisions lost by it", UNIT_COUNT, (double)lost);
    (void)report_goal(row, RULE_AT_MOST, 0);
    return ERR_OK;
}

enum err section_recovery(struct bench *b, struct problem *p) {
    struct bodies bodies = {0};
    enum err err = bench_fill(b, p);
    if (!err) err = make_bodies(b, 1, &bodies, p);
    if (!err) err = launch(b, p);
    if (!err) err = measure_recovery(b, &bodies, p);
    end_server(b);
    bodies_release(&bodies);
    return err;
}
