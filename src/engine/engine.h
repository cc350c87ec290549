// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "decide/decide.h"
#include "engine/absorb.h"
#include "engine/flip.h"
#include "enrich/enrich.h"
#include "event/event.h"
#include "port/cells.h"
#include "port/clock.h"
#include "port/incident_store.h"
#include "port/journal.h"
#include "port/netfacts.h"
#include "port/token.h"

/*
 * Owns all state and applies one event at a time through the rooms (pipeline.c). One thread calls it; engine_commit alone may run in
 * another.
 *
 *   engine_submit   event -> receipt; numbered and applied in memory, not yet durable
 *   engine_seal     closes the batch (false: nothing to commit, or the batch before is still being committed)
 *   engine_commit   journal fdatasync, then what follows for incidents and responses, in one transaction (engine/absorb.h); any thread
 *   engine_settled  up to this position answers may leave
 */
struct engine;

struct engine_ports {
    struct journal journal;
    struct cells cells;
    struct seen seen;
    struct incident_store incidents;
    struct clock clock;
    struct netfacts_source netfacts; /* look_up may be NULL */
    struct token token;              /* makes the codes of notices; its key is the data directory's */
    uint64_t seed;                   /* of the data directory */
    struct row_tap rows;             /* who watches what models read; take may be NULL */
    bool without_model;              /* none is in force, whatever the journal says: for training, and for measuring what a model adds */
    uint32_t left_out;               /* detectors that measure nothing (enrich/features.h): for measuring what each adds */
};

struct receipt {
    uint64_t position;
    bool repeated;            /* the same event was answered before: this is that answer */
    struct decision decision; /* texts borrowed until the next submit */
    enum whose whose;
    uint64_t incident; /* position that opened the account's open incident after this event, 0 = none */
};

/*
 * Version of what the rooms keep in profiles and globals, and of the engine's own head of the globals (ENGINE_HEAD_VERSION). An image
 * of another layout is not opened; the cells are then made again from the journal.
 */
uint32_t engine_layout(void);

struct engine_totals {                     /* since the process started; for /metrics */
    uint64_t rule_fired[POLICY_RULES_MAX]; /* by place in the policy in force (decide/decide.h), since it is; shadow rules too */
    uint64_t events, repeated, conflicts, by_kind[KIND_COUNT], by_verdict[VERDICT_COUNT], incidents_opened, incidents_closed;
    uint64_t reviews_lost; /* entries that should have been judged again, and the journal had no more */
};

/* Memory is taken once, here. The default policy is in force until the journal or engine_set_policy says otherwise. */
enum err engine_open(const struct engine_ports *ports, struct engine **out, struct problem *p) MUST_USE;
/* ERR_CORRUPT: the incident store has absorbed what the journal does not hold. */
enum err engine_check_absorbed(uint64_t absorbed, struct journal journal, struct problem *p) MUST_USE;
/* ERR_CORRUPT too where the journal begins behind `from`. Applies what the journal holds after `from` (the cells' position): recovery.
 * Reports how many records. */
enum err engine_recover(struct engine *e, uint64_t from, uint64_t *count, struct problem *p) MUST_USE;
void engine_close(struct engine *e);

/*
 * ERR_CONFLICT: (source, id) was seen with other content (409). ERR_FULL: commit first, then submit again. ERR_BUSY: no
 * room for another account, or the cells' backend is away (503). ERR_DENIED: its source is reserved for our own events (403). ERR_IO: the
 * journal failed; stop. Anything else is a programmer's error: ingest has already refused bad input.
 */
enum err engine_submit(struct engine *e, const struct event *event, struct receipt *out, struct problem *p) MUST_USE;
/*
 * The same in three steps, for whoever has the next events at hand already (engine/lookahead.h): what the cells fetch from memory for one
 * comes while another is worked on. engine_submit is all three at once.
 *
 *   engine_expect    looks the event over and names its cells
 *   engine_prefetch  a hint, best given one event later
 *   engine_admit     engine_submit's answers; may be called again after ERR_FULL
 */
