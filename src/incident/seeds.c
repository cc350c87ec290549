// SPDX-License-Identifier: Apache-2.0
/* Finds what lineage starts from: what was called hostile, and the strangers beside it. */
#include "incident/seeds.h"

#include "base/check.h"
#include "incident/record.h"
#include "incident/step.h"

static bool says_not_mine(const struct event *e) {
    return e->kind == KIND_OWNER_STATEMENT && e->says == SAYS_NOT_MINE;
}

static void sow(struct seeds *s, uint16_t i, enum ground ground, uint16_t speaker) {
    if (s->of[i] == GROUND_SAID) return; /* the owner's word says most */
    s->of[i] = ground;
    if (ground == GROUND_SAID) s->speaker[i] = speaker;
}

/*
 * Everything called hostile: since the opening it is a seed, before it a taint. A person's word is no act: where a rule judges the account
 * taken over on it (rules/owner_says_not_mine.rule), the acts it speaks of are meant.
 */
static void collect_seeds(struct seeds *s, uint64_t open_position) {
    for (size_t i = 0; i < s->count; i++) {
        const struct account_event *a = s->traces[i].of;
        uint16_t hostile = NOBODY;
        enum ground ground = GROUND_JUDGED;
        if (says_not_mine(&a->event))
            hostile = origins_act(s->origins, trace_about(s->traces, s->count, a->event.about)), ground = GROUND_SAID;
        else if (a->event.kind == KIND_ENTRY_REVIEWED)
            hostile = a->decision.takeover ? trace_about(s->traces, s->count, a->event.about) : NOBODY;
        else if (a->decision.takeover && kind_group(a->event.kind) != GROUP_PEOPLE) hostile = (uint16_t)i;
        if (a->event.kind == KIND_ANALYST_VERDICT && str_equal(a->event.verdict, STR("takeover")))
            s->confirmed |= incident_position(a->event.incident) == open_position;
        if (hostile == NOBODY) continue;
        if (a->position < open_position) paths_taint(s->paths, &s->traces[hostile]);
        else sow(s, hostile, ground, (uint16_t)i);
        if (a->position == open_position) s->trigger = hostile;
    }
}

/* After paths are known: words over a path that is not the owner's accuse nobody. */
static void hear_accusers(struct seeds *s) {
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *t = &s->traces[i];
        if (s->of[i] != GROUND_SAID || !t->prefix || !paths_speak_for_owner(s->paths, s->speaker[i])) continue;
        paths_accuse(s->paths, t);
    }
    paths_assign(s->paths);
}

static int64_t first_ms(const struct seeds *s) {
    int64_t first_ms = s->traces[s->opening].time_ms;
    for (size_t i = s->count; i-- > 0;)
        if (s->of[i] != GROUND_NONE && s->traces[i].time_ms < first_ms) first_ms = s->traces[i].time_ms;
    return first_ms;
}

/* Whoever held the session then also held a fresh factor: more than the score knew. */
static bool passed_challenge(const struct seeds *s, uint16_t session) {
    for (size_t i = 0; session && i < s->count; i++) {
        const struct event *e = &s->traces[i].of->event;
        if (s->traces[i].session == session && e->kind == KIND_CHALLENGE && e->outcome == OUTCOME_SUCCESS) return true;
    }
    return false;
}

/*
 * The owner says "that was not me" and names nothing. Of the accesses of the last fortnight that he never used before, the one with the
 * highest score is meant, the latest of equals. His own paths never are: calling a year's usual device hostile on an unclear word would
 * undo his own orders.
 */
static void suspect(struct seeds *s) {
    int64_t said_ms = s->traces[s->opening].time_ms;
    paths_settle(s->paths, said_ms, s->traces[s->opening].of->position);
    uint16_t best = NOBODY;
    for (size_t i = 0; i < s->count && s->traces[i].time_ms <= said_ms; i++) {
        if (!seeds_is_stranger(s, i, said_ms)) continue;
        if (best == NOBODY || s->traces[i].of->decision.score >= s->traces[best].of->decision.score) best = (uint16_t)i;
    }
    if (best != NOBODY) s->of[best] = GROUND_SUSPECTED;
    s->trigger = best;
}

