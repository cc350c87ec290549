// SPDX-License-Identifier: Apache-2.0
#ifndef RESPOND_INTERLEAVE_TEST_H
#define RESPOND_INTERLEAVE_TEST_H

#include "respond/case_test.h"

/*
 * Every interleaving of one effect with the world that it is about.
 *
 * A node is what the store keeps of the effect (struct kept), the requests that are under way, and the world as it really is. From each
 * node everything that could happen next is tried: the world goes on, news of it comes late or never and in any order, a request is sent,
 * carried out, answered, lost and then read, given up; a timer fires; a person answers. Breadth first, until there is no new node. So a
 * fault is found by its shortest story, which is told.
 *
 * The effect is moved by the real core with the real tables; as that takes longer than to look it up, each of its moves is made once and
 * remembered. What is left out of `kept` is what moves nothing: times, texts, numbers that only count.
 *
 * Told of a world is the truth, only late: a counterpart says what is so, when it looks; a person says what he has seen, or has done.
 */

enum {
    WORLD_SIZE = 12,
    OVERTAKEN_MAX = 3, /* acts that were sent, and whose effect stands in another state meanwhile */
    KEPT_MAX = 1 << 16,
    NODES_MAX = 1 << 21,
    EDGES_MAX = 1 << 25,
    DEFS_MAX = 2,
    ACTS_MAX = 16,
};

/* ---- what the store keeps ----------------------------------------------------------------------------------------------------------- */

/* States that every machine has, beyond those of its own. */
enum { IN_HUMAN = 100, IN_RESTORING, IN_RESTORED, IN_KEPT, IN_MERGED, IN_ENDED };
static const char *const generic_states[] = {STATE_HUMAN, STATE_RESTORING, STATE_RESTORED, STATE_KEPT, STATE_MERGED, STATE_ENDED};

/* Unknown: taken up again after it was given up, and to be read first. Of nodes never ready, for what was not carried out may as well be.
 */
enum { STEP_IS_NONE, STEP_IS_READY, STEP_IS_SENT, STEP_IS_UNKNOWN };

struct kept {
    uint8_t def, state, resume; /* resume: where the state is IN_HUMAN */
    uint8_t fate, unheeded, go, whose, from_owner;
    uint8_t timer, task; /* task: enum task_kind */
    uint8_t step;        /* of the state that it stands in */
    uint8_t held;        /* its order, at the gate */
    uint16_t given_up;   /* acts, a bit each: nobody knows what became of them */
    uint8_t loss, returned, compensated, written_off;
    uint8_t overtaken_count, overtaken[OVERTAKEN_MAX], same_key[OVERTAKEN_MAX]; /* operations; is their key that of the generation? */
    uint8_t broken;                                                             /* something that must always hold did not */
};

/* What can be told the core. `answer` beyond the outcomes: to a look, "it has not been done". */
enum deed { HEAR, ANSWER, ANSWER_OVERTAKEN, TIMER, LAST_TIMER, DECIDE, NOT_MINE };
enum { ANSWER_NOT_DONE = 16 };
enum word { SAY_DONE, SAY_RETRY, SAY_UNABLE, SAY_APPROVE, SAY_DECLINE, SAY_HIJACKER, SAY_OWNER, WORD_COUNT };
static const char *const words[] = {"done", "retry", "unable", "approve", "decline", "hijacker", "owner"};

struct telling {
    uint8_t deed, answer, fate, slot; /* slot: of the overtaken, or the word */
};

struct told {
    uint32_t kept;   /* index of what is kept then */
    uint8_t moved;   /* it stands in a state entered with this */
    uint8_t renewed; /* its acts have a new key */
};

/* ---- the world ---------------------------------------------------------------------------------------------------------------------- */

/* What may come of it: the world afterwards, and what is said. */
struct outcome_of {
    uint8_t world[WORLD_SIZE];
    uint8_t answer, fate;
    const char *says;
};
struct outcomes {
    struct outcome_of at[48];
    size_t count;
};

struct world_rules {
    void (*goes_on)(const uint8_t *world, const struct kept *k, struct outcomes *out);
    /* again: its key was carried out before, so that the counterpart does nothing more. */
    void (*carry_out)(const uint8_t *world, const struct operation *op, bool again, struct outcomes *out);
    void (*look)(const uint8_t *world, const struct operation *op, struct outcomes *out); /* read_state, probe */
    void (*person)(const uint8_t *world, const struct effect_state *s, enum task_kind task, enum word word, struct outcomes *out);
    uint32_t (*heard)(const uint8_t *world); /* fates that there may be news of, a bit each */
    bool (*timer_may)(const uint8_t *world, const struct effect_state *s);
    /* Does it matter how often it is carried out, and under which key? NULL: of no act. Such acts are followed one by one. */
    bool (*counts)(const struct operation *op);
    /* Any other act that may still be carried out when its effect stands elsewhere becomes a promise of the world, and is forgotten. */
    void (*overtaken)(uint8_t *world, const struct operation *op);
    /* NULL, or what must never be. `before`: the world one step earlier. */
    const char *(*wrong)(const uint8_t *before, const uint8_t *world, const struct kept *k, enum phase phase);
};

