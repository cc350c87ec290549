// SPDX-License-Identifier: Apache-2.0
/* Customers of the crowd: how often they come, from where, with what, and what they do there. */
#include "base/check.h"
#include "sim/crowd_inside.h"

/* What one in a million does on a visit. What hijackers do is done by owners as well, only for other reasons. */
enum {
    P_ORDER = 300000,
    P_NEW_ADDRESS = 30000,
    P_NEW_CARD = 25000,
    P_EMAIL = 4000,
    P_PHONE = 5000,
    P_PASSWORD = 9000,
    P_FACTOR = 4000,
    P_QUIET = 8000,
    P_TOPUP = 25000,
    P_POINTS = 60000,
    P_REDEEM = 20000,
    P_TOKEN = 12000,
    P_MEMBER = 4000,
    P_POST = 20000,
    P_REFUND = 4000,
    P_EXPORT = 300,
    P_PROFILE = 10000,
    P_TYPO = 20000,           /* detection.md 6, and two in three of those again */
    P_OTHER_PASSWORD = 20000, /* another account's password */
    P_PATH_CHANGES = 150000,  /* from the home to the street within a visit */
};

/* -- the population ------------------------------------------------------------------------------------------------------------------- */

/* Visits in 395 days: of the classes' weights, two in five come once, the median twice, one in ten more than nine times (detection.md 6).
 */
static const uint16_t class_weights[] = {400, 250, 170, 110, 50, 15, 5};
static const uint16_t class_visits[] = {1, 3, 7, 14, 35, 80, 250};

static void draw_home(struct crowd *c, struct draws *d, unsigned i) {
    struct member *m = &c->members[i];
    m->home = i;
    m->city = (uint8_t)(chance(d, c->shop.abroad_pm * 1000) ? place_abroad(d) : city_at(d));
    m->provider = provider_at(d, m->city);
}

static void draw_gadget(struct crowd *c, struct draws *d, unsigned account, unsigned slot, bool shared) {
    struct member *m = &c->members[account];
    m->gadgets[slot] =
        (struct gadget){.owner = shared ? m->home : account, .slot = (uint8_t)slot, .client = (uint8_t)client_draw(c, d, slot > 0)};
    m->gadgets[slot].lag_days = (uint8_t)below(d, 60);
    m->gadgets[slot].variant = (uint8_t)(below(d, 6) * 2);
    if (!shared || m->home == account) return;
    const struct gadget *family = &c->members[m->home].gadgets[0];
    struct gadget *g = &m->gadgets[slot];
    g->client = family->client, g->lag_days = family->lag_days, g->variant = family->variant, g->slot = 0, g->cookie = family->cookie;
}

static void draw_member(struct crowd *c, unsigned i) {
    struct draws d = {name_of(c, 2, i), 0};
    struct member *m = &c->members[i];
    draw_home(c, &d, i);
    const struct shop *s = &c->shop;
    bool joins = i > 0 && chance(&d, s->household_pct * 10000);
    if (joins) {
        m->home = c->members[i - 1].home;
        m->city = c->members[m->home].city, m->provider = c->members[m->home].provider;
    }
    unsigned visits = class_visits[weighted(&d, class_weights, sizeof class_weights / sizeof class_weights[0])];
    m->visits_ppm = (uint32_t)skewed(&d, (int64_t)visits * s->visits_pct * 10000 / 395, 8);
    m->carrier = (uint8_t)(m->city < CITY_COUNT ? below(&d, CARRIERS) : CARRIERS);
    m->employer =
        (uint16_t)(m->city < CITY_COUNT && chance(&d, s->office_pct * 10000) ? m->city * EMPLOYERS_PER_CITY + below(&d, EMPLOYERS_PER_CITY)
                                                                             : UINT16_MAX);
    const uint32_t trait_ppm[] = {s->relay_pct * 10000, s->vpn_pm * 1000,          50000, s->aggregator_ppm, s->factor_pm * 1000,
                                  s->ipv6_pct * 10000,  s->shared_home_pct * 10000}; /* in the order of enum trait */
    for (unsigned t = 0; t < sizeof trait_ppm / sizeof trait_ppm[0]; t++)
        if (chance(&d, trait_ppm[t])) m->traits |= (uint8_t)(1U << t);
    m->late_hours = (uint8_t)(chance(&d, s->late_pct * 10000) ? 6 + below(&d, 8) : below(&d, 4));
    bool other = chance(&d, m->city >= CITY_COUNT ? 500000 : s->other_language_pm * 1000);
    m->language = language_at(c, &d, !other ? 0 : m->city >= CITY_COUNT ? m->city : place_abroad(&d));
    m->gadget_count = (uint8_t)(1 + chance(&d, 450000));
    m->gadget_count += chance(&d, 120000);
    m->addresses = (uint16_t)(1 + below(&d, 2));
    for (unsigned slot = 0; slot < GADGETS_MAX; slot++)
        draw_gadget(c, &d, i, slot, slot + 1 == m->gadget_count && m->home != i && chance(&d, s->family_device_pct * 10000));
}

