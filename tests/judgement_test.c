// SPDX-License-Identifier: Apache-2.0
/*
 * What the rooms say together of people in a small shop: enrich and score over real cells, without engine and policy. A population of
 * owners is lived through first, so that the calibration knows them; then each test adds one story and looks at scores and sentences.
 */
#include "base/check.h"
#include "base/moment.h"
#include "base/test.h"
#include "enrich/enrich.h"
#include "score/score.h"
#include "store/cells_memory.h"

#define START (INT64_C(20100) * DAY_MS)
/* A login of this score is asked for a fresh factor. */
#define CHALLENGE_SCORE 800

struct shop {
    struct cells_memory *memory;
    struct cells cells;
    struct calibration *calibration;
    uint64_t position;
};

static char step_memory[64 * 1024];
static struct assessment assessment; /* of the last event; its texts live in step_memory */
static struct features features;

static void shop_open(struct shop *s) {
    struct problem p;
    struct cells_bounds bounds = {1 << 12, 1 << 14, 1 << 10, 1 << 12};
    CHECK(cells_memory_open(&bounds, &s->memory, &p) == ERR_OK);
    s->cells = cells_memory_cells(s->memory);
    s->calibration = s->cells.ops->globals(s->cells.self);
    s->position = 0;
}

static void shop_close(struct shop *s) {
    cells_memory_close(s->memory);
}

static uint16_t happens(struct shop *s, const struct event *e) {
    static struct cell_plan first, second;
    uint64_t after[PROFILE_SIZE / 8];
    struct arena step = arena_over(step_memory, sizeof step_memory);
    s->position++;
    enrich_plan(e, 5, s->position * 32, &first);
    CHECK(s->cells.ops->submit(s->cells.self, first.ops, first.count) == ERR_OK);
    enrich_event(e, &first, &step, &features);
    score_features(s->calibration, NULL, &features, &step, &assessment);
    bool challenged = assessment.score >= CHALLENGE_SCORE;
    struct lesson lesson = {
        .position = s->position, .score = assessment.score, .trains = !challenged, .risky = challenged && event_is_login_success(e)};
    enrich_learn(e, &features, &first, &lesson, after, &second);
    if (event_is_login_success(e)) score_learn(s->calibration, NULL, &features, &assessment);
    CHECK(s->cells.ops->submit(s->cells.self, second.ops, second.count) == ERR_OK);
    return assessment.score;
}

/* -- people ---------------------------------------------------------------------------------------------------------------------------- */

#define BLINK  "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 "
#define WEBKIT "AppleWebKit/605.1.15 (KHTML, like Gecko) "
static const char *const clients[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " BLINK "Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) " WEBKIT "Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) " BLINK "Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " WEBKIT "Version/18.3 Safari/605.1.15",
};
static const uint32_t carriers[] = {2516, 2527, 4713, 9605, 9824, 17676, 17511, 2518, 4685, 7679};

struct person {
    char account[8], device[8], session[12];
    unsigned client, carrier, host;
};

static struct person person(unsigned number) {
    struct person p = {.client = number % 4, .carrier = number * 7 % 10, .host = number % 250 + 1};
    snprintf(p.account, sizeof p.account, "a%u", number % 10000);
    snprintf(p.device, sizeof p.device, "d%u", number % 10000);
    snprintf(p.session, sizeof p.session, "s%u", number % 10000);
    return p;
}

/* `p` at his home, at this moment. */
static struct event at_home(const struct person *p, enum kind kind, int64_t at_ms) {
    struct event e = {.kind = kind, .subject = str_from(p->account), .time_ms = at_ms, .user_agent = str_from(clients[p->client])};
    e.ip = (struct address){ADDRESS_V4, {203, (uint8_t)(p->carrier + 1), (uint8_t)(p->host / 8), (uint8_t)p->host}};
    e.device = str_from(p->device);
    e.session = str_from(p->session);
    e.language = STR("ja-JP");
    e.timezone = STR("Asia/Tokyo");
    e.country = STR("JP");
    e.asn = carriers[p->carrier], e.asn_present = true;
    e.lat_micro = 35680000, e.lat_present = true, e.lon_micro = 139690000, e.lon_present = true;
    if (kind == KIND_LOGIN) e.outcome = OUTCOME_SUCCESS, e.method = METHOD_PASSWORD;
    return e;
}

/* A hijacker with the right password, over a data centre in the owner's country. */
static struct event hijacker(const struct person *victim, enum kind kind, int64_t at_ms) {
    struct event e = at_home(victim, kind, at_ms);
    e.ip = (struct address){ADDRESS_V4, {198, 51, 100, 9}};
    e.asn = 64500;
    e.net = NET_HOSTING;
    e.user_agent = STR("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0");
    e.device = STR("d-strange");
    e.session = STR("s-strange");
    return e;
}

