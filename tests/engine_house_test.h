// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_ENGINE_HOUSE_TEST_H
#define TESTS_ENGINE_HOUSE_TEST_H

#include "base/test.h"
#include "engine/engine.h"
#include "store/cells_memory.h"
#include "store/incident_sqlite.h"
#include "store/journal_memory.h"
#include "sys/token.h"

#define START_MS INT64_C(1767225600000) /* 2026-01-01 */

/* An engine on stores in memory, and a clock that the test sets. It does not move: the clock points at it. */
struct house {
    struct engine *engine;
    struct engine_ports ports;
    struct cells_memory *cells;
    struct journal_memory *journal;
    int64_t now_ms;
};

static inline int64_t house_now_ms(void *self) {
    return ((struct house *)self)->now_ms;
}

/* `journal` NULL: a new one. `without_model`: as in engine_ports. */
static inline void house_open_as(struct house *h, struct journal_memory *journal, bool without_model) {
    struct problem p = {0};
    struct cells_bounds bounds = {.profiles_max = 4096, .narrow_max = 16384, .wide_max = 4096, .origins_max = 4096};
    *h = (struct house){.journal = journal, .now_ms = START_MS};
    EXPECT_EQ(cells_memory_open(&bounds, &h->cells, &p), ERR_OK);
    if (!journal) EXPECT_EQ(journal_memory_open(&h->journal, &p), ERR_OK);
    h->ports = (struct engine_ports){
        .journal = journal_memory_port(h->journal),
        .cells = cells_memory_cells(h->cells),
        .seen = cells_memory_seen(h->cells),
        .clock = {house_now_ms, house_now_ms, h},
        .token = token_known(),
        .seed = 42,
        .without_model = without_model,
    };
    EXPECT_EQ(incident_sqlite_open(":memory:", &h->ports.incidents, &p), ERR_OK);
    EXPECT_EQ(engine_open(&h->ports, &h->engine, &p), ERR_OK);
}

static inline void house_open(struct house *h, struct journal_memory *journal) {
    house_open_as(h, journal, false);
}

static inline void house_close(struct house *h, bool keep_journal) {
    engine_close(h->engine);
    incident_sqlite_close(&h->ports.incidents);
    cells_memory_close(h->cells);
    if (!keep_journal) journal_memory_close(h->journal);
}

/* Makes durable whatever waits, and what follows from it. */
static inline void house_settle(struct house *h) {
    struct problem p = {0};
    while (engine_seal(h->engine)) EXPECT_EQ(engine_commit(h->engine, &p), ERR_OK);
}

#endif
