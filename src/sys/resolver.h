// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_RESOLVER_H
#define SYS_RESOLVER_H

#include "base/err.h"
#include "port/resolver.h"

/*
 * port/resolver.h over the C library's resolver: UDP, and TCP where an answer does not fit. Each question waits for 2 s, twice, of each
 * server. It is not safe in several threads.
 */

/* `nameserver`: "192.0.2.53" or "192.0.2.53:5353", IPv4; empty: those of /etc/resolv.conf. */
enum err resolver_open(struct str nameserver, struct resolver *out, struct problem *p) MUST_USE;
void resolver_close(struct resolver *r);

#endif
