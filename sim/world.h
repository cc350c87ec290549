// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * The pretended world: shop, identity provider, payment provider with card network and bank, warehouse, carrier. One object owns all of it;
 * it has no clock and no thread: whoever drives it says what time it is. The same seed and the same calls give the same world.
 *
 *   what people do     world_act: the owner or the hijacker acts; the world changes and says which event the shop sends for it
 *   what Hikeshi asks  world_answer: a request of docs/reference/adapter.md, for all five systems and the directory
 *   what it tells      world_take_mail
 *   what time brings   world_advance: waves, labels, scans, captures, settlements; the events and webhooks that come of it
 *   who judges         world_judge: did anything happen twice, was anything of the owner's touched, is anything of the hijacker's left?
 */
struct world;

enum fault {
    FAULT_NONE,
    FAULT_REFUSE,      /* 422, nothing done */
    FAULT_DELAY,       /* done, answered late */
    FAULT_DROP,        /* lost on the way: nothing done, no answer */
    FAULT_DO_AND_DROP, /* done, then no answer: the caller sees a time-out */
    FAULT_TWICE,       /* the network delivers it twice */
    FAULT_TOO_MANY,    /* 429 with retry-after */
    FAULT_STORED_500,  /* 500, and the same again for this key for ever, nothing done */
    FAULT_GARBAGE,     /* done, answered with what is no JSON */
    FAULT_DOWN,        /* connection refused */
    FAULT_COUNT
};

struct world_options {
    uint64_t seed;
    int64_t now_ms;
    const char *secret; /* whsec_...: of the requests that come and the webhooks that go */
    /* Per ten thousand requests, each kind of fault; 0 = a kind world. */
    unsigned faults[FAULT_COUNT];
    bool forgetful; /* the payment provider keeps no keys (idempotency none) */
    /* Webhooks: reordered, sent twice, held back for an hour; per ten thousand. */
    unsigned webhooks_reordered, webhooks_twice, webhooks_late;
};

struct world *world_open(const struct world_options *o);
void world_close(struct world *w);

/* One request to a counterpart: `path` is "/contain", ... . The answer's body is in `step`. `fault` says what the network did: the caller
 * plays it. */
struct world_reply {
    unsigned status;
    struct str body;
    int64_t retry_after_s;
    enum fault fault;
    int64_t delay_ms;
};
void world_answer(struct world *w, int64_t now_ms, struct str path, const struct str *headers, size_t header_count, struct str body,
                  struct arena *step, struct world_reply *out);
/* Faults of the next requests whose "system.verb.how" contains `match`, in place of chance: for scripted variants. count = how many
 * requests. */
void world_script(struct world *w, const char *match, enum fault fault, unsigned count);
/* A counterpart refuses all connections in this time. */
void world_down(struct world *w, const char *system, int64_t from_ms, int64_t to_ms);

/* A mail for somebody: 250, or what the server says instead; `fault` as above. Scripts know it as "email.tell.email". */
void world_take_mail(struct world *w, int64_t now_ms, struct str from, struct str to, struct str message, struct world_reply *out);
struct world_mail {
    int64_t at_ms;
    char from[160], to[160], message_id[160];
    struct str message; /* as it came, owned by the world */
};
size_t world_mail_count(const struct world *w);
const struct world_mail *world_mail_at(const struct world *w, size_t index);

/*
 * Somebody acts. `act` is an event of the contract without id, source and time: {"type":"order_placed","subject":"a7351","data":{...}},
 * over whatever path `data` tells. The world takes notice (an order exists from now on, a session is alive) and appends the whole event,
 * one line of JSON, to `event`. `hostile` is for the judges only. false: the shop refused it (frozen, session dead, blocked), and `event`
 * has a failed login or nothing.
 */
bool world_act(struct world *w, int64_t now_ms, struct str act, bool hostile, struct buf *event);

/* Something comes out by itself: an event of the shop, or a webhook of a counterpart (headers and body, to POST to /v1/webhooks/NAME). */
struct world_news {
    bool webhook;
    struct str id, timestamp, signature; /* of a webhook */
    struct str body;                     /* one event, JSON */
};
/* Lets time pass up to now_ms; what comes out goes to `news`, in the order of arrival. The gate is asked through `gate` before each step
 * that it guards ("label", ...): true = go on. */
struct world_gate {
    bool (*ask)(void *context, struct str order, const char *step);
    void *context;
};
void world_advance(struct world *w, int64_t now_ms, const struct world_gate *gate, void (*news)(void *context, const struct world_news *n),
                   void *context);
/* When something comes next; 0 = nothing is planned. */
int64_t world_next_ms(const struct world *w);

/* How far an order's parcel has come, for variants: "allocated" ... "handed_over"; the world goes on from there. */
void world_set_order(struct world *w, const char *order, const char *state);
/* The carrier will refuse a recall of this parcel's order; a refund of this charge fails at the bank; a dispute is filed. */
void world_refuse_recall(struct world *w, const char *order);
void world_fail_refund(struct world *w, const char *charge);
void world_dispute(struct world *w, const char *charge);
/* What was to be captured in a moment was captured at once. */
void world_capture(struct world *w, const char *charge);
/* The owner was told of a parcel that he did not order: he refuses it at the door. Who was not told takes every second one. */
void world_tell_owner(struct world *w, const char *account);

/* What the judges see: external acts that happened twice for one cause (money, parcels), acts of Hikeshi on what is the owner's, and what
 * of the hijacker's is still alive (sessions, tokens, contacts, addresses, cards, memberships, money, goods on their way). */
struct world_verdict {
    uint64_t acts; /* of Hikeshi, that changed something */
    uint64_t double_actions, owner_touched, left_alive;
    int64_t owner_out_of_pocket_minor; /* charged to the owner's cards and spent from his balance by the hijacker, less what came back */
    char first[256];                   /* the first thing found wrong, for people; "" = nothing */
};
void world_judge(const struct world *w, const char *account, struct world_verdict *out); /* NULL = all accounts */

/* How one thing stands now, for who asks for it by the judges' word for its kind ("session", "order", "charge", ...) and its id. An
 * account's own is "account" and its name: held = its login is frozen. */
struct world_look {
    const char *state;   /* of orders, charges and codes; "" = none */
    const char *refused; /* of orders and charges: the step that the gate refused last, "label"; "" = none */
    bool in_force;       /* it is there, or: the change stands */
    bool held, undone;   /* by Hikeshi */
    bool balance_frozen;
    int64_t amount_minor, returned_minor;
};
bool world_look_at(const struct world *w, const char *account, const char *kind, const char *id, struct world_look *out);
/* How often Hikeshi did this to it: containments that were asked for, undoings that changed something. */
unsigned world_count_acts(const struct world *w, const char *account, const char *kind, const char *id, const char *how);

#endif
