// SPDX-License-Identifier: Apache-2.0
/* The table of contents of the server: the way of one event through the rooms. */
#include "engine/pipeline.h"

#include <string.h>

#include "base/hash.h"
#include "base/moment.h"
#include "engine/thread.h"

/* What others did from its origins is left out: then an event tells of an origin what it says by itself, and no wave feeds itself. */
static uint16_t score_alone(const struct pipeline *p, const struct step *s) {
    bool shared = false;
    for (unsigned i = 0; i < SHARED_COUNT; i++) shared |= s->features.origin[i].entries || s->features.origin[i].confirmed;
    if (!shared) return s->decision.score;
    struct features alone = s->features;
    struct assessment assessment;
    memset(alone.origin, 0, sizeof alone.origin);
    score_features(p->calibration, p->model, &alone, p->step, &assessment);
    return assessment.score < s->decision.score ? assessment.score : s->decision.score;
}

/*
 * What the score alone asks below this much (and from RISKY_SCORE on, see below) is a question and no doubt yet: it teaches as if it had
 * not been asked. Most shops never tell how it was answered; without this, whoever is asked early would stay a stranger to his own new
 * telephone. Of owners' logins, 0.27 % reach it by the scale.
 */
#define DOUBT_SCORE 800

static bool is_doubted(const struct decision *d) {
    bool only_asked = d->verdict == VERDICT_CHALLENGE && !d->by_rule && d->score < DOUBT_SCORE;
    return d->verdict != VERDICT_ALLOW && !only_asked;
}

/* From RISKY_SCORE on the score says so itself; who asks below that says that it is risky for him, and what follows is judged by it. */
static bool looked_risky(const struct decision *d) {
    return is_doubted(d) || (d->verdict != VERDICT_ALLOW && d->score < RISKY_SCORE);
}

/* What this event may teach, now that it is judged. */
static struct lesson lesson_of(const struct pipeline *p, const struct event *event, const struct step *s) {
    bool let_in = event_is_login_success(event);
    return (struct lesson){
        .position = s->position,
        .score = s->decision.score,
        .alone = score_alone(p, s),
        .trains = !is_doubted(&s->decision) && s->incident.whose != WHOSE_HIJACKER,
        .risky = let_in && looked_risky(&s->decision),
        .taken_over = s->incident.whose == WHOSE_HIJACKER,
        .named = event->kind == KIND_ENTRY_REVIEWED && event->verdict.size,
        .cleared = s->incident.false_alarm,
        .incident = s->incident.open_position,
    };
}

static const void *profile_of(const struct cell_plan *plan) {
    static const uint64_t never_seen[PROFILE_SIZE / 8];
    return plan->has_profile && plan->ops[0].bytes ? plan->ops[0].bytes : never_seen;
}

#define MINUTES_OF_DAY (24 * 60)

/*
 * The scale of scores is everybody's. Of an account's risky logins only the first within a day teaches it: otherwise whoever has one
 * account, his own or another's, logs in there some dozen times over an odd path, and no odd path scores high any more, on any account. Of
 * its ordinary logins the first of a day does: otherwise one busy account makes everybody else look strange.
 */
static bool teaches_scale(const struct event *event, const struct features *f, const struct lesson *lesson) {
    bool again = f->minutes_since_risky_login != FEATURE_NONE && f->minutes_since_risky_login < MINUTES_OF_DAY;
    bool busy = lesson->score < RISKY_SCORE && f->last_success_ms / DAY_MS == f->now_ms / DAY_MS;
    return event_is_login_success(event) && !lesson->taken_over && !again && !busy;
}

/*
 * What we say ourselves of a response teaches nothing about the account, and a response says much: in the account's thread it would crowd
 * out what people did. Only where it ends the incident has the profile to know.
 */
static bool leaves_no_trace(const struct event *event, const struct incident_change *change, const void *profile) {
    if (event->kind == KIND_ENTRY_REVIEWED) return false;
    return kind_group(event->kind) == GROUP_OWN && change->open_position == profile_incident(profile);
}

static void tap(const struct row_tap *tap, const struct features *f) {
    struct path_evidence path;
    struct row row;
    path_evidence(f, &path);
    row_of(f, &path, &row);
    tap->take(tap->self, f, &row);
}

enum err pipeline_step(const struct pipeline *p, const struct event *event, const struct decision *answered, struct step *s) {
    enrich_plan_renumber(s->plan, hash_mix(s->position, p->failed_steps));
    enum err err = p->cells.ops->submit(p->cells.self, s->plan->ops, s->plan->count);
    if (err) return err;
    const void *profile = profile_of(s->plan);
    s->previous = profile_last_position(profile);
    enrich_event(event, s->plan, p->step, &s->features);
    s->features.left_out = p->left_out;

    if (p->rows.take) tap(&p->rows, &s->features);
    if (answered) {
        s->decision = *answered;
    } else {
        score_features(p->calibration, p->model, &s->features, p->step, &s->assessment);
        decide_assessment(p->policy, &s->features, &s->assessment, p->step, &s->decision);
    }

    struct thread_place at = {s->position, s->previous, profile_incident(profile), s->received_ms};
    err = thread_advance_incident(p->journal, &at, event, &s->decision, p->step, &s->incident);
    if (err) return err;

    s->reviews.count = 0;
    if (leaves_no_trace(event, &s->incident, profile)) return ERR_OK;
    uint64_t after[PROFILE_SIZE / 8];
    struct lesson lesson = lesson_of(p, event, s);
    struct cell_plan second;
    enrich_learn(event, &s->features, s->plan, &lesson, after, &second);
    bool again = event->kind == KIND_ENTRY_REVIEWED; /* it taught when it happened */
    if (!again && teaches_scale(event, &s->features, &lesson))
        score_learn(p->calibration, p->model, &s->features, answered ? NULL : &s->assessment);
    err = p->cells.ops->submit(p->cells.self, second.ops, second.count);
    return err ? err : review_find(p->cells, event, &s->features, &s->incident, &second, &s->reviews);
}
