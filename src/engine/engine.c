// SPDX-License-Identifier: Apache-2.0
/*
 * Owns all state, numbers the events, and applies them one at a time.
 *
 * Invariants:
 *  (1) A record is appended exactly once, after its step: journal position = number of steps applied. A step that fails leaves no record.
 *  (2) An answer is settled only when its record is durable and the incident store has committed what it changed.
 *  (3) The incident store never runs ahead of the journal: journal first, then the store. After a crash the rows that are missing are made
 *      again from the journal (engine_recover), and writing them twice changes nothing.
 *  (4) A stored decision wins: recovery applies the decision that was answered, whatever today's code would decide.
 *  (5) Decided before the answer, responded to after it is durable: what an event means for a response is worked out while its batch is
 *      absorbed (absorb.h), from the journaled record alone, so a replay ends in the same response.
 *
 * Two threads: everything here belongs to the engine's thread, except engine_commit, which touches only the sealed batch
 * (the journal's and outboxes[sealed]) and the absorber, and publishes `settled`.
 */
#include "engine/engine.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "engine/absorb.h"
#include "engine/measures.h"
#include "engine/model_event.h"
#include "engine/outbox.h"
#include "engine/page.h"
#include "engine/pipeline.h"
#include "engine/policy_event.h"
#include "score/model.h"

/* A thread of 512 ordinary records takes 2 MiB, the incident room 6, an event and its answer less than one; twice, for a review after it.
 */
#define STEP_SIZE   (24U * 1024 * 1024)
#define POLICY_SIZE (4U * 1024 * 1024)
/* Where the calibration starts in the globals; what is before belongs to this file. */
#define CALIBRATION_OFFSET 4096

/* The first bytes of the globals: part of the snapshot. Raise the version with the struct. */
#define ENGINE_HEAD_VERSION 2
/* Found and not said yet. One step finds REVIEWS_MAX at most, and what is found is said before the next; more wait only for a new batch. */
#define REVIEWS_WAITING_MAX (2 * REVIEWS_MAX)
struct engine_globals {
    uint64_t policy_position; /* record that brought the policy in force, 0 = the default */
    uint64_t model_position;  /* record that brought the model in force, 0 = the built-in one */
    uint64_t model_hash;      /* of the text of the model that the calibration measured with */
    uint64_t review_count;
    struct review reviews[REVIEWS_WAITING_MAX]; /* the oldest first */
};
_Static_assert(sizeof(struct engine_globals) <= CALIBRATION_OFFSET, "the globals' head fits before the calibration");

struct engine {
    struct engine_ports ports;
    struct arena step;
    struct engine_globals *globals;
    const struct policy *policy;
    uint64_t policy_hash;          /* of the bundle in force */
    struct problem policy_refused; /* why the last one that came is not; err ERR_OK where it is */
    struct arena policy_memory[2]; /* the one in force and the one being compiled */
    unsigned policy_turn;
    struct policy_event *policy_event; /* under construction, in engine_set_policy */
    const struct model *model;         /* NULL: none */
    uint64_t model_hash;               /* of its text */
    struct problem model_refused;
    struct arena model_memory[2]; /* the one in force and the one being read */
    unsigned model_turn;
    struct model_event *model_event; /* under construction, in engine_set_model */
    struct outbox outboxes[2];
    struct absorber absorber; /* of the thread that commits */
    unsigned filling;         /* the outbox of the open batch; the other one is sealed or idle */
    size_t batch_bytes;       /* of the open batch, an upper bound */
    uint64_t sealed_last;     /* last position of the sealed batch */
    uint64_t applied;         /* last position applied */
    uint64_t failed_steps;
    _Atomic uint64_t settled;
    _Atomic bool committing; /* from engine_seal to the end of engine_commit; stays set after a failure */
    struct engine_totals totals;
};

/* The longest that one record can be, with what the journal adds around it. */
#define RECORD_ROOM (JOURNAL_RECORD_SIZE_MAX + 64U)

static struct calibration *calibration_of(const struct engine *e) {
    return (struct calibration *)(void *)((char *)e->globals + CALIBRATION_OFFSET);
}

