// SPDX-License-Identifier: Apache-2.0
/* Names the concrete stores and puts them behind the engine's ports. */
#include "cli/wiring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/bounds.h"
#include "base/check.h"
#include "cli/incident_source.h"
#include "cli/journal_look.h"
#include "cli/model_file.h"
#include "store/cells_memory.h"
#include "store/data_dir.h"
#include "store/incident_postgres.h"
#include "store/incident_sqlite.h"
#include "store/journal_memory.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/netfacts_mmdb.h"
#include "sys/policy_dir.h"
#include "sys/token.h"

/* A wiring in memory has no directory that draws a seed; a fixed one makes replays comparable. */
#define MEMORY_SEED UINT64_C(0x48696B6573686921)

struct wiring_parts {
    struct wiring_options options;
    struct engine_ports ports;
    struct disk disk;
    struct data_dir data; /* where there is one ... */
    bool data_open;
    struct cells_memory *cells; /* ... or these, in memory */
    struct journal_memory *journal_memory;
    bool incidents_open;
    struct netfacts_files *netfacts;
    struct token_key key; /* of notices */
};

static void say(const struct wiring_options *o, const char *line) {
    if (o->say) o->say(o->say_context, line);
}

static struct cells_bounds bounds_of(const struct wiring_options *o) {
    struct cells_bounds bounds = CELLS_BOUNDS_DEFAULT;
    if (o->accounts_max) bounds.profiles_max = (uint32_t)(o->accounts_max < bounds.profiles_max ? o->accounts_max : bounds.profiles_max);
    return bounds;
}

/* ---- in memory ------------------------------------------------------------------------------------------------------------------------
 */

static enum err open_in_memory(struct wiring_parts *parts, struct problem *p) {
    struct cells_bounds bounds = bounds_of(&parts->options);
    enum err err = cells_memory_open(&bounds, &parts->cells, p);
    if (!err) err = journal_memory_open(&parts->journal_memory, p);
    if (!err) err = incident_sqlite_open(":memory:", &parts->ports.incidents, p);
    if (err) return err;
    parts->incidents_open = true;
    parts->ports.journal = journal_memory_port(parts->journal_memory);
    parts->ports.cells = cells_memory_cells(parts->cells);
    parts->ports.seen = cells_memory_seen(parts->cells);
    parts->ports.seed = MEMORY_SEED;
    parts->ports.token = token_known();
    return ERR_OK;
}

struct copying {
    struct journal to;
    uint64_t last;
    struct problem *problem;
};

/* ERR_CANCELED ends the scan behind the last record that is wanted. */
static enum err copy_record(void *context, const struct journal_record *r) {
    struct copying *c = context;
    if (r->position > c->last) return ERR_CANCELED;
    uint64_t position;
    enum err err = journal_append(c->to, r, &position);
    if (err != ERR_FULL) return err;
    if (journal_seal(c->to) && (err = journal_commit(c->to, c->problem))) return err;
    return journal_append(c->to, r, &position);
}

/* Fills the journal in memory from a data directory's, which may be in use. */
static enum err learn(struct wiring_parts *parts, struct problem *p) {
    const struct wiring_options *o = &parts->options;
    struct journal_look look;
    enum err err = journal_look_open(o->learn_from, &look, p);
    if (err) return err;
    parts->ports.seed = look.seed;
    if (journal_first(look.journal) > 1) {
        err = problem_set(p, ERR_INVALID, o->learn_from, "put the archived segments back",
                          "its journal begins at %llu: what was known cannot be rebuilt", (unsigned long long)journal_first(look.journal));
        journal_look_close(&look);
        return err;
    }
    struct copying copying = {.to = parts->ports.journal, .last = o->learn_to ? o->learn_to : UINT64_MAX, .problem = p};
    err = look.journal.ops->scan(look.journal.self, journal_first(look.journal), copy_record, &copying, p);
    if (err == ERR_CANCELED) err = ERR_OK;
    uint64_t last = journal_last(look.journal);
    journal_look_close(&look);
    if (!err && o->learn_to > last)
        return problem_set(p, ERR_INVALID, o->learn_from, "name a position that was answered", "the journal ends at %llu, before %llu",
                           (unsigned long long)last, (unsigned long long)o->learn_to);
    if (!err && journal_seal(copying.to)) err = journal_commit(copying.to, p);
    return err;
}

