// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_INCIDENT_STORE_H
#define PORT_INCIDENT_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "port/response.h"

/*
 * Where incidents and every decision with consequences are kept (SQLite embedded, PostgreSQL for many machines). It remembers the journal
 * position that it has absorbed in the same transaction as what those records changed: a crash anywhere repeats nothing and loses nothing.
 *
 * How rows are written, so that a replay changes nothing:
 *   - every write names the journal position of the event that caused it; one at or below the absorbed position is skipped
 *   - a decision is written once and never changed: the stored row wins for ever (key: position)
 *   - incident and incident_event rows are upserts in journal order (keys: id; incident and position), for later events tell more about
 *     earlier ones. An empty text, or 0 for a time, keeps what is stored
 *   - at most one incident per account is open: a second one is ERR_CONFLICT, and nothing of the commit is kept
 */
enum incident_status { INCIDENT_OPEN, INCIDENT_CLOSED };
enum whose { WHOSE_UNKNOWN, WHOSE_OWNER, WHOSE_HIJACKER };

struct incident_row {
    struct str id; /* "inc_" and the journal position that opened it */
    struct str account;
    enum incident_status status;
    uint64_t opened_position, closed_position; /* 0 = open */
    int64_t opened_ms, closed_ms;
    int64_t window_from_ms, window_to_ms; /* the attack window; to = 0 while it lasts */
    uint64_t trigger_position;            /* the event on which it was opened */
    uint16_t score;
    struct str path;    /* JSON: the hostile access path (address, network, client, device, sessions, tokens) */
    struct str summary; /* one sentence */
    struct str closed_why;
    struct str language, timezone; /* the owner's before the attack, as his clients told: "ja-JP", "Asia/Tokyo" */
};

/* One event as it stands in an incident. */
struct incident_event_row {
    struct str incident;
    uint64_t position;
    int64_t time_ms;
    struct str event; /* its id */
    struct str kind;
    enum whose whose;
    struct str why;       /* one sentence: by which lineage */
    struct str detail;    /* of it: the state that was reached, "added", "failure", ... or empty */
    struct str object;    /* what it touched, "order:o1", "address:a7", "token:t3", ... or empty */
    struct str facts;     /* JSON: the event's own fields beyond its access path, by their names in event/fields.def; never changed */
    int64_t amount_minor; /* 0 where currency is "" */
    char currency[4];     /* ISO 4217 and its NUL, or "" */
};

/* A decision other than a plain allow, or one that opened an incident. */
struct decision_row {
    uint64_t position;
    struct str event, account, kind, verdict, incident, policy;
    int64_t time_ms;
    uint16_t score;
    uint32_t challenge_rate_ppm;
    struct str answer; /* the JSON that was answered */
};

static inline struct str whose_word(enum whose w) {
    switch (w) {
    case WHOSE_UNKNOWN: return STR("unknown");
    case WHOSE_OWNER: return STR("owner");
    case WHOSE_HIJACKER: return STR("hijacker");
    }
    return STR_NONE;
}
static inline struct str incident_status_word(enum incident_status s) {
    switch (s) {
    case INCIDENT_OPEN: return STR("open");
    case INCIDENT_CLOSED: return STR("closed");
    }
    return STR_NONE;
}

enum incident_write_kind {
    WRITE_INCIDENT,
    WRITE_INCIDENT_EVENT,
    WRITE_DECISION,
    /* Of a response. Upserts by their id (holds: by order), except: */
    WRITE_RESPONSE,
    WRITE_EFFECT,
    WRITE_STEP, /* inserted READY; where its id exists: only state, outcome and deadline_ms change, and only to DONE, HUMAN or CANCELED */
    WRITE_TASK,
    WRITE_LEDGER, /* inserted; nothing where its number exists */
    WRITE_NOTICE,
    WRITE_HOLD,
    WRITE_PROOF, /* inserted; nothing where its number exists */
    WRITE_AUDIT, /* appended to its incident's chain; the store gives number and hashes */
};

struct incident_write {
    enum incident_write_kind kind;
    uint64_t position; /* of the event that caused it */
    union {
        struct incident_row incident;
        struct incident_event_row event;
        struct decision_row decision;
        struct response_row response;
        struct effect_row effect;
        struct step_row step;
        struct task_row task;
        struct ledger_row ledger;
        struct notice_row notice;
        struct hold_row hold;
        struct proof_row proof;
        struct audit_row audit;
    } as;
};