static enum err take_memory(struct engine *e, struct problem *p) {
    void *step = malloc(STEP_SIZE), *policies = malloc(2 * (size_t)POLICY_SIZE), *models = malloc(2 * MODEL_MEMORY_SIZE);
    void *outboxes[2] = {malloc(OUTBOX_MEMORY_SIZE), malloc(OUTBOX_MEMORY_SIZE)}, *absorbing = malloc(ABSORB_STEP_SIZE);
    e->step = arena_over(step, STEP_SIZE);
    e->absorber.step = arena_over(absorbing, ABSORB_STEP_SIZE);
    e->policy_event = malloc(sizeof *e->policy_event);
    e->model_event = malloc(sizeof *e->model_event);
    for (unsigned i = 0; i < 2; i++) {
        e->policy_memory[i] = arena_over(policies ? (char *)policies + i * (size_t)POLICY_SIZE : NULL, POLICY_SIZE);
        e->model_memory[i] = arena_over(models ? (char *)models + i * MODEL_MEMORY_SIZE : NULL, MODEL_MEMORY_SIZE);
        if (outboxes[i]) outbox_init(&e->outboxes[i], outboxes[i]);
    }
    if (step && policies && models && e->policy_event && e->model_event && outboxes[0] && outboxes[1] && absorbing) return ERR_OK;
    return problem_set(p, ERR_FULL, "memory", "free memory or start on a larger machine", "cannot take the engine's working memory");
}

static enum err compile_into_spare(struct engine *e, struct str bundle, const struct policy **out, struct problem *p) {
    struct arena *spare = &e->policy_memory[1 - e->policy_turn];
    arena_reset(spare);
    return policy_compile(bundle, spare, out, p);
}

static void put_in_force(struct engine *e, const struct policy *policy, struct str bundle) {
    e->policy = policy;
    memset(e->totals.rule_fired, 0, sizeof e->totals.rule_fired);
    e->policy_hash = hash_str(bundle, 0);
    e->policy_turn = 1 - e->policy_turn;
}

/* The policy that was in force when the snapshot was taken. */
static enum err restore_policy(struct engine *e, struct problem *p) {
    struct str bundle = policy_default_bundle();
    if (e->globals->policy_position) {
        struct journal_record r;
        struct event event;
        enum err err = journal_read(e->ports.journal, e->globals->policy_position, &e->step, &r);
        if (!err) err = event_decode(r.event, &event);
        if (!err) err = policy_event_read(&event, &e->step, &bundle);
        if (err) return problem_set(p, err, "journal", "", "cannot read the policy in force from its record");
    }
    const struct policy *policy;
    enum err err = compile_into_spare(e, bundle, &policy, p);
    if (err) return err;
    put_in_force(e, policy, bundle);
    return ERR_OK;
}

static enum err read_into_spare(struct engine *e, struct str text, const struct model **out, struct problem *p) {
    struct arena *spare = &e->model_memory[1 - e->model_turn];
    arena_reset(spare);
    return model_read(text, spare, out, p);
}

/* What owners' events measured by another model says nothing of this one; a new version's built-in model may be another, too. */
static void use_model(struct engine *e, const struct model *model, struct str text) {
    e->model = model;
    e->model_hash = hash_str(text, 0);
    if (e->globals->model_hash != e->model_hash) score_forget_model(calibration_of(e));
    e->globals->model_hash = e->model_hash;
    e->model_turn = 1 - e->model_turn;
    e->model_refused = (struct problem){0};
}

/* Of the record at this position; 0: the built-in model. Texts live in `step`. */
static enum err read_model_change(struct engine *e, uint64_t position, struct model_change *out) {
    struct journal_record r;
    struct event event;
    *out = (struct model_change){.text = model_built_in()};
    if (!position) return ERR_OK;
    enum err err = journal_read(e->ports.journal, position, &e->step, &r);
    if (!err) err = event_decode(r.event, &event);
    return err ? err : model_event_read(&event, &e->step, out);
}

/* The model that was in force when the snapshot was taken. One that cannot be read stops nobody: what needs one is not evaluable then. */
static void restore_model(struct engine *e) {
    struct model_change change;
    const struct model *model;
    if (e->ports.without_model) return;
    arena_reset(&e->step);
    enum err err = read_model_change(e, e->globals->model_position, &change);
    if (err) (void)problem_set(&e->model_refused, err, "journal", "", "cannot read the model in force from its record");
    else if (!read_into_spare(e, change.text, &model, &e->model_refused)) use_model(e, model, change.text);
}

enum err engine_open(const struct engine_ports *ports, struct engine **out, struct problem *p) {
    CHECK(calibration_size() <= GLOBALS_SIZE - CALIBRATION_OFFSET);
    struct engine *e = calloc(1, sizeof *e);
    if (!e) return problem_set(p, ERR_FULL, "memory", "free memory", "cannot take the engine's memory");
    e->ports = *ports;
    e->absorber.store = ports->incidents;
    e->absorber.token = ports->token;
    e->globals = ports->cells.ops->globals(ports->cells.self);
    enum err err = take_memory(e, p);
    if (!err) err = restore_policy(e, p);
    if (!err) restore_model(e);
    if (err) {
        engine_close(e);
        return err;
    }
    *out = e;
    return ERR_OK;
}

