// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_MAIL_SERVER_H
#define SIM_MAIL_SERVER_H

#include "port/clock.h"
#include "sim/world_server.h"

/*
 * The pretended world's mail server: SMTP (RFC 5321) on a loopback port, in real time, in a thread of its own. What it accepts goes to
 * world_take_mail, under the world's lock; it answers what that says. No TLS, no extensions, one recipient a message: it is for `hikeshi
 * demo`; what real servers make of our mails is proven in tests/integration.
 */
struct mail_server;

enum err mail_server_start(struct world_server *world, struct clock clock, struct mail_server **out, uint16_t *port,
                           struct problem *p) MUST_USE;
void mail_server_stop(struct mail_server *s); /* NULL: nothing */

struct mail_server_counts {
    uint64_t connections, turned_away, mails; /* turned away: for there were too many at once; mails: whatever was answered to them */
};
struct mail_server_counts mail_server_counts(struct mail_server *s); /* any thread */

#endif
