// SPDX-License-Identifier: Apache-2.0
/* Attributes the events of a thread to the hijacker or the owner: follows the links from the seeds, and judges what they do not reach. */
#include "incident/lineage.h"

#include "incident/seeds.h"
#include "incident/step.h"

/* A doubted seed throws doubt on as much of its session as one sitting may last. */
#define DOUBT_MS DAY_MS
/* Acts no further apart than this are of one sitting. */
#define SITTING_MS (HOUR_MS / 2)
/* What was found is sold, and used weeks later by another. */
#define SOLD_MS (28 * DAY_MS)
/* A score that 0.7 % of owners' own logins reach: enough where it is known that a thief has the password. */
#define STRANGE_SCORE_MIN 700

struct search {
    struct lineage *out;
    const struct trace *traces;
    size_t count;
    struct origins origins;
    struct paths paths;
    struct seeds seeds;
    bool *copied;    /* of each name: a device that the hijacker carries in a session which another had opened with it */
    uint16_t *queue; /* the hijacker's, in the order in which they were found */
    size_t queue_size;
    int64_t last_ms; /* last act over the hijacker's path before the trace at hand */
};

/* ---- links ------------------------------------------------------------------------------------------------------------------------ */

/*
 * Within one session. Where the hijacker opened it, all of it is his. Where the owner had opened it, or another client, calmly and from
 * elsewhere, the session was stolen, and only what comes from the thief's client is his. (A page in between, which logs in for the victim
 * and hands the session on, is a machine on a hosting network, and seldom calm.)
 */
static bool is_stolen(const struct search *s, uint16_t first, uint16_t hostile) {
    const struct trace *opener = &s->traces[first], *h = &s->traces[hostile];
    if (first == hostile) return false;
    if (s->paths.own[first] != GROUND_NONE || s->paths.usual[first]) return true;
    bool moved = opener->prefix && h->prefix && opener->prefix != h->prefix;
    if (moved && s->paths.facts[opener->device].anchored) return true;
    bool away = opener->operator&& h->operator? opener->operator!= h->operator: moved;
    if (away && opener->calm && !opener->shared && !trace_same_client(opener, h)) return true;
    if (h->time_ms <= opener->time_ms + APART_MS) return false;
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
    uint16_t first = s->origins.of[h->session];
    const struct trace *opener = &s->traces[first];
    if (is_stolen(s, first, hostile)) {
        if (trace_is_bare(o) || !trace_same_client(o, h)) return GROUND_NONE;
        bool thiefs = o->prefix == h->prefix || (!trace_is_away(o, h) && trace_is_away(o, opener));
        return !trace_same_client(o, opener) || thiefs ? GROUND_STOLEN_SESSION : GROUND_NONE;
    }
    bool alike = (o->shared && h->shared) || (!o->calm && o->time_ms < h->time_ms);
    return is_hijackers(s, first) || alike || !is_apart(h, o) ? GROUND_SESSION : GROUND_NONE;
}

static bool same_place(const struct search *s, const struct trace *a, const struct trace *b) {
    int64_t apart_ms = a->time_ms < b->time_ms ? b->time_ms - a->time_ms : a->time_ms - b->time_ms;
    bool contested = !s->paths.has_past && (paths_seen_calm(&s->paths, a->place) || paths_seen_calm(&s->paths, a->place_ja4));
    bool homely = s->paths.facts[a->operator].home || s->paths.facts[a->prefix].home;
    if (apart_ms > (homely ? VISIT_MS : contested ? APART_MS : CAMPAIGN_MS)) return false;
    if (a->place && a->place == b->place && !paths_established(&s->paths, a->place)) return true;
    return a->place_ja4 && a->place_ja4 == b->place_ja4 && !paths_established(&s->paths, a->place_ja4);
}

/* Addresses change from act to act, but not the operator and the client: where the owner was never seen, that is one visitor. */
static bool same_operator(const struct search *s, const struct trace *a, const struct trace *b) {
    bool same = a->operator&& a->operator== b->operator&& a->client && a->client == b->client;
    return same && !paths_seen_days_before(&s->paths, a->operator) && !is_apart(a, b);
}

