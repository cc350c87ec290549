// SPDX-License-Identifier: Apache-2.0
/* Hijackers of the crowd: families, their campaigns, how they enter and what they do then (detection.md 6 and docs/reference/sim.md). */
#include <stdlib.h>

#include "sim/crowd_inside.h"

enum entry {
    ENTER_PASSWORD,
    ENTER_GUESSED,
    ENTER_COOKIE,
    ENTER_COPIED,
    ENTER_RELAYED,
    ENTER_RESET,
    ENTER_FROM_HOME,
    ENTER_TOKEN,
    ENTER_DELAYED
};
enum where { FROM_HOSTING, FROM_WORLD, FROM_COUNTRY, FROM_STREET, FROM_MOBILE, FROM_VPN, FROM_VPN_COUNTRY, FROM_TOR, FROM_HOME };
enum with { WITH_POPULAR, WITH_MATCHED, WITH_COPIED, WITH_TOOL, WITH_API, WITH_ANDROID };
enum victim { VICTIM_ANY, VICTIM_IN_SESSION, VICTIM_ACTIVE, VICTIM_DORMANT, VICTIM_WEAK, VICTIM_FAMILY };

/* What one in a hundred of a family's hijackers does after entry. */
struct habits {
    uint8_t order, gift, topup, points, phone, email, password, quiet, address, card, token, factor, content, member;
};

