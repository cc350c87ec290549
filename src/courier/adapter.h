// SPDX-License-Identifier: Apache-2.0
#ifndef COURIER_ADAPTER_H
#define COURIER_ADAPTER_H

#include "base/arena.h"
#include "base/buf.h"
#include "courier/counterpart.h"
#include "event/event.h"
#include "port/response.h"
#include "port/wire.h"

/*
 * An adapter knows how one kind of counterpart wants to be asked and how it answers. It is pure: bytes in, bytes out; the courier does the
 * rest. A new one is one file in adapters/ and one line in adapters.def. What each verb means is in docs/reference/adapter.md.
 */
enum answer_class {
    ANSWER_DEFINITE,  /* `outcome` says */
    ANSWER_TRANSIENT, /* surely not done: try again later */
    ANSWER_AMBIGUOUS, /* may have been done: read */
    ANSWER_NOT_DONE,  /* to `read`: it was not done; to be sent again. Where looking is the step itself (verb probe or read_state),
                         `not_done`  is DEFINITE, outcome REFUSED, and the body that is handed in says "not_done": the respond room reads it
                         there */
};

struct adapter_answer {
    enum answer_class class;
    enum outcome_word outcome;
    bool final_for_key; /* with AMBIGUOUS: this key will answer so for ever; a new one is needed once a read has proven absence */
    int64_t retry_after_ms;
    struct str body;  /* the JSON object without blanks, for action_result; "" where there was none */
    struct str error; /* one line for people */
};

/* How a step is asked for. */
struct asking {
    struct str key;     /* respond_key of the step */
    bool read;          /* ask whether it was done instead */
    struct str contact; /* of a channel's step: the clear value; empty where the counterpart finds it itself */
    int64_t now_ms;
};

struct adapter {
    const char *name, *sentence;
    /* A request for this step, signed. Everything in `step`. */
    enum err (*request)(const struct counterpart *c, const struct step_row *s, const struct asking *a, struct arena *step,
                        struct wire_request *out);
    void (*answer)(const struct counterpart *c, const struct step_row *s, bool read, const struct wire_answer *w, struct arena *step,
                   struct adapter_answer *out);
    bool (*is_failure)(const struct wire_answer *w); /* it does not live, or cannot work: a reason to leave it alone for a while */
    /* NULL, like all below, where this kind of counterpart cannot be asked so. */
    enum err (*describe_request)(const struct counterpart *c, int64_t now_ms, struct arena *step, struct wire_request *out);
    /* Fills `promises`. ERR_INVALID: it is no description, and nothing changes. */
    enum err (*describe_answer)(struct counterpart *c, const struct wire_answer *w, struct arena *step, struct problem *p);
    /*
     * What a counterpart sends by itself. `headers` are "name: value". ERR_DENIED: the signature is not its own, or older than 5 minutes;
     * ERR_INVALID: not understood. *body is the event's JSON (the contract's), for ingest; its source becomes the counterpart's name.
     */
    enum err (*parse_webhook)(const struct counterpart *c, const struct str *headers, size_t header_count, struct str bytes, int64_t now_ms,
                              struct arena *step, struct str *id, struct str *body, struct problem *p);
    /*
     * A directory's: the clear value of a contact, which a channel's step names by account, time and seal (docs/reference/directory.md).
     * DEFINITE and DONE: *contact, in `step`; nobody keeps it longer than the sending takes.
     */
    enum err (*contact_request)(const struct counterpart *c, const struct step_row *s, int64_t now_ms, struct arena *step,
                                struct wire_request *out);
    void (*contact_answer)(const struct counterpart *c, const struct step_row *s, const struct wire_answer *w, struct arena *step,
                           struct str *contact, struct adapter_answer *out);
};

size_t adapter_count(void);
const struct adapter *adapter_at(size_t index);
const struct adapter *adapter_find(struct str name); /* NULL for any other name */

#endif
