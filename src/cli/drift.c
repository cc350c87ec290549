// SPDX-License-Identifier: Apache-2.0
/* Counts the logins of two windows of a journal by attribute and score, to tell how far they differ. */
#include "cli/drift.h"

#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/moment.h"
#include "decide/decision.h"
#include "engine/policy_event.h"
#include "enrich/portrait.h"

#define VALUES_MAX  4096
#define MEMORY_SIZE ((size_t)32 << 20)
#define MISSING     STR("(missing)")
#define RISKY_SCORE 500
/* Off by half is off: thresholds mean friction only as long as this is small. */
#define OFF_TIMES 1.5

/* The scale of docs/explanation/score.md: linear in the logarithm between 5 % and 0.1 %. */
const uint16_t drift_levels[DRIFT_LEVELS] = {500, 700, 900};
static const double promises[DRIFT_LEVELS] = {0.05, 0.00707, 0.001};

double drift_promise(unsigned level) {
    return promises[level];
}

struct str drift_attribute_word(enum drift_attribute a) {
    switch (a) {
    case DRIFT_COUNTRY: return STR("country");
    case DRIFT_ASN: return STR("asn");
    case DRIFT_BROWSER: return STR("browser");
    case DRIFT_OS: return STR("os");
    case DRIFT_LANGUAGE: return STR("language");
    case DRIFT_TIMEZONE: return STR("timezone");
    case DRIFT_NET: return STR("net");
    case DRIFT_METHOD: return STR("method");
    case DRIFT_HOUR: return STR("hour");
    case DRIFT_DEVICE: return STR("device");
    case DRIFT_JA4: return STR("ja4");
    case DRIFT_SCORE_0: return STR("score_depth_0");
    case DRIFT_SCORE_1_TO_4: return STR("score_depth_1_to_4");
    case DRIFT_SCORE_5_AND_MORE: return STR("score_depth_5_and_more");
    case DRIFT_ATTRIBUTES: break;
    }
    return STR_NONE;
}

/* ---- counting ----------------------------------------------------------------------------------------------------------------------- */

struct counting {
    struct drift_report *report;
    const struct event *event;
    struct problem *problem;
    uint64_t account;
    unsigned window; /* 0 = before, 1 = now */
};

/* Values beyond the room are counted together under the last name. */
static enum err count_value(struct counting *c, enum drift_attribute a, struct str value) {
    struct drift_tally *t = &c->report->of[a];
    bool fresh;
    uint32_t place = numbering_add(&t->names, value.size ? value : MISSING, &fresh);
    if (place == NUMBERING_NONE) place = t->names.count_max - 1;
    struct drift_value *v = &t->values[place];
    if (c->window) v->present++;
    else v->reference++;
    t->sum[c->window]++;
    uint64_t *seen;
    enum err err = key_map_put(&c->report->counted, hash_mix(c->account, a), &seen, c->problem);
    if (err || (*seen & (1U << c->window))) return err;
    *seen |= 1U << c->window;
    t->size.accounts[c->window]++;
    return ERR_OK;
}

static enum err count_text(struct counting *c, enum drift_attribute a, const char *format, uint64_t value) {
    char text[32];
    struct buf b = buf_over(text, sizeof text);
    buf_fmt(&b, format, (unsigned long long)value);
    return count_value(c, a, buf_str(&b));
}

static enum err count_attributes(struct counting *c) {
    const struct event *e = c->event;
    struct str browser, os;
    enrich_name_client(e->user_agent, &browser, &os);
    const struct {
        enum drift_attribute attribute;
        struct str value;
    } texts[] = {
        {DRIFT_COUNTRY, e->country},
        {DRIFT_BROWSER, browser},
        {DRIFT_OS, os},
        {DRIFT_LANGUAGE, e->language},
        {DRIFT_TIMEZONE, e->timezone},
        {DRIFT_NET, net_word(e->net)},
        {DRIFT_METHOD, method_word(e->method)},
        {DRIFT_DEVICE, e->device.size ? STR("sent") : STR_NONE},
        {DRIFT_JA4, e->ja4.size ? STR("sent") : STR_NONE},
    };
    enum err err = count_text(c, DRIFT_HOUR, "%02llu", moment_hour(e->time_ms));
    if (!err) err = e->asn_present ? count_text(c, DRIFT_ASN, "AS%llu", (uint64_t)e->asn) : count_value(c, DRIFT_ASN, STR_NONE);
    for (size_t i = 0; !err && i < sizeof texts / sizeof *texts; i++) err = count_value(c, texts[i].attribute, texts[i].value);
    return err;
}

static struct str score_group(uint16_t score) {
    if (score >= 900) return STR("900 to 1000");
    if (score >= 700) return STR("700 to 899");
    if (score >= 500) return STR("500 to 699");
    if (score >= 250) return STR("250 to 499");
    return score ? STR("1 to 249") : STR("0");
}

/* As the scale learns: of an account's risky logins the first in a day. */
static enum err is_repeated_risk(struct counting *c, uint16_t score, bool *out) {
    *out = false;
    if (score < RISKY_SCORE) return ERR_OK;
    uint64_t *last;
    enum err err = key_map_put(&c->report->risky_ms, c->account, &last, c->problem);
    if (err) return err;
    *out = *last && c->event->time_ms - (int64_t)*last < DAY_MS;
    if (!*out) *last = (uint64_t)c->event->time_ms;
    return ERR_OK;
}

