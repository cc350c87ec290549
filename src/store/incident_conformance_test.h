// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_INCIDENT_CONFORMANCE_TEST_H
#define STORE_INCIDENT_CONFORMANCE_TEST_H

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "port/incident_store.h"

/*
 * What every incident store must keep, whatever stands behind it (port/incident_store.h): include this in the test of a backend, fill in
 * the functions, and call incident_conformance().
 */
struct incident_backend {
    /* A store on the same content as the last open, or an empty one where `fresh`. */
    struct incident_store (*open)(bool fresh);
    void (*close)(struct incident_store *s);
    bool durable; /* content outlives close(), and a process */
    /* Reads everything and says whether it agrees with itself. */
    enum err (*verify)(struct incident_store *s, struct problem *p);
    /* Runs SQL from beside, as somebody with the right to do so would; NULL where nobody can, because the store ends with its process. */
    void (*meddle)(const char *sql);
};

static const struct incident_backend *conformance_backend;
static char conformance_memory[4U << 20];

static struct arena conformance_step(void) {
    return arena_over(conformance_memory, sizeof conformance_memory);
}

/* ---- rows ------------------------------------------------------------------------------------------------------------------------- */

static struct incident_write write_of_incident(uint64_t opened, struct str id, struct str account) {
    return (struct incident_write){.kind = WRITE_INCIDENT,
                                   .position = opened,
                                   .as.incident = {.id = id,
                                                   .account = account,
                                                   .opened_position = opened,
                                                   .opened_ms = 1000,
                                                   .window_from_ms = 900,
                                                   .trigger_position = opened,
                                                   .score = 987,
                                                   .path = STR("{\"devices\":[\"d1\"]}"),
                                                   .summary = STR("entered by login from AS64500 (NL)")}};
}

static struct incident_write write_of_closing(uint64_t position, struct incident_write opened) {
    opened.position = position;
    opened.as.incident.status = INCIDENT_CLOSED;
    opened.as.incident.closed_position = position;
    opened.as.incident.closed_ms = 5000;
    opened.as.incident.closed_why = STR("an analyst found that it was a false alarm");
    return opened;
}

static struct incident_write write_of_event(uint64_t by, struct str incident, uint64_t position, enum whose whose) {
    return (struct incident_write){.kind = WRITE_INCIDENT_EVENT,
                                   .position = by,
                                   .as.event = {.incident = incident,
                                                .position = position,
                                                .time_ms = (int64_t)position * 10,
                                                .event = STR("e1"),
                                                .kind = STR("order_placed"),
                                                .whose = whose,
                                                .why = STR("same session as the login from AS64500"),
                                                .detail = STR("delivered"),
                                                .object = STR("order:o1"),
                                                .amount_minor = 50000,
                                                .currency = "JPY"}};
}

static struct incident_write write_of_decision(uint64_t position, struct str event, struct str answer) {
    return (struct incident_write){.kind = WRITE_DECISION,
                                   .position = position,
                                   .as.decision = {.position = position,
                                                   .event = event,
                                                   .account = STR("a1"),
                                                   .kind = STR("login"),
                                                   .verdict = STR("challenge"),
                                                   .policy = STR("default@1"),
                                                   .time_ms = 77,
                                                   .score = 873,
                                                   .challenge_rate_ppm = 1400,
                                                   .answer = answer}};
}

static enum err commit_rows(struct incident_store s, const struct incident_write *writes, size_t count, uint64_t absorbed) {
    struct problem p = {0};
    return s.ops->commit(s.self, writes, count, absorbed, &p);
}

static uint64_t absorbed_of(struct incident_store s) {
    uint64_t position = UINT64_MAX;
    EXPECT_EQ(s.ops->absorbed(s.self, &position), ERR_OK);
    return position;
}

static size_t count_of(struct incident_store s, struct str account, int status) {
    struct arena step = conformance_step();
    struct incident_row *rows;
    size_t count = SIZE_MAX;
    struct incident_query q = {.account = account, .status = status, .count_max = 1000};
    EXPECT_EQ(s.ops->list(s.self, &q, &step, &rows, &count), ERR_OK);
    return count;
}