struct incident_query {
    struct str account; /* empty = all */
    int status;         /* enum incident_status, or -1 = all */
    uint64_t before;    /* only those opened before this position (paging); 0 = newest */
    uint32_t count_max;
};

struct incident_event_query {
    struct str incident;
    uint64_t after; /* only those at later positions (paging); 0 = from the first */
    uint32_t count_max;
};

/* Whose eyes: the settled state, in any thread; or the open transaction with what it has written so far, in the thread that began it. */
enum sight { SIGHT_SETTLED, SIGHT_WITHIN };

struct effect_query {
    struct str incident; /* empty = of all incidents */
    struct str object;   /* empty = about anything */
    struct str account;  /* with neither of them: of all its incidents, the latest first; empty = of all accounts */
    bool open;           /* only those that are not terminal */
    uint32_t count_max;
};

/* What a worker wants to do next. */
struct claim {
    struct str owner; /* unique to this process start: a lease is never taken over by a name that comes again */
    int64_t now_ms;   /* one clock for all who claim from one store */
    int64_t lease_ms;
    int lane_end;      /* only steps of a lower lane */
    struct str system; /* only of this one */
    uint32_t count_max;
};

/* What became of a claimed step. Where `fence` is not the step's any more, or it is not CLAIMED, nothing changes and `accepted` is false:
 * the lease was lost, another has it. */
struct step_report {
    struct str step;
    uint64_t fence;
    enum step_state state; /* ANSWERED, or back to READY or UNKNOWN until run_ms */
    uint32_t generation;   /* may be raised, never lowered */
    int64_t run_ms;
    enum outcome_word outcome; /* with ANSWERED */
    struct str answer;         /* with ANSWERED: JSON object */
    struct str last_error;
    bool accepted; /* out */
};

/* A timer that is due: of an effect, a task, a notice or a response. */
struct due_row {
    struct str account, incident;
    struct str about; /* id of the effect, task, notice or incident */
    uint32_t version; /* of the effect, notice or response; of a task 0 */
    int64_t due_ms;
};

struct incident_store {
    const struct incident_store_ops *ops;
    void *self;
};

/*
 * Three users, three ways in:
 *   absorbing (one thread)   begin, reads with SIGHT_WITHIN and puts in turn, finish. Or commit, which is all of it for writes alone.
 *   the courier (any)        claim, report, unreported, due, next_due_ms: each one transaction of its own
 *   looking (any)            reads with SIGHT_SETTLED
 * Lists come in the order that is named; texts and rows are in `step`.
 */
struct incident_store_ops {
    /* One transaction: all writes, and absorbed = position. Durable on ERR_OK. May run in another thread than the reads. An `absorbed` that
     * does not exceed the stored one is a repetition: ERR_OK, nothing changes. */
    enum err (*commit)(void *self, const struct incident_write *writes, size_t count, uint64_t absorbed, struct problem *p);
    enum err (*absorbed)(void *self, uint64_t *position);
    enum err (*find)(void *self, struct str id, struct arena *step, struct incident_row *out); /* ERR_NOT_FOUND */
    enum err (*list)(void *self, const struct incident_query *q, struct arena *step, struct incident_row **rows, size_t *count);
    /* By position. Fewer than count_max: there are no more. */
    enum err (*events)(void *self, enum sight s, const struct incident_event_query *q, struct arena *step, struct incident_event_row **rows,
                       size_t *count);
    /* ERR_NOT_FOUND where the event has no stored decision. */
    enum err (*decision)(void *self, struct str event, struct arena *step, struct decision_row *out);

    /* Takes the writer (SQLite: BEGIN IMMEDIATE); *absorbed as stored. Writes whose position is at or below it must not be put again. */
    enum err (*begin)(void *self, uint64_t *absorbed, struct problem *p);
    enum err (*put)(void *self, const struct incident_write *writes, size_t count, struct problem *p);
    /* absorbed = position, then durable. After an error everything since begin is undone. */
    enum err (*finish)(void *self, uint64_t absorbed, struct problem *p);
    void (*abandon)(void *self); /* undoes everything since begin */
    /* As find, with what the open transaction has written of it (SIGHT_WITHIN). */
    enum err (*find_within)(void *self, struct str id, struct arena *step, struct incident_row *out);

