// SPDX-License-Identifier: Apache-2.0
/*
 * Drives random machines by random events, with answers that come late, twice or never, workers that hold steps, people who contradict each
 * other and a clock that jumps: after every event all that must always hold is looked at (case_test.h). A machine here makes no sense; that
 * is the point: whatever a definition says, nothing is forgotten, done without go, or paid twice.
 */
#include "respond/case_test.h"

#define CASES  400
#define EVENTS 250

#define DEFS_MAX   3
#define STATES_MAX 9
#define MOVES_MAX  30

struct random_machine {
    struct effect_state states[STATES_MAX];
    struct effect_move moves[MOVES_MAX];
    struct effect_def def;
};

static struct random_machine machines[DEFS_MAX];
static const struct effect_def *defs[DEFS_MAX];
static struct test_case the_case;
static struct test_case *const c = &the_case;
static uint64_t seed;

static unsigned roll(unsigned end) {
    return (unsigned)(test_random(&seed) % end);
}
static bool chance(unsigned percent) {
    return roll(100) < percent;
}

/* ---- machines ----------------------------------------------------------------------------------------------------------------------- */

static struct str order_id(const struct effect_facts *f) {
    return f->order;
}

static const char *const state_names[STATES_MAX] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"};
static const char *const def_names[DEFS_MAX] = {"alpha", "beta", "gamma"};

static const struct operation *random_operation(void) {
    static const struct operation *const looks[] = {&payment_probe_refund, &payment_read_state_refund, &shop_probe_cancel_order};
    if (chance(30)) return NULL;
    return chance(25) ? looks[roll(3)] : operation_at(roll((unsigned)operation_count()));
}

static void random_state(struct effect_state *s, size_t i, size_t count) {
    static const enum phase ends[] = {PHASE_VERIFIED, PHASE_COMPENSATED, PHASE_ACKNOWLEDGED};
    *s = (struct effect_state){.name = state_names[i], .says = "it is so", .task_asks = "what now?", .op = random_operation()};
    s->phase = i + 2 >= count ? ends[roll(3)] : (enum phase)roll(PHASE_HUMAN);
    if (s->op && strcmp(s->op->verb, "release") == 0) s->op = NULL;
    if (chance(40)) s->waits_ms[0] = 1 + roll(1000000);
    if (s->waits_ms[0] && chance(50)) s->waits_ms[1] = 1 + roll(1000000);
    if (chance(40)) s->repeats_max = 1 + roll(3);
    if (chance(20)) s->task = (enum task_kind)(TASK_DO + roll(5));
    if (phase_is_terminal(s->phase)) s->op = NULL, s->waits_ms[0] = s->waits_ms[1] = 0, s->task = TASK_NONE;
    s->returned = chance(20), s->compensated = chance(20), s->written_off = chance(20), s->freed = chance(20);
    s->notice = chance(20) ? "parcel_coming" : NULL;
    if (!chance(5) || i == 0) return;
    s->becomes = def_names[roll(DEFS_MAX)];
    s->becomes_state = state_names[roll(3)];
}

static void random_def(struct random_machine *m, size_t index) {
    size_t states = 4 + roll(STATES_MAX - 3), moves = 6 + roll(MOVES_MAX - 6);
    for (size_t i = 0; i < states; i++) random_state(&m->states[i], i, states);
    for (size_t i = 0; i < moves; i++) {
        enum trigger on = chance(40) ? (enum trigger)(TRIGGER_GO + roll(2)) : (enum trigger)roll(TRIGGER_COUNT);
        m->moves[i] = (struct effect_move){chance(15) ? ANY_STATE : (int)roll((unsigned)states), on,
                                           chance(70) ? ANY_FATE : (int)(1 + roll(FATE_SETTLED)), (int)roll((unsigned)states)};
    }
    m->def = (struct effect_def){
        .name = def_names[index],
        .code = "T",
        .sentence = "s",
        .found = "f",
        .undone = "u",
        .too_late = "",
        .confirmers = chance(20) ? "two people" : "system",
        .kinds = {KIND_ORDER_PLACED},
        .object_type = "order",
        .object_id = order_id,
        .always = false,
        .loses = chance(60),
        .holds_order = chance(50),
        .once = chance(50),
        .lane = (int)roll(5),
        .waits_for = index > 0 && chance(30) ? def_names[index - 1] : NULL,
        .states = m->states,
        .state_count = states,
        .moves = m->moves,
        .move_count = moves,
        .release = chance(70) ? &shop_release_hold_order : NULL,
    };
}