/* ---- in a data directory --------------------------------------------------------------------------------------------------------------
 */

static enum err open_incidents(struct wiring_parts *parts, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    if (parts->options.store) return incident_postgres_open(parts->options.store, &parts->ports.incidents, p);
    enum err err = incident_source_check_file(parts->disk, parts->options.data, p);
    if (!err) err = data_dir_path(parts->options.data, "incidents.db", path, p);
    return err ? err : incident_sqlite_open(path, &parts->ports.incidents, p);
}

static void close_incidents(struct wiring_parts *parts) {
    if (parts->options.data && parts->options.store) incident_postgres_close(&parts->ports.incidents);
    else incident_sqlite_close(&parts->ports.incidents);
}

/*
 * Opens the incident store and asks what it has absorbed: what it lacks is made again from the journal, so no image may stand between. It
 * is asked before any image is looked at, for one that is ahead of the journal would be removed.
 */
static enum err incidents_reach(void *context, uint64_t *position, struct problem *p) {
    struct wiring_parts *parts = context;
    enum err err = open_incidents(parts, p);
    if (err) return err;
    parts->incidents_open = true;
    if (parts->ports.incidents.ops->absorbed(parts->ports.incidents.self, position))
        return problem_set(p, ERR_IO, "", "", "cannot read the incident store's position");
    err = engine_check_absorbed(*position, parts->data.journal, p);
    if (err || !parts->options.store) return err;
    return incident_source_note(parts->disk, parts->options.data, incident_postgres_where(&parts->ports.incidents), p);
}

/* With every image the store says that it has absorbed as much, though nothing of it concerned an incident: see incidents_reach. */
static enum err absorb(struct wiring *w, struct problem *p) {
    struct incident_store store = w->parts->ports.incidents;
    return store.ops->commit(store.self, NULL, 0, engine_position(w->engine), p);
}

static enum err open_key(struct wiring_parts *parts, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    enum err err = data_dir_path(parts->options.data, "notice.key", path, p);
    if (!err) err = token_key_read(path, &parts->key, p);
    parts->ports.token = token_of(&parts->key);
    return err;
}

static enum err open_data(struct wiring_parts *parts, int64_t now_ms, struct problem *p) {
    const struct wiring_options *o = &parts->options;
    struct data_dir_options options = {
        .create = o->create,
        .relaxed = o->relaxed,
        .layout = engine_layout(),
        .now_ms = now_ms,
        .bounds = bounds_of(o),
        .reach = incidents_reach,
        .reach_context = parts,
        .say = o->say,
        .context = o->say_context,
    };
    if (getrandom(&options.fresh_seed, sizeof options.fresh_seed, 0) != sizeof options.fresh_seed)
        return problem_set(p, ERR_IO, "", "", "cannot draw a seed from the system");
    enum err err = data_dir_open(parts->disk, o->data, &options, &parts->data, p);
    if (err) return err;
    parts->data_open = true;
    parts->ports.journal = parts->data.journal;
    parts->ports.cells = parts->data.cells;
    parts->ports.seen = parts->data.seen;
    parts->ports.seed = parts->data.seed;
    return open_key(parts, p);
}

/* ---- policy and geo files -------------------------------------------------------------------------------------------------------------
 */

/* The directory that was named, or the data directory's own where it has one. ERR_NOT_FOUND: neither. */
static enum err policy_path(const struct wiring_options *o, char path[DISK_PATH_SIZE_MAX], struct problem *p) {
    if (o->policy) return (size_t)snprintf(path, DISK_PATH_SIZE_MAX, "%s", o->policy) < DISK_PATH_SIZE_MAX ? ERR_OK : ERR_TOO_LARGE;
    return o->data ? data_dir_path(o->data, "policy", path, p) : ERR_NOT_FOUND;
}

