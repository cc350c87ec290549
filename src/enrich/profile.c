// SPDX-License-Identifier: Apache-2.0
/* Reads and updates the profile cell of an account: ageing, lookups, and who must go when it is full. */
#include "enrich/profile.h"

#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/logmath.h"
#include "base/moment.h"
#include "enrich/enrich.h"
#include "enrich/region.h"

/* Counts fade with a half-life of 180 days, in steps of 18 so that rounding to 1/16 login does not eat a daily visitor's count. */
#define FADE_STEP_DAYS  18
#define FADE_STEP_MILLI 69 /* millinats: ln 2 / 10 */
#define SECONDS(ms)     ((uint32_t)((ms) / SECOND_MS))

static uint16_t fade(uint16_t count, uint32_t kept_ppm) {
    return (uint16_t)((count * (uint64_t)kept_ppm + 500000) / 1000000);
}

static void profile_fade(struct profile *p, int64_t now_ms) {
    int64_t day = now_ms / DAY_MS;
    if (!p->fade_day) p->fade_day = (uint16_t)day;
    int64_t steps = (day - p->fade_day) / FADE_STEP_DAYS;
    if (steps <= 0) return;
    uint32_t kept_ppm = exp_neg_ppm((int32_t)(steps > 200 ? 200 : steps) * FADE_STEP_MILLI);
    p->total_16 = fade(p->total_16, kept_ppm);
    for (unsigned i = 0; i < PATH_COUNT; i++) {
        struct path *path = &p->paths[i];
        bool trained = path->count_16 > 0;
        path->count_16 = fade(path->count_16, kept_ppm);
        if (trained && !path->count_16) path->count_16 = 1; /* a path once known is remembered until it is evicted */
    }
    p->fade_day = (uint16_t)(p->fade_day + steps * FADE_STEP_DAYS);
}

void profile_read(const void *bytes, int64_t now_ms, struct profile *out) {
    if (bytes) memcpy(out, bytes, sizeof *out);
    else memset(out, 0, sizeof *out);
    CHECK(out->layout == 0 || out->layout == PROFILE_LAYOUT);
    profile_fade(out, now_ms);
}

uint32_t enrich_layout(void) {
    return PROFILE_LAYOUT;
}

uint64_t profile_last_position(const void *profile) {
    return ((const struct profile *)profile)->last_position;
}

uint64_t profile_incident(const void *profile) {
    return ((const struct profile *)profile)->incident;
}

struct session *profile_session(struct profile *p, struct str session, uint64_t seed) {
    if (!session.size) return NULL;
    uint32_t id = mark32(hash_str(session, seed));
    for (unsigned i = 0; i < SESSION_COUNT; i++)
        if (p->sessions[i].id == id) return &p->sessions[i];
    return NULL;
}

struct object *profile_object(struct profile *p, uint64_t hash) {
    uint16_t id = mark16(hash);
    for (unsigned i = 0; id && i < OBJECT_COUNT; i++)
        if (p->objects[i].id == id) return &p->objects[i];
    return NULL;
}

static bool path_is_used(const struct path *path) {
    return path->last_day != 0;
}

uint32_t path_mark(const struct path *p) {
    uint16_t network = network_mark(p->asn, p->country, p->prefix);
    return (uint32_t)network << 16 | client_mark(p->browser, p->os, p->flags & PATH_TYPE_MASK, p->device);
}

struct path *profile_path(struct profile *p, uint32_t mark) {
    for (unsigned i = 0; mark && i < PATH_COUNT; i++)
        if (path_is_used(&p->paths[i]) && path_mark(&p->paths[i]) == mark) return &p->paths[i];
    return NULL;
}

const struct path *profile_usual_path(const struct profile *p) {
    const struct path *usual = NULL;
    for (unsigned i = 0; i < PATH_COUNT; i++)
        if (path_is_trained(&p->paths[i]) && (!usual || p->paths[i].count_16 > usual->count_16)) usual = &p->paths[i];
    return usual;
}

bool profile_offset_min(const struct profile *p, uint8_t zone_now, int *out) {
    const struct path *usual = profile_usual_path(p);
    if (usual && zone_offset_min(usual->zone, out)) return true;
    if (!usual && zone_offset_min(zone_now, out)) return true;
    if (!p->place_s) return false;
    *out = p->place.lon_cdeg / 1500 * 60;
    return true;
}

unsigned week_part(int64_t local_ms) {
    return moment_hour(local_ms) / 3;
}

bool week_is_weekend(int64_t local_ms) {
    return moment_weekday(local_ms) >= 5;
}

unsigned profile_week_count(const struct profile *p, unsigned part, bool weekend) {
    return weekend ? p->week[part] >> 4 : p->week[part] & 15U;
}

void profile_week_add(struct profile *p, unsigned part, bool weekend) {
    if (profile_week_count(p, part, weekend) == 15)
        for (unsigned i = 0; i < 8; i++) p->week[i] = (uint8_t)(p->week[i] >> 1 & 0x77);
    p->week[part] = (uint8_t)(p->week[part] + (weekend ? 16 : 1));
}

/*
 * What a slot is worth: a trained path by its count; below all of them paths in probation, so that no number of strange logins pushes a
 * known path out; a fresh hostile mark above everything. Among equals the older one goes.
 */
static uint32_t path_worth(const struct path *path, uint16_t day) {
    if (!path_is_used(path)) return 0;
    if (path->flags & PATH_HOSTILE) return day - path->last_day <= HOSTILE_DAYS ? UINT32_MAX : 1;
    return 2U + ((path->flags & PATH_PROBATION ? 0U : path->count_16) << 15) + path->last_day / 2;
}

struct path *profile_add_path(struct profile *p, const struct access_path *a, uint16_t day, bool trained) {
    struct path *least = &p->paths[0];
    for (unsigned i = 1; i < PATH_COUNT; i++)
        if (path_worth(&p->paths[i], day) < path_worth(least, day)) least = &p->paths[i];
    uint32_t worth = path_worth(least, day);
    if (worth == UINT32_MAX || (!trained && worth >= 2U + (1U << 15))) return NULL;
    *least = (struct path){
        .asn = a->asn,
        .country = {a->country[0], a->country[1]},
        .browser = (uint8_t)a->client.browser,
        .os = (uint8_t)a->client.os,
        .device = mark32(a->hash[ATTR_DEVICE]),
        .prefix = mark16(a->hash[ATTR_PREFIX]),
        .last_day = day,
        .flags = (uint8_t)(a->client.type | (a->net == NET_MOBILE ? PATH_MOBILE : 0)),
    };
    return least;
}

struct session *profile_add_session(struct profile *p, uint32_t id) {
    struct session *oldest = &p->sessions[0];
    for (unsigned i = 0; i < SESSION_COUNT; i++) {
        struct session *s = &p->sessions[i];
        if (s->id == id) return s;
        if (!s->id || (oldest->id && s->started_s < oldest->started_s)) oldest = s;
    }
    *oldest = (struct session){.id = id};
    return oldest;
}

struct object *profile_add_object(struct profile *p, uint64_t hash) {
    struct object *held = profile_object(p, hash);
    if (held) return held;
    memmove(p->objects + 1, p->objects, sizeof p->objects - sizeof *p->objects);
    p->objects[0] = (struct object){.id = mark16(hash)};
    return &p->objects[0];
}
