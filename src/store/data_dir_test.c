// SPDX-License-Identifier: Apache-2.0
/* Proves that a data directory opens as it was left, after any crash, and says clearly why where it does not. */
#include "store/data_dir.h"

#include "base/moment.h"
#include "store/applied_test.h"
#include "store/disk_memory.h"

static unsigned said;

static void hear(void *context, const char *line) {
    (void)context;
    EXPECT(line[0]);
    said++;
}

static struct data_dir_options options(void) {
    return (struct data_dir_options){.create = true,
                                     .segment_size = 32768,
                                     .layout = 1,
                                     .fresh_seed = UINT64_C(0xFEDCBA9876543210),
                                     .now_ms = 1767225600123,
                                     .bounds = {20000, 6000, 100, 1000},
                                     .say = hear};
}

static struct data_dir dir; /* large: paths */

static enum err open_dir(struct disk_memory *m, struct problem *p) {
    struct data_dir_options o = options();
    return data_dir_open(disk_memory_disk(m), "/d", &o, &dir, p);
}

/* Opens and replays the tail: what the engine does. */
static bool recover(struct disk_memory *m) {
    struct problem p = {0};
    enum err err = open_dir(m, &p);
    if (err) printf("%s: %s\n", p.where, p.what);
    EXPECT(err == ERR_OK);
    if (err) return false;
    struct applying a = {dir.cells, dir.seen};
    EXPECT(dir.journal.ops->scan(dir.journal.self, dir.cells_position + 1, apply_each, &a, NULL) == ERR_OK);
    return true;
}

/* Appends and applies `count` records in batches of `batch`; the last acknowledged. */
static uint64_t work(uint64_t count, uint64_t batch) {
    char event[64];
    for (uint64_t i = 1; i <= count; i++) {
        struct journal_record r = applied_record(journal_last(dir.journal) + 1, event);
        uint64_t position;
        if (journal_append(dir.journal, &r, &position) != ERR_OK) break;
        apply_record(dir.cells, dir.seen, &r);
        if ((i % batch == 0 || i == count) && (!journal_seal(dir.journal) || journal_commit(dir.journal, NULL) != ERR_OK)) break;
    }
    return journal_durable(dir.journal);
}

/* Digest of the state after n records, from nothing. */
static uint64_t digest_after(uint64_t n) {
    struct cells_memory *m;
    struct cells_bounds bounds = options().bounds;
    char event[64];
    EXPECT(cells_memory_open(&bounds, &m, NULL) == ERR_OK);
    for (uint64_t i = 1; i <= n; i++) {
        struct journal_record r = applied_record(i, event);
        apply_record(cells_memory_cells(m), cells_memory_seen(m), &r);
    }
    uint64_t digest = cells_memory_digest(m);
    cells_memory_close(m);
    return digest;
}

static void close_dir(void) {
    EXPECT(data_dir_close(&dir, NULL) == ERR_OK);
}

TEST(a_new_directory_keeps_its_seed_and_opens_again) {
    struct disk_memory *m = disk_memory_open(1);
    struct data_dir_options o = options();
    struct problem p = {0};
    o.create = false;
    EXPECT(data_dir_open(disk_memory_disk(m), "/d", &o, &dir, &p) == ERR_NOT_FOUND);
    EXPECT(strstr(p.fix, "hikeshi init") != NULL);
    EXPECT(open_dir(m, &p) == ERR_OK);
    EXPECT(dir.seed == options().fresh_seed);
    EXPECT_EQ(work(500, 9), 500);
    EXPECT(data_dir_snapshot(&dir, 500, NULL) == ERR_OK);
    close_dir();
    o.fresh_seed = 1;
    EXPECT(data_dir_open(disk_memory_disk(m), "/d", &o, &dir, &p) == ERR_OK);
    EXPECT(dir.seed == options().fresh_seed);
    EXPECT_EQ(dir.created_ms, 1767225600123);
    EXPECT_EQ(journal_last(dir.journal), 500);
    EXPECT_EQ(dir.cells_position, 500);
    EXPECT(cells_memory_digest(dir.cells_memory) == digest_after(500));
    close_dir();
    disk_memory_close(m);
}

TEST(a_second_process_is_told_who_has_it) {
    struct disk_memory *m = disk_memory_open(1);
    struct problem p = {0};
    static struct data_dir second;
    struct data_dir_options o = options();
    EXPECT(open_dir(m, &p) == ERR_OK);
    EXPECT(data_dir_open(disk_memory_disk(m), "/d", &o, &second, &p) == ERR_BUSY);
    EXPECT(strstr(p.what, "in use by process ") != NULL && p.what[strlen("the data directory is in use by process ")] > '0' - 1);
    close_dir();
    EXPECT(open_dir(m, &p) == ERR_OK); /* a lock that nobody holds is none */
    close_dir();
    disk_memory_close(m);
}

