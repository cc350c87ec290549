// SPDX-License-Identifier: Apache-2.0
/* Proves images: what opens is what was written, whatever is damaged is passed over, and image and tail make what the whole journal makes.
 */
#include "store/snapshot.h"

#include "store/applied_test.h"
#include "store/disk_memory.h"
#include "store/journal_memory.h"

static const struct cells_bounds bounds = {20000, 2000, 100, 1000};
static const struct snapshot_identity who = {.seed = 5, .layout = 1};

/* A journal in memory and cells that have applied all of it. */
struct world {
    struct disk_memory *memory;
    struct disk disk;
    struct journal_memory *journal_memory;
    struct journal journal;
    struct cells_memory *cells;
};

static void world_open(struct world *w, uint64_t seed) {
    w->memory = disk_memory_open(seed);
    w->disk = disk_memory_disk(w->memory);
    EXPECT(w->disk.ops->make_directory(w->memory, "/s", NULL) == ERR_OK);
    EXPECT(w->disk.ops->sync_directory(w->memory, "", NULL) == ERR_OK);
    EXPECT(journal_memory_open(&w->journal_memory, NULL) == ERR_OK);
    w->journal = journal_memory_port(w->journal_memory);
    EXPECT(cells_memory_open(&bounds, &w->cells, NULL) == ERR_OK);
}

static void world_close(struct world *w) {
    disk_memory_close(w->memory);
    journal_memory_close(w->journal_memory);
    cells_memory_close(w->cells);
}

static void advance(struct world *w, uint64_t to) {
    char event[64];
    while (journal_last(w->journal) < to) {
        struct journal_record r = applied_record(journal_last(w->journal) + 1, event);
        uint64_t position;
        EXPECT(journal_append(w->journal, &r, &position) == ERR_OK);
        apply_record(cells_memory_cells(w->cells), cells_memory_seen(w->cells), &r);
    }
}

static enum err write_now(struct world *w, struct problem *p) {
    uint32_t check;
    EXPECT(snapshot_record_check(w->journal, journal_last(w->journal), &check, NULL) == ERR_OK);
    return snapshot_write(w->disk, "/s", &who, journal_last(w->journal), check, w->cells, p);
}

static void count_line(void *context, const char *line) {
    EXPECT(strstr(line, "is not used: ") != NULL);
    ++*(unsigned *)context;
}

/* The newest usable image: its position, its digest, and how many were passed over. */
static uint64_t opened(struct world *w, const struct snapshot_identity *as, uint64_t *digest, unsigned *passed) {
    struct cells_memory *m = NULL;
    uint64_t position = UINT64_MAX;
    *passed = 0;
    EXPECT(snapshot_open(w->disk, "/s", as, w->journal, UINT64_MAX, &bounds, &m, &position, count_line, passed, NULL) == ERR_OK);
    if (!m) return UINT64_MAX;
    *digest = cells_memory_digest(m);
    cells_memory_close(m);
    return position;
}

TEST(an_image_opens_as_it_was_written) {
    struct world w;
    uint64_t digest;
    unsigned passed;
    world_open(&w, 1);
    EXPECT_EQ(opened(&w, &who, &digest, &passed), 0);
    EXPECT(digest == cells_memory_digest(w.cells));
    EXPECT(write_now(&w, NULL) == ERR_OK); /* of nothing at all */
    EXPECT_EQ(opened(&w, &who, &digest, &passed), 0);
    for (uint64_t to = 1; to <= 5000; to = to * 3 + 1) {
        advance(&w, to);
        EXPECT(write_now(&w, NULL) == ERR_OK);
        EXPECT_EQ(opened(&w, &who, &digest, &passed), to);
        EXPECT(digest == cells_memory_digest(w.cells));
        EXPECT_EQ(passed, 0);
    }
    unsigned count;
    EXPECT(snapshot_check(w.disk, "/s", &who, &count, NULL) == ERR_OK);
    EXPECT_EQ(count, 2); /* the newest two are kept */
    world_close(&w);
}

