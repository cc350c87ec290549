// SPDX-License-Identifier: Apache-2.0
/* Sets parts of an event's features to what is usual for its account, by the names that people have for them. */
#include "enrich/factor.h"

#include <stddef.h>

#include "base/check.h"
#include "enrich/profile.h"

static const struct {
    const char *word, *sentence;
} table[FACTOR_COUNT] = {
    [FACTOR_NETWORK] = {"network", "address, network and country"},
    [FACTOR_CLIENT] = {"client", "browser, system and TLS fingerprint"},
    [FACTOR_DEVICE] = {"device", "the device, and how many accounts use it"},
    [FACTOR_LANGUAGE] = {"language", "the client's language"},
    [FACTOR_TIMEZONE] = {"time_zone", "the client's time zone"},
    [FACTOR_PLACE] = {"place", "how far and how fast since the last use"},
    [FACTOR_HOUR] = {"hour", "the hour of the owner's week"},
    [FACTOR_PAUSE] = {"pause", "how long the account was not used"},
    [FACTOR_TRAFFIC] = {"traffic", "what else comes from this address, network or client now"},
    [FACTOR_GUESSING] = {"guessing", "failed attempts on this account"},
    [FACTOR_PASSWORD] = {"password", "on how many accounts this password was tried"},
    [FACTOR_SESSION] = {"session", "the session goes on elsewhere than it began"},
    [FACTOR_RESET] = {"reset", "a password reset was asked for shortly before"},
    [FACTOR_CAMPAIGN] = {"campaign", "risky logins of this origin on other accounts"},
    [FACTOR_BEFORE] = {"before", "what this session, path or object did before"},
    [FACTOR_CHANGE] = {"change", "e-mail or password were changed shortly before"},
    [FACTOR_ACT] = {"act", "what is done is what hijackers do next"},
    [FACTOR_INCIDENT] = {"incident", "an incident is open on the account"},
};

struct str factor_word(enum factor f) {
    CHECK(f < FACTOR_COUNT);
    return str_from(table[f].word);
}

struct str factor_sentence(enum factor f) {
    CHECK(f < FACTOR_COUNT);
    return str_from(table[f].sentence);
}

#define AT(member) offsetof(struct features, member)
static const struct {
    size_t offset;
    unsigned factors;
} owners[] = {
    {AT(country), FACTOR(NETWORK)},
    {AT(asn), FACTOR(NETWORK)},
    {AT(net), FACTOR(NETWORK)},
    {AT(new_ip), FACTOR(NETWORK)},
    {AT(new_prefix), FACTOR(NETWORK)},
    {AT(new_asn), FACTOR(NETWORK)},
    {AT(new_country), FACTOR(NETWORK)},
    {AT(browser), FACTOR(CLIENT)},
    {AT(os), FACTOR(CLIENT)},
    {AT(device_type), FACTOR(CLIENT)},
    {AT(new_browser), FACTOR(CLIENT)},
    {AT(new_os), FACTOR(CLIENT)},
    {AT(new_ja4), FACTOR(CLIENT)},
    {AT(new_device), FACTOR(DEVICE)},
    {AT(device_accounts_24h), FACTOR(DEVICE)},
    {AT(language), FACTOR(LANGUAGE)},
    {AT(new_language), FACTOR(LANGUAGE)},
    {AT(timezone), FACTOR(TIMEZONE)},
    {AT(new_timezone), FACTOR(TIMEZONE)},
    {AT(speed_kmh), FACTOR(PLACE)},
    {AT(distance_km), FACTOR(PLACE)},
    {AT(local_hour), FACTOR(HOUR)},
    {AT(dormant_days), FACTOR(PAUSE)},
    {AT(minutes_since_event), FACTOR(PAUSE)},
    {AT(changes_24h), FACTOR(CHANGE)},
    {AT(ip_attempts_1h), FACTOR(TRAFFIC)},
    {AT(ip_failures_1h), FACTOR(TRAFFIC)},
    {AT(ip_accounts_24h), FACTOR(TRAFFIC)},
    {AT(prefix_accounts_24h), FACTOR(TRAFFIC)},
    {AT(asn_failures_1h), FACTOR(TRAFFIC)},
    {AT(failures_streak), FACTOR(GUESSING)},
    {AT(account_addresses_24h), FACTOR(GUESSING)},
    {AT(tag_accounts_24h), FACTOR(PASSWORD)},
    {AT(session_moved), FACTOR(SESSION)},
    {AT(minutes_since_reset_request), FACTOR(RESET)},
    {AT(reset_same_path), FACTOR(RESET)},
    {AT(session_score), FACTOR(BEFORE)},
    {AT(acted_before), FACTOR(BEFORE)},
    {AT(left_by_hijacker), FACTOR(CAMPAIGN)},
    {AT(path_score), FACTOR(BEFORE)},
    {AT(probation_days), FACTOR(BEFORE)},
    {AT(minutes_since_risky_login), FACTOR(BEFORE)},
    {AT(minutes_since_email_change), FACTOR(CHANGE)},
    {AT(minutes_since_password_change), FACTOR(CHANGE)},
    {AT(incident_open), FACTOR(INCIDENT)},
};

