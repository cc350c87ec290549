// SPDX-License-Identifier: Apache-2.0
/* Machines that knock at the crowd's shop every day and belong to no campaign: scanners that guess names, and crawlers with an account. */
#include "sim/crowd_inside.h"

/* Somebody's list of names, tried by a tool; of all attempts, nearly half are on accounts that do not exist (detection.md 6). */
static void scan(struct crowd *c, struct draws *d, int64_t day_ms) {
    struct happening h = {.incident = -1, .campaign = -1, .label = LABEL_NOISE, .kind = K_LOGIN, .method = M_PASSWORD, .has_path = true};
    unsigned place = CITY_COUNT + below(d, ABROAD_COUNT);
    h.at_ms = day_ms + (int64_t)(draw(d) % (uint64_t)DAY_MS);
    h.anonymous = chance(d, c->shop.scan_unknown_pct * 10000);
    h.account = h.anonymous ? (uint32_t)draw(d) : below(d, c->o.accounts);
    h.failure = h.anonymous ? F_NO_SUCH_ACCOUNT : F_BAD_PASSWORD;
    h.objects[0] = chance(d, 300000) ? popular_password(c, draw(d)) : draw(d);
    bool home = chance(d, 350000);
    unsigned network = home                ? network_abroad(place, below(d, ABROAD_CARRIER))
                       : chance(d, 100000) ? NETWORK_TOR + below(d, 4)
                                           : NETWORK_HOSTING + below(d, HOSTINGS);
    path_at(c, &h.path, network, place, draw(d) % (home ? 6000 : 60), false);
    h.path.client = (uint8_t)(home ? client_draw(c, d, true) : (unsigned)CLIENT_PYTHON + below(d, 4));
    h.path.version = client_version(h.path.client, (day_ms - c->start_ms) / DAY_MS, below(d, 60));
    h.path.variant = (uint8_t)below(d, 12);
    h.path.language = home ? c->shop.places[place].language : 255;
    h.path.timezone = home ? (uint8_t)place : 255;
    push(c, &h);
}

/* Compares prices all day, in one session of its own account. */
static void crawl(struct crowd *c, struct draws *d, unsigned which, int64_t day_ms) {
    struct happening h = {.incident = -1,
                          .campaign = -1,
                          .label = LABEL_OWNER,
                          .kind = K_SESSION_SEEN,
                          .has_path = true,
                          .account = c->o.accounts - 1 - which};
    path_at(c, &h.path, NETWORK_HOSTING + which % HOSTINGS, 0, which, false);
    h.path.client = CLIENT_HEADLESS, h.path.language = c->shop.places[0].language, h.path.timezone = 255;
    h.path.version = client_version(CLIENT_HEADLESS, (day_ms - c->start_ms) / DAY_MS, 40);
    h.path.session = name_of(c, 15, which);
    for (unsigned n = 0; n < 48; n++) {
        h.at_ms = day_ms + n * 30 * MINUTE_MS + below(d, 60000), h.word = (uint8_t)(2 + below(d, 2));
        push(c, &h);
    }
}

void noise_day(struct crowd *c, int day) {
    int64_t day_ms = c->start_ms + day * DAY_MS;
    struct draws d = {name_of(c, 16, (uint64_t)day), 0};
    unsigned scans = (unsigned)skewed(&d, 1 + (int64_t)c->o.accounts * c->shop.scans_pm / 1000, 14);
    for (unsigned i = 0; i < scans; i++) scan(c, &d, day_ms);
    for (unsigned i = 0; i < 1 + c->o.accounts / 20000; i++) crawl(c, &d, i, day_ms);
}
