// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_SEGMENT_H
#define STORE_SEGMENT_H

#include "base/bounds.h"
#include "port/disk.h"
#include "store/record.h"

/*
 * One file of the journal: NAME = twenty digits of its first position + ".journal" (docs/formats/journal.md).
 *
 *   head (64 bytes) | record | record | ... | zeros to the preallocated size              while it is written
 *   head (64 bytes) | record | record | ... | index entries | tail (32)                    once it is closed
 *
 * The index begins with a zero (the 0th record), so a walk along the records ends there too. It has one entry for every 16 KiB of records,
 * so that a record is found by reading two such pieces at most.
 */
#define SEGMENT_HEAD_SIZE    64
#define SEGMENT_TAIL_SIZE    32
#define SEGMENT_NAME_SIZE    (20 + 8 + 1)
#define SEGMENT_INDEX_STRIDE (16U * 1024)
#define SEGMENT_INDEX_COUNT  (JOURNAL_SEGMENT_SIZE_MAX / SEGMENT_INDEX_STRIDE)

struct segment_entry {
    uint32_t nth;    /* record of the segment, from 0 */
    uint32_t offset; /* in the file */
};

/* Where the records of a segment of this size end at the latest, so that index and tail have room. */
#define SEGMENT_RECORDS_END_MAX(size) ((size)-SEGMENT_TAIL_SIZE - 8 - ((size) / SEGMENT_INDEX_STRIDE + 1) * 8U)

struct segment_index {
    uint32_t count;
    struct segment_entry at[SEGMENT_INDEX_COUNT];
};

/* Notes a record where the last entry lies a stride or more behind. */
void segment_index_note(struct segment_index *x, uint32_t nth, uint32_t offset);
/* The last of `count` > 0 entries at or before the nth record. */
struct segment_entry segment_entry_find(const struct segment_entry *entries, uint32_t count, uint32_t nth);

/* What a data directory's journal is told by: its records do not check with another one's key. */
struct segment_identity {
    uint64_t id;
    uint32_t key;
};
struct segment_identity segment_identity(uint64_t seed);

/* The segments of a journal by their first positions, ascending. */
struct segment_list {
    uint64_t *firsts;
    size_t count, capacity;
};
bool segment_list_add(struct segment_list *l, uint64_t first); /* false: no memory */
enum err segment_list_read(struct segment_list *l, struct disk d, const char *directory, struct problem *p) MUST_USE;
void segment_list_release(struct segment_list *l);
/* Place of the last segment that begins at or before a position; the list must not be empty. */
size_t segment_list_find(const struct segment_list *l, uint64_t position);

void segment_name(char name[SEGMENT_NAME_SIZE], uint64_t first);
bool segment_name_parse(const char *name, uint64_t *first);

enum err segment_write_head(struct disk d, struct disk_file f, struct segment_identity who, uint64_t first, struct problem *p) MUST_USE;
/* ERR_NOT_FOUND: no head or a damaged one; ERR_CORRUPT: of another data directory, or another name; ERR_UNSUPPORTED: of a later version. */
enum err segment_check_head(struct disk d, struct disk_file f, struct segment_identity who, uint64_t first, struct problem *p) MUST_USE;
/* Closes it: index and tail behind the records, and the file cut there. Not yet synced. */
enum err segment_close(struct disk d, struct disk_file f, uint64_t last, uint64_t records_end, const struct segment_index *x,
                       struct problem *p) MUST_USE;
/* *closed = false where there is no intact tail; `x` may be NULL. */
enum err segment_read_tail(struct disk d, struct disk_file f, bool *closed, uint64_t *last, uint64_t *records_end, struct segment_index *x,
                           struct problem *p) MUST_USE;

/*
 * Reads records one after the other, in big pieces. The buffer belongs to the caller, at least SEGMENT_BUFFER_SIZE_MIN bytes; a megabyte
 * reads at the speed of memory.
 */
#define SEGMENT_BUFFER_SIZE_MIN (JOURNAL_RECORD_SIZE_MAX + 8)
struct segment_reader {
    struct disk disk;
    struct disk_file file;
    uint32_t key;
    uint64_t next;        /* position expected at `offset` */
    uint64_t offset, end; /* where the reader stands; the file's end */
    uint64_t written_end; /* of the last bytes other than zero that resync passed; 0 = none */
    size_t piece;         /* bytes to read at once; 0 = as many as the buffer holds */
    char *buffer;
    size_t capacity, from, filled;
    enum err err; /* why reading stopped, where it was not the file's content */
};

enum err segment_reader_open(struct segment_reader *r, struct disk d, struct disk_file f, uint32_t key, void *buffer, size_t capacity,
                             struct problem *p) MUST_USE;
/* The record at position `next` lies at `offset`. */
void segment_reader_stand(struct segment_reader *r, uint64_t next, uint64_t offset);
/* RECORD_OK: texts are borrowed until the next call. RECORD_END: zeros or the file's end. RECORD_BAD also where the position is not the
 * expected one, and where reading failed (r->err). The reader stays before what is not OK. */
enum record_state segment_reader_next(struct segment_reader *r, struct journal_record *out, struct problem *p);
/* Moves on to the next intact record with a position >= `next`; false where there is none, or r->err. *durable is what was durable when it
 * was written. */
bool segment_reader_resync(struct segment_reader *r, uint64_t *durable, struct problem *p);
/* The same for a record that was written when `lost` was durable: the proof that what is lost was acknowledged. */
bool segment_reader_find_witness(struct segment_reader *r, uint64_t lost, struct problem *p);

#endif