/* Beyond the bound too, where what is evicted depends on the whole table. */
TEST(image_and_tail_make_what_the_whole_journal_makes) {
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct world w;
        uint64_t state = seed;
        world_open(&w, seed);
        for (int part = 0; part < 6; part++) {
            advance(&w, journal_last(w.journal) + 1 + test_random(&state) % 1500);
            EXPECT(write_now(&w, NULL) == ERR_OK);
            advance(&w, journal_last(w.journal) + test_random(&state) % 800);
            struct cells_memory *m = NULL;
            uint64_t position;
            EXPECT(snapshot_open(w.disk, "/s", &who, w.journal, UINT64_MAX, &bounds, &m, &position, NULL, NULL, NULL) == ERR_OK);
            struct applying a = {cells_memory_cells(m), cells_memory_seen(m)};
            EXPECT(w.journal.ops->scan(w.journal.self, position + 1, apply_each, &a, NULL) == ERR_OK);
            EXPECT(cells_memory_digest(m) == cells_memory_digest(w.cells));
            cells_memory_close(w.cells);
            w.cells = m; /* the next image is taken from the mapped one */
        }
        struct cells_memory *whole = NULL;
        EXPECT(cells_memory_open(&bounds, &whole, NULL) == ERR_OK);
        struct applying a = {cells_memory_cells(whole), cells_memory_seen(whole)};
        EXPECT(w.journal.ops->scan(w.journal.self, 1, apply_each, &a, NULL) == ERR_OK);
        EXPECT(cells_memory_digest(whole) == cells_memory_digest(w.cells));
        cells_memory_close(whole);
        world_close(&w);
    }
}

TEST(a_crash_at_any_step_leaves_the_old_image_or_the_new_one) {
    struct world w;
    world_open(&w, 3);
    advance(&w, 300);
    EXPECT(write_now(&w, NULL) == ERR_OK);
    uint64_t old_digest = cells_memory_digest(w.cells), digest;
    advance(&w, 600);
    uint64_t new_digest = cells_memory_digest(w.cells);
    struct disk_memory *before = disk_memory_copy(w.memory, 1);
    for (uint64_t step = 0;; step++) {
        struct disk_memory *m = disk_memory_copy(before, step);
        disk_memory_close(w.memory);
        w.memory = m;
        w.disk = disk_memory_disk(m);
        disk_memory_fault(m, DISK_FAULT_POWER, disk_memory_steps(m) + step);
        bool written = write_now(&w, NULL) == ERR_OK;
        for (uint64_t way = 0; way < 4; way++) {
            struct disk_memory *after = disk_memory_copy(m, step * 10 + way);
            struct world crashed = w;
            unsigned passed;
            disk_memory_crash(after);
            crashed.disk = disk_memory_disk(after);
            crashed.memory = after;
            uint64_t position = opened(&crashed, &who, &digest, &passed);
            EXPECT((position == 300 && digest == old_digest && !written) || (position == 600 && digest == new_digest));
            EXPECT_EQ(passed, 0);
            disk_memory_close(after);
        }
        if (written && step > 15) break;
    }
    disk_memory_close(before);
    world_close(&w);
}

TEST(a_full_disk_or_a_failed_sync_leaves_the_old_image) {
    struct world w;
    uint64_t digest;
    unsigned passed;
    world_open(&w, 3);
    advance(&w, 100);
    EXPECT(write_now(&w, NULL) == ERR_OK);
    uint64_t old_digest = cells_memory_digest(w.cells);
    advance(&w, 200);
    for (uint64_t step = 0; step < 10; step++) {
        struct problem p = {0};
        disk_memory_fault(w.memory, step % 2 ? DISK_FAULT_SYNC : DISK_FAULT_NO_SPACE, disk_memory_steps(w.memory) + step);
        enum err err = write_now(&w, &p);
        EXPECT(err == ERR_FULL || err == ERR_IO);
        EXPECT(p.what[0]);
        EXPECT_EQ(opened(&w, &who, &digest, &passed), 100);
        EXPECT(digest == old_digest);
    }
    world_close(&w);
}

TEST(a_flipped_bit_is_never_opened) {
    struct world w;
    world_open(&w, 4);
    advance(&w, 40);
    EXPECT(write_now(&w, NULL) == ERR_OK);
    advance(&w, 80);
    EXPECT(write_now(&w, NULL) == ERR_OK);
    uint64_t digest, good = cells_memory_digest(w.cells), state = 1, found = 0, harmless = 0;
    const char *path = "/s/00000000000000000080.image";
    for (uint64_t bit = 0; disk_memory_flip(w.memory, path, bit); bit += 1 + test_random(&state) % (bit < 8192 ? 64 : 80000)) {
        unsigned passed, count;
        uint64_t position = opened(&w, &who, &digest, &passed);
        if (position == 80) {
            EXPECT(digest == good); /* between the parts */
            EXPECT_EQ(passed, 0);
            harmless++;
        } else {
            EXPECT_EQ(position, 40);
            EXPECT_EQ(passed, 1);
            struct problem p = {0};
            enum err err = snapshot_check(w.disk, "/s", &who, &count, &p);
            EXPECT(err == ERR_CORRUPT || err == ERR_UNSUPPORTED || err == ERR_CONFLICT);
            EXPECT(strstr(p.where, ".image:") != NULL && p.fix[0]);
            found++;
        }
        EXPECT(disk_memory_flip(w.memory, path, bit));
    }
    EXPECT(found > 100 && harmless > 0);
    world_close(&w);
}

