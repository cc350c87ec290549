// SPDX-License-Identifier: Apache-2.0
/*
 * Finds the effects of an incident and says whose each is: in the rows of attributed events, in what sweeps bring, and those that are
 * looked after in every incident. An effect is found once, by its kind and its object; found again it may turn out to be another's, or to
 * have been done once more.
 */
#include <string.h>

#include "base/check.h"
#include "base/moment.h"
#include "respond/advance.h"

/* "address:" and an id of 512 bytes, which is the longest that events have. */
#define OBJECT_SIZE_MAX 640
#define WORD_SIZE_MAX   128
#define IMAGE_SIZE_MAX  512
#define OVERFLOW_DUE_MS (30 * MINUTE_MS)

/* ---- looking up --------------------------------------------------------------------------------------------------------------------- */

struct effect_work *find_effect(struct advance *a, struct str id) {
    for (size_t i = 0; i < a->effect_count; i++)
        if (str_equal(a->effects[i].row.id, id)) return &a->effects[i];
    return NULL;
}

struct effect_work *find_same(struct advance *a, struct str kind, struct str object) {
    for (size_t i = 0; i < a->effect_count; i++) {
        const struct effect_row *r = &a->effects[i].row;
        if (str_equal(r->object, object) && str_equal(r->kind, kind)) return &a->effects[i];
    }
    return NULL;
}

/* May an effect of definition `d` have turned into this kind? At most three turns: an authorisation, a charge, a dispute. */
static bool turns_into(const struct catalogue *c, const struct effect_def *d, struct str kind, int turns) {
    for (size_t i = 0; d && turns > 0 && i < d->state_count; i++) {
        if (!d->states[i].becomes) continue;
        struct str next = str_from(d->states[i].becomes);
        if (str_equal(next, kind) || turns_into(c, catalogue_find(c, next), kind, turns - 1)) return true;
    }
    return false;
}

/* Is an effect of this kind, whose definition is `is`, what `d` finds, or what that has turned into since, or will turn into? */
static bool is_kind_of(const struct catalogue *c, const struct effect_def *d, const struct effect_def *is, struct str kind) {
    return str_equal(str_from(d->name), kind) || turns_into(c, d, kind, 3) || turns_into(c, is, str_from(d->name), 3);
}

/* The same one, whatever it has turned into: one charge is not lost twice. */
static struct effect_work *find_known(struct advance *a, const struct effect_def *d, struct str object) {
    struct effect_work *same = find_same(a, str_from(d->name), object);
    for (size_t i = 0; !same && i < a->effect_count; i++) {
        struct effect_work *w = &a->effects[i];
        if (str_equal(w->row.object, object) && is_kind_of(a->catalogue, d, w->def, w->row.kind)) same = w;
    }
    return same;
}

/* ---- a new one ---------------------------------------------------------------------------------------------------------------------- */

/* What is known of an effect when it is found. Texts are borrowed for the call. */
struct finding {
    const struct effect_def *def;
    struct str object, before, after, fulfilment, reference, currency;
    int64_t amount_minor;
    enum fate fate;
    enum whose whose;
    bool from_owner;
    uint64_t position;
    int64_t time_ms; /* when it was done, by the shop's clock; 0 = a sweep does not know */
    struct str why;
};

static void overflow(struct advance *a) {
    a->out->overflow = true;
    if (task_is_open(a, NULL)) return;
    task_open(a, NULL,
              &(struct task_wish){TASK_FOLLOW, STR("more was done than is kept track of: look through the whole account by hand"),
                                  OVERFLOW_DUE_MS, 1});
}

static struct str new_id(struct advance *a) {
    struct buf b = advance_buf(a, a->response.incident.size + 16);
    buf_fmt(&b, "%.*s/e%u", STR_ARGS(a->response.incident), ++a->response.effect_count);
    return advance_text(a, &b);
}

