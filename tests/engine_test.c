// SPDX-License-Identifier: Apache-2.0
/* Proves what the engine promises: one answer an event, nothing settled before it is durable, and a replay that ends in the live state. */
#include "engine/engine.h"

#include <stdlib.h>

#include "base/bounds.h"
#include "base/bundle.h"
#include "base/crc32c.h"
#include "base/hash.h"
#include "base/moment.h"
#include "engine/lookahead.h"
#include "engine/model_event.h"
#include "engine/policy_event.h"
#include "score/model.h"
#include "store/cells_plain_test.h"
#include "tests/engine_house_test.h"

/* A shop's stream drawn from a seed: a few accounts on their own paths, failures, sessions, acts, and a stranger now and then. */
struct world {
    uint64_t random;
    unsigned number;
    char id[24], subject[16], session[24], device[24], order[24];
};

static struct event next_event(struct world *w, int64_t at_ms) {
    static const enum kind kinds[] = {KIND_LOGIN,
                                      KIND_LOGIN,
                                      KIND_LOGIN,
                                      KIND_SESSION_SEEN,
                                      KIND_ORDER_PLACED,
                                      KIND_EMAIL_CHANGED,
                                      KIND_BALANCE_TOPPED_UP,
                                      KIND_ORDER_STATE,
                                      KIND_CHALLENGE,
                                      KIND_OWNER_STATEMENT};
    unsigned account = (unsigned)(test_random(&w->random) % 40);
    bool stranger = test_random(&w->random) % 50 == 0;
    enum kind kind = kinds[test_random(&w->random) % (sizeof kinds / sizeof kinds[0])];
    if (kind == KIND_OWNER_STATEMENT && test_random(&w->random) % 20) kind = KIND_SESSION_SEEN;
    (void)snprintf(w->id, sizeof w->id, "e%u", ++w->number);
    (void)snprintf(w->subject, sizeof w->subject, "a%u", account);
    (void)snprintf(w->session, sizeof w->session, "s%u-%u", account, stranger);
    (void)snprintf(w->device, sizeof w->device, "d%u-%u", account, stranger);
    (void)snprintf(w->order, sizeof w->order, "o%u-%u", account, stranger);
    struct event e = {.source = STR("shop"),
                      .id = str_from(w->id),
                      .type = kind_name(kind),
                      .kind = kind,
                      .subject = str_from(w->subject),
                      .time_ms = at_ms};
    if (kind == KIND_ORDER_STATE || kind == KIND_OWNER_STATEMENT) {
        e.order = str_from(w->order);
        if (kind == KIND_OWNER_STATEMENT) e.says = SAYS_NOT_MINE, e.order = STR_NONE;
        return e;
    }
    e.session = str_from(w->session);
    e.device = str_from(w->device);
    e.ip = (struct address){ADDRESS_V4, {stranger ? 203 : 198, 51, 100, (uint8_t)account}};
    e.asn = stranger ? 64500 : 2516, e.asn_present = true;
    e.country = stranger ? STR("NL") : STR("JP");
    e.net = stranger ? NET_HOSTING : NET_RESIDENTIAL;
    e.geo_source = GEO_SOURCE_CALLER;
    e.user_agent = STR("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36");
    e.outcome = test_random(&w->random) % 8 ? OUTCOME_SUCCESS : OUTCOME_FAILURE;
    e.method = METHOD_PASSWORD;
    if (e.outcome == OUTCOME_FAILURE) e.failure = FAILURE_BAD_PASSWORD;
    if (kind == KIND_ORDER_PLACED) e.order = str_from(w->order), e.amount_minor = 500, e.amount_minor_present = true;
    return e;
}

#define STREAM_COUNT 3000

static uint64_t digest_of(uint64_t digest, const struct event *e, const struct receipt *r) {
    char bytes[8192];
    struct buf b = buf_over(bytes, sizeof bytes);
    decision_write_json(&r->decision, e->id, r->position, &b);
    return digest * 31 + hash_str(buf_str(&b), r->whose);
}

