// SPDX-License-Identifier: Apache-2.0
/* Programs with which people and machines come: how they call themselves, how they shake hands, and how they age. */
#include "sim/crowd_inside.h"

#define WEBKIT "AppleWebKit/605.1.15 (KHTML, like Gecko) "
#define BLINK  "AppleWebKit/537.36 (KHTML, like Gecko) "

/* The text before the version, between its two places, and after. Versions move by one every `period_days`. */
static const struct {
    const char *before, *between, *after;
    const char *ja4[2];
    uint16_t first, period_days;
} clients[CLIENT_COUNT] = {
    [CLIENT_IPHONE_SAFARI] = {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_",
                              " like Mac OS X) " WEBKIT "Version/18.",
                              " Mobile/15E148 Safari/604.1",
                              {"t13d2014h2_a09f3c656075_14788d8d241b", "q13d0312h3_55b375c5d22e_06cda9e17597"},
                              3,
                              45},
    [CLIENT_IPHONE_APP] = {"ShopApp/6.",
                           NULL,
                           ".0 (iPhone; iOS 18.3; Scale/3.00)",
                           {"t13d2014h2_a09f3c656075_14788d8d241b", "t13d2014h2_a09f3c656075_e42f34c56612"},
                           20,
                           21},
    [CLIENT_ANDROID_CHROME] = {"Mozilla/5.0 (Linux; Android 10; K) " BLINK "Chrome/",
                               NULL,
                               ".0.0.0 Mobile Safari/537.36",
                               {"t13d1516h2_8daaf6152771_02713d6af862", "q13d0312h3_55b375c5d22e_5a1f323d5ef1"},
                               133,
                               28},
    [CLIENT_ANDROID_APP] = {"ShopApp/6.",
                            NULL,
                            ".0 (Android 14; %)",
                            {"t13d1310h2_f57a46bbacb6_e7c285222651", "t13d1311h2_f57a46bbacb6_6feec2a5bb2f"},
                            20,
                            21},
    [CLIENT_ANDROID_SAMSUNG] = {"Mozilla/5.0 (Linux; Android 10; K) " BLINK "SamsungBrowser/",
                                NULL,
                                ".0 Chrome/121.0.0.0 Mobile Safari/537.36",
                                {"t13d1517h2_8daaf6152771_9b887d9acb53", "q13d0312h3_55b375c5d22e_9b1466fd60cf"},
                                25,
                                90},
    [CLIENT_WINDOWS_CHROME] = {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " BLINK "Chrome/",
                               NULL,
                               ".0.0.0 Safari/537.36",
                               {"t13d1517h2_8daaf6152771_b0da82dd1658", "q13d0312h3_55b375c5d22e_5a1f323d5ef1"},
                               133,
                               28},
    [CLIENT_WINDOWS_EDGE] = {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " BLINK "Chrome/",
                             ".0.0.0 Safari/537.36 Edg/",
                             ".0.0.0",
                             {"t13d1517h2_8daaf6152771_b1ff8ab2d16f", "q13d0312h3_55b375c5d22e_5a1f323d5ef1"},
                             133,
                             28},
    [CLIENT_WINDOWS_FIREFOX] = {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:",
                                ".0) Gecko/20100101 Firefox/",
                                ".0",
                                {"t13d1715h2_5b57614c22b0_5c2c66f702b0", "q13d0314h3_5b57614c22b0_d0e8c56d8d0c"},
                                135,
                                28},
    [CLIENT_MAC_SAFARI] = {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " WEBKIT "Version/18.",
                           NULL,
                           " Safari/605.1.15",
                           {"t13d2014h2_a09f3c656075_e42f34c56612", "q13d0312h3_55b375c5d22e_06cda9e17597"},
                           3,
                           45},
    [CLIENT_MAC_CHROME] = {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " BLINK "Chrome/",
                           NULL,
                           ".0.0.0 Safari/537.36",
                           {"t13d1517h2_8daaf6152771_b0da82dd1658", "q13d0312h3_55b375c5d22e_5a1f323d5ef1"},
                           133,
                           28},
    [CLIENT_IPAD_SAFARI] = {"Mozilla/5.0 (iPad; CPU OS 18_",
                            " like Mac OS X) " WEBKIT "Version/18.",
                            " Mobile/15E148 Safari/604.1",
                            {"t13d2014h2_a09f3c656075_14788d8d241b", "q13d0312h3_55b375c5d22e_06cda9e17597"},
                            3,
                            45},
    [CLIENT_AGGREGATOR] = {"PointBook/3.",
                           NULL,
                           " (+https://pointbook.example/)",
                           {"t13d1812h1_85036bcba153_375ca2c5e164", "t13d1812h1_85036bcba153_375ca2c5e164"},
                           1,
                           60},
    [CLIENT_PYTHON] =
        {"python-requests/2.", NULL, ".3", {"t13d1812h1_85036bcba153_b26ce05bbdd6", "t13d1812h1_85036bcba153_d41ae481755e"}, 31, 180},
    [CLIENT_GO] =
        {"Go-http-client/", NULL, ".1", {"t13d1311h2_f57a46bbacb6_ab7e3b40a677", "t13d1311h1_f57a46bbacb6_ab7e3b40a677"}, 1, 3000},
    [CLIENT_HEADLESS] = {"Mozilla/5.0 (X11; Linux x86_64) " BLINK "HeadlessChrome/",
                         NULL,
                         ".0.0.0 Safari/537.36",
                         {"t13d1516h2_8daaf6152771_02713d6af862", "t13d1517h2_8daaf6152771_b0da82dd1658"},
                         133,
                         28},
    [CLIENT_OKHTTP] = {"okhttp/4.", NULL, ".0", {"t13d1311h2_f57a46bbacb6_6feec2a5bb2f", "t13d1310h2_f57a46bbacb6_e7c285222651"}, 12, 200},
};