static const struct family {
    const char *name;
    enum entry entry;
    enum where where;
    enum with with;
    enum victim victim;
    uint32_t span_min_minutes, span_max_minutes; /* of a campaign */
    uint16_t tries_per_hit;                      /* that fail */
    uint16_t pool;                               /* addresses of its own; 0 = as many as it likes */
    uint8_t idle;                                /* of a hundred that enter, how many leave it at that */
    struct habits habits;
} families[] = {
    {"stuffing_burst",
     ENTER_PASSWORD,
     FROM_HOSTING,
     WITH_TOOL,
     VICTIM_ANY,
     20,
     180,
     90,
     6,
     35,
     {40, 20, 15, 30, 5, 3, 5, 10, 25, 5, 0, 0, 0, 5}},
    {"stuffing_slow",
     ENTER_PASSWORD,
     FROM_WORLD,
     WITH_POPULAR,
     VICTIM_ANY,
     5760,
     30000,
     60,
     0,
     30,
     {50, 25, 15, 25, 15, 5, 8, 15, 30, 5, 0, 0, 0, 5}},
    {"password_spraying",
     ENTER_PASSWORD,
     FROM_TOR,
     WITH_TOOL,
     VICTIM_WEAK,
     1440,
     14400,
     80,
     40,
     25,
     {45, 20, 15, 30, 10, 8, 10, 15, 30, 8, 5, 0, 5, 5}},
    {"account_guessing",
     ENTER_GUESSED,
     FROM_COUNTRY,
     WITH_POPULAR,
     VICTIM_ACTIVE,
     1440,
     20000,
     40,
     0,
     10,
     {60, 30, 25, 20, 30, 20, 30, 25, 40, 10, 5, 8, 0, 5}},
    {"random_world",
     ENTER_PASSWORD,
     FROM_WORLD,
     WITH_POPULAR,
     VICTIM_ANY,
     5760,
     40000,
     2,
     0,
     23,
     {71, 15, 15, 26, 35, 10, 15, 20, 46, 10, 5, 5, 0, 5}},
    {"country_vpn",
     ENTER_PASSWORD,
     FROM_VPN_COUNTRY,
     WITH_POPULAR,
     VICTIM_ANY,
     4320,
     30000,
     1,
     0,
     15,
     {71, 30, 20, 26, 40, 12, 15, 20, 46, 10, 8, 8, 0, 5}},
    {"targeted_residential",
     ENTER_PASSWORD,
     FROM_STREET,
     WITH_MATCHED,
     VICTIM_ACTIVE,
     5760,
     40000,
     1,
     0,
     8,
     {75, 35, 25, 26, 45, 15, 15, 30, 50, 12, 8, 10, 0, 5}},
    {"mobile_proxy",
     ENTER_PASSWORD,
     FROM_MOBILE,
     WITH_ANDROID,
     VICTIM_ANY,
     2880,
     30000,
     2,
     0,
     15,
     {60, 30, 35, 35, 20, 8, 10, 20, 30, 10, 10, 0, 0, 5}},
    {"session_theft",
     ENTER_COOKIE,
     FROM_VPN,
     WITH_POPULAR,
     VICTIM_IN_SESSION,
     1440,
     20000,
     0,
     0,
     10,
     {60, 40, 30, 30, 20, 15, 5, 20, 40, 10, 10, 5, 0, 5}},
    {"phishing_relay",
     ENTER_RELAYED,
     FROM_HOSTING,
     WITH_COPIED,
     VICTIM_ACTIVE,
     720,
     10000,
     0,
     3,
     15,
     {65, 35, 30, 25, 40, 25, 25, 30, 40, 12, 10, 20, 0, 5}},
    {"infostealer",
     ENTER_COPIED,
     FROM_COUNTRY,
     WITH_COPIED,
     VICTIM_IN_SESSION,
     5760,
     40000,
     0,
     0,
     10,
     {55, 40, 30, 30, 15, 10, 10, 30, 30, 10, 15, 5, 0, 5}},
    {"reset_link",
     ENTER_RESET,
     FROM_VPN_COUNTRY,
     WITH_POPULAR,
     VICTIM_ACTIVE,
     1440,
     20000,
     0,
     0,
     5,
     {65, 35, 30, 30, 50, 40, 0, 30, 45, 15, 10, 25, 0, 5}},
    {"household",
     ENTER_FROM_HOME,
     FROM_HOME,
     WITH_COPIED,
     VICTIM_FAMILY,
     10000,
     60000,
     0,
     0,
     10,
     {75, 30, 20, 30, 0, 0, 2, 8, 3, 0, 0, 0, 0, 10}},
    {"token_abuse",
     ENTER_TOKEN,
     FROM_HOSTING,
     WITH_API,
     VICTIM_ANY,
     1440,
     20000,
     15,
     12,
     5,
     {10, 40, 30, 60, 0, 0, 0, 15, 5, 0, 100, 0, 5, 0}},
    {"points_drain",
     ENTER_PASSWORD,
     FROM_VPN,
     WITH_POPULAR,
     VICTIM_ANY,
     720,
     15000,
     5,
     8,
     5,
     {10, 60, 15, 95, 5, 5, 3, 25, 5, 0, 0, 0, 0, 0}},
    {"delayed_entry",
     ENTER_DELAYED,
     FROM_WORLD,
     WITH_POPULAR,
     VICTIM_ANY,
     2880,
     20000,
     30,
     0,
     20,
     {70, 35, 30, 30, 35, 15, 15, 30, 46, 10, 10, 5, 0, 5}},
    {"dormant_farming",
     ENTER_DELAYED,
     FROM_COUNTRY,
     WITH_ANDROID,
     VICTIM_DORMANT,
     5760,
     40000,
     3,
     60,
     0,
     {30, 15, 10, 20, 50, 70, 60, 20, 30, 20, 5, 15, 80, 2}},
};
enum { FAMILY_COUNT = sizeof families / sizeof families[0] };

const char *crowd_family(unsigned index) {
    return index < FAMILY_COUNT ? families[index].name : NULL;
}

/* -- campaigns ------------------------------------------------------------------------------------------------------------------------ */

static int by_time(const void *a, const void *b) {
    const struct incident *x = a, *y = b;
    if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
    return x->campaign - y->campaign;
}

