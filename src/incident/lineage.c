// SPDX-License-Identifier: Apache-2.0
/* Attributes the events of a thread to the hijacker or the owner, by lineage. */
#include "incident/lineage.h"

#include <string.h>

#include "base/check.h"
#include "base/moment.h"
#include "incident/proof.h"

/* A path used on two days before the attack is the owner's unless it is linked to the attack. */
#define TWO_DAYS_MS (20 * HOUR_MS)
/* A reset link is good for a day at most. */
#define RESET_MS_MAX DAY_MS
/* A doubted seed throws doubt on as much of its session as one sitting may last. */
#define DOUBT_MS DAY_MS
/* What was seen so shortly before the first act that is known to be hostile may be the same visit. */
#define VISIT_MS (2 * HOUR_MS)
/* Acts no further apart than this are of one sitting. */
#define SITTING_MS (HOUR_MS / 2)
/* Who comes again to a place or session within this time is taken for the same person, where nothing else tells. */
#define APART_MS (12 * HOUR_MS)
/* What was found is sold, and used weeks later by another. */
#define SOLD_MS (28 * DAY_MS)
/* A score that 0.1 % of owners' own logins reach. */
#define SUSPECT_SCORE_MIN 900
/* Who was let in on so many days before the attack, and nothing was done against it, is no stranger any more. */
#define LET_IN_DAYS_MIN 4

/* What is known of each name. */
struct fact {
    int64_t first_ms, last_ms; /* calm uses before the attack; first > last = none */
    uint16_t opener;           /* first trace of a session; maker of an object; NOBODY = none */
    bool vouched;
    int64_t tainted_ms; /* the first event that carries it and was called hostile before this incident; INT64_MAX = none */
    bool birth;         /* seen in the first calm event of the thread */
    bool home;          /* a network, no shared one: the owner's own device was there before the attack */
    bool anchored;      /* a device or session: used calmly, before the attack, where the owner has long been */
    int64_t accused_from_ms, accused_to_ms; /* a network: when the owner disowned what came from it; from > to = never */
    uint16_t let_in_days; /* on which it was let in before the attack, 20 hours apart at least, since something was done against it */
    int64_t let_in_ms;    /* on the latest of them */
};

struct search {
    struct lineage *out;
    const struct trace *traces;
    size_t count;
    struct fact *facts; /* of each name */
    size_t name_count;
    uint16_t *speaker;       /* per trace: the statement that made it a seed, or NOBODY */
    uint16_t opening;        /* trace of the record that opened the incident */
    enum ground *seed;       /* per trace: GROUND_NONE, or by which it is a seed */
    enum ground *own;        /* per trace: GROUND_NONE, or why its access is the owner's */
    bool *usual;             /* per trace: its access looks like the owner's, though not for a fortnight yet */
    uint16_t *asked_by;      /* per trace: the reset request that let it in, or NOBODY */
    uint16_t *password_from; /* per trace: the change that set the password it used, or NOBODY */
    uint16_t *queue;
    size_t queue_size;
    bool owner_has_devices;
    bool has_past; /* a path of the owner's is established: whatever is new since, is new to him */
    bool confirmed;
    int64_t attack_ms; /* first seed */
    int64_t last_ms;   /* last act over the hijacker's path before the trace at hand */
};

static void *take(struct arena *step, size_t size) {
    void *at = arena_take(step, size);
    CHECK(at); /* INCIDENT_STEP_SIZE_MAX was promised */
    return at;
}

static uint16_t *nobodies(struct arena *step, size_t count) {
    uint16_t *at = take(step, count * sizeof *at);
    memset(at, 0xFF, count * sizeof *at);
    return at;
}

uint16_t lineage_at(const struct lineage *l, uint64_t position) {
    for (size_t i = 0; i < l->count; i++)
        if (l->traces[i].of->position == position) return (uint16_t)i;
    return NOBODY;
}

static bool touches_object(const struct event *e, struct str id) {
    for (enum object o = 0; o < OBJECT_COUNT; o++)
        if (str_equal(object_of(e, o), id)) return true;
    return false;
}

static uint16_t about_event(const struct lineage *l, struct str about) {
    for (size_t i = 0; i < l->count; i++)
        if (str_equal(l->traces[i].of->event.id, about)) return (uint16_t)i;
    for (size_t i = 0; i < l->count; i++)
        if (l->traces[i].has_access && !l->traces[i].by_object && touches_object(&l->traces[i].of->event, about)) return (uint16_t)i;
    return NOBODY;
}

uint16_t lineage_about(const struct lineage *l, struct str about) {
    if (!about.size) return NOBODY;
    uint64_t position = incident_position(about);
    if (!position) return about_event(l, about);
    uint16_t opening = lineage_at(l, position);
    if (opening == NOBODY) return NOBODY;
    const struct event *e = &l->traces[opening].of->event;
    if (e->kind != KIND_OWNER_STATEMENT) return opening;
    return incident_position(e->about) ? NOBODY : about_event(l, e->about); /* one step back is enough, and it ends */
}

/* ---- the owner's paths ------------------------------------------------------------------------------------------------------------ */

/* The names by which a path is recognised again. */
#define PATH_NAMES 9
static void path_names(const struct trace *t, uint16_t names[PATH_NAMES]) {
    names[0] = t->device, names[1] = t->place, names[2] = t->place_ja4;
    names[3] = t->line, names[4] = t->client, names[5] = t->ja4;
    names[6] = t->session, names[7] = t->prefix;
    names[8] = t->operator;
}

static void taint(struct search *s, const struct trace *t) {
    uint16_t names[] = {t->session, t->device, t->place, t->place_ja4};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i] && t->time_ms < s->facts[names[i]].tainted_ms) s->facts[names[i]].tainted_ms = t->time_ms;
}

static void vouch(struct search *s, const struct trace *t) {
    s->facts[t->session].vouched = s->facts[t->device].vouched = true;
    s->facts[0].vouched = false; /* fact 0 stands for "not sent" and says nothing */
}

