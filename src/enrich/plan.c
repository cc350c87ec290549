// SPDX-License-Identifier: Apache-2.0
/* Names every cell that an event touches, and what it counts there. */
#include "enrich/plan.h"
#include "base/check.h"
#include "base/hash.h"
#include "enrich/enrich.h"

/* Keys of other things than attributes live in the same hash space; these keep them apart. */
enum { KEY_ACCOUNT = 64, KEY_TOTAL, KEY_TAG, KEY_ORIGIN = 128 };

bool plan_is_attempt(const struct event *e) {
    return e->kind == KIND_LOGIN || e->kind == KIND_PASSWORD_RESET_REQUESTED;
}

/* Distinct values are few enough for a wide cell, except where every customer brings his own. */
static enum cell_class class_of(unsigned role) {
    if (role >= PLAN_ORIGIN) return CELL_ORIGIN;
    switch (role) {
    case ATTR_IP:
    case ATTR_PREFIX:
    case ATTR_DEVICE:
    case PLAN_TAG: return CELL_NARROW;
    default: return CELL_WIDE;
    }
}

/* What was put on file for telling somebody; what was there before is the owner's. */
static struct str contact_of(const struct event *e) {
    bool put = e->kind == KIND_EMAIL_CHANGED || e->kind == KIND_PHONE_CHANGED || e->kind == KIND_ENTRY_REVIEWED;
    return put ? e->after : STR_NONE;
}

static struct str drop_of(const struct event *e) {
    if (e->kind == KIND_ADDRESS_CHANGED && e->change != CHANGE_REMOVED) return e->address;
    if (e->kind == KIND_ENTRY_REVIEWED) return e->address;
    return e->kind == KIND_ORDER_PLACED ? e->ship_to : STR_NONE;
}

static struct str payment_of(const struct event *e) {
    if (e->kind == KIND_PAYMENT_METHOD_CHANGED && e->change == CHANGE_REMOVED) return STR_NONE;
    return e->payment_method;
}

/* What names an origin of this event; 0 where the event carries no such thing. */
static uint64_t shared_hash(const struct event *e, const struct cell_plan *plan, enum shared what) {
    const uint64_t *of = plan->path.hash;
    uint64_t seed = plan->seed + KEY_ORIGIN + (uint64_t)what;
    struct str left = STR_NONE;
    switch (what) {
    case SHARED_DEVICE: return of[ATTR_DEVICE];
    case SHARED_ADDRESS: return of[ATTR_IP];
    case SHARED_PREFIX: return of[ATTR_PREFIX];
    case SHARED_CLIENT: return of[ATTR_UA] && of[ATTR_ASN] ? hash_mix(hash_mix(of[ATTR_JA4], of[ATTR_UA]), of[ATTR_ASN]) : 0;
    case SHARED_PASSWORD: return e->password_tag.size ? hash_str(e->password_tag, seed) : 0;
    case SHARED_CONTACT: left = contact_of(e); break;
    case SHARED_DROP: left = drop_of(e); break;
    case SHARED_PAYMENT: left = payment_of(e); break;
    case SHARED_CODE: left = e->code_ref; break;
    case SHARED_COUNT: break;
    }
    return left.size ? hash_str(left, seed) : 0;
}

uint64_t plan_key(const struct event *e, const struct cell_plan *plan, unsigned role) {
    const struct access_path *path = &plan->path;
    switch (role) {
    case PLAN_TOTAL: return hash_mix(plan->seed, KEY_TOTAL);
    case PLAN_TAG: return e->password_tag.size ? hash_str(e->password_tag, hash_mix(plan->seed, KEY_TAG)) : 0;
    default: break;
    }
    if (role < ATTR_COUNT) return path->hash[role];
    uint64_t shared = shared_hash(e, plan, role - PLAN_ORIGIN);
    return shared ? hash_mix(shared, KEY_ORIGIN + role - PLAN_ORIGIN) : 0;
}

static struct cell_op *plan_add(struct cell_plan *plan, unsigned role, enum cell_op_kind kind, enum cell_class class, uint64_t key) {
    CHECK(plan->count < EVENT_CELLS_MAX);
    struct cell_op *op = &plan->ops[plan->count];
    *op = (struct cell_op){.kind = kind, .name = {class, key}};
    plan->role[plan->count++] = (uint8_t)role;
    return op;
}

