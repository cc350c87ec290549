// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_SERVICE_H
#define PORT_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/err.h"
#include "base/str.h"

/*
 * What is spoken over connections, as seen by whoever owns sockets, TLS, time and threads (sys/server.h). The service knows what bytes mean
 * and what may be answered; the server carries them. A connection is a numbered slot, so that nothing is allocated for it.
 *
 * One thread calls everything, except `commit`, which runs in another one while the next batch is gathered.
 */
enum service_state {
    SERVICE_IDLE,    /* between requests */
    SERVICE_READING, /* within a request, which must be whole in time */
    SERVICE_WAITING, /* takes no bytes until `resume`: a batch must be committed or answers must leave first */
    SERVICE_ENDING,  /* takes no bytes any more: close when everything has left */
};

struct service_status {
    enum service_state state;
    int64_t since_us; /* READING: when the request began or last kept its pace; IDLE: when the last one ended */
};

struct service_room {
    char *at;
    size_t size; /* never 0 in IDLE and READING */
};

struct service {
    const struct service_ops *ops;
    void *self;
};

struct service_ops {
    void (*open)(void *self, uint32_t slot, const struct address *peer, int64_t now_us);
    struct service_status (*status)(void *self, uint32_t slot);
    /* Where the connection's next bytes go; then `take` says how many came. */
    struct service_room (*room)(void *self, uint32_t slot);
    struct service_status (*take)(void *self, uint32_t slot, size_t size, int64_t now_us);
    /* A commit ended, bytes left, or next_woken named it: what a WAITING connection may have waited for. */
    struct service_status (*resume)(void *self, uint32_t slot, int64_t now_us);
    /* The request took too long: it is answered so, and the connection ends. */
    struct service_status (*expire)(void *self, uint32_t slot, int64_t now_us);
    /* Bytes that may leave now: they stay in place until `left` says how many did. */
    struct str (*ready)(void *self, uint32_t slot);
    void (*left)(void *self, uint32_t slot, size_t size, int64_t now_us);
    /* Nothing is ready and nothing is held back. */
    bool (*is_empty)(void *self, uint32_t slot);
    void (*close)(void *self, uint32_t slot);
    /* A connection for which somebody else than a commit has done something; each once. Asked in every turn of the loop: false where there
     * is none must cost next to nothing. */
    bool (*next_woken)(void *self, uint32_t *slot);

    /* Closes the batch of what was taken; *sealed is false where there is nothing to commit. An error ends the server. */
    enum err (*seal)(void *self, bool *sealed, struct problem *p);
    /* Makes the sealed batch durable. In any thread. An error ends the server, and nothing more is answered. */
    enum err (*commit)(void *self, struct problem *p);
    /* The commit ended well; what waited for it is ready now. */
    void (*committed)(void *self, int64_t now_us);
};

#endif