static void fill(struct advance *a, struct effect_row *r, const struct finding *f) {
    *r = (struct effect_row){
        .id = new_id(a),
        .incident = a->response.incident,
        .account = a->response.account,
        .kind = str_from(f->def->name),
        .object = advance_copy(a, f->object),
        .whose = f->whose,
        .from_owner = f->from_owner,
        .fate = f->fate == FATE_OTHER ? FATE_NONE : (int)f->fate,
        .fulfilment = advance_copy(a, str_clip(f->fulfilment, WORD_SIZE_MAX)),
        .before = advance_copy(a, str_clip(f->before, IMAGE_SIZE_MAX)),
        .after = advance_copy(a, str_clip(f->after, IMAGE_SIZE_MAX)),
        .reference = advance_copy(a, str_clip(f->reference, WORD_SIZE_MAX)),
        .generation = 1,
        .found_ms = a->now_ms,
        .position = f->position,
    };
    if (f->currency.size != 3) return;
    memcpy(r->currency, f->currency.at, 3);
    r->amount_minor = f->amount_minor;
}

static bool may_go(const struct advance *a, const struct effect_work *w) {
    return w->row.whose == WHOSE_HIJACKER && (a->response.confident || w->row.from_owner);
}

static void add(struct advance *a, const struct finding *f) {
    if (a->effect_count == EFFECT_COUNT_MAX) {
        overflow(a);
        return;
    }
    struct effect_work *w = &a->effects[a->effect_count++];
    *w = (struct effect_work){.def = f->def, .changed = true};
    fill(a, &w->row, f);
    a->response_changed = true;
    record_audit(a, &(struct audit_note){.what = "effect_found", .about = w->row.id, .to = w->row.kind, .why = f->why});
    machine_begin(a, w);
    if (may_go(a, w)) machine_go(a, w, a->response.confident ? a->response.confident_why : STR("the owner said so"));
}

/* ---- one that is known -------------------------------------------------------------------------------------------------------------- */

static void turn_to_hijacker(struct advance *a, struct effect_work *w, const struct finding *f) {
    if (w->row.whose == WHOSE_HIJACKER) return;
    w->row.whose = WHOSE_HIJACKER;
    w->changed = true;
    record_audit(a, &(struct audit_note){.what = "effect_whose", .about = w->row.id, .to = whose_word(WHOSE_HIJACKER), .why = f->why});
    bool restored = w->row.phase == PHASE_RESTORING || w->row.phase == PHASE_RESTORED || w->row.phase == PHASE_KEPT;
    if (restored) machine_again(a, w, STR("the hijacker's after all"));
}

/* The same thing changed once more: what is there now is what he left last. */
static void take_newer(struct advance *a, struct effect_work *w, const struct finding *f) {
    bool newest = f->position == a->e->position || !a->l->response;
    if (!f->def || f->def->once || !newest || f->position <= w->row.position) return;
    if (f->after.size) w->row.after = advance_copy(a, str_clip(f->after, IMAGE_SIZE_MAX));
    w->changed = true;
    if (w->row.phase > PHASE_ASKING && f->whose == WHOSE_HIJACKER) machine_again(a, w, STR("it was done again"));
}

/*
 * Has another incident of the account answered for it: undone it, given it back to the owner, or is still at it? Then to undo it here would
 * be to do it twice. What was done after that one's end is new; so is what the owner disowns now.
 */
static bool is_answered(const struct finding *f, const struct effect_row *r) {
    if (f->position && f->position == r->position) return true;
    if (!phase_is_terminal(r->phase)) return true;
    if (f->time_ms) return f->time_ms <= r->since_ms;
    return f->def->once;
}

static bool is_another_incidents(struct advance *a, const struct finding *f) {
    for (size_t i = 0; i < a->l->elsewhere_count && !f->def->always && !f->from_owner; i++) {
        const struct effect_row *r = &a->l->elsewhere[i];
        const struct effect_def *d = catalogue_find(a->catalogue, r->kind);
        bool same = str_equal(r->object, f->object) && is_kind_of(a->catalogue, f->def, d, r->kind);
        if (!same || !is_answered(f, r)) continue;
        record_audit(a, &(struct audit_note){.what = "another_incidents", .about = r->id, .to = f->object, .why = f->why});
        return true;
    }
    return false;
}

