// SPDX-License-Identifier: Apache-2.0
/*
 * Proves what the engine promises of a response: the journal alone makes it again, row by row, and a crash at any moment of absorbing
 * changes nothing. Three accounts are taken over, everything is undone by counterparts whose answers a seed draws, and time passes until
 * nothing is due any more.
 */
#include <stdlib.h>

#include "base/bundle.h"
#include "base/hash.h"
#include "base/moment.h"
#include "base/test.h"
#include "engine/engine.h"
#include "respond/respond.h"
#include "store/cells_memory.h"
#include "store/incident_sqlite.h"
#include "store/journal_memory.h"
#include "sys/token.h"

#define START_MS      INT64_C(1767225600000) /* 2026-01-01 */
#define ACCOUNT_COUNT 3
#define LOOK_SIZE     (64U * 1024 * 1024)
#define DUMP_SIZE     (16U * 1024 * 1024)

/* ---- a store that fails when it is told to ---------------------------------------------------------------------------------------- */

static struct {
    struct incident_store real;
    unsigned calls, fails_at; /* counted over begin, put and finish; 0 = never */
} fragile;

static bool breaks(void) {
    return ++fragile.calls == fragile.fails_at;
}

static enum err fragile_begin(void *self, uint64_t *absorbed, struct problem *p) {
    return breaks() ? problem_set(p, ERR_IO, "", "", "the power failed") : fragile.real.ops->begin(self, absorbed, p);
}

static enum err fragile_put(void *self, const struct incident_write *writes, size_t count, struct problem *p) {
    if (!breaks()) return fragile.real.ops->put(self, writes, count, p);
    return problem_set(p, ERR_IO, "", "", "the power failed");
}

/* The power fails before the transaction is durable, or just after: both must end the same. */
static enum err fragile_finish(void *self, uint64_t absorbed, struct problem *p) {
    if (breaks()) {
        fragile.real.ops->abandon(self);
        return problem_set(p, ERR_IO, "", "", "the power failed");
    }
    enum err err = fragile.real.ops->finish(self, absorbed, p);
    return err || !breaks() ? err : problem_set(p, ERR_IO, "", "", "the power failed");
}

static struct incident_store make_fragile(struct incident_store real, unsigned fails_at) {
    static struct incident_store_ops ops;
    ops = *real.ops;
    ops.begin = fragile_begin;
    ops.put = fragile_put;
    ops.finish = fragile_finish;
    fragile.real = real;
    fragile.calls = 0;
    fragile.fails_at = fails_at;
    return (struct incident_store){&ops, real.self};
}

/* ---- a house that is built again after a crash ------------------------------------------------------------------------------------ */

struct house {
    struct engine *engine;
    struct engine_ports ports;
    struct cells_memory *cells;
    struct journal_memory *journal;
    int64_t now_ms;
    unsigned crashes;
    int64_t until_ms;                  /* what is told is taken, so that time passes, until then; 0 = nobody takes them */
    unsigned reminds_from, reminds_to; /* calls of the store, while the first reminder of a legal clock is absorbed; 0 = there was none */
    void *look;                        /* LOOK_SIZE bytes for rows that are looked at */
};

static int64_t house_now_ms(void *self) {
    return ((struct house *)self)->now_ms;
}

static void open_engine(struct house *h) {
    struct problem p = {0};
    struct cells_bounds bounds = {.profiles_max = 1024, .narrow_max = 4096, .wide_max = 1024, .origins_max = 1024};
    EXPECT_EQ(cells_memory_open(&bounds, &h->cells, &p), ERR_OK);
    h->ports.cells = cells_memory_cells(h->cells);
    h->ports.seen = cells_memory_seen(h->cells);
    EXPECT_EQ(engine_open(&h->ports, &h->engine, &p), ERR_OK);
}

static void close_engine(struct house *h) {
    engine_close(h->engine);
    cells_memory_close(h->cells);
}

/* `journal` NULL: a new one. */
static void house_open(struct house *h, struct journal_memory *journal, unsigned fails_at) {
    struct problem p = {0};
    *h = (struct house){.journal = journal, .now_ms = START_MS, .look = malloc(LOOK_SIZE)};
    if (!journal) EXPECT_EQ(journal_memory_open(&h->journal, &p), ERR_OK);
    struct incident_store store;
    EXPECT_EQ(incident_sqlite_open(":memory:", &store, &p), ERR_OK);
    h->ports = (struct engine_ports){
        .journal = journal_memory_port(h->journal),
        .incidents = make_fragile(store, fails_at),
        .clock = {house_now_ms, house_now_ms, h},
        .token = token_known(),
        .seed = 42,
    };
    open_engine(h);
}

