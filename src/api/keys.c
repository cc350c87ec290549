// SPDX-License-Identifier: Apache-2.0
/* Reads API keys, keeps their hashes, and finds whose key was sent. */
#include "api/keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/check.h"

#define BARE_KEY_SIZE_MIN 8
#define BARE_KEY_SIZE_MAX 128

struct str scope_word(enum scope one) {
    switch (one) {
#define SCOPE(NAME, bit, word, sentence)                                                                                                   \
    case SCOPE_##NAME: return STR(word);
        SCOPES
#undef SCOPE
    case SCOPE_NONE: return STR("none");
    case SCOPE_ALL: return STR("all");
    }
    return STR_NONE;
}

struct str scope_sentence(enum scope one) {
    switch (one) {
#define SCOPE(NAME, bit, word, sentence)                                                                                                   \
    case SCOPE_##NAME: return STR(sentence);
        SCOPES
#undef SCOPE
    case SCOPE_NONE: return STR("needs no key");
    case SCOPE_ALL: return STR("everything");
    }
    return STR_NONE;
}

bool scopes_from(struct str words, unsigned *out) {
    *out = 0;
    do {
        struct str word = str_cut(words, ',', &words);
        unsigned found = 0;
#define SCOPE(NAME, bit, scope_text, sentence)                                                                                             \
    if (str_equal(word, STR(scope_text))) found = bit;
        SCOPES
#undef SCOPE
        if (str_equal(word, STR("all"))) found = SCOPE_ALL;
        if (!found) return false;
        *out |= found;
    } while (words.size);
    return true;
}

/* One digest object per thread for good: making one per request would allocate. */
static void digest_of(struct str key, uint8_t out[KEY_DIGEST_SIZE]) {
    static _Thread_local EVP_MD_CTX *context;
    static _Thread_local EVP_MD *sha256;
    if (!context) {
        context = EVP_MD_CTX_new();
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    }
    CHECK(context && sha256);
    CHECK(EVP_DigestInit_ex2(context, sha256, NULL) && EVP_DigestUpdate(context, key.at, key.size) &&
          EVP_DigestFinal_ex(context, out, NULL));
}

static uint32_t place_of(const uint8_t digest[KEY_DIGEST_SIZE]) {
    return ((uint32_t)digest[0] | (uint32_t)digest[1] << 8) % (2 * KEY_COUNT_MAX);
}

const struct key *keyring_find(const struct keyring *ring, struct str key) {
    uint8_t digest[KEY_DIGEST_SIZE];
    digest_of(key, digest);
    for (uint32_t place = place_of(digest); ring->places[place]; place = (place + 1) % (2 * KEY_COUNT_MAX)) {
        const struct key *k = &ring->keys[ring->places[place] - 1];
        if (CRYPTO_memcmp(k->digest, digest, sizeof digest) == 0) return k;
    }
    return NULL;
}

static void insert(struct keyring *ring, const struct key *key) {
    ring->keys[ring->count++] = *key;
    uint32_t place = place_of(key->digest);
    while (ring->places[place]) place = (place + 1) % (2 * KEY_COUNT_MAX);
    ring->places[place] = (uint16_t)ring->count;
}

static bool read_hex(struct str hex, uint8_t out[KEY_DIGEST_SIZE]) {
    if (hex.size != 2 * KEY_DIGEST_SIZE) return false;
    for (size_t i = 0; i < hex.size; i++) {
        char c = hex.at[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return false;
        out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | digit : digit << 4);
    }
    return true;
}

/* The next word of a line; blanks and tabs between. */
static struct str next_word(struct str *line) {
    *line = str_trim(*line);
    size_t end = 0;
    while (end < line->size && line->at[end] != ' ' && line->at[end] != '\t') end++;
    struct str word = str_slice(*line, 0, end);
    *line = str_slice(*line, end, line->size);
    return word;
}

