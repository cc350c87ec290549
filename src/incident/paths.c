// SPDX-License-Identifier: Apache-2.0
/* Learns from a thread which paths are the owner's: what was used calmly before the attack, and what he vouched for. */
#include "incident/paths.h"

#include "incident/proof.h"
#include "incident/record.h"
#include "incident/step.h"

/* A path used on two days before the attack is the owner's unless it is linked to the attack. */
#define TWO_DAYS_MS (20 * HOUR_MS)
/* Who was let in on so many days before the attack, and nothing was done against it, is no stranger any more. */
#define LET_IN_DAYS_MIN 4

/* ---- what was used before the attack ---------------------------------------------------------------------------------------------- */

/* The names by which a path is recognised again. */
#define PATH_NAMES 9
static void path_names(const struct trace *t, uint16_t names[PATH_NAMES]) {
    names[0] = t->device, names[1] = t->place, names[2] = t->place_ja4;
    names[3] = t->line, names[4] = t->client, names[5] = t->ja4;
    names[6] = t->session, names[7] = t->prefix;
    names[8] = t->operator;
}

static void forget_calm(struct path_fact *f) {
    f->first_ms = INT64_MAX;
    f->last_ms = INT64_MIN;
    f->birth = f->anchored = f->home = false;
    f->let_in_days = 0;
}

static void remember_calm(struct paths *p, const struct trace *t, bool birth) {
    uint16_t names[PATH_NAMES];
    path_names(t, names);
    for (size_t i = 0; i < PATH_NAMES; i++) {
        struct path_fact *f = &p->facts[names[i]];
        if (t->time_ms < f->first_ms) f->first_ms = t->time_ms;
        if (t->time_ms > f->last_ms) f->last_ms = t->time_ms;
        f->birth |= birth;
    }
}

/* An earlier hijacker's use shows no path of the owner's; a use long before anybody was called hostile still does. */
static bool is_tainted(const struct paths *p, const struct trace *t) {
    const struct path_fact *f = p->facts;
    if (f[t->session].vouched || f[t->device].vouched) return false;
    uint16_t names[] = {t->session, t->device, t->place, t->place_ja4};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i] && f[names[i]].tainted_ms != INT64_MAX && t->time_ms > f[names[i]].tainted_ms - CAMPAIGN_MS) return true;
    return false;
}

/* Calm, before the attack, and nobody's but the owner's as far as anybody said. */
static bool teaches(const struct paths *p, size_t i) {
    const struct trace *t = &p->traces[i];
    return t->calm && t->time_ms < p->attack_ms - VISIT_MS && !t->by_object && p->seed[i] == GROUND_NONE && !is_tainted(p, t);
}

/* Counts the days on which each device, place and client was let in before the attack, whatever its score was. */
static void count_days(struct paths *p) {
    for (size_t i = 0; i < p->count; i++) {
        const struct trace *t = &p->traces[i];
        if (t->by_object || t->time_ms >= p->attack_ms - VISIT_MS) continue;
        if (kind_group(t->of->event.kind) == GROUP_OWN || kind_group(t->of->event.kind) == GROUP_PEOPLE) continue;
        uint16_t names[] = {t->device, t->place, t->place_ja4, t->client, t->ja4};
        size_t paths = 3; /* the last two many share: who was refused with the same browser tells nothing of who was let in */
        bool refused = t->of->decision.verdict != VERDICT_ALLOW || p->seed[i] != GROUND_NONE || is_tainted(p, t);
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
            struct path_fact *f = &p->facts[names[k]];
            if (refused && k < paths) f->let_in_days = 0;
            if (refused || trace_is_knock(t) || (f->let_in_days && t->time_ms - f->let_in_ms < TWO_DAYS_MS)) continue;
            f->let_in_days++;
            f->let_in_ms = t->time_ms;
        }
    }
    p->facts[0].let_in_days = 0;
}

