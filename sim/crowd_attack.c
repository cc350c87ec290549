// SPDX-License-Identifier: Apache-2.0
/* Hijackers of the crowd: whom they choose, how they enter and what they do then (detection.md 6 and docs/reference/sim.md). */
#include <stdlib.h>

#include "sim/crowd_inside.h"

static int by_time(const void *a, const void *b) {
    const struct incident *x = a, *y = b;
    if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
    return x->campaign - y->campaign;
}

bool attacks_open(struct crowd *c) {
    c->campaign_count = family_count() * c->o.campaigns;
    c->campaigns = calloc(c->campaign_count, sizeof c->campaigns[0]);
    if (!c->campaigns) return false;
    c->incidents = calloc(campaigns_open(c), sizeof c->incidents[0]);
    if (!c->incidents) return false;
    for (unsigned i = 0; i < c->campaign_count; i++) {
        struct campaign *k = &c->campaigns[i];
        struct draws d = {k->key, 2000};
        for (unsigned n = k->hits; n; n--)
            c->incidents[c->incident_count++] = (struct incident){.campaign = (int32_t)i, .at_ms = campaign_moment(c, k, &d)};
    }
    qsort(c->incidents, c->incident_count, sizeof c->incidents[0], by_time);
    return true;
}

/* -- victims -------------------------------------------------------------------------------------------------------------------------- */

struct gadget *live_gadget(struct member *m, int64_t at_ms) {
    for (unsigned i = 0; i < m->gadget_count; i++)
        if (m->gadgets[i].session && m->gadgets[i].seen_ms < at_ms && m->gadgets[i].session_until_ms > at_ms + HOUR_MS)
            return &m->gadgets[i];
    return NULL;
}

