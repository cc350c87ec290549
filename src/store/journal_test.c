// SPDX-License-Identifier: Apache-2.0
/* Proves the journal: what was acknowledged is there after any crash, nothing else appears, and damage is told from a torn tail. */
#include "store/journal.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/bounds.h"
#include "base/hash.h"
#include "base/test.h"
#include "store/disk_memory.h"
#include "store/journal_memory.h"
#include "store/segment.h"

#define SEED         UINT64_C(77)
#define SEGMENT_SIZE (32U * 1024)

static char bytes_of_event[JOURNAL_RECORD_SIZE_MAX];

/* Record n is the same in every test: sizes from 0 to some hundred bytes, sometimes thousands, content by its number. */
static struct journal_record record_of(uint64_t n) {
    uint64_t random = hash_mix(n, 5);
    size_t size = random % 16 == 0 ? random / 16 % 9000 : random / 16 % 400;
    for (size_t i = 0; i < size; i++) bytes_of_event[i] = (char)hash_mix(n, i / 8);
    return (struct journal_record){.position = n,
                                   .previous = n / 2,
                                   .received_ms = (int64_t)(n * 1000),
                                   .event = {bytes_of_event, size - size / 4},
                                   .decision = {bytes_of_event + (size - size / 4), size / 4}};
}

static bool is_record(const struct journal_record *r, uint64_t n) {
    struct journal_record wanted = record_of(n);
    return r->position == n && r->previous == wanted.previous && r->received_ms == wanted.received_ms &&
           str_equal(r->event, wanted.event) && str_equal(r->decision, wanted.decision);
}

/* Appends records up to `to`, in batches of a size that the number says, committing each; the last position that was acknowledged. */
static uint64_t append_up_to(struct journal j, uint64_t to, uint64_t *appended) {
    while (journal_last(j) < to) {
        uint64_t batch = 1 + hash_mix(journal_last(j), 6) % 12, position = 0;
        for (uint64_t i = 0; i < batch && journal_last(j) < to; i++) {
            struct journal_record r = record_of(journal_last(j) + 1);
            if (journal_append(j, &r, &position) != ERR_OK) break;
            if (appended) *appended = position;
        }
        if (!journal_seal(j) || journal_commit(j, NULL) != ERR_OK) break;
    }
    return journal_durable(j);
}

struct checking {
    uint64_t next;
    bool same;
};

static enum err check_next(void *context, const struct journal_record *r) {
    struct checking *c = context;
    c->same = c->same && is_record(r, c->next++);
    return ERR_OK;
}

/* Scans from a position; the last one that was as it should be, or 0 where one was not. */
static uint64_t scanned_from(struct journal j, uint64_t from, enum err *err) {
    struct checking c = {.next = from, .same = true};
    struct problem p = {0};
    *err = j.ops->scan(j.self, from, check_next, &c, &p);
    return c.same ? c.next - 1 : 0;
}

static void expect_records(struct journal j, uint64_t to) {
    static char memory[2 * JOURNAL_RECORD_SIZE_MAX];
    struct arena step = arena_over(memory, sizeof memory);
    struct journal_record r;
    enum err err;
    EXPECT_EQ(journal_last(j), to);
    EXPECT_EQ(scanned_from(j, 1, &err), to);
    EXPECT(err == ERR_OK);
    for (uint64_t n = 1; n <= to; n += 1 + n % 7) {
        arena_reset(&step);
        EXPECT(journal_read(j, n, &step, &r) == ERR_OK && is_record(&r, n));
    }
    EXPECT_EQ(scanned_from(j, to / 2 + 1, &err), to);
    EXPECT(journal_read(j, to + 1, &step, &r) == ERR_NOT_FOUND);
    EXPECT(journal_read(j, 0, &step, &r) == ERR_NOT_FOUND);
}

static struct journal_files *open_on(struct disk_memory *m, enum err *err, struct journal_report *report, struct problem *p) {
    struct journal_options o = {.seed = SEED, .segment_size = SEGMENT_SIZE};
    struct journal_files *j = NULL;
    *err = journal_files_open(disk_memory_disk(m), "/j", &o, &j, report, p);
    return *err ? NULL : j;
}

