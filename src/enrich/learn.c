// SPDX-License-Identifier: Apache-2.0
/* Writes what an event teaches: the account's new profile, and the deltas that teach the fleet. */
#include <string.h>

#include "base/hash.h"
#include "base/moment.h"
#include "enrich/enrich.h"
#include "enrich/plan.h"
#include "enrich/profile.h"
#include "enrich/region.h"

/*
 * The rules that keep a hijacker from teaching (docs/explanation/score.md):
 *   - only a login lets a path be learned; a session that moved to another path, or a login by cookie alone, teaches nothing
 *   - a login that looked risky puts its path into probation; it stays there until the owner is proven on it, or until a device that is
 * known from another path is seen on it. Only where nothing decided against it (lesson.trains) and the account is hardly known yet, it
 * teaches
 *   - a path in probation counts the days on which it is used. After three of them it teaches, if no login over it ever looked risky:
 * what was a little strange and was followed by nothing was the owner's new telephone
 *   - proof is a challenge passed, a passkey, a link or code on a known path (features.proves_owner), or the owner's word (lesson.cleared)
 *   - a path grows by one login a day, a little more for the rest of the day; an account's very first login counts half
 *   - a path teaches the fleet by one login a day: whoever logs in to accounts of his own all day makes no network common
 */
#define PROBATION_DAYS    3
#define FIRST_LOGIN_16    8
#define SAME_DAY_LOGIN_16 2
#define COUNT_16_MAX      60000
/* A path on which nothing is the owner's already teaches only below this score: the first strange login is the one that must not be
 * learned. */
#define STRANGER_SCORE_MAX 250
/* Below so many logins an account has hardly habits that could be betrayed, and its owner must be able to form some. */
#define ESTABLISHED_16  (2 * LOGIN_16)
#define YOUNG_SCORE_MAX 700
/* An act of this score marks what it makes, so that what becomes of it is judged alike. */
#define OBJECT_SCORE_MIN 250
#define PATH_SCORE_DAYS  30
/* A path of which a person said that it was not the owner's. */
#define HOSTILE_SCORE 980
#define SECONDS(ms)   ((uint32_t)((ms) / SECOND_MS))

struct student {
    const struct event *event;
    const struct features *f;
    const struct access_path *path;
    const struct lesson *lesson;
    uint64_t seed;
    uint16_t day;
    uint32_t at_s, mark;
    bool risky;        /* looked risky, and was not proven to be the owner */
    bool trains;       /* may teach the profile and the fleet */
    bool aged;         /* the path was in probation for long enough */
    bool corroborated; /* the device id, or the very address, is one that other logins of the account were learned with */
};

static void raise(uint32_t *time_s, uint32_t at_s) {
    if (at_s > *time_s) *time_s = at_s;
}

static uint8_t in_fours(unsigned score) {
    return (uint8_t)(score / 4 > 255 ? 255 : score / 4);
}

/* -- attempts and changes ------------------------------------------------------------------------------------------------------------- */

static void note_tried(struct profile *p, const struct student *s) {
    uint16_t ip = mark16(s->path->hash[ATTR_IP]), hour = (uint16_t)(s->event->time_ms / HOUR_MS);
    if (!ip) return;
    if ((uint16_t)(hour - p->tried_hour) >= 24) {
        memset(p->tried, 0, sizeof p->tried);
        p->tried_hour = hour;
    }
    for (unsigned i = 0; i < TRIED_COUNT; i++) {
        if (p->tried[i] == ip) return;
        if (p->tried[i]) continue;
        p->tried[i] = ip;
        return;
    }
}

static void note_attempt(struct profile *p, const struct student *s) {
    if (s->event->kind != KIND_LOGIN) return;
    if (s->event->outcome == OUTCOME_FAILURE) {
        note_tried(p, s);
        if (p->failures < UINT16_MAX) p->failures++;
        raise(&p->last_failure_s, s->at_s);
    } else if (s->at_s >= p->last_failure_s) {
        p->failures = 0;
    }
}

