// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_RESOLVER_H
#define PORT_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/str.h"

/*
 * The DNS: records of one name and type. That there are none and that nobody could be asked are different answers, for what is missing is
 * to be published, and what could not be asked may be there.
 */
enum resolver_type { RESOLVER_A = 1, RESOLVER_MX = 15, RESOLVER_TXT = 16, RESOLVER_AAAA = 28 }; /* their numbers in the DNS */

struct resolver_record {
    struct str text;        /* TXT: its strings joined; MX: the host without final dot, "" for the root (RFC 7505) */
    struct address address; /* A, AAAA */
    uint16_t preference;    /* MX */
};

enum resolver_fate {
    RESOLVER_FOUND,
    RESOLVER_NO_NAME,  /* the name is not there at all (NXDOMAIN) */
    RESOLVER_NO_DATA,  /* it has no records of this type */
    RESOLVER_NO_ANSWER /* time-out, SERVFAIL, REFUSED, an answer that cannot be read: nothing is known */
};

#define RESOLVER_RECORDS_MAX 64 /* of one answer; more cannot be read */

struct resolver_answer {
    enum resolver_fate fate;
    struct resolver_record *records; /* in the arena; in the order of the answer */
    size_t count;                    /* 0 but for RESOLVER_FOUND */
    const char *error;               /* of RESOLVER_NO_ANSWER, for people; "" otherwise */
};

struct resolver {
    const struct resolver_ops *ops;
    void *self;
};

struct resolver_ops {
    /* Waits for the answer. `name`: without final dot. Aliases (CNAME) are followed by whoever is asked. */
    void (*ask)(void *self, struct str name, enum resolver_type type, struct arena *step, struct resolver_answer *out);
};

#endif