/* The first event of an account that was not seen before shows its owner, unless what was called hostile came by the same hands. */
static bool is_seeds(const struct paths *p, const struct trace *t) {
    for (size_t i = 0; i < p->count; i++) {
        const struct trace *seed = &p->traces[i];
        bool recent = t->time_ms > p->attack_ms - DAY_MS;
        if (p->seed[i] == GROUND_NONE || (trace_is_away(seed, t) && !recent)) continue;
        if ((t->session && seed->session == t->session) || (t->device && seed->device == t->device) ||
            (t->place && seed->place == t->place))
            return true;
    }
    return false;
}

/* Where the owner's own device has been. */
static void find_homes(struct paths *p) {
    for (size_t i = 0; i < p->count; i++) {
        const struct trace *t = &p->traces[i];
        if (!teaches(p, i) || t->shared || !(paths_established(p, t->device) || paths_established(p, t->place))) continue;
        p->facts[t->prefix].home = p->facts[t->operator].home = true;
    }
    p->facts[0].home = false;
}

/* On a network of the owner's; or calmly on one of the operator's, by a client that he was seen with. */
static bool is_homely(const struct paths *p, const struct trace *t) {
    if (!t->shared && (paths_established(p, t->prefix) || p->facts[t->prefix].birth || p->facts[t->prefix].home)) return true;
    bool operators = paths_established(p, t->operator) || p->facts[t->operator].home;
    return t->calm && operators && (!t->shared || paths_seen_calm(p, t->client));
}

/* Devices and sessions that were let in, before the attack, where the owner has long been; a new device of his scores high at first. */
static void find_anchors(struct paths *p) {
    p->has_past = false;
    find_homes(p);
    for (size_t i = 0; i < p->count; i++) {
        const struct trace *t = &p->traces[i];
        if (t->time_ms >= p->attack_ms - VISIT_MS || t->by_object || p->seed[i] != GROUND_NONE || is_tainted(p, t)) continue;
        p->has_past |= paths_established(p, t->device) || paths_established(p, t->place) || paths_established(p, t->place_ja4);
        bool let_in = t->of->decision.verdict == VERDICT_ALLOW && t->of->decision.score < SUSPECT_SCORE_MIN && (t->session || t->calm);
        if (!let_in || !is_homely(p, t)) continue;
        p->facts[t->session].anchored = p->facts[t->device].anchored = true;
    }
    p->facts[0].anchored = false;
}

/* What was used calmly before the attack. */
static void learn_paths(struct paths *p) {
    for (size_t i = 0; i < p->name_count; i++) forget_calm(&p->facts[i]);
    bool birth = true;
    for (size_t i = 0; i < p->count; i++) {
        const struct trace *t = &p->traces[i];
        if (!teaches(p, i)) continue;
        remember_calm(p, t, birth && !is_seeds(p, t));
        birth = false;
    }
    forget_calm(&p->facts[0]);
    count_days(p);
    find_anchors(p);
}

/* ---- whose each path is ----------------------------------------------------------------------------------------------------------- */

static bool own_device_before(const struct paths *p, const struct trace *t) {
    return paths_used_before(p, t->device) && !paths_client_contradicts(p, t);
}

static enum ground own_access(const struct paths *p, const struct trace *t) {
    if (paths_is_accused(p, t)) return GROUND_NONE;
    if (p->facts[t->session].vouched || p->facts[t->device].vouched) return GROUND_VOUCHED;
    if (paths_established(p, t->device) && !paths_client_contradicts(p, t)) return GROUND_OWN_DEVICE;
    if (t->shared || (t->device && p->owner_has_devices)) return GROUND_NONE;
    return paths_established(p, t->place) || paths_established(p, t->place_ja4) ? GROUND_OWN_PLACE : GROUND_NONE;
}

static enum ground own_by_inheritance(const struct paths *p, const struct trace *t) {
    uint16_t opener = p->origins->of[t->session], issuer = p->origins->of[t->token];
    if (trace_is_bare(t) && (p->own[opener] != GROUND_NONE || paths_established(p, t->session))) return GROUND_OWN_SESSION;
    if (trace_is_by_token_alone(t) && issuer < p->count && p->own[issuer] != GROUND_NONE) return GROUND_OWN_TOKEN;
    return GROUND_NONE;
}