static void house_close(struct house *h, bool keep_journal) {
    close_engine(h);
    incident_sqlite_close(&fragile.real);
    if (!keep_journal) journal_memory_close(h->journal);
    free(h->look);
}

static void recover(struct house *h) {
    struct problem p = {0};
    uint64_t count;
    EXPECT_EQ(engine_recover(h->engine, 0, &count, &p), ERR_OK);
}

/* Commits; where the power fails meanwhile, builds everything but journal and store anew, as a start after a crash does. */
static void settle(struct house *h) {
    struct problem p = {0};
    if (!engine_seal(h->engine) || engine_commit(h->engine, &p) == ERR_OK) return;
    h->crashes++;
    fragile.real.ops->abandon(fragile.real.self);
    close_engine(h);
    open_engine(h);
    recover(h);
}

/* ---- the night -------------------------------------------------------------------------------------------------------------------- */

struct telling {
    struct house *house;
    unsigned account, number;
    char id[32], subject[16], session[24], object[24], charge[24], about[32];
};

static struct event begin_event(struct telling *t, enum kind kind, bool hijacker) {
    (void)snprintf(t->id, sizeof t->id, "e%u", ++t->number);
    (void)snprintf(t->subject, sizeof t->subject, "a%u", t->account);
    (void)snprintf(t->session, sizeof t->session, "s%u-%s", t->account, hijacker ? "night" : "day");
    struct event e = {.source = STR("shop"),
                      .id = str_from(t->id),
                      .type = kind_name(kind),
                      .kind = kind,
                      .subject = str_from(t->subject),
                      .time_ms = t->house->now_ms - 500,
                      .session = str_from(t->session),
                      .device = hijacker ? STR("d-66f1") : str_from(t->subject),
                      .ip = {ADDRESS_V4, {hijacker ? 203 : 198, 51, 100, (uint8_t)t->account}},
                      .asn = hijacker ? 64500 : 2516,
                      .asn_present = true,
                      .net = hijacker ? NET_HOSTING : NET_RESIDENTIAL,
                      .country = hijacker ? STR("NL") : STR("JP"),
                      .geo_source = GEO_SOURCE_CALLER};
    return e;
}

static void tell(struct telling *t, const struct event *e) {
    struct receipt r;
    struct problem p = {0};
    EXPECT_EQ(engine_submit(t->house->engine, e, &r, &p), ERR_OK);
    settle(t->house);
    t->house->now_ms += MINUTE_MS;
}

static void tell_login(struct telling *t, bool hijacker) {
    struct event e = begin_event(t, KIND_LOGIN, hijacker);
    e.outcome = OUTCOME_SUCCESS;
    e.method = METHOD_PASSWORD;
    if (hijacker) (void)snprintf(t->about, sizeof t->about, "%s", t->id);
    tell(t, &e);
}

static void tell_value(struct telling *t, enum kind kind, int64_t amount_minor) {
    struct event e = begin_event(t, kind, true);
    (void)snprintf(t->object, sizeof t->object, "o%u", t->number);
    (void)snprintf(t->charge, sizeof t->charge, "c%u", t->number);
    e.amount_minor = amount_minor;
    e.amount_minor_present = true;
    e.currency = STR("JPY");
    e.charge = str_from(t->charge);
    if (kind == KIND_MEMBERSHIP_STARTED) e.membership = str_from(t->object);
    if (kind == KIND_ORDER_PLACED) e.order = str_from(t->object), e.order_kind = ORDER_KIND_PHYSICAL;
    tell(t, &e);
}

static void tell_change(struct telling *t, enum kind kind, const char *before, const char *after) {
    struct event e = begin_event(t, kind, true);
    (void)snprintf(t->object, sizeof t->object, "x%u", t->number);
    e.before = str_from(before);
    e.after = str_from(after);
    e.change = before[0] ? CHANGE_EDITED : CHANGE_ADDED;
    if (kind == KIND_ADDRESS_CHANGED) e.address = str_from(t->object);
    if (kind == KIND_PAYMENT_METHOD_CHANGED) e.payment_method = str_from(t->object);
    if (kind == KIND_MFA_CHANGED) e.authenticator = str_from(t->object);
    if (kind == KIND_TOKEN_CREATED) e.token = str_from(t->object);
    tell(t, &e);
}

