// SPDX-License-Identifier: Apache-2.0
/* Computes the features of an event from the cells that its plan has read. */
#include <string.h>

#include "base/hash.h"
#include "base/moment.h"
#include "enrich/enrich.h"
#include "enrich/plan.h"
#include "enrich/profile.h"
#include "enrich/region.h"

#define RISKY_MS_MAX    (7 * DAY_MS)
#define WEEK_COUNT_MIN  5 /* acts below which nothing is said of the owner's hours */
#define PLACE_KM_MAX    1000
#define SPEED_FLOOR_MIN 10 /* clocks of shops differ, and two requests overlap: less than this is taken for this */
#define DISTANCE_KM_MIN 100
#define MS(seconds)     ((int64_t)(seconds)*SECOND_MS)

/* -- the fleet ------------------------------------------------------------------------------------------------------------------------ */

static struct counter_view view_of(const struct cell_op *op) {
    return (struct counter_view){op->err == ERR_OK ? op->bytes : NULL, op->name.class == CELL_WIDE};
}

/* Which tallies of which attribute anybody asks for: each costs a few nanoseconds of every attempt. */
enum {
    HOUR_ATTEMPTS = 1,
    HOUR_FAILURES = 2,
    DAY_ATTEMPTS = 4,
    DAY_FAILURES = 8,
    SEASON_ATTEMPTS = 16,
    SEASON_FAILURES = 32,
    ACCOUNTS = 64,
    WEEK_TRAINED = 128
};
static const uint8_t readings[ATTR_COUNT] = {
    [ATTR_IP] = HOUR_ATTEMPTS | HOUR_FAILURES | DAY_FAILURES | ACCOUNTS,
    [ATTR_PREFIX] = DAY_FAILURES | ACCOUNTS,
    [ATTR_ASN] = HOUR_FAILURES | DAY_ATTEMPTS | DAY_FAILURES | SEASON_ATTEMPTS | SEASON_FAILURES | WEEK_TRAINED,
    [ATTR_COUNTRY] = DAY_ATTEMPTS | SEASON_ATTEMPTS | WEEK_TRAINED,
    [ATTR_UA] = DAY_ATTEMPTS | SEASON_ATTEMPTS | WEEK_TRAINED,
    [ATTR_JA4] = DAY_ATTEMPTS | SEASON_ATTEMPTS | WEEK_TRAINED,
    [ATTR_BROWSER] = WEEK_TRAINED,
    [ATTR_LANGUAGE] = WEEK_TRAINED,
    [ATTR_TIMEZONE] = WEEK_TRAINED,
    [ATTR_DEVICE] = ACCOUNTS,
};

static void read_attempts(struct counter_view c, unsigned what, int64_t now_ms, struct attribute_reading *r) {
    if (what & HOUR_ATTEMPTS) r->fleet_attempts_1h = counter_tally(c, TALLY_ATTEMPT, WINDOW_1H, now_ms);
    if (what & HOUR_FAILURES) r->fleet_failures_1h = counter_tally(c, TALLY_FAILURE, WINDOW_1H, now_ms);
    if (what & DAY_ATTEMPTS) r->fleet_attempts_24h = counter_tally(c, TALLY_ATTEMPT, WINDOW_24H, now_ms);
    if (what & DAY_FAILURES) r->fleet_failures_24h = counter_tally(c, TALLY_FAILURE, WINDOW_24H, now_ms);
    if (what & SEASON_ATTEMPTS) r->fleet_attempts_90d = counter_tally(c, TALLY_ATTEMPT, WINDOW_90D, now_ms);
    if (what & SEASON_FAILURES) r->fleet_failures_90d = counter_tally(c, TALLY_FAILURE, WINDOW_90D, now_ms);
    if (what & ACCOUNTS) r->fleet_accounts = counter_accounts(c, now_ms);
}

