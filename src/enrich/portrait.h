// SPDX-License-Identifier: Apache-2.0
#ifndef ENRICH_PORTRAIT_H
#define ENRICH_PORTRAIT_H

#include "base/buf.h"

/*
 * What is remembered of an account, for people: the members of a JSON object, without its braces. `profile` is the cell's bytes; NULL or
 * zero = an account never seen, of which there is nothing to say: false, and nothing is written.
 */
bool enrich_write_portrait(const void *profile, int64_t now_ms, struct buf *b);
/* The families of browser and system that a User-Agent header tells of: "Chrome", "Windows"; empty where it does not. Static texts. */
void enrich_name_client(struct str user_agent, struct str *browser, struct str *os);

#endif
