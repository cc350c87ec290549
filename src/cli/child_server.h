// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_CHILD_SERVER_H
#define CLI_CHILD_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * `hikeshi serve` of this very binary as a child process, on a free port of loopback with a data directory and a key of its own, both gone
 * with it. So a demo or a bench meets the same server as a shop does.
 */
struct child_server {
    pid_t pid;
    uint16_t port;
    char directory[128]; /* holds data/ and key */
    char key[48];        /* all scopes */
};

/* `extra` are further arguments for serve, NULL-terminated, or NULL. Returns when it listens. */
enum err child_server_start(struct child_server *s, const char *const *extra, struct problem *p) MUST_USE;
/* The same in two steps, for who fills DIRECTORY/data first or starts a server again on what an earlier one left. */
enum err child_server_prepare(struct child_server *s, struct problem *p) MUST_USE;
enum err child_server_launch(struct child_server *s, const char *const *extra, struct problem *p) MUST_USE;
/* Ends it without warning, as a power cut would; the directory stays for another launch. */
void child_server_kill(struct child_server *s);
/* Asks it to end, waits, removes the directory. */
void child_server_stop(struct child_server *s);
/* Waits until it ends by itself or by a signal to us; then removes the directory. */
void child_server_wait(struct child_server *s);

#endif