/* ---- promises --------------------------------------------------------------------------------------------------------------------- */

TEST(store_starts_empty) {
    struct incident_store s = conformance_backend->open(true);
    struct arena step = conformance_step();
    struct incident_row row;
    struct incident_event_row *rows;
    struct decision_row decision;
    size_t count = 1;
    EXPECT_EQ(absorbed_of(s), 0);
    EXPECT_EQ(s.ops->find(s.self, STR("inc_1"), &step, &row), ERR_NOT_FOUND);
    EXPECT_EQ(s.ops->decision(s.self, STR("e1"), &step, &decision), ERR_NOT_FOUND);
    EXPECT_EQ(s.ops->events(s.self, SIGHT_SETTLED, &(struct incident_event_query){STR("inc_1"), 0, 1000}, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 0);
    EXPECT_EQ(count_of(s, STR_NONE, -1), 0);
    conformance_backend->close(&s);
}

TEST(store_gives_back_what_it_took) {
    struct incident_store s = conformance_backend->open(true);
    struct str id = STR("inc_9"), account = STR("会員-ä-\xF0\x9F\x94\xA5");
    struct incident_write writes[] = {write_of_incident(9, id, account), write_of_event(9, id, 7, WHOSE_HIJACKER),
                                      write_of_event(9, id, 4, WHOSE_OWNER),
                                      write_of_decision(9, STR("e9"), STR("{\"decision\":\"deny\"}"))};
    writes[3].as.decision.incident = id;
    EXPECT_EQ(commit_rows(s, writes, 4, 9), ERR_OK);

    struct arena step = conformance_step();
    struct incident_row row;
    EXPECT_EQ(s.ops->find(s.self, id, &step, &row), ERR_OK);
    EXPECT_STR(row.account, account);
    EXPECT_EQ(row.status, INCIDENT_OPEN);
    EXPECT_EQ(row.opened_position, 9);
    EXPECT_EQ(row.opened_ms, 1000);
    EXPECT_EQ(row.window_from_ms, 900);
    EXPECT_EQ(row.window_to_ms, 0);
    EXPECT_EQ(row.score, 987);
    EXPECT_STR(row.path, writes[0].as.incident.path);
    EXPECT_STR(row.summary, writes[0].as.incident.summary);

    struct incident_event_row *rows;
    size_t count;
    EXPECT_EQ(s.ops->events(s.self, SIGHT_SETTLED, &(struct incident_event_query){id, 0, 1000}, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(rows[0].position, 4); /* by position */
    EXPECT_EQ(rows[0].whose, WHOSE_OWNER);
    EXPECT_EQ(rows[1].whose, WHOSE_HIJACKER);
    EXPECT_STR(rows[1].detail, STR("delivered"));
    EXPECT_STR(rows[1].object, STR("order:o1"));
    EXPECT_EQ(rows[1].amount_minor, 50000);
    EXPECT_STR(str_from(rows[1].currency), STR("JPY"));

    struct decision_row decision;
    EXPECT_EQ(s.ops->decision(s.self, STR("e9"), &step, &decision), ERR_OK);
    EXPECT_STR(decision.incident, id);
    EXPECT_STR(decision.answer, STR("{\"decision\":\"deny\"}"));
    EXPECT_EQ(decision.challenge_rate_ppm, 1400);
    conformance_backend->close(&s);
}

TEST(store_repeats_nothing) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write first = write_of_incident(5, STR("inc_5"), STR("a1"));
    struct incident_write writes[] = {first, write_of_event(5, STR("inc_5"), 5, WHOSE_UNKNOWN), write_of_closing(6, first),
                                      write_of_event(6, STR("inc_5"), 5, WHOSE_OWNER), write_of_incident(8, STR("inc_8"), STR("a1"))};
    EXPECT_EQ(commit_rows(s, writes, 5, 8), ERR_OK);
    EXPECT_EQ(commit_rows(s, writes, 5, 8), ERR_OK); /* the same batch again */
    EXPECT_EQ(commit_rows(s, writes, 2, 5), ERR_OK); /* an older part of it */
    EXPECT_EQ(absorbed_of(s), 8);
    /* A replay that cuts its batches elsewhere: inc_5 must not rise from the closed, and the new row must come in. */
    struct incident_write again[] = {writes[0], writes[1], writes[2],
                                     writes[3], writes[4], write_of_event(9, STR("inc_8"), 9, WHOSE_HIJACKER)};
    EXPECT_EQ(commit_rows(s, again, 6, 9), ERR_OK);
    EXPECT_EQ(absorbed_of(s), 9);

    struct arena step = conformance_step();
    struct incident_row row;
    EXPECT_EQ(s.ops->find(s.self, STR("inc_5"), &step, &row), ERR_OK);
    EXPECT_EQ(row.status, INCIDENT_CLOSED);
    EXPECT_EQ(row.closed_position, 6);
    struct incident_event_row *rows;
    size_t count;
    EXPECT_EQ(s.ops->events(s.self, SIGHT_SETTLED, &(struct incident_event_query){STR("inc_5"), 0, 1000}, &step, &rows, &count), ERR_OK);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(rows[0].whose, WHOSE_OWNER);
    EXPECT_EQ(count_of(s, STR("a1"), INCIDENT_OPEN), 1);
    conformance_backend->close(&s);
}

TEST(store_absorbs_batches_without_rows) {
    struct incident_store s = conformance_backend->open(true);
    EXPECT_EQ(commit_rows(s, NULL, 0, 41), ERR_OK);
    EXPECT_EQ(absorbed_of(s), 41);
    conformance_backend->close(&s);
}

TEST(store_refuses_a_second_open_incident) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write first = write_of_incident(5, STR("inc_5"), STR("a1"));
    EXPECT_EQ(commit_rows(s, &first, 1, 5), ERR_OK);
    struct incident_write writes[] = {write_of_decision(6, STR("e6"), STR("{}")), write_of_incident(7, STR("inc_7"), STR("a1"))};
    EXPECT_EQ(commit_rows(s, writes, 2, 7), ERR_CONFLICT);
    EXPECT_EQ(absorbed_of(s), 5); /* nothing of it was kept */
    struct arena step = conformance_step();
    struct decision_row decision;
    EXPECT_EQ(s.ops->decision(s.self, STR("e6"), &step, &decision), ERR_NOT_FOUND);
    struct incident_write other = write_of_incident(7, STR("inc_7"), STR("a2")); /* and it goes on */
    EXPECT_EQ(commit_rows(s, &other, 1, 7), ERR_OK);
    conformance_backend->close(&s);
}

TEST(store_refuses_events_of_no_incident) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write orphan = write_of_event(3, STR("inc_3"), 3, WHOSE_HIJACKER);
    EXPECT_EQ(commit_rows(s, &orphan, 1, 3), ERR_CONFLICT);
    EXPECT_EQ(absorbed_of(s), 0);
    conformance_backend->close(&s);
}

