// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_COURIER_HOUSE_TEST_H
#define TESTS_COURIER_HOUSE_TEST_H

#include <stdlib.h>

#include "base/test.h"
#include "courier/adapter.h"
#include "courier/courier.h"
#include "store/incident_sqlite.h"

/*
 * A house for couriers, in virtual time: the real store in memory, one or two couriers over it, and a bank that keeps keys as it declares,
 * behind a wire that breaks on demand. The bank counts what it really did.
 */
#define START_MS  INT64_C(1767225600000)
#define SECOND    INT64_C(1000)
#define MINUTE    (60 * SECOND)
#define HOUR      (60 * MINUTE)
#define TIMEOUT   (1 * SECOND)
#define LEASE     (10 * SECOND) /* twice the least time-out that is reckoned with */
#define STEPS_MAX 1100
#define LOG_MAX   16384
#define COURIERS  2

/* ---- time --------------------------------------------------------------------------------------------------------------------------- */

static int64_t now_ms;
static uint64_t chance;

static inline int64_t clock_now(void *self) {
    (void)self;
    return now_ms;
}

static inline void fill(void *self, void *bytes, size_t size) {
    (void)self;
    for (size_t i = 0; i < size; i++) ((unsigned char *)bytes)[i] = (unsigned char)test_random(&chance);
}

static inline void copy(char *to, size_t size, struct str s) {
    (void)snprintf(to, size, "%.*s", STR_ARGS(s));
}

/* ---- the bank ----------------------------------------------------------------------------------------------------------------------- */

enum break_ {
    BREAK_NOTHING,
    BREAK_LOST,        /* on the way there: nothing is done, no answer comes */
    BREAK_DONE_LOST,   /* on the way back: it is done, no answer comes */
    BREAK_LATE,        /* no answer comes, and it is done ten seconds later */
    BREAK_NO_ANSWERER, /* no connection */
    BREAK_GARBAGE,     /* done, answered with what is no JSON */
    BREAK_500,         /* not done; the answer is kept by who keeps all answers */
    BREAK_502,         /* not done, by a gateway */
    BREAK_503,
    BREAK_429, /* come again in seven seconds */
    BREAK_401,
    BREAK_COUNT
};

static struct bank {
    const char *idempotency;
    int64_t ttl_ms, takes_ms;
    enum break_ always;
    struct {
        const char *verb;
        enum break_ kind;
        unsigned left;
    } breaks[8];
    size_t break_count;
    unsigned chance_of_break; /* per hundred */
    unsigned done[STEPS_MAX]; /* by effect: more than once is a double */
    struct key {
        char name[64];
        int64_t at_ms;
        unsigned status;
    } keys[LOG_MAX];
    size_t key_count;
    struct {
        char key[64];
        int64_t at_ms;
    } late[LOG_MAX];
    size_t late_count;
    struct asked {
        char verb[16], id[96], key[64], system[16];
        int64_t at_ms;
        size_t courier;
    } log[LOG_MAX];
    size_t log_count;
} bank;

static inline unsigned effect_of(const char *key) {
    unsigned number = 0;
    (void)sscanf(key, "inc_1/e%u/", &number);
    return number % STEPS_MAX;
}

static inline const struct key *key_kept(const char *name) {
    for (size_t i = bank.key_count; i-- > 0;)
        if (!strcmp(bank.keys[i].name, name)) return now_ms < bank.keys[i].at_ms + bank.ttl_ms ? &bank.keys[i] : NULL;
    return NULL;
}

static inline void keep_key(const char *name, unsigned status) {
    bool keeps = status == 200 ? strcmp(bank.idempotency, "none") != 0 : !strcmp(bank.idempotency, "stored_all");
    if (!keeps || bank.key_count == LOG_MAX) return;
    struct key k = {.at_ms = now_ms, .status = status};
    copy(k.name, sizeof k.name, str_from(name));
    bank.keys[bank.key_count++] = k;
}