static struct journal_files *open_well(struct disk_memory *m) {
    struct journal_report report;
    struct problem p = {0};
    enum err err;
    struct journal_files *j = open_on(m, &err, &report, &p);
    if (err) printf("%s: %s\n", p.where, p.what);
    EXPECT(err == ERR_OK);
    return j;
}

/* After a fault, closing may fail as well; the memory comes back all the same. */
static void close_broken(struct journal_files *j) {
    enum err err = journal_files_close(j, NULL);
    (void)err;
}

static struct disk_memory *new_disk(uint64_t seed) {
    struct disk_memory *m = disk_memory_open(seed);
    struct disk d = disk_memory_disk(m);
    EXPECT(d.ops->make_directory(m, "/j", NULL) == ERR_OK);
    EXPECT(d.ops->sync_directory(m, "", NULL) == ERR_OK);
    return m;
}

/* ---- both journals ---- */

static void play_port(struct journal j) {
    enum err err;
    struct journal_record r = record_of(1);
    uint64_t position;
    EXPECT_EQ(journal_first(j), 1);
    EXPECT_EQ(journal_last(j), 0);
    EXPECT(!journal_seal(j));
    EXPECT(journal_commit(j, NULL) == ERR_OK);
    EXPECT(journal_append(j, &r, &position) == ERR_OK);
    EXPECT_EQ(position, 1);
    expect_records(j, 1); /* open batch */
    EXPECT(journal_seal(j));
    r = record_of(2);
    EXPECT(journal_append(j, &r, &position) == ERR_OK);
    EXPECT(!journal_seal(j)); /* the batch before is not committed */
    EXPECT_EQ(journal_durable(j), 0);
    expect_records(j, 2); /* sealed and open */
    EXPECT(journal_commit(j, NULL) == ERR_OK);
    EXPECT_EQ(journal_durable(j), 1);
    EXPECT(journal_seal(j));
    EXPECT(journal_commit(j, NULL) == ERR_OK);
    EXPECT_EQ(append_up_to(j, 900, NULL), 900);
    for (uint64_t n = 901; n <= 905; n++) {
        r = record_of(n);
        EXPECT(journal_append(j, &r, &position) == ERR_OK);
    }
    expect_records(j, 905);
    EXPECT_EQ(scanned_from(j, 905, &err), 905);
    EXPECT_EQ(scanned_from(j, 906, &err), 905);
    EXPECT(journal_seal(j));
    EXPECT(journal_commit(j, NULL) == ERR_OK);
    r.event.size = JOURNAL_RECORD_SIZE_MAX;
    EXPECT(journal_append(j, &r, &position) == ERR_TOO_LARGE);
}

TEST(journal_in_files_keeps_the_port) {
    struct disk_memory *m = new_disk(1);
    struct journal_files *j = open_well(m);
    play_port(journal_files_port(j));
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    j = open_well(m);
    expect_records(journal_files_port(j), 905);
    EXPECT_EQ(append_up_to(journal_files_port(j), 1000, NULL), 1000);
    expect_records(journal_files_port(j), 1000);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    disk_memory_close(m);
}

TEST(journal_in_memory_keeps_the_port) {
    struct journal_memory *j = NULL;
    EXPECT(journal_memory_open(&j, NULL) == ERR_OK);
    play_port(journal_memory_port(j));
    journal_memory_close(j);
}