static void note_change(struct profile *p, const struct student *s) {
    enum changed what = CHANGED_COUNT;
    if (s->event->kind == KIND_PASSWORD_CHANGED) what = CHANGED_PASSWORD;
    if (s->event->kind == KIND_EMAIL_CHANGED) what = CHANGED_EMAIL;
    if (s->event->kind == KIND_PHONE_CHANGED) what = CHANGED_PHONE;
    if (s->event->kind == KIND_ADDRESS_CHANGED) what = CHANGED_ADDRESS;
    if (s->event->kind == KIND_PAYMENT_METHOD_CHANGED) what = CHANGED_PAYMENT;
    if (s->event->kind == KIND_MFA_CHANGED) what = CHANGED_MFA;
    if (s->event->kind == KIND_NOTIFICATION_SETTINGS_CHANGED) what = CHANGED_NOTIFICATION;
    if (s->event->kind == KIND_PASSWORD_RESET_REQUESTED) what = CHANGED_RESET_REQUEST;
    if (what == CHANGED_COUNT) return;
    if (what == CHANGED_RESET_REQUEST && s->at_s >= p->changed_s[what]) p->reset_path = s->mark;
    raise(&p->changed_s[what], s->at_s);
}

/* -- paths ---------------------------------------------------------------------------------------------------------------------------- */

static void grow(struct profile *p, struct path *path, uint16_t day) {
    bool again = path->count_16 && path->last_day >= day;
    uint16_t by = again ? SAME_DAY_LOGIN_16 : p->logins ? LOGIN_16 : FIRST_LOGIN_16;
    if (path->count_16 < COUNT_16_MAX) path->count_16 = (uint16_t)(path->count_16 + by);
    if (p->total_16 < COUNT_16_MAX) p->total_16 = (uint16_t)(p->total_16 + by);
    if (p->logins < UINT16_MAX) p->logins++;
}

/* What varies on one and the same path: the latest value is the one that is known. */
static void follow(struct path *path, const struct access_path *a, uint16_t day) {
    path->ip = mark16(a->hash[ATTR_IP]);
    path->prefix = a->asn || a->country[0] ? mark16(a->hash[ATTR_PREFIX]) : path->prefix;
    path->ua = mark16(a->hash[ATTR_UA]);
    path->ja4 = mark16(a->hash[ATTR_JA4]);
    path->language = a->language;
    path->zone = a->zone;
    if (day > path->last_day) path->last_day = day;
}

static void prove(struct profile *p, struct path *path, uint16_t day) {
    if (path->flags & PATH_PROBATION) path->count_16 = 0;
    path->flags &= (uint8_t) ~(PATH_PROBATION | PATH_HOSTILE);
    path->score_4 = 0;
    grow(p, path, day);
}

/*
 * What somebody said of a path weighs in full; what was inferred weighs as much as the path scored, so that one wrong inference does not
 * feed the next. A path with five days of the owner's logins is his: what a hijacker does over it is held against the session, not the
 * path.
 */
static void accuse(struct path *path, bool said) {
    if (path_is_trained(path) && path->count_16 >= 5 * LOGIN_16) return;
    path->flags |= PATH_HOSTILE;
    path->count_16 = 0;
    if (said) path->score_4 = in_fours(HOSTILE_SCORE);
}

static bool taught_today(struct profile *p, const struct student *s) {
    const struct path *path = profile_path(p, s->mark);
    return path && path_is_trained(path) && path->last_day >= s->day;
}

static void stay_in_probation(struct path *path, const struct student *s) {
    bool new_day = !(path->flags & PATH_PROBATION) || path->last_day < s->day;
    path->flags |= PATH_PROBATION;
    if (new_day && path->count_16 < COUNT_16_MAX) path->count_16 = (uint16_t)(path->count_16 + LOGIN_16);
    follow(path, s->path, s->day);
}

static void learn_login(struct profile *p, const struct student *s) {
    struct path *path = profile_path(p, s->mark);
    bool known = path != NULL;
    if (!known) path = profile_add_path(p, s->path, s->day, s->trains);
    if (!path) return;
    if (path->flags & PATH_HOSTILE && s->f->path_hostile && !s->f->proves_owner) return; /* stays as it was when it was accused */
    if (s->day > path->last_day + PATH_SCORE_DAYS) path->score_4 = 0;
    if (in_fours(s->lesson->score) > path->score_4) path->score_4 = in_fours(s->lesson->score);
    if (s->f->proves_owner && !s->lesson->taken_over) {
        prove(p, path, s->day);
        follow(path, s->path, s->day);
    } else if (s->trains && (!known || path_is_trained(path) || s->corroborated || s->aged)) {
        if (path->flags & PATH_PROBATION) path->count_16 = 0;
        path->flags &= (uint8_t)~PATH_PROBATION;
        grow(p, path, s->day);
        follow(path, s->path, s->day);
    } else {
        if (!path_is_trained(path)) stay_in_probation(path, s);
    }
}

/*
 * A session that goes on elsewhere teaches nothing. But that the account is used over this path, day after day, is known then, and tells
 * something where the path is judged.
 */
