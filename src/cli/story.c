// SPDX-License-Identifier: Apache-2.0
/* Writes the year and the night of the story as events of the contract. */
#include "cli/story.h"

#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/moment.h"

/* One way to the shop: what an event says of where it came from. */
struct way {
    const char *ip;         /* a format with one %u for what changes from day to day, or a fixed address */
    const char *user_agent; /* with one %u for the browser's version, which goes up every five weeks */
    const char *device, *ja4, *language, *timezone, *country, *net;
    unsigned asn;
    const char *lat, *lon;
};

static const struct way ways[] = {
    /* the customer: his phone at home, his phone on the way, his laptop at home */
    {"198.51.100.23", "ShopApp/6.%u.0 (iPhone; iOS 18.3; Scale/3.00)", "d-owner-phone", "t13d2014h2_a09f3c656075_14788d8d241b", "ja-JP",
     "Asia/Tokyo", "JP", "residential", 2516, "35.68", "139.69"},
    {"2001:db8:44:%x::17", "ShopApp/6.%u.0 (iPhone; iOS 18.3; Scale/3.00)", "d-owner-phone", "t13d2014h2_a09f3c656075_14788d8d241b",
     "ja-JP", "Asia/Tokyo", "JP", "mobile", 9605, "35.68", "139.69"},
    {"198.51.100.23", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.0.0 Safari/537.36",
     "d-owner-laptop", "t13d1516h2_8daaf6152771_02713d6af862", "ja-JP", "Asia/Tokyo", "JP", "residential", 2516, "35.68", "139.69"},
    /* the hijacker: a rented server abroad */
    {"203.0.113.66", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:1%u.0) Gecko/20100101 Firefox/1%u.0", "d-66f1",
     "t13d1717h2_5b57614c22b0_3cbfd9057e0d", "en-US", "Europe/Amsterdam", "NL", "hosting", 64500, "52.37", "4.90"},
};
enum { WAY_PHONE_HOME, WAY_PHONE_OUT, WAY_LAPTOP, WAY_HIJACKER };

/* Networks and clients of the shop's other customers. */
static const struct {
    unsigned asn;
    const char *net, *lat, *lon;
} other_networks[] = {
    {2516, "residential", "35.68", "139.69"}, {4713, "residential", "34.69", "135.50"}, {9605, "mobile", "35.68", "139.69"},
    {17676, "mobile", "35.18", "136.91"},     {2527, "residential", "43.06", "141.35"}, {4685, "residential", "33.59", "130.40"},
};
static const struct {
    const char *user_agent, *ja4;
} other_clients[] = {
    {"ShopApp/6.%u.0 (iPhone; iOS 18.3; Scale/3.00)", "t13d2014h2_a09f3c656075_14788d8d241b"},
    {"ShopApp/6.%u.0 (Android 14; Pixel 8)", "t13d1513h2_eb7c9aabf852_5c2b1d7b8a63"},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.0.0 Safari/537.36",
     "t13d1516h2_8daaf6152771_02713d6af862"},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.%u Safari/605.1.15",
     "t13d2014h2_a09f3c656075_14788d8d241b"},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:1%u.0) Gecko/20100101 Firefox/1%u.0", "t13d1717h2_5b57614c22b0_3cbfd9057e0d"},
};
#define COUNT(array)   (sizeof(array) / sizeof(array)[0])
#define OTHER_ACCOUNTS 60

/* A telling under way: where it is written and which event is next. */
struct telling {
    struct buf *out;
    uint64_t random;
    unsigned number;
    int64_t year_from_ms;
};

static uint64_t draw(struct telling *t, uint64_t below) {
    t->random = hash_mix(t->random, 1);
    return t->random % below;
}

/* Version numbers go up every five weeks, as browsers' do. */
static unsigned version_at(const struct telling *t, int64_t at_ms) {
    return 20 + (unsigned)((at_ms - t->year_from_ms) / (35 * DAY_MS));
}