/* A request: of the state that it stands in (0), or overtaken. Carried out with this result, which is on its way back. */
struct flight {
    uint8_t done, answer, fate;
};

struct node {
    uint32_t kept;
    uint16_t keys; /* acts carried out under the key of this generation, a bit each */
    struct flight flights[1 + OVERTAKEN_MAX];
    uint8_t world[WORLD_SIZE], none[2]; /* none: so that no byte is anybody's guess */
};

/* ---- the search --------------------------------------------------------------------------------------------------------------------- */

struct remembered {
    uint64_t of; /* kept and telling, plus one; 0 = free */
    struct told told;
};

struct search {
    const struct effect_def *defs[DEFS_MAX];
    size_t def_count;
    const struct world_rules *rules;
    const char *object_member;              /* "order" or "charge" of the news */
    const struct operation *acts[ACTS_MAX]; /* of its machines */
    size_t act_count;
    struct effect_row row;
    struct response_row response;
    char texts[512];

    struct kept kept[KEPT_MAX];
    size_t kept_count;
    uint32_t kept_table[2 * KEPT_MAX];
    struct remembered remembered[1 << 18];
    size_t remembered_count;

    struct node nodes[NODES_MAX];
    uint32_t parents[NODES_MAX];
    const char *labels[NODES_MAX];
    uint32_t first_edge[NODES_MAX + 1];
    uint32_t edges[EDGES_MAX];
    uint32_t table[2 * NODES_MAX];
    size_t node_count, edge_count;
    uint32_t at;
    const char *fault;
    uint32_t fault_at;
    size_t overtaken_more; /* ways not gone, for more acts would have been overtaken than are followed */
};

static struct test_case kase;
static struct search found, *const x = &found;

/* ---- names -------------------------------------------------------------------------------------------------------------------------- */

static inline const char *state_name(const struct kept *k, uint8_t state) {
    return state >= IN_HUMAN ? generic_states[state - IN_HUMAN] : x->defs[k->def]->states[state].name;
}

/* Of its own machine, also while a person has it; NULL: restoring, or over. */
static inline const struct effect_state *state_of_kept(const struct kept *k) {
    uint8_t at = k->state == IN_HUMAN ? k->resume : k->state;
    return at >= IN_HUMAN ? NULL : &x->defs[k->def]->states[at];
}

static inline const struct operation *operation_of(const struct kept *k) {
    const struct effect_state *s = state_of_kept(k);
    return s ? s->op : x->defs[k->def]->release;
}

static inline enum phase phase_of_kept(const struct kept *k) {
    switch (k->state) {
    case IN_HUMAN: return PHASE_HUMAN;
    case IN_RESTORING: return PHASE_RESTORING;
    case IN_RESTORED: return PHASE_RESTORED;
    case IN_KEPT: return PHASE_KEPT;
    case IN_MERGED:
    case IN_ENDED: return PHASE_ACKNOWLEDGED;
    default: return x->defs[k->def]->states[k->state].phase;
    }
}

static inline bool only_looks(const struct operation *op) {
    return strcmp(op->verb, "read_state") == 0 || strcmp(op->verb, "probe") == 0;
}

static inline bool is_same(const struct operation *a, const struct operation *b) {
    return strcmp(a->system, b->system) == 0 && strcmp(a->verb, b->verb) == 0 && strcmp(a->how, b->how) == 0;
}

static inline uint16_t act_bit(const struct operation *op) {
    for (size_t i = 0; i < x->act_count; i++)
        if (is_same(x->acts[i], op)) return (uint16_t)(1U << i);
    return 0;
}

static inline void add_act(const struct operation *op) {
    if (!op || only_looks(op) || act_bit(op)) return;
    CHECK(x->act_count < ACTS_MAX);
    x->acts[x->act_count++] = op;
}

static inline bool counts(const struct operation *op) {
    return x->rules->counts && x->rules->counts(op);
}

static inline uint8_t find_state(const struct effect_def *d, struct str name) {
    for (size_t i = 0; i < sizeof generic_states / sizeof generic_states[0]; i++)
        if (str_equal(name, str_from(generic_states[i]))) return (uint8_t)(IN_HUMAN + i);
    int at = effect_state_find(d, name);
    return at < 0 ? IN_ENDED : (uint8_t)at;
}

/* ---- from what is kept to rows, and back --------------------------------------------------------------------------------------------- */

enum { VERSION = 1000, GENERATION = 10 };

static inline void load_step(struct str system, struct str verb, struct str how, enum step_state state, uint32_t n, bool same_key) {
    kase.steps[kase.step_count++] = (struct step_row){
        .id = case_format(&kase, "%.*s/%.*s.%.*s/%u", STR_ARGS(x->row.id), STR_ARGS(verb), STR_ARGS(how), n),
        .effect = x->row.id,
        .incident = x->row.incident,
        .account = x->row.account,
        .system = system,
        .verb = verb,
        .how = how,
        .request = STR("{}"),
        .state = state,
        .generation = same_key ? GENERATION : GENERATION - 1,
    };
}