/* Built anew from a journal that was cut behind the opening, a store lacks the incident that a decision speaks of. */
TEST(store_keeps_decisions_of_lost_incidents) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write lost = write_of_decision(5, STR("e5"), STR("{}"));
    lost.as.decision.incident = STR("inc_3");
    EXPECT_EQ(commit_rows(s, &lost, 1, 5), ERR_OK);
    struct arena step = conformance_step();
    struct decision_row decision;
    EXPECT_EQ(s.ops->decision(s.self, STR("e5"), &step, &decision), ERR_OK);
    EXPECT_STR(decision.incident, STR("inc_3"));
    conformance_backend->close(&s);
}

TEST(store_keeps_the_first_decision_for_ever) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write first = write_of_decision(5, STR("e5"), STR("{\"decision\":\"hold\"}"));
    struct incident_write other = write_of_decision(5, STR("e5"), STR("{\"decision\":\"allow\"}"));
    other.position = 6;
    EXPECT_EQ(commit_rows(s, &first, 1, 5), ERR_OK);
    EXPECT_EQ(commit_rows(s, &other, 1, 6), ERR_OK);
    struct arena step = conformance_step();
    struct decision_row decision;
    EXPECT_EQ(s.ops->decision(s.self, STR("e5"), &step, &decision), ERR_OK);
    EXPECT_STR(decision.answer, STR("{\"decision\":\"hold\"}"));
    conformance_backend->close(&s);
}

