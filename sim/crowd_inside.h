// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_CROWD_INSIDE_H
#define SIM_CROWD_INSIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/address.h"
#include "base/hash.h"
#include "base/moment.h"
#include "sim/crowd.h"

/* The inside of the crowd, for its own files only. */

/* -- drawing: a key and how often it was asked ---------------------------------------------------------------------------------------- */

struct draws {
    uint64_t key, count;
};

static inline uint64_t draw(struct draws *d) {
    return hash_mix(d->key, d->count++);
}
static inline uint32_t below(struct draws *d, uint32_t count) {
    return (uint32_t)((draw(d) >> 32) * count >> 32);
}
static inline bool chance(struct draws *d, uint32_t ppm) {
    return below(d, 1000000) < ppm;
}
/* Lognormal, near enough: `median` times 2 to a bell curve of `sixteenths` of an octave per standard deviation. */
int64_t skewed(struct draws *d, int64_t median, unsigned sixteenths);
/* Index of one of `count` weights. */
unsigned weighted(struct draws *d, const uint16_t *weights, unsigned count);

/* -- the shop (crowd_shop.c) ---------------------------------------------------------------------------------------------------------- */

enum { CITY_COUNT = 12, ABROAD_COUNT = 14, PLACE_COUNT = CITY_COUNT + ABROAD_COUNT, CLIENT_WEIGHTS = 11 };
struct place {
    char country[3];
    int32_t lat_e2, lon_e2;
    const char *timezone;
    int8_t offset_h;
    uint8_t language, short_language; /* ja-JP and ja */
};
extern const char *const languages[];

/* Habits of crowd_shop.def by name, and what follows from them. */
struct shop {
#define RANGE(name, plain, low, high)   uint32_t name;
#define OCTAVES(name, plain, low, high) uint32_t name;
#define MODE(name, plain, ...)          uint32_t name;
#include "sim/crowd_shop.def"
#undef RANGE
#undef OCTAVES
#undef MODE
    struct place places[PLACE_COUNT]; /* twelve cities of the shop's country, then one place in each of the others */
    const char *currency;
    uint8_t money; /* multiplies amounts */
    uint16_t clients[CLIENT_WEIGHTS];
};
bool shop_is(const char *world);
void shop_open(struct shop *s, uint64_t seed, const char *world);
void shop_write(const struct shop *s, const char *world, uint64_t seed, FILE *f);

/* -- places and networks (crowd_place.c) ---------------------------------------------------------------------------------------------- */

/* Networks by number. Each has one AS number and one block of addresses. */
enum {
    NETWORK_HOME = 0, /* 12 internet providers at home */
    NETWORK_MOBILE = 12,
    NETWORK_BUSINESS = 16,
    NETWORK_HOTSPOT = 19,
    NETWORK_ABROAD = 20, /* per foreign place: five providers and one carrier */
    NETWORK_HOSTING = NETWORK_ABROAD + 6 * ABROAD_COUNT,
    NETWORK_VPN = NETWORK_HOSTING + 40,
    NETWORK_RELAY = NETWORK_VPN + 32, /* 8 providers with exits in 4 countries */
    NETWORK_TOR = NETWORK_RELAY + 3,
    NETWORK_OFFICE = NETWORK_TOR + 4, /* the shop's own call centre */
    NETWORK_COUNT
};
enum { ABROAD_CARRIER = 5 };
enum { HOME_PROVIDERS = 12, CARRIERS = 4, HOSTINGS = 40, VPN_PROVIDERS = 8, VPN_COUNTRIES = 4, EMPLOYERS_PER_CITY = 33 };

struct path {
    struct address ip;
    uint8_t network, place;
    uint8_t client, language, timezone; /* timezone: a place; 255 = not sent */
    uint8_t variant;                    /* of the client: model and transport */
    uint8_t hello;                      /* 0, or one more than the client that shakes hands in its place: a relay */
    uint16_t version;
    uint64_t device, session; /* 0 = none */
};

