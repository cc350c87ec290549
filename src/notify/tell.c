// SPDX-License-Identifier: Apache-2.0
/* Leads what is to be told from held to read: when it is written, which channels carry it, what follows when one fails. */
#include <string.h>

#include "base/moment.h"
#include "notify/notify.h"
#include "notify/telling.h"

#define OUR_SOURCE  STR("hikeshi")
#define FIRST_MS    (5 * SECOND_MS) /* by then most of it is found and stopped: he is told what was done, not what is begun */
#define SWITCH_MS   MINUTE_MS       /* a channel that has not taken it by then is not waited for alone */
#define DIGEST_MS   HOUR_MS         /* between two updates */
#define PROGRESS_MS (2 * HOUR_MS)   /* after the first notice he hears how it stands, whatever happened */

/* ---- when ---------------------------------------------------------------------------------------------------------------------------- */

enum urgency {
    URGENT_FIRST, /* in seconds, on all channels, whatever the hour */
    URGENT_NOW,   /* at once: he must do something, or it is the end */
    URGENT_LATER, /* with the next update */
};

static enum urgency urgency_of(struct str subject) {
    static const char *const now[] = {"ask", "parcel_coming", "undone", "restored"};
    if (str_equal(subject, STR("first"))) return URGENT_FIRST;
    for (size_t i = 0; i < sizeof now / sizeof now[0]; i++)
        if (str_equal(subject, str_from(now[i]))) return URGENT_NOW;
    return URGENT_LATER;
}

static bool is_false_alarm(struct str subject) {
    return str_equal(subject, STR("restored"));
}

static bool is_end(struct str subject) {
    return str_equal(subject, STR("undone")) || is_false_alarm(subject);
}

static bool is_owners(const struct notice_row *n) {
    return str_equal(n->audience, STR("owner"));
}

/* When the owner was told something last; 0 = never. */
static int64_t told_ms(const struct telling *t) {
    int64_t at_ms = 0;
    for (size_t i = 0; i < t->count; i++)
        if (is_owners(&t->notices[i].row) && t->notices[i].row.written_ms > at_ms) at_ms = t->notices[i].row.written_ms;
    return at_ms;
}

static const struct notice_row *find_subject(const struct telling *t, struct str subject) {
    for (size_t i = 0; i < t->count; i++)
        if (str_equal(t->notices[i].row.subject, subject)) return &t->notices[i].row;
    return NULL;
}

static bool find_written_first(const struct telling *t) {
    const struct notice_row *first = find_subject(t, STR("first"));
    return first && first->written_ms;
}

/* The first notice in the seconds before it goes out; NULL: it has, or there is none. */
static struct notice_work *waiting_first(struct telling *t) {
    for (size_t i = 0; i < t->count; i++) {
        const struct notice_row *r = &t->notices[i].row;
        if (str_equal(r->subject, STR("first")) && r->state == NOTICE_HELD && r->due_ms) return &t->notices[i];
    }
    return NULL;
}

/* ---- channels ------------------------------------------------------------------------------------------------------------------------ */

/* "email=accepted sms": the channels of a notice, and how each stands; one without a word is under way. */
static bool has_channel(struct str channels, struct str name, struct str *how) {
    for (struct str rest = channels; rest.size;) {
        struct str word, one = str_cut(rest, ' ', &rest);
        struct str head = str_cut(one, '=', &word);
        if (!str_equal(head, name)) continue;
        *how = word;
        return true;
    }
    return false;
}

/* The first channel that stands so; empty: none does. */
static struct str channel_that(struct str channels, struct str how) {
    for (struct str rest = channels; rest.size;) {
        struct str word, one = str_cut(rest, ' ', &rest), name = str_cut(one, '=', &word);
        if (str_equal(word, how)) return name;
    }
    return STR_NONE;
}

/* The next of the policy's channels that this notice was not sent by; false: there is none. */
static bool send_next(struct telling *t, struct notice_work *n) {
    struct str how;
    for (struct str rest = str_from(t->settings->channels); rest.size;) {
        struct str name = str_cut(rest, ' ', &rest);
        if (has_channel(n->row.channels, name, &how)) continue;
        telling_set_channel(t, n, name, "");
        telling_send(t, n, name, urgency_of(n->row.subject) != URGENT_LATER);
        return true;
    }
    return false;
}

