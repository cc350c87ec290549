// SPDX-License-Identifier: Apache-2.0
/* Finds and tells what would flip a decision, by judging the event again without some of what is unusual about it. */
#include "engine/flip.h"

#include <stdio.h>

#include "enrich/enrich.h"
#include "score/detectors.h"
#include "score/named.h"

/* ---- judging again ------------------------------------------------------------------------------------------------------------------
 */

/* `features`: where those judged are left; they hold no texts of their own but point into `event`. */
static struct flip judge_without(const struct flip_judge *j, unsigned factors, struct decision *decision) {
    struct features f = *j->features;
    struct event event;
    struct assessment assessment;
    factors_remove(&f, &event, factors);
    score_features(j->calibration, j->model, &f, j->step, &assessment);
    decide_assessment(j->policy, &f, &assessment, j->step, decision);
    return (struct flip){factors, decision->verdict, decision->takeover, decision->score};
}

static struct flip try_without(const struct flip_judge *j, unsigned factors) {
    struct decision decision;
    size_t used = j->step->used;
    struct flip flip = judge_without(j, factors, &decision);
    j->step->used = used;
    return flip;
}

static unsigned names_of(const struct flip_judge *j, const struct decision *d) {
    unsigned named = 0;
    for (unsigned i = 0; i < d->reason_count; i++) {
        if (d->reasons[i].weight_milli <= 0) continue;
        named |= reason_names(&d->reasons[i], j->features);
        for (size_t rule = 0; rule < policy_rule_count(j->policy); rule++)
            if (str_equal(policy_rule(j->policy, rule).name, d->reasons[i].code)) named |= policy_rule_factors(j->policy, rule);
    }
    return named;
}

/* Milder first, then less suspicious. */
static bool is_better(const struct flip *a, const struct flip *b) {
    if (!b->factors) return true;
    return a->verdict != b->verdict ? a->verdict < b->verdict : a->score < b->score;
}

static void offer(struct flips *out, const struct flip *flip, bool milder_open, bool allowed_open) {
    if (milder_open && flip->verdict < out->now.verdict && is_better(flip, &out->milder)) out->milder = *flip;
    if (allowed_open && flip->verdict == VERDICT_ALLOW && !flip->takeover && is_better(flip, &out->allowed)) out->allowed = *flip;
}

static unsigned size_of(unsigned set) {
    return (unsigned)__builtin_popcount(set);
}

/* All sets of this size, and whether one of a smaller size was found before. */
static void search_size(const struct flip_judge *j, unsigned size, struct flips *out) {
    bool milder_open = !out->milder.factors, allowed_open = !out->allowed.factors;
    if (!milder_open && !allowed_open) return;
    for (unsigned set = 1; set < 1U << FACTOR_COUNT; set++) {
        if (size_of(set) != size) continue;
        struct flip flip = try_without(j, set);
        offer(out, &flip, milder_open, allowed_open);
    }
}

#define LOGIN_16  16U /* as the features count logins (enrich/features.h) */
#define SPEED_KMH 900 /* as detectors/implied_speed.c */

/* ---- the table ----------------------------------------------------------------------------------------------------------------------
 */

/* Nothing is unlike an account that has no history. */
static struct usual_row *add_row(struct flips *out, const char *what, bool unusual) {
    bool has_history = out->has_history;
    struct usual_row *row = &out->rows[out->row_count++];
    *row = (struct usual_row){.what = what, .unusual = unusual && has_history};
    (void)snprintf(row->usual, sizeof row->usual, "not known yet");
    (void)snprintf(row->now, sizeof row->now, "not sent");
    return row;
}

#define SHOW(place, ...) (void)snprintf(place, sizeof place, __VA_ARGS__)

/* Cut to the table's width, on a character's edge. */
static void show_text(char place[USUAL_TEXT_SIZE], struct str text) {
    struct str cut = str_clip(text, USUAL_TEXT_SIZE - 1);
    if (cut.size) (void)snprintf(place, USUAL_TEXT_SIZE, "%.*s", STR_ARGS(cut));
}