TEST(a_full_batch_says_so_and_goes_on_after_its_commit) {
    struct disk_memory *m = new_disk(1);
    struct journal_options o = {.seed = SEED};
    struct journal_files *j = NULL;
    struct journal_report report;
    EXPECT(journal_files_open(disk_memory_disk(m), "/j", &o, &j, &report, NULL) == ERR_OK);
    struct journal port = journal_files_port(j);
    struct journal_record r = {.event = {bytes_of_event, JOURNAL_RECORD_SIZE_MAX - 40}};
    uint64_t position, count = 0;
    enum err err;
    while ((err = journal_append(port, &r, &position)) == ERR_OK) count++;
    EXPECT(err == ERR_FULL);
    EXPECT_EQ(count, JOURNAL_BATCH_SIZE_MAX / JOURNAL_RECORD_SIZE_MAX);
    for (int i = 0; i < 10; i++) { /* beyond one segment of the usual size */
        EXPECT(journal_seal(port));
        while (journal_append(port, &r, &position) == ERR_OK) count++;
        EXPECT(journal_commit(port, NULL) == ERR_OK);
    }
    EXPECT(journal_seal(port));
    EXPECT(journal_commit(port, NULL) == ERR_OK);
    EXPECT_EQ(journal_durable(port), count);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    EXPECT(journal_files_open(disk_memory_disk(m), "/j", &o, &j, &report, NULL) == ERR_OK);
    EXPECT_EQ(report.records, count);
    EXPECT_EQ(report.segments, 2);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    disk_memory_close(m);
}

TEST(what_was_not_committed_is_dropped_by_closing) {
    for (int sealed = 0; sealed < 2; sealed++) {
        struct disk_memory *m = new_disk(2);
        struct journal_files *j = open_well(m);
        struct journal_record r = record_of(21);
        uint64_t position;
        EXPECT_EQ(append_up_to(journal_files_port(j), 20, NULL), 20);
        EXPECT(journal_append(journal_files_port(j), &r, &position) == ERR_OK);
        if (sealed) EXPECT(journal_seal(journal_files_port(j)));
        EXPECT(journal_files_close(j, NULL) == ERR_OK);
        j = open_well(m);
        expect_records(journal_files_port(j), 20);
        EXPECT_EQ(append_up_to(journal_files_port(j), 30, NULL), 30);
        expect_records(journal_files_port(j), 30);
        EXPECT(journal_files_close(j, NULL) == ERR_OK);
        disk_memory_close(m);
    }
}

/* ---- crashes ---- */

/* Everything acknowledged is there, nothing appears that was not appended; then life goes on, through another crash. */
static void expect_recovery(struct disk_memory *m, uint64_t acknowledged, uint64_t appended) {
    struct journal_files *j = open_well(m);
    if (!j) return;
    struct journal port = journal_files_port(j);
    uint64_t kept = journal_last(port), further = 0;
    EXPECT(kept >= acknowledged && kept <= appended);
    expect_records(port, kept);
    disk_memory_fault(m, DISK_FAULT_POWER, disk_memory_steps(m) + kept % 9);
    uint64_t durable = append_up_to(port, kept + 40, &further);
    close_broken(j);
    disk_memory_crash(m);
    j = open_well(m);
    if (!j) return;
    EXPECT(journal_last(journal_files_port(j)) >= durable);
    kept = journal_last(journal_files_port(j));
    expect_records(journal_files_port(j), kept);
    EXPECT_EQ(append_up_to(journal_files_port(j), kept + 5, NULL), kept + 5);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
}

/* One life: two stretches of work, in relaxed mode with a sync between. true where it came to its end; *safe must survive. */
static bool live(struct disk_memory *m, bool relaxed, uint64_t *safe, uint64_t *appended) {
    struct journal_options o = {.seed = SEED, .segment_size = SEGMENT_SIZE, .relaxed = relaxed};
    struct journal_report report;
    struct journal_files *j = NULL;
    *safe = *appended = 0;
    if (journal_files_open(disk_memory_disk(m), "/j", &o, &j, &report, NULL) != ERR_OK) return false;
    uint64_t acknowledged = append_up_to(journal_files_port(j), 100, appended);
    if (!relaxed || journal_files_sync(j, NULL) == ERR_OK) *safe = acknowledged;
    acknowledged = append_up_to(journal_files_port(j), 260, appended);
    if (!relaxed) *safe = acknowledged;
    bool ended = journal_files_close(j, NULL) == ERR_OK && acknowledged == 260;
    if (ended) *safe = acknowledged;
    return ended;
}