void plan_read(struct cell_plan *plan, unsigned role, uint64_t key) {
    if (key) plan_add(plan, role, CELL_GET, class_of(role), key);
}

static uint64_t op_id(uint64_t op_base, unsigned role) {
    return op_base + role ? op_base + role : UINT64_MAX;
}

void plan_bump(struct cell_plan *plan, unsigned role, uint64_t key, const struct bump *delta, uint64_t op_base) {
    if (!key) return;
    struct bump *bump = &plan->bumps[plan->count];
    *bump = *delta;
    bump->op_id = op_id(op_base, role);
    plan_add(plan, role, CELL_BUMP, class_of(role), key)->bump = bump;
}

void plan_say(struct cell_plan *plan, enum shared what, uint64_t key, const struct bump *delta) {
    if (!key) return;
    struct bump *bump = &plan->bumps[plan->count];
    *bump = *delta;
    plan_add(plan, PLAN_ORIGIN + what, CELL_BUMP, CELL_ORIGIN, key)->bump = bump;
}

void plan_profile(struct cell_plan *plan, enum cell_op_kind kind, uint64_t version, const void *bytes) {
    struct cell_op *op = plan_add(plan, PLAN_PROFILE, kind, CELL_PROFILE, plan->account);
    op->version = version;
    op->bytes = bytes;
}

/* Origins are only looked at: what is said of them is known when the event is judged. */
static void plan_origins(const struct event *e, enum shared from, enum shared to, struct cell_plan *plan) {
    for (unsigned what = from; what < to; what++) plan_read(plan, PLAN_ORIGIN + what, plan_key(e, plan, PLAN_ORIGIN + what));
}

/* A login or a request to reset counts as tried, at every value of its path. */
static void plan_attempt(const struct event *e, uint64_t op_base, struct cell_plan *plan) {
    bool failed = e->kind == KIND_LOGIN && e->outcome == OUTCOME_FAILURE, unknown = failed && e->failure == FAILURE_NO_SUCH_ACCOUNT;
    struct bump delta = {.at_ms = e->time_ms, .account = plan->account, .device = plan->path.hash[ATTR_DEVICE]};
    delta.add[TALLY_ATTEMPT] = 1;
    delta.add[TALLY_FAILURE] = failed;
    delta.add[TALLY_UNKNOWN] = unknown;
    for (unsigned role = 0; role <= PLAN_TAG; role++) plan_bump(plan, role, plan_key(e, plan, role), &delta, op_base);
    if (event_is_login_success(e)) plan_origins(e, SHARED_DEVICE, SHARED_PATH_COUNT, plan);
}

/* Another act over a path only looks at the few and hot cells, for the case that its session has moved. */
static void plan_act(const struct event *e, struct cell_plan *plan) {
    for (unsigned role = 0; role <= PLAN_TOTAL; role++)
        if (class_of(role) == CELL_WIDE) plan_read(plan, role, plan_key(e, plan, role));
    plan_origins(e, SHARED_PATH_COUNT, SHARED_COUNT, plan);
}

/* An entry that is judged again looks at everything that it counted in when it happened. */
static void plan_review(const struct event *e, struct cell_plan *plan) {
    for (unsigned role = 0; role <= PLAN_TAG; role++) plan_read(plan, role, plan_key(e, plan, role));
    plan_origins(e, SHARED_DEVICE, SHARED_COUNT, plan);
}

void enrich_plan(const struct event *e, uint64_t seed, uint64_t op_base, struct cell_plan *plan) {
    plan->count = 0;
    plan->seed = seed;
    plan->account = e->subject.size ? hash_str(e->subject, hash_mix(seed, KEY_ACCOUNT)) : 0;
    plan->has_profile = plan->account && e->failure != FAILURE_NO_SUCH_ACCOUNT;
    path_of(e, seed, &plan->path);
    if (plan->has_profile) plan_profile(plan, CELL_GET, 0, NULL);
    if (plan_is_attempt(e)) plan_attempt(e, op_base, plan);
    else if (e->kind == KIND_ENTRY_REVIEWED) plan_review(e, plan);
    else if (plan->path.present && plan->has_profile) plan_act(e, plan);
}

void enrich_plan_renumber(struct cell_plan *plan, uint64_t op_base) {
    for (size_t i = 0; i < plan->count; i++)
        if (plan->ops[i].kind == CELL_BUMP && plan->role[i] < PLAN_BUMP_COUNT) plan->bumps[i].op_id = op_id(op_base, plan->role[i]);
}