/* The first fifth of the days belongs to the customers alone, so that there is something to differ from. */
static void draw_campaign(struct crowd *c, unsigned family, unsigned number, struct campaign *k) {
    const struct family *f = &families[family];
    struct draws d = {name_of(c, 20, family * 1000U + number), 0};
    int64_t all = c->o.days * DAY_MS, first = all / 5;
    int64_t span = (f->span_min_minutes + below(&d, f->span_max_minutes - f->span_min_minutes)) * MINUTE_MS;
    if (span > all / 4) span = all / 4;
    *k = (struct campaign){.family = (uint8_t)family, .number = (uint16_t)(number + 1), .key = draw(&d), .pool = f->pool};
    int64_t room = all - first - span, slice = room / c->o.campaigns; /* spread over the time, not all at once */
    k->from_ms = c->start_ms + first + slice * number + (int64_t)(draw(&d) % (uint64_t)slice);
    k->to_ms = k->from_ms + span;
    k->network = (uint8_t)(NETWORK_HOSTING + below(&d, HOSTINGS - 1));
    k->place = (uint8_t)(CITY_COUNT + below(&d, ABROAD_COUNT));
    k->tool = (uint8_t)(CLIENT_PYTHON + below(&d, 3));
    k->vpn = (uint8_t)below(&d, VPN_PROVIDERS);
    k->kit = (uint8_t)below(&d, 256);
}

static unsigned draw_hits(const struct crowd *c, struct campaign *k) {
    struct draws d = {k->key, 1000};
    unsigned hits = (unsigned)skewed(&d, c->o.hijacks, 8);
    if (hits < 2) hits = 2;
    k->attempts = hits * families[k->family].tries_per_hit;
    return hits;
}

bool attacks_open(struct crowd *c) {
    c->campaign_count = FAMILY_COUNT * c->o.campaigns;
    c->campaigns = calloc(c->campaign_count, sizeof c->campaigns[0]);
    if (!c->campaigns) return false;
    unsigned hits = 0;
    for (unsigned i = 0; i < c->campaign_count; i++) {
        draw_campaign(c, i % FAMILY_COUNT, i / FAMILY_COUNT, &c->campaigns[i]);
        hits += draw_hits(c, &c->campaigns[i]);
    }
    c->incidents = calloc(hits, sizeof c->incidents[0]);
    if (!c->incidents) return false;
    for (unsigned i = 0; i < c->campaign_count; i++) {
        struct campaign *k = &c->campaigns[i];
        struct draws d = {k->key, 2000};
        for (unsigned n = draw_hits(c, k); n; n--)
            c->incidents[c->incident_count++] =
                (struct incident){.campaign = (int32_t)i, .at_ms = k->from_ms + (int64_t)(draw(&d) % (uint64_t)(k->to_ms - k->from_ms))};
    }
    qsort(c->incidents, c->incident_count, sizeof c->incidents[0], by_time);
    return true;
}

/* -- victims -------------------------------------------------------------------------------------------------------------------------- */

static struct gadget *live_gadget(struct member *m, int64_t at_ms) {
    for (unsigned i = 0; i < m->gadget_count; i++)
        if (m->gadgets[i].session && m->gadgets[i].seen_ms < at_ms && m->gadgets[i].session_until_ms > at_ms + HOUR_MS)
            return &m->gadgets[i];
    return NULL;
}

static bool suits(struct crowd *c, const struct family *f, unsigned account, int64_t at_ms) {
    struct member *m = &c->members[account];
    int64_t idle = m->last_ms ? at_ms - m->last_ms : INT64_MAX, long_idle = c->o.days >= 180 ? 90 : c->o.days / 2;
    if (m->hit || m->traits & TRAIT_AGGREGATOR) return false;
    if (m->traits & TRAIT_FACTOR && (f->entry <= ENTER_GUESSED || f->entry == ENTER_TOKEN || f->entry == ENTER_DELAYED)) return false;
    switch (f->victim) {
    case VICTIM_ANY: return true;
    case VICTIM_IN_SESSION: return live_gadget(m, at_ms) != NULL;
    case VICTIM_ACTIVE: return idle < 40 * DAY_MS;
    case VICTIM_DORMANT: return idle > long_idle * DAY_MS;
    case VICTIM_WEAK: return m->traits & TRAIT_POPULAR_PASSWORD && m->passwords == 0;
    case VICTIM_FAMILY: return m->home != account && m->last_ms;
    }
    return false;
}

