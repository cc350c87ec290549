// SPDX-License-Identifier: Apache-2.0
/*
 * Gathers from a journal whose acts events were: from challenges, owners' words, analysts' verdicts, incidents and what cards told.
 *
 * How far each is believed, in percent (the figures are of docs/reference/labels.md, where their sources stand):
 *   analyst's verdict 100, owner's "not mine" 95, "mine" 90 but 10 from the very session or device that it speaks of, chargeback 80 (some
 *   card holders dispute what they bought), early fraud warning 70, our own attribution 50, a challenge as below.
 */
#include "cli/label_book.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/moment.h"
#include "cli/wiring.h"
#include "incident/record.h"

#define WEIGHT_VERDICT  100
#define WEIGHT_NOT_MINE 95
#define WEIGHT_MINE     90
#define WEIGHT_DISPUTED 80
#define WEIGHT_WARNED   70
#define WEIGHT_INCIDENT 50
/* Half of the owners fail a challenge at first, and nearly all get in soon (Doerfler et al. 2019): a failure alone says little. */
#define WEIGHT_FAILED 20
#define WEIGHT_LEAST  10
/* A challenge is about what was done in its session within this time. */
#define CHALLENGE_MS (DAY_MS)
/* A factor that was put on file so lately may be the hijacker's (features.proves_owner keeps the same time). */
#define RENEWED_MS (7 * DAY_MS)

uint64_t label_key(struct str text) {
    return hash_str(text, 0x6261636B);
}

struct str label_word(enum label l) {
    switch (l) {
    case LABEL_UNKNOWN: return STR("unknown");
    case LABEL_OWNER: return STR("owner");
    case LABEL_HIJACKER: return STR("hijacker");
    case LABEL_NOISE: return STR("noise");
    case LABEL_COUNT: break;
    }
    return STR_NONE;
}

enum label label_from(struct str word) {
    for (enum label l = LABEL_OWNER; l < LABEL_COUNT; l++)
        if (str_equal(word, label_word(l))) return l;
    return LABEL_UNKNOWN;
}

struct str label_source_word(enum label_source s) {
    switch (s) {
    case LABEL_SOURCE_NONE: return STR("none");
    case LABEL_SOURCE_SILENCE: return STR("silence");
    case LABEL_SOURCE_CHALLENGE: return STR("challenge");
    case LABEL_SOURCE_INCIDENT: return STR("incident");
    case LABEL_SOURCE_EARLY_FRAUD_WARNING: return STR("early_fraud_warning");
    case LABEL_SOURCE_CHARGEBACK: return STR("chargeback");
    case LABEL_SOURCE_OWNER_STATEMENT: return STR("owner_statement");
    case LABEL_SOURCE_ANALYST_VERDICT: return STR("analyst_verdict");
    case LABEL_SOURCE_COUNT: break;
    }
    return STR_NONE;
}

enum label_kind label_kind_of(enum label_source s) {
    bool delayed = s == LABEL_SOURCE_SILENCE || s == LABEL_SOURCE_EARLY_FRAUD_WARNING || s == LABEL_SOURCE_CHARGEBACK;
    return delayed ? LABEL_KIND_DELAYED : LABEL_KIND_FEEDBACK;
}

struct str label_kind_word(enum label_kind k) {
    return k == LABEL_KIND_DELAYED ? STR("delayed") : STR("feedback");
}

bool label_is_effect(const struct event *e) {
    return kind_group(e->kind) == GROUP_VALUE && e->kind != KIND_MEMBERSHIP_CANCELLED && e->kind != KIND_MEMBERSHIP_RENEWED;
}

/* ---- notes --------------------------------------------------------------------------------------------------------------------------
 */

static enum err no_memory(struct problem *p) {
    return problem_set(p, ERR_FULL, "", "take fewer days", "no memory for more labels");
}

/* Room for one more of `size` bytes behind `count`. */
static enum err make_room(void **items, size_t size, size_t count, size_t *capacity, struct problem *p) {
    if (count < *capacity) return ERR_OK;
    size_t larger = *capacity * 2 + 256;
    void *grown = realloc(*items, larger * size);
    if (!grown) return no_memory(p);
    *items = grown, *capacity = larger;
    return ERR_OK;
}

