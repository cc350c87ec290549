// SPDX-License-Identifier: Apache-2.0
/* Proves that the made-up shop is the same for the same seed, has the accounts it says, and that its events pass the door. */
#include "bench/world.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/test.h"
#include "ingest/ingest.h"

#define ACCOUNTS 5000
#define FROM_MS  INT64_C(1767225600000)

static struct world world;
static uint16_t memory[ACCOUNTS];
static char text[8192];

static void begin(uint64_t seed) {
    world_init(&world, seed, ACCOUNTS, FROM_MS, 1500, memory);
}

static uint64_t digest(uint64_t seed, unsigned count) {
    uint64_t sum = 0;
    begin(seed);
    for (unsigned i = 0; i < count; i++) {
        struct event e;
        struct buf b = buf_over(text, sizeof text);
        world_next(&world, &e);
        event_encode(&e, &b);
        EXPECT(!b.overflow);
        sum = hash_mix(sum, hash_str(buf_str(&b), 0));
    }
    return sum;
}

TEST(same_seed_same_world) {
    EXPECT(digest(1, 20000) == digest(1, 20000));
    EXPECT(digest(1, 20000) != digest(2, 20000));
}

TEST(every_account_logs_in_once_first) {
    begin(3);
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        struct event e;
        world_next(&world, &e);
        EXPECT(event_is_login_success(&e));
        EXPECT_EQ(e.time_ms, FROM_MS + (int64_t)i * 3 / 2);
    }
    for (unsigned i = 0; i < ACCOUNTS; i++) EXPECT_EQ(memory[i], 1);
}

TEST(events_pass_the_door_unchanged) {
    static char step_memory[1 << 16];
    begin(4);
    unsigned kinds[KIND_COUNT] = {0}, unknown_names = 0;
    for (unsigned i = 0; i < 4 * ACCOUNTS; i++) {
        struct event e, back;
        struct problem p;
        struct arena step = arena_over(step_memory, sizeof step_memory);
        struct buf json = buf_over(text, sizeof text), before = buf_over(text + 4096, 2048), after = buf_over(text + 6144, 2048);
        world_next(&world, &e);
        event_write_json(&e, &json);
        EXPECT_EQ(ingest_event(buf_str(&json), FROM_MS + 30 * INT64_C(86400000), &step, &back, &p), ERR_OK);
        event_encode(&e, &before);
        event_encode(&back, &after);
        EXPECT_STR(buf_str(&after), buf_str(&before));
        kinds[e.kind]++;
        unknown_names += e.failure == FAILURE_NO_SUCH_ACCOUNT;
        if (test_failures_here) return;
    }
    EXPECT_EQ(kinds[KIND_UNKNOWN], 0);
    EXPECT(kinds[KIND_LOGIN] > kinds[KIND_ORDER_PLACED] && kinds[KIND_ORDER_PLACED] > kinds[KIND_LOGOUT]);
    EXPECT(kinds[KIND_ADDRESS_CHANGED] > 0 && unknown_names > 0);
}

int main(void) {
    RUN(same_seed_same_world);
    RUN(every_account_logs_in_once_first);
    RUN(events_pass_the_door_unchanged);
    return test_end();
}
