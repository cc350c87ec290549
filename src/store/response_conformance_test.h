// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_RESPONSE_CONFORMANCE_TEST_H
#define STORE_RESPONSE_CONFORMANCE_TEST_H

#include "store/incident_conformance_test.h"

/*
 * What every incident store must keep of a response while it is absorbed: the second part of incident_conformance_test.h. Each pitfall that
 * others reported of stores like ours has its test here or in claim_conformance_test.h (the courier's part), named by what must hold.
 */

/* ---- rows ------------------------------------------------------------------------------------------------------------------------- */

#define INC STR("inc_9")

static struct incident_write write_of_response(uint64_t position, struct str incident, enum response_state state) {
    return (struct incident_write){.kind = WRITE_RESPONSE,
                                   .position = position,
                                   .as.response = {.incident = incident,
                                                   .account = STR("a1"),
                                                   .state = state,
                                                   .confident = true,
                                                   .confident_why = STR("the owner said so"),
                                                   .window_from_ms = 900,
                                                   .version = 3,
                                                   .effect_count = 12,
                                                   .position = position}};
}

static struct incident_write write_of_effect(uint64_t position, struct str id, struct str object, enum phase phase) {
    return (struct incident_write){.kind = WRITE_EFFECT,
                                   .position = position,
                                   .as.effect = {.id = id,
                                                 .incident = INC,
                                                 .account = STR("a1"),
                                                 .kind = STR("order"),
                                                 .object = object,
                                                 .state = STR("holding"),
                                                 .phase = phase,
                                                 .whose = WHOSE_HIJACKER,
                                                 .go = true,
                                                 .amount_minor = -500,
                                                 .currency = "JPY",
                                                 .version = 1,
                                                 .generation = 1,
                                                 .position = position}};
}

static struct incident_write write_of_step(uint64_t position, struct str id, int lane, int64_t run_ms) {
    return (struct incident_write){.kind = WRITE_STEP,
                                   .position = position,
                                   .as.step = {.id = id,
                                               .effect = STR("inc_9/e1"),
                                               .incident = INC,
                                               .account = STR("a1"),
                                               .system = STR("payment"),
                                               .verb = STR("undo"),
                                               .how = STR("refund"),
                                               .request = STR("{\"charge\":\"c1\"}"),
                                               .lane = lane,
                                               .generation = 1,
                                               .run_ms = run_ms,
                                               .created_ms = 10,
                                               .position = position}};
}

static struct incident_write write_of_task(uint64_t position, struct str id, int64_t due_ms) {
    return (struct incident_write){
        .kind = WRITE_TASK,
        .position = position,
        .as.task = {.id = id, .incident = INC, .kind = STR("refund"), .asks = STR("refund it"), .people = 2, .due_ms = due_ms}};
}

/* A line of inc_9/e1. */
static struct incident_write write_of_line(uint64_t position, uint32_t number, int64_t amount_minor) {
    return (struct incident_write){
        .kind = WRITE_LEDGER,
        .position = position,
        .as.ledger = {.incident = INC, .effect = STR("inc_9/e1"), .number = number, .amount_minor = amount_minor, .position = position}};
}

static struct incident_write write_of_audit(uint64_t position, struct str incident, struct str body) {
    return (struct incident_write){.kind = WRITE_AUDIT,
                                   .position = position,
                                   .as.audit = {.incident = incident,
                                                .at_ms = (int64_t)position,
                                                .actor = STR("hikeshi"),
                                                .what = STR("effect_state"),
                                                .body = body,
                                                .position = position}};
}

static enum err commit_one(struct incident_store s, struct incident_write w) {
    return commit_rows(s, &w, 1, w.position);
}

/* A false alarm is still being taken back while the account is attacked anew. */
TEST(latest_open_response_of_an_account_is_told) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write writes[] = {write_of_response(1, INC, RESPONSE_RESTORING), write_of_response(1, STR("inc_2"), RESPONSE_OPEN)};
    writes[1].as.response.decided_ms = writes[0].as.response.decided_ms + 1;
    EXPECT_EQ(s.ops->commit(s.self, writes, 2, 1, NULL), ERR_OK);
    struct arena step = arena_over(conformance_memory, sizeof conformance_memory);
    struct response_row row;
    EXPECT_EQ(s.ops->open_response(s.self, SIGHT_SETTLED, writes[0].as.response.account, &step, &row), ERR_OK);
    EXPECT_STR(row.incident, STR("inc_2"));
    EXPECT_EQ(commit_one(s, write_of_response(2, STR("inc_2"), RESPONSE_CLOSED)), ERR_OK);
    EXPECT_EQ(s.ops->open_response(s.self, SIGHT_SETTLED, writes[0].as.response.account, &step, &row), ERR_OK);
    EXPECT_STR(row.incident, INC);
    conformance_backend->close(&s);
}

