// SPDX-License-Identifier: Apache-2.0
/* Writes what the owner is told: phrases of his language, filled from the rows of the response. */
#include "base/amount.h"
#include "base/moment.h"
#include "event/event.h"
#include "notify/notify.h"
#include "respond/respond.h"

#define CURRENCIES_MAX 8
#define EFFECTS_MAX    40 /* that are told one by one: a notice is read at night, and on a telephone; the report has all */
#define LIST_SIZE_MAX  (8U * 1024)

struct message {
    const struct phrases *phrases;
    const struct notice_source *source;
    const struct notice_wish *wish;
};

static struct str phrase(const struct message *m, enum phrase p) {
    return m->phrases->texts[p];
}

/* ---- figures ------------------------------------------------------------------------------------------------------------------------ */

static void write_amount(const struct message *m, int64_t minor, const char *currency, struct buf *out) {
    char memory[32];
    struct buf digits = buf_over(memory, sizeof memory);
    amount_write(&digits, minor, str_from(currency));
    enum phrase p = str_equal(str_from(currency), STR("JPY")) ? PHRASE_amount_jpy : PHRASE_amount;
    phrase_fill(phrase(m, p), (struct filling[]){{"digits", buf_str(&digits)}, {"currency", str_from(currency)}}, 2, out);
}

static void write_date(const struct message *m, int64_t at_ms, struct buf *out) {
    char memory[32];
    struct buf b = buf_over(memory, sizeof memory);
    moment_format(&b, at_ms + m->wish->offset_ms);
    struct str s = buf_str(&b); /* "2026-03-01T01:02:03.456Z" */
    struct filling parts[] = {{"year", str_slice(s, 0, 4)},
                              {"month", str_slice(s, 5, 7)},
                              {"day", str_slice(s, 8, 10)},
                              {"hour", str_slice(s, 11, 13)},
                              {"minute", str_slice(s, 14, 16)}};
    phrase_fill(phrase(m, PHRASE_date), parts, sizeof parts / sizeof parts[0], out);
}

/* ---- effects ------------------------------------------------------------------------------------------------------------------------ */

static int what_of(const struct effect_row *e) {
    char memory[64];
    struct buf name = buf_over(memory, sizeof memory);
    buf_fmt(&name, "what.%.*s", STR_ARGS(e->kind));
    return name.overflow ? -1 : phrase_find(buf_str(&name));
}

static enum phrase state_of(const struct effect_row *e, bool access) {
    switch (e->phase) {
    case PHASE_FOUND:
    case PHASE_CONTAINING:
    case PHASE_REOPENED: return PHRASE_holding;
    case PHASE_CONTAINED:
    case PHASE_ASKING: return access ? PHRASE_access_held : PHRASE_held;
    case PHASE_CONFIRMED: return access ? PHRASE_access_held : PHRASE_waiting; /* ended sessions are watched for a day: that is ours */
    case PHASE_UNDOING:
    case PHASE_RESTORING: return PHRASE_undoing;
    case PHASE_PENDING:
    case PHASE_COMPENSATING: return PHRASE_waiting;
    case PHASE_TOO_LATE: return PHRASE_too_late;
    case PHASE_HUMAN: return PHRASE_with_a_person;
    case PHASE_KEPT:
    case PHASE_RESTORED: return PHRASE_kept;
    case PHASE_VERIFIED: return access ? PHRASE_access_undone : PHRASE_undone;
    case PHASE_COMPENSATED: return PHRASE_made_good;
    case PHASE_DISCLOSED:
    case PHASE_ACKNOWLEDGED: return PHRASE_acknowledged;
    case PHASE_COUNT: break;
    }
    return PHRASE_waiting;
}

static void write_effect(const struct message *m, const struct effect_row *e, int what, struct buf *out) {
    char memory[64];
    struct buf amount = buf_over(memory, sizeof memory);
    bool access = effect_def_find(e->kind)->code[0] == 'A';
    if (e->currency[0]) write_amount(m, e->amount_minor, e->currency, &amount);
    struct filling parts[] = {
        {"what", phrase(m, (enum phrase)what)}, {"state", phrase(m, state_of(e, access))}, {"amount", buf_str(&amount)}};
    if (out->size) buf_char(out, '\n');
    phrase_fill(phrase(m, e->currency[0] ? PHRASE_line : PHRASE_line_bare), parts, 3, out);
}

static void write_effects(const struct message *m, struct buf *out) {
    uint64_t told = 0, more = 0;
    for (size_t i = 0; i < m->source->effect_count; i++) {
        const struct effect_row *e = &m->source->effects[i];
        int what = what_of(e);
        if (!effect_def_find(e->kind) || what < 0) continue; /* a sweep */
        if (told == EFFECTS_MAX) {
            more++;
            continue;
        }
        told++;
        write_effect(m, e, what, out);
    }
    if (!more) return;
    char memory[24];
    struct buf count = buf_over(memory, sizeof memory);
    buf_u64(&count, more);
    buf_char(out, '\n');
    phrase_fill(phrase(m, PHRASE_more), (struct filling[]){{"count", buf_str(&count)}}, 1, out);
}

