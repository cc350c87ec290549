// SPDX-License-Identifier: Apache-2.0
/* Writes what happened in the crowd as events of the contract, with a label of each. Whose act it was changes no byte of the event. */
#include <string.h>

#include "base/check.h"
#include "sim/crowd_inside.h"

static const char *const kinds[K_COUNT] = {
    [K_LOGIN] = "login",
    [K_LOGOUT] = "logout",
    [K_CHALLENGE] = "challenge",
    [K_SESSION_SEEN] = "session_seen",
    [K_RESET_REQUESTED] = "password_reset_requested",
    [K_PASSWORD] = "password_changed",
    [K_EMAIL] = "email_changed",
    [K_PHONE] = "phone_changed",
    [K_MFA] = "mfa_changed",
    [K_TOKEN] = "token_created",
    [K_ADDRESS] = "address_changed",
    [K_PAYMENT_METHOD] = "payment_method_changed",
    [K_NOTIFICATIONS] = "notification_settings_changed",
    [K_EXPORT] = "data_exported",
    [K_PROFILE] = "profile_changed",
    [K_ORDER] = "order_placed",
    [K_TOPUP] = "balance_topped_up",
    [K_SPENT] = "balance_spent",
    [K_GIFT_REDEEMED] = "gift_card_redeemed",
    [K_POINTS] = "points_changed",
    [K_MEMBERSHIP] = "membership_started",
    [K_CONTENT] = "content_posted",
    [K_REFUND] = "refund_claimed",
    [K_ORDER_STATE] = "order_state",
    [K_PAYMENT_STATE] = "payment_state",
    [K_STATEMENT] = "owner_statement",
    [K_CHARGEBACK] = "chargeback",
};

static const char *const methods[] = {"password", "passkey", "otp", "social", "reset_link", "cookie"};
static const char *const failures[] = {"", "bad_password", "no_such_account", "locked"};
static const char *const pages[] = {"/", "/orders", "/search", "/item", "/cart", "/account", "/points"};
static const char *const order_kinds[] = {"physical", "digital", "gift_card"};
static const char *const order_states[] = {"allocated", "packed", "handed_over", "delivered", "returned"};
static const char *const payment_states[] = {"authorised", "captured", "refunded", "disputed"};

/* An id: its prefix and 40 bits, always as long. */
static void write_id(struct buf *b, const char *prefix, uint64_t id) {
    buf_fmt(b, "\"%s%010llx\"", prefix, (unsigned long long)(id & 0xFFFFFFFFFFU));
}

static void write_named(struct buf *b, const char *member, const char *prefix, uint64_t id) {
    buf_fmt(b, ",\"%s\":", member);
    write_id(b, prefix, id);
}

/* Where the shop's habit is to send a member with everything, with browsers alone, or with logins alone. */
static bool sends(uint32_t habit, const struct happening *h) {
    switch (habit) {
    case 0: return false;
    case 2: return !client_is_app(h->path.client);
    case 3: return h->kind == K_LOGIN || h->kind == K_CHALLENGE;
    default: return true;
    }
}

/* What a script would have told and did not; drawn anew for each event, whoever's it is. */
static bool is_missing(const struct crowd *c, uint64_t what) {
    return hash_mix(c->o.seed ^ what, c->counts.events) % 100 < c->shop.missing_pct;
}

static void write_geo(const struct crowd *c, const struct path *p, struct buf *b) {
    const struct shop *s = &c->shop;
    const struct place *at = &s->places[p->place];
    buf_fmt(b, ",\"geo\":{\"country\":\"%s\"", at->country);
    if (s->geo_asn) buf_fmt(b, ",\"asn\":%u", network_asn(c->o.seed, p->network));
    if (s->geo_point) {
        buf_text(b, STR(",\"lat\":"));
        buf_scaled(b, at->lat_e2, 2);
        buf_text(b, STR(",\"lon\":"));
        buf_scaled(b, at->lon_e2, 2);
    }
    if (s->geo_net) buf_fmt(b, ",\"net\":\"%s\"", network_word(p->network));
    buf_char(b, '}');
}

static void write_path(const struct crowd *c, const struct happening *h, struct buf *b) {
    const struct path *p = &h->path;
    const struct shop *s = &c->shop;
    uint32_t bare = h->failure ? s->failed_bare : 0;
    if (p->session && s->session) buf_fmt(b, "\"session\":\"s%016llx\",", (unsigned long long)p->session);
    buf_text(b, STR("\"ip\":\""));
    address_format(b, &p->ip);
    buf_text(b, STR("\",\"user_agent\":\""));
    client_write_user_agent(b, p);
    buf_char(b, '"');
    if (p->device && sends(s->device, h) && !bare)
        buf_fmt(b, ",\"device\":\"d%012llx\"", (unsigned long long)(p->device & 0xFFFFFFFFFFFFU));
    if (s->ja4 && !is_missing(c, 1)) {
        buf_text(b, STR(",\"ja4\":\""));
        client_write_ja4(b, p);
        buf_char(b, '"');
    }
    if (p->language != 255 && s->language) buf_fmt(b, ",\"language\":\"%s\"", languages[p->language]);
    bool zone = p->timezone != 255 && sends(s->timezone, h) && bare < 2 && !is_missing(c, 2);
    if (zone) buf_fmt(b, ",\"timezone\":\"%s\"", s->places[p->timezone].timezone);
    if (s->geo) write_geo(c, p, b);
}