static void random_case(void) {
    for (size_t i = 0; i < DEFS_MAX; i++) {
        random_def(&machines[i], i);
        defs[i] = &machines[i].def;
    }
    case_init(c, &(struct catalogue){.defs = defs, .count = DEFS_MAX});
    c->incident.score = chance(50) ? 950 : 700;
    c->settings.act = !chance(15);
    c->settings.ask_ms = chance(80) ? HOUR_MS : 0;
}

/* ---- events ------------------------------------------------------------------------------------------------------------------------- */

static void random_rows(void) {
    for (unsigned i = 1 + roll(3); i > 0; i--) {
        enum whose whose = (enum whose)roll(3);
        case_row(c, roll(4), KIND_ORDER_PLACED, whose,
                 case_format(c, "{\"order\":\"o%u\",\"after\":\"x%u\",\"amount_minor\":%u,\"currency\":\"JPY\"}", roll(4), roll(9),
                             roll(30000)));
    }
    case_login(c);
}

/* A worker takes a step, or loses sight of it. */
static void random_worker(void) {
    if (!c->step_count) return;
    struct step_row *s = &c->steps[roll((unsigned)c->step_count)];
    if (s->state == STEP_READY) s->state = chance(70) ? STEP_CLAIMED : STEP_UNKNOWN;
}

static void random_answer(void) {
    static const char *const results[] = {"done", "done", "done", "pending", "refused", "changed", "absent", "exhausted", "nonsense"};
    static const char *const answers[] = {"{}", "{\"outcome\":\"not_done\"}", "{\"state\":\"refund_failed\",\"reference\":\"r\"}", "[1",
                                          "{\"state\":\"handed_over\"}"};
    if (!c->step_count) return;
    size_t at = chance(70) ? c->step_count - 1 - roll(c->step_count > 6 ? 6 : (unsigned)c->step_count) : roll((unsigned)c->step_count);
    struct str id = c->steps[at].id;
    const char *answer = answers[roll(5)];
    case_answer(c, id, results[roll(9)], answer);
    if (chance(20)) case_answer(c, id, results[roll(9)], answer);
}

static void random_timer(void) {
    if (chance(20)) {
        case_timer(c, c->incident.id, c->response.version);
    } else if (chance(20) && c->task_count) {
        case_timer(c, c->tasks[roll((unsigned)c->task_count)].id, 0);
    } else if (c->effect_count) {
        const struct effect_row *e = &c->effects[roll((unsigned)c->effect_count)];
        case_timer(c, e->id, chance(80) ? e->version : e->version - 1);
    }
}

static void random_person(void) {
    static const char *const words[] = {"done", "retry", "unable", "approve", "decline", "hijacker", "owner", "perhaps"};
    static const char *const names[] = {"mei", "ken", ""};
    if (!c->task_count) return;
    size_t last = c->task_count > 5 ? 5 : c->task_count;
    case_decide(c, c->tasks[c->task_count - 1 - roll((unsigned)last)].id, words[roll(8)], names[roll(3)]);
}

static void random_fate(void) {
    struct event e = {.source = STR("warehouse"),
                      .kind = chance(80) ? KIND_ORDER_STATE : KIND_CHARGEBACK,
                      .fate = (enum fate)roll(FATE_SETTLED + 1),
                      .order = case_format(c, "o%u", roll(4)),
                      .charge = STR("c1")};
    case_feed(c, &e, false);
}

