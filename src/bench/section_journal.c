// SPDX-License-Identifier: Apache-2.0
/* Measures how many records the journal makes durable, by how many share one sync. */
#include <stdio.h>

#include "bench/bench.h"
#include "store/journal.h"
#include "sys/disk.h"

/* An event and its decision as the journal keeps them: about what the made-up shop's come to. */
#define EVENT_BYTES    420
#define DECISION_BYTES 180

static const struct {
    unsigned records;
    const char *key, *what;
} batches[] = {
    {1, "journal_1_per_second", "durable records, each with a sync of its own"},
    {64, "journal_64_per_second", "durable records, 64 to a sync"},
    {512, "journal_512_per_second", "durable records, 512 to a sync"},
    {4096, "journal_4096_per_second", "durable records, 4096 to a sync"},
};
#define BATCH_KINDS (sizeof batches / sizeof batches[0])

struct journal_found {
    double rate[BATCH_KINDS];
};

static enum err commit_batch(struct journal j, unsigned records, struct problem *p) {
    static const char event[EVENT_BYTES] = "event", decision[DECISION_BYTES] = "decision";
    for (unsigned i = 0; i < records; i++) {
        struct journal_record r = {.received_ms = 1, .event = {event, sizeof event}, .decision = {decision, sizeof decision}};
        uint64_t position;
        enum err err = journal_append(j, &r, &position);
        if (err) return problem_set(p, err, "", "", "the journal refused a record: %s", err_word(err));
    }
    if (!journal_seal(j)) return problem_set(p, ERR_BUSY, "", "", "the journal would not close a batch");
    return journal_commit(j, p);
}

static enum err fill_journals(const struct bench *b, void *found, struct problem *p) {
    struct journal_found *f = found;
    struct disk disk = sys_disk();
    char directory[160];
    (void)snprintf(directory, sizeof directory, "%s/journal", b->place.directory);
    enum err err = disk.ops->make_directory(disk.self, directory, p);
    struct journal_options o = {.seed = WORLD_SEED};
    struct journal_files *files;
    struct journal_report report;
    if (!err) err = journal_files_open(disk, directory, &o, &files, &report, p);
    for (unsigned kind = 0; kind < BATCH_KINDS && !err; kind++) {
        uint64_t records = 0;
        int64_t from = bench_now_ns();
        while (!err && bench_seconds_since(from) < b->seconds / 4) {
            err = commit_batch(journal_files_port(files), batches[kind].records, p);
            records += batches[kind].records;
        }
        f->rate[kind] = (double)records / bench_seconds_since(from);
    }
    return err ? err : journal_files_close(files, p);
}

enum err section_journal(struct bench *b, struct problem *p) {
    struct journal_found f;
    enum err err = bench_in_child(fill_journals, b, &f, sizeof f, p);
    for (unsigned kind = 0; kind < BATCH_KINDS && !err; kind++) {
        struct bench_row *row = report_add(&b->report, batches[kind].key, batches[kind].what, UNIT_PER_SECOND, f.rate[kind]);
        (void)snprintf(row->limit, sizeof row->limit, "%.0f us a batch of %u x %d B; fdatasync alone p50 %.0f us",
                       batches[kind].records * 1e6 / f.rate[kind], batches[kind].records, EVENT_BYTES + DECISION_BYTES,
                       b->report.before.sync_p50_us);
    }
    return err;
}