bool client_is_mobile(unsigned client) {
    return client <= CLIENT_ANDROID_SAMSUNG;
}

bool client_is_app(unsigned client) {
    return client == CLIENT_IPHONE_APP || client == CLIENT_ANDROID_APP;
}

bool client_is_safari(unsigned client) {
    return client == CLIENT_IPHONE_SAFARI || client == CLIENT_MAC_SAFARI || client == CLIENT_IPAD_SAFARI;
}

unsigned client_any(struct draws *d) {
    return below(d, CLIENT_PEOPLE);
}

/* Hijackers sit at desks: 85 of 100 of them (detection.md 6); of customers, two in three hold a telephone. */
unsigned client_draw(const struct crowd *c, struct draws *d, bool desktop_share_high) {
    bool desk = desktop_share_high && chance(d, 800000);
    uint16_t weights[CLIENT_PEOPLE];
    for (unsigned i = 0; i < CLIENT_PEOPLE; i++) weights[i] = desk && client_is_mobile(i) ? 0 : c->shop.clients[i];
    return weighted(d, weights, CLIENT_PEOPLE);
}

uint16_t client_version(unsigned client, int64_t day, unsigned lag_days) {
    int64_t steps = (day + 200 - (int64_t)lag_days) / clients[client].period_days;
    return (uint16_t)(clients[client].first + (steps > 0 ? steps : 0));
}

void client_write_user_agent(struct buf *b, const struct path *p) {
    static const char *const models[] = {"Pixel 8", "SO-52C", "SC-51D", "SH-54D", "Pixel 7a", "F-51E"};
    buf_text(b, str_from(clients[p->client].before));
    buf_u64(b, p->version);
    if (clients[p->client].between) buf_text(b, str_from(clients[p->client].between)), buf_u64(b, p->version);
    for (const char *s = clients[p->client].after; *s; s++)
        if (*s == '%') buf_text(b, str_from(models[p->variant / 2 % (sizeof models / sizeof models[0])]));
        else buf_char(b, *s);
}

/* Browsers shake hands by QUIC now and then; the lowest bit of the variant says so. */
void client_write_ja4(struct buf *b, const struct path *p) {
    buf_text(b, str_from(clients[p->hello ? p->hello - 1 : p->client].ja4[p->variant & 1]));
}
