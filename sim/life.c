// SPDX-License-Identifier: Apache-2.0
/* Draws what customers and hijackers do, as acts in the pretended world. */
#include "sim/life.h"

#include <stdio.h>

#include "base/hash.h"
#include "base/moment.h"

#define DATA_SIZE_MAX 4096

/* ---- ways --------------------------------------------------------------------------------------------------------------------------- */

static void write_way(unsigned account, enum life_way way, int64_t now_ms, struct buf *b) {
    int64_t day = now_ms / DAY_MS;
    switch (way) {
    case LIFE_OWNER:
        buf_fmt(b,
                "\"session\":\"s-%u-%lld\",\"device\":\"d-%u\",\"ip\":\"198.51.100.%u\",\"user_agent\":\"ShopApp/6.20.0 (iPhone; iOS 18.3; "
                "Scale/3.00)\",\"ja4\":\"t13d2014h2_a09f3c656075_14788d8d241b\",\"language\":\"ja-JP\",\"timezone\":\"Asia/Tokyo\",\"geo\":"
                "{\"country\":\"JP\",\"asn\":2516,\"lat\":35.68,\"lon\":139.69,\"net\":\"residential\"}",
                account, (long long)day, account, 1 + account % 250);
        return;
    case LIFE_TRAVELLING: /* his own phone, in a hotel abroad */
        buf_fmt(
            b,
            "\"session\":\"s-trip%u-%lld\",\"device\":\"d-%u\",\"ip\":\"192.0.2.%u\",\"user_agent\":\"ShopApp/6.20.0 (iPhone; iOS 18.3; "
            "Scale/3.00)\",\"ja4\":\"t13d2014h2_a09f3c656075_14788d8d241b\",\"language\":\"ja-JP\",\"timezone\":\"Europe/Paris\",\"geo\":"
            "{\"country\":\"FR\",\"asn\":3215,\"lat\":48.85,\"lon\":2.35,\"net\":\"residential\"}",
            account, (long long)day, account, 1 + account % 250);
        return;
    case LIFE_HIJACKER:
        buf_fmt(
            b,
            "\"session\":\"s-night%u-%lld\",\"device\":\"d-66f%u\",\"ip\":\"203.0.113.%u\",\"user_agent\":\"Mozilla/5.0 (Windows NT 10.0; "
            "Win64; x64; rv:136.0) Gecko/20100101 Firefox/136.0\",\"ja4\":\"t13d1717h2_5b57614c22b0_3cbfd9057e0d\",\"language\":\"en-"
            "US\",\"timezone\":\"Europe/Amsterdam\",\"geo\":{\"country\":\"NL\",\"asn\":64500,\"lat\":52.37,\"lon\":4.90,\"net\":"
            "\"hosting\"}",
            account, (long long)day, account, 1 + account % 250);
        return;
    }
}

static void write_act(unsigned account, enum life_way way, int64_t now_ms, const char *type, const char *data, struct buf *b) {
    buf_fmt(b, "\"type\":\"%s\",\"subject\":\"a%u\",\"data\":{", type, account);
    write_way(account, way, now_ms, b);
    if (data[0]) buf_char(b, ','), buf_text(b, str_from(data));
    buf_text(b, STR("}}"));
}

bool life_act(struct simulation *s, unsigned account, enum life_way way, const char *type, const char *data) {
    char memory[DATA_SIZE_MAX];
    struct buf b = buf_over(memory, sizeof memory);
    buf_char(&b, '{');
    write_act(account, way, simulation_now_ms(s), type, data, &b);
    return simulation_act(s, buf_str(&b), way == LIFE_HIJACKER);
}

void life_tell(struct simulation *s, unsigned account, enum life_way way, const char *type, const char *data) {
    char memory[DATA_SIZE_MAX];
    struct buf b = buf_over(memory, sizeof memory);
    int64_t now_ms = simulation_now_ms(s);
    buf_fmt(&b, "{\"specversion\":\"1.0\",\"source\":\"desk\",\"id\":\"%s-%u-%llu\",\"time\":\"", type, account,
            (unsigned long long)hash_mix((uint64_t)now_ms, hash_str(str_from(data), 1)));
    moment_format(&b, now_ms);
    buf_text(&b, STR("\","));
    write_act(account, way, now_ms, type, data, &b);
    simulation_tell(s, buf_str(&b));
}

unsigned life_account(struct str subject) {
    uint64_t number = 0;
    (void)(subject.size > 1 && str_to_u64(str_slice(subject, 1, subject.size), &number));
    return (unsigned)number;
}

/* ---- every day ---------------------------------------------------------------------------------------------------------------------- */

#define LOGIN "\"outcome\":\"success\",\"method\":\"password\""

static void visit(struct simulation *s, unsigned account, bool buys) {
    char data[512];
    (void)life_act(s, account, LIFE_OWNER, "login", LOGIN);
    if (!buys) return;
    (void)snprintf(data, sizeof data,
                   "\"order\":{\"id\":\"o-own-%u-%lld\",\"amount_minor\":%u,\"currency\":\"JPY\",\"ship_to\":\"ad-%u\",\"payment_method\":"
                   "\"pm-%u\",\"charge\":\"c-own-%u-%lld\",\"kind\":\"physical\"}",
                   account, (long long)simulation_now_ms(s), 700 + account * 10, account, account, account,
                   (long long)simulation_now_ms(s));
    (void)life_act(s, account, LIFE_OWNER, "order_placed", data);
}

