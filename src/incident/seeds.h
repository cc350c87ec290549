// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_SEEDS_H
#define INCIDENT_SEEDS_H

#include "incident/paths.h"

/*
 * What in a thread was called hostile since the incident opened, or looks so: from there lineage goes. What was called hostile before it
 * taints the paths that it came by.
 */
struct seeds {
    const struct trace *traces;
    size_t count;
    const struct origins *origins;
    struct paths *paths;
    enum ground *of;   /* per trace: GROUND_NONE, or by which it is a seed */
    uint16_t *speaker; /* per trace: the statement that made it a seed, or NOBODY */
    uint16_t opening;  /* trace of the record that opened the incident */
    uint16_t trigger;  /* the seed that opened it, or NOBODY: nothing could be named */
    bool confirmed;    /* an analyst said that it is a takeover */
};

/* Everything lives in `step`. The paths are those that paths_init got `of` for. */
void seeds_init(struct seeds *s, const struct origins *origins, struct arena *step);
/* Finds them, and settles the paths by them: the one needs the other. `open_position` is that of a record in the thread. */
void seeds_find(struct seeds *s, struct paths *paths, uint64_t open_position);

/* Named by the owner, or what opened the incident; others are a detector's word, or likeness. */
bool seeds_is_sure(const struct seeds *s, uint16_t i);
/* The owner said by name that this act was not his, over no path that is a stranger's. */
bool seeds_is_disowned(const struct seeds *s, uint16_t i);
/* Somebody who was let in, within a fortnight of `at_ms`, over a path that is none of the owner's. */
bool seeds_is_stranger(const struct seeds *s, size_t i, int64_t at_ms);
/* Who resets the password is the owner, more often than not. */
bool seeds_came_by_reset(const struct seeds *s, const struct trace *t);

#endif
