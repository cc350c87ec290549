// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_INCIDENT_QUERIES_H
#define STORE_INCIDENT_QUERIES_H

#include "base/buf.h"

/*
 * Every statement of the incident store, once for all databases. Parameters are ?1, ?2, ... as SQLite has them; what only one of the
 * databases understands is in its own file.
 */
enum query {
    QUERY_BEGIN,
    QUERY_COMMIT,
    QUERY_ROLLBACK,

    /* In the order of enum incident_write_kind; parameters are the table's columns. */
    QUERY_PUT_INCIDENT,
    QUERY_PUT_INCIDENT_EVENT,
    QUERY_PUT_DECISION,
    QUERY_PUT_RESPONSE,
    QUERY_PUT_EFFECT,
    QUERY_PUT_STEP,
    QUERY_PUT_TASK,
    QUERY_PUT_LEDGER,
    QUERY_PUT_NOTICE,
    QUERY_PUT_HOLD,
    QUERY_PUT_PROOF,
    QUERY_PUT_AUDIT,

    QUERY_ABSORBED,
    QUERY_ABSORBED_TO_WRITE, /* the same, and keeps other writers out until the transaction ends */
    QUERY_SET_ABSORBED,
    QUERY_CHAIN_END,

    QUERY_INCIDENT,
    QUERY_INCIDENTS,
    QUERY_EVENTS,
    QUERY_DECISION,
    QUERY_RESPONSE,
    QUERY_OPEN_RESPONSE,
    QUERY_EFFECT,
    QUERY_EFFECTS,
    QUERY_EFFECTS_OF_INCIDENT,
    QUERY_EFFECTS_OF_ACCOUNT,
    QUERY_EFFECTS_OF_OBJECT,
    QUERY_STEP,
    QUERY_STEPS_OF_INCIDENT,
    QUERY_STEPS_OF_EFFECT,
    QUERY_STEPS_UNSETTLED,
    QUERY_TASK,
    QUERY_TASKS,
    QUERY_TASKS_OF_INCIDENT,
    QUERY_LEDGER,
    QUERY_NOTICES,
    QUERY_NOTICE,
    QUERY_MESSAGES,
    QUERY_CODE,
    QUERY_PROOFS,
    QUERY_AUDIT,
    QUERY_AUDIT_PAGE,
    QUERY_HOLDS,
    QUERY_HOLD,

    QUERY_CLAIMABLE,
    QUERY_ANY_CLAIMABLE,
    QUERY_CLAIM,
    QUERY_REPORT,
    QUERY_UNREPORTED,
    QUERY_DUE,
    QUERY_NEXT_DUE,
    QUERY_COUNT
};

#define QUERY_SIZE_MAX 4096U

/* The statement as text; not for BEGIN, which each database says otherwise. */
void incident_query_write(enum query q, struct buf *out);
/* One letter for each parameter: 't' text, 'n' number. `memory` has room for 64. */
const char *incident_query_parameters(enum query q, char memory[64]);
/* Its rows are taken for this transaction: nobody else gets them, and nobody waits for them. SQLite has one writer and need not say so. */
bool incident_query_locks_rows(enum query q);

#endif
