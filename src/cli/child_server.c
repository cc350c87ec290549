// SPDX-License-Identifier: Apache-2.0
/* Starts our own server as a child with a directory of its own, and ends it again. */
#include "cli/child_server.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/keys.h"

#define ARGUMENTS_MAX 32

static enum err make_directory(struct child_server *s, struct problem *p) {
    const char *where = getenv("TMPDIR");
    (void)snprintf(s->directory, sizeof s->directory, "%.90s/hikeshi-XXXXXX", where && where[0] ? where : "/tmp");
    if (mkdtemp(s->directory)) return ERR_OK;
    return problem_set(p, ERR_IO, s->directory, "set TMPDIR to a folder that can be written", "cannot make a folder: %s", strerror(errno));
}

static enum err make_key(struct child_server *s, struct problem *p) {
    unsigned char random[16];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return problem_set(p, ERR_IO, "", "", "cannot draw a key: %s", strerror(errno));
    struct buf b = buf_over(s->key, sizeof s->key);
    buf_text(&b, STR("demo-"));
    for (size_t i = 0; i < sizeof random; i++) buf_fmt(&b, "%02x", random[i]);
    s->key[b.size] = 0;
    char path[160];
    (void)snprintf(path, sizeof path, "%s/key", s->directory);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    char line[256];
    struct buf hashed = buf_over(line, sizeof line);
    key_write_line(&hashed, STR("child"), SCOPE_ALL, buf_str(&b));
    bool written = file >= 0 && write(file, hashed.at, hashed.size) == (ssize_t)hashed.size;
    if (file >= 0 && close(file) != 0) written = false;
    return written ? ERR_OK : problem_set(p, ERR_IO, path, "", "cannot write the key: %s", strerror(errno));
}

/*
 * No server outlives us. What a signal asks of us it asks of the server, whose end we then see and clean up after; where we are killed
 * without warning, the kernel tells it.
 */
static volatile sig_atomic_t running_pid;

static void pass_on(int signal_number) {
    (void)signal_number;
    if (running_pid > 0) (void)kill(running_pid, SIGTERM);
}

static void watch_signals(pid_t pid) {
    running_pid = pid;
    if (signal(SIGINT, pass_on) == SIG_IGN) (void)signal(SIGINT, SIG_IGN); /* begun in the background */
    (void)signal(SIGTERM, pass_on);
}

__attribute__((noreturn)) static void become_server(const struct child_server *s, const char *const *extra, int output) {
    char key[160], data[160];
    (void)snprintf(key, sizeof key, "%s/key", s->directory);
    (void)snprintf(data, sizeof data, "%s/data", s->directory);
    const char *arguments[ARGUMENTS_MAX] = {"hikeshi", "serve", "--listen", "127.0.0.1:0", "--data", data, "--api-key-file", key};
    size_t count = 8;
    for (; extra && *extra && count < ARGUMENTS_MAX - 1; extra++) arguments[count++] = *extra;
    (void)dup2(output, STDOUT_FILENO);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)execv("/proc/self/exe", (char *const *)(uintptr_t)arguments);
    _exit(127);
}

/* Reads "... http://127.0.0.1:PORT" from the server's first line. */
static enum err read_port(struct child_server *s, int from, struct problem *p) {
    char line[256];
    size_t size = 0;
    while (size < sizeof line && !memchr(line, '\n', size)) {
        ssize_t got = read(from, line + size, sizeof line - size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        size += (size_t)got;
    }
    struct str rest, text = {line, size};
    struct str address = STR("127.0.0.1:");
    (void)str_cut(str_slice(text, str_find(text, address, 0), text.size), ':', &rest);
    uint64_t port = 0;
    size_t digits = 0;
    while (digits < rest.size && rest.at[digits] >= '0' && rest.at[digits] <= '9') digits++;
    if (!str_to_u64(str_slice(rest, 0, digits), &port) || port == 0 || port > 65535)
        return problem_set(p, ERR_IO, "", "its own message is above", "the server did not start");
    s->port = (uint16_t)port;
    return ERR_OK;
}

enum err child_server_prepare(struct child_server *s, struct problem *p) {
    *s = (struct child_server){.pid = -1};
    enum err err = make_directory(s, p);
    return err ? err : make_key(s, p);
}

enum err child_server_launch(struct child_server *s, const char *const *extra, struct problem *p) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return problem_set(p, ERR_IO, "", "", "cannot make a pipe: %s", strerror(errno));
    s->pid = fork();
    if (s->pid == 0) become_server(s, extra, ends[1]);
    watch_signals(s->pid);
    (void)close(ends[1]);
    enum err err = s->pid < 0 ? problem_set(p, ERR_IO, "", "", "cannot start a process: %s", strerror(errno)) : read_port(s, ends[0], p);
    (void)close(ends[0]);
    return err;
}

enum err child_server_start(struct child_server *s, const char *const *extra, struct problem *p) {
    enum err err = child_server_prepare(s, p);
    if (!err) err = child_server_launch(s, extra, p);
    if (err) child_server_stop(s);
    return err;
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *where) {
    (void)status, (void)flag, (void)where;
    return remove(path);
}

static void remove_directory(struct child_server *s) {
    if (s->directory[0]) (void)nftw(s->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    s->directory[0] = 0;
}

static void reap(struct child_server *s) {
    while (s->pid > 0 && waitpid(s->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    running_pid = 0;
    s->pid = -1;
}

void child_server_wait(struct child_server *s) {
    reap(s);
    remove_directory(s);
}

void child_server_kill(struct child_server *s) {
    if (s->pid > 0) (void)kill(s->pid, SIGKILL);
    reap(s);
}

void child_server_stop(struct child_server *s) {
    if (s->pid > 0) (void)kill(s->pid, SIGTERM);
    child_server_wait(s);
}