void engine_close(struct engine *e) {
    free(e->step.at);
    free(e->policy_memory[0].at);
    free(e->policy_event);
    free(e->model_memory[0].at);
    free(e->model_event);
    for (unsigned i = 0; i < 2; i++) free(e->outboxes[i].items);
    free(e->absorber.step.at);
    free(e);
}

/* A new policy takes effect with the event after the one that brought it. Only our own event does: engine_submit lets nobody else say so.
 */
static void follow_policy(struct engine *e, const struct event *event, uint64_t position) {
    if (event->kind != KIND_POLICY_CHANGED || !str_equal(event->source, POLICY_EVENT_SOURCE)) return;
    struct str bundle;
    const struct policy *policy;
    /* It compiled when it was journaled. A later version of the language that refuses it keeps the policy before: engine_policy_refused. */
    enum err err = policy_event_read(event, &e->step, &bundle);
    if (err) (void)problem_set(&e->policy_refused, err, "journal", "", "record %llu carries no bundle", (unsigned long long)position);
    else err = compile_into_spare(e, bundle, &policy, &e->policy_refused);
    if (err) return;
    e->policy_refused.err = ERR_OK;
    put_in_force(e, policy, bundle);
    e->globals->policy_position = position;
}

/* The same for a model. */
static void follow_model(struct engine *e, const struct event *event, uint64_t position) {
    if (event->kind != KIND_MODEL_CHANGED || !str_equal(event->source, MODEL_EVENT_SOURCE) || e->ports.without_model) return;
    struct model_change change;
    const struct model *model;
    enum err err = model_event_read(event, &e->step, &change);
    if (err) (void)problem_set(&e->model_refused, err, "journal", "", "record %llu carries no model", (unsigned long long)position);
    else err = read_into_spare(e, change.text, &model, &e->model_refused);
    if (err) return;
    use_model(e, model, change.text);
    e->globals->model_position = position;
}

/* What an event of ours changes takes effect with the next one. */
static void follow(struct engine *e, const struct event *event, uint64_t position) {
    follow_policy(e, event, position);
    follow_model(e, event, position);
}

static void count_step(struct engine *e, const struct event *event, const struct step *s) {
    e->totals.events++;
    e->totals.by_kind[event->kind]++;
    e->totals.by_verdict[s->decision.verdict]++;
    for (size_t i = 0; !rule_set_empty(&s->decision.fired) && i < policy_rule_count(e->policy); i++)
        if (rule_set_has(&s->decision.fired, i)) e->totals.rule_fired[i]++;
    if (s->incident.opened) e->totals.incidents_opened++;
    if (s->incident.closed) e->totals.incidents_closed++;
}

/* ---- reviews (engine/review.h) ----------------------------------------------------------------------------------------------------------
 */

static void drop_review(struct engine_globals *g, uint64_t at) {
    memmove(&g->reviews[at], &g->reviews[at + 1], (g->review_count - 1 - at) * sizeof g->reviews[0]);
    g->review_count--;
}

static bool review_is_kept(const struct engine_globals *g, struct str id) {
    char memory[REVIEW_ID_SIZE];
    for (uint64_t i = 0; i < g->review_count; i++)
        if (str_equal(review_id(&g->reviews[i], memory), id)) return true;
    return false;
}

static uint64_t own_identity(const struct engine *e, struct str id) {
    return hash_mix(hash_str(POLICY_EVENT_SOURCE, e->ports.seed), hash_str(id, e->ports.seed + 1));
}

/* What this step found is kept until it is said; what it says itself is kept no more. What was said once is not said again. */
static void keep_reviews(struct engine *e, const struct event *event, const struct reviews *found) {
    struct engine_globals *g = e->globals;
    char memory[REVIEW_ID_SIZE];
    bool said = event->kind == KIND_ENTRY_REVIEWED && str_equal(event->source, POLICY_EVENT_SOURCE);
    for (uint64_t i = 0; said && i < g->review_count; i++)
        if (str_equal(review_id(&g->reviews[i], memory), event->id)) {
            drop_review(g, i);
            break;
        }
    for (unsigned i = 0; i < found->count; i++) {
        struct str id = review_id(&found->at[i], memory);
        uint32_t content;
        if (e->ports.seen.ops->find(e->ports.seen.self, own_identity(e, id), &content) || review_is_kept(g, id)) continue;
        if (g->review_count < REVIEWS_WAITING_MAX) g->reviews[g->review_count++] = found->at[i];
        else e->totals.reviews_lost++;
    }
}

