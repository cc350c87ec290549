// SPDX-License-Identifier: Apache-2.0
#ifndef RESPOND_RESPOND_H
#define RESPOND_RESPOND_H

#include "base/arena.h"
#include "base/buf.h"
#include "decide/decide.h"
#include "incident/incident.h"
#include "port/incident_store.h"
#include "respond/effect.h"

/*
 * The door: an incident_change, or what came of it later, becomes a response_change. Everything happens here that is decided about an
 * effect:
 *
 *     (stored rows, journaled event) -> rows to be written: new states, steps, tasks, ledger lines, notices, holds, proofs, audit
 *
 * in the transaction that absorbs the event (engine/absorb.c). Nothing is sent from here: a step is a row, and the courier takes it from
 * there. What comes back is an event again: action_result, timer_fired, approval, owner_statement, order_state, payment_state.
 *
 * Invariants
 *   - an effect is found once: (incident, kind, object); and what one incident has answered for, no later one of the account does again
 *   - every effect is terminal, or has a step under way, a timer, or an open task; an incident closes only when all are terminal and
 *     loss = returned + compensated in every currency
 *   - a step belongs to the state that sent it: an answer that comes when the effect has moved on is written down and moves nothing, except
 *     that what it observed counts as observed
 *   - the steps of one operation of one effect have one key per generation, however often they are sent
 *   - hold before cancel: nothing is undone without `go`
 *   - VERIFIED is reached only through a probe after the undoing; never by a person's word or a timer alone
 */

/* What must be loaded for this event. The engine asks before it begins to load; NOTHING for almost every event. */
enum respond_load { LOAD_NOTHING, LOAD_INCIDENT, LOAD_STEP, LOAD_EFFECT, LOAD_TASK, LOAD_OBJECT };
struct respond_wish {
    enum respond_load load;
    struct str key; /* id of it; with OBJECT "order:o1" or "charge:c1", for events of no account or of a closed incident */
};

struct respond_event {
    const struct event *event;
    uint64_t position;
    int64_t now_ms; /* when it came through the door */
    /* What the incident room made of it. */
    const struct incident_write *writes; /* incident first, then incident_event rows; decisions are passed over */
    size_t write_count;
    struct str incident; /* the one that is open after it, or was closed by it; empty = none */
    bool opened, closed, false_alarm;
    struct respond_settings settings; /* of the policy in force when it came through the door (decide/decide.h) */
};

struct respond_wish respond_wants(const struct respond_event *e, struct arena *step);

/* What was loaded; zeroed where there is none. All of an incident: a response, its effects, and the one step or task that is spoken of. */
#define EFFECTS_ELSEWHERE_MAX 1024
struct respond_loaded {
    const struct incident_row *incident;
    const struct response_row *response;
    const struct effect_row *effects; /* all of the incident, in the order in which they were found */
    size_t effect_count;
    const struct effect_row *elsewhere; /* of the same account in other incidents, the latest EFFECTS_ELSEWHERE_MAX */
    size_t elsewhere_count;
    const struct step_row *steps; /* those not yet terminal, of the whole incident */
    size_t step_count;
    const struct step_row *tells; /* those of verb "tell", not yet terminal: the notify room's own */
    size_t tell_count;
    const struct step_row *step;  /* the one that an action_result names */
    const struct task_row *tasks; /* those of the incident that are not closed */
    size_t task_count;
    const struct task_row *task;     /* the one that an approval names */
    const struct ledger_row *ledger; /* all of the incident */
    size_t ledger_count;
};

/* The noun of this room. */
/* 512 effects may enter half a dozen states each with one event (a verdict on a plan), and write some five rows with each. */
#define RESPONSE_WRITES_MAX 16384
struct response_change {
    struct incident_write *writes; /* step arena; the incident's own row may be among them */
    size_t write_count;
    uint32_t contained; /* effects that became contained with this event */
    bool all_contained; /* and these were the last */
    bool overflow; /* more than EFFECT_COUNT_MAX effects: what is beyond is one task for a person; or audits that there was no room for */
};

/* Rows to be written (16384 x 0.5 kB), working copies (3 MB), requests of 512 effects (512 x 16 kB), notes, and JSON being read (1 MB). */
#define RESPOND_STEP_SIZE_MAX (64U * 1024 * 1024)
void respond_advance(const struct respond_event *e, const struct respond_loaded *l, struct arena *step, struct response_change *out);

/* What would be done, in order, if everything went well: the dry run of one effect from where it stands. */
struct plan_line {
    const struct effect_state *state;
    int64_t wait_ms; /* before its timer leads on; 0 = at once */
};
#define PLAN_LINES_MAX 32
size_t respond_plan(const struct effect_row *e, struct plan_line lines[PLAN_LINES_MAX]);

/* loss - returned - compensated, per currency, in the order of first appearance; at most count_max. */
struct money {
    char currency[4];
    int64_t loss_minor, returned_minor, compensated_minor, writeoff_minor;
};
size_t respond_money(const struct ledger_row *rows, size_t count, struct money *out, size_t count_max);
static inline int64_t money_open(const struct money *m) {
    return m->loss_minor - m->returned_minor - m->compensated_minor;
}

/* "inc_912834/e3/undo.refund/1": what a counterpart must do once, however often it is asked. */
struct str respond_key(const struct step_row *s, struct arena *step);
/* "inc_912834" of any id that begins with it; empty for any other text. */
struct str respond_incident_of(struct str id);

/* Stored rows as JSON objects, no newline (docs/reference/response.md); set b->overflow. */
void respond_write_response_json(const struct response_row *r, struct buf *b);
void respond_write_effect_json(const struct effect_row *r, struct buf *b);
void respond_write_step_json(const struct step_row *r, struct buf *b);
void respond_write_task_json(const struct task_row *r, struct buf *b);
void respond_write_ledger_json(const struct ledger_row *r, struct buf *b);
void respond_write_money_json(const struct money *m, size_t count,
                              struct buf *b); /* {"JPY":{"loss":..,"returned":..,"compensated":..,"open":..}} */
void respond_write_notice_json(const struct notice_row *r, struct buf *b);
void respond_write_proof_json(const struct proof_row *r, struct buf *b);
void respond_write_audit_json(const struct audit_row *r, struct buf *b);
/* A definition with its whole machine: what docs/reference/effects.md is made from. */
void respond_write_definition_json(const struct effect_def *d, struct buf *b);

#endif
