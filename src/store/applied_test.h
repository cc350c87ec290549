// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_APPLIED_TEST_H
#define STORE_APPLIED_TEST_H

#include <string.h>

#include "base/hash.h"
#include "base/test.h"
#include "port/cells.h"
#include "port/journal.h"

/*
 * A make-believe engine for the tests of the stores: record n changes a profile, two counters, the globals and the seen events, all told by
 * n alone, so that the state after n records is the same however it came about.
 */
static inline struct journal_record applied_record(uint64_t n, char event[64]) {
    (void)snprintf(event, 64, "event %llu %016llx", (unsigned long long)n, (unsigned long long)hash_mix(n, 1));
    return (struct journal_record){
        .position = n, .received_ms = INT64_C(1767225600000) + (int64_t)n * 1000, .event = str_from(event), .decision = STR("allow")};
}

static inline void apply_record(struct cells c, struct seen s, const struct journal_record *r) {
    uint64_t key = hash_str(r->event, 7);
    struct cell_name profile = {CELL_PROFILE, hash_mix(key % 3000, 1)};
    struct bump bump = {.op_id = r->position * 32, .at_ms = r->received_ms, .add = {1, key % 2, 0, 0}, .account = hash_mix(key % 3000, 2)};
    struct cell_op ops[] = {{.kind = CELL_GET, .name = profile},
                            {.kind = CELL_BUMP, .name = {CELL_NARROW, hash_mix(key % 5000, 3)}, .bump = &bump},
                            {.kind = CELL_BUMP, .name = {CELL_WIDE, hash_mix(key % 50, 4)}, .bump = &bump}};
    EXPECT(c.ops->submit(c.self, ops, 3) == ERR_OK);
    char bytes[PROFILE_SIZE];
    memcpy(bytes, ops[0].bytes, sizeof bytes);
    memcpy(bytes + key % 46 * 8, &key, sizeof key);
    struct cell_op write = {.kind = CELL_CAS, .name = profile, .version = ops[0].version, .bytes = bytes};
    EXPECT(c.ops->submit(c.self, &write, 1) == ERR_OK);
    uint64_t *globals = c.ops->globals(c.self);
    globals[key % 1000] += r->position;
    s.ops->add(s.self, key, (uint32_t)key, r->position);
}

struct applying {
    struct cells cells;
    struct seen seen;
};

static inline enum err apply_each(void *context, const struct journal_record *r) {
    struct applying *a = context;
    apply_record(a->cells, a->seen, r);
    return ERR_OK;
}

#endif