static void tell_statement(struct telling *t) {
    struct event e = begin_event(t, KIND_OWNER_STATEMENT, false);
    e.about = str_from(t->about);
    e.says = SAYS_NOT_MINE;
    e.via = STR("phone");
    tell(t, &e);
}

/* What an account suffers; the owner says so in the midst of it. */
static void tell_night(struct telling *t) {
    for (unsigned day = 0; day < 5; day++) {
        tell_login(t, false);
        t->house->now_ms += 20 * HOUR_MS;
    }
    tell_login(t, true);
    tell_value(t, KIND_BALANCE_TOPPED_UP, 50000);
    tell_value(t, KIND_MEMBERSHIP_STARTED, 980);
    tell_change(t, KIND_ADDRESS_CHANGED, "", "sealed-address");
    tell_change(t, KIND_EMAIL_CHANGED, "sealed-before", "sealed-after");
    tell_statement(t);
    tell_value(t, KIND_ORDER_PLACED, 500);
    tell_change(t, KIND_MFA_CHANGED, "", "");
    tell_change(t, KIND_TOKEN_CREATED, "", "");
}

/* ---- counterparts, and time ------------------------------------------------------------------------------------------------------- */

/* What became of a step, drawn from its key so that every life draws the same. */
static enum outcome_word draw(const struct step_row *s) {
    switch (hash_str(s->id, 5) % 16) {
    case 0: return STEP_OUTCOME_REFUSED;
    case 1: return STEP_OUTCOME_EXHAUSTED;
    case 2: return STEP_OUTCOME_ABSENT;
    case 3:
    case 4: return STEP_OUTCOME_PENDING;
    default: return STEP_OUTCOME_DONE;
    }
}

static void hand_in(struct house *h, struct event *e) {
    struct receipt r;
    struct problem p = {0};
    e->source = STR("hikeshi");
    e->type = kind_name(e->kind);
    e->time_ms = h->now_ms;
    EXPECT_EQ(engine_submit_own(h->engine, e, &r, &p), ERR_OK);
}

static void answer(struct house *h, const struct step_row *s) {
    enum outcome_word outcome = draw(s);
    struct problem p = {0};
    struct step_report report = {
        .step = s->id, .fence = s->fence, .state = STEP_ANSWERED, .generation = s->generation, .outcome = outcome, .answer = STR("{}")};
    EXPECT_EQ(fragile.real.ops->report(fragile.real.self, &report, 1, &p), ERR_OK);
    EXPECT(report.accepted);
    char id[192];
    (void)snprintf(id, sizeof id, "%.*s/%llu", STR_ARGS(s->id), (unsigned long long)s->fence);
    bool tells = str_equal(s->verb, STR("tell"));
    struct event e = {.kind = tells ? KIND_NOTICE_RESULT : KIND_ACTION_RESULT,
                      .about = tells ? s->effect : STR_NONE,
                      .via = tells ? s->system : STR_NONE,
                      .id = str_from(id),
                      .subject = s->account,
                      .step = s->id,
                      .incident = s->incident,
                      .result = step_outcome_word(outcome),
                      .extra = STR("{\"answer\":{},\"attempts\":1}")};
    e.outcome = outcome == STEP_OUTCOME_DONE || outcome == STEP_OUTCOME_PENDING ? OUTCOME_SUCCESS : OUTCOME_FAILURE;
    hand_in(h, &e);
}

/* true where there was something to do. */
static bool do_steps(struct house *h) {
    static const char *const systems[] = {"identity", "shop", "payment", "warehouse", "carrier", "email", "push"};
    struct arena look = arena_over(h->look, LOOK_SIZE);
    struct problem p = {0};
    size_t done = 0;
    for (size_t i = 0; i < sizeof systems / sizeof *systems - (h->until_ms ? 0 : 2); i++) {
        struct claim claim = {.owner = STR("test"),
                              .now_ms = h->now_ms,
                              .lease_ms = MINUTE_MS,
                              .lane_end = INT32_MAX,
                              .system = str_from(systems[i]),
                              .count_max = 4};
        struct step_row *rows;
        size_t count;
        EXPECT_EQ(fragile.real.ops->claim(fragile.real.self, &claim, &look, &rows, &count, &p), ERR_OK);
        for (size_t k = 0; k < count; k++) answer(h, &rows[k]);
        done += count;
    }
    if (done) settle(h);
    return done > 0;
}