static inline void load_steps(const struct kept *k) {
    for (uint8_t i = 0; i < k->overtaken_count; i++) {
        const struct operation *op = operation_at(k->overtaken[i]);
        load_step(str_from(op->system), str_from(op->verb), str_from(op->how), STEP_CLAIMED, VERSION - OVERTAKEN_MAX + i, k->same_key[i]);
    }
    for (size_t i = 0; i < x->act_count; i++) {
        const struct operation *op = x->acts[i];
        if (k->given_up >> i & 1)
            load_step(str_from(op->system), str_from(op->verb), str_from(op->how), STEP_HUMAN, VERSION - ACTS_MAX + (uint32_t)i, true);
    }
    static const enum step_state states[] = {STEP_DONE, STEP_READY, STEP_CLAIMED, STEP_UNKNOWN};
    const struct operation *op = operation_of(k);
    if (k->step == STEP_IS_NONE) return;
    load_step(str_from(op->system), str_from(op->verb), str_from(op->how), states[k->step], VERSION, true);
}

static inline void load_line(enum ledger_kind kind, uint8_t there) {
    if (!there) return;
    struct ledger_row *row = &kase.ledger[kase.ledger_count++];
    *row = (struct ledger_row){.incident = x->row.incident, .effect = x->row.id, .number = (uint32_t)kase.ledger_count, .kind = kind};
    row->amount_minor = x->row.amount_minor;
    memcpy(row->currency, x->row.currency, sizeof row->currency);
}

static inline void load_task(const struct kept *k) {
    static const char *const options[] = {"", "done retry unable", "hijacker owner", "approve decline", "done unable", "done unable"};
    if (k->task == TASK_NONE) return;
    kase.tasks[kase.task_count++] = (struct task_row){
        .id = STR("inc_101/t50"),
        .incident = x->row.incident,
        .effect = x->row.id,
        .kind = task_kind_word((enum task_kind)k->task),
        .options = str_from(options[k->task]),
        .people = 2,
    };
}

static inline void load(const struct kept *k) {
    arena_reset(&kase.kept);
    kase.step_count = kase.task_count = kase.ledger_count = kase.notice_count = kase.proof_count = kase.hold_count = kase.pending_count = 0;
    kase.effect_count = 1, kase.opened = true, kase.broken = false, kase.fired[0] = 0;
    struct effect_row *r = &kase.effects[0];
    *r = x->row;
    r->kind = str_from(x->defs[k->def]->name);
    r->state = str_from(state_name(k, k->state)), r->phase = phase_of_kept(k);
    if (k->state == IN_HUMAN) r->resume = str_from(state_name(k, k->resume));
    r->fate = k->fate, r->unheeded = k->unheeded, r->go = k->go, r->whose = k->whose, r->from_owner = k->from_owner;
    r->version = VERSION, r->generation = GENERATION, r->step_count = 1, r->ledger_count = 10, r->contained_ms = kase.now_ms;
    r->due_ms = k->timer ? kase.now_ms : 0;
    load_steps(k), load_task(k);
    load_line(LEDGER_LOSS, k->loss), load_line(LEDGER_RETURNED, k->returned);
    load_line(LEDGER_COMPENSATED, k->compensated), load_line(LEDGER_WRITEOFF, k->written_off);
    bool over = phase_is_terminal(r->phase);
    kase.response = x->response;
    kase.response.state = over ? RESPONSE_VERIFIED : RESPONSE_OPEN;
    kase.response.open_count = !over, kase.response.task_count = 50, kase.response.confident = k->go;
}

static inline bool is_stepping(const struct step_row *s, uint32_t version) {
    char end[16];
    int size = snprintf(end, sizeof end, "/%u", version);
    return s->id.size > (size_t)size && memcmp(s->id.at + s->id.size - (size_t)size, end, (size_t)size) == 0;
}

static inline void keep_steps(struct kept *k, const struct effect_row *r) {
    for (size_t i = 0; i < kase.step_count; i++) {
        const struct step_row *s = &kase.steps[i];
        int op = operation_find(s->system, s->verb, s->how);
        if (s->state == STEP_HUMAN && op >= 0 && counts(operation_at((size_t)op))) k->given_up |= act_bit(operation_at((size_t)op));
        if (case_step_over(s)) continue;
        if (is_stepping(s, r->version)) {
            k->step = s->state == STEP_READY ? STEP_IS_READY : s->state == STEP_UNKNOWN ? STEP_IS_UNKNOWN : STEP_IS_SENT;
        } else if (op >= 0) { /* what only looks moves nothing any more but by what it has seen, and that may be heard at any time */
            if (k->overtaken_count < OVERTAKEN_MAX) {
                k->same_key[k->overtaken_count] = s->generation == r->generation;
                k->overtaken[k->overtaken_count] = (uint8_t)op;
            }
            k->overtaken_count++;
        }
    }
}

