// SPDX-License-Identifier: Apache-2.0
/* Reads the access path out of an event and hashes its attributes. */
#include "enrich/path.h"

#include <string.h>

#include "base/hash.h"
#include "enrich/region.h"

static uint64_t hash_address(struct address a, enum attribute attribute, uint64_t seed) {
    return hash_bytes(a.bytes, address_size(&a), hash_mix(seed, attribute));
}

static void hash_network(const struct event *e, uint64_t seed, struct access_path *out) {
    bool v6 = e->ip.family == ADDRESS_V6;
    if (e->ip.family != ADDRESS_NONE) {
        out->hash[ATTR_IP] = hash_address(v6 ? address_prefix(&e->ip, 64) : e->ip, ATTR_IP, seed);
        out->hash[ATTR_PREFIX] = hash_address(address_prefix(&e->ip, v6 ? 48 : 24), ATTR_PREFIX, seed);
    }
    if (e->asn_present && e->asn > 0) {
        out->asn = (uint32_t)e->asn;
        out->hash[ATTR_ASN] = hash_mix(hash_mix(seed, ATTR_ASN), out->asn);
    }
    if (e->country.size == 2) {
        memcpy(out->country, e->country.at, 2);
        out->hash[ATTR_COUNTRY] = hash_str(e->country, hash_mix(seed, ATTR_COUNTRY));
    }
}

static void hash_client(const struct event *e, uint64_t seed, struct access_path *out) {
    client_from(e->user_agent, hash_mix(seed, ATTR_UA), &out->client);
    if (!e->user_agent.size) return;
    uint64_t type = out->client.type, os = type << 8 | out->client.os, browser = os << 8 | out->client.browser;
    out->hash[ATTR_UA] = out->client.skeleton;
    out->hash[ATTR_BROWSER] = hash_mix(hash_mix(seed, ATTR_BROWSER), browser);
    out->hash[ATTR_OS] = hash_mix(hash_mix(seed, ATTR_OS), os);
    out->hash[ATTR_DEVICE_TYPE] = hash_mix(hash_mix(seed, ATTR_DEVICE_TYPE), type);
}

void path_of(const struct event *e, uint64_t seed, struct access_path *out) {
    memset(out, 0, sizeof *out);
    hash_network(e, seed, out);
    hash_client(e, seed, out);
    out->present = e->ip.family != ADDRESS_NONE || e->user_agent.size;
    out->language = language_from(e->language);
    out->zone = zone_from(e->timezone);
    out->net = (uint8_t)e->net;
    if (e->device.size) out->hash[ATTR_DEVICE] = hash_str(e->device, hash_mix(seed, ATTR_DEVICE));
    if (e->ja4.size) out->hash[ATTR_JA4] = hash_str(e->ja4, hash_mix(seed, ATTR_JA4));
    if (out->language) out->hash[ATTR_LANGUAGE] = hash_mix(hash_mix(seed, ATTR_LANGUAGE), out->language);
    if (out->zone) out->hash[ATTR_TIMEZONE] = hash_mix(hash_mix(seed, ATTR_TIMEZONE), out->zone);
    if (out->present) out->mark = (uint32_t)path_network_mark(out) << 16 | path_client_mark(out);
}

uint16_t network_mark(uint32_t asn, const char country[2], uint16_t prefix) {
    if (!asn && !country[0]) return prefix;
    return mark16(hash_mix(asn, (uint64_t)(unsigned char)country[0] << 8 | (unsigned char)country[1]));
}

uint16_t client_mark(unsigned browser, unsigned os, unsigned type, uint32_t device) {
    if (!browser && !device) return 0;
    return mark16(hash_mix((uint64_t)type << 16 | os << 8 | browser, device));
}

uint16_t path_network_mark(const struct access_path *p) {
    return network_mark(p->asn, p->country, mark16(p->hash[ATTR_PREFIX]));
}

uint16_t path_client_mark(const struct access_path *p) {
    return client_mark(p->client.browser, p->client.os, p->client.type, mark32(p->hash[ATTR_DEVICE]));
}