void people_open(struct crowd *c) {
    for (unsigned i = 0; i < c->o.accounts; i++) draw_member(c, i);
}

/* -- paths ---------------------------------------------------------------------------------------------------------------------------- */

uint64_t people_device(const struct crowd *c, const struct gadget *g) {
    return name_of(c, 3, g->owner * 8U + g->slot) ^ hash_mix(g->cookie, 3);
}

uint64_t popular_password(const struct crowd *c, uint64_t which) {
    return name_of(c, 4, which % 12);
}

uint64_t people_password(const struct crowd *c, unsigned account) {
    const struct member *m = &c->members[account];
    if (m->traits & TRAIT_POPULAR_PASSWORD && m->passwords == 0) return popular_password(c, hash_mix(account, 5));
    return name_of(c, 5, ((uint64_t)account << 16) + m->passwords);
}

uint64_t people_address(const struct crowd *c, unsigned account, unsigned which) {
    return name_of(c, 11, account * 64U + which);
}

uint64_t people_card(const struct crowd *c, unsigned account) {
    return name_of(c, 13, account * 8U);
}

/* Hours at which people are up, per thousand of the day: a plateau from nine to twenty, six times as much as at two. */
int64_t people_hour(const struct crowd *c, struct draws *d, unsigned place, unsigned late_hours) {
    static const uint16_t hours[24] = {22, 14, 10, 9, 9, 12, 22, 36, 48, 54, 56, 56, 60, 58, 54, 54, 54, 54, 55, 58, 62, 62, 52, 34};
    unsigned hour = (weighted(d, hours, 24) + late_hours) % 24;
    return ((int64_t)hour - c->shop.places[place].offset_h) * HOUR_MS + below(d, (uint32_t)HOUR_MS);
}

static bool away(const struct member *m, int64_t at_ms) {
    return at_ms / DAY_MS < m->away_until_day;
}

static void take_network(struct crowd *c, struct draws *d, unsigned account, const struct gadget *g, int64_t at_ms, struct path *p) {
    const struct member *m = &c->members[account];
    unsigned where = below(d, 100), hour = moment_hour(at_ms + c->shop.places[m->city].offset_h * HOUR_MS);
    uint64_t exit = hash_mix(account, (uint64_t)(at_ms / (6 * HOUR_MS)));
    bool phone = client_is_mobile(g->client);
    if (away(m, at_ms)) {
        if (phone && where < (m->away_place < CITY_COUNT ? 60U : 25U)) path_mobile(c, p, m->carrier, m->city, exit);
        else if (m->away_place < CITY_COUNT) path_at(c, p, NETWORK_HOTSPOT, m->away_place, draw(d) % 500, false);
        else
            path_at(c, p, network_abroad(m->away_place, phone && where < 50 ? ABROAD_CARRIER : where % ABROAD_CARRIER), m->away_place,
                    draw(d) % 3000, false);
    } else if (m->traits & TRAIT_VPN && where < 20 + name_of(c, 17, account) % 80) {
        uint64_t exit_there = draw(d); /* a line of its own, as in crowd_campaign.c */
        path_vpn(c, p, account % VPN_PROVIDERS, below(d, 100) < c->shop.vpn_abroad_pct ? 1 + below(d, 3) : 0, exit_there);
    } else if (m->traits & TRAIT_RELAY && client_is_safari(g->client) && where < 80) {
        path_at(c, p, NETWORK_RELAY + account % 3, m->city < CITY_COUNT ? m->city % 3 : m->city, draw(d) % 2000, false);
    } else if (m->employer != UINT16_MAX && hour >= 9 && hour < 18 && moment_weekday(at_ms) < 5 && where < (phone ? 20U : 55U)) {
        path_work(c, p, m->city, m->employer);
    } else if (phone && below(d, 100) < c->shop.carrier_pct) {
        path_mobile(c, p, m->carrier, m->city, exit);
    } else if (where >= 97 && m->city < CITY_COUNT) {
        path_at(c, p, NETWORK_HOTSPOT, m->city, draw(d) % 500, false);
    } else {
        path_home(c, p, account, at_ms);
    }
}

