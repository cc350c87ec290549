// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include "base/arena.h"
#include "base/source.h"
#include "notify/phrases.h"
#include "port/incident_store.h"
#include "port/token.h"
#include "respond/respond.h"

/*
 * What the owner is told of a response, in his language.
 *
 *   in     the rows of one response, as the store has them, and what is to be told: a word of respond/notices.def
 *   out    a title and a text: UTF-8, plain, no link and no phone number (whoever has just been robbed must not learn to follow those)
 *   state  none; phrases are read once (notify/phrases.h)
 *   holds  every figure and every state comes from the rows, none from the phrases: so all languages tell the same facts, and so will
 *          message centre, operator and report; what an effect is called and how it stands has one phrase for all of them
 *   fails  a text longer than its buffer: ERR_FULL. A kind that no phrase names is not told of; a test keeps phrases and effects together
 *
 */
struct notice_source {
    const struct incident_row *incident;
    const struct response_row *response;
    const struct effect_row *effects;
    size_t effect_count;
    const struct ledger_row *ledger;
    size_t ledger_count;
};

struct notice_wish {
    struct str subject; /* of respond/notices.def or notify/notices.def, audience owner or stranger */
    struct str code;    /* by which he can check that it is ours: notice_code */
    int64_t next_ms;    /* when he hears of us again at the latest; 0 = as soon as anything changes */
    int64_t offset_ms;  /* of his time zone */
};

/* ERR_NOT_FOUND: the owner is told nothing by that name. */
enum err notice_write(const struct phrases *p, const struct notice_source *s, const struct notice_wish *w, struct buf *title,
                      struct buf *text) MUST_USE;

/* For a channel that carries a line or two: the title, how to check it, nothing else. */
enum err notice_write_short(const struct phrases *p, const struct notice_source *s, const struct notice_wish *w, struct str title,
                            struct buf *text) MUST_USE;

/*
 * The room's verb: what the respond room wants told is led from held to read.
 *
 *     HELD --its timer, or at once--> OUT --a channel took it--> ACCEPTED --acknowledged--> READ
 *       |                              |  \--no channel took it--> FAILED: a person tells him
 *       \--told with another--> MERGED  \--60 s, or a channel failed--> the next channel as well
 *
 *   in     one journaled event, what the respond room made of it, the notices of the incident; notice_result and timer_fired come back here
 *   out    rows: the notice, a step of verb "tell" for each channel (system = the channel), tasks, audits, in the transaction that absorbs
 *          the event. The courier takes the steps from there; clear contacts are looked up by it, and are in no row.
 *   holds  one first notice per incident, five seconds after it opened, with all that was found and stopped by then, on all channels;
 * updates at most once an hour, several as one; the end is always told. A step's request never changes, so that nobody is told twice
 * something different. A stranger learns nothing of the account. fails  no phrases of a language: English. A channel without a counterpart:
 * the next one, and in the end a person's task
 */
struct notify_input {
    const struct respond_event *e;
    const struct respond_loaded *loaded;  /* of the response, before the event */
    const struct response_change *change; /* what the respond room made of it */
    const struct notice_row *notices;     /* all of the incident */
    size_t notice_count;
    const struct step_row *step; /* that a notice_result names; NULL = none */
    /* Where a report is due (notify_wants_report), the rest of what is known of the incident. */
    const struct incident_event_row *events;
    size_t event_count;
    const struct proof_row *proofs;
    size_t proof_count;
    const struct task_row *tasks; /* closed ones too */
    size_t task_count;
    const struct audit_row *audits;
    size_t audit_count;
    const struct step_row *steps;
    size_t step_count;
    struct token token;
};

struct notice_change {
    struct incident_write *writes; /* step arena */
    size_t write_count;
};

/* The incident whose notices this event may move by itself; empty: none. */
struct str notify_wants(const struct respond_event *e);
/* Is it the timer of a report? */
bool notify_wants_report(const struct respond_event *e);
/* Did the respond room ask for something to be told? */
bool notify_follows(const struct response_change *c);
void notify_advance(const struct notify_input *in, struct arena *step, struct notice_change *out);

/* "inc_1.n1.4F8K2M7Q" of the envelope of a notice's mail, whose last part nobody else can make: which notice it is, in `memory`. false: it
 * is none of ours. */
bool notice_bounce_read(struct token token, struct str text, struct buf *memory, struct str *notice);
/* A moment by the owner's clock, to the minute, as his language writes it. */
void notice_write_date(const struct phrases *p, int64_t at_ms, int64_t offset_ms, struct buf *out);
/* The offset of the zone that an incident's owner lives in, or of the policy's default. */
int64_t notice_offset_ms(const struct incident_row *incident, struct str default_zone, int64_t at_ms);

/* "4F8K-2M7Q" of 40 random bits, in Crockford's base32, which has no I, L, O and U (https://www.crockford.com/base32.html). */
#define NOTICE_CODE_SIZE 9
void notice_code(const unsigned char random[5], char out[NOTICE_CODE_SIZE + 1]);
/* The same of a keyed hash, for one use of one notice: nobody else can make it, and we can make it again. */
void notice_token(struct token token, const char *use, struct str notice, char out[NOTICE_CODE_SIZE + 1]);
/* As people type it: small letters, blanks and any dashes, O for 0, I and L for 1. false: it is no code. */
bool notice_code_read(struct str typed, char out[NOTICE_CODE_SIZE + 1]);

#endif