/* One step through the rooms, and what it changed put aside for the incident store. `bytes`: the event as journaled. */
static enum err apply(struct engine *e, const struct event *event, struct str bytes, const struct decision *answered, struct step *s) {
    struct pipeline pipeline = {
        .cells = e->ports.cells,
        .journal = e->ports.journal,
        .policy = e->policy,
        .calibration = calibration_of(e),
        .model = e->model,
        .step = &e->step,
        .seed = e->ports.seed,
        .rows = e->ports.rows,
        .left_out = e->ports.left_out,
        .failed_steps = e->failed_steps,
    };
    enum err err = pipeline_step(&pipeline, event, answered, s);
    if (err) {
        e->failed_steps++;
        return err;
    }
    e->applied = s->position;
    struct absorbable facts = {.position = s->position, .received_ms = s->received_ms, .settings = *policy_response(e->policy)};
    outbox_add(&e->outboxes[e->filling], &facts, event, bytes, &s->incident);
    count_step(e, event, s);
    if (s->reviews.count || e->globals->review_count) keep_reviews(e, event, &s->reviews);
    return ERR_OK;
}

static uint64_t identity_of(const struct engine *e, const struct event *event) {
    return hash_mix(hash_str(event->source, e->ports.seed), hash_str(event->id, e->ports.seed + 1));
}

static struct str encode(struct engine *e, const struct event *event, enum err *err) {
    void *memory = arena_take(&e->step, POLICY_EVENT_SIZE_MAX);
    struct buf b = buf_over(memory, memory ? POLICY_EVENT_SIZE_MAX : 0);
    event_encode(event, &b);
    *err = b.overflow ? ERR_TOO_LARGE : ERR_OK;
    e->step.used -= POLICY_EVENT_SIZE_MAX - b.size; /* give back what was not needed: it was the arena's last */
    return buf_str(&b);
}

/* Only where the caller said nothing of the address's network: what he says wins, whole. */
static bool may_add_netfacts(const struct engine *e, const struct event *event) {
    return e->ports.netfacts.look_up && event->geo_source == GEO_SOURCE_NONE && event->ip.family != ADDRESS_NONE;
}

/* Adds what our own files know of the address. `country` is memory for the code. true where something was added. */
static bool add_netfacts(const struct engine *e, struct event *event, char country[2]) {
    struct netfacts n = {0};
    e->ports.netfacts.look_up(e->ports.netfacts.self, &event->ip, &n);
    if (!n.country_known && !n.asn_known && !n.place_known && !n.net) return false;
    if (n.country_known) {
        memcpy(country, n.country, 2);
        event->country = (struct str){country, 2};
    }
    event->asn = n.asn, event->asn_present = n.asn_known;
    event->lat_micro = n.lat_micro, event->lat_present = n.place_known;
    event->lon_micro = n.lon_micro, event->lon_present = n.place_known;
    event->accuracy_km = n.accuracy_km, event->accuracy_km_present = n.place_known && n.accuracy_km;
    event->net = n.net;
    event->geo_source = GEO_SOURCE_MMDB;
    return true;
}

/* The kind of network where only its AS number is known, sent or looked up; NET_NONE: nothing to add. */
static uint8_t kind_to_add(const struct engine *e, const struct event *event) {
    const struct netfacts_source *source = &e->ports.netfacts;
    bool asks = source->kind_of && event->asn_present && event->net == NET_NONE && event->geo_source != GEO_SOURCE_NONE;
    return asks ? source->kind_of(source->self, (uint32_t)event->asn) : (uint8_t)NET_NONE;
}

/* The event as the shop sent it: without what enrich_at_the_door added. */
static struct event without_netfacts(const struct event *event) {
    struct event e = *event;
    if (e.geo_source == GEO_SOURCE_CALLER_ASN) e.net = NET_NONE, e.geo_source = GEO_SOURCE_CALLER;
    if (e.geo_source != GEO_SOURCE_MMDB) return e;
    e.country = STR_NONE;
    e.asn = e.lat_micro = e.lon_micro = e.accuracy_km = 0;
    e.asn_present = e.lat_present = e.lon_present = e.accuracy_km_present = false;
    e.net = NET_NONE;
    e.geo_source = GEO_SOURCE_NONE;
    return e;
}

/* The answer of a record that was decided before. */
static enum err answer_again(struct engine *e, uint64_t position, struct receipt *out, struct problem *p) {
    struct journal_record r;
    enum err err = journal_read(e->ports.journal, position, &e->step, &r);
    *out = (struct receipt){.position = position, .repeated = true};
    if (!err) err = decision_decode(r.decision, &out->decision);
    if (err) return problem_set(p, err, "journal", "run `hikeshi journal verify`", "cannot read the record of an event answered before");
    out->incident = incident_position(out->decision.incident);
    e->totals.repeated++;
    return ERR_OK;
}