static void take_client(const struct crowd *c, struct draws *d, unsigned account, const struct gadget *g, int64_t at_ms, struct path *p) {
    const struct member *m = &c->members[account];
    p->client = g->client;
    p->version = client_version(g->client, at_ms / DAY_MS - c->start_ms / DAY_MS, g->lag_days % 30);
    p->variant = (uint8_t)(g->variant | chance(d, 300000));
    p->language = m->language;
    p->timezone = away(m, at_ms) ? m->away_place : m->city;
    p->device = people_device(c, g);
}

void people_path(struct crowd *c, struct draws *d, unsigned account, struct gadget *g, int64_t at_ms, struct path *p) {
    *p = (struct path){0};
    take_network(c, d, account, g, at_ms, p);
    take_client(c, d, account, g, at_ms, p);
}

/* -- orders --------------------------------------------------------------------------------------------------------------------------- */

static void fate(struct crowd *c, struct happening h, enum kind kind, unsigned word, int64_t at_ms) {
    h.kind = (uint8_t)kind, h.word = (uint8_t)word, h.at_ms = at_ms, h.has_path = false;
    push(c, &h);
}

void order_with_fate(struct crowd *c, struct draws *d, struct happening h, unsigned order_kind, int64_t amount) {
    h.kind = K_ORDER, h.word = (uint8_t)order_kind, h.amount = amount;
    h.objects[0] = name_of(c, 6, draw(d)) & ~UINT64_C(1);
    push(c, &h);
    int64_t t = h.at_ms + 200 + below(d, 3000);
    fate(c, h, K_PAYMENT_STATE, 0, t);
    if (order_kind) {
        fate(c, h, K_PAYMENT_STATE, 1, t + skewed(d, 40 * SECOND_MS, 8));
        return;
    }
    fate(c, h, K_ORDER_STATE, 0, t + skewed(d, 20 * MINUTE_MS, 12));
    t += skewed(d, 14 * HOUR_MS, 10);
    fate(c, h, K_ORDER_STATE, 2, t);
    fate(c, h, K_PAYMENT_STATE, 1, t + below(d, 60000));
    fate(c, h, K_ORDER_STATE, 3, t + skewed(d, 30 * HOUR_MS, 8));
}

/* -- a visit -------------------------------------------------------------------------------------------------------------------------- */

struct visit {
    struct draws d;
    struct happening h;
    struct member *m;
    struct gadget *g;
    unsigned account;
};

static void act(struct crowd *c, struct visit *v, enum kind kind, unsigned word, int64_t amount) {
    v->h.kind = (uint8_t)kind, v->h.word = (uint8_t)word, v->h.amount = amount;
    push(c, &v->h);
    v->h.at_ms += skewed(&v->d, 45 * SECOND_MS, 16);
}

/* What is seen of a session when somebody comes back, or by another path. */
static void arrive(struct crowd *c, struct visit *v) {
    v->h.arrival = true;
    act(c, v, K_SESSION_SEEN, below(&v->d, 7), 0);
    v->h.arrival = false;
}

static void fail(struct crowd *c, struct visit *v, uint64_t tag) {
    struct happening h = v->h;
    h.kind = K_LOGIN, h.method = M_PASSWORD, h.failure = F_BAD_PASSWORD, h.objects[0] = tag, h.path.session = 0;
    push(c, &h);
    v->h.at_ms += skewed(&v->d, 7 * SECOND_MS, 8);
}

static void new_session(struct crowd *c, struct visit *v) {
    uint32_t days = c->shop.session_days, app_days = days < 23 ? 90 : 4 * days;
    v->g->session = name_of(c, 7, draw(&v->d));
    v->g->session_until_ms = v->h.at_ms + (int64_t)(1 + below(&v->d, client_is_app(v->g->client) ? app_days : days)) * DAY_MS;
    v->h.path.session = v->g->session;
}

