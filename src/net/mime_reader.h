// SPDX-License-Identifier: Apache-2.0
#ifndef NET_MIME_READER_H
#define NET_MIME_READER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Reads mail as it comes from others: the fields of a head (RFC 5322), the parts of a body (RFC 2045 and 2046). Lines end in CRLF or LF. It
 * never fails: what is broken is skipped or read as it stands, for mail is what many programs have made of it. What it gives is borrowed
 * from the text that was handed in, but for what has to be decoded, which is in the arena.
 */
struct mime_field {
    struct str name;
    struct str value; /* as it stands, folds and all; mime_plain makes a line of it */
};

struct mime_part {
    struct str head, body;
};

/* Cuts at the first empty line. Without one, all is head. */
struct mime_part mime_split(struct str text);
/* The next field; *rest moves on behind it. Lines that are no field are skipped ("From " of an mbox too). */
bool mime_next_field(struct str *rest, struct mime_field *out);
/* The value of the first field of that name, trimmed; STR_NONE where there is none. */
struct str mime_find(struct str head, struct str name);
/* The next address of a field like To, without name, comment and brackets; one of a group, too. false at the end. */
bool mime_next_address(struct str *rest, struct str *out);

/* "text/plain" of "text/plain; charset=utf-8", and of a head that has no Content-Type. Compare it ignoring case. */
struct str mime_type(struct str head);
/* The value of a parameter of Content-Type, without quotes; STR_NONE where there is none. Those of RFC 2231 are not read. */
struct str mime_parameter(struct str head, struct str name);
/* The next part between two delimiters (RFC 2046 section 5.1); the last one may lack its end. *rest begins as the body. false at the end.
 */
bool mime_next_part(struct str *rest, struct str boundary, struct mime_part *out);
/* The body without its Content-Transfer-Encoding, decoded at most as far as its first `size_max` bytes. *full where the arena is. */
struct str mime_decode(const struct mime_part *part, size_t size_max, struct arena *step, bool *full);
/* One line of well-formed UTF-8 of at most `size_max` bytes: runs of blanks are one, what does not belong into text is '?'. */
struct str mime_plain(struct str value, size_t size_max, struct arena *step, bool *full);

#endif
