// SPDX-License-Identifier: Apache-2.0
/* Keeps a journal in memory, for replays and tests. */
#include "store/journal_memory.h"

#include <stdatomic.h>

#include "store/record.h"
#include "store/region.h"

/*
 * Records lie one behind the other as in a segment, unsealed; every 16th position has its offset in `index`.
 * `sealed` is the last position handed to commit, `durable` the last that commit saw.
 */
#define RECORDS_SIZE (UINT64_C(1) << 38)
#define STRIDE       16
#define INDEX_SIZE   (RECORDS_SIZE / RECORD_HEAD_SIZE / STRIDE * sizeof(uint64_t))

struct journal_memory {
    char *records;
    uint64_t *index;
    uint64_t size, last;
    _Atomic uint64_t sealed, durable;
};

static enum err append(void *self, const struct journal_record *r, uint64_t *position) {
    struct journal_memory *j = self;
    size_t size = record_size(r);
    if (size == 0) return ERR_TOO_LARGE;
    if (size > RECORDS_SIZE - j->size) return ERR_FULL;
    struct journal_record numbered = *r;
    numbered.position = ++j->last;
    record_write(j->records + j->size, &numbered);
    if ((j->last - 1) % STRIDE == 0) j->index[(j->last - 1) / STRIDE] = j->size;
    j->size += size;
    *position = j->last;
    return ERR_OK;
}

static bool seal(void *self) {
    struct journal_memory *j = self;
    uint64_t sealed = atomic_load(&j->sealed);
    if (sealed == j->last || sealed != atomic_load(&j->durable)) return false;
    atomic_store(&j->sealed, j->last);
    return true;
}

static enum err commit(void *self, struct problem *p) {
    (void)p;
    struct journal_memory *j = self;
    atomic_store(&j->durable, atomic_load(&j->sealed));
    return ERR_OK;
}

static uint64_t durable(void *self) {
    return atomic_load(&((struct journal_memory *)self)->durable);
}

static uint64_t last(void *self) {
    return ((struct journal_memory *)self)->last;
}

static uint64_t first(void *self) {
    (void)self;
    return 1;
}

/* Offset of a position from 1 to last. */
static uint64_t find(const struct journal_memory *j, uint64_t position) {
    uint64_t at = j->index[(position - 1) / STRIDE];
    struct journal_record passed;
    for (uint64_t i = (position - 1) % STRIDE; i > 0; i--) {
        size_t size;
        record_peek(j->records + at, &passed, &size);
        at += size;
    }
    return at;
}

static enum err read_record(void *self, uint64_t position, struct arena *step, struct journal_record *out) {
    const struct journal_memory *j = self;
    if (position < 1 || position > j->last) return ERR_NOT_FOUND;
    size_t size;
    bool full = false;
    record_peek(j->records + find(j, position), out, &size);
    out->event = arena_copy(step, out->event, &full);
    out->decision = arena_copy(step, out->decision, &full);
    return full ? ERR_FULL : ERR_OK;
}

static enum err scan(void *self, uint64_t from, enum err (*each)(void *context, const struct journal_record *r), void *context,
                     struct problem *p) {
    (void)p;
    const struct journal_memory *j = self;
    if (from < 1) from = 1;
    if (from > j->last) return ERR_OK;
    struct journal_record r;
    size_t size;
    for (uint64_t at = find(j, from); at < j->size; at += size) {
        record_peek(j->records + at, &r, &size);
        enum err err = each(context, &r);
        if (err) return err;
    }
    return ERR_OK;
}

struct journal journal_memory_port(struct journal_memory *j) {
    static const struct journal_ops ops = {.append = append,
                                           .seal = seal,
                                           .commit = commit,
                                           .durable = durable,
                                           .last = last,
                                           .first = first,
                                           .read = read_record,
                                           .scan = scan};
    return (struct journal){.ops = &ops, .self = j};
}

enum err journal_memory_open(struct journal_memory **out, struct problem *p) {
    struct journal_memory *j = calloc(1, sizeof *j);
    if (j) {
        j->records = region_reserve(RECORDS_SIZE);
        j->index = region_reserve(INDEX_SIZE);
        if (j->records && j->index) return *out = j, ERR_OK;
        journal_memory_close(j);
    }
    return problem_set(p, ERR_FULL, "journal", "allow more address space (ulimit -v, vm.overcommit_memory)",
                       "no memory for a journal in memory");
}

void journal_memory_close(struct journal_memory *j) {
    region_release(j->records, RECORDS_SIZE);
    region_release(j->index, INDEX_SIZE);
    free(j);
}
