// SPDX-License-Identifier: Apache-2.0
/* Hashes the rows of an audit chain, and walks along it to see whether it holds. */
#include "store/audit_chain.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"

struct str audit_hash_str(const struct audit_hash *h) {
    return (struct str){h->hex, AUDIT_HASH_SIZE};
}

struct audit_hash audit_chain_start(void) {
    struct audit_hash h;
    memset(h.hex, '0', sizeof h.hex);
    return h;
}

static void add(EVP_MD_CTX *digest, struct str s) {
    CHECK(EVP_DigestUpdate(digest, s.at, s.size) == 1);
}

/* "LENGTH:BYTES,": no two rows have the same bytes, whatever stands in their texts. */
static void add_text(EVP_MD_CTX *digest, struct str s) {
    char memory[24];
    struct buf length = buf_over(memory, sizeof memory);
    buf_u64(&length, s.size);
    buf_char(&length, ':');
    add(digest, buf_str(&length));
    add(digest, s);
    add(digest, STR(","));
}

static void add_number(EVP_MD_CTX *digest, int64_t number) {
    char memory[24];
    struct buf text = buf_over(memory, sizeof memory);
    buf_i64(&text, number);
    add_text(digest, buf_str(&text));
}

static struct audit_hash hex_of(const unsigned char bytes[32]) {
    static const char digits[] = "0123456789abcdef";
    struct audit_hash h;
    for (size_t i = 0; i < 32; i++) {
        h.hex[2 * i] = digits[bytes[i] >> 4];
        h.hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    return h;
}

struct audit_hash audit_chain_hash(const struct audit_row *r) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    CHECK(digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1);
    add(digest, r->prev_hash);
    add_text(digest, r->incident);
    add_number(digest, r->number);
    add_number(digest, r->at_ms);
    add_text(digest, r->actor);
    add_text(digest, r->what);
    add_text(digest, r->body);
    add_number(digest, (int64_t)r->position);
    CHECK(EVP_DigestFinal_ex(digest, bytes, NULL) == 1);
    EVP_MD_CTX_free(digest);
    return hex_of(bytes);
}

static void begin_chain(struct audit_walk *w, struct str incident) {
    memcpy(w->incident, incident.at, incident.size);
    w->incident[incident.size] = 0;
    w->number = 0;
    w->last = audit_chain_start();
}

enum err audit_walk_on(struct audit_walk *w, const struct audit_row *r, struct problem *p) {
    if (r->incident.size >= sizeof w->incident)
        return problem_set(p, ERR_CORRUPT, "audit", "compare with a backup", "a name of an incident is longer than any of ours");
    if (!str_equal(r->incident, str_from(w->incident))) begin_chain(w, r->incident);
    struct audit_hash hash = audit_chain_hash(r);
    if (r->number != w->number + 1 || !str_equal(r->prev_hash, audit_hash_str(&w->last)) || !str_equal(r->hash, audit_hash_str(&hash)))
        return problem_set(p, ERR_CORRUPT, "audit", "compare with a backup: what is after this row was changed, taken out or put in",
                           "the audit chain of %.*s is broken at row %u", STR_ARGS(r->incident), r->number);
    w->number = r->number;
    w->last = hash;
    return ERR_OK;
}