/* Plays the stream and hashes every answer. */
static uint64_t play_stream(struct house *h, uint64_t seed) {
    struct world w = {.random = seed};
    uint64_t digest = 0, last = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        h->now_ms += 37 * MINUTE_MS;
        struct event e = next_event(&w, h->now_ms - 1000);
        struct receipt r;
        struct problem p = {0};
        enum err err = engine_submit(h->engine, &e, &r, &p);
        EXPECT_EQ(err, ERR_OK);
        if (err) return 0;
        EXPECT(r.position > last); /* what we say ourselves has positions in between */
        last = r.position;
        digest = digest_of(digest, &e, &r);
        if (i % 100 == 99) house_settle(h);
    }
    house_settle(h);
    return digest;
}

TEST(same_stream_gives_same_answers_and_same_state) {
    struct house a, b;
    house_open(&a, NULL);
    house_open(&b, NULL);
    uint64_t answers = play_stream(&a, 7);
    EXPECT(answers == play_stream(&b, 7));
    EXPECT(cells_memory_digest(a.cells) == cells_memory_digest(b.cells));
    EXPECT(engine_totals(a.engine)->incidents_opened > 0); /* else the stream proves nothing of incidents */
    EXPECT(engine_totals(a.engine)->by_verdict[VERDICT_ALLOW] > STREAM_COUNT / 2);
    house_close(&a, false);
    house_close(&b, false);
}

TEST(another_store_of_cells_decides_the_same) {
    struct house real, plain;
    house_open(&real, NULL);
    house_open(&plain, NULL);
    engine_close(plain.engine);
    struct plain_cells *cells = calloc(1, sizeof *cells);
    plain.ports.cells = plain_cells_port(cells);
    struct problem p = {0};
    EXPECT_EQ(engine_open(&plain.ports, &plain.engine, &p), ERR_OK);
    EXPECT(play_stream(&real, 23) == play_stream(&plain, 23));
    EXPECT_EQ(plain_cells_count(cells, CELL_PROFILE), 40);
    house_close(&real, false);
    house_close(&plain, false);
    free(cells);
}

/* Admits the first of the events that wait, at the time at which it would have come alone. */
static uint64_t play_first(struct house *h, struct lookahead *l, uint64_t digest) {
    struct arrival *a = lookahead_first(l);
    struct receipt r;
    struct problem p = {0};
    h->now_ms = a->sent->time_ms + 1000;
    EXPECT_EQ(engine_admit(h->engine, a, &r, &p), ERR_OK);
    lookahead_next(l);
    if (l->done % 100 == 0) house_settle(h);
    return digest_of(digest, a->sent, &r);
}

/* The same stream, but the engine knows of the next events before their turn. */
static uint64_t play_ahead(struct house *h, uint64_t seed) {
    static struct lookahead l;
    struct world w[LOOKAHEAD_MAX] = {{.random = seed}};
    struct event events[LOOKAHEAD_MAX];
    uint64_t digest = 0;
    l = (struct lookahead){0};
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        unsigned seat = lookahead_seat(&l), before = (seat + LOOKAHEAD_MAX - 1) % LOOKAHEAD_MAX;
        if (i) w[seat].random = w[before].random, w[seat].number = w[before].number;
        events[seat] = next_event(&w[seat], START_MS + (i + 1) * 37 * MINUTE_MS - 1000);
        lookahead_add(&l, h->engine, &events[seat]);
        if (lookahead_is_full(&l)) digest = play_first(h, &l, digest);
    }
    while (lookahead_first(&l)) digest = play_first(h, &l, digest);
    house_settle(h);
    return digest;
}

TEST(looking_ahead_changes_no_answer_and_no_state) {
    struct house alone, ahead;
    house_open(&alone, NULL);
    house_open(&ahead, NULL);
    EXPECT_EQ(play_ahead(&ahead, 11), play_stream(&alone, 11));
    EXPECT_EQ(cells_memory_digest(ahead.cells), cells_memory_digest(alone.cells));
    house_close(&alone, false);
    house_close(&ahead, false);
}

/* Opens an engine with nothing but the journal, and compares it with the one that lived through it. */
static void expect_recovers_like(struct house *live) {
    struct house again;
    house_open(&again, live->journal);
    again.now_ms = live->now_ms;
    uint64_t count = 0;
    struct problem p = {0};
    EXPECT_EQ(engine_recover(again.engine, 0, &count, &p), ERR_OK);
    EXPECT_EQ(count, journal_last(live->ports.journal));
    EXPECT_EQ(engine_settled(again.engine), count);
    EXPECT(cells_memory_digest(live->cells) == cells_memory_digest(again.cells));
    EXPECT_STR(policy_version(engine_policy(again.engine)), policy_version(engine_policy(live->engine)));
    EXPECT_STR(engine_model(again.engine)->name, engine_model(live->engine)->name);
    house_close(&again, true);
}

