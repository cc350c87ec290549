// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "port/disk.h"
#include "port/journal.h"

/*
 * The journal in segment files (docs/formats/journal.md).
 *
 * Opening repairs a torn tail: what a crash left of records that were never acknowledged is cut off and reported. Damage among records that
 * were acknowledged is never repaired: ERR_CORRUPT names file and offset. Closing closes the last segment, so that the next opening reads
 * nothing but its tail.
 *
 * Threads: append, seal, read and scan belong to one thread, commit to one (the same or another); the rest may be called by either.
 */
struct journal_options {
    uint64_t seed;  /* of the data directory */
    bool relaxed;   /* commit writes and does not sync: durable() then survives kill -9, a power cut only after journal_files_sync() */
    bool read_only; /* repairs nothing, writes nothing; the directory may be in use */
    uint32_t segment_size; /* 0 = JOURNAL_SEGMENT_SIZE_MAX; smaller ones for tests */
};

/* What opening found. */
struct journal_report {
    uint64_t segments, records;
    uint64_t cut_offset, cut_size; /* torn tail: where, and how many bytes of written records went; size 0 = none */
    uint64_t cut_segment;          /* first position of the segment that was cut */
};

struct journal_files;

/* `directory` must exist. The newest segment is read; older ones are opened when they are needed. */
enum err journal_files_open(struct disk d, const char *directory, const struct journal_options *o, struct journal_files **out,
                            struct journal_report *report, struct problem *p) MUST_USE;
struct journal journal_files_port(struct journal_files *j);
/* Relaxed mode: makes what was committed survive a power cut. By a timer, in the committing thread. */
enum err journal_files_sync(struct journal_files *j, struct problem *p) MUST_USE;
/* Closes and syncs the last segment. What was appended and not committed is dropped: nobody was answered. An error here loses nothing in
 * durable mode. */
enum err journal_files_close(struct journal_files *j, struct problem *p) MUST_USE;

/* ---- hikeshi journal verify ---- */

struct journal_summary {
    uint64_t segments, records, bytes, first, last;
    uint64_t torn_bytes; /* not acknowledged, behind the last record; opening would cut them */
    uint64_t damages;
};

/* Reads every record of every segment and reports each damage (where: file:offset), going on behind it. Changes nothing; the directory may
 * be in use. ERR_CORRUPT where there was damage. */
enum err journal_verify(struct disk d, const char *directory, uint64_t seed, void (*each)(void *context, const struct problem *damage),
                        void *context, struct journal_summary *sum, struct problem *p) MUST_USE;

#endif
