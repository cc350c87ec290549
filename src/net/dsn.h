// SPDX-License-Identifier: Apache-2.0
#ifndef NET_DSN_H
#define NET_DSN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * A bounce: what an MTA says of a mail of ours, as a delivery status notification (RFC 3464 and 6533, in a multipart/report of RFC 6522).
 * Its bytes come from anybody: everything is bounded (base/bounds.h), and nothing in it is believed but that somebody knew the token of the
 * address that it was sent to.
 */
enum dsn_action { /* RFC 3464 section 2.3.3 */
                  DSN_FAILED,
                  DSN_DELAYED,
                  DSN_DELIVERED,
                  DSN_RELAYED, /* given to a system that sends no notifications */
                  DSN_EXPANDED /* given to several addresses */
};

struct dsn {
    struct str recipient_address; /* whom the bounce was sent to: our VERP address, where one of them is; "" where nothing says it */
    struct str final_recipient;   /* the address that it is about, as its MTA knows it */
    enum dsn_action action;
    struct str status;              /* "5.1.1" (RFC 3463); never empty */
    struct str diagnostic;          /* what the other MTA said, one line without addresses; "" where it is not told */
    struct str original_message_id; /* "<...>" of the mail that came back; "" where it is not told */
};

enum dsn_class { /* from good to bad */
                 DSN_CLASS_DELIVERED,
                 DSN_CLASS_DELAYED, /* it is still being tried, by the MTA that writes */
                 DSN_CLASS_SOFT,    /* it was given up, and may arrive another time: mailbox full, no connection for days */
                 DSN_CLASS_HARD     /* sending it again does nothing */
};

/* Enough for any bounce within the bounds. */
#define DSN_MEMORY_SIZE (256U * 1024)

/*
 * `recipient`: the address that the bounce was sent to, where the MTA told (Postfix: ${recipient}), else STR_NONE: then it is looked for in
 * X-Original-To, Delivered-To, Envelope-To, To, and in the Return-Path of the mail that came back. Of several recipients, the worst is
 * told. What is in `out` is borrowed from `message`, `recipient` and `step`. ERR_UNSUPPORTED: it is mail, but no delivery status
 * notification (automatic replies, receipts, complaints, spam, bounces of before 1996); ERR_INVALID: it wants to be one but tells of no
 * recipient; ERR_TOO_LARGE: beyond a bound; ERR_FULL: the arena is.
 */
enum err dsn_parse(struct str message, struct str recipient, struct arena *step, struct dsn *out, struct problem *p) MUST_USE;
enum dsn_class dsn_class(const struct dsn *d);

const char *dsn_action_word(enum dsn_action action); /* "failed" */
const char *dsn_class_word(enum dsn_class class);    /* "hard" */

/*
 * The token of an address `bounce+TOKEN@DOMAIN`, in brackets or not; "bounce" in any case. It is of letters, digits, '-', '_' and dots
 * between them ("inc_1.n1.4F8K2M7Q"). Some MTAs write local parts in lower case: whoever compares tokens should not go by case. false where
 * it is not such an address.
 */
bool dsn_verp_token(struct str address, struct str *token);

#endif
