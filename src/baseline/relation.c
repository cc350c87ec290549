// SPDX-License-Identifier: Apache-2.0
/* Measures how an event stands to what its account and the fleet did before it. */
#include "baseline/relation.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/moment.h"
#include "baseline/agent.h"

#define SEED UINT64_C(0xBA5E11E5) /* fixed: a baseline is run on files, not on what strangers send */

struct account {
    uint64_t key;
    int64_t first_ms, last_ms;
    uint64_t count; /* of what taught */
    uint32_t hours[24], kinds[KIND_COUNT];
    uint64_t sent[ATTRIBUTE_COUNT]; /* how many of these said something of each part of the path */
    bool placed;
    double lat, lon;
    int64_t placed_ms;
    uint32_t failures; /* since the last success */
    double failures_1h, changes_1d;
    int64_t failures_ms, changes_ms; /* when the two above were right */
};

struct use { /* of a value by an account */
    uint64_t key, count;
    int64_t first_ms;
};

struct value { /* in the fleet */
    uint64_t key, accounts;
};

struct place_of_failures { /* an address or a prefix */
    uint64_t key;
    double failures_1h;
    int64_t failures_ms;
};

struct session {
    uint64_t key;
    int64_t first_ms;
    uint64_t client, asn;
};

static const char *const names[] = {
#define ATTRIBUTE(name, sentence) "same_" #name, "share_" #name, "age_" #name, "rarity_" #name,
#define NUMBER(name, sentence)    #name,
#include "baseline/relation.def"
#undef ATTRIBUTE
#undef NUMBER
};

const char *relation_name(unsigned index) {
    return index < RELATION_COUNT ? names[index] : "";
}

/* -- what the event is --------------------------------------------------------------------------------------------------------------- */

static uint64_t text_key(struct str s) {
    uint64_t h = hash_str(s, SEED);
    return !s.size ? 0 : h ? h : 1;
}

static uint64_t prefix_key(const struct address *ip, unsigned v4, unsigned v6) {
    if (ip->family == ADDRESS_NONE) return 0;
    struct address a = address_prefix(ip, ip->family == ADDRESS_V4 ? v4 : v6);
    return hash_bytes(a.bytes, sizeof a.bytes, SEED + a.family) | 1;
}

static uint64_t client_key(struct str user_agent) {
    if (!user_agent.size) return 0;
    struct agent a = agent_from(user_agent);
    return hash_mix(hash_mix(hash_str(a.browser, SEED), hash_str(a.os, SEED)), a.type) | 1;
}

struct relation_key relation_key_of(const struct event *e) {
    struct relation_key k = {.subject = text_key(e->subject), .session = text_key(e->session)};
    k.values[ATTRIBUTE_address] = prefix_key(&e->ip, 32, 128);
    k.values[ATTRIBUTE_prefix] = prefix_key(&e->ip, 24, 48);
    k.values[ATTRIBUTE_asn] = e->asn_present ? hash_mix((uint64_t)e->asn, SEED) | 1 : 0;
    k.values[ATTRIBUTE_country] = text_key(e->country);
    k.values[ATTRIBUTE_device] = text_key(e->device);
    k.values[ATTRIBUTE_agent] = text_key(e->user_agent);
    k.values[ATTRIBUTE_client] = client_key(e->user_agent);
    k.values[ATTRIBUTE_language] = text_key(e->language);
    k.values[ATTRIBUTE_timezone] = text_key(e->timezone);
    k.values[ATTRIBUTE_ja4] = text_key(e->ja4);
    k.has_path = k.values[ATTRIBUTE_address] || k.values[ATTRIBUTE_device] || k.values[ATTRIBUTE_agent] || k.session;
    k.account = k.subject && e->failure != FAILURE_NO_SUCH_ACCOUNT;
    k.failed = e->outcome == OUTCOME_FAILURE;
    return k;
}

static uint64_t use_key(const struct relation_key *k, unsigned i) {
    return hash_mix(hash_mix(k->subject, k->values[i]), i);
}

static uint64_t value_key(const struct relation_key *k, unsigned i) {
    return hash_mix(k->values[i], i);
}

/* -- measuring ----------------------------------------------------------------------------------------------------------------------- */

static double faded(double amount, int64_t then_ms, int64_t now_ms, int64_t half_life_ms) {
    return now_ms > then_ms ? amount * exp2(-(double)(now_ms - then_ms) / (double)half_life_ms) : amount;
}

static float log_of(double x) {
    return (float)log1p(x > 0 ? x : 0);
}