/* -1 when the crowd is too small to have one. */
static int64_t pick_victim(struct crowd *c, const struct family *f, struct draws *d, int64_t at_ms) {
    for (unsigned i = 0; i < 4000; i++) {
        unsigned account = below(d, c->o.accounts);
        if (suits(c, f, account, at_ms)) return account;
    }
    return -1;
}

/* -- paths ---------------------------------------------------------------------------------------------------------------------------- */

/* Somebody else's home: a proxy in the country, or in the victim's own city at his own provider. */
static void from_a_home(struct crowd *c, struct draws *d, unsigned victim, bool street, int64_t at_ms, struct path *p) {
    const struct member *v = &c->members[victim];
    unsigned donor = below(d, c->o.accounts);
    for (unsigned i = 0; i < 3000; i++, donor = below(d, c->o.accounts)) {
        const struct member *m = &c->members[donor];
        if (m->home == v->home || c->shop.places[m->city].offset_h != c->shop.places[v->city].offset_h) continue;
        if (!street || (m->city == v->city && m->provider == v->provider)) break;
    }
    path_home(c, p, donor, at_ms);
}

/* Proxies all over the world, a third of them in one country, and the odd one in the shop's. */
static void from_the_world(struct crowd *c, struct draws *d, unsigned victim, int64_t at_ms, struct path *p) {
    if (below(d, 100) < 12) {
        from_a_home(c, d, victim, false, at_ms, p);
        return;
    }
    unsigned place = below(d, 100) < 35 ? CITY_COUNT + 10U : CITY_COUNT + below(d, ABROAD_COUNT);
    unsigned network = below(d, 100) < 30 ? NETWORK_HOSTING + below(d, HOSTINGS) : network_abroad(place, below(d, 2));
    path_at(c, p, network, place, draw(d) % 6000, false);
}

static void take_way(struct crowd *c, const struct campaign *k, struct draws *d, enum where where, unsigned victim, int64_t at_ms,
                     struct path *p) {
    const struct member *m = &c->members[victim];
    unsigned carrier;
    uint64_t host = k->pool ? hash_mix(k->key, below(d, k->pool)) : draw(d);
    switch (where) {
    case FROM_HOSTING: path_at(c, p, k->network, k->kit & 128 ? 0 : k->place, host, false); return;
    case FROM_WORLD: from_the_world(c, d, victim, at_ms, p); return;
    case FROM_COUNTRY: from_a_home(c, d, victim, false, at_ms, p); return;
    case FROM_STREET: from_a_home(c, d, victim, true, at_ms, p); return;
    case FROM_MOBILE:
        carrier = m->city < CITY_COUNT ? below(d, CARRIERS) : CARRIERS;
        path_mobile(c, p, carrier, m->city, draw(d));
        return;
    case FROM_VPN: path_vpn(c, p, k->vpn, below(d, 100) < 40 ? 0 : below(d, VPN_COUNTRIES), host); return;
    case FROM_VPN_COUNTRY: path_vpn(c, p, k->vpn, 0, host); return;
    case FROM_TOR:
        if (below(d, 2)) path_at(c, p, NETWORK_TOR + k->vpn % 4U, k->place, host % 200, false);
        else path_at(c, p, k->network, k->place, host, false);
        return;
    case FROM_HOME: path_home(c, p, victim, at_ms); return;
    }
}