static enum err entry_of(struct label_book *b, uint64_t event, struct label_entry **out, struct problem *p) {
    uint64_t *place;
    enum err err = key_map_put(&b->events, event, &place, p);
    if (!err && !*place) {
        void *items = b->entries;
        err = make_room(&items, sizeof *b->entries, b->count, &b->capacity, p);
        b->entries = items;
        if (err) return err;
        b->entries[b->count] = (struct label_entry){0};
        *place = ++b->count;
    }
    if (!err) *out = &b->entries[*place - 1];
    return err;
}

/* Of two of the same source, what was said of the very event goes before what was said of its incident; else the last word counts. A
 * challenge that was passed once stays passed. */
static bool replaces(const struct label_note *now, const struct label_note *before) {
    if (now->source != before->source) return now->source > before->source;
    if (now->source == LABEL_SOURCE_CHALLENGE && before->label == LABEL_OWNER) return false;
    if (!now->incident != !before->incident) return !now->incident;
    return now->known_ms >= before->known_ms;
}

/* A challenge failed and then passed is one story, and what nobody has judged says nothing. */
static bool contradicts(const struct label_note *a, const struct label_note *b) {
    if (!a->source || !b->source || a->label == LABEL_UNKNOWN || b->label == LABEL_UNKNOWN || a->label == b->label) return false;
    return a->source != LABEL_SOURCE_CHALLENGE || b->source != LABEL_SOURCE_CHALLENGE;
}

static enum err note(struct label_book *b, uint64_t event, const struct label_note *n, struct problem *p) {
    struct label_entry *entry;
    enum err err = entry_of(b, event, &entry, p);
    if (err) return err;
    bool contradicted = false;
    for (unsigned k = 0; k < LABEL_KINDS; k++)
        if (contradicts(n, &entry->of[k])) contradicted = entry->of[k].contradicted = true;
    b->contradictions += contradicted;
    struct label_note *kept = &entry->of[label_kind_of(n->source)];
    contradicted |= kept->contradicted;
    if (replaces(n, kept)) *kept = *n;
    kept->contradicted = contradicted;
    return ERR_OK;
}

const struct label_entry *label_book_entry(const struct label_book *b, uint64_t key) {
    const uint64_t *place = key_map_get(&b->events, key);
    return place ? &b->entries[*place - 1] : NULL;
}

const struct label_note *label_strongest(const struct label_entry *e) {
    const struct label_note *f = &e->of[LABEL_KIND_FEEDBACK], *d = &e->of[LABEL_KIND_DELAYED];
    /* An incident that nobody has judged does not hide what the card holder said. */
    return replaces(d, f) || (d->source && f->label == LABEL_UNKNOWN) ? d : f;
}

/* ---- words --------------------------------------------------------------------------------------------------------------------------
 */

/* What was said of an incident, or of an account. An analyst's word stands before an owner's; else the last one counts. */
static enum err note_verdict(struct label_book *b, struct key_map *map, uint64_t key, const struct label_verdict *v, struct problem *p) {
    uint64_t *place;
    enum err err = key_map_put(map, key, &place, p);
    if (!err && !*place) {
        void *items = b->said;
        err = make_room(&items, sizeof *b->said, b->said_count, &b->said_capacity, p);
        b->said = items;
        if (err) return err;
        b->said[b->said_count] = (struct label_verdict){0};
        *place = ++b->said_count;
    }
    if (err) return err;
    struct label_verdict *before = &b->said[*place - 1];
    if (before->note.source > v->note.source) return ERR_OK;
    *before = *v;
    return ERR_OK;
}

static enum err hear_analyst(struct label_book *b, const struct event *e, struct problem *p) {
    bool takeover = str_equal(e->verdict, STR("takeover"));
    if ((!takeover && !str_equal(e->verdict, STR("false_alarm"))) || !e->incident.size) return ERR_OK;
    uint64_t *count;
    enum err err = key_map_put(&b->analysts, label_key(e->by), &count, p);
    if (err) return err;
    b->verdicts++, ++*count;
    struct label_verdict v = {takeover, {.source = LABEL_SOURCE_ANALYST_VERDICT, .weight = WEIGHT_VERDICT, .known_ms = e->time_ms}};
    return note_verdict(b, &b->incidents, label_key(e->incident), &v, p);
}

