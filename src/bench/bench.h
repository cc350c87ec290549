// SPDX-License-Identifier: Apache-2.0
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "bench/bodies.h"
#include "bench/report.h"
#include "cli/child_server.h"

/*
 * The bench: sections in the order of sections.def, each of which adds rows to the report. They share one data directory, filled once with
 * all accounts, so that a decision is measured among a million accounts and not in an empty table.
 */
struct bench {
    uint64_t accounts;
    double seconds; /* of one measurement */
    bool quick;
    const char *only; /* one section by name, or NULL */
    struct bench_report report;
    struct child_server place; /* directory with data/ and key; the server too, while a section runs one */
    bool filled;               /* data/ holds all accounts */
    uint64_t next_request;     /* number of the next request's body: ids must never repeat */
    int64_t now_ms;
    void (*say)(const char *line); /* what is being done now */
};

struct section {
    const char *name, *sentence;
    enum err (*run)(struct bench *b, struct problem *p);
};
extern const struct section bench_sections[]; /* ends with a NULL name */

/* Runs the sections; what one cannot measure is said in *p and ends the bench. The directory is removed in any case. */
enum err bench_run(struct bench *b, struct problem *p) MUST_USE;

/* -- for the sections ---------------------------------------------------------------------------------------------------------------- */

/*
 * Runs `work` in a child process on the server's core, so that its memory and caches are its own. It writes what it found into `found`
 * (`size` bytes, shared, zero at first). With `crash` the child ends without giving anything back, as by a power cut after its last sync.
 */
enum err bench_in_child(enum err (*work)(const struct bench *b, void *found, struct problem *p), const struct bench *b, void *found,
                        size_t size, struct problem *p) MUST_USE;
/* Fills DIRECTORY/data with all accounts where that was not done before. */
enum err bench_fill(struct bench *b, struct problem *p) MUST_USE;
double bench_seconds_since(int64_t from_ns);

/* Where the made-up shop's year begins, so that it ends an hour ago. */
#define WORLD_SEED UINT64_C(20260301)
int64_t bench_world_from_ms(const struct bench *b);
uint32_t bench_world_step_us(const struct bench *b, uint64_t events);

enum err section_replay(struct bench *b, struct problem *p) MUST_USE;
enum err section_accounts(struct bench *b, struct problem *p) MUST_USE;
enum err section_rooms(struct bench *b, struct problem *p) MUST_USE;
enum err section_journal(struct bench *b, struct problem *p) MUST_USE;
enum err section_decisions(struct bench *b, struct problem *p) MUST_USE;
enum err section_ingest(struct bench *b, struct problem *p) MUST_USE;
enum err section_response(struct bench *b, struct problem *p) MUST_USE;
enum err section_telling(struct bench *b, struct problem *p) MUST_USE;
enum err section_report(struct bench *b, struct problem *p) MUST_USE;
enum err section_recovery(struct bench *b, struct problem *p) MUST_USE;

#endif
