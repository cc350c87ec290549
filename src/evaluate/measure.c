// SPDX-License-Identifier: Apache-2.0
/* Cuts the sample by time, sets thresholds, and measures the test part, once as it is and then as often as the bootstrap draws accounts. */
#include "evaluate/measure.h"

#include <math.h>

#include "base/check.h"
#include "base/moment.h"
#include "base/sort.h"
#include "evaluate/tally.h"

enum part { PART_TRAIN, PART_VALIDATE, PART_TEST };

/* What is known of an incident before any score. */
struct incident {
    int64_t first_ms;
    uint32_t account; /* NUMBERING_NONE: none of its events was read yet */
    uint16_t family;
    uint8_t depth;
    uint8_t part;
    uint8_t shop;
    bool held, effect, straddles, in_view;
};

/* What one file of scores made of it, in one view. */
struct detection {
    double score; /* the greatest of its events' */
    uint32_t events;
    uint32_t alarmed_events[SHARE_COUNT]; /* events up to the alarm, 0 = none */
    double alarmed_minutes[SHARE_COUNT];
    uint16_t bits; /* of struct item */
    bool effect_seen;
};

struct work {
    struct sample *s;
    const struct plan *plan;
    struct measurement *m;
    struct arena *arena;
    struct incident *incidents;
    struct strata strata;
    uint32_t *visits; /* of each row that first one of its visit; NUMBERING_NONE: of none */
    double *scores;   /* by row, of the present file and view: a visit's stand at its first row; NAN = not scored */
};

/* ---- the plan ----------------------------------------------------------------------------------------------------------------------- */

struct plan plan_default(void) {
    return (struct plan){.train_percent = 50, .validate_percent = 20, .prevalence = 1e-4, .rounds = 400, .seed = 1};
}

static enum err hold_out(const struct numbering *names, struct str list, const char *option, const char *what, bool *held,
                         struct problem *p) {
    for (struct str rest = list; rest.size;) {
        struct str name = str_trim(str_cut(rest, ',', &rest));
        uint32_t number = numbering_find(names, name);
        if (number == NUMBERING_NONE)
            return problem_set(p, ERR_NOT_FOUND, option, "write the names as in the labels, with commas between", "no %s is called '%.*s'",
                               what, STR_ARGS(name));
        held[number] = true;
    }
    return ERR_OK;
}

enum err plan_hold_out_families(struct plan *plan, const struct sample *s, struct str list, struct problem *p) {
    plan->holds_out = true;
    return hold_out(&s->families, list, "--hold-out-families", "family", plan->family_held, p);
}

enum err plan_hold_out_networks(struct plan *plan, const struct sample *s, struct str list, struct problem *p) {
    plan->holds_out = true;
    return hold_out(&s->networks, list, "--hold-out-networks", "network", plan->network_held + 1, p);
}

/* ---- cuts --------------------------------------------------------------------------------------------------------------------------- */

static bool is_told(const struct sample_row *r) {
    return r->label == SAMPLE_OWNER || r->label == SAMPLE_HIJACKER;
}