static void write_money(const struct crowd *c, struct buf *b, const struct happening *h) {
    buf_fmt(b, "\"amount_minor\":%lld,\"currency\":\"%s\"", (long long)h->amount * c->shop.money, c->shop.currency);
}

static void write_order(const struct crowd *c, struct buf *b, const struct happening *h) {
    buf_text(b, STR(",\"order\":{\"id\":"));
    write_id(b, "o", h->objects[0]);
    buf_char(b, ',');
    write_money(c, b, h);
    if (h->word == 0) write_named(b, "ship_to", "ad", h->objects[1]);
    write_named(b, "payment_method", "pm", h->objects[2]);
    write_named(b, "charge", "ch", h->objects[0] + 1);
    buf_fmt(b, ",\"kind\":\"%s\"}", order_kinds[h->word]);
}

/* Contacts are sealed: 64 bits of a keyed hash. */
static void write_change(struct buf *b, const struct happening *h) {
    buf_fmt(b, ",\"before\":\"sealed-%016llx\",\"after\":\"sealed-%016llx\"", (unsigned long long)h->objects[0],
            (unsigned long long)h->objects[1]);
}

static void write_access(const struct crowd *c, struct buf *b, const struct happening *h) {
    buf_fmt(b, ",\"outcome\":\"%s\"", h->failure ? "failure" : "success");
    if (h->kind == K_CHALLENGE) {
        buf_text(b, STR(",\"factor\":\"otp\""));
        return;
    }
    buf_fmt(b, ",\"method\":\"%s\"", methods[h->method]);
    if (h->failure) buf_fmt(b, ",\"failure\":\"%s\"", failures[h->failure]);
    if (h->method == M_PASSWORD && c->shop.password_tag) buf_fmt(b, ",\"password_tag\":\"%016llx\"", (unsigned long long)h->objects[0]);
}

static void write_credential(struct buf *b, const struct happening *h) {
    static const char *const fields[] = {"display_name", "orders_hidden", "birthday"};
    switch (h->kind) {
    case K_PASSWORD: buf_fmt(b, ",\"method\":\"%s\"", methods[h->method]); break;
    case K_EMAIL:
    case K_PHONE: write_change(b, h); break;
    case K_MFA:
        buf_fmt(b, ",\"change\":\"%s\"", h->word ? "removed" : "added"), write_named(b, "authenticator", "au", h->objects[0]);
        break;
    case K_TOKEN: write_named(b, "token", "tk", h->objects[0]), buf_text(b, STR(",\"client\":\"app\"")); break;
    case K_ADDRESS: buf_text(b, STR(",\"change\":\"added\"")), write_named(b, "address", "ad", h->objects[1]); break;
    case K_PAYMENT_METHOD: buf_text(b, STR(",\"change\":\"added\"")), write_named(b, "payment_method", "pm", h->objects[2]); break;
    case K_NOTIFICATIONS: buf_fmt(b, ",\"before\":\"on\",\"after\":\"%s\"", h->word ? "off" : "digest"); break;
    case K_EXPORT: buf_text(b, STR(",\"scope\":\"account\"")); break;
    default: buf_fmt(b, ",\"field\":\"%s\"", fields[h->word % 3]); break;
    }
}

static void write_value(const struct crowd *c, struct buf *b, const struct happening *h) {
    switch (h->kind) {
    case K_ORDER: write_order(c, b, h); return;
    case K_CONTENT: write_named(b, "content", "ct", h->objects[0]); return;
    case K_REFUND: write_named(b, "order", "o", h->objects[0]); break;
    case K_GIFT_REDEEMED: write_named(b, "code_ref", "gc", h->objects[0]); break;
    case K_TOPUP: write_named(b, "charge", "ch", h->objects[0] + 1), write_named(b, "payment_method", "pm", h->objects[2]); break;
    case K_MEMBERSHIP:
        buf_text(b, STR(",\"membership\":{\"id\":"));
        write_id(b, "mb", h->objects[0]);
        buf_text(b, STR(",\"plan\":\"monthly\","));
        write_money(c, b, h);
        write_named(b, "charge", "ch", h->objects[0] + 1);
        buf_char(b, '}');
        return;
    default: break;
    }
    buf_char(b, ',');
    write_money(c, b, h);
}