/* A device that was the owner's, or may have been: only what came from the hijacker's network with it is the hijacker's. */
static bool same_device(const struct search *s, const struct trace *a, const struct trace *b) {
    if (!a->device || a->device != b->device || paths_established(&s->paths, a->device)) return false;
    if (s->paths.facts[a->device].anchored) return a->prefix == b->prefix;
    if (s->copied[a->device] && trace_is_away(a, b)) return false;
    if (paths_seen_days_before(&s->paths, a->device) && paths_is_at_home(&s->paths, b) && trace_is_away(a, b)) return false;
    if (!s->paths.has_past && paths_seen_days_before(&s->paths, a->device)) return !trace_is_away(a, b) && !is_apart(a, b);
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
    if (s->origins.asked_by[other] == hostile || s->origins.asked_by[hostile] == other) return GROUND_RESET;
    return s->origins.password_from[other] == hostile && !o->calm ? GROUND_PASSWORD : GROUND_NONE;
}

/* ---- from the seeds --------------------------------------------------------------------------------------------------------------- */

static void find(struct search *s, uint16_t i, enum whose whose, enum ground ground, uint16_t by) {
    s->out->findings[i] = (struct finding){whose, ground, by};
}

/* Whoever stole the session has the device's id with its cookies; where the owner goes on with it, it is his. */
static bool is_copied(const struct search *s, uint16_t i) {
    const struct trace *t = &s->traces[i];
    uint16_t first = s->origins.of[t->session];
    if (!t->device || first == NOBODY || is_hijackers(s, first)) return false;
    return s->traces[first].device == t->device && is_stolen(s, first, i);
}

static void find_hostile(struct search *s, uint16_t i, enum ground ground, uint16_t by) {
    find(s, i, WHOSE_HIJACKER, ground, by);
    s->queue[s->queue_size++] = i;
    if (is_copied(s, i)) s->copied[s->traces[i].device] = true;
}

/* Can a hijacker have done this at all, and over a path that is not the owner's? */
static bool can_be_hostile(const struct search *s, uint16_t i) {
    const struct trace *t = &s->traces[i];
    return !t->by_object && s->paths.own[i] == GROUND_NONE && kind_group(t->of->event.kind) != GROUP_OWN;
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
    if (seeds_is_sure(&s->seeds, i)) return true;
    if (paths_is_customary(&s->paths, &s->traces[i])) return false;
    return !s->paths.usual[i] && !paths_is_familiar(&s->paths, &s->traces[i]) && !paths_is_at_owners(&s->paths, &s->traces[i]) &&
           is_with_sure_acts(s, i, sure_count);
}

/* By place, by reset or by password: what many may share, or come by. */
static bool is_weak(enum ground ground) {
    return ground == GROUND_PLACE || ground == GROUND_RESET || ground == GROUND_PASSWORD;
}