static void read_total(struct counter_view c, int64_t now_ms, struct features *out) {
    out->fleet_total = counter_tally(c, TALLY_TRAINED, WINDOW_90D, now_ms);
    out->fleet_total_7d = counter_tally(c, TALLY_TRAINED, WINDOW_7D, now_ms);
    out->fleet_attempts_24h = counter_tally(c, TALLY_ATTEMPT, WINDOW_24H, now_ms);
    out->fleet_failures_24h = counter_tally(c, TALLY_FAILURE, WINDOW_24H, now_ms);
    out->fleet_attempts_90d = counter_tally(c, TALLY_ATTEMPT, WINDOW_90D, now_ms);
    out->fleet_failures_90d = counter_tally(c, TALLY_FAILURE, WINDOW_90D, now_ms);
}

/* The account's own entries are no evidence against it. */
void enrich_read_origin(const void *cell, uint32_t own, int64_t now_ms, struct origin_reading *out) {
    *out = (struct origin_reading){0};
    if (!origin_exists(cell)) return;
    struct origin_entry entries[ORIGIN_ENTRIES];
    unsigned count = origin_entries(cell, now_ms, entries);
    for (unsigned i = 0; i < count; i++)
        if (entries[i].account != own) out->scores[out->entries++] = entries[i].score;
    out->confirmed = (uint8_t)origin_confirmed(cell, own, now_ms);
    out->calm = origin_calm_accounts(cell, now_ms);
}

static void read_origins(const struct cell_plan *read, struct features *out) {
    uint32_t own = origin_account(read->account);
    for (size_t i = 0; i < read->count; i++) {
        const struct cell_op *op = &read->ops[i];
        if (read->role[i] < PLAN_ORIGIN || read->role[i] >= PLAN_PROFILE || op->err) continue;
        enrich_read_origin(op->bytes, own, out->now_ms, &out->origin[read->role[i] - PLAN_ORIGIN]);
    }
    for (unsigned what = SHARED_PATH_COUNT; what < SHARED_COUNT; what++)
        out->left_by_hijacker |= out->origin[what].confirmed && !out->origin[what].calm;
    const struct attribute_reading *of = out->of;
    uint32_t asn = of[ATTR_ASN].fleet_trained, client = of[ATTR_UA].fleet_trained; /* the origin is both: at most the rarer of them */
    out->origin[SHARED_DEVICE].trained = of[ATTR_DEVICE].fleet_trained;
    out->origin[SHARED_ADDRESS].trained = of[ATTR_IP].fleet_trained;
    out->origin[SHARED_PREFIX].trained = of[ATTR_PREFIX].fleet_trained;
    out->origin[SHARED_CLIENT].trained = asn < client ? asn : client;
    out->origin[SHARED_PASSWORD].trained = out->tag_trained;
}

static void read_fleet(const struct cell_plan *read, struct features *out) {
    for (size_t i = 0; i < read->count; i++) {
        struct counter_view c = view_of(&read->ops[i]);
        unsigned role = read->role[i];
        if (role < ATTR_COUNT) {
            out->of[role].fleet_trained = counter_tally(c, TALLY_TRAINED, WINDOW_90D, out->now_ms);
            if (readings[role] & WEEK_TRAINED) out->of[role].fleet_trained_7d = counter_tally(c, TALLY_TRAINED, WINDOW_7D, out->now_ms);
            if (out->attempt) read_attempts(c, readings[role], out->now_ms, &out->of[role]);
        } else if (role == PLAN_TOTAL) {
            read_total(c, out->now_ms, out);
        } else if (role == PLAN_TAG) {
            out->tag_accounts_24h = counter_accounts(c, out->now_ms);
            out->tag_trained = counter_tally(c, TALLY_TRAINED, WINDOW_90D, out->now_ms);
        }
    }
}

