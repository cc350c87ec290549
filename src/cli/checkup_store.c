// SPDX-License-Identifier: Apache-2.0
/* Looks at what a data directory holds, without changing it and also while a server uses it: journal, snapshots, incidents, policy. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/bounds.h"
#include "base/moment.h"
#include "cli/checkup.h"
#include "cli/incident_source.h"
#include "engine/engine.h"
#include "store/data_dir.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/policy_dir.h"

#define RECORD_MEMORY (2U * JOURNAL_RECORD_SIZE_MAX)
#define RESTORE       "restore it from a backup; until then the server refuses to start rather than lose records"

/* Is a server running on it? The lock is tried and given back at once. */
static void check_lock(struct checkup *c, struct disk d, const char *data) {
    char path[DISK_PATH_SIZE_MAX];
    struct disk_file f;
    struct problem p = {0};
    enum err err = data_dir_path(data, "lock", path, &p);
    if (!err) err = d.ops->open(d.self, path, DISK_WRITE, &f, &p);
    if (err) {
        checkup_add_problem(c, err == ERR_NOT_FOUND ? HEALTH_OK : HEALTH_WARN, "lock", &p);
        return;
    }
    err = d.ops->lock(d.self, f, &p);
    d.ops->close(d.self, f);
    if (err && err != ERR_BUSY) checkup_add_problem(c, HEALTH_FAIL, "lock", &p);
    else checkup_add(c, HEALTH_OK, "lock", "", err ? "a server is using the directory" : "nobody is using the directory");
}

/* Records of the future come from a clock that was set back since; their windows will look empty until it has caught up. */
static void check_ends(struct checkup *c, struct journal j, uint64_t *last) {
    struct arena step = arena_over(malloc(RECORD_MEMORY), RECORD_MEMORY);
    struct journal_record r = {0};
    uint64_t first = journal_first(j);
    *last = journal_last(j);
    enum err err = step.at ? ERR_OK : ERR_FULL;
    if (!err && first <= *last) err = journal_read(j, first, &step, &r);
    arena_reset(&step);
    if (!err && first <= *last) err = journal_read(j, *last, &step, &r);
    struct clock clock = clock_real();
    bool future = !err && r.received_ms > clock.now_ms(clock.self) + MINUTE_MS;
    if (err) checkup_add(c, HEALTH_FAIL, "journal", RESTORE, "its first or last record cannot be read: %s", err_word(err));
    else if (*last < first) checkup_add(c, HEALTH_OK, "journal", "", "empty");
    else
        checkup_add(c, future ? HEALTH_WARN : HEALTH_OK, "journal", future ? "the last record came in the future: look at the clock" : "",
                    "positions %" PRIu64 " to %" PRIu64 "; first and last can be read (hikeshi check --data reads them all)", first, *last);
    free(step.at);
}

static void check_journal(struct checkup *c, struct disk d, const char *data, uint64_t seed, uint64_t *last) {
    char path[DISK_PATH_SIZE_MAX];
    struct journal_options o = {.seed = seed, .read_only = true};
    struct journal_files *files;
    struct journal_report report;
    struct problem p = {0};
    enum err err = data_dir_path(data, "journal", path, &p);
    if (!err) err = journal_files_open(d, path, &o, &files, &report, &p);
    if (err) {
        checkup_add_problem(c, HEALTH_FAIL, "journal", &p);
        return;
    }
    check_ends(c, journal_files_port(files), last);
    (void)!journal_files_close(files, &p); /* nothing was written */
}

static void check_snapshots(struct checkup *c, struct disk d, const char *data, uint64_t seed) {
    char path[DISK_PATH_SIZE_MAX];
    struct snapshot_identity who = {.seed = seed, .layout = engine_layout()};
    struct problem p = {0};
    unsigned count = 0;
    enum err err = data_dir_path(data, "snapshots", path, &p);
    if (!err) err = snapshot_check(d, path, &who, &count, &p);
    if (err) {
        (void)snprintf(p.fix, sizeof p.fix, "remove that file: the one before it, or the journal, takes its place");
        checkup_add_problem(c, HEALTH_WARN, "snapshots", &p);
    } else if (count) checkup_add(c, HEALTH_OK, "snapshots", "", "%u whole", count);
    else checkup_add(c, HEALTH_OK, "snapshots", "", "none yet: opening reads the whole journal");
}

uint64_t checkup_absorbed(const char *data, const char *url) {
    struct incident_source source;
    struct problem p = {0};
    uint64_t absorbed = 0;
    if (incident_source_open(data, url, &source, &p)) return 0;
    if (source.store.ops->absorbed(source.store.self, &absorbed)) absorbed = 0;
    incident_source_close(&source);
    return absorbed;
}

static void check_incidents(struct checkup *c, const char *data, const char *url, uint64_t absorbed, uint64_t last) {
    struct incident_source source;
    struct problem p = {0};
    enum err err = incident_source_open(data, url, &source, &p);
    if (err) {
        bool unseen = err == ERR_NOT_FOUND || err == ERR_INVALID; /* or elsewhere, and nobody said with which name */
        checkup_add_problem(c, unseen ? HEALTH_WARN : HEALTH_FAIL, "incidents", &p);
        return;
    }
    err = incident_source_verify(&source, &p);
    incident_source_close(&source);
    if (err) checkup_add_problem(c, HEALTH_FAIL, "incidents", &p);
    else if (absorbed > last)
        checkup_add(c, HEALTH_FAIL, "incidents", "journal and incident store must come from the same backup",
                    "it has absorbed position %" PRIu64 ", beyond the journal's end", absorbed);
    else checkup_add(c, HEALTH_OK, "incidents", "", "whole; absorbed up to position %" PRIu64, absorbed);
}

/* The operator's own policy, where the directory has one. */
static void check_policy(struct checkup *c, const char *data) {
    char path[DISK_PATH_SIZE_MAX];
    struct problem p = {0};
    struct buf bundle = buf_over(malloc(POLICY_BUNDLE_SIZE_MAX), POLICY_BUNDLE_SIZE_MAX);
    if (!bundle.at || data_dir_path(data, "policy", path, &p) != ERR_OK) return;
    enum err err = policy_dir_read(path, &bundle, &p);
    if (!err) checkup_policy(c, path, buf_str(&bundle));
    else if (err != ERR_NOT_FOUND) checkup_add_problem(c, HEALTH_FAIL, "policy", &p);
    free(bundle.at);
}

void checkup_store(struct checkup *c, const char *data, const char *url) {
    struct disk d = sys_disk();
    struct problem p = {0};
    uint64_t seed = 0, last = 0;
    int64_t created_ms;
    enum err err = data_dir_read_meta(d, data, &seed, &created_ms, &p);
    if (err == ERR_NOT_FOUND) {
        checkup_add(c, HEALTH_WARN, "contents", "hikeshi init, or the first start of the server, makes them",
                    "nothing is stored there yet");
        return;
    }
    if (err) {
        checkup_add_problem(c, HEALTH_FAIL, "contents", &p);
        return;
    }
    uint64_t absorbed = checkup_absorbed(data, url); /* first, for beside a living server both go on */
    check_lock(c, d, data);
    check_journal(c, d, data, seed, &last);
    check_snapshots(c, d, data, seed);
    check_incidents(c, data, url, absorbed, last);
    check_policy(c, data);
}
