// SPDX-License-Identifier: Apache-2.0
/* Writes features as a row of numbers, for models that were learned from many such rows. */
#include "score/row.h"

#include "base/logmath.h"
#include "base/moment.h"

static const char *const names[ROW_COUNT] = {
#define ROW(name, direction, sentence) #name,
#include "score/row.def"
#undef ROW
};
static const char *const sentences[ROW_COUNT] = {
#define ROW(name, direction, sentence) sentence,
#include "score/row.def"
#undef ROW
};

enum { LESS = -1, EITHER, MORE };
static const signed char directions[ROW_COUNT] = {
#define ROW(name, direction, sentence) direction,
#include "score/row.def"
#undef ROW
};

const char *row_name(unsigned column) {
    return names[column];
}

const char *row_sentence(unsigned column) {
    return sentences[column];
}

int row_direction(unsigned column) {
    return directions[column];
}

/* ln(1 + n); absent stays absent. */
static int32_t log_of(int64_t n) {
    return n == FEATURE_NONE ? ROW_ABSENT : ln_milli((uint64_t)(n < 0 ? 0 : n) + 1);
}

static int32_t share_of(const struct attribute_reading *r) {
    return r->present && r->account_sent ? (int32_t)((uint64_t)r->account_count * 1000 / r->account_sent) : ROW_ABSENT;
}

/* As rarity_milli of evidence.h, of a value that the account used before too. */
static int32_t rarity_of(const struct features *f, enum attribute a) {
    const struct attribute_reading *r = &f->of[a];
    if (!r->present || f->fleet_total < FLEET_COUNT_MIN) return ROW_ABSENT;
    int32_t season = ln_ratio_milli((uint64_t)f->fleet_total + FLEET_COUNT_MIN, (uint64_t)r->fleet_trained + 1);
    if (!r->fleet_trained_7d) return season;
    int32_t week = ln_ratio_milli((uint64_t)f->fleet_total_7d + FLEET_COUNT_MIN, r->fleet_trained_7d);
    return week < season ? week : season;
}

static int32_t trained_of(const struct attribute_reading *r) {
    return r->present ? ln_milli((uint64_t)r->fleet_trained + 1) : ROW_ABSENT;
}

static int32_t once_of(const struct features *f, enum attribute a) {
    return f->account_total ? (int32_t)((uint64_t)f->of[a].account_once * 1000 / f->account_total) : ROW_ABSENT;
}

static void write_path(const struct features *f, const struct path_evidence *path, int32_t *of) {
    static const struct {
        enum attribute attribute;
        enum row_column column;
    } shares[] = {{ATTR_IP, ROW_share_ip},
                  {ATTR_PREFIX, ROW_share_prefix},
                  {ATTR_ASN, ROW_share_asn},
                  {ATTR_COUNTRY, ROW_share_country},
                  {ATTR_UA, ROW_share_ua},
                  {ATTR_BROWSER, ROW_share_browser},
                  {ATTR_OS, ROW_share_os},
                  {ATTR_DEVICE, ROW_share_device},
                  {ATTR_LANGUAGE, ROW_share_language},
                  {ATTR_TIMEZONE, ROW_share_timezone},
                  {ATTR_JA4, ROW_share_ja4}},
      rarities[] = {{ATTR_ASN, ROW_rarity_asn},         {ATTR_COUNTRY, ROW_rarity_country},   {ATTR_UA, ROW_rarity_ua},
                    {ATTR_BROWSER, ROW_rarity_browser}, {ATTR_LANGUAGE, ROW_rarity_language}, {ATTR_TIMEZONE, ROW_rarity_timezone},
                    {ATTR_JA4, ROW_rarity_ja4}};
    of[ROW_evidence_network] = path->network;
    of[ROW_evidence_client] = path->client;
    of[ROW_evidence_device] = path->device;
    of[ROW_evidence_language] = path->language;
    of[ROW_evidence_timezone] = path->timezone;
    of[ROW_evidence_ja4] = path->ja4;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) of[shares[i].column] = share_of(&f->of[shares[i].attribute]);
    for (size_t i = 0; i < sizeof rarities / sizeof *rarities; i++) of[rarities[i].column] = rarity_of(f, rarities[i].attribute);
    of[ROW_trained_ip] = trained_of(&f->of[ATTR_IP]);
    of[ROW_trained_prefix] = trained_of(&f->of[ATTR_PREFIX]);
    of[ROW_trained_device] = trained_of(&f->of[ATTR_DEVICE]);
    of[ROW_once_country] = once_of(f, ATTR_COUNTRY);
    of[ROW_once_asn] = once_of(f, ATTR_ASN);
    of[ROW_once_browser] = once_of(f, ATTR_BROWSER);
    of[ROW_once_device] = once_of(f, ATTR_DEVICE);
    of[ROW_paths] = f->path_trained;
    of[ROW_probation_days] = log_of(f->probation_days);
    of[ROW_path_score] = f->path_score == FEATURE_NONE ? ROW_ABSENT : (int32_t)f->path_score;
    of[ROW_no_device] = !f->of[ATTR_DEVICE].present;
    of[ROW_no_timezone] = !f->of[ATTR_TIMEZONE].present;
}