/* An earlier hijacker's use shows no path of the owner's; a use long before anybody was called hostile still does. */
static bool is_tainted(const struct search *s, const struct trace *t) {
    const struct fact *f = s->facts;
    if (f[t->session].vouched || f[t->device].vouched) return false;
    uint16_t names[] = {t->session, t->device, t->place, t->place_ja4};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i] && f[names[i]].tainted_ms != INT64_MAX && t->time_ms > f[names[i]].tainted_ms - CAMPAIGN_MS) return true;
    return false;
}

static void forget_calm(struct fact *f) {
    f->first_ms = INT64_MAX;
    f->last_ms = INT64_MIN;
    f->birth = f->anchored = f->home = false;
    f->let_in_days = 0;
}

static void remember_calm(struct search *s, const struct trace *t, bool birth) {
    uint16_t names[PATH_NAMES];
    path_names(t, names);
    for (size_t i = 0; i < PATH_NAMES; i++) {
        struct fact *f = &s->facts[names[i]];
        if (t->time_ms < f->first_ms) f->first_ms = t->time_ms;
        if (t->time_ms > f->last_ms) f->last_ms = t->time_ms;
        f->birth |= birth;
    }
}

static bool seen_calm(const struct search *s, uint16_t name) {
    return s->facts[name].first_ms <= s->facts[name].last_ms;
}

/* What came up on the day of the attack only, may have come with it. */
static bool seen_days_before(const struct search *s, uint16_t name) {
    return seen_calm(s, name) && s->facts[name].first_ms <= s->attack_ms - DAY_MS;
}

static bool established(const struct search *s, uint16_t name) {
    return name && s->facts[name].first_ms <= s->attack_ms - CAMPAIGN_MS;
}

static bool used_before(const struct search *s, uint16_t name) {
    const struct fact *f = &s->facts[name];
    if (!name || f->first_ms > f->last_ms) return false;
    return established(s, name) || f->birth || f->last_ms - f->first_ms >= TWO_DAYS_MS;
}

/* Calm, before the attack, and nobody's but the owner's as far as anybody said. */
static bool teaches(const struct search *s, size_t i) {
    const struct trace *t = &s->traces[i];
    return t->calm && t->time_ms < s->attack_ms - VISIT_MS && !t->by_object && s->seed[i] == GROUND_NONE && !is_tainted(s, t);
}

/* Shows nobody who was let in. */
static bool is_knock(const struct event *e) {
    if (e->kind == KIND_LOGIN) return !event_is_login_success(e);
    return e->kind == KIND_PASSWORD_RESET_REQUESTED || e->kind == KIND_CHALLENGE;
}

/* Counts the days on which each device, place and client was let in before the attack, whatever its score was. */
static void count_days(struct search *s) {
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *t = &s->traces[i];
        if (t->by_object || t->time_ms >= s->attack_ms - VISIT_MS) continue;
        if (kind_group(t->of->event.kind) == GROUP_OWN || kind_group(t->of->event.kind) == GROUP_PEOPLE) continue;
        uint16_t names[] = {t->device, t->place, t->place_ja4, t->client, t->ja4};
        size_t paths = 3; /* the last two many share: who was refused with the same browser tells nothing of who was let in */
        bool refused = t->of->decision.verdict != VERDICT_ALLOW || s->seed[i] != GROUND_NONE || is_tainted(s, t);
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
            struct fact *f = &s->facts[names[k]];
            if (refused && k < paths) f->let_in_days = 0;
            if (refused || is_knock(&t->of->event) || (f->let_in_days && t->time_ms - f->let_in_ms < TWO_DAYS_MS)) continue;
            f->let_in_days++;
            f->let_in_ms = t->time_ms;
        }
    }
    s->facts[0].let_in_days = 0;
}

/* A path that the account has long been used on: who is there is told by lineage or by the owner, not by likeness or by a score. */
static bool is_customary(const struct search *s, const struct trace *t) {
    const struct fact *f = s->facts;
    if (!t->device) return f[t->place].let_in_days >= LET_IN_DAYS_MIN || f[t->place_ja4].let_in_days >= LET_IN_DAYS_MIN;
    bool client_too = !t->client || f[t->client].let_in_days || f[t->ja4].let_in_days;
    return f[t->device].let_in_days >= LET_IN_DAYS_MIN && client_too;
}

/* From another operator's network, or where that is not known, from another network. */
static bool is_away(const struct trace *a, const struct trace *b) {
    if (a->operator&& b->operator) return a->operator!= b->operator;
    return a->prefix && b->prefix && a->prefix != b->prefix;
}

/* The first event of an account that was not seen before shows its owner, unless what was called hostile came by the same hands. */
static bool is_seeds(const struct search *s, const struct trace *t) {
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *seed = &s->traces[i];
        bool recent = t->time_ms > s->attack_ms - DAY_MS;
        if (s->seed[i] == GROUND_NONE || (is_away(seed, t) && !recent)) continue;
        if ((t->session && seed->session == t->session) || (t->device && seed->device == t->device) ||
            (t->place && seed->place == t->place))
            return true;
    }
    return false;
}

/* Where the owner's own device has been. */
static void find_homes(struct search *s) {
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *t = &s->traces[i];
        if (!teaches(s, i) || t->shared || !(established(s, t->device) || established(s, t->place))) continue;
        s->facts[t->prefix].home = s->facts[t->operator].home = true;
    }
    s->facts[0].home = false;
}

/* On a network of the owner's; or calmly on one of the operator's, by a client that he was seen with. */
static bool is_homely(const struct search *s, const struct trace *t) {
    if (!t->shared && (established(s, t->prefix) || s->facts[t->prefix].birth || s->facts[t->prefix].home)) return true;
    bool operators = established(s, t->operator) || s->facts[t->operator].home;
    return t->calm && operators && (!t->shared || seen_calm(s, t->client));
}

static bool is_at_home(const struct search *s, const struct trace *t) {
    return !t->shared && (s->facts[t->prefix].home || s->facts[t->operator].home);
}

