// SPDX-License-Identifier: Apache-2.0
/* What an account learns and what it must not learn, over the three steps and cells kept in a small table. */
#include "enrich/enrich.h"

#include <stddef.h>

#include "base/check.h"
#include "base/moment.h"
#include "base/test.h"
#include "enrich/profile.h"

/* -- a shop with cells in an array ---------------------------------------------------------------------------------------------------- */

struct slot {
    struct cell_name name;
    uint64_t version;
    _Alignas(8) char bytes[PROFILE_SIZE];
};

static struct slot slots[4096];
static const char nothing[PROFILE_SIZE];
static uint64_t position;

static struct slot *slot_of(struct cell_name name, bool make) {
    for (uint64_t i = 0; i < 4096; i++) {
        struct slot *s = &slots[(name.key + name.class + i) % 4096];
        if (s->name.key == name.key && s->name.class == name.class) return s;
        if (!s->name.key && !make) return NULL;
        if (s->name.key) continue;
        s->name = name;
        return s;
    }
    check_failed("room in the test's table", __FILE__, __LINE__);
}

static void submit(struct cell_plan *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        struct cell_op *op = &plan->ops[i];
        struct slot *s = slot_of(op->name, op->kind != CELL_GET);
        op->err = ERR_OK;
        switch (op->kind) {
        case CELL_CAS:
            CHECK(s->version == op->version);
            memcpy(s->bytes, op->bytes, PROFILE_SIZE);
            s->version++;
            break;
        case CELL_BUMP:
            if (op->name.class == CELL_WIDE) counter_bump_wide(s->bytes, op->bump);
            else if (op->name.class == CELL_NARROW) counter_bump_narrow(s->bytes, op->bump);
            else origin_merge(s->bytes, op->bump);
            op->bytes = s->bytes;
            break;
        case CELL_GET:
            op->bytes = s ? s->bytes : nothing;
            op->version = s ? s->version : 0;
            break;
        }
    }
}

static void shop_reset(void) {
    memset(slots, 0, sizeof slots);
    position = 0;
}

static struct features features;
static struct profile profile; /* after the last event */

/* Applies an event with this lesson; its features are in `features`. */
static void apply(const struct event *e, struct lesson lesson) {
    static struct cell_plan first, second;
    lesson.position = ++position;
    enrich_plan(e, 99, position * 32, &first);
    submit(&first);
    enrich_event(e, &first, NULL, &features);
    enrich_learn(e, &features, &first, &lesson, &profile, &second);
    submit(&second);
}

static const struct lesson own = {.trains = true}, risky = {.score = 800, .risky = true}, quiet = {.score = 100, .trains = true};

/* -- the people ------------------------------------------------------------------------------------------------------------------------ */

#define START (INT64_C(20000) * DAY_MS + 3 * HOUR_MS) /* 12 o'clock in Tokyo, a Sunday */
static int64_t clock_ms;

#define EDGE "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"

static struct address ip(const char *text) {
    struct address a = {0};
    CHECK(address_parse(str_from(text), &a));
    return a;
}

/* At home: Edge on Windows, always the same device. */
static struct event home(enum kind kind) {
    struct event e = {
        .kind = kind, .subject = STR("a1"), .time_ms = clock_ms, .ip = ip("203.0.113.7"), .user_agent = STR(EDGE), .device = STR("d1")};
    e.ja4 = STR("t13d1516h2_8daaf6152771");
    e.language = STR("ja-JP");
    e.timezone = STR("Asia/Tokyo");
    e.country = STR("JP");
    e.asn = 2516, e.asn_present = true;
    e.lat_micro = 35680000, e.lat_present = true, e.lon_micro = 139690000, e.lon_present = true;
    e.net = NET_RESIDENTIAL;
    e.session = STR("s1");
    if (kind == KIND_LOGIN) e.outcome = OUTCOME_SUCCESS, e.method = METHOD_PASSWORD;
    return e;
}

/* From afar: another network, client, device, language. */
static struct event afar(enum kind kind) {
    struct event e = home(kind);
    e.ip = ip("198.51.100.9");
    e.user_agent = STR("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0");
    e.device = STR("d666");
    e.ja4 = STR("t13d1717h2_5b57614c22b0");
    e.language = STR("en-US");
    e.timezone = STR("Europe/Amsterdam");
    e.country = STR("NL");
    e.asn = 64500;
    e.lat_micro = 52370000, e.lon_micro = 4890000;
    e.net = NET_HOSTING;
    e.session = STR("s666");
    return e;
}