/* A detector's later word on another path tells of that session; who else comes that way, or with which password, it does not tell. */
static bool reaches(const struct search *s, uint16_t i, enum ground ground, bool sure) {
    if (s->paths.usual[i] && ground != GROUND_SESSION) return false;
    const struct trace *t = &s->traces[i];
    if (is_weak(ground) && !paths_is_accused(&s->paths, t) && paths_seen_calm(&s->paths, t->device) &&
        !paths_client_contradicts(&s->paths, t))
        return false;
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

static bool is_login_by_password(const struct event *e) {
    return event_is_login_success(e) && e->method == METHOD_PASSWORD;
}

/* Both logged in with the same password: the shop's tags say so, or else nobody set another in between. */
static bool same_password(const struct search *s, uint16_t a, uint16_t b) {
    const struct event *x = &s->traces[a].of->event, *y = &s->traces[b].of->event;
    if (!is_login_by_password(x) || !is_login_by_password(y)) return false;
    if (x->password_tag.size && y->password_tag.size) return str_equal(x->password_tag, y->password_tag);
    return s->origins.password_from[a] == s->origins.password_from[b];
}

/* The hijacker's login with the password that this one was made with too, in the same campaign or before it was sold; or NOBODY. */
static uint16_t knew_password(const struct search *s, uint16_t entry, size_t known) {
    for (size_t k = 0; k < known; k++) {
        int64_t after_ms = s->traces[entry].time_ms - s->traces[s->queue[k]].time_ms;
        if (after_ms <= SOLD_MS && after_ms >= -CAMPAIGN_MS && same_password(s, s->queue[k], entry)) return s->queue[k];
    }
    return NOBODY;
}

/* Hardly any owner comes so, or goes on so. */
static bool is_unlike_visit(const struct search *s, uint16_t entry) {
    const struct trace *t = &s->traces[entry];
    if (t->of->decision.score >= STRANGE_SCORE_MIN) return true;
    for (uint16_t i = entry; t->session && i < s->count; i++) {
        const struct trace *o = &s->traces[i];
        if (o->session == t->session && trace_same_client(o, t) && o->of->decision.score >= SUSPECT_SCORE_MIN) return true;
    }
    return false;
}

/*
 * Who has the password comes again from anywhere, until somebody sets another. Most strangers who log in with it are the owner, on a new
 * device or on a journey: a score has to speak against them too.
 */
static void suspect_by_password(struct search *s, size_t known) {
    for (uint16_t i = 0; i < s->count; i++) {
        if (is_hijackers(s, i) || !can_be_hostile(s, i) || !is_unlike_visit(s, i)) continue;
        uint16_t by = knew_password(s, i, known);
        if (by != NOBODY && seeds_is_stranger(&s->seeds, i, s->traces[i].time_ms)) find_hostile(s, i, GROUND_KNOWN_PASSWORD, by);
    }
}

/* Everything that can be reached from the seeds, the sure ones first; at most THREAD_COUNT_MAX squared looks at a pair, 0.3 ms. */
static void spread(struct search *s) {
    for (uint16_t i = 0; i < s->count; i++)
        if (s->seeds.of[i] != GROUND_NONE && seeds_is_sure(&s->seeds, i) && can_be_hostile(s, i))
            find_hostile(s, i, s->seeds.of[i], NOBODY);
    follow_links(s, 0, true);
    size_t from = s->queue_size;
    for (uint16_t i = 0; i < s->count; i++)
        if (s->seeds.of[i] != GROUND_NONE && !is_hijackers(s, i) && is_trusted_seed(s, i, from)) find_hostile(s, i, s->seeds.of[i], NOBODY);
    suspect_by_password(s, from);
    follow_links(s, from, false);
}

/* Strangers who come and go between two acts of the hijacker's, hours from the next of them, are no others, unless they come calmly. */
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
        bool stranger =
            t->prefix && !t->calm && !is_hijackers(s, i) && can_be_hostile(s, i) && seeds_is_stranger(&s->seeds, i, s->paths.attack_ms);
        if (stranger && is_in_between(s, i, known) && !seeds_came_by_reset(&s->seeds, t)) find_hostile(s, i, GROUND_UNLIKE, NOBODY);
    }
    follow_links(s, known, false);
}

/* A seed on the owner's path: itself by who said it, and its session, for the length of a sitting, not the owner's without question. */
static void doubt(struct search *s, uint16_t seed) {
    const struct trace *t = &s->traces[seed];
    bool said = s->seeds.of[seed] == GROUND_SAID && paths_speak_for_owner(&s->paths, s->seeds.speaker[seed]);
    enum ground ground = s->seeds.confirmed ? GROUND_CONFIRMED : GROUND_DOUBTED;
    enum whose whose = s->seeds.confirmed ? WHOSE_HIJACKER : WHOSE_UNKNOWN;
    for (uint16_t i = 0; i < s->count; i++) {
        const struct trace *o = &s->traces[i];
        int64_t apart_ms = o->time_ms > t->time_ms ? o->time_ms - t->time_ms : t->time_ms - o->time_ms;
        if (t->session && o->session == t->session && apart_ms <= DOUBT_MS && !is_hijackers(s, i)) find(s, i, whose, ground, seed);
    }
    bool is_unpathed = s->paths.own[seed] == GROUND_NONE && t->by_object;
    if (said || is_unpathed) find(s, seed, WHOSE_HIJACKER, s->seeds.of[seed], NOBODY);
    else find(s, seed, whose, ground, NOBODY);
}

