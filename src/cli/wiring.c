// SPDX-License-Identifier: Apache-2.0
/* Names the concrete stores and puts them behind the engine's ports. */
#include "cli/wiring.h"

#include <stdlib.h>

#include "store/cells_memory.h"
#include "store/incident_sqlite.h"
#include "store/journal_memory.h"
#include "sys/clock.h"

/* A wiring in memory has no directory that draws a seed; a fixed one makes replays comparable. */
#define MEMORY_SEED UINT64_C(0x48696B6573686921)

struct wiring_parts {
    struct engine_ports ports;
    struct cells_memory *cells;
    struct journal_memory *journal_memory;
    bool incidents_open;
};

static enum err open_in_memory(struct wiring_parts *parts, struct problem *p) {
    struct cells_bounds bounds = CELLS_BOUNDS_DEFAULT;
    enum err err = cells_memory_open(&bounds, &parts->cells, p);
    if (!err) err = journal_memory_open(&parts->journal_memory, p);
    if (!err) err = incident_sqlite_open(":memory:", &parts->ports.incidents, p);
    if (err) return err;
    parts->incidents_open = true;
    parts->ports.journal = journal_memory_port(parts->journal_memory);
    parts->ports.cells = cells_memory_cells(parts->cells);
    parts->ports.seen = cells_memory_seen(parts->cells);
    parts->ports.seed = MEMORY_SEED;
    return ERR_OK;
}

static void give_back(struct wiring *w) {
    struct wiring_parts *parts = w->parts;
    if (w->engine) engine_close(w->engine);
    if (parts->incidents_open) incident_sqlite_close(&parts->ports.incidents);
    if (parts->journal_memory) journal_memory_close(parts->journal_memory);
    if (parts->cells) cells_memory_close(parts->cells);
    free(parts);
    *w = (struct wiring){0};
}

enum err wiring_open(const struct wiring_options *o, struct wiring *w, struct problem *p) {
    *w = (struct wiring){.clock = o->clock ? *o->clock : clock_real(), .parts = calloc(1, sizeof *w->parts)};
    if (!w->parts) return problem_set(p, ERR_FULL, "memory", "free memory", "cannot take memory");
    w->parts->ports.clock = w->clock;
    enum err err = open_in_memory(w->parts, p);
    if (!err) err = engine_open(&w->parts->ports, &w->engine, p);
    if (err) give_back(w);
    return err;
}

enum err wiring_settle(struct wiring *w, struct problem *p) {
    while (engine_seal(w->engine)) {
        enum err err = engine_commit(w->engine, p);
        if (err) return err;
    }
    return ERR_OK;
}

enum err wiring_close(struct wiring *w, struct problem *p) {
    enum err err = wiring_settle(w, p);
    give_back(w);
    return err;
}
