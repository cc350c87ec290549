// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_ISSUER_PACK_FACTS_H
#define NOTIFY_ISSUER_PACK_FACTS_H

#include "notify/issuer_pack.h"

/* What both forms of a pack tell of one charge, found in the rows. */

/* What is asked of the issuer. */
enum pack_request {
    PACK_VOID,
    PACK_RELEASE,
    PACK_REVERSAL,
    PACK_REFUNDING,
    PACK_REFUNDED,
    PACK_DISPUTE,
    PACK_PAID,
};

struct pack_facts {
    const struct issuer_pack_source *source;
    struct str charge;
    const struct effect_row *effect;
    enum pack_request request;
    const struct incident_event_row *made; /* the first act that it paid for; NULL = none is known */
    const struct step_row *refund;         /* the latest request to undo it; NULL = none */
    struct str reference;                  /* the bank's; empty = none yet */
};

enum err pack_facts_find(const struct issuer_pack_source *s, struct str charge, struct pack_facts *out) MUST_USE;
/* An act of the hijacker's that the charge paid for. */
bool pack_is_act(const struct pack_facts *f, const struct incident_event_row *r);
/* A state that it was reported to be in. */
bool pack_is_fate(const struct pack_facts *f, const struct incident_event_row *r);
/* Something that the payment provider was asked about it, and not only to look. */
bool pack_is_request(const struct pack_facts *f, const struct step_row *r);
/* The effect of an act; NULL: none is known. */
const struct effect_row *pack_effect_of(const struct pack_facts *f, const struct incident_event_row *act);
/* "reversal" */
struct str pack_request_word(enum pack_request r);

#endif