TEST(replaying_the_journal_ends_in_the_live_state) {
    struct house h;
    house_open(&h, NULL);
    (void)play_stream(&h, 11);
    expect_recovers_like(&h);
    house_close(&h, false);
}

static struct event one_login(const char *id) {
    return (struct event){.source = STR("shop"),
                          .id = str_from(id),
                          .type = STR("login"),
                          .kind = KIND_LOGIN,
                          .subject = STR("a1"),
                          .time_ms = START_MS,
                          .ip = {ADDRESS_V4, {192, 0, 2, 1}},
                          .outcome = OUTCOME_SUCCESS,
                          .method = METHOD_PASSWORD};
}

TEST(the_same_event_twice_is_one_event) {
    struct house h;
    house_open(&h, NULL);
    struct event e = one_login("e1");
    struct receipt first, second;
    struct problem p = {0};
    EXPECT_EQ(engine_submit(h.engine, &e, &first, &p), ERR_OK);
    uint64_t state = cells_memory_digest(h.cells);
    uint16_t score = first.decision.score;
    h.now_ms += DAY_MS;
    EXPECT_EQ(engine_submit(h.engine, &e, &second, &p), ERR_OK);
    EXPECT(second.repeated && !first.repeated);
    EXPECT_EQ(second.position, 1);
    EXPECT_EQ(second.decision.score, score);
    EXPECT(cells_memory_digest(h.cells) == state);
    EXPECT_EQ(engine_position(h.engine), 1);
    e.outcome = OUTCOME_FAILURE;
    EXPECT_EQ(engine_submit(h.engine, &e, &second, &p), ERR_CONFLICT);
    EXPECT(strcmp(p.where, "id") == 0);
    house_close(&h, false);
}

static void facts_of_documentation(void *self, const struct address *a, struct netfacts *out) {
    (void)self;
    *out = (struct netfacts){.country_known = a->bytes[0] == 192, .country = {'J', 'P'}, .asn_known = true, .asn = 64496};
}

TEST(a_retry_after_a_restart_is_no_conflict_though_facts_were_added) {
    struct house h;
    house_open(&h, NULL);
    house_close(&h, true);
    struct house with_facts;
    house_open(&with_facts, h.journal);
    engine_close(with_facts.engine);
    with_facts.ports.netfacts.look_up = facts_of_documentation;
    struct problem p = {0};
    EXPECT_EQ(engine_open(&with_facts.ports, &with_facts.engine, &p), ERR_OK);
    struct event e = one_login("e1");
    struct receipt r;
    EXPECT_EQ(engine_submit(with_facts.engine, &e, &r, &p), ERR_OK);
    house_settle(&with_facts);

    struct house again;
    house_open(&again, with_facts.journal);
    uint64_t count;
    EXPECT_EQ(engine_recover(again.engine, 0, &count, &p), ERR_OK);
    EXPECT_EQ(engine_submit(again.engine, &e, &r, &p), ERR_OK);
    EXPECT(r.repeated);
    char bytes[4096];
    struct buf page = buf_over(bytes, sizeof bytes);
    EXPECT_EQ(engine_write_decision(again.engine, 1, &page, &p), ERR_OK);
    EXPECT(str_find(buf_str(&page), STR("64496"), 0) < page.size); /* the looked-up facts are in the journal */
    house_close(&again, true);
    house_close(&with_facts, false);
}

static uint8_t kind_of_table(void *self, uint32_t asn) {
    (void)self;
    return asn == 64496 ? NET_HOSTING : NET_NONE;
}

static bool is_journaled(struct house *h, uint64_t position, const char *text) {
    static char bytes[8192];
    struct problem p = {0};
    struct buf page = buf_over(bytes, sizeof bytes);
    EXPECT_EQ(engine_write_decision(h->engine, position, &page, &p), ERR_OK);
    return str_find(buf_str(&page), str_from(text), 0) < page.size;
}

