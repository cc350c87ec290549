// SPDX-License-Identifier: Apache-2.0
/* Says whether a legal clock runs by the rows of an incident, and until when. */
#include "base/moment.h"
#include "notify/clock.h"
#include "respond/respond.h"

#define CURRENCIES_MAX 16

int64_t clock_known_ms(const struct clock_source *s) {
    return s->rows.response->decided_ms ? s->rows.response->decided_ms : s->rows.incident->opened_ms;
}

int64_t clock_due_ms(const struct clock_rule *r, int64_t from_ms) {
    return from_ms + r->after_ms;
}

int64_t clock_remind_ms(const struct clock_rule *r, int64_t from_ms, int64_t now_ms) {
    int64_t next = 0;
    for (size_t i = 0; i < r->remind_count; i++) {
        int64_t at = from_ms + r->remind_ms[i];
        if (at > now_ms && (!next || at < next)) next = at;
    }
    return next;
}

/* ---- conditions ------------------------------------------------------------------------------------------------------------------------
 */

static bool is_kind(const struct effect_row *e, const char *kind) {
    return str_equal(e->kind, str_from(kind));
}

static bool has_effect(const struct clock_source *s, const char *kind) {
    for (size_t i = 0; i < s->rows.effect_count; i++)
        if (is_kind(&s->rows.effects[i], kind) && s->rows.effects[i].whose != WHOSE_OWNER) return true;
    return false;
}

static bool is_false_alarm(const struct clock_source *s) {
    return s->rows.response->state == RESPONSE_FALSE_ALARM || s->rows.response->state == RESPONSE_RESTORING;
}

/* What is looked after in every incident says nothing. */
enum clock_verdict clock_inside(const struct clock_source *s) {
    if (is_false_alarm(s)) return CLOCK_RUNS_NOT;
    for (size_t i = 0; i < s->event_count; i++)
        if (s->events[i].whose == WHOSE_HIJACKER && !str_equal(s->events[i].detail, STR("failure"))) return CLOCK_RUNS;
    for (size_t i = 0; i < s->rows.effect_count; i++) {
        const struct effect_def *d = effect_def_find(s->rows.effects[i].kind);
        if (d && !d->always && s->rows.effects[i].whose == WHOSE_HIJACKER) return CLOCK_RUNS;
    }
    return CLOCK_COUNSEL;
}

static bool money_was_lost(const struct clock_source *s) {
    struct money money[CURRENCIES_MAX];
    size_t count = respond_money(s->rows.ledger, s->rows.ledger_count, money, CURRENCIES_MAX);
    for (size_t i = 0; i < count; i++)
        if (money[i].loss_minor > 0) return true;
    return false;
}

static struct clock_finding yes(enum clock_word why) {
    return (struct clock_finding){CLOCK_RUNS, why};
}

static struct clock_finding no(enum clock_word why) {
    return (struct clock_finding){CLOCK_RUNS_NOT, why};
}

static struct clock_finding counsel(enum clock_word why) {
    return (struct clock_finding){CLOCK_COUNSEL, why};
}

static struct clock_finding holds(const struct clock_condition *c, const struct clock_source *s) {
    switch (c->kind) {
    case CLOCK_IF_PERSONAL_DATA_SEEN:
        if (has_effect(s, "disclosure")) return yes(WORD_WHY_DATA_EXPORTED);
        return clock_inside(s) == CLOCK_RUNS ? yes(WORD_WHY_DATA_OPEN) : counsel(WORD_WHY_DATA_UNCLEAR);
    case CLOCK_IF_CARD_DATA_SEEN: /* no row holds a whole number; what an export held, and what a page shows, the shop knows */
        return has_effect(s, "disclosure") || has_effect(s, "payment_method") ? counsel(WORD_WHY_CARD_DATA_UNCLEAR)
                                                                              : no(WORD_WHY_CARD_DATA_NO);
    case CLOCK_IF_CARD_CHARGED:
        return has_effect(s, "captured_charge") || has_effect(s, "card_authorisation") ? yes(WORD_WHY_CARD_CHARGED)
                                                                                       : no(WORD_WHY_CARD_CHARGED_NO);
    case CLOCK_IF_MONEY_LOST: return money_was_lost(s) ? yes(WORD_WHY_MONEY_LOST) : no(WORD_WHY_MONEY_LOST_NO);
    case CLOCK_IF_RESIDENTS_OVER: return c->over >= 1 ? no(WORD_WHY_ONE_PERSON) : counsel(WORD_WHY_RESIDENCE);
    case CLOCK_IF_RESIDENT: return counsel(WORD_WHY_RESIDENCE);
    case CLOCK_IF_COUNSEL: return counsel(WORD_WHY_COUNSEL);
    case CLOCK_IF_ALWAYS:
    case CLOCK_IF_COUNT: break;
    }
    return yes(WORD_WHY_ALWAYS);
}

/* The first no; else the first that counsel decides; else the first yes. */
struct clock_finding clock_applies(const struct clock_rule *r, const struct clock_source *s) {
    if (is_false_alarm(s)) return no(WORD_WHY_FALSE_ALARM);
    struct clock_finding worst = yes(WORD_WHY_ALWAYS);
    for (size_t i = 0; i < r->condition_count; i++) {
        struct clock_finding one = holds(&r->conditions[i], s);
        if (i == 0 || one.verdict > worst.verdict) worst = one;
    }
    return worst;
}

size_t clocks_running(const struct clock_rules *c, struct str names, const struct clock_source *s, struct clock_run *out,
                      size_t count_max) {
    size_t count = 0;
    while (names.size && count < count_max) {
        const struct clock_rule *r = clock_find(c, str_cut(names, ' ', &names));
        if (!r) continue;
        struct clock_finding finding = clock_applies(r, s);
        if (finding.verdict != CLOCK_RUNS_NOT) out[count++] = (struct clock_run){r, finding, clock_due_ms(r, clock_known_ms(s))};
    }
    return count;
}
