// SPDX-License-Identifier: Apache-2.0
/* Finds in the rows of a response what an issuer is told of one charge, and names what only the merchant knows. */
#include "notify/issuer_pack_facts.h"

#include "base/json.h"
#include "event/event.h"

static bool is_charge_effect(const struct effect_row *e) {
    return str_equal(e->kind, STR("card_authorisation")) || str_equal(e->kind, STR("captured_charge"));
}

/* "charge:c1" */
static struct str charge_of(const struct effect_row *e) {
    struct str id, type = str_cut(e->object, ':', &id);
    return is_charge_effect(e) && str_equal(type, STR("charge")) ? id : STR_NONE;
}

/* Is it the hijacker's for sure? */
static bool is_packed(const struct effect_row *e) {
    return e->go && e->whose == WHOSE_HIJACKER && e->phase != PHASE_KEPT && e->phase != PHASE_RESTORED && e->phase != PHASE_RESTORING;
}

size_t issuer_pack_charges(const struct report_source *s, struct str *charges, size_t count_max) {
    size_t count = 0;
    for (size_t i = 0; i < s->rows.effect_count && count < count_max; i++) {
        struct str id = charge_of(&s->rows.effects[i]);
        if (id.size && is_packed(&s->rows.effects[i])) charges[count++] = id;
    }
    return count;
}

/* A member of an event's facts, if it is this text. Written by buf_json, so equal texts are equal bytes but for escapes. */
static bool fact_is(const struct incident_event_row *r, struct str member, struct str wanted) {
    char memory[1024];
    struct buf quoted = buf_over(memory, sizeof memory);
    struct str rest = r->facts, name, value;
    buf_json(&quoted, wanted);
    while (json_cut_member(&rest, &name, &value))
        if (str_equal(name, member)) return !quoted.overflow && str_equal(value, buf_str(&quoted));
    return false;
}

bool pack_is_act(const struct pack_facts *f, const struct incident_event_row *r) {
    return r->whose == WHOSE_HIJACKER && kind_group(kind_from(r->kind)) == GROUP_VALUE && fact_is(r, STR("charge"), f->charge);
}

bool pack_is_fate(const struct pack_facts *f, const struct incident_event_row *r) {
    enum kind kind = kind_from(r->kind);
    return (kind == KIND_PAYMENT_STATE || kind == KIND_CHARGEBACK) && fact_is(r, STR("charge"), f->charge);
}

bool pack_is_request(const struct pack_facts *f, const struct step_row *r) {
    bool act = str_equal(r->verb, STR("undo")) || str_equal(r->verb, STR("contain"));
    return act && r->first_sent_ms && str_equal(r->system, STR("payment")) && str_equal(r->effect, f->effect->id);
}

const struct effect_row *pack_effect_of(const struct pack_facts *f, const struct incident_event_row *act) {
    const struct notice_source *rows = &f->source->rows.rows;
    for (size_t i = 0; i < rows->effect_count; i++) {
        const struct effect_row *e = &rows->effects[i];
        if (e == f->effect) continue;
        if (act->object.size && str_equal(e->object, act->object)) return e;
        struct str id, type = str_cut(e->object, ':', &id);
        if (type.size && id.size && str_equal(id, act->event)) return e; /* a top-up is called after its event */
    }
    return NULL;
}

/* ---- what is asked ------------------------------------------------------------------------------------------------------------------ */

struct str pack_request_word(enum pack_request r) {
    switch (r) {
    case PACK_VOID: return STR("none_cancelled");
    case PACK_RELEASE: return STR("release");
    case PACK_REVERSAL: return STR("reversal");
    case PACK_REFUNDING: return STR("none_refund_under_way");
    case PACK_REFUNDED: return STR("none_refunded");
    case PACK_DISPUTE: return STR("none_dispute_accepted");
    case PACK_PAID: return STR("none_paid_otherwise");
    }
    return STR_NONE;
}

static bool is_dispute(const struct effect_row *e, const struct step_row *refund) {
    if (str_equal(e->state, STR("contested"))) return false; /* the refund stands */
    return refund && str_equal(refund->how, STR("accept_dispute")) && refund->outcome != STEP_OUTCOME_REFUSED;
}

