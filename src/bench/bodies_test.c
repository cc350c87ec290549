// SPDX-License-Identifier: Apache-2.0
/* Proves that a body sent again is a new event with a later time that the door takes. */
#include "bench/bodies.h"

#include "base/test.h"
#include "ingest/ingest.h"

#define FROM_MS INT64_C(1767225600000)

static char body[65536], step_memory[65536];

static struct event read_back(struct str json) {
    struct event e = {0};
    struct problem p;
    struct arena step = arena_over(step_memory, sizeof step_memory);
    EXPECT_EQ(ingest_event(json, FROM_MS + 3600000, &step, &e, &p), ERR_OK);
    return e;
}

TEST(the_same_event_comes_round_as_a_new_one) {
    static uint16_t memory[50];
    struct world w;
    struct bodies b;
    struct problem p;
    world_init(&w, 1, 50, FROM_MS, 2000, memory);
    EXPECT_EQ(bodies_init(&b, &w, 100, 1, &p), ERR_OK);
    char first_id[16];
    struct event e = read_back((struct str){body, bodies_write(&b, 7, body)});
    EXPECT_EQ(e.time_ms, FROM_MS + 14);
    (void)snprintf(first_id, sizeof first_id, "%.*s", STR_ARGS(e.id));
    EXPECT_STR(e.id, STR("f000000000007"));
    char subject[32];
    (void)snprintf(subject, sizeof subject, "%.*s", STR_ARGS(e.subject));
    e = read_back((struct str){body, bodies_write(&b, 107, body)});
    EXPECT_STR(e.id, STR("f00000000006b"));
    EXPECT_EQ(e.time_ms, FROM_MS + 214);
    EXPECT_STR(e.subject, str_from(subject));
    bodies_release(&b);
}

TEST(a_batch_is_lines) {
    static uint16_t memory[50];
    struct world w;
    struct bodies b;
    struct problem p;
    world_init(&w, 1, 50, FROM_MS, 2000, memory);
    EXPECT_EQ(bodies_init(&b, &w, 30, 20, &p), ERR_OK);
    struct str rest = {body, bodies_write(&b, 3, body)}, line;
    unsigned count = 0;
    while (rest.size) {
        line = str_cut(rest, '\n', &rest);
        struct event e = read_back(line);
        char id[16];
        (void)snprintf(id, sizeof id, "f%012x", 60 + count++);
        EXPECT_STR(e.id, str_from(id));
    }
    EXPECT_EQ(count, 20);
    bodies_release(&b);
}

int main(void) {
    RUN(the_same_event_comes_round_as_a_new_one);
    RUN(a_batch_is_lines);
    return test_end();
}
