// SPDX-License-Identifier: Apache-2.0
/* Places and networks of the crowd: who has which address when, as a function of time, so that nothing needs to be remembered. */
#include "sim/crowd_inside.h"

/* Twelve cities of the shop's country, then one place in each of the others. Coordinates in hundredths of a degree. */
const struct place places[PLACE_COUNT] = {
    {"JP", 3568, 13969, "Asia/Tokyo", 9, 0},
    {"JP", 3469, 13550, "Asia/Tokyo", 9, 0},
    {"JP", 3518, 13691, "Asia/Tokyo", 9, 0},
    {"JP", 3544, 13964, "Asia/Tokyo", 9, 0},
    {"JP", 4306, 14135, "Asia/Tokyo", 9, 0},
    {"JP", 3359, 13040, "Asia/Tokyo", 9, 0},
    {"JP", 3501, 13577, "Asia/Tokyo", 9, 0},
    {"JP", 3469, 13519, "Asia/Tokyo", 9, 0},
    {"JP", 3827, 14087, "Asia/Tokyo", 9, 0},
    {"JP", 3439, 13246, "Asia/Tokyo", 9, 0},
    {"JP", 2621, 12768, "Asia/Tokyo", 9, 0},
    {"JP", 3656, 13665, "Asia/Tokyo", 9, 0},
    {"US", 3405, -11824, "America/Los_Angeles", -8, 2},
    {"KR", 3757, 12698, "Asia/Seoul", 9, 4},
    {"TW", 2503, 12157, "Asia/Taipei", 8, 13},
    {"TH", 1376, 10050, "Asia/Bangkok", 7, 12},
    {"SG", 129, 10385, "Asia/Singapore", 8, 2},
    {"GB", 5151, -13, "Europe/London", 0, 5},
    {"DE", 5252, 1341, "Europe/Berlin", 1, 10},
    {"FR", 4886, 235, "Europe/Paris", 1, 11},
    {"AU", -3387, 15121, "Australia/Sydney", 10, 2},
    {"BR", -2355, -4663, "America/Sao_Paulo", -3, 7},
    {"RO", 4443, 2610, "Europe/Bucharest", 2, 8},
    {"VN", 1082, 10663, "Asia/Ho_Chi_Minh", 7, 6},
    {"NL", 5237, 490, "Europe/Amsterdam", 1, 2},
    {"RU", 5576, 3762, "Europe/Moscow", 3, 9},
};

const char *const languages[] = {"ja-JP", "ja",    "en-US", "zh-CN", "ko-KR", "en-GB", "vi-VN",
                                 "pt-BR", "ro-RO", "ru-RU", "de-DE", "fr-FR", "th-TH", "zh-TW"};

const char *network_word(unsigned n) {
    if (n < NETWORK_MOBILE) return "residential";
    if (n < NETWORK_BUSINESS) return "mobile";
    if (n < NETWORK_ABROAD) return "residential";
    if (n < NETWORK_HOSTING) return (n - NETWORK_ABROAD) % 3 == 2 ? "mobile" : "residential";
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
    return (uint8_t)(NETWORK_ABROAD + 3 * (place - CITY_COUNT) + which);
}

static struct address address_v4(unsigned network, unsigned block, uint64_t host) {
    uint32_t v4 = 0xF0000000U + (network << 18) + ((block & 31U) << 13) + (uint32_t)(host & 8191U);
    return (struct address){.family = ADDRESS_V4, .bytes = {(uint8_t)(v4 >> 24), (uint8_t)(v4 >> 16), (uint8_t)(v4 >> 8), (uint8_t)v4}};
}

/* A network has the 2^18 addresses that begin at 240.0.0.0 + n * 2^18: per place 8,192, from `host`; and 3fff:n::/32. */
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
    p->ip = address_v4(network, place, mixed);
}

/* Providers 8 to 11 renumber after whole days; with the others an address lives for weeks to months. Half of the changes leave
 * the prefix for the provider's other one there. */
static int64_t lease_ms(unsigned provider, uint64_t home) {
    if (provider % 12 >= 8) return (1 + (int64_t)(hash_mix(home, 1) % 3)) * DAY_MS;
    return (int64_t)(20 + hash_mix(home, 2) % 220) * DAY_MS;
}

void path_home(const struct crowd *c, struct path *p, unsigned account, int64_t at_ms) {
    const struct member *m = &c->members[account], *leader = &c->members[m->home];
    uint64_t home = hash_mix(name_of(c, 1, m->home), leader->moved);
    int64_t lease = lease_ms(leader->provider, home);
    uint64_t epoch = (uint64_t)((at_ms + (int64_t)(home % (uint64_t)DAY_MS) * 20) / lease);
    bool v6 = leader->traits & TRAIT_V6 && hash_mix((uint64_t)(at_ms / (2 * HOUR_MS)), account) % 100 < 60;
    path_at(c, p, leader->provider, leader->city, hash_mix(home, epoch), v6);
    if (!v6) {
        uint64_t mixed = hash_mix(home, epoch + 77);
        p->ip = address_v4(p->network, p->place + (unsigned)(mixed >> 32 & 1) * CITY_COUNT, mixed);
        return;
    }
    uint64_t prefix = hash_mix(home, epoch / 4 + 900), privacy = hash_mix(home ^ account, (uint64_t)(at_ms / DAY_MS));
    p->ip.bytes[5] = (uint8_t)(prefix >> 8), p->ip.bytes[6] = (uint8_t)prefix, p->ip.bytes[7] = 0;
    for (unsigned i = 0; i < 8; i++) p->ip.bytes[8 + i] = (uint8_t)(privacy >> 8 * i);
}

/* A carrier's customers share 1,024 addresses, which the databases put to one of two cities; one in three comes by IPv6. */
void path_mobile(const struct crowd *c, struct path *p, unsigned carrier, unsigned place, uint64_t who) {
    unsigned gateway = place < CITY_COUNT && carrier < CARRIERS ? place % 3 == 1 : place;
    unsigned network = carrier < CARRIERS ? NETWORK_MOBILE + carrier : network_abroad(place, 2);
    bool v6 = who % 3 == 0;
    path_at(c, p, network, gateway, v6 ? who : who % 1024, v6);
}

void path_work(const struct crowd *c, struct path *p, unsigned city, unsigned employer) {
    path_at(c, p, NETWORK_BUSINESS + employer % 3, city, 50000 + employer, false);
}

void path_vpn(const struct crowd *c, struct path *p, unsigned provider, unsigned country, uint64_t host) {
    static const uint8_t exits[VPN_COUNTRIES] = {0, 12, 16, 24};
    path_at(c, p, NETWORK_VPN + provider % VPN_PROVIDERS * VPN_COUNTRIES + country % VPN_COUNTRIES, exits[country % VPN_COUNTRIES],
            host % 160, false);
}
