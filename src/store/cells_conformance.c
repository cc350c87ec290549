// SPDX-License-Identifier: Apache-2.0
/* Plays a fixed stream of operations to a backend of the cells and sums up its answers. */
#include "store/cells_conformance.h"

#include <string.h>

#include "base/hash.h"
#include "base/moment.h"

#define EVENTS   UINT64_C(20000)
#define START_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

struct run {
    struct cells cells;
    uint64_t state; /* of the random numbers */
    uint64_t digest;
    const char *broken;
};

static uint64_t number(struct run *r, uint64_t below) {
    r->state++;
    return hash_mix(r->state, 20260101) % below;
}

static void expect(struct run *r, bool kept, const char *promise) {
    if (!kept && !r->broken) r->broken = promise;
}

static size_t size_of(enum cell_class class) {
    static const size_t sizes[CELL_CLASS_COUNT] = {PROFILE_SIZE, COUNTER_NARROW_SIZE, COUNTER_WIDE_SIZE, ORIGIN_SIZE};
    return sizes[class];
}

static void submit(struct run *r, struct cell_op *ops, size_t count) {
    enum err first = ERR_OK, returned = r->cells.ops->submit(r->cells.self, ops, count);
    for (size_t i = 0; i < count; i++) {
        if (!first) first = ops[i].err;
        r->digest = hash_mix(r->digest, ops[i].err);
        if (ops[i].err || ops[i].kind == CELL_CAS) continue;
        r->digest = hash_bytes(ops[i].bytes, size_of(ops[i].name.class), r->digest);
        if (ops[i].kind == CELL_GET) r->digest = hash_mix(r->digest, ops[i].version);
    }
    expect(r, returned == first, "submit returns the first operation's error");
}

static struct cell_name name_of(enum cell_class class, uint64_t n) {
    return (struct cell_name){class, hash_mix(n, 1000 + (uint64_t) class)};
}

static struct cell_op get(struct cell_name name) {
    return (struct cell_op){.kind = CELL_GET, .name = name};
}

static struct cell_op cas(struct cell_name name, uint64_t version, const void *bytes) {
    return (struct cell_op){.kind = CELL_CAS, .name = name, .version = version, .bytes = bytes};
}

static struct cell_op bump_op(struct cell_name name, const struct bump *bump) {
    return (struct cell_op){.kind = CELL_BUMP, .name = name, .bump = bump};
}

static bool all_zero(const void *bytes, size_t size) {
    const char *at = bytes;
    for (size_t i = 0; i < size; i++)
        if (at[i]) return false;
    return true;
}

/* What was never written reads as zeros, and reading does not create it. */
static void play_nothing_there(struct run *r) {
    for (enum cell_class class = 0; class < CELL_CLASS_COUNT; class ++) {
        struct cell_op op = get(name_of(class, 1));
        submit(r, &op, 1);
        expect(r, !op.err && op.version == 0 && all_zero(op.bytes, size_of(class)), "an absent cell reads as zeros of version 0");
        expect(r, r->cells.ops->count(r->cells.self, class) == 0, "reading a cell does not create it");
    }
    char bytes[PROFILE_SIZE] = {1};
    struct cell_op op = cas(name_of(CELL_PROFILE, 1), 5, bytes);
    submit(r, &op, 1);
    expect(r, op.err == ERR_CONFLICT, "an absent profile has version 0 and no other");
}

static void play_versions(struct run *r) {
    struct cell_name name = name_of(CELL_PROFILE, 2);
    char one[PROFILE_SIZE] = {1}, two[PROFILE_SIZE] = {2};
    struct cell_op ops[] = {cas(name, 0, one), cas(name, 0, two), cas(name, 1, two), cas(name, 1, one), get(name)};
    submit(r, ops, 5);
    expect(r, !ops[0].err && ops[1].err == ERR_CONFLICT && !ops[2].err && ops[3].err == ERR_CONFLICT,
           "the one who read the present version writes, the other one conflicts");
    expect(r, ops[4].version == 2 && memcmp(ops[4].bytes, two, sizeof two) == 0, "a conflict changes nothing");
}

static void play_retries(struct run *r, enum cell_class class) {
    struct bump a = {.op_id = 64, .at_ms = START_MS, .add = {1, 1, 0, 0}, .account = hash_mix(1, 1)}, b = a;
    b.op_id = 65;
    struct cell_name name = name_of(class, 3);
    struct cell_op ops[] = {bump_op(name, &a), bump_op(name, &b), bump_op(name, &a), bump_op(name, &b)};
    submit(r, ops, 4);
    struct counter_view v = {ops[3].bytes, class == CELL_WIDE};
    expect(r, counter_tally(v, TALLY_ATTEMPT, WINDOW_1M, START_MS) == 2, "a retried bump does not count twice");
    expect(r, counter_accounts(v, START_MS) == 1, "the same account is one account");
}