static enum err put_policy_in_force(struct wiring *w, struct problem *p) {
    const struct wiring_options *o = &w->parts->options;
    char path[DISK_PATH_SIZE_MAX];
    enum err err = policy_path(o, path, p);
    if (err == ERR_NOT_FOUND) return ERR_OK;
    if (err) return err;
    char *memory = malloc(POLICY_BUNDLE_SIZE_MAX);
    if (!memory) return problem_set(p, ERR_FULL, "memory", "", "no memory for the policy");
    struct buf bundle = buf_over(memory, POLICY_BUNDLE_SIZE_MAX);
    err = policy_dir_read(path, &bundle, p);
    if (!err) err = engine_set_policy(w->engine, buf_str(&bundle), p);
    free(memory);
    if (err == ERR_NOT_FOUND && !o->policy) return ERR_OK; /* no directory of its own: what the journal says stays in force */
    if (err == ERR_FULL) return problem_set(p, ERR_BUSY, "policy", "try again", "too much waits to be committed");
    return err;
}

static enum err put_model_in_force(struct wiring *w, struct problem *p) {
    const char *name = w->parts->options.model;
    if (!name) return ERR_OK;
    struct model_file file;
    enum err err = model_file_open(name, &file, p);
    if (!err) err = engine_set_model(w->engine, file.text, STR_NONE, p);
    model_file_close(&file);
    return err;
}