/* What rules and detectors call by a name of its own. */
static void name_fleet(struct features *out) {
    const struct attribute_reading *of = out->of;
    out->ip_attempts_1h = out->ip_failures_1h = out->ip_accounts_24h = out->prefix_accounts_24h = FEATURE_NONE;
    out->asn_failures_1h = out->device_accounts_24h = FEATURE_NONE;
    if (!out->event->password_tag.size) out->tag_accounts_24h = FEATURE_NONE;
    if (!out->attempt) return;
    if (of[ATTR_IP].present) {
        out->ip_attempts_1h = of[ATTR_IP].fleet_attempts_1h;
        out->ip_failures_1h = of[ATTR_IP].fleet_failures_1h;
        out->ip_accounts_24h = of[ATTR_IP].fleet_accounts;
        out->prefix_accounts_24h = of[ATTR_PREFIX].fleet_accounts;
    }
    if (of[ATTR_ASN].present) out->asn_failures_1h = of[ATTR_ASN].fleet_failures_1h;
    if (of[ATTR_DEVICE].present) out->device_accounts_24h = of[ATTR_DEVICE].fleet_accounts;
}

/* -- the account's paths -------------------------------------------------------------------------------------------------------------- */

/* One trained path adds its count to every value that it shares with the event, and to `sent` where it carried the attribute. */
static void count_path(const struct path *p, const struct access_path *a, struct attribute_reading *of) {
    uint32_t count = p->count_16;
    unsigned type = p->flags & PATH_TYPE_MASK;
    bool os = p->os == a->client.os && type == a->client.type;
    const struct {
        bool sent, same;
    } is[ATTR_COUNT] = {
        [ATTR_IP] = {p->ip, p->ip == mark16(a->hash[ATTR_IP])},
        [ATTR_PREFIX] = {p->prefix, p->prefix == mark16(a->hash[ATTR_PREFIX])},
        [ATTR_ASN] = {p->asn, p->asn == a->asn},
        [ATTR_COUNTRY] = {p->country[0], memcmp(p->country, a->country, 2) == 0},
        [ATTR_UA] = {p->ua, p->ua == mark16(a->hash[ATTR_UA])},
        [ATTR_BROWSER] = {p->browser, os && p->browser == a->client.browser},
        [ATTR_OS] = {p->os, os},
        [ATTR_DEVICE_TYPE] = {type, type == a->client.type},
        [ATTR_DEVICE] = {p->device, p->device == mark32(a->hash[ATTR_DEVICE])},
        [ATTR_LANGUAGE] = {p->language, p->language == a->language},
        [ATTR_TIMEZONE] = {p->zone, p->zone == a->zone},
        [ATTR_JA4] = {p->ja4, p->ja4 == mark16(a->hash[ATTR_JA4])},
    };
    for (unsigned i = 0; i < ATTR_COUNT; i++) {
        of[i].account_count += is[i].same ? count : 0;
        of[i].account_sent += is[i].sent ? count : 0;
    }
}

#define ONCE_16 (LOGIN_16 + LOGIN_16 / 2) /* at most this: seen once */

/* The values of a path that are counted for novelty, as numbers. */
static void values_of(const struct path *p, uint32_t values[4]) {
    values[0] = (uint32_t)(unsigned char)p->country[0] << 8 | (unsigned char)p->country[1];
    values[1] = p->asn;
    values[2] = (uint32_t)p->os << 8 | p->browser;
    values[3] = p->device;
}

/*
 * How often the account brings something new is told by what was seen once only (Good 1953: P(new) = singletons / n). Logins whose paths
 * were evicted were such.
 */
