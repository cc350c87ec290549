// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_DISK_MEMORY_H
#define STORE_DISK_MEMORY_H

#include "port/disk.h"

/*
 * A disk that pretends, for tests and the simulator: it keeps what was synced apart from what was only written, and forgets the latter as
 * cruelly as a real one may when the plug is pulled. Everything follows from the seed. One thread.
 *
 * Steps are counted: every create, write, sync, preallocate, truncate, rename, remove, make_directory, sync_directory. A fault strikes at
 * the step of that number, so a test that counts the steps of a run can strike at each of them.
 */
struct disk_memory;

enum disk_fault {
    DISK_FAULT_NONE,
    DISK_FAULT_POWER,    /* the step does not happen, a write only in part; every later step fails too: then call disk_memory_crash */
    DISK_FAULT_NO_SPACE, /* a write in part, preallocate or create not at all: ERR_FULL; later steps succeed */
    DISK_FAULT_SYNC      /* the first sync from that step on fails and its data will never be on disk, though it can be read (ext4) */
};

struct disk_memory *disk_memory_open(uint64_t seed); /* NULL: no memory */
void disk_memory_close(struct disk_memory *m);
struct disk disk_memory_disk(struct disk_memory *m);

uint64_t disk_memory_steps(const struct disk_memory *m);
void disk_memory_fault(struct disk_memory *m, enum disk_fault fault, uint64_t step);
/* The plug was pulled: of what was not synced, some stays, byte ranges and names each for itself. Files are closed, faults are over. */
void disk_memory_crash(struct disk_memory *m);
/* A copy in its present state, to crash it in many ways. */
struct disk_memory *disk_memory_copy(const struct disk_memory *m, uint64_t seed);
/* Flips one bit of a file. false where it has no such bit. */
bool disk_memory_flip(struct disk_memory *m, const char *path, uint64_t bit);

#endif