/* It was the owner himself; where nothing had to be put back, it is over at once. */
static bool is_alarm(enum response_state s) {
    return s == RESPONSE_RESTORING || s == RESPONSE_FALSE_ALARM;
}

static bool is_over(enum response_state s) {
    return s == RESPONSE_CLOSED || is_alarm(s);
}

/* Each notice says how everything stands: who has acknowledged one need not be told what was written before it. */
static bool has_heard(const struct telling *t, const struct notice_work *n) {
    for (size_t i = 0; i < t->count; i++) {
        const struct notice_row *r = &t->notices[i].row;
        if (is_owners(r) && r->read_ms && (r == &n->row || r->written_ms > n->row.written_ms)) return true;
    }
    return false;
}

/* When it is over, a person tells how it ended, and nothing else any more. */
static bool need_people(const struct telling *t, const struct notice_work *n) {
    return !has_heard(t, n) && (is_end(n->row.subject) || !is_over(t->response.state));
}

static void give_to_people(struct telling *t, struct notice_work *n) {
    telling_set_state(t, n, NOTICE_FAILED, 0);
    if (need_people(t, n)) telling_task(t, n, TELLING_TASK_TELL);
}

static void withdraw_tasks(struct telling *t) {
    for (size_t i = 0; i < t->count; i++) {
        const struct notice_row *r = &t->notices[i].row;
        if (is_owners(r) && !is_end(r->subject)) telling_end_tasks(t, &t->notices[i], "withdrawn");
    }
}

/* ---- writing ------------------------------------------------------------------------------------------------------------------------- */

/* What is told with the next update. */
static bool waits_for_update(const struct notice_row *r) {
    bool by_itself = str_equal(r->subject, STR("progress")) || str_equal(r->subject, STR("report")) || str_equal(r->subject, STR("first"));
    return r->state == NOTICE_HELD && is_owners(r) && r->due_ms && !by_itself;
}

static bool has_company(const struct telling *t, const struct notice_work *n) {
    for (size_t i = 0; i < t->count; i++)
        if (&t->notices[i] != n && waits_for_update(&t->notices[i].row)) return true;
    return false;
}

static void merge(struct telling *t, struct notice_work *n, const struct notice_work *into) {
    n->row.into = into ? into->row.id : STR_NONE;
    telling_set_state(t, n, NOTICE_MERGED, 0);
}

/* What waited, of one subject or (empty) of all, is told with this one, which says how everything stands. */
static void merge_waiting(struct telling *t, const struct notice_work *into, struct str subject) {
    for (size_t i = 0; i < t->count; i++) {
        struct notice_work *n = &t->notices[i];
        bool same = !subject.size || str_equal(n->row.subject, subject);
        if (n != into && same && waits_for_update(&n->row)) merge(t, n, into);
    }
}

static int64_t next_ms(const struct telling *t, const struct notice_work *n) {
    if (urgency_of(n->row.subject) == URGENT_FIRST) return t->now_ms + PROGRESS_MS;
    const struct notice_row *report = find_subject(t, STR("report")); /* the first: later ones are told only where a line has changed */
    return report && report->state == NOTICE_HELD && report->due_ms > t->now_ms ? report->due_ms : 0;
}

/* Where there is no channel at all, a person tells him what happened, and how it ended; but not of an end who looks for himself, nor of a
 * false alarm who has never heard of it. */
static bool is_peoples(const struct telling *t, const struct notice_work *n) {
    bool first = urgency_of(n->row.subject) == URGENT_FIRST, heard = false, looks = false;
    if (t->settings->channels[0] || (!first && !is_end(n->row.subject))) return false;
    for (size_t i = 0; i < t->count; i++) {
        const struct notice_row *r = &t->notices[i].row;
        if (!is_owners(r) || !r->read_ms) continue;
        heard = true;
        looks |= str_equal(r->read_by, STR("message_centre")) || str_equal(r->read_by, STR("code"));
    }
    return first || (!looks && (heard || !is_false_alarm(n->row.subject)));
}

