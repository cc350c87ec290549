// SPDX-License-Identifier: Apache-2.0
#ifndef COURIER_DKIM_H
#define COURIER_DKIM_H

#include <stdint.h>

#include "base/buf.h"

/*
 * DomainKeys Identified Mail (RFC 6376): a signature in a header, made with a key whose public half stands in the DNS of the sender's
 * domain. Made twice where both keys are there: rsa-sha256, which everybody verifies, and ed25519-sha256 (RFC 8463), which costs an
 * attacker more.
 *
 *   holds  both headers and the body are canonicalised "relaxed"; every header that a person sees or a program threads by is signed, and
 *          most are named once more than they are there ("oversigned"), so that one more of them breaks the signature (section 8.15)
 *   fails  ERR_INVALID: a key, name or message that is none; ERR_FULL where `out` has no room; ERR_IO where OpenSSL fails
 *
 * Signing only; who verifies is the owner's mail server. Why this is not libopendkim: docs/adr/0020-dkim.md.
 */
enum dkim_algorithm { DKIM_RSA, DKIM_ED25519, DKIM_ALGORITHM_COUNT };

struct dkim_texts {
    struct str domain; /* d=: that of the From address, or one that it lies in (DMARC alignment) */
    struct {
        struct str selector; /* s=: the key is published at SELECTOR._domainkey.DOMAIN */
        struct str pem;      /* private key, PKCS#8 or PKCS#1, not encrypted; empty where there is none */
    } keys[DKIM_ALGORITHM_COUNT];
};

struct evp_pkey_st;
struct dkim_keys {
    struct str domain, selectors[DKIM_ALGORITHM_COUNT]; /* borrowed from the texts */
    struct evp_pkey_st *keys[DKIM_ALGORITHM_COUNT];     /* owned; NULL where there is none; safe to use by many threads */
};

/* At least one key must be there. RSA keys have 2048 to 4096 bits (RFC 8301 section 3.2). On failure there is nothing to release. */
enum err dkim_keys_read(const struct dkim_texts *t, struct dkim_keys *out, struct problem *p) MUST_USE;
void dkim_keys_release(struct dkim_keys *k);

/* Room for the headers of both signatures: names of up to 253 bytes, twice; base64 of 512 and of 64 bytes; some 600 bytes of names. */
#define DKIM_SIGNATURES_SIZE_MAX 4096
/* Writes the DKIM-Signature headers of `message`, which stand before it and end with CRLF. The message has CRLF line ends throughout, a
 * From header, none of the signed headers twice, and an empty line after its headers. at_s: seconds since 1970, t= of the signature. */
enum err dkim_sign(const struct dkim_keys *k, struct str message, int64_t at_s, struct buf *out, struct problem *p) MUST_USE;

/* The text of the TXT record to publish for a key that is there: "v=DKIM1; k=rsa; p=...". A string in the DNS has at most 255 bytes; longer
 * texts are published as several strings of one record. */
#define DKIM_RECORD_SIZE_MAX 1024
enum err dkim_public_record(const struct dkim_keys *k, enum dkim_algorithm algorithm, struct buf *out, struct problem *p) MUST_USE;

/* A new private key as PEM: RSA with 2048 bits, or Ed25519. */
#define DKIM_PEM_SIZE_MAX 4096
enum err dkim_key_generate(enum dkim_algorithm algorithm, struct buf *pem, struct problem *p) MUST_USE;

#endif
