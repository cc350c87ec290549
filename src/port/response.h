// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_RESPONSE_H
#define PORT_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * The rows of a response, as the incident store keeps them (port/incident_store.h): one response per incident, its effects, the steps that
 * go out to counterparts, what people have to do, the money, what is to be told, the held orders, the proofs, and the audit chain.
 *
 * Who writes what:
 *   - the rooms, in the transaction that absorbs the journal record which is the reason: everything but the next line
 *   - the courier, in transactions of its own: of a step only state READY|CLAIMED|UNKNOWN|ANSWERED, generation, run_ms, attempts,
 *     first_sent_ms, lease_*, fence, outcome, answer, last_error. None of that is journaled until the answer is; all of it may be lost with
 *     the store, and what is lost makes a step be read before it is sent again.
 * Times are milliseconds since 1970 UTC, 0 = not yet. Amounts are in the currency's minor unit. Texts are borrowed.
 */

enum response_state {
    RESPONSE_PLANNED,   /* policy says: plan only; nothing is sent before a person says so */
    RESPONSE_OPEN,      /* containment is under way */
    RESPONSE_CONTAINED, /* every effect is contained or further; nothing may be undone yet: confidence below the policy's, nobody has spoken
                         */
    RESPONSE_UNDOING,
    RESPONSE_WAITING,     /* only slow things are left: money on its way, parcels, quiet periods, the owner */
    RESPONSE_RESTORING,   /* a false alarm is being taken back */
    RESPONSE_VERIFIED,    /* every effect is terminal and the money balances: it closes when its timer fires */
    RESPONSE_CLOSED,      /* terminal */
    RESPONSE_FALSE_ALARM, /* terminal: everything is as it was before */
};

struct response_row {
    struct str incident, account;
    enum response_state state;
    bool confident; /* effects may be undone, not only held */
    struct str confident_why;
    int64_t window_from_ms, decided_ms, contained_ms, closed_ms; /* decided: when the event that opened it came through the door */
    int64_t due_ms;                                              /* its own timer */
    uint32_t version;                                            /* counts its states; a timer of an earlier one is void */
    uint32_t effect_count;                                       /* numbers given out: the next effect is effect_count + 1 */
    uint32_t uncontained_count, open_count;                      /* effects not yet contained; not yet terminal */
    uint32_t task_count, notice_count, audit_count;              /* numbers given out */
    uint64_t position;                                           /* of the last record that changed it */
};

/*
 * What every state of every effect means, whatever its own machine calls it. In this order: an effect is contained from PHASE_CONTAINED on,
 * and terminal from PHASE_KEPT on.
 */
enum phase {
    PHASE_FOUND,      /* known, nothing asked for yet */
    PHASE_CONTAINING, /* a containing step is under way */
    PHASE_REOPENED,   /* was undone and is there again */
    PHASE_CONTAINED,
    PHASE_ASKING,       /* held; the owner or an analyst must say whose it was */
    PHASE_UNDOING,      /* an undoing step is under way */
    PHASE_PENDING,      /* accepted by the counterpart, not final */
    PHASE_CONFIRMED,    /* read back as wanted; a second observer or a quiet period is still to come */
    PHASE_TOO_LATE,     /* cannot be undone this way any more: on the ladder to the next */
    PHASE_COMPENSATING, /* another rail is under way */
    PHASE_DISCLOSED,    /* cannot be undone at all; the owner is being told */
    PHASE_HUMAN,        /* a person has it */
    PHASE_RESTORING,    /* the containment is being taken back */
    PHASE_KEPT,         /* terminal: it was the owner's own */
    PHASE_VERIFIED,     /* terminal: undone, proven */
    PHASE_COMPENSATED,  /* terminal: made good by another rail */
    PHASE_ACKNOWLEDGED, /* terminal: told, and what could be done is done */
    PHASE_RESTORED,     /* terminal: false alarm taken back, proven */
    PHASE_COUNT
};
static inline bool phase_is_contained(enum phase p) {
    return p >= PHASE_CONTAINED;
}
static inline bool phase_is_terminal(enum phase p) {
    return p >= PHASE_KEPT;
}

#define EFFECT_COUNT_MAX 512 /* of one incident; beyond it a person is asked (respond/respond.h) */

