// SPDX-License-Identifier: Apache-2.0
/* Keeps incidents, their events and the decisions with consequences in SQLite. */
#include "store/incident_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "store/incident_schema.h"
#include "store/incident_sql.h"

/* "HIKE": tells our file from any other SQLite database (PRAGMA application_id). */
#define APPLICATION_ID 0x48494B45
/* A checkpoint of another process or a backup holds the lock for moments only. */
#define BUSY_MS_MAX 5000

struct link {
    struct session session;
    const char *path;
    sqlite3 *db;
    sqlite3_stmt *statements[QUERY_COUNT]; /* prepared when first asked for */
};

struct incident_sqlite {
    struct incident_sql sql;
    struct link writer, courier, reader; /* in memory there is the writer only */
    bool in_memory;
    char path[512];
};

/* ---- errors ----------------------------------------------------------------------------------------------------------------------- */

static enum err err_of(int code) {
    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ERR_BUSY;
    case SQLITE_FULL:
    case SQLITE_NOMEM: return ERR_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ERR_CORRUPT;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return ERR_DENIED;
    case SQLITE_CONSTRAINT: return ERR_CONFLICT;
    case SQLITE_TOOBIG: return ERR_TOO_LARGE;
    default: return ERR_IO;
    }
}

static const char *fix_of(enum err err) {
    switch (err) {
    case ERR_BUSY: return "another process holds the database; end it, or try again";
    case ERR_FULL: return "free space on the disk, then start again: the journal has everything";
    case ERR_CORRUPT: return "put the file aside and start again: it is built anew from the journal";
    case ERR_DENIED: return "give this user the right to write the file and its directory";
    case ERR_IO: return "see whether the disk is well and the directory is there";
    case ERR_OK:
    case ERR_INVALID:
    case ERR_TOO_LARGE:
    case ERR_NOT_FOUND:
    case ERR_CONFLICT:
    case ERR_TIMEOUT:
    case ERR_UNSUPPORTED:
    case ERR_CANCELED: break;
    }
    return "";
}

static enum err fail(const char *path, sqlite3 *db, const char *doing, struct problem *p) {
    enum err err = err_of(db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM);
    return problem_set(p, err, path, fix_of(err), "cannot %s the incident store: %s", doing, db ? sqlite3_errmsg(db) : "out of memory");
}

/* ---- running ---------------------------------------------------------------------------------------------------------------------- */

/* What cannot be bound fails at the step. */
static void bind(sqlite3_stmt *statement, int at, const struct value *v) {
    if (v->is_text) (void)sqlite3_bind_text64(statement, at, v->text.size ? v->text.at : "", v->text.size, SQLITE_STATIC, SQLITE_UTF8);
    else (void)sqlite3_bind_int64(statement, at, v->number);
}

static struct value column_of(sqlite3_stmt *statement, int at, bool is_text) {
    if (!is_text) return value_number(sqlite3_column_int64(statement, at));
    const unsigned char *text = sqlite3_column_text(statement, at);
    return value_text(text ? (struct str){(const char *)text, (size_t)sqlite3_column_bytes(statement, at)} : STR_NONE);
}

static void take_row(sqlite3_stmt *statement, struct rows *out) {
    void *row = rows_add(out);
    if (!row) return;
    for (size_t i = 0; i < out->table->column_count; i++) {
        const struct column *c = &out->table->columns[i];
        rows_set(out, row, c, column_of(statement, (int)i, column_is_text(c)));
    }
}

static sqlite3_stmt *statement_of(struct link *l, enum query q) {
    char memory[QUERY_SIZE_MAX];
    struct buf text = buf_over(memory, sizeof memory);
    if (l->statements[q]) return l->statements[q];
    if (q == QUERY_BEGIN) buf_text(&text, STR("BEGIN IMMEDIATE")); /* a read that turns into a write would be refused without waiting */
    else incident_query_write(q, &text);
    (void)sqlite3_prepare_v3(l->db, text.at, (int)text.size, SQLITE_PREPARE_PERSISTENT, &l->statements[q], NULL);
    return l->statements[q];
}