/* Devices and sessions that were let in, before the attack, where the owner has long been; a new device of his scores high at first. */
static void find_anchors(struct search *s) {
    s->has_past = false;
    find_homes(s);
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *t = &s->traces[i];
        if (t->time_ms >= s->attack_ms - VISIT_MS || t->by_object || s->seed[i] != GROUND_NONE || is_tainted(s, t)) continue;
        s->has_past |= established(s, t->device) || established(s, t->place) || established(s, t->place_ja4);
        bool let_in = t->of->decision.verdict == VERDICT_ALLOW && t->of->decision.score < SUSPECT_SCORE_MIN && (t->session || t->calm);
        if (!let_in || !is_homely(s, t)) continue;
        s->facts[t->session].anchored = s->facts[t->device].anchored = true;
    }
    s->facts[0].anchored = false;
}

/* What was used calmly before the attack. */
static void learn_paths(struct search *s) {
    for (size_t i = 0; i < s->name_count; i++) forget_calm(&s->facts[i]);
    bool birth = true;
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *t = &s->traces[i];
        if (!teaches(s, i)) continue;
        remember_calm(s, t, birth && !is_seeds(s, t));
        birth = false;
    }
    forget_calm(&s->facts[0]);
    count_days(s);
    find_anchors(s);
}

/* A device id can be stolen with the cookies: then the client that carries it is another one. */
static bool client_contradicts(const struct search *s, const struct trace *t) {
    return t->client && !seen_calm(s, t->client) && !(t->ja4 && seen_calm(s, t->ja4));
}

static bool own_device_before(const struct search *s, const struct trace *t) {
    return used_before(s, t->device) && !client_contradicts(s, t);
}

/* What the owner disowned by name came from a network that he was never seen on: whatever comes from there is not his by its device. */
static bool is_accused(const struct search *s, const struct trace *t) {
    const struct fact *f = &s->facts[t->prefix];
    bool then =
        f->accused_from_ms <= f->accused_to_ms && t->time_ms >= f->accused_from_ms - APART_MS && t->time_ms <= f->accused_to_ms + APART_MS;
    return t->prefix && then && !(seen_calm(s, t->prefix) && s->facts[t->prefix].first_ms < f->accused_from_ms - APART_MS);
}

static enum ground own_access(const struct search *s, const struct trace *t) {
    if (is_accused(s, t)) return GROUND_NONE;
    if (s->facts[t->session].vouched || s->facts[t->device].vouched) return GROUND_VOUCHED;
    if (established(s, t->device) && !client_contradicts(s, t)) return GROUND_OWN_DEVICE;
    if (t->shared || (t->device && s->owner_has_devices)) return GROUND_NONE;
    return established(s, t->place) || established(s, t->place_ja4) ? GROUND_OWN_PLACE : GROUND_NONE;
}

/* Says nothing of where it came from but its session. */
static bool is_bare(const struct trace *t) {
    return t->session && !t->device && !t->client && !t->ja4 && !t->prefix;
}

/* Shows nothing but a token. */
static bool is_by_token_alone(const struct trace *t) {
    return t->token && !t->session && !t->device && !t->client && !t->ja4 && !t->prefix;
}

static enum ground own_by_inheritance(const struct search *s, const struct trace *t) {
    uint16_t opener = s->facts[t->session].opener, issuer = s->facts[t->token].opener;
    if (is_bare(t) && (s->own[opener] != GROUND_NONE || established(s, t->session))) return GROUND_OWN_SESSION;
    if (is_by_token_alone(t) && issuer < s->count && s->own[issuer] != GROUND_NONE) return GROUND_OWN_TOKEN;
    return GROUND_NONE;
}

static enum ground usual_before(const struct search *s, const struct trace *t) {
    if (own_device_before(s, t) || (is_bare(t) && used_before(s, t->session))) return GROUND_BEFORE;
    if (used_before(s, t->place) || used_before(s, t->place_ja4)) return t->device && s->owner_has_devices ? GROUND_NONE : GROUND_BEFORE;
    return GROUND_NONE;
}

/* A device or session that was used where the owner has long been, on a network that it was seen on; or his network and client. */
static bool is_usual(const struct search *s, uint16_t i) {
    const struct trace *t = &s->traces[i];
    if (s->own[i] != GROUND_NONE || t->shared || t->by_object || is_accused(s, t)) return false;
    bool anchored = s->facts[t->device].anchored || s->facts[t->session].anchored;
    return anchored && !client_contradicts(s, t) && (!t->prefix || seen_calm(s, t->prefix));
}

static void find_own_accesses(struct search *s) {
    s->owner_has_devices = false;
    for (size_t i = 0; i < s->count; i++) s->owner_has_devices |= established(s, s->traces[i].device);
    for (size_t i = 0; i < s->count; i++) s->own[i] = own_access(s, &s->traces[i]);
    for (size_t i = 0; i < s->count; i++)
        if (s->own[i] == GROUND_NONE) s->own[i] = own_by_inheritance(s, &s->traces[i]);
    for (uint16_t i = 0; i < s->count; i++) s->usual[i] = is_usual(s, i);
}

/* May these words lower our guard? Not where they were said over a path that the owner is not known to use. */
static bool speaks_for_owner(const struct search *s, uint16_t i) {
    const struct trace *t = &s->traces[i];
    return !t->has_access || s->own[i] != GROUND_NONE || own_device_before(s, t);
}

bool lineage_proven(const struct lineage *l, uint16_t statement, uint64_t opened, int64_t attack_ms) {
    struct proof_claim claim = {l->traces, l->count, statement, opened, attack_ms - CAMPAIGN_MS};
    return proof_holds(&claim);
}

/* Of an earlier incident, whose first hostile act is not known any more: its opening counts for it. */
static bool proven_before(const struct search *s, uint16_t i) {
    uint64_t opened = incident_position(s->traces[i].of->event.about);
    uint16_t opening = opened ? lineage_at(s->out, opened) : NOBODY;
    return opening != NOBODY && lineage_proven(s->out, i, opened, s->traces[opening].time_ms);
}

/* Vouched is what the owner said was his, and what an earlier incident turned out to be a false alarm about. */
static void hear_vouchers(struct search *s, uint64_t open_position) {
    for (size_t i = 0; i < s->count; i++) {
        const struct event *e = &s->traces[i].of->event;
        bool owner =
            e->kind == KIND_OWNER_STATEMENT && e->says == SAYS_MINE && (speaks_for_owner(s, (uint16_t)i) || proven_before(s, (uint16_t)i));
        bool analyst = e->kind == KIND_ANALYST_VERDICT && str_equal(e->verdict, STR("false_alarm"));
        if (!owner && !analyst) continue;
        struct str about = owner ? e->about : e->incident;
        if (incident_position(about) == open_position) continue; /* closes it, see incident.c */
        uint16_t t = lineage_about(s->out, about);
        if (t != NOBODY) vouch(s, &s->traces[t]);
    }
}