static void log_in(struct crowd *c, struct visit *v, enum method method) {
    struct happening h = v->h;
    v->m->last_login_ms = h.at_ms;
    new_session(c, v);
    h.path.session = v->h.path.session;
    h.kind = K_LOGIN, h.method = (uint8_t)method, h.failure = F_NONE, h.objects[0] = people_password(c, v->account);
    if (v->m->traits & TRAIT_FACTOR && method == M_PASSWORD) {
        h.kind = K_CHALLENGE;
        push(c, &h);
        h.kind = K_LOGIN, h.at_ms += 900 + below(&v->d, 900);
        v->h.at_ms = h.at_ms;
    }
    push(c, &h);
    v->h.at_ms += skewed(&v->d, 30 * SECOND_MS, 14);
}

/* The way back of who forgot, or was locked out: one mail, and three in four give up on it. */
static bool reset(struct crowd *c, struct visit *v, bool determined) {
    uint64_t session = v->h.path.session;
    v->h.path.session = 0;
    act(c, v, K_RESET_REQUESTED, 0, 0);
    v->h.at_ms += skewed(&v->d, 90 * SECOND_MS, 16);
    v->h.path.session = session;
    if (!determined && chance(&v->d, 600000)) return false;
    v->m->passwords++;
    v->m->locked_out = false;
    v->h.method = M_RESET_LINK;
    v->h.path.session = 0;
    act(c, v, K_PASSWORD, 0, 0);
    log_in(c, v, M_RESET_LINK);
    return true;
}

static bool prove(struct crowd *c, struct visit *v) {
    unsigned habit = (unsigned)(name_of(c, 8, v->account) % 100);
    int64_t idle = v->h.at_ms - v->m->last_login_ms;
    const struct shop *s = &c->shop;
    if (!v->m->locked_out && habit < s->passkey_pct) return log_in(c, v, M_PASSKEY), true;
    if (!v->m->locked_out && habit < s->passkey_pct + s->social_pct) return log_in(c, v, M_SOCIAL), true;
    if (!v->m->locked_out && habit < s->passkey_pct + s->social_pct + s->otp_pct) return log_in(c, v, M_OTP), true;
    bool forgot = v->m->locked_out || (idle > 45 * DAY_MS && chance(&v->d, 130000)) || chance(&v->d, s->forgot_pm * 1000);
    uint64_t own = people_password(c, v->account);
    if (!forgot) {
        if (chance(&v->d, P_TYPO)) do
                fail(c, v, hash_mix(own, draw(&v->d)));
            while (chance(&v->d, 666667));
        if (chance(&v->d, P_OTHER_PASSWORD)) do
                fail(c, v, hash_mix(own, 1));
            while (chance(&v->d, 333333));
        return log_in(c, v, M_PASSWORD), true;
    }
    for (unsigned n = 1 + below(&v->d, 4); n; n--) fail(c, v, hash_mix(own, draw(&v->d) % 3));
    if (!v->m->locked_out && chance(&v->d, 300000)) return log_in(c, v, M_PASSWORD), true; /* it came back to him */
    return reset(c, v, v->m->locked_out);
}

static void change_contact(struct crowd *c, struct visit *v, enum kind kind) {
    v->h.objects[0] = name_of(c, 12, draw(&v->d)), v->h.objects[1] = name_of(c, 12, draw(&v->d));
    act(c, v, kind, 0, 0);
}

static void shop(struct crowd *c, struct visit *v) {
    struct draws *d = &v->d;
    uint32_t often = c->shop.changes_pct;
    if (chance(d, P_NEW_ADDRESS / 100 * often))
        v->h.objects[1] = people_address(c, v->account, v->m->addresses++ % 64), act(c, v, K_ADDRESS, 0, 0);
    else v->h.objects[1] = people_address(c, v->account, below(d, v->m->addresses));
    v->h.objects[2] = name_of(c, 13, v->account * 8U + below(d, 3) / 2);
    if (chance(d, P_NEW_CARD / 100 * often)) v->h.objects[2] = name_of(c, 13, draw(d)), act(c, v, K_PAYMENT_METHOD, 0, 0);
    if (!chance(d, P_ORDER / 100 * c->shop.orders_pct)) return;
    unsigned sort = below(d, 100);
    order_with_fate(c, d, v->h, sort < 90 ? 0 : sort < 97 ? 1 : 2, skewed(d, 3200, 18));
    v->h.at_ms += skewed(d, 40 * SECOND_MS, 12);
}

