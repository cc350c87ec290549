// SPDX-License-Identifier: Apache-2.0
/* hikeshi dkim: makes the keys that mails are signed with, and prints what is to be published of them in the DNS. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "courier/dkim.h"

#define PATH_SIZE       4096
#define TXT_STRING_SIZE 255 /* RFC 1035 section 3.3 */

static const struct cli_option options[] = {
    {"--out", "DIR", "where the private keys are: dkim-rsa.pem and dkim-ed25519.pem"},
    {"--domain", "NAME", "the domain that signs, which the From address lies in"},
    {"--rsa-selector", "NAME", "under which the RSA key is published (default: hikeshi-rsa)"},
    {"--ed25519-selector", "NAME", "under which the Ed25519 key is published (default: hikeshi-ed25519)"},
    {0},
};

struct key_file {
    char path[PATH_SIZE], pem[DKIM_PEM_SIZE_MAX];
    size_t size;
};

/* Never over what is there: a key that was published is of no use once its other half is gone. */
static enum err write_new(const struct key_file *f, struct problem *p) {
    int file = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return errno == EEXIST ? problem_set(p, ERR_CONFLICT, "--out", "give another directory; `hikeshi dkim show` prints its records",
                                             "there is a key already: '%s'", f->path)
                               : problem_set(p, ERR_IO, "--out", "", "cannot make '%s': %s", f->path, strerror(errno));
    bool written = write(file, f->pem, f->size) == (ssize_t)f->size && fsync(file) == 0;
    enum err err = written ? ERR_OK : problem_set(p, ERR_IO, "--out", "", "cannot write '%s': %s", f->path, strerror(errno));
    (void)close(file);
    if (err) (void)unlink(f->path);
    return err;
}

static enum err generate(struct key_file *files, struct problem *p) {
    for (enum dkim_algorithm a = 0; a < DKIM_ALGORITHM_COUNT; a++) {
        struct buf pem = buf_over(files[a].pem, sizeof files[a].pem);
        enum err err = dkim_key_generate(a, &pem, p);
        if (err) return err;
        files[a].size = pem.size;
    }
    return ERR_OK;
}

static enum err read_back(struct key_file *files, struct problem *p) {
    for (size_t a = 0; a < DKIM_ALGORITHM_COUNT; a++) {
        int file = open(files[a].path, O_RDONLY | O_CLOEXEC);
        ssize_t got = file < 0 ? -1 : read(file, files[a].pem, sizeof files[a].pem);
        enum err err = got < 0 ? problem_set(p, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "--out", "make keys with `hikeshi dkim keygen`",
                                             "cannot read '%s': %s", files[a].path, strerror(errno))
                               : ERR_OK;
        if (file >= 0) (void)close(file);
        if (err) return err;
        files[a].size = (size_t)got;
    }
    return ERR_OK;
}

/* Both or none. */
static enum err write_all(const struct key_file *files, const char *directory, struct problem *p) {
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return problem_set(p, ERR_IO, "--out", "", "cannot make '%s': %s", directory, strerror(errno));
    enum err err = write_new(&files[DKIM_RSA], p);
    if (err) return err;
    err = write_new(&files[DKIM_ED25519], p);
    if (err) (void)unlink(files[DKIM_RSA].path);
    else (void)fprintf(stderr, "made '%s' and '%s'; publish these records:\n", files[DKIM_RSA].path, files[DKIM_ED25519].path);
    return err;
}

/* A line of a zone file; long texts are several strings, which whoever reads the record joins again. */
static void print_record(struct str selector, struct str domain, struct str text) {
    (void)printf("%.*s._domainkey.%.*s. IN TXT (", STR_ARGS(selector), STR_ARGS(domain));
    for (size_t at = 0; at < text.size; at += TXT_STRING_SIZE) {
        struct str part = str_slice(text, at, at + TXT_STRING_SIZE);
        (void)printf("%s\"%.*s\"", at ? "\n    " : " ", STR_ARGS(part));
    }
    (void)puts(" )");
}

static enum err print_records(const struct dkim_keys *k, struct problem *p) {
    enum err err = ERR_OK;
    for (enum dkim_algorithm a = 0; !err && a < DKIM_ALGORITHM_COUNT; a++) {
        char memory[DKIM_RECORD_SIZE_MAX];
        struct buf record = buf_over(memory, sizeof memory);
        err = dkim_public_record(k, a, &record, p);
        if (!err) print_record(k->selectors[a], k->domain, buf_str(&record));
    }
    return err;
}

static enum err name_files(const char *directory, struct key_file *files, struct problem *p) {
    static const char *const names[] = {"dkim-rsa.pem", "dkim-ed25519.pem"};
    for (size_t a = 0; a < DKIM_ALGORITHM_COUNT; a++) {
        int size = snprintf(files[a].path, PATH_SIZE, "%s/%s", directory, names[a]);
        if (size <= 0 || size >= PATH_SIZE) return problem_set(p, ERR_TOO_LARGE, "--out", "", "path is longer than %d bytes", PATH_SIZE);
    }
    return ERR_OK;
}

/* Names are judged before anything is written. */
static enum err act(const struct arguments *a, bool new, struct problem *p) {
    static struct key_file files[DKIM_ALGORITHM_COUNT];
    const char *directory = argument(a, "--out", NULL), *domain = argument(a, "--domain", NULL);
    if (!directory) return problem_set(p, ERR_INVALID, "--out", "give the directory of the keys", "no --out");
    if (!domain) return problem_set(p, ERR_INVALID, "--domain", "give the domain of the From address", "no --domain");
    enum err err = name_files(directory, files, p);
    if (!err) err = new ? generate(files, p) : read_back(files, p);
    if (err) return err;
    struct dkim_texts t = {.domain = str_from(domain)};
    for (size_t i = 0; i < DKIM_ALGORITHM_COUNT; i++) t.keys[i].pem = (struct str){files[i].pem, files[i].size};
    t.keys[DKIM_RSA].selector = str_from(argument(a, "--rsa-selector", "hikeshi-rsa"));
    t.keys[DKIM_ED25519].selector = str_from(argument(a, "--ed25519-selector", "hikeshi-ed25519"));
    struct dkim_keys k;
    err = dkim_keys_read(&t, &k, p);
    if (err) return err;
    if (new) err = write_all(files, directory, p);
    if (!err) err = print_records(&k, p);
    dkim_keys_release(&k);
    return err;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    const char *what = a->operand_count == 1 ? a->operands[0] : "";
    bool new = strcmp(what, "keygen") == 0;
    enum err err = new || strcmp(what, "show") == 0 ? act(a, new, &p)
                                                    : problem_set(&p, ERR_INVALID, "", "write `hikeshi dkim keygen` or `hikeshi dkim show`",
                                                                  "there are two things to do with keys of mails");
    return err ? cli_fail(&p) : 0;
}

extern const struct command command_dkim;
const struct command command_dkim = {
    .name = "dkim",
    .sentence = "make the keys that mails are signed with, and print the DNS records to publish",
    .operands = "keygen|show",
    .options = options,
    .run = run,
    .example = "hikeshi dkim keygen --out /etc/hikeshi/dkim --domain shop.example",
};