/* An object that was there before anything in this thread touched it. */
#define NOT_HERE (NOBODY - 1)

/* The maker of an object is the first who touched it other than by telling its state, if that brought it into being. */
static void index_makers(struct search *s) {
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *t = &s->traces[i];
        if (kind_group(t->of->event.kind) == GROUP_FATE || kind_group(t->of->event.kind) == GROUP_LABEL) continue;
        for (enum object o = 0; o < OBJECT_COUNT; o++) {
            uint16_t name = t->touched[o];
            if (name && s->facts[name].opener == NOBODY) s->facts[name].opener = t->creates ? (uint16_t)i : NOT_HERE;
        }
    }
}

static uint16_t maker_of(const struct search *s, const struct trace *t) {
    for (enum object o = 0; o < OBJECT_COUNT; o++)
        if (t->touched[o] && s->facts[t->touched[o]].opener < s->count) return s->facts[t->touched[o]].opener;
    return NOBODY;
}

/* What an earlier word vouched for is no stain any more, so paths are learned again after the vouchers were heard. */
static void settle_paths(struct search *s, uint64_t open_position) {
    learn_paths(s);
    find_own_accesses(s);
    hear_vouchers(s, open_position);
    learn_paths(s);
    find_own_accesses(s);
}

/* ---- seeds ------------------------------------------------------------------------------------------------------------------------ */

static bool says_not_mine(const struct event *e) {
    return e->kind == KIND_OWNER_STATEMENT && e->says == SAYS_NOT_MINE;
}

/* "Not mine" about what became of an object means the act that made it. */
static uint16_t made_by(const struct search *s, uint16_t i) {
    if (i == NOBODY || !s->traces[i].by_object) return i;
    uint16_t maker = maker_of(s, &s->traces[i]);
    return maker == NOBODY ? i : maker;
}

static void sow(struct search *s, uint16_t i, enum ground ground, uint16_t speaker) {
    if (s->seed[i] == GROUND_SAID) return; /* the owner's word says most */
    s->seed[i] = ground;
    if (ground == GROUND_SAID) s->speaker[i] = speaker;
}

/*
 * Everything called hostile: since the opening it is a seed, before it a taint. A person's word is no act: where a rule judges the account
 * taken over on it (rules/owner_says_not_mine.rule), the acts it speaks of are meant.
 */
static void collect_seeds(struct search *s, uint64_t open_position) {
    for (size_t i = 0; i < s->count; i++) {
        const struct account_event *a = s->traces[i].of;
        uint16_t hostile = NOBODY;
        enum ground ground = GROUND_JUDGED;
        if (says_not_mine(&a->event)) hostile = made_by(s, lineage_about(s->out, a->event.about)), ground = GROUND_SAID;
        else if (a->event.kind == KIND_ENTRY_REVIEWED) hostile = a->decision.takeover ? lineage_about(s->out, a->event.about) : NOBODY;
        else if (a->decision.takeover && kind_group(a->event.kind) != GROUP_PEOPLE) hostile = (uint16_t)i;
        if (a->event.kind == KIND_ANALYST_VERDICT && str_equal(a->event.verdict, STR("takeover")))
            s->confirmed |= incident_position(a->event.incident) == open_position;
        if (hostile == NOBODY) continue;
        if (a->position < open_position) taint(s, &s->traces[hostile]);
        else sow(s, hostile, ground, (uint16_t)i);
        if (a->position == open_position) s->out->trigger = hostile;
    }
}

/* After paths are known: words over a path that is not the owner's accuse nobody. */
static void hear_accusers(struct search *s) {
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *t = &s->traces[i];
        if (s->seed[i] != GROUND_SAID || !t->prefix || !speaks_for_owner(s, s->speaker[i])) continue;
        struct fact *f = &s->facts[t->prefix];
        if (t->time_ms < f->accused_from_ms) f->accused_from_ms = t->time_ms;
        if (t->time_ms > f->accused_to_ms) f->accused_to_ms = t->time_ms;
    }
}

static void date_attack(struct search *s) {
    s->attack_ms = s->traces[s->opening].time_ms;
    for (size_t i = s->count; i-- > 0;)
        if (s->seed[i] != GROUND_NONE && s->traces[i].time_ms < s->attack_ms) s->attack_ms = s->traces[i].time_ms;
}

/* Whoever held the session then also held a fresh factor: more than the score knew. */
static bool passed_challenge(const struct search *s, uint16_t session) {
    for (size_t i = 0; session && i < s->count; i++) {
        const struct event *e = &s->traces[i].of->event;
        if (s->traces[i].session == session && e->kind == KIND_CHALLENGE && e->outcome == OUTCOME_SUCCESS) return true;
    }
    return false;
}

/* The session was the owner's, and nothing speaks for another client since: its score may tell of whoever stole it in between. */
static bool in_usual_session(const struct search *s, const struct trace *t) {
    uint16_t opener = s->facts[t->session].opener;
    if (opener == NOBODY || !(s->own[opener] != GROUND_NONE || s->usual[opener])) return false;
    return trace_same_client(t, &s->traces[opener]);
}

/* Used calmly before the attack, be it for a day: a score on it since then may tell of the attack on the account, not of who is there. */
static bool is_familiar(const struct search *s, const struct trace *t) {
    return (seen_calm(s, t->device) || seen_calm(s, t->session)) && !client_contradicts(s, t);
}

/* On a network that the owner was seen on before the attack, with whatever device. */
static bool is_at_owners(const struct search *s, const struct trace *t) {
    return t->prefix && !t->shared && seen_calm(s, t->prefix);
}