/* Whoever tries passwords does it from a machine in a data centre, and the door is used by hand within hours. */
static bool opened_the_door(const struct seeds *s, const struct trace *t) {
    bool machine = t->of->event.net == NET_HOSTING || t->of->event.net == NET_VPN || t->of->event.net == NET_TOR;
    return machine && !t->calm && t->time_ms < s->paths->attack_ms && t->time_ms >= s->paths->attack_ms - APART_MS;
}

/* One opens the door, and another goes in: a second stranger within the hours of a visit, who does not come calmly, is no chance. */
static bool came_along(const struct seeds *s, const struct trace *t) {
    if (!t->prefix || t->calm || paths_seen_calm(s->paths, t->operator) || seeds_came_by_reset(s, t)) return false;
    for (uint16_t k = 0; k < s->count; k++) {
        int64_t apart_ms = s->traces[k].time_ms - t->time_ms;
        if (s->of[k] != GROUND_NONE && seeds_is_sure(s, k) && apart_ms <= VISIT_MS && apart_ms >= -VISIT_MS) return true;
    }
    return false;
}

/* A thief sells on, and comes back from elsewhere: beside a takeover, a stranger whom hardly any owner's login resembles is one too. */
static void suspect_beside(struct seeds *s) {
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *t = &s->traces[i];
        bool unlike = t->of->decision.score >= SUSPECT_SCORE_MIN || opened_the_door(s, t) || came_along(s, t);
        if (s->of[i] == GROUND_NONE && unlike && seeds_is_stranger(s, i, s->paths->attack_ms)) s->of[i] = GROUND_UNLIKE;
    }
}

void seeds_init(struct seeds *s, const struct origins *origins, struct arena *step) {
    *s = (struct seeds){.traces = origins->traces, .count = origins->count, .origins = origins, .opening = NOBODY, .trigger = NOBODY};
    s->of = step_zeroes(step, s->count * sizeof *s->of);
    s->speaker = step_nobodies(step, s->count);
}

void seeds_find(struct seeds *s, struct paths *paths, uint64_t open_position) {
    s->paths = paths;
    s->opening = trace_at(s->traces, s->count, open_position);
    CHECK(s->opening != NOBODY);
    collect_seeds(s, open_position);
    if (s->trigger == NOBODY) suspect(s);
    paths_settle(s->paths, first_ms(s), open_position);
    hear_accusers(s);
    suspect_beside(s);
}

bool seeds_is_sure(const struct seeds *s, uint16_t i) {
    return s->of[i] == GROUND_SAID || i == s->trigger;
}

bool seeds_is_disowned(const struct seeds *s, uint16_t i) {
    return s->of[i] == GROUND_SAID && !s->traces[i].by_object && paths_speak_for_owner(s->paths, s->speaker[i]);
}

bool seeds_is_stranger(const struct seeds *s, size_t i, int64_t at_ms) {
    const struct trace *t = &s->traces[i];
    if (t->by_object || kind_group(t->of->event.kind) == GROUP_PEOPLE || s->paths->own[i] != GROUND_NONE || s->paths->usual[i])
        return false;
    if (paths_in_usual_session(s->paths, t) || paths_is_familiar(s->paths, t) || paths_is_at_owners(s->paths, t) ||
        paths_is_customary(s->paths, t))
        return false;
    if (!t->session && trace_is_knock(t)) return false;
    if (t->time_ms > at_ms + CAMPAIGN_MS || t->time_ms < at_ms - CAMPAIGN_MS) return false;
    bool young_path =
        s->paths->facts[t->device].birth || (!t->device && (s->paths->facts[t->place].birth || s->paths->facts[t->place_ja4].birth));
    return !young_path && !passed_challenge(s, t->session);
}

bool seeds_came_by_reset(const struct seeds *s, const struct trace *t) {
    uint16_t opener = t->session ? s->origins->of[t->session] : NOBODY;
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *o = &s->traces[i];
        bool theirs = o == t || i == opener || (t->device && o->device == t->device);
        if (theirs && (o->of->event.method == METHOD_RESET_LINK || o->of->event.kind == KIND_PASSWORD_RESET_REQUESTED)) return true;
    }
    return false;
}