/* Of a charge that was captured. By what is known to have happened, never by what was meant. */
static enum pack_request asked_of_captured(const struct effect_row *e, const struct step_row *refund) {
    if (e->phase == PHASE_COMPENSATED || e->phase == PHASE_COMPENSATING) return PACK_PAID;
    if (is_dispute(e, refund)) return PACK_DISPUTE;
    if (e->phase == PHASE_CONFIRMED || e->phase == PHASE_VERIFIED || e->fate == FATE_REFUNDED || e->fate == FATE_SETTLED)
        return PACK_REFUNDED;
    bool asked = refund && str_equal(refund->how, STR("refund")) && refund->outcome != STEP_OUTCOME_REFUSED;
    return e->fate == FATE_REFUND_PENDING || (asked && e->phase != PHASE_TOO_LATE) ? PACK_REFUNDING : PACK_REVERSAL;
}

static enum pack_request asked_of(const struct effect_row *e, const struct step_row *refund) {
    bool reserved = str_equal(e->kind, STR("card_authorisation")) && e->fate != FATE_CAPTURED;
    if (!reserved) return asked_of_captured(e, refund);
    bool cancelled = e->phase == PHASE_CONFIRMED || e->phase == PHASE_VERIFIED || e->fate == FATE_VOIDED;
    return cancelled ? PACK_VOID : PACK_RELEASE;
}

/* ---- finding ------------------------------------------------------------------------------------------------------------------------ */

static const struct effect_row *find_charge(const struct report_source *s, struct str charge) {
    for (size_t i = 0; i < s->rows.effect_count; i++)
        if (charge.size && str_equal(charge_of(&s->rows.effects[i]), charge)) return &s->rows.effects[i];
    return NULL;
}

static struct str find_reference(const struct pack_facts *f) {
    const struct notice_source *rows = &f->source->rows.rows;
    struct str reference = f->effect->reference;
    for (size_t i = 0; i < rows->ledger_count; i++) {
        const struct ledger_row *r = &rows->ledger[i];
        bool back = r->kind == LEDGER_RETURNED && r->amount_minor > 0 && r->evidence.size;
        if (back && str_equal(r->effect, f->effect->id)) reference = r->evidence;
    }
    return reference;
}

enum err pack_facts_find(const struct issuer_pack_source *s, struct str charge, struct pack_facts *out) {
    *out = (struct pack_facts){.source = s, .charge = charge, .effect = find_charge(&s->rows, charge)};
    if (!out->effect) return ERR_NOT_FOUND;
    if (!is_packed(out->effect)) return ERR_CONFLICT;
    for (size_t i = 0; i < s->rows.event_count; i++) {
        const struct incident_event_row *r = &s->rows.events[i];
        if (pack_is_act(out, r) && (!out->made || r->time_ms < out->made->time_ms)) out->made = r;
    }
    for (size_t i = 0; i < s->step_count; i++)
        if (pack_is_request(out, &s->steps[i]) && str_equal(s->steps[i].verb, STR("undo"))) out->refund = &s->steps[i];
    out->request = asked_of(out->effect, out->refund);
    out->reference = find_reference(out);
    return ERR_OK;
}

/* ---- what the merchant knows -------------------------------------------------------------------------------------------------------- */

struct str *issuer_pack_known_member(struct issuer_pack_known *k, struct str name) {
    const struct {
        const char *name;
        struct str *at;
    } members[] = {{"merchant", &k->merchant},     {"merchant_id", &k->merchant_id},
                   {"descriptor", &k->descriptor}, {"desk", &k->desk},
                   {"card_last4", &k->card_last4}, {"token", &k->token},
                   {"check_code", &k->check_code}, {"authorisation_code", &k->authorisation_code}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (str_equal(name, str_from(members[i].name))) return members[i].at;
    return NULL;
}

enum err issuer_pack_check_known(const struct issuer_pack_known *k, struct problem *p) {
    if (k->card_last4.size <= 4) return ERR_OK;
    return problem_set(p, ERR_INVALID, "card_last4", "write the last four digits only", "these are more than four digits");
}