static int compare_times(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The times of the events at which these shares of the shop's labelled ones have passed; of late events by when they happened. */
static enum err cut_by_share(struct work *w, const struct sample_shop *shop, struct cuts *cuts, struct problem *p) {
    const struct sample *s = w->s;
    struct arena before = *w->arena;
    int64_t *times = arena_take(w->arena, (shop->end - shop->first) * sizeof *times + 1);
    if (!times) return problem_set(p, ERR_FULL, "", "", "no memory for %u times", shop->end - shop->first);
    size_t told = 0;
    for (uint32_t i = shop->first; i < shop->end; i++)
        if (is_told(&s->rows[i])) times[told++] = s->rows[i].time_ms;
    if (shop->late) sort_items(times, told, sizeof *times, compare_times);
    cuts->validate_from_ms = told ? times[told * w->plan->train_percent / 100] : shop->latest_ms;
    cuts->test_from_ms = told ? times[told * (w->plan->train_percent + w->plan->validate_percent) / 100] : shop->latest_ms;
    *w->arena = before;
    return ERR_OK;
}

static enum err cut_shop(struct work *w, const struct sample_shop *shop, struct cuts *cuts, struct problem *p) {
    const struct plan *plan = w->plan;
    *cuts = (struct cuts){shop->earliest_ms, plan->validate_from_ms, plan->test_from_ms, shop->latest_ms};
    if (!plan->test_from_ms) return cut_by_share(w, shop, cuts, p);
    if (cuts->validate_from_ms <= cuts->test_from_ms) return ERR_OK;
    return problem_set(p, ERR_INVALID, "--validate-from", "validation is before the test",
                       "the validation part begins after the test part");
}

static enum err cut(struct work *w, struct problem *p) {
    const struct plan *plan = w->plan;
    if (plan->train_percent + plan->validate_percent >= 100)
        return problem_set(p, ERR_INVALID, "--split", "leave some for the test, e.g. 50,20,30", "no event is left for the test");
    enum err err = ERR_OK;
    for (unsigned i = 0; i < w->s->shop_count && !err; i++) err = cut_shop(w, &w->s->shops[i], &w->m->cuts[i], p);
    return err;
}

static enum part part_at(const struct cuts *cuts, int64_t time_ms) {
    return time_ms >= cuts->test_from_ms ? PART_TEST : time_ms >= cuts->validate_from_ms ? PART_VALIDATE : PART_TRAIN;
}

static enum part part_of(const struct work *w, const struct sample_row *r) {
    return part_at(&w->m->cuts[r->shop], r->time_ms);
}

static void note_incident(struct work *w, const struct sample_row *r) {
    struct incident *i = &w->incidents[r->incident];
    bool is_new = i->account == NUMBERING_NONE;
    if (is_new || r->time_ms < i->first_ms) i->first_ms = r->time_ms;
    if (is_new) {
        i->account = r->account;
        i->family = r->family;
        i->depth = r->depth;
        i->shop = r->shop;
    }
    i->effect |= r->effect;
    i->held |= w->plan->family_held[r->family] || (r->network && w->plan->network_held[r->network]);
}

static enum err find_incidents(struct work *w, struct problem *p) {
    const struct sample *s = w->s;
    w->incidents = arena_take(w->arena, (s->incidents.count + 1) * sizeof *w->incidents);
    if (!w->incidents) return problem_set(p, ERR_FULL, "", "", "no memory for %u incidents", s->incidents.count);
    for (uint32_t i = 0; i < s->incidents.count; i++) w->incidents[i] = (struct incident){.account = NUMBERING_NONE};
    for (uint32_t i = 0; i < s->count; i++)
        if (s->rows[i].label == SAMPLE_HIJACKER) note_incident(w, &s->rows[i]);
    for (uint32_t i = 0; i < s->incidents.count; i++)
        w->incidents[i].part = (uint8_t)part_at(&w->m->cuts[w->incidents[i].shop], w->incidents[i].first_ms);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct sample_row *r = &s->rows[i];
        if (r->label != SAMPLE_HIJACKER) continue;
        struct incident *of = &w->incidents[r->incident];
        if (part_of(w, r) == of->part || of->straddles) continue;
        of->straddles = true;
        w->m->straddling++;
    }
    return ERR_OK;
}

static bool is_tested(const struct work *w, const struct sample_row *r) {
    if (r->label == SAMPLE_HIJACKER) return w->incidents[r->incident].part == PART_TEST;
    return r->label == SAMPLE_OWNER && part_of(w, r) == PART_TEST;
}

/* Is an event among those that may raise an alarm in this view? */
static bool is_in(const struct view *v, const struct sample_row *r) {
    return v->number == VIEW_EVENTS || (v->number == VIEW_LOGINS ? r->login : r->path);
}

/* Does the row count as one in this view? A visit is counted at its first. */
static bool counts_in(const struct work *w, const struct view *v, uint32_t row) {
    return is_in(v, &w->s->rows[row]) && (v->number != VIEW_VISITS || w->visits[row] == row);
}

/* ---- visits ------------------------------------------------------------------------------------------------------------------------- */

#define VISIT_GAP_MS (30 * MINUTE_MS)

struct last_seen {
    int64_t time_ms;
    uint32_t first; /* row; NUMBERING_NONE: never seen */
};

