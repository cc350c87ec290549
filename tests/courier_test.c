// SPDX-License-Identifier: Apache-2.0
/*
 * Whatever the network and a counterpart do, a step is done once, read before it is sent again, and given to people where nobody can do it.
 *
 * In virtual time: the real store in memory, one or two couriers over it, and a bank that keeps keys as it declares, behind a wire that
 * breaks on demand. The bank counts what it really did.
 */
#include "courier/courier.h"

#include <stdlib.h>

#include "base/test.h"
#include "courier/adapter.h"
#include "courier/breaker.h"
#include "store/incident_sqlite.h"

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

static int64_t clock_now(void *self) {
    (void)self;
    return now_ms;
}

static void fill(void *self, void *bytes, size_t size) {
    (void)self;
    for (size_t i = 0; i < size; i++) ((unsigned char *)bytes)[i] = (unsigned char)test_random(&chance);
}

static void copy(char *to, size_t size, struct str s) {
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

static unsigned effect_of(const char *key) {
    unsigned number = 0;
    (void)sscanf(key, "inc_1/e%u/", &number);
    return number % STEPS_MAX;
}

static const struct key *key_kept(const char *name) {
    for (size_t i = bank.key_count; i-- > 0;)
        if (!strcmp(bank.keys[i].name, name)) return now_ms < bank.keys[i].at_ms + bank.ttl_ms ? &bank.keys[i] : NULL;
    return NULL;
}

static void keep_key(const char *name, unsigned status) {
    bool keeps = status == 200 ? strcmp(bank.idempotency, "none") != 0 : !strcmp(bank.idempotency, "stored_all");
    if (!keeps || bank.key_count == LOG_MAX) return;
    struct key k = {.at_ms = now_ms, .status = status};
    copy(k.name, sizeof k.name, str_from(name));
    bank.keys[bank.key_count++] = k;
}

static unsigned act(const char *key) {
    const struct key *kept = key_kept(key);
    if (kept) return kept->status;
    bank.done[effect_of(key)]++;
    keep_key(key, 200);
    return 200;
}

static void act_late(void) {
    for (size_t i = 0; i < bank.late_count; i++) {
        if (bank.late[i].at_ms > now_ms) continue;
        (void)act(bank.late[i].key);
        bank.late[i] = bank.late[--bank.late_count];
        i--;
    }
}

static enum break_ draw_break(const char *verb) {
    if (bank.always) return bank.always;
    for (size_t i = 0; i < bank.break_count; i++)
        if (bank.breaks[i].left && !strcmp(bank.breaks[i].verb, verb)) return bank.breaks[i].left--, bank.breaks[i].kind;
    if (bank.chance_of_break && test_random(&chance) % 100 < bank.chance_of_break)
        return (enum break_)(1 + test_random(&chance) % (BREAK_COUNT - 1));
    return BREAK_NOTHING;
}

static void breaks(const char *verb, enum break_ kind, unsigned times) {
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

static void answer_word(struct parcel *p, unsigned status, const char *body) {
    p->answer.status = status;
    copy(p->body, sizeof p->body, str_from(body));
}

static void lose(struct parcel *p, enum wire_fate fate, int64_t timeout_ms) {
    p->answer.fate = fate;
    if (fate == WIRE_UNKNOWN) p->due_ms = now_ms + timeout_ms;
    copy(p->answer.error, sizeof p->answer.error, fate == WIRE_UNKNOWN ? STR("no answer") : STR("no connection"));
}

static void describe(struct parcel *p) {
    p->answer.status = 200;
    (void)snprintf(p->body, sizeof p->body,
                   "{\"protocol\":1,\"systems\":{\"payment\":{\"idempotency\":\"%s\",\"ttl_s\":%lld},\"shop\":{\"idempotency\":\"none\"}}}",
                   bank.idempotency, (long long)(bank.ttl_ms / 1000));
}

static void carry_out(struct parcel *p, const struct asked *a, bool acts) {
    unsigned status = acts ? act(a->key) : 200;
    bool so = acts || bank.done[effect_of(a->key)] > 0;
    answer_word(p, status, status != 200 ? "" : so ? "{ \"outcome\": \"done\",\n \"reference\": \"r7\" }" : "{\"outcome\":\"not_done\"}");
}

static void act_later(const char *key) {
    copy(bank.late[bank.late_count].key, sizeof bank.late[0].key, str_from(key));
    bank.late[bank.late_count++].at_ms = now_ms + 10 * SECOND;
}

static void meet(struct parcel *p, const struct asked *a, int64_t timeout_ms) {
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

static void read_member(char *to, size_t size, struct str body, const char *name) {
    size_t at = str_find(body, str_from(name), 0);
    if (at < body.size) copy(to, size, str_slice(body, at + strlen(name), str_find_char(body, '"', at + strlen(name))));
}

static enum err wire_start(void *self, const struct wire_request *r, struct problem *p) {
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

static size_t wire_poll(void *self, struct wire_answer *out, size_t count_max, int wait_ms) {
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

static size_t wire_under_way(void *self) {
    return ((struct wire_of_courier *)self)->count;
}

static void wire_wake(void *self) {
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

static enum err submit(void *context, const struct event *e) {
    (void)context;
    if (house.door || house.door_forgets || house.handed_count == LOG_MAX) return house.door;
    size_t at = house.handed_count++;
    copy(house.handed[at].id, sizeof house.handed[at].id, e->id);
    copy(house.handed[at].step, sizeof house.handed[at].step, e->step);
    copy(house.handed[at].result, sizeof house.handed[at].result, e->result);
    copy(house.handed[at].extra, sizeof house.handed[at].extra, e->extra);
    return ERR_OK;
}

static void say(void *context, const char *line) {
    (void)context;
    if (house.said_count < 8) copy(house.said[house.said_count++], sizeof house.said[0], str_from(line));
}

static void put_rows(struct incident_write *writes, size_t count) {
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
static void put_steps(const struct order *o, unsigned first, unsigned count) {
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
static void absorb(void) {
    for (; house.absorbed_count < house.handed_count; house.absorbed_count++) {
        struct incident_write w = {.kind = WRITE_STEP};
        w.as.step = (struct step_row){.id = str_from(house.handed[house.absorbed_count].step), .state = STEP_DONE};
        put_rows(&w, 1);
    }
}

static void open_courier(size_t i) {
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
static void kill_courier(size_t i) {
    house.couriers[i] = NULL;
}

static void house_open(const char *idempotency) {
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

static void house_end(void) {
    incident_sqlite_close(&house.store);
}

/* ---- time passes -------------------------------------------------------------------------------------------------------------------- */

static bool turn_all(void) {
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

static void soonest(int64_t *at_ms, int64_t other_ms) {
    if (other_ms > now_ms && other_ms < *at_ms) *at_ms = other_ms;
}

static int64_t next_ms(int64_t end_ms) {
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

static void pass(int64_t ms) {
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
static struct asked asked(size_t n) {
    for (size_t i = 0; i < bank.log_count; i++)
        if (strcmp(bank.log[i].verb, "describe") && n-- == 0) return bank.log[i];
    return (struct asked){0};
}

static size_t asked_count(const char *verb) {
    size_t count = 0;
    for (size_t i = 0; i < bank.log_count; i++) count += verb ? !strcmp(bank.log[i].verb, verb) : strcmp(bank.log[i].verb, "describe") != 0;
    return count;
}

static void expect_asked(size_t n, const char *verb, const char *key) {
    struct asked a = asked(n);
    EXPECT_STR(str_from(a.verb), str_from(verb));
    EXPECT_STR(str_from(a.key), str_from(key));
}
#define KEY_1 "inc_1/e1/undo.refund/1"
#define KEY_2 "inc_1/e1/undo.refund/2"

static const char *const keepers[] = {"stored_2xx", "stored_all"};

/* ---- one step ----------------------------------------------------------------------------------------------------------------------- */

TEST(an_answer_is_handed_in) {
    house_open("stored_2xx");
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    EXPECT_EQ(house.handed_count, 1);
    EXPECT_STR(str_from(house.handed[0].id), STR("inc_1/e1/undo.refund/3/1"));
    EXPECT_STR(str_from(house.handed[0].result), STR("done"));
    EXPECT_STR(str_from(house.handed[0].extra),
               STR("{\"answer\":{\"outcome\":\"done\",\"reference\":\"r7\"},\"attempts\":1,\"error\":\"\"}"));
    expect_asked(0, "undo", KEY_1);
    EXPECT_STR(str_from(asked(0).id), STR(KEY_1));
    house_end();
}

TEST(a_system_that_nobody_answers_for_is_given_to_people_at_once) {
    house_open("stored_2xx");
    put_steps(&(struct order){"warehouse", "undo", "pull_order", LANE_UNDO, 24 * HOUR, STEP_READY}, 1, 1);
    pass(0);
    EXPECT_EQ(asked_count(NULL), 0);
    EXPECT_EQ(house.handed_count, 1);
    EXPECT_STR(str_from(house.handed[0].result), STR("exhausted"));
    house_end();
}

TEST(executed_then_timed_out_is_done_once) {
    const char *all[] = {"none", "stored_2xx", "stored_all"};
    for (size_t i = 0; i < 3; i++) {
        house_open(all[i]);
        breaks("undo", BREAK_DONE_LOST, 1);
        put_steps(&refund, 1, 1);
        pass(MINUTE);
        EXPECT_EQ(asked_count(NULL), 2);
        expect_asked(1, "read_state", KEY_1);
        EXPECT(strcmp(asked(1).id, asked(0).id)); /* a look is no act */
        EXPECT_EQ(bank.done[1], 1);
        EXPECT_STR(str_from(house.handed[0].result), STR("done"));
        house_end();
    }
}

TEST(lost_on_the_way_is_read_and_sent_with_the_same_key) {
    for (size_t i = 0; i < 2; i++) {
        house_open(keepers[i]);
        breaks("undo", BREAK_LOST, 1);
        put_steps(&refund, 1, 1);
        pass(MINUTE);
        EXPECT_EQ(asked_count(NULL), 3);
        expect_asked(1, "read_state", KEY_1);
        expect_asked(2, "undo", KEY_1);
        EXPECT_EQ(bank.done[1], 1);
        house_end();
    }
}

/* Whether it was done before it was given up, or not: a person says only that it is to be tried again. */
TEST(what_is_taken_up_again_is_read_before_it_is_sent) {
    for (unsigned done = 0; done <= 1; done++) {
        house_open("none");
        bank.done[1] = done;
        put_steps(&refund_taken_up, 1, 1);
        pass(MINUTE);
        EXPECT_EQ(asked_count(NULL), done ? 1 : 2);
        expect_asked(0, "read_state", KEY_1);
        EXPECT_EQ(bank.done[1], 1);
        EXPECT_STR(str_from(house.handed[0].result), STR("done"));
        house_end();
    }
}

/* The worst of all: the read says no, and the first sending is carried out afterwards. Only the same key saves the money. */
TEST(executed_after_the_read_is_done_once) {
    for (size_t i = 0; i < 2; i++) {
        house_open(keepers[i]);
        breaks("undo", BREAK_LATE, 1);
        put_steps(&refund, 1, 1);
        pass(MINUTE);
        expect_asked(1, "read_state", KEY_1);
        expect_asked(2, "undo", KEY_1);
        EXPECT(asked(2).at_ms < START_MS + 10 * SECOND); /* before it is carried out late */
        EXPECT_EQ(bank.late_count, 0);
        EXPECT_EQ(bank.done[1], 1);
        house_end();
    }
}

TEST(a_stored_failure_gets_a_new_key_once_absence_is_proven) {
    house_open("stored_all");
    pass(SECOND);
    breaks("undo", BREAK_500, 1);
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    EXPECT_EQ(asked_count(NULL), 3);
    expect_asked(1, "read_state", KEY_1);
    expect_asked(2, "undo", KEY_2);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

/* The read does not get through at first: what is known of the key is lost, and found out again. */
TEST(a_stored_failure_is_found_again_after_a_lost_read) {
    house_open("stored_all");
    pass(SECOND);
    breaks("undo", BREAK_500, 1);
    breaks("read_state", BREAK_LOST, 2);
    put_steps(&refund, 1, 1);
    pass(5 * MINUTE);
    EXPECT_EQ(bank.done[1], 1);
    EXPECT_STR(str_from(house.handed[0].result), STR("done"));
    expect_asked(asked_count(NULL) - 1, "undo", KEY_2);
    house_end();
}

TEST(a_gateways_failure_keeps_the_key) {
    house_open("stored_all");
    breaks("undo", BREAK_502, 1);
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    expect_asked(1, "read_state", KEY_1);
    expect_asked(2, "undo", KEY_1);
    house_end();
}

TEST(garbage_is_read) {
    house_open("stored_2xx");
    breaks("undo", BREAK_GARBAGE, 1);
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    EXPECT_EQ(asked_count(NULL), 2);
    expect_asked(1, "read_state", KEY_1);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

TEST(what_was_never_connected_is_not_read) {
    house_open("stored_2xx");
    pass(SECOND);
    breaks("undo", BREAK_NO_ANSWERER, 3);
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    EXPECT_EQ(asked_count("read_state"), 0);
    EXPECT_EQ(asked_count("undo"), 4);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

TEST(who_keeps_no_keys_is_read_before_each_sending_but_the_first) {
    house_open("none");
    breaks("undo", BREAK_503, 2);
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    EXPECT_EQ(asked_count(NULL), 5);
    for (size_t i = 0; i < 5; i++) expect_asked(i, i % 2 ? "read_state" : "undo", KEY_1);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

TEST(a_key_that_was_forgotten_is_read_first) {
    house_open("stored_2xx");
    bank.ttl_ms = HOUR;
    pass(SECOND);
    breaks("undo", BREAK_503, 1);
    put_steps(&refund, 1, 1);
    pass(50); /* sent once */
    bank.always = BREAK_NO_ANSWERER;
    pass(2 * HOUR);
    bank.always = BREAK_NOTHING;
    size_t before = asked_count(NULL);
    pass(HOUR);
    expect_asked(before, "read_state", KEY_1);
    expect_asked(before + 1, "undo", KEY_1);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

TEST(retry_after_is_honoured_and_is_no_failure) {
    house_open("stored_2xx");
    breaks("undo", BREAK_429, 8);
    put_steps(&refund, 1, 1);
    pass(30 * MINUTE);
    EXPECT_EQ(asked_count("undo"), 9);
    for (size_t i = 1; i < 9; i++) EXPECT(asked(i).at_ms - asked(i - 1).at_ms >= 7 * SECOND);
    EXPECT_EQ(house.said_count, 0);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

TEST(a_refused_signature_is_said_once) {
    house_open("stored_2xx");
    pass(SECOND);
    breaks("undo", BREAK_401, 3);
    put_steps(&refund, 1, 1);
    pass(9 * MINUTE);
    EXPECT_EQ(house.said_count, 1);
    EXPECT(strstr(house.said[0], "refuses our signature"));
    EXPECT_EQ(asked_count("read_state"), 0);
    EXPECT_EQ(bank.done[1], 1);
    breaks("undo", BREAK_401, 1); /* a clock was set: that rights itself */
    put_steps(&refund, 2, 1);
    pass(9 * MINUTE);
    EXPECT_EQ(house.said_count, 1);
    EXPECT_EQ(bank.done[2], 1);
    house_end();
}

TEST(a_description_is_asked_for_again) {
    house_open("stored_2xx");
    breaks("describe", BREAK_GARBAGE, 1);
    pass(MINUTE);
    EXPECT_EQ(asked_count("describe"), 2);
    pass(25 * MINUTE);
    EXPECT_EQ(asked_count("describe"), 4);
    bank.idempotency = "none"; /* it says so from now on */
    pass(10 * MINUTE);
    breaks("undo", BREAK_503, 1);
    put_steps(&refund, 1, 1);
    pass(MINUTE);
    EXPECT_STR(str_from(asked(1).verb), STR("read_state"));
    house_end();
}

/* One address answers for several systems, and what one of them promises binds no other. */
TEST(each_system_promises_for_itself) {
    house_open("stored_2xx");
    pass(SECOND);
    breaks("undo", BREAK_503, 2);
    put_steps(&refund, 1, 1);
    put_steps(&(struct order){"shop", "undo", "cancel_order", LANE_UNDO, 24 * HOUR, STEP_READY}, 2, 1);
    pass(MINUTE);
    EXPECT_EQ(asked_count("read_state"), 1);
    EXPECT_EQ(asked_count("undo"), 4);
    for (size_t i = 0; i < 5; i++)
        if (!strcmp(asked(i).verb, "read_state")) EXPECT_STR(str_from(asked(i).system), STR("shop"));
    house_end();
}

/* ---- a counterpart that is down ------------------------------------------------------------------------------------------------------ */

TEST(five_failures_open_the_breaker_and_one_answer_closes_it) {
    house_open("stored_2xx");
    pass(SECOND);
    put_steps(&refund, 1, 20);
    bank.always = BREAK_NO_ANSWERER;
    pass(2 * SECOND);
    EXPECT_EQ(courier_totals(house.couriers[0])->breakers_open, 1);
    EXPECT(strstr(house.said[0], "fails; it is tried now and then"));
    pass(MINUTE);
    size_t before = bank.log_count;
    pass(10 * MINUTE);
    EXPECT(bank.log_count > before + 5);
    for (size_t i = before + 1; i < bank.log_count; i++) EXPECT(bank.log[i].at_ms - bank.log[i - 1].at_ms >= BREAKER_WAIT_MS);
    bank.always = BREAK_NOTHING;
    pass(20 * MINUTE);
    EXPECT_EQ(courier_totals(house.couriers[0])->breakers_open, 0);
    EXPECT_EQ(house.said_count, 2);
    for (unsigned i = 1; i <= 20; i++) EXPECT_EQ(bank.done[i], 1);
    house_end();
}

/* The payment provider is down for two hours: it is still done, and nobody has to be asked. */
TEST(down_for_two_hours_is_still_done) {
    house_open("stored_all");
    pass(SECOND);
    bank.always = BREAK_503;
    put_steps(&refund, 1, 3);
    pass(2 * HOUR);
    bank.always = BREAK_NOTHING;
    pass(30 * MINUTE);
    for (unsigned i = 1; i <= 3; i++) EXPECT_EQ(bank.done[i], 1);
    EXPECT_EQ(house.handed_count, 3);
    for (size_t i = 0; i < 3; i++) EXPECT_STR(str_from(house.handed[i].result), STR("done"));
    house_end();
}

/* Hundreds wait for one probe at a time; still each is a person's as soon as its own time is up. */
TEST(what_cannot_be_contained_in_time_is_a_persons_in_time) {
    house_open("stored_2xx");
    pass(SECOND);
    bank.always = BREAK_NO_ANSWERER;
    put_steps(&block, 1, 400);
    pass(HOUR - MINUTE);
    EXPECT_EQ(house.handed_count, 0);
    pass(6 * MINUTE);
    EXPECT_EQ(house.handed_count, 400);
    for (size_t i = 0; i < house.handed_count; i++) EXPECT_STR(str_from(house.handed[i].result), STR("exhausted"));
    house_end();
}

TEST(without_a_deadline_attempts_decide) {
    house_open("stored_2xx");
    pass(SECOND);
    breaks("undo", BREAK_429, 100); /* which opens no breaker */
    put_steps(&(struct order){"payment", "undo", "refund", LANE_UNDO, 0, STEP_READY}, 1, 1);
    pass(HOUR);
    EXPECT_EQ(house.handed_count, 1);
    EXPECT_STR(str_from(house.handed[0].result), STR("exhausted"));
    EXPECT_EQ(asked_count("undo"), 12);
    house_end();
}

/* ---- many steps ---------------------------------------------------------------------------------------------------------------------- */

TEST(a_thousand_steps_do_not_delay_containment) {
    house_open("stored_2xx");
    bank.takes_ms = 900;
    put_steps(&refund, 1, 1000);
    pass(30 * SECOND);
    size_t before = bank.log_count;
    put_steps(&block, 1001, 1);
    int64_t put_ms = now_ms;
    pass(0);
    EXPECT(bank.log_count > before);
    EXPECT_STR(str_from(bank.log[before].verb), STR("contain"));
    EXPECT_EQ(bank.log[before].at_ms, put_ms);
    EXPECT(wires[0].count <= 4); /* its concurrency */
    house_end();
}

/* One counterpart with room for one request answers for both systems, and the undo steps are those of the first. */
TEST(containment_is_first_whatever_system_it_is_of) {
    house_open("stored_2xx");
    house.counterparts.list[0].concurrency = 1;
    open_courier(0);
    pass(SECOND);
    put_steps(&(struct order){"shop", "undo", "cancel_order", LANE_UNDO, 24 * HOUR, STEP_READY}, 1, 50);
    put_steps(&block, 51, 1);
    size_t before = bank.log_count;
    pass(0);
    EXPECT_STR(str_from(bank.log[before].system), STR("payment"));
    house_end();
}

/* ---- couriers die -------------------------------------------------------------------------------------------------------------------- */

TEST(killed_before_it_sent) {
    house_open("stored_2xx");
    pass(SECOND);
    wires[0].cut = true;
    put_steps(&refund, 1, 1);
    pass(0);
    kill_courier(0);
    open_courier(1);
    pass(LEASE + MINUTE);
    expect_asked(0, "read_state", KEY_1);
    expect_asked(1, "undo", KEY_1);
    EXPECT_EQ(bank.done[1], 1);
    EXPECT_EQ(house.handed_count, 1);
    EXPECT_STR(str_from(house.handed[0].id), STR("inc_1/e1/undo.refund/3/2")); /* its second claim */
    house_end();
}

TEST(killed_after_it_sent) {
    house_open("none");
    pass(SECOND);
    put_steps(&refund, 1, 1);
    pass(0);
    kill_courier(0);
    open_courier(1);
    pass(LEASE + MINUTE);
    expect_asked(1, "read_state", KEY_1);
    EXPECT_EQ(asked_count(NULL), 2);
    EXPECT_EQ(bank.done[1], 1);
    EXPECT_EQ(house.handed_count, 1);
    house_end();
}

TEST(killed_before_it_handed_in) {
    house_open("stored_2xx");
    house.door_forgets = true;
    put_steps(&refund, 1, 1);
    pass(SECOND);
    EXPECT_EQ(house.handed_count, 0);
    house.door_forgets = false;
    open_courier(0); /* it starts again */
    pass(0);
    EXPECT_EQ(house.handed_count, 1);
    EXPECT_STR(str_from(house.handed[0].id), STR("inc_1/e1/undo.refund/3/1"));
    EXPECT_EQ(asked_count(NULL), 1);
    house_end();
}

TEST(what_a_dead_courier_left_is_handed_in_by_another) {
    house_open("stored_2xx");
    open_courier(1);
    pass(SECOND);
    house.door_forgets = true;
    put_steps(&refund, 1, 1);
    pass(SECOND);
    house.door_forgets = false;
    kill_courier(asked(0).courier);
    pass(20 * SECOND);
    EXPECT_EQ(house.handed_count, 0); /* it could still be on its way */
    pass(MINUTE);
    EXPECT_EQ(house.handed_count, 1);
    house_end();
}

TEST(a_front_door_that_is_full_is_asked_again) {
    house_open("stored_2xx");
    house.door = ERR_FULL;
    put_steps(&refund, 1, 1);
    pass(SECOND);
    EXPECT_EQ(house.handed_count, 0);
    house.door = ERR_OK;
    pass(2 * SECOND);
    EXPECT_EQ(house.handed_count, 1);
    house_end();
}

/* The first courier sleeps past its lease with the answer in its hands; another has read and reported meanwhile. */
TEST(an_answer_after_the_lease_counts_for_nothing) {
    house_open("stored_2xx");
    pass(SECOND);
    put_steps(&refund, 1, 1);
    while (turn_all()) {
    }
    struct courier *sleeper = house.couriers[0];
    house.couriers[0] = NULL;
    open_courier(1);
    pass(LEASE + MINUTE);
    EXPECT_EQ(house.handed_count, 1);
    house.couriers[0] = sleeper;
    pass(MINUTE);
    EXPECT_EQ(courier_totals(sleeper)->fenced, 1);
    EXPECT_EQ(house.handed_count, 1);
    EXPECT_EQ(bank.done[1], 1);
    house_end();
}

/* ---- everything at once -------------------------------------------------------------------------------------------------------------- */

/* Two couriers that are killed and started again, over a network where a third of all goes wrong. How many were done more than once. */
static unsigned storm(uint64_t seed, bool key_per_attempt) {
    enum { COUNT = 12 };
    house_open(keepers[seed % 2]);
    chance = seed;
    house.key_per_attempt = key_per_attempt;
    for (size_t i = 0; i < COURIERS; i++) open_courier(i);
    bank.chance_of_break = 33;
    put_steps(&refund, 1, COUNT);
    for (int i = 0; i < 30; i++) {
        pass((int64_t)(test_random(&chance) % (20 * SECOND)));
        size_t victim = test_random(&chance) % COURIERS;
        if (test_random(&chance) % 2) kill_courier(victim);
        else if (!house.couriers[victim]) open_courier(victim);
    }
    bank.chance_of_break = 0;
    if (!house.couriers[0]) open_courier(0);
    pass(HOUR);
    unsigned doubled = 0, undone = 0;
    for (unsigned i = 1; i <= COUNT; i++) doubled += bank.done[i] > 1, undone += bank.done[i] == 0;
    if (undone || (doubled && !key_per_attempt)) printf("seed %llu: %u doubled, %u undone\n", (unsigned long long)seed, doubled, undone);
    EXPECT_EQ(undone, 0);
    EXPECT(house.handed_count >= COUNT);
    house_end();
    return doubled;
}

TEST(in_a_storm_each_is_done_once) {
    for (uint64_t seed = 1; seed <= 40; seed++) EXPECT_EQ(storm(seed, false), 0);
}

TEST(the_control_does_things_twice) {
    unsigned doubled = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) doubled += storm(seed, true);
    EXPECT(doubled > 0);
}

/* ---- webhooks ------------------------------------------------------------------------------------------------------------------------ */

static enum err webhook(const struct counterpart *c, const char *signature, const char *bytes, int64_t at_ms) {
    static char memory[65536];
    struct arena step = arena_over(memory, sizeof memory);
    struct problem p;
    struct str id, body, headers[] = {STR("Webhook-Id: m1"), STR("webhook-timestamp: 1767225600"), str_from(signature)};
    enum err err = adapter_find(STR("http"))->parse_webhook(c, headers, 3, str_from(bytes), at_ms, &step, &id, &body, &p);
    if (!err) EXPECT_STR(id, STR("m1"));
    if (!err) EXPECT_STR(body, str_from(bytes));
    return err;
}

/* The secret is 24 zero bytes; base64 of HMAC-SHA256 over "m1.1767225600.{}". */
#define BY_ZEROES "v1,lHmizPIW2JsfseuQs6KJAxv42k0hK2+eG3PqwI9Lxu8="
#define SIGNED    "webhook-signature: " BY_ZEROES

TEST(a_webhook_is_believed_only_with_its_signature) {
    struct counterpart c = {.secret_sizes = {24}};
    EXPECT_EQ(webhook(&c, SIGNED, "{}", START_MS), ERR_OK);
    EXPECT_EQ(webhook(&c, "webhook-signature: v1a,x " BY_ZEROES, "{}", START_MS), ERR_OK); /* one of several */
    EXPECT_EQ(webhook(&c, "webhook-signature: v1,AAAA", "{}", START_MS), ERR_DENIED);
    EXPECT_EQ(webhook(&c, "webhook-signature: ", "{}", START_MS), ERR_DENIED);
    EXPECT_EQ(webhook(&c, SIGNED, "{ }", START_MS), ERR_DENIED);
    EXPECT_EQ(webhook(&c, SIGNED, "{}", START_MS + 300 * SECOND), ERR_OK);
    EXPECT_EQ(webhook(&c, SIGNED, "{}", START_MS + 301 * SECOND), ERR_DENIED);
    EXPECT_EQ(webhook(&c, SIGNED, "{}", START_MS - 301 * SECOND), ERR_DENIED);
}

TEST(while_a_secret_is_changed_both_are_believed) {
    struct counterpart c = {.secret_sizes = {24, 24}};
    memset(c.secrets[0], 1, 24);
    EXPECT_EQ(webhook(&c, SIGNED, "{}", START_MS), ERR_OK);
    c.secret_sizes[1] = 0;
    EXPECT_EQ(webhook(&c, SIGNED, "{}", START_MS), ERR_DENIED);
}

int main(void) {
    RUN(an_answer_is_handed_in);
    RUN(a_system_that_nobody_answers_for_is_given_to_people_at_once);
    RUN(executed_then_timed_out_is_done_once);
    RUN(lost_on_the_way_is_read_and_sent_with_the_same_key);
    RUN(what_is_taken_up_again_is_read_before_it_is_sent);
    RUN(executed_after_the_read_is_done_once);
    RUN(a_stored_failure_gets_a_new_key_once_absence_is_proven);
    RUN(a_stored_failure_is_found_again_after_a_lost_read);
    RUN(a_gateways_failure_keeps_the_key);
    RUN(garbage_is_read);
    RUN(what_was_never_connected_is_not_read);
    RUN(who_keeps_no_keys_is_read_before_each_sending_but_the_first);
    RUN(a_key_that_was_forgotten_is_read_first);
    RUN(retry_after_is_honoured_and_is_no_failure);
    RUN(a_refused_signature_is_said_once);
    RUN(a_description_is_asked_for_again);
    RUN(each_system_promises_for_itself);
    RUN(five_failures_open_the_breaker_and_one_answer_closes_it);
    RUN(down_for_two_hours_is_still_done);
    RUN(what_cannot_be_contained_in_time_is_a_persons_in_time);
    RUN(without_a_deadline_attempts_decide);
    RUN(a_thousand_steps_do_not_delay_containment);
    RUN(containment_is_first_whatever_system_it_is_of);
    RUN(killed_before_it_sent);
    RUN(killed_after_it_sent);
    RUN(killed_before_it_handed_in);
    RUN(what_a_dead_courier_left_is_handed_in_by_another);
    RUN(a_front_door_that_is_full_is_asked_again);
    RUN(an_answer_after_the_lease_counts_for_nothing);
    RUN(in_a_storm_each_is_done_once);
    RUN(the_control_does_things_twice);
    RUN(a_webhook_is_believed_only_with_its_signature);
    RUN(while_a_secret_is_changed_both_are_believed);
    for (size_t i = 0; i < COURIERS; i++) free(house.memory[i]);
    return test_end();
}
