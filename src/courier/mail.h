// SPDX-License-Identifier: Apache-2.0
#ifndef COURIER_MAIL_H
#define COURIER_MAIL_H

#include <stdint.h>

#include "base/bounds.h"
#include "base/buf.h"

/*
 * One message to one person, as RFC 5322 and MIME have it: plain text in UTF-8, carried as base64, so that no server on the way has a
 * reason to touch it. Nothing is in it that a mailing would have: no link to leave a list, no picture, no second form of the text.
 *
 *   in     all texts are UTF-8; ids are written without their angle brackets
 *   out    the whole message with CRLF, in lines of 76 characters (an address or id stands whole on its line); same input, same bytes
 *   holds  a text of somebody else cannot add a header: what has control characters is refused, what is not plain ASCII is encoded
 *   fails  ERR_INVALID naming the field of struct mail; ERR_TOO_LARGE beyond a bound; ERR_FULL where `out` has no room
 *
 * Addresses are the plain form user@domain in ASCII; SMTPUTF8 (RFC 6531) is not spoken.
 */
struct mail {
    struct str from_name;    /* shown beside the address; may be empty */
    struct str from_address; /* "service@shop.example" */
    struct str to_address;
    struct str subject;     /* not empty */
    struct str text;        /* lines end with \n; other control characters than tab and line ends are written as '?' */
    struct str message_id;  /* "n1.inc_912834@shop.example": the same for every sending of one notice */
    struct str in_reply_to; /* id of the first notice of the case, under which mail programs show this one; may be empty */
    int64_t date_ms;        /* years 1970 to 9999 */
};

/* Room for any mail with a text of so many bytes: each may be a line end of two, base64 makes 4 of 3, each 76 of that end with CRLF. */
#define MAIL_SIZE(text_size) (4096 + 3 * (text_size))
enum err mail_write(const struct mail *m, struct buf *out, struct problem *p) MUST_USE;

/* Is it an address that mail_write takes? user@domain, ASCII, at most MAIL_ADDR_SPEC_SIZE_MAX bytes: nothing that SMTP or a header would
 * take for the end of it. Dots may stand anywhere in the user's part: some carriers gave such addresses away. `where` names it in the
 * problem.
 */
enum err mail_address_check(struct str address, const char *where, struct problem *p) MUST_USE;
/* Labels of letters, digits and hyphens with single dots between them; no dot at the end. */
bool mail_is_domain(struct str s);

#endif
