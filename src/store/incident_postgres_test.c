// SPDX-License-Identifier: Apache-2.0
/* Proves the PostgreSQL incident store against a real server, which it makes, starts and stops itself. */
#include "store/incident_postgres.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "store/claim_conformance_test.h"
#include "store/incident_schema.h"

#define SERVER_PATH "/usr/lib/postgresql/15/bin:/usr/lib/postgresql/16/bin:/usr/lib/postgresql/17/bin"

static char folder[64]; /* the server's data and, below it, its socket */
static char conninfo[160];

/* The server refuses to run as root; its package brings a user for it. */
static void become_server(void) {
    const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
    if (user && (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) _exit(126);
    (void)prctl(PR_SET_PDEATHSIG, SIGINT); /* however this test ends */
    char path[512];
    (void)snprintf(path, sizeof path, "%s:%s", SERVER_PATH, getenv("PATH"));
    (void)setenv("PATH", path, 1);
    if (chdir(folder) != 0 || !freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) _exit(126);
}

static pid_t start(const char *const *words) {
    pid_t child = fork();
    if (child) return child;
    become_server();
    (void)execvp(words[0], (char *const *)(uintptr_t)words);
    _exit(127);
}

static int ended(pid_t child) {
    int status = -1;
    (void)waitpid(child, &status, 0);
    return status;
}

static bool make_server(void) {
    (void)snprintf(folder, sizeof folder, "/tmp/hikeshi-postgres-XXXXXX");
    const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
    if (!mkdtemp(folder) || (user && chown(folder, user->pw_uid, user->pw_gid) != 0)) return false;
    (void)snprintf(conninfo, sizeof conninfo, "host=%s dbname=postgres user=hikeshi", folder);
    const char *const words[] = {"initdb", "-D", folder, "-U", "hikeshi", "-A", "trust", "-E", "UTF8", "--no-sync", NULL};
    return ended(start(words)) == 0;
}

static pid_t start_server(void) {
    const char *const words[] = {"postgres", "-D", folder, "-k", folder, "-c", "listen_addresses=", NULL};
    return start(words);
}

static bool wait_for_server(void) {
    for (int i = 0; i < 600; i++) {
        if (PQping(conninfo) == PQPING_OK) return true;
        (void)usleep(50000);
    }
    return false;
}

/* "Fast": ends every session, and leaves nothing to recover. */
static void stop_server(pid_t server) {
    (void)kill(server, SIGINT);
    (void)ended(server);
}

static void remove_server(void) {
    const char *const words[] = {"rm", "-rf", folder, NULL};
    (void)ended(start(words));
    (void)rmdir(folder);
}

/* Runs SQL from beside. */
static void meddle(const char *sql) {
    PGconn *db = PQconnectdb(conninfo);
    PGresult *result = PQexec(db, sql);
    EXPECT(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK);
    PQclear(result);
    PQfinish(db);
}

static struct incident_store open_database(bool fresh) {
    struct incident_store s = {0};
    struct problem p = {0};
    if (fresh) meddle("SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    if (incident_postgres_open(conninfo, &s, &p) != ERR_OK) printf("%s (%s)\n", p.what, p.where);
    return s;
}

static const char everyone_else[] = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                                    "AND backend_type = 'client backend'";

TEST(broken_connection_is_opened_again) {
    struct incident_store s = open_database(true);
    EXPECT_EQ(commit_one(s, write_of_step(1, STR("s1"), LANE_ACCESS, 0)), ERR_OK);
    meddle(everyone_else);
    struct arena step = conformance_step();
    struct step_row *rows;
    EXPECT_EQ(absorbed_of(s), 1);
    EXPECT_EQ(claim_at(s, 1000, 100, &step, &rows), 1);
    EXPECT_EQ(commit_one(s, write_of_step(2, STR("s2"), LANE_ACCESS, 0)), ERR_OK);
    incident_postgres_close(&s);
}

TEST(transaction_that_lost_its_connection_keeps_nothing) {
    struct incident_store s = open_database(true);
    struct problem p = {0};
    uint64_t absorbed;
    struct incident_write w = write_of_step(1, STR("s1"), LANE_ACCESS, 0);
    EXPECT_EQ(s.ops->begin(s.self, &absorbed, &p), ERR_OK);
    EXPECT_EQ(s.ops->put(s.self, &w, 1, &p), ERR_OK);
    meddle(everyone_else);
    EXPECT_EQ(s.ops->finish(s.self, 1, &p), ERR_BUSY);
    EXPECT_EQ(absorbed_of(s), 0);
    EXPECT_EQ(commit_one(s, w), ERR_OK); /* and it goes on */
    incident_postgres_close(&s);
}

TEST(newer_version_is_refused) {
    struct incident_store s = open_database(true);
    incident_postgres_close(&s);
    meddle("INSERT INTO schema_step (version) VALUES (999)");
    struct problem p = {0};
    EXPECT_EQ(incident_postgres_open(conninfo, &s, &p), ERR_UNSUPPORTED);
    EXPECT(strstr(p.what, "999") != NULL);
}

TEST(older_version_is_brought_up_to_date) {
    meddle("SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    meddle("CREATE TABLE schema_step (version INTEGER NOT NULL PRIMARY KEY)");
    for (int version = 1; version < INCIDENT_SCHEMA_VERSION; version++) {
        char mark[80];
        (void)snprintf(mark, sizeof mark, "INSERT INTO schema_step (version) VALUES (%d)", version);
        meddle(incident_schema_step(version));
        meddle(mark);
    }
    struct incident_store s = open_database(false);
    EXPECT_EQ(commit_one(s, write_of_step(1, STR("s1"), LANE_ACCESS, 0)), ERR_OK);
    struct arena step = conformance_step();
    struct step_row *rows;
    EXPECT_EQ(claim_at(s, 1000, 100, &step, &rows), 1);
    incident_postgres_close(&s);
}

TEST(reader_beside_a_server_changes_nothing) {
    struct incident_store server, reader;
    struct problem p = {0};
    meddle("SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    EXPECT_EQ(incident_postgres_open_read(conninfo, &reader, &p), ERR_NOT_FOUND); /* and makes no tables */
    EXPECT_EQ(incident_postgres_open_read(conninfo, &reader, &p), ERR_NOT_FOUND);
    server = open_database(false);
    EXPECT_EQ(incident_postgres_open_read(conninfo, &reader, &p), ERR_OK);
    EXPECT(strstr(incident_postgres_where(&reader), "postgresql://") != NULL);
    struct incident_write w = write_of_step(5, STR("s1"), LANE_ACCESS, 0);
    EXPECT_EQ(commit_one(server, w), ERR_OK);
    EXPECT_EQ(absorbed_of(reader), 5);
    w.position = 6;
    EXPECT_EQ(commit_one(reader, w), ERR_DENIED);
    meddle(everyone_else); /* over a new connection, too */
    EXPECT_EQ(absorbed_of(reader), 5);
    incident_postgres_close(&reader);
    meddle("DELETE FROM schema_step WHERE version > 1");
    EXPECT_EQ(incident_postgres_open_read(conninfo, &reader, &p), ERR_UNSUPPORTED);
    EXPECT(strstr(p.what, "older version 1") != NULL);
    incident_postgres_close(&server);
}

TEST(missing_server_is_said_without_the_password) {
    struct incident_store s;
    struct problem p = {0};
    EXPECT_EQ(incident_postgres_open("host=/nowhere dbname=x user=y password=hunter2", &s, &p), ERR_BUSY);
    EXPECT(p.fix[0] != 0 && !strstr(p.what, "hunter2") && !strstr(p.where, "hunter2"));
}

int main(void) {
    static const struct incident_backend postgres = {open_database, incident_postgres_close, true, incident_postgres_verify, meddle};
    if (!make_server()) return printf("cannot make a PostgreSQL server: see tools/setup\n"), 1;
    pid_t server = start_server();
    if (wait_for_server()) {
        incident_conformance(&postgres);
        response_conformance(&postgres);
        claim_conformance(&postgres);
        RUN(broken_connection_is_opened_again);
        RUN(transaction_that_lost_its_connection_keeps_nothing);
        RUN(newer_version_is_refused);
        RUN(reader_beside_a_server_changes_nothing);
        RUN(older_version_is_brought_up_to_date);
        RUN(missing_server_is_said_without_the_password);
    } else {
        printf("the PostgreSQL server does not start\n");
        test_failed++;
    }
    stop_server(server);
    remove_server();
    return test_end();
}