static inline struct kept keep(const struct kept *before) {
    const struct effect_row *r = &kase.effects[0];
    struct kept k = {.held = before ? before->held : 0};
    while (k.def + 1U < x->def_count && !str_equal(r->kind, str_from(x->defs[k.def]->name))) k.def++;
    k.state = find_state(x->defs[k.def], r->state);
    if (k.state == IN_HUMAN) k.resume = find_state(x->defs[k.def], r->resume);
    k.fate = (uint8_t)r->fate, k.unheeded = r->unheeded, k.go = r->go, k.whose = (uint8_t)r->whose, k.from_owner = r->from_owner;
    const struct effect_state *s = state_of_kept(&k);
    k.timer =
        r->due_ms && !(s && s->op && !s->waits_ms[0] && !only_looks(s->op)); /* one that only tells that an act is late moves nothing */
    for (size_t i = 0; i < kase.task_count; i++)
        if (kase.tasks[i].state != TASK_CLOSED) k.task = (uint8_t)task_kind_from(kase.tasks[i].kind);
    keep_steps(&k, r);
    if (kase.hold_count) k.held = kase.holds[kase.hold_count - 1].released_ms == 0;
    k.loss = case_sum(&kase, r->id, LEDGER_LOSS) > 0, k.returned = case_sum(&kase, r->id, LEDGER_RETURNED) > 0;
    k.compensated = case_sum(&kase, r->id, LEDGER_COMPENSATED) > 0, k.written_off = case_sum(&kase, r->id, LEDGER_WRITEOFF) > 0;
    if (k.go) k.whose = WHOSE_HIJACKER, k.from_owner = 0; /* who said so moves nothing any more */
    k.broken = kase.broken;
    return k;
}

static inline uint64_t hash_bytes(const void *bytes, size_t size) {
    uint64_t h = 1469598103934665603U;
    for (size_t i = 0; i < size; i++) h = (h ^ ((const unsigned char *)bytes)[i]) * 1099511628211U;
    return h ^ (h >> 29);
}

static inline uint32_t index_of_kept(const struct kept *k) {
    size_t size = 2 * KEPT_MAX, at = hash_bytes(k, sizeof *k) % size;
    for (; x->kept_table[at]; at = (at + 1) % size)
        if (memcmp(&x->kept[x->kept_table[at] - 1], k, sizeof *k) == 0) return x->kept_table[at] - 1;
    CHECK(x->kept_count < KEPT_MAX);
    x->kept[x->kept_count] = *k;
    x->kept_table[at] = (uint32_t)++x->kept_count;
    return x->kept_table[at] - 1;
}

/* ---- asking the core ----------------------------------------------------------------------------------------------------------------- */

static inline const char *answer_word(uint8_t answer) {
    static char word[32];
    struct str s = step_outcome_word(answer == ANSWER_NOT_DONE ? STEP_OUTCOME_ABSENT : (enum outcome_word)answer);
    (void)snprintf(word, sizeof word, "%.*s", STR_ARGS(s));
    return word;
}

static inline void feed_answer(struct str step, uint8_t answer, uint8_t fate) {
    struct str state = fate == FATE_NONE ? STR_NONE : fate_word((enum fate)fate);
    struct str body =
        case_format(&kase, "{%s\"state\":\"%.*s\"}", answer == ANSWER_NOT_DONE ? "\"outcome\":\"not_done\"," : "", STR_ARGS(state));
    struct event e = {.source = STR("hikeshi"), .kind = KIND_ACTION_RESULT, .step = step, .result = str_from(answer_word(answer))};
    e.extra = case_format(&kase, "{\"answer\":%.*s,\"attempts\":1,\"error\":\"\"}", STR_ARGS(body));
    case_step(&kase, step)->state = STEP_ANSWERED;
    case_feed(&kase, &e, false);
}

static inline void feed_news(enum fate fate) {
    bool order = strcmp(x->object_member, "order") == 0;
    struct event e = {.source = STR("other"), .id = STR("w"), .fate = fate};
    e.kind = order ? KIND_ORDER_STATE : KIND_PAYMENT_STATE;
    if (order) e.order = STR("o1");
    else e.charge = STR("c1");
    case_feed(&kase, &e, false);
}

static inline void feed_timer(const struct kept *k, bool last) {
    const struct effect_state *s = state_of_kept(k);
    if (last) kase.effects[0].repeats = s->repeats_max;
    case_timer(&kase, x->row.id, VERSION);
}

