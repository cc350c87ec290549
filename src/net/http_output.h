// SPDX-License-Identifier: Apache-2.0
#ifndef NET_HTTP_OUTPUT_H
#define NET_HTTP_OUTPUT_H

#include "base/bounds.h"
#include "base/buf.h"

/*
 * Answers of one connection, in the order of their requests, each held back until the journal is durable up to a position. An answer never
 * overtakes the one before it: a held one holds all that follow.
 *
 *     memory: [begin ... may leave ... released) [held back ... end) [room ... capacity)
 */
struct http_held {
    uint64_t position; /* leaves when this is settled; 0 = at once */
    int64_t asked_us;  /* when the first byte of its request was read; -1 = not to be measured */
    uint32_t end;      /* offset in memory after its last byte */
};

struct http_output {
    char *memory;
    uint32_t capacity, begin, released, end;
    uint32_t oldest, measured, count; /* ring: [oldest, +measured) released and not left yet, then the held ones, `count` in all */
    struct http_held held[HTTP_PIPELINE_MAX];
};

void http_output_init(struct http_output *o, void *memory, size_t capacity);
/* Is there room for one more answer of at most `size` bytes? */
bool http_output_has_room(const struct http_output *o, size_t size);
/* Where the next answer is written: then http_output_add says what of it counts. */
struct buf http_output_room(const struct http_output *o);
void http_output_add(struct http_output *o, size_t size, uint64_t position, int64_t asked_us);
/* What may leave now that `settled` is. Stays in place until http_output_left. */
struct str http_output_ready(struct http_output *o, uint64_t settled);
/* `size` bytes of what was ready have left; `answered` is told of each answer whose last byte is among them. */
void http_output_left(struct http_output *o, size_t size, void (*answered)(void *context, int64_t asked_us), void *context);
bool http_output_is_empty(const struct http_output *o);

#endif
