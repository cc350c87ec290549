// SPDX-License-Identifier: Apache-2.0
/*
 * Keeps the books of what the hijacker cost. Per effect and in one currency: lines of loss, of what came back, of what another rail made
 * good, of what the merchant bears. A line is never changed; one that turned out wrong is taken back by a negative one. At any time, for
 * each effect: 0 <= returned + compensated <= loss.
 */
#include <string.h>

#include "base/check.h"
#include "respond/advance.h"

static void add_line(struct advance *a, struct effect_work *w, enum ledger_kind kind, int64_t amount_minor, struct str evidence) {
    if (!amount_minor || !w->row.currency[0]) return;
    CHECK(a->ledger_count < a->ledger_capacity);
    struct ledger_row *row = &a->ledger[a->ledger_count++];
    *row = (struct ledger_row){
        .incident = a->response.incident,
        .effect = w->row.id,
        .number = ++w->row.ledger_count,
        .kind = kind,
        .amount_minor = amount_minor,
        .at_ms = a->now_ms,
        .evidence = evidence,
        .position = a->e->position,
    };
    memcpy(row->currency, w->row.currency, sizeof row->currency);
    w->changed = true;
    record_audit(a, &(struct audit_note){.what = "ledger", .about = w->row.id, .to = ledger_kind_word(kind), .why = evidence});
}

int64_t money_sum(const struct advance *a, const struct effect_work *w, enum ledger_kind kind) {
    int64_t sum = 0;
    for (size_t i = 0; i < a->ledger_count; i++)
        if (a->ledger[i].kind == kind && str_equal(a->ledger[i].effect, w->row.id)) sum += a->ledger[i].amount_minor;
    return sum;
}

static int64_t made_good(const struct advance *a, const struct effect_work *w) {
    return money_sum(a, w, LEDGER_RETURNED) + money_sum(a, w, LEDGER_COMPENSATED);
}

int64_t money_missing(const struct advance *a, const struct effect_work *w) {
    return money_sum(a, w, LEDGER_LOSS) - made_good(a, w);
}

/* Only what is the hijacker's for sure is a loss; and what was made good already is not forgotten while it is still being taken back. */
static int64_t loss_wanted(const struct advance *a, const struct effect_work *w) {
    bool over = machine_in(w, STATE_RESTORED) || machine_in(w, STATE_KEPT) || machine_in(w, STATE_MERGED);
    bool counts = w->row.go && w->def && w->def->loses && w->row.amount_minor > 0 && !over;
    int64_t wanted = counts ? w->row.amount_minor : 0, good = made_good(a, w);
    return wanted > good ? wanted : good;
}

void money_count_loss(struct advance *a, struct effect_work *w) {
    int64_t counted = money_sum(a, w, LEDGER_LOSS);
    if (!w->row.go && !counted) return;
    add_line(a, w, LEDGER_LOSS, loss_wanted(a, w) - counted, w->row.go ? STR_NONE : STR("not the hijacker's after all"));
}

void money_make_good(struct advance *a, struct effect_work *w, enum ledger_kind kind, struct str evidence) {
    int64_t missing = money_missing(a, w);
    if (missing > 0) add_line(a, w, kind, missing, evidence);
}

void money_write_off(struct advance *a, struct effect_work *w, struct str evidence) {
    if (w->row.amount_minor > 0 && money_sum(a, w, LEDGER_WRITEOFF) == 0) add_line(a, w, LEDGER_WRITEOFF, w->row.amount_minor, evidence);
}

void money_take_back(struct advance *a, struct effect_work *w, enum ledger_kind kind, struct str evidence) {
    add_line(a, w, kind, -money_sum(a, w, kind), evidence);
}

bool money_within(const struct respond_settings *s, const int64_t *limits, const struct effect_row *r) {
    for (size_t i = 0; i < RESPOND_LIMITS_MAX; i++)
        if (r->currency[0] && strcmp(s->currencies[i], r->currency) == 0) return r->amount_minor <= limits[i];
    return false;
}

static struct money *money_of(struct money *out, size_t *count, size_t count_max, const char *currency) {
    for (size_t i = 0; i < *count; i++)
        if (strcmp(out[i].currency, currency) == 0) return &out[i];
    if (*count == count_max) return NULL;
    struct money *m = &out[(*count)++];
    *m = (struct money){0};
    memcpy(m->currency, currency, sizeof m->currency);
    return m;
}

size_t respond_money(const struct ledger_row *rows, size_t count, struct money *out, size_t count_max) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct money *m = money_of(out, &found, count_max, rows[i].currency);
        if (!m) continue;
        switch (rows[i].kind) {
        case LEDGER_LOSS: m->loss_minor += rows[i].amount_minor; break;
        case LEDGER_RETURNED: m->returned_minor += rows[i].amount_minor; break;
        case LEDGER_COMPENSATED: m->compensated_minor += rows[i].amount_minor; break;
        case LEDGER_WRITEOFF: m->writeoff_minor += rows[i].amount_minor; break;
        }
    }
    return found;
}