static void spend(struct crowd *c, struct visit *v) {
    struct draws *d = &v->d;
    v->h.objects[0] = name_of(c, 6, draw(d)) & ~UINT64_C(1);
    v->h.objects[2] = people_card(c, v->account);
    uint32_t often = c->shop.value_pct;
    if (chance(d, P_TOPUP / 100 * often)) act(c, v, K_TOPUP, 0, (int64_t)(1 + below(d, 20)) * 1000);
    if (chance(d, P_TOPUP / 100 * often)) act(c, v, K_SPENT, 0, skewed(d, 1500, 16));
    if (chance(d, P_POINTS / 100 * often)) act(c, v, K_POINTS, 0, -skewed(d, 400, 20));
    if (chance(d, P_REDEEM / 100 * often)) act(c, v, K_GIFT_REDEEMED, 0, (int64_t)(1 + below(d, 10)) * 1000);
    if (chance(d, P_MEMBER)) act(c, v, K_MEMBERSHIP, 0, 600);
    if (chance(d, P_POST)) act(c, v, K_CONTENT, 0, 0);
    if (chance(d, P_REFUND)) act(c, v, K_REFUND, 0, skewed(d, 3200, 14));
}

static void keep_house(struct crowd *c, struct visit *v) {
    struct draws *d = &v->d;
    uint32_t often = c->shop.changes_pct;
    if (chance(d, P_PASSWORD / 100 * often)) v->m->passwords++, v->h.method = M_PASSWORD, act(c, v, K_PASSWORD, 0, 0);
    if (chance(d, P_EMAIL / 100 * often)) change_contact(c, v, K_EMAIL);
    if (chance(d, P_PHONE / 100 * often)) change_contact(c, v, K_PHONE);
    v->h.objects[0] = draw(d);
    if (chance(d, P_FACTOR)) act(c, v, K_MFA, 0, 0), v->m->traits |= TRAIT_FACTOR;
    if (chance(d, P_TOKEN)) act(c, v, K_TOKEN, 0, 0);
    if (chance(d, P_QUIET)) act(c, v, K_NOTIFICATIONS, below(d, 2), 0);
    if (chance(d, P_PROFILE)) act(c, v, K_PROFILE, below(d, 3), 0);
    if (chance(d, P_EXPORT)) act(c, v, K_EXPORT, 0, 0);
}

static void look_around(struct crowd *c, struct visit *v) {
    for (unsigned pages = below(&v->d, 3); pages; pages--) act(c, v, K_SESSION_SEEN, below(&v->d, 7), 0);
    if (!client_is_mobile(v->g->client) || !chance(&v->d, P_PATH_CHANGES)) return;
    struct path before = v->h.path;
    people_path(c, &v->d, v->account, v->g, v->h.at_ms, &v->h.path);
    v->h.path.session = before.session, v->h.path.device = before.device, v->h.path.version = before.version;
    arrive(c, v);
}

/* Which device he takes, and whether it is still the one it was. */
static struct gadget *pick_gadget(const struct crowd *c, struct visit *v) {
    uint32_t life = c->shop.device_life_days;
    struct draws *d = &v->d;
    unsigned slot = v->m->gadget_count < 2 || chance(d, 700000) ? 0 : 1 + below(d, v->m->gadget_count - 1U);
    struct gadget *g = &v->m->gadgets[slot];
    int64_t idle_days = (v->h.at_ms - g->seen_ms) / DAY_MS;
    if (g->seen_ms && below(d, life) < (idle_days < life - 100 ? (uint32_t)idle_days : life - 100)) {
        if (!(chance(d, 500000) && client_is_mobile(g->client))) g->client = (uint8_t)client_draw(c, d, slot > 0);
        g->cookie++, g->session = 0, g->lag_days = (uint8_t)below(d, 60), g->variant = (uint8_t)(below(d, 6) * 2);
    } else if (!client_is_app(g->client) && chance(d, c->shop.cookie_lost_pm * 1000)) {
        g->cookie++, g->session = 0;
    }
    if (g->cookie && g->owner != v->account) g->owner = v->account, g->slot = (uint8_t)(4 + slot); /* no longer the family's */
    g->seen_ms = v->h.at_ms;
    return g;
}