unsigned factor_of_feature(size_t offset) {
    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++)
        if (owners[i].offset == offset) return owners[i].factors;
    return 0;
}

/* ---- setting to the usual ------------------------------------------------------------------------------------------------------------
 */

/* The account has always used this value. */
static void make_usual(struct features *f, enum attribute a) {
    struct attribute_reading *r = &f->of[a];
    uint32_t always = f->account_total ? f->account_total : LOGIN_16;
    if (r->present || r->account_sent) r->present = true, r->account_count = r->account_sent = always;
    r->account_once = 0;
}

static void quieten(struct features *f, enum attribute a) {
    struct attribute_reading *r = &f->of[a];
    r->fleet_attempts_1h = r->fleet_failures_1h = r->fleet_attempts_24h = r->fleet_failures_24h = 0;
    r->fleet_attempts_90d = r->fleet_failures_90d = r->fleet_accounts = 0;
}

static void at_most(int64_t *feature, int64_t value) {
    if (*feature > value) *feature = value; /* FEATURE_NONE is the least of all */
}

static void quieten_network(struct features *f) {
    quieten(f, ATTR_IP), quieten(f, ATTR_PREFIX), quieten(f, ATTR_ASN), quieten(f, ATTR_COUNTRY);
    at_most(&f->ip_attempts_1h, 1), at_most(&f->ip_failures_1h, 0), at_most(&f->asn_failures_1h, 0);
    at_most(&f->ip_accounts_24h, 1), at_most(&f->prefix_accounts_24h, 1);
}

static void end_campaign(struct features *f) {
    memset(f->origin, 0, sizeof f->origin);
    f->left_by_hijacker = false;
}

static void remove_place(struct features *f) {
    at_most(&f->speed_kmh, 0), at_most(&f->distance_km, 0);
}

static void remove_timezone(struct features *f, struct event *e) {
    make_usual(f, ATTR_TIMEZONE);
    f->new_timezone = f->timezone_travels = false;
    f->timezone = e->timezone = f->usual_timezone;
}

static void stay_in_session(struct features *f) {
    f->session_state = SESSION_SAME;
    f->session_moved = false;
    if (!event_is_login_success(f->event)) f->judges_path = false;
}

static void remove_network(struct features *f, struct event *e) {
    make_usual(f, ATTR_IP), make_usual(f, ATTR_PREFIX), make_usual(f, ATTR_ASN), make_usual(f, ATTR_COUNTRY);
    f->new_ip = f->new_prefix = f->new_asn = f->new_country = false;
    f->country = e->country = f->usual_country[0] ? (struct str){f->usual_country, 2} : STR_NONE;
    f->asn = f->usual_asn ? (int64_t)f->usual_asn : FEATURE_NONE;
    e->asn = f->usual_asn, e->asn_present = f->usual_asn != 0;
    f->net = STR_NONE, e->net = NET_NONE;
    e->ip = (struct address){0};
    remove_place(f);
    quieten_network(f);
    f->origin[SHARED_ADDRESS] = f->origin[SHARED_PREFIX] = f->origin[SHARED_CLIENT] = (struct origin_reading){0};
    if (f->timezone_travels) remove_timezone(f, e); /* a phone sets it by the place that it is in */
    if (f->session_state == SESSION_MOVED_NETWORK) stay_in_session(f);
}