/* Writes it, in the owner's language, and sends it. */
static void put_out(struct telling *t, struct notice_work *n, struct str subject) {
    enum urgency urgency = urgency_of(n->row.subject);
    struct str channels = str_from(t->settings->channels);
    telling_write(t, n, subject, next_ms(t, n));
    telling_set_state(t, n, NOTICE_OUT, channels.size ? t->now_ms + SWITCH_MS : 0);
    uint32_t wanted = urgency == URGENT_FIRST ? t->settings->at_once : 1;
    while (wanted && send_next(t, n)) wanted--;
    if (is_peoples(t, n) && need_people(t, n)) telling_task(t, n, TELLING_TASK_TELL);
}

static void put_out_update(struct telling *t, struct notice_work *n) {
    bool several = has_company(t, n);
    put_out(t, n, several ? STR("update") : n->row.subject);
    merge_waiting(t, n, STR_NONE);
}

/* After the end there is only the last report, once the response is closed. */
#define LAST_REPORT_MS (2 * MINUTE_MS)
static void put_out_end(struct telling *t, struct notice_work *end) {
    put_out(t, end, end->row.subject);
    merge_waiting(t, end, STR_NONE);
    for (size_t i = 0; i < t->count; i++) {
        struct notice_work *n = &t->notices[i];
        if (n->row.state != NOTICE_HELD || !is_owners(&n->row)) continue;
        if (str_equal(n->row.subject, STR("progress"))) merge(t, n, end);
        else if (str_equal(n->row.subject, STR("report"))) telling_set_state(t, n, NOTICE_HELD, t->now_ms + LAST_REPORT_MS);
    }
}

/* Another of the same event that says the same to the same people; NULL: none. Hundreds of effects may need a person at once. */
static const struct notice_work *said_with(const struct telling *t, const struct notice_work *n) {
    for (size_t i = 0; i < t->count; i++) {
        const struct notice_work *o = &t->notices[i];
        if (o != n && o->added && o->row.written_ms && str_equal(o->row.subject, n->row.subject)) return o;
    }
    return NULL;
}

/* By the one channel there is for them; nobody looks for them where it fails. */
static void put_out_other(struct telling *t, struct notice_work *n, struct str channel) {
    if (!n->row.written_ms) telling_write_staff(t, n);
    telling_set_state(t, n, NOTICE_OUT, 0);
    telling_set_channel(t, n, channel, "");
    telling_send(t, n, channel, true);
}

static void tell_issuers(struct telling *t, unsigned version) {
    size_t before = t->count;
    if (!t->settings->issuer) return;
    telling_add_packs(t, version);
    for (size_t i = before; i < t->count; i++) put_out_other(t, &t->notices[i], STR("issuer"));
}

/* ---- what the respond room wants told ------------------------------------------------------------------------------------------------ */

static void hold_until(struct telling *t, struct notice_work *n, int64_t due_ms) {
    telling_set_state(t, n, NOTICE_HELD, due_ms > t->now_ms ? due_ms : t->now_ms + SECOND_MS);
}

/* Two that nobody asked for: how it stands after two hours, and the report. */
static void promise(struct telling *t) {
    struct notice_work *progress = telling_add(t, "owner", "progress", 0), *report = telling_add(t, "owner", "report", 1);
    if (progress) hold_until(t, progress, t->now_ms + PROGRESS_MS);
    if (report) hold_until(t, report, t->response.decided_ms + t->settings->report_ms);
    telling_open_filings(t);
}

/* Another that said the same within the hour; NULL: none. */
static const struct notice_work *said_lately(const struct telling *t, const struct notice_work *n) {
    for (size_t i = 0; i < t->count; i++) {
        const struct notice_row *r = &t->notices[i].row;
        bool same = &t->notices[i] != n && is_owners(r) && str_equal(r->subject, n->row.subject);
        if (same && r->written_ms && t->now_ms - r->written_ms < DIGEST_MS) return &t->notices[i];
    }
    return NULL;
}

/* Each says how everything stands. So whoever orders a hundred things does not make us bomb the owner's mailbox with a hundred mails: what
 * is wanted together is said once, and what comes after it with the next update. */
