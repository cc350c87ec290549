// SPDX-License-Identifier: Apache-2.0
/* Finds entries that have to be judged again because their origin became suspicious, and writes the events that say so. */
#include "engine/review.h"

#include <string.h>

#include "base/buf.h"
#include "engine/policy_event.h"
#include "score/campaign.h"

struct find {
    const struct features *f;
    uint32_t own;
    int64_t at_ms;
    struct bump bumps[CELLS_SUBMIT_MAX];
    struct cell_op ops[CELLS_SUBMIT_MAX];
    size_t count;
    struct reviews *out;
};

/* ---- finding ---- */

static bool is_listed(const struct reviews *r, uint64_t entry) {
    for (unsigned i = 0; i < r->count; i++)
        if (r->at[i].entry == entry) return true;
    return false;
}

/* Notes in the origin that this entry is judged again, so that the next one does not ask for it too. */
static void note(struct find *s, uint64_t key, const struct origin_entry *e, bool known) {
    struct bump *b = &s->bumps[s->count];
    *b = (struct bump){
        .at_ms = e->at_ms,
        .account = (uint64_t)e->account << 32, /* origin_account of this is the same */
        .position = e->position,
        .score = e->score,
        .says = known ? ORIGIN_RECALLED : ORIGIN_REVIEWED,
    };
    s->ops[s->count++] = (struct cell_op){.kind = CELL_BUMP, .name = {CELL_ORIGIN, key}, .bump = b};
}

static void find_in(struct find *s, const struct cell_op *op, unsigned what) {
    struct origin_reading r;
    enrich_read_origin(op->bytes, 0, s->at_ms, &r);
    r.trained = s->f->origin[what].trained;
    if (!campaign_is_on(&r, what)) return;
    bool known = r.confirmed != 0;
    struct origin_entry entries[ORIGIN_ENTRIES];
    unsigned count = origin_entries(op->bytes, s->at_ms, entries);
    for (unsigned i = 0; i < count && s->count < CELLS_SUBMIT_MAX; i++) {
        const struct origin_entry *e = &entries[i];
        if (e->account == s->own || e->recalled || (e->reviewed && !known)) continue;
        if (!is_listed(s->out, e->position)) {
            if (s->out->count == REVIEWS_MAX) return;
            s->out->at[s->out->count++] = (struct review){.entry = e->position,
                                                          .at_ms = s->at_ms,
                                                          .cause = known ? REVIEW_KNOWN : REVIEW_SUSPECTED,
                                                          .shared = (uint8_t)what,
                                                          .entries = r.entries};
        }
        note(s, op->name.key, e, known);
    }
}

/* A word about a takeover has no path. What it is about has one: the act that the incident stands on. */
static void find_named(const struct event *e, const struct incident_change *change, struct reviews *out) {
    if (kind_group(e->kind) != GROUP_PEOPLE || change->closed) return;
    for (size_t i = 0; i < change->write_count; i++) {
        const struct incident_write *w = &change->writes[i];
        uint64_t trigger = w->kind == WRITE_INCIDENT ? w->as.incident.trigger_position : 0;
        if (!trigger || trigger == w->position) continue;
        out->at[out->count++] = (struct review){.entry = trigger, .at_ms = e->time_ms, .cause = REVIEW_NAMED, .shared = SHARED_COUNT};
        return;
    }
}

enum err review_find(struct cells cells, const struct event *e, const struct features *f, const struct incident_change *change,
                     const struct cell_plan *second, struct reviews *out) {
    out->count = 0;
    find_named(e, change, out);
    bool told = false;
    for (size_t i = 0; i < second->count && !told; i++)
        told = second->role[i] >= PLAN_ORIGIN && second->role[i] < PLAN_PROFILE && second->bumps[i].says != ORIGIN_CALM;
    if (!told) return ERR_OK;

    struct find s; /* large: not cleared */
    s.f = f, s.own = origin_account(second->account), s.at_ms = e->time_ms, s.count = 0, s.out = out;
    unsigned done = 0;
    for (size_t i = second->count; i-- > 0;) { /* the last word on an origin is its whole cell */
        unsigned role = second->role[i];
        if (role < PLAN_ORIGIN || role >= PLAN_PROFILE || second->bumps[i].says == ORIGIN_CALM) continue;
        unsigned what = role - PLAN_ORIGIN;
        if (!(done & 1U << what)) find_in(&s, &second->ops[i], what);
        done |= 1U << what;
    }
    return s.count ? cells.ops->submit(cells.self, s.ops, s.count) : ERR_OK;
}

