// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_LABEL_FILE_H
#define CLI_LABEL_FILE_H

#include <stdio.h>

#include "cli/label_book.h"

/*
 * Writes what a book knows as a file of labels (docs/reference/labels.md): one line an event that somebody or something has spoken of, in
 * the order of the journal. What nobody spoke of has no line: unlabelled is not the owner's.
 *
 * Guards against whoever wants to teach by labels: an owner's "mine" from the very session or device that it speaks of weighs 10, and all
 * labels of one account weigh at most 1,000 together, as much as ten that are sure.
 */
#define LABEL_EXAMPLES 3

struct label_file {
    /* the question */
    struct backtest_source *source;
    const struct label_book *book;
    int64_t from_ms, to_ms;   /* events from the first to before the second; to 0 = all */
    int64_t known_at_ms;      /* > 0 */
    bool wanted[LABEL_KINDS]; /* both: the stronger where there are two */
    int64_t mature_ms;        /* take unsuspected acts of which nobody complained for so long for the owner's (delayed); 0 = no */
    FILE *labels;
    FILE *events; /* the events of the window beside them, or NULL */

    /* the answer */
    uint64_t written, events_written;
    uint64_t counted[LABEL_SOURCE_COUNT][LABEL_COUNT];
    uint64_t contradicted, lightened, weighed_down, suspect; /* lines; "mine" of little weight; lines of accounts that say much;
                                                                acts that nobody complained of, not taken for the owner's */
    char contradictions[LABEL_EXAMPLES][EVENT_ID_SIZE_MAX + 1];

    /* while it works */
    struct key_map hostile; /* prefixes and devices over which hijackers came */
    struct key_map weights; /* by account and label */
};

enum err label_file_write(struct label_file *f, struct problem *p) MUST_USE;
void label_file_release(struct label_file *f);

#endif