static inline unsigned act(const char *key) {
    const struct key *kept = key_kept(key);
    if (kept) return kept->status;
    bank.done[effect_of(key)]++;
    keep_key(key, 200);
    return 200;
}

static inline void act_late(void) {
    for (size_t i = 0; i < bank.late_count; i++) {
        if (bank.late[i].at_ms > now_ms) continue;
        (void)act(bank.late[i].key);
        bank.late[i] = bank.late[--bank.late_count];
        i--;
    }
}

static inline enum break_ draw_break(const char *verb) {
    if (bank.always) return bank.always;
    for (size_t i = 0; i < bank.break_count; i++)
        if (bank.breaks[i].left && !strcmp(bank.breaks[i].verb, verb)) return bank.breaks[i].left--, bank.breaks[i].kind;
    if (bank.chance_of_break && test_random(&chance) % 100 < bank.chance_of_break)
        return (enum break_)(1 + test_random(&chance) % (BREAK_COUNT - 1));
    return BREAK_NOTHING;
}

static inline void breaks(const char *verb, enum break_ kind, unsigned times) {
    bank.breaks[bank.break_count].verb = verb;
    bank.breaks[bank.break_count].kind = kind;
    bank.breaks[bank.break_count++].left = times;
}

/* ---- the wire ----------------------------------------------------------------------------------------------------------------------- */

struct parcel {
    struct wire_answer answer;
    int64_t due_ms;
    char body[512];
};

static struct wire_of_courier {
    struct parcel parcels[256];
    size_t count;
    char bodies[64][512]; /* of the last poll */
    bool cut;             /* whoever sends is killed before anything leaves */
} wires[COURIERS];

static inline void answer_word(struct parcel *p, unsigned status, const char *body) {
    p->answer.status = status;
    copy(p->body, sizeof p->body, str_from(body));
}

static inline void lose(struct parcel *p, enum wire_fate fate, int64_t timeout_ms) {
    p->answer.fate = fate;
    if (fate == WIRE_UNKNOWN) p->due_ms = now_ms + timeout_ms;
    copy(p->answer.error, sizeof p->answer.error, fate == WIRE_UNKNOWN ? STR("no answer") : STR("no connection"));
}

static inline void describe(struct parcel *p) {
    p->answer.status = 200;
    (void)snprintf(p->body, sizeof p->body,
                   "{\"protocol\":1,\"systems\":{\"payment\":{\"idempotency\":\"%s\",\"ttl_s\":%lld},\"shop\":{\"idempotency\":\"none\"}}}",
                   bank.idempotency, (long long)(bank.ttl_ms / 1000));
}

static inline void carry_out(struct parcel *p, const struct asked *a, bool acts) {
    unsigned status = acts ? act(a->key) : 200;
    bool so = acts || bank.done[effect_of(a->key)] > 0;
    answer_word(p, status, status != 200 ? "" : so ? "{ \"outcome\": \"done\",\n \"reference\": \"r7\" }" : "{\"outcome\":\"not_done\"}");
}

static inline void act_later(const char *key) {
    copy(bank.late[bank.late_count].key, sizeof bank.late[0].key, str_from(key));
    bank.late[bank.late_count++].at_ms = now_ms + 10 * SECOND;
}

static inline void meet(struct parcel *p, const struct asked *a, int64_t timeout_ms) {
    bool acts = strcmp(a->verb, "read_state") && strcmp(a->verb, "describe");
    enum break_ kind = draw_break(a->verb);
    if (acts && (kind == BREAK_DONE_LOST || kind == BREAK_GARBAGE)) (void)act(a->key);
    if (acts && kind == BREAK_LATE) act_later(a->key);
    if (acts && kind == BREAK_500) keep_key(a->key, 500);
    switch (kind) {
    case BREAK_LOST:
    case BREAK_DONE_LOST:
    case BREAK_LATE: lose(p, WIRE_UNKNOWN, timeout_ms); return;
    case BREAK_NO_ANSWERER: lose(p, WIRE_NOT_SENT, 0); return;
    case BREAK_GARBAGE: answer_word(p, 200, "<html>it works</html>"); return;
    case BREAK_500: answer_word(p, 500, ""); return;
    case BREAK_502: answer_word(p, 502, ""); return;
    case BREAK_503: answer_word(p, 503, ""); return;
    case BREAK_401: answer_word(p, 401, ""); return;
    case BREAK_429:
        answer_word(p, 429, "");
        p->answer.retry_after_ms = 7 * SECOND;
        return;
    case BREAK_NOTHING:
    case BREAK_COUNT: break;
    }
    if (!strcmp(a->verb, "describe")) describe(p);
    else carry_out(p, a, acts);
}