/* The table is asked where there is a number and no kind; what came and what was decided by are told apart, also after a restart. */
TEST(the_kind_of_a_network_is_found_by_its_number) {
    struct house h;
    house_open(&h, NULL);
    house_close(&h, true);
    struct house with_table;
    house_open(&with_table, h.journal);
    engine_close(with_table.engine);
    with_table.ports.netfacts.kind_of = kind_of_table;
    struct problem p = {0};
    EXPECT_EQ(engine_open(&with_table.ports, &with_table.engine, &p), ERR_OK);
    struct receipt r;
    struct event sent[] = {one_login("number"), one_login("kind"), one_login("unlisted"), one_login("looked_up_before")};
    for (unsigned i = 0; i < 4; i++) {
        sent[i].asn = 64496, sent[i].asn_present = true, sent[i].net = NET_NONE, sent[i].geo_source = GEO_SOURCE_CALLER;
        if (i == 1) sent[i].net = NET_RESIDENTIAL; /* what the caller says wins */
        if (i == 2) sent[i].asn = 64497;
        if (i == 3) sent[i].geo_source = GEO_SOURCE_CALLER_ASN; /* from a journal: what was known is in it */
        EXPECT_EQ(engine_submit(with_table.engine, &sent[i], &r, &p), ERR_OK);
    }
    house_settle(&with_table);
    EXPECT(is_journaled(&with_table, 1, "\"net\":\"hosting\"") && is_journaled(&with_table, 1, "\"source\":\"caller_asn\""));
    EXPECT(is_journaled(&with_table, 2, "\"net\":\"residential\"") && is_journaled(&with_table, 2, "\"source\":\"caller\""));
    EXPECT(!is_journaled(&with_table, 3, "\"net\""));
    EXPECT(!is_journaled(&with_table, 4, "\"net\"") && is_journaled(&with_table, 4, "\"source\":\"caller\""));

    struct house again; /* without a table: nothing is asked again, and a retry is what it was */
    house_open(&again, with_table.journal);
    uint64_t count;
    EXPECT_EQ(engine_recover(again.engine, 0, &count, &p), ERR_OK);
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(engine_submit(again.engine, &sent[i], &r, &p), ERR_OK);
        EXPECT(r.repeated);
    }
    EXPECT(cells_memory_digest(again.cells) == cells_memory_digest(with_table.cells));
    house_close(&again, true);
    house_close(&with_table, false);
}

TEST(nothing_is_settled_before_its_commit) {
    struct house h;
    house_open(&h, NULL);
    struct event e = one_login("e1");
    struct receipt r;
    struct problem p = {0};
    EXPECT_EQ(engine_submit(h.engine, &e, &r, &p), ERR_OK);
    EXPECT_EQ(engine_settled(h.engine), 0);
    EXPECT(engine_seal(h.engine));
    e.id = STR("e2");
    EXPECT_EQ(engine_submit(h.engine, &e, &r, &p), ERR_OK);
    EXPECT(!engine_seal(h.engine)); /* the batch before is not committed yet */
    EXPECT_EQ(engine_settled(h.engine), 0);
    EXPECT_EQ(engine_commit(h.engine, &p), ERR_OK);
    EXPECT_EQ(engine_settled(h.engine), 1);
    EXPECT(engine_seal(h.engine));
    EXPECT_EQ(engine_commit(h.engine, &p), ERR_OK);
    EXPECT_EQ(engine_settled(h.engine), 2);
    house_close(&h, false);
}

TEST(our_own_source_is_closed_to_others) {
    struct house h;
    house_open(&h, NULL);
    struct event e = one_login("e1");
    e.source = STR("hikeshi");
    struct receipt r;
    struct problem p = {0};
    EXPECT_EQ(engine_submit(h.engine, &e, &r, &p), ERR_DENIED);
    EXPECT_EQ(engine_position(h.engine), 0);
    house_close(&h, false);
}

/* A policy that stops every login, so that its effect can be seen. */
static struct str strict_policy(char *memory, size_t size) {
    struct buf b = buf_over(memory, size);
    bundle_add(&b, STR("policy.toml"), STR("name = \"strict\"\nversion = 3\n"));
    bundle_add(&b, STR("every_login.rule"),
               STR("rule every_login version 1 live\nbecause \"this shop asks always\"\nwhen kind = \"login\"\nthen challenge\n"
                   "example fires { kind = \"login\" }\nexample quiet { kind = \"logout\" }\n"));
    return buf_str(&b);
}

