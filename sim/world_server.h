// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_WORLD_SERVER_H
#define SIM_WORLD_SERVER_H

#include "base/err.h"
#include "port/clock.h"
#include "sim/world.h"

/*
 * The pretended world in real time: a counterpart that answers HTTP on loopback, and a shop that sends its events and webhooks to Hikeshi
 * and asks its gate. Faults are played on the wire: an answer that is lost is a connection that is cut.
 */
struct world_server;

struct world_server_options {
    struct world *world; /* the server's until it is stopped: only through the functions below */
    struct clock clock;  /* Hikeshi's own, which may run ahead of the machine's */
    uint16_t hikeshi_port;
    const char *key;  /* for events and the gate */
    const char *name; /* as which counterpart its webhooks come */
};

/* Begins to answer, on a port of its own. Hikeshi may come later: nothing is sent to it before world_server_connect. */
enum err world_server_start(const struct world_server_options *o, struct world_server **out, uint16_t *port, struct problem *p) MUST_USE;
/* From now on time passes in the world, and what comes of it is sent to this port with this key. */
void world_server_connect(struct world_server *s, uint16_t hikeshi_port, const char *key);
/* The world, alone: nothing else looks at it until world_server_leave. */
struct world *world_server_enter(struct world_server *s);
void world_server_leave(struct world_server *s);
/* Everything that the world has brought forth by now has been taken by Hikeshi. */
bool world_server_is_idle(struct world_server *s);
/* What could not be delivered, for people; "" = nothing. */
const char *world_server_trouble(struct world_server *s);
/* Ends its threads; the world is the caller's again. NULL: nothing. */
void world_server_stop(struct world_server *s);

#endif