/* Our own files' facts become part of the event, once. What it says that we looked up before is taken as it is, and is ours to say. */
static void enrich_at_the_door(const struct engine *e, const struct event *event, struct arrival *out) {
    out->sent = out->event = event;
    if (event->geo_source == GEO_SOURCE_MMDB || event->geo_source == GEO_SOURCE_CALLER_ASN) {
        out->enriched = *event;
        out->enriched.geo_source = GEO_SOURCE_CALLER;
        out->sent = out->event = &out->enriched;
        return;
    }
    if (may_add_netfacts(e, event)) {
        out->enriched = *event;
        if (add_netfacts(e, &out->enriched, out->country)) out->event = &out->enriched;
    }
    uint8_t kind = kind_to_add(e, out->event);
    if (kind == NET_NONE) return;
    if (out->event == event) out->enriched = *event;
    out->event = &out->enriched;
    out->enriched.net = kind;
    if (out->enriched.geo_source == GEO_SOURCE_CALLER) out->enriched.geo_source = GEO_SOURCE_CALLER_ASN;
}

void engine_expect(const struct engine *e, const struct event *event, struct arrival *out) {
    enrich_at_the_door(e, event, out);
    out->identity = identity_of(e, event);
    e->ports.seen.ops->expect(e->ports.seen.self, out->identity);
    enrich_plan(out->event, e->ports.seed, 0, &out->plan);
    e->ports.cells.ops->expect(e->ports.cells.self, out->plan.ops, out->plan.count);
}

void engine_prefetch(const struct engine *e, const struct arrival *a) {
    e->ports.cells.ops->prefetch(e->ports.cells.self, a->plan.ops, a->plan.count);
}

static enum err admit_one(struct engine *e, struct arrival *a, struct receipt *out, struct problem *p) {
    if (e->batch_bytes + RECORD_ROOM > JOURNAL_BATCH_SIZE_MAX || !outbox_has_room(&e->outboxes[e->filling])) return ERR_FULL;

    enum err err;
    struct str bytes = encode(e, a->sent, &err);
    if (err) return problem_set(p, err, "", "send less in one event", "event is larger than %u bytes", EVENT_BINARY_SIZE_MAX);
    uint32_t content = (uint32_t)hash_str(bytes, e->ports.seed), content_before;
    uint64_t seen_at = e->ports.seen.ops->find(e->ports.seen.self, a->identity, &content_before);
    if (seen_at && content == content_before) return answer_again(e, seen_at, out, p);
    if (seen_at) {
        e->totals.conflicts++;
        return problem_set(p, ERR_CONFLICT, "id", "give every event an id of its own; send a retry unchanged",
                           "this source and id came before with other content");
    }

    if (a->event != a->sent) bytes = encode(e, a->event, &err);
    CHECK(!err);
    struct step s; /* large, and written room by room: not cleared */
    s.position = e->applied + 1;
    s.received_ms = e->ports.clock.now_ms(e->ports.clock.self);
    s.plan = &a->plan;
    err = apply(e, a->event, bytes, NULL, &s);
    if (err)
        return problem_set(p, err == ERR_FULL ? ERR_BUSY : err, "cells", "raise the bound on accounts, or wait",
                           "cannot remember another account");

    char decision_bytes[DECISION_BINARY_SIZE_MAX];
    struct buf decision = buf_over(decision_bytes, sizeof decision_bytes);
    decision_encode(&s.decision, &decision);
    CHECK(!decision.overflow); /* reasons are bounded by base/bounds.h */
    struct journal_record r = {.previous = s.previous, .received_ms = s.received_ms, .event = bytes, .decision = buf_str(&decision)};
    uint64_t position;
    err = journal_append(e->ports.journal, &r, &position);
    if (err) return problem_set(p, err, "journal", "see the error before; start again to replay", "journal refuses records");
    CHECK(position == s.position);
    e->batch_bytes += bytes.size + decision.size + 64;
    e->ports.seen.ops->add(e->ports.seen.self, a->identity, content, position);
    *out = (struct receipt){.position = position, .decision = s.decision, .whose = s.incident.whose, .incident = s.incident.open_position};
    follow(e, a->event, position);
    return ERR_OK;
}

/*
 * Says what was found, one after the other; what is in the step's memory stays. ERR_FULL: the rest is said in the next batch. What cannot
 * be said is let go: the journal does not keep the entry any more, or there is no room for its account.
 */
