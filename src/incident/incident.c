// SPDX-License-Identifier: Apache-2.0
/* Opens, follows and closes the incident of an account, and says what has to be written of it. */
#include "incident/incident.h"

#include <string.h>

#include "base/check.h"
#include "base/moment.h"
#include "incident/lineage.h"
#include "incident/proof.h"
#include "incident/step.h"
#include "incident/wording.h"

/* A score below this is an ordinary one: 5 % of owners' own logins reach it. */
#define ORDINARY_SCORE_END 500
/* An answer in JSON: six reasons of 240 bytes and a code, each byte up to six in JSON, and four ids. */
#define ANSWER_SIZE_MAX (16U * 1024)

/* The response sets it when every effect is undone and the money balances; nobody from outside can (ingest refuses our kinds). */
static bool is_closing_timer(const struct event *e, uint64_t open_position) {
    return e->kind == KIND_TIMER_FIRED && str_equal(e->source, STR("hikeshi")) && incident_position(e->about) == open_position;
}

bool incident_wants_thread(const struct event *e, const struct decision *d, uint64_t open_position) {
    if (!e->subject.size) return false;
    if (e->kind == KIND_ENTRY_REVIEWED && str_equal(e->source, STR("hikeshi"))) return d->takeover;
    if (kind_group(e->kind) == GROUP_OWN) return open_position && is_closing_timer(e, open_position);
    return open_position || d->takeover || (e->kind == KIND_OWNER_STATEMENT && e->says == SAYS_NOT_MINE);
}

/* No incident: what was let in without a question, and what nobody doubts, is the owner's. */
enum whose incident_whose_alone(const struct event *e, const struct decision *d) {
    if (d->takeover) return WHOSE_HIJACKER;
    if (!e->subject.size || kind_group(e->kind) == GROUP_OWN) return WHOSE_UNKNOWN;
    if (e->kind == KIND_LOGIN && !event_is_login_success(e))
        return e->failure != FAILURE_NO_SUCH_ACCOUNT && d->score < ORDINARY_SCORE_END ? WHOSE_OWNER : WHOSE_UNKNOWN;
    return d->verdict == VERDICT_ALLOW ? WHOSE_OWNER : WHOSE_UNKNOWN;
}

/* ---- what is written -------------------------------------------------------------------------------------------------------------- */

/* One advance under way. */
struct advance {
    const struct incident_input *in;
    const struct account_event *event; /* the one at hand */
    uint64_t incident;                 /* the position that opened the incident spoken of */
    struct str id;                     /* its id */
    struct arena *step;
    struct incident_change *out;
};

static struct incident_write *add_write(struct advance *a, enum incident_write_kind kind) {
    struct incident_write *w = &a->out->writes[a->out->write_count++];
    memset(w, 0, sizeof *w);
    w->kind = kind;
    w->position = a->in->position;
    return w;
}

static void write_decision(struct advance *a) {
    const struct account_event *at = a->event;
    if (at->decision.verdict == VERDICT_ALLOW && !a->out->opened) return;
    struct decision d = at->decision;
    d.incident = a->out->open_position ? incident_id(a->out->open_position, a->step) : STR_NONE;
    struct buf answer = buf_over(step_take(a->step, ANSWER_SIZE_MAX), ANSWER_SIZE_MAX);
    decision_write_json(&d, at->event.id, a->in->position, &answer);
    CHECK(!answer.overflow);
    add_write(a, WRITE_DECISION)->as.decision = (struct decision_row){
        .position = a->in->position,
        .event = at->event.id,
        .account = at->event.subject,
        .kind = kind_name(at->event.kind),
        .verdict = verdict_word(d.verdict),
        .incident = d.incident,
        .policy = d.policy,
        .time_ms = at->event.time_ms,
        .score = d.score,
        .challenge_rate_ppm = d.challenge_rate_ppm,
        .answer = buf_str(&answer),
    };
}

/* Of the owner's ordinary life, an incident keeps the fortnight before the attack and what came after: enough to tell him apart by. */
static bool belongs(const struct lineage *l, uint16_t i) {
    const struct trace *t = &l->traces[i];
    if (kind_group(t->of->event.kind) == GROUP_OWN) return false;
    int64_t from_ms = l->from_ms ? l->from_ms : l->first_seed_ms;
    return l->findings[i].whose == WHOSE_HIJACKER || t->time_ms >= from_ms - CAMPAIGN_MS;
}

/* The one word that an event of its kind turns on; a word that is not in the contract is not repeated. */
static struct str detail_of(const struct event *e) {
    if (e->fate != FATE_NONE && e->fate != FATE_OTHER) return fate_word(e->fate);
    if (e->change != CHANGE_NONE) return change_word(e->change);
    if (e->says != SAYS_NONE) return says_word(e->says);
    return e->outcome == OUTCOME_FAILURE ? outcome_word(e->outcome) : STR_NONE;
}