/* Of an incident, of one act, or of nothing by name: then "not mine" is said of whatever is going on on the account. */
static enum err hear_owner(struct label_book *b, const struct event *e, struct problem *p) {
    bool mine = e->says == SAYS_MINE;
    struct label_verdict v = {!mine,
                              {.label = mine ? LABEL_OWNER : LABEL_HIJACKER,
                               .source = LABEL_SOURCE_OWNER_STATEMENT,
                               .weight = mine ? WEIGHT_MINE : WEIGHT_NOT_MINE,
                               .known_ms = e->time_ms,
                               .takeover = label_key(e->subject)}};
    if (mine && e->session.size) v.note.session = label_key(e->session);
    if (mine && e->device.size) v.note.device = label_key(e->device);
    if (incident_position(e->about)) return note_verdict(b, &b->incidents, label_key(e->about), &v, p);
    enum err err = mine ? ERR_OK : note_verdict(b, &b->denied, label_key(e->subject), &v, p);
    return err || !e->about.size ? err : note(b, label_key(e->about), &v.note, p);
}

static enum err hear_card(struct label_book *b, const struct event *e, struct problem *p) {
    const uint64_t *act = key_map_get(&b->charges, label_key(e->charge));
    if (!act) return ERR_OK;
    bool disputed = e->kind == KIND_CHARGEBACK;
    struct label_note n = {.label = LABEL_HIJACKER,
                           .source = disputed ? LABEL_SOURCE_CHARGEBACK : LABEL_SOURCE_EARLY_FRAUD_WARNING,
                           .weight = disputed ? WEIGHT_DISPUTED : WEIGHT_WARNED,
                           .known_ms = e->time_ms,
                           .takeover = label_key(e->subject)};
    return note(b, *act, &n, p);
}

static enum err note_charge(struct label_book *b, const struct event *e, struct problem *p) {
    uint64_t *value;
    enum err err = key_map_put(&b->charges, label_key(e->charge), &value, p);
    if (!err && !*value) *value = label_key(e->id); /* the act that made it came first */
    return err;
}

/* ---- challenges ---------------------------------------------------------------------------------------------------------------------
 */

/*
 * How far a passed challenge speaks for the owner: the share of hijackers whom such a factor stopped where it was measured, by the worst
 * kind of attack (Doerfler et al. 2019 and the figures that Google published of them: knowledge 10 %, SMS 76 %, prompt on a device 90 %,
 * security key 100 %). Of e-mail there is no figure, and whoever has the password has often the mailbox. A CAPTCHA tells people from
 * machines.
 */
static const struct {
    const char *word;
    uint8_t weight;
} factors[] = {
    {"captcha", 0}, {"passkey", 95}, {"webauthn", 95}, {"security_key", 95}, {"fido", 95}, {"prompt", 90}, {"push", 90}, {"totp", 90},
    {"app", 90},    {"sms", 76},     {"phone", 76},    {"voice", 76},        {"otp", 76},  {"mail", 50},   {"code", 50},
};

static uint8_t factor_weight(struct str factor) {
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        if (str_find(factor, str_from(factors[i].word), 0) < factor.size) return factors[i].weight;
    return WEIGHT_LEAST; /* a question that was asked, or nobody knows what */
}

static uint64_t visit_key(const struct event *e, bool by_session) {
    return hash_mix(label_key(e->subject), by_session ? label_key(e->session) : 0);
}

static enum err note_visit(struct label_book *b, const struct event *e, bool by_session, struct problem *p) {
    uint64_t *place;
    enum err err = key_map_put(&b->visits, visit_key(e, by_session), &place, p);
    if (!err && !*place) {
        void *items = b->seen;
        err = make_room(&items, sizeof *b->seen, b->seen_count, &b->seen_capacity, p);
        b->seen = items;
        if (!err) *place = ++b->seen_count;
    }
    if (!err) b->seen[*place - 1] = (struct label_visit){label_key(e->id), e->time_ms};
    return err;
}

static enum err see_act(struct label_book *b, const struct event *e, const struct decision *d, struct problem *p) {
    bool failed = e->kind == KIND_LOGIN && e->outcome == OUTCOME_FAILURE;
    bool challenged = d && d->verdict != VERDICT_ALLOW && !failed;
    enum kind_group group = kind_group(e->kind);
    bool done = group == GROUP_ACCESS || group == GROUP_CREDENTIAL || group == GROUP_VALUE;
    if (!event_is_login_success(e) && !(challenged && done)) return ERR_OK;
    enum err err = note_visit(b, e, false, p);
    return err || !e->session.size ? err : note_visit(b, e, true, p);
}

