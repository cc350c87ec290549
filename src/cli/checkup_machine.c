// SPDX-License-Identifier: Apache-2.0
/* Looks at the machine and at the files that a server is given: clock, limits, memory, keys, geo data. */
#include <errno.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/bounds.h"
#include "base/moment.h"
#include "cli/checkup.h"
#include "decide/decide.h"
#include "sys/clock.h"

#define FILES_NEEDED    (HTTP_CONNECTIONS_MAX + 64)
#define FILES_LEAST     256
#define MEMORY_LEAST    (UINT64_C(512) * 1024 * 1024)
#define GEO_OLD_DAYS    60
#define ACCOUNT_SIZE_MB 600.0 /* of 10^6 accounts (port/cells.h) */

/* The clock must not stand before the binary was made, and should be kept right by somebody. */
static void check_clock(struct checkup *c) {
    struct clock clock = clock_real();
    int64_t now_ms = clock.now_ms(clock.self);
    char text[32];
    struct buf now = buf_over(text, sizeof text);
    moment_format(&now, now_ms);
    struct stat self;
    if (stat("/proc/self/exe", &self) == 0 && now_ms < (int64_t)self.st_mtime * 1000 - DAY_MS) {
        checkup_add(c, HEALTH_FAIL, "clock", "set the clock (timedatectl set-ntp true)", "it is %.*s, before this binary was made",
                    STR_ARGS(buf_str(&now)));
        return;
    }
    struct timex state = {0};
    bool kept = adjtimex(&state) != TIME_ERROR && !(state.status & STA_UNSYNC);
    if (kept) checkup_add(c, HEALTH_OK, "clock", "", "%.*s, kept right to %.1f ms", STR_ARGS(buf_str(&now)), (double)state.esterror / 1e3);
    else
        checkup_add(c, HEALTH_WARN, "clock", "run a time service (chrony, systemd-timesyncd); in a container, on its host",
                    "%.*s, but no time service is known to keep it right", STR_ARGS(buf_str(&now)));
}

static void check_files(struct checkup *c) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    unsigned long long now = limit.rlim_cur, most = limit.rlim_max;
    enum health health = now >= FILES_NEEDED ? HEALTH_OK : now >= FILES_LEAST ? HEALTH_WARN : HEALTH_FAIL;
    checkup_add(c, health, "open files", health == HEALTH_OK ? "" : "raise it: LimitNOFILE=8192 in the unit, or ulimit -n 8192",
                "at most %llu (hard limit %llu); %d connections need %d", now, most, HTTP_CONNECTIONS_MAX, FILES_NEEDED);
}

/* The first number of a file of /proc, or -1. */
static long long read_number(const char *path) {
    long long value = -1;
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%lld", &value) != 1) value = -1;
    if (f) (void)fclose(f);
    return value;
}

static void check_memory(struct checkup *c) {
    struct sysinfo s;
    if (sysinfo(&s) != 0) return;
    uint64_t total = (uint64_t)s.totalram * s.mem_unit;
    enum health health = total >= MEMORY_LEAST ? HEALTH_OK : HEALTH_WARN;
    checkup_add(c, health, "memory", health == HEALTH_OK ? "" : "a million accounts take 600 MB",
                "%.1f GB: room for about %.0f million accounts", (double)total / 1e9, (double)total * 0.75 / (ACCOUNT_SIZE_MB * 1e6));
    struct rlimit limit;
    bool bounded = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    bool strict = read_number("/proc/sys/vm/overcommit_memory") == 2;
    if (!bounded && !strict) return;
    checkup_add(c, HEALTH_WARN, "address space", bounded ? "lift it: ulimit -v unlimited" : "set vm.overcommit_memory to 0 or 1",
                "%s; the tables reserve 40 GB of it and touch only what they need",
                bounded ? "limited by ulimit -v" : "the system hands out no more than there is (vm.overcommit_memory=2)");
}