/* Somebody who was let in, within a fortnight of `at_ms`, over a path that is none of the owner's. */
static bool is_stranger(const struct search *s, size_t i, int64_t at_ms) {
    const struct trace *t = &s->traces[i];
    if (t->by_object || kind_group(t->of->event.kind) == GROUP_PEOPLE || s->own[i] != GROUND_NONE || s->usual[i]) return false;
    if (in_usual_session(s, t) || is_familiar(s, t) || is_at_owners(s, t) || is_customary(s, t)) return false;
    if (!t->session && is_knock(&t->of->event)) return false;
    if (t->time_ms > at_ms + CAMPAIGN_MS || t->time_ms < at_ms - CAMPAIGN_MS) return false;
    bool young_path = s->facts[t->device].birth || (!t->device && (s->facts[t->place].birth || s->facts[t->place_ja4].birth));
    return !young_path && !passed_challenge(s, t->session);
}

/*
 * The owner says "that was not me" and names nothing. Of the accesses of the last fortnight that he never used before, the one with the
 * highest score is meant, the latest of equals. His own paths never are: calling a year's usual device hostile on an unclear word would
 * undo his own orders.
 */
static void suspect(struct search *s) {
    int64_t said_ms = s->traces[s->opening].time_ms;
    s->attack_ms = said_ms;
    settle_paths(s, s->traces[s->opening].of->position);
    uint16_t best = NOBODY;
    for (size_t i = 0; i < s->count && s->traces[i].time_ms <= said_ms; i++) {
        if (!is_stranger(s, i, said_ms)) continue;
        if (best == NOBODY || s->traces[i].of->decision.score >= s->traces[best].of->decision.score) best = (uint16_t)i;
    }
    if (best != NOBODY) s->seed[best] = GROUND_SUSPECTED;
    s->out->trigger = best;
}

/* Whoever tries passwords does it from a machine in a data centre, and the door is used by hand within hours. */
static bool opened_the_door(const struct search *s, const struct trace *t) {
    bool machine = t->of->event.net == NET_HOSTING || t->of->event.net == NET_VPN || t->of->event.net == NET_TOR;
    return machine && !t->calm && t->time_ms < s->attack_ms && t->time_ms >= s->attack_ms - APART_MS;
}

static bool is_sure_seed(const struct search *s, uint16_t i) {
    return s->seed[i] == GROUND_SAID || i == s->out->trigger;
}

/* Who resets the password is the owner, more often than not. */
static bool came_by_reset(const struct search *s, const struct trace *t) {
    uint16_t opener = t->session ? s->facts[t->session].opener : NOBODY;
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *o = &s->traces[i];
        bool theirs = o == t || i == opener || (t->device && o->device == t->device);
        if (theirs && (o->of->event.method == METHOD_RESET_LINK || o->of->event.kind == KIND_PASSWORD_RESET_REQUESTED)) return true;
    }
    return false;
}

/* One opens the door, and another goes in: a second stranger within the hours of a visit is no chance. */
static bool came_along(const struct search *s, const struct trace *t) {
    if (!t->prefix || seen_calm(s, t->operator) || came_by_reset(s, t)) return false;
    for (uint16_t k = 0; k < s->count; k++) {
        int64_t apart_ms = s->traces[k].time_ms - t->time_ms;
        if (s->seed[k] != GROUND_NONE && is_sure_seed(s, k) && apart_ms <= VISIT_MS && apart_ms >= -VISIT_MS) return true;
    }
    return false;
}

/* A thief sells on, and comes back from elsewhere: beside a takeover, a stranger whom hardly any owner's login resembles is one too. */
static void suspect_beside(struct search *s) {
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *t = &s->traces[i];
        bool unlike = t->of->decision.score >= SUSPECT_SCORE_MIN || opened_the_door(s, t) || came_along(s, t);
        if (s->seed[i] == GROUND_NONE && unlike && is_stranger(s, i, s->attack_ms)) s->seed[i] = GROUND_UNLIKE;
    }
}

/* ---- links ------------------------------------------------------------------------------------------------------------------------ */

static void index_openers(struct search *s) {
    for (size_t i = 0; i < s->count; i++) {
        const struct trace *t = &s->traces[i];
        if (t->session && s->facts[t->session].opener == NOBODY) s->facts[t->session].opener = (uint16_t)i;
    }
}

static bool used_reset_link(const struct event *e) {
    return e->method == METHOD_RESET_LINK && (event_is_login_success(e) || e->kind == KIND_PASSWORD_CHANGED);
}

static void index_credentials(struct search *s) {
    uint16_t asked = NOBODY, changed = NOBODY;
    for (size_t i = 0; i < s->count; i++) {
        const struct event *e = &s->traces[i].of->event;
        if (used_reset_link(e) && asked != NOBODY && s->traces[i].time_ms - s->traces[asked].time_ms <= RESET_MS_MAX)
            s->asked_by[i] = asked;
        if (event_is_login_success(e) && e->method == METHOD_PASSWORD) s->password_from[i] = changed;
        if (e->kind == KIND_PASSWORD_RESET_REQUESTED) asked = (uint16_t)i;
        if (e->kind == KIND_PASSWORD_CHANGED) changed = (uint16_t)i;
    }
}

/*
 * Within one session. Where the hijacker opened it, all of it is his. Where another client than the hijacker's had opened it, or the owner,
 * the session was stolen, and only what comes from the thief's client is his.
 */
static bool is_stolen(const struct search *s, uint16_t first, uint16_t hostile) {
    const struct trace *opener = &s->traces[first], *h = &s->traces[hostile];
    if (first == hostile) return false;
    if (s->own[first] != GROUND_NONE || s->usual[first]) return true;
    bool moved = opener->prefix && h->prefix && opener->prefix != h->prefix;
    if (moved && s->facts[opener->device].anchored) return true;
    if (h->time_ms <= opener->time_ms + APART_MS) return false;
    bool away = opener->operator&& h->operator? opener->operator!= h->operator: moved;
    return away && (opener->calm || !opener->shared);
}

static bool is_apart(const struct trace *a, const struct trace *b) {
    int64_t apart_ms = a->time_ms < b->time_ms ? b->time_ms - a->time_ms : a->time_ms - b->time_ms;
    return apart_ms > APART_MS;
}

static bool is_hijackers(const struct search *s, uint16_t i) {
    return s->out->findings[i].whose == WHOSE_HIJACKER;
}