static void tell_path(const struct features *f, struct flips *out) {
    struct usual_row *row = add_row(out, "network", f->new_asn || f->new_country);
    if (f->of[ATTR_ASN].present || f->of[ATTR_COUNTRY].present) show_text(row->now, str_from(phrase_network(f).text));
    if (f->usual_asn || f->usual_country[0]) show_text(row->usual, str_from(phrase_usual_network(f).text));
    row = add_row(out, "client", f->new_browser || f->new_os);
    if (f->of[ATTR_UA].present) show_text(row->now, str_from(phrase_client(f).text));
    if (f->usual_browser.size) show_text(row->usual, str_from(phrase_usual_client(f).text));
    row = add_row(out, "device", f->new_device);
    if (f->of[ATTR_DEVICE].present) SHOW(row->now, f->new_device ? "never used by this account" : "known");
    unsigned sent = (f->of[ATTR_DEVICE].account_sent + LOGIN_16 / 2) / LOGIN_16;
    if (sent) SHOW(row->usual, "a known one, in %u logins", sent);
    else if (f->of[ATTR_DEVICE].account_sent) SHOW(row->usual, "a known one");
    row = add_row(out, "language", f->new_language);
    show_text(row->now, f->language), show_text(row->usual, f->usual_language);
    row = add_row(out, "time zone", f->new_timezone);
    show_text(row->now, f->timezone), show_text(row->usual, f->usual_timezone);
}

static void tell_time(const struct features *f, struct flips *out) {
    struct usual_row *row = add_row(out, "hour", f->week_total && !f->week_count);
    if (f->local_ms != FEATURE_NONE) SHOW(row->now, "%.20s on the owner's clock", phrase_clock(f->local_ms).text);
    if (f->usual_hour_from != f->usual_hour_to)
        SHOW(row->usual, "%02u-%02u h", f->usual_hour_from, f->usual_hour_to ? f->usual_hour_to : 24U);
    else if (f->week_total) SHOW(row->usual, "%u of %u acts in these hours", f->week_count, f->week_total);
    row = add_row(out, "last use", false);
    if (f->dormant_days == FEATURE_NONE) SHOW(row->now, "never");
    else SHOW(row->now, "%lld days ago", (long long)f->dormant_days);
    if (f->span_days != FEATURE_NONE) SHOW(row->usual, "%lld logins in %lld days", (long long)f->depth, (long long)f->span_days);
    if (f->distance_km == FEATURE_NONE) return;
    row = add_row(out, "place", f->speed_kmh != FEATURE_NONE && f->speed_kmh > SPEED_KMH);
    SHOW(row->now, "%lld km from the last use", (long long)f->distance_km);
    if (f->speed_kmh != FEATURE_NONE)
        SHOW(row->now, "%lld km from the last use, %lld km/h", (long long)f->distance_km, (long long)f->speed_kmh);
    SHOW(row->usual, "below %d km/h", SPEED_KMH);
}

static void tell_session(const struct features *f, struct flips *out) {
    static const char *const words[] = {[SESSION_NONE] = "none, or begun by this event",
                                        [SESSION_UNKNOWN] = "one that is not remembered",
                                        [SESSION_SAME] = "where it began",
                                        [SESSION_MOVED_NETWORK] = "on another network than it began",
                                        [SESSION_MOVED_CLIENT] = "on another client than it began"};
    struct usual_row *row = add_row(out, "session", f->session_moved);
    SHOW(row->now, "%s", words[f->session_state]), SHOW(row->usual, "where it began");
    row = add_row(out, "risk before", f->session_score >= RISKY_SCORE || f->path_score >= RISKY_SCORE || f->path_hostile);
    int64_t score = f->session_score > f->path_score ? f->session_score : f->path_score;
    SHOW(row->now, "score %lld%s", (long long)(score == FEATURE_NONE ? 0 : score), f->path_hostile ? ", a hijacker's path" : "");
    SHOW(row->usual, "below 250");
    if (!f->attempt || f->ip_attempts_1h == FEATURE_NONE) return;
    row = add_row(out, "address, 1 h", f->ip_failures_1h > 5);
    SHOW(row->now, "%lld attempts, %lld failed", (long long)f->ip_attempts_1h, (long long)f->ip_failures_1h);
    SHOW(row->usual, "%u owners' logins in 90 days", f->of[ATTR_IP].fleet_trained);
}

/* ---- the whole ----------------------------------------------------------------------------------------------------------------------
 */

void flips_find(const struct flip_judge *j, struct flips *out) {
    *out = (struct flips){0};
    struct decision decision;
    size_t used = j->step->used;
    out->now = judge_without(j, 0, &decision);
    out->named = names_of(j, &decision);
    j->step->used = used;
    out->without_named = try_without(j, out->named);
    out->without_others = try_without(j, ((1U << FACTOR_COUNT) - 1) & ~out->named);
    if (out->now.verdict != VERDICT_ALLOW)
        for (unsigned size = 1; size <= FLIP_FACTORS_MAX; size++) search_size(j, size, out);
    out->has_history = j->features->account_total > 0;
    tell_path(j->features, out);
    tell_time(j->features, out);
    tell_session(j->features, out);
}

