// SPDX-License-Identifier: Apache-2.0
/* hikeshi check: tells whether a policy compiles and its examples hold, and whether what a data directory stores is sound. */
#include <stdio.h>

#include "base/bounds.h"
#include "cli/checkup.h"
#include "cli/cli.h"
#include "cli/incident_source.h"
#include "cli/policy_file.h"
#include "engine/engine.h"
#include "store/data_dir.h"
#include "sys/disk.h"

static const struct cli_option options[] = {
    {"--policy", "DIR", "a policy directory (default: the policy that ships with Hikeshi)"},
    {"--data", "DIR", "read the snapshots, the journal and the incidents of a data directory whole; it may be in use"},
    {"--store", "URL", "with --data: the PostgreSQL database, where the server keeps its incidents in one"},
    {0},
};

static enum err check_policy(const char *directory, struct problem *p) {
    struct policy_file f;
    enum err err = policy_file_open(directory, &f, p);
    if (!err) err = policy_file_prove(&f, p);
    policy_file_close(&f);
    return err;
}

static void print_damage(void *context, const struct problem *damage) {
    (void)context;
    (void)printf("damaged: %s (%s)\n", damage->what, damage->where);
}

static enum err check_journal(const char *data, uint64_t seed, struct journal_summary *sum, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    enum err err = data_dir_path(data, "journal", path, p);
    if (!err) err = journal_verify(sys_disk(), path, seed, print_damage, NULL, sum, p);
    if (!err) (void)printf("journal: %llu records are sound\n", (unsigned long long)sum->records);
    return err;
}

static enum err check_snapshots(const char *data, uint64_t seed, const struct journal_summary *sum, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    struct snapshot_identity who = {.seed = seed, .layout = engine_layout()};
    unsigned count;
    enum err err = data_dir_path(data, "snapshots", path, p);
    if (!err) err = snapshot_check(sys_disk(), path, &who, &count, p);
    if (!err && sum->first > 1 && count == 0)
        return problem_set(p, ERR_CORRUPT, path, "put the missing segments, or a snapshot that reaches them, back from a backup",
                           "the journal begins at position %llu, and nothing tells what was before", (unsigned long long)sum->first);
    if (!err) (void)printf("snapshots: %u images are sound\n", count);
    return err;
}

static enum err check_incidents(const char *data, const char *url, struct problem *p) {
    struct incident_source source;
    enum err err = incident_source_open(data, url, &source, p);
    if (err) return err;
    err = incident_source_verify(&source, p);
    incident_source_close(&source);
    if (!err) (void)printf("incidents: the store agrees with itself\n");
    return err;
}

static enum err check_data(const char *data, const char *url, struct problem *p) {
    uint64_t seed;
    int64_t created_ms;
    enum err err = data_dir_read_meta(sys_disk(), data, &seed, &created_ms, p);
    if (err == ERR_NOT_FOUND) return problem_set(p, err, data, "`hikeshi init` makes one", "there is no data directory here");
    struct journal_summary sum;
    uint64_t absorbed = checkup_absorbed(data, url); /* first, for beside a living server both go on */
    if (!err) err = check_journal(data, seed, &sum, p);
    if (!err) err = check_snapshots(data, seed, &sum, p);
    if (!err) err = check_incidents(data, url, p);
    if (!err && absorbed > sum.last)
        return problem_set(p, ERR_CORRUPT, data, "restore journal and incident store from the same backup",
                           "the incident store is at position %llu, the journal ends at %llu", (unsigned long long)absorbed,
                           (unsigned long long)sum.last);
    return err;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    const char *data = argument(a, "--data", NULL), *policy = argument(a, "--policy", NULL), *url = argument(a, "--store", NULL);
    if (url && !data)
        return (void)problem_set(&p, ERR_INVALID, "--store", "name the server's data directory with --data, too",
                                 "a store is compared with its journal"),
               cli_fail(&p);
    enum err err = policy || !data ? check_policy(policy, &p) : ERR_OK;
    if (!err && data) err = check_data(data, url, &p);
    return err ? cli_fail(&p) : 0;
}

extern const struct command command_check;
const struct command command_check = {
    .name = "check",
    .sentence = "tell whether a policy, or what a data directory stores, is sound",
    .operands = "",
    .options = options,
    .run = run,
    .example = "hikeshi check --policy policy",
};