static void owner_logs_in(unsigned times) {
    for (unsigned i = 0; i < times; i++) {
        clock_ms += 2 * DAY_MS;
        struct event e = home(KIND_LOGIN);
        apply(&e, own);
    }
}

static void begin(unsigned logins) {
    shop_reset();
    clock_ms = START;
    owner_logs_in(logins);
}

/* -- what is learned ------------------------------------------------------------------------------------------------------------------- */

TEST(layout_as_drawn) {
    EXPECT_EQ(offsetof(struct profile, last_position), 8);
    EXPECT_EQ(offsetof(struct profile, last_success_s), 24);
    EXPECT_EQ(offsetof(struct profile, place), 42);
    EXPECT_EQ(offsetof(struct profile, changed_s), 52);
    EXPECT_EQ(offsetof(struct profile, risky_s), 88);
    EXPECT_EQ(offsetof(struct profile, tried), 100);
    EXPECT_EQ(offsetof(struct profile, week), 112);
    EXPECT_EQ(offsetof(struct profile, sessions), 120);
    EXPECT_EQ(offsetof(struct profile, objects), 184);
    EXPECT_EQ(offsetof(struct profile, paths), 216);
}

TEST(a_path_is_learned) {
    begin(1);
    EXPECT(features.new_ip && features.new_asn && features.new_device && features.new_browser && features.new_language);
    EXPECT_EQ(features.depth_class, 0);
    EXPECT_EQ(features.dormant_days, FEATURE_NONE);
    owner_logs_in(1);
    EXPECT(!features.new_ip && !features.new_prefix && !features.new_asn && !features.new_country && !features.new_device);
    EXPECT(!features.new_browser && !features.new_os && !features.new_language && !features.new_timezone && !features.new_ja4);
    EXPECT_EQ(features.depth_class, 1);
    EXPECT_EQ(features.dormant_days, 2);
    EXPECT(features.path_trained && features.judges_path);
    EXPECT_STR(features.usual_browser, STR("Edge"));
    EXPECT_STR(features.usual_timezone, STR("Asia/Tokyo"));
    EXPECT_EQ(features.usual_asn, 2516);
    owner_logs_in(6);
    EXPECT_EQ(features.depth_class, 2);
    EXPECT_EQ(features.of[ATTR_DEVICE].fleet_trained, 7);
    EXPECT_EQ(features.fleet_total, 7);
    EXPECT_EQ(profile_last_position(&profile), 8);
}

TEST(first_login_counts_half_and_a_day_is_capped) {
    begin(1);
    EXPECT_EQ(profile.total_16, 8);
    for (int i = 0; i < 10; i++) {
        struct event e = home(KIND_LOGIN);
        e.time_ms = clock_ms += 10 * MINUTE_MS;
        apply(&e, own);
    }
    EXPECT(profile.total_16 < 2 * LOGIN_16);
}