TEST(a_damaged_meta_file_is_refused_with_advice) {
    struct disk_memory *m = disk_memory_open(1);
    EXPECT(open_dir(m, NULL) == ERR_OK);
    EXPECT_EQ(work(10, 5), 10);
    close_dir();
    for (uint64_t bit = 0; disk_memory_flip(m, "/d/meta", bit); bit++) {
        struct problem p = {0};
        enum err err = open_dir(m, &p);
        EXPECT(err == ERR_CORRUPT || err == ERR_UNSUPPORTED);
        EXPECT(strstr(p.where, "/d/meta") != NULL && p.fix[0]);
        EXPECT(disk_memory_flip(m, "/d/meta", bit));
    }
    struct disk d = disk_memory_disk(m);
    struct problem p = {0};
    EXPECT(d.ops->remove(m, "/d/meta", NULL) == ERR_OK);
    EXPECT(open_dir(m, &p) == ERR_CORRUPT); /* never a fresh seed over an old journal */
    EXPECT(strstr(p.what, "no meta file") != NULL);
    disk_memory_close(m);
}

TEST(a_crash_at_any_step_of_making_it_can_be_made_good) {
    for (uint64_t step = 0; step < 40; step++) {
        struct disk_memory *m = disk_memory_open(step);
        struct problem p = {0};
        disk_memory_fault(m, DISK_FAULT_POWER, step);
        bool made = open_dir(m, &p) == ERR_OK;
        if (made) close_dir();
        disk_memory_crash(m);
        EXPECT(open_dir(m, &p) == ERR_OK);
        EXPECT_EQ(work(20, 3), 20);
        close_dir();
        disk_memory_close(m);
        EXPECT(made || step < 30);
    }
}

/* The whole of it: journal, images and cells together, the plug pulled anywhere, several times in a row. */
TEST(after_any_crash_the_state_is_that_of_the_journal) {
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct disk_memory *m = disk_memory_open(seed);
        uint64_t state = seed, acknowledged = 0;
        for (int life = 0; life < 5; life++) {
            if (!recover(m)) break;
            uint64_t last = journal_last(dir.journal);
            EXPECT(last >= acknowledged);
            EXPECT(cells_memory_digest(dir.cells_memory) == digest_after(last));
            disk_memory_fault(m, DISK_FAULT_POWER, disk_memory_steps(m) + test_random(&state) % 150);
            for (int i = 0; i < 4; i++) {
                acknowledged = work(test_random(&state) % 120, 1 + test_random(&state) % 9);
                if (acknowledged == journal_last(dir.journal) && data_dir_snapshot(&dir, acknowledged, NULL) != ERR_OK) break;
            }
            /* The process dies here: nothing is closed but what would leak in this test. */
            bool closed = data_dir_close(&dir, NULL) == ERR_OK;
            (void)closed;
            disk_memory_crash(m);
        }
        disk_memory_close(m);
    }
}

TEST(a_cut_tail_is_said) {
    struct disk_memory *m = disk_memory_open(1);
    EXPECT(open_dir(m, NULL) == ERR_OK);
    EXPECT_EQ(work(30, 3), 30);
    struct disk_memory *killed = disk_memory_copy(m, 2);
    struct disk d = disk_memory_disk(killed);
    struct disk_file f;
    EXPECT(d.ops->open(killed, "/d/journal/00000000000000000001.journal", DISK_WRITE, &f, NULL) == ERR_OK);
    EXPECT(d.ops->write(killed, f, 30000, "x", 1, NULL) == ERR_OK);
    disk_memory_crash(killed);
    close_dir();
    said = 0;
    EXPECT(open_dir(killed, NULL) == ERR_OK);
    EXPECT_EQ(said, dir.report.cut_size > 0);
    close_dir();
    disk_memory_close(killed);
    disk_memory_close(m);
}

int main(void) {
    RUN(a_new_directory_keeps_its_seed_and_opens_again);
    RUN(a_second_process_is_told_who_has_it);
    RUN(a_damaged_meta_file_is_refused_with_advice);
    RUN(a_crash_at_any_step_of_making_it_can_be_made_good);
    RUN(after_any_crash_the_state_is_that_of_the_journal);
    RUN(a_cut_tail_is_said);
    return test_end();
}