/* Owners' visits by account, hijackers' by incident: where both are there at once, these are two visits. */
static enum err find_visits(struct work *w, struct problem *p) {
    const struct sample *s = w->s;
    w->visits = arena_take(w->arena, s->count * sizeof *w->visits + 1);
    struct arena before = *w->arena;
    uint32_t seen_count = s->accounts.count + s->incidents.count;
    struct last_seen *seen = arena_take(w->arena, seen_count * sizeof *seen + 1);
    if (!w->visits || !seen) return problem_set(p, ERR_FULL, "", "", "no memory for the visits of %u accounts", s->accounts.count);
    for (uint32_t i = 0; i < seen_count; i++) seen[i].first = NUMBERING_NONE;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct sample_row *r = &s->rows[i];
        w->visits[i] = NUMBERING_NONE;
        if (!is_told(r) || !r->path) continue;
        struct last_seen *last = &seen[r->label == SAMPLE_OWNER ? r->account : s->accounts.count + r->incident];
        int64_t gap_ms = last->first == NUMBERING_NONE ? INT64_MAX : r->time_ms - last->time_ms;
        if (gap_ms > VISIT_GAP_MS || gap_ms < -VISIT_GAP_MS) last->first = i;
        last->time_ms = r->time_ms;
        w->visits[i] = last->first;
    }
    *w->arena = before;
    return ERR_OK;
}

/* The file's scores, as this view sees them. */
static void take_scores(struct work *w, const struct view *v, unsigned file) {
    const double *scores = w->s->files[file].scores;
    for (uint32_t i = 0; i < w->s->count; i++) {
        w->scores[i] = scores[i];
        uint32_t first = v->number == VIEW_VISITS ? w->visits[i] : NUMBERING_NONE;
        if (first == NUMBERING_NONE || first == i || isnan(scores[i])) continue;
        if (isnan(w->scores[first]) || w->scores[first] < scores[i]) w->scores[first] = scores[i];
    }
}

/* ---- thresholds --------------------------------------------------------------------------------------------------------------------- */