TEST(version_upgrade_is_no_new_client) {
    begin(3);
    struct event e = home(KIND_LOGIN);
    e.user_agent = STR(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0");
    apply(&e, own);
    EXPECT(!features.new_browser && !features.new_os && features.of[ATTR_UA].account_count > 0 && features.path_trained);
}

TEST(ipv6_rotates_within_its_network) {
    begin(0);
    clock_ms += DAY_MS;
    struct event e = home(KIND_LOGIN);
    e.ip = ip("2001:db8:1:2::1");
    apply(&e, own);
    e.time_ms += DAY_MS;
    e.ip = ip("2001:db8:1:2:abcd:ef01:2345:6789"); /* privacy address (RFC 8981) in the same /64 */
    apply(&e, own);
    EXPECT(!features.new_ip && !features.new_prefix);
    e.time_ms += DAY_MS;
    e.ip = ip("2001:db8:1:3::1");
    apply(&e, own);
    EXPECT(features.new_ip && !features.new_prefix && !features.new_asn);
}

/* -- what must not be learned ---------------------------------------------------------------------------------------------------------- */

/* However often an unchallenged risky login repeats, its path stays unknown, and the owner's stays known. */
TEST(poisoning) {
    begin(5);
    for (unsigned i = 0; i < 200; i++) {
        clock_ms += HOUR_MS;
        struct event e = afar(KIND_LOGIN);
        struct lesson lesson = i % 3 ? risky : (struct lesson){.score = 120, .trains = true}; /* some slip through */
        if (i == 0) lesson = risky;
        apply(&e, lesson);
        EXPECT(!features.path_trained);
        EXPECT(features.new_device && features.new_asn && features.new_browser);
    }
    EXPECT(features.path_score >= 796);
    unsigned in_probation = 0;
    for (unsigned i = 0; i < PATH_COUNT; i++) in_probation += (profile.paths[i].flags & PATH_PROBATION) != 0;
    EXPECT_EQ(in_probation, 1);
    struct event e = home(KIND_LOGIN);
    apply(&e, own);
    EXPECT(!features.new_device && !features.new_asn && features.path_trained);
}

/* Strange enough to teach nothing, and no risk. */
static const struct lesson odd = {.score = 400, .trains = true};

/* So many days with one strange login each; tells on how many days its path had been used before the last one. All within one step of
 * fading. */
static int64_t strange_days(unsigned days, struct lesson lesson) {
    for (unsigned i = 0; i < days; i++) {
        clock_ms += DAY_MS;
        struct event e = afar(KIND_LOGIN);
        apply(&e, lesson);
    }
    return features.probation_days;
}

/* What was a little strange on three days, and was followed by nothing, was the owner's new telephone: then it teaches. */
TEST(three_days_of_use_end_probation) {
    begin(5);
    for (int day = 0; day <= 3; day++) {
        EXPECT_EQ(strange_days(1, odd), day);
        EXPECT(!features.path_trained && features.new_device && features.new_asn);
    }
    EXPECT_EQ(strange_days(1, odd), 0);
    EXPECT(features.path_trained && !features.new_device && !features.new_asn);
    EXPECT_EQ(features.of[ATTR_DEVICE].fleet_trained, 1);
}

/* Days that pass are no days of use, and a hundred logins in a day are not three days. */
TEST(only_days_of_use_end_probation) {
    begin(5);
    strange_days(1, odd);
    clock_ms += 4 * DAY_MS;
    for (unsigned i = 0; i < 100; i++) {
        clock_ms += MINUTE_MS;
        struct event e = afar(KIND_LOGIN);
        apply(&e, odd);
        EXPECT_EQ(features.probation_days, i ? 2 : 1);
        EXPECT(!features.path_trained);
    }
}

/* One risky login on the way, and no number of days does; nor do days on which something decided against the login. */
TEST(a_risky_path_stays_in_probation) {
    begin(5);
    strange_days(1, odd);
    strange_days(1, (struct lesson){.score = RISKY_SCORE, .trains = true});
    EXPECT_EQ(strange_days(5, odd), 6);
    EXPECT(!features.path_trained && features.new_device);
    begin(5);
    EXPECT_EQ(strange_days(7, (struct lesson){.score = 400}), 6);
    EXPECT(!features.path_trained && features.new_device);
}

/* Many paths in probation do not push out a learned one. */
TEST(strange_paths_do_not_evict) {
    begin(2);
    for (unsigned i = 0; i < 60; i++) {
        clock_ms += HOUR_MS;
        struct event e = afar(KIND_LOGIN);
        e.asn = 65000 + i;
        apply(&e, risky);
    }
    struct event e = home(KIND_LOGIN);
    apply(&e, own);
    EXPECT(features.path_trained);
}

/* Nor where all slots teach: then the strange path is not kept at all. */
TEST(strange_paths_do_not_evict_from_a_full_profile) {
    begin(1);
    for (unsigned i = 0; i < PATH_COUNT - 1; i++) {
        clock_ms += DAY_MS;
        struct event e = home(KIND_LOGIN);
        e.asn = 3000 + i;
        apply(&e, own);
    }
    struct event strange = afar(KIND_LOGIN), back = home(KIND_LOGIN);
    apply(&strange, risky);
    apply(&back, own);
    EXPECT(features.path_trained);
    back.asn = 3000;
    apply(&back, own);
    EXPECT(features.path_trained);
}

/* A hardly known account learns from what was allowed, but not from what was challenged or came by cookie alone. */
TEST(what_teaches_a_young_account) {
    begin(1);
    struct event e = afar(KIND_LOGIN);
    apply(&e, (struct lesson){.score = 600, .trains = true, .risky = true});
    e.time_ms += HOUR_MS;
    apply(&e, (struct lesson){0});
    EXPECT(!features.path_trained);
    begin(1);
    e.method = METHOD_COOKIE;
    e.session = STR("never seen");
    apply(&e, quiet);
    e.time_ms += HOUR_MS;
    apply(&e, (struct lesson){0});
    EXPECT(!features.path_trained);
    begin(1);
    e.method = METHOD_PASSWORD;
    apply(&e, (struct lesson){.score = 600, .trains = true});
    e.time_ms += HOUR_MS;
    apply(&e, (struct lesson){0});
    EXPECT(features.path_trained);
}

/* What an incident blames on a path of five days' logins is held against the session; the owner is not locked out of his own. */
TEST(the_owners_path_is_not_accused) {
    begin(8);
    struct event e = home(KIND_ORDER_PLACED);
    apply(&e, (struct lesson){.score = 900, .taken_over = true});
    e = home(KIND_LOGIN);
    e.time_ms += HOUR_MS;
    apply(&e, own);
    EXPECT(features.path_trained && !features.path_hostile);
}

/* A mark that was inferred keeps the score of that day, and is gone after a month; one that a person made weighs in full. */
TEST(a_hostile_mark_does_not_feed_itself) {
    begin(5);
    struct event e = afar(KIND_LOGIN);
    apply(&e, (struct lesson){.score = 600, .taken_over = true});
    for (int day = 1; day < 10; day++) {
        e.time_ms += DAY_MS;
        apply(&e, (struct lesson){.score = 990, .taken_over = true});
        EXPECT(features.path_hostile && features.path_score == 600);
    }
    struct event said = {.kind = KIND_OWNER_STATEMENT, .subject = STR("a1"), .says = SAYS_NOT_MINE, .time_ms = e.time_ms + HOUR_MS};
    apply(&said, (struct lesson){.taken_over = true});
    e.time_ms += DAY_MS;
    apply(&e, (struct lesson){.taken_over = true});
    EXPECT(features.path_hostile && features.path_score == 980);
    e.time_ms += 40 * DAY_MS;
    apply(&e, risky);
    EXPECT(!features.path_hostile && !features.path_trained);
}

TEST(a_challenge_passed_proves_the_path) {
    begin(5);
    struct event login = afar(KIND_LOGIN), passed = afar(KIND_CHALLENGE);
    apply(&login, risky);
    EXPECT(profile.risky_s != 0);
    passed.outcome = OUTCOME_SUCCESS;
    passed.time_ms += MINUTE_MS;
    apply(&passed, (struct lesson){.trains = true});
    EXPECT(features.proves_owner);
    EXPECT_EQ(profile.risky_s, 0);
    login.time_ms += DAY_MS;
    apply(&login, quiet);
    EXPECT(features.path_trained && !features.new_device && !features.new_country);
}

/* A phone that was put on file a moment ago proves only that somebody holds that phone. */
TEST(a_fresh_factor_proves_nothing) {
    begin(5);
    struct event login = afar(KIND_LOGIN), phone = afar(KIND_PHONE_CHANGED), passed = afar(KIND_CHALLENGE);
    apply(&login, risky);
    phone.time_ms += MINUTE_MS;
    apply(&phone, risky);
    passed.time_ms += 2 * MINUTE_MS;
    passed.outcome = OUTCOME_SUCCESS;
    apply(&passed, (struct lesson){.trains = true});
    EXPECT(!features.proves_owner);
    EXPECT(profile.risky_s != 0);
}

TEST(the_owners_word_clears) {
    begin(5);
    struct event login = afar(KIND_LOGIN), says = {.kind = KIND_OWNER_STATEMENT, .subject = STR("a1"), .says = SAYS_MINE};
    apply(&login, risky);
    says.time_ms = clock_ms + HOUR_MS;
    apply(&says, (struct lesson){.trains = true, .cleared = true});
    login.time_ms += DAY_MS;
    apply(&login, quiet);
    EXPECT(features.path_trained);
    EXPECT_EQ(features.minutes_since_risky_login, FEATURE_NONE);
}

TEST(a_hijackers_path_is_hostile) {
    begin(5);
    struct event login = afar(KIND_LOGIN);
    apply(&login, (struct lesson){.score = 900, .risky = true, .taken_over = true, .incident = 7});
    EXPECT_EQ(profile_incident(&profile), 7);
    login.time_ms += DAY_MS;
    apply(&login, own);
    EXPECT(features.path_hostile && !features.path_trained && features.incident_open);
    struct event back = home(KIND_LOGIN);
    back.time_ms += 2 * DAY_MS;
    apply(&back, own);
    EXPECT(!features.path_hostile && features.path_trained);
}

TEST(a_moved_session_teaches_nothing) {
    begin(5);
    struct event seen = afar(KIND_SESSION_SEEN), cookie = afar(KIND_LOGIN);
    seen.session = STR("s1");
    apply(&seen, quiet);
    EXPECT(features.session_state == SESSION_MOVED_CLIENT && features.session_moved && features.judges_path);
    cookie.method = METHOD_COOKIE;
    cookie.session = STR("s1");
    for (int i = 0; i < 5; i++) {
        cookie.time_ms += DAY_MS;
        apply(&cookie, quiet);
        EXPECT(features.new_device && !features.path_trained);
    }
}

/* -- sessions, sequences, objects ------------------------------------------------------------------------------------------------------ */

TEST(commute) {
    begin(5);
    struct event train = home(KIND_SESSION_SEEN);
    train.time_ms += HOUR_MS;
    train.asn = 9605;
    train.ip = ip("192.0.2.44");
    train.net = NET_MOBILE;
    apply(&train, quiet);
    EXPECT_EQ(features.session_state, SESSION_MOVED_NETWORK);
    EXPECT(!features.new_device && features.new_asn);
    train.time_ms += MINUTE_MS;
    apply(&train, quiet);
    EXPECT_EQ(features.session_state, SESSION_SAME); /* it goes on from there */
}

TEST(acts_and_objects_inherit) {
    begin(5);
    struct event login = afar(KIND_LOGIN), order = afar(KIND_ORDER_PLACED), later = {.kind = KIND_ORDER_STATE, .subject = STR("a1")};
    apply(&login, risky);
    order.time_ms += 12 * MINUTE_MS;
    order.order = STR("o1");
    order.charge = STR("c1");
    order.ship_to = STR("ad1");
    apply(&order, (struct lesson){.score = 850});
    EXPECT_EQ(features.session_score, 800);
    EXPECT_EQ(features.minutes_since_risky_login, 12);
    EXPECT(features.risky_same_path && features.act == ACT_ORDER && features.session_state == SESSION_SAME);
    later.time_ms = order.time_ms + DAY_MS;
    later.order = STR("o1");
    apply(&later, (struct lesson){.score = 850});
    EXPECT_EQ(features.object_score, 848);
    later.order = STR("o2");
    apply(&later, (struct lesson){.score = 0});
    EXPECT_EQ(features.object_score, 0);
    struct event own_order = home(KIND_ORDER_PLACED);
    own_order.time_ms = later.time_ms + HOUR_MS;
    apply(&own_order, quiet);
    EXPECT(features.session_score == 0 && !features.risky_same_path);
}

TEST(reset_on_the_same_path) {
    begin(5);
    struct event reset = afar(KIND_PASSWORD_RESET_REQUESTED), login = afar(KIND_LOGIN);
    apply(&reset, quiet);
    login.time_ms += 5 * MINUTE_MS;
    login.method = METHOD_RESET_LINK;
    apply(&login, risky);
    EXPECT(features.reset_same_path && features.minutes_since_reset_request == 5);
    EXPECT(!features.proves_owner); /* whoever holds the mailbox has the link */
    struct event at_home = home(KIND_LOGIN);
    at_home.time_ms = login.time_ms;
    apply(&at_home, own);
    EXPECT(!features.reset_same_path);
}

/* -- time and place -------------------------------------------------------------------------------------------------------------------- */

TEST(travel) {
    begin(5);
    struct event e = afar(KIND_LOGIN);
    e.time_ms += HOUR_MS;
    e.net = NET_RESIDENTIAL;
    apply(&e, risky);
    EXPECT(features.distance_km > 9000 && features.speed_kmh > 9000);
    e.time_ms += DAY_MS; /* the risky place did not become the last one */
    apply(&e, quiet);
    EXPECT(features.distance_km > 9000 && features.speed_kmh > 300 && features.speed_kmh < 400);
    e = afar(KIND_LOGIN);
    e.net = NET_VPN;
    apply(&e, risky);
    EXPECT_EQ(features.speed_kmh, FEATURE_NONE);
}

TEST(dormancy_and_fading) {
    begin(10);
    uint32_t before = profile.total_16;
    clock_ms += 360 * DAY_MS;
    owner_logs_in(1);
    EXPECT_EQ(features.dormant_days, 362);
    EXPECT(features.account_total >= before / 4 - 3 && features.account_total <= before / 4 + 3);
    EXPECT(features.path_trained && features.depth_class == 2);
}

TEST(late_events_are_placed_by_time) {
    begin(5);
    struct profile before = profile;
    struct event late = home(KIND_LOGIN);
    late.time_ms -= 3 * DAY_MS;
    apply(&late, own);
    EXPECT_EQ(features.dormant_days, 0);
    EXPECT_EQ(profile.last_success_s, before.last_success_s);
    EXPECT_EQ(profile.place_s, before.place_s);
    EXPECT_EQ(profile.last_event_s, before.last_event_s);
    EXPECT(profile.last_position > before.last_position); /* its thread follows the journal, not the clock */
}

TEST(hours_of_the_owner) {
    begin(30);
    EXPECT_EQ(features.local_hour, 12);
    EXPECT(features.week_count > 0 && features.week_total > 10);
    struct event night = home(KIND_LOGIN);
    night.time_ms += 13 * HOUR_MS;
    apply(&night, own);
    EXPECT_EQ(features.local_hour, 1);
    EXPECT_EQ(features.week_count, 0);
    EXPECT(features.usual_hour_from == 12 && features.usual_hour_to == 15);
}

/* -- the fleet ------------------------------------------------------------------------------------------------------------------------- */

TEST(attempts_count_and_only_owners_teach) {
    begin(3);
    for (unsigned i = 0; i < 40; i++) {
        struct event e = afar(KIND_LOGIN);
        char name[] = {'x', (char)('a' + i / 26), (char)('a' + i % 26)};
        e.subject = (struct str){name, 3};
        e.outcome = OUTCOME_FAILURE;
        e.failure = i % 2 ? FAILURE_NO_SUCH_ACCOUNT : FAILURE_BAD_PASSWORD;
        e.password_tag = STR("tag");
        e.time_ms += (int64_t)i * SECOND_MS;
        apply(&e, (struct lesson){0});
        EXPECT_EQ(features.ip_failures_1h, i + 1);
    }
    EXPECT(features.ip_accounts_24h > 30 && features.ip_accounts_24h < 52); /* a sketch: 19 % */
    EXPECT(features.tag_accounts_24h > 30);
    EXPECT_EQ(features.of[ATTR_ASN].fleet_trained, 0);
    EXPECT_EQ(features.fleet_total, 3);
    EXPECT_EQ(features.fleet_failures_24h, 40);
}

TEST(nobodys_account_makes_no_profile) {
    begin(0);
    struct event e = afar(KIND_LOGIN);
    e.outcome = OUTCOME_FAILURE;
    e.failure = FAILURE_NO_SUCH_ACCOUNT;
    struct cell_plan plan;
    enrich_plan(&e, 99, 32, &plan);
    EXPECT(!plan.has_profile && plan.count > 10);
    for (size_t i = 0; i < plan.count; i++) EXPECT(plan.ops[i].kind == CELL_BUMP);
    e.subject = STR_NONE;
    apply(&e, (struct lesson){0});
    EXPECT_EQ(features.depth, 0);
}

TEST(a_path_teaches_the_fleet_once_a_day) {
    begin(3);
    struct event e = home(KIND_LOGIN);
    for (unsigned i = 0; i < 50; i++, e.time_ms += MINUTE_MS) apply(&e, (struct lesson){.trains = true});
    EXPECT_EQ(features.fleet_total, 3);
    e.time_ms += DAY_MS;
    apply(&e, (struct lesson){.trains = true});
    apply(&e, (struct lesson){.trains = true});
    EXPECT_EQ(features.fleet_total, 4);
}

/* Every operation of both rounds has an id of its own, or a retry would drop one. */
TEST(operations_have_ids_of_their_own) {
    begin(2);
    struct cell_plan first, second;
    struct event e = home(KIND_LOGIN);
    e.time_ms += DAY_MS; /* a path teaches the fleet once a day */
    e.password_tag = STR("tag");
    char after[PROFILE_SIZE] __attribute__((aligned(8)));
    enrich_plan(&e, 99, 7 * 32, &first);
    submit(&first);
    enrich_event(&e, &first, NULL, &features);
    struct lesson lesson = {.position = 7, .trains = true};
    enrich_learn(&e, &features, &first, &lesson, after, &second);
    uint64_t seen = 0;
    for (size_t i = 0; i < first.count + second.count; i++) {
        const struct cell_op *op = i < first.count ? &first.ops[i] : &second.ops[i - first.count];
        if (op->kind != CELL_BUMP) continue;
        EXPECT(op->bump->op_id >= 7 * 32 && op->bump->op_id < 8 * 32);
        EXPECT(!(seen >> (op->bump->op_id - 7 * 32) & 1));
        seen |= UINT64_C(1) << (op->bump->op_id - 7 * 32);
    }
    EXPECT(__builtin_popcountll(seen) > 20);
}

/* -- origins ----------------------------------------------------------------------------------------------------------------------------
 */

static const struct lesson entered = {.score = 800, .alone = 650, .risky = true}, known = {.score = 970, .alone = 900, .taken_over = true};

static void other_enters(unsigned n, struct lesson lesson) {
    const struct str names[] = {STR("v0"), STR("v1"), STR("v2"), STR("v3"), STR("v4"),
                                STR("v5"), STR("v6"), STR("v7"), STR("v8"), STR("v9")};
    clock_ms += HOUR_MS;
    struct event e = afar(KIND_LOGIN);
    e.subject = names[n];
    apply(&e, lesson);
}

static unsigned entries(enum shared what) {
    return features.origin[what].entries;
}

TEST(entries_are_remembered_by_what_they_share) {
    begin(8);
    other_enters(0, entered);
    EXPECT_EQ(entries(SHARED_DEVICE), 0);
    other_enters(1, entered);
    EXPECT_EQ(entries(SHARED_DEVICE), 1);
    EXPECT_EQ(features.origin[SHARED_DEVICE].scores[0], 650);
    EXPECT_EQ(entries(SHARED_ADDRESS), 1);
    EXPECT_EQ(entries(SHARED_PREFIX), 1);
    EXPECT_EQ(entries(SHARED_CLIENT), 1);
    EXPECT_EQ(entries(SHARED_PASSWORD), 0); /* none was sent */
    other_enters(1, entered);               /* its own entry is no evidence against it */
    EXPECT_EQ(entries(SHARED_DEVICE), 1);
    struct event e = afar(KIND_LOGIN); /* another device of the same street */
    e.device = STR("d667"), e.ip = ip("198.51.100.77");
    clock_ms += HOUR_MS;
    apply(&e, entered);
    EXPECT_EQ(entries(SHARED_DEVICE), 0);
    EXPECT_EQ(entries(SHARED_ADDRESS), 0);
    EXPECT_EQ(entries(SHARED_PREFIX), 2);
    clock_ms += 31 * DAY_MS;
    other_enters(2, entered);
    EXPECT_EQ(entries(SHARED_DEVICE), 0);
}

/* What scores high only because others came the same way adds nothing to that: otherwise three chances make a campaign that never ends. */
TEST(suspicion_does_not_feed_itself) {
    begin(0);
    struct lesson suspected = entered;
    suspected.alone = ENTRY_SCORE - 1;
    for (unsigned n = 0; n < 3; n++) other_enters(n, entered);
    for (unsigned n = 3; n < 9; n++) other_enters(n, suspected);
    EXPECT_EQ(entries(SHARED_PREFIX), 3);
    EXPECT_EQ(features.origin[SHARED_PREFIX].calm, 5); /* they speak for it */
}

/* The owner's own path is no origin, however his login scored. */
TEST(a_known_path_is_no_entry) {
    begin(8);
    struct event e = home(KIND_LOGIN);
    apply(&e, entered);
    other_enters(0, entered);
    e = home(KIND_LOGIN);
    e.subject = STR("v5");
    apply(&e, entered);
    EXPECT_EQ(entries(SHARED_DEVICE), 0);
}

TEST(a_hijackers_entry_is_confirmed_at_its_origins) {
    begin(8);
    other_enters(0, known);
    EXPECT_EQ(features.origin[SHARED_DEVICE].confirmed, 0);
    other_enters(1, entered);
    EXPECT_EQ(features.origin[SHARED_DEVICE].confirmed, 1);
    EXPECT_EQ(entries(SHARED_DEVICE), 1);
}

/* Different devices over different networks, and the goods go to one house. */
TEST(what_was_left_is_an_origin_too) {
    begin(8);
    const struct str accounts[] = {STR("v0"), STR("v1"), STR("v2")}, devices[] = {STR("x0"), STR("x1"), STR("x2")};
    for (unsigned n = 0; n < 3; n++) {
        struct event e = afar(n == 1 ? KIND_ADDRESS_CHANGED : KIND_ORDER_PLACED);
        e.subject = accounts[n], e.device = devices[n];
        e.asn += n;
        if (n == 1) e.change = CHANGE_ADDED, e.address = STR("drop");
        else e.order = STR("o1"), e.ship_to = STR("drop");
        apply(&e, entered);
    }
    EXPECT_EQ(entries(SHARED_DROP), 2);
    EXPECT_EQ(entries(SHARED_CONTACT), 0);
    struct event e = afar(KIND_PHONE_CHANGED);
    e.before = STR("drop"), e.after = STR("0555"); /* what was there before is the owner's */
    apply(&e, entered);
    e.subject = STR("v1");
    apply(&e, entered);
    EXPECT_EQ(entries(SHARED_CONTACT), 1);
    EXPECT_EQ(entries(SHARED_DROP), 0);
}

/* Pure: the same event over the same cells gives the same bytes. */
TEST(deterministic) {
    struct profile twice[2];
    struct features seen[2];
    for (int i = 0; i < 2; i++) {
        begin(8);
        struct event e = afar(KIND_LOGIN);
        apply(&e, risky);
        e = home(KIND_ORDER_PLACED);
        apply(&e, quiet);
        twice[i] = profile;
        seen[i] = features;
        seen[i].event = NULL;
    }
    EXPECT(memcmp(&twice[0], &twice[1], sizeof twice[0]) == 0);
    EXPECT_EQ(seen[0].account_total, seen[1].account_total);
    EXPECT_EQ(seen[0].session_score, seen[1].session_score);
}

int main(void) {
    RUN(layout_as_drawn);
    RUN(a_path_is_learned);
    RUN(first_login_counts_half_and_a_day_is_capped);
    RUN(version_upgrade_is_no_new_client);
    RUN(ipv6_rotates_within_its_network);
    RUN(poisoning);
    RUN(three_days_of_use_end_probation);
    RUN(only_days_of_use_end_probation);
    RUN(a_risky_path_stays_in_probation);
    RUN(strange_paths_do_not_evict);
    RUN(strange_paths_do_not_evict_from_a_full_profile);
    RUN(what_teaches_a_young_account);
    RUN(the_owners_path_is_not_accused);
    RUN(a_hostile_mark_does_not_feed_itself);
    RUN(a_challenge_passed_proves_the_path);
    RUN(a_fresh_factor_proves_nothing);
    RUN(the_owners_word_clears);
    RUN(a_hijackers_path_is_hostile);
    RUN(a_moved_session_teaches_nothing);
    RUN(commute);
    RUN(acts_and_objects_inherit);
    RUN(reset_on_the_same_path);
    RUN(travel);
    RUN(dormancy_and_fading);
    RUN(late_events_are_placed_by_time);
    RUN(hours_of_the_owner);
    RUN(attempts_count_and_only_owners_teach);
    RUN(nobodys_account_makes_no_profile);
    RUN(a_path_teaches_the_fleet_once_a_day);
    RUN(operations_have_ids_of_their_own);
    RUN(entries_are_remembered_by_what_they_share);
    RUN(suspicion_does_not_feed_itself);
    RUN(a_known_path_is_no_entry);
    RUN(a_hijackers_entry_is_confirmed_at_its_origins);
    RUN(what_was_left_is_an_origin_too);
    RUN(deterministic);
    return test_end();
}
