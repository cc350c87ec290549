// SPDX-License-Identifier: Apache-2.0
/* Reads counterparts and their secrets from files. */
#include "cli/counterpart_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_SIZE_MAX   (256U * 1024)
#define SECRET_FILE_MAX 4096
#define SECRET_SIZE_MIN 24
#define PREFIX          STR("whsec_")

static enum err read_file(const char *path, char *memory, size_t size_max, struct str *out, struct problem *p) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return problem_set(p, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, path, "", "cannot open the file: %s", strerror(errno));
    ssize_t got = read(file, memory, size_max);
    (void)close(file);
    if (got < 0) return problem_set(p, ERR_IO, path, "", "cannot read the file: %s", strerror(errno));
    if ((size_t)got == size_max) return problem_set(p, ERR_TOO_LARGE, path, "", "the file is too large");
    *out = (struct str){memory, (size_t)got};
    return ERR_OK;
}

/* Bytes of one line. 0: it is no secret. */
static size_t decode_secret(struct str line, unsigned char out[SECRET_SIZE_MAX]) {
    unsigned char bytes[96];
    if (!str_starts(line, PREFIX)) return 0;
    struct str text = str_slice(line, PREFIX.size, line.size);
    size_t padding = 0;
    while (padding < 2 && padding < text.size && text.at[text.size - 1 - padding] == '=') padding++;
    if (!text.size || text.size % 4 || text.size / 4 * 3 > sizeof bytes) return 0;
    int size = EVP_DecodeBlock(bytes, (const unsigned char *)text.at, (int)text.size);
    if (size < 0) return 0;
    size_t real = (size_t)size - padding;
    if (real < SECRET_SIZE_MIN || real > SECRET_SIZE_MAX) return 0;
    memcpy(out, bytes, real);
    return real;
}

enum err counterpart_secrets_read(struct counterpart *c, struct str path, struct problem *p) {
    char memory[SECRET_FILE_MAX], name[512];
    struct str rest;
    if (path.size >= sizeof name) return problem_set(p, ERR_TOO_LARGE, "secret_file", "", "the path is too long");
    (void)snprintf(name, sizeof name, "%.*s", STR_ARGS(path));
    enum err err = read_file(name, memory, sizeof memory, &rest, p);
    for (size_t count = 0; !err && rest.size && count < 2;) {
        struct str line = str_trim(str_cut(rest, '\n', &rest));
        if (!line.size) continue;
        c->secret_sizes[count] = decode_secret(line, c->secrets[count]);
        if (!c->secret_sizes[count++])
            err = problem_set(p, ERR_INVALID, name, "write whsec_ and base64 of 24 to 64 random bytes", "this is no secret");
    }
    memset(memory, 0, sizeof memory);
    if (!err && !c->secret_sizes[0]) return problem_set(p, ERR_INVALID, name, "", "there is no secret in the file");
    return err;
}

enum err counterpart_check_ca(const struct counterpart *c, struct problem *p) {
    char name[512];
    if (!c->ca_file.size) return ERR_OK;
    if (c->ca_file.size >= sizeof name) return problem_set(p, ERR_TOO_LARGE, "ca_file", "", "the path is too long");
    (void)snprintf(name, sizeof name, "%.*s", STR_ARGS(c->ca_file));
    X509_STORE *store = X509_STORE_new();
    bool good = store && X509_STORE_load_file(store, name) == 1;
    X509_STORE_free(store);
    return good ? ERR_OK : problem_set(p, ERR_INVALID, name, "name a file of certificates in PEM", "there is no certificate in it");
}

/* A whole file named by the table, kept in `memory`. */
static enum err read_named(struct str path, struct arena *memory, struct str *out, struct problem *p) {
    char name[512];
    char *at = arena_take(memory, SECRET_FILE_MAX);
    if (!at) return problem_set(p, ERR_FULL, "memory", "", "no memory for the counterparts");
    if (path.size >= sizeof name) return problem_set(p, ERR_TOO_LARGE, "", "", "the path of a key file is too long");
    (void)snprintf(name, sizeof name, "%.*s", STR_ARGS(path));
    return read_file(name, at, SECRET_FILE_MAX, out, p);
}

static struct str domain_of(struct str address) {
    struct str domain;
    (void)str_cut(address, '@', &domain);
    return domain;
}

/* Login and DKIM keys of a counterpart that sends mail. */
static enum err read_mail_files(struct counterpart *c, const struct counterpart_files *f, struct arena *memory, struct problem *p) {
    struct dkim_texts texts = {.domain = f->dkim_domain.size ? f->dkim_domain : domain_of(c->mail.from_address)};
    bool has_key = false;
    enum err err = f->login.size ? read_named(f->login, memory, &c->mail.login, p) : ERR_OK;
    c->mail.login = str_trim(c->mail.login);
    for (size_t i = 0; i < DKIM_ALGORITHM_COUNT && !err; i++) {
        texts.keys[i].selector = f->dkim_selectors[i];
        if (f->dkim_keys[i].size) err = read_named(f->dkim_keys[i], memory, &texts.keys[i].pem, p), has_key = true;
    }
    return err || !has_key ? err : dkim_keys_read(&texts, &c->mail.dkim, p);
}

void counterpart_file_release(struct counterparts *c) {
    for (size_t i = 0; i < c->count; i++) dkim_keys_release(&c->list[i].mail.dkim);
}

enum err counterpart_file_read(const char *path, struct arena *memory, struct counterparts *out, struct problem *p) {
    struct counterpart_files files[COUNTERPART_COUNT_MAX];
    struct str text;
    char *at = arena_take(memory, FILE_SIZE_MAX);
    if (!at) return problem_set(p, ERR_FULL, "memory", "", "no memory for the counterparts");
    enum err err = read_file(path, at, FILE_SIZE_MAX, &text, p);
    struct source source = {str_from(path), text};
    if (!err) err = counterparts_read(source, memory, out, files, p);
    for (size_t i = 0; !err && i < out->count; i++) {
        if (files[i].secret.size) err = counterpart_secrets_read(&out->list[i], files[i].secret, p);
        if (!err) err = counterpart_check_ca(&out->list[i], p);
        if (!err) err = read_mail_files(&out->list[i], &files[i], memory, p);
    }
    return err;
}