TEST(store_keeps_what_later_rows_do_not_tell) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write writes[] = {write_of_incident(5, STR("inc_5"), STR("a1")), {.kind = WRITE_INCIDENT, .position = 8}};
    writes[1].as.incident = (struct incident_row){.id = STR("inc_5"),
                                                  .account = STR("a1"),
                                                  .status = INCIDENT_CLOSED,
                                                  .opened_position = 5,
                                                  .closed_position = 8,
                                                  .closed_why = STR("everything is undone and proven")};
    EXPECT_EQ(commit_rows(s, writes, 2, 8), ERR_OK);
    struct arena step = conformance_step();
    struct incident_row row;
    EXPECT_EQ(s.ops->find(s.self, STR("inc_5"), &step, &row), ERR_OK);
    EXPECT_EQ(row.status, INCIDENT_CLOSED);
    EXPECT_EQ(row.opened_ms, 1000);
    EXPECT_STR(row.summary, writes[0].as.incident.summary);
    conformance_backend->close(&s);
}

/* 2,500 incidents of 50 accounts, each closed but the last of each account, read in pages of 64. */
TEST(store_pages_through_many) {
    struct incident_store s = conformance_backend->open(true);
    for (uint64_t i = 1; i <= 2500; i++) {
        char id[32], account[32];
        (void)snprintf(id, sizeof id, "inc_%llu", (unsigned long long)(2 * i));
        (void)snprintf(account, sizeof account, "a%llu", (unsigned long long)(i % 50));
        struct incident_write opened = write_of_incident(2 * i, str_from(id), str_from(account));
        struct incident_write writes[] = {opened, write_of_closing(2 * i + 1, opened)};
        EXPECT_EQ(commit_rows(s, writes, i > 2450 ? 1 : 2, 2 * i + 1), ERR_OK);
    }
    struct incident_query q = {.status = -1, .count_max = 64};
    uint64_t seen = 0, last = UINT64_MAX;
    for (;;) {
        struct arena step = conformance_step();
        struct incident_row *rows;
        size_t count;
        EXPECT_EQ(s.ops->list(s.self, &q, &step, &rows, &count), ERR_OK);
        if (!count) break;
        EXPECT(count <= 64);
        for (size_t i = 0; i < count; i++) {
            EXPECT(rows[i].opened_position < last);
            last = rows[i].opened_position;
        }
        seen += count;
        q.before = last;
    }
    EXPECT_EQ(seen, 2500);
    EXPECT_EQ(count_of(s, STR("a7"), -1), 50);
    EXPECT_EQ(count_of(s, STR("a7"), INCIDENT_OPEN), 1);
    EXPECT_EQ(count_of(s, STR_NONE, INCIDENT_OPEN), 50);
    conformance_backend->close(&s);
}

TEST(store_says_when_the_step_memory_is_full) {
    struct incident_store s = conformance_backend->open(true);
    struct incident_write first = write_of_incident(5, STR("inc_5"), STR("a1"));
    EXPECT_EQ(commit_rows(s, &first, 1, 5), ERR_OK);
    char little[64];
    struct arena step = arena_over(little, sizeof little);
    struct incident_row row;
    EXPECT_EQ(s.ops->find(s.self, STR("inc_5"), &step, &row), ERR_FULL);
    EXPECT_EQ(absorbed_of(s), 5); /* and the store is well */
    conformance_backend->close(&s);
}

TEST(store_survives_being_closed) {
    if (!conformance_backend->durable) return;
    struct incident_store s = conformance_backend->open(true);
    struct incident_write first = write_of_incident(5, STR("inc_5"), STR("a1"));
    EXPECT_EQ(commit_rows(s, &first, 1, 5), ERR_OK);
    conformance_backend->close(&s);
    s = conformance_backend->open(false);
    EXPECT_EQ(absorbed_of(s), 5);
    EXPECT_EQ(count_of(s, STR("a1"), INCIDENT_OPEN), 1);
    conformance_backend->close(&s);
}

