// SPDX-License-Identifier: Apache-2.0
/* Makes plausible events of a shop with any number of accounts, from a seed. */
#include "bench/world.h"

#include <string.h>

#include "base/hash.h"

/* A network that customers come from. Documentation and private numbers would all look alike, so these are ordinary-looking ones. */
struct network {
    uint32_t first; /* IPv4 */
    unsigned bits;
    uint32_t asn;
    char country[3];
    enum net net;
};

static const struct network home_networks[] = {
    {0x7B000000, 10, 17676, "JP", NET_RESIDENTIAL}, {0x3C400000, 12, 2516, "JP", NET_RESIDENTIAL},
    {0x76000000, 11, 4713, "JP", NET_RESIDENTIAL},  {0x6EA00000, 12, 9595, "JP", NET_RESIDENTIAL},
    {0x7A100000, 12, 2518, "JP", NET_RESIDENTIAL},  {0xDA200000, 12, 4685, "JP", NET_RESIDENTIAL},
    {0x48000000, 12, 7018, "US", NET_RESIDENTIAL},  {0x54400000, 12, 3320, "DE", NET_RESIDENTIAL},
};
static const struct network mobile_networks[] = {
    {0x01480000, 14, 9605, "JP", NET_MOBILE},
    {0x31600000, 14, 2516, "JP", NET_MOBILE},
    {0x7E800000, 14, 17676, "JP", NET_MOBILE},
};
static const struct network hostile_networks[] = {
    {0x2D480000, 20, 9009, "NL", NET_HOSTING},
    {0xC1260000, 20, 20473, "US", NET_HOSTING},
    {0x59F80000, 20, 210644, "RU", NET_VPN},
};

struct client {
    struct str user_agent, ja4;
};

#define CLIENT(user_agent, ja4)                                                                                                            \
    {                                                                                                                                      \
        {user_agent, sizeof user_agent - 1}, {                                                                                             \
            ja4, sizeof ja4 - 1                                                                                                            \
        }                                                                                                                                  \
    }