static enum ground session_link(const struct search *s, uint16_t hostile, uint16_t other) {
    const struct trace *h = &s->traces[hostile], *o = &s->traces[other];
    uint16_t first = s->facts[h->session].opener;
    const struct trace *opener = &s->traces[first];
    if (is_stolen(s, first, hostile)) {
        if (is_bare(o) || !trace_same_client(o, h)) return GROUND_NONE;
        bool thiefs = o->prefix == h->prefix || (!is_away(o, h) && is_away(o, opener));
        return !trace_same_client(o, opener) || thiefs ? GROUND_STOLEN_SESSION : GROUND_NONE;
    }
    bool alike = (o->shared && h->shared) || (!o->calm && o->time_ms < h->time_ms);
    return is_hijackers(s, first) || alike || !is_apart(h, o) ? GROUND_SESSION : GROUND_NONE;
}

static bool same_place(const struct search *s, const struct trace *a, const struct trace *b) {
    int64_t apart_ms = a->time_ms < b->time_ms ? b->time_ms - a->time_ms : a->time_ms - b->time_ms;
    bool contested = !s->has_past && (seen_calm(s, a->place) || seen_calm(s, a->place_ja4));
    bool homely = s->facts[a->operator].home || s->facts[a->prefix].home;
    if (apart_ms > (homely ? VISIT_MS : contested ? APART_MS : CAMPAIGN_MS)) return false;
    if (a->place && a->place == b->place && !established(s, a->place)) return true;
    return a->place_ja4 && a->place_ja4 == b->place_ja4 && !established(s, a->place_ja4);
}

/* Addresses change from act to act, but not the operator and the client: where the owner was never seen, that is one visitor. */
static bool same_operator(const struct search *s, const struct trace *a, const struct trace *b) {
    bool same = a->operator&& a->operator== b->operator&& a->client && a->client == b->client;
    return same && !seen_days_before(s, a->operator) && !is_apart(a, b);
}

/* A device that was the owner's, or may have been: only what came from the hijacker's network with it is the hijacker's. */
static bool same_device(const struct search *s, const struct trace *a, const struct trace *b) {
    if (!a->device || a->device != b->device || established(s, a->device)) return false;
    if (s->facts[a->device].anchored) return a->prefix == b->prefix;
    if (seen_days_before(s, a->device) && is_at_home(s, b) && is_away(a, b)) return false;
    if (!s->has_past && seen_days_before(s, a->device)) return !is_away(a, b) && !is_apart(a, b);
    return true;
}

/* Why `other` is the hijacker's, given that `hostile` is; GROUND_NONE where nothing links them. */
static enum ground link(const struct search *s, uint16_t hostile, uint16_t other) {
    const struct trace *h = &s->traces[hostile], *o = &s->traces[other];
    enum ground ground = h->session && h->session == o->session ? session_link(s, hostile, other) : GROUND_NONE;
    if (ground != GROUND_NONE) return ground;
    if (h->token && h->token == o->token) return GROUND_TOKEN;
    if (same_device(s, h, o)) return GROUND_DEVICE;
    if (same_place(s, h, o) || same_operator(s, h, o)) return GROUND_PLACE;
    if (s->asked_by[other] == hostile || s->asked_by[hostile] == other) return GROUND_RESET;
    return s->password_from[other] == hostile ? GROUND_PASSWORD : GROUND_NONE;
}

static void find(struct search *s, uint16_t i, enum whose whose, enum ground ground, uint16_t by) {
    s->out->findings[i] = (struct finding){whose, ground, by};
}

static void find_hostile(struct search *s, uint16_t i, enum ground ground, uint16_t by) {
    find(s, i, WHOSE_HIJACKER, ground, by);
    s->queue[s->queue_size++] = i;
}

/* Can a hijacker have done this at all, and over a path that is not the owner's? */
static bool can_be_hostile(const struct search *s, uint16_t i) {
    const struct trace *t = &s->traces[i];
    return !t->by_object && s->own[i] == GROUND_NONE && kind_group(t->of->event.kind) != GROUP_OWN;
}

/*
 * Before the sure acts, or with them. Once an incident is open, scores rise with it whoever comes: the judgement of a later day tells that
 * the account is in danger and not who was there.
 */
static bool is_with_sure_acts(const struct search *s, uint16_t i, size_t sure_count) {
    for (size_t k = 0; k < sure_count; k++) {
        int64_t after_ms = s->traces[i].time_ms - s->traces[s->queue[k]].time_ms;
        if (after_ms <= APART_MS && after_ms >= -SOLD_MS) return true;
    }
    return !sure_count;
}

/* What is judged on a path that looks like the owner's, is doubted; what the owner says of it, is not. */
static bool is_trusted_seed(const struct search *s, uint16_t i, size_t sure_count) {
    if (!can_be_hostile(s, i)) return false;
    if (is_sure_seed(s, i)) return true;
    if (is_customary(s, &s->traces[i])) return false;
    return !s->usual[i] && !is_familiar(s, &s->traces[i]) && !is_at_owners(s, &s->traces[i]) && is_with_sure_acts(s, i, sure_count);
}

/* By place, by reset or by password: what many may share, or come by. */
static bool is_weak(enum ground ground) {
    return ground == GROUND_PLACE || ground == GROUND_RESET || ground == GROUND_PASSWORD;
}

/* A detector's later word on another path tells of that session; who else comes that way, or with which password, it does not tell. */
static bool reaches(const struct search *s, uint16_t i, enum ground ground, bool sure) {
    if (s->usual[i] && ground != GROUND_SESSION) return false;
    const struct trace *t = &s->traces[i];
    if (is_weak(ground) && !is_accused(s, t) && seen_calm(s, t->device) && !client_contradicts(s, t)) return false;
    return sure || ground == GROUND_SESSION || ground == GROUND_STOLEN_SESSION || ground == GROUND_TOKEN;
}

static void follow_links(struct search *s, size_t from, bool sure) {
    for (size_t done = from; done < s->queue_size; done++) {
        uint16_t hostile = s->queue[done];
        for (uint16_t i = 0; i < s->count; i++) {
            if (is_hijackers(s, i) || !can_be_hostile(s, i)) continue;
            enum ground ground = link(s, hostile, i);
            if (ground != GROUND_NONE && reaches(s, i, ground, sure)) find_hostile(s, i, ground, hostile);
        }
    }
}