static enum err run_statement(struct session *session, enum query q, const struct value *parameters, struct rows *out, struct problem *p) {
    struct link *l = (struct link *)session;
    sqlite3_stmt *statement = statement_of(l, q);
    if (!statement) return fail(l->path, l->db, "use", p);
    int count = sqlite3_bind_parameter_count(statement), code;
    for (int i = 0; i < count; i++) bind(statement, i + 1, &parameters[i]);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (out) take_row(statement, out);
    enum err err = code == SQLITE_DONE ? ERR_OK : fail(l->path, l->db, sqlite3_stmt_readonly(statement) ? "read" : "write", p);
    (void)sqlite3_reset(statement);
    return err;
}

/* ---- opening ---------------------------------------------------------------------------------------------------------------------- */

static enum err run(struct incident_sqlite *s, sqlite3 *db, const char *sql, const char *doing, struct problem *p) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK : fail(s->path, db, doing, p);
}

static enum err pragma_number(struct incident_sqlite *s, sqlite3 *db, const char *sql, int64_t *out, struct problem *p) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) return fail(s->path, db, "read", p);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) *out = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return code == SQLITE_ROW ? ERR_OK : fail(s->path, db, "read", p);
}

/* Nothing but a file of ours, and not one from the future. */
static enum err check_origin(struct incident_sqlite *s, sqlite3 *db, int64_t *version, struct problem *p) {
    int64_t application = 0, tables = 0;
    enum err err = pragma_number(s, db, "PRAGMA application_id", &application, p);
    if (!err) err = pragma_number(s, db, "PRAGMA user_version", version, p);
    if (!err) err = pragma_number(s, db, "SELECT count(*) FROM sqlite_schema", &tables, p);
    if (err) return err;
    if (application != APPLICATION_ID && tables)
        return problem_set(p, ERR_UNSUPPORTED, s->path, "name another file or directory", "this SQLite database is not an incident store");
    if (*version > INCIDENT_SCHEMA_VERSION)
        return problem_set(p, ERR_UNSUPPORTED, s->path, "use the version of hikeshi that wrote it, or a later one",
                           "the incident store has version %lld, this program knows %d", (long long)*version, INCIDENT_SCHEMA_VERSION);
    return ERR_OK;
}

static enum err migrate_step(struct incident_sqlite *s, sqlite3 *db, int version, struct problem *p) {
    char mark[96];
    (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID, version);
    enum err err = run(s, db, incident_schema_step(version), "migrate", p);
    return err ? err : run(s, db, mark, "migrate", p);
}