static enum err say_reviews(struct engine *e, struct problem *p) {
    struct engine_globals *g = e->globals;
    size_t used = e->step.used;
    enum err err = ERR_OK;
    while (g->review_count && !err) {
        struct review r = g->reviews[0];
        struct event event;
        struct receipt receipt = {0};
        err = review_make(&r, e->ports.journal, &e->step, &event);
        if (!err) {
            struct arrival a;
            engine_expect(e, &event, &a);
            err = admit_one(e, &a, &receipt, p);
            if (err == ERR_FULL || err == ERR_IO) break;
        }
        if (err) e->totals.reviews_lost++;
        if (err || receipt.repeated) drop_review(g, 0); /* what was said, keep_reviews has dropped */
        err = ERR_OK;
        e->step.used = used;
    }
    e->step.used = used;
    return err;
}

/* Takes the event, and says at once what it gave cause to. */
static enum err admit(struct engine *e, struct arrival *a, struct receipt *out, struct problem *p) {
    arena_reset(&e->step);
    enum err err = say_reviews(e, p);
    if (!err) err = admit_one(e, a, out, p);
    if (err) return err;
    struct problem later = {0};
    (void)!say_reviews(e, &later); /* the event is taken; what finds no room in this batch is said in the next */
    return ERR_OK;
}

enum err engine_admit(struct engine *e, struct arrival *a, struct receipt *out, struct problem *p) {
    if (str_equal(a->sent->source, POLICY_EVENT_SOURCE))
        return problem_set(p, ERR_DENIED, "source", "use another source", "source \"hikeshi\" is reserved for our own events");
    return admit(e, a, out, p);
}

enum err engine_submit(struct engine *e, const struct event *event, struct receipt *out, struct problem *p) {
    struct arrival a;
    engine_expect(e, event, &a);
    return engine_admit(e, &a, out, p);
}

enum err engine_submit_own(struct engine *e, const struct event *event, struct receipt *out, struct problem *p) {
    CHECK(str_equal(event->source, POLICY_EVENT_SOURCE) && kind_group(event->kind) == GROUP_OWN);
    CHECK(event->kind != KIND_POLICY_CHANGED && event->kind != KIND_MODEL_CHANGED); /* engine_set_policy, engine_set_model */
    struct arrival a;
    engine_expect(e, event, &a);
    return admit(e, &a, out, p);
}

enum err engine_set_policy(struct engine *e, struct str bundle, struct problem *p) {
    const struct policy *policy;
    enum err err = compile_into_spare(e, bundle, &policy, p);
    if (err) return err;
    if (hash_str(bundle, 0) == e->policy_hash) return ERR_OK;
    int64_t now_ms = e->ports.clock.now_ms(e->ports.clock.self);
    err = policy_event_make(e->policy_event, bundle, policy_version(policy), e->applied + 1, now_ms, p);
    if (err) return err;
    struct arrival a;
    struct receipt receipt;
    engine_expect(e, &e->policy_event->event, &a);
    return admit(e, &a, &receipt, p);
}

/* Journals a change to a model that can be read; follow_model puts it in force. */
static enum err change_model(struct engine *e, const struct model_change *change, struct problem *p) {
    int64_t now_ms = e->ports.clock.now_ms(e->ports.clock.self);
    enum err err = model_event_make(e->model_event, change, e->applied + 1, now_ms, p);
    if (err) return err;
    struct arrival a;
    struct receipt receipt;
    engine_expect(e, &e->model_event->event, &a);
    return admit(e, &a, &receipt, p);
}

static enum err refuse_without_model(const struct engine *e, struct problem *p) {
    return e->ports.without_model ? problem_set(p, ERR_DENIED, "model", "open it with one", "this engine goes without a model") : ERR_OK;
}

enum err engine_set_model(struct engine *e, struct str text, struct str by, struct problem *p) {
    if (!text.size) text = model_built_in();
    const struct model *model;
    enum err err = refuse_without_model(e, p);
    if (!err) err = read_into_spare(e, text, &model, p);
    if (err) return err;
    if (e->model && hash_str(text, 0) == e->model_hash) return ERR_OK;
    struct model_change change = {.text = text, .name = model->name, .by = by, .before = e->globals->model_position};
    return change_model(e, &change, p);
}

enum err engine_roll_back_model(struct engine *e, struct str by, struct problem *p) {
    uint64_t from = e->globals->model_position;
    struct model_change now, to;
    const struct model *model;
    arena_reset(&e->step);
    enum err err = refuse_without_model(e, p);
    if (err) return err;
    err = read_model_change(e, from, &now);
    if (!err) err = read_model_change(e, now.before, &to);
    if (err) return problem_set(p, err, "journal", "promote its file", "cannot read the model before from its record");
    if (!from || (e->model && hash_str(to.text, 0) == e->model_hash))
        return problem_set(p, ERR_CONFLICT, "model", "promote another", "there is no model before the one in force");
    err = read_into_spare(e, to.text, &model, p);
    if (err) return err;
    struct model_change change = {.text = to.text, .name = model->name, .by = by, .before = to.before, .back_from = from};
    return change_model(e, &change, p);
}

