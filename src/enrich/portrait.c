// SPDX-License-Identifier: Apache-2.0
/* Tells an account's profile to people. */
#include "enrich/portrait.h"

#include "base/moment.h"
#include "enrich/client.h"
#include "enrich/profile.h"
#include "enrich/region.h"

static void write_moment(struct buf *b, const char *name, uint32_t at_s) {
    if (!at_s) return;
    buf_fmt(b, ",\"%s\":\"", name);
    moment_format(b, (int64_t)at_s * SECOND_MS);
    buf_char(b, '"');
}

/* How a path stands: what it teaches, or why it does not. */
static const char *standing(const struct path *p) {
    if (p->flags & PATH_HOSTILE) return "hostile";
    if (p->flags & PATH_PROBATION) return "probation";
    return path_is_trained(p) ? "trusted" : "new";
}

static bool is_empty(const struct path *p) {
    return !p->asn && !p->country[0] && !p->browser && !p->os && !p->device && !p->last_day;
}

static void write_path(const struct path *p, struct buf *b) {
    buf_fmt(b, "{\"standing\":\"%s\",\"logins\":", standing(p));
    buf_scaled(b, p->count_16 * INT64_C(100) / LOGIN_16, 2);
    if (p->asn) buf_fmt(b, ",\"asn\":%u", p->asn);
    if (p->country[0]) buf_fmt(b, ",\"country\":\"%.2s\"", p->country);
    buf_fmt(b, ",\"browser\":\"%.*s\",\"os\":\"%.*s\"", STR_ARGS(browser_word(p->browser)), STR_ARGS(os_word(p->os)));
    buf_fmt(b, ",\"device_type\":\"%.*s\"", STR_ARGS(device_type_word(p->flags & PATH_TYPE_MASK)));
    buf_fmt(b, ",\"language\":\"%.*s\",\"timezone\":\"%.*s\"", STR_ARGS(language_word(p->language)), STR_ARGS(zone_word(p->zone)));
    buf_fmt(b, ",\"mobile_network\":%s,\"highest_score\":%u}", p->flags & PATH_MOBILE ? "true" : "false", p->score_4 * 4U);
}

static void write_changes(const struct profile *p, struct buf *b) {
    static const char *const names[CHANGED_COUNT] = {"password_changed", "email_changed", "phone_changed",        "address_changed",
                                                     "payment_changed",  "mfa_changed",   "notification_changed", "reset_requested"};
    for (unsigned i = 0; i < CHANGED_COUNT; i++) write_moment(b, names[i], p->changed_s[i]);
}

bool enrich_write_portrait(const void *bytes, int64_t now_ms, struct buf *b) {
    struct profile p;
    profile_read(bytes, now_ms, &p);
    if (!p.layout) return false;
    buf_fmt(b, "\"logins\":%u,\"failures_since_success\":%u", p.logins, p.failures);
    write_moment(b, "first_seen", p.first_s);
    write_moment(b, "last_event", p.last_event_s);
    write_moment(b, "last_success", p.last_success_s);
    write_moment(b, "last_risky_login", p.risky_s);
    write_changes(&p, b);
    buf_text(b, STR(",\"paths\":["));
    bool first = true;
    for (unsigned i = 0; i < PATH_COUNT; i++) {
        if (is_empty(&p.paths[i])) continue;
        if (!first) buf_char(b, ',');
        first = false;
        write_path(&p.paths[i], b);
    }
    buf_char(b, ']');
    return true;
}

void enrich_name_client(struct str user_agent, struct str *browser, struct str *os) {
    struct client c = {0};
    client_from(user_agent, 0, &c);
    *browser = browser_word(c.browser);
    *os = os_word(c.os);
}
