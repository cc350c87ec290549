// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_DATA_DIR_H
#define STORE_DATA_DIR_H

#include "store/cells_memory.h"
#include "store/journal.h"
#include "store/snapshot.h"

/*
 * A data directory: all that one Hikeshi remembers.
 *
 *   lock            held by the process that has it open; its number, as text
 *   meta            text: format, the seed (drawn once; keys and checksums depend on it), when it was made, checksum
 *   journal/        segments (docs/formats/journal.md): the truth
 *   snapshots/      images (docs/formats/snapshot.md): a shortcut
 *   incidents.db    SQLite; opened by whoever needs it
 *   incidents.elsewhere  a line that names the database where they are instead (cli/incident_source.h)
 *   policy/         the operator's; not touched here
 */
struct data_dir_options {
    bool create;           /* make it where it is not there */
    bool relaxed;          /* journal_options */
    uint32_t segment_size; /* journal_options; 0 = the usual */
    uint32_t layout;       /* snapshot_identity */
    uint64_t fresh_seed;   /* from the system's entropy: the seed of a new directory */
    int64_t now_ms;        /* when a new directory was made */
    struct cells_bounds bounds;
    /*
     * How far that reaches which is kept beside the cells and made from the same records: asked once the lock is held and the journal is
     * open (data_dir.journal). An image beyond it is not used, so that the records in between are applied again. NULL = as far as any
     * image.
     */
    enum err (*reach)(void *context, uint64_t *position, struct problem *p);
    void (*say)(void *context, const char *line); /* what was repaired or passed over; NULL = nobody listens */
    void *context, *reach_context;
};

struct data_dir {
    struct disk disk;
    char path[DISK_PATH_SIZE_MAX];
    struct disk_file lock;
    uint64_t seed;
    int64_t created_ms;
    struct snapshot_identity who;
    struct journal_files *journal_files;
    struct journal_report report;
    struct cells_memory *cells_memory;
    uint64_t cells_position; /* of the image that was opened: replay what the journal holds behind it */
    struct snapshot_child child;
    struct journal journal;
    struct cells cells;
    struct seen seen;
};

/*
 * Opens all of it. ERR_NOT_FOUND: no such directory, or not one of ours, and !create. ERR_BUSY: another process has it (its number is
 * said). ERR_CORRUPT: meta or journal is damaged; snapshots never fail an opening.
 */
enum err data_dir_open(struct disk d, const char *path, const struct data_dir_options *o, struct data_dir *out, struct problem *p) MUST_USE;
/* What was appended and not committed is dropped. Waits for a snapshot's child. */
enum err data_dir_close(struct data_dir *dir, struct problem *p) MUST_USE;

/* An image of the cells, which stand at `position`, whose record is durable: by a child while this process goes on (one at a time), or here
 * and now, before closing. */
enum err data_dir_snapshot_begin(struct data_dir *dir, uint64_t position, struct problem *p) MUST_USE;
enum err data_dir_snapshot_poll(struct data_dir *dir, bool wait, bool *done, struct problem *p) MUST_USE;
enum err data_dir_snapshot(struct data_dir *dir, uint64_t position, struct problem *p) MUST_USE;

/* The path of a thing in a data directory: "incidents.db". ERR_TOO_LARGE. */
enum err data_dir_path(const char *directory, const char *name, char path[DISK_PATH_SIZE_MAX], struct problem *p) MUST_USE;
/* The seed, without opening or locking: for readers of the journal of a living process. ERR_NOT_FOUND, ERR_CORRUPT. */
enum err data_dir_read_meta(struct disk d, const char *directory, uint64_t *seed, int64_t *created_ms, struct problem *p) MUST_USE;

#endif