static bool fire_timers(struct house *h) {
    struct arena look = arena_over(h->look, LOOK_SIZE);
    struct due_row *rows;
    size_t count;
    EXPECT_EQ(fragile.real.ops->due(fragile.real.self, h->now_ms, 64, &look, &rows, &count), ERR_OK);
    bool reminds = false;
    for (size_t i = 0; i < count; i++) {
        reminds |= str_find(rows[i].about, STR("/nremind"), 0) < rows[i].about.size;
        char id[192];
        (void)snprintf(id, sizeof id, "%.*s/timer/%u", STR_ARGS(rows[i].about), rows[i].version);
        struct event e = {.kind = KIND_TIMER_FIRED,
                          .id = str_from(id),
                          .subject = rows[i].account,
                          .about = rows[i].about,
                          .version = rows[i].version,
                          .version_present = true};
        hand_in(h, &e);
    }
    bool first = reminds && !h->reminds_from;
    if (first) h->reminds_from = fragile.calls + 1;
    if (count) settle(h);
    if (first) h->reminds_to = fragile.calls;
    return count > 0;
}

/* Steps are done and time passes until nothing is due, or so many rounds are over. */
static void let_it_end(struct house *h, unsigned rounds) {
    for (; rounds; rounds--) {
        if (do_steps(h) || fire_timers(h)) continue;
        int64_t next_ms = 0;
        EXPECT_EQ(fragile.real.ops->next_due_ms(fragile.real.self, &next_ms), ERR_OK);
        if (!next_ms || next_ms <= h->now_ms || (h->until_ms && next_ms > h->until_ms)) return;
        h->now_ms = next_ms;
    }
}

/* The policy that ships, with this [notify]. */
static void set_notify(struct house *h, const char *notify) {
    struct str bundle = policy_default_bundle();
    struct source file;
    struct problem p = {0};
    enum err err = ERR_OK;
    size_t size = bundle.size + 128;
    char *text = malloc(size);
    struct buf b = buf_over(text, size);
    while (bundle_next(&bundle, &file, &err)) {
        bundle_add(&b, file.name, file.text);
        if (str_equal(file.name, STR("policy.toml"))) buf_fmt(&b, "[notify]\n%s\n", notify);
    }
    EXPECT(!err && !b.overflow);
    EXPECT_EQ(engine_set_policy(h->engine, buf_str(&b), &p), ERR_OK);
    free(text);
}

static void live(struct house *h, unsigned rounds) {
    struct telling t = {.house = h};
    for (t.account = 0; t.account < ACCOUNT_COUNT; t.account++) tell_night(&t);
    let_it_end(h, rounds);
}

/* ---- what is compared ------------------------------------------------------------------------------------------------------------- */

static void end_row(struct buf *b) {
    buf_char(b, '\n');
}

/* Of a step, what the rooms say; the courier's columns are his own (port/response.h). */
static void write_step(const struct step_row *s, struct buf *b) {
    bool over = s->state == STEP_DONE || s->state == STEP_HUMAN || s->state == STEP_CANCELED;
    struct str state = step_state_word(over ? s->state : STEP_READY);
    buf_fmt(b, "%.*s %.*s %.*s lane %d at %llu\n", STR_ARGS(s->id), STR_ARGS(state), STR_ARGS(s->request), s->lane,
            (unsigned long long)s->position);
}

#define WRITE_ALL(type, list, write)                                                                                                       \
    do {                                                                                                                                   \
        struct type *rows;                                                                                                                 \
        size_t count;                                                                                                                      \
        EXPECT_EQ(list, ERR_OK);                                                                                                           \
        for (size_t i = 0; i < count; i++) write(&rows[i], b), end_row(b);                                                                 \
    } while (0)