static void write_event(struct advance *a, const struct account_event *at, enum whose whose, struct str why) {
    const struct event *e = &at->event;
    struct incident_event_row *row = &add_write(a, WRITE_INCIDENT_EVENT)->as.event;
    *row = (struct incident_event_row){
        .incident = a->id,
        .position = at->position,
        .time_ms = e->time_ms,
        .event = e->id,
        .kind = e->kind == KIND_UNKNOWN ? e->type : kind_name(e->kind),
        .whose = whose,
        .why = why,
        .detail = detail_of(e),
        .object = wording_object(e, a->step),
        .facts = wording_facts(e, a->step),
    };
    if (!e->amount_minor_present || e->currency.size != 3) return;
    row->amount_minor = e->amount_minor;
    memcpy(row->currency, e->currency.at, 3);
}

/* How traces[i] stands in the incident, in words. */
struct standing {
    enum whose whose;
    struct str why;
};

/* `acquitted`: it was the owner after all, so whatever was called the hijacker's is his. */
static struct standing standing_of(const struct advance *a, const struct lineage *l, uint16_t i, bool acquitted) {
    bool accused = l->findings[i].whose == WHOSE_HIJACKER || l->findings[i].ground == GROUND_DOUBTED;
    if (acquitted && accused) return (struct standing){WHOSE_OWNER, STR("false alarm: it was the owner after all")};
    return (struct standing){l->findings[i].whose, wording_why(l, i, a->step)};
}

static bool stood_so(const struct advance *a, const struct lineage *before, uint64_t position, const struct standing *now) {
    uint16_t was = before ? lineage_at(before, position) : NOBODY;
    if (was == NOBODY || !belongs(before, was)) return false;
    struct standing then = standing_of(a, before, was, false);
    return then.whose == now->whose && str_equal(then.why, now->why);
}

/* The events whose attribution is new or has changed since `before`, which is NULL where nothing was written yet. */
static void write_events(struct advance *a, const struct lineage *l, const struct lineage *before) {
    for (uint16_t i = 0; i < l->count; i++) {
        const struct account_event *at = l->traces[i].of;
        if (!belongs(l, i)) continue;
        struct standing now = standing_of(a, l, i, a->out->false_alarm);
        if (!stood_so(a, before, at->position, &now)) write_event(a, at, now.whose, now.why);
    }
}

/*
 * What most of the owner's sessions before the attack said of one thing, the latest where as many said another: a hijacker may have been in
 * once before, unnoticed, and an owner may borrow a device. `member`: of struct event, a text.
 */
#define HABITS_MAX 8
static struct str habit_of(const struct lineage *l, int64_t before_ms, size_t member) {
    struct str values[HABITS_MAX];
    size_t counts[HABITS_MAX] = {0}, count = 0, best = 0;
    for (size_t i = l->count; i-- > 0;) {
        const struct event *e = &l->traces[i].of->event;
        struct str value = *(const struct str *)(const void *)((const char *)e + member);
        bool his = e->time_ms < before_ms && l->findings[i].whose != WHOSE_HIJACKER && e->outcome != OUTCOME_FAILURE;
        if (!his || !value.size) continue;
        size_t at = 0;
        while (at < count && !str_equal(values[at], value)) at++;
        if (at == HABITS_MAX) continue;
        if (at == count) values[count++] = value;
        counts[at]++;
    }
    for (size_t i = 1; i < count; i++)
        if (counts[i] > counts[best]) best = i;
    return count ? values[best] : STR_NONE;
}

/* As far as the thread tells; what it does not tell stays as it is stored (port/incident_store.h). */
static struct incident_row *write_incident(struct advance *a, const struct lineage *l) {
    struct incident_row *row = &add_write(a, WRITE_INCIDENT)->as.incident;
    *row = (struct incident_row){.id = a->id, .account = a->event->event.subject, .opened_position = a->incident};
    if (!l) return row;
    const struct account_event *opening = l->traces[lineage_at(l, a->incident)].of;
    const struct account_event *trigger = l->trigger == NOBODY ? opening : l->traces[l->trigger].of;
    row->opened_ms = opening->event.time_ms;
    row->window_from_ms = l->from_ms ? l->from_ms : l->first_seed_ms;
    row->trigger_position = trigger->position;
    row->score = trigger->decision.score;
    row->path = wording_path(l, a->step);
    row->summary = wording_summary(l, a->step);
    row->language = habit_of(l, row->window_from_ms, offsetof(struct event, language));
    row->timezone = habit_of(l, row->window_from_ms, offsetof(struct event, timezone));
    return row;
}

static bool looks_the_same(const struct lineage *l, const struct lineage *before, struct arena *step) {
    return l->from_ms == before->from_ms && str_equal(wording_summary(l, step), wording_summary(before, step)) &&
           str_equal(wording_path(l, step), wording_path(before, step));
}

/* ---- opening, following, closing -------------------------------------------------------------------------------------------------- */