#define PEOPLE 200
#define DAYS   120
static int64_t now_ms;

static void on_the_road(struct event *e, unsigned where) {
    e->asn = 59000 + where % 40;
    e->ip.bytes[1] = (uint8_t)(200 + where % 40);
}

/*
 * 200 people for 120 days, each on his own days at about his own hour. In one login of thirty he is on the road with his device, over one
 * of the country's many small networks; in one of sixty he has a new one.
 */
static void live(struct shop *s) {
    uint64_t seed = 11;
    for (unsigned day = 0; day < DAYS; day++)
        for (unsigned i = 0; i < PEOPLE; i++) {
            if (test_random(&seed) % 8) continue;
            struct person p = person(i);
            now_ms = START + day * DAY_MS + (i % 10) * HOUR_MS + (int64_t)(test_random(&seed) % (uint64_t)HOUR_MS);
            struct event e = at_home(&p, KIND_LOGIN, now_ms);
            if (test_random(&seed) % 30 == 0) on_the_road(&e, (unsigned)test_random(&seed));
            char device[16];
            snprintf(device, sizeof device, "d%u-%u", i, day);
            if (test_random(&seed) % 60 == 0) e.device = str_from(device), e.user_agent = str_from(clients[test_random(&seed) % 4]);
            happens(s, &e);
        }
    now_ms = START + DAYS * DAY_MS + 3 * HOUR_MS;
}

static bool some_reason_says(const char *words) {
    for (unsigned i = 0; i < assessment.reason_count; i++)
        if (str_find(assessment.reasons[i].text, str_from(words), 0) < assessment.reasons[i].text.size) return true;
    printf("no reason says \"%s\"; they are:\n", words);
    for (unsigned i = 0; i < assessment.reason_count; i++)
        printf("  %d %.*s: %.*s\n", assessment.reasons[i].weight_milli, STR_ARGS(assessment.reasons[i].code),
               STR_ARGS(assessment.reasons[i].text));
    return false;
}

/* -- stories --------------------------------------------------------------------------------------------------------------------------- */

static struct shop shop;

static void begin(void) {
    if (shop.memory) shop_close(&shop);
    shop_open(&shop);
    live(&shop);
}

TEST(at_home_as_always) {
    begin();
    struct person p = person(7);
    struct event e = at_home(&p, KIND_LOGIN, now_ms);
    EXPECT(happens(&shop, &e) < 100);
    e = at_home(&p, KIND_ORDER_PLACED, now_ms + MINUTE_MS);
    EXPECT(happens(&shop, &e) < 100);
    EXPECT_EQ(assessment.reason_count, 0);
}

TEST(the_night_of_the_story) {
    begin();
    struct person p = person(8);
    struct event e = hijacker(&p, KIND_LOGIN, now_ms + 13 * HOUR_MS);
    uint16_t login = happens(&shop, &e);
    EXPECT(login >= 850);
    EXPECT(assessment.challenge_rate_ppm < 2000);
    EXPECT(some_reason_says("network AS64500 (hosting, JP) never used by this account; usual: AS"));
    EXPECT(some_reason_says("device never used by this account"));
    EXPECT(some_reason_says("Firefox on Linux never used by this account; usual: Chrome on Windows"));
    for (unsigned i = 0; i < assessment.reason_count; i++) EXPECT(assessment.reasons[i].text.size > 0);

    e = hijacker(&p, KIND_BALANCE_TOPPED_UP, e.time_ms + 3 * MINUTE_MS);
    e.amount_minor = 50000, e.amount_minor_present = true;
    e.charge = STR("c1");
    uint16_t topped = happens(&shop, &e);
    EXPECT(topped >= login);
    EXPECT(some_reason_says("stored value used 3 min after a risky login"));

    struct event later = {.kind = KIND_PAYMENT_STATE, .subject = str_from(p.account), .charge = STR("c1"), .time_ms = e.time_ms + HOUR_MS};
    EXPECT(happens(&shop, &later) + 4 >= topped); /* kept in fours */
    EXPECT(some_reason_says("made by an act that scored"));

    /* His own act next morning is his own. */
    struct event own = at_home(&p, KIND_LOGIN, now_ms + DAY_MS);
    EXPECT(happens(&shop, &own) < 250);
    own = at_home(&p, KIND_ORDER_PLACED, own.time_ms + MINUTE_MS);
    EXPECT(happens(&shop, &own) < 250);
}

