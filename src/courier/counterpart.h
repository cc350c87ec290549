// SPDX-License-Identifier: Apache-2.0
#ifndef COURIER_COUNTERPART_H
#define COURIER_COUNTERPART_H

#include "base/arena.h"
#include "base/err.h"
#include "base/source.h"
#include "base/str.h"
#include "courier/dkim.h"
#include "port/wire.h"

/*
 * Who is on the other side: one or more systems behind one address, as counterparts.toml says (docs/reference/counterparts.md).
 *
 *     [shop]
 *     url = "https://shop.example/hikeshi"
 *     secret_file = "/etc/hikeshi/shop.secret"   # whsec_ and base64, as in Standard Webhooks; a second line is accepted for webhooks
 * (rotation) systems = ["identity", "shop", "warehouse"] concurrency = 16 timeout_ms = 5000
 */
#define COUNTERPART_COUNT_MAX 16
#define SYSTEM_COUNT_MAX      8
#define SECRET_SIZE_MAX       64

enum idempotency {
    IDEMPOTENCY_NONE,       /* sending twice does it twice: read before each sending but the first */
    IDEMPOTENCY_STORED_2XX, /* keeps good answers for ttl_ms; after a bad one the same key is tried again */
    IDEMPOTENCY_STORED_ALL, /* keeps the first answer whatever it was: after a stored failure only a new key helps, once a read proves
                               absence */
};

/* What a system promises about keys, in `describe`; until it has answered, and where it leaves the system out, the worst: NONE. */
struct promise {
    enum idempotency idempotency;
    int64_t ttl_ms;
};

/* Whose mail it is: of a counterpart with adapter "smtp". */
struct mail_sender {
    struct str from_name, from_address; /* the one address that all the shop's mails come from */
    struct str bounce_domain;           /* of the envelope's sender: where bounces come in */
    struct str login;                   /* "user:password", or empty */
    enum wire_tls tls;
    struct dkim_keys dkim; /* both NULL: not signed here */
};

struct counterpart {
    struct str name, url;
    struct str ca_file;  /* as in struct wire_request */
    const char *adapter; /* of courier/adapters.def; "http" */
    bool finds_contacts; /* of channels: it knows where an account's messages go, and no directory is asked */
    struct mail_sender mail;
    struct str systems[SYSTEM_COUNT_MAX];
    size_t system_count;
    uint32_t concurrency;
    int64_t timeout_ms;
    struct promise promises[SYSTEM_COUNT_MAX]; /* of each of `systems` */
    unsigned char secrets[2][SECRET_SIZE_MAX]; /* the first signs; both are accepted */
    size_t secret_sizes[2];
};

struct counterparts {
    struct counterpart list[COUNTERPART_COUNT_MAX];
    size_t count;
};

/* What a counterpart's table names of files; empty = none. */
struct counterpart_files {
    struct str secret, login, dkim_keys[DKIM_ALGORITHM_COUNT], dkim_selectors[DKIM_ALGORITHM_COUNT], dkim_domain;
};
/* Of the file's text; the files it names are read by whoever may open files (cli/counterpart_file.h): `files`, COUNTERPART_COUNT_MAX of
 * them. Errors name file:line:column. */
enum err counterparts_read(struct source source, struct arena *memory, struct counterparts *out, struct counterpart_files *files,
                           struct problem *p) MUST_USE;
/* One of respond/operations.def, a channel of port/channels.def, or the directory. */
bool counterpart_system_is_known(struct str name);
/* NULL: nobody answers for it. */
const struct counterpart *counterparts_of_system(const struct counterparts *c, struct str system);
/* NONE for a system that is not its own. */
struct promise counterpart_promise(const struct counterpart *c, struct str system);
/* NULL: nobody is called so; `c` may be NULL, nobody's. */
const struct counterpart *counterparts_find(const struct counterparts *c, struct str name);

#endif
