// SPDX-License-Identifier: Apache-2.0
/* Reads a file of events for commands that only look at them, and tells which lines are none. */
#include "cli/event_reading.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/plain_text.h"

#define STEP_SIZE ((size_t)EVENT_JSON_SIZE_MAX * 20)

enum err event_reading_open(struct event_reading *r, const char *name, struct problem *p) {
    *r = (struct event_reading){.fd = -1, .name = name, .memory = malloc(IMPORT_MEMORY_SIZE + STEP_SIZE)};
    if (!r->memory) return problem_set(p, ERR_FULL, "", "", "no memory to read with");
    r->step = arena_over((char *)r->memory + IMPORT_MEMORY_SIZE, STEP_SIZE);
    r->fd = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0) return problem_set(p, ERR_IO, name, "", "cannot open '%s': %s", name, strerror(errno));
    return import_open(&r->source, &import_ndjson, r->fd, r->memory, p);
}

static void report_refusal(struct event_reading *r, uint64_t line, const struct problem *bad) {
    (void)fprintf(stderr, "line %llu: ", (unsigned long long)line);
    plain_text_print(stderr, str_from(bad->what));
    (void)fprintf(stderr, " (%s)\n", bad->where);
    r->refused++;
}

enum err event_reading_next(struct event_reading *r, struct event *e, bool *end, struct problem *p) {
    for (;;) {
        struct import_piece piece;
        struct problem bad = {0};
        enum import_result result = import_next(&r->source, &piece, &bad);
        *end = result == IMPORT_END;
        if (*end) return ERR_OK;
        if (result == IMPORT_FAILED) return *p = bad, bad.err ? bad.err : ERR_IO;
        arena_reset(&r->step);
        if (result == IMPORT_PIECE && !ingest_event(piece.json, INT64_MAX - EVENT_FUTURE_MS_MAX, &r->step, e, &bad)) return ERR_OK;
        report_refusal(r, piece.line, &bad);
    }
}

void event_reading_close(struct event_reading *r) {
    if (r->fd > STDERR_FILENO) (void)close(r->fd);
    free(r->memory);
    *r = (struct event_reading){.fd = -1};
}