static bool parcel_may_come(const struct notice_source *s) {
    for (size_t i = 0; i < s->effect_count; i++) {
        int fate = s->effects[i].fate;
        if (!phase_is_terminal(s->effects[i].phase) && (fate == FATE_HANDED_OVER || fate == FATE_OUT_FOR_DELIVERY)) return true;
    }
    return false;
}

/* ---- money -------------------------------------------------------------------------------------------------------------------------- */

static void write_one_money(const struct message *m, const struct money *money, struct buf *out) {
    char open_memory[64], loss_memory[64], returned_memory[64];
    struct buf open = buf_over(open_memory, sizeof open_memory), loss = buf_over(loss_memory, sizeof loss_memory),
               returned = buf_over(returned_memory, sizeof returned_memory);
    write_amount(m, money_open(money), money->currency, &open);
    write_amount(m, money->loss_minor, money->currency, &loss);
    write_amount(m, money->returned_minor + money->compensated_minor, money->currency, &returned);
    struct filling parts[] = {{"open", buf_str(&open)}, {"loss", buf_str(&loss)}, {"returned", buf_str(&returned)}};
    if (out->size) buf_char(out, '\n');
    phrase_fill(phrase(m, money_open(money) > 0 ? PHRASE_money_open : PHRASE_money_back), parts, 3, out);
}

static void write_money(const struct message *m, struct buf *out) {
    struct money money[CURRENCIES_MAX];
    size_t count = respond_money(m->source->ledger, m->source->ledger_count, money, CURRENCIES_MAX);
    for (size_t i = 0; i < count; i++)
        if (money[i].loss_minor > 0) write_one_money(m, &money[i], out);
    if (!out->size) buf_text(out, phrase(m, PHRASE_money_none));
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

/* -1: the owner is told nothing by that name. Its text is the next phrase. */
static int title_of(struct str subject) {
    char memory[64];
    struct buf name = buf_over(memory, sizeof memory);
    buf_fmt(&name, "%.*s.title", STR_ARGS(subject));
    return name.overflow ? -1 : phrase_find(buf_str(&name));
}

static void write_check(const struct message *m, struct buf *out) {
    phrase_fill(phrase(m, PHRASE_check), (struct filling[]){{"code", m->wish->code}, {"case", m->source->incident->id}}, 2, out);
}

static void write_next(const struct message *m, struct buf *out) {
    if (!m->wish->next_ms) {
        buf_text(out, phrase(m, PHRASE_next_open));
        return;
    }
    char memory[128];
    struct buf next = buf_over(memory, sizeof memory);
    write_date(m, m->wish->next_ms, &next);
    phrase_fill(phrase(m, PHRASE_next), (struct filling[]){{"next", buf_str(&next)}}, 1, out);
}

enum err notice_write(const struct phrases *p, const struct notice_source *s, const struct notice_wish *w, struct buf *title,
                      struct buf *text) {
    struct message m = {p, s, w};
    int which = title_of(w->subject);
    if (which < 0) return ERR_NOT_FOUND;
    char effects_memory[LIST_SIZE_MAX], money_memory[1024], saw_memory[128], check_memory[1024], next_memory[512];
    struct buf effects = buf_over(effects_memory, sizeof effects_memory), money = buf_over(money_memory, sizeof money_memory),
               saw = buf_over(saw_memory, sizeof saw_memory), check = buf_over(check_memory, sizeof check_memory),
               next = buf_over(next_memory, sizeof next_memory);
    write_effects(&m, &effects);
    write_money(&m, &money);
    write_date(&m, s->incident->window_from_ms, &saw);
    write_check(&m, &check);
    write_next(&m, &next);
    struct filling fillings[] = {
        {"effects", buf_str(&effects)},
        {"money", buf_str(&money)},
        {"saw", buf_str(&saw)},
        {"case", s->incident->id},
        {"parcel", phrase(&m, parcel_may_come(s) ? PHRASE_parcel : PHRASE_no_parcel)},
        {"greeting", phrase(&m, PHRASE_greeting)},
        {"check", buf_str(&check)},
        {"next", buf_str(&next)},
        {"last", phrase(&m, PHRASE_last)},
    };
    size_t filling_count = sizeof fillings / sizeof fillings[0];
    phrase_fill(phrase(&m, (enum phrase)which), fillings, filling_count, title);
    phrase_fill(phrase(&m, (enum phrase)(which + 1)), fillings, filling_count, text);
    bool full = effects.overflow || money.overflow || check.overflow || next.overflow || title->overflow || text->overflow;
    return full ? ERR_FULL : ERR_OK;
}

enum err notice_write_short(const struct phrases *p, const struct notice_source *s, const struct notice_wish *w, struct str title,
                            struct buf *text) {
    struct filling fillings[] = {{"title", title}, {"code", w->code}, {"case", s->incident->id}};
    phrase_fill(p->texts[PHRASE_short], fillings, sizeof fillings / sizeof fillings[0], text);
    return text->overflow ? ERR_FULL : ERR_OK;
}