static inline void read_member(char *to, size_t size, struct str body, const char *name) {
    size_t at = str_find(body, str_from(name), 0);
    if (at < body.size) copy(to, size, str_slice(body, at + strlen(name), str_find_char(body, '"', at + strlen(name))));
}

static inline enum err wire_start(void *self, const struct wire_request *r, struct problem *p) {
    struct wire_of_courier *w = self;
    (void)p;
    if (w->cut) return ERR_OK;
    struct asked a = {.at_ms = now_ms, .courier = (size_t)(w - wires)};
    size_t slash = r->url.size;
    while (slash && r->url.at[slash - 1] != '/') slash--;
    copy(a.verb, sizeof a.verb, str_slice(r->url, slash, r->url.size));
    copy(a.id, sizeof a.id, str_slice(r->headers[1], strlen("webhook-id: "), r->headers[1].size));
    read_member(a.key, sizeof a.key, r->body, "\"key\":\"");
    read_member(a.system, sizeof a.system, r->body, "\"system\":\"");
    if (bank.log_count < LOG_MAX) bank.log[bank.log_count++] = a;
    struct parcel *parcel = &w->parcels[w->count++];
    *parcel = (struct parcel){.due_ms = now_ms + bank.takes_ms, .answer = {.id = r->id, .fate = WIRE_ANSWERED}};
    meet(parcel, &a, r->timeout_ms);
    return ERR_OK;
}

static inline size_t wire_poll(void *self, struct wire_answer *out, size_t count_max, int wait_ms) {
    struct wire_of_courier *w = self;
    size_t count = 0;
    (void)wait_ms;
    for (size_t i = 0; i < w->count && count < count_max;) {
        if (w->parcels[i].due_ms > now_ms) {
            i++;
            continue;
        }
        out[count] = w->parcels[i].answer;
        memcpy(w->bodies[count], w->parcels[i].body, sizeof w->bodies[0]);
        out[count].body = str_from(w->bodies[count]);
        count++;
        w->parcels[i] = w->parcels[--w->count];
    }
    return count;
}

static inline size_t wire_under_way(void *self) {
    return ((struct wire_of_courier *)self)->count;
}

static inline void wire_wake(void *self) {
    (void)self;
}

static const struct wire_ops wire_operations = {wire_start, wire_poll, wire_under_way, wire_wake};

/* ---- the house ---------------------------------------------------------------------------------------------------------------------- */

static struct {
    struct incident_store store;
    struct courier *couriers[COURIERS];
    void *memory[COURIERS];
    struct counterparts counterparts;
    bool key_per_attempt;
    enum err door;     /* what the front door says */
    bool door_forgets; /* it says yes, and dies */
    uint64_t position;
    struct {
        char id[96], step[64], result[16], extra[256];
    } handed[LOG_MAX];
    size_t handed_count, absorbed_count;
    char said[8][192];
    size_t said_count;
} house;

static inline enum err submit(void *context, const struct event *e) {
    (void)context;
    if (house.door || house.door_forgets || house.handed_count == LOG_MAX) return house.door;
    size_t at = house.handed_count++;
    copy(house.handed[at].id, sizeof house.handed[at].id, e->id);
    copy(house.handed[at].step, sizeof house.handed[at].step, e->step);
    copy(house.handed[at].result, sizeof house.handed[at].result, e->result);
    copy(house.handed[at].extra, sizeof house.handed[at].extra, e->extra);
    return ERR_OK;
}

