// SPDX-License-Identifier: Apache-2.0
/* Keeps incidents, their events and the decisions with consequences in SQLite. */
#include "store/incident_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/check.h"
#include "store/incident_schema.h"

/* "HIKE": tells our file from any other SQLite database (PRAGMA application_id). */
#define APPLICATION_ID 0x48494B45
/* A checkpoint of another process or a backup holds the lock for moments only. */
#define BUSY_MS_MAX    5000
#define LIST_COUNT_MAX 1000

enum query {
    QUERY_BEGIN,
    QUERY_COMMIT,
    QUERY_ROLLBACK,
    QUERY_ABSORBED,
    QUERY_SET_ABSORBED,
    QUERY_PUT_INCIDENT,
    QUERY_PUT_EVENT,
    QUERY_PUT_DECISION,
    QUERY_FIND,
    QUERY_LIST,
    QUERY_EVENTS,
    QUERY_DECISION,
    QUERY_COUNT
};

#define INCIDENT_COLUMNS                                                                                                                   \
    "id, account, status, opened_position, closed_position, opened_ms, closed_ms, window_from_ms, window_to_ms, trigger_position, score, " \
    "path, summary, closed_why"
#define EVENT_COLUMNS    "incident, position, time_ms, event, kind, whose, why, detail, object, amount_minor, currency"
#define DECISION_COLUMNS "position, event, account, kind, verdict, incident, policy, time_ms, score, challenge_rate_ppm, answer"
/* An empty text, or 0, keeps what is stored (port/incident_store.h). */
#define KEEP_TEXT(column)   #column " = COALESCE(NULLIF(excluded." #column ", ''), incident." #column ")"
#define KEEP_NUMBER(column) #column " = COALESCE(NULLIF(excluded." #column ", 0), incident." #column ")"

// clang-format off
static const char *const queries[QUERY_COUNT] = {
    [QUERY_BEGIN] = "BEGIN IMMEDIATE",
    [QUERY_COMMIT] = "COMMIT",
    [QUERY_ROLLBACK] = "ROLLBACK",
    [QUERY_ABSORBED] = "SELECT position FROM absorbed",
    [QUERY_SET_ABSORBED] = "UPDATE absorbed SET position = ?1",
    [QUERY_PUT_INCIDENT] =
        "INSERT INTO incident (" INCIDENT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) "
        "ON CONFLICT (id) DO UPDATE SET status = excluded.status, "
        KEEP_NUMBER(closed_position) ", " KEEP_NUMBER(opened_ms) ", " KEEP_NUMBER(closed_ms) ", "
        KEEP_NUMBER(window_from_ms) ", " KEEP_NUMBER(window_to_ms) ", " KEEP_NUMBER(trigger_position) ", "
        KEEP_NUMBER(score) ", " KEEP_TEXT(path) ", " KEEP_TEXT(summary) ", " KEEP_TEXT(closed_why),
    [QUERY_PUT_EVENT] =
        "INSERT INTO incident_event (" EVENT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
        "ON CONFLICT (incident, position) DO UPDATE SET whose = excluded.whose, why = excluded.why",
    [QUERY_PUT_DECISION] =
        "INSERT INTO decision (" DECISION_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
        "ON CONFLICT (position) DO NOTHING",
    [QUERY_FIND] = "SELECT " INCIDENT_COLUMNS " FROM incident WHERE id = ?1",
    [QUERY_LIST] =
        "SELECT " INCIDENT_COLUMNS " FROM incident WHERE (?1 = '' OR account = ?1) AND (?2 = '' OR status = ?2) "
        "AND (?3 = 0 OR opened_position < ?3) ORDER BY opened_position DESC LIMIT ?4",
    [QUERY_EVENTS] = "SELECT " EVENT_COLUMNS " FROM incident_event WHERE incident = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
    [QUERY_DECISION] = "SELECT " DECISION_COLUMNS " FROM decision WHERE event = ?1 ORDER BY position LIMIT 1",
};
// clang-format on