static void take_shape(struct crowd *c, const struct campaign *k, struct draws *d, enum with with, unsigned victim, int64_t at_ms,
                       struct path *p) {
    struct member *m = &c->members[victim];
    const struct gadget *g = live_gadget(m, at_ms) ? live_gadget(m, at_ms) : &m->gadgets[0];
    unsigned lag = below(d, 30);
    int64_t day = (at_ms - c->start_ms) / DAY_MS;
    p->device = name_of(c, 3, draw(d));
    p->language = k->kit & 1 ? m->language : language_at(c, d, k->place);
    p->timezone = k->kit & 2 ? p->place : k->place;
    p->client = (uint8_t)client_draw(c, d, true);
    switch (with) {
    case WITH_POPULAR: break;
    case WITH_MATCHED: p->client = g->client, p->language = m->language, p->timezone = m->city; break;
    case WITH_COPIED:
        p->client = g->client, lag = g->lag_days % 30, p->language = m->language, p->timezone = m->city, p->device = people_device(c, g);
        break;
    case WITH_TOOL: p->client = k->tool, p->device = 0, p->timezone = 255, p->language = k->tool == CLIENT_HEADLESS ? 2 : 255; break;
    case WITH_API:
        p->client = k->kit & 4 ? CLIENT_OKHTTP : CLIENT_ANDROID_APP;
        if (k->kit & 4) p->timezone = 255;
        break;
    case WITH_ANDROID:
        p->client = below(d, 100) < 60 ? CLIENT_ANDROID_CHROME : CLIENT_ANDROID_APP,
        p->language = below(d, 100) < 70 ? language_at(c, d, 0) : p->language;
        break;
    }
    p->version = client_version(p->client, day, lag);
    p->variant = (uint8_t)(below(d, 6) * 2);
    p->variant |= chance(d, 300000);
    if (with == WITH_COPIED) p->variant = (uint8_t)(g->variant | chance(d, 300000));
}

/* -- after entry ---------------------------------------------------------------------------------------------------------------------- */

struct raid {
    struct draws d;
    struct happening h;
    const struct campaign *k;
    const struct family *f;
    struct member *m;
    int incident;
};

static void did(struct crowd *c, struct raid *r, enum kind kind, unsigned word, int64_t amount) {
    r->h.kind = (uint8_t)kind, r->h.word = (uint8_t)word, r->h.amount = amount;
    push(c, &r->h);
    r->h.at_ms += skewed(&r->d, r->f->entry == ENTER_TOKEN ? 6 * SECOND_MS : 50 * SECOND_MS, 16);
}

static void arrive(struct crowd *c, struct raid *r, unsigned page) {
    r->h.arrival = true;
    did(c, r, K_SESSION_SEEN, page, 0);
    r->h.arrival = false;
}

static bool does(struct raid *r, unsigned hundredths) {
    return below(&r->d, 100) < hundredths;
}

static void hide(struct crowd *c, struct raid *r) {
    const struct habits *a = &r->f->habits;
    r->h.objects[0] = name_of(c, 12, draw(&r->d)), r->h.objects[1] = name_of(c, 12, draw(&r->d));
    if (does(r, a->quiet)) did(c, r, does(r, 60) ? K_NOTIFICATIONS : K_PROFILE, 1, 0);
    if (does(r, a->email)) did(c, r, K_EMAIL, 0, 0);
    if (does(r, a->phone)) did(c, r, K_PHONE, 0, 0);
    if (does(r, a->password)) r->m->locked_out = true, r->m->passwords++, r->h.method = M_PASSWORD, did(c, r, K_PASSWORD, 0, 0);
    if (does(r, a->factor)) did(c, r, K_MFA, 0, 0);
    if (does(r, a->token)) did(c, r, K_TOKEN, 0, 0);
}

static void buy(struct crowd *c, struct raid *r) {
    const struct habits *a = &r->f->habits;
    bool new_address = does(r, a->address);
    /* A campaign has few places where parcels are taken in; in a family there is one. */
    r->h.objects[1] = new_address ? name_of(c, 14, hash_mix(r->k->key, below(&r->d, 3))) : people_address(c, r->h.account, 0);
    r->h.objects[2] = people_card(c, r->h.account);
    if (new_address) did(c, r, K_ADDRESS, 0, 0);
    if (does(r, a->card)) r->h.objects[2] = name_of(c, 13, draw(&r->d)), did(c, r, K_PAYMENT_METHOD, 0, 0);
    for (unsigned orders = does(r, a->order) ? 1 + below(&r->d, 3) : 0; orders; orders--) {
        unsigned digital = does(r, 20);
        order_with_fate(c, &r->d, r->h, digital, skewed(&r->d, 7000, 20));
        r->h.at_ms += skewed(&r->d, 80 * SECOND_MS, 14);
    }
    if (does(r, a->gift))
        order_with_fate(c, &r->d, r->h, 2, (int64_t)(1 + below(&r->d, 10)) * 5000), r->h.at_ms += skewed(&r->d, 60 * SECOND_MS, 14);
}