static void put_out_now(struct telling *t, struct notice_work *n) {
    const struct notice_work *said = said_lately(t, n);
    if (said && said->added) {
        merge(t, n, said);
    } else if (said) {
        hold_until(t, n, told_ms(t) + DIGEST_MS);
    } else {
        put_out(t, n, n->row.subject);
        merge_waiting(t, n, n->row.subject);
    }
}

/* Who has put in his own address is told that it was stopped, and nothing else; once for each. A plan has stopped nothing: the owner is
 * told first of what has. */
static void tell_stranger(struct telling *t, const struct effect_row *e) {
    bool is_contact = str_equal(e->kind, STR("email"));
    if (!is_contact || !e->after.size || e->whose == WHOSE_OWNER || !find_written_first(t)) return;
    struct notice_work *n = telling_add_about(t, e);
    if (!n) return;
    telling_write(t, n, STR("blocked"), 0);
    telling_set_state(t, n, NOTICE_OUT, 0);
    telling_set_channel(t, n, STR("email"), "");
    telling_send(t, n, STR("email"), true);
}

/* What was wanted in the seconds before is told with it. */
static void put_out_first(struct telling *t, struct notice_work *first) {
    put_out(t, first, first->row.subject);
    merge_waiting(t, first, STR_NONE);
    for (size_t i = 0; i < t->source.effect_count; i++) tell_stranger(t, &t->source.effects[i]);
}

static void take_wish(struct telling *t, struct notice_work *n) {
    if (!is_owners(&n->row)) {
        const struct notice_work *said = said_with(t, n);
        if (said) merge(t, n, said);
        else if (t->settings->staff) put_out_other(t, n, STR("staff"));
        return; /* in any case they may look for themselves (GET /v1/tasks) */
    }
    struct notice_work *first = waiting_first(t);
    switch (urgency_of(n->row.subject)) {
    case URGENT_FIRST:
        hold_until(t, n, t->now_ms + FIRST_MS);
        promise(t);
        return;
    case URGENT_NOW:
        if (first && is_false_alarm(n->row.subject)) merge(t, first, n); /* so early he need not be frightened first */
        else if (first) put_out_first(t, first);
        if (is_end(n->row.subject)) put_out_end(t, n);
        else put_out_now(t, n);
        return;
    case URGENT_LATER: hold_until(t, n, first ? first->row.due_ms + SECOND_MS : told_ms(t) + DIGEST_MS); return;
    }
}

static void take_change(struct telling *t) {
    const struct response_change *c = t->in->change;
    for (size_t i = 0; i < c->write_count; i++)
        if (c->writes[i].kind == WRITE_NOTICE) telling_adopt(t, &c->writes[i].as.notice);
    for (size_t i = 0, count = t->count; i < count; i++)
        if (t->notices[i].added) take_wish(t, &t->notices[i]);
    for (size_t i = 0; i < c->write_count; i++)
        if (c->writes[i].kind == WRITE_EFFECT) tell_stranger(t, &c->writes[i].as.effect);
}

/* ---- what came back ------------------------------------------------------------------------------------------------------------------ */

static bool money_is_open(const struct telling *t) {
    struct money money[8];
    size_t count = respond_money(t->source.ledger, t->source.ledger_count, money, sizeof money / sizeof money[0]);
    for (size_t i = 0; i < count; i++)
        if (money_open(&money[i]) > 0) return true;
    return false;
}

static void take_over(struct telling *t, struct notice_work *n, struct str channel) {
    bool waits = urgency_of(n->row.subject) == URGENT_FIRST && !n->row.read_ms;
    telling_set_channel(t, n, channel, "accepted");
    if (n->row.accepted_ms) return;
    n->row.accepted_ms = t->now_ms;
    n->row.accepted_by = channel;
    if (n->row.state != NOTICE_READ) telling_set_state(t, n, NOTICE_ACCEPTED, waits ? t->now_ms + t->settings->ack_ms : 0);
}

