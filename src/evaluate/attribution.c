// SPDX-License-Identifier: Apache-2.0
/* Reads whose acts events were called, and measures it against whose they were, as shares with intervals over accounts. */
#include "evaluate/attribution.h"

#include <math.h>

#include "base/json.h"
#include "base/moment.h"
#include "base/sort.h"
#include "evaluate/tally.h"

/* An alarm may come after the last act: an owner finds the order on his card's bill. */
#define ALARM_AFTER_MS (30 * DAY_MS)
#define INTERVAL_MIN   40 /* draws that tell something */

struct str attribution_name(enum attribution_share s) {
    switch (s) {
#define SHARE_OF(NAME, name, heading)                                                                                                      \
    case ATTRIBUTION_##NAME:                                                                                                               \
        return STR(#name);
#include "evaluate/attribution.def"
#undef SHARE_OF
    case ATTRIBUTION_COUNT: break;
    }
    return STR_NONE;
}

struct str attribution_heading(enum attribution_share s) {
    switch (s) {
#define SHARE_OF(NAME, name, heading)                                                                                                      \
    case ATTRIBUTION_##NAME:                                                                                                               \
        return STR(heading);
#include "evaluate/attribution.def"
#undef SHARE_OF
    case ATTRIBUTION_COUNT: break;
    }
    return STR_NONE;
}

/* ---- lines ------------------------------------------------------------------------------------------------------------------------ */

enum err attribution_init(struct attribution *a, struct sample *s, struct problem *p) {
    *a = (struct attribution){.sample = s};
    a->rows = arena_take(s->arena, s->count * sizeof *a->rows);
    a->alarms = arena_take(s->arena, s->count * sizeof *a->alarms);
    a->incidents = arena_take(s->arena, s->incidents.count * sizeof *a->incidents);
    bool full = !a->rows || !a->alarms || !a->incidents || numbering_init(&a->names, s->arena, s->count, false);
    if (full) return problem_set(p, ERR_FULL, "", "", "no memory for the attribution of %u events", s->count);
    memset(a->rows, 0, s->count * sizeof *a->rows);
    memset(a->alarms, 0, s->count * sizeof *a->alarms);
    return ERR_OK;
}

static enum err alarm_named(struct attribution *a, struct json root, struct alarm **out, uint32_t *number, struct problem *p) {
    struct str name = json_text(json_get(root, STR("incident")));
    bool fresh;
    if (!name.size) return problem_set(p, ERR_INVALID, "incident", "", "no incident");
    *number = numbering_add(&a->names, name, &fresh);
    if (*number == NUMBERING_NONE) return problem_set(p, ERR_FULL, "", "", "more than %u incidents", a->names.count_max);
    *out = &a->alarms[*number];
    return ERR_OK;
}

/* An account that no event of the sample has: NUMBERING_NONE. */
static uint32_t account_named(const struct sample *s, struct str subject) {
    char memory[SAMPLE_LINE_MAX];
    struct buf b = buf_over(memory, sizeof memory);
    buf_char(&b, 's');
    buf_text(&b, subject);
    return numbering_find(&s->accounts, buf_str(&b));
}

static enum err read_alarm(struct attribution *a, struct json root, struct problem *p) {
    struct alarm *alarm;
    uint32_t number;
    enum err err = alarm_named(a, root, &alarm, &number, p);
    if (err) return err;
    if (alarm->said) return problem_set(p, ERR_CONFLICT, "incident", "", "a line above speaks of the same incident");
    struct json closed = json_get(root, STR("closed"));
    struct str account = json_text(json_get(root, STR("account")));
    *alarm = (struct alarm){.closed_ms = INT64_MAX, .incident = NUMBERING_NONE, .said = true};
    if (!account.size) return problem_set(p, ERR_INVALID, "account", "", "no account");
    alarm->account = account_named(a->sample, account);
    if (!moment_parse(json_text(json_get(root, STR("opened"))), &alarm->opened_ms))
        return problem_set(p, ERR_INVALID, "opened", "write it as RFC 3339", "no time");
    if (closed.type == JSON_TEXT && !moment_parse(json_text(closed), &alarm->closed_ms))
        return problem_set(p, ERR_INVALID, "closed", "write it as RFC 3339", "no time");
    return ERR_OK;
}

static enum err read_called(struct json root, struct str name, bool optional, uint8_t *out, struct problem *p) {
    struct json value = json_get(root, name);
    struct str word = json_text(value);
    if (str_equal(word, STR("hijacker"))) *out = CALLED_HIJACKERS;
    else if (str_equal(word, STR("owner"))) *out = CALLED_OWNERS;
    else if (str_equal(word, STR("unknown"))) *out = CALLED_UNKNOWN;
    else if (optional && (value.type == JSON_NULL || value.type == JSON_MISSING)) *out = CALLED_NOTHING;
    else return problem_set(p, ERR_INVALID, optional ? "first" : "whose", "it is hijacker, owner or unknown", "no word that is known");
    return ERR_OK;
}

static enum err read_event(struct attribution *a, struct json root, struct str id, struct problem *p) {
    uint32_t row = numbering_find(&a->sample->ids, id);
    struct attributed read = {.named = json_get(root, STR("named")).type == JSON_TRUE};
    struct alarm *alarm;
    if (row == NUMBERING_NONE)
        return problem_set(p, ERR_NOT_FOUND, "id", "give the events that these lines are about", "no event has the id '%.*s'",
                           STR_ARGS(id));
    enum err err = alarm_named(a, root, &alarm, &read.incident, p);
    if (!err && !alarm->said)
        err = problem_set(p, ERR_NOT_FOUND, "incident", "its own line comes first", "nothing is said of this incident");
    if (!err) err = read_called(root, STR("whose"), false, &read.whose, p);
    if (!err) err = read_called(root, STR("first"), true, &read.first, p);
    if (!err && a->rows[row].whose)
        err = problem_set(p, ERR_CONFLICT, "id", "an event is called one thing in the end", "a line above says whose '%.*s' is",
                          STR_ARGS(id));
    if (!err) a->rows[row] = read;
    return err;
}

enum err attribution_line(struct attribution *a, struct str line, struct problem *p) {
    struct json root;
    arena_reset(&a->sample->scratch);
    enum err err = json_parse(line, SAMPLE_LINE_MAX, &a->sample->scratch, &root, p);
    if (err) return err;
    if (root.type != JSON_OBJECT)
        return problem_set(p, ERR_INVALID, "", "write one JSON object a line", "%s instead of an object", json_type_name(root.type));
    struct str id = json_text(json_get(root, STR("id")));
    a->lines++;
    return id.size ? read_event(a, root, id, p) : read_alarm(a, root, p);
}

/* ---- which alarm is whose ----------------------------------------------------------------------------------------------------------- */

static void find_incidents(struct attribution *a) {
    const struct sample *s = a->sample;
    for (uint32_t i = 0; i < s->incidents.count; i++)
        a->incidents[i] = (struct attributed_incident){INT64_MAX, INT64_MIN, INT64_MAX, NUMBERING_NONE, 0, false, {0}, {0}};
    for (uint32_t i = 0; i < s->count; i++) {
        const struct sample_row *r = &s->rows[i];
        if (r->label != SAMPLE_HIJACKER) continue;
        struct attributed_incident *of = &a->incidents[r->incident];
        if (r->time_ms < of->first_ms) of->first_ms = r->time_ms;
        if (r->time_ms > of->last_ms) of->last_ms = r->time_ms;
        of->account = r->account;
        of->family = r->family;
    }
}

/* Incidents by account, so that the alarms of one find them: the first of each account, and the next of the same. */
struct by_account {
    uint32_t *first, *next; /* number + 1; 0 = none */
};

static enum err list_by_account(struct attribution *a, struct by_account *list, struct problem *p) {
    const struct sample *s = a->sample;
    list->first = arena_take(s->arena, s->accounts.count * sizeof *list->first);
    list->next = arena_take(s->arena, s->incidents.count * sizeof *list->next);
    if (!list->first || !list->next) return problem_set(p, ERR_FULL, "", "", "no memory for %u accounts", s->accounts.count);
    memset(list->first, 0, s->accounts.count * sizeof *list->first);
    for (uint32_t i = s->incidents.count; i-- > 0;) {
        if (a->incidents[i].account == NUMBERING_NONE) continue;
        list->next[i] = list->first[a->incidents[i].account];
        list->first[a->incidents[i].account] = i + 1;
    }
    return ERR_OK;
}

static enum err match_alarms(struct attribution *a, struct problem *p) {
    struct by_account list;
    enum err err = list_by_account(a, &list, p);
    if (err) return err;
    for (uint32_t i = 0; i < a->names.count; i++) {
        struct alarm *alarm = &a->alarms[i];
        if (alarm->account == NUMBERING_NONE) continue;
        for (uint32_t at = list.first[alarm->account]; at; at = list.next[at - 1]) {
            struct attributed_incident *of = &a->incidents[at - 1];
            if (alarm->opened_ms > of->last_ms + ALARM_AFTER_MS || alarm->closed_ms < of->first_ms) continue;
            if (alarm->incident == NUMBERING_NONE) alarm->incident = at - 1;
            if (alarm->opened_ms < of->opened_ms) of->opened_ms = alarm->opened_ms;
        }
        a->false_alarms += alarm->incident == NUMBERING_NONE;
        a->cleared += alarm->incident == NUMBERING_NONE && alarm->closed_ms != INT64_MAX;
    }
    return ERR_OK;
}

/* ---- counting --------------------------------------------------------------------------------------------------------------------- */

static void add(struct attributed_incident *of, enum attribution_share s, bool counts) {
    of->of[s]++;
    of->count[s] += counts;
}

static void count_hijackers(struct attribution *a, const struct sample_row *r, const struct attributed *called) {
    struct attributed_incident *of = &a->incidents[r->incident];
    bool found = called->whose == CALLED_HIJACKERS, value = r->value || r->effect;
    if (of->opened_ms == INT64_MAX) return;
    add(of, ATTRIBUTION_RECALL, found);
    add(of, ATTRIBUTION_HIJACKERS_ASKED, called->whose == CALLED_UNKNOWN);
    if (value) add(of, ATTRIBUTION_VALUE_RECALL, found);
    if (!called->named) add(of, ATTRIBUTION_UNNAMED_RECALL, found);
    if (found) add(of, ATTRIBUTION_PRECISION, true);
    if (found && value) add(of, ATTRIBUTION_VALUE_PRECISION, true);
    if (r->time_ms < of->opened_ms) add(of, ATTRIBUTION_BACKWARDS, called->first == CALLED_HIJACKERS);
    of->wrong |= !found;
}

static void count_owners(struct attribution *a, const struct sample_row *r, const struct attributed *called) {
    const struct alarm *alarm = &a->alarms[called->incident];
    bool blamed = called->whose == CALLED_HIJACKERS;
    if (alarm->incident == NUMBERING_NONE) {
        a->false_alarm_acts += blamed;
        return;
    }
    struct attributed_incident *of = &a->incidents[alarm->incident];
    add(of, ATTRIBUTION_OWNERS_ASKED, called->whose == CALLED_UNKNOWN);
    if (blamed) add(of, ATTRIBUTION_PRECISION, false);
    if (blamed && (r->value || r->effect)) add(of, ATTRIBUTION_VALUE_PRECISION, false);
    of->wrong |= blamed;
}

static void count_rows(struct attribution *a) {
    const struct sample *s = a->sample;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct sample_row *r = &s->rows[i];
        if (r->label == SAMPLE_HIJACKER) count_hijackers(a, r, &a->rows[i]);
        if (r->label == SAMPLE_OWNER && a->rows[i].whose) count_owners(a, r, &a->rows[i]);
        a->failed_tries += r->label == SAMPLE_NOISE && a->rows[i].whose == CALLED_HIJACKERS;
    }
    for (uint32_t i = 0; i < s->incidents.count; i++)
        if (a->incidents[i].opened_ms != INT64_MAX) add(&a->incidents[i], ATTRIBUTION_ALL_RIGHT, !a->incidents[i].wrong);
}