static int compare_scores(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* -INFINITY: not scored. */
static double lowest_if_none(double score) {
    return isnan(score) ? -(double)INFINITY : score;
}

static double score_of(const struct work *w, uint32_t row) {
    return lowest_if_none(w->scores[row]);
}

/* Owners' events of the validation part, but for those that come over a network that is held out. */
static bool is_calibrating(const struct work *w, const struct view *v, uint32_t row) {
    const struct sample_row *r = &w->s->rows[row];
    if (r->label != SAMPLE_OWNER || !counts_in(w, v, row) || part_of(w, r) != PART_VALIDATE) return false;
    return !(r->network && w->plan->network_held[r->network]);
}

/* Of each shop the score that exactly `allowed` of its n owners' events, or fewer where some are equal, are above. */
static enum err set_cuts(struct work *w, struct view *v, unsigned file, struct problem *p) {
    const struct sample *s = w->s;
    struct arena before = *w->arena;
    double *scores = arena_take(w->arena, v->validation_owners * sizeof *scores + 1);
    if (!scores) return problem_set(p, ERR_FULL, "", "", "no memory to set thresholds");
    for (unsigned shop = 0; shop < s->shop_count; shop++) {
        size_t count = 0;
        for (uint32_t i = s->shops[shop].first; i < s->shops[shop].end; i++)
            if (is_calibrating(w, v, i)) scores[count++] = score_of(w, i);
        sort_items(scores, count, sizeof *scores, compare_scores);
        static const size_t one_in[SHARE_COUNT] = {100, 1000};
        for (unsigned k = 0; k < SHARE_COUNT; k++) {
            size_t allowed = count / one_in[k];
            v->files[file].cuts[shop][k] = allowed ? scores[count - 1 - allowed] : (double)NAN;
        }
    }
    *w->arena = before;
    return ERR_OK;
}

bool measure_has_cuts(const struct sample *s, const struct view_file *f, enum share k) {
    for (unsigned shop = 0; shop < s->shop_count; shop++)
        if (isnan(f->cuts[shop][k])) return false;
    return true;
}

/* ---- one file in one view ----------------------------------------------------------------------------------------------------------- */

static void note_alarms(const struct view_file *f, const struct sample_row *r, const struct incident *of, double score,
                        struct detection *d) {
    if (score > d->score) d->score = score;
    for (unsigned k = 0; k < SHARE_COUNT; k++) {
        if (!(score > f->cuts[r->shop][k]) || d->alarmed_events[k]) continue;
        d->alarmed_events[k] = d->events;
        d->alarmed_minutes[k] = (double)(r->time_ms - of->first_ms) / 60000;
        d->bits |= ITEM_ABOVE(k);
        if (!d->effect_seen && !r->effect) d->bits |= ITEM_BEFORE(k);
        if (!d->effect_seen) d->bits |= ITEM_NOT_AFTER(k);
    }
}

static void detect(const struct work *w, const struct view *v, unsigned file, struct detection *detections) {
    const struct sample *s = w->s;
    for (uint32_t i = 0; i < s->incidents.count; i++) detections[i] = (struct detection){.score = -(double)INFINITY};
    for (uint32_t i = 0; i < s->count; i++) {
        const struct sample_row *r = &s->rows[i];
        if (r->label != SAMPLE_HIJACKER || !is_tested(w, r)) continue;
        struct detection *d = &detections[r->incident];
        d->events++;
        if (is_in(v, r)) note_alarms(&v->files[file], r, &w->incidents[r->incident], lowest_if_none(s->files[file].scores[i]), d);
        d->effect_seen |= r->effect;
    }
}

static uint16_t above(const double cuts[SHARE_COUNT], double score) {
    uint16_t bits = 0;
    for (unsigned k = 0; k < SHARE_COUNT; k++)
        if (score > cuts[k]) bits |= ITEM_ABOVE(k);
    return bits;
}

static struct item item_of_row(const struct work *w, const struct view_file *f, const struct sample_row *r, double score) {
    struct item it = {
        .score = score, .account = r->account, .depth = r->depth & 3U, .bits = above(f->cuts[r->shop], score), .kind = ITEM_OWNER};
    if (r->label == SAMPLE_OWNER) return it;
    it.kind = ITEM_HIJACKER;
    it.family = (uint8_t)r->family;
    if (w->incidents[r->incident].held) it.bits |= ITEM_HELD;
    return it;
}

static struct item item_of_incident(const struct incident *i, const struct detection *d) {
    return (struct item){.score = d->score,
                         .account = i->account,
                         .depth = i->depth & 3U,
                         .family = (uint8_t)i->family,
                         .kind = ITEM_INCIDENT,
                         .bits = (uint16_t)(d->bits | (i->held ? ITEM_HELD : 0) | (i->effect ? ITEM_EFFECT : 0))};
}

static enum err list_items(struct work *w, struct view *v, unsigned file, const struct detection *detections, struct tally *t,
                           struct problem *p) {
    const struct sample *s = w->s;
    struct view_file *f = &v->files[file];
    uint64_t count = v->counts[GROUP_ALL].owners + v->counts[GROUP_ALL].hijackers + v->counts[GROUP_ALL].incidents;
    t->items = arena_take(w->arena, count * sizeof *t->items + 1);
    t->shops = arena_take(w->arena, count + 1);
    if (!t->items || !t->shops) return problem_set(p, ERR_FULL, "", "", "no memory for %llu scores", (unsigned long long)count);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct sample_row *r = &s->rows[i];
        if (!is_tested(w, r) || !counts_in(w, v, i)) continue;
        if (isnan(w->scores[i])) *(r->label == SAMPLE_OWNER ? &f->owners_unscored : &f->hijackers_unscored) += 1;
        t->shops[t->count] = r->shop;
        t->items[t->count++] = item_of_row(w, f, r, score_of(w, i));
    }
    for (uint32_t i = 0; i < s->incidents.count; i++) {
        if (w->incidents[i].account == NUMBERING_NONE || w->incidents[i].part != PART_TEST) continue;
        t->shops[t->count] = w->incidents[i].shop;
        t->items[t->count++] = item_of_incident(&w->incidents[i], &detections[i]);
    }
    CHECK(t->count == count);
    return ERR_OK;
}

static void take_levels(const struct work *w, const struct tally *t, struct view_file *f) {
    for (unsigned k = 0; k < w->plan->level_count; k++) {
        uint64_t reached[ITEM_KINDS] = {0}, of[ITEM_KINDS] = {0};
        for (size_t i = 0; i < t->count; i++) {
            of[t->items[i].kind]++;
            reached[t->items[i].kind] += t->items[i].score >= w->plan->levels[k];
        }
        double share[ITEM_KINDS];
        for (unsigned i = 0; i < ITEM_KINDS; i++) share[i] = of[i] ? (double)reached[i] / (double)of[i] : (double)NAN;
        f->reached[k] = (struct reached){share[ITEM_OWNER], share[ITEM_HIJACKER], share[ITEM_INCIDENT]};
    }
}