TEST(a_policy_takes_effect_with_the_next_event_and_survives) {
    struct house h;
    house_open(&h, NULL);
    struct event e = one_login("e1");
    struct receipt r;
    struct problem p = {0};
    char memory[1024];
    EXPECT_EQ(engine_submit(h.engine, &e, &r, &p), ERR_OK);
    EXPECT_EQ(r.decision.verdict, VERDICT_ALLOW);
    EXPECT_EQ(engine_set_policy(h.engine, STR("=== policy.toml\nthis is no policy\n"), &p), ERR_INVALID);
    EXPECT_EQ(engine_position(h.engine), 1); /* nothing was journaled, and the old policy decides */
    e.id = STR("e2");
    EXPECT_EQ(engine_submit(h.engine, &e, &r, &p), ERR_OK);
    EXPECT_EQ(r.decision.verdict, VERDICT_ALLOW);
    EXPECT_EQ(engine_set_policy(h.engine, strict_policy(memory, sizeof memory), &p), ERR_OK);
    uint64_t position = engine_position(h.engine);
    EXPECT_EQ(engine_set_policy(h.engine, strict_policy(memory, sizeof memory), &p), ERR_OK);
    EXPECT_EQ(engine_position(h.engine), position); /* it is in force already */
    e.id = STR("e3");
    EXPECT_EQ(engine_submit(h.engine, &e, &r, &p), ERR_OK);
    EXPECT_EQ(r.decision.verdict, VERDICT_CHALLENGE);
    EXPECT_STR(r.decision.policy, STR("strict@3"));
    house_settle(&h);
    expect_recovers_like(&h);
    house_close(&h, false);
}

/* A record of another version of this program, before any of ours. */
static void journal_brings(struct house *h, const struct event *e, struct str policy) {
    struct problem p = {0};
    char event_bytes[4096], decision_bytes[256];
    struct buf event = buf_over(event_bytes, sizeof event_bytes), decision = buf_over(decision_bytes, sizeof decision_bytes);
    event_encode(e, &event);
    decision_encode(&(struct decision){.policy = policy}, &decision);
    struct journal_record r = {.received_ms = START_MS, .event = buf_str(&event), .decision = buf_str(&decision)};
    uint64_t position;
    EXPECT_EQ(journal_append(h->ports.journal, &r, &position), ERR_OK);
    EXPECT(journal_seal(h->ports.journal));
    EXPECT_EQ(journal_commit(h->ports.journal, &p), ERR_OK);
}

/* A journal from an older version may bring a policy that this one refuses: it is told, and the one before decides. */
TEST(an_old_policy_that_does_not_compile_is_told) {
    struct house h;
    house_open(&h, NULL);
    static struct policy_event brought;
    struct problem p = {0};
    EXPECT_EQ(policy_event_make(&brought, STR("=== policy.toml\nname = \"old\"\nspoke = \"otherwise\"\n"), STR("old@1"), 1, START_MS, &p),
              ERR_OK);
    uint64_t count;
    journal_brings(&h, &brought.event, STR("old@1"));
    EXPECT(!engine_policy_refused(h.engine));
    EXPECT_EQ(engine_recover(h.engine, 0, &count, &p), ERR_OK);
    EXPECT(engine_policy_refused(h.engine) && strstr(engine_policy_refused(h.engine)->where, "policy.toml"));
    EXPECT(str_starts(policy_version(engine_policy(h.engine)), STR("default@")));
    char memory[1024];
    EXPECT_EQ(engine_set_policy(h.engine, strict_policy(memory, sizeof memory), &p), ERR_OK);
    EXPECT(!engine_policy_refused(h.engine)); /* a newer one took its place */
    house_close(&h, false);
}

/* The built-in model under another name: another text, and so another model. */
static struct str renamed_model(const char *name, char *memory, size_t size) {
    struct str text = model_built_in(), rest;
    struct buf b = buf_over(memory, size);
    (void)str_cut(text, '\n', &rest);
    (void)str_cut(rest, '\n', &rest);
    buf_text(&b, STR("hikeshi model 1\nname "));
    buf_fmt(&b, "%s\n", name);
    buf_text(&b, str_slice(rest, 0, str_find(rest, STR("crc32c "), 0)));
    buf_fmt(&b, "crc32c %08x\n", crc32c(0, b.at, b.size));
    return buf_str(&b);
}

