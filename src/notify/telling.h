// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_TELLING_H
#define NOTIFY_TELLING_H

#include "notify/notify.h"

/*
 * One event on its way through the notices of an incident: what was loaded, as working copies with what the respond room has changed, and
 * the rows that are written once at the end. All of it lies in the step arena.
 */
/* For issuers, with one report; an incident with more charges has the rest with the next. */
#define PACKS_MAX 64
/* That this room adds with one event: packs, progress, report, one for each contact that was put in, and for each legal clock a reminder.
 */
#define NOTICES_NEW_MAX (PACKS_MAX + 16 + 64)

struct notice_work {
    struct notice_row row;
    bool added, changed;
};

struct telling {
    const struct notify_input *in;
    const struct notify_settings *settings;
    struct arena *step;
    struct notice_change *out;
    int64_t now_ms, offset_ms; /* of the owner's time zone */
    struct response_row response;
    struct incident_row incident;
    struct notice_source source; /* as it stands after the event */
    struct phrases phrases;
    struct notice_work *notices;
    size_t count, capacity;
    size_t write_capacity;
};

/* false: there is no response to tell of. */
bool telling_begin(struct telling *t, const struct notify_input *in, struct arena *step, struct notice_change *out);
void telling_end(struct telling *t);

void *telling_take(struct telling *t, size_t size);
struct buf telling_buf(struct telling *t, size_t size);
struct str telling_text(struct telling *t, struct buf *b); /* gives back what it did not need */
struct str telling_copy(struct telling *t, struct str s);
/* NULL: the incident has none of that id. */
struct notice_work *telling_find(struct telling *t, struct str id);
/* What the respond room has just written. */
void telling_adopt(struct telling *t, const struct notice_row *r);
/* One of our own; NULL where it is there already. */
struct notice_work *telling_add_row(struct telling *t, struct str id, const char *audience, const char *subject, struct str facts);
/* "inc_1/nreport2"; NULL where it is there already. number 0: "inc_1/nprogress". */
struct notice_work *telling_add(struct telling *t, const char *audience, const char *subject, unsigned number);
/* For whoever reads at a contact that an effect put in: "inc_1/nblocked-e3". */
struct notice_work *telling_add_about(struct telling *t, const struct effect_row *e);

/* A timer of an earlier state is void from here on. due_ms 0: no timer. */
void telling_set_state(struct telling *t, struct notice_work *n, enum notice_state s, int64_t due_ms);

/* How a notice stands on a channel: "accepted", "failed", "withdrawn"; "" = under way. */
void telling_set_channel(struct telling *t, struct notice_work *n, struct str name, const char *how);

/* "4F8K-2M7Q": the same for the same notice, in a replay too. */
struct str telling_code(struct telling *t, struct str notice);
/* Title, text and code, in the owner's language; a stranger's in the policy's. */
void telling_write(struct telling *t, struct notice_work *n, struct str subject, int64_t next_ms);
struct report_source telling_report_source(struct telling *t);
/* Keeps the report's content in the notice. false: it tells what the last version told. */
bool telling_write_report(struct telling *t, struct notice_work *n);
unsigned telling_report_version(const struct notice_row *n);
/* A step for the courier. urgent: whatever the hour. */
void telling_send(struct telling *t, struct notice_work *n, struct str channel, bool urgent);
void telling_end_step(struct telling *t);
/* One of `loaded->tells` that is READY: nobody has claimed it. `why` lives on. */
void telling_withdraw_step(struct telling *t, struct notice_work *n, const struct step_row *s, const char *why);

enum telling_task {
    TELLING_TASK_TELL,  /* no channel took it */
    TELLING_TASK_REACH, /* nobody has acknowledged it, and money is open */
};
/* One of an incident's, opened now where it has no time yet; and in the chain. */
void telling_put_task(struct telling *t, const struct task_row *row);
void telling_task(struct telling *t, const struct notice_work *n, enum telling_task task);
/* Nobody need call him, or write to him, of this notice any more. `outcome` is kept: a word that lives on. */
void telling_end_tasks(struct telling *t, const struct notice_work *n, const char *outcome);

/* --- others.c */

/* A member of a notice's facts, as it is written; empty: there is none. */
struct str telling_fact(const struct notice_row *n, const char *member);
/* What people of the shop must do, in English. */
void telling_write_staff(struct telling *t, struct notice_work *n);
/* A notice for each charge of which the issuer of its card has something new to know; their indices are those from `count` before on. */
void telling_add_packs(struct telling *t, unsigned version);

/* --- filing.c */

/* A task for each legal clock that runs by now and has none yet. */
void telling_open_filings(struct telling *t);
/* It was the owner himself: there is nothing to be filed. */
void telling_withdraw_filings(struct telling *t);
/* "inc_1/t-file-gdpr_33": gdpr_33; empty: it is no such task. */
struct str telling_filed_clock(const struct task_row *task);

/* --- remind.c */

struct clock_rule;
/* Of a clock whose task is open, counted from `known_ms`: the next of its reminders after now is held, where it is not yet. */
void telling_plan_reminder(struct telling *t, const struct clock_rule *r, int64_t known_ms);
/* Its timer: people get a task to see, and the next is held. false: the clock's task is closed, and nobody is reminded. */
bool telling_take_reminder(struct telling *t, struct notice_work *n);
/* Of one clock, or (empty) of all: what waits never comes, and nobody need see what has come. */
void telling_end_reminders(struct telling *t, struct str clock);

void telling_audit(struct telling *t, const char *what, struct str about, struct str to, struct str why);

#endif
