// SPDX-License-Identifier: Apache-2.0
/* Keeps request bodies ready, so that making them is not what a bench measures. */
#include "bench/bodies.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/moment.h"

#define EVENT_SIZE_MAX 2048
#define ID_SIZE        13
#define TIME_SIZE      24

static const char prefix[] = "{\"specversion\":\"1.0\",\"id\":\"";
#define BODY_ID_AT (sizeof prefix - 1)

static size_t add_event(struct bodies *b, uint64_t i, const struct event *e, size_t at) {
    struct buf json = buf_over(b->text + at, EVENT_SIZE_MAX);
    event_write_json(e, &json);
    struct str text = buf_str(&json);
    CHECK(!json.overflow && str_starts(text, str_from(prefix)));
    size_t time_at = str_find(text, STR("\"time\":\""), 0) + 8;
    CHECK(time_at + TIME_SIZE < text.size);
    b->start[i] = (uint32_t)at;
    b->time_at[i] = (uint16_t)time_at;
    return at + text.size;
}

enum err bodies_init(struct bodies *b, struct world *w, uint64_t count, unsigned per_request, struct problem *p) {
    *b = (struct bodies){.count = count, .from_ms = w->time_ms, .step_us = w->step_us, .per_request = per_request};
    CHECK(count <= UINT32_MAX / EVENT_SIZE_MAX);
    b->text = malloc(count * EVENT_SIZE_MAX);
    b->start = calloc(count + 1, sizeof *b->start);
    b->time_at = calloc(count, sizeof *b->time_at);
    if (!b->text || !b->start || !b->time_at)
        return problem_set(p, ERR_FULL, "", "", "no memory for %llu events", (unsigned long long)count);
    size_t at = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct event e;
        world_next(w, &e);
        at = add_event(b, i, &e, at);
    }
    b->start[count] = (uint32_t)at;
    return ERR_OK;
}

void bodies_release(struct bodies *b) {
    free(b->text);
    free(b->start);
    free(b->time_at);
    *b = (struct bodies){0};
}

/* A new id of the same length: "f" keeps it apart from those of the world itself. */
static void write_id(char *at, uint64_t number) {
    static const char digits[] = "0123456789abcdef";
    at[0] = 'f';
    for (unsigned i = ID_SIZE - 1; i > 0; i--, number >>= 4) at[i] = digits[number & 15];
}

static size_t write_one(const struct bodies *b, uint64_t number, char *to) {
    uint64_t i = number % b->count;
    size_t size = b->start[i + 1] - b->start[i];
    memcpy(to, b->text + b->start[i], size);
    write_id(to + BODY_ID_AT, number);
    struct buf time = buf_over(to + b->time_at[i], TIME_SIZE);
    moment_format(&time, b->from_ms + (int64_t)(number * b->step_us / 1000));
    return size;
}

size_t bodies_write(void *bodies, uint64_t index, char *memory) {
    const struct bodies *b = bodies;
    size_t size = 0;
    for (unsigned i = 0; i < b->per_request; i++) {
        size += write_one(b, index * b->per_request + i, memory + size);
        if (b->per_request > 1) memory[size++] = '\n';
    }
    return size;
}