struct effect_row {
    struct str id; /* "inc_912834/e3" */
    struct str incident, account;
    struct str kind;          /* name of its definition (respond/effects.def) */
    struct str object;        /* what it is about, "order:o1"; with kind unique in an incident */
    struct str state;         /* of its definition's machine */
    enum phase phase;         /* of that state */
    struct str resume;        /* while a person has it: the state that it came from */
    int whose;                /* enum whose (port/incident_store.h) */
    bool go;                  /* it may be undone: the response is confident and it is the hijacker's, or a person said so */
    bool from_owner;          /* found because the owner said so */
    int fate;                 /* enum fate (event/event.h): the last state of its object that was observed; 0 = none */
    bool unheeded;            /* that was seen while its state had no move for it: the next one may */
    struct str fulfilment;    /* parcel, label or other sub-object that a counterpart named */
    struct str before, after; /* images: sealed or hashed, or a plain word */
    struct str reference;     /* the counterpart's, e.g. an acquirer reference number */
    int64_t amount_minor;
    char currency[4];    /* ISO 4217 and its NUL, or "" */
    uint32_t version;    /* counts its states */
    uint32_t repeats;    /* times in a row that its state was entered from itself */
    uint32_t generation; /* of its steps: 1, and one more each time it is reopened or a person lets it be tried anew */
    uint32_t ledger_count, proof_count, step_count; /* numbers given out */
    int64_t found_ms, since_ms;                     /* since: when it entered its state */
    int64_t contained_ms;
    int64_t due_ms;    /* timer of its state */
    uint64_t position; /* of the event that it was found by; 0 = by a sweep */
};

enum step_state {
    STEP_READY,
    STEP_CLAIMED,
    STEP_UNKNOWN,  /* sent, and nobody knows: read before it is sent again; waits until run_ms like READY */
    STEP_ANSWERED, /* the outcome is kept here and on its way into the journal */
    STEP_DONE,     /* absorbed */
    STEP_HUMAN,    /* absorbed as exhausted: a person has it, and nobody knows whether it was done */
    STEP_CANCELED, /* overtaken before it was sent, or taken up again after it was given up; terminal */
};

enum outcome_word {
    STEP_OUTCOME_NONE,
    STEP_OUTCOME_DONE,      /* it is so, and was read back */
    STEP_OUTCOME_PENDING,   /* accepted; will be final later */
    STEP_OUTCOME_REFUSED,   /* definite: not possible (any more), nothing was changed */
    STEP_OUTCOME_CHANGED,   /* compare-and-set failed: the value is not the hijacker's any more */
    STEP_OUTCOME_ABSENT,    /* there is no such object */
    STEP_OUTCOME_EXHAUSTED, /* attempts or time used up without a definite answer */
};

/* Lower is sooner. Containment has its own lane: whatever is below LANE_UNDO is never behind what is not. */
enum lane {
    LANE_ACCESS = 0,
    LANE_GOODS = 1,
    LANE_CAPTURE = 2,
    LANE_PASSWORD = 3,
    LANE_CONTACT = 4,
    LANE_CONTAIN_END = 10,
    LANE_UNDO = 10,
    LANE_VERIFY = 20,
    LANE_SWEEP = 30
};

/* Texts of an effect (before, after, object, ...) are 2 kB, each byte up to six in JSON; the path has what is left. */
#define STEP_REQUEST_SIZE_MAX (16U * 1024)
#define STEP_ANSWER_SIZE_MAX  (48U * 1024)

struct step_row {
    struct str id; /* effect, verb, how and number: "inc_912834/e3/undo.refund/2" */
    struct str effect, incident, account;
    struct str system;  /* which part of the shop's world: "identity", "shop", "payment", "warehouse", "carrier" */
    struct str verb;    /* "contain", "undo", "release", "read_state", "probe", "find_effects" */
    struct str how;     /* "refund"; see the effect's definition */
    struct str request; /* JSON, complete but for the key; the same bytes every time it is sent */
    enum step_state state;
    int lane;
    uint32_t generation; /* last part of its key: "inc_912834/e3/undo.refund/1"; a new one only after a read proved absence */
    int64_t run_ms;      /* not before */
    int64_t deadline_ms; /* after this it counts as exhausted; 0 = by attempts alone */
    int64_t created_ms;  /* with the record that asked for it */
    uint32_t attempts;
    int64_t first_sent_ms;
    struct str lease_owner;
    int64_t lease_until_ms;
    uint64_t fence; /* counts its claims */
    enum outcome_word outcome;
    struct str answer; /* JSON object: what the counterpart said (courier/adapter.h) */
    struct str last_error;
    uint64_t position; /* of the record that asked for it */
};

