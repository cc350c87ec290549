// SPDX-License-Identifier: Apache-2.0
/* Holds the words that all that is told of a response has in common. */
#include "notify/words.h"

#include "base/amount.h"
#include "base/moment.h"
#include "event/event.h"

void words_amount(const struct phrases *p, int64_t minor, const char *currency, struct buf *out) {
    char memory[32];
    struct buf digits = buf_over(memory, sizeof memory);
    amount_write(&digits, minor, str_from(currency));
    enum phrase form = str_equal(str_from(currency), STR("JPY")) ? PHRASE_amount_jpy : PHRASE_amount;
    phrase_fill(p->texts[form], (struct filling[]){{"digits", buf_str(&digits)}, {"currency", str_from(currency)}}, 2, out);
}

void words_date(const struct phrases *p, int64_t local_ms, struct buf *out) {
    char memory[32];
    struct buf b = buf_over(memory, sizeof memory);
    moment_format(&b, local_ms);
    struct str s = buf_str(&b); /* "2026-03-01T01:02:03.456Z" */
    struct filling parts[] = {{"year", str_slice(s, 0, 4)},
                              {"month", str_slice(s, 5, 7)},
                              {"day", str_slice(s, 8, 10)},
                              {"hour", str_slice(s, 11, 13)},
                              {"minute", str_slice(s, 14, 16)}};
    phrase_fill(p->texts[PHRASE_date], parts, sizeof parts / sizeof parts[0], out);
}

int words_find(const char *before, struct str word, const char *behind) {
    char memory[64];
    struct buf name = buf_over(memory, sizeof memory);
    buf_fmt(&name, "%s%.*s%s", before, STR_ARGS(word), behind);
    return name.overflow ? -1 : phrase_find(buf_str(&name));
}

int words_what(struct str kind) {
    return effect_def_find(kind) ? words_find("what.", kind, "") : -1;
}

int words_title(struct str subject) {
    return words_find("", subject, ".title");
}

static bool is_access(const struct effect_row *e) {
    const struct effect_def *d = effect_def_find(e->kind);
    return d && d->code[0] == 'A';
}

enum phrase words_state(const struct effect_row *e) {
    bool access = is_access(e), frozen = str_equal(e->kind, STR("balance")); /* held until all else is settled, and nothing of it undone */
    switch (e->phase) {
    case PHASE_FOUND:
    case PHASE_CONTAINING:
    case PHASE_REOPENED: return PHRASE_holding;
    case PHASE_CONTAINED:
    case PHASE_ASKING: return access ? PHRASE_access_held : PHRASE_held;
    case PHASE_CONFIRMED:
        return access ? PHRASE_access_held : frozen ? PHRASE_held : PHRASE_waiting; /* ended sessions are watched for a day: that is ours */
    case PHASE_UNDOING:
    case PHASE_RESTORING: return PHRASE_undoing;
    case PHASE_PENDING: return access ? PHRASE_access_held : frozen ? PHRASE_held : PHRASE_waiting; /* the way in waits for him */
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

bool words_parcel_may_come(const struct effect_row *effects, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int fate = effects[i].fate;
        if (!phase_is_terminal(effects[i].phase) && (fate == FATE_HANDED_OVER || fate == FATE_OUT_FOR_DELIVERY)) return true;
    }
    return false;
}

static void write_one_money(const struct phrases *p, const struct money *money, struct buf *out) {
    char open_memory[64], loss_memory[64], returned_memory[64];
    struct buf open = buf_over(open_memory, sizeof open_memory), loss = buf_over(loss_memory, sizeof loss_memory),
               returned = buf_over(returned_memory, sizeof returned_memory);
    words_amount(p, money_open(money), money->currency, &open);
    words_amount(p, money->loss_minor, money->currency, &loss);
    words_amount(p, money->returned_minor + money->compensated_minor, money->currency, &returned);
    struct filling parts[] = {{"open", buf_str(&open)}, {"loss", buf_str(&loss)}, {"returned", buf_str(&returned)}};
    if (out->size) buf_char(out, '\n');
    phrase_fill(p->texts[money_open(money) > 0 ? PHRASE_money_open : PHRASE_money_back], parts, 3, out);
}

void words_money(const struct phrases *p, const struct ledger_row *rows, size_t count, struct buf *out) {
    struct money money[WORDS_CURRENCIES_MAX];
    size_t found = respond_money(rows, count, money, WORDS_CURRENCIES_MAX);
    for (size_t i = 0; i < found; i++)
        if (money[i].loss_minor > 0) write_one_money(p, &money[i], out);
    if (!out->size) buf_text(out, p->texts[PHRASE_money_none]);
}
