// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_WORLD_SERVER_H
#define SIM_WORLD_SERVER_H

#include "base/err.h"
#include "port/clock.h"
#include "sim/world.h"

/*
 * The pretended world behind a real HTTP server on loopback, in one thread of its own: it answers Hikeshi's requests, lets its time pass by
 * the clock it was given, brings Hikeshi events and webhooks, and asks it at the gate. Faults are real here: connections are closed without
 * an answer, answers are slept on. Only FAULT_DOWN is not quite: one port answers for all systems, so a system that is down is 503.
 */
struct world_server;

/* *port: where it listens. The world is the server's until it is stopped; take it between lock and unlock. */
enum err world_server_start(struct world *w, struct clock clock, struct world_server **out, uint16_t *port, struct problem *p) MUST_USE;
void world_server_stop(struct world_server *s); /* NULL: nothing */
/* From now on it talks to the Hikeshi on this port; `key` is borrowed. Until then what comes out waits. */
void world_server_meet(struct world_server *s, uint16_t hikeshi_port, const char *key);

struct world *world_server_lock(struct world_server *s);
void world_server_unlock(struct world_server *s);

/* What was brought and what could not be: events, webhooks, gate's answers. */
struct world_server_counts {
    uint64_t requests, events, webhooks, gate_allowed, gate_held, failed;
};
struct world_server_counts world_server_counts(struct world_server *s);

/* A listening socket on a free loopback port, for this server and mail_server.h. */
enum err world_listen(int *listener, uint16_t *port, struct problem *p) MUST_USE;

#endif