static void count_once(const struct profile *p, struct features *out) {
    static const enum attribute counted[4] = {ATTR_COUNTRY, ATTR_ASN, ATTR_BROWSER, ATTR_DEVICE};
    uint32_t values[PATH_COUNT][4], kept = 0, once[4] = {0};
    for (unsigned i = 0; i < PATH_COUNT; i++) values_of(&p->paths[i], values[i]);
    for (unsigned i = 0; i < PATH_COUNT; i++) {
        if (!path_is_trained(&p->paths[i])) continue;
        kept += p->paths[i].count_16;
        if (p->paths[i].count_16 > ONCE_16) continue;
        for (unsigned a = 0; a < 4; a++) {
            bool shared = false;
            for (unsigned k = 0; k < PATH_COUNT; k++)
                if (k != i && values[k][a] == values[i][a] && path_is_trained(&p->paths[k])) shared = true;
            if (!shared) once[a] += p->paths[i].count_16;
        }
    }
    for (unsigned a = 0; a < 4; a++) out->of[counted[a]].account_once = once[a] + (p->total_16 > kept ? p->total_16 - kept : 0);
}

static bool is_new(const struct features *f, enum attribute a) {
    return f->of[a].present && !f->of[a].account_count;
}

static void name_novelty(struct features *out) {
    out->new_ip = is_new(out, ATTR_IP);
    out->new_prefix = is_new(out, ATTR_PREFIX);
    out->new_asn = is_new(out, ATTR_ASN);
    out->new_country = is_new(out, ATTR_COUNTRY);
    out->new_browser = is_new(out, ATTR_BROWSER);
    out->new_os = is_new(out, ATTR_OS);
    out->new_language = is_new(out, ATTR_LANGUAGE);
    out->new_timezone = is_new(out, ATTR_TIMEZONE);
    out->new_ja4 = is_new(out, ATTR_JA4);
    const struct attribute_reading *device = &out->of[ATTR_DEVICE];
    out->new_device = !device->account_count && (device->present || device->account_sent);
}

static void read_usual(const struct profile *p, struct features *out) {
    const struct path *usual = profile_usual_path(p);
    out->usual_browser = out->usual_os = out->usual_language = out->usual_timezone = STR_NONE;
    if (!usual) return;
    out->usual_asn = usual->asn;
    memcpy(out->usual_country, usual->country, 2);
    out->usual_browser = browser_word(usual->browser);
    out->usual_os = os_word(usual->os);
    out->usual_language = language_word(usual->language);
    out->usual_timezone = zone_word(usual->zone);
}

static void read_paths(struct profile *p, const struct access_path *a, struct features *out) {
    for (unsigned i = 0; i < ATTR_COUNT; i++) out->of[i].present = a->hash[i] != 0;
    for (unsigned i = 0; i < PATH_COUNT; i++)
        if (path_is_trained(&p->paths[i])) count_path(&p->paths[i], a, out->of);
    out->account_total = p->total_16;
    name_novelty(out);
    read_usual(p, out);
    const struct path *same = profile_path(p, a->mark);
    out->path_score = a->present ? 0 : FEATURE_NONE;
    if (!same) return;
    out->path_trained = path_is_trained(same);
    out->path_hostile = same->flags & PATH_HOSTILE && out->now_ms / DAY_MS <= same->last_day + HOSTILE_DAYS;
    out->path_score = same->score_4 * 4;
    if (same->flags & PATH_PROBATION && !(same->flags & PATH_HOSTILE)) out->probation_days = same->count_16 / LOGIN_16;
}

/* -- time and place ------------------------------------------------------------------------------------------------------------------- */

static int64_t minutes_since(uint32_t then_s, int64_t now_ms) {
    if (!then_s || MS(then_s) > now_ms) return FEATURE_NONE;
    return (now_ms - MS(then_s)) / MINUTE_MS;
}

