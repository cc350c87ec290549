// SPDX-License-Identifier: Apache-2.0
/* Keeps the incident store in PostgreSQL: connections that run its statements, and the steps of its schema. */
#include "store/incident_postgres.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "store/incident_schema.h"
#include "store/incident_sql.h"

#define PARAMETERS_MAX 64
#define TYPE_BIGINT    20U /* pg_type.oid, fixed for ever */
#define TYPE_TEXT      25U

/*
 * A claim or a batch holds its rows for milliseconds. One that forgets its transaction would keep dead rows alive and every queue slow, so
 * the server ends it.
 */
static const char settings[] = "SET client_encoding = 'UTF8'; SET synchronous_commit = on; SET lock_timeout = '5s'; "
                               "SET idle_in_transaction_session_timeout = '30s'; SET client_min_messages = warning";

struct link {
    struct session session;
    PGconn *db;
    const char *where;
    bool read_only; /* the server holds it to that */
    bool prepared[QUERY_COUNT];
};

struct incident_postgres {
    struct incident_sql sql;
    struct link absorbing, courier, looking;
    char where[256];
};

/* ---- errors ----------------------------------------------------------------------------------------------------------------------- */

/* By SQLSTATE, whose first two letters are its class; none: the connection is gone. */
static enum err err_of(struct str state) {
    static const struct {
        const char *state;
        enum err err;
    } kinds[] = {
        {"23", ERR_CONFLICT}, {"40", ERR_BUSY},         {"55", ERR_BUSY},      {"57", ERR_BUSY},       {"08", ERR_BUSY},
        {"53300", ERR_BUSY},  {"53", ERR_FULL},         {"28", ERR_DENIED},    {"42501", ERR_DENIED},  {"25006", ERR_DENIED},
        {"25P03", ERR_BUSY},  {"42P01", ERR_NOT_FOUND}, {"54", ERR_TOO_LARGE}, {"XX001", ERR_CORRUPT}, {"XX002", ERR_CORRUPT},
    };
    if (!state.size) return ERR_BUSY;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (str_starts(state, str_from(kinds[i].state))) return kinds[i].err;
    return ERR_IO;
}

static const char *fix_of(enum err err) {
    if (err == ERR_BUSY) return "see whether the database server runs, and try again";
    if (err == ERR_DENIED) return "give the user of the connection string the right to create and write tables";
    return err == ERR_FULL ? "free space on the disk of the database server" : "";
}

/* Details are left out: they quote rows, and rows name people. */
static enum err fail(const struct link *l, const PGresult *result, const char *doing, struct problem *p) {
    enum err err = err_of(str_from(result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL));
    const char *said = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    struct str what = str_trim(str_from(said ? said : PQerrorMessage(l->db)));
    return problem_set(p, err, l->where, fix_of(err), "cannot %s the incident store: %.*s", doing, STR_ARGS(what));
}

/* ---- running ---------------------------------------------------------------------------------------------------------------------- */