/* A device or session that was used where the owner has long been, on a network that it was seen on; or his network and client. */
static bool is_usual(const struct paths *p, uint16_t i) {
    const struct trace *t = &p->traces[i];
    if (p->own[i] != GROUND_NONE || t->shared || t->by_object || paths_is_accused(p, t)) return false;
    bool anchored = p->facts[t->device].anchored || p->facts[t->session].anchored;
    return anchored && !paths_client_contradicts(p, t) && (!t->prefix || paths_seen_calm(p, t->prefix));
}

static void vouch(struct paths *p, const struct trace *t) {
    p->facts[t->session].vouched = p->facts[t->device].vouched = true;
    p->facts[0].vouched = false; /* fact 0 stands for "not sent" and says nothing */
}

/* Of an earlier incident, whose first hostile act is not known any more: its opening counts for it. */
static bool proven_before(const struct paths *p, uint16_t i) {
    uint64_t opened = incident_position(p->traces[i].of->event.about);
    uint16_t opening = opened ? trace_at(p->traces, p->count, opened) : NOBODY;
    if (opening == NOBODY) return false;
    struct proof_claim claim = {p->traces, p->count, i, opened, p->traces[opening].time_ms};
    return proof_holds(&claim);
}

/* Vouched is what the owner said was his, and what an earlier incident turned out to be a false alarm about. */
static void hear_vouchers(struct paths *p, uint64_t open_position) {
    for (size_t i = 0; i < p->count; i++) {
        const struct event *e = &p->traces[i].of->event;
        bool owner = e->kind == KIND_OWNER_STATEMENT && e->says == SAYS_MINE &&
                     (paths_speak_for_owner(p, (uint16_t)i) || proven_before(p, (uint16_t)i));
        bool analyst = e->kind == KIND_ANALYST_VERDICT && str_equal(e->verdict, STR("false_alarm"));
        if (!owner && !analyst) continue;
        struct str about = owner ? e->about : e->incident;
        if (incident_position(about) == open_position) continue; /* closes it, see incident.c */
        uint16_t t = trace_about(p->traces, p->count, about);
        if (t != NOBODY) vouch(p, &p->traces[t]);
    }
}

/* ---- the door --------------------------------------------------------------------------------------------------------------------- */

void paths_init(struct paths *p, const struct origins *origins, const enum ground *seed, size_t name_count, struct arena *step) {
    *p = (struct paths){.origins = origins, .traces = origins->traces, .count = origins->count, .seed = seed, .name_count = name_count};
    p->facts = step_take(step, name_count * sizeof *p->facts);
    const struct path_fact nothing = {.tainted_ms = INT64_MAX, .accused_from_ms = INT64_MAX, .accused_to_ms = INT64_MIN};
    for (size_t i = 0; i < name_count; i++) p->facts[i] = nothing;
    p->own = step_zeroes(step, p->count * sizeof *p->own);
    p->usual = step_zeroes(step, p->count * sizeof *p->usual);
}

void paths_taint(struct paths *p, const struct trace *t) {
    uint16_t names[] = {t->session, t->device, t->place, t->place_ja4};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i] && t->time_ms < p->facts[names[i]].tainted_ms) p->facts[names[i]].tainted_ms = t->time_ms;
}

/* What an earlier word vouched for is no stain any more, so paths are learned again after the vouchers were heard. */
void paths_settle(struct paths *p, int64_t attack_ms, uint64_t open_position) {
    p->attack_ms = attack_ms;
    learn_paths(p);
    paths_assign(p);
    hear_vouchers(p, open_position);
    learn_paths(p);
    paths_assign(p);
}

void paths_accuse(struct paths *p, const struct trace *t) {
    struct path_fact *f = &p->facts[t->prefix];
    if (t->time_ms < f->accused_from_ms) f->accused_from_ms = t->time_ms;
    if (t->time_ms > f->accused_to_ms) f->accused_to_ms = t->time_ms;
}