/* By another way; where there is none, and none has taken it or is still trying, a person tells him. */
static void fail(struct telling *t, struct notice_work *n, struct str channel) {
    telling_set_channel(t, n, channel, "failed");
    if (str_equal(n->row.accepted_by, channel)) n->row.accepted_by = channel_that(n->row.channels, STR("accepted"));
    if (!n->row.accepted_by.size) n->row.accepted_ms = 0;
    if (n->row.accepted_ms || n->row.read_ms) return;
    if (!is_owners(&n->row)) {
        telling_set_state(t, n, NOTICE_FAILED, 0); /* nobody looks for a stranger */
        return;
    }
    if (n->row.state == NOTICE_ACCEPTED) telling_set_state(t, n, NOTICE_OUT, t->now_ms + SWITCH_MS);
    if (!send_next(t, n) && !channel_that(n->row.channels, STR_NONE).size) give_to_people(t, n);
}

/* What waits for the end of the quiet hours rings nobody who has acknowledged it elsewhere. What may go out at once goes out all the same:
 * whoever sits in the owner's session and opens his messages must not silence his mailbox. */
static void withdraw_steps(struct telling *t, struct notice_work *n) {
    for (size_t i = 0; i < t->in->loaded->tell_count; i++) {
        const struct step_row *s = &t->in->loaded->tells[i];
        bool waits = s->state == STEP_READY && !s->attempts && s->run_ms > t->now_ms;
        if (!waits || !str_equal(s->effect, n->row.id)) continue;
        telling_withdraw_step(t, n, s, "he has acknowledged it elsewhere");
    }
}

static void acknowledge(struct telling *t, struct notice_work *n, struct str how) {
    if (n->row.read_ms || !n->row.written_ms) return;
    n->row.read_ms = t->now_ms;
    n->row.read_by = telling_copy(t, str_clip(how, 32));
    telling_set_state(t, n, NOTICE_READ, 0);
    withdraw_steps(t, n);
    telling_end_tasks(t, n, "overtaken");
    for (size_t i = 0; i < t->count && is_owners(&n->row); i++) {
        const struct notice_row *r = &t->notices[i].row;
        if (is_owners(r) && r->written_ms && r->written_ms < n->row.written_ms) telling_end_tasks(t, &t->notices[i], "overtaken");
    }
}

/* A step's answer names its step; what was heard later (a bounce, a reader) names the notice and the channel. */
static void take_result(struct telling *t) {
    const struct event *e = t->in->e->event;
    struct notice_work *n = telling_find(t, e->about);
    struct str how;
    if (!n || !n->row.written_ms) return;
    if (str_equal(e->result, STR("read"))) {
        acknowledge(t, n, e->via);
        return;
    }
    if (str_equal(e->result, STR("delayed"))) return; /* it is still being tried */
    if (t->in->step) telling_end_step(t);
    if (!has_channel(n->row.channels, e->via, &how) || str_equal(how, STR("failed"))) return;
    if (str_equal(e->result, STR("done")) || str_equal(e->result, STR("pending"))) take_over(t, n, e->via);
    else fail(t, n, e->via);
}

/* The next version of the report: told where a line has changed, and at the end. */
static void take_report(struct telling *t, struct notice_work *n) {
    telling_open_filings(t);
    bool over = t->response.state == RESPONSE_CLOSED || t->response.state == RESPONSE_FALSE_ALARM; /* and not still being put back */
    if (!telling_write_report(t, n)) {
        if (over) merge(t, n, NULL);
        else hold_until(t, n, t->now_ms + t->settings->report_ms);
        return;
    }
    put_out(t, n, n->row.subject);
    tell_issuers(t, telling_report_version(&n->row));
    if (over) return;
    struct notice_work *next = telling_add(t, "owner", "report", telling_report_version(&n->row) + 1);
    if (next) hold_until(t, next, t->now_ms + t->settings->report_ms);
}

static void take_reminder(struct telling *t, struct notice_work *n) {
    if (telling_take_reminder(t, n) && t->settings->staff) put_out_other(t, n, STR("staff"));
}

