// SPDX-License-Identifier: Apache-2.0
/* Proves the table in memory: the conformance digest, its bounds, and that its content is told by its digest. */
#include "store/cells_memory.h"

#include "base/hash.h"
#include "base/test.h"
#include "store/cells_conformance.h"

#define START_MS INT64_C(1767225600000)

static struct cells_memory *open_with(uint32_t profiles, uint32_t narrow, uint32_t wide) {
    struct cells_bounds bounds = {profiles, narrow, wide, 1000};
    struct cells_memory *m = NULL;
    struct problem p;
    EXPECT(cells_memory_open(&bounds, &m, &p) == ERR_OK);
    return m;
}

static enum err bump(struct cells c, enum cell_class class, uint64_t key, uint64_t op, int64_t at_ms, const void **bytes) {
    struct bump b = {.op_id = op, .at_ms = at_ms, .add = {1, 0, 0, 0}};
    struct cell_op o = {.kind = CELL_BUMP, .name = {class, hash_mix(key, 3)}, .bump = &b};
    enum err err = c.ops->submit(c.self, &o, 1);
    if (bytes) *bytes = o.bytes;
    return err;
}

static uint32_t attempts(struct cells c, enum cell_class class, uint64_t key, int64_t now_ms) {
    struct cell_op o = {.kind = CELL_GET, .name = {class, hash_mix(key, 3)}};
    EXPECT(c.ops->submit(c.self, &o, 1) == ERR_OK);
    return counter_tally((struct counter_view){o.bytes, class == CELL_WIDE}, TALLY_ATTEMPT, WINDOW_90D, now_ms);
}

TEST(conforms) {
    uint64_t digests[2];
    for (int i = 0; i < 2; i++) {
        struct cells_memory *m = i ? open_with(2000, 4000, 200) : open_with(1 << 20, 1 << 20, 1 << 16);
        struct conformance r = cells_conformance(cells_memory_cells(m));
        EXPECT_STR(str_from(r.broken), STR_NONE);
        EXPECT_EQ(r.digest, CELLS_CONFORMANCE_DIGEST);
        digests[i] = cells_memory_digest(m);
        cells_memory_close(m);
    }
    EXPECT(digests[0] == digests[1]);
}

TEST(profiles_are_never_let_go) {
    struct cells_memory *m = open_with(100, 10, 10);
    struct cells c = cells_memory_cells(m);
    char bytes[PROFILE_SIZE] = {7};
    for (uint64_t n = 0; n < 120; n++) {
        struct cell_op o = {.kind = CELL_CAS, .name = {CELL_PROFILE, hash_mix(n, 1)}, .bytes = bytes};
        EXPECT_EQ(c.ops->submit(c.self, &o, 1), n < 100 ? ERR_OK : ERR_FULL);
    }
    EXPECT_EQ(c.ops->count(c.self, CELL_PROFILE), 100);
    for (uint64_t n = 0; n < 120; n++) {
        struct cell_op o = {.kind = CELL_GET, .name = {CELL_PROFILE, hash_mix(n, 1)}};
        EXPECT(c.ops->submit(c.self, &o, 1) == ERR_OK);
        EXPECT_EQ(o.version, n < 100);
    }
    cells_memory_close(m);
}

TEST(stale_counters_make_room_for_new_ones) {
    struct cells_memory *m = open_with(10, 1000, 10);
    struct cells c = cells_memory_cells(m);
    uint64_t op = 1;
    for (uint64_t n = 0; n < 1000; n++) /* half of them stay in use, half were used a month ago */
        EXPECT(bump(c, CELL_NARROW, n, op++, START_MS + (n % 2 ? 0 : INT64_C(30) * 86400000), NULL) == ERR_OK);
    for (uint64_t n = 1000; n < 1250; n++) EXPECT(bump(c, CELL_NARROW, n, op++, START_MS + INT64_C(31) * 86400000, NULL) == ERR_OK);
    EXPECT_EQ(c.ops->count(c.self, CELL_NARROW), 1000);
    unsigned fresh = 0, stale = 0, added = 0;
    for (uint64_t n = 0; n < 1250; n++) {
        uint32_t count = attempts(c, CELL_NARROW, n, START_MS + INT64_C(31) * 86400000);
        EXPECT(count <= 1); /* a reused cell starts from zero */
        if (n >= 1000) added += count;
        else if (n % 2) stale += count;
        else fresh += count;
    }
    EXPECT(added >= 245);
    EXPECT(fresh >= 475);
    EXPECT(stale <= 275);
    cells_memory_close(m);
}