struct arrival {
    const struct event *sent;  /* borrowed until admitted; `enriched` where it claimed a look-up of ours */
    const struct event *event; /* the same, or `enriched` */
    struct event enriched;     /* with what our own files know of the address */
    char country[2];
    uint64_t identity; /* of source and id */
    struct cell_plan plan;
};
/* `out` points into itself: do not copy it. */
void engine_expect(const struct engine *e, const struct event *event, struct arrival *out);
void engine_prefetch(const struct engine *e, const struct arrival *a);
enum err engine_admit(struct engine *e, struct arrival *a, struct receipt *out, struct problem *p) MUST_USE;

/*
 * The same for what we say ourselves: events of source "hikeshi" that the courier hands in (action_result, timer_fired, ...). Never for
 * what came through the door. ERR_CONFLICT: it was handed in before, perhaps told at another time; the first one counts.
 */
enum err engine_submit_own(struct engine *e, const struct event *event, struct receipt *out, struct problem *p) MUST_USE;

bool engine_seal(struct engine *e);
enum err engine_commit(struct engine *e, struct problem *p) MUST_USE;
uint64_t engine_settled(const struct engine *e);

/*
 * Compiles, journals as a policy_changed event and takes effect with the next event; nothing happens where this very policy is in force.
 * The old one stays in force on any error.
 */
enum err engine_set_policy(struct engine *e, struct str bundle, struct problem *p) MUST_USE;
/*
 * The same for a learned model (score/model.h), which is journaled whole as a model_changed event, with who did it (a key's name, or
 * empty). An empty text: the one that ships with the binary. What owners' logins measured by the model before is forgotten, and learned
 * anew by the new one. ERR_DENIED where the engine was opened without one.
 */
enum err engine_set_model(struct engine *e, struct str text, struct str by, struct problem *p) MUST_USE;
/*
 * Puts the model in force again that was before the one in force, journaled in the same way; once more goes back one more. ERR_CONFLICT
 * where there is none before it. On any error the one in force stays.
 */
enum err engine_roll_back_model(struct engine *e, struct str by, struct problem *p) MUST_USE;
/* NULL: none is in force. */
const struct model *engine_model(const struct engine *e);
struct model_in_force {
    struct str name, about; /* name empty: none is in force */
    uint32_t crc32c;
    unsigned boosted_trees, isolation_trees, columns;
    uint64_t position; /* of the record that brought it; 0 = it is the built-in one */
};
struct model_in_force engine_model_in_force(const struct engine *e);
/* Why the last model that the journal, or the binary, brought is not in force; NULL where it is. The one before it goes on. */
const struct problem *engine_model_refused(const struct engine *e);
/* Other facts of the network from the next event on. The old source may be closed when this returns. */
void engine_set_netfacts(struct engine *e, struct netfacts_source source);
const struct policy *engine_policy(const struct engine *e);
/* Why the last policy that the journal brought is not in force (a later version of the language may refuse an old one); NULL where it is.
 */
const struct problem *engine_policy_refused(const struct engine *e);
const struct engine_totals *engine_totals(const struct engine *e);
const struct absorb_totals *engine_absorbed(const struct engine *e); /* of responses; any thread */
struct cells engine_cells(const struct engine *e);
struct incident_store engine_incidents(const struct engine *e);
struct journal engine_journal(const struct engine *e);
struct token engine_token(const struct engine *e);
uint64_t engine_position(const struct engine *e); /* last position applied */

/* What is known of an account, as JSON (GET /v1/accounts/{id}): profile, usual paths, open incident, last events. ERR_NOT_FOUND. */
enum err engine_write_account(struct engine *e, struct str account, struct buf *out, struct problem *p) MUST_USE;
/* The answer once given on the event at this position, with the event, as JSON. ERR_NOT_FOUND. */
enum err engine_write_decision(struct engine *e, uint64_t position, struct buf *out, struct problem *p) MUST_USE;

/*
 * What every detector would measure on this event now, and every feature, as text for people or as JSON: for `hikeshi explain`. It counts
 * the event's attempts in the cells like a first round, so it is for an engine in memory that is thrown away.
 */
enum err engine_write_measures(struct engine *e, const struct event *event, bool json, struct buf *out, struct problem *p) MUST_USE;
/*
 * Judges the event as it would be judged now, and again and again without some of what is unusual about it: what would flip the decision?
 * For the same kind of engine, and the event may be submitted afterwards: its attempts are counted once.
 */
enum err engine_find_flips(struct engine *e, const struct event *event, struct flips *out, struct problem *p) MUST_USE;

#endif