TEST(a_model_takes_effect_with_the_next_event_and_survives) {
    struct house h;
    house_open(&h, NULL);
    static char memory[MODEL_TEXT_SIZE_MAX], damaged[MODEL_TEXT_SIZE_MAX];
    struct problem p = {0};
    struct str built_in = model_built_in(), other = renamed_model("other", memory, sizeof memory);
    EXPECT(engine_model(h.engine) && !engine_model_refused(h.engine));
    EXPECT_EQ(engine_set_model(h.engine, built_in, STR("kimura"), &p), ERR_OK);
    EXPECT_EQ(engine_position(h.engine), 0); /* it is in force already */
    memcpy(damaged, other.at, other.size);
    damaged[other.size / 2] ^= 1;
    EXPECT_EQ(engine_set_model(h.engine, (struct str){damaged, other.size}, STR("kimura"), &p), ERR_CORRUPT);
    EXPECT_EQ(engine_set_model(h.engine, STR("hikeshi model 2\n"), STR("kimura"), &p), ERR_UNSUPPORTED);
    EXPECT_EQ(engine_set_model(h.engine, STR("a text\n"), STR("kimura"), &p), ERR_INVALID);
    EXPECT_EQ(engine_position(h.engine), 0);
    EXPECT(!str_equal(engine_model(h.engine)->name, STR("other"))); /* the one before stays */
    EXPECT_EQ(engine_set_model(h.engine, other, STR("kimura"), &p), ERR_OK);
    EXPECT_EQ(engine_position(h.engine), 1);
    EXPECT_STR(engine_model(h.engine)->name, STR("other"));
    struct event e = one_login("e1");
    struct receipt r;
    EXPECT_EQ(engine_submit(h.engine, &e, &r, &p), ERR_OK);
    house_settle(&h);
    expect_recovers_like(&h);
    EXPECT_EQ(engine_set_model(h.engine, STR_NONE, STR("kimura"), &p), ERR_OK);
    EXPECT(!str_equal(engine_model(h.engine)->name, STR("other")));
    house_close(&h, false);
}

TEST(a_model_is_taken_back_step_by_step) {
    struct house h;
    house_open(&h, NULL);
    static char memory[2][MODEL_TEXT_SIZE_MAX];
    struct problem p = {0};
    struct str shipped = engine_model_in_force(h.engine).name;
    struct str one = renamed_model("one", memory[0], sizeof memory[0]), two = renamed_model("two", memory[1], sizeof memory[1]);
    char shipped_name[64];
    (void)snprintf(shipped_name, sizeof shipped_name, "%.*s", STR_ARGS(shipped));
    EXPECT_EQ(engine_roll_back_model(h.engine, STR("sato"), &p), ERR_CONFLICT);
    EXPECT_EQ(engine_set_model(h.engine, one, STR("kimura"), &p), ERR_OK);
    EXPECT_EQ(engine_set_model(h.engine, two, STR("kimura"), &p), ERR_OK);
    EXPECT_EQ(engine_roll_back_model(h.engine, STR("sato"), &p), ERR_OK);
    EXPECT_STR(engine_model_in_force(h.engine).name, STR("one"));
    EXPECT_EQ(engine_model_in_force(h.engine).position, 3);
    house_settle(&h);
    expect_recovers_like(&h);
    EXPECT_EQ(engine_roll_back_model(h.engine, STR("sato"), &p), ERR_OK);
    EXPECT_STR(engine_model_in_force(h.engine).name, str_from(shipped_name));
    EXPECT_EQ(engine_roll_back_model(h.engine, STR("sato"), &p), ERR_CONFLICT);
    EXPECT_EQ(engine_position(h.engine), 4);
    /* What is put in force after a rollback goes back to what the rollback put in force, not to what it took out. */
    EXPECT_EQ(engine_set_model(h.engine, two, STR("kimura"), &p), ERR_OK);
    EXPECT_EQ(engine_roll_back_model(h.engine, STR("sato"), &p), ERR_OK);
    EXPECT_STR(engine_model_in_force(h.engine).name, str_from(shipped_name));
    house_close(&h, false);
}