bool engine_seal(struct engine *e) {
    struct problem later = {0};
    (void)!say_reviews(e, &later); /* left over from the batch before, which was full */
    if (atomic_load_explicit(&e->committing, memory_order_acquire) || !journal_seal(e->ports.journal)) return false;
    atomic_store_explicit(&e->committing, true, memory_order_relaxed);
    e->sealed_last = e->applied;
    e->filling = 1 - e->filling;
    outbox_reset(&e->outboxes[e->filling]);
    e->batch_bytes = 0;
    return true;
}

enum err engine_commit(struct engine *e, struct problem *p) {
    enum err err = journal_commit(e->ports.journal, p);
    if (err) return err;
    err = absorb_outbox(&e->absorber, &e->outboxes[1 - e->filling], p);
    if (err) return err;
    atomic_store_explicit(&e->settled, e->sealed_last, memory_order_release);
    atomic_store_explicit(&e->committing, false, memory_order_release);
    return ERR_OK;
}

uint64_t engine_settled(const struct engine *e) {
    return atomic_load_explicit(&e->settled, memory_order_acquire);
}

struct recovery {
    struct engine *engine;
    uint64_t count, absorbed;
    struct problem *problem;
};

/* Gives the incident store what it has not absorbed yet. */
static enum err flush_recovered(struct recovery *r) {
    struct engine *e = r->engine;
    struct outbox *o = &e->outboxes[e->filling];
    enum err err = absorb_outbox(&e->absorber, o, r->problem);
    outbox_reset(o);
    return err;
}

/* A retry after a restart is compared with what the shop sent, so our own additions must not count as content. */
static void remember_seen(struct engine *e, const struct event *event, struct str bytes, uint64_t position) {
    if (event->geo_source == GEO_SOURCE_MMDB || event->geo_source == GEO_SOURCE_CALLER_ASN) {
        struct event as_sent = without_netfacts(event);
        enum err err;
        bytes = encode(e, &as_sent, &err);
        CHECK(!err); /* shorter than the record it came from */
    }
    e->ports.seen.ops->add(e->ports.seen.self, identity_of(e, event), (uint32_t)hash_str(bytes, e->ports.seed), position);
}

static enum err recover_one(void *context, const struct journal_record *record) {
    struct recovery *r = context;
    struct engine *e = r->engine;
    arena_reset(&e->step);
    struct event event;
    struct decision answered;
    enum err err = event_decode(record->event, &event);
    if (!err) err = decision_decode(record->decision, &answered);
    if (err)
        return problem_set(r->problem, err, "journal", "run `hikeshi journal verify`", "cannot decode record %llu",
                           (unsigned long long)record->position);
    struct cell_plan plan;
    enrich_plan(&event, e->ports.seed, 0, &plan);
    struct step s;
    s.position = record->position;
    s.received_ms = record->received_ms;
    s.plan = &plan;
    if (record->position <= r->absorbed) outbox_reset(&e->outboxes[e->filling]); /* the store has them already */
    else if (!outbox_has_room(&e->outboxes[e->filling]) && (err = flush_recovered(r))) return err;
    err = apply(e, &event, record->event, &answered, &s);
    if (err)
        return problem_set(r->problem, err, "cells", "raise the memory bound", "cannot apply record %llu",
                           (unsigned long long)record->position);
    if (record->position <= r->absorbed) outbox_reset(&e->outboxes[e->filling]);
    remember_seen(e, &event, record->event, record->position);
    follow(e, &event, record->position);
    r->count++;
    return ERR_OK;
}

enum err engine_check_absorbed(uint64_t absorbed, struct journal journal, struct problem *p) {
    if (absorbed <= journal_last(journal)) return ERR_OK;
    return problem_set(p, ERR_CORRUPT, "incidents", "restore journal and incident store from the same backup",
                       "incident store is at position %llu, the journal ends at %llu", (unsigned long long)absorbed,
                       (unsigned long long)journal_last(journal));
}