static void note_visit(struct profile *p, const struct student *s, const struct session *session) {
    bool stolen = s->f->session_state == SESSION_MOVED_CLIENT || s->lesson->taken_over || s->f->path_hostile;
    if (!session || stolen || !s->mark || event_is_login_success(s->event)) return;
    struct path *path = profile_path(p, s->mark);
    bool known = path != NULL;
    if (!known) path = profile_add_path(p, s->path, s->day, false);
    if (!path || path_is_trained(path)) return;
    if (in_fours(s->lesson->score) > path->score_4) path->score_4 = in_fours(s->lesson->score);
    stay_in_probation(path, s);
}

/* A challenge passed proves the path of its session, or its own. */
static void learn_proof(struct profile *p, const struct student *s, struct session *session) {
    uint32_t mark = session ? (uint32_t)session->network << 16 | session->client : s->mark;
    struct path *path = profile_path(p, mark);
    if (path) prove(p, path, s->day);
    if (session) session->score = 0, session->flags |= SESSION_CLEARED;
    if (p->risky_path == mark) p->risky_s = 0;
}

/*
 * An entry that looks risky now did not look so when it taught: its path bears the score. What it taught stays: a path that is put into
 * probation for what others did goes on to look odd, and whoever has many accounts on one network taught the scale so that odd is usual.
 */
static void learn_review(struct profile *p, const struct student *s) {
    struct path *path = profile_path(p, s->mark);
    if (!path || !s->risky) return;
    if (in_fours(s->lesson->score) > path->score_4) path->score_4 = in_fours(s->lesson->score);
}

/* -- sessions ------------------------------------------------------------------------------------------------------------------------- */

static struct session *open_session(struct profile *p, const struct student *s) {
    uint32_t id = mark32(hash_str(s->event->session, s->seed));
    struct session *session = profile_add_session(p, id);
    *session = (struct session){
        .id = id,
        .started_s = s->at_s,
        .network = path_network_mark(s->path),
        .client = path_client_mark(s->path),
    };
    return session;
}

static void note_session(struct profile *p, const struct student *s) {
    struct session *session = profile_session(p, s->event->session, s->seed);
    if (s->f->proves_owner && s->event->kind == KIND_CHALLENGE && !s->lesson->taken_over) {
        learn_proof(p, s, session);
        return;
    }
    bool lives = event_is_login_success(s->event) || kind_group(s->event->kind) == GROUP_CREDENTIAL ||
                 kind_group(s->event->kind) == GROUP_VALUE || s->event->kind == KIND_SESSION_SEEN;
    bool anew = !session || (event_is_login_success(s->event) && s->event->method != METHOD_COOKIE);
    if (anew && lives && s->event->session.size && s->path->present) session = open_session(p, s);
    if (!session) return;
    if (s->lesson->score > session->score) session->score = s->lesson->score;
    if (s->lesson->taken_over) session->flags |= SESSION_HOSTILE;
    if (lives) note_visit(p, s, session);
    if (s->f->act) session->acts |= (uint8_t)(1U << (s->f->act - 1));
    if (s->f->session_state == SESSION_MOVED_NETWORK && !s->risky) session->network = path_network_mark(s->path);
    if (s->event->kind == KIND_LOGIN && s->f->proves_owner && !s->lesson->taken_over) session->score = 0;
}

/* -- suspicion ------------------------------------------------------------------------------------------------------------------------ */

static void note_risky(struct profile *p, const struct student *s) {
    if (!s->risky || !s->f->judges_path) return;
    const struct session *entered = s->event->kind == KIND_ENTRY_REVIEWED ? profile_session(p, s->event->session, s->seed) : NULL;
    uint32_t at_s = entered ? entered->started_s : s->at_s;
    if (at_s < p->risky_s) return;
    p->risky_s = at_s;
    p->risky_path = s->mark;
    p->risky_score = s->lesson->score;
}

/* A statement or verdict carries no path: it speaks of the last risky login. */
static void note_takeover(struct profile *p, const struct student *s) {
    if (!s->lesson->taken_over) return;
    struct path *path = profile_path(p, s->mark ? s->mark : p->risky_path);
    if (path) accuse(path, !s->mark);
    for (unsigned i = 0; !s->mark && i < SESSION_COUNT; i++)
        if (p->sessions[i].score >= RISKY_SCORE) p->sessions[i].flags |= SESSION_HOSTILE;
}

