// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include "base/str.h"

/*
 * "did you mean 'new_asn'?": the candidate with the fewest edits from a mistyped word, where there is one that is near enough to be meant.
 * Offer every candidate, then ask for the hint.
 */
struct nearest {
    struct str word;
    struct str best; /* the first of the nearest */
    unsigned distance;
    char hint[96];
};

void nearest_init(struct nearest *n, struct str word);
void nearest_offer(struct nearest *n, struct str candidate);
/* The question, or `otherwise` where nothing is near: at most a third of the word's letters may differ. Borrowed from *n. */
const char *nearest_hint(struct nearest *n, const char *otherwise);

/*
 * Edits between two words: insert, delete, replace, swap two neighbours (optimal string alignment; Damerau 1964). Words over 48 bytes are
 * never near: UINT_MAX.
 */
unsigned edit_distance(struct str a, struct str b);

#endif