    /* ERR_NOT_FOUND where there is none. */
    enum err (*find_response)(void *self, enum sight s, struct str incident, struct arena *step, struct response_row *out);
    enum err (*find_effect)(void *self, enum sight s, struct str id, struct arena *step, struct effect_row *out);
    enum err (*find_step)(void *self, enum sight s, struct str id, struct arena *step, struct step_row *out);
    enum err (*find_task)(void *self, enum sight s, struct str id, struct arena *step, struct task_row *out);
    /* In the order in which they were found (incident, then number). */
    enum err (*effects)(void *self, enum sight s, const struct effect_query *q, struct arena *step, struct effect_row **rows,
                        size_t *count);
    /* Of one effect, or of a whole incident where `id` is an incident's. By creation. */
    enum err (*steps)(void *self, enum sight s, struct str id, struct arena *step, struct step_row **rows, size_t *count);
    /* Those of an incident of which it is not known what became, given up (HUMAN) or not, SIGHT_WITHIN: the absorbing thread asks with
     * every event, and of most steps it is known. */
    enum err (*steps_unsettled)(void *self, struct str incident, struct arena *step, struct step_row **rows, size_t *count);
    /* Of one incident; empty: all that are not closed, by due time. */
    enum err (*tasks)(void *self, enum sight s, struct str incident, struct arena *step, struct task_row **rows, size_t *count);
    enum err (*ledger)(void *self, enum sight s, struct str incident, struct arena *step, struct ledger_row **rows, size_t *count);
    enum err (*notices)(void *self, enum sight s, struct str incident, struct arena *step, struct notice_row **rows, size_t *count);
    /* What lies in the message centre of an account, the latest first. */
    enum err (*messages)(void *self, struct str account, uint32_t count_max, struct arena *step, struct notice_row **rows, size_t *count);
    enum err (*find_notice)(void *self, enum sight s, struct str id, struct arena *step, struct notice_row *out); /* ERR_NOT_FOUND */
    enum err (*find_code)(void *self, struct str code, struct arena *step, struct notice_row *out);               /* ERR_NOT_FOUND */
    enum err (*proofs)(void *self, enum sight s, struct str incident, struct arena *step, struct proof_row **rows, size_t *count);
    enum err (*audit)(void *self, enum sight s, struct str incident, struct arena *step, struct audit_row **rows, size_t *count);
    enum err (*holds)(void *self, enum sight s, struct str incident, struct arena *step, struct hold_row **rows, size_t *count);
    /* The gate's question, fast: the order's hold, released or not. ERR_NOT_FOUND: never held. */
    enum err (*hold)(void *self, struct str order, struct arena *step, struct hold_row *out);
    /* The latest response that is neither closed nor a false alarm; ERR_NOT_FOUND. There may be several: a false alarm that is still being
     * taken back, or a closed one that a late chargeback opened again, while the account is attacked anew. */
    enum err (*open_response)(void *self, enum sight s, struct str account, struct arena *step, struct response_row *out);

    /* Would `claim` find any? A look, which keeps nobody from writing: whoever asks again and again asks this first. */
    enum err (*claimable)(void *self, const struct claim *c, bool *any);
    /* Steps that are READY or UNKNOWN with run_ms <= now, or CLAIMED with a lease that ended; by lane, run_ms, creation. They become
     * CLAIMED, fence + 1, attempts + 1, first_sent_ms kept or now. A step whose lease ended, or that was UNKNOWN, is handed out with
     * `state` UNKNOWN (what was stored before is told), all others as READY. Two who claim at once get disjoint sets. */
    enum err (*claim)(void *self, const struct claim *c, struct arena *step, struct step_row **rows, size_t *count, struct problem *p);
    enum err (*report)(void *self, struct step_report *reports, size_t count, struct problem *p);
    /* ANSWERED and not absorbed yet: for a start after a crash. */
    enum err (*unreported)(void *self, uint32_t count_max, struct arena *step, struct step_row **rows, size_t *count);
    /* Timers at or before now, soonest first. Looking, not taking: the same ones come until they are absorbed. */
    enum err (*due)(void *self, int64_t now_ms, uint32_t count_max, struct arena *step, struct due_row **rows, size_t *count);
    /* When a timer or a step that waits is due next; 0 = nothing waits. */
    enum err (*next_due_ms)(void *self, int64_t *at_ms);
};

#endif