static inline void feed(const struct kept *k, struct telling t) {
    switch ((enum deed)t.deed) {
    case HEAR: feed_news((enum fate)t.fate); return;
    case ANSWER: feed_answer(kase.steps[kase.step_count - 1].id, t.answer, t.fate); return;
    case ANSWER_OVERTAKEN: feed_answer(kase.steps[t.slot].id, t.answer, t.fate); return;
    case TIMER:
    case LAST_TIMER: feed_timer(k, t.deed == LAST_TIMER); return;
    case DECIDE:
        case_decide(&kase, STR("inc_101/t50"), words[t.slot], "mei");
        case_decide(&kase, STR("inc_101/t50"), words[t.slot], "ken");
        return;
    case NOT_MINE:
        case_feed(&kase, &(struct event){.source = STR("shop"), .kind = KIND_OWNER_STATEMENT, .says = SAYS_NOT_MINE, .about = x->row.id},
                  false);
        return;
    }
}

static inline struct told tell(uint32_t kept, struct telling t) {
    uint64_t of = ((uint64_t)kept << 32 | (uint64_t)t.deed << 24 | (uint64_t)t.answer << 16 | (uint64_t)t.fate << 8 | t.slot) + 1;
    size_t size = sizeof x->remembered / sizeof x->remembered[0], at = hash_bytes(&of, sizeof of) % size;
    for (; x->remembered[at].of; at = (at + 1) % size)
        if (x->remembered[at].of == of) return x->remembered[at].told;
    CHECK(++x->remembered_count < size);
    struct kept k = x->kept[kept];
    load(&k);
    feed(&k, t);
    struct kept after = keep(&k);
    x->remembered[at].of = of;
    x->remembered[at].told = (struct told){
        .kept = index_of_kept(&after), .moved = kase.effects[0].version != VERSION, .renewed = kase.effects[0].generation != GENERATION};
    return x->remembered[at].told;
}

/* ---- nodes -------------------------------------------------------------------------------------------------------------------------- */

static inline void look_for_faults(const struct node *n, const struct node *before, uint32_t at) {
    const struct kept *k = &x->kept[n->kept];
    const char *fault = k->broken ? "what must always hold does not" : x->rules->wrong(before->world, n->world, k, phase_of_kept(k));
    if (!fault || x->fault) return;
    x->fault = fault;
    x->fault_at = at;
}

/* What comes next is n. */
static inline void reach(const struct node *n, const char *label) {
    if (x->fault) return;
    size_t size = 2 * NODES_MAX, at = hash_bytes(n, sizeof *n) % size;
    while (x->table[at] && memcmp(&x->nodes[x->table[at] - 1], n, sizeof *n) != 0) at = (at + 1) % size;
    if (!x->table[at]) {
        CHECK(x->node_count < NODES_MAX);
        x->nodes[x->node_count] = *n;
        x->parents[x->node_count] = x->at;
        x->labels[x->node_count] = label;
        x->table[at] = (uint32_t)++x->node_count;
        look_for_faults(n, &x->nodes[x->at], x->table[at] - 1);
    }
    CHECK(x->edge_count < EDGES_MAX);
    x->edges[x->edge_count++] = x->table[at] - 1;
}

/* Requests that were overtaken are told apart by what they may still do, not by their order. */
static inline void put_overtaken(struct kept *k, struct flight *flights, uint8_t op, uint8_t same_key, struct flight f) {
    uint8_t at = k->overtaken_count++;
    for (; at > 0; at--) {
        struct flight *before = &flights[at];
        int order = k->overtaken[at - 1] != op        ? k->overtaken[at - 1] - op
                    : k->same_key[at - 1] != same_key ? k->same_key[at - 1] - same_key
                                                      : before->done - f.done;
        if (order <= 0) break;
        k->overtaken[at] = k->overtaken[at - 1], k->same_key[at] = k->same_key[at - 1];
        flights[1 + at] = *before;
    }
    k->overtaken[at] = op, k->same_key[at] = same_key;
    flights[1 + at] =
        (struct flight){.done = f.done, .answer = f.done ? STEP_OUTCOME_DONE : 0}; /* what it tells may be heard as news, too */
}

/* What the core made of it. Requests that its move has overtaken stand behind the others; one that was answered is gone. */
static inline void reach_after(const struct node *from, const struct kept *before, struct telling t, struct told told, const char *label) {
    struct kept after = x->kept[told.kept], sorted = after;
    struct node n = *from;
    const struct operation *last = after.overtaken_count ? operation_at(after.overtaken[after.overtaken_count - 1]) : NULL;
    if (last && !counts(last)) {
        if (!from->flights[0].done) x->rules->overtaken(n.world, last);
        after.overtaken_count--;
    }
    if (after.overtaken_count > OVERTAKEN_MAX) {
        x->overtaken_more++;
        return;
    }
    if (told.renewed) n.keys = 0;
    if (sorted.step == STEP_IS_READY) sorted.step = STEP_IS_SENT;
    memset(n.flights, 0, sizeof n.flights);
    sorted.overtaken_count = 0;
    memset(sorted.overtaken, 0, sizeof sorted.overtaken), memset(sorted.same_key, 0, sizeof sorted.same_key);
    uint8_t count = 0;
    for (uint8_t i = 0; i < before->overtaken_count; i++) {
        if (t.deed == ANSWER_OVERTAKEN && t.slot == i) continue;
        put_overtaken(&sorted, n.flights, after.overtaken[count], after.same_key[count], from->flights[1 + i]);
        count++;
    }
    if (count < after.overtaken_count) put_overtaken(&sorted, n.flights, after.overtaken[count], after.same_key[count], from->flights[0]);
    else if (!told.moved && after.step != STEP_IS_NONE) n.flights[0] = from->flights[0];
    n.kept = index_of_kept(&sorted);
    reach(&n, label);
}