void paths_assign(struct paths *p) {
    p->owner_has_devices = false;
    for (size_t i = 0; i < p->count; i++) p->owner_has_devices |= paths_established(p, p->traces[i].device);
    for (size_t i = 0; i < p->count; i++) p->own[i] = own_access(p, &p->traces[i]);
    for (size_t i = 0; i < p->count; i++)
        if (p->own[i] == GROUND_NONE) p->own[i] = own_by_inheritance(p, &p->traces[i]);
    for (uint16_t i = 0; i < p->count; i++) p->usual[i] = is_usual(p, i);
}

bool paths_seen_calm(const struct paths *p, uint16_t name) {
    return p->facts[name].first_ms <= p->facts[name].last_ms;
}

bool paths_seen_days_before(const struct paths *p, uint16_t name) {
    return paths_seen_calm(p, name) && p->facts[name].first_ms <= p->attack_ms - DAY_MS;
}

bool paths_established(const struct paths *p, uint16_t name) {
    return name && p->facts[name].first_ms <= p->attack_ms - CAMPAIGN_MS;
}

bool paths_used_before(const struct paths *p, uint16_t name) {
    const struct path_fact *f = &p->facts[name];
    if (!name || f->first_ms > f->last_ms) return false;
    return paths_established(p, name) || f->birth || f->last_ms - f->first_ms >= TWO_DAYS_MS;
}

bool paths_client_contradicts(const struct paths *p, const struct trace *t) {
    return t->client && !paths_seen_calm(p, t->client) && !(t->ja4 && paths_seen_calm(p, t->ja4));
}

bool paths_is_accused(const struct paths *p, const struct trace *t) {
    const struct path_fact *f = &p->facts[t->prefix];
    bool then =
        f->accused_from_ms <= f->accused_to_ms && t->time_ms >= f->accused_from_ms - APART_MS && t->time_ms <= f->accused_to_ms + APART_MS;
    return t->prefix && then && !(paths_seen_calm(p, t->prefix) && p->facts[t->prefix].first_ms < f->accused_from_ms - APART_MS);
}

bool paths_is_at_home(const struct paths *p, const struct trace *t) {
    return !t->shared && (p->facts[t->prefix].home || p->facts[t->operator].home);
}

bool paths_is_at_owners(const struct paths *p, const struct trace *t) {
    return t->prefix && !t->shared && paths_seen_calm(p, t->prefix);
}

bool paths_is_familiar(const struct paths *p, const struct trace *t) {
    return (paths_seen_calm(p, t->device) || paths_seen_calm(p, t->session)) && !paths_client_contradicts(p, t);
}

bool paths_is_customary(const struct paths *p, const struct trace *t) {
    const struct path_fact *f = p->facts;
    if (!t->device) return f[t->place].let_in_days >= LET_IN_DAYS_MIN || f[t->place_ja4].let_in_days >= LET_IN_DAYS_MIN;
    bool client_too = !t->client || f[t->client].let_in_days || f[t->ja4].let_in_days;
    return f[t->device].let_in_days >= LET_IN_DAYS_MIN && client_too;
}

bool paths_is_used_before(const struct paths *p, const struct trace *t) {
    if (own_device_before(p, t) || (trace_is_bare(t) && paths_used_before(p, t->session))) return true;
    if (paths_used_before(p, t->place) || paths_used_before(p, t->place_ja4)) return !(t->device && p->owner_has_devices);
    return false;
}

bool paths_in_usual_session(const struct paths *p, const struct trace *t) {
    uint16_t opener = p->origins->of[t->session];
    if (opener == NOBODY || !(p->own[opener] != GROUND_NONE || p->usual[opener])) return false;
    return trace_same_client(t, &p->traces[opener]);
}

bool paths_speak_for_owner(const struct paths *p, uint16_t i) {
    const struct trace *t = &p->traces[i];
    return !t->has_access || p->own[i] != GROUND_NONE || own_device_before(p, t);
}