void people_settle(struct member *m, int64_t at_ms) {
    if (!m->locked_from_ms || m->locked_from_ms > at_ms) return;
    m->locked_from_ms = 0;
    if (!m->locked_out) m->passwords++;
    m->locked_out = true;
}

static void visit(struct crowd *c, unsigned account, int64_t at_ms, uint64_t key) {
    struct visit v = {.d = {key, 0}, .m = &c->members[account], .account = account};
    v.h = (struct happening){.at_ms = at_ms, .account = account, .incident = -1, .campaign = -1, .label = LABEL_OWNER, .has_path = true};
    people_settle(v.m, at_ms);
    v.g = pick_gadget(c, &v);
    people_path(c, &v.d, account, v.g, at_ms, &v.h.path);
    v.m->last_ms = at_ms;
    bool private = !client_is_app(v.g->client) && chance(&v.d, c->shop.private_pm * 1000);
    if (private) v.h.path.device = name_of(c, 3, draw(&v.d));
    bool known = !private && v.g->session && v.g->session_until_ms > at_ms && !v.m->locked_out && chance(&v.d, c->shop.stay_pct * 10000);
    if (known) {
        v.h.path.session = v.g->session;
        arrive(c, &v);
    } else if (!prove(c, &v)) {
        return;
    }
    look_around(c, &v);
    shop(c, &v);
    spend(c, &v);
    keep_house(c, &v);
    if (chance(&v.d, c->shop.logout_pct * 10000) || private) act(c, &v, K_LOGOUT, 0, 0), v.g->session = 0;
}

/* -- days ----------------------------------------------------------------------------------------------------------------------------- */

static void begin_journey(struct crowd *c, struct draws *d, struct member *m, int64_t day) {
    if (away(m, day * DAY_MS) || !chance(d, c->shop.journeys_ppm)) return;
    m->away_until_day = (int32_t)(day + 1 + below(d, 14));
    m->away_place = (uint8_t)(chance(d, c->shop.journey_abroad_pct * 10000) ? CITY_COUNT + below(d, ABROAD_COUNT) : below(d, CITY_COUNT));
}

/* Moving house, another provider, and now and then another country. */
static void move(struct crowd *c, struct draws *d, unsigned account) {
    struct member *m = &c->members[account];
    if (!chance(d, c->shop.moves_ppm)) return;
    m->moved++;
    if (m->home != account) m->home = account; /* a child that leaves */
    if (chance(d, 30000))
        m->city = (uint8_t)(CITY_COUNT + below(d, ABROAD_COUNT)), m->provider = provider_at(d, m->city), m->carrier = CARRIERS;
    else if (m->city < CITY_COUNT) m->provider = provider_at(d, 0), m->city = chance(d, 500000) ? (uint8_t)city_at(d) : m->city;
}

/* A program of the customer's that collects his points each morning, from a hosting network. */
static void aggregate(struct crowd *c, unsigned account, int64_t day_ms, uint64_t key) {
    struct visit v = {.d = {key, 0}, .m = &c->members[account], .account = account, .g = &c->members[account].gadgets[GADGETS_MAX - 1]};
    v.h = (struct happening){.account = account, .incident = -1, .campaign = -1, .label = LABEL_OWNER, .has_path = true};
    v.h.at_ms = day_ms + (int64_t)(account % 20) * HOUR_MS + below(&v.d, 600000);
    path_at(c, &v.h.path, NETWORK_HOSTING + 15, 0, account % 6, false);
    v.h.path.client = CLIENT_AGGREGATOR, v.h.path.language = v.h.path.timezone = 255;
    v.h.path.version = client_version(CLIENT_AGGREGATOR, (day_ms - c->start_ms) / DAY_MS, 0);
    people_settle(v.m, v.h.at_ms);
    if (v.m->locked_out) {
        fail(c, &v, people_password(c, account));
        return;
    }
    log_in(c, &v, M_PASSWORD);
    act(c, &v, K_SESSION_SEEN, 6, 0);
}

/* A forgotten program with an old password: every five minutes for a day. */
static void stale_client(struct crowd *c, unsigned account, int64_t day_ms, uint64_t key) {
    struct visit v = {.d = {key, 0}, .m = &c->members[account], .account = account, .g = &c->members[account].gadgets[0]};
    v.h = (struct happening){.account = account, .incident = -1, .campaign = -1, .label = LABEL_OWNER, .has_path = true};
    people_path(c, &v.d, account, v.g, day_ms, &v.h.path);
    for (unsigned i = 0; i < 288; i++)
        v.h.at_ms = day_ms + i * 5 * MINUTE_MS + below(&v.d, 3000), fail(c, &v, hash_mix(people_password(c, account), 2));
}