static inline void reach_told(const struct node *from, struct telling t, const char *label) {
    const struct kept *before = &x->kept[from->kept];
    reach_after(from, before, t, tell(from->kept, t), label);
    if (before->step != STEP_IS_SENT || !counts(operation_of(before)) || from->flights[0].done || t.deed == ANSWER) return;
    struct kept unsent = *before; /* a request that nobody has taken yet is withdrawn where it is overtaken */
    unsent.step = STEP_IS_READY;
    struct told told = tell(index_of_kept(&unsent), t);
    if (told.moved) reach_after(from, before, t, told, label);
}

/* ---- what may happen ----------------------------------------------------------------------------------------------------------------- */

static inline void outcome_is(struct outcomes *out, const void *world, size_t size, uint8_t answer, enum fate fate, const char *says) {
    CHECK(out->count < sizeof out->at / sizeof out->at[0] && size <= WORLD_SIZE);
    struct outcome_of *o = &out->at[out->count++];
    *o = (struct outcome_of){.answer = answer, .fate = (uint8_t)fate, .says = says};
    memcpy(o->world, world, size);
}

/* Fates that there may be news of, a bit each: so a world keeps what it has been. */
static inline void fate_passes(uint32_t *passed, enum fate fate) {
    *passed |= UINT32_C(1) << fate;
}

static inline bool fate_has_passed(uint32_t passed, int fate) {
    return passed >> fate & 1;
}