/* ---- shares and intervals ----------------------------------------------------------------------------------------------------------- */

static bool is_in(const struct attributed_incident *of, unsigned group) {
    return of->account != NUMBERING_NONE && (group == 0 || of->family == group - 1);
}

static double share_of(const struct attribution *a, unsigned group, enum attribution_share s, const uint16_t *weights) {
    uint64_t count = 0, of = 0;
    for (uint32_t i = 0; i < a->sample->incidents.count; i++) {
        const struct attributed_incident *in = &a->incidents[i];
        if (!is_in(in, group)) continue;
        uint64_t weight = weights[in->account];
        count += weight * in->count[s];
        of += weight * in->of[s];
    }
    return of ? (double)count / (double)of : (double)NAN;
}

/* `seen`: a byte for each account. */
static void sum_up(const struct attribution *a, unsigned group, uint8_t *seen, uint64_t accounts_of[ATTRIBUTION_COUNT]) {
    struct attribution_group *g = &a->groups[group];
    memset(accounts_of, 0, ATTRIBUTION_COUNT * sizeof *accounts_of);
    for (unsigned s = 0; s < ATTRIBUTION_COUNT; s++) {
        memset(seen, 0, a->sample->accounts.count);
        for (uint32_t i = 0; i < a->sample->incidents.count; i++) {
            const struct attributed_incident *of = &a->incidents[i];
            if (!is_in(of, group)) continue;
            g->count[s] += of->count[s];
            g->of[s] += of->of[s];
            if (of->of[s] && !seen[of->account]) seen[of->account] = 1, accounts_of[s]++;
            if (s == ATTRIBUTION_ALL_RIGHT) g->incidents++, g->opened += of->of[s];
        }
    }
    g->accounts = accounts_of[ATTRIBUTION_ALL_RIGHT];
}

