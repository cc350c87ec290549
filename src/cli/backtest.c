// SPDX-License-Identifier: Apache-2.0
/* Judges what happened by two policies or models side by side, and counts what differs. */
#include "cli/backtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "cli/model_file.h"
#include "cli/policy_file.h"
#include "cli/progress.h"
#include "cli/wiring.h"
#include "engine/policy_event.h"
#include "incident/record.h"
#include "sys/clock.h"

struct playing {
    struct backtest *b;
    struct wiring side[2];
    unsigned open_count;
    int64_t now_ms;
    size_t place[2][POLICY_RULES_MAX]; /* in b->rules, of the rules of each policy */
    uint64_t window;                   /* the first position or number that is played; before it, the journal is learned from */
    struct progress progress;
};

uint64_t whose_sum(const struct whose_count *t) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < LABEL_COUNT; i++) sum += t->of[i];
    return sum;
}

static void add_example(struct example_ids *examples, struct str id) {
    if (examples->count == BACKTEST_EXAMPLES) return;
    (void)snprintf(examples->id[examples->count++], EXAMPLE_ID_SIZE, "%.*s", STR_ARGS(str_clip(id, EXAMPLE_ID_SIZE - 1)));
}

/* ---- rules --------------------------------------------------------------------------------------------------------------------------
 */

static size_t place_of_rule(struct backtest *b, struct str name) {
    for (size_t i = 0; i < b->rule_count; i++)
        if (str_equal(b->rules[i].name, name)) return i;
    b->rules[b->rule_count] = (struct rule_price){.name = name};
    return b->rule_count++;
}

static void list_rules(struct playing *play) {
    for (unsigned side = 0; side < 2; side++) {
        const struct policy *policy = play->b->policy[side]->policy;
        for (size_t i = 0; i < policy_rule_count(policy); i++) {
            struct rule_facts facts = policy_rule(policy, i);
            size_t at = play->place[side][i] = place_of_rule(play->b, facts.name);
            struct rule_price *r = &play->b->rules[at];
            r->is_in[side] = true, r->live[side] = facts.live, r->effect[side] = facts.effect, r->version[side] = facts.version;
        }
    }
}

/* Which rules of b->rules fired on each side: bit 0 and 1, and bit 2 and 3 where they are live there. */
static void who_fired(const struct playing *play, const struct receipt r[2], uint8_t fired[2 * POLICY_RULES_MAX]) {
    memset(fired, 0, 2 * POLICY_RULES_MAX);
    for (unsigned side = 0; side < 2; side++)
        for (size_t i = 0; !rule_set_empty(&r[side].decision.fired) && i < policy_rule_count(play->b->policy[side]->policy); i++) {
            size_t at = play->place[side][i];
            if (!rule_set_has(&r[side].decision.fired, i)) continue;
            fired[at] |= (uint8_t)(1U << side);
            if (play->b->rules[at].live[side]) fired[at] |= (uint8_t)(4U << side);
        }
}

/* The verdict that an effect asks for of an act. */
static enum verdict verdict_of(struct str effect) {
    if (str_equal(effect, STR("deny"))) return VERDICT_DENY;
    if (str_equal(effect, STR("hold")) || str_equal(effect, STR("takeover"))) return VERDICT_HOLD;
    return str_equal(effect, STR("challenge")) ? VERDICT_CHALLENGE : VERDICT_ALLOW;
}

static void price_change(struct rule_price *r, enum label label, bool stricter, struct str id) {
    if (stricter) r->to_stricter.of[label]++;
    else r->to_milder.of[label]++;
    add_example(&r->examples, id);
}

/* A changed answer is put down to the rules that are followed on one side only; where there are none, to thresholds and learning. */
static void price_rules(struct playing *play, const struct event *e, const struct receipt r[2], enum label label) {
    struct backtest *b = play->b;
    uint8_t fired[2 * POLICY_RULES_MAX];
    who_fired(play, r, fired);
    enum verdict from = r[0].decision.verdict, to = r[1].decision.verdict;
    bool explained = false;
    for (size_t i = 0; i < b->rule_count; i++) {
        struct rule_price *rule = &b->rules[i];
        for (unsigned side = 0; side < 2; side++) rule->fired[side].of[label] += fired[i] >> side & 1;
        if (fired[i] & 2 && !rule->live[1] && verdict_of(rule->effect[1]) > to) rule->stricter.of[label]++;
        if (from == to || (fired[i] >> 2 & 1) == (fired[i] >> 3 & 1)) continue;
        price_change(rule, label, to > from, e->id);
        explained = true;
    }
    if (from != to && !explained) price_change(&b->settings, label, to > from, e->id);
}