/* Rot between the parts is not checked; cells that come later lie there. */
TEST(what_stands_behind_a_part_does_not_leak_into_new_cells) {
    struct world w;
    struct cells_state state;
    struct cells_region parts[PART_COUNT];
    world_open(&w, 4);
    advance(&w, 80);
    EXPECT(write_now(&w, NULL) == ERR_OK);
    cells_memory_save(w.cells, &state, parts);
    uint64_t at = DISK_MAP_ALIGNMENT;
    for (unsigned i = 0; i < PART_COUNT; i++) {
        uint64_t end = at + parts[i].size;
        at = (end + DISK_MAP_ALIGNMENT - 1) / DISK_MAP_ALIGNMENT * DISK_MAP_ALIGNMENT;
        for (uint64_t byte = end; byte < at; byte += 4) EXPECT(disk_memory_flip(w.memory, "/s/00000000000000000080.image", byte * 8));
    }
    advance(&w, 400);
    struct cells_memory *m = NULL;
    uint64_t position;
    EXPECT(snapshot_open(w.disk, "/s", &who, w.journal, UINT64_MAX, &bounds, &m, &position, NULL, NULL, NULL) == ERR_OK);
    EXPECT_EQ(position, 80);
    struct applying a = {cells_memory_cells(m), cells_memory_seen(m)};
    EXPECT(w.journal.ops->scan(w.journal.self, position + 1, apply_each, &a, NULL) == ERR_OK);
    EXPECT(cells_memory_digest(m) == cells_memory_digest(w.cells));
    cells_memory_close(m);
    world_close(&w);
}

TEST(images_of_other_layouts_seeds_and_histories_are_passed_over) {
    struct world w;
    uint64_t digest;
    unsigned passed;
    world_open(&w, 5);
    advance(&w, 50);
    EXPECT(write_now(&w, NULL) == ERR_OK);
    struct snapshot_identity other_layout = {.seed = 5, .layout = 2}, other_seed = {.seed = 6, .layout = 1};
    EXPECT_EQ(opened(&w, &other_layout, &digest, &passed), 0);
    EXPECT_EQ(passed, 1);
    EXPECT_EQ(opened(&w, &who, &digest, &passed), 50); /* still there for the release that can read it */
    advance(&w, 60);
    EXPECT(snapshot_write(w.disk, "/s", &who, 60, 12345, w.cells, NULL) == ERR_OK); /* another record 60 */
    EXPECT(snapshot_write(w.disk, "/s", &who, 99, 0, w.cells, NULL) == ERR_OK);     /* ahead */
    EXPECT_EQ(opened(&w, &who, &digest, &passed), 0);                               /* the honest one at 50 was pruned by the two */
    EXPECT_EQ(passed, 2);
    EXPECT_EQ(opened(&w, &who, &digest, &passed), 0);
    EXPECT_EQ(passed, 0); /* they are gone */
    EXPECT(write_now(&w, NULL) == ERR_OK);
    EXPECT(w.disk.ops->rename(w.memory, "/s/00000000000000000060.image", "/s/00000000000000000059.image", NULL) == ERR_OK);
    EXPECT_EQ(opened(&w, &who, &digest, &passed), 0); /* a name that lies */
    EXPECT_EQ(passed, 1);
    EXPECT(write_now(&w, NULL) == ERR_OK);
    EXPECT_EQ(opened(&w, &other_seed, &digest, &passed), 0);
    EXPECT_EQ(passed, 2);
    world_close(&w);
}

TEST(an_image_beyond_the_bounds_is_passed_over) {
    struct world w;
    world_open(&w, 6);
    advance(&w, 500);
    EXPECT(write_now(&w, NULL) == ERR_OK);
    struct cells_bounds small = {10, 10, 10, 10};
    struct cells_memory *m = NULL;
    uint64_t position;
    unsigned passed = 0;
    EXPECT(snapshot_open(w.disk, "/s", &who, w.journal, UINT64_MAX, &small, &m, &position, count_line, &passed, NULL) == ERR_OK);
    EXPECT_EQ(position, 0);
    EXPECT_EQ(passed, 1);
    cells_memory_close(m);
    world_close(&w);
}

int main(void) {
    RUN(an_image_opens_as_it_was_written);
    RUN(image_and_tail_make_what_the_whole_journal_makes);
    RUN(a_crash_at_any_step_leaves_the_old_image_or_the_new_one);
    RUN(a_full_disk_or_a_failed_sync_leaves_the_old_image);
    RUN(a_flipped_bit_is_never_opened);
    RUN(what_stands_behind_a_part_does_not_leak_into_new_cells);
    RUN(images_of_other_layouts_seeds_and_histories_are_passed_over);
    RUN(an_image_beyond_the_bounds_is_passed_over);
    return test_end();
}
