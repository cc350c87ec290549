// SPDX-License-Identifier: Apache-2.0
/* Weighs an access path against what the account and the fleet are used to, in integers. */
#include "score/evidence.h"

#include "base/logmath.h"

#define LOGIN 16U /* account counts are in 1/16 logins */
#define FINE  16U /* and sums in 1/256, or the smallest rates would be lost in rounding */

/* How readily owners bring something new at a level: a0 in 1/16 logins, and the rate that remains, in 1/256. */
struct innovation {
    uint8_t first_16, rate_256;
};

static const struct innovation daily[ATTR_COUNT] = {
    [ATTR_COUNTRY] = {2, 2},     [ATTR_ASN] = {8, 10},     [ATTR_PREFIX] = {64, 50}, [ATTR_IP] = {128, 128},
    [ATTR_DEVICE_TYPE] = {4, 5}, [ATTR_OS] = {3, 3},       [ATTR_BROWSER] = {5, 8},  [ATTR_UA] = {64, 50},
    [ATTR_DEVICE] = {5, 5},      [ATTR_LANGUAGE] = {2, 2}, [ATTR_TIMEZONE] = {2, 2}, [ATTR_JA4] = {16, 25},
};
/* Mobile carriers hand out another address, of another prefix, at every turn. */
static const struct innovation mobile = {255, 200};

/* The population that a level is counted within. */
struct parent {
    uint64_t account, fleet;
};

/* What an account brought once only, it brings again: all but the first such login count as innovation of its own. */
static uint64_t innovation_of(struct innovation i, uint64_t parent, uint64_t once) {
    return i.first_16 * FINE + parent * i.rate_256 * FINE / 256 + (once > LOGIN ? once - LOGIN : 0) * FINE;
}

/* One level. The result's sign: + unlike the owner. */
static int32_t level(const struct attribute_reading *r, struct parent within, struct innovation i) {
    uint64_t a = innovation_of(i, within.account, r->account_once);
    uint64_t seen = r->account_count < within.account ? r->account_count : within.account;
    uint64_t fleet = r->fleet_trained < within.fleet ? r->fleet_trained : within.fleet;
    return ln_ratio_milli(within.account * FINE + a, seen * FINE * (within.fleet + 2) / (fleet + 1) + a);
}

static int32_t at_most_for_owner(int32_t milli) {
    return milli < -EVIDENCE_FOR_OWNER_MAX ? -EVIDENCE_FOR_OWNER_MAX : milli;
}

/* Levels from the coarsest down; one that the event does not carry is passed over, and below an unknown one nothing is known. */
static int32_t chain(const struct features *f, const enum attribute levels[4], bool on_mobile) {
    struct parent within = {f->account_total, f->fleet_total};
    int32_t sum = 0;
    for (unsigned i = 0; i < 4 && within.account; i++) {
        const struct attribute_reading *r = &f->of[levels[i]];
        if (!r->present) continue;
        sum += level(r, within, on_mobile && (levels[i] == ATTR_PREFIX || levels[i] == ATTR_IP) ? mobile : daily[levels[i]]);
        within = (struct parent){r->account_count, r->fleet_trained};
    }
    return at_most_for_owner(sum);
}

int32_t rarity_milli(const struct features *f, enum attribute a) {
    const struct attribute_reading *r = &f->of[a];
    if (!r->present || r->account_count) return 0;
    int32_t season = ln_ratio_milli((uint64_t)f->fleet_total + FLEET_COUNT_MIN, (uint64_t)r->fleet_trained + 1);
    if (!r->fleet_trained_7d) return season;
    int32_t week = ln_ratio_milli((uint64_t)f->fleet_total_7d + FLEET_COUNT_MIN, r->fleet_trained_7d);
    return week < season ? week : season;
}

/*
 * ln(share among hijackers / share among owners' logins at a shop) by kind of network. A guess from what is published (hosting and VPN
 * carry most attack traffic; one owner in a hundred shops from a data centre, one in ten through a VPN or relay): rough, hence rounded to
 * halves.
 */