static void random_word(void) {
    struct event e = {.source = STR("shop"), .kind = KIND_OWNER_STATEMENT, .says = (enum says)roll(3)};
    e.about = c->effect_count ? c->effects[roll((unsigned)c->effect_count)].id : STR("x");
    case_row(c, 0, KIND_OWNER_STATEMENT, (enum whose)roll(3), STR("{}"));
    case_feed(c, &e, false);
}

static void random_verdict(void) {
    bool alarm = chance(20);
    struct event e = {.kind = KIND_ANALYST_VERDICT, .incident = c->incident.id, .by = STR("mei")};
    e.verdict = alarm ? STR("false_alarm") : chance(50) ? STR("takeover") : STR("unclear");
    case_feed(c, &e, alarm);
}

static void random_event(void) {
    unsigned what = roll(100);
    if (chance(10)) c->now_ms += (int64_t)roll(200000000) - 100000000;
    if (what < 15) random_rows();
    else if (what < 30) random_worker();
    else if (what < 60) random_answer();
    else if (what < 75) random_timer();
    else if (what < 88) random_person();
    else if (what < 95) random_fate();
    else if (what < 98) random_word();
    else random_verdict();
}

TEST(whatever_a_machine_says_what_must_hold_holds) {
    size_t ended = 0, undone = 0;
    for (unsigned i = 0; i < CASES; i++) {
        uint64_t began = seed = 7919 * (uint64_t)(i + 1);
        random_case();
        random_rows();
        for (int n = 0; n < EVENTS && !c->broken && c->step_count < CASE_ROWS_MAX - 64; n++) random_event();
        if (c->broken) printf("seed %llu\n", (unsigned long long)began);
        ended += c->response.open_count == 0;
        for (size_t k = 0; k < c->step_count; k++) undone += str_equal(c->steps[k].verb, STR("undo"));
        if (c->broken) return;
    }
    EXPECT(ended > 0 && undone > CASES); /* they did go somewhere */
}

/* ---- the real ones ------------------------------------------------------------------------------------------------------------------ */

/* An event of any kind that finds effects, about one of a few objects. */
static void random_real_rows(void) {
    static const char *const changes[] = {"added", "edited", "removed", "default"};
    static const char *const sorts[] = {"physical", "digital", "gift_card", "service"};
    for (unsigned i = 1 + roll(4); i > 0; i--) {
        enum kind kind = (enum kind)(1 + roll(KIND_REFUND_CLAIMED));
        unsigned id = roll(3);
        struct str facts = case_format(
            c,
            "{\"before\":\"b\",\"after\":\"a%u\",\"authenticator\":\"m%u\",\"token\":\"t%u\",\"change\":\"%s\",\"address\":\"d%u\","
            "\"payment_method\":\"p%u\",\"scope\":\"all\",\"field\":\"f%u\",\"order\":\"o%u\",\"amount_minor\":%u,\"currency\":\"JPY\","
            "\"charge\":\"c%u\",\"order_kind\":\"%s\",\"code_ref\":\"g%u\",\"membership\":\"s%u\",\"plan\":\"x\",\"content\":\"r%u\"}",
            roll(9), id, id, changes[roll(4)], id, id, id, id, 1 + roll(30000), id, sorts[roll(4)], id, id, id);
        case_row(c, roll(4), kind, (enum whose)roll(3), facts);
    }
    case_login(c);
}

static void random_real_fate(void) {
    struct event e = {.source = STR("psp"),
                      .fate = (enum fate)roll(FATE_EXPIRED + 1),
                      .order = case_format(c, "o%u", roll(3)),
                      .charge = case_format(c, "c%u", roll(3))};
    e.kind = chance(45) ? KIND_ORDER_STATE : chance(80) ? KIND_PAYMENT_STATE : KIND_CHARGEBACK;
    case_feed(c, &e, false);
}

