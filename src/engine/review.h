// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_REVIEW_H
#define ENGINE_REVIEW_H

#include "base/arena.h"
#include "enrich/enrich.h"
#include "incident/incident.h"
#include "port/journal.h"

/*
 * Pushes risk back. When an origin becomes suspicious, the accounts that were entered over it before, at a score that was let through, are
 * judged again: at once, by an event of our own (entry_reviewed) that carries the path of the entry, so that it goes through the rooms like
 * any other. It may raise the score of the entry's session and path, and open the account's incident (rules/entry_reviewed_*.rule).
 *
 *   a step finds      an entry, or a word about one, that makes an origin suspicious; the origin's cell tells who came before (review_find)
 *   the engine keeps  what was found in its globals, as part of the state: the snapshot has it, and a replay makes the same
 *   the engine says   each, right after the event that gave cause to it (review_make), journaled like every event
 *
 * Bounded: the ORIGIN_ENTRIES accounts that an origin remembers, each entry once for what others did and once for what is known of them. No
 * loops: a review enters nowhere and makes nothing suspicious; only a person's word that it stands for does.
 */
enum review_cause {
    REVIEW_SUSPECTED, /* more entries came the same way than its owners explain */
    REVIEW_KNOWN,     /* an entry that came the same way is known to be a hijacker's */
    REVIEW_NAMED,     /* somebody's word is about this very entry: its origins hear of it */
    REVIEW_CAUSE_COUNT
};

struct review {
    uint64_t entry;   /* journal position */
    int64_t at_ms;    /* of the event that caused it */
    uint8_t cause;    /* enum review_cause */
    uint8_t shared;   /* enum shared: by what it was found; SHARED_COUNT = by a word */
    uint16_t entries; /* accounts entered from there */
    uint32_t reserved;
};

#define REVIEWS_MAX 16 /* of one step */
struct reviews {
    unsigned count;
    struct review at[REVIEWS_MAX];
};

/*
 * What this step gives cause to judge again. `second` was submitted and its bytes are still lent. Entries found are noted in their origins
 * by a round of their own.
 */
enum err review_find(struct cells cells, const struct event *e, const struct features *f, const struct incident_change *change,
                     const struct cell_plan *second, struct reviews *out) MUST_USE;

/* The same for the same entry and cause, so that nothing is said twice. */
#define REVIEW_ID_SIZE 48
struct str review_id(const struct review *r, char memory[REVIEW_ID_SIZE]);

/* The event of ours, from the record of the entry; texts are borrowed from `step`. ERR_NOT_FOUND: the journal has it no more; ERR_IO. */
enum err review_make(const struct review *r, struct journal j, struct arena *step, struct event *out) MUST_USE;

#endif