int32_t network_kind_milli(const struct features *f) {
    switch (f->event->net) {
    case NET_HOSTING: return 3500;
    case NET_TOR: return 5500;
    case NET_VPN: return 500;
    case NET_NONE:
    case NET_RESIDENTIAL:
    case NET_MOBILE:
    case NET_RELAY:
    case NET_OTHER: return 0;
    }
    return 0;
}

/* A network of this rarity is as common among hijackers as among owners; the bounds keep a small shop's ignorance in its place. */
#define COMMON_MILLI 2000
#define RARER_MIN    (-1000)
#define RARER_MAX    2500

static int32_t rarer_than_common(const struct features *f) {
    if (!f->new_asn || f->fleet_total < FLEET_COUNT_MIN) return 0;
    int32_t half = (rarity_milli(f, ATTR_ASN) - COMMON_MILLI) / 2;
    return (half < RARER_MIN ? RARER_MIN : half > RARER_MAX ? RARER_MAX : half) + network_kind_milli(f);
}

static int32_t network(const struct features *f) {
    static const enum attribute levels[4] = {ATTR_COUNTRY, ATTR_ASN, ATTR_PREFIX, ATTR_IP};
    if (!f->account_total) return 0;
    return chain(f, levels, f->event->net == NET_MOBILE) + rarer_than_common(f);
}

static int32_t client(const struct features *f) {
    static const enum attribute levels[4] = {ATTR_DEVICE_TYPE, ATTR_OS, ATTR_BROWSER, ATTR_UA};
    return chain(f, levels, false);
}

/*
 * An attribute of its own, judged among the logins that carried it: an account that never sent it is not held to that, for the shop may
 * have begun to send it today.
 */
static int32_t single(const struct features *f, enum attribute attribute) {
    const struct attribute_reading *r = &f->of[attribute];
    if (r->present) return at_most_for_owner(level(r, (struct parent){r->account_sent, f->fleet_total}, daily[attribute]));
    /* Where the event has none, its absence is the value, which half of all clients might show. */
    if (!r->account_sent) return 0;
    uint64_t a = innovation_of(daily[attribute], f->account_total, r->account_once);
    return ln_ratio_milli((uint64_t)f->account_total * FINE + a, (uint64_t)r->account_count * 2 * FINE + a);
}

/* What another client does not send says only that it is another client. */
static int32_t of_known_client(const struct features *f, enum attribute attribute) {
    return f->of[attribute].present || f->of[ATTR_BROWSER].account_count ? single(f, attribute) : 0;
}

void path_evidence(const struct features *f, struct path_evidence *out) {
    out->network = network(f);
    out->client = client(f);
    out->device = single(f, ATTR_DEVICE);
    out->language = of_known_client(f, ATTR_LANGUAGE);
    out->timezone = f->timezone_travels ? 0 : of_known_client(f, ATTR_TIMEZONE); /* the country has said it */
    out->ja4 = of_known_client(f, ATTR_JA4) / 2;
    if (f->new_device && out->ja4 > 0) out->ja4 = 0;
    out->sum = out->network + out->client + out->device + out->language + out->timezone + out->ja4;
}

int32_t support_of_client(const struct path_evidence *e) {
    int32_t sum = e->client + e->device;
    return sum < 0 ? sum : 0;
}

int32_t support_of_network(const struct path_evidence *e) {
    int32_t sum = e->network + e->device;
    return sum < 0 ? sum : 0;
}

int32_t less_support(int32_t milli, int32_t support) {
    if (milli <= 0) return milli;
    return milli + support > 0 ? milli + support : 0;
}

int32_t surprise_milli(uint32_t x, uint64_t mean_milli) {
    uint64_t x_milli = (uint64_t)x * 1000;
    if (!mean_milli) mean_milli = 1;
    if (x_milli <= mean_milli) return 0;
    int64_t log = ln_ratio_milli(x_milli, mean_milli);
    int64_t sum = x * log - (int64_t)(x_milli - mean_milli);
    return sum > 1000000 ? 1000000 : sum < 0 ? 0 : (int32_t)sum;
}

int32_t burst_milli(uint32_t bad, uint64_t good_milli) {
    int32_t chance = surprise_milli(bad, 1000 + good_milli / 2);
    int32_t odds = ln_ratio_milli((uint64_t)bad * 1000 + 1000 + good_milli, 1000 + good_milli);
    return chance < odds ? chance : odds;
}
