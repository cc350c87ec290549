// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_MODEL_HISTORY_H
#define CLI_MODEL_HISTORY_H

#include "base/bounds.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* The learned models that a journal put in force, one after the other. The journal is only read, and may be in use by a server. */
#define MODEL_BY_SIZE_MAX 64

struct model_facts {
    char name[MODEL_NAME_SIZE_MAX + 1], about[MODEL_ABOUT_SIZE_MAX + 1];
    uint32_t crc32c;
    unsigned boosted, boosted_depth, isolation, isolation_depth, columns;
    size_t bytes;
};

struct model_entry {
    uint64_t position; /* 0: the built-in one, which no record brought */
    int64_t at_ms;
    char by[MODEL_BY_SIZE_MAX + 1];
    uint64_t before, back_from; /* as in engine/model_event.h */
    bool refused;               /* this build cannot read it: the one before it goes on */
    struct problem why;
    struct model_facts facts;
};

struct model_history {
    struct model_entry *entries; /* the built-in one, then by position */
    size_t count, in_force;
};

enum err model_history_read(const char *data, struct model_history *out, struct problem *p) MUST_USE;
void model_history_release(struct model_history *h);

/* The whole text of the model that the record at this position brought, appended to `out`; 0: the built-in one. ERR_NOT_FOUND. */
enum err model_history_text(const char *data, uint64_t position, struct buf *out, struct problem *p) MUST_USE;
/* NULL where the record at this position brought none. */
const struct model_entry *model_history_at(const struct model_history *h, uint64_t position);

struct model;
struct model_facts model_facts_of(const struct model *m, size_t bytes);

void model_history_write_text(const struct model_history *h, struct buf *out);
void model_history_write_json(const struct model_history *h, struct buf *out);
/* How one came into force, in one line, and all that is known of one. */
void model_entry_write_text(const struct model_entry *e, struct buf *out);
void model_entry_write_json(const struct model_history *h, const struct model_entry *e, struct buf *out);
void model_facts_write_text(const struct model_facts *f, struct buf *out);
void model_facts_write_json(const struct model_facts *f, struct buf *out); /* members, without braces */

#endif