struct link {
    sqlite3 *db;
    sqlite3_stmt *statements[QUERY_COUNT];
    pthread_mutex_t lock;
};

struct incident_sqlite {
    struct link writer;
    struct link reader; /* unused in memory, where one connection is all there is */
    bool in_memory, read_only;
    char path[512];
};

static struct link *reading(struct incident_sqlite *s) {
    return s->in_memory ? &s->writer : &s->reader;
}

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

static enum err fail(const struct incident_sqlite *s, sqlite3 *db, const char *doing, struct problem *p) {
    enum err err = err_of(db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM);
    return problem_set(p, err, s->path, fix_of(err), "cannot %s the incident store: %s", doing, db ? sqlite3_errmsg(db) : "out of memory");
}

/* ---- opening ---------------------------------------------------------------------------------------------------------------------- */

static enum err run(struct incident_sqlite *s, sqlite3 *db, const char *sql, const char *doing, struct problem *p) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK : fail(s, db, doing, p);
}

static enum err pragma_number(struct incident_sqlite *s, sqlite3 *db, const char *sql, int64_t *out, struct problem *p) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) return fail(s, db, "read", p);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) *out = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return code == SQLITE_ROW ? ERR_OK : fail(s, db, "read", p);
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
    if (sqlite3_open_v2(s->path, &l->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) != SQLITE_OK)
        return fail(s, l->db, "open", p);
    (void)sqlite3_busy_timeout(l->db, BUSY_MS_MAX);
    enum err err = run(s, l->db, "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF", "open", p);
    if (!err && !(flags & SQLITE_OPEN_READONLY)) err = run(s, l->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", "open", p);
    return err;
}

static enum err prepare(struct incident_sqlite *s, struct link *l, enum query from, enum query to, struct problem *p) {
    for (enum query q = from; q <= to; q++)
        if (sqlite3_prepare_v3(l->db, queries[q], -1, SQLITE_PREPARE_PERSISTENT, &l->statements[q], NULL) != SQLITE_OK)
            return fail(s, l->db, "read", p);
    return ERR_OK;
}

/* SQLite would create the file readable by all; -wal and -shm take its mode. */
static void create_private(const char *path) {
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) (void)close(fd);
}

static void disconnect(struct link *l) {
    for (enum query q = 0; q < QUERY_COUNT; q++) (void)sqlite3_finalize(l->statements[q]);
    (void)sqlite3_close(l->db);
    (void)pthread_mutex_destroy(&l->lock);
}

static void release(struct incident_sqlite *s) {
    disconnect(&s->reader);
    disconnect(&s->writer);
    free(s);
}

static enum err open_writer(struct incident_sqlite *s, struct problem *p) {
    if (!s->in_memory) create_private(s->path);
    enum err err = connect(s, &s->writer, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, p);
    if (!err) err = migrate(s, s->writer.db, p);
    if (!err) err = prepare(s, &s->writer, QUERY_BEGIN, s->in_memory ? QUERY_DECISION : QUERY_PUT_DECISION, p);
    return err;
}

static enum err open_reader(struct incident_sqlite *s, struct problem *p) {
    int64_t version;
    enum err err = connect(s, &s->reader, SQLITE_OPEN_READONLY, p);
    if (!err) err = check_origin(s, s->reader.db, &version, p);
    if (!err && version < INCIDENT_SCHEMA_VERSION)
        err = problem_set(p, ERR_UNSUPPORTED, s->path, "start the server once: it brings the file up to date",
                          "the incident store has the older version %lld", (long long)version);
    if (!err) err = prepare(s, &s->reader, QUERY_ABSORBED, QUERY_ABSORBED, p);
    if (!err) err = prepare(s, &s->reader, QUERY_FIND, QUERY_DECISION, p);
    return err;
}

static const struct incident_store_ops ops;