/* Everything that can be reached from the seeds, the sure ones first; at most THREAD_COUNT_MAX squared looks at a pair, 0.3 ms. */
static void spread(struct search *s) {
    for (uint16_t i = 0; i < s->count; i++)
        if (s->seed[i] != GROUND_NONE && is_sure_seed(s, i) && can_be_hostile(s, i)) find_hostile(s, i, s->seed[i], NOBODY);
    follow_links(s, 0, true);
    size_t from = s->queue_size;
    for (uint16_t i = 0; i < s->count; i++)
        if (s->seed[i] != GROUND_NONE && !is_hijackers(s, i) && is_trusted_seed(s, i, from)) find_hostile(s, i, s->seed[i], NOBODY);
    follow_links(s, from, false);
}

/* Strangers who come and go between two acts of the hijacker's, hours from the next of them, are no others. */
static bool is_in_between(const struct search *s, uint16_t i, size_t known) {
    int64_t before_ms = INT64_MAX, after_ms = INT64_MAX;
    for (size_t k = 0; k < known; k++) {
        int64_t apart_ms = s->traces[i].time_ms - s->traces[s->queue[k]].time_ms;
        if (apart_ms >= 0 && apart_ms < before_ms) before_ms = apart_ms;
        if (apart_ms <= 0 && -apart_ms < after_ms) after_ms = -apart_ms;
    }
    bool between = before_ms != INT64_MAX && after_ms != INT64_MAX;
    return between && (before_ms <= APART_MS || after_ms <= APART_MS);
}

static void suspect_in_between(struct search *s) {
    size_t known = s->queue_size;
    for (uint16_t i = 0; i < s->count; i++) {
        const struct trace *t = &s->traces[i];
        bool stranger = t->prefix && !is_hijackers(s, i) && can_be_hostile(s, i) && is_stranger(s, i, s->attack_ms);
        if (stranger && is_in_between(s, i, known) && !came_by_reset(s, t)) find_hostile(s, i, GROUND_UNLIKE, NOBODY);
    }
    follow_links(s, known, false);
}

/* A seed on the owner's path: itself by who said it, and its session, for the length of a sitting, not the owner's without question. */
static void doubt(struct search *s, uint16_t seed) {
    const struct trace *t = &s->traces[seed];
    bool said = s->seed[seed] == GROUND_SAID && speaks_for_owner(s, s->speaker[seed]);
    enum ground ground = s->confirmed ? GROUND_CONFIRMED : GROUND_DOUBTED;
    enum whose whose = s->confirmed ? WHOSE_HIJACKER : WHOSE_UNKNOWN;
    for (uint16_t i = 0; i < s->count; i++) {
        const struct trace *o = &s->traces[i];
        int64_t apart_ms = o->time_ms > t->time_ms ? o->time_ms - t->time_ms : t->time_ms - o->time_ms;
        if (t->session && o->session == t->session && apart_ms <= DOUBT_MS && !is_hijackers(s, i)) find(s, i, whose, ground, seed);
    }
    bool is_unpathed = s->own[seed] == GROUND_NONE && t->by_object;
    if (said || is_unpathed) find(s, seed, WHOSE_HIJACKER, s->seed[seed], NOBODY);
    else find(s, seed, whose, ground, NOBODY);
}

/* In the same session, or where none was sent on the same device, from the same network. */
static bool is_same_visitor(const struct trace *a, const struct trace *b) {
    if (!a->prefix || a->prefix != b->prefix) return false;
    return a->session || b->session ? a->session == b->session : a->device == b->device && trace_same_client(a, b);
}

static bool is_disowned(const struct search *s, uint16_t i) {
    return s->seed[i] == GROUND_SAID && !s->traces[i].by_object && speaks_for_owner(s, s->speaker[i]);
}

/*
 * What the owner disowns on his own path was done by somebody who holds his device: what was done in the same sitting, before and after, is
 * the same person's.
 */
static void follow_sitting(struct search *s, uint16_t seed) {
    for (int step = -1; step <= 1; step += 2) {
        int64_t last_ms = s->traces[seed].time_ms;
        for (size_t i = seed; i < s->count; i += (size_t)step) {
            const struct trace *t = &s->traces[i];
            int64_t apart_ms = t->time_ms > last_ms ? t->time_ms - last_ms : last_ms - t->time_ms;
            if (apart_ms > SITTING_MS) break;
            if (t->by_object || !is_same_visitor(t, &s->traces[seed])) continue;
            if (kind_group(t->of->event.kind) == GROUP_OWN || kind_group(t->of->event.kind) == GROUP_PEOPLE) continue;
            last_ms = t->time_ms;
            if (!is_hijackers(s, (uint16_t)i)) find(s, (uint16_t)i, WHOSE_HIJACKER, GROUND_SESSION, seed);
        }
    }
}

/* ---- the rest --------------------------------------------------------------------------------------------------------------------- */

/* Opened on a path of the owner's, and nothing speaks for another client since. */
static bool in_own_session(const struct search *s, const struct trace *t) {
    uint16_t opener = s->facts[t->session].opener;
    if (opener == NOBODY || s->own[opener] == GROUND_NONE) return false;
    return trace_same_client(t, &s->traces[opener]);
}

static bool line_is_hostile(const struct search *s, uint16_t line) {
    for (uint16_t i = 0; i < s->count; i++)
        if (s->traces[i].line == line && is_hijackers(s, i)) return true;
    return false;
}

/* A bare event of a session that was the owner's until somebody stole it. */
static bool in_stolen_session(const struct search *s, uint16_t i) {
    if (s->own[i] != GROUND_OWN_SESSION) return false;
    for (uint16_t k = 0; k < i; k++)
        if (s->traces[k].session == s->traces[i].session && is_hijackers(s, k)) return true;
    return false;
}

