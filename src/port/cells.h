// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_CELLS_H
#define PORT_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "port/counter.h"
#include "port/origin.h"

/*
 * What is remembered: cells of fixed size, named before they are touched, so that memory, a Redis Cluster or a SQL table can stand behind
 * the same three operations with identical decisions (store/cells_conformance.h).
 *
 *   GET   a cell                    -> its bytes and, of a profile, its version (version 0, zero bytes: not there yet)
 *   CAS   a profile cell            if its version is still the one read, these bytes, version + 1; else ERR_CONFLICT
 *   BUMP  a counter cell by a delta -> its merged bytes; deltas commute; the same op_id again does not count twice
 *
 * One event is one round: submit{GET account, BUMP ip, BUMP asn, ...} -> a pure step -> submit{CAS account, BUMP ...}. No transaction spans
 * two cells. Returned bytes are borrowed until the next submit.
 */
enum cell_class {
    CELL_PROFILE, /* PROFILE_SIZE bytes, an account; opaque here, laid out by enrich/profile.h */
    CELL_NARROW,  /* struct counter_narrow: one of very many (address, prefix, device, password tag) */
    CELL_WIDE,    /* struct counter_wide: one of few (network, country, user agent, JA4, ...) */
    CELL_ORIGIN,  /* struct origin: what the entries of a campaign may share; only where something risky came from there */
    CELL_CLASS_COUNT
};

/* All in, an account costs its profile plus the counters that it alone uses (1.4 narrow ones); the goal is 600 bytes. */
#define PROFILE_SIZE 384

struct cell_name {
    enum cell_class class;
    uint64_t key; /* already mixed with the kind of value and the data directory's seed */
};

enum cell_op_kind { CELL_GET, CELL_CAS, CELL_BUMP };

/* Operations in one submit. An event names some 20 cells. */
#define CELLS_SUBMIT_MAX 64

struct cell_op {
    enum cell_op_kind kind;
    struct cell_name name;
    enum err err;            /* out: ERR_OK, ERR_CONFLICT (CAS), ERR_FULL (no room for a new cell), ERR_BUSY (backend away) */
    uint64_t version;        /* GET: out; CAS: in, as read */
    const void *bytes;       /* GET, BUMP: out, borrowed; CAS: in, PROFILE_SIZE */
    const struct bump *bump; /* BUMP: in */
};

/* State that is not of one key: calibration and the like. Part of the snapshot, 8-aligned, zero at first. Owned by the engine. */
#define GLOBALS_SIZE (256U * 1024)

struct cells {
    const struct cells_ops *ops;
    void *self;
};

struct cells_ops {
    /*
     * Hints that these operations will be submitted soon; both may do nothing. `expect` asks for what says where the cells lie, `prefetch`,
     * better a little later, for the cells themselves.
     */
    void (*expect)(void *self, const struct cell_op *ops, size_t count);
    void (*prefetch)(void *self, const struct cell_op *ops, size_t count);
    /* Executes the operations in order. The result is each op's err; the return value is the first that is not ERR_OK. */
    enum err (*submit)(void *self, struct cell_op *ops, size_t count);
    void *(*globals)(void *self);
    uint64_t (*count)(void *self, enum cell_class class);
};

/*
 * Which events were seen: (source, id) -> position, so that the same event twice is the same event once. The last SEEN_COUNT_MAX are
 * remembered, oldest forgotten first.
 */
#define SEEN_COUNT_MAX (UINT64_C(1) << 22)

struct seen {
    const struct seen_ops *ops;
    void *self;
};

struct seen_ops {
    void (*expect)(void *self, uint64_t key); /* a hint: it will be looked for soon */
    /* Position of the event with this key and *content (32 bits of a hash of its bytes), or 0. */
    uint64_t (*find)(void *self, uint64_t key, uint32_t *content);
    void (*add)(void *self, uint64_t key, uint32_t content, uint64_t position);
};

#endif