static void consider(struct advance *a, const struct finding *f) {
    struct effect_work *w = find_known(a, f->def, f->object);
    if (!w && is_another_incidents(a, f)) return;
    if (!w) {
        add(a, f);
        return;
    }
    if (f->from_owner) w->row.from_owner = w->changed = true;
    if (f->whose == WHOSE_HIJACKER) turn_to_hijacker(a, w, f);
    take_newer(a, w, f);
    if (may_go(a, w)) machine_go(a, w, f->why);
    if (f->from_owner) machine_trigger(a, w, TRIGGER_OWNER_NOT_MINE, true);
}

/* ---- in the rows of events ---------------------------------------------------------------------------------------------------------- */

static bool is_found_by(const struct effect_def *d, enum kind kind) {
    for (size_t i = 0; i < EFFECT_KINDS_MAX && d->kinds[i] != KIND_UNKNOWN; i++)
        if (d->kinds[i] == kind) return true;
    return false;
}

static struct json read_json(struct advance *a, struct str text) {
    struct json root = {0};
    arena_reset(&a->scratch);
    if (text.size && json_parse(text, EVENT_JSON_SIZE_MAX, &a->scratch, &root, NULL) != ERR_OK) root = (struct json){0};
    return root;
}

static void read_facts(struct advance *a, const struct incident_event_row *row, struct effect_facts *f) {
    struct json j = read_json(a, row->facts);
    *f = (struct effect_facts){.kind = kind_from(row->kind), .event = row->event, .state = json_text(json_get(j, STR("fate")))};
    if (row->position == a->e->position) f->about = a->e->event->about;
        // clang-format off
#define FACT(member) f->member = json_text(json_get(j, STR(#member)));
    FACT(before) FACT(after) FACT(authenticator) FACT(token) FACT(client) FACT(change) FACT(address) FACT(payment_method) FACT(scope)
    FACT(field) FACT(order) FACT(ship_to) FACT(charge) FACT(order_kind) FACT(code_ref) FACT(membership) FACT(plan) FACT(content)
    FACT(parcel) FACT(reference) FACT(currency)
#undef FACT
        // clang-format on
        if (!json_whole(json_get(j, STR("amount_minor")), &f->amount_minor)) f->amount_minor = 0;
}

/* "charge:c1"; empty where the event does not concern such an effect. */
static struct str object_of(struct advance *a, const struct effect_def *d, const struct effect_facts *f) {
    if (d->concerns && !d->concerns(f)) return STR_NONE;
    if (!d->object_id) return str_from(d->object_type);
    struct str id = d->object_id(f);
    if (!id.size) return STR_NONE;
    struct buf b = advance_buf(a, OBJECT_SIZE_MAX);
    buf_fmt(&b, "%s:%.*s", d->object_type, STR_ARGS(id));
    if (b.overflow) return STR_NONE;
    return advance_text(a, &b);
}

/* Is this the event that the owner has just said was not his? */
static bool is_disowned(const struct advance *a, const struct incident_event_row *row) {
    const struct event *e = a->e->event;
    return e->kind == KIND_OWNER_STATEMENT && e->says == SAYS_NOT_MINE && e->about.size && str_equal(e->about, row->event) &&
           row->whose == WHOSE_HIJACKER;
}

static void find_in_event(struct advance *a, const struct incident_event_row *row) {
    struct effect_facts facts;
    read_facts(a, row, &facts);
    for (size_t i = 0; i < a->catalogue->count; i++) {
        const struct effect_def *d = a->catalogue->defs[i];
        if (!is_found_by(d, facts.kind)) continue;
        struct str object = object_of(a, d, &facts);
        if (!object.size) continue;
        consider(a, &(struct finding){.def = d,
                                      .object = object,
                                      .before = facts.before,
                                      .after = facts.after,
                                      .fulfilment = facts.parcel,
                                      .reference = facts.reference,
                                      .currency = facts.currency,
                                      .amount_minor = facts.amount_minor,
                                      .fate = fate_from(facts.state),
                                      .whose = row->whose,
                                      .from_owner = is_disowned(a, row),
                                      .position = row->position,
                                      .time_ms = row->time_ms,
                                      .why = row->why});
    }
}