struct crowd;
struct member;
const char *network_word(unsigned network);
uint32_t network_asn(uint64_t seed, unsigned network);
uint8_t network_abroad(unsigned place, unsigned which);
/* An internet provider and a city of the shop's country, by their shares. */
uint8_t provider_at(struct draws *d, unsigned place);
unsigned city_at(struct draws *d);
/* Another country, the neighbours in trade more often. */
unsigned place_abroad(struct draws *d);
/* The language of somebody from a place, in its main form or the short one. */
uint8_t language_at(const struct crowd *c, struct draws *d, unsigned place);
void path_at(const struct crowd *c, struct path *p, unsigned network, unsigned place, uint64_t host, bool v6);
/* An internet access at home: whose it is, at which provider, and how its addresses change. */
struct line {
    uint64_t key;
    uint8_t provider, city;
    bool v6, shared;
};
void path_line(const struct crowd *c, struct path *p, const struct line *l, uint64_t person, int64_t at_ms);
/* The home of somebody who is no customer: what proxies are made of. */
void path_stranger(const struct crowd *c, struct path *p, unsigned city, unsigned provider, uint64_t who, int64_t at_ms);
void path_home(const struct crowd *c, struct path *p, unsigned account, int64_t at_ms);
void path_mobile(const struct crowd *c, struct path *p, unsigned carrier, unsigned place, uint64_t who);
void path_work(const struct crowd *c, struct path *p, unsigned city, unsigned employer);
void path_vpn(const struct crowd *c, struct path *p, unsigned provider, unsigned country, uint64_t host);

/* -- clients (crowd_client.c) --------------------------------------------------------------------------------------------------------- */

enum client {
    CLIENT_IPHONE_SAFARI,
    CLIENT_IPHONE_APP,
    CLIENT_ANDROID_CHROME,
    CLIENT_ANDROID_APP,
    CLIENT_ANDROID_SAMSUNG,
    CLIENT_WINDOWS_CHROME,
    CLIENT_WINDOWS_EDGE,
    CLIENT_WINDOWS_FIREFOX,
    CLIENT_MAC_SAFARI,
    CLIENT_MAC_CHROME,
    CLIENT_IPAD_SAFARI,
    CLIENT_PEOPLE, /* those above are people's, CLIENT_WEIGHTS of them */
    CLIENT_AGGREGATOR = CLIENT_PEOPLE,
    CLIENT_PYTHON,
    CLIENT_GO,
    CLIENT_HEADLESS,
    CLIENT_OKHTTP,
    CLIENT_COUNT
};
bool client_is_mobile(unsigned client);
bool client_is_app(unsigned client);
bool client_is_safari(unsigned client);
struct crowd;
unsigned client_any(struct draws *d); /* people's, each as likely */
unsigned client_draw(const struct crowd *c, struct draws *d, bool desktop_share_high);
uint16_t client_version(unsigned client, int64_t day, unsigned lag_days);
void client_write_user_agent(struct buf *b, const struct path *p);
void client_write_ja4(struct buf *b, const struct path *p);

/* -- people (crowd_people.c) ---------------------------------------------------------------------------------------------------------- */

enum { GADGETS_MAX = 3 };
struct gadget {
    uint64_t session;
    int64_t session_until_ms, seen_ms;
    uint32_t owner; /* whose cookie: another account's where a household shares it */
    uint16_t cookie;
    uint8_t client, lag_days, slot, variant;
};

enum trait {
    TRAIT_RELAY = 1,
    TRAIT_VPN = 2,
    TRAIT_POPULAR_PASSWORD = 4,
    TRAIT_AGGREGATOR = 8,
    TRAIT_FACTOR = 16,
    TRAIT_V6 = 32,
    TRAIT_SHARED_HOME = 64
};
struct member {
    int64_t last_ms, last_login_ms;
    uint32_t home; /* the account that leads the household */
    uint32_t visits_ppm;
    int32_t away_until_day;
    uint16_t moved, employer, passwords, addresses;
    uint8_t provider, city, carrier, away_place, traits, late_hours, gadget_count, language;
    int64_t locked_from_ms; /* when a hijacker sets another password; 0 = never */
    bool locked_out;        /* and has done so */
    bool hit;               /* was hijacked once */
    struct gadget gadgets[GADGETS_MAX];
};

/* -- what happens ---------------------------------------------------------------------------------------------------------------------- */