static int compare_shares(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The middle 95 %; the exact one of a binomial over the accounts where all or none are (measure.c does the same, and says why). */
static void take_interval(struct estimate *e, double *drawn, size_t count, uint64_t accounts) {
    e->low = e->high = (double)NAN;
    if (isnan(e->value) || accounts < 2 || count < INTERVAL_MIN) return;
    sort_items(drawn, count, sizeof *drawn, compare_shares);
    e->low = drawn[(size_t)((double)count * 0.025)];
    e->high = drawn[(size_t)ceil((double)count * 0.975) - 1];
    double bound = pow(0.025, 1 / (double)accounts);
    if (e->value <= 0) e->low = 0, e->high = 1 - bound;
    if (e->value >= 1) e->low = bound, e->high = 1;
}

struct draws {
    struct strata strata;
    double *values; /* by round, of one share of one group */
    uint8_t *seen;
};

static void measure_group(struct attribution *a, unsigned group, const struct plan *plan, struct draws *d) {
    uint64_t accounts_of[ATTRIBUTION_COUNT];
    sum_up(a, group, d->seen, accounts_of);
    strata_once(&d->strata);
    for (unsigned s = 0; s < ATTRIBUTION_COUNT; s++)
        a->groups[group].share[s].value = share_of(a, group, (enum attribution_share)s, d->strata.weights);
    for (unsigned s = 0; s < ATTRIBUTION_COUNT; s++) {
        size_t count = 0;
        for (unsigned r = 0; r < plan->rounds; r++) {
            strata_draw(&d->strata, plan->seed, r);
            double value = share_of(a, group, (enum attribution_share)s, d->strata.weights);
            if (!isnan(value)) d->values[count++] = value;
        }
        take_interval(&a->groups[group].share[s], d->values, count, accounts_of[s]);
    }
}

enum err attribution_measure(struct attribution *a, const struct plan *plan, struct problem *p) {
    struct sample *s = a->sample;
    struct draws d;
    if (!a->names.count) return problem_set(p, ERR_INVALID, "--attribution", "", "the attribution speaks of no incident");
    find_incidents(a);
    enum err err = match_alarms(a, p);
    if (!err) err = strata_init(&d.strata, s->arena, s->accounts.count, p);
    if (err) return err;
    count_rows(a);
    a->group_count = 1 + s->families.count;
    a->groups = arena_take(s->arena, a->group_count * sizeof *a->groups);
    d.values = arena_take(s->arena, (plan->rounds + 1) * sizeof *d.values);
    d.seen = arena_take(s->arena, s->accounts.count);
    if (!a->groups || !d.values || !d.seen) return problem_set(p, ERR_FULL, "", "ask for fewer --rounds", "no memory for the figures");
    memset(a->groups, 0, a->group_count * sizeof *a->groups);
    for (uint32_t i = 0; i < s->incidents.count; i++)
        if (a->incidents[i].opened_ms != INT64_MAX) strata_note(&d.strata, a->incidents[i].account, true);
    strata_list(&d.strata);
    for (unsigned g = 0; g < a->group_count; g++) measure_group(a, g, plan, &d);
    if (a->groups[0].opened) return ERR_OK;
    return problem_set(p, ERR_INVALID, "--attribution", "play them with `hikeshi replay --labels FILE --attribution FILE`",
                       "none of the labels' incidents was opened");
}