static bool went_well(const PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Parameters are $1, ... here; and rows are kept from others where SQLite keeps the whole file. */
static const char *text_of(enum query q, char memory[QUERY_SIZE_MAX]) {
    struct buf text = buf_over(memory, QUERY_SIZE_MAX);
    incident_query_write(q, &text);
    if (incident_query_locks_rows(q)) buf_text(&text, STR(" FOR UPDATE SKIP LOCKED"));
    if (q == QUERY_ABSORBED_TO_WRITE) buf_text(&text, STR(" FOR UPDATE"));
    buf_char(&text, 0);
    CHECK(!text.overflow);
    for (char *at = memory; *at; at++)
        if (*at == '?') *at = '$';
    return memory;
}

/* NULL where it went well. */
static PGresult *prepare(struct link *l, enum query q, const char *name, const char *letters) {
    char memory[QUERY_SIZE_MAX];
    Oid types[PARAMETERS_MAX];
    size_t count = strlen(letters);
    if (l->prepared[q]) return NULL;
    for (size_t i = 0; i < count; i++) types[i] = letters[i] == 't' ? TYPE_TEXT : TYPE_BIGINT;
    PGresult *result = PQprepare(l->db, name, text_of(q, memory), (int)count, types);
    if (!went_well(result)) return result;
    PQclear(result);
    l->prepared[q] = true;
    return NULL;
}

/* Everything goes in binary: a text with its length, a number as eight bytes, the greatest first. */
struct bound {
    const char *at[PARAMETERS_MAX];
    int sizes[PARAMETERS_MAX], formats[PARAMETERS_MAX];
    char numbers[PARAMETERS_MAX][8];
};

static void bind(struct bound *b, size_t i, const struct value *v) {
    b->formats[i] = 1;
    b->sizes[i] = v->is_text ? (int)v->text.size : 8;
    b->at[i] = v->is_text ? v->text.size ? v->text.at : "" : b->numbers[i];
    for (int byte = 0; byte < 8; byte++) b->numbers[i][byte] = (char)((uint64_t)v->number >> (56 - 8 * byte));
}

static PGresult *execute(struct link *l, enum query q, const struct value *parameters) {
    if (q == QUERY_BEGIN) return PQexec(l->db, "BEGIN");
    if (q == QUERY_COMMIT) return PQexec(l->db, "COMMIT");
    if (q == QUERY_ROLLBACK) return PQexec(l->db, "ROLLBACK");
    char name[16], memory[64];
    const char *letters = incident_query_parameters(q, memory);
    (void)snprintf(name, sizeof name, "q%d", (int)q);
    PGresult *refused = prepare(l, q, name, letters);
    if (refused) return refused;
    struct bound b;
    size_t count = strlen(letters);
    for (size_t i = 0; i < count; i++) bind(&b, i, &parameters[i]);
    return PQexecPrepared(l->db, name, (int)count, b.at, b.sizes, b.formats, 0);
}

static bool set_up(struct link *l) {
    memset(l->prepared, 0, sizeof l->prepared);
    PGresult *result = PQexec(l->db, settings);
    bool well = went_well(result);
    PQclear(result);
    if (!well || !l->read_only) return well;
    result = PQexec(l->db, "SET default_transaction_read_only = on");
    well = went_well(result);
    PQclear(result);
    return well;
}

/* Once more over a new connection, where the old one was found broken before anything was begun on it. */
static PGresult *execute_again(struct link *l, enum query q, const struct value *parameters, PGresult *broken) {
    PQreset(l->db);
    if (PQstatus(l->db) != CONNECTION_OK || !set_up(l)) return broken;
    PQclear(broken);
    return execute(l, q, parameters);
}

static struct value value_at(const PGresult *result, int row, int column, bool is_text) {
    struct str text = {PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
    int64_t number = 0;
    if (is_text) return value_text(text);
    CHECK(str_to_i64(text, &number));
    return value_number(number);
}

static void take_rows(const PGresult *result, struct rows *out) {
    for (int i = 0; i < PQntuples(result); i++) {
        void *row = rows_add(out);
        for (size_t at = 0; row && at < out->table->column_count; at++) {
            const struct column *c = &out->table->columns[at];
            rows_set(out, row, c, value_at(result, i, (int)at, column_is_text(c)));
        }
    }
}

static enum err run_statement(struct session *session, enum query q, const struct value *parameters, struct rows *out, struct problem *p) {
    struct link *l = (struct link *)session;
    bool within = PQtransactionStatus(l->db) == PQTRANS_INTRANS || PQtransactionStatus(l->db) == PQTRANS_INERROR;
    if (q == QUERY_COMMIT && !within) return problem_set(p, ERR_BUSY, l->where, fix_of(ERR_BUSY), "the transaction was lost");
    if (q == QUERY_ROLLBACK && !within) return ERR_OK;
    PGresult *result = execute(l, q, parameters);
    if (!went_well(result) && PQstatus(l->db) == CONNECTION_BAD && !within) result = execute_again(l, q, parameters, result);
    enum err err = went_well(result) ? ERR_OK : fail(l, result, "use", p);
    /* A transaction with an error in it answers a COMMIT with a friendly ROLLBACK. */
    if (!err && q == QUERY_COMMIT && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        err = problem_set(p, ERR_IO, l->where, "", "the incident store undid a transaction");
    if (!err && out) take_rows(result, out);
    PQclear(result);
    return err;
}

/* ---- opening ---------------------------------------------------------------------------------------------------------------------- */

static enum err run(struct link *l, const char *sql, struct problem *p) {
    PGresult *result = PQexec(l->db, sql);
    enum err err = went_well(result) ? ERR_OK : fail(l, result, "prepare", p);
    PQclear(result);
    return err;
}

static enum err read_version(struct link *l, int64_t *version, struct problem *p) {
    PGresult *result = PQexec(l->db, "SELECT COALESCE(MAX(version), 0) FROM schema_step");
    enum err err = went_well(result) ? ERR_OK : fail(l, result, "read", p);
    if (!err) *version = value_at(result, 0, 0, false).number;
    PQclear(result);
    return err;
}

static enum err refuse_newer(const struct link *l, int64_t version, struct problem *p) {
    if (version <= INCIDENT_SCHEMA_VERSION) return ERR_OK;
    return problem_set(p, ERR_UNSUPPORTED, l->where, "use the version of hikeshi that wrote it, or a later one",
                       "the incident store has version %lld, this program knows %d", (long long)version, INCIDENT_SCHEMA_VERSION);
}

static enum err migrate_step(struct link *l, int version, struct problem *p) {
    char mark[80];
    (void)snprintf(mark, sizeof mark, "INSERT INTO schema_step (version) VALUES (%d)", version);
    enum err err = run(l, incident_schema_step(version), p);
    return err ? err : run(l, mark, p);
}

/* All missing steps in one transaction, one process at a time ("HIKE"). */
static enum err migrate(struct link *l, struct problem *p) {
    int64_t version = 0;
    enum err err = run(l,
                       "BEGIN; SELECT pg_advisory_xact_lock(1212762949); "
                       "CREATE TABLE IF NOT EXISTS schema_step (version INTEGER NOT NULL PRIMARY KEY)",
                       p);
    if (!err) err = read_version(l, &version, p);
    if (!err) err = refuse_newer(l, version, p);
    for (int next = (int)version + 1; !err && next <= INCIDENT_SCHEMA_VERSION; next++) err = migrate_step(l, next, p);
    if (!err) return run(l, "COMMIT", p);
    (void)!run(l, "ROLLBACK", NULL);
    return err;
}

/* A look makes nothing: the tables must be there, as this program knows them. */
static enum err check_version(struct link *l, struct problem *p) {
    int64_t version = 0;
    enum err err = read_version(l, &version, p);
    if (err == ERR_NOT_FOUND)
        return problem_set(p, err, l->where, "name the database that the server has as --store", "there is no incident store here");
    if (!err) err = refuse_newer(l, version, p);
    if (!err && version < INCIDENT_SCHEMA_VERSION)
        err = problem_set(p, ERR_UNSUPPORTED, l->where, "start the server once: it brings the tables up to date",
                          "the incident store has the older version %lld", (long long)version);
    return err;
}

static enum err connect_link(struct incident_postgres *s, struct link *l, const char *conninfo, struct problem *p) {
    l->where = s->where;
    l->session.run = run_statement;
    l->db = PQconnectdb(conninfo);
    if (!l->db) return problem_set(p, ERR_FULL, "", "", "no memory for the incident store");
    if (PQstatus(l->db) != CONNECTION_OK || !set_up(l)) return fail(l, NULL, "reach", p);
    /* Not the connection string: it may hold a password. */
    (void)snprintf(s->where, sizeof s->where, "postgresql://%s/%s", PQhost(l->db), PQdb(l->db));
    return ERR_OK;
}

static void disconnect(struct link *l) {
    PQfinish(l->db);
    session_release(&l->session);
}

static void release(struct incident_postgres *s) {
    disconnect(&s->absorbing);
    disconnect(&s->courier);
    disconnect(&s->looking);
    free(s);
}

static struct incident_postgres *new_store(bool read_only) {
    struct incident_postgres *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->sql =
        (struct incident_sql){&s->absorbing.session, &s->courier.session, &s->looking.session, .read_only = read_only, .where = s->where};
    s->looking.read_only = read_only;
    session_init(&s->absorbing.session);
    session_init(&s->courier.session);
    session_init(&s->looking.session);
    return s;
}

enum err incident_postgres_open_read(const char *conninfo, struct incident_store *out, struct problem *p) {
    struct incident_postgres *s = new_store(true);
    if (!s) return problem_set(p, ERR_FULL, "", "", "no memory for the incident store");
    enum err err = connect_link(s, &s->looking, conninfo, p);
    if (!err) err = check_version(&s->looking, p);
    if (err) release(s);
    else *out = (struct incident_store){&incident_sql_ops, &s->sql};
    return err;
}

const char *incident_postgres_where(const struct incident_store *s) {
    return ((const struct incident_postgres *)s->self)->where;
}

enum err incident_postgres_open(const char *conninfo, struct incident_store *out, struct problem *p) {
    struct incident_postgres *s = new_store(false);
    if (!s) return problem_set(p, ERR_FULL, "", "", "no memory for the incident store");
    enum err err = connect_link(s, &s->absorbing, conninfo, p);
    if (!err) err = migrate(&s->absorbing, p);
    if (!err) err = connect_link(s, &s->courier, conninfo, p);
    if (!err) err = connect_link(s, &s->looking, conninfo, p);
    if (err) release(s);
    else *out = (struct incident_store){&incident_sql_ops, &s->sql};
    return err;
}

void incident_postgres_close(struct incident_store *s) {
    release(s->self);
    *s = (struct incident_store){0};
}

enum err incident_postgres_verify(struct incident_store *s, struct problem *p) {
    return incident_sql_verify_audit(s->self, p);
}