static const struct client clients[] = {
    CLIENT("Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 "
           "Safari/604.1",
           "t13d2014h2_a09f3c656075_14788d8d241b"),
    CLIENT("Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 "
           "Safari/604.1",
           "t13d2014h2_a09f3c656075_14788d8d241b"),
    CLIENT("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Mobile Safari/537.36",
           "t13d1516h2_8daaf6152771_02713d6af862"),
    CLIENT("Mozilla/5.0 (Linux; Android 13; SO-52C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Mobile Safari/537.36",
           "t13d1516h2_8daaf6152771_02713d6af862"),
    CLIENT("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36",
           "t13d1517h2_8daaf6152771_b0da82dd1658"),
    CLIENT("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36 Edg/132.0.0.0",
           "t13d1517h2_8daaf6152771_b0da82dd1658"),
    CLIENT("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:135.0) Gecko/20100101 Firefox/135.0", "t13d1715h2_5b57614c22b0_5c2c66f702b0"),
    CLIENT("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15",
           "t13d2014h2_a09f3c656075_e42f34c56612"),
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
/* Addresses that all customers of a mobile network share. */
#define MOBILE_EXITS 4096

/* -- drawing ------------------------------------------------------------------------------------------------------------------------- */

/* A number below `count`, from the next bits of *bits. */
static uint32_t draw(uint64_t *bits, uint32_t count) {
    uint32_t value = (uint32_t)(((*bits & 0xFFFF) * count) >> 16);
    *bits >>= 16;
    return value;
}

/* One letter and the low 48 bits of a number in hexadecimal, lowest digit first. */
static struct str write_name(char *at, char letter, uint64_t value) {
    static const char digits[] = "0123456789abcdef";
    at[0] = letter;
    for (unsigned i = 0; i < 12; i++, value >>= 4) at[1 + i] = digits[value & 15];
    return (struct str){at, 13};
}

static struct address address_in(const struct network *n, uint64_t host) {
    uint32_t v4 = n->first | ((uint32_t)host & (UINT32_MAX >> n->bits));
    return (struct address){.family = ADDRESS_V4, .bytes = {(uint8_t)(v4 >> 24), (uint8_t)(v4 >> 16), (uint8_t)(v4 >> 8), (uint8_t)v4}};
}

static void come_from(struct event *e, const struct network *n, uint64_t host) {
    e->ip = address_in(n, host);
    e->country = (struct str){n->country, 2};
    e->asn = n->asn;
    e->asn_present = true;
    e->net = n->net;
    e->geo_source = GEO_SOURCE_CALLER;
}

static void come_with(struct event *e, const struct client *c) {
    e->user_agent = c->user_agent;
    e->ja4 = c->ja4;
    e->language = STR("ja-JP");
    e->timezone = STR("Asia/Tokyo");
}

/* -- the events ---------------------------------------------------------------------------------------------------------------------- */

/* The account's path of this event: seven times in ten from home, else by mobile network, one in 40 from a network it never used. */
static void take_own_path(struct world *w, struct event *e, uint64_t self, uint64_t bits) {
    uint32_t where = draw(&bits, 40), which = draw(&bits, 3);
    uint64_t fixed = hash_mix(self, 1);
    const struct network *home = &home_networks[fixed % COUNT(home_networks)];
    if (where == 0) come_from(e, &home_networks[bits % COUNT(home_networks)], bits);
    else if (where < 12) come_from(e, &mobile_networks[(fixed >> 8) % COUNT(mobile_networks)], ((fixed >> 16) + which) % MOBILE_EXITS);
    else come_from(e, home, fixed >> 16);
    bool second = which == 0 && (fixed >> 40 & 1);
    come_with(e, &clients[(fixed >> (second ? 44 : 48)) % COUNT(clients)]);
    e->device = write_name(w->text + 64, 'd', hash_mix(self, second ? 3 : 2));
}

static void make_login(struct world *w, struct event *e, uint64_t account, bool failure) {
    e->kind = KIND_LOGIN;
    e->method = METHOD_PASSWORD;
    e->outcome = failure ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
    if (failure) {
        e->failure = FAILURE_BAD_PASSWORD;
        return;
    }
    w->logins[account]++;
    e->session = write_name(w->text + 96, 's', hash_mix(hash_mix(w->seed, account), w->logins[account]));
}

static void make_order(struct world *w, struct event *e, uint64_t bits) {
    e->kind = KIND_ORDER_PLACED;
    e->order = write_name(w->text + 128, 'o', hash_mix(w->seed ^ 4, w->made));
    e->charge = write_name(w->text + 160, 'c', hash_mix(w->seed ^ 5, w->made));
    e->amount_minor = 500 + (int64_t)(bits % 20000);
    e->amount_minor_present = true;
    e->currency = STR("JPY");
    e->order_kind = ORDER_KIND_PHYSICAL;
}

static void make_change(struct world *w, struct event *e, uint64_t bits) {
    static const enum kind kinds[] = {KIND_ADDRESS_CHANGED, KIND_EMAIL_CHANGED, KIND_PASSWORD_CHANGED, KIND_PROFILE_CHANGED};
    e->kind = kinds[bits % COUNT(kinds)];
    if (e->kind != KIND_ADDRESS_CHANGED) return;
    e->change = CHANGE_ADDED;
    e->address = write_name(w->text + 192, 'a', hash_mix(w->seed ^ 6, w->made));
}

static void make_stuffing(struct world *w, struct event *e, uint64_t account, uint64_t bits) {
    come_from(e, &hostile_networks[draw(&bits, COUNT(hostile_networks))], bits);
    come_with(e, &clients[4 + draw(&bits, 3)]);
    e->kind = KIND_LOGIN;
    e->method = METHOD_PASSWORD;
    e->outcome = OUTCOME_FAILURE;
    bool no_such = draw(&bits, 10) < 8;
    e->failure = no_such ? FAILURE_NO_SUCH_ACCOUNT : FAILURE_BAD_PASSWORD;
    e->subject = no_such ? write_name(w->text + 32, 'x', hash_mix(w->seed ^ 7, w->made)) : write_name(w->text + 32, 'a', account);
}

/* Whose turn it is: each account once, then by a power law. The rotation mixes the order without a table. */
static uint64_t choose_account(const struct world *w, uint64_t random) {
    if (w->made < w->accounts) return (w->made * 0x9E3779B1U + w->seed % w->accounts) % w->accounts; /* that factor is a prime */
    uint64_t u = random >> 32;
    return ((u * u >> 32) * w->accounts) >> 32;
}

void world_init(struct world *w, uint64_t seed, uint64_t accounts, int64_t from_ms, uint32_t step_us, void *memory) {
    *w = (struct world){.seed = seed, .accounts = accounts, .time_ms = from_ms, .step_us = step_us, .logins = memory};
    memset(memory, 0, WORLD_MEMORY_SIZE(accounts));
}

static void make_one(struct world *w, struct event *e, uint64_t account, uint64_t bits) {
    uint32_t lot = w->made < w->accounts ? 0 : draw(&bits, 100);
    if (lot >= 95 && !w->owner_only) {
        make_stuffing(w, e, account, bits);
        return;
    }
    uint64_t self = hash_mix(w->seed, account);
    e->subject = write_name(w->text + 32, 'a', account);
    take_own_path(w, e, self, hash_mix(bits, 8));
    e->session = write_name(w->text + 96, 's', hash_mix(self, w->logins[account]));
    if (lot >= 95 || lot < 66) make_login(w, e, account, lot >= 60 && lot < 66);
    else if (lot < 78) e->kind = KIND_SESSION_SEEN;
    else if (lot < 88) make_order(w, e, bits);
    else if (lot < 92) e->kind = KIND_LOGOUT;
    else make_change(w, e, bits);
}

void world_next(struct world *w, struct event *out) {
    uint64_t random = hash_mix(w->seed, w->made);
    w->text = w->texts[w->made % WORLD_TEXTS];
    *out = (struct event){.source = STR("bench"), .time_ms = w->time_ms};
    out->id = write_name(w->text, 'e', w->made);
    make_one(w, out, choose_account(w, random), hash_mix(random, 9));
    out->type = kind_name(out->kind);
    w->made++;
    w->fraction_us += w->step_us;
    w->time_ms += w->fraction_us / 1000;
    w->fraction_us %= 1000;
}