static void write_incident(struct house *h, struct str id, struct buf *b) {
    struct incident_store s = fragile.real;
    struct arena look = arena_over((char *)h->look + LOOK_SIZE / 2, LOOK_SIZE / 2);
    struct effect_query query = {.incident = id, .count_max = EFFECT_COUNT_MAX};
    struct response_row response;
    EXPECT_EQ(s.ops->find_response(s.self, SIGHT_SETTLED, id, &look, &response), ERR_OK);
    respond_write_response_json(&response, b);
    WRITE_ALL(effect_row, s.ops->effects(s.self, SIGHT_SETTLED, &query, &look, &rows, &count), respond_write_effect_json);
    WRITE_ALL(step_row, s.ops->steps(s.self, SIGHT_SETTLED, id, &look, &rows, &count), write_step);
    WRITE_ALL(task_row, s.ops->tasks(s.self, SIGHT_SETTLED, id, &look, &rows, &count), respond_write_task_json);
    WRITE_ALL(ledger_row, s.ops->ledger(s.self, SIGHT_SETTLED, id, &look, &rows, &count), respond_write_ledger_json);
    WRITE_ALL(notice_row, s.ops->notices(s.self, SIGHT_SETTLED, id, &look, &rows, &count), respond_write_notice_json);
    WRITE_ALL(proof_row, s.ops->proofs(s.self, SIGHT_SETTLED, id, &look, &rows, &count), respond_write_proof_json);
    WRITE_ALL(audit_row, s.ops->audit(s.self, SIGHT_SETTLED, id, &look, &rows, &count), respond_write_audit_json);
}

/* Every row of every response, as text. The caller frees it. */
static char *dump(struct house *h) {
    char *text = malloc(DUMP_SIZE);
    struct buf b = buf_over(text, DUMP_SIZE - 1);
    struct arena look = arena_over(h->look, LOOK_SIZE / 2);
    struct incident_query query = {.status = -1, .count_max = 100};
    struct incident_row *incidents;
    size_t count;
    EXPECT_EQ(fragile.real.ops->list(fragile.real.self, &query, &look, &incidents, &count), ERR_OK);
    EXPECT_EQ(count, ACCOUNT_COUNT);
    for (size_t i = 0; i < count; i++) write_incident(h, incidents[i].id, &b);
    EXPECT(!b.overflow);
    text[b.size] = 0;
    return text;
}

static void expect_same(const char *is, const char *should) {
    size_t at = 0;
    while (is[at] && is[at] == should[at]) at++;
    if (is[at] == should[at]) return;
    size_t from = at > 200 ? at - 200 : 0;
    printf("  is     ...%.400s\n  should ...%.400s\n", is + from, should + from);
    EXPECT(is[at] == should[at]);
}

/* ---- the promises ----------------------------------------------------------------------------------------------------------------- */

#define ROUNDS_ALL 5000

/* Closes the house: one that knows its journal alone, at the same hour, holds the same rows. */
static void expect_replays(struct house *h, const char *lived) {
    struct house again;
    int64_t end_ms = h->now_ms;
    house_close(h, true);
    house_open(&again, h->journal, 0);
    again.now_ms = end_ms;
    recover(&again);
    char *replayed = dump(&again);
    expect_same(replayed, lived);
    house_close(&again, false);
    free(replayed);
}

TEST(replaying_the_journal_makes_the_same_response) {
    struct house h;
    house_open(&h, NULL, 0);
    live(&h, ROUNDS_ALL);
    char *lived = dump(&h);
    EXPECT(strstr(lived, "\"effect\"") || strstr(lived, "/e1")); /* else it proves nothing */
    expect_replays(&h, lived);
    free(lived);
}

/* Few rounds: what is enumerated is every call of the store within them. */
#define ROUNDS_FEW 6

TEST(a_crash_at_any_call_of_the_store_changes_nothing) {
    struct house h;
    house_open(&h, NULL, 0);
    live(&h, ROUNDS_FEW);
    char *undisturbed = dump(&h);
    unsigned calls = fragile.calls;
    house_close(&h, false);
    EXPECT(calls > 100);
    for (unsigned at = 1; at <= calls && !test_failures_here; at++) {
        house_open(&h, NULL, at);
        live(&h, ROUNDS_FEW);
        EXPECT_EQ(h.crashes, 1);
        char *disturbed = dump(&h);
        expect_same(disturbed, undisturbed);
        if (test_failures_here) printf("  at call %u of %u\n", at, calls);
        free(disturbed);
        house_close(&h, false);
    }
    free(undisturbed);
}

