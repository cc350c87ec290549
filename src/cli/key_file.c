// SPDX-License-Identifier: Apache-2.0
/* Reads, draws and adds API keys. */
#include "cli/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* KEY_COUNT_MAX lines of a name, all scopes and a hash, twice over for comments. */
#define KEY_FILE_SIZE_MAX (2U * 1024 * 1024)
#define KEY_RANDOM_SIZE   32

static enum err read_all(int file, const char *path, char *memory, size_t *size, struct problem *p) {
    for (*size = 0; *size < KEY_FILE_SIZE_MAX;) {
        ssize_t got = read(file, memory + *size, KEY_FILE_SIZE_MAX - *size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return problem_set(p, ERR_IO, path, "", "cannot read the key file: %s", strerror(errno));
        if (got == 0) return ERR_OK;
        *size += (size_t)got;
    }
    return problem_set(p, ERR_TOO_LARGE, path, "", "key file is larger than %u bytes", KEY_FILE_SIZE_MAX);
}

enum err key_file_read(const char *path, struct keyring *ring, struct problem *p) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return problem_set(p, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, path,
                           "make one with `hikeshi init` or `hikeshi key new NAME --file FILE`", "cannot open the key file: %s",
                           strerror(errno));
    char *memory = malloc(KEY_FILE_SIZE_MAX);
    size_t size = 0;
    enum err err = memory ? read_all(file, path, memory, &size, p) : problem_set(p, ERR_FULL, "memory", "", "no memory for the key file");
    if (!err) err = keyring_read(ring, path, memory, size, p);
    free(memory);
    (void)close(file);
    return err;
}

enum err key_draw(char memory[KEY_TEXT_SIZE], struct str *out, struct problem *p) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"; /* base64url, RFC 4648 section 5 */
    unsigned char random[KEY_RANDOM_SIZE + 1] = {0};
    if (RAND_bytes(random, KEY_RANDOM_SIZE) != 1) return problem_set(p, ERR_IO, "", "", "the system gives no random bytes");
    struct buf b = buf_over(memory, KEY_TEXT_SIZE);
    buf_text(&b, STR("hk_"));
    for (unsigned bit = 0; bit < KEY_RANDOM_SIZE * 8; bit += 6) {
        unsigned pair = (unsigned)random[bit / 8] << 8 | random[bit / 8 + 1];
        buf_char(&b, digits[pair >> (10 - bit % 8) & 63]);
    }
    memset(random, 0, sizeof random);
    *out = buf_str(&b);
    return ERR_OK;
}

enum err key_file_append(const char *path, struct str line, struct problem *p) {
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    bool written = file >= 0 && write(file, line.at, line.size) == (ssize_t)line.size && fsync(file) == 0;
    enum err err = written ? ERR_OK : problem_set(p, ERR_IO, path, "", "cannot add to the key file: %s", strerror(errno));
    if (file >= 0) (void)close(file);
    return err;
}

enum err api_key_text_read(const char *path, const char *option, char memory[API_KEY_TEXT_SIZE_MAX], struct str *key, struct problem *p) {
    FILE *file = path ? fopen(path, "re") : NULL;
    if (!path) return problem_set(p, ERR_INVALID, option, "see `hikeshi key new --help`", "which key?");
    if (!file) return problem_set(p, ERR_IO, path, "", "cannot read the key");
    bool read = fgets(memory, API_KEY_TEXT_SIZE_MAX, file) != NULL;
    (void)fclose(file);
    *key = str_trim(str_from(read ? memory : ""));
    return key->size ? ERR_OK : problem_set(p, ERR_INVALID, path, "", "there is no key in it");
}