static void look_back(struct advance *a, struct lineage *l, size_t count) {
    lineage_find(l, a->in->thread, count, a->incident, a->step);
}

static void open_incident(struct advance *a) {
    a->incident = a->in->position;
    a->id = incident_id(a->incident, a->step);
    a->out->opened = true;
    a->out->open_position = a->incident;
    struct lineage l;
    look_back(a, &l, a->in->thread_count);
    write_incident(a, &l);
    write_events(a, &l, NULL);
    a->out->whose = l.findings[lineage_at(&l, a->in->position)].whose;
}

enum closing { CLOSING_NONE, CLOSING_FALSE_ALARM, CLOSING_RESOLVED };

/*
 * The owner may say that it was him, about the incident or about the event that it stands on. Over a path that is not his own he must prove
 * himself: it is the hijacker who would like to say so.
 */
static bool owner_takes_it(const struct advance *a, const struct lineage *l) {
    const struct event *e = &a->event->event;
    if (e->kind != KIND_OWNER_STATEMENT || e->says != SAYS_MINE) return false;
    uint16_t about = trace_about(l->traces, l->count, e->about), words = lineage_at(l, a->in->position);
    if (incident_position(e->about) != a->incident && (about == NOBODY || about != l->trigger)) return false;
    if (l->findings[words].whose == WHOSE_OWNER) return true;
    struct proof_claim claim = {l->traces, l->count, words, a->incident, l->from_ms ? l->from_ms : l->first_seed_ms};
    return proof_holds(&claim);
}

static enum closing closing_of(const struct advance *a, const struct lineage *l) {
    const struct event *e = &a->event->event;
    if (is_closing_timer(e, a->incident)) return CLOSING_RESOLVED;
    bool verdict = e->kind == KIND_ANALYST_VERDICT && incident_position(e->incident) == a->incident;
    if (verdict && str_equal(e->verdict, STR("false_alarm"))) return CLOSING_FALSE_ALARM;
    return l && owner_takes_it(a, l) ? CLOSING_FALSE_ALARM : CLOSING_NONE;
}

static struct str closing_why(const struct advance *a, enum closing closing) {
    if (a->event->event.kind == KIND_OWNER_STATEMENT) return STR("the owner said that it was him");
    return closing == CLOSING_FALSE_ALARM ? STR("an analyst found that it was a false alarm") : STR("everything is undone and proven");
}

static void close_incident(struct advance *a, const struct lineage *l, enum closing closing) {
    a->out->closed = true;
    a->out->false_alarm = closing == CLOSING_FALSE_ALARM;
    a->out->open_position = 0;
    struct incident_row *row = write_incident(a, l);
    if (a->out->false_alarm && a->out->whose == WHOSE_HIJACKER) a->out->whose = WHOSE_OWNER; /* he has proven himself on that path */
    row->status = INCIDENT_CLOSED;
    row->closed_position = a->in->position;
    row->closed_ms = a->event->event.time_ms;
    row->window_to_ms = l ? l->to_ms : 0;
    row->closed_why = closing_why(a, closing);
}

static const struct account_event *opening_record(const struct incident_input *in) {
    for (size_t i = 0; i < in->thread_count; i++)
        if (in->thread[i].position == in->open_position) return &in->thread[i];
    return NULL;
}

/* The journal does not reach back to the opening any more: only people's words still count. */
static void follow_blindly(struct advance *a) {
    enum closing closing = closing_of(a, NULL);
    if (closing != CLOSING_NONE) close_incident(a, NULL, closing);
}

static void follow_incident(struct advance *a) {
    a->incident = a->in->open_position;
    a->id = incident_id(a->incident, a->step);
    if (!opening_record(a->in)) {
        follow_blindly(a);
        return;
    }
    struct lineage l, before;
    look_back(a, &before, a->in->thread_count - 1);
    look_back(a, &l, a->in->thread_count);
    a->out->whose = l.findings[lineage_at(&l, a->in->position)].whose;
    enum closing closing = closing_of(a, &l);
    if (closing != CLOSING_NONE) close_incident(a, &l, closing);
    else if (!looks_the_same(&l, &before, a->step)) write_incident(a, &l);
    write_events(a, &l, &before);
}

void incident_advance(const struct incident_input *in, struct arena *step, struct incident_change *out) {
    CHECK(in->thread_count >= 1 && in->thread_count <= THREAD_COUNT_MAX);
    const struct account_event *event = &in->thread[in->thread_count - 1];
    CHECK(event->position == in->position);
    *out = (struct incident_change){.open_position = in->open_position, .whose = incident_whose_alone(&event->event, &event->decision)};
    out->writes = step_take(step, (in->thread_count + 2) * sizeof *out->writes);
    struct advance a = {.in = in, .event = event, .step = step, .out = out};
    bool wanted = incident_wants_thread(&event->event, &event->decision, in->open_position);
    if (wanted && in->open_position) follow_incident(&a);
    else if (wanted) open_incident(&a);
    write_decision(&a);
}
