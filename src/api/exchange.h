// SPDX-License-Identifier: Apache-2.0
#ifndef API_EXCHANGE_H
#define API_EXCHANGE_H

#include "api/limiter.h"
#include "api/metrics.h"
#include "api/route.h"
#include "base/arena.h"
#include "courier/counterpart.h"
#include "engine/engine.h"
#include "ingest/ingest.h"
#include "net/http_answer.h"
#include "net/http_reader.h"
#include "port/press.h"

/* A body that is collected from its pieces: one place for all connections. */
struct upload {
    char *bytes; /* MODEL_TEXT_SIZE_MAX */
    size_t size;
    const struct exchange *by; /* whose it is; who begins later takes it over */
};

/* What every answer needs, one for all connections; the door (api.h) owns it. */
struct api_state {
    struct engine *engine;
    struct arena step; /* reset for each event or answer */
    struct metrics metrics;
    int64_t now_ms; /* wall clock when the bytes at hand came */
    int64_t now_us;
    struct str date;               /* HTTP date of now_ms */
    struct str openapi;            /* written once */
    const struct keyring *keyring; /* NULL: no key is asked for */
    enum err (*reload)(void *context, struct problem *p);
    void *reload_context;
    const struct address *proxies; /* whose x-forwarded-for is believed */
    size_t proxy_count;
    struct limiter limiter;                                      /* of codes that are tried */
    const struct counterparts *counterparts;                     /* whose webhooks are taken; NULL: nobody's */
    void (*courier)(void *context, struct courier_figures *out); /* NULL: there is none */
    void *courier_context;
    struct upload upload;
    struct press press; /* who prints; without ops: nobody */
    bool broken;        /* the journal refuses: nothing more can be promised */
    struct problem broken_why;
};

/* A file that is printed for one exchange (api/printed.h). */
struct printing {
    bool ordered; /* `ticket` is to be given back */
    uint32_t ticket;
    size_t sent;
    char extra[256]; /* header lines that its head will have */
    size_t extra_size;
};

/*
 * One request and the answer under construction. A route calls exchange_begin and appends the body to x->out, or exchange_refuse, which
 * forgets what was begun. An answer leaves when `position` is settled.
 */
struct exchange {
    struct api_state *api;
    const struct http_reader *request;
    const struct route *route;
    struct str parameter; /* what stands for {...} in the route's path, decoded */
    unsigned scopes;      /* of the key that was sent; all where none is asked for */
    struct str who;       /* name of that key; empty where none is asked for */
    struct address peer;  /* who is connected; perhaps a proxy of ours (exchange_client) */
    uint32_t slot;        /* of the connection (port/service.h) */
    struct buf *out;
    uint64_t position; /* 0 = leaves at once */
    bool measured;     /* a decision: its time counts */
    bool close;        /* the connection ends after this answer */
    bool begun;        /* the route's `begin` was called */
    bool streaming;    /* the answer was begun as a stream and is ended by the route */
    bool aborted;      /* the rest of the request is not read: the connection ends here */
    struct splitter *splitter;
    struct str pending; /* of a batch: an event that must be handed in again, borrowed as the splitter said */
    bool has_pending;
    bool full; /* whole answers for allowed events too */
    unsigned status;
    struct http_answer answer;
    struct printing printing;
};

void exchange_begin(struct exchange *x, unsigned status, struct str media_type);
/* The same with further header lines, each with its CRLF. */
void exchange_begin_with(struct exchange *x, unsigned status, struct str media_type, struct str extra);
/* A page for a browser: nothing in it may run, be fetched or be framed, and nobody keeps it. `extra`: further header lines, or empty. */
void exchange_begin_page(struct exchange *x, unsigned status, struct str extra);
/* Writes problem details in place of whatever was begun. `extra` holds further header lines or is empty. */
void exchange_refuse(struct exchange *x, unsigned status, const struct problem *p, struct str extra);
/* The same by the error's own status: ERR_INVALID 400, ERR_NOT_FOUND 404, ERR_CONFLICT 409, ERR_TOO_LARGE 413, else 503. */
enum exchange_result exchange_refuse_err(struct exchange *x, const struct problem *p);
unsigned exchange_status_of(enum err err);
/* Of a body that is no event, whatever is wrong with it: too deep or too long a member is malformed, not "too large a body". */
#define EXCHANGE_STATUS_NO_EVENT 400
/* Begins an answer that is sent in pieces. */
void exchange_begin_stream(struct exchange *x, struct str media_type);
/* The same with a length that is known: the route writes `size` bytes behind it, in as many rounds as it takes; of a HEAD request none. */
void exchange_begin_sized(struct exchange *x, unsigned status, struct str media_type, struct str extra, size_t size);
/* Ends what was begun. */
void exchange_end(struct exchange *x);

/* The last header of that name; STR_NONE: it was not sent. */
struct str exchange_header(const struct exchange *x, struct str name);
/* Does the caller have this version already (RFC 9110 section 13.1.2)? `etag` with its quotes. */
bool exchange_has(const struct exchange *x, struct str etag);

/* A parameter of the query, decoded into `memory`; false where it is missing. *broken where it cannot be decoded or is too long. */
bool exchange_query(const struct exchange *x, const char *name, struct buf *memory, struct str *out, bool *broken);

/* Who asks: the peer, or whom the nearest of our proxies names. */
struct address exchange_client(const struct exchange *x);

/* How did a change to the engine go? EXCHANGE_LATER: commit first, then try again. ERR_IO is noted (api->broken). */
enum exchange_result exchange_settle(struct exchange *x, enum err *err, struct problem *p);

/* As exchange_submit below, for an event of our own kinds that a route has made of what somebody may say. Said before: ERR_OK. */
enum exchange_result exchange_submit_own(struct exchange *x, struct event *event, struct receipt *out, enum err *err, struct problem *p);

/* Hands an event to the engine, if the key may speak of its kind (ERR_DENIED). EXCHANGE_LATER: commit first. Otherwise *err says how it
 * went; ERR_IO has been noted (api->broken). */
enum exchange_result exchange_submit(struct exchange *x, const struct event *event, struct receipt *out, enum err *err, struct problem *p);

#endif