static void drain(struct crowd *c, struct raid *r) {
    const struct habits *a = &r->f->habits;
    r->h.objects[0] = name_of(c, 6, draw(&r->d)) & ~UINT64_C(1);
    if (does(r, a->topup)) did(c, r, K_TOPUP, 0, (int64_t)(1 + below(&r->d, 20)) * 2500);
    if (does(r, a->topup)) did(c, r, K_SPENT, 0, skewed(&r->d, 5000, 16));
    for (unsigned n = does(r, a->points) ? 1 + below(&r->d, 2) : 0; n; n--) did(c, r, K_POINTS, 0, -skewed(&r->d, 900, 20));
    if (does(r, a->member)) did(c, r, K_MEMBERSHIP, 0, 600);
    if (does(r, a->content)) did(c, r, K_CONTENT, 0, 0);
}

/* Three minutes to see what it is worth, about twenty in all when it is worth something (detection.md 4). */
static void plunder(struct crowd *c, struct raid *r) {
    did(c, r, K_SESSION_SEEN, 5, 0);
    r->h.at_ms += skewed(&r->d, 2 * MINUTE_MS, 14);
    if (does(r, 50)) did(c, r, K_SESSION_SEEN, 1 + below(&r->d, 6), 0);
    if (does(r, 40)) hide(c, r), buy(c, r), drain(c, r);
    else if (does(r, 50)) buy(c, r), hide(c, r), drain(c, r);
    else drain(c, r), buy(c, r), hide(c, r);
    if (does(r, 8)) did(c, r, K_LOGOUT, 0, 0);
}

/* -- entry ---------------------------------------------------------------------------------------------------------------------------- */

static void enter(struct crowd *c, struct raid *r, enum method method) {
    r->h.path.session = name_of(c, 7, draw(&r->d));
    r->h.method = (uint8_t)method;
    r->h.objects[0] = people_password(c, r->h.account);
    if (method == M_PASSWORD && r->m->traits & TRAIT_FACTOR) did(c, r, K_CHALLENGE, 0, 0);
    did(c, r, K_LOGIN, 0, 0);
}

static void come(struct crowd *c, struct raid *r, enum where where, enum with with) {
    r->h.path = (struct path){0};
    take_way(c, r->k, &r->d, where, r->h.account, r->h.at_ms, &r->h.path);
    take_shape(c, r->k, &r->d, with, r->h.account, r->h.at_ms, &r->h.path);
}

static void replay_cookie(struct crowd *c, struct raid *r, const struct gadget *g) {
    r->h.path.session = g->session;
    if (r->f->entry == ENTER_COPIED) r->h.path.device = people_device(c, g);
    arrive(c, r, below(&r->d, 7));
}

/* The page in between logs in from where it stands; the session is used from elsewhere minutes to hours later. */
static void relay(struct crowd *c, struct raid *r) {
    r->h.path.hello = (uint8_t)(1 + (r->k->kit & 8 ? CLIENT_GO : CLIENT_PYTHON));
    r->h.path.device = name_of(c, 3, draw(&r->d)); /* cookies of the shop do not come to the page in between */
    enter(c, r, M_PASSWORD);
    uint64_t session = r->h.path.session;
    r->h.at_ms += skewed(&r->d, 25 * MINUTE_MS, 24);
    come(c, r, r->k->kit & 16 ? FROM_VPN : FROM_COUNTRY, WITH_POPULAR);
    r->h.path.session = session;
    arrive(c, r, below(&r->d, 7));
}

static void reset_first(struct crowd *c, struct raid *r) {
    did(c, r, K_RESET_REQUESTED, 0, 0);
    r->h.at_ms += skewed(&r->d, 60 * SECOND_MS, 14);
    r->m->passwords++, r->m->locked_out = true;
    r->h.method = M_RESET_LINK;
    did(c, r, K_PASSWORD, 0, 0);
    enter(c, r, M_RESET_LINK);
}