/* An attacker who is never challenged stays as strange as he was. */
TEST(patience_does_not_pay) {
    begin();
    struct person p = person(9);
    struct event e = hijacker(&p, KIND_LOGIN, now_ms);
    uint16_t first = happens(&shop, &e);
    EXPECT(first >= 700);
    for (unsigned i = 0; i < 30; i++) {
        e.time_ms += DAY_MS;
        EXPECT(happens(&shop, &e) >= 500);
        EXPECT(features.new_device && features.new_asn);
    }
}

TEST(known_device_on_the_road) {
    begin();
    struct person p = person(10);
    struct event e = at_home(&p, KIND_LOGIN, now_ms);
    on_the_road(&e, 17);
    EXPECT(happens(&shop, &e) < 700); /* unusual, as one login of thirty is; not more */
}

TEST(new_phone_at_home) {
    begin();
    struct person p = person(11);
    struct event e = at_home(&p, KIND_LOGIN, now_ms);
    e.device = STR("d-new");
    e.user_agent = str_from(clients[(p.client + 1) % 4]);
    EXPECT(happens(&shop, &e) < 800);
    EXPECT(happens(&shop, &e) < 500); /* and the next time less */
}

TEST(a_stolen_cookie) {
    begin();
    struct person p = person(12);
    struct event e = at_home(&p, KIND_LOGIN, now_ms);
    happens(&shop, &e);
    e = hijacker(&p, KIND_SESSION_SEEN, now_ms + HOUR_MS);
    e.session = str_from(p.session);
    EXPECT(happens(&shop, &e) >= 850);
    EXPECT(some_reason_says("session goes on with another client than it began with"));
    e = hijacker(&p, KIND_EMAIL_CHANGED, now_ms + HOUR_MS + MINUTE_MS);
    e.session = str_from(p.session);
    EXPECT(happens(&shop, &e) >= 900);
}

TEST(stuffing) {
    begin();
    struct person p = person(13);
    for (unsigned i = 0; i < 300; i++) {
        char name[8];
        struct event e = hijacker(&p, KIND_LOGIN, now_ms + (int64_t)i * SECOND_MS);
        snprintf(name, sizeof name, "x%u", i);
        e.subject = str_from(name);
        e.outcome = OUTCOME_FAILURE;
        e.failure = i % 3 ? FAILURE_NO_SUCH_ACCOUNT : FAILURE_BAD_PASSWORD;
        e.device = e.session = STR_NONE;
        happens(&shop, &e);
    }
    EXPECT(assessment.score >= 800);
    struct event e = hijacker(&p, KIND_LOGIN, now_ms + 300 * SECOND_MS); /* the one that fits */
    EXPECT(happens(&shop, &e) >= 900);
    EXPECT(some_reason_says("accounts tried within a day"));
}

/* Three hundred people behind one address of an office; some mistype. */
TEST(shared_egress) {
    begin();
    uint64_t seed = 4;
    unsigned disturbed = 0;
    for (unsigned i = 0; i < 300; i++) {
        struct person p = person(1000 + i % 60);
        struct event e = at_home(&p, KIND_LOGIN, now_ms + (int64_t)i * 20 * MINUTE_MS);
        e.ip = (struct address){ADDRESS_V4, {192, 0, 2, 1}};
        e.asn = carriers[0];
        if (test_random(&seed) % 8 == 0) {
            e.outcome = OUTCOME_FAILURE;
            e.failure = FAILURE_BAD_PASSWORD;
            happens(&shop, &e);
            e.time_ms += 10 * SECOND_MS;
            e.outcome = OUTCOME_SUCCESS;
            e.failure = FAILURE_NONE;
        }
        disturbed += happens(&shop, &e) >= 800;
    }
    EXPECT(disturbed <= 3);
}

/* The promise of the score: about 5 % of owners' logins reach 500. */
TEST(friction) {
    begin();
    unsigned reached = 0, count = 0;
    uint64_t seed = 21;
    for (unsigned day = 0; day < 60; day++)
        for (unsigned i = 0; i < PEOPLE; i++) {
            if (test_random(&seed) % 8) continue;
            struct person p = person(i);
            struct event e = at_home(&p, KIND_LOGIN, now_ms + day * DAY_MS + (i % 10) * HOUR_MS);
            if (test_random(&seed) % 30 == 0) on_the_road(&e, (unsigned)test_random(&seed));
            reached += happens(&shop, &e) >= 500;
            count++;
        }
    EXPECT(reached * 100 <= count * 8);
}

int main(void) {
    RUN(at_home_as_always);
    RUN(the_night_of_the_story);
    RUN(patience_does_not_pay);
    RUN(known_device_on_the_road);
    RUN(new_phone_at_home);
    RUN(a_stolen_cookie);
    RUN(stuffing);
    RUN(shared_egress);
    RUN(friction);
    shop_close(&shop);
    return test_end();
}
