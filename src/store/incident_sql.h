// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_INCIDENT_SQL_H
#define STORE_INCIDENT_SQL_H

#include <pthread.h>

#include "port/incident_store.h"
#include "store/incident_queries.h"
#include "store/incident_rows.h"

/*
 * The incident store on any SQL database: every operation of the port, once. A database brings sessions, each a connection that runs one
 * statement after another.
 */
struct session {
    /* Runs a statement to its end. Rows go into `out`, which is NULL where there are none. */
    enum err (*run)(struct session *s, enum query q, const struct value *parameters, struct rows *out, struct problem *p);
    pthread_mutex_t lock; /* recursive: in memory, who absorbs may look, too */
};

/*
 * Three ways in, each with its own connection, so that no one waits for another's fsync or reads half a transaction. In memory there is
 * only one connection: the three are the same session then, and a transaction that is open keeps the others out by its lock.
 */
struct incident_sql {
    struct session *absorbing, *courier, *looking;
    bool read_only;
    const char *where; /* for problems */
    /* Of the open transaction: */
    bool begun;
    enum err failed; /* it can only be undone */
    uint64_t absorbed;
};

extern const struct incident_store_ops incident_sql_ops; /* self: struct incident_sql */

void session_init(struct session *s);
void session_release(struct session *s);
/* Every audit chain of the store. ERR_CORRUPT with the first row that does not follow from the one before it. */
enum err incident_sql_verify_audit(struct incident_sql *s, struct problem *p) MUST_USE;

#endif