/* How many of n ascending scores are below it, or with `equal` also at it. */
static size_t count_below(const double *scores, size_t count, double score, bool equal) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (scores[middle] < score || (equal && !(scores[middle] > score))) low = middle + 1;
        else high = middle;
    }
    return low;
}

/*
 * Shops have thresholds of their own, so a score of one says nothing beside that of another. It becomes the share of its shop's owners in
 * the test part that score less, and half of those who score the same: within a shop nothing changes, and between shops equal shares of
 * owners are equal.
 */
static enum err rank_by_shop(struct work *w, struct tally *t, struct problem *p) {
    if (w->s->shop_count == 1) return ERR_OK;
    struct arena before = *w->arena;
    double *owners = arena_take(w->arena, t->count * sizeof *owners + 1);
    if (!owners) return problem_set(p, ERR_FULL, "", "", "no memory to rank %zu scores", t->count);
    for (unsigned shop = 0; shop < w->s->shop_count; shop++) {
        size_t count = 0;
        for (size_t i = 0; i < t->count; i++)
            if (t->shops[i] == shop && t->items[i].kind == ITEM_OWNER) owners[count++] = t->items[i].score;
        sort_items(owners, count, sizeof *owners, compare_scores);
        for (size_t i = 0; i < t->count; i++) {
            if (t->shops[i] != shop || !count) continue;
            size_t below = count_below(owners, count, t->items[i].score, false), to = count_below(owners, count, t->items[i].score, true);
            t->items[i].score = ((double)below + (double)to) / 2 / (double)count;
        }
    }
    *w->arena = before;
    return ERR_OK;
}

/* Half of all incidents of the group are alarmed by then. */
static void take_medians(const struct work *w, const struct detection *detections, enum group g, double *room, struct figures *f) {
    for (unsigned k = 0; k < 2 * SHARE_COUNT; k++) {
        size_t count = 0;
        for (uint32_t i = 0; i < w->s->incidents.count; i++) {
            const struct incident *of = &w->incidents[i];
            struct item it = item_of_incident(of, &detections[i]);
            if (of->account == NUMBERING_NONE || of->part != PART_TEST || !item_is_in(&it, g)) continue;
            const struct detection *d = &detections[i];
            unsigned share = k / 2;
            double value = k % 2 ? d->alarmed_minutes[share] : d->alarmed_events[share];
            room[count++] = d->alarmed_events[share] ? value : (double)INFINITY;
        }
        sort_items(room, count, sizeof *room, compare_scores);
        *(k % 2 ? &f->minutes_median[k / 2] : &f->events_median[k / 2]) = count ? room[(count - 1) / 2] : (double)NAN;
    }
}

static void draw_detected(const struct work *w, const struct view *v, const struct detection *detections, struct view_file *f) {
    uint64_t total = v->counts[v->main].incidents;
    for (unsigned x = 0; x < CURVE_POINTS; x++) {
        uint64_t within = 0;
        for (uint32_t i = 0; i < w->s->incidents.count; i++) {
            struct item it = item_of_incident(&w->incidents[i], &detections[i]);
            if (w->incidents[i].part == PART_TEST && item_is_in(&it, v->main) && detections[i].alarmed_events[SHARE_1] &&
                detections[i].alarmed_minutes[SHARE_1] <= curve_minutes(x))
                within++;
        }
        f->detected[x] = total && measure_has_cuts(w->s, f, SHARE_1) ? (double)within / (double)total : (double)NAN;
    }
}

/* Figures that need a threshold are not known where there is none. */
static void forget_uncut(const struct work *w, const struct view_file *f, double *values) {
    static const uint8_t needs[SHARE_COUNT][6] = {
        {METRIC_RECALL_1, METRIC_FPR_1, METRIC_INCIDENTS_1, METRIC_PRECISION_1, METRIC_BEFORE_1, METRIC_NOT_AFTER_1},
        {METRIC_RECALL_01, METRIC_FPR_01, METRIC_INCIDENTS_01, METRIC_PRECISION_01, METRIC_BEFORE_01, METRIC_NOT_AFTER_01}};
    for (unsigned k = 0; k < SHARE_COUNT; k++) {
        if (measure_has_cuts(w->s, f, (enum share)k)) continue;
        for (unsigned i = 0; i < sizeof needs[k]; i++) values[needs[k][i]] = (double)NAN;
    }
}