static void write_set(unsigned set, struct buf *b) {
    for (unsigned i = 0, written = 0; i < FACTOR_COUNT; i++) {
        if (!(set & 1U << i)) continue;
        buf_fmt(b, "%s%.*s", !written++ ? "" : set >> (i + 1) ? ", " : " and ", STR_ARGS(factor_word((enum factor)i)));
    }
}

static void write_answer(const struct flip *f, struct buf *b) {
    buf_fmt(b, "%.*s%s, score %u\n", STR_ARGS(verdict_word(f->verdict)), f->takeover ? " and takeover" : "", f->score);
}

static void write_meaning(unsigned set, struct buf *b) {
    for (unsigned i = 0; i < FACTOR_COUNT; i++)
        if (set & 1U << i)
            buf_fmt(b, "             %.*s: %.*s\n", STR_ARGS(factor_word((enum factor)i)), STR_ARGS(factor_sentence((enum factor)i)));
}

static void write_flip(const char *name, const struct flip *f, struct buf *b) {
    buf_fmt(b, "%-10s if ", name);
    write_set(f->factors, b);
    buf_text(b, f->factors & (f->factors - 1) ? STR(" were as usual: ") : STR(" was as usual: "));
    write_answer(f, b);
}

void flips_write_text(const struct flips *f, struct buf *b) {
    buf_fmt(b, "\n   %-13s%-42s%s\n", "", "now", "usual for this account");
    for (unsigned i = 0; i < f->row_count; i++) {
        const struct usual_row *r = &f->rows[i];
        buf_fmt(b, " %c %-13s%-42s%s\n", r->unusual ? '!' : ' ', r->what, r->now, r->usual);
    }
    buf_char(b, '\n');
    if (f->now.verdict == VERDICT_ALLOW) {
        buf_fmt(b, "%-10s it was let through: there is nothing to flip\n", "flip");
        return;
    }
    if (f->milder.factors) write_flip("flip", &f->milder, b), write_meaning(f->milder.factors, b);
    else buf_fmt(b, "%-10s no %u factors together make the answer milder\n", "flip", FLIP_FACTORS_MAX);
    if (f->allowed.factors && f->allowed.factors != f->milder.factors) write_flip("", &f->allowed, b), write_meaning(f->allowed.factors, b);
    if (f->named) write_flip("reasons", &f->without_named, b);
}

static void json_set(unsigned set, struct buf *b) {
    buf_char(b, '[');
    for (unsigned i = 0, written = 0; i < FACTOR_COUNT; i++)
        if (set & 1U << i) buf_fmt(b, "%s\"%.*s\"", written++ ? "," : "", STR_ARGS(factor_word((enum factor)i)));
    buf_char(b, ']');
}

static void json_flip(const char *name, const struct flip *f, bool found, struct buf *b) {
    buf_fmt(b, ",\"%s\":", name);
    if (!found) {
        buf_text(b, STR("null"));
        return;
    }
    buf_text(b, STR("{\"factors\":"));
    json_set(f->factors, b);
    buf_fmt(b, ",\"decision\":\"%.*s\",\"takeover\":%s,\"score\":%u}", STR_ARGS(verdict_word(f->verdict)), f->takeover ? "true" : "false",
            f->score);
}

void flips_write_json(const struct flips *f, struct buf *b) {
    buf_text(b, STR("\"usual\":["));
    for (unsigned i = 0; i < f->row_count; i++) {
        const struct usual_row *r = &f->rows[i];
        buf_fmt(b, "%s{\"what\":\"%s\",\"now\":", i ? "," : "", r->what);
        buf_json(b, str_from(r->now));
        buf_text(b, STR(",\"usual\":"));
        buf_json(b, str_from(r->usual));
        buf_fmt(b, ",\"unusual\":%s}", r->unusual ? "true" : "false");
    }
    buf_fmt(b, "],\"flip\":{\"decision\":\"%.*s\",\"score\":%u,\"named\":", STR_ARGS(verdict_word(f->now.verdict)), f->now.score);
    json_set(f->named, b);
    json_flip("without_named", &f->without_named, f->named != 0, b);
    json_flip("milder", &f->milder, f->milder.factors != 0, b);
    json_flip("allowed", &f->allowed, f->allowed.factors != 0, b);
    buf_char(b, '}');
}
