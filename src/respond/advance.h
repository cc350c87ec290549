// SPDX-License-Identifier: Apache-2.0
#ifndef RESPOND_ADVANCE_H
#define RESPOND_ADVANCE_H

#include "base/json.h"
#include "respond/catalogue.h"
#include "respond/respond.h"

/*
 * One event on its way through a response: what was loaded, as working copies, and the rows that are written once at the end. Nothing here
 * outlives respond_advance; all of it lies in its step arena.
 *
 * Order of one event: it is attributed (find.c), answered (answer.c), observed, decided (task.c); each of these gives triggers to effects
 * (machine.c), which enter states. Only then every effect that stands in a new state draws the consequences of it (machine.c, settle): so
 * what is passed through within one event sends nothing.
 */

/* The states that every machine has (respond/effect.h). */
#define STATE_HUMAN     "human"
#define STATE_RESTORING "restoring"
#define STATE_RESTORED  "restored"
#define STATE_KEPT      "kept"
#define STATE_MERGED    "merged"
#define STATE_ENDED     "ended"

/* Beyond this many states in one event a machine runs in a circle: a person looks at it. */
#define ENTRIES_MAX 6

struct effect_work {
    struct effect_row row;
    const struct effect_def *def; /* NULL: of a catalogue that we don't have any more; only a person can move it */
    bool changed;
    bool fresh;       /* stands in a state whose consequences were not drawn yet */
    bool held;        /* its order was held at the gate before this event */
    unsigned entries; /* states entered with this event */
};

struct step_work {
    struct step_row row;
    bool added, changed;
};

struct task_work {
    struct task_row row;
    bool added, changed;
};

struct advance {
    const struct catalogue *catalogue;
    const struct respond_event *e;
    const struct respond_loaded *l;
    struct arena *step;
    struct arena scratch; /* for JSON that is read and forgotten */
    struct response_change *out;
    int64_t now_ms;
    struct str actor; /* of audits */
    struct response_row response;
    bool response_changed;
    bool untold;                 /* it was a plan only: the owner never heard of it */
    struct effect_work *effects; /* EFFECT_COUNT_MAX */
    size_t effect_count;
    struct step_work *steps; /* those under way, and new ones */
    size_t step_count, step_capacity;
    struct task_work *tasks; /* those open, and new ones */
    size_t task_count, task_capacity;
    struct ledger_row *ledger; /* all, and new ones */
    size_t ledger_count, ledger_capacity;
};

void advance_with(const struct catalogue *c, const struct respond_event *e, const struct respond_loaded *l, struct arena *step,
                  struct response_change *out);

/* --- record.c: rows that are only ever added ------------------------------------------------------------------------------------------ */

/* Memory of the step; RESPOND_STEP_SIZE_MAX was promised. */
void *advance_take(struct advance *a, size_t size);
struct buf advance_buf(struct advance *a, size_t size);
struct str advance_text(struct advance *a, struct buf *b); /* gives back what it did not need */
struct str advance_copy(struct advance *a, struct str s);
struct incident_write *advance_write(struct advance *a, enum incident_write_kind kind);

/* One change, for the chain. `from`, `to`, `why` are words; empty ones are left out. */
struct audit_note {
    const char *what;
    struct str about, from, to, why;
};
void record_audit(struct advance *a, const struct audit_note *n);
/* w may be NULL: about the whole response. */
void record_notice(struct advance *a, const char *subject, const struct effect_work *w);
void record_proof(struct advance *a, struct effect_work *w, struct str observer, struct str observed, bool ok);
void record_hold(struct advance *a, const struct effect_work *w, bool held);

/* --- find.c: which effects there are, and whose ----------------------------------------------------------------------------------------
 */

void find_always(struct advance *a);
void find_in_events(struct advance *a);
/* `found` of an answer to find_effects. */
void find_in_answer(struct advance *a, struct json found);
struct effect_work *find_effect(struct advance *a, struct str id);
/* Of one kind about one object; NULL. */
struct effect_work *find_same(struct advance *a, struct str kind, struct str object);

/* --- machine.c: how an effect goes on --------------------------------------------------------------------------------------------------
 */

