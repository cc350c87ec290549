// SPDX-License-Identifier: Apache-2.0
/* hikeshi baseline: scores a file of events by one of the methods that ours is compared with. */
#include "baseline/baseline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "cli/cli.h"
#include "cli/import.h"
#include "cli/plain_text.h"

static const struct cli_option options[] = {
    {"--events", "FILE", "the events, one JSON object a line, in order of time; - for standard input"},
    {"--seed", "N", "of random, isolation_forest and boosted (default 1)"},
    {"--list", NULL, "name the baselines and stop"},
    {0},
};

#define STEP_SIZE ((size_t)EVENT_JSON_SIZE_MAX * 20)

/* A file of events being read. */
struct reading {
    struct import_source source;
    void *memory;
    struct arena step;
    uint64_t refused;
    int fd;
};

static enum err reading_open(struct reading *r, const char *name, struct problem *p) {
    *r = (struct reading){.fd = -1, .memory = malloc(IMPORT_MEMORY_SIZE + STEP_SIZE)};
    if (!r->memory) return problem_set(p, ERR_FULL, "", "", "no memory to read with");
    r->step = arena_over((char *)r->memory + IMPORT_MEMORY_SIZE, STEP_SIZE);
    r->fd = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0) return problem_set(p, ERR_IO, name, "", "cannot open '%s': %s", name, strerror(errno));
    return import_open(&r->source, &import_ndjson, r->fd, r->memory, p);
}

static void reading_close(struct reading *r) {
    if (r->fd > STDERR_FILENO) (void)close(r->fd);
    free(r->memory);
}

static void report_refusal(struct reading *r, uint64_t line, const struct problem *bad) {
    (void)fprintf(stderr, "line %llu: ", (unsigned long long)line);
    plain_text_print(stderr, str_from(bad->what));
    (void)fprintf(stderr, " (%s)\n", bad->where);
    r->refused++;
}

/* The next event, past those that are refused; *end at the end. Borrowed until the next call. */
static enum err reading_next(struct reading *r, struct event *e, bool *end, struct problem *p) {
    for (;;) {
        struct import_piece piece;
        struct problem bad = {0};
        enum import_result result = import_next(&r->source, &piece, &bad);
        *end = result == IMPORT_END;
        if (*end) return ERR_OK;
        if (result == IMPORT_FAILED) return *p = bad, bad.err ? bad.err : ERR_IO;
        arena_reset(&r->step);
        if (result == IMPORT_PIECE && !ingest_event(piece.json, INT64_MAX - EVENT_FUTURE_MS_MAX, &r->step, e, &bad)) return ERR_OK;
        report_refusal(r, piece.line, &bad);
    }
}

static void write_score(struct str id, double score) {
    char memory[EVENT_ID_SIZE_MAX * 6 + 64];
    struct buf b = buf_over(memory, sizeof memory);
    buf_text(&b, STR("{\"id\":"));
    buf_json(&b, id);
    buf_fmt(&b, ",\"score\":%.9g}\n", score);
    CHECK(!b.overflow);
    (void)fwrite(b.at, 1, b.size, stdout);
}

static enum err score_all(struct baseline_run *run, struct reading *r, struct problem *p) {
    for (;;) {
        struct event e;
        bool end;
        double score;
        enum err err = reading_next(r, &e, &end, p);
        if (err || end) return err;
        err = baseline_step(run, &e, &score, p);
        if (err) return err;
        write_score(e.id, score);
    }
}

static int list_all(void) {
    for (unsigned i = 0; baseline_at(i); i++) printf("%-18s %s\n", baseline_at(i)->name, baseline_at(i)->sentence);
    return 0;
}

static enum err read_options(const struct arguments *a, const struct baseline **b, struct baseline_options *o, struct problem *p) {
    const char *name = a->operand_count ? a->operands[0] : "", *seed = argument(a, "--seed", "1");
    *b = baseline_from(str_from(name));
    if (a->operand_count != 1) return problem_set(p, ERR_INVALID, "", "hikeshi baseline --list names them", "name one baseline");
    if (!*b) return problem_set(p, ERR_INVALID, "", "hikeshi baseline --list names them", "there is no baseline '%s'", name);
    if (!str_to_u64(str_from(seed), &o->seed))
        return problem_set(p, ERR_INVALID, "--seed", "give a whole number from 0", "'%s' is no seed", seed);
    if (!argument(a, "--events", NULL))
        return problem_set(p, ERR_INVALID, "--events", "say which file, or - for standard input", "no events are given");
    return ERR_OK;
}

static int run(const struct arguments *a) {
    if (argument_given(a, "--list")) return list_all();
    struct problem p = {0};
    const struct baseline *b;
    struct baseline_options o = {0};
    enum err err = read_options(a, &b, &o, &p);
    if (err) return cli_fail(&p);
    struct reading reading;
    struct baseline_run baseline = {0};
    err = reading_open(&reading, argument(a, "--events", ""), &p);
    if (!err) err = baseline_open(&baseline, b, &o, &p);
    if (!err) err = score_all(&baseline, &reading, &p);
    if (!err && fflush(stdout) != 0) err = problem_set(&p, ERR_IO, "", "is the disk full?", "cannot write the scores: %s", strerror(errno));
    uint64_t count = baseline.position, refused = reading.refused;
    if (baseline.baseline) baseline_close(&baseline);
    reading_close(&reading);
    return err ? cli_fail(&p) : refused && !count ? 1 : 0;
}

extern const struct command command_baseline;
const struct command command_baseline = {
    .name = "baseline",
    .sentence = "score a file of events by a method that ours is compared with",
    .operands = "NAME",
    .options = options,
    .run = run,
    .example = "hikeshi baseline freeman --events shop.ndjson > freeman.ndjson",
};
