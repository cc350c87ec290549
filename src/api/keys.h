// SPDX-License-Identifier: Apache-2.0
#ifndef API_KEYS_H
#define API_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * API keys: who may do what. A key file has one key a line; '#' starts a comment:
 *
 *     NAME SCOPE[,SCOPE...] sha256:HEX      the key itself is nowhere, only its SHA-256
 *     KEY                                   a bare key (8 to 128 characters, no blanks): all scopes, hashed on reading
 *
 * Keys are found by the hash of what was sent, so that neither their number nor how much of one was guessed shows in the time it takes.
 */
#define SCOPES                                                                                                                             \
    SCOPE(EVENTS_WRITE, 1, "events:write", "send events and ask for decisions")                                                            \
    SCOPE(READ, 2, "read", "read accounts, events and incidents")                                                                          \
    SCOPE(METRICS, 4, "metrics", "read the server's figures")                                                                              \
    SCOPE(ADMIN, 8, "admin", "put another policy or model in force, and send events of our own kinds")                                     \
    SCOPE(VERDICTS_WRITE, 16, "verdicts:write", "send, as events, what analysts and operators say: it closes incidents")                   \
    SCOPE(GATE, 32, "gate", "ask whether an order may go on")

enum scope {
    SCOPE_NONE = 0,
#define SCOPE(NAME, bit, word, sentence) SCOPE_##NAME = bit,
    SCOPES
#undef SCOPE
        SCOPE_ALL = 63
};

#define KEY_COUNT_MAX     4096
#define KEY_NAME_SIZE_MAX 63
#define KEY_DIGEST_SIZE   32

struct key {
    uint8_t digest[KEY_DIGEST_SIZE]; /* SHA-256 of the key */
    char name[KEY_NAME_SIZE_MAX + 1];
    unsigned scopes; /* enum scope, or-ed */
};

struct keyring {
    uint32_t count, bare_count;
    struct key keys[KEY_COUNT_MAX];
    uint16_t places[2 * KEY_COUNT_MAX]; /* index + 1 into keys, by the digest's first bytes; 0 = free */
};

/* Reads a key file's text and wipes it. p->where is "NAME:line". Nothing is kept on an error. */
enum err keyring_read(struct keyring *ring, const char *name, char *text, size_t size, struct problem *p) MUST_USE;
/* NULL where nobody has this key. */
const struct key *keyring_find(const struct keyring *ring, struct str key);

struct str scope_word(enum scope one);
struct str scope_sentence(enum scope one);
/* "events:write,read" or "all". false at a word that is none. */
bool scopes_from(struct str words, unsigned *out);
/* A key file's line for this key, with its newline. */
void key_write_line(struct buf *out, struct str name, unsigned scopes, struct str key);

#endif
