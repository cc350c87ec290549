// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_LABEL_BOOK_H
#define CLI_LABEL_BOOK_H

#include "cli/backtest_source.h"
#include "cli/key_map.h"
#include "decide/decision.h"
#include "event/event.h"
#include "port/incident_store.h"

/*
 * Whose acts events were, as far as operation has told: what was asked and answered (feedback) and what came weeks later from outside
 * (delayed labels). The two are kept apart, for they are samples of different things: feedback speaks of what our own alerts pointed at,
 * delayed labels of what somebody was hurt by (Dal Pozzolo et al. 2015, 2018).
 */
enum label { LABEL_UNKNOWN, LABEL_OWNER, LABEL_HIJACKER, LABEL_NOISE, LABEL_COUNT };

/* From the weakest to the strongest: a stronger one wins. */
enum label_source {
    LABEL_SOURCE_NONE,
    LABEL_SOURCE_SILENCE,             /* nobody complained for so many days */
    LABEL_SOURCE_CHALLENGE,           /* passed: weakly the owner's; failed and never passed: weakly a hijacker's */
    LABEL_SOURCE_INCIDENT,            /* our own attribution, in an incident of which no person has spoken */
    LABEL_SOURCE_EARLY_FRAUD_WARNING, /* of the card network */
    LABEL_SOURCE_CHARGEBACK,          /* of the card holder */
    LABEL_SOURCE_OWNER_STATEMENT,     /* of the act, or of its incident */
    LABEL_SOURCE_ANALYST_VERDICT,     /* of its incident */
    LABEL_SOURCE_COUNT
};

enum label_kind { LABEL_KIND_FEEDBACK, LABEL_KIND_DELAYED, LABEL_KINDS };

struct str label_word(enum label l);
enum label label_from(struct str word); /* LABEL_UNKNOWN for any other word */
struct str label_source_word(enum label_source s);
enum label_kind label_kind_of(enum label_source s);
struct str label_kind_word(enum label_kind k);

struct label_note {
    enum label label;
    enum label_source source; /* LABEL_SOURCE_NONE: nothing is known of this kind */
    uint8_t weight;           /* 1 to 100: how far it can be believed */
    bool contradicted;        /* another source, or the same one before, said otherwise */
    int64_t known_ms;         /* when it was said */
    uint64_t incident;        /* position that opened it; 0 = it was said of this very event */
    uint64_t takeover;        /* key of the takeover that a hijacker's act belongs to */
    uint64_t session, device; /* from where an owner's "mine" came, as keys; 0 = not told */
};

struct label_entry {
    struct label_note of[LABEL_KINDS];
};

/* What somebody said of a whole incident. */
struct label_verdict {
    bool takeover;
    struct label_note note;
};

struct label_book {
    int64_t known_at_ms; /* what was said later is not known; 0 = all that was said */
    bool challenges;     /* listen to challenges too */

    struct key_map events; /* place in `entries` + 1, by the event's key */
    struct label_entry *entries;
    size_t count, capacity;
    uint64_t contradictions; /* times that two said otherwise of one event */
    uint64_t verdicts;       /* of analysts */
    struct key_map analysts; /* verdicts by analyst */

    /* while it is gathered */
    struct key_map charges;   /* the act that made a charge */
    struct key_map incidents; /* place in `said` + 1 */
    struct key_map denied;    /* place in `said` + 1, by account: "not mine" of whatever is going on */
    struct key_map visits;    /* place in `seen` + 1, by account, and by account and session: the act that a challenge would be about */
    struct key_map renewed;   /* when a factor was put on file last, by account */
    struct label_verdict *said;
    size_t said_count, said_capacity;
    struct label_visit {
        uint64_t event;
        int64_t at_ms;
    } * seen;
    size_t seen_count, seen_capacity;
    uint64_t known_to; /* the last position of which all was known */
    bool past;
};

/* The key of a text in these maps. */
uint64_t label_key(struct str text);

/* One event, in the order of the journal. `d`: what was answered on it; NULL where that is not known. */
enum err label_book_hear(struct label_book *b, uint64_t position, const struct event *e, const struct decision *d,
                         struct problem *p) MUST_USE;
/* An event as it stands in an incident, after all was heard. */
enum err label_book_take(struct label_book *b, const struct incident_row *incident, const struct incident_event_row *e,
                         struct problem *p) MUST_USE;
/* All of a source: its words, and its incidents where it is a journal, which is gone through once more in memory for them. */
enum err label_book_gather(struct label_book *b, struct backtest_source *s, struct problem *p) MUST_USE;
/* What is known of an event, by its key; NULL = nothing. */
const struct label_entry *label_book_entry(const struct label_book *b, uint64_t key);
/* The stronger of both kinds. */
const struct label_note *label_strongest(const struct label_entry *e);
void label_book_release(struct label_book *b);

/* A value-bearing act. */
bool label_is_effect(const struct event *e);

#endif