static inline void say(void *context, const char *line) {
    (void)context;
    if (house.said_count < 8) copy(house.said[house.said_count++], sizeof house.said[0], str_from(line));
}

static inline void put_rows(struct incident_write *writes, size_t count) {
    struct problem p;
    uint64_t absorbed;
    house.position++;
    for (size_t i = 0; i < count; i++) writes[i].position = writes[i].as.step.position = house.position;
    EXPECT_EQ(house.store.ops->begin(house.store.self, &absorbed, &p), ERR_OK);
    EXPECT_EQ(house.store.ops->put(house.store.self, writes, count, &p), ERR_OK);
    EXPECT_EQ(house.store.ops->finish(house.store.self, house.position, &p), ERR_OK);
}

struct order {
    const char *system, *verb, *how;
    int lane;
    int64_t patience_ms; /* 0 = attempts decide */
    enum step_state state;
};
static const struct order refund = {"payment", "undo", "refund", LANE_UNDO, 24 * HOUR, STEP_READY};
static const struct order refund_taken_up = {"payment", "undo", "refund", LANE_UNDO, 24 * HOUR, STEP_UNKNOWN};
static const struct order block = {"payment", "contain", "block_capture", LANE_CAPTURE, HOUR, STEP_READY};

/* One step for each of the effects first .. first + count - 1. */
static inline void put_steps(const struct order *o, unsigned first, unsigned count) {
    static struct incident_write writes[STEPS_MAX];
    static char texts[STEPS_MAX][3][96];
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(texts[i][0], sizeof texts[i][0], "inc_1/e%u/%s.%s/3", first + i, o->verb, o->how);
        (void)snprintf(texts[i][1], sizeof texts[i][1], "inc_1/e%u", first + i);
        (void)snprintf(texts[i][2], sizeof texts[i][2], "{\"system\":\"%s\",\"verb\":\"%s\",\"how\":\"%s\"}", o->system, o->verb, o->how);
        writes[i] = (struct incident_write){.kind = WRITE_STEP};
        writes[i].as.step = (struct step_row){.id = str_from(texts[i][0]),
                                              .effect = str_from(texts[i][1]),
                                              .incident = STR("inc_1"),
                                              .account = STR("a1"),
                                              .system = str_from(o->system),
                                              .verb = str_from(o->verb),
                                              .how = str_from(o->how),
                                              .request = str_from(texts[i][2]),
                                              .state = o->state,
                                              .lane = o->lane,
                                              .generation = 1,
                                              .run_ms = now_ms,
                                              .deadline_ms = o->patience_ms ? now_ms + o->patience_ms : 0,
                                              .created_ms = now_ms};
    }
    put_rows(writes, count);
}

/* As the rooms do: what was handed in is done with. */
static inline void absorb(void) {
    for (; house.absorbed_count < house.handed_count; house.absorbed_count++) {
        struct incident_write w = {.kind = WRITE_STEP};
        w.as.step = (struct step_row){.id = str_from(house.handed[house.absorbed_count].step), .state = STEP_DONE};
        put_rows(&w, 1);
    }
}

static inline void open_courier(size_t i) {
    struct problem p;
    struct courier_options o = {.store = house.store,
                                .wire = {&wire_operations, &wires[i]},
                                .clock = {clock_now, clock_now, NULL},
                                .entropy = {fill, NULL},
                                .counterparts = &house.counterparts,
                                .key_per_attempt = house.key_per_attempt,
                                .submit = submit,
                                .say = say};
    if (!house.memory[i]) house.memory[i] = malloc(courier_memory_size());
    memset(&wires[i], 0, sizeof wires[i]);
    EXPECT_EQ(courier_open(&o, house.memory[i], &house.couriers[i], &p), ERR_OK);
}

