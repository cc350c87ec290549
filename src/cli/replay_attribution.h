// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_REPLAY_ATTRIBUTION_H
#define CLI_REPLAY_ATTRIBUTION_H

#include <stdio.h>

#include "cli/key_map.h"
#include "engine/engine.h"

/*
 * Whose acts events were called, incident by incident, as lines of NDJSON (docs/reference/evaluation.md): as it stands in the end, and as
 * it stood when the incident was opened. Events are known by their journal positions.
 */
struct replay_attribution {
    FILE *out;     /* NULL: nobody asked; nothing is kept */
    uint8_t *kept; /* by position: what was said of the event when its incident was opened, and whether it is of the file */
    uint64_t capacity;
    struct key_map named; /* events that an owner disowned by name */
    struct arena step;
};

enum err replay_attribution_open(struct replay_attribution *r, const char *path, struct problem *p) MUST_USE;
/* After each event. `of_file`: it is one of the file's, not a word of people who are played. ERR_FULL. */
enum err replay_attribution_see(struct replay_attribution *r, const struct event *e, const struct receipt *receipt, bool of_file,
                                struct problem *p) MUST_USE;
/* Looks at the incident that was just opened; everything must be settled. */
enum err replay_attribution_opened(struct replay_attribution *r, struct incident_store store, uint64_t opened, struct problem *p) MUST_USE;
/* After the last event, when everything is settled: writes the lines. */
enum err replay_attribution_write(struct replay_attribution *r, struct incident_store store, struct problem *p) MUST_USE;
/* ERR_IO where the file could not be written. */
enum err replay_attribution_close(struct replay_attribution *r, struct problem *p) MUST_USE;

#endif
