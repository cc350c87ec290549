// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_WIRE_WORLD_H
#define SIM_WIRE_WORLD_H

#include "port/wire.h"
#include "sim/world.h"

/*
 * port/wire.h over the pretended world, in virtual time: a request is answered by the world when it is started, and its answer comes out of
 * poll when the clock has reached it. What was lost comes out as WIRE_UNKNOWN after its time-out. Nothing waits: poll returns what is due.
 */
struct wire_world;

/* `now_ms` is read at every call. */
struct wire_world *wire_world_open(struct world *w, int64_t (*now_ms)(void *context), void *context);
void wire_world_close(struct wire_world *x);
struct wire wire_world_wire(struct wire_world *x);
/* When the next answer is due; 0 = nothing is under way. */
int64_t wire_world_next_ms(const struct wire_world *x);

#endif
