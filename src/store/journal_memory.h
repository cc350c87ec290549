// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_JOURNAL_MEMORY_H
#define STORE_JOURNAL_MEMORY_H

#include "port/journal.h"

/*
 * A journal that ends with the process: for replays and tests. commit makes a batch "durable" at once. Holds up to 256 GiB of records in
 * address space that costs memory only as it is filled; then append answers ERR_FULL.
 */
struct journal_memory;

enum err journal_memory_open(struct journal_memory **out, struct problem *p) MUST_USE;
void journal_memory_close(struct journal_memory *j);
struct journal journal_memory_port(struct journal_memory *j);

#endif