/* Opens the geo files and the table of AS numbers; the engine asks them from its next event on, and the ones before are closed. */
static enum err put_netfacts_in_force(struct wiring *w, struct problem *p) {
    struct wiring_parts *parts = w->parts;
    const struct wiring_options *o = &parts->options;
    if (o->facts_journaled) return ERR_OK;
    struct netfacts_files *files;
    enum err err = netfacts_files_open(o->geo, o->geo_count, &files, p);
    if (err) return err;
    if (netfacts_files_count(files) < o->geo_count) say(o, "a geo file is not there: what it knows is not evaluable");
    engine_set_netfacts(w->engine, netfacts_files_source(files));
    netfacts_files_close(parts->netfacts);
    parts->netfacts = files;
    return ERR_OK;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------------------------
 */

static enum err give_back(struct wiring *w, struct problem *p) {
    struct wiring_parts *parts = w->parts;
    enum err err = ERR_OK;
    if (w->engine) engine_close(w->engine);
    if (parts->incidents_open) close_incidents(parts);
    if (parts->data_open) err = data_dir_close(&parts->data, p);
    if (parts->journal_memory) journal_memory_close(parts->journal_memory);
    if (parts->cells) cells_memory_close(parts->cells);
    netfacts_files_close(parts->netfacts);
    free(parts);
    *w = (struct wiring){0};
    return err;
}

static enum err open_all(struct wiring *w, struct problem *p) {
    struct wiring_parts *parts = w->parts;
    const struct wiring_options *o = &parts->options;
    enum err err = o->data ? open_data(parts, w->clock.now_ms(w->clock.self), p) : open_in_memory(parts, p);
    if (!err && o->learn_from) err = learn(parts, p);
    if (!err) err = engine_open(&parts->ports, &w->engine, p);
    if (err) return err;
    w->snapshot_position = parts->data_open ? parts->data.cells_position : 0;
    err = engine_recover(w->engine, w->snapshot_position, &w->recovered, p);
    if (!err) err = put_netfacts_in_force(w, p);
    if (!err) err = put_policy_in_force(w, p);
    if (!err) err = put_model_in_force(w, p);
    return err ? err : wiring_settle(w, p);
}

enum err wiring_open(const struct wiring_options *o, struct wiring *w, struct problem *p) {
    *w = (struct wiring){.clock = o->clock ? *o->clock : clock_real(), .parts = calloc(1, sizeof *w->parts)};
    if (!w->parts) return problem_set(p, ERR_FULL, "memory", "free memory", "cannot take memory");
    w->parts->options = *o;
    w->parts->ports.clock = w->clock;
    w->parts->ports.rows = o->rows;
    w->parts->ports.left_out = o->left_out;
    w->parts->ports.without_model = o->without_model;
    w->parts->disk = sys_disk();
    enum err err = open_all(w, p);
    if (!err && w->recovered) {
        char line[96];
        (void)snprintf(line, sizeof line, "recovered %llu records behind position %llu", (unsigned long long)w->recovered,
                       (unsigned long long)w->snapshot_position);
        say(o, line);
    }
    const struct problem *refused = err ? NULL : engine_policy_refused(w->engine);
    if (refused) {
        char line[sizeof refused->what + sizeof refused->where + 128];
        (void)snprintf(line, sizeof line, "the policy that the journal names does not compile any more, the one before it decides: %s (%s)",
                       refused->what, refused->where);
        say(o, line);
    }
    refused = err ? NULL : engine_model_refused(w->engine);
    if (refused) {
        char line[sizeof refused->what + sizeof refused->where + 128];
        (void)snprintf(line, sizeof line, "the model that should be in force cannot be read, %s: %s (%s)",
                       engine_model(w->engine) ? "the one before it goes on" : "what needs one is not evaluable", refused->what,
                       refused->where);
        say(o, line);
    }
    struct problem second;
    if (err) (void)!give_back(w, &second); /* the first problem is the one to tell */
    return err;
}

enum err wiring_settle(struct wiring *w, struct problem *p) {
    while (engine_seal(w->engine)) {
        enum err err = engine_commit(w->engine, p);
        if (err) return err;
    }
    if (engine_settled(w->engine) == engine_position(w->engine)) return ERR_OK;
    return problem_set(p, ERR_IO, "journal", "see the error before", "what was submitted last could not be committed");
}

enum err wiring_sync(struct wiring *w, struct problem *p) {
    return w->parts->data_open && w->parts->options.relaxed ? journal_files_sync(w->parts->data.journal_files, p) : ERR_OK;
}

enum err wiring_snapshot_begin(struct wiring *w, struct problem *p) {
    if (!w->parts->data_open) return ERR_OK;
    CHECK(engine_settled(w->engine) == engine_position(w->engine));
    enum err err = absorb(w, p);
    return err ? err : data_dir_snapshot_begin(&w->parts->data, engine_position(w->engine), p);
}

enum err wiring_snapshot_poll(struct wiring *w, bool wait, bool *done, struct problem *p) {
    *done = true;
    if (!w->parts->data_open || !w->parts->data.child.pid) return ERR_OK;
    uint64_t position = w->parts->data.child.position;
    enum err err = data_dir_snapshot_poll(&w->parts->data, wait, done, p);
    if (!err && *done) w->snapshot_position = position;
    return err;
}

enum err wiring_reload(struct wiring *w, struct problem *p) {
    enum err err = put_netfacts_in_force(w, p);
    return err ? err : put_policy_in_force(w, p);
}

/* A snapshot is a shortcut: without it the next opening replays more, and nothing is lost. So a failure is told and no more. */
static void take_last_snapshot(struct wiring *w) {
    bool done;
    struct problem why = {0};
    enum err err = wiring_snapshot_poll(w, true, &done, &why);
    if (!err && w->parts->data_open && engine_position(w->engine) > w->snapshot_position) {
        err = absorb(w, &why);
        if (!err) err = data_dir_snapshot(&w->parts->data, engine_position(w->engine), &why);
    }
    char line[sizeof why.what + sizeof why.where + 64];
    (void)snprintf(line, sizeof line, "no snapshot was left behind; the journal has everything: %s (%s)", why.what, why.where);
    if (err) say(&w->parts->options, line);
}

enum err wiring_close(struct wiring *w, struct problem *p) {
    enum err err = wiring_settle(w, p);
    if (!err) take_last_snapshot(w);
    struct problem second;
    enum err closing = give_back(w, err ? &second : p);
    return err ? err : closing;
}