enum err engine_recover(struct engine *e, uint64_t from, uint64_t *count, struct problem *p) {
    struct recovery r = {.engine = e, .problem = p};
    e->applied = from;
    enum err err = e->ports.incidents.ops->absorbed(e->ports.incidents.self, &r.absorbed);
    if (err) return problem_set(p, err, "incidents", "", "cannot read the incident store's position");
    err = engine_check_absorbed(r.absorbed, e->ports.journal, p);
    if (err) return err;
    uint64_t first = journal_first(e->ports.journal);
    if (first > from + 1)
        return problem_set(p, ERR_CORRUPT, "journal", "put the missing segments, or a snapshot that reaches them, back from a backup",
                           "the journal begins at position %llu, and nothing tells what was before", (unsigned long long)first);
    err = e->ports.journal.ops->scan(e->ports.journal.self, from + 1, recover_one, &r, p);
    if (!err) err = flush_recovered(&r);
    if (err) return err;
    CHECK(e->applied == journal_last(e->ports.journal));
    atomic_store_explicit(&e->settled, e->applied, memory_order_release);
    e->totals = (struct engine_totals){0};
    *count = r.count;
    return ERR_OK;
}

uint32_t engine_layout(void) {
    return (uint32_t)hash_mix(hash_mix(enrich_layout(), score_layout()), ENGINE_HEAD_VERSION);
}

void engine_set_netfacts(struct engine *e, struct netfacts_source source) {
    e->ports.netfacts = source;
}

const struct policy *engine_policy(const struct engine *e) {
    return e->policy;
}

const struct problem *engine_policy_refused(const struct engine *e) {
    return e->policy_refused.err ? &e->policy_refused : NULL;
}

const struct model *engine_model(const struct engine *e) {
    return e->model;
}

struct model_in_force engine_model_in_force(const struct engine *e) {
    const struct model *m = e->model;
    struct model_in_force f = {.position = e->globals->model_position};
    if (!m) return f;
    f.name = m->name, f.about = m->about, f.crc32c = m->crc32c;
    f.boosted_trees = m->boosted.count, f.isolation_trees = m->isolation.count, f.columns = m->column_count;
    return f;
}

const struct problem *engine_model_refused(const struct engine *e) {
    return e->model_refused.err ? &e->model_refused : NULL;
}

const struct engine_totals *engine_totals(const struct engine *e) {
    return &e->totals;
}

const struct absorb_totals *engine_absorbed(const struct engine *e) {
    return &e->absorber.totals;
}

struct cells engine_cells(const struct engine *e) {
    return e->ports.cells;
}

struct incident_store engine_incidents(const struct engine *e) {
    return e->ports.incidents;
}

struct token engine_token(const struct engine *e) {
    return e->ports.token;
}

struct journal engine_journal(const struct engine *e) {
    return e->ports.journal;
}

uint64_t engine_position(const struct engine *e) {
    return e->applied;
}

static struct page_source pages_of(struct engine *e) {
    arena_reset(&e->step);
    return (struct page_source){
        .cells = e->ports.cells,
        .journal = e->ports.journal,
        .step = &e->step,
        .seed = e->ports.seed,
        .now_ms = e->ports.clock.now_ms(e->ports.clock.self),
    };
}

enum err engine_write_account(struct engine *e, struct str account, struct buf *out, struct problem *p) {
    struct page_source s = pages_of(e);
    return page_write_account(&s, account, out, p);
}

enum err engine_write_decision(struct engine *e, uint64_t position, struct buf *out, struct problem *p) {
    struct page_source s = pages_of(e);
    return page_write_decision(&s, position, out, p);
}

/* Round 1 of the event, as if it were its turn: with the ids of its turn, so that to submit it afterwards counts nothing twice. */
static enum err look_at(struct engine *e, const struct event *event, struct features *out, struct problem *p) {
    arena_reset(&e->step);
    struct cell_plan plan;
    enrich_plan(event, e->ports.seed, hash_mix(e->applied + 1, e->failed_steps), &plan);
    enum err err = e->ports.cells.ops->submit(e->ports.cells.self, plan.ops, plan.count);
    if (err) return problem_set(p, err, "cells", "", "cannot read the cells of this event");
    enrich_event(event, &plan, &e->step, out);
    out->left_out = e->ports.left_out;
    return ERR_OK;
}

enum err engine_write_measures(struct engine *e, const struct event *event, bool json, struct buf *out, struct problem *p) {
    struct features features;
    enum err err = look_at(e, event, &features, p);
    if (err) return err;
    if (json) measures_write_json(calibration_of(e), e->model, &features, out);
    else measures_write_text(calibration_of(e), e->model, &features, out);
    return out->overflow ? problem_set(p, ERR_TOO_LARGE, "", "", "measures do not fit their buffer") : ERR_OK;
}

enum err engine_find_flips(struct engine *e, const struct event *event, struct flips *out, struct problem *p) {
    struct features features;
    enum err err = look_at(e, event, &features, p);
    if (err) return err;
    struct flip_judge judge = {
        .policy = e->policy, .calibration = calibration_of(e), .model = e->model, .features = &features, .step = &e->step};
    flips_find(&judge, out);
    return ERR_OK;
}