TEST(one_submit_never_evicts_its_own_cells) {
    struct cells_memory *m = open_with(10, 8, 8);
    struct cells c = cells_memory_cells(m);
    struct bump bumps[16];
    struct cell_op ops[16];
    for (uint64_t round = 0; round < 50; round++) {
        for (unsigned i = 0; i < 16; i++) {
            bumps[i] = (struct bump){.op_id = 1 + round * 16 + i, .at_ms = START_MS - (int64_t)(round * 1000), .add = {1, 0, 0, 0}};
            ops[i] = (struct cell_op){.kind = CELL_BUMP, .name = {CELL_NARROW, hash_mix(round * 16 + i, 5)}, .bump = &bumps[i]};
        }
        EXPECT(c.ops->submit(c.self, ops, 16) == ERR_FULL);
        for (unsigned i = 0; i < 16; i++) EXPECT_EQ(ops[i].err, i < 8 ? ERR_OK : ERR_FULL);
        for (unsigned i = 1; i < 8; i++) EXPECT(ops[i].bytes != ops[i - 1].bytes);
    }
    EXPECT_EQ(c.ops->count(c.self, CELL_NARROW), 8);
    cells_memory_close(m);
}

TEST(borrowed_bytes_stay_where_they_are_while_the_table_grows) {
    struct cells_memory *m = open_with(10, 1 << 16, 10);
    struct cells c = cells_memory_cells(m);
    const void *first, *again;
    EXPECT(bump(c, CELL_NARROW, 0, 1, START_MS, &first) == ERR_OK);
    for (uint64_t n = 1; n < 20000; n++) EXPECT(bump(c, CELL_NARROW, n, n + 1, START_MS, NULL) == ERR_OK);
    EXPECT(bump(c, CELL_NARROW, 0, 30000, START_MS, &again) == ERR_OK);
    EXPECT(first == again);
    cells_memory_close(m);
}

TEST(seen_events_are_remembered_with_their_content) {
    struct cells_memory *m = open_with(10, 10, 10);
    struct seen s = cells_memory_seen(m);
    uint32_t content = 0;
    for (uint64_t n = 1; n <= 50000; n++) s.ops->add(s.self, hash_mix(n, 9), (uint32_t)n * 3, n);
    for (uint64_t n = 1; n <= 50000; n++) {
        EXPECT_EQ(s.ops->find(s.self, hash_mix(n, 9), &content), n);
        EXPECT_EQ(content, (uint32_t)n * 3);
        EXPECT_EQ(s.ops->find(s.self, hash_mix(n, 10), &content), 0);
    }
    s.ops->add(s.self, hash_mix(5, 9), 1, 60000);
    EXPECT_EQ(s.ops->find(s.self, hash_mix(5, 9), &content), 60000);
    cells_memory_close(m);
}

TEST(oldest_seen_events_are_forgotten_first) {
    struct cells_memory *m = open_with(10, 10, 10);
    struct seen s = cells_memory_seen(m);
    uint32_t content;
    uint64_t last = SEEN_COUNT_MAX + 1000;
    for (uint64_t n = 1; n <= last; n++) s.ops->add(s.self, hash_mix(n, 9), 0, n);
    for (uint64_t n = 1; n <= 1000; n++) EXPECT_EQ(s.ops->find(s.self, hash_mix(n, 9), &content), 0);
    for (uint64_t n = 1001; n <= last; n += 997) EXPECT_EQ(s.ops->find(s.self, hash_mix(n, 9), &content), n);
    EXPECT_EQ(s.ops->find(s.self, hash_mix(last, 9), &content), last);
    struct cells_state state;
    struct cells_region parts[PART_COUNT];
    cells_memory_save(m, &state, parts);
    EXPECT_EQ(state.entry_count[CELL_CLASS_COUNT], SEEN_COUNT_MAX); /* what is forgotten takes no room */
    cells_memory_close(m);
}

TEST(digest_tells_every_part_of_the_content) {
    struct cells_memory *m = open_with(100, 100, 100);
    struct cells c = cells_memory_cells(m);
    struct seen s = cells_memory_seen(m);
    uint64_t digests[6];
    char bytes[PROFILE_SIZE] = {7};
    digests[0] = cells_memory_digest(m);
    EXPECT(bump(c, CELL_NARROW, 1, 1, START_MS, NULL) == ERR_OK);
    digests[1] = cells_memory_digest(m);
    EXPECT(bump(c, CELL_WIDE, 1, 2, START_MS, NULL) == ERR_OK);
    digests[2] = cells_memory_digest(m);
    struct cell_op o = {.kind = CELL_CAS, .name = {CELL_PROFILE, 1}, .bytes = bytes};
    EXPECT(c.ops->submit(c.self, &o, 1) == ERR_OK);
    digests[3] = cells_memory_digest(m);
    *(char *)c.ops->globals(c.self) = 1;
    digests[4] = cells_memory_digest(m);
    s.ops->add(s.self, 1, 2, 3);
    digests[5] = cells_memory_digest(m);
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < i; k++) EXPECT(digests[i] != digests[k]);
    cells_memory_close(m);
}

int main(void) {
    RUN(conforms);
    RUN(profiles_are_never_let_go);
    RUN(stale_counters_make_room_for_new_ones);
    RUN(one_submit_never_evicts_its_own_cells);
    RUN(borrowed_bytes_stay_where_they_are_while_the_table_grows);
    RUN(seen_events_are_remembered_with_their_content);
    RUN(oldest_seen_events_are_forgotten_first);
    RUN(digest_tells_every_part_of_the_content);
    return test_end();
}
