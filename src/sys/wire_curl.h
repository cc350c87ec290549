// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_WIRE_CURL_H
#define SYS_WIRE_CURL_H

#include "base/err.h"
#include "port/wire.h"

/*
 * port/wire.h over libcurl's multi interface: HTTP/1.1 and HTTPS with connections kept, no redirects (a signed request goes where it was
 * sent, or nowhere), no proxies of the environment.
 */
#define WIRE_UNDER_WAY_MAX 256

enum err wire_curl_open(struct wire *out, struct problem *p) MUST_USE;
void wire_curl_close(struct wire *w); /* what is under way is cut */

#endif