static double km_between(double lat_a, double lon_a, double lat_b, double lon_b) {
    const double radian = 3.14159265358979323846 / 180;
    double u = sin((lat_b - lat_a) * radian / 2), v = sin((lon_b - lon_a) * radian / 2);
    double h = u * u + cos(lat_a * radian) * cos(lat_b * radian) * v * v;
    return 2 * 6371.0 * asin(sqrt(h < 1 ? h : 1));
}

static void measure_attribute(const struct relation *r, const struct event *e, const struct relation_key *k, const struct account *a,
                              unsigned i, float *out) {
    for (unsigned j = 0; j < 4; j++) out[j] = ABSENT;
    if (!k->values[i]) return;
    const struct value *v = table_find(&r->values, value_key(k, i));
    out[3] = (float)-log(((v ? (double)v->accounts : 0) + 0.5) / ((double)r->accounts.count + 1));
    if (!a || !a->sent[i]) return;
    const struct use *u = table_find(&r->uses, use_key(k, i));
    out[0] = u ? 1 : 0;
    out[1] = u ? (float)((double)u->count / (double)a->sent[i]) : 0;
    if (u) out[2] = log_of((double)(e->time_ms - u->first_ms) / HOUR_MS);
}

static float hour_distance(const struct account *a, int64_t at_ms) {
    double sum = 0;
    int hour = (int)moment_hour(at_ms);
    for (int i = 0; i < 24; i++) {
        int apart = hour > i ? hour - i : i - hour;
        sum += (double)a->hours[i] * (apart > 12 ? 24 - apart : apart);
    }
    return (float)(sum / (double)a->count);
}

static void measure_place(const struct account *a, const struct event *e, float *out) {
    if (!a->placed || !e->lat_present || !e->lon_present) return;
    double km = km_between(a->lat, a->lon, (double)e->lat_micro / 1e6, (double)e->lon_micro / 1e6);
    double hours = (double)(e->time_ms - a->placed_ms) / HOUR_MS;
    out[RELATION_distance] = log_of(km);
    out[RELATION_speed] = km < 100 ? 0 : log_of(km / (hours > 1.0 / 60 ? hours : 1.0 / 60));
}

static void measure_account(const struct account *a, const struct event *e, float *out) {
    out[RELATION_failures] = (float)(a->failures < 50 ? a->failures : 50);
    out[RELATION_failures_1h] = (float)faded(a->failures_1h, a->failures_ms, e->time_ms, HOUR_MS);
    out[RELATION_changes_1d] = (float)faded(a->changes_1d, a->changes_ms, e->time_ms, DAY_MS);
    out[RELATION_history] = log_of((double)a->count);
    if (!a->count) return;
    out[RELATION_account_age] = log_of((double)(e->time_ms - a->first_ms) / HOUR_MS);
    out[RELATION_since_last] = log_of((double)(e->time_ms - a->last_ms) / MINUTE_MS);
    out[RELATION_hour_distance] = hour_distance(a, e->time_ms);
    out[RELATION_kind_before] = (float)((double)a->kinds[e->kind] / (double)a->count);
    measure_place(a, e, out);
}

static float failures_from(const struct relation *r, const struct event *e, const struct relation_key *k, unsigned attribute) {
    if (!k->values[attribute]) return ABSENT;
    const struct place_of_failures *f = table_find(&r->sources, value_key(k, attribute));
    return f ? log_of(faded(f->failures_1h, f->failures_ms, e->time_ms, HOUR_MS)) : 0;
}

static float others_on(const struct relation *r, const struct relation_key *k, unsigned i) {
    if (!k->values[i]) return ABSENT;
    const struct value *v = table_find(&r->values, value_key(k, i));
    return log_of((v ? (double)v->accounts : 0) - (k->account && table_find(&r->uses, use_key(k, i)) ? 1 : 0));
}

static void measure_session(const struct relation *r, const struct event *e, const struct relation_key *k, float *out) {
    const struct session *s = k->session ? table_find(&r->sessions, k->session) : NULL;
    if (!s) return;
    out[RELATION_session_age] = log_of((double)(e->time_ms - s->first_ms) / MINUTE_MS);
    uint64_t client = k->values[ATTRIBUTE_client], asn = k->values[ATTRIBUTE_asn];
    if (client && s->client) out[RELATION_session_client] = client != s->client;
    if (asn && s->asn) out[RELATION_session_network] = asn != s->asn;
}