/* What is found where it is looked at last: the bank has settled, the parcel is back. */
static const char *seen_in_the_end(const struct step_row *s) {
    if (!str_equal(s->verb, STR("read_state"))) return "{}";
    if (str_equal(s->how, STR("refund"))) return "{\"state\":\"settled\"}";
    return str_equal(s->how, STR("recall")) ? "{\"state\":\"returned\"}" : "{}";
}

/* Everybody does what he is asked, and time passes: until nothing is left to do. by_hand: no counterpart answers, people do it all. */
static bool do_all_that_is_asked(bool by_hand) {
    bool busy = false;
    for (size_t i = 0; i < c->step_count; i++)
        if (!case_step_over(&c->steps[i])) {
            case_answer(c, c->steps[i].id, by_hand ? "exhausted" : "done", by_hand ? "{}" : seen_in_the_end(&c->steps[i]));
            busy = true;
        }
    for (size_t i = 0; i < c->effect_count; i++)
        if (c->effects[i].due_ms) {
            if (c->effects[i].due_ms > c->now_ms) c->now_ms = c->effects[i].due_ms;
            case_timer(c, c->effects[i].id, c->effects[i].version);
            busy = true;
        }
    for (size_t i = 0, count = c->task_count; i < count; i++)
        if (c->tasks[i].state != TASK_CLOSED) {
            struct str first = str_cut(c->tasks[i].options, ' ', &(struct str){0});
            struct str id = c->tasks[i].id;
            char word[32] = "";
            memcpy(word, first.at, first.size);
            case_decide(c, id, word, "mei");
            case_decide(c, id, word, "ken");
            busy = true;
        }
    if (c->response.due_ms) case_timer(c, c->incident.id, c->response.version), busy = true;
    return busy;
}

TEST(real_definitions_hold_what_must_hold_and_come_to_an_end) {
    struct catalogue all = catalogue_of_all();
    for (unsigned i = 0; i < 100; i++) {
        uint64_t began = seed = 104729 * (uint64_t)(i + 1);
        case_init(c, &all);
        c->incident.score = chance(70) ? 950 : 700;
        random_real_rows();
        for (int n = 0; n < 150 && !c->broken; n++) {
            if (chance(15)) random_real_rows();
            else if (chance(15)) random_real_fate();
            else random_event();
        }
        for (int n = 0; n < 200 && !c->broken && do_all_that_is_asked(i % 2); n++) continue;
        bool over = c->response.state == RESPONSE_CLOSED || c->response.state == RESPONSE_FALSE_ALARM;
        EXPECT(over && !c->broken);
        if (over && !c->broken) continue;
        printf("seed %llu\n", (unsigned long long)began);
        for (size_t k = 0; k < c->effect_count; k++)
            if (!phase_is_terminal(c->effects[k].phase))
                printf("  %.*s is %.*s %.*s\n", STR_ARGS(c->effects[k].kind), STR_ARGS(c->effects[k].state),
                       STR_ARGS(c->effects[k].resume));
        return;
    }
}

/* ---- the same from the same --------------------------------------------------------------------------------------------------------- */

TEST(the_same_events_make_the_same_rows) {
    uint64_t versions[2] = {0, 0};
    for (int turn = 0; turn < 2; turn++) {
        seed = 42;
        random_case();
        random_rows();
        for (int n = 0; n < EVENTS; n++) random_event();
        for (size_t i = 0; i < c->effect_count; i++) versions[turn] = versions[turn] * 31 + c->effects[i].version;
        versions[turn] = versions[turn] * 31 + c->audit_count;
    }
    EXPECT_EQ(versions[0], versions[1]);
}

int main(void) {
    RUN(whatever_a_machine_says_what_must_hold_holds);
    RUN(real_definitions_hold_what_must_hold_and_come_to_an_end);
    RUN(the_same_events_make_the_same_rows);
    return test_end();
}
