// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "port/journal.h"

/*
 * One journal record as bytes (docs/formats/journal.md), little-endian, on 8 bytes:
 *
 *    0  u32 size         of the whole record without its padding; 0 = here no record begins
 *    4  u32 crc          CRC-32C of all other bytes, padding included, begun with the data directory's key
 *    8  u64 position
 *   16  u64 previous
 *   24  i64 received_ms
 *   32  u32 event_size   the decision has the rest
 *   36  u32 undurable    position - the last position that was durable when this was written
 *   40  event, decision, zeros up to a multiple of 8
 *
 * `undurable` tells a torn tail from damage: a lost record that a later intact one calls durable was acknowledged.
 */
#define RECORD_HEAD_SIZE 40

enum record_state {
    RECORD_OK,
    RECORD_END, /* zeros: nothing was written here */
    RECORD_BAD  /* torn, damaged, or not a record */
};

/* Bytes that a record takes, padding included; 0 where it is larger than JOURNAL_RECORD_SIZE_MAX. */
size_t record_size(const struct journal_record *r);
/* All but crc and undurable. */
void record_write(void *at, const struct journal_record *r);
/* The rest, once it is known what is durable. */
void record_seal(void *at, uint32_t key, uint64_t durable);

/* The record at `at`, whose texts then point into it. *size is what it takes, padding included. RECORD_BAD where it needs more than
 * `available` bytes. */
enum record_state record_read(const void *at, size_t available, uint32_t key, struct journal_record *out, size_t *size);
/* The same without looking at the checksum: for records that this process wrote and has not yet sealed. */
void record_peek(const void *at, struct journal_record *out, size_t *size);
/* What `at` claims to take, padding included, whether it is all there or not; 0 where no record can be so. */
size_t record_size_at(const void *at);
uint64_t record_durable(const void *at); /* what was durable when it was written */

/* Stands for a record's content: for checking that an image and a journal belong together. */
uint32_t record_check(const struct journal_record *r);

#endif