/* The same deltas in two orders on two cells: the same readings. */
static void play_orders(struct run *r, enum cell_class class) {
    enum { COUNT = 16 };
    struct bump bumps[2 * COUNT];
    struct cell_op ops[2 * COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        bumps[i] = (struct bump){.op_id = 1000 + i,
                                 .at_ms = START_MS + (int64_t)number(r, 3 * DAY_MS),
                                 .add = {1, (uint8_t)(i % 2), 0, 1},
                                 .account = hash_mix(i % 9, 7),
                                 .device = hash_mix(i % 5, 8)};
        ops[i] = bump_op(name_of(class, 4), &bumps[i]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        bumps[COUNT + i] = bumps[COUNT - 1 - i];
        ops[COUNT + i] = bump_op(name_of(class, 5), &bumps[COUNT + i]);
    }
    submit(r, ops, 2 * COUNT);
    struct counter_view a = {ops[COUNT - 1].bytes, class == CELL_WIDE}, b = {ops[2 * COUNT - 1].bytes, class == CELL_WIDE};
    for (enum tally t = 0; t < TALLY_COUNT; t++)
        for (enum window w = 0; w < WINDOW_COUNT; w++)
            expect(r, counter_tally(a, t, w, START_MS + 3 * DAY_MS) == counter_tally(b, t, w, START_MS + 3 * DAY_MS), "bumps commute");
    expect(r, counter_accounts(a, START_MS) == counter_accounts(b, START_MS), "distinct counts commute");
}

/* What is said of an origin, in two orders and twice over, on two cells: the same bytes. */
static void play_origins(struct run *r) {
    enum { COUNT = 20 };
    struct bump bumps[COUNT];
    struct cell_op ops[3 * COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        bumps[i] = (struct bump){.at_ms = START_MS + (int64_t)number(r, 90 * DAY_MS),
                                 .account = hash_mix(number(r, 12), 7),
                                 .position = 1 + number(r, 1000),
                                 .score = (uint16_t)number(r, 1001),
                                 .says = (uint8_t)(ORIGIN_ENTRY + number(r, 5))};
        bumps[i].score = (uint16_t)(bumps[i].position % 1001); /* an entry has one score */
        ops[i] = bump_op(name_of(CELL_ORIGIN, 6), &bumps[i]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        ops[COUNT + i] = bump_op(name_of(CELL_ORIGIN, 7), &bumps[COUNT - 1 - i]);
        ops[2 * COUNT + i] = bump_op(name_of(CELL_ORIGIN, 7), &bumps[number(r, COUNT)]);
    }
    submit(r, ops, 3 * COUNT);
    expect(r, memcmp(ops[COUNT - 1].bytes, ops[3 * COUNT - 1].bytes, ORIGIN_SIZE) == 0, "what is said of an origin commutes");
}

/* A shop's traffic: one round of reads and bumps, one of writes, hot and cold keys, late events, lost answers. */
static void play_event(struct run *r, uint64_t n) {
    uint64_t account = number(r, 5) ? number(r, 2000) : number(r, 20);
    int64_t at_ms = START_MS + (int64_t)(n * 7 * MINUTE_MS) - (number(r, 10) ? 0 : (int64_t)number(r, 2 * DAY_MS));
    struct bump attempt = {.op_id = n * 32,
                           .at_ms = at_ms,
                           .add = {1, (uint8_t)number(r, 2), 0, 0},
                           .account = hash_mix(account, 11),
                           .device = hash_mix(account / 2, 12)};
    struct bump trained = attempt;
    trained.op_id += 16;
    trained.add[TALLY_ATTEMPT] = trained.add[TALLY_FAILURE] = 0;
    trained.add[TALLY_TRAINED] = 1;
    struct cell_name address = name_of(CELL_NARROW, 10 + (number(r, 3) ? number(r, 3900) : number(r, 5)));
    struct cell_name network = name_of(CELL_WIDE, 10 + number(r, 190)), profile = name_of(CELL_PROFILE, 10 + account % 1990);
    struct cell_op read[] = {get(profile), bump_op(address, &attempt), bump_op(network, &attempt)};
    submit(r, read, 3);
    char after[PROFILE_SIZE];
    memcpy(after, read[0].bytes, sizeof after);
    for (unsigned i = 0; i < 8; i++) after[number(r, sizeof after)] ^= (char)number(r, 256);
    uint64_t version = read[0].version + (number(r, 50) == 0); /* now and then somebody else was quicker */
    struct cell_op write[] = {cas(profile, version, after), bump_op(address, &trained), bump_op(network, &trained)};
    if (number(r, 4)) submit(r, write, 3);
    else submit(r, write, 1);
    if (number(r, 20) == 0) submit(r, read + 1, 2); /* the answer was lost: sent again */
}

struct conformance cells_conformance(struct cells c) {
    struct run r = {.cells = c};
    play_nothing_there(&r);
    play_versions(&r);
    for (enum cell_class class = CELL_NARROW; class <= CELL_WIDE; class ++) {
        play_retries(&r, class);
        play_orders(&r, class);
    }
    for (unsigned i = 0; i < 50; i++) play_origins(&r);
    for (uint64_t n = 1000; n < 1000 + EVENTS; n++) play_event(&r, n);
    for (enum cell_class class = 0; class < CELL_CLASS_COUNT; class ++) r.digest = hash_mix(r.digest, c.ops->count(c.self, class));
    return (struct conformance){.digest = r.digest, .broken = r.broken};
}
