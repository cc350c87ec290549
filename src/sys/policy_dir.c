// SPDX-License-Identifier: Apache-2.0
/* Reads a policy's directory into one text, and writes one out. */
#include "sys/policy_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bundle.h"

/* ERR_NOT_FOUND and the like, with the path and the system's words. */
static enum err refused(struct problem *p, const char *path, const char *what) {
    int e = errno;
    enum err err = e == ENOENT || e == ENOTDIR  ? ERR_NOT_FOUND
                   : e == EACCES || e == EPERM  ? ERR_DENIED
                   : e == EEXIST                ? ERR_CONFLICT
                   : e == ENOSPC || e == EDQUOT ? ERR_FULL
                                                : ERR_IO;
    const char *fix = err == ERR_NOT_FOUND  ? "`hikeshi init` writes the default policy"
                      : err == ERR_CONFLICT ? "move what is there away, or write into another directory"
                                            : "";
    return problem_set(p, err, path, fix, "%s: %s", what, strerror(e));
}

static enum err join(char *out, size_t size, const char *dir, const char *name, struct problem *p) {
    struct buf b = buf_over(out, size);
    buf_fmt(&b, "%s/%s", dir, name);
    return b.overflow ? problem_set(p, ERR_TOO_LARGE, dir, "", "the path of '%s' is too long", name) : ERR_OK;
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------------ */

/* What a file of the directory is by its name. */
enum role { ROLE_NONE, ROLE_SETTINGS, ROLE_RULE, ROLE_LIST, ROLE_LISTS, ROLE_UNKNOWN };

static enum role role_of(const char *name, bool in_lists) {
    struct str s = str_from(name);
    if (s.at[0] == '.' || str_ends(s, STR("~")) || str_ends(s, STR(".off")) || str_ends(s, STR(".md"))) return ROLE_NONE;
    for (size_t i = 0; i < s.size; i++)
        if ((unsigned char)s.at[i] <= ' ' || s.at[i] == 0x7F) return ROLE_UNKNOWN;
    if (in_lists) return str_ends(s, STR(".txt")) ? ROLE_LIST : ROLE_UNKNOWN;
    if (str_equal(s, STR("policy.toml"))) return ROLE_SETTINGS;
    if (str_equal(s, STR("lists"))) return ROLE_LISTS;
    return str_ends(s, STR(".rule")) ? ROLE_RULE : ROLE_UNKNOWN;
}

/* Reads an open file to its end, behind what `b` holds. */
static enum err read_all(int fd, const char *path, struct buf *b, struct problem *p) {
    for (;;) {
        size_t room = b->capacity - b->size;
        if (room == 0) return problem_set(p, ERR_TOO_LARGE, path, "shorten its lists", "the policy has more than %zu bytes", b->capacity);
        ssize_t got = read(fd, b->at + b->size, room);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return refused(p, path, "cannot read the file");
        if (got == 0) return ERR_OK;
        b->size += (size_t)got;
    }
}

static enum err read_file(const char *path, struct buf *content, struct problem *p) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return refused(p, path, "cannot open the file");
    struct stat st;
    enum err err = fstat(fd, &st)         ? refused(p, path, "cannot look at the file")
                   : !S_ISREG(st.st_mode) ? problem_set(p, ERR_INVALID, path, "", "this is not a file")
                                          : read_all(fd, path, content, p);
    (void)close(fd);
    return err;
}

/* Appends a file to the bundle under `name`. Its content is first read to the end of the bundle's own memory. */
static enum err add_file(const char *dir, const char *file, struct str name, struct buf *bundle, struct problem *p) {
    char path[PATH_MAX];
    enum err err = join(path, sizeof path, dir, file, p);
    if (err) return err;
    char *copy = malloc(bundle->capacity);
    if (!copy) return problem_set(p, ERR_FULL, path, "", "no memory left to read the file");
    struct buf content = buf_over(copy, bundle->capacity);
    err = read_file(path, &content, p);
    if (!err && !bundle_may_hold(buf_str(&content)))
        err = problem_set(p, ERR_INVALID, path, "", "a line begins with '=== ', which parts the files of a policy");
    if (!err) bundle_add(bundle, name, buf_str(&content));
    if (!err && bundle->overflow)
        err = problem_set(p, ERR_TOO_LARGE, path, "shorten its lists", "the policy has more than %zu bytes", bundle->capacity);
    free(copy);
    return err;
}