static enum err see_renewal(struct label_book *b, const struct event *e, struct problem *p) {
    uint64_t *at;
    enum err err = key_map_put(&b->renewed, label_key(e->subject), &at, p);
    if (!err) *at = (uint64_t)e->time_ms;
    return err;
}

static enum err hear_challenge(struct label_book *b, const struct event *e, struct problem *p) {
    const uint64_t *place = e->session.size ? key_map_get(&b->visits, visit_key(e, true)) : NULL;
    if (!place) place = key_map_get(&b->visits, visit_key(e, false)); /* a shop may begin another session behind the challenge */
    if (!place || e->outcome == OUTCOME_NONE) return ERR_OK;
    const struct label_visit *v = &b->seen[*place - 1];
    if (e->time_ms - v->at_ms > CHALLENGE_MS || e->time_ms < v->at_ms) return ERR_OK;
    bool passed = e->outcome == OUTCOME_SUCCESS;
    uint8_t weight = passed ? factor_weight(e->factor) : WEIGHT_FAILED;
    const uint64_t *renewed = key_map_get(&b->renewed, label_key(e->subject));
    if (passed && renewed && e->time_ms - (int64_t)*renewed < RENEWED_MS && weight > WEIGHT_LEAST) weight = WEIGHT_LEAST;
    if (!weight) return ERR_OK;
    struct label_note n = {.label = passed ? LABEL_OWNER : LABEL_HIJACKER,
                           .source = LABEL_SOURCE_CHALLENGE,
                           .weight = weight,
                           .known_ms = e->time_ms,
                           .takeover = label_key(e->subject)};
    return note(b, v->event, &n, p);
}

static bool puts_factor_on_file(const struct event *e) {
    return e->kind == KIND_EMAIL_CHANGED || e->kind == KIND_PHONE_CHANGED || (e->kind == KIND_MFA_CHANGED && e->change != CHANGE_REMOVED);
}

enum err label_book_hear(struct label_book *b, uint64_t position, const struct event *e, const struct decision *d, struct problem *p) {
    if (b->known_at_ms && e->time_ms > b->known_at_ms) b->past = true;
    if (!b->past) b->known_to = position;
    if (b->known_at_ms && e->time_ms > b->known_at_ms) return ERR_OK;
    if (e->charge.size && kind_group(e->kind) == GROUP_VALUE) {
        enum err err = note_charge(b, e, p);
        if (err) return err;
    }
    if (e->kind == KIND_ANALYST_VERDICT) return hear_analyst(b, e, p);
    if (e->kind == KIND_OWNER_STATEMENT) return e->says == SAYS_NONE ? ERR_OK : hear_owner(b, e, p);
    if (e->kind == KIND_CHARGEBACK || e->kind == KIND_EARLY_FRAUD_WARNING) return hear_card(b, e, p);
    if (!b->challenges || !e->subject.size) return ERR_OK;
    if (e->kind == KIND_CHALLENGE) return hear_challenge(b, e, p);
    enum err err = puts_factor_on_file(e) ? see_renewal(b, e, p) : ERR_OK;
    return err ? err : see_act(b, e, d, p);
}

/* ---- incidents ----------------------------------------------------------------------------------------------------------------------
 */

#define PAGE_COUNT 64
#define STEP_SIZE  (8U << 20)

/* What was found of the incident itself goes before what the owner said in general, and both before how it ended. false: nobody has said.
 */
static bool judged(const struct label_book *b, const struct incident_row *row, struct label_verdict *out) {
    const uint64_t *said = key_map_get(&b->incidents, label_key(row->id));
    if (!said && row->status != INCIDENT_CLOSED) said = key_map_get(&b->denied, label_key(row->account));
    if (said) return *out = b->said[*said - 1], true;
    if (row->status != INCIDENT_CLOSED) return false;
    bool undone = str_find(row->closed_why, STR("undone"), 0) < row->closed_why.size;
    *out = (struct label_verdict){undone, {.source = LABEL_SOURCE_INCIDENT, .weight = WEIGHT_INCIDENT, .known_ms = row->closed_ms}};
    return true;
}

