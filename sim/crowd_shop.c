// SPDX-License-Identifier: Apache-2.0
/* Kinds of shops: a shop's habits, drawn from the seed or given by name, and the countries that it may be in. */
#include <string.h>

#include "base/check.h"
#include "sim/crowd_inside.h"

/* Coordinates in hundredths of a degree. The first city is the largest, and stands for the country where the shop is elsewhere. */
static const struct country {
    char code[3];
    char currency[4];
    uint8_t money; /* of what costs 1 in the plain world, as a multiple in the currency's minor unit */
    uint8_t language, short_language;
    uint8_t city_count;
    struct {
        int16_t lat_e2, lon_e2;
        int8_t offset_h;
        const char *timezone;
    } cities[CITY_COUNT];
} countries[] = {
    {"JP",
     "JPY",
     1,
     0,
     1,
     12,
     {{3568, 13969, 9, "Asia/Tokyo"},
      {3469, 13550, 9, "Asia/Tokyo"},
      {3518, 13691, 9, "Asia/Tokyo"},
      {3544, 13964, 9, "Asia/Tokyo"},
      {4306, 14135, 9, "Asia/Tokyo"},
      {3359, 13040, 9, "Asia/Tokyo"},
      {3501, 13577, 9, "Asia/Tokyo"},
      {3469, 13519, 9, "Asia/Tokyo"},
      {3827, 14087, 9, "Asia/Tokyo"},
      {3439, 13246, 9, "Asia/Tokyo"},
      {2621, 12768, 9, "Asia/Tokyo"},
      {3656, 13665, 9, "Asia/Tokyo"}}},
    {"US",
     "USD",
     1,
     2,
     14,
     10,
     {{4071, -7401, -5, "America/New_York"},
      {3405, -11824, -8, "America/Los_Angeles"},
      {4188, -8763, -6, "America/Chicago"},
      {2976, -9537, -6, "America/Chicago"},
      {3345, -11207, -7, "America/Phoenix"},
      {3995, -7516, -5, "America/New_York"},
      {3277, -9680, -6, "America/Chicago"},
      {2576, -8019, -5, "America/New_York"},
      {4761, -12233, -8, "America/Los_Angeles"},
      {3974, -10499, -7, "America/Denver"}}},
    {"DE",
     "EUR",
     1,
     10,
     15,
     9,
     {{5252, 1341, 1, "Europe/Berlin"},
      {5355, 999, 1, "Europe/Berlin"},
      {4814, 1158, 1, "Europe/Berlin"},
      {5094, 696, 1, "Europe/Berlin"},
      {5011, 868, 1, "Europe/Berlin"},
      {4878, 918, 1, "Europe/Berlin"},
      {5122, 678, 1, "Europe/Berlin"},
      {5134, 1237, 1, "Europe/Berlin"},
      {5151, 747, 1, "Europe/Berlin"}}},
    {"GB",
     "GBP",
     1,
     5,
     14,
     7,
     {{5151, -13, 0, "Europe/London"},
      {5249, -190, 0, "Europe/London"},
      {5348, -224, 0, "Europe/London"},
      {5586, -425, 0, "Europe/London"},
      {5380, -155, 0, "Europe/London"},
      {5145, -259, 0, "Europe/London"},
      {5595, -319, 0, "Europe/London"}}},
    {"FR",
     "EUR",
     1,
     11,
     16,
     7,
     {{4886, 235, 1, "Europe/Paris"},
      {4330, 537, 1, "Europe/Paris"},
      {4576, 484, 1, "Europe/Paris"},
      {4360, 144, 1, "Europe/Paris"},
      {4370, 727, 1, "Europe/Paris"},
      {4722, -155, 1, "Europe/Paris"},
      {4484, -58, 1, "Europe/Paris"}}},
    {"KR",
     "KRW",
     9,
     4,
     17,
     6,
     {{3757, 12698, 9, "Asia/Seoul"},
      {3518, 12908, 9, "Asia/Seoul"},
      {3746, 12671, 9, "Asia/Seoul"},
      {3587, 12860, 9, "Asia/Seoul"},
      {3635, 12738, 9, "Asia/Seoul"},
      {3516, 12685, 9, "Asia/Seoul"}}},
    {"BR",
     "BRL",
     4,
     7,
     18,
     7,
     {{-2355, -4663, -3, "America/Sao_Paulo"},
      {-2291, -4317, -3, "America/Sao_Paulo"},
      {-1579, -4788, -3, "America/Sao_Paulo"},
      {-1297, -3850, -3, "America/Bahia"},
      {-373, -3852, -3, "America/Fortaleza"},
      {-1992, -4394, -3, "America/Sao_Paulo"},
      {-312, -6002, -4, "America/Manaus"}}},
    {"AU",
     "AUD",
     1,
     19,
     14,
     5,
     {{-3387, 15121, 10, "Australia/Sydney"},
      {-3781, 14496, 10, "Australia/Melbourne"},
      {-2747, 15303, 10, "Australia/Brisbane"},
      {-3195, 11586, 8, "Australia/Perth"},
      {-1246, 13084, 9, "Australia/Darwin"}}},
    {"TW", "TWD", 20, 13, 20, 3, {{2503, 12157, 8, "Asia/Taipei"}, {2263, 12030, 8, "Asia/Taipei"}, {2414, 12067, 8, "Asia/Taipei"}}},
    /* The shop is in none of these. */
    {"TH", "", 1, 12, 12, 1, {{1376, 10050, 7, "Asia/Bangkok"}}},
    {"SG", "", 1, 21, 14, 1, {{129, 10385, 8, "Asia/Singapore"}}},
    {"RO", "", 1, 8, 8, 1, {{4443, 2610, 2, "Europe/Bucharest"}}},
    {"VN", "", 1, 6, 6, 1, {{1082, 10663, 7, "Asia/Ho_Chi_Minh"}}},
    {"NL", "", 1, 22, 22, 1, {{5237, 490, 1, "Europe/Amsterdam"}}},
    {"RU", "", 1, 9, 9, 1, {{5576, 3762, 3, "Europe/Moscow"}}},
    {"CN", "", 1, 3, 3, 1, {{3123, 12147, 8, "Asia/Shanghai"}}},
    {"ID", "", 1, 23, 23, 1, {{-621, 10685, 7, "Asia/Jakarta"}}},
    {"IN", "", 1, 24, 24, 1, {{1908, 7288, 5, "Asia/Kolkata"}}},
    {"PL", "", 1, 25, 25, 1, {{5223, 2101, 1, "Europe/Warsaw"}}},
    {"NG", "", 1, 14, 14, 1, {{646, 339, 1, "Africa/Lagos"}}},
    {"UA", "", 1, 26, 26, 1, {{5045, 3052, 2, "Europe/Kyiv"}}},
};
enum { COUNTRY_COUNT = sizeof countries / sizeof countries[0], HOME_COUNTRIES = 9 };

