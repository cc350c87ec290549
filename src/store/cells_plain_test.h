// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_CELLS_PLAIN_TEST_H
#define STORE_CELLS_PLAIN_TEST_H

#include "base/check.h"
#include "base/hash.h"
#include "port/cells.h"

/*
 * port/cells.h as plainly as it can be written: one array, copies handed out, and the copies of a round spoiled when the next one begins.
 * An engine that decides the same on this as on the real table leans on nothing but the port: no pointer kept too long, no order, no
 * layout.
 */
#define PLAIN_CELLS_MAX 32768
#define PLAIN_CELL_SIZE 384

struct plain_cells {
    struct {
        struct cell_name name;
        bool used;
        uint64_t version;
        uint64_t bytes[PLAIN_CELL_SIZE / 8];
    } cells[PLAIN_CELLS_MAX];
    uint64_t handed_out[64][PLAIN_CELL_SIZE / 8];
    uint64_t globals[GLOBALS_SIZE / 8];
    uint64_t counts[CELL_CLASS_COUNT];
};
_Static_assert(PROFILE_SIZE <= PLAIN_CELL_SIZE && COUNTER_WIDE_SIZE <= PLAIN_CELL_SIZE && COUNTER_NARROW_SIZE <= PLAIN_CELL_SIZE,
               "every class fits");

static size_t plain_cells_place(struct plain_cells *p, struct cell_name name) {
    size_t at = hash_mix(name.key, name.class) % PLAIN_CELLS_MAX;
    while (p->cells[at].used && (p->cells[at].name.key != name.key || p->cells[at].name.class != name.class))
        at = (at + 1) % PLAIN_CELLS_MAX;
    return at;
}

static void plain_cells_make(struct plain_cells *p, size_t at, struct cell_name name) {
    if (p->cells[at].used) return;
    p->cells[at].used = true;
    p->cells[at].name = name;
    CHECK(++p->counts[name.class] < PLAIN_CELLS_MAX / 2);
}

static void plain_cells_one(struct plain_cells *p, struct cell_op *op, uint64_t *out) {
    size_t at = plain_cells_place(p, op->name);
    op->err = ERR_OK;
    switch (op->kind) {
    case CELL_GET: op->version = p->cells[at].used ? p->cells[at].version : 0; break;
    case CELL_CAS:
        if (op->version != p->cells[at].version) {
            op->err = ERR_CONFLICT;
            return;
        }
        plain_cells_make(p, at, op->name);
        memcpy(p->cells[at].bytes, op->bytes, PROFILE_SIZE);
        p->cells[at].version++;
        return;
    case CELL_BUMP:
        plain_cells_make(p, at, op->name);
        if (op->name.class == CELL_WIDE) (void)counter_bump_wide(p->cells[at].bytes, op->bump);
        else if (op->name.class == CELL_NARROW) (void)counter_bump_narrow(p->cells[at].bytes, op->bump);
        else origin_merge(p->cells[at].bytes, op->bump);
        break;
    }
    memcpy(out, p->cells[at].bytes, sizeof p->cells[at].bytes);
    op->bytes = out;
}

static enum err plain_cells_submit(void *self, struct cell_op *ops, size_t count) {
    struct plain_cells *p = self;
    uint64_t fresh[64][PLAIN_CELL_SIZE / 8];
    CHECK(count <= 64);
    enum err first = ERR_OK;
    /* What this round is given may lie in what the last one handed out, so nothing is spoiled before it is read. */
    for (size_t i = 0; i < count; i++) {
        plain_cells_one(p, &ops[i], fresh[i]);
        if (ops[i].err && !first) first = ops[i].err;
    }
    memset(p->handed_out, 0xA5, sizeof p->handed_out);
    for (size_t i = 0; i < count; i++) {
        if (ops[i].bytes != fresh[i]) continue;
        memcpy(p->handed_out[i], fresh[i], sizeof fresh[i]);
        ops[i].bytes = p->handed_out[i];
    }
    return first;
}

static void plain_cells_no_hint(void *self, const struct cell_op *ops, size_t count) {
    (void)self, (void)ops, (void)count;
}

static void *plain_cells_globals(void *self) {
    return ((struct plain_cells *)self)->globals;
}

static uint64_t plain_cells_count(void *self, enum cell_class class) {
    return ((struct plain_cells *)self)->counts[class];
}

static struct cells plain_cells_port(struct plain_cells *p) {
    static const struct cells_ops ops = {plain_cells_no_hint, plain_cells_no_hint, plain_cells_submit, plain_cells_globals,
                                         plain_cells_count};
    return (struct cells){&ops, p};
}

#endif
