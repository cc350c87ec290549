// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_JOURNAL_LOOK_H
#define CLI_JOURNAL_LOOK_H

#include "store/journal.h"

/* A look at the journal of a data directory from beside: it is only read, and may be in use by a server. */
struct journal_look {
    struct journal_files *files;
    struct journal journal;
    uint64_t seed;
    char directory[DISK_PATH_SIZE_MAX]; /* of the journal */
};

enum err journal_look_open(const char *data, struct journal_look *look, struct problem *p) MUST_USE;
void journal_look_close(struct journal_look *look);

#endif
