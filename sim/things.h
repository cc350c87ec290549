// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_THINGS_H
#define SIM_THINGS_H

#include "base/json.h"
#include "event/event.h"
#include "sim/world.h"

/*
 * The inside of the pretended world, for its own files only.
 *
 * Everything that somebody can make or change on an account is a `thing`: a session, an address, an order, a charge. The systems' files
 * (identity.c, shop.c, payment.c, warehouse.c, carrier.c) each have a table of what they can be asked to do with one (struct offer);
 * world.c finds the thing and the offer, faults.c decides what the network makes of it, judge.c looks at all of them at the end.
 */
enum thing_kind {
    THING_ACCOUNT, /* login, balance and settings as a whole; every account has one */
    THING_SESSION,
    THING_TOKEN,
    THING_CONTACT, /* "contact_email", "contact_phone" */
    THING_AUTHENTICATOR,
    THING_LINK,
    THING_CLOSURE,
    THING_SETTING,
    THING_PAYOUT,
    THING_ADDRESS,
    THING_CARD,
    THING_CREDIT, /* a top-up: an entry of the balance */
    THING_DEBIT,  /* stored value that was spent */
    THING_POINTS,
    THING_CODE,
    THING_MEMBERSHIP,
    THING_CONTENT,
    THING_CLAIM,
    THING_EXPORT,
    THING_ORDER,
    THING_CHARGE,
    THING_KIND_COUNT
};

#define NAME_SIZE 144

struct thing {
    struct thing *next; /* of the account's */
    struct account *owner;
    enum thing_kind kind;
    char id[NAME_SIZE], event[32], session[NAME_SIZE];
    char charge[NAME_SIZE], order[NAME_SIZE], card[NAME_SIZE];
    char before[160], value[160]; /* what it was before the last change, and is now */
    char reference[40], parcel[40];
    bool hostile;   /* made or last changed by the hijacker; for the judges only */
    bool in_force;  /* it is there; what was removed: the removal stands */
    bool held;      /* contained by Hikeshi */
    bool undone;    /* by Hikeshi */
    bool stopped;   /* nothing more happens by itself: pulled, label void, recalled */
    bool will_fail; /* scripted: the recall is refused, the refund fails */
    bool closed;
    enum fate fate; /* of orders, charges and codes */
    int64_t amount_minor, returned_minor;
    char currency[4];
    int64_t made_ms, due_ms; /* due: when it goes on by itself; 0 = not by itself */
    const char *refused;     /* the step that the gate refused last; NULL = none */
    bool waits;              /* due for its label, which the gate has let through already */
};

struct account {
    struct account *next;  /* of the bucket */
    struct account *older; /* of all */
    char id[NAME_SIZE];
    struct thing *things; /* newest first; the last is its THING_ACCOUNT */
    struct thing *self;   /* held: the login is frozen; undone: a new password is needed */
    bool balance_frozen, contact_pinned, settings_overridden, payouts_held, told, hostile_seen;
    int64_t balance_minor, sessions_ended_ms;
};

/* What comes by itself, in order of time: a thing that goes on, or news that is still on its way. */
struct plan {
    int64_t at_ms;
    uint64_t number;
    struct thing *thing;
    struct kept_news *news;
};

struct kept_news {
    bool webhook;
    uint64_t number;
    struct str body; /* owned */
};

struct kept_key {
    struct kept_key *next;
    char *system_and_key; /* owned */
    char *body;           /* owned */
    unsigned status;
    int64_t at_ms;
};

struct kept_act {
    struct kept_act *next;
    struct thing *thing;
    char how[32];
    unsigned times;
};

struct scripted {
    char match[64];
    enum fault fault;
    unsigned left;
};

struct outage {
    char system[16];
    int64_t from_ms, to_ms;
};

#define BUCKET_COUNT    4096
#define SCRIPTED_MAX    32
#define OUTAGE_MAX      16
#define SECRET_MAX      96
#define ANSWER_BODY_MAX (32U * 1024)

