// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_EVENT_READING_H
#define CLI_EVENT_READING_H

#include "base/arena.h"
#include "cli/import.h"
#include "event/event.h"

/* A file of events of the contract, one JSON object a line, read one after the other. What is no event is told and left out. */
struct event_reading {
    struct import_source source;
    void *memory;
    struct arena step;
    const char *name;
    uint64_t refused;
    int fd;
};

/* "-" is standard input. */
enum err event_reading_open(struct event_reading *r, const char *name, struct problem *p) MUST_USE;
/* The next event, past those that are refused; *end where there is none. Borrowed until the next call. */
enum err event_reading_next(struct event_reading *r, struct event *e, bool *end, struct problem *p) MUST_USE;
void event_reading_close(struct event_reading *r);

#endif