enum task_state { TASK_OPEN, TASK_PROPOSED, TASK_CLOSED };

struct task_row {
    struct str id; /* "inc_912834/t1" */
    struct str incident, effect;
    struct str kind;    /* of respond/task.h */
    struct str asks;    /* one sentence: what to do and what to answer */
    struct str options; /* words that may be answered, with a space between */
    enum task_state state;
    int people; /* 1, or 2: four eyes */
    int64_t opened_ms, due_ms, closed_ms;
    bool escalated;                   /* its due time passed and somebody was told */
    struct str proposed_by, proposed; /* the first of two, and what he answered */
    struct str approved_by, outcome;
    uint64_t position;
};

enum ledger_kind { LEDGER_LOSS, LEDGER_RETURNED, LEDGER_COMPENSATED, LEDGER_WRITEOFF };

/* Of the owner's money: open = loss - returned - compensated. A write-off is the merchant's own and changes none of it. */
struct ledger_row {
    struct str incident, effect;
    uint32_t number; /* of the effect */
    enum ledger_kind kind;
    int64_t amount_minor; /* negative takes a line back */
    char currency[4];
    int64_t at_ms;
    struct str evidence;
    uint64_t position;
};

enum notice_state {
    NOTICE_HELD,     /* to be told with others when its timer fires; or, with no timer, to people of the shop, who look for themselves */
    NOTICE_OUT,      /* written, and on its way; it lies in the message centre from here on */
    NOTICE_ACCEPTED, /* a channel has taken it over; accepted is not read */
    NOTICE_READ,     /* he has acknowledged it */
    NOTICE_FAILED,   /* no channel has taken it: a person has it */
    NOTICE_MERGED,   /* told with another, `into`; or not told, where `into` is empty: there was nothing new */
};

/* Something to be told (the outbox): written by the respond room as HELD, in the transaction of what it tells; the notify room leads it on.
 */
struct notice_row {
    struct str id; /* "inc_912834/n1" */
    struct str incident, account;
    struct str audience; /* "owner", "operator", "analyst", "stranger" */
    struct str subject;  /* what it is about: a word of respond/notices.def or notify/notices.def */
    struct str facts;    /* JSON */
    int64_t created_ms;
    uint64_t position;
    enum notice_state state;
    struct str into;                  /* the notice that told it */
    struct str language, title, text; /* from OUT on; never changed again */
    struct str code;                  /* by which it can be checked */
    struct str channels;              /* those on which it was sent, with a blank between */
    int64_t written_ms, accepted_ms, read_ms;
    struct str accepted_by, read_by; /* channel; "message_centre", "code", a person */
    int64_t due_ms;
    uint32_t version; /* counts its states; a timer of an earlier one is void */
};

/* The shipping and capture gate: an order is held from held_ms until released_ms. */
struct hold_row {
    struct str order, account, incident;
    uint64_t epoch; /* the journal position that held or released it last: newer is greater */
    int64_t held_ms, released_ms;
};

/* One look at an effect: the evidence for "undone". */
struct proof_row {
    struct str incident, effect;
    uint32_t number;
    int64_t at_ms;
    struct str observer; /* who looked: a system's name, "webhook", "owner", a person */
    struct str observed;
    bool ok;
    uint64_t position;
};

/* hash = SHA-256 of prev_hash and the fields before it, in the form of docs/formats/audit.md; the store computes it while it appends. */
struct audit_row {
    struct str incident;
    uint32_t number;
    int64_t at_ms;
    struct str actor;           /* "hikeshi", "owner", a counterpart's system, a person's name */
    struct str what;            /* short word: effect_state, step_answered, task_closed, ... */
    struct str body;            /* JSON */
    struct str prev_hash, hash; /* hex; read only */
    uint64_t position;
};

struct str response_state_word(enum response_state s);
struct str phase_word(enum phase p);
struct str step_state_word(enum step_state s);
struct str step_outcome_word(enum outcome_word o);
struct str task_state_word(enum task_state s);
struct str notice_state_word(enum notice_state s);
struct str ledger_kind_word(enum ledger_kind k);
/* -1 for any other word. */
int response_state_from(struct str word);
int phase_from(struct str word);
int step_state_from(struct str word);
int step_outcome_from(struct str word);
int task_state_from(struct str word);
int notice_state_from(struct str word);
int ledger_kind_from(struct str word);

#endif