const char *const languages[] = {"ja-JP", "ja",    "en-US", "zh-CN", "ko-KR", "en-GB", "vi-VN", "pt-BR", "ro-RO",
                                 "ru-RU", "de-DE", "fr-FR", "th-TH", "zh-TW", "en",    "de",    "fr",    "ko",
                                 "pt",    "en-AU", "zh",    "en-SG", "nl-NL", "id-ID", "en-IN", "pl-PL", "uk-UA"};

/* -- habits --------------------------------------------------------------------------------------------------------------------------- */

enum how { RANGE, OCTAVES, MODE };
enum { WEIGHTS_MAX = 9 };
static const struct habit {
    const char *name;
    size_t offset;
    enum how how;
    uint32_t plain, low, high;
    uint16_t weights[WEIGHTS_MAX];
} habits[] = {
#define RANGE(name, plain, low, high)   {#name, offsetof(struct shop, name), RANGE, plain, low, high, {0}},
#define OCTAVES(name, plain, low, high) {#name, offsetof(struct shop, name), OCTAVES, plain, low, high, {0}},
#define MODE(name, plain, ...)          {#name, offsetof(struct shop, name), MODE, plain, 0, 0, {__VA_ARGS__}},
#include "sim/crowd_shop.def"
#undef RANGE
#undef OCTAVES
#undef MODE
};
enum { HABIT_COUNT = sizeof habits / sizeof habits[0] };

