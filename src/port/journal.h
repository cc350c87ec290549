// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_JOURNAL_H
#define PORT_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * The ordered log of events: the truth. One record = one event with the decision that was taken on it. Positions count 1, 2, 3, ...
 *
 * Life of a record: append (in memory, numbered) -> seal (the batch is closed) -> commit (written and fdatasynced) -> durable. Only then
 * may its answer leave. append and seal belong to the engine's thread; commit may run in another one while the next batch is filled.
 * After a failed commit the journal refuses everything (ERR_IO): the process stops and replays, because a page whose fsync failed may have
 * been dropped by the kernel (Rebello et al., "Can Applications Recover from fsync Failures?", ATC 2020). It is never retried.
 */
struct journal_record {
    uint64_t position;   /* set by append */
    uint64_t previous;   /* position of the same account's record before, 0 = none: the account's own thread through the journal */
    int64_t received_ms; /* when it came through the door; the `now` of its replay */
    struct str event;    /* event/event.h, binary form */
    struct str decision; /* decide/decision.h, binary form */
};

struct journal {
    const struct journal_ops *ops;
    void *self;
};

struct journal_ops {
    /* Copies the record into the open batch and numbers it. ERR_FULL: the batch is full, seal and commit first. ERR_IO: an earlier commit
     * failed. */
    enum err (*append)(void *self, const struct journal_record *r, uint64_t *position);
    /* Closes the open batch. false where it is empty or the batch before is not committed yet. */
    bool (*seal)(void *self);
    /* Makes the sealed batch durable (nothing to do in memory). On ERR_OK everything up to durable() survives a crash. */
    enum err (*commit)(void *self, struct problem *p);
    uint64_t (*durable)(void *self); /* last position that survives a crash */
    uint64_t (*last)(void *self);    /* last position appended */
    uint64_t (*first)(void *self);   /* oldest position still kept; last()+1 where the journal is empty */
    /* Any record from first() to last(), durable or not. Texts live in `step`. ERR_NOT_FOUND, ERR_CORRUPT, ERR_IO, ERR_FULL (arena). */
    enum err (*read)(void *self, uint64_t position, struct arena *step, struct journal_record *out);
    /*
     * Calls `each` for every record from `from` on, in order, until it returns other than ERR_OK, which is handed back. Texts are borrowed
     * for the call. Reads ahead; at least ten times as fast as read().
     */
    enum err (*scan)(void *self, uint64_t from, enum err (*each)(void *context, const struct journal_record *r), void *context,
                     struct problem *p);
};

static inline enum err journal_append(struct journal j, const struct journal_record *r, uint64_t *position) {
    return j.ops->append(j.self, r, position);
}
static inline bool journal_seal(struct journal j) {
    return j.ops->seal(j.self);
}
static inline enum err journal_commit(struct journal j, struct problem *p) {
    return j.ops->commit(j.self, p);
}
static inline uint64_t journal_durable(struct journal j) {
    return j.ops->durable(j.self);
}
static inline uint64_t journal_last(struct journal j) {
    return j.ops->last(j.self);
}
static inline uint64_t journal_first(struct journal j) {
    return j.ops->first(j.self);
}
static inline enum err journal_read(struct journal j, uint64_t position, struct arena *step, struct journal_record *out) {
    return j.ops->read(j.self, position, step, out);
}

#endif
