// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_ABSORB_H
#define ENGINE_ABSORB_H

#include <stdatomic.h>

#include "engine/outbox.h"
#include "notify/notify.h"

/*
 * The second half of an event's life, in the thread that commits: once its record is durable, what it means for incidents and responses
 * goes into the incident store, all of a batch in one transaction with the journal position.
 *
 *     begin -> for each record, in order: the incident room's rows -> respond_wants -> load -> respond_advance -> its rows
 *           -> notify_advance -> its rows -> finish
 *
 * So the state of every response is what the journal tells, and a replay makes it again. Nothing here touches what the engine's thread
 * owns: the outbox is sealed, the arena is this room's own.
 */

/*
 * One step's memory: what the respond room may take, and what is loaded for it. An incident's effects, ledger and tasks are 512 x ~10 kB;
 * its steps may carry the answers of strangers, 512 x 8 x STEP_ANSWER_SIZE_MAX at the very most. Reserved, and touched as far as it is
 * used.
 */
#define ABSORB_LOAD_SIZE_MAX (224U * 1024 * 1024)
#define ABSORB_STEP_SIZE     ((size_t)ABSORB_LOAD_SIZE_MAX + RESPOND_STEP_SIZE_MAX)

struct absorb_totals {                             /* since the process started; written by the committing thread, read by any */
    _Atomic uint64_t opened, closed;               /* responses; closed: with everything undone or taken back */
    _Atomic uint64_t contained_effects, contained; /* effects; responses of which all effects are */
    _Atomic uint64_t contained_ms, contained_late; /* from the decision until then: the sum, and how many took more than CONTAIN_MS_MAX */
    _Atomic uint64_t notices_out, notices_read, notices_failed;     /* written; acknowledged; given to a person */
    _Atomic uint64_t first_accepted, first_accepted_ms, first_late; /* first notices: how many a channel has; from the decision until then;
                                                                       how many took more than FIRST_NOTICE_MS_MAX */
    _Atomic uint64_t overflows;                                     /* incidents with more effects than are followed */
};
/* What is promised: from the decision to the last effect contained. */
#define CONTAIN_MS_MAX 5000
/* And to the first notice accepted by a channel. */
#define FIRST_NOTICE_MS_MAX 60000

struct absorber {
    struct incident_store store;
    struct token token; /* makes the codes of notices */
    struct arena step;  /* ABSORB_STEP_SIZE */
    struct absorb_totals totals;
};

/* Everything in the outbox that the store has not absorbed yet, durable on ERR_OK; nothing of it on any error. */
enum err absorb_outbox(struct absorber *a, const struct outbox *o, struct problem *p) MUST_USE;

#endif