static bool interests_anybody(const struct advance *a, enum kind kind) {
    for (size_t i = 0; i < a->catalogue->count; i++)
        if (is_found_by(a->catalogue->defs[i], kind)) return true;
    return false;
}

/* What was called the hijacker's was the owner's; or the owner has just done his part: a new password, a new authenticator. */
static void acquit(struct advance *a, const struct incident_event_row *row) {
    enum kind kind = kind_from(row->kind);
    for (size_t i = 0; i < a->effect_count; i++) {
        struct effect_work *w = &a->effects[i];
        if (w->row.position == row->position && !w->row.from_owner && w->def && is_found_by(w->def, kind)) {
            w->row.whose = WHOSE_OWNER;
            machine_restore(a, w, row->why);
        } else if (row->position == a->e->position && w->def && is_found_by(w->def, kind)) {
            machine_trigger(a, w, TRIGGER_OWNER_DONE, true);
        }
    }
}

void find_in_events(struct advance *a) {
    for (size_t i = 0; i < a->e->write_count; i++) {
        if (a->e->writes[i].kind != WRITE_INCIDENT_EVENT) continue;
        const struct incident_event_row *row = &a->e->writes[i].as.event;
        if (!str_equal(row->incident, a->response.incident)) continue;
        if (!interests_anybody(a, kind_from(row->kind))) continue;
        bool before = row->whose == WHOSE_UNKNOWN && row->time_ms < a->response.window_from_ms;
        if (row->whose == WHOSE_OWNER) acquit(a, row);
        else if (!before) find_in_event(a, row);
    }
}

/* ---- always, and by sweeps ---------------------------------------------------------------------------------------------------------- */

static void find_one_always(struct advance *a, const struct effect_def *d) {
    if (!d->always) return;
    struct str object = str_from(d->object_type);
    consider(a, &(struct finding){.def = d, .object = object, .whose = WHOSE_HIJACKER, .position = a->e->position, .why = STR("always")});
}

void find_always(struct advance *a) {
    for (size_t i = 0; i < a->catalogue->count; i++) find_one_always(a, a->catalogue->defs[i]);
    for (size_t i = 0; i < a->catalogue->sweep_count; i++) find_one_always(a, a->catalogue->sweeps[i]);
}

/* "charge:c1" for what is called "charge". */
static bool is_object_of(const struct effect_def *d, struct str object) {
    struct str type = str_from(d->object_type);
    if (object.size > OBJECT_SIZE_MAX || !str_starts(object, type)) return false;
    return object.size == type.size ? !d->object_id : object.at[type.size] == ':' && object.size > type.size + 1;
}

static void find_one_in_answer(struct advance *a, struct json one) {
    const struct effect_def *d = catalogue_find(a->catalogue, json_text(json_get(one, STR("kind"))));
    struct str object = json_text(json_get(one, STR("object")));
    if (!d || !is_object_of(d, object)) {
        record_audit(a, &(struct audit_note){.what = "sweep_not_understood", .to = str_clip(object, WORD_SIZE_MAX)});
        return;
    }
    struct finding f = {
        .def = d,
        .object = object,
        .before = json_text(json_get(one, STR("before"))),
        .after = json_text(json_get(one, STR("after"))),
        .currency = json_text(json_get(one, STR("currency"))),
        .fate = fate_from(json_text(json_get(one, STR("state")))),
        .whose = str_equal(json_text(json_get(one, STR("whose"))), STR("hijacker")) ? WHOSE_HIJACKER : WHOSE_UNKNOWN,
        .why = STR("a sweep found it"),
    };
    if (!json_whole(json_get(one, STR("amount_minor")), &f.amount_minor)) f.amount_minor = 0;
    struct effect_work *known = find_known(a, d, object);
    if (known) machine_observe(a, known, f.fate);
    consider(a, &f);
}

void find_in_answer(struct advance *a, struct json found) {
    struct json_walk walk = json_walk(found);
    for (struct json_member m; json_next(&walk, &m);) find_one_in_answer(a, m.value);
}