static enum err measure_file(struct work *w, struct view *v, unsigned file, double *draws, struct problem *p) {
    struct arena before = *w->arena;
    struct view_file *f = &v->files[file];
    struct tally t = {.group_count = v->group_count, .prevalence = w->plan->prevalence};
    struct detection *detections = arena_take(w->arena, (w->s->incidents.count + 1) * sizeof *detections);
    double *room = arena_take(w->arena, (w->s->incidents.count + 1) * sizeof *room);
    double *values = arena_take(w->arena, v->group_count * METRIC_COUNT * sizeof *values);
    t.groups = arena_take(w->arena, v->group_count * sizeof *t.groups);
    if (!detections || !room || !values || !t.groups) return problem_set(p, ERR_FULL, "", "", "no memory for the incidents");
    take_scores(w, v, file);
    enum err err = set_cuts(w, v, file, p);
    if (err) return err;
    detect(w, v, file, detections);
    err = list_items(w, v, file, detections, &t, p);
    if (err) return err;
    take_levels(w, &t, f);
    err = rank_by_shop(w, &t, p);
    if (err) return err;
    tally_sort(&t);
    strata_once(&w->strata);
    tally_run(&t, w->strata.weights, values);
    for (unsigned g = 0; g < v->group_count; g++) {
        forget_uncut(w, f, values + g * METRIC_COUNT);
        for (unsigned k = 0; k < METRIC_COUNT; k++) f->figures[g].of[k].value = values[g * METRIC_COUNT + k];
        take_medians(w, detections, (enum group)g, room, &f->figures[g]);
    }
    tally_curve(&t, v->main, f->roc);
    draw_detected(w, v, detections, f);
    for (unsigned r = 0; r < w->plan->rounds; r++) {
        strata_draw(&w->strata, w->plan->seed, r);
        double *drawn = draws + (size_t)r * v->group_count * METRIC_COUNT;
        tally_run(&t, w->strata.weights, drawn);
        for (unsigned g = 0; g < v->group_count; g++) forget_uncut(w, f, drawn + g * METRIC_COUNT);
    }
    *w->arena = before;
    return ERR_OK;
}

/* ---- intervals ---------------------------------------------------------------------------------------------------------------------- */

/* The middle 95 % of what was drawn; nothing where a tenth of the draws or more had no value. */
static void take_interval(double *drawn, size_t count, size_t rounds, struct estimate *e) {
    e->low = e->high = (double)NAN;
    if (isnan(e->value) || count < 40 || count * 10 < rounds * 9) return;
    sort_items(drawn, count, sizeof *drawn, compare_scores);
    e->low = drawn[(size_t)((double)count * 0.025)];
    e->high = drawn[(size_t)ceil((double)count * 0.975) - 1];
}

/* Where all or none are caught, every draw says so too, which would look like certainty: then the interval is the exact one of a binomial
 * (Clopper and Pearson 1934) over the accounts. */
static void widen(uint64_t accounts, struct estimate *e) {
    double bound = pow(0.025, 1 / (double)accounts);
    if (e->value <= 0) e->low = 0, e->high = 1 - bound;
    if (e->value >= 1) e->low = bound, e->high = 1;
}

/* How many accounts a figure was drawn from: the hijacked ones, which are fewer, where it has to do with them. */
static uint64_t accounts_of(const struct group_counts *c, unsigned m) {
    if (m == METRIC_FPR_1 || m == METRIC_FPR_01) return c->owner_accounts;
    if (m >= METRIC_BEFORE_1) return c->accounts_with_effect;
    bool of_events =
        m == METRIC_AUC || m == METRIC_RECALL_1 || m == METRIC_RECALL_01 || m == METRIC_PRECISION_1 || m == METRIC_PRECISION_01;
    return of_events ? c->accounts_with_events : c->accounts;
}