/* Of an effect that a person has, or of the same state again with the next generation. */
void machine_retry(struct advance *a, struct effect_work *w);
/* Moves it on where there is a move. by_person: somebody's word, which alone proves nothing. */
bool machine_trigger(struct advance *a, struct effect_work *w, enum trigger on, bool by_person);
/* Somebody says that what the state wants is done: with the fate that it waits for, where it waits for one. */
bool machine_done_by_hand(struct advance *a, struct effect_work *w);
void machine_begin(struct advance *a, struct effect_work *w);                    /* its first state */
void machine_human(struct advance *a, struct effect_work *w, struct str why);    /* a person has it */
void machine_restore(struct advance *a, struct effect_work *w, struct str why);  /* it is the owner's own */
void machine_finish(struct advance *a, struct effect_work *w, const char *name); /* "restored", "kept", "merged" */
void machine_end(struct advance *a, struct effect_work *w);                   /* "ended": by a person, where no machine knows it any more */
void machine_resume(struct advance *a, struct effect_work *w);                /* out of "human", as if it had never been there */
void machine_again(struct advance *a, struct effect_work *w, struct str why); /* alive again: next generation, from its first state */
void machine_go(struct advance *a, struct effect_work *w, struct str why);    /* it may be undone */
/* Its object was seen in this state: noted, and acted upon. true: news. An answer is noted first, then moves its effect, then is acted
 * upon. */
bool machine_note(struct advance *a, struct effect_work *w, enum fate fate);
void machine_seen(struct advance *a, struct effect_work *w);
bool machine_observe(struct advance *a, struct effect_work *w, enum fate fate);
void machine_timer(struct advance *a, struct effect_work *w);
void machine_load(struct advance *a);
void machine_settle(struct advance *a);
/* Of its own machine; while a person has it, of the state that it came from. NULL: of those that every machine has. */
const struct effect_state *machine_state(const struct effect_work *w);
bool machine_in(const struct effect_work *w, const char *generic);
bool machine_contained(const struct effect_work *w);
bool machine_undone(const struct effect_work *w); /* something of it was undone already, or is being undone */
bool machine_waits_for_go(const struct effect_work *w);

/* --- request.c: steps ------------------------------------------------------------------------------------------------------------------
 */

void request_send(struct advance *a, struct effect_work *w, const struct operation *op);
/* Steps that were never sent are overtaken; others are left for their answer. */
void request_overtake(struct advance *a, const struct effect_work *w);
/* The step of the state that it stands in is under way. */
bool request_under_way(const struct advance *a, const struct effect_work *w);
/* Something that changes the world may be under way from an earlier state. */
bool request_in_doubt(const struct advance *a, const struct effect_work *w);
/* Something that changes the world may be under way, from whatever state. */
bool request_may_act(const struct advance *a, const struct effect_work *w);
/* This act was given up, and nobody knows whether it was done: asked for again it is the same, and is read before it is sent. */
bool request_was_given_up(struct advance *a, const struct effect_work *w, const struct operation *op);
/* What was given up is known not to be so. */
void request_settle(struct advance *a, const struct effect_work *w);
bool request_is_of_state(const struct step_row *s, const struct effect_work *w);

/* --- answer.c: what became of a step ----------------------------------------------------------------------------------------------------
 */

void answer_step(struct advance *a);

/* --- task.c: people ---------------------------------------------------------------------------------------------------------------------
 */

struct task_wish {
    enum task_kind kind;
    struct str asks;
    int64_t due_ms; /* from now */
    int people;
};
struct str task_kind_word(enum task_kind k);
enum task_kind task_kind_from(struct str word); /* TASK_NONE for any other word */
/* w may be NULL: of the whole response. */
void task_open(struct advance *a, struct effect_work *w, const struct task_wish *wish);
bool task_is_open(const struct advance *a, const struct effect_work *w);
/* Those of an effect are not asked any more. */
void task_overtake(struct advance *a, const struct effect_work *w);
void task_answer(struct advance *a);
void task_timer(struct advance *a, struct str id);

/* --- money.c ----------------------------------------------------------------------------------------------------------------------------
 */

/* The loss as it stands now: counted, or taken back. */
void money_count_loss(struct advance *a, struct effect_work *w);
/* What is not made good yet was returned or compensated: all of it. */
void money_make_good(struct advance *a, struct effect_work *w, enum ledger_kind kind, struct str evidence);
void money_write_off(struct advance *a, struct effect_work *w, struct str evidence);
/* It did not come after all. */
void money_take_back(struct advance *a, struct effect_work *w, enum ledger_kind kind, struct str evidence);
int64_t money_sum(const struct advance *a, const struct effect_work *w, enum ledger_kind kind);
int64_t money_missing(const struct advance *a, const struct effect_work *w);
/* At most `limits` of its currency; false where none is named. */
bool money_within(const struct respond_settings *s, const int64_t *limits, const struct effect_row *r);

#endif