/* In the same session, or where none was sent on the same device, from the same network. */
static bool is_same_visitor(const struct trace *a, const struct trace *b) {
    if (!a->prefix || a->prefix != b->prefix) return false;
    return a->session || b->session ? a->session == b->session : a->device == b->device && trace_same_client(a, b);
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
    uint16_t opener = s->origins.of[t->session];
    if (opener == NOBODY || s->paths.own[opener] == GROUND_NONE) return false;
    return trace_same_client(t, &s->traces[opener]);
}

static bool line_is_hostile(const struct search *s, uint16_t line) {
    for (uint16_t i = 0; i < s->count; i++)
        if (s->traces[i].line == line && is_hijackers(s, i)) return true;
    return false;
}

/* A bare event of a session that was the owner's until somebody stole it. */
static bool in_stolen_session(const struct search *s, uint16_t i) {
    if (s->paths.own[i] != GROUND_OWN_SESSION) return false;
    for (uint16_t k = 0; k < i; k++)
        if (s->traces[k].session == s->traces[i].session && is_hijackers(s, k)) return true;
    return false;
}

/* An event with an access path that nothing links to the attack. */
static struct finding unlinked(const struct search *s, uint16_t i) {
    const struct trace *t = &s->traces[i];
    if (in_stolen_session(s, i)) return (struct finding){WHOSE_UNKNOWN, GROUND_DOUBTED, NOBODY};
    if (s->paths.own[i] != GROUND_NONE) return (struct finding){WHOSE_OWNER, s->paths.own[i], NOBODY};
    if (in_own_session(s, t)) return (struct finding){WHOSE_OWNER, GROUND_OWN_SESSION, s->origins.of[t->session]};
    if (paths_is_used_before(&s->paths, t) && !paths_is_accused(&s->paths, t)) return (struct finding){WHOSE_OWNER, GROUND_BEFORE, NOBODY};
    if (!t->shared && paths_used_before(&s->paths, t->line) && !line_is_hostile(s, t->line))
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
    s->last_ms = s->paths.attack_ms;
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
    return (t->by_object && ground == GROUND_NO_MAKER) || (trace_is_by_token_alone(t) && ground == GROUND_NEW_PATH);
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
        uint16_t maker = t->by_object ? origins_maker(&s->origins, t) : s->origins.of[t->token];
        if (maker >= s->count || maker == i) continue;
        origins_share(&s->origins, t, maker);
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
    struct names *names = step_take(step, sizeof *names);
    names_init(names, (uint16_t)(count * TRACE_NAMES_MAX), step);
    *l = (struct lineage){.traces = trace_thread(thread, count, names, step), .count = count, .names = names};
    l->findings = step_zeroes(step, count * sizeof *l->findings);
    *s = (struct search){.out = l, .traces = l->traces, .count = count, .queue = step_nobodies(step, count)};
    s->copied = step_zeroes(step, names->count * sizeof *s->copied);
    origins_init(&s->origins, l->traces, count, names->count, step);
    seeds_init(&s->seeds, &s->origins, step);
    paths_init(&s->paths, &s->origins, s->seeds.of, names->count, step);
}

void lineage_find(struct lineage *l, const struct account_event *thread, size_t count, uint64_t open_position, struct arena *step) {
    struct search s;
    search_init(&s, l, thread, count, step);
    seeds_find(&s.seeds, &s.paths, open_position);
    spread(&s);
    suspect_in_between(&s);
    for (uint16_t i = 0; i < count; i++)
        if (s.seeds.of[i] != GROUND_NONE && !is_hijackers(&s, i)) doubt(&s, i);
    for (uint16_t i = 0; i < count; i++)
        if (seeds_is_disowned(&s.seeds, i)) follow_sitting(&s, i);
    find_rest(&s);
    follow_objects(&s);
    l->trigger = s.seeds.trigger;
    l->first_seed_ms = s.paths.attack_ms;
    measure_window(l);
}

uint16_t lineage_at(const struct lineage *l, uint64_t position) {
    return trace_at(l->traces, l->count, position);
}