static void read_times(const struct profile *p, struct features *out) {
    int64_t now_ms = out->now_ms;
    out->account_age_days = p->first_s ? (now_ms - MS(p->first_s)) / DAY_MS : 0;
    if (out->account_age_days < 0) out->account_age_days = 0;
    out->last_success_ms = MS(p->last_success_s);
    out->dormant_days = p->last_success_s ? (now_ms - out->last_success_ms) / DAY_MS : FEATURE_NONE;
    if (p->last_success_s && out->dormant_days < 0) out->dormant_days = 0;
    out->span_days = p->last_success_s ? (out->last_success_ms - MS(p->first_s)) / DAY_MS : FEATURE_NONE;
    out->minutes_since_email_change = minutes_since(p->changed_s[CHANGED_EMAIL], now_ms);
    out->minutes_since_password_change = minutes_since(p->changed_s[CHANGED_PASSWORD], now_ms);
    out->minutes_since_reset_request = minutes_since(p->changed_s[CHANGED_RESET_REQUEST], now_ms);
    out->minutes_since_event = minutes_since(p->last_event_s, now_ms);
    for (unsigned i = 0; i < CHANGED_COUNT; i++) {
        int64_t minutes = i == CHANGED_RESET_REQUEST ? FEATURE_NONE : minutes_since(p->changed_s[i], now_ms);
        out->changes_24h += minutes != FEATURE_NONE && minutes < DAY_MS / MINUTE_MS;
    }
    out->failures_streak = p->failures;
}

/* The longest run of parts of the day in which nothing ever happened is the owner's night; his usual hours are the rest. */
static void read_usual_hours(const struct profile *p, struct features *out) {
    unsigned longest = 0, from = 0;
    for (unsigned start = 0; start < 8; start++) {
        unsigned run = 0;
        while (run < 8 && !p->week[(start + run) % 8]) run++;
        if (run > longest) longest = run, from = start;
    }
    if (!longest || longest == 8) return;
    out->usual_hour_from = (uint8_t)((from + longest) % 8 * 3);
    out->usual_hour_to = (uint8_t)(from * 3);
}

static void read_hours(const struct profile *p, uint8_t zone_now, struct features *out) {
    int offset_min;
    out->local_hour = out->local_ms = FEATURE_NONE;
    if (!profile_offset_min(p, zone_now, &offset_min)) return;
    out->local_ms = out->now_ms + offset_min * MINUTE_MS;
    out->local_hour = moment_hour(out->local_ms);
    unsigned total = 0;
    for (unsigned i = 0; i < 8; i++) total += (p->week[i] & 15U) + (p->week[i] >> 4);
    if (total < WEEK_COUNT_MIN) return;
    out->week_total = (uint8_t)total;
    out->week_count = (uint8_t)profile_week_count(p, week_part(out->local_ms), week_is_weekend(out->local_ms));
    read_usual_hours(p, out);
}

/* A place that says where the network's exit is, and not where the person is. */
static bool place_misleads(unsigned net) {
    return net == NET_VPN || net == NET_RELAY || net == NET_TOR || net == NET_HOSTING || net == NET_MOBILE;
}

/* Zones follow borders and summer comes and goes: two hours either way of the sun is the zone of the place. */
#define ZONE_SLACK_MIN 120

static int64_t zone_apart_min(const struct event *e, uint8_t zone) {
    int offset_min;
    if (!e->lon_present || !zone_offset_min(zone, &offset_min)) return FEATURE_NONE;
    int64_t apart = offset_min - e->lon_micro / 250000; /* the sun moves a degree in four minutes */
    if (apart < 0) apart = -apart;
    return apart > 12 * 60 ? 24 * 60 - apart : apart; /* either way around the earth */
}

/* Where the place is not known, the zone of a new country is given the benefit of the doubt. */
static bool timezone_travels(const struct features *f) {
    if (!f->new_timezone || !f->new_country) return false;
    return f->zone_apart_min == FEATURE_NONE || f->zone_apart_min <= ZONE_SLACK_MIN;
}