enum err label_book_take(struct label_book *b, const struct incident_row *incident, const struct incident_event_row *e, struct problem *p) {
    struct label_verdict v = {0};
    bool known = judged(b, incident, &v);
    struct label_note n = v.note;
    n.label = known && !v.takeover                  ? LABEL_OWNER
              : e->whose == WHOSE_OWNER             ? LABEL_OWNER
              : e->whose == WHOSE_UNKNOWN || !known ? LABEL_UNKNOWN
                                                    : LABEL_HIJACKER;
    if (!known || (v.takeover && e->whose == WHOSE_OWNER)) { /* by our own attribution */
        n.source = LABEL_SOURCE_INCIDENT, n.weight = WEIGHT_INCIDENT;
        if (!known) n.known_ms = e->time_ms;
    }
    n.incident = incident->opened_position;
    n.takeover = label_key(incident->id);
    return note(b, label_key(e->event), &n, p);
}

static enum err take_events(struct label_book *b, struct incident_store store, const struct incident_row *row, struct arena *step,
                            struct problem *p) {
    struct incident_event_query q = {.incident = row->id, .count_max = PAGE_COUNT};
    size_t used = step->used;
    for (size_t count = PAGE_COUNT; count == PAGE_COUNT; step->used = used) {
        struct incident_event_row *rows;
        if (store.ops->events(store.self, SIGHT_SETTLED, &q, step, &rows, &count))
            return problem_set(p, ERR_IO, "", "", "cannot read the events of an incident");
        for (size_t i = 0; i < count; i++) {
            enum err err = label_book_take(b, row, &rows[i], p);
            if (err) return err;
        }
        if (count) q.after = rows[count - 1].position;
    }
    return ERR_OK;
}

static enum err take_incidents(struct label_book *b, struct incident_store store, struct arena *step, struct problem *p) {
    struct incident_query q = {.status = -1, .count_max = PAGE_COUNT};
    for (;;) {
        arena_reset(step);
        struct incident_row *rows;
        size_t count;
        if (store.ops->list(store.self, &q, step, &rows, &count)) return problem_set(p, ERR_IO, "", "", "cannot list the incidents");
        if (!count) return ERR_OK;
        q.before = rows[count - 1].opened_position;
        for (size_t i = 0; i < count; i++) {
            enum err err = take_events(b, store, &rows[i], step, p);
            if (err) return err;
        }
    }
}

/* The incidents as they came to be: made again from the journal, with the answers that were given. */
static enum err recall_incidents(struct label_book *b, const struct backtest_source *s, struct problem *p) {
    struct wiring_options o = {.learn_from = s->data, .learn_to = b->known_to};
    struct wiring w;
    void *memory = malloc(STEP_SIZE);
    struct arena step = arena_over(memory, memory ? STEP_SIZE : 0);
    enum err err = memory ? wiring_open(&o, &w, p) : problem_set(p, ERR_FULL, "", "", "no memory");
    if (!err) {
        err = take_incidents(b, engine_incidents(w.engine), &step, p);
        struct problem ignored;
        (void)!wiring_close(&w, &ignored);
    }
    free(memory);
    return err;
}

/* ---- the whole ----------------------------------------------------------------------------------------------------------------------
 */

struct hearing {
    struct label_book *book;
    const struct backtest_source *source;
};

static enum err hear_one(void *context, uint64_t position, const struct event *e, struct problem *p) {
    const struct hearing *h = context;
    struct decision d;
    bool answered = h->book->challenges && h->source->record && !decision_decode(h->source->record->decision, &d);
    return label_book_hear(h->book, position, e, answered ? &d : NULL, p);
}

enum err label_book_gather(struct label_book *b, struct backtest_source *s, struct problem *p) {
    struct hearing h = {b, s};
    enum err err = backtest_source_scan(s, hear_one, &h, p);
    return !err && !s->file && b->known_to ? recall_incidents(b, s, p) : err;
}

void label_book_release(struct label_book *b) {
    struct key_map *maps[] = {&b->events, &b->analysts, &b->charges, &b->incidents, &b->denied, &b->visits, &b->renewed};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) key_map_release(maps[i]);
    free(b->entries), free(b->said), free(b->seen);
    b->entries = NULL, b->said = NULL, b->seen = NULL;
    b->count = b->said_count = b->seen_count = b->capacity = b->said_capacity = b->seen_capacity = 0;
}