static enum err count_score(struct counting *c, unsigned depth, bool repeated, uint16_t score) {
    struct drift_report *r = c->report;
    if (repeated) return ERR_OK;
    r->depth_logins[c->window][depth]++;
    for (unsigned i = 0; i < DRIFT_LEVELS; i++) r->reached[c->window][depth][i] += score >= drift_levels[i];
    return count_value(c, DRIFT_SCORE_0 + depth, score_group(score));
}

static enum err count_login(struct drift_report *r, const struct event *e, uint64_t before, struct problem *p) {
    struct counting c = {r, e, p, hash_str(e->subject, 5), e->time_ms >= r->from_ms};
    struct decision d;
    bool scored = r->source->record && !decision_decode(r->source->record->decision, &d), repeated;
    if (!scored) return r->unscored++, ERR_OK;
    /* Also before the first window: a risky login of yesterday is a repetition today. */
    enum err err = is_repeated_risk(&c, d.score, &repeated);
    if (err || e->time_ms < r->against_ms || e->time_ms >= r->to_ms) return err;
    r->logins[c.window]++;
    uint64_t *seen;
    err = key_map_put(&r->counted, hash_mix(c.account, DRIFT_ATTRIBUTES), &seen, p);
    if (err) return err;
    if (!(*seen & (1U << c.window))) *seen |= 1U << c.window, r->accounts[c.window]++;
    err = count_attributes(&c);
    return err ? err : count_score(&c, before == 0 ? 0 : before < 5 ? 1 : 2, repeated, d.score);
}

static enum err take_one(void *context, uint64_t position, const struct event *e, struct problem *p) {
    (void)position;
    struct drift_report *r = context;
    if (!event_is_login_success(e) || !e->subject.size || str_equal(e->source, POLICY_EVENT_SOURCE)) return ERR_OK;
    uint64_t *before;
    enum err err = key_map_put(&r->seen, hash_str(e->subject, 5), &before, p);
    return err ? err : count_login(r, e, (*before)++, p);
}

/* ---- what moved --------------------------------------------------------------------------------------------------------------------- */

static double moved_by(const struct drift_tally *t, size_t place) {
    return fabs(drift_moved(&t->values[place], t->sum[0], t->sum[1]));
}

static void find_moved(struct drift_tally *t) {
    for (size_t i = 0; i < t->names.count; i++) {
        size_t at = i;
        if (moved_by(t, i) < 0.005) continue;
        for (unsigned k = 0; k < DRIFT_MOVED; k++) {
            if (k == t->moved_count) {
                t->moved[t->moved_count++] = at;
                break;
            }
            if (moved_by(t, at) <= moved_by(t, t->moved[k])) continue;
            size_t next = t->moved[k];
            t->moved[k] = at, at = next;
        }
    }
}

static void measure(struct drift_report *r) {
    for (unsigned a = 0; a < DRIFT_ATTRIBUTES; a++) {
        struct drift_tally *t = &r->of[a];
        for (size_t i = 0; i < t->names.count; i++) t->values[i].name = t->names.texts[i];
        drift_measure(t->values, t->names.count, &t->size, &t->figure);
        if (t->sum[0] && t->sum[1]) find_moved(t);
    }
}

bool drift_scale_is_off(const struct drift_report *r, int depth, unsigned level, double *times) {
    uint64_t logins = 0, reached = 0;
    for (int d = 0; d < DRIFT_DEPTHS; d++)
        if (depth < 0 || d == depth) logins += r->depth_logins[1][d], reached += r->reached[1][d][level];
    *times = 0;
    if (!logins) return false;
    struct drift_share s = drift_share(reached, logins);
    double promise = drift_promise(level);
    *times = s.value / promise;
    return s.low > promise * OFF_TIMES || s.high * OFF_TIMES < promise;
}

enum drift_state drift_worst(const struct drift_report *r) {
    enum drift_state worst = DRIFT_STABLE;
    for (unsigned a = 0; a < DRIFT_ATTRIBUTES; a++)
        if (r->of[a].figure.state > worst) worst = r->of[a].figure.state;
    return worst;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

static enum err open_tallies(struct drift_report *r, struct problem *p) {
    r->memory = calloc(1, MEMORY_SIZE);
    r->arena = arena_over(r->memory, r->memory ? MEMORY_SIZE : 0);
    for (unsigned a = 0; a < DRIFT_ATTRIBUTES; a++) {
        r->of[a].values = arena_take(&r->arena, VALUES_MAX * sizeof *r->of[a].values);
        if (!r->of[a].values || numbering_init(&r->of[a].names, &r->arena, VALUES_MAX, true))
            return problem_set(p, ERR_FULL, "", "", "no memory to count with");
    }
    return ERR_OK;
}

enum err drift_run(struct drift_report *r, struct problem *p) {
    enum err err = open_tallies(r, p);
    if (!err) err = backtest_source_scan(r->source, take_one, r, p);
    if (err) return err;
    if (!r->logins[0]) return problem_set(p, ERR_INVALID, "--against", "begin earlier", "the window to compare with holds no login");
    if (!r->logins[1]) return problem_set(p, ERR_INVALID, "--from", "begin earlier", "the present window holds no login");
    measure(r);
    return ERR_OK;
}

void drift_release(struct drift_report *r) {
    key_map_release(&r->seen), key_map_release(&r->risky_ms), key_map_release(&r->counted);
    free(r->memory);
    r->memory = NULL;
}