/* ---- absorbing -------------------------------------------------------------------------------------------------------------------- */

TEST(response_rows_come_back_by_every_question) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write writes[] = {
        write_of_response(9, INC, RESPONSE_OPEN),
        write_of_effect(9, STR("inc_9/e10"), STR("order:o10"), PHASE_VERIFIED),
        write_of_effect(9, STR("inc_9/e2"), STR("order:o2"), PHASE_CONTAINING),
        write_of_step(9, STR("inc_9/e1/undo.refund/1"), LANE_UNDO, 50),
        write_of_task(9, STR("inc_9/t1"), 70),
        {.kind = WRITE_LEDGER,
         .position = 9,
         .as.ledger = {.incident = INC, .effect = STR("inc_9/e2"), .number = 1, .kind = LEDGER_RETURNED, .amount_minor = 500}},
        {.kind = WRITE_NOTICE, .position = 9, .as.notice = {.id = STR("inc_9/n1"), .incident = INC, .audience = STR("owner")}},
        {.kind = WRITE_HOLD, .position = 9, .as.hold = {.order = STR("o2"), .incident = INC, .epoch = 9, .held_ms = 5}},
        {.kind = WRITE_PROOF, .position = 9, .as.proof = {.incident = INC, .effect = STR("inc_9/e2"), .number = 1, .ok = true}},
        write_of_audit(9, INC, STR("{}")),
    };
    EXPECT_EQ(commit_rows(s, writes, sizeof writes / sizeof writes[0], 9), ERR_OK);

    struct arena step = conformance_step();
    struct response_row response;
    EXPECT_EQ(s.ops->find_response(s.self, SIGHT_SETTLED, INC, &step, &response), ERR_OK);
    EXPECT(response.confident && response.state == RESPONSE_OPEN && response.effect_count == 12);
    EXPECT_EQ(s.ops->open_response(s.self, SIGHT_SETTLED, STR("a1"), &step, &response), ERR_OK);
    EXPECT_EQ(s.ops->open_response(s.self, SIGHT_SETTLED, STR("a2"), &step, &response), ERR_NOT_FOUND);

    struct effect_row effect, *effects;
    size_t count;
    EXPECT_EQ(s.ops->find_effect(s.self, SIGHT_SETTLED, STR("inc_9/e2"), &step, &effect), ERR_OK);
    EXPECT(effect.go && !effect.from_owner && effect.phase == PHASE_CONTAINING && effect.whose == WHOSE_HIJACKER);
    EXPECT_EQ(effect.amount_minor, -500);
    EXPECT_STR(str_from(effect.currency), STR("JPY"));
    EXPECT_EQ(s.ops->effects(s.self, SIGHT_SETTLED, &(struct effect_query){.incident = INC, .count_max = 9}, &step, &effects, &count),
              ERR_OK);
    EXPECT_EQ(count, 2);
    EXPECT_STR(effects[0].id, STR("inc_9/e2")); /* by number, not by letters */
    EXPECT_EQ(s.ops->effects(s.self, SIGHT_SETTLED, &(struct effect_query){.open = true, .count_max = 9}, &step, &effects, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    struct effect_query about = {.object = STR("order:o10"), .count_max = 9};
    EXPECT_EQ(s.ops->effects(s.self, SIGHT_SETTLED, &about, &step, &effects, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    about.open = true;
    EXPECT_EQ(s.ops->effects(s.self, SIGHT_SETTLED, &about, &step, &effects, &count), ERR_OK);
    EXPECT_EQ(count, 0);

    struct step_row *steps;
    struct step_row one;
    EXPECT_EQ(s.ops->find_step(s.self, SIGHT_SETTLED, STR("inc_9/e1/undo.refund/1"), &step, &one), ERR_OK);
    EXPECT_STR(one.request, STR("{\"charge\":\"c1\"}"));
    EXPECT_EQ(s.ops->steps(s.self, SIGHT_SETTLED, INC, &step, &steps, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(s.ops->steps(s.self, SIGHT_SETTLED, STR("inc_9/e2"), &step, &steps, &count), ERR_OK);
    EXPECT_EQ(count, 0);

    struct task_row task, *tasks;
    EXPECT_EQ(s.ops->find_task(s.self, SIGHT_SETTLED, STR("inc_9/t1"), &step, &task), ERR_OK);
    EXPECT_EQ(task.people, 2);
    EXPECT_EQ(s.ops->tasks(s.self, SIGHT_SETTLED, STR_NONE, &step, &tasks, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(s.ops->tasks(s.self, SIGHT_SETTLED, INC, &step, &tasks, &count), ERR_OK);
    EXPECT_EQ(count, 1);

    struct ledger_row *lines;
    EXPECT_EQ(s.ops->ledger(s.self, SIGHT_SETTLED, INC, &step, &lines, &count), ERR_OK);
    EXPECT(count == 1 && lines[0].kind == LEDGER_RETURNED && lines[0].amount_minor == 500);
    struct notice_row *notices;
    EXPECT_EQ(s.ops->notices(s.self, SIGHT_SETTLED, INC, &step, &notices, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    struct proof_row *proofs;
    EXPECT_EQ(s.ops->proofs(s.self, SIGHT_SETTLED, INC, &step, &proofs, &count), ERR_OK);
    EXPECT(count == 1 && proofs[0].ok);
    struct hold_row hold, *holds;
    EXPECT_EQ(s.ops->holds(s.self, SIGHT_SETTLED, INC, &step, &holds, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(s.ops->hold(s.self, STR("o2"), &step, &hold), ERR_OK);
    EXPECT(hold.epoch == 9 && hold.held_ms == 5 && !hold.released_ms);
    EXPECT_EQ(s.ops->hold(s.self, STR("o3"), &step, &hold), ERR_NOT_FOUND);
    conformance_backend->close(&s);
}

/* ---- sights ----------------------------------------------------------------------------------------------------------------------- */

/* What one sight sees of INC, each by its own question: a bit for every kind of row. */
static unsigned seen_of(struct incident_store s, enum sight sight) {
    struct arena step = conformance_step();
    struct response_row response;
    struct effect_row effect, *effects;
    struct step_row one, *steps;
    struct task_row task, *tasks;
    struct ledger_row *lines;
    struct hold_row *holds;
    const struct effect_query of_incident = {.incident = INC, .count_max = 9};
    size_t count = 0;
    unsigned seen = 0, bit = 0;
#define SEE(found) seen |= (unsigned)(found) << bit++
    SEE(s.ops->find_response(s.self, sight, INC, &step, &response) == ERR_OK);
    SEE(s.ops->open_response(s.self, sight, STR("a1"), &step, &response) == ERR_OK);
    SEE(s.ops->find_effect(s.self, sight, STR("inc_9/e1"), &step, &effect) == ERR_OK);
    SEE(s.ops->effects(s.self, sight, &of_incident, &step, &effects, &count) == ERR_OK && count);
    SEE(s.ops->find_step(s.self, sight, STR("s1"), &step, &one) == ERR_OK);
    SEE(s.ops->steps(s.self, sight, INC, &step, &steps, &count) == ERR_OK && count);
    SEE(s.ops->find_task(s.self, sight, STR("inc_9/t1"), &step, &task) == ERR_OK);
    SEE(s.ops->tasks(s.self, sight, INC, &step, &tasks, &count) == ERR_OK && count);
    SEE(s.ops->ledger(s.self, sight, INC, &step, &lines, &count) == ERR_OK && count);
    SEE(s.ops->holds(s.self, sight, INC, &step, &holds, &count) == ERR_OK && count);
#undef SEE
    return seen;
}
#define SEES_ALL 0x3FFU

static size_t put_one_of_each(struct incident_store s) {
    struct problem p = {0};
    struct incident_write writes[] = {
        write_of_incident(1, INC, STR("a1")),
        write_of_response(1, INC, RESPONSE_OPEN),
        write_of_effect(1, STR("inc_9/e1"), STR("order:o1"), PHASE_FOUND),
        write_of_step(1, STR("s1"), LANE_ACCESS, 0),
        write_of_task(1, STR("inc_9/t1"), 70),
        write_of_line(1, 1, 500),
        {.kind = WRITE_HOLD, .position = 1, .as.hold = {.order = STR("o1"), .incident = INC, .epoch = 1, .held_ms = 5}},
    };
    EXPECT_EQ(s.ops->put(s.self, writes, sizeof writes / sizeof writes[0], &p), ERR_OK);
    return sizeof writes / sizeof writes[0];
}

/* Who absorbs sees what he has written; whoever looks from outside sees nothing of it, and the gate neither, until all of it is durable. */
TEST(an_open_transaction_is_seen_from_within_only) {
    struct incident_store s = conformance_backend->open(true);
    struct problem p = {0};
    uint64_t absorbed = 9;
    struct arena step = conformance_step();
    struct incident_row row;
    struct step_row *steps;
    struct hold_row hold;
    size_t count = 0;
    EXPECT_EQ(s.ops->begin(s.self, &absorbed, &p), ERR_OK);
    EXPECT_EQ(absorbed, 0);
    EXPECT_EQ(put_one_of_each(s), 7);
    EXPECT_EQ(seen_of(s, SIGHT_WITHIN), SEES_ALL);
    EXPECT_EQ(s.ops->find_within(s.self, INC, &step, &row), ERR_OK);
    EXPECT_EQ(s.ops->steps_unsettled(s.self, INC, &step, &steps, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    if (conformance_backend->durable) { /* in memory there is one connection, and this thread has it */
        EXPECT_EQ(seen_of(s, SIGHT_SETTLED), 0);
        EXPECT_EQ(s.ops->find(s.self, INC, &step, &row), ERR_NOT_FOUND);
        EXPECT_EQ(s.ops->hold(s.self, STR("o1"), &step, &hold), ERR_NOT_FOUND);
        EXPECT_EQ(absorbed_of(s), 0);
    }
    EXPECT_EQ(s.ops->finish(s.self, 1, &p), ERR_OK);
    EXPECT_EQ(seen_of(s, SIGHT_SETTLED), SEES_ALL);
    EXPECT_EQ(s.ops->hold(s.self, STR("o1"), &step, &hold), ERR_OK);
    conformance_backend->close(&s);
}

/* What was given up may be taken up again; of what is done or canceled it is known. */
TEST(steps_of_which_nobody_knows_are_told) {
    struct incident_store s = conformance_backend->open(true);
    struct problem p = {0};
    struct incident_write writes[4];
    const char *const ids[] = {"s1", "s2", "s3", "s4"};
    static const enum step_state states[] = {STEP_UNKNOWN, STEP_HUMAN, STEP_DONE, STEP_CANCELED};
    for (size_t i = 0; i < 4; i++) writes[i] = write_of_step(1, str_from(ids[i]), LANE_UNDO, 0), writes[i].as.step.state = states[i];
    struct arena step = conformance_step();
    struct step_row *rows;
    size_t count = 0;
    uint64_t absorbed;
    EXPECT_EQ(commit_rows(s, writes, 4, 1), ERR_OK);
    EXPECT_EQ(s.ops->begin(s.self, &absorbed, &p), ERR_OK);
    EXPECT_EQ(s.ops->steps_unsettled(s.self, INC, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 2);
    EXPECT(count == 2 && rows[0].state == STEP_UNKNOWN && rows[1].state == STEP_HUMAN);
    s.ops->abandon(s.self);
    conformance_backend->close(&s);
}

TEST(an_abandoned_transaction_leaves_nothing) {
    struct incident_store s = conformance_backend->open(true);
    struct problem p = {0};
    uint64_t absorbed = 9;
    EXPECT_EQ(s.ops->begin(s.self, &absorbed, &p), ERR_OK);
    EXPECT_EQ(put_one_of_each(s), 7);
    s.ops->abandon(s.self);
    s.ops->abandon(s.self); /* once more does no harm */
    EXPECT_EQ(seen_of(s, SIGHT_SETTLED), 0);
    EXPECT_EQ(absorbed_of(s), 0);
    conformance_backend->close(&s);
}

/* The caller may overlook the error of a put: what follows it is refused, too, and nothing is kept. */
TEST(a_failed_put_dooms_its_transaction) {
    struct incident_store s = conformance_backend->open(true);
    struct problem p = {0};
    uint64_t absorbed;
    struct incident_write good = write_of_effect(1, STR("inc_9/e1"), STR("o1"), PHASE_FOUND);
    struct incident_write bad = write_of_event(1, STR("inc_none"), 1, WHOSE_OWNER);
    EXPECT_EQ(s.ops->begin(s.self, &absorbed, &p), ERR_OK);
    EXPECT_EQ(s.ops->put(s.self, &good, 1, &p), ERR_OK);
    EXPECT_EQ(s.ops->put(s.self, &bad, 1, &p), ERR_CONFLICT);
    EXPECT_EQ(s.ops->put(s.self, &good, 1, &p), ERR_CONFLICT);
    EXPECT_EQ(s.ops->finish(s.self, 1, &p), ERR_CONFLICT);
    EXPECT_EQ(seen_of(s, SIGHT_SETTLED), 0);
    EXPECT_EQ(absorbed_of(s), 0);
    EXPECT_EQ(commit_one(s, good), ERR_OK); /* and it goes on */
    conformance_backend->close(&s);
}

/* ---- replay ----------------------------------------------------------------------------------------------------------------------- */

static size_t lines_of(struct incident_store s, struct arena *step, struct ledger_row **lines) {
    size_t count = SIZE_MAX;
    EXPECT_EQ(s.ops->ledger(s.self, SIGHT_SETTLED, INC, step, lines, &count), ERR_OK);
    return count;
}

static size_t chain_of(struct incident_store s, struct str incident, struct arena *step, struct audit_row **chain) {
    size_t count = SIZE_MAX;
    EXPECT_EQ(s.ops->audit(s.self, SIGHT_SETTLED, incident, step, chain, &count), ERR_OK);
    return count;
}

TEST(a_repetition_adds_nothing) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write batch[] = {write_of_line(1, 1, 500), write_of_audit(1, INC, STR("{}")),
                                     write_of_effect(1, STR("inc_9/e1"), STR("o1"), PHASE_FOUND)};
    struct incident_write later = write_of_effect(2, STR("inc_9/e1"), STR("o1"), PHASE_CONTAINED);
    EXPECT_EQ(commit_rows(s, batch, 3, 1), ERR_OK);
    EXPECT_EQ(commit_rows(s, batch, 3, 1), ERR_OK); /* its answer was lost */
    EXPECT_EQ(commit_one(s, later), ERR_OK);
    EXPECT_EQ(commit_rows(s, batch, 3, 2), ERR_OK);           /* from the journal, cut elsewhere */
    EXPECT_EQ(commit_rows(s, batch, 3, 3), ERR_OK);           /* and with what is new */
    EXPECT_EQ(commit_one(s, write_of_line(4, 1, 7)), ERR_OK); /* the stored line wins for ever */
    EXPECT_EQ(commit_one(s, write_of_audit(5, INC, STR("{}"))), ERR_OK);

    struct arena step = conformance_step();
    struct ledger_row *lines;
    struct audit_row *chain;
    struct effect_row effect;
    EXPECT_EQ(lines_of(s, &step, &lines), 1);
    EXPECT_EQ(lines[0].amount_minor, 500);
    EXPECT_EQ(chain_of(s, INC, &step, &chain), 2);
    EXPECT(chain[0].number == 1 && chain[1].number == 2 && chain[1].position == 5);
    EXPECT_EQ(s.ops->find_effect(s.self, SIGHT_SETTLED, STR("inc_9/e1"), &step, &effect), ERR_OK);
    EXPECT_EQ(effect.phase, PHASE_CONTAINED); /* not back to FOUND */
    EXPECT_EQ(absorbed_of(s), 5);
    conformance_backend->close(&s);
}

#define HISTORY 40

/* What a journal of HISTORY records makes of a store: a line, a link of the chain and a new phase of one effect for each. */
static void write_record(uint64_t position, struct incident_write out[3]) {
    out[0] = write_of_line(position, (uint32_t)position, (int64_t)position);
    out[1] = write_of_audit(position, INC, STR("{}"));
    out[2] = write_of_effect(position, STR("inc_9/e1"), STR("o1"), (enum phase)(position % PHASE_COUNT));
}

static enum err absorb_records(struct incident_store s, uint64_t from, uint64_t to) {
    struct incident_write writes[3 * HISTORY];
    size_t count = 0;
    for (uint64_t at = from; at <= to; at++, count += 3) write_record(at, &writes[count]);
    return commit_rows(s, writes, count, to);
}

/* Batches of any size that begin anywhere at or before what is absorbed, as after crashes: the end is the same, to the hash. */
TEST(any_cut_of_the_journal_ends_the_same) {
    char straight[64] = "";
    for (uint64_t seed = 0; seed < 8; seed++) {
        uint64_t random = seed;
        struct incident_store s = conformance_backend->open(true);
        for (uint64_t at = 0; at < HISTORY; at = absorbed_of(s)) {
            uint64_t from = seed ? at - test_random(&random) % (at + 1) + 1 : 1, to = seed ? from + test_random(&random) % 12 : HISTORY;
            EXPECT_EQ(absorb_records(s, from, to < HISTORY ? to : HISTORY), ERR_OK);
        }
        struct arena step = conformance_step();
        struct audit_row *chain;
        struct ledger_row *lines;
        struct effect_row effect;
        EXPECT_EQ(lines_of(s, &step, &lines), HISTORY);
        EXPECT_EQ(chain_of(s, INC, &step, &chain), HISTORY);
        EXPECT_EQ(chain[HISTORY - 1].hash.size, sizeof straight);
        if (!seed) memcpy(straight, chain[HISTORY - 1].hash.at, sizeof straight);
        EXPECT_STR(chain[HISTORY - 1].hash, ((struct str){straight, sizeof straight}));
        EXPECT_EQ(s.ops->find_effect(s.self, SIGHT_SETTLED, STR("inc_9/e1"), &step, &effect), ERR_OK);
        EXPECT_EQ(effect.phase, HISTORY % PHASE_COUNT);
        conformance_backend->close(&s);
    }
}

/* ---- people ----------------------------------------------------------------------------------------------------------------------- */

/* Four eyes are in the schema: whatever the rooms think, a task of two cannot be approved by one. */
TEST(one_person_is_not_two) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write task = write_of_task(1, STR("inc_9/t1"), 0);
    task.as.task.approved_by = STR("mika");
    EXPECT_EQ(commit_one(s, task), ERR_CONFLICT); /* nobody proposed it */
    task.as.task.proposed_by = STR("mika");
    EXPECT_EQ(commit_one(s, task), ERR_CONFLICT);
    EXPECT_EQ(absorbed_of(s), 0);
    task.as.task.proposed_by = STR("ren");
    EXPECT_EQ(commit_one(s, task), ERR_OK);
    task = write_of_task(2, STR("inc_9/t1"), 0); /* nor by a change of what is stored */
    task.as.task.proposed_by = task.as.task.approved_by = STR("ren");
    EXPECT_EQ(commit_one(s, task), ERR_CONFLICT);
    struct incident_write alone = write_of_task(2, STR("inc_9/t2"), 0);
    alone.as.task.people = 1;
    alone.as.task.approved_by = STR("mika");
    EXPECT_EQ(commit_one(s, alone), ERR_OK);
    alone.position = 3;
    alone.as.task.people = 0; /* less than one is not a loophole */
    EXPECT_EQ(commit_one(s, alone), ERR_CONFLICT);
    conformance_backend->close(&s);
}

/* ---- notices ---------------------------------------------------------------------------------------------------------------------- */

static struct incident_write write_of_notice(uint64_t position, struct str id, const char *audience, int64_t written_ms) {
    return (struct incident_write){.kind = WRITE_NOTICE,
                                   .position = position,
                                   .as.notice = {.id = id,
                                                 .incident = INC,
                                                 .account = STR("a1"),
                                                 .audience = str_from(audience),
                                                 .subject = STR("first"),
                                                 .facts = STR("{}"),
                                                 .created_ms = 5,
                                                 .position = position,
                                                 .written_ms = written_ms}};
}

/* All of it is kept as it was put, and what is taken back is gone: a bounce makes an accepted notice one that nobody has taken. */
TEST(a_notice_is_as_it_was_put_last) {
    struct incident_store s = conformance_backend->open(true);
    struct arena step = conformance_step();
    struct notice_row row;
    struct incident_write w = write_of_notice(1, STR("inc_9/n1"), "owner", 0);
    w.as.notice.due_ms = 70, w.as.notice.version = 1;
    EXPECT_EQ(commit_one(s, w), ERR_OK);
    EXPECT_EQ(s.ops->find_notice(s.self, SIGHT_SETTLED, STR("inc_9/n1"), &step, &row), ERR_OK);
    EXPECT(row.state == NOTICE_HELD && row.due_ms == 70 && row.version == 1 && !row.written_ms && !row.text.size);
    w.position = 2;
    w.as.notice.state = NOTICE_ACCEPTED, w.as.notice.version = 3, w.as.notice.due_ms = 0;
    w.as.notice.language = STR("ja"), w.as.notice.title = STR("重要"), w.as.notice.text = STR("本文\n"),
    w.as.notice.code = STR("4F8K-2M7Q");
    w.as.notice.channels = STR("email=accepted sms"), w.as.notice.accepted_by = STR("email");
    w.as.notice.written_ms = 6, w.as.notice.accepted_ms = 7;
    EXPECT_EQ(commit_one(s, w), ERR_OK);
    EXPECT_EQ(s.ops->find_notice(s.self, SIGHT_SETTLED, STR("inc_9/n1"), &step, &row), ERR_OK);
    EXPECT(row.state == NOTICE_ACCEPTED && row.due_ms == 0 && row.version == 3 && row.written_ms == 6 && row.accepted_ms == 7);
    EXPECT_STR(row.title, STR("重要"));
    EXPECT_STR(row.text, STR("本文\n"));
    EXPECT_STR(row.channels, STR("email=accepted sms"));
    EXPECT_STR(row.accepted_by, STR("email"));
    w.position = 3;
    w.as.notice.state = NOTICE_OUT, w.as.notice.version = 4;
    w.as.notice.channels = STR("email=failed sms"), w.as.notice.accepted_by = STR_NONE, w.as.notice.accepted_ms = 0;
    EXPECT_EQ(commit_one(s, w), ERR_OK);
    w.position = 4;
    w.as.notice.state = NOTICE_READ, w.as.notice.version = 5, w.as.notice.read_ms = 9, w.as.notice.read_by = STR("code");
    w.as.notice.into = STR("inc_9/n2");
    EXPECT_EQ(commit_one(s, w), ERR_OK);
    EXPECT_EQ(s.ops->find_notice(s.self, SIGHT_SETTLED, STR("inc_9/n1"), &step, &row), ERR_OK);
    EXPECT(row.state == NOTICE_READ && !row.accepted_ms && !row.accepted_by.size && row.read_ms == 9);
    EXPECT_STR(row.read_by, STR("code"));
    EXPECT_STR(row.into, STR("inc_9/n2"));
    EXPECT_EQ(s.ops->find_notice(s.self, SIGHT_SETTLED, STR("inc_9/n9"), &step, &row), ERR_NOT_FOUND);
    conformance_backend->close(&s);
}

TEST(a_code_names_one_notice) {
    struct incident_store s = conformance_backend->open(true);
    struct arena step = conformance_step();
    struct notice_row row;
    struct incident_write writes[] = {write_of_notice(1, STR("inc_9/n1"), "owner", 5), write_of_notice(1, STR("inc_9/n2"), "owner", 5),
                                      write_of_notice(1, STR("inc_9/n3"), "owner", 0)};
    writes[0].as.notice.code = STR("4F8K-2M7Q"), writes[1].as.notice.code = STR("0000-0001");
    EXPECT_EQ(commit_rows(s, writes, 3, 1), ERR_OK);
    EXPECT_EQ(s.ops->find_code(s.self, STR("0000-0001"), &step, &row), ERR_OK);
    EXPECT_STR(row.id, STR("inc_9/n2"));
    EXPECT_EQ(s.ops->find_code(s.self, STR("0000-0002"), &step, &row), ERR_NOT_FOUND);
    EXPECT_EQ(s.ops->find_code(s.self, STR_NONE, &step, &row), ERR_NOT_FOUND); /* not the one that has none yet */
    EXPECT_EQ(s.ops->find_code(s.self, STR("4f8k-2m7q"), &step, &row), ERR_NOT_FOUND);
    conformance_backend->close(&s);
}

/* What was written to the owner of the account: nothing that is held, of people of the shop, of a stranger, or of another account. */
TEST(the_message_centre_has_what_the_owner_was_told) {
    struct incident_store s = conformance_backend->open(true);
    struct arena step = conformance_step();
    struct notice_row *rows;
    size_t count;
    struct incident_write writes[] = {
        write_of_notice(1, STR("inc_9/n1"), "owner", 50),      write_of_notice(1, STR("inc_9/n2"), "owner", 70),
        write_of_notice(1, STR("inc_9/n3"), "owner", 0),       write_of_notice(1, STR("inc_9/n4"), "operator", 60),
        write_of_notice(1, STR("inc_9/n5"), "stranger", 60),   write_of_notice(1, STR("inc_8/n1"), "owner", 60),
        write_of_notice(1, STR("inc_7/nreport1"), "owner", 10)};
    writes[5].as.notice.account = STR("a2");
    writes[6].as.notice.incident = STR("inc_7"); /* an earlier case of his */
    EXPECT_EQ(commit_rows(s, writes, sizeof writes / sizeof writes[0], 1), ERR_OK);
    EXPECT_EQ(s.ops->messages(s.self, STR("a1"), 9, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 3);
    EXPECT_STR(rows[0].id, STR("inc_9/n2"));
    EXPECT_STR(rows[1].id, STR("inc_9/n1"));
    EXPECT_STR(rows[2].id, STR("inc_7/nreport1"));
    EXPECT_EQ(s.ops->messages(s.self, STR("a1"), 1, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    EXPECT_STR(rows[0].id, STR("inc_9/n2"));
    EXPECT_EQ(s.ops->messages(s.self, STR("a3"), 9, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 0);
    conformance_backend->close(&s);
}

TEST(a_notice_has_its_timer) {
    struct incident_store s = conformance_backend->open(true);
    struct arena step = conformance_step();
    struct due_row *rows;
    size_t count;
    int64_t next = 0;
    struct incident_write w = write_of_notice(1, STR("inc_9/nreport1"), "owner", 0);
    w.as.notice.due_ms = 70, w.as.notice.version = 2;
    EXPECT_EQ(commit_one(s, w), ERR_OK);
    EXPECT_EQ(s.ops->next_due_ms(s.self, &next), ERR_OK);
    EXPECT_EQ(next, 70);
    EXPECT_EQ(s.ops->due(s.self, 69, 9, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 0);
    EXPECT_EQ(s.ops->due(s.self, 70, 9, &step, &rows, &count), ERR_OK);
    EXPECT(count == 1 && rows[0].version == 2 && rows[0].due_ms == 70);
    EXPECT_STR(rows[0].about, STR("inc_9/nreport1"));
    EXPECT_STR(rows[0].incident, INC);
    EXPECT_STR(rows[0].account, STR("a1"));
    w.position = 2, w.as.notice.due_ms = 0, w.as.notice.version = 3;
    EXPECT_EQ(commit_one(s, w), ERR_OK);
    EXPECT_EQ(s.ops->due(s.self, 1000, 9, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 0);
    EXPECT_EQ(s.ops->next_due_ms(s.self, &next), ERR_OK);
    EXPECT_EQ(next, 0);
    conformance_backend->close(&s);
}

/* ---- the audit chain -------------------------------------------------------------------------------------------------------------- */

/* Two chains, a row of each in turn; more than one page of the walk. */
static void append_chains(struct incident_store s) {
    for (uint64_t at = 1; at <= 300; at += 50) {
        struct incident_write writes[50];
        for (uint64_t i = 0; i < 50; i++) writes[i] = write_of_audit(at + i, (at + i) % 2 ? INC : STR("inc_1"), STR("{}"));
        EXPECT_EQ(commit_rows(s, writes, 50, at + 49), ERR_OK);
    }
}

/*
 * All but one: the newest links of a chain can be cut off without a trace in it, for nothing follows from them (docs/formats/audit.md).
 */
TEST(any_change_of_an_audit_chain_is_found) {
    static const char *const changes[] = {
        "UPDATE audit SET body = '{\"x\":1}' WHERE number = 2",
        "UPDATE audit SET at_ms = at_ms + 1 WHERE number = 1",
        "UPDATE audit SET actor = 'owner' WHERE number = 3",
        "UPDATE audit SET what = 'told' WHERE number = 149",
        "UPDATE audit SET position = 77 WHERE number = 2",
        "UPDATE audit SET incident = 'inc_2' WHERE number = 150 AND incident = 'inc_1'",
        "UPDATE audit SET number = 151 WHERE number = 150",
        "DELETE FROM audit WHERE number = 2 AND incident = 'inc_9'",
        "DELETE FROM audit WHERE number = 1",
        "UPDATE audit SET prev_hash = hash WHERE number = 2",
        "UPDATE audit SET hash = prev_hash WHERE number = 150",
        "INSERT INTO audit SELECT incident, 151, at_ms, actor, what, body, prev_hash, hash, position FROM audit WHERE number = 150",
    };
    struct incident_store s = conformance_backend->open(true);
    struct problem p = {0};
    append_chains(s);
    EXPECT_EQ(conformance_backend->verify(&s, &p), ERR_OK);
    conformance_backend->close(&s);
    for (size_t i = 0; conformance_backend->meddle && i < sizeof changes / sizeof changes[0]; i++) {
        s = conformance_backend->open(true);
        append_chains(s);
        conformance_backend->meddle(changes[i]);
        enum err err = conformance_backend->verify(&s, &p);
        if (err != ERR_CORRUPT) printf("not found: %s\n", changes[i]);
        EXPECT_EQ(err, ERR_CORRUPT);
        EXPECT(strstr(p.what, "audit chain of inc_") != NULL);
        conformance_backend->close(&s);
    }
}

static void response_conformance(const struct incident_backend *backend) {
    conformance_backend = backend;
    RUN(latest_open_response_of_an_account_is_told);
    RUN(response_rows_come_back_by_every_question);
    RUN(an_open_transaction_is_seen_from_within_only);
    RUN(steps_of_which_nobody_knows_are_told);
    RUN(an_abandoned_transaction_leaves_nothing);
    RUN(a_failed_put_dooms_its_transaction);
    RUN(a_repetition_adds_nothing);
    RUN(any_cut_of_the_journal_ends_the_same);
    RUN(one_person_is_not_two);
    RUN(a_notice_is_as_it_was_put_last);
    RUN(a_code_names_one_notice);
    RUN(the_message_centre_has_what_the_owner_was_told);
    RUN(a_notice_has_its_timer);
    RUN(any_change_of_an_audit_chain_is_found);
}

#endif