void relation_measure(const struct relation *r, const struct event *e, const struct relation_key *key, float out[RELATION_COUNT]) {
    for (unsigned i = 0; i < RELATION_COUNT; i++) out[i] = ABSENT;
    const struct account *a = key->account ? table_find(&r->accounts, key->subject) : NULL;
    for (unsigned i = 0; i < ATTRIBUTE_COUNT; i++) measure_attribute(r, e, key, a, i, out + 4 * i);
    if (a) measure_account(a, e, out);
    out[RELATION_address_failures_1h] = failures_from(r, e, key, ATTRIBUTE_address);
    out[RELATION_prefix_failures_1h] = failures_from(r, e, key, ATTRIBUTE_prefix);
    out[RELATION_address_accounts] = others_on(r, key, ATTRIBUTE_address);
    out[RELATION_device_accounts] = others_on(r, key, ATTRIBUTE_device);
    measure_session(r, e, key, out);
    out[RELATION_kind_rarity] = (float)-log(((double)r->kinds[e->kind] + 0.5) / ((double)r->kind_sum + 1));
}

/* -- learning ------------------------------------------------------------------------------------------------------------------------ */

void relation_init(struct relation *r) {
    *r = (struct relation){.accounts = TABLE_OF(struct account),
                           .uses = TABLE_OF(struct use),
                           .values = TABLE_OF(struct value),
                           .sources = TABLE_OF(struct place_of_failures),
                           .sessions = TABLE_OF(struct session)};
}

void relation_release(struct relation *r) {
    table_release(&r->accounts);
    table_release(&r->uses);
    table_release(&r->values);
    table_release(&r->sources);
    table_release(&r->sessions);
}

static bool count_failure(struct relation *r, const struct event *e, const struct relation_key *k) {
    static const unsigned places[] = {ATTRIBUTE_address, ATTRIBUTE_prefix};
    for (unsigned i = 0; i < 2; i++) {
        if (!k->values[places[i]]) continue;
        struct place_of_failures *f = table_add(&r->sources, value_key(k, places[i]));
        if (!f) return false;
        f->failures_1h = faded(f->failures_1h, f->failures_ms, e->time_ms, HOUR_MS) + 1;
        f->failures_ms = e->time_ms;
    }
    struct account *a = k->account ? table_find(&r->accounts, k->subject) : NULL;
    if (!a) return true; /* nobody has ever got in: no account is made of guesses */
    a->failures++;
    a->failures_1h = faded(a->failures_1h, a->failures_ms, e->time_ms, HOUR_MS) + 1;
    a->failures_ms = e->time_ms;
    return true;
}

static bool count_uses(struct relation *r, const struct event *e, const struct relation_key *k, struct account *a) {
    for (unsigned i = 0; i < ATTRIBUTE_COUNT; i++) {
        if (!k->values[i]) continue;
        struct use *u = table_add(&r->uses, use_key(k, i));
        struct value *v = table_add(&r->values, value_key(k, i));
        if (!u || !v) return false;
        a->sent[i]++;
        if (!u->count++) {
            u->first_ms = e->time_ms;
            v->accounts++;
        }
    }
    return true;
}

static bool count_session(struct relation *r, const struct event *e, const struct relation_key *k) {
    if (!k->session) return true;
    struct session *s = table_add(&r->sessions, k->session);
    if (s && !s->first_ms) *s = (struct session){k->session, e->time_ms, k->values[ATTRIBUTE_client], k->values[ATTRIBUTE_asn]};
    return s;
}

static void count_account(struct account *a, const struct event *e) {
    if (!a->count++) a->first_ms = e->time_ms;
    a->last_ms = e->time_ms;
    a->hours[moment_hour(e->time_ms)]++;
    a->kinds[e->kind]++;
    if (event_is_login_success(e)) a->failures = 0;
    if (kind_group(e->kind) == GROUP_CREDENTIAL) {
        a->changes_1d = faded(a->changes_1d, a->changes_ms, e->time_ms, DAY_MS) + 1;
        a->changes_ms = e->time_ms;
    }
    if (!e->lat_present || !e->lon_present) return;
    a->placed = true;
    a->placed_ms = e->time_ms;
    a->lat = (double)e->lat_micro / 1e6;
    a->lon = (double)e->lon_micro / 1e6;
}

enum err relation_learn(struct relation *r, const struct event *e, const struct relation_key *key, struct problem *p) {
    r->kinds[e->kind]++;
    r->kind_sum++;
    if (!key->has_path) return ERR_OK;
    bool done = true;
    if (key->failed) {
        done = count_failure(r, e, key);
    } else if (key->account) {
        struct account *a = table_add(&r->accounts, key->subject);
        if (a) count_account(a, e);
        done = a && count_uses(r, e, key, a) && count_session(r, e, key);
    }
    return done ? ERR_OK : problem_set(p, ERR_FULL, "", "", "no memory to remember more accounts");
}
