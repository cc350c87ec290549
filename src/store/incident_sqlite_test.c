// SPDX-License-Identifier: Apache-2.0
/* Proves the SQLite incident store: the port's promises, and each way in which a file can be bad. */
#include "store/incident_sqlite.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "store/claim_conformance_test.h"
#include "store/incident_queries.h"
#include "store/incident_schema.h"

static char folder[64];
static char path[128];

static void remove_files(void) {
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[160];
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static struct incident_store open_at(const char *at) {
    struct incident_store s = {0};
    struct problem p = {0};
    if (incident_sqlite_open(at, &s, &p) != ERR_OK) printf("%s (%s)\n", p.what, p.where);
    return s;
}

static struct incident_store open_file(bool fresh) {
    if (fresh) remove_files();
    return open_at(path);
}

static struct incident_store open_memory(bool fresh) {
    (void)fresh;
    return open_at(":memory:");
}

/* Runs SQL on the file from beside. */
static void meddle(const char *sql) {
    sqlite3 *db;
    EXPECT_EQ(sqlite3_open(path, &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
}

static enum err open_problem(struct problem *p) {
    struct incident_store s;
    enum err err = incident_sqlite_open(path, &s, p);
    if (!err) incident_sqlite_close(&s);
    return err;
}

TEST(file_is_private) {
    struct incident_store s = open_file(true);
    struct stat st;
    EXPECT_EQ(stat(path, &st), 0);
    EXPECT_EQ(st.st_mode & 0777, 0600);
    incident_sqlite_close(&s);
}

TEST(foreign_database_is_refused) {
    remove_files();
    meddle("CREATE TABLE shop (id)");
    struct problem p = {0};
    EXPECT_EQ(open_problem(&p), ERR_UNSUPPORTED);
    EXPECT_STR(str_from(p.where), str_from(path));
    remove_files();
}

TEST(newer_version_is_refused) {
    struct incident_store s = open_file(true);
    incident_sqlite_close(&s);
    meddle("PRAGMA user_version = 999");
    struct problem p = {0};
    EXPECT_EQ(open_problem(&p), ERR_UNSUPPORTED);
    EXPECT(strstr(p.what, "999") != NULL);
}

TEST(text_file_is_refused) {
    remove_files();
    FILE *f = fopen(path, "w");
    for (int i = 0; f && i < 100; i++) (void)fputs("this is not a database, nor will it ever be one\n", f);
    if (f) (void)fclose(f);
    struct problem p = {0};
    EXPECT_EQ(open_problem(&p), ERR_CORRUPT);
    EXPECT(p.fix[0] != 0);
    remove_files();
}

TEST(damage_is_found) {
    struct incident_store s = open_file(true);
    for (uint64_t i = 1; i <= 200; i++) {
        char account[32], id[32];
        (void)snprintf(account, sizeof account, "a%llu", (unsigned long long)i);
        (void)snprintf(id, sizeof id, "inc_%llu", (unsigned long long)i);
        struct incident_write w = write_of_incident(i, str_from(id), str_from(account));
        EXPECT_EQ(commit_rows(s, &w, 1, i), ERR_OK);
    }
    struct problem p = {0};
    EXPECT_EQ(incident_sqlite_verify(&s, &p), ERR_OK);
    incident_sqlite_close(&s);
    int fd = open(path, O_WRONLY);
    struct stat st;
    EXPECT_EQ(fstat(fd, &st), 0);
    static const char rubbish[512] = "rubbish";
    for (off_t at = 4096 * 3; at + 512 <= st.st_size; at += 4096) EXPECT_EQ(pwrite(fd, rubbish, sizeof rubbish, at), sizeof rubbish);
    (void)close(fd);
    enum err err = incident_sqlite_open(path, &s, &p);
    if (!err) {
        err = incident_sqlite_verify(&s, &p);
        incident_sqlite_close(&s);
    }
    EXPECT_EQ(err, ERR_CORRUPT);
    remove_files();
}

TEST(missing_directory_is_said) {
    struct incident_store s;
    struct problem p = {0};
    EXPECT_EQ(incident_sqlite_open("/nowhere/at/all.db", &s, &p), ERR_IO);
    EXPECT_EQ(incident_sqlite_open_read("/nowhere/at/all.db", &s, &p), ERR_NOT_FOUND);
    EXPECT(p.fix[0] != 0);
}

/* The limit on a file's size stands in for a full disk: writing fails, nothing is half there, and with room it goes on. */
TEST(full_disk_loses_nothing) {
    struct incident_store s = open_file(true);
    struct incident_write first = write_of_incident(1, STR("inc_1"), STR("a1"));
    EXPECT_EQ(commit_rows(s, &first, 1, 1), ERR_OK);
    struct rlimit before, tight = {.rlim_cur = 64 * 1024};
    (void)signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight.rlim_max = before.rlim_max;
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
    enum err err = ERR_OK;
    uint64_t told = 1;
    struct problem p = {0};
    for (uint64_t i = 2; !err && i < 200; i++) {
        struct incident_write w = write_of_event(i, STR("inc_1"), i, WHOSE_HIJACKER);
        err = s.ops->commit(s.self, &w, 1, i, &p);
        if (!err) told = i;
    }
    EXPECT(err == ERR_FULL || err == ERR_IO);
    EXPECT(p.what[0] != 0 && p.fix[0] != 0);
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_EQ(absorbed_of(s), told);
    struct incident_write w = write_of_event(told + 1, STR("inc_1"), told + 1, WHOSE_HIJACKER);
    EXPECT_EQ(commit_rows(s, &w, 1, told + 1), ERR_OK);
    EXPECT_EQ(incident_sqlite_verify(&s, &p), ERR_OK);
    incident_sqlite_close(&s);
}

TEST(reader_beside_a_server_sees_every_commit) {
    struct incident_store server = open_file(true), reader;
    struct problem p = {0};
    EXPECT_EQ(incident_sqlite_open_read(path, &reader, &p), ERR_OK);
    struct incident_write w = write_of_incident(5, STR("inc_5"), STR("a1"));
    EXPECT_EQ(commit_rows(server, &w, 1, 5), ERR_OK);
    EXPECT_EQ(absorbed_of(reader), 5);
    EXPECT_EQ(commit_rows(reader, &w, 1, 6), ERR_DENIED);
    incident_sqlite_close(&reader);
    incident_sqlite_close(&server);
}

struct writing {
    struct incident_store store;
    atomic_bool done;
};

static void *write_many(void *context) {
    struct writing *w = context;
    struct incident_write first = write_of_incident(1, STR("inc_1"), STR("a1"));
    EXPECT_EQ(commit_rows(w->store, &first, 1, 1), ERR_OK);
    for (uint64_t i = 2; i <= 400; i++) {
        struct incident_write pair[] = {write_of_event(i, STR("inc_1"), 2 * i, WHOSE_HIJACKER),
                                        write_of_event(i, STR("inc_1"), 2 * i + 1, WHOSE_OWNER)};
        EXPECT_EQ(commit_rows(w->store, pair, 2, i), ERR_OK);
    }
    atomic_store(&w->done, true);
    return NULL;
}

/* Commits in one thread and reads in another: a reader sees whole transactions only. */
static void read_while_writing(struct incident_store s) {
    struct writing w = {.store = s};
    pthread_t thread;
    EXPECT_EQ(pthread_create(&thread, NULL, write_many, &w), 0);
    while (!atomic_load(&w.done)) {
        struct arena step = conformance_step();
        struct incident_event_row *rows;
        size_t count;
        EXPECT_EQ(s.ops->events(s.self, SIGHT_SETTLED, &(struct incident_event_query){STR("inc_1"), 0, 1000}, &step, &rows, &count),
                  ERR_OK);
        EXPECT(count % 2 == 0);
    }
    (void)pthread_join(thread, NULL);
    EXPECT_EQ(absorbed_of(s), 400);
}

TEST(reads_run_beside_commits) {
    struct incident_store s = open_file(true);
    read_while_writing(s);
    incident_sqlite_close(&s);
    s = open_memory(true);
    read_while_writing(s);
    incident_sqlite_close(&s);
}

TEST(schema_steps_are_all_there) {
    for (int version = 1; version <= INCIDENT_SCHEMA_VERSION; version++) EXPECT(strlen(incident_schema_step(version)) > 0);
}

/* What was claimed of a file that an older program wrote. */
TEST(older_version_is_brought_up_to_date) {
    remove_files();
    for (int version = 1; version < INCIDENT_SCHEMA_VERSION; version++) meddle(incident_schema_step(version));
    char mark[96];
    (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d", 0x48494B45, INCIDENT_SCHEMA_VERSION - 1);
    meddle(mark);
    struct incident_store s;
    struct problem p = {0};
    EXPECT_EQ(incident_sqlite_open_read(path, &s, &p), ERR_UNSUPPORTED); /* a look changes nothing */
    s = open_file(false);
    EXPECT_EQ(commit_one(s, write_of_step(1, STR("s1"), LANE_ACCESS, 0)), ERR_OK);
    struct arena step = conformance_step();
    struct step_row *rows;
    EXPECT_EQ(claim_at(s, 1000, 100, &step, &rows), 1);
    EXPECT_EQ(incident_sqlite_verify(&s, &p), ERR_OK);
    incident_sqlite_close(&s);
}

/* What SQLite's machine does to find the first eight of `count` steps that all may run since the same moment. */
static int effort_of_claim(uint64_t count) {
    struct incident_store s = open_file(true);
    for (uint64_t i = 1; i <= count; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "s%llu", (unsigned long long)i);
        struct incident_write w = write_of_step(i, str_from(id), LANE_UNDO, 1);
        EXPECT_EQ(commit_one(s, w), ERR_OK);
    }
    char memory[QUERY_SIZE_MAX];
    struct buf text = buf_over(memory, sizeof memory);
    incident_query_write(QUERY_CLAIMABLE, &text);
    sqlite3 *db;
    sqlite3_stmt *statement = NULL;
    EXPECT_EQ(sqlite3_open(path, &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(db, text.at, (int)text.size, &statement, NULL), SQLITE_OK);
    EXPECT_EQ(sqlite3_bind_text(statement, 1, "payment", -1, SQLITE_STATIC), SQLITE_OK);
    EXPECT(!sqlite3_bind_int(statement, 2, 100) && !sqlite3_bind_int(statement, 3, 1000) && !sqlite3_bind_int(statement, 4, 8));
    int rows = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) rows++;
    EXPECT_EQ(rows, 8);
    int effort = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
    incident_sqlite_close(&s);
    return effort;
}

/* After an outage all that waited may run at once: each claim takes its few off the front, and does not sort all the rest. */
TEST(a_claim_costs_the_same_before_any_backlog) {
    EXPECT_EQ(effort_of_claim(20), effort_of_claim(400));
}

int main(void) {
    static const struct incident_backend file = {open_file, incident_sqlite_close, true, incident_sqlite_verify, meddle};
    static const struct incident_backend memory = {open_memory, incident_sqlite_close, false, incident_sqlite_verify, NULL};
    (void)snprintf(folder, sizeof folder, "/tmp/hikeshi-incidents-XXXXXX");
    if (!mkdtemp(folder)) return 1;
    (void)snprintf(path, sizeof path, "%s/incidents.db", folder);
    incident_conformance(&file);
    incident_conformance(&memory);
    response_conformance(&file);
    response_conformance(&memory);
    claim_conformance(&file);
    claim_conformance(&memory);
    RUN(file_is_private);
    RUN(foreign_database_is_refused);
    RUN(newer_version_is_refused);
    RUN(text_file_is_refused);
    RUN(damage_is_found);
    RUN(missing_directory_is_said);
    RUN(full_disk_loses_nothing);
    RUN(reader_beside_a_server_sees_every_commit);
    RUN(reads_run_beside_commits);
    RUN(schema_steps_are_all_there);
    RUN(older_version_is_brought_up_to_date);
    RUN(a_claim_costs_the_same_before_any_backlog);
    remove_files();
    (void)rmdir(folder);
    return test_end();
}
