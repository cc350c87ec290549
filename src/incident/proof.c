// SPDX-License-Identifier: Apache-2.0
/* Decides whether somebody on a hostile path has proven himself to be the owner. */
#include "incident/proof.h"

#include "incident/finding.h"

/* A challenge proves who speaks now, not who speaks later. */
#define FRESH_MS HOUR_MS

/* What can be a proof, and the change by which it comes into other hands. */
static const struct factor {
    const char *word;
    enum kind changed_by;
} factors[] = {
    {"passkey", KIND_MFA_CHANGED}, {"security_key", KIND_MFA_CHANGED}, {"totp", KIND_MFA_CHANGED},
    {"sms", KIND_PHONE_CHANGED},   {"call", KIND_PHONE_CHANGED},
};

static const struct factor *factor_from(struct str word) {
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++)
        if (str_equal(str_from(factors[i].word), word)) return &factors[i];
    return NULL;
}

/* What was asked for and given; a passkey may be the login itself. Empty for any other event. */
static struct str given(const struct event *e) {
    if (e->kind == KIND_CHALLENGE && e->outcome == OUTCOME_SUCCESS) return e->factor.size ? e->factor : method_word(e->method);
    return event_is_login_success(e) ? method_word(e->method) : STR_NONE;
}

static const struct trace *record_at(const struct proof_claim *c, uint64_t position) {
    uint16_t at = trace_at(c->traces, c->count, position);
    return at == NOBODY ? NULL : &c->traces[at];
}

/* Since when the factor must be as it is. */
static int64_t untouched_ms(const struct proof_claim *c) {
    return c->attack_ms - CAMPAIGN_MS;
}

static bool same_hands(const struct trace *a, const struct trace *b) {
    bool same_session = a->session && a->session == b->session, same_device = a->device && a->device == b->device;
    return (same_session || same_device) && a->prefix == b->prefix && trace_same_client(a, b);
}

static bool proves(const struct proof_claim *c, const struct trace *t) {
    const struct trace *words = &c->traces[c->statement];
    const struct trace *opening = record_at(c, c->opened);
    if (!opening || t->of->position <= c->opened || t->of->position >= words->of->position) return false;
    if (t->time_ms < opening->time_ms || t->time_ms < words->time_ms - FRESH_MS || t->time_ms > words->time_ms) return false;
    return str_equal(given(&t->of->event), words->of->event.via) && same_hands(t, words);
}

/* A change that does not say clearly that it was of another factor was of this one. */
static bool touches(const struct event *e, const struct factor *f, struct str authenticator) {
    if (e->kind != KIND_MFA_CHANGED) return e->kind == f->changed_by;
    if (authenticator.size && e->authenticator.size && !str_equal(authenticator, e->authenticator)) return false;
    const struct factor *changed = factor_from(e->factor);
    return !changed || changed == f;
}

static bool is_untouched(const struct proof_claim *c, const struct factor *f, struct str authenticator) {
    for (size_t i = 0; i < c->count; i++) {
        const struct trace *t = &c->traces[i];
        bool recent = t->time_ms >= untouched_ms(c) || t->of->position >= c->opened;
        if (recent && touches(&t->of->event, f, authenticator)) return false;
    }
    return true;
}

/* A long thread is handed in with a gap, and he may have filled it himself. Every record names an earlier one, so this ends. */
static bool tells_everything(const struct proof_claim *c) {
    const struct trace *t = &c->traces[c->statement];
    while (t->of->previous) {
        const struct trace *before = record_at(c, t->of->previous);
        if (!before) return t->time_ms < untouched_ms(c) && t->of->position < c->opened;
        t = before;
    }
    return true;
}

bool proof_holds(const struct proof_claim *c) {
    const struct factor *f = factor_from(c->traces[c->statement].of->event.via);
    if (!f || !tells_everything(c)) return false;
    for (size_t i = 0; i < c->count; i++)
        if (proves(c, &c->traces[i]) && is_untouched(c, f, c->traces[i].of->event.authenticator)) return true;
    return false;
}
