// SPDX-License-Identifier: Apache-2.0
/* Finds the word that a person probably meant. */
#include "base/nearest.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define WORD_SIZE_MAX 48

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

unsigned edit_distance(struct str a, struct str b) {
    if (a.size > WORD_SIZE_MAX || b.size > WORD_SIZE_MAX) return UINT_MAX;
    unsigned rows[3][WORD_SIZE_MAX + 1]; /* of the table, the row before the last, the last, and the one being made */
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.size; j++) last[j] = before[j] = (unsigned)j;
    for (size_t i = 1; i <= a.size; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.size; j++) {
            unsigned replace = last[j - 1] + (a.at[i - 1] != b.at[j - 1]);
            row[j] = least(replace, least(last[j], row[j - 1]) + 1);
            bool swapped = i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1];
            if (swapped) row[j] = least(row[j], before[j - 2] + 1);
        }
        unsigned *spare = before;
        before = last, last = row, row = spare;
    }
    return last[b.size];
}

void nearest_init(struct nearest *n, struct str word) {
    *n = (struct nearest){.word = word, .best = STR_NONE, .distance = UINT_MAX};
}

void nearest_offer(struct nearest *n, struct str candidate) {
    unsigned distance = edit_distance(n->word, candidate);
    if (distance >= n->distance) return;
    n->distance = distance;
    n->best = candidate;
}

const char *nearest_hint(struct nearest *n, const char *otherwise) {
    size_t near = n->word.size < 6 ? 1 : n->word.size / 3;
    if (n->distance > near) return otherwise;
    (void)snprintf(n->hint, sizeof n->hint, "did you mean '%.*s'?", STR_ARGS(n->best));
    return n->hint;
}
