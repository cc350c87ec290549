// SPDX-License-Identifier: Apache-2.0
/* Makes words that only this data directory can make. */
#include "sys/token.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"

static void make(void *self, struct str text, unsigned char *out, size_t size) {
    const struct token_key *key = self;
    unsigned char hash[32];
    unsigned hash_size = 0;
    CHECK(size <= sizeof hash);
    CHECK(HMAC(EVP_sha256(), key->bytes, sizeof key->bytes, (const unsigned char *)text.at, text.size, hash, &hash_size));
    memcpy(out, hash, size);
}

struct token token_of(struct token_key *key) {
    return (struct token){make, key};
}

struct token token_known(void) {
    static struct token_key zeros;
    return token_of(&zeros);
}

static enum err failed(const char *path, const char *what, struct problem *p) {
    return problem_set(p, ERR_IO, path, "see whether the directory can be written", "cannot %s the key of notices: %s", what,
                       strerror(errno));
}

/* ERR_NOT_FOUND: there is none yet. */
static enum err read_key(const char *path, struct token_key *out, struct problem *p) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return errno == ENOENT ? ERR_NOT_FOUND : failed(path, "open", p);
    ssize_t size = read(file, out->bytes, sizeof out->bytes);
    (void)close(file);
    if (size == sizeof out->bytes) return ERR_OK;
    return problem_set(p, ERR_CORRUPT, path,
                       "put it back from a backup; or remove it: then the codes of notices sent so far cannot be made again",
                       "the key of notices is not whole");
}

/* Under another name first: a torn key would be taken for the key. */
static enum err write_key(const char *path, struct token_key *out, struct problem *p) {
    char part[4096];
    struct buf name = buf_over(part, sizeof part - 1);
    buf_fmt(&name, "%s.part", path);
    if (name.overflow) return problem_set(p, ERR_TOO_LARGE, path, "", "the path is too long");
    part[name.size] = 0;
    if (getrandom(out->bytes, sizeof out->bytes, 0) != sizeof out->bytes) return failed(path, "draw", p);
    int file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return failed(part, "create", p);
    bool good = write(file, out->bytes, sizeof out->bytes) == sizeof out->bytes && fsync(file) == 0;
    good = close(file) == 0 && good && rename(part, path) == 0;
    return good ? ERR_OK : failed(path, "write", p);
}

enum err token_key_read(const char *path, struct token_key *out, struct problem *p) {
    enum err err = read_key(path, out, p);
    return err == ERR_NOT_FOUND ? write_key(path, out, p) : err;
}