/* ---- takeovers ----------------------------------------------------------------------------------------------------------------------
 */

static enum err take_takeover(struct backtest *b, uint64_t key, const struct event *e, struct takeover **out, struct problem *p) {
    uint64_t *place;
    enum err err = key_map_put(&b->takeover_places, key, &place, p);
    if (err) return err;
    if (!*place) {
        if (b->takeover_count == b->takeover_capacity) {
            size_t capacity = b->takeover_capacity * 2 + 64;
            struct takeover *grown = realloc(b->takeovers, capacity * sizeof *grown);
            if (!grown) return problem_set(p, ERR_FULL, "", "", "no memory for %zu takeovers", capacity);
            b->takeovers = grown, b->takeover_capacity = capacity;
        }
        struct takeover *fresh = &b->takeovers[b->takeover_count];
        *fresh = (struct takeover){0};
        (void)snprintf(fresh->first, sizeof fresh->first, "%.*s", STR_ARGS(str_clip(e->id, EXAMPLE_ID_SIZE - 1)));
        *place = ++b->takeover_count;
    }
    *out = &b->takeovers[*place - 1];
    return ERR_OK;
}

static enum err follow_takeover(struct backtest *b, const struct known *known, const struct event *e, const struct receipt r[2],
                                struct problem *p) {
    struct takeover *t = NULL;
    enum err err = take_takeover(b, known->takeover, e, &t, p);
    if (err || !t) return err;
    for (unsigned side = 0; side < 2; side++) {
        if (r[side].decision.verdict == VERDICT_ALLOW) continue;
        t->in_time[side] |= !t->caught[side] && !t->effect_seen;
        t->caught[side] = true;
    }
    t->effect_seen |= known->effect;
    return ERR_OK;
}

/* ---- one event ----------------------------------------------------------------------------------------------------------------------
 */

static enum err count(struct playing *play, const struct event *e, const struct receipt r[2], struct problem *p) {
    struct backtest *b = play->b;
    struct known known = backtest_truth_of(b->truth, e);
    enum verdict from = r[0].decision.verdict, to = r[1].decision.verdict;
    if (!b->counted++) b->first_ms = e->time_ms;
    b->last_ms = play->now_ms;
    struct transition *t = &b->changes[from][to];
    t->events.of[known.label]++;
    if (from != to) add_example(&t->examples[known.label], e->id);
    bool visit = event_is_login_success(e) && known.label == LABEL_OWNER;
    b->owner_logins += visit;
    for (unsigned side = 0; side < 2; side++) {
        b->answers[side][r[side].decision.verdict].of[known.label]++;
        b->owner_logins_challenged[side] += visit && r[side].decision.verdict != VERDICT_ALLOW;
        b->takeover_opened[side] += r[side].decision.takeover;
    }
    int moved = (int)r[1].decision.score - (int)r[0].decision.score;
    b->score_up.of[known.label] += moved >= SCORE_MOVED;
    b->score_down.of[known.label] += moved <= -SCORE_MOVED;
    price_rules(play, e, r, known.label);
    return known.label == LABEL_HIJACKER ? follow_takeover(b, &known, e, r, p) : ERR_OK;
}

/* Every side opens its own incidents. Who speaks of one means the one that is open on his account there. */
struct translated {
    struct event event;
    char id[64];
};

static void translate(const struct key_map *open, const struct event *e, struct translated *out) {
    out->event = *e;
    const uint64_t *position = e->subject.size ? key_map_get(open, label_key(e->subject)) : NULL;
    if (!position || !*position) return;
    (void)snprintf(out->id, sizeof out->id, "inc_%llu", (unsigned long long)*position);
    if (incident_position(e->incident)) out->event.incident = str_from(out->id);
    if (incident_position(e->about)) out->event.about = str_from(out->id);
}

static enum err submit_once(struct wiring *w, const struct event *e, bool own, struct receipt *out, struct problem *p) {
    return own ? engine_submit_own(w->engine, e, out, p) : engine_submit(w->engine, e, out, p);
}

static enum err submit(struct playing *play, unsigned side, const struct event *e, bool own, struct receipt *out, struct problem *p) {
    struct wiring *w = &play->side[side];
    struct translated here;
    translate(&play->b->open[side], e, &here);
    enum err err = submit_once(w, &here.event, own, out, p);
    if (err == ERR_FULL) {
        err = wiring_settle(w, p);
        if (!err) err = submit_once(w, &here.event, own, out, p);
    }
    if (err || !e->subject.size) return err;
    uint64_t key = label_key(e->subject), *open = key_map_get(&play->b->open[side], key);
    if (!open && out->incident) {
        err = key_map_put(&play->b->open[side], key, &open, p);
        if (err) return err;
    }
    if (open) *open = out->incident;
    return ERR_OK;
}