enum kind {
    K_LOGIN,
    K_LOGOUT,
    K_CHALLENGE,
    K_SESSION_SEEN,
    K_RESET_REQUESTED,
    K_PASSWORD,
    K_EMAIL,
    K_PHONE,
    K_MFA,
    K_TOKEN,
    K_ADDRESS,
    K_PAYMENT_METHOD,
    K_NOTIFICATIONS,
    K_EXPORT,
    K_PROFILE,
    K_ORDER,
    K_TOPUP,
    K_SPENT,
    K_GIFT_REDEEMED,
    K_POINTS,
    K_MEMBERSHIP,
    K_CONTENT,
    K_REFUND,
    K_ORDER_STATE,
    K_PAYMENT_STATE,
    K_STATEMENT,
    K_CHARGEBACK,
    K_COUNT
};
enum label { LABEL_OWNER, LABEL_HIJACKER, LABEL_NOISE };
enum method { M_PASSWORD, M_PASSKEY, M_OTP, M_SOCIAL, M_RESET_LINK, M_COOKIE };
enum failure { F_NONE, F_BAD_PASSWORD, F_NO_SUCH_ACCOUNT, F_LOCKED };

struct happening {
    int64_t at_ms;
    uint64_t order; /* of two at the same time, the one that was thought of first */
    uint32_t account;
    int32_t incident, campaign;                 /* -1 = none */
    uint8_t kind, label, method, failure, word; /* word: an index into the kind's own list */
    bool anonymous;                             /* an account that does not exist */
    bool arrival;                               /* of session_seen: the first of a visit, or on another path */
    bool has_path;
    struct path path;
    uint64_t objects[3];
    int64_t amount;
};

struct incident {
    int64_t at_ms;
    int64_t found_ms; /* when its owner finds out; 0 = never */
    int32_t campaign;
    uint32_t account;
    char about[16]; /* id of its first event of value, for the owner's statement */
};

/* -- hijackers (crowd_campaign.c) ------------------------------------------------------------------------------------------------------ */

enum entry {
    ENTER_PASSWORD,
    ENTER_GUESSED,
    ENTER_COOKIE,
    ENTER_COPIED,
    ENTER_RELAYED,
    ENTER_RESET,
    ENTER_FROM_HOME,
    ENTER_TOKEN,
    ENTER_DELAYED,
    ENTER_STORY
};
enum where {
    FROM_HOSTING,
    FROM_HOSTING_COUNTRY,
    FROM_WORLD,
    FROM_COUNTRY,
    FROM_STREET,
    FROM_MOBILE,
    FROM_VPN,
    FROM_VPN_COUNTRY,
    FROM_TOR,
    FROM_OWN,
    FROM_HOME,
    FROM_COUNT
};
enum with { WITH_POPULAR, WITH_MATCHED, WITH_COPIED, WITH_TOOL, WITH_API, WITH_ANDROID };
enum victim { VICTIM_ANY, VICTIM_IN_SESSION, VICTIM_ACTIVE, VICTIM_DORMANT, VICTIM_NEVER, VICTIM_WEAK, VICTIM_FAMILY };
/* What he does after entry, as shares of a hundred in this order. */
enum deed {
    DO_ORDER,
    DO_GIFT,
    DO_TOPUP,
    DO_POINTS,
    DO_PHONE,
    DO_EMAIL,
    DO_PASSWORD,
    DO_QUIET,
    DO_ADDRESS,
    DO_CARD,
    DO_TOKEN,
    DO_FACTOR,
    DO_CONTENT,
    DO_MEMBER,
    DEEDS
};
struct family {
    const char *name;
    enum entry entry;
    enum where where;
    uint32_t also; /* a bit of each other enum where that its campaigns come from */
    enum with with;
    enum victim victim;
    uint32_t span_min_minutes, span_max_minutes; /* of a campaign */
    uint16_t tries_per_hit;                      /* that fail */
    uint16_t pool;                               /* addresses of its own; 0 = by campaign */
    uint8_t idle;                                /* of a hundred that enter, how many leave it at that */
    uint8_t deeds[DEEDS];
};

