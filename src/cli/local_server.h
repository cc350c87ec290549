// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_LOCAL_SERVER_H
#define CLI_LOCAL_SERVER_H

#include "base/buf.h"
#include "base/err.h"
#include "cli/cli.h"

/* One request to the running server on this machine, through its front door. */
#define LOCAL_SERVER_URL "http://127.0.0.1:8737"

struct local_request {
    struct str method, path, media_type, content;
};

/*
 * To the server that the option --url names (default: LOCAL_SERVER_URL), with the key in the file that --api-key-file names, where it is
 * given. *answer is the body of a 200; of any other, *p says what the server said is wrong.
 */
enum err local_server_ask(const struct arguments *a, const struct local_request *r, struct buf *answer, struct problem *p) MUST_USE;

#endif