static void take_intervals(struct view *v, unsigned file, enum group g, const double *draws, const double *first, unsigned rounds,
                           double *room) {
    struct figures *f = &v->files[file].figures[g];
    size_t stride = (size_t)v->group_count * METRIC_COUNT;
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        size_t at = (size_t)g * METRIC_COUNT + m, count = 0, both = 0;
        for (unsigned r = 0; r < rounds; r++)
            if (!isnan(draws[r * stride + at])) room[count++] = draws[r * stride + at];
        take_interval(room, count, rounds, &f->of[m]);
        uint64_t accounts = accounts_of(&v->counts[g], m);
        if (accounts < 2) f->of[m].low = f->of[m].high = (double)NAN;
        if (rounds && metric_bounded((enum metric)m) && accounts && !isnan(f->of[m].value)) widen(accounts, &f->of[m]);
        for (unsigned r = 0; r < rounds; r++)
            if (!isnan(draws[r * stride + at] - first[r * stride + at])) room[both++] = draws[r * stride + at] - first[r * stride + at];
        f->less_first[m].value = f->of[m].value - v->files[0].figures[g].of[m].value;
        take_interval(room, both, rounds, &f->less_first[m]);
        if (accounts < 2) f->less_first[m].low = f->less_first[m].high = (double)NAN;
    }
}

/* ---- one view ----------------------------------------------------------------------------------------------------------------------- */

struct owners_seen {
    uint64_t events[DEPTH_COUNT];
    uint64_t accounts[1 << DEPTH_COUNT]; /* by the set of depths that their events have */
};

static void count_owners(struct view *v, unsigned group, const struct owners_seen *seen) {
    unsigned depths = 0;
    for (unsigned k = 0; k < DEPTH_COUNT; k++) {
        if (!group_sees_owner((enum group)group, k)) continue;
        depths |= 1U << k;
        v->counts[group].owners += seen->events[k];
    }
    for (unsigned set = 0; set < 1U << DEPTH_COUNT; set++)
        if (set & depths) v->counts[group].owner_accounts += seen->accounts[set];
}

static void count_incidents(struct work *w, struct view *v, unsigned group, uint8_t *counted) {
    const struct sample *s = w->s;
    struct group_counts *c = &v->counts[group];
    memset(counted, 0, s->accounts.count);
    for (uint32_t i = 0; i < s->incidents.count; i++) {
        const struct incident *of = &w->incidents[i];
        struct item it = item_of_incident(of, &(struct detection){0});
        if (of->account == NUMBERING_NONE || of->part != PART_TEST || !item_is_in(&it, (enum group)group)) continue;
        uint8_t is = (uint8_t)(1 | (of->in_view ? 2 : 0) | (of->effect ? 4 : 0)), fresh = is & (uint8_t)~counted[of->account];
        counted[of->account] |= is;
        c->incidents++;
        c->with_effect += of->effect;
        c->accounts += fresh & 1;
        c->accounts_with_events += fresh >> 1 & 1;
        c->accounts_with_effect += fresh >> 2 & 1;
        strata_note(&w->strata, of->account, true);
    }
}

/* `room`: a byte for each account. */
static void count_view(struct work *w, struct view *v, uint8_t *room) {
    const struct sample *s = w->s;
    struct owners_seen seen = {0};
    memset(room, 0, s->accounts.count);
    for (uint32_t i = 0; i < s->incidents.count; i++) w->incidents[i].in_view = false;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct sample_row *r = &s->rows[i];
        if (is_calibrating(w, v, i)) v->validation_owners++;
        if (!is_tested(w, r) || !counts_in(w, v, i)) continue;
        strata_note(&w->strata, r->account, r->label == SAMPLE_HIJACKER);
        if (r->label == SAMPLE_OWNER) {
            seen.events[r->depth]++;
            room[r->account] |= (uint8_t)(1U << r->depth);
            continue;
        }
        struct item it = item_of_row(w, &v->files[0], r, 0);
        w->incidents[r->incident].in_view = true;
        for (unsigned g = 0; g < v->group_count; g++) v->counts[g].hijackers += item_is_in(&it, (enum group)g);
    }
    for (uint32_t i = 0; i < s->accounts.count; i++) seen.accounts[room[i]]++;
    for (unsigned g = 0; g < v->group_count; g++) {
        count_owners(v, g, &seen);
        count_incidents(w, v, g, room);
    }
}

