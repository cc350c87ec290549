// SPDX-License-Identifier: Apache-2.0
#ifndef NET_HTTP_TEXT_H
#define NET_HTTP_TEXT_H

#include "base/buf.h"

/* Small pieces of HTTP's grammar. */

/* Undoes %XX (RFC 3986 section 2.1). false where one is broken or the result is no UTF-8 without NUL; then nothing is appended. */
bool http_decode_percent(struct str s, struct buf *out);
/* The parameter's value, still encoded; false where it is not in the query. An empty value is there. */
bool http_query_find(struct str query, struct str name, struct str *out);
/* "application/json" of "Application/JSON; charset=utf-8": without parameters and blanks; compare it ignoring case. */
struct str http_media_type(struct str content_type);
/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7). */
void http_write_date(struct buf *out, int64_t at_ms);

#endif
