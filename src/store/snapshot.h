// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H

#include <sys/types.h>

#include "port/disk.h"
#include "port/journal.h"
#include "store/cells_memory.h"

/*
 * An image of all cells at one position of the journal (docs/formats/snapshot.md), so that opening need not replay everything. It is only
 * ever a shortcut: whatever is wrong with it, it is ignored with a word, and the one before it, or the whole journal, is replayed.
 *
 * It opens by being mapped, privately: nothing is copied, pages come from the disk as they are touched. So its blocks cannot all be checked
 * first. Checked at opening: the head, the list of checksums, that the journal has this very record at this position; and every block
 * while they are SNAPSHOT_CHECK_SIZE_MAX together (0.1 s). Of a larger one the file was synced before it got its name, so only rot of the
 * disk remains: snapshot_check reads it whole (`hikeshi check --data`, or a thread in the background).
 */
#define SNAPSHOT_CHECK_SIZE_MAX (UINT64_C(192) * 1024 * 1024)

/* What an image must agree with to be used. */
struct snapshot_identity {
    uint64_t seed;   /* of the data directory */
    uint32_t layout; /* of what the rooms keep in profiles and globals: another one is rebuilt from the journal */
};

/*
 * Writes the image of `position`, whose record the journal must hold durably; syncs it, gives it its name, keeps the newest two. Only calls
 * the disk: safe in a forked child. `check` is record_check of that record (snapshot_record_check), 0 at position 0.
 */
enum err snapshot_write(struct disk d, const char *directory, const struct snapshot_identity *who, uint64_t position, uint32_t check,
                        const struct cells_memory *m, struct problem *p) MUST_USE;
enum err snapshot_record_check(struct journal journal, uint64_t position, uint32_t *check, struct problem *p) MUST_USE;

/* The newest usable image at or before `reach`, or an empty table at position 0. `say` hears of every image that is passed over; one that
 * is ahead of the journal or of another history is removed. */
enum err snapshot_open(struct disk d, const char *directory, const struct snapshot_identity *who, struct journal journal, uint64_t reach,
                       const struct cells_bounds *bounds, struct cells_memory **out, uint64_t *position,
                       void (*say)(void *context, const char *line), void *context, struct problem *p) MUST_USE;

/* Reads every image of the directory whole. ERR_CORRUPT at the first damaged block (where: file:offset). *count = images read. */
enum err snapshot_check(struct disk d, const char *directory, const struct snapshot_identity *who, unsigned *count,
                        struct problem *p) MUST_USE;

/* ---- in a child process ---- */

struct snapshot_child {
    pid_t pid; /* 0 = none */
    uint64_t position;
};

/* Forks a child that does snapshot_write: it sees the table as it is now, while this process goes on changing it. The child keeps no file
 * and no socket of this process, and dies with the thread that called: let it be one that lives as long as the process. */
enum err snapshot_begin(struct disk d, const char *directory, const struct snapshot_identity *who, uint64_t position, uint32_t check,
                        const struct cells_memory *m, struct snapshot_child *child, struct problem *p) MUST_USE;
/* *done = false while it writes (never with `wait`). The return value is the child's outcome. */
enum err snapshot_poll(struct snapshot_child *child, bool wait, bool *done, struct problem *p) MUST_USE;

#endif