static void write_rest(const struct crowd *c, struct buf *b, const struct happening *h) {
    switch (h->kind) {
    case K_SESSION_SEEN:
        if (c->shop.seen_as_login) buf_text(b, STR(",\"outcome\":\"success\",\"method\":\"cookie\""));
        else buf_fmt(b, ",\"page\":\"%s\"", pages[h->word % 7]);
        return;
    case K_ORDER_STATE: write_named(b, "order", "o", h->objects[0]), buf_fmt(b, ",\"state\":\"%s\"", order_states[h->word]); return;
    case K_PAYMENT_STATE:
        write_named(b, "charge", "ch", h->objects[0] + 1), buf_fmt(b, ",\"state\":\"%s\"", payment_states[h->word]);
        return;
    case K_STATEMENT:
        buf_fmt(b, ",\"about\":\"%s\",\"says\":\"%s\",\"via\":\"support\"", c->incidents[h->objects[0]].about,
                h->word ? "not_mine" : "mine");
        return;
    case K_CHARGEBACK: write_named(b, "charge", "ch", h->objects[0] + 1); return;
    case K_LOGOUT:
    case K_RESET_REQUESTED: return;
    default: break;
    }
    if (h->kind == K_LOGIN || h->kind == K_CHALLENGE) write_access(c, b, h);
    else if (h->kind >= K_ORDER) write_value(c, b, h);
    else write_credential(b, h);
}

static bool is_value(unsigned kind) {
    return kind >= K_ORDER && kind <= K_REFUND;
}

/* Of an account that does not exist, the keyed hash of the tried name. */
static void write_subject(const struct crowd *c, const struct happening *h, struct buf *b) {
    if (h->anonymous) buf_fmt(b, "x%010llx", (unsigned long long)(name_of(c, 9, h->account) & 0xFFFFFFFFFFU));
    else buf_fmt(b, "a%07u", h->account);
}

static void write_label(struct crowd *c, const struct happening *h, const char *id, struct buf *b) {
    static const char *const labels[] = {"owner", "hijacker", "noise"};
    const struct campaign *of = h->campaign >= 0 ? &c->campaigns[h->campaign] : NULL;
    bool hijacker = h->label == LABEL_HIJACKER, effect = hijacker && is_value(h->kind);
    buf_fmt(b, "{\"id\":\"%s\",\"label\":\"%s\",\"family\":", id, labels[h->label]);
    if (hijacker) buf_fmt(b, "\"%s\",\"incident\":\"i%d\"", crowd_family(of->family), h->incident);
    else buf_text(b, STR("null,\"incident\":null"));
    buf_fmt(b, ",\"effect\":%s,\"account\":\"", effect ? "true" : "false");
    write_subject(c, h, b);
    buf_char(b, '"');
    if (of) buf_fmt(b, ",\"campaign\":\"%s-%u\"", crowd_family(of->family), of->number);
    if (h->has_path) buf_fmt(b, ",\"network\":\"AS%u\"", network_asn(c->o.seed, h->path.network));
    buf_text(b, STR("}\n"));
    c->counts.owner += h->label == LABEL_OWNER, c->counts.hijacker += hijacker, c->counts.noise += h->label == LABEL_NOISE;
    c->counts.effects += effect;
}

/* Not every shop tells everything. */
static bool is_told(const struct shop *s, const struct happening *h) {
    if (h->kind == K_SESSION_SEEN) return s->session_seen == 2 || (s->session_seen == 1 && h->arrival);
    bool change = h->kind == K_ADDRESS || h->kind == K_PAYMENT_METHOD || h->kind == K_NOTIFICATIONS || h->kind == K_PROFILE;
    return !change || s->changes;
}

void crowd_write(struct crowd *c, const struct happening *h) {
    char memory[4096], id[16];
    struct buf b = buf_over(memory, sizeof memory);
    if (!is_told(&c->shop, h)) return;
    (void)snprintf(id, sizeof id, "e%010llu", (unsigned long long)++c->counts.events);
    if (h->label == LABEL_HIJACKER && h->incident >= 0 && !c->incidents[h->incident].about[0]) c->counts.incidents++;
    if (h->label == LABEL_HIJACKER && h->incident >= 0 && (is_value(h->kind) || !c->incidents[h->incident].about[0]))
        memcpy(c->incidents[h->incident].about, id, sizeof id);
    buf_fmt(&b, "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"shop\",\"type\":\"%s\",\"subject\":\"", id, kinds[h->kind]);
    write_subject(c, h, &b);
    buf_text(&b, STR("\",\"time\":\""));
    moment_format(&b, h->at_ms);
    buf_text(&b, STR("\",\"data\":{"));
    size_t begin = b.size;
    if (h->has_path) write_path(c, h, &b);
    size_t own = b.size;
    write_rest(c, &b, h);
    if (own == begin && b.size > own) memmove(b.at + own, b.at + own + 1, b.size - own - 1), b.size--; /* no member before: no comma */
    buf_text(&b, STR("}}\n"));
    CHECK(!b.overflow);
    (void)fwrite(b.at, 1, b.size, c->events);
    buf_reset(&b);
    write_label(c, h, id, &b);
    (void)fwrite(b.at, 1, b.size, c->labels);
}
