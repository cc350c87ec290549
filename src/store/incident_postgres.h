// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_INCIDENT_POSTGRES_H
#define STORE_INCIDENT_POSTGRES_H

#include "port/incident_store.h"

/*
 * The incident store in a PostgreSQL database (docs/adr/0016-postgresql.md): the same tables and statements as in SQLite. Couriers of many
 * processes may claim from it at once and get disjoint sets of steps. One journal absorbs into it, for the absorbed position is that
 * journal's.
 *
 * A connection that broke outside of a transaction is opened again, once; inside of one, the transaction is lost and the answer is
 * ERR_BUSY: nothing of it was kept, or (a commit under way) the absorbed position tells at the next begin.
 */

/* `conninfo` as libpq has it: "postgresql://host/database" or "host=... dbname=...". Tables are made, or brought up to date. */
enum err incident_postgres_open(const char *conninfo, struct incident_store *out, struct problem *p) MUST_USE;
/* For a look from beside, also while a server runs: reads only and makes nothing. ERR_NOT_FOUND where no store is in the database. */
enum err incident_postgres_open_read(const char *conninfo, struct incident_store *out, struct problem *p) MUST_USE;
/* "postgresql://host/database", without user and password; until it is closed. */
const char *incident_postgres_where(const struct incident_store *s);
void incident_postgres_close(struct incident_store *s);
/* Walks every audit chain; the rest is the database's own business. ERR_CORRUPT with the first finding. */
enum err incident_postgres_verify(struct incident_store *s, struct problem *p) MUST_USE;

#endif