/* It was the owner after all: every path of an open session is his. */
static void forget_suspicion(struct profile *p, const struct student *s) {
    p->risky_s = 0;
    memset(p->objects, 0, sizeof p->objects);
    for (unsigned i = 0; i < SESSION_COUNT; i++) {
        struct session *session = &p->sessions[i];
        if (!session->id) continue;
        struct path *path = profile_path(p, (uint32_t)session->network << 16 | session->client);
        if (path && !path_is_trained(path)) prove(p, path, s->day);
        session->score = 0;
        session->flags = SESSION_CLEARED;
    }
}

static void note_objects(struct profile *p, const struct student *s) {
    const struct event *e = s->event;
    bool makes = s->f->act != ACT_NONE && (s->lesson->score >= OBJECT_SCORE_MIN || s->lesson->taken_over);
    const struct str ids[] = {e->order, e->charge, e->token, e->address, e->payment_method, e->membership};
    for (size_t i = 0; makes && i < sizeof ids / sizeof *ids; i++) {
        if (!ids[i].size) continue;
        /* What the owner had on file before, a hijacker uses but does not make. */
        if (e->kind == KIND_ORDER_PLACED && (i == 3 || i == 4)) continue;
        struct object *o = profile_add_object(p, hash_str(ids[i], s->seed));
        if (in_fours(s->lesson->score) > o->score_4) o->score_4 = in_fours(s->lesson->score);
        if (s->lesson->taken_over) o->flags |= SESSION_HOSTILE;
    }
}

/* -- the owner's habits --------------------------------------------------------------------------------------------------------------- */

static void note_week(struct profile *p, const struct student *s) {
    int offset_min;
    if (s->at_s / 10800 == p->last_event_s / 10800 || !profile_offset_min(p, s->path->zone, &offset_min)) return;
    int64_t local_ms = s->event->time_ms + offset_min * MINUTE_MS;
    profile_week_add(p, week_part(local_ms), week_is_weekend(local_ms));
}

static void note_place(struct profile *p, const struct student *s) {
    const struct event *e = s->event;
    if (!e->lat_present || !e->lon_present || s->at_s < p->place_s) return;
    p->place = (struct place){(int16_t)(e->lat_micro / 10000), (int16_t)(e->lon_micro / 10000)};
    p->place_accuracy_km = (uint16_t)(e->accuracy_km_present ? e->accuracy_km : 0);
    p->place_net = (uint8_t)e->net;
    p->place_s = s->at_s;
}

/* Everything that somebody does in the account and that does not look risky tells where and when the owner lives. */
static void note_habits(struct profile *p, const struct student *s) {
    enum kind_group group = kind_group(s->event->kind);
    bool lived = event_is_login_success(s->event) ||
                 (!s->f->attempt && (group == GROUP_ACCESS || group == GROUP_CREDENTIAL || group == GROUP_VALUE));
    if (!lived || !s->path->present || s->risky || s->lesson->taken_over || s->lesson->score >= RISKY_SCORE) return;
    note_week(p, s);
    note_place(p, s);
    raise(&p->last_success_s, s->at_s);
}

/* -- the fleet ------------------------------------------------------------------------------------------------------------------------ */

static void teach_fleet(const struct student *s, struct cell_plan *second) {
    struct bump delta = {.at_ms = s->event->time_ms, .account = second->account, .device = s->path->hash[ATTR_DEVICE]};
    delta.add[TALLY_TRAINED] = 1;
    uint64_t base = s->lesson->position * 32 + 16;
    for (unsigned role = 0; role <= PLAN_TAG; role++) plan_bump(second, role, plan_key(s->event, second, role), &delta, base);
}

/* -- origins -------------------------------------------------------------------------------------------------------------------------- */

/* Did somebody show up over a path that is not known to be the owner's, at a risk? Whether others came the same way does not count here:
 * an origin must not become suspicious by being suspected. */
static bool is_entry(const struct student *s) {
    if (s->lesson->taken_over || s->lesson->named) return true;
    if (s->event->kind == KIND_ENTRY_REVIEWED) return false;
    return !s->f->path_trained && !s->f->proves_owner && s->lesson->alone >= ENTRY_SCORE;
}

static bool exists(const struct cell_plan *read, unsigned role) {
    for (size_t i = 0; i < read->count; i++)
        if (read->role[i] == role) return read->ops[i].err == ERR_OK && origin_exists(read->ops[i].bytes);
    return false;
}

static void say(const struct student *s, unsigned what, enum origin_word says, struct cell_plan *second) {
    struct bump delta = {.at_ms = s->event->time_ms,
                         .account = second->account,
                         .position = s->lesson->position,
                         .score = s->lesson->alone,
                         .says = (uint8_t)says};
    plan_say(second, what, plan_key(s->event, second, PLAN_ORIGIN + what), &delta);
}

