// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_TOKEN_H
#define SYS_TOKEN_H

#include "base/err.h"
#include "port/token.h"

/* port/token.h by HMAC-SHA256 (RFC 2104, FIPS 180-4). */
struct token_key {
    unsigned char bytes[32];
};

/* The key of a data directory, from this file; drawn and written where it is not there (mode 0600, durable before it is used). */
enum err token_key_read(const char *path, struct token_key *out, struct problem *p) MUST_USE;
/* The key is borrowed. */
struct token token_of(struct token_key *key);
/* A key that everybody knows: for what is thrown away, and for simulations, which must come out the same. */
struct token token_known(void);

#endif
