// SPDX-License-Identifier: Apache-2.0
/* Places and networks of the crowd: who has which address when, as a function of time, so that nothing needs to be remembered. */
#include "sim/crowd_inside.h"

const char *network_word(unsigned n) {
    if (n < NETWORK_MOBILE) return "residential";
    if (n < NETWORK_BUSINESS) return "mobile";
    if (n < NETWORK_ABROAD) return "residential";
    if (n < NETWORK_HOSTING) return (n - NETWORK_ABROAD) % 6 == ABROAD_CARRIER ? "mobile" : "residential";
    if (n < NETWORK_VPN) return "hosting";
    if (n < NETWORK_RELAY) return "vpn";
    if (n < NETWORK_TOR) return "relay";
    if (n < NETWORK_OFFICE) return "tor";
    return "residential";
}

/* 4200000000..4294967294 are for private use (RFC 6996). A network's number says nothing about its kind. */
uint32_t network_asn(uint64_t seed, unsigned network) {
    return 4200000000U + (uint32_t)((hash_mix(seed, 77) + network * 4093U) % 90001U); /* a prime: no two alike */
}

uint8_t network_abroad(unsigned place, unsigned which) {
    return (uint8_t)(NETWORK_ABROAD + 6 * (place - CITY_COUNT) + which);
}

uint8_t provider_at(struct draws *d, unsigned place) {
    static const uint16_t here[HOME_PROVIDERS] = {28, 17, 12, 9, 8, 6, 5, 4, 4, 3, 2, 2}, there[ABROAD_CARRIER] = {40, 25, 15, 12, 8};
    return place < CITY_COUNT ? (uint8_t)weighted(d, here, HOME_PROVIDERS) : network_abroad(place, weighted(d, there, ABROAD_CARRIER));
}

unsigned city_at(struct draws *d) {
    static const uint16_t weights[CITY_COUNT] = {30, 11, 10, 10, 7, 7, 5, 6, 5, 4, 3, 2};
    return weighted(d, weights, CITY_COUNT);
}

unsigned place_abroad(struct draws *d) {
    static const uint16_t weights[ABROAD_COUNT] = {32, 16, 10, 8, 6, 5, 4, 4, 3, 3, 3, 2, 2, 2};
    return CITY_COUNT + weighted(d, weights, ABROAD_COUNT);
}

uint8_t language_at(const struct crowd *c, struct draws *d, unsigned place) {
    const struct place *p = &c->shop.places[place];
    return below(d, 100) < c->shop.main_language_pct ? p->language : p->short_language;
}

static struct address address_v4(const struct crowd *c, unsigned network, unsigned block, uint64_t host) {
    uint32_t bits = c->shop.address_bits, mask = (1U << bits) - 1;
    uint32_t v4 = 0xF0000000U + (network << (bits + 5)) + ((block & 31U) << bits) + (uint32_t)(host & mask);
    return (struct address){.family = ADDRESS_V4, .bytes = {(uint8_t)(v4 >> 24), (uint8_t)(v4 >> 16), (uint8_t)(v4 >> 8), (uint8_t)v4}};
}

/* A network has the 2^(bits + 5) addresses that begin at 240.0.0.0 + n * 2^(bits + 5): per place 2^bits, from `host`; and 3fff:n::/32. */
void path_at(const struct crowd *c, struct path *p, unsigned network, unsigned place, uint64_t host, bool v6) {
    uint64_t mixed = hash_mix(host, c->o.seed ^ network);
    p->network = (uint8_t)network;
    p->place = (uint8_t)place;
    if (v6) {
        uint64_t interface = hash_mix(mixed, 6);
        p->ip = (struct address){.family = ADDRESS_V6,
                                 .bytes = {0x3f, 0xff, 0, (uint8_t)network, (uint8_t)place, (uint8_t)(mixed >> 8), (uint8_t)mixed}};
        for (unsigned i = 0; i < 8; i++) p->ip.bytes[8 + i] = (uint8_t)(interface >> 8 * i);
        return;
    }
    p->ip = address_v4(c, network, place, mixed);
}

/* Some are renumbered after whole days; with the others an address lives for weeks to months. Half of the changes leave the prefix for
 * the provider's other one there. */