#define REMINDING "clocks = [\"issuer_60_days\"]"
#define REMINDERS 9 /* of three accounts, at 7, 30 and 50 days */

static unsigned occurrences(const char *text, const char *what) {
    unsigned count = 0;
    while ((text = strstr(text, what))) text++, count++;
    return count;
}

/* Weeks later each is in the rows once, and so it is in a replay. */
TEST(a_clock_reminds_until_it_is_answered) {
    struct house h;
    house_open(&h, NULL, 0);
    h.until_ms = START_MS + 75 * DAY_MS;
    set_notify(&h, REMINDING);
    live(&h, ROUNDS_ALL);
    char *lived = dump(&h);
    EXPECT_EQ(occurrences(lived, "\"what\":\"task_reminded\""), REMINDERS);
    expect_replays(&h, lived);
    free(lived);
}

TEST(a_reminder_comes_once_at_whatever_call_the_store_fails) {
    struct house h;
    house_open(&h, NULL, 0);
    set_notify(&h, REMINDING);
    live(&h, ROUNDS_ALL);
    char *undisturbed = dump(&h);
    unsigned from = h.reminds_from, to = h.reminds_to;
    EXPECT(from && to > from && occurrences(undisturbed, "\"what\":\"task_reminded\"") > 0);
    house_close(&h, false);
    for (unsigned at = from; at <= to && !test_failures_here; at++) {
        house_open(&h, NULL, at);
        set_notify(&h, REMINDING);
        live(&h, ROUNDS_ALL);
        EXPECT_EQ(h.crashes, 1);
        char *disturbed = dump(&h);
        expect_same(disturbed, undisturbed);
        free(disturbed);
        house_close(&h, false);
    }
    free(undisturbed);
}

/* A step that waits for the morning; in the look's upper half. */
static bool find_waiting(struct house *h, struct step_row *out) {
    struct arena look = arena_over((char *)h->look + LOOK_SIZE / 2, LOOK_SIZE / 2);
    struct incident_query query = {.status = -1, .count_max = 1};
    struct incident_row *incidents;
    struct step_row *rows;
    size_t count;
    EXPECT_EQ(fragile.real.ops->list(fragile.real.self, &query, &look, &incidents, &count), ERR_OK);
    if (!count) return false;
    EXPECT_EQ(fragile.real.ops->steps(fragile.real.self, SIGHT_SETTLED, incidents[0].id, &look, &rows, &count), ERR_OK);
    for (size_t i = 0; i < count; i++)
        if (rows[i].state == STEP_READY && str_equal(rows[i].system, STR("push")) && rows[i].run_ms > h->now_ms)
            return *out = rows[i], true;
    return false;
}

/* An update at night waits; he reads it in the shop; in the morning nothing is left to be sent. */
TEST(what_was_read_elsewhere_is_never_sent) {
    struct house h;
    struct step_row step = {0};
    house_open(&h, NULL, 0);
    set_notify(&h, "channels = [\"push\"]\nquiet_hours = [1, 0]");
    h.until_ms = START_MS + 30 * DAY_MS;
    struct telling t = {.house = &h};
    tell_night(&t);
    for (unsigned round = 0; round < 500 && !find_waiting(&h, &step); round++) let_it_end(&h, 1);
    EXPECT(step.id.size);
    struct event e = {
        .kind = KIND_NOTICE_RESULT, .id = STR("read-1"), .about = step.effect, .via = STR("message_centre"), .result = STR("read")};
    e.subject = step.account;
    hand_in(&h, &e);
    settle(&h);
    struct arena look = arena_over(h.look, LOOK_SIZE / 2);
    struct step_row after;
    EXPECT_EQ(fragile.real.ops->find_step(fragile.real.self, SIGHT_SETTLED, step.id, &look, &after), ERR_OK);
    EXPECT_STR(step_state_word(after.state), STR("canceled"));
    house_close(&h, false);
}

int main(void) {
    RUN(replaying_the_journal_makes_the_same_response);
    RUN(a_crash_at_any_call_of_the_store_changes_nothing);
    RUN(a_clock_reminds_until_it_is_answered);
    RUN(a_reminder_comes_once_at_whatever_call_the_store_fails);
    RUN(what_was_read_elsewhere_is_never_sent);
    return test_end();
}
