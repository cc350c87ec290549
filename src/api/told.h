// SPDX-License-Identifier: Apache-2.0
#ifndef API_TOLD_H
#define API_TOLD_H

#include "api/exchange.h"
#include "notify/notify.h"

/* What the routes about notices share: pages for owners, and how they are heard. */

/* The phrases of the language that a browser prefers, of those that there are. */
struct phrases told_phrases(const struct exchange *x);
/* Text for HTML: what would be markup is written as text. */
void told_write_text(struct buf *out, struct str text);
/* `extra`: further header lines, or empty. */
void told_begin_page(struct exchange *x, unsigned status, const struct phrases *p, struct str title, struct str extra);
/* Where a code is typed. */
void told_write_form(struct exchange *x, const struct phrases *p);
void told_end_page(struct exchange *x);

/* Of the zone in which the owner of a notice lives. */
int64_t told_offset_ms(struct exchange *x, const struct notice_row *n);

/* Says, as an event, that the owner has acknowledged this notice, `via` "code" or "message_centre"; said before: nothing. EXCHANGE_LATER as
 * exchange_submit. */
enum exchange_result told_acknowledge(struct exchange *x, const struct notice_row *n, const char *via, enum err *err, struct problem *p);

enum told_verdict { TOLD_OURS, TOLD_UNKNOWN, TOLD_TOO_OFTEN };
struct told_check {
    enum told_verdict verdict;
    struct notice_row notice; /* OURS */
    int64_t offset_ms;        /* of its owner's zone */
    int64_t wait_ms;          /* TOO_OFTEN */
};
/*
 * Is it the code of a notice of ours? Counts the tries of `who`. What is learnt of a code that is none is the same whatever it is like: no
 * account, no incident can be asked for.
 */
enum exchange_result told_check(struct exchange *x, struct str typed, const struct address *who, struct told_check *out, enum err *err,
                                struct problem *p);

#endif