void life_history(struct simulation *s, unsigned accounts, unsigned days) {
    int64_t end_ms = simulation_now_ms(s) + (int64_t)days * DAY_MS;
    for (unsigned day = 0; simulation_now_ms(s) < end_ms; day++) {
        int64_t morning_ms = simulation_now_ms(s);
        for (unsigned account = 1; account <= accounts; account++) {
            simulation_run_until(s, simulation_now_ms(s) + MINUTE_MS);
            if ((day + account) % 3 == 0) visit(s, account, (day + account) % 15 == 6);
        }
        simulation_run_until(s, morning_ms + DAY_MS);
    }
}

/* ---- a night ------------------------------------------------------------------------------------------------------------------------ */

/* "%s" is the tag that names the night's objects; the account is the number. */
static const struct {
    unsigned after_s;
    const char *type, *data;
} night[] = {
    {175, "balance_topped_up", "\"amount_minor\":50000,\"currency\":\"JPY\",\"charge\":\"c-topup%s\",\"payment_method\":\"pm-own\""},
    {138, "membership_started",
     "\"membership\":{\"id\":\"m%s\",\"plan\":\"monthly\",\"amount_minor\":600,\"currency\":\"JPY\",\"charge\":\"c-member%s\"}"},
    {71, "address_changed", "\"change\":\"added\",\"address\":\"ad-drop%s\""},
    {34, "payment_method_changed", "\"change\":\"added\",\"payment_method\":\"pm-foreign%s\""},
    {45, "order_placed",
     "\"order\":{\"id\":\"o-parcel%s\",\"amount_minor\":500,\"currency\":\"JPY\",\"ship_to\":\"ad-own\",\"payment_method\":\"pm-own\","
     "\"charge\":\"c-parcel%s\",\"kind\":\"physical\"}"},
    {82, "profile_changed", "\"field\":\"orders_hidden\",\"before\":\"false\",\"after\":\"true\""},
    {20, "mfa_changed", "\"change\":\"added\",\"authenticator\":\"totp%s\",\"factor\":\"totp\""},
    {20, "token_created", "\"token\":\"tok%s\",\"client\":\"app\",\"scope\":\"offline\""},
    {30, "email_changed", "\"before\":\"sealed-own\",\"after\":\"sealed-thief%s\""},
};

static void play(struct simulation *s, unsigned account, enum life_way way, const char *tag, unsigned acts, size_t end) {
    char data[512];
    if (!life_act(s, account, way, "login", LOGIN)) return;
    for (size_t i = 0; i < end; i++) {
        simulation_run_until(s, simulation_now_ms(s) + night[i].after_s * SECOND_MS);
        if (!(acts & 1U << i)) continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the formats are the table's above; no input reaches them */
        (void)snprintf(data, sizeof data, night[i].data, tag, tag);
#pragma GCC diagnostic pop
        (void)life_act(s, account, way, night[i].type, data);
    }
}

void life_night(struct simulation *s, unsigned account, const char *tag, unsigned acts) {
    play(s, account, LIFE_HIJACKER, tag, acts, sizeof night / sizeof night[0]);
}

void life_journey(struct simulation *s, unsigned account, const char *tag) {
    play(s, account, LIFE_TRAVELLING, tag, LIFE_ALL, 5);
}

/* ---- days --------------------------------------------------------------------------------------------------------------------------- */

static void one_day(struct simulation *s, unsigned accounts, unsigned day, uint64_t drawn) {
    int64_t midnight_ms = simulation_now_ms(s);
    char tag[24];
    for (unsigned i = 0; i < accounts; i++)
        if (hash_mix(drawn, i) % 6 == 0) visit(s, 1 + i, hash_mix(drawn, i + 500) % 3 == 0);
    simulation_run_until(s, midnight_ms + HOUR_MS);
    unsigned hijacked = 1 + (day * 7 + (unsigned)simulation_seed(s)) % accounts, away = 1 + (unsigned)((drawn >> 16) % accounts);
    (void)snprintf(tag, sizeof tag, "-%u-%u", day, hijacked);
    life_night(s, hijacked, tag, (unsigned)(drawn >> 32) | 1U);
    (void)snprintf(tag, sizeof tag, "-t%u-%u", day, away);
    if (away != hijacked && drawn >> 50 & 1) life_journey(s, away, tag);
    if (day % 2) simulation_step_clock(s, (int64_t)(drawn >> 20 & 255) * SECOND_MS - 128 * SECOND_MS);
    simulation_run_until(s, midnight_ms + DAY_MS);
}

void life_days(struct simulation *s, unsigned accounts, unsigned days) {
    uint64_t drawn = hash_mix((uint64_t)simulation_now_ms(s), accounts);
    for (unsigned day = 0; day < days; day++) {
        drawn = hash_mix(drawn ^ simulation_seed(s), day);
        one_day(s, accounts, day, drawn);
    }
}
