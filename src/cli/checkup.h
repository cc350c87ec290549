// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_CHECKUP_H
#define CLI_CHECKUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * What `hikeshi doctor` looks at. Each check adds one line: what was found, and what to do where it is not well. Nothing is changed but for
 * a small file in the data directory that is written, synced and removed to see how the disk behaves.
 */
enum health {
    HEALTH_OK,
    HEALTH_WARN, /* it works, but worse or less safe than it could */
    HEALTH_FAIL  /* it will not work, or data is damaged */
};

struct checkup_line {
    enum health health;
    const char *name; /* "clock" */
    char found[320];
    char fix[192]; /* "" where nothing need be done */
};

#define CHECKUP_LINES_MAX 64
struct checkup {
    unsigned count;
    struct checkup_line lines[CHECKUP_LINES_MAX];
};

void checkup_add(struct checkup *c, enum health health, const char *name, const char *fix, const char *found_format, ...) PRINTF_LIKE(5, 6);
/* A problem as a line of its own. */
void checkup_add_problem(struct checkup *c, enum health health, const char *name, const struct problem *p);
enum health checkup_worst(const struct checkup *c);

void checkup_machine(struct checkup *c);
/* The folder, its file system, space and sync. false where there is no folder to look into. */
bool checkup_data(struct checkup *c, const char *data);
/* What is stored there: journal, snapshots, incidents, policy. Only reads; a server may be using it. `url`: the
 * database that holds the incidents (cli/incident_source.h), or NULL. */
void checkup_store(struct checkup *c, const char *data, const char *url);
/* The journal position up to which the incident store of a data directory is written; 0 where none can be read. */
uint64_t checkup_absorbed(const char *data, const char *url);
/* Does this bundle compile, and do the examples of its rules hold? `name` says which one it is. */
void checkup_policy(struct checkup *c, const char *name, struct str bundle);
void checkup_geo_file(struct checkup *c, const char *path, int64_t now_ms);
void checkup_key_file(struct checkup *c, const char *path);

void checkup_write_table(const struct checkup *c, struct buf *out);
void checkup_write_json(const struct checkup *c, struct buf *out); /* one object, no line end */

/* The judgements, apart from the looking: pure. */
enum health checkup_judge_sync(double p50_us, double p99_us, const char *file_system, const char **why, const char **fix);
enum health checkup_judge_space(uint64_t free_bytes, uint64_t total_bytes, const char **fix);

#endif