static void write_head(struct telling *t, const char *type, const char *subject, int64_t at_ms) {
    buf_fmt(t->out, "{\"specversion\":\"1.0\",\"id\":\"story-%05u\",\"source\":\"shop\",\"type\":\"%s\",\"subject\":\"%s\",\"time\":\"",
            ++t->number, type, subject);
    moment_format(t->out, at_ms);
    buf_text(t->out, STR("\",\"data\":{"));
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the formats are the tables' above; no input reaches them */
static void write_way(struct telling *t, const struct way *w, const char *session, int64_t at_ms) {
    unsigned version = version_at(t, at_ms);
    if (session[0]) buf_fmt(t->out, "\"session\":\"%s\",", session);
    if (w->device[0]) buf_fmt(t->out, "\"device\":\"%s\",", w->device);
    buf_text(t->out, STR("\"ip\":\""));
    buf_fmt(t->out, w->ip, (unsigned)(hash_mix((uint64_t)(at_ms / DAY_MS), 7) % 4096));
    buf_text(t->out, STR("\",\"user_agent\":\""));
    buf_fmt(t->out, w->user_agent, version, version);
    buf_fmt(t->out, "\",\"ja4\":\"%s\",\"language\":\"%s\",\"timezone\":\"%s\"", w->ja4, w->language, w->timezone);
    buf_fmt(t->out, ",\"geo\":{\"country\":\"%s\",\"asn\":%u,\"lat\":%s,\"lon\":%s,\"net\":\"%s\"}", w->country, w->asn, w->lat, w->lon,
            w->net);
}
#pragma GCC diagnostic pop

static void write_login(struct telling *t, const char *subject, const struct way *w, const char *session, int64_t at_ms,
                        const char *outcome) {
    write_head(t, "login", subject, at_ms);
    write_way(t, w, session, at_ms);
    buf_fmt(t->out, ",%s}}", outcome);
}

#define SUCCESS         "\"outcome\":\"success\",\"method\":\"password\""
#define BAD_PASSWORD    "\"outcome\":\"failure\",\"method\":\"password\",\"failure\":\"bad_password\""
#define NO_SUCH_ACCOUNT "\"outcome\":\"failure\",\"method\":\"password\",\"failure\":\"no_such_account\""

static void end_line(struct telling *t) {
    buf_char(t->out, '\n');
}

/* One visit: a login, a look around, now and then an order with what becomes of it. */
static void write_visit(struct telling *t, const char *subject, const struct way *w, int64_t at_ms) {
    char session[48], order[24];
    (void)snprintf(session, sizeof session, "s-%u", t->number);
    (void)snprintf(order, sizeof order, "o-%u", t->number);
    if (draw(t, 25) == 0) {
        write_login(t, subject, w, "", at_ms - 8000, BAD_PASSWORD);
        end_line(t);
    }
    write_login(t, subject, w, session, at_ms, SUCCESS);
    end_line(t);
    at_ms += MINUTE_MS + (int64_t)draw(t, 600) * SECOND_MS;
    write_head(t, "session_seen", subject, at_ms);
    write_way(t, w, session, at_ms);
    buf_text(t->out, STR(",\"page\":\"catalogue\"}}\n"));
    if (draw(t, 3) != 0) return;
    at_ms += MINUTE_MS;
    write_head(t, "order_placed", subject, at_ms);
    write_way(t, w, session, at_ms);
    buf_fmt(t->out,
            ",\"order\":{\"id\":\"%s\",\"amount_minor\":%u,\"currency\":\"JPY\",\"ship_to\":\"ad-%s\",\"payment_method\":\"pm-%s\","
            "\"charge\":\"c%s\",\"kind\":\"physical\"}}}\n",
            order, (unsigned)(400 + draw(t, 9000)), subject, subject, order);
    write_head(t, "payment_state", subject, at_ms + SECOND_MS);
    buf_fmt(t->out, "\"charge\":\"c%s\",\"state\":\"authorised\"}}\n", order);
}

/* Local evening more often than morning, never at night. */
static int64_t local_time_of_day(struct telling *t) {
    return (int64_t)(7 + (draw(t, 16) + draw(t, 16)) / 2) * HOUR_MS + (int64_t)draw(t, 3600) * SECOND_MS;
}

static void write_customer_day(struct telling *t, int64_t midnight_ms) {
    if (draw(t, 7) > 1) return;
    static const unsigned habits[] = {WAY_PHONE_HOME, WAY_PHONE_HOME, WAY_PHONE_OUT, WAY_PHONE_OUT, WAY_LAPTOP};
    write_visit(t, "a7351", &ways[habits[draw(t, COUNT(habits))]], midnight_ms + local_time_of_day(t));
}

/* Another account: its network and client are its own, drawn from its number; one in six is met on a second network. */
static void write_other_day(struct telling *t, unsigned account, int64_t midnight_ms) {
    if (draw(t, 30) != 0) return;
    uint64_t fixed = hash_mix(account, 99);
    bool away = draw(t, 6) == 0;
    char subject[16], device[24], ip[32];
    (void)snprintf(subject, sizeof subject, "a%u", 8000 + account);
    (void)snprintf(device, sizeof device, "d-%u", account);
    (void)snprintf(ip, sizeof ip, "192.0.2.%u", 1 + (account + (away ? 100 : 0)) % 250);
    size_t network = (fixed + (away ? 1 : 0)) % COUNT(other_networks), client = (fixed >> 8) % COUNT(other_clients);
    struct way w = {ip,
                    other_clients[client].user_agent,
                    device,
                    other_clients[client].ja4,
                    "ja-JP",
                    "Asia/Tokyo",
                    "JP",
                    other_networks[network].net,
                    other_networks[network].asn,
                    other_networks[network].lat,
                    other_networks[network].lon};
    write_visit(t, subject, &w, midnight_ms + local_time_of_day(t));
}

/* The noise of the net: somebody tries names that do not exist. */
static void write_noise(struct telling *t, int64_t midnight_ms) {
    struct way w = ways[WAY_HIJACKER];
    char ip[32];
    for (unsigned i = (unsigned)draw(t, 3); i > 0; i--) {
        (void)snprintf(ip, sizeof ip, "2001:db8:bad:%x::1", (unsigned)draw(t, 65536));
        w.ip = ip;
        w.device = "";
        w.asn = 64501 + (unsigned)draw(t, 4);
        write_login(t, "x-unknown", &w, "", midnight_ms + (int64_t)draw(t, 86400) * SECOND_MS, NO_SUCH_ACCOUNT);
        end_line(t);
    }
}

void story_write_year(int64_t night_ms, uint64_t seed, struct buf *ndjson, size_t *count) {
    struct telling t = {.out = ndjson, .random = seed, .year_from_ms = night_ms - 365 * DAY_MS};
    for (int64_t day = 365; day >= 1; day--) {
        int64_t midnight_ms = night_ms - day * DAY_MS;
        write_noise(&t, midnight_ms);
        for (unsigned account = 0; account < OTHER_ACCOUNTS; account++) write_other_day(&t, account, midnight_ms);
        write_customer_day(&t, midnight_ms);
    }
    *count = t.number;
}

/*
 * The night's plan: seconds after midnight, who, what, the members of `data` that only this act has, and in which variant ("" = in all but
 * the false alarm). The hijacker has a script: within three seconds of the top-up all is done. What the shop, its bank and its warehouse do
 * of themselves is theirs to tell.
 */
struct night_act {
    unsigned seconds;
    unsigned way;
    const char *type, *session, *data, *said, *variant;
};

#define TOP_UP "\"amount_minor\":50000,\"currency\":\"JPY\",\"charge\":\"c-topup\",\"payment_method\":\"pm-a7351\""
#define ORDER                                                                                                                              \
    "\"order\":{\"id\":\"o-parcel\",\"amount_minor\":500,\"currency\":\"JPY\",\"ship_to\":\"ad-a7351\",\"payment_method\":\"pm-a7351\","   \
    "\"charge\":\"c-parcel\",\"kind\":\"physical\"}"
#define BURST_AT (44 * 60 + 1)

static const struct night_act night[] = {
    {41 * 60 + 7, WAY_HIJACKER, "login", "s-night", SUCCESS, "the hijacker logs in, with the right password", ""},
    {BURST_AT, WAY_HIJACKER, "email_changed", "s-night", "\"before\":\"mail-of-owner\",\"after\":\"mail-of-thief\"",
     "he changes the e-mail address", "email-changed"},
    {BURST_AT, WAY_HIJACKER, "mfa_changed", "s-night", "\"change\":\"added\",\"authenticator\":\"totp-thief\"",
     "he enrols an authenticator of his own", "email-changed"},
    {BURST_AT, WAY_HIJACKER, "token_created", "s-night", "\"token\":\"tok-offline\",\"client\":\"tv-app\"",
     "he takes a token that outlives his session", "email-changed"},
    {BURST_AT + 1, WAY_HIJACKER, "balance_topped_up", "s-night", TOP_UP, "he tops up the balance by 50,000 yen", ""},
    {BURST_AT + 1, WAY_HIJACKER, "membership_started", "s-night",
     "\"membership\":{\"id\":\"m-1\",\"plan\":\"monthly\",\"amount_minor\":600,\"currency\":\"JPY\",\"charge\":\"c-member\"}",
     "he joins the paid membership", ""},
    {BURST_AT + 2, WAY_HIJACKER, "address_changed", "s-night", "\"change\":\"added\",\"address\":\"ad-drop\"", "he adds a postal address",
     ""},
    {BURST_AT + 2, WAY_HIJACKER, "payment_method_changed", "s-night", "\"change\":\"added\",\"payment_method\":\"pm-foreign\"",
     "he adds a card", ""},
    {BURST_AT + 3, WAY_HIJACKER, "order_placed", "s-night", ORDER, "he orders a parcel for 500 yen", ""},
    {BURST_AT + 3, WAY_HIJACKER, "profile_changed", "s-night", "\"field\":\"orders_hidden\",\"before\":\"false\",\"after\":\"true\"",
     "he hides the orders", ""},
    {52 * 60 + 40, WAY_PHONE_HOME, "login", "", BAD_PASSWORD, "the customer, woken by the mails, cannot log in", ""},
    {53 * 60 + 30, WAY_PHONE_HOME, "password_reset_requested", "", "\"method\":\"reset_link\"", "the customer asks for a new password", ""},
    /* The twin: it was the customer himself, on the computer of a hotel. */
    {41 * 60 + 7, WAY_HIJACKER, "login", "s-hotel", SUCCESS, "the customer, travelling, logs in on a hotel's computer", "false-alarm"},
    {BURST_AT + 1, WAY_HIJACKER, "balance_topped_up", "s-hotel", TOP_UP, "he tops up his balance by 50,000 yen", "false-alarm"},
    {BURST_AT + 3, WAY_HIJACKER, "order_placed", "s-hotel", ORDER, "he orders a parcel for 500 yen", "false-alarm"},
};

static bool is_played(const struct night_act *n, const char *variant) {
    return n->variant[0] ? strcmp(n->variant, variant) == 0 : strcmp(variant, "false-alarm") != 0;
}

static void write_act(struct telling *t, int64_t from_ms, const struct night_act *n, struct story_act *out) {
    struct buf *texts = t->out;
    int64_t at_ms = from_ms + n->seconds * SECOND_MS;
    size_t from = texts->size;
    write_head(t, n->type, "a7351", at_ms);
    write_way(t, &ways[n->way], n->session, at_ms);
    buf_fmt(texts, ",%s}}", n->data);
    struct str json = {texts->at + from, texts->size - from};
    buf_fmt(texts, "story-%05u", t->number);
    CHECK(!texts->overflow);
    *out = (struct story_act){
        .time_ms = at_ms,
        .id = {texts->at + from + json.size, texts->size - from - json.size},
        .said = str_from(n->said),
        .json = json,
        .hijacker = strcmp(n->session, "s-night") == 0,
    };
}

size_t story_night(int64_t night_ms, const char *variant, struct buf *texts, struct story_act *acts, size_t count_max) {
    struct telling t = {.out = texts, .number = 90000, .year_from_ms = night_ms - 365 * DAY_MS};
    size_t count = 0;
    for (size_t i = 0; i < COUNT(night); i++) {
        if (!is_played(&night[i], variant)) continue;
        CHECK(count < count_max);
        write_act(&t, night_ms, &night[i], &acts[count++]);
    }
    return count;
}

static size_t write_acts(struct telling *t, int64_t from_ms, const struct night_act *list, size_t count, struct story_act *acts,
                         size_t count_max) {
    CHECK(count <= count_max);
    for (size_t i = 0; i < count; i++) write_act(t, from_ms, &list[i], &acts[i]);
    return count;
}

size_t story_way_back(int64_t at_ms, struct buf *texts, struct story_act *acts, size_t count_max) {
    static const struct night_act back[] = {
        {0, WAY_PHONE_HOME, "password_changed", "s-back", "\"method\":\"reset_link\"",
         "the customer proves himself and sets a new password", ""},
        {20, WAY_PHONE_HOME, "login", "s-back-2", SUCCESS, "the customer logs in with it", ""},
    };
    struct telling t = {.out = texts, .number = 92000, .year_from_ms = at_ms - 365 * DAY_MS};
    return write_acts(&t, at_ms, back, COUNT(back), acts, count_max);
}

size_t story_it_was_me(int64_t at_ms, const char *incident, struct buf *texts, struct story_act *acts, size_t count_max) {
    char about[128];
    (void)snprintf(about, sizeof about, "\"about\":\"%s\",\"says\":\"mine\",\"via\":\"passkey\"", incident);
    const struct night_act word[] = {
        {0, WAY_PHONE_OUT, "challenge", "s-phone", "\"factor\":\"passkey\",\"outcome\":\"success\"",
         "the customer is asked on his phone, and proves himself with the passkey that he has had for a year", ""},
        {5, WAY_PHONE_OUT, "owner_statement", "s-phone", about, "\"that was me\", he says", ""},
    };
    struct telling t = {.out = texts, .number = 93000, .year_from_ms = at_ms - 365 * DAY_MS};
    return write_acts(&t, at_ms, word, COUNT(word), acts, count_max);
}