static void strike_at_every_step(bool relaxed) {
    bool ended = false;
    for (uint64_t step = 0; !ended; step++) {
        struct disk_memory *m = new_disk(step);
        uint64_t safe, appended;
        disk_memory_fault(m, DISK_FAULT_POWER, disk_memory_steps(m) + step);
        ended = live(m, relaxed, &safe, &appended);
        EXPECT(!ended || step > (relaxed ? 60 : 100)); /* it did strike often */
        for (uint64_t way = 0; way < 6; way++) {
            struct disk_memory *after = disk_memory_copy(m, step * 100 + way);
            disk_memory_crash(after);
            struct journal_files *idle = way % 2 ? open_well(after) : NULL; /* started and stopped before anything comes */
            EXPECT(!idle || journal_files_close(idle, NULL) == ERR_OK);
            expect_recovery(after, safe, appended);
            disk_memory_close(after);
        }
        disk_memory_close(m);
    }
}

TEST(a_crash_at_any_step_loses_nothing_acknowledged_and_invents_nothing) {
    strike_at_every_step(false);
}

TEST(a_crash_at_any_step_of_relaxed_mode_loses_nothing_synced) {
    strike_at_every_step(true);
}

TEST(after_a_failed_sync_the_journal_refuses_everything) {
    for (uint64_t step = 0; step < 120; step += 7) {
        struct disk_memory *m = new_disk(step);
        struct journal_files *j = open_well(m);
        struct journal port = journal_files_port(j);
        struct journal_record r = record_of(1);
        struct problem p = {0};
        uint64_t position;
        disk_memory_fault(m, DISK_FAULT_SYNC, disk_memory_steps(m) + step);
        uint64_t acknowledged = append_up_to(port, 1000, NULL);
        EXPECT(acknowledged < 1000);
        EXPECT(journal_append(port, &r, &position) == ERR_IO);
        EXPECT(!journal_seal(port));
        EXPECT(journal_commit(port, &p) == ERR_IO);
        EXPECT(p.what[0] && p.fix[0]);
        EXPECT_EQ(journal_durable(port), acknowledged);
        close_broken(j);
        disk_memory_crash(m);
        expect_recovery(m, acknowledged, acknowledged + 13);
        disk_memory_close(m);
    }
}

TEST(a_full_disk_stops_the_journal_and_keeps_what_was_acknowledged) {
    for (uint64_t step = 0; step < 120; step += 5) {
        struct disk_memory *m = new_disk(step);
        struct journal_files *j = open_well(m);
        disk_memory_fault(m, DISK_FAULT_NO_SPACE, disk_memory_steps(m) + step);
        uint64_t acknowledged = append_up_to(journal_files_port(j), 1000, NULL);
        EXPECT(acknowledged < 1000);
        close_broken(j);
        expect_recovery(m, acknowledged, acknowledged + 13); /* the process went on living: nothing was lost but the torn batch */
        disk_memory_close(m);
    }
}

TEST(relaxed_mode_survives_the_process_and_after_sync_the_power_cut) {
    struct disk_memory *m = new_disk(3);
    struct journal_options o = {.seed = SEED, .segment_size = SEGMENT_SIZE, .relaxed = true};
    struct journal_files *j = NULL;
    struct journal_report report;
    EXPECT(journal_files_open(disk_memory_disk(m), "/j", &o, &j, &report, NULL) == ERR_OK);
    EXPECT_EQ(append_up_to(journal_files_port(j), 300, NULL), 300);
    EXPECT(journal_files_sync(j, NULL) == ERR_OK);
    EXPECT_EQ(append_up_to(journal_files_port(j), 400, NULL), 400);
    for (uint64_t way = 0; way < 20; way++) {
        struct disk_memory *after = disk_memory_copy(m, way);
        disk_memory_crash(after);
        expect_recovery(after, 300, 400);
        disk_memory_close(after);
    }
    struct disk_memory *killed = disk_memory_copy(m, 1); /* kill -9: what was written is there */
    struct journal_files *again = open_well(killed);
    EXPECT_EQ(journal_last(journal_files_port(again)), 400);
    EXPECT(journal_files_close(again, NULL) == ERR_OK);
    disk_memory_close(killed);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    disk_memory_close(m);
}

