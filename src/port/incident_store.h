// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_INCIDENT_STORE_H
#define PORT_INCIDENT_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

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

enum incident_write_kind { WRITE_INCIDENT, WRITE_INCIDENT_EVENT, WRITE_DECISION };

struct incident_write {
    enum incident_write_kind kind;
    uint64_t position; /* of the event that caused it */
    union {
        struct incident_row incident;
        struct incident_event_row event;
        struct decision_row decision;
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

struct incident_store {
    const struct incident_store_ops *ops;
    void *self;
};

struct incident_store_ops {
    /* One transaction: all writes, and absorbed = position. Durable on ERR_OK. May run in another thread than the reads. An `absorbed` that
     * does not exceed the stored one is a repetition: ERR_OK, nothing changes. */
    enum err (*commit)(void *self, const struct incident_write *writes, size_t count, uint64_t absorbed, struct problem *p);
    enum err (*absorbed)(void *self, uint64_t *position);
    enum err (*find)(void *self, struct str id, struct arena *step, struct incident_row *out); /* ERR_NOT_FOUND */
    enum err (*list)(void *self, const struct incident_query *q, struct arena *step, struct incident_row **rows, size_t *count);
    /* By position. Fewer than count_max: there are no more. */
    enum err (*events)(void *self, const struct incident_event_query *q, struct arena *step, struct incident_event_row **rows,
                       size_t *count);
    /* ERR_NOT_FOUND where the event has no stored decision. */
    enum err (*decision)(void *self, struct str event, struct arena *step, struct decision_row *out);
};

#endif