/* A journal from another version may bring a model that this one refuses: it is told, and the one before measures on. */
TEST(a_model_that_cannot_be_read_is_told) {
    struct house h;
    house_open(&h, NULL);
    static struct model_event brought;
    struct problem p = {0};
    EXPECT_EQ(model_event_make(&brought, &(struct model_change){.text = STR("hikeshi model 9\n"), .name = STR("late")}, 1, START_MS, &p),
              ERR_OK);
    uint64_t count;
    journal_brings(&h, &brought.event, STR("default@1"));
    const struct model *before = engine_model(h.engine);
    EXPECT_EQ(engine_recover(h.engine, 0, &count, &p), ERR_OK);
    EXPECT(engine_model_refused(h.engine) && engine_model(h.engine) == before);
    static char memory[MODEL_TEXT_SIZE_MAX];
    EXPECT_EQ(engine_set_model(h.engine, renamed_model("newer", memory, sizeof memory), STR("kimura"), &p), ERR_OK);
    EXPECT(!engine_model_refused(h.engine)); /* a newer one took its place */
    house_close(&h, false);
}

/* A shop's own block list: far larger than any event of a shop may be. */
TEST(a_policy_with_long_lists_travels_whole) {
    struct house h;
    house_open(&h, NULL);
    static char memory[POLICY_BUNDLE_SIZE_MAX], list[POLICY_BUNDLE_SIZE_MAX / 2];
    struct buf lines = buf_over(list, sizeof list), b = buf_over(memory, sizeof memory);
    for (unsigned i = 0; lines.size + 32 < sizeof list; i++) buf_fmt(&lines, "10.%u.%u.0/24\n", i / 256 % 256, i % 256);
    bundle_add(&b, STR("policy.toml"), STR("name = \"listed\"\nversion = 1\n"));
    bundle_add(&b, STR("lists/blocked.txt"), buf_str(&lines));
    struct problem p = {0};
    EXPECT_EQ(engine_set_policy(h.engine, buf_str(&b), &p), ERR_OK);
    house_settle(&h);
    EXPECT_STR(policy_version(engine_policy(h.engine)), STR("listed@1"));
    expect_recovers_like(&h);
    house_close(&h, false);
}

TEST(a_full_batch_is_refused_until_it_is_committed) {
    struct house h;
    house_open(&h, NULL);
    static char large[60 * 1024];
    memset(large, 'x', sizeof large);
    memcpy(large, "{\"x\":\"", 6);
    memcpy(large + sizeof large - 2, "\"}", 2);
    struct event e = one_login("e0");
    e.extra = (struct str){large, sizeof large};
    char id[16];
    struct receipt r;
    struct problem p = {0};
    enum err err = ERR_OK;
    for (unsigned i = 0; i < 1000 && !err; i++) {
        (void)snprintf(id, sizeof id, "e%u", i);
        e.id = str_from(id);
        err = engine_submit(h.engine, &e, &r, &p);
    }
    EXPECT_EQ(err, ERR_FULL);
    uint64_t before = engine_position(h.engine);
    house_settle(&h);
    EXPECT_EQ(engine_submit(h.engine, &e, &r, &p), ERR_OK);
    EXPECT_EQ(r.position, before + 1);
    house_close(&h, false);
}

int main(void) {
    RUN(same_stream_gives_same_answers_and_same_state);
    RUN(another_store_of_cells_decides_the_same);
    RUN(looking_ahead_changes_no_answer_and_no_state);
    RUN(replaying_the_journal_ends_in_the_live_state);
    RUN(the_same_event_twice_is_one_event);
    RUN(a_retry_after_a_restart_is_no_conflict_though_facts_were_added);
    RUN(the_kind_of_a_network_is_found_by_its_number);
    RUN(nothing_is_settled_before_its_commit);
    RUN(our_own_source_is_closed_to_others);
    RUN(a_policy_takes_effect_with_the_next_event_and_survives);
    RUN(an_old_policy_that_does_not_compile_is_told);
    RUN(a_model_takes_effect_with_the_next_event_and_survives);
    RUN(a_model_is_taken_back_step_by_step);
    RUN(a_model_that_cannot_be_read_is_told);
    RUN(a_policy_with_long_lists_travels_whole);
    RUN(a_full_batch_is_refused_until_it_is_committed);
    return test_end();
}