static enum err measure_view(struct work *w, struct view *v, struct problem *p) {
    const struct sample *s = w->s;
    unsigned rounds = w->plan->rounds;
    v->group_count = GROUP_FAMILIES + s->families.count;
    v->main = w->plan->holds_out ? GROUP_HELD_OUT : GROUP_ALL;
    v->counts = arena_take(w->arena, v->group_count * sizeof *v->counts);
    for (unsigned i = 0; i < s->file_count; i++) v->files[i].figures = arena_take(w->arena, v->group_count * sizeof(struct figures));
    if (!v->counts || !v->files[s->file_count - 1].figures) return problem_set(p, ERR_FULL, "", "", "no memory for figures");
    memset(v->counts, 0, v->group_count * sizeof *v->counts);
    for (unsigned i = 0; i < s->file_count; i++) memset(v->files[i].figures, 0, v->group_count * sizeof(struct figures));
    struct arena before = *w->arena;
    size_t draws_of_file = (size_t)rounds * v->group_count * METRIC_COUNT;
    double *draws = arena_take(w->arena, (draws_of_file * s->file_count + 1) * sizeof *draws);
    double *room = arena_take(w->arena, (rounds + 1) * sizeof *room);
    uint8_t *room_of_accounts = arena_take(w->arena, s->accounts.count);
    if (!draws || !room || !room_of_accounts)
        return problem_set(p, ERR_FULL, "", "ask for fewer --rounds", "no memory for %u rounds", rounds);
    enum err err = strata_init(&w->strata, w->arena, s->accounts.count, p);
    if (err) return err;
    count_view(w, v, room_of_accounts);
    strata_list(&w->strata);
    for (unsigned i = 0; !err && i < s->file_count; i++) err = measure_file(w, v, i, draws + i * draws_of_file, p);
    for (unsigned i = 0; !err && i < s->file_count; i++)
        for (unsigned g = 0; g < v->group_count; g++) take_intervals(v, i, (enum group)g, draws + i * draws_of_file, draws, rounds, room);
    *w->arena = before;
    return err;
}

enum err measure(struct sample *s, const struct plan *plan, struct measurement *out, struct problem *p) {
    *out = (struct measurement){0};
    out->views[VIEW_LOGINS].name = STR("logins");
    out->views[VIEW_EVENTS].name = STR("all events");
    out->views[VIEW_VISITS].name = STR("visits");
    for (unsigned i = 0; i < VIEW_COUNT; i++) out->views[i].number = i;
    struct work w = {.s = s, .plan = plan, .m = out, .arena = s->arena};
    enum err err = cut(&w, p);
    if (!err) err = find_incidents(&w, p);
    if (!err) err = find_visits(&w, p);
    w.scores = arena_take(w.arena, s->count * sizeof *w.scores + 1);
    if (!err && !w.scores) err = problem_set(p, ERR_FULL, "", "", "no memory for the scores of %u events", s->count);
    for (unsigned i = 0; !err && i < VIEW_COUNT; i++) err = measure_view(&w, &out->views[i], p);
    return err;
}

/* ---- reasons ------------------------------------------------------------------------------------------------------------------------ */

struct str measure_why(const struct sample *s, const struct view *v, enum group g, unsigned file, enum metric m) {
    const struct group_counts *c = &v->counts[g];
    if (!isnan(v->files[file].figures[g].of[m].value)) return STR_NONE;
    bool of_owners = m == METRIC_FPR_1 || m == METRIC_FPR_01;
    bool of_incidents = metric_bounded(m) && m >= METRIC_INCIDENTS_1;
    bool of_challenges = m == METRIC_CHALLENGED_50 || m == METRIC_CHALLENGED_90 || m == METRIC_CHALLENGED_95;
    if (!of_incidents && !c->owners && m != METRIC_RECALL_1 && m != METRIC_RECALL_01) return STR("no owner's event is in the test part");
    if (!of_incidents && !of_owners && !of_challenges && !c->hijackers) return STR("no hijacker's event is in the test part");
    if ((of_incidents || of_challenges) && !c->incidents) return STR("no incident begins in the test part");
    if (m >= METRIC_BEFORE_1 && !c->with_effect) return STR("no incident of the test part has a value-bearing act");
    if (metric_name(m).size && !of_challenges && m != METRIC_AUC) {
        bool at_1 = m == METRIC_RECALL_1 || m == METRIC_FPR_1 || m == METRIC_INCIDENTS_1 || m == METRIC_PRECISION_1 ||
                    m == METRIC_BEFORE_1 || m == METRIC_NOT_AFTER_1;
        if (at_1 && !measure_has_cuts(s, &v->files[file], SHARE_1))
            return STR("a threshold of 1 % needs 100 owners' events in the validation part");
        if (!at_1 && !measure_has_cuts(s, &v->files[file], SHARE_01))
            return STR("a threshold of 0.1 % needs 1000 owners' events in the validation part");
    }
    return STR("no owner's event of the test part is above the threshold: precision cannot be told from 1");
}