void checkup_machine(struct checkup *c) {
    check_clock(c);
    check_files(c);
    check_memory(c);
}

void checkup_key_file(struct checkup *c, const char *path) {
    struct stat s;
    if (stat(path, &s) != 0) checkup_add(c, HEALTH_FAIL, "key file", "hikeshi init makes one", "'%s': %s", path, strerror(errno));
    else if (!S_ISREG(s.st_mode) || s.st_size == 0)
        checkup_add(c, HEALTH_FAIL, "key file", "hikeshi init makes one", "'%s' holds no key", path);
    else if (s.st_mode & 077)
        checkup_add(c, HEALTH_FAIL, "key file", "chmod 600 it, and draw new keys if others may have read it",
                    "'%s' can be read by others (mode %03o)", path, (unsigned)(s.st_mode & 0777));
    else if (access(path, R_OK) != 0) checkup_add(c, HEALTH_FAIL, "key file", "run as its owner", "'%s' cannot be read by this user", path);
    else checkup_add(c, HEALTH_OK, "key file", "", "'%s', mode %03o", path, (unsigned)(s.st_mode & 0777));
}

void checkup_geo_file(struct checkup *c, const char *path, int64_t now_ms) {
    MMDB_s db;
    int status = MMDB_open(path, MMDB_MODE_MMAP, &db);
    if (status == MMDB_SUCCESS) {
        int64_t days = (now_ms / 1000 - (int64_t)db.metadata.build_epoch) * 1000 / DAY_MS;
        bool old = days > GEO_OLD_DAYS;
        checkup_add(c, old ? HEALTH_WARN : HEALTH_OK, "geo file",
                    old ? "fetch a newer one; networks move, and old facts accuse owners" : "", "'%s': %.60s, %lld days old", path,
                    db.metadata.database_type, (long long)days);
        MMDB_close(&db);
        return;
    }
    struct stat s;
    if (stat(path, &s) != 0 || access(path, R_OK) != 0) {
        checkup_add(c, HEALTH_FAIL, "geo file", "", "'%s': %s", path, strerror(errno));
        return;
    }
    bool text = !str_ends(str_from(path), STR(".mmdb"));
    int64_t days = (now_ms / 1000 - (int64_t)s.st_mtime) * 1000 / DAY_MS;
    if (text)
        checkup_add(c, days > GEO_OLD_DAYS ? HEALTH_WARN : HEALTH_OK, "geo file", "", "'%s': text, last changed %lld days ago", path,
                    (long long)days);
    else checkup_add(c, HEALTH_FAIL, "geo file", "fetch it again", "'%s' is no MMDB file: %s", path, MMDB_strerror(status));
}

/* Rules of a large shop compile into far less (decide.h: 4 MiB are enough for POLICY_RULES_MAX rules). */
#define POLICY_MEMORY_SIZE (4U * 1024 * 1024)
#define STEP_MEMORY_SIZE   (1024U * 1024)

void checkup_policy(struct checkup *c, const char *name, struct str bundle) {
    struct arena memory = arena_over(malloc(POLICY_MEMORY_SIZE), POLICY_MEMORY_SIZE),
                 step = arena_over(malloc(STEP_MEMORY_SIZE), STEP_MEMORY_SIZE);
    const struct policy *policy;
    struct problem p = {0};
    size_t examples = 0;
    enum err err = memory.at && step.at ? ERR_OK : problem_set(&p, ERR_FULL, "", "", "no memory to compile it");
    if (!err) err = policy_compile(bundle, &memory, &policy, &p);
    if (!err) err = policy_check_examples(policy, &step, &examples, &p);
    if (err) checkup_add_problem(c, HEALTH_FAIL, "policy", &p);
    else
        checkup_add(c, HEALTH_OK, "policy", "", "%s: %.*s, %zu rules, %zu examples hold", name, STR_ARGS(policy_version(policy)),
                    policy_rule_count(policy), examples);
    free(memory.at);
    free(step.at);
}