/* Commits for ever: batch n closes the incident of batch n - 1 and opens its own, with eight events; tells each success through `to`. */
static _Noreturn void commit_until_killed(int to) {
    struct incident_store s = conformance_backend->open(false);
    for (uint64_t n = absorbed_of(s) / 10 + 1;; n++) {
        char id[32], previous[32];
        (void)snprintf(id, sizeof id, "inc_%llu", (unsigned long long)(10 * n - 9));
        (void)snprintf(previous, sizeof previous, "inc_%llu", (unsigned long long)(10 * n - 19));
        struct incident_write writes[10] = {write_of_closing(10 * n - 9, write_of_incident(10 * n - 19, str_from(previous), STR("a1"))),
                                            write_of_incident(10 * n - 9, str_from(id), STR("a1"))};
        for (uint64_t i = 2; i < 10; i++) writes[i] = write_of_event(10 * n - 9 + i, str_from(id), i, WHOSE_HIJACKER);
        size_t skipped = n == 1; /* nothing to close yet */
        if (commit_rows(s, writes + skipped, 10 - skipped, 10 * n) != ERR_OK) _exit(1);
        if (write(to, &n, sizeof n) != (ssize_t)sizeof n) _exit(1);
    }
}

/* The last batch that the child had told when it was killed; 0 = none. */
static uint64_t run_and_kill(useconds_t after_us) {
    int ends[2];
    if (pipe(ends) != 0) return 0;
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        commit_until_killed(ends[1]);
    }
    (void)close(ends[1]);
    uint64_t n, told = 0;
    if (read(ends[0], &n, sizeof n) == (ssize_t)sizeof n) told = n;
    (void)usleep(after_us);
    (void)kill(child, SIGKILL);
    while (read(ends[0], &n, sizeof n) == (ssize_t)sizeof n) told = n;
    (void)close(ends[0]);
    int status = 0;
    (void)waitpid(child, &status, 0);
    EXPECT(WIFSIGNALED(status)); /* it did not end by itself */
    return told;
}

/* kill -9 at any instruction: what was told is there, and of the batch under way there is all or nothing. */
TEST(store_survives_being_killed) {
    if (!conformance_backend->durable) return;
    uint64_t random = 7;
    struct incident_store s = conformance_backend->open(true);
    conformance_backend->close(&s);
    for (int round = 0; round < 12; round++) {
        uint64_t told = run_and_kill((useconds_t)(test_random(&random) % 7000));
        s = conformance_backend->open(false);
        uint64_t batches = absorbed_of(s) / 10;
        EXPECT(told > 0);
        EXPECT(batches >= told);
        EXPECT_EQ(absorbed_of(s) % 10, 0);
        EXPECT_EQ(count_of(s, STR("a1"), INCIDENT_OPEN), 1);
        char id[32];
        (void)snprintf(id, sizeof id, "inc_%llu", (unsigned long long)(10 * batches - 9));
        struct arena step = conformance_step();
        struct incident_event_row *rows;
        size_t count;
        EXPECT_EQ(s.ops->events(s.self, SIGHT_SETTLED, &(struct incident_event_query){str_from(id), 0, 1000}, &step, &rows, &count),
                  ERR_OK);
        EXPECT_EQ(count, 8);
        conformance_backend->close(&s);
    }
}

static void incident_conformance(const struct incident_backend *backend) {
    conformance_backend = backend;
    RUN(store_starts_empty);
    RUN(store_gives_back_what_it_took);
    RUN(store_repeats_nothing);
    RUN(store_absorbs_batches_without_rows);
    RUN(store_refuses_a_second_open_incident);
    RUN(store_refuses_events_of_no_incident);
    RUN(store_keeps_decisions_of_lost_incidents);
    RUN(store_keeps_the_first_decision_for_ever);
    RUN(store_keeps_what_later_rows_do_not_tell);
    RUN(store_pages_through_many);
    RUN(store_says_when_the_step_memory_is_full);
    RUN(store_survives_being_closed);
    RUN(store_survives_being_killed);
}

#endif
