// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_CHECKUP_SPF_H
#define CLI_CHECKUP_SPF_H

#include "port/resolver.h"

/*
 * Reads the SPF policy of a domain as a receiver would (RFC 7208), for several senders at once, and goes on where a receiver stops: so that
 * it can be said how many look-ups it takes, not just that they are too many.
 */
#define SPF_LOOKUPS_MAX   10 /* RFC 7208 section 4.6.4 */
#define SPF_VOIDS_MAX     2  /* look-ups that find nothing, the same section */
#define SPF_ADDRESSES_MAX 16

enum spf_fate {
    SPF_READ,
    SPF_NONE,    /* there is no record */
    SPF_SEVERAL, /* more than one: receivers take none */
    SPF_BROKEN,  /* permanent error; `why` */
    SPF_UNASKED  /* something could not be asked; `why` */
};

struct spf {
    enum spf_fate fate;
    struct str record; /* of the domain itself; in the arena or the answer's */
    unsigned lookups, voids;
    char all;     /* the qualifier of the `all` that it ends in, redirects followed: + - ~ ?; 0 = there is none */
    bool has_ptr; /* a mechanism that receivers ignore or mind */
    bool has_macro;
    char results[SPF_ADDRESSES_MAX]; /* of each address: + (pass), - (fail), ~ (softfail), ? (neutral) */
    char why[256];
};

/* `count` <= SPF_ADDRESSES_MAX. What has a macro in it is counted, and never matches. */
void spf_read(const struct resolver *r, struct str domain, const struct address *addresses, size_t count, struct arena *step,
              struct spf *out);

#endif
