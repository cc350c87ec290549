// SPDX-License-Identifier: Apache-2.0
/* Writes the pack of one charge as JSON (docs/reference/issuer-pack.md). */
#include "base/json.h"
#include "base/moment.h"
#include "event/event.h"
#include "notify/issuer_pack_facts.h"

/* ---- members: nothing for what is not known ----------------------------------------------------------------------------------------- */

static void comma(struct buf *out) {
    if (out->size && out->at[out->size - 1] != '{' && out->at[out->size - 1] != '[') buf_char(out, ',');
}

static void member(struct buf *out, const char *name) {
    comma(out);
    buf_fmt(out, "\"%s\":", name);
}

static void text(struct buf *out, const char *name, struct str value) {
    if (!value.size) return;
    member(out, name);
    buf_json(out, value);
}

static void moment(struct buf *out, const char *name, int64_t at_ms) {
    if (!at_ms) return;
    member(out, name);
    buf_char(out, '"');
    moment_format(out, at_ms);
    buf_char(out, '"');
}

static void money(struct buf *out, int64_t amount_minor, const char *currency) {
    if (!currency[0]) return;
    member(out, "amount_minor");
    buf_i64(out, amount_minor);
    text(out, "currency", str_from(currency));
}

/* ---- parts -------------------------------------------------------------------------------------------------------------------------- */

static void write_merchant(const struct issuer_pack_known *k, struct buf *out) {
    member(out, "merchant");
    buf_char(out, '{');
    text(out, "name", k->merchant);
    text(out, "id", k->merchant_id);
    text(out, "descriptor", k->descriptor);
    text(out, "desk", k->desk);
    buf_char(out, '}');
    member(out, "card");
    buf_char(out, '{');
    text(out, "last4", k->card_last4);
    text(out, "token", k->token);
    buf_char(out, '}');
}

static void write_charge(const struct pack_facts *f, const struct issuer_pack_known *k, struct arena *arena, struct buf *out) {
    const struct effect_row *e = f->effect;
    member(out, "charge");
    buf_char(out, '{');
    text(out, "id", f->charge);
    money(out, e->amount_minor, e->currency);
    if (f->made) moment(out, "charged", f->made->time_ms);
    text(out, "authorisation_code", k->authorisation_code);
    text(out, "state", e->state);
    text(out, "phase", phase_word(e->phase));
    if (e->fate) text(out, "observed", fate_word((enum fate)e->fate));
    if (f->refund) text(out, "refund_request", respond_key(f->refund, arena));
    text(out, "refund_reference", f->reference);
    buf_char(out, '}');
}

static void write_acts(const struct pack_facts *f, struct buf *out) {
    member(out, "acts");
    buf_char(out, '[');
    for (size_t i = 0; i < f->source->rows.event_count; i++) {
        const struct incident_event_row *r = &f->source->rows.events[i];
        if (!pack_is_act(f, r)) continue;
        const struct effect_row *e = pack_effect_of(f, r);
        comma(out);
        buf_char(out, '{');
        text(out, "kind", r->kind);
        moment(out, "time", r->time_ms);
        text(out, "object", r->object);
        money(out, r->amount_minor, r->currency);
        if (e) text(out, "phase", phase_word(e->phase));
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

static void write_requests(const struct pack_facts *f, struct arena *arena, struct buf *out) {
    member(out, "requests");
    buf_char(out, '[');
    for (size_t i = 0, told = 0; i < f->source->step_count && told < ISSUER_PACK_STEPS_MAX; i++) {
        const struct step_row *r = &f->source->steps[i];
        if (!pack_is_request(f, r)) continue;
        told++;
        comma(out);
        buf_char(out, '{');
        text(out, "how", r->how);
        text(out, "key", respond_key(r, arena));
        moment(out, "time", r->first_sent_ms);
        text(out, "outcome", step_outcome_word(r->outcome));
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

static void write_states(const struct pack_facts *f, struct buf *out) {
    member(out, "states");
    buf_char(out, '[');
    for (size_t i = 0; i < f->source->rows.event_count; i++) {
        const struct incident_event_row *r = &f->source->rows.events[i];
        if (!pack_is_fate(f, r)) continue;
        comma(out);
        buf_char(out, '{');
        text(out, "state", r->detail.size ? r->detail : STR("disputed"));
        moment(out, "time", r->time_ms);
        struct str rest = r->facts, name, value;
        while (json_cut_member(&rest, &name, &value))
            if (str_equal(name, STR("reference"))) member(out, "reference"), buf_text(out, value);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

/* Of the hostile path the networks: sessions and devices are nobody's business but ours. */
static void write_access(const struct pack_facts *f, struct buf *out) {
    const struct incident_row *incident = f->source->rows.rows.incident;
    struct str rest = incident->path, name, value;
    member(out, "access");
    buf_char(out, '{');
    moment(out, "from", incident->window_from_ms);
    while (json_cut_member(&rest, &name, &value))
        if (str_equal(name, STR("networks"))) member(out, "networks"), buf_text(out, value);
    buf_char(out, '}');
}

enum err issuer_pack_write_json(const struct issuer_pack_source *s, const struct issuer_pack_known *k, const struct report_wish *w,
                                struct str charge, struct arena *arena, struct buf *out) {
    struct pack_facts f;
    enum err err = pack_facts_find(s, charge, &f);
    if (err) return err;
    if (arena->capacity - arena->used < ISSUER_PACK_MEMORY_SIZE) return ERR_FULL;
    buf_char(out, '{');
    text(out, "incident", s->rows.rows.incident->id);
    moment(out, "made", w->made_ms);
    text(out, "statement", STR("unauthorised_by_account_holder"));
    text(out, "request", pack_request_word(f.request));
    write_merchant(k, out);
    write_charge(&f, k, arena, out);
    write_acts(&f, out);
    write_requests(&f, arena, out);
    write_states(&f, out);
    write_access(&f, out);
    text(out, "check_code", k->check_code);
    buf_char(out, '}');
    return out->overflow ? ERR_FULL : ERR_OK;
}