static enum err read_line(struct str line, struct keyring *ring, struct key *key, const char *where, struct problem *p) {
    struct str name = next_word(&line), scopes = next_word(&line), hash = next_word(&line);
    if (!scopes.size) {
        if (name.size < BARE_KEY_SIZE_MIN || name.size > BARE_KEY_SIZE_MAX)
            return problem_set(p, ERR_INVALID, where, "make one with `hikeshi key new NAME`", "a bare key has 8 to 128 characters");
        (void)snprintf(key->name, sizeof key->name, "key-%u", ++ring->bare_count);
        key->scopes = SCOPE_ALL;
        digest_of(name, key->digest);
        return ERR_OK;
    }
    if (name.size > KEY_NAME_SIZE_MAX) return problem_set(p, ERR_INVALID, where, "", "name is longer than %d bytes", KEY_NAME_SIZE_MAX);
    (void)snprintf(key->name, sizeof key->name, "%.*s", STR_ARGS(name));
    if (!scopes_from(scopes, &key->scopes))
        return problem_set(p, ERR_INVALID, where, "known are events:write, read, metrics, admin, verdicts:write, all; joined by commas",
                           "unknown scope in '%.*s'", STR_ARGS(scopes));
    if (!str_starts(hash, STR("sha256:")) || !read_hex(str_slice(hash, 7, hash.size), key->digest) || str_trim(line).size)
        return problem_set(p, ERR_INVALID, where, "a line is NAME SCOPE[,SCOPE...] sha256:HEX",
                           "no SHA-256 of 64 digits, or more after it");
    return ERR_OK;
}

static bool has_digest(const struct keyring *ring, const struct key *key) {
    for (uint32_t i = 0; i < ring->count; i++)
        if (memcmp(ring->keys[i].digest, key->digest, KEY_DIGEST_SIZE) == 0) return true;
    return false;
}

static enum err read_lines(struct keyring *ring, const char *name, struct str text, struct problem *p) {
    for (unsigned number = 1; text.size; number++) {
        struct str line = str_cut(text, '\n', &text);
        line = str_trim(str_slice(line, 0, str_find_char(line, '#', 0)));
        if (!line.size) continue;
        char where[sizeof p->where];
        (void)snprintf(where, sizeof where, "%.100s:%u", name, number);
        if (ring->count == KEY_COUNT_MAX) return problem_set(p, ERR_TOO_LARGE, where, "", "more than %d keys", KEY_COUNT_MAX);
        struct key key = {0};
        enum err err = read_line(line, ring, &key, where, p);
        if (err) return err;
        if (has_digest(ring, &key)) return problem_set(p, ERR_INVALID, where, "strike one", "the same key is there twice");
        insert(ring, &key);
    }
    return ring->count ? ERR_OK : problem_set(p, ERR_INVALID, name, "make one with `hikeshi key new NAME`", "there is no key in the file");
}

enum err keyring_read(struct keyring *ring, const char *name, char *text, size_t size, struct problem *p) {
    memset(ring, 0, sizeof *ring);
    enum err err = read_lines(ring, name, (struct str){text, size}, p);
    OPENSSL_cleanse(text, size);
    if (err) memset(ring, 0, sizeof *ring);
    return err;
}

static void write_scopes(struct buf *out, unsigned scopes) {
    if (scopes == SCOPE_ALL) buf_text(out, STR("all"));
    bool first = true;
    for (unsigned bit = 1; scopes != SCOPE_ALL && bit < SCOPE_ALL; bit <<= 1) {
        if (!(scopes & bit)) continue;
        if (!first) buf_char(out, ',');
        buf_text(out, scope_word((enum scope)bit));
        first = false;
    }
}

void key_write_line(struct buf *out, struct str name, unsigned scopes, struct str key) {
    uint8_t digest[KEY_DIGEST_SIZE];
    digest_of(key, digest);
    buf_text(out, name);
    buf_char(out, ' ');
    write_scopes(out, scopes);
    buf_text(out, STR(" sha256:"));
    for (size_t i = 0; i < sizeof digest; i++) buf_fmt(out, "%02x", digest[i]);
    buf_char(out, '\n');
}