/* Killed: what it had under way goes on without it, and nobody waits for the answers. */
static inline void kill_courier(size_t i) {
    house.couriers[i] = NULL;
}

static inline void house_open(const char *idempotency) {
    struct problem p;
    void *memory[COURIERS] = {house.memory[0], house.memory[1]};
    memset(&house, 0, sizeof house);
    memset(&bank, 0, sizeof bank);
    memcpy(house.memory, memory, sizeof memory);
    now_ms = START_MS;
    chance = 20261125;
    bank.idempotency = idempotency;
    bank.ttl_ms = 24 * HOUR;
    bank.takes_ms = 20;
    house.counterparts.count = 1;
    house.counterparts.list[0] = (struct counterpart){.name = STR("bank"),
                                                      .url = STR("http://bank"),
                                                      .adapter = "http",
                                                      .systems = {STR("payment"), STR("shop")},
                                                      .system_count = 2,
                                                      .concurrency = 4,
                                                      .timeout_ms = TIMEOUT,
                                                      .secret_sizes = {24}};
    EXPECT_EQ(incident_sqlite_open(":memory:", &house.store, &p), ERR_OK);
    open_courier(0);
}

static inline void house_end(void) {
    incident_sqlite_close(&house.store);
}

/* ---- time passes -------------------------------------------------------------------------------------------------------------------- */

static inline bool turn_all(void) {
    struct problem p = {0};
    bool busy = false;
    for (size_t i = 0; i < COURIERS; i++) {
        bool one = false;
        if (house.couriers[i]) EXPECT_EQ(courier_turn(house.couriers[i], 0, &one, &p), ERR_OK);
        busy |= one;
    }
    absorb();
    return busy;
}

static inline void soonest(int64_t *at_ms, int64_t other_ms) {
    if (other_ms > now_ms && other_ms < *at_ms) *at_ms = other_ms;
}

static inline int64_t next_ms(int64_t end_ms) {
    int64_t at_ms = end_ms;
    for (size_t i = 0; i < COURIERS; i++) {
        if (!house.couriers[i]) continue;
        int64_t due_ms = courier_next_ms(house.couriers[i]);
        soonest(&at_ms, due_ms);
        soonest(&at_ms, now_ms + (due_ms && due_ms <= now_ms ? SECOND : 10 * SECOND)); /* overdue: a breaker is open */
        for (size_t k = 0; k < wires[i].count; k++) soonest(&at_ms, wires[i].parcels[k].due_ms);
    }
    for (size_t i = 0; i < bank.late_count; i++) soonest(&at_ms, bank.late[i].at_ms);
    return at_ms;
}

static inline void pass(int64_t ms) {
    int64_t end_ms = now_ms + ms;
    for (;;) {
        unsigned turns = 0;
        while (turn_all() && ++turns < 10000) {
        }
        EXPECT(turns < 10000); /* it comes to rest */
        if (now_ms >= end_ms || turns == 10000) return;
        now_ms = next_ms(end_ms);
        act_late();
    }
}

/* The n-th request that was no describe; zeroes where there is none. */
static inline struct asked asked(size_t n) {
    for (size_t i = 0; i < bank.log_count; i++)
        if (strcmp(bank.log[i].verb, "describe") && n-- == 0) return bank.log[i];
    return (struct asked){0};
}

static inline size_t asked_count(const char *verb) {
    size_t count = 0;
    for (size_t i = 0; i < bank.log_count; i++) count += verb ? !strcmp(bank.log[i].verb, verb) : strcmp(bank.log[i].verb, "describe") != 0;
    return count;
}

static inline void expect_asked(size_t n, const char *verb, const char *key) {
    struct asked a = asked(n);
    EXPECT_STR(str_from(a.verb), str_from(verb));
    EXPECT_STR(str_from(a.key), str_from(key));
}
#define KEY_1 "inc_1/e1/undo.refund/1"
#define KEY_2 "inc_1/e1/undo.refund/2"

static const char *const keepers[] = {"stored_2xx", "stored_all"};

#endif