/* All missing steps in one transaction: another process that opens at the same time waits, and then finds nothing left to do. */
static enum err migrate(struct incident_sqlite *s, sqlite3 *db, struct problem *p) {
    int64_t version = 0;
    enum err err = run(s, db, "BEGIN IMMEDIATE", "migrate", p);
    if (err) return err;
    err = check_origin(s, db, &version, p);
    for (int next = (int)version + 1; !err && next <= INCIDENT_SCHEMA_VERSION; next++) err = migrate_step(s, db, next, p);
    if (!err) err = run(s, db, "COMMIT", "migrate", p);
    if (err) (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

static enum err connect(struct incident_sqlite *s, struct link *l, int flags, struct problem *p) {
    l->path = s->path;
    l->session.run = run_statement;
    if (sqlite3_open_v2(s->path, &l->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) != SQLITE_OK)
        return fail(s->path, l->db, "open", p);
    (void)sqlite3_busy_timeout(l->db, BUSY_MS_MAX);
    enum err err = run(s, l->db, "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF", "open", p);
    if (!err && !(flags & SQLITE_OPEN_READONLY)) err = run(s, l->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", "open", p);
    return err;
}

/* SQLite would create the file readable by all; -wal and -shm take its mode. */
static void create_private(const char *path) {
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) (void)close(fd);
}

static void disconnect(struct link *l) {
    for (enum query q = 0; q < QUERY_COUNT; q++) (void)sqlite3_finalize(l->statements[q]);
    (void)sqlite3_close(l->db);
    session_release(&l->session);
}

static void release(struct incident_sqlite *s) {
    disconnect(&s->reader);
    disconnect(&s->courier);
    disconnect(&s->writer);
    free(s);
}

static enum err open_writer(struct incident_sqlite *s, struct problem *p) {
    if (!s->in_memory) create_private(s->path);
    enum err err = connect(s, &s->writer, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, p);
    if (!err) err = migrate(s, s->writer.db, p);
    if (!err && !s->in_memory) err = connect(s, &s->courier, SQLITE_OPEN_READWRITE, p);
    return err;
}

static enum err open_reader(struct incident_sqlite *s, struct problem *p) {
    int64_t version;
    enum err err = connect(s, &s->reader, SQLITE_OPEN_READONLY, p);
    if (!err) err = check_origin(s, s->reader.db, &version, p);
    if (!err && version < INCIDENT_SCHEMA_VERSION)
        err = problem_set(p, ERR_UNSUPPORTED, s->path, "start the server once: it brings the file up to date",
                          "the incident store has the older version %lld", (long long)version);
    return err;
}

static struct incident_sqlite *new_store(const char *path, bool read_only) {
    struct incident_sqlite *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    session_init(&s->writer.session);
    session_init(&s->courier.session);
    session_init(&s->reader.session);
    s->in_memory = str_equal(str_from(path), STR(":memory:"));
    s->sql = (struct incident_sql){&s->writer.session, &s->courier.session, &s->reader.session, .read_only = read_only, .where = s->path};
    if (s->in_memory) s->sql.courier = s->sql.looking = s->sql.absorbing;
    return s;
}

static enum err open_store(const char *path, bool read_only, struct incident_store *out, struct problem *p) {
    if (strlen(path) >= sizeof((struct incident_sqlite *)0)->path)
        return problem_set(p, ERR_TOO_LARGE, "", "use a shorter path", "the path of the incident store is too long");
    struct incident_sqlite *s = new_store(path, read_only);
    if (!s) return problem_set(p, ERR_FULL, "", "", "no memory for the incident store");
    (void)snprintf(s->path, sizeof s->path, "%s", path);
    enum err err = read_only ? ERR_OK : open_writer(s, p);
    if (!err && !s->in_memory) err = open_reader(s, p);
    if (err) release(s);
    else *out = (struct incident_store){&incident_sql_ops, &s->sql};
    return err;
}

enum err incident_sqlite_open(const char *path, struct incident_store *out, struct problem *p) {
    return open_store(path, false, out, p);
}

enum err incident_sqlite_open_read(const char *path, struct incident_store *out, struct problem *p) {
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return problem_set(p, ERR_NOT_FOUND, path, "name the data directory of a server or an import with --data",
                           "there is no incident store here");
    return open_store(path, true, out, p);
}

void incident_sqlite_close(struct incident_store *s) {
    release(s->self);
    *s = (struct incident_store){0};
}

/* ---- verifying -------------------------------------------------------------------------------------------------------------------- */

/* The first row of a check, as text; "ok" or no row at all means well. */
static enum err check_first(struct incident_sqlite *s, struct link *l, const char *sql, struct problem *p) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(l->db, sql, -1, &statement, NULL) != SQLITE_OK) return fail(s->path, l->db, "check", p);
    enum err err = ERR_OK;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        struct str text = str_from((const char *)sqlite3_column_text(statement, 0));
        if (!str_equal(text, STR("ok")))
            err = problem_set(p, ERR_CORRUPT, s->path, fix_of(ERR_CORRUPT), "the incident store contradicts itself: %.*s", STR_ARGS(text));
    } else if (code != SQLITE_DONE) {
        err = fail(s->path, l->db, "check", p);
    }
    (void)sqlite3_finalize(statement);
    return err;
}

enum err incident_sqlite_verify(struct incident_store *store, struct problem *p) {
    struct incident_sqlite *s = store->self;
    struct link *l = (struct link *)s->sql.looking;
    (void)pthread_mutex_lock(&l->session.lock);
    enum err err = check_first(s, l, "PRAGMA integrity_check(1)", p);
    if (!err) err = check_first(s, l, "SELECT 'row of ' || \"table\" FROM pragma_foreign_key_check", p);
    (void)pthread_mutex_unlock(&l->session.lock);
    return err ? err : incident_sql_verify_audit(&s->sql, p);
}