struct world {
    struct world_options options;
    unsigned char secret[SECRET_MAX];
    size_t secret_size;
    uint64_t random, number;
    struct account *accounts[BUCKET_COUNT], *newest;
    struct kept_key *keys[BUCKET_COUNT];
    struct kept_act *acts[BUCKET_COUNT];
    struct plan *plans; /* a heap */
    size_t plan_count, plan_capacity;
    struct scripted scripted[SCRIPTED_MAX];
    size_t scripted_count;
    struct outage outages[OUTAGE_MAX];
    size_t outage_count;
    uint64_t act_count, double_count, touched_count;
    char first_double[160], first_touched[160];
    struct world_mail *mails; /* in the order in which they came */
    size_t mail_count, mail_capacity;
};

/* ---- a request ---------------------------------------------------------------------------------------------------------------------- */

struct ask {
    struct world *w;
    int64_t now_ms;
    struct str system, verb, how, key;
    struct json body, effect;
    struct account *account;
    /* the answer */
    const char *outcome;
    const char *state; /* "" = not said */
    const char *reason, *observed;
    struct str reference, fulfilment;
};

/* What a system can be asked to do. `costly`: doing it twice for one thing is a wrong that the judges count. */
struct offer {
    const char *verb, *how;
    enum thing_kind kind;
    bool costly;
    void (*run)(struct ask *a, struct thing *t);
    bool (*is_so)(const struct thing *t); /* has it been done? NULL = held (contain) or undone (undo) */
};

extern const struct offer directory_offers[], identity_offers[], shop_offers[], payment_offers[], warehouse_offers[], carrier_offers[];

void answer_done(struct ask *a);
void answer_pending(struct ask *a);
void answer_refused(struct ask *a, const char *reason);
void answer_changed(struct ask *a);
/* The state that the thing is really in, its reference and parcel. */
void answer_state(struct ask *a, const struct thing *t);
/* contain and release of whatever has no more to it. */
void offer_hold(struct ask *a, struct thing *t);
void offer_release(struct ask *a, struct thing *t);
/* undo by compare-and-set: as before, where it is still as `effect.after` says. */
void offer_put_back(struct ask *a, struct thing *t);
void offer_just_done(struct ask *a, struct thing *t);

/* ---- shared ------------------------------------------------------------------------------------------------------------------------- */

uint64_t world_draw(struct world *w, uint64_t below);
struct account *world_account(struct world *w, struct str id, bool make);
struct thing *thing_add(struct world *w, struct account *a, enum thing_kind kind, struct str id, int64_t now_ms);
struct thing *thing_find(const struct account *a, enum thing_kind kind, struct str id);
/* By id over all accounts. */
struct thing *thing_find_anywhere(const struct world *w, enum thing_kind kind, struct str id);
void name_set(char *to, size_t size, struct str from);

/* The thing goes on by itself at that time. */
void plan_thing(struct world *w, struct thing *t, int64_t at_ms);
void plan_news(struct world *w, struct kept_news *n, int64_t at_ms);
/* Tells that an order or a charge has come to its `fate`: by an event of the shop or by a webhook. */
void news_of_fate(struct world *w, const struct thing *t, bool webhook, int64_t now_ms);
void news_write(struct world *w, const struct kept_news *n, int64_t now_ms, struct buf *b, struct world_news *out);
void world_remember_act(struct world *w, struct thing *t, const char *how, bool costly, bool undoes);

void payment_goes_on(struct world *w, struct thing *t, int64_t now_ms, const struct world_gate *gate);
int64_t payment_capture_ms(int64_t now_ms); /* the next capture run */
void warehouse_goes_on(struct world *w, struct thing *t, int64_t now_ms, const struct world_gate *gate);
void carrier_goes_on(struct world *w, struct thing *t, int64_t now_ms);
void membership_goes_on(struct world *w, struct thing *t, int64_t now_ms);

/* The clear contact of an account, for its messages. */
void directory_answer(struct ask *a, struct buf *b);
void mails_free(struct world *w);

enum fault fault_of_request(struct world *w, const struct ask *a);
const struct kept_key *key_find(const struct world *w, struct str system, struct str key, int64_t now_ms);
void key_keep(struct world *w, struct str system, struct str key, unsigned status, struct str body, int64_t now_ms);
void signature_write(const struct world *w, struct str id, struct str timestamp, struct str body, struct buf *b);
bool signature_is_right(const struct world *w, const struct str *headers, size_t header_count, struct str body, int64_t now_ms,
                        struct str *id);

#endif