static void take_held(struct telling *t, struct notice_work *n) {
    const struct notice_row *first = find_subject(t, STR("first"));
    bool heard = first && told_ms(t) > first->written_ms;
    if (str_equal(n->row.subject, STR("remind"))) take_reminder(t, n);
    else if (str_equal(n->row.subject, STR("report"))) take_report(t, n);
    else if (str_equal(n->row.subject, STR("first"))) put_out_first(t, n);
    else if (str_equal(n->row.subject, STR("progress")) && heard) merge(t, n, NULL); /* what waits has its own hour */
    else put_out_update(t, n);
}

/* A timer of an earlier state is void. */
static void take_timer(struct telling *t) {
    const struct event *e = t->in->e->event;
    struct notice_work *n = telling_find(t, e->about);
    if (!n || e->version != n->row.version || !n->row.due_ms) return;
    switch (n->row.state) {
    case NOTICE_HELD: take_held(t, n); return;
    case NOTICE_OUT: telling_set_state(t, n, NOTICE_OUT, send_next(t, n) ? t->now_ms + SWITCH_MS : 0); return;
    case NOTICE_ACCEPTED:
        telling_set_state(t, n, NOTICE_ACCEPTED, 0);
        if (money_is_open(t) && need_people(t, n)) telling_task(t, n, TELLING_TASK_REACH);
        return;
    case NOTICE_READ:
    case NOTICE_FAILED:
    case NOTICE_MERGED: return;
    }
}

/* A person has told him, by telephone or by letter: as good as any channel. */
static void take_task(struct telling *t, const struct task_row *task) {
    struct str clock = telling_filed_clock(task);
    bool told = str_equal(task->outcome, STR("done")) || str_equal(task->outcome, STR("seen"));
    struct notice_work *n = told ? telling_find(t, task->effect) : NULL;
    if (n) acknowledge(t, n, task->approved_by);
    if (clock.size) telling_end_reminders(t, clock);
}

static void take_tasks(struct telling *t) {
    const struct response_change *c = t->in->change;
    for (size_t i = 0; i < c->write_count; i++)
        if (c->writes[i].kind == WRITE_TASK && c->writes[i].as.task.state == TASK_CLOSED) take_task(t, &c->writes[i].as.task);
}

/* ---- the door ------------------------------------------------------------------------------------------------------------------------ */

struct str notify_wants(const struct respond_event *e) {
    const struct event *event = e->event;
    bool comes_back = event->kind == KIND_NOTICE_RESULT || event->kind == KIND_TIMER_FIRED;
    struct str rest, incident = str_cut(event->about, '/', &rest);
    bool ours = comes_back && str_equal(event->source, OUR_SOURCE) && rest.size && rest.at[0] == 'n';
    return ours && incident_position(incident) ? incident : STR_NONE;
}

bool notify_wants_report(const struct respond_event *e) {
    struct str rest;
    (void)str_cut(e->event->about, '/', &rest);
    return e->event->kind == KIND_TIMER_FIRED && notify_wants(e).size && str_starts(rest, STR("nreport"));
}

bool notify_follows(const struct response_change *c) {
    for (size_t i = 0; i < c->write_count; i++) {
        const struct incident_write *w = &c->writes[i];
        bool contact = w->kind == WRITE_EFFECT && str_equal(w->as.effect.kind, STR("email"));
        bool task = w->kind == WRITE_TASK && w->as.task.state == TASK_CLOSED;
        bool ends = w->kind == WRITE_RESPONSE && is_over(w->as.response.state);
        if (w->kind == WRITE_NOTICE || contact || task || ends) return true;
    }
    return false;
}

void notify_advance(const struct notify_input *in, struct arena *step, struct notice_change *out) {
    struct telling t;
    *out = (struct notice_change){0};
    if (!telling_begin(&t, in, step, out)) return;
    take_change(&t);
    take_tasks(&t);
    if (is_alarm(t.response.state)) telling_withdraw_filings(&t);
    if (is_over(t.response.state)) withdraw_tasks(&t);
    if (str_equal(in->e->event->source, OUR_SOURCE)) {
        if (in->e->event->kind == KIND_NOTICE_RESULT) take_result(&t);
        if (in->e->event->kind == KIND_TIMER_FIRED) take_timer(&t);
    }
    telling_end(&t);
}
