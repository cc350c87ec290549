// SPDX-License-Identifier: Apache-2.0
#ifndef RESPOND_EFFECT_H
#define RESPOND_EFFECT_H

#include "event/event.h"
#include "port/response.h"

/*
 * What a definition of an effect says: how it is found, contained, undone, and what "undone" means; with its state machine as data, so that
 * nothing has to be replayed and a test can walk all of it. A new effect is one file in effects/ and one line in effects.def.
 *
 * A machine: entering a state sends its operation, starts its timer, opens its task, writes its line of the ledger, tells what is to be
 * told. Then a trigger leads on by the first move that fits. A trigger for which there is no move changes nothing (but is written down).
 * What was seen of its object while no move fitted is remembered and leads on from the next state that has a move of its own for it, once:
 * a webhook may come before the answer of its request. Where a person answers "done" and only some fate leads on, that fate is meant.
 *
 * These states every machine has besides its own; the core leads into and out of them (machine.c):
 *   - "human" (PHASE_HUMAN): a step was exhausted, nobody offers the operation, or nothing leads on. A task is open; its answer is done (as
 *     if the step had been; in place of a probe two people must have looked), retry (the state is entered again, next generation), or
 *     unable (as if refused)
 *   - "restoring" (PHASE_RESTORING): its `release` is under way: a false alarm, or it is the owner's own
 *   - "restored" (PHASE_RESTORED): terminal; released and read back, or there was nothing to take back
 *   - "kept" (PHASE_KEPT): terminal; it is the owner's own, and nothing was ever asked for
 *   - "merged" (PHASE_ACKNOWLEDGED): terminal; it `becomes` what is an effect of this incident already, which goes on in its place
 *   - "ended" (PHASE_ACKNOWLEDGED): terminal; a person ended what no machine of this binary knows any more
 *
 * The core sends no undo without `go`, reaches no PHASE_VERIFIED by a person's word or a timer alone (a timer may end a quiet period: from
 * PHASE_CONFIRMED), and ends no effect while money is missing.
 */
enum trigger {
    TRIGGER_GO,       /* it may be undone; comes at once on entering where it is known already */
    TRIGGER_DONE,     /* the state's step: it is so, and was read back */
    TRIGGER_PENDING,  /* accepted, not final */
    TRIGGER_REFUSED,  /* definitely not possible any more */
    TRIGGER_CHANGED,  /* not the hijacker's value any more: compare-and-set failed */
    TRIGGER_ABSENT,   /* there is no such object (any more) */
    TRIGGER_OBSERVED, /* its object was seen in a state: by an event, a webhook, or an answer of any of its steps that names one */
    TRIGGER_TIMER,
    TRIGGER_OVERDUE, /* the timer, after `repeats_max` times in this very state */
    TRIGGER_OWNER_NOT_MINE,
    TRIGGER_OWNER_DONE, /* the owner did his part: set a new password, acknowledged, chose */
    TRIGGER_APPROVED,   /* the state's task: everybody it needs has agreed */
    TRIGGER_DECLINED,
    TRIGGER_FOUND_AGAIN, /* a probe saw it alive again, or the same act came again */
    TRIGGER_COUNT
};

/* One operation of operations.def. verb NULL = none. */
struct operation {
    const char *system, *verb, *how;
};
/*
 * The operations by name, e.g. payment_undo_refund. Whatever may be contained or undone may also be looked at: payment_read_state_refund
 * asks the system itself whether it has been done, payment_probe_refund has it seen with other eyes. These two may be sent as often as one
 * likes.
 */
#define LOOKS_contain(system, how) extern const struct operation system##_read_state_##how, system##_probe_##how;
#define LOOKS_undo(system, how)    LOOKS_contain(system, how)
#define LOOKS_release(system, how)
#define OPERATION(system, verb, how, sentence)                                                                                             \
    extern const struct operation system##_##verb##_##how;                                                                                 \
    LOOKS_##verb(system, how)
#include "respond/operations.def"
#undef OPERATION
#undef LOOKS_contain
#undef LOOKS_undo
#undef LOOKS_release
/* Those of operations.def, in its order. */
size_t operation_count(void);
const struct operation *operation_at(size_t index);
struct str operation_sentence(size_t index);

enum task_kind {
    TASK_NONE,
    TASK_DO,      /* no counterpart offers it, or its step was exhausted: done retry unable */
    TASK_DECIDE,  /* whose was it? hijacker owner */
    TASK_APPROVE, /* approve decline; two people where a definition or the policy's pay_max says so. Where approving writes goods off that
                     are worth no more than keep_goods_max, nobody is asked: the policy approves */
    TASK_FOLLOW,  /* something is overdue at a counterpart: look after it; done unable */
    TASK_CALL,    /* reach the owner by another way; done unable */
};

