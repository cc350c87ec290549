// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_CHECKUP_MAIL_H
#define CLI_CHECKUP_MAIL_H

#include "base/buf.h"
#include "base/err.h"
#include "cli/checkup_spf.h"
#include "port/resolver.h"

/*
 * What `hikeshi doctor mail` looks at: the DNS records without which notices of a shop are refused, or look like a forger's. It asks the
 * resolver and nothing else; the same answers give the same checkup.
 */
enum mail_verdict {
    MAIL_GOOD,    /* there may be advice */
    MAIL_WRONG,   /* something is published, and does harm or does not work */
    MAIL_MISSING, /* nothing is published */
    MAIL_UNASKED  /* nothing is known: the DNS did not answer, or it was not said what to look for */
};

struct mail_check {
    enum mail_verdict verdict;
    const char *name;  /* "spf" */
    const char *why;   /* why it matters */
    char found[640];   /* printable ASCII, as all of these */
    char advice[384];  /* "" where there is nothing to do */
    char publish[768]; /* the record, as a line of a zone; "" where it need not change */
};

#define MAIL_CHECKS_MAX 12
struct mail_checkup {
    unsigned count;
    struct mail_check checks[MAIL_CHECKS_MAX];
};

/* How the shop sends. Domains without final dot; a selector or the return path may be empty. */
struct mail_setup {
    struct str domain;             /* of From, and d= of the signatures */
    struct str return_path_domain; /* of the envelope sender bounce+TOKEN@...; empty: the same as From */
    struct str rsa_selector, ed25519_selector;
    struct address senders[SPF_ADDRESSES_MAX];
    size_t sender_count;
};

/* Is this a domain or selector that can be asked for? ERR_INVALID with `where` = `option`. */
enum err mail_name_check(struct str name, const char *option, bool is_domain, struct problem *p) MUST_USE;
void checkup_mail(const struct mail_setup *s, const struct resolver *r, struct arena *step, struct mail_checkup *out);
bool checkup_mail_is_good(const struct mail_checkup *c); /* all of it */

const char *mail_verdict_word(enum mail_verdict verdict);
void checkup_mail_write_table(const struct mail_checkup *c, struct buf *out);
void checkup_mail_write_json(const struct mail_checkup *c, struct buf *out); /* one object, no line end */

#endif