/* ---- damage ---- */

static void count_damage(void *context, const struct problem *damage) {
    EXPECT(damage->where[0] && damage->what[0] && damage->fix[0]);
    (*(unsigned *)context)++;
}

static enum err verify(struct disk_memory *m, struct journal_summary *sum, unsigned *damages) {
    struct problem p;
    *damages = 0;
    return journal_verify(disk_memory_disk(m), "/j", SEED, count_damage, damages, sum, &p);
}

/* A journal of some segments, all closed. */
static struct disk_memory *written(uint64_t records) {
    struct disk_memory *m = new_disk(4);
    struct journal_files *j = open_well(m);
    EXPECT_EQ(append_up_to(journal_files_port(j), records, NULL), records);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    return m;
}

struct paths {
    char path[64][SEGMENT_NAME_SIZE + 4];
    size_t count;
};

static void list_path(void *context, const char *name) {
    struct paths *l = context;
    (void)snprintf(l->path[l->count++], sizeof l->path[0], "/j/%s", name);
}

static struct paths paths_of(struct disk_memory *m) {
    struct disk d = disk_memory_disk(m);
    struct paths l = {.count = 0};
    EXPECT(d.ops->list(m, "/j", list_path, &l, NULL) == ERR_OK);
    return l;
}

TEST(verify_finds_an_intact_journal_intact) {
    struct disk_memory *m = written(500);
    struct journal_summary sum;
    unsigned damages;
    EXPECT(verify(m, &sum, &damages) == ERR_OK);
    EXPECT_EQ(damages, 0);
    EXPECT_EQ(sum.records, 500);
    EXPECT_EQ(sum.first, 1);
    EXPECT_EQ(sum.last, 500);
    EXPECT(sum.segments > 3 && sum.segments == paths_of(m).count);
    EXPECT_EQ(sum.torn_bytes, 0);
    disk_memory_close(m);
}

TEST(every_flipped_bit_is_found_by_verify) {
    struct disk_memory *m = written(120);
    struct paths l = paths_of(m);
    uint64_t flips = 0, state = 1;
    for (size_t i = 0; i < l.count; i++) {
        for (uint64_t bit = test_random(&state) % 64; disk_memory_flip(m, l.path[i], bit); bit += 1 + test_random(&state) % 509) {
            struct journal_summary sum;
            unsigned damages;
            enum err err = verify(m, &sum, &damages);
            bool only_its_end = err == ERR_OK && sum.torn_bytes > 0 && sum.records == 120; /* of the newest: opening cuts it */
            EXPECT((err == ERR_CORRUPT && damages > 0) || only_its_end);
            EXPECT(disk_memory_flip(m, l.path[i], bit));
            flips++;
        }
    }
    EXPECT(flips > 1000);
    disk_memory_close(m);
}

TEST(a_flipped_bit_never_changes_what_is_read) {
    struct disk_memory *m = written(120);
    struct paths l = paths_of(m);
    uint64_t state = 2;
    for (size_t i = 0; i < l.count; i++) {
        for (uint64_t bit = test_random(&state) % 64; disk_memory_flip(m, l.path[i], bit); bit += 1 + test_random(&state) % 1009) {
            struct disk_memory *copy = disk_memory_copy(m, bit);
            struct journal_report report;
            struct problem p = {0};
            enum err err;
            struct journal_files *j = open_on(copy, &err, &report, &p);
            EXPECT(j || (err == ERR_CORRUPT && p.where[0] && p.what[0]) || err == ERR_UNSUPPORTED);
            if (j) {
                uint64_t read = scanned_from(journal_files_port(j), 1, &err);
                EXPECT(read == 120 || err == ERR_CORRUPT || report.cut_size > 0);
                EXPECT(journal_files_close(j, NULL) == ERR_OK);
            }
            disk_memory_close(copy);
            EXPECT(disk_memory_flip(m, l.path[i], bit));
        }
    }
    disk_memory_close(m);
}

