// SPDX-License-Identifier: Apache-2.0
/* Looks at the folder of a data directory: who may read it, whether there is room, whether its disk keeps promises. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "bench/calibration.h"
#include "cli/checkup.h"

#define SYNC_SAMPLES 100

/* false where there is nothing more to look at. */
static bool check_folder(struct checkup *c, const char *data) {
    struct stat s;
    if (stat(data, &s) != 0) {
        bool missing = errno == ENOENT;
        checkup_add(c, missing ? HEALTH_WARN : HEALTH_FAIL, "data folder", missing ? "hikeshi init makes it" : "run as its owner",
                    "'%s': %s", data, strerror(errno));
        return false;
    }
    if (!S_ISDIR(s.st_mode)) {
        checkup_add(c, HEALTH_FAIL, "data folder", "name a folder", "'%s' is no folder", data);
        return false;
    }
    if (access(data, R_OK | W_OK | X_OK) != 0) {
        checkup_add(c, HEALTH_FAIL, "data folder", "run as its owner", "'%s' cannot be read and written by this user", data);
        return false;
    }
    bool open = s.st_mode & 077;
    checkup_add(c, open ? HEALTH_WARN : HEALTH_OK, "data folder", open ? "chmod 700 it: it holds what your customers did" : "",
                "'%s', mode %03o%s", data, (unsigned)(s.st_mode & 0777), open ? ": others may look in" : "");
    return true;
}

static void check_space(struct checkup *c, const char *data) {
    struct statvfs s;
    if (statvfs(data, &s) != 0) return;
    uint64_t available = (uint64_t)s.f_bavail * s.f_frsize, total = (uint64_t)s.f_blocks * s.f_frsize;
    const char *fix;
    enum health health = checkup_judge_space(available, total, &fix);
    checkup_add(c, health, "space", fix, "%.1f GB of %.1f GB are free: about %.0f million events more", (double)available / 1e9,
                (double)total / 1e9, (double)available / 700 / 1e6);
}

static void check_sync(struct checkup *c, const char *data) {
    struct machine m;
    struct problem p;
    double p50, p99;
    machine_describe(&m, data);
    if (calibration_sync(data, SYNC_SAMPLES, &p50, &p99, &p) != ERR_OK) {
        checkup_add_problem(c, HEALTH_FAIL, "disk", &p);
        return;
    }
    const char *why, *fix;
    enum health health = checkup_judge_sync(p50, p99, m.file_system, &why, &fix);
    checkup_add(c, health, "disk", fix, "%s, fdatasync p50 %.0f us, p99 %.0f us: %s", m.file_system, p50, p99, why);
}

bool checkup_data(struct checkup *c, const char *data) {
    if (!check_folder(c, data)) return false;
    check_space(c, data);
    check_sync(c, data);
    return true;
}