static inline bool is(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

static inline void try_world(const struct node *from) {
    struct outcomes out = {.count = 0};
    x->rules->goes_on(from->world, &x->kept[from->kept], &out);
    for (size_t i = 0; i < out.count; i++) {
        struct node n = *from;
        memcpy(n.world, out.at[i].world, WORLD_SIZE);
        reach(&n, out.at[i].says);
    }
}

static inline void try_news(const struct node *from) {
    uint32_t heard = x->rules->heard(from->world);
    for (uint8_t fate = 1; fate <= FATE_EXPIRED; fate++)
        if (heard >> fate & 1) reach_told(from, (struct telling){HEAR, 0, fate, 0}, "news of it comes");
}

/* Carried out now; the answer is on its way. For an act of this generation the counterpart remembers its key. */
static inline void try_carrying_out(const struct node *from, uint8_t at, const struct operation *op, bool same_key) {
    uint16_t bit = act_bit(op);
    struct outcomes out = {.count = 0};
    x->rules->carry_out(from->world, op, same_key && (from->keys & bit), &out);
    for (size_t i = 0; i < out.count; i++) {
        struct node n = *from;
        memcpy(n.world, out.at[i].world, WORLD_SIZE);
        bool said_no = out.at[i].answer != STEP_OUTCOME_DONE && out.at[i].answer != STEP_OUTCOME_PENDING;
        if (said_no && !at) { /* it may be said at any time, so it need not wait */
            reach_told(from, (struct telling){ANSWER, out.at[i].answer, out.at[i].fate, 0}, out.at[i].says);
            continue;
        }
        n.flights[at] = (struct flight){1, out.at[i].answer, out.at[i].fate};
        bool good = out.at[i].answer == STEP_OUTCOME_DONE || out.at[i].answer == STEP_OUTCOME_PENDING;
        if (same_key && good && counts(op)) n.keys |= bit;
        reach(&n, at ? "what was overtaken is carried out" : op->how);
    }
}

/* Sent again, whatever became of it. */
static inline void send_again(const struct node *from, const char *label) {
    struct node n = *from;
    struct kept sent = x->kept[from->kept];
    sent.step = STEP_IS_SENT;
    n.kept = index_of_kept(&sent);
    n.flights[0] = (struct flight){0};
    reach(&n, label);
}

/* A planted fault, for controls: nothing is read before it is sent again. */
static bool search_reads_nothing;

/* Nobody knows what became of it: it is read; where it was not done, it is sent again. */
static inline void try_reading(const struct node *from, const struct operation *op) {
    if (search_reads_nothing) {
        send_again(from, "the answer is lost; it is sent again");
        return;
    }
    struct outcomes out = {.count = 0};
    x->rules->look(from->world, &(struct operation){op->system, "read_state", op->how}, &out);
    for (size_t i = 0; i < out.count; i++) {
        if (out.at[i].answer == ANSWER_NOT_DONE) send_again(from, "the answer is lost; it was not done, and is sent again");
        else reach_told(from, (struct telling){ANSWER, out.at[i].answer, out.at[i].fate, 0}, "the answer is lost, and it is read");
    }
}

static inline void try_step(const struct node *from) {
    const struct kept *k = &x->kept[from->kept];
    const struct operation *op = operation_of(k);
    if (k->step == STEP_IS_NONE) return;
    reach_told(from, (struct telling){ANSWER, STEP_OUTCOME_EXHAUSTED, FATE_NONE, 0}, "nobody can be reached");
    if (k->step == STEP_IS_UNKNOWN) {
        try_reading(from, op);
    } else if (only_looks(op)) {
        struct outcomes out = {.count = 0};
        x->rules->look(from->world, op, &out);
        for (size_t i = 0; i < out.count; i++)
            reach_told(from, (struct telling){ANSWER, out.at[i].answer, out.at[i].fate, 0}, out.at[i].says);
    } else if (from->flights[0].done) {
        reach_told(from, (struct telling){ANSWER, from->flights[0].answer, from->flights[0].fate, 0}, "it is answered");
        if (strcmp(op->verb, "undo") == 0) try_reading(from, op);
    } else {
        try_carrying_out(from, 0, op, true);
    }
}

static inline void try_overtaken(const struct node *from) {
    const struct kept *k = &x->kept[from->kept];
    for (uint8_t i = 0; i < k->overtaken_count; i++) {
        const struct flight *f = &from->flights[1 + i];
        if (f->done) reach_told(from, (struct telling){ANSWER_OVERTAKEN, f->answer, f->fate, i}, "what was overtaken is answered");
        else try_carrying_out(from, (uint8_t)(1 + i), operation_at(k->overtaken[i]), k->same_key[i]);
    }
}

static inline void try_timer(const struct node *from) {
    const struct kept *k = &x->kept[from->kept];
    const struct effect_state *s = state_of_kept(k);
    if (!k->timer || (s && !x->rules->timer_may(from->world, s))) return;
    reach_told(from, (struct telling){TIMER, 0, 0, 0}, "its timer fires");
    if (s && s->repeats_max) reach_told(from, (struct telling){LAST_TIMER, 0, 0, 0}, "its timer fires for the last time");
}

static inline void try_people(const struct node *from) {
    static const uint8_t may[] = {[TASK_NONE] = 0,
                                  [TASK_DO] = 1 << SAY_DONE | 1 << SAY_RETRY | 1 << SAY_UNABLE,
                                  [TASK_DECIDE] = 1 << SAY_HIJACKER | 1 << SAY_OWNER,
                                  [TASK_APPROVE] = 1 << SAY_APPROVE | 1 << SAY_DECLINE,
                                  [TASK_FOLLOW] = 1 << SAY_DONE | 1 << SAY_UNABLE,
                                  [TASK_CALL] = 1 << SAY_DONE | 1 << SAY_UNABLE};
    const struct kept *k = &x->kept[from->kept];
    if (!k->go && !phase_is_terminal(phase_of_kept(k)))
        reach_told(from, (struct telling){NOT_MINE, 0, 0, 0}, "the owner says that it was not him");
    for (uint8_t word = 0; word < WORD_COUNT; word++) {
        if (!(may[k->task] >> word & 1)) continue;
        struct outcomes out = {.count = 0};
        x->rules->person(from->world, state_of_kept(k), (enum task_kind)k->task, (enum word)word, &out);
        for (size_t i = 0; i < out.count; i++) {
            struct node n = *from;
            memcpy(n.world, out.at[i].world, WORLD_SIZE);
            reach_told(&n, (struct telling){DECIDE, 0, 0, word}, words[word]);
        }
    }
}

static inline void try_all(uint32_t at) {
    struct node from = x->nodes[at];
    x->at = at;
    x->first_edge[at] = (uint32_t)x->edge_count;
    try_world(&from);
    if (phase_is_terminal(phase_of_kept(&x->kept[from.kept]))) return; /* what still comes in moves nothing */
    try_news(&from);
    try_step(&from);
    try_overtaken(&from);
    try_timer(&from);
    try_people(&from);
}

/* ---- from the beginning to all ends -------------------------------------------------------------------------------------------------- */

/* The effect is found: by an event with these facts, of which the machine is as sure as `score` says. */
static inline void search_begin(const struct effect_def *const *defs, size_t def_count, const struct world_rules *rules,
                                const char *object_member) {
    memset(x, 0, offsetof(struct search, nodes));
    memset(x->table, 0, sizeof x->table);
    x->node_count = x->edge_count = x->overtaken_more = x->at = 0, x->fault = NULL;
    for (size_t i = 0; i < def_count; i++) x->defs[i] = defs[i];
    x->def_count = def_count, x->rules = rules, x->object_member = object_member;
    for (size_t i = 0; i < def_count; i++) {
        for (size_t s = 0; s < defs[i]->state_count; s++) add_act(defs[i]->states[s].op);
        add_act(defs[i]->release);
    }
}

static inline struct str text_of_search(struct arena *texts, struct str s) {
    bool full = false;
    struct str copy = arena_copy(texts, s, &full);
    CHECK(!full);
    return copy;
}

/* The effect is found, in each of these worlds: by an event with these facts. */
static inline void search_found(int score, struct str facts, const uint8_t (*worlds)[WORLD_SIZE], size_t count) {
    struct catalogue all = catalogue_of_all();
    struct arena texts = arena_over(x->texts, sizeof x->texts);
    case_init(&kase, &(struct catalogue){x->defs, x->def_count, all.sweeps, 0});
    kase.incident.score = (uint16_t)score;
    case_row(&kase, 1, KIND_ORDER_PLACED, WHOSE_HIJACKER, facts);
    case_login(&kase);
    CHECK(kase.effect_count == 1 && !kase.broken);
    struct kept k = keep(NULL);
    x->row = kase.effects[0], x->response = kase.response;
    struct str *own[] = {&x->row.id,           &x->row.incident,          &x->row.account, &x->row.object, &x->response.incident,
                         &x->response.account, &x->response.confident_why};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) *own[i] = text_of_search(&texts, *own[i]);
    x->row.before = x->row.after = x->row.reference = x->row.fulfilment = x->row.resume = STR_NONE;
    struct node n;
    memset(&n, 0, sizeof n);
    if (k.step == STEP_IS_READY) k.step = STEP_IS_SENT;
    n.kept = index_of_kept(&k);
    for (size_t i = 0; i < count; i++) {
        memcpy(n.world, worlds[i], WORLD_SIZE);
        x->at = (uint32_t)x->node_count; /* its own parent */
        reach(&n, "found");
    }
}