static void read_place(const struct profile *p, const struct event *e, struct features *out) {
    out->speed_kmh = out->distance_km = FEATURE_NONE;
    if (!p->place_s || !e->lat_present || !e->lon_present) return;
    struct place here = {(int16_t)(e->lat_micro / 10000), (int16_t)(e->lon_micro / 10000)};
    int64_t km = place_distance_km(p->place, here);
    out->distance_km = km;
    int64_t slack = p->place_accuracy_km + (e->accuracy_km_present ? e->accuracy_km : 0);
    if (place_misleads(p->place_net) || place_misleads(e->net) || slack > PLACE_KM_MAX) return;
    km -= slack;
    int64_t apart_ms = out->now_ms - MS(p->place_s);
    if (apart_ms < 0) apart_ms = -apart_ms; /* a late event is as far from the later one */
    if (apart_ms < SPEED_FLOOR_MIN * MINUTE_MS) apart_ms = SPEED_FLOOR_MIN * MINUTE_MS;
    out->speed_kmh = km < DISTANCE_KM_MIN ? 0 : km * HOUR_MS / apart_ms;
}

/* -- session, sequence, and what this event is ---------------------------------------------------------------------------------------- */

static enum act act_of(const struct event *e) {
    switch (e->kind) {
    case KIND_EMAIL_CHANGED:
    case KIND_PHONE_CHANGED: return ACT_CONTACT;
    case KIND_PASSWORD_CHANGED:
    case KIND_MFA_CHANGED:
    case KIND_TOKEN_CREATED: return ACT_CREDENTIAL;
    case KIND_ADDRESS_CHANGED: return e->change == CHANGE_REMOVED ? ACT_NONE : ACT_ADDRESS;
    case KIND_PAYMENT_METHOD_CHANGED: return e->change == CHANGE_REMOVED ? ACT_NONE : ACT_PAYMENT;
    case KIND_NOTIFICATION_SETTINGS_CHANGED: return ACT_NOTIFICATION;
    case KIND_BALANCE_TOPPED_UP:
    case KIND_BALANCE_SPENT:
    case KIND_GIFT_CARD_ISSUED:
    case KIND_GIFT_CARD_REDEEMED:
    case KIND_POINTS_CHANGED: return ACT_STORED_VALUE;
    case KIND_ORDER_PLACED: return e->order_kind == ORDER_KIND_GIFT_CARD ? ACT_STORED_VALUE : ACT_ORDER;
    case KIND_ACCOUNT_CLOSURE_REQUESTED:
    case KIND_DATA_EXPORTED:
    case KIND_MEMBERSHIP_STARTED:
    case KIND_CONTENT_POSTED:
    case KIND_REFUND_CLAIMED: return ACT_OTHER;
    case KIND_UNKNOWN:
    case KIND_LOGIN:
    case KIND_LOGOUT:
    case KIND_CHALLENGE:
    case KIND_SESSION_SEEN:
    case KIND_PASSWORD_RESET_REQUESTED:
    case KIND_PROFILE_CHANGED:
    case KIND_MEMBERSHIP_RENEWED:
    case KIND_MEMBERSHIP_CANCELLED:
    case KIND_ORDER_STATE:
    case KIND_PAYMENT_STATE:
    case KIND_OWNER_STATEMENT:
    case KIND_ANALYST_VERDICT:
    case KIND_OPERATOR_NOTE:
    case KIND_APPROVAL:
    case KIND_CHARGEBACK:
    case KIND_EARLY_FRAUD_WARNING:
    case KIND_BREACH_MATCH:
    case KIND_ACTION_RESULT:
    case KIND_TIMER_FIRED:
    case KIND_NOTICE_RESULT:
    case KIND_CALL_RESULT:
    case KIND_POLICY_CHANGED:
    case KIND_MODEL_CHANGED:
    case KIND_ENTRY_REVIEWED:
    case KIND_COUNT: return ACT_NONE;
    }
    return ACT_NONE;
}

/* A login by more than a cookie begins the session anew, even where the shop keeps its id. */
static bool opens_session(const struct event *e) {
    return event_is_login_success(e) && e->method != METHOD_COOKIE;
}