TEST(damage_before_an_acknowledged_record_is_not_taken_for_a_torn_tail) {
    struct disk_memory *m = new_disk(5);
    struct journal_files *j = open_well(m);
    EXPECT_EQ(append_up_to(journal_files_port(j), 60, NULL), 60);
    struct disk_memory *killed = disk_memory_copy(m, 9);
    struct paths l = paths_of(killed);
    EXPECT_EQ(l.count, 1);
    EXPECT(disk_memory_flip(killed, l.path[0], (SEGMENT_HEAD_SIZE + 50) * 8));
    struct problem p = {0};
    struct journal_report report;
    enum err err;
    EXPECT(open_on(killed, &err, &report, &p) == NULL);
    EXPECT(err == ERR_CORRUPT);
    EXPECT(strstr(p.where, "00000000000000000001.journal:64") != NULL);
    EXPECT(strstr(p.what, "record 1 is damaged") != NULL && p.fix[0]);
    struct journal_summary sum;
    unsigned damages;
    EXPECT(verify(killed, &sum, &damages) == ERR_CORRUPT);
    EXPECT_EQ(damages, 1);
    EXPECT(sum.records >= 40 && sum.last == 60);
    disk_memory_close(killed);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    disk_memory_close(m);
}

/* Appends one record of 40 kB, of a byte of its own. */
static enum err append_large(struct journal j, char byte) {
    static char large[40000];
    struct journal_record r = {.event = {large, sizeof large}};
    uint64_t position;
    memset(large, byte, sizeof large);
    return journal_append(j, &r, &position);
}

/* A batch of two is torn: the first record is lost, the second stays. Then a new record of the first one's size is written in its place. */
TEST(a_record_of_a_torn_batch_does_not_come_to_life_behind_a_new_one) {
    struct journal_options o = {.seed = SEED, .segment_size = 256 * 1024};
    struct journal_report report;
    struct journal_files *j = NULL;
    struct disk_memory *m = new_disk(6);
    struct disk d = disk_memory_disk(m);
    EXPECT(journal_files_open(d, "/j", &o, &j, &report, NULL) == ERR_OK);
    struct journal port = journal_files_port(j);
    EXPECT(append_large(port, 1) == ERR_OK && append_large(port, 2) == ERR_OK);
    EXPECT(journal_seal(port) && journal_commit(port, NULL) == ERR_OK);
    struct disk_memory *torn = disk_memory_copy(m, 1);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    EXPECT(disk_memory_flip(torn, paths_of(torn).path[0], UINT64_C(8) * 20000));
    EXPECT(journal_files_open(disk_memory_disk(torn), "/j", &o, &j, &report, NULL) == ERR_OK);
    port = journal_files_port(j);
    EXPECT_EQ(journal_last(port), 0);
    EXPECT_EQ(report.cut_size, 2 * (40000 + 40));
    EXPECT(append_large(port, 3) == ERR_OK);
    EXPECT(journal_seal(port) && journal_commit(port, NULL) == ERR_OK);
    struct disk_memory *killed = disk_memory_copy(torn, 2);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    EXPECT(journal_files_open(disk_memory_disk(killed), "/j", &o, &j, &report, NULL) == ERR_OK);
    EXPECT_EQ(journal_last(journal_files_port(j)), 1);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    disk_memory_close(killed);
    disk_memory_close(torn);
    disk_memory_close(m);
}

TEST(a_torn_tail_is_cut_and_told) {
    struct disk_memory *m = new_disk(6);
    struct journal_files *j = open_well(m);
    EXPECT_EQ(append_up_to(journal_files_port(j), 50, NULL), 50);
    struct disk_memory *killed = disk_memory_copy(m, 9);
    struct disk d = disk_memory_disk(killed);
    struct disk_file f;
    struct paths l = paths_of(killed);
    struct journal_summary sum;
    unsigned damages;
    EXPECT(verify(killed, &sum, &damages) == ERR_OK);
    EXPECT(d.ops->open(killed, l.path[0], DISK_WRITE, &f, NULL) == ERR_OK);
    EXPECT(d.ops->write(killed, f, SEGMENT_SIZE - 900, "torn", 4, NULL) == ERR_OK);
    d.ops->close(killed, f);
    EXPECT(verify(killed, &sum, &damages) == ERR_OK);
    EXPECT(sum.torn_bytes > 0);
    struct journal_report report;
    enum err err;
    struct journal_files *again = open_on(killed, &err, &report, NULL);
    EXPECT(err == ERR_OK && report.cut_size > 0 && report.cut_segment == 1);
    expect_records(journal_files_port(again), 50);
    EXPECT(journal_files_close(again, NULL) == ERR_OK);
    disk_memory_close(killed);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    disk_memory_close(m);
}

