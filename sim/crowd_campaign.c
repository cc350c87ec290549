// SPDX-License-Identifier: Apache-2.0
/* Campaigns of the crowd: the families, and what each campaign draws for itself, so that a family is not one way of coming. */
#include "sim/crowd_inside.h"

static const struct family families[] = {
#define FAMILY(name, enter, from, also, with, whom, span_min, span_max, tries, pool, idle, ...)                                            \
    {#name, ENTER_##enter, FROM_##from, also, WITH_##with, VICTIM_##whom, span_min, span_max, tries, pool, idle, __VA_ARGS__},
#include "sim/crowd_families.def"
#undef FAMILY
};
enum { FAMILY_COUNT = sizeof families / sizeof families[0] };

const char *crowd_family(unsigned index) {
    return index < FAMILY_COUNT ? families[index].name : NULL;
}

unsigned family_count(void) {
    return FAMILY_COUNT;
}

const struct family *family_of(const struct campaign *k) {
    return &families[k->family];
}

/* -- what a campaign draws ------------------------------------------------------------------------------------------------------------ */

static uint8_t draw_where(struct draws *d, const struct family *f) {
    if (!f->also || below(d, 100) < 55) return (uint8_t)f->where;
    unsigned bits[FROM_COUNT], count = 0;
    for (unsigned i = 0; i < FROM_COUNT; i++)
        if (f->also >> i & 1) bits[count++] = i;
    return (uint8_t)bits[below(d, count)];
}

/* With one browser for all, with a few, or with another for each victim; what it keeps, and what it says of itself. */
static void draw_browsers(struct draws *d, struct campaign *k) {
    static const uint16_t keeps[] = {[KEEPS_FOR_ALL] = 33, [KEEPS_FOR_EACH] = 34, [KEEPS_NOTHING] = 15, [KEEPS_NONE] = 18};
    static const uint16_t tells[] = {[TELLS_OWN] = 30, [TELLS_EXIT] = 28, [TELLS_VICTIM] = 30, [TELLS_NONE] = 12};
    static const uint16_t speaks[] = {[TELLS_OWN] = 35, [TELLS_EXIT] = 25, [TELLS_VICTIM] = 35, [TELLS_NONE] = 5};
    k->keeps = (uint8_t)weighted(d, keeps, 4);
    k->zone = (uint8_t)weighted(d, tells, 4);
    k->speech = (uint8_t)weighted(d, speaks, 4);
    k->browsers = below(d, 100) < 40 ? (uint8_t)(1 + below(d, 4)) : 0;
    if (k->keeps == KEEPS_FOR_ALL && !k->browsers) k->browsers = (uint8_t)(1 + below(d, 3));
    k->desk = below(d, 100) < 65;
    /* A program in the middle, or a browser that calls itself another. */
    if (below(d, 100) < 15) k->hello = (uint8_t)(1 + (below(d, 2) ? CLIENT_PYTHON + below(d, 3) : client_any(d)));
}

static void draw_habits(struct draws *d, struct campaign *k) {
    static const uint16_t factors[] = {10, 20, 40, 20, 10}; /* none, half, as much, half as much again, twice */
    for (unsigned i = 0; i < DEEDS; i++) {
        unsigned share = families[k->family].deeds[i] * weighted(d, factors, 5) / 2;
        k->deeds[i] = (uint8_t)(share < 97 ? share : 97);
    }
    unsigned idle = families[k->family].idle * (30 + below(d, 160)) / 100;
    k->idle = (uint8_t)(idle < 70 ? idle : 70);
    k->tempo_pct = (uint16_t)skewed(d, 100, 16);
    k->browse = (uint8_t)below(d, 5);
    k->logout_pct = (uint8_t)(below(d, 100) < 40 ? 0 : below(d, 60));
    k->again_pct = (uint8_t)(below(d, 100) < 40 ? 0 : below(d, 60));
    k->again_same = below(d, 100) < 50;
    k->second_pct = (uint8_t)(below(d, 100) < 60 ? 0 : below(d, 70));
    k->misses_pct = (uint8_t)(below(d, 100) < 50 ? 0 : below(d, 70));
    k->drops = (uint8_t)(below(d, 4)); /* 0: another address for each victim */
    static const uint16_t pauses[] = {[PAUSE_NONE] = 55, [PAUSE_MINUTES] = 15, [PAUSE_HOURS] = 15, [PAUSE_DAYS] = 15};
    k->pause = (uint8_t)weighted(d, pauses, 4);
    static const uint16_t hours[] = {[HOURS_ANY] = 35, [HOURS_OWN_DAY] = 30, [HOURS_NIGHT] = 15, [HOURS_DAY] = 20};
    k->hours = (uint8_t)weighted(d, hours, 4);
    if (families[k->family].span_min_minutes < 1440) k->hours = HOURS_ANY;
    if (families[k->family].entry == ENTER_STORY) k->hours = HOURS_NIGHT;
}

static void draw_base(struct draws *d, struct campaign *k) {
    k->place = (uint8_t)(below(d, 100) < 25 ? city_at(d) : CITY_COUNT + below(d, ABROAD_COUNT));
    k->proxy_place = (uint8_t)(CITY_COUNT + below(d, ABROAD_COUNT));
    k->network = (uint8_t)(NETWORK_HOSTING + below(d, HOSTINGS - 1));
    k->tool = (uint8_t)(CLIENT_PYTHON + below(d, 3));
    k->vpn = (uint8_t)below(d, VPN_PROVIDERS);
    k->kit = (uint8_t)below(d, 256);
    k->donors_pct = (uint8_t)(below(d, 100) < 70 ? below(d, 10) : below(d, 100));
}

/* Days long campaigns keep hours; what was drawn for a moment moves within its day. */
static int64_t in_hours(const struct crowd *c, const struct campaign *k, struct draws *d, int64_t at_ms) {
    int64_t day_ms = at_ms / DAY_MS * DAY_MS;
    switch ((enum hours)k->hours) {
    case HOURS_ANY: return at_ms;
    case HOURS_OWN_DAY: return day_ms + people_hour(c, d, k->place, 0);
    case HOURS_DAY: return day_ms + people_hour(c, d, 0, 0);
    case HOURS_NIGHT: return day_ms + (1 - c->shop.places[0].offset_h) * HOUR_MS + below(d, 4 * (uint32_t)HOUR_MS);
    }
    return at_ms;
}

int64_t campaign_moment(const struct crowd *c, const struct campaign *k, struct draws *d) {
    int64_t at_ms = k->from_ms + (int64_t)(draw(d) % (uint64_t)(k->to_ms - k->from_ms)), moved = in_hours(c, k, d, at_ms);
    return moved > k->from_ms ? moved : at_ms;
}

/* The first fifth of the days belongs to the customers alone, so that there is something to differ from. */
static void draw_campaign(struct crowd *c, unsigned family, unsigned number, struct campaign *k) {
    const struct family *f = &families[family];
    struct draws d = {name_of(c, 20, family * 1000U + number), 0};
    int64_t all = c->o.days * DAY_MS, first = all / 5;
    int64_t span = (f->span_min_minutes + below(&d, f->span_max_minutes - f->span_min_minutes)) * MINUTE_MS;
    if (span > all / 4) span = all / 4;
    *k = (struct campaign){.family = (uint8_t)family, .number = (uint16_t)(number + 1), .key = draw(&d)};
    int64_t room = all - first - span, slice = room / c->o.campaigns; /* spread over the time, not all at once */
    k->from_ms = c->start_ms + first + slice * number + (int64_t)(draw(&d) % (uint64_t)slice);
    k->to_ms = k->from_ms + span;
    draw_base(&d, k);
    static const uint8_t others[] = {FROM_VPN_COUNTRY, FROM_COUNTRY, FROM_MOBILE, FROM_VPN, FROM_OWN, FROM_WORLD, FROM_HOSTING_COUNTRY};
    k->where = draw_where(&d, f);
    k->other = others[below(&d, sizeof others)];
    draw_browsers(&d, k);
    draw_habits(&d, k);
    k->hits = (uint32_t)skewed(&d, c->o.hijacks, 8);
    if (k->hits < 2) k->hits = 2;
    k->attempts = k->hits * f->tries_per_hit;
    unsigned each = 1 + below(&d, 10); /* victims that share an exit */
    if (f->pool) k->pool = (uint16_t)(1 + f->pool * (50 + below(&d, 200)) / 100);
    else if (!f->tries_per_hit || below(&d, 100) < 40) k->pool = (uint16_t)(below(&d, 100) < 60 ? 1 + k->hits / each : 0);
}

unsigned campaigns_open(struct crowd *c) {
    unsigned hits = 0;
    for (unsigned i = 0; i < c->campaign_count; i++) {
        draw_campaign(c, i % FAMILY_COUNT, i / FAMILY_COUNT, &c->campaigns[i]);
        hits += c->campaigns[i].hits;
    }
    return hits;
}

/* -- where from ----------------------------------------------------------------------------------------------------------------------- */

/* Somebody's home: a proxy in the victim's country, or in his own city at his own provider. Few are customers'. */
static void from_a_home(struct crowd *c, const struct campaign *k, struct draws *d, unsigned victim, bool street, int64_t at_ms,
                        struct path *p) {
    const struct member *v = &c->members[victim];
    bool home = v->city < CITY_COUNT;
    if (below(d, 100) >= k->donors_pct) {
        unsigned city = street || !home ? v->city : city_at(d);
        uint64_t whose = draw(d); /* a line of its own: the order of two draws among arguments is the compiler's */
        path_stranger(c, p, city, street ? v->provider : provider_at(d, city), whose, at_ms);
        return;
    }
    unsigned donor = below(d, c->o.accounts);
    for (unsigned i = 0; i < 3000; i++, donor = below(d, c->o.accounts)) {
        const struct member *m = &c->members[donor];
        if (m->home == v->home || (home ? m->city >= CITY_COUNT : m->city != v->city)) continue;
        if (!street || (m->city == v->city && m->provider == v->provider)) break;
    }
    path_home(c, p, donor, at_ms);
}

/* Proxies all over the world, a third of them in one country, and the odd one in the shop's. */
static void from_the_world(struct crowd *c, const struct campaign *k, struct draws *d, unsigned victim, int64_t at_ms, struct path *p) {
    unsigned sort = below(d, 100);
    if (sort < 12) {
        from_a_home(c, k, d, victim, false, at_ms, p);
        return;
    }
    unsigned place = sort < 40 ? k->proxy_place : CITY_COUNT + below(d, ABROAD_COUNT);
    bool rack = below(d, 100) < 30;
    uint64_t exit = draw(d);
    if (rack) path_at(c, p, NETWORK_HOSTING + below(d, HOSTINGS), place, exit % 6000, false);
    else path_stranger(c, p, place, provider_at(d, place), exit, at_ms);
}

/* His own access: at home, or a telephone, somewhere in the world or in the country. */
static void from_his_own(struct crowd *c, const struct campaign *k, struct draws *d, int64_t at_ms, struct path *p) {
    struct draws own = {hash_mix(k->key, 77), 0};
    uint8_t provider = provider_at(&own, k->place);
    unsigned carrier = k->place < CITY_COUNT ? below(&own, CARRIERS) : CARRIERS;
    if (k->kit & 1 && below(d, 2)) path_mobile(c, p, carrier, k->place, hash_mix(k->key, (uint64_t)(at_ms / (6 * HOUR_MS))));
    else path_stranger(c, p, k->place, provider, k->key, at_ms);
}

/* Whoever comes by the same exit has the same address, as long as that lasts. */
void campaign_way(struct crowd *c, const struct campaign *k, struct draws *d, enum where where, unsigned victim, int64_t at_ms,
                  struct path *p) {
    const struct member *m = &c->members[victim];
    uint64_t exit = k->pool ? hash_mix(k->key, below(d, k->pool)) : draw(d);
    struct draws e = {exit, 0};
    unsigned carrier = m->city < CITY_COUNT ? below(&e, CARRIERS) : CARRIERS;
    switch (where) {
    case FROM_HOSTING: path_at(c, p, k->network, k->place, exit, false); return;
    case FROM_HOSTING_COUNTRY: path_at(c, p, k->network, m->city < CITY_COUNT ? k->kit % 2U : m->city, exit, false); return;
    case FROM_WORLD: from_the_world(c, k, &e, victim, at_ms, p); return;
    case FROM_COUNTRY: from_a_home(c, k, &e, victim, false, at_ms, p); return;
    case FROM_STREET: from_a_home(c, k, &e, victim, true, at_ms, p); return;
    case FROM_MOBILE: path_mobile(c, p, carrier, m->city, hash_mix(exit, (uint64_t)(at_ms / (6 * HOUR_MS)))); return;
    case FROM_VPN: path_vpn(c, p, k->vpn, below(&e, 100) < 40 ? 0 : below(&e, VPN_COUNTRIES), exit); return;
    case FROM_VPN_COUNTRY: path_vpn(c, p, k->vpn, 0, exit); return;
    case FROM_TOR:
        if (below(&e, 3)) path_at(c, p, NETWORK_TOR + k->vpn % 4U, CITY_COUNT + (unsigned)(exit >> 8 & 7), exit % 200, false);
        else path_at(c, p, k->network, k->place, exit, false);
        return;
    case FROM_OWN: from_his_own(c, k, d, at_ms, p); return;
    case FROM_HOME: path_home(c, p, victim, at_ms); return;
    case FROM_COUNT: return;
    }
}

/* -- what with ------------------------------------------------------------------------------------------------------------------------ */

static uint8_t told_place(const struct campaign *k, enum tells tells, const struct member *m, const struct path *p) {
    switch (tells) {
    case TELLS_OWN: return k->place;
    case TELLS_EXIT: return p->place;
    case TELLS_VICTIM: return m->city;
    case TELLS_NONE: break;
    }
    return 255;
}

/* A browser of the campaign's: one of a few, or one for this victim. Only the draws of its own key, so that it is the same again. */
static void take_browser(const struct crowd *c, const struct campaign *k, struct draws *d, unsigned victim, int64_t at_ms, struct path *p) {
    const struct member *m = &c->members[victim];
    uint64_t browser = k->browsers ? hash_mix(k->key, 300 + below(d, k->browsers)) : hash_mix(k->key, 1000U + (uint64_t)victim);
    struct draws own = {browser, 0};
    p->client = (uint8_t)client_draw(c, &own, k->desk);
    p->version = client_version(p->client, (at_ms - c->start_ms) / DAY_MS, below(&own, 30));
    p->variant = (uint8_t)(below(&own, 6) * 2);
    p->variant |= chance(d, 300000);
    p->hello = k->hello;
    uint8_t place = told_place(k, (enum tells)k->speech, m, p);
    p->language = place == 255 ? 2 : k->speech == TELLS_VICTIM ? m->language : language_at(c, &own, place);
    p->timezone = told_place(k, (enum tells)k->zone, m, p);
    switch ((enum keeps)k->keeps) {
    case KEEPS_FOR_ALL: p->device = name_of(c, 3, browser); return;
    case KEEPS_FOR_EACH: p->device = name_of(c, 3, hash_mix(k->key, (uint64_t)victim << 20)); return;
    case KEEPS_NOTHING: p->device = name_of(c, 3, draw(d)); return;
    case KEEPS_NONE: p->device = 0; return;
    }
}

static void change_client(const struct crowd *c, struct draws *d, unsigned client, int64_t at_ms, struct path *p) {
    p->client = (uint8_t)client;
    p->version = client_version(client, (at_ms - c->start_ms) / DAY_MS, below(d, 30));
    p->variant = (uint8_t)(below(d, 6) * 2);
    p->variant |= chance(d, 300000);
}

static void copy_gadget(const struct crowd *c, struct draws *d, const struct member *m, const struct gadget *g, int64_t at_ms,
                        struct path *p) {
    p->client = g->client, p->language = m->language, p->timezone = m->city, p->device = people_device(c, g);
    p->version = client_version(g->client, (at_ms - c->start_ms) / DAY_MS, g->lag_days % 30);
    p->variant = (uint8_t)(g->variant | chance(d, 300000));
}

void campaign_shape(struct crowd *c, const struct campaign *k, struct draws *d, enum with with, unsigned victim, int64_t at_ms,
                    struct path *p) {
    struct member *m = &c->members[victim];
    const struct gadget *live = live_gadget(m, at_ms), *g = live ? live : &m->gadgets[0];
    take_browser(c, k, d, victim, at_ms, p);
    switch (with) {
    case WITH_POPULAR: return;
    case WITH_MATCHED: /* he knows what the victim has, and comes with a device id of his own or none */
        change_client(c, d, g->client, at_ms, p);
        p->language = m->language, p->timezone = k->zone == TELLS_NONE ? 255 : m->city;
        return;
    case WITH_COPIED: copy_gadget(c, d, m, g, at_ms, p); return;
    case WITH_TOOL:
        change_client(c, d, k->kit & 6 ? k->tool : client_any(d), at_ms, p); /* or calls itself a browser, another each time */
        p->device = 0, p->timezone = 255, p->language = k->kit & 6 && k->tool != CLIENT_HEADLESS ? 255 : 2;
        p->hello = k->kit & 6 ? 0 : (uint8_t)(1 + k->tool);
        return;
    case WITH_API:
        change_client(c, d, k->kit & 4 ? CLIENT_OKHTTP : CLIENT_ANDROID_APP, at_ms, p);
        if (k->kit & 4) p->timezone = 255, p->device = 0;
        return;
    case WITH_ANDROID:
        if (p->client != CLIENT_ANDROID_CHROME && p->client != CLIENT_ANDROID_APP)
            change_client(c, d, hash_mix(k->key, victim) % 5 < 3 ? CLIENT_ANDROID_CHROME : CLIENT_ANDROID_APP, at_ms, p);
        return;
    }
}