/* A path speaks where it is judged; what was left in the account, by whatever act leaves it there. */
static bool speaks_of(const struct student *s, unsigned what) {
    if (what >= SHARED_PATH_COUNT) return s->f->act != ACT_NONE || s->lesson->named;
    return s->f->judges_path || (s->lesson->taken_over && !s->f->path_trained);
}

/* An entry makes its origins; whoever comes from one that is there already, and is not suspicious, speaks for it. */
static void tell_origins(const struct student *s, const struct cell_plan *read, struct cell_plan *second) {
    bool entry = is_entry(s), known = s->lesson->taken_over || s->lesson->named;
    for (unsigned what = 0; what < SHARED_COUNT; what++) {
        if (!speaks_of(s, what)) continue;
        if (entry) say(s, what, known ? ORIGIN_RECALLED : ORIGIN_ENTRY, second); /* of a known one nothing is to be found out */
        else if (s->event->kind != KIND_ENTRY_REVIEWED && exists(read, PLAN_ORIGIN + what)) say(s, what, ORIGIN_CALM, second);
        if (known) say(s, what, ORIGIN_CONFIRMED, second);
    }
}

/* Something of the path is the owner's already: his device, or the address of his home (not one that a carrier or a VPN shares out). */
static bool is_corroborated(const struct event *e, const struct features *f) {
    const struct attribute_reading *device = &f->of[ATTR_DEVICE], *ip = &f->of[ATTR_IP];
    bool shared = e->net == NET_MOBILE || e->net == NET_VPN || e->net == NET_RELAY || e->net == NET_TOR || e->net == NET_HOSTING;
    return (device->present && device->account_count) || (ip->present && ip->account_count && !shared);
}

static struct student student_of(const struct event *e, const struct features *f, const struct cell_plan *read,
                                 const struct lesson *lesson) {
    struct student s = {
        .event = e,
        .f = f,
        .path = &read->path,
        .lesson = lesson,
        .seed = read->seed,
        .day = (uint16_t)(e->time_ms / DAY_MS),
        .at_s = SECONDS(e->time_ms),
        .mark = read->path.mark,
    };
    bool proven = f->proves_owner && !lesson->taken_over;
    s.risky = !proven && (lesson->risky || lesson->taken_over || (f->judges_path && lesson->score >= RISKY_SCORE));
    s.corroborated = is_corroborated(e, f);
    s.aged = f->probation_days >= PROBATION_DAYS && f->path_score < RISKY_SCORE;
    bool young = f->account_total < ESTABLISHED_16;
    bool harmless = s.corroborated || s.aged || f->path_trained || lesson->score < (young ? YOUNG_SCORE_MAX : STRANGER_SCORE_MAX);
    bool taught = lesson->trains && !lesson->risky && harmless && e->method != METHOD_COOKIE && !f->session_moved && !f->path_hostile;
    s.trains = event_is_login_success(e) && !lesson->taken_over && (proven || taught);
    return s;
}

void enrich_learn(const struct event *e, const struct features *f, const struct cell_plan *read, const struct lesson *lesson, void *after,
                  struct cell_plan *second) {
    second->count = 0;
    second->has_profile = read->has_profile;
    memset(after, 0, PROFILE_SIZE);
    if (!read->has_profile) return;
    second->account = read->account;
    second->seed = read->seed;
    second->path = read->path;

    struct profile *p = after;
    profile_read(read->ops[0].err == ERR_OK ? read->ops[0].bytes : NULL, e->time_ms, p);
    struct student s = student_of(e, f, read, lesson);
    p->layout = PROFILE_LAYOUT;
    if (!p->first_s || s.at_s < p->first_s) p->first_s = s.at_s;
    p->last_position = lesson->position;
    p->incident = lesson->incident;
    bool again = taught_today(p, &s);
    note_attempt(p, &s);
    note_change(p, &s);
    note_session(p, &s);
    if (event_is_login_success(e)) learn_login(p, &s);
    if (e->kind == KIND_ENTRY_REVIEWED) learn_review(p, &s);
    note_risky(p, &s);
    note_takeover(p, &s);
    note_objects(p, &s);
    note_habits(p, &s);
    if (lesson->cleared) forget_suspicion(p, &s);
    raise(&p->last_event_s, s.at_s);

    plan_profile(second, CELL_CAS, read->ops[0].version, after);
    if (s.trains && !again) teach_fleet(&s, second);
    tell_origins(&s, read, second);
}