/* The shop's device id: one for all victims, one for each, another each time, or no script and none. */
enum keeps { KEEPS_FOR_ALL, KEEPS_FOR_EACH, KEEPS_NOTHING, KEEPS_NONE };
/* Which place's time zone or language the browser tells. */
enum tells { TELLS_OWN, TELLS_EXIT, TELLS_VICTIM, TELLS_NONE };
enum pause { PAUSE_NONE, PAUSE_MINUTES, PAUSE_HOURS, PAUSE_DAYS };
enum hours { HOURS_ANY, HOURS_OWN_DAY, HOURS_NIGHT, HOURS_DAY };

struct campaign {
    int64_t from_ms, to_ms;
    uint64_t key;
    uint32_t hits, attempts; /* attempts: that fail */
    uint16_t number;         /* of the family's */
    uint16_t pool;           /* addresses in its hands; 0 = another each time */
    uint16_t tempo_pct;      /* of the usual time between two acts */
    uint8_t family, network, place, proxy_place, tool, kit, vpn, donors_pct;
    uint8_t other; /* where from, when he comes by another way */
    uint8_t where, keeps, zone, speech, hello, hours, pause;
    uint8_t browsers; /* in its hands; 0 = one for each victim */
    uint8_t idle, browse, logout_pct, again_pct, second_pct, misses_pct, drops, deeds[DEEDS];
    bool desk, again_same;
};

struct crowd {
    struct crowd_options o;
    struct shop shop;
    int64_t start_ms;
    struct member *members;
    struct campaign *campaigns;
    struct incident *incidents;
    unsigned campaign_count, incident_count, incident_next;
    struct happening *heap;
    size_t heap_size, heap_capacity;
    uint64_t order;
    bool out_of_memory;
    FILE *events, *labels;
    struct crowd_counts counts;
};

void push(struct crowd *c, const struct happening *h);
static inline uint64_t name_of(const struct crowd *c, uint64_t what, uint64_t who) {
    return hash_mix(c->o.seed ^ hash_mix(what, 0x637264), who);
}

void people_open(struct crowd *c);
void people_day(struct crowd *c, int day);
/* A path of the account's own: one of its devices, at one of its networks, at that time. */
void people_path(struct crowd *c, struct draws *d, unsigned account, struct gadget *g, int64_t at_ms, struct path *p);
/* What a hijacker has done to the password until then. */
void people_settle(struct member *m, int64_t at_ms);
uint64_t people_device(const struct crowd *c, const struct gadget *g);
uint64_t people_password(const struct crowd *c, unsigned account);
uint64_t people_address(const struct crowd *c, unsigned account, unsigned which);
uint64_t people_card(const struct crowd *c, unsigned account);
/* One of the twelve passwords that everybody has. */
uint64_t popular_password(const struct crowd *c, uint64_t which);
/* The acts that belong to orders, whoever placed them. */
void order_with_fate(struct crowd *c, struct draws *d, struct happening h, unsigned order_kind, int64_t amount);
/* What the owner does when he has found out. */
void people_find_out(struct crowd *c, struct draws *d, unsigned account, int incident, int64_t at_ms);
/* When in a day somebody of a place is up, as milliseconds since that day's midnight in UTC (may be negative). */
int64_t people_hour(const struct crowd *c, struct draws *d, unsigned place, unsigned late_hours);

const struct family *family_of(const struct campaign *k);
/* Draws them all; returns how many hijacks they have. */
unsigned campaigns_open(struct crowd *c);
int64_t campaign_moment(const struct crowd *c, const struct campaign *k, struct draws *d);
/* Its way to the shop, and what it comes with then: in this order. */
void campaign_way(struct crowd *c, const struct campaign *k, struct draws *d, enum where where, unsigned victim, int64_t at_ms,
                  struct path *p);
void campaign_shape(struct crowd *c, const struct campaign *k, struct draws *d, enum with with, unsigned victim, int64_t at_ms,
                    struct path *p);
/* A device with a session that lives, or NULL. */
struct gadget *live_gadget(struct member *m, int64_t at_ms);
unsigned family_count(void);
bool attacks_open(struct crowd *c);
void attacks_day(struct crowd *c, int day);
void noise_day(struct crowd *c, int day);

/* -- writing (crowd_write.c) ---------------------------------------------------------------------------------------------------------- */
void crowd_write(struct crowd *c, const struct happening *h);

#endif