/* Machines that hold a token come again every few hours, for days. */
static void use_token(struct crowd *c, struct raid *r) {
    enter(c, r, M_PASSWORD);
    did(c, r, K_TOKEN, 0, 0);
    for (unsigned n = 2 + below(&r->d, 5); n; n--) {
        r->h.at_ms += skewed(&r->d, 5 * HOUR_MS, 16);
        uint64_t session = r->h.path.session;
        come(c, r, r->f->where, r->f->with);
        r->h.path.session = session;
        arrive(c, r, 6);
        drain(c, r);
    }
    buy(c, r);
}

/* Checked now, sold, and used by another in one to five weeks; or kept warm until it looks old. */
static void wait_and_use(struct crowd *c, struct raid *r) {
    bool farm = r->f->victim == VICTIM_DORMANT;
    enter(c, r, M_PASSWORD);
    did(c, r, K_SESSION_SEEN, 5, 0);
    if (farm) hide(c, r);
    r->h.at_ms += skewed(&r->d, (farm ? 9 : 12) * DAY_MS, 10);
    come(c, r, farm ? r->f->where : r->k->kit & 32 ? FROM_VPN_COUNTRY : FROM_COUNTRY, r->f->with);
    enter(c, r, M_PASSWORD);
    if (farm) did(c, r, K_SESSION_SEEN, 3, 0), buy(c, r), drain(c, r);
    else plunder(c, r);
}

/* In the family: the computer of the house, or the owner's own, while he is out. */
static void from_within(struct crowd *c, struct raid *r) {
    const struct gadget *own = live_gadget(r->m, r->h.at_ms), *family = &c->members[r->m->home].gadgets[0];
    const struct gadget *g = own && does(r, 40) ? own : family;
    r->h.path.client = g->client, r->h.path.device = people_device(c, g), r->h.path.variant = g->variant;
    r->h.path.version = client_version(g->client, (r->h.at_ms - c->start_ms) / DAY_MS, g->lag_days % 30);
    if (g == own) replay_cookie(c, r, g);
    else enter(c, r, M_PASSWORD);
}

static void raid(struct crowd *c, struct raid *r) {
    const struct gadget *g = live_gadget(r->m, r->h.at_ms);
    come(c, r, r->f->where, r->f->with);
    switch (r->f->entry) {
    case ENTER_GUESSED:
    case ENTER_PASSWORD:
        enter(c, r, M_PASSWORD);
        if (r->f->with == WITH_TOOL && !does(r, r->f->idle)) { /* the checker's find is used by hand */
            r->h.at_ms += skewed(&r->d, 40 * MINUTE_MS, 24);
            come(c, r, r->k->kit & 64 ? FROM_VPN_COUNTRY : FROM_WORLD, WITH_POPULAR);
            enter(c, r, M_PASSWORD);
            plunder(c, r);
            return;
        }
        break;
    case ENTER_COOKIE:
    case ENTER_COPIED: replay_cookie(c, r, g); break;
    case ENTER_RELAYED: relay(c, r); break;
    case ENTER_RESET: reset_first(c, r); break;
    case ENTER_FROM_HOME: from_within(c, r); break;
    case ENTER_TOKEN: use_token(c, r); return;
    case ENTER_DELAYED: wait_and_use(c, r); return;
    }
    if (!does(r, r->f->idle)) plunder(c, r);
}

/* Who goes for an account for hours tries before he is in. */
static void guess(struct crowd *c, struct raid *r) {
    if (r->f->entry != ENTER_GUESSED) return;
    struct happening h = r->h;
    h.label = LABEL_NOISE, h.incident = -1, h.kind = K_LOGIN, h.failure = F_BAD_PASSWORD, h.method = M_PASSWORD;
    for (unsigned n = 12 + below(&r->d, 40); n; n--) {
        h.at_ms = r->h.at_ms - (int64_t)(draw(&r->d) % (uint64_t)(4 * HOUR_MS)) - 5000;
        h.path = (struct path){0};
        take_way(c, r->k, &r->d, r->f->where, h.account, h.at_ms, &h.path);
        take_shape(c, r->k, &r->d, r->f->with, h.account, h.at_ms, &h.path);
        h.objects[0] = hash_mix(people_password(c, h.account), 1000 + n);
        push(c, &h);
    }
}