static enum session_state state_of(const struct session *s, const struct event *e, const struct access_path *a) {
    if (!e->session.size || opens_session(e)) return SESSION_NONE;
    if (!s) return SESSION_UNKNOWN;
    uint16_t network = path_network_mark(a), client = path_client_mark(a);
    if (!a->present) return SESSION_SAME;
    if (client && s->client && client != s->client) return SESSION_MOVED_CLIENT;
    return network && s->network && network != s->network ? SESSION_MOVED_NETWORK : SESSION_SAME;
}

static void read_session(struct profile *p, const struct event *e, const struct cell_plan *read, struct features *out) {
    const struct session *s = profile_session(p, e->session, read->seed);
    out->session_state = state_of(s, e, &read->path);
    out->session_moved = out->session_state >= SESSION_MOVED_NETWORK;
    out->session_score = out->login_age_s = FEATURE_NONE;
    if (!s || opens_session(e)) return;
    out->session_score = s->score;
    out->acts_before = s->acts;
    out->acted_before = s->acts != 0;
    out->login_age_s = out->now_ms > MS(s->started_s) ? (out->now_ms - MS(s->started_s)) / SECOND_MS : 0;
}

static void read_sequence(const struct profile *p, const struct access_path *a, struct features *out) {
    int64_t minutes = minutes_since(p->risky_s, out->now_ms);
    bool within = minutes != FEATURE_NONE && minutes <= RISKY_MS_MAX / MINUTE_MS;
    uint32_t mark = a->mark;
    out->minutes_since_risky_login = within ? minutes : FEATURE_NONE;
    out->risky_score = within ? p->risky_score : 0;
    out->risky_same_path = within && mark && mark == p->risky_path;
    out->reset_same_path = out->minutes_since_reset_request != FEATURE_NONE && mark && mark == p->reset_path;
}

/* The highest score of the acts that made what this event is about: it may carry no path of its own. */
static uint16_t score_of_objects(struct profile *p, const struct event *e, uint64_t seed) {
    const struct str ids[] = {e->order, e->charge, e->token, e->address, e->payment_method, e->membership};
    unsigned score_4 = 0;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        if (!ids[i].size) continue;
        const struct object *o = profile_object(p, hash_str(ids[i], seed));
        if (o && o->score_4 > score_4) score_4 = o->score_4;
    }
    return (uint16_t)(score_4 * 4);
}

static int64_t tried_addresses(const struct profile *p, int64_t now_ms) {
    if ((uint16_t)((uint16_t)(now_ms / HOUR_MS) - p->tried_hour) >= 24) return 0;
    int64_t count = 0;
    while (count < TRIED_COUNT && p->tried[count]) count++;
    return count;
}

/* An authenticator, a phone or an e-mail that was put on file within the last week could be the hijacker's: it proves nothing. */
static bool factors_are_old(const struct profile *p, int64_t now_ms) {
    static const enum changed factors[] = {CHANGED_MFA, CHANGED_PHONE, CHANGED_EMAIL};
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        int64_t minutes = minutes_since(p->changed_s[factors[i]], now_ms);
        if (minutes != FEATURE_NONE && minutes < RISKY_MS_MAX / MINUTE_MS) return false;
    }
    return true;
}

/*
 * Proof of the owner: a challenge passed, a login by passkey, or one by a mailed link or one-time code on a path that is known already
 * (whoever holds the mailbox passes those two from anywhere, so on a new path they prove nothing).
 */
static bool proves_owner(const struct profile *p, const struct event *e, const struct features *f) {
    if (f->path_hostile || p->incident) return false;
    bool fresh = f->path_trained || factors_are_old(p, f->now_ms);
    if (e->kind == KIND_CHALLENGE) return e->outcome == OUTCOME_SUCCESS && fresh;
    if (!event_is_login_success(e)) return false;
    if (e->method == METHOD_PASSKEY) return fresh;
    return (e->method == METHOD_RESET_LINK || e->method == METHOD_OTP) && f->path_trained;
}

