// SPDX-License-Identifier: Apache-2.0
/* Finds the incidents of a data directory for commands that look at them: in its file, or in PostgreSQL. */
#include "cli/incident_source.h"

#include <string.h>

#include "store/data_dir.h"
#include "store/incident_postgres.h"
#include "store/incident_sqlite.h"
#include "sys/disk.h"

/* One line, which database. */
#define NOTE          "incidents.elsewhere"
#define NOTE_SIZE_MAX 256

static enum err refuse_noted(struct disk d, struct disk_file f, const char *data, struct problem *p) {
    char text[NOTE_SIZE_MAX];
    size_t got = 0;
    enum err err = d.ops->read(d.self, f, 0, text, sizeof text, &got, p);
    if (err) return err;
    struct str where = str_trim((struct str){text, got});
    return problem_set(p, ERR_INVALID, data, "name it with --store URL; or remove " NOTE ", and a server makes them again from its journal",
                       "the incidents of this directory are kept in %.*s", STR_ARGS(where));
}

enum err incident_source_open(const char *data, const char *url, struct incident_source *out, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    *out = (struct incident_source){.in_database = url != NULL};
    if (url) return incident_postgres_open_read(url, &out->store, p);
    enum err err = incident_source_check_file(sys_disk(), data, p);
    if (!err) err = data_dir_path(data, "incidents.db", path, p);
    return err ? err : incident_sqlite_open_read(path, &out->store, p);
}

enum err incident_source_verify(struct incident_source *s, struct problem *p) {
    return s->in_database ? incident_postgres_verify(&s->store, p) : incident_sqlite_verify(&s->store, p);
}

void incident_source_close(struct incident_source *s) {
    if (s->in_database) incident_postgres_close(&s->store);
    else incident_sqlite_close(&s->store);
}

enum err incident_source_response(struct incident_store s, struct str id, struct arena *step, struct response_view *v) {
    const struct incident_store_ops *ops = s.ops;
    struct effect_row *effects;
    struct task_row *tasks;
    struct ledger_row *ledger;
    struct notice_row *notices;
    enum err err = ops->find_response(s.self, SIGHT_SETTLED, id, step, &v->response);
    const struct effect_query q = {.incident = id, .count_max = EFFECT_COUNT_MAX};
    if (!err) err = ops->effects(s.self, SIGHT_SETTLED, &q, step, &effects, &v->effect_count);
    if (!err) err = ops->tasks(s.self, SIGHT_SETTLED, id, step, &tasks, &v->task_count);
    if (!err) err = ops->ledger(s.self, SIGHT_SETTLED, id, step, &ledger, &v->ledger_count);
    if (!err) err = ops->notices(s.self, SIGHT_SETTLED, id, step, &notices, &v->notice_count);
    if (err) return err;
    v->notices = notices;
    v->effects = effects;
    v->tasks = tasks;
    v->ledger = ledger;
    return ERR_OK;
}

enum err incident_source_check_file(struct disk d, const char *data, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    struct disk_file f;
    struct problem unsaid; /* what is not there is no problem */
    enum err err = data_dir_path(data, NOTE, path, p);
    if (err) return err;
    err = d.ops->open(d.self, path, DISK_READ, &f, &unsaid);
    if (err == ERR_NOT_FOUND) return ERR_OK;
    if (err) return *p = unsaid, err;
    err = refuse_noted(d, f, data, p);
    d.ops->close(d.self, f);
    return err;
}

enum err incident_source_note(struct disk d, const char *data, const char *where, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    struct disk_file f;
    enum err err = data_dir_path(data, NOTE, path, p);
    if (!err) err = d.ops->open(d.self, path, DISK_CREATE, &f, p);
    if (err) return err;
    err = d.ops->write(d.self, f, 0, where, strlen(where), p);
    if (!err) err = d.ops->write(d.self, f, strlen(where), "\n", 1, p);
    if (!err) err = d.ops->sync(d.self, f, p);
    d.ops->close(d.self, f);
    return err ? err : d.ops->sync_directory(d.self, data, p);
}
