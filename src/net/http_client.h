// SPDX-License-Identifier: Apache-2.0
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * A plain client of our own server on this machine, one request at a time over one connection: what the demo talks through, so that it
 * walks in by the same door as a shop. Blocking; loopback only.
 */
struct http_client {
    int socket;
    uint16_t port;
    struct str key;     /* sent as a bearer token; borrowed */
    struct str headers; /* further lines of the next requests, each with its CRLF; borrowed */
    char *answer;       /* the last answer's body; owned, grown as needed */
    size_t answer_size, answer_capacity;
};

enum err http_client_open(struct http_client *c, uint16_t port, struct str key, struct problem *p) MUST_USE;
void http_client_close(struct http_client *c);
/* *status and *body (borrowed until the next request). ERR_IO where the connection broke, ERR_CORRUPT where the answer is no HTTP. */
enum err http_client_request(struct http_client *c, struct str method, struct str path, struct str media_type, struct str content,
                             unsigned *status, struct str *body, struct problem *p) MUST_USE;

#endif