#define DORMANT_DAYS_MAX 100000

/* How long it was quiet, against the mean time between logins, one more login and 30 days added: 1000 = as long as usual. */
static int32_t dormant_usual(const struct features *f) {
    if (f->dormant_days == FEATURE_NONE || f->span_days == FEATURE_NONE) return ROW_ABSENT;
    int64_t mean_days = (f->span_days + 30) / (f->depth + 1) + 1;
    return log_of((f->dormant_days < DORMANT_DAYS_MAX ? f->dormant_days : DORMANT_DAYS_MAX) * 10 / mean_days);
}

#define NIGHT_FROM 1
#define NIGHT_TO   6

static int32_t hour_unusual(const struct features *f) {
    /* Eight parts of a day; eight acts more, spread evenly. */
    return f->week_total ? ln_ratio_milli((uint64_t)f->week_total + 8, ((uint64_t)f->week_count + 1) * 8) : ROW_ABSENT;
}

static void write_account(const struct features *f, int32_t *of) {
    of[ROW_history] = log_of(f->depth);
    of[ROW_age] = log_of(f->account_age_days);
    of[ROW_dormant] = log_of(f->dormant_days);
    of[ROW_dormant_usual] = dormant_usual(f);
    of[ROW_since_event] = log_of(f->minutes_since_event);
    of[ROW_changes_day] = log_of(f->changes_24h);
    of[ROW_failures_streak] = log_of(f->failures_streak);
    of[ROW_failed_addresses] = f->account_addresses_24h == FEATURE_NONE ? ROW_ABSENT : (int32_t)f->account_addresses_24h;
    of[ROW_hour_unusual] = hour_unusual(f);
    of[ROW_night] = f->local_hour == FEATURE_NONE ? ROW_ABSENT : f->local_hour >= NIGHT_FROM && f->local_hour < NIGHT_TO;
    of[ROW_speed] = log_of(f->speed_kmh);
    of[ROW_distance] = log_of(f->distance_km);
    of[ROW_since_password_change] = log_of(f->minutes_since_password_change);
    of[ROW_since_contact_change] = log_of(f->minutes_since_email_change);
    of[ROW_since_reset_request] = log_of(f->minutes_since_reset_request);
    of[ROW_reset_same_path] = f->reset_same_path;
    of[ROW_since_risky_login] = log_of(f->minutes_since_risky_login);
    of[ROW_risky_score] = f->risky_score;
    of[ROW_risky_same_path] = f->risky_same_path;
}

static void write_entry(const struct features *f, int32_t *of) {
    const struct event *e = f->event;
    of[ROW_attempt] = f->attempt;
    of[ROW_password] = e->method == METHOD_PASSWORD;
    of[ROW_reset_link] = e->method == METHOD_RESET_LINK || e->method == METHOD_OTP;
    of[ROW_cookie] = e->method == METHOD_COOKIE;
    of[ROW_strong] = e->method == METHOD_PASSKEY || e->method == METHOD_SOCIAL;
    of[ROW_session_state] = (int32_t)f->session_state;
    of[ROW_login_age] = log_of(f->login_age_s);
    of[ROW_act] = (int32_t)f->act;
    of[ROW_kind] = f->act ? (int32_t)e->kind : 0;
    int32_t before = 0;
    for (unsigned bits = f->acts_before; bits; bits &= bits - 1) before++;
    of[ROW_acts_before] = before;
}

/* Minutes between the zone's clock and the sun over the network's place. */
static int32_t zone_apart(const struct features *f) {
    return f->zone_apart_min == FEATURE_NONE ? ROW_ABSENT : (int32_t)f->zone_apart_min;
}