/* ---- saying ---- */

struct str review_id(const struct review *r, char memory[REVIEW_ID_SIZE]) {
    static const char *const causes[REVIEW_CAUSE_COUNT] = {"suspected", "known", "named"};
    struct buf b = buf_over(memory, REVIEW_ID_SIZE);
    buf_fmt(&b, "review-%llu-%s", (unsigned long long)r->entry, causes[r->cause]);
    return buf_str(&b);
}

static const char *const words[SHARED_COUNT] = {
    [SHARED_DEVICE] = "device",       [SHARED_ADDRESS] = "address",
    [SHARED_PREFIX] = "prefix",       [SHARED_CLIENT] = "client over the same network",
    [SHARED_PASSWORD] = "password",   [SHARED_CONTACT] = "contact",
    [SHARED_DROP] = "postal address", [SHARED_PAYMENT] = "payment method",
    [SHARED_CODE] = "gift card",
};

static struct str reason_of(const struct review *r, struct arena *step) {
    if (r->cause == REVIEW_NAMED) return STR("somebody said of this entry that it was a takeover");
    enum { SIZE = 160 };
    char *memory = arena_take(step, SIZE);
    struct buf b = buf_over(memory, memory ? SIZE : 0);
    buf_fmt(&b, "%u accounts were entered at a risk with the same %s within 30 days%s", r->entries, words[r->shared],
            r->cause == REVIEW_KNOWN ? ", one of them by a known hijacker" : "");
    return buf_str(&b);
}

/* What was left in the account is named as what it is, whatever act left it there (enrich/plan.c). */
static void copy_left(const struct event *entry, struct event *out) {
    bool again = entry->kind == KIND_ENTRY_REVIEWED; /* what opened the incident that somebody's word is about */
    if (again || entry->kind == KIND_EMAIL_CHANGED || entry->kind == KIND_PHONE_CHANGED) out->after = entry->after;
    if (again || entry->kind == KIND_ADDRESS_CHANGED) out->address = entry->address;
    if (entry->kind == KIND_ORDER_PLACED) out->address = entry->ship_to;
    out->payment_method = entry->payment_method;
    out->code_ref = entry->code_ref;
}

enum err review_make(const struct review *r, struct journal j, struct arena *step, struct event *out) {
    struct journal_record record;
    struct event entry;
    if (r->entry < journal_first(j)) return ERR_NOT_FOUND;
    enum err err = journal_read(j, r->entry, step, &record);
    if (!err) err = event_decode(record.event, &entry);
    char *id = arena_take(step, REVIEW_ID_SIZE);
    if (err || !id) return err ? err : ERR_FULL;
    *out = (struct event){
        .source = POLICY_EVENT_SOURCE,
        .id = review_id(r, id),
        .type = kind_name(KIND_ENTRY_REVIEWED),
        .kind = KIND_ENTRY_REVIEWED,
        .subject = entry.subject,
        .time_ms = r->at_ms > entry.time_ms ? r->at_ms : entry.time_ms,
        .about = entry.kind == KIND_ENTRY_REVIEWED ? entry.about : entry.id,
        .reason = reason_of(r, step),
        .verdict = r->cause == REVIEW_NAMED ? STR("takeover") : STR_NONE,
        .ip = entry.ip,
        .session = entry.session,
        .user_agent = entry.user_agent,
        .device = entry.device,
        .ja4 = entry.ja4,
        .language = entry.language,
        .timezone = entry.timezone,
        .password_tag = entry.password_tag,
        .country = entry.country,
        .asn = entry.asn,
        .asn_present = entry.asn_present,
        .net = entry.net,
        .geo_source = entry.geo_source,
    };
    copy_left(&entry, out);
    return ERR_OK;
}