static void remove_client(struct features *f, struct event *e) {
    make_usual(f, ATTR_UA), make_usual(f, ATTR_BROWSER), make_usual(f, ATTR_OS), make_usual(f, ATTR_DEVICE_TYPE), make_usual(f, ATTR_JA4);
    quieten(f, ATTR_UA), quieten(f, ATTR_JA4);
    f->new_browser = f->new_os = f->new_ja4 = false;
    f->browser = f->usual_browser, f->os = f->usual_os;
    f->device_type = e->user_agent = e->ja4 = STR_NONE;
    f->origin[SHARED_CLIENT] = (struct origin_reading){0};
}

static void remove_device(struct features *f, struct event *e) {
    make_usual(f, ATTR_DEVICE);
    quieten(f, ATTR_DEVICE);
    f->new_device = false;
    at_most(&f->device_accounts_24h, 1);
    f->origin[SHARED_DEVICE] = (struct origin_reading){0};
    e->device = STR_NONE;
}

static void remove_language(struct features *f, struct event *e) {
    make_usual(f, ATTR_LANGUAGE);
    f->new_language = false;
    f->language = e->language = f->usual_language;
}

static void remove_hour(struct features *f) {
    f->week_count = f->week_total;
    if (f->local_hour != FEATURE_NONE) f->local_hour = f->usual_hour_from;
}

static void remove_traffic(struct features *f) {
    quieten_network(f);
    quieten(f, ATTR_UA), quieten(f, ATTR_JA4);
}

static void remove_reset(struct features *f) {
    f->minutes_since_reset_request = FEATURE_NONE;
    f->reset_same_path = false;
}

static void remove_before(struct features *f) {
    at_most(&f->session_score, 0), at_most(&f->path_score, 0);
    f->object_score = f->risky_score = 0;
    f->probation_days = 0;
    f->path_hostile = f->risky_same_path = f->acted_before = false;
    f->minutes_since_risky_login = FEATURE_NONE;
}

static void remove_one(struct features *f, struct event *e, enum factor factor) {
    switch (factor) {
    case FACTOR_NETWORK: remove_network(f, e); break;
    case FACTOR_CLIENT: remove_client(f, e); break;
    case FACTOR_DEVICE: remove_device(f, e); break;
    case FACTOR_LANGUAGE: remove_language(f, e); break;
    case FACTOR_TIMEZONE: remove_timezone(f, e); break;
    case FACTOR_PLACE: remove_place(f); break;
    case FACTOR_HOUR: remove_hour(f); break;
    case FACTOR_PAUSE: at_most(&f->dormant_days, 0), f->minutes_since_event = FEATURE_NONE; break;
    case FACTOR_TRAFFIC: remove_traffic(f); break;
    case FACTOR_GUESSING: at_most(&f->failures_streak, 0), at_most(&f->account_addresses_24h, 0); break;
    case FACTOR_PASSWORD: at_most(&f->tag_accounts_24h, 1); break;
    case FACTOR_SESSION: stay_in_session(f); break;
    case FACTOR_RESET: remove_reset(f); break;
    case FACTOR_CAMPAIGN: end_campaign(f); break;
    case FACTOR_BEFORE: remove_before(f); break;
    case FACTOR_CHANGE: f->minutes_since_email_change = f->minutes_since_password_change = FEATURE_NONE, f->changes_24h = 0; break;
    case FACTOR_ACT: f->act = ACT_NONE; break;
    case FACTOR_INCIDENT: f->incident_open = 0; break;
    case FACTOR_COUNT: break;
    }
}

static bool is_used(const struct features *f, enum attribute a) {
    return !f->of[a].present || f->of[a].account_count;
}

void factors_remove(struct features *f, struct event *event, unsigned factors) {
    *event = *f->event;
    f->event = event;
    for (unsigned i = 0; i < FACTOR_COUNT; i++)
        if (factors & 1U << i) remove_one(f, event, (enum factor)i);
    bool all = is_used(f, ATTR_PREFIX) && is_used(f, ATTR_ASN) && is_used(f, ATTR_UA) && !f->new_device;
    if (factors & FACTORS_OF_PATH && f->account_total && all) f->path_trained = true;
}
