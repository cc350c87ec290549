// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_PAGE_H
#define ENGINE_PAGE_H

#include "base/arena.h"
#include "base/bounds.h"
#include "base/buf.h"
#include "base/err.h"
#include "port/cells.h"
#include "port/journal.h"

/* What the pages are written from; the step arena is the caller's, reset. */
struct page_source {
    struct cells cells;
    struct journal journal;
    struct arena *step;
    uint64_t seed;
    int64_t now_ms;
};

/* What page_write_record may need: an event with each byte escaped six-fold, or a policy, whose text is JSON already; and the answer. */
#define PAGE_RECORD_SIZE_MAX ((size_t)POLICY_EVENT_SIZE_MAX + (size_t)EVENT_BINARY_SIZE_MAX * 6 + 64 * 1024)
/* One record as a JSON object: position, received, the event, the answer. ERR_CORRUPT; check b->overflow. */
enum err page_write_record(const struct journal_record *r, struct buf *b) MUST_USE;
/* engine_write_account and engine_write_decision (engine/engine.h). */
enum err page_write_account(const struct page_source *s, struct str account, struct buf *b, struct problem *p) MUST_USE;
enum err page_write_decision(const struct page_source *s, uint64_t position, struct buf *b, struct problem *p) MUST_USE;

#endif