/* A login let in, or an act by which somebody shows up in a session that was not opened on this path. */
static bool judges_path(const struct event *e, const struct features *f, const struct access_path *a) {
    if (!a->present || e->kind == KIND_CHALLENGE) return false;
    if (event_is_login_success(e) || e->kind == KIND_ENTRY_REVIEWED) return true;
    if (f->attempt || kind_group(e->kind) > GROUP_VALUE || kind_group(e->kind) == GROUP_NONE) return false;
    return f->session_state != SESSION_SAME;
}

static void name_event(const struct event *e, const struct access_path *a, struct features *out) {
    out->kind = kind_name(e->kind);
    out->outcome = outcome_word(e->outcome);
    out->method = method_word(e->method);
    out->failure = failure_word(e->failure);
    out->country = e->country;
    out->asn = e->asn_present ? e->asn : FEATURE_NONE;
    out->net = net_word(e->net);
    out->browser = browser_word(a->client.browser);
    out->os = os_word(a->client.os);
    out->device_type = device_type_word(a->client.type);
    out->language = language_word(a->language);
    out->timezone = e->timezone;
    out->change = change_word(e->change);
    out->order_kind = order_kind_word(e->order_kind);
    out->currency = e->currency;
    out->amount_minor = e->amount_minor_present ? e->amount_minor : FEATURE_NONE;
    out->act = act_of(e);
    out->attempt = plan_is_attempt(e);
}

/* An entry that is judged again is judged as if it had taught nothing: a path that it alone was learned from does not speak for it. */
static void forget_entry(struct profile *p, const struct access_path *a) {
    struct path *path = profile_path(p, a->mark);
    if (!path || path->count_16 > LOGIN_16) return;
    p->total_16 = (uint16_t)(p->total_16 > path->count_16 ? p->total_16 - path->count_16 : 0);
    path->count_16 = 0;
}

/* It tells when we looked again; the hour, the pause and the speed were those of the entry. */
static void forget_time(struct features *out) {
    out->local_ms = out->local_hour = out->dormant_days = out->speed_kmh = FEATURE_NONE;
}

void enrich_event(const struct event *e, const struct cell_plan *read, struct arena *step, struct features *out) {
    (void)step; /* every text is borrowed from the event or static */
    memset(out, 0, sizeof *out);
    out->event = e;
    out->now_ms = e->time_ms;
    struct profile p;
    profile_read(read->has_profile && read->ops[0].err == ERR_OK ? read->ops[0].bytes : NULL, e->time_ms, &p);
    if (e->kind == KIND_ENTRY_REVIEWED) forget_entry(&p, &read->path);
    name_event(e, &read->path, out);
    out->depth = p.total_16 / LOGIN_16;
    out->depth_class = !p.logins ? 0 : p.logins < 5 ? 1 : 2;
    out->incident_open = p.incident != 0;
    read_paths(&p, &read->path, out);
    read_times(&p, out);
    read_hours(&p, read->path.zone, out);
    read_place(&p, e, out);
    out->zone_apart_min = zone_apart_min(e, read->path.zone);
    if (e->kind == KIND_ENTRY_REVIEWED) forget_time(out);
    out->timezone_travels = timezone_travels(out);
    read_session(&p, e, read, out);
    read_sequence(&p, &read->path, out);
    out->object_score = score_of_objects(&p, e, read->seed);
    out->account_addresses_24h = read->has_profile ? tried_addresses(&p, e->time_ms) : FEATURE_NONE;
    out->proves_owner = proves_owner(&p, e, out);
    out->judges_path = judges_path(e, out, &read->path);
    if (out->judges_path || e->kind == KIND_PASSWORD_RESET_REQUESTED) count_once(&p, out);
    if (out->attempt || out->judges_path) read_fleet(read, out);
    read_origins(read, out);
    name_fleet(out);
}