static void write_network(const struct features *f, int32_t *of) {
    enum net net = f->event->net;
    bool known = net != NET_NONE;
    of[ROW_hosting] = known ? net == NET_HOSTING : ROW_ABSENT;
    of[ROW_anonymous] = known ? net == NET_VPN || net == NET_RELAY || net == NET_TOR : ROW_ABSENT;
    of[ROW_mobile] = known ? net == NET_MOBILE : ROW_ABSENT;
    of[ROW_zone_apart] = zone_apart(f);
}

/* Attempts over a value within a day, against what owners' learned logins of it make of a day; in millinats. */
static int32_t odds_of(const struct features *f, enum attribute a) {
    const struct attribute_reading *r = &f->of[a];
    if (!r->present || f->fleet_total < FLEET_COUNT_MIN) return ROW_ABSENT;
    uint64_t all = f->fleet_attempts_24h, good = f->fleet_total;
    return ln_ratio_milli(((uint64_t)r->fleet_attempts_24h * good + good) + 1, ((uint64_t)r->fleet_trained + 1) * (all + 1) + 1);
}

static int32_t count_of(bool present, uint32_t count) {
    return present ? ln_milli((uint64_t)count + 1) : ROW_ABSENT;
}

static void write_fleet(const struct features *f, int32_t *of) {
    static const enum row_column all[] = {ROW_ip_failures,  ROW_ip_accounts, ROW_prefix_failures, ROW_prefix_accounts, ROW_device_accounts,
                                          ROW_tag_accounts, ROW_asn_burst,   ROW_asn_odds,        ROW_country_odds,    ROW_ua_odds,
                                          ROW_ja4_odds,     ROW_failing,     ROW_risk_prefix,     ROW_risk_client,     ROW_risk_confirmed};
    if (!f->attempt) {
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) of[all[i]] = ROW_ABSENT;
        return;
    }
    const struct attribute_reading *ip = &f->of[ATTR_IP], *prefix = &f->of[ATTR_PREFIX], *asn = &f->of[ATTR_ASN];
    of[ROW_ip_failures] = count_of(ip->present, ip->fleet_failures_24h);
    of[ROW_ip_accounts] = count_of(ip->present, ip->fleet_accounts);
    of[ROW_prefix_failures] = count_of(prefix->present, prefix->fleet_failures_24h);
    of[ROW_prefix_accounts] = count_of(prefix->present, prefix->fleet_accounts);
    of[ROW_device_accounts] = count_of(f->of[ATTR_DEVICE].present, f->of[ATTR_DEVICE].fleet_accounts);
    of[ROW_tag_accounts] = log_of(f->tag_accounts_24h);
    of[ROW_asn_burst] = asn->present ? burst_milli(asn->fleet_failures_24h, (uint64_t)asn->fleet_trained * 1000 / 90) : ROW_ABSENT;
    of[ROW_asn_odds] = odds_of(f, ATTR_ASN);
    of[ROW_country_odds] = odds_of(f, ATTR_COUNTRY);
    of[ROW_ua_odds] = odds_of(f, ATTR_UA);
    of[ROW_ja4_odds] = odds_of(f, ATTR_JA4);
    of[ROW_failing] = ln_ratio_milli(((uint64_t)f->fleet_failures_24h + 1) * ((uint64_t)f->fleet_attempts_90d + 1),
                                     ((uint64_t)f->fleet_failures_90d + 1) * ((uint64_t)f->fleet_attempts_24h + 1));
    of[ROW_risk_prefix] = count_of(true, f->origin[SHARED_PREFIX].entries);
    of[ROW_risk_client] = count_of(true, f->origin[SHARED_CLIENT].entries);
    uint8_t confirmed = 0;
    for (unsigned i = 0; i < SHARED_COUNT; i++)
        if (f->origin[i].confirmed > confirmed) confirmed = f->origin[i].confirmed;
    of[ROW_risk_confirmed] = count_of(true, confirmed);
}

bool row_is_judged(const struct features *f) {
    enum kind_group group = kind_group(f->event->kind);
    bool acts = event_is_login_success(f->event) || (!f->attempt && group != GROUP_NONE && group <= GROUP_VALUE);
    return acts && f->path_score != FEATURE_NONE;
}

void row_of(const struct features *f, const struct path_evidence *path, struct row *out) {
    write_path(f, path, out->of);
    write_account(f, out->of);
    write_entry(f, out->of);
    write_network(f, out->of);
    write_fleet(f, out->of);
}
