// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_SERVER_H
#define SYS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "port/service.h"

/*
 * Carries the bytes of many connections between sockets and a service, in one thread, and has its batches committed in another:
 *
 *     loop:  read what came -> service.take ... -> seal the batch -> write what is ready
 *     other: commit it (journal, disk) meanwhile -> wake the loop -> write what became ready, seal the next
 *
 * So a batch is whatever came while the one before was being written: nothing waits for company, and many share one sync.
 */
struct server; /* one that runs */

struct server_options {
    const char *listen; /* "127.0.0.1:8737", "[::1]:8737"; port 0 = a free one */
    uint32_t connections_max;
    struct service service;
    const char *tls_certificate, *tls_key; /* PEM files; NULL = plain */
    void *context;                         /* of the functions below, all in the loop's thread */
    void (*listening)(void *context, const char *url);
    /* Before the first turn. `s` is valid until server_run returns, for server_wake. */
    enum err (*running)(void *context, struct server *s, struct problem *p);
    /* In every turn, before a batch is sealed: what others have for the service comes in here. An error ends the server. */
    enum err (*intake)(void *context, struct problem *p);
    /* It is about to end: whoever wakes the server ends now. After a signal what he has left is still taken in, after an error not. */
    void (*stopping)(void *context);
    /* SIGHUP. Whatever goes wrong is the callee's to say; the server goes on. Certificate and key have been read again before. */
    void (*reload)(void *context);
    /* While no commit runs: after each one, and several times a second. An error ends the server. */
    enum err (*between)(void *context, struct problem *p);
    /* What a person should know: a certificate that cannot be read, connections cut at the end. */
    void (*say)(void *context, const char *line);
};

/*
 * Serves until SIGTERM or SIGINT: then it accepts no more, finishes what was read, commits and answers it, and returns ERR_OK. Any other
 * return is an error; nothing that was not durable has been answered.
 */
enum err server_run(const struct server_options *o, struct problem *p) MUST_USE;
/* Has the loop take another turn, and so call intake and ask the service for whom it has woken; from any thread. */
void server_wake(struct server *s);

/* Is this an address that other machines cannot reach? false where it cannot be read too. */
bool server_is_loopback(const char *listen);

#endif