static enum err open_store(const char *path, bool read_only, struct incident_store *out, struct problem *p) {
    struct incident_sqlite *s = calloc(1, sizeof *s);
    if (!s) return problem_set(p, ERR_FULL, "", "", "no memory for the incident store");
    if ((size_t)snprintf(s->path, sizeof s->path, "%s", path) >= sizeof s->path) {
        free(s);
        return problem_set(p, ERR_TOO_LARGE, "", "use a shorter path", "the path of the incident store is longer than %zu bytes",
                           sizeof s->path - 1);
    }
    (void)pthread_mutex_init(&s->writer.lock, NULL);
    (void)pthread_mutex_init(&s->reader.lock, NULL);
    s->in_memory = str_equal(str_from(path), STR(":memory:"));
    s->read_only = read_only;
    enum err err = read_only ? ERR_OK : open_writer(s, p);
    if (!err && !s->in_memory) err = open_reader(s, p);
    if (err) release(s);
    else *out = (struct incident_store){&ops, s};
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

/* ---- writing ---------------------------------------------------------------------------------------------------------------------- */

/* Binds parameters in order; what cannot be bound fails at the step. */
struct binder {
    sqlite3_stmt *statement;
    int at;
};

static void bind_text(struct binder *b, struct str s) {
    (void)sqlite3_bind_text64(b->statement, ++b->at, s.size ? s.at : "", s.size, SQLITE_STATIC, SQLITE_UTF8);
}

static void bind_number(struct binder *b, int64_t number) {
    (void)sqlite3_bind_int64(b->statement, ++b->at, number);
}

static void bind_position(struct binder *b, uint64_t position) {
    CHECK(position <= INT64_MAX);
    bind_number(b, (int64_t)position);
}

static struct binder binder_of(struct link *l, enum query q) {
    (void)sqlite3_reset(l->statements[q]);
    return (struct binder){l->statements[q], 0};
}

static int step(struct link *l, enum query q) {
    return sqlite3_step(l->statements[q]);
}

/* A statement without rows. */
static bool done(struct link *l, enum query q) {
    int code = step(l, q);
    (void)sqlite3_reset(l->statements[q]);
    return code == SQLITE_DONE;
}

static void bind_incident(struct binder *b, const struct incident_row *r) {
    bind_text(b, r->id);
    bind_text(b, r->account);
    bind_text(b, incident_status_word(r->status));
    bind_position(b, r->opened_position);
    bind_position(b, r->closed_position);
    bind_number(b, r->opened_ms);
    bind_number(b, r->closed_ms);
    bind_number(b, r->window_from_ms);
    bind_number(b, r->window_to_ms);
    bind_position(b, r->trigger_position);
    bind_number(b, r->score);
    bind_text(b, r->path);
    bind_text(b, r->summary);
    bind_text(b, r->closed_why);
}

static void bind_event(struct binder *b, const struct incident_event_row *r) {
    bind_text(b, r->incident);
    bind_position(b, r->position);
    bind_number(b, r->time_ms);
    bind_text(b, r->event);
    bind_text(b, r->kind);
    bind_text(b, whose_word(r->whose));
    bind_text(b, r->why);
    bind_text(b, r->detail);
    bind_text(b, r->object);
    bind_number(b, r->amount_minor);
    bind_text(b, str_from(r->currency));
}

static void bind_decision(struct binder *b, const struct decision_row *r) {
    bind_position(b, r->position);
    bind_text(b, r->event);
    bind_text(b, r->account);
    bind_text(b, r->kind);
    bind_text(b, r->verdict);
    bind_text(b, r->incident);
    bind_text(b, r->policy);
    bind_number(b, r->time_ms);
    bind_number(b, r->score);
    bind_number(b, r->challenge_rate_ppm);
    bind_text(b, r->answer);
}

static bool put(struct link *l, const struct incident_write *w) {
    struct binder b;
    switch (w->kind) {
    case WRITE_INCIDENT:
        b = binder_of(l, QUERY_PUT_INCIDENT);
        bind_incident(&b, &w->as.incident);
        return done(l, QUERY_PUT_INCIDENT);
    case WRITE_INCIDENT_EVENT:
        b = binder_of(l, QUERY_PUT_EVENT);
        bind_event(&b, &w->as.event);
        return done(l, QUERY_PUT_EVENT);
    case WRITE_DECISION:
        b = binder_of(l, QUERY_PUT_DECISION);
        bind_decision(&b, &w->as.decision);
        return done(l, QUERY_PUT_DECISION);
    case WRITE_RESPONSE:
    case WRITE_EFFECT:
    case WRITE_STEP:
    case WRITE_TASK:
    case WRITE_LEDGER:
    case WRITE_NOTICE:
    case WRITE_HOLD:
    case WRITE_PROOF:
    case WRITE_AUDIT: break;
    }
    return false;
}

static bool read_absorbed(struct link *l, uint64_t *position) {
    (void)binder_of(l, QUERY_ABSORBED);
    bool found = step(l, QUERY_ABSORBED) == SQLITE_ROW;
    if (found) *position = (uint64_t)sqlite3_column_int64(l->statements[QUERY_ABSORBED], 0);
    (void)sqlite3_reset(l->statements[QUERY_ABSORBED]);
    return found;
}

/* Inside the transaction. */
static bool apply(struct link *l, const struct incident_write *writes, size_t count, uint64_t absorbed) {
    uint64_t before;
    if (!read_absorbed(l, &before)) return false;
    if (absorbed <= before) return true;
    for (size_t i = 0; i < count; i++) {
        CHECK(writes[i].position > 0 && writes[i].position <= absorbed);
        if (writes[i].position > before && !put(l, &writes[i])) return false;
    }
    struct binder b = binder_of(l, QUERY_SET_ABSORBED);
    bind_position(&b, absorbed);
    return done(l, QUERY_SET_ABSORBED);
}

static enum err commit(void *self, const struct incident_write *writes, size_t count, uint64_t absorbed, struct problem *p) {
    struct incident_sqlite *s = self;
    if (s->read_only) return problem_set(p, ERR_DENIED, s->path, "", "this incident store was opened for reading only");
    struct link *l = &s->writer;
    (void)pthread_mutex_lock(&l->lock);
    enum err err = ERR_OK;
    if (!done(l, QUERY_BEGIN) || !apply(l, writes, count, absorbed) || !done(l, QUERY_COMMIT)) {
        err = fail(s, l->db, "write", p);
        (void)done(l, QUERY_ROLLBACK); /* fails where there is no transaction any more, which is as good */
    }
    (void)pthread_mutex_unlock(&l->lock);
    return err;
}

/* ---- reading ---------------------------------------------------------------------------------------------------------------------- */

/* Takes columns in order. */
struct taker {
    sqlite3_stmt *statement;
    struct arena *step;
    int at;
    bool full;
};

static struct str take_text(struct taker *t) {
    const unsigned char *text = sqlite3_column_text(t->statement, t->at);
    size_t size = (size_t)sqlite3_column_bytes(t->statement, t->at++);
    return text ? arena_copy(t->step, (struct str){(const char *)text, size}, &t->full) : STR_NONE;
}

static int64_t take_number(struct taker *t) {
    return sqlite3_column_int64(t->statement, t->at++);
}

static uint64_t take_position(struct taker *t) {
    return (uint64_t)take_number(t);
}

static struct incident_row take_incident(struct taker *t) {
    struct incident_row r = {.id = take_text(t)};
    r.account = take_text(t);
    r.status = str_equal(take_text(t), STR("open")) ? INCIDENT_OPEN : INCIDENT_CLOSED;
    r.opened_position = take_position(t);
    r.closed_position = take_position(t);
    r.opened_ms = take_number(t);
    r.closed_ms = take_number(t);
    r.window_from_ms = take_number(t);
    r.window_to_ms = take_number(t);
    r.trigger_position = take_position(t);
    r.score = (uint16_t)take_number(t);
    r.path = take_text(t);
    r.summary = take_text(t);
    r.closed_why = take_text(t);
    return r;
}

static enum whose take_whose(struct taker *t) {
    struct str word = take_text(t);
    if (str_equal(word, STR("hijacker"))) return WHOSE_HIJACKER;
    return str_equal(word, STR("owner")) ? WHOSE_OWNER : WHOSE_UNKNOWN;
}

static struct incident_event_row take_event(struct taker *t) {
    struct incident_event_row r = {.incident = take_text(t)};
    r.position = take_position(t);
    r.time_ms = take_number(t);
    r.event = take_text(t);
    r.kind = take_text(t);
    r.whose = take_whose(t);
    r.why = take_text(t);
    r.detail = take_text(t);
    r.object = take_text(t);
    r.amount_minor = take_number(t);
    struct str currency = take_text(t);
    if (currency.size == 3) memcpy(r.currency, currency.at, 3);
    return r;
}

static struct decision_row take_decision(struct taker *t) {
    struct decision_row r = {.position = take_position(t)};
    r.event = take_text(t);
    r.account = take_text(t);
    r.kind = take_text(t);
    r.verdict = take_text(t);
    r.incident = take_text(t);
    r.policy = take_text(t);
    r.time_ms = take_number(t);
    r.score = (uint16_t)take_number(t);
    r.challenge_rate_ppm = (uint32_t)take_number(t);
    r.answer = take_text(t);
    return r;
}

static struct taker taker_of(struct link *l, enum query q, struct arena *step) {
    return (struct taker){l->statements[q], step, 0, false};
}

/* How a read ended: `code` is that of the last step. */
static enum err ended(struct link *l, enum query q, int code, bool full) {
    (void)sqlite3_reset(l->statements[q]);
    if (full) return ERR_FULL;
    return code == SQLITE_DONE || code == SQLITE_ROW ? ERR_OK : err_of(code);
}

static enum err absorbed(void *self, uint64_t *position) {
    struct link *l = reading(self);
    (void)pthread_mutex_lock(&l->lock);
    enum err err = read_absorbed(l, position) ? ERR_OK : err_of(sqlite3_extended_errcode(l->db));
    (void)pthread_mutex_unlock(&l->lock);
    return err;
}

/* Steps a query that has one text as its parameter; the lock is held until ended() was called and it is let go. */
static int ask_one(struct link *l, enum query q, struct str parameter) {
    (void)pthread_mutex_lock(&l->lock);
    struct binder b = binder_of(l, q);
    bind_text(&b, parameter);
    return step(l, q);
}

static enum err answer_one(struct link *l, enum query q, int code, bool full) {
    enum err err = ended(l, q, code, full);
    (void)pthread_mutex_unlock(&l->lock);
    return err ? err : code == SQLITE_ROW ? ERR_OK : ERR_NOT_FOUND;
}

static enum err find(void *self, struct str id, struct arena *step, struct incident_row *out) {
    struct link *l = reading(self);
    int code = ask_one(l, QUERY_FIND, id);
    struct taker t = taker_of(l, QUERY_FIND, step);
    if (code == SQLITE_ROW) *out = take_incident(&t);
    return answer_one(l, QUERY_FIND, code, t.full);
}

static enum err decision(void *self, struct str event, struct arena *step, struct decision_row *out) {
    struct link *l = reading(self);
    int code = ask_one(l, QUERY_DECISION, event);
    struct taker t = taker_of(l, QUERY_DECISION, step);
    if (code == SQLITE_ROW) *out = take_decision(&t);
    return answer_one(l, QUERY_DECISION, code, t.full);
}

static enum err list(void *self, const struct incident_query *q, struct arena *step_memory, struct incident_row **rows, size_t *count) {
    uint32_t count_max = q->count_max < LIST_COUNT_MAX ? q->count_max : LIST_COUNT_MAX;
    struct incident_row *at = arena_take(step_memory, count_max * sizeof *at);
    if (!at) return ERR_FULL;
    struct link *l = reading(self);
    (void)pthread_mutex_lock(&l->lock);
    struct binder b = binder_of(l, QUERY_LIST);
    bind_text(&b, q->account);
    bind_text(&b, q->status < 0 ? STR_NONE : incident_status_word((enum incident_status)q->status));
    bind_position(&b, q->before);
    bind_number(&b, count_max);
    bool full = false;
    int code;
    for (*count = 0; (code = step(l, QUERY_LIST)) == SQLITE_ROW && !full; (*count)++) {
        struct taker t = taker_of(l, QUERY_LIST, step_memory);
        at[*count] = take_incident(&t);
        full = t.full;
    }
    enum err err = ended(l, QUERY_LIST, code, full);
    (void)pthread_mutex_unlock(&l->lock);
    *rows = at;
    return err;
}

static enum err take_events(struct link *l, const struct incident_event_query *q, struct arena *step_memory, struct incident_event_row *at,
                            size_t *count) {
    struct binder b = binder_of(l, QUERY_EVENTS);
    bind_text(&b, q->incident);
    bind_position(&b, q->after);
    bind_number(&b, q->count_max);
    bool full = false;
    int code;
    for (*count = 0; (code = step(l, QUERY_EVENTS)) == SQLITE_ROW && !full; (*count)++) {
        struct taker t = taker_of(l, QUERY_EVENTS, step_memory);
        at[*count] = take_event(&t);
        full = t.full;
    }
    return ended(l, QUERY_EVENTS, code, full);
}

static enum err events(void *self, const struct incident_event_query *q, struct arena *step_memory, struct incident_event_row **rows,
                       size_t *count) {
    *rows = arena_take(step_memory, q->count_max * sizeof **rows);
    if (!*rows) return ERR_FULL;
    struct link *l = reading(self);
    (void)pthread_mutex_lock(&l->lock);
    enum err err = take_events(l, q, step_memory, *rows, count);
    (void)pthread_mutex_unlock(&l->lock);
    return err;
}

static const struct incident_store_ops ops = {
    .commit = commit,
    .absorbed = absorbed,
    .find = find,
    .list = list,
    .events = events,
    .decision = decision,
};

/* ---- verifying -------------------------------------------------------------------------------------------------------------------- */

/* The first row of a check, as text; "ok" or no row at all means well. */
static enum err check_first(struct incident_sqlite *s, struct link *l, const char *sql, struct problem *p) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(l->db, sql, -1, &statement, NULL) != SQLITE_OK) return fail(s, l->db, "check", p);
    enum err err = ERR_OK;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        struct str text = str_from((const char *)sqlite3_column_text(statement, 0));
        if (!str_equal(text, STR("ok")))
            err = problem_set(p, ERR_CORRUPT, s->path, fix_of(ERR_CORRUPT), "the incident store contradicts itself: %.*s", STR_ARGS(text));
    } else if (code != SQLITE_DONE) {
        err = fail(s, l->db, "check", p);
    }
    (void)sqlite3_finalize(statement);
    return err;
}

enum err incident_sqlite_verify(struct incident_store *store, struct problem *p) {
    struct incident_sqlite *s = store->self;
    struct link *l = reading(s);
    (void)pthread_mutex_lock(&l->lock);
    enum err err = check_first(s, l, "PRAGMA integrity_check(1)", p);
    if (!err) err = check_first(s, l, "SELECT 'row of ' || \"table\" FROM pragma_foreign_key_check", p);
    (void)pthread_mutex_unlock(&l->lock);
    return err;
}