static void begin(struct crowd *c, int index) {
    struct incident *i = &c->incidents[index];
    const struct campaign *k = &c->campaigns[i->campaign];
    const struct family *f = &families[k->family];
    struct draws d = {hash_mix(k->key, 5000U + (unsigned)index), 0};
    int64_t victim = pick_victim(c, f, &d, i->at_ms);
    if (victim < 0) return;
    struct raid r = {.d = d, .k = k, .f = f, .m = &c->members[victim], .incident = index};
    r.h = (struct happening){
        .at_ms = i->at_ms, .account = (uint32_t)victim, .incident = index, .campaign = i->campaign, .label = LABEL_HIJACKER};
    r.h.has_path = true;
    r.m->hit = true;
    i->account = (uint32_t)victim;
    guess(c, &r);
    raid(c, &r);
    if (chance(&r.d, c->shop.found_pct * 10000)) i->found_ms = r.h.at_ms + skewed(&r.d, 3 * DAY_MS, 24);
}

/* -- tries that fail ------------------------------------------------------------------------------------------------------------------ */

static void try_one(struct crowd *c, int index, struct draws *d, int64_t at_ms) {
    const struct campaign *k = &c->campaigns[index];
    const struct family *f = &families[k->family];
    struct happening h = {
        .at_ms = at_ms, .incident = -1, .campaign = index, .label = LABEL_NOISE, .kind = K_LOGIN, .method = M_PASSWORD, .has_path = true};
    h.account = below(d, c->o.accounts);
    h.failure = F_BAD_PASSWORD;
    h.objects[0] = hash_mix(draw(d), 7);
    take_way(c, k, d, f->where, h.account, at_ms, &h.path);
    take_shape(c, k, d, f->with, h.account, at_ms, &h.path);
    if (chance(d, 450000)) h.anonymous = true, h.failure = F_NO_SUCH_ACCOUNT, h.account = (uint32_t)draw(d);
    if (f->victim == VICTIM_WEAK) h.objects[0] = popular_password(c, hash_mix(k->key, below(d, 3)));
    push(c, &h);
}

static void tries(struct crowd *c, int index, int64_t day_ms) {
    const struct campaign *k = &c->campaigns[index];
    int64_t from = k->from_ms > day_ms ? k->from_ms : day_ms, to = k->to_ms < day_ms + DAY_MS ? k->to_ms : day_ms + DAY_MS;
    if (from >= to || families[k->family].entry == ENTER_GUESSED) return;
    struct draws d = {hash_mix(k->key, (uint64_t)day_ms), 0};
    uint64_t share = (uint64_t)(to - from) * k->attempts / (uint64_t)(k->to_ms - k->from_ms);
    for (uint64_t n = 0; n < share; n++) try_one(c, index, &d, from + (int64_t)(draw(&d) % (uint64_t)(to - from)));
}

void attacks_day(struct crowd *c, int day) {
    int64_t day_ms = c->start_ms + day * DAY_MS;
    for (unsigned i = 0; i < c->campaign_count; i++) tries(c, (int)i, day_ms);
    for (; c->incident_next < c->incident_count && c->incidents[c->incident_next].at_ms < day_ms + DAY_MS; c->incident_next++)
        begin(c, (int)c->incident_next);
    for (unsigned i = 0; i < c->incident_next; i++) {
        const struct incident *n = &c->incidents[i];
        if (n->found_ms < day_ms || n->found_ms >= day_ms + DAY_MS || !n->about[0]) continue;
        struct draws d = {hash_mix(c->o.seed, 9000U + i), 0};
        people_find_out(c, &d, n->account, (int)i, n->found_ms);
    }
}
