// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_AUDIT_CHAIN_H
#define STORE_AUDIT_CHAIN_H

#include "base/err.h"
#include "port/response.h"

/*
 * The audit chain of an incident (docs/formats/audit.md): each row's hash covers the row and the hash before it, so that nothing in the
 * middle can be changed, taken out or put in without a trace.
 */
#define AUDIT_HASH_SIZE 64U /* SHA-256 in hex */

struct audit_hash {
    char hex[AUDIT_HASH_SIZE];
};

struct str audit_hash_str(const struct audit_hash *h);
/* What comes before the first row of a chain: zeros. */
struct audit_hash audit_chain_start(void);
/* Of a row with its number and prev_hash; its hash is not read. */
struct audit_hash audit_chain_hash(const struct audit_row *r);

/* A walk along the rows of one incident after the other, each by number from 1. */
struct audit_walk {
    char incident[64];
    uint32_t number;
    struct audit_hash last;
};
/* ERR_CORRUPT where `r` is not what must follow, naming incident and number. */
enum err audit_walk_on(struct audit_walk *w, const struct audit_row *r, struct problem *p) MUST_USE;

#endif
