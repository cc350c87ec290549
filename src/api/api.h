// SPDX-License-Identifier: Apache-2.0
#ifndef API_API_H
#define API_API_H

#include "api/keys.h"
#include "api/metrics.h"
#include "base/address.h"
#include "engine/engine.h"
#include "port/clock.h"
#include "port/press.h"
#include "port/service.h"

/*
 * The door for machines: HTTP requests with an API key become events, and events are answered with decisions once they are durable. Serves
 * whoever carries the bytes (port/service.h).
 */
struct api;

struct api_options {
    struct engine *engine;
    struct clock clock;
    uint32_t connections_max;
    const struct keyring *keyring; /* NULL: no key is asked for */
    /* Reads the policy directory again (POST /v1/policy/reload); NULL where there is none. */
    enum err (*reload)(void *context, struct problem *p);
    void *reload_context;
    /* The courier's figures, for /metrics; NULL where there is none. */
    void (*courier)(void *context, struct courier_figures *out);
    void *courier_context;
    struct press press;            /* who prints what is asked for as PDF; without ops: nobody */
    const struct address *proxies; /* borrowed: whose x-forwarded-for is believed when tries are counted */
    size_t proxy_count;
    const struct counterparts *counterparts; /* whose webhooks are taken (POST /v1/webhooks/{name}); NULL: nobody's */
    /* Tells that memory is not needed any more and may be given back; NULL = it is kept. */
    void (*forget)(void *at, size_t size);
};

/* Zeroed memory for this many connections; most of it is never touched. */
size_t api_memory_size(uint32_t connections_max);
struct api *api_open(const struct api_options *o, void *memory);
struct service api_service(struct api *a);
/* From the next request on. */
void api_set_keyring(struct api *a, const struct keyring *keyring);

#endif