static uint32_t *habit_of(struct shop *s, const struct habit *h) {
    return (uint32_t *)(void *)((char *)s + h->offset);
}

static const struct habit *find_habit(const char *name) {
    for (unsigned i = 0; i < HABIT_COUNT; i++)
        if (!strcmp(habits[i].name, name)) return &habits[i];
    return NULL;
}

/* Evenly in the logarithm: an eighth of an octave, then evenly within. */
static uint32_t octaves(struct draws *d, uint32_t low, uint32_t high) {
    uint32_t edges[128] = {low};
    unsigned count = 0;
    while (edges[count] < high && count < 127) {
        uint32_t next = (uint32_t)((uint64_t)edges[count] * 71468 >> 16); /* 2^(1/8) */
        edges[count + 1] = next > edges[count] ? next : edges[count] + 1;
        count++;
    }
    unsigned i = below(d, count);
    uint32_t value = edges[i] + below(d, edges[i + 1] - edges[i]);
    return value < high ? value : high;
}

static uint32_t draw_habit(uint64_t seed, const struct habit *h) {
    struct draws d = {hash_mix(seed, hash_str(str_from(h->name), 0x73686f70)), 0};
    switch (h->how) {
    case RANGE: return h->low + below(&d, h->high - h->low + 1);
    case OCTAVES: return octaves(&d, h->low, h->high);
    case MODE: return weighted(&d, h->weights, WEIGHTS_MAX);
    }
    return h->plain;
}

/* -- worlds with a name --------------------------------------------------------------------------------------------------------------- */

/* What is fixed; the rest is drawn. */
static const struct world {
    const char *name;
    struct {
        const char *habit;
        uint32_t value;
    } fixed[16];
} worlds[] = {
    {"plain", {{NULL, 0}}},
    {"random", {{NULL, 0}}},
    {"bare",
     {{"device", 0},
      {"timezone", 0},
      {"language", 0},
      {"ja4", 0},
      {"geo_point", 0},
      {"geo_net", 0},
      {"password_tag", 0},
      {"session_seen", 0},
      {"changes", 0}}},
    {"daily",
     {{"visits_pct", 500},
      {"session_days", 120},
      {"stay_pct", 95},
      {"session_seen", 2},
      {"seen_as_login", 1},
      {"timezone", 1},
      {"main_language_pct", 98},
      {"other_language_pm", 5},
      {"abroad_pm", 4},
      {"geo_net", 0}}},
    {"seldom", {{"visits_pct", 35}, {"session_days", 1}, {"forgot_pm", 50}, {"session_seen", 1}, {"cookie_lost_pm", 120}}},
    {"app", {{"mobile_pct", 90}, {"app_pct", 70}, {"device", 1}, {"session_days", 120}, {"carrier_pct", 60}, {"relay_pct", 5}}},
    {"market", {{"abroad_pm", 400}, {"vpn_pm", 100}, {"journeys_ppm", 3000}, {"other_language_pm", 100}, {"main_language_pct", 75}}},
};
enum { WORLD_COUNT = sizeof worlds / sizeof worlds[0] };

const char *crowd_world(unsigned index) {
    return index < WORLD_COUNT ? worlds[index].name : NULL;
}

static const struct world *find_world(const char *name) {
    for (unsigned i = 0; i < WORLD_COUNT; i++)
        if (!strcmp(worlds[i].name, name)) return &worlds[i];
    return NULL;
}

bool shop_is(const char *world) {
    return find_world(world) != NULL;
}

/* -- what follows from the habits ----------------------------------------------------------------------------------------------------- */

