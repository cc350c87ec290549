// SPDX-License-Identifier: Apache-2.0
/* An answer leaves when it is durable and not before, never before the one ahead of it, and whole. */
#include "net/http_output.h"

#include "base/test.h"

static char memory[256];

struct heard {
    size_t count;
    int64_t last_us;
};

static void hear(void *context, int64_t asked_us) {
    struct heard *h = context;
    h->count++;
    h->last_us = asked_us;
}

static void add(struct http_output *o, const char *text, uint64_t position, int64_t asked_us) {
    struct buf b = http_output_room(o);
    buf_text(&b, str_from(text));
    http_output_add(o, b.size, position, asked_us);
}

TEST(a_held_answer_holds_those_behind_it) {
    struct http_output o;
    struct heard heard = {0};
    http_output_init(&o, memory, sizeof memory);
    add(&o, "one ", 5, 100);
    add(&o, "two ", 0, -1);
    add(&o, "three ", 7, 300);
    EXPECT_EQ(http_output_ready(&o, 4).size, 0);
    EXPECT_STR(http_output_ready(&o, 5), STR("one two "));
    http_output_left(&o, 2, hear, &heard);
    EXPECT_EQ(heard.count, 0);
    EXPECT_STR(http_output_ready(&o, 5), STR("e two "));
    http_output_left(&o, 6, hear, &heard);
    EXPECT_EQ(heard.count, 1);
    EXPECT_EQ(heard.last_us, 100);
    EXPECT(!http_output_is_empty(&o));
    EXPECT_STR(http_output_ready(&o, 7), STR("three "));
    http_output_left(&o, 6, hear, &heard);
    EXPECT_EQ(heard.last_us, 300);
    EXPECT(http_output_is_empty(&o));
}

/* Random answers, positions and departures against a plain model: what left is a prefix of what was written, up to the settled one. */
TEST(nothing_is_lost_doubled_or_early) {
    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint64_t random = seed, position = 0, settled = 0;
        static char written[65536], gone[65536];
        size_t written_size = 0, gone_size = 0;
        static struct {
            uint64_t position;
            size_t end;
        } answers[4096];
        size_t answer_count = 0;
        struct heard heard = {0};
        struct http_output o;
        http_output_init(&o, memory, sizeof memory);
        for (int step = 0; step < 1500; step++) {
            size_t size = 1 + test_random(&random) % 40;
            if (test_random(&random) % 2 && http_output_has_room(&o, size)) {
                struct buf b = http_output_room(&o);
                for (size_t i = 0; i < size; i++) buf_char(&b, (char)test_random(&random));
                memcpy(written + written_size, b.at, size);
                written_size += size;
                position += test_random(&random) % 2;
                http_output_add(&o, size, position, 1);
                answers[answer_count].position = position;
                answers[answer_count++].end = written_size;
            }
            if (test_random(&random) % 3 == 0) settled += test_random(&random) % (position - settled + 1);
            struct str ready = http_output_ready(&o, settled);
            size_t part = ready.size ? test_random(&random) % (ready.size + 1) : 0;
            memcpy(gone + gone_size, ready.at, part);
            gone_size += part;
            http_output_left(&o, part, hear, &heard);
        }
        size_t may_leave = 0, whole = 0;
        for (size_t i = 0; i < answer_count; i++) {
            if (answers[i].position <= settled) may_leave = answers[i].end;
            if (answers[i].end <= gone_size) whole = i + 1;
        }
        EXPECT(gone_size > 100);
        EXPECT(gone_size <= may_leave);
        EXPECT_EQ(heard.count, whole);
        EXPECT(memcmp(written, gone, gone_size) == 0);
    }
}

TEST(the_pipeline_is_bounded) {
    struct http_output o;
    struct heard heard = {0};
    http_output_init(&o, memory, sizeof memory);
    for (int i = 0; i < HTTP_PIPELINE_MAX; i++) {
        EXPECT(http_output_has_room(&o, 1));
        add(&o, "x", 1, -1);
    }
    EXPECT(!http_output_has_room(&o, 1));
    (void)http_output_ready(&o, 1);
    http_output_left(&o, 1, hear, &heard);
    EXPECT(http_output_has_room(&o, 1));
    EXPECT(!http_output_has_room(&o, sizeof memory));
}

int main(void) {
    RUN(a_held_answer_holds_those_behind_it);
    RUN(nothing_is_lost_doubled_or_early);
    RUN(the_pipeline_is_bounded);
    return test_end();
}