/* Of what we said ourselves only the end of an incident is played: it says that the account is its owner's again. */
static bool ends_incident(const struct event *e) {
    return e->kind == KIND_TIMER_FIRED && incident_position(e->about);
}

static enum err play_event(void *context, uint64_t position, const struct event *e, struct problem *p) {
    struct playing *play = context;
    struct backtest *b = play->b;
    if (position < play->window) return ERR_OK;
    bool own = str_equal(e->source, POLICY_EVENT_SOURCE);
    if (own && !ends_incident(e)) return b->own++, ERR_OK;
    if (e->time_ms > play->now_ms) play->now_ms = e->time_ms;
    struct receipt r[2];
    for (unsigned side = 0; side < 2; side++) {
        struct problem bad = {0};
        enum err err = submit(play, side, e, own, &r[side], &bad);
        if (err == ERR_CONFLICT || err == ERR_DENIED) return b->refused++, ERR_OK; /* on the first side already */
        if (err) return *p = bad, err;
    }
    if (own) return b->own++, ERR_OK;
    if (position % 256 == 0) {
        struct clock real = clock_real();
        progress_show(&play->progress, position, position, real.monotonic_us(real.self));
    }
    if (r[0].repeated) return ERR_OK;
    if (e->time_ms < b->from_ms) return b->learned++, ERR_OK;
    return count(play, e, r, p);
}

/* ---- the whole ----------------------------------------------------------------------------------------------------------------------
 */

static int64_t virtual_now_ms(void *self) {
    return ((const struct playing *)self)->now_ms;
}

static int64_t virtual_monotonic_us(void *self) {
    return virtual_now_ms(self) * 1000;
}

static enum err find_window(void *context, uint64_t position, const struct event *e, struct problem *p) {
    (void)p;
    struct playing *play = context;
    if (!str_equal(e->source, POLICY_EVENT_SOURCE) && e->time_ms >= play->b->from_ms) return play->window = position, ERR_CANCELED;
    if (e->time_ms > play->now_ms) play->now_ms = e->time_ms;
    return ERR_OK;
}

/* What the journal holds before the window is learned with the answers that were given then; a file is played from its begin. */
static enum err open_sides(struct playing *play, struct problem *p) {
    struct backtest *b = play->b;
    if (!b->source->file) {
        enum err err = backtest_source_scan(b->source, find_window, play, p);
        if (err && err != ERR_CANCELED) return err;
        b->learned = play->window ? play->window - 1 : 0;
    }
    struct clock clock = {virtual_now_ms, virtual_monotonic_us, play};
    struct wiring_options o = {.clock = &clock, .facts_journaled = !b->source->file};
    if (play->window > 1) o.learn_from = b->source->data, o.learn_to = play->window - 1;
    for (unsigned side = 0; side < 2; side++) {
        enum err err = wiring_open(&o, &play->side[side], p);
        if (err) return err;
        play->open_count++;
        err = engine_set_policy(play->side[side].engine, b->policy[side]->bundle, p);
        if (!err) err = engine_set_model(play->side[side].engine, b->model[side]->text, STR_NONE, p);
        if (err) return err;
    }
    return ERR_OK;
}

enum err backtest_run(struct backtest *b, struct problem *p) {
    struct playing *play = calloc(1, sizeof *play);
    if (!play) return problem_set(p, ERR_FULL, "", "", "no memory");
    play->b = b;
    list_rules(play);
    enum err err = open_sides(play, p);
    struct clock real = clock_real();
    progress_init(&play->progress, stderr, "backtesting", "backtested", "events", b->source->last, real.monotonic_us(real.self));
    if (!err) err = backtest_source_scan(b->source, play_event, play, p);
    struct problem ignored;
    for (unsigned side = 0; side < play->open_count; side++) (void)!wiring_close(&play->side[side], &ignored);
    if (!err) progress_end(&play->progress, b->counted, real.monotonic_us(real.self));
    free(play);
    if (!err && !b->counted) err = problem_set(p, ERR_INVALID, "--days", "", "no event of a shop lies within these days");
    return err;
}

void backtest_release(struct backtest *b) {
    key_map_release(&b->takeover_places), key_map_release(&b->open[0]), key_map_release(&b->open[1]);
    free(b->takeovers);
}