/* An event with an access path that nothing links to the attack. */
static struct finding unlinked(const struct search *s, uint16_t i) {
    const struct trace *t = &s->traces[i];
    if (in_stolen_session(s, i)) return (struct finding){WHOSE_UNKNOWN, GROUND_DOUBTED, NOBODY};
    if (s->own[i] != GROUND_NONE) return (struct finding){WHOSE_OWNER, s->own[i], NOBODY};
    if (in_own_session(s, t)) return (struct finding){WHOSE_OWNER, GROUND_OWN_SESSION, s->facts[t->session].opener};
    if (usual_before(s, t) != GROUND_NONE && !is_accused(s, t)) return (struct finding){WHOSE_OWNER, GROUND_BEFORE, NOBODY};
    if (!t->shared && used_before(s, t->line) && !line_is_hostile(s, t->line))
        return (struct finding){WHOSE_OWNER, GROUND_OWN_LINE, NOBODY};
    if (t->calm && t->time_ms > s->last_ms + CAMPAIGN_MS) return (struct finding){WHOSE_OWNER, GROUND_QUIET, NOBODY};
    return (struct finding){WHOSE_UNKNOWN, GROUND_NEW_PATH, NOBODY};
}

/* Something without an access path: words of people, our own doings. What happened to objects comes later. */
static struct finding pathless(const struct event *e) {
    if (e->kind == KIND_OWNER_STATEMENT) return (struct finding){WHOSE_OWNER, GROUND_SPOKEN, NOBODY};
    if (kind_group(e->kind) == GROUP_PEOPLE) return (struct finding){WHOSE_UNKNOWN, GROUND_STAFF, NOBODY};
    return (struct finding){WHOSE_UNKNOWN, kind_group(e->kind) == GROUP_OWN ? GROUND_OURS : GROUND_NO_MAKER, NOBODY};
}

static void find_rest(struct search *s) {
    s->last_ms = s->attack_ms;
    for (uint16_t i = 0; i < s->count; i++) {
        if (is_hijackers(s, i)) s->last_ms = s->traces[i].time_ms;
        if (s->out->findings[i].ground != GROUND_NONE) continue;
        const struct event *e = &s->traces[i].of->event;
        bool over_path = !s->traces[i].by_object && kind_group(e->kind) != GROUP_OWN;
        s->out->findings[i] = over_path ? unlinked(s, i) : pathless(e);
    }
}

/* Is it still open whose it was, and may an object or a token tell? */
static bool asks_for_maker(const struct search *s, uint16_t i) {
    const struct trace *t = &s->traces[i];
    enum ground ground = s->out->findings[i].ground;
    return (t->by_object && ground == GROUND_NO_MAKER) || (is_by_token_alone(t) && ground == GROUND_NEW_PATH);
}

/*
 * A state names an order and its parcel, a later one the parcel alone: what is named together has the same maker. Two rounds, because the
 * event that ties two objects together may come after the one that needs it.
 */
static void follow_objects(struct search *s) {
    for (size_t round = 0; round < 2 * s->count; round++) {
        uint16_t i = (uint16_t)(round % s->count);
        const struct trace *t = &s->traces[i];
        if (!asks_for_maker(s, i)) continue;
        uint16_t maker = t->by_object ? maker_of(s, t) : s->facts[t->token].opener;
        if (maker >= s->count || maker == i) continue;
        for (enum object o = 0; o < OBJECT_COUNT; o++)
            if (t->touched[o] && s->facts[t->touched[o]].opener == NOBODY) s->facts[t->touched[o]].opener = maker;
        find(s, i, s->out->findings[maker].whose, GROUND_OBJECT, maker);
    }
}

static void measure_window(struct lineage *l) {
    for (size_t i = 0; i < l->count; i++) {
        if (l->findings[i].whose != WHOSE_HIJACKER) continue;
        if (!l->from_ms) l->from_ms = l->traces[i].time_ms;
        l->to_ms = l->traces[i].time_ms;
    }
}

static void search_init(struct search *s, struct lineage *l, const struct account_event *thread, size_t count, struct arena *step) {
    struct names *names = take(step, sizeof *names);
    names_init(names, (uint16_t)(count * TRACE_NAMES_MAX), step);
    *l = (struct lineage){.traces = trace_thread(thread, count, names, step), .count = count, .trigger = NOBODY, .names = names};
    l->findings = take(step, count * sizeof *l->findings);
    memset(l->findings, 0, count * sizeof *l->findings);
    *s = (struct search){.out = l, .traces = l->traces, .count = count};
    s->name_count = names->count;
    s->facts = take(step, s->name_count * sizeof *s->facts);
    const struct fact nothing = {.opener = NOBODY, .tainted_ms = INT64_MAX, .accused_from_ms = INT64_MAX, .accused_to_ms = INT64_MIN};
    for (size_t i = 0; i < s->name_count; i++) s->facts[i] = nothing;
    s->speaker = nobodies(step, count);
    s->seed = take(step, count * sizeof *s->seed);
    s->own = take(step, count * sizeof *s->own);
    memset(s->seed, 0, count * sizeof *s->seed);
    s->usual = take(step, count * sizeof *s->usual);
    memset(s->own, 0, count * sizeof *s->own);
    memset(s->usual, 0, count * sizeof *s->usual);
    s->asked_by = nobodies(step, count);
    s->password_from = nobodies(step, count);
    s->queue = nobodies(step, count);
}

void lineage_find(struct lineage *l, const struct account_event *thread, size_t count, uint64_t open_position, struct arena *step) {
    struct search s;
    search_init(&s, l, thread, count, step);
    s.opening = lineage_at(l, open_position);
    CHECK(s.opening != NOBODY);
    index_openers(&s);
    index_makers(&s);
    index_credentials(&s);
    collect_seeds(&s, open_position);
    if (l->trigger == NOBODY) suspect(&s);
    date_attack(&s);
    settle_paths(&s, open_position);
    hear_accusers(&s);
    find_own_accesses(&s);
    suspect_beside(&s);
    spread(&s);
    suspect_in_between(&s);
    for (uint16_t i = 0; i < count; i++)
        if (s.seed[i] != GROUND_NONE && !is_hijackers(&s, i)) doubt(&s, i);
    for (uint16_t i = 0; i < count; i++)
        if (is_disowned(&s, i)) follow_sitting(&s, i);
    find_rest(&s);
    follow_objects(&s);
    l->first_seed_ms = s.attack_ms;
    measure_window(l);
}
