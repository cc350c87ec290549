// SPDX-License-Identifier: Apache-2.0
/*
 * Has steps done: claims them, sends them, reads what nobody knows, and hands in what became of them.
 *
 * A flight is one request under way: a step with a lease, or a describe. Its texts live in the flight, for the rows they came from are gone
 * with the turn. Whatever is lost with the process is in the store: a step under way is CLAIMED, and when its lease ends it is handed out
 * as UNKNOWN; one that is ANSWERED is handed in again at the start.
 */
#include "courier/courier.h"

#include <limits.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "courier/adapter.h"
#include "courier/breaker.h"

#define FLIGHTS_MAX       256
#define FLIGHT_MEMORY     (32U * 1024) /* a request of 16 kB and ids, and at its end a contact */
#define CONTACT_SIZE_MAX  512
#define STEP_MEMORY       (16U * 1024 * 1024)
#define ANSWER_ROOM       (2U * 1024 * 1024) /* an answer of 48 kB being read (x 14), a copy, its event */
#define CLAIM_MAX         32
#define REPORTS_MAX       32
#define DUE_MAX           64
#define UNREPORTED_MAX    64
#define ATTEMPTS_MAX      12
#define BACKOFF_FIRST_MS  500
#define BACKOFF_MAX_MS    60000
#define BACKOFF_LATE_MS   (15 * 60000) /* of what is no containment, after ATTEMPTS_MAX: some hours' outage is 20 more requests */
#define RECENT_COUNT      256
#define RECENT_MS         2000         /* a timer that was handed in is not looked at again for so long: it is on its way */
#define DESCRIBE_AGAIN_MS 10000        /* where it was not answered */
#define DESCRIBE_EVERY_MS (10 * 60000) /* a counterpart may have been changed meanwhile */
#define UNREPORTED_MS     30000        /* an answer that is not absorbed by then was lost with who handed it in */
#define GIVE_UP_ROUNDS    4
#define TIMEOUT_MS        5000 /* where there is no counterpart, for the lease */
#define LOOK_AGAIN_MS     1000 /* where the store was busy */

static const char *const systems[] = {
    "identity", "shop", "payment", "warehouse", "carrier",
#define CHANNEL(name, whose, sentence) #name,
#include "port/channels.def"
#undef CHANNEL
};
#define SYSTEMS (sizeof systems / sizeof systems[0])

struct flight {
    bool used, describes, read;
    bool dead_key; /* this reading follows an answer that the key will give for ever */
    bool going_on; /* its answer led to another request at once */
    bool looks_up; /* the directory is asked whom to tell */
    size_t peer;   /* index of its counterpart */
    size_t then;   /* of that which tells, while it looks up */
    struct step_row step;
    struct str contact; /* whom to tell; forgotten with the flight */
    char memory[FLIGHT_MEMORY];
};

/* What is known of a counterpart since the start. */
struct peer {
    struct counterpart counterpart; /* as described */
    const struct adapter *adapter;
    uint32_t under_way;
    struct breaker breaker;
    bool describing;
    unsigned denials;    /* in a row: it refused our signature; a single one is a clock that was just set */
    int64_t gave_up_ms;  /* the opening of the breaker after which late steps were given up */
    int64_t describe_ms; /* not before */
};

struct courier {
    struct courier_options o;
    char owner[40];
    struct peer peers[COUNTERPART_COUNT_MAX];
    size_t peer_count;
    struct flight flights[FLIGHTS_MAX];
    size_t flight_count;
    struct {
        uint64_t hash;
        int64_t until_ms;
    } recent[RECENT_COUNT];
    int64_t next_ms;                         /* of the store; looked up at the end of a turn in which there was nothing to do */
    bool unreported_left;                    /* the start's, or what the front door did not take */
    int64_t unreported_ms;                   /* when to look for what somebody else left */
    struct step_report reports[REPORTS_MAX]; /* not yet in the store */
    const struct step_row *reported[REPORTS_MAX];
    size_t report_count;
    struct arena step;
    struct problem *problem;
    bool busy;
    struct courier_totals totals;
};

/* ---- small things ------------------------------------------------------------------------------------------------------------------- */

static int64_t now_ms(const struct courier *c) {
    return c->o.clock.now_ms(c->o.clock.self);
}

static uint64_t draw(struct courier *c, uint64_t below) {
    uint64_t random;
    c->o.entropy.fill(c->o.entropy.self, &random, sizeof random);
    return below ? random % below : 0;
}

static void say(struct courier *c, const struct peer *p, const char *what) {
    char line[192];
    struct buf b = buf_over(line, sizeof line - 1);
    buf_text(&b, STR("counterpart "));
    buf_text(&b, str_clip(p->counterpart.name, 64));
    buf_text(&b, STR(": "));
    buf_text(&b, str_from(what));
    line[b.size] = 0;
    if (c->o.say) c->o.say(c->o.context, line);
}

