// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_RESPONSE_CONFORMANCE_TEST_H
#define STORE_RESPONSE_CONFORMANCE_TEST_H

#include <pthread.h>

#include "store/incident_conformance_test.h"

/*
 * What every incident store must keep of a response: the second half of incident_conformance_test.h, run by it. Each pitfall that others
 * reported of stores like ours has its test here, named by what must not happen.
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

/* Steps of "payment" below `lane_end` that are due at `now_ms`. */
static size_t claim_at(struct incident_store s, int64_t now_ms, int lane_end, struct arena *step, struct step_row **rows) {
    struct claim c = {
        .owner = STR("w1"), .now_ms = now_ms, .lease_ms = 100, .lane_end = lane_end, .system = STR("payment"), .count_max = 64};
    size_t count = SIZE_MAX;
    struct problem p = {0};
    EXPECT_EQ(s.ops->claim(s.self, &c, step, rows, &count, &p), ERR_OK);
    return count;
}

static bool report_as(struct incident_store s, struct str id, uint64_t fence, enum step_state state, int64_t run_ms) {
    struct problem p = {0};
    struct step_report r = {.step = id,
                            .fence = fence,
                            .state = state,
                            .generation = 1,
                            .run_ms = run_ms,
                            .outcome = state == STEP_ANSWERED ? STEP_OUTCOME_DONE : STEP_OUTCOME_NONE,
                            .answer = state == STEP_ANSWERED ? STR("{\"ok\":true}") : STR_NONE,
                            .last_error = STR_NONE};
    EXPECT_EQ(s.ops->report(s.self, &r, 1, &p), ERR_OK);
    return r.accepted;
}

static struct step_row step_of(struct incident_store s, struct str id, struct arena *step) {
    struct step_row row = {0};
    EXPECT_EQ(s.ops->find_step(s.self, SIGHT_SETTLED, id, step, &row), ERR_OK);
    return row;
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
    EXPECT_STR(step_of(s, STR("inc_9/e1/undo.refund/1"), &step).request, STR("{\"charge\":\"c1\"}"));
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
    EXPECT_EQ(s.ops->notices(s.self, INC, &step, &notices, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    struct proof_row *proofs;
    EXPECT_EQ(s.ops->proofs(s.self, INC, &step, &proofs, &count), ERR_OK);
    EXPECT(count == 1 && proofs[0].ok);
    struct hold_row hold, *holds;
    EXPECT_EQ(s.ops->holds(s.self, SIGHT_SETTLED, INC, &step, &holds, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(s.ops->hold(s.self, STR("o2"), &step, &hold), ERR_OK);
    EXPECT(hold.epoch == 9 && hold.held_ms == 5 && !hold.released_ms);
    EXPECT_EQ(s.ops->hold(s.self, STR("o3"), &step, &hold), ERR_NOT_FOUND);
    conformance_backend->close(&s);
}

TEST(claims_come_by_lane_then_time) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write writes[] = {write_of_step(1, STR("s4"), LANE_UNDO, 10), write_of_step(1, STR("s3"), LANE_GOODS, 30),
                                      write_of_step(1, STR("s2"), LANE_GOODS, 20), write_of_step(1, STR("s1"), LANE_ACCESS, 40),
                                      write_of_step(1, STR("late"), LANE_ACCESS, 1001)};
    EXPECT_EQ(commit_rows(s, writes, 5, 1), ERR_OK);
    struct arena step = conformance_step();
    struct step_row *rows;
    EXPECT_EQ(claim_at(s, 1000, LANE_CONTAIN_END, &step, &rows), 3);
    EXPECT_STR(rows[0].id, STR("s1"));
    EXPECT_STR(rows[1].id, STR("s2"));
    EXPECT_STR(rows[2].id, STR("s3"));
    EXPECT(rows[0].state == STEP_READY && rows[0].fence == 1 && rows[0].attempts == 1 && rows[0].first_sent_ms == 1000);
    EXPECT_EQ(claim_at(s, 1000, 100, &step, &rows), 1); /* the rest */
    EXPECT_STR(rows[0].id, STR("s4"));
    EXPECT(report_as(s, STR("s1"), 1, STEP_ANSWERED, 0));
    size_t count;
    EXPECT_EQ(s.ops->unreported(s.self, 10, &step, &rows, &count), ERR_OK);
    EXPECT(count == 1 && rows[0].outcome == STEP_OUTCOME_DONE);
    EXPECT_STR(rows[0].answer, STR("{\"ok\":true}"));
    conformance_backend->close(&s);
}

TEST(timers_come_soonest_first) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write writes[] = {write_of_response(1, INC, RESPONSE_OPEN), write_of_effect(1, STR("inc_9/e1"), STR("o"), PHASE_FOUND),
                                      write_of_task(1, STR("inc_9/t1"), 70), write_of_task(1, STR("inc_9/t2"), 75)};
    writes[0].as.response.due_ms = 80;
    writes[1].as.effect.due_ms = 60;
    writes[3].as.task.escalated = true;
    EXPECT_EQ(commit_rows(s, writes, 4, 1), ERR_OK);
    int64_t next = 0;
    EXPECT_EQ(s.ops->next_due_ms(s.self, &next), ERR_OK);
    EXPECT_EQ(next, 60);
    struct arena step = conformance_step();
    struct due_row *rows;
    size_t count;
    EXPECT_EQ(s.ops->due(s.self, 79, 10, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(s.ops->due(s.self, 80, 10, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 3);
    EXPECT_STR(rows[0].about, STR("inc_9/e1"));
    EXPECT_STR(rows[1].about, STR("inc_9/t1"));
    EXPECT_STR(rows[1].account, STR("a1"));
    EXPECT_STR(rows[2].about, INC);
    EXPECT_EQ(rows[2].version, 3);
    EXPECT_EQ(s.ops->due(s.self, 80, 1, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    conformance_backend->close(&s);
}

static void response_conformance(const struct incident_backend *backend) {
    conformance_backend = backend;
    RUN(latest_open_response_of_an_account_is_told);
    RUN(response_rows_come_back_by_every_question);
    RUN(claims_come_by_lane_then_time);
    RUN(timers_come_soonest_first);
}

#endif