static bool suits(struct crowd *c, const struct family *f, unsigned account, int64_t at_ms) {
    struct member *m = &c->members[account];
    int64_t idle = m->last_ms ? at_ms - m->last_ms : INT64_MAX, long_idle = c->o.days >= 180 ? 90 : c->o.days / 2;
    bool by_password = f->entry <= ENTER_GUESSED || f->entry == ENTER_TOKEN || f->entry == ENTER_DELAYED || f->entry == ENTER_STORY;
    if (m->hit || m->traits & TRAIT_AGGREGATOR || (m->traits & TRAIT_FACTOR && by_password)) return false;
    switch (f->victim) {
    case VICTIM_ANY: return true;
    case VICTIM_IN_SESSION: return live_gadget(m, at_ms) != NULL;
    case VICTIM_ACTIVE: return idle < 40 * DAY_MS;
    case VICTIM_DORMANT: return idle > long_idle * DAY_MS;
    case VICTIM_NEVER: return !m->last_ms;
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

/* -- after entry ---------------------------------------------------------------------------------------------------------------------- */

struct raid {
    struct draws d;
    struct happening h;
    const struct campaign *k;
    const struct family *f;
    struct member *m;
    int incident;
};

static bool does(struct raid *r, unsigned hundredths) {
    return below(&r->d, 100) < hundredths;
}

static void pause_for(struct raid *r, int64_t median, unsigned sixteenths) {
    r->h.at_ms += skewed(&r->d, median, sixteenths) * r->k->tempo_pct / 100;
}

static void did(struct crowd *c, struct raid *r, enum kind kind, unsigned word, int64_t amount) {
    r->h.kind = (uint8_t)kind, r->h.word = (uint8_t)word, r->h.amount = amount;
    push(c, &r->h);
    pause_for(r, r->f->entry == ENTER_TOKEN ? 6 * SECOND_MS : 50 * SECOND_MS, 16);
}

static void arrive(struct crowd *c, struct raid *r, unsigned page) {
    r->h.arrival = true;
    did(c, r, K_SESSION_SEEN, page, 0);
    r->h.arrival = false;
}

static void look(struct crowd *c, struct raid *r) {
    for (unsigned n = below(&r->d, r->k->browse + 1U); n; n--) did(c, r, K_SESSION_SEEN, below(&r->d, 7), 0);
}

/* From then on the owner does not know his password. */
static void lock_out(struct raid *r) {
    if (!r->m->locked_from_ms) r->m->locked_from_ms = r->h.at_ms;
}

static void hide(struct crowd *c, struct raid *r) {
    const uint8_t *a = r->k->deeds;
    r->h.objects[0] = name_of(c, 12, draw(&r->d)), r->h.objects[1] = name_of(c, 12, draw(&r->d));
    if (does(r, a[DO_QUIET])) did(c, r, does(r, 60) ? K_NOTIFICATIONS : K_PROFILE, 1, 0);
    if (does(r, a[DO_EMAIL])) did(c, r, K_EMAIL, 0, 0);
    if (does(r, a[DO_PHONE])) did(c, r, K_PHONE, 0, 0);
    if (does(r, a[DO_PASSWORD])) lock_out(r), r->h.method = M_PASSWORD, did(c, r, K_PASSWORD, 0, 0);
    if (does(r, a[DO_FACTOR])) did(c, r, K_MFA, 0, 0);
    if (does(r, a[DO_TOKEN])) did(c, r, K_TOKEN, 0, 0);
}

/* A campaign has few places where parcels are taken in, or one for each victim; in a family there is one. */
static void choose_goods(struct crowd *c, struct raid *r) {
    const uint8_t *a = r->k->deeds;
    bool new_address = does(r, a[DO_ADDRESS]);
    uint64_t drop = r->k->drops ? hash_mix(r->k->key, below(&r->d, r->k->drops)) : draw(&r->d);
    r->h.objects[1] = new_address ? name_of(c, 14, drop) : people_address(c, r->h.account, 0);
    r->h.objects[2] = people_card(c, r->h.account);
    if (new_address) did(c, r, K_ADDRESS, 0, 0);
    if (does(r, a[DO_CARD])) r->h.objects[2] = name_of(c, 13, draw(&r->d)), did(c, r, K_PAYMENT_METHOD, 0, 0);
}

static void order(struct crowd *c, struct raid *r, int64_t median, unsigned sixteenths, unsigned digital_pct) {
    int64_t amount = skewed(&r->d, median, sixteenths);
    order_with_fate(c, &r->d, r->h, does(r, digital_pct), amount);
    pause_for(r, 80 * SECOND_MS, 14);
}

static void buy(struct crowd *c, struct raid *r) {
    const uint8_t *a = r->k->deeds;
    choose_goods(c, r);
    for (unsigned orders = does(r, a[DO_ORDER]) ? 1 + below(&r->d, 3) : 0; orders; orders--) order(c, r, 7000, 20, 20);
    if (does(r, a[DO_GIFT])) {
        order_with_fate(c, &r->d, r->h, 2, (int64_t)(1 + below(&r->d, 10)) * 5000);
        pause_for(r, 80 * SECOND_MS, 14);
    }
}

static void drain(struct crowd *c, struct raid *r) {
    const uint8_t *a = r->k->deeds;
    r->h.objects[0] = name_of(c, 6, draw(&r->d)) & ~UINT64_C(1);
    r->h.objects[2] = people_card(c, r->h.account);
    if (does(r, a[DO_TOPUP])) did(c, r, K_TOPUP, 0, (int64_t)(1 + below(&r->d, 20)) * 2500);
    if (does(r, a[DO_TOPUP])) did(c, r, K_SPENT, 0, skewed(&r->d, 5000, 16));
    for (unsigned n = does(r, a[DO_POINTS]) ? 1 + below(&r->d, 2) : 0; n; n--) did(c, r, K_POINTS, 0, -skewed(&r->d, 900, 20));
    if (does(r, a[DO_MEMBER])) did(c, r, K_MEMBERSHIP, 0, 600);
    if (does(r, a[DO_CONTENT])) did(c, r, K_CONTENT, 0, 0);
}

static void leave(struct crowd *c, struct raid *r) {
    if (does(r, r->k->logout_pct)) did(c, r, K_LOGOUT, 0, 0), r->h.path.session = 0;
}

/* A top-up, a membership for its benefits, a small order paid from the balance; then it is hidden. */
static void tell_story(struct crowd *c, struct raid *r) {
    const uint8_t *a = r->k->deeds;
    r->h.objects[0] = name_of(c, 6, draw(&r->d)) & ~UINT64_C(1);
    r->h.objects[2] = people_card(c, r->h.account);
    look(c, r);
    if (does(r, a[DO_TOPUP])) did(c, r, K_TOPUP, 0, (int64_t)(1 + below(&r->d, 10)) * 5000);
    if (does(r, a[DO_MEMBER])) did(c, r, K_MEMBERSHIP, 0, 600);
    choose_goods(c, r);
    if (does(r, a[DO_ORDER])) order(c, r, 1800, 14, 30);
    if (does(r, 85)) did(c, r, K_PROFILE, 1, 0);
    if (does(r, a[DO_QUIET])) did(c, r, K_NOTIFICATIONS, 1, 0);
    if (does(r, 20)) drain(c, r);
}

/* Three minutes to see what it is worth, about twenty in all when it is worth something (detection.md 4). */
static void plunder(struct crowd *c, struct raid *r) {
    if (does(r, 70)) did(c, r, K_SESSION_SEEN, 5, 0);
    pause_for(r, 2 * MINUTE_MS, 14);
    look(c, r);
    if (does(r, 40)) hide(c, r), buy(c, r), drain(c, r);
    else if (does(r, 50)) buy(c, r), hide(c, r), drain(c, r);
    else drain(c, r), buy(c, r), hide(c, r);
}

/* -- entry ---------------------------------------------------------------------------------------------------------------------------- */

static void come(struct crowd *c, struct raid *r, enum where where, enum with with) {
    uint64_t session = r->h.path.session;
    r->h.path = (struct path){0};
    campaign_way(c, r->k, &r->d, where, r->h.account, r->h.at_ms, &r->h.path);
    campaign_shape(c, r->k, &r->d, with, r->h.account, r->h.at_ms, &r->h.path);
    r->h.path.session = session;
}

/* Not every list is fresh: an older password of his, or one with another digit at its end. */
static void miss(struct crowd *c, struct raid *r) {
    struct happening h = r->h;
    if (!does(r, r->k->misses_pct)) return;
    h.label = LABEL_NOISE, h.incident = -1, h.kind = K_LOGIN, h.failure = F_BAD_PASSWORD, h.method = M_PASSWORD;
    h.path.session = 0;
    for (unsigned n = 1 + below(&r->d, 3); n; n--) {
        h.objects[0] = hash_mix(people_password(c, h.account), 500 + draw(&r->d));
        push(c, &h);
        h.at_ms += skewed(&r->d, 12 * SECOND_MS, 14);
    }
    r->h.at_ms = h.at_ms;
}

static void enter(struct crowd *c, struct raid *r, enum method method) {
    r->h.path.session = name_of(c, 7, draw(&r->d));
    r->h.method = (uint8_t)method;
    r->h.objects[0] = r->m->locked_from_ms ? name_of(c, 5, hash_mix(r->k->key, r->h.account)) : people_password(c, r->h.account);
    if (method == M_PASSWORD && r->m->traits & TRAIT_FACTOR) did(c, r, K_CHALLENGE, 0, 0);
    did(c, r, K_LOGIN, 0, 0);
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
    pause_for(r, 25 * MINUTE_MS, 24);
    come(c, r, r->k->kit & 16 ? FROM_VPN : FROM_COUNTRY, WITH_POPULAR);
    arrive(c, r, below(&r->d, 7));
}

static void reset_first(struct crowd *c, struct raid *r) {
    did(c, r, K_RESET_REQUESTED, 0, 0);
    pause_for(r, 60 * SECOND_MS, 14);
    lock_out(r);
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
        come(c, r, (enum where)r->k->where, r->f->with);
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
    else leave(c, r);
    r->h.at_ms += skewed(&r->d, (farm ? 9 : 12) * DAY_MS, 10);
    come(c, r, (enum where)(farm ? r->k->where : r->k->kit & 32 ? FROM_VPN_COUNTRY : FROM_COUNTRY), r->f->with);
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

static bool knows_password(const struct raid *r) {
    return (r->f->entry != ENTER_COOKIE && r->f->entry != ENTER_COPIED) || r->m->locked_from_ms;
}

/* Again into the account: by the session that he left open, or by its password. */
static void come_again(struct crowd *c, struct raid *r, bool elsewhere) {
    if (elsewhere) come(c, r, (enum where)r->k->other, WITH_POPULAR);
    if (r->h.path.session && !elsewhere && does(r, 70)) arrive(c, r, below(&r->d, 7));
    else if (knows_password(r)) enter(c, r, M_PASSWORD);
    else if (r->h.path.session) arrive(c, r, below(&r->d, 7));
}

/* Looked in, and thinks about it; or has found something to do in between. */
static void hesitate(struct crowd *c, struct raid *r) {
    static const int64_t medians[] = {
        [PAUSE_NONE] = 0, [PAUSE_MINUTES] = 15 * MINUTE_MS, [PAUSE_HOURS] = 4 * HOUR_MS, [PAUSE_DAYS] = 36 * HOUR_MS};
    if (does(r, r->k->second_pct)) {
        r->h.at_ms += skewed(&r->d, 8 * MINUTE_MS, 24);
        come_again(c, r, true);
    }
    if (r->k->pause == PAUSE_NONE) return;
    leave(c, r);
    r->h.at_ms += skewed(&r->d, medians[r->k->pause], 12);
    come_again(c, r, r->k->pause == PAUSE_DAYS && !r->k->again_same);
}

/* The next days, as long as it pays. */
static void return_later(struct crowd *c, struct raid *r) {
    leave(c, r);
    for (unsigned n = 0; n < 3 && does(r, r->k->again_pct); n++) {
        r->h.at_ms += skewed(&r->d, 22 * HOUR_MS, 8);
        if (r->k->again_same && does(r, 70) && r->k->pool) come_again(c, r, false);
        else come_again(c, r, true);
        look(c, r);
        if (does(r, 50)) buy(c, r);
        if (does(r, 50)) drain(c, r);
        leave(c, r);
    }
}

/* Returns false where the whole tale is told by the way in. */
static bool get_in(struct crowd *c, struct raid *r) {
    const struct gadget *g = live_gadget(r->m, r->h.at_ms);
    switch (r->f->entry) {
    case ENTER_GUESSED:
    case ENTER_STORY:
    case ENTER_PASSWORD:
        miss(c, r);
        enter(c, r, M_PASSWORD);
        if (r->f->with != WITH_TOOL || does(r, r->k->idle)) return true;
        r->h.at_ms += skewed(&r->d, 40 * MINUTE_MS, 24); /* the checker's find is used by hand */
        come(c, r, r->k->kit & 64 ? FROM_VPN_COUNTRY : FROM_WORLD, WITH_POPULAR);
        enter(c, r, M_PASSWORD);
        plunder(c, r);
        return false;
    case ENTER_COOKIE:
    case ENTER_COPIED: replay_cookie(c, r, g); return true;
    case ENTER_RELAYED: relay(c, r); return true;
    case ENTER_RESET: reset_first(c, r); return true;
    case ENTER_FROM_HOME: from_within(c, r); return true;
    case ENTER_TOKEN: use_token(c, r); return false;
    case ENTER_DELAYED: wait_and_use(c, r); return false;
    }
    return false;
}

static void raid(struct crowd *c, struct raid *r) {
    come(c, r, (enum where)r->k->where, r->f->with);
    if (!get_in(c, r)) return;
    if (does(r, r->k->idle)) {
        leave(c, r);
        return;
    }
    if (r->f->entry == ENTER_FROM_HOME) {
        plunder(c, r);
        return;
    }
    hesitate(c, r);
    if (r->f->entry == ENTER_STORY) tell_story(c, r);
    else plunder(c, r);
    return_later(c, r);
}

/* Who goes for an account for hours tries before he is in. */
static void guess(struct crowd *c, struct raid *r) {
    if (r->f->entry != ENTER_GUESSED) return;
    struct happening h = r->h;
    h.label = LABEL_NOISE, h.incident = -1, h.kind = K_LOGIN, h.failure = F_BAD_PASSWORD, h.method = M_PASSWORD;
    for (unsigned n = 12 + below(&r->d, 40); n; n--) {
        h.at_ms = r->h.at_ms - (int64_t)(draw(&r->d) % (uint64_t)(4 * HOUR_MS)) - 5000;
        h.path = (struct path){0};
        campaign_way(c, r->k, &r->d, (enum where)r->k->where, h.account, h.at_ms, &h.path);
        campaign_shape(c, r->k, &r->d, r->f->with, h.account, h.at_ms, &h.path);
        h.objects[0] = hash_mix(people_password(c, h.account), 1000 + n);
        push(c, &h);
    }
}

static void begin(struct crowd *c, int index) {
    struct incident *i = &c->incidents[index];
    const struct campaign *k = &c->campaigns[i->campaign];
    const struct family *f = family_of(k);
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
    const struct family *f = family_of(k);
    struct happening h = {
        .at_ms = at_ms, .incident = -1, .campaign = index, .label = LABEL_NOISE, .kind = K_LOGIN, .method = M_PASSWORD, .has_path = true};
    h.account = below(d, c->o.accounts);
    h.failure = F_BAD_PASSWORD;
    h.objects[0] = hash_mix(draw(d), 7);
    campaign_way(c, k, d, (enum where)k->where, h.account, at_ms, &h.path);
    campaign_shape(c, k, d, f->with, h.account, at_ms, &h.path);
    if (chance(d, 450000)) h.anonymous = true, h.failure = F_NO_SUCH_ACCOUNT, h.account = (uint32_t)draw(d);
    if (f->victim == VICTIM_WEAK) h.objects[0] = popular_password(c, hash_mix(k->key, below(d, 3)));
    push(c, &h);
}

static void tries(struct crowd *c, int index, int64_t day_ms) {
    const struct campaign *k = &c->campaigns[index];
    int64_t from = k->from_ms > day_ms ? k->from_ms : day_ms, to = k->to_ms < day_ms + DAY_MS ? k->to_ms : day_ms + DAY_MS;
    if (from >= to || family_of(k)->entry == ENTER_GUESSED) return;
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