static void place_from(struct place *p, const struct country *at, unsigned city) {
    *p = (struct place){.lat_e2 = at->cities[city].lat_e2, .lon_e2 = at->cities[city].lon_e2, .offset_h = at->cities[city].offset_h};
    memcpy(p->country, at->code, sizeof p->country);
    p->timezone = at->cities[city].timezone;
    p->language = at->language, p->short_language = at->short_language;
}

/* The shop's cities, then as many other countries, in an order of the seed's: the first are its neighbours in trade. */
static void choose_places(struct shop *s, uint64_t seed) {
    const struct country *home = &countries[s->country % HOME_COUNTRIES];
    struct draws d = {hash_mix(seed, 0x706c6163), 0};
    unsigned others[COUNTRY_COUNT], count = 0;
    for (unsigned i = 0; i < CITY_COUNT; i++) place_from(&s->places[i], home, i % home->city_count);
    for (unsigned i = 0; i < COUNTRY_COUNT; i++)
        if (&countries[i] != home) others[count++] = i;
    for (unsigned i = 0; i < ABROAD_COUNT; i++) {
        unsigned j = i + below(&d, count - i), chosen = others[j];
        others[j] = others[i];
        place_from(&s->places[CITY_COUNT + i], &countries[chosen], 0);
    }
    s->currency = home->currency, s->money = home->money;
}

static void weigh_clients(struct shop *s) {
    static const uint8_t phone[CLIENT_PEOPLE] = {[CLIENT_IPHONE_SAFARI] = 100, [CLIENT_ANDROID_CHROME] = 83, [CLIENT_ANDROID_SAMSUNG] = 17};
    static const uint8_t desk[CLIENT_PEOPLE] = {[CLIENT_WINDOWS_CHROME] = 38, [CLIENT_WINDOWS_EDGE] = 19, [CLIENT_WINDOWS_FIREFOX] = 8,
                                                [CLIENT_MAC_SAFARI] = 13,     [CLIENT_MAC_CHROME] = 11,   [CLIENT_IPAD_SAFARI] = 11};
    for (unsigned i = 0; i < CLIENT_PEOPLE; i++) {
        bool apple = i == CLIENT_IPHONE_SAFARI || i == CLIENT_IPHONE_APP;
        uint32_t maker = apple ? s->apple_pct : 100 - s->apple_pct;
        uint32_t share = client_is_app(i) ? s->app_pct * 100 : (100 - s->app_pct) * phone[i];
        uint32_t of_phones = client_is_mobile(i) ? s->mobile_pct * maker * share / 10000 : 0;
        s->clients[i] = (uint16_t)(of_phones + (100 - s->mobile_pct) * desk[i]);
    }
}

void shop_open(struct shop *s, uint64_t seed, const char *world) {
    const struct world *w = find_world(world);
    CHECK(w);
    bool plain = w == &worlds[0];
    for (unsigned i = 0; i < HABIT_COUNT; i++) *habit_of(s, &habits[i]) = plain ? habits[i].plain : draw_habit(seed, &habits[i]);
    for (unsigned i = 0; i < sizeof w->fixed / sizeof w->fixed[0] && w->fixed[i].habit; i++) {
        const struct habit *h = find_habit(w->fixed[i].habit);
        CHECK(h);
        *habit_of(s, h) = w->fixed[i].value;
    }
    choose_places(s, plain ? 0 : seed);
    weigh_clients(s);
}

void shop_write(const struct shop *s, const char *world, uint64_t seed, FILE *f) {
    struct shop copy = *s;
    (void)fprintf(f, "{\"world\":\"%s\",\"seed\":%llu,\"place\":\"%s\"", world, (unsigned long long)seed, s->places[0].country);
    for (unsigned i = 0; i < HABIT_COUNT; i++) (void)fprintf(f, ",\"%s\":%u", habits[i].name, *habit_of(&copy, &habits[i]));
    (void)fprintf(f, "}\n");
}
