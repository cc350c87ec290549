// SPDX-License-Identifier: Apache-2.0
/* hikeshi init: makes a data directory with a policy to edit and a first key, and says how to go on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/key_file.h"
#include "decide/decide.h"
#include "sys/policy_dir.h"

#define PATH_SIZE 4096

static const struct cli_option options[] = {
    {"--data", "DIR", "where (default: data)"},
    {0},
};

/* DIR/name, checked to fit. */
static enum err join(char path[PATH_SIZE], const char *directory, const char *name, struct problem *p) {
    int size = snprintf(path, PATH_SIZE, "%s/%s", directory, name);
    return size > 0 && size < PATH_SIZE ? ERR_OK : problem_set(p, ERR_TOO_LARGE, "--data", "", "path is longer than %d bytes", PATH_SIZE);
}

static enum err make_directory(const char *path, struct problem *p) {
    if (mkdir(path, 0700) == 0) return ERR_OK;
    if (errno != EEXIST) return problem_set(p, ERR_IO, "--data", "", "cannot make '%s': %s", path, strerror(errno));
    char policy[PATH_SIZE], keys[PATH_SIZE];
    enum err err = join(policy, path, "policy", p);
    if (!err) err = join(keys, path, "keys", p);
    if (err) return err;
    if (access(policy, F_OK) != 0 && access(keys, F_OK) != 0) return ERR_OK;
    return problem_set(p, ERR_INVALID, "--data", "give another directory; nothing was changed", "'%s' was set up before", path);
}

static enum err add_key(const char *path, struct str *key, char memory[KEY_TEXT_SIZE], struct problem *p) {
    char line[256];
    struct buf b = buf_over(line, sizeof line);
    enum err err = key_draw(memory, key, p);
    if (err) return err;
    key_write_line(&b, STR("first"), SCOPE_ALL, *key);
    return key_file_append(path, buf_str(&b), p);
}

static enum err init(const char *data, struct problem *p) {
    char policy[PATH_SIZE], keys[PATH_SIZE], memory[KEY_TEXT_SIZE];
    struct str key;
    enum err err = make_directory(data, p);
    if (!err) err = join(policy, data, "policy", p);
    if (!err) err = join(keys, data, "keys", p);
    if (!err) err = policy_dir_write(policy, policy_default_bundle(), p);
    if (!err) err = add_key(keys, &key, memory, p);
    if (err) return err;
    (void)printf("%s  thresholds, rules and lists to edit; `hikeshi check --policy %s` looks them over\n", policy, policy);
    (void)printf("%s  who may ask, as hashes\n\n", keys);
    (void)printf("The first key, shown this once:\n    %.*s\n\nStart with:\n    hikeshi serve --data %s --api-key-file %s\n", STR_ARGS(key),
                 data, keys);
    return ERR_OK;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    return init(argument(a, "--data", "data"), &p) ? cli_fail(&p) : 0;
}

extern const struct command command_init;
const struct command command_init = {
    .name = "init",
    .sentence = "make a data directory with a policy to edit and a first key",
    .operands = "",
    .options = options,
    .run = run,
    .example = "hikeshi init --data /var/lib/hikeshi",
};