TEST(a_missing_segment_is_a_gap) {
    struct disk_memory *m = written(500);
    struct paths l = paths_of(m);
    for (size_t i = 0; i + 1 < l.count; i++) {
        struct disk_memory *copy = disk_memory_copy(m, i);
        struct disk d = disk_memory_disk(copy);
        struct journal_report report;
        struct journal_summary sum;
        struct problem p = {0};
        unsigned damages;
        enum err err;
        EXPECT(d.ops->remove(copy, l.path[i], NULL) == ERR_OK);
        struct journal_files *j = open_on(copy, &err, &report, &p);
        if (i == 0) { /* what an operator archived: the journal begins later */
            EXPECT(j && journal_first(journal_files_port(j)) > 1);
        } else {
            if (j) (void)scanned_from(journal_files_port(j), 1, &err);
            EXPECT(err == ERR_CORRUPT);
            EXPECT(verify(copy, &sum, &damages) == ERR_CORRUPT);
        }
        if (j) EXPECT(journal_files_close(j, NULL) == ERR_OK);
        disk_memory_close(copy);
    }
    disk_memory_close(m);
}

TEST(another_data_directorys_journal_is_refused) {
    struct disk_memory *m = written(50);
    struct journal_options o = {.seed = SEED + 1, .segment_size = SEGMENT_SIZE};
    struct journal_files *j = NULL;
    struct journal_report report;
    struct problem p = {0};
    EXPECT(journal_files_open(disk_memory_disk(m), "/j", &o, &j, &report, &p) == ERR_CORRUPT);
    EXPECT(strstr(p.what, "another data directory") != NULL);
    disk_memory_close(m);
}

TEST(reading_only_changes_nothing_and_reads_a_living_journal) {
    struct disk_memory *m = new_disk(7);
    struct journal_files *j = open_well(m), *reader = NULL;
    EXPECT_EQ(append_up_to(journal_files_port(j), 300, NULL), 300);
    struct journal_options o = {.seed = SEED, .segment_size = SEGMENT_SIZE, .read_only = true};
    struct journal_report report;
    uint64_t steps = disk_memory_steps(m), position;
    EXPECT(journal_files_open(disk_memory_disk(m), "/j", &o, &reader, &report, NULL) == ERR_OK);
    expect_records(journal_files_port(reader), 300);
    struct journal_record r = record_of(301);
    EXPECT(journal_append(journal_files_port(reader), &r, &position) == ERR_IO);
    EXPECT(journal_files_close(reader, NULL) == ERR_OK);
    EXPECT_EQ(disk_memory_steps(m), steps);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    disk_memory_close(m);
}

/* ---- threads ---- */

struct committing {
    struct journal journal;
    _Atomic bool stop;
};

/* Looks at a record of some other segment now and then, as recovery does where an account's thread goes back. */
struct roaming {
    struct checking checking;
    struct journal journal;
    uint64_t last;
};

static enum err check_and_roam(void *context, const struct journal_record *r) {
    static char memory[2 * JOURNAL_RECORD_SIZE_MAX];
    struct roaming *c = context;
    struct arena step = arena_over(memory, sizeof memory);
    struct journal_record other;
    if (r->position % 50 == 0) {
        uint64_t n = 1 + hash_mix(r->position, 8) % c->last;
        EXPECT(journal_read(c->journal, n, &step, &other) == ERR_OK && is_record(&other, n));
    }
    return check_next(&c->checking, r);
}