/* The same machine without one of its moves, for controls; until the next. */
static inline const struct effect_def *search_mutant(const struct effect_def *d, int from, enum trigger on, int fate) {
    static struct effect_move moves[128];
    static struct effect_def mutant;
    size_t count = 0;
    CHECK(d->move_count <= sizeof moves / sizeof moves[0]);
    for (size_t i = 0; i < d->move_count; i++) {
        const struct effect_move *m = &d->moves[i];
        if (m->from != from || m->on != on || m->fate != fate) moves[count++] = *m;
    }
    CHECK(count + 1 == d->move_count);
    mutant = *d;
    mutant.moves = moves, mutant.move_count = count;
    return &mutant;
}

static inline void search_all(void) {
    x->edge_count = 0;
    for (uint32_t at = 0; at < x->node_count && !x->fault; at++) try_all(at);
    x->first_edge[x->node_count] = (uint32_t)x->edge_count;
}

/* Nodes from which no end can be reached: 0, or how many; *first is the nearest. */
static inline size_t search_stuck(uint32_t *first) {
    static bool ends[NODES_MAX];
    for (uint32_t at = 0; at < x->node_count; at++) ends[at] = phase_is_terminal(phase_of_kept(&x->kept[x->nodes[at].kept]));
    for (bool more = true; more;) {
        more = false;
        for (uint32_t at = (uint32_t)x->node_count; at-- > 0;)
            for (uint32_t e = x->first_edge[at]; !ends[at] && e < x->first_edge[at + 1]; e++)
                if (ends[x->edges[e]]) ends[at] = more = true;
    }
    size_t stuck = 0;
    for (uint32_t at = (uint32_t)x->node_count; at-- > 0;)
        if (!ends[at]) stuck++, *first = at;
    return stuck;
}

static inline void tell_node(uint32_t at) {
    const struct node *n = &x->nodes[at];
    const struct kept *k = &x->kept[n->kept];
    struct str seen = fate_word((enum fate)k->fate);
    printf("  %-52s %s %s%s%s seen %.*s%s; world", x->labels[at], x->defs[k->def]->name, state_name(k, k->state),
           k->state == IN_HUMAN ? " of " : "", k->state == IN_HUMAN ? state_name(k, k->resume) : "", STR_ARGS(seen), k->go ? ", go" : "");
    for (size_t i = 0; i < WORLD_SIZE; i++) printf(" %u", n->world[i]);
    printf("\n");
}

/* The shortest way to it. */
static inline void tell_story(uint32_t at) {
    uint32_t way[256];
    size_t count = 0;
    for (; count < 256; at = x->parents[at]) {
        way[count++] = at;
        if (x->parents[at] == at) break;
    }
    while (count > 0) tell_node(way[--count]);
}

/* No fault, and from everywhere an end can be reached; else the shortest story of what went wrong is told. */
static inline bool search_is_good(void) {
    uint32_t at = x->fault_at;
    const char *fault = x->fault;
    if (!fault && search_stuck(&at)) fault = "no end can be reached";
    printf("%zu nodes, %zu edges, %zu of the effect, %zu not followed\n", x->node_count, x->edge_count, x->kept_count, x->overtaken_more);
    if (fault) printf("%s:\n", fault), tell_story(at);
    return !fault;
}

#endif