/* A person of the call centre who does something for a customer, in a session of the shop's office. */
static void call_centre(struct crowd *c, unsigned account, int64_t day_ms, uint64_t key) {
    struct visit v = {.d = {key, 0}, .m = &c->members[account], .account = account, .g = &c->members[account].gadgets[0]};
    v.h = (struct happening){.account = account, .incident = -1, .campaign = -1, .label = LABEL_OWNER, .has_path = true};
    v.h.at_ms = day_ms + below(&v.d, (uint32_t)(9 * HOUR_MS));
    path_at(c, &v.h.path, NETWORK_OFFICE, 0, key % 3, false);
    v.h.path.client = CLIENT_WINDOWS_EDGE, v.h.path.version = client_version(CLIENT_WINDOWS_EDGE, (day_ms - c->start_ms) / DAY_MS, 10);
    v.h.path.device = name_of(c, 3, UINT64_C(1) << 40 | key % 20), v.h.path.session = name_of(c, 7, key);
    v.h.objects[1] = people_address(c, account, v.m->addresses++ % 64);
    act(c, &v, K_SESSION_SEEN, 5, 0);
    if (chance(&v.d, 500000)) act(c, &v, K_ADDRESS, 0, 0);
    else change_contact(c, &v, K_PHONE);
}

/* Tuesday is the best day and Saturday the worst; on a day of sale three times as many come, most of them at noon. */
static void maybe_visit(struct crowd *c, unsigned account, int64_t day, bool sale, struct draws *d) {
    static const uint16_t weekdays[7] = {1050, 1080, 1020, 1000, 980, 870, 1000};
    struct member *m = &c->members[account];
    int64_t day_ms = day * DAY_MS;
    uint64_t ppm =
        (uint64_t)m->visits_ppm * weekdays[moment_weekday(day_ms)] / 1000 * (sale ? c->shop.sale_factor : 1) / (away(m, day_ms) ? 2 : 1);
    for (unsigned n = 0; n < 3 && chance(d, ppm < 950000 ? (uint32_t)ppm : 950000); n++) {
        int64_t at = people_hour(c, d, away(m, day_ms) ? m->away_place : m->city, m->late_hours);
        if (sale && chance(d, 600000)) at = (12 - c->shop.places[0].offset_h) * HOUR_MS + below(d, 1200000);
        visit(c, account, day_ms + at, draw(d));
        ppm /= 3;
    }
}

void people_day(struct crowd *c, int day_number) {
    int64_t day = c->start_ms / DAY_MS + day_number, day_ms = day * DAY_MS;
    bool sale = hash_mix(c->o.seed ^ 0x5a1e, (uint64_t)(day / 21)) % 21 == (uint64_t)(day % 21);
    for (unsigned i = 0; i < c->o.accounts; i++) {
        struct member *m = &c->members[i];
        struct draws d = {hash_mix(name_of(c, 10, i), (uint64_t)day), 0};
        begin_journey(c, &d, m, day);
        move(c, &d, i);
        maybe_visit(c, i, day, sale, &d);
        if (m->traits & TRAIT_AGGREGATOR) aggregate(c, i, day_ms, draw(&d));
        if (chance(&d, 2)) stale_client(c, i, day_ms, draw(&d));
        if (chance(&d, c->shop.agent_ppm)) call_centre(c, i, day_ms, draw(&d));
    }
}

/* Seen from his own home: he resets the password and calls the shop. Many never find out. */
void people_find_out(struct crowd *c, struct draws *d, unsigned account, int incident, int64_t at_ms) {
    struct visit v = {.d = {draw(d), 0}, .m = &c->members[account], .account = account, .g = &c->members[account].gadgets[0]};
    v.h = (struct happening){.at_ms = at_ms, .account = account, .incident = -1, .campaign = -1, .label = LABEL_OWNER, .has_path = true};
    people_settle(v.m, at_ms);
    people_path(c, &v.d, account, v.g, at_ms, &v.h.path);
    if (!reset(c, &v, true)) return;
    v.h.has_path = false, v.h.objects[0] = (uint64_t)incident;
    act(c, &v, K_STATEMENT, 1, 0);
}
