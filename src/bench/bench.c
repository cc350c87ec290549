// SPDX-License-Identifier: Apache-2.0
/* Runs the sections of the bench one after the other, over one data directory, and measures the machine before and after. */
#include "bench/bench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/moment.h"

#define WORLD_DAYS 90

const struct section bench_sections[] = {
    {"replay", "events through the rooms in one process, everything in memory", section_replay},
    {"accounts", "memory of an account, opening from a snapshot, recovery from the journal", section_accounts},
    {"rooms", "what each room takes of one event", section_rooms},
    {"journal", "records made durable, by size of the batch", section_journal},
    {"decisions", "single decisions over HTTP, each durable before its answer", section_decisions},
    {"ingest", "batches of events over HTTP, durable", section_ingest},
    {"response", "steps of responses, a campaign of takeovers, the gate", section_response},
    {"telling", "owners told by mail, many at once", section_telling},
    {"report", "what one owner's notice, mail and report take", section_report},
    {"recovery", "kill -9 under full load, and start again", section_recovery},
    {0},
};

int64_t bench_world_from_ms(const struct bench *b) {
    return b->now_ms - WORLD_DAYS * DAY_MS - HOUR_MS;
}

uint32_t bench_world_step_us(const struct bench *b, uint64_t events) {
    (void)b;
    uint64_t step = (uint64_t)(WORLD_DAYS * DAY_MS) * 1000 / events;
    return step > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)step;
}

double bench_seconds_since(int64_t from_ns) {
    return (double)(bench_now_ns() - from_ns) / 1e9;
}

struct child_result {
    enum err err;
    struct problem problem;
};

enum err bench_in_child(enum err (*work)(const struct bench *b, void *found, struct problem *p), const struct bench *b, void *found,
                        size_t size, struct problem *p) {
    size_t head = (sizeof(struct child_result) + 63) & ~(size_t)63;
    char *shared = mmap(NULL, head + size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return problem_set(p, ERR_FULL, "", "", "no memory for a measurement");
    struct child_result *result = (void *)shared;
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        bench_pin(BENCH_SERVER_CORE);
        result->err = work(b, shared + head, &result->problem);
        _exit(0);
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    enum err err = ERR_OK;
    if (child < 0) err = problem_set(p, ERR_IO, "", "", "cannot start a process: %s", strerror(errno));
    else if (!WIFEXITED(status)) err = problem_set(p, ERR_IO, "", "", "a measurement died by signal %d", WTERMSIG(status));
    else if (result->err) {
        *p = result->problem;
        err = result->err;
    }
    memcpy(found, shared + head, size);
    (void)munmap(shared, head + size);
    return err;
}

static bool wanted(const struct bench *b, const char *name) {
    return !b->only || strcmp(b->only, name) == 0;
}

static enum err run_sections(struct bench *b, struct problem *p) {
    for (const struct section *s = bench_sections; s->name; s++) {
        if (!wanted(b, s->name)) continue;
        char line[160];
        (void)snprintf(line, sizeof line, "%s: %s", s->name, s->sentence);
        b->say(line);
        enum err err = s->run(b, p);
        if (err) return err;
    }
    return ERR_OK;
}

enum err bench_run(struct bench *b, struct problem *p) {
    int64_t from = bench_now_ns();
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    b->now_ms = (int64_t)now.tv_sec * 1000;
    char day[32];
    struct buf when = buf_over(day, sizeof day);
    moment_format(&when, b->now_ms);
    (void)snprintf(b->report.when, sizeof b->report.when, "%.10s", day);
    b->report.quick = b->quick;
    b->report.accounts = b->accounts;
    enum err err = child_server_prepare(&b->place, p);
    if (!err) {
        machine_describe(&b->report.machine, b->place.directory);
        b->say("calibration: what the machine can do at all");
        err = calibration_measure(&b->report.before, b->place.directory, b->quick, p);
    }
    if (!err) err = run_sections(b, p);
    if (!err && !b->quick) {
        b->say("calibration again");
        err = calibration_measure(&b->report.after, b->place.directory, true, p);
        b->report.calibrated_after = !err;
    }
    child_server_stop(&b->place);
    b->report.seconds = bench_seconds_since(from);
    return err;
}
