// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_LINEAGE_H
#define INCIDENT_LINEAGE_H

#include "incident/finding.h"
#include "incident/traces.h"

/*
 * Whose was it? Answers for every event of an account's thread, given the record that opened the incident. The answer depends on the set of
 * events and their times, not on the order in which they came in.
 *
 * 1. Seeds are the events that somebody called hostile: the takeover judgements since the opening, and what the owner said was not his.
 *    Where he named nothing: the most suspicious access of the last CAMPAIGN_MS that he never used before. Beside them, strangers who were
 *    let in within CAMPAIGN_MS with a score that one owner's login in a thousand reaches, and who passed no challenge. Whose path was
 *    let in on several days before is no stranger. (incident/seeds.h)
 * 2. The owner's paths are those used calmly CAMPAIGN_MS or longer before the first seed, and those that he or an analyst vouched for.
 *    (incident/paths.h)
 * 3. Hostile is whatever can be reached from a seed by links (enum ground), never passing over an owner's path.
 * 4. A seed that lies on an owner's path itself is doubted: it and its session are unknown, until the owner or an analyst says it plainly.
 * 5. What happened to objects (an order's state, a charge) goes to whoever brought the object into being (incident/origins.h).
 */
struct lineage {
    const struct trace *traces; /* by time */
    size_t count;
    struct finding *findings; /* of traces[i] */
    int64_t first_seed_ms;
    uint16_t trigger;       /* the seed that opened it, or NOBODY: nothing could be named */
    int64_t from_ms, to_ms; /* first and last of the hijacker's; 0 = none */
    const struct names *names;
};

/* `open_position` is that of a record in the thread. Everything lives in `step`. */
void lineage_find(struct lineage *l, const struct account_event *thread, size_t count, uint64_t open_position, struct arena *step);
/* The trace of the record at this position, or NOBODY. */
uint16_t lineage_at(const struct lineage *l, uint64_t position);

#endif
