// SPDX-License-Identifier: Apache-2.0
/* Gathers the findings of a checkup and writes them for people and for programs. */
#include "cli/checkup.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/bounds.h"
#include "base/check.h"

void checkup_add(struct checkup *c, enum health health, const char *name, const char *fix, const char *found_format, ...) {
    CHECK(c->count < CHECKUP_LINES_MAX);
    struct checkup_line *line = &c->lines[c->count++];
    line->health = health;
    line->name = name;
    (void)snprintf(line->fix, sizeof line->fix, "%s", fix ? fix : "");
    va_list args;
    va_start(args, found_format);
    (void)vsnprintf(line->found, sizeof line->found, found_format, args);
    va_end(args);
}

void checkup_add_problem(struct checkup *c, enum health health, const char *name, const struct problem *p) {
    checkup_add(c, health, name, p->fix, "%s%s%s%s", p->what, p->where[0] ? " (" : "", p->where, p->where[0] ? ")" : "");
}

enum health checkup_worst(const struct checkup *c) {
    enum health worst = HEALTH_OK;
    for (unsigned i = 0; i < c->count; i++)
        if (c->lines[i].health > worst) worst = c->lines[i].health;
    return worst;
}

static const char *health_word(enum health health) {
    switch (health) {
    case HEALTH_OK: return "ok";
    case HEALTH_WARN: return "warn";
    case HEALTH_FAIL: return "fail";
    }
    return "fail";
}

void checkup_write_table(const struct checkup *c, struct buf *out) {
    unsigned of[HEALTH_FAIL + 1] = {0};
    for (unsigned i = 0; i < c->count; i++) {
        const struct checkup_line *line = &c->lines[i];
        of[line->health]++;
        buf_fmt(out, "%-5s %-16s %s\n", health_word(line->health), line->name, line->found);
        if (line->fix[0]) buf_fmt(out, "%22s -> %s\n", "", line->fix);
    }
    buf_fmt(out, "%u ok, %u warnings, %u failures\n", of[HEALTH_OK], of[HEALTH_WARN], of[HEALTH_FAIL]);
}

void checkup_write_json(const struct checkup *c, struct buf *out) {
    buf_fmt(out, "{\"health\":\"%s\",\"checks\":[", health_word(checkup_worst(c)));
    for (unsigned i = 0; i < c->count; i++) {
        const struct checkup_line *line = &c->lines[i];
        buf_fmt(out, "%s{\"name\":\"%s\",\"health\":\"%s\",\"found\":", i ? "," : "", line->name, health_word(line->health));
        buf_json(out, str_from(line->found));
        if (line->fix[0]) buf_text(out, STR(",\"fix\":")), buf_json(out, str_from(line->fix));
        buf_char(out, '}');
    }
    buf_text(out, STR("]}"));
}

/* A disk takes at least some ten microseconds to make 4 KiB durable; faster means that something in between only says so. */
#define SYNC_BELIEVABLE_US 8.0
#define SYNC_SLOW_US       5000.0
#define SYNC_STALL_US      100000.0

enum health checkup_judge_sync(double p50_us, double p99_us, const char *file_system, const char **why, const char **fix) {
    *fix = "";
    *why = "the disk answers as a disk does";
    if (str_starts(str_from(file_system), STR("tmpfs"))) {
        *why = "this file system is memory: what is stored is gone with the machine";
        *fix = "choose a data directory on a disk";
        return HEALTH_WARN;
    }
    if (p50_us < SYNC_BELIEVABLE_US) {
        *why = "too fast for a disk: fdatasync seems not to be honoured, and a power cut would lose acknowledged events";
        *fix = "turn off write caches that lie (hypervisor, nobarrier, eatmydata) or choose another disk";
        return HEALTH_WARN;
    }
    if (p50_us <= SYNC_SLOW_US && p99_us <= SYNC_STALL_US) return HEALTH_OK;
    *why = "slow: every answer waits for one of these";
    *fix = "choose a faster disk; a server SSD takes 20 to 300 us";
    return HEALTH_WARN;
}

/* Less than two segments of the journal left: the next one may not fit. */
#define SPACE_FAIL_BYTES (UINT64_C(2) * JOURNAL_SEGMENT_SIZE_MAX)
#define SPACE_WARN_BYTES (UINT64_C(5) * 1000 * 1000 * 1000)

enum health checkup_judge_space(uint64_t free_bytes, uint64_t total_bytes, const char **fix) {
    *fix = "make room: when it is full the server stops taking events";
    if (free_bytes < SPACE_FAIL_BYTES) return HEALTH_FAIL;
    if (free_bytes < SPACE_WARN_BYTES || free_bytes < total_bytes / 20) return HEALTH_WARN;
    *fix = "";
    return HEALTH_OK;
}