static int64_t lease_ms(const struct shop *s, uint64_t home) {
    if (hash_mix(home, 5) % 100 < s->renumber_pct) return (1 + (int64_t)(hash_mix(home, 1) % 3)) * DAY_MS;
    return (int64_t)(1 + s->lease_days / 6 + hash_mix(home, 2) % (2 * s->lease_days)) * DAY_MS;
}

enum { SHARED_HOME_ADDRESSES = 48 };

void path_line(const struct crowd *c, struct path *p, const struct line *l, uint64_t person, int64_t at_ms) {
    int64_t lease = lease_ms(&c->shop, l->key);
    uint64_t epoch = (uint64_t)((at_ms + (int64_t)(l->key % (uint64_t)DAY_MS) * 20) / lease);
    bool v6 = l->v6 && hash_mix((uint64_t)(at_ms / (2 * HOUR_MS)), person) % 100 < 60;
    path_at(c, p, l->provider, l->city, hash_mix(l->key, epoch), v6);
    if (!v6) {
        uint64_t mixed = hash_mix(l->key, epoch + 77);
        if (l->shared) /* many homes behind one address, another one each time */
            mixed = hash_mix(l->provider, hash_mix(l->key, (uint64_t)(at_ms / (6 * HOUR_MS))) % SHARED_HOME_ADDRESSES);
        p->ip = address_v4(c, p->network, p->place + (unsigned)(mixed >> 32 & 1) * CITY_COUNT, mixed);
        return;
    }
    uint64_t prefix = hash_mix(l->key, epoch / 4 + 900), privacy = hash_mix(l->key ^ person, (uint64_t)(at_ms / DAY_MS));
    p->ip.bytes[5] = (uint8_t)(prefix >> 8), p->ip.bytes[6] = (uint8_t)prefix, p->ip.bytes[7] = 0;
    for (unsigned i = 0; i < 8; i++) p->ip.bytes[8 + i] = (uint8_t)(privacy >> 8 * i);
}

void path_home(const struct crowd *c, struct path *p, unsigned account, int64_t at_ms) {
    const struct member *m = &c->members[account], *leader = &c->members[m->home];
    struct line l = {.key = hash_mix(name_of(c, 1, m->home), leader->moved), .provider = leader->provider, .city = leader->city};
    l.v6 = leader->traits & TRAIT_V6, l.shared = leader->traits & TRAIT_SHARED_HOME;
    path_line(c, p, &l, account, at_ms);
}

void path_stranger(const struct crowd *c, struct path *p, unsigned city, unsigned provider, uint64_t who, int64_t at_ms) {
    struct draws d = {hash_mix(who, 0x6c696e65), 0};
    struct line l = {.key = draw(&d), .provider = (uint8_t)provider, .city = (uint8_t)city};
    l.v6 = below(&d, 100) < c->shop.ipv6_pct, l.shared = below(&d, 100) < c->shop.shared_home_pct;
    path_line(c, p, &l, draw(&d), at_ms);
}

/* A carrier's customers share some addresses, which the databases put to one of two cities; one in three comes by IPv6. */
void path_mobile(const struct crowd *c, struct path *p, unsigned carrier, unsigned place, uint64_t who) {
    unsigned gateway = place < CITY_COUNT && carrier < CARRIERS ? place % 3 == 1 : place;
    unsigned network = carrier < CARRIERS ? NETWORK_MOBILE + carrier : network_abroad(place, ABROAD_CARRIER);
    bool v6 = who % 3 == 0;
    path_at(c, p, network, gateway, v6 ? who : who % c->shop.carrier_addresses, v6);
}

void path_work(const struct crowd *c, struct path *p, unsigned city, unsigned employer) {
    path_at(c, p, NETWORK_BUSINESS + employer % 3, city, 50000 + employer, false);
}

void path_vpn(const struct crowd *c, struct path *p, unsigned provider, unsigned country, uint64_t host) {
    static const uint8_t exits[VPN_COUNTRIES] = {0, 12, 16, 24}; /* at home and in three other countries */
    path_at(c, p, NETWORK_VPN + provider % VPN_PROVIDERS * VPN_COUNTRIES + country % VPN_COUNTRIES, exits[country % VPN_COUNTRIES],
            host % 160, false);
}