/* The segments are longer than what a scan reads at once, and more than are kept open. */
TEST(a_scan_is_not_disturbed_by_reads_of_other_segments) {
    struct disk_memory *m = new_disk(14);
    struct journal_options o = {.seed = SEED, .segment_size = 3U << 20};
    struct journal_files *j = NULL;
    struct journal_report report;
    EXPECT(journal_files_open(disk_memory_disk(m), "/j", &o, &j, &report, NULL) == ERR_OK);
    struct roaming c = {.checking = {.next = 1, .same = true}, .journal = journal_files_port(j), .last = 70000};
    EXPECT_EQ(append_up_to(c.journal, c.last, NULL), c.last);
    EXPECT(c.journal.ops->scan(c.journal.self, 1, check_and_roam, &c, NULL) == ERR_OK);
    EXPECT(c.checking.same);
    EXPECT_EQ(c.checking.next, c.last + 1);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    disk_memory_close(m);
}

static void *commit_on(void *argument) {
    struct committing *c = argument;
    while (!atomic_load(&c->stop)) (void)journal_commit(c->journal, NULL);
    (void)journal_commit(c->journal, NULL);
    return NULL;
}

TEST(records_are_read_while_another_thread_commits_them) {
    static char memory[2 * JOURNAL_RECORD_SIZE_MAX];
    struct arena step = arena_over(memory, sizeof memory);
    struct disk_memory *m = new_disk(8);
    struct journal_files *j = open_well(m);
    struct committing c = {.journal = journal_files_port(j)};
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, commit_on, &c) == 0);
    struct journal_record r;
    uint64_t position, state = 3;
    for (uint64_t n = 1; n <= 3000; n++) {
        struct journal_record wanted = record_of(n);
        while (journal_append(c.journal, &wanted, &position) == ERR_FULL) (void)journal_seal(c.journal);
        if (n % 5 == 0) (void)journal_seal(c.journal);
        uint64_t recent = n - test_random(&state) % (n < 3 ? n : 3); /* still in a batch: the disk of the test is not for two threads */
        arena_reset(&step);
        EXPECT(journal_read(c.journal, recent, &step, &r) == ERR_OK && is_record(&r, recent));
    }
    while (journal_durable(c.journal) < 3000) (void)journal_seal(c.journal);
    atomic_store(&c.stop, true);
    EXPECT(pthread_join(thread, NULL) == 0);
    expect_records(c.journal, 3000);
    EXPECT(journal_files_close(j, NULL) == ERR_OK);
    disk_memory_close(m);
}

int main(void) {
    RUN(journal_in_files_keeps_the_port);
    RUN(journal_in_memory_keeps_the_port);
    RUN(a_full_batch_says_so_and_goes_on_after_its_commit);
    RUN(what_was_not_committed_is_dropped_by_closing);
    RUN(a_crash_at_any_step_loses_nothing_acknowledged_and_invents_nothing);
    RUN(a_crash_at_any_step_of_relaxed_mode_loses_nothing_synced);
    RUN(after_a_failed_sync_the_journal_refuses_everything);
    RUN(a_full_disk_stops_the_journal_and_keeps_what_was_acknowledged);
    RUN(relaxed_mode_survives_the_process_and_after_sync_the_power_cut);
    RUN(verify_finds_an_intact_journal_intact);
    RUN(every_flipped_bit_is_found_by_verify);
    RUN(a_flipped_bit_never_changes_what_is_read);
    RUN(damage_before_an_acknowledged_record_is_not_taken_for_a_torn_tail);
    RUN(a_record_of_a_torn_batch_does_not_come_to_life_behind_a_new_one);
    RUN(a_torn_tail_is_cut_and_told);
    RUN(a_missing_segment_is_a_gap);
    RUN(another_data_directorys_journal_is_refused);
    RUN(reading_only_changes_nothing_and_reads_a_living_journal);
    RUN(a_scan_is_not_disturbed_by_reads_of_other_segments);
    RUN(records_are_read_while_another_thread_commits_them);
    return test_end();
}