#define EFFECT_WAITS_MAX 5

struct effect_state {
    const char *name;
    enum phase phase;
    const char *says;           /* one sentence, for the owner and for analysts; present tense, no codes */
    const struct operation *op; /* sent on entering; NULL = none */
    /* Timer: the n-th time in a row that the state is entered from itself, it waits waits_ms[n], and the last one from then on; 0 = none.
     */
    int64_t waits_ms[EFFECT_WAITS_MAX];
    uint32_t repeats_max;  /* then TRIGGER_OVERDUE in place of TRIGGER_TIMER; 0 = never */
    enum task_kind task;   /* opened on entering */
    int64_t task_due_ms;   /* after entering */
    const char *task_asks; /* one sentence */
    bool returned;         /* the loss is returned: line of the ledger on entering, with the effect's reference as evidence */
    bool compensated;      /* the loss is made good by another rail */
    bool written_off;      /* the merchant bears it: not the owner's money any more */
    bool freed;            /* the order's hold at the gate ends here (it stays closed in every other state) */
    const char *notice;    /* what the owner is told on entering: a word of notices.def */
    const char *becomes;   /* another definition takes over, in its state `becomes_state` */
    const char *becomes_state;
};

/* ANY_FATE fits all; another value fits only where the effect's last observed fate is that one (with TRIGGER_OBSERVED: the one just seen).
 */
#define ANY_FATE (-1)
struct effect_move {
    int from; /* index of a state, or one of these for every own state that is not terminal and has no move of its own for this: */
    enum trigger on;
    int fate;
    int to;
};
#define ANY_STATE (-1)
#define AFTER_GO  (-2) /* of them, those in which undoing has begun: from PHASE_UNDOING on */

#define EFFECT_KINDS_MAX 8

/* An event's own fields, as respond reads them from the row of an incident's event. Members that were not sent are empty. */
struct effect_facts {
    enum kind kind; /* of the event */
    struct str before, after, authenticator, token, client, change, address, payment_method, scope, field, order, ship_to, charge,
        order_kind, code_ref, membership, plan, content, parcel, state, reference, about, event;
    int64_t amount_minor;
    struct str currency;
};

struct effect_def {
    const char *name;       /* "captured_charge" */
    const char *code;       /* of the catalogue, "B2" */
    const char *sentence;   /* what it is */
    const char *found;      /* how it is found, one sentence */
    const char *undone;     /* what "verified undone" means, one sentence */
    const char *too_late;   /* the ladder, one sentence; "" = none */
    const char *confirmers; /* "system", "external", "owner", "two people", joined by " and " */
    enum kind
        kinds[EFFECT_KINDS_MAX]; /* the events that it is found by; KIND_UNKNOWN ends the list; none: only by sweeps, owners, `always` */
    bool (*concerns)(const struct effect_facts *f);        /* of these events, which; NULL = all */
    const char *object_type;                               /* "charge": its object is "charge:" and ... */
    struct str (*object_id)(const struct effect_facts *f); /* ... this; empty = the event does not concern it; NULL = the type is all */
    bool always;                                           /* looked after in every incident */
    bool loses;                                            /* the event's amount is the owner's loss */
    bool once;             /* its object is one act (a charge, an order, a token): what was undone of it cannot be there anew */
    bool holds_order;      /* its object is an order, held at the gate from the moment it is found */
    int lane;              /* of its containing steps (port/response.h) */
    const char *waits_for; /* definition: undone only when its sibling of that kind on the same event or charge is confirmed or terminal */
    const struct effect_state *states; /* [0] is entered when it is found */
    size_t state_count;
    const struct effect_move *moves;
    size_t move_count;
    const struct operation *release; /* takes the containment back; NULL = there is nothing to take back */
    bool release_undoes;             /* and what was undone as well: nobody need put anything back by hand */
};

size_t effect_def_count(void);
const struct effect_def *effect_def_at(size_t index);
/* Those by which each system is asked what else happened (sweep.c): kept and driven like effects, and not in the list above. */
size_t sweep_def_count(void);
const struct effect_def *sweep_def_at(size_t index);
/* Of both lists; NULL for any other name. */
const struct effect_def *effect_def_find(struct str name);
/* Index of a state by its name; -1 for the states that every machine has and any other. */
int effect_state_find(const struct effect_def *d, struct str name);
/* The first move that fits, those of the state itself, then of AFTER_GO, then of ANY_STATE, which never lead to where one is already; -1 =
 * none.
 */
int effect_move_find(const struct effect_def *d, int from, enum trigger on, int fate);
/* "go", "done", ... for audits and documents. */
struct str trigger_word(enum trigger t);

#endif