/* Full jitter: anything up to twice as long with each attempt, so that many who failed together do not come again together. */
static int64_t backoff_ms(struct courier *c, const struct step_row *s) {
    int64_t bound = BACKOFF_FIRST_MS;
    for (uint32_t i = 1; i < s->attempts && bound < BACKOFF_MAX_MS; i++) bound *= 2;
    if (s->attempts > ATTEMPTS_MAX && s->lane >= LANE_CONTAIN_END) bound = BACKOFF_LATE_MS;
    else if (bound > BACKOFF_MAX_MS) bound = BACKOFF_MAX_MS;
    return 50 + (int64_t)draw(c, (uint64_t)bound);
}

static bool is_exhausted(const struct courier *c, const struct step_row *s, int64_t at_ms) {
    uint32_t attempts_max = c->o.attempts_max ? c->o.attempts_max : ATTEMPTS_MAX;
    return s->deadline_ms ? at_ms >= s->deadline_ms : s->attempts >= attempts_max;
}

static bool changes_something(struct str verb) {
    return str_equal(verb, STR("contain")) || str_equal(verb, STR("undo")) || str_equal(verb, STR("release"));
}

/* One that carries to him: whom, the directory knows. */
static bool is_owners_channel(struct str name) {
    enum { OWNERS, OURS };
#define CHANNEL(channel, whose, sentence)                                                                                                  \
    if (str_equal(name, STR(#channel))) return whose == OWNERS;
#include "port/channels.def"
#undef CHANNEL
    return false;
}

static bool tells(const struct step_row *s) {
    return str_equal(s->verb, STR("tell"));
}

/* The verb of the act that a read_state asks about: nothing is both contained and undone by the same name. */
static struct str verb_of_act(const struct step_row *s) {
    if (!str_equal(s->verb, STR("read_state"))) return s->verb;
#define OPERATION(in, does, by, sentence)                                                                                                  \
    if (str_equal(STR(#does), STR("undo")) && str_equal(s->how, STR(#by)) && str_equal(s->system, STR(#in))) return STR("undo");
#include "respond/operations.def"
#undef OPERATION
    return STR("contain");
}

/* "inc_912834/e3/undo.refund/1": the same for every sending of an act, until a read has proven that it was not done. */
static struct str key_of(struct courier *c, const struct step_row *s) {
    struct str verb = verb_of_act(s);
    size_t size = s->effect.size + verb.size + s->how.size + 48;
    char *memory = arena_take(&c->step, size);
    CHECK(memory);
    struct buf b = buf_over(memory, size);
    buf_fmt(&b, "%.*s/%.*s.%.*s/%u", STR_ARGS(s->effect), STR_ARGS(verb), STR_ARGS(s->how), s->generation);
    if (c->o.key_per_attempt) buf_fmt(&b, ".%u", s->attempts);
    return buf_str(&b);
}

/* ---- whether a counterpart answers --------------------------------------------------------------------------------------------------- */

static uint32_t room_of(const struct peer *p, int64_t at_ms) {
    uint32_t room = breaker_room(&p->breaker, p->counterpart.concurrency, at_ms);
    return p->under_way < room ? room - p->under_way : 0;
}

/* Containment may use all of a counterpart's room, the rest three quarters of it. */
static uint32_t room_for(const struct peer *p, bool contains, int64_t at_ms) {
    uint32_t room = room_of(p, at_ms), reserved = !contains && breaker_is_closed(&p->breaker) ? p->counterpart.concurrency / 4 : 0;
    return room > reserved ? room - reserved : 0;
}

/*
 * Telling begins at the directory: no more is taken on than it can be asked about at once, or each that finds it full would cost an attempt
 * and a pause that grows with them. Where it is down that is wanted: so time runs out, and a person has it.
 */
static uint32_t room_to_serve(const struct courier *c, const struct peer *p, struct str system, bool contains) {
    int64_t at_ms = now_ms(c);
    uint32_t room = room_for(p, contains, at_ms), room_to_ask = room;
    const struct counterpart *directory = counterparts_of_system(c->o.counterparts, STR("directory"));
    if (!is_owners_channel(system) || p->counterpart.finds_contacts || !directory) return room;
    const struct peer *asked = &c->peers[directory - c->o.counterparts->list];
    if (breaker_is_closed(&asked->breaker)) room_to_ask = room_for(asked, contains, at_ms);
    return room_to_ask < room ? room_to_ask : room;
}

static bool is_denied(const struct wire_answer *w) {
    return w->fate == WIRE_ANSWERED && (w->status == 401 || w->status == 403);
}

/* 429 is no failure: it lives, and says when. */
static void note_answer(struct courier *c, struct peer *p, const struct wire_answer *w) {
    p->denials = is_denied(w) ? p->denials + 1 : 0;
    if (p->denials == 2) say(c, p, "refuses our signature: the secret is another, or a clock is wrong");
    if (p->adapter->is_failure(w) || p->denials) {
        if (!breaker_fail(&p->breaker, now_ms(c), draw(c, UINT64_MAX))) return;
        c->totals.breakers_open++;
        say(c, p, "fails; it is tried now and then");
    } else if (breaker_succeed(&p->breaker)) {
        c->totals.breakers_open--;
        p->describe_ms = 0; /* it may have come back as another */
        say(c, p, "answers again");
    }
}

/* ---- handing in --------------------------------------------------------------------------------------------------------------------- */

static enum err hand_in(struct courier *c, struct event *e) {
    e->source = STR("hikeshi");
    e->type = kind_name(e->kind);
    e->time_ms = now_ms(c);
    return c->o.submit(c->o.context, e);
}

static bool is_later(enum err err) {
    return err == ERR_FULL || err == ERR_BUSY;
}

static enum err hand_in_result(struct courier *c, const struct step_row *s, enum outcome_word outcome, struct str answer,
                               struct str error) {
    size_t size = answer.size + error.size * 6 + 128, id_size = s->id.size + 24;
    char *memory = arena_take(&c->step, size), *id_memory = arena_take(&c->step, id_size);
    CHECK(memory && id_memory);
    struct buf extra = buf_over(memory, size), id = buf_over(id_memory, id_size);
    buf_text(&id, s->id);
    buf_fmt(&id, "/%llu", (unsigned long long)s->fence);
    buf_text(&extra, STR("{\"answer\":"));
    buf_text(&extra, answer.size ? answer : STR("{}"));
    buf_fmt(&extra, ",\"attempts\":%u,\"error\":", s->attempts);
    buf_json(&extra, error);
    buf_char(&extra, '}');
    CHECK(!extra.overflow && !id.overflow);
    bool good = outcome == STEP_OUTCOME_DONE || outcome == STEP_OUTCOME_PENDING;
    struct event e = {.kind = tells(s) ? KIND_NOTICE_RESULT : KIND_ACTION_RESULT,
                      .about = tells(s) ? s->effect : STR_NONE, /* the notice, and by which channel */
                      .via = tells(s) ? s->system : STR_NONE,
                      .id = buf_str(&id),
                      .subject = s->account,
                      .step = s->id,
                      .incident = s->incident,
                      .result = step_outcome_word(outcome),
                      .outcome = good ? OUTCOME_SUCCESS : OUTCOME_FAILURE,
                      .extra = buf_str(&extra)};
    enum err err = hand_in(c, &e);
    if (is_later(err)) c->unreported_left = true;
    return is_later(err) ? ERR_OK : err;
}

/*
 * What became of steps goes to the store many at a time, for each of its transactions waits for the disk; only what it accepted is handed
 * in. Until then steps and texts must stay where they are. ERR_BUSY is waited out by the leases.
 */
static enum err flush_reports(struct courier *c) {
    size_t count = c->report_count;
    c->report_count = 0;
    if (!count) return ERR_OK;
    enum err err = c->o.store.ops->report(c->o.store.self, c->reports, count, c->problem);
    if (err) return err == ERR_BUSY ? ERR_OK : err;
    for (size_t i = 0; i < count && !err; i++) {
        const struct step_report *r = &c->reports[i];
        c->totals.fenced += !r->accepted;
        if (r->accepted && r->state == STEP_ANSWERED) err = hand_in_result(c, c->reported[i], r->outcome, r->answer, r->last_error);
    }
    return err;
}

static enum err report(struct courier *c, const struct step_row *s, const struct step_report *r) {
    CHECK(c->report_count < REPORTS_MAX);
    struct step_report *at = &c->reports[c->report_count];
    *at = *r;
    at->step = s->id;
    at->fence = s->fence;
    if (at->generation < s->generation) at->generation = s->generation;
    c->reported[c->report_count++] = s;
    return c->report_count == REPORTS_MAX ? flush_reports(c) : ERR_OK;
}

static enum err report_answer(struct courier *c, const struct step_row *s, enum outcome_word outcome, struct str answer, struct str error) {
    struct step_report r = {.state = STEP_ANSWERED,
                            .run_ms = now_ms(c), /* since when it waits to be absorbed: hand_in_again */
                            .outcome = outcome,
                            .answer = answer.size ? answer : STR("{}"),
                            .last_error = error};
    if (outcome == STEP_OUTCOME_EXHAUSTED) c->totals.exhausted++;
    else c->totals.answered++;
    return report(c, s, &r);
}

/* Not done, or nobody knows: later again, or to a person where it was tried long enough. */
static enum err report_later(struct courier *c, const struct step_row *s, enum step_state state, int64_t wait_ms, uint32_t generation,
                             struct str error) {
    int64_t at_ms = now_ms(c), run_ms = at_ms + wait_ms;
    if (is_exhausted(c, s, at_ms)) return report_answer(c, s, STEP_OUTCOME_EXHAUSTED, STR_NONE, error);
    if (s->deadline_ms && run_ms > s->deadline_ms) run_ms = s->deadline_ms; /* once more, so that a person knows in time */
    struct step_report r = {.state = state, .run_ms = run_ms, .generation = generation, .last_error = error};
    return report(c, s, &r);
}

/* ---- sending ------------------------------------------------------------------------------------------------------------------------ */

static struct flight *begin_flight(struct courier *c, size_t peer) {
    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        struct flight *f = &c->flights[i];
        if (f->used) continue;
        f->used = true;
        f->describes = f->read = f->dead_key = f->going_on = f->looks_up = false;
        f->contact = STR_NONE;
        f->peer = peer;
        c->flight_count++;
        c->peers[peer].under_way++;
        return f;
    }
    return NULL;
}

/* No contact stays behind in its memory. */
static void forget_contact(struct flight *f) {
    if (f->contact.size) memset(f->memory + sizeof f->memory - CONTACT_SIZE_MAX, 0, CONTACT_SIZE_MAX);
    f->contact = STR_NONE;
}

static void end_flight(struct courier *c, struct flight *f) {
    forget_contact(f);
    f->used = false;
    c->flight_count--;
    c->peers[f->peer].under_way--;
    if (f->looks_up) c->peers[f->then].under_way--;
}

/* The step with texts of its own. false: it is larger than any that we make. */
static bool own_step(struct flight *f, const struct step_row *s) {
    struct arena memory = arena_over(f->memory, sizeof f->memory - CONTACT_SIZE_MAX);
    bool full = false;
    f->step = *s;
    struct str *texts[] = {&f->step.id,     &f->step.effect, &f->step.incident, &f->step.account,
                           &f->step.system, &f->step.verb,   &f->step.how,      &f->step.request};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) *texts[i] = arena_copy(&memory, *texts[i], &full);
    f->step.lease_owner = f->step.answer = f->step.last_error = STR_NONE;
    return !full;
}

static enum err start(struct courier *c, struct flight *f, struct wire_request *r) {
    r->id = (uint64_t)(f - c->flights);
    enum err err = c->o.wire.ops->start(c->o.wire.self, r, c->problem);
    if (!err) c->totals.sent++;
    return err;
}

/* Puts a flight's step on the wire: the act, or the question whether it was done. */
static enum err send_flight(struct courier *c, struct flight *f, bool read) {
    struct peer *p = &c->peers[f->peer];
    struct wire_request request = {0};
    struct asking asking = {.key = key_of(c, &f->step), .read = read, .contact = f->contact, .now_ms = now_ms(c)};
    enum err err = p->adapter->request(&p->counterpart, &f->step, &asking, &c->step, &request);
    if (!err) err = start(c, f, &request);
    if (err) return err;
    f->read = read;
    f->going_on = true;
    return ERR_OK;
}

/* An act is read before it is sent where nobody knows whether it was done; and, however sure we are, before each sending but the first
 * where the counterpart keeps no keys, or has forgotten this one. What only looks needs no reading. */
static bool must_read(const struct peer *p, const struct step_row *s, int64_t at_ms) {
    struct promise promise = counterpart_promise(&p->counterpart, s->system);
    bool forgotten = promise.idempotency == IDEMPOTENCY_NONE || at_ms - s->first_sent_ms >= promise.ttl_ms;
    return changes_something(s->verb) && (s->state == STEP_UNKNOWN || (s->attempts > 1 && forgotten));
}

/* Whom to tell is asked of the directory first. ERR_NOT_FOUND: nobody is one. */
static enum err look_up(struct courier *c, struct flight *f) {
    const struct counterpart *directory = counterparts_of_system(c->o.counterparts, STR("directory"));
    struct wire_request request = {0};
    if (!directory) return ERR_NOT_FOUND;
    size_t peer = (size_t)(directory - c->o.counterparts->list);
    struct peer *p = &c->peers[peer];
    if (!p->adapter->contact_request || !room_of(p, now_ms(c))) return ERR_BUSY;
    f->then = f->peer; /* where its place is kept: what comes back together must not be more than may be sent at once */
    f->peer = peer;
    f->looks_up = true;
    p->under_way++;
    enum err err = p->adapter->contact_request(&p->counterpart, &f->step, now_ms(c), &c->step, &request);
    return err ? err : start(c, f, &request);
}

static enum err send_step(struct courier *c, size_t peer, const struct step_row *s) {
    struct flight *f = begin_flight(c, peer);
    CHECK(f); /* so many were claimed as there was room for */
    bool asks = tells(s) && !c->peers[peer].counterpart.finds_contacts && is_owners_channel(s->system);
    enum err err = own_step(f, s) ? ERR_OK : ERR_TOO_LARGE;
    if (!err) err = asks ? look_up(c, f) : send_flight(c, f, must_read(&c->peers[peer], s, now_ms(c)));
    if (!err) return ERR_OK;
    end_flight(c, f);
    if (err == ERR_NOT_FOUND)
        return report_answer(c, s, STEP_OUTCOME_EXHAUSTED, STR_NONE, STR("no counterpart is the directory, which knows whom to tell"));
    c->totals.not_sent++;
    return report_later(c, s, s->state, backoff_ms(c, s), s->generation, STR("could not be sent now"));
}

static enum err describe(struct courier *c, size_t peer) {
    struct peer *p = &c->peers[peer];
    int64_t at_ms = now_ms(c);
    bool waits = p->describe_ms > at_ms && p->describe_ms <= at_ms + DESCRIBE_EVERY_MS; /* further: the clock stepped back */
    if (waits || p->describing || !p->adapter->describe_request || !room_of(p, at_ms)) return ERR_OK;
    struct flight *f = begin_flight(c, peer);
    if (!f) return ERR_OK;
    struct wire_request request = {0};
    f->describes = p->describing = true;
    arena_reset(&c->step);
    enum err err = p->adapter->describe_request(&p->counterpart, at_ms, &c->step, &request);
    if (!err) err = start(c, f, &request);
    if (!err) return ERR_OK;
    end_flight(c, f);
    p->describing = false;
    p->describe_ms = at_ms + DESCRIBE_AGAIN_MS;
    return ERR_OK;
}

/* ---- answers ------------------------------------------------------------------------------------------------------------------------ */

/* A read proved absence. Where the key is still good it is sent under the same lease, while no other can have it; a new key must be durable
 * before it is sent. */
static enum err take_not_done(struct courier *c, struct flight *f) {
    const struct step_row *s = &f->step;
    int64_t timeout_ms = c->peers[f->peer].counterpart.timeout_ms;
    if (!f->dead_key && now_ms(c) + timeout_ms < s->lease_until_ms && send_flight(c, f, false) == ERR_OK) return ERR_OK;
    return report_later(c, s, STEP_READY, 0, s->generation + f->dead_key, STR("was not done; to be sent again"));
}

/* The key gave an answer that it will give for ever: what became of the act is read now, while that is known. */
static enum err take_dead_key(struct courier *c, struct flight *f, struct str error) {
    f->dead_key = true;
    if (send_flight(c, f, true) == ERR_OK) return ERR_OK;
    return report_later(c, &f->step, STEP_UNKNOWN, backoff_ms(c, &f->step), f->step.generation, error);
}

static enum err take_ambiguous(struct courier *c, struct flight *f, const struct adapter_answer *a) {
    const struct step_row *s = &f->step;
    const struct counterpart *counterpart = &c->peers[f->peer].counterpart;
    int64_t wait_ms = backoff_ms(c, s);
    c->totals.ambiguous++;
    if (!changes_something(s->verb)) return report_later(c, s, STEP_READY, wait_ms, s->generation, a->error);
    if (!f->read && a->final_for_key) return take_dead_key(c, f, a->error);
    /* Who keeps no keys could still be at it: read too early, it would be sent twice. */
    if (!f->read && counterpart_promise(counterpart, s->system).idempotency == IDEMPOTENCY_NONE) wait_ms += counterpart->timeout_ms;
    return report_later(c, s, STEP_UNKNOWN, wait_ms, s->generation, a->error);
}

static enum err take_transient(struct courier *c, struct flight *f, const struct adapter_answer *a) {
    int64_t wait_ms = backoff_ms(c, &f->step);
    if (wait_ms < a->retry_after_ms) wait_ms = a->retry_after_ms;
    c->totals.not_sent++;
    return report_later(c, &f->step, f->read ? STEP_UNKNOWN : STEP_READY, wait_ms, f->step.generation, a->error);
}

/* Whom to tell is known, and he is told under the same lease. */
static enum err tell(struct courier *c, struct flight *f, struct str contact) {
    struct arena memory = arena_over(f->memory + sizeof f->memory - CONTACT_SIZE_MAX, CONTACT_SIZE_MAX);
    bool full = false;
    f->contact = arena_copy(&memory, contact, &full);
    c->peers[f->peer].under_way--;
    f->peer = f->then;
    f->looks_up = false;
    if (full) return report_answer(c, &f->step, STEP_OUTCOME_REFUSED, STR_NONE, STR("the directory's contact is too long"));
    enum err err = send_flight(c, f, false);
    if (!err) return ERR_OK;
    if (err == ERR_INVALID) return report_answer(c, &f->step, STEP_OUTCOME_REFUSED, STR_NONE, STR("the directory's contact is none"));
    c->totals.not_sent++;
    return report_later(c, &f->step, STEP_READY, backoff_ms(c, &f->step), f->step.generation, STR("could not be sent now"));
}

static enum err take_contact(struct courier *c, struct flight *f, const struct wire_answer *w) {
    struct peer *p = &c->peers[f->peer];
    struct adapter_answer a;
    struct str contact;
    p->adapter->contact_answer(&p->counterpart, &f->step, w, &c->step, &contact, &a);
    note_answer(c, p, w);
    switch (a.class) {
    case ANSWER_DEFINITE:
        return a.outcome == STEP_OUTCOME_DONE
                   ? tell(c, f, contact)
                   : report_answer(c, &f->step, STEP_OUTCOME_ABSENT, STR_NONE, STR("the directory knows no contact"));
    case ANSWER_NOT_DONE:
    case ANSWER_TRANSIENT:
    case ANSWER_AMBIGUOUS: return take_transient(c, f, &a);
    }
    return ERR_OK;
}

/* Where a message went stands in no row and in no journal, also where its counterpart says it again. */
static void hide_contact(const struct flight *f, struct adapter_answer *a) {
    if (!f->contact.size) return;
    if (str_find(a->body, f->contact, 0) < a->body.size) a->body = STR_NONE;
    if (str_find(a->error, f->contact, 0) < a->error.size) a->error = STR("it named the contact");
}

static enum err take_answer(struct courier *c, struct flight *f, const struct wire_answer *w) {
    struct peer *p = &c->peers[f->peer];
    struct adapter_answer a;
    p->adapter->answer(&p->counterpart, &f->step, f->read, w, &c->step, &a);
    hide_contact(f, &a);
    note_answer(c, p, w);
    switch (a.class) {
    case ANSWER_DEFINITE: return report_answer(c, &f->step, a.outcome, a.body, a.error);
    case ANSWER_NOT_DONE: return take_not_done(c, f);
    case ANSWER_TRANSIENT: return take_transient(c, f, &a);
    case ANSWER_AMBIGUOUS: return take_ambiguous(c, f, &a);
    }
    return ERR_OK;
}

/* What was described before stays, where this is no description. */
static void take_description(struct courier *c, struct peer *p, const struct wire_answer *w) {
    struct problem problem;
    enum err err = p->adapter->describe_answer(&p->counterpart, w, &c->step, &problem);
    p->describing = false;
    note_answer(c, p, w);
    p->describe_ms = now_ms(c) + (err ? DESCRIBE_AGAIN_MS : DESCRIBE_EVERY_MS);
}

/* So that the next answer, as large as they come, can be read. */
static enum err make_room(struct courier *c) {
    if (c->step.used + ANSWER_ROOM <= c->step.capacity) return ERR_OK;
    enum err err = flush_reports(c);
    arena_reset(&c->step);
    return err;
}

static enum err take_answers(struct courier *c, int wait_ms) {
    struct wire_answer answers[REPORTS_MAX - 1];
    size_t count = c->o.wire.ops->poll(c->o.wire.self, answers, sizeof answers / sizeof answers[0], wait_ms);
    enum err err = ERR_OK;
    arena_reset(&c->step);
    for (size_t i = 0; i < count && !err; i++) {
        CHECK(answers[i].id < FLIGHTS_MAX && c->flights[answers[i].id].used);
        struct flight *f = &c->flights[answers[i].id];
        f->going_on = false;
        err = make_room(c);
        if (f->describes) take_description(c, &c->peers[f->peer], &answers[i]);
        else if (!err) err = f->looks_up ? take_contact(c, f, &answers[i]) : take_answer(c, f, &answers[i]);
    }
    if (!err) err = flush_reports(c);
    /* Only now: their steps were reported from there. */
    for (size_t i = 0; i < count; i++)
        if (!c->flights[answers[i].id].going_on) end_flight(c, &c->flights[answers[i].id]);
    c->busy |= count > 0;
    return err;
}

/* ---- claiming ----------------------------------------------------------------------------------------------------------------------- */

/* Twice what a step of this system may take: a mail may take longer than any containment, and what was under way in a process that died is
 * taken up when its lease ends. */
static int64_t lease_ms(const struct courier *c, struct str system) {
    const struct counterpart *counterpart = counterparts_of_system(c->o.counterparts, system);
    const struct counterpart *directory = counterparts_of_system(c->o.counterparts, STR("directory"));
    int64_t takes_ms = counterpart && counterpart->timeout_ms > TIMEOUT_MS ? counterpart->timeout_ms : TIMEOUT_MS;
    if (c->o.lease_ms) return c->o.lease_ms;
    if (is_owners_channel(system) && directory) takes_ms += directory->timeout_ms;
    return 2 * takes_ms;
}

static enum err claim(struct courier *c, struct str system, int lane_end, uint32_t count_max, struct step_row **rows, size_t *count) {
    struct claim claim = {.owner = str_from(c->owner),
                          .now_ms = now_ms(c),
                          .lease_ms = lease_ms(c, system),
                          .lane_end = lane_end,
                          .system = system,
                          .count_max = count_max < CLAIM_MAX ? count_max : CLAIM_MAX};
    arena_reset(&c->step);
    *count = 0;
    if (!claim.count_max) return ERR_OK;
    bool any = false;
    enum err err = c->o.store.ops->claimable(c->o.store.self, &claim, &any);
    if (!err && any) err = c->o.store.ops->claim(c->o.store.self, &claim, &c->step, rows, count, c->problem);
    c->busy |= !err && *count;
    return err == ERR_BUSY ? ERR_OK : err;
}

static enum err claim_and_send(struct courier *c, size_t peer, struct str system, int lane_end, uint32_t count_max) {
    struct step_row *rows;
    size_t count;
    uint32_t free_flights = (uint32_t)(FLIGHTS_MAX - c->flight_count);
    enum err err = claim(c, system, lane_end, count_max < free_flights ? count_max : free_flights, &rows, &count);
    for (size_t i = 0; i < count && !err; i++) err = send_step(c, peer, &rows[i]);
    return err ? err : flush_reports(c);
}

/* With a counterpart that is down one step at a time is tried; of the others, those whose time is up must not wait for their turn before a
 * person has them. */
static enum err give_up_late(struct courier *c, struct str system) {
    struct step_row *rows;
    size_t count = CLAIM_MAX;
    enum err err = ERR_OK;
    for (unsigned round = 0; round < GIVE_UP_ROUNDS && count == CLAIM_MAX && !err; round++) {
        err = claim(c, system, INT_MAX, CLAIM_MAX, &rows, &count);
        for (size_t i = 0; i < count && !err; i++)
            err = report_later(c, &rows[i], rows[i].state, backoff_ms(c, &rows[i]), rows[i].generation, STR("the counterpart is down"));
        if (!err) err = flush_reports(c);
    }
    return err;
}

/* Once after each opening of the breaker, when it is tried. */
static enum err give_up_all_late(struct courier *c, struct peer *p) {
    bool is_tried = !breaker_is_closed(&p->breaker) && breaker_room(&p->breaker, 1, now_ms(c));
    enum err err = ERR_OK;
    if (!is_tried || p->gave_up_ms == p->breaker.open_until_ms) return ERR_OK;
    p->gave_up_ms = p->breaker.open_until_ms;
    for (size_t i = 0; i < p->counterpart.system_count && !err; i++) err = give_up_late(c, p->counterpart.systems[i]);
    return err;
}

static enum err contain_system(struct courier *c, size_t peer, struct str system) {
    return claim_and_send(c, peer, system, LANE_CONTAIN_END, room_to_serve(c, &c->peers[peer], system, true));
}

static enum err serve_system(struct courier *c, size_t peer, struct str system) {
    return claim_and_send(c, peer, system, INT_MAX, room_to_serve(c, &c->peers[peer], system, false));
}

/* Nobody answers for this system: people do. */
static enum err give_to_people(struct courier *c, struct str system) {
    struct step_row *rows;
    size_t count;
    enum err err = claim(c, system, INT_MAX, CLAIM_MAX, &rows, &count);
    for (size_t i = 0; i < count && !err; i++)
        err = report_answer(c, &rows[i], STEP_OUTCOME_EXHAUSTED, STR_NONE, STR("no counterpart answers for this system"));
    return err ? err : flush_reports(c);
}

/* All containment before anything else, for one counterpart may answer for several systems. */
static enum err serve_all(struct courier *c) {
    enum err err = ERR_OK;
    for (size_t i = 0; i < 2 * SYSTEMS && !err; i++) {
        struct str system = str_from(systems[i % SYSTEMS]);
        const struct counterpart *counterpart = counterparts_of_system(c->o.counterparts, system);
        size_t peer = counterpart ? (size_t)(counterpart - c->o.counterparts->list) : 0;
        if (i < SYSTEMS) err = counterpart ? contain_system(c, peer, system) : ERR_OK;
        else err = counterpart ? serve_system(c, peer, system) : give_to_people(c, system);
    }
    return err;
}

/* ---- timers, and what was answered before ------------------------------------------------------------------------------------------- */

/* true where it was handed in a moment ago. */
static bool is_recent(struct courier *c, struct str id, int64_t at_ms) {
    uint64_t hash = hash_str(id, 17);
    size_t at = hash % RECENT_COUNT;
    if (c->recent[at].hash == hash && c->recent[at].until_ms > at_ms) return true;
    c->recent[at].hash = hash;
    c->recent[at].until_ms = at_ms + RECENT_MS;
    return false;
}

static enum err fire(struct courier *c, const struct due_row *d, int64_t at_ms) {
    char memory[192];
    struct buf id = buf_over(memory, sizeof memory);
    buf_text(&id, d->about);
    buf_fmt(&id, d->version ? "/timer/%u" : "/due", d->version);
    CHECK(!id.overflow);
    if (is_recent(c, buf_str(&id), at_ms)) return ERR_OK;
    struct event e = {.kind = KIND_TIMER_FIRED,
                      .id = buf_str(&id),
                      .subject = d->account,
                      .about = d->about,
                      .incident = d->incident,
                      .version = d->version,
                      .version_present = true};
    enum err err = hand_in(c, &e);
    if (!err) c->totals.timers++, c->busy = true;
    return is_later(err) ? ERR_OK : err;
}

static enum err fire_timers(struct courier *c) {
    struct due_row *rows;
    size_t count;
    int64_t at_ms = now_ms(c);
    arena_reset(&c->step);
    enum err err = c->o.store.ops->due(c->o.store.self, at_ms, DUE_MAX, &c->step, &rows, &count);
    if (err == ERR_BUSY) return ERR_OK;
    for (size_t i = 0; i < count && !err; i++) err = fire(c, &rows[i], at_ms);
    return err;
}

/* At the start and where the front door was full, all; else those that another courier, which is gone, has left. */
static enum err hand_in_again(struct courier *c) {
    struct step_row *rows;
    size_t count;
    int64_t at_ms = now_ms(c);
    bool all = c->unreported_left, waits = c->unreported_ms > at_ms && c->unreported_ms <= at_ms + UNREPORTED_MS;
    if (!all && waits) return ERR_OK;
    c->unreported_ms = at_ms + UNREPORTED_MS;
    arena_reset(&c->step);
    enum err err = c->o.store.ops->unreported(c->o.store.self, UNREPORTED_MAX, &c->step, &rows, &count);
    if (err == ERR_BUSY) return ERR_OK;
    c->unreported_left = false;
    for (size_t i = 0; i < count && !err && !c->unreported_left; i++)
        if (all || rows[i].run_ms + UNREPORTED_MS <= at_ms)
            err = hand_in_result(c, &rows[i], rows[i].outcome, rows[i].answer, rows[i].last_error);
    c->unreported_left |= all && count == UNREPORTED_MAX;
    return err;
}

/* ---- the door ----------------------------------------------------------------------------------------------------------------------- */

size_t courier_memory_size(void) {
    return sizeof(struct courier) + STEP_MEMORY;
}

enum err courier_open(const struct courier_options *o, void *memory, struct courier **out, struct problem *p) {
    struct courier *c = memory;
    memset(c, 0, sizeof *c);
    c->o = *o;
    c->step = arena_over((char *)memory + sizeof *c, STEP_MEMORY);
    c->unreported_left = true;
    c->peer_count = o->counterparts->count;
    for (size_t i = 0; i < c->peer_count; i++) {
        c->peers[i].counterpart = o->counterparts->list[i];
        c->peers[i].adapter = adapter_find(str_from(o->counterparts->list[i].adapter));
        if (!c->peers[i].adapter) return problem_set(p, ERR_UNSUPPORTED, "adapter", "", "no such adapter");
    }
    struct buf owner = buf_over(c->owner, sizeof c->owner - 1);
    buf_fmt(&owner, "courier-%016llx", (unsigned long long)draw(c, UINT64_MAX));
    *out = c;
    return ERR_OK;
}

/* Who was busy takes another turn at once, and need not know. */
static enum err look_ahead(struct courier *c) {
    if (c->busy) {
        c->next_ms = now_ms(c);
        return ERR_OK;
    }
    enum err err = c->o.store.ops->next_due_ms(c->o.store.self, &c->next_ms);
    if (err != ERR_BUSY) return err;
    c->next_ms = now_ms(c) + LOOK_AGAIN_MS;
    return ERR_OK;
}

enum err courier_turn(struct courier *c, int wait_ms, bool *busy, struct problem *p) {
    c->problem = p;
    c->busy = false;
    enum err err = take_answers(c, 0);
    if (!err) err = hand_in_again(c);
    if (!err) err = fire_timers(c);
    for (size_t i = 0; i < c->peer_count && !err; i++) err = describe(c, i);
    if (!err) err = serve_all(c);
    for (size_t i = 0; i < c->peer_count && !err; i++) err = give_up_all_late(c, &c->peers[i]);
    if (!err) err = take_answers(c, c->busy ? 0 : wait_ms);
    if (!err) err = look_ahead(c);
    *busy = c->busy;
    return err;
}

int64_t courier_next_ms(const struct courier *c) {
    return c->next_ms;
}

void courier_wake(struct courier *c) {
    c->o.wire.ops->wake(c->o.wire.self);
}

const struct courier_totals *courier_totals(const struct courier *c) {
    return &c->totals;
}
