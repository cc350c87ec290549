// SPDX-License-Identifier: Apache-2.0
/* Guards the opening of a journal against any bytes in a segment: it opens, is cut, or is refused, and what opens can be read and goes on.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/bounds.h"
#include "base/check.h"
#include "store/disk_memory.h"
#include "store/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct journal_options options = {.seed = 77, .segment_size = 32768};

static enum err count(void *context, const struct journal_record *r) {
    uint64_t *expected = context;
    CHECK(r->position == (*expected)++);
    CHECK(r->event.size + r->decision.size <= JOURNAL_RECORD_SIZE_MAX);
    return ERR_OK;
}

static void ignore(void *context, const struct problem *damage) {
    (void)context;
    CHECK(damage->what[0] && damage->where[0]);
}

/* What opened must scan whole or say what is damaged; the same again after it went on. */
static void use(struct journal_files *j) {
    static char memory[2 * JOURNAL_RECORD_SIZE_MAX];
    struct journal port = journal_files_port(j);
    struct arena step = arena_over(memory, sizeof memory);
    struct journal_record r = {.event = STR("event"), .decision = STR("decision")};
    uint64_t expected = journal_first(port), position;
    enum err err = port.ops->scan(port.self, expected, count, &expected, NULL);
    CHECK(err == ERR_CORRUPT || (err == ERR_OK && expected == journal_last(port) + 1));
    CHECK(journal_append(port, &r, &position) == ERR_OK);
    CHECK(journal_seal(port) && journal_commit(port, NULL) == ERR_OK);
    CHECK(journal_read(port, position, &step, &r) == ERR_OK && str_equal(r.event, STR("event")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct disk_memory *m = disk_memory_open(1);
    struct disk d = disk_memory_disk(m);
    struct disk_file f;
    struct journal_files *j;
    struct journal_report report;
    struct journal_summary sum;
    struct problem p;
    CHECK(d.ops->make_directory(m, "/j", NULL) == ERR_OK);
    CHECK(d.ops->open(m, "/j/00000000000000000001.journal", DISK_CREATE, &f, NULL) == ERR_OK);
    CHECK(d.ops->write(m, f, 0, data, size, NULL) == ERR_OK);
    d.ops->close(m, f);
    enum err verified = journal_verify(d, "/j", options.seed, ignore, NULL, &sum, &p);
    CHECK(verified == ERR_OK || verified == ERR_CORRUPT);
    if (journal_files_open(d, "/j", &options, &j, &report, &p) == ERR_OK) {
        use(j);
        CHECK(journal_files_close(j, NULL) == ERR_OK);
        CHECK(journal_files_open(d, "/j", &options, &j, &report, &p) == ERR_OK && report.cut_size == 0);
        CHECK(journal_files_close(j, NULL) == ERR_OK);
    } else {
        CHECK(p.what[0] && p.where[0]);
    }
    disk_memory_close(m);
    return 0;
}
