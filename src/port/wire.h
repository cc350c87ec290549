// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_WIRE_H
#define PORT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/*
 * Requests that go out over HTTP and SMTP, many at once: sys/ carries them over the network, sim/ hands them to a pretended world in
 * virtual time. The one thing that a caller must know of a failed request is whether the other side may have acted.
 */
enum wire_tls {
    WIRE_TLS_REQUIRED, /* STARTTLS, or nothing is sent */
    WIRE_TLS_OFFERED,  /* STARTTLS where it is offered */
    WIRE_TLS_NEVER,
};

/* What SMTP (RFC 5321) needs beside the message, which is the request's body, with CRLF. */
struct wire_mail {
    struct str from, to; /* envelope, without <> */
    struct str login;    /* "user:password", or empty */
    enum wire_tls tls;   /* of smtp:; smtps: is always */
};

struct wire_request {
    uint64_t id;       /* the caller's; comes back with the answer */
    struct str method; /* "POST"; of SMTP empty */
    struct str url;
    const struct str *headers; /* "name: value" */
    size_t header_count;
    struct str body;
    int64_t timeout_ms;           /* for all of it */
    const struct wire_mail *mail; /* with an url smtp: or smtps: */
    struct str ca_file;           /* https: the certificates that the other side's must lead to; empty = those that this machine trusts */
};

enum wire_fate {
    WIRE_ANSWERED, /* status and body are whole */
    WIRE_NOT_SENT, /* it surely did not arrive: no address, no connection, no TLS */
    WIRE_UNKNOWN,  /* it may have arrived: time-out, reset, half an answer, an answer that is too long */
};

#define WIRE_BODY_SIZE_MAX (64U * 1024)

struct wire_answer {
    uint64_t id;
    enum wire_fate fate;
    unsigned status;        /* of HTTP, or SMTP's last reply */
    int64_t retry_after_ms; /* of the header, 0 = none; capped to an hour */
    struct str body;        /* borrowed until the next poll */
    char error[128];        /* for people, where the fate is not ANSWERED */
};

struct wire {
    const struct wire_ops *ops;
    void *self;
};

struct wire_ops {
    /* Copies what it needs. ERR_FULL: too many are under way; poll first. */
    enum err (*start)(void *self, const struct wire_request *r, struct problem *p);
    /* Waits up to wait_ms for at least one answer; fewer than count_max. 0 = none came. */
    size_t (*poll)(void *self, struct wire_answer *out, size_t count_max, int wait_ms);
    size_t (*under_way)(void *self);
    void (*wake)(void *self); /* ends a poll early; from any thread */
};

#endif
