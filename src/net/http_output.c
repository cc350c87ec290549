// SPDX-License-Identifier: Apache-2.0
/* Holds answers back until what they promise is durable. */
#include "net/http_output.h"

#include <string.h>

#include "base/check.h"

void http_output_init(struct http_output *o, void *memory, size_t capacity) {
    CHECK(capacity <= UINT32_MAX);
    *o = (struct http_output){.memory = memory, .capacity = (uint32_t)capacity};
}

bool http_output_has_room(const struct http_output *o, size_t size) {
    return o->count < HTTP_PIPELINE_MAX && o->capacity - o->end >= size;
}

struct buf http_output_room(const struct http_output *o) {
    return buf_over(o->memory + o->end, o->capacity - o->end);
}

static struct http_held *held_at(struct http_output *o, uint32_t index) {
    return &o->held[(o->oldest + index) % HTTP_PIPELINE_MAX];
}

void http_output_add(struct http_output *o, size_t size, uint64_t position, int64_t asked_us) {
    CHECK(http_output_has_room(o, size));
    o->end += (uint32_t)size;
    *held_at(o, o->count++) = (struct http_held){.position = position, .asked_us = asked_us, .end = o->end};
}

struct str http_output_ready(struct http_output *o, uint64_t settled) {
    while (o->measured < o->count && held_at(o, o->measured)->position <= settled) o->released = held_at(o, o->measured++)->end;
    return (struct str){o->memory + o->begin, o->released - o->begin};
}

/* Moves what is left to the front. Here and nowhere else, for bytes that are on their way must not move. */
static void close_gap(struct http_output *o) {
    uint32_t by = o->begin;
    if (!by || (o->begin != o->end && by < o->capacity / 2)) return;
    memmove(o->memory, o->memory + by, o->end - by);
    o->begin -= by;
    o->released -= by;
    o->end -= by;
    for (uint32_t i = 0; i < o->count; i++) held_at(o, i)->end -= by;
}

void http_output_left(struct http_output *o, size_t size, void (*answered)(void *context, int64_t asked_us), void *context) {
    CHECK(size <= o->released - o->begin);
    o->begin += (uint32_t)size;
    while (o->measured && held_at(o, 0)->end <= o->begin) {
        if (held_at(o, 0)->asked_us >= 0) answered(context, held_at(o, 0)->asked_us);
        o->oldest = (o->oldest + 1) % HTTP_PIPELINE_MAX;
        o->measured--;
        o->count--;
    }
    close_gap(o);
}

bool http_output_is_empty(const struct http_output *o) {
    return o->begin == o->end;
}