static int by_bytes(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name); /* not by the locale, so that every machine makes the same bundle */
}

/* Adds every file of the wanted role. */
static enum err add_role(const char *dir, enum role wanted, struct buf *bundle, struct problem *p) {
    bool in_lists = wanted == ROLE_LIST;
    struct dirent **entries;
    int count = scandir(dir, &entries, NULL, by_bytes);
    if (count < 0) return refused(p, dir, "cannot read the directory");
    enum err err = ERR_OK;
    for (int i = 0; i < count; i++) {
        const char *file = entries[i]->d_name;
        enum role role = role_of(file, in_lists);
        if (!err && role == ROLE_UNKNOWN)
            err = problem_set(p, ERR_INVALID, dir,
                              in_lists ? "lists are NAME.txt; NAME.off is left out" : "rules are NAME.rule; NAME.off is left out",
                              "'%s' is no part of a policy", file);
        if (!err && role == wanted) {
            char memory[NAME_MAX + 16];
            struct buf name = buf_over(memory, sizeof memory);
            buf_fmt(&name, "%s%s", in_lists ? "lists/" : "", file);
            err = add_file(dir, file, buf_str(&name), bundle, p);
        }
        free(entries[i]);
    }
    free(entries);
    return err;
}

enum err policy_dir_read(const char *path, struct buf *bundle, struct problem *p) {
    buf_reset(bundle);
    char lists[PATH_MAX];
    enum err err = join(lists, sizeof lists, path, "lists", p);
    if (!err) err = add_role(path, ROLE_SETTINGS, bundle, p);
    if (!err) err = add_role(path, ROLE_RULE, bundle, p);
    if (!err && access(lists, F_OK) == 0) err = add_role(lists, ROLE_LIST, bundle, p);
    return err;
}

/* ---- writing ------------------------------------------------------------------------------------------------------------------------ */

static enum err write_all(int fd, const char *path, struct str content, struct problem *p) {
    for (size_t at = 0; at < content.size;) {
        ssize_t put = write(fd, content.at + at, content.size - at);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return refused(p, path, "cannot write the file");
        at += (size_t)put;
    }
    return ERR_OK;
}

static enum err write_file(const char *dir, const struct source *file, struct problem *p) {
    char name[NAME_MAX + 16], path[PATH_MAX];
    struct buf b = buf_over(name, sizeof name);
    buf_fmt(&b, "%.*s", STR_ARGS(file->name));
    enum err err = b.overflow ? problem_set(p, ERR_INVALID, dir, "", "a file's name in the bundle is too long")
                              : join(path, sizeof path, dir, name, p);
    if (err) return err;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return refused(p, path, "cannot create the file");
    err = write_all(fd, path, file->text, p);
    if (close(fd) && !err) err = refused(p, path, "cannot write the file");
    return err;
}

static enum err make_dir(const char *path, struct problem *p) {
    if (mkdir(path, 0755) == 0 || errno == EEXIST) return ERR_OK;
    return refused(p, path, "cannot make the directory");
}

/* Bundles come from us or from the journal, but a name still must not lead out of the directory. */
static bool is_plain(struct str name) {
    struct str rest, head = str_cut(name, '/', &rest);
    bool in_lists = str_equal(head, STR("lists")) && rest.size;
    struct str file = in_lists ? rest : name;
    return file.size && file.at[0] != '.' && str_find_char(file, '/', 0) == file.size && str_is_utf8(file);
}

enum err policy_dir_write(const char *path, struct str bundle, struct problem *p) {
    char lists[PATH_MAX];
    enum err err = join(lists, sizeof lists, path, "lists", p);
    if (!err) err = make_dir(path, p);
    if (!err) err = make_dir(lists, p);
    struct source file;
    enum err broken = ERR_OK;
    while (!err && bundle_next(&bundle, &file, &broken))
        err = is_plain(file.name) ? write_file(path, &file, p)
                                  : problem_set(p, ERR_INVALID, path, "", "the bundle holds a file with an unfit name");
    if (!err && broken) err = problem_set(p, broken, path, "", "this is no bundle of policy files");
    return err;
}
