// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_INCIDENT_SQLITE_H
#define STORE_INCIDENT_SQLITE_H

#include "port/incident_store.h"

/*
 * The incident store on one SQLite file (docs/adr/0007-sqlite.md): WAL, synchronous=FULL, every write in a BEGIN IMMEDIATE transaction
 * with foreign keys on. Three connections, each behind its own lock: one absorbs, one is the courier's, one reads; a reader never waits for
 * a writer.
 */

/* ":memory:" gives a store that ends with the process. A missing file is created (mode 0600), an older one is brought up to date. */
enum err incident_sqlite_open(const char *path, struct incident_store *out, struct problem *p) MUST_USE;
/* For a look from beside, also while a server runs: reads only, commit answers ERR_DENIED. ERR_NOT_FOUND where there is no file. */
enum err incident_sqlite_open_read(const char *path, struct incident_store *out, struct problem *p) MUST_USE;
void incident_sqlite_close(struct incident_store *s);
/* Reads everything and compares it with itself: pages, indexes, references, audit chains. ERR_CORRUPT with the first finding. */
enum err incident_sqlite_verify(struct incident_store *s, struct problem *p) MUST_USE;

#endif
